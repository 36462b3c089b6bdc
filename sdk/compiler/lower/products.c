/* SPDX-License-Identifier: Apache-2.0
 *
 * Conv, Gemm and MatMul with constant weights as matrices n x k. Weights stay where they are when they already lie as
 * the matrix needs them; integers behind DequantizeLinear are kept as integers with their scales.
 */
#include <math.h>

#include "compiler/lower/state.h"

/* Slices and reshapes between a convolution and what squares its results */
#define MAX_PARTS 8

/* How the constant's elements lie: element (n, k) of the matrix is at n * stride_n + k * stride_k. */
typedef struct
{
  int n, k;
  gint64 stride_n, stride_k;
  int axis;            /* of the constant that is n */
  const gint32 *order; /* of k, NULL: as it comes */
} Layout;

static gboolean is_squared (StrataLowerState *state, int value, int depth);

static int
weight_max_of (const gint16 *integers, gsize count)
{
  int most = 0;

  for (gsize i = 0; i < count; i++)
    most = MAX (most, ABS ((int) integers[i]));
  return most;
}

static gboolean
take_codes (StrataLowerState *state,
            int node,
            StrataLoweredOp *op,
            const StrataCodes *codes,
            const Layout *layout,
            GError **error)
{
  const StrataConstant *c = codes->codes;
  gint16 *integers = strata_arena_array (state->arena, gint16, (gint64) layout->n * layout->k);

  if (codes->n_scales > 1 && (codes->axis != layout->axis || codes->n_scales != layout->n))
    return strata_lower_fail (
      state, node, error,
      "its weights are quantised along axis %d with %d scales; chips take one scale per output channel "
      "(axis %d) or one for all",
      codes->axis, codes->n_scales, layout->axis);
  for (int n = 0; n < layout->n; n++)
    {
      int channel = codes->n_scales > 1 ? n : 0;

      op->scale[n] = codes->scales[channel];
      for (int k = 0; k < layout->k; k++)
        integers[(gsize) n * layout->k + (layout->order != NULL ? layout->order[k] : k)] =
          (gint16) (strata_lower_constant_int (c, n * layout->stride_n + k * layout->stride_k)
                    - codes->zero_points[channel]);
    }
  op->integers = integers;
  if (weight_max_of (integers, (gsize) layout->n * layout->k) > 255)
    return strata_lower_fail (state, node, error, "its weights have more than 8 bits; quantise them to int8");
  return TRUE;
}

static gboolean
take_floats (StrataLowerState *state, int node, StrataLoweredOp *op, int value, const Layout *layout, GError **error)
{
  const StrataConstant *constant = strata_lower_constant (state, node, value, error);
  const float *floats;
  float *copy;

  if (constant == NULL)
    return FALSE;
  if (constant->count != (gint64) layout->n * layout->k)
    return strata_lower_fail (state, node, error,
                              "its weights %s have %" G_GINT64_FORMAT " elements where %d x %d are needed",
                              state->graph->values[value].name, constant->count, layout->n, layout->k);
  floats = strata_lower_constant_floats (state, constant);
  for (int n = 0; n < layout->n; n++)
    op->scale[n] = 1;
  op->weights = floats;
  if (layout->stride_k == 1 && layout->order == NULL)
    return TRUE;
  copy = strata_arena_array (state->arena, float, (gint64) layout->n * layout->k);
  for (int n = 0; n < layout->n; n++)
    for (int k = 0; k < layout->k; k++)
      copy[(gsize) n * layout->k + (layout->order != NULL ? layout->order[k] : k)] =
        floats[n * layout->stride_n + k * layout->stride_k];
  op->weights = copy;
  return TRUE;
}

/* Weights that the model does not hold have a shape, which is all that time and energy depend on. */
static gboolean
take_absent (StrataLowerState *state, int node, StrataLoweredOp *op, int value, const Layout *layout, GError **error)
{
  const StrataValue *v = &state->graph->values[value];

  if (strata_value_count (v) != (gint64) layout->n * layout->k)
    return strata_lower_fail (state, node, error,
                              "its weights %s have %" G_GINT64_FORMAT " elements where %d x %d are needed", v->name,
                              strata_value_count (v), layout->n, layout->k);
  for (int n = 0; n < layout->n; n++)
    op->scale[n] = 1;
  op->weightless = TRUE;
  return TRUE;
}

static gboolean
take_weights (StrataLowerState *state, int node, int op_id, int value, const Layout *layout, GError **error)
{
  StrataLoweredOp *op = strata_lower_op (state, op_id);
  GError *problem = NULL;
  StrataCodes codes;

  op->n = layout->n;
  op->k = layout->k;
  op->scale = strata_arena_array (state->arena, double, layout->n);
  if (strata_lower_is_absent (state, value))
    return take_absent (state, node, op, value, layout, error);
  if (strata_lower_codes (state, node, value, &codes, &problem))
    {
      if (codes.codes->count != (gint64) layout->n * layout->k)
        return strata_lower_fail (state, node, error,
                                  "its weights have %" G_GINT64_FORMAT " elements where %d x %d are needed",
                                  codes.codes->count, layout->n, layout->k);
      return take_codes (state, node, op, &codes, layout, error);
    }
  if (problem != NULL)
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  return take_floats (state, node, op, value, layout, error);
}

/* Integers whose scale is that of the accumulator go over as they are; anything else as reals. */
static gboolean
take_bias_codes (StrataLowerState *state, StrataLoweredOp *op, const StrataCodes *codes)
{
  const StrataLoweredTensor *in = strata_lower_tensor (state, op->inputs[0]);
  gint32 *integers;

  if (op->integers == NULL || !in->quantised || codes->codes->dtype != STRATA_DTYPE_I32 || codes->codes->count != op->n)
    return FALSE;
  integers = strata_arena_array (state->arena, gint32, op->n);
  for (int n = 0; n < op->n; n++)
    {
      int channel = codes->n_scales > 1 ? n : 0;
      double unit = in->scale * op->scale[n];

      /* The file's scale is a float: equal up to its rounding. */
      if (fabs (codes->scales[channel] - unit) > 1e-5 * unit || codes->zero_points[channel] != 0)
        return FALSE;
      integers[n] = (gint32) strata_lower_constant_int (codes->codes, n);
    }
  op->bias_integers = integers;
  return TRUE;
}

static gboolean
take_bias (StrataLowerState *state, int node, int op_id, int value, double factor, GError **error)
{
  StrataLoweredOp *op = strata_lower_op (state, op_id);
  const StrataConstant *constant;
  GError *problem = NULL;
  StrataCodes codes;

  if (strata_lower_is_absent (state, value))
    {
      op->weightless = TRUE;
      return TRUE;
    }
  if (factor == 1 && strata_lower_codes (state, node, value, &codes, &problem) && take_bias_codes (state, op, &codes))
    return TRUE;
  if (problem != NULL)
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  constant = strata_lower_constant (state, node, value, error);
  if (constant == NULL)
    return FALSE;
  if (constant->count != 1 && constant->count != op->n)
    return strata_lower_fail (state, node, error,
                              "its bias has %" G_GINT64_FORMAT " elements; one per output (%d) is right",
                              constant->count, op->n);
  op->bias = strata_arena_array (state->arena, double, op->n);
  for (int n = 0; n < op->n; n++)
    op->bias[n] = factor * strata_lower_constant_double (constant, constant->count == 1 ? 0 : n);
  return TRUE;
}

static int
optional_input (const StrataNode *node, int input)
{
  return input < node->n_inputs ? node->inputs[input] : -1;
}

/* Whether @reader squares what it reads; aliases and parts of it are looked through */
static gboolean
squares (StrataLowerState *state, int reader, int value, int depth)
{
  const StrataNode *n = reader >= 0 ? &state->graph->nodes[reader] : NULL;
  const StrataConstant *power;

  if (n == NULL || depth > MAX_PARTS)
    return FALSE;
  switch (n->op)
    {
    case STRATA_OP_MUL:
      return n->inputs[0] == value && n->inputs[1] == value;
    case STRATA_OP_POW:
      power = n->inputs[0] == value && state->is_constant[n->inputs[1]]
                ? strata_lower_constant (state, reader, n->inputs[1], NULL)
                : NULL;
      return power != NULL && power->count == 1 && strata_lower_constant_double (power, 0) == 2;
    case STRATA_OP_RESHAPE:
    case STRATA_OP_SLICE:
    case STRATA_OP_SPLIT:
    case STRATA_OP_SQUEEZE:
    case STRATA_OP_TRANSPOSE:
    case STRATA_OP_UNSQUEEZE:
      break;
    default:
      return FALSE;
    }
  for (int i = 0; i < n->n_outputs; i++)
    if (n->outputs[i] >= 0 && !is_squared (state, n->outputs[i], depth + 1))
      return FALSE;
  return TRUE;
}

/* A filter bank whose results are squared, as of a short-time Fourier transform: quiet bands lie twice as many decibels
 * below loud ones as the int8 codes of its input can tell apart. */
static gboolean
is_squared (StrataLowerState *state, int value, int depth)
{
  int n_uses = strata_lower_n_uses (state, value);

  for (int i = 0; i < n_uses; i++)
    if (!squares (state, state->uses[state->first_use[value] + i], value, depth))
      return FALSE;
  return n_uses > 0;
}

gboolean
strata_lower_conv (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  const StrataValue *w = &state->graph->values[n->inputs[1]];
  StrataWindow window;
  Layout layout = { 0 };
  gint64 k = 1;
  int tensor, op;

  if (is_squared (state, n->outputs[0], 0))
    return strata_lower_fail (
      state, node, error,
      "its results are squared, as those of a Fourier transform are, and quiet bands would drown in "
      "the rounding of int8 inputs");
  if (!strata_node_window (state->graph, node, &window, error)
      || !strata_lower_input (state, node, n->inputs[0], &tensor, error))
    return FALSE;
  if (w->n_dims < 3 || w->n_dims > 4)
    return strata_lower_fail (state, node, error, "its weights have %d dimensions; chips run 1-D and 2-D convolutions",
                              w->n_dims);
  op = strata_lower_add_op (state, window.groups == 1 ? STRATA_QOP_MVM : STRATA_QOP_MAC, node, tensor, n->outputs[0],
                            error);
  if (op < 0)
    return FALSE;
  for (int i = 1; i < w->n_dims; i++)
    k *= w->dims[i];
  if (w->dims[0] > G_MAXINT32 || k > G_MAXINT32)
    return strata_lower_fail (state, node, error, "its weights are too large");
  strata_lower_op (state, op)->window = window;
  layout.n = (int) w->dims[0];
  layout.k = (int) k;
  layout.stride_n = k;
  layout.stride_k = 1;
  if (!take_weights (state, node, op, n->inputs[1], &layout, error))
    return FALSE;
  return optional_input (n, 2) < 0 || take_bias (state, node, op, n->inputs[2], 1, error);
}

/* The tensor that holds @value as one vector, and where in it each element lies; a transposition or the order of
 * tokens is undone in the weights. */
static gboolean
flat_input (
  StrataLowerState *state, int node, int value, int n_elements, int *tensor, const gint32 **order, GError **error)
{
  const StrataView view = state->views[value];
  const int planes[] = { n_elements, 1, 1 };
  const StrataLoweredTensor *t;
  gint32 *places;

  if (view.tensor < 0)
    return strata_lower_fail (state, node, error,
                              "its input %s is a constant; this operator runs on computed values only",
                              state->graph->values[value].name);
  t = strata_lower_tensor (state, view.tensor);
  *order = view.order;
  if (t->tokens && t->height > 1 && t->channels > 1)
    {
      places = strata_arena_array (state->arena, gint32, n_elements);
      for (int i = 0; i < n_elements; i++)
        {
          int at = view.order != NULL ? view.order[i] : i;

          places[i] = at % t->channels * t->height + at / t->channels;
        }
      *order = places;
    }
  *tensor = strata_lower_reshape (state, node, view.tensor, value, planes, FALSE);
  if (*tensor != view.tensor)
    strata_lower_tensor (state, *tensor)->order = *order;
  return TRUE;
}

/* A dense product: of one vector, or of tokens, each on its own. */
static int
add_product (StrataLowerState *state, int node, const gint32 **order, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  int planes[3], tensor, op;

  *order = NULL;
  if (!strata_lower_tokens (state, node, n->inputs[0], planes, error)
      || !(planes[1] > 1 ? strata_lower_token_input (state, node, n->inputs[0], &tensor, error)
                         : flat_input (state, node, n->inputs[0], planes[0], &tensor, order, error))
      || !strata_lower_tokens (state, node, n->outputs[0], planes, error))
    return -1;
  op = strata_lower_append (state, STRATA_QOP_MVM, node, tensor, n->outputs[0], planes);
  strata_lower_tensor (state, strata_lower_op (state, op)->output)->tokens = planes[1] > 1;
  return op;
}

/* @transposed: the constant is N x K. */
static gboolean
lower_product (StrataLowerState *state, int node, gboolean transposed, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  const StrataValue *w = &state->graph->values[n->inputs[1]];
  Layout layout = { 0 };
  int op;

  if (!state->is_constant[n->inputs[1]])
    return strata_lower_fail (state, node, error, "its operand %s is computed at run time, and cells hold constants",
                              w->name);
  if (w->n_dims != 2 || w->dims[0] > G_MAXINT32 || w->dims[1] > G_MAXINT32)
    return strata_lower_fail (state, node, error, "its weights have %d dimensions; crossbars hold constant matrices",
                              w->n_dims);
  op = add_product (state, node, &layout.order, error);
  if (op < 0)
    return FALSE;
  layout.n = (int) w->dims[transposed ? 0 : 1];
  layout.k = (int) w->dims[transposed ? 1 : 0];
  layout.stride_n = transposed ? layout.k : 1;
  layout.stride_k = transposed ? 1 : layout.n;
  layout.axis = transposed ? 0 : 1;
  if (layout.k != strata_lower_tensor (state, strata_lower_op (state, op)->inputs[0])->channels)
    return strata_lower_fail (state, node, error, "its weights take %d inputs, but there are %d", layout.k,
                              strata_lower_tensor (state, strata_lower_op (state, op)->inputs[0])->channels);
  return take_weights (state, node, op, n->inputs[1], &layout, error);
}

gboolean
strata_lower_gemm (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  double alpha = (double) strata_node_float (n, "alpha", 1), beta = (double) strata_node_float (n, "beta", 1);
  StrataLoweredOp *op;

  if (strata_node_int (n, "transA", 0) != 0)
    return strata_lower_fail (state, node, error, "transA is set; crossbars multiply rows: remove the transposition");
  if (!lower_product (state, node, strata_node_int (n, "transB", 0) != 0, error))
    return FALSE;
  op = strata_lower_op (state, state->node_op[node]);
  for (int i = 0; i < op->n; i++)
    op->scale[i] *= alpha;
  return optional_input (n, 2) < 0 || take_bias (state, node, state->node_op[node], n->inputs[2], beta, error);
}

gboolean
strata_lower_matmul (StrataLowerState *state, int node, GError **error)
{
  return lower_product (state, node, FALSE, error);
}
