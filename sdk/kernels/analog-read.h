/* SPDX-License-Identifier: Apache-2.0
 *
 * Dense arithmetic behind an analog product: weights to digits, codes to bytes, the product of a block of input rows
 * with levels, conversion with noise, rounding and clipping, and the digital sum over slices. Units: inputs in driver
 * codes, weights in levels of a cell (0 … base - 1), products in code x level.
 */
#pragma once

#include <glib.h>

/* Sign-magnitude digits of @weight in @base, high first: weight = sum_s digits[s] * base^(n_slices - 1 - s), all digits
 * of the sign of the weight. |weight| < base^n_slices. */
void strata_analog_digits (int weight, int base, int n_slices, int *digits);
/* Largest whole factor by which the digits of a column hold every one of its weights */
int strata_analog_column_factor (const gint16 *weights, int n_rows, int base, int n_slices);
/* What drivers take off a code: driver codes are those of offset binary or of two's complement, the nearer to zero at
 * the zero point. -128 or 0 */
int strata_analog_subtract (int zero_point);

/* sums[i][j] = sum_k inputs[i][k] * levels[k][j] in float; exact while every partial sum of integers stays
 * below 2^24. */
void
strata_analog_product (const float *inputs, int n_inputs, int n_rows, const float *levels, int n_columns, float *sums);

/* How columns are converted */
typedef struct
{
  const float *extra; /* per column: variance that does not come from its cells */
  const float *scale; /* per column: steps per unit */
  float lo, hi;       /* codes */
  float weight;       /* of the codes in their sum: a power of two */
} StrataAnalogConversion;

/* One conversion of n columns: q[j] += weight * clamp (rint ((v[j] + sqrt (variance[j] + extra[j]) * z[j]) * scale[j]),
 * lo, hi), @variance NULL: 0. @z NULL: no noise, and neither variance nor extra counts. Returns how many were clipped.
 */
int strata_analog_convert (
  const StrataAnalogConversion *conversion, const float *v, const float *variance, const float *z, int n, float *q);
/* q[j] += weight * codes[j] */
void strata_analog_add_codes (const float *codes, float weight, int n, float *q);

/* Digit of @code that a phase of @phase_bits drives from bit @shift on, of codes of eight bits; where the lowest code
 * is negative, two's complement, the highest phase is signed: code = sum of digits << shift */
int strata_analog_phase_digit (int code, int lowest, int phase_bits, int shift);
/* Phases of a code of eight bits */
int strata_analog_n_phases (int phase_bits);
/* The same of n codes */
void strata_analog_phase_digits (const gint16 *codes, gsize n, int lowest, int phase_bits, int shift, gint16 *digits);

/* sums[j] += rint (sum_s gain[s * n + j] * q[s * n + j] + offset[j]) - constant[j], saturating at 32 bits */
void strata_analog_combine (
  const float *q, int n_slices, int n, const double *gain, const double *offset, const gint32 *constant, gint32 *sums);

/* bytes[i] = codes[i] + offset, which must be within 0 … 255 */
void strata_analog_bytes (const gint16 *codes, int n, int offset, guint8 *bytes);
/* squares[i] = codes[i]^2 in units of the returned number, in which the largest is 255: off by half a unit at most */
float strata_analog_square_bytes (const gint16 *codes, int n, guint8 *squares);
/* y[i] = (sums[i] - offset[i]) * step; the second adds to y. @offset NULL: 0 */
void strata_analog_scale (const gint32 *sums, const gint32 *offset, float step, int n, float *y);
void strata_analog_add_scaled (const gint32 *sums, const gint32 *offset, float step, int n, float *y);

/* A row read with a draw of its own for each pair of cells: v[j] += x * (levels[j] + sigma[j] * z[j]) */
void strata_analog_add_row (float x, const float *levels, const float *sigma, const float *z, int n, float *v);
