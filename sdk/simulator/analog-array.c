/* SPDX-License-Identifier: Apache-2.0
 *
 * Programming with residuals over slices (hardware-facts 7.2).
 */
#include "simulator/analog-array.h"

#include <math.h>
#include <string.h>

#include "cost/noise.h"
#include "kernels/analog-program.h"
#include "kernels/analog-read.h"
#include "kernels/int-transpose.h"
#include "simulator/analog-age.h"

/* Cells of up to so many levels with one row copy are drawn on a grid, so that a byte holds what they hold; the grid's
 * own variance is taken off the draw's. */
#define GRID_LEVELS 16
#define GRID 0.125
/* Converters beyond this are exact: a float holds no more. */
#define MAX_ADC_BITS 24
#define OUTPUTS_AT_ONCE 32
#define CODE_LOWEST (-128)

StrataBand
strata_analog_band (StrataAnalog analog)
{
  return analog == STRATA_ANALOG_OPTIMISTIC     ? STRATA_BAND_OPTIMISTIC
         : analog == STRATA_ANALOG_CONSERVATIVE ? STRATA_BAND_CONSERVATIVE
                                                : STRATA_BAND_NOMINAL;
}

/* --- programming --- */

static void
pair_table_init (
  StrataPairTable *table, const StrataChipSpec *chip, StrataBand band, const StrataAnalogArray *array, double age_s)
{
  const double factor = strata_cost_sigma_factor (band), top = strata_chip_levels (chip) - 1;
  const double program = (array->off & STRATA_PHYSICS_PROGRAMMING) != 0 ? 0 : factor * top;
  const double read = (array->off & STRATA_PHYSICS_READ) != 0 ? 0 : factor * top;

  for (int i = 0; i < STRATA_PAIR_STEPS + 2; i++)
    {
      double g = MIN ((double) i / STRATA_PAIR_STEPS, 1.0);

      table->program[i] = (float) (strata_cost_programming_sigma (chip->cell_model, g) * program);
      table->read[i] = (float) (strata_cost_aged_read_sigma (chip->cell_model, g, age_s) * read);
    }
  table->top = (float) top;
  table->idle = table->program[0] = (float) hypot ((double) table->program[0], array->columns.idle);
  table->idle_read = table->read[0] * table->read[0];
  table->floor = (float) array->columns.readout.floor_levels;
  /* the next slice corrects what this one missed, in levels of its own */
  table->residual = (array->without & STRATA_CORRECT_RESIDUALS) != 0 ? 0 : (float) top + 1;
}

/* Whether programming moves the least level enough that rounding to a grid leaves its mean */
static gboolean
hides_grid (const StrataPairTable *table, double grid)
{
  return (double) table->program[(int) (STRATA_PAIR_STEPS / table->top)] >= grid / sqrt (12);
}

/* An array while it is written: levels and variances are summed over row copies. */
typedef struct
{
  const StrataAnalogArray *array;
  StrataPairTable table;
  gint16 *digits;       /* n_rows x n_columns */
  float *z;             /* 2 n_columns */
  const guint8 *faults; /* n_columns, StrataFault: of the row under way; NULL: none */
  StrataAnalogAge age;
  float *plus, *minus, *missed, *target; /* n_columns; n_cols */
  float *levels, *variances;             /* n_rows x n_columns; the latter NULL: none */
} Programming;

static double
look_up (const float *values, double g)
{
  double at = g * STRATA_PAIR_STEPS;
  int i = (int) at;

  return (double) values[i] + (at - i) * ((double) values[i + 1] - (double) values[i]);
}

/* One pair with @fault towards @target: what it holds, what its lines and its age add to that, and the variance of
 * reading it */
static double
program_faulty (Programming *p, guint fault, int column, double target, double *lean, double *later, double *variance)
{
  const StrataAnalogColumns *columns = &p->array->columns;
  const StrataPairTable *table = &p->table;
  const double top = (double) table->top, grid = (double) table->grid;
  const guint stuck[] = { STRATA_FAULT_PLUS_ZERO | STRATA_FAULT_PLUS_FULL,
                          STRATA_FAULT_MINUS_ZERO | STRATA_FAULT_MINUS_FULL };
  double levels[2], held = 0;

  *variance = *lean = *later = 0;
  if ((fault & STRATA_FAULT_DEAD) != 0)
    return 0;
  strata_analog_faults_split (fault, target, (int) top, &levels[0], &levels[1]);
  for (int side = 0; side < 2; side++)
    {
      double g = levels[side] / top, read = look_up (table->read, g);
      double sigma = (fault & stuck[side]) != 0 ? 0 : look_up (table->program, g);
      double reads = levels[side] + sigma * (double) p->z[2 * column + side];

      held += side == 0 ? reads : -reads;
      *variance += read * read;
      if ((fault & stuck[side]) == 0)
        *later += strata_analog_age_change (&p->age, column, side == 0 ? levels[0] : -levels[1]);
    }
  *lean = columns->plus[column] * levels[0] - columns->minus[column] * levels[1]
          + (columns->plus[column] - columns->minus[column]) * columns->readout.floor_levels;
  if (grid > 0)
    held = rint ((held + *lean) / grid) * grid - *lean;
  return held;
}

/* The same added to what is there; returns what it holds. */
static double
write_faulty (Programming *p, int row, int column, double target)
{
  const gsize cell = (gsize) row * (gsize) p->array->n_columns + (gsize) column;
  double variance, lean, later, held = program_faulty (p, p->faults[column], column, target, &lean, &later, &variance);

  p->levels[cell] += (float) (held + lean + later);
  if (p->variances != NULL)
    p->variances[cell] += (float) variance;
  return held;
}

/* Cells from @from to before @to of each slice, that no weight is written to: empty pairs, which hold nothing unless
 * one of them is stuck. */
static void
leave_cells (Programming *p, int row, int from, int to)
{
  const StrataAnalogArray *array = p->array;
  const gsize first = (gsize) row * (gsize) array->n_columns;

  for (int s = 0; s < array->n_slices && (p->variances != NULL || p->faults != NULL); s++)
    for (int c = s * array->n_cols + from; c < s * array->n_cols + to; c++)
      if (p->faults != NULL && p->faults[c] != 0)
        write_faulty (p, row, c, 0);
      else if (p->variances != NULL)
        p->variances[first + (gsize) c] += 2 * p->table.idle_read;
}

/* @n pairs from @column on that have no faults, those of outputs from @output on of their block */
static void
write_pairs (Programming *p, int row, int column, int output, int n)
{
  const gsize at = (gsize) row * (gsize) p->array->n_columns + (gsize) column;
  const StrataPairs pairs = { .digits = p->digits + at,
                              .plus = p->plus + column,
                              .minus = p->minus + column,
                              .z = p->z + 2 * column,
                              .missed = p->missed + output,
                              .target = p->target + output,
                              .levels = p->levels + at,
                              .variances = p->variances != NULL ? p->variances + at : NULL };

  if (p->array->noisy)
    strata_analog_write_pairs (&p->table, &pairs, n);
  else
    for (int j = 0; j < n; j++)
      pairs.levels[j] += pairs.digits[j];
  for (int j = 0; j < n && p->age.changes; j++)
    pairs.levels[j] += (float) strata_analog_age_change (&p->age, column + j, (double) pairs.target[j]);
}

/* @n pairs of a row and slice from @column on, towards their digits plus what the slices before missed: stretches
 * between faults at once. A cell is verified alone, so what its lines will do to it is not known then. */
static void
write_slice (Programming *p, int row, int column, int n)
{
  const gint16 *digits = p->digits + (gsize) row * (gsize) p->array->n_columns + (gsize) column;
  const double top = (double) p->table.top;

  for (int j = 0, end; j < n; j = end)
    {
      for (end = j; end < n && (p->faults == NULL || p->faults[column + end] == 0);)
        end = p->faults == NULL ? n : end + 1;
      if (end > j)
        write_pairs (p, row, column + j, j, end - j);
      if (end < n)
        {
          double aim = digits[end] + (double) p->missed[end];
          double held = write_faulty (p, row, column + end, CLAMP (aim, -top, top));

          p->missed[end] = (float) ((aim - held) * (double) p->table.residual);
          end++;
        }
    }
}

/* One row copy of one row: its block on the diagonal is written. */
static void
program_row (Programming *p, int row)
{
  const StrataAnalogArray *array = p->array;
  const int width = array->n_cols / array->n_blocks, from = row / (array->n_rows / array->n_blocks) * width;

  memset (p->missed, 0, sizeof *p->missed * (gsize) width);
  for (int s = 0; s < array->n_slices; s++)
    write_slice (p, row, s * array->n_cols + from, width);
  leave_cells (p, row, 0, from);
  leave_cells (p, row, from + width, array->n_cols);
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

/* Digits of the weights, times the factors of their columns; @held: 2 per column, their sums on either line. Weights
 * lie output by output and digits row by row: those of a few outputs of a block are turned at once. */
static void
set_digits (Programming *p, const StrataQOp *op, const int *factors, int *held)
{
  const StrataAnalogArray *array = p->array;
  const int width = array->n_cols / array->n_blocks, height = array->n_rows / array->n_blocks;
  gint16 *turned = strata_scratch_array (array->scratch, gint16, height * OUTPUTS_AT_ONCE);
  gint32 sums[2][STRATA_SLICES_MAX * OUTPUTS_AT_ONCE];

  for (int first = 0, n; first < array->n_cols; first += n)
    {
      const int block = first / width;
      StrataDigits digits = { (int) p->table.top + 1,
                              array->n_slices,
                              p->digits + (gsize) (block * height) * (gsize) array->n_columns + first,
                              (gsize) array->n_cols,
                              sums[0],
                              sums[1] };

      n = MIN (OUTPUTS_AT_ONCE, (block + 1) * width - first);
      strata_int_transpose (op->weights + (gsize) (array->col0 + first) * (gsize) op->k + array->row0, (gsize) op->k, n,
                            height, 0, turned, (gsize) n);
      memset (sums, 0, sizeof sums);
      for (int row = 0; row < height; row++, digits.digits += array->n_columns)
        strata_analog_row_digits (turned + row * n, factors + first, n, &digits);
      for (int s = 0; s < array->n_slices; s++)
        for (int i = 0; i < n; i++)
          {
            held[2 * (s * array->n_cols + first + i)] = sums[0][s * n + i];
            held[2 * (s * array->n_cols + first + i) + 1] = sums[1][s * n + i];
          }
    }
  strata_scratch_give (array->scratch, turned);
}

static void
program_rows (Programming *p, const StrataAnalogSetup *setup, int n_row_copies)
{
  const StrataAnalogArray *array = p->array;
  /* die 0: the seed stands for the die */
  const StrataRngKey key = strata_analog_key (setup->seed, STRATA_ANALOG_STREAM_PROGRAM, 0, (guint64) array->id);
  const StrataRngKey stuck = strata_analog_key (setup->seed, STRATA_ANALOG_STREAM_STUCK, 0, (guint64) array->id);
  g_autofree guint8 *pairs = g_new (guint8, array->n_columns);
  StrataAnalogFaults faults;

  strata_analog_faults_init (&faults, setup->chip, strata_analog_band (setup->analog), array->off, stuck,
                             array->n_rows * n_row_copies, array->n_columns, setup->die);
  for (int row = 0; row < array->n_rows; row++)
    for (int copy = 0; copy < n_row_copies; copy++)
      {
        const int line = copy * array->n_rows + row;

        if (array->noisy)
          strata_rng_normal (key, (guint64) line, p->z, (gsize) (2 * array->n_columns));
        strata_analog_age_turn (&p->age, line);
        p->faults = array->noisy && strata_analog_faults_row (&faults, line, pairs) ? pairs : NULL;
        program_row (p, row);
      }
  strata_analog_faults_finish (&faults);
}

/* What the kernel wants of the columns, and room for what passes from slice to slice; all in one */
static float *
lines_init (Programming *p)
{
  const StrataAnalogArray *array = p->array;
  const int n = array->n_columns;
  float *lines = g_new0 (float, 2 * n + 2 * array->n_cols);

  p->plus = lines, p->minus = lines + n;
  p->missed = lines + 2 * n, p->target = p->missed + array->n_cols;
  for (int c = 0; c < n; c++)
    p->plus[c] = (float) array->columns.plus[c], p->minus[c] = (float) array->columns.minus[c];
  return lines;
}

static void
program (StrataAnalogArray *array,
         const StrataAnalogSetup *setup,
         const StrataQOp *op,
         const StrataTile *tile,
         const int *factors,
         int stack)
{
  const gsize n_cells = (gsize) array->n_rows * (gsize) array->n_columns;
  g_autofree Programming *p = g_new0 (Programming, 1);
  g_autofree float *z = p->z = g_new0 (float, 2 * array->n_columns);
  g_autofree int *held = g_new0 (int, 2 * array->n_columns);
  g_autofree float *lines = NULL;

  if (array->noisy && setup->chip->cell_model != STRATA_CELL_NONE && (array->off & STRATA_PHYSICS_READ) == 0)
    p->variances = strata_scratch_array0 (array->scratch, float, n_cells);
  p->array = array;
  p->digits = strata_scratch_array0 (array->scratch, gint16, n_cells);
  p->levels = strata_scratch_array0 (array->scratch, float, n_cells);
  strata_analog_age_init (&p->age, setup, array);
  pair_table_init (&p->table, setup->chip, strata_analog_band (setup->analog), array, p->age.age_s);
  set_digits (p, op, factors, held);
  if (array->columns.has_lines)
    strata_analog_columns_draw_lines (&array->columns, setup->chip, tile, held, setup->seed, stack);
  lines = lines_init (p);
  if (array->noisy && tile->n_row_copies == 1 && p->table.top < GRID_LEVELS
      && (!array->columns.has_lines || hides_grid (&p->table, GRID)))
    p->table.grid = GRID;
  program_rows (p, setup, tile->n_row_copies);
  strata_analog_cells_init (&array->cells, p->levels, p->variances, array->n_rows, array->n_columns,
                            array->noisy ? (float) p->table.grid * !p->age.changes : 1,
                            array->subtract == 0 ? -CODE_LOWEST : 0);
  strata_analog_age_finish (&p->age);
  strata_scratch_give (array->scratch, p->digits);
  strata_scratch_give (array->scratch, p->levels);
  strata_scratch_give (array->scratch, p->variances);
  strata_analog_cells_shift (&array->cells, array->columns.shift);
  if (array->noisy && (array->off & STRATA_PHYSICS_CONVERTER) == 0)
    {
      StrataAnalogDrivers drivers;

      strata_analog_drivers_init (&drivers, setup->chip, strata_analog_band (setup->analog), tile,
                                  array->subtract == 0 ? CODE_LOWEST : 0, setup->seed, stack);
      strata_analog_cells_set_drivers (&array->cells, &drivers);
    }
}

/* Nothing is known of a column in an exact array, which has only its cells, its steps and its range. */
static void
init_columns (StrataAnalogArray *array, const StrataAnalogSetup *setup, const StrataTile *tile, int stack)
{
  const StrataBand band = strata_analog_band (setup->analog);
  StrataReadout readout = { 0 };

  if (array->noisy)
    strata_cost_readout (setup->chip, band, strata_tile_n_tiers (tile), setup->conditions, &readout);
  array->ktc_variance = (float) (readout.thermal * readout.thermal);
  strata_analog_columns_init (&array->columns, setup->chip, &readout, tile, band);
  strata_analog_columns_draw_converters (&array->columns, setup->chip, tile, setup->seed, stack);
  if (array->noisy && setup->die != NULL && (array->off & STRATA_PHYSICS_CONVERTER) == 0)
    strata_analog_columns_set_converters (&array->columns, setup->die);
}

StrataAnalogArray *
strata_analog_array_new (
  const StrataAnalogSetup *setup, const StrataQOp *op, int zero_point, const StrataTile *tile, int id)
{
  StrataAnalogArray *array = g_new0 (StrataAnalogArray, 1);
  const StrataChipSpec *chip = setup->chip;
  const int stack = setup->site != NULL ? setup->site->stack : id / MAX (chip->tiers, 1);
  g_autofree int *factors = g_new (int, tile->n_cols);

  g_assert (setup->analog != STRATA_ANALOG_OFF && op->n_slices <= STRATA_SLICES_MAX);
  array->id = id;
  array->row0 = tile->row0, array->n_rows = tile->n_rows, array->col0 = tile->col0, array->n_cols = tile->n_cols;
  array->n_blocks = MAX (1, tile->n_groups);
  array->first_row = strata_tile_first_row (tile, op);
  array->n_slices = tile->n_slices, array->n_columns = tile->n_cols * tile->n_slices;
  array->seed = setup->seed;
  array->scratch = setup->scratch;
  array->noisy = setup->analog != STRATA_ANALOG_IDEAL;
  array->without = setup->without;
  array->off = setup->conditions == NULL ? 0 : setup->conditions->physics_off;
  array->n_reads = array->noisy ? op->n_reads : 1;
  array->n_phases = strata_chip_conversions (chip) > 1 ? strata_analog_n_phases (chip->phase_bits) : 1;
  array->phase_bits = array->n_phases > 1 ? chip->phase_bits : 0;
  array->subtract = strata_analog_subtract (zero_point);
  init_columns (array, setup, tile, stack);
  array->code_lo = -(float) ldexp (1, MIN (chip->adc_bits, MAX_ADC_BITS) - 1);
  array->code_hi = -array->code_lo - 1;
  array->lsb = g_new0 (float, array->n_slices);
  array->scale = g_new (float, array->n_columns);
  array->extra = g_new (float, array->n_columns);
  array->gain = g_new0 (double, array->n_columns);
  array->nominal_gain = g_new0 (double, array->n_columns);
  array->offset = g_new0 (double, array->n_cols);
  array->constant = g_new0 (gint32, array->n_cols);
  set_constants (array, op, zero_point, strata_chip_levels (chip), tile->n_row_copies, factors);
  program (array, setup, op, tile, factors, stack);
  for (int s = 0; s < array->n_slices; s++)
    array->lsb[s] = 1;
  strata_analog_array_set_converters (array);
  return array;
}

void
strata_analog_array_set_converters (StrataAnalogArray *array)
{
  const StrataReadout *readout = &array->columns.readout;

  for (int c = 0; c < array->n_columns; c++)
    {
      double step = (double) (array->lsb[c / array->n_cols] / array->columns.gain[c]);

      array->scale[c] = (float) (1 / step);
      array->extra[c] = array->ktc_variance + (float) strata_cost_converter_noise (readout, step);
    }
}

void
strata_analog_array_free (StrataAnalogArray *array)
{
  if (array == NULL)
    return;
  strata_analog_cells_finish (&array->cells);
  strata_analog_columns_finish (&array->columns);
  g_free (array->lsb);
  g_free (array->scale);
  g_free (array->extra);
  g_free (array->gain);
  g_free (array->nominal_gain);
  g_free (array->offset);
  g_free (array->constant);
  g_free (array);
}
