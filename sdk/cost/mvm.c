/* SPDX-License-Identifier: Apache-2.0
 *
 * Time and energy of one matrix-vector product on a tier (hardware-facts 10.2). A lumped chip's MVM is what its
 * description says, whatever rows and columns it uses; its energy counts as the array's, for its parts are not known.
 */
#include "cost/converter.h"
#include "cost/cost.h"

#include <math.h>

/* Relative energy of a converter, (100 b + 0.001 4^b) fJ per V^2 (hardware-facts 3.1), 1 at 8 bits. */
double
strata_cost_adc_scale (int bits)
{
  return (100.0 * bits + 0.001 * pow (4, bits)) / (100.0 * 8 + 0.001 * 65536);
}

static double
sum_of_parts (const StrataMvmEnergy *energy)
{
  return energy->array + energy->vertical + energy->driver + energy->adc + energy->post + energy->buffer;
}

/* Repeats of phases, conversions and their post-processing; rows are fetched and results stored once. */
static StrataMvmEnergy
composed_energy (const StrataChipSpec *chip, StrataBand band, const StrataMvm *mvm)
{
  double v2 = chip->v_in_v[band] * chip->v_in_v[band];
  double share = mvm->toggle_share > 0 ? mvm->toggle_share : chip->alpha_toggle;
  double toggles = strata_chip_phases (chip) * share * mvm->n_reads;
  double c_row = 2.0 * chip->columns * chip->c_cell_ff[band];
  double c_vertical = chip->c_v0_ff + chip->tiers * chip->c_vt_ff;
  double n_converted = (double) mvm->n_outputs * mvm->n_slices;
  double n_conversions = n_converted * mvm->n_reads * strata_chip_conversions (chip);
  StrataMvmEnergy energy = {
    .array = toggles * mvm->n_rows * c_row * v2 * (1 - chip->eta_recovery[band]),
    .vertical = toggles * (mvm->n_rows + 2 * n_converted) * c_vertical * v2,
    .driver = (double) strata_chip_phases (chip) * mvm->n_reads * mvm->n_rows * chip->e_driver_fj[band],
    .adc = n_conversions * strata_cost_converter_fj (chip, band, chip->adc_bits),
    .post = n_conversions * chip->e_post_fj[band],
    .buffer = (mvm->n_unique_rows * chip->input_bits / 8.0 + 2.0 * mvm->n_outputs) * chip->e_buffer_fj_per_byte[band],
  };

  energy.overhead = chip->overhead[band] * sum_of_parts (&energy);
  energy.total = sum_of_parts (&energy) + energy.overhead;
  return energy;
}

static StrataMvmEnergy
mvm_energy (const StrataChipSpec *chip, StrataBand band, const StrataMvm *mvm)
{
  StrataMvmEnergy lumped = { .array = chip->e_mvm_fj[band] * mvm->n_reads,
                             .total = chip->e_mvm_fj[band] * mvm->n_reads };

  if (chip->mode == STRATA_CHIP_LUMPED)
    return lumped;
  return composed_energy (chip, band, mvm);
}

StrataMvmEnergy
strata_cost_mvm_energy (
  const StrataChipSpec *chip, StrataBand band, int n_rows, int n_unique_rows, int n_outputs, int n_slices)
{
  const StrataMvm mvm = { n_rows, n_unique_rows, n_outputs, n_slices, 1, 0 };

  return mvm_energy (chip, band, &mvm);
}

/* Phases and conversions of one read, or of one phase where each has its own; a stage of the sample-and-hold pipeline
 * each. */
static void
stages_ps (
  const StrataChipSpec *chip, StrataBand band, int n_outputs, int n_slices, gint64 *drive_ps, gint64 *convert_ps)
{
  gint64 n_converted = (gint64) n_outputs * n_slices;

  *drive_ps = strata_chip_phases (chip) / strata_chip_conversions (chip) * chip->t_phase_ps[band];
  *convert_ps = (n_converted + chip->n_adc - 1) / chip->n_adc * chip->t_adc_ps[band];
}

gint64
strata_cost_mvm_interval_ps (const StrataChipSpec *chip, StrataBand band, int n_outputs, int n_slices, int n_reads)
{
  gint64 drive_ps, convert_ps;

  if (chip->mode == STRATA_CHIP_LUMPED)
    return strata_cost_times (n_reads, chip->t_interval_ps[band]);
  stages_ps (chip, band, n_outputs, n_slices, &drive_ps, &convert_ps);
  return strata_cost_times ((gint64) n_reads * strata_chip_conversions (chip), MAX (drive_ps, convert_ps));
}

gint64
strata_cost_mvm_ps (const StrataChipSpec *chip, StrataBand band, int n_outputs, int n_slices, int n_reads)
{
  gint64 n_before = (gint64) n_reads * strata_chip_conversions (chip) - 1, drive_ps, convert_ps;

  if (chip->mode == STRATA_CHIP_LUMPED)
    return strata_cost_mvm_interval_ps (chip, band, n_outputs, n_slices, n_reads - 1) + chip->t_mvm_ps[band];
  stages_ps (chip, band, n_outputs, n_slices, &drive_ps, &convert_ps);
  return strata_cost_times (n_before, MAX (drive_ps, convert_ps)) + drive_ps + convert_ps + chip->t_post_ps[band];
}

gint64
strata_cost_select_ps (const StrataChipSpec *chip, StrataBand band)
{
  return chip->t_select_ps[band];
}

StrataActionEnergy
strata_cost_action_mvm (const StrataChipSpec *chip, StrataBand band, const StrataMvm *mvm)
{
  StrataMvmEnergy energy = mvm_energy (chip, band, mvm);
  StrataActionEnergy action = { .per_switch_fj = strata_cost_whole_fj (chip->e_select_fj[band]) };

  action.per_action_fj[STRATA_COMPONENT_ARRAY] = strata_cost_whole_fj (energy.array);
  action.per_action_fj[STRATA_COMPONENT_VERTICAL] = strata_cost_whole_fj (energy.vertical);
  action.per_action_fj[STRATA_COMPONENT_DRIVER] = strata_cost_whole_fj (energy.driver);
  action.per_action_fj[STRATA_COMPONENT_ADC] = strata_cost_whole_fj (energy.adc);
  action.per_action_fj[STRATA_COMPONENT_POST] = strata_cost_whole_fj (energy.post);
  action.per_action_fj[STRATA_COMPONENT_BUFFER] = strata_cost_whole_fj (energy.buffer);
  action.per_action_fj[STRATA_COMPONENT_OVERHEAD] = strata_cost_whole_fj (energy.overhead);
  return action;
}

gint64
strata_cost_arrays_required (const StrataChipSpec *chip, gint64 k, gint64 n, int n_slices)
{
  gint64 n_outputs = strata_chip_outputs (chip, n_slices);

  return (k + chip->rows - 1) / chip->rows * ((n + n_outputs - 1) / n_outputs);
}
