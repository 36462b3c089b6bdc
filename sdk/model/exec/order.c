/* SPDX-License-Identifier: Apache-2.0
 *
 * Along one axis: TopK, ArgMax, ArgMin, CumSum, CumProd, ReverseSequence, Compress; and NonZero.
 */
#include <math.h>
#include <string.h>

#include "model/element.h"
#include "model/exec/exec.h"

typedef struct
{
  gint64 outer, n, inner;
} Axis;

static Axis
split_axis (const StrataArray *in, gint64 axis)
{
  Axis a = { 1, 1, 1 };

  axis += axis < 0 ? in->n_dims : 0;
  for (int d = 0; d < in->n_dims; d++)
    *(d < axis ? &a.outer : d == axis ? &a.n : &a.inner) *= in->dims[d];
  return a;
}

/* Negative, 0 or positive as element @i stands before, with or behind @j; a NaN is the greatest */
static int
compare (const StrataArray *in, gint64 i, gint64 j)
{
  if (strata_dtype_is_float (in->dtype))
    {
      double a = strata_element_double (in->dtype, in->data, i), b = strata_element_double (in->dtype, in->data, j);

      if (isnan (a) || isnan (b))
        return (isnan (a) != 0) - (isnan (b) != 0);
      return (a > b) - (a < b);
    }
  else
    {
      gint64 a = strata_element_int (in->dtype, in->data, i), b = strata_element_int (in->dtype, in->data, j);

      if (in->dtype == STRATA_DTYPE_U64)
        return ((guint64) a > (guint64) b) - ((guint64) a < (guint64) b);
      return (a > b) - (a < b);
    }
}

typedef struct
{
  const StrataArray *in;
  gint64 base, stride;
  gboolean largest;
} Ranking;

/* Equal elements stay in order of their index. */
static int
rank_cb (gconstpointer a, gconstpointer b, gpointer data)
{
  const Ranking *ranking = data;
  gint64 i = *(const gint64 *) a, j = *(const gint64 *) b;
  int order = compare (ranking->in, ranking->base + i * ranking->stride, ranking->base + j * ranking->stride);

  order = ranking->largest ? -order : order;
  return order != 0 ? order : (i > j) - (i < j);
}

static void
take_top (const Ranking *ranking, const gint64 *order, gint64 k, gint64 at, const StrataExec *run)
{
  gsize size = strata_dtype_size (ranking->in->dtype);
  StrataArray *values = run->out[0], *places = run->node->n_outputs > 1 ? run->out[1] : NULL;

  for (gint64 i = 0; i < k; i++)
    {
      gint64 from = ranking->base + order[i] * ranking->stride, to = at + i * ranking->stride;

      if (values != NULL)
        memcpy ((guint8 *) values->data + (gsize) to * size, (const guint8 *) ranking->in->data + (gsize) from * size,
                size);
      if (places != NULL)
        ((gint64 *) places->data)[to] = order[i];
    }
}

gboolean
strata_exec_top_k (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *any = run->out[0] != NULL ? run->out[0] : run->out[1];
  gint64 axis = strata_node_int (run->node, "axis", -1);
  Axis a = split_axis (in, axis);
  g_autofree gint64 *order = g_try_new (gint64, (gsize) a.n + 1);
  gint64 k = any->dims[axis + (axis < 0 ? in->n_dims : 0)];

  if (order == NULL)
    return strata_exec_fail (error, "no memory for %" G_GINT64_FORMAT " indices", a.n);
  for (gint64 o = 0; o < a.outer; o++)
    for (gint64 i = 0; i < a.inner; i++)
      {
        Ranking ranking = { in, o * a.n * a.inner + i, a.inner, strata_node_int (run->node, "largest", 1) != 0 };

        for (gint64 j = 0; j < a.n; j++)
          order[j] = j;
        g_qsort_with_data (order, (int) a.n, sizeof *order, rank_cb, &ranking);
        take_top (&ranking, order, k, o * k * a.inner + i, run);
      }
  return TRUE;
}

gboolean
strata_exec_arg (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  Axis a = split_axis (in, strata_node_int (run->node, "axis", 0));
  int sign = run->node->op == STRATA_OP_ARG_MAX ? 1 : -1;
  gboolean last = strata_node_int (run->node, "select_last_index", 0) != 0;
  gint64 *out = run->out[0]->data;

  for (gint64 o = 0; o < a.outer; o++)
    for (gint64 i = 0; i < a.inner; i++)
      {
        gint64 base = o * a.n * a.inner + i, best = 0;

        for (gint64 j = 1; j < a.n; j++)
          {
            int order = sign * compare (in, base + j * a.inner, base + best * a.inner);

            if (order > 0 || (last && order == 0))
              best = j;
          }
        *out++ = best;
      }
  return TRUE;
}

/* @from and @source: elements of the output and the input, -1 for the neutral one */
static void
accumulate (const StrataArray *in, StrataArray *out, gboolean multiply, gint64 at, gint64 from, gint64 source)
{
  if (strata_dtype_is_float (in->dtype))
    {
      double neutral = multiply ? 1.0 : 0.0;
      double a = from < 0 ? neutral : strata_element_double (in->dtype, out->data, from);
      double b = source < 0 ? neutral : strata_element_double (in->dtype, in->data, source);

      strata_element_set_double (in->dtype, out->data, at, multiply ? a * b : a + b);
    }
  else
    {
      guint64 neutral = multiply ? 1 : 0;
      guint64 a = from < 0 ? neutral : (guint64) strata_element_int (in->dtype, out->data, from);
      guint64 b = source < 0 ? neutral : (guint64) strata_element_int (in->dtype, in->data, source);

      strata_element_set_int (in->dtype, out->data, at, (gint64) (multiply ? a * b : a + b));
    }
}

gboolean
strata_exec_cum_sum (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  Axis a = split_axis (in, strata_element_int (run->in[1]->dtype, run->in[1]->data, 0));
  gboolean exclusive = strata_node_int (run->node, "exclusive", 0) != 0;
  gboolean reverse = strata_node_int (run->node, "reverse", 0) != 0;
  gboolean multiply = run->node->op == STRATA_OP_CUM_PROD;

  for (gint64 o = 0; o < a.outer; o++)
    for (gint64 i = 0; i < a.inner; i++)
      {
        gint64 base = o * a.n * a.inner + i, step = reverse ? -a.inner : a.inner;
        gint64 at = reverse ? base + (a.n - 1) * a.inner : base;

        for (gint64 j = 0; j < a.n; j++, at += step)
          accumulate (in, run->out[0], multiply, at, j == 0 ? -1 : at - step,
                      !exclusive ? at
                      : j == 0   ? -1
                                 : at - step);
      }
  return TRUE;
}

gboolean
strata_exec_reverse_sequence (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gboolean time_first = strata_node_int (run->node, "time_axis", 0) == 0;
  gint64 n_times = in->dims[!time_first], n_batch = in->dims[time_first];
  gsize size = strata_dtype_size (in->dtype);
  const gint64 *lengths = run->in[1]->data;

  for (int d = 2; d < in->n_dims; d++)
    size *= (gsize) in->dims[d];
  for (gint64 b = 0; b < n_batch; b++)
    for (gint64 t = 0; t < n_times; t++)
      {
        gint64 length = CLAMP (lengths[b], 0, n_times), from = t < length ? length - 1 - t : t;

        memcpy ((guint8 *) run->out[0]->data + (gsize) (time_first ? t * n_batch + b : b * n_times + t) * size,
                (const guint8 *) in->data + (gsize) (time_first ? from * n_batch + b : b * n_times + from) * size,
                size);
      }
  return TRUE;
}

gboolean
strata_exec_compress (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *keep = run->in[1];
  const StrataAttr *attr = strata_node_attr (run->node, "axis");
  Axis a = attr == NULL ? (Axis){ 1, strata_array_count (in), 1 } : split_axis (in, attr->i);
  gsize size = strata_dtype_size (in->dtype) * (gsize) a.inner;
  guint8 *out = run->out[0]->data;

  for (gint64 o = 0; o < a.outer; o++)
    for (gint64 i = 0; i < MIN (a.n, strata_array_count (keep)); i++)
      if (((const guint8 *) keep->data)[i] != 0)
        {
          memcpy (out, (const guint8 *) in->data + (gsize) (o * a.n + i) * size, size);
          out += size;
        }
  return TRUE;
}

gboolean
strata_exec_non_zero (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gint64 n_found = run->out[0]->dims[1], column = 0;
  gint64 *out = run->out[0]->data;

  for (gint64 i = 0; i < strata_array_count (in) && column < n_found; i++)
    {
      gint64 rest = i;

      if (strata_element_double (in->dtype, in->data, i) == 0.0)
        continue;
      for (int d = in->n_dims - 1; d >= 0; d--)
        {
          out[d * n_found + column] = rest % in->dims[d];
          rest /= in->dims[d];
        }
      column++;
    }
  return TRUE;
}
