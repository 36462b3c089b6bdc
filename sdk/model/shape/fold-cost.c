/* SPDX-License-Identifier: Apache-2.0
 *
 * A node costs the elements that it reads and writes; products cost what they multiply. Layers of networks are never
 * folded: no shape depends on one, and their costs have as many formulas as there are layers.
 */
#include "model/shape/fold-cost.h"

#include "base/saturate.h"
#include "model/einsum.h"

#define MAX_FOLDED_ELEMENTS 1024
#define MAX_FOLD_INPUT_ELEMENTS 65536
#define MAX_STEPS_PER_NODE ((gint64) 1 << 20)

/* Allowances: a model of ten thousand nodes of shape arithmetic uses some hundred kilobytes and a million steps. */
#define FREE_STEPS ((gint64) 1 << 22)
#define FREE_BYTES ((gint64) 1 << 18)
#define STEPS_PER_BYTE 16
#define BYTES_PER_BYTE 16

StrataFoldBudget
strata_fold_budget (const StrataGraph *graph)
{
  gint64 n = 0;

  if (graph->backing != NULL && graph->backing->len > 0)
    n = (gint64) g_bytes_get_size (graph->backing->pdata[0]);
  return (StrataFoldBudget){ FREE_STEPS + STEPS_PER_BYTE * n, MAX (FREE_BYTES, BYTES_PER_BYTE * n) };
}

static gboolean
is_layer (StrataOp op)
{
  switch (op)
    {
    case STRATA_OP_ATTENTION:
    case STRATA_OP_AVERAGE_POOL:
    case STRATA_OP_CONV:
    case STRATA_OP_CONV_INTEGER:
    case STRATA_OP_CONV_TRANSPOSE:
    case STRATA_OP_GRU:
    case STRATA_OP_LP_POOL:
    case STRATA_OP_LRN:
    case STRATA_OP_LSTM:
    case STRATA_OP_MAX_POOL:
    case STRATA_OP_Q_LINEAR_CONV:
    case STRATA_OP_RESIZE:
    case STRATA_OP_RNN:
    case STRATA_OP_UPSAMPLE:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Elements, where a dimension of 0 counts as 1: an operator may take memory for each place along a dimension of a
 * tensor that is empty by another. */
static gint64
count_of (const StrataGraph *graph, int value)
{
  const StrataValue *v = &graph->values[MAX (value, 0)];
  gint64 count = 1;

  for (int d = 0; value >= 0 && d < v->n_dims; d++)
    count *= MAX (v->dims[d], 1); /* below 2^57: onnx/tensor.c, strata_shape_set () */
  return value < 0 ? 0 : count;
}

static gint64
einsum_steps (const StrataGraph *graph, const StrataNode *node)
{
  const gint64 *dims[STRATA_EINSUM_MAX_OPERANDS];
  int n_dims[STRATA_EINSUM_MAX_OPERANDS];
  StrataEinsum einsum;
  gint64 steps = 1;

  for (int i = 0; i < node->n_inputs && i < STRATA_EINSUM_MAX_OPERANDS; i++)
    {
      dims[i] = graph->values[node->inputs[i]].dims;
      n_dims[i] = graph->values[node->inputs[i]].n_dims;
    }
  if (!strata_einsum_read (strata_node_string (node, "equation", ""), node->n_inputs, dims, n_dims, &einsum, NULL))
    return G_MAXINT64;
  for (int l = 0; l < einsum.n_labels; l++)
    steps = strata_times (steps, einsum.size[l]);
  return strata_times (steps, node->n_inputs);
}

static gint64
steps_of (const StrataGraph *graph, const StrataNode *node)
{
  gboolean picks = node->op == STRATA_OP_GATHER || node->op == STRATA_OP_SLICE; /* reads only what it writes */
  gint64 written = 0, read = 0, largest = 0;

  for (int i = 0; i < node->n_outputs; i++)
    written += count_of (graph, node->outputs[i]);
  for (int i = picks ? 1 : 0; i < node->n_inputs; i++)
    {
      gint64 count = count_of (graph, node->inputs[i]);

      if (count > MAX_FOLD_INPUT_ELEMENTS)
        return G_MAXINT64;
      read += count + 1;
      largest = MAX (largest, count);
    }
  switch (node->op)
    {
    case STRATA_OP_EINSUM:
      return einsum_steps (graph, node);
    case STRATA_OP_GEMM:
    case STRATA_OP_MAT_MUL:
    case STRATA_OP_MAT_MUL_INTEGER:
    case STRATA_OP_Q_LINEAR_MAT_MUL:
      return strata_times (written, largest);
    default:
      return read + written + 1;
    }
}

gboolean
strata_fold_afford (const StrataGraph *graph, int index, StrataFoldBudget *budget)
{
  const StrataNode *node = &graph->nodes[index];
  gint64 steps, n_bytes = 0;

  if (is_layer (node->op))
    return FALSE;
  for (int i = 0; i < node->n_outputs; i++)
    {
      if (count_of (graph, node->outputs[i]) > MAX_FOLDED_ELEMENTS)
        return FALSE;
      n_bytes += node->outputs[i] < 0 ? 0 : (gint64) graph->values[node->outputs[i]].n_bytes;
    }
  steps = steps_of (graph, node);
  if (steps > MIN (MAX_STEPS_PER_NODE, budget->n_steps) || n_bytes > budget->n_bytes)
    return FALSE;
  budget->n_steps -= steps;
  budget->n_bytes -= n_bytes;
  return TRUE;
}
