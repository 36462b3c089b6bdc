/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations per joule of a chip at full use, by what is counted (include/strata: StrataBoundary), from the formulas of
 * hardware-facts 10.2 and the mesh of 10.5: full MVMs that follow each other at the interval on a tier that stays
 * selected, on as many stacks as the power budget feeds. A multiply-accumulate is two operations.
 */
#include "cost/cost.h"

#include <math.h>

/* Operations per femtojoule are thousands of TOPS/W. */
#define TOPS_W_PER_FJ 1e3
/* Mean distance of two stacks of a square mesh over its side, 10.2 */
#define MEAN_HOPS (2.0 / 3)
/* Operations of the vector unit on a result: scale and activation, 10.2 */
#define RESULT_OPS 2

/* What one full MVM moves and computes outside its stack: inputs and 16-bit results over the network and through the
 * activation memory. */
static double
outside_fj (const StrataChipSpec *chip, StrataBand band, int n_outputs)
{
  double n_bytes = chip->rows * chip->input_bits / 8.0 + 2.0 * n_outputs;
  double n_hops = MEAN_HOPS * sqrt (chip->n_stacks);

  return n_bytes * (n_hops * chip->e_noc_fj_per_byte_hop[band] + chip->e_sram_fj_per_byte[band])
         + RESULT_OPS * n_outputs * chip->e_vector_fj[band];
}

/* Static energy that falls to an MVM of @dynamic_fj, at ambient temperature: infinite where the budget is spent before
 * any runs */
static double
static_fj (const StrataChipSpec *chip, StrataBand band, double dynamic_fj, double interval_ps, gboolean dram)
{
  double static_mw = strata_cost_static_mw (chip, band, chip->t_ambient_c, chip->n_stacks, dram);
  double dynamic_mw = chip->n_stacks * dynamic_fj / interval_ps; /* 1 fJ / ps = 1 mW */

  if (chip->p_budget_mw > 0)
    dynamic_mw = MIN (dynamic_mw, chip->p_budget_mw - static_mw);
  return dynamic_mw > 0 ? static_mw * dynamic_fj / dynamic_mw : INFINITY;
}

double
strata_cost_peak_tops_w (const StrataChipSpec *chip, StrataBoundary boundary, StrataBand band)
{
  int n_outputs = strata_chip_outputs (chip, chip->slices);
  StrataMvmEnergy mvm = strata_cost_mvm_energy (chip, band, chip->rows, chip->rows, n_outputs, chip->slices);
  double n_operations = 2.0 * chip->rows * n_outputs, energy_fj = mvm.total;
  double interval_ps = (double) strata_cost_mvm_interval_ps (chip, band, n_outputs, chip->slices, 1);

  /* Of a lumped chip's MVM the parts are not published. */
  if (boundary == STRATA_BOUNDARY_ARRAY)
    energy_fj = chip->mode == STRATA_CHIP_LUMPED ? NAN : mvm.array;
  if (boundary >= STRATA_BOUNDARY_CHIP)
    {
      gboolean dram = boundary == STRATA_BOUNDARY_WORKLOAD && chip->dram_bytes > 0;

      energy_fj += outside_fj (chip, band, n_outputs);
      energy_fj += static_fj (chip, band, energy_fj, interval_ps, dram);
    }
  return energy_fj > 0 ? n_operations / energy_fj * TOPS_W_PER_FJ : NAN;
}
