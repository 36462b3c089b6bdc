/* SPDX-License-Identifier: Apache-2.0
 *
 * One loop for the vectoriser: tables are gathered, cases are selections.
 */
#include "kernels/analog-program.h"

#include <math.h>
#include <string.h>

#include "kernels/analog-read.h"

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
#define INLINE static inline __attribute__ ((always_inline))

INLINE void
write_pairs (const StrataPairTable *table,
             const StrataPairs *pairs,
             float *restrict levels,
             float *restrict variances,
             int n,
             gboolean has_grid)
{
  const gint16 *restrict digits = pairs->digits;
  const float *restrict plus = pairs->plus, *restrict minus = pairs->minus, *restrict z = pairs->z;
  float *restrict missed = pairs->missed, *restrict targets = pairs->target;
  const float *restrict program = table->program, *restrict read = table->read;
  const float top = table->top, idle = table->idle, idle_read = table->idle_read, floor_levels = table->floor;
  const float per_level = STRATA_PAIR_STEPS / top, grid = table->grid, per_grid = has_grid ? 1 / grid : 0;
  const float grid_variance = grid * grid / 12, residual = table->residual;

  /* tables and what is written do not overlap */
#pragma GCC ivdep
  for (int j = 0; j < n; j++)
    {
      float aim = (float) digits[j] + missed[j];
      float over = aim < -top ? -top : aim, target = over > top ? top : over;
      float at = __builtin_fabsf (target) * per_level;
      int i = (int) at;
      float part = at - (float) i;
      float sigma = program[i] + part * (program[i + 1] - program[i]);
      float reading = read[i] + part * (read[i + 1] - read[i]);
      float sigma_plus = target < 0 ? idle : sigma, sigma_minus = target < 0 ? sigma : idle;
      float on_plus = plus[j], on_minus = minus[j];
      float lean = (target < 0 ? on_minus : on_plus) * target + (on_plus - on_minus) * floor_levels;
      float deviation = sigma_plus * z[2 * j] - sigma_minus * z[2 * j + 1], held;

      if (has_grid)
        {
          float variance = sigma * sigma + idle * idle, rest = variance - grid_variance;
          float share = (rest > 0 ? rest : 0) / (variance > 0 ? variance : 1);

          held = __builtin_rintf ((target + lean + deviation * __builtin_sqrtf (share)) * per_grid) * grid;
        }
      else
        held = target + lean + deviation;
      levels[j] += held;
      if (variances != NULL)
        variances[j] += reading * reading + idle_read;
      targets[j] = target;
      missed[j] = (aim - (held - lean)) * residual;
    }
}

CLONES void
strata_analog_write_pairs (const StrataPairTable *table, const StrataPairs *pairs, int n)
{
  if (table->grid > 0 && pairs->variances != NULL)
    write_pairs (table, pairs, pairs->levels, pairs->variances, n, TRUE);
  else if (table->grid > 0)
    write_pairs (table, pairs, pairs->levels, NULL, n, TRUE);
  else if (pairs->variances != NULL)
    write_pairs (table, pairs, pairs->levels, pairs->variances, n, FALSE);
  else
    write_pairs (table, pairs, pairs->levels, NULL, n, FALSE);
}

/* --- digits --- */

CLONES static void
add_slice (const gint16 *restrict weights,
           const int *restrict factors,
           int n,
           int shift,
           int mask,
           gint16 *restrict digits,
           gint32 *restrict plus,
           gint32 *restrict minus)
{
  for (int i = 0; i < n; i++)
    {
      const int whole = weights[i] * factors[i], digit = (whole < 0 ? -whole : whole) >> shift & mask;

      digits[i] = (gint16) (whole < 0 ? -digit : digit);
      plus[i] += whole < 0 ? 0 : digit;
      minus[i] += whole < 0 ? digit : 0;
    }
}

void
strata_analog_row_digits (const gint16 *weights, const int *factors, int n, const StrataDigits *digits)
{
  const int bits = __builtin_ctz ((guint) digits->base);

  if (digits->base == 1 << bits)
    {
      for (int s = 0; s < digits->n_slices; s++)
        add_slice (weights, factors, n, bits * (digits->n_slices - 1 - s), digits->base - 1,
                   digits->digits + (gsize) s * digits->stride, digits->plus + s * n, digits->minus + s * n);
      return;
    }
  for (int i = 0; i < n; i++)
    {
      int column[STRATA_SLICES_MAX];

      strata_analog_digits (weights[i] * factors[i], digits->base, digits->n_slices, column);
      for (int s = 0; s < digits->n_slices; s++)
        {
          digits->digits[(gsize) s * digits->stride + (gsize) i] = (gint16) column[s];
          digits->plus[s * n + i] += MAX (column[s], 0);
          digits->minus[s * n + i] += MAX (-column[s], 0);
        }
    }
}

/* --- bytes --- */

#define BYTE_MAX 127
#define N_LANES 16

/* Lane by lane, so that no maximum waits for the one before */
typedef float Lanes __attribute__ ((vector_size (4 * N_LANES)));
typedef gint32 Bits __attribute__ ((vector_size (4 * N_LANES)));

CLONES float
strata_analog_peak (const float *values, gsize n)
{
  Lanes peaks = { 0 };
  float peak = 0;
  gsize i = 0;

  for (; i + N_LANES <= n; i += N_LANES)
    {
      Lanes v;
      Bits larger;

      memcpy (&v, values + i, sizeof v);
      v = (Lanes) ((Bits) v & G_MAXINT32);
      larger = v > peaks;
      peaks = (Lanes) (((Bits) v & larger) | ((Bits) peaks & ~larger));
    }
  for (; i < n; i++)
    peak = MAX (peak, fabsf (values[i]));
  for (int lane = 0; lane < N_LANES; lane++)
    peak = MAX (peak, peaks[lane]);
  return peak;
}

CLONES static void
split_two (const float *restrict values, gsize n, float per_step, gint8 *restrict fine, gint8 *restrict coarse)
{
  for (gsize i = 0; i < n; i++)
    {
      int steps = (int) __builtin_rintf (values[i] * per_step), high = (steps + STRATA_ANALOG_COARSE / 2) >> 6, low;

      high = high < BYTE_MAX ? high : BYTE_MAX;
      low = steps - STRATA_ANALOG_COARSE * high;
      coarse[i] = (gint8) high;
      fine[i] = (gint8) (low < BYTE_MAX ? low : BYTE_MAX);
    }
}

CLONES static void
split_one (const float *restrict values, gsize n, float per_step, gint8 *restrict fine)
{
  for (gsize i = 0; i < n; i++)
    {
      int steps = (int) __builtin_rintf (values[i] * per_step);

      fine[i] = (gint8) (steps < BYTE_MAX ? steps : BYTE_MAX);
    }
}

void
strata_analog_split (const float *values, gsize n, float step, gint8 *fine, gint8 *coarse)
{
  if (coarse != NULL)
    split_two (values, n, 1 / step, fine, coarse);
  else
    split_one (values, n, 1 / step, fine);
}

CLONES void
strata_analog_round_row (const float *restrict values, int n, float step, float *restrict rest, gint8 *restrict bytes)
{
  for (int i = 0; i < n; i++)
    {
      float units = values[i] / step + rest[i];
      int whole = (int) __builtin_rintf (units);

      whole = whole < 0 ? 0 : whole;
      whole = whole > BYTE_MAX ? BYTE_MAX : whole;
      bytes[i] = (gint8) whole;
      rest[i] = units - (float) whole;
    }
}

/* --- reference --- */

static double
look_up (const float *values, double g)
{
  double at = g * STRATA_PAIR_STEPS;
  int i = (int) at;

  return (double) values[i] + (at - i) * ((double) values[i + 1] - (double) values[i]);
}

/* A deviate on the grid, with the same mean and variance as one that is not, where that is at least the grid's own */
static double
on_grid (double target, double deviation, double variance, double grid)
{
  double rest = variance - grid * grid / 12;

  return rint ((target + (rest > 0 ? deviation * sqrt (rest / variance) : 0)) / grid) * grid;
}

void
strata_analog_write_pairs_ref (const StrataPairTable *table, const StrataPairs *pairs, int n)
{
  const double top = (double) table->top, idle = (double) table->idle, grid = (double) table->grid;

  for (int j = 0; j < n; j++)
    {
      const double plus = (double) pairs->plus[j], minus = (double) pairs->minus[j];
      double aim = pairs->digits[j] + (double) pairs->missed[j], target = CLAMP (aim, -top, top);
      double g = fabs (target) / top, read = look_up (table->read, g);
      double sigma = look_up (table->program, g);
      double z0 = (double) pairs->z[2 * j], z1 = (double) pairs->z[2 * j + 1];
      double deviation = target >= 0 ? sigma * z0 - idle * z1 : idle * z0 - sigma * z1;
      double lean = (target >= 0 ? plus : minus) * target + (plus - minus) * (double) table->floor;
      double held =
        grid > 0 ? on_grid (target + lean, deviation, sigma * sigma + idle * idle, grid) : target + lean + deviation;

      pairs->levels[j] += (float) held;
      if (pairs->variances != NULL)
        pairs->variances[j] += (float) (read * read + (double) table->idle_read);
      pairs->target[j] = (float) target;
      pairs->missed[j] = (float) ((aim - (held - lean)) * (double) table->residual);
    }
}
