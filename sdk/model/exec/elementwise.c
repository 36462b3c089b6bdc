/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic element by element with broadcasting, Clip, Cast and copies. float32 goes by the kernels, float64 has
 * loops of its own; integers, which only shape arithmetic uses, go through 64 bits and wrap.
 */
#include <math.h>
#include <string.h>

#include "kernels/float-vector.h"
#include "model/exec/broadcast.h"
#include "model/element.h"
#include "model/exec/exec.h"

#define BINARY_LOOP(EXPRESSION)                                                                                        \
  for (gint64 i = 0; i < n; i++, a += step_a, b += step_b)                                                             \
    out[i] = EXPRESSION;                                                                                               \
  break;

static void
double_row (StrataOp op, const double *a, gint64 step_a, const double *b, gint64 step_b, gint64 n, double *out)
{
  switch (op)
    {
    case STRATA_OP_SUB:
      BINARY_LOOP (*a - *b)
    case STRATA_OP_MUL:
      BINARY_LOOP (*a * *b)
    case STRATA_OP_DIV:
      BINARY_LOOP (*a / *b)
    default:
      BINARY_LOOP (*a + *b)
    }
}

static StrataFloatBinary
float_op (StrataOp op)
{
  return op == STRATA_OP_SUB   ? STRATA_FLOAT_SUB
         : op == STRATA_OP_MUL ? STRATA_FLOAT_MUL
         : op == STRATA_OP_DIV ? STRATA_FLOAT_DIV
                               : STRATA_FLOAT_ADD;
}

static gboolean
divide (StrataDtype dtype, gint64 a, gint64 b, gint64 *quotient)
{
  if (b == 0)
    return FALSE;
  if (dtype == STRATA_DTYPE_U64)
    *quotient = (gint64) ((guint64) a / (guint64) b);
  else
    *quotient = b == -1 ? (gint64) (-(guint64) a) : a / b;
  return TRUE;
}

static gboolean
integer_row (
  StrataOp op, const StrataBroadcast *walk, const StrataArray *const *in, StrataArray *out, gint64 at, GError **error)
{
  for (gint64 i = 0; i < walk->row; i++)
    {
      gint64 a = strata_element_int (out->dtype, in[0]->data, walk->offset[0] + i * walk->step[0]);
      gint64 b = strata_element_int (out->dtype, in[1]->data, walk->offset[1] + i * walk->step[1]);
      gint64 result = 0;

      if (op == STRATA_OP_ADD)
        result = (gint64) ((guint64) a + (guint64) b);
      else if (op == STRATA_OP_SUB)
        result = (gint64) ((guint64) a - (guint64) b);
      else if (op == STRATA_OP_MUL)
        result = (gint64) ((guint64) a * (guint64) b);
      else if (!divide (out->dtype, a, b, &result))
        return strata_exec_fail (error, "an integer is divided by zero");
      strata_element_set_int (out->dtype, out->data, at + i, result);
    }
  return TRUE;
}

static gboolean
combine (StrataOp op, const StrataArray *const *in, StrataArray *out, GError **error)
{
  StrataBroadcast walk;

  strata_broadcast_init (&walk, out, in, 2);
  for (gint64 r = 0; r < walk.n_rows; r++)
    {
      if (out->dtype == STRATA_DTYPE_F32)
        strata_float_binary_row (float_op (op), (const float *) in[0]->data + walk.offset[0], walk.step[0],
                                 (const float *) in[1]->data + walk.offset[1], walk.step[1], walk.row,
                                 (float *) out->data + r * walk.row);
      else if (out->dtype == STRATA_DTYPE_F64)
        double_row (op, (const double *) in[0]->data + walk.offset[0], walk.step[0],
                    (const double *) in[1]->data + walk.offset[1], walk.step[1], walk.row,
                    (double *) out->data + r * walk.row);
      else if (!integer_row (op, &walk, in, out, r * walk.row, error))
        return FALSE;
      strata_broadcast_next (&walk);
    }
  return TRUE;
}

gboolean
strata_exec_binary (const StrataExec *run, GError **error)
{
  return combine (run->node->op, run->in, run->out[0], error);
}

/* Adds inputs one after the other, each broadcast to the output. */
gboolean
strata_exec_sum (const StrataExec *run, GError **error)
{
  StrataArray *out = run->out[0];
  gsize size = strata_dtype_size (out->dtype);
  gint64 zero[2] = { 0, 0 };
  StrataArray scalar = { out->dtype, 0, { 0 }, zero, size };
  const StrataArray *first[2] = { run->in[0], run->node->n_inputs > 1 ? run->in[1] : &scalar };
  const StrataArray *more[2] = { out, NULL };

  if (!combine (STRATA_OP_ADD, first, out, error))
    return FALSE;
  for (int i = 2; i < run->node->n_inputs; i++)
    {
      more[1] = run->in[i];
      if (!combine (STRATA_OP_ADD, more, out, error))
        return FALSE;
    }
  return TRUE;
}

static double
limit (const StrataExec *run, int input, const char *name, double fallback)
{
  const StrataArray *array = strata_exec_in (run, input);
  const StrataAttr *attr = strata_node_attr (run->node, name);

  if (array != NULL)
    return strata_element_double (array->dtype, array->data, 0);
  return attr == NULL ? fallback : (double) attr->f;
}

static void
clip_integers (const StrataExec *run, const StrataArray *in, gint64 n)
{
  const StrataArray *low = strata_exec_in (run, 1);
  const StrataArray *high = strata_exec_in (run, 2);
  gboolean wide = in->dtype == STRATA_DTYPE_U64;

  for (gint64 i = 0; i < n; i++)
    {
      gint64 x = strata_element_int (in->dtype, in->data, i);
      gint64 lo = low == NULL ? x : strata_element_int (in->dtype, low->data, 0);
      gint64 hi;

      if (wide ? (guint64) x < (guint64) lo : x < lo)
        x = lo;
      hi = high == NULL ? x : strata_element_int (in->dtype, high->data, 0);
      if (wide ? (guint64) x > (guint64) hi : x > hi)
        x = hi;
      strata_element_set_int (in->dtype, run->out[0]->data, i, x);
    }
}

gboolean
strata_exec_clip (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gint64 n = strata_array_count (in);

  if (in->dtype == STRATA_DTYPE_F32)
    {
      float low = (float) limit (run, 1, "min", -INFINITY), high = (float) limit (run, 2, "max", INFINITY);
      const float *x = in->data;
      float *out = run->out[0]->data;

      for (gint64 i = 0; i < n; i++)
        {
          float raised = x[i] < low ? low : x[i];

          out[i] = raised > high ? high : raised;
        }
    }
  else if (in->dtype == STRATA_DTYPE_F64)
    {
      double low = limit (run, 1, "min", -INFINITY), high = limit (run, 2, "max", INFINITY);

      for (gint64 i = 0; i < n; i++)
        {
          double x = ((const double *) in->data)[i];

          x = x < low ? low : x;
          ((double *) run->out[0]->data)[i] = x > high ? high : x;
        }
    }
  else
    clip_integers (run, in, n);
  return TRUE;
}

gboolean
strata_exec_cast (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  StrataArray *out = run->out[0];
  gint64 n = strata_array_count (in);

  for (gint64 i = 0; i < n; i++)
    if (strata_dtype_is_float (in->dtype) || strata_dtype_is_float (out->dtype))
      strata_element_set_double (out->dtype, out->data, i, strata_element_double (in->dtype, in->data, i));
    else
      strata_element_set_int (out->dtype, out->data, i, strata_element_int (in->dtype, in->data, i));
  return TRUE;
}

gboolean
strata_exec_copy (const StrataExec *run, GError **error)
{
  memcpy (run->out[0]->data, run->in[0]->data, run->in[0]->n_bytes);
  return TRUE;
}

gboolean
strata_exec_dropout (const StrataExec *run, GError **error)
{
  StrataArray *mask = run->node->n_outputs > 1 ? run->out[1] : NULL;

  if (run->out[0] != NULL)
    memcpy (run->out[0]->data, run->in[0]->data, run->in[0]->n_bytes);
  for (gint64 i = 0; mask != NULL && i < strata_array_count (mask); i++)
    strata_element_set_double (mask->dtype, mask->data, i, 1.0);
  return TRUE;
}
