/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain loops in double: each result is the correctly rounded one of its formula, so there is nothing a faster variant
 * could differ by. rint rounds half to even in the default mode.
 */
#include "kernels/int-vector.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernels/int-transpose.h"

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))

static inline gint16
to_code (double steps, StrataIntTarget target)
{
  double code = rint (steps) + target.zero_point;

  return (gint16) (code < target.lo ? target.lo : code > target.hi ? target.hi : code);
}

#define LANES 64
#define POSITIONS 16

/* At most LANES sums that lie side by side, with a bias and a multiplier for each */
CLONES static void
finish_lanes (const gint32 *restrict sums,
              int n,
              const gint32 *restrict bias,
              const double *restrict multiplier,
              StrataIntTarget target,
              gint16 *restrict out)
{
  const double zero_point = target.zero_point, lo = target.lo, hi = target.hi;

  for (int i = 0; i < n; i++)
    {
      double code = __builtin_rint (((double) sums[i] + bias[i]) * multiplier[i]) + zero_point;

      code = code < lo ? lo : code;
      code = code > hi ? hi : code;
      out[i] = (gint16) (gint32) code;
    }
}

/* Some positions at once: codes lie side by side by output, and are wanted so by position. */
static void
finish_by_output (const StrataIntSums *sums, StrataIntTarget target, gint16 *out)
{
  gint16 codes[POSITIONS][LANES];

  for (gsize p = 0; p < sums->n_positions; p += POSITIONS)
    for (int j = 0; j < sums->n; j += LANES)
      {
        const int n_here = MIN (LANES, sums->n - j), n_positions = (int) MIN (POSITIONS, sums->n_positions - p);

        for (int i = 0; i < n_positions; i++)
          finish_lanes (sums->sums + (p + (gsize) i) * sums->position_stride + j, n_here, sums->bias + j,
                        sums->multiplier + j, target, codes[i]);
        strata_int_transpose (codes[0], LANES, n_positions, n_here, 0, out + (gsize) j * sums->plane + p, sums->plane);
      }
}

void
strata_int_finish (const StrataIntSums *sums, StrataIntTarget target, gint16 *out)
{
  gint32 biases[LANES];
  double multipliers[LANES];

  if (sums->n_stride == 1)
    {
      finish_by_output (sums, target, out);
      return;
    }
  for (int j = 0; j < sums->n; j++)
    {
      for (int i = 0; i < LANES; i++)
        biases[i] = sums->bias[j], multipliers[i] = sums->multiplier[j];
      for (gsize p = 0; p < sums->n_positions; p += LANES)
        finish_lanes (sums->sums + (gsize) j * sums->n_stride + p, (int) MIN (LANES, sums->n_positions - p), biases,
                      multipliers, target, out + (gsize) j * sums->plane + p);
    }
}

CLONES void
strata_int_finish_float (const StrataIntSums *sums, float lo, float hi, float *out)
{
  for (gsize j = 0; j < (gsize) sums->n; j++)
    for (gsize p = 0; p < sums->n_positions; p++)
      {
        gint32 sum = sums->sums[p * sums->position_stride + j * sums->n_stride];
        float real = (float) (((double) sum + sums->bias[j]) * sums->multiplier[j]);

        out[j * sums->plane + p] = CLAMP (real, lo, hi);
      }
}

CLONES void
strata_int_add (const gint16 *const *inputs,
                int n_inputs,
                const int *zero_points,
                const double *multipliers,
                gsize n,
                StrataIntTarget target,
                gint16 *out)
{
  for (gsize e = 0; e < n; e++)
    {
      double sum = 0;

      for (int i = 0; i < n_inputs; i++)
        sum += (inputs[i][e] - zero_points[i]) * multipliers[i];
      out[e] = to_code (sum, target);
    }
}

CLONES void
strata_int_requantise (
  const gint16 *codes, gsize n, int zero_point, double multiplier, StrataIntTarget target, gint16 *out)
{
  for (gsize e = 0; e < n; e++)
    out[e] = to_code ((codes[e] - zero_point) * multiplier, target);
}

CLONES void
strata_int_quantise (const float *reals, gsize n, double scale, StrataIntTarget target, gint16 *out)
{
  for (gsize e = 0; e < n; e++)
    out[e] = to_code (isnan (reals[e]) ? 0.0 : (double) reals[e] / scale, target);
}

CLONES void
strata_int_dequantise (const gint16 *codes, gsize n, double scale, int zero_point, float *out)
{
  for (gsize e = 0; e < n; e++)
    out[e] = (float) (scale * (codes[e] - zero_point));
}

/* The taps [from, to) of a window of @kernel taps at @origin that lie inside [0, extent) */
static void
inside_taps (int origin, int dilation, int kernel, int extent, int *from, int *to)
{
  *from = origin >= 0 ? 0 : (-origin + dilation - 1) / dilation;
  *to = origin >= extent ? 0 : MIN (kernel, (extent - 1 - origin) / dilation + 1);
  *to = MAX (*to, *from);
}

typedef struct
{
  int y0, x0;             /* plane position of tap (0, 0) */
  int ky0, ky1, kx0, kx1; /* taps inside the plane */
} Taps;

static Taps
window_taps (const StrataIntWindow *w, int y, int x)
{
  Taps t = { y * w->stride_h - w->pad_top, x * w->stride_w - w->pad_left, 0, 0, 0, 0 };

  inside_taps (t.y0, w->dilation_h, w->kernel_h, w->height, &t.ky0, &t.ky1);
  inside_taps (t.x0, w->dilation_w, w->kernel_w, w->width, &t.kx0, &t.kx1);
  return t;
}

static inline gsize
tap_offset (const StrataIntWindow *w, const Taps *t, int ky, int kx)
{
  return (gsize) (t->y0 + ky * w->dilation_h) * (gsize) w->width + (gsize) (t->x0 + kx * w->dilation_w);
}

void
strata_int_max_pool (const gint16 *codes, const StrataIntWindow *w, gint16 *out)
{
  for (int c = 0; c < w->channels; c++, codes += (gsize) w->height * (gsize) w->width)
    for (int y = 0; y < w->out_height; y++)
      for (int x = 0; x < w->out_width; x++)
        {
          Taps t = window_taps (w, y, x);
          gint16 best = G_MININT16;

          for (int ky = t.ky0; ky < t.ky1; ky++)
            for (int kx = t.kx0; kx < t.kx1; kx++)
              best = MAX (best, codes[tap_offset (w, &t, ky, kx)]);
          *out++ = best;
        }
}

void
strata_float_window_max (const float *reals, const StrataIntWindow *w, float *out)
{
  for (int c = 0; c < w->channels; c++, reals += (gsize) w->height * (gsize) w->width)
    for (int y = 0; y < w->out_height; y++)
      for (int x = 0; x < w->out_width; x++)
        {
          Taps t = window_taps (w, y, x);
          float best = -FLT_MAX;

          for (int ky = t.ky0; ky < t.ky1; ky++)
            for (int kx = t.kx0; kx < t.kx1; kx++)
              best = MAX (best, reals[tap_offset (w, &t, ky, kx)]);
          *out++ = best;
        }
}

/* Taps of a window inside the padded plane [-before, extent + after) */
static int
padded_taps (int origin, int dilation, int kernel, int extent, int after)
{
  int from, to;

  inside_taps (origin, dilation, kernel, extent + after, &from, &to);
  return to; /* taps before 0 lie in the leading padding and count */
}

void
strata_int_avg_pool (const gint16 *codes,
                     const StrataIntWindow *w,
                     int zero_point,
                     double multiplier,
                     gboolean count_padding,
                     int pad_bottom,
                     int pad_right,
                     StrataIntTarget target,
                     gint16 *out)
{
  for (int c = 0; c < w->channels; c++, codes += (gsize) w->height * (gsize) w->width)
    for (int y = 0; y < w->out_height; y++)
      for (int x = 0; x < w->out_width; x++)
        {
          Taps t = window_taps (w, y, x);
          int count = (t.ky1 - t.ky0) * (t.kx1 - t.kx0);
          gint64 sum = 0;

          for (int ky = t.ky0; ky < t.ky1; ky++)
            for (int kx = t.kx0; kx < t.kx1; kx++)
              sum += codes[tap_offset (w, &t, ky, kx)] - zero_point;
          if (count_padding)
            count = padded_taps (t.y0, w->dilation_h, w->kernel_h, w->height, pad_bottom)
                    * padded_taps (t.x0, w->dilation_w, w->kernel_w, w->width, pad_right);
          *out++ = to_code ((double) sum * multiplier / MAX (count, 1), target);
        }
}

void
strata_int_move (
  const void *in, gsize size, const StrataIntWindow *w, int out_channels, int offset_c, const void *fill, void *out)
{
  char *to = out;

  for (int c = 0; c < out_channels; c++)
    for (int y = 0; y < w->out_height; y++)
      for (int x = 0; x < w->out_width; x++, to += size)
        {
          int ic = c - offset_c, iy = y * w->stride_h - w->pad_top, ix = x * w->stride_w - w->pad_left;
          gboolean inside = ic >= 0 && ic < w->channels && iy >= 0 && iy < w->height && ix >= 0 && ix < w->width;
          gsize index = inside ? ((gsize) ic * (gsize) w->height + (gsize) iy) * (gsize) w->width + (gsize) ix : 0;

          memcpy (to, inside ? (const char *) in + index * size : fill, size);
        }
}

void
strata_float_softmax_channels (const float *reals, int channels, gsize n, float *out)
{
  for (gsize p = 0; p < n; p++)
    {
      float peak = -FLT_MAX, sum = 0;

      for (int c = 0; c < channels; c++)
        peak = MAX (peak, reals[(gsize) c * n + p]);
      for (int c = 0; c < channels; c++)
        sum += out[(gsize) c * n + p] = expf (reals[(gsize) c * n + p] - peak);
      for (int c = 0; c < channels; c++)
        out[(gsize) c * n + p] /= sum;
    }
}
