/* SPDX-License-Identifier: Apache-2.0
 *
 * Weights to integers, one scale per output channel, symmetric. Integers of the file go over as they are. Few levels
 * take the scale of least squared error; many take the largest weight. The bias is moved by what rounding the weights
 * shifts the mean output (Nagel et al. 2019, "Data-free quantization through weight equalization and bias correction").
 */
#include <math.h>

#include "compiler/quantise/ranges.h"
#include "kernels/int-rows.h"

/* With this many levels or fewer, clipping outliers pays. */
#define FEW_LEVELS 31
#define SHARE_STEP 0.02
#define N_SHARES 31
/* Steps that are looked at first; two of them without gain end the look. Rows of fewer weights have many valleys, and
 * cost little. */
#define COARSE_STEP 4
#define FEW_WEIGHTS 256
/* Weights of the digital MAC units are int8. */
#define MAC_WEIGHT_MAX 127

/* The least error is looked for downhill: it has one valley but for what rounding adds, which moves it by a part in a
 * hundred. */
static double
choose_row_scale (const float *row, int k, double gain, int most)
{
  double peak = strata_row_peak (row, (gsize) k, gain), best = INFINITY;
  int at = 0, middle, coarse = k < FEW_WEIGHTS ? 1 : COARSE_STEP, reach = k < FEW_WEIGHTS ? N_SHARES : 2 * coarse;

  if (most > FEW_LEVELS || !(peak > 0))
    return peak / most;
  for (int i = 0; i < N_SHARES && i <= at + reach; i += coarse)
    {
      double error = strata_row_error (row, (gsize) k, gain, peak / most * (1 - SHARE_STEP * i), most);

      if (error < best)
        {
          best = error;
          at = i;
        }
    }
  for (int step = coarse / 2; step >= 1; step /= 2)
    {
      middle = at;
      for (int i = middle - step; i <= middle + step; i += 2 * step)
        {
          double error = i < 0 || i >= N_SHARES
                           ? INFINITY
                           : strata_row_error (row, (gsize) k, gain, peak / most * (1 - SHARE_STEP * i), most);

          if (error < best)
            {
              best = error;
              at = i;
            }
        }
    }
  return peak / most * (1 - SHARE_STEP * at);
}

static double
mean_shift (const float *row, const gint16 *q, int k, double gain, double scale, const double *means, int kernel)
{
  double shift = 0;

  for (int i = 0; i < k; i++)
    shift += (gain * (double) row[i] - scale * q[i]) * means[i / kernel];
  return shift;
}

static gboolean
overflow (const StrataLoweredOp *op, GError **error)
{
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED,
               "node %s (%s): its sums of %d products can leave 32 bits; split the operator along its inputs", op->name,
               op->onnx, op->k);
  return FALSE;
}

static gboolean
copy_integers (const StrataLoweredOp *op, int span, double unit, gint16 *weights, gint32 *bias, GError **error)
{
  for (int n = 0; n < op->n; n++)
    {
      double b = op->bias_integers != NULL ? op->bias_integers[n]
                 : op->bias != NULL        ? rint (op->bias[n] / (unit * op->scale[n]))
                                           : 0;
      gint64 sum = 0;

      for (int k = 0; k < op->k; k++)
        {
          gsize i = (gsize) n * (gsize) op->k + (gsize) k;

          weights[i] = op->integers[i];
          sum += (gint64) ABS (weights[i]) * span;
        }
      if (!(fabs (b) + (double) sum <= G_MAXINT32))
        return overflow (op, error);
      bias[n] = (gint32) b;
    }
  return TRUE;
}

static gboolean
round_floats (const StrataLoweredOp *op,
              int most,
              int span,
              double unit,
              const double *means,
              gboolean per_channel,
              gint16 *weights,
              gint32 *bias,
              double *scale,
              GError **error)
{
  int kernel = op->window.kernel_h * op->window.kernel_w;
  int per_group = op->n / op->window.groups, channels = op->k / kernel;
  double common = 0;

  for (int n = 0; n < op->n && !per_channel; n++)
    common = MAX (common, choose_row_scale (op->weights + (gsize) n * (gsize) op->k, op->k, op->scale[n], most));
  for (int n = 0; n < op->n; n++)
    {
      const float *row = op->weights + (gsize) n * (gsize) op->k;
      gint16 *out = weights + (gsize) n * (gsize) op->k;
      double b = op->bias != NULL ? op->bias[n] : 0;

      /* A bias beyond 2^29 steps, from a channel of almost nothing, takes a coarser step. */
      scale[n] = per_channel ? choose_row_scale (row, op->k, op->scale[n], most) : common;
      scale[n] = MAX (scale[n], fabs (b) / (unit * 0x1p29));
      if (!(scale[n] > 0))
        scale[n] = 1;
      /* The largest possible |sum| of its products */
      while (strata_row_round (row, (gsize) op->k, op->scale[n], scale[n], most, out) * span > G_MAXINT32 - 0x20000001)
        {
          scale[n] *= 2;
          if (!isfinite (scale[n]))
            return overflow (op, error);
        }
      if (means != NULL)
        b += mean_shift (row, out, op->k, op->scale[n], scale[n], means + n / per_group * channels, kernel);
      bias[n] = (gint32) CLAMP (rint (b / (unit * scale[n])), -0x1p29, 0x1p29);
    }
  return TRUE;
}

void
strata_quantise_levels (const StrataLoweredOp *op,
                        const StrataChipSpec *chip,
                        const StrataCalibration *calibration,
                        StrataQOp *q)
{
  int most = 0;

  for (gsize i = 0; op->integers != NULL && i < (gsize) op->n * (gsize) op->k; i++)
    most = MAX (most, ABS ((int) op->integers[i]));
  if (op->integers != NULL)
    {
      q->weight_max = most <= 127 ? 127 : most <= 128 ? 128 : 255;
      q->n_slices = 1;
      while (q->kind == STRATA_QOP_MVM && (1 << (chip->cell_bits * q->n_slices)) - 1 < q->weight_max)
        q->n_slices++;
      return;
    }
  q->n_slices = q->kind == STRATA_QOP_MVM ? MIN (chip->slices, MAX (1, 8 / chip->cell_bits)) : 1;
  for (int i = 0; calibration->choices != NULL && i < calibration->n_choices && q->kind == STRATA_QOP_MVM; i++)
    if (calibration->choices[i].node == op->node && calibration->choices[i].n_slices > 0)
      q->n_slices = MIN (calibration->choices[i].n_slices, MAX (1, 8 / chip->cell_bits));
  q->weight_max = q->kind == STRATA_QOP_MVM ? MIN ((1 << (chip->cell_bits * q->n_slices)) - 1, 255) : MAC_WEIGHT_MAX;
}

gboolean
strata_quantise_weights (const StrataLoweredOp *op,
                         const StrataQTensor *input,
                         const double *means,
                         gboolean per_channel,
                         StrataArena *arena,
                         StrataQOp *q,
                         double *scale,
                         GError **error)
{
  gint16 *weights = strata_arena_array (arena, gint16, (gsize) op->n * (gsize) op->k);
  gint32 *bias = strata_arena_array (arena, gint32, op->n);
  int span = MAX (127 - input->zero_point, input->zero_point + 128);

  q->n = op->n;
  q->k = op->k;
  q->weights = weights;
  q->bias = bias;
  if (op->integers == NULL)
    return round_floats (op, q->weight_max, span, input->scale, means, per_channel, weights, bias, scale, error);
  for (int n = 0; n < op->n; n++)
    scale[n] = op->scale[n];
  return copy_integers (op, span, input->scale, weights, bias, error);
}
