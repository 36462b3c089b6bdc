/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of one element as the ONNX operators define them: the frequent ones by the kernels, others in double.
 * Integers where the definition has them.
 */
#include <math.h>

#include "kernels/float-vector.h"
#include "model/element.h"
#include "model/exec/exec.h"

#define SQRT_HALF 0.70710678118654752440
#define SQRT_2_OVER_PI 0.79788456080286535588

/* Attributes of activations, with their defaults: ONNX, the operator's definition */
typedef struct
{
  double alpha, beta, gamma, bias, lambda;
  gboolean tanh_form, positive, negative;
} Shape;

static double
default_alpha (StrataOp op)
{
  switch (op)
    {
    case STRATA_OP_LEAKY_RELU:
      return 0.01;
    case STRATA_OP_HARD_SIGMOID:
      return 0.2;
    case STRATA_OP_MS_QUICK_GELU:
      return (double) 1.702f;
    case STRATA_OP_SELU:
      return 1.67326319217681884765625;
    default: /* Elu, Celu, Swish, ThresholdedRelu */
      return 1.0;
    }
}

static Shape
read_shape (const StrataNode *node)
{
  const StrataAttr *alpha = strata_node_attr (node, "alpha");
  Shape shape = { .alpha = alpha == NULL ? default_alpha (node->op) : (double) alpha->f };

  shape.beta = (double) strata_node_float (node, "beta", 0.5f);
  shape.gamma = (double) strata_node_float (node, "gamma", 1.05070102214813232421875f);
  shape.bias = (double) strata_node_float (node, "bias", 0.0f);
  shape.lambda = (double) strata_node_float (node, "lambd", 0.5f);
  shape.tanh_form = g_str_equal (strata_node_string (node, "approximate", "none"), "tanh");
  shape.positive = strata_node_int (node, "detect_positive", 1) != 0;
  shape.negative = strata_node_int (node, "detect_negative", 1) != 0;
  return shape;
}

static double
sigmoid (double x)
{
  return x >= 0.0 ? 1.0 / (1.0 + exp (-x)) : exp (x) / (1.0 + exp (x));
}

static double
softplus (double x)
{
  return x > 0.0 ? x + log1p (exp (-x)) : log1p (exp (x));
}

static double
gelu (double x, gboolean tanh_form)
{
  if (tanh_form)
    return 0.5 * x * (1.0 + tanh (SQRT_2_OVER_PI * (x + 0.044715 * x * x * x)));
  return 0.5 * x * (1.0 + erf (x * SQRT_HALF));
}

static double
clip_unit (double x)
{
  return x < 0.0 ? 0.0 : x > 1.0 ? 1.0 : x;
}

static double
shrink (double x, const Shape *s)
{
  return x < -s->lambda ? x + s->bias : x > s->lambda ? x - s->bias : 0.0;
}

static double
activate (StrataOp op, double x, const Shape *s)
{
  switch (op)
    {
    case STRATA_OP_CELU:
      return x < 0.0 ? s->alpha * expm1 (x / s->alpha) : x;
    case STRATA_OP_ELU:
      return x < 0.0 ? s->alpha * expm1 (x) : x;
    case STRATA_OP_GELU:
    case STRATA_OP_MS_GELU:
      return gelu (x, s->tanh_form);
    case STRATA_OP_HARD_SIGMOID:
      return clip_unit (s->alpha * x + s->beta);
    case STRATA_OP_HARD_SWISH:
      return x * clip_unit (x / 6.0 + 0.5);
    case STRATA_OP_LEAKY_RELU:
      return x < 0.0 ? s->alpha * x : x;
    case STRATA_OP_MISH:
      return x * tanh (softplus (x));
    case STRATA_OP_SELU:
      return s->gamma * (x > 0.0 ? x : s->alpha * expm1 (x));
    case STRATA_OP_SHRINK:
      return shrink (x, s);
    case STRATA_OP_SIGMOID:
      return sigmoid (x);
    case STRATA_OP_SOFTPLUS:
      return softplus (x);
    case STRATA_OP_SOFTSIGN:
      return x / (1.0 + fabs (x));
    case STRATA_OP_MS_QUICK_GELU:
    case STRATA_OP_SWISH:
      return x * sigmoid (s->alpha * x);
    case STRATA_OP_THRESHOLDED_RELU:
      return x > s->alpha ? x : 0.0;
    default: /* Relu */
      return x < 0.0 ? 0.0 : x;
    }
}

static double
apply (StrataOp op, double x, const Shape *s)
{
  switch (op)
    {
#define CASE(ID, function)                                                                                             \
  case STRATA_OP_##ID:                                                                                                 \
    return function (x);
      CASE (ABS, fabs)
      CASE (ACOS, acos)
      CASE (ACOSH, acosh)
      CASE (ASIN, asin)
      CASE (ASINH, asinh)
      CASE (ATAN, atan)
      CASE (ATANH, atanh)
      CASE (CEIL, ceil)
      CASE (COS, cos)
      CASE (COSH, cosh)
      CASE (ERF, erf)
      CASE (EXP, exp)
      CASE (FLOOR, floor)
      CASE (LOG, log)
      CASE (NEG, -)
      CASE (RECIPROCAL, 1.0 /)
      CASE (ROUND, rint)
      CASE (SIN, sin)
      CASE (SINH, sinh)
      CASE (SQRT, sqrt)
      CASE (TAN, tan)
      CASE (TANH, tanh)
#undef CASE
    case STRATA_OP_SIGN:
      return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x;
    default:
      return activate (op, x, s);
    }
}

static gint64
apply_int (StrataOp op, gint64 x, gboolean wide)
{
  switch (op)
    {
    case STRATA_OP_ABS:
      return x < 0 && !wide ? (gint64) (-(guint64) x) : x;
    case STRATA_OP_BITWISE_NOT:
      return ~x;
    case STRATA_OP_NEG:
      return (gint64) (-(guint64) x);
    case STRATA_OP_NOT:
      return x == 0;
    case STRATA_OP_SIGN:
      return x == 0 ? 0 : x > 0 || wide ? 1 : -1;
    default: /* Relu */
      return x < 0 && !wide ? 0 : x;
    }
}

/* The function of the kernels that computes @op; FALSE: none does */
static gboolean
find_function (StrataOp op, const Shape *shape, StrataFloatFunction *function)
{
  static const struct
  {
    StrataOp op;
    StrataFloatFunction function;
  } functions[] = {
    { STRATA_OP_ERF, STRATA_FLOAT_ERF },         { STRATA_OP_EXP, STRATA_FLOAT_EXP },
    { STRATA_OP_GELU, STRATA_FLOAT_GELU },       { STRATA_OP_RELU, STRATA_FLOAT_RELU },
    { STRATA_OP_SIGMOID, STRATA_FLOAT_SIGMOID }, { STRATA_OP_SQRT, STRATA_FLOAT_SQRT },
    { STRATA_OP_TANH, STRATA_FLOAT_TANH },
  };

  for (guint i = 0; i < G_N_ELEMENTS (functions); i++)
    if (functions[i].op == op && !(op == STRATA_OP_GELU && shape->tanh_form))
      {
        *function = functions[i].function;
        return TRUE;
      }
  return FALSE;
}

gboolean
strata_exec_unary (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  StrataOp op = run->node->op;
  Shape shape = read_shape (run->node);
  gint64 n = strata_array_count (in);
  void *out = run->out[0]->data;
  StrataFloatFunction function;

  if (in->dtype == STRATA_DTYPE_F32 && find_function (op, &shape, &function))
    strata_float_map (function, in->data, n, out);
  else if (in->dtype == STRATA_DTYPE_F32)
    for (gint64 i = 0; i < n; i++)
      ((float *) out)[i] = (float) apply (op, (double) ((const float *) in->data)[i], &shape);
  else if (in->dtype == STRATA_DTYPE_F64)
    for (gint64 i = 0; i < n; i++)
      ((double *) out)[i] = apply (op, ((const double *) in->data)[i], &shape);
  else
    for (gint64 i = 0; i < n; i++)
      strata_element_set_int (
        in->dtype, out, i, apply_int (op, strata_element_int (in->dtype, in->data, i), in->dtype == STRATA_DTYPE_U64));
  return TRUE;
}

gboolean
strata_exec_is_special (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  Shape shape = read_shape (run->node);
  guint8 *out = run->out[0]->data;

  for (gint64 i = 0; i < strata_array_count (in); i++)
    {
      double x = strata_element_double (in->dtype, in->data, i);

      if (run->node->op == STRATA_OP_IS_NA_N)
        out[i] = isnan (x) != 0;
      else
        out[i] = isinf (x) && (x > 0.0 ? shape.positive : shape.negative);
    }
  return TRUE;
}
