/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of rows whose charge is added over tiers. Internal to map/.
 */
#pragma once

#include "compiler/stages.h"

/* Tiers that one conversion adds, the same throughout the program, where the chip can: those that save most
 * conversions, of which all groups of blocks find their runs of tiers. 1: none. @n_copies: per op */
int map_sums (const StrataQGraph *graph, const StrataChipSpec *chip, const int *n_copies);
/* The same for one op: 1 where it has no group of so many blocks */
int map_sums_of (const StrataQGraph *graph, const StrataChipSpec *chip, int op, int n_summed);
void map_explain_sums (const StrataTileSet *tiles,
                       const StrataQGraph *graph,
                       const StrataChipSpec *chip,
                       StrataDecisions *decisions);
