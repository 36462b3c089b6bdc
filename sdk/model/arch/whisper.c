/* SPDX-License-Identifier: Apache-2.0
 *
 * Whisper: two convolutions over a mel spectrogram, an encoder with stored positions, and a decoder that attends to its
 * own tokens and to the encoder's; norm before each part. Keys have no bias. The encoder alone is a network of its own.
 */
#include "model/arch/blocks.h"

static int
add_conv (const StrataBlocks *b, const char *name, int x, gint64 in, gint64 stride)
{
  const StrataTransformerConfig *c = b->config;
  int weight = strata_layers_weight (b->layers, strata_block_name (b, "%s.weight", name), 3,
                                     (gint64[]){ c->hidden, in, 3 }, STRATA_BLOCK_DRAWN);
  int bias =
    strata_layers_weight (b->layers, strata_block_name (b, "%s.bias", name), 1, &c->hidden, STRATA_BLOCK_OFFSET);

  x = strata_layers_node (b->layers, STRATA_OP_CONV, name, (int[]){ x, weight, bias }, 3);
  strata_layers_attr_ints (b->layers, "pads", (gint64[]){ 1, 1 }, 2);
  strata_layers_attr_ints (b->layers, "strides", &stride, 1);
  return strata_block_activate (b, c->activation, strata_block_name (b, "%s.act", name), x);
}

/* @tokens of @x ask, @n_keys of @keys answer; @keys == @x: a token asks its own kind */
static int
add_attention (const StrataBlocks *b, const char *name, int x, gint64 tokens, int keys, gint64 n_keys, gboolean causal)
{
  const StrataTransformerConfig *c = b->config;
  gint64 width = c->hidden, heads = causal || keys != x ? c->decoder_heads : c->heads;
  int q = strata_block_linear (b, strata_block_name (b, "%s.q_proj", name), x, width, width, TRUE);
  int k = strata_block_linear (b, strata_block_name (b, "%s.k_proj", name), keys, width, width, FALSE);
  int v = strata_block_linear (b, strata_block_name (b, "%s.v_proj", name), keys, width, width, TRUE);
  StrataBlockAttention a = strata_block_attention_of (q, k, v, tokens, heads, width / heads);

  a.keys = n_keys;
  a.causal = causal;
  x = strata_block_attention (b, name, &a);
  return strata_block_linear (b, strata_block_name (b, "%s.out_proj", name), x, width, width, TRUE);
}

static int
add_norm (const StrataBlocks *b, const char *layer, const char *part, int x)
{
  return strata_block_layer_norm (b, strata_block_name (b, "%s.%s_layer_norm", layer, part), x, b->config->hidden);
}

static int
add_sum (const StrataBlocks *b, const char *layer, const char *part, int x, int y)
{
  return strata_block_binary (b, STRATA_OP_ADD, strata_block_name (b, "%s.%s", layer, part), x, y);
}

static int
add_feedforward (const StrataBlocks *b, const char *layer, int x, gint64 intermediate)
{
  const StrataTransformerConfig *c = b->config;
  int y = add_norm (b, layer, "final", x);

  y = strata_block_linear (b, strata_block_name (b, "%s.fc1", layer), y, c->hidden, intermediate, TRUE);
  y = strata_block_activate (b, c->activation, strata_block_name (b, "%s.activation_fn", layer), y);
  y = strata_block_linear (b, strata_block_name (b, "%s.fc2", layer), y, intermediate, c->hidden, TRUE);
  return add_sum (b, layer, "out", x, y);
}

static int
add_encoder (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  gint64 n = c->source_positions, matrix[2] = { n, c->hidden }, perm[3] = { 0, 2, 1 };
  int x = strata_layers_input (b->layers, "input_features", STRATA_DTYPE_F32, 3, (gint64[]){ 1, c->mel_bins, 2 * n });

  x = add_conv (b, "model.encoder.conv1", x, c->mel_bins, 1);
  x = add_conv (b, "model.encoder.conv2", x, c->hidden, 2);
  x = strata_block_transpose (b, "model.encoder.frames", x, 3, perm);
  x = strata_block_reshape (b, "model.encoder.tokens", x, 2, matrix);
  x = add_sum (b, "model.encoder", "placed", x,
               strata_block_weight (b, "model.encoder.embed_positions.weight", n, c->hidden));
  for (int i = 0; i < (int) c->layers; i++)
    {
      const char *name = strata_block_name (b, "model.encoder.layers.%d", i);
      int y = add_norm (b, name, "self_attn", x);

      y = add_attention (b, strata_block_name (b, "%s.self_attn", name), y, n, y, n, FALSE);
      x = add_feedforward (b, name, add_sum (b, name, "attended", x, y), c->intermediate);
    }
  return strata_block_layer_norm (b, "model.encoder.layer_norm", x, c->hidden);
}

static int
add_decoder_layer (const StrataBlocks *b, int layer, int x, int encoded)
{
  const StrataTransformerConfig *c = b->config;
  const char *name = strata_block_name (b, "model.decoder.layers.%d", layer);
  gint64 n = b->options->sequence;
  int y = add_norm (b, name, "self_attn", x);

  y = add_attention (b, strata_block_name (b, "%s.self_attn", name), y, n, y, n, TRUE);
  x = add_sum (b, name, "attended", x, y);
  y = add_norm (b, name, "encoder_attn", x);
  y = add_attention (b, strata_block_name (b, "%s.encoder_attn", name), y, n, encoded, c->source_positions, FALSE);
  return add_feedforward (b, name, add_sum (b, name, "heard", x, y), c->decoder_intermediate);
}

static void
add_decoder (const StrataBlocks *b, int encoded)
{
  const StrataTransformerConfig *c = b->config;
  gint64 n = b->options->sequence;
  int tokens = strata_block_ids (b, "decoder_input_ids", n);
  int embedding = strata_block_weight (b, "model.decoder.embed_tokens.weight", c->vocab, c->hidden);
  int x = strata_block_binary (b, STRATA_OP_GATHER, "model.decoder.embed_tokens", embedding, tokens);
  int places = strata_block_range (b, "position_ids", 0, n, 0, NULL);

  x = add_sum (b, "model.decoder", "placed", x,
               strata_block_lookup (b, "model.decoder.embed_positions", places, c->max_position, c->hidden));
  for (int i = 0; i < (int) c->decoder_layers; i++)
    x = add_decoder_layer (b, i, x, encoded);
  x = strata_block_layer_norm (b, "model.decoder.layer_norm", x, c->hidden);
  if (c->tied)
    {
      x = strata_block_binary (b, STRATA_OP_GEMM, "proj_out", x, embedding);
      strata_layers_attr_int (b->layers, "transB", 1);
    }
  else
    x = strata_block_linear (b, "proj_out", x, c->hidden, c->vocab, FALSE);
  strata_block_output (b, "logits", x, n, c->vocab);
}

void
strata_build_whisper (const StrataBlocks *b)
{
  int encoded = add_encoder (b);

  if (b->options->part == STRATA_PART_ENCODER)
    strata_block_output (b, "last_hidden_state", encoded, b->config->source_positions, b->config->hidden);
  else
    add_decoder (b, encoded);
}
