/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of reductions and of Softmax.
 */
#include "model/operands.h"
#include "model/shapes.h"

gboolean
strata_shape_reduce (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean keep = strata_node_int (shape->node, "keepdims", 1) != 0;
  gboolean axes[STRATA_MAX_DIMS];
  gint64 dims[STRATA_MAX_DIMS];
  int n_axes, n = 0;
  gboolean all;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error)
      || !strata_operand_axes (shape->graph, shape->node, 1, in->n_dims, axes, &n_axes, error))
    return FALSE;
  all = n_axes <= 0 && strata_node_int (shape->node, "noop_with_empty_axes", 0) == 0;
  for (int d = 0; d < in->n_dims; d++)
    {
      gboolean reduced = all || axes[d];

      if (reduced && in->dims[d] == 0)
        return strata_shape_lack (error, "dimension %d is empty; a mean needs elements", d);
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

  return strata_shape_need (shape, 0, STRATA_TYPES_F32, error)
         && strata_shape_axis (strata_node_int (shape->node, "axis", shape->graph->opset < 13 ? 1 : -1), in->n_dims,
                               &axis, error)
         && strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}
