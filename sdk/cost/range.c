/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges on a grid of quarter octaves, from twice the peak of all samples down. A range that is best on the samples it
 * comes from is too narrow for others: the tail of few samples ends early. So each sample is held out once (leave one
 * out, Stone 1974): the range of the others is widened by 0 to 4 steps of the grid, and the number of steps that costs
 * least on what was held out goes to the range of all.
 */
#include "cost/range.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define PER_OCTAVE 4
/* Steps of the grid above the peak, which are those of the widening too; all steps */
#define N_WIDER 4
#define N_RANGES (N_WIDER + 12)
/* Samples that are held out apart; more are taken several at a time. */
#define MAX_GROUPS 16
/* Terms of the series below; what follows is under 1e-2 where there is no noise at all, and nothing elsewhere. */
#define N_HARMONICS 32

typedef struct
{
  double clipped[MAX_GROUPS][N_RANGES]; /* sums of squares */
  double counts[MAX_GROUPS];
  double total[N_RANGES], count;
  double range[N_RANGES], step[N_RANGES], rounding[N_RANGES];
  int n_groups;
} Grid;

/* Rounding of a value that normal noise of @dither steps moves: its mean over the noise is a sawtooth whose harmonic k
 * is damped by exp (-2 (pi k dither)^2). */
double
strata_cost_rounding_share (double dither)
{
  double share = 0;

  if (!(dither > 0))
    return 1;
  for (int k = 1; k <= N_HARMONICS; k++)
    share += exp (-4 * G_PI * G_PI * k * k * dither * dither) / k / k;
  return MIN (share * 6 / (G_PI * G_PI), 1);
}

/* Four running peaks, which do not wait for each other */
static double
find_peak (const StrataConverterData *data)
{
  const float *m = data->magnitudes;
  float a = 0, b = 0, c = 0, d = 0;
  gsize e = 0;

  for (; e + 4 <= data->n; e += 4)
    a = MAX (a, m[e]), b = MAX (b, m[e + 1]), c = MAX (c, m[e + 2]), d = MAX (d, m[e + 3]);
  for (; e < data->n; e++)
    a = MAX (a, m[e]);
  return (double) MAX (MAX (a, b), MAX (c, d)) + 2 * sqrt (data->unseen);
}

static double
step_of (const StrataConverterData *data, double range)
{
  return MAX (2 * range / data->steps, data->finest);
}

/* Sums over magnitudes that are beyond so many ranges, counted from the narrowest */
typedef struct
{
  double count, sum, squares;
} Beyond;

/* How many ranges of the grid @ratio is beyond, which is over the narrowest: whole octaves from the exponent, quarters
 * from what is left. At a boundary it may be off by a rounding, which clips nothing to speak of. */
static int
count_beyond (float ratio)
{
  guint32 bits;
  float rest;
  int octave;

  memcpy (&bits, &ratio, sizeof bits);
  octave = (int) (bits >> 23) - 127;
  bits = (bits & 0x7fffff) | 0x3f800000;
  memcpy (&rest, &bits, sizeof rest);
  return MIN (PER_OCTAVE * octave + 1 + (rest > 1.189207115f) + (rest > 1.414213562f) + (rest > 1.681792831f),
              N_RANGES);
}

/* Magnitudes of group @g: those e with e * n_groups / n = g */
static void
add_group (Grid *grid, const StrataConverterData *data, int g)
{
  const gsize n_groups = (gsize) grid->n_groups;
  const gsize end = ((gsize) (g + 1) * data->n + n_groups - 1) / n_groups;
  const gsize n_cols = data->weights != NULL ? (gsize) data->n_cols : data->n;
  const float per_range = (float) (1 / MAX (grid->range[N_RANGES - 1], DBL_MIN));
  Beyond beyond[N_RANGES + 1] = { 0 }, all = { 0 };

  for (gsize e = ((gsize) g * data->n + n_groups - 1) / n_groups; e < end;)
    {
      const gsize row_end = MIN (end, (e / n_cols + 1) * n_cols);
      const double weight = data->weights != NULL ? (double) data->weights[e / n_cols] : 1;

      grid->counts[g] += weight * (double) (row_end - e);
      for (; e < row_end; e++)
        {
          float ratio = data->magnitudes[e] * per_range;
          double magnitude = (double) data->magnitudes[e];
          Beyond *at;

          if (!(ratio > 1))
            continue;
          at = &beyond[count_beyond (ratio)];
          at->count += weight, at->sum += weight * magnitude, at->squares += weight * magnitude * magnitude;
        }
    }
  for (int i = 0; i < N_RANGES; i++)
    {
      const Beyond *more = &beyond[N_RANGES - i];
      const double range = grid->range[i];

      all.count += more->count, all.sum += more->sum, all.squares += more->squares;
      grid->clipped[g][i] =
        MAX (all.squares - 2 * range * all.sum + range * range * all.count, 0) + data->unseen * all.count;
    }
}

static void
grid_init (Grid *grid, const StrataConverterData *data)
{
  const double peak = find_peak (data);

  memset (grid, 0, sizeof *grid);
  grid->n_groups = CLAMP (data->n_groups, 1, MAX_GROUPS);
  for (int i = 0; i < N_RANGES; i++)
    {
      double step, share;

      grid->range[i] = peak * exp2 ((double) (N_WIDER - i) / PER_OCTAVE);
      step = grid->step[i] = step_of (data, grid->range[i]);
      share = data->n_reads > 1 ? strata_cost_rounding_share (hypot (data->noise / step, sqrt (data->own))) : 1;
      grid->rounding[i] =
        step * step * ((share + (1 - share) / data->n_reads) / 12 + data->own / MAX (data->n_reads, 1));
    }
  for (int g = 0; g < grid->n_groups; g++)
    {
      add_group (grid, data, g);
      grid->count += grid->counts[g];
      for (int i = 0; i < N_RANGES; i++)
        grid->total[i] += grid->clipped[g][i];
    }
}

/* The best of the grid without group @held; -1: of all */
static int
best_range (const Grid *grid, int held)
{
  double count = grid->count - (held >= 0 ? grid->counts[held] : 0), best = INFINITY;
  int at = N_WIDER;

  for (int i = N_WIDER; i < N_RANGES; i++)
    {
      double clipped = grid->total[i] - (held >= 0 ? grid->clipped[held][i] : 0);
      double cost = MAX (clipped, 0) / MAX (count, 1e-9) + grid->rounding[i];

      if (cost < best)
        best = cost, at = i;
    }
  return at;
}

StrataConverterRange
strata_cost_converter_range (const StrataConverterData *data)
{
  Grid grid;
  int best, widening = 0;
  double least = INFINITY, clipped = 0;

  grid_init (&grid, data);
  best = best_range (&grid, -1);
  for (int wider = 0; wider <= N_WIDER && grid.n_groups > 1; wider++)
    {
      double cost = 0, beyond = 0;

      for (int g = 0; g < grid.n_groups; g++)
        {
          int i = best_range (&grid, g) - wider;

          beyond += grid.clipped[g][i];
          cost += grid.clipped[g][i] + grid.counts[g] * grid.rounding[i];
        }
      if (cost < least)
        least = cost, widening = wider, clipped = beyond / MAX (grid.count, 1e-9);
    }
  if (grid.n_groups < 2)
    clipped = grid.total[best] / MAX (grid.count, 1e-9);
  return (StrataConverterRange){ grid.step[best - widening], clipped };
}

StrataConverterRange
strata_cost_converter_peak (const StrataConverterData *data)
{
  return (StrataConverterRange){ step_of (data, find_peak (data)), 0 };
}
