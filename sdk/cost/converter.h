/* SPDX-License-Identifier: Apache-2.0
 *
 * Published models of converters, energy of one conversion in fJ and area in um2 (peers 3.2 has them with their
 * sources), and which of them a chip uses.
 */
#pragma once

#include "chip/chip.h"

/* ZigZag-IMC, 28 nm: (100 b + 0.001 4^b) fF V^2, and an area that doubles with each bit, nearly */
double strata_converter_zigzag_fj (int bits, double volts);
double strata_converter_zigzag_um2 (int bits);
/* hwcomponents-adc: a fit of Murmann's survey, "best possible design" */
double strata_converter_survey_fj (int bits, double node_nm, double rate_hz);
double strata_converter_survey_um2 (int bits, double node_nm, double rate_hz);
/* DNN+NeuroSim's successive approximation, b + 1 ns; @column_ohm: what its column draws, infinite for capacitive
 * ones. 7 to 130 nm; between its nodes in equal ratios, beyond them those at the end. */
double strata_converter_sar_fj (int bits, double node_nm, double column_ohm);

/* One conversion by the chip's converter if it had @bits; area of it as it is */
double strata_cost_converter_fj (const StrataChipSpec *chip, StrataBand band, int bits);
double strata_cost_converter_um2 (const StrataChipSpec *chip);
