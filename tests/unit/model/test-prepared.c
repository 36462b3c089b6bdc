/* SPDX-License-Identifier: Apache-2.0
 *
 * Prepared executors against node by node: made-up graphs with what can be fused and what looks as if it could, and
 * real models; the same memory run after run and on several threads; observation.
 */
#include "model/exec/executor.h"

#include <math.h>

#include "base/parallel.h"
#include "base/rng.h"
#include "model/element.h"
#include "onnx-writer.h"

#define MAX_OPERANDS 64

static StrataArray *
random_array (const StrataValue *value, guint64 stream)
{
  StrataArray *array = strata_array_new (value->dtype, value->n_dims, value->dims);
  StrataRngKey key = strata_rng_key (5, stream);

  for (gint64 i = 0; i < strata_array_count (array); i++)
    if (strata_dtype_is_float (array->dtype))
      strata_element_set_double (array->dtype, array->data, i, 2.0 * strata_rng_uniform (key, (guint64) i) - 1.0);
    else
      strata_element_set_int (array->dtype, array->data, i, (gint64) (i % 2));
  return array;
}

/* Outputs of @executor for the inputs of @stream */
static void
run (const StrataGraph *graph, StrataExecutor *executor, guint64 stream, StrataArray **outputs)
{
  const StrataArray *inputs[MAX_OPERANDS];
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (graph->n_inputs, <=, MAX_OPERANDS);
  g_assert_cmpint (graph->n_outputs, <=, MAX_OPERANDS);
  for (int i = 0; i < graph->n_inputs; i++)
    inputs[i] = random_array (&graph->values[graph->inputs[i]], stream + (guint64) i);
  strata_executor_run (executor, inputs, outputs, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < graph->n_inputs; i++)
    strata_array_free ((StrataArray *) inputs[i]);
}

/* As the reference models: 1e-4 of the peak + 1e-6 */
static void
assert_alike (const StrataArray *got, const StrataArray *wanted)
{
  double peak = 0.0;

  g_assert_cmpint (got->dtype, ==, wanted->dtype);
  g_assert_cmpint (strata_array_count (got), ==, strata_array_count (wanted));
  for (gint64 i = 0; i < strata_array_count (wanted); i++)
    peak = MAX (peak, fabs (strata_element_double (wanted->dtype, wanted->data, i)));
  for (gint64 i = 0; i < strata_array_count (wanted); i++)
    g_assert_cmpfloat (
      fabs (strata_element_double (got->dtype, got->data, i) - strata_element_double (wanted->dtype, wanted->data, i)),
      <=, 1e-4 * peak + 1e-6);
}

/* Runs of other inputs in between leave no traces. */
static void
compare (const StrataGraph *graph, StrataExecutorFlags flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataExecutor) plain = strata_executor_new (graph, STRATA_EXECUTOR_PLAIN, NULL, &error);
  g_autoptr (StrataExecutor) prepared = strata_executor_new (graph, flags, NULL, &error);
  StrataArray *first[MAX_OPERANDS], *again[MAX_OPERANDS], *wanted[MAX_OPERANDS];

  g_assert_no_error (error);
  run (graph, prepared, 100, first);
  run (graph, plain, 100, wanted);
  run (graph, prepared, 200, again);
  for (int i = 0; i < graph->n_outputs; i++)
    strata_array_free (again[i]);
  run (graph, prepared, 100, again);
  for (int i = 0; i < graph->n_outputs; i++)
    {
      assert_alike (first[i], wanted[i]);
      g_assert_cmpmem (first[i]->data, first[i]->n_bytes, again[i]->data, again[i]->n_bytes);
      strata_array_free (first[i]);
      strata_array_free (again[i]);
      strata_array_free (wanted[i]);
    }
}

static void
put_random (Message *graph, const char *name, int n_dims, const gint64 *dims, float low)
{
  StrataRngKey key = strata_rng_key (6, g_str_hash (name));
  gint64 n = 1;
  g_autofree float *values = NULL;

  for (int d = 0; d < n_dims; d++)
    n *= dims[d];
  values = g_new (float, n);
  for (gint64 i = 0; i < n; i++)
    values[i] = low + (1.0f - low) * (float) strata_rng_uniform (key, (guint64) i);
  put_floats (graph, name, n_dims, dims, values);
}

/* Input x [1, 16, 9, 16], as wide as deep; weights of a 3 x 3 and a 1 x 1 convolution, vectors for normalisation */
static Message *
begin (void)
{
  static const gint64 image[] = { 1, 16, 9, 16 }, three[] = { 16, 16, 3, 3 }, one[] = { 16, 16, 1, 1 };
  static const gint64 vector[] = { 16 }, column[] = { 16, 1, 1 }, plane[] = { 1, 1, 1, 16 }, depth[] = { 16, 1, 3, 3 };
  static const float low[] = { -0.25f }, high[] = { 0.5f }, half[] = { 0.5f };
  Message *graph = message_new ();

  put_float_input (graph, "x", 4, image);
  put_random (graph, "w3", 4, three, -1.0f);
  put_random (graph, "w1", 4, one, -1.0f);
  put_random (graph, "wd", 4, depth, -1.0f);
  put_random (graph, "b", 1, vector, -1.0f);
  put_random (graph, "scale", 1, vector, 0.5f);
  put_random (graph, "shift", 1, vector, -1.0f);
  put_random (graph, "mean", 1, vector, -1.0f);
  put_random (graph, "var", 1, vector, 0.5f);
  put_random (graph, "column", 3, column, 0.5f);
  put_random (graph, "plane", 4, plane, 0.5f);
  put_floats (graph, "low", 0, NULL, low);
  put_floats (graph, "high", 0, NULL, high);
  put_floats (graph, "half", 0, NULL, half);
  return graph;
}

static Message *
conv (const char *name, const char *inputs, const char *out, int pad, int groups)
{
  const gint64 pads[] = { pad, pad, pad, pad };

  return with (with (node ("Conv", name, inputs, out), attr_ints ("pads", 4, pads)), attr_int ("group", groups));
}

static void
finish_and_compare (Message *graph)
{
  g_autoptr (GBytes) bytes = model (graph, 13);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) net = strata_onnx_parse (bytes, "net", &error);

  g_assert_no_error (error);
  compare (net, STRATA_EXECUTOR_DEFAULT);
  compare (net, STRATA_EXECUTOR_EVERY_VALUE);
}

/* Everything that goes into a convolution, one after the other */
static void
test_chain (void)
{
  Message *graph = begin ();

  put_node (graph, conv ("c", "x w3 b", "c", 1, 1));
  put_node (graph, node ("BatchNormalization", "n", "c scale shift mean var", "n"));
  put_node (graph, node ("Mul", "m", "column n", "m"));
  put_node (graph, node ("Sub", "s", "m column", "s"));
  put_node (graph, node ("Div", "d", "s half", "d"));
  put_node (graph, node ("Add", "a", "d x", "a"));
  put_node (graph, node ("Clip", "l", "a low high", "l"));
  put_node (graph, conv ("e", "l wd", "e", 1, 16));
  put_node (graph, node ("LeakyRelu", "r", "e", "r"));
  put_node (graph, conv ("f", "r w1", "f", 0, 1));
  put_node (graph, node ("Sum", "u", "r f", "u"));
  put_node (graph, node ("Relu", "y", "u", "y"));
  put_output (graph, "y");
  finish_and_compare (graph);
}

/* x times its logistic function, and what only looks like it */
static void
test_swish (void)
{
  Message *graph = begin ();

  put_node (graph, conv ("c", "x w3 b", "c", 1, 1));
  put_node (graph, node ("Sigmoid", "g", "c", "g"));
  put_node (graph, node ("Mul", "s", "c g", "s"));
  put_node (graph, conv ("d", "s w1", "d", 0, 1));
  put_node (graph, node ("Sigmoid", "h", "d", "h"));
  put_node (graph, node ("Mul", "t", "h d", "t"));
  put_node (graph, node ("Add", "y", "t h", "y"));
  put_output (graph, "y");
  finish_and_compare (graph);
}

/* A value that is read again may be overwritten by nobody; an output neither */
static void
test_shared (void)
{
  Message *graph = begin ();

  put_node (graph, conv ("c", "x w3", "c", 1, 1));
  put_node (graph, node ("Relu", "r", "c", "r"));
  put_node (graph, conv ("d", "r w1", "d", 0, 1));
  put_node (graph, node ("Add", "a", "d r", "a")); /* r is read by the convolution and by c2 too */
  put_node (graph, conv ("e", "a w1 b", "e", 0, 1));
  put_node (graph, node ("Add", "f", "r e", "f"));
  put_node (graph, node ("Tanh", "g", "f", "g"));
  put_node (graph, node ("Mul", "h", "f g", "h"));
  put_node (graph, conv ("i", "h w1", "i", 0, 1));
  put_node (graph, node ("Add", "y", "i h", "y")); /* the convolution's own input */
  put_output (graph, "y");
  put_output (graph, "a");
  put_output (graph, "f");
  finish_and_compare (graph);
}

/* Operands that are no numbers per channel */
static void
test_not_channels (void)
{
  Message *graph = begin ();

  put_node (graph, conv ("c", "x w3 b", "c", 1, 1));
  put_node (graph, node ("Mul", "m", "c plane", "m"));
  put_node (graph, conv ("d", "m w1", "d", 0, 1));
  put_node (graph, node ("Sub", "s", "column d", "s"));
  put_node (graph, conv ("e", "s w1", "e", 0, 1));
  put_node (graph, node ("Relu", "r", "e", "r"));
  put_node (graph, node ("BatchNormalization", "n", "r scale shift mean var", "n"));
  put_node (graph, node ("Relu", "y", "n", "y"));
  put_output (graph, "y");
  finish_and_compare (graph);
}

/* Normalisation of what several read, side by side, pools, and reshapes of any order */
static void
test_planes (void)
{
  static const gint64 two[] = { 2, 2 }, wide[] = { 16, 48, 1, 1 }, flat[] = { 1, -1 }, matrix[] = { 16, 5 };
  Message *graph = begin ();

  put_random (graph, "wide", 4, wide, -1.0f);
  put_random (graph, "matrix", 2, matrix, -1.0f);
  put_int64s (graph, "flat", 2, flat);
  put_node (graph, conv ("c", "x w3 b", "c", 1, 1));
  put_node (graph, conv ("d", "x w1", "d", 0, 1));
  put_node (graph, with (node ("Concat", "k", "c x d", "k"), attr_int ("axis", 1)));
  put_node (graph, conv ("e", "k wide", "e", 0, 1));
  put_node (graph, with (node ("Concat", "l", "e d", "l"), attr_int ("axis", 2)));
  put_node (graph, with (with (node ("MaxPool", "p", "l", "p"), attr_ints ("kernel_shape", 2, two)),
                         attr_ints ("strides", 2, two)));
  put_node (graph, with (node ("AveragePool", "q", "p", "q"), attr_ints ("kernel_shape", 2, two)));
  put_node (graph, node ("Softplus", "o", "q", "o"));
  put_node (graph, node ("BatchNormalization", "n", "o scale shift mean var", "n"));
  put_node (graph, node ("Mul", "v", "n o", "v"));
  put_node (graph, node ("GlobalAveragePool", "g", "v", "g"));
  put_node (graph, node ("Sigmoid", "s", "g", "s"));
  put_node (graph, node ("Mul", "t", "v s", "t"));
  put_node (graph, conv ("z", "t w1", "z", 0, 1));
  put_node (graph, node ("Reshape", "f", "g flat", "f"));
  put_node (graph, node ("MatMul", "w", "f matrix", "w"));
  put_output (graph, "z");
  put_output (graph, "w");
  put_output (graph, "f");
  put_output (graph, "p");
  finish_and_compare (graph);
}

/* Products with what goes into them, one dimension of positions before */
static void
test_products (void)
{
  static const gint64 in[] = { 2, 7, 12 }, a[] = { 12, 20 }, b[] = { 20 }, square[] = { 9, 20 }, flat[] = { 14, 20 };
  static const gint64 c[] = { 14, 9 };
  Message *graph = message_new ();

  put_float_input (graph, "x", 3, in);
  put_random (graph, "a", 2, a, -1.0f);
  put_random (graph, "b", 1, b, -1.0f);
  put_random (graph, "s", 2, square, -1.0f);
  put_random (graph, "c", 2, c, -1.0f);
  put_int64s (graph, "flat", 2, flat);
  put_node (graph, node ("MatMul", "m", "x a", "m"));
  put_node (graph, node ("Add", "n", "m b", "n"));
  put_node (graph, node ("Tanh", "t", "n", "t"));
  put_node (graph, node ("Reshape", "r", "t flat", "r"));
  put_node (graph,
            with (with (with (node ("Gemm", "g", "r s c", "g"), attr_int ("transB", 1)), attr_float ("alpha", 0.5f)),
                  attr_float ("beta", 2.0f)));
  put_node (graph, node ("Relu", "y", "g", "y"));
  put_output (graph, "y");
  put_output (graph, "r");
  finish_and_compare (graph);
}

/* Gelu as exporters write it: from the quotient and from the product; and with a number that is not its own */
static void
test_gelu (void)
{
  static const float numbers[] = { 1.41421356f, 0.70710678f, 1.0f, 0.5f, 1.5f };
  static const char *const names[] = { "root", "inverse", "one", "half", "other" };
  static const gint64 in[] = { 5, 12 }, square[] = { 12, 12 };
  Message *graph = message_new ();

  put_float_input (graph, "x", 2, in);
  put_random (graph, "w", 2, square, -1.0f);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    put_floats (graph, names[i], 0, NULL, &numbers[i]);
  put_node (graph, node ("MatMul", "a", "x w", "a"));
  put_node (graph, node ("Div", "a1", "a root", "a1"));
  put_node (graph, node ("Erf", "a2", "a1", "a2"));
  put_node (graph, node ("Add", "a3", "a2 one", "a3"));
  put_node (graph, node ("Mul", "a4", "a a3", "a4"));
  put_node (graph, node ("Mul", "a5", "a4 half", "a5"));
  put_node (graph, node ("MatMul", "b", "a5 w", "b"));
  put_node (graph, node ("Mul", "b1", "inverse b", "b1"));
  put_node (graph, node ("Erf", "b2", "b1", "b2"));
  put_node (graph, node ("Add", "b3", "one b2", "b3"));
  put_node (graph, node ("Mul", "b4", "b3 b", "b4"));
  put_node (graph, node ("Mul", "b5", "half b4", "b5"));
  put_node (graph, node ("MatMul", "c", "b5 w", "c"));
  put_node (graph, node ("Div", "c1", "c root", "c1"));
  put_node (graph, node ("Erf", "c2", "c1", "c2"));
  put_node (graph, node ("Add", "c3", "c2 other", "c3"));
  put_node (graph, node ("Mul", "c4", "c c3", "c4"));
  put_node (graph, node ("Mul", "y", "c4 half", "y"));
  put_output (graph, "y");
  put_output (graph, "b5");
  put_output (graph, "a5");
  finish_and_compare (graph);
}

/* One dimension of positions, and several samples */
static void
test_signal (void)
{
  static const gint64 in[] = { 2, 5, 30 }, kernel[] = { 8, 5, 3 }, pads[] = { 1, 1 }, column[] = { 8, 1 };
  Message *graph = message_new ();

  put_float_input (graph, "x", 3, in);
  put_random (graph, "w", 3, kernel, -1.0f);
  put_random (graph, "column", 2, column, 0.5f);
  put_node (graph, with (node ("Conv", "c", "x w", "c"), attr_ints ("pads", 2, pads)));
  put_node (graph, node ("Mul", "m", "c column", "m"));
  put_node (graph, node ("Relu", "r", "m", "r"));
  put_node (graph, with (node ("Concat", "k", "r c", "k"), attr_int ("axis", 2)));
  put_node (graph, node ("Sigmoid", "y", "k", "y"));
  put_output (graph, "y");
  finish_and_compare (graph);
}

typedef struct
{
  const StrataGraph *graph;
  StrataExecutor *executor;
  StrataArray *first[16];
} Shared;

static gboolean
run_cb (guint index, gpointer user_data, GError **error)
{
  Shared *shared = user_data;
  StrataArray *outputs[MAX_OPERANDS];

  run (shared->graph, shared->executor, 100, outputs);
  shared->first[index] = outputs[0];
  for (int i = 1; i < shared->graph->n_outputs; i++)
    strata_array_free (outputs[i]);
  return TRUE;
}

static StrataGraph *
load (const char *name)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *path = g_build_filename (shared == NULL ? "" : shared, "models", name, "model.onnx", NULL);
  g_autoptr (GError) error = NULL;
  StrataGraph *graph;

  if (shared == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the test models are not there (STRATA_SHARED)");
      return NULL;
    }
  graph = strata_onnx_load (path, NULL, &error);
  g_assert_no_error (error);
  return graph;
}

static void
test_threads (void)
{
  g_autoptr (StrataGraph) graph = load ("mlperf_tiny_kws_dscnn_fp32");
  Shared shared = { graph, NULL, { NULL } };
  g_autoptr (StrataExecutor) executor = NULL;

  if (graph == NULL)
    return;
  shared.executor = executor = strata_executor_new (graph, STRATA_EXECUTOR_DEFAULT, NULL, NULL);
  g_assert_true (strata_parallel_for (16, 4, run_cb, &shared, NULL, NULL));
  for (int i = 15; i >= 0; i--)
    {
      g_assert_cmpmem (shared.first[i]->data, shared.first[i]->n_bytes, shared.first[0]->data,
                       shared.first[0]->n_bytes);
      strata_array_free (shared.first[i]);
    }
}

static void
count_cb (const StrataGraph *graph, int value, const StrataArray *array, gpointer user_data)
{
  int *seen = user_data;

  g_assert_cmpint (strata_array_count (array), ==, strata_value_count (&graph->values[value]));
  seen[value]++;
}

/* Every value is seen once, whatever lies between the convolutions */
static void
test_observed (void)
{
  g_autoptr (StrataGraph) graph = load ("mlperf_tiny_ic_resnet8_fp32");
  g_autoptr (StrataExecutor) executor = NULL;
  g_autofree int *seen = NULL;
  StrataArray *in, *out = NULL;
  const StrataArray *inputs[1];

  if (graph == NULL)
    return;
  seen = g_new0 (int, graph->n_values);
  executor = strata_executor_new (graph, STRATA_EXECUTOR_EVERY_VALUE, NULL, NULL);
  inputs[0] = in = random_array (&graph->values[graph->inputs[0]], 1);
  g_assert_true (strata_executor_run (executor, inputs, &out, count_cb, seen, NULL, NULL));
  for (int i = 0; i < graph->n_values; i++)
    g_assert_cmpint (seen[i], ==, graph->values[i].producer >= 0);
  strata_array_free (in);
  strata_array_free (out);
}

static void
test_model (gconstpointer data)
{
  g_autoptr (StrataGraph) graph = load (data);

  if (graph != NULL)
    compare (graph, STRATA_EXECUTOR_DEFAULT);
}

/* 52 convolutions and a product take in everything but the mean before the product */
static void
test_fused (void)
{
  g_autoptr (StrataGraph) graph = load ("mobilenetv2_imagenet_fp32");
  g_autoptr (StrataExecutor) executor = NULL;
  int n_products = 0;

  if (graph == NULL)
    return;
  for (int i = 0; i < graph->n_nodes; i++)
    n_products += strata_node_n_macs (graph, i) > 0;
  executor = strata_executor_new (graph, STRATA_EXECUTOR_DEFAULT, NULL, NULL);
  g_test_message ("%d nodes, %d products, %d steps", graph->n_nodes, n_products, strata_executor_n_steps (executor));
  g_assert_cmpint (strata_executor_n_steps (executor), <=, n_products + 4);
}

static void
add_model (const char *name)
{
  g_autofree char *path = g_strdup_printf ("/sdk/model/prepared/model/%s", name);

  g_test_add_data_func (path, name, test_model);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/prepared/chain", test_chain);
  g_test_add_func ("/sdk/model/prepared/swish", test_swish);
  g_test_add_func ("/sdk/model/prepared/shared", test_shared);
  g_test_add_func ("/sdk/model/prepared/not-channels", test_not_channels);
  g_test_add_func ("/sdk/model/prepared/planes", test_planes);
  g_test_add_func ("/sdk/model/prepared/products", test_products);
  g_test_add_func ("/sdk/model/prepared/gelu", test_gelu);
  g_test_add_func ("/sdk/model/prepared/signal", test_signal);
  g_test_add_func ("/sdk/model/prepared/threads", test_threads);
  g_test_add_func ("/sdk/model/prepared/observed", test_observed);
  g_test_add_func ("/sdk/model/prepared/fused", test_fused);
  add_model ("mobilenetv2_imagenet_fp32");
  add_model ("mlperf_tiny_vww_mobilenetv1_fp32");
  add_model ("edsr_f32b5_x2_fp32");
  add_model ("resnet20_cifar10");
  add_model ("ultraface_rfb320");
  add_model ("bert_tiny_shape_random");
  add_model ("mlperf_tiny_ad_autoencoder_fp32");
  return g_test_run ();
}
