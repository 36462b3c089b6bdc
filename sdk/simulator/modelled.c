/* SPDX-License-Identifier: Apache-2.0
 *
 * The modelled run of one inference: time, energy, power and heat from timing, energy and heat, in all bands. Energies
 * of the bands are nominal counters x band constants; times of the bands are re-runs without events (design 7), held in
 * order. An estimate takes counts and times from estimate.c instead and has no events.
 */
#include "program/execute.h"
#include "simulator/estimate.h"
#include "simulator/modelled-private.h"

#include <math.h>

#define N_POWER_BINS 512
#define MAX_HEAT_STEPS 256
#define HEAT_WORK 2e8      /* arithmetic operations that the transient may take, a fraction of a second */
#define HEAT_RECORDS 65536 /* temperatures of single stacks over time that a run keeps, at most */

/* --- time --- */

static gboolean
time_band (StrataModelRun *run, StrataBand band, GError **error)
{
  StrataModelled *modelled = run->modelled;
  StrataTimingOptions options = { .band = band, .n_inferences = 1, .no_events = TRUE, .cancellable = run->cancellable };

  if (band == STRATA_BAND_NOMINAL)
    modelled->latency_ps[band] = modelled->timing->latency_ps;
  else
    {
      g_autoptr (StrataTiming) single = strata_timing_run (run->image, &options, error);

      if (single == NULL)
        return FALSE;
      modelled->latency_ps[band] = single->latency_ps;
    }
  options.n_inferences = strata_execute_inferences (run->image->schedule);
  g_autoptr (StrataTiming) many = strata_timing_run (run->image, &options, error);
  if (many == NULL)
    return FALSE;
  modelled->unit_interval_ps[band] = MAX (many->interval_ps, 1);
  return TRUE;
}

static gboolean
time_nominal (StrataModelRun *run, GError **error)
{
  StrataTimingOptions options = { .n_inferences = 1, .cancellable = run->cancellable };
  StrataTiming *timing = strata_timing_run (run->image, &options, error);

  if (timing == NULL)
    return FALSE;
  run->modelled->timing = timing;
  run->modelled->host_ps = timing->host_ps;
  run->modelled->unit_busy_ps = g_memdup2 (timing->unit_busy_ps, sizeof (gint64) * MAX (timing->n_units, 1));
  return TRUE;
}

static gboolean
estimate_band (StrataModelRun *run, StrataBand band, GError **error)
{
  StrataModelled *modelled = run->modelled;
  g_autoptr (StrataTiming) timing = g_new0 (StrataTiming, 1);

  timing->n_units = run->image->schedule->n_units;
  timing->n_inferences = 1;
  timing->unit_busy_ps = g_new0 (gint64, timing->n_units + 1);
  if (!strata_estimate_times (run->image, band, timing, run->cancellable, error))
    return FALSE;
  modelled->latency_ps[band] = timing->latency_ps;
  modelled->unit_interval_ps[band] = timing->interval_ps;
  if (band != STRATA_BAND_NOMINAL)
    return TRUE;
  modelled->host_ps = timing->host_ps;
  modelled->unit_busy_ps = g_memdup2 (timing->unit_busy_ps, sizeof (gint64) * MAX (timing->n_units, 1));
  modelled->timing = g_steal_pointer (&timing);
  return TRUE;
}

/* --- temperatures --- */

static void
add_temperature (GArray *records, gint64 time_ps, StrataHeatNode node, int stack, int tier, double temperature_c)
{
  StrataTemperatureRecord record = { time_ps, node, stack, tier, temperature_c };

  g_array_append_val (records, record);
}

static void
add_summary (GArray *records, const StrataHeat *heat, const double *rise_c, gint64 time_ps)
{
  StrataHeatSummary summary = strata_heat_summary (heat, rise_c);

  add_temperature (records, time_ps, STRATA_HEAT_JUNCTION, -1, -1, summary.junction_c);
  add_temperature (records, time_ps, STRATA_HEAT_PACKAGE, -1, -1, summary.package_c);
  add_temperature (records, time_ps, STRATA_HEAT_SKIN, -1, -1, summary.skin_c);
}

static void
add_steady (StrataModelRun *run, GArray *records)
{
  const StrataChipSpec *chip = run->image->chip;

  if (run->modelled->runs_away[STRATA_BAND_NOMINAL])
    return;
  add_summary (records, run->heat, run->rise_c, -1);
  for (int stack = 0; stack < chip->n_stacks; stack++)
    for (int tier = -1; tier < chip->tiers; tier++)
      add_temperature (records, -1, tier < 0 ? STRATA_HEAT_BASE : STRATA_HEAT_STACK_TIER, stack, tier,
                       strata_heat_tier_c (run->heat, run->rise_c, stack, tier));
}

/* Heat of the bursts within [0, n_steps * step_ps), fJ per step and node */
static double *
spread_heat (const StrataModelRun *run, int n_steps, gint64 step_ps)
{
  const StrataTiming *timing = run->modelled->timing;
  gsize row = run->n_nodes + 1;
  double *node_fj = g_new0 (double, row *n_steps);

  for (gsize i = 0; i < timing->n_events; i++)
    {
      const StrataEventRecord *event = &timing->events[i];
      gint64 end_ps = event->start_ps + MAX (event->duration_ps, 1);

      for (gint64 step = event->start_ps / step_ps; step < n_steps && step * step_ps < end_ps; step++)
        {
          gint64 from_ps = MAX (event->start_ps, step * step_ps), to_ps = MIN (end_ps, (step + 1) * step_ps);

          if (event->instruction >= 0)
            strata_energy_heat (run->image, run->heat, run->tables[0], event,
                                (double) (to_ps - from_ps) / (double) (end_ps - event->start_ps), node_fj + row * step);
        }
    }
  return node_fj;
}

/* The inference alone, from the steady state at the mean power on, or from cold where there is none. */
static gboolean
add_transient (StrataModelRun *run, GArray *records, GError **error)
{
  int n_stacks = run->image->chip->n_stacks;
  gint64 latency_ps = MAX (run->modelled->latency_ps[0], 1);
  int n_steps = (int) CLAMP (HEAT_WORK / strata_heat_work (run->heat), 8, MAX_HEAT_STEPS);
  gint64 step_ps = (latency_ps + n_steps - 1) / n_steps;
  g_autofree double *node_fj = NULL, *power_mw = g_new0 (double, run->n_nodes + 1);
  g_autofree double *rise_c = g_memdup2 (run->rise_c, sizeof (double) * run->n_nodes);
  int every;

  n_steps = (int) ((latency_ps + step_ps - 1) / step_ps);
  every = MAX (1, (int) ((gint64) n_stacks * n_steps / HEAT_RECORDS));
  node_fj = spread_heat (run, n_steps, step_ps);
  for (int step = 0; step < n_steps; step++)
    {
      if (g_cancellable_set_error_if_cancelled (run->cancellable, error))
        return FALSE;
      for (gsize i = 0; i <= run->n_nodes; i++)
        power_mw[i] = node_fj[(run->n_nodes + 1) * step + i] / (double) step_ps;
      strata_energy_static_heat (run->image, run->heat, run->draws[0], run->n_draws[0], power_mw);
      strata_energy_spread_heat (run->image, run->heat, power_mw);
      strata_heat_step (run->heat, power_mw, step_ps, rise_c);
      add_summary (records, run->heat, rise_c, (step + 1) * step_ps);
      for (int stack = 0; stack < n_stacks && (step + 1) % every == 0; stack++)
        add_temperature (records, (step + 1) * step_ps, STRATA_HEAT_BASE, stack, -1,
                         strata_heat_tier_c (run->heat, rise_c, stack, -1));
    }
  return TRUE;
}

/* --- assembly --- */

/* Faster actions may bring bursts into an order that ends later (Graham's anomalies). A faster chip can hold bursts
 * back to their nominal starts, so that it never has to be slower; and what a slower one gains so is not to be counted
 * on. */
static void
order_bands (gint64 *times_ps)
{
  times_ps[STRATA_BAND_OPTIMISTIC] = MIN (times_ps[STRATA_BAND_OPTIMISTIC], times_ps[STRATA_BAND_NOMINAL]);
  times_ps[STRATA_BAND_CONSERVATIVE] = MAX (times_ps[STRATA_BAND_CONSERVATIVE], times_ps[STRATA_BAND_NOMINAL]);
}

static gboolean
run_init (StrataModelRun *run, gboolean bands, GError **error)
{
  StrataModelled *modelled = run->modelled;
  gboolean estimate = modelled->fidelity == STRATA_FIDELITY_ESTIMATE;
  gint64 n_switches;

  if (!estimate && !time_nominal (run, error))
    return FALSE;
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      run->tables[band] = strata_energy_table (run->image, bands ? band : STRATA_BAND_NOMINAL);
      if ((bands || band == 0) && !(estimate ? estimate_band (run, band, error) : time_band (run, band, error)))
        return FALSE;
    }
  if (bands)
    {
      order_bands (modelled->latency_ps);
      order_bands (modelled->unit_interval_ps);
    }
  strata_energy_fill (run->tables[0], modelled->timing->events, modelled->timing->n_events);
  run->counts = estimate ? strata_estimate_count (run->image, &n_switches)
                         : strata_energy_count (run->image, modelled->timing->events, modelled->timing->n_events);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      modelled->dynamic_fj[band] = strata_energy_dynamic (run->image, run->tables[band], run->counts);
      modelled->host_fj[band] = strata_energy_host_fj (run->image, bands ? band : STRATA_BAND_NOMINAL);
    }
  run->on = strata_energy_stacks_on (run->image, &modelled->n_stacks_on);
  run->heat = strata_heat_new (run->image->chip);
  run->n_nodes = strata_heat_n_nodes (run->heat);
  run->node_fj = g_new0 (double, run->n_nodes + 1);
  run->node_mw = g_new0 (double, run->n_nodes + 1);
  run->rise_c = g_new0 (double, run->n_nodes + 1);
  run->sustained_c = g_new0 (double, run->n_nodes + 1);
  return TRUE;
}

static void
run_finish (StrataModelRun *run)
{
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      g_free (run->tables[band]);
      g_free (run->draws[band]);
    }
  g_free (run->counts);
  g_free (run->on);
  strata_heat_free (run->heat);
  g_free (run->node_fj);
  g_free (run->node_mw);
  g_free (run->rise_c);
  g_free (run->sustained_c);
  strata_modelled_free (run->modelled);
}

static void
copy_nominal (StrataModelRun *run)
{
  StrataModelled *modelled = run->modelled;

  for (int band = 1; band < STRATA_N_BANDS; band++)
    {
      modelled->latency_ps[band] = modelled->latency_ps[0];
      modelled->interval_ps[band] = modelled->interval_ps[0];
      modelled->unit_interval_ps[band] = modelled->unit_interval_ps[0];
      modelled->throttle_interval_ps[band] = modelled->throttle_interval_ps[0];
      modelled->static_mw[band] = modelled->static_mw[0];
      modelled->power_mw[band] = modelled->power_mw[0];
      modelled->runs_away[band] = modelled->runs_away[0];
      g_clear_pointer (&run->draws[band], g_free);
      run->draws[band] = g_memdup2 (run->draws[0], sizeof (StrataStaticDraw) * MAX (run->n_draws[0], 1));
      run->n_draws[band] = run->n_draws[0];
    }
}

/* Dynamic energy is bounded with the program (STRATA_SCHEDULE_MOST); leakage depends on temperature and shows here. */
static gboolean
check_static (const StrataModelRun *run, GError **error)
{
  const StrataModelled *modelled = run->modelled;

  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      double static_fj = modelled->static_mw[band] * (double) modelled->latency_ps[band];

      if (static_fj < STRATA_SCHEDULE_MOST)
        continue;
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                   "program: static power of %.3g mW over %.3g s comes to %.3g J, and at most %.3g J can be counted in "
                   "femtojoules; look for a wrong unit in the leakage, area and times of %s",
                   modelled->static_mw[band], (double) modelled->latency_ps[band] * 1e-12, static_fj * 1e-15,
                   STRATA_SCHEDULE_MOST * 1e-15, run->image->chip->name);
      return FALSE;
    }
  return TRUE;
}

static void
sum_energy (StrataModelRun *run)
{
  StrataModelled *modelled = run->modelled;

  modelled->energy = strata_energy_records (run->image, run->counts, (const StrataActionEnergy *const *) run->tables,
                                            (const StrataStaticDraw *const *) run->draws, run->n_draws,
                                            modelled->latency_ps, &modelled->n_energy);
  for (int i = 0; i < modelled->n_energy; i++)
    for (int band = 0; band < STRATA_N_BANDS; band++)
      modelled->energy_fj[band] += modelled->energy[i].energy_fj[band];
}

static gboolean
run_model (StrataModelRun *run, gboolean bands, GError **error)
{
  StrataModelled *modelled = run->modelled;
  g_autoptr (GArray) temperature = g_array_new (FALSE, FALSE, sizeof (StrataTemperatureRecord));

  if (!run_init (run, bands, error))
    return FALSE;
  strata_settle (run, bands);
  if (!strata_throttle (run, bands, error))
    return FALSE;
  if (!bands)
    copy_nominal (run);
  if (!check_static (run, error))
    return FALSE;
  sum_energy (run);
  strata_warmth (run);
  add_steady (run, temperature);
  if (modelled->fidelity == STRATA_FIDELITY_TIMING)
    {
      modelled->power = strata_energy_bins (run->tables[0], modelled->timing, run->draws[0], run->n_draws[0],
                                            N_POWER_BINS, &modelled->n_power);
      modelled->peak_mw = strata_energy_peak_mw (modelled->power, modelled->n_power);
      if (!add_transient (run, temperature, error))
        return FALSE;
      strata_energy_add_static (modelled->timing, run->draws[0], run->n_draws[0]);
    }
  modelled->n_temperature = (int) temperature->len;
  modelled->temperature = (StrataTemperatureRecord *) g_array_free (g_steal_pointer (&temperature), FALSE);
  return TRUE;
}

static StrataModelled *
model (const StrataImage *image,
       StrataFidelity fidelity,
       gint64 min_interval_ps,
       gboolean bands,
       GCancellable *cancellable,
       GError **error)
{
  StrataModelRun run = { .image = image, .cancellable = cancellable };
  StrataModelled *modelled = NULL;

  run.modelled = g_new0 (StrataModelled, 1);
  run.modelled->fidelity = fidelity;
  run.modelled->min_interval_ps = min_interval_ps;
  run.modelled->has_bands = bands;
  run.modelled->analog = -1;
  if (run_model (&run, bands, error))
    modelled = g_steal_pointer (&run.modelled);
  run_finish (&run);
  return modelled;
}

StrataModelled *
strata_model_run (
  const StrataImage *image, gint64 min_interval_ps, gboolean bands, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (min_interval_ps >= 0, NULL);
  return model (image, STRATA_FIDELITY_TIMING, min_interval_ps, bands, cancellable, error);
}

StrataModelled *
strata_model_estimate (
  const StrataImage *image, gint64 min_interval_ps, gboolean bands, GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (min_interval_ps >= 0, NULL);
  return model (image, STRATA_FIDELITY_ESTIMATE, min_interval_ps, bands, cancellable, error);
}

double
strata_modelled_steady (const StrataModelled *modelled, StrataBand band, double value)
{
  return modelled->runs_away[band] ? (double) NAN : value;
}

void
strata_modelled_free (StrataModelled *modelled)
{
  if (modelled == NULL)
    return;
  strata_timing_free (modelled->timing);
  g_free (modelled->energy);
  g_free (modelled->power);
  g_free (modelled->temperature);
  g_free (modelled->spells);
  g_free (modelled->warming);
  g_free (modelled->unit_busy_ps);
  g_free (modelled->array_c);
  g_free (modelled);
}
