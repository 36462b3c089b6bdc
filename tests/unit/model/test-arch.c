/* SPDX-License-Identifier: Apache-2.0
 *
 * Built-in architectures: counts as published, structure that of the reference models, weights that depend on the seed
 * and on nothing else, and outputs of sane scale on random input.
 */
#include "model/arch/architectures.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "model/arch/fills.h"

/* Counts by other hands. Parameters: torchvision's weight cards (all trainable), Keras's MobileNet (4,253,864 with
 * 21,888 stored statistics), the MLPerf Tiny models; 0.1 % of LeNet-5's are those of C3 fully connected. MACs: of
 * convolutions and products, as torchvision's weight cards (there _ops, in 10^9) and the papers print them. */
static const struct
{
  const char *name;
  gint64 n_parameters, n_macs;
  double published_gmacs; /* as printed */
  int decimals;
} counts[] = {
  { "mlperf-tiny-ad", 265864, 264192, 0.000264, 6 },
  { "mlperf-tiny-kws", 22604, 2656768, 0.00266, 5 },
  { "mlperf-tiny-vww", 210850, 7489664, 0.00749, 5 },
  { "mlperf-tiny-ic", 77706, 12501632, 0.0125, 4 },
  { "lenet5", 61706, 416520, 0.00042, 5 },
  { "resnet18", 11689512, 1814073344, 1.814, 3 },
  { "resnet34", 21797672, 3663761408, 3.664, 3 },
  { "resnet50", 25557032, 4089184256, 4.089, 3 },
  { "vgg8", 12976266, 615917568, 0.6159, 4 },
  { "vgg16", 138357544, 15470264320, 15.47, 2 },
  { "mobilenetv1", 4231976, 568740352, 0.569, 3 },
  { "mobilenetv2", 3504872, 300774272, 0.301, 3 },
  { "efficientnet-b0", 5288548, 385814752, 0.386, 3 },
  { "densenet121", 7978856, 2834161664, 2.834, 3 },
  { "squeezenet1.1", 1235496, 349151936, 0.349, 3 },
};

static StrataGraph *
make (const char *name, GArray **fills)
{
  g_autoptr (GError) error = NULL;
  const StrataArchitecture *row = strata_architecture_find (name, &error);
  StrataGraph *graph;

  g_assert_no_error (error);
  graph = strata_architecture_make (row, fills, &error);
  g_assert_no_error (error);
  return graph;
}

static void
test_counts (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  const StrataArchitecture *row = strata_architecture_find (counts[i].name, NULL);
  g_autoptr (StrataGraph) graph = make (counts[i].name, NULL);

  g_assert_cmpint (strata_graph_n_trainable (graph), ==, counts[i].n_parameters);
  g_assert_cmpint (strata_graph_n_macs (graph), ==, counts[i].n_macs);
  g_assert_cmpint (row->n_parameters, ==, counts[i].n_parameters);
  g_assert_cmpint (row->n_macs, ==, counts[i].n_macs);
  g_assert_cmpint (graph->n_outputs, ==, 1);
  g_assert_cmpstr (graph->values[graph->outputs[0]].name, ==, "output");
  for (int k = 0; k < graph->n_nodes; k++)
    g_assert_cmpint (graph->nodes[k].op, !=, STRATA_OP_IDENTITY);
  g_assert_cmpfloat (fabs ((double) counts[i].n_macs * 1e-9 - counts[i].published_gmacs), <=,
                     0.5 * pow (10, -counts[i].decimals));
}

/* The reference models, converted by other hands, have the same operators with the same shapes in the same order. */
static void
test_reference (gconstpointer data)
{
  const char *const *pair = data;
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *path = g_build_filename (shared == NULL ? "" : shared, "models", pair[1], "model.onnx", NULL);
  g_autoptr (StrataGraph) graph = make (pair[0], NULL);
  g_autoptr (StrataGraph) reference = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the test models are not there (STRATA_SHARED)");
      return;
    }
  reference = strata_onnx_load (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (graph->n_nodes, ==, reference->n_nodes);
  g_assert_cmpstr (graph->values[graph->inputs[0]].name, ==, reference->values[reference->inputs[0]].name);
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *a = &graph->nodes[i], *b = &reference->nodes[i];

      g_assert_cmpstr (strata_op_name (a->op), ==, strata_op_name (b->op));
      g_assert_cmpint (a->n_inputs, ==, b->n_inputs);
      for (int k = 0; k < a->n_inputs + a->n_outputs; k++)
        {
          const StrataValue *x = &graph->values[k < a->n_inputs ? a->inputs[k] : a->outputs[k - a->n_inputs]];
          const StrataValue *y = &reference->values[k < a->n_inputs ? b->inputs[k] : b->outputs[k - a->n_inputs]];

          if (a->op == STRATA_OP_ADD && k < 2)
            continue; /* the reference has the branch first, or second */
          g_assert_cmpint (x->n_dims, ==, y->n_dims);
          for (int d = 0; d < x->n_dims; d++)
            g_assert_cmpint (x->dims[d], ==, y->dims[d]);
        }
      if (a->op == STRATA_OP_CONV)
        g_assert_cmpmem (strata_node_attr (a, "pads")->ints, 4 * sizeof (gint64), strata_node_attr (b, "pads")->ints,
                         4 * sizeof (gint64));
    }
}

/* Any part of a constant is the same as drawn whole. */
static void
test_parts (void)
{
  const StrataFill fill = { STRATA_FILL_NORMAL, 0.5f, 2.0f };
  const gsize n = 10000;
  g_autofree float *whole = g_new (float, n), *part = g_new (float, n);
  const struct
  {
    gint64 first;
    gsize n;
  } parts[] = { { 0, 1 }, { 1, 1 }, { 63, 2 }, { 1023, 2 }, { 1024, 1024 }, { 1000, 3000 }, { 9999, 1 }, { 7, 9993 } };

  strata_fill_draw (&fill, 7, "w", 0, n, whole);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      strata_fill_draw (&fill, 7, "w", parts[i].first, parts[i].n, part);
      g_assert_cmpmem (part, parts[i].n * sizeof *part, whole + parts[i].first, parts[i].n * sizeof *part);
    }
}

static void
find_moments (const float *values, gsize n, double *mean, double *deviation)
{
  double sum = 0.0, squares = 0.0;

  for (gsize i = 0; i < n; i++)
    {
      sum += (double) values[i];
      squares += (double) values[i] * (double) values[i];
    }
  *mean = sum / (double) n;
  *deviation = sqrt (squares / (double) n - *mean * *mean);
}

/* Mean and deviation as asked for, within five standard errors; nothing in common between names and between seeds */
static void
test_distribution (void)
{
  const StrataFill fill = { STRATA_FILL_NORMAL, 0.5f, 2.0f }, constant = { STRATA_FILL_CONSTANT, 3.0f, 0.0f };
  const gsize n = 1000000;
  g_autofree float *a = g_new (float, n), *b = g_new (float, n);
  const struct
  {
    guint64 seed;
    const char *name;
  } others[] = { { 1, "w" }, { 0, "v" }, { 0, "w2" } };
  double mean, deviation;

  strata_fill_draw (&fill, 0, "w", 0, n, a);
  find_moments (a, n, &mean, &deviation);
  g_assert_cmpfloat (fabs (mean - 0.5), <, 5.0 * 2.0 / sqrt ((double) n));
  g_assert_cmpfloat (fabs (deviation - 2.0), <, 5.0 * 2.0 / sqrt (2.0 * (double) n));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      double dot = 0.0;

      strata_fill_draw (&fill, others[i].seed, others[i].name, 0, n, b);
      for (gsize k = 0; k < n; k++)
        dot += ((double) a[k] - 0.5) * ((double) b[k] - 0.5);
      g_assert_cmpfloat (fabs (dot / (4.0 * (double) n)), <, 5.0 / sqrt ((double) n));
    }
  strata_fill_draw (&constant, 0, "w", 5, 3, b);
  g_assert_cmpfloat (b[2], ==, 3.0f);
}

/* Gives the graph's weightless constants their bytes. */
static void
materialise (StrataGraph *graph, const GArray *fills)
{
  StrataFillSource weights = { graph, fills, 1 };

  for (int i = 0; i < graph->n_values; i++)
    {
      StrataValue *value = &graph->values[i];

      if (!value->weightless)
        continue;
      value->data = strata_arena_alloc (graph->arena, value->n_bytes);
      g_assert_true (
        strata_fill_make (i, 0, (gsize) strata_value_count (value), (gpointer) value->data, &weights, NULL));
      value->weightless = FALSE;
    }
}

typedef struct
{
  double least, most; /* root mean squares */
} Scale;

static void
observe (const StrataGraph *graph, int value, const StrataArray *array, gpointer data)
{
  Scale *scale = data;
  double sum = 0.0;

  if (array->dtype != STRATA_DTYPE_F32)
    return;
  for (gint64 i = 0; i < strata_array_count (array); i++)
    sum += (double) ((const float *) array->data)[i] * (double) ((const float *) array->data)[i];
  sum = sqrt (sum / (double) strata_array_count (array));
  g_assert_true (isfinite (sum));
  scale->least = MIN (scale->least, sum);
  scale->most = MAX (scale->most, sum);
}

/* Every value on the way stays finite and of a scale that 8 bits and floats of any kind can hold. */
static void
test_scale (gconstpointer data)
{
  const char *name = data;
  g_autoptr (GArray) fills = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = make (name, &fills);
  const StrataValue *in = &graph->values[graph->inputs[0]];
  g_autoptr (StrataArray) x = strata_array_new (in->dtype, in->n_dims, in->dims);
  const StrataArray *inputs[1] = { x };
  StrataArray *outputs[1] = { NULL };
  Scale scale = { INFINITY, 0.0 };

  materialise (graph, fills);
  strata_rng_normal (strata_rng_key (3, 4), 0, x->data, (gsize) strata_array_count (x));
  g_assert_true (strata_graph_run (graph, inputs, outputs, observe, &scale, NULL, &error));
  g_assert_no_error (error);
  g_test_message ("%s: root mean squares %.3g to %.3g", name, scale.least, scale.most);
  g_assert_cmpfloat (scale.least, >, 1e-3);
  g_assert_cmpfloat (scale.most, <, 30.0);
  strata_array_free (outputs[0]);
}

static void
test_unknown (void)
{
  static const char *const pairs[][2] = { { "ResNet-18", "resnet18" },
                                          { "resnet50v2", "resnet50" },
                                          { "mobilenet_v2", "mobilenetv2" },
                                          { "vgg", "vgg8" },
                                          { "", "" } };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (strata_architecture_find (pairs[i][0], &error));
      g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
      g_assert_nonnull (strstr (error->message, pairs[i][1]));
    }
}

static const char *const references[][2] = {
  { "mlperf-tiny-ad", "mlperf_tiny_ad_autoencoder_fp32" },
  { "mlperf-tiny-kws", "mlperf_tiny_kws_dscnn_fp32" },
  { "mlperf-tiny-vww", "mlperf_tiny_vww_mobilenetv1_fp32" },
  { "mlperf-tiny-ic", "mlperf_tiny_ic_resnet8_fp32" },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/arch/counts/%s", counts[i].name);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_counts);
    }
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/arch/scale/%s", counts[i].name);

      g_test_add_data_func (path, counts[i].name, test_scale);
    }
  for (guint i = 0; i < G_N_ELEMENTS (references); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/arch/reference/%s", references[i][0]);

      g_test_add_data_func (path, references[i], test_reference);
    }
  g_test_add_func ("/sdk/model/arch/weights/parts", test_parts);
  g_test_add_func ("/sdk/model/arch/weights/distribution", test_distribution);
  g_test_add_func ("/sdk/model/arch/unknown", test_unknown);
  return g_test_run ();
}
