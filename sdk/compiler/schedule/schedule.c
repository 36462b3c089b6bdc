/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the schedule of a placed program: emits its instructions, predicts their execution under each priority rule,
 * keeps the fastest that fits the activation memory, and states the bounds.
 */
#include "compiler/schedule/emit.h"
#include "compiler/stages.h"
#include "program/work.h"

/* Predicts under @policy; TRUE where the outcome is better than what the schedule holds: it fits, and is faster. Sets
 * *@peak and *@peak_op where it does not fit and is the smallest so far. */
static gboolean
try_policy (StrataSchedule *schedule,
            const ScheduleInput *in,
            SchedulePolicy policy,
            SchedulePrediction *prediction,
            gint64 *peak,
            int *peak_op,
            GError **error)
{
  int op;

  schedule_set_priorities (schedule, in, policy);
  if (!schedule_predict (schedule, in, prediction, error))
    return FALSE;
  schedule->latency_ps = prediction->latency_ps;
  schedule->sram_peak_bytes = schedule_sram_peak (schedule, in, prediction, &op);
  if (schedule->sram_peak_bytes < *peak)
    {
      *peak = schedule->sram_peak_bytes;
      *peak_op = op;
    }
  return TRUE;
}

static gboolean
choose_policy (StrataSchedule *schedule, const ScheduleInput *in, GError **error)
{
  gint64 peak = G_MAXINT64, best_ps = G_MAXINT64;
  int peak_op = 0, best = -1;

  for (int policy = 0; policy < SCHEDULE_N_POLICIES; policy++)
    {
      SchedulePrediction prediction = { 0 };
      gboolean ok = try_policy (schedule, in, policy, &prediction, &peak, &peak_op, error);

      if (ok && schedule->sram_peak_bytes <= in->chip->sram_bytes && schedule->latency_ps < best_ps)
        {
          best = policy;
          best_ps = schedule->latency_ps;
        }
      schedule_prediction_clear (&prediction);
      if (!ok)
        return FALSE;
    }
  if (best < 0)
    {
      g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
                   "op '%s': activations alive at once come to %" G_GINT64_FORMAT " bytes and %s has %" G_GINT64_FORMAT
                   " bytes of SRAM; use a smaller input or a chip with more",
                   in->graph->ops[peak_op].name, peak, in->chip->name, in->chip->sram_bytes);
      return FALSE;
    }
  schedule_set_priorities (schedule, in, best);
  return TRUE;
}

static gboolean
set_figures (StrataSchedule *schedule, const ScheduleInput *in, GError **error)
{
  SchedulePrediction prediction = { 0 };
  gboolean ok = choose_policy (schedule, in, error) && schedule_predict (schedule, in, &prediction, error);
  int op;

  if (ok)
    {
      schedule->latency_ps = prediction.latency_ps;
      schedule->sram_peak_bytes = schedule_sram_peak (schedule, in, &prediction, &op);
      schedule_set_bounds (schedule, in, &prediction);
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
  ScheduleInput in = { graph, tiles, placement, chip, silent };
  g_autoptr (StrataSchedule) schedule = schedule_emit (&in);

  if (options != NULL && g_cancellable_set_error_if_cancelled (options->cancellable, error))
    return NULL;
  if (!strata_schedule_check_sums (schedule, graph, tiles, chip, error) || !set_figures (schedule, &in, error)
      || !strata_schedule_check (schedule, graph, tiles, placement, chip, error))
    return NULL;
  return g_steal_pointer (&schedule);
}
