/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of NonMaxSuppression and Unique: how long their outputs are follows from their inputs' values, which must
 * therefore be constants.
 */
#include "model/select.h"

#include <string.h>

#include "model/exec/exec.h"
#include "model/shape/shapes.h"

#define MAX_INPUTS 5

static gboolean
need_constant (const StrataShape *shape, int i, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, i);

  if (in == NULL || in->data != NULL)
    return TRUE;
  return strata_shape_lack (error,
                            "its input %s is computed at run time, so its output has no fixed shape; it must be a "
                            "constant",
                            in->name);
}

static gboolean
check_boxes (const StrataShape *shape, GError **error)
{
  const StrataValue *boxes = strata_shape_in (shape, 0), *scores = strata_shape_in (shape, 1);

  if (boxes->n_dims != 3 || boxes->dims[2] != 4 || scores->n_dims != 3 || scores->dims[0] != boxes->dims[0]
      || scores->dims[2] != boxes->dims[1])
    return strata_shape_fail (error, "its boxes are not [batches, boxes, 4], or its scores not [batches, classes, "
                                     "boxes]");
  return (strata_shape_in (shape, 2) == NULL || strata_shape_need (shape, 2, STRATA_TYPE_BIT (STRATA_DTYPE_I64), error))
         && (strata_shape_in (shape, 3) == NULL || strata_shape_need (shape, 3, STRATA_TYPES_F32, error))
         && (strata_shape_in (shape, 4) == NULL || strata_shape_need (shape, 4, STRATA_TYPES_F32, error));
}

gboolean
strata_shape_non_max_suppression (StrataShape *shape, GError **error)
{
  StrataArray views[MAX_INPUTS];
  const StrataArray *in[MAX_INPUTS] = { NULL };
  g_autoptr (GArray) selected = NULL;
  gint64 dims[2] = { 0, 3 };

  if (!strata_shape_need (shape, 0, STRATA_TYPES_F32, error) || !strata_shape_need (shape, 1, STRATA_TYPES_F32, error)
      || !check_boxes (shape, error))
    return FALSE;
  for (int i = 0; i < shape->node->n_inputs; i++)
    {
      if (!need_constant (shape, i, error))
        return FALSE;
      if (strata_shape_in (shape, i) == NULL)
        continue;
      views[i] = strata_value_view (strata_shape_in (shape, i));
      in[i] = &views[i];
    }
  selected = strata_select_boxes (shape->node, in, error);
  if (selected == NULL)
    return FALSE;
  dims[0] = selected->len / 3;
  return strata_shape_set (shape, 0, STRATA_DTYPE_I64, 2, dims, error);
}

gboolean
strata_shape_unique (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataAttr *attr = strata_node_attr (shape->node, "axis");
  gint64 dims[STRATA_MAX_DIMS];
  StrataUnique unique;
  StrataArray view;
  int axis = -1;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_NUMBER | STRATA_TYPES_BOOL, error) || !need_constant (shape, 0, error)
      || (attr != NULL && !strata_shape_axis (attr->i, in->n_dims, &axis, error)))
    return FALSE;
  view = strata_value_view (in);
  if (!strata_find_unique (&view, axis, TRUE, &unique))
    return strata_shape_fail (error, "no memory for its order");
  memcpy (dims, in->dims, sizeof dims);
  dims[MAX (axis, 0)] = unique.n_unique;
  strata_unique_clear (&unique);
  return strata_shape_set (shape, 0, in->dtype, axis < 0 ? 1 : in->n_dims, dims, error)
         && strata_shape_set (shape, 1, STRATA_DTYPE_I64, 1, &dims[MAX (axis, 0)], error)
         && strata_shape_set (shape, 2, STRATA_DTYPE_I64, 1, &unique.n, error)
         && strata_shape_set (shape, 3, STRATA_DTYPE_I64, 1, &dims[MAX (axis, 0)], error);
}
