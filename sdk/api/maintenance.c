/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataMaintenance: hands ages of an evaluation to the search for dates, and its dates to whoever asks.
 */
#include "strata/strata-maintenance.h"

#include <math.h>

#include "api/ageing-private.h"
#include "cost/noise.h"
#include "device/program-private.h"
#include "program/maintenance.h"

#define YEAR_S (365 * 86400.0)
#define DEFAULT_YEARS 5
struct _StrataMaintenance
{
  GObject parent_instance;
  StrataAgeing *ageing;
  double target, life_s;
  gboolean is_snr;
  StrataMaintenanceChain **chains; /* [temperature][refreshes only, with recalibrations]; NULL: not run */
  guint n_chains;
  StrataMaintenanceCost cost;
};

G_DEFINE_FINAL_TYPE (StrataMaintenance, strata_maintenance, G_TYPE_OBJECT)

static void
clear (StrataMaintenance *self)
{
  for (guint i = 0; i < self->n_chains; i++)
    strata_maintenance_chain_free (self->chains[i]);
  g_clear_pointer (&self->chains, g_free);
  self->n_chains = 0;
}

static void
strata_maintenance_finalize (GObject *object)
{
  StrataMaintenance *self = STRATA_MAINTENANCE (object);

  clear (self);
  g_clear_object (&self->ageing);
  G_OBJECT_CLASS (strata_maintenance_parent_class)->finalize (object);
}

static void
strata_maintenance_class_init (StrataMaintenanceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_maintenance_finalize;
}

static void
strata_maintenance_init (StrataMaintenance *self)
{
  self->life_s = DEFAULT_YEARS * YEAR_S;
}

StrataMaintenance *
strata_maintenance_new (StrataAgeing *ageing)
{
  StrataMaintenance *self;

  g_return_val_if_fail (STRATA_IS_AGEING (ageing), NULL);
  self = g_object_new (STRATA_TYPE_MAINTENANCE, NULL);
  self->ageing = g_object_ref (ageing);
  return self;
}

void
strata_maintenance_set_target (StrataMaintenance *self, double target, gboolean is_snr)
{
  g_return_if_fail (STRATA_IS_MAINTENANCE (self) && isfinite (target));
  self->target = target, self->is_snr = is_snr;
  clear (self);
}

void
strata_maintenance_set_life (StrataMaintenance *self, double life_s)
{
  g_return_if_fail (STRATA_IS_MAINTENANCE (self) && life_s > 0 && isfinite (life_s));
  self->life_s = life_s;
  clear (self);
}

/* --- running --- */

static StrataProgram *
program_of (const StrataMaintenance *self)
{
  return self->ageing->evaluation->program;
}

static const StrataChipSpec *
chip_of (const StrataMaintenance *self)
{
  return strata_program_get_image (program_of (self))->chip;
}

static StrataMaintenanceLife
life_at (const StrataMaintenance *self, guint temperature)
{
  const double temperature_c = strata_ageing_get_temperature_c (self->ageing, temperature);
  const double rate = strata_cost_effective_age_s (chip_of (self), 1, temperature_c);

  return (StrataMaintenanceLife){ self->life_s, rate };
}

static StrataAged
aged_of (const StrataMaintenance *self, const StrataAgeingPoint *point)
{
  const double n = self->ageing->evaluation->n_trials;

  return self->is_snr ? (StrataAged){ point->snr_db, point->snr_deviation_db / sqrt (n) }
                      : (StrataAged){ point->mean, point->deviation / sqrt (n) };
}

/* What the ageing has run already at @temperature, as effective ages */
static GArray *
list_known (const StrataMaintenance *self, guint temperature)
{
  GArray *known = g_array_new (FALSE, FALSE, sizeof (StrataAgedPoint));
  const StrataMaintenanceLife life = life_at (self, temperature);
  const StrataAgeing *ageing = self->ageing;

  for (guint i = 0; ageing->points != NULL && i < 2 * ageing->n_ages; i++)
    {
      double age_s = ageing->ages_s[i / 2] * life.rate;
      StrataAgedPoint point = { age_s, i % 2 == 1 ? age_s : 0,
                                aged_of (self, &ageing->points[2 * temperature * ageing->n_ages + i]) };

      if (!isnan (point.aged.mean))
        g_array_append_val (known, point);
    }
  return known;
}

/* At one temperature */
typedef struct
{
  const StrataMaintenance *self;
  StrataAgeingWork work;
  guint temperature;
  double rate, horizon_s, done;
} Look;

/* As far as the last calibration is between a second and the horizon, so far is the search. */
static gboolean
look_cb (double age_s, double calibrated_s, StrataAged *aged, gpointer user_data, GError **error)
{
  Look *look = user_data;
  const StrataAgeing *ageing = look->self->ageing;
  StrataConditions conditions = *ageing->evaluation->conditions;
  double part = CLAMP (log1p (calibrated_s) / log1p (look->horizon_s), 0, 1);
  double to = MAX (look->done, 0.2 + 0.8 * (look->temperature + part) / ageing->n_temperatures);
  StrataAgeingPoint point;

  conditions.temperature_c = ageing->temperatures_c[look->temperature];
  conditions.age_s = age_s / look->rate, conditions.calibrated_age_s = calibrated_s / look->rate;
  if (!strata_ageing_run_point (&look->work, &conditions, look->done, to, &point, error))
    return FALSE;
  look->done = to;
  *aged = aged_of (look->self, &point);
  return TRUE;
}

static void
fill_cost (StrataMaintenance *self)
{
  StrataProgram *program = program_of (self);

  self->cost.plan = strata_program_get_plan (program);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      double ps = strata_program_get_programming_figure (program, "recalibration_ps", (StrataBand) band);
      double fj = strata_program_get_programming_figure (program, "recalibration_fj", (StrataBand) band);

      self->cost.recalibration_ps[band] = isnan (ps) ? 0 : ps;
      self->cost.recalibration_fj[band] = isnan (fj) ? 0 : fj;
    }
}

/* Refreshes only, then, from what that looked at on, with recalibrations; the temperature before is the guess. */
static gboolean
find_chains (StrataMaintenance *self, Look *look, GError **error)
{
  const guint t = look->temperature;
  StrataMaintenanceChain **chains = &self->chains[2 * t];
  g_autoptr (GArray) known = list_known (self, t);
  StrataMaintenanceOptions options;

  look->rate = life_at (self, t).rate;
  look->horizon_s = self->life_s * look->rate;
  strata_maintenance_options_default (&options);
  options.target = self->target, options.horizon_s = look->horizon_s;
  options.recalibrates = FALSE;
  options.known = (const StrataAgedPoint *) (gpointer) known->data, options.n_known = (int) known->len;
  options.guess = t > 0 ? self->chains[2 * (t - 1)] : NULL;
  chains[0] = strata_maintenance_chain (&options, look_cb, look, error);
  if (chains[0] == NULL || !self->ageing->recalibrate)
    return chains[0] != NULL;
  options.recalibrates = TRUE;
  options.known = chains[0]->points, options.n_known = chains[0]->n_points;
  options.guess = t > 0 ? self->chains[2 * (t - 1) + 1] : NULL;
  chains[1] = strata_maintenance_chain (&options, look_cb, look, error);
  return chains[1] != NULL;
}

gboolean
strata_maintenance_run (
  StrataMaintenance *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error)
{
  Look look = { .self = self, .done = 0.2 };
  StrataConditions whole = { 0, 0, 0, (double) NAN };
  gboolean ok;

  g_return_val_if_fail (STRATA_IS_MAINTENANCE (self), FALSE);
  g_return_val_if_fail (self->ageing->evaluation->samples != NULL, FALSE);
  clear (self);
  whole.age_s = self->life_s;
  if (!strata_conditions_check (&whole, error))
    return FALSE;
  self->n_chains = 2 * self->ageing->n_temperatures;
  self->chains = g_new0 (StrataMaintenanceChain *, self->n_chains);
  ok = strata_ageing_begin (self->ageing->evaluation, progress, user_data, cancellable, &look.work, error);
  if (ok)
    {
      look.work.pass.stage = "maintenance";
      fill_cost (self);
    }
  for (guint t = 0; ok && t < self->ageing->n_temperatures; t++)
    {
      look.temperature = t;
      ok = find_chains (self, &look, error);
    }
  strata_ageing_end (&look.work);
  if (!ok)
    clear (self);
  return ok;
}

/* --- results --- */

static const StrataMaintenanceChain *
chain_of (const StrataMaintenance *self, guint temperature, gboolean recalibrated)
{
  const guint i = 2 * temperature + (recalibrated ? 1 : 0);

  return i < self->n_chains ? self->chains[i] : NULL;
}

/* What ages only by the model: all of it where cells were never measured in time */
static gboolean
is_beyond (const StrataMaintenance *self, double effective_s)
{
  return effective_s > strata_cost_retention_measured_s (chip_of (self)->cell_model);
}

static double
get_cycle_s (const StrataMaintenanceChain *chain, const StrataMaintenanceLife *life)
{
  const StrataMaintenanceStep *last = chain->n_steps > 0 ? &chain->steps[chain->n_steps - 1] : NULL;

  return last != NULL && last->action == STRATA_MAINTENANCE_REFRESH ? last->age_s / life->rate : (double) INFINITY;
}

StrataMaintenanceState
strata_maintenance_get_state (StrataMaintenance *self, guint temperature, gboolean recalibrated)
{
  const StrataMaintenanceChain *chain;
  StrataMaintenanceLife life;
  StrataMaintenanceTotals totals;

  g_return_val_if_fail (STRATA_IS_MAINTENANCE (self), STRATA_MAINTENANCE_NEVER_MET);
  chain = chain_of (self, temperature, recalibrated);
  if (chain == NULL || !chain->is_met)
    return STRATA_MAINTENANCE_NEVER_MET;
  life = life_at (self, temperature);
  strata_maintenance_totals (chain, &life, &self->cost, &totals);
  if (totals.duty[STRATA_BAND_NOMINAL] >= 1)
    return STRATA_MAINTENANCE_TOO_OFTEN;
  return totals.wear[STRATA_BAND_NOMINAL] > 1 ? STRATA_MAINTENANCE_WORN_OUT : STRATA_MAINTENANCE_KEPT;
}

double
strata_maintenance_get_figure (
  StrataMaintenance *self, guint temperature, gboolean recalibrated, const char *name, StrataBand band)
{
  const StrataMaintenanceChain *chain;
  StrataMaintenanceLife life;
  StrataMaintenanceTotals totals;
  double cycle_s;

  g_return_val_if_fail (STRATA_IS_MAINTENANCE (self) && name != NULL, (double) NAN);
  g_return_val_if_fail ((guint) band < STRATA_N_BANDS, (double) NAN);
  chain = chain_of (self, temperature, recalibrated);
  if (chain == NULL || !chain->is_met)
    return (double) NAN;
  life = life_at (self, temperature);
  strata_maintenance_totals (chain, &life, &self->cost, &totals);
  cycle_s = get_cycle_s (chain, &life);
  const struct
  {
    const char *name;
    double value;
  } known[] = {
    { "recalibrations", totals.n_recalibrations },
    { "refreshes", totals.n_refreshes },
    { "loads", totals.n_loads },
    { "time_ps", totals.time_ps[band] },
    { "energy_fj", totals.energy_fj[band] },
    { "power_mw", totals.power_mw[band] },
    { "duty", totals.duty[band] },
    { "downtime_s", totals.duty[band] * YEAR_S },
    { "longest_ps", totals.longest_ps[band] },
    { "wear", totals.wear[band] },
    { "worn_out_s", totals.worn_out_s[band] },
    { "cycle_s", cycle_s },
    { "is_extrapolated", is_beyond (self, MIN (cycle_s, life.life_s) * life.rate) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      return known[i].value;
  return (double) NAN;
}

guint64
strata_maintenance_get_n_events (StrataMaintenance *self, guint temperature, gboolean recalibrated)
{
  const StrataMaintenanceChain *chain;
  StrataMaintenanceLife life;
  double n_recalibrations, n_refreshes;

  g_return_val_if_fail (STRATA_IS_MAINTENANCE (self), 0);
  chain = chain_of (self, temperature, recalibrated);
  if (chain == NULL)
    return 0;
  life = life_at (self, temperature);
  strata_maintenance_count (chain, &life, &n_recalibrations, &n_refreshes);
  return (guint64) (n_recalibrations + n_refreshes);
}

double
strata_maintenance_get_event (
  StrataMaintenance *self, guint temperature, gboolean recalibrated, guint64 event, const char *name)
{
  const StrataMaintenanceStep *step;
  StrataMaintenanceLife life;
  gboolean is_refresh;
  double at_s;

  g_return_val_if_fail (STRATA_IS_MAINTENANCE (self) && name != NULL, (double) NAN);
  g_return_val_if_fail (event < strata_maintenance_get_n_events (self, temperature, recalibrated), (double) NAN);
  life = life_at (self, temperature);
  step = strata_maintenance_event (chain_of (self, temperature, recalibrated), &life, event, &at_s);
  is_refresh = step->action == STRATA_MAINTENANCE_REFRESH;
  const StrataMaintenanceCost *cost = &self->cost;
  const StrataBand nominal = STRATA_BAND_NOMINAL;
  const struct
  {
    const char *name;
    double value;
  } known[] = {
    { "at_s", at_s },
    { "age_s", step->age_s / life.rate },
    { "missed_s", step->missed_s / life.rate },
    { "earliest_s", step->earliest_s / life.rate },
    { "latest_s", step->latest_s / life.rate },
    { "before", step->before.mean },
    { "before_error", step->before.error },
    { "after", step->after.mean },
    { "after_error", step->after.error },
    { "is_refresh", is_refresh },
    { "is_extrapolated", is_beyond (self, step->age_s) },
    { "time_ps", cost->recalibration_ps[nominal] + (is_refresh ? (double) cost->plan->time_ps[nominal] : 0) },
    { "energy_fj", cost->recalibration_fj[nominal] + (is_refresh ? cost->plan->energy_fj[nominal] : 0) },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (name, known[i].name))
      return known[i].value;
  return (double) NAN;
}

/* With recalibrations, where there are some: it has the points of refreshes only, too */
static const StrataMaintenanceChain *
whole_chain (const StrataMaintenance *self, guint temperature)
{
  const StrataMaintenanceChain *chain = chain_of (self, temperature, TRUE);

  return chain != NULL ? chain : chain_of (self, temperature, FALSE);
}

guint
strata_maintenance_get_n_points (StrataMaintenance *self, guint temperature)
{
  const StrataMaintenanceChain *chain;

  g_return_val_if_fail (STRATA_IS_MAINTENANCE (self), 0);
  chain = whole_chain (self, temperature);
  return chain != NULL ? (guint) chain->n_points : 0;
}

double
strata_maintenance_get_point (
  StrataMaintenance *self, guint temperature, guint point, double *age_s, double *calibrated_s, double *error)
{
  const StrataAgedPoint *found;
  StrataMaintenanceLife life;

  g_return_val_if_fail (STRATA_IS_MAINTENANCE (self), (double) NAN);
  g_return_val_if_fail (point < strata_maintenance_get_n_points (self, temperature), (double) NAN);
  found = &whole_chain (self, temperature)->points[point];
  life = life_at (self, temperature);
  if (age_s != NULL)
    *age_s = found->age_s / life.rate;
  if (calibrated_s != NULL)
    *calibrated_s = found->calibrated_s / life.rate;
  if (error != NULL)
    *error = found->aged.error;
  return found->aged.mean;
}

const char *
strata_maintenance_get_endurance_source (StrataMaintenance *self, const char **tag)
{
  static const char *const tags[] = { [STRATA_TAG_ASSUMED] = "assumed",
                                      [STRATA_TAG_DERIVED] = "derived",
                                      [STRATA_TAG_PUBLISHED] = "published",
                                      [STRATA_TAG_MEASURED] = "measured" };
  const StrataChipSpec *chip;

  g_return_val_if_fail (STRATA_IS_MAINTENANCE (self) && tag != NULL, NULL);
  chip = chip_of (self);
  *tag = tags[STRATA_TAG_ASSUMED];
  for (int i = 0; i < chip->n_provenance; i++)
    if (g_str_equal (chip->provenance[i].field, "endurance"))
      {
        *tag = tags[chip->provenance[i].tag];
        return chip->provenance[i].source;
      }
  return NULL;
}
