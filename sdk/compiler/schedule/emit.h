/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of scheduling: instructions, their execution, what lies in SRAM meanwhile, bounds. Internal to schedule/.
 */
#pragma once

#include "program/schedule.h"
#include "program/stream.h"
#include "program/tails.h"

typedef struct
{
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataPlacement *placement;
  const StrataChipSpec *chip;
  guint8 *silent; /* per op: the chip does nothing */
  guint8 *shared; /* per tile: another lies in the same array */
  const StrataStreams *streams;
  GCancellable *cancellable;
} ScheduleInput;

gboolean schedule_is_host (const StrataInstruction *instruction);

/* Instructions, dependences, routes and units; priorities and figures are 0. Never fails on checked artefacts. */
StrataSchedule *schedule_emit (const ScheduleInput *input) G_GNUC_WARN_UNUSED_RESULT;

/* Priorities of rules by time reach so far up or down; the checks allow twice as much. */
#define SCHEDULE_PRIORITIES (1 << 28)

typedef enum
{
#define SCHEDULE_RULE(id, name, meaning) SCHEDULE_##id,
#include "compiler/schedule/rules.def"
#undef SCHEDULE_RULE
  SCHEDULE_N_RULES,
} ScheduleRule;

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

/* Bytes of the activation memory, with what is reserved, that rows take in an execution on demand, each where there is
 * room: what schedule_fit_memory () comes down to at last. */
gint64 schedule_demand_bytes (StrataSchedule *schedule, const ScheduleInput *input);

/* Widens all buffers of the activation memory alike where that fits. */
gboolean schedule_widen_memory (StrataSchedule *schedule, const ScheduleInput *input);

/* Nominal; tiles could lie anywhere */
void schedule_tails_init (StrataTails *tails, const StrataSchedule *schedule, const ScheduleInput *input);
void schedule_set_priorities (StrataSchedule *schedule,
                              const ScheduleInput *input,
                              const StrataTails *tails,
                              ScheduleRule rule);

/* Fills critical_path_ps, lower_bound_ps and interval_bound_ps; of the prediction, of any order, it takes how long
 * units without tiers are busy. */
void schedule_set_bounds (StrataSchedule *schedule,
                          const ScheduleInput *input,
                          const StrataTails *tails,
                          const SchedulePrediction *prediction);
void schedule_set_busiest (StrataSchedule *schedule, const SchedulePrediction *prediction);
