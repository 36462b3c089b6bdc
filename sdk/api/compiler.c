/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataCompiler: options as a bag, and the wiring of the simulator into the pipeline as its evaluator.
 */
#include "strata/strata-compiler.h"

#include <math.h>

#include "api/certificate-private.h"
#include "api/chip-private.h"
#include "api/model-options.h"
#include "api/model-private.h"
#include "compiler/pipeline.h"
#include "device/program-private.h"
#include "strata/strata-evaluation.h"

/* Noise seeds that an accuracy is the mean of: as many as an evaluation takes by default */
#define N_TRIALS 8

struct _StrataCompiler
{
  GObject parent_instance;
  StrataModel *model;
  StrataChip *chip;
  StrataLimits limits;
  StrataObjective objective;
  StrataTensor *accuracy_inputs, *accuracy_labels;
  double accuracy_scale, accuracy_offset, effort;
  StrataCertificate *certificate;
  GPtrArray *samples; /* of GPtrArray of StrataTensor */
  guint64 seed;
  guint n_threads;
  guint n_reads;
  guint without; /* StrataQuantiseTechnique */
  double most_flips;
  gboolean row_copies, timing_only;
  char *dump_folder;
  StrataCache *cache;
};

G_DEFINE_FINAL_TYPE (StrataCompiler, strata_compiler, G_TYPE_OBJECT)

static void
strata_compiler_finalize (GObject *object)
{
  StrataCompiler *self = STRATA_COMPILER (object);

  g_clear_object (&self->model);
  g_clear_object (&self->chip);
  g_clear_object (&self->accuracy_inputs);
  g_clear_object (&self->accuracy_labels);
  g_clear_object (&self->certificate);
  g_ptr_array_unref (self->samples);
  g_free (self->dump_folder);
  strata_cache_unref (self->cache);
  G_OBJECT_CLASS (strata_compiler_parent_class)->finalize (object);
}

static void
strata_compiler_class_init (StrataCompilerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_compiler_finalize;
}

static void
strata_compiler_init (StrataCompiler *self)
{
  self->samples = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);
  self->row_copies = TRUE;
  self->cache = strata_cache_new (NULL);
}

StrataCompiler *
strata_compiler_new (StrataModel *model, StrataChip *chip)
{
  StrataCompiler *self;

  g_return_val_if_fail (STRATA_IS_MODEL (model), NULL);
  g_return_val_if_fail (STRATA_IS_CHIP (chip), NULL);
  self = g_object_new (STRATA_TYPE_COMPILER, NULL);
  self->model = g_object_ref (model);
  self->chip = g_object_ref (chip);
  return self;
}

void
strata_compiler_set_chip (StrataCompiler *self, StrataChip *chip)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  g_return_if_fail (STRATA_IS_CHIP (chip));
  g_set_object (&self->chip, chip);
}

void
strata_compiler_set_cache_folder (StrataCompiler *self, const char *path, guint64 max_bytes)
{
  const StrataCacheOptions options = { .folder = path, .max_folder_bytes = max_bytes };

  g_return_if_fail (STRATA_IS_COMPILER (self));
  strata_cache_unref (self->cache);
  self->cache = strata_cache_new (&options);
}

void
strata_compiler_share_cache (StrataCompiler *self, StrataCompiler *other)
{
  StrataCache *cache;

  g_return_if_fail (STRATA_IS_COMPILER (self));
  g_return_if_fail (STRATA_IS_COMPILER (other));
  cache = strata_cache_ref (other->cache);
  strata_cache_unref (self->cache);
  self->cache = cache;
}

char **
strata_compiler_take_cache_notes (StrataCompiler *self)
{
  g_return_val_if_fail (STRATA_IS_COMPILER (self), NULL);
  return strata_cache_take_notes (self->cache);
}

static double
get_limit (StrataRequirements *requirements, StrataLimit limit)
{
  double value = strata_requirements_get (requirements, limit);

  return isnan (value) ? 0 : value;
}

/* A limit below a picosecond stays a limit: 0 would mean none. */
static gint64
to_picoseconds (double limit)
{
  if (limit <= 0)
    return 0;
  return limit < 1 ? 1 : limit >= 9e18 ? G_MAXINT64 : (gint64) limit;
}

void
strata_compiler_set_requirements (StrataCompiler *self, StrataRequirements *requirements)
{
  double rate;

  g_return_if_fail (STRATA_IS_COMPILER (self));
  g_return_if_fail (requirements == NULL || STRATA_IS_REQUIREMENTS (requirements));
  self->limits = (StrataLimits){ 0 };
  self->objective = STRATA_OBJECTIVE_ARRAYS;
  if (requirements == NULL)
    return;
  self->objective = strata_requirements_get_objective (requirements);
  rate = get_limit (requirements, STRATA_LIMIT_MIN_RATE_PER_S);
  self->limits.max_latency_ps = to_picoseconds (get_limit (requirements, STRATA_LIMIT_MAX_LATENCY_PS));
  self->limits.max_interval_ps = rate > 0 ? to_picoseconds (1e12 / rate) : 0;
  self->limits.max_power_mw = get_limit (requirements, STRATA_LIMIT_MAX_POWER_MW);
  self->limits.max_energy_fj = get_limit (requirements, STRATA_LIMIT_MAX_ENERGY_FJ);
  self->limits.max_junction_c = get_limit (requirements, STRATA_LIMIT_MAX_JUNCTION_C);
  self->limits.max_skin_c = get_limit (requirements, STRATA_LIMIT_MAX_SKIN_C);
  self->limits.max_peak_mw = get_limit (requirements, STRATA_LIMIT_MAX_PEAK_POWER_MW);
  self->limits.min_accuracy = get_limit (requirements, STRATA_LIMIT_MIN_ACCURACY);
  /* Half an array stays a limit too */
  if (get_limit (requirements, STRATA_LIMIT_MAX_ARRAYS) > 0)
    self->limits.max_arrays = (gint64) CLAMP (get_limit (requirements, STRATA_LIMIT_MAX_ARRAYS), 1, 0x1p62);
  self->limits.max_cost_usd = get_limit (requirements, STRATA_LIMIT_MAX_COST_USD);
}

void
strata_compiler_set_accuracy_data (
  StrataCompiler *self, StrataTensor *inputs, StrataTensor *labels, double scale, double offset)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  g_return_if_fail (inputs == NULL || STRATA_IS_TENSOR (inputs));
  g_return_if_fail (labels == NULL || STRATA_IS_TENSOR (labels));
  g_set_object (&self->accuracy_inputs, inputs);
  g_set_object (&self->accuracy_labels, labels);
  self->accuracy_scale = scale;
  self->accuracy_offset = offset;
}

void
strata_compiler_set_effort (StrataCompiler *self, double seconds)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  g_return_if_fail (isfinite (seconds));
  self->effort = seconds;
}

StrataCertificate *
strata_compiler_get_certificate (StrataCompiler *self)
{
  g_return_val_if_fail (STRATA_IS_COMPILER (self), NULL);
  return self->certificate;
}

static gpointer
ref_object_cb (gconstpointer object, gpointer user_data)
{
  return g_object_ref ((gpointer) object);
}

gboolean
strata_compiler_add_calibration (StrataCompiler *self, GPtrArray *inputs, GError **error)
{
  const StrataGraph *graph;
  g_autofree StrataArray *views = NULL;
  g_autofree const StrataArray **pointers = NULL;
  GPtrArray *kept;

  g_return_val_if_fail (STRATA_IS_COMPILER (self), FALSE);
  g_return_val_if_fail (inputs != NULL, FALSE);
  graph = strata_model_get_graph (self->model);
  views = g_new0 (StrataArray, graph->n_inputs + 1);
  pointers = g_new0 (const StrataArray *, graph->n_inputs + 1);
  if (!strata_model_view_inputs (self->model, inputs, views, pointers, error))
    {
      if (error != NULL && *error != NULL)
        {
          (*error)->domain = STRATA_COMPILE_ERROR;
          (*error)->code = STRATA_COMPILE_ERROR_INPUT;
          g_prefix_error (error, "calibration: ");
        }
      return FALSE;
    }
  kept = g_ptr_array_copy (inputs, ref_object_cb, NULL);
  g_ptr_array_set_free_func (kept, g_object_unref);
  g_ptr_array_add (self->samples, kept);
  return TRUE;
}

void
strata_compiler_set_seed (StrataCompiler *self, guint64 seed)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  self->seed = seed;
}

void
strata_compiler_set_n_threads (StrataCompiler *self, guint n_threads)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  self->n_threads = n_threads;
}

void
strata_compiler_set_row_copies (StrataCompiler *self, gboolean row_copies)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  self->row_copies = row_copies;
}

void
strata_compiler_set_n_reads (StrataCompiler *self, guint n_reads)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  g_return_if_fail (n_reads <= STRATA_MAX_READS);
  self->n_reads = n_reads;
}

gboolean
strata_compiler_set_quantisation (StrataCompiler *self, const char *settings, GError **error)
{
  g_return_val_if_fail (STRATA_IS_COMPILER (self), FALSE);
  g_return_val_if_fail (settings != NULL, FALSE);
  return strata_quantise_parse (settings, &self->without, &self->most_flips, error);
}

void
strata_compiler_set_timing_only (StrataCompiler *self, gboolean timing_only)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  self->timing_only = timing_only;
}

void
strata_compiler_set_dump_folder (StrataCompiler *self, const char *path)
{
  g_return_if_fail (STRATA_IS_COMPILER (self));
  g_free (self->dump_folder);
  self->dump_folder = g_strdup (path);
}

/* What the evaluator needs while one compilation runs */
typedef struct
{
  StrataCompiler *compiler;
  GCancellable *cancellable;
} Evaluator;

/* The compiler's view of a candidate: a modelled run without bands. */
static gboolean
judge_cb (const StrataImage *image, StrataJudgement *judgement, gpointer user_data, GError **error)
{
  const Evaluator *evaluator = user_data;
  g_autoptr (StrataModelled) modelled =
    strata_model_run (image, image->limits.max_interval_ps, FALSE, evaluator->cancellable, error);

  if (modelled == NULL)
    return FALSE;
  *judgement = (StrataJudgement){
    .latency_ps = modelled->latency_ps[STRATA_BAND_NOMINAL],
    .interval_ps = modelled->interval_ps[STRATA_BAND_NOMINAL],
    .unit_interval_ps = modelled->unit_interval_ps[STRATA_BAND_NOMINAL],
    .energy_fj = modelled->energy_fj[STRATA_BAND_NOMINAL],
    .dynamic_fj = modelled->dynamic_fj[STRATA_BAND_NOMINAL],
    .power_mw = modelled->power_mw[STRATA_BAND_NOMINAL],
    .static_mw = modelled->static_mw[STRATA_BAND_NOMINAL],
    .peak_mw = modelled->peak_mw,
    .junction_c = modelled->junction_c,
    .skin_c = modelled->skin_c,
  };
  return TRUE;
}

/* An evaluation of the program that the image would make. It gets a copy through the container, because a program owns
 * its image and the search has only lent it. */
static gboolean
accuracy_cb (const StrataImage *image, double *accuracy, gpointer user_data, GError **error)
{
  const Evaluator *evaluator = user_data;
  StrataCompiler *self = evaluator->compiler;
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  StrataImage *copy = strata_image_decode (bytes, "candidate", error);
  g_autoptr (StrataProgram) program = NULL;
  g_autoptr (StrataEvaluation) evaluation = NULL;

  if (copy == NULL)
    return FALSE;
  program = strata_program_new_from_image (copy);
  evaluation = strata_evaluation_new (program, self->accuracy_labels == NULL ? self->model : NULL);
  strata_evaluation_set_analog (evaluation, STRATA_ANALOG_NOMINAL, N_TRIALS, 0);
  strata_evaluation_set_n_threads (evaluation, self->n_threads);
  if (!strata_evaluation_set_data (evaluation, self->accuracy_inputs, self->accuracy_labels, self->accuracy_scale,
                                   self->accuracy_offset, error)
      || !strata_evaluation_run (evaluation, NULL, NULL, evaluator->cancellable, error))
    return FALSE;
  *accuracy = strata_evaluation_get_analog (evaluation, NULL);
  return TRUE;
}

/* Where nothing is asked, the schedule's latency is all that is needed. */
static gboolean
needs_judgement (const StrataCompiler *self)
{
  const StrataLimits *limits = &self->limits;

  return self->objective != STRATA_OBJECTIVE_ARRAYS || limits->max_latency_ps > 0 || limits->max_interval_ps > 0
         || limits->max_power_mw > 0 || limits->max_energy_fj > 0 || limits->max_junction_c > 0
         || limits->max_skin_c > 0 || limits->max_peak_mw > 0 || limits->min_accuracy > 0 || limits->max_arrays > 0
         || limits->max_cost_usd > 0;
}

/* The configuration of a network of tokens, read again for another number of them */
static StrataGraph *
resize_cb (gint64 n_tokens, gpointer user_data, GError **error)
{
  const StrataCompiler *self = user_data;
  const StrataGraph *graph = strata_model_get_graph (self->model);
  g_auto (GStrv) lines = g_strsplit (graph->shapes == NULL ? "" : graph->shapes, "\n", -1);
  g_autoptr (StrataModelOptions) options = strata_model_options_new ();

  for (char **line = lines; *line != NULL; line++)
    if (**line != '\0' && !g_str_has_prefix (*line, "sequence=")
        && !strata_model_options_set_text (options, *line, error))
      return NULL;
  strata_model_options_set_dimension (options, "sequence", n_tokens);
  return strata_model_options_load (options, graph->path, NULL, NULL, error);
}

/* Tokens of a call of a network without weights, which its configuration gives; 0: it has none */
static gint64
count_tokens (const StrataGraph *graph)
{
  int input = strata_graph_find_value (graph, "input_ids");
  gboolean is_open = graph->path != NULL && !g_str_has_suffix (graph->path, ".onnx") && input >= 0
                     && graph->values[input].producer < 0 && graph->values[input].n_dims == 2;

  return is_open ? graph->values[input].dims[1] : 0;
}

StrataProgram *
strata_compiler_compile (
  StrataCompiler *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error)
{
  const StrataGraph *graph;
  StrataCompileOptions options;
  StrataSearchReport *report = NULL;
  Evaluator evaluator = { self, cancellable };
  g_autofree StrataSample *samples = NULL;
  g_autofree StrataArray *views = NULL;
  g_autofree StrataArray **pointers = NULL;
  StrataImage *image;
  guint n_inputs;

  g_return_val_if_fail (STRATA_IS_COMPILER (self), NULL);
  if (!self->timing_only && !strata_model_load_weights (self->model, error))
    return NULL;
  g_clear_object (&self->certificate);
  graph = strata_model_get_graph (self->model);
  n_inputs = (guint) graph->n_inputs;
  samples = g_new0 (StrataSample, self->samples->len + 1);
  views = g_new0 (StrataArray, self->samples->len * n_inputs + 1);
  pointers = g_new0 (StrataArray *, self->samples->len * n_inputs + 1);
  for (guint i = 0; i < self->samples->len; i++)
    {
      samples[i].inputs = &pointers[i * n_inputs];
      if (!strata_model_view_inputs (self->model, self->samples->pdata[i], &views[i * n_inputs],
                                     (const StrataArray **) samples[i].inputs, error))
        return NULL;
    }

  strata_compile_options_init (&options);
  options.calibration.samples = self->samples->len > 0 ? samples : NULL;
  options.calibration.n_samples = (int) self->samples->len;
  options.calibration.seed = self->seed;
  options.calibration.n_threads = self->n_threads;
  options.calibration.n_reads = (int) self->n_reads;
  options.calibration.without = self->without;
  options.calibration.most_flips = self->most_flips;
  options.calibration.cancellable = cancellable;
  options.calibration.trial = strata_functional_try;
  options.map.row_copies = self->row_copies;
  options.place.effort = self->effort;
  options.limits = self->limits;
  options.objective = self->objective;
  options.report = &report;
  options.n_tokens = count_tokens (graph);
  options.resize = options.n_tokens > 1 ? resize_cb : NULL;
  options.resize_data = self;
  if (needs_judgement (self))
    options.evaluator =
      (StrataEvaluator){ judge_cb, &evaluator, TRUE, self->accuracy_inputs == NULL ? NULL : accuracy_cb };
  options.seed = self->seed;
  options.dump_folder = self->dump_folder;
  options.cache = self->cache;
  options.progress = progress;
  options.progress_data = user_data;
  options.cancellable = cancellable;
  image = strata_compile (graph, strata_chip_get_spec (self->chip), &options, NULL, error);
  if (report != NULL)
    self->certificate = strata_certificate_new_from_report (report);
  return image == NULL ? NULL : strata_program_new_from_image (image);
}

static void
compile_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;
  StrataProgram *program = strata_compiler_compile (source, NULL, NULL, cancellable, &error);

  if (program != NULL)
    g_task_return_pointer (task, program, g_object_unref);
  else
    g_task_return_error (task, error);
}

void
strata_compiler_compile_async (StrataCompiler *self,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (STRATA_IS_COMPILER (self));
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, strata_compiler_compile_async);
  g_task_run_in_thread (task, compile_thread);
}

StrataProgram *
strata_compiler_compile_finish (StrataCompiler *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
