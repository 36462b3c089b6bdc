/* SPDX-License-Identifier: Apache-2.0
 *
 * What is written comes back: the same nodes, shapes and bytes for every real model and for made ones, embedded and
 * beside the model, without a copy; and a write that fails or is cancelled leaves nothing.
 */
#include "model/onnx/write.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "data-set.h"
#include "model/arch/layers.h"
#include "node-case.h"

typedef struct
{
  char *folder, *path, *data;
} Place;

static void
place_init (Place *place)
{
  place->folder = g_dir_make_tmp ("strata-write-XXXXXX", NULL);
  place->path = g_build_filename (place->folder, "a.onnx", NULL);
  place->data = g_build_filename (place->folder, "a.data", NULL);
}

/* The folder holds nothing but what is named. */
static void
place_clear (Place *place)
{
  g_unlink (place->path);
  g_unlink (place->data);
  g_assert_cmpint (g_rmdir (place->folder), ==, 0);
  g_free (place->folder);
  g_free (place->path);
  g_free (place->data);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Place, place_clear)

static GHashTable *
index_values (const StrataGraph *graph)
{
  GHashTable *table = g_hash_table_new (g_str_hash, g_str_equal);

  for (int i = 0; i < graph->n_values; i++)
    g_hash_table_insert (table, (char *) graph->values[i].name, &graph->values[i]);
  return table;
}

static const char *
name_of (const StrataGraph *graph, int id)
{
  return id < 0 ? "" : graph->values[id].name;
}

static void
assert_same_value (const StrataValue *a, const StrataValue *b)
{
  g_assert_cmpstr (a->name, ==, b->name);
  g_assert_cmpint (a->dtype, ==, b->dtype);
  g_assert_cmpint (a->n_dims, ==, b->n_dims);
  for (int d = 0; d < a->n_dims; d++)
    g_assert_cmpint (a->dims[d], ==, b->dims[d]);
  g_assert_cmpint (a->data == NULL, ==, b->data == NULL);
  if (a->data != NULL)
    g_assert_cmpmem (a->data, a->n_bytes, b->data, b->n_bytes);
}

static void
assert_same_attr (const StrataGraph *a, const StrataAttr *x, const StrataGraph *b, const StrataAttr *y)
{
  g_assert_cmpstr (x->name, ==, y->name);
  g_assert_cmpint (x->kind, ==, y->kind);
  g_assert_cmpint (x->n, ==, y->n);
  g_assert_cmpint (x->i, ==, y->i);
  g_assert_true (memcmp (&x->f, &y->f, sizeof x->f) == 0);
  if (x->kind == STRATA_ATTR_STRING)
    g_assert_cmpstr (x->s, ==, y->s);
  if (x->kind == STRATA_ATTR_INTS)
    g_assert_cmpmem (x->ints, sizeof (gint64) * (gsize) x->n, y->ints, sizeof (gint64) * (gsize) y->n);
  if (x->kind == STRATA_ATTR_FLOATS)
    g_assert_cmpmem (x->floats, sizeof (float) * (gsize) x->n, y->floats, sizeof (float) * (gsize) y->n);
  for (int i = 0; x->kind == STRATA_ATTR_STRINGS && i < x->n; i++)
    g_assert_cmpstr (x->strings[i], ==, y->strings[i]);
  if (x->kind == STRATA_ATTR_TENSOR)
    assert_same_value (&a->values[x->tensor], &b->values[y->tensor]);
}

static void
assert_same_node (const StrataGraph *a, const StrataNode *x, const StrataGraph *b, const StrataNode *y)
{
  g_assert_cmpstr (x->name, ==, y->name);
  g_assert_cmpint (x->op, ==, y->op);
  g_assert_cmpint (x->n_inputs, ==, y->n_inputs);
  g_assert_cmpint (x->n_outputs, ==, y->n_outputs);
  g_assert_cmpint (x->n_attrs, ==, y->n_attrs);
  for (int i = 0; i < x->n_inputs; i++)
    g_assert_cmpstr (name_of (a, x->inputs[i]), ==, name_of (b, y->inputs[i]));
  for (int i = 0; i < x->n_outputs; i++)
    g_assert_cmpstr (name_of (a, x->outputs[i]), ==, name_of (b, y->outputs[i]));
  for (int i = 0; i < x->n_attrs; i++)
    assert_same_attr (a, &x->attrs[i], b, &y->attrs[i]);
}

static void
assert_same (const StrataGraph *a, const StrataGraph *b)
{
  g_autoptr (GHashTable) values = index_values (b);

  g_assert_cmpint (a->opset, ==, b->opset);
  g_assert_cmpint (a->n_nodes, ==, b->n_nodes);
  g_assert_cmpint (a->n_inputs, ==, b->n_inputs);
  g_assert_cmpint (a->n_outputs, ==, b->n_outputs);
  for (int i = 0; i < a->n_nodes; i++)
    assert_same_node (a, &a->nodes[i], b, &b->nodes[i]);
  for (int i = 0; i < a->n_inputs; i++)
    g_assert_cmpstr (name_of (a, a->inputs[i]), ==, name_of (b, b->inputs[i]));
  for (int i = 0; i < a->n_outputs; i++)
    g_assert_cmpstr (name_of (a, a->outputs[i]), ==, name_of (b, b->outputs[i]));
  for (int i = 0; i < a->n_values; i++)
    {
      const StrataValue *twin = g_hash_table_lookup (values, a->values[i].name);

      if (a->values[i].n_consumers == 0 || a->values[i].weightless)
        continue;
      g_assert_nonnull (twin);
      assert_same_value (&a->values[i], twin);
    }
}

/* Every constant that nodes read lies in a mapped file, at a multiple of 64 bytes. */
static void
assert_mapped (const StrataGraph *graph)
{
  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataValue *value = &graph->values[i];
      gboolean inside = FALSE;

      if (value->data == NULL || value->n_consumers == 0 || value->n_bytes == 0)
        continue;
      for (guint k = 0; k < graph->backing->len; k++)
        {
          gsize n;
          const guint8 *bytes = g_bytes_get_data (graph->backing->pdata[k], &n);
          const guint8 *data = value->data;

          inside = inside || (data >= bytes && data + value->n_bytes <= bytes + n);
        }
      g_assert_true (inside);
      g_assert_cmpint ((gsize) value->data % 64, ==, 0);
    }
}

static void
check_round_trip (const StrataGraph *graph, const StrataOnnxWriteOptions *options)
{
  g_autoptr (StrataGraph) back = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Place) place;

  place_init (&place);
  g_assert_true (strata_onnx_write (graph, place.path, options, NULL, &error));
  g_assert_no_error (error);
  back = strata_onnx_load (place.path, NULL, &error);
  g_assert_no_error (error);
  assert_same (graph, back);
  assert_mapped (back);
}

static void
test_models (void)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *models = g_build_filename (shared == NULL ? "" : shared, "models", NULL);
  g_autoptr (GDir) dir = g_dir_open (models, 0, NULL);
  const StrataOnnxWriteOptions external = { .external = TRUE }, shapes = { .value_info = TRUE };
  const char *name;
  int n = 0;

  if (shared == NULL || dir == NULL)
    {
      g_test_skip ("the test models are not there (STRATA_SHARED)");
      return;
    }
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (models, name, "model.onnx", NULL);
      g_autofree char *set = g_build_filename (models, name, "test_data_set_0", NULL);
      g_auto (GStrv) names = NULL;
      g_autoptr (StrataGraph) graph = NULL;
      g_autoptr (GError) error = NULL;

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        continue;
      g_test_message ("%s", name);
      graph = data_set_load_model (path, set, &names, &error);
      g_assert_no_error (error);
      check_round_trip (graph, n % 2 == 0 ? NULL : &shapes);
      check_round_trip (graph, &external);
      n++;
    }
  g_assert_cmpint (n, ==, 31);
}

/* Weights of 1.5 MB and of a few bytes, names of many lengths, optional inputs, a tensor attribute */
static StrataGraph *
make (int n_layers, int width)
{
  const StrataFill fill = { STRATA_FILL_NORMAL, 0.0f, 1.0f };
  g_autoptr (GError) error = NULL;
  g_auto (StrataLayers) layers;
  StrataGraph *graph;
  int ids[3];

  strata_layers_init (&layers, 17);
  ids[0] = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 2, (gint64[]){ 1, width });
  for (int i = 0; i < n_layers; i++)
    {
      g_autofree char *tail = g_strnfill ((gsize) i, 'n');
      g_autofree char *weight = g_strdup_printf ("w%d%s", i, tail);
      g_autofree char *name = g_strdup_printf ("mul%d", i);

      ids[1] = strata_layers_weight (&layers, weight, 2, (gint64[]){ width, width }, fill);
      ids[0] = strata_layers_node (&layers, STRATA_OP_MAT_MUL, name, ids, 2);
    }
  ids[1] = -1;
  ids[2] = strata_layers_scalar (&layers, NULL, 6.0f);
  ids[0] = strata_layers_node (&layers, STRATA_OP_CLIP, "clip", ids, 3);
  strata_layers_output (&layers, ids[0], "y");
  graph = strata_layers_finish (&layers, "made", NULL, &error);
  g_assert_no_error (error);
  return graph;
}

/* Element i of value v is a pure function of both. */
static gboolean
make_weights (int value, gint64 first, gsize n, void *out, gpointer largest, GError **error)
{
  for (gsize i = 0; i < n; i++)
    ((float *) out)[i] = (float) ((first + (gint64) i) % 1000003) + 0.25f * (float) value;
  *(gsize *) largest = MAX (*(gsize *) largest, n);
  return TRUE;
}

static void
check_made (StrataGraph *graph, StrataOnnxWriteOptions options)
{
  g_autoptr (StrataGraph) back = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (Place) place;
  gsize largest = 0;

  place_init (&place);
  options.weights = make_weights;
  options.weights_data = &largest;
  g_assert_true (strata_onnx_write (graph, place.path, &options, NULL, &error));
  g_assert_cmpint (g_file_test (place.data, G_FILE_TEST_EXISTS), ==, options.external || options.max_embedded == 1);
  g_assert_cmpint (largest, <=, 1024 * 1024);
  back = strata_onnx_load (place.path, NULL, &error);
  g_assert_no_error (error);
  assert_same (graph, back);
  assert_mapped (back);
  for (int i = 0; i < graph->n_values; i++)
    if (graph->values[i].weightless)
      {
        const StrataValue *twin = &back->values[strata_graph_find_value (back, graph->values[i].name)];

        for (gint64 k = 0; k < strata_value_count (twin); k++)
          g_assert_cmpfloat (((const float *) twin->data)[k], ==, (float) (k % 1000003) + 0.25f * (float) i);
      }
}

static void
test_made (void)
{
  static const struct
  {
    int n_layers, width;
  } cases[] = { { 1, 1 }, { 2, 3 }, { 130, 2 }, { 3, 17 }, { 40, 20 }, { 2, 613 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StrataGraph) graph = make (cases[i].n_layers, cases[i].width);

      check_made (graph, (StrataOnnxWriteOptions){ .value_info = i % 2 == 0 });
    }
}

static void
test_external (void)
{
  g_autoptr (StrataGraph) graph = make (3, 613);

  check_made (graph, (StrataOnnxWriteOptions){ .external = TRUE });
  check_made (graph, (StrataOnnxWriteOptions){ .max_embedded = 1 });
}

static gsize
written_size (const StrataGraph *graph, const char *graph_name)
{
  g_autofree char *contents = NULL;
  g_auto (Place) place;
  gsize largest = 0, n = 0;
  StrataOnnxWriteOptions options = { .graph_name = graph_name, .weights = make_weights, .weights_data = &largest };

  place_init (&place);
  g_assert_true (strata_onnx_write (graph, place.path, &options, NULL, NULL));
  g_assert_true (g_file_get_contents (place.path, &contents, &n, NULL));
  return n;
}

/* Names of inputs need no data file. */
static void
test_input_names (void)
{
  StrataOnnxWriteOptions options = { .external = TRUE, .weights = make_weights };
  g_autoptr (StrataGraph) graph = make (1, 20);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = NULL;
  g_auto (Place) place;
  gsize largest = 0, n;
  char *contents;

  place_init (&place);
  options.weights_data = &largest;
  g_assert_true (strata_onnx_write (graph, place.path, &options, NULL, &error));
  g_assert_cmpint (g_unlink (place.data), ==, 0);
  g_assert_true (g_file_get_contents (place.path, &contents, &n, NULL));
  bytes = g_bytes_new_take (contents, n);
  names = strata_onnx_input_names (bytes, place.path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length (names), ==, 1);
  g_assert_cmpstr (names[0], ==, "x");
}

/* Pads and the width of the graph's length depend on each other: every size around where the length grows. */
static void
test_layout (void)
{
  g_autoptr (StrataGraph) graph = make (1, 2);
  gsize n_rest = written_size (graph, "g");

  for (gsize n = 16384 - n_rest - 70; n < 16384 - n_rest + 100; n++)
    {
      g_autofree char *name = g_strnfill (n, 'g');

      check_made (graph, (StrataOnnxWriteOptions){ .graph_name = name });
    }
}

static void
test_weightless (void)
{
  g_autoptr (StrataGraph) graph = make (1, 4);
  g_autoptr (GError) error = NULL;
  g_auto (Place) place;

  place_init (&place);
  g_assert_false (strata_onnx_write (graph, place.path, NULL, NULL, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "w0"));
  g_assert_false (g_file_test (place.path, G_FILE_TEST_EXISTS));
}

static void
cancel_late (double fraction, gpointer cancellable)
{
  if (fraction > 0.5)
    g_cancellable_cancel (cancellable);
}

static void
test_cancel (void)
{
  g_autoptr (StrataGraph) graph = make (4, 613);

  for (int external = 0; external < 2; external++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      gsize largest = 0;
      StrataOnnxWriteOptions options = { .external = external == 1,
                                         .weights = make_weights,
                                         .weights_data = &largest,
                                         .progress = cancel_late,
                                         .progress_data = cancellable };
      g_auto (Place) place;

      place_init (&place);
      g_assert_false (strata_onnx_write (graph, place.path, &options, cancellable, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_false (g_file_test (place.path, G_FILE_TEST_EXISTS));
      g_assert_false (g_file_test (place.data, G_FILE_TEST_EXISTS));
    }
}

static void
test_full_disk (void)
{
  g_autoptr (StrataGraph) graph = make (4, 613);
  struct rlimit whole, little;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &whole), ==, 0);
  little = whole;
  for (int external = 0; external < 2; external++)
    {
      g_autoptr (GError) error = NULL;
      gsize largest = 0;
      StrataOnnxWriteOptions options = { .external = external == 1, .weights = make_weights, .weights_data = &largest };
      gboolean written;
      g_auto (Place) place;

      place_init (&place);
      g_assert_true (g_file_set_contents (place.path, "old", 3, NULL));
      little.rlim_cur = 3000000;
      setrlimit (RLIMIT_FSIZE, &little);
      written = strata_onnx_write (graph, place.path, &options, NULL, &error);
      setrlimit (RLIMIT_FSIZE, &whole);
      g_assert_false (written);
      g_assert_nonnull (error);
      g_assert_nonnull (strstr (error->message, place.folder));
      g_assert_false (g_file_test (place.data, G_FILE_TEST_EXISTS));
      g_assert_true (g_file_test (place.path, G_FILE_TEST_EXISTS)); /* what was there before */
    }
}

static void
test_not_writable (void)
{
  g_autoptr (StrataGraph) graph = make (1, 4);
  g_autoptr (GError) error = NULL;
  gsize largest = 0;
  StrataOnnxWriteOptions options = { .weights = make_weights, .weights_data = &largest };

  g_assert_false (strata_onnx_write (graph, "/nowhere/a.onnx", &options, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (strata_onnx_write (graph, "/dev/null", &options, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
}

/* Operators of another domain, and its version, which the reader demands */
static void
test_domain (void)
{
  static const NodeCase cases[] = {
    { "com.microsoft.MatMulNBits", "f0:2x40 u1:5x3x8 s2:15 u3:10", "K=40 N=5 bits=4 block_size=16", "y", 17 },
    { "com.microsoft.Gelu", "f0:2x3", "", "y", 17 },
    { "SimplifiedLayerNormalization", "f0:1x2x6 f1:6", "epsilon=0.00001", "y", 17 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataArray) first = NULL;
      g_autoptr (StrataGraph) graph = node_case_parse (&cases[i], STRATA_DTYPE_F32, &first, &error);

      g_assert_no_error (error);
      check_round_trip (graph, NULL);
    }
}

static void
test_opset (void)
{
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (StrataLayers) layers;
  g_auto (Place) place;
  int x;

  place_init (&place);
  strata_layers_init (&layers, 12);
  x = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 1, (gint64[]){ 4 });
  strata_layers_output (&layers, strata_layers_node (&layers, STRATA_OP_HARD_SWISH, "h", &x, 1), "h");
  graph = strata_layers_finish (&layers, "made", NULL, &error);
  g_assert_no_error (error);
  g_assert_false (strata_onnx_write (graph, place.path, NULL, NULL, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "HardSwish"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/onnx/write/models", test_models);
  g_test_add_func ("/sdk/model/onnx/write/made", test_made);
  g_test_add_func ("/sdk/model/onnx/write/external", test_external);
  g_test_add_func ("/sdk/model/onnx/write/input-names", test_input_names);
  g_test_add_func ("/sdk/model/onnx/write/layout", test_layout);
  g_test_add_func ("/sdk/model/onnx/write/weightless", test_weightless);
  g_test_add_func ("/sdk/model/onnx/write/cancel", test_cancel);
  g_test_add_func ("/sdk/model/onnx/write/full-disk", test_full_disk);
  g_test_add_func ("/sdk/model/onnx/write/not-writable", test_not_writable);
  g_test_add_func ("/sdk/model/onnx/write/domain", test_domain);
  g_test_add_func ("/sdk/model/onnx/write/opset", test_opset);
  return g_test_run ();
}
