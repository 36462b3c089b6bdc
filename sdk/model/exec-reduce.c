/* SPDX-License-Identifier: Apache-2.0
 *
 * Reductions, Softmax and BatchNormalization. Sums are in double.
 */
#include <math.h>
#include <string.h>

#include "model/element.h"
#include "model/exec.h"
#include "model/operands.h"

/* Adds element by element into the cell that the kept dimensions name. */
static void
sum_into (const StrataArray *in, const gboolean *reduced, double *sums)
{
  gint64 stride[STRATA_MAX_DIMS], index[STRATA_MAX_DIMS] = { 0 };
  gint64 n = strata_array_count (in), cell = 0, next = 1;

  for (int d = in->n_dims - 1; d >= 0; d--)
    {
      stride[d] = reduced[d] ? 0 : next;
      next *= reduced[d] ? 1 : in->dims[d];
    }
  for (gint64 i = 0; i < n; i++)
    {
      sums[cell] += strata_element_double (in->dtype, in->data, i);
      for (int d = in->n_dims - 1; d >= 0; d--)
        {
          cell += stride[d];
          if (++index[d] < in->dims[d])
            break;
          cell -= stride[d] * in->dims[d];
          index[d] = 0;
        }
    }
}

gboolean
strata_exec_reduce (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  StrataArray *out = run->out[0];
  gint64 n_out = strata_array_count (out), n_in = strata_array_count (in);
  g_autofree double *sums = g_try_new0 (double, (gsize) n_out + 1);
  gboolean reduced[STRATA_MAX_DIMS];
  int n_axes;

  if (sums == NULL)
    return strata_exec_fail (error, "no memory for its sums");
  if (!strata_operand_axes (run->graph, run->node, 1, in->n_dims, reduced, &n_axes, error))
    return FALSE;
  if (n_axes <= 0 && strata_node_int (run->node, "noop_with_empty_axes", 0) == 0)
    for (int d = 0; d < in->n_dims; d++)
      reduced[d] = TRUE;
  sum_into (in, reduced, sums);
  for (gint64 i = 0; i < n_out; i++)
    strata_element_set_double (out->dtype, out->data, i, sums[i] / ((double) n_in / (double) n_out));
  return TRUE;
}

static void
softmax (const float *in, gint64 n, gint64 step, float *out)
{
  float peak = -INFINITY;
  double sum = 0.0;

  for (gint64 i = 0; i < n; i++)
    peak = MAX (peak, in[i * step]);
  for (gint64 i = 0; i < n; i++)
    {
      out[i * step] = expf (in[i * step] - peak);
      sum += (double) out[i * step];
    }
  for (gint64 i = 0; i < n; i++)
    out[i * step] = (float) ((double) out[i * step] / sum);
}

/* Before opset 13 all dimensions from the axis on count as one. */
gboolean
strata_exec_softmax (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gboolean merged = run->graph->opset < 13;
  gint64 axis = strata_node_int (run->node, "axis", merged ? 1 : -1);
  gint64 outer = 1, n = 1, inner = 1;

  axis += axis < 0 ? in->n_dims : 0;
  for (int d = 0; d < in->n_dims; d++)
    if (d < axis)
      outer *= in->dims[d];
    else if (d == axis || merged)
      n *= in->dims[d];
    else
      inner *= in->dims[d];
  for (gint64 o = 0; o < outer; o++)
    for (gint64 i = 0; i < inner; i++)
      softmax ((const float *) in->data + o * n * inner + i, n, inner, (float *) run->out[0]->data + o * n * inner + i);
  return TRUE;
}

gboolean
strata_exec_batch_norm (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  const float *scale = run->in[1]->data, *offset = run->in[2]->data, *mean = run->in[3]->data, *var = run->in[4]->data;
  float epsilon = strata_node_float (run->node, "epsilon", 1e-5f);
  const float *x = in->data;
  float *out = run->out[0]->data;
  gint64 plane = 1;

  for (int d = 2; d < in->n_dims; d++)
    plane *= in->dims[d];
  for (gint64 n = 0; n < in->dims[0]; n++)
    for (gint64 c = 0; c < in->dims[1]; c++)
      {
        double factor = (double) scale[c] / sqrt ((double) var[c] + (double) epsilon);
        float a = (float) factor, b = (float) ((double) offset[c] - (double) mean[c] * factor);

        for (gint64 i = 0; i < plane; i++)
          *out++ = a * *x++ + b;
      }
  return TRUE;
}
