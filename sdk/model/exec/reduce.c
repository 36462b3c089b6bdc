/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions over axes: floats in double, integers in 64 bits.
 */
#include <math.h>
#include <string.h>

#include "kernels/float-vector.h"
#include "model/element.h"
#include "model/exec/exec.h"
#include "model/operands.h"

/* A walk over the input in C order that knows the cell of the output that the kept dimensions name. */
typedef struct
{
  int n_dims;
  gint64 dims[STRATA_MAX_DIMS], stride[STRATA_MAX_DIMS], index[STRATA_MAX_DIMS];
  gint64 cell;
} Cells;

static void
cells_init (Cells *cells, const StrataArray *in, const gboolean *reduced)
{
  gint64 next = 1;

  memset (cells, 0, sizeof *cells);
  cells->n_dims = in->n_dims;
  for (int d = in->n_dims - 1; d >= 0; d--)
    {
      cells->dims[d] = in->dims[d];
      cells->stride[d] = reduced[d] ? 0 : next;
      next *= reduced[d] ? 1 : in->dims[d];
    }
}

static void
cells_next (Cells *cells)
{
  for (int d = cells->n_dims - 1; d >= 0; d--)
    {
      cells->cell += cells->stride[d];
      if (++cells->index[d] < cells->dims[d])
        return;
      cells->cell -= cells->stride[d] * cells->dims[d];
      cells->index[d] = 0;
    }
}

static double
first_double (StrataOp op)
{
  return op == STRATA_OP_REDUCE_PROD  ? 1.0
         : op == STRATA_OP_REDUCE_MAX ? -INFINITY
         : op == STRATA_OP_REDUCE_MIN ? INFINITY
                                      : 0.0;
}

static double
gather_double (StrataOp op, double sum, double x)
{
  switch (op)
    {
    case STRATA_OP_REDUCE_L1:
      return sum + fabs (x);
    case STRATA_OP_REDUCE_L2:
    case STRATA_OP_REDUCE_SUM_SQUARE:
      return sum + x * x;
    case STRATA_OP_REDUCE_MAX:
      return isnan (sum) || sum > x ? sum : x;
    case STRATA_OP_REDUCE_MIN:
      return isnan (sum) || sum < x ? sum : x;
    case STRATA_OP_REDUCE_PROD:
      return sum * x;
    default:
      return sum + x;
    }
}

static double
finish_double (StrataOp op, double sum, double n)
{
  switch (op)
    {
    case STRATA_OP_REDUCE_L2:
      return sqrt (sum);
    case STRATA_OP_REDUCE_LOG_SUM:
      return log (sum);
    case STRATA_OP_REDUCE_MEAN:
      return sum / n;
    default:
      return sum;
    }
}

static void
reduce_doubles (StrataOp op, const StrataArray *in, const gboolean *reduced, double *cells)
{
  Cells at;

  cells_init (&at, in, reduced);
  for (gint64 i = 0; i < strata_array_count (in); i++, cells_next (&at))
    cells[at.cell] = gather_double (op, cells[at.cell], strata_element_double (in->dtype, in->data, i));
}

/* Sums of float32 over neighbouring dimensions: [outer, n, inner] to [outer, inner]. FALSE: it is no such case. */
static gboolean
sum_floats (StrataOp op, const StrataArray *in, const gboolean *reduced, double *cells)
{
  gboolean squares = op == STRATA_OP_REDUCE_L2 || op == STRATA_OP_REDUCE_SUM_SQUARE;
  gint64 outer = 1, n = 1, inner = 1;
  const float *x = in->data;
  int phase = 0; /* before, in, after the dimensions that are summed; 3: more of these come after */

  if (in->dtype != STRATA_DTYPE_F32 || !(squares || op == STRATA_OP_REDUCE_SUM || op == STRATA_OP_REDUCE_MEAN))
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    {
      if (in->dims[d] == 1)
        continue;
      phase = reduced[d] ? (phase >= 2 ? 3 : 1) : phase == 1 ? 2 : phase;
      *(phase == 0 ? &outer : phase == 1 ? &n : &inner) *= in->dims[d];
    }
  if (phase == 3 || (squares && inner > 1))
    return FALSE;
  for (gint64 o = 0; o < outer; o++)
    if (inner == 1)
      cells[o] = squares ? strata_float_sum_squares (x + o * n, n) : strata_float_sum (x + o * n, n);
    else
      for (gint64 i = 0; i < n; i++)
        strata_float_accumulate (x + (o * n + i) * inner, inner, cells + o * inner);
  return TRUE;
}

/* log (sum exp x) as peak + log (sum exp (x - peak)), which doesn't overflow */
static gboolean
log_sum_exp (const StrataArray *in, const gboolean *reduced, gint64 n_out, double *sums)
{
  g_autofree double *peaks = g_try_new (double, (gsize) n_out + 1);
  Cells at;

  if (peaks == NULL)
    return FALSE;
  for (gint64 i = 0; i < n_out; i++)
    peaks[i] = -INFINITY;
  reduce_doubles (STRATA_OP_REDUCE_MAX, in, reduced, peaks);
  for (gint64 i = 0; i < n_out; i++)
    peaks[i] = isfinite (peaks[i]) ? peaks[i] : 0.0;
  cells_init (&at, in, reduced);
  for (gint64 i = 0; i < strata_array_count (in); i++, cells_next (&at))
    sums[at.cell] += exp (strata_element_double (in->dtype, in->data, i) - peaks[at.cell]);
  for (gint64 i = 0; i < n_out; i++)
    sums[i] = peaks[i] + log (sums[i]);
  return TRUE;
}

static gboolean
reduce_floats (const StrataExec *run, const gboolean *reduced, double *cells, GError **error)
{
  const StrataArray *in = run->in[0];
  StrataArray *out = run->out[0];
  StrataOp op = run->node->op;
  gint64 n_out = strata_array_count (out), n_in = strata_array_count (in);

  for (gint64 i = 0; i < n_out; i++)
    cells[i] = first_double (op);
  if (op == STRATA_OP_REDUCE_LOG_SUM_EXP && !log_sum_exp (in, reduced, n_out, cells))
    return strata_exec_fail (error, "no memory for its peaks");
  if (op != STRATA_OP_REDUCE_LOG_SUM_EXP && !sum_floats (op, in, reduced, cells))
    reduce_doubles (op, in, reduced, cells);
  for (gint64 i = 0; i < n_out; i++)
    strata_element_set_double (out->dtype, out->data, i,
                               finish_double (op, cells[i], (double) n_in / (double) MAX (n_out, 1)));
  return TRUE;
}

static gint64
gather_int (StrataOp op, gboolean wide, gint64 sum, gint64 x)
{
  gboolean less = wide ? (guint64) sum < (guint64) x : sum < x;

  switch (op)
    {
    case STRATA_OP_REDUCE_L1:
      return (gint64) ((guint64) sum + (x < 0 && !wide ? -(guint64) x : (guint64) x));
    case STRATA_OP_REDUCE_MAX:
      return less ? x : sum;
    case STRATA_OP_REDUCE_MIN:
      return less ? sum : x;
    case STRATA_OP_REDUCE_PROD:
      return (gint64) ((guint64) sum * (guint64) x);
    case STRATA_OP_REDUCE_SUM_SQUARE:
      return (gint64) ((guint64) sum + (guint64) x * (guint64) x);
    default:
      return (gint64) ((guint64) sum + (guint64) x);
    }
}

/* Operators that stay among integers; sums wrap at 64 bits. The first element of a cell starts Max and Min. */
static void
reduce_ints (const StrataExec *run, const gboolean *reduced, gint64 *cells, gboolean *seen)
{
  const StrataArray *in = run->in[0];
  StrataArray *out = run->out[0];
  StrataOp op = run->node->op;
  gboolean extreme = op == STRATA_OP_REDUCE_MAX || op == STRATA_OP_REDUCE_MIN;
  Cells at;

  for (gint64 i = 0; i < strata_array_count (out); i++)
    cells[i] = op == STRATA_OP_REDUCE_PROD;
  cells_init (&at, in, reduced);
  for (gint64 i = 0; i < strata_array_count (in); i++, cells_next (&at))
    {
      gint64 x = strata_element_int (in->dtype, in->data, i);

      cells[at.cell] =
        extreme && !seen[at.cell] ? x : gather_int (op, in->dtype == STRATA_DTYPE_U64, cells[at.cell], x);
      seen[at.cell] = TRUE;
    }
  for (gint64 i = 0; i < strata_array_count (out); i++)
    strata_element_set_int (out->dtype, out->data, i, cells[i]);
}

static gboolean
is_whole (StrataOp op)
{
  return op == STRATA_OP_REDUCE_SUM || op == STRATA_OP_REDUCE_PROD || op == STRATA_OP_REDUCE_MAX
         || op == STRATA_OP_REDUCE_MIN || op == STRATA_OP_REDUCE_L1 || op == STRATA_OP_REDUCE_SUM_SQUARE;
}

gboolean
strata_exec_reduce (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gsize n_out = (gsize) strata_array_count (run->out[0]);
  gboolean reduced[STRATA_MAX_DIMS];
  g_autofree gboolean *seen = NULL;
  g_autofree double *cells = NULL;
  int n_axes;

  if (!strata_operand_axes (run->graph, run->node, 1, in->n_dims, reduced, &n_axes, error))
    return FALSE;
  if (n_axes <= 0 && strata_node_int (run->node, "noop_with_empty_axes", 0) == 0)
    for (int d = 0; d < in->n_dims; d++)
      reduced[d] = TRUE;
  G_STATIC_ASSERT (sizeof (gint64) == sizeof (double));
  cells = g_try_new0 (double, n_out + 1);
  seen = g_try_new0 (gboolean, n_out + 1);
  if (cells == NULL || seen == NULL)
    return strata_exec_fail (error, "no memory for its sums");
  if (strata_dtype_is_float (in->dtype) || !is_whole (run->node->op))
    return reduce_floats (run, reduced, cells, error);
  reduce_ints (run, reduced, (gint64 *) (void *) cells, seen);
  return TRUE;
}
