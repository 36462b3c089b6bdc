/* SPDX-License-Identifier: Apache-2.0
 *
 * The product is the float one, whose sums' order does not depend on threads; the rest are loops that the compiler
 * vectorises.
 */
#include "kernels/analog-read.h"

#include <math.h>
#include <string.h>

#include "kernels/float-gemm.h"

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
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
               const float *restrict z,
               const float *restrict extra,
               const float *restrict scale,
               float lo,
               float hi,
               float weight,
               float *restrict q,
               int n)
{
  int clipped = 0;

  for (int j = 0; j < n; j++)
    {
      float code = __builtin_rintf ((v[j] + __builtin_sqrtf (variance[j] + extra[j]) * z[j]) * scale[j]);

      clipped += (code < lo) | (code > hi);
      code = code < lo ? lo : code;
      q[j] += weight * (code > hi ? hi : code);
    }
  return clipped;
}

CLONES static int
convert_alike (const float *restrict v,
               const float *restrict z,
               const float *restrict extra,
               const float *restrict scale,
               float lo,
               float hi,
               float weight,
               float *restrict q,
               int n)
{
  int clipped = 0;

  for (int j = 0; j < n; j++)
    {
      float code = __builtin_rintf ((v[j] + __builtin_sqrtf (extra[j]) * z[j]) * scale[j]);

      clipped += (code < lo) | (code > hi);
      code = code < lo ? lo : code;
      q[j] += weight * (code > hi ? hi : code);
    }
  return clipped;
}

CLONES static int
convert_plain (
  const float *restrict v, const float *restrict scale, float lo, float hi, float weight, float *restrict q, int n)
{
  int clipped = 0;

  for (int j = 0; j < n; j++)
    {
      float code = __builtin_rintf (v[j] * scale[j]);

      clipped += (code < lo) | (code > hi);
      code = code < lo ? lo : code;
      q[j] += weight * (code > hi ? hi : code);
    }
  return clipped;
}

int
strata_analog_convert (
  const StrataAnalogConversion *c, const float *v, const float *variance, const float *z, int n, float *q)
{
  if (z != NULL && variance != NULL)
    return convert_noisy (v, variance, z, c->extra, c->scale, c->lo, c->hi, c->weight, q, n);
  if (z != NULL)
    return convert_alike (v, z, c->extra, c->scale, c->lo, c->hi, c->weight, q, n);
  return convert_plain (v, c->scale, c->lo, c->hi, c->weight, q, n);
}

CLONES void
strata_analog_add_codes (const float *restrict codes, float weight, int n, float *restrict q)
{
  for (int j = 0; j < n; j++)
    q[j] += weight * codes[j];
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

#define LANES 64

CLONES static void
add_slice (double *restrict y, const float *restrict q, const double *restrict gain, int n)
{
  for (int j = 0; j < n; j++)
    y[j] += gain[j] * (double) q[j];
}

CLONES static void
add_rounded (gint32 *restrict sums, const double *restrict y, const gint32 *restrict constant, int n)
{
  for (int j = 0; j < n; j++)
    {
      double sum = __builtin_rint (y[j]) - constant[j] + sums[j];

      sum = sum < G_MININT32 ? G_MININT32 : sum;
      sums[j] = (gint32) (sum > G_MAXINT32 ? G_MAXINT32 : sum);
    }
}

void
strata_analog_combine (
  const float *q, int n_slices, int n, const double *gain, const double *offset, const gint32 *constant, gint32 *sums)
{
  double y[LANES];

  for (int first = 0; first < n; first += LANES)
    {
      const int n_here = MIN (LANES, n - first);

      memcpy (y, offset + first, sizeof *y * (gsize) n_here);
      for (int s = 0; s < n_slices; s++)
        add_slice (y, q + s * n + first, gain + s * n + first, n_here);
      add_rounded (sums + first, y, constant + first, n_here);
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
