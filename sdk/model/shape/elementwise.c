/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of operators that work element by element: output shape is the input's, or the broadcast of all inputs.
 */
#include "model/element.h"
#include "model/onnx/dtype.h"
#include "model/shape/shapes.h"

static gboolean
set_like (StrataShape *shape, int i, const StrataValue *in, StrataDtype dtype, GError **error)
{
  return strata_shape_set (shape, i, dtype, in->n_dims, in->dims, error);
}

static gboolean
unary_of (StrataShape *shape, guint types, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);

  return strata_shape_need (shape, 0, types, error) && set_like (shape, 0, in, in->dtype, error);
}

gboolean
strata_shape_same (StrataShape *shape, GError **error)
{
  return unary_of (shape, STRATA_TYPES_ANY, error);
}

gboolean
strata_shape_unary (StrataShape *shape, GError **error)
{
  return unary_of (shape, STRATA_TYPES_NUMBER, error);
}

gboolean
strata_shape_unary_float (StrataShape *shape, GError **error)
{
  return unary_of (shape, STRATA_TYPES_FLOAT, error);
}

/* @result: STRATA_DTYPE_INVALID for the inputs' type */
static gboolean
broadcast_of (StrataShape *shape, guint types, StrataDtype result, GError **error)
{
  const StrataAttr *axis = shape->graph->opset < 7 ? strata_node_attr (shape->node, "axis") : NULL;
  gint64 dims[STRATA_MAX_DIMS];
  int n_dims;

  for (int i = 0; i < shape->node->n_inputs; i++)
    if (!strata_shape_need (shape, i, types, error) || !strata_shape_agree (shape, 0, i, error))
      return FALSE;
  if (axis != NULL && shape->node->n_inputs == 2 && !strata_shape_line_up (shape, axis->i, error))
    return FALSE;
  return strata_shape_broadcast (shape, shape->node->n_inputs, &n_dims, dims, error)
         && strata_shape_set (shape, 0, result == STRATA_DTYPE_INVALID ? strata_shape_in (shape, 0)->dtype : result,
                              n_dims, dims, error);
}

gboolean
strata_shape_binary (StrataShape *shape, GError **error)
{
  return broadcast_of (shape, STRATA_TYPES_NUMBER, STRATA_DTYPE_INVALID, error);
}

gboolean
strata_shape_sum (StrataShape *shape, GError **error)
{
  return broadcast_of (shape, STRATA_TYPES_FLOAT, STRATA_DTYPE_INVALID, error);
}

gboolean
strata_shape_integer_binary (StrataShape *shape, GError **error)
{
  return broadcast_of (shape, STRATA_TYPES_INTEGER, STRATA_DTYPE_INVALID, error);
}

gboolean
strata_shape_logic_binary (StrataShape *shape, GError **error)
{
  return broadcast_of (shape, STRATA_TYPES_BOOL, STRATA_DTYPE_BOOL, error);
}

gboolean
strata_shape_compare (StrataShape *shape, GError **error)
{
  guint types = STRATA_TYPES_NUMBER | (shape->node->op == STRATA_OP_EQUAL ? STRATA_TYPES_BOOL : 0);

  return broadcast_of (shape, types, STRATA_DTYPE_BOOL, error);
}

gboolean
strata_shape_bit_shift (StrataShape *shape, GError **error)
{
  const char *direction = strata_node_string (shape->node, "direction", "");

  if (!g_str_equal (direction, "LEFT") && !g_str_equal (direction, "RIGHT"))
    return strata_shape_fail (error, "its direction is %s; LEFT and RIGHT are accepted", direction);
  return broadcast_of (shape, STRATA_TYPES_INTEGER, STRATA_DTYPE_INVALID, error);
}

gboolean
strata_shape_mod (StrataShape *shape, GError **error)
{
  gboolean fmod = strata_node_int (shape->node, "fmod", 0) != 0;

  return broadcast_of (shape, fmod ? STRATA_TYPES_NUMBER : STRATA_TYPES_INTEGER, STRATA_DTYPE_INVALID, error);
}

/* The exponent may be of another type; the base gives the result's. */
gboolean
strata_shape_pow (StrataShape *shape, GError **error)
{
  const StrataAttr *axis = shape->graph->opset < 7 ? strata_node_attr (shape->node, "axis") : NULL;
  gint64 dims[STRATA_MAX_DIMS];
  int n_dims;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_NUMBER, error)
      || !strata_shape_need (shape, 1, STRATA_TYPES_NUMBER, error)
      || (axis != NULL && !strata_shape_line_up (shape, axis->i, error)))
    return FALSE;
  return strata_shape_broadcast (shape, 2, &n_dims, dims, error)
         && strata_shape_set (shape, 0, strata_shape_in (shape, 0)->dtype, n_dims, dims, error);
}

/* The slope broadcasts to the input, not the other way round. Before opset 7 it is one number or one per channel. */
gboolean
strata_shape_prelu (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 dims[STRATA_MAX_DIMS];
  int n_dims;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_NUMBER, error) || !strata_shape_agree (shape, 0, 1, error)
      || !strata_shape_need (shape, 1, STRATA_TYPES_NUMBER, error)
      || (shape->graph->opset < 7 && in->n_dims > 1 && strata_shape_in (shape, 1)->n_dims == 1
          && !strata_shape_line_up (shape, 1, error))
      || !strata_shape_broadcast (shape, 2, &n_dims, dims, error))
    return FALSE;
  for (int d = 0; d < n_dims; d++)
    if (n_dims != in->n_dims || dims[d] != in->dims[d])
      return strata_shape_fail (error, "its slope does not broadcast to its input; it must");
  return set_like (shape, 0, in, in->dtype, error);
}

gboolean
strata_shape_where (StrataShape *shape, GError **error)
{
  gint64 dims[STRATA_MAX_DIMS];
  int n_dims;

  return strata_shape_need (shape, 0, STRATA_TYPES_BOOL, error) && strata_shape_need (shape, 1, STRATA_TYPES_ANY, error)
         && strata_shape_agree (shape, 1, 2, error) && strata_shape_need (shape, 2, STRATA_TYPES_ANY, error)
         && strata_shape_broadcast (shape, 3, &n_dims, dims, error)
         && strata_shape_set (shape, 0, strata_shape_in (shape, 1)->dtype, n_dims, dims, error);
}

gboolean
strata_shape_logic_unary (StrataShape *shape, GError **error)
{
  return unary_of (shape, STRATA_TYPES_BOOL, error);
}

gboolean
strata_shape_integer_unary (StrataShape *shape, GError **error)
{
  return unary_of (shape, STRATA_TYPES_INTEGER, error);
}

gboolean
strata_shape_is_special (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);

  return strata_shape_need (shape, 0, STRATA_TYPES_FLOAT, error) && set_like (shape, 0, in, STRATA_DTYPE_BOOL, error);
}

gboolean
strata_shape_clip (StrataShape *shape, GError **error)
{
  for (int i = 1; i < shape->node->n_inputs; i++)
    {
      const StrataValue *limit = strata_shape_in (shape, i);

      if (limit != NULL && strata_value_count (limit) != 1)
        return strata_shape_fail (error, "its limit %s is no scalar; one number is accepted", limit->name);
      if (!strata_shape_agree (shape, 0, i, error))
        return FALSE;
    }
  return unary_of (shape, STRATA_TYPES_NUMBER, error);
}

gboolean
strata_shape_cast (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  StrataDtype dtype = strata_onnx_dtype (strata_node_int (shape->node, "to", 0), error);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  return dtype != STRATA_DTYPE_INVALID && set_like (shape, 0, in, dtype, error);
}

gboolean
strata_shape_bit_cast (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  StrataDtype dtype = strata_onnx_dtype (strata_node_int (shape->node, "to", 0), error);

  if (dtype == STRATA_DTYPE_INVALID || !strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  if (strata_dtype_size (dtype) != strata_dtype_size (in->dtype))
    return strata_shape_fail (error, "%s and %s differ in width; types of one width are accepted",
                              strata_dtype_name (in->dtype), strata_dtype_name (dtype));
  return set_like (shape, 0, in, dtype, error);
}

gboolean
strata_shape_cast_like (StrataShape *shape, GError **error)
{
  return strata_shape_need (shape, 0, STRATA_TYPES_ANY, error) && strata_shape_need (shape, 1, STRATA_TYPES_ANY, error)
         && set_like (shape, 0, strata_shape_in (shape, 0), strata_shape_in (shape, 1)->dtype, error);
}

/* Before opset 7 an attribute tells inference from training, and training is the default. */
static gboolean
is_training_of_old (const StrataShape *shape)
{
  return shape->graph->opset < 7 && strata_node_int (shape->node, "is_test", 0) == 0;
}

/* A constant true: elements are dropped, unless the ratio is a constant 0. */
static gboolean
drops (const StrataShape *shape)
{
  const StrataValue *ratio = strata_shape_in (shape, 1), *training = strata_shape_in (shape, 2);

  if (training == NULL)
    return FALSE;
  if (training->dtype != STRATA_DTYPE_BOOL || training->data == NULL || strata_value_count (training) != 1)
    return TRUE;
  if (*(const guint8 *) training->data == 0)
    return FALSE;
  return ratio == NULL || ratio->data == NULL || strata_value_count (ratio) != 1
         || strata_element_double (ratio->dtype, ratio->data, 0) != 0.0;
}

gboolean
strata_shape_dropout (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  if (is_training_of_old (shape))
    return strata_shape_lack (error, "is_test is 0, which trains; only inference is supported");
  if (drops (shape))
    return strata_shape_lack (error, "training_mode is not constant false; only inference is supported");
  return set_like (shape, 0, in, in->dtype, error)
         && set_like (shape, 1, in, shape->graph->opset < 10 ? in->dtype : STRATA_DTYPE_BOOL, error);
}

gboolean
strata_shape_batch_norm (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);

  for (int i = 0; i < 5; i++)
    {
      const StrataValue *value = strata_shape_in (shape, i);

      /* statistics may be wider than the input, not narrower: those behind this folder read float32 */
      if (!strata_shape_need (shape, i, i > 0 && in->dtype == STRATA_DTYPE_F32 ? STRATA_TYPES_F32 : STRATA_TYPES_REAL,
                              error))
        return FALSE;
      if (i > 0 && (in->n_dims < 2 || value->n_dims != 1 || value->dims[0] != in->dims[1]))
        return strata_shape_fail (error, "its operand %s does not have one value per channel", value->name);
    }
  if (strata_node_int (shape->node, "training_mode", 0) != 0 || is_training_of_old (shape)
      || strata_node_int (shape->node, "spatial", 1) != 1 || shape->node->n_outputs > 1)
    return strata_shape_lack (error, "training and per-cell statistics are not supported; inference per channel is");
  return set_like (shape, 0, in, in->dtype, error);
}
