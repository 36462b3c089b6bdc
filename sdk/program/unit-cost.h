/* SPDX-License-Identifier: Apache-2.0
 *
 * What a matrix product would cost on the digital units, and what on arrays: the two sides of the choice that the
 * compiler makes per layer and explains. From the formulas of cost/ and the counts of work.h, nominal constants, before
 * anything is placed: transfers go the mean way between hub and stacks, and the layer has units of its own.
 */
#pragma once

#include "program/work.h"

typedef struct
{
  gint64 time_ps;   /* all output rows of one inference, inputs there */
  gint64 energy_fj; /* dynamic, of one inference, with its transfers and memory */
  gint64 n_arrays;  /* 0: digital */
} StrataUnitCost;

/* Groups whose blocks lie side by side on the diagonal of one array; 0: one block alone does not fit. @k, @n: of a
 * block. */
int strata_unit_groups_per_array (const StrataChipSpec *chip, int k, int n, int n_slices);
/* Arrays of a product of @n_groups blocks of @k x @n, packed block-diagonally where more than one fits an array */
gint64 strata_unit_packed_arrays (const StrataChipSpec *chip, int k, int n, int n_groups, int n_slices);
/* The same of an MVM op, one copy: pure geometry */
gint64 strata_unit_arrays (const StrataChipSpec *chip, const StrataQOp *op);

/* @op: MVM or MAC */
StrataUnitCost strata_unit_cost_digital (const StrataQGraph *graph, int op, const StrataChipSpec *chip);
/* @n_slices: cells per weight; @row_copies: free rows hold copies of the weights */
StrataUnitCost strata_unit_cost_analog (
  const StrataQGraph *graph, int op, const StrataChipSpec *chip, int n_slices, gboolean row_copies);
