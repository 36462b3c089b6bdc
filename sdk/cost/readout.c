/* SPDX-License-Identifier: Apache-2.0
 *
 * A line of k tiers of R cells carries Q = sum x C V / 2^bits on C_Sigma = k R C_avg + T c_vt + C_fix; a pair's two
 * lines are read as a difference. The converter's own noise is what its effective bits leave beside rounding: SNDR of
 * b bits is that of noise LSB^2 / 12, so that noise of (4^(b - ENOB) - 1) LSB^2 / 12 comes to ENOB
 * (hardware-facts 3.1). What that comes to in volts goes with the step, the noise at the input does not: where a range
 * is so narrow that the latter is more, it is what counts.
 */
#include "cost/readout.h"

#include <math.h>

#include "cost/noise.h"

#define PS_S 1e-12
#define PA_A 1e-12
#define FF_F 1e-15
/* A coupling at zero weight that is nearly that at full weight leaves no signal. */
#define LEAST_SIGNAL 1e-6

static gboolean
is_off (StrataPhysics off, StrataPhysics term)
{
  return (off & term) != 0;
}

static void
set_lines (const StrataChipSpec *chip, StrataBand band, int n_tiers, StrataPhysics off, StrataReadout *r)
{
  const double ratio = chip->c_on_off_ratio, top = strata_chip_levels (chip) - 1;
  const double signal = MAX (1 - 1 / ratio, LEAST_SIGNAL);

  const int bits = chip->input_bits;
  /* charge of phases that add up halves with each; a phase alone has its highest digit at the whole swing */
  const double swing = chip->conversion == STRATA_CONVERSION_PER_PHASE ? 1 / (1 - ldexp (1, -bits)) : 1;

  r->load_ff = strata_cost_summed_ff (chip, n_tiers);
  r->fixed_ff = chip->c_fix_ff;
  r->cells_ff = r->load_ff - chip->tiers * chip->c_vt_ff - chip->c_fix_ff;
  r->level_ff = chip->c_on_ff * signal / top;
  r->floor_levels = chip->c_on_ff / ratio / r->level_ff;
  r->varying = is_off (off, STRATA_PHYSICS_PARASITIC) ? 0 : chip->c_varying[band];
  r->unit_v = strata_cost_drive_v (chip, band) * swing / ldexp (1, bits) * r->level_ff / r->load_ff;
  r->thermal /= signal * swing;
  if (!is_off (off, STRATA_PHYSICS_DROOP))
    r->leak_per_ps = chip->i_leak_pa[band] * PA_A * PS_S / (r->load_ff * FF_F) / r->unit_v;
}

/* Of @chip with all its capacitors */
static void
set_mismatch (const StrataChipSpec *chip, StrataBand band, int n_tiers, StrataReadout *r)
{
  const double top = strata_chip_levels (chip) - 1;

  r->idle_mismatch = chip->cell_mismatch[band] * top / MAX (chip->c_on_off_ratio - 1, LEAST_SIGNAL);
  r->fixed_mismatch = chip->fixed_mismatch[band] * chip->c_fix_ff / strata_cost_summed_ff (chip, n_tiers);
}

void
strata_cost_readout (
  const StrataChipSpec *chip, StrataBand band, int n_tiers, const StrataConditions *conditions, StrataReadout *readout)
{
  const StrataPhysics off = conditions != NULL ? conditions->physics_off : 0;
  const double temperature_c = conditions != NULL ? conditions->temperature_c : (double) NAN;
  StrataChipSpec without = *chip;

  *readout = (StrataReadout){ 0 };
  if (is_off (off, STRATA_PHYSICS_ON_OFF))
    without.c_on_off_ratio = INFINITY;
  if (is_off (off, STRATA_PHYSICS_PARASITIC))
    without.c_fix_ff = without.c_vt_ff = 0;
  if (chip->conversion == STRATA_CONVERSION_PER_PHASE)
    without.input_bits = MIN (chip->phase_bits, chip->input_bits);
  readout->thermal = strata_cost_warm_ktc_sigma (&without, band, n_tiers, temperature_c);
  readout->by_charge = readout->thermal > 0;
  if (readout->by_charge)
    set_lines (&without, band, n_tiers, off, readout);
  if (readout->by_charge && !is_off (off, STRATA_PHYSICS_MISMATCH))
    set_mismatch (chip, band, n_tiers, readout);
  if (is_off (off, STRATA_PHYSICS_THERMAL))
    readout->thermal = 0;
  if (is_off (off, STRATA_PHYSICS_CONVERTER))
    return;
  readout->adc_gain = chip->adc_gain[band];
  readout->adc_own = (pow (4, chip->adc_loss[band]) - 1) / 12;
  if (!readout->by_charge)
    return;
  readout->adc_offset = chip->adc_offset_v[band] / readout->unit_v;
  readout->adc_input = chip->adc_noise_v[band] / readout->unit_v;
}

double
strata_cost_converter_noise (const StrataReadout *readout, double step)
{
  return MAX (readout->adc_input * readout->adc_input, readout->adc_own * step * step);
}
