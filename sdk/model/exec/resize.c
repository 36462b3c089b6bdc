/* SPDX-License-Identifier: Apache-2.0
 *
 * Resize, one axis after the other: each output coordinate is a weighted sum of taps. Coordinates, weights and edges
 * are those of ONNX, Resize-19; taps beyond an edge show the edge, unless they are excluded. In double.
 */
#include <math.h>

#include "model/element.h"
#include "model/exec/exec.h"
#include "model/resize.h"

#define MAX_TAPS 4096 /* of an antialiasing filter; wider ones are refused */

typedef struct
{
  const char *coordinates, *nearest;
  char mode; /* n, l, c */
  double cubic;
  gboolean antialias, exclude;
} Filter;

typedef struct
{
  gint64 in, out;
  double scale, start, end;
} Axis;

static double
coordinate (const Filter *f, const Axis *a, double x)
{
  double in = (double) a->in, out = (double) a->out, whole = a->scale * in;

  if (g_str_equal (f->coordinates, "asymmetric"))
    return x / a->scale;
  if (g_str_equal (f->coordinates, "align_corners"))
    return out > 1.0 ? x * (in - 1.0) / (whole - 1.0) : 0.0; /* of the size before it is cut to an integer */
  if (g_str_equal (f->coordinates, "pytorch_half_pixel"))
    return out > 1.0 ? (x + 0.5) / a->scale - 0.5 : 0.0;
  if (g_str_equal (f->coordinates, "tf_half_pixel_for_nn"))
    return (x + 0.5) / a->scale;
  if (g_str_equal (f->coordinates, "half_pixel_symmetric"))
    return in / 2.0 * (1.0 - out / (a->scale * in)) + (x + 0.5) / a->scale - 0.5;
  if (g_str_equal (f->coordinates, "tf_crop_and_resize"))
    return out > 1.0 ? a->start * (in - 1.0) + x * (a->end - a->start) * (in - 1.0) / (out - 1.0)
                     : 0.5 * (a->start + a->end) * (in - 1.0);
  return (x + 0.5) / a->scale - 0.5;
}

static double
nearest (const Filter *f, double x)
{
  if (g_str_equal (f->nearest, "floor"))
    return floor (x);
  if (g_str_equal (f->nearest, "ceil"))
    return ceil (x);
  return g_str_equal (f->nearest, "round_prefer_ceil") ? floor (x + 0.5) : ceil (x - 0.5);
}

static double
weight (const Filter *f, double distance)
{
  double x = fabs (distance), a = f->cubic;

  if (f->mode == 'l')
    return MAX (1.0 - x, 0.0);
  if (x <= 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  return x < 2.0 ? (((x - 5.0) * x + 8.0) * x - 4.0) * a : 0.0;
}

/* Fills @weights of taps from *@first on; returns their number. */
static int
make_taps (const Filter *f, const Axis *a, double x, gint64 *first, double *weights)
{
  double scale = f->antialias ? MIN (a->scale, 1.0) : 1.0, base = ceil (x) - 1.0, sum = 0.0;
  int start = (int) floor ((f->mode == 'c' ? -2.0 : -1.0) / scale) + 1, n = 2 - 2 * start;

  if (f->mode == 'n')
    {
      *first = (gint64) nearest (f, x);
      weights[0] = 1.0;
      return 1;
    }
  *first = (gint64) base + start;
  for (int i = 0; i < n; i++)
    {
      gboolean outside = *first + i < 0 || *first + i >= a->in;

      weights[i] = f->exclude && outside ? 0.0 : weight (f, ((double) (start + i) - (x - base)) * scale);
      sum += weights[i];
    }
  for (int i = 0; i < n && (f->exclude || f->antialias); i++)
    weights[i] /= sum;
  return n;
}

/* @in: outer x axis->in x inner, @out: outer x axis->out x inner */
static void
resize_axis (const Filter *f, const Axis *a, gint64 outer, gint64 inner, const double *in, double *out)
{
  double weights[MAX_TAPS];

  for (gint64 x = 0; x < a->out; x++)
    {
      gint64 first;
      int n = make_taps (f, a, coordinate (f, a, (double) x), &first, weights);

      for (gint64 o = 0; o < outer; o++)
        for (gint64 i = 0; i < inner; i++)
          {
            double sum = 0.0;

            for (int k = 0; k < n; k++)
              sum += weights[k] * in[(o * a->in + CLAMP (first + k, 0, a->in - 1)) * inner + i];
            out[(o * a->out + x) * inner + i] = sum;
          }
    }
}

/* tf_crop_and_resize shows the extrapolation value where a coordinate leaves the input. */
static void
extrapolate (const Filter *f, const Axis *axes, const StrataArray *out, double value, double *values)
{
  if (!g_str_equal (f->coordinates, "tf_crop_and_resize"))
    return;
  for (gint64 i = 0; i < strata_array_count (out); i++)
    {
      gint64 rest = i;

      for (int d = out->n_dims - 1; d >= 0; d--)
        {
          double x = coordinate (f, &axes[d], (double) (rest % out->dims[d]));

          if (x < 0.0 || x > (double) (axes[d].in - 1))
            values[i] = value;
          rest /= out->dims[d];
        }
    }
}

static Filter
read_filter (const StrataExec *run)
{
  const StrataNode *node = run->node;
  gboolean old = node->op == STRATA_OP_UPSAMPLE || run->graph->opset < 11;

  return (Filter){ strata_node_string (node, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
                   strata_node_string (node, "nearest_mode", old ? "floor" : "round_prefer_floor"),
                   strata_node_string (node, "mode", "nearest")[0] == 'b' ? 'l'
                                                                          : strata_node_string (node, "mode", "n")[0],
                   (double) strata_node_float (node, "cubic_coeff_a", -0.75f),
                   strata_node_int (node, "antialias", 0) != 0,
                   strata_node_int (node, "exclude_outside", 0) != 0 };
}

/* Resizes dimension @d of *@values, whose dimensions are @dims; FALSE: no memory */
static gboolean
resize_dimension (const Filter *f, const Axis *axis, int d, int n_dims, gint64 *dims, double **values)
{
  gint64 outer = 1, inner = 1;
  double *result;

  for (int k = 0; k < n_dims; k++)
    if (k != d)
      *(k < d ? &outer : &inner) *= dims[k];
  result = g_try_new (double, (gsize) (outer * inner * axis->out) + 1);
  if (result == NULL)
    return FALSE;
  resize_axis (f, axis, outer, inner, *values, result);
  g_free (*values);
  *values = result;
  dims[d] = axis->out;
  return TRUE;
}

gboolean
strata_exec_resize (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  Filter f = read_filter (run);
  g_autofree double *values = g_try_new (double, (gsize) strata_array_count (in) + 1);
  gint64 dims[STRATA_MAX_DIMS];
  Axis axes[STRATA_MAX_DIMS];
  StrataResize r;

  if (values == NULL)
    return strata_exec_fail (error, "no memory for its input in double");
  if (!strata_operand_resize (run->graph, run->node, &r, error))
    return FALSE;
  for (gint64 i = 0; i < strata_array_count (in); i++)
    values[i] = strata_element_double (in->dtype, in->data, i);
  for (int d = 0; d < in->n_dims; d++)
    {
      dims[d] = in->dims[d];
      axes[d] = (Axis){ in->dims[d], r.size[d], r.scale[d], r.start[d], r.end[d] };
      if (f.antialias && 4.0 / r.scale[d] + 4.0 > (double) MAX_TAPS)
        return strata_exec_fail (error, "dimension %d shrinks too far for an antialiasing filter of %d taps", d,
                                 MAX_TAPS);
    }
  for (int d = 0; d < in->n_dims; d++)
    if ((r.size[d] != in->dims[d] || r.scale[d] != 1.0 || g_str_equal (f.coordinates, "tf_crop_and_resize"))
        && !resize_dimension (&f, &axes[d], d, in->n_dims, dims, &values))
      return strata_exec_fail (error, "no memory for its result in double");
  extrapolate (&f, axes, run->out[0], (double) strata_node_float (run->node, "extrapolation_value", 0.0f), values);
  for (gint64 i = 0; i < strata_array_count (run->out[0]); i++)
    strata_element_set_double (in->dtype, run->out[0]->data, i, values[i]);
  return TRUE;
}
