/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the schedule of a placed program: emits its instructions, predicts their execution under each priority rule,
 * keeps the fastest that fits the activation memory, and states the bounds.
 */
#include "compiler/schedule/emit.h"
#include "compiler/stages.h"
#include "program/work.h"

/* The fastest rule with room for all rows; leaves its priorities and prediction. */
static gboolean
choose_policy (StrataSchedule *schedule, const ScheduleInput *in, SchedulePrediction *prediction, GError **error)
{
  SchedulePolicy best = 0;
  gint64 best_ps = G_MAXINT64;

  for (SchedulePolicy policy = 0; policy < SCHEDULE_N_POLICIES; policy++)
    {
      schedule_prediction_clear (prediction);
      schedule_set_priorities (schedule, in, policy);
      if (!schedule_predict (schedule, in, prediction, error))
        return FALSE;
      if (prediction->latency_ps < best_ps)
        best = policy;
      best_ps = MIN (best_ps, prediction->latency_ps);
    }
  schedule_set_priorities (schedule, in, best);
  schedule_prediction_clear (prediction);
  return schedule_predict (schedule, in, prediction, error);
}

static gboolean
set_figures (StrataSchedule *schedule, const ScheduleInput *in, GError **error)
{
  g_autofree int *natural = g_new0 (int, (gsize) schedule->n_buffers + 1);
  SchedulePrediction prediction = { 0 };
  gboolean ok;

  schedule_set_lines (schedule, in);
  ok =
    choose_policy (schedule, in, &prediction, error) && schedule_fit_memory (schedule, in, &prediction, natural, error);
  if (ok)
    {
      schedule->latency_ps = prediction.latency_ps;
      schedule_set_bounds (schedule, in, &prediction);
      schedule->interval_ps = schedule_predict_interval_ps (schedule, in, error);
      ok = schedule->interval_ps >= 0;
    }
  schedule_prediction_clear (&prediction);
  return ok;
}

StrataSchedule *
strata_schedule (const StrataQGraph *graph,
                 const StrataTileSet *tiles,
                 const StrataPlacement *placement,
                 const StrataChipSpec *chip,
                 const StrataScheduleOptions *options,
                 GError **error)
{
  g_autofree guint8 *silent = strata_work_silent (graph);
  ScheduleInput in = { graph, tiles, placement, chip, silent, options != NULL ? options->cancellable : NULL };
  g_autoptr (StrataSchedule) schedule = schedule_emit (&in);

  if (options != NULL && g_cancellable_set_error_if_cancelled (options->cancellable, error))
    return NULL;
  if (!strata_schedule_check_sums (schedule, graph, tiles, chip, error) || !set_figures (schedule, &in, error)
      || !strata_schedule_check (schedule, graph, tiles, placement, chip, error))
    return NULL;
  return g_steal_pointer (&schedule);
}
