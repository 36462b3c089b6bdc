/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiles: blocks of weight matrices, each on one array. Every weight of an MVM op lies in exactly one tile per copy.
 * Most tiles have an array to themselves; small ones may share one: their cells are disjoint, they lie on one site, and
 * no tier switch stands between them. Made by compiler/map.
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
  int n_row_copies;   /* the block's rows stand this often in the array, against kT/C; >= 1 */
  int array_back;     /* the first tile of its array is the one this many ids before; 0: it is the first, or alone */
  int at_row, at_col; /* its first row and column of cells in the array; 0 where it is alone */
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

/* The first tile of the array that @tile lies on; its id stands for the array. */
int strata_tile_set_array (const StrataTileSet *tiles, int tile);
gint64 strata_tile_set_n_arrays (const StrataTileSet *tiles);

/* Used cells over cells of the array, row copies counted as used */
double strata_tile_utilisation (const StrataTile *tile, const StrataChipSpec *chip);
/* Used cells / cells of the op's arrays, row copies not counted. */
double strata_tile_set_op_utilisation (const StrataTileSet *tiles, int op, const StrataChipSpec *chip);
