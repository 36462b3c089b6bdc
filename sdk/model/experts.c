/* SPDX-License-Identifier: Apache-2.0
 *
 * Which nodes belong to one expert of a mixture. The pattern is that of arch/mixture.c and of what exporters of dense
 * mixtures write: TopK picks, ScatterElements spreads the weights over n places, Split cuts them into n columns, and
 * each multiplies one expert's result. The expert is what that result is computed from and nothing else reads.
 */
#include "model/graph.h"

static const StrataNode *
producer_of (const StrataGraph *graph, int value, StrataOp op)
{
  int producer = value < 0 ? -1 : graph->values[value].producer;

  return producer >= 0 && graph->nodes[producer].op == op ? &graph->nodes[producer] : NULL;
}

/* The TopK whose indices place the weights that @value is one column of */
static const StrataNode *
find_top (const StrataGraph *graph, int value, int *n)
{
  const StrataNode *split = producer_of (graph, value, STRATA_OP_SPLIT);
  const StrataNode *scatter = split == NULL ? NULL : producer_of (graph, split->inputs[0], STRATA_OP_SCATTER_ELEMENTS);

  *n = split == NULL ? 0 : split->n_outputs;
  return scatter == NULL ? NULL : producer_of (graph, scatter->inputs[1], STRATA_OP_TOP_K);
}

typedef struct
{
  const StrataGraph *graph;
  StrataExperts *experts;
  int *n_left; /* per value: readers that are not known to belong to the expert */
  GArray *path;
} Walk;

/* Marks the producer of @value where all that reads it is marked. */
static void
reach (Walk *walk, int value, int k, int n)
{
  int producer = value < 0 ? -1 : walk->graph->values[value].producer;
  const StrataNode *node = producer < 0 ? NULL : &walk->graph->nodes[producer];

  if (node == NULL || --walk->n_left[value] > 0)
    return;
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0 && walk->n_left[node->outputs[i]] > 0)
      return;
  walk->experts->k[producer] = k;
  walk->experts->n[producer] = n;
  g_array_append_val (walk->path, producer);
}

static void
mark_expert (Walk *walk, int value, int k, int n)
{
  reach (walk, value, k, n);
  while (walk->path->len > 0)
    {
      const StrataNode *node = &walk->graph->nodes[g_array_index (walk->path, int, walk->path->len - 1)];

      g_array_set_size (walk->path, walk->path->len - 1);
      for (int i = 0; i < node->n_inputs; i++)
        reach (walk, node->inputs[i], k, n);
    }
}

static void
experts_init (StrataExperts *experts, const StrataGraph *graph)
{
  g_autofree int *n_left = g_new (int, graph->n_values + 1);
  g_autoptr (GArray) path = g_array_new (FALSE, FALSE, sizeof (int));
  Walk walk = { graph, experts, n_left, path };

  experts->k = g_new (int, graph->n_nodes + 1);
  experts->n = g_new (int, graph->n_nodes + 1);
  for (int i = 0; i < graph->n_nodes; i++)
    experts->k[i] = experts->n[i] = 1;
  for (int i = 0; i < graph->n_values; i++)
    n_left[i] = graph->values[i].n_consumers;
  for (int i = 0; i < graph->n_nodes; i++)
    for (int j = 0; graph->nodes[i].op == STRATA_OP_MUL && j < 2; j++)
      {
        int n, at = graph->nodes[i].inputs[j];
        const StrataNode *top = find_top (graph, at, &n);
        gint64 k = top == NULL ? 0 : graph->values[top->outputs[0]].dims[graph->values[top->outputs[0]].n_dims - 1];

        if (k > 0 && k < n)
          mark_expert (&walk, graph->nodes[i].inputs[1 - j], (int) k, n);
      }
}

void
strata_experts_clear (StrataExperts *experts)
{
  g_clear_pointer (&experts->k, g_free);
  g_clear_pointer (&experts->n, g_free);
}

gint64
strata_graph_n_active_macs (const StrataGraph *graph)
{
  g_auto (StrataExperts) experts = { NULL, NULL };
  gint64 sum = 0;

  experts_init (&experts, graph);
  for (int i = 0; i < graph->n_nodes; i++)
    {
      gint64 n_macs = strata_node_n_macs (graph, i);

      if (experts.k[i] < experts.n[i])
        n_macs = (gint64) ((__int128) n_macs * experts.k[i] / experts.n[i]);
      if (__builtin_add_overflow (sum, n_macs, &sum))
        return G_MAXINT64;
    }
  return sum;
}
