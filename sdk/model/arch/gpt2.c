/* SPDX-License-Identifier: Apache-2.0
 *
 * GPT-2: learned positions, norm before each half, weights that lie in x out, the embedding as its last layer.
 */
#include "model/arch/blocks.h"

static int
add_attention (const StrataBlocks *b, int layer, const char *name, int x, StrataBlockMask mask)
{
  const StrataTransformerConfig *c = b->config;
  gint64 columns[3] = { c->hidden, c->hidden, c->hidden };
  StrataBlockAttention a;
  int parts[3];

  x = strata_block_linear_in_out (b, strata_block_name (b, "%s.c_attn", name), x, c->hidden, 3 * c->hidden);
  strata_block_split (b, strata_block_name (b, "%s.qkv", name), x, 3, columns, parts);
  a = strata_block_attention_of (parts[0], parts[1], parts[2], b->options->sequence, c->heads, c->hidden / c->heads);
  a.mask = mask.mask;
  a.causal = mask.causal;
  strata_block_cache (b, layer, &a);
  x = strata_block_attention (b, name, &a);
  return strata_block_linear_in_out (b, strata_block_name (b, "%s.c_proj", name), x, c->hidden, c->hidden);
}

static int
add_layer (const StrataBlocks *b, int layer, int x, StrataBlockMask mask)
{
  const StrataTransformerConfig *c = b->config;
  const char *name = strata_block_name (b, "transformer.h.%d", layer);
  int y = strata_block_layer_norm (b, strata_block_name (b, "%s.ln_1", name), x, c->hidden);

  y = add_attention (b, layer, strata_block_name (b, "%s.attn", name), y, mask);
  x = strata_block_binary (b, STRATA_OP_ADD, strata_block_name (b, "%s.attended", name), x, y);
  y = strata_block_layer_norm (b, strata_block_name (b, "%s.ln_2", name), x, c->hidden);
  y = strata_block_linear_in_out (b, strata_block_name (b, "%s.mlp.c_fc", name), y, c->hidden, c->intermediate);
  y = strata_block_activate (b, c->activation, strata_block_name (b, "%s.mlp.act", name), y);
  y = strata_block_linear_in_out (b, strata_block_name (b, "%s.mlp.c_proj", name), y, c->intermediate, c->hidden);
  return strata_block_binary (b, STRATA_OP_ADD, name, x, y);
}

void
strata_build_gpt2 (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  gint64 n = b->options->sequence, past = b->options->past;
  int tokens = strata_block_ids (b, "input_ids", n), seen = past > 0 ? strata_block_attention_mask (b, past + n) : -1;
  int positions =
    past > 0 ? strata_block_ids (b, "position_ids", n) : strata_block_range (b, "position_ids", 0, n, 0, NULL);
  int embedding = strata_block_weight (b, "transformer.wte.weight", c->vocab, c->hidden);
  StrataBlockMask mask = strata_block_mask (b, "seen", seen, 0);
  int x = strata_block_binary (b, STRATA_OP_GATHER, "transformer.wte", embedding, tokens);

  x = strata_block_binary (b, STRATA_OP_ADD, "transformer.embedded", x,
                           strata_block_lookup (b, "transformer.wpe", positions, c->max_position, c->hidden));
  for (int i = 0; i < (int) c->layers; i++)
    x = add_layer (b, i, x, mask);
  x = strata_block_layer_norm (b, "transformer.ln_f", x, c->hidden);
  if (c->tied)
    {
      x = strata_block_binary (b, STRATA_OP_GEMM, "lm_head", x, embedding);
      strata_layers_attr_int (b->layers, "transB", 1);
    }
  else
    x = strata_block_linear (b, "lm_head", x, c->hidden, c->vocab, FALSE);
  strata_block_output (b, "logits", x, n, c->vocab);
}
