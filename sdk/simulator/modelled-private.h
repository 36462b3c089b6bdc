/* SPDX-License-Identifier: Apache-2.0
 *
 * A modelled run under way, as its parts share it: modelled.c counts and times, settle.c closes power and heat,
 * throttle.c asks what rate the heat allows.
 */
#pragma once

#include "simulator/energy.h"

typedef struct
{
  const StrataImage *image;
  StrataModelled *modelled;
  GCancellable *cancellable;
  StrataActionEnergy *tables[STRATA_N_BANDS];
  StrataStaticDraw *draws[STRATA_N_BANDS];
  int n_draws[STRATA_N_BANDS];
  StrataHeatSummary steady[STRATA_N_BANDS]; /* at power_mw */
  StrataBurstCount *counts;
  gboolean *on;
  StrataHeat *heat;
  double *node_fj;          /* dynamic heat of one inference per node, nominal */
  double *node_mw, *rise_c; /* steady state, nominal */
  double *sustained_c;      /* rise_c at the rate that limits of temperature allow, where they allow any */
  gsize n_nodes;
} StrataModelRun;

/* Power, static power and steady heat of all bands, or of nominal alone */
void strata_settle (StrataModelRun *run, gboolean bands);
/* Adds the dynamic heat of a band at a mean rate, on the nodes and behind them (strata_energy_spread_heat ()). */
void strata_settle_add_dynamic (const StrataModelRun *run, StrataBand band, gint64 interval_ps, double *node_mw);
/* Interval that power_mw of the band is stated at */
gint64 strata_settle_interval (const StrataModelRun *run, StrataBand band);

/* What limits of temperature allow, of the same bands. Errors: G_IO_ERROR_CANCELLED */
gboolean strata_throttle (StrataModelRun *run, gboolean bands, GError **error);

/* Temperatures of arrays, after strata_throttle () */
void strata_warmth (StrataModelRun *run);
