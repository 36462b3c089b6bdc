/* SPDX-License-Identifier: Apache-2.0
 *
 * What a die's test found under a tile, by the rows and columns of the tile: which of them do not work after spares
 * have taken the place of dead ones, which cells are stuck, and what its converters make of what they read. What the
 * test says nothing of is drawn.
 */
#pragma once

#include "chip/die.h"
#include "program/tiles.h"

typedef struct
{
  gint64 cell; /* 2 x pair, and 1 for the one on the minus line; pairs row by row of the tile */
  gboolean full;
} StrataStuckCell;

typedef struct
{
  int n_columns, rows_per_tier; /* n_slices x n_cols; a tile's rows, copies included, go on in the tier above */
  int n_tiers;
  gboolean *rows;    /* dead; n_row_copies x n_rows */
  gboolean *columns; /* dead; n_tiers x n_columns */
  gboolean *tested;  /* n_tiers: all stuck cells of it are listed */
  GArray *stuck;     /* StrataStuckCell, by cell */
  gboolean *known;   /* n_columns: its converter has been measured: */
  double *gain;      /* a share */
  double *offset_v;  /* at its input */
} StrataAnalogDie;

/* Of @tile, the lowest of whose tiers is @site. (transfer full) */
StrataAnalogDie *
strata_analog_die_new (const StrataDieState *die, const StrataTile *tile, StrataSite site) G_GNUC_WARN_UNUSED_RESULT;
void strata_analog_die_free (StrataAnalogDie *die);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataAnalogDie, strata_analog_die_free)
