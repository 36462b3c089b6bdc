/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantised graphs against what the models' own reference outputs and labels say. The program is executed by the naive
 * interpreter beside this file. Set STRATA_TEST_FULL=1 for whole data sets instead of parts.
 */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "compiler/quantise/ranges.h"
#include "graph-maker.h"
#include "interpreter.h"
#include "kernels/int-rows.h"
#include "support.h"

#define MAX_SETS 8

typedef struct
{
  StrataGraph *graph;
  float *inputs[MAX_SETS], *outputs[MAX_SETS];
  int n_sets;
  gint64 n_out;
} Reference;

static void
reference_load (Reference *reference, const char *model)
{
  gint64 n;

  memset (reference, 0, sizeof *reference);
  reference->graph = load_model (model);
  for (int i = 0; i < MAX_SETS; i++)
    {
      reference->inputs[i] = load_reference (model, i, "input_0", &n);
      if (reference->inputs[i] == NULL)
        break;
      reference->outputs[i] = load_reference (model, i, "output_0", &reference->n_out);
      reference->n_sets++;
    }
  g_assert_cmpint (reference->n_sets, >, 0);
}

static void
reference_clear (Reference *reference)
{
  for (int i = 0; i < reference->n_sets; i++)
    {
      g_free (reference->inputs[i]);
      g_free (reference->outputs[i]);
    }
  strata_graph_free (reference->graph);
}

static float *
run_quantised (const StrataQGraph *q, const float *input)
{
  const float *inputs[1] = { input };
  gint64 n;

  return interpret (q, inputs, &n);
}

/* The scale of the output's codes. */
static double
output_step (const StrataQGraph *q)
{
  const StrataQOp *last = &q->ops[q->tensors[q->outputs[0]].producer];

  g_assert_cmpint (last->kind, ==, STRATA_QOP_DEQUANTISE);
  return q->tensors[last->inputs[0]].scale;
}

/* Exact transfer: the networks were proven equal to an integer run of their source, so not one step may differ. */
static void
test_qdq (gconstpointer data)
{
  const char *model = data;
  Reference reference;
  double worst = 0;

  if (shared_folder () == NULL)
    return;
  reference_load (&reference, model);
  {
    g_autoptr (StrataQGraph) q = quantise_model (reference.graph, NULL, 0, 2);

    g_assert_true (q->quantised_source);
    for (int i = 0; i < q->n_tensors; i++)
      g_assert_false (q->tensors[i].guessed);
    for (int i = 0; i < reference.n_sets; i++)
      {
        g_autofree float *out = run_quantised (q, reference.inputs[i]);

        for (gint64 j = 0; j < reference.n_out; j++)
          worst = MAX (worst, fabs ((double) out[j] - (double) reference.outputs[i][j]) / output_step (q));
        g_assert_cmpint (argmax (out, reference.n_out), ==, argmax (reference.outputs[i], reference.n_out));
      }
  }
  g_test_message ("%s: %.3f steps over %d sets", model, worst, reference.n_sets);
  g_assert_cmpfloat (worst, <, 1e-3);
  reference_clear (&reference);
}

typedef struct
{
  const char *model;
  double least_db;       /* of the outputs, calibrated */
  gboolean uncalibrated; /* normal inputs are near what the model takes */
  gboolean argmax;
} Float;

static void
check_float (const Reference *reference, const Float *f, gboolean calibrated, int slices, double least_db)
{
  g_autoptr (StrataQGraph) q = quantise_model (reference->graph, (const float *const *) reference->inputs,
                                               calibrated ? reference->n_sets : 0, slices);
  int n_equal = 0;
  double least = INFINITY;

  g_assert_cmpint (q->calibrated, ==, calibrated);
  for (int i = 0; i < reference->n_sets; i++)
    {
      g_autofree float *out = run_quantised (q, reference->inputs[i]);

      n_equal += argmax (out, reference->n_out) == argmax (reference->outputs[i], reference->n_out);
      least = MIN (least, snr_db (out, reference->outputs[i], reference->n_out));
    }
  g_test_message ("%s: S = %d, %s: argmax %d of %d, least SNR %.1f dB", f->model, slices,
                  calibrated ? "calibrated" : "guessed", n_equal, reference->n_sets, least);
  if (f->argmax && (calibrated || f->uncalibrated))
    g_assert_cmpint (n_equal, ==, reference->n_sets);
  g_assert_cmpfloat (least, >=, least_db);
}

static void
test_float (gconstpointer data)
{
  const Float *f = data;
  Reference reference;

  if (shared_folder () == NULL)
    return;
  reference_load (&reference, f->model);
  check_float (&reference, f, TRUE, 2, f->least_db);
  check_float (&reference, f, FALSE, 2, -INFINITY);
  reference_clear (&reference);
}

/* --- labelled data --- */

typedef struct
{
  const char *model, *inputs, *labels;
  double scale, offset;
  int n_calibration;
  int n_quick;
  double points; /* allowed loss */
} Labelled;

static void
score (const Labelled *l, const StrataGraph *graph, const float *x, const Npy *labels, gint64 n_in, int n)
{
  g_autofree const float **samples = g_new (const float *, l->n_calibration);
  int right_float = 0, right = 0, agree = 0;

  /* Calibration samples lie at the end, apart from those that are scored in the quick run. */
  for (int i = 0; i < l->n_calibration; i++)
    samples[i] = x + (labels->count - 1 - i) * n_in;
  {
    g_autoptr (StrataQGraph) q = quantise_model (graph, samples, l->n_calibration, 2);

    for (int i = 0; i < n; i++)
      {
        g_autofree float *a = run_float (graph, x + i * n_in), *b = run_quantised (q, x + i * n_in);
        gint64 n_out = strata_qtensor_count (&q->tensors[q->outputs[0]]);

        right_float += argmax (a, n_out) == labels->bytes[i];
        right += argmax (b, n_out) == labels->bytes[i];
        agree += argmax (a, n_out) == argmax (b, n_out);
      }
  }
  g_test_message ("%s: %d samples, float %.2f %%, quantised %.2f %%, agreement %.2f %%", l->model, n,
                  100.0 * right_float / n, 100.0 * right / n, 100.0 * agree / n);
  g_assert_cmpfloat (100.0 * (right_float - right) / n, <=, l->points);
}

static void
test_labelled (gconstpointer data)
{
  const Labelled *l = data;
  g_autofree char *x_path = NULL, *y_path = NULL;
  g_autoptr (Npy) x = NULL, y = NULL;
  g_autofree float *real = NULL;
  g_autoptr (StrataGraph) graph = NULL;

  if (shared_folder () == NULL)
    return;
  x_path = g_build_filename (shared_folder (), "data", l->inputs, NULL);
  y_path = g_build_filename (shared_folder (), "data", l->labels, NULL);
  x = npy_load (x_path);
  y = npy_load (y_path);
  if (x == NULL || y == NULL)
    {
      g_test_skip ("labelled data are not there");
      return;
    }
  graph = load_model (l->model);
  real = npy_floats (x);
  for (gint64 i = 0; i < x->count; i++)
    real[i] = (float) (((double) real[i] - l->offset) * l->scale);
  score (l, graph, real, y, x->count / y->count,
         g_getenv ("STRATA_TEST_FULL") != NULL ? (int) y->count : MIN (l->n_quick, (int) y->count));
}

/* --- what the graph says about itself --- */

/* 15 levels of one slice; integers of the file always get the slices they need. */
static void
test_slices (void)
{
  Reference reference;

  if (shared_folder () == NULL)
    return;
  reference_load (&reference, "mlperf_tiny_kws_dscnn_fp32");
  {
    g_autoptr (StrataQGraph) one = quantise_model (reference.graph, NULL, 0, 1);
    g_autoptr (StrataQGraph) two = quantise_model (reference.graph, NULL, 0, 2);

    for (int i = 0; i < one->n_ops; i++)
      if (one->ops[i].kind == STRATA_QOP_MVM)
        {
          g_assert_cmpint (one->ops[i].weight_max, ==, 15);
          g_assert_cmpint (one->ops[i].n_slices, ==, 1);
          g_assert_cmpint (two->ops[i].weight_max, ==, 255);
          g_assert_cmpint (two->ops[i].n_slices, ==, 2);
          g_assert_cmpint (two->ops[i].x_rms, >, 0);
        }
    g_assert_false (one->calibrated);
    g_assert_true (one->tensors[one->ops[1].output].guessed);
  }
  reference_clear (&reference);
  reference_load (&reference, "mlperf_tiny_kws_dscnn_int8");
  {
    g_autoptr (StrataQGraph) q = quantise_model (reference.graph, NULL, 0, 1);

    for (int i = 0; i < q->n_ops; i++)
      if (q->ops[i].kind == STRATA_QOP_MVM)
        g_assert_cmpint (q->ops[i].n_slices, ==, 2);
  }
  reference_clear (&reference);
}

static guint64
hash_with_threads (const Reference *reference, guint n_threads)
{
  StrataSample samples[MAX_SETS];
  StrataArray *arrays[MAX_SETS];
  StrataCalibration calibration = { samples, reference->n_sets, 1, n_threads, NULL };
  StrataChipSpec chip;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataLowered) lowered = strata_lower (reference->graph, &error);
  g_autoptr (StrataQGraph) q = NULL;

  for (int i = 0; i < reference->n_sets; i++)
    {
      arrays[i] = model_input (reference->graph, reference->inputs[i]);
      samples[i].inputs = &arrays[i];
    }
  simple_chip (&chip, 2);
  q = strata_quantise (reference->graph, lowered, &chip, &calibration, &error);
  g_assert_no_error (error);
  for (int i = 0; i < reference->n_sets; i++)
    strata_array_free (arrays[i]);
  return strata_qgraph_hash (q);
}

/* The scale of few levels, found downhill, has as little error as the best of all that there are to choose from. */
static void
test_few_levels (void)
{
  const int sizes[] = { 9, 27, 64, 576, 2304 };
  double worst = 0;

  for (guint64 seed = 0; seed < 60; seed++)
    {
      int k = sizes[seed % G_N_ELEMENTS (sizes)], most = seed % 2 == 0 ? 15 : 7;
      g_autofree float *row = g_new (float, k);
      g_autoptr (StrataArena) arena = strata_arena_new ();
      double gain = 1, scale = 0, best = INFINITY, peak, got;
      StrataLoweredOp op = { .n = 1, .k = k, .weights = row, .scale = &gain };
      StrataQTensor input = { .scale = 1 };
      StrataQOp q = { .weight_max = most };
      g_autoptr (GError) error = NULL;

      op.window = (StrataWindow){ 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 };
      strata_rng_normal (strata_rng_key (seed, 0), 0, row, (gsize) k);
      for (int i = 0; i < k && seed % 3 == 0; i++)
        row[i] = row[i] * row[i] * row[i];
      g_assert_true (strata_quantise_weights (&op, &input, NULL, TRUE, arena, &q, &scale, &error));
      peak = strata_row_peak (row, (gsize) k, 1);
      for (int i = 0; i < 31; i++)
        best = MIN (best, strata_row_error (row, (gsize) k, 1, peak / most * (1 - 0.02 * i), most));
      got = strata_row_error (row, (gsize) k, 1, scale, most);
      worst = MAX (worst, got / best);
    }
  g_test_message ("worst error over the best: %.4f", worst);
  g_assert_cmpfloat (worst, <, 1.02);
}

static void
test_threads (void)
{
  Reference reference;

  if (shared_folder () == NULL)
    return;
  reference_load (&reference, "mlperf_tiny_ic_resnet8_fp32");
  g_assert_cmphex (hash_with_threads (&reference, 1), ==, hash_with_threads (&reference, 3));
  reference_clear (&reference);
}

static StrataGraph *
tiny_product (void)
{
  static const float weights[] = { 1, -2, 0.5f, 0.25f, 1, 1 };
  GraphMaker m;
  int out;

  maker_init (&m);
  maker_input (&m, "x", 1, 3, 0);
  out = maker_value (&m, "y", STRATA_DTYPE_F32, 1, 2, 0);
  maker_node (&m, STRATA_OP_MAT_MUL, out, 0, maker_floats (&m, weights, 3, 2, 0), -2);
  maker_output (&m, out);
  return maker_finish (&m);
}

static void
test_wrong_sample (void)
{
  g_autoptr (StrataGraph) graph = tiny_product ();
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataLowered) lowered = strata_lower (graph, &error);
  const gint64 dims[] = { 1, 4 };
  g_autoptr (StrataArray) array = strata_array_new (STRATA_DTYPE_F32, 2, dims);
  StrataSample sample = { &array };
  StrataCalibration calibration = { &sample, 1, 0, 1, NULL };
  StrataChipSpec chip;

  simple_chip (&chip, 2);
  g_assert_null (strata_quantise (graph, lowered, &chip, &calibration, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT);
  g_assert_cmpstr (error->message, ==, "calibration sample 0: input x is float32[1x4]; the model takes float32[1x3]");
}

static void
test_cancelled (void)
{
  g_autoptr (StrataGraph) graph = tiny_product ();
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataLowered) lowered = strata_lower (graph, &error);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  StrataCalibration calibration = { NULL, 0, 0, 1, cancellable };
  StrataChipSpec chip;

  simple_chip (&chip, 2);
  g_cancellable_cancel (cancellable);
  g_assert_null (strata_quantise (graph, lowered, &chip, &calibration, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static const char *const qdq_models[] = {
  "mlperf_tiny_kws_dscnn_int8",      "mlperf_tiny_ic_resnet8_int8", "mlperf_tiny_vww_mobilenetv1_int8",
  "mlperf_tiny_ad_autoencoder_int8", "micro_speech_int8",           "mlperf_tiny_sww_1ddscnn_int8",
};

static const Float float_models[] = {
  { "mlperf_tiny_kws_dscnn_fp32", 30, FALSE, TRUE },
  { "mlperf_tiny_vww_mobilenetv1_fp32", 30, TRUE, TRUE },
  { "mlperf_tiny_ic_resnet8_fp32", 10, FALSE, TRUE },
  { "mlperf_tiny_ad_autoencoder_fp32", 25, FALSE, FALSE },
  { "mnist_cntk_opset8", 30, TRUE, TRUE },
  { "resnet20_cifar10", 25, TRUE, TRUE },
  { "resnet44_cifar10_bnfolded", 25, TRUE, TRUE },
};

static const Labelled labelled[] = {
  { "mlperf_tiny_kws_dscnn_fp32", "kws01/features_int8.npy", "kws01/labels_u8.npy", 0.58470290, 83, 8, 150, 1 },
  { "mlperf_tiny_kws_dscnn_int8", "kws01/features_int8.npy", "kws01/labels_u8.npy", 0.58470290, 83, 2, 150, 1 },
  { "mnist_cntk_opset8", "mnist_t10k/images_u8.npy", "mnist_t10k/labels_u8.npy", 1, 0, 8, 400, 0.5 },
};

static void
add_cases (const char *folder, const char *name, gconstpointer data, GTestDataFunc func)
{
  g_autofree char *path = g_strdup_printf ("/sdk/compiler/quantise/%s/%s", folder, name);

  g_test_add_data_func (path, data, func);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (qdq_models); i++)
    add_cases ("qdq", qdq_models[i], qdq_models[i], test_qdq);
  for (guint i = 0; i < G_N_ELEMENTS (float_models); i++)
    add_cases ("float", float_models[i].model, &float_models[i], test_float);
  for (guint i = 0; i < G_N_ELEMENTS (labelled); i++)
    add_cases ("labelled", labelled[i].model, &labelled[i], test_labelled);
  g_test_add_func ("/sdk/compiler/quantise/slices", test_slices);
  g_test_add_func ("/sdk/compiler/quantise/few-levels", test_few_levels);
  g_test_add_func ("/sdk/compiler/quantise/threads", test_threads);
  g_test_add_func ("/sdk/compiler/quantise/wrong-sample", test_wrong_sample);
  g_test_add_func ("/sdk/compiler/quantise/cancelled", test_cancelled);
  return g_test_run ();
}
