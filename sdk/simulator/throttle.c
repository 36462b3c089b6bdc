/* SPDX-License-Identifier: Apache-2.0
 *
 * Throttling: the rate that a chip sustains within its limits of temperature, and how long it runs faster from cold
 * (hardware-facts 10.3: throttle when T_j or T_skin crosses). Steady heat is linear in power, and everything that leaks
 * grows by one factor of temperature, so three solutions are all that any rate and temperature take: the rise by
 * dynamic power, by static power at ambient, and by what leakage adds.
 */
#include "simulator/modelled-private.h"

#include <math.h>

#define W_PER_MW 1e-3
#define PS_PER_S 1e12
#define REFERENCE_K 50.0 /* over ambient: where leakage is taken from to scale it */
#define DONE_C 1e-10
#define MAX_TURNS 4096
#define MAX_INTERVAL_PS (G_GINT64_CONSTANT (1) << 61)
/* From cold: steps grow with the time that has passed, from a microsecond, which is shorter than any part's time
 * constant, and no longer than a share of the package's. Each is extrapolated from one and two halves, so that its
 * error is of third order: a tenth follows the package to 1e-3. */
#define FIRST_STEP_PS 1e6
#define N_TIME_CONSTANTS 40.0
#define LEAST_CONSTANT_PS 1e10 /* a die takes milliseconds, whatever its package is */
#define MOST_CONSTANT_PS 0x1p55
#define LEAST_SHARE 0.1
#define MOST_SHARE 0.5
#define STEP_WORK 4e9 /* arithmetic operations that all steps should take: seconds */
#define N_HALVINGS 24 /* of the step in which a limit is crossed */

typedef struct
{
  StrataModelRun *run;
  StrataBand band;
  double junction_max_c, skin_max_c;
  gint64 interval_ps;                       /* that dynamic_c is at */
  double dynamic_mw, cold_mw, hot_mw;       /* static at ambient, and at the reference above it */
  double *dynamic_c, *static_c, *leakage_c; /* rises; the last from ambient to the reference */
} Throttle;

/* --- the steady state --- */

double
strata_throttle_limit_c (const StrataImage *image, StrataThrottle reason)
{
  gboolean skin = reason == STRATA_THROTTLE_SKIN;
  double chip_c = skin ? image->chip->t_skin_max_c : image->chip->t_junction_max_c;
  double asked_c = skin ? image->limits.max_skin_c : image->limits.max_junction_c;

  return MIN (chip_c > 0 ? chip_c : HUGE_VAL, asked_c > 0 ? asked_c : HUGE_VAL);
}

static StrataStaticDraw *
draws_at (const StrataModelRun *run, StrataBand band, double temperature_c, int *n_draws)
{
  return strata_energy_static (run->image, band, MIN (temperature_c, STRATA_MAX_LEAKAGE_C), run->on, n_draws);
}

/* Rise by static power at a temperature; returns that power. */
static double
solve_static (Throttle *throttle, double temperature_c, double *node_mw, double *rise_c)
{
  const StrataModelRun *run = throttle->run;
  int n_draws;
  g_autofree StrataStaticDraw *draws = draws_at (run, throttle->band, temperature_c, &n_draws);

  for (gsize i = 0; i <= run->n_nodes; i++)
    node_mw[i] = 0;
  strata_energy_static_heat (run->image, run->heat, draws, n_draws, node_mw);
  strata_energy_spread_heat (run->image, run->heat, node_mw);
  strata_heat_solve (run->heat, node_mw, rise_c);
  return strata_energy_static_mw (draws, n_draws);
}

static void
throttle_init (Throttle *throttle, StrataModelRun *run, StrataBand band)
{
  double ambient_c = run->image->chip->t_ambient_c;
  g_autofree double *node_mw = g_new0 (double, run->n_nodes + 1);

  *throttle = (Throttle){ .run = run, .band = band, .interval_ps = strata_settle_interval (run, band) };
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
throttle_finish (Throttle *throttle)
{
  g_free (throttle->dynamic_c);
  g_free (throttle->static_c);
  g_free (throttle->leakage_c);
}

static double
static_mw (const Throttle *throttle, double junction_c)
{
  int n_draws;
  g_autofree StrataStaticDraw *draws = draws_at (throttle->run, throttle->band, junction_c, &n_draws);

  return strata_energy_static_mw (draws, n_draws);
}

/* Hottest node where the rate is @rate times the one of dynamic_c and leakage is that of @junction_c */
static double
hottest_c (const Throttle *throttle, double rate, double static_power_mw)
{
  double grown_mw = throttle->hot_mw - throttle->cold_mw, hottest = 0;
  double share = grown_mw > 0 ? (static_power_mw - throttle->cold_mw) / grown_mw : 0;

  for (gsize i = 0; i < throttle->run->n_nodes; i++)
    hottest = MAX (hottest, rate * throttle->dynamic_c[i] + throttle->static_c[i] + share * throttle->leakage_c[i]);
  return throttle->run->image->chip->t_ambient_c + hottest;
}

/* Which limit the steady state at a rate crosses. From ambient on, each turn is at most as hot as the state it goes to,
 * so that the first turn above a limit decides, also where there is no such state. */
static StrataThrottle
crossed_at (const Throttle *throttle, double rate)
{
  const StrataChipSpec *chip = throttle->run->image->chip;
  double junction_c = chip->t_ambient_c, last_c = NAN, static_power_mw = 0, power_mw;

  for (int turn = 0; turn < MAX_TURNS && !(junction_c - last_c <= DONE_C); turn++)
    {
      static_power_mw = static_mw (throttle, junction_c);
      last_c = junction_c;
      junction_c = hottest_c (throttle, rate, static_power_mw);
      if (junction_c > throttle->junction_max_c)
        return STRATA_THROTTLE_JUNCTION;
    }
  if (!(junction_c - last_c <= DONE_C)) /* next to where no state exists: none was found */
    return STRATA_THROTTLE_JUNCTION;
  power_mw = rate * throttle->dynamic_mw + static_power_mw;
  return chip->t_ambient_c + chip->f_skin * power_mw * W_PER_MW * chip->r_skin_k_w > throttle->skin_max_c
           ? STRATA_THROTTLE_SKIN
           : STRATA_THROTTLE_NONE;
}

/* The shortest interval that holds, by bisection between one that does not and one that does; 0: not even at rest.
 * @reason: what the next shorter one crosses */
static gint64
find_interval (const Throttle *throttle, StrataThrottle *reason)
{
  gint64 short_ps = throttle->interval_ps, long_ps = short_ps;

  *reason = crossed_at (throttle, 0);
  if (*reason != STRATA_THROTTLE_NONE)
    return 0;
  *reason = crossed_at (throttle, 1);
  if (*reason == STRATA_THROTTLE_NONE)
    return throttle->interval_ps;
  while (long_ps < MAX_INTERVAL_PS
         && crossed_at (throttle, (double) throttle->interval_ps / (double) long_ps) != STRATA_THROTTLE_NONE)
    {
      short_ps = long_ps;
      long_ps *= 2;
    }
  if (long_ps >= MAX_INTERVAL_PS)
    return 0;
  while (long_ps - short_ps > 1)
    {
      gint64 middle_ps = short_ps + (long_ps - short_ps) / 2;
      StrataThrottle crossed = crossed_at (throttle, (double) throttle->interval_ps / (double) middle_ps);

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

/* --- from cold --- */

/* One step of the network with leakage as warm as the junction is at its start */
static void
step (Throttle *throttle, gint64 step_ps, double *power_mw, double *rise_c)
{
  const StrataModelRun *run = throttle->run;
  double junction_c = strata_heat_summary (run->heat, rise_c).junction_c;
  int n_draws;
  g_autofree StrataStaticDraw *draws = draws_at (run, throttle->band, junction_c, &n_draws);

  for (gsize i = 0; i <= run->n_nodes; i++)
    power_mw[i] = 0;
  strata_settle_add_dynamic (run, throttle->band, throttle->interval_ps, power_mw);
  strata_energy_static_heat (run->image, run->heat, draws, n_draws, power_mw);
  strata_energy_spread_heat (run->image, run->heat, power_mw);
  strata_heat_step (run->heat, power_mw, step_ps, rise_c);
}

/* From @from_c to @to_c, @once_c and @power_mw are work space */
static void
advance (Throttle *throttle, gint64 step_ps, const double *from_c, double *to_c, double *once_c, double *power_mw)
{
  gsize n = throttle->run->n_nodes;

  for (gsize i = 0; i < n; i++)
    once_c[i] = to_c[i] = from_c[i];
  step (throttle, step_ps, power_mw, once_c);
  step (throttle, step_ps / 2, power_mw, to_c);
  step (throttle, step_ps - step_ps / 2, power_mw, to_c);
  for (gsize i = 0; i < n; i++)
    to_c[i] = 2 * to_c[i] - once_c[i];
}

static gboolean
is_over (const Throttle *throttle, const double *rise_c)
{
  StrataHeatSummary summary = strata_heat_summary (throttle->run->heat, rise_c);

  return summary.junction_c > throttle->junction_max_c || summary.skin_c > throttle->skin_max_c;
}

/* Within a step that ends above a limit, when it was crossed */
static gint64
refine (Throttle *throttle, gint64 step_ps, const double *from_c, double *to_c, double *once_c, double *power_mw)
{
  gint64 before_ps = 0, after_ps = step_ps;

  for (int i = 0; i < N_HALVINGS && after_ps - before_ps > 2; i++)
    {
      gint64 middle_ps = before_ps + (after_ps - before_ps) / 2;

      advance (throttle, MAX (middle_ps, 2), from_c, to_c, once_c, power_mw);
      if (is_over (throttle, to_c))
        after_ps = middle_ps;
      else
        before_ps = middle_ps;
    }
  return after_ps;
}

/* Time from ambient until a limit is crossed; -1: not within the times looked at */
static gint64
find_time (Throttle *throttle)
{
  const StrataChipSpec *chip = throttle->run->image->chip;
  gsize n = throttle->run->n_nodes + 1;
  g_autofree double *from_c = g_new0 (double, n), *to_c = g_new0 (double, n), *once_c = g_new0 (double, n);
  g_autofree double *power_mw = g_new0 (double, n);
  double constant_ps =
    CLAMP (chip->r_package_k_w * chip->c_package_j_k * PS_PER_S, LEAST_CONSTANT_PS, MOST_CONSTANT_PS);
  double n_unit_steps = N_TIME_CONSTANTS + log (constant_ps / FIRST_STEP_PS);
  double share = CLAMP (3 * n_unit_steps * strata_heat_work (throttle->run->heat) / STEP_WORK, LEAST_SHARE, MOST_SHARE);

  for (double now_ps = 0; now_ps < N_TIME_CONSTANTS * constant_ps;)
    {
      gint64 step_ps = (gint64) CLAMP (now_ps * share, FIRST_STEP_PS, constant_ps * share);
      double *swap = from_c;

      advance (throttle, step_ps, from_c, to_c, once_c, power_mw);
      if (is_over (throttle, to_c))
        return (gint64) now_ps + refine (throttle, step_ps, from_c, to_c, once_c, power_mw);
      now_ps += (double) step_ps;
      from_c = to_c;
      to_c = swap;
    }
  return -1;
}

gboolean
strata_throttle (StrataModelRun *run, gboolean bands, GError **error)
{
  StrataModelled *modelled = run->modelled;

  modelled->throttle_after_ps = -1;
  for (int band = 0; band < (bands ? STRATA_N_BANDS : 1); band++)
    {
      Throttle throttle;
      StrataThrottle reason;

      modelled->throttle_interval_ps[band] = strata_settle_interval (run, band);
      if (run->steady[band].junction_c
            <= MIN (strata_throttle_limit_c (run->image, STRATA_THROTTLE_JUNCTION), STRATA_MAX_LEAKAGE_C)
          && run->steady[band].skin_c <= strata_throttle_limit_c (run->image, STRATA_THROTTLE_SKIN))
        continue;
      if (g_cancellable_set_error_if_cancelled (run->cancellable, error))
        return FALSE;
      throttle_init (&throttle, run, band);
      modelled->throttle_interval_ps[band] = find_interval (&throttle, &reason);
      if (band == STRATA_BAND_NOMINAL)
        {
          modelled->throttle = reason;
          modelled->runs_away = modelled->junction_c > STRATA_MAX_LEAKAGE_C;
          if (modelled->fidelity == STRATA_FIDELITY_TIMING && reason != STRATA_THROTTLE_NONE)
            modelled->throttle_after_ps = find_time (&throttle);
        }
      throttle_finish (&throttle);
    }
  return TRUE;
}
