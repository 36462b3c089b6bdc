/* SPDX-License-Identifier: Apache-2.0
 *
 * What analog execution adds to the sums of one layer, by the closed forms of hardware-facts 7.2 on input vectors that
 * calibration saw.
 */
#pragma once

#include "compiler/stages.h"

/* Mean squares over outputs and vectors, in the units of the layer's output; nominal constants. */
typedef struct
{
  double signal;    /* of the sums, without bias */
  double rounding;  /* of weights and input codes: there without analog noise too */
  double thermal;   /* kT/C of one conversion */
  double cells;     /* read noise of the cells, one conversion */
  double converter; /* rounding of one conversion, and the converter's own noise */
  double lasting;   /* what averaging does not lower, but copies of rows do: programming */
  double clipped;   /* what neither lowers: clipping by the converter */
  double dither;    /* kT/C of a conversion over the converter's step; mean over arrays and slices by their rounding */
  double own;       /* variance of a converter's own noise, steps^2 */
} StrataNoiseBudget;

/* Input vectors of an op: driver codes, n x k */
typedef struct
{
  gint16 *codes;
  int n;
  int n_samples; /* as many vectors of each, one sample after the other; 0: not known */
} StrataNoiseVectors;

/* @deviation: per output, of one reading; NULL: not asked for. */
void strata_noise_budget (const StrataQGraph *graph,
                          int op,
                          const StrataChipSpec *chip,
                          gboolean row_copies,
                          const StrataNoiseVectors *vectors,
                          StrataNoiseBudget *budget,
                          float *deviation);
/* What is left of it where @n_reads conversions are averaged */
double strata_noise_power (const StrataNoiseBudget *budget, int n_reads);
/* Bits of a converter of @adc_bits beyond which rounding is below a quarter of the other noise of a read */
int strata_noise_sound_bits (const StrataNoiseBudget *budget, int adc_bits);
/* Signal over noise, dB, and the bits of a uniform converter as good: (dB - 1.76) / 6.02 */
double strata_noise_db (double signal, double noise);
double strata_noise_bits (double db);
