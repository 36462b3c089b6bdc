/* SPDX-License-Identifier: Apache-2.0
 *
 * Fourier transforms against the sum that defines them, for powers of two, primes and what lies between, and back.
 */
#include "model/exec/fourier.h"

#include <math.h>
#include <string.h>

#define MAX_LENGTH 128

static void
transform_ref (const double *in, gint64 n, double *out)
{
  memset (out, 0, sizeof (double) * 2 * (gsize) n);
  for (gint64 k = 0; k < n; k++)
    for (gint64 i = 0; i < n; i++)
      {
        double angle = -2.0 * G_PI * (double) (i * k % n) / (double) n;

        out[2 * k] += in[2 * i] * cos (angle) - in[2 * i + 1] * sin (angle);
        out[2 * k + 1] += in[2 * i] * sin (angle) + in[2 * i + 1] * cos (angle);
      }
}

/* Of numbers below 1, n of them: both sums are right to some n 2^-52 */
static void
assert_near (const double *got, const double *wanted, gint64 n)
{
  for (gint64 i = 0; i < 2 * n; i++)
    g_assert_cmpfloat_with_epsilon (got[i], wanted[i], 1e-13 * (double) n);
}

static void
test_lengths (void)
{
  for (gint64 n = 1; n <= MAX_LENGTH; n++)
    {
      double signal[2 * MAX_LENGTH], wanted[2 * MAX_LENGTH], kept[2 * MAX_LENGTH];
      StrataFourier fourier;

      for (gint64 i = 0; i < 2 * n; i++)
        signal[i] = kept[i] = sin ((double) (i * i) + 0.3 * (double) n);
      transform_ref (signal, n, wanted);
      g_assert_true (strata_fourier_init (&fourier, n));
      strata_fourier_run (&fourier, signal, FALSE);
      assert_near (signal, wanted, n);
      strata_fourier_run (&fourier, signal, TRUE);
      assert_near (signal, kept, n);
      strata_fourier_finish (&fourier);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/fourier/lengths", test_lengths);
  return g_test_run ();
}
