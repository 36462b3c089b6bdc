/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiles: blocks of weight matrices, each on one array. Every weight of an MVM op lies in exactly one tile per copy.
 * Most tiles have an array to themselves; small ones may share one: their cells are disjoint, they lie on one site, and
 * no tier switch stands between them. A grouped product is G matrices of k x n/G: where several fit an array they lie
 * side by side on its diagonal, each with rows and columns of its own, and the cells beside the diagonal are never
 * written. Where the chip adds charge over tiers, a tile may span several, and one conversion reads all of its rows.
 * Made by compiler/map.
 */
#pragma once

#include "chip/chip.h"
#include "program/qgraph.h"

typedef struct
{
  int op;           /* op id */
  int copy;         /* replica of the op's matrix, 0 … n_copies-1; replica c takes output rows c, c + n_copies, … */
  int row0, n_rows; /* block of K; of a grouped product: of the K of one group, or n_groups times the whole of it */
  int col0, n_cols; /* block of N (logical outputs) */
  int n_groups;     /* whole groups of a grouped product, which col0 begins; 0: a block of one matrix */
  int n_tiers;      /* its rows lie on so many tiers, one array each, from its site up; 0: on one */
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
/* Arrays that the tile lies on, one a tier; >= 1 */
int strata_tile_n_tiers (const StrataTile *tile);

/* Weights that the tile holds: without the cells beside the diagonal of groups */
gint64 strata_tile_n_weights (const StrataTile *tile);
/* Its first row in the vector of all that the op's window sees: the rows of all groups, one after the other */
int strata_tile_first_row (const StrataTile *tile, const StrataQOp *op);
/* Used cells over cells of the array, row copies counted as used */
double strata_tile_utilisation (const StrataTile *tile, const StrataChipSpec *chip);
/* Used cells / cells of the op's arrays, row copies not counted. */
double strata_tile_set_op_utilisation (const StrataTileSet *tiles, int op, const StrataChipSpec *chip);
