/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataEvaluation: a program over labelled samples. Samples run in parallel; each is numbered, so that its noise does
 * not depend on the thread that ran it. Columns: the float model, exact integers, and the analog level over several
 * seeds.
 */
#include "api/evaluation-private.h"

#include <math.h>

#include "api/model-private.h"
#include "base/parallel.h"
#include "cost/noise.h"
#include "device/die-private.h"
#include "device/program-private.h"

#define BLOCK STRATA_EVALUATION_BLOCK

G_DEFINE_FINAL_TYPE (StrataEvaluation, strata_evaluation, G_TYPE_OBJECT)

static void
strata_evaluation_finalize (GObject *object)
{
  StrataEvaluation *self = STRATA_EVALUATION (object);

  g_clear_object (&self->program);
  g_clear_object (&self->model);
  strata_conditions_free (self->conditions);
  g_clear_object (&self->die);
  g_free (self->samples);
  g_free (self->labels);
  g_free (self->trials);
  G_OBJECT_CLASS (strata_evaluation_parent_class)->finalize (object);
}

static void
strata_evaluation_class_init (StrataEvaluationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_evaluation_finalize;
}

static void
strata_evaluation_init (StrataEvaluation *self)
{
  self->analog = STRATA_ANALOG_NOMINAL;
  self->conditions = strata_conditions_new ();
  self->n_trials = 8;
  self->float_accuracy = self->quantised_accuracy = (double) NAN;
}

StrataEvaluation *
strata_evaluation_new (StrataProgram *program, StrataModel *model)
{
  StrataEvaluation *self;

  g_return_val_if_fail (STRATA_IS_PROGRAM (program), NULL);
  g_return_val_if_fail (model == NULL || STRATA_IS_MODEL (model), NULL);
  self = g_object_new (STRATA_TYPE_EVALUATION, NULL);
  self->program = g_object_ref (program);
  self->model = model == NULL ? NULL : g_object_ref (model);
  return self;
}

/* A class that no output stands for would only lower the accuracy, and hide that the labels are of other data. */
static gboolean
check_labels (StrataTensor *labels, gint64 n_classes, GError **error)
{
  for (gint64 i = 0; i < strata_tensor_get_n_elements (labels); i++)
    {
      double label = strata_tensor_get_value (labels, i);

      if (label >= 0 && label < (double) n_classes && label == floor (label))
        continue;
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "labels: %g at sample %" G_GINT64_FORMAT
                   " is no class; the model has classes 0 to %" G_GINT64_FORMAT,
                   label, i, n_classes - 1);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_data (StrataEvaluation *self, StrataTensor *inputs, StrataTensor *labels, GError **error)
{
  const StrataQGraph *graph = strata_program_get_image (self->program)->graph;
  gint64 expected = strata_qtensor_count (&graph->tensors[graph->inputs[0]]);
  guint n_dims;
  const gint64 *dims = strata_tensor_get_shape (inputs, &n_dims);
  gint64 n = n_dims == 0 ? 0 : dims[0];

  if (graph->n_inputs != 1)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "evaluate: the model has %d inputs; data with one tensor per sample fit models with one",
                   graph->n_inputs);
      return FALSE;
    }
  if (n <= 0 || n > G_MAXINT || strata_tensor_get_n_elements (inputs) != n * expected)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "inputs: %" G_GINT64_FORMAT " samples of %" G_GINT64_FORMAT
                   " elements; the model wants %" G_GINT64_FORMAT
                   " elements a sample, samples along the first dimension",
                   n, n <= 0 ? 0 : strata_tensor_get_n_elements (inputs) / n, expected);
      return FALSE;
    }
  if (labels != NULL && strata_tensor_get_n_elements (labels) != n)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "labels: %" G_GINT64_FORMAT " labels for %" G_GINT64_FORMAT " samples; one per sample is expected",
                   strata_tensor_get_n_elements (labels), n);
      return FALSE;
    }
  return labels == NULL || check_labels (labels, strata_qtensor_count (&graph->tensors[graph->outputs[0]]), error);
}

gboolean
strata_evaluation_set_data (
  StrataEvaluation *self, StrataTensor *inputs, StrataTensor *labels, double scale, double offset, GError **error)
{
  guint n_dims;
  gint64 n_total;

  g_return_val_if_fail (STRATA_IS_EVALUATION (self), FALSE);
  g_return_val_if_fail (STRATA_IS_TENSOR (inputs), FALSE);
  if (!check_data (self, inputs, labels, error))
    return FALSE;
  g_clear_pointer (&self->samples, g_free);
  g_clear_pointer (&self->labels, g_free);
  self->n_samples = (guint) strata_tensor_get_shape (inputs, &n_dims)[0];
  n_total = strata_tensor_get_n_elements (inputs);
  self->n_elements = (gsize) (n_total / self->n_samples);
  self->samples = g_new (float, n_total);
  for (gint64 i = 0; i < n_total; i++)
    {
      self->samples[i] = (float) ((strata_tensor_get_value (inputs, i) + offset) * scale);
      if (isfinite (self->samples[i]))
        continue;
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                   "inputs: sample %" G_GINT64_FORMAT " is not finite; finite numbers are accepted",
                   i / (gint64) self->n_elements);
      g_clear_pointer (&self->samples, g_free);
      return FALSE;
    }
  if (labels != NULL)
    {
      self->labels = g_new (int, self->n_samples);
      for (guint i = 0; i < self->n_samples; i++)
        self->labels[i] = (int) strata_tensor_get_value (labels, i);
    }
  return TRUE;
}

void
strata_evaluation_set_analog (StrataEvaluation *self, StrataAnalog analog, guint n_trials, guint64 seed)
{
  g_return_if_fail (STRATA_IS_EVALUATION (self));
  g_return_if_fail (n_trials >= 1);
  self->analog = analog;
  self->n_trials = n_trials;
  self->seed = seed;
}

void
strata_evaluation_set_conditions (StrataEvaluation *self, const StrataConditions *conditions)
{
  StrataConditions *copy;

  g_return_if_fail (STRATA_IS_EVALUATION (self));
  copy = strata_conditions_copy (conditions);
  strata_conditions_free (self->conditions);
  self->conditions = copy;
}

gboolean
strata_evaluation_ignores_temperature (StrataEvaluation *self)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), FALSE);
  return strata_cost_ignores_temperature (strata_program_get_image (self->program)->chip->cell_model);
}

const char *
strata_evaluation_get_retention (StrataEvaluation *self)
{
  double temperature_c;

  g_return_val_if_fail (STRATA_IS_EVALUATION (self), "no data");
  temperature_c = self->conditions->temperature_c;
  if ((self->conditions->physics_off & STRATA_PHYSICS_RETENTION) != 0)
    return "measured";
  if (strata_conditions_is_at_work (self->conditions)
      && !strata_program_get_array_temperatures (self->program, NULL, &temperature_c, NULL))
    return "no data";
  return strata_cost_retention_known (strata_program_get_image (self->program)->chip, self->conditions->age_s,
                                      temperature_c);
}

gboolean
strata_evaluation_set_die (StrataEvaluation *self, StrataDie *die, StrataDieUse use, GError **error)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), FALSE);
  g_return_val_if_fail (die == NULL || STRATA_IS_DIE (die), FALSE);
  if (die != NULL && !strata_die_takes (die, self->program, use, error))
    return FALSE;
  g_set_object (&self->die, die);
  self->use = use;
  return TRUE;
}

StrataDie *
strata_evaluation_get_die (StrataEvaluation *self, StrataDieUse *use)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), NULL);
  if (use != NULL)
    *use = self->use;
  return self->die;
}

void
strata_evaluation_set_corrected (StrataEvaluation *self, gboolean corrected)
{
  g_return_if_fail (STRATA_IS_EVALUATION (self));
  self->uncorrected = !corrected;
}

void
strata_evaluation_set_limit (StrataEvaluation *self, guint n_samples)
{
  g_return_if_fail (STRATA_IS_EVALUATION (self));
  self->limit = n_samples;
}

void
strata_evaluation_set_n_threads (StrataEvaluation *self, guint n_threads)
{
  g_return_if_fail (STRATA_IS_EVALUATION (self));
  self->n_threads = n_threads;
}

static int
find_class (const StrataArray *output)
{
  gint64 n = strata_array_count (output);
  const float *values = output->data;
  int best = 0;

  for (gint64 i = 1; i < n; i++)
    if (values[i] > values[best])
      best = (int) i;
  return best;
}

static gboolean
run_sample (StrataEvaluationPass *pass, guint index, StrataMeasure *measures, GError **error)
{
  StrataEvaluation *self = pass->self;
  const StrataQGraph *graph = strata_program_get_image (self->program)->graph;
  int n_outputs = pass->functional != NULL ? graph->n_outputs : strata_model_get_graph (self->model)->n_outputs;
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, n_outputs);
  StrataArray view = { .dtype = STRATA_DTYPE_F32, .n_bytes = self->n_elements * sizeof (float) };
  const StrataArray *input = &view;
  gboolean ok;

  view.data = self->samples + index * self->n_elements;
  if (pass->functional != NULL)
    {
      view.n_dims = 1;
      view.dims[0] = (gint64) self->n_elements;
      ok = strata_functional_measure (pass->functional, index, &input, outputs, measures, pass->cancellable, error);
    }
  else
    {
      const StrataGraph *source = strata_model_get_graph (self->model);
      const StrataValue *value = &source->values[source->inputs[0]];
      StrataExecutor *executor = strata_model_get_executor (self->model, pass->cancellable, error);

      view.n_dims = value->n_dims;
      memcpy (view.dims, value->dims, sizeof view.dims);
      ok = executor != NULL && strata_executor_run (executor, &input, outputs, NULL, NULL, pass->cancellable, error);
    }
  if (!ok)
    return FALSE;
  pass->classes[index] = find_class (outputs[0]);
  if (pass->outputs != NULL)
    memcpy (pass->outputs + index * pass->n_outputs, outputs[0]->data, sizeof (float) * pass->n_outputs);
  for (int i = 0; i < n_outputs; i++)
    strata_array_free (outputs[i]);
  return TRUE;
}

static gboolean
run_block_cb (guint block, gpointer user_data, GError **error)
{
  StrataEvaluationPass *pass = user_data;
  guint end = MIN ((block + 1) * BLOCK, pass->n_samples);
  gsize n_ops = (gsize) strata_program_get_image (pass->self->program)->graph->n_ops;
  StrataMeasure *measures = block < pass->n_measured ? pass->measures + block * n_ops : NULL;

  for (guint i = block * BLOCK; i < end; i++)
    if (!run_sample (pass, i, measures, error))
      return FALSE;
  if (pass->progress != NULL)
    {
      double share;

      g_mutex_lock (&pass->lock);
      pass->n_done += end - block * BLOCK;
      share = (double) pass->n_done / pass->n_samples;
      pass->progress (pass->progress_from * (1 - share) + pass->progress_to * share, pass->stage, pass->progress_data);
      g_mutex_unlock (&pass->lock);
    }
  return TRUE;
}

double
strata_evaluation_count_right (const int *classes, const int *truth, guint n)
{
  guint n_right = 0;

  for (guint i = 0; i < n; i++)
    n_right += classes[i] == truth[i];
  return n == 0 ? (double) NAN : (double) n_right / n;
}

gboolean
strata_evaluation_pass (StrataEvaluationPass *pass, const StrataFunctionalOptions *options, GError **error)
{
  StrataEvaluation *self = pass->self;
  StrataDieState state;
  gboolean ok;

  pass->n_done = 0;
  pass->functional = NULL;
  if (options != NULL)
    {
      StrataFunctionalOptions all = *options;

      all.cancellable = pass->cancellable;
      if (self->die != NULL)
        {
          state = strata_die_get_state (self->die, self->use);
          all.die = &state;
        }
      if (all.conditions != NULL && strata_conditions_is_at_work (all.conditions)
          && (all.modelled = strata_program_get_modelled (self->program, pass->cancellable, error)) == NULL)
        return FALSE;
      all.without |= self->uncorrected ? STRATA_CORRECT_AFFINE : 0;
      pass->functional = strata_functional_new (strata_program_get_image (self->program), &all, error);
      if (pass->functional == NULL)
        return FALSE;
    }
  g_mutex_init (&pass->lock);
  ok = strata_parallel_for ((pass->n_samples + BLOCK - 1) / BLOCK, self->n_threads, run_block_cb, pass,
                            pass->cancellable, error);
  g_mutex_clear (&pass->lock);
  g_clear_pointer (&pass->functional, strata_functional_free);
  return ok;
}

static gboolean
run_trials (StrataEvaluation *self, StrataEvaluationPass *pass, const int *truth, GError **error)
{
  gboolean noisy = self->analog != STRATA_ANALOG_OFF && self->analog != STRATA_ANALOG_IDEAL;

  self->n_done_trials = noisy ? self->n_trials : 1;
  g_free (self->trials);
  self->trials = g_new (double, self->n_done_trials);
  for (guint i = 0; i < self->n_done_trials; i++)
    {
      StrataFunctionalOptions options = { .analog = self->analog,
                                          .seed = self->seed + i,
                                          .conditions = self->conditions };

      pass->stage = "analog";
      pass->progress_from = 0.2 + 0.8 * i / self->n_done_trials;
      pass->progress_to = 0.2 + 0.8 * (i + 1) / self->n_done_trials;
      if (!strata_evaluation_pass (pass, &options, error))
        return FALSE;
      self->trials[i] = strata_evaluation_count_right (pass->classes, truth, self->n_used);
    }
  return TRUE;
}

gboolean
strata_evaluation_prepare (StrataEvaluationPass *pass, gboolean with_float, int *truth, GError **error)
{
  StrataFunctionalOptions exact = { .analog = STRATA_ANALOG_OFF };
  StrataEvaluation *self = pass->self;

  if (self->labels == NULL && self->model == NULL)
    {
      g_set_error_literal (
        error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
        "evaluate: neither labels nor the float model are there; give labels, or the model for agreement");
      return FALSE;
    }
  if (self->labels == NULL || (with_float && self->model != NULL))
    {
      StrataEvaluationPass floats = *pass;

      floats.classes = truth, floats.outputs = NULL;
      floats.stage = "float";
      floats.progress_from = 0, floats.progress_to = 0.1;
      if (!strata_model_load_weights (self->model, error) || !strata_evaluation_pass (&floats, NULL, error))
        return FALSE;
      self->float_accuracy =
        self->labels != NULL ? strata_evaluation_count_right (truth, self->labels, self->n_used) : (double) NAN;
    }
  if (self->labels != NULL)
    memcpy (truth, self->labels, sizeof (int) * self->n_used);
  pass->stage = "quantised";
  pass->progress_from = 0.1, pass->progress_to = 0.2;
  if (!strata_evaluation_pass (pass, &exact, error))
    return FALSE;
  self->quantised_accuracy = strata_evaluation_count_right (pass->classes, truth, self->n_used);
  return TRUE;
}

gboolean
strata_evaluation_run (
  StrataEvaluation *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error)
{
  g_autofree int *truth = NULL, *classes = NULL;
  StrataEvaluationPass pass;

  g_return_val_if_fail (STRATA_IS_EVALUATION (self), FALSE);
  g_return_val_if_fail (self->samples != NULL, FALSE);
  self->n_used = self->limit > 0 ? MIN (self->limit, self->n_samples) : self->n_samples;
  truth = g_new0 (int, self->n_used);
  classes = g_new0 (int, self->n_used);
  pass = (StrataEvaluationPass){ .self = self,
                                 .n_samples = self->n_used,
                                 .classes = classes,
                                 .cancellable = cancellable,
                                 .progress = progress,
                                 .progress_data = user_data };
  self->float_accuracy = (double) NAN;
  return strata_evaluation_prepare (&pass, TRUE, truth, error) && run_trials (self, &pass, truth, error);
}

guint
strata_evaluation_get_n_samples (StrataEvaluation *self)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), 0);
  return self->n_used;
}

gboolean
strata_evaluation_has_labels (StrataEvaluation *self)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), FALSE);
  return self->labels != NULL;
}

double
strata_evaluation_get_float (StrataEvaluation *self)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), (double) NAN);
  return self->float_accuracy;
}

double
strata_evaluation_get_quantised (StrataEvaluation *self)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), (double) NAN);
  return self->quantised_accuracy;
}

double
strata_evaluation_get_analog (StrataEvaluation *self, double *deviation)
{
  double sum = 0, squares = 0, mean;
  guint n;

  g_return_val_if_fail (STRATA_IS_EVALUATION (self), (double) NAN);
  n = self->n_done_trials;
  if (deviation != NULL)
    *deviation = (double) NAN;
  if (n == 0)
    return (double) NAN;
  for (guint i = 0; i < n; i++)
    sum += self->trials[i];
  mean = sum / n;
  for (guint i = 0; i < n; i++)
    squares += (self->trials[i] - mean) * (self->trials[i] - mean);
  if (deviation != NULL && n > 1)
    *deviation = sqrt (squares / (n - 1));
  return mean;
}

guint
strata_evaluation_get_n_trials (StrataEvaluation *self)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), 0);
  return self->n_done_trials;
}

double
strata_evaluation_get_trial (StrataEvaluation *self, guint trial)
{
  g_return_val_if_fail (STRATA_IS_EVALUATION (self), (double) NAN);
  g_return_val_if_fail (trial < self->n_done_trials, (double) NAN);
  return self->trials[trial];
}
