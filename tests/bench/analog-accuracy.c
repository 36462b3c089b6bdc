/* SPDX-License-Identifier: Apache-2.0
 *
 * What the compiler makes of a model without training it again: accuracy of off, ideal, nominal and the bands over
 * noise seeds, beside the float model; reads, time and energy that it chose; modelled and measured signal to noise per
 * layer; and what each technique is worth, left out one at a time. Usage:
 *
 *     analog-accuracy [TASK [INPUTS [SEEDS]]]       analog-accuracy table [TASK [INPUTS [SEEDS]]]
 *
 * Data and models from the folder STRATA_SHARED, digits from STRATA_SAMPLE_DATA. Exits 77 where they are not there.
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
#define CROP_SHRINK 3

typedef enum
{
  DATA_UNSIGNED,
  DATA_SIGNED,
  DATA_CROPS, /* 96 x 96 x 3, without labels: shrunk to 32 x 32, planes; agreement with float */
} DataKind;

typedef struct
{
  const char *name, *model, *inputs, *labels;
  DataKind kind;
  double scale[3], offset[3]; /* real = (code - offset) * scale, per channel */
  int n_inputs, n_seeds;
} Task;

#define SAME(x)                                                                                                        \
  {                                                                                                                    \
    x, x, x                                                                                                            \
  }

static const Task tasks[] = {
  { "digits", "digits.onnx", "digits-test-images.npy", "digits-test-labels.npy", DATA_UNSIGNED, SAME (0.0625), SAME (0),
    360, 8 },
  { "mnist", "mnist_cntk_opset8", "mnist_t10k/images_u8.npy", "mnist_t10k/labels_u8.npy", DATA_UNSIGNED, SAME (1),
    SAME (0), 1000, 4 },
  { "kws-fp32", "mlperf_tiny_kws_dscnn_fp32", "kws01/features_int8.npy", "kws01/labels_u8.npy", DATA_SIGNED,
    SAME (0.58470290), SAME (83), 600, 8 },
  { "kws-int8", "mlperf_tiny_kws_dscnn_int8", "kws01/features_int8.npy", "kws01/labels_u8.npy", DATA_SIGNED,
    SAME (0.58470290), SAME (83), 600, 8 },
  { "ic", "mlperf_tiny_ic_resnet8_fp32", "calibration_crops/rgb96_u8.npy", NULL, DATA_CROPS, SAME (1), SAME (0), 112,
    4 },
  { "resnet20",
    "resnet20_cifar10",
    "calibration_crops/rgb96_u8.npy",
    NULL,
    DATA_CROPS,
    { 1 / (255 * 0.229), 1 / (255 * 0.224), 1 / (255 * 0.225) },
    { 255 * 0.485, 255 * 0.456, 255 * 0.406 },
    112,
    4 },
  { "vww", "mlperf_tiny_vww_mobilenetv1_fp32", "calibration_crops/rgb96_u8.npy", NULL, DATA_CROPS, SAME (1 / 255.0),
    SAME (0), 112, 4 },
};

typedef struct
{
  StrataGraph *graph;
  StrataArray **inputs;
  StrataArray *calibration[N_CALIBRATION];
  int *labels; /* of the file, or the float model's class */
  int *floats; /* the float model's class */
  int n;
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
} Evaluation;

static gboolean
evaluate_cb (guint index, gpointer user_data, GError **error)
{
  Evaluation *evaluation = user_data;
  const StrataArray *const *inputs = (const StrataArray *const *) &evaluation->data->inputs[index];
  g_autoptr (StrataArray) output = NULL;
  gboolean ok = evaluation->functional != NULL
                  ? strata_functional_run (evaluation->functional, index, inputs, &output, NULL, error)
                  : strata_executor_run (evaluation->executor, inputs, &output, NULL, NULL, NULL, error);

  if (ok)
    evaluation->classes[index] = find_class (output);
  return ok;
}

/* The last samples calibrate; where there are labels for many, those that are scored come first. */
static gboolean
load_data (const Task *task, Data *data)
{
  const StrataValue *value = &data->graph->values[data->graph->inputs[0]];
  gsize n_bytes = 0, n_labels = 0,
        stride = task->kind == DATA_CROPS ? CROP * CROP * 3 : (gsize) strata_value_count (value);
  g_autofree guint8 *bytes = load_bytes (task, task->inputs, &n_bytes);
  g_autofree guint8 *labels = task->labels != NULL ? load_bytes (task, task->labels, &n_labels) : NULL;
  int n_all = (int) (n_bytes / stride);
  Evaluation evaluation = { .data = data };

  if (bytes == NULL || (task->labels != NULL && labels == NULL))
    return FALSE;
  data->n = MIN (task->n_inputs, n_all - N_CALIBRATION);
  data->inputs = g_new (StrataArray *, data->n);
  data->labels = g_new0 (int, data->n);
  data->floats = g_new0 (int, data->n);
  for (int i = 0; i < N_CALIBRATION; i++)
    data->calibration[i] = make_input (task, value, bytes + (gsize) (n_all - 1 - i) * stride);
  for (int i = 0; i < data->n; i++)
    data->inputs[i] = make_input (task, value, bytes + (gsize) i * stride);
  evaluation.executor = strata_executor_new (data->graph, STRATA_EXECUTOR_DEFAULT, NULL, NULL);
  evaluation.classes = data->floats;
  if (!strata_parallel_for ((guint) data->n, 0, evaluate_cb, &evaluation, NULL, NULL))
    return FALSE;
  strata_executor_free (evaluation.executor);
  for (int i = 0; i < data->n; i++)
    data->labels[i] = labels != NULL ? labels[i] : data->floats[i];
  return TRUE;
}

static gboolean
open_task (const Task *task, int n, Data *data)
{
  g_autofree char *path = g_str_has_suffix (task->model, ".onnx")
                            ? data_path (task, task->model)
                            : g_build_filename (g_getenv ("STRATA_SHARED"), "models", task->model, "model.onnx", NULL);

  *data = (Data){ strata_onnx_load (path, NULL, NULL) };
  if (data->graph == NULL || !load_data (task, data))
    return FALSE;
  data->n = n > 0 ? MIN (n, data->n) : data->n;
  return TRUE;
}

static void
close_task (Data *data)
{
  for (int i = 0; i < N_CALIBRATION; i++)
    strata_array_free (data->calibration[i]);
  for (int i = 0; i < data->n; i++)
    strata_array_free (data->inputs[i]);
  g_free (data->inputs);
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
} Without;

static StrataImage *
compile (const Data *data, const Without *without, double *seconds)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", NULL);
  StrataCompileOptions options;
  StrataSample samples[N_CALIBRATION];
  StrataJudgement judgement;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  StrataImage *image;

  strata_compile_options_init (&options);
  for (int i = 0; i < N_CALIBRATION; i++)
    samples[i].inputs = (StrataArray **) &data->calibration[i];
  options.calibration.samples = samples;
  options.calibration.n_samples = N_CALIBRATION;
  options.calibration.without = without->quantise;
  options.map.row_copies = !without->no_row_copies;
  if (without->n_slices > 0)
    chip->slices = without->n_slices;
  image = strata_compile (data->graph, chip, &options, &judgement, &error);
  if (image == NULL)
    g_printerr ("%s\n", error->message);
  *seconds = (double) (g_get_monotonic_time () - start) * 1e-6;
  return image;
}

typedef struct
{
  double mean, deviation; /* share right, over seeds */
  double agreement;       /* with the quantised program */
  double per_second;
} Score;

/* @quantised: classes of exact integers, for the agreement; NULL: these are they, left in @classes */
static Score
score (const StrataImage *image,
       const Data *data,
       const StrataFunctionalOptions *wanted,
       int n_seeds,
       const int *quantised,
       int *classes)
{
  Score result = { 0 };
  double squares = 0, seconds = 0;

  for (int seed = 0; seed < n_seeds; seed++)
    {
      StrataFunctionalOptions options = *wanted;
      Evaluation evaluation = { .data = data, .classes = classes };
      double right = 0, same = 0;
      gint64 start;

      options.seed = (guint64) seed;
      evaluation.functional = strata_functional_new (image, &options, NULL);
      start = g_get_monotonic_time ();
      if (evaluation.functional == NULL
          || !strata_parallel_for ((guint) data->n, 0, evaluate_cb, &evaluation, NULL, NULL))
        return (Score){ NAN, NAN, NAN, NAN };
      seconds += (double) (g_get_monotonic_time () - start) * 1e-6;
      strata_functional_free (evaluation.functional);
      for (int i = 0; i < data->n; i++)
        {
          right += classes[i] == data->labels[i];
          same += quantised == NULL || classes[i] == quantised[i];
        }
      result.mean += right / data->n / n_seeds;
      squares += right / data->n * right / data->n / n_seeds;
      result.agreement += same / data->n / n_seeds;
    }
  result.deviation = sqrt (MAX (squares - result.mean * result.mean, 0));
  result.per_second = data->n * n_seeds / seconds;
  return result;
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

static void
print_cost (const StrataImage *image, double seconds)
{
  g_autoptr (StrataModelled) modelled = strata_model_run (image, 0, FALSE, NULL, NULL);

  g_print ("  compiled in %.2f s: %d arrays, up to %d row copies, up to %d reads; %.1f us and %.2f uJ per inference\n",
           seconds, image->tiles->n_tiles, most_row_copies (image), most_reads (image),
           (double) modelled->latency_ps[0] * 1e-6, (double) modelled->energy_fj[0] * 1e-9);
}

static void
print_decisions (const StrataImage *image, gboolean program)
{
  for (guint i = 0; i < image->decisions->decisions->len; i++)
    {
      const StrataDecision *d = &g_array_index (image->decisions->decisions, StrataDecision, i);

      if ((d->op < 0) == program && (d->reason == STRATA_REASON_READS || d->reason == STRATA_REASON_SLICES))
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
  { "ideal", STRATA_ANALOG_IDEAL },
  { "nominal", STRATA_ANALOG_NOMINAL },
  { "optimistic", STRATA_ANALOG_OPTIMISTIC },
  { "conservative", STRATA_ANALOG_CONSERVATIVE },
};

static int
run_task (const Task *task, int n, int n_seeds)
{
  g_autoptr (StrataImage) image = NULL;
  g_autofree int *quantised = NULL, *classes = NULL;
  double seconds, n_right = 0;
  Score off;
  Data data;

  if (!open_task (task, n, &data))
    return EXIT_SKIP;
  n_seeds = n_seeds > 0 ? n_seeds : task->n_seeds;
  image = compile (&data, &nothing, &seconds);
  if (image == NULL)
    return EXIT_FAILURE;
  quantised = g_new (int, data.n);
  classes = g_new (int, data.n);
  for (int i = 0; i < data.n; i++)
    n_right += data.floats[i] == data.labels[i];
  g_print ("%s: %d inputs, %s; float %.2f %%\n", task->name, data.n,
           task->labels != NULL ? "top-1" : "agreement with float", 100 * n_right / data.n);
  print_cost (image, seconds);
  off = score (image, &data, &(StrataFunctionalOptions){ STRATA_ANALOG_OFF }, 1, NULL, quantised);
  g_print ("  off           %6.2f %%\n", 100 * off.mean);
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      Score s = score (image, &data, &(StrataFunctionalOptions){ levels[i].analog },
                       levels[i].analog == STRATA_ANALOG_IDEAL ? 1 : n_seeds, quantised, classes);

      g_print ("  %-12s  %6.2f %% +- %.2f, %.2f %% as quantised; %.0f inferences/s\n", levels[i].name, 100 * s.mean,
               100 * s.deviation, 100 * s.agreement, s.per_second);
    }
  print_decisions (image, TRUE);
  print_decisions (image, FALSE);
  print_layers (image, &data, MIN (data.n, 50));
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
  { "- averaged reads", STRATA_QUANTISE_READS },
  { "- arrays for row copies", STRATA_QUANTISE_SPLITS },
  { "- row copies", .no_row_copies = TRUE },
  { "- reads, row copies", STRATA_QUANTISE_READS, .no_row_copies = TRUE },
  { "- residual programming", .correct = STRATA_CORRECT_RESIDUALS },
  { "- affine correction", .correct = STRATA_CORRECT_AFFINE },
  { "- converter ranges", .correct = STRATA_CORRECT_RANGES },
};

static int
print_table (const Task *task, int n, int n_seeds)
{
  g_print ("%s without            | quantised | analog | reads | arrays | us     | uJ\n", task->name);
  for (guint i = 0; i < G_N_ELEMENTS (left_out); i++)
    {
      g_autoptr (StrataImage) image = NULL;
      g_autoptr (StrataModelled) modelled = NULL;
      g_autofree int *quantised = NULL, *classes = NULL;
      double seconds;
      Score off, analog;
      Data data;

      if (!open_task (task, n, &data))
        return EXIT_SKIP;
      image = compile (&data, &left_out[i], &seconds);
      if (image == NULL)
        return EXIT_FAILURE;
      quantised = g_new (int, data.n);
      classes = g_new (int, data.n);
      modelled = strata_model_run (image, 0, FALSE, NULL, NULL);
      off = score (image, &data, &(StrataFunctionalOptions){ STRATA_ANALOG_OFF }, 1, NULL, quantised);
      analog = score (image, &data, &(StrataFunctionalOptions){ STRATA_ANALOG_NOMINAL, .without = left_out[i].correct },
                      n_seeds > 0 ? n_seeds : task->n_seeds, quantised, classes);
      g_print ("%-26s | %6.2f    | %6.2f | %2d    | %3d    | %6.1f | %7.2f\n", left_out[i].name, 100 * off.mean,
               100 * analog.mean, most_reads (image), image->tiles->n_tiles, (double) modelled->latency_ps[0] * 1e-6,
               (double) modelled->energy_fj[0] * 1e-9);
      close_task (&data);
    }
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  const gboolean table = argc > 1 && strcmp (argv[1], "table") == 0;
  int status = EXIT_SUCCESS, n, n_seeds;

  if (g_getenv ("STRATA_SHARED") == NULL || g_getenv ("STRATA_SAMPLE_DATA") == NULL)
    return EXIT_SKIP;
  argc -= table, argv += table;
  n = argc > 2 ? atoi (argv[2]) : 0, n_seeds = argc > 3 ? atoi (argv[3]) : 0;
  for (guint i = 0; i < G_N_ELEMENTS (tasks) && status == EXIT_SUCCESS; i++)
    if (argc < 2 || strcmp (argv[1], tasks[i].name) == 0)
      status = table ? print_table (&tasks[i], n, n_seeds) : run_task (&tasks[i], n, n_seeds);
  return status;
}
