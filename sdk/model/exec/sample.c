/* SPDX-License-Identifier: Apache-2.0
 *
 * GridSample and AffineGrid over one to three spatial dimensions. A grid's coordinates run from -1 to 1 and name the
 * last dimension first. Interpolation is a product of one-dimensional ones: weights and cells per dimension, then their
 * sum.
 */
#include <math.h>
#include <string.h>

#include "model/exec/exec.h"

#define MAX_RANK 3
#define MAX_TAPS 4
#define FAR 1e9 /* past every cell; keeps a coordinate in range of integers */

typedef enum
{
  ZEROS,
  BORDER,
  REFLECTION,
} Padding;

typedef struct
{
  int rank, taps; /* spatial dimensions; cells per dimension that one place reads: 1, 2 or 4 */
  Padding padding;
  gboolean aligned;
  gint64 size[MAX_RANK];
} Sampler;

/* Taps of one place along each dimension */
typedef struct
{
  gint64 cell[MAX_RANK][MAX_TAPS]; /* -1: outside, and zero */
  double weight[MAX_RANK][MAX_TAPS];
} Taps;

/* Between the borders of the input, however often it must be folded at them */
static double
reflect (double x, double low, double high)
{
  double span = high - low;

  if (span <= 0.0)
    return low;
  x = fmod (fabs (x - low), 2.0 * span);
  return low + (x > span ? 2.0 * span - x : x);
}

static gint64
cell_of (const Sampler *s, double x, gint64 size)
{
  if (s->padding == ZEROS)
    return x < 0.0 || x > (double) (size - 1) ? -1 : (gint64) x;
  if (s->padding == REFLECTION)
    x = s->aligned ? reflect (x, 0.0, (double) (size - 1)) : reflect (x, -0.5, (double) size - 0.5);
  return (gint64) CLAMP (x, 0.0, (double) (size - 1));
}

/* A cell's number from -1 … 1 */
static double
place_of (const Sampler *s, float coordinate, gint64 size)
{
  double n = (double) size, x = (double) coordinate + 1.0;

  x = s->aligned ? x / 2.0 * (n - 1.0) : (x * n - 1.0) / 2.0;
  x = isnan (x) ? -FAR : CLAMP ((double) (float) x, -FAR, FAR);
  if (s->padding == BORDER && s->taps < 4) /* a cubic goes on with the cells at the border */
    x = CLAMP (x, 0.0, n - 1.0);
  if (s->padding == REFLECTION && s->aligned)
    x = reflect (x, 0.0, n - 1.0);
  else if (s->padding == REFLECTION)
    x = reflect (x, -0.5, n - 0.5);
  return x;
}

/* Keys' cubic with a = -0.75, as other runtimes take it */
static double
cubic (double x)
{
  const double a = -0.75;

  x = fabs (x);
  if (x <= 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  return x < 2.0 ? ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a : 0.0;
}

static void
set_taps (const Sampler *s, int d, double x, Taps *taps)
{
  double first = floor (x);

  if (s->taps == 1)
    {
      taps->cell[d][0] = cell_of (s, rint (x), s->size[d]);
      taps->weight[d][0] = 1.0;
      return;
    }
  for (int t = 0; t < s->taps; t++)
    {
      double at = first + (double) (s->taps == 4 ? t - 1 : t);

      taps->cell[d][t] = cell_of (s, at, s->size[d]);
      taps->weight[d][t] = s->taps == 4 ? cubic (x - at) : 1.0 - fabs (x - at);
    }
}

static float
interpolate (const Sampler *s, const Taps *taps, const float *plane)
{
  int t[MAX_RANK] = { 0 }, n = 1;
  double sum = 0.0;

  for (int d = 0; d < s->rank; d++)
    n *= s->taps;
  for (int i = 0; i < n; i++)
    {
      gboolean inside = TRUE;
      double weight = 1.0;
      gint64 at = 0;

      for (int d = 0; d < s->rank; d++)
        {
          inside &= taps->cell[d][t[d]] >= 0;
          weight *= taps->weight[d][t[d]];
          at = at * s->size[d] + taps->cell[d][t[d]];
        }
      sum += inside ? weight * (double) plane[at] : 0.0;
      for (int d = s->rank - 1; d >= 0 && ++t[d] == s->taps; d--)
        t[d] = 0;
    }
  return (float) sum;
}

static Sampler
read_sampler (const StrataExec *run)
{
  const char *mode = strata_node_string (run->node, "mode", "linear");
  const char *padding = strata_node_string (run->node, "padding_mode", "zeros");
  Sampler s = { .rank = run->in[0]->n_dims - 2,
                .taps = g_str_has_suffix (mode, "linear")  ? 2
                        : g_str_has_suffix (mode, "cubic") ? 4
                                                           : 1,
                .padding = padding[0] == 'z'   ? ZEROS
                           : padding[0] == 'b' ? BORDER
                                               : REFLECTION,
                .aligned = strata_node_int (run->node, "align_corners", 0) != 0 };

  memcpy (s.size, run->in[0]->dims + 2, sizeof (gint64) * (gsize) s.rank);
  return s;
}

gboolean
strata_exec_grid_sample (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  const float *grid = run->in[1]->data;
  gint64 channels = in->dims[1], n_places = 1, n_cells = 1;
  Sampler s = read_sampler (run);

  for (int d = 0; d < s.rank; d++)
    {
      n_places *= run->out[0]->dims[2 + d];
      n_cells *= s.size[d];
    }
  for (gint64 i = 0; i < in->dims[0] * n_places; i++, grid += s.rank)
    {
      gint64 n = i / n_places;
      Taps taps;

      for (int d = 0; d < s.rank; d++)
        set_taps (&s, d, place_of (&s, grid[s.rank - 1 - d], s.size[d]), &taps);
      for (gint64 c = 0; c < channels; c++)
        ((float *) run->out[0]->data)[(n * channels + c) * n_places + i % n_places] =
          interpolate (&s, &taps, (const float *) in->data + (n * channels + c) * n_cells);
    }
  return TRUE;
}

/* Coordinate of cell @i of @n: centres of the cells, or from corner to corner */
static double
coordinate (gint64 i, gint64 n, gboolean aligned)
{
  if (aligned)
    return n > 1 ? 2.0 * (double) i / (double) (n - 1) - 1.0 : -1.0;
  return (2.0 * (double) i + 1.0) / (double) n - 1.0;
}

gboolean
strata_exec_affine_grid (const StrataExec *run, GError **error)
{
  const StrataArray *theta = run->in[0], *out = run->out[0];
  gboolean aligned = strata_node_int (run->node, "align_corners", 0) != 0;
  int rank = out->n_dims - 2;
  gint64 n_places = 1;
  float *at = out->data;

  for (int d = 0; d < rank; d++)
    n_places *= out->dims[1 + d];
  for (gint64 i = 0; i < out->dims[0] * n_places; i++)
    {
      const float *matrix = (const float *) theta->data + i / n_places * rank * (rank + 1);
      double x[MAX_RANK];
      gint64 rest = i;

      for (int d = rank - 1; d >= 0; d--)
        {
          x[rank - 1 - d] = coordinate (rest % out->dims[1 + d], out->dims[1 + d], aligned);
          rest /= out->dims[1 + d];
        }
      for (int row = 0; row < rank; row++)
        {
          double sum = (double) matrix[row * (rank + 1) + rank];

          for (int d = 0; d < rank; d++)
            sum += (double) matrix[row * (rank + 1) + d] * x[d];
          *at++ = (float) sum;
        }
    }
  return TRUE;
}
