/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that move data or only rename it. Reshape and its like change the view; a Transpose changes the order in
 * which a view reads, which a dense product undoes in its weights; Slice and Pad are a MOVE, one for both where they
 * follow each other (the parameter-free shortcut of residual nets: He et al. 2015, option A).
 */
#include <string.h>

#include "compiler/lower/state.h"

gboolean
strata_lower_same_order (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int tensor;

  for (int i = 1; i < n->n_outputs; i++)
    if (n->outputs[i] >= 0 && strata_lower_n_uses (state, n->outputs[i]) > 0)
      return strata_lower_fail (state, node, error, "its output %d is read; chips make the first only", i);
  if (state->views[n->inputs[0]].tensor < 0)
    return strata_lower_input (state, node, n->inputs[0], &tensor, error);
  strata_lower_alias (state, node, n->inputs[0], n->outputs[0], state->views[n->inputs[0]].order);
  return TRUE;
}

/* order of the transposed value: element i of the output is element result[i] of the tensor. */
static gint32 *
transpose_order (StrataLowerState *state, const StrataValue *in, const gint64 *perm, const gint32 *before)
{
  gint64 strides[STRATA_MAX_DIMS], dims[STRATA_MAX_DIMS], index[STRATA_MAX_DIMS] = { 0 };
  gint64 count = strata_value_count (in), stride = 1;
  gint32 *order = strata_arena_array (state->arena, gint32, count);
  gboolean identity = TRUE;

  for (int i = in->n_dims - 1; i >= 0; i--)
    {
      strides[i] = stride;
      stride *= in->dims[i];
    }
  for (int i = 0; i < in->n_dims; i++)
    dims[i] = in->dims[perm[i]];
  for (gint64 i = 0; i < count; i++)
    {
      gint64 from = 0;

      for (int d = 0; d < in->n_dims; d++)
        from += index[d] * strides[perm[d]];
      order[i] = before != NULL ? before[from] : (gint32) from;
      identity = identity && order[i] == i;
      for (int d = in->n_dims - 1; d >= 0 && ++index[d] == dims[d]; d--)
        index[d] = 0;
    }
  return identity ? NULL : order;
}

gboolean
strata_lower_transpose (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  const StrataValue *in = &state->graph->values[n->inputs[0]];
  StrataView view = state->views[n->inputs[0]];
  const StrataAttr *attr = strata_node_attr (n, "perm");
  gint64 perm[STRATA_MAX_DIMS];
  int tensor, seen = 0;

  if (view.tensor < 0)
    return strata_lower_input (state, node, n->inputs[0], &tensor, error);
  if (in->n_dims < 0 || in->n_dims > STRATA_MAX_DIMS || strata_value_count (in) < 1
      || strata_value_count (in) > G_MAXINT32)
    return strata_lower_fail (state, node, error,
                              "the shape of its input %s is not known; export the model with fixed shapes", in->name);
  for (int i = 0; i < in->n_dims; i++)
    {
      perm[i] = attr != NULL && i < attr->n ? attr->ints[i] : in->n_dims - 1 - i;
      if (perm[i] >= 0 && perm[i] < in->n_dims)
        seen |= 1 << perm[i];
    }
  if (seen != (1 << in->n_dims) - 1)
    return strata_lower_fail (state, node, error, "perm is not a permutation of %d dimensions", in->n_dims);
  strata_lower_alias (state, node, n->inputs[0], n->outputs[0], transpose_order (state, in, perm, view.order));
  return TRUE;
}

static void
copy_scale (StrataLowerState *state, int op)
{
  const StrataLoweredTensor in = *strata_lower_tensor (state, strata_lower_op (state, op)->inputs[0]);
  StrataLoweredTensor *out = strata_lower_tensor (state, strata_lower_op (state, op)->output);

  out->quantised = in.quantised;
  out->scale = in.scale;
  out->zero_point = in.zero_point;
  out->precise = in.precise;
}

/* starts, steps and the axes of a Slice on C, H, W of a batch-1 value. */
static gboolean
read_slice (
  StrataLowerState *state, int node, gint64 start[STRATA_MAX_DIMS], gint64 step[STRATA_MAX_DIMS], GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  const StrataValue *in = &state->graph->values[n->inputs[0]];
  GError *problem = NULL;
  int n_starts = 0, n_axes = 0, n_steps = 0;
  const gint64 *starts = strata_lower_ints (state, node, 1, "starts", &n_starts, &problem);
  const gint64 *axes = problem == NULL ? strata_lower_ints (state, node, 3, "axes", &n_axes, &problem) : NULL;
  const gint64 *steps = problem == NULL ? strata_lower_ints (state, node, 4, NULL, &n_steps, &problem) : NULL;

  if (problem != NULL)
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  for (int d = 0; d < STRATA_MAX_DIMS; d++)
    {
      start[d] = 0;
      step[d] = 1;
    }
  if (n_starts > in->n_dims || (axes != NULL && n_axes != n_starts) || (steps != NULL && n_steps != n_starts))
    return strata_lower_fail (state, node, error, "starts, axes and steps have different lengths");
  for (int i = 0; i < n_starts; i++)
    {
      gint64 axis = axes == NULL ? i : axes[i] < 0 ? axes[i] + in->n_dims : axes[i];

      if (axis < 0 || axis >= in->n_dims)
        return strata_lower_fail (state, node, error, "axis %" G_GINT64_FORMAT " does not exist", axis);
      step[axis] = steps != NULL ? steps[i] : 1;
      start[axis] = starts[i] < 0 ? MAX (starts[i] + in->dims[axis], 0) : MIN (starts[i], in->dims[axis]);
      if (step[axis] < 1)
        return strata_lower_fail (state, node, error, "it steps backwards; chips move data forwards only");
    }
  return TRUE;
}

/* Places of C, H, W among the dimensions of a value, -1 where it has none. */
static void
plane_axes (int n_dims, int axes[3])
{
  axes[0] = n_dims == 1 ? 0 : 1;
  axes[1] = n_dims == 4 ? 2 : -1;
  axes[2] = n_dims == 4 ? 3 : n_dims == 3 ? 2 : -1;
}

gboolean
strata_lower_slice (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  gint64 start[STRATA_MAX_DIMS], step[STRATA_MAX_DIMS], offset[3], stride[3];
  int tensor, op, axes[3];

  if (!strata_lower_input (state, node, n->inputs[0], &tensor, error) || !read_slice (state, node, start, step, error))
    return FALSE;
  plane_axes (state->graph->values[n->inputs[0]].n_dims, axes);
  for (int i = 0; i < 3; i++)
    {
      offset[i] = axes[i] >= 0 ? start[axes[i]] : 0;
      stride[i] = axes[i] >= 0 ? step[axes[i]] : 1;
    }
  if (stride[0] != 1)
    return strata_lower_fail (state, node, error, "it skips channels; chips stride over rows and columns only");
  op = strata_lower_add_op (state, STRATA_QOP_MOVE, node, tensor, n->outputs[0], error);
  if (op < 0)
    return FALSE;
  strata_lower_op (state, op)->offset_c = (int) -offset[0];
  strata_lower_op (state, op)->offset_h = (int) offset[1];
  strata_lower_op (state, op)->offset_w = (int) offset[2];
  strata_lower_op (state, op)->window.stride_h = (int) MIN (stride[1], 1 << 20);
  strata_lower_op (state, op)->window.stride_w = (int) MIN (stride[2], 1 << 20);
  copy_scale (state, op);
  return TRUE;
}

/* Padding before and after C, H, W. */
static gboolean
read_pads (StrataLowerState *state, int node, int before[3], int after[3], GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int n_dims = state->graph->values[n->inputs[0]].n_dims, n_pads = 0, n_axes = 0, axes[3];
  GError *problem = NULL;
  const gint64 *pads = strata_lower_ints (state, node, 1, "pads", &n_pads, &problem);
  const gint64 *given = problem == NULL ? strata_lower_ints (state, node, 3, NULL, &n_axes, &problem) : NULL;
  gint64 begin[STRATA_MAX_DIMS] = { 0 }, end[STRATA_MAX_DIMS] = { 0 };

  if (problem != NULL)
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  if (given == NULL)
    n_axes = n_dims;
  if (pads == NULL || n_pads != 2 * n_axes || n_axes > n_dims)
    return strata_lower_fail (state, node, error, "it has %d pads for %d dimensions", n_pads, n_dims);
  for (int i = 0; i < n_axes; i++)
    {
      gint64 axis = given == NULL ? i : given[i] < 0 ? given[i] + n_dims : given[i];

      if (axis < 0 || axis >= n_dims)
        return strata_lower_fail (state, node, error, "axis %" G_GINT64_FORMAT " does not exist", axis);
      begin[axis] = pads[i];
      end[axis] = pads[i + n_axes];
    }
  plane_axes (n_dims, axes);
  for (int i = 0; i < 3; i++)
    {
      before[i] = axes[i] >= 0 ? (int) CLAMP (begin[axes[i]], -1, 1 << 20) : 0;
      after[i] = axes[i] >= 0 ? (int) CLAMP (end[axes[i]], -1, 1 << 20) : 0;
      if (before[i] < 0 || after[i] < 0)
        return strata_lower_fail (state, node, error, "it pads by a negative amount; use Slice to crop");
    }
  if (n_dims >= 2 && (begin[0] != 0 || end[0] != 0))
    return strata_lower_fail (state, node, error, "it pads the batch; chips run one sample at a time");
  return TRUE;
}

static gboolean
pads_with_zero (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  const StrataConstant *constant;
  double value = (double) strata_node_float (n, "value", 0);

  if (strcmp (strata_node_string (n, "mode", "constant"), "constant") != 0)
    return strata_lower_fail (state, node, error, "its mode is %s; chips pad with a constant zero",
                              strata_node_string (n, "mode", ""));
  if (n->n_inputs > 2 && n->inputs[2] >= 0)
    {
      constant = strata_lower_constant (state, node, n->inputs[2], error);
      if (constant == NULL)
        return FALSE;
      value = constant->count > 0 ? strata_lower_constant_double (constant, 0) : 0;
    }
  return value == 0 || strata_lower_fail (state, node, error, "it pads with %g; chips pad with zero", value);
}

/* The MOVE before this Pad can pad too if what it would read beyond its own extent lies outside its input. */
static gboolean
can_merge (StrataLowerState *state, const StrataLoweredOp *move, const int after[3])
{
  const StrataLoweredTensor *in = strata_lower_tensor (state, move->inputs[0]),
                            *out = strata_lower_tensor (state, move->output);
  gint64 next_c = out->channels - move->offset_c;
  gint64 next_h = (gint64) out->height * move->window.stride_h + move->offset_h;
  gint64 next_w = (gint64) out->width * move->window.stride_w + move->offset_w;

  return (after[0] == 0 || next_c >= in->channels) && (after[1] == 0 || next_h >= in->height)
         && (after[2] == 0 || next_w >= in->width) && move->offset_c >= 0 && move->offset_h < move->window.stride_h
         && move->offset_w < move->window.stride_w;
}

gboolean
strata_lower_pad (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int before[3], after[3], tensor, op = strata_lower_open_producer (state, n->inputs[0]);
  StrataLoweredOp *move = op >= 0 ? strata_lower_op (state, op) : NULL;
  StrataLoweredTensor *out;

  if (!read_pads (state, node, before, after, error) || !pads_with_zero (state, node, error))
    return FALSE;
  if (move != NULL && move->kind == STRATA_QOP_MOVE && can_merge (state, move, after))
    {
      out = strata_lower_tensor (state, move->output);
      move->offset_c += before[0];
      move->offset_h -= before[1] * move->window.stride_h;
      move->offset_w -= before[2] * move->window.stride_w;
      if (!strata_lower_geometry (state, node, n->outputs[0], &out->channels, &out->height, &out->width, error))
        return FALSE;
      strata_lower_extend (state, op, node, n->outputs[0]);
      return TRUE;
    }
  if (!strata_lower_input (state, node, n->inputs[0], &tensor, error))
    return FALSE;
  op = strata_lower_add_op (state, STRATA_QOP_MOVE, node, tensor, n->outputs[0], error);
  if (op < 0)
    return FALSE;
  strata_lower_op (state, op)->offset_c = before[0];
  strata_lower_op (state, op)->offset_h = -before[1];
  strata_lower_op (state, op)->offset_w = -before[2];
  copy_scale (state, op);
  return TRUE;
}
