/* SPDX-License-Identifier: Apache-2.0
 *
 * BERT and DistilBERT: learned positions, a norm behind each sum. Both are one network under two sets of names;
 * DistilBERT has no types of tokens and no pooler. Inputs as exporters call them: input_ids, attention_mask and, where
 * there are types, token_type_ids.
 */
#include "model/arch/blocks.h"

typedef struct
{
  const char *layer, *query, *key, *value, *mixed, *mixed_norm, *wide, *narrow, *norm;
} Names;

static const Names bert = { "encoder.layer",        "attention.self.query",   "attention.self.key",
                            "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
                            "intermediate.dense",   "output.dense",           "output.LayerNorm" };
static const Names distilbert = { "transformer.layer", "attention.q_lin",   "attention.k_lin",
                                  "attention.v_lin",   "attention.out_lin", "sa_layer_norm",
                                  "ffn.lin1",          "ffn.lin2",          "output_layer_norm" };

static int
add_linear (const StrataBlocks *b, const char *layer, const char *module, int x, gint64 in, gint64 out)
{
  return strata_block_linear (b, strata_block_name (b, "%s.%s", layer, module), x, in, out, TRUE);
}

static int
add_normed_sum (const StrataBlocks *b, const char *layer, const char *module, int x, int y)
{
  int sum = strata_block_binary (b, STRATA_OP_ADD, strata_block_name (b, "%s.%s.sum", layer, module), x, y);

  return strata_block_layer_norm (b, strata_block_name (b, "%s.%s", layer, module), sum, b->config->hidden);
}

static int
add_layer (const StrataBlocks *b, const Names *names, int layer, int x, int mask)
{
  const StrataTransformerConfig *c = b->config;
  const char *name = strata_block_name (b, "%s.%d", names->layer, layer);
  int q = add_linear (b, name, names->query, x, c->hidden, c->hidden);
  int k = add_linear (b, name, names->key, x, c->hidden, c->hidden);
  int v = add_linear (b, name, names->value, x, c->hidden, c->hidden), y;
  StrataBlockAttention a = strata_block_attention_of (q, k, v, b->options->sequence, c->heads, c->hidden / c->heads);

  a.mask = mask;
  y = strata_block_attention (b, strata_block_name (b, "%s.attention", name), &a);
  y = add_linear (b, name, names->mixed, y, c->hidden, c->hidden);
  x = add_normed_sum (b, name, names->mixed_norm, x, y);
  y = add_linear (b, name, names->wide, x, c->hidden, c->intermediate);
  y = strata_block_activate (b, c->activation, strata_block_name (b, "%s.act", name), y);
  y = add_linear (b, name, names->narrow, y, c->intermediate, c->hidden);
  return add_normed_sum (b, name, names->norm, x, y);
}

static int
add_embeddings (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  gint64 n = b->options->sequence;
  int tokens = strata_block_ids (b, "input_ids", n);
  int x = strata_block_lookup (b, "embeddings.word_embeddings", tokens, c->vocab, c->hidden);
  int places = strata_block_range (b, "position_ids", 0, n, 0, NULL);

  x =
    strata_block_binary (b, STRATA_OP_ADD, "embeddings.placed", x,
                         strata_block_lookup (b, "embeddings.position_embeddings", places, c->max_position, c->hidden));
  if (c->type_vocab > 0)
    x = strata_block_binary (b, STRATA_OP_ADD, "embeddings.typed", x,
                             strata_block_lookup (b, "embeddings.token_type_embeddings",
                                                  strata_block_ids (b, "token_type_ids", n), c->type_vocab, c->hidden));
  return strata_block_layer_norm (b, "embeddings.LayerNorm", x, c->hidden);
}

void
strata_build_bert (const StrataBlocks *b)
{
  const StrataTransformerConfig *c = b->config;
  const Names *names = c->type == STRATA_TRANSFORMER_DISTILBERT ? &distilbert : &bert;
  gint64 n = b->options->sequence;
  int x = add_embeddings (b), mask = strata_block_padding_mask (b);

  for (int i = 0; i < (int) c->layers; i++)
    x = add_layer (b, names, i, x, mask);
  strata_block_output (b, "last_hidden_state", x, n, c->hidden);
  if (c->pooler)
    strata_layers_output (b->layers, strata_block_pooler (b, "pooler.dense", x), "pooler_output");
}
