/* SPDX-License-Identifier: Apache-2.0
 *
 * The text form: what is printed reads back to a graph of the same hash and the same text, for real models and for what
 * real models do not have; wrong text is an error of one line that names its line.
 */
#include "model/text.h"

#include <string.h>

#include "data-set.h"
#include "model/arch/layers.h"

/* Returns the text. */
static char *
assert_round (const StrataGraph *graph)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = strata_graph_print (graph);
  g_autofree char *again = NULL;
  g_autoptr (StrataGraph) read = strata_graph_parse (text, &error);

  g_assert_no_error (error);
  g_assert_true (strata_graph_check (read, &error));
  g_assert_cmpint (read->n_nodes, ==, graph->n_nodes);
  g_assert_cmpint (read->n_inputs, ==, graph->n_inputs);
  g_assert_cmpint (read->n_outputs, ==, graph->n_outputs);
  g_assert_cmphex (strata_graph_hash (read), ==, strata_graph_hash (graph));
  again = strata_graph_print (read);
  g_assert_cmpstr (again, ==, text);
  return g_steal_pointer (&text);
}

/* A text that is printed as it stands here */
static void
assert_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_graph_parse (text, &error);
  g_autofree char *printed = NULL;

  g_assert_no_error (error);
  printed = assert_round (graph);
  g_assert_cmpstr (printed, ==, text);
}

static void
test_model (gconstpointer data)
{
  const char *folder = data;
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *set = g_build_filename (folder, "test_data_set_0", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) names = NULL;
  g_autoptr (StrataGraph) graph = data_set_load_model (path, set, &names, &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = assert_round (graph);
  g_test_message ("%d nodes, %d values, %" G_GSIZE_FORMAT " bytes of text", graph->n_nodes, graph->n_values,
                  strlen (text));
}

static void
test_no_models (void)
{
  g_test_skip ("the test models are not there (STRATA_SHARED)");
}

/* Everything that a line can hold */
static void
test_everything (void)
{
  assert_text ("graph opset 13 folded 7 producer \"made \\\"by\\\" \\\\ hand\"\n"
               "input x float32[1x2x4x4]\n"
               "input \"-\" float16[]\n"
               "input \"a b,(c) ; # =\" bool[2]\n"
               "input \"\xc3\xbc\" uint64[1]\n"
               "input \"@1\" int32[0x3]\n"
               "constant /conv/w.1:0@-x float32[3x2x3x3] digest 0123456789abcdef\n"
               "constant hollow float32[3] weightless\n"
               "constant scalar float32[] {0.1}\n"
               "constant empty int64[0] {}\n"
               "constant odd float32[8] {inf, -inf, nan, nan:ffc00001, -0.0, 1.4013e-45, 3.4028235e+38, 16777216.0}\n"
               "constant halves float16[6] {inf, nan, nan:fe01, 6.1035156e-05, 65504.0, 5.9604645e-08}\n"
               "constant wide float64[3] {0.1, 1.7976931348623157e+308, nan:7ff8000000000001}\n"
               "constant signed int8[3] {-128, 0, 127}\n"
               "constant top uint64[2] {18446744073709551615, 0}\n"
               "constant bottom int64[1] {-9223372036854775808}\n"
               "constant flags bool[3] {0, 1, 255}\n"
               "constant packed int8[3] nibbles {-8, 0, 7}\n"
               "constant more uint8[64] nibbles digest fedcba9876543210\n"
               "node @3 Conv \"the conv\" (x, /conv/w.1:0@-x, hollow) -> (c float32[1x3x4x4]) pads=[1, 1, 1, 1] "
               "auto_pad=\"NOTSET\" group=1 other=[ints] more=[floats] rest=[strings]\n"
               "node @4 Clip l (c, -, scalar) -> (y float32[1x3x4x4]) alpha=1.0 beta=nan t=float16[2] {1.0, 2.0} "
               "s=[\"a\", \"b\\\"\"] f=[1.0, -inf] last=-9223372036854775808\n"
               "node @5 Dropout d (y) -> (z float32[1x3x4x4], -)\n"
               "output z\n"
               "output odd\n"
               "output halves\n"
               "output wide\n"
               "output signed\n"
               "output top\n"
               "output bottom\n"
               "output flags\n"
               "output packed\n"
               "output more\n"
               "output empty\n");
}

/* Comments, blanks and empty lines are read; what stands there longer than needed comes out short. */
static void
test_loose (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph =
    strata_graph_parse ("# a note\n\n  graph  opset 13 folded 0\r\ninput\t\"x\" float32[ 1 x 4 ] # another\n  # more\n"
                        "\nnode @0 Relu r(x)->(y float32[1x4])\noutput y",
                        &error);
  g_autofree char *text = NULL;

  g_assert_no_error (error);
  text = strata_graph_print (graph);
  g_assert_cmpstr (text, ==,
                   "graph opset 13 folded 0\ninput x float32[1x4]\nnode @0 Relu r (x) -> (y float32[1x4])\noutput y\n");
}

static void
test_errors (void)
{
  static const struct
  {
    const char *text, *message;
  } cases[] = {
    { "", "graph:1: '' does not read as graph" },
    { "graph opset 0 folded 0\n", "graph:1: '0 folded 0' does not read as an integer in range" },
    { "graph opset 13 folded 0\n\nwhatever\n", "graph:3: 'whatever' does not read as a line of input" },
    { "graph opset 13 folded 0\ninput x float32[1x\n", "graph:2: '' does not read as an integer" },
    { "# a\ngraph opset 13 folded 0\n#\ninput x int8[1] y\n", "graph:4: 'y' does not read as the end of the line" },
    { "graph opset 13 folded 0\ninput x float33[1]\n", "graph:2: 'float33[1]' does not read as an element type" },
    { "graph opset 13 folded 0\ninput x int8[1x1x1x1x1x1x1x1x1]\n", "] after at most 8 dimensions" },
    { "graph opset 13 folded 0\ninput x int8[2147483648]\n", "an integer in range" },
    { "graph opset 13 folded 0\ninput x int8[65536x65536]\n", "as many elements as a tensor may have" },
    { "graph opset 13 folded 0\nconstant w int8[2147483647x2147483647x2147483647] weightless\n",
      "as many elements as a tensor may have" },
    { "graph opset 13 folded 0\ninput x int8[1]\ninput x int8[1]\n", "graph:3: the value x is defined twice" },
    { "graph opset 13 folded 0\ninput \"\" int8[1]\n", "a name that is not empty" },
    { "graph opset 13 folded 0\ninput \"a\nb\" int8[1]\n", "graph:2: '\"a' does not read as a string that ends" },
    { "graph opset 13 folded 0\ninput \"\\x01\" int8[1]\n", "as its only escapes" },
    { "graph opset 13 folded 0\nconstant w int8[2] {1}\n", "as many elements as the shape has" },
    { "graph opset 13 folded 0\nconstant w int8[2] {1, 2, 3}\n", "} after as many elements" },
    { "graph opset 13 folded 0\nconstant w int8[1] {128}\n", "an integer in range" },
    { "graph opset 13 folded 0\nconstant w int8[2] nibbles {7, 8}\n", "what follows elements of 4 bits" },
    { "graph opset 13 folded 0\nconstant w bool[1] nibbles {1}\n", "{elements}, digest or weightless" },
    { "graph opset 13 folded 0\nconstant w uint8[1] {-1}\n", "an integer without a sign" },
    { "graph opset 13 folded 0\nconstant w uint8[1] {256}\n", "an integer that its type can hold" },
    { "graph opset 13 folded 0\nconstant w float16[1] {1e6}\n", "a number that its type can hold" },
    { "graph opset 13 folded 0\nconstant w float32[1] {1e39}\n", "a number that its type can hold" },
    { "graph opset 13 folded 0\nconstant w float32[1] {0x1p3}\n", "a number that its type can hold" },
    { "graph opset 13 folded 0\nconstant w float32[1] {nan:7f800000}\n", "the bits of a NaN of its type" },
    { "graph opset 13 folded 0\nconstant w float32[1] {infinity}\n", "a number that its type can hold" },
    { "graph opset 13 folded 0\nconstant w float32[1] digest 0000000000000000\n", "that are not all 0" },
    { "graph opset 13 folded 0\nconstant w float32[1]\n", "{elements}, digest or weightless" },
    { "graph opset 13 folded 0\noutput y\n", "graph:2: 'y' does not read as the name of a value that a line above" },
    { "graph opset 13 folded 0\nnode @0 Relu r (x) -> (x float32[1])\n",
      "graph:2: 'x) -> (x float32[1])' does not read as the name of a value" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Rel r (x) -> (y float32[1])\n", "that Strata has" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Gelu r (x) -> (y float32[1])\n", "a node of this opset" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Relu r (x, x) -> (y float32[1])\n",
      "graph:3: '@0 Relu r (x, x) -> (y float32[1' does not read as a node of this opset with as many" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Relu r (x) -> (y float32[1])\n"
      "node @1 Relu r (x) -> (z float32[1])\n",
      "graph:4: '@1 Relu r (x) -> (z float32[1])' does not read as a node with a name of its own" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Relu r (x) -> (y float32[2])\n",
      "graph:3: its output y is stated with another type or shape" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Softmax r (x) -> (y float32[1]) axis=7\n",
      "graph:3: axis 7 is out of range" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Softmax r (x) -> (y float32[1]) axis=1.0\n",
      "an attribute of the type that ONNX gives it" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Relu r (x) -> (y float32[1]) a=[]\n",
      "a list with elements, or one of ints" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Relu r (x) -> (y float32[1]) a=[1, 2.0]\n", "graph:3" },
    { "graph opset 13 folded 0\ninput x float32[1]\nnode @0 Relu r (x) -> (y float32[1]) a=int8[1] weightless\n",
      "a tensor with its elements" },
    { "graph opset 13 folded 0\nin\xffput x float32[1]\n", "graph:2: '?put x float32[1]' does not read as UTF-8 text" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_autoptr (StrataGraph) graph = strata_graph_parse (cases[i].text, &error);

      if (graph != NULL)
        g_error ("'%s' is read", cases[i].text);
      g_assert_error (error, STRATA_IMPORT_ERROR, error->code);
      g_assert_true (g_str_has_prefix (error->message, "graph:"));
      g_assert_null (strchr (error->message, '\n'));
      if (strstr (error->message, cases[i].message) == NULL)
        g_error ("'%s' does not contain '%s'", error->message, cases[i].message);
    }
}

/* A made network: optional inputs left out, weightless constants, operands in full */
static StrataGraph *
make_small (float bias, const char *name)
{
  static const StrataFill normal = { STRATA_FILL_NORMAL, 0.0f, 0.1f };
  g_autoptr (GError) error = NULL;
  StrataGraph *graph;
  g_auto (StrataLayers) layers;
  float biases[32] = { bias };
  int x, ids[3];

  strata_layers_init (&layers, 17);
  x = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 8, 8 });
  ids[0] = x;
  ids[1] = strata_layers_weight (&layers, "conv.weight", 4, (gint64[]){ 32, 3, 3, 3 }, normal);
  ids[2] = strata_layers_floats (&layers, "conv.bias", 1, (gint64[]){ 32 }, biases);
  x = strata_layers_node (&layers, STRATA_OP_CONV, name, ids, 3);
  strata_layers_attr_ints (&layers, "pads", (gint64[]){ 1, 1, 1, 1 }, 4);
  ids[0] = x;
  ids[1] = -1;
  ids[2] = strata_layers_scalar (&layers, "six", 6.0f);
  x = strata_layers_node (&layers, STRATA_OP_CLIP, "clip", ids, 3);
  ids[0] = x;
  ids[1] = strata_layers_ints (&layers, NULL, 2, (gint64[]){ 1, -1 });
  x = strata_layers_node (&layers, STRATA_OP_RESHAPE, "flat", ids, 2);
  strata_layers_output (&layers, x, "y");
  graph = strata_layers_finish (&layers, "small", NULL, &error);
  g_assert_no_error (error);
  return graph;
}

static void
test_made (void)
{
  g_autoptr (StrataGraph) graph = make_small (0.5f, "a name with blanks");
  g_autoptr (StrataGraph) same = make_small (0.5f, "a name with blanks");
  g_autoptr (StrataGraph) bias = make_small (0.25f, "a name with blanks");
  g_autoptr (StrataGraph) name = make_small (0.5f, "name");
  g_autofree char *text = assert_round (graph);

  g_assert_nonnull (strstr (text, "constant conv.weight float32[32x3x3x3] weightless\n"));
  g_assert_nonnull (strstr (text, "constant conv.bias float32[32] digest "));
  g_assert_nonnull (strstr (text, "{1, -1}"));
  g_assert_nonnull (strstr (text, ", -, six) ->"));
  g_assert_cmphex (strata_graph_hash (same), ==, strata_graph_hash (graph));
  g_assert_cmphex (strata_graph_hash (bias), !=, strata_graph_hash (graph));
  g_assert_cmphex (strata_graph_hash (name), !=, strata_graph_hash (graph));
}

/* The digest is of type and dimensions as well as of bytes, and survives in a graph that has none. */
static void
test_digest (void)
{
  const guint8 zeros[64] = { 0 };
  StrataValue value = { .dtype = STRATA_DTYPE_F32, .n_dims = 1, .dims = { 16 }, .data = zeros, .n_bytes = 64 };
  guint64 floats = strata_value_digest (&value), ints, square;
  StrataAbsent absent = { 0 };

  value.dtype = STRATA_DTYPE_I32;
  ints = strata_value_digest (&value);
  value.n_dims = 2;
  value.dims[0] = value.dims[1] = 4;
  square = strata_value_digest (&value);
  g_assert_cmphex (floats, !=, ints);
  g_assert_cmphex (ints, !=, square);
  value.data = NULL;
  value.weightless = TRUE;
  g_assert_cmphex (strata_value_digest (&value), ==, 0);
  absent.digest = square;
  value.absent = &absent;
  g_assert_cmphex (strata_value_digest (&value), ==, square);
}

static void
assert_element (StrataDtype dtype, guint64 bits)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  StrataWords words;
  guint64 read;

  strata_words_put_element (text, dtype, &bits, 0);
  words = (StrataWords){ text->str, 1 };
  g_assert_true (strata_words_element (&words, dtype, &read, &error));
  g_assert_no_error (error);
  g_assert_cmpint (*words.at, ==, '\0');
  g_assert_cmpmem (&bits, strata_dtype_size (dtype), &read, strata_dtype_size (dtype));
}

/* All halves, and random bits of the other types */
static void
test_elements (void)
{
  static const StrataDtype types[] = { STRATA_DTYPE_F32, STRATA_DTYPE_F64, STRATA_DTYPE_I8,  STRATA_DTYPE_U8,
                                       STRATA_DTYPE_I16, STRATA_DTYPE_U16, STRATA_DTYPE_I32, STRATA_DTYPE_U32,
                                       STRATA_DTYPE_I64, STRATA_DTYPE_U64, STRATA_DTYPE_BOOL };
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (guint half = 0; half < 65536; half++)
    assert_element (STRATA_DTYPE_F16, half);
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (int k = 0; k < 3000; k++)
      {
        guint64 bits = (guint64) g_rand_int (random) << 32 | g_rand_int (random);
        gsize size = strata_dtype_size (types[i]);

        assert_element (types[i], bits >> (64 - 8 * size));
      }
}

static gboolean
survives (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_graph_parse (text, &error);

  if (graph == NULL)
    {
      g_assert_nonnull (error);
      g_assert_true (g_str_has_prefix (error->message, "graph:"));
      g_assert_null (strchr (error->message, '\n'));
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      return FALSE;
    }
  g_assert_true (strata_graph_check (graph, &error));
  g_free (assert_round (graph));
  return TRUE;
}

/* Every cut, and bytes of every kind that the reader tells apart in every place */
static void
test_hostile (void)
{
  static const char bytes[] = "\n\"\\ ()[]{}x9-@#,=z\xff";
  g_autoptr (StrataGraph) graph = make_small (0.5f, "conv");
  g_autofree char *text = strata_graph_print (graph);
  gsize n = strlen (text);
  guint n_alive = 0;

  g_assert_true (survives (text));
  for (gsize i = 0; i < n; i++)
    {
      /* exactly as long as it says, so that a sanitizer sees a read past the end */
      g_autofree char *cut = g_strndup (text, i);

      survives (cut);
    }
  for (gsize i = 0; i < n; i++)
    for (guint k = 0; k + 1 < sizeof bytes; k++)
      {
        char was = text[i];

        text[i] = bytes[k];
        n_alive += survives (text);
        text[i] = was;
      }
  g_test_message ("%u of %" G_GSIZE_FORMAT " mutants are valid", n_alive, n * (sizeof bytes - 1));
  g_assert_cmpuint (n_alive, >, 0);
}

static void
add_models (GPtrArray *folders)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *top = g_build_filename (shared == NULL ? "" : shared, "models", NULL);
  g_autoptr (GDir) dir = shared == NULL ? NULL : g_dir_open (top, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *model = g_build_filename (top, name, "model.onnx", NULL);
      g_autofree char *path = g_strdup_printf ("/sdk/model/text/models/%s", name);

      if (!g_file_test (model, G_FILE_TEST_EXISTS))
        continue;
      g_ptr_array_add (folders, g_build_filename (top, name, NULL));
      g_test_add_data_func (path, folders->pdata[folders->len - 1], test_model);
    }
  if (folders->len == 0)
    g_test_add_func ("/sdk/model/text/models", test_no_models);
}

int
main (int argc, char **argv)
{
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/text/everything", test_everything);
  g_test_add_func ("/sdk/model/text/loose", test_loose);
  g_test_add_func ("/sdk/model/text/errors", test_errors);
  g_test_add_func ("/sdk/model/text/made", test_made);
  g_test_add_func ("/sdk/model/text/digest", test_digest);
  g_test_add_func ("/sdk/model/text/elements", test_elements);
  g_test_add_func ("/sdk/model/text/hostile", test_hostile);
  add_models (folders);
  return g_test_run ();
}
