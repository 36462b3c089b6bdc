/* SPDX-License-Identifier: Apache-2.0
 *
 * Accuracy and speed of the functional simulation on labelled data: off, ideal, and nominal over noise seeds, beside a
 * plain matrix product of the same size. Usage: analog-accuracy [kws-int8|kws-fp32|mnist] [INPUTS] [SEEDS]; data and
 * models from the folder STRATA_SHARED. Exits 77 where they are not there.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "compiler/pipeline.h"
#include "kernels/float-gemm.h"
#include "simulator/simulator.h"

#define EXIT_SKIP 77
#define N_CALIBRATION 16

typedef struct
{
  const char *name, *model, *inputs, *labels;
  gboolean is_signed;
  double scale, offset; /* real = (code - offset) * scale */
  int n_inputs, n_seeds;
} Task;

static const Task tasks[] = {
  { "kws-int8", "mlperf_tiny_kws_dscnn_int8", "kws01/features_int8.npy", "kws01/labels_u8.npy", TRUE, 0.58470290, 83,
    600, 8 },
  { "kws-fp32", "mlperf_tiny_kws_dscnn_fp32", "kws01/features_int8.npy", "kws01/labels_u8.npy", TRUE, 0.58470290, 83,
    600, 8 },
  { "mnist", "mnist_cntk_opset8", "mnist_t10k/images_u8.npy", "mnist_t10k/labels_u8.npy", FALSE, 1, 0, 1000, 4 },
};

/* The bytes behind the header of a .npy file of 8-bit elements */
static guint8 *
load_bytes (const char *name, gsize *n)
{
  g_autofree char *path = g_build_filename (g_getenv ("STRATA_SHARED"), "data", name, NULL);
  g_autofree char *contents = NULL;
  gsize length, header;

  if (!g_file_get_contents (path, &contents, &length, NULL) || length < 10)
    return NULL;
  header = 10 + (gsize) (guint8) contents[8] + 256 * (gsize) (guint8) contents[9];
  *n = length - header;
  return g_memdup2 (contents + header, length - header);
}

typedef struct
{
  StrataArray **inputs;
  guint8 *labels;
  int n;
} Data;

static gboolean
load_data (const Task *task, const StrataGraph *graph, Data *data)
{
  const StrataValue *value = &graph->values[graph->inputs[0]];
  gsize n_bytes, n_labels, count = (gsize) strata_value_count (value);
  g_autofree guint8 *bytes = load_bytes (task->inputs, &n_bytes);

  data->labels = load_bytes (task->labels, &n_labels);
  if (bytes == NULL || data->labels == NULL)
    return FALSE;
  data->n = (int) MIN (n_labels, n_bytes / count);
  data->inputs = g_new (StrataArray *, data->n);
  for (int i = 0; i < data->n; i++)
    {
      data->inputs[i] = strata_array_new (STRATA_DTYPE_F32, value->n_dims, value->dims);
      for (gsize e = 0; e < count; e++)
        {
          guint8 code = bytes[(gsize) i * count + e];

          ((float *) data->inputs[i]->data)[e] =
            (float) (((task->is_signed ? (gint8) code : code) - task->offset) * task->scale);
        }
    }
  return TRUE;
}

static StrataImage *
compile (const StrataGraph *graph, const Data *data)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", NULL);
  StrataCompileOptions options;
  StrataSample samples[N_CALIBRATION];
  StrataJudgement judgement;
  g_autoptr (GError) error = NULL;
  StrataImage *image;

  strata_compile_options_init (&options);
  for (int i = 0; i < N_CALIBRATION; i++)
    samples[i].inputs = &data->inputs[data->n / N_CALIBRATION * i];
  options.calibration.samples = samples;
  options.calibration.n_samples = N_CALIBRATION;
  image = strata_compile (graph, chip, &options, &judgement, &error);
  if (image == NULL)
    g_printerr ("%s\n", error->message);
  return image;
}

typedef struct
{
  StrataFunctional *functional;
  const Data *data;
  int *right;
} Evaluation;

static gboolean
evaluate_cb (guint index, gpointer user_data, GError **error)
{
  Evaluation *evaluation = user_data;
  g_autoptr (StrataArray) output = NULL;
  int best = 0;

  if (!strata_functional_run (evaluation->functional, index,
                              (const StrataArray *const *) &evaluation->data->inputs[index], &output, NULL, error))
    return FALSE;
  for (int i = 1; i < strata_array_count (output); i++)
    if (((float *) output->data)[i] > ((float *) output->data)[best])
      best = i;
  evaluation->right[index] = best == evaluation->data->labels[index];
  return TRUE;
}

/* Fraction right; *seconds: of the inferences, without programming */
static double
evaluate (StrataFunctional *functional, const Data *data, int n, guint n_threads, double *seconds)
{
  g_autofree int *right = g_new0 (int, n);
  Evaluation evaluation = { functional, data, right };
  gint64 start = g_get_monotonic_time ();
  double sum = 0;

  if (!strata_parallel_for ((guint) n, n_threads, evaluate_cb, &evaluation, NULL, NULL))
    return NAN;
  *seconds = (double) (g_get_monotonic_time () - start) * 1e-6;
  for (int i = 0; i < n; i++)
    sum += right[i];
  return sum / n;
}

/* Seconds of one float product of each crossbar op of the network */
static double
plain_product_seconds (const StrataQGraph *graph)
{
  gint64 start = 0;
  const int rounds = 50;

  for (int round = -5; round < rounds; round++)
    {
      if (round == 0)
        start = g_get_monotonic_time ();
      for (int i = 0; i < graph->n_ops; i++)
        {
          const StrataQOp *op = &graph->ops[i];
          int p = graph->tensors[op->output].height * graph->tensors[op->output].width;
          g_autofree float *x = NULL, *w = NULL, *y = NULL;

          if (op->kind != STRATA_QOP_MVM)
            continue;
          x = g_new0 (float, p * op->k), w = g_new0 (float, op->k * op->n), y = g_new0 (float, p * op->n);
          strata_float_gemm (&(StrataGemm){ FALSE, FALSE, p, op->n, op->k, op->k, op->n, op->n, 1, 0 }, x, w, y);
        }
    }
  return (double) (g_get_monotonic_time () - start) * 1e-6 / rounds;
}

static double
crossbar_macs (const StrataQGraph *graph)
{
  double macs = 0;

  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_MVM)
      macs += (double) graph->ops[i].n * graph->ops[i].k * graph->tensors[graph->ops[i].output].height
              * graph->tensors[graph->ops[i].output].width;
  return macs;
}

static StrataFunctional *
open_image (const StrataImage *image, StrataAnalog analog, guint64 seed, gboolean measure)
{
  const StrataFunctionalOptions options = { analog, seed, measure };
  g_autoptr (GError) error = NULL;
  StrataFunctional *functional = strata_functional_new (image, &options, &error);

  if (functional == NULL)
    g_printerr ("%s\n", error->message);
  return functional;
}

static void
print_layers (const StrataImage *image, const Data *data, int n)
{
  g_autoptr (StrataFunctional) functional = open_image (image, STRATA_ANALOG_NOMINAL, 0, TRUE);
  const StrataAccuracyRecord *accuracy;
  double seconds;

  if (functional == NULL)
    return;
  evaluate (functional, data, n, 1, &seconds);
  accuracy = strata_functional_accuracy (functional);
  for (int i = 0; i < image->graph->n_ops; i++)
    if (image->graph->ops[i].kind == STRATA_QOP_MVM)
      g_print ("  layer %-28s k %4d n %4d row copies %d: %5.1f dB, clipped %.5f, largest error %.1f steps\n",
               image->graph->ops[i].name, image->graph->ops[i].k, image->graph->ops[i].n,
               image->tiles->tiles[image->tiles->op_first[i]].n_row_copies, accuracy[i].snr_db,
               accuracy[i].clip_fraction, accuracy[i].max_abs_error);
}

static void
print_level (const char *name, const StrataImage *image, const Data *data, int n, StrataAnalog analog, int n_seeds)
{
  double sum = 0, square = 0, seconds = 0, programming = 0;

  for (int seed = 0; seed < n_seeds; seed++)
    {
      gint64 start = g_get_monotonic_time ();
      g_autoptr (StrataFunctional) functional = open_image (image, analog, (guint64) seed, FALSE);
      double one = 0, accuracy;

      programming += (double) (g_get_monotonic_time () - start) * 1e-6;
      if (functional == NULL)
        return;
      accuracy = evaluate (functional, data, n, 0, &one);
      sum += accuracy, square += accuracy * accuracy, seconds += one;
    }
  g_print ("  %-12s %6.2f %% +- %.2f over %d seeds; %.0f inferences/s on %u threads, %.2f GMAC/s, load %.2f s\n", name,
           100 * sum / n_seeds, 100 * sqrt (MAX (square / n_seeds - sum * sum / n_seeds / n_seeds, 0)), n_seeds,
           n * n_seeds / seconds, g_get_num_processors (), crossbar_macs (image->graph) * n * n_seeds / seconds * 1e-9,
           programming / n_seeds);
}

/* What averaging conversions would give; the compiler decides how many an op takes. */
static void
print_reads (StrataImage *image, const Data *data, int n, int n_seeds)
{
  for (int reads = 2; reads <= 4; reads *= 2)
    {
      g_autofree char *name = g_strdup_printf ("%d reads", reads);

      for (int i = 0; i < image->graph->n_ops; i++)
        if (image->graph->ops[i].kind == STRATA_QOP_MVM)
          image->graph->ops[i].n_reads = reads;
      print_level (name, image, data, n, STRATA_ANALOG_NOMINAL, n_seeds);
    }
}

static int
run_task (const Task *task, int n, int n_seeds)
{
  g_autofree char *path = g_build_filename (g_getenv ("STRATA_SHARED"), "models", task->model, "model.onnx", NULL);
  g_autoptr (StrataGraph) graph = strata_onnx_load (path, NULL, NULL);
  g_autoptr (StrataImage) image = NULL;
  Data data = { NULL };

  if (graph == NULL || !load_data (task, graph, &data))
    return EXIT_SKIP;
  n = MIN (n > 0 ? n : task->n_inputs, data.n);
  n_seeds = n_seeds > 0 ? n_seeds : task->n_seeds;
  image = compile (graph, &data);
  if (image == NULL)
    return EXIT_FAILURE;
  for (guint i = 0; i < image->decisions->decisions->len && g_getenv ("DECISIONS"); i++)
    {
      StrataDecision *d = &g_array_index (image->decisions->decisions, StrataDecision, i);
      g_print ("  %s op %d value %" G_GINT64_FORMAT ": %s\n", strata_reason_code (d->reason), d->op, d->value, d->text);
    }
  g_print ("%s: %d inputs, %d arrays\n", task->name, n, image->tiles->n_tiles);
  print_level ("off", image, &data, n, STRATA_ANALOG_OFF, 1);
  print_level ("ideal", image, &data, n, STRATA_ANALOG_IDEAL, 1);
  print_level ("nominal", image, &data, n, STRATA_ANALOG_NOMINAL, n_seeds);
  print_level ("optimistic", image, &data, n, STRATA_ANALOG_OPTIMISTIC, n_seeds);
  print_level ("conservative", image, &data, n, STRATA_ANALOG_CONSERVATIVE, n_seeds);
  print_layers (image, &data, MIN (n, 50));
  print_reads (image, &data, n, n_seeds);
  g_print ("  plain product of the same MACs: %.2f GMAC/s on one thread\n",
           crossbar_macs (image->graph) / plain_product_seconds (image->graph) * 1e-9);
  for (int i = 0; i < data.n; i++)
    strata_array_free (data.inputs[i]);
  g_free (data.inputs);
  g_free (data.labels);
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  int status = EXIT_SUCCESS;

  if (g_getenv ("STRATA_SHARED") == NULL)
    return EXIT_SKIP;
  for (guint i = 0; i < G_N_ELEMENTS (tasks) && status == EXIT_SUCCESS; i++)
    if (argc < 2 || strcmp (argv[1], tasks[i].name) == 0)
      status = run_task (&tasks[i], argc > 2 ? atoi (argv[2]) : 0, argc > 3 ? atoi (argv[3]) : 0);
  return status;
}
