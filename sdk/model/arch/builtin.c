/* SPDX-License-Identifier: Apache-2.0
 *
 * Configurations that are built in, as published with their networks, and the networks for strata_layers_finish ().
 */
#include "model/arch/architectures.h"
#include "model/arch/transformer.h"

static const struct
{
  const char *name;
  StrataTransformerConfig config;
} builtin[] = {
  { "bert-base",
    { .type = STRATA_TRANSFORMER_BERT,
      .activation = STRATA_ACTIVATION_GELU,
      .layers = 12,
      .hidden = 768,
      .heads = 12,
      .kv_heads = 12,
      .head_dim = 64,
      .intermediate = 3072,
      .vocab = 30522,
      .max_position = 512,
      .type_vocab = 2,
      .norm_eps = 1e-12,
      .pooler = TRUE,
      .pooler_layer = TRUE } },
  { "distilbert",
    { .type = STRATA_TRANSFORMER_DISTILBERT,
      .activation = STRATA_ACTIVATION_GELU,
      .layers = 6,
      .hidden = 768,
      .heads = 12,
      .kv_heads = 12,
      .head_dim = 64,
      .intermediate = 3072,
      .vocab = 30522,
      .max_position = 512,
      .norm_eps = 1e-12 } },
  { "gpt2",
    { .type = STRATA_TRANSFORMER_GPT2,
      .activation = STRATA_ACTIVATION_GELU_TANH,
      .layers = 12,
      .hidden = 768,
      .heads = 12,
      .kv_heads = 12,
      .head_dim = 64,
      .intermediate = 3072,
      .vocab = 50257,
      .max_position = 1024,
      .norm_eps = 1e-5,
      .tied = TRUE } },
  { "vit-b-16",
    { .type = STRATA_TRANSFORMER_VIT,
      .activation = STRATA_ACTIVATION_GELU,
      .layers = 12,
      .hidden = 768,
      .heads = 12,
      .kv_heads = 12,
      .head_dim = 64,
      .intermediate = 3072,
      .image = 224,
      .patch = 16,
      .channels = 3,
      .classes = 1000,
      .norm_eps = 1e-6,
      .qkv_bias = TRUE } },
  { "whisper-tiny",
    { .type = STRATA_TRANSFORMER_WHISPER,
      .activation = STRATA_ACTIVATION_GELU,
      .layers = 4,
      .decoder_layers = 4,
      .hidden = 384,
      .heads = 6,
      .kv_heads = 6,
      .decoder_heads = 6,
      .head_dim = 64,
      .intermediate = 1536,
      .decoder_intermediate = 1536,
      .vocab = 51865,
      .max_position = 448,
      .mel_bins = 80,
      .source_positions = 1500,
      .norm_eps = 1e-5,
      .tied = TRUE } },
};

gboolean
strata_transformer_config_builtin (const char *name, StrataTransformerConfig *config)
{
  for (guint i = 0; i < G_N_ELEMENTS (builtin); i++)
    if (g_str_equal (builtin[i].name, name))
      {
        *config = builtin[i].config;
        return TRUE;
      }
  return FALSE;
}

static void
build (StrataLayers *layers, const char *name, StrataTransformerPart part)
{
  StrataTransformerConfig config;
  StrataTransformerOptions options = { .part = part };
  gboolean known = strata_transformer_config_builtin (name, &config);

  known = known && strata_transformer_options_resolve (&options, &config, NULL);
  g_assert (known);
  strata_transformer_build (layers, &config, &options);
}

void
strata_arch_bert_base (StrataLayers *layers)
{
  build (layers, "bert-base", STRATA_PART_WHOLE);
}

void
strata_arch_distilbert (StrataLayers *layers)
{
  build (layers, "distilbert", STRATA_PART_WHOLE);
}

void
strata_arch_gpt2 (StrataLayers *layers)
{
  build (layers, "gpt2", STRATA_PART_WHOLE);
}

void
strata_arch_vit_b_16 (StrataLayers *layers)
{
  build (layers, "vit-b-16", STRATA_PART_WHOLE);
}

void
strata_arch_whisper_tiny_encoder (StrataLayers *layers)
{
  build (layers, "whisper-tiny", STRATA_PART_ENCODER);
}
