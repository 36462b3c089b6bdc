/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges of activations. int8: the interval of least mean squared error on the histogram, searched from the extremes
 * inward; zero is always exact, and a range that starts at zero stays so. int16: the extremes with a factor of two in
 * hand, zero point 0: residuals must not clip, and a step of 2^-14 of the range costs nothing.
 */
#include "compiler/quantise/ranges.h"

#include <math.h>

/* Grid of the search: bounds shrink to no less than MIN_SHARE of the extreme, in steps of SHARE_STEP. */
#define SHARE_STEP 0.02
#define N_SHARES 36

typedef struct
{
  double centre[STRATA_HISTOGRAM_BINS];
  double mass[STRATA_HISTOGRAM_BINS];
  int n;
} Density;

static void
compact (const StrataTensorStats *stats, Density *density)
{
  double width = (stats->max - stats->min) / STRATA_HISTOGRAM_BINS;

  density->n = 0;
  for (int i = 0; i < STRATA_HISTOGRAM_BINS; i++)
    if (stats->histogram[i] > 0)
      {
        density->centre[density->n] = stats->min + (i + 0.5) * width;
        density->mass[density->n++] = (double) stats->histogram[i];
      }
}

/* Clipping error beyond the bounds plus step^2 / 12 inside. */
static double
squared_error (const Density *density, double lo, double hi)
{
  double step = (hi - lo) / 255, inside = 0, error = 0;

  for (int i = 0; i < density->n; i++)
    {
      double x = density->centre[i], beyond = x < lo ? lo - x : x > hi ? x - hi : 0;

      if (beyond > 0)
        error += density->mass[i] * beyond * beyond;
      else
        inside += density->mass[i];
    }
  return error + inside * step * step / 12;
}

static void
search (const Density *density, double *lo, double *hi)
{
  double full_lo = *lo, full_hi = *hi, best = squared_error (density, full_lo, full_hi);

  for (int round = 0; round < 2; round++)
    for (int side = 0; side < 2; side++)
      for (int i = 0; i < N_SHARES; i++)
        {
          double share = 1 - SHARE_STEP * i;
          double try_lo = side == 0 ? full_lo * share : *lo, try_hi = side == 1 ? full_hi * share : *hi;
          double error = squared_error (density, try_lo, try_hi);

          if (error < best)
            {
              best = error;
              *lo = try_lo;
              *hi = try_hi;
            }
        }
}

void
strata_choose_scale (const StrataTensorStats *stats, gboolean least_error, StrataQTensor *tensor)
{
  gboolean seen = stats->count > 0;
  double lo = seen ? MIN (stats->min, 0) : -1, hi = seen ? MAX (stats->max, 0) : 1;

  if (!(hi - lo > 0))
    hi = lo + 1;
  if (tensor->format == STRATA_FORMAT_I16)
    {
      tensor->scale = 2 * MAX (hi, -lo) / 32767;
      tensor->zero_point = 0;
      return;
    }
  if (stats->histogram != NULL && seen && least_error)
    {
      g_autofree Density *density = g_new (Density, 1);

      compact (stats, density);
      search (density, &lo, &hi);
    }
  tensor->scale = (hi - lo) / 255;
  tensor->zero_point = (int) CLAMP (rint (-128 - lo / tensor->scale), -128, 127);
}
