/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile models: what a small file could make import do. Depth, sizes that overflow, constants that unfold, lists
 * without end, names that grow. Each is refused in one line, or imported within bounds of memory and time.
 */
#include "model/graph.h"

#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "onnx-writer.h"

#define MAX_SECONDS 1.0
/* The address sanitizer keeps what is freed from being used again, and a byte of its own for each eight. */
#ifdef __SANITIZE_ADDRESS__
#define MAX_GROWTH_KB (256 * 1024)
#else
#define MAX_GROWTH_KB (64 * 1024)
#endif

static const gint64 shape_4[] = { 4 };

static Message *
graph_new (void)
{
  Message *graph = message_new ();

  put_float_input (graph, "x", 1, shape_4);
  put_output (graph, "y");
  return graph;
}

/* Imports within bounds of processor time and of memory at its highest; takes @graph. */
static StrataGraph *
import (Message *graph, int opset, GError **error)
{
  g_autoptr (GBytes) bytes = model (graph, opset);
  glong growth_kb = MAX_GROWTH_KB + (glong) (64 * g_bytes_get_size (bytes) / 1024);
  struct rusage before, after;
  clock_t start = clock ();
  StrataGraph *result;
  double seconds;

  getrusage (RUSAGE_SELF, &before);
  result = strata_onnx_parse (bytes, "net.onnx", error);
  getrusage (RUSAGE_SELF, &after);
  seconds = (double) (clock () - start) / CLOCKS_PER_SEC;
  g_assert_cmpfloat (seconds, <, MAX_SECONDS);
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, growth_kb);
  if (result == NULL)
    {
      g_assert_true (g_str_has_prefix ((*error)->message, "net.onnx: "));
      g_assert_null (strchr ((*error)->message, '\n'));
    }
  else
    g_assert_true (strata_graph_check (result, NULL));
  return result;
}

static StrataGraph *
accept (Message *graph)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *result = import (graph, 13, &error);

  g_assert_no_error (error);
  return result;
}

static void
assert_refused (Message *graph, const char *what)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (import (graph, 13, &error));
  if (strstr (error->message, what) == NULL)
    g_error ("'%s' does not contain '%s'", error->message, what);
}

static void
put_bool (Message *graph, const char *name, guint8 value)
{
  put_initializer (graph, tensor (name, 9, 0, NULL, &value, 1));
}

static Message *
attr_graph (const char *name, Message *graph)
{
  Message *message = message_new ();

  put_text (message, 1, name);
  put_message (message, 6, graph);
  put_int (message, 20, 5);
  return message;
}

/* An If of output @output whose branches are @body; takes it */
static Message *
if_node (const char *output, Message *body)
{
  Message *copy = g_byte_array_append (message_new (), body->data, body->len);

  return with (with (node ("If", "", "true", output), attr_graph ("then_branch", body)),
               attr_graph ("else_branch", copy));
}

static Message *
branch (const char *op, const char *input)
{
  Message *body = message_new ();

  put_node (body, node (op, "", input, "b"));
  put_output (body, "b");
  return body;
}

/* Each level holds the next in one branch only, so that the file grows by lines and not by powers. */
static Message *
nested_ifs (int depth)
{
  Message *body = branch ("Relu", "x"), *graph = graph_new ();

  for (int i = 0; i < depth; i++)
    {
      Message *outer = message_new (), *deep = node ("If", "", "true", "b");

      put_node (outer,
                with (with (deep, attr_graph ("then_branch", body)), attr_graph ("else_branch", branch ("Neg", "x"))));
      put_output (outer, "b");
      body = outer;
    }
  put_bool (graph, "true", 1);
  put_node (graph, if_node ("y", body));
  return graph;
}

static void
test_nested_ifs (void)
{
  assert_refused (nested_ifs (20), "it lies too deep in others, or calls itself; 16 levels are accepted");
  assert_refused (nested_ifs (1000), "node 0 (If, opset 13): ");
}

/* Raw messages inside fields that hold messages */
static void
test_nested_messages (void)
{
  static const guint fields[] = { 1, 5, 6 };

  for (guint f = 0; f < G_N_ELEMENTS (fields); f++)
    {
      Message *deep = message_new (), *graph = graph_new ();
      g_autoptr (StrataGraph) result = NULL;
      g_autoptr (GError) error = NULL;

      for (int i = 0; i < 3000; i++)
        {
          Message *outer = message_new ();

          put_message (outer, fields[f], deep);
          deep = outer;
        }
      put_message (graph, fields[f], deep);
      put_node (graph, node ("Relu", "r", "x", "y"));
      result = import (graph, 13, &error);
      g_assert_true (result == NULL || fields[f] == 6);
    }
}

/* Functions of the model itself that call one another in a ring */
static void
test_functions (void)
{
  Message *message = message_new (), *operators = message_new (), *graph = graph_new (), *call;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  for (int i = 0; i < 100; i++)
    {
      Message *function = message_new (), *inner;
      g_autofree char *name = g_strdup_printf ("f%d", i), *callee = g_strdup_printf ("f%d", (i + 1) % 100);

      put_text (function, 1, name);
      put_text (function, 4, "a");
      put_text (function, 5, "b");
      inner = node (callee, "", "a", "b");
      put_text (inner, 7, "own");
      put_message (function, 7, inner);
      put_text (function, 10, "own");
      put_message (message, 25, function);
    }
  call = node ("f0", "call", "x", "y");
  put_text (call, 7, "own");
  put_node (graph, call);
  put_int (operators, 2, 13);
  put_message (message, 8, operators);
  put_message (message, 7, graph);
  bytes = g_byte_array_free_to_bytes (message);
  g_assert_null (strata_onnx_parse (bytes, "net.onnx", &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "it lies too deep in others, or calls itself"));
}

/* Dimensions of a constant and of an input */
static void
test_dimensions (void)
{
  static const struct
  {
    gint64 dims[8];
    int n;
  } cases[] = {
    { { (gint64) 1 << 31 }, 1 },
    { { G_MAXINT64 }, 1 },
    { { G_MININT64 }, 1 },
    { { -1, 4 }, 2 },
    { { G_MAXINT32, G_MAXINT32, G_MAXINT32 }, 3 },
    { { 65536, 65536, 65536, 65536 }, 4 },
    { { 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30, 1 << 30 }, 8 },
    { { G_MAXINT32, G_MAXINT32, 0, G_MAXINT32 }, 4 }, /* nothing in it, and still no product that fits */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Message *constant = graph_new (), *input = message_new ();

      put_initializer (constant, tensor ("w", 1, cases[i].n, cases[i].dims, "0123", 4));
      put_node (constant, node ("Add", "a", "x w", "y"));
      assert_refused (constant, "tensor w: ");
      put_float_input (input, "w", cases[i].n, cases[i].dims);
      put_output (input, "y");
      put_node (input, node ("Relu", "r", "w", "y"));
      /* -1 is how the writer of these tests says open, which is the batch */
      if (cases[i].dims[0] == -1)
        g_byte_array_unref (input);
      else
        assert_refused (input, "input w: ");
    }
}

/* One constant node that asks for @shape, up to all of 2^31 - 1 elements */
static Message *
unfolding (const char *op, const char *inputs, const gint64 *shape, int n)
{
  const float one = 1.0f, scales[] = { 1e9f };
  const gint64 pads[] = { 0, G_MAXINT32 - 1 }, dims[] = { 1 };
  Message *graph = message_new ();

  put_int64s (graph, "shape", n, shape);
  put_int64s (graph, "pads", 2, pads);
  put_initializer (graph, tensor ("one", 1, 1, dims, &one, sizeof one));
  put_initializer (graph, tensor ("from", 7, 0, NULL, pads, sizeof *pads));
  put_initializer (graph, tensor ("to", 7, 0, NULL, pads + 1, sizeof *pads));
  put_initializer (graph, tensor ("by", 7, 0, NULL, "\1\0\0\0\0\0\0\0", 8));
  put_initializer (graph, tensor ("scales", 1, 1, dims, scales, sizeof *scales));
  put_node (graph, node (op, "bomb", inputs, "y"));
  put_output (graph, "y");
  return graph;
}

static void
test_bombs (void)
{
  const gint64 most[] = { G_MAXINT32 }, square[] = { 65536, 65536 };
  static const struct
  {
    const char *op, *inputs;
  } cases[] = {
    { "ConstantOfShape", "shape" }, { "Expand", "one shape" },    { "Tile", "one shape" },
    { "Range", "from to by" },      { "Resize", "one - scales" }, { "Pad", "one pads" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StrataGraph) result = NULL;
      g_autoptr (GError) error = NULL;

      result = import (unfolding (cases[i].op, cases[i].inputs, most, 1), 13, &error);
      if (result != NULL)
        g_assert_cmpint (result->n_nodes, ==, 1); /* left for the run, not unfolded */
      g_assert_true (result != NULL || strstr (error->message, "bomb") != NULL);
    }
  assert_refused (unfolding ("ConstantOfShape", "shape", square, 2), "more than 2147483647 elements");
  assert_refused (unfolding ("Expand", "one shape", square, 2), "more than 2147483647 elements");
}

/* Many constants, each as large as import folds: a few bytes of file for 8 kB each */
static void
test_many_folds (void)
{
  const gint64 size[] = { 1024 };
  Message *graph = graph_new ();
  g_autoptr (StrataGraph) result = NULL;

  put_int64s (graph, "n", 1, size);
  for (int i = 0; i < 20000; i++)
    {
      g_autofree char *name = g_strdup_printf ("c%d", i);

      put_node (graph, node ("ConstantOfShape", "", "n", name));
    }
  put_node (graph, node ("Relu", "r", "x", "y"));
  result = accept (graph);
  g_assert_cmpint (result->n_folded, <, 20000);
  g_assert_cmpint (result->n_folded, >, 100);
}

/* Constants that take long to fold, though they are small: sums over three dimensions, products, windows */
static void
test_slow_folds (void)
{
  const gint64 long_row[] = { 65536 }, left[] = { 1024, 64 }, right[] = { 64, 1 };
  g_autofree float *values = g_new0 (float, 65536);
  Message *graph = graph_new ();
  g_autoptr (StrataGraph) result = NULL;

  put_floats (graph, "v", 1, long_row, values);
  put_floats (graph, "l", 2, left, values);
  put_floats (graph, "r", 2, right, values);
  for (int i = 0; i < 500; i++)
    {
      g_autofree char *sum = g_strdup_printf ("s%d", i), *product = g_strdup_printf ("p%d", i);

      put_node (graph, with (node ("Einsum", "", "v v v", sum), attr_text ("equation", "a,b,c->")));
      put_node (graph, node ("MatMul", "", "l r", product));
    }
  put_node (graph, node ("Relu", "", "x", "y"));
  result = accept (graph);
  g_assert_cmpint (result->n_nodes, >, 500);
}

/* @n_ifs conditions of which each follows from the one before, beside @n_nodes others */
static Message *
chained_ifs (int n_ifs, int n_nodes)
{
  Message *graph = graph_new ();

  put_bool (graph, "true", 1);
  for (int i = 0; i < n_ifs; i++)
    {
      g_autofree char *from = i == 0 ? g_strdup ("true") : g_strdup_printf ("c%d", i - 1),
                      *to = g_strdup_printf ("c%d", i);

      put_node (graph, with (with (node ("If", "", from, to), attr_graph ("then_branch", branch ("Not", "true"))),
                             attr_graph ("else_branch", branch ("Not", "true"))));
    }
  for (int i = 0; i < n_nodes; i++)
    {
      g_autofree char *name = g_strdup_printf ("r%d", i);

      put_node (graph, node ("Relu", "", "x", name));
    }
  put_node (graph, node ("Relu", "", "x", "y"));
  return graph;
}

/* Rounds of decisions read the graph again: memory of a round must not stay, and rounds of a large graph are few. */
static void
test_rounds (void)
{
  g_autoptr (StrataGraph) result = accept (chained_ifs (14, 10000));

  g_assert_cmpint (result->n_nodes, ==, 10001);
  assert_refused (chained_ifs (33, 1), "in a chain of more than 32");
  assert_refused (chained_ifs (20, 20000), "or of 4 in a graph as large");
}

/* Nodes of one branch have one index in the file: their names must not grow by it again and again. */
static void
test_names_in_branch (void)
{
  Message *body = message_new (), *graph = graph_new ();
  g_autoptr (StrataGraph) result = NULL;
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);

  for (int i = 0; i < 8000; i++)
    {
      g_autofree char *name = g_strdup_printf ("r%d", i);

      put_node (body, node ("Relu", i % 2 == 0 ? "same" : "", "x", name));
    }
  put_output (body, "r7");
  put_bool (graph, "true", 1);
  put_node (graph, with (with (node ("If", "", "true", "y"), attr_graph ("then_branch", body)),
                         attr_graph ("else_branch", branch ("Neg", "x"))));
  result = accept (graph);
  g_assert_cmpint (result->n_nodes, ==, 8001);
  for (int i = 0; i < result->n_nodes; i++)
    {
      g_assert_true (g_hash_table_add (names, (char *) result->nodes[i].name));
      g_assert_cmpuint (strlen (result->nodes[i].name), <, 32);
    }
}

/* The If's name stands before every name of its branch: a long one is paid for each time. */
static void
test_long_prefix (void)
{
  Message *body = message_new (), *graph = message_new ();
  g_autofree char *name = g_strnfill (100000, 'n');

  for (int i = 0; i < 5000; i++)
    {
      g_autofree char *inner = g_strdup_printf ("r%d", i);

      put_node (body, node ("Relu", "", "x", inner));
    }
  put_output (body, "r7");
  put_float_input (graph, "x", 1, shape_4);
  put_output (graph, name);
  put_bool (graph, "true", 1);
  put_node (graph, with (with (node ("If", "", "true", name), attr_graph ("then_branch", body)),
                         attr_graph ("else_branch", branch ("Neg", "x"))));
  assert_refused (graph, "unfold to too many nodes for a file of this size");
}

static void
test_many_inputs (void)
{
  Message *graph = graph_new (), *sum = node ("Sum", "s", "", "y"), *empty = node ("Relu", "r", "x", "y");
  g_autoptr (StrataGraph) result = NULL;

  for (int i = 0; i < 1000000; i++)
    put_text (sum, 1, "x");
  put_node (graph, sum);
  result = accept (graph);
  g_assert_cmpint (result->nodes[0].n_inputs, ==, 1000000);
  graph = graph_new ();
  for (int i = 0; i < 1000000; i++)
    put_text (empty, 1, "y");
  put_node (graph, empty);
  assert_refused (graph, "it takes 1 to 1 inputs");
}

static void
test_many_outputs (void)
{
  Message *graph = graph_new (), *split = node ("Split", "s", "x", "");

  for (int i = 0; i < 100000; i++)
    {
      g_autofree char *name = g_strdup_printf ("%x", i);

      put_text (split, 2, name);
    }
  put_node (graph, split);
  put_node (graph, node ("Relu", "r", "x", "y"));
  assert_refused (graph, "node s (Split, opset 13): ");
}

static void
test_attributes (void)
{
  Message *graph = graph_new (), *many = node ("Relu", "r", "x", "y"), *twice = node ("Softmax", "s", "x", "y");
  Message *tensors = message_new (), *constant = node ("Constant", "c", "", "k");

  for (int i = 0; i < 100000; i++)
    put_message (many, 5, attr_int ("", i));
  put_node (graph, many);
  assert_refused (graph, "is given twice");
  many = node ("Relu", "r", "x", "y");
  for (int i = 0; i < 1000; i++)
    {
      g_autofree char *name = g_strdup_printf ("a%d", i);

      put_message (many, 5, attr_int (name, i));
    }
  graph = graph_new ();
  put_node (graph, many);
  assert_refused (graph, "more than 64 attributes");
  graph = graph_new ();
  put_node (graph, with (with (twice, attr_int ("axis", 0)), attr_int ("axis", 5)));
  assert_refused (graph, "the attribute axis is given twice; once is accepted");
  put_text (tensors, 1, "value");
  for (int i = 0; i < 1000; i++)
    put_message (tensors, 5, tensor ("", 1, 0, NULL, "0123", 4));
  put_int (tensors, 20, 4);
  graph = graph_new ();
  put_node (graph, with (constant, tensors));
  put_node (graph, node ("Relu", "r", "x", "y"));
  assert_refused (graph, "a second tensor in an attribute");
}

static void
test_tensor_fields (void)
{
  static const guint8 many[] = { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 };
  const gint64 two[] = { 2 };
  Message *graph = graph_new (), *both = tensor ("w", 1, 1, two, "01234567", 8), *half, *packed;

  put_float (both, 4, 1.0f);
  put_float (both, 4, 2.0f);
  put_initializer (graph, both);
  put_node (graph, node ("Relu", "r", "x", "y"));
  assert_refused (graph, "tensor w: it has raw and typed data; one of them is accepted");
  /* float16 of one byte, of three, of none */
  for (gsize n = 0; n < 4; n++)
    {
      graph = graph_new ();
      half = tensor ("h", 10, 1, two, "0123", n);
      put_initializer (graph, half);
      assert_refused (graph, "tensor h: its shape and type");
    }
  graph = graph_new ();
  packed = message_new ();
  put_int (packed, 1, 2);
  put_int (packed, 2, 7);
  put_text (packed, 8, "p");
  put_bytes (packed, 7, many, sizeof many);
  put_initializer (graph, packed);
  assert_refused (graph, "a number of more than 10 bytes");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/hostile-graphs/nested-ifs", test_nested_ifs);
  g_test_add_func ("/sdk/model/hostile-graphs/nested-messages", test_nested_messages);
  g_test_add_func ("/sdk/model/hostile-graphs/functions", test_functions);
  g_test_add_func ("/sdk/model/hostile-graphs/dimensions", test_dimensions);
  g_test_add_func ("/sdk/model/hostile-graphs/bombs", test_bombs);
  g_test_add_func ("/sdk/model/hostile-graphs/many-folds", test_many_folds);
  g_test_add_func ("/sdk/model/hostile-graphs/slow-folds", test_slow_folds);
  g_test_add_func ("/sdk/model/hostile-graphs/rounds", test_rounds);
  g_test_add_func ("/sdk/model/hostile-graphs/names-in-branch", test_names_in_branch);
  g_test_add_func ("/sdk/model/hostile-graphs/long-prefix", test_long_prefix);
  g_test_add_func ("/sdk/model/hostile-graphs/many-inputs", test_many_inputs);
  g_test_add_func ("/sdk/model/hostile-graphs/many-outputs", test_many_outputs);
  g_test_add_func ("/sdk/model/hostile-graphs/attributes", test_attributes);
  g_test_add_func ("/sdk/model/hostile-graphs/tensor-fields", test_tensor_fields);
  return g_test_run ();
}
