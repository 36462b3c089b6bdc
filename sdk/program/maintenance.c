/* SPDX-License-Identifier: Apache-2.0
 *
 * Dates of recalibrations and refreshes: for each the interval in which the target is lost is found by going on in age
 * by a factor, then halved on the logarithm of age, along which cells lose what they hold. All points of a chain come
 * from the same seeds, so that differences between them are those of age.
 */
#include "program/maintenance.h"

#include <math.h>

#define FJ_PER_S_MW 1e-12
#define PS_PER_S 1e12
/* Ages that differ by less are not told apart. */
#define START_S 1.0
/* How far to look at first, and between which limits by the step before */
#define FIRST_FACTOR 8.0
#define LEAST_FACTOR 2.0
#define MOST_FACTOR 64.0

typedef struct
{
  const StrataMaintenanceOptions *options;
  StrataAgedFunc func;
  gpointer user_data;
  GArray *points, *steps;
} Search;

void
strata_maintenance_options_default (StrataMaintenanceOptions *options)
{
  *options = (StrataMaintenanceOptions){ .tolerance = 0.05, .least_hold = 0.1, .recalibrates = TRUE };
}

/* --- the chain --- */

static gboolean
look (Search *search, double age_s, double calibrated_s, StrataAged *aged, GError **error)
{
  StrataAgedPoint point = { age_s, calibrated_s, { NAN, NAN } };

  for (guint i = 0; i < search->points->len; i++)
    {
      const StrataAgedPoint *seen = &g_array_index (search->points, StrataAgedPoint, i);

      if (seen->age_s != age_s || seen->calibrated_s != calibrated_s)
        continue;
      *aged = seen->aged;
      return TRUE;
    }
  if (!search->func (age_s, calibrated_s, &point.aged, search->user_data, error))
    return FALSE;
  g_array_append_val (search->points, point);
  *aged = point.aged;
  return TRUE;
}

static gboolean
is_met (const Search *search, const StrataAged *aged)
{
  return aged->mean >= search->options->target;
}

/* What is known already of these corrections: the latest that meets the target before any that misses it, and that. */
static void
narrow (const Search *search, double calibrated_s, double *met_s, double *missed_s)
{
  *missed_s = INFINITY;
  for (guint i = 0; i < search->points->len; i++)
    {
      const StrataAgedPoint *seen = &g_array_index (search->points, StrataAgedPoint, i);

      if (seen->calibrated_s == calibrated_s && seen->age_s > *met_s && !is_met (search, &seen->aged))
        *missed_s = MIN (*missed_s, seen->age_s);
    }
  for (guint i = 0; i < search->points->len; i++)
    {
      const StrataAgedPoint *seen = &g_array_index (search->points, StrataAgedPoint, i);

      if (seen->calibrated_s == calibrated_s && seen->age_s < *missed_s)
        *met_s = MAX (*met_s, seen->age_s);
    }
}

/* The next date of the guess, from both sides: where it is right nothing is left to do. */
static gboolean
try_guess (Search *search, double calibrated_s, double *met_s, double *missed_s, GError **error)
{
  const StrataMaintenanceChain *guess = search->options->guess;
  const StrataMaintenanceStep *step =
    guess != NULL && (int) search->steps->len < guess->n_steps ? &guess->steps[search->steps->len] : NULL;
  const double ages_s[] = { step != NULL ? step->age_s : 0, step != NULL ? step->missed_s : 0 };
  StrataAged aged;

  for (int i = 0; i < 2; i++)
    if (ages_s[i] > *met_s && ages_s[i] < MIN (*missed_s, search->options->horizon_s))
      {
        if (!look (search, ages_s[i], calibrated_s, &aged, error))
          return FALSE;
        *(is_met (search, &aged) ? met_s : missed_s) = ages_s[i];
      }
  return TRUE;
}

/* From *@met_s, which meets the target. *@missed_s infinite: the horizon does, too. */
static gboolean
find_due (Search *search, double calibrated_s, double *met_s, double *missed_s, GError **error)
{
  const StrataMaintenanceOptions *options = search->options;
  double factor = calibrated_s > 0 ? CLAMP (*met_s / calibrated_s, LEAST_FACTOR, MOST_FACTOR) : FIRST_FACTOR;
  StrataAged aged;

  narrow (search, calibrated_s, met_s, missed_s);
  if (!try_guess (search, calibrated_s, met_s, missed_s, error))
    return FALSE;
  for (; isinf (*missed_s) && *met_s < options->horizon_s; factor = MIN (factor * factor, MOST_FACTOR))
    {
      double at_s = MIN (*met_s * factor, options->horizon_s);

      if (!look (search, at_s, calibrated_s, &aged, error))
        return FALSE;
      *(is_met (search, &aged) ? met_s : missed_s) = at_s;
    }
  while (isfinite (*missed_s) && *missed_s > *met_s * (1 + options->tolerance))
    {
      double at_s = sqrt (*met_s * *missed_s);

      if (!look (search, at_s, calibrated_s, &aged, error))
        return FALSE;
      *(is_met (search, &aged) ? met_s : missed_s) = at_s;
    }
  return TRUE;
}

static int
compare_points (gconstpointer a, gconstpointer b)
{
  const StrataAgedPoint *x = a, *y = b;

  if (x->calibrated_s != y->calibrated_s)
    return x->calibrated_s < y->calibrated_s ? -1 : 1;
  return (x->age_s > y->age_s) - (x->age_s < y->age_s);
}

/* Where the mean and @errors times its error fall below the target first, along ln (age), among points that are sorted
 */
static double
crossing (const Search *search, double calibrated_s, double errors)
{
  const StrataAgedPoint *before = NULL;

  for (guint i = 0; i < search->points->len; i++)
    {
      const StrataAgedPoint *point = &g_array_index (search->points, StrataAgedPoint, i);
      double over = point->aged.mean + errors * point->aged.error - search->options->target;

      if (point->calibrated_s != calibrated_s)
        continue;
      if (isnan (over))
        return NAN;
      if (over < 0 && before == NULL)
        return point->age_s;
      if (over < 0)
        {
          double last = before->aged.mean + errors * before->aged.error - search->options->target;
          double from = log (MAX (before->age_s, START_S)), to = log (MAX (point->age_s, START_S));

          return exp (from + (isfinite (last) ? last / (last - over) : 1) * (to - from));
        }
      before = point;
    }
  return INFINITY;
}

/* Whether corrections that are set at @age_s meet the target, and go on to */
static gboolean
try_recalibration (Search *search, double age_s, StrataAged *after, gboolean *holds, GError **error)
{
  const StrataMaintenanceOptions *options = search->options;
  StrataAged later;

  *holds = FALSE;
  if (!options->recalibrates)
    return TRUE;
  if (!look (search, age_s, age_s, after, error))
    return FALSE;
  if (!is_met (search, after))
    return TRUE;
  if (!look (search, MIN (age_s * (1 + options->least_hold), options->horizon_s), age_s, &later, error))
    return FALSE;
  *holds = is_met (search, &later);
  return TRUE;
}

/* One step; *@calibrated_s negative: there is none after it. */
static gboolean
add_step (Search *search, const StrataAged *fresh, double *calibrated_s, GError **error)
{
  double met_s = *calibrated_s > 0 ? *calibrated_s * (1 + search->options->least_hold) : START_S, missed_s;
  StrataMaintenanceStep step = { .calibrated_s = *calibrated_s };
  gboolean holds;

  if (!find_due (search, *calibrated_s, &met_s, &missed_s, error))
    return FALSE;
  *calibrated_s = -1;
  if (isinf (missed_s) || met_s >= search->options->horizon_s)
    return TRUE;
  step.age_s = met_s, step.missed_s = missed_s;
  if (!look (search, met_s, step.calibrated_s, &step.before, error)
      || !try_recalibration (search, met_s, &step.after, &holds, error))
    return FALSE;
  g_array_sort (search->points, compare_points);
  step.earliest_s = MIN (crossing (search, step.calibrated_s, -1), met_s);
  step.latest_s = crossing (search, step.calibrated_s, 1);
  if (isnan (step.before.error))
    step.earliest_s = step.latest_s = NAN;
  step.action = holds ? STRATA_MAINTENANCE_RECALIBRATE : STRATA_MAINTENANCE_REFRESH;
  if (holds)
    *calibrated_s = met_s;
  else
    step.after = *fresh;
  g_array_append_val (search->steps, step);
  return TRUE;
}

StrataMaintenanceChain *
strata_maintenance_chain (const StrataMaintenanceOptions *options,
                          StrataAgedFunc func,
                          gpointer user_data,
                          GError **error)
{
  StrataMaintenanceChain *chain = g_new0 (StrataMaintenanceChain, 1);
  Search search = { options, func, user_data, g_array_new (FALSE, FALSE, sizeof (StrataAgedPoint)),
                    g_array_new (FALSE, FALSE, sizeof (StrataMaintenanceStep)) };
  StrataAged soon;
  double calibrated_s = 0;
  gboolean ok;

  g_assert (func != NULL && options->tolerance > 0 && options->least_hold > 0 && isfinite (options->horizon_s));
  g_array_append_vals (search.points, options->known, (guint) options->n_known);
  ok = look (&search, 0, 0, &chain->fresh, error) && look (&search, START_S, 0, &soon, error);
  chain->is_met = ok && is_met (&search, &chain->fresh) && is_met (&search, &soon);
  while (ok && chain->is_met && calibrated_s >= 0)
    ok = add_step (&search, &chain->fresh, &calibrated_s, error);
  g_array_sort (search.points, compare_points);
  chain->n_points = (int) search.points->len, chain->n_steps = (int) search.steps->len;
  chain->points = (StrataAgedPoint *) (gpointer) g_array_free (search.points, FALSE);
  chain->steps = (StrataMaintenanceStep *) (gpointer) g_array_free (search.steps, FALSE);
  if (!ok)
    g_clear_pointer (&chain, strata_maintenance_chain_free);
  return chain;
}

void
strata_maintenance_chain_free (StrataMaintenanceChain *chain)
{
  if (chain == NULL)
    return;
  g_free (chain->points);
  g_free (chain->steps);
  g_free (chain);
}

/* --- over a life --- */

/* From one refresh to the next, seconds of the life; infinite: there is none */
static double
cycle_s (const StrataMaintenanceChain *chain, const StrataMaintenanceLife *life)
{
  const StrataMaintenanceStep *last = chain->n_steps > 0 ? &chain->steps[chain->n_steps - 1] : NULL;

  return last != NULL && last->action == STRATA_MAINTENANCE_REFRESH ? last->age_s / life->rate : INFINITY;
}

void
strata_maintenance_count (const StrataMaintenanceChain *chain,
                          const StrataMaintenanceLife *life,
                          double *n_recalibrations,
                          double *n_refreshes)
{
  const double whole_s = cycle_s (chain, life);
  double left_s = life->life_s;

  *n_refreshes = 0;
  if (isfinite (whole_s))
    {
      *n_refreshes = MAX (ceil (life->life_s / whole_s) - 1, 0);
      left_s -= *n_refreshes * whole_s;
    }
  *n_recalibrations = 0;
  for (int i = 0; i < chain->n_steps; i++)
    if (chain->steps[i].action == STRATA_MAINTENANCE_RECALIBRATE)
      *n_recalibrations += *n_refreshes + (chain->steps[i].age_s / life->rate < left_s ? 1 : 0);
}

const StrataMaintenanceStep *
strata_maintenance_event (const StrataMaintenanceChain *chain,
                          const StrataMaintenanceLife *life,
                          guint64 index,
                          double *at_s)
{
  const double whole_s = cycle_s (chain, life);
  const guint64 n = (guint64) chain->n_steps;

  g_return_val_if_fail (n > 0 && (isfinite (whole_s) || index < n), NULL);
  *at_s = chain->steps[index % n].age_s / life->rate;
  if (isfinite (whole_s))
    *at_s += (double) (index / n) * whole_s;
  return &chain->steps[index % n];
}

void
strata_maintenance_totals (const StrataMaintenanceChain *chain,
                           const StrataMaintenanceLife *life,
                           const StrataMaintenanceCost *cost,
                           StrataMaintenanceTotals *totals)
{
  const StrataProgrammingPlan *plan = cost->plan;
  double n_calibrations;

  strata_maintenance_count (chain, life, &totals->n_recalibrations, &totals->n_refreshes);
  n_calibrations = totals->n_recalibrations + totals->n_refreshes;
  totals->n_loads = 1 + totals->n_refreshes;
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      totals->time_ps[band] =
        n_calibrations * cost->recalibration_ps[band] + totals->n_refreshes * (double) plan->time_ps[band];
      totals->energy_fj[band] =
        n_calibrations * cost->recalibration_fj[band] + totals->n_refreshes * plan->energy_fj[band];
      totals->power_mw[band] = totals->energy_fj[band] * FJ_PER_S_MW / life->life_s;
      totals->duty[band] = totals->time_ps[band] / PS_PER_S / life->life_s;
      totals->longest_ps[band] = (n_calibrations > 0 ? cost->recalibration_ps[band] : 0)
                                 + (totals->n_refreshes > 0 ? (double) plan->time_ps[band] : 0);
      totals->wear[band] = totals->n_loads / plan->loads[band];
      totals->worn_out_s[band] = plan->loads[band] * cycle_s (chain, life);
    }
}
