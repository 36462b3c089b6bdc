/* SPDX-License-Identifier: Apache-2.0
 *
 * How exactly cells hold and columns read a weight, as functions of a chip and a band: standard deviations of
 * programming and of reading (hardware-facts 7.1), what age and temperature do to a cell, thermal noise of a conversion
 * (hardware-facts 1.4). Units: a cell's g = 0 … 1 of its full scale, counted from its least state; a column in driver
 * code x level.
 */
#pragma once

#include "chip/chip.h"

/* Standard deviation of a programmed cell around its target, and of one reading around the programmed value, in units
 * of full scale, nominal. Where a model's source has no figure of reading: 0. */
double strata_cost_programming_sigma (StrataCellModel model, double g);
double strata_cost_read_sigma (StrataCellModel model, double g);
/* What a band makes of both, and of the deviation of retention. */
double strata_cost_sigma_factor (StrataBand band);

/* --- age --- */

/* Age at @chip's retention_reference that does to a cell what @age_s at @temperature_c (NaN: the chip's ambient) does:
 * t exp (E_a / k (1 / T_ref - 1 / T)) (hardware-facts 7.1). No source of a retention below states its temperature:
 * retention_reference says at which it is taken to hold. Phase-change cells: @age_s itself. Their drift is a power of t
 * / t0, and heat shortens both. One activation energy is an approximation that is reported inaccurate for charge traps
 * of many levels (hardware-facts 7.1). */
double strata_cost_effective_age_s (const StrataChipSpec *chip, double age_s, double temperature_c);
/* Whether what becomes of such cells does not depend on temperature here: no source with coefficients says how it does.
 * Of exact cells nothing becomes. */
gboolean strata_cost_ignores_temperature (StrataCellModel model);
/* Up to which effective age a model's source has measurements; what lies beyond is extrapolated. 0: it has none, and
 * age changes nothing; infinite: nothing changes with age. */
double strata_cost_retention_measured_s (StrataCellModel model);
/* What stands behind the cells of @chip at an age and temperature: "measured", "extrapolated" or "no data" */
const char *strata_cost_retention_known (const StrataChipSpec *chip, double age_s, double temperature_c);

/* What an effective age has done to a cell that was programmed towards @g: mean change, and the standard deviation
 * around it, independent of the error of programming; in units of full scale, nominal. Charge trap: the deviation of
 * all is A (t) (1 - exp (-I / B (t))), the mean a polynomial of tenth degree in I, both measured at 1 to 5 days, in
 * between and beyond along ln (1 + t / day). Phase change: g (1 + t / t0)^-nu with a normal nu of each cell. Filament:
 * measured after 1 s, 1 day and 2 days, in between and beyond along ln t. */
double strata_cost_retention_shift (StrataCellModel model, double g, double age_s);
double strata_cost_retention_sigma (StrataCellModel model, double g, double age_s);
/* Change of one cell: @z is its own standard normal deviate, times the band's factor, the same at every age. */
double strata_cost_retention_change (StrataCellModel model, double g, double z, double age_s);
/* Standard deviation of one reading of a cell of that age */
double strata_cost_aged_read_sigma (StrataCellModel model, double g, double age_s);
/* Exponent nu of a phase-change cell, mean and standard deviation over cells; 0 for others */
double strata_cost_drift_mean (StrataCellModel model, double g);
double strata_cost_drift_sigma (StrataCellModel model, double g);
/* ln (1 + t / t0), what nu stands before in the exponent */
double strata_cost_drift_log (StrataCellModel model, double age_s);

/* --- columns --- */

/* Capacitance of a summing column, fF: R * C_avg + T * c_vt + C_fix with C_avg = C_on (1 + 1 / ratio) / 2 */
double strata_cost_column_ff (const StrataChipSpec *chip);
/* Of the columns of @n_tiers tiers whose charge is added: R * C_avg each on one vertical line, which all tiers load */
double strata_cost_summed_ff (const StrataChipSpec *chip, int n_tiers);
/* Drive voltage of the band. More volts mean more signal over kT/C, so the bands of noise take V_in's from the other
 * end: optimistic the highest of the chip's three, conservative the lowest (those of energy take them the other way
 * round). */
double strata_cost_drive_v (const StrataChipSpec *chip, StrataBand band);
/* Standard deviation of kT/C noise of one conversion: sqrt (k T C_column) / (V_in C_on) * 2^input_bits * (levels - 1),
 * at the chip's ambient temperature. 0 for cells that are read by current (phase change, filament). */
double strata_cost_ktc_sigma (const StrataChipSpec *chip, StrataBand band);
/* The same where a conversion adds the charge of @n_tiers tiers */
double strata_cost_summed_ktc_sigma (const StrataChipSpec *chip, StrataBand band, int n_tiers);
/* The same at another temperature; NaN: the chip's ambient */
double strata_cost_warm_ktc_sigma (const StrataChipSpec *chip, StrataBand band, int n_tiers, double temperature_c);
