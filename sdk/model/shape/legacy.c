/* SPDX-License-Identifier: Apache-2.0
 *
 * Broadcasting before opset 7: attribute axis says which dimension of the first operand the second one's first lines up
 * with; without it they line up at the end, as they do since.
 */
#include "model/shape/shapes.h"

/* A constant gets dimensions of 1 at its end, which leaves its bytes as they are. */
gboolean
strata_shape_line_up (const StrataShape *shape, gint64 axis, GError **error)
{
  const StrataValue *first = strata_shape_in (shape, 0);
  StrataValue *second = &shape->graph->values[shape->node->inputs[1]];
  int after, at;

  if (strata_value_count (second) == 1)
    return TRUE;
  if (!strata_shape_axis (axis, MAX (first->n_dims, 1), &at, error))
    return FALSE;
  after = first->n_dims - at - second->n_dims;
  if (after < 0)
    return strata_shape_fail (error, "its second operand has %d dimensions from axis %d on; at most %d are accepted",
                              second->n_dims, at, first->n_dims - at);
  if (after > 0 && (second->data == NULL || second->n_consumers != 1))
    return strata_shape_lack (error,
                              "its second operand %s lines up with axis %d; before opset 7 that is accepted of a "
                              "constant that only this node reads: convert the model to opset 7",
                              second->name, at);
  for (; after > 0; after--)
    second->dims[second->n_dims++] = 1;
  return TRUE;
}
