/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of operators that give elements another shape or order: Reshape, Flatten, Squeeze, Unsqueeze, Transpose,
 * Concat, Slice, Pad.
 */
#include <string.h>

#include "model/operands.h"
#include "model/shape/shapes.h"

/* Replaces 0 (the input's dimension, unless allowzero) and one -1 (what remains). */
static gboolean
resolve_reshape (const StrataShape *shape, const StrataValue *in, gint64 *dims, int n, GError **error)
{
  gboolean allow_zero = strata_node_int (shape->node, "allowzero", 0) != 0;
  gint64 count = strata_value_count (in), known = 1;
  int open = -1;

  for (int d = 0; d < n; d++)
    {
      if (dims[d] == 0 && !allow_zero)
        {
          if (d >= in->n_dims)
            return strata_shape_fail (error, "dimension %d of its shape is 0 and the input has only %d", d, in->n_dims);
          dims[d] = in->dims[d];
        }
      if (dims[d] < -1 || dims[d] > G_MAXINT32 || (dims[d] == -1 && open >= 0))
        return strata_shape_fail (error,
                                  "dimension %d of its shape is %" G_GINT64_FORMAT "; one -1 and 0 to 2147483647 "
                                  "are accepted",
                                  d, dims[d]);
      if (dims[d] == -1)
        open = d;
      else if (__builtin_mul_overflow (known, dims[d], &known))
        return strata_shape_fail (error, "the product of its shape overflows; it must equal the input's elements");
    }
  if (open >= 0)
    dims[open] = known > 0 && count % known == 0 ? count / known : -1;
  if (open >= 0 ? dims[open] < 0 : known != count)
    return strata_shape_fail (
      error, "%" G_GINT64_FORMAT " elements do not fill its shape (product %" G_GINT64_FORMAT ")", count, known);
  return TRUE;
}

gboolean
strata_shape_reshape (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 dims[STRATA_MAX_DIMS];
  int n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error) || !strata_shape_need (shape, 1, STRATA_TYPES_INDEX, error)
      || !strata_operand_ints (shape->graph, shape->node, NULL, 1, STRATA_MAX_DIMS, dims, &n, error))
    return FALSE;
  return resolve_reshape (shape, in, dims, n, error) && strata_shape_set (shape, 0, in->dtype, n, dims, error);
}

gboolean
strata_shape_flatten (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 axis = strata_node_int (shape->node, "axis", 1);
  gint64 dims[2] = { 1, 1 };

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  if (axis < -in->n_dims || axis > in->n_dims)
    return strata_shape_fail (error, "axis %" G_GINT64_FORMAT " is out of range; %d to %d are accepted", axis,
                              -in->n_dims, in->n_dims);
  axis += axis < 0 ? in->n_dims : 0;
  for (int d = 0; d < in->n_dims; d++)
    dims[d >= axis] *= in->dims[d];
  return strata_shape_set (shape, 0, in->dtype, 2, dims, error);
}

gboolean
strata_shape_squeeze (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean axes[STRATA_MAX_DIMS];
  gint64 dims[STRATA_MAX_DIMS];
  int n_axes, n = 0;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_operand_axes (shape->graph, shape->node, 1, in->n_dims, axes, &n_axes, error))
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    {
      gboolean drop = n_axes < 0 ? in->dims[d] == 1 : axes[d];

      if (drop && in->dims[d] != 1)
        return strata_shape_fail (error, "dimension %d is %" G_GINT64_FORMAT "; only dimensions of 1 can be dropped", d,
                                  in->dims[d]);
      if (!drop)
        dims[n++] = in->dims[d];
    }
  return strata_shape_set (shape, 0, in->dtype, n, dims, error);
}

gboolean
strata_shape_unsqueeze (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 values[STRATA_MAX_DIMS], dims[STRATA_MAX_DIMS];
  gboolean axes[2 * STRATA_MAX_DIMS];
  int n_axes, from = 0;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_operand_ints (shape->graph, shape->node, "axes", 1, STRATA_MAX_DIMS, values, &n_axes, error))
    return FALSE;
  if (n_axes < 0 || in->n_dims + n_axes > STRATA_MAX_DIMS)
    return strata_shape_fail (error, "%d axes for %d dimensions; at least one and at most %d dimensions are accepted",
                              MAX (n_axes, 0), in->n_dims, STRATA_MAX_DIMS);
  if (!strata_operand_axes (shape->graph, shape->node, 1, in->n_dims + n_axes, axes, &n_axes, error))
    return FALSE;
  for (int d = 0; d < in->n_dims + n_axes; d++)
    dims[d] = axes[d] ? 1 : in->dims[from++];
  return strata_shape_set (shape, 0, in->dtype, in->n_dims + n_axes, dims, error);
}

gboolean
strata_shape_transpose (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 perm[STRATA_MAX_DIMS], dims[STRATA_MAX_DIMS];
  gboolean seen[STRATA_MAX_DIMS] = { FALSE };
  int n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_operand_ints (shape->graph, shape->node, "perm", -1, STRATA_MAX_DIMS, perm, &n, error))
    return FALSE;
  if (n >= 0 && n != in->n_dims)
    return strata_shape_fail (error, "perm has %d entries for %d dimensions; one each is needed", n, in->n_dims);
  for (int d = 0; d < in->n_dims; d++)
    {
      gint64 from = n < 0 ? in->n_dims - 1 - d : perm[d];

      if (from < 0 || from >= in->n_dims || seen[from])
        return strata_shape_fail (error, "perm is no permutation of 0 to %d", in->n_dims - 1);
      seen[from] = TRUE;
      dims[d] = in->dims[from];
    }
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, dims, error);
}

gboolean
strata_shape_concat (StrataShape *shape, GError **error)
{
  const StrataValue *first = strata_shape_in (shape, 0);
  gint64 dims[STRATA_MAX_DIMS];
  int axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", shape->graph->opset < 4 ? 1 : 0), first->n_dims,
                             &axis, error))
    return FALSE;
  memcpy (dims, first->dims, sizeof dims);
  for (int i = 1; i < shape->node->n_inputs; i++)
    {
      const StrataValue *in = strata_shape_in (shape, i);

      if (!strata_shape_need (shape, i, STRATA_TYPES_ANY, error) || !strata_shape_agree (shape, 0, i, error))
        return FALSE;
      for (int d = 0; d < first->n_dims; d++)
        if (in->n_dims != first->n_dims || (d != axis && in->dims[d] != first->dims[d]))
          return strata_shape_fail (error, "its inputs differ off axis %d: input %d, %s, does not fit input 0", axis, i,
                                    in->name);
      dims[axis] += in->dims[axis];
    }
  return strata_shape_set (shape, 0, first->dtype, first->n_dims, dims, error);
}

gboolean
strata_shape_slice (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  StrataSliceRange range;

  return strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
         && strata_operand_slice (shape->graph, shape->node, &range, error)
         && strata_shape_set (shape, 0, in->dtype, in->n_dims, range.count, error);
}

static gboolean
check_pad_mode (const char *mode, const StrataValue *in, const StrataPadRange *range, int d, GError **error)
{
  gint64 largest = MAX (range->before[d], range->after[d]);

  if (g_str_equal (mode, "constant"))
    return TRUE;
  if (!g_str_equal (mode, "reflect") && !g_str_equal (mode, "edge") && !g_str_equal (mode, "wrap"))
    return strata_shape_fail (error, "mode is %s; constant, reflect, edge and wrap are accepted", mode);
  if (in->dims[d] < 1 && largest > 0)
    return strata_shape_fail (error, "dimension %d is empty and mode is %s; only constant can pad it", d, mode);
  if (g_str_equal (mode, "reflect") && largest >= MAX (in->dims[d], 1))
    return strata_shape_fail (error, "a pad of %" G_GINT64_FORMAT " reflects past dimension %d (%" G_GINT64_FORMAT ")",
                              largest, d, in->dims[d]);
  return TRUE;
}

gboolean
strata_shape_pad (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataValue *fill = strata_shape_in (shape, 2);
  gint64 dims[STRATA_MAX_DIMS];
  StrataPadRange range;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error) || !strata_shape_agree (shape, 0, 2, error)
      || !strata_operand_pad (shape->graph, shape->node, &range, error))
    return FALSE;
  if (fill != NULL && strata_value_count (fill) != 1)
    return strata_shape_fail (error, "its fill value %s is no scalar; one number is accepted", fill->name);
  for (int d = 0; d < in->n_dims; d++)
    {
      dims[d] = in->dims[d] + range.before[d] + range.after[d];
      if (!check_pad_mode (strata_node_string (shape->node, "mode", "constant"), in, &range, d, error))
        return FALSE;
    }
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, dims, error);
}
