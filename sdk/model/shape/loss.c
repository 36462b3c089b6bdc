/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of losses: NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss. Scores are [N, C, …], targets [N, …].
 */
#include "model/shape/shapes.h"

static gboolean
check_operands (const StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *target = strata_shape_in (shape, 1);
  const StrataValue *weight = strata_shape_in (shape, 2);
  gboolean fits = in->n_dims >= 2 && target->n_dims == in->n_dims - 1 && target->dims[0] == in->dims[0];

  for (int d = 2; fits && d < in->n_dims; d++)
    fits = target->dims[d - 1] == in->dims[d];
  if (!fits)
    return strata_shape_fail (error, "its target does not have the shape of its input without the classes; it must");
  if (weight != NULL && (weight->n_dims != 1 || weight->dims[0] != in->dims[1]))
    return strata_shape_fail (error, "its weights are not one per class, %" G_GINT64_FORMAT, in->dims[1]);
  return TRUE;
}

gboolean
strata_shape_loss (StrataShape *shape, GError **error)
{
  static const char *const known[] = { "none", "sum", "mean", NULL };
  const StrataValue *in = strata_shape_in (shape, 0), *target = strata_shape_in (shape, 1);
  const char *reduction = strata_node_string (shape->node, "reduction", "mean");
  gboolean each = g_str_equal (reduction, "none");

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error)
      || !strata_shape_need (shape, 1, STRATA_TYPES_INDEX, error) || !strata_shape_agree (shape, 0, 2, error)
      || !check_operands (shape, error))
    return FALSE;
  if (!g_strv_contains (known, reduction))
    return strata_shape_fail (error, "its reduction is %s; none, sum and mean are accepted", reduction);
  return strata_shape_set (shape, 0, in->dtype, each ? target->n_dims : 0, target->dims, error)
         && strata_shape_set (shape, 1, in->dtype, in->n_dims, in->dims, error);
}
