/* SPDX-License-Identifier: Apache-2.0
 *
 * MobileBERT (Sun et al., 2020): each layer narrows the stream through a bottleneck, attends and feeds forward four
 * times in the narrow width, and widens it again. Its norms are a scale and an offset, without statistics. The
 * embedding is narrow too: each token sees its two neighbours.
 */
#include "model/arch/blocks.h"

static int
add_norm (const StrataBlocks *b, const char *name, int x, gint64 width)
{
  int weight, bias;

  if (b->config->layer_norm)
    return strata_block_layer_norm (b, name, x, width);
  weight = strata_layers_weight (b->layers, strata_block_name (b, "%s.weight", name), 1, &width, STRATA_BLOCK_GAIN);
  bias = strata_layers_weight (b->layers, strata_block_name (b, "%s.bias", name), 1, &width, STRATA_BLOCK_OFFSET);
  x = strata_block_binary (b, STRATA_OP_MUL, strata_block_name (b, "%s.scaled", name), x, weight);
  return strata_block_binary (b, STRATA_OP_ADD, name, x, bias);
}

static int
add_normed_sum (const StrataBlocks *b, const char *name, int x, int y, gint64 width)
{
  return add_norm (b, name, strata_block_binary (b, STRATA_OP_ADD, strata_block_name (b, "%s.sum", name), x, y), width);
}

static int
add_bottleneck (const StrataBlocks *b, const char *name, int x)
{
  const StrataTransformerConfig *c = b->config;

  x = strata_block_linear (b, strata_block_name (b, "%s.dense", name), x, c->hidden, c->bottleneck, TRUE);
  return add_norm (b, strata_block_name (b, "%s.LayerNorm", name), x, c->bottleneck);
}

/* The narrow stream after attention; @narrow: before it */
static int
add_attention (const StrataBlocks *b, const char *layer, int x, int narrow, int mask)
{
  const StrataTransformerConfig *c = b->config;
  const char *name = strata_block_name (b, "%s.attention", layer);
  gint64 n = c->true_hidden, qk_width = c->hidden, v_width = c->bottleneck_attention ? n : c->hidden;
  int qk = x, q, k, v = c->bottleneck_attention ? narrow : x;
  StrataBlockAttention a;

  if (c->bottleneck_attention)
    qk = narrow;
  else if (c->shared_bottleneck)
    qk = add_bottleneck (b, strata_block_name (b, "%s.bottleneck.attention", layer), x);
  if (qk != x)
    qk_width = n;
  q = strata_block_linear (b, strata_block_name (b, "%s.self.query", name), qk, qk_width, n, TRUE);
  k = strata_block_linear (b, strata_block_name (b, "%s.self.key", name), qk, qk_width, n, TRUE);
  v = strata_block_linear (b, strata_block_name (b, "%s.self.value", name), v, v_width, n, TRUE);
  a = strata_block_attention_of (q, k, v, b->options->sequence, c->heads, n / c->heads);
  a.mask = mask;
  x = strata_block_attention (b, name, &a);
  x = strata_block_linear (b, strata_block_name (b, "%s.output.dense", name), x, n, n, TRUE);
  return add_normed_sum (b, strata_block_name (b, "%s.output.LayerNorm", name), narrow, x, n);
}

static int
add_feedforward (const StrataBlocks *b, const char *name, int x)
{
  const StrataTransformerConfig *c = b->config;
  int y = strata_block_linear (b, strata_block_name (b, "%s.intermediate.dense", name), x, c->true_hidden,
                               c->intermediate, TRUE);

  y = strata_block_activate (b, c->activation, strata_block_name (b, "%s.intermediate.act", name), y);
  y = strata_block_linear (b, strata_block_name (b, "%s.output.dense", name), y, c->intermediate, c->true_hidden, TRUE);
  return add_normed_sum (b, strata_block_name (b, "%s.output.LayerNorm", name), x, y, c->true_hidden);
}

static int
add_layer (const StrataBlocks *b, int layer, int x, int mask)
{
  const StrataTransformerConfig *c = b->config;
  const char *name = strata_block_name (b, "encoder.layer.%d", layer);
  int y = add_bottleneck (b, strata_block_name (b, "%s.bottleneck.input", name), x);

  y = add_attention (b, name, x, y, mask);
  for (int i = 0; i < (int) c->feedforwards - 1; i++)
    y = add_feedforward (b, strata_block_name (b, "%s.ffn.%d", name, i), y);
  y = add_feedforward (b, name, y);
  y = strata_block_linear (b, strata_block_name (b, "%s.output.bottleneck.dense", name), y, c->true_hidden, c->hidden,
                           TRUE);
  return add_normed_sum (b, strata_block_name (b, "%s.output.bottleneck.LayerNorm", name), x, y, c->hidden);
}

/* Next token, token and previous token side by side; zeros beyond the ends */
static int
add_neighbours (const StrataBlocks *b, int x)
{
  gint64 n = b->options->sequence, width = b->config->embedding;
  int pads = strata_layers_ints (b->layers, NULL, 4, (gint64[]){ 1, 0, 1, 0 });
  int around = strata_block_binary (b, STRATA_OP_PAD, "embeddings.padded", x, pads), parts[3];
  int axis = strata_layers_ints (b->layers, NULL, 1, (gint64[]){ 0 });

  for (gint64 i = 0; i < 3; i++)
    {
      int start = strata_layers_ints (b->layers, NULL, 1, (gint64[]){ 2 - i });
      int ids[4] = { around, start, strata_layers_ints (b->layers, NULL, 1, (gint64[]){ 2 - i + n }), axis };

      parts[i] = i == 1 ? x
                        : strata_layers_node (b->layers, STRATA_OP_SLICE,
                                              i == 0 ? "embeddings.next" : "embeddings.last", ids, 4);
    }
  x = strata_layers_node (b->layers, STRATA_OP_CONCAT, "embeddings.trigram", parts, 3);
  strata_layers_attr_int (b->layers, "axis", 1);
  return strata_block_linear (b, "embeddings.embedding_transformation", x, 3 * width, b->config->hidden, TRUE);
}

static int
add_embeddings (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  gint64 n = b->options->sequence;
  int tokens = strata_block_ids (b, "input_ids", n), types;
  int x = strata_block_lookup (b, "embeddings.word_embeddings", tokens, c->vocab, c->embedding);
  int places = strata_block_range (b, "position_ids", 0, n, 0, NULL);

  if (c->trigram)
    x = add_neighbours (b, x);
  else if (c->embedding != c->hidden)
    x = strata_block_linear (b, "embeddings.embedding_transformation", x, c->embedding, c->hidden, TRUE);
  x =
    strata_block_binary (b, STRATA_OP_ADD, "embeddings.placed", x,
                         strata_block_lookup (b, "embeddings.position_embeddings", places, c->max_position, c->hidden));
  types = strata_block_lookup (b, "embeddings.token_type_embeddings", strata_block_ids (b, "token_type_ids", n),
                               c->type_vocab, c->hidden);
  x = strata_block_binary (b, STRATA_OP_ADD, "embeddings.typed", x, types);
  return add_norm (b, "embeddings.LayerNorm", x, c->hidden);
}

void
strata_build_mobilebert (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  int x = add_embeddings (b), mask = strata_block_padding_mask (b);

  for (int i = 0; i < (int) c->layers; i++)
    x = add_layer (b, i, x, mask);
  strata_block_output (b, "last_hidden_state", x, b->options->sequence, c->hidden);
  if (c->pooler)
    strata_layers_output (b->layers, strata_block_pooler (b, "pooler.dense", x), "pooler_output");
}
