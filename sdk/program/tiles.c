/* SPDX-License-Identifier: Apache-2.0
 *
 * Tile sets: check, print, parse, hash. The check asks for a grid: each copy of an op is cut into column blocks, each
 * of those into row blocks, both without gap or overlap, so that every weight lies in exactly one tile of the copy.
 */
#include "program/tiles.h"

#include "base/hash.h"
#include "program/text.h"
#include "program/unit-cost.h"

#define HEAD "tiles # ops # arrays-required #"
#define LINE "tile # op # copy # rows #+# cols #+# slices # row-copies #"
#define LINE_GROUPS "tile # op # copy # rows #+# cols #+# groups # slices # row-copies #"
#define LINE_TIERS "tile # op # copy # rows #+# cols #+# tiers # slices # row-copies #"
#define SHARED " back # at #,#"

static gboolean G_GNUC_PRINTF (3, 4) refuse (GError **error, int tile, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "tiles: tile %d: %s", tile, reason);
  return FALSE;
}

/* A tile that spans tiers fills each of them but the last, and shares none. */
static gboolean
check_tiers (const StrataTileSet *tiles, int id, const StrataQOp *op, const StrataChipSpec *chip, GError **error)
{
  const StrataTile *tile = &tiles->tiles[id];

  if (tile->n_tiers < 2 || tile->n_tiers > chip->summable_tiers)
    return refuse (error, id, "spans %d tiers; one conversion adds the charge of %d", tile->n_tiers,
                   chip->summable_tiers);
  if (tile->n_rows > (gint64) chip->rows * tile->n_tiers || tile->n_rows <= (gint64) chip->rows * (tile->n_tiers - 1))
    return refuse (error, id, "has %d rows on %d tiers of %d", tile->n_rows, tile->n_tiers, chip->rows);
  if (tile->n_row_copies != 1 || tile->n_groups != 0 || tile->array_back != 0 || tile->at_row != 0 || tile->at_col != 0)
    return refuse (error, id, "spans tiers and shares them, or repeats its rows");
  if ((gint64) tile->n_cols * tile->n_slices > chip->columns)
    return refuse (error, id, "needs %" G_GINT64_FORMAT " columns; an array has %d",
                   (gint64) tile->n_cols * tile->n_slices, chip->columns);
  return op->block_rows == 0
         || refuse (error, id, "spans tiers; op '%s' wants blocks of %d rows", op->name, op->block_rows);
}

static gboolean
check_tile (const StrataTileSet *tiles, int id, const StrataQOp *op, const StrataChipSpec *chip, GError **error)
{
  const StrataTile *tile = &tiles->tiles[id];

  if (tile->n_rows < 1 || tile->n_cols < 1 || tile->n_row_copies < 1)
    return refuse (error, id, "has no rows, columns or copies of rows");
  if (tile->n_slices != op->n_slices)
    return refuse (error, id, "has %d slices where op '%s' has %d", tile->n_slices, op->name, op->n_slices);
  if (tile->at_row < 0 || tile->at_col < 0 || tile->array_back < 0 || tile->array_back > id)
    return refuse (error, id, "has no place in an array");
  if (tile->n_tiers != 0)
    return check_tiers (tiles, id, op, chip, error);
  if ((gint64) tile->n_rows * tile->n_row_copies > chip->rows)
    return refuse (error, id, "drives %" G_GINT64_FORMAT " rows; an array has %d",
                   (gint64) tile->n_rows * tile->n_row_copies, chip->rows);
  if ((gint64) tile->n_cols * tile->n_slices > chip->columns)
    return refuse (error, id, "needs %" G_GINT64_FORMAT " columns; an array has %d",
                   (gint64) tile->n_cols * tile->n_slices, chip->columns);
  if (tile->n_rows * tile->n_row_copies > chip->rows - tile->at_row
      || tile->n_cols * tile->n_slices > chip->columns - tile->at_col)
    return refuse (error, id, "starts at row %d column %d of its array and reaches past the %d x %d cells",
                   tile->at_row, tile->at_col, chip->rows, chip->columns);
  return TRUE;
}

/* Groups lie whole on the diagonal of an array, or one of them in blocks. */
static gboolean
check_groups (const StrataTileSet *tiles, int id, const StrataQOp *op, GError **error)
{
  const StrataTile *tile = &tiles->tiles[id];
  int n = op->n / MAX (1, op->window.groups);
  gint64 last = ((gint64) tile->col0 + tile->n_cols - 1) / n;

  if (tile->n_groups == 0 && op->window.groups <= 1)
    return TRUE;
  if (tile->n_groups == 0)
    return tile->col0 / n == last
           || refuse (error, id, "holds outputs of groups %d to %" G_GINT64_FORMAT " of op '%s', and none whole",
                      tile->col0 / n, last, op->name);
  if (tile->n_groups < 0 || op->window.groups <= 1)
    return refuse (error, id, "holds %d groups; op '%s' has %d", tile->n_groups, op->name, op->window.groups);
  if (tile->row0 != 0 || tile->col0 % n != 0 || tile->n_rows != (gint64) tile->n_groups * op->k
      || tile->n_cols != (gint64) tile->n_groups * n)
    return refuse (error, id, "is %d x %d at row %d column %d; %d groups of op '%s' are %d x %d each", tile->n_rows,
                   tile->n_cols, tile->row0, tile->col0, tile->n_groups, op->name, op->k, n);
  return TRUE;
}

static gboolean
overlap (const StrataTile *a, const StrataTile *b)
{
  return a->at_row < b->at_row + b->n_rows * b->n_row_copies && b->at_row < a->at_row + a->n_rows * a->n_row_copies
         && a->at_col < b->at_col + b->n_cols * b->n_slices && b->at_col < a->at_col + a->n_cols * a->n_slices;
}

/* Tiles of one array have no cell in common. All tiles have passed check_tile(). Tiles of an array are chained from the
 * last to the first, so that an array of n tiles takes n^2 looks; its cells bound n. */
static gboolean
check_arrays (const StrataTileSet *tiles, const StrataChipSpec *chip, GError **error)
{
  g_autofree int *last = g_new (int, (gsize) tiles->n_tiles + 1), *before = g_new (int, (gsize) tiles->n_tiles + 1);
  g_autofree gint64 *n_cells = g_new0 (gint64, (gsize) tiles->n_tiles + 1);

  for (int id = 0; id < tiles->n_tiles; id++)
    {
      const StrataTile *tile = &tiles->tiles[id];
      int first = id - tile->array_back;

      if (tiles->tiles[first].array_back != 0)
        return refuse (error, id, "lies on the array of tile %d, which is not the first on its own", first);
      if (tile->n_tiers > 0)
        continue;
      if (tiles->tiles[first].n_tiers > 0)
        return refuse (error, id, "lies on an array of tile %d, which spans tiers", first);
      before[id] = first == id ? -1 : last[first];
      last[first] = id;
      n_cells[first] += (gint64) tile->n_rows * tile->n_row_copies * tile->n_cols * tile->n_slices;
      if (n_cells[first] > (gint64) chip->rows * chip->columns)
        return refuse (error, id, "does not fit beside the other tiles of its array");
      for (int other = before[id]; other >= 0; other = before[other])
        if (overlap (tile, &tiles->tiles[other]))
          return refuse (error, id, "has cells in common with tile %d", other);
    }
  return TRUE;
}

/* Walks the tiles of one copy from @from; on success @to is the first tile after it. */
static gboolean
check_copy (const StrataTileSet *tiles, int from, int limit, const StrataQOp *op, int *to, GError **error)
{
  const StrataTile *first = &tiles->tiles[from];
  gint64 col = 0, row = 0;
  int id = from;

  for (; id < limit && tiles->tiles[id].copy == first->copy; id++)
    {
      const StrataTile *tile = &tiles->tiles[id];

      if (tile->col0 != col || tile->row0 != row)
        return refuse (error, id,
                       "starts at row %d column %d where row %" G_GINT64_FORMAT " column %" G_GINT64_FORMAT
                       " is next; a weight would lie in no tile or in two",
                       tile->row0, tile->col0, row, col);
      if (row > 0 && tile->n_cols != tiles->tiles[id - 1].n_cols)
        return refuse (error, id, "is %d columns wide, the tile above it %d", tile->n_cols,
                       tiles->tiles[id - 1].n_cols);
      row += tile->n_groups > 0 ? op->k : tile->n_rows;
      if (row > op->k || col + tile->n_cols > op->n)
        return refuse (error, id, "reaches past the %d x %d matrix of op '%s'", op->k, op->n, op->name);
      if (row == op->k)
        {
          row = 0;
          col += tile->n_cols;
        }
    }
  if (row != 0 || col != op->n)
    return refuse (error, id - 1, "is the last of copy %d of op '%s', and weights are missing", first->copy, op->name);
  *to = id;
  return TRUE;
}

static gboolean
check_op (const StrataTileSet *tiles, int op_id, const StrataQGraph *graph, const StrataChipSpec *chip, GError **error)
{
  const StrataQOp *op = &graph->ops[op_id];
  int from = tiles->op_first[op_id], limit = tiles->op_first[op_id + 1];

  if (op->kind != STRATA_QOP_MVM)
    return from == limit || refuse (error, from, "belongs to op '%s', which is no matrix product", op->name);
  if (from == limit)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "tiles: op '%s' has no tiles", op->name);
      return FALSE;
    }
  for (int id = from; id < limit; id++)
    {
      if (tiles->tiles[id].op != op_id)
        return refuse (error, id, "is listed under op %d and names op %d", op_id, tiles->tiles[id].op);
      if (!check_tile (tiles, id, op, chip, error) || !check_groups (tiles, id, op, error))
        return FALSE;
    }
  for (int copy = 0; from < limit; copy++)
    {
      if (copy >= strata_qop_bursts (graph, op_id))
        return refuse (error, from, "is of a copy that gets no output rows of op '%s'", op->name);
      if (tiles->tiles[from].copy != copy)
        return refuse (error, from, "is of copy %d where copy %d is next", tiles->tiles[from].copy, copy);
      if (!check_copy (tiles, from, limit, op, &from, error))
        return FALSE;
    }
  return TRUE;
}

static gint64
count_required (const StrataQGraph *graph, const StrataChipSpec *chip)
{
  gint64 n = 0;

  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      n += strata_unit_arrays (chip, &graph->ops[i]);
  return n;
}

gboolean
strata_tile_set_check (const StrataTileSet *tiles,
                       const StrataQGraph *graph,
                       const StrataChipSpec *chip,
                       GError **error)
{
  gint64 n_required;

  if (tiles->n_ops != graph->n_ops || tiles->op_first[0] != 0 || tiles->op_first[tiles->n_ops] != tiles->n_tiles)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                   "tiles: the index covers %d ops and %d tiles; the graph has %d ops, the set %d tiles", tiles->n_ops,
                   tiles->op_first[tiles->n_ops], graph->n_ops, tiles->n_tiles);
      return FALSE;
    }
  for (int i = 0; i < tiles->n_ops; i++)
    if (tiles->op_first[i] > tiles->op_first[i + 1])
      return refuse (error, tiles->op_first[i + 1], "the index of op %d runs backwards", i);
  for (int i = 0; i < tiles->n_ops; i++)
    if (!check_op (tiles, i, graph, chip, error))
      return FALSE;
  if (!check_arrays (tiles, chip, error))
    return FALSE;
  n_required = count_required (graph, chip);
  if (tiles->arrays_required != n_required)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                   "tiles: arrays-required is %" G_GINT64_FORMAT "; the matrices come to %" G_GINT64_FORMAT,
                   tiles->arrays_required, n_required);
      return FALSE;
    }
  return TRUE;
}

char *
strata_tile_set_print (const StrataTileSet *tiles, const StrataQGraph *graph)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "tiles %d ops %d arrays-required %" G_GINT64_FORMAT "\n", tiles->n_tiles, tiles->n_ops,
                          tiles->arrays_required);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];

      g_string_append_printf (text, "tile %d op %d copy %d rows %d+%d cols %d+%d", i, tile->op, tile->copy, tile->row0,
                              tile->n_rows, tile->col0, tile->n_cols);
      if (tile->n_groups > 0)
        g_string_append_printf (text, " groups %d", tile->n_groups);
      if (tile->n_tiers > 0)
        g_string_append_printf (text, " tiers %d", tile->n_tiers);
      g_string_append_printf (text, " slices %d row-copies %d", tile->n_slices, tile->n_row_copies);
      if (tile->array_back > 0 || tile->at_row > 0 || tile->at_col > 0)
        g_string_append_printf (text, " back %d at %d,%d", tile->array_back, tile->at_row, tile->at_col);
      g_string_append_printf (text, " ; %s\n", graph->ops[tile->op].name);
    }
  return g_string_free (text, FALSE);
}

void
strata_tile_set_index (StrataTileSet *tiles)
{
  int id = 0;

  for (int op = 0; op <= tiles->n_ops; op++)
    {
      while (id < tiles->n_tiles && tiles->tiles[id].op < op)
        id++;
      tiles->op_first[op] = id;
    }
}

/* What stands in one line: groups or tiers or neither, and a place in an array that others share */
static gboolean
match_tile (StrataTextReader *reader, gint64 *id, StrataTile *tile)
{
  gint64 v[13] = { 0 };
  gboolean groups = strata_text_match (reader, LINE_GROUPS SHARED, v) || strata_text_match (reader, LINE_GROUPS, v);
  gboolean tiers = !groups && strata_text_match (reader, LINE_TIERS, v);
  int at = groups || tiers ? 8 : 7;

  if (!groups && !tiers && !strata_text_match (reader, LINE SHARED, v) && !strata_text_match (reader, LINE, v))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (v); i++)
    if (v[i] < 0 || v[i] > G_MAXINT32)
      return FALSE;
  *id = v[0];
  *tile = (StrataTile){ .op = (int) v[1],
                        .copy = (int) v[2],
                        .row0 = (int) v[3],
                        .n_rows = (int) v[4],
                        .col0 = (int) v[5],
                        .n_cols = (int) v[6],
                        .n_groups = groups ? (int) v[7] : 0,
                        .n_tiers = tiers ? (int) v[7] : 0,
                        .n_slices = (int) v[at],
                        .n_row_copies = (int) v[at + 1],
                        .array_back = (int) v[at + 2],
                        .at_row = (int) v[at + 3],
                        .at_col = (int) v[at + 4] };
  return TRUE;
}

static gboolean
parse_tiles (StrataTextReader *reader, StrataTileSet *tiles, GArray *array, GError **error)
{
  while (strata_text_next (reader))
    {
      StrataTile tile;
      gint64 id;

      if (!match_tile (reader, &id, &tile))
        return strata_text_error (reader, "tiles", LINE " with numbers from 0 to 2147483647", error);
      if (id != array->len || tile.op >= tiles->n_ops
          || (array->len > 0 && g_array_index (array, StrataTile, array->len - 1).op > tile.op))
        return strata_text_error (reader, "tiles", "tiles in order, of ops of the graph", error);
      g_array_append_val (array, tile);
    }
  return TRUE;
}

StrataTileSet *
strata_tile_set_parse (const char *text, const StrataQGraph *graph, GError **error)
{
  g_autoptr (StrataTileSet) tiles = g_new0 (StrataTileSet, 1);
  GArray *array = g_array_new (FALSE, FALSE, sizeof (StrataTile));
  StrataTextReader reader = { text, NULL, 0 };
  gint64 head[3] = { 0 };
  gboolean ok = strata_text_next (&reader) && strata_text_match (&reader, HEAD, head) && head[1] == graph->n_ops;

  if (!ok)
    strata_text_error (&reader, "tiles", HEAD " with the ops of the graph", error);
  tiles->n_ops = graph->n_ops;
  tiles->arrays_required = head[2];
  ok = ok && parse_tiles (&reader, tiles, array, error);
  if (ok && array->len != head[0])
    ok = strata_text_error (&reader, "tiles", "as many tiles as the first line says", error);
  strata_text_finish (&reader);
  tiles->n_tiles = (int) array->len;
  tiles->tiles = (StrataTile *) (gpointer) g_array_free (array, FALSE);
  if (!ok)
    return NULL;
  tiles->op_first = g_new0 (int, tiles->n_ops + 1);
  strata_tile_set_index (tiles);
  return g_steal_pointer (&tiles);
}

guint64
strata_tile_set_hash (const StrataTileSet *tiles)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_int (hasher, tiles->n_ops);
  strata_hasher_int (hasher, tiles->n_tiles);
  strata_hasher_int (hasher, tiles->arrays_required);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];
      const int fields[] = { tile->op,     tile->copy,     tile->row0,         tile->n_rows,     tile->col0,
                             tile->n_cols, tile->n_slices, tile->n_row_copies, tile->array_back, tile->at_row,
                             tile->at_col, tile->n_groups, tile->n_tiers };

      for (guint j = 0; j < G_N_ELEMENTS (fields); j++)
        strata_hasher_int (hasher, fields[j]);
    }
  return strata_hasher_digest (hasher);
}

void
strata_tile_set_free (StrataTileSet *tiles)
{
  if (tiles == NULL)
    return;
  g_free (tiles->tiles);
  g_free (tiles->op_first);
  g_free (tiles);
}

int
strata_tile_set_array (const StrataTileSet *tiles, int tile)
{
  return tile - tiles->tiles[tile].array_back;
}

gint64
strata_tile_set_n_arrays (const StrataTileSet *tiles)
{
  gint64 n = 0;

  for (int i = 0; i < tiles->n_tiles; i++)
    n += tiles->tiles[i].array_back == 0 ? strata_tile_n_tiers (&tiles->tiles[i]) : 0;
  return n;
}

int
strata_tile_n_tiers (const StrataTile *tile)
{
  return MAX (1, tile->n_tiers);
}

gint64
strata_tile_n_weights (const StrataTile *tile)
{
  return (gint64) tile->n_rows * tile->n_cols / MAX (1, tile->n_groups);
}

/* Group of a product that the tile, or the first of its groups, belongs to; 0 where there are none */
static int
group_of (const StrataTile *tile, const StrataQOp *op)
{
  return tile->col0 / (op->n / MAX (1, op->window.groups));
}

int
strata_tile_first_row (const StrataTile *tile, const StrataQOp *op)
{
  return op->window.groups > 1 ? group_of (tile, op) * op->k + tile->row0 : tile->row0;
}

double
strata_tile_utilisation (const StrataTile *tile, const StrataChipSpec *chip)
{
  double used = (double) strata_tile_n_weights (tile) * tile->n_row_copies * tile->n_slices;

  return used / ((double) strata_tile_n_tiers (tile) * chip->rows * chip->columns);
}

double
strata_tile_set_op_utilisation (const StrataTileSet *tiles, int op, const StrataChipSpec *chip)
{
  int from = tiles->op_first[op], to = tiles->op_first[op + 1];
  double used = 0, n_arrays = 0;

  if (from == to)
    return 0;
  for (int i = from; i < to; i++)
    {
      used += (double) strata_tile_n_weights (&tiles->tiles[i]) * tiles->tiles[i].n_slices;
      n_arrays += strata_tile_n_tiers (&tiles->tiles[i]);
    }
  return used / (n_arrays * chip->rows * chip->columns);
}
