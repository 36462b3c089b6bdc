/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of reductions and of Softmax.
 */
#include "model/operands.h"
#include "model/shape/shapes.h"

/* Sums and products have one, extremes only among floats, where it is infinite; a mean has none. */
static gboolean
has_value_of_nothing (StrataOp op, StrataDtype dtype)
{
  if (op == STRATA_OP_REDUCE_MAX || op == STRATA_OP_REDUCE_MIN)
    return STRATA_TYPES_FLOAT & STRATA_TYPE_BIT (dtype);
  return op != STRATA_OP_REDUCE_MEAN;
}

gboolean
strata_shape_reduce (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean keep = strata_node_int (shape->node, "keepdims", 1) != 0;
  guint types = STRATA_TYPES_NUMBER;
  gboolean axes[STRATA_MAX_DIMS];
  gint64 dims[STRATA_MAX_DIMS];
  int n_axes, n = 0;
  gboolean all;

  if (shape->node->op == STRATA_OP_REDUCE_MAX || shape->node->op == STRATA_OP_REDUCE_MIN)
    types |= STRATA_TYPES_BOOL;
  if (!strata_shape_need (shape, 0, types, error)
      || !strata_operand_axes (shape->graph, shape->node, 1, in->n_dims, axes, &n_axes, error))
    return FALSE;
  all = n_axes <= 0 && strata_node_int (shape->node, "noop_with_empty_axes", 0) == 0;
  for (int d = 0; d < in->n_dims; d++)
    {
      gboolean reduced = all || axes[d];

      if (reduced && in->dims[d] == 0 && !has_value_of_nothing (shape->node->op, in->dtype))
        return strata_shape_lack (error, "dimension %d is empty; it needs elements", d);
      if (!reduced || keep)
        dims[n++] = reduced ? 1 : in->dims[d];
    }
  return strata_shape_set (shape, 0, in->dtype, n, dims, error);
}

gboolean
strata_shape_softmax (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  int axis;

  return strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error)
         && strata_shape_axis (strata_node_int (shape->node, "axis", shape->graph->opset < 13 ? 1 : -1), in->n_dims,
                               &axis, error)
         && strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}
