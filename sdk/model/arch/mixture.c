/* SPDX-License-Identifier: Apache-2.0
 *
 * A mixture of experts, exact and static: TopK picks each token's experts, Softmax weighs them, ScatterElements spreads
 * the weights over all experts, zero for those not picked, and every expert's result counts by its weight. How many are
 * active stands in the graph, as the K of that TopK: strata_graph_n_active_macs () and a compiler read it there.
 * Softmax over the picked scores is what picking from a Softmax and dividing by the sum gives.
 */
#include "model/arch/blocks.h"

static int
add_expert (const StrataBlocks *b, const char *name, int x)
{
  const StrataTransformerConfig *c = b->config;
  int gate = strata_block_linear (b, strata_block_name (b, "%s.w1", name), x, c->hidden, c->intermediate, FALSE);
  int up = strata_block_linear (b, strata_block_name (b, "%s.w3", name), x, c->hidden, c->intermediate, FALSE);

  gate = strata_block_activate (b, c->activation, strata_block_name (b, "%s.act_fn", name), gate);
  x = strata_block_binary (b, STRATA_OP_MUL, strata_block_name (b, "%s.gated", name), gate, up);
  return strata_block_linear (b, strata_block_name (b, "%s.w2", name), x, c->intermediate, c->hidden, FALSE);
}

/* tokens x experts: the weight of each, 0 where it is not picked */
static int
add_router (const StrataBlocks *b, const char *name, int x)
{
  const StrataTransformerConfig *c = b->config;
  gint64 dims[2] = { b->options->sequence, c->experts };
  int scores = strata_block_linear (b, strata_block_name (b, "%s.gate", name), x, c->hidden, c->experts, FALSE);
  int picked[2], ids[3];

  strata_layers_node_outputs (b->layers, STRATA_OP_TOP_K, strata_block_name (b, "%s.top", name),
                              (int[]){ scores, strata_layers_ints (b->layers, NULL, 1, &c->experts_per_token) }, 2,
                              picked, 2);
  strata_layers_attr_int (b->layers, "axis", 1);
  ids[0] = strata_block_unary (b, STRATA_OP_CONSTANT_OF_SHAPE, strata_block_name (b, "%s.none", name),
                               strata_layers_ints (b->layers, NULL, 2, dims));
  ids[1] = picked[1];
  ids[2] = strata_block_unary (b, STRATA_OP_SOFTMAX, strata_block_name (b, "%s.weights", name), picked[0]);
  strata_layers_attr_int (b->layers, "axis", 1);
  scores = strata_layers_node (b->layers, STRATA_OP_SCATTER_ELEMENTS, strata_block_name (b, "%s.shares", name), ids, 3);
  strata_layers_attr_int (b->layers, "axis", 1);
  return scores;
}

int
strata_build_experts (const StrataBlocks *b, const char *name, int x)
{
  int n = (int) b->config->experts;
  g_autofree gint64 *columns = g_new (gint64, n);
  g_autofree int *shares = g_new (int, n);
  g_autofree int *results = g_new (int, n);

  for (int e = 0; e < n; e++)
    columns[e] = 1;
  strata_block_split (b, strata_block_name (b, "%s.share", name), add_router (b, name, x), n, columns, shares);
  for (int e = 0; e < n; e++)
    {
      const char *expert = strata_block_name (b, "%s.experts.%d", name, e);

      results[e] = strata_block_binary (b, STRATA_OP_MUL, expert, add_expert (b, expert, x), shares[e]);
    }
  return strata_layers_node (b->layers, STRATA_OP_SUM, name, results, n);
}
