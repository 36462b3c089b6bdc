/* SPDX-License-Identifier: Apache-2.0
 *
 * What the importer refuses and how it says so; order, folding and names of what it accepts.
 */
#include "model/graph.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "onnx-writer.h"

static const gint64 shape_1_4[] = { 1, 4 };

static Message *
graph_new (void)
{
  Message *graph = message_new ();

  put_float_input (graph, "x", 2, shape_1_4);
  put_output (graph, "y");
  return graph;
}

static void
assert_refused (Message *graph, int opset, StrataImportError code, const char *what)
{
  g_autoptr (GBytes) bytes = model (graph, opset);
  g_autoptr (GError) error = NULL;

  g_assert_null (strata_onnx_parse (bytes, "net.onnx", &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, (int) code);
  g_assert_true (g_str_has_prefix (error->message, "net.onnx: "));
  g_assert_null (strchr (error->message, '\n'));
  if (strstr (error->message, what) == NULL)
    g_error ("'%s' does not contain '%s'", error->message, what);
}

static StrataGraph *
accept (Message *graph, int opset)
{
  g_autoptr (GBytes) bytes = model (graph, opset);
  g_autoptr (GError) error = NULL;
  StrataGraph *result = strata_onnx_parse (bytes, "net.onnx", &error);

  g_assert_no_error (error);
  g_assert_true (strata_graph_check (result, &error));
  g_assert_no_error (error);
  return result;
}

static void
test_opset (void)
{
  for (int opset = 6; opset <= 28; opset++)
    {
      Message *graph = graph_new ();
      g_autoptr (StrataGraph) result = NULL;

      put_node (graph, node ("Relu", "r", "x", "y"));
      result = accept (graph, opset);
      g_assert_cmpint (result->opset, ==, opset);
    }
  for (int i = 0; i < 2; i++)
    {
      Message *graph = graph_new ();

      put_node (graph, node ("Relu", "r", "x", "y"));
      assert_refused (graph, i == 0 ? 0 : 29, STRATA_IMPORT_ERROR_UNSUPPORTED,
                      i == 0 ? "opset 0 is not supported; opsets 1 to 28"
                             : "opset 29 is not supported; opsets 1 to 28");
    }
}

static void
test_unknown_operator (void)
{
  Message *graph = graph_new (), *other = graph_new (), *custom;

  put_node (graph, node ("FancyNorm", "n1", "x", "y"));
  assert_refused (graph, 13, STRATA_IMPORT_ERROR_UNSUPPORTED,
                  "node n1 (FancyNorm, opset 13): operator FancyNorm is not supported; supported: Abs, Acos, ");
  custom = node ("Relu", "n2", "x", "y");
  put_text (custom, 7, "com.example");
  put_node (other, custom);
  assert_refused (other, 13, STRATA_IMPORT_ERROR_UNSUPPORTED, "operator com.example::Relu is not supported");
}

static void
test_missing_input (void)
{
  Message *graph = graph_new (), *output = graph_new ();

  put_node (graph, node ("Add", "sum", "x weights", "y"));
  assert_refused (graph, 13, STRATA_IMPORT_ERROR_FORMAT, "node sum (Add): its input 1, weights, is not defined");
  put_node (output, node ("Relu", "r", "x", "z"));
  assert_refused (output, 13, STRATA_IMPORT_ERROR_FORMAT, "the output y of the model is not defined");
}

static void
test_cycle (void)
{
  Message *graph = graph_new ();

  put_node (graph, node ("Add", "a", "x q", "p"));
  put_node (graph, node ("Relu", "b", "p", "q"));
  put_node (graph, node ("Relu", "c", "p", "y"));
  assert_refused (graph, 13, STRATA_IMPORT_ERROR_FORMAT, "nodes form a cycle: a -> b -> a;");
}

static void
test_duplicates (void)
{
  const float values[] = { 1, 2, 3, 4 };
  Message *graph = graph_new (), *twice = graph_new (), *self = graph_new ();

  put_node (graph, node ("Relu", "a", "x", "y"));
  put_node (graph, node ("Relu", "b", "x", "y"));
  assert_refused (graph, 13, STRATA_IMPORT_ERROR_FORMAT, "node b (Relu, opset 13): the value y is defined twice");
  put_floats (twice, "w", 2, shape_1_4, values);
  put_floats (twice, "w", 2, shape_1_4, values);
  assert_refused (twice, 13, STRATA_IMPORT_ERROR_FORMAT, "the value w is defined twice");
  put_node (self, node ("Relu", "a", "x", "x"));
  assert_refused (self, 13, STRATA_IMPORT_ERROR_FORMAT, "the value x is defined twice");
}

static void
test_initializer_sizes (void)
{
  static const struct
  {
    gint64 dims[4];
    int n_dims;
    StrataImportError code;
    const char *what;
  } cases[] = {
    { { 5 },
      1,
      STRATA_IMPORT_ERROR_FORMAT,
      "tensor w: its shape and type (float32) ask for 20 bytes and 16 are there" },
    { { -4 }, 1, STRATA_IMPORT_ERROR_SHAPE, "dimension 0 is -4" },
    { { G_GINT64_CONSTANT (2147483648) }, 1, STRATA_IMPORT_ERROR_SHAPE, "dimension 0 is 2147483648" },
    { { 2147483647, 2147483647, 2147483647, 2147483647 }, 4, STRATA_IMPORT_ERROR_SHAPE, "tensor w: dimension" },
    { { 2147483647, 2147483647, 0 }, 3, STRATA_IMPORT_ERROR_SHAPE, "tensor w: dimension" },
    { { 0 }, 1, STRATA_IMPORT_ERROR_FORMAT, "ask for 0 bytes and 16 are there" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const float values[] = { 1, 2, 3, 4 };
      Message *graph = graph_new ();

      put_initializer (graph, tensor ("w", 1, cases[i].n_dims, cases[i].dims, values, sizeof values));
      put_node (graph, node ("Add", "sum", "x w", "y"));
      assert_refused (graph, 13, cases[i].code, cases[i].what);
    }
}

static void
test_types (void)
{
  const guint8 zeros[16] = { 0 };
  const gint64 dims[] = { 4 }, nine[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  Message *graph = graph_new (), *many = graph_new (), *mixed = graph_new ();

  put_initializer (graph, tensor ("w", 8, 1, dims, zeros, 4));
  assert_refused (graph, 13, STRATA_IMPORT_ERROR_UNSUPPORTED, "tensor w: element type string (8) is not supported");
  put_initializer (many, tensor ("w", 1, 9, nine, zeros, 4));
  assert_refused (many, 13, STRATA_IMPORT_ERROR_UNSUPPORTED, "tensor w: 9 dimensions; at most 8 are accepted");
  put_initializer (mixed, tensor ("w", 6, 1, dims, zeros, 16));
  put_node (mixed, node ("Add", "sum", "x w", "y"));
  assert_refused (mixed, 13, STRATA_IMPORT_ERROR_SHAPE,
                  "node sum (Add, opset 13): inputs 0 and 1 are float32 and int32");
}

/* int32_data is packed, float_data here is not; both are legal */
static void
test_typed_data (void)
{
  const gint64 dims[] = { 4 };
  Message *graph = graph_new (), *weights = message_new (), *packed = message_new (), *bytes = message_new ();
  g_autoptr (StrataGraph) result = NULL;
  const StrataValue *value;

  put_int (weights, 1, dims[0]);
  put_int (weights, 2, 1);
  put_text (weights, 8, "w");
  for (int i = 0; i < 4; i++)
    put_float (weights, 4, (float) i + 0.5f);
  put_initializer (graph, weights);
  for (int i = 0; i < 4; i++)
    put_varint (packed, (guint64) (gint64) (-1 - i));
  put_int (bytes, 1, dims[0]);
  put_int (bytes, 2, 3);
  put_text (bytes, 8, "codes");
  put_message (bytes, 5, packed);
  put_initializer (graph, bytes);
  put_node (graph, node ("Add", "sum", "x w", "y"));
  result = accept (graph, 13);
  value = &result->values[strata_graph_find_value (result, "w")];
  g_assert_cmpfloat (((const float *) value->data)[3], ==, 3.5f);
  value = &result->values[strata_graph_find_value (result, "codes")];
  g_assert_cmpint (value->dtype, ==, STRATA_DTYPE_I8);
  g_assert_cmpint (((const gint8 *) value->data)[3], ==, -4);
}

static void
test_open_dims (void)
{
  const gint64 batch[] = { -1, 4 }, open[] = { -1, 4, -1 }, negative[] = { 1, -7 }, huge[] = { 65536, 65536 };
  Message *graph = message_new (), *refused = message_new (), *below = message_new (), *large = message_new ();
  g_autoptr (StrataGraph) result = NULL;

  put_float_input (graph, "x", 2, batch);
  put_output (graph, "y");
  put_node (graph, node ("Relu", "r", "x", "y"));
  result = accept (graph, 13);
  g_assert_cmpint (result->values[result->outputs[0]].dims[0], ==, 1);

  put_message (refused, 11, info ("x", 1, 3, open, "width"));
  assert_refused (refused, 13, STRATA_IMPORT_ERROR_SHAPE,
                  "dimensions are open: input x widthx4xwidth; give the size of each");
  put_float_input (below, "x", 2, negative);
  assert_refused (below, 13, STRATA_IMPORT_ERROR_SHAPE, "input x: a dimension is negative");
  put_float_input (large, "x", 2, huge);
  put_output (large, "y");
  put_node (large, node ("Relu", "r", "x", "y"));
  assert_refused (large, 13, STRATA_IMPORT_ERROR_SHAPE, "input x: more than 2147483647 elements");
}

/* Files of IR version 3 list initialisers as inputs too */
static void
test_listed_initializers (void)
{
  const float values[] = { 1, 2, 3, 4 };
  Message *graph = message_new ();
  g_autoptr (StrataGraph) result = NULL;

  put_float_input (graph, "w", 2, shape_1_4);
  put_float_input (graph, "x", 2, shape_1_4);
  put_output (graph, "y");
  put_floats (graph, "w", 2, shape_1_4, values);
  put_node (graph, node ("Add", "sum", "x w", "y"));
  result = accept (graph, 8);
  g_assert_cmpint (result->n_inputs, ==, 1);
  g_assert_cmpstr (result->values[result->inputs[0]].name, ==, "x");
}

static void
test_order_and_names (void)
{
  Message *graph = graph_new ();
  g_autoptr (StrataGraph) result = NULL;

  put_node (graph, node ("Relu", "", "b", "y"));
  put_node (graph, node ("Relu", "same", "a", "b"));
  put_node (graph, node ("Relu", "same", "x", "a"));
  result = accept (graph, 13);
  g_assert_cmpint (result->n_nodes, ==, 3);
  g_assert_cmpint (result->nodes[0].onnx_index, ==, 2);
  g_assert_cmpstr (result->nodes[0].name, ==, "same_2");
  g_assert_cmpstr (result->nodes[1].name, ==, "same");
  g_assert_cmpstr (result->nodes[2].name, ==, "Relu_0");
  g_assert_cmpint (result->values[result->outputs[0]].n_consumers, ==, 1);
}

/* Shape -> Gather -> Unsqueeze -> Concat -> Reshape, as PyTorch writes a flatten */
static void
test_folding (void)
{
  const gint64 zero[] = { 0 }, rest[] = { -1 }, dims[] = { 2, 3, 4 };
  Message *graph = message_new ();
  g_autoptr (StrataGraph) result = NULL;

  put_float_input (graph, "x", 3, dims);
  put_output (graph, "y");
  put_initializer (graph, tensor ("zero", 7, 0, NULL, zero, sizeof zero));
  put_int64s (graph, "rest", 1, rest);
  put_node (graph, node ("Shape", "s", "x", "shape"));
  put_node (graph, node ("Gather", "g", "shape zero", "n"));
  put_node (graph, with (node ("Unsqueeze", "u", "n", "n1"), attr_ints ("axes", 1, zero)));
  put_node (graph, with (node ("Concat", "c", "n1 rest", "to"), attr_int ("axis", 0)));
  put_node (graph, node ("Reshape", "r", "x to", "y"));
  result = accept (graph, 11);
  g_assert_cmpint (result->n_nodes, ==, 1);
  g_assert_cmpint (result->n_folded, ==, 4);
  g_assert_cmpint (result->nodes[0].onnx_index, ==, 4);
  g_assert_cmpint (result->values[result->outputs[0]].n_dims, ==, 2);
  g_assert_cmpint (result->values[result->outputs[0]].dims[1], ==, 12);
}

static void
test_wrong_attribute (void)
{
  Message *graph = graph_new (), *subgraph = graph_new (), *attribute = message_new ();

  put_node (graph, with (node ("Softmax", "s", "x", "y"), attr_float ("axis", 1.0f)));
  assert_refused (graph, 13, STRATA_IMPORT_ERROR_FORMAT, "node s (Softmax, opset 13)");
  put_text (attribute, 1, "then_branch");
  put_bytes (attribute, 6, "", 0);
  put_int (attribute, 20, 5);
  put_node (subgraph, with (node ("Relu", "choice", "x", "y"), attribute));
  assert_refused (subgraph, 13, STRATA_IMPORT_ERROR_UNSUPPORTED, "operator Relu is not supported");
}

/* y = x + 1, or x + 2 */
static Message *
branch (const char *name, const char *attribute_name, float value)
{
  const gint64 one[] = { 1 };
  Message *graph = message_new (), *attribute = message_new ();

  put_floats (graph, "offset", 1, one, &value);
  put_node (graph, node ("Add", name, "x offset", "sum"));
  put_output (graph, "sum");
  put_text (attribute, 1, attribute_name);
  put_message (attribute, 6, graph);
  put_int (attribute, 20, 5);
  return attribute;
}

/* The condition is whether x has @n elements, or a value of x. */
static Message *
choosing_graph (gint64 n, gboolean at_run_time)
{
  Message *graph = graph_new (), *choice = node ("If", "choice", at_run_time ? "late" : "fits", "y");
  float zero = 0.0f;

  put_int64s (graph, "count", 1, &n);
  put_floats (graph, "zero", 0, NULL, &zero);
  put_node (graph, node ("Size", "size", "x", "n"));
  put_node (graph, node ("Equal", "equal", "n count", "fits"));
  put_node (graph, node ("Greater", "greater", "x zero", "late"));
  put_node (graph, with (with (choice, branch ("a", "then_branch", 1.0f)), branch ("b", "else_branch", 2.0f)));
  return graph;
}

static void
test_branches (void)
{
  g_autoptr (StrataGraph) first = accept (choosing_graph (4, FALSE), 13);
  g_autoptr (StrataGraph) second = accept (choosing_graph (5, FALSE), 13);
  const StrataGraph *graphs[] = { first, second };

  for (int i = 0; i < 2; i++)
    {
      const StrataNode *sum = NULL;

      for (int k = 0; k < graphs[i]->n_nodes; k++)
        if (graphs[i]->nodes[k].op == STRATA_OP_ADD)
          sum = &graphs[i]->nodes[k];
      g_assert_nonnull (sum);
      g_assert_cmpstr (graphs[i]->values[sum->inputs[1]].name, ==, "y/offset");
      g_assert_cmpfloat (*(const float *) graphs[i]->values[sum->inputs[1]].data, ==, i == 0 ? 1.0f : 2.0f);
    }
  assert_refused (choosing_graph (4, TRUE), 13, STRATA_IMPORT_ERROR_UNSUPPORTED,
                  "node choice (If, opset 13): its condition late is computed at run time");
}

/* Weights narrower than the input would be read past their end by those that take them for float32. */
static void
test_mixed_types (void)
{
  static const guint8 halves[16];
  const gint64 dims[] = { 4, 2 }, four[] = { 4 };
  Message *product = graph_new (), *norm = graph_new ();

  put_initializer (product, tensor ("w", 10, 2, dims, halves, 16));
  put_node (product, node ("Gemm", "product", "x w", "y"));
  assert_refused (product, 13, STRATA_IMPORT_ERROR_SHAPE, "inputs 0 and 1 are float32 and float16");
  put_initializer (norm, tensor ("s", 10, 1, four, halves, 8));
  put_node (norm, node ("BatchNormalization", "norm", "x s s s s", "y"));
  assert_refused (norm, 15, STRATA_IMPORT_ERROR_UNSUPPORTED, "input 1, s, is float16; accepted: float32");
}

static Message *
external_tensor (const char *location, const char *offset)
{
  const gint64 dims[] = { 4 };
  Message *weights = message_new (), *entry = message_new (), *place = message_new ();

  put_int (weights, 1, dims[0]);
  put_int (weights, 2, 1);
  put_text (weights, 8, "w");
  put_int (weights, 14, 1);
  put_text (entry, 1, "location");
  put_text (entry, 2, location);
  put_message (weights, 13, entry);
  put_text (place, 1, "offset");
  put_text (place, 2, offset);
  put_message (weights, 13, place);
  return weights;
}

static StrataGraph *
load_external (const char *folder, const char *location, const char *offset, GError **error)
{
  Message *graph = graph_new ();
  g_autofree char *path = g_build_filename (folder, "net.onnx", NULL);
  g_autoptr (GBytes) bytes = NULL;

  put_initializer (graph, external_tensor (location, offset));
  put_node (graph, node ("Add", "sum", "x w", "y"));
  bytes = model (graph, 13);
  g_assert_true (g_file_set_contents (path, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes), NULL));
  return strata_onnx_load (path, NULL, error);
}

static void
test_external (void)
{
  static const struct
  {
    const char *location, *offset, *what;
    StrataImportError code;
  } cases[] = {
    { "../w.bin", "0", "outside the model's folder", STRATA_IMPORT_ERROR_FORMAT },
    { "a/../../w.bin", "0", "outside the model's folder", STRATA_IMPORT_ERROR_FORMAT },
    { "/etc/passwd", "0", "outside the model's folder", STRATA_IMPORT_ERROR_FORMAT },
    { "none.bin", "0", "is not there or not readable", STRATA_IMPORT_ERROR_NOT_FOUND },
    { "w.bin", "20", "reach past the end of w.bin (32 bytes)", STRATA_IMPORT_ERROR_FORMAT },
    { "w.bin", "999999999999", "reach past the end of w.bin (32 bytes)", STRATA_IMPORT_ERROR_FORMAT },
    { "w.bin", "four", "the offset of external data is not a number", STRATA_IMPORT_ERROR_FORMAT },
  };
  const float values[8] = { 0, 0, 0, 0, 1, 2, 3, 4 };
  g_autofree char *folder = g_dir_make_tmp ("strata-XXXXXX", NULL);
  g_autofree char *data = g_build_filename (folder, "w.bin", NULL);
  g_autofree char *path = g_build_filename (folder, "net.onnx", NULL);
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GError) none = NULL;

  g_assert_true (g_file_set_contents (data, (const char *) values, sizeof values, NULL));
  graph = load_external (folder, "w.bin", "16", &none);
  g_assert_no_error (none);
  g_assert_cmpfloat (((const float *) graph->values[strata_graph_find_value (graph, "w")].data)[3], ==, 4.0f);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (load_external (folder, cases[i].location, cases[i].offset, &error));
      g_assert_error (error, STRATA_IMPORT_ERROR, (int) cases[i].code);
      g_assert_nonnull (strstr (error->message, cases[i].what));
    }
  g_unlink (data);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_not_found (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) cancelled = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_assert_null (strata_onnx_load ("/nonexistent/net.onnx", NULL, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND);
  g_cancellable_cancel (cancellable);
  g_assert_null (strata_onnx_load ("/nonexistent/net.onnx", cancellable, &cancelled));
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_weights (void)
{
  const float values[] = { 1, 2, NAN, 4 }, infinite[] = { INFINITY, 1, 1, 1 };
  const float *const bad[] = { values, infinite };

  for (int i = 0; i < 2; i++)
    {
      Message *graph = graph_new ();
      g_autoptr (StrataGraph) result = NULL;
      g_autoptr (GError) error = NULL;

      put_floats (graph, "w", 2, shape_1_4, bad[i]);
      put_node (graph, node ("Mul", "product", "x w", "y"));
      result = accept (graph, 13);
      g_assert_false (strata_graph_check_weights (result, &error));
      g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE);
      g_assert_cmpstr (error->message, ==,
                       i == 0 ? "net.onnx: tensor w: element 2 is not a number; weights must be finite"
                              : "net.onnx: tensor w: element 0 is infinite; weights must be finite");
    }
}

/* A mask may hold infinities where it is added, but nothing that is no number. */
static void
test_masks (void)
{
  const float mask[] = { 0, -INFINITY, 0, 0 }, broken[] = { 0, NAN, 0, 0 };
  const float *const values[] = { mask, broken };

  for (int i = 0; i < 2; i++)
    {
      Message *graph = graph_new ();
      g_autoptr (StrataGraph) result = NULL;
      g_autoptr (GError) error = NULL;

      put_floats (graph, "w", 2, shape_1_4, values[i]);
      put_node (graph, node ("Add", "sum", "x w", "y"));
      result = accept (graph, 13);
      g_assert_cmpint (strata_graph_check_weights (result, &error), ==, i == 0);
    }
}

/* Deep nesting of messages must not cost stack: 2000 levels inside a field that nothing reads */
static void
test_nesting (void)
{
  Message *deep = message_new (), *graph = graph_new ();
  g_autoptr (StrataGraph) result = NULL;

  for (int i = 0; i < 2000; i++)
    {
      Message *outer = message_new ();

      put_message (outer, 6, deep);
      deep = outer;
    }
  put_node (graph, node ("Relu", "r", "x", "y"));
  put_message (graph, 99, deep);
  result = accept (graph, 13);
  g_assert_cmpint (result->n_nodes, ==, 1);
}

static void
test_hash (void)
{
  const float a[] = { 1, 2, 3, 4 }, b[] = { 1, 2, 3, 5 };
  guint64 hashes[3];

  for (int i = 0; i < 3; i++)
    {
      Message *graph = graph_new ();
      g_autoptr (StrataGraph) result = NULL;

      put_floats (graph, "w", 2, shape_1_4, i == 2 ? b : a);
      put_node (graph, node ("Add", "sum", "x w", "y"));
      result = accept (graph, 13);
      hashes[i] = strata_graph_hash (result);
      g_assert_cmphex (strata_graph_digest (result), !=, 0);
    }
  g_assert_cmphex (hashes[0], ==, hashes[1]);
  g_assert_cmphex (hashes[0], !=, hashes[2]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/import/opset", test_opset);
  g_test_add_func ("/sdk/model/import/unknown-operator", test_unknown_operator);
  g_test_add_func ("/sdk/model/import/branches", test_branches);
  g_test_add_func ("/sdk/model/import/mixed-types", test_mixed_types);
  g_test_add_func ("/sdk/model/import/missing-input", test_missing_input);
  g_test_add_func ("/sdk/model/import/cycle", test_cycle);
  g_test_add_func ("/sdk/model/import/duplicates", test_duplicates);
  g_test_add_func ("/sdk/model/import/initializer-sizes", test_initializer_sizes);
  g_test_add_func ("/sdk/model/import/types", test_types);
  g_test_add_func ("/sdk/model/import/typed-data", test_typed_data);
  g_test_add_func ("/sdk/model/import/open-dims", test_open_dims);
  g_test_add_func ("/sdk/model/import/listed-initializers", test_listed_initializers);
  g_test_add_func ("/sdk/model/import/order-and-names", test_order_and_names);
  g_test_add_func ("/sdk/model/import/folding", test_folding);
  g_test_add_func ("/sdk/model/import/wrong-attribute", test_wrong_attribute);
  g_test_add_func ("/sdk/model/import/external", test_external);
  g_test_add_func ("/sdk/model/import/not-found", test_not_found);
  g_test_add_func ("/sdk/model/import/weights", test_weights);
  g_test_add_func ("/sdk/model/import/masks", test_masks);
  g_test_add_func ("/sdk/model/import/nesting", test_nesting);
  g_test_add_func ("/sdk/model/import/hash", test_hash);
  return g_test_run ();
}
