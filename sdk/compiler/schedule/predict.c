/* SPDX-License-Identifier: Apache-2.0
 *
 * What a schedule does on an otherwise idle chip: the list scheduler is the event engine (program/execute.c), its list
 * the priorities.
 */
#include "compiler/schedule/emit.h"
#include "program/execute.h"

static void
keep_times (const StrataBurst *burst, gpointer user_data)
{
  SchedulePrediction *out = user_data;
  gint64 index = out->first[burst->instruction] + burst->burst;

  out->start_ps[index] = burst->start_ps;
  out->end_ps[index] = burst->end_ps;
}

static gboolean
execute (const StrataSchedule *schedule,
         const ScheduleInput *input,
         StrataExecution *execution,
         StrataExecuted *executed,
         GError **error)
{
  execution->schedule = schedule;
  execution->graph = input->graph;
  execution->tiles = input->tiles;
  execution->placement = input->placement;
  execution->chip = input->chip;
  execution->band = STRATA_BAND_NOMINAL;
  execution->cancellable = input->cancellable;
  if (!strata_execute (execution, executed, error))
    return FALSE;
  if (executed->n_left == 0)
    return TRUE;
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
               "schedule: %" G_GINT64_FORMAT " bursts wait for each other and never start", executed->n_left);
  strata_executed_clear (executed);
  return FALSE;
}

gboolean
schedule_predict (const StrataSchedule *schedule,
                  const ScheduleInput *input,
                  SchedulePrediction *prediction,
                  GError **error)
{
  StrataExecution execution = { .n_inferences = 1, .started = keep_times, .user_data = prediction };
  StrataExecuted executed = { 0 };
  int n = schedule->n_instructions;

  *prediction = (SchedulePrediction){ .first = g_new0 (gint64, (gsize) n + 1) };
  for (int i = 0; i < n; i++)
    prediction->first[i + 1] = prediction->first[i] + schedule->instructions[i].n_bursts;
  prediction->start_ps = g_new0 (gint64, prediction->first[n] + 1);
  prediction->end_ps = g_new0 (gint64, prediction->first[n] + 1);
  if (!execute (schedule, input, &execution, &executed, error))
    {
      schedule_prediction_clear (prediction);
      return FALSE;
    }
  prediction->latency_ps = executed.ends_ps[0];
  prediction->busy_ps = g_steal_pointer (&executed.busy_ps);
  strata_executed_clear (&executed);
  return TRUE;
}

void
schedule_prediction_clear (SchedulePrediction *prediction)
{
  g_clear_pointer (&prediction->start_ps, g_free);
  g_clear_pointer (&prediction->end_ps, g_free);
  g_clear_pointer (&prediction->first, g_free);
  g_clear_pointer (&prediction->busy_ps, g_free);
}

gint64
schedule_predict_interval_ps (const StrataSchedule *schedule, const ScheduleInput *input, GError **error)
{
  StrataExecution execution = { .n_inferences = strata_execute_inferences (schedule) };
  g_auto (StrataExecuted) executed = { 0 };

  return execute (schedule, input, &execution, &executed, error) ? strata_executed_interval_ps (&executed, schedule)
                                                                 : -1;
}
