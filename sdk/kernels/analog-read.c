/* SPDX-License-Identifier: Apache-2.0
 *
 * The product is the float one, whose sums' order does not depend on threads; the rest are loops that the compiler
 * vectorises.
 */
#include "kernels/analog-read.h"

#include <math.h>

#include "kernels/float-gemm.h"

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
#define MAX_REGRESSORS 8
#define CODE_LOWEST (-128)
#define CODE_BITS 8

void
strata_analog_digits (int weight, int base, int n_slices, int *digits)
{
  const gboolean is_binary = (base & (base - 1)) == 0;
  const int shift = __builtin_ctz ((guint) base), sign = weight < 0 ? -1 : 1;
  int rest = ABS (weight);

  for (int s = n_slices - 1; s >= 0; s--, rest = is_binary ? rest >> shift : rest / base)
    digits[s] = sign * (is_binary ? rest & (base - 1) : rest % base);
}

int
strata_analog_column_factor (const gint16 *weights, int n_rows, int base, int n_slices)
{
  int peak = 1;
  double room = pow (base, n_slices) - 1;

  for (int i = 0; i < n_rows; i++)
    peak = MAX (peak, ABS (weights[i]));
  return MAX (1, (int) (room / peak));
}

int
strata_analog_subtract (int zero_point)
{
  return zero_point < CODE_LOWEST / 2 ? CODE_LOWEST : 0;
}

void
strata_analog_product (const float *inputs, int n_inputs, int n_rows, const float *levels, int n_columns, float *sums)
{
  const StrataGemm gemm = {
    .m = n_inputs, .n = n_columns, .k = n_rows, .lda = n_rows, .ldb = n_columns, .ldc = n_columns, .alpha = 1.0f
  };

  strata_float_gemm (&gemm, inputs, levels, sums);
}

CLONES static int
convert_noisy (const float *restrict v,
               const float *restrict variance,
               const float *restrict extra,
               const float *restrict z,
               const float *restrict scale,
               float lo,
               float hi,
               float *restrict q,
               int n)
{
  int clipped = 0;

  for (int j = 0; j < n; j++)
    {
      float code = __builtin_rintf ((v[j] + __builtin_sqrtf (variance[j] + extra[j]) * z[j]) * scale[j]);

      clipped += (code < lo) | (code > hi);
      code = code < lo ? lo : code;
      q[j] += code > hi ? hi : code;
    }
  return clipped;
}

CLONES static int
convert_alike (const float *restrict v,
               const float *restrict extra,
               const float *restrict z,
               const float *restrict scale,
               float lo,
               float hi,
               float *restrict q,
               int n)
{
  int clipped = 0;

  for (int j = 0; j < n; j++)
    {
      float code = __builtin_rintf ((v[j] + __builtin_sqrtf (extra[j]) * z[j]) * scale[j]);

      clipped += (code < lo) | (code > hi);
      code = code < lo ? lo : code;
      q[j] += code > hi ? hi : code;
    }
  return clipped;
}

CLONES static int
convert_plain (const float *restrict v, const float *restrict scale, float lo, float hi, float *restrict q, int n)
{
  int clipped = 0;

  for (int j = 0; j < n; j++)
    {
      float code = __builtin_rintf (v[j] * scale[j]);

      clipped += (code < lo) | (code > hi);
      code = code < lo ? lo : code;
      q[j] += code > hi ? hi : code;
    }
  return clipped;
}

int
strata_analog_convert (const float *v,
                       const float *variance,
                       const float *extra,
                       const float *z,
                       const float *scale,
                       float lo,
                       float hi,
                       float *q,
                       int n)
{
  if (z != NULL && variance != NULL)
    return convert_noisy (v, variance, extra, z, scale, lo, hi, q, n);
  if (z != NULL)
    return convert_alike (v, extra, z, scale, lo, hi, q, n);
  return convert_plain (v, scale, lo, hi, q, n);
}

int
strata_analog_n_phases (int phase_bits)
{
  return (CODE_BITS + phase_bits - 1) / phase_bits;
}

int
strata_analog_phase_digit (int code, int lowest, int phase_bits, int shift)
{
  const int width = MIN (phase_bits, CODE_BITS - shift), base = 1 << width;
  const int digit = code >> shift & (base - 1);

  return lowest < 0 && shift + width == CODE_BITS && digit >= base / 2 ? digit - base : digit;
}

CLONES void
strata_analog_phase_digits (const gint16 *codes, gsize n, int lowest, int phase_bits, int shift, gint16 *digits)
{
  const int width = MIN (phase_bits, CODE_BITS - shift), base = 1 << width;
  const int half = lowest < 0 && shift + width == CODE_BITS ? base / 2 : base;

  for (gsize i = 0; i < n; i++)
    {
      int digit = codes[i] >> shift & (base - 1);

      digits[i] = (gint16) (digit >= half ? digit - base : digit);
    }
}

CLONES void
strata_analog_combine (
  const float *q, int n_slices, int n, const double *gain, const double *offset, const gint32 *constant, gint32 *sums)
{
  for (int j = 0; j < n; j++)
    {
      double y = offset[j];

      for (int s = 0; s < n_slices; s++)
        y += gain[s * n + j] * (double) q[s * n + j];
      y = rint (y) - constant[j] + sums[j];
      y = y < G_MININT32 ? G_MININT32 : y;
      sums[j] = (gint32) (y > G_MAXINT32 ? G_MAXINT32 : y);
    }
}

CLONES void
strata_analog_bytes (const gint16 *codes, int n, int offset, guint8 *bytes)
{
  for (int i = 0; i < n; i++)
    bytes[i] = (guint8) (codes[i] + offset);
}

CLONES float
strata_analog_square_bytes (const gint16 *codes, int n, guint8 *squares)
{
  int peak = 1;
  float scale;

  for (int i = 0; i < n; i++)
    {
      int square = codes[i] * codes[i];

      peak = square > peak ? square : peak;
    }
  scale = 255.0f / (float) peak;
  for (int i = 0; i < n; i++)
    squares[i] = (guint8) (gint32) ((float) (codes[i] * codes[i]) * scale + 0.5f);
  return (float) peak / 255.0f;
}

CLONES static void
scale_sums (const gint32 *restrict sums, float step, int n, float *restrict y)
{
  for (int i = 0; i < n; i++)
    y[i] = (float) sums[i] * step;
}

CLONES static void
scale_differences (const gint32 *restrict sums, const gint32 *restrict offset, float step, int n, float *restrict y)
{
  for (int i = 0; i < n; i++)
    y[i] = (float) (sums[i] - offset[i]) * step;
}

void
strata_analog_scale (const gint32 *sums, const gint32 *offset, float step, int n, float *y)
{
  if (offset == NULL)
    scale_sums (sums, step, n, y);
  else
    scale_differences (sums, offset, step, n, y);
}

CLONES void
strata_analog_add_scaled (const gint32 *sums, const gint32 *offset, float step, int n, float *y)
{
  for (int i = 0; i < n; i++)
    y[i] += (float) (sums[i] - offset[i]) * step;
}

CLONES void
strata_analog_add_row (
  float x, const float *restrict levels, const float *restrict sigma, const float *restrict z, int n, float *restrict v)
{
  for (int j = 0; j < n; j++)
    v[j] += x * (levels[j] + sigma[j] * z[j]);
}

/* --- fit --- */

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

void
strata_analog_fit (
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
