/* SPDX-License-Identifier: Apache-2.0
 *
 * The fast dot product holds sixteen sums at once (four rows times four columns), so that each loaded vector is used
 * four times; the compiler turns the loop into multiply-add of pairs. The grouped convolution goes tap by tap along
 * rows.
 */
#include "kernels/int-dot.h"

#include <string.h>

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
#define BLOCK 4

void
strata_int_gather (
  const gint16 *codes, const StrataIntWindow *window, int subtract, int fill, int y, int k0, int n_k, gint16 *out)
{
  const int taps = window->kernel_h * window->kernel_w;
  const gsize plane = (gsize) window->height * (gsize) window->width;

  for (int i = 0; i < n_k; i++)
    {
      int c = (k0 + i) / taps, tap = (k0 + i) % taps;
      int iy = y * window->stride_h + tap / window->kernel_w * window->dilation_h - window->pad_top;
      int ix = tap % window->kernel_w * window->dilation_w - window->pad_left;
      const gint16 *row = codes + (gsize) c * plane + (gssize) iy * window->width;
      gboolean inside = iy >= 0 && iy < window->height;

      for (int x = 0; x < window->out_width; x++, ix += window->stride_w)
        out[(gsize) x * (gsize) n_k + (gsize) i] =
          (gint16) (inside && ix >= 0 && ix < window->width ? row[ix] - subtract : fill);
    }
}

CLONES static void
dot_block (const gint16 *restrict a, gsize ld_a, const gint16 *restrict b, gsize ld_b, int k, gint32 *restrict out)
{
  const gint16 *a0 = a, *a1 = a + ld_a, *a2 = a + 2 * ld_a, *a3 = a + 3 * ld_a;
  const gint16 *b0 = b, *b1 = b + ld_b, *b2 = b + 2 * ld_b, *b3 = b + 3 * ld_b;
  gint32 s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  gint32 s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;

  for (int i = 0; i < k; i++)
    {
      s00 += a0[i] * b0[i], s01 += a0[i] * b1[i], s02 += a0[i] * b2[i], s03 += a0[i] * b3[i];
      s10 += a1[i] * b0[i], s11 += a1[i] * b1[i], s12 += a1[i] * b2[i], s13 += a1[i] * b3[i];
      s20 += a2[i] * b0[i], s21 += a2[i] * b1[i], s22 += a2[i] * b2[i], s23 += a2[i] * b3[i];
      s30 += a3[i] * b0[i], s31 += a3[i] * b1[i], s32 += a3[i] * b2[i], s33 += a3[i] * b3[i];
    }
  out[0] = s00, out[1] = s01, out[2] = s02, out[3] = s03, out[4] = s10, out[5] = s11, out[6] = s12, out[7] = s13;
  out[8] = s20, out[9] = s21, out[10] = s22, out[11] = s23, out[12] = s30, out[13] = s31, out[14] = s32, out[15] = s33;
}

CLONES static gint32
dot_one (const gint16 *restrict a, const gint16 *restrict b, int k)
{
  gint32 sum = 0;

  for (int i = 0; i < k; i++)
    sum += a[i] * b[i];
  return sum;
}

void
strata_int_dot (
  const gint16 *a, int n_a, gsize ld_a, const gint16 *b, int n_b, gsize ld_b, int k, gint32 *sums, gsize ld_sums)
{
  const int whole_a = n_a / BLOCK * BLOCK, whole_b = n_b / BLOCK * BLOCK;
  gint32 block[BLOCK * BLOCK];

  for (int j = 0; j < whole_b; j += BLOCK)
    for (int i = 0; i < whole_a; i += BLOCK)
      {
        dot_block (a + (gsize) i * ld_a, ld_a, b + (gsize) j * ld_b, ld_b, k, block);
        for (int r = 0; r < BLOCK; r++)
          for (int c = 0; c < BLOCK; c++)
            sums[(gsize) (i + r) * ld_sums + (gsize) (j + c)] += block[r * BLOCK + c];
      }
  for (int i = 0; i < n_a; i++)
    for (int j = i < whole_a ? whole_b : 0; j < n_b; j++)
      sums[(gsize) i * ld_sums + (gsize) j] += dot_one (a + (gsize) i * ld_a, b + (gsize) j * ld_b, k);
}

void
strata_int_dot_ref (
  const gint16 *a, int n_a, gsize ld_a, const gint16 *b, int n_b, gsize ld_b, int k, gint32 *sums, gsize ld_sums)
{
  for (int i = 0; i < n_a; i++)
    for (int j = 0; j < n_b; j++)
      for (int l = 0; l < k; l++)
        sums[(gsize) i * ld_sums + (gsize) j] += a[(gsize) i * ld_a + (gsize) l] * b[(gsize) j * ld_b + (gsize) l];
}

/* sums[i] += weight * (codes[i * stride] - zero point) */
CLONES static void
add_tap (gint32 *restrict sums, const gint16 *restrict codes, int n, int stride, gint32 weight, gint32 zero_point)
{
  if (stride == 1)
    for (int i = 0; i < n; i++)
      sums[i] += weight * (codes[i] - zero_point);
  else
    for (int i = 0; i < n; i++)
      sums[i] += weight * (codes[(gsize) i * (gsize) stride] - zero_point);
}

/* First index i >= 0 with i * stride >= from */
static int
first_inside (int from, int stride)
{
  return from <= 0 ? 0 : (from + stride - 1) / stride;
}

static void
add_tap_plane (
  const gint16 *plane, const StrataIntWindow *w, int ky, int kx, gint32 weight, gint32 zero_point, gint32 *sums)
{
  int dy = ky * w->dilation_h - w->pad_top, dx = kx * w->dilation_w - w->pad_left;
  int x0 = first_inside (-dx, w->stride_w), x1 = MIN (first_inside (w->width - dx, w->stride_w), w->out_width);
  int y0 = first_inside (-dy, w->stride_h), y1 = MIN (first_inside (w->height - dy, w->stride_h), w->out_height);

  if (x1 <= x0)
    return;
  for (int y = y0; y < y1; y++)
    add_tap (sums + (gsize) y * (gsize) w->out_width + x0,
             plane + (gsize) (y * w->stride_h + dy) * (gsize) w->width + (x0 * w->stride_w + dx), x1 - x0, w->stride_w,
             weight, zero_point);
}

void
strata_int_group_conv (const gint16 *codes,
                       const StrataIntWindow *window,
                       int zero_point,
                       int groups,
                       int n_out,
                       const gint16 *weights,
                       gint32 *sums)
{
  const int per_group = window->channels / groups, outs = n_out / groups;
  const gsize plane = (gsize) window->height * (gsize) window->width;
  const gsize out_plane = (gsize) window->out_height * (gsize) window->out_width;

  memset (sums, 0, sizeof (gint32) * (gsize) n_out * out_plane);
  for (int n = 0; n < n_out; n++)
    for (int c = 0; c < per_group; c++)
      for (int ky = 0; ky < window->kernel_h; ky++)
        for (int kx = 0; kx < window->kernel_w; kx++)
          add_tap_plane (codes + (gsize) (n / outs * per_group + c) * plane, window, ky, kx, *weights++, zero_point,
                         sums + (gsize) n * out_plane);
}

static gint32
window_sum_ref (const gint16 *codes,
                const StrataIntWindow *w,
                int zero_point,
                int channel0,
                int n_channels,
                int y,
                int x,
                const gint16 *weights)
{
  gint32 sum = 0;

  for (int c = 0; c < n_channels; c++)
    for (int ky = 0; ky < w->kernel_h; ky++)
      for (int kx = 0; kx < w->kernel_w; kx++)
        {
          int iy = y * w->stride_h + ky * w->dilation_h - w->pad_top;
          int ix = x * w->stride_w + kx * w->dilation_w - w->pad_left;

          if (iy >= 0 && iy < w->height && ix >= 0 && ix < w->width)
            sum += weights[(c * w->kernel_h + ky) * w->kernel_w + kx]
                   * (codes[((gsize) (channel0 + c) * (gsize) w->height + (gsize) iy) * (gsize) w->width + (gsize) ix]
                      - zero_point);
        }
  return sum;
}

void
strata_int_group_conv_ref (const gint16 *codes,
                           const StrataIntWindow *window,
                           int zero_point,
                           int groups,
                           int n_out,
                           const gint16 *weights,
                           gint32 *sums)
{
  const int per_group = window->channels / groups, outs = n_out / groups;
  const int k = per_group * window->kernel_h * window->kernel_w;

  for (int n = 0; n < n_out; n++)
    for (int y = 0; y < window->out_height; y++)
      for (int x = 0; x < window->out_width; x++)
        *sums++ = window_sum_ref (codes, window, zero_point, n / outs * per_group, per_group, y, x,
                                  weights + (gsize) n * (gsize) k);
}
