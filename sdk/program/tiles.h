/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiles: blocks of weight matrices, each the content of one array. Every weight of an MVM op lies in exactly one tile
 * per copy. Made by compiler/map.
 */
#pragma once

#include "chip/chip.h"
#include "program/qgraph.h"

typedef struct
{
  int op;           /* op id */
  int copy;         /* replica of the op's matrix, 0 … n_copies-1; replica c takes output rows c, c + n_copies, … */
  int row0, n_rows; /* block of K */
  int col0, n_cols; /* block of N (logical outputs) */
  int n_slices;
  int n_row_copies; /* the block's rows stand this often in the array, against kT/C; >= 1 */
} StrataTile;

typedef struct
{
  StrataTile *tiles; /* sorted by op, copy, col0, row0 */
  int n_tiles;
  int *op_first; /* n_ops + 1 offsets into tiles */
  int n_ops;
  gint64 arrays_required; /* pure geometry, one copy */
} StrataTileSet;

gboolean strata_tile_set_check (const StrataTileSet *tiles,
                                const StrataQGraph *graph,
                                const StrataChipSpec *chip,
                                GError **error);
char *strata_tile_set_print (const StrataTileSet *tiles, const StrataQGraph *graph) G_GNUC_WARN_UNUSED_RESULT;
StrataTileSet *
strata_tile_set_parse (const char *text, const StrataQGraph *graph, GError **error) G_GNUC_WARN_UNUSED_RESULT;
guint64 strata_tile_set_hash (const StrataTileSet *tiles);
void strata_tile_set_free (StrataTileSet *tiles);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataTileSet, strata_tile_set_free)

/* Fills op_first, which has room, from n_ops and tiles sorted by op. */
void strata_tile_set_index (StrataTileSet *tiles);

/* Used cells over cells of the array, row copies counted as used */
double strata_tile_utilisation (const StrataTile *tile, const StrataChipSpec *chip);
/* Used cells / cells of the op's arrays, row copies not counted. */
double strata_tile_set_op_utilisation (const StrataTileSet *tiles, int op, const StrataChipSpec *chip);
