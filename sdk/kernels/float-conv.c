/* SPDX-License-Identifier: Apache-2.0
 *
 * A block of columns is kept near 1 MiB, so that it stays in the second-level cache while the product reads it.
 */
#include "kernels/float-conv.h"

#include <string.h>

#include "kernels/float-gemm.h"

#define BLOCK_FLOATS (256 * 1024)

/* A rectangle of output cells: whole rows, or part of one */
typedef struct
{
  gint64 y, n_rows, x, n_columns;
} Block;

static gint64
window_cells (const StrataPlaneWindow *w)
{
  return w->channels_in / w->groups * w->kernel_h * w->kernel_w;
}

static gboolean
is_pointwise (const StrataPlaneWindow *w)
{
  return w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 && w->pad_top == 0
         && w->pad_left == 0 && w->out_height == w->height && w->out_width == w->width;
}

static gboolean
is_depthwise (const StrataPlaneWindow *w)
{
  return w->groups > 1 && w->channels_in == w->groups;
}

static Block
largest_block (const StrataPlaneWindow *w)
{
  gint64 cells = MAX (BLOCK_FLOATS / MAX (window_cells (w), 1), 8);
  Block block = { 0, 1, 0, MIN (cells, w->out_width) };

  if (cells > w->out_width)
    block.n_rows = MIN (cells / MAX (w->out_width, 1), w->out_height);
  return block;
}

gsize
strata_float_conv_scratch (const StrataPlaneWindow *w)
{
  Block block = largest_block (w);

  if (is_pointwise (w) || is_depthwise (w))
    return 0;
  return (gsize) (window_cells (w) * block.n_rows * block.n_columns);
}

/* First and one past last output column whose cell @kx of the window lies inside the input */
static void
inside (const StrataPlaneWindow *w, int kx, gint64 *first, gint64 *last)
{
  gint64 shift = (gint64) kx * w->dilation_w - w->pad_left; /* ix = ox * stride + shift */

  *first = shift >= 0 ? 0 : (-shift + w->stride_w - 1) / w->stride_w;
  *last = w->width - shift <= 0 ? 0 : (w->width - shift - 1) / w->stride_w + 1;
  *first = MIN (*first, w->out_width);
  *last = CLAMP (*last, *first, w->out_width);
}

static void
gather_row (const StrataPlaneWindow *w, const float *row, int kx, gint64 x0, gint64 n, float *out)
{
  gint64 shift = (gint64) kx * w->dilation_w - w->pad_left;
  gint64 first, last;

  inside (w, kx, &first, &last);
  first = CLAMP (first, x0, x0 + n);
  last = CLAMP (last, first, x0 + n);
  memset (out, 0, sizeof (float) * (gsize) (first - x0));
  if (w->stride_w == 1 && last > first)
    memcpy (out + first - x0, row + first + shift, sizeof (float) * (gsize) (last - first));
  else
    for (gint64 x = first; x < last; x++)
      out[x - x0] = row[x * w->stride_w + shift];
  memset (out + last - x0, 0, sizeof (float) * (gsize) (x0 + n - last));
}

/* Columns of a block: [channel, ky, kx][cell] */
static void
gather_block (const StrataPlaneWindow *w, const float *in, const Block *block, float *columns)
{
  for (gint64 c = 0; c < w->channels_in / w->groups; c++)
    for (int ky = 0; ky < w->kernel_h; ky++)
      for (int kx = 0; kx < w->kernel_w; kx++)
        for (gint64 y = block->y; y < block->y + block->n_rows; y++, columns += block->n_columns)
          {
            gint64 iy = y * w->stride_h + (gint64) ky * w->dilation_h - w->pad_top;

            if (iy < 0 || iy >= w->height)
              memset (columns, 0, sizeof (float) * (gsize) block->n_columns);
            else
              gather_row (w, in + (c * w->height + iy) * w->width, kx, block->x, block->n_columns, columns);
          }
}

static void
fill_bias (const StrataPlaneWindow *w, const float *bias, float *out)
{
  gint64 plane = w->out_height * w->out_width;

  for (gint64 c = 0; c < w->channels_out; c++)
    for (gint64 i = 0; i < plane; i++)
      out[c * plane + i] = bias == NULL ? 0.0f : bias[c];
}

static void
convolve_group (const StrataPlaneWindow *w, const float *in, const float *weights, float *scratch, float *out)
{
  gint64 cells = window_cells (w), plane = w->out_height * w->out_width;
  StrataGemm gemm = { FALSE, FALSE, w->channels_out / w->groups, plane, cells, cells, plane, plane, 1.0f, 1.0f };
  Block most = largest_block (w);

  if (is_pointwise (w))
    {
      strata_float_gemm (&gemm, weights, in, out);
      return;
    }
  for (gint64 y = 0; y < w->out_height; y += most.n_rows)
    for (gint64 x = 0; x < w->out_width; x += most.n_columns)
      {
        Block block = { y, MIN (most.n_rows, w->out_height - y), x, MIN (most.n_columns, w->out_width - x) };

        gather_block (w, in, &block, scratch);
        gemm.n = gemm.ldb = block.n_rows * block.n_columns;
        strata_float_gemm (&gemm, weights, scratch, out + y * w->out_width + x);
      }
}

static void
convolve_plane (const StrataPlaneWindow *w, const float *in, const float *weights, float *out)
{
  for (int ky = 0; ky < w->kernel_h; ky++)
    for (int kx = 0; kx < w->kernel_w; kx++)
      {
        gint64 shift = (gint64) kx * w->dilation_w - w->pad_left;
        float weight = weights[ky * w->kernel_w + kx];
        gint64 first, last;

        inside (w, kx, &first, &last);
        for (gint64 y = 0; y < w->out_height; y++)
          {
            gint64 iy = y * w->stride_h + (gint64) ky * w->dilation_h - w->pad_top;
            float *to = out + y * w->out_width;

            if (iy < 0 || iy >= w->height)
              continue;
            if (w->stride_w == 1)
              for (gint64 x = first; x < last; x++)
                to[x] += weight * in[iy * w->width + x + shift];
            else
              for (gint64 x = first; x < last; x++)
                to[x] += weight * in[iy * w->width + x * w->stride_w + shift];
          }
      }
}

void
strata_float_conv (
  const StrataPlaneWindow *w, const float *in, const float *weights, const float *bias, float *scratch, float *out)
{
  gint64 n_in = w->channels_in / w->groups, n_out = w->channels_out / w->groups;
  gint64 plane_in = w->height * w->width, plane_out = w->out_height * w->out_width;
  gint64 cells = window_cells (w);

  fill_bias (w, bias, out);
  for (int g = 0; g < w->groups; g++, in += n_in * plane_in, out += n_out * plane_out, weights += n_out * cells)
    if (is_depthwise (w))
      for (gint64 c = 0; c < n_out; c++)
        convolve_plane (w, in, weights + c * cells, out + c * plane_out);
    else
      convolve_group (w, in, weights, scratch, out);
}

static double
window_sum (const StrataPlaneWindow *w, const float *in, const float *weights, gint64 y, gint64 x)
{
  double sum = 0.0;

  for (gint64 c = 0; c < w->channels_in / w->groups; c++)
    for (int ky = 0; ky < w->kernel_h; ky++)
      for (int kx = 0; kx < w->kernel_w; kx++)
        {
          gint64 iy = y * w->stride_h + (gint64) ky * w->dilation_h - w->pad_top;
          gint64 ix = x * w->stride_w + (gint64) kx * w->dilation_w - w->pad_left;

          if (iy >= 0 && iy < w->height && ix >= 0 && ix < w->width)
            sum += (double) in[(c * w->height + iy) * w->width + ix]
                   * (double) weights[(c * w->kernel_h + ky) * w->kernel_w + kx];
        }
  return sum;
}

void
strata_float_conv_ref (const StrataPlaneWindow *w, const float *in, const float *weights, const float *bias, float *out)
{
  gint64 n_in = w->channels_in / w->groups, n_out = w->channels_out / w->groups;

  for (gint64 n = 0; n < w->channels_out; n++)
    for (gint64 y = 0; y < w->out_height; y++)
      for (gint64 x = 0; x < w->out_width; x++)
        *out++ =
          (float) (window_sum (w, in + n / n_out * n_in * w->height * w->width, weights + n * window_cells (w), y, x)
                   + (bias == NULL ? 0.0 : bias[n]));
}
