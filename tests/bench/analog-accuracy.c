/* SPDX-License-Identifier: Apache-2.0
 *
 * What the compiler makes of a model without training it again: accuracy of off, nominal and the bands beside the float
 * model; reads, time and energy that it chose; modelled and measured signal to noise per layer; and what each technique
 * is worth, left out one at a time. Usage:
 *
 *     analog-accuracy [TASK [INPUTS [SEEDS]]]       analog-accuracy table [TASK [INPUTS [SEEDS]]]
 *     analog-accuracy layers [TASK [INPUTS [SEEDS]]]      analog-accuracy bands [TASK [INPUTS [SEEDS]]]
 *
 * Every seed compiles afresh with calibration samples of its own, which it never scores: the spread over seeds is that
 * of calibration and of noise. The standard error over inputs is that of the difference to the float model, input by
 * input. Data and models from the folder STRATA_SHARED, digits from STRATA_SAMPLE_DATA. Exits 77 where they are not
 * there.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "compiler/pipeline.h"
#include "model/exec/executor.h"
#include "simulator/simulator.h"

#define EXIT_SKIP 77
#define N_CALIBRATION 16
#define CROP 96

typedef enum
{
  DATA_UNSIGNED,
  DATA_SIGNED,
  DATA_CROPS, /* 96 x 96 x 3, without labels: shrunk to 32 x 32, planes; agreement with float */
} DataKind;

typedef struct
{
  const char *name, *model, *inputs, *labels;
  const char *calibration; /* samples of their own; NULL: every seed takes others of the inputs, and scores the rest */
  DataKind kind;
  double scale[3], offset[3]; /* real = (code - offset) * scale, per channel */
  int n_seeds;
} Task;

#define SAME(x)                                                                                                        \
  {                                                                                                                    \
    x, x, x                                                                                                            \
  }

static const Task tasks[] = {
  { "digits", "digits.onnx", "digits-test-images.npy", "digits-test-labels.npy", "digits-calibration.npy",
    DATA_UNSIGNED, SAME (0.0625), SAME (0), 8 },
  { "mnist", "mnist_cntk_opset8", "mnist_t10k/images_u8.npy", "mnist_t10k/labels_u8.npy", NULL, DATA_UNSIGNED, SAME (1),
    SAME (0), 8 },
  { "kws-fp32", "mlperf_tiny_kws_dscnn_fp32", "kws01/features_int8.npy", "kws01/labels_u8.npy", NULL, DATA_SIGNED,
    SAME (0.58470290), SAME (83), 8 },
  { "kws-int8", "mlperf_tiny_kws_dscnn_int8", "kws01/features_int8.npy", "kws01/labels_u8.npy", NULL, DATA_SIGNED,
    SAME (0.58470290), SAME (83), 8 },
  { "ic", "mlperf_tiny_ic_resnet8_fp32", "calibration_crops/rgb96_u8.npy", NULL, NULL, DATA_CROPS, SAME (1), SAME (0),
    8 },
  { "resnet20",
    "resnet20_cifar10",
    "calibration_crops/rgb96_u8.npy",
    NULL,
    NULL,
    DATA_CROPS,
    { 1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225) },
    { 255 * 0.485, 255 * 0.456, 255 * 0.406 },
    8 },
  { "vww", "mlperf_tiny_vww_mobilenetv1_fp32", "calibration_crops/rgb96_u8.npy", NULL, NULL, DATA_CROPS,
    SAME (1 / 255.0), SAME (0), 8 },
};

/* All inputs of a task */
typedef struct
{
  StrataGraph *graph;
  StrataArray **inputs, **calibration; /* calibration: NULL: of the inputs */
  int *labels;                         /* of the file, or the float model's class */
  int *floats;                         /* the float model's class */
  int n, n_calibration;
} Data;

/* --- data --- */

static char *
data_path (const Task *task, const char *name)
{
  return g_str_has_prefix (task->name, "digits") ? g_build_filename (g_getenv ("STRATA_SAMPLE_DATA"), name, NULL)
                                                 : g_build_filename (g_getenv ("STRATA_SHARED"), "data", name, NULL);
}

/* The bytes behind the header of a .npy file of 8-bit elements */
static guint8 *
load_bytes (const Task *task, const char *name, gsize *n)
{
  g_autofree char *path = data_path (task, name);
  g_autofree char *contents = NULL;
  gsize length, header;

  if (!g_file_get_contents (path, &contents, &length, NULL) || length < 10)
    return NULL;
  header = 10 + (gsize) (guint8) contents[8] + 256 * (gsize) (guint8) contents[9];
  *n = length - header;
  return g_memdup2 (contents + header, length - header);
}

/* One sample; crops are averaged over squares down to the model's size. */
static StrataArray *
make_input (const Task *task, const StrataValue *value, const guint8 *bytes)
{
  StrataArray *array = strata_array_new (STRATA_DTYPE_F32, value->n_dims, value->dims);
  gint64 count = strata_array_count (array), side = value->dims[value->n_dims - 1];
  float *x = array->data;

  for (gint64 i = 0; task->kind != DATA_CROPS && i < count; i++)
    x[i] = (float) (((task->kind == DATA_SIGNED ? (gint8) bytes[i] : bytes[i]) - task->offset[0]) * task->scale[0]);
  for (gint64 i = 0; task->kind == DATA_CROPS && i < count; i++)
    {
      gint64 c = i / (side * side), top = i / side % side, left = i % side, shrink = CROP / side;
      double sum = 0;

      for (gint64 p = 0; p < shrink * shrink; p++)
        sum += bytes[((top * shrink + p / shrink) * CROP + left * shrink + p % shrink) * 3 + c];
      x[i] = (float) ((sum / (double) (shrink * shrink) - task->offset[c]) * task->scale[c]);
    }
  return array;
}

static int
find_class (const StrataArray *output)
{
  const float *x = output->data;
  int best = 0;

  for (int i = 1; i < strata_array_count (output); i++)
    best = x[i] > x[best] ? i : best;
  return best;
}

typedef struct
{
  StrataFunctional *functional; /* NULL: the float model */
  StrataExecutor *executor;
  const Data *data;
  int *classes;
  int first_held, n_held; /* inputs that are not scored */
} Evaluation;

static gboolean
evaluate_cb (guint index, gpointer user_data, GError **error)
{
  Evaluation *evaluation = user_data;
  const StrataArray *const *inputs = (const StrataArray *const *) &evaluation->data->inputs[index];
  g_autoptr (StrataArray) output = NULL;
  gboolean ok;

  if ((int) index >= evaluation->first_held && (int) index < evaluation->first_held + evaluation->n_held)
    return TRUE;
  ok = evaluation->functional != NULL
         ? strata_functional_run (evaluation->functional, index, inputs, &output, NULL, error)
         : strata_executor_run (evaluation->executor, inputs, &output, NULL, NULL, NULL, error);
  if (ok)
    evaluation->classes[index] = find_class (output);
  return ok;
}

static StrataArray **
load_inputs (const Task *task, const StrataGraph *graph, const char *name, int *n)
{
  const StrataValue *value = &graph->values[graph->inputs[0]];
  gsize n_bytes = 0, stride = task->kind == DATA_CROPS ? CROP * CROP * 3 : (gsize) strata_value_count (value);
  g_autofree guint8 *bytes = load_bytes (task, name, &n_bytes);
  StrataArray **inputs = bytes != NULL ? g_new (StrataArray *, n_bytes / stride + 1) : NULL;

  *n = (int) (n_bytes / stride);
  for (int i = 0; inputs != NULL && i < *n; i++)
    inputs[i] = make_input (task, value, bytes + (gsize) i * stride);
  return inputs;
}

static gboolean
load_data (const Task *task, Data *data)
{
  gsize n_labels = 0;
  g_autofree guint8 *labels = task->labels != NULL ? load_bytes (task, task->labels, &n_labels) : NULL;
  Evaluation evaluation = { .data = data };

  data->inputs = load_inputs (task, data->graph, task->inputs, &data->n);
  if (task->calibration != NULL)
    data->calibration = load_inputs (task, data->graph, task->calibration, &data->n_calibration);
  if (data->inputs == NULL || (task->labels != NULL && n_labels != (gsize) data->n)
      || (task->calibration != NULL && data->calibration == NULL))
    return FALSE;
  data->labels = g_new0 (int, data->n);
  data->floats = g_new0 (int, data->n);
  evaluation.executor = strata_executor_new (data->graph, STRATA_EXECUTOR_DEFAULT, NULL, NULL);
  evaluation.classes = data->floats;
  if (!strata_parallel_for ((guint) data->n, 0, evaluate_cb, &evaluation, NULL, NULL))
    return FALSE;
  strata_executor_free (evaluation.executor);
  for (int i = 0; i < data->n; i++)
    data->labels[i] = labels != NULL ? labels[i] : data->floats[i];
  return TRUE;
}

/* @n: inputs that are scored; 0: all */
static gboolean
open_task (const Task *task, int n, Data *data)
{
  g_autofree char *path = g_str_has_suffix (task->model, ".onnx")
                            ? data_path (task, task->model)
                            : g_build_filename (g_getenv ("STRATA_SHARED"), "models", task->model, "model.onnx", NULL);

  *data = (Data){ strata_onnx_load (path, NULL, NULL) };
  if (data->graph == NULL || !load_data (task, data))
    return FALSE;
  /* Where samples are taken from the inputs, those beyond the scored ones stay for calibration. */
  if (n > 0 && data->calibration == NULL)
    data->n = MIN (data->n, n + N_CALIBRATION);
  else if (n > 0)
    data->n = MIN (data->n, n);
  return TRUE;
}

static void
free_arrays (StrataArray **arrays, int n)
{
  for (int i = 0; i < n; i++)
    strata_array_free (arrays[i]);
  g_free (arrays);
}

static void
close_task (Data *data)
{
  free_arrays (data->inputs, data->n);
  free_arrays (data->calibration, data->n_calibration);
  g_free (data->labels);
  g_free (data->floats);
  strata_graph_free (data->graph);
}

/* --- compiling and scoring --- */

/* What is left out of a compilation and of the arrays' programming and calibration */
typedef struct
{
  const char *name;
  guint quantise, correct;
  gboolean no_row_copies;
  int n_slices;
  gboolean no_trial;
} Without;

/* One seed's program and what it must not be scored with */
typedef struct
{
  StrataImage *image;
  int first_held, n_held;
  double seconds;
} Program;

static gboolean
compile (const Data *data, const Without *without, int seed, Program *program)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", NULL);
  const int n_all = data->calibration != NULL ? data->n_calibration : data->n;
  const int first = n_all - N_CALIBRATION * (1 + seed % (n_all / N_CALIBRATION));
  StrataCompileOptions options;
  StrataSample samples[N_CALIBRATION];
  StrataJudgement judgement;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  strata_compile_options_init (&options);
  for (int i = 0; i < N_CALIBRATION; i++)
    samples[i].inputs = &(data->calibration != NULL ? data->calibration : data->inputs)[first + i];
  options.calibration.samples = samples;
  options.calibration.n_samples = N_CALIBRATION;
  options.calibration.without = without->quantise;
  options.calibration.trial = without->no_trial ? NULL : strata_functional_try;
  options.map.row_copies = !without->no_row_copies;
  if (without->n_slices > 0)
    chip->slices = without->n_slices;
  *program = (Program){ .first_held = data->calibration != NULL ? 0 : first };
  program->n_held = data->calibration != NULL ? 0 : N_CALIBRATION;
  program->image = strata_compile (data->graph, chip, &options, &judgement, &error);
  program->seconds = (double) (g_get_monotonic_time () - start) * 1e-6;
  if (program->image == NULL)
    g_printerr ("%s\n", error->message);
  return program->image != NULL;
}

/* Sums over seeds and inputs, each seed without what it was calibrated with */
typedef struct
{
  double *difference;  /* per input: right where the float model is not, less the other way round */
  int *n_scored;       /* per input */
  double sum, squares; /* per seed: share right */
  double float_sum;    /* the float model's on the same inputs */
  double drop_squares; /* per seed: squared difference of the two */
  double same, n_same; /* class as the exact program's */
  double seconds;
  int n_seeds, n, n_runs;
} Score;

static void
score_init (Score *score, int n)
{
  *score = (Score){ .difference = g_new0 (double, n), .n_scored = g_new0 (int, n), .n = n };
}

static void
score_finish (Score *score)
{
  g_free (score->difference);
  g_free (score->n_scored);
}

/* @quantised: classes of exact integers, for the agreement; or NULL. @classes: filled */
static gboolean
score_seed (Score *score,
            const Program *program,
            const Data *data,
            const StrataFunctionalOptions *options,
            const int *quantised,
            int *classes)
{
  Evaluation evaluation = {
    .data = data, .classes = classes, .first_held = program->first_held, .n_held = program->n_held
  };
  double right = 0, right_float = 0;
  const int n = data->n - program->n_held;
  gint64 start;

  evaluation.functional = strata_functional_new (program->image, options, NULL);
  start = g_get_monotonic_time ();
  if (evaluation.functional == NULL || !strata_parallel_for ((guint) data->n, 0, evaluate_cb, &evaluation, NULL, NULL))
    return FALSE;
  score->seconds += (double) (g_get_monotonic_time () - start) * 1e-6;
  strata_functional_free (evaluation.functional);
  for (int i = 0; i < data->n; i++)
    if (i < program->first_held || i >= program->first_held + program->n_held)
      {
        score->difference[i] += (classes[i] == data->labels[i]) - (data->floats[i] == data->labels[i]);
        score->n_scored[i]++;
        right += classes[i] == data->labels[i];
        right_float += data->floats[i] == data->labels[i];
        score->same += quantised != NULL && classes[i] == quantised[i];
      }
  score->sum += right / n;
  score->squares += right / n * right / n;
  score->float_sum += right_float / n;
  score->drop_squares += (right_float - right) / n * (right_float - right) / n;
  score->n_same += n;
  score->n_runs += n;
  score->n_seeds++;
  return TRUE;
}

/* Standard error of a mean from sum and sum of squares of @n */
static double
standard_error (double sum, double squares, int n)
{
  return n > 1 ? sqrt (MAX (squares - sum * sum / n, 0) / (n - 1) / n) : NAN;
}

/* Of the mean drop, over inputs */
static double
input_error (const Score *score)
{
  double sum = 0, squares = 0;
  int n = 0;

  for (int i = 0; i < score->n; i++)
    if (score->n_scored[i] > 0)
      {
        double mean = score->difference[i] / score->n_scored[i];

        sum += mean, squares += mean * mean, n++;
      }
  return standard_error (sum, squares, n);
}

static void
print_score (const char *name, const Score *score)
{
  const int n = score->n_seeds;
  double drop = (score->float_sum - score->sum) / n;

  g_print ("  %-12s  %6.2f %% +- %.2f over %d seeds; %5.2f points below float +- %.2f over seeds, +- %.2f over inputs; "
           "%.2f %% as quantised; %.0f inferences/s\n",
           name, 100 * score->sum / n, 100 * standard_error (score->sum, score->squares, n), n, 100 * drop,
           100 * standard_error (score->float_sum - score->sum, score->drop_squares, n), 100 * input_error (score),
           100 * score->same / score->n_same, score->n_runs / score->seconds);
}

static int
most_reads (const StrataImage *image)
{
  int most = 1;

  for (int i = 0; i < image->graph->n_ops; i++)
    if (image->graph->ops[i].kind == STRATA_QOP_MVM)
      most = MAX (most, image->graph->ops[i].n_reads);
  return most;
}

static int
most_row_copies (const StrataImage *image)
{
  int most = 1;

  for (int i = 0; i < image->tiles->n_tiles; i++)
    most = MAX (most, image->tiles->tiles[i].n_row_copies);
  return most;
}

/* What the seeds' programs take: least and most */
typedef struct
{
  double us[2], uj[2], seconds[2];
  int n_arrays[2], reads[2], row_copies[2];
} Cost;

#define WIDEN(range, x, first)                                                                                         \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    (range)[0] = (first) ? (x) : MIN ((range)[0], (x));                                                                \
    (range)[1] = (first) ? (x) : MAX ((range)[1], (x));                                                                \
  }                                                                                                                    \
  G_STMT_END

static void
add_cost (Cost *cost, const Program *program, gboolean first)
{
  g_autoptr (StrataModelled) modelled = strata_model_run (program->image, 0, FALSE, NULL, NULL);

  WIDEN (cost->us, (double) modelled->latency_ps[0] * 1e-6, first);
  WIDEN (cost->uj, (double) modelled->energy_fj[0] * 1e-9, first);
  WIDEN (cost->seconds, program->seconds, first);
  WIDEN (cost->n_arrays, program->image->tiles->n_tiles, first);
  WIDEN (cost->reads, most_reads (program->image), first);
  WIDEN (cost->row_copies, most_row_copies (program->image), first);
}

static void
print_cost (const Cost *c)
{
  g_print ("  chosen: %d to %d arrays, up to %d row copies, up to %d reads; %.1f to %.1f us and %.2f to %.2f uJ per "
           "inference; compiled in %.2f to %.2f s\n",
           c->n_arrays[0], c->n_arrays[1], c->row_copies[1], c->reads[1], c->us[0], c->us[1], c->uj[0], c->uj[1],
           c->seconds[0], c->seconds[1]);
}

static void
print_decisions (const StrataImage *image, gboolean program)
{
  for (guint i = 0; i < image->decisions->decisions->len; i++)
    {
      const StrataDecision *d = &g_array_index (image->decisions->decisions, StrataDecision, i);

      if ((d->op < 0) == program
          && (d->reason == STRATA_REASON_READS || d->reason == STRATA_REASON_SLICES
              || d->reason == STRATA_REASON_VERIFIED))
        g_print ("  %s %s%s%s\n", strata_reason_code (d->reason), d->op < 0 ? "" : image->graph->ops[d->op].name,
                 d->op < 0 ? "" : ": ", d->text);
    }
}

static void
print_layers (const StrataImage *image, const Data *data, int n)
{
  const StrataFunctionalOptions options = { STRATA_ANALOG_NOMINAL, 0, TRUE };
  g_autoptr (StrataFunctional) functional = strata_functional_new (image, &options, NULL);
  const StrataAccuracyRecord *accuracy;

  for (int i = 0; functional != NULL && i < n; i++)
    {
      g_autoptr (StrataArray) output = NULL;

      if (!strata_functional_run (functional, (guint64) i, (const StrataArray *const *) &data->inputs[i], &output, NULL,
                                  NULL))
        return;
    }
  accuracy = strata_functional_accuracy (functional);
  for (int i = 0; i < image->graph->n_ops; i++)
    if (image->graph->ops[i].kind == STRATA_QOP_MVM)
      g_print ("  layer %-24s k %4d n %4d row copies %2d slices %d reads %2d: measured %5.1f dB, clipped %.5f, largest "
               "error %.1f steps\n",
               image->graph->ops[i].name, image->graph->ops[i].k, image->graph->ops[i].n,
               image->tiles->tiles[image->tiles->op_first[i]].n_row_copies, image->graph->ops[i].n_slices,
               image->graph->ops[i].n_reads, accuracy[i].snr_db, accuracy[i].clip_fraction, accuracy[i].max_abs_error);
}

static const Without nothing = { "everything" };

static const struct
{
  const char *name;
  StrataAnalog analog;
} levels[] = {
  { "off", STRATA_ANALOG_OFF },
  { "nominal", STRATA_ANALOG_NOMINAL },
  { "optimistic", STRATA_ANALOG_OPTIMISTIC },
  { "conservative", STRATA_ANALOG_CONSERVATIVE },
};

/* Compiles and scores @n_seeds programs; the first @n_levels of levels. */
static gboolean
score_task (const Data *data, const Without *without, int n_seeds, guint n_levels, Score *scores, Cost *cost)
{
  g_autofree int *quantised = g_new (int, data->n), *classes = g_new (int, data->n);
  gboolean ok = TRUE;

  for (int seed = 0; seed < n_seeds && ok; seed++)
    {
      Program program;

      ok = compile (data, without, seed, &program);
      for (guint i = 0; ok && i < n_levels; i++)
        ok = score_seed (&scores[i], &program, data,
                         &(StrataFunctionalOptions){ levels[i].analog, (guint64) seed, .without = without->correct },
                         i == 0 ? NULL : quantised, i == 0 ? quantised : classes);
      if (ok)
        add_cost (cost, &program, seed == 0);
      strata_image_free (program.image);
    }
  return ok;
}

static int
run_levels (const Task *task, int n, int n_seeds, guint n_levels)
{
  Score scores[G_N_ELEMENTS (levels)];
  gboolean ok;
  Cost cost;
  Data data;

  if (!open_task (task, n, &data))
    return EXIT_SKIP;
  n_seeds = n_seeds > 0 ? n_seeds : task->n_seeds;
  for (guint i = 0; i < n_levels; i++)
    score_init (&scores[i], data.n);
  ok = score_task (&data, &nothing, n_seeds, n_levels, scores, &cost);
  if (ok)
    {
      g_print ("%s: %d inputs, %d of them for calibration and not scored; %s; float %.2f %%\n", task->name, data.n,
               data.calibration != NULL ? 0 : N_CALIBRATION, task->labels != NULL ? "top-1" : "agreement with float",
               100 * scores[0].float_sum / n_seeds);
      print_cost (&cost);
    }
  for (guint i = 0; i < n_levels; i++)
    {
      if (ok)
        print_score (levels[i].name, &scores[i]);
      score_finish (&scores[i]);
    }
  close_task (&data);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
run_task (const Task *task, int n, int n_seeds)
{
  return run_levels (task, n, n_seeds, 2);
}

static int
run_bands (const Task *task, int n, int n_seeds)
{
  return run_levels (task, n, n_seeds, G_N_ELEMENTS (levels));
}

/* What the compiler decided, and what its noise model is worth layer by layer, for each seed's program */
static int
print_task_layers (const Task *task, int n, int n_seeds)
{
  Data data;

  if (!open_task (task, n, &data))
    return EXIT_SKIP;
  for (int seed = 0; seed < MAX (n_seeds, 1); seed++)
    {
      Program program;

      if (!compile (&data, &nothing, seed, &program))
        return EXIT_FAILURE;
      g_print ("%s, seed %d\n", task->name, seed);
      print_decisions (program.image, TRUE);
      print_decisions (program.image, FALSE);
      print_layers (program.image, &data, MIN (data.n - program.n_held, 50));
      strata_image_free (program.image);
    }
  close_task (&data);
  return EXIT_SUCCESS;
}

/* --- one technique left out at a time --- */

static const Without left_out[] = {
  { "everything" },
  { "- scale per channel", STRATA_QUANTISE_CHANNELS },
  { "- ranges of least error", STRATA_QUANTISE_RANGES },
  { "- bias correction", STRATA_QUANTISE_BIAS },
  { "- equalisation", STRATA_QUANTISE_EQUALISE },
  { "- second slice", .n_slices = 1 },
  { "- cells by sensitivity", STRATA_QUANTISE_SLICES },
  { "- averaged reads", STRATA_QUANTISE_READS },
  { "- arrays for row copies", STRATA_QUANTISE_SPLITS },
  { "- row copies", .no_row_copies = TRUE },
  { "- reads, row copies", STRATA_QUANTISE_READS, .no_row_copies = TRUE },
  { "- residual programming", .correct = STRATA_CORRECT_RESIDUALS },
  { "- verification by a run", .no_trial = TRUE },
  { "- affine correction", .correct = STRATA_CORRECT_AFFINE },
  { "- converter ranges", .correct = STRATA_CORRECT_RANGES },
};

static int
print_table (const Task *task, int n, int n_seeds)
{
  Data data;

  if (!open_task (task, n, &data))
    return EXIT_SKIP;
  n_seeds = n_seeds > 0 ? n_seeds : task->n_seeds;
  g_print (
    "%s without | float | quantised | nominal | below float, +- over seeds | most reads | arrays | us | uJ | s\n",
    task->name);
  for (guint i = 0; i < G_N_ELEMENTS (left_out); i++)
    {
      gint64 start = g_get_monotonic_time ();
      Score scores[2];
      gboolean ok;
      Cost cost;

      score_init (&scores[0], data.n);
      score_init (&scores[1], data.n);
      ok = score_task (&data, &left_out[i], n_seeds, 2, scores, &cost);
      if (ok)
        g_print ("%-26s | %6.2f | %6.2f | %6.2f | %6.2f +- %.2f | %2d | %3d | %6.1f | %7.2f | %.1f\n", left_out[i].name,
                 100 * scores[0].float_sum / n_seeds, 100 * scores[0].sum / n_seeds, 100 * scores[1].sum / n_seeds,
                 100 * (scores[1].float_sum - scores[1].sum) / n_seeds,
                 100 * standard_error (scores[1].float_sum - scores[1].sum, scores[1].drop_squares, n_seeds),
                 cost.reads[1], cost.n_arrays[1], cost.us[1], cost.uj[1],
                 (double) (g_get_monotonic_time () - start) * 1e-6);
      score_finish (&scores[0]);
      score_finish (&scores[1]);
      if (!ok)
        return EXIT_FAILURE;
    }
  close_task (&data);
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    int (*run) (const Task *task, int n, int n_seeds);
  } modes[] = { { "bands", run_bands }, { "table", print_table }, { "layers", print_task_layers } };
  int (*run) (const Task *task, int n, int n_seeds) = run_task;
  int status = EXIT_SUCCESS, n, n_seeds;

  if (g_getenv ("STRATA_SHARED") == NULL || g_getenv ("STRATA_SAMPLE_DATA") == NULL)
    return EXIT_SKIP;
  for (guint i = 0; i < G_N_ELEMENTS (modes) && argc > 1 && run == run_task; i++)
    if (strcmp (argv[1], modes[i].name) == 0)
      run = modes[i].run, argc--, argv++;
  n = argc > 2 ? atoi (argv[2]) : 0, n_seeds = argc > 3 ? atoi (argv[3]) : 0;
  for (guint i = 0; i < G_N_ELEMENTS (tasks) && status == EXIT_SUCCESS; i++)
    if (argc < 2 || strcmp (argv[1], tasks[i].name) == 0)
      status = run (&tasks[i], n, n_seeds);
  return status;
}
