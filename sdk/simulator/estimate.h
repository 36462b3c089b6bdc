/* SPDX-License-Identifier: Apache-2.0
 *
 * The estimate of one inference: counts and loads of the instructions, no bursts. Times never exceed those of an
 * execution: it can finish neither before its longest chain of bursts with unlimited units nor before its busiest unit.
 */
#pragma once

#include "simulator/energy.h"

/* Per instruction: all its bursts, and one tier switch at the first instruction of every tier. (transfer full) */
StrataBurstCount *strata_estimate_count (const StrataImage *image, gint64 *n_switches) G_GNUC_WARN_UNUSED_RESULT;
/* Sets latency, interval, host_ps and busy times of @timing, which has no events. Errors: those of strata_timing_run.
 */
gboolean strata_estimate_times (
  const StrataImage *image, StrataBand band, StrataTiming *timing, GCancellable *cancellable, GError **error);
/* Adds the heat of one inference by node, as strata_energy_heat () does for events. */
void strata_estimate_heat (const StrataImage *image,
                           const StrataHeat *heat,
                           const StrataActionEnergy *table,
                           const StrataBurstCount *counts,
                           double *node_fj);
