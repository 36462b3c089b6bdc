/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of convolutions and pools.
 */
#include "model/operands.h"
#include "model/shape/product.h"

static gboolean
set_windowed (StrataShape *shape, StrataDtype dtype, gint64 channels, const StrataExtents *e, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gboolean ceil_mode = strata_node_int (shape->node, "ceil_mode", 0) != 0;
  gint64 dims[STRATA_MAX_DIMS] = { in->dims[0], channels };

  for (int d = 2; d < in->n_dims; d++)
    {
      int i = d - 2;

      dims[d] = strata_window_size (in->dims[d], e->before[i], e->after[i], e->kernel[i], e->dilation[i], e->stride[i],
                                    ceil_mode);
      if (dims[d] < 1)
        return strata_shape_fail (error,
                                  "its window is larger than the padded input along dimension %d (%" G_GINT64_FORMAT
                                  "); it must fit at least once",
                                  d, in->dims[d]);
    }
  return strata_shape_set (shape, 0, dtype, in->n_dims, dims, error)
         && strata_shape_set (shape, 1, STRATA_DTYPE_I64, in->n_dims, dims, error);
}

gboolean
strata_shape_convolved (StrataShape *shape, int weight_input, int bias_input, StrataDtype dtype, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataValue *weight = strata_shape_in (shape, weight_input);
  const StrataValue *bias = bias_input < 0 ? NULL : strata_shape_in (shape, bias_input);
  StrataExtents window;

  if (!strata_node_extents (shape->graph, shape->index, &window, error))
    return FALSE;
  if (in->dims[1] != weight->dims[1] * window.groups)
    return strata_shape_fail (error,
                              "its input has %" G_GINT64_FORMAT " channels; its weights ask for %" G_GINT64_FORMAT
                              " (%" G_GINT64_FORMAT " groups of %" G_GINT64_FORMAT ")",
                              in->dims[1], weight->dims[1] * window.groups, window.groups, weight->dims[1]);
  if (weight->dims[1] < 1)
    return strata_shape_fail (error, "its weights have no channels; at least 1 is needed");
  if (weight->dims[0] < 1 || weight->dims[0] % window.groups != 0)
    return strata_shape_fail (error,
                              "%" G_GINT64_FORMAT " output channels are not a multiple of %" G_GINT64_FORMAT " groups",
                              weight->dims[0], window.groups);
  if (bias != NULL && (bias->n_dims != 1 || bias->dims[0] != weight->dims[0]))
    return strata_shape_fail (error, "its bias %s does not have %" G_GINT64_FORMAT " values, one per output channel",
                              bias->name, weight->dims[0]);
  return set_windowed (shape, dtype, weight->dims[0], &window, error);
}

static gboolean
need_reals (const StrataShape *shape, GError **error)
{
  return strata_shape_agree (shape, 0, 1, error) && strata_shape_agree (shape, 0, 2, error)
         && strata_shape_need (shape, 0, STRATA_TYPES_REAL, error)
         && strata_shape_need (shape, 1, STRATA_TYPES_REAL, error)
         && (strata_shape_in (shape, 2) == NULL || strata_shape_need (shape, 2, STRATA_TYPES_REAL, error));
}

gboolean
strata_shape_conv (StrataShape *shape, GError **error)
{
  return need_reals (shape, error) && strata_shape_convolved (shape, 1, 2, strata_shape_in (shape, 0)->dtype, error);
}

gboolean
strata_shape_conv_transpose (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *weight = strata_shape_in (shape, 1);
  const StrataValue *bias = strata_shape_in (shape, 2);
  gint64 dims[STRATA_MAX_DIMS], channels, size[STRATA_MAX_SPATIAL] = { 0 };
  StrataExtents window;

  if (!need_reals (shape, error) || !strata_node_extents_transposed (shape->graph, shape->index, &window, size, error))
    return FALSE;
  channels = weight->dims[1] * window.groups;
  if (in->dims[1] != weight->dims[0] || in->dims[1] % window.groups != 0
      || (bias != NULL && (bias->n_dims != 1 || bias->dims[0] != channels)))
    return strata_shape_fail (error,
                              "its input has %" G_GINT64_FORMAT " channels for weights of %" G_GINT64_FORMAT
                              " and %" G_GINT64_FORMAT " groups, or its bias does not fit",
                              in->dims[1], weight->dims[0], window.groups);
  dims[0] = in->dims[0];
  dims[1] = channels;
  for (int d = 2; d < in->n_dims; d++)
    {
      dims[d] = size[d - 2];
      if (dims[d] < 1)
        return strata_shape_fail (error, "its pads leave nothing along dimension %d; smaller ones are accepted", d);
    }
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, dims, error);
}

gboolean
strata_shape_pool (StrataShape *shape, GError **error)
{
  guint types = STRATA_TYPES_REAL;
  const StrataValue *in = strata_shape_in (shape, 0);
  StrataExtents window;

  if (shape->node->op == STRATA_OP_MAX_POOL)
    types |= STRATA_TYPE_BIT (STRATA_DTYPE_I8) | STRATA_TYPE_BIT (STRATA_DTYPE_U8);
  if (shape->node->op == STRATA_OP_LP_POOL && strata_node_int (shape->node, "p", 2) < 1)
    return strata_shape_fail (error, "p is below 1; 1 or more is accepted");
  if (!strata_shape_need (shape, 0, types, error) || !strata_node_extents (shape->graph, shape->index, &window, error))
    return FALSE;
  for (int i = 0; i < window.n; i++)
    if (MAX (window.before[i], window.after[i]) >= window.kernel[i] * window.dilation[i])
      return strata_shape_fail (error, "its pads are as wide as its window; a window must hold a cell of the input");
  return set_windowed (shape, in->dtype, in->dims[1], &window, error);
}

gboolean
strata_shape_global_pool (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 dims[STRATA_MAX_DIMS];

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error))
    return FALSE;
  if (in->n_dims < 3)
    return strata_shape_fail (error, "its input has %d dimensions; at least 3 (N, C, W) are needed", in->n_dims);
  for (int d = 0; d < in->n_dims; d++)
    dims[d] = d < 2 ? in->dims[d] : 1;
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, dims, error);
}
