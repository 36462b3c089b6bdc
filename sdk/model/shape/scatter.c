/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of operators that pick, place or order elements by index: GatherElements, GatherND, ScatterElements,
 * ScatterND, TopK, CumSum, ReverseSequence, Compress, NonZero, ArgMax, ArgMin.
 */
#include <string.h>

#include "model/element.h"
#include "model/operands.h"
#include "model/shape/shapes.h"

gboolean
strata_shape_gather_elements (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *indices = strata_shape_in (shape, 1);
  int axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error) || !strata_shape_need (shape, 1, STRATA_TYPES_INDEX, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", 0), in->n_dims, &axis, error))
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    if (indices->n_dims != in->n_dims || (d != axis && indices->dims[d] > in->dims[d]))
      return strata_shape_fail (error, "its indices do not lie within its input off axis %d", axis);
  return strata_shape_set (shape, 0, in->dtype, indices->n_dims, indices->dims, error);
}

gboolean
strata_shape_gather_nd (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *indices = strata_shape_in (shape, 1);
  gint64 batch = strata_node_int (shape->node, "batch_dims", 0), dims[2 * STRATA_MAX_DIMS], depth;
  int n = 0;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_shape_need (shape, 1, STRATA_TYPES_INDEX, error))
    return FALSE;
  if (indices->n_dims < 1 || batch < 0 || batch >= MIN (in->n_dims, indices->n_dims))
    return strata_shape_fail (error, "its indices or its batch_dims, %" G_GINT64_FORMAT ", do not fit its input",
                              batch);
  depth = indices->dims[indices->n_dims - 1];
  if (depth < 1 || batch + depth > in->n_dims || memcmp (indices->dims, in->dims, sizeof (gint64) * (gsize) batch) != 0)
    return strata_shape_fail (error, "indices of %" G_GINT64_FORMAT " numbers do not fit an input of %d dimensions",
                              depth, in->n_dims);
  for (int d = 0; d < indices->n_dims - 1; d++)
    dims[n++] = indices->dims[d];
  for (int d = (int) (batch + depth); d < in->n_dims; d++)
    dims[n++] = in->dims[d];
  return strata_shape_set (shape, 0, in->dtype, n, dims, error);
}

static gboolean
check_reduction (const StrataShape *shape, GError **error)
{
  static const char *const known[] = { "none", "add", "mul", "max", "min", NULL };
  const char *reduction = strata_node_string (shape->node, "reduction", "none");

  if (!g_strv_contains (known, reduction))
    return strata_shape_fail (error, "its reduction is %s; none, add, mul, max and min are accepted", reduction);
  return TRUE;
}

gboolean
strata_shape_scatter_elements (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *indices = strata_shape_in (shape, 1);
  const StrataValue *updates = strata_shape_in (shape, 2);
  int axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error) || !strata_shape_need (shape, 1, STRATA_TYPES_INDEX, error)
      || !strata_shape_need (shape, 2, STRATA_TYPES_ANY, error) || !strata_shape_agree (shape, 0, 2, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", 0), in->n_dims, &axis, error)
      || !check_reduction (shape, error))
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    if (indices->n_dims != in->n_dims || updates->n_dims != in->n_dims || indices->dims[d] != updates->dims[d]
        || (d != axis && indices->dims[d] > in->dims[d]))
      return strata_shape_fail (error, "its indices and updates must be of one shape, within its input off axis %d",
                                axis);
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}

gboolean
strata_shape_scatter_nd (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *indices = strata_shape_in (shape, 1);
  const StrataValue *updates = strata_shape_in (shape, 2);
  gint64 depth;
  int n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_shape_need (shape, 1, STRATA_TYPE_BIT (STRATA_DTYPE_I64), error)
      || !strata_shape_need (shape, 2, STRATA_TYPES_ANY, error) || !strata_shape_agree (shape, 0, 2, error)
      || !check_reduction (shape, error))
    return FALSE;
  n = indices->n_dims - 1;
  depth = n < 0 ? 0 : indices->dims[n];
  if (depth < 1 || depth > in->n_dims || updates->n_dims != n + in->n_dims - depth
      || memcmp (updates->dims, indices->dims, sizeof (gint64) * (gsize) n) != 0
      || memcmp (updates->dims + n, in->dims + depth, sizeof (gint64) * (gsize) (in->n_dims - depth)) != 0)
    return strata_shape_fail (error, "its updates do not have the shape that input and indices ask for");
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}

gboolean
strata_shape_top_k (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 k = strata_node_int (shape->node, "k", -1), dims[STRATA_MAX_DIMS];
  int axis, n = 0;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_NUMBER, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", -1), in->n_dims, &axis, error)
      || !strata_operand_ints (shape->graph, shape->node, NULL, 1, 1, dims, &n, error))
    return FALSE;
  k = n == 1 ? dims[0] : k;
  if (k < 0 || k > in->dims[axis])
    return strata_shape_fail (error, "k is %" G_GINT64_FORMAT "; 0 to %" G_GINT64_FORMAT " are accepted", k,
                              in->dims[axis]);
  memcpy (dims, in->dims, sizeof dims);
  dims[axis] = k;
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, dims, error)
         && strata_shape_set (shape, 1, STRATA_DTYPE_I64, in->n_dims, dims, error);
}

gboolean
strata_shape_cum_sum (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 value = 0;
  int n, axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_NUMBER, error)
      || !strata_operand_ints (shape->graph, shape->node, NULL, 1, 1, &value, &n, error))
    return FALSE;
  return strata_shape_axis (value, in->n_dims, &axis, error)
         && strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}

gboolean
strata_shape_reverse_sequence (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *lengths = strata_shape_in (shape, 1);
  gint64 batch = strata_node_int (shape->node, "batch_axis", 1), time = strata_node_int (shape->node, "time_axis", 0);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_shape_need (shape, 1, STRATA_TYPE_BIT (STRATA_DTYPE_I64), error))
    return FALSE;
  if (in->n_dims < 2 || batch < 0 || time < 0 || batch > 1 || time > 1 || batch == time || lengths->n_dims != 1
      || lengths->dims[0] != in->dims[batch])
    return strata_shape_fail (error, "its axes or its lengths do not fit; time and batch are axes 0 and 1 and each "
                                     "sequence has one length");
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}

gboolean
strata_shape_compress (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *keep = strata_shape_in (shape, 1);
  const StrataAttr *attr = strata_node_attr (shape->node, "axis");
  gint64 dims[STRATA_MAX_DIMS], n = 0;
  int axis = 0;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error) || !strata_shape_need (shape, 1, STRATA_TYPES_BOOL, error)
      || (attr != NULL && !strata_shape_axis (attr->i, in->n_dims, &axis, error)))
    return FALSE;
  if (keep->data == NULL)
    return strata_shape_fail (error, "its operand %s is computed at run time; it must be a constant", keep->name);
  for (gint64 i = 0; i < MIN (strata_value_count (keep), attr == NULL ? strata_value_count (in) : in->dims[axis]); i++)
    n += ((const guint8 *) keep->data)[i] != 0;
  memcpy (dims, in->dims, sizeof dims);
  dims[axis] = n;
  return strata_shape_set (shape, 0, in->dtype, attr == NULL ? 1 : in->n_dims, dims, error);
}

gboolean
strata_shape_non_zero (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 dims[2] = { in->n_dims, 0 };

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  if (in->data == NULL)
    return strata_shape_lack (error,
                              "its input %s is computed at run time, so its output has no fixed shape; it "
                              "must be a constant",
                              in->name);
  for (gint64 i = 0; i < strata_value_count (in); i++)
    dims[1] += strata_element_double (in->dtype, in->data, i) != 0.0;
  return strata_shape_set (shape, 0, STRATA_DTYPE_I64, 2, dims, error);
}

gboolean
strata_shape_arg (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean keep = strata_node_int (shape->node, "keepdims", 1) != 0;
  gint64 dims[STRATA_MAX_DIMS];
  int axis, n = 0;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_NUMBER, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", 0), in->n_dims, &axis, error))
    return FALSE;
  if (in->dims[axis] < 1)
    return strata_shape_fail (error, "axis %d is empty; an index needs elements", axis);
  for (int d = 0; d < in->n_dims; d++)
    if (d != axis || keep)
      dims[n++] = d == axis ? 1 : in->dims[d];
  return strata_shape_set (shape, 0, STRATA_DTYPE_I64, n, dims, error);
}
