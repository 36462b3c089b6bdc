/* SPDX-License-Identifier: Apache-2.0
 *
 * What folding may cost. A file of a few bytes can ask for much arithmetic and many constants: import does what shape
 * arithmetic needs and leaves the rest to the run.
 */
#pragma once

#include "model/graph.h"

/* What is left of the allowance of one inference */
typedef struct
{
  gint64 n_steps; /* elements read, written or multiplied */
  gint64 n_bytes; /* of results */
} StrataFoldBudget;

StrataFoldBudget strata_fold_budget (const StrataGraph *graph);
/* TRUE if node @index, whose shapes and constants are known, may be executed now; then its cost is taken off. */
gboolean strata_fold_afford (const StrataGraph *graph, int index, StrataFoldBudget *budget);
