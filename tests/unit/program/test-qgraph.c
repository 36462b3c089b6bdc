/* SPDX-License-Identifier: Apache-2.0 */
#include "program/qgraph.h"

#include <string.h>

#include "model/onnx/write.h"

/* input f32 2x4x4 -> quantise -> 3x3 convolution to 3x4x4 -> flatten 48 -> dense 48 -> 5, float */
static StrataQGraph *
make_graph (void)
{
  StrataQGraph *g = g_new0 (StrataQGraph, 1);
  gint16 *w1, *w2;
  double *m1, *m2;

  g->arena = strata_arena_new ();
  g->tensors = strata_arena_array (g->arena, StrataQTensor, 5);
  g->ops = strata_arena_array (g->arena, StrataQOp, 4);
  g->n_tensors = 5;
  g->n_ops = 4;
  g->tensors[0] = (StrataQTensor){ "x", 2, 4, 4, STRATA_FORMAT_F32, 0, 0, -1, FALSE };
  g->tensors[1] = (StrataQTensor){ "xq", 2, 4, 4, STRATA_FORMAT_I8, 0.5, 3, 0, FALSE };
  g->tensors[2] = (StrataQTensor){ "c", 3, 4, 4, STRATA_FORMAT_I8, 0.25, -128, 1, FALSE };
  g->tensors[3] = (StrataQTensor){ "f", 48, 1, 1, STRATA_FORMAT_I8, 0.25, -128, 2, FALSE };
  g->tensors[4] = (StrataQTensor){ "y", 5, 1, 1, STRATA_FORMAT_F32, 0, 0, 3, FALSE };
  for (int i = 0; i < 4; i++)
    {
      g->ops[i].name = g->tensors[i + 1].name;
      g->ops[i].onnx = "Test";
      g->ops[i].node = -1;
      g->ops[i].inputs[0] = i;
      g->ops[i].n_inputs = 1;
      g->ops[i].output = i + 1;
      g->ops[i].clamp_lo = -128;
      g->ops[i].clamp_hi = 127;
      g->ops[i].clamp_lo_f = -1e30f;
      g->ops[i].clamp_hi_f = 1e30f;
      g->ops[i].window = (StrataWindow){ 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 };
    }
  g->ops[0].kind = STRATA_QOP_QUANTISE;
  g->ops[1].kind = STRATA_QOP_MVM;
  g->ops[1].window = (StrataWindow){ 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  g->ops[1].n = 3;
  g->ops[1].k = 18;
  g->ops[2].kind = STRATA_QOP_RESHAPE;
  g->ops[3].kind = STRATA_QOP_MVM;
  g->ops[3].n = 5;
  g->ops[3].k = 48;
  g->ops[1].weights = w1 = strata_arena_array (g->arena, gint16, 3 * 18);
  g->ops[3].weights = w2 = strata_arena_array (g->arena, gint16, 5 * 48);
  g->ops[1].bias = strata_arena_array (g->arena, gint32, 3);
  g->ops[3].bias = strata_arena_array (g->arena, gint32, 5);
  g->ops[1].multiplier = m1 = strata_arena_array (g->arena, double, 3);
  g->ops[3].multiplier = m2 = strata_arena_array (g->arena, double, 5);
  for (int i = 0; i < 3 * 18; i++)
    w1[i] = (gint16) (i % 31 - 15);
  for (int i = 0; i < 5 * 48; i++)
    w2[i] = (gint16) (i % 29 - 14);
  for (int i = 0; i < 5; i++)
    m2[i] = m1[MIN (i, 2)] = 0.01 * (i + 1);
  for (int i = 1; i < 4; i += 2)
    {
      g->ops[i].weight_max = 15;
      g->ops[i].n_slices = 1;
      g->ops[i].n_reads = 1;
    }
  g->inputs = strata_arena_array (g->arena, int, 1);
  g->outputs = strata_arena_array (g->arena, int, 1);
  g->outputs[0] = 4;
  g->n_inputs = g->n_outputs = 1;
  g->node_op = strata_arena_array (g->arena, int, 2);
  g->node_op[1] = 3;
  g->n_nodes = 2;
  return g;
}

static void
test_good (void)
{
  g_autoptr (StrataQGraph) graph = make_graph ();
  g_autoptr (GError) error = NULL;

  strata_qgraph_check (graph, &error);
  g_assert_no_error (error);
}

typedef void (*Spoil) (StrataQGraph *graph);

static void
spoil_order (StrataQGraph *g)
{
  g->ops[1].inputs[0] = 3;
}
static void
spoil_id (StrataQGraph *g)
{
  g->ops[1].inputs[0] = 5;
}
static void
spoil_producer (StrataQGraph *g)
{
  g->tensors[2].producer = 0;
}
static void
spoil_twice (StrataQGraph *g)
{
  g->ops[2].output = 2;
}
static void
spoil_weight (StrataQGraph *g)
{
  g->ops[1].weight_max = 14;
}
static void
spoil_k (StrataQGraph *g)
{
  g->ops[1].k = 17;
}
static void
spoil_height (StrataQGraph *g)
{
  g->tensors[2].height = 5;
}
static void
spoil_huge (StrataQGraph *g)
{
  g->tensors[2].channels = 1 << 20;
  g->tensors[2].height = 1 << 20;
}
static void
spoil_format (StrataQGraph *g)
{
  g->tensors[1].format = STRATA_FORMAT_I16;
}
static void
spoil_scale (StrataQGraph *g)
{
  g->tensors[2].scale = 0;
}
static void
spoil_zero (StrataQGraph *g)
{
  g->tensors[2].zero_point = 128;
}
static void
spoil_clamp (StrataQGraph *g)
{
  g->ops[1].clamp_hi = 128;
}
static void
spoil_stride (StrataQGraph *g)
{
  g->ops[1].window.stride_h = 0;
}
static void
spoil_groups (StrataQGraph *g)
{
  g->ops[1].window.groups = 2;
}
static void
spoil_reshape (StrataQGraph *g)
{
  g->tensors[3].scale = 0.5;
}
static void
spoil_slices (StrataQGraph *g)
{
  g->ops[1].n_slices = 0;
}
static void
spoil_bias (StrataQGraph *g)
{
  ((gint32 *) g->ops[1].bias)[2] = G_MAXINT32 - 100;
}
static void
spoil_multiplier (StrataQGraph *g)
{
  ((double *) g->ops[3].multiplier)[4] = G_MAXDOUBLE * 10;
}
static void
spoil_node (StrataQGraph *g)
{
  g->node_op[0] = 4;
}
static void
spoil_inputs (StrataQGraph *g)
{
  g->n_inputs = 0;
}
static void
spoil_output (StrataQGraph *g)
{
  g->outputs[0] = -1;
}
static void
spoil_statistics (StrataQGraph *g)
{
  g->ops[1].x_rms = 9;
  g->ops[1].x_peak = 8;
}
static void
spoil_toggles (StrataQGraph *g)
{
  g->ops[1].x_toggles = g->ops[1].x_repeats = STRATA_TOGGLES + 1;
}
static void
spoil_repeats (StrataQGraph *g)
{
  g->ops[1].x_toggles = 5;
  g->ops[1].x_repeats = 0;
}

static void
test_spoiled (void)
{
  const struct
  {
    Spoil spoil;
    const char *message;
  } cases[] = {
    { spoil_order, "no earlier op makes" },
    { spoil_id, "no earlier op makes" },
    { spoil_producer, "as producer" },
    { spoil_twice, "as producer" },
    { spoil_weight, "beyond +-14" },
    { spoil_k, "matrix is 3 x 17" },
    { spoil_height, "the window gives 4 x 4" },
    { spoil_huge, "shape outside" },
    { spoil_format, "not i8" },
    { spoil_scale, "scale 0" },
    { spoil_zero, "zero point 128" },
    { spoil_clamp, "clamps to -128 … 128" },
    { spoil_stride, "stride" },
    { spoil_groups, "groups" },
    { spoil_reshape, "formats of its tensors" },
    { spoil_slices, "0 slices" },
    { spoil_bias, "can leave 32 bits" },
    { spoil_multiplier, "multiplier 4 is not finite" },
    { spoil_node, "covered by op 4" },
    { spoil_inputs, "no producer" },
    { spoil_output, "output 0" },
    { spoil_statistics, "rms 9, peak 8" },
    { spoil_toggles, "toggle shares 65537 and 65537" },
    { spoil_repeats, "toggle shares 5 and 0" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StrataQGraph) graph = make_graph ();
      g_autoptr (GError) error = NULL;

      cases[i].spoil (graph);
      g_assert_false (strata_qgraph_check (graph, &error));
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
      if (strstr (error->message, cases[i].message) == NULL)
        g_error ("case %u: \"%s\" lacks \"%s\"", i, error->message, cases[i].message);
    }
}

/* --- digital ops --- */

/* x f32 6 tokens of 4 -> y, i16 tokens, and z, i64, both of 6 rows */
static StrataQGraph *
make_digital (void)
{
  static const char text[] = "graph opset 13 folded 0\n"
                             "input x float32[1x6x4]\n"
                             "node @0 Softmax s (x) -> (y float32[1x6x4]) axis=-1\n"
                             "node @1 ArgMax a (x) -> (z int64[1x6]) axis=-1 keepdims=0\n"
                             "output y\noutput z\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) model = strata_graph_parse (text, &error);
  g_autoptr (GBytes) bytes = NULL;
  StrataQGraph *g = g_new0 (StrataQGraph, 1);

  g_assert_no_error (error);
  bytes = strata_onnx_write_bytes (model, NULL, &error);
  g_assert_no_error (error);
  g->arena = strata_arena_new ();
  g->tensors = strata_arena_array (g->arena, StrataQTensor, 3);
  g->ops = strata_arena_array (g->arena, StrataQOp, 1);
  g->n_tensors = 3;
  g->n_ops = 1;
  g->tensors[0] = (StrataQTensor){ "x", 4, 6, 1, STRATA_FORMAT_F32, 0, 0, -1, FALSE, TRUE, STRATA_DTYPE_INVALID };
  g->tensors[1] = (StrataQTensor){ "y", 4, 6, 1, STRATA_FORMAT_I16, 1e-4, 0, 0, FALSE, TRUE, STRATA_DTYPE_INVALID };
  g->tensors[2] = (StrataQTensor){ "z", 1, 6, 1, STRATA_FORMAT_I32, 0, 0, 0, FALSE, TRUE, STRATA_DTYPE_I64 };
  g->ops[0] = (StrataQOp){ .kind = STRATA_QOP_DIGITAL,
                           .name = "s",
                           .onnx = "Softmax",
                           .node = -1,
                           .n_inputs = 1,
                           .output = 1,
                           .more_outputs = { 2 },
                           .n_more_outputs = 1,
                           .streams = TRUE,
                           .by_row = 1 };
  g->ops[0].digital = strata_digital_new (bytes, 1, "s", &error);
  g_assert_no_error (error);
  g->inputs = strata_arena_array (g->arena, int, 1);
  g->outputs = strata_arena_array (g->arena, int, 2);
  g->outputs[0] = 1;
  g->outputs[1] = 2;
  g->n_inputs = 1;
  g->n_outputs = 2;
  return g;
}

static void
spoil_more (StrataQGraph *g)
{
  g->ops[0].more_outputs[0] = 1;
}
static void
spoil_less (StrataQGraph *g)
{
  g->ops[0].n_more_outputs = 0;
}
static void
spoil_rows (StrataQGraph *g)
{
  g->tensors[0].channels = 6;
  g->tensors[0].height = 4;
}
static void
spoil_mask (StrataQGraph *g)
{
  g->ops[0].by_row = 3;
}
static void
spoil_streams (StrataQGraph *g)
{
  g->ops[0].streams = FALSE;
}
static void
spoil_dtype (StrataQGraph *g)
{
  g->tensors[2].dtype = STRATA_DTYPE_I32;
}
static void
spoil_float (StrataQGraph *g)
{
  g->tensors[1].dtype = STRATA_DTYPE_I32;
}
static void
spoil_size (StrataQGraph *g)
{
  g->tensors[1].channels = 5;
}
static void
spoil_model (StrataQGraph *g)
{
  g_clear_pointer (&g->ops[0].digital, strata_digital_free);
}
static void
spoil_width (StrataQGraph *g)
{
  g->tensors[1].channels = 2;
  g->tensors[1].width = 2;
}
static void
spoil_kind (StrataQGraph *g)
{
  g->ops[0].kind = STRATA_QOP_ACTIVATE;
}

static void
test_digital (void)
{
  const struct
  {
    Spoil spoil;
    const char *message;
  } cases[] = {
    { spoil_more, "as producer" },       { spoil_less, "as producer" },        { spoil_rows, "4 rows where 6" },
    { spoil_mask, "each row-wise one" }, { spoil_streams, "at once" },         { spoil_dtype, "takes 6 of int64" },
    { spoil_float, "of type" },          { spoil_size, "its model takes 24" }, { spoil_model, "is missing" },
    { spoil_width, "is 2 wide" },        { spoil_kind, "it has 2 outputs" },
  };
  g_autoptr (StrataQGraph) good = make_digital ();
  g_autoptr (GError) none = NULL;
  g_autofree char *text = strata_qgraph_print (good);

  strata_qgraph_check (good, &none);
  g_assert_no_error (none);
  g_assert_nonnull (
    strstr (text, "op 0 digital s (Softmax) node -1 in 0 out 1 2 streams by-row 1 nodes 2 macs 0 vector 144"));
  g_assert_cmpint (strata_qop_bursts (good, 0), ==, 6);
  g_assert_cmpint (strata_qop_needs_row (good, 0, 0, 2), ==, 2);
  good->ops[0].by_row = 0;
  g_assert_cmpint (strata_qop_bursts (good, 0), ==, 6);
  g_assert_cmpint (strata_qop_needs_row (good, 0, 0, 0), ==, 5);
  good->ops[0].streams = FALSE;
  g_assert_cmpint (strata_qop_bursts (good, 0), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (StrataQGraph) graph = make_digital ();
      g_autoptr (GError) error = NULL;

      g_assert_cmphex (strata_qgraph_hash (good), !=, strata_qgraph_hash (graph));
      cases[i].spoil (graph);
      g_assert_false (strata_qgraph_check (graph, &error));
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
      if (strstr (error->message, cases[i].message) == NULL)
        g_error ("case %u: \"%s\" lacks \"%s\"", i, error->message, cases[i].message);
    }
}

/* A table of which only the shape is known counts as one whose values are there: 100 rows of four floats, five of which
 * are looked up. */
static void
test_absent (void)
{
  static const char text[] = "graph opset 13 folded 0\n"
                             "input ids int64[1x5]\n"
                             "input t float32[100x4]\n"
                             "node @0 Gather g (t, ids) -> (y float32[1x5x4])\n"
                             "output y\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) model = strata_graph_parse (text, &error);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StrataDigital) absent = NULL, computed = NULL;

  g_assert_no_error (error);
  bytes = strata_onnx_write_bytes (model, NULL, &error);
  g_assert_no_error (error);
  absent = strata_digital_new (bytes, 1, "g", &error);
  g_assert_no_error (error);
  computed = strata_digital_new (bytes, 2, "g", &error);
  g_assert_no_error (error);
  g_assert_cmpint (absent->table_bytes, ==, 1600);
  g_assert_cmpint (computed->table_bytes, ==, 0);
  /* Looked-up rows are stream.c's to count: twenty floats. */
  g_assert_cmpint (strata_digital_lookup (absent->graph, &absent->graph->nodes[0], 0), ==, 20);
  g_assert_cmpint (strata_digital_read_bytes (absent, 1, 4), ==, 0);
  g_assert_cmpint (strata_digital_read_bytes (computed, 1, 4), ==, 0);
}

static void
test_hash (void)
{
  g_autoptr (StrataQGraph) a = make_graph (), b = make_graph ();
  g_autofree char *text = strata_qgraph_print (a);

  g_assert_cmphex (strata_qgraph_hash (a), ==, strata_qgraph_hash (b));
  g_assert_nonnull (
    strstr (text, "op 1 mvm c (Test) node -1 in 1 out 2 kernel 3x3 stride 1x1 pad 1,1,1,1 groups 1 k 18 n 3"));
  ((gint16 *) b->ops[1].weights)[53]++;
  g_assert_cmphex (strata_qgraph_hash (a), !=, strata_qgraph_hash (b));
  ((gint16 *) b->ops[1].weights)[53]--;
  b->tensors[2].scale *= 1 + 1e-15;
  g_assert_cmphex (strata_qgraph_hash (a), !=, strata_qgraph_hash (b));
}

/* The content of weights is not part of the shape; how many reads there are is. */
static void
test_shape_hash (void)
{
  g_autoptr (StrataQGraph) a = make_graph (), b = make_graph ();

  ((gint16 *) b->ops[1].weights)[53]++;
  ((gint32 *) b->ops[1].bias)[0]++;
  g_assert_cmphex (strata_qgraph_shape_hash (a), ==, strata_qgraph_shape_hash (b));
  b->ops[1].n_reads++;
  g_assert_cmphex (strata_qgraph_shape_hash (a), !=, strata_qgraph_shape_hash (b));
}

/* A shared graph outlives the one it is of, and is changed without it. */
static void
test_share (void)
{
  g_autoptr (StrataQGraph) a = make_graph (), b = strata_qgraph_share (a), c = NULL;
  guint64 hash = strata_qgraph_hash (a);

  g_assert_cmphex (strata_qgraph_hash (b), ==, hash);
  g_assert_true (b->ops[1].weights == a->ops[1].weights);
  b->ops[1].n_reads++;
  b->tensors[0].scale *= 2;
  g_assert_cmphex (strata_qgraph_hash (a), ==, hash);
  c = strata_qgraph_share (a);
  g_clear_pointer (&a, strata_qgraph_free);
  g_clear_pointer (&b, strata_qgraph_free);
  g_assert_cmphex (strata_qgraph_hash (c), ==, hash);
}

/* Row r of a 3x3 convolution with padding 1 ends at input row r + 1; stride 2 at 2r + 1; dilation 2, pad 1 at r + 3. */
static void
test_needs_row (void)
{
  g_autoptr (StrataQGraph) graph = make_graph ();
  StrataQOp *op = &graph->ops[1];

  g_assert_cmpint (strata_qop_bursts (graph, 1), ==, 4);
  g_assert_cmpint (strata_qop_bursts (graph, 3), ==, 1);
  g_assert_cmpint (strata_qop_needs_row (graph, 0, 0, 2), ==, 2);
  g_assert_cmpint (strata_qop_needs_row (graph, 1, 0, 0), ==, 1);
  g_assert_cmpint (strata_qop_needs_row (graph, 1, 0, 3), ==, 3);
  op->window.stride_h = 2;
  g_assert_cmpint (strata_qop_needs_row (graph, 1, 0, 1), ==, 3);
  op->window.stride_h = 1;
  op->window.dilation_h = 2;
  g_assert_cmpint (strata_qop_needs_row (graph, 1, 0, 0), ==, 3);
  g_assert_cmpint (strata_qop_needs_row (graph, 2, 0, 0), ==, 3);
  g_assert_cmpint (strata_qop_needs_row (graph, 3, 0, 0), ==, 0);
  op->kind = STRATA_QOP_MOVE;
  op->window.stride_h = 2;
  op->offset_h = -1;
  g_assert_cmpint (strata_qop_needs_row (graph, 1, 0, 0), ==, 0);
  g_assert_cmpint (strata_qop_needs_row (graph, 1, 0, 1), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/program/qgraph/good", test_good);
  g_test_add_func ("/sdk/program/qgraph/spoiled", test_spoiled);
  g_test_add_func ("/sdk/program/qgraph/digital", test_digital);
  g_test_add_func ("/sdk/program/qgraph/absent", test_absent);
  g_test_add_func ("/sdk/program/qgraph/hash", test_hash);
  g_test_add_func ("/sdk/program/qgraph/shape-hash", test_shape_hash);
  g_test_add_func ("/sdk/program/qgraph/share", test_share);
  g_test_add_func ("/sdk/program/qgraph/needs-row", test_needs_row);
  return g_test_run ();
}
