/* SPDX-License-Identifier: Apache-2.0
 *
 * Programming with residuals over slices (hardware-facts 7.2), and reading: the product of driver codes and levels, one
 * normal deviate per conversion for kT/C and the cells' read noise together, conversion, digital sum over slices.
 */
#include "simulator/analog-array.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "cost/noise.h"
#include "kernels/analog-read.h"

#define SIGMA_STEPS 1024
/* Positions whose products are done at once: enough for the matrix product, small enough for the cache */
#define CHUNK 256
/* Converters beyond this are exact: a float holds no more. */
#define MAX_ADC_BITS 24

static guint64
key_word (StrataRngKey key)
{
  return (guint64) key.word[1] << 32 | key.word[0];
}

/* Keys nest: a key made of a key and a number. */
static StrataRngKey
nested_key (guint64 seed, StrataAnalogStream stream, guint64 a, guint64 b)
{
  StrataRngKey key = strata_rng_key (seed, stream);

  key = strata_rng_key (key_word (key), a);
  return strata_rng_key (key_word (key), b);
}

static StrataBand
band_of (StrataAnalog analog)
{
  return analog == STRATA_ANALOG_OPTIMISTIC     ? STRATA_BAND_OPTIMISTIC
         : analog == STRATA_ANALOG_CONSERVATIVE ? STRATA_BAND_CONSERVATIVE
                                                : STRATA_BAND_NOMINAL;
}

/* --- programming --- */

/* Whether the cells of a row and an output lie in a block, not beside the diagonal */
static gboolean
is_written (const StrataAnalogArray *array, int row, int output)
{
  return row / (array->n_rows / array->n_blocks) == output / (array->n_cols / array->n_blocks);
}

/* Standard deviations over g = 0 … 1 as tables, in levels; between the points linear, which is off by less than 1e-5.
 */
typedef struct
{
  double program[SIGMA_STEPS + 2], read[SIGMA_STEPS + 2];
  int top; /* largest level */
} CellTable;

static void
cell_table_init (CellTable *table, const StrataChipSpec *chip, StrataBand band)
{
  double factor = strata_cost_sigma_factor (band);

  table->top = strata_chip_levels (chip) - 1;
  for (int i = 0; i < SIGMA_STEPS + 2; i++)
    {
      double g = MIN ((double) i / SIGMA_STEPS, 1.0);

      table->program[i] = strata_cost_programming_sigma (chip->cell_model, g) * factor * table->top;
      table->read[i] = strata_cost_read_sigma (chip->cell_model, g) * factor * table->top;
    }
}

static double
look_up (const double *values, double g)
{
  double at = g * SIGMA_STEPS;
  int i = (int) at;

  return values[i] + (at - i) * (values[i + 1] - values[i]);
}

/* One pair towards @target levels: what it holds and the variance of reading it. */
static double
program_pair (const CellTable *table, double target, const float *z, double *variance)
{
  double plus = MAX (target, 0) / table->top, minus = MAX (-target, 0) / table->top;
  double read_plus = look_up (table->read, plus), read_minus = look_up (table->read, minus);

  *variance = read_plus * read_plus + read_minus * read_minus;
  return target + look_up (table->program, plus) * z[0] - look_up (table->program, minus) * z[1];
}

/* Cells that no weight is written to: an empty pair. */
static void
leave_cells (StrataAnalogArray *array, const CellTable *table, int row, int output)
{
  for (int s = 0; s < array->n_slices && array->variance != NULL; s++)
    array->variance[(gsize) row * (gsize) array->n_columns + (gsize) (s * array->n_cols + output)] +=
      (float) (2 * table->read[0] * table->read[0]);
}

/* One row copy of one row. Each slice is programmed towards its digit plus what the slices before it missed. */
static void
program_row (StrataAnalogArray *array, const CellTable *table, const int *digits, int row, const float *z)
{
  const int base = table->top + 1;

  for (int j = 0; j < array->n_cols; j++)
    {
      double missed = 0;

      if (!is_written (array, row, j))
        {
          leave_cells (array, table, row, j);
          continue;
        }

      for (int s = 0; s < array->n_slices; s++)
        {
          gsize column = (gsize) s * (gsize) array->n_cols + (gsize) j;
          gsize cell = (gsize) row * (gsize) array->n_columns + column;
          double digit = digits[column], variance = 0;
          double target = array->noisy ? CLAMP (digit + missed, -table->top, table->top) : digit;
          double held = array->noisy ? program_pair (table, target, z + 2 * column, &variance) : digit;

          array->levels[cell] += (float) held;
          if (array->variance != NULL)
            array->variance[cell] += (float) variance;
          missed = (array->without & STRATA_CORRECT_RESIDUALS) != 0 ? 0 : (missed + digit - held) * base;
        }
    }
}

static void
set_constants (StrataAnalogArray *array, const StrataQOp *op, int zero_point, int base, int n_row_copies, int *factors)
{
  for (int j = 0; j < array->n_cols; j++)
    {
      const gint16 *weights = op->weights + (gsize) (array->col0 + j) * (gsize) op->k + array->row0;
      const int n_rows = array->n_rows / array->n_blocks;
      gint32 sum = 0;

      for (int i = 0; i < n_rows; i++)
        sum += weights[i];
      array->constant[j] = (zero_point - array->subtract) * sum;
      factors[j] = strata_analog_column_factor (weights, n_rows, base, array->n_slices);
      for (int s = 0; s < array->n_slices; s++)
        array->nominal_gain[s * array->n_cols + j] =
          pow (base, array->n_slices - 1 - s) / ((double) n_row_copies * factors[j]);
    }
}

static void
program (
  StrataAnalogArray *array, const StrataAnalogSetup *setup, const StrataQOp *op, int n_row_copies, const int *factors)
{
  const int base = strata_chip_levels (setup->chip);
  /* die 0: die files are not part of an image */
  const StrataRngKey key = nested_key (setup->seed, STRATA_ANALOG_STREAM_PROGRAM, 0, (guint64) array->id);
  g_autofree float *z = g_new0 (float, 2 * array->n_columns);
  g_autofree int *digits = g_new (int, array->n_columns);
  g_autofree CellTable *table = g_new (CellTable, 1);

  cell_table_init (table, setup->chip, band_of (setup->analog));
  for (int row = 0; row < array->n_rows; row++)
    {
      for (int j = 0; j < array->n_cols; j++)
        {
          int column[8], weight, k = array->row0 + row % (array->n_rows / array->n_blocks);

          if (!is_written (array, row, j))
            continue;
          weight = op->weights[(gsize) (array->col0 + j) * (gsize) op->k + (gsize) k];
          strata_analog_digits (weight * factors[j], base, array->n_slices, column);
          for (int s = 0; s < array->n_slices; s++)
            digits[s * array->n_cols + j] = column[s];
        }
      for (int copy = 0; copy < n_row_copies; copy++)
        {
          if (array->noisy)
            strata_rng_normal (key, (guint64) (copy * array->n_rows + row), z, (gsize) (2 * array->n_columns));
          program_row (array, table, digits, row, z);
        }
    }
}

StrataAnalogArray *
strata_analog_array_new (
  const StrataAnalogSetup *setup, const StrataQOp *op, int zero_point, const StrataTile *tile, int id)
{
  StrataAnalogArray *array = g_new0 (StrataAnalogArray, 1);
  const StrataChipSpec *chip = setup->chip;
  g_autofree int *factors = g_new (int, tile->n_cols);
  double ktc;
  gsize n_cells;

  g_assert (setup->analog != STRATA_ANALOG_OFF && op->n_slices <= 8);
  array->id = id;
  array->row0 = tile->row0, array->n_rows = tile->n_rows, array->col0 = tile->col0, array->n_cols = tile->n_cols;
  array->n_blocks = MAX (1, tile->n_groups);
  array->first_row = strata_tile_first_row (tile, op);
  array->n_slices = tile->n_slices, array->n_columns = tile->n_cols * tile->n_slices;
  array->seed = setup->seed;
  array->noisy = setup->analog != STRATA_ANALOG_IDEAL;
  array->without = setup->without;
  array->n_reads = array->noisy ? op->n_reads : 1;
  array->subtract = strata_analog_subtract (zero_point);
  ktc = array->noisy ? strata_cost_ktc_sigma (chip, band_of (setup->analog)) : 0;
  array->ktc_variance = (float) (ktc * ktc);
  array->code_lo = -(float) ldexp (1, MIN (chip->adc_bits, MAX_ADC_BITS) - 1);
  array->code_hi = -array->code_lo - 1;
  n_cells = (gsize) array->n_rows * (gsize) array->n_columns;
  array->levels = g_new0 (float, n_cells);
  if (array->noisy && chip->cell_model != STRATA_CELL_NONE)
    array->variance = g_new0 (float, n_cells);
  array->lsb = g_new0 (float, array->n_slices);
  array->gain = g_new0 (double, array->n_columns);
  array->nominal_gain = g_new0 (double, array->n_columns);
  array->offset = g_new0 (double, array->n_cols);
  array->constant = g_new0 (gint32, array->n_cols);
  set_constants (array, op, zero_point, strata_chip_levels (chip), tile->n_row_copies, factors);
  program (array, setup, op, tile->n_row_copies, factors);
  for (int s = 0; s < array->n_slices; s++)
    array->lsb[s] = 1;
  return array;
}

void
strata_analog_array_free (StrataAnalogArray *array)
{
  if (array == NULL)
    return;
  g_free (array->levels);
  g_free (array->variance);
  g_free (array->lsb);
  g_free (array->gain);
  g_free (array->nominal_gain);
  g_free (array->offset);
  g_free (array->constant);
  g_free (array);
}

/* --- reading --- */

typedef struct
{
  float *x, *squares, *v, *variance, *z, *q;
} Scratch;

static void
scratch_init (Scratch *scratch, const StrataAnalogArray *array, int n)
{
  gsize rows = (gsize) n * (gsize) array->n_rows, columns = (gsize) n * (gsize) array->n_columns;

  *scratch = (Scratch){ NULL };
  scratch->x = g_new (float, rows);
  scratch->v = g_new (float, columns);
  if (array->variance != NULL)
    {
      scratch->squares = g_new (float, rows);
      scratch->variance = g_new (float, columns);
    }
  scratch->z = g_new (float, array->n_columns);
  scratch->q = g_new (float, array->n_columns);
}

static void
scratch_finish (Scratch *scratch)
{
  g_free (scratch->x);
  g_free (scratch->squares);
  g_free (scratch->v);
  g_free (scratch->variance);
  g_free (scratch->z);
  g_free (scratch->q);
}

static void
multiply (const StrataAnalogArray *array, const gint16 *codes, int n, Scratch *scratch)
{
  gsize rows = (gsize) n * (gsize) array->n_rows;

  strata_analog_floats (codes, rows, scratch->x);
  strata_analog_product (scratch->x, n, array->n_rows, array->levels, array->n_columns, scratch->v);
  if (array->variance == NULL)
    return;
  strata_analog_squares (scratch->x, rows, scratch->squares);
  strata_analog_product (scratch->squares, n, array->n_rows, array->variance, array->n_columns, scratch->variance);
}

static gint64
read_position (
  const StrataAnalogArray *array, Scratch *scratch, int i, StrataRngKey key, guint64 position, gint32 *sums)
{
  const float *v = scratch->v + (gsize) i * (gsize) array->n_columns;
  const float *variance = scratch->variance != NULL ? scratch->variance + (gsize) i * (gsize) array->n_columns : NULL;
  gint64 n_clipped = 0;

  for (int c = 0; c < array->n_columns; c++)
    scratch->q[c] = 0;
  for (int r = 0; r < array->n_reads; r++)
    {
      if (array->noisy)
        strata_rng_normal (key, position * (guint64) array->n_reads + (guint64) r, scratch->z,
                           (gsize) array->n_columns);
      for (int s = 0; s < array->n_slices; s++)
        {
          int c = s * array->n_cols;

          n_clipped += strata_analog_convert (v + c, variance != NULL ? variance + c : NULL, array->ktc_variance,
                                              array->noisy ? scratch->z + c : NULL, array->lsb[s], array->code_lo,
                                              array->code_hi, scratch->q + c, array->n_cols);
        }
    }
  strata_analog_combine (scratch->q, array->n_slices, array->n_cols, array->gain, array->offset, array->constant, sums);
  return n_clipped;
}

gint64
strata_analog_array_read (
  const StrataAnalogArray *array, const StrataAnalogInputs *inputs, guint64 inference, gint32 *sums, gsize ld_sums)
{
  const StrataRngKey key = nested_key (array->seed, STRATA_ANALOG_STREAM_READ, inference, (guint64) array->id);
  gint64 n_clipped = 0;
  Scratch scratch;

  scratch_init (&scratch, array, MIN (inputs->n, CHUNK));
  for (int first = 0; first < inputs->n; first += CHUNK)
    {
      int n_here = MIN (inputs->n - first, CHUNK);

      multiply (array, inputs->codes + (gsize) first * (gsize) array->n_rows, n_here, &scratch);
      for (int i = 0; i < n_here; i++)
        n_clipped += read_position (array, &scratch, i, key, (guint64) inputs->positions[first + i],
                                    sums + (gsize) inputs->positions[first + i] * ld_sums + array->col0);
    }
  scratch_finish (&scratch);
  return n_clipped;
}

void
strata_analog_array_moments (const StrataAnalogArray *array, const gint16 *codes, int n, float *v, float *variance)
{
  gsize n_sums = (gsize) n * (gsize) array->n_columns;
  Scratch scratch;

  scratch_init (&scratch, array, n);
  multiply (array, codes, n, &scratch);
  memcpy (v, scratch.v, sizeof (float) * n_sums);
  if (scratch.variance != NULL)
    memcpy (variance, scratch.variance, sizeof (float) * n_sums);
  else
    memset (variance, 0, sizeof (float) * n_sums);
  scratch_finish (&scratch);
}

void
strata_analog_array_sums (const StrataAnalogArray *array, const StrataAnalogInputs *inputs, guint64 inference, float *v)
{
  const StrataRngKey key = nested_key (array->seed, STRATA_ANALOG_STREAM_READ, inference, (guint64) array->id);
  g_autofree float *variance = g_new (float, (gsize) inputs->n *(gsize) array->n_columns);
  g_autofree float *z = g_new (float, array->n_columns);

  strata_analog_array_moments (array, inputs->codes, inputs->n, v, variance);
  for (int i = 0; i < inputs->n; i++)
    {
      float *row = v + (gsize) i * (gsize) array->n_columns;
      const float *row_variance = variance + (gsize) i * (gsize) array->n_columns;

      strata_rng_normal (key, (guint64) inputs->positions[i] * (guint64) array->n_reads, z, (gsize) array->n_columns);
      for (int c = 0; c < array->n_columns; c++)
        row[c] += z[c] * sqrtf (array->ktc_variance + row_variance[c]);
    }
}

void
strata_analog_array_sums_ref (const StrataAnalogArray *array,
                              const StrataAnalogInputs *inputs,
                              guint64 inference,
                              float *v)
{
  const StrataRngKey key = nested_key (array->seed, STRATA_ANALOG_STREAM_READ, inference, (guint64) array->id);
  g_autofree float *z = g_new (float, array->n_columns);

  for (int i = 0; i < inputs->n; i++, v += array->n_columns)
    {
      guint64 row = (guint64) i * (guint64) (array->n_rows + 1);

      strata_rng_normal (key, row, z, (gsize) array->n_columns);
      for (int c = 0; c < array->n_columns; c++)
        v[c] = sqrtf (array->ktc_variance) * z[c];
      for (int k = 0; k < array->n_rows; k++)
        {
          float x = inputs->codes[(gsize) i * (gsize) array->n_rows + (gsize) k];

          strata_rng_normal (key, row + 1 + (guint64) k, z, (gsize) array->n_columns);
          for (int c = 0; c < array->n_columns; c++)
            {
              gsize cell = (gsize) k * (gsize) array->n_columns + (gsize) c;

              v[c] += x * (array->levels[cell] + (array->variance != NULL ? sqrtf (array->variance[cell]) * z[c] : 0));
            }
        }
    }
}
