/* SPDX-License-Identifier: Apache-2.0
 *
 * What lies between the cells of a column and its codes: the load that shares the charge, what a driver code x level
 * comes to in volts, leakage, and the converter (hardware-facts 1.3, 1.4, 3.1). Terms that are left out are as if the
 * chip had none of them; but mismatch is that of the capacitors which the chip has, whether or not what else they do is
 * left out. Where each phase of an input is converted by itself, a driver code is the digit of a phase.
 */
#pragma once

#include "chip/chip.h"
#include "strata/strata-conditions.h"

typedef struct
{
  gboolean by_charge;    /* else cells are read by current, and all before the converter is 0 */
  double load_ff;        /* of one readout line: cells, tiers, wire and sample capacitor; C_Sigma */
  double fixed_ff;       /* of that, wire and sample capacitor */
  double cells_ff;       /* of that, the cells at half weight */
  double level_ff;       /* coupling of one level: C_on (1 - 1 / ratio) / (levels - 1) */
  double floor_levels;   /* coupling of a cell at zero weight, in levels: (levels - 1) / (ratio - 1) */
  double varying;        /* share of a cell's coupling that loads its line, the rest does whatever it holds */
  double unit_v;         /* at the converter, per driver code x level: V_in / 2^bits * level / load */
  double thermal;        /* kT/C of a conversion, standard deviation, code x level */
  double leak_per_ps;    /* droop of a line that waits for its converter, code x level */
  double idle_mismatch;  /* standard deviation of a cell at zero weight, levels */
  double fixed_mismatch; /* of a line's wire and sample capacitor, as a share of its whole load */
  double adc_gain;       /* standard deviation over converters, a share */
  double adc_offset;     /* the same, code x level */
  double adc_input;      /* least noise of a converter, at its input, standard deviation, code x level */
  double adc_own;        /* variance of all its noise by its effective bits, steps^2: (4^loss - 1) / 12 */
} StrataReadout;

/* Of a conversion that adds the charge of @n_tiers tiers; @conditions: terms that are left out, and how warm it is;
 * NULL: all terms at the chip's ambient */
void strata_cost_readout (
  const StrataChipSpec *chip, StrataBand band, int n_tiers, const StrataConditions *conditions, StrataReadout *readout);
/* Variance of the noise of a converter of that step, (code x level)^2. Effective bits are measured with the noise at
 * its input, so that one contains the other: they do not add up. */
double strata_cost_converter_noise (const StrataReadout *readout, double step);
