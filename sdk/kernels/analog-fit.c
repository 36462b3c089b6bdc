/* SPDX-License-Identifier: Apache-2.0
 *
 * Column beside column: each one's sums are added in the order of the inputs, as the reference does for one alone, so
 * that both give the same bits.
 */
#include "kernels/analog-fit.h"

#include <math.h>
#include <string.h>

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
#define MAX_REGRESSORS STRATA_FIT_REGRESSORS
/* Columns at once: their sums stay in the cache. */
#define LANES 32

CLONES void
strata_analog_magnitudes (const float *restrict v,
                          const float *restrict variance,
                          float more,
                          const float *restrict z,
                          const float *restrict gain,
                          int n,
                          float *restrict magnitudes)
{
  for (int j = 0; j < n; j++)
    magnitudes[j] = __builtin_fabsf ((v[j] + __builtin_sqrtf (more + variance[j]) * z[j]) * gain[j]);
}

/* Solves the symmetric positive definite m x m system in place by Cholesky. */
static void
solve (double a[MAX_REGRESSORS][MAX_REGRESSORS], double *b, int m)
{
  for (int i = 0; i < m; i++)
    for (int j = 0; j <= i; j++)
      {
        for (int k = 0; k < j; k++)
          a[i][j] -= a[i][k] * a[j][k];
        a[i][j] = i == j ? sqrt (MAX (a[i][i], 1e-300)) : a[i][j] / a[j][j];
      }
  for (int i = 0; i < m; i++)
    {
      for (int k = 0; k < i; k++)
        b[i] -= a[i][k] * b[k];
      b[i] /= a[i][i];
    }
  for (int i = m - 1; i >= 0; i--)
    {
      for (int k = i + 1; k < m; k++)
        b[i] -= a[k][i] * b[k];
      b[i] /= a[i][i];
    }
}

/* Sums over the inputs, of up to LANES columns: of regressors and target, then of the products of what they are off
 * their means */
typedef struct
{
  double means[MAX_REGRESSORS][LANES], target[LANES];
  double squares[MAX_REGRESSORS][MAX_REGRESSORS][LANES], products[MAX_REGRESSORS][LANES];
} Sums;

CLONES static void
add_values (double *restrict sums, const float *restrict x, const float *restrict scale, int n)
{
  for (int j = 0; j < n; j++)
    sums[j] += (double) (x[j] * scale[j]);
}

CLONES static void
add_integers (double *restrict sums, const gint32 *restrict x, int n)
{
  for (int j = 0; j < n; j++)
    sums[j] += x[j];
}

CLONES static void
take_off (
  double *restrict rest, const float *restrict x, const float *restrict scale, const double *restrict means, int n)
{
  for (int j = 0; j < n; j++)
    rest[j] = (double) (x[j] * scale[j]) - means[j];
}

CLONES static void
add_products (double *restrict sums, const double *restrict a, const double *restrict b, int n)
{
  for (int j = 0; j < n; j++)
    sums[j] += a[j] * b[j];
}

CLONES static void
add_squares (double *restrict sums, const double *restrict a, int n)
{
  for (int j = 0; j < n; j++)
    sums[j] += a[j] * a[j];
}

static void
add_up (Sums *sums, const StrataFit *fit, int first, int n)
{
  double rest[MAX_REGRESSORS + 1][LANES];

  memset (sums, 0, sizeof *sums);
  for (gsize i = 0; i < (gsize) fit->n; i++)
    {
      const float *x = fit->x + i * (gsize) (fit->n_regressors * fit->n_columns) + first;

      for (int r = 0; r < fit->n_regressors; r++, x += fit->n_columns)
        add_values (sums->means[r], x, fit->scale + r * fit->n_columns + first, n);
      add_integers (sums->target, fit->target + i * (gsize) fit->n_columns + first, n);
    }
  for (int j = 0; j < n; j++)
    {
      for (int r = 0; r < fit->n_regressors; r++)
        sums->means[r][j] /= fit->n;
      sums->target[j] /= fit->n;
    }
  for (gsize i = 0; i < (gsize) fit->n; i++)
    {
      const float *x = fit->x + i * (gsize) (fit->n_regressors * fit->n_columns) + first;
      const gint32 *target = fit->target + i * (gsize) fit->n_columns + first;
      double *rest_target = rest[MAX_REGRESSORS];

      for (int j = 0; j < n; j++)
        rest_target[j] = target[j] - sums->target[j];
      for (int r = 0; r < fit->n_regressors; r++, x += fit->n_columns)
        {
          take_off (rest[r], x, fit->scale + r * fit->n_columns + first, sums->means[r], n);
          for (int c = 0; c < r; c++)
            add_products (sums->squares[r][c], rest[r], rest[c], n);
          add_squares (sums->squares[r][r], rest[r], n);
          add_products (sums->products[r], rest[r], rest_target, n);
        }
    }
}

/* The system of one column, which its sums are of */
static void
solve_column (const StrataFit *fit, const Sums *sums, int j, const double *prior, double *gain, double *offset)
{
  double a[MAX_REGRESSORS][MAX_REGRESSORS], largest = 0;

  for (int r = 0; r < fit->n_regressors; r++)
    {
      for (int c = 0; c <= r; c++)
        a[r][c] = a[c][r] = sums->squares[r][c][j] / fit->n;
      gain[r] = sums->products[r][j] / fit->n;
      largest = MAX (largest, a[r][r]);
    }
  for (int r = 0; r < fit->n_regressors; r++)
    {
      /* A millionth of the largest variance pulls towards the prior: nothing where there are data, all where there are
       * none. */
      double pull = 1e-6 * largest + 1e-9;

      a[r][r] += pull;
      gain[r] += pull * prior[r];
    }
  solve (a, gain, fit->n_regressors);
  *offset = sums->target[j];
  for (int r = 0; r < fit->n_regressors; r++)
    *offset -= gain[r] * sums->means[r][j];
}

void
strata_analog_fit (const StrataFit *fit, double *gain, double *offset)
{
  Sums sums;

  g_assert (fit->n_regressors >= 1 && fit->n_regressors <= MAX_REGRESSORS && fit->n >= 1);
  for (int first = 0; first < fit->n_columns; first += LANES)
    {
      const int n = MIN (LANES, fit->n_columns - first);

      add_up (&sums, fit, first, n);
      for (int j = 0; j < n; j++)
        {
          double prior[MAX_REGRESSORS], one[MAX_REGRESSORS];

          for (int r = 0; r < fit->n_regressors; r++)
            prior[r] = fit->prior[r * fit->n_columns + first + j];
          solve_column (fit, &sums, j, prior, one, &offset[first + j]);
          for (int r = 0; r < fit->n_regressors; r++)
            gain[r * fit->n_columns + first + j] = one[r];
        }
    }
}

/* --- reference --- */

static double
mean (const double *x, int n)
{
  double sum = 0;

  for (int i = 0; i < n; i++)
    sum += x[i];
  return sum / n;
}

static double
covariance (const double *a, double mean_a, const double *b, double mean_b, int n)
{
  double sum = 0;

  for (int i = 0; i < n; i++)
    sum += (a[i] - mean_a) * (b[i] - mean_b);
  return sum / n;
}

void
strata_analog_fit_ref (
  const double *x, int n_regressors, const double *target, int n, const double *prior, double *gain, double *offset)
{
  double a[MAX_REGRESSORS][MAX_REGRESSORS], means[MAX_REGRESSORS], target_mean = mean (target, n), largest = 0;

  g_assert (n_regressors >= 1 && n_regressors <= MAX_REGRESSORS && n >= 1);
  for (int r = 0; r < n_regressors; r++)
    means[r] = mean (x + (gsize) r * (gsize) n, n);
  for (int r = 0; r < n_regressors; r++)
    {
      for (int c = 0; c <= r; c++)
        a[r][c] = a[c][r] = covariance (x + (gsize) r * (gsize) n, means[r], x + (gsize) c * (gsize) n, means[c], n);
      gain[r] = covariance (x + (gsize) r * (gsize) n, means[r], target, target_mean, n);
      largest = MAX (largest, a[r][r]);
    }
  for (int r = 0; r < n_regressors; r++)
    {
      /* A millionth of the largest variance pulls towards the prior: nothing where there are data, all where there are
       * none. */
      double pull = 1e-6 * largest + 1e-9;

      a[r][r] += pull;
      gain[r] += pull * prior[r];
    }
  solve (a, gain, n_regressors);
  *offset = target_mean;
  for (int r = 0; r < n_regressors; r++)
    *offset -= gain[r] * means[r];
}
