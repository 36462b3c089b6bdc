/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/analog-read.h"

#include <math.h>

#include "base/rng.h"

static void
test_digits (void)
{
  int digits[3];

  strata_analog_digits (-127, 16, 2, digits);
  g_assert_cmpint (digits[0], ==, -7);
  g_assert_cmpint (digits[1], ==, -15);
  strata_analog_digits (255, 16, 2, digits);
  g_assert_cmpint (digits[0], ==, 15);
  g_assert_cmpint (digits[1], ==, 15);
  for (int w = -511; w < 512; w++)
    {
      strata_analog_digits (w, 8, 3, digits);
      g_assert_cmpint (digits[0] * 64 + digits[1] * 8 + digits[2], ==, w);
      for (int s = 0; s < 3; s++)
        g_assert_cmpint (ABS (digits[s]), <, 8);
    }
}

static void
test_product_is_exact_for_integers (void)
{
  enum
  {
    P = 7,
    K = 512,
    N = 19
  };
  g_autofree float *x = g_new (float, P *K), *w = g_new (float, K *N), *v = g_new (float, P *N);
  StrataRngKey key = strata_rng_key (4, 4);

  for (int i = 0; i < P * K; i++)
    x[i] = (float) floor (strata_rng_uniform (key, (guint64) i) * 511) - 255;
  for (int i = 0; i < K * N; i++)
    w[i] = (float) floor (strata_rng_uniform (key, (guint64) i + P * K) * 31) - 15;
  for (int rows = 1; rows <= P; rows += P - 1)
    {
      strata_analog_product (x, rows, K, w, N, v);
      for (int i = 0; i < rows; i++)
        for (int j = 0; j < N; j++)
          {
            gint64 sum = 0;

            for (int k = 0; k < K; k++)
              sum += (gint64) x[i * K + k] * (gint64) w[k * N + j];
            g_assert_cmpint ((gint64) v[i * N + j], ==, sum);
          }
    }
}

static void
test_convert (void)
{
  const float v[] = { 5, 15, -25, 1e6f, -1e6f };
  const float z[] = { 1, 1, 1, 0, 0 }, variance[] = { 0, 75, 300, 0, 0 };
  const float scale[] = { 0.1f, 0.1f, 0.1f, 0.1f, 0.1f }, extra[] = { 25, 25, 25, 25, 25 };
  const StrataAnalogConversion conversion = { extra, scale, -128, 127, 1 }, fourfold = { extra, scale, -128, 127, 4 };
  float q[] = { 1, 0, 0, 0, 0 };

  /* lsb 10: 0.5 -> 0 (even), 1.5 -> 2, -2.5 -> -2 */
  g_assert_cmpint (strata_analog_convert (&conversion, v, NULL, NULL, 5, q), ==, 2);
  g_assert_cmpfloat (q[0], ==, 1);
  g_assert_cmpfloat (q[1], ==, 2);
  g_assert_cmpfloat (q[2], ==, -2);
  g_assert_cmpfloat (q[3], ==, 127);
  g_assert_cmpfloat (q[4], ==, -128);
  /* sqrt (25 + 75) = 10: 25 / 10 -> 2; sqrt (325) = 18.03: -0.697 -> -1 */
  strata_analog_convert (&conversion, v, variance, z, 3, q);
  g_assert_cmpfloat (q[1], ==, 4);
  g_assert_cmpfloat (q[2], ==, -3);
  /* added four times over: 15 + 5 -> 2, clipped codes too */
  g_assert_cmpint (strata_analog_convert (&fourfold, v, NULL, z, 5, q), ==, 2);
  g_assert_cmpfloat (q[1], ==, 4 + 4 * 2);
  g_assert_cmpfloat (q[3], ==, 127 + 4 * 127);
  strata_analog_add_codes (z, 2, 2, q);
  g_assert_cmpfloat (q[1], ==, 4 + 4 * 2 + 2);
}

/* Digits of phases, weighted, add up to the code, signed or not. */
static void
test_phase_digits (void)
{
  for (int lowest = -128; lowest <= 0; lowest += 128)
    for (int bits = 1; bits <= 8; bits++)
      for (int i = 0; i < 256; i++)
        {
          const gint16 code = (gint16) (lowest + i);
          int sum = 0;

          for (int phase = 0; phase < strata_analog_n_phases (bits); phase++)
            {
              const int digit = strata_analog_phase_digit (code, lowest, bits, phase * bits);
              gint16 same;

              strata_analog_phase_digits (&code, 1, lowest, bits, phase * bits, &same);
              g_assert_cmpint (digit, ==, same);
              g_assert_cmpint (ABS (digit), <, 1 << bits);
              sum += digit * (1 << (phase * bits));
            }
          g_assert_cmpint (sum, ==, code);
        }
}

static void
test_combine (void)
{
  const float q[] = { 3, 3, -1, 100 };
  const double gain[] = { 16, 1e12, 1, 1 }, offset[] = { 0.6, 0 };
  const gint32 constant[] = { 7, 0 };
  gint32 sums[] = { 1000, 5 };

  strata_analog_combine (q, 2, 2, gain, offset, constant, sums);
  g_assert_cmpint (sums[0], ==, 1000 + 48 - 7); /* 48 - 1 + 0.6 = 47.6 -> 48 */
  g_assert_cmpint (sums[1], ==, G_MAXINT32);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/analog-read/digits", test_digits);
  g_test_add_func ("/sdk/kernels/analog-read/product-is-exact-for-integers", test_product_is_exact_for_integers);
  g_test_add_func ("/sdk/kernels/analog-read/convert", test_convert);
  g_test_add_func ("/sdk/kernels/analog-read/phase-digits", test_phase_digits);
  g_test_add_func ("/sdk/kernels/analog-read/combine", test_combine);
  return g_test_run ();
}
