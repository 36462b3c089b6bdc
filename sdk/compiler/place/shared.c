/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared arrays. The busiest tile of an array stands for it: a set of one tile per array is placed as any other, and
 * the sites go to all. The work of the other tiles, which map keeps small, is not part of the objective; the printed
 * cost is that of the tiles that stand for arrays. Only whole matrices share arrays, so that no tile of the smaller set
 * lacks the home of its column block.
 */
#include "compiler/place/shared.h"

#include "program/work.h"

static gint64
work_of (const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip, int id)
{
  const StrataTile *tile = &tiles->tiles[id];
  const StrataQOp *op = &graph->ops[tile->op];
  gint64 n_positions =
    (gint64) graph->tensors[op->output].width
    * strata_work_copy_rows (strata_qop_bursts (graph, tile->op), tile->copy, strata_work_n_copies (tiles, tile->op));

  return n_positions
         * strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, MAX (1, op->n_reads));
}

/* Per array, by its first tile: the tile that stands for it */
static int *
choose_tiles (const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip)
{
  int *chosen = g_new (int, (gsize) tiles->n_tiles + 1);

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      int first = strata_tile_set_array (tiles, i);

      if (first == i || work_of (graph, tiles, chip, i) > work_of (graph, tiles, chip, chosen[first]))
        chosen[first] = i;
    }
  return chosen;
}

StrataTileSet *
place_shared_tiles (const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip, int *original)
{
  g_autofree int *chosen = choose_tiles (graph, tiles, chip);
  StrataTileSet *some = g_new0 (StrataTileSet, 1);

  some->tiles = g_new0 (StrataTile, (gsize) tiles->n_tiles + 1);
  some->n_ops = tiles->n_ops;
  some->op_first = g_new0 (int, (gsize) tiles->n_ops + 1);
  some->arrays_required = tiles->arrays_required;
  for (int i = 0; i < tiles->n_tiles; i++)
    if (chosen[strata_tile_set_array (tiles, i)] == i)
      {
        original[some->n_tiles] = i;
        some->tiles[some->n_tiles] = tiles->tiles[i];
        some->tiles[some->n_tiles++].array_back = 0;
      }
  strata_tile_set_index (some);
  return some;
}

StrataPlacement *
place_shared (const StrataQGraph *graph,
              const StrataTileSet *tiles,
              const StrataChipSpec *chip,
              const StrataPlaceOptions *options,
              GError **error)
{
  g_autofree int *place_of = g_new (int, (gsize) tiles->n_tiles + 1);
  g_autofree int *original = g_new (int, (gsize) tiles->n_tiles + 1);
  g_autoptr (StrataTileSet) some = place_shared_tiles (graph, tiles, chip, original);
  StrataPlaceOptions own = *options;
  g_autoptr (StrataDecisions) decisions = options->decisions != NULL ? strata_decisions_new () : NULL;
  g_autoptr (StrataPlacement) placement = NULL;
  StrataSite *site;

  for (int i = 0; i < some->n_tiles; i++)
    place_of[strata_tile_set_array (tiles, original[i])] = i;
  own.decisions = decisions;
  placement = strata_place (graph, some, chip, &own, error);
  if (placement == NULL)
    return NULL;
  for (guint i = 0; decisions != NULL && i < decisions->decisions->len; i++)
    {
      StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i);

      if (decision->tile >= 0)
        decision->tile = original[decision->tile];
    }
  strata_decisions_append (options->decisions, decisions);
  site = g_new0 (StrataSite, (gsize) tiles->n_tiles + 1);
  for (int i = 0; i < tiles->n_tiles; i++)
    site[i] = placement->site[place_of[strata_tile_set_array (tiles, i)]];
  g_free (placement->site);
  placement->site = site;
  placement->n_tiles = tiles->n_tiles;
  return strata_placement_check (placement, tiles, chip, error) ? g_steal_pointer (&placement) : NULL;
}
