/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that a model brings along: what a call becomes, and that no file can make them unfold without end.
 */
#include "data-set.h"
#include "onnx-writer.h"

static const gint64 dims[] = { 2 };

/* A FunctionProto of domain "test" */
static Message *
function (const char *name, const char *inputs, const char *outputs)
{
  Message *message = message_new (), *set = message_new ();
  g_auto (GStrv) in = g_strsplit (inputs, " ", -1);
  g_auto (GStrv) out = g_strsplit (outputs, " ", -1);

  put_text (message, 1, name);
  for (char **at = in; *at != NULL; at++)
    put_text (message, 4, *at);
  for (char **at = out; *at != NULL; at++)
    put_text (message, 5, *at);
  put_text (set, 1, "");
  put_int (set, 2, 17);
  put_message (message, 9, set);
  put_text (message, 10, "test");
  return message;
}

static Message *
call (const char *name, const char *inputs, const char *outputs)
{
  Message *message = node (name, "", inputs, outputs);

  put_text (message, 7, "test");
  return message;
}

/* An AttributeProto @name that stands for the call's attribute @reference */
static Message *
reference (const char *name, const char *of, int type)
{
  Message *message = message_new ();

  put_text (message, 1, name);
  put_int (message, 20, type);
  put_text (message, 21, of);
  return message;
}

/* A model of x to y by the nodes of @graph, and @functions, which it frees */
static GBytes *
whole_model (Message *graph, Message *const *functions, int n_functions)
{
  Message *whole = message_new (), *set = message_new ();
  g_autoptr (GBytes) head = NULL;

  put_float_input (graph, "x", 1, dims);
  put_output (graph, "y");
  head = model (graph, 17);
  g_byte_array_append (whole, g_bytes_get_data (head, NULL), (guint) g_bytes_get_size (head));
  for (int i = 0; i < n_functions; i++)
    put_message (whole, 25, functions[i]);
  put_text (set, 1, "test");
  put_int (set, 2, 1);
  put_message (whole, 8, set);
  return g_byte_array_free_to_bytes (whole);
}

static StrataGraph *
parse (Message *graph, Message *const *functions, int n_functions, GError **error)
{
  g_autoptr (GBytes) bytes = whole_model (graph, functions, n_functions);

  return strata_onnx_parse (bytes, "net.onnx", error);
}

static void
assert_gives (Message *graph, Message *const *functions, int n_functions, float first, float second)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) net = parse (graph, functions, n_functions, &error);
  g_autoptr (StrataArray) x = strata_array_new (STRATA_DTYPE_F32, 1, dims);
  const StrataArray *inputs[] = { x };
  StrataArray *y = NULL;

  g_assert_no_error (error);
  strata_graph_check (net, &error);
  g_assert_no_error (error);
  ((float *) x->data)[0] = -1.0f;
  ((float *) x->data)[1] = 3.0f;
  strata_graph_run (net, inputs, &y, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (((const float *) y->data)[0], first, 1e-6f);
  g_assert_cmpfloat_with_epsilon (((const float *) y->data)[1], second, 1e-6f);
  strata_array_free (y);
}

static void
assert_refused (Message *graph, Message *const *functions, int n_functions, int code, const char *text)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *net = parse (graph, functions, n_functions, &error);

  g_assert_null (net);
  g_assert_error (error, STRATA_IMPORT_ERROR, code);
  g_assert_nonnull (strstr (error->message, text));
}

/* Two calls of one function, whose inner names must not meet */
static void
test_calls (void)
{
  Message *graph = message_new (), *square = function ("Square", "a", "b");
  Message *const functions[] = { square };

  put_message (square, 7, node ("Relu", "", "a", "t"));
  put_message (square, 7, node ("Mul", "", "t a", "b"));
  put_node (graph, call ("Square", "x", "h"));
  put_node (graph, call ("Square", "h", "y"));
  assert_gives (graph, functions, 1, 0.0f, 81.0f);
}

/* An attribute of the call, a default of the function, and one that neither gives: the operator's own default */
static void
test_attributes (void)
{
  static const struct
  {
    gboolean given, has_default;
    float first;
  } cases[] = { { TRUE, TRUE, -0.5f }, { FALSE, TRUE, -0.25f }, { FALSE, FALSE, -0.01f } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Message *graph = message_new (), *leaky = function ("Leaky", "a", "b"), *outer = function ("Outer", "a", "b");
      Message *const functions[] = { leaky, outer };
      Message *node_call = call ("Outer", "x", "y");

      put_message (leaky, 7, with (node ("LeakyRelu", "", "a", "b"), reference ("alpha", "slope", 1)));
      if (cases[i].has_default)
        put_message (leaky, 11, attr_float ("slope", 0.25f));
      put_message (outer, 7, with (call ("Leaky", "a", "b"), reference ("slope", "negative", 1)));
      put_node (graph, cases[i].given ? with (node_call, attr_float ("negative", 0.5f)) : node_call);
      assert_gives (graph, functions, 2, cases[i].first, 3.0f);
    }
}

/* An input that goes straight out, an output that nobody wants, an optional input left out */
static void
test_names (void)
{
  Message *graph = message_new (), *both = function ("Both", "a low high", "a n");
  Message *const functions[] = { both };
  static const float two = 2.0f;

  put_message (both, 7, node ("Clip", "", "a low high", "n"));
  put_floats (graph, "two", 0, NULL, &two);
  put_node (graph, call ("Both", "x - two", "same clipped"));
  put_node (graph, call ("Both", "clipped", "again"));
  put_node (graph, node ("Add", "", "same again", "y"));
  assert_gives (graph, functions, 1, -2.0f, 5.0f);
}

/* A function with an If, whose branch sees the function around it, and the function's attributes */
static Message *
function_with_branch (void)
{
  Message *pick = function ("Pick", "a", "b");
  Message *choice = node ("If", "", "yes", "b"), *branch, *attribute;

  put_message (pick, 7, node ("Abs", "", "a", "r")); /* a name that the branch has too */
  put_message (pick, 7, with (node ("Constant", "", "", "yes_number"), attr_float ("value_float", 1.0f)));
  put_message (pick, 7, with (node ("Cast", "", "yes_number", "yes"), attr_int ("to", 9)));
  for (int i = 0; i < 2; i++)
    {
      branch = message_new ();
      attribute = message_new ();
      put_node (branch, i == 0 ? with (node ("LeakyRelu", "", "a", "r"), reference ("alpha", "slope", 1))
                               : node ("Neg", "", "a", "r"));
      put_output (branch, "r");
      put_text (attribute, 1, i == 0 ? "then_branch" : "else_branch");
      put_message (attribute, 6, branch);
      put_int (attribute, 20, 5);
      with (choice, attribute);
    }
  put_message (pick, 7, choice);
  return pick;
}

static void
test_branch (void)
{
  Message *const functions[] = { function_with_branch () };
  Message *graph = message_new ();

  put_node (graph, with (call ("Pick", "x", "y"), attr_float ("slope", 0.125f)));
  assert_gives (graph, functions, 1, -0.125f, 3.0f);
}

/* Every byte changed: a graph that passes its check, or an error of one line */
static void
test_mutation (void)
{
  static const guint8 masks[] = { 0x01, 0x80, 0xff, 0x40 };
  Message *const functions[] = { function_with_branch () };
  Message *graph = message_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autofree guint8 *copy = NULL;
  gsize n;

  put_node (graph, with (call ("Pick", "x", "h"), attr_float ("slope", 0.125f)));
  put_node (graph, call ("Pick", "h", "y"));
  bytes = whole_model (graph, functions, 1);
  copy = g_memdup2 (g_bytes_get_data (bytes, &n), g_bytes_get_size (bytes));
  for (gsize i = 0; i < n; i++)
    for (guint m = 0; m < G_N_ELEMENTS (masks); m++)
      {
        g_autoptr (GBytes) changed = NULL;
        g_autoptr (GError) error = NULL;
        g_autoptr (StrataGraph) net = NULL;

        copy[i] ^= masks[m];
        changed = g_bytes_new (copy, n);
        copy[i] ^= masks[m];
        net = strata_onnx_parse (changed, "net.onnx", &error);
        g_assert_true (net == NULL || strata_graph_check (net, &error));
        g_assert_true (net != NULL || strchr (error->message, '\n') == NULL);
      }
}

static void
test_refused (void)
{
  Message *graph = message_new (), *f = function ("F", "a", "b");
  Message *const functions[] = { f };

  put_message (f, 7, node ("Relu", "", "x", "b"));
  put_node (graph, call ("F", "x", "y"));
  assert_refused (graph, functions, 1, STRATA_IMPORT_ERROR_FORMAT, "its input 0, y/x, is not defined");

  graph = message_new ();
  Message *const twice[] = { function ("F", "a", "b"), function ("F", "a", "b") };
  assert_refused (graph, twice, 2, STRATA_IMPORT_ERROR_FORMAT, "the function F is defined twice");

  graph = message_new ();
  Message *const more[] = { function ("F", "a", "b") };
  put_node (graph, call ("F", "x x", "y"));
  assert_refused (graph, more, 1, STRATA_IMPORT_ERROR_FORMAT,
                  "2 inputs and 1 outputs; the function takes 1 and gives 1");
}

static void
test_recursion (void)
{
  Message *graph = message_new (), *f = function ("F", "a", "b");
  Message *const functions[] = { f };

  put_message (f, 7, call ("F", "a", "b"));
  put_node (graph, call ("F", "x", "y"));
  assert_refused (graph, functions, 1, STRATA_IMPORT_ERROR_UNSUPPORTED, "calls itself; 16 levels are accepted");
}

/* 10 calls of 10 calls …: 10^14 nodes, were they unfolded */
static void
test_multiplication (void)
{
  Message *graph = message_new ();
  Message *functions[15];

  for (int i = 0; i < 15; i++)
    {
      g_autofree char *name = g_strdup_printf ("F%d", i);
      g_autofree char *next = g_strdup_printf ("F%d", i + 1);

      functions[i] = function (name, "a", "b");
      for (int k = 0; k < 10; k++)
        {
          g_autofree char *from = k == 0 ? g_strdup ("a") : g_strdup_printf ("t%d", k);
          g_autofree char *to = k == 9 ? g_strdup ("b") : g_strdup_printf ("t%d", k + 1);

          put_message (functions[i], 7, i == 14 ? node ("Relu", "", from, to) : call (next, from, to));
        }
    }
  put_node (graph, call ("F0", "x", "y"));
  assert_refused (graph, functions, 15, STRATA_IMPORT_ERROR_UNSUPPORTED, "unfold to too many nodes");
}

/* A domain that the model does not name */
static void
test_operator_set (void)
{
  Message *graph = message_new (), *flex = node ("FlexAttention", "f", "x x x", "y");

  put_text (flex, 7, "ai.onnx.preview");
  put_node (graph, flex);
  assert_refused (graph, NULL, 0, STRATA_IMPORT_ERROR_FORMAT,
                  "node f (FlexAttention, opset 17): the model does not name the operator set ai.onnx.preview");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/functions/calls", test_calls);
  g_test_add_func ("/sdk/model/functions/attributes", test_attributes);
  g_test_add_func ("/sdk/model/functions/names", test_names);
  g_test_add_func ("/sdk/model/functions/branch", test_branch);
  g_test_add_func ("/sdk/model/functions/mutation", test_mutation);
  g_test_add_func ("/sdk/model/functions/refused", test_refused);
  g_test_add_func ("/sdk/model/functions/recursion", test_recursion);
  g_test_add_func ("/sdk/model/functions/multiplication", test_multiplication);
  g_test_add_func ("/sdk/model/functions/operator-set", test_operator_set);
  return g_test_run ();
}
