/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of normalisations. Scales and offsets are per channel, per group, or broadcast to what is normalised.
 */
#include "model/operands.h"
#include "model/shape/shapes.h"

static gboolean
set_like_input (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);

  return strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}

/* LayerNormalization, RMSNormalization: operands broadcast to the dimensions from @axis on */
static gboolean
check_fits (const StrataShape *shape, int i, int axis, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *value = strata_shape_in (shape, i);

  if (value == NULL)
    return TRUE;
  if (!strata_shape_need (shape, i, STRATA_TYPES_FLOAT, error))
    return FALSE;
  for (int d = 0; d < value->n_dims; d++)
    if (value->n_dims > in->n_dims - axis
        || (value->dims[d] != 1 && value->dims[d] != in->dims[in->n_dims - value->n_dims + d]))
      return strata_shape_fail (error, "its operand %s does not broadcast to the dimensions from axis %d on",
                                value->name, axis);
  return TRUE;
}

gboolean
strata_shape_layer_norm (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 dims[STRATA_MAX_DIMS];
  int axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", -1), in->n_dims, &axis, error)
      || !strata_shape_need (shape, 1, STRATA_TYPES_FLOAT, error) || !check_fits (shape, 1, axis, error)
      || !check_fits (shape, 2, axis, error) || !set_like_input (shape, error))
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    dims[d] = d < axis ? in->dims[d] : 1;
  return strata_shape_set (shape, 1, STRATA_DTYPE_F32, in->n_dims, dims, error)
         && strata_shape_set (shape, 2, STRATA_DTYPE_F32, in->n_dims, dims, error);
}

/* InstanceNormalization, GroupNormalization: one scale and offset per channel, or per group before opset 21 */
gboolean
strata_shape_channel_norm (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 groups = strata_node_int (shape->node, "num_groups", 1), n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error))
    return FALSE;
  if (in->n_dims < 3 || groups < 1 || in->dims[1] % groups != 0)
    return strata_shape_fail (error,
                              "its input has %d dimensions for %" G_GINT64_FORMAT
                              " groups; 3 or more, and channels that divide into the groups, are needed",
                              in->n_dims, groups);
  n = shape->node->op == STRATA_OP_GROUP_NORMALIZATION && shape->graph->opset < 21 ? groups : in->dims[1];
  for (int i = 1; i < 3; i++)
    {
      const StrataValue *value = strata_shape_in (shape, i);

      if (!strata_shape_need (shape, i, STRATA_TYPES_FLOAT, error))
        return FALSE;
      if (value->n_dims != 1 || value->dims[0] != n)
        return strata_shape_fail (error, "its operand %s does not have %" G_GINT64_FORMAT " values", value->name, n);
    }
  return set_like_input (shape, error);
}

gboolean
strata_shape_lp_normalization (StrataShape *shape, GError **error)
{
  gint64 p = strata_node_int (shape->node, "p", 2);
  int axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", -1), strata_shape_in (shape, 0)->n_dims, &axis,
                             error))
    return FALSE;
  if (p != 1 && p != 2)
    return strata_shape_fail (error, "p is %" G_GINT64_FORMAT "; 1 and 2 are accepted", p);
  return set_like_input (shape, error);
}

gboolean
strata_shape_mean_variance (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean axes[STRATA_MAX_DIMS];
  int n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error)
      || !strata_operand_axes (shape->graph, shape->node, -1, in->n_dims, axes, &n, error))
    return FALSE;
  if (n < 0 && in->n_dims != 4)
    return strata_shape_fail (error, "it names no axes and its input has %d dimensions; 4 are needed then", in->n_dims);
  return set_like_input (shape, error);
}

gboolean
strata_shape_lrn (StrataShape *shape, GError **error)
{
  gint64 size = strata_node_int (shape->node, "size", 0);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error))
    return FALSE;
  if (size < 1 || strata_shape_in (shape, 0)->n_dims < 2)
    return strata_shape_fail (error,
                              "its size is %" G_GINT64_FORMAT " and its input has %d dimensions; 1 or more, and "
                              "2 or more, are needed",
                              size, strata_shape_in (shape, 0)->n_dims);
  return set_like_input (shape, error);
}
