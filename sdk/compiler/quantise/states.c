/* SPDX-License-Identifier: Apache-2.0
 *
 * What a layer can do against noise, and what each costs. Averaging r conversions divides what is drawn anew by r, at r
 * times the energy and the time. Cutting K over m arrays leaves each block's rows room for more copies of themselves: c
 * copies against one kT/C divide its variance by c^2, and m blocks add up, at m times the energy and, side by side, in
 * the same time. Costs are those of cost/.
 */
#include <math.h>

#include "compiler/quantise/choose.h"
#include "cost/cost.h"

#define MOST_READS 16
/* Arrays per array that the matrix needs at least */
#define MOST_BLOCKS 16

static int
ceil_div (int a, int b)
{
  return (a + b - 1) / b;
}

static int
count_copies (const StrataSensitivityInput *input, int n_rows)
{
  return input->calibration->no_row_copies ? 1 : MAX (1, input->chip->rows / n_rows);
}

/* Sums over blocks of 1 / copies^2, and of the rows' share over copies: what kT/C and the cells' errors go with */
static void
block_factors (const StrataSensitivityInput *input, int k, int block_rows, double *thermal, double *cells)
{
  *thermal = *cells = 0;
  for (int row0 = 0; row0 < k; row0 += block_rows)
    {
      int n_rows = MIN (block_rows, k - row0);
      double copies = count_copies (input, n_rows);

      *thermal += 1 / copies / copies;
      *cells += n_rows / copies / k;
    }
}

/* How kT/C over the converter's step changes with the size of blocks: more copies lower it, a smaller sum's range
 * raises it by the root. */
static double
block_dither (const StrataSensitivityInput *input, int k, int block_rows)
{
  int whole = MIN (k, input->chip->rows), rows = MIN (k, block_rows);

  return (double) count_copies (input, whole) / count_copies (input, rows) * sqrt ((double) whole / rows);
}

StrataNoiseBudget
strata_layer_budget (const StrataSensitivityInput *input, const StrataLayerNoise *layer, int block_rows)
{
  const StrataQOp *op = &input->quantised->ops[layer->op];
  StrataNoiseBudget budget = layer->budget;
  double thermal, cells, thermal_whole, cells_whole;

  block_factors (input, op->k, block_rows > 0 ? block_rows : input->chip->rows, &thermal, &cells);
  block_factors (input, op->k, input->chip->rows, &thermal_whole, &cells_whole);
  budget.thermal *= thermal / thermal_whole;
  budget.cells *= cells / cells_whole;
  budget.lasting *= cells / cells_whole;
  budget.dither *= block_dither (input, op->k, block_rows > 0 ? block_rows : input->chip->rows);
  return budget;
}

static double
action_fj (const StrataChipSpec *chip, const StrataQOp *op, int n_rows, int n_copies, int n_cols, int n_reads)
{
  const StrataMvm mvm = { n_rows * n_copies, n_rows, n_cols, op->n_slices, n_reads, strata_qop_toggle_share (op) };
  StrataActionEnergy energy = strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &mvm);
  double sum = 0;

  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    sum += (double) energy.per_action_fj[i];
  return sum;
}

/* Partial sums of blocks beyond the first travel two thirds of the mesh's side (hardware-facts 10.2), two bytes each.
 */
static double
sums_fj (const StrataChipSpec *chip, int n_blocks, int n_cols)
{
  double hops = 2.0 / 3 * sqrt (chip->n_stacks);

  return (n_blocks - 1) * 2.0 * n_cols * hops * chip->e_noc_fj_per_byte_hop[STRATA_BAND_NOMINAL];
}

/* Of all positions of an inference */
static double
state_time (const StrataSensitivityInput *input, int op_id, int n_arrays, int n_reads)
{
  const StrataChipSpec *chip = input->chip;
  const StrataQOp *op = &input->quantised->ops[op_id];
  const StrataQTensor *out = &input->quantised->tensors[op->output];
  const int n_outputs = MAX (strata_chip_outputs (chip, op->n_slices), 1);

  return (double) strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, MIN (n_outputs, op->n), op->n_slices, n_reads)
         * ceil_div (n_arrays, MAX (chip->n_stacks, 1)) * out->height * out->width;
}

static double
state_cost (const StrataSensitivityInput *input, int op_id, int block_rows, int n_reads)
{
  const StrataChipSpec *chip = input->chip;
  const StrataQOp *op = &input->quantised->ops[op_id];
  const StrataQTensor *out = &input->quantised->tensors[op->output];
  const int n_outputs = MAX (strata_chip_outputs (chip, op->n_slices), 1);
  double static_mw = strata_cost_static_mw (chip, STRATA_BAND_NOMINAL, chip->t_ambient_c, 1, FALSE);
  double fj =
    static_mw
    * (double) strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, MIN (n_outputs, op->n), op->n_slices, n_reads);

  for (int col0 = 0; col0 < op->n; col0 += n_outputs)
    {
      int n_cols = MIN (n_outputs, op->n - col0);

      fj += sums_fj (chip, ceil_div (op->k, block_rows), n_cols);
      for (int row0 = 0; row0 < op->k; row0 += block_rows)
        {
          int n_rows = MIN (block_rows, op->k - row0);

          fj += action_fj (chip, op, n_rows, count_copies (input, n_rows), n_cols, n_reads);
        }
    }
  return fj * out->height * out->width;
}

static int
compare_costs (gconstpointer a, gconstpointer b)
{
  const StrataLayerState *x = a, *y = b;

  if (x->cost_fj != y->cost_fj)
    return x->cost_fj < y->cost_fj ? -1 : 1;
  return (x->noise > y->noise) - (x->noise < y->noise);
}

/* Noise saved per cost from @a to @b */
static double
slope (const StrataLayerState *a, const StrataLayerState *b)
{
  return (a->noise - b->noise) / MAX (b->cost_fj - a->cost_fj, 1);
}

/* Keeps the states on the lower hull, in the order of cost. */
static GArray *
take_hull (GArray *all)
{
  GArray *hull = g_array_new (FALSE, FALSE, sizeof (StrataLayerState));

  g_array_sort (all, compare_costs);
  for (guint i = 0; i < all->len; i++)
    {
      const StrataLayerState *state = &g_array_index (all, StrataLayerState, i);
      const StrataLayerState *kept = (const StrataLayerState *) (gpointer) hull->data;

      if (hull->len > 0 && state->noise >= kept[hull->len - 1].noise)
        continue;
      while (hull->len > 1 && slope (&kept[hull->len - 2], &kept[hull->len - 1]) <= slope (&kept[hull->len - 1], state))
        g_array_set_size (hull, hull->len - 1);
      g_array_append_val (hull, *state);
    }
  return hull;
}

GArray *
strata_layer_states (const StrataSensitivityInput *input,
                     const StrataLayerNoise *layer,
                     int fixed_reads,
                     int most_arrays)
{
  const StrataCalibration *calibration = input->calibration;
  const StrataQOp *op = &input->quantised->ops[layer->op];
  const int rows = MIN (input->chip->rows, op->k), n_least = ceil_div (op->k, rows);
  const int n_columns = ceil_div (op->n, MAX (strata_chip_outputs (input->chip, op->n_slices), 1));
  const gboolean may_split = !calibration->no_row_copies && (calibration->without & STRATA_QUANTISE_SPLITS) == 0;
  const int most_reads = (calibration->without & STRATA_QUANTISE_READS) != 0 ? 1 : MOST_READS;
  const double once = strata_noise_power (&layer->budget, 1);
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (StrataLayerState));

  for (int blocks = n_least; blocks <= (may_split ? MIN (n_least * MOST_BLOCKS, op->k) : n_least); blocks++)
    {
      int block_rows = blocks == n_least ? rows : ceil_div (op->k, blocks);
      StrataNoiseBudget budget = strata_layer_budget (input, layer, block_rows);
      int n_arrays = ceil_div (op->k, block_rows) * n_columns;

      if (blocks > n_least && n_arrays > most_arrays)
        break;
      for (int reads = fixed_reads > 0 ? fixed_reads : 1; reads <= (fixed_reads > 0 ? fixed_reads : most_reads);
           reads++)
        {
          double power = strata_noise_power (&budget, reads);
          StrataLayerState state = { blocks == n_least ? 0 : block_rows,
                                     reads,
                                     n_arrays,
                                     once > 0 ? layer->arriving * power / once : 0,
                                     state_cost (input, layer->op, block_rows, reads),
                                     state_time (input, layer->op, n_arrays, reads) };

          g_array_append_val (all, state);
        }
    }
  return take_hull (all);
}
