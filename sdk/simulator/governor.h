/* SPDX-License-Identifier: Apache-2.0
 *
 * What throttle.c knows of a band's steady states, from which governor.c takes the rates that it goes to.
 */
#pragma once

#include "simulator/modelled-private.h"

typedef struct
{
  StrataModelRun *run;
  StrataBand band;
  double junction_max_c, skin_max_c;
  gint64 interval_ps;                       /* that dynamic_c is at */
  double dynamic_mw, cold_mw, hot_mw;       /* static at ambient, and at the reference above it */
  double *dynamic_c, *static_c, *leakage_c; /* rises; the last from ambient to the reference */
} StrataThrottling;

/* A steady state, or how far the loop of leakage and temperature came where a limit stopped it */
typedef struct
{
  double power_mw, junction_c, skin_c;
} StrataSteady;

/* What draws constant power, leakage as warm as @temperature_c. (transfer full) */
StrataStaticDraw *
strata_throttle_draws (const StrataThrottling *throttle, double temperature_c, int *n_draws) G_GNUC_WARN_UNUSED_RESULT;
/* Which limit the steady state at @rate times that of interval_ps crosses */
StrataThrottle strata_throttle_crossed (const StrataThrottling *throttle, double rate, StrataSteady *steady);
/* The shortest interval that holds, not below interval_ps; 0: not even at rest. @reason: what the next shorter one
 * crosses */
gint64 strata_throttle_interval (const StrataThrottling *throttle, StrataThrottle *reason);

/* Fills spells, warming and throttle_after_ps of the run. Errors: G_IO_ERROR_CANCELLED */
gboolean strata_governor (const StrataThrottling *throttle, GError **error);
