/* SPDX-License-Identifier: Apache-2.0
 *
 * Pooling: windows, and whole planes (GlobalAveragePool, GlobalMaxPool, ReduceMean over height and width). A maximum
 * passes codes on, so its output has the input's scale.
 */
#include "compiler/lower/state.h"

static int
add_pool (StrataLowerState *state, int node, StrataQOpKind kind, const StrataWindow *window, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int tensor, op;
  StrataLoweredTensor *in, *out;

  if (!strata_lower_input (state, node, n->inputs[0], &tensor, error))
    return -1;
  op = strata_lower_add_op (state, kind, node, tensor, n->outputs[0], error);
  if (op < 0)
    return -1;
  in = strata_lower_tensor (state, tensor);
  out = strata_lower_tensor (state, strata_lower_op (state, op)->output);
  if (window != NULL)
    strata_lower_op (state, op)->window = *window;
  else
    {
      strata_lower_op (state, op)->window.kernel_h = in->height;
      strata_lower_op (state, op)->window.kernel_w = in->width;
    }
  strata_lower_op (state, op)->window.groups = 1;
  if (kind == STRATA_QOP_MAX_POOL)
    {
      out->quantised = in->quantised;
      out->scale = in->scale;
      out->zero_point = in->zero_point;
    }
  return op;
}

gboolean
strata_lower_max_pool (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  StrataWindow window;

  if (n->n_outputs > 1 && n->outputs[1] >= 0 && strata_lower_n_uses (state, n->outputs[1]) > 0)
    return strata_lower_fail (state, node, error, "its indices output is read; chips return the maxima only");
  return strata_node_window (state->graph, node, &window, error)
         && add_pool (state, node, STRATA_QOP_MAX_POOL, &window, error) >= 0;
}

gboolean
strata_lower_average_pool (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  StrataWindow window;
  int op;

  if (!strata_node_window (state->graph, node, &window, error))
    return FALSE;
  op = add_pool (state, node, STRATA_QOP_AVG_POOL, &window, error);
  if (op >= 0)
    strata_lower_op (state, op)->count_padding = strata_node_int (n, "count_include_pad", 0) != 0;
  return op >= 0;
}

gboolean
strata_lower_global_average_pool (StrataLowerState *state, int node, GError **error)
{
  return add_pool (state, node, STRATA_QOP_AVG_POOL, NULL, error) >= 0;
}

gboolean
strata_lower_global_max_pool (StrataLowerState *state, int node, GError **error)
{
  return add_pool (state, node, STRATA_QOP_MAX_POOL, NULL, error) >= 0;
}

/* The mean over exactly the planes' axes; without kept dimensions the output is 1 x C, which is the same tensor. */
gboolean
strata_lower_reduce_mean (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  const StrataValue *in = &state->graph->values[n->inputs[0]];
  GError *problem = NULL;
  int n_axes = 0, covered = 0;
  const gint64 *axes = strata_lower_ints (state, node, 1, "axes", &n_axes, &problem);

  if (problem != NULL)
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  for (int i = 0; i < n_axes; i++)
    {
      gint64 axis = axes[i] < 0 ? axes[i] + in->n_dims : axes[i];

      covered |= axis >= 0 && axis < STRATA_MAX_DIMS ? 1 << axis : 1;
    }
  if ((in->n_dims == 4 && covered == (1 << 2 | 1 << 3)) || (in->n_dims == 3 && covered == 1 << 2))
    return add_pool (state, node, STRATA_QOP_AVG_POOL, NULL, error) >= 0;
  return strata_lower_fail (
    state, node, error,
    "it takes the mean over other axes than height and width; chips average planes: use axes 2 and 3");
}
