/* SPDX-License-Identifier: Apache-2.0
 *
 * From what a product's input held on the samples to how often its rows are charged.
 */
#pragma once

#include "compiler/quantise/calibrate.h"

/* Sets x_toggles and x_repeats of @q, a product of @input, from the histogram of @stats; @out: what it writes. Leaves
 * them 0, unknown, where there is no histogram, or where the chip drives fewer bits than a code has. */
void strata_quantise_toggles (const StrataTensorStats *stats,
                              const StrataChipSpec *chip,
                              const StrataQTensor *input,
                              const StrataQTensor *out,
                              StrataQOp *q);
