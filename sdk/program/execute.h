/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes the bursts of a schedule from event to event, by the rules in program/schedule.h: times, never values. Exact
 * in integer picoseconds, a pure function of its inputs. The scheduler predicts with it and the simulator records it.
 */
#pragma once

#include <gio/gio.h>

#include "program/schedule.h"

/* One burst as it starts: its units are taken to free_ps, its result is out at end_ps. */
typedef struct
{
  int instruction, inference, burst;
  gint64 start_ps, free_ps, end_ps;
  gboolean switches; /* begins with a tier switch */
} StrataBurst;

typedef struct
{
  const StrataSchedule *schedule;
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataPlacement *placement;
  const StrataChipSpec *chip;
  StrataBand band;
  int n_inferences;   /* back to back, earlier ones first; >= 1 */
  gboolean unlimited; /* every instruction has units of its own, every buffer room for all: the critical path */
  /* Called for every burst in the order of their starts, those of one instant in no particular order. For host
   * transfers start, free and end are the instant in which all they wait for is there. */
  void (*started) (const StrataBurst *burst, gpointer user_data);
  gpointer user_data;
  GCancellable *cancellable;
} StrataExecution;

typedef struct
{
  gint64 *ends_ps; /* per inference: end of its last burst, host transfers apart */
  gint64 *busy_ps; /* [inference * n_units + unit], tier switches included; links of a route all count */
  gint64 n_switches;
  gint64 n_left; /* bursts that never started, because they wait for each other; of a checked schedule 0 */
  int n_inferences, n_units;
} StrataExecuted;

/* Errors: G_IO_ERROR_CANCELLED. The caller bounds bursts x inferences (below 2^31). */
gboolean strata_execute (const StrataExecution *execution, StrataExecuted *executed, GError **error);
void strata_executed_clear (StrataExecuted *executed);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StrataExecuted, strata_executed_clear)

/* How many inferences back to back show the steady interval: a few, fewer where they are long */
int strata_execute_inferences (const StrataSchedule *schedule);
/* The steady interval: mean difference of the ends of the second half of the inferences, and never below what the
 * busiest unit, host apart, needs for them: the first inferences of a run lend idle time to the later ones, so a short
 * run would look faster than a long one. The latency for one inference. */
gint64 strata_executed_interval_ps (const StrataExecuted *executed, const StrataSchedule *schedule);
