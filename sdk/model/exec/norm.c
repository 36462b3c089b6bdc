/* SPDX-License-Identifier: Apache-2.0
 *
 * Softmax and its kin, and normalisations. Statistics are in double.
 */
#include <math.h>
#include <string.h>

#include "kernels/float-vector.h"
#include "model/exec/broadcast.h"
#include "model/element.h"
#include "model/exec/double.h"
#include "model/exec/exec.h"
#include "model/exec/rows.h"
#include "model/operands.h"

void
strata_log_softmax (const float *in, gint64 n, gint64 step, float *out)
{
  double peak = -INFINITY, sum = 0.0;

  for (gint64 i = 0; i < n; i++)
    peak = MAX (peak, (double) in[i * step]);
  for (gint64 i = 0; i < n; i++)
    sum += exp ((double) in[i * step] - peak);
  for (gint64 i = 0; i < n; i++)
    out[i * step] = (float) ((double) in[i * step] - peak - log (sum));
}

/* One at the first maximum */
static void
hardmax (const float *in, gint64 n, gint64 step, float *out)
{
  gint64 best = 0;

  for (gint64 i = 0; i < n; i++)
    {
      best = in[i * step] > in[best * step] ? i : best;
      out[i * step] = 0.0f;
    }
  if (n > 0)
    out[best * step] = 1.0f;
}

static void
softmax (const float *in, gint64 n, gint64 step, float *out)
{
  float peak = -INFINITY;
  double sum = 0.0;

  if (step == 1)
    {
      strata_float_softmax (in, n, out);
      return;
    }
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
  void (*rows) (const float *, gint64, gint64, float *) = softmax;

  if (run->node->op == STRATA_OP_LOG_SOFTMAX)
    rows = strata_log_softmax;
  else if (run->node->op == STRATA_OP_HARDMAX)
    rows = hardmax;
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
      if (in->dtype == STRATA_DTYPE_F64)
        strata_double_softmax (run->node->op, (const double *) in->data + o * n * inner + i, n, inner,
                               (double *) run->out[0]->data + o * n * inner + i);
      else
        rows ((const float *) in->data + o * n * inner + i, n, inner, (float *) run->out[0]->data + o * n * inner + i);
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

/* A run of @n elements, @step apart: (x - mean) / deviation */
typedef struct
{
  double mean, inverse; /* of the deviation */
} Moments;

static Moments
measure (const StrataArray *in, gint64 at, gint64 n, gint64 step, double epsilon, gboolean centred)
{
  Moments m = { 0.0, 0.0 };
  double squares = 0.0;

  for (gint64 i = 0; centred && i < n; i++)
    m.mean += strata_element_double (in->dtype, in->data, at + i * step);
  m.mean /= (double) n;
  for (gint64 i = 0; i < n; i++)
    {
      double x = strata_element_double (in->dtype, in->data, at + i * step) - m.mean;

      squares += x * x;
    }
  m.inverse = 1.0 / sqrt (squares / (double) n + epsilon);
  return m;
}

/* @operand spread over the dimensions of @in from @axis on; NULL: no memory */
static double *
spread (const StrataArray *in, int axis, const StrataArray *operand)
{
  StrataArray target = { .n_dims = in->n_dims - axis };
  StrataBroadcast walk;
  double *values, *at;

  memcpy (target.dims, in->dims + axis, sizeof (gint64) * (gsize) target.n_dims);
  values = at = g_try_new (double, (gsize) strata_array_count (&target) + 1);
  if (values == NULL)
    return NULL;
  strata_broadcast_init (&walk, &target, &operand, 1);
  for (gint64 r = 0; r < walk.n_rows; r++, strata_broadcast_next (&walk))
    for (gint64 i = 0; i < walk.row; i++)
      *at++ = strata_element_double (operand->dtype, operand->data, walk.offset[0] + i * walk.step[0]);
  return values;
}

/* Rows of float32 by the kernels: scale and offset of a row's size, and no statistics asked for */
static gboolean
normalise_floats (const StrataExec *run, gint64 outer, gint64 n, double epsilon, gboolean centred)
{
  const StrataArray *in = run->in[0], *scale = run->in[1], *offset = strata_exec_in (run, 2);

  if (in->dtype != STRATA_DTYPE_F32 || scale->dtype != STRATA_DTYPE_F32 || strata_array_count (scale) != n
      || (offset != NULL && (offset->dtype != STRATA_DTYPE_F32 || strata_array_count (offset) != n)))
    return FALSE;
  for (int i = 1; i < run->node->n_outputs; i++)
    if (run->out[i] != NULL)
      return FALSE;
  for (gint64 o = 0; o < outer; o++)
    strata_float_normalise ((const float *) in->data + o * n, n, epsilon, centred, scale->data,
                            offset == NULL ? NULL : offset->data, (float *) run->out[0]->data + o * n);
  return TRUE;
}

/* LayerNormalization, RMSNormalization and SimplifiedLayerNormalization, which gives no mean */
gboolean
strata_exec_layer_norm (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *offset = strata_exec_in (run, 2);
  gboolean centred = run->node->op == STRATA_OP_LAYER_NORMALIZATION;
  double epsilon = (double) strata_node_float (run->node, "epsilon", 1e-5f);
  gint64 axis = strata_node_int (run->node, "axis", -1), outer = 1, n = 1;
  g_autofree double *scales = NULL;
  g_autofree double *offsets = NULL;

  axis += axis < 0 ? in->n_dims : 0;
  for (int d = 0; d < in->n_dims; d++)
    *(d < axis ? &outer : &n) *= in->dims[d];
  if (normalise_floats (run, outer, n, epsilon, centred))
    return TRUE;
  scales = spread (in, (int) axis, run->in[1]);
  offsets = offset == NULL ? g_new0 (double, 1) : spread (in, (int) axis, offset);
  if (scales == NULL || offsets == NULL)
    return strata_exec_fail (error, "no memory for its scales");
  for (gint64 o = 0; o < outer; o++)
    {
      Moments m = measure (in, o * n, n, 1, epsilon, centred);

      for (gint64 i = 0; i < n; i++)
        strata_element_set_double (in->dtype, run->out[0]->data, o * n + i,
                                   (strata_element_double (in->dtype, in->data, o * n + i) - m.mean) * m.inverse
                                       * scales[i]
                                     + (offset == NULL ? 0.0 : offsets[i]));
      if (run->node->n_outputs > 1 && run->out[1] != NULL)
        ((float *) run->out[1]->data)[o] = (float) (centred ? m.mean : m.inverse);
      if (run->node->n_outputs > 2 && run->out[2] != NULL)
        ((float *) run->out[2]->data)[o] = (float) m.inverse;
    }
  return TRUE;
}

/* InstanceNormalization is a group per channel. */
gboolean
strata_exec_channel_norm (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *scale = run->in[1], *offset = run->in[2];
  double epsilon = (double) strata_node_float (run->node, "epsilon", 1e-5f);
  gint64 channels = in->dims[1], plane = 1;
  gint64 groups =
    run->node->op == STRATA_OP_GROUP_NORMALIZATION ? strata_node_int (run->node, "num_groups", 1) : channels;
  gint64 n;

  for (int d = 2; d < in->n_dims; d++)
    plane *= in->dims[d];
  n = groups == 0 ? 0 : channels / groups * plane;
  for (gint64 g = 0; g < in->dims[0] * groups; g++)
    {
      Moments m = measure (in, g * n, n, 1, epsilon, TRUE);

      for (gint64 i = 0; i < n; i++)
        {
          gint64 channel = g % groups * (n / plane) + i / plane;
          gint64 which = scale->dims[0] == channels ? channel : g % groups;

          strata_element_set_double (in->dtype, run->out[0]->data, g * n + i,
                                     (strata_element_double (in->dtype, in->data, g * n + i) - m.mean) * m.inverse
                                         * strata_element_double (scale->dtype, scale->data, which)
                                       + strata_element_double (offset->dtype, offset->data, which));
        }
    }
  return TRUE;
}

gboolean
strata_exec_lp_normalization (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gint64 axis = strata_node_int (run->node, "axis", -1), n, inner = 1, outer = 1;
  gboolean square = strata_node_int (run->node, "p", 2) == 2;

  axis += axis < 0 ? in->n_dims : 0;
  n = in->dims[axis];
  for (int d = 0; d < in->n_dims; d++)
    if (d != axis)
      *(d < axis ? &outer : &inner) *= in->dims[d];
  for (gint64 o = 0; o < outer * inner; o++)
    {
      gint64 at = o / inner * n * inner + o % inner;
      double sum = 0.0;

      for (gint64 i = 0; i < n; i++)
        {
          double x = strata_element_double (in->dtype, in->data, at + i * inner);

          sum += square ? x * x : fabs (x);
        }
      sum = square ? sqrt (sum) : sum;
      for (gint64 i = 0; i < n; i++)
        strata_element_set_double (in->dtype, run->out[0]->data, at + i * inner,
                                   sum == 0.0 ? 0.0
                                              : strata_element_double (in->dtype, in->data, at + i * inner) / sum);
    }
  return TRUE;
}

/* ONNX divides by the deviation + 1e-9 (MeanVarianceNormalization-13, function body). */
gboolean
strata_exec_mean_variance (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gint64 n = strata_array_count (in), n_cells = 1;
  gboolean reduced[STRATA_MAX_DIMS] = { TRUE, FALSE, TRUE, TRUE };
  g_autofree gint64 *cell = g_try_new (gint64, (gsize) n + 1);
  g_autofree double *sums = g_try_new0 (double, 2 * (gsize) n + 1);
  gboolean axes[STRATA_MAX_DIMS];
  int n_axes;

  if (cell == NULL || sums == NULL)
    return strata_exec_fail (error, "no memory for its sums");
  if (!strata_operand_axes (run->graph, run->node, -1, in->n_dims, axes, &n_axes, error))
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    {
      reduced[d] = n_axes < 0 ? reduced[d] : axes[d];
      n_cells *= reduced[d] ? 1 : in->dims[d];
    }
  for (gint64 i = 0; i < n; i++)
    {
      gint64 rest = i, stride = 1;

      cell[i] = 0;
      for (int d = in->n_dims - 1; d >= 0; d--)
        {
          cell[i] += reduced[d] ? 0 : rest % in->dims[d] * stride;
          stride *= reduced[d] ? 1 : in->dims[d];
          rest /= in->dims[d];
        }
      sums[cell[i]] += strata_element_double (in->dtype, in->data, i) * (double) n_cells / (double) n;
    }
  for (gint64 i = 0; i < n; i++)
    {
      double x = strata_element_double (in->dtype, in->data, i) - sums[cell[i]];

      sums[n + cell[i]] += x * x * (double) n_cells / (double) n;
    }
  for (gint64 i = 0; i < n; i++)
    strata_element_set_double (in->dtype, run->out[0]->data, i,
                               (strata_element_double (in->dtype, in->data, i) - sums[cell[i]])
                                 / (sqrt (sums[n + cell[i]]) + 1e-9));
  return TRUE;
}

/* x / (bias + alpha / size x sum of squares over neighbouring channels) ^ beta */
gboolean
strata_exec_lrn (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gint64 size = strata_node_int (run->node, "size", 1), channels = in->dims[1], plane = 1;
  double alpha = (double) strata_node_float (run->node, "alpha", 1e-4f) / (double) size;
  double beta = (double) strata_node_float (run->node, "beta", 0.75f);
  double bias = (double) strata_node_float (run->node, "bias", 1.0f);

  for (int d = 2; d < in->n_dims; d++)
    plane *= in->dims[d];
  if (in->dtype == STRATA_DTYPE_F32)
    {
      StrataFloatResponse r = { channels, plane, (size - 1) / 2, size / 2, alpha, beta, bias };

      for (gint64 n = 0; n < in->dims[0]; n++)
        strata_float_normalise_response (&r, (const float *) in->data + n * channels * plane,
                                         (float *) run->out[0]->data + n * channels * plane);
      return TRUE;
    }
  for (gint64 i = 0; i < strata_array_count (in); i++)
    {
      gint64 c = i / plane % channels;
      gint64 first = MAX (c - (size - 1) / 2, 0), last = MIN (c + size / 2, channels - 1);
      double sum = 0.0;

      for (gint64 k = first; k <= last; k++)
        {
          double x = strata_element_double (in->dtype, in->data, i + (k - c) * plane);

          sum += x * x;
        }
      strata_element_set_double (in->dtype, run->out[0]->data, i,
                                 strata_element_double (in->dtype, in->data, i) / pow (bias + alpha * sum, beta));
    }
  return TRUE;
}
