/* SPDX-License-Identifier: Apache-2.0
 *
 * ViT and DeiT: patches by a convolution whose stride is its size, a class token (DeiT: a distillation token too)
 * before them, learned positions, norm before each half, a head on the class token.
 */
#include "model/arch/blocks.h"

static const char *
prefix (const StrataBlocks *b)
{
  return strata_transformer_type_name (b->config->type);
}

static int
add_weight (const StrataBlocks *b, const char *name, int n_dims, const gint64 *dims)
{
  return strata_layers_weight (b->layers, strata_block_name (b, "%s.embeddings.%s", prefix (b), name), n_dims, dims,
                               STRATA_BLOCK_DRAWN);
}

static int
add_patches (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  gint64 strides[2] = { c->patch, c->patch }, side = c->image / c->patch;
  const char *name = strata_block_name (b, "%s.embeddings.patch_embeddings.projection", prefix (b));
  int ids[3];

  ids[0] = strata_layers_input (b->layers, "pixel_values", STRATA_DTYPE_F32, 4,
                                (gint64[]){ 1, c->channels, c->image, c->image });
  ids[1] =
    add_weight (b, "patch_embeddings.projection.weight", 4, (gint64[]){ c->hidden, c->channels, c->patch, c->patch });
  ids[2] = strata_layers_weight (b->layers, strata_block_name (b, "%s.bias", name), 1, &c->hidden, STRATA_BLOCK_OFFSET);
  ids[0] = strata_layers_node (b->layers, STRATA_OP_CONV, name, ids, 3);
  strata_layers_attr_ints (b->layers, "strides", strides, 2);
  ids[0] = strata_block_reshape (b, strata_block_name (b, "%s.flat", name), ids[0], 3,
                                 (gint64[]){ 1, c->hidden, side * side });
  return strata_block_transpose (b, strata_block_name (b, "%s.tokens", name), ids[0], 3, (gint64[]){ 0, 2, 1 });
}

static int
add_embeddings (const StrataBlocks *b, gint64 tokens)
{
  const StrataTransformerConfig *c = b->config;
  gint64 one[3] = { 1, 1, c->hidden }, all[3] = { 1, tokens, c->hidden }, matrix[2] = { tokens, c->hidden };
  int parts[3], n = 0, x;

  parts[n++] = add_weight (b, "cls_token", 3, one);
  if (c->type == STRATA_TRANSFORMER_DEIT)
    parts[n++] = add_weight (b, "distillation_token", 3, one);
  parts[n++] = add_patches (b);
  x = strata_layers_node (b->layers, STRATA_OP_CONCAT, strata_block_name (b, "%s.embeddings.tokens", prefix (b)), parts,
                          n);
  strata_layers_attr_int (b->layers, "axis", 1);
  x = strata_block_binary (b, STRATA_OP_ADD, strata_block_name (b, "%s.embeddings.placed", prefix (b)), x,
                           add_weight (b, "position_embeddings", 3, all));
  return strata_block_reshape (b, strata_block_name (b, "%s.embeddings", prefix (b)), x, 2, matrix);
}

static int
add_layer (const StrataBlocks *b, int layer, int x, gint64 tokens)
{
  static const char *const names[] = { "query", "key", "value" };
  const StrataTransformerConfig *c = b->config;
  const char *name = strata_block_name (b, "%s.encoder.layer.%d", prefix (b), layer);
  int y = strata_block_layer_norm (b, strata_block_name (b, "%s.layernorm_before", name), x, c->hidden), qkv[3];
  StrataBlockAttention a;

  for (int i = 0; i < 3; i++)
    qkv[i] = strata_block_linear (b, strata_block_name (b, "%s.attention.attention.%s", name, names[i]), y, c->hidden,
                                  c->hidden, c->qkv_bias);
  a = strata_block_attention_of (qkv[0], qkv[1], qkv[2], tokens, c->heads, c->hidden / c->heads);
  y = strata_block_attention (b, strata_block_name (b, "%s.attention", name), &a);
  y = strata_block_linear (b, strata_block_name (b, "%s.attention.output.dense", name), y, c->hidden, c->hidden, TRUE);
  x = strata_block_binary (b, STRATA_OP_ADD, strata_block_name (b, "%s.attended", name), x, y);
  y = strata_block_layer_norm (b, strata_block_name (b, "%s.layernorm_after", name), x, c->hidden);
  y =
    strata_block_linear (b, strata_block_name (b, "%s.intermediate.dense", name), y, c->hidden, c->intermediate, TRUE);
  y = strata_block_activate (b, c->activation, strata_block_name (b, "%s.intermediate.act", name), y);
  y = strata_block_linear (b, strata_block_name (b, "%s.output.dense", name), y, c->intermediate, c->hidden, TRUE);
  return strata_block_binary (b, STRATA_OP_ADD, name, x, y);
}

static int
add_head (const StrataBlocks *b, const char *name, int x, gint64 token)
{
  int place = strata_layers_ints (b->layers, NULL, 1, &token);

  x = strata_block_binary (b, STRATA_OP_GATHER, strata_block_name (b, "%s.token", name), x, place);
  return strata_block_linear (b, name, x, b->config->hidden, b->config->classes, TRUE);
}

void
strata_build_vit (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  gint64 side = c->image / c->patch, tokens = side * side + (c->type == STRATA_TRANSFORMER_DEIT ? 2 : 1);
  int x = add_embeddings (b, tokens), heads[2];

  for (int i = 0; i < (int) c->layers; i++)
    x = add_layer (b, i, x, tokens);
  x = strata_block_layer_norm (b, strata_block_name (b, "%s.layernorm", prefix (b)), x, c->hidden);
  if (c->classes == 0)
    strata_block_output (b, "last_hidden_state", x, tokens, c->hidden);
  else if (c->teacher)
    {
      heads[0] = add_head (b, "cls_classifier", x, 0);
      heads[1] = add_head (b, "distillation_classifier", x, 1);
      x = strata_layers_node (b->layers, STRATA_OP_MEAN, "logits", heads, 2);
      strata_layers_output (b->layers, x, "logits");
    }
  else
    strata_layers_output (b->layers, add_head (b, "classifier", x, 0), "logits");
}
