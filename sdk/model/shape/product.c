/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of matrix products, and of determinants.
 */

#include "model/shape/product.h"

gboolean
strata_shape_det (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error))
    return FALSE;
  if (in->n_dims < 2 || in->dims[in->n_dims - 1] != in->dims[in->n_dims - 2])
    return strata_shape_fail (error, "its input is no square matrix, or stack of them; it must be");
  return strata_shape_set (shape, 0, in->dtype, in->n_dims - 2, in->dims, error);
}

gboolean
strata_shape_gemm (StrataShape *shape, GError **error)
{
  const StrataValue *a = strata_shape_in (shape, 0);
  const StrataValue *b = strata_shape_in (shape, 1);
  const StrataValue *c = strata_shape_in (shape, 2);
  gboolean trans_a = strata_node_int (shape->node, "transA", 0) != 0;
  gboolean trans_b = strata_node_int (shape->node, "transB", 0) != 0;
  gint64 dims[2];

  for (int i = 0; i < (c == NULL ? 2 : 3); i++)
    if (!strata_shape_need (shape, i, STRATA_TYPES_REAL, error) || !strata_shape_agree (shape, 0, i, error))
      return FALSE;
  if (a->n_dims != 2 || b->n_dims != 2)
    return strata_shape_fail (error, "its inputs have %d and %d dimensions; matrices (2) are needed", a->n_dims,
                              b->n_dims);
  if (a->dims[!trans_a] != b->dims[trans_b])
    return strata_shape_fail (error,
                              "its matrices do not fit: %" G_GINT64_FORMAT " columns against %" G_GINT64_FORMAT " rows",
                              a->dims[!trans_a], b->dims[trans_b]);
  dims[0] = a->dims[trans_a];
  dims[1] = b->dims[!trans_b];
  for (int d = 0; c != NULL && d < c->n_dims; d++)
    if (c->n_dims > 2 || (c->dims[d] != 1 && c->dims[d] != dims[2 - c->n_dims + d]))
      return strata_shape_fail (error, "its operand %s does not broadcast to %" G_GINT64_FORMAT "x%" G_GINT64_FORMAT,
                                c->name, dims[0], dims[1]);
  return strata_shape_set (shape, 0, strata_shape_in (shape, 0)->dtype, 2, dims, error);
}

/* numpy.matmul: a vector is a row on the left and a column on the right; leading dimensions broadcast. */
gboolean
strata_shape_multiplied (StrataShape *shape, int left_input, int right_input, StrataDtype dtype, GError **error)
{
  const StrataValue *a = strata_shape_in (shape, left_input);
  const StrataValue *b = strata_shape_in (shape, right_input);
  gint64 dims[STRATA_MAX_DIMS + 2];
  int n_a, n_b, n = 0;

  if (a->n_dims < 1 || b->n_dims < 1)
    return strata_shape_fail (error, "a scalar has no matrix product; vectors and more are accepted");
  if (a->dims[a->n_dims - 1] != b->dims[MAX (b->n_dims - 2, 0)])
    return strata_shape_fail (error,
                              "its matrices do not fit: %" G_GINT64_FORMAT " columns against %" G_GINT64_FORMAT " rows",
                              a->dims[a->n_dims - 1], b->dims[MAX (b->n_dims - 2, 0)]);
  n_a = MAX (a->n_dims - 2, 0);
  n_b = MAX (b->n_dims - 2, 0);
  for (int d = 0; d < MAX (n_a, n_b); d++)
    {
      gint64 left = d + n_a >= MAX (n_a, n_b) ? a->dims[d + n_a - MAX (n_a, n_b)] : 1;
      gint64 right = d + n_b >= MAX (n_a, n_b) ? b->dims[d + n_b - MAX (n_a, n_b)] : 1;

      if (left != right && left != 1 && right != 1)
        return strata_shape_fail (
          error, "its stacks of matrices do not broadcast: %" G_GINT64_FORMAT " against %" G_GINT64_FORMAT, left,
          right);
      dims[n++] = left == 1 ? right : left;
    }
  if (a->n_dims > 1)
    dims[n++] = a->dims[a->n_dims - 2];
  if (b->n_dims > 1)
    dims[n++] = b->dims[b->n_dims - 1];
  return strata_shape_set (shape, 0, dtype, n, dims, error);
}

gboolean
strata_shape_mat_mul (StrataShape *shape, GError **error)
{
  return strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error) && strata_shape_agree (shape, 0, 1, error)
         && strata_shape_multiplied (shape, 0, 1, strata_shape_in (shape, 0)->dtype, error);
}
