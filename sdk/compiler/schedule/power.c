/* SPDX-License-Identifier: Apache-2.0
 *
 * What the stacks of a placed program draw at most at once, from the energy and the interval of their MVMs
 * (hardware-facts 10.2: the tier rule sums E_mvm / II over active stacks).
 */
#include "compiler/stages.h"

static int
compare_power (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x < y) - (x > y);
}

/* fJ / ps = mW */
static double
tile_mw (const StrataQGraph *graph, const StrataTile *tile, const StrataChipSpec *chip)
{
  const StrataMvm mvm = strata_tile_mvm (tile, &graph->ops[tile->op]);
  StrataActionEnergy energy = strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &mvm);
  gint64 interval_ps =
    strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, mvm.n_reads);
  double sum_fj = 0;

  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    sum_fj += (double) energy.per_action_fj[c];
  return sum_fj / (double) MAX (1, interval_ps);
}

double
strata_schedule_peak_mw (const StrataQGraph *graph,
                         const StrataTileSet *tiles,
                         const StrataPlacement *placement,
                         const StrataChipSpec *chip,
                         int max_active_stacks)
{
  g_autofree double *stack_mw = g_new0 (double, (gsize) chip->n_stacks + 1);
  int n = max_active_stacks > 0 ? MIN (max_active_stacks, chip->n_stacks) : chip->n_stacks;
  double sum_mw = 0;

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      double *most_mw = &stack_mw[placement->site[i].stack];

      *most_mw = MAX (*most_mw, tile_mw (graph, &tiles->tiles[i], chip));
    }
  qsort (stack_mw, chip->n_stacks, sizeof *stack_mw, compare_power);
  for (int i = 0; i < n; i++)
    sum_mw += stack_mw[i];
  return sum_mw;
}
