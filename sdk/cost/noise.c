/* SPDX-License-Identifier: Apache-2.0
 *
 * Noise of a column and what a band makes of a cell's. The cells' own figures: cells.c, retention.c, drift.c.
 */
#include <math.h>

#include "cost/cells.h"

/* Cell noise of the bands relative to nominal. Assumed: no public spread for a memcapacitor; a half either way covers
 * the spread between the published charge-trap, PCM and CMO/HfOx figures. */
static const double sigma_factors[STRATA_N_BANDS] = {
  [STRATA_BAND_NOMINAL] = 1.0,
  [STRATA_BAND_OPTIMISTIC] = 0.5,
  [STRATA_BAND_CONSERVATIVE] = 1.5,
};

#define BOLTZMANN_J_K 1.380649e-23
#define ZERO_CELSIUS_K 273.15

double
strata_cost_sigma_factor (StrataBand band)
{
  g_return_val_if_fail ((guint) band < STRATA_N_BANDS, 1);
  return sigma_factors[band];
}

double
strata_cost_summed_ff (const StrataChipSpec *chip, int n_tiers)
{
  double c_average = chip->c_on_ff * (1 + 1 / chip->c_on_off_ratio) / 2;

  return n_tiers * (chip->rows * c_average) + chip->tiers * chip->c_vt_ff + chip->c_fix_ff;
}

double
strata_cost_column_ff (const StrataChipSpec *chip)
{
  return strata_cost_summed_ff (chip, 1);
}

double
strata_cost_drive_v (const StrataChipSpec *chip, StrataBand band)
{
  double volts = chip->v_in_v[STRATA_BAND_NOMINAL];

  for (int other = 0; other < STRATA_N_BANDS; other++)
    if (band == STRATA_BAND_OPTIMISTIC)
      volts = MAX (volts, chip->v_in_v[other]);
    else if (band == STRATA_BAND_CONSERVATIVE)
      volts = MIN (volts, chip->v_in_v[other]);
  return volts;
}

/* Statistics of sonos serve cells that are read by charge. */
static gboolean
is_read_by_current (StrataCellModel model)
{
  return !strata_cell_is_charge_trap (model) && model != STRATA_CELL_NONE;
}

double
strata_cost_ktc_sigma (const StrataChipSpec *chip, StrataBand band)
{
  return strata_cost_summed_ktc_sigma (chip, band, 1);
}

double
strata_cost_summed_ktc_sigma (const StrataChipSpec *chip, StrataBand band, int n_tiers)
{
  return strata_cost_warm_ktc_sigma (chip, band, n_tiers, (double) NAN);
}

double
strata_cost_warm_ktc_sigma (const StrataChipSpec *chip, StrataBand band, int n_tiers, double temperature_c)
{
  double warm_c = isnan (temperature_c) ? chip->t_ambient_c : temperature_c;
  double kt = BOLTZMANN_J_K * (warm_c + ZERO_CELSIUS_K), charge_c;

  if (is_read_by_current (chip->cell_model) || !(chip->c_on_ff > 0))
    return 0;
  charge_c = sqrt (kt * strata_cost_summed_ff (chip, n_tiers) * 1e-15);
  return charge_c / (strata_cost_drive_v (chip, band) * chip->c_on_ff * 1e-15) * ldexp (1, chip->input_bits)
         * (strata_chip_levels (chip) - 1);
}
