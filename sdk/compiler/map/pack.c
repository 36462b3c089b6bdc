/* SPDX-License-Identifier: Apache-2.0
 *
 * Packs whole matrices into arrays as rectangles of cells: best area fit into a list of free rectangles, which a
 * rectangle that is placed cuts in two along its shorter rest (guillotine; Jylänki 2010 surveys the heuristics). Tiles
 * of one array take turns, so tiles with least work go first. A converted column has the whole array's capacitance in
 * any case, and a tile that shares loses the copies of its rows: packing costs time and noise, and saves arrays only.
 */
#include "compiler/map/pack.h"

#include "cost/cost.h"
#include "program/work.h"

typedef struct
{
  int row, col, n_rows, n_cols;
} Rect;

/* Free cells of all shared arrays, and of which array each is */
typedef struct
{
  Rect rect;
  int array; /* the tile that opened it */
} Free;

typedef struct
{
  gint64 n_conversions;
  int tile;
} Candidate;

static int
compare_work (gconstpointer a, gconstpointer b)
{
  const Candidate *x = a, *y = b;

  if (x->n_conversions != y->n_conversions)
    return x->n_conversions < y->n_conversions ? -1 : 1;
  return (x->tile > y->tile) - (x->tile < y->tile);
}

/* Columns converted in one inference, which is what arrays take turns for; of graph and tiles alone */
static gint64
work_of (const StrataTileSet *tiles, const StrataQGraph *graph, int id)
{
  const StrataTile *tile = &tiles->tiles[id];
  const StrataQOp *op = &graph->ops[tile->op];
  gint64 n_rows =
    strata_work_copy_rows (strata_qop_bursts (graph, tile->op), tile->copy, strata_work_n_copies (tiles, tile->op));

  return strata_cost_times (n_rows * graph->tensors[op->output].width,
                            (gint64) tile->n_cols * tile->n_slices * MAX (1, op->n_reads));
}

static GArray *
list_candidates (const StrataTileSet *tiles, const StrataQGraph *graph)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (Candidate));

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];
      const StrataQOp *op = &graph->ops[tile->op];
      Candidate candidate = { 0, i };

      if ((tile->n_groups == 0 && tile->n_rows != op->k) || tile->n_cols != op->n || tile->n_tiers > 0)
        continue;
      candidate.n_conversions = work_of (tiles, graph, i);
      g_array_append_val (list, candidate);
    }
  g_array_sort (list, compare_work);
  return list;
}

/* The free rectangle that @tile fits with least area left, the first of equals; -1: none */
static int
best_fit (const GArray *free, int n_rows, int n_cols)
{
  gint64 best_left = G_MAXINT64;
  int best = -1;

  for (guint i = 0; i < free->len; i++)
    {
      Rect rect = g_array_index (free, Free, i).rect;
      gint64 left = (gint64) rect.n_rows * rect.n_cols - (gint64) n_rows * n_cols;

      if (rect.n_rows < n_rows || rect.n_cols < n_cols || left >= best_left)
        continue;
      best = (int) i;
      best_left = left;
    }
  return best;
}

static void
add_free (GArray *free, int array, Rect rect)
{
  Free piece = { rect, array };

  if (rect.n_rows > 0 && rect.n_cols > 0)
    g_array_append_val (free, piece);
}

/* Takes the corner of @piece; what is left of it becomes two rectangles. */
static void
cut (GArray *free, Free piece, int n_rows, int n_cols)
{
  Rect r = piece.rect;
  int rest_rows = r.n_rows - n_rows, rest_cols = r.n_cols - n_cols;
  gboolean below_is_wide = rest_rows > rest_cols;

  add_free (free, piece.array, (Rect){ r.row + n_rows, r.col, rest_rows, below_is_wide ? r.n_cols : n_cols });
  add_free (free, piece.array, (Rect){ r.row, r.col + n_cols, below_is_wide ? n_rows : r.n_rows, rest_cols });
}

/* The tile with the lowest id stands for an array; rows of tiles that share are there once. */
static void
settle (StrataTileSet *tiles, const int *array_of)
{
  g_autofree int *first = g_new (int, (gsize) tiles->n_tiles + 1), *n_on = g_new0 (int, (gsize) tiles->n_tiles + 1);

  for (int i = 0; i < tiles->n_tiles; i++)
    if (array_of[i] >= 0 && n_on[array_of[i]]++ == 0)
      first[array_of[i]] = i;
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      if (array_of[i] < 0 || n_on[array_of[i]] == 1)
        continue;
      tiles->tiles[i].array_back = i - first[array_of[i]];
      tiles->tiles[i].n_row_copies = 1;
    }
}

gint64
map_pack (StrataTileSet *tiles, const StrataQGraph *graph, const StrataChipSpec *chip, gint64 n_wanted)
{
  g_autoptr (GArray) candidates = list_candidates (tiles, graph), free = g_array_new (FALSE, FALSE, sizeof (Free));
  g_autofree int *array_of = g_new (int, (gsize) tiles->n_tiles + 1);
  gint64 n_saved = 0;

  for (int i = 0; i < tiles->n_tiles; i++)
    array_of[i] = -1;
  for (guint i = 0; i < candidates->len && n_saved < n_wanted; i++)
    {
      int id = g_array_index (candidates, Candidate, i).tile;
      StrataTile *tile = &tiles->tiles[id];
      int n_cols = tile->n_cols * tile->n_slices, at = best_fit (free, tile->n_rows, n_cols);
      Free piece = { { 0, 0, chip->rows, chip->columns }, id };

      if (at >= 0)
        {
          piece = g_array_index (free, Free, at);
          g_array_remove_index (free, (guint) at);
          n_saved++;
        }
      array_of[id] = piece.array;
      tile->at_row = piece.rect.row;
      tile->at_col = piece.rect.col;
      cut (free, piece, tile->n_rows, n_cols);
    }
  settle (tiles, array_of);
  return n_saved;
}
