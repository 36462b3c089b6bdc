/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of scheduling: instructions, their execution, what lies in SRAM meanwhile, bounds. Internal to schedule/.
 */
#pragma once

#include "program/schedule.h"

typedef struct
{
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataPlacement *placement;
  const StrataChipSpec *chip;
  guint8 *silent; /* per op: the chip does nothing */
  GCancellable *cancellable;
} ScheduleInput;

/* Instructions, dependences, routes and units; priorities and figures are 0. Never fails on checked artefacts. */
StrataSchedule *schedule_emit (const ScheduleInput *input) G_GNUC_WARN_UNUSED_RESULT;

/* How the lowest priority is given: to the instruction with the longest way to go (producers first), or to the op that
 * is furthest on (consumers first, which empties SRAM sooner). */
typedef enum
{
  SCHEDULE_LONGEST_PATH,
  SCHEDULE_CONSUMERS_FIRST,
  SCHEDULE_N_POLICIES,
} SchedulePolicy;

void schedule_set_priorities (StrataSchedule *schedule, const ScheduleInput *input, SchedulePolicy policy);

/* Start and end of every executed burst; burst b of instruction i is element first[i] + b. Host transfers stay 0. */
typedef struct
{
  gint64 *start_ps, *end_ps;
  gint64 *first;   /* n_instructions + 1 */
  gint64 *busy_ps; /* per unit */
  gint64 latency_ps;
} SchedulePrediction;

/* Executes one inference by the rules of program/schedule.h, nominal constants. Fails only where instructions wait for
 * each other in a circle, or when cancelled. */
gboolean schedule_predict (const StrataSchedule *schedule,
                           const ScheduleInput *input,
                           SchedulePrediction *prediction,
                           GError **error);
void schedule_prediction_clear (SchedulePrediction *prediction);
/* The steady interval; -1 on the errors of schedule_predict */
gint64 schedule_predict_interval_ps (const StrataSchedule *schedule, const ScheduleInput *input, GError **error);

/* Sizes line buffers by the stacks' buffers. */
void schedule_set_lines (StrataSchedule *schedule, const ScheduleInput *input);
/* Sizes the buffers of the activation memory after the execution @prediction, which had room for all rows, and becomes
 * that with the buffers as they are. *@natural, n_buffers: the rows that were alive there at once. Errors:
 * STRATA_COMPILE_ERROR_CAPACITY. */
gboolean schedule_fit_memory (
  StrataSchedule *schedule, const ScheduleInput *input, SchedulePrediction *prediction, int *natural, GError **error);

/* End of the last burst when every instruction has a unit of its own. @spread: MVM bursts of an op with more arrays
 * than the chip has stacks are lengthened by how many of them must share one. */
gint64 schedule_critical_path_ps (const StrataSchedule *schedule, const ScheduleInput *input, gboolean spread);
/* Fills critical_path_ps, busiest_unit and lower_bound_ps from the busy times of the prediction. */
void schedule_set_bounds (StrataSchedule *schedule, const ScheduleInput *input, const SchedulePrediction *prediction);
