/* SPDX-License-Identifier: Apache-2.0
 *
 * Per-channel y = gain * x + shift with constants: BatchNormalization, and Add, Sub, Mul, Div by a constant. Folded, in
 * double, into the product before it when that is nobody else's; otherwise a 1x1 product per channel on the MAC units.
 * Add of two computed tensors is here too.
 */
#include <math.h>

#include "compiler/lower/state.h"

static gboolean
is_clamped (const StrataLoweredOp *op)
{
  return isfinite (op->clamp_lo) || isfinite (op->clamp_hi);
}

static void
fold (StrataLowerState *state, StrataLoweredOp *op, const double *gain, const double *shift)
{
  double unit = strata_lower_tensor (state, op->inputs[0])->scale;

  if (op->bias == NULL)
    {
      op->bias = strata_arena_array (state->arena, double, op->n);
      for (int n = 0; n < op->n && op->bias_integers != NULL; n++)
        op->bias[n] = unit * op->scale[n] * op->bias_integers[n];
      op->bias_integers = NULL;
    }
  for (int n = 0; n < op->n; n++)
    {
      op->scale[n] *= gain[n];
      op->bias[n] = op->bias[n] * gain[n] + shift[n];
    }
}

/* Whether the constants of @node, whose computed operand is @value, are not all there */
static gboolean
lacks_constants (const StrataLowerState *state, int node, int value)
{
  const StrataNode *n = &state->graph->nodes[node];

  for (int i = 0; i < n->n_inputs; i++)
    if (n->inputs[i] != value && strata_lower_is_absent (state, n->inputs[i]))
      return TRUE;
  return FALSE;
}

static gboolean
only_moves (StrataOp op)
{
  switch (op)
    {
    case STRATA_OP_CONCAT:
    case STRATA_OP_DEPTH_TO_SPACE:
    case STRATA_OP_PAD:
    case STRATA_OP_SLICE:
    case STRATA_OP_SPACE_TO_DEPTH:
    case STRATA_OP_SPLIT:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Whether a digital op computes @value, and no scale of the file says how many bits it has */
static gboolean
is_from_digital (StrataLowerState *state, int value)
{
  int tensor = state->views[value].tensor, producer;

  if (tensor < 0 || strata_lower_tensor (state, tensor)->quantised)
    return FALSE;
  producer = strata_lower_tensor (state, tensor)->producer;
  return producer >= 0 && strata_lower_op (state, producer)->kind == STRATA_QOP_DIGITAL
         && strata_lower_op (state, producer)->node >= 0
         && !only_moves (state->graph->nodes[strata_lower_op (state, producer)->node].op);
}

static gboolean
apply_affine (StrataLowerState *state, int node, int value, double *gain, double *shift, int n_channels, GError **error)
{
  int out = state->graph->nodes[node].outputs[0], op = strata_lower_open_producer (state, value), tensor;
  StrataLoweredOp *o = op >= 0 ? strata_lower_op (state, op) : NULL;
  float *ones;

  if (o != NULL && strata_qop_is_product (o->kind) && !is_clamped (o) && o->n == n_channels)
    {
      fold (state, o, gain, shift);
      o->weightless = o->weightless || lacks_constants (state, node, value);
      strata_lower_extend (state, op, node, out);
      return TRUE;
    }
  if (is_from_digital (state, value))
    return strata_lower_fail (state, node, error,
                              "its operand comes from the digital units with more bits than the MAC units take");
  if (!strata_lower_either_input (state, node, value, &tensor, error))
    return FALSE;
  op = strata_lower_add_op (state, STRATA_QOP_MAC, node, tensor, out, error);
  if (op < 0)
    return FALSE;
  o = strata_lower_op (state, op);
  ones = strata_arena_array (state->arena, float, n_channels);
  for (int n = 0; n < n_channels; n++)
    ones[n] = 1;
  o->window.groups = n_channels;
  o->n = n_channels;
  o->k = 1;
  o->weights = ones;
  o->scale = gain;
  o->bias = shift;
  o->weightless = lacks_constants (state, node, value);
  return TRUE;
}

static double *
filled (StrataLowerState *state, int n, double value)
{
  double *vector = strata_arena_array (state->arena, double, n);

  for (int i = 0; i < n; i++)
    vector[i] = value;
  return vector;
}

/* Whether the channels of @value are its last dimension */
static gboolean
in_tokens (const StrataLowerState *state, int value)
{
  int tensor = state->views[value].tensor;

  return (tensor >= 0 && g_array_index (state->tensors, StrataLoweredTensor, tensor).tokens)
         || !strata_lower_has_planes (state, value);
}

/* One number per channel of @value, or NULL with an error: the constant may vary along the channels only. Ones stand
 * for a constant that is absent. */
static double *
channel_vector (StrataLowerState *state, int node, int constant_value, int value, int n_channels, GError **error)
{
  const StrataValue *v = &state->graph->values[value], *c = &state->graph->values[constant_value];
  gboolean absent = strata_lower_is_absent (state, constant_value);
  const StrataConstant *constant = absent ? NULL : strata_lower_constant (state, node, constant_value, error);
  int channel_axis = in_tokens (state, value) ? v->n_dims - 1 : MIN (1, v->n_dims - 1), n_dims = absent ? c->n_dims
                                                                                                 : constant != NULL
                                                                                                   ? constant->n_dims
                                                                                                   : 0;
  const gint64 *dims = absent ? c->dims : constant != NULL ? constant->dims : NULL;
  double *vector;

  if (!absent && constant == NULL)
    return NULL;
  for (int i = 0; i < n_dims; i++)
    if (dims[i] != 1 && (dims[i] != n_channels || i + v->n_dims - n_dims != channel_axis))
      {
        strata_lower_fail (state, node, error,
                           "its constant %s varies along other axes than the channels; give it one value per "
                           "channel",
                           state->graph->values[constant_value].name);
        return NULL;
      }
  vector = filled (state, n_channels, 1);
  for (int n = 0; n < n_channels && !absent; n++)
    {
      vector[n] = strata_lower_constant_double (constant, constant->count == 1 ? 0 : n);
      if (isfinite (vector[n]))
        continue;
      strata_lower_fail (state, node, error, "its constant %s holds infinities, for which there are no codes",
                         state->graph->values[constant_value].name);
      return NULL;
    }
  return vector;
}

/* Splits the two operands; FALSE with error where both are computed. */
static gboolean
split_operands (StrataLowerState *state, int node, int *value, int *constant, int planes[3], GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int which = state->is_constant[n->inputs[0]] ? 0 : 1;

  *constant = n->inputs[which];
  *value = n->inputs[1 - which];
  if (!state->is_constant[*constant])
    return strata_lower_fail (
      state, node, error,
      "both operands are computed; chips add computed tensors, and add, subtract, multiply or divide by "
      "constants");
  if (state->views[*value].order != NULL)
    return strata_lower_fail (state, node, error, "its operand %s is transposed", state->graph->values[*value].name);
  return in_tokens (state, *value)
           ? strata_lower_tokens (state, node, *value, planes, error)
           : strata_lower_geometry (state, node, *value, &planes[0], &planes[1], &planes[2], error);
}

gboolean
strata_lower_batch_norm (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  double epsilon = (double) strata_node_float (n, "epsilon", 1e-5f);
  double *parts[4];
  int planes[3];

  if (!strata_lower_geometry (state, node, n->inputs[0], &planes[0], &planes[1], &planes[2], error))
    return FALSE;
  for (int i = 0; i < 4; i++)
    {
      const StrataConstant *constant;

      parts[i] = filled (state, planes[0], 1);
      if (strata_lower_is_absent (state, n->inputs[i + 1]))
        continue;
      constant = strata_lower_constant (state, node, n->inputs[i + 1], error);
      if (constant == NULL)
        return FALSE;
      if (constant->count != planes[0])
        return strata_lower_fail (state, node, error,
                                  "operand %d has %" G_GINT64_FORMAT " elements; one per channel (%d) is right", i + 1,
                                  constant->count, planes[0]);
      for (int c = 0; c < planes[0]; c++)
        parts[i][c] = strata_lower_constant_double (constant, c);
    }
  for (int c = 0; c < planes[0]; c++)
    {
      double gain = parts[0][c] / sqrt (parts[3][c] + epsilon);

      parts[1][c] -= parts[2][c] * gain;
      parts[0][c] = gain;
      if (!isfinite (gain))
        return strata_lower_fail (state, node, error, "the variance of channel %d is %g; it must be above -epsilon", c,
                                  parts[3][c]);
    }
  return apply_affine (state, node, n->inputs[0], parts[0], parts[1], planes[0], error);
}

gboolean
strata_lower_add (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int value, constant, planes[3];
  double *shift;

  if (!state->is_constant[n->inputs[0]] && !state->is_constant[n->inputs[1]])
    return strata_lower_sum (state, node, error);
  if (!split_operands (state, node, &value, &constant, planes, error))
    return FALSE;
  shift = channel_vector (state, node, constant, value, planes[0], error);
  return shift != NULL && apply_affine (state, node, value, filled (state, planes[0], 1), shift, planes[0], error);
}

gboolean
strata_lower_sub (StrataLowerState *state, int node, GError **error)
{
  int value, constant, planes[3];
  double *shift, sign;

  if (!split_operands (state, node, &value, &constant, planes, error))
    return FALSE;
  shift = channel_vector (state, node, constant, value, planes[0], error);
  if (shift == NULL)
    return FALSE;
  sign = constant == state->graph->nodes[node].inputs[1] ? 1 : -1;
  for (int c = 0; c < planes[0]; c++)
    shift[c] *= -sign;
  return apply_affine (state, node, value, filled (state, planes[0], sign), shift, planes[0], error);
}

gboolean
strata_lower_mul (StrataLowerState *state, int node, GError **error)
{
  int value, constant, planes[3];
  double *gain;

  if (!split_operands (state, node, &value, &constant, planes, error))
    return FALSE;
  gain = channel_vector (state, node, constant, value, planes[0], error);
  return gain != NULL && apply_affine (state, node, value, gain, filled (state, planes[0], 0), planes[0], error);
}

gboolean
strata_lower_div (StrataLowerState *state, int node, GError **error)
{
  int value, constant, planes[3];
  double *gain;

  if (!split_operands (state, node, &value, &constant, planes, error))
    return FALSE;
  if (constant == state->graph->nodes[node].inputs[0])
    return strata_lower_fail (state, node, error,
                              "it divides a constant by a computed tensor; chips divide by constants only");
  gain = channel_vector (state, node, constant, value, planes[0], error);
  if (gain == NULL)
    return FALSE;
  for (int c = 0; c < planes[0]; c++)
    {
      if (gain[c] == 0)
        return strata_lower_fail (state, node, error, "it divides channel %d by zero", c);
      gain[c] = 1 / gain[c];
    }
  return apply_affine (state, node, value, gain, filled (state, planes[0], 0), planes[0], error);
}
