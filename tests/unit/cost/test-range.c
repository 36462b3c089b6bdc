/* SPDX-License-Identifier: Apache-2.0
 *
 * Ranges of converters: what holding out each sample does, the weights of magnitudes, and the share of rounding that
 * averaging leaves, against the mean of a rounded value computed point by point.
 */
#include "cost/range.h"

#include <math.h>

#define N_SAMPLES 8
#define N_EACH 200
#define N (N_SAMPLES * N_EACH)

/* Even magnitudes 0 … 1, no two samples alike; those of the last sample times @last */
static void
fill (float *magnitudes, double last)
{
  for (int i = 0; i < N; i++)
    magnitudes[i] = (float) (fmod (0.5 + i * 0.6180339887, 1.0) * (i >= N - N_EACH ? last : 1));
}

static void
test_held_out (void)
{
  static float magnitudes[N];
  StrataConverterData data = {
    .magnitudes = magnitudes, .n = N, .n_cols = 1, .n_groups = N_SAMPLES, .steps = 256, .finest = 0, .n_reads = 1
  };
  StrataConverterRange same, alike, one;

  /* Samples alike need no more than their peak. */
  fill (magnitudes, 1);
  same = strata_cost_converter_range (&data);
  g_assert_cmpfloat_with_epsilon (same.step, 2.0 / 256, 0.1 / 256);
  g_assert_cmpfloat (same.clipped, <, 1e-5);
  /* One that reaches further tells of others that will; its own error counts where it is held out. */
  fill (magnitudes, 1.5);
  alike = strata_cost_converter_range (&data);
  g_assert_cmpfloat (alike.step, >=, 2 * 1.45 / 256);
  data.n_groups = 0;
  one = strata_cost_converter_range (&data);
  g_assert_cmpfloat (one.step, <=, alike.step);
  /* Never finer than a unit, and the peak is the peak. */
  data.finest = 0.5;
  g_assert_cmpfloat (strata_cost_converter_range (&data).step, ==, 0.5);
  data.finest = 0;
  g_assert_cmpfloat_with_epsilon (strata_cost_converter_peak (&data).step, 2 * 1.5 / 256, 0.02 / 256);
}

/* A magnitude that stands for many is worth a wider range than a rare one. */
static void
test_weights (void)
{
  static float magnitudes[N], weights[N];
  const StrataConverterData data = {
    .magnitudes = magnitudes, .weights = weights, .n = N, .n_cols = 1, .n_groups = 1, .steps = 16, .n_reads = 1
  };
  double rare, often;

  fill (magnitudes, 1);
  for (int i = 0; i < N; i++)
    weights[i] = 1;
  magnitudes[7] = 4;
  weights[7] = 1e-3f;
  rare = strata_cost_converter_range (&data).step;
  weights[7] = 1e3f;
  often = strata_cost_converter_range (&data).step;
  g_assert_cmpfloat (often, >, 2 * rare);
}

/* Mean square over x of what the mean of rint (x + dither * z) misses, over that of rint (x) */
static double
measure_share (double dither)
{
  double sum = 0;
  const int n_x = 400, n_z = 2000;

  for (int i = 0; i < n_x; i++)
    {
      double x = (i + 0.5) / n_x, mean = 0, mass = 0;

      for (int j = 0; j < n_z; j++)
        {
          double z = 12.0 * (j + 0.5) / n_z - 6, weight = exp (-z * z / 2);

          mean += weight * (rint (x + dither * z) - x);
          mass += weight;
        }
      sum += mean / mass * mean / mass / n_x;
    }
  return sum * 12;
}

static void
test_rounding_share (void)
{
  g_assert_cmpfloat (strata_cost_rounding_share (0), ==, 1);
  for (double dither = 0.05; dither < 0.6; dither += 0.05)
    g_assert_cmpfloat_with_epsilon (strata_cost_rounding_share (dither), measure_share (dither), 2e-3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/range/held-out", test_held_out);
  g_test_add_func ("/sdk/cost/range/weights", test_weights);
  g_test_add_func ("/sdk/cost/range/rounding-share", test_rounding_share);
  return g_test_run ();
}
