/* SPDX-License-Identifier: Apache-2.0
 *
 * Direct loops over windows clipped to the plane. Means sum in double: large windows keep their digits.
 */
#include "kernels/float-pool.h"

#include <math.h>

/* Cells of a window along one dimension that lie in [0, size): first, and one past the last */
static void
clip (gint64 start, int kernel, int dilation, gint64 size, int *first, int *last)
{
  *first = start >= 0 ? 0 : (int) ((-start + dilation - 1) / dilation);
  *first = MIN (*first, kernel);
  *last = size - start <= 0 ? *first : (int) MIN ((size - start - 1) / dilation + 1, kernel);
  *last = MAX (*last, *first);
}

typedef struct
{
  gint64 y, x; /* of the window's corner in the plane */
  int first_y, last_y, first_x, last_x;
} Clipped;

static Clipped
clip_window (const StrataPlaneWindow *w, gint64 oy, gint64 ox)
{
  Clipped c = { oy * w->stride_h - w->pad_top, ox * w->stride_w - w->pad_left, 0, 0, 0, 0 };

  clip (c.y, w->kernel_h, w->dilation_h, w->height, &c.first_y, &c.last_y);
  clip (c.x, w->kernel_w, w->dilation_w, w->width, &c.first_x, &c.last_x);
  return c;
}

static float
max_of (const StrataPlaneWindow *w, const float *plane, const Clipped *c, gint64 *where)
{
  float best = -INFINITY;

  *where = 0;
  for (int ky = c->first_y; ky < c->last_y; ky++)
    for (int kx = c->first_x; kx < c->last_x; kx++)
      {
        gint64 at = (c->y + (gint64) ky * w->dilation_h) * w->width + c->x + (gint64) kx * w->dilation_w;

        if (plane[at] > best || (ky == c->first_y && kx == c->first_x))
          {
            best = plane[at];
            *where = at;
          }
      }
  return best;
}

void
strata_float_max_pool (const StrataPlaneWindow *w, const float *in, float *out, gint64 *where)
{
  for (gint64 c = 0; c < w->channels_in; c++, in += w->height * w->width)
    for (gint64 y = 0; y < w->out_height; y++)
      for (gint64 x = 0; x < w->out_width; x++)
        {
          Clipped clipped = clip_window (w, y, x);
          gint64 at;

          *out++ = max_of (w, in, &clipped, &at);
          if (where != NULL)
            *where++ = at;
        }
}

static double
sum_of (const StrataPlaneWindow *w, const float *plane, const Clipped *c)
{
  double sum = 0.0;

  for (int ky = c->first_y; ky < c->last_y; ky++)
    for (int kx = c->first_x; kx < c->last_x; kx++)
      sum += (double) plane[(c->y + (gint64) ky * w->dilation_h) * w->width + c->x + (gint64) kx * w->dilation_w];
  return sum;
}

/* Cells along one dimension before the end of the pads, where a window of ceil_mode may pass it */
static gint64
padded_cells (gint64 start, int kernel, int dilation, gint64 end)
{
  return end - start <= 0 ? 0 : MIN ((end - start - 1) / dilation + 1, kernel);
}

void
strata_float_average_pool (
  const StrataPlaneWindow *w, int pad_bottom, int pad_right, gboolean count_padding, const float *in, float *out)
{
  for (gint64 c = 0; c < w->channels_in; c++, in += w->height * w->width)
    for (gint64 y = 0; y < w->out_height; y++)
      for (gint64 x = 0; x < w->out_width; x++)
        {
          Clipped clipped = clip_window (w, y, x);
          gint64 count = (gint64) (clipped.last_y - clipped.first_y) * (clipped.last_x - clipped.first_x);

          if (count_padding)
            count = padded_cells (clipped.y, w->kernel_h, w->dilation_h, w->height + pad_bottom)
                    * padded_cells (clipped.x, w->kernel_w, w->dilation_w, w->width + pad_right);
          *out++ = count == 0 ? 0.0f : (float) (sum_of (w, in, &clipped) / (double) count);
        }
}
