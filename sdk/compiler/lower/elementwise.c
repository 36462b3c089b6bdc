/* SPDX-License-Identifier: Apache-2.0
 *
 * Activations, sums of computed tensors, softmax. Relu and Clip become the clamp of the op before them when nobody else
 * reads it; elsewhere they are an ACTIVATE.
 */
#include <math.h>

#include "compiler/lower/state.h"

static gboolean
can_clamp (const StrataLoweredOp *op)
{
  return strata_qop_is_product (op->kind) || op->kind == STRATA_QOP_ADD || op->kind == STRATA_QOP_AVG_POOL;
}

static gboolean
activate (StrataLowerState *state, int node, StrataFunction function, double lo, double hi, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int tensor, op;

  if (!strata_lower_either_input (state, node, n->inputs[0], &tensor, error))
    return FALSE;
  op = strata_lower_add_op (state, STRATA_QOP_ACTIVATE, node, tensor, n->outputs[0], error);
  if (op < 0)
    return FALSE;
  strata_lower_op (state, op)->function = function;
  strata_lower_op (state, op)->clamp_lo = lo;
  strata_lower_op (state, op)->clamp_hi = hi;
  return TRUE;
}

static gboolean
clamp (StrataLowerState *state, int node, StrataFunction function, double lo, double hi, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int op = strata_lower_open_producer (state, n->inputs[0]);
  StrataLoweredOp *o = op >= 0 ? strata_lower_op (state, op) : NULL;

  if (o == NULL || !can_clamp (o) || lo > o->clamp_hi || hi < o->clamp_lo)
    return activate (state, node, function, lo, hi, error);
  o->clamp_lo = MAX (o->clamp_lo, lo);
  o->clamp_hi = MIN (o->clamp_hi, hi);
  strata_lower_extend (state, op, node, n->outputs[0]);
  return TRUE;
}

gboolean
strata_lower_relu (StrataLowerState *state, int node, GError **error)
{
  return clamp (state, node, STRATA_FUNCTION_RELU, 0, INFINITY, error);
}

/* A bound of Clip: an attribute before opset 11, an operand since. */
static gboolean
read_bound (StrataLowerState *state, int node, int input, const char *attribute, double *bound, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  const StrataConstant *constant;

  if (strata_node_attr (n, attribute) != NULL)
    *bound = (double) strata_node_float (n, attribute, 0);
  if (input >= n->n_inputs || n->inputs[input] < 0)
    return TRUE;
  constant = strata_lower_constant (state, node, n->inputs[input], error);
  if (constant == NULL)
    return FALSE;
  if (constant->count != 1)
    return strata_lower_fail (state, node, error, "its bound has %" G_GINT64_FORMAT " elements; one is right",
                              constant->count);
  *bound = strata_lower_constant_double (constant, 0);
  return TRUE;
}

gboolean
strata_lower_clip (StrataLowerState *state, int node, GError **error)
{
  double lo = -INFINITY, hi = INFINITY;

  if (!read_bound (state, node, 1, "min", &lo, error) || !read_bound (state, node, 2, "max", &hi, error))
    return FALSE;
  if (!(lo <= hi))
    return strata_lower_fail (state, node, error, "it clips to %g … %g; the lower bound must not be above the upper",
                              lo, hi);
  return clamp (state, node, STRATA_FUNCTION_CLIP, lo, hi, error);
}

gboolean
strata_lower_sigmoid (StrataLowerState *state, int node, GError **error)
{
  return activate (state, node, STRATA_FUNCTION_SIGMOID, -INFINITY, INFINITY, error);
}

gboolean
strata_lower_tanh (StrataLowerState *state, int node, GError **error)
{
  return activate (state, node, STRATA_FUNCTION_TANH, -INFINITY, INFINITY, error);
}

/* Softmax is over the channels of every pixel or token. Before opset 13 it flattened the dimensions from the axis on.
 */
gboolean
strata_lower_softmax (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int n_dims = state->graph->values[n->inputs[0]].n_dims, tensor;
  gboolean flattens = state->graph->opset < 13;
  int axis = (int) strata_node_int (n, "axis", flattens ? 1 : -1);
  const StrataLoweredTensor *in;

  if (!strata_lower_either_input (state, node, n->inputs[0], &tensor, error))
    return FALSE;
  in = strata_lower_tensor (state, tensor);
  if (axis < 0)
    axis += n_dims;
  if (axis != (in->tokens ? n_dims - 1 : MIN (1, n_dims - 1))
      || (flattens && !in->tokens && (gint64) in->height * in->width != 1))
    return strata_lower_fail (state, node, error, "its axis is %d; chips take the softmax over the channels (axis 1)",
                              axis);
  return strata_lower_add_op (state, STRATA_QOP_SOFTMAX, node, tensor, n->outputs[0], error) >= 0;
}

gboolean
strata_lower_sum (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int tensors[4], op;

  if (n->n_inputs == 1)
    return strata_lower_same_order (state, node, error);
  if (n->n_inputs > 4)
    return strata_lower_fail (state, node, error, "it adds %d tensors; at most 4 at a time: split the sum",
                              n->n_inputs);
  for (int i = 0; i < n->n_inputs; i++)
    {
      const StrataLoweredTensor *first, *this;

      if (!(i == 0 ? strata_lower_either_input
            : strata_lower_tensor (state, tensors[0])->tokens
              ? strata_lower_token_input
              : strata_lower_input) (state, node, n->inputs[i], &tensors[i], error))
        return FALSE;
      if (strata_lower_tensor (state, tensors[i])->precise)
        return strata_lower_fail (state, node, error, "its operand %s spans more than integers of 16 bits do",
                                  state->graph->values[n->inputs[i]].name);
      first = strata_lower_tensor (state, tensors[0]);
      this = strata_lower_tensor (state, tensors[i]);
      if (this->channels != first->channels || this->height != first->height || this->width != first->width)
        return strata_lower_fail (
          state, node, error,
          "it adds %d x %d x %d to %d x %d x %d; chips add computed tensors of one shape: expand the smaller",
          this->channels, this->height, this->width, first->channels, first->height, first->width);
    }
  op = strata_lower_add_op (state, STRATA_QOP_ADD, node, tensors[0], n->outputs[0], error);
  if (op < 0)
    return FALSE;
  strata_lower_op (state, op)->n_inputs = n->n_inputs;
  for (int i = 0; i < n->n_inputs; i++)
    strata_lower_op (state, op)->inputs[i] = tensors[i];
  return TRUE;
}
