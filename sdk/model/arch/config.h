/* SPDX-License-Identifier: Apache-2.0
 *
 * A transformer's public configuration, as plain numbers: read from a config.json in the form of Hugging Face, or from
 * one entry of a file that lists several (FILE#NAME). Every number is checked against its range, and all of them
 * against one another, so what builds a graph from it multiplies without overflow.
 */
#pragma once

#include <gio/gio.h>

#include "strata/strata-types.h"

/* Whose names and order of layers it has: "model_type" of the file */
typedef enum
{
  STRATA_TRANSFORMER_LLAMA,
  STRATA_TRANSFORMER_MISTRAL,
  STRATA_TRANSFORMER_MIXTRAL,
  STRATA_TRANSFORMER_QWEN2,
  STRATA_TRANSFORMER_GEMMA,
  STRATA_TRANSFORMER_PHI,
  STRATA_TRANSFORMER_PHI3,
  STRATA_TRANSFORMER_GPT2,
  STRATA_TRANSFORMER_BERT,
  STRATA_TRANSFORMER_DISTILBERT,
  STRATA_TRANSFORMER_MOBILEBERT,
  STRATA_TRANSFORMER_VIT,
  STRATA_TRANSFORMER_DEIT,
  STRATA_TRANSFORMER_WHISPER,
  STRATA_N_TRANSFORMERS,
} StrataTransformerType;

typedef enum
{
  STRATA_ACTIVATION_SILU,
  STRATA_ACTIVATION_GELU,
  STRATA_ACTIVATION_GELU_TANH,
  STRATA_ACTIVATION_RELU,
} StrataActivation;

typedef enum
{
  STRATA_ROPE_PLAIN,
  STRATA_ROPE_LINEAR, /* positions divided by the factor */
  STRATA_ROPE_LLAMA3, /* long wavelengths divided by it, short ones not, and a ramp between */
} StrataRopeScaling;

/* Sizes in elements, counts as numbers; 0 where the type has no such thing. */
typedef struct
{
  StrataTransformerType type;
  StrataActivation activation;
  gint64 layers, hidden, heads, kv_heads, head_dim, intermediate;
  gint64 vocab, max_position, type_vocab;
  gint64 sliding_window, first_window_layer; /* tokens that a token sees, itself included; layers before see all */
  gint64 experts, experts_per_token;
  gint64 embedding, bottleneck, true_hidden, feedforwards;                                /* MobileBERT */
  gint64 image, patch, channels, classes;                                                 /* ViT */
  gint64 mel_bins, source_positions, decoder_layers, decoder_heads, decoder_intermediate; /* Whisper */
  double norm_eps, rope_theta, rotary_share; /* of a head's features that turn */
  StrataRopeScaling rope_scaling;
  double rope_factor, rope_low, rope_high;
  gint64 rope_original;
  gboolean tied, qkv_bias, output_bias, mlp_bias, use_window;
  gboolean pooler, pooler_layer; /* the first token goes out; through a layer of its own */
  gboolean trigram, shared_bottleneck, bottleneck_attention, layer_norm;
  gboolean teacher; /* DeiT: a second head on the distillation token, and the mean of both */
} StrataTransformerConfig;

/* Reads PATH, or the entry NAME of PATH#NAME. Takes bounded time and memory whatever the file holds. Errors:
 * STRATA_IMPORT_ERROR, "PATH: KEY: what is wrong; what is accepted". */
gboolean strata_transformer_config_read (const char *path, StrataTransformerConfig *config, GError **error);
/* The same from memory. @name is the entry, or NULL; @origin stands for the path in messages. */
gboolean strata_transformer_config_parse (const char *bytes,
                                          gsize n_bytes,
                                          const char *name,
                                          const char *origin,
                                          StrataTransformerConfig *config,
                                          GError **error);
/* Every field of the table on a line, "hidden_size 768". Two configurations with one text give one graph. */
char *strata_transformer_config_print (const StrataTransformerConfig *config) G_GNUC_WARN_UNUSED_RESULT;
const char *strata_transformer_type_name (StrataTransformerType type);
/* A configuration that is built in: "bert-base", "distilbert", "gpt2", "vit-b-16" or "whisper-tiny"; FALSE for others
 */
gboolean strata_transformer_config_builtin (const char *name, StrataTransformerConfig *config);
/* PATH without #NAME. @name (optional): NAME or NULL, (transfer full). A file that is called so is taken whole. */
char *strata_transformer_config_split (const char *path, char **name) G_GNUC_WARN_UNUSED_RESULT;
/* Whether the file begins as JSON does, so that it is a configuration and no ONNX model. By its name where there is no
 * such file. */
gboolean strata_transformer_config_is (const char *path);
