/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/analog-program.h"

#include <math.h>

#include "base/rng.h"
#include "kernels/analog-read.h"

#define N 1037
#define TOP 15

typedef struct
{
  StrataPairTable table;
  gint16 digits[N];
  float plus[N], minus[N], z[2 * N];
} Case;

typedef struct
{
  float missed[N], target[N], levels[N], variances[N];
} Written;

/* Deviations that saturate as those of a charge trap; lines a hundredth apart */
static Case *
case_new (float grid)
{
  const StrataRngKey key = strata_rng_key (11, 3);
  Case *c = g_new0 (Case, 1);

  for (int i = 0; i < STRATA_PAIR_STEPS + 2; i++)
    {
      double g = MIN (i / (double) STRATA_PAIR_STEPS, 1);

      c->table.program[i] = (float) (0.19 * (1 - exp (-9 * g)));
      c->table.read[i] = (float) (0.12 * (1 - exp (-7 * g)));
    }
  c->table.top = TOP, c->table.idle = c->table.program[0] = 0.003f, c->table.idle_read = 1e-4f;
  c->table.grid = grid, c->table.floor = 0.25f, c->table.residual = TOP + 1;
  strata_rng_normal (key, 0, c->z, 2 * N);
  for (int j = 0; j < N; j++)
    {
      c->digits[j] = (gint16) (j % (2 * TOP + 1) - TOP);
      c->plus[j] = 0.01f * (float) strata_rng_uniform (key, (guint64) (10 * N + j));
      c->minus[j] = -0.01f * (float) strata_rng_uniform (key, (guint64) (20 * N + j));
    }
  return c;
}

static Written *
write_twice (const Case *c, void (*write) (const StrataPairTable *, const StrataPairs *, int), gboolean variances)
{
  Written *w = g_new0 (Written, 1);
  const StrataPairs pairs = { c->digits, c->plus,   c->minus,  c->z,
                              w->missed, w->target, w->levels, variances ? w->variances : NULL };

  /* the second time towards what the first missed */
  write (&c->table, &pairs, N);
  write (&c->table, &pairs, N);
  return w;
}

static void
test_pairs_match_reference (void)
{
  static const float grids[] = { 0, 0.125f };

  for (int g = 0; g < 2; g++)
    for (int variances = 0; variances < 2; variances++)
      {
        g_autofree Case *c = case_new (grids[g]);
        g_autofree Written *fast = write_twice (c, strata_analog_write_pairs, variances);
        g_autofree Written *exact = write_twice (c, strata_analog_write_pairs_ref, variances);
        int n_apart = 0;

        for (int j = 0; j < N; j++)
          {
            /* on a grid a rounding of the last bit moves a pair by a step, and the second by what that is for it */
            if (fabsf (fast->levels[j] - exact->levels[j]) > 2e-4f)
              {
                n_apart++;
                continue;
              }
            g_assert_cmpfloat_with_epsilon (fast->target[j], exact->target[j], 2e-4f);
            g_assert_cmpfloat_with_epsilon (fast->missed[j], exact->missed[j], 5e-3f);
            g_assert_cmpfloat_with_epsilon (fast->variances[j], exact->variances[j], 1e-5f);
            g_assert_true (variances ? fast->variances[j] > 0 : fast->variances[j] == 0);
            g_assert_cmpfloat (fabsf (fast->target[j]), <=, TOP);
          }
        g_assert_cmpint (n_apart, <=, grids[g] > 0 ? 2 : 0);
      }
}

/* What a grid hides of a pair's distribution: neither its mean nor its variance */
static void
test_grid_keeps_moments (void)
{
  enum
  {
    ROUNDS = 400
  };
  double sums[2] = { 0 }, squares[2] = { 0 };

  for (int g = 0; g < 2; g++)
    {
      g_autofree Case *c = case_new (g == 0 ? 0 : 0.125f);
      const int n = ROUNDS * N;

      for (int j = 0; j < N; j++)
        c->digits[j] = 9, c->plus[j] = c->minus[j] = 0;
      for (int round = 0; round < ROUNDS; round++)
        {
          g_autofree Written *w = g_new0 (Written, 1);
          const StrataPairs pairs = { c->digits, c->plus, c->minus, c->z, w->missed, w->target, w->levels, NULL };

          strata_rng_normal (strata_rng_key (5, 5), (guint64) round, c->z, 2 * N);
          strata_analog_write_pairs (&c->table, &pairs, N);
          for (int j = 0; j < N; j++)
            {
              double error = (double) w->levels[j] - 9;

              sums[g] += error / n, squares[g] += error * error / n;
            }
        }
    }
  /* 400,000 pairs: five standard errors of a mean, and of a variance */
  g_assert_cmpfloat_with_epsilon (sums[0], sums[1], 5 * sqrt (2 * squares[0] / (ROUNDS * N)));
  g_assert_cmpfloat_with_epsilon (squares[1] / squares[0], 1, 5 * sqrt (4.0 / (ROUNDS * N)));
}

static void
test_bytes (void)
{
  float values[N], rest[N] = { 0 };
  gint8 fine[N], coarse[N], bytes[N];
  gint32 sums[N] = { 0 };
  double left = 0;

  strata_rng_normal (strata_rng_key (6, 6), 0, values, N);
  values[N / 2] = -7.5f;
  g_assert_cmpfloat (strata_analog_peak (values, N), ==, 7.5f);
  g_assert_cmpfloat (strata_analog_peak (values, 0), ==, 0);
  strata_analog_split (values, N, 1.0f / 512, fine, coarse);
  for (int j = 0; j < N; j++)
    g_assert_cmpint (fine[j] + STRATA_ANALOG_COARSE * coarse[j], ==, (int) lrintf (values[j] * 512));
  strata_analog_split (values, N, 1.0f / 8, fine, NULL);
  for (int j = 0; j < N; j++)
    g_assert_cmpint (fine[j], ==, (int) lrintf (values[j] * 8));
  for (int j = 0; j < N; j++)
    values[j] = fabsf (values[j]) / 8;
  for (int row = 0; row < 100; row++)
    {
      strata_analog_round_row (values, N, 1.0f / 64, rest, bytes);
      for (int j = 0; j < N; j++)
        sums[j] += bytes[j];
    }
  /* what is left of a column is half a unit at most */
  for (int j = 0; j < N; j++)
    left = MAX (left, fabs (sums[j] - 100 * 64 * (double) values[j]));
  g_assert_cmpfloat (left, <, 0.51);
}

/* Digits of rows are those of each weight, whether the base is a power of two or not. */
static void
test_row_digits (void)
{
  for (int base = 2; base <= 16; base++)
    for (int n_slices = 1; n_slices <= 3; n_slices++)
      {
        enum
        {
          N_WEIGHTS = 37
        };
        const int room = (int) pow (base, n_slices) - 1;
        gint16 weights[N_WEIGHTS], out[3 * (N_WEIGHTS + 2)];
        gint32 plus[3 * N_WEIGHTS], minus[3 * N_WEIGHTS];
        int factors[N_WEIGHTS];
        const StrataDigits digits = { base, n_slices, out, N_WEIGHTS + 2, plus, minus };

        for (int i = 0; i < 3 * N_WEIGHTS; i++)
          plus[i] = i, minus[i] = 2 * i;
        for (int i = 0; i < N_WEIGHTS; i++)
          {
            factors[i] = 1 + i % 3;
            weights[i] = (gint16) ((i * 7919 % (2 * room + 1) - room) / factors[i]);
          }
        strata_analog_row_digits (weights, factors, N_WEIGHTS, &digits);
        for (int i = 0; i < N_WEIGHTS; i++)
          {
            int expected[3];

            strata_analog_digits (weights[i] * factors[i], base, n_slices, expected);
            for (int s = 0; s < n_slices; s++)
              {
                const int at = s * N_WEIGHTS + i;

                g_assert_cmpint (out[s * (N_WEIGHTS + 2) + i], ==, expected[s]);
                g_assert_cmpint (plus[at], ==, at + MAX (expected[s], 0));
                g_assert_cmpint (minus[at], ==, 2 * at + MAX (-expected[s], 0));
              }
          }
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/analog-program/pairs-match-reference", test_pairs_match_reference);
  g_test_add_func ("/sdk/kernels/analog-program/grid-keeps-moments", test_grid_keeps_moments);
  g_test_add_func ("/sdk/kernels/analog-program/row-digits", test_row_digits);
  g_test_add_func ("/sdk/kernels/analog-program/bytes", test_bytes);
  return g_test_run ();
}
