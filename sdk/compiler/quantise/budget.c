/* SPDX-License-Identifier: Apache-2.0
 *
 * Output noise of one layer as hardware-facts 7.2 adds it up: Var[y] = sum x^2 sigma_w^2 + kT/C + LSB^2 / 12 + read
 * noise. Sums of columns are computed for the vectors, so that converter ranges are those that calibration at load
 * finds. Programming: residual over slices leaves the error of the last slice; the affine correction takes its mean, so
 * only the deviation of the inputs counts.
 */
#include "compiler/quantise/budget.h"

#include <math.h>

#include "cost/noise.h"
#include "cost/range.h"
#include "cost/readout.h"
#include "kernels/analog-read.h"

#define MAX_LEVELS 256
#define MAX_SLICES 8
#define CODE_BITS 8
#define CODE_LOWEST (-128)
/* Rounding that is less than this share of the other noise power buys nothing. */
#define BELOW_FLOOR 0.25

/* A row block of the matrix as one array holds it */
typedef struct
{
  const StrataQOp *op;
  const StrataChipSpec *chip;
  const StrataNoiseVectors *vectors;
  int row0, n_rows, col0, n_cols, n_copies, base;
  int n_phases, phase_bits, lowest; /* phases that are converted each by itself, bits of each; lowest driver code */
  double power;                     /* sum of 4^shift over the phases: what the noise of each comes to */
  float *levels;                    /* n_rows x (slices x n_cols) */
  float *v;                         /* vectors x phases x (slices x n_cols) */
  double *gain;                     /* slices x n_cols: accumulator units per code x level */
  double *mean, *square;            /* per row, of driver codes */
  double *phase_square;             /* per row, sum of 4^shift x the square of the digit */
} Block;

typedef struct
{
  double program[MAX_LEVELS], read[MAX_LEVELS]; /* variance of a pair at a level, levels^2 */
  double thermal;                               /* of one conversion, (code x level)^2 */
  StrataReadout readout;                        /* of the converter */
} Cells;

static void
cells_init (Cells *cells, const StrataChipSpec *chip)
{
  const int top = MIN (strata_chip_levels (chip), MAX_LEVELS) - 1;
  const double program0 = strata_cost_programming_sigma (chip->cell_model, 0) * top;
  const double read0 = strata_cost_read_sigma (chip->cell_model, 0) * top;

  strata_cost_readout (chip, STRATA_BAND_NOMINAL, 1, NULL, &cells->readout);
  for (int i = 0; i <= top; i++)
    {
      double program = strata_cost_programming_sigma (chip->cell_model, (double) i / top) * top;
      double read = strata_cost_read_sigma (chip->cell_model, (double) i / top) * top;

      cells->program[i] = program * program + program0 * program0;
      cells->read[i] = read * read + read0 * read0;
    }
  cells->thermal = cells->readout.thermal * cells->readout.thermal;
}

static void
block_init (Block *block)
{
  const StrataQOp *op = block->op;
  const int n = block->vectors->n, n_columns = op->n_slices * block->n_cols, n_phases = block->n_phases;
  g_autofree float *x = g_new (float, (gsize) (n * n_phases) * (gsize) block->n_rows);

  block->levels = g_new (float, (gsize) block->n_rows *(gsize) n_columns);
  block->v = g_new (float, (gsize) (n * n_phases) * (gsize) n_columns);
  block->phase_square = g_new0 (double, block->n_rows);
  block->gain = g_new (double, n_columns);
  block->mean = g_new0 (double, block->n_rows);
  block->square = g_new0 (double, block->n_rows);
  for (int j = 0; j < block->n_cols; j++)
    {
      const gint16 *weights = op->weights + (gsize) (block->col0 + j) * (gsize) op->k + block->row0;
      int factor = strata_analog_column_factor (weights, block->n_rows, block->base, op->n_slices), digits[MAX_SLICES];

      for (int i = 0; i < block->n_rows; i++)
        {
          strata_analog_digits (weights[i] * factor, block->base, op->n_slices, digits);
          for (int s = 0; s < op->n_slices; s++)
            block->levels[(gsize) i * (gsize) n_columns + (gsize) (s * block->n_cols + j)] = (float) digits[s];
        }
      for (int s = 0; s < op->n_slices; s++)
        block->gain[s * block->n_cols + j] = pow (block->base, op->n_slices - 1 - s) / factor;
    }
  for (int v = 0; v < n; v++)
    for (int i = 0; i < block->n_rows; i++)
      {
        double code = block->vectors->codes[(gsize) v * (gsize) op->k + (gsize) (block->row0 + i)];

        for (int p = 0, shift = 0; p < n_phases; p++, shift += block->phase_bits)
          {
            int digit = strata_analog_phase_digit ((int) code, block->lowest, block->phase_bits, shift);

            x[(gsize) (v * n_phases + p) * (gsize) block->n_rows + (gsize) i] = (float) digit;
            block->phase_square[i] += ldexp (digit * digit, 2 * shift) / n;
          }
        block->mean[i] += code / n;
        block->square[i] += code * code / n;
      }
  strata_analog_product (x, n * n_phases, block->n_rows, block->levels, n_columns, block->v);
}

static void
block_finish (Block *block)
{
  g_free (block->levels);
  g_free (block->v);
  g_free (block->gain);
  g_free (block->mean);
  g_free (block->square);
  g_free (block->phase_square);
}

/* Of the converter alone, for one copy of the rows */
static double
converter_noise (const Block *block, const Cells *cells, double step)
{
  return strata_cost_converter_noise (&cells->readout, step * block->n_copies) / block->n_copies / block->n_copies;
}

/* The converter's step on a slice, and the mean square that its range cuts off, both for one copy of the rows; for one
 * read, since how many there will be is not known */
static double
choose_step (const Block *block, int slice, const Cells *cells, double *clipped)
{
  const int n = block->vectors->n * block->n_phases, n_columns = block->op->n_slices * block->n_cols;
  const double noise = cells->thermal / block->n_copies / block->n_copies, least = converter_noise (block, cells, 0);
  g_autofree float *magnitudes = g_new (float, (gsize) n *(gsize) block->n_cols);
  const StrataConverterData data = { .magnitudes = magnitudes,
                                     .n = (gsize) n * (gsize) block->n_cols,
                                     .n_cols = block->n_cols,
                                     .n_groups = block->vectors->n_samples,
                                     .steps = ldexp (1, block->chip->adc_bits),
                                     .finest = 1.0 / block->n_copies,
                                     .noise = sqrt (noise),
                                     .own = cells->readout.adc_own,
                                     .least = least,
                                     .unseen = noise + least,
                                     .n_reads = 1 };
  StrataConverterRange range;

  for (int v = 0; v < n; v++)
    for (int j = 0; j < block->n_cols; j++)
      magnitudes[v * block->n_cols + j] = fabsf (block->v[v * n_columns + slice * block->n_cols + j]);
  range = strata_cost_converter_range (&data);
  *clipped = range.clipped;
  return range.step;
}

/* Variances of one output's sums, accumulator units squared */
typedef struct
{
  double thermal, cells, converter, lasting, clipped;
} Column;

static void
add_column (const Block *block, int j, const Cells *cells, const double *step, const double *clipped, Column *column)
{
  const int n_slices = block->op->n_slices, n_columns = n_slices * block->n_cols;

  for (int s = 0; s < n_slices; s++)
    {
      double gain = block->gain[s * block->n_cols + j], program = 0, read = 0;
      double power = gain * gain;

      for (int i = 0; i < block->n_rows; i++)
        {
          int level = (int) fabsf (block->levels[(gsize) i * (gsize) n_columns + (gsize) (s * block->n_cols + j)]);

          read += block->phase_square[i] * cells->read[level];
          program += MAX (block->square[i] - block->mean[i] * block->mean[i], 0) * cells->program[level];
        }
      column->thermal += power * block->power * cells->thermal / block->n_copies / block->n_copies;
      column->cells += power * read / block->n_copies;
      column->converter += power * block->power * (step[s] * step[s] / 12 + converter_noise (block, cells, step[s]));
      column->lasting += s == n_slices - 1 ? power * program / block->n_copies : 0;
      column->clipped += power * block->power * clipped[s];
    }
}

/* kT/C over steps, and the converters' noise in steps^2, weighted with what the steps come to */
typedef struct
{
  double sum, own, power;
} Dither;

/* Adds the block's noise to @columns and its sums to @sums (vectors x n, driver codes). */
static void
add_block (Block *block, const Cells *cells, Column *columns, double *sums, Dither *dither)
{
  const StrataQOp *op = block->op;
  const int n_columns = op->n_slices * block->n_cols;
  double step[MAX_SLICES], clipped[MAX_SLICES];

  block_init (block);
  for (int s = 0; s < op->n_slices; s++)
    {
      double power;

      step[s] = choose_step (block, s, cells, &clipped[s]);
      power = step[s] * block->gain[s * block->n_cols];
      dither->power += power * power;
      dither->sum += power * power * sqrt (cells->thermal) / block->n_copies / step[s];
      dither->own += power * power * converter_noise (block, cells, step[s]) / step[s] / step[s];
    }
  for (int j = 0; j < block->n_cols; j++)
    {
      add_column (block, j, cells, step, clipped, &columns[block->col0 + j]);
      for (int v = 0; v < block->vectors->n; v++)
        for (int s = 0; s < op->n_slices; s++)
          for (int p = 0; p < block->n_phases; p++)
            sums[(gsize) v * (gsize) op->n + (gsize) (block->col0 + j)] +=
              ldexp (block->gain[s * block->n_cols + j], p * block->phase_bits)
              * (double) block->v[(v * block->n_phases + p) * n_columns + s * block->n_cols + j];
    }
  block_finish (block);
}

/* Mean square over vectors of output @j, accumulator units: without what the drivers add to every code */
static double
signal_power (const StrataQOp *op, const double *sums, int n, int j, int added)
{
  double weight = 0, power = 0;

  for (int k = 0; k < op->k; k++)
    weight += op->weights[(gsize) j * (gsize) op->k + (gsize) k];
  for (int v = 0; v < n; v++)
    {
      double sum = sums[(gsize) v * (gsize) op->n + (gsize) j] - added * weight;

      power += sum * sum / n;
    }
  return power;
}

/* Rounding, in accumulator units squared: of input codes through the weights; of weights, where they were floats, under
 * the inputs' mean square. */
static double
rounding_power (const StrataQOp *op, double input_square, gboolean rounded, int j)
{
  double squares = 0;

  for (int k = 0; k < op->k; k++)
    {
      double w = op->weights[(gsize) j * (gsize) op->k + (gsize) k];

      squares += w * w;
    }
  return squares / 12 + (rounded ? op->k * input_square / 12 : 0);
}

static void
sum_up (const StrataQGraph *graph,
        int op_id,
        const StrataNoiseVectors *vectors,
        const Column *columns,
        const double *sums,
        StrataNoiseBudget *budget,
        float *deviation)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataQTensor *in = &graph->tensors[op->inputs[0]], *out = &graph->tensors[op->output];
  const int added = in->zero_point - strata_analog_subtract (in->zero_point);
  double input_square = 0;

  for (gsize i = 0; i < (gsize) vectors->n * (gsize) op->k; i++)
    input_square += (vectors->codes[i] - added) * (vectors->codes[i] - added);
  input_square /= (double) vectors->n * op->k;
  for (int j = 0; j < op->n; j++)
    {
      double unit = op->multiplier[j] * (out->format == STRATA_FORMAT_F32 ? 1 : out->scale),
             power = unit * unit / op->n;
      const Column *column = &columns[j];

      budget->signal += power * signal_power (op, sums, vectors->n, j, added);
      budget->rounding += power * rounding_power (op, input_square, !graph->quantised_source, j);
      budget->thermal += power * column->thermal;
      budget->cells += power * column->cells;
      budget->converter += power * column->converter;
      budget->lasting += power * column->lasting;
      budget->clipped += power * column->clipped;
      if (deviation != NULL)
        deviation[j] =
          (float) (fabs (unit)
                   * sqrt (column->thermal + column->cells + column->converter + column->lasting + column->clipped));
    }
}

void
strata_noise_budget (const StrataQGraph *graph,
                     int op_id,
                     const StrataChipSpec *chip,
                     gboolean row_copies,
                     const StrataNoiseVectors *vectors,
                     StrataNoiseBudget *budget,
                     float *deviation)
{
  const StrataQOp *op = &graph->ops[op_id];
  const int n_outputs = MAX (strata_chip_outputs (chip, op->n_slices), 1);
  g_autofree Column *columns = g_new0 (Column, op->n);
  g_autofree double *sums = g_new0 (double, (gsize) vectors->n *(gsize) op->n);
  Dither dither = { 0 };
  Cells cells;

  g_assert (op->kind == STRATA_QOP_MVM && op->n_slices <= MAX_SLICES);
  *budget = (StrataNoiseBudget){ 0 };
  cells_init (&cells, chip);
  for (int col0 = 0; col0 < op->n; col0 += n_outputs)
    for (int row0 = 0; row0 < op->k; row0 += chip->rows)
      {
        int n_rows = MIN (chip->rows, op->k - row0);
        Block block = { .op = op, .chip = chip, .vectors = vectors, .row0 = row0, .n_rows = n_rows, .col0 = col0 };

        block.n_cols = MIN (n_outputs, op->n - col0);
        block.n_copies = row_copies ? chip->rows / n_rows : 1;
        block.base = strata_chip_levels (chip);
        block.n_phases = strata_chip_conversions (chip) > 1 ? strata_analog_n_phases (chip->phase_bits) : 1;
        block.phase_bits = block.n_phases > 1 ? chip->phase_bits : CODE_BITS;
        block.lowest = strata_analog_subtract (graph->tensors[op->inputs[0]].zero_point) == 0 ? CODE_LOWEST : 0;
        for (int p = 0; p < block.n_phases; p++)
          block.power += ldexp (1, 2 * p * block.phase_bits);
        add_block (&block, &cells, columns, sums, &dither);
      }
  budget->dither = dither.power > 0 ? dither.sum / dither.power : 0;
  budget->own = dither.power > 0 ? dither.own / dither.power : cells.readout.adc_own;
  sum_up (graph, op_id, vectors, columns, sums, budget, deviation);
}

int
strata_noise_sound_bits (const StrataNoiseBudget *budget, int adc_bits)
{
  double floor_power = MAX (BELOW_FLOOR * (budget->thermal + budget->cells), 1e-300);

  return budget->converter > 0 ? adc_bits + (int) ceil (0.5 * log2 (budget->converter / floor_power)) : adc_bits;
}

double
strata_noise_power (const StrataNoiseBudget *budget, int n_reads)
{
  const double rounding = budget->converter / (1 + 12 * budget->own);
  const double stays = rounding * strata_cost_rounding_share (hypot (budget->dither, sqrt (budget->own)));

  return budget->lasting + budget->clipped + stays
         + (budget->thermal + budget->cells + budget->converter - stays) / n_reads;
}

double
strata_noise_db (double signal, double noise)
{
  return noise > 0 ? 10 * log10 (signal / noise) : INFINITY;
}

double
strata_noise_bits (double db)
{
  return (db - 1.76) / 6.02;
}
