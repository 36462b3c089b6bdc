/* SPDX-License-Identifier: Apache-2.0
 *
 * What the vector unit does, in integers: finishing sums, adding, pooling, moving, changing scale, functions of one
 * element. Codes are int16 whatever their format. All rounding is half to even, in double.
 */
#pragma once

#include "kernels/int-dot.h"

/* Where codes end up: clamp to [lo, hi] after adding the zero point. */
typedef struct
{
  int zero_point, lo, hi;
} StrataIntTarget;

/* Sums of n outputs, that of position p and output j at sums[p * position_stride + j * n_stride], one of the strides 1;
 * and what they become: output j at out[j * plane + p] */
typedef struct
{
  const gint32 *sums;
  gsize position_stride, n_stride;
  gsize n_positions;
  int n;
  const gint32 *bias;       /* n */
  const double *multiplier; /* n */
  gsize plane;
} StrataIntSums;

/* To codes: clamp (rint ((sum + bias[n]) * multiplier[n]) + zero point) */
void strata_int_finish (const StrataIntSums *sums, StrataIntTarget target, gint16 *out);
/* The same to floats: clamp ((float) ((sum + bias[n]) * multiplier[n]), lo, hi) */
void strata_int_finish_float (const StrataIntSums *sums, float lo, float hi, float *out);

/* out = clamp (rint (sum_i (inputs[i] - zero_points[i]) * multipliers[i]) + zero point) */
void strata_int_add (const gint16 *const *inputs,
                     int n_inputs,
                     const int *zero_points,
                     const double *multipliers,
                     gsize n,
                     StrataIntTarget target,
                     gint16 *out);
/* out = clamp (rint ((x - zero point) * multiplier) + zero point of the target) */
void strata_int_requantise (
  const gint16 *codes, gsize n, int zero_point, double multiplier, StrataIntTarget target, gint16 *out);
/* out = clamp (rint (x / scale) + zero point); NaN becomes the zero point */
void strata_int_quantise (const float *reals, gsize n, double scale, StrataIntTarget target, gint16 *out);
void strata_int_dequantise (const gint16 *codes, gsize n, double scale, int zero_point, float *out);

/* Windows that lie wholly in the padding give the lowest code. */
void strata_int_max_pool (const gint16 *codes, const StrataIntWindow *window, gint16 *out);
/* clamp (rint (sum (x - zero point) * multiplier / count) + zero point); @count_padding counts padded taps too, within
 * @pad_bottom and @pad_right of the plane. */
void strata_int_avg_pool (const gint16 *codes,
                          const StrataIntWindow *window,
                          int zero_point,
                          double multiplier,
                          gboolean count_padding,
                          int pad_bottom,
                          int pad_right,
                          StrataIntTarget target,
                          gint16 *out);
/* The same maximum of floats; -FLT_MAX where a window has nothing but padding. */
void strata_float_window_max (const float *reals, const StrataIntWindow *window, float *out);

/* A strided slice and pad of elements of @size bytes: out[c][y][x] = in[c - offset_c][y * stride_h - pad_top]
 * [x * stride_w - pad_left] (offsets as negative padding), @fill outside. @out_channels planes are written. */
void strata_int_move (const void *in,
                      gsize size,
                      const StrataIntWindow *window,
                      int out_channels,
                      int offset_c,
                      const void *fill,
                      void *out);

/* Softmax over @channels of each of @n positions, [channel][position], in float. */
void strata_float_softmax_channels (const float *reals, int channels, gsize n, float *out);
