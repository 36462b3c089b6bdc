/* SPDX-License-Identifier: Apache-2.0
 *
 * Averaged reads per layer: the cheapest that keep the noise at the output within bounds.
 */
#pragma once

#include "compiler/quantise/sensitivity.h"

/* Sets n_reads of the products of @graph, input->quantised; @fixed: per op of it, a number of reads that stays, or 0.
 * Notes what it chose, and the layers' budgets, in the calibration's decisions. */
void strata_choose_reads (const StrataSensitivityInput *input,
                          const StrataSensitivity *sensitivity,
                          const int *fixed,
                          StrataQGraph *graph);
