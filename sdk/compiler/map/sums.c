/* SPDX-License-Identifier: Apache-2.0
 *
 * A matrix of more rows than an array has is cut into blocks, each converted on its own and added digitally. Where a
 * chip lets several tiers of a stack share their vertical lines (hardware-facts 10.2: active (stack) <= k), the charge
 * of k blocks is added before one conversion: fewer conversions, no sums on the network between them. The thermal noise
 * of the longer line is less than that of k conversions together (k T (k R C_avg + T c_vt + c_fix) against k times that
 * of one), and a converter whose range is that of the sum rounds as much as k did. So blocks are added wherever groups
 * are whole; the blocks that are left stay tiles of their own, with their copies of rows.
 */
#include "compiler/map/sums.h"

#include "cost/cost.h"
#include "program/unit-cost.h"

static int
count_blocks (const StrataQOp *op, const StrataChipSpec *chip)
{
  return (op->k - 1) / chip->rows + 1;
}

/* Groups of an op that are matrices of their own, each cut by itself; 0: they lie whole in arrays */
static int
count_matrices (const StrataQOp *op, const StrataChipSpec *chip)
{
  int n_groups = MAX (1, op->window.groups);

  return n_groups > 1 && strata_unit_groups_per_array (chip, op->k, op->n / n_groups, op->n_slices) > 0 ? 0 : n_groups;
}

int
map_sums_of (const StrataQGraph *graph, const StrataChipSpec *chip, int op_id, int n_summed)
{
  const StrataQOp *op = &graph->ops[op_id];

  if (op->kind != STRATA_QOP_MVM || op->block_rows > 0 || count_blocks (op, chip) < n_summed
      || count_matrices (op, chip) == 0)
    return 1;
  return n_summed;
}

/* What one way saves, in conversions of one inference, and the runs of tiers that it takes */
static gint64
count_saved (const StrataQGraph *graph, const StrataChipSpec *chip, const int *n_copies, int n_summed, gint64 *n_runs)
{
  gint64 n_saved = 0;

  *n_runs = 0;
  for (int i = 0; i < graph->n_ops; i++)
    {
      const StrataQOp *op = &graph->ops[i];
      const StrataQTensor *out = &graph->tensors[op->output];
      gint64 n_sums, n_columns, n_matrices;

      if (map_sums_of (graph, chip, i, n_summed) == 1)
        continue;
      n_matrices = count_matrices (op, chip);
      n_sums = count_blocks (op, chip) / n_summed;
      n_columns = (op->n / n_matrices - 1) / strata_chip_outputs (chip, op->n_slices) + 1;
      *n_runs += n_matrices * n_sums * n_columns * n_copies[i];
      n_saved =
        MIN (STRATA_COST_MOST,
             n_saved
               + strata_cost_times (strata_cost_times ((gint64) out->height * out->width, n_sums * (n_summed - 1)),
                                    (gint64) op->n * op->n_slices * MAX (1, op->n_reads)));
    }
  return n_saved;
}

int
map_sums (const StrataQGraph *graph, const StrataChipSpec *chip, const int *n_copies)
{
  gint64 most = 0, n_wanted, n_runs;
  int best = 1;

  for (int n = 2; n <= MIN (chip->summable_tiers, chip->tiers); n++)
    {
      gint64 n_saved = count_saved (graph, chip, n_copies, n, &n_wanted);

      n_runs = 0;
      for (int stack = 0; stack < chip->n_stacks && n_saved > most; stack++)
        n_runs += strata_chip_runs (chip, stack, n);
      if (n_saved <= most || n_wanted > n_runs)
        continue;
      most = n_saved;
      best = n;
    }
  return best;
}

void
map_explain_sums (const StrataTileSet *tiles,
                  const StrataQGraph *graph,
                  const StrataChipSpec *chip,
                  StrataDecisions *decisions)
{
  for (int op = 0; op < tiles->n_ops && decisions != NULL; op++)
    {
      int n_wide = 0, width = 1, limit = tiles->op_first[op + 1];
      const StrataAlternative apart = {
        "a conversion for each block", -1, -1, -1, -1, "more conversions, and their sums go over the network"
      };

      for (int i = tiles->op_first[op]; i < limit && tiles->tiles[i].copy == 0; i++)
        if (tiles->tiles[i].n_tiers > 0)
          {
            n_wide++;
            width = tiles->tiles[i].n_tiers;
          }
      if (n_wide == 0)
        continue;
      strata_decisions_add (
        decisions, STRATA_REASON_SUMMED, op, -1, width,
        "%d rows are %d blocks of %d: %d at a time lie on tiers of one stack that add their charge, "
        "so that %d conversions a column and position become %d",
        graph->ops[op].k, count_blocks (&graph->ops[op], chip), chip->rows, width, count_blocks (&graph->ops[op], chip),
        count_blocks (&graph->ops[op], chip) - count_blocks (&graph->ops[op], chip) / width * (width - 1));
      strata_decisions_add_alternative (decisions, &apart);
    }
}
