/* SPDX-License-Identifier: Apache-2.0
 *
 * Throttling: the rate that a chip sustains within its limits of temperature (hardware-facts 10.3: throttle when T_j or
 * T_skin crosses); how long it runs faster from cold is governor.c's. Steady heat is linear in power, and everything
 * that leaks grows by one factor of temperature, so three solutions are all that any rate and temperature take: the
 * rise by dynamic power, by static power at ambient, and by what leakage adds.
 */
#include "simulator/governor.h"

#include <math.h>

#define W_PER_MW 1e-3
#define REFERENCE_K 50.0 /* over ambient: where leakage is taken from to scale it */
#define DONE_C 1e-10
#define MAX_TURNS 4096
#define MAX_INTERVAL_PS (G_GINT64_CONSTANT (1) << 61)

/* --- the steady state --- */

double
strata_throttle_limit_c (const StrataImage *image, StrataThrottle reason)
{
  gboolean skin = reason == STRATA_THROTTLE_SKIN;
  double chip_c = skin ? image->chip->t_skin_max_c : image->chip->t_junction_max_c;
  double asked_c = skin ? image->limits.max_skin_c : image->limits.max_junction_c;

  return MIN (chip_c > 0 ? chip_c : HUGE_VAL, asked_c > 0 ? asked_c : HUGE_VAL);
}

StrataStaticDraw *
strata_throttle_draws (const StrataThrottling *throttle, double temperature_c, int *n_draws)
{
  return strata_energy_static (throttle->run->image, throttle->band, MIN (temperature_c, STRATA_MAX_LEAKAGE_C),
                               throttle->run->on, n_draws);
}

/* Rise by static power at a temperature; returns that power. */
static double
solve_static (StrataThrottling *throttle, double temperature_c, double *node_mw, double *rise_c)
{
  const StrataModelRun *run = throttle->run;
  int n_draws;
  g_autofree StrataStaticDraw *draws = strata_throttle_draws (throttle, temperature_c, &n_draws);

  for (gsize i = 0; i <= run->n_nodes; i++)
    node_mw[i] = 0;
  strata_energy_static_heat (run->image, run->heat, draws, n_draws, node_mw);
  strata_energy_spread_heat (run->image, run->heat, node_mw);
  strata_heat_solve (run->heat, node_mw, rise_c);
  return strata_energy_static_mw (draws, n_draws);
}

static void
throttle_init (StrataThrottling *throttle, StrataModelRun *run, StrataBand band)
{
  double ambient_c = run->image->chip->t_ambient_c;
  g_autofree double *node_mw = g_new0 (double, run->n_nodes + 1);

  *throttle = (StrataThrottling){ .run = run, .band = band, .interval_ps = strata_settle_interval (run, band) };
  /* Above what leakage is known for there is no temperature to hold. */
  throttle->junction_max_c = MIN (strata_throttle_limit_c (run->image, STRATA_THROTTLE_JUNCTION), STRATA_MAX_LEAKAGE_C);
  throttle->skin_max_c = strata_throttle_limit_c (run->image, STRATA_THROTTLE_SKIN);
  throttle->dynamic_mw = (double) run->modelled->dynamic_fj[band] / (double) throttle->interval_ps;
  throttle->dynamic_c = g_new0 (double, run->n_nodes + 1);
  throttle->static_c = g_new0 (double, run->n_nodes + 1);
  throttle->leakage_c = g_new0 (double, run->n_nodes + 1);
  throttle->cold_mw = solve_static (throttle, ambient_c, node_mw, throttle->static_c);
  throttle->hot_mw = solve_static (throttle, ambient_c + REFERENCE_K, node_mw, throttle->leakage_c);
  for (gsize i = 0; i < run->n_nodes; i++)
    throttle->leakage_c[i] -= throttle->static_c[i];
  for (gsize i = 0; i <= run->n_nodes; i++)
    node_mw[i] = 0;
  strata_settle_add_dynamic (run, band, throttle->interval_ps, node_mw);
  strata_energy_spread_heat (run->image, run->heat, node_mw);
  strata_heat_solve (run->heat, node_mw, throttle->dynamic_c);
}

static void
throttle_finish (StrataThrottling *throttle)
{
  g_free (throttle->dynamic_c);
  g_free (throttle->static_c);
  g_free (throttle->leakage_c);
}

static double
static_mw (const StrataThrottling *throttle, double junction_c)
{
  int n_draws;
  g_autofree StrataStaticDraw *draws = strata_throttle_draws (throttle, junction_c, &n_draws);

  return strata_energy_static_mw (draws, n_draws);
}

/* Of leakage_c at a static power */
static double
leakage_share (const StrataThrottling *throttle, double static_power_mw)
{
  double grown_mw = throttle->hot_mw - throttle->cold_mw;

  return grown_mw > 0 ? (static_power_mw - throttle->cold_mw) / grown_mw : 0;
}

/* Hottest node where the rate is @rate times the one of dynamic_c and leakage is that of @junction_c */
static double
hottest_c (const StrataThrottling *throttle, double rate, double static_power_mw)
{
  double share = leakage_share (throttle, static_power_mw), hottest = 0;

  for (gsize i = 0; i < throttle->run->n_nodes; i++)
    hottest = MAX (hottest, rate * throttle->dynamic_c[i] + throttle->static_c[i] + share * throttle->leakage_c[i]);
  return throttle->run->image->chip->t_ambient_c + hottest;
}

/* Which limit the steady state at a rate crosses. From ambient on, each turn is at most as hot as the state it goes to,
 * so that the first turn above a limit decides, also where there is no such state. */
StrataThrottle
strata_throttle_crossed (const StrataThrottling *throttle, double rate, StrataSteady *steady)
{
  const StrataChipSpec *chip = throttle->run->image->chip;
  double junction_c = chip->t_ambient_c, last_c = NAN, static_power_mw = 0;

  for (int turn = 0; turn < MAX_TURNS && !(junction_c - last_c <= DONE_C); turn++)
    {
      static_power_mw = static_mw (throttle, junction_c);
      last_c = junction_c;
      junction_c = hottest_c (throttle, rate, static_power_mw);
      steady->power_mw = rate * throttle->dynamic_mw + static_power_mw;
      steady->junction_c = junction_c;
      steady->skin_c = chip->t_ambient_c + chip->f_skin * steady->power_mw * W_PER_MW * chip->r_skin_k_w;
      if (junction_c > throttle->junction_max_c)
        return STRATA_THROTTLE_JUNCTION;
    }
  if (!(junction_c - last_c <= DONE_C)) /* next to where no state exists: none was found */
    return STRATA_THROTTLE_JUNCTION;
  return steady->skin_c > throttle->skin_max_c ? STRATA_THROTTLE_SKIN : STRATA_THROTTLE_NONE;
}

/* By bisection between one that does not hold and one that does */
gint64
strata_throttle_interval (const StrataThrottling *throttle, StrataThrottle *reason)
{
  gint64 short_ps = throttle->interval_ps, long_ps = short_ps;
  StrataSteady steady;

  *reason = strata_throttle_crossed (throttle, 0, &steady);
  if (*reason != STRATA_THROTTLE_NONE)
    return 0;
  *reason = strata_throttle_crossed (throttle, 1, &steady);
  if (*reason == STRATA_THROTTLE_NONE)
    return throttle->interval_ps;
  while (long_ps < MAX_INTERVAL_PS
         && strata_throttle_crossed (throttle, (double) throttle->interval_ps / (double) long_ps, &steady)
              != STRATA_THROTTLE_NONE)
    {
      short_ps = long_ps;
      long_ps *= 2;
    }
  if (long_ps >= MAX_INTERVAL_PS)
    return 0;
  while (long_ps - short_ps > 1)
    {
      gint64 middle_ps = short_ps + (long_ps - short_ps) / 2;
      StrataThrottle crossed =
        strata_throttle_crossed (throttle, (double) throttle->interval_ps / (double) middle_ps, &steady);

      if (crossed == STRATA_THROTTLE_NONE)
        long_ps = middle_ps;
      else
        {
          short_ps = middle_ps;
          *reason = crossed;
        }
    }
  return long_ps;
}

/* The steady state at the interval that was found */
static void
set_sustained (const StrataThrottling *throttle, gint64 interval_ps)
{
  double rate = (double) throttle->interval_ps / (double) interval_ps, share;
  StrataSteady steady;

  strata_throttle_crossed (throttle, rate, &steady);
  share = leakage_share (throttle, static_mw (throttle, steady.junction_c));
  for (gsize i = 0; i < throttle->run->n_nodes; i++)
    throttle->run->sustained_c[i] =
      rate * throttle->dynamic_c[i] + throttle->static_c[i] + share * throttle->leakage_c[i];
}

static gboolean
is_cool (const StrataModelRun *run, StrataBand band)
{
  double junction_max_c = MIN (strata_throttle_limit_c (run->image, STRATA_THROTTLE_JUNCTION), STRATA_MAX_LEAKAGE_C);

  return run->steady[band].junction_c <= junction_max_c
         && run->steady[band].skin_c <= strata_throttle_limit_c (run->image, STRATA_THROTTLE_SKIN);
}

/* A chip that never throttles has its one spell and its curve only where all bands are asked for: searches take none.
 */
gboolean
strata_throttle (StrataModelRun *run, gboolean bands, GError **error)
{
  StrataModelled *modelled = run->modelled;
  gboolean is_timed = modelled->fidelity == STRATA_FIDELITY_TIMING, ok = TRUE;

  modelled->throttle_after_ps = -1;
  memcpy (run->sustained_c, run->rise_c, sizeof (double) * run->n_nodes);
  for (int band = 0; ok && band < (bands ? STRATA_N_BANDS : 1); band++)
    {
      gboolean cool = is_cool (run, band), is_nominal = band == STRATA_BAND_NOMINAL;
      StrataThrottling throttle;
      StrataThrottle reason = STRATA_THROTTLE_NONE;

      modelled->throttle_interval_ps[band] = strata_settle_interval (run, band);
      if (cool && !(is_nominal && bands && is_timed))
        continue;
      if (g_cancellable_set_error_if_cancelled (run->cancellable, error))
        return FALSE;
      throttle_init (&throttle, run, band);
      if (!cool)
        modelled->throttle_interval_ps[band] = strata_throttle_interval (&throttle, &reason);
      if (is_nominal)
        {
          modelled->throttle = reason;
          if (!cool && modelled->throttle_interval_ps[band] > 0)
            set_sustained (&throttle, modelled->throttle_interval_ps[band]);
          ok = !is_timed || strata_governor (&throttle, error);
        }
      throttle_finish (&throttle);
    }
  return ok;
}
