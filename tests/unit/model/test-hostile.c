/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile bytes: a small real model cut at every byte, and with every byte changed, gives an error of one line or a
 * graph that passes its check. Nothing here may crash; the sanitizer build sees the rest.
 */
#include "model/graph.h"

#include <string.h>

#include "onnx-writer.h"

/* A convolution, a pool, a product and shape operands: every kind of field that the importer reads */
static GBytes *
small_model (void)
{
  const gint64 in[] = { -1, 1, 6, 6 }, kernel[] = { 2, 1, 3, 3 }, bias[] = { 2 }, pads[] = { 1, 1, 1, 1 },
               two[] = { 2, 2 };
  const gint64 flat[] = { 1, -1 }, matrix[] = { 3, 18 }, axes[] = { 0 };
  float weights[54] = { 0 };
  Message *graph = message_new ();

  for (int i = 0; i < 54; i++)
    weights[i] = (float) i / 7.0f;
  put_message (graph, 11, info ("x", 1, 4, in, "batch"));
  put_output (graph, "y");
  put_floats (graph, "w", 4, kernel, weights);
  put_floats (graph, "b", 1, bias, weights);
  put_floats (graph, "m", 2, matrix, weights);
  put_int64s (graph, "flat", 2, flat);
  put_int64s (graph, "axes", 1, axes);
  put_node (graph, with (with (node ("Conv", "c", "x w b", "c1"), attr_ints ("pads", 4, pads)), attr_int ("group", 1)));
  put_node (graph, with (node ("LeakyRelu", "l", "c1", "l1"), attr_float ("alpha", 0.1f)));
  put_node (graph, with (with (with (node ("MaxPool", "p", "l1", "p1"), attr_ints ("kernel_shape", 2, two)),
                               attr_ints ("strides", 2, two)),
                         attr_text ("auto_pad", "SAME_UPPER")));
  put_node (graph, node ("Reshape", "r", "p1 flat", "r1"));
  put_node (graph, with (node ("Gemm", "g", "r1 m", "g1"), attr_int ("transB", 1)));
  put_node (graph, node ("Unsqueeze", "u", "g1 axes", "u1"));
  put_node (graph, node ("Softmax", "s", "u1", "y"));
  return model (graph, 13);
}

/* Executes what is small enough, on zeros; errors are fine. */
static void
try_to_run (const StrataGraph *graph)
{
  StrataArray *inputs[8] = { NULL }, *outputs[8] = { NULL };
  gsize n_bytes = 0;

  for (int i = 0; i < graph->n_values; i++)
    n_bytes += graph->values[i].n_bytes;
  if (n_bytes > 1 << 20 || strata_graph_n_macs (graph) > 1 << 24 || graph->n_inputs > 8 || graph->n_outputs > 8)
    return;
  for (int i = 0; i < graph->n_inputs; i++)
    {
      const StrataValue *value = &graph->values[graph->inputs[i]];

      inputs[i] = strata_array_new (value->dtype, value->n_dims, value->dims);
    }
  if (!strata_graph_run (graph, (const StrataArray *const *) inputs, outputs, NULL, NULL, NULL, NULL))
    g_assert_null (outputs[0]);
  for (int i = 0; i < 8; i++)
    {
      strata_array_free (inputs[i]);
      strata_array_free (outputs[i]);
    }
}

static gboolean
survives (const guint8 *data, gsize n)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, n);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_onnx_parse (bytes, "cut", &error);

  if (graph == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_str_has_prefix (error->message, "cut: "));
      g_assert_null (strchr (error->message, '\n'));
      return FALSE;
    }
  g_assert_true (strata_graph_check (graph, &error));
  g_assert_no_error (error);
  try_to_run (graph);
  return TRUE;
}

static void
cut_everywhere (GBytes *bytes, gsize step)
{
  gsize n;
  const guint8 *data = g_bytes_get_data (bytes, &n);
  g_autofree guint8 *copy = NULL;

  g_assert_true (survives (data, n));
  for (gsize i = 0; i < n; i += step)
    {
      /* exactly as long as claimed, so that a sanitizer sees a read past the end */
      copy = g_memdup2 (data, i);
      survives (copy, i);
      g_clear_pointer (&copy, g_free);
    }
}

static void
test_truncation (void)
{
  g_autoptr (GBytes) bytes = small_model ();

  cut_everywhere (bytes, 1);
}

static void
test_real_truncation (void)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *path =
    g_build_filename (shared == NULL ? "" : shared, "models", "micro_speech_int8", "model.onnx", NULL);
  g_autoptr (GBytes) bytes = NULL;
  char *contents;
  gsize n;

  if (!g_file_get_contents (path, &contents, &n, NULL))
    {
      g_test_skip ("the test models are not there (STRATA_SHARED)");
      return;
    }
  bytes = g_bytes_new_take (contents, n);
  cut_everywhere (bytes, 1);
}

static void
test_mutation (void)
{
  static const guint8 masks[] = { 0x01, 0x80, 0xff, 0x40 };
  g_autoptr (GBytes) bytes = small_model ();
  gsize n;
  const guint8 *data = g_bytes_get_data (bytes, &n);
  g_autofree guint8 *copy = g_memdup2 (data, n);
  guint n_alive = 0;

  for (gsize i = 0; i < n; i++)
    for (guint m = 0; m < G_N_ELEMENTS (masks); m++)
      {
        copy[i] ^= masks[m];
        n_alive += survives (copy, n);
        copy[i] ^= masks[m];
      }
  g_test_message ("%u of %" G_GSIZE_FORMAT " mutants are valid models", n_alive, n * G_N_ELEMENTS (masks));
  g_assert_cmpuint (n_alive, >, 0);
}

/* 2^13 queries of one feature against as many keys: 2^26 scores, which nothing bounds but those who run the model */
static void
test_attention_of_constants (void)
{
  const gint64 dims[] = { 1, 1, 1 << 13, 1 }, values[] = { 1, 1, 1 << 13, 0 };
  g_autofree float *numbers = g_new0 (float, 1 << 13);
  Message *graph = message_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) net = NULL;

  put_floats (graph, "q", 4, dims, numbers);
  put_floats (graph, "v", 4, values, numbers);
  put_node (graph, node ("Attention", "a", "q q v", "y"));
  put_output (graph, "y");
  bytes = model (graph, 23);
  net = strata_onnx_parse (bytes, "net.onnx", &error);
  g_assert_no_error (error);
  g_assert_cmpint (net->n_nodes, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/hostile/truncation", test_truncation);
  g_test_add_func ("/sdk/model/hostile/real-truncation", test_real_truncation);
  g_test_add_func ("/sdk/model/hostile/mutation", test_mutation);
  g_test_add_func ("/sdk/model/hostile/attention-of-constants", test_attention_of_constants);
  return g_test_run ();
}
