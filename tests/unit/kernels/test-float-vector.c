/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/float-vector.h"

#include <math.h>

#include "base/rng.h"

#define N 100003

static void
compare (StrataFloatFunction function, float low, float high)
{
  g_autofree float *x = g_new (float, N);
  g_autofree float *y = g_new (float, N);

  for (int i = 0; i < N; i++)
    x[i] = low + (high - low) * (float) i / (float) (N - 1);
  strata_float_map (function, x, N, y);
  for (int i = 0; i < N; i++)
    {
      double wanted = strata_float_map_ref (function, (double) x[i]);
      double scale = MAX (1.0, fabs (wanted)) * 0x1p-22;

      if (function == STRATA_FLOAT_GELU)
        scale = fabs ((double) x[i]) * 0x1p-21 + 1e-30;
      g_assert_cmpfloat (fabs ((double) y[i] - wanted), <=, scale);
    }
  strata_float_map (function, x, N, x); /* in place */
  g_assert_cmpmem (x, N * sizeof (float), y, N * sizeof (float));
}

static void
test_functions (void)
{
  compare (STRATA_FLOAT_ERF, -6.0f, 6.0f);
  compare (STRATA_FLOAT_ERF, -1e-3f, 1e-3f);
  compare (STRATA_FLOAT_EXP, -100.0f, 88.7f);
  compare (STRATA_FLOAT_GELU, -10.0f, 10.0f);
  compare (STRATA_FLOAT_RELU, -1.0f, 1.0f);
  compare (STRATA_FLOAT_SIGMOID, -100.0f, 100.0f);
  compare (STRATA_FLOAT_SQRT, 0.0f, 100.0f);
  compare (STRATA_FLOAT_TANH, -12.0f, 12.0f);
  compare (STRATA_FLOAT_TANH, -1e-3f, 1e-3f);
}

static void
test_special (void)
{
  const float x[] = { NAN, INFINITY, -INFINITY, 1000.0f, -1000.0f };
  float y[G_N_ELEMENTS (x)];

  for (int function = STRATA_FLOAT_ERF; function <= STRATA_FLOAT_TANH; function++)
    {
      strata_float_map (function, x, 1, y);
      g_assert_true (isnan (y[0]));
    }
  strata_float_map (STRATA_FLOAT_EXP, x, 5, y);
  g_assert_true (isinf (y[1]) && isinf (y[3]));
  g_assert_cmpfloat (y[2], ==, 0.0f);
  g_assert_cmpfloat (y[4], ==, 0.0f);
  strata_float_map (STRATA_FLOAT_TANH, x, 5, y);
  g_assert_cmpfloat (y[1], ==, 1.0f);
  g_assert_cmpfloat (y[2], ==, -1.0f);
  strata_float_map (STRATA_FLOAT_SIGMOID, x, 5, y);
  g_assert_cmpfloat (y[1], ==, 1.0f);
  g_assert_cmpfloat (y[2], ==, 0.0f);
  strata_float_map (STRATA_FLOAT_ERF, x, 5, y);
  g_assert_cmpfloat (y[1], ==, 1.0f);
  g_assert_cmpfloat (y[4], ==, -1.0f);
}

static void
test_rows (void)
{
  static const gint64 sizes[] = { 1, 15, 16, 17, 64, 65, 1000 };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    {
      gint64 n = sizes[s];
      g_autofree float *x = g_new (float, n);
      g_autofree float *y = g_new (float, n);
      g_autofree float *out = g_new (float, n);
      double sum = 0.0, squares = 0.0, exps = 0.0, variance;

      for (gint64 i = 0; i < n; i++)
        {
          x[i] = sinf ((float) i);
          y[i] = 2.0f + cosf ((float) i);
          sum += (double) x[i];
          squares += (double) x[i] * (double) x[i];
          exps += exp ((double) x[i]);
        }
      g_assert_cmpfloat_with_epsilon (strata_float_sum (x, n), sum, 1e-12 * (double) n);
      g_assert_cmpfloat_with_epsilon (strata_float_sum_squares (x, n), squares, 1e-12 * (double) n);
      strata_float_softmax (x, n, out);
      for (gint64 i = 0; i < n; i++)
        g_assert_cmpfloat (fabs ((double) out[i] - exp ((double) x[i]) / exps), <=, 1e-6 / (double) n);
      variance = squares / (double) n - sum * sum / (double) (n * n);
      strata_float_normalise (x, n, 1e-5, TRUE, y, x, out);
      for (gint64 i = 0; i < n; i++)
        {
          double wanted = ((double) x[i] - sum / (double) n) / sqrt (variance + 1e-5) * (double) y[i] + (double) x[i];

          g_assert_cmpfloat (fabs ((double) out[i] - wanted), <=, 1e-5);
        }
      strata_float_binary_row (STRATA_FLOAT_DIV, x, 1, y, 1, n, out);
      g_assert_cmpfloat (out[n - 1], ==, x[n - 1] / y[n - 1]);
      strata_float_binary_row (STRATA_FLOAT_SUB, y, 0, x, 1, n, out);
      g_assert_cmpfloat (out[n - 1], ==, y[0] - x[n - 1]);
      strata_float_binary_row (STRATA_FLOAT_MUL, x, 1, y, 0, n, x);
      g_assert_cmpfloat (x[n - 1], ==, sinf ((float) (n - 1)) * y[0]);
    }
}

static void
test_response (void)
{
  enum
  {
    CHANNELS = 7,
    PLANE = 70,
  };
  float x[CHANNELS * PLANE], y[CHANNELS * PLANE];

  for (int i = 0; i < CHANNELS * PLANE; i++)
    x[i] = sinf ((float) i);
  for (int k = 0; k < 2; k++)
    {
      StrataFloatResponse r = { CHANNELS, PLANE, 1, 2, 0.3, k == 0 ? 0.75 : 0.6, 1.5 };

      strata_float_normalise_response (&r, x, y);
      for (int c = 0; c < CHANNELS; c++)
        for (int i = 0; i < PLANE; i++)
          {
            double sum = 0.0;

            for (int d = MAX (c - 1, 0); d <= MIN (c + 2, CHANNELS - 1); d++)
              sum += (double) x[d * PLANE + i] * (double) x[d * PLANE + i];
            g_assert_cmpfloat (
              fabs ((double) y[c * PLANE + i] - (double) x[c * PLANE + i] / pow (1.5 + 0.3 * sum, r.beta)), <=, 1e-7);
          }
    }
}

/* What calibration counts with, element by element */
static void
test_bins (void)
{
  g_autofree float *x = g_new (float, N);
  g_autofree gint32 *bins = g_new (gint32, N);
  float least, most, lo = INFINITY, hi = -INFINITY;

  strata_rng_normal (strata_rng_key (3, 1), 0, x, N);
  x[17] = -0.0f;
  for (int i = 0; i < N; i++)
    {
      lo = MIN (lo, x[i]);
      hi = MAX (hi, x[i]);
    }
  strata_float_extent (x, N, &least, &most);
  g_assert_cmpfloat (least, ==, lo);
  g_assert_cmpfloat (most, ==, hi);
  strata_float_bins (x, N, 1, (double) lo, 2048 / (double) (hi - lo), 2048, bins);
  for (int i = 0; i < N; i++)
    {
      int bin = (int) (((double) x[i] - (double) lo) * (2048 / (double) (hi - lo)));

      g_assert_cmpint (bins[i], ==, CLAMP (bin, 0, 2047));
    }
  strata_float_bins (x, 3, 1, 1e30, 1, 7, bins);
  g_assert_cmpint (bins[2], ==, 0);
  strata_float_bins (x, 3, 1, -1e30, 1, 7, bins);
  g_assert_cmpint (bins[2], ==, 6);
  strata_float_bins ((const float[]){ 3, -3, 0.5f }, 3, 2, 0, 1, 100, bins);
  g_assert_cmpint (bins[0], ==, 6);
  g_assert_cmpint (bins[1], ==, 0);
  g_assert_cmpint (bins[2], ==, 1);
  strata_float_bins (x, 3, 1, -1e30, 1, 7, bins);
  g_assert_cmpint (bins[2], ==, 6);
  for (int i = 0; i < 3; i++) /* one sign, and zero without one */
    x[i] = (float) -i;
  strata_float_extent (x, 3, &least, &most);
  g_assert_cmpfloat (least, ==, -2);
  g_assert_cmpfloat (most, ==, 0);
  x[0] = -0.0f;
  strata_float_extent (x, 1, &least, &most);
  g_assert_false (signbit (least));
  strata_float_extent ((const float[]){ 3, 1e-40f, 7 }, 3, &least, &most);
  g_assert_cmpfloat (least, ==, 1e-40f);
  g_assert_cmpfloat (most, ==, 7);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/float-vector/functions", test_functions);
  g_test_add_func ("/sdk/kernels/float-vector/special", test_special);
  g_test_add_func ("/sdk/kernels/float-vector/rows", test_rows);
  g_test_add_func ("/sdk/kernels/float-vector/response", test_response);
  g_test_add_func ("/sdk/kernels/float-vector/bins", test_bins);
  return g_test_run ();
}
