/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of two elements with broadcasting that are not plain arithmetic: Pow, Mod, comparisons, logic, bits, Min,
 * Max, Mean, PRelu, SwiGLU; and Where. Floats go through double, integers through 64 bits.
 */
#include <math.h>
#include <string.h>

#include "kernels/float-vector.h"
#include "model/exec/broadcast.h"
#include "model/element.h"
#include "model/exec/exec.h"

typedef struct
{
  StrataOp op;
  gboolean wide, left, fmod; /* unsigned 64-bit; BitShift, Mod */
  double alpha;              /* SwiGLU */
} Combine;

static double
of_doubles (const Combine *c, double a, double b)
{
  switch (c->op)
    {
    case STRATA_OP_EQUAL:
      return a == b;
    case STRATA_OP_GREATER:
      return a > b;
    case STRATA_OP_GREATER_OR_EQUAL:
      return a >= b;
    case STRATA_OP_LESS:
      return a < b;
    case STRATA_OP_LESS_OR_EQUAL:
      return a <= b;
    case STRATA_OP_MAX:
      return isnan (a) || a > b ? a : b;
    case STRATA_OP_MIN:
      return isnan (a) || a < b ? a : b;
    case STRATA_OP_MOD:
      return fmod (a, b);
    case STRATA_OP_POW:
      return pow (a, b);
    case STRATA_OP_P_RELU:
      return a < 0.0 ? a * b : a;
    case STRATA_OP_SWI_GLU:
      return a / (1.0 + exp (-c->alpha * a)) * b;
    default: /* Mean's sum */
      return a + b;
    }
}

static gint64
power (gint64 base, gint64 exponent)
{
  guint64 result = 1, square = (guint64) base;

  if (exponent < 0)
    return base == 1 ? 1 : base == -1 ? (exponent % 2 == 0 ? 1 : -1) : 0;
  for (; exponent > 0; exponent >>= 1, square *= square)
    if (exponent & 1)
      result *= square;
  return (gint64) result;
}

static gint64
shift (gint64 a, gint64 b, gboolean left)
{
  if (b < 0 || b > 63)
    return 0;
  return (gint64) (left ? (guint64) a << b : (guint64) a >> b);
}

/* Sign of the divisor, or with fmod of the dividend */
static gint64
modulo (gint64 a, gint64 b, gboolean fmod, gboolean wide)
{
  gint64 rest;

  if (wide)
    return (gint64) ((guint64) a % (guint64) b);
  rest = b == -1 ? 0 : a % b;
  return !fmod && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static gint64
of_ints (const Combine *c, gint64 a, gint64 b)
{
  gboolean less = c->wide ? (guint64) a < (guint64) b : a < b;

  switch (c->op)
    {
    case STRATA_OP_AND:
    case STRATA_OP_BITWISE_AND:
      return a & b;
    case STRATA_OP_OR:
    case STRATA_OP_BITWISE_OR:
      return a | b;
    case STRATA_OP_XOR:
    case STRATA_OP_BITWISE_XOR:
      return a ^ b;
    case STRATA_OP_BIT_SHIFT:
      return shift (a, b, c->left);
    case STRATA_OP_EQUAL:
      return a == b;
    case STRATA_OP_GREATER:
      return !less && a != b;
    case STRATA_OP_GREATER_OR_EQUAL:
      return !less;
    case STRATA_OP_LESS:
      return less;
    case STRATA_OP_LESS_OR_EQUAL:
      return less || a == b;
    case STRATA_OP_MAX:
      return less ? b : a;
    case STRATA_OP_MIN:
      return less ? a : b;
    case STRATA_OP_MOD:
      return modulo (a, b, c->fmod, c->wide);
    case STRATA_OP_POW:
      return power (a, b);
    default: /* PRelu */
      return a < 0 && !c->wide ? (gint64) ((guint64) a * (guint64) b) : a;
    }
}

static gboolean
combine_ints (const Combine *c, const StrataBroadcast *walk, const StrataArray *const *in, gint64 at, StrataArray *out)
{
  for (gint64 i = 0; i < walk->row; i++)
    {
      gint64 a = strata_element_int (in[0]->dtype, in[0]->data, walk->offset[0] + i * walk->step[0]);
      gint64 b = strata_element_int (in[1]->dtype, in[1]->data, walk->offset[1] + i * walk->step[1]);

      if (c->op == STRATA_OP_MOD && b == 0)
        return FALSE;
      strata_element_set_int (out->dtype, out->data, at + i, of_ints (c, a, b));
    }
  return TRUE;
}

static void
combine_doubles (
  const Combine *c, const StrataBroadcast *walk, const StrataArray *const *in, gint64 at, StrataArray *out)
{
  for (gint64 i = 0; i < walk->row; i++)
    {
      double a = strata_element_double (in[0]->dtype, in[0]->data, walk->offset[0] + i * walk->step[0]);
      double b = strata_element_double (in[1]->dtype, in[1]->data, walk->offset[1] + i * walk->step[1]);

      strata_element_set_double (out->dtype, out->data, at + i, of_doubles (c, a, b));
    }
}

/* Powers with one exponent that products or a root give */
static gboolean
power_row (const float *x, double exponent, gint64 n, float *out)
{
  if (exponent == 0.5)
    strata_float_map (STRATA_FLOAT_SQRT, x, n, out);
  else if (exponent == 2.0)
    strata_float_binary_row (STRATA_FLOAT_MUL, x, 1, x, 1, n, out);
  else if (exponent == 3.0)
    for (gint64 i = 0; i < n; i++)
      out[i] = (float) ((double) x[i] * (double) x[i] * (double) x[i]);
  else
    return FALSE;
  return TRUE;
}

/* A row of float32, where there is a faster way than by double. FALSE: there is none */
static gboolean
combine_floats (StrataOp op, const StrataBroadcast *walk, const StrataArray *const *in, gint64 at, StrataArray *out)
{
  const float *a = in[0]->data, *b = in[1]->data;
  float *to = (float *) out->data + at;

  if (in[0]->dtype != STRATA_DTYPE_F32 || in[1]->dtype != STRATA_DTYPE_F32 || out->dtype != STRATA_DTYPE_F32)
    return FALSE;
  a += walk->offset[0];
  b += walk->offset[1];
  if (op == STRATA_OP_POW)
    return walk->step[0] == 1 && walk->step[1] == 0 && walk->row > 0 && power_row (a, (double) *b, walk->row, to);
  if (op == STRATA_OP_MEAN)
    {
      strata_float_binary_row (STRATA_FLOAT_ADD, a, walk->step[0], b, walk->step[1], walk->row, to);
      return TRUE;
    }
  if (op != STRATA_OP_MAX && op != STRATA_OP_MIN && op != STRATA_OP_P_RELU)
    return FALSE;
  for (gint64 i = 0; i < walk->row; i++, a += walk->step[0], b += walk->step[1])
    if (op == STRATA_OP_P_RELU)
      to[i] = *a < 0.0f ? *a * *b : *a;
    else
      to[i] = isnan (*a) || (op == STRATA_OP_MAX ? *a > *b : *a < *b) ? *a : *b;
  return TRUE;
}

static gboolean
combine (const StrataNode *node, const StrataArray *const *in, StrataArray *out, GError **error)
{
  Combine c = { node->op, in[0]->dtype == STRATA_DTYPE_U64,
                g_str_equal (strata_node_string (node, "direction", ""), "LEFT"),
                strata_node_int (node, "fmod", 0) != 0, (double) strata_node_float (node, "alpha", 1.0f) };
  gboolean real = strata_dtype_is_float (in[0]->dtype) || strata_dtype_is_float (in[1]->dtype);
  StrataBroadcast walk;

  strata_broadcast_init (&walk, out, in, 2);
  for (gint64 r = 0; r < walk.n_rows; r++)
    {
      if (combine_floats (node->op, &walk, in, r * walk.row, out))
        ;
      else if (real)
        combine_doubles (&c, &walk, in, r * walk.row, out);
      else if (!combine_ints (&c, &walk, in, r * walk.row, out))
        return strata_exec_fail (error, "an integer is divided by zero");
      strata_broadcast_next (&walk);
    }
  return TRUE;
}

gboolean
strata_exec_combine (const StrataExec *run, GError **error)
{
  return combine (run->node, run->in, run->out[0], error);
}

/* Min, Max, Mean of any number: one after the other, each broadcast to the output. One input: twice itself. */
gboolean
strata_exec_combine_all (const StrataExec *run, GError **error)
{
  StrataArray *out = run->out[0];
  int n = run->node->n_inputs;
  gboolean mean = run->node->op == STRATA_OP_MEAN;
  const StrataArray *pair[2] = { run->in[0], run->in[n > 1 ? 1 : 0] };

  if (n == 1)
    {
      memcpy (out->data, run->in[0]->data, out->n_bytes);
      return TRUE;
    }
  if (!combine (run->node, pair, out, error))
    return FALSE;
  for (int i = 2; i < n; i++)
    {
      pair[0] = out;
      pair[1] = run->in[i];
      if (!combine (run->node, pair, out, error))
        return FALSE;
    }
  for (gint64 i = 0; mean && i < strata_array_count (out); i++)
    strata_element_set_double (out->dtype, out->data, i, strata_element_double (out->dtype, out->data, i) / (double) n);
  return TRUE;
}

gboolean
strata_exec_where (const StrataExec *run, GError **error)
{
  StrataArray *out = run->out[0];
  gsize size = strata_dtype_size (out->dtype);
  const guint8 *condition = run->in[0]->data;
  StrataBroadcast walk;

  strata_broadcast_init (&walk, out, run->in, 3);
  for (gint64 r = 0; r < walk.n_rows; r++, strata_broadcast_next (&walk))
    for (gint64 i = 0; i < walk.row; i++)
      {
        int from = condition[walk.offset[0] + i * walk.step[0]] != 0 ? 1 : 2;

        memcpy ((guint8 *) out->data + (gsize) (r * walk.row + i) * size,
                (const guint8 *) run->in[from]->data + (gsize) (walk.offset[from] + i * walk.step[from]) * size, size);
      }
  return TRUE;
}
