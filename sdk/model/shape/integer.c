/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of products of codes: ConvInteger, QLinearConv, MatMulInteger, QLinearMatMul, DynamicQuantizeLinear.
 * Operands are shaped by the float operators' rules.
 */
#include "model/shape/product.h"
#include "model/shape/shapes.h"

#define TYPES_BYTE (STRATA_TYPE_BIT (STRATA_DTYPE_I8) | STRATA_TYPE_BIT (STRATA_DTYPE_U8))

static gint64
count_of (const StrataShape *shape, int i)
{
  const StrataValue *value = strata_shape_in (shape, i);

  return value == NULL ? 1 : strata_value_count (value);
}

/* Scale or zero point @i has one number, or @n */
static gboolean
check_count (const StrataShape *shape, int i, gint64 n, GError **error)
{
  if (count_of (shape, i) == 1 || count_of (shape, i) == n)
    return TRUE;
  return strata_shape_fail (error,
                            "its operand %s has %" G_GINT64_FORMAT " numbers; 1 or %" G_GINT64_FORMAT " are accepted",
                            strata_shape_in (shape, i)->name, count_of (shape, i), n);
}

static gboolean
need_zero (const StrataShape *shape, int codes, int zero, GError **error)
{
  return strata_shape_in (shape, zero) == NULL
         || (strata_shape_need (shape, zero, TYPES_BYTE, error) && strata_shape_agree (shape, codes, zero, error));
}

gboolean
strata_shape_conv_integer (StrataShape *shape, GError **error)
{
  if (!strata_shape_need (shape, 0, TYPES_BYTE, error) || !strata_shape_need (shape, 1, TYPES_BYTE, error)
      || !need_zero (shape, 0, 2, error) || !need_zero (shape, 1, 3, error) || !check_count (shape, 2, 1, error)
      || !check_count (shape, 3, strata_shape_in (shape, 1)->dims[0], error))
    return FALSE;
  return strata_shape_convolved (shape, 1, -1, STRATA_DTYPE_I32, error);
}

/* Operands of QLinear… : codes, scale, zero point */
static gboolean
need_codes (const StrataShape *shape, int i, gint64 n, GError **error)
{
  return strata_shape_need (shape, i, TYPES_BYTE, error) && strata_shape_need (shape, i + 1, STRATA_TYPES_REAL, error)
         && need_zero (shape, i, i + 2, error) && check_count (shape, i + 1, n, error)
         && check_count (shape, i + 2, n, error);
}

static gboolean
need_result (const StrataShape *shape, gint64 n, GError **error)
{
  return strata_shape_need (shape, 6, STRATA_TYPES_REAL, error) && strata_shape_need (shape, 7, TYPES_BYTE, error)
         && check_count (shape, 6, n, error) && check_count (shape, 7, n, error);
}

gboolean
strata_shape_q_linear_conv (StrataShape *shape, GError **error)
{
  const StrataValue *weight = strata_shape_in (shape, 3);

  if (!need_codes (shape, 0, 1, error) || !need_codes (shape, 3, weight->n_dims < 1 ? 1 : weight->dims[0], error)
      || !need_result (shape, 1, error)
      || (shape->node->n_inputs > 8 && strata_shape_in (shape, 8) != NULL
          && !strata_shape_need (shape, 8, STRATA_TYPE_BIT (STRATA_DTYPE_I32), error)))
    return FALSE;
  return strata_shape_convolved (shape, 3, 8, strata_shape_in (shape, 7)->dtype, error);
}

static gint64
last_but (const StrataValue *value, int k)
{
  return value->n_dims > k ? value->dims[value->n_dims - 1 - k] : 1;
}

gboolean
strata_shape_mat_mul_integer (StrataShape *shape, GError **error)
{
  return strata_shape_need (shape, 0, TYPES_BYTE, error) && strata_shape_need (shape, 1, TYPES_BYTE, error)
         && need_zero (shape, 0, 2, error) && need_zero (shape, 1, 3, error)
         && check_count (shape, 2, last_but (strata_shape_in (shape, 0), 1), error)
         && check_count (shape, 3, last_but (strata_shape_in (shape, 1), 0), error)
         && strata_shape_multiplied (shape, 0, 1, STRATA_DTYPE_I32, error);
}

gboolean
strata_shape_q_linear_mat_mul (StrataShape *shape, GError **error)
{
  gint64 rows = last_but (strata_shape_in (shape, 0), 1), columns = last_but (strata_shape_in (shape, 3), 0);

  return need_codes (shape, 0, rows, error) && need_codes (shape, 3, columns, error) && need_result (shape, 1, error)
         && strata_shape_multiplied (shape, 0, 3, strata_shape_in (shape, 7)->dtype, error);
}

gboolean
strata_shape_dynamic_quantize (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);

  return strata_shape_need (shape, 0, STRATA_TYPES_F32, error)
         && strata_shape_set (shape, 0, STRATA_DTYPE_U8, in->n_dims, in->dims, error)
         && strata_shape_set (shape, 1, STRATA_DTYPE_F32, 0, NULL, error)
         && strata_shape_set (shape, 2, STRATA_DTYPE_U8, 0, NULL, error);
}
