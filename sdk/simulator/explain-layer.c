/* SPDX-License-Identifier: Apache-2.0
 *
 * Reasons per layer that follow from graph, tiles and chip: which kind of unit and what the other would cost, how the
 * matrix lies in arrays, cells per weight, conversions per product, copies, rows in memory.
 */
#include "program/unit-cost.h"
#include "simulator/explain-private.h"

/* --- which unit --- */

static void
add_unit_cost (StrataExplainer *explainer, const char *what, StrataUnitCost cost, const char *verdict)
{
  const StrataAlternative other = { what, cost.time_ps, -1, cost.energy_fj, cost.n_arrays, verdict };

  strata_decisions_add_alternative (explainer->list, &other);
}

static int
slices_of (const StrataExplainer *explainer, const StrataQOp *op)
{
  return op->n_slices > 0 ? op->n_slices : explainer->image->chip->slices;
}

/* "a third of the energy, twice the time" as numbers */
static const char *
compare (StrataExplainer *explainer, StrataUnitCost other, StrataUnitCost chosen)
{
  return strata_arena_printf (explainer->arena, "%.3g x the energy and %.3g x the time, on its own",
                              (double) other.energy_fj / (double) MAX (1, chosen.energy_fj),
                              (double) other.time_ps / (double) MAX (1, chosen.time_ps));
}

static void
explain_product (StrataExplainer *explainer, int id)
{
  const StrataImage *image = explainer->image;
  const StrataQOp *op = &image->graph->ops[id];
  gboolean analog = op->kind == STRATA_QOP_MVM;
  int n_groups = MAX (1, op->window.groups);
  StrataUnitCost cost = analog
                          ? strata_unit_cost_analog (image->graph, id, image->chip, slices_of (explainer, op), TRUE)
                          : strata_unit_cost_digital (image->graph, id, image->chip);
  const char *time = strata_explainer_time (explainer, cost.time_ps);
  const char *energy = strata_explainer_energy (explainer, cost.energy_fj);

  if (analog)
    strata_decisions_add (explainer->list, STRATA_REASON_ANALOG, id, -1, cost.n_arrays,
                          "a constant matrix goes into arrays%s: about %s and %s per inference on its own",
                          n_groups > 1 ? ", its groups along their diagonals" : "", time, energy);
  else
    strata_decisions_add (explainer->list, STRATA_REASON_DIGITAL, id, -1, 0,
                          "%d groups of %d x %d on the MAC units: about %s and %s per inference on its own", n_groups,
                          op->k, op->n / n_groups, time, energy);
  strata_explain_costs (explainer, id);
}

static const StrataReason unit_reasons[] = { STRATA_REASON_ANALOG, STRATA_REASON_DIGITAL, STRATA_REASON_PACKED };

gboolean
strata_explain_is_unit (StrataReason reason)
{
  for (guint i = 0; i < G_N_ELEMENTS (unit_reasons); i++)
    if (reason == unit_reasons[i])
      return TRUE;
  return FALSE;
}

void
strata_explain_costs (StrataExplainer *explainer, int id)
{
  const StrataImage *image = explainer->image;
  const StrataQOp *op = &image->graph->ops[id];
  StrataUnitCost digital, analog;

  if (!strata_qop_is_product (op->kind))
    return;
  digital = strata_unit_cost_digital (image->graph, id, image->chip);
  analog = strata_unit_cost_analog (image->graph, id, image->chip, slices_of (explainer, op), TRUE);
  if (op->kind == STRATA_QOP_MVM)
    add_unit_cost (explainer, "digital units", digital, compare (explainer, digital, analog));
  else
    add_unit_cost (explainer, "arrays, packed block-diagonally", analog, compare (explainer, analog, digital));
}

void
strata_explain_unit (StrataExplainer *explainer, int id)
{
  const StrataQOp *op = &explainer->image->graph->ops[id];
  gint64 n_ops;

  /* PACKED of a tile says how it lies, not that its layer is analog. */
  if (strata_explainer_said (explainer, STRATA_REASON_ANALOG, id)
      || strata_explainer_said (explainer, STRATA_REASON_DIGITAL, id))
    return;
  if (strata_qop_is_product (op->kind))
    {
      explain_product (explainer, id);
      return;
    }
  if (op->kind == STRATA_QOP_DIGITAL)
    {
      strata_decisions_add (explainer->list, STRATA_REASON_DIGITAL, id, -1, 0,
                            "%s is computed on the digital units: %" G_GINT64_FORMAT
                            " multiply-accumulates and %" G_GINT64_FORMAT
                            " vector operations per inference, constants of %" G_GINT64_FORMAT " bytes in memory",
                            op->onnx, op->digital->n_macs, op->digital->n_vector_ops, op->digital->table_bytes);
      return;
    }
  n_ops = strata_work_vector_ops (explainer->image->graph, id);
  if (explainer->facts->layers[id].start_ps < 0 || n_ops == 0)
    strata_decisions_add (explainer->list, STRATA_REASON_DIGITAL, id, -1, 0,
                          "%s takes no unit of the chip: the same bytes, or work of the host side of the port",
                          strata_qop_name (op->kind));
  else
    strata_decisions_add (explainer->list, STRATA_REASON_DIGITAL, id, -1, 0,
                          "%s has no constant matrix that arrays could hold: %" G_GINT64_FORMAT
                          " operations of the vector unit per row, %s in all",
                          strata_qop_name (op->kind), n_ops,
                          strata_explainer_time (explainer, explainer->facts->layers[id].floor_ps));
}

/* --- how the matrix lies --- */

static void
explain_split (StrataExplainer *explainer, int id, int n_per_copy)
{
  const StrataImage *image = explainer->image;
  const StrataQOp *op = &image->graph->ops[id];
  const StrataTile *first = &image->tiles->tiles[image->tiles->op_first[id]];
  int n_row_blocks = strata_tile_n_tiers (first);

  if (n_per_copy == 1 || strata_explainer_said (explainer, STRATA_REASON_SPLIT, id))
    return;
  if (op->window.groups > 1)
    {
      strata_decisions_add (
        explainer->list, STRATA_REASON_SPLIT, id, -1, n_per_copy,
        "%d groups of %d rows and %d x %d columns lie in %d arrays of %d x %d%s", op->window.groups, op->k,
        op->n / op->window.groups, op->n_slices, n_per_copy, image->chip->rows, image->chip->columns,
        first->n_groups == 0 ? ", each cut over several"
        : first->n_groups == 1
          ? ", one in each"
          : strata_arena_printf (explainer->arena, ", %d along the diagonal of each; cells beside it stay empty",
                                 first->n_groups));
      return;
    }
  for (int i = 1; first + i < image->tiles->tiles + image->tiles->op_first[id + 1] && first[i].row0 > 0; i++)
    n_row_blocks += strata_tile_n_tiers (&first[i]);
  strata_decisions_add (explainer->list, STRATA_REASON_SPLIT, id, -1, n_per_copy,
                        "%d rows and %d x %d columns need %d x %d arrays of %d x %d%s", op->k, op->n, op->n_slices,
                        n_row_blocks, n_per_copy / n_row_blocks, image->chip->rows, image->chip->columns,
                        op->block_rows > 0 ? ", which take fewer rows than they have so that copies of them fit"
                        : n_row_blocks > strata_tile_n_tiers (first)
                          ? "; partial sums go to the first array of each block of columns"
                          : "");
}

static void
explain_rows (StrataExplainer *explainer, int id)
{
  const StrataImage *image = explainer->image;
  const StrataTileSet *tiles = image->tiles;
  int least = G_MAXINT, most = 1;

  if (strata_explainer_said (explainer, STRATA_REASON_ROW_COPIES, id))
    return;
  for (int i = tiles->op_first[id]; i < tiles->op_first[id + 1]; i++)
    {
      least = MIN (least, tiles->tiles[i].n_row_copies);
      most = MAX (most, tiles->tiles[i].n_row_copies);
    }
  if (most == 1)
    strata_decisions_add (explainer->list, STRATA_REASON_ROW_COPIES, id, -1, 1,
                          "each row stands once: no array has as many free rows as its block takes");
  else
    strata_decisions_add (
      explainer->list, STRATA_REASON_ROW_COPIES, id, -1, most,
      "free rows hold the block again, %s%d times in all: the signal grows with them and the thermal "
      "noise of a column stays",
      least == most ? "" : strata_arena_printf (explainer->arena, "%d to ", least), most);
}

static void
explain_precision (StrataExplainer *explainer, int id)
{
  const StrataImage *image = explainer->image;
  const StrataQOp *op = &image->graph->ops[id];

  if (!strata_explainer_said (explainer, STRATA_REASON_SLICES, id))
    strata_decisions_add (explainer->list, STRATA_REASON_SLICES, id, -1, op->n_slices,
                          "weights to ±%d in cells of %d levels: %d per weight", op->weight_max,
                          strata_chip_levels (image->chip), op->n_slices);
  if (!strata_explainer_said (explainer, STRATA_REASON_READS, id))
    strata_decisions_add (explainer->list, STRATA_REASON_READS, id, -1, MAX (1, op->n_reads),
                          op->n_reads > 1 ? "each product is the mean of %d conversions"
                                          : "%d conversion per product: no averaging was asked for",
                          MAX (1, op->n_reads));
}

/* --- copies --- */

/* Why one more copy was not made */
static const char *
why_not_more (StrataExplainer *explainer, int id, int n_copies, int n_per_copy)
{
  const StrataImage *image = explainer->image;
  const StrataLimits *limits = &image->limits;
  gint64 n_idle = strata_chip_arrays (image->chip) - strata_tile_set_n_arrays (image->tiles);
  gint64 floor_ps = explainer->facts->layers[id].floor_ps, saved_ps = floor_ps / (n_copies + 1);

  if (n_copies >= strata_qop_bursts (image->graph, id))
    return strata_arena_printf (explainer->arena, "each output row has a copy already (%d)", n_copies);
  if (n_per_copy > n_idle)
    return strata_arena_printf (explainer->arena, "takes %d arrays and %" G_GINT64_FORMAT " are idle", n_per_copy,
                                n_idle);
  if (limits->max_latency_ps == 0 && limits->max_interval_ps == 0)
    return strata_arena_printf (
      explainer->arena, "no limit on latency or rate asks for it; it would save at most %s of the layer's own work",
      strata_explainer_time (explainer, saved_ps));
  return strata_arena_printf (explainer->arena,
                              "the limits are met without; it would save at most %s of the layer's own work",
                              strata_explainer_time (explainer, saved_ps));
}

static void
explain_copies (StrataExplainer *explainer, int id, int n_copies, int n_per_copy)
{
  const char *why = why_not_more (explainer, id, n_copies, n_per_copy);
  const char *more = strata_arena_printf (explainer->arena, "%d copies", n_copies + 1);

  if (strata_explainer_said (explainer, STRATA_REASON_COPIES, id))
    return;
  strata_decisions_add (explainer->list, STRATA_REASON_COPIES, id, -1, n_copies,
                        n_copies == 1 ? "%d copy of the matrix does all %d rows in %s of its own work"
                                      : "%d copies share %d rows, %s of work for the first",
                        n_copies, strata_qop_bursts (explainer->image->graph, id),
                        strata_explainer_time (explainer, explainer->facts->layers[id].floor_ps));
  strata_explainer_add_other (explainer, more, (gint64) n_per_copy * (n_copies + 1), why);
}

/* --- rows in memory --- */

/* The rows that a reader's window spans, and how far the readers lie behind: the most of both is held at once. */
static void
explain_memory (StrataExplainer *explainer, int id)
{
  const StrataQGraph *graph = explainer->image->graph;
  int output = graph->ops[id].output, window = 1, n_readers = 0;
  gint64 last_ps = explainer->facts->layers[id].end_ps, row_bytes = strata_work_row_bytes (&graph->tensors[output]);

  if (strata_explainer_said (explainer, STRATA_REASON_MEMORY, id) || explainer->facts->layers[id].start_ps < 0)
    return;
  for (int i = id + 1; i < graph->n_ops; i++)
    for (int input = 0; input < graph->ops[i].n_inputs; input++)
      if (graph->ops[i].inputs[input] == output)
        {
          n_readers++;
          window = MAX (window, strata_qop_needs_row (graph, i, input, 0) + 1);
          last_ps = MAX (last_ps, explainer->facts->layers[i].end_ps);
        }
  if (n_readers == 0)
    strata_decisions_add (explainer->list, STRATA_REASON_MEMORY, id, -1, row_bytes,
                          "%d rows of %" G_GINT64_FORMAT
                          " bytes stay until the inference ends: an output of the network",
                          graph->tensors[output].height, row_bytes);
  else
    strata_decisions_add (explainer->list, STRATA_REASON_MEMORY, id, -1, row_bytes,
                          "%d rows of %" G_GINT64_FORMAT
                          " bytes; the first row of what reads them needs %d, and the last "
                          "reader ends %s after the last row is made",
                          graph->tensors[output].height, row_bytes, window,
                          strata_explainer_time (explainer, last_ps - explainer->facts->layers[id].end_ps));
}

void
strata_explain_mapping (StrataExplainer *explainer, int id)
{
  const StrataTileSet *tiles = explainer->image->tiles;
  int n_copies = strata_work_n_copies (tiles, id), n_per_copy, n_arrays = 0;

  explain_memory (explainer, id);
  if (n_copies == 0)
    return;
  for (int i = tiles->op_first[id]; i < tiles->op_first[id + 1]; i++)
    n_arrays += strata_tile_n_tiers (&tiles->tiles[i]);
  n_per_copy = n_arrays / n_copies;
  explain_split (explainer, id, n_per_copy);
  explain_rows (explainer, id);
  explain_precision (explainer, id);
  explain_copies (explainer, id, n_copies, n_per_copy);
}
