/* SPDX-License-Identifier: Apache-2.0
 *
 * When each op would run if units were unlimited: a closed form of row-wise streaming, used only to say which ops
 * overlap in time. An op starts when its first receptive field is there and ends no earlier than one row after its
 * inputs end.
 */
#include "compiler/place/objective.h"
#include "cost/cost.h"
#include "program/work.h"

/* Time of one output row on units of its own */
static gint64
row_ps (
  const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip, const guint8 *silent, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];

  if (silent[op_id])
    return 0;
  if (op->kind == STRATA_QOP_MVM)
    {
      const StrataTile *tile = &tiles->tiles[tiles->op_first[op_id]];

      return graph->tensors[op->output].width
             * strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices,
                                            MAX (1, op->n_reads));
    }
  if (op->kind == STRATA_QOP_MAC)
    return strata_cost_mac_ps (chip, strata_work_macs (graph, op_id));
  return strata_cost_vector_ps (chip, strata_work_vector_ops (graph, op_id));
}

/* When row @row of an op with @n_rows rows is ready */
static gint64
row_ready_ps (PlaceSpan span, int row, int n_rows)
{
  return span.start_ps + (gint64) ((double) (span.end_ps - span.start_ps) * (row + 1) / n_rows);
}

PlaceSpan *
place_spans (const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip)
{
  g_autofree guint8 *silent = strata_work_silent (graph);
  PlaceSpan *span = g_new0 (PlaceSpan, (gsize) graph->n_ops + 1);

  for (int i = 0; i < graph->n_ops; i++)
    {
      gint64 burst_ps = row_ps (graph, tiles, chip, silent, i);
      int n_rows = strata_qop_bursts (graph, i);
      gint64 last_ps = 0;

      for (int input = 0; input < graph->ops[i].n_inputs; input++)
        {
          int producer = graph->tensors[graph->ops[i].inputs[input]].producer;
          int row = strata_qop_needs_row (graph, i, input, 0);

          if (producer < 0)
            continue;
          span[i].start_ps =
            MAX (span[i].start_ps, row_ready_ps (span[producer], row, strata_qop_bursts (graph, producer)));
          last_ps = MAX (last_ps, span[producer].end_ps);
        }
      span[i].end_ps = MAX (span[i].start_ps + n_rows * burst_ps, last_ps + burst_ps);
    }
  return span;
}
