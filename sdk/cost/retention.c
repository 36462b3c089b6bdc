/* SPDX-License-Identifier: Apache-2.0
 *
 * What age and temperature do to a cell. Measured days of the charge trap and the filament with what lies between and
 * beyond; Arrhenius. Phase change: drift.c.
 */
#include <math.h>

#include "cost/cells.h"

#define DAY_S 86400.0
#define BOLTZMANN_EV_K 8.617333262e-5
#define ZERO_CELSIUS_K 273.15

/* Charge trap after 0 to 5 days: deviation of all, A (1 - exp (-I / B)) nA (hardware-facts 7.1) */
#define SONOS_DAYS 5
static const double sonos_a_na[SONOS_DAYS + 1] = { 19.89, 25.59, 28.73, 31.04, 33.76, 34.58 };
static const double sonos_b_na[SONOS_DAYS + 1] = { 176.3, 186.9, 193.6, 198.9, 204.8, 207.3 };
/* Beyond: A = 19.89 + 8.2 ln (1 + t / day), 5 % from every point of the table and on its first and last; B likewise
 * through its first and last */
#define SONOS_A_SLOPE_NA 8.2
#define SONOS_B_SLOPE_NA 17.3

/* Change of the mean after 1 to 5 days, nA: sum of c[i] I^i, I in nA (CrossSim, SONOS.py) */
#define SONOS_DEGREE 10
static const double sonos_drift[SONOS_DAYS][SONOS_DEGREE + 1] = {
  { 6.83650e-01, 6.51250e-03, -4.03163e-04, 3.37944e-06, -1.87435e-08, 5.88902e-11, -1.07685e-13, 1.17751e-16,
    -7.60016e-20, 2.67255e-23, -3.94954e-27 },
  { 6.60925e-01, 8.60627e-03, -1.72936e-04, 7.44096e-07, -5.94866e-09, 2.36734e-11, -4.83740e-14, 5.56072e-17,
    -3.65397e-20, 1.28405e-23, -1.87450e-27 },
  { 1.15821e+00, 1.96116e-02, -4.70807e-04, 3.67510e-06, -2.08786e-08, 6.59752e-11, -1.19499e-13, 1.28435e-16,
    -8.11574e-20, 2.78802e-23, -4.02057e-27 },
  { 8.72216e-01, 1.70926e-02, -2.23370e-04, 1.57526e-06, -1.32779e-08, 5.08256e-11, -1.01251e-13, 1.14633e-16,
    -7.46124e-20, 2.60559e-23, -3.78724e-27 },
  { 1.15294e+00, 1.03149e-02, -6.05199e-05, 1.76086e-08, -6.46690e-09, 3.39044e-11, -7.53872e-14, 8.98185e-17,
    -6.00346e-20, 2.12615e-23, -3.11099e-27 },
};
/* The fits turn down at their end, by 50 to 200 nA within the last 200, and there not even in the order of days: what
 * they say at this current holds beyond it. */
#define SONOS_DRIFT_END_NA 1400.0

/* Filament after 1 s (programming), 1 and 2 days: deviation of all, uS of 40 (aihwkit, reram.py) */
#define WAN_FULL_US 40.0
#define WAN_START_S 1.0
#define WAN_TIMES 3
static const double wan_s[WAN_TIMES] = { WAN_START_S, DAY_S, 2 * DAY_S };
static const double wan[WAN_TIMES][5] = {
  { 0.348, 16.030, -43.853, 45.393, -16.815 },
  { 0.701, 22.086, -50.773, 47.095, -16.458 },
  { 0.782, 20.274, -43.507, 37.062, -11.934 },
};

/* Phase change: the fits are power laws whose range their sources do not state; Joshi et al. follow such cells for a
 * day (assumed). */
#define PCM_MEASURED_S DAY_S

double
strata_cost_effective_age_s (const StrataChipSpec *chip, double age_s, double temperature_c)
{
  double warm_k, reference_k;

  g_return_val_if_fail (chip != NULL && age_s >= 0, 0);
  if (strata_cell_drifts (chip->cell_model))
    return age_s;
  warm_k = (isnan (temperature_c) ? chip->t_ambient_c : temperature_c) + ZERO_CELSIUS_K;
  reference_k = chip->retention_reference_c + ZERO_CELSIUS_K;
  return age_s * exp (chip->activation_energy_ev / BOLTZMANN_EV_K * (1 / reference_k - 1 / warm_k));
}

double
strata_cost_retention_measured_s (StrataCellModel model)
{
  if (strata_cell_is_charge_trap (model))
    return SONOS_DAYS * DAY_S;
  if (strata_cell_drifts (model))
    return PCM_MEASURED_S;
  return model == STRATA_CELL_RRAM_WAN ? wan_s[WAN_TIMES - 1] : model == STRATA_CELL_NONE ? (double) INFINITY : 0;
}

gboolean
strata_cost_ignores_temperature (StrataCellModel model)
{
  return strata_cell_drifts (model) || strata_cost_retention_measured_s (model) == 0;
}

const char *
strata_cost_retention_known (const StrataChipSpec *chip, double age_s, double temperature_c)
{
  double measured_s = strata_cost_retention_measured_s (chip->cell_model);

  return strata_cost_effective_age_s (chip, age_s, temperature_c) <= measured_s ? "measured"
         : measured_s > 0                                                       ? "extrapolated"
                                                                                : "no data";
}

/* --- charge trap --- */

/* Where ln (1 + t / day) lies between whole days: the day before, and how far to the next; beyond the last day that,
 * and
 * 0 */
static int
day_before (double age_s, double *part)
{
  double days = age_s / DAY_S;
  int day = (int) MIN (days, SONOS_DAYS);

  *part = day < SONOS_DAYS ? (log1p (days) - log1p (day)) / (log1p (day + 1) - log1p (day)) : 0;
  return day;
}

static double
sonos_table (const double *values, double slope, double age_s)
{
  double part;
  int day = day_before (age_s, &part);

  if (day == SONOS_DAYS)
    return values[SONOS_DAYS] + slope * (log1p (age_s / DAY_S) - log1p (SONOS_DAYS));
  return values[day] + part * (values[day + 1] - values[day]);
}

static double
sonos_sigma (double g, double age_s)
{
  return strata_cell_saturating (g, sonos_table (sonos_a_na, SONOS_A_SLOPE_NA, age_s),
                                 sonos_table (sonos_b_na, SONOS_B_SLOPE_NA, age_s));
}

/* After @day whole days, 0 … 5 */
static double
sonos_drift_na (int day, double i_na)
{
  double sum = 0;

  if (day == 0)
    return 0;
  i_na = MIN (i_na, SONOS_DRIFT_END_NA);
  for (int k = SONOS_DEGREE; k >= 0; k--)
    sum = sum * i_na + sonos_drift[day - 1][k];
  return sum;
}

/* Beyond five days it goes on along ln (1 + t / day) as steeply as from the first to the fifth; a cell cannot lose more
 * than it holds. */
static double
sonos_shift (double g, double age_s)
{
  const double i_na = g * SONOS_FULL_NA;
  double part, shift;
  int day = day_before (age_s, &part);

  if (day < SONOS_DAYS)
    shift = (1 - part) * sonos_drift_na (day, i_na) + part * sonos_drift_na (day + 1, i_na);
  else
    {
      double last = sonos_drift_na (SONOS_DAYS, i_na);
      double slope = (last - sonos_drift_na (1, i_na)) / (log1p (SONOS_DAYS) - log1p (1));

      shift = last + slope * (log1p (age_s / DAY_S) - log1p (SONOS_DAYS));
    }
  return MAX (shift / SONOS_FULL_NA, -g);
}

/* --- filament --- */

static double
wan_variance (int time, double g)
{
  double sigma = MAX (strata_cell_quartic (wan[time], g), 0) / WAN_FULL_US;

  return sigma * sigma;
}

/* The least that is no less than it was: fits at two times cross where neither is exact. */
static double
wan_sigma (double g, double age_s)
{
  const double at = log (MAX (age_s, 0) + WAN_START_S);
  double from = wan_variance (0, g), to = from;
  int time = 0;

  for (; time < WAN_TIMES - 1; time++)
    {
      from = to;
      to = MAX (wan_variance (time + 1, g), from);
      if (at < log (wan_s[time + 1]) || time == WAN_TIMES - 2)
        break;
    }
  to = from + (to - from) * (at - log (wan_s[time])) / (log (wan_s[time + 1]) - log (wan_s[time]));
  return sqrt (to);
}

/* --- all --- */

/* What a deviation has grown by */
static double
growth (double then, double now)
{
  return sqrt (MAX (now * now - then * then, 0));
}

double
strata_cost_retention_shift (StrataCellModel model, double g, double age_s)
{
  g_return_val_if_fail ((guint) model < STRATA_N_CELL_MODELS, 0);
  if (strata_cell_is_charge_trap (model))
    return sonos_shift (g, age_s);
  return strata_cell_drifts (model) ? strata_cell_drift_shift (model, g, age_s) : 0;
}

double
strata_cost_retention_sigma (StrataCellModel model, double g, double age_s)
{
  g_return_val_if_fail ((guint) model < STRATA_N_CELL_MODELS, 0);
  if (strata_cell_is_charge_trap (model))
    return growth (sonos_sigma (g, 0), sonos_sigma (g, age_s));
  if (strata_cell_drifts (model))
    return strata_cell_drift_sigma (model, g, age_s);
  return model == STRATA_CELL_RRAM_WAN ? growth (wan_sigma (g, 0), wan_sigma (g, age_s)) : 0;
}

double
strata_cost_retention_change (StrataCellModel model, double g, double z, double age_s)
{
  if (strata_cell_drifts (model))
    return strata_cell_drift_change (model, g, z, age_s);
  return strata_cost_retention_shift (model, g, age_s) + z * strata_cost_retention_sigma (model, g, age_s);
}
