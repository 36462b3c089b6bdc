/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of QuantizeLinear and DequantizeLinear: one scale, or one per index of an axis. Blocks (opset 21) are
 * refused.
 */
#include "model/shape/shapes.h"

#define TYPES_CODE                                                                                                     \
  (STRATA_TYPE_BIT (STRATA_DTYPE_I8) | STRATA_TYPE_BIT (STRATA_DTYPE_U8) | STRATA_TYPE_BIT (STRATA_DTYPE_I16)          \
   | STRATA_TYPE_BIT (STRATA_DTYPE_U16))
#define TYPES_WIDE_CODE (TYPES_CODE | STRATA_TYPE_BIT (STRATA_DTYPE_I32))

static gboolean
check_scale (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataValue *scale = strata_shape_in (shape, 1);
  const StrataValue *zero = strata_shape_in (shape, 2);
  int axis;

  if (!strata_shape_need (shape, 1, STRATA_TYPES_F32, error))
    return FALSE;
  if (strata_node_int (shape->node, "block_size", 0) != 0 || scale->n_dims > 1)
    return strata_shape_lack (error, "scales per block are not supported; one scale, or one per index of an axis, is");
  if (strata_node_int (shape->node, "output_dtype", 0) != 0)
    return strata_shape_lack (error, "output_dtype is not supported; the zero point gives the type");
  if (zero != NULL && strata_value_count (zero) != strata_value_count (scale))
    return strata_shape_fail (error,
                              "%" G_GINT64_FORMAT " scales and %" G_GINT64_FORMAT " zero points; one each is needed",
                              strata_value_count (scale), strata_value_count (zero));
  if (strata_value_count (scale) == 1)
    return TRUE;
  if (!strata_shape_axis (strata_node_int (shape->node, "axis", 1), in->n_dims, &axis, error))
    return FALSE;
  if (scale->dims[0] != in->dims[axis])
    return strata_shape_fail (error,
                              "%" G_GINT64_FORMAT " scales for axis %d of %" G_GINT64_FORMAT "; one each is needed",
                              scale->dims[0], axis, in->dims[axis]);
  return TRUE;
}

gboolean
strata_shape_quantize_linear (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataValue *zero = strata_shape_in (shape, 2);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_F32 | STRATA_TYPE_BIT (STRATA_DTYPE_I32), error)
      || !check_scale (shape, error) || (zero != NULL && !strata_shape_need (shape, 2, TYPES_CODE, error)))
    return FALSE;
  return strata_shape_set (shape, 0, zero == NULL ? STRATA_DTYPE_U8 : zero->dtype, in->n_dims, in->dims, error);
}

gboolean
strata_shape_dequantize_linear (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);

  return strata_shape_need (shape, 0, TYPES_WIDE_CODE, error) && check_scale (shape, error)
         && strata_shape_agree (shape, 0, 2, error)
         && strata_shape_set (shape, 0, STRATA_DTYPE_F32, in->n_dims, in->dims, error);
}
