/* SPDX-License-Identifier: Apache-2.0
 *
 * Matrices, multiply-accumulates, kinds and activations, on graphs small enough to count by hand.
 */
#include "model/arch/layers.h"

static const StrataFill normal = { STRATA_FILL_NORMAL, 0.0f, 0.1f };

static StrataGraph *
finish (StrataLayers *layers, int output)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *graph;

  strata_layers_output (layers, output, "y");
  graph = strata_layers_finish (layers, "net", NULL, &error);
  g_assert_no_error (error);
  return graph;
}

static int
weight (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims)
{
  return strata_layers_weight (layers, name, n_dims, dims, normal);
}

static void
assert_matrix (const StrataGraph *graph, int node, int index, gint64 k, gint64 n, gint64 count)
{
  StrataMatrix matrices[STRATA_MAX_MATRICES];

  g_assert_cmpint (strata_node_matrices (graph, node, matrices), >, index);
  g_assert_cmpint (matrices[index].k, ==, k);
  g_assert_cmpint (matrices[index].n, ==, n);
  g_assert_cmpint (matrices[index].count, ==, count);
}

/* A full, a depthwise and a transposed convolution: only the depthwise is not for crossbars. */
static void
test_convolutions (void)
{
  g_auto (StrataLayers) layers;
  g_autoptr (StrataGraph) graph = NULL;
  int x;

  strata_layers_init (&layers, 17);
  x = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 8, 8 });
  x = strata_layers_node (&layers, STRATA_OP_CONV, "full",
                          (int[]){ x, weight (&layers, "a", 4, (gint64[]){ 6, 3, 3, 3 }) }, 2);
  x = strata_layers_node (&layers, STRATA_OP_CONV, "depthwise",
                          (int[]){ x, weight (&layers, "b", 4, (gint64[]){ 6, 1, 3, 3 }) }, 2);
  strata_layers_attr_int (&layers, "group", 6);
  x = strata_layers_node (&layers, STRATA_OP_CONV_TRANSPOSE, "transposed",
                          (int[]){ x, weight (&layers, "c", 4, (gint64[]){ 6, 5, 2, 2 }) }, 2);
  graph = finish (&layers, x);
  g_assert_cmpint (strata_node_n_macs (graph, 0), ==, 6 * 6 * 6 * 27);
  g_assert_cmpint (strata_node_n_macs (graph, 1), ==, 6 * 4 * 4 * 9);
  g_assert_cmpint (strata_node_n_macs (graph, 2), ==, 6 * 4 * 4 * 20);
  assert_matrix (graph, 0, 0, 27, 6, 1);
  assert_matrix (graph, 2, 0, 6, 20, 1);
  g_assert_cmpint (strata_node_kind (graph, 0), ==, STRATA_NODE_KIND_CROSSBAR);
  g_assert_cmpint (strata_node_kind (graph, 1), ==, STRATA_NODE_KIND_MAC);
  g_assert_cmpint (strata_node_kind (graph, 2), ==, STRATA_NODE_KIND_CROSSBAR);
  g_assert_cmpint (strata_node_kind (graph, 3), ==, STRATA_NODE_KIND_MOVE);
}

/* A constant on the left is a matrix too; a product of computed values is none; Gemm's weights may lie transposed. */
static void
test_products (void)
{
  g_auto (StrataLayers) layers;
  g_autoptr (StrataGraph) graph = NULL;
  int x, left, square, gemm;

  strata_layers_init (&layers, 17);
  x = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 2, (gint64[]){ 4, 7 });
  left = strata_layers_node (&layers, STRATA_OP_MAT_MUL, "left",
                             (int[]){ weight (&layers, "a", 2, (gint64[]){ 5, 4 }), x }, 2);
  gemm = strata_layers_node (&layers, STRATA_OP_GEMM, "gemm",
                             (int[]){ left, weight (&layers, "b", 2, (gint64[]){ 5, 7 }) }, 2);
  strata_layers_attr_int (&layers, "transB", 1);
  square = strata_layers_node (&layers, STRATA_OP_MAT_MUL, "square", (int[]){ gemm, gemm }, 2);
  square = strata_layers_node (&layers, STRATA_OP_SOFTMAX, "soft", (int[]){ square }, 1);
  graph = finish (&layers, square);
  g_assert_cmpint (strata_node_n_macs (graph, 0), ==, 5 * 7 * 4);
  g_assert_cmpint (strata_node_n_macs (graph, 1), ==, 5 * 5 * 7);
  g_assert_cmpint (strata_node_n_macs (graph, 2), ==, 5 * 5 * 5);
  assert_matrix (graph, 0, 0, 4, 5, 1);
  assert_matrix (graph, 1, 0, 7, 5, 1);
  g_assert_cmpint (strata_node_kind (graph, 2), ==, STRATA_NODE_KIND_MAC);
  g_assert_cmpint (strata_node_kind (graph, 3), ==, STRATA_NODE_KIND_VECTOR);
  g_assert_cmpint (strata_graph_n_macs (graph), ==, 5 * 7 * 4 + 5 * 5 * 7 + 5 * 5 * 5);
  g_assert_cmpint (strata_node_n_trainable (graph, 1), ==, 35);
}

static void
test_recurrent (void)
{
  g_auto (StrataLayers) layers;
  g_autoptr (StrataGraph) graph = NULL;
  int x, out[3];

  strata_layers_init (&layers, 17);
  x = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 3, (gint64[]){ 10, 1, 6 });
  strata_layers_node_outputs (
    &layers, STRATA_OP_GRU, "gru",
    (int[]){ x, weight (&layers, "w", 3, (gint64[]){ 2, 12, 6 }), weight (&layers, "r", 3, (gint64[]){ 2, 12, 4 }) }, 3,
    out, 1);
  strata_layers_attr_int (&layers, "hidden_size", 4);
  strata_layers_attr_string (&layers, "direction", "bidirectional");
  graph = finish (&layers, out[0]);
  assert_matrix (graph, 0, 0, 6, 12, 2);
  assert_matrix (graph, 0, 1, 4, 12, 2);
  g_assert_cmpint (strata_node_n_macs (graph, 0), ==, 10 * 2 * 12 * (6 + 4));
  g_assert_cmpint (strata_node_kind (graph, 0), ==, STRATA_NODE_KIND_CROSSBAR);
}

/* x (8) -> a (8) -> b (8); a and b are added: x and a, then a and b, then a, b and their sum are alive. A Reshape is a
 * view. */
static void
test_activations (void)
{
  g_auto (StrataLayers) layers;
  g_autoptr (StrataGraph) graph = NULL;
  gint64 written, peak;
  int x, a, b;

  strata_layers_init (&layers, 17);
  x = strata_layers_input (&layers, "x", STRATA_DTYPE_F32, 2, (gint64[]){ 2, 4 });
  a = strata_layers_node (&layers, STRATA_OP_RELU, "a", &x, 1);
  b = strata_layers_node (&layers, STRATA_OP_TANH, "b", &a, 1);
  b = strata_layers_node (&layers, STRATA_OP_ADD, "sum", (int[]){ a, b }, 2);
  b = strata_layers_node (&layers, STRATA_OP_RESHAPE, "flat",
                          (int[]){ b, strata_layers_ints (&layers, NULL, 1, (gint64[]){ 8 }) }, 2);
  graph = finish (&layers, b);
  strata_graph_n_activations (graph, &written, &peak);
  g_assert_cmpint (written, ==, 24);
  g_assert_cmpint (peak, ==, 24);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/work/convolutions", test_convolutions);
  g_test_add_func ("/sdk/model/work/products", test_products);
  g_test_add_func ("/sdk/model/work/recurrent", test_recurrent);
  g_test_add_func ("/sdk/model/work/activations", test_activations);
  return g_test_run ();
}
