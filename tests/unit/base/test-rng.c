/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include <math.h>

/* Known answers of Philox 4x32-10 from the test vectors of its authors' library (Random123, kat_vectors). */
static void
test_known_answers (void)
{
  StrataRngBlock zero = strata_rng_block ((StrataRngKey){ { 0, 0 } }, 0, 0);
  StrataRngBlock ones = strata_rng_block ((StrataRngKey){ { G_MAXUINT32, G_MAXUINT32 } }, G_MAXUINT64, G_MAXUINT64);

  g_assert_cmphex (zero.word[0], ==, 0x6627e8d5);
  g_assert_cmphex (zero.word[1], ==, 0xe169c58d);
  g_assert_cmphex (zero.word[2], ==, 0xbc57ac4c);
  g_assert_cmphex (zero.word[3], ==, 0x9b00dbd8);
  g_assert_cmphex (ones.word[0], ==, 0x408f276d);
  g_assert_cmphex (ones.word[1], ==, 0x41c83b0e);
  g_assert_cmphex (ones.word[2], ==, 0xa20bc7c6);
  g_assert_cmphex (ones.word[3], ==, 0x6d5451fd);
}

static void
test_moments (void)
{
  enum
  {
    N = 1 << 20
  };
  g_autofree float *x = g_new (float, N);
  double m1 = 0, m2 = 0, m3 = 0, m4 = 0;

  strata_rng_normal (strata_rng_key (1, 2), 3, x, N);
  for (int i = 0; i < N; i++)
    {
      m1 += x[i];
      m2 += (double) x[i] * x[i];
      m3 += pow (x[i], 3);
      m4 += pow (x[i], 4);
    }
  /* four standard errors of each moment over 2^20 draws */
  g_assert_cmpfloat (fabs (m1 / N), <, 4 / 1024.0);
  g_assert_cmpfloat (fabs (m2 / N - 1), <, 4 * sqrt (2) / 1024.0);
  g_assert_cmpfloat (fabs (m3 / N), <, 4 * sqrt (15) / 1024.0);
  g_assert_cmpfloat (fabs (m4 / N - 3), <, 4 * sqrt (96) / 1024.0);
}

static void
test_row_does_not_depend_on_length (void)
{
  float a[300], b[7];

  strata_rng_normal (strata_rng_key (5, 6), 9, a, G_N_ELEMENTS (a));
  strata_rng_normal (strata_rng_key (5, 6), 9, b, G_N_ELEMENTS (b));
  for (guint i = 0; i < G_N_ELEMENTS (b); i++)
    g_assert_cmpfloat (a[i], ==, b[i]);
  strata_rng_normal (strata_rng_key (5, 6), 10, b, G_N_ELEMENTS (b));
  g_assert_cmpfloat (a[0], !=, b[0]);
}

static void
test_uniform (void)
{
  StrataRngKey key = strata_rng_key (11, 0);
  double sum = 0;

  for (guint64 i = 0; i < 10000; i++)
    {
      double u = strata_rng_uniform (key, i);

      g_assert_cmpfloat (u, >=, 0);
      g_assert_cmpfloat (u, <, 1);
      sum += u;
    }
  g_assert_cmpfloat (fabs (sum / 10000 - 0.5), <, 4 * sqrt (1 / 12.0) / 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/base/rng/known-answers", test_known_answers);
  g_test_add_func ("/sdk/base/rng/moments", test_moments);
  g_test_add_func ("/sdk/base/rng/row-does-not-depend-on-length", test_row_does_not_depend_on_length);
  g_test_add_func ("/sdk/base/rng/uniform", test_uniform);
  return g_test_run ();
}
