/* SPDX-License-Identifier: Apache-2.0
 *
 * Decoders with rotary positions. Llama, Mistral, Qwen2 and Gemma: norm, attention, norm, gated feed-forward. Mixtral:
 * experts in its place. Phi-3: the projections of one input fused. Phi: attention and a plain feed-forward side by side
 * behind one LayerNorm. Inputs: input_ids, and with a past attention_mask, position_ids, past_key_values.N.
 */
#include <math.h>

#include "model/arch/blocks.h"

typedef struct
{
  const StrataBlocks *b;
  StrataBlockRotary rotary;
  StrataBlockMask near, all; /* of layers with the sliding window, and of the others */
} Decoder;

static gboolean
is (const StrataBlocks *b, StrataTransformerType type)
{
  return b->config->type == type;
}

/* Gemma's checkpoints hold a norm's weight less one. */
static int
add_norm (const StrataBlocks *b, const char *name, int x)
{
  gboolean offset = is (b, STRATA_TRANSFORMER_GEMMA);
  int weight;

  if (is (b, STRATA_TRANSFORMER_PHI))
    return strata_block_layer_norm (b, name, x, b->config->hidden);
  weight = strata_layers_weight (b->layers, strata_block_name (b, "%s.weight", name), 1, &b->config->hidden,
                                 offset ? STRATA_BLOCK_OFFSET : STRATA_BLOCK_GAIN);
  if (offset)
    weight = strata_block_binary (b, STRATA_OP_ADD, strata_block_name (b, "%s.scale", name), weight,
                                  strata_layers_scalar (b->layers, NULL, 1.0f));
  x = strata_block_binary (b, STRATA_OP_RMS_NORMALIZATION, name, x, weight);
  strata_layers_attr_float (b->layers, "epsilon", (float) b->config->norm_eps);
  return x;
}

static int
add_attention (const Decoder *d, int layer, const char *name, int x)
{
  const StrataBlocks *b = d->b;
  const StrataTransformerConfig *c = b->config;
  const StrataBlockMask *mask = layer < c->first_window_layer ? &d->all : &d->near;
  gint64 columns[3] = { c->heads * c->head_dim, c->kv_heads * c->head_dim, c->kv_heads * c->head_dim };
  static const char *const names[] = { "q_proj", "k_proj", "v_proj" };
  StrataBlockAttention a;
  int parts[3];

  if (is (b, STRATA_TRANSFORMER_PHI3))
    strata_block_split (b, strata_block_name (b, "%s.qkv", name),
                        strata_block_linear (b, strata_block_name (b, "%s.qkv_proj", name), x, c->hidden,
                                             columns[0] + columns[1] + columns[2], c->qkv_bias),
                        3, columns, parts);
  else
    for (int i = 0; i < 3; i++)
      parts[i] =
        strata_block_linear (b, strata_block_name (b, "%s.%s", name, names[i]), x, c->hidden, columns[i], c->qkv_bias);
  a = strata_block_attention_of (parts[0], parts[1], parts[2], b->options->sequence, c->heads, c->head_dim);
  a.kv_heads = c->kv_heads;
  a.cosine = d->rotary.cosine;
  a.sine = d->rotary.sine;
  a.positions = d->rotary.positions;
  a.turned = d->rotary.turned;
  a.mask = mask->mask;
  a.causal = mask->causal;
  strata_block_cache (b, layer, &a);
  x = strata_block_attention (b, name, &a);
  return strata_block_linear (b,
                              strata_block_name (b, "%s.%s", name, is (b, STRATA_TRANSFORMER_PHI) ? "dense" : "o_proj"),
                              x, columns[0], c->hidden, c->output_bias);
}

static int
add_gated (const StrataBlocks *b, const char *name, int x)
{
  const StrataTransformerConfig *c = b->config;
  gint64 columns[2] = { c->intermediate, c->intermediate };
  int parts[2];

  if (is (b, STRATA_TRANSFORMER_PHI3))
    strata_block_split (b, strata_block_name (b, "%s.gate_up", name),
                        strata_block_linear (b, strata_block_name (b, "%s.gate_up_proj", name), x, c->hidden,
                                             2 * c->intermediate, c->mlp_bias),
                        2, columns, parts);
  else
    {
      parts[0] = strata_block_linear (b, strata_block_name (b, "%s.gate_proj", name), x, c->hidden, c->intermediate,
                                      c->mlp_bias);
      parts[1] =
        strata_block_linear (b, strata_block_name (b, "%s.up_proj", name), x, c->hidden, c->intermediate, c->mlp_bias);
    }
  parts[0] = strata_block_activate (b, c->activation, strata_block_name (b, "%s.act_fn", name), parts[0]);
  x = strata_block_binary (b, STRATA_OP_MUL, strata_block_name (b, "%s.gated", name), parts[0], parts[1]);
  return strata_block_linear (b, strata_block_name (b, "%s.down_proj", name), x, c->intermediate, c->hidden,
                              c->mlp_bias);
}

static int
add_plain (const StrataBlocks *b, const char *name, int x)
{
  const StrataTransformerConfig *c = b->config;

  x = strata_block_linear (b, strata_block_name (b, "%s.fc1", name), x, c->hidden, c->intermediate, c->mlp_bias);
  x = strata_block_activate (b, c->activation, strata_block_name (b, "%s.activation_fn", name), x);
  return strata_block_linear (b, strata_block_name (b, "%s.fc2", name), x, c->intermediate, c->hidden, c->mlp_bias);
}

static int
add_layer (const Decoder *d, int layer, int x)
{
  const StrataBlocks *b = d->b;
  const char *name = strata_block_name (b, "model.layers.%d", layer);
  const char *attention = strata_block_name (b, "%s.self_attn", name), *mlp = strata_block_name (b, "%s.mlp", name);
  int normed = add_norm (b, strata_block_name (b, "%s.input_layernorm", name), x);
  int mixed = add_attention (d, layer, attention, normed), sum;

  sum = strata_block_binary (b, STRATA_OP_ADD, strata_block_name (b, "%s.attended", name), x, mixed);
  if (is (b, STRATA_TRANSFORMER_PHI))
    return strata_block_binary (b, STRATA_OP_ADD, name, sum, add_plain (b, mlp, normed));
  normed = add_norm (b, strata_block_name (b, "%s.post_attention_layernorm", name), sum);
  if (is (b, STRATA_TRANSFORMER_MIXTRAL))
    mixed = strata_build_experts (b, strata_block_name (b, "%s.block_sparse_moe", name), normed);
  else
    mixed = add_gated (b, mlp, normed);
  return strata_block_binary (b, STRATA_OP_ADD, name, sum, mixed);
}

static int
add_logits (const StrataBlocks *b, int x, int embedding)
{
  const StrataTransformerConfig *c = b->config;

  if (!c->tied)
    return strata_block_linear (b, "lm_head", x, c->hidden, c->vocab, is (b, STRATA_TRANSFORMER_PHI));
  x = strata_block_binary (b, STRATA_OP_GEMM, "lm_head", x, embedding);
  strata_layers_attr_int (b->layers, "transB", 1);
  return x;
}

void
strata_build_decoder (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  gint64 n = b->options->sequence, past = b->options->past;
  int tokens = strata_block_ids (b, "input_ids", n), seen = -1, positions = -1;
  int embedding = strata_block_weight (b, "model.embed_tokens.weight", c->vocab, c->hidden);
  int x = strata_block_binary (b, STRATA_OP_GATHER, "model.embed_tokens", embedding, tokens);
  Decoder d = { .b = b };

  if (past > 0)
    {
      seen = strata_block_attention_mask (b, past + n);
      positions = strata_layers_input (b->layers, "position_ids", STRATA_DTYPE_I64, 2, (gint64[]){ 1, n });
    }
  if (is (b, STRATA_TRANSFORMER_GEMMA))
    x = strata_block_binary (b, STRATA_OP_MUL, "model.embed_scaled", x,
                             strata_layers_scalar (b->layers, NULL, (float) sqrt ((double) c->hidden)));
  d.rotary = strata_block_rotary (b, positions);
  d.near = strata_block_mask (b, "near", seen, c->sliding_window);
  d.all = c->first_window_layer > 0 ? strata_block_mask (b, "all", seen, 0) : d.near;
  for (int i = 0; i < (int) c->layers; i++)
    x = add_layer (&d, i, x);
  x = add_norm (b, is (b, STRATA_TRANSFORMER_PHI) ? "model.final_layernorm" : "model.norm", x);
  strata_block_output (b, "logits", add_logits (b, x, embedding), n, c->vocab);
}
