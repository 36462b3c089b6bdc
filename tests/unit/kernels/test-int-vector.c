/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/int-vector.h"

#include <math.h>

static void
test_half_to_even (void)
{
  const gint16 codes[] = { 1, 3, 5, -1, -3, -5, 2, 100 };
  const gint16 expected[] = { 0, 2, 2, 0, -2, -2, 1, 50 };
  gint16 out[8];

  strata_int_requantise (codes, 8, 0, 0.5, (StrataIntTarget){ 0, -128, 127 }, out);
  for (int i = 0; i < 8; i++)
    g_assert_cmpint (out[i], ==, expected[i]);
}

static void
test_finish (void)
{
  /* two positions, three outputs, as [position][n] */
  const gint32 sums[] = { 10, 20, 30, 1000, -1000, 7 };
  const gint32 bias[] = { 0, 1, -30 };
  const double multiplier[] = { 0.25, 0.5, 1 };
  const gint16 expected[] = { 2 + 3, 127, 10 + 3, -128, 0 + 3, -23 + 3 };
  const StrataIntSums both = { sums, 3, 1, 2, 3, bias, multiplier, 2 };
  gint16 out[6];
  float reals[6];

  strata_int_finish (&both, (StrataIntTarget){ 3, -128, 127 }, out);
  for (int i = 0; i < 6; i++)
    g_assert_cmpint (out[i], ==, expected[i]);
  strata_int_finish_float (&both, 0, 100, reals);
  g_assert_cmpfloat (reals[0], ==, 2.5f);
  g_assert_cmpfloat (reals[1], ==, 100);
  g_assert_cmpfloat (reals[2], ==, 10.5f);
  g_assert_cmpfloat (reals[3], ==, 0);
}

/* Either order of the sums, beyond what is taken at once, into planes that are larger */
static void
test_finish_orders (void)
{
  enum
  {
    POSITIONS = 37,
    N = 70,
    PLANE = 40
  };
  g_autofree gint32 *by_position = g_new (gint32, POSITIONS * N), *by_output = g_new (gint32, POSITIONS * N);
  gint32 bias[N];
  double multiplier[N];
  gint16 a[N * PLANE] = { 0 }, b[N * PLANE] = { 0 };
  const StrataIntTarget target = { -3, -128, 127 };
  const StrataIntSums one = { by_position, N, 1, POSITIONS, N, bias, multiplier, PLANE };
  const StrataIntSums other = { by_output, 1, POSITIONS, POSITIONS, N, bias, multiplier, PLANE };

  for (int j = 0; j < N; j++)
    {
      bias[j] = 7 * j - 100, multiplier[j] = 0.01 + j * 0.001;
      for (int p = 0; p < POSITIONS; p++)
        by_position[p * N + j] = by_output[j * POSITIONS + p] = (p * 977 + j * 131) % 5000 - 2500;
    }
  strata_int_finish (&one, target, a);
  strata_int_finish (&other, target, b);
  for (int j = 0; j < N; j++)
    for (int p = 0; p < PLANE; p++)
      {
        double code = p < POSITIONS ? rint ((by_position[p * N + j] + bias[j]) * multiplier[j]) - 3 : 0;

        g_assert_cmpint (a[j * PLANE + p], ==, (int) CLAMP (code, -128, 127));
        g_assert_cmpint (b[j * PLANE + p], ==, (int) CLAMP (code, -128, 127));
      }
}

static void
test_add (void)
{
  const gint16 a[] = { 10, -128 }, b[] = { 4, 100 };
  const gint16 *inputs[] = { a, b };
  gint16 out[2];

  /* (10 + 2) * 1.5 + (4 - 1) * 0.5 = 19.5 -> 20, + 5; (-126) * 1.5 + 99 * 0.5 = -139.5 -> -140, + 5 = -135 -> -128 */
  strata_int_add (inputs, 2, (int[]){ -2, 1 }, (double[]){ 1.5, 0.5 }, 2, (StrataIntTarget){ 5, -128, 127 }, out);
  g_assert_cmpint (out[0], ==, 25);
  g_assert_cmpint (out[1], ==, -128);
}

static void
test_quantise (void)
{
  const float reals[] = { 0.25f, 0.75f, -100, 1e30f, NAN, -INFINITY };
  const gint16 expected[] = { 10, 12, -128, 127, 10, -128 };
  gint16 out[6];
  float back[6];

  strata_int_quantise (reals, 6, 0.5, (StrataIntTarget){ 10, -128, 127 }, out);
  for (int i = 0; i < 6; i++)
    g_assert_cmpint (out[i], ==, expected[i]);
  strata_int_dequantise (out, 6, 0.5, 10, back);
  g_assert_cmpfloat (back[1], ==, 1);
}

/* 3 x 3 plane, 2 x 2 windows with one row and column of padding before */
static void
test_pools (void)
{
  const gint16 plane[] = { -1, -2, -3, -4, -5, -6, -7, -8, -90 };
  const StrataIntWindow w = { 1, 3, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1 };
  const StrataIntTarget target = { 0, -128, 127 };
  const gint16 maxima[] = { -1, -2, -4, -5 };
  /* sums -1; -5; -11; -109 */
  const gint16 means[] = { -1, -2, -6, -27 }, padded_means[] = { 0, -1, -3, -27 };
  const float reals[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
  gint16 out[4];
  float max[4];

  strata_int_max_pool (plane, &w, out);
  g_assert_cmpmem (out, sizeof out, maxima, sizeof maxima);
  strata_int_avg_pool (plane, &w, 0, 1, FALSE, 0, 0, target, out);
  g_assert_cmpmem (out, sizeof out, means, sizeof means);
  strata_int_avg_pool (plane, &w, 0, 1, TRUE, 0, 0, target, out);
  g_assert_cmpmem (out, sizeof out, padded_means, sizeof padded_means);
  strata_float_window_max (reals, &w, max);
  g_assert_cmpfloat (max[0], ==, 1);
  g_assert_cmpfloat (max[3], ==, 9);
}

/* A window that hangs over the padded edge (ceil_mode) counts what is inside plane and padding only. */
static void
test_pool_over_the_edge (void)
{
  const gint16 row[] = { 4, 8, 12 };
  const StrataIntWindow w = { 1, 1, 3, 1, 2, 1, 2, 1, 2, 1, 1, 0, 0 };
  gint16 out[2];

  strata_int_avg_pool (row, &w, 0, 1, TRUE, 0, 0, (StrataIntTarget){ 0, -128, 127 }, out);
  g_assert_cmpint (out[0], ==, 6);
  g_assert_cmpint (out[1], ==, 12);
  strata_int_avg_pool (row, &w, 0, 1, TRUE, 0, 1, (StrataIntTarget){ 0, -128, 127 }, out);
  g_assert_cmpint (out[1], ==, 6);
}

static void
test_move (void)
{
  const gint16 in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, fill = -7;
  const StrataIntWindow w = { 1, 3, 3, 2, 2, 1, 1, 2, 2, 1, 1, 0, 0 };
  const gint16 expected[] = { -7, -7, -7, -7, 1, 3, 7, 9, -7, -7, -7, -7 };
  gint16 out[12];

  strata_int_move (in, sizeof in[0], &w, 3, 1, &fill, out);
  g_assert_cmpmem (out, sizeof out, expected, sizeof expected);
}

static void
test_softmax (void)
{
  const float reals[] = { 1000, 0, 1000, (float) log (3) };
  float out[4];

  strata_float_softmax_channels (reals, 2, 2, out);
  g_assert_cmpfloat_with_epsilon (out[0], 0.5f, 1e-6f);
  g_assert_cmpfloat_with_epsilon (out[1], 0.25f, 1e-6f);
  g_assert_cmpfloat_with_epsilon (out[3], 0.75f, 1e-6f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/int-vector/half-to-even", test_half_to_even);
  g_test_add_func ("/sdk/kernels/int-vector/finish", test_finish);
  g_test_add_func ("/sdk/kernels/int-vector/finish-orders", test_finish_orders);
  g_test_add_func ("/sdk/kernels/int-vector/add", test_add);
  g_test_add_func ("/sdk/kernels/int-vector/quantise", test_quantise);
  g_test_add_func ("/sdk/kernels/int-vector/pools", test_pools);
  g_test_add_func ("/sdk/kernels/int-vector/pool-over-the-edge", test_pool_over_the_edge);
  g_test_add_func ("/sdk/kernels/int-vector/move", test_move);
  g_test_add_func ("/sdk/kernels/int-vector/softmax", test_softmax);
  return g_test_run ();
}
