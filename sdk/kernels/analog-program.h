/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing pairs of cells: what each comes to hold, and how its readings vary; and what they hold as bytes. In single
 * precision, in lanes; the reference is in double precision, pair by pair. Both give the same bits on every processor.
 */
#pragma once

#include <glib.h>

#define STRATA_PAIR_STEPS 1024

/* Standard deviations over a cell's g = 0 … 1, in levels; between the points linear, which is off by less than 1e-5. */
typedef struct
{
  float program[STRATA_PAIR_STEPS + 2], read[STRATA_PAIR_STEPS + 2];
  float top;       /* largest level */
  float idle;      /* standard deviation of a cell at zero weight, the first of @program */
  float idle_read; /* variance of reading it */
  float grid;      /* levels; 0: none. Else what is held is on it, with the mean and variance of what is not */
  float floor;     /* coupling of a cell at zero weight, levels */
  float residual;  /* what a level that is missed is for the next slice; 0: slices do not correct each other */
} StrataPairTable;

/* Neighbouring pairs of one row and slice */
typedef struct
{
  const gint16 *digits;      /* what they are to hold, levels */
  const float *plus, *minus; /* what a pair's lines read over lines of the nominal load, less 1 */
  const float *z;            /* 2 n standard normal deviates */
  float *missed;             /* levels, by the slices before; becomes what these miss */
  float *target;             /* levels that they were written towards, within -top … top */
  float *levels,
    *variances; /* what they read and the variance of reading it are added to; the latter NULL: not asked */
} StrataPairs;

void strata_analog_write_pairs (const StrataPairTable *table, const StrataPairs *pairs, int n);
void strata_analog_write_pairs_ref (const StrataPairTable *table, const StrataPairs *pairs, int n);

#define STRATA_SLICES_MAX 8

/* Digits of neighbouring weights of one row in @base: that of slice s at digits[s * stride + i]; their magnitudes, by
 * sign, are added to plus and minus[s * n + i]. */
typedef struct
{
  int base, n_slices;
  gint16 *digits;
  gsize stride;
  gint32 *plus, *minus;
} StrataDigits;

/* Of weights times factors, as strata_analog_digits () has them */
void strata_analog_row_digits (const gint16 *weights, const int *factors, int n, const StrataDigits *digits);

/* The largest magnitude of n values; 0 for none */
float strata_analog_peak (const float *values, gsize n);

#define STRATA_ANALOG_COARSE 64
/* values[i] = step * (fine[i] + 64 coarse[i]), rounded, what is beyond 127 held; @step: a power of two. @coarse NULL:
 * fine alone */
void strata_analog_split (const float *values, gsize n, float step, gint8 *fine, gint8 *coarse);
/* A row of what bytes stand for, in steps: 0 to 127. What rounding leaves stays in @rest, for the next row. */
void strata_analog_round_row (const float *values, int n, float step, float *rest, gint8 *bytes);
