/* SPDX-License-Identifier: Apache-2.0
 *
 * Cells to bytes, and products of bytes to sums.
 */
#include "simulator/analog-cells.h"

#include <math.h>

#include "kernels/analog-program.h"
#include "kernels/analog-read.h"

#define COARSE STRATA_ANALOG_COARSE
/* Fine parts reach from -32 to 31, coarse ones to 127. */
#define PEAK_STEPS (STRATA_BYTE_WEIGHT_MAX * COARSE)
/* Sums stay within 32 bits beside it, and no converter reaches so far. */
#define MAX_SHIFT_STEPS 1e8f
/* What rows are driven more, signed, becomes bytes by it. */
#define DRIVE_OFFSET 128

/* What @input_offset on every row adds to the columns' sums */
static gint32 *
offset_of (const StrataByteMatrix *matrix, int input_offset)
{
  gint32 *offset = g_new0 (gint32, strata_byte_output_size (matrix));

  if (input_offset == 0)
    return offset;
  strata_byte_matrix_sum (matrix, offset);
  for (int column = 0; column < matrix->n_columns; column++)
    offset[column] *= input_offset;
  return offset;
}

static void
pack_levels (StrataAnalogCells *cells, const float *levels, gsize n, float grid)
{
  const float peak = strata_analog_peak (levels, n);
  g_autofree gint8 *fine = g_new (gint8, n), *coarse = NULL;

  cells->has_coarse = grid <= 0 || peak > STRATA_BYTE_WEIGHT_MAX * grid;
  cells->step = cells->has_coarse ? exp2f (ceilf (log2f (MAX (peak, 1) / PEAK_STEPS))) : grid;
  if (cells->has_coarse)
    coarse = g_new (gint8, n);
  strata_analog_split (levels, n, cells->step, fine, coarse);
  strata_byte_matrix_init (&cells->fine, fine, cells->n_rows, cells->n_columns);
  cells->fine_offset = offset_of (&cells->fine, cells->input_offset);
  if (!cells->has_coarse)
    return;
  strata_byte_matrix_init (&cells->coarse, coarse, cells->n_rows, cells->n_columns);
  cells->coarse_offset = offset_of (&cells->coarse, cells->input_offset);
}

/* What rounding a cell leaves goes to the next one of its column: a column's variances add up to half a unit. */
static void
pack_variance (StrataAnalogCells *cells, const float *variance, gsize n)
{
  const float peak = strata_analog_peak (variance, n);
  g_autofree gint8 *bytes = g_new (gint8, n);
  g_autofree float *rest = g_new0 (float, cells->n_columns);

  cells->has_variance = peak > 0;
  if (!cells->has_variance)
    return;
  cells->variance_step = peak / STRATA_BYTE_WEIGHT_MAX;
  for (gsize i = 0; i < n; i += (gsize) cells->n_columns)
    strata_analog_round_row (variance + i, cells->n_columns, cells->variance_step, rest, bytes + i);
  strata_byte_matrix_init (&cells->variance, bytes, cells->n_rows, cells->n_columns);
}

static int
steps_at (const StrataAnalogCells *cells, int row, int column)
{
  int fine = strata_byte_matrix_get (&cells->fine, row, column);

  return fine + (cells->has_coarse ? COARSE * strata_byte_matrix_get (&cells->coarse, row, column) : 0);
}

void
strata_analog_cells_init (StrataAnalogCells *cells,
                          const float *levels,
                          const float *variance,
                          int n_rows,
                          int n_columns,
                          float grid,
                          int input_offset)
{
  const gsize n = (gsize) n_rows * (gsize) n_columns;

  *cells = (StrataAnalogCells){ .n_rows = n_rows, .n_columns = n_columns, .input_offset = input_offset };
  cells->isa = strata_byte_isa ();
  pack_levels (cells, levels, n, grid);
  if (variance != NULL)
    pack_variance (cells, variance, n);
}

void
strata_analog_cells_shift (StrataAnalogCells *cells, const float *shift)
{
  for (int c = 0; c < cells->n_columns; c++)
    cells->fine_offset[c] -= (gint32) lrintf (CLAMP (shift[c] / cells->step, -MAX_SHIFT_STEPS, MAX_SHIFT_STEPS));
}

void
strata_analog_cells_set_drivers (StrataAnalogCells *cells, const StrataAnalogDrivers *drivers)
{
  cells->drivers = *drivers;
  if (drivers->more == NULL)
    return;
  cells->fine_bias = offset_of (&cells->fine, DRIVE_OFFSET);
  if (cells->has_coarse)
    cells->coarse_bias = offset_of (&cells->coarse, DRIVE_OFFSET);
}

void
strata_analog_cells_finish (StrataAnalogCells *cells)
{
  strata_analog_drivers_finish (&cells->drivers);
  g_clear_pointer (&cells->fine_bias, g_free);
  g_clear_pointer (&cells->coarse_bias, g_free);
  strata_byte_matrix_finish (&cells->fine);
  strata_byte_matrix_finish (&cells->coarse);
  strata_byte_matrix_finish (&cells->variance);
  g_clear_pointer (&cells->fine_offset, g_free);
  g_clear_pointer (&cells->coarse_offset, g_free);
}

float
strata_analog_cells_input (const StrataAnalogCells *cells, int row, int code)
{
  const StrataAnalogDrivers *drivers = &cells->drivers;

  return drivers->more == NULL
           ? code
           : code + drivers->step * drivers->more[row * STRATA_DRIVER_CODES + code + cells->input_offset];
}

float
strata_analog_cells_level (const StrataAnalogCells *cells, int row, int column)
{
  return cells->step * (float) steps_at (cells, row, column);
}

float
strata_analog_cells_variance (const StrataAnalogCells *cells, int row, int column)
{
  return cells->has_variance ? cells->variance_step * (float) strata_byte_matrix_get (&cells->variance, row, column)
                             : 0;
}

/* --- sums --- */

void
strata_analog_sums_init (StrataAnalogSums *sums, const StrataAnalogCells *cells, StrataScratch *scratch, int n)
{
  const gsize n_bytes = strata_byte_input_size (&cells->fine) * (gsize) n;
  const gsize ld = strata_byte_output_size (&cells->fine), n_sums = ld * (gsize) n;

  *sums = (StrataAnalogSums){ .ld = ld };
  sums->bytes = strata_scratch_take (scratch, n_bytes);
  sums->fine = strata_scratch_array (scratch, gint32, n_sums);
  if (cells->has_coarse)
    sums->coarse = strata_scratch_array (scratch, gint32, n_sums);
  if (cells->drivers.more != NULL)
    {
      sums->more = strata_scratch_take (scratch, n_bytes);
      sums->fine_more = strata_scratch_array (scratch, gint32, n_sums);
      if (cells->has_coarse)
        sums->coarse_more = strata_scratch_array (scratch, gint32, n_sums);
    }
  if (!cells->has_variance)
    return;
  sums->squares = strata_scratch_take (scratch, n_bytes);
  sums->square_step = strata_scratch_array (scratch, float, n);
  sums->variance = strata_scratch_array (scratch, gint32, n_sums);
}

void
strata_analog_sums_finish (StrataAnalogSums *sums, StrataScratch *scratch)
{
  strata_scratch_give (scratch, sums->bytes);
  strata_scratch_give (scratch, sums->squares);
  strata_scratch_give (scratch, sums->square_step);
  strata_scratch_give (scratch, sums->more);
  strata_scratch_give (scratch, sums->fine_more);
  strata_scratch_give (scratch, sums->coarse_more);
  strata_scratch_give (scratch, sums->fine);
  strata_scratch_give (scratch, sums->coarse);
  strata_scratch_give (scratch, sums->variance);
}

static void
take_more (const StrataAnalogCells *cells, const gint16 *codes, int shift, guint8 *more)
{
  const gint8 *row = cells->drivers.more + cells->input_offset;

  for (int k = 0; k < cells->n_rows; k++, row += STRATA_DRIVER_CODES)
    more[k] = (guint8) (row[codes[k] * (1 << shift)] + DRIVE_OFFSET);
}

void
strata_analog_sums_take (StrataAnalogSums *sums, const StrataAnalogCells *cells, const gint16 *codes, int n)
{
  const gsize size = strata_byte_input_size (&cells->fine);

  for (gsize i = 0; i < (gsize) n; i++, codes += cells->n_rows)
    {
      strata_analog_bytes (codes, cells->n_rows, cells->input_offset, sums->bytes + i * size);
      if (cells->has_variance)
        sums->square_step[i] = strata_analog_square_bytes (codes, cells->n_rows, sums->squares + i * size);
      if (sums->more != NULL)
        take_more (cells, codes, sums->shift, sums->more + i * size);
    }
}

void
strata_analog_sums_multiply (StrataAnalogSums *sums, const StrataAnalogCells *cells, int n)
{
  const StrataByteIsa isa = cells->isa;

  strata_byte_product (&cells->fine, isa, sums->bytes, n, sums->fine);
  if (cells->has_coarse)
    strata_byte_product (&cells->coarse, isa, sums->bytes, n, sums->coarse);
  if (cells->has_variance)
    strata_byte_product (&cells->variance, isa, sums->squares, n, sums->variance);
  if (sums->more != NULL)
    strata_byte_product (&cells->fine, isa, sums->more, n, sums->fine_more);
  if (sums->coarse_more != NULL)
    strata_byte_product (&cells->coarse, isa, sums->more, n, sums->coarse_more);
}

void
strata_analog_sums_get (const StrataAnalogSums *sums, const StrataAnalogCells *cells, int i, float *v, float *variance)
{
  const gsize at = (gsize) i * sums->ld;
  const int n = cells->n_columns;
  const float more = ldexpf (cells->step * cells->drivers.step, -sums->shift);

  strata_analog_scale (sums->fine + at, cells->fine_offset, cells->step, n, v);
  if (cells->has_coarse)
    strata_analog_add_scaled (sums->coarse + at, cells->coarse_offset, COARSE * cells->step, n, v);
  if (sums->more != NULL)
    strata_analog_add_scaled (sums->fine_more + at, cells->fine_bias, more, n, v);
  if (sums->coarse_more != NULL)
    strata_analog_add_scaled (sums->coarse_more + at, cells->coarse_bias, COARSE * more, n, v);
  if (variance != NULL && cells->has_variance)
    strata_analog_scale (sums->variance + at, NULL, cells->variance_step * sums->square_step[i], n, variance);
}
