/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges on a grid of quarter octaves, from twice the peak of all samples down. A range that is best on the samples it
 * comes from is too narrow for others: the tail of few samples ends early. So each sample is held out once (leave one
 * out, Stone 1974): the range of the others is widened by 0 to 4 steps of the grid, and the number of steps that costs
 * least on what was held out goes to the range of all.
 */
#include "cost/range.h"

#include <math.h>
#include <string.h>

#define PER_OCTAVE 4
/* Steps of the grid above the peak, which are those of the widening too; all steps */
#define N_WIDER 4
#define N_RANGES (N_WIDER + 12)
/* Ranges below the peak */
#define N_BELOW (N_RANGES - N_WIDER - 1)
#define LANES 16
/* Magnitudes that are summed in single precision */
#define AT_ONCE ((gsize) 4096)
#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
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

/* Sixteen at once, whatever the processor's vectors are */
typedef float Lanes __attribute__ ((vector_size (4 * LANES)));
typedef gint32 Masks __attribute__ ((vector_size (4 * LANES)));

CLONES static double
find_peak (const StrataConverterData *data)
{
  Lanes peaks = { 0 };
  float peak = 0;
  gsize e = 0;

  for (; e + LANES <= data->n; e += LANES)
    {
      Lanes m;
      Masks larger;

      memcpy (&m, data->magnitudes + e, sizeof m);
      larger = m > peaks;
      peaks = (Lanes) (((Masks) m & larger) | ((Masks) peaks & ~larger));
    }
  for (; e < data->n; e++)
    peak = MAX (peak, data->magnitudes[e]);
  for (int lane = 0; lane < LANES; lane++)
    peak = MAX (peak, peaks[lane]);
  return (double) peak + 2 * sqrt (data->unseen);
}

static double
step_of (const StrataConverterData *data, double range)
{
  return MAX (2 * range / data->steps, data->finest);
}

/* Sums over magnitudes that are beyond each range of the grid below the peak */
typedef struct
{
  Lanes squares[N_BELOW]; /* of how far */
  Lanes counts[N_BELOW];
} Beyond;

/* So many magnitudes at most, of one weight: a row's */
CLONES static void
add_row (Beyond *beyond, const float *magnitudes, gsize n, const float *ranges, float weight, gboolean counts)
{
  for (gsize e = 0; e < n; e += LANES)
    {
      Lanes m = { 0 };

      if (n - e >= LANES)
        memcpy (&m, magnitudes + e, sizeof m);
      else
        memcpy (&m, magnitudes + e, sizeof (float) * (n - e));
      for (int i = 0; i < N_BELOW; i++)
        {
          Lanes far = m - ranges[i];
          Masks is_beyond = far > 0;

          far = (Lanes) ((Masks) far & is_beyond);
          beyond->squares[i] += far * far * weight;
          if (counts)
            beyond->counts[i] += (Lanes) ((Masks) (weight + (Lanes){ 0 }) & is_beyond);
        }
    }
}

/* Single precision holds out for so many. */
static void
move_sums (Beyond *beyond, double *squares, double *counts)
{
  for (int i = 0; i < N_BELOW; i++)
    for (int lane = 0; lane < LANES; lane++)
      {
        squares[i] += (double) beyond->squares[i][lane];
        counts[i] += (double) beyond->counts[i][lane];
      }
  memset (beyond, 0, sizeof *beyond);
}

/* Magnitudes of group @g: those e with e * n_groups / n = g. What is not wider than the peak clips nothing. */
static void
add_group (Grid *grid, const StrataConverterData *data, int g)
{
  const gsize n_groups = (gsize) grid->n_groups;
  const gsize end = ((gsize) (g + 1) * data->n + n_groups - 1) / n_groups;
  const gsize n_cols = data->weights != NULL ? (gsize) data->n_cols : data->n;
  double squares[N_BELOW] = { 0 }, counts[N_BELOW] = { 0 };
  float ranges[N_BELOW];
  gsize n_held = 0;
  Beyond beyond;

  memset (&beyond, 0, sizeof beyond);
  for (int i = 0; i < N_BELOW; i++)
    ranges[i] = (float) grid->range[N_WIDER + 1 + i];
  for (gsize e = ((gsize) g * data->n + n_groups - 1) / n_groups; e < end;)
    {
      const gsize row_end = MIN (end, (e / n_cols + 1) * n_cols);
      const float weight = data->weights != NULL ? data->weights[e / n_cols] : 1;

      grid->counts[g] += (double) weight * (double) (row_end - e);
      while (e < row_end)
        {
          const gsize n = MIN (AT_ONCE, row_end - e);

          add_row (&beyond, data->magnitudes + e, n, ranges, weight, data->unseen > 0);
          e += n, n_held += n;
          if (n_held >= AT_ONCE)
            move_sums (&beyond, squares, counts), n_held = 0;
        }
    }
  move_sums (&beyond, squares, counts);
  for (int i = 0; i < N_BELOW; i++)
    grid->clipped[g][N_WIDER + 1 + i] = squares[i] + data->unseen * counts[i];
}

static void
grid_init (Grid *grid, const StrataConverterData *data)
{
  const double peak = find_peak (data);

  memset (grid, 0, sizeof *grid);
  grid->n_groups = CLAMP (data->n_groups, 1, MAX_GROUPS);
  for (int i = 0; i < N_RANGES; i++)
    {
      double step, share, own;

      grid->range[i] = peak * exp2 ((double) (N_WIDER - i) / PER_OCTAVE);
      step = grid->step[i] = step_of (data, grid->range[i]);
      own = MAX (data->own, data->least / (step * step));
      share = data->n_reads > 1 ? strata_cost_rounding_share (hypot (data->noise / step, sqrt (own))) : 1;
      grid->rounding[i] = step * step * ((share + (1 - share) / data->n_reads) / 12 + own / MAX (data->n_reads, 1));
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
