/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters and multiply-accumulates, as networks are published: of convolutions and products only.
 */
#include "model/graph.h"

static gint64
multiply (gint64 a, gint64 b)
{
  gint64 product;

  return __builtin_mul_overflow (a, b, &product) ? G_MAXINT64 : product;
}

gint64
strata_node_n_macs (const StrataGraph *graph, int index)
{
  const StrataNode *node = &graph->nodes[index];
  const StrataValue *values = graph->values;
  gint64 per_output = 1;

  switch (node->op)
    {
    case STRATA_OP_CONV:
      for (int d = 1; d < values[node->inputs[1]].n_dims; d++)
        per_output = multiply (per_output, values[node->inputs[1]].dims[d]);
      break;
    case STRATA_OP_GEMM:
      per_output = values[node->inputs[0]].dims[strata_node_int (node, "transA", 0) == 0];
      break;
    case STRATA_OP_MAT_MUL:
      per_output = values[node->inputs[0]].dims[values[node->inputs[0]].n_dims - 1];
      break;
    default:
      return 0;
    }
  return multiply (per_output, strata_value_count (&values[node->outputs[0]]));
}

gint64
strata_graph_n_macs (const StrataGraph *graph)
{
  gint64 sum = 0;

  for (int i = 0; i < graph->n_nodes; i++)
    if (__builtin_add_overflow (sum, strata_node_n_macs (graph, i), &sum))
      return G_MAXINT64;
  return sum;
}

/* The constant that a value is, or is decoded or re-ordered from; -1: computed from inputs */
static int
find_constant (const StrataGraph *graph, int value)
{
  while (value >= 0 && graph->values[value].data == NULL)
    {
      int producer = graph->values[value].producer;

      if (producer < 0)
        return -1;
      if (graph->nodes[producer].op != STRATA_OP_DEQUANTIZE_LINEAR && graph->nodes[producer].op != STRATA_OP_TRANSPOSE
          && graph->nodes[producer].op != STRATA_OP_CAST && graph->nodes[producer].op != STRATA_OP_RESHAPE)
        return -1;
      value = graph->nodes[producer].inputs[0];
    }
  return value;
}

/* Old exporters write the bias of a product as an Add behind it: one value per output channel. */
static gboolean
is_added_bias (const StrataGraph *graph, int bias, int sum)
{
  int producer = bias < 0 || sum < 0 ? -1 : graph->values[sum].producer;
  const StrataValue *out;

  if (producer < 0)
    return FALSE;
  out = &graph->values[sum];
  if (graph->nodes[producer].op == STRATA_OP_CONV)
    return strata_value_count (&graph->values[bias]) == out->dims[1];
  return graph->nodes[producer].op == STRATA_OP_MAT_MUL && out->n_dims > 0
         && strata_value_count (&graph->values[bias]) == out->dims[out->n_dims - 1];
}

static gboolean
is_parameter (const StrataGraph *graph, const StrataNode *node, int input)
{
  if (node->op == STRATA_OP_CONV || node->op == STRATA_OP_GEMM || node->op == STRATA_OP_MAT_MUL)
    return TRUE;
  return node->op == STRATA_OP_ADD && is_added_bias (graph, node->inputs[input], node->inputs[1 - input]);
}

gint64
strata_graph_n_parameters (const StrataGraph *graph)
{
  g_autoptr (GHashTable) counted = g_hash_table_new (NULL, NULL);
  gint64 sum = 0;

  for (int i = 0; i < graph->n_nodes; i++)
    for (int j = 0; j < graph->nodes[i].n_inputs; j++)
      {
        int id = is_parameter (graph, &graph->nodes[i], j) ? find_constant (graph, graph->nodes[i].inputs[j]) : -1;

        /* a tensor that several nodes share counts once */
        if (id >= 0 && g_hash_table_add (counted, (gpointer) graph->values[id].data))
          sum += strata_value_count (&graph->values[id]);
      }
  return sum;
}
