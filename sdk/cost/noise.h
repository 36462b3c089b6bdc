/* SPDX-License-Identifier: Apache-2.0
 *
 * How exactly cells hold and columns read a weight, as functions of a chip and a band: standard deviations of
 * programming and of reading (hardware-facts 7.1), thermal noise of a conversion (hardware-facts 1.4). Units: a cell's
 * g = 0 … 1 of its full scale; a column in driver code x level.
 */
#pragma once

#include "chip/chip.h"

/* Standard deviation of a programmed cell around its target, and of one reading around the programmed value, in units
 * of full scale, nominal. */
double strata_cost_programming_sigma (StrataCellModel model, double g);
double strata_cost_read_sigma (StrataCellModel model, double g);
/* What a band makes of both. */
double strata_cost_sigma_factor (StrataBand band);

/* Capacitance of a summing column, fF: R * C_avg + T * c_vt + C_fix with C_avg = C_on (1 + 1 / ratio) / 2 */
double strata_cost_column_ff (const StrataChipSpec *chip);
/* Of the columns of @n_tiers tiers whose charge is added: R * C_avg each on one vertical line, which all tiers load */
double strata_cost_summed_ff (const StrataChipSpec *chip, int n_tiers);
/* Drive voltage of the band. More volts mean more signal over kT/C, so the bands of noise take V_in's from the other
 * end: optimistic the highest of the chip's three, conservative the lowest (those of energy take them the other way
 * round). */
double strata_cost_drive_v (const StrataChipSpec *chip, StrataBand band);
/* Standard deviation of kT/C noise of one conversion: sqrt (k T C_column) / (V_in C_on) * 2^input_bits * (levels - 1).
 * 0 for cells that are read by current. */
double strata_cost_ktc_sigma (const StrataChipSpec *chip, StrataBand band);
/* The same where a conversion adds the charge of @n_tiers tiers */
double strata_cost_summed_ktc_sigma (const StrataChipSpec *chip, StrataBand band, int n_tiers);
