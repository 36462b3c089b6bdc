/* SPDX-License-Identifier: Apache-2.0
 *
 * Power and steady heat of a run, closed over each other: leakage warms the chip and grows with its temperature; the
 * budget, the units and the program's pace set the rate. Invariant: static_mw is that of the junction at power_mw,
 * unless no such state exists.
 */
#include "simulator/estimate.h"
#include "simulator/modelled-private.h"

#include <math.h>

/* Leakage doubles every 20 K and 40 K/W warm the chip by 0.04 K per mW: the loop contracts by 1e-2 or so per turn, and
 * six turns close it. A chip near running away takes more, and one that does ends where leakage is held. */
#define MAX_LEAKAGE_TURNS 256
#define LEAKAGE_DONE_C 1e-10

/* The longest of what units, budget, the program's pace and the caller allow; sets interval_ps and power_mw of the band
 * from its static power. */
static gint64
set_power (StrataModelRun *run, StrataBand band)
{
  StrataModelled *modelled = run->modelled;
  double spare_mw = run->image->chip->p_budget_mw - modelled->static_mw[band];
  double dynamic_fj = (double) modelled->dynamic_fj[band];
  gint64 interval_ps = modelled->unit_interval_ps[band];

  if (run->image->chip->p_budget_mw > 0 && spare_mw > 0 && dynamic_fj / spare_mw < 0x1p62)
    interval_ps = MAX (interval_ps, (gint64) ceil (dynamic_fj / spare_mw));
  modelled->interval_ps[band] = MAX (interval_ps, run->image->pace_ps);
  interval_ps = strata_settle_interval (run, band);
  modelled->power_mw[band] = modelled->static_mw[band] + dynamic_fj / (double) interval_ps;
  return interval_ps;
}

gint64
strata_settle_interval (const StrataModelRun *run, StrataBand band)
{
  return MAX (run->modelled->interval_ps[band], run->modelled->min_interval_ps);
}

void
strata_settle_add_dynamic (const StrataModelRun *run, StrataBand band, gint64 interval_ps, double *node_mw)
{
  double nominal_fj = (double) run->modelled->dynamic_fj[STRATA_BAND_NOMINAL];
  double scale = nominal_fj > 0 ? (double) run->modelled->dynamic_fj[band] / nominal_fj / (double) interval_ps : 0;

  for (gsize i = 0; i <= run->n_nodes; i++)
    node_mw[i] += run->node_fj[i] * scale;
}

/* Nodes' power at a mean rate: one inference's heat per interval, and the static draws. */
static void
set_nodes (StrataModelRun *run, StrataBand band, gint64 interval_ps, double *node_mw)
{
  for (gsize i = 0; i <= run->n_nodes; i++)
    node_mw[i] = 0;
  strata_settle_add_dynamic (run, band, interval_ps, node_mw);
  strata_energy_static_heat (run->image, run->heat, run->draws[band], run->n_draws[band], node_mw);
  strata_energy_spread_heat (run->image, run->heat, node_mw);
}

/* What has no steady state to start from starts from ambient. */
static void
start_cold (StrataModelRun *run, StrataBand band, double *rise_c)
{
  g_free (run->draws[band]);
  run->draws[band] =
    strata_energy_static (run->image, band, run->image->chip->t_ambient_c, run->on, &run->n_draws[band]);
  for (gsize i = 0; i < run->n_nodes; i++)
    rise_c[i] = 0;
}

static void
settle_band (StrataModelRun *run, StrataBand band, double *node_mw, double *rise_c)
{
  double junction_c = run->image->chip->t_ambient_c, last_c = NAN;

  for (int turn = 0; turn < MAX_LEAKAGE_TURNS && !(fabs (junction_c - last_c) <= LEAKAGE_DONE_C); turn++)
    {
      gint64 interval_ps;

      last_c = junction_c;
      g_free (run->draws[band]);
      run->draws[band] =
        strata_energy_static (run->image, band, MIN (junction_c, STRATA_MAX_LEAKAGE_C), run->on, &run->n_draws[band]);
      run->modelled->static_mw[band] = strata_energy_static_mw (run->draws[band], run->n_draws[band]);
      interval_ps = set_power (run, band);
      set_nodes (run, band, interval_ps, node_mw);
      strata_heat_solve (run->heat, node_mw, rise_c);
      run->steady[band] = strata_heat_summary (run->heat, rise_c);
      junction_c = run->steady[band].junction_c;
    }
  run->modelled->runs_away[band] = junction_c > STRATA_MAX_LEAKAGE_C;
  if (run->modelled->runs_away[band])
    start_cold (run, band, rise_c);
}

void
strata_settle (StrataModelRun *run, gboolean bands)
{
  StrataModelled *modelled = run->modelled;
  g_autofree double *node_mw = g_new0 (double, run->n_nodes + 1);
  g_autofree double *rise_c = g_new0 (double, run->n_nodes + 1);

  if (modelled->fidelity == STRATA_FIDELITY_ESTIMATE)
    strata_estimate_heat (run->image, run->heat, run->tables[0], run->counts, run->node_fj);
  for (gsize i = 0; i < modelled->timing->n_events; i++)
    strata_energy_heat (run->image, run->heat, run->tables[0], &modelled->timing->events[i], 1, run->node_fj);
  for (int band = STRATA_N_BANDS - 1; band > 0; band--)
    if (bands)
      settle_band (run, band, node_mw, rise_c);
  settle_band (run, STRATA_BAND_NOMINAL, run->node_mw, run->rise_c);
  modelled->junction_c = run->steady[0].junction_c;
  modelled->package_c = run->steady[0].package_c;
  modelled->skin_c = run->steady[0].skin_c;
}
