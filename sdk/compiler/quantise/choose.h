/* SPDX-License-Identifier: Apache-2.0
 *
 * Averaged reads and copies of rows per layer: the cheapest that keep the noise at the output within bounds.
 */
#pragma once

#include "compiler/quantise/sensitivity.h"

/* One way to read a layer */
typedef struct
{
  int block_rows; /* rows of K per array; 0: as many as it has */
  int n_reads;
  int n_arrays;
  double noise;   /* mean square that arrives at the head */
  double cost_fj; /* per inference: its products, and static power while its arrays, side by side, read */
  double
    time_ps; /* per inference: all its positions, one after the other, in as many turns as arrays outnumber stacks */
} StrataLayerState;

/* Sets n_reads and block_rows of the products of @graph, input->quantised; @fixed: per op of it, a number of reads that
 * stays, or 0. Notes what it chose, and the layers' budgets, in the calibration's decisions. */
void strata_choose_reads (const StrataSensitivityInput *input,
                          const StrataSensitivity *sensitivity,
                          const int *fixed,
                          StrataQGraph *graph);

/* Ways to read layer @layer of @sensitivity from the cheapest on, each with less noise per cost than the one before:
 * the lower hull of all. @fixed_reads: 0: any; @most_arrays: that it may take. (transfer full) array of
 * StrataLayerState */
GArray *strata_layer_states (const StrataSensitivityInput *input,
                             const StrataLayerNoise *layer,
                             int fixed_reads,
                             int most_arrays) G_GNUC_WARN_UNUSED_RESULT;
/* The layer's budget when its rows are cut into blocks of @block_rows */
StrataNoiseBudget
strata_layer_budget (const StrataSensitivityInput *input, const StrataLayerNoise *layer, int block_rows);
