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

/* Against the distribution itself, word by word: P (Z < z) is the probability that the word stands for. */
static void
test_inverse (void)
{
  StrataRngKey key = strata_rng_key (3, 1);
  float z[4096];

  strata_rng_normal (key, 5, z, G_N_ELEMENTS (z));
  for (guint i = 0; i < G_N_ELEMENTS (z); i++)
    {
      StrataRngBlock block = strata_rng_block (key, i / 64 * 16 + i % 16, 5);
      guint32 word = block.word[i % 64 / 16];
      double u = ((word & G_MAXINT32) + 0.5) * 0x1p-32, magnitude = fabs ((double) z[i]);
      double density = exp (-magnitude * magnitude / 2) / sqrt (2 * G_PI);

      g_assert_cmpint (z[i] < 0, ==, word >> 31 == 0);
      g_assert_cmpfloat_with_epsilon (erfc (magnitude / sqrt (2)) / 2, u, 5e-5 * density);
    }
}

/* Every instruction set gives the same bits. */
static void
test_reference (void)
{
  float z[1000], reference[1000];

  for (guint64 row = 0; row < 50; row++)
    {
      strata_rng_normal (strata_rng_key (row, 8), G_MAXUINT64 - row, z, G_N_ELEMENTS (z));
      strata_rng_normal_ref (strata_rng_key (row, 8), G_MAXUINT64 - row, reference, G_N_ELEMENTS (z));
      g_assert_cmpmem (z, sizeof z, reference, sizeof reference);
    }
}

/* Draws beyond some sigmas come as often as they should: 2^22 of them, four standard errors. */
static void
test_tails (void)
{
  enum
  {
    N = 1 << 22
  };
  g_autofree float *z = g_new (float, N);

  strata_rng_normal (strata_rng_key (9, 9), 0, z, N);
  for (int sigma = 1; sigma <= 4; sigma++)
    {
      double expected = N * erfc (sigma / sqrt (2));
      int n = 0;

      for (int i = 0; i < N; i++)
        n += fabsf (z[i]) > sigma;
      g_assert_cmpfloat (fabs (n - expected), <, 4 * sqrt (expected));
    }
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
      double u = strata_rng_uniform (key, i), four[4];

      strata_rng_four (key, i / 4, four);
      g_assert_cmpfloat (four[i % 4], ==, u);
      g_assert_cmpfloat (u, >=, 0);
      g_assert_cmpfloat (u, <, 1);
      sum += u;
    }
  g_assert_cmpfloat (fabs (sum / 10000 - 0.5), <, 4 * sqrt (1 / 12.0) / 100);
}

/* Positions that gaps lead to are as many as the share says, and as often next to one another. */
static void
test_gap (void)
{
  const StrataRngKey key = strata_rng_key (4, 5);
  const gint64 n = 4000000;

  for (double share = 1e-4; share < 0.5; share *= 10)
    {
      gint64 n_hits = 0, n_neighbours = 0;

      for (gint64 at = 0, i = 0; at < n; at++, i++)
        {
          gint64 gap = strata_rng_gap (key, (guint64) i, share);

          at += gap;
          n_hits += at < n;
          n_neighbours += at < n && i > 0 && gap == 0;
        }
      g_assert_cmpfloat (fabs (n_hits - share * n), <, 5 * sqrt (share * n));
      g_assert_cmpfloat (fabs (n_neighbours - share * share * n), <, 5 * sqrt (share * share * n) + 1);
    }
  g_assert_cmpint (strata_rng_gap (key, 0, 0), ==, G_MAXINT64 / 4);
  g_assert_cmpint (strata_rng_gap (key, 0, -1), ==, G_MAXINT64 / 4);
  g_assert_cmpint (strata_rng_gap (key, 0, 1), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/base/rng/known-answers", test_known_answers);
  g_test_add_func ("/sdk/base/rng/moments", test_moments);
  g_test_add_func ("/sdk/base/rng/inverse", test_inverse);
  g_test_add_func ("/sdk/base/rng/reference", test_reference);
  g_test_add_func ("/sdk/base/rng/tails", test_tails);
  g_test_add_func ("/sdk/base/rng/row-does-not-depend-on-length", test_row_does_not_depend_on_length);
  g_test_add_func ("/sdk/base/rng/uniform", test_uniform);
  g_test_add_func ("/sdk/base/rng/gap", test_gap);
  return g_test_run ();
}
