/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of operators that work element by element: output shape is the input's, or the broadcast of all inputs.
 */
#include "model/onnx-dtype.h"
#include "model/shapes.h"

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

static gboolean
broadcast_of (StrataShape *shape, guint types, GError **error)
{
  gint64 dims[STRATA_MAX_DIMS];
  int n_dims;

  for (int i = 0; i < shape->node->n_inputs; i++)
    if (!strata_shape_need (shape, i, types, error) || !strata_shape_agree (shape, 0, i, error))
      return FALSE;
  return strata_shape_broadcast (shape, shape->node->n_inputs, &n_dims, dims, error)
         && strata_shape_set (shape, 0, strata_shape_in (shape, 0)->dtype, n_dims, dims, error);
}

gboolean
strata_shape_binary (StrataShape *shape, GError **error)
{
  return broadcast_of (shape, STRATA_TYPES_NUMBER, error);
}

gboolean
strata_shape_sum (StrataShape *shape, GError **error)
{
  return broadcast_of (shape, STRATA_TYPES_FLOAT, error);
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
strata_shape_dropout (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataValue *training = strata_shape_in (shape, 2);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  if (training != NULL
      && (training->dtype != STRATA_DTYPE_BOOL || training->data == NULL || strata_value_count (training) != 1
          || *(const guint8 *) training->data != 0))
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

      if (!strata_shape_need (shape, i, STRATA_TYPES_F32, error))
        return FALSE;
      if (i > 0 && (in->n_dims < 2 || value->n_dims != 1 || value->dims[0] != in->dims[1]))
        return strata_shape_fail (error, "its operand %s does not have one value per channel", value->name);
    }
  if (strata_node_int (shape->node, "training_mode", 0) != 0 || strata_node_int (shape->node, "spatial", 1) != 1
      || shape->node->n_outputs > 1)
    return strata_shape_lack (error, "training and per-cell statistics are not supported; inference per channel is");
  return set_like (shape, 0, in, in->dtype, error);
}
