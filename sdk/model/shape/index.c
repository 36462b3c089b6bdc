/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules of Constant, Shape and Gather. The first two fix their values here: shapes are known at import.
 */

#include "model/shape/shapes.h"
#include "model/unaligned.h"

static gboolean
set_constant (StrataShape *shape, StrataDtype dtype, int n_dims, gint64 n, const void *data, GError **error)
{
  if (!strata_shape_set (shape, 0, dtype, n_dims, &n, error))
    return FALSE;
  if (shape->node->outputs[0] >= 0)
    shape->graph->values[shape->node->outputs[0]].data = data;
  return TRUE;
}

gboolean
strata_shape_constant (StrataShape *shape, GError **error)
{
  const StrataAttr *attr = shape->node->n_attrs == 1 ? &shape->node->attrs[0] : NULL;

  if (attr == NULL)
    return strata_shape_lack (error,
                              "its value is missing or of a kind that is not supported; a tensor, float, int or a "
                              "list of them is");
  switch (attr->kind)
    {
    case STRATA_ATTR_TENSOR:
      {
        const StrataValue *value = &shape->graph->values[attr->tensor];

        if (!strata_shape_set (shape, 0, value->dtype, value->n_dims, value->dims, error))
          return FALSE;
        if (shape->node->outputs[0] >= 0)
          strata_value_share (&shape->graph->values[shape->node->outputs[0]], value);
        return TRUE;
      }
    case STRATA_ATTR_FLOAT:
      return set_constant (shape, STRATA_DTYPE_F32, 0, 1, &attr->f, error);
    case STRATA_ATTR_INT:
      return set_constant (shape, STRATA_DTYPE_I64, 0, 1, &attr->i, error);
    case STRATA_ATTR_FLOATS:
      return set_constant (shape, STRATA_DTYPE_F32, 1, attr->n, attr->floats, error);
    case STRATA_ATTR_INTS:
      return set_constant (shape, STRATA_DTYPE_I64, 1, attr->n, attr->ints, error);
    default:
      return strata_shape_lack (error, "strings are not supported; a tensor, float, int or a list of them is");
    }
}

gboolean
strata_shape_shape (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 start = strata_node_int (shape->node, "start", 0);
  gint64 end = strata_node_int (shape->node, "end", G_MAXINT64);
  gint64 n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  start = CLAMP (start < 0 ? start + in->n_dims : start, 0, in->n_dims);
  end = CLAMP (end < 0 ? end + in->n_dims : end, 0, in->n_dims);
  n = MAX (end - start, 0);
  return set_constant (shape, STRATA_DTYPE_I64, 1, n,
                       strata_arena_memdup (shape->graph->arena, in->dims + start, sizeof (gint64) * (gsize) n), error);
}

gboolean
strata_shape_gather (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataValue *indices = strata_shape_in (shape, 1);
  gint64 dims[2 * STRATA_MAX_DIMS];
  int axis, n = 0;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error) || !strata_shape_need (shape, 1, STRATA_TYPES_INDEX, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", 0), in->n_dims, &axis, error))
    return FALSE;
  for (int d = 0; d < axis; d++)
    dims[n++] = in->dims[d];
  for (int d = 0; d < indices->n_dims; d++)
    dims[n++] = indices->dims[d];
  for (int d = axis + 1; d < in->n_dims; d++)
    dims[n++] = in->dims[d];
  return strata_shape_set (shape, 0, in->dtype, n, dims, error);
}
