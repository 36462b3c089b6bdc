/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/analog-fit.h"

#include <math.h>

#include "base/rng.h"

/* Known gains and offset come back; what is not determined stays
 * at the prior. */
static void
test_fit (void)
{
  enum
  {
    N = 100
  };
  double x[2 * N], target[N], gain[2], offset;
  const double prior[] = { 16, 1 };

  for (int i = 0; i < N; i++)
    {
      x[i] = sin (i) * 50 + 20, x[N + i] = cos (1.7 * i) * 30;
      target[i] = 15.5 * x[i] + 1.25 * x[N + i] - 3;
    }
  strata_analog_fit_ref (x, 2, target, N, prior, gain, &offset);
  g_assert_cmpfloat_with_epsilon (gain[0], 15.5, 1e-4);
  g_assert_cmpfloat_with_epsilon (gain[1], 1.25, 1e-4);
  g_assert_cmpfloat_with_epsilon (offset, -3, 1e-2);

  for (int i = 0; i < N; i++)
    target[i] = 2 * x[i], x[N + i] = 0;
  strata_analog_fit_ref (x, 2, target, N, prior, gain, &offset);
  g_assert_cmpfloat_with_epsilon (gain[0], 2, 1e-3);
  g_assert_cmpfloat_with_epsilon (gain[1], 1, 1e-6);
}

/* Columns together come to the bits of each alone. */
static void
test_columns (void)
{
  for (int n_regressors = 1; n_regressors <= 4; n_regressors++)
    for (int n_columns = 1; n_columns <= 70; n_columns += 23)
      {
        const int n = 90, width = n_regressors * n_columns;
        g_autofree float *x = g_new (float, n *width), *scale = g_new (float, width);
        g_autofree gint32 *target = g_new (gint32, n * n_columns);
        g_autofree double *prior = g_new (double, width), *gain = g_new (double, width);
        g_autofree double *offset = g_new (double, n_columns), *one = g_new (double, n *n_regressors);
        const StrataFit fit = { x, scale, target, n, n_regressors, n_columns, prior };

        strata_rng_normal (strata_rng_key (1, (guint64) width), 0, x, (gsize) (n * width));
        for (int c = 0; c < width; c++)
          scale[c] = 1 + 0.01f * (float) c, prior[c] = c % 7;
        for (int i = 0; i < n * n_columns; i++)
          target[i] = (int) lrintf (1000 * x[i % (n * width)]) + i;
        /* a regressor that says nothing */
        for (int i = 0; i < n; i++)
          x[i * width] = 0;
        strata_analog_fit (&fit, gain, offset);
        for (int j = 0; j < n_columns; j++)
          {
            double expected[4], priors[4], targets[90], at;

            for (int i = 0; i < n; i++)
              {
                targets[i] = target[i * n_columns + j];
                for (int r = 0; r < n_regressors; r++)
                  one[r * n + i] = (double) (x[i * width + r * n_columns + j] * scale[r * n_columns + j]);
              }
            for (int r = 0; r < n_regressors; r++)
              priors[r] = prior[r * n_columns + j];
            strata_analog_fit_ref (one, n_regressors, targets, n, priors, expected, &at);
            g_assert_cmpfloat (offset[j], ==, at);
            for (int r = 0; r < n_regressors; r++)
              g_assert_cmpfloat (gain[r * n_columns + j], ==, expected[r]);
          }
      }
}

static void
test_magnitudes (void)
{
  const float v[] = { 3, -3, 0 }, variance[] = { 7, 0, 0 }, z[] = { -1, 1, 0 }, gain[] = { 2, 1, -1 };
  float magnitudes[3];

  strata_analog_magnitudes (v, variance, 9, z, gain, 3, magnitudes);
  g_assert_cmpfloat (magnitudes[0], ==, 2); /* |3 - 4| x 2 */
  g_assert_cmpfloat (magnitudes[1], ==, 0);
  g_assert_cmpfloat (magnitudes[2], ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/analog-fit/fit", test_fit);
  g_test_add_func ("/sdk/kernels/analog-fit/columns", test_columns);
  g_test_add_func ("/sdk/kernels/analog-fit/magnitudes", test_magnitudes);
  return g_test_run ();
}
