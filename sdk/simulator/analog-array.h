/* SPDX-License-Identifier: Apache-2.0
 *
 * One programmed array: what a tile's cells really hold, how its converters are set, and its readings. Made once per
 * tile and seed, read-only afterwards, so that any number of inferences may read it at once.
 *
 * A column's weights are programmed times the largest whole factor the digits hold; drivers get code - subtract with
 * subtract 0 or -128 (two's complement or offset binary, the nearer to the zero point). Both are undone digitally and
 * exactly. Cells beside the diagonal of groups are never written: they hold nothing, without an error of programming,
 * and add the read noise of an empty cell; their capacitance is in the column's as that of any other.
 */
#pragma once

#include "base/scratch.h"
#include "program/tiles.h"
#include "simulator/analog-cells.h"
#include "simulator/analog-columns.h"
#include "simulator/analog-faults.h"
#include "simulator/simulator.h"

typedef struct
{
  const StrataChipSpec *chip;
  StrataAnalog analog;
  guint64 seed;
  guint without; /* StrataCorrection */
  const StrataConditions *conditions;
  double age_s;               /* of the cells that are made; conditions say when they are calibrated and when read */
  const StrataSite *site;     /* that the tile lies on; NULL: as its array's id says */
  const StrataAnalogDie *die; /* what its test found under the tile; NULL: nothing is known */
  StrataScratch *scratch;     /* what it is made and read with, which outlives it; NULL: of the system's memory */
} StrataAnalogSetup;

StrataBand strata_analog_band (StrataAnalog analog);

typedef struct
{
  int id; /* of the array on the chip: stack * tiers + tier; for noise keys */
  int row0, n_rows, col0, n_cols, n_slices,
    n_columns;   /* n_columns = n_cols * n_slices, column = slice * n_cols + output */
  int n_blocks;  /* on the diagonal, of n_rows / n_blocks x n_cols / n_blocks; 1: the whole */
  int first_row; /* of the vectors of the whole op */
  int n_reads;   /* conversions that are averaged; 1 where nothing is random */
  int n_phases;  /* that are converted each by itself, phase_bits of a code each; 1: the whole code at once */
  int phase_bits;
  int subtract; /* driver code = code - subtract */
  guint64 seed;
  StrataScratch *scratch;
  gboolean noisy;
  guint without;      /* StrataCorrection */
  StrataPhysics off;  /* terms that are left out */
  float ktc_variance; /* of one conversion, (code x level)^2 */
  StrataAnalogColumns columns;
  StrataAnalogCells cells; /* n_rows x n_columns, summed over row copies: levels, and the variance of one reading */
  float *lsb;              /* n_slices: code x level per step */
  float *scale;            /* n_columns: steps per code x level, with the gain of the column's converter */
  float *extra;            /* n_columns: variance of a conversion beside that of the cells, (code x level)^2 */
  float code_lo, code_hi;
  double *gain;         /* n_columns: accumulator units per step, over all reads; chip: 16 bit, error < 2^-16 ignored */
  double *offset;       /* n_cols */
  gint32 *constant;     /* n_cols: (zero point - subtract) * sum of weights */
  double *nominal_gain; /* n_columns: accumulator units per code x level of an exact array */
} StrataAnalogArray;

/* Programs the array. */
StrataAnalogArray *strata_analog_array_new (const StrataAnalogSetup *setup,
                                            const StrataQOp *op,
                                            int zero_point,
                                            const StrataTile *tile,
                                            int id) G_GNUC_WARN_UNUSED_RESULT;
void strata_analog_array_free (StrataAnalogArray *array);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataAnalogArray, strata_analog_array_free)

/* Input vectors: codes[i * ld + k] are driver codes. */
typedef struct
{
  const gint16 *codes;
  int n;
  gsize ld;
  gboolean guessed;     /* from synthetic samples of a float model */
  int n_samples;        /* as many vectors of each, one sample after the other; 0: not known */
  const float *weights; /* positions that each vector stands for; NULL: as many */
  gboolean made_up;     /* of samples that say nothing about the inputs to come, while ranges of tensors are real:
                           corrections are fitted to test vectors instead */
  int zero_point;       /* made_up: of the op's input */
} StrataAnalogVectors;

/* Of an array */
#define STRATA_ANALOG_TEST_VECTORS 512

/* Sets converter ranges and the affine correction from input vectors of the whole op. */
void strata_analog_array_calibrate (StrataAnalogArray *array, const StrataQOp *op, const StrataAnalogVectors *vectors);

/* Takes on the steps of lsb: scale, and the noise of the converters. */
void strata_analog_array_set_converters (StrataAnalogArray *array);

/* What n vectors of driver codes come to before noise and conversion, the shift of the columns included: v[n x
 * n_columns], and the variance of the cells' read noise (0 where there is none). */
void
strata_analog_array_moments (const StrataAnalogArray *array, const gint16 *codes, int n, float *v, float *variance);

/* The same of one of the phases that are converted each by itself, per digit */
void strata_analog_array_phase_moments (
  const StrataAnalogArray *array, const gint16 *codes, int n, int phase, float *v, float *variance);

/* What is read at once: @codes[n x n_rows] driver codes, @positions[n] their numbers in the output plane */
typedef struct
{
  const gint16 *codes;
  const int *positions;
  int n;
} StrataAnalogInputs;

/* Adds the array's part of the outputs: sums[positions[i] * ld_sums + col0 + j]. Returns the number of clipped
 * conversions. */
gint64 strata_analog_array_read (
  const StrataAnalogArray *array, const StrataAnalogInputs *inputs, guint64 inference, gint32 *sums, gsize ld_sums);

/* One reading before conversion, that of the whole code, with a draw per pair of cells; v[n x n_columns]. */
void strata_analog_array_sums_ref (const StrataAnalogArray *array,
                                   const StrataAnalogInputs *inputs,
                                   guint64 inference,
                                   float *v);
/* The same drawn per column, as strata_analog_array_read does; the distribution is the same. */
void strata_analog_array_sums (const StrataAnalogArray *array,
                               const StrataAnalogInputs *inputs,
                               guint64 inference,
                               float *v);
