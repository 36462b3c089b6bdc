/* SPDX-License-Identifier: Apache-2.0
 *
 * RoiAlign (K. He et al., Mask R-CNN, §3): each cell of a region is the mean, or the maximum, of samples between the
 * cells of the image. Samples past the image are zero and never visited, so that the work does not grow with a region's
 * size.
 */
#include <math.h>

#include "model/element.h"
#include "model/exec/exec.h"

/* Samples of one region along one dimension */
typedef struct
{
  float start, size; /* of the region, in cells of the image */
  double n_samples;  /* per cell of the output */
  gint64 n_image, n_out;
} Side;

/* Two cells that a sample lies between, and the weight of the second one */
typedef struct
{
  gint64 low, high;
  double weight;
} Between;

typedef struct
{
  gboolean maximum;
  Side y, x;
} Region;

/* Where sample @k of output cell @i lies. In float32, as other runtimes do: whether a sample at the rim counts hangs on
 * it. */
static float
place (const Side *s, gint64 i, gint64 k)
{
  float cell = s->size / (float) s->n_out;

  return s->start + (float) i * cell + ((float) k + 0.5f) * cell / (float) s->n_samples;
}

/* Samples of output cell @i that may lie on the image: all that do, and not many more */
static void
on_image (const Side *s, gint64 i, gint64 *first, gint64 *last)
{
  double step = (double) s->size / (double) s->n_out / s->n_samples;

  *first = 0;
  *last = (gint64) s->n_samples - 1;
  if (!(step > 0.0))
    return;
  *first = (gint64) CLAMP (floor ((-1.0 - (double) place (s, i, 0)) / step) - 1.0, 0.0, s->n_samples);
  *last =
    (gint64) CLAMP (ceil (((double) s->n_image - (double) place (s, i, 0)) / step) + 1.0, -1.0, s->n_samples - 1.0);
}

/* FALSE: past the image */
static gboolean
find_cells (const Side *s, gint64 i, gint64 k, Between *between)
{
  double at = (double) place (s, i, k);
  gint64 low = (gint64) CLAMP (at, 0.0, (double) (s->n_image - 1));

  *between =
    low >= s->n_image - 1 ? (Between){ low, low, 0.0 } : (Between){ low, low + 1, MAX (at, 0.0) - (double) low };
  return at >= -1.0 && at <= (double) s->n_image;
}

static double
sample (const Region *r, const float *plane, const Between *y, const Between *x)
{
  double a = (1.0 - y->weight) * (1.0 - x->weight) * (double) plane[y->low * r->x.n_image + x->low];
  double b = (1.0 - y->weight) * x->weight * (double) plane[y->low * r->x.n_image + x->high];
  double c = y->weight * (1.0 - x->weight) * (double) plane[y->high * r->x.n_image + x->low];
  double d = y->weight * x->weight * (double) plane[y->high * r->x.n_image + x->high];

  return r->maximum ? MAX (MAX (a, b), MAX (c, d)) : a + b + c + d;
}

static float
pool_cell (const Region *r, const float *plane, gint64 row, gint64 column)
{
  gint64 y_first, y_last, x_first, x_last;
  double sum = 0.0, top = -INFINITY, n = r->y.n_samples * r->x.n_samples, n_seen = 0.0;

  on_image (&r->y, row, &y_first, &y_last);
  on_image (&r->x, column, &x_first, &x_last);
  for (gint64 i = y_first; i <= y_last; i++)
    for (gint64 k = x_first; k <= x_last; k++)
      {
        Between y, x;
        double value;

        if (!find_cells (&r->y, row, i, &y) || !find_cells (&r->x, column, k, &x))
          continue;
        value = sample (r, plane, &y, &x);
        sum += value;
        top = MAX (top, value);
        n_seen++;
      }
  if (r->maximum)
    return n == 0.0 ? 0.0f : (float) (n_seen < n ? MAX (top, 0.0) : top);
  return (float) (sum / MAX (n, 1.0));
}

static Side
read_side (const StrataExec *run, const float *roi, int d)
{
  float scale = strata_node_float (run->node, "spatial_scale", 1.0f);
  gint64 ratio = strata_node_int (run->node, "sampling_ratio", 0);
  const char *mode = strata_node_string (run->node, "coordinate_transformation_mode",
                                         run->graph->opset < 16 ? "output_half_pixel" : "half_pixel");
  gboolean half = g_str_equal (mode, "half_pixel");
  Side s = { .n_image = run->in[0]->dims[2 + d], .n_out = run->out[0]->dims[2 + d] };

  s.start = roi[1 - d] * scale - (half ? 0.5f : 0.0f);
  s.size = roi[3 - d] * scale - (half ? 0.5f : 0.0f) - s.start;
  s.size = half ? s.size : MAX (s.size, 1.0f);
  s.n_samples = ratio > 0 ? (double) ratio : MAX (ceil ((double) (s.size / (float) s.n_out)), 0.0);
  return s;
}

static gboolean
is_sane (const Side *s)
{
  return fabsf (s->start) < 1e9f && fabsf (s->size) < 1e9f;
}

gboolean
strata_exec_roi_align (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *rois = run->in[1], *batch = run->in[2], *out = run->out[0];
  gint64 channels = in->dims[1], n_cells = out->dims[2] * out->dims[3], plane = in->dims[2] * in->dims[3];
  Region region = { .maximum = strata_node_string (run->node, "mode", "avg")[0] == 'm' };
  float *at = out->data;

  for (gint64 i = 0; i < rois->dims[0]; i++)
    {
      const float *roi = (const float *) rois->data + 4 * i;
      gint64 image = strata_element_int (batch->dtype, batch->data, i);

      if (image < 0 || image >= in->dims[0])
        return strata_exec_fail (
          error, "region %" G_GINT64_FORMAT " names image %" G_GINT64_FORMAT "; 0 to %" G_GINT64_FORMAT " are accepted",
          i, image, in->dims[0] - 1);
      region.y = read_side (run, roi, 0);
      region.x = read_side (run, roi, 1);
      if (!is_sane (&region.y) || !is_sane (&region.x))
        return strata_exec_fail (error,
                                 "region %" G_GINT64_FORMAT " is out of range; coordinates within 10^9 cells are "
                                 "accepted",
                                 i);
      for (gint64 c = 0; c < channels; c++)
        for (gint64 cell = 0; cell < n_cells; cell++)
          *at++ = pool_cell (&region, (const float *) in->data + (image * channels + c) * plane, cell / out->dims[3],
                             cell % out->dims[3]);
    }
  return TRUE;
}
