/* SPDX-License-Identifier: Apache-2.0
 *
 * DeformConv (X. Zhu et al., Deformable ConvNets v2): a convolution whose cells are moved by offsets and weighted by a
 * mask; between cells it interpolates, past the image it reads zero.
 */
#include <math.h>

#include "model/exec/exec.h"
#include "model/operands.h"

typedef struct
{
  const StrataExec *run;
  StrataExtents window;
  gint64 height, width, out_height, out_width;
  gint64 channels, per_group, per_offset_group, n_weights;
  const float *offset, *mask; /* of one image; mask: NULL */
} Deform;

static double
cell (const Deform *f, const float *plane, gint64 y, gint64 x)
{
  return y < 0 || y >= f->height || x < 0 || x >= f->width ? 0.0 : (double) plane[y * f->width + x];
}

static double
read_between (const Deform *f, const float *plane, double y, double x)
{
  gint64 top, left;
  double dy, dx;

  if (!(y > -1.0 && y < (double) f->height && x > -1.0 && x < (double) f->width))
    return 0.0;
  top = (gint64) floor (y);
  left = (gint64) floor (x);
  dy = y - (double) top;
  dx = x - (double) left;
  return (1.0 - dy) * ((1.0 - dx) * cell (f, plane, top, left) + dx * cell (f, plane, top, left + 1))
         + dy * ((1.0 - dx) * cell (f, plane, top + 1, left) + dx * cell (f, plane, top + 1, left + 1));
}

/* What cell @k of the window reads from channel @c at place @at */
static double
read_moved (const Deform *f, const float *image, gint64 c, gint64 k, gint64 at)
{
  const StrataExtents *w = &f->window;
  gint64 n_places = f->out_height * f->out_width, which = c / f->per_offset_group * f->n_weights + k;
  double y = (double) (at / f->out_width * w->stride[0] - w->before[0] + k / w->kernel[1] * w->dilation[0]);
  double x = (double) (at % f->out_width * w->stride[1] - w->before[1] + k % w->kernel[1] * w->dilation[1]);
  double value = read_between (f, image + c * f->height * f->width, y + (double) f->offset[2 * which * n_places + at],
                               x + (double) f->offset[(2 * which + 1) * n_places + at]);

  return f->mask == NULL ? value : value * (double) f->mask[which * n_places + at];
}

static float
convolve (const Deform *f, const float *image, gint64 out_channel, gint64 at)
{
  const StrataArray *weights = f->run->in[1], *bias = strata_exec_in (f->run, 3);
  gint64 first = out_channel / (weights->dims[0] / f->window.groups) * f->per_group;
  const float *w = (const float *) weights->data + out_channel * f->per_group * f->n_weights;
  double sum = bias == NULL ? 0.0 : (double) ((const float *) bias->data)[out_channel];

  for (gint64 c = 0; c < f->per_group; c++)
    for (gint64 k = 0; k < f->n_weights; k++)
      sum += (double) w[c * f->n_weights + k] * read_moved (f, image, first + c, k, at);
  return (float) sum;
}

gboolean
strata_exec_deform_conv (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *out = run->out[0], *mask = strata_exec_in (run, 4);
  gint64 groups = strata_node_int (run->node, "offset_group", 1), n_places = out->dims[2] * out->dims[3];
  Deform f = { .run = run,
               .height = in->dims[2],
               .width = in->dims[3],
               .out_height = out->dims[2],
               .out_width = out->dims[3],
               .channels = in->dims[1],
               .per_group = run->in[1]->dims[1],
               .per_offset_group = in->dims[1] / groups };
  float *at = out->data;

  if (!strata_node_extents (run->graph, run->index, &f.window, error))
    return FALSE;
  f.n_weights = f.window.kernel[0] * f.window.kernel[1];
  for (gint64 n = 0; n < in->dims[0]; n++)
    {
      f.offset = (const float *) run->in[2]->data + n * groups * f.n_weights * 2 * n_places;
      f.mask = mask == NULL ? NULL : (const float *) mask->data + n * groups * f.n_weights * n_places;
      for (gint64 c = 0; c < out->dims[1]; c++)
        for (gint64 i = 0; i < n_places; i++)
          *at++ = convolve (&f, (const float *) in->data + n * f.channels * f.height * f.width, c, i);
    }
  return TRUE;
}
