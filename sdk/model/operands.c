/* SPDX-License-Identifier: Apache-2.0
 *
 * Attribute or input: the attribute wins where a file has both, as only old opsets define it.
 */
#include "model/operands.h"

#include <string.h>

#include "model/element.h"
#include "model/shape/shapes.h"

static gboolean
read_constant (const StrataValue *value, int max, gint64 *values, int *n, GError **error)
{
  gint64 count = strata_value_count (value);

  if (value->data == NULL)
    return strata_shape_fail (error, "its operand %s is computed at run time; it must be a constant", value->name);
  if (value->dtype != STRATA_DTYPE_I64 && value->dtype != STRATA_DTYPE_I32)
    return strata_shape_fail (error, "its operand %s is %s; int64 or int32 is accepted", value->name,
                              strata_dtype_name (value->dtype));
  if (value->n_dims > 1 || count > max)
    return strata_shape_fail (error, "its operand %s is too large; one dimension of at most %d integers is accepted",
                              value->name, max);
  for (int i = 0; i < (int) count; i++)
    values[i] = strata_element_int (value->dtype, value->data, i);
  *n = (int) count;
  return TRUE;
}

gboolean
strata_operand_ints (const StrataGraph *graph,
                     const StrataNode *node,
                     const char *name,
                     int input,
                     int max,
                     gint64 *values,
                     int *n,
                     GError **error)
{
  const StrataAttr *attr = name == NULL ? NULL : strata_node_attr (node, name);

  *n = -1;
  if (attr != NULL)
    {
      if (attr->n > max)
        return strata_shape_fail (error, "its attribute %s has %d values; at most %d are accepted", name, attr->n, max);
      if (attr->n > 0)
        memcpy (values, attr->ints, sizeof (gint64) * (gsize) attr->n);
      *n = attr->n;
      return TRUE;
    }
  if (input < 0 || input >= node->n_inputs || node->inputs[input] < 0)
    return TRUE;
  return read_constant (&graph->values[node->inputs[input]], max, values, n, error);
}

gboolean
strata_operand_axes (
  const StrataGraph *graph, const StrataNode *node, int input, int n_dims, gboolean *axes, int *n, GError **error)
{
  gint64 values[STRATA_MAX_DIMS];

  memset (axes, 0, sizeof (gboolean) * (gsize) n_dims);
  if (!strata_operand_ints (graph, node, "axes", input, STRATA_MAX_DIMS, values, n, error))
    return FALSE;
  for (int i = 0; i < *n; i++)
    {
      int axis;

      if (!strata_shape_axis (values[i], n_dims, &axis, error))
        return FALSE;
      if (axes[axis])
        return strata_shape_fail (error, "axis %d is named twice; each may be named once", axis);
      axes[axis] = TRUE;
    }
  return TRUE;
}

/* ONNX clamps starts to [0, dim] or, going backward, [0, dim - 1]; ends to [0, dim] or [-1, dim - 1]. */
static void
set_range (gint64 dim, gint64 start, gint64 end, gint64 step, gint64 *first, gint64 *count)
{
  if (start < 0)
    start = start < -dim ? (step < 0 ? -1 : 0) : start + dim;
  if (end < 0)
    end = end < -dim ? -1 : end + dim;
  if (step > 0)
    {
      start = MIN (start, dim);
      end = CLAMP (end, 0, dim);
      *count = end > start ? (end - start - 1) / step + 1 : 0;
    }
  else
    {
      start = MIN (start, dim - 1);
      end = MIN (end, dim - 1);
      /* -step overflows for the least integer; any step past the dimension takes one element */
      step = MAX (step, -(dim + 1));
      *count = start > end ? (start - end - 1) / -step + 1 : 0;
    }
  *first = start;
}

static gboolean
set_ranges (const StrataValue *in,
            const gint64 *starts,
            const gint64 *ends,
            const gint64 *axes,
            const gint64 *steps,
            int n,
            StrataSliceRange *range,
            GError **error)
{
  gboolean seen[STRATA_MAX_DIMS] = { FALSE };

  for (int i = 0; i < n; i++)
    {
      int axis;

      if (!strata_shape_axis (axes[i], in->n_dims, &axis, error))
        return FALSE;
      if (steps[i] == 0)
        return strata_shape_fail (error, "step %d is 0; any other is accepted", i);
      if (seen[axis])
        return strata_shape_fail (error, "axis %d is named twice; each may be named once", axis);
      seen[axis] = TRUE;
      range->step[axis] = steps[i];
      set_range (in->dims[axis], starts[i], ends[i], steps[i], &range->start[axis], &range->count[axis]);
    }
  return TRUE;
}

gboolean
strata_operand_slice (const StrataGraph *graph, const StrataNode *node, StrataSliceRange *range, GError **error)
{
  const StrataValue *in = &graph->values[node->inputs[0]];
  gint64 starts[STRATA_MAX_DIMS], ends[STRATA_MAX_DIMS], axes[STRATA_MAX_DIMS], steps[STRATA_MAX_DIMS];
  int n_starts, n_ends, n_axes, n_steps;

  if (!strata_operand_ints (graph, node, "starts", 1, STRATA_MAX_DIMS, starts, &n_starts, error)
      || !strata_operand_ints (graph, node, "ends", 2, STRATA_MAX_DIMS, ends, &n_ends, error)
      || !strata_operand_ints (graph, node, "axes", 3, STRATA_MAX_DIMS, axes, &n_axes, error)
      || !strata_operand_ints (graph, node, NULL, 4, STRATA_MAX_DIMS, steps, &n_steps, error))
    return FALSE;
  if (n_starts < 0 || n_starts != n_ends || (n_axes >= 0 && n_axes != n_starts)
      || (n_steps >= 0 && n_steps != n_starts))
    return strata_shape_fail (error, "starts, ends, axes and steps differ in length; they must be of one length");
  for (int i = 0; i < n_starts; i++)
    {
      axes[i] = n_axes < 0 ? i : axes[i];
      steps[i] = n_steps < 0 ? 1 : steps[i];
    }
  for (int d = 0; d < in->n_dims; d++)
    {
      range->start[d] = 0;
      range->step[d] = 1;
      range->count[d] = in->dims[d];
    }
  return set_ranges (in, starts, ends, axes, steps, n_starts, range, error);
}

/* CenterCropPad: the middle of a dimension, or the dimension in the middle; an odd cell goes to the end. */
static gboolean
centre (const StrataGraph *graph, const StrataNode *node, StrataPadRange *range, GError **error)
{
  const StrataValue *in = &graph->values[node->inputs[0]];
  const StrataAttr *axes = strata_node_attr (node, "axes");
  gint64 sizes[STRATA_MAX_DIMS];
  gboolean seen[STRATA_MAX_DIMS] = { FALSE };
  int n;

  if (!strata_operand_ints (graph, node, NULL, 1, STRATA_MAX_DIMS, sizes, &n, error))
    return FALSE;
  if (n != (axes == NULL ? in->n_dims : axes->n))
    return strata_shape_fail (error, "%d sizes for %d axes; one each is needed", n,
                              axes == NULL ? in->n_dims : axes->n);
  for (int i = 0; i < n; i++)
    {
      gint64 more;
      int axis;

      if (!strata_shape_axis (axes == NULL ? i : axes->ints[i], in->n_dims, &axis, error))
        return FALSE;
      if (seen[axis] || sizes[i] < 0 || sizes[i] > G_MAXINT32)
        return strata_shape_fail (error, "axis %d is named twice, or its size is out of range", axis);
      seen[axis] = TRUE;
      more = sizes[i] - in->dims[axis];
      range->before[axis] = more / 2;
      range->after[axis] = more - more / 2;
    }
  return TRUE;
}

gboolean
strata_operand_pad (const StrataGraph *graph, const StrataNode *node, StrataPadRange *range, GError **error)
{
  int n_dims = graph->values[node->inputs[0]].n_dims;
  gint64 pads[2 * STRATA_MAX_DIMS], axes[STRATA_MAX_DIMS];
  gboolean seen[STRATA_MAX_DIMS] = { FALSE };
  int n_pads, n_axes;

  memset (range, 0, sizeof *range);
  if (node->op == STRATA_OP_CENTER_CROP_PAD)
    return centre (graph, node, range, error);
  if (!strata_operand_ints (graph, node, "pads", 1, 2 * STRATA_MAX_DIMS, pads, &n_pads, error)
      || !strata_operand_ints (graph, node, NULL, 3, STRATA_MAX_DIMS, axes, &n_axes, error))
    return FALSE;
  if (n_pads != 2 * (n_axes < 0 ? n_dims : n_axes))
    return strata_shape_fail (error, "%d pads for %d axes; two per axis are needed", MAX (n_pads, 0),
                              n_axes < 0 ? n_dims : n_axes);
  for (int i = 0; i < n_pads / 2; i++)
    {
      int axis;

      if (!strata_shape_axis (n_axes < 0 ? i : axes[i], n_dims, &axis, error))
        return FALSE;
      if (seen[axis])
        return strata_shape_fail (error, "axis %d is named twice; each may be named once", axis);
      seen[axis] = TRUE;
      range->before[axis] = pads[i];
      range->after[axis] = pads[i + n_pads / 2];
      if (ABS (CLAMP (pads[i], -G_MAXINT32 - 1LL, G_MAXINT32 + 1LL)) > G_MAXINT32
          || ABS (CLAMP (range->after[axis], -G_MAXINT32 - 1LL, G_MAXINT32 + 1LL)) > G_MAXINT32)
        return strata_shape_fail (error, "a pad is over 2147483647; smaller ones are accepted");
    }
  return TRUE;
}
