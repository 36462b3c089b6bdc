/* SPDX-License-Identifier: Apache-2.0
 *
 * What is fixed about the columns of an array and no programming takes away: the loads of a pair's two lines, the
 * converter that serves the column, and how long its charge waits. Linear and static, so that all of it goes into what
 * the cells hold, or into a gain and a shift of each column: reading costs no more for it.
 *
 * Line: a pair's lines are read as voltages, so a load that differs by a share takes that share from all the line
 * carries, which the other line does not cancel. Capacitors belong to a stack's periphery: all its tiers see the same
 * ones. Converter: column c of a stack is converted by converter c mod n_adc, in round c / n_adc.
 */
#pragma once

#include "base/rng.h"
#include "cost/readout.h"
#include "simulator/analog-die.h"

typedef enum
{
  STRATA_ANALOG_STREAM_PROGRAM = 1,
  STRATA_ANALOG_STREAM_READ,
  STRATA_ANALOG_STREAM_CALIBRATE,
  STRATA_ANALOG_STREAM_AGE,
  STRATA_ANALOG_STREAM_LINE,
  STRATA_ANALOG_STREAM_CONVERTER,
  STRATA_ANALOG_STREAM_STUCK,
  STRATA_ANALOG_STREAM_DRIVER,
} StrataAnalogStream;

/* Keys nest: a key made of a key and a number. */
StrataRngKey strata_analog_key (guint64 seed, StrataAnalogStream stream, guint64 a, guint64 b);

typedef struct
{
  StrataReadout readout;
  int n;                /* columns of the tile, slices included */
  gboolean has_lines;   /* lines differ, or empty cells do */
  double *plus, *minus; /* what a line reads over one of the nominal load, less 1 */
  double idle;          /* standard deviation of a cell at zero weight, which no programming reaches, levels */
  float *gain;          /* of the converter; 1: exact */
  float *offset;        /* of the converter, code x level, */
  float *shift;         /* and with it all that is added before the conversion */
} StrataAnalogColumns;

/* Of the tile on @stack: gain and shift. Lines are set later, when it is known what they carry. */
void strata_analog_columns_init (StrataAnalogColumns *columns,
                                 const StrataChipSpec *chip,
                                 const StrataReadout *readout,
                                 const StrataTile *tile,
                                 StrataBand band);
void strata_analog_columns_draw_converters (
  StrataAnalogColumns *columns, const StrataChipSpec *chip, const StrataTile *tile, guint64 seed, int stack);
/* In place of the draws, where the die's test has measured. */
void strata_analog_columns_set_converters (StrataAnalogColumns *columns, const StrataAnalogDie *die);
/* @held: 2 per column: levels that the cells of the plus and of the minus line are written towards, summed over rows */
void strata_analog_columns_draw_lines (StrataAnalogColumns *columns,
                                       const StrataChipSpec *chip,
                                       const StrataTile *tile,
                                       const int *held,
                                       guint64 seed,
                                       int stack);
void strata_analog_columns_finish (StrataAnalogColumns *columns);
