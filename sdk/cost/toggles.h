/* SPDX-License-Identifier: Apache-2.0
 *
 * Toggles of driven rows from the distribution of what is driven. Assumed: what a row is driven with at one position
 * says nothing of the next position, and every row of an array has the same distribution.
 */
#pragma once

#include "chip/chip.h"

/* Codes of an int8 input */
#define STRATA_N_CODES 256

/* Of driven rows, the share that rises in a phase (a rise through part of the range counts as that part): @following
 * where each vector comes after another one, @repeated where it comes after itself. @shares: of the driver codes
 * @lowest … @lowest + 255; they sum to 1. */
void
strata_cost_toggles (const StrataChipSpec *chip, const double *shares, int lowest, double *following, double *repeated);
