/* SPDX-License-Identifier: Apache-2.0
 *
 * strata_evaluation_attribute (): passes with and without each term of the physics. Everything random is keyed by seed
 * and place, so that a term that is left out leaves the deviates of the others as they are.
 *
 * Whether a term acts on a program is asked of the simulator itself: it is absent where a pass without it is the pass
 * with it to the bit. Clipping and rounding belong to every converter, even to one that never clips.
 */
#include <string.h>

#include "api/attribution-private.h"
#include "api/evaluation-private.h"
#include "device/program-private.h"

/* Blocks of samples that layers are measured with: exact integers of each layer run beside, and 64 samples times all
 * positions and seeds give a ratio of squares to a few per cent. */
#define N_MEASURED 4
#define OF_EVERY_CONVERTER (STRATA_PHYSICS_CLIPPING | STRATA_PHYSICS_ROUNDING)
/* Of the progress: until the exact integers are there */
#define PREPARED 0.2

typedef struct
{
  StrataEvaluation *evaluation;
  StrataAttribution *attribution;
  StrataEvaluationPass pass;
  int *truth;
  float *exact; /* outputs, as those of pass */
  gsize n_ops;
  guint n_passes, n_done; /* for the progress */
} Work;

static double
sum_squares (const float *a, const float *b, gsize n)
{
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    {
      double x = (double) a[i] - (b != NULL ? (double) b[i] : 0);

      sum += x * x;
    }
  return sum;
}

/* One pass over the samples without the terms of @off */
static gboolean
run_pass (Work *work, StrataPhysics off, guint trial, GError **error)
{
  const StrataEvaluation *evaluation = work->evaluation;
  StrataConditions conditions = *evaluation->conditions;
  const StrataFunctionalOptions options = { .analog = evaluation->analog,
                                            .seed = evaluation->seed + trial,
                                            .conditions = &conditions };
  StrataEvaluationPass *pass = &work->pass;

  conditions.physics_off = off;
  memset (pass->measures, 0, sizeof (StrataMeasure) * N_MEASURED * (work->n_ops + 1));
  pass->progress_from = pass->progress_to;
  work->n_done = MIN (work->n_done + 1, work->n_passes);
  pass->progress_to = PREPARED + (1 - PREPARED) * ((double) work->n_done / work->n_passes);
  return strata_evaluation_pass (pass, &options, error);
}

static gboolean
run_trial (Work *work, StrataPhysics off, guint trial, StrataAttributionRuns *runs, GError **error)
{
  const StrataAttribution *attribution = work->attribution;
  const StrataEvaluationPass *pass = &work->pass;

  if (!run_pass (work, off, trial, error))
    return FALSE;
  runs->accuracy[trial] = strata_evaluation_count_right (pass->classes, work->truth, pass->n_samples);
  runs->output_error[trial] = sum_squares (pass->outputs, work->exact, pass->n_samples * pass->n_outputs);
  for (guint block = 0; block < N_MEASURED; block++)
    for (guint i = 0; i < attribution->n_layers; i++)
      strata_measure_add (&runs->layers[i], &pass->measures[block * work->n_ops + (gsize) attribution->ops[i]]);
  return TRUE;
}

/* --- which terms act --- */

/* Outputs and measures of the first block, one after the other */
static GBytes *
probe (Work *work, StrataPhysics off, GError **error)
{
  const StrataEvaluationPass *pass = &work->pass;
  GByteArray *result = g_byte_array_new ();

  if (!run_pass (work, off, 0, error))
    {
      g_byte_array_unref (result);
      return NULL;
    }
  g_byte_array_append (result, (const guint8 *) pass->outputs,
                       (guint) (sizeof (float) * pass->n_samples * pass->n_outputs));
  g_byte_array_append (result, (const guint8 *) pass->measures, (guint) (sizeof (StrataMeasure) * work->n_ops));
  return g_byte_array_free_to_bytes (result);
}

static gboolean
find_present (Work *work, GError **error)
{
  const StrataPhysics off = work->evaluation->conditions->physics_off;
  const guint n_samples = work->pass.n_samples;
  g_autoptr (GBytes) all = NULL;
  gboolean ok;

  work->pass.n_samples = MIN (n_samples, STRATA_EVALUATION_BLOCK);
  all = probe (work, off, error);
  ok = all != NULL;
  for (int i = 0; i < STRATA_N_PHYSICS && ok; i++)
    {
      StrataAttributionTerm *term = &work->attribution->terms[i];
      g_autoptr (GBytes) without = NULL;

      if ((off & term->term) != 0)
        continue;
      if ((term->term & OF_EVERY_CONVERTER) == 0)
        {
          without = probe (work, off | term->term, error);
          ok = without != NULL;
          if (!ok || g_bytes_equal (all, without))
            continue;
        }
      term->is_present = TRUE;
      strata_attribution_runs_init (work->attribution, &term->without);
      strata_attribution_runs_init (work->attribution, &term->alone);
    }
  work->pass.n_samples = n_samples;
  return ok;
}

/* --- runs --- */

static gboolean
run_trials (Work *work, GError **error)
{
  StrataAttribution *attribution = work->attribution;
  const StrataPhysics off = work->evaluation->conditions->physics_off;
  guint n_present;

  strata_attribution_get_n_terms (attribution, &n_present);
  work->n_passes = work->n_done + attribution->n_trials * (2 + 2 * n_present);
  for (guint trial = 0; trial < attribution->n_trials; trial++)
    {
      if (!run_trial (work, off, trial, &attribution->all, error)
          || !run_trial (work, STRATA_PHYSICS_ALL, trial, &attribution->none, error))
        return FALSE;
      for (int i = 0; i < STRATA_N_PHYSICS; i++)
        {
          StrataAttributionTerm *term = &attribution->terms[i];

          if (term->is_present
              && (!run_trial (work, off | term->term, trial, &term->without, error)
                  || !run_trial (work, STRATA_PHYSICS_ALL & ~term->term, trial, &term->alone, error)))
            return FALSE;
        }
    }
  return TRUE;
}

static gboolean
run (Work *work, GError **error)
{
  StrataEvaluationPass *pass = &work->pass;

  if (!strata_evaluation_prepare (pass, FALSE, work->truth, error))
    return FALSE;
  memcpy (work->exact, pass->outputs, sizeof (float) * pass->n_samples * pass->n_outputs);
  work->attribution->output_signal = sum_squares (work->exact, NULL, pass->n_samples * pass->n_outputs);
  pass->stage = "attribution";
  pass->n_measured = N_MEASURED;
  if (!find_present (work, error) || !run_trials (work, error))
    return FALSE;
  strata_attribution_rank (work->attribution);
  return TRUE;
}

StrataAttribution *
strata_evaluation_attribute (
  StrataEvaluation *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error)
{
  const StrataQGraph *graph;
  g_autoptr (StrataAttribution) attribution = NULL;
  g_autofree int *truth = NULL, *classes = NULL;
  g_autofree float *outputs = NULL, *exact = NULL;
  g_autofree StrataMeasure *measures = NULL;
  Work work;

  g_return_val_if_fail (STRATA_IS_EVALUATION (self), NULL);
  g_return_val_if_fail (self->samples != NULL, NULL);
  if (self->analog == STRATA_ANALOG_OFF)
    {
      g_set_error_literal (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                           "evaluate: exact integers have no physics to attribute; analog ideal, nominal, optimistic "
                           "or conservative does");
      return NULL;
    }
  graph = strata_program_get_image (self->program)->graph;
  self->n_used = self->limit > 0 ? MIN (self->limit, self->n_samples) : self->n_samples;
  attribution = strata_attribution_new (graph, self->analog == STRATA_ANALOG_IDEAL ? 1 : self->n_trials, self->n_used);
  attribution->n_measured = MIN (self->n_used, N_MEASURED * STRATA_EVALUATION_BLOCK);
  work = (Work){ .evaluation = self,
                 .attribution = attribution,
                 .n_ops = (gsize) graph->n_ops,
                 .n_passes = 1 + STRATA_N_PHYSICS + attribution->n_trials * (2 + 2 * STRATA_N_PHYSICS) };
  work.pass = (StrataEvaluationPass){ .self = self,
                                      .n_samples = self->n_used,
                                      .cancellable = cancellable,
                                      .progress = progress,
                                      .progress_data = user_data };
  work.pass.n_outputs = (gsize) strata_qtensor_count (&graph->tensors[graph->outputs[0]]);
  work.truth = truth = g_new0 (int, self->n_used);
  work.pass.classes = classes = g_new0 (int, self->n_used);
  work.pass.outputs = outputs = g_new0 (float, self->n_used *work.pass.n_outputs);
  work.exact = exact = g_new0 (float, self->n_used *work.pass.n_outputs);
  work.pass.measures = measures = g_new0 (StrataMeasure, N_MEASURED * (work.n_ops + 1));
  return run (&work, error) ? g_steal_pointer (&attribution) : NULL;
}
