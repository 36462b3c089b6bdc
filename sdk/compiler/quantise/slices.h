/* SPDX-License-Identifier: Apache-2.0
 *
 * Cells per weight, layer by layer: fewer where what rounding the weights then adds is not felt at the output.
 */
#pragma once

#include "compiler/quantise/calibrate.h"
#include "compiler/quantise/sensitivity.h"

/* A layer, and what a cell less per weight would make of it */
typedef struct
{
  int op, node, n_slices; /* as it is */
  gboolean fewer;         /* chosen */
  double now_db, then_db; /* signal over rounding of its weights */
  double below_db;        /* what that adds at the output, below the signal */
  double now_fj, then_fj; /* per inference at one read */
  int now_arrays, then_arrays;
} StrataSliceChoice;

/* (transfer full) array of StrataSliceChoice: the layers of float weights with more than one cell that @settled, per
 * op, does not name */
GArray *strata_choose_slices (const StrataSensitivityInput *input,
                              const StrataSensitivity *sensitivity,
                              const StrataTensorStats *stats,
                              const gboolean *settled) G_GNUC_WARN_UNUSED_RESULT;
void strata_note_slices (const GArray *choices, StrataDecisions *decisions);
