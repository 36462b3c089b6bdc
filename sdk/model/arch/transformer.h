/* SPDX-License-Identifier: Apache-2.0
 *
 * From a transformer's configuration to its graph, for one batch and fixed numbers of tokens. Weights carry the names
 * and shapes of Hugging Face's checkpoints, and are weightless until strata_weights_bind () finds them.
 */
#pragma once

#include "model/arch/config.h"
#include "model/arch/layers.h"

#define STRATA_TRANSFORMER_OPSET 23

typedef enum
{
  STRATA_PART_WHOLE,
  STRATA_PART_ENCODER, /* of a model that has a decoder too */
} StrataTransformerPart;

/* 0: the default */
typedef struct
{
  gint64 sequence;  /* tokens of one call; default 128, or as many positions as there are */
  gint64 past;      /* tokens whose keys and values come in; default none */
  gint64 positions; /* rows of the rotary tables, and so the positions that a call may name; default past + sequence */
  StrataTransformerPart part;
  gboolean weightless; /* weights beside the file are not looked for */
} StrataTransformerOptions;

/* Takes the dimensions `sequence`, `past` and `positions`, by name or from the shape of the inputs input_ids and
 * past_key_values.N. */
gboolean strata_transformer_options_bind (StrataTransformerOptions *options,
                                          const StrataShapeBinding *shapes,
                                          int n_shapes,
                                          GError **error);
/* Puts the numbers in place of defaults and checks them against what the configuration allows. */
gboolean strata_transformer_options_resolve (StrataTransformerOptions *options,
                                             const StrataTransformerConfig *config,
                                             GError **error);

/* Adds the whole network to @layers, whose opset must be STRATA_TRANSFORMER_OPSET. @options must be resolved. */
void strata_transformer_build (StrataLayers *layers,
                               const StrataTransformerConfig *config,
                               const StrataTransformerOptions *options);

/* The graph of a configuration, weightless. @path stands for the file in messages. */
StrataGraph *strata_transformer_graph (const char *path,
                                       const StrataTransformerConfig *config,
                                       const StrataTransformerOptions *options,
                                       GArray **fills,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The graph of a config.json, or of FILE#NAME, bound to the *.safetensors beside a config.json where there are any.
 * @options (optional). @fills (optional): how weights that have no bytes are to be drawn, per value, (transfer full).
 * Blocking. Errors: STRATA_IMPORT_ERROR, "FILE: …". */
StrataGraph *strata_config_load (const char *path,
                                 const StrataTransformerOptions *options,
                                 GArray **fills,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* A model of any kind, by what the file holds: a configuration where it begins as a JSON object, else ONNX. @fills
 * (optional): as of strata_config_load (), NULL where no weight is to be drawn. */
StrataGraph *strata_graph_load (const char *path,
                                const StrataImportOptions *options,
                                GArray **fills,
                                GCancellable *cancellable,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Names of its inputs in order, as strata_onnx_input_names () gives them; of a configuration those that it has with
 * the shapes of @options. */
char **strata_graph_input_names (const char *path,
                                 const StrataImportOptions *options,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
