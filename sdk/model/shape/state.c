/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of operators that carry a state from call to call: LinearAttention, CausalConvWithState, TensorScatter.
 */
#include "model/state.h"

#include <string.h>

#include "model/shape/shapes.h"

static const StrataValue *
input (const StrataGraph *graph, const StrataNode *node, int i)
{
  return i < node->n_inputs && node->inputs[i] >= 0 ? &graph->values[node->inputs[i]] : NULL;
}

static gboolean
read_rule (const StrataNode *node, StrataLinearAttention *a, GError **error)
{
  static const char *const known[] = { "linear", "gated", "delta", "gated_delta", NULL };
  const char *rule = strata_node_string (node, "update_rule", "gated_delta");

  if (!g_strv_contains (known, rule))
    return strata_shape_fail (error, "its update_rule is %s; linear, gated, delta and gated_delta are accepted", rule);
  a->gated = g_str_has_prefix (rule, "gated");
  a->corrected = g_str_has_suffix (rule, "delta");
  return TRUE;
}

/* Operand @value, batch x length x one of two widths; left out where @wanted is FALSE, and only there */
static gboolean
gate_fits (
  const StrataLinearAttention *a, const StrataValue *value, gboolean wanted, gint64 width, gint64 other, GError **error)
{
  if ((value != NULL) != wanted)
    return strata_shape_fail (error, "its decay or beta does not go with its update_rule: gated takes decay, delta "
                                     "takes beta");
  if (value == NULL
      || (value->n_dims == 3 && value->dims[0] == a->batch && value->dims[1] == a->length
          && (value->dims[2] == width || value->dims[2] == other)))
    return TRUE;
  return strata_shape_fail (
    error, "its operand %s does not fit; batch x length x %" G_GINT64_FORMAT " or %" G_GINT64_FORMAT " is accepted",
    value->name, width, other);
}

static gboolean
state_fits (const StrataLinearAttention *a, const StrataValue *past)
{
  return past == NULL
         || (past->n_dims == 4 && past->dims[0] == a->batch && past->dims[1] == a->kv_heads && past->dims[2] == a->width
             && past->dims[3] == a->v_width);
}

gboolean
strata_linear_attention_read (const StrataGraph *graph,
                              const StrataNode *node,
                              StrataLinearAttention *a,
                              GError **error)
{
  const StrataValue *q = input (graph, node, 0), *k = input (graph, node, 1), *v = input (graph, node, 2);
  const StrataValue *erase = input (graph, node, 6);

  if (!read_rule (node, a, error))
    return FALSE;
  a->q_heads = strata_node_int (node, "q_num_heads", 0);
  a->kv_heads = strata_node_int (node, "kv_num_heads", 0);
  if (a->q_heads < 1 || a->kv_heads < 1 || a->q_heads % a->kv_heads != 0 || q->n_dims != 3 || k->n_dims != 3
      || v->n_dims != 3 || q->dims[2] % a->q_heads != 0 || k->dims[2] % a->kv_heads != 0
      || v->dims[2] % a->kv_heads != 0)
    return strata_shape_fail (error,
                              "its %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT " heads do not divide its operands of "
                              "3 dimensions",
                              a->q_heads, a->kv_heads);
  a->batch = q->dims[0];
  a->length = q->dims[1];
  a->width = q->dims[2] / a->q_heads;
  a->v_width = v->dims[2] / a->kv_heads;
  if (memcmp (q->dims, k->dims, 2 * sizeof (gint64)) != 0 || memcmp (q->dims, v->dims, 2 * sizeof (gint64)) != 0
      || k->dims[2] != a->kv_heads * a->width || !state_fits (a, input (graph, node, 3)))
    return strata_shape_fail (error, "its queries, keys, values and past state do not fit one another");
  if (erase != NULL && !a->corrected)
    return strata_shape_fail (error, "its erase_gate does not go with its update_rule; delta takes one");
  return gate_fits (a, input (graph, node, 4), a->gated, a->kv_heads, a->kv_heads * a->width, error)
         && gate_fits (a, input (graph, node, 5), a->corrected, a->kv_heads, 1, error)
         && gate_fits (a, erase, erase != NULL, a->kv_heads * a->width, a->kv_heads * a->width, error);
}

gboolean
strata_shape_linear_attention (StrataShape *shape, GError **error)
{
  const StrataValue *q = strata_shape_in (shape, 0), *past = strata_shape_in (shape, 3);
  StrataLinearAttention a;

  for (int i = 0; i < shape->node->n_inputs; i++)
    if ((i < 3 || strata_shape_in (shape, i) != NULL) && !strata_shape_need (shape, i, STRATA_TYPES_REAL, error))
      return FALSE;
  if (!strata_linear_attention_read (shape->graph, shape->node, &a, error))
    return FALSE;
  {
    gint64 out[3] = { a.batch, a.length, a.q_heads * a.v_width };
    gint64 state[4] = { a.batch, a.kv_heads, a.width, a.v_width };

    return strata_shape_set (shape, 0, q->dtype, 3, out, error)
           && strata_shape_set (shape, 1, past == NULL ? q->dtype : past->dtype, 4, state, error);
  }
}

gboolean
strata_shape_causal_conv (StrataShape *shape, GError **error)
{
  static const char *const known[] = { "none", "silu", "swish", NULL };
  const char *activation = strata_node_string (shape->node, "activation", "none");
  const StrataValue *in = strata_shape_in (shape, 0), *weight = strata_shape_in (shape, 1);
  const StrataValue *bias = strata_shape_in (shape, 2), *past = strata_shape_in (shape, 3);
  gint64 state[3];

  for (int i = 0; i < shape->node->n_inputs; i++)
    if ((i < 2 || strata_shape_in (shape, i) != NULL)
        && (!strata_shape_need (shape, i, STRATA_TYPES_REAL, error) || !strata_shape_agree (shape, 0, i, error)))
      return FALSE;
  if (!g_strv_contains (known, activation))
    return strata_shape_fail (error, "its activation is %s; none, silu and swish are accepted", activation);
  if (in->n_dims != 3 || weight->n_dims != 3 || weight->dims[0] != in->dims[1] || weight->dims[1] != 1
      || weight->dims[2] < 1 || (bias != NULL && (bias->n_dims != 1 || bias->dims[0] != in->dims[1])))
    return strata_shape_fail (error, "its input, weights and bias do not fit; batch x channels x length, channels x 1 "
                                     "x kernel and channels are needed");
  state[0] = in->dims[0];
  state[1] = in->dims[1];
  state[2] = weight->dims[2] - 1;
  if (past != NULL && (past->n_dims != 3 || memcmp (past->dims, state, sizeof state) != 0))
    return strata_shape_fail (error, "its past state does not hold the last %" G_GINT64_FORMAT " elements per channel",
                              state[2]);
  return strata_shape_set (shape, 0, in->dtype, 3, in->dims, error)
         && strata_shape_set (shape, 1, in->dtype, 3, state, error);
}

gboolean
strata_shape_tensor_scatter (StrataShape *shape, GError **error)
{
  const char *mode = strata_node_string (shape->node, "mode", "linear");
  const StrataValue *in = strata_shape_in (shape, 0), *update = strata_shape_in (shape, 1);
  const StrataValue *places = strata_shape_in (shape, 2);
  int axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error) || !strata_shape_need (shape, 1, STRATA_TYPES_ANY, error)
      || !strata_shape_agree (shape, 0, 1, error)
      || (places != NULL && !strata_shape_need (shape, 2, STRATA_TYPE_BIT (STRATA_DTYPE_I64), error))
      || !strata_shape_axis (strata_node_int (shape->node, "axis", -2), in->n_dims, &axis, error))
    return FALSE;
  if (!g_str_equal (mode, "linear") && !g_str_equal (mode, "circular"))
    return strata_shape_fail (error, "its mode is %s; linear and circular are accepted", mode);
  for (int d = 0; d < in->n_dims; d++)
    if (axis == 0 || update->n_dims != in->n_dims
        || (d == axis ? update->dims[d] > in->dims[d] : update->dims[d] != in->dims[d])
        || (places != NULL && (places->n_dims != 1 || places->dims[0] != in->dims[0])))
      return strata_shape_fail (error,
                                "its cache, update and indices do not fit; an update within the cache along axis %d, "
                                "behind the batch, and an index per batch are needed",
                                axis);
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}
