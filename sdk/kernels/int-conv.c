/* SPDX-License-Identifier: Apache-2.0
 *
 * A channel at a time, its plane with the padding around it, less the zero point: then each tap is one shift of the
 * whole plane, rows end to end, and what lies between the rows is left out afterwards. Planes of a few elements are
 * vectors of some length in this way too.
 */
#include "kernels/int-conv.h"

#include <string.h>

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
/* Taps that one pass over the plane adds: a window of 3 x 3 */
#define TAPS 9

/* A padded plane, and the sums that begin at each of its elements */
typedef struct
{
  const StrataIntWindow *window;
  gsize width;        /* of the padded plane */
  gsize size, n_sums; /* elements; of which so many are the first of a window */
  gint32 *codes, *sums;
} Plane;

static void
plane_init (Plane *plane, const StrataIntWindow *w)
{
  const gsize last_y = (gsize) ((w->out_height - 1) * w->stride_h), last_x = (gsize) ((w->out_width - 1) * w->stride_w);
  const gsize taps_y = (gsize) ((w->kernel_h - 1) * w->dilation_h),
              taps_x = (gsize) ((w->kernel_w - 1) * w->dilation_w);

  plane->window = w;
  plane->width = last_x + taps_x + 1;
  plane->size = (last_y + taps_y + 1) * plane->width;
  plane->n_sums = last_y * plane->width + last_x + 1;
  plane->codes = g_new0 (gint32, plane->size + plane->n_sums);
  plane->sums = plane->codes + plane->size;
}

static void
plane_finish (Plane *plane)
{
  g_free (plane->codes);
}

/* What lies outside stays zero. */
CLONES static void
load (const Plane *plane, const gint16 *codes, int zero_point)
{
  const StrataIntWindow *w = plane->window;
  const int n_rows = (int) (plane->size / plane->width);
  const int x0 = w->pad_left, x1 = MIN (x0 + w->width, (int) plane->width);

  for (int y = MAX (0, -w->pad_top); y < w->height && y + w->pad_top < n_rows; y++)
    {
      const gint16 *from = codes + (gsize) y * (gsize) w->width;
      gint32 *to = plane->codes + (gsize) (y + w->pad_top) * plane->width;

      for (int x = MAX (x0, 0); x < x1; x++)
        to[x] = from[x - x0] - zero_point;
    }
}

CLONES static void
add_nine (gint32 *restrict sums, gsize n, const gint32 *restrict codes, const gsize *shift, const gint16 *weights)
{
  const gint32 *c0 = codes + shift[0], *c1 = codes + shift[1], *c2 = codes + shift[2], *c3 = codes + shift[3];
  const gint32 *c4 = codes + shift[4], *c5 = codes + shift[5], *c6 = codes + shift[6], *c7 = codes + shift[7];
  const gint32 *c8 = codes + shift[8];
  const gint32 w0 = weights[0], w1 = weights[1], w2 = weights[2], w3 = weights[3], w4 = weights[4], w5 = weights[5];
  const gint32 w6 = weights[6], w7 = weights[7], w8 = weights[8];

  for (gsize i = 0; i < n; i++)
    sums[i] += w0 * c0[i] + w1 * c1[i] + w2 * c2[i] + w3 * c3[i] + w4 * c4[i] + w5 * c5[i] + w6 * c6[i] + w7 * c7[i]
               + w8 * c8[i];
}

CLONES static void
add_one (gint32 *restrict sums, gsize n, const gint32 *restrict codes, gint32 weight)
{
  for (gsize i = 0; i < n; i++)
    sums[i] += weight * codes[i];
}

/* Where windows begin in every row of the plane, all of it at once; else row by row */
static void
add_taps (const Plane *plane, const gsize *shift, const gint16 *weights, int n_taps)
{
  const StrataIntWindow *w = plane->window;
  const gsize n_rows = w->stride_h == 1 ? 1 : (gsize) w->out_height, step = (gsize) w->stride_h * plane->width;
  const gsize n = w->stride_h == 1 ? plane->n_sums : (gsize) ((w->out_width - 1) * w->stride_w + 1);

  for (gsize row = 0; row < n_rows; row++)
    for (int tap = 0; tap < n_taps;)
      if (n_taps - tap >= TAPS)
        {
          add_nine (plane->sums + row * step, n, plane->codes + row * step, shift + tap, weights + tap);
          tap += TAPS;
        }
      else
        {
          add_one (plane->sums + row * step, n, plane->codes + row * step + shift[tap], weights[tap]);
          tap++;
        }
}

CLONES static void
store (const Plane *plane, gint32 *sums)
{
  const StrataIntWindow *w = plane->window;

  for (int y = 0; y < w->out_height; y++, sums += w->out_width)
    {
      const gint32 *row = plane->sums + (gsize) (y * w->stride_h) * plane->width;

      if (w->stride_w == 1)
        memcpy (sums, row, sizeof *sums * (gsize) w->out_width);
      else
        for (int x = 0; x < w->out_width; x++)
          sums[x] = row[x * w->stride_w];
    }
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
  const int n_taps = window->kernel_h * window->kernel_w;
  const gsize size = (gsize) window->height * (gsize) window->width;
  const gsize out_size = (gsize) window->out_height * (gsize) window->out_width;
  g_autofree gsize *shift = g_new (gsize, n_taps);
  Plane plane;

  plane_init (&plane, window);
  for (int tap = 0; tap < n_taps; tap++)
    shift[tap] = (gsize) (tap / window->kernel_w * window->dilation_h) * plane.width
                 + (gsize) (tap % window->kernel_w * window->dilation_w);
  for (int n = 0; n < n_out; n++)
    {
      memset (plane.sums, 0, sizeof *plane.sums * plane.n_sums);
      for (int c = 0; c < per_group; c++, weights += n_taps)
        {
          /* a plane alone serves all outputs of its group */
          if (per_group > 1 || n % outs == 0)
            load (&plane, codes + (gsize) (n / outs * per_group + c) * size, zero_point);
          add_taps (&plane, shift, weights, n_taps);
        }
      store (&plane, sums + (gsize) n * out_size);
    }
  plane_finish (&plane);
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
