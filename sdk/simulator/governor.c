/* SPDX-License-Identifier: Apache-2.0
 *
 * Continuous operation from cold: the spells of an ideal governor, and the temperatures they lie on. The model: the
 * chip is switched on at ambient temperature and runs at the full rate, which units, budget and what was asked for
 * allow. When junction or skin reaches its limit, the governor goes at once to the fastest rate that keeps this limit
 * for ever, and stays there. There are two limits, so that at most three spells follow each other; a real governor,
 * which measures late and goes up and down around the limit, comes to no more inferences than this one.
 *
 * Where leakage would run away before the limit is reached, the junction's limit is its temperature at the fastest rate
 * that has a steady state: beyond that there is a point of no return. Where not even rest holds, it switches the chip
 * off.
 */
#include "simulator/governor.h"

#include <math.h>

#define W_PER_MW 1e-3
#define PS_PER_S 1e12
/* Steps grow with the time that has passed in the spell, from a microsecond, which is shorter than any part's time
 * constant, and no longer than a share of the whole's. Each is extrapolated from one and two halves, so that its error
 * is of third order: a tenth follows the package to 1e-3. */
#define FIRST_STEP_PS 1e6
#define N_TIME_CONSTANTS 40.0
#define LEAST_CONSTANT_PS 1e10 /* a die takes milliseconds, whatever its package is */
#define MOST_CONSTANT_PS 0x1p55
#define LEAST_SHARE 0.1
#define MOST_SHARE 0.5
#define N_STEADY_CONSTANTS 8.0 /* until it is settled, as far as one sees */
#define STEADY_SHARE 1e-3      /* of the rise: settled */
#define STEP_WORK 4e9      /* arithmetic operations that all steps should take where a limit is looked for: seconds */
#define CURVE_WORK 4e8     /* where it is a curve to look at alone */
#define CHANGE_SHARE 0.2   /* of the share, as one of the rise: leakage that runs away outruns any time constant */
#define N_HALVINGS 24      /* of the step in which a limit is crossed */
#define KEPT_RATIO 1.15    /* a point of the curve is kept when so much more time has passed, */
#define KEPT_SHARE 0.01    /* or the junction has moved by so much of its rise */
#define RUNAWAY_SHARE 1e-3 /* of the rise that a limit allows: so far below it the limit is not what holds */

/* A limit by itself */
typedef struct
{
  StrataThrottle crossed; /* by the full rate; NONE: it does not matter */
  StrataSpellReason reason;
  gint64 interval_ps; /* the shortest that keeps it, 0: none does */
  double hold_c;      /* at which the rate falls */
  gboolean is_held;
} Limit;

typedef struct
{
  const StrataThrottling *throttle;
  Limit junction, skin;
  gint64 interval_ps, now_ps, start_ps; /* of the spell */
  double constant_ps, share, span_k;    /* span_k: what a change of temperature is measured by */
  double energy_fj;                     /* of the spell so far */
  double *from_c, *to_c, *once_c, *power_mw;
  GArray *spells, *warming;
} Governor;

/* --- steps --- */

/* Leakage is as warm as the junction is at the start of the step. Returns the power. */
static double
step (Governor *governor, gint64 step_ps, double *rise_c)
{
  const StrataThrottling *throttle = governor->throttle;
  const StrataModelRun *run = throttle->run;
  double junction_c = strata_heat_summary (run->heat, rise_c).junction_c, power_mw = 0;

  for (gsize i = 0; i <= run->n_nodes; i++)
    governor->power_mw[i] = 0;
  if (governor->interval_ps > 0)
    {
      int n_draws;
      g_autofree StrataStaticDraw *draws = strata_throttle_draws (throttle, junction_c, &n_draws);

      strata_settle_add_dynamic (run, throttle->band, governor->interval_ps, governor->power_mw);
      strata_energy_static_heat (run->image, run->heat, draws, n_draws, governor->power_mw);
      strata_energy_spread_heat (run->image, run->heat, governor->power_mw);
      power_mw = strata_energy_static_mw (draws, n_draws)
                 + (double) run->modelled->dynamic_fj[throttle->band] / (double) governor->interval_ps;
    }
  strata_heat_step (run->heat, governor->power_mw, step_ps, rise_c);
  return power_mw;
}

/* From from_c to to_c. Returns the energy, fJ. */
static double
advance (Governor *governor, gint64 step_ps)
{
  gsize n = governor->throttle->run->n_nodes;
  gint64 half_ps = step_ps / 2;
  double once_fj, twice_fj;

  for (gsize i = 0; i < n; i++)
    governor->once_c[i] = governor->to_c[i] = governor->from_c[i];
  once_fj = step (governor, step_ps, governor->once_c) * (double) step_ps;
  twice_fj = step (governor, half_ps, governor->to_c) * (double) half_ps;
  twice_fj += step (governor, step_ps - half_ps, governor->to_c) * (double) (step_ps - half_ps);
  for (gsize i = 0; i < n; i++)
    governor->to_c[i] = 2 * governor->to_c[i] - governor->once_c[i];
  return 2 * twice_fj - once_fj;
}

static gboolean
is_watched (const Limit *limit, gint64 interval_ps)
{
  return interval_ps > 0 && limit->crossed != STRATA_THROTTLE_NONE && !limit->is_held
         && (limit->interval_ps == 0 || limit->interval_ps > interval_ps);
}

/* The limit that to_c is above; NULL: none */
static Limit *
find_crossed (Governor *governor)
{
  StrataHeatSummary summary = strata_heat_summary (governor->throttle->run->heat, governor->to_c);

  if (is_watched (&governor->junction, governor->interval_ps) && summary.junction_c > governor->junction.hold_c)
    return &governor->junction;
  if (is_watched (&governor->skin, governor->interval_ps) && summary.skin_c > governor->skin.hold_c)
    return &governor->skin;
  return NULL;
}

/* Within a step that ends above a limit, when it was crossed; to_c is then of that time. */
static gint64
refine (Governor *governor, gint64 step_ps, double *energy_fj)
{
  gint64 before_ps = 0, after_ps = step_ps;

  for (int i = 0; i < N_HALVINGS && after_ps - before_ps > 2; i++)
    {
      gint64 middle_ps = before_ps + (after_ps - before_ps) / 2;

      advance (governor, MAX (middle_ps, 2));
      if (find_crossed (governor) != NULL)
        after_ps = middle_ps;
      else
        before_ps = middle_ps;
    }
  *energy_fj = advance (governor, MAX (after_ps, 2));
  return MAX (after_ps, 2);
}

/* --- the curve --- */

static gboolean
tells_more (const Governor *governor, double junction_c, double skin_c)
{
  const StrataWarmingRecord *last;

  if (governor->warming->len == 0)
    return TRUE;
  last = &g_array_index (governor->warming, StrataWarmingRecord, governor->warming->len - 1);
  if (last->time_ps < governor->start_ps)
    return TRUE;
  return (double) (governor->now_ps - governor->start_ps) > KEPT_RATIO * (double) (last->time_ps - governor->start_ps)
         || fabs (junction_c - last->junction_c) > KEPT_SHARE * governor->span_k
         || fabs (skin_c - last->skin_c) > KEPT_SHARE * governor->span_k;
}

/* @is_end: kept whatever it tells */
static void
add_point (Governor *governor, const double *rise_c, gboolean is_end)
{
  StrataHeatSummary summary = strata_heat_summary (governor->throttle->run->heat, rise_c);
  StrataWarmingRecord point = { governor->now_ps, summary.junction_c, summary.skin_c };

  if (is_end || tells_more (governor, summary.junction_c, summary.skin_c))
    g_array_append_val (governor->warming, point);
}

static gboolean
is_settled (const Governor *governor, const StrataSteady *steady)
{
  StrataHeatSummary summary = strata_heat_summary (governor->throttle->run->heat, governor->to_c);

  return fabs (summary.junction_c - steady->junction_c) <= STEADY_SHARE * governor->span_k
         && fabs (summary.skin_c - steady->skin_c) <= STEADY_SHARE * governor->span_k;
}

/* --- spells --- */

/* Of the step from from_c to to_c, as a share of the rise */
static double
find_change (const Governor *governor)
{
  StrataHeat *heat = governor->throttle->run->heat;

  return fabs (strata_heat_summary (heat, governor->to_c).junction_c
               - strata_heat_summary (heat, governor->from_c).junction_c)
         / governor->span_k;
}

/* As long a step as is exact enough, at most @step_ps */
static gint64
take_step (Governor *governor, gint64 step_ps, double *energy_fj)
{
  *energy_fj = advance (governor, step_ps);
  while (step_ps > 2 * (gint64) FIRST_STEP_PS && find_change (governor) > CHANGE_SHARE * governor->share)
    {
      step_ps /= 2;
      *energy_fj = advance (governor, step_ps);
    }
  return step_ps;
}

/* Runs at interval_ps until a limit is reached, which it returns, or what it settles at is; from_c is then of that
 * time. */
static Limit *
run_spell (Governor *governor, const StrataSteady *steady)
{
  Limit *crossed = NULL;
  gboolean is_done = FALSE;

  governor->start_ps = governor->now_ps;
  governor->energy_fj = 0;
  while (!is_done)
    {
      double passed_ps = (double) (governor->now_ps - governor->start_ps);
      gint64 step_ps =
        (gint64) CLAMP (passed_ps * governor->share, FIRST_STEP_PS, governor->constant_ps * governor->share);
      double energy_fj, *swap = governor->from_c;

      step_ps = take_step (governor, step_ps, &energy_fj);
      crossed = find_crossed (governor);
      if (crossed != NULL)
        step_ps = refine (governor, step_ps, &energy_fj);
      is_done = crossed != NULL || passed_ps > N_TIME_CONSTANTS * governor->constant_ps
                || (!is_watched (&governor->junction, governor->interval_ps)
                    && !is_watched (&governor->skin, governor->interval_ps) && is_settled (governor, steady));
      governor->now_ps += step_ps;
      governor->energy_fj += energy_fj;
      add_point (governor, governor->to_c, is_done);
      governor->from_c = governor->to_c;
      governor->to_c = swap;
    }
  return crossed;
}

/* Where the last spell ends up, a time constant after it has settled there: often it starts there. */
static void
add_steady (Governor *governor, const StrataSteady *steady)
{
  StrataWarmingRecord point = { governor->now_ps + (gint64) governor->constant_ps, steady->junction_c, steady->skin_c };

  g_array_append_val (governor->warming, point);
}

static void
add_spell (Governor *governor, StrataSpellReason reason, const StrataSteady *steady, gboolean is_last)
{
  StrataHeatSummary end = strata_heat_summary (governor->throttle->run->heat, governor->from_c);
  gint64 duration_ps = governor->now_ps - governor->start_ps;
  StrataSpellRecord spell = { governor->start_ps, duration_ps, governor->interval_ps, reason, 0,
                              end.junction_c,     end.skin_c };

  spell.power_mw = governor->energy_fj / (double) duration_ps;
  if (is_last)
    {
      spell.duration_ps = -1;
      spell.power_mw = steady->power_mw;
      spell.junction_c = steady->junction_c;
      spell.skin_c = steady->skin_c;
    }
  g_array_append_val (governor->spells, spell);
}

static void
find_steady (const StrataThrottling *throttle, gint64 interval_ps, StrataSteady *steady)
{
  const StrataModelled *modelled = throttle->run->modelled;
  double ambient_c = throttle->run->image->chip->t_ambient_c;

  if (interval_ps == throttle->interval_ps)
    *steady = (StrataSteady){ modelled->power_mw[throttle->band], modelled->junction_c, modelled->skin_c };
  else if (interval_ps > 0)
    strata_throttle_crossed (throttle, (double) throttle->interval_ps / (double) interval_ps, steady);
  else
    *steady = (StrataSteady){ 0, ambient_c, ambient_c };
}

/* What is held now: the slower of the rates that the limits reached so far allow */
static const Limit *
find_holding (const Governor *governor)
{
  const Limit *junction = &governor->junction, *skin = &governor->skin;

  if (!junction->is_held || !skin->is_held)
    return junction->is_held ? junction : skin;
  if (junction->interval_ps == 0 || skin->interval_ps == 0)
    return junction->interval_ps == 0 ? junction : skin;
  return skin->interval_ps > junction->interval_ps ? skin : junction;
}

static void
init_junction (Limit *limit, const StrataThrottling *throttle)
{
  StrataThrottling alone = *throttle;
  double ambient_c = throttle->run->image->chip->t_ambient_c;
  StrataSteady steady;

  alone.skin_max_c = HUGE_VAL;
  *limit = (Limit){ .reason = STRATA_SPELL_JUNCTION, .hold_c = throttle->junction_max_c };
  limit->interval_ps = strata_throttle_interval (&alone, &limit->crossed);
  if (limit->crossed == STRATA_THROTTLE_NONE)
    return;
  if (limit->interval_ps == 0)
    {
      limit->reason = throttle->run->modelled->runs_away[throttle->band] ? STRATA_SPELL_RUNAWAY : STRATA_SPELL_JUNCTION;
      return;
    }
  find_steady (throttle, limit->interval_ps, &steady);
  if (limit->hold_c - steady.junction_c > RUNAWAY_SHARE * (limit->hold_c - ambient_c))
    limit->reason = STRATA_SPELL_RUNAWAY;
  limit->hold_c = MIN (limit->hold_c, steady.junction_c);
}

static void
init_skin (Limit *limit, const StrataThrottling *throttle)
{
  StrataThrottling alone = *throttle;

  alone.junction_max_c = STRATA_MAX_LEAKAGE_C;
  *limit = (Limit){ .reason = STRATA_SPELL_SKIN, .hold_c = throttle->skin_max_c };
  limit->interval_ps = strata_throttle_interval (&alone, &limit->crossed);
  /* Without the junction's limit what is above every temperature is the junction's too. */
  if (limit->crossed == STRATA_THROTTLE_JUNCTION)
    limit->crossed = STRATA_THROTTLE_NONE;
}

/* How long all of it takes: heat that is stored over heat that leaves, where one power warms it steadily */
static void
init_steps (Governor *governor, gboolean is_cool)
{
  const StrataThrottling *throttle = governor->throttle;
  StrataHeat *heat = throttle->run->heat;
  const double *rise_c = throttle->dynamic_mw > 0 ? throttle->dynamic_c : throttle->static_c;
  double leaving_w = strata_heat_leaving_mw (heat, rise_c) * W_PER_MW, n_unit_steps;
  double stored_j = strata_heat_stored_j (heat, rise_c);
  double work = strata_heat_work (heat), steady_c = throttle->run->modelled->junction_c;

  governor->constant_ps =
    CLAMP (leaving_w > 0 ? stored_j / leaving_w * PS_PER_S : 0, LEAST_CONSTANT_PS, MOST_CONSTANT_PS);
  n_unit_steps = (is_cool ? N_STEADY_CONSTANTS : N_TIME_CONSTANTS) + log (governor->constant_ps / FIRST_STEP_PS);
  governor->share = CLAMP (3 * n_unit_steps * work / (is_cool ? CURVE_WORK : STEP_WORK), LEAST_SHARE, MOST_SHARE);
  governor->span_k = MIN (steady_c, throttle->junction_max_c) - throttle->run->image->chip->t_ambient_c;
}

static gboolean
run_spells (Governor *governor, StrataSpellReason reason, GError **error)
{
  const StrataThrottling *throttle = governor->throttle;
  StrataModelled *modelled = throttle->run->modelled;
  const Limit *holding;
  Limit *crossed;
  StrataSteady steady;

  do
    {
      if (g_cancellable_set_error_if_cancelled (throttle->run->cancellable, error))
        return FALSE;
      find_steady (throttle, governor->interval_ps, &steady);
      crossed = run_spell (governor, &steady);
      add_spell (governor, reason, &steady, crossed == NULL);
      if (crossed == NULL)
        {
          add_steady (governor, &steady);
          return TRUE;
        }
      if (modelled->throttle_after_ps < 0)
        modelled->throttle_after_ps = governor->now_ps;
      crossed->is_held = TRUE;
      holding = find_holding (governor);
      governor->interval_ps = holding->interval_ps;
      reason = holding->reason;
    }
  while (TRUE);
}

gboolean
strata_governor (const StrataThrottling *throttle, GError **error)
{
  StrataModelled *modelled = throttle->run->modelled;
  StrataBand band = throttle->band;
  gsize n = throttle->run->n_nodes + 1;
  gboolean is_budgeted =
    modelled->interval_ps[band] > MAX (modelled->unit_interval_ps[band], throttle->run->image->pace_ps)
    && modelled->interval_ps[band] >= modelled->min_interval_ps;
  Governor governor = { .throttle = throttle, .interval_ps = throttle->interval_ps };
  gboolean ok;

  init_junction (&governor.junction, throttle);
  init_skin (&governor.skin, throttle);
  init_steps (&governor, modelled->throttle == STRATA_THROTTLE_NONE);
  governor.from_c = g_new0 (double, n);
  governor.to_c = g_new0 (double, n);
  governor.once_c = g_new0 (double, n);
  governor.power_mw = g_new0 (double, n);
  governor.spells = g_array_new (FALSE, FALSE, sizeof (StrataSpellRecord));
  governor.warming = g_array_new (FALSE, FALSE, sizeof (StrataWarmingRecord));
  add_point (&governor, governor.from_c, TRUE);
  ok = run_spells (&governor, is_budgeted ? STRATA_SPELL_BUDGET : STRATA_SPELL_NONE, error);
  g_free (governor.from_c);
  g_free (governor.to_c);
  g_free (governor.once_c);
  g_free (governor.power_mw);
  modelled->n_spells = (int) governor.spells->len;
  modelled->spells = (StrataSpellRecord *) g_array_free (governor.spells, FALSE);
  modelled->n_warming = (int) governor.warming->len;
  modelled->warming = (StrataWarmingRecord *) g_array_free (governor.warming, FALSE);
  return ok;
}
