/* SPDX-License-Identifier: Apache-2.0
 *
 * Graphs made in code: linked, inferred, weightless, and errors that come out at the end.
 */
#include "model/arch/layers.h"

static const StrataFill normal = { STRATA_FILL_NORMAL, 0.0f, 0.1f };

static StrataGraph *
make_small (GArray **fills, GError **error)
{
  g_auto (StrataLayers) layers;
  int x, ids[3];

  strata_layers_init (&layers, 17);
  x = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 8, 8 });
  ids[0] = x;
  ids[1] = strata_layers_weight (&layers, "conv.weight", 4, (gint64[]){ 4, 3, 3, 3 }, normal);
  ids[2] = -1;
  x = strata_layers_node (&layers, STRATA_OP_CONV, "conv", ids, 3);
  strata_layers_attr_ints (&layers, "pads", (gint64[]){ 1, 1, 1, 1 }, 4);
  ids[0] = x;
  ids[1] = strata_layers_ints (&layers, NULL, 2, (gint64[]){ 1, -1 });
  x = strata_layers_node (&layers, STRATA_OP_RESHAPE, "flat", ids, 2);
  strata_layers_output (&layers, x, "y");
  return strata_layers_finish (&layers, "small", fills, error);
}

static void
test_make (void)
{
  g_autoptr (GArray) fills = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = make_small (&fills, &error);
  int weight, y;

  g_assert_no_error (error);
  g_assert_cmpint (graph->n_nodes, ==, 3);
  g_assert_cmpint (graph->nodes[0].n_inputs, ==, 2);
  weight = strata_graph_find_value (graph, "conv.weight");
  g_assert_true (graph->values[weight].weightless);
  g_assert_cmpint (g_array_index (fills, StrataFill, weight).kind, ==, STRATA_FILL_NORMAL);
  y = strata_graph_find_value (graph, "y");
  g_assert_cmpint (graph->values[y].dims[1], ==, 4 * 8 * 8);
  g_assert_cmpint (g_array_index (fills, StrataFill, y).kind, ==, STRATA_FILL_NONE);
}

static void
test_run_refused (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = make_small (NULL, NULL);
  g_autoptr (StrataArray) x = strata_array_new (STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 8, 8 });
  const StrataArray *inputs[1] = { x };
  StrataArray *outputs[1] = { NULL };

  g_assert_false (strata_graph_run (graph, inputs, outputs, NULL, NULL, NULL, &error));
  g_assert_nonnull (strstr (error->message, "conv.weight"));
}

static void
test_twice (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = NULL;
  g_auto (StrataLayers) layers;
  int x;

  strata_layers_init (&layers, 17);
  x = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 1, (gint64[]){ 4 });
  x = strata_layers_node (&layers, STRATA_OP_RELU, "r", &x, 1);
  x = strata_layers_node (&layers, STRATA_OP_RELU, "r", &x, 1);
  strata_layers_output (&layers, x, "y");
  graph = strata_layers_finish (&layers, "twice", NULL, &error);
  g_assert_null (graph);
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT);
}

static void
test_shapes_wrong (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = NULL;
  g_auto (StrataLayers) layers;
  int ids[2];

  strata_layers_init (&layers, 17);
  ids[0] = strata_layers_input (&layers, "a", STRATA_DTYPE_F32, 2, (gint64[]){ 2, 3 });
  ids[1] = strata_layers_weight (&layers, "b", 2, (gint64[]){ 4, 5 }, normal);
  strata_layers_output (&layers, strata_layers_node (&layers, STRATA_OP_MAT_MUL, "p", ids, 2), "y");
  graph = strata_layers_finish (&layers, "wrong", NULL, &error);
  g_assert_null (graph);
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/arch/layers/make", test_make);
  g_test_add_func ("/sdk/model/arch/layers/run-refused", test_run_refused);
  g_test_add_func ("/sdk/model/arch/layers/twice", test_twice);
  g_test_add_func ("/sdk/model/arch/layers/shapes-wrong", test_shapes_wrong);
  return g_test_run ();
}
