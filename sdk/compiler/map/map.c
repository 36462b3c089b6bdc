/* SPDX-License-Identifier: Apache-2.0
 *
 * Cuts the matrix of every MVM op into tiles, the contents of one array each. K goes into blocks of as many rows as an
 * array has, the last block takes the rest; N into blocks of columns / slices outputs. A block that leaves rows free is
 * repeated in them, against kT/C (hardware-facts 1.4). Of a grouped product as many groups as fit go on the diagonal of
 * an array. Where the chip adds charge over tiers, blocks of rows go together on so many tiers and are converted once
 * (sums.c). Copies of a matrix are whole sets of tiles. Where the chip has too few arrays, small matrices share some
 * (pack.c).
 */
#include "compiler/map/pack.h"
#include "compiler/map/sums.h"
#include "program/unit-cost.h"

/* How many layers a message about capacity names */
#define N_NAMED 3

static int
compare_largest (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const gint64 *arrays = user_data;
  int i = *(const int *) a, j = *(const int *) b;

  if (arrays[i] != arrays[j])
    return arrays[i] > arrays[j] ? -1 : 1;
  return (i > j) - (i < j);
}

static gboolean
refuse_capacity (
  const StrataQGraph *graph, const StrataChipSpec *chip, const gint64 *arrays, gint64 n_needed, GError **error)
{
  g_autofree int *order = g_new (int, graph->n_ops);
  g_autoptr (GString) largest = g_string_new (NULL);

  for (int i = 0; i < graph->n_ops; i++)
    order[i] = i;
  g_qsort_with_data (order, graph->n_ops, sizeof (int), compare_largest, (gpointer) arrays);
  for (int i = 0; i < MIN (N_NAMED, graph->n_ops) && arrays[order[i]] > 0; i++)
    g_string_append_printf (largest, "%s%s (%d x %d, %" G_GINT64_FORMAT " arrays)", i == 0 ? "" : ", ",
                            graph->ops[order[i]].name, graph->ops[order[i]].k, graph->ops[order[i]].n,
                            arrays[order[i]]);
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
               "the model needs %" G_GINT64_FORMAT " arrays of %d x %d and %s has %" G_GINT64_FORMAT
               "; the largest layers are %s; a chip with more tiers or fewer slices per weight would hold it",
               n_needed, chip->rows, chip->columns, chip->name, strata_chip_arrays (chip), largest->str);
  return FALSE;
}

static StrataPacking
packing_of (const StrataMapOptions *options)
{
  return options == NULL ? STRATA_PACK_NEEDED : options->packing;
}

/* Copies of an op's matrix: at most one per output row, of which each takes its share */
static int
count_copies (const StrataQGraph *graph, const StrataMapOptions *options, int op)
{
  int n = options == NULL || options->n_copies == NULL ? 1 : options->n_copies[op];

  return CLAMP (n, 1, strata_qop_bursts (graph, op));
}

/* Rows of K in one array: fewer than it has where quantisation wants copies of them (hardware-facts 1.4), in blocks of
 * like size */
static int
block_rows (const StrataQOp *op, const StrataChipSpec *chip)
{
  return op->block_rows > 0 ? MIN (op->block_rows, chip->rows) : chip->rows;
}

/* Arrays per op with its copies, and room for all tiles; an error where the chip has fewer. */
static gboolean
count_arrays (const StrataQGraph *graph,
              const StrataChipSpec *chip,
              const StrataMapOptions *options,
              gint64 *arrays,
              StrataTileSet *tiles,
              GError **error)
{
  double n_cells = 0;
  gint64 n = 0;

  for (int i = 0; i < graph->n_ops; i++)
    {
      const StrataQOp *op = &graph->ops[i];

      arrays[i] = 0;
      if (op->kind != STRATA_QOP_MVM)
        continue;
      if (op->n_slices > chip->columns)
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED,
                       "op '%s': a weight of %d slices does not fit an array of %d columns; use fewer slices", op->name,
                       op->n_slices, chip->columns);
          return FALSE;
        }
      arrays[i] = strata_unit_arrays (chip, op);
      tiles->arrays_required += arrays[i];
      if (op->block_rows > 0)
        {
          arrays[i] /= (op->k + chip->rows - 1) / chip->rows;
          arrays[i] *= (op->k + block_rows (op, chip) - 1) / block_rows (op, chip);
        }
      arrays[i] *= count_copies (graph, options, i);
      n += arrays[i];
      n_cells += (double) op->k * op->n * op->n_slices * count_copies (graph, options, i);
    }
  /* Packed or not, the cells must be there. */
  if (n_cells > (double) strata_chip_arrays (chip) * chip->rows * chip->columns || n > G_MAXINT32
      || (n > strata_chip_arrays (chip) && packing_of (options) == STRATA_PACK_NEVER))
    return refuse_capacity (graph, chip, arrays, n, error);
  tiles->tiles = g_new0 (StrataTile, (gsize) n + 1);
  return TRUE;
}

/* Copies of a block's rows in one array. All free rows are used: a copy adds k times the signal charge to the same
 * kT/C, for the driver and array energy of its rows, which are the small parts of an MVM (hardware-facts 10.4); the
 * rows fetched from the stack buffer stay the same. */
static int
count_row_copies (const StrataChipSpec *chip, const StrataMapOptions *options, int n_rows)
{
  return options == NULL || options->row_copies ? MAX (1, chip->rows / n_rows) : 1;
}

/* One matrix of k x @n whose outputs begin at @first of the op's; returns its tiles. */
static int
cut_matrix (const StrataQOp *op,
            int first,
            int n,
            const StrataChipSpec *chip,
            const StrataMapOptions *options,
            const StrataTile *like,
            StrataTile *tile)
{
  int n_outputs = strata_chip_outputs (chip, op->n_slices), n_summed = like->n_tiers, n_tiles = 0;

  for (int col = 0; col < n; col += n_outputs)
    for (int row0 = 0, n_rows; row0 < op->k; row0 += n_rows)
      {
        gboolean summed = n_summed > 1 && op->k - row0 > (n_summed - 1) * chip->rows;

        n_rows = MIN (summed ? n_summed * chip->rows : block_rows (op, chip), op->k - row0);
        tile[n_tiles] = *like;
        tile[n_tiles].row0 = row0;
        tile[n_tiles].n_rows = n_rows;
        tile[n_tiles].col0 = first + col;
        tile[n_tiles].n_cols = MIN (n_outputs, n - col);
        tile[n_tiles].n_tiers = summed ? n_summed : 0;
        tile[n_tiles++].n_row_copies = summed ? 1 : count_row_copies (chip, options, n_rows);
      }
  return n_tiles;
}

/* As many groups on the diagonal of each array as fit; the last array takes the rest. Where not one fits, every group
 * is a matrix that is cut. */
static int
pack_groups (const StrataQOp *op,
             const StrataChipSpec *chip,
             const StrataMapOptions *options,
             const StrataTile *like,
             StrataTile *tile)
{
  int n = op->n / op->window.groups, n_tiles = 0;
  int n_together = strata_unit_groups_per_array (chip, op->k, n, op->n_slices);

  for (int group = 0; group < op->window.groups; group += MAX (1, n_together))
    {
      int n_here = MIN (n_together, op->window.groups - group);

      if (n_together == 0)
        {
          n_tiles += cut_matrix (op, group * n, n, chip, options, like, tile + n_tiles);
          continue;
        }
      tile[n_tiles] = *like;
      tile[n_tiles].n_tiers = 0;
      tile[n_tiles].n_rows = n_here * op->k;
      tile[n_tiles].col0 = group * n;
      tile[n_tiles].n_cols = n_here * n;
      tile[n_tiles].n_groups = n_here;
      tile[n_tiles].n_row_copies = count_row_copies (chip, options, n_here * op->k);
      n_tiles++;
    }
  return n_tiles;
}

static int
tile_op (const StrataQGraph *graph,
         int op_id,
         int copy,
         int n_summed,
         const StrataChipSpec *chip,
         const StrataMapOptions *options,
         StrataTile *tile)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataTile like = { .op = op_id, .copy = copy, .n_slices = op->n_slices, .n_tiers = n_summed };

  return op->window.groups > 1 ? pack_groups (op, chip, options, &like, tile)
                               : cut_matrix (op, 0, op->n, chip, options, &like, tile);
}

/* --- packing --- */

static void
explain_packing (const StrataTileSet *tiles, const StrataQGraph *graph, gint64 n_arrays, StrataDecisions *decisions)
{
  g_autofree int *n_on = g_new0 (int, (gsize) tiles->n_tiles + 1);
  const StrataAlternative alone = { "an array of its own", -1, -1, -1, 1, "the chip has none left" };

  for (int i = 0; i < tiles->n_tiles; i++)
    n_on[strata_tile_set_array (tiles, i)]++;
  for (int i = 0; i < tiles->n_tiles && decisions != NULL; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];
      int array = strata_tile_set_array (tiles, i);

      if (n_on[array] < 2)
        continue;
      strata_decisions_add (
        decisions, STRATA_REASON_PACKED, tile->op, i, n_on[array],
        "%d x %d cells at row %d column %d of an array that %d matrices share: each in its own would "
        "take %d arrays of %" G_GINT64_FORMAT "; matrices with least work share, and take turns",
        tile->n_rows, tile->n_cols * tile->n_slices, tile->at_row, tile->at_col, n_on[array], tiles->n_tiles, n_arrays);
      strata_decisions_add_alternative (decisions, &alone);
    }
}

static gboolean
pack (StrataTileSet *tiles,
      const StrataQGraph *graph,
      const StrataChipSpec *chip,
      const StrataMapOptions *options,
      const gint64 *arrays,
      GError **error)
{
  gint64 n_arrays = strata_chip_arrays (chip), n_over = strata_tile_set_n_arrays (tiles) - n_arrays;
  StrataPacking packing = packing_of (options);

  if (packing == STRATA_PACK_NEVER || (packing == STRATA_PACK_NEEDED && n_over <= 0))
    return TRUE;
  if (map_pack (tiles, graph, chip, packing == STRATA_PACK_ALWAYS ? G_MAXINT64 : n_over) < n_over)
    {
      refuse_capacity (graph, chip, arrays, n_arrays + n_over, error);
      if (error != NULL)
        g_prefix_error (error, "with small matrices packed %" G_GINT64_FORMAT " are still missing: ",
                        strata_tile_set_n_arrays (tiles) - n_arrays);
      return FALSE;
    }
  explain_packing (tiles, graph, n_arrays, options == NULL ? NULL : options->decisions);
  return TRUE;
}

StrataTileSet *
strata_map (const StrataQGraph *graph, const StrataChipSpec *chip, const StrataMapOptions *options, GError **error)
{
  g_autoptr (StrataTileSet) tiles = g_new0 (StrataTileSet, 1);
  g_autofree gint64 *arrays = g_new (gint64, (gsize) graph->n_ops + 1);
  g_autofree int *n_copies = g_new (int, (gsize) graph->n_ops + 1);
  int n_summed;

  if (!count_arrays (graph, chip, options, arrays, tiles, error))
    return NULL;
  for (int i = 0; i < graph->n_ops; i++)
    n_copies[i] = count_copies (graph, options, i);
  n_summed = map_sums (graph, chip, n_copies);
  tiles->n_ops = graph->n_ops;
  tiles->op_first = g_new0 (int, (gsize) graph->n_ops + 1);
  for (int i = 0; i < graph->n_ops; i++)
    for (int copy = 0; graph->ops[i].kind == STRATA_QOP_MVM && copy < n_copies[i]; copy++)
      tiles->n_tiles +=
        tile_op (graph, i, copy, map_sums_of (graph, chip, i, n_summed), chip, options, tiles->tiles + tiles->n_tiles);
  strata_tile_set_index (tiles);
  if (!pack (tiles, graph, chip, options, arrays, error) || !strata_tile_set_check (tiles, graph, chip, error))
    return NULL;
  if (options != NULL)
    map_explain_sums (tiles, graph, chip, options->decisions);
  return g_steal_pointer (&tiles);
}
