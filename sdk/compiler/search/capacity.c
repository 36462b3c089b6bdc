/* SPDX-License-Identifier: Apache-2.0
 *
 * The certificate where a model does not fit a chip: what the chip has, what the model takes, which layers take it, and
 * what would hold it. Slices and tiers that are said to hold it have been mapped.
 */
#include "compiler/search/capacity.h"

#include <math.h>

#include "chip/fields.h"
#include "compiler/search/state.h"
#include "program/stream.h"

/* --- arrays --- */

static const StrataQGraph *
with_slices (const StrataQGraph *graph, int most, StrataArena *arena)
{
  StrataQGraph *copy = strata_arena_memdup (arena, graph, sizeof *graph);

  copy->ops = strata_arena_memdup (arena, graph->ops, (gsize) graph->n_ops * sizeof *graph->ops);
  for (int i = 0; i < graph->n_ops; i++)
    if (copy->ops[i].kind == STRATA_QOP_MVM)
      copy->ops[i].n_slices = MIN (copy->ops[i].n_slices, most);
  return copy;
}

/* Arrays that the model takes of @chip with at most @slices a weight; -1: it has too few */
static gint64
arrays_of (const StrataQGraph *graph, const StrataChipSpec *chip, int slices, StrataPacking packing)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();
  StrataMapOptions options = { .row_copies = FALSE, .packing = packing };
  g_autoptr (StrataTileSet) tiles = strata_map (with_slices (graph, slices, arena), chip, &options, NULL);

  return tiles == NULL ? -1 : strata_tile_set_n_arrays (tiles);
}

static void
suggest_slices (StrataSearchReport *report, const StrataQGraph *graph, const StrataChipSpec *chip)
{
  int most = 0;

  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      most = MAX (most, graph->ops[i].n_slices);
  for (int slices = most - 1; slices >= 1; slices--)
    {
      gint64 n_arrays = arrays_of (graph, chip, slices, STRATA_PACK_NEEDED);
      g_autofree char *change = NULL;

      if (n_arrays < 0)
        continue;
      change =
        g_strdup_printf ("at most %d %s a weight, where there are %d", slices, slices == 1 ? "slice" : "slices", most);
      strata_search_report_suggest (report, STRATA_LIMIT_CHIP_ARRAYS, change, (double) n_arrays,
                                    (double) strata_chip_arrays (chip));
      return;
    }
}

/* The fewest tiers that hold it, if a chip may have so many */
static void
suggest_tiers (StrataSearchReport *report, const StrataQGraph *graph, const StrataChipSpec *chip, gint64 n_unpacked)
{
  const StrataField *field = strata_fields_get (strata_fields_find ("tiers"));
  StrataChipSpec taller = *chip;
  gint64 low = chip->tiers, high = (n_unpacked + chip->n_dead + chip->n_stacks - 1) / MAX (1, chip->n_stacks), n_arrays;
  g_autofree char *change = NULL;

  if (high <= low || (double) high > field->max)
    return;
  while (high - low > 1)
    {
      taller.tiers = (int) ((low + high) / 2);
      *(arrays_of (graph, &taller, G_MAXINT, STRATA_PACK_NEEDED) < 0 ? &low : &high) = taller.tiers;
    }
  taller.tiers = (int) high;
  n_arrays = arrays_of (graph, &taller, G_MAXINT, STRATA_PACK_NEEDED);
  if (n_arrays < 0)
    return;
  change = g_strdup_printf ("a chip of %d tiers, where %s has %d", taller.tiers, chip->name, chip->tiers);
  strata_search_report_suggest (report, STRATA_LIMIT_CHIP_ARRAYS, change, (double) n_arrays,
                                (double) strata_chip_arrays (&taller));
}

StrataSearchReport *
search_capacity_arrays (const StrataQGraph *graph, const StrataChipSpec *chip, StrataObjective objective)
{
  StrataSearchReport *report = strata_search_report_new (objective);
  g_autofree double *arrays = g_new0 (double, (gsize) graph->n_ops + 1);
  StrataLimitFinding finding = { .limit = STRATA_LIMIT_CHIP_ARRAYS, .asked = (double) strata_chip_arrays (chip) };
  StrataChipSpec endless = *chip;
  double cells = 0, n_unpacked = 0;

  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      {
        const StrataQOp *op = &graph->ops[i];

        arrays[i] = (double) strata_cost_arrays_required (chip, op->k, op->n, op->n_slices);
        n_unpacked += arrays[i];
        cells += (double) op->k * op->n * op->n_slices;
      }
  finding.floor = ceil (cells / ((double) chip->rows * chip->columns) * (1 - 1e-9));
  finding.best = n_unpacked;
  if (n_unpacked + chip->n_dead < G_MAXINT / 2)
    {
      gint64 n_packed;

      endless.tiers = (int) ((n_unpacked + chip->n_dead) / MAX (1, chip->n_stacks)) + 1;
      n_packed = arrays_of (graph, &endless, G_MAXINT, STRATA_PACK_ALWAYS);
      finding.best = n_packed >= 0 ? (double) n_packed : n_unpacked;
      suggest_slices (report, graph, chip);
      suggest_tiers (report, graph, chip, (gint64) n_unpacked);
    }
  finding.verdict = finding.floor > finding.asked ? STRATA_VERDICT_IMPOSSIBLE : STRATA_VERDICT_NOT_FOUND;
  finding.reason = g_strdup ("one copy of every weight, in arrays without a free cell");
  finding.layers = search_name_layers (graph, arrays);
  report->verdict = finding.verdict;
  g_array_append_val (report->limits, finding);
  return report;
}

/* --- memories --- */

gboolean
search_capacity_holds (const StrataSearch *search)
{
  return search->memory.n_bytes <= search->chip->sram_bytes
         && search->cheapest->external_bytes <= search->chip->dram_bytes;
}

/* Layers by the rows of theirs that are there */
static char *
name_rows (const StrataSearch *search)
{
  g_autofree double *bytes = g_new0 (double, (gsize) search->graph->n_ops + 1);

  for (int i = 0; i < search->graph->n_ops; i++)
    bytes[i] = (double) search->memory.of_op[i];
  return search_name_layers (search->graph, bytes);
}

static char *
explain_rows (const StrataSearch *search)
{
  const SearchMemory *memory = &search->memory;
  gint64 n_fixed = search->cheapest->reserved_bytes;
  g_autofree char *fixed = strata_quantity_format ((double) n_fixed, STRATA_QUANTITY_BYTES);

  if (memory->op < 0 || n_fixed > search->chip->sram_bytes)
    return g_strdup_printf ("%s of caches and constants of digital ops", fixed);
  return g_strdup_printf ("rows that must be there together when '%s' runs, in whatever order%s%s%s",
                          search->graph->ops[memory->op].name, n_fixed > 0 ? ", and " : "", n_fixed > 0 ? fixed : "",
                          n_fixed > 0 ? " of caches and constants of digital ops" : "");
}

/* Adds @found, whose texts it takes. */
static void
add_memory (StrataSearchReport *report, StrataLimit limit, const StrataLimitFinding *found, const char *what)
{
  StrataLimitFinding finding = *found;
  g_autofree char *size = strata_quantity_format (finding.best, STRATA_QUANTITY_BYTES);
  g_autofree char *change = g_strdup_printf ("a chip with %s of %s", size, what);

  finding.limit = limit;
  finding.verdict = finding.floor > finding.asked ? STRATA_VERDICT_IMPOSSIBLE : STRATA_VERDICT_NOT_FOUND;
  g_array_append_val (report->limits, finding);
  report->verdict = MAX (report->verdict, finding.verdict);
  if (finding.best > finding.asked)
    strata_search_report_suggest (report, limit, change, finding.best, finding.best);
}

void
search_capacity_memory (StrataSearch *search, StrataSearchReport *report)
{
  const StrataChipSpec *chip = search->chip;
  double external = (double) search->cheapest->external_bytes, has = (double) chip->dram_bytes;
  StrataLimitFinding finding = { .asked = has, .best = external, .floor = external };

  if (search->nearest != NULL)
    return;
  if (external > has)
    {
      finding.reason = g_strdup ("cached keys and values, and constants of digital ops");
      add_memory (report, STRATA_LIMIT_CHIP_DRAM_BYTES, &finding, "external memory");
      return;
    }
  finding.asked = (double) chip->sram_bytes;
  finding.floor = (double) search->memory.n_bytes;
  finding.best = MAX (finding.floor, (double) strata_schedule_least_sram (search->graph, chip));
  finding.reason = explain_rows (search);
  finding.layers = search->cheapest->reserved_bytes > chip->sram_bytes ? NULL : name_rows (search);
  add_memory (report, STRATA_LIMIT_CHIP_SRAM_BYTES, &finding, "SRAM");
}

char *
search_capacity_describe (StrataSearch *search)
{
  const StrataChipSpec *chip = search->chip;
  g_autofree guint8 *silent = strata_work_silent (search->graph);
  g_autoptr (StrataStreams) streams = strata_streams_new (search->graph, silent, chip);
  g_autoptr (GError) full = NULL;
  g_autofree char *layers = NULL, *rows = NULL;

  if (search_capacity_holds (search))
    return NULL;
  if (!strata_streams_fit (streams, chip, &full))
    return g_strdup (full->message);
  layers = name_rows (search);
  rows = explain_rows (search);
  return g_strdup_printf ("at least %" G_GINT64_FORMAT
                          " bytes are in use at once: %s%s%s; impossible on this chip: %s has "
                          "%" G_GINT64_FORMAT " bytes of SRAM; use a smaller input or a chip with more",
                          search->memory.n_bytes, rows, layers == NULL ? "" : ", most of it ",
                          layers == NULL ? "" : layers, chip->name, chip->sram_bytes);
}
