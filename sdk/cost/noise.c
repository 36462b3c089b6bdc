/* SPDX-License-Identifier: Apache-2.0
 *
 * Noise constants and their formulas; nothing else knows a noise figure. Everything is at t = 0, right
 * after programming.
 */
#include "cost/noise.h"

#include <math.h>

/* Charge trap, 40 nm, 128K devices, hardware-facts 7.1: sigma (I) = A (1 - exp (-I / B)), nA, I = g * 1600 nA
 * (published) */
#define SONOS_FULL_NA 1600.0
#define SONOS_PROGRAM_A_NA 19.89
#define SONOS_PROGRAM_B_NA 176.3
#define SONOS_READ_A_NA 12.58
#define SONOS_READ_B_NA 215.4

/* Phase-change memory, two devices, hardware-facts 7.1: sigma = 0.166 + 4.718 g - 8.481 g^2 + 4.690 g^3 uS of 20.7 uS
 */
#define HERMES_FULL_US 20.7
/* Its reading, by the generic PCM formula of 7.1: sigma = g min (0.0088 / g^0.65, 0.2) sqrt (ln ((t + t_r) / 2 t_r))
 * with t_r = 512 ns at t = t0 = 300 s after programming */
#define PCM_READ_Q 0.0088
#define PCM_READ_EXPONENT 0.65
#define PCM_READ_Q_MAX 0.2
#define PCM_READ_S 512e-9
#define PCM_T0_S 300.0

/* Cell noise of the bands relative to nominal. Assumed: no public spread for a memcapacitor; a half either way covers
 * the spread between the published charge-trap, PCM and CMO/HfOx figures. */
static const double sigma_factors[STRATA_N_BANDS] = {
  [STRATA_BAND_NOMINAL] = 1.0,
  [STRATA_BAND_OPTIMISTIC] = 0.5,
  [STRATA_BAND_CONSERVATIVE] = 1.5,
};

#define BOLTZMANN_J_K 1.380649e-23
#define ZERO_CELSIUS_K 273.15

static double
sonos (double g, double a_na, double b_na)
{
  return a_na * (1 - exp (-SONOS_FULL_NA * g / b_na)) / SONOS_FULL_NA;
}

double
strata_cost_programming_sigma (StrataCellModel model, double g)
{
  switch (model)
    {
    case STRATA_CELL_SONOS:
      return sonos (g, SONOS_PROGRAM_A_NA, SONOS_PROGRAM_B_NA);
    case STRATA_CELL_PCM_HERMES:
      return (0.166 + g * (4.718 + g * (-8.481 + g * 4.690))) / HERMES_FULL_US;
    case STRATA_CELL_NONE:
    default:
      return 0;
    }
}

double
strata_cost_read_sigma (StrataCellModel model, double g)
{
  switch (model)
    {
    case STRATA_CELL_SONOS:
      return sonos (g, SONOS_READ_A_NA, SONOS_READ_B_NA);
    case STRATA_CELL_PCM_HERMES:
      return g <= 0 ? 0
                    : g * MIN (PCM_READ_Q / pow (g, PCM_READ_EXPONENT), PCM_READ_Q_MAX)
                        * sqrt (log ((PCM_T0_S + PCM_READ_S) / (2 * PCM_READ_S)));
    case STRATA_CELL_NONE:
    default:
      return 0;
    }
}

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

double
strata_cost_ktc_sigma (const StrataChipSpec *chip, StrataBand band)
{
  return strata_cost_summed_ktc_sigma (chip, band, 1);
}

double
strata_cost_summed_ktc_sigma (const StrataChipSpec *chip, StrataBand band, int n_tiers)
{
  double kt = BOLTZMANN_J_K * (chip->t_ambient_c + ZERO_CELSIUS_K), charge_c;

  if (chip->cell_model == STRATA_CELL_PCM_HERMES || !(chip->c_on_ff > 0))
    return 0;
  charge_c = sqrt (kt * strata_cost_summed_ff (chip, n_tiers) * 1e-15);
  return charge_c / (strata_cost_drive_v (chip, band) * chip->c_on_ff * 1e-15) * ldexp (1, chip->input_bits)
         * (strata_chip_levels (chip) - 1);
}
