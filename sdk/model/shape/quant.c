/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of QuantizeLinear and DequantizeLinear: one scale, one per index of an axis, or one per block of an axis
 * (opset 21).
 */
#include "model/onnx/dtype.h"
#include "model/shape/shapes.h"

#define TYPES_CODE                                                                                                     \
  (STRATA_TYPE_BIT (STRATA_DTYPE_I8) | STRATA_TYPE_BIT (STRATA_DTYPE_U8) | STRATA_TYPE_BIT (STRATA_DTYPE_I16)          \
   | STRATA_TYPE_BIT (STRATA_DTYPE_U16))
#define TYPES_WIDE_CODE (TYPES_CODE | STRATA_TYPE_BIT (STRATA_DTYPE_I32))

/* Blocks of @block along @axis: scales have the input's shape but for the axis, which has one per block, the last of
 * which may be short. */
static gboolean
check_blocks (const StrataShape *shape, const StrataValue *scale, int axis, gint64 block, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean fits = block > 0 && scale->n_dims == in->n_dims;

  for (int d = 0; fits && d < in->n_dims; d++)
    fits = scale->dims[d] == (d == axis ? in->dims[d] / block + (in->dims[d] % block != 0) : in->dims[d]);
  return fits
         || strata_shape_fail (error,
                               "its scales do not have one number per block of %" G_GINT64_FORMAT
                               " along axis %d; the input's shape with blocks on that axis is needed",
                               block, axis);
}

static gboolean
zero_fits (const StrataValue *zero, const StrataValue *scale)
{
  if (scale->n_dims > 1)
    for (int d = 0; d < scale->n_dims; d++)
      if (zero->n_dims != scale->n_dims || zero->dims[d] != scale->dims[d])
        return FALSE;
  return strata_value_count (zero) == strata_value_count (scale);
}

static gboolean
check_scale (const StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataValue *scale = strata_shape_in (shape, 1);
  const StrataValue *zero = strata_shape_in (shape, 2);
  int axis;

  if (!strata_shape_need (shape, 1, STRATA_TYPES_REAL, error))
    return FALSE;
  if (zero != NULL && !zero_fits (zero, scale))
    return strata_shape_fail (error,
                              "%" G_GINT64_FORMAT " scales and %" G_GINT64_FORMAT " zero points; one each is needed",
                              strata_value_count (scale), strata_value_count (zero));
  if (scale->n_dims <= 1 && strata_value_count (scale) == 1)
    return TRUE;
  if (!strata_shape_axis (strata_node_int (shape->node, "axis", 1), in->n_dims, &axis, error))
    return FALSE;
  if (scale->n_dims > 1)
    return check_blocks (shape, scale, axis, strata_node_int (shape->node, "block_size", 0), error);
  if (scale->dims[0] != in->dims[axis])
    return strata_shape_fail (error,
                              "%" G_GINT64_FORMAT " scales for axis %d of %" G_GINT64_FORMAT "; one each is needed",
                              scale->dims[0], axis, in->dims[axis]);
  return TRUE;
}

/* Attribute output_dtype, @fallback where it is left out. FALSE where it is none of @types. */
static gboolean
find_type (const StrataShape *shape, StrataDtype fallback, guint types, StrataDtype *dtype, GError **error)
{
  gint64 number = strata_node_int (shape->node, "output_dtype", 0);

  *dtype = number == 0 ? fallback : strata_onnx_dtype (number, error);
  if (*dtype == STRATA_DTYPE_INVALID)
    return FALSE;
  return (types & STRATA_TYPE_BIT (*dtype)) != 0
         || strata_shape_lack (error, "its output would be %s, which the operator does not give",
                               strata_dtype_name (*dtype));
}

gboolean
strata_shape_quantize_linear (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataValue *zero = strata_shape_in (shape, 2);
  StrataDtype dtype;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL | STRATA_TYPE_BIT (STRATA_DTYPE_I32), error)
      || !check_scale (shape, error) || (zero != NULL && !strata_shape_need (shape, 2, TYPES_CODE, error))
      || !find_type (shape, zero == NULL ? STRATA_DTYPE_U8 : zero->dtype, TYPES_CODE, &dtype, error))
    return FALSE;
  if (zero != NULL && dtype != zero->dtype)
    return strata_shape_fail (error, "output_dtype is %s and its zero point %s; they must be of one type",
                              strata_dtype_name (dtype), strata_dtype_name (zero->dtype));
  return strata_shape_set (shape, 0, dtype, in->n_dims, in->dims, error);
}

gboolean
strata_shape_dequantize_linear (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  StrataDtype dtype;

  return strata_shape_need (shape, 0, TYPES_WIDE_CODE, error) && check_scale (shape, error)
         && strata_shape_agree (shape, 0, 2, error)
         && find_type (shape, strata_shape_in (shape, 1)->dtype, STRATA_TYPES_REAL, &dtype, error)
         && strata_shape_set (shape, 0, dtype, in->n_dims, in->dims, error);
}
