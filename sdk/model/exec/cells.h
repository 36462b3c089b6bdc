/* SPDX-License-Identifier: Apache-2.0
 *
 * A window at one place of an input with any number of spatial dimensions: which cells it covers. Cells outside the
 * input are never visited, however large the window.
 */
#pragma once

#include "model/operands.h"

typedef struct
{
  const StrataExtents *window;
  gint64 in[STRATA_MAX_SPATIAL], out[STRATA_MAX_SPATIAL]; /* sizes */
  gint64 n_in, n_out;
  gint64 at[STRATA_MAX_SPATIAL]; /* place in the output */
  gint64 *cells;                 /* flat place in the input of each covered cell, ascending */
  gint64 *weights;               /* flat place in the window of each */
  gint64 n;
} StrataCells;

/* At the first place. @in, @out: sizes along the spatial dimensions. FALSE: no memory */
gboolean strata_cells_init (StrataCells *cells, const StrataExtents *window, const gint64 *in, const gint64 *out);
void strata_cells_finish (StrataCells *cells);
/* To the next place in C order, the first one after the last. */
void strata_cells_next (StrataCells *cells);
/* Cells of the window within input and pads */
gint64 strata_cells_padded (const StrataCells *cells);
