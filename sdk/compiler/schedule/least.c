/* SPDX-License-Identifier: Apache-2.0
 *
 * The least activation memory that a schedule of a graph would take, before any tile is placed: the rows of an
 * execution on demand, with one array for each matrix. How many arrays a matrix takes, and where, has next to no part
 * in it.
 */
#include "compiler/schedule/emit.h"
#include "compiler/stages.h"
#include "program/work.h"

/* Every matrix whole, whatever the size of an array */
static StrataTileSet *
make_tiles (const StrataQGraph *graph)
{
  StrataTileSet *tiles = g_new0 (StrataTileSet, 1);

  tiles->n_ops = graph->n_ops;
  tiles->op_first = g_new0 (int, (gsize) graph->n_ops + 1);
  tiles->tiles = g_new0 (StrataTile, (gsize) graph->n_ops + 1);
  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      tiles->tiles[tiles->n_tiles++] =
        (StrataTile){ .op = i, .n_rows = graph->ops[i].k, .n_cols = graph->ops[i].n, .n_slices = 1, .n_row_copies = 1 };
  strata_tile_set_index (tiles);
  return tiles;
}

gint64
strata_schedule_least_sram (const StrataQGraph *graph, const StrataChipSpec *chip)
{
  g_autoptr (StrataTileSet) tiles = make_tiles (graph);
  g_autofree StrataSite *sites = g_new0 (StrataSite, (gsize) tiles->n_tiles + 1);
  StrataPlacement placement = { .n_tiles = tiles->n_tiles, .site = sites };
  g_autofree guint8 *silent = strata_work_silent (graph), *shared = g_malloc0 ((gsize) tiles->n_tiles + 1);
  g_autoptr (StrataStreams) streams = strata_streams_new (graph, silent, chip);
  ScheduleInput in = { graph, tiles, &placement, chip, silent, shared, streams, NULL };
  g_autoptr (StrataSchedule) schedule = schedule_emit (&in);

  return schedule_demand_bytes (schedule, &in);
}
