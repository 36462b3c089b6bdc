/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/int-rows.h"

#include <math.h>

#include "base/rng.h"

/* Longer than the block whose magnitudes are summed in 32 bits, and no multiple of any vector's length */
#define N 140007

static float *
make_row (void)
{
  float *row = g_new (float, N);

  strata_rng_normal (strata_rng_key (5, 7), 0, row, N);
  row[3] = 0;
  row[70001] = -9.5f;
  return row;
}

static void
test_peak (void)
{
  g_autofree float *row = make_row ();

  g_assert_cmpfloat (strata_row_peak (row, 0, 3), ==, 0);
  g_assert_cmpfloat (strata_row_peak (row, N, -3), ==, 28.5);
  g_assert_cmpfloat (strata_row_peak (row + 70001, 1, 1), ==, 9.5);
}

/* Element by element, as the header says */
static void
test_round (void)
{
  static const struct
  {
    double gain, scale;
    int most;
  } cases[] = { { 1, 0.0371, 255 }, { -2.5, 1e-6, 32767 }, { 1, 3, 15 }, { 0.3, 1e300, 127 } };
  g_autofree float *row = make_row ();
  g_autofree gint16 *out = g_new (gint16, N);

  for (guint c = 0; c < G_N_ELEMENTS (cases); c++)
    {
      gint64 sum = strata_row_round (row, N, cases[c].gain, cases[c].scale, cases[c].most, out), expected = 0;

      for (int i = 0; i < N; i++)
        {
          double q = rint (cases[c].gain * (double) row[i] / cases[c].scale);

          g_assert_cmpint (out[i], ==, (int) CLAMP (q, -cases[c].most, cases[c].most));
          expected += ABS ((gint64) out[i]);
        }
      g_assert_cmpint (sum, ==, expected);
    }
}

static void
test_half_to_even (void)
{
  const float row[] = { 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -2.5f };
  const int expected[] = { 0, 2, 2, 0, -2, -2 };
  gint16 out[6];

  g_assert_cmpint (strata_row_round (row, 6, 1, 1, 127, out), ==, 8);
  for (int i = 0; i < 6; i++)
    g_assert_cmpint (out[i], ==, expected[i]);
}

static void
test_error (void)
{
  static const int lengths[] = { 0, 1, 15, 16, 33, 4096, N };
  g_autofree float *row = make_row ();

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (int most = 1; most <= 31; most += 15)
      {
        double got = strata_row_error (row, (gsize) lengths[i], 0.7, 0.21, most), expected = 0;

        for (int j = 0; j < lengths[i]; j++)
          {
            double w = 0.7 * (double) row[j], q = CLAMP (rint (w / 0.21), -most, most);

            expected += (w - q * 0.21) * (w - q * 0.21);
          }
        g_assert_cmpfloat (fabs (got - expected), <=, 1e-12 * expected); /* another order of adding */
      }
}

static void
test_extent (void)
{
  g_autofree gint16 *row = g_new (gint16, N);
  gint64 expected = 0;
  int peak = -1;

  g_assert_cmpint (strata_row_extent (row, 0, &peak), ==, 0);
  g_assert_cmpint (peak, ==, 0);
  for (int i = 0; i < N; i++)
    {
      row[i] = i % 3 == 0 ? G_MININT16 : (gint16) (i * 7919);
      expected += ABS ((gint64) row[i]);
    }
  g_assert_cmpint (strata_row_extent (row, N, &peak), ==, expected);
  g_assert_cmpint (peak, ==, 32768);
  for (int i = 0; i < N; i++)
    row[i] = G_MININT16;
  g_assert_cmpint (strata_row_extent (row, N, &peak), ==, (gint64) N * 32768);
  row[0] = 12;
  row[1] = -7;
  strata_row_extent (row, 1, &peak);
  g_assert_cmpint (peak, ==, 12);
}

static void
test_largest (void)
{
  gint32 row[100] = { 0 };

  g_assert_cmpint (strata_row_largest (row, 0), ==, 0);
  row[99] = -7, row[50] = 6;
  g_assert_cmpint (strata_row_largest (row, 100), ==, 7);
  g_assert_cmpint (strata_row_largest (row, 99), ==, 6);
  row[3] = G_MININT32;
  g_assert_cmpint (strata_row_largest (row, 100), ==, G_MAXINT32);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/int-rows/peak", test_peak);
  g_test_add_func ("/sdk/kernels/int-rows/round", test_round);
  g_test_add_func ("/sdk/kernels/int-rows/half-to-even", test_half_to_even);
  g_test_add_func ("/sdk/kernels/int-rows/error", test_error);
  g_test_add_func ("/sdk/kernels/int-rows/extent", test_extent);
  g_test_add_func ("/sdk/kernels/int-rows/largest", test_largest);
  return g_test_run ();
}
