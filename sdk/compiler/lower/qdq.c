/* SPDX-License-Identifier: Apache-2.0
 *
 * QuantizeLinear and DequantizeLinear. A QuantizeLinear behind an op gives that op's tensor its scale; behind a network
 * input it is the QUANTISE at the port; where the tensor already has another scale it is a REQUANTISE. DequantizeLinear
 * only says that the reader sees reals. uint8 codes are shifted by 128 to int8, which changes no real value.
 */
#include <math.h>

#include "compiler/lower/state.h"

/* Scale and zero point, as int8, of a Q or DQ node on an activation. */
static gboolean
read_scale (StrataLowerState *state, int node, StrataDtype dtype, double *scale, int *zero_point, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  const StrataConstant *s = strata_lower_constant (state, node, n->inputs[1], error);
  const StrataConstant *z = NULL;

  if (s == NULL)
    return FALSE;
  if (n->n_inputs > 2 && n->inputs[2] >= 0)
    {
      z = strata_lower_constant (state, node, n->inputs[2], error);
      if (z == NULL)
        return FALSE;
    }
  if (s->count != 1 || (z != NULL && z->count != 1))
    return strata_lower_fail (state, node, error,
                              "it has %" G_GINT64_FORMAT " scales; activations take one scale per tensor", s->count);
  if (dtype != STRATA_DTYPE_I8 && dtype != STRATA_DTYPE_U8)
    return strata_lower_fail (state, node, error, "its codes are %s; activations are int8 or uint8",
                              strata_dtype_name (dtype));
  *scale = strata_lower_constant_double (s, 0);
  *zero_point = (z != NULL ? (int) strata_lower_constant_int (z, 0) : 0) - (dtype == STRATA_DTYPE_U8 ? 128 : 0);
  if (!(*scale > 0) || !isfinite (*scale))
    return strata_lower_fail (state, node, error, "its scale is %g; a positive number is needed", *scale);
  return TRUE;
}

gboolean
strata_lower_codes (StrataLowerState *state, int node, int value, StrataCodes *codes, GError **error)
{
  int maker = value >= 0 ? state->graph->values[value].producer : -1;
  const StrataNode *dq = maker >= 0 ? &state->graph->nodes[maker] : NULL;
  const StrataConstant *s, *z = NULL;

  /* scales per block are none of a channel: such weights are taken as reals */
  if (!strata_lower_is (state, maker, "DequantizeLinear") || !state->is_constant[dq->inputs[0]]
      || strata_node_int (dq, "block_size", 0) != 0)
    return FALSE;
  codes->codes = strata_lower_constant (state, node, dq->inputs[0], error);
  s = strata_lower_constant (state, node, dq->inputs[1], error);
  if (codes->codes == NULL || s == NULL)
    return FALSE;
  if (dq->n_inputs > 2 && dq->inputs[2] >= 0)
    {
      z = strata_lower_constant (state, node, dq->inputs[2], error);
      if (z == NULL)
        return FALSE;
    }
  codes->axis = (int) strata_node_int (dq, "axis", 1);
  if (codes->axis < 0)
    codes->axis += codes->codes->n_dims;
  codes->n_scales = (int) MIN (s->count, G_MAXINT32);
  if (codes->n_scales > 1
      && (codes->axis < 0 || codes->axis >= codes->codes->n_dims || s->count != codes->codes->dims[codes->axis]
          || (z != NULL && z->count != s->count)))
    return strata_lower_fail (state, maker, error,
                              "it has %d scales, which do not fit axis %d; blocked scales are not supported",
                              codes->n_scales, codes->axis);
  codes->scales = strata_arena_array (state->arena, double, codes->n_scales);
  codes->zero_points = strata_arena_array (state->arena, int, codes->n_scales);
  for (int i = 0; i < codes->n_scales; i++)
    {
      codes->scales[i] = strata_lower_constant_double (s, i);
      codes->zero_points[i] = z != NULL ? (int) strata_lower_constant_int (z, z->count == 1 ? 0 : i) : 0;
    }
  return TRUE;
}

static gboolean
has_scale (const StrataLoweredTensor *tensor, double scale, int zero_point)
{
  return tensor->quantised && tensor->scale == scale && tensor->zero_point == zero_point;
}

/* A tensor that takes its first scale from this Q: every reader of @value is a Q of the same scale. */
static gboolean
may_annotate (StrataLowerState *state, int node, int value, double scale, int zero_point)
{
  StrataView view = state->views[value];
  const StrataLoweredTensor *tensor = strata_lower_tensor (state, view.tensor);

  if (tensor->quantised || tensor->producer < 0 || g_array_index (state->shared, gboolean, view.tensor))
    return FALSE;
  for (int i = 0; i < strata_lower_n_uses (state, value); i++)
    {
      int reader = state->uses[state->first_use[value] + i], z;
      double s;

      if (reader == node)
        continue;
      if (!strata_lower_is (state, reader, "QuantizeLinear")
          || !read_scale (state, reader, state->graph->values[state->graph->nodes[reader].outputs[0]].dtype, &s, &z,
                          NULL)
          || s != scale || z != zero_point)
        return FALSE;
    }
  return TRUE;
}

static gboolean
passes_codes (const StrataLoweredOp *op)
{
  return op->kind == STRATA_QOP_MAX_POOL || op->kind == STRATA_QOP_MOVE || op->kind == STRATA_QOP_RESHAPE;
}

/* Ops that pass codes on share one scale: the annotation goes up through them, as far as nobody else reads what they
 * read. (Rounding commutes with a maximum and with moving.) FALSE where it cannot; nothing is changed then. */
static gboolean
annotate (StrataLowerState *state, int tensor, double scale, int zero_point)
{
  StrataLoweredTensor *t = strata_lower_tensor (state, tensor);
  const StrataLoweredOp *op = t->producer >= 0 ? strata_lower_op (state, t->producer) : NULL;

  if (op != NULL && passes_codes (op))
    {
      const StrataLoweredTensor *in = strata_lower_tensor (state, op->inputs[0]);
      int read = state->graph->nodes[op->node].inputs[0];

      if (in->quantised || in->producer < 0 || strata_lower_n_uses (state, read) != 1
          || g_array_index (state->shared, gboolean, op->inputs[0])
          || !annotate (state, op->inputs[0], scale, zero_point))
        return FALSE;
    }
  t->quantised = TRUE;
  t->scale = scale;
  t->zero_point = zero_point;
  return TRUE;
}

/* A conversion of @tensor to this scale made before. */
static int
find_conversion (StrataLowerState *state, int tensor, double scale, int zero_point)
{
  for (guint i = 0; i < state->ops->len; i++)
    {
      const StrataLoweredOp *op = strata_lower_op (state, (int) i);

      if ((op->kind == STRATA_QOP_QUANTISE || op->kind == STRATA_QOP_REQUANTISE) && op->inputs[0] == tensor
          && has_scale (strata_lower_tensor (state, op->output), scale, zero_point))
        return (int) i;
    }
  return -1;
}

gboolean
strata_lower_quantize_linear (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int value = n->inputs[0], out = n->outputs[0], tensor, op, zero_point;
  StrataView view = state->views[value];
  StrataLoweredTensor *t;
  double scale;

  if (!read_scale (state, node, state->graph->values[out].dtype, &scale, &zero_point, error))
    return FALSE;
  if (view.tensor < 0)
    return strata_lower_input (state, node, value, &tensor, error);
  t = strata_lower_tensor (state, view.tensor);
  if (!has_scale (t, scale, zero_point) && may_annotate (state, node, value, scale, zero_point))
    annotate (state, view.tensor, scale, zero_point);
  if (has_scale (t, scale, zero_point))
    {
      strata_lower_alias (state, node, value, out, view.order);
      return TRUE;
    }
  if (!strata_lower_either_input (state, node, value, &tensor, error))
    return FALSE;
  op = find_conversion (state, tensor, scale, zero_point);
  if (op >= 0)
    {
      state->views[out] = (StrataView){ strata_lower_op (state, op)->output, NULL };
      state->node_op[node] = op;
      return TRUE;
    }
  op = strata_lower_add_op (
    state, strata_lower_tensor (state, tensor)->producer < 0 ? STRATA_QOP_QUANTISE : STRATA_QOP_REQUANTISE, node,
    tensor, out, error);
  if (op < 0)
    return FALSE;
  t = strata_lower_tensor (state, strata_lower_op (state, op)->output);
  t->quantised = TRUE;
  t->scale = scale;
  t->zero_point = zero_point;
  return TRUE;
}

gboolean
strata_lower_dequantize_linear (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int value = n->inputs[0], zero_point;
  StrataView view = state->views[value];
  StrataLoweredTensor *t;
  double scale;

  if (!read_scale (state, node, state->graph->values[value].dtype, &scale, &zero_point, error))
    return FALSE;
  t = view.tensor >= 0 ? strata_lower_tensor (state, view.tensor) : NULL;
  if (t == NULL || !has_scale (t, scale, zero_point))
    return strata_lower_fail (
      state, node, error,
      "it reads codes with scale %.9g and zero point %d that were not made with these; give both nodes of a "
      "pair the same scale",
      scale, zero_point);
  strata_lower_alias (state, node, value, n->outputs[0], view.order);
  /* From here on the tensor is seen as reals; the simulator of ranges wants those. */
  if (view.order == NULL && t->quantised)
    t->value = n->outputs[0];
  return TRUE;
}
