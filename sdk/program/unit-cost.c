/* SPDX-License-Identifier: Apache-2.0
 *
 * Costs of a matrix product on either kind of unit (hardware-facts 10.2). Digital: multiply-accumulates, inputs read
 * from and outputs written to memory. Analog: one MVM per position and array at the interval of the slowest, as many
 * turns as arrays outnumber stacks; input rows once to each array's stack, sums back, one requantisation.
 */
#include "program/unit-cost.h"

#include "cost/cost.h"

/* Blocks of one matrix as arrays see them: @n of @n_rows x @n_cols */
typedef struct
{
  int n_rows, n_cols;
  gint64 n;
} Block;

#define MAX_BLOCKS 4

int
strata_unit_groups_per_array (const StrataChipSpec *chip, int k, int n, int n_slices)
{
  return MIN (chip->rows / k, strata_chip_outputs (chip, n_slices) / n);
}

gint64
strata_unit_packed_arrays (const StrataChipSpec *chip, int k, int n, int n_groups, int n_slices)
{
  int n_together = strata_unit_groups_per_array (chip, k, n, n_slices);

  if (n_together == 0)
    return strata_cost_times (n_groups, strata_cost_arrays_required (chip, k, n, n_slices));
  return (n_groups + n_together - 1) / n_together;
}

gint64
strata_unit_arrays (const StrataChipSpec *chip, const StrataQOp *op)
{
  int n_groups = MAX (1, op->window.groups);

  if (n_groups == 1)
    return strata_cost_arrays_required (chip, op->k, op->n, op->n_slices);
  return strata_unit_packed_arrays (chip, op->k, op->n / n_groups, n_groups, op->n_slices);
}

/* Row blocks by column blocks of a matrix that is cut: full ones and the rest of either side */
static int
cut (const StrataChipSpec *chip, int k, int n, int n_slices, gint64 times, Block *blocks)
{
  int rows[] = { chip->rows, k % chip->rows }, n_rows[] = { k / chip->rows, k % chip->rows > 0 };
  int outputs = strata_chip_outputs (chip, n_slices), n_blocks = 0;
  int cols[] = { outputs, n % outputs }, n_cols[] = { n / outputs, n % outputs > 0 };

  for (int r = 0; r < 2; r++)
    for (int c = 0; c < 2; c++)
      if (n_rows[r] > 0 && n_cols[c] > 0)
        blocks[n_blocks++] = (Block){ rows[r], cols[c], times * n_rows[r] * n_cols[c] };
  return n_blocks;
}

static int
list_blocks (const StrataQOp *op, const StrataChipSpec *chip, int n_slices, Block *blocks)
{
  int n_groups = MAX (1, op->window.groups), n = op->n / n_groups;
  int n_together = strata_unit_groups_per_array (chip, op->k, n, n_slices), n_blocks = 0;

  if (n_groups == 1 || n_together == 0)
    return cut (chip, op->k, n, n_slices, n_groups, blocks);
  if (n_groups >= n_together)
    blocks[n_blocks++] = (Block){ n_together * op->k, n_together * n, n_groups / n_together };
  if (n_groups % n_together > 0)
    blocks[n_blocks++] = (Block){ n_groups % n_together * op->k, n_groups % n_together * n, 1 };
  return n_blocks;
}

static gint64
add (gint64 a, gint64 b)
{
  return MIN (a + b, STRATA_COST_MOST);
}

static gint64
sum_of (const StrataActionEnergy *action)
{
  gint64 sum = 0;

  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    sum = add (sum, action->per_action_fj[i]);
  return sum;
}

/* @n_bytes over the mean way between the hub and a stack */
static gint64
way_fj (const StrataChipSpec *chip, gint64 n_bytes)
{
  g_autofree int *links = g_new (int, chip->mesh_x + chip->mesh_y + 2);
  StrataActionEnergy hop = strata_cost_action_transfer (chip, STRATA_BAND_NOMINAL, 1);
  gint64 n_hops = 0;

  for (int stack = 0; stack < chip->n_stacks; stack++)
    n_hops += strata_chip_route (chip, chip->n_stacks, stack, links);
  return strata_cost_times (strata_cost_times (n_bytes, n_hops) / chip->n_stacks, sum_of (&hop));
}

static gint64
tensor_bytes (const StrataQTensor *tensor)
{
  return strata_cost_times (strata_work_row_bytes (tensor), tensor->height);
}

static gint64
memory_fj (const StrataChipSpec *chip, gint64 n_bytes)
{
  StrataActionEnergy action = strata_cost_action_sram (chip, STRATA_BAND_NOMINAL);

  return strata_cost_times (n_bytes, sum_of (&action));
}

StrataUnitCost
strata_unit_cost_digital (const StrataQGraph *graph, int op_id, const StrataChipSpec *chip)
{
  const StrataQOp *op = &graph->ops[op_id];
  gint64 n_rows = strata_qop_bursts (graph, op_id), n_macs = strata_work_macs (graph, op_id);
  StrataActionEnergy mac = strata_cost_action_mac (chip, STRATA_BAND_NOMINAL);
  gint64 n_bytes =
    add (strata_cost_times (n_rows, strata_work_read_bytes (graph, op_id) + strata_work_weight_bytes (op)),
         tensor_bytes (&graph->tensors[op->output]));

  return (StrataUnitCost){
    .time_ps = strata_cost_times (n_rows, strata_cost_mac_ps (chip, n_macs)),
    .energy_fj = add (strata_cost_times (strata_cost_times (n_rows, n_macs), sum_of (&mac)), memory_fj (chip, n_bytes)),
  };
}

StrataUnitCost
strata_unit_cost_analog (
  const StrataQGraph *graph, int op_id, const StrataChipSpec *chip, int n_slices, gboolean row_copies)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataQTensor *in = &graph->tensors[op->inputs[0]], *out = &graph->tensors[op->output];
  gint64 n_positions = (gint64) out->width * out->height, interval_ps = 0, mvm_ps = 0, in_bytes = tensor_bytes (in);
  gint64 n_vector = strata_cost_times (strata_work_vector_ops_as (graph, op_id, STRATA_QOP_MVM), out->height);
  gint64 n_column_blocks = (op->n / MAX (1, op->window.groups) - 1) / strata_chip_outputs (chip, n_slices) + 1;
  int n_reads = MAX (1, op->n_reads), n_blocks;
  StrataActionEnergy vector = strata_cost_action_vector (chip, STRATA_BAND_NOMINAL);
  StrataUnitCost cost = { 0 };
  Block blocks[MAX_BLOCKS];

  n_blocks = list_blocks (op, chip, n_slices, blocks);
  for (int i = 0; i < n_blocks; i++)
    {
      const Block *b = &blocks[i];
      int n_copies = row_copies ? chip->rows / b->n_rows : 1;
      const StrataMvm work = { b->n_rows * n_copies,        b->n_rows, b->n_cols, n_slices, n_reads,
                               strata_qop_toggle_share (op) };
      StrataActionEnergy mvm = strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &work);
      gint64 n_mvms = strata_cost_times (n_positions, b->n);

      cost.n_arrays += b->n;
      cost.energy_fj = add (cost.energy_fj, strata_cost_times (n_mvms, sum_of (&mvm)));
      cost.energy_fj =
        add (cost.energy_fj, way_fj (chip, strata_cost_times (n_mvms, (gint64) STRATA_SUM_BYTES * b->n_cols)));
      interval_ps =
        MAX (interval_ps, strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, b->n_cols, n_slices, n_reads));
      mvm_ps = MAX (mvm_ps, strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, b->n_cols, n_slices, n_reads));
    }
  cost.energy_fj = add (cost.energy_fj, way_fj (chip, strata_cost_times (in_bytes, n_column_blocks)));
  cost.energy_fj =
    add (cost.energy_fj, memory_fj (chip, add (strata_cost_times (in_bytes, n_column_blocks), tensor_bytes (out))));
  cost.energy_fj = add (cost.energy_fj, strata_cost_times (n_vector, sum_of (&vector)));
  cost.time_ps = strata_cost_times (strata_cost_times (n_positions, interval_ps),
                                    (cost.n_arrays + chip->n_stacks - 1) / chip->n_stacks);
  cost.time_ps = add (cost.time_ps, strata_cost_select_ps (chip, STRATA_BAND_NOMINAL) + mvm_ps);
  return cost;
}
