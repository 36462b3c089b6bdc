/* SPDX-License-Identifier: Apache-2.0
 *
 * What the cells of an array hold and how much each reading of them varies, as bytes, so that products are exact in
 * integers and the same on every processor. A held value is step x (fine + 64 coarse); coarse is left out where the
 * fine part holds it all. Drivers' codes become bytes by an offset, which the sums are relieved of.
 */
#pragma once

#include "base/scratch.h"
#include "kernels/byte-dot.h"
#include "simulator/analog-drivers.h"

typedef struct
{
  int n_rows, n_columns;
  int input_offset; /* byte = driver code + input_offset: 0 or 128 */
  StrataByteIsa isa;
  StrataByteMatrix fine, coarse, variance;
  gboolean has_coarse, has_variance;
  float step;                          /* levels */
  float variance_step;                 /* levels^2 */
  gint32 *fine_offset, *coarse_offset; /* output size: input_offset x the sum of each column */
  StrataAnalogDrivers drivers;         /* what rows are driven more or less */
  gint32 *fine_bias, *coarse_bias;     /* output size: DRIVE_OFFSET x the sum of each column; where drivers are off */
} StrataAnalogCells;

/* @levels, @variance: n_rows x n_columns, the latter nullable. @grid: a power of two that divides all levels, 0: none;
 * else they are rounded to one small enough that the largest takes 13 bits. */
void strata_analog_cells_init (StrataAnalogCells *cells,
                               const float *levels,
                               const float *variance,
                               int n_rows,
                               int n_columns,
                               float grid,
                               int input_offset);
/* Adds @shift, code x level, to the sums of each column: on the grid of what the cells hold. */
void strata_analog_cells_shift (StrataAnalogCells *cells, const float *shift);
/* Rows are driven by @drivers from now on. (transfer full) */
void strata_analog_cells_set_drivers (StrataAnalogCells *cells, const StrataAnalogDrivers *drivers);
void strata_analog_cells_finish (StrataAnalogCells *cells);

/* What the driver of @row really drives for @code */
float strata_analog_cells_input (const StrataAnalogCells *cells, int row, int code);
float strata_analog_cells_level (const StrataAnalogCells *cells, int row, int column);
float strata_analog_cells_variance (const StrataAnalogCells *cells, int row, int column);

/* Work space for up to n inputs: drivers' codes as bytes, their squares, and the sums; [input][output size] */
typedef struct
{
  guint8 *bytes, *squares;
  float *square_step; /* per input: what a unit of its squares is */
  gint32 *fine, *coarse, *variance;
  int shift;    /* codes are digits of phases from this bit on; 0: of the lowest, or the whole */
  guint8 *more; /* what rows are driven more, as bytes */
  gint32 *fine_more, *coarse_more;
  gsize ld; /* output size */
} StrataAnalogSums;

void strata_analog_sums_init (StrataAnalogSums *sums, const StrataAnalogCells *cells, StrataScratch *scratch, int n);
void strata_analog_sums_finish (StrataAnalogSums *sums, StrataScratch *scratch);
/* @codes: n x n_rows driver codes, to bytes */
void strata_analog_sums_take (StrataAnalogSums *sums, const StrataAnalogCells *cells, const gint16 *codes, int n);
/* Bytes to sums; the variance too, where the cells have one. */
void strata_analog_sums_multiply (StrataAnalogSums *sums, const StrataAnalogCells *cells, int n);
/* Sums of input @i in code x level, and their variance where the cells have one and @variance is not NULL; n_columns
 * each */
void
strata_analog_sums_get (const StrataAnalogSums *sums, const StrataAnalogCells *cells, int i, float *v, float *variance);
