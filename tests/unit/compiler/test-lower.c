/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/lower/lowered.h"

#include <math.h>
#include <string.h>

#include "graph-maker.h"

#define F32 STRATA_DTYPE_F32

static StrataLowered *
lower (const StrataGraph *graph)
{
  g_autoptr (GError) error = NULL;
  StrataLowered *lowered = strata_lower (graph, &error);

  g_assert_no_error (error);
  strata_lowered_check (lowered, &error);
  g_assert_no_error (error);
  return lowered;
}

static void
assert_refused (StrataGraph *graph, const char *node, const char *part)
{
  g_autoptr (StrataGraph) owned = graph;
  g_autoptr (GError) error = NULL;
  StrataLowered *lowered = strata_lower (owned, &error);

  g_assert_null (lowered);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED);
  g_assert_true (g_str_has_prefix (error->message, "test.onnx: "));
  if (strstr (error->message, node) == NULL || strstr (error->message, part) == NULL)
    g_error ("\"%s\" lacks \"%s\" or \"%s\"", error->message, node, part);
  g_assert_null (strchr (error->message, '\n'));
}

/* 1 x 2 x 4 x 4 -> 3 x 3 pad 1 -> 1 x 2 x 4 x 4; returns the conv's output value */
static int
start_conv (GraphMaker *m, int *node)
{
  static const gint64 pads[] = { 1, 1, 1, 1 }, kernel[] = { 3, 3 };
  float weights[36], bias[] = { 0.5f, -2 };
  int out;

  for (int i = 0; i < 36; i++)
    weights[i] = (float) (i - 17) / 8;
  maker_init (m);
  out = maker_input (m, "x", 1, 2, 4, 4, 0);
  out = maker_value (m, "conv", F32, 1, 2, 4, 4, 0);
  *node =
    maker_node (m, STRATA_OP_CONV, out, 0, maker_floats (m, weights, 2, 2, 3, 3, 0), maker_floats (m, bias, 2, 0), -2);
  maker_attr_ints (m, *node, "kernel_shape", 2, kernel);
  maker_attr_ints (m, *node, "pads", 4, pads);
  return out;
}

/* gain = gamma / sqrt (var + eps) = 2 / sqrt (3 + 1) = 1 and -3 / sqrt (8 + 1) = -1;
 * bias = (0.5 - 4) * 1 + 10 = 6.5 and (-2 - 1) * -1 + 20 = 23 */
static void
test_batch_norm (void)
{
  static const float gamma[] = { 2, -3 }, beta[] = { 10, 20 }, mean[] = { 4, 1 }, variance[] = { 3, 8 };
  GraphMaker m;
  int node, conv = start_conv (&m, &node), bn, relu, bn_node;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataLowered) lowered = NULL;

  bn = maker_value (&m, "bn", F32, 1, 2, 4, 4, 0);
  relu = maker_value (&m, "relu", F32, 1, 2, 4, 4, 0);
  bn_node =
    maker_node (&m, STRATA_OP_BATCH_NORMALIZATION, bn, conv, maker_floats (&m, gamma, 2, 0),
                maker_floats (&m, beta, 2, 0), maker_floats (&m, mean, 2, 0), maker_floats (&m, variance, 2, 0), -2);
  g_array_index (m.nodes, StrataNode, bn_node).attrs[0] =
    (StrataAttr){ .name = "epsilon", .kind = STRATA_ATTR_FLOAT, .f = 1, .tensor = -1 };
  g_array_index (m.nodes, StrataNode, bn_node).n_attrs = 1;
  maker_node (&m, STRATA_OP_RELU, relu, bn, -2);
  maker_output (&m, relu);
  graph = maker_finish (&m);
  lowered = lower (graph);
  g_assert_cmpint (lowered->n_ops, ==, 1);
  g_assert_cmpint (lowered->ops[0].kind, ==, STRATA_QOP_MVM);
  g_assert_cmpfloat (lowered->ops[0].scale[0], ==, 1);
  g_assert_cmpfloat (lowered->ops[0].scale[1], ==, -1);
  g_assert_cmpfloat (lowered->ops[0].bias[0], ==, 6.5);
  g_assert_cmpfloat (lowered->ops[0].bias[1], ==, 23);
  g_assert_cmpfloat (lowered->ops[0].clamp_lo, ==, 0);
  g_assert_true (isinf (lowered->ops[0].clamp_hi));
  g_assert_cmpstr (lowered->tensors[lowered->ops[0].output].name, ==, "relu");
  for (int i = 0; i < 3; i++)
    g_assert_cmpint (lowered->node_op[i], ==, 0);
}

/* The convolution's result is read twice, so the Relu must not be folded into it. */
static void
test_shared_relu (void)
{
  GraphMaker m;
  int node, conv = start_conv (&m, &node), relu, sum;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataLowered) lowered = NULL;

  relu = maker_value (&m, "relu", F32, 1, 2, 4, 4, 0);
  sum = maker_value (&m, "sum", F32, 1, 2, 4, 4, 0);
  maker_node (&m, STRATA_OP_RELU, relu, conv, -2);
  maker_node (&m, STRATA_OP_ADD, sum, conv, relu, -2);
  maker_output (&m, sum);
  graph = maker_finish (&m);
  lowered = lower (graph);
  g_assert_cmpint (lowered->n_ops, ==, 3);
  g_assert_cmpint (lowered->ops[1].kind, ==, STRATA_QOP_ACTIVATE);
  g_assert_cmpint (lowered->ops[1].function, ==, STRATA_FUNCTION_RELU);
  g_assert_cmpint (lowered->ops[2].kind, ==, STRATA_QOP_ADD);
  g_assert_true (isinf (lowered->ops[0].clamp_lo));
}

/* The option-A shortcut: every second pixel, one more channel on either side. */
static void
test_shortcut (void)
{
  static const gint64 zero[] = { 0, 0 }, far[] = { G_MAXINT32, G_MAXINT32 }, axes[] = { 2, 3 }, steps[] = { 2, 2 };
  static const gint64 pads[] = { 0, 1, 0, 0, 0, 1, 0, 0 };
  GraphMaker m;
  int node, conv = start_conv (&m, &node), slice, pad;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataLowered) lowered = NULL;
  const StrataLoweredOp *move;

  slice = maker_value (&m, "slice", F32, 1, 2, 2, 2, 0);
  pad = maker_value (&m, "pad", F32, 1, 4, 2, 2, 0);
  maker_node (&m, STRATA_OP_SLICE, slice, conv, maker_ints (&m, zero, 2), maker_ints (&m, far, 2),
              maker_ints (&m, axes, 2), maker_ints (&m, steps, 2), -2);
  maker_node (&m, STRATA_OP_PAD, pad, slice, maker_ints (&m, pads, 8), -2);
  maker_output (&m, pad);
  graph = maker_finish (&m);
  lowered = lower (graph);
  g_assert_cmpint (lowered->n_ops, ==, 2);
  move = &lowered->ops[1];
  g_assert_cmpint (move->kind, ==, STRATA_QOP_MOVE);
  g_assert_cmpint (move->offset_c, ==, 1);
  g_assert_cmpint (move->offset_h, ==, 0);
  g_assert_cmpint (move->window.stride_h, ==, 2);
  g_assert_cmpint (move->window.stride_w, ==, 2);
  g_assert_cmpint (lowered->tensors[move->output].channels, ==, 4);
  g_assert_cmpint (lowered->node_op[1], ==, 1);
  g_assert_cmpint (lowered->node_op[2], ==, 1);
}

/* A slice that stops early and then pads must not read on: two moves. */
static void
test_early_slice (void)
{
  static const gint64 zero[] = { 0 }, two[] = { 2 }, axes[] = { 2 }, pads[] = { 0, 0, 0, 0, 0, 0, 2, 0 };
  GraphMaker m;
  int node, conv = start_conv (&m, &node), slice, pad;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataLowered) lowered = NULL;

  slice = maker_value (&m, "slice", F32, 1, 2, 2, 4, 0);
  pad = maker_value (&m, "pad", F32, 1, 2, 4, 4, 0);
  maker_node (&m, STRATA_OP_SLICE, slice, conv, maker_ints (&m, zero, 1), maker_ints (&m, two, 1),
              maker_ints (&m, axes, 1), -2);
  maker_node (&m, STRATA_OP_PAD, pad, slice, maker_ints (&m, pads, 8), -2);
  maker_output (&m, pad);
  graph = maker_finish (&m);
  lowered = lower (graph);
  g_assert_cmpint (lowered->n_ops, ==, 3);
  g_assert_cmpint (lowered->ops[2].kind, ==, STRATA_QOP_MOVE);
}

/* C x H x W -> H x W x C -> flat -> MatMul: row (h, w, c) of the matrix must meet element (c, h, w) of the tensor. */
static void
test_transposed_product (void)
{
  static const gint64 perm[] = { 0, 2, 3, 1 }, flat[] = { 1, 32 };
  float weights[32];
  GraphMaker m;
  int node, conv = start_conv (&m, &node), transposed, reshaped, out;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataLowered) lowered = NULL;

  for (int i = 0; i < 32; i++)
    weights[i] = (float) i;
  transposed = maker_value (&m, "t", F32, 1, 4, 4, 2, 0);
  reshaped = maker_value (&m, "r", F32, 1, 32, 0);
  out = maker_value (&m, "y", F32, 1, 1, 0);
  node = maker_node (&m, STRATA_OP_TRANSPOSE, transposed, conv, -2);
  maker_attr_ints (&m, node, "perm", 4, perm);
  maker_node (&m, STRATA_OP_RESHAPE, reshaped, transposed, maker_ints (&m, flat, 2), -2);
  maker_node (&m, STRATA_OP_MAT_MUL, out, reshaped, maker_floats (&m, weights, 32, 1, 0), -2);
  maker_output (&m, out);
  graph = maker_finish (&m);
  lowered = lower (graph);
  g_assert_cmpint (lowered->n_ops, ==, 3);
  g_assert_cmpint (lowered->ops[1].kind, ==, STRATA_QOP_RESHAPE);
  for (int c = 0; c < 2; c++)
    for (int h = 0; h < 4; h++)
      for (int w = 0; w < 4; w++)
        g_assert_cmpfloat (lowered->ops[2].weights[c * 16 + h * 4 + w], ==, (float) (h * 8 + w * 2 + c));
}

/* uint8 codes: zero points move by 128; weights, per-channel scales and an int32 bias go over as they are. */
static void
test_qdq (void)
{
  static const float s_x = 0.5f, s_y = 0.25f, s_w[] = { 0.125f, 0.0625f }, s_b[] = { 0.0625f, 0.03125f };
  static const guint8 z_x = 100, z_y = 0;
  static const gint8 z_w[] = { 0, 0 };
  static const gint32 bias[] = { -1000, 7 }, z_b[] = { 0, 0 };
  gint8 weights[36];
  static const gint64 kernel[] = { 3, 3 }, pads[] = { 1, 1, 1, 1 };
  GraphMaker m;
  int scale_x, zero_x, scale_y, zero_y, xq, xd, wd, bd, y, yq, yd, node;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataLowered) lowered = NULL;

  for (int i = 0; i < 36; i++)
    weights[i] = (gint8) (i * 7 - 128);
  maker_init (&m);
  maker_input (&m, "x", 1, 2, 4, 4, 0);
  scale_x = maker_floats (&m, &s_x, 0);
  zero_x = maker_bytes (&m, STRATA_DTYPE_U8, &z_x, 0);
  scale_y = maker_floats (&m, &s_y, 0);
  zero_y = maker_bytes (&m, STRATA_DTYPE_U8, &z_y, 0);
  xq = maker_value (&m, "xq", STRATA_DTYPE_U8, 1, 2, 4, 4, 0);
  xd = maker_value (&m, "xd", F32, 1, 2, 4, 4, 0);
  wd = maker_value (&m, "wd", F32, 2, 2, 3, 3, 0);
  bd = maker_value (&m, "bd", F32, 2, 0);
  y = maker_value (&m, "y", F32, 1, 2, 4, 4, 0);
  yq = maker_value (&m, "yq", STRATA_DTYPE_U8, 1, 2, 4, 4, 0);
  yd = maker_value (&m, "yd", F32, 1, 2, 4, 4, 0);
  maker_node (&m, STRATA_OP_QUANTIZE_LINEAR, xq, 0, scale_x, zero_x, -2);
  maker_node (&m, STRATA_OP_DEQUANTIZE_LINEAR, xd, xq, scale_x, zero_x, -2);
  node = maker_node (&m, STRATA_OP_DEQUANTIZE_LINEAR, wd, maker_bytes (&m, STRATA_DTYPE_I8, weights, 2, 2, 3, 3, 0),
                     maker_floats (&m, s_w, 2, 0), maker_bytes (&m, STRATA_DTYPE_I8, z_w, 2, 0), -2);
  maker_attr_int (&m, node, "axis", 0);
  node = maker_node (&m, STRATA_OP_DEQUANTIZE_LINEAR, bd, maker_bytes (&m, STRATA_DTYPE_I32, bias, 2, 0),
                     maker_floats (&m, s_b, 2, 0), maker_bytes (&m, STRATA_DTYPE_I32, z_b, 2, 0), -2);
  maker_attr_int (&m, node, "axis", 0);
  node = maker_node (&m, STRATA_OP_CONV, y, xd, wd, bd, -2);
  maker_attr_ints (&m, node, "kernel_shape", 2, kernel);
  maker_attr_ints (&m, node, "pads", 4, pads);
  maker_node (&m, STRATA_OP_QUANTIZE_LINEAR, yq, y, scale_y, zero_y, -2);
  maker_node (&m, STRATA_OP_DEQUANTIZE_LINEAR, yd, yq, scale_y, zero_y, -2);
  maker_output (&m, yd);
  graph = maker_finish (&m);
  lowered = lower (graph);
  g_assert_cmpint (lowered->n_ops, ==, 3);
  g_assert_cmpint (lowered->ops[0].kind, ==, STRATA_QOP_QUANTISE);
  g_assert_cmpint (lowered->ops[2].kind, ==, STRATA_QOP_DEQUANTISE);
  g_assert_cmpint (lowered->tensors[lowered->ops[0].output].zero_point, ==, -28);
  g_assert_cmpint (lowered->tensors[lowered->ops[1].output].zero_point, ==, -128);
  g_assert_cmpfloat (lowered->tensors[lowered->ops[1].output].scale, ==, 0.25);
  for (int i = 0; i < 36; i++)
    g_assert_cmpint (lowered->ops[1].integers[i], ==, weights[i]);
  g_assert_cmpfloat (lowered->ops[1].scale[1], ==, 0.0625);
  g_assert_cmpint (lowered->ops[1].bias_integers[0], ==, -1000);
  for (int i = 2; i <= 5; i++)
    g_assert_cmpint (lowered->node_op[i], ==, 1);
  g_assert_cmpint (lowered->node_op[0], ==, 0);
  g_assert_cmpint (lowered->node_op[6], ==, 2);
}

/* Gemm with alpha, beta and N x K weights; the reshape of the constant never reaches the chip. */
static void
test_gemm (void)
{
  static const float weights[] = { 1, 2, 3, 4, 5, 6 }, bias[] = { 1, -1 };
  GraphMaker m;
  int out, node;
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataLowered) lowered = NULL;

  maker_init (&m);
  maker_input (&m, "x", 1, 3, 0);
  out = maker_value (&m, "y", F32, 1, 2, 0);
  node =
    maker_node (&m, STRATA_OP_GEMM, out, 0, maker_floats (&m, weights, 3, 2, 0), maker_floats (&m, bias, 2, 0), -2);
  g_array_index (m.nodes, StrataNode, node).attrs[0] =
    (StrataAttr){ .name = "alpha", .kind = STRATA_ATTR_FLOAT, .f = 2, .tensor = -1 };
  g_array_index (m.nodes, StrataNode, node).attrs[1] =
    (StrataAttr){ .name = "beta", .kind = STRATA_ATTR_FLOAT, .f = 0.5f, .tensor = -1 };
  g_array_index (m.nodes, StrataNode, node).n_attrs = 2;
  maker_output (&m, out);
  graph = maker_finish (&m);
  lowered = lower (graph);
  g_assert_cmpint (lowered->n_ops, ==, 1);
  g_assert_cmpint (lowered->ops[0].n, ==, 2);
  g_assert_cmpint (lowered->ops[0].k, ==, 3);
  g_assert_cmpfloat (lowered->ops[0].weights[1], ==, 3);
  g_assert_cmpfloat (lowered->ops[0].weights[3], ==, 2);
  g_assert_cmpfloat (lowered->ops[0].scale[1], ==, 2);
  g_assert_cmpfloat (lowered->ops[0].bias[1], ==, -0.5);
}

static StrataGraph *
one_node (StrataOp op, int n_channels, int batch)
{
  GraphMaker m;
  int out;

  maker_init (&m);
  maker_input (&m, "x", batch, n_channels, 4, 4, 0);
  out = maker_value (&m, "y", F32, batch, n_channels, 4, 4, 0);
  maker_node (&m, op, out, 0, -2);
  maker_output (&m, out);
  return maker_finish (&m);
}

/* What neither crossbars nor a unit of its own takes becomes a digital op that says why. */
static void
assert_digital (StrataGraph *graph, int op, int n_inputs, guint32 by_row, const char *why)
{
  g_autoptr (StrataGraph) owned = graph;
  g_autoptr (StrataLowered) lowered = lower (owned);
  g_autofree char *text = strata_lowered_print (lowered);
  g_autoptr (StrataDigital) digital = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (lowered->ops[op].kind, ==, STRATA_QOP_DIGITAL);
  g_assert_cmpint (lowered->ops[op].n_inputs, ==, n_inputs);
  g_assert_cmphex (lowered->ops[op].by_row, ==, by_row);
  if (strstr (lowered->ops[op].why, why) == NULL)
    g_error ("\"%s\" lacks \"%s\"", lowered->ops[op].why, why);
  g_assert_nonnull (strstr (text, " digital "));
  digital = strata_digital_new (lowered->ops[op].digital, n_inputs, "digital", &error);
  g_assert_no_error (error);
  g_assert_cmpint (digital->graph->n_inputs, ==, n_inputs);
}

static StrataGraph *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *graph = strata_graph_parse (text, &error);

  g_assert_no_error (error);
  graph->path = "test.onnx";
  return graph;
}

#define ATTENTION "graph opset 23 folded 0\ninput q float32[1x6x4]\ninput k float32[1x6x4]\ninput v float32[1x6x4]\n"
#define HEADS "q_num_heads=2 kv_num_heads=2\n"

static void
test_digital (void)
{
  static const float plane[16] = { 0 };
  GraphMaker m;
  int node, conv, sum;

  assert_digital (one_node (STRATA_OP_LEAKY_RELU, 2, 1), 0, 1, 1, "each element by itself");
  conv = start_conv (&m, &node);
  sum = maker_value (&m, "sum", F32, 1, 2, 4, 4, 0);
  maker_node (&m, STRATA_OP_ADD, sum, conv, maker_floats (&m, plane, 1, 1, 4, 4, 0), -2);
  maker_output (&m, sum);
  assert_digital (maker_finish (&m), 1, 1, 1, "one value per channel");
  conv = start_conv (&m, &node);
  sum = maker_value (&m, "product", F32, 1, 2, 4, 4, 0);
  maker_node (&m, STRATA_OP_MUL, sum, conv, 0, -2);
  maker_output (&m, sum);
  assert_digital (maker_finish (&m), 1, 2, 3, "both operands are computed");
  /* each score needs all keys: rows of the first operand stream, those of the second do not */
  assert_digital (parse ("graph opset 17 folded 0\ninput q float32[1x6x4]\ninput k float32[1x4x6]\n"
                         "node @0 MatMul m (q, k) -> (y float32[1x6x6])\noutput y\n"),
                  0, 2, 1, "computed at run time");
  /* so do queries, unless keys and values go out */
  assert_digital (parse (ATTENTION "node @0 Attention a (q, k, v) -> (y float32[1x6x4]) " HEADS "output y\n"), 0, 3, 1,
                  "both factors");
  assert_digital (parse (ATTENTION "node @0 Attention a (q, k, v) -> (y float32[1x6x4], k1 float32[1x2x6x2], "
                                   "v1 float32[1x2x6x2]) " HEADS "output y\noutput k1\noutput v1\n"),
                  0, 3, 0, "both factors");
  assert_digital (parse ("graph opset 23 folded 0\ninput q float32[1x6x4]\n"
                         "node @0 Attention a (q, q, q) -> (y float32[1x6x4]) " HEADS "output y\n"),
                  0, 1, 0, "both factors");
  assert_digital (parse ("graph opset 17 folded 0\ninput ids int64[1x6]\nconstant t float32[2x2] {1.0, 2.0, 3.0, 4.0}\n"
                         "node @0 Gather g (t, ids) -> (y float32[1x6x2])\noutput y\n"),
                  0, 1, 0, "looks values up");
  /* a token is turned by its own place, whatever the others are */
  assert_digital (parse ("graph opset 23 folded 0\ninput x float32[1x3x4]\n"
                         "constant c float32[1x3x2] {1.0, 1.0, 0.5, 0.8, 0.0, 0.6}\n"
                         "constant s float32[1x3x2] {0.0, 0.0, 0.8, 0.6, 1.0, 0.8}\n"
                         "node @0 RotaryEmbedding r (x, c, s) -> (y float32[1x3x4]) num_heads=1\noutput y\n"),
                  0, 1, 1, "another operation");
}

/* Six tokens of four through a norm, a matrix and its bias, to the layout of heads. */
static void
test_tokens (void)
{
  g_autoptr (StrataGraph) graph =
    parse ("graph opset 17 folded 0\ninput x float32[1x6x4]\n"
           "constant g float32[4] {1.0, 2.0, 3.0, 4.0}\nconstant b float32[4] {0.0, 0.0, 1.0, 1.0}\n"
           "constant w float32[4x2] {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0}\nconstant c float32[2] {0.5, -0.5}\n"
           "node @0 LayerNormalization n (x, g, b) -> (y float32[1x6x4])\n"
           "node @1 MatMul m (y, w) -> (z float32[1x6x2])\n"
           "node @2 Add a (z, c) -> (v float32[1x6x2])\n"
           "node @3 Relu r (v) -> (u float32[1x6x2])\n"
           "node @4 Transpose t (u) -> (s float32[1x2x6]) perm=[0, 2, 1]\n"
           "node @5 GlobalAveragePool p (s) -> (o float32[1x2x1])\noutput o\n");
  g_autoptr (StrataLowered) lowered = lower (graph);
  const StrataLoweredOp *mvm = &lowered->ops[1];
  const StrataLoweredTensor *out = &lowered->tensors[mvm->output];

  g_assert_cmpint (lowered->n_ops, ==, 4);
  g_assert_cmpint (lowered->ops[0].kind, ==, STRATA_QOP_DIGITAL);
  g_assert_cmphex (lowered->ops[0].by_row, ==, 1);
  g_assert_true (lowered->tensors[lowered->inputs[0]].tokens);
  g_assert_cmpint (mvm->kind, ==, STRATA_QOP_MVM);
  g_assert_cmpint (mvm->n, ==, 2);
  g_assert_cmpint (mvm->k, ==, 4);
  g_assert_cmpfloat (mvm->bias[1], ==, -0.5);
  g_assert_cmpfloat (mvm->clamp_lo, ==, 0);
  g_assert_true (out->tokens);
  g_assert_cmpint (out->channels, ==, 2);
  g_assert_cmpint (out->height, ==, 6);
  /* channels before tokens are the planes that lie there already */
  g_assert_cmpint (lowered->ops[2].kind, ==, STRATA_QOP_RESHAPE);
  g_assert_cmpint (lowered->ops[3].kind, ==, STRATA_QOP_AVG_POOL);
}

/* Several results, of integers too; a transposed operand is transposed in the model. */
static void
test_outputs (void)
{
  g_autoptr (StrataGraph) graph =
    parse ("graph opset 17 folded 0\ninput x float32[1x3x4]\nconstant k int64[1] {2}\n"
           "node @0 Transpose t (x) -> (y float32[1x4x3]) perm=[0, 2, 1]\n"
           "node @1 TopK top (y, k) -> (v float32[1x4x2], i int64[1x4x2])\noutput v\noutput i\n");
  g_autoptr (StrataLowered) lowered = lower (graph);
  g_autoptr (StrataDigital) digital = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (lowered->n_ops, ==, 1);
  g_assert_cmpint (lowered->ops[0].n_more_outputs, ==, 1);
  g_assert_cmpint (lowered->tensors[lowered->outputs[1]].dtype, ==, STRATA_DTYPE_I64);
  digital = strata_digital_new (lowered->ops[0].digital, 1, "digital", &error);
  g_assert_no_error (error);
  g_assert_cmpint (digital->graph->n_nodes, ==, 2);
  g_assert_cmpint (digital->graph->nodes[0].op, ==, STRATA_OP_TRANSPOSE);
}

/* A spectrum: the filter bank is digital, and what squares it keeps floats until the root. */
static void
test_squares (void)
{
  g_autoptr (StrataGraph) graph =
    parse ("graph opset 17 folded 0\ninput x float32[1x1x8]\nconstant w float32[2x1x2] {1.0, 1.0, 1.0, -1.0}\n"
           "node @0 Conv c (x, w) -> (y float32[1x2x4]) strides=[2]\n"
           "node @1 Mul m (y, y) -> (z float32[1x2x4])\n"
           "node @2 Add a (z, z) -> (v float32[1x2x4])\n"
           "node @3 Sqrt r (v) -> (u float32[1x2x4])\noutput u\n");
  g_autoptr (StrataLowered) lowered = lower (graph);
  static const gboolean precise[] = { FALSE, TRUE, TRUE, FALSE };

  g_assert_cmpint (lowered->n_ops, ==, 4);
  g_assert_nonnull (strstr (lowered->ops[0].why, "squared"));
  for (int i = 0; i < 4; i++)
    {
      g_assert_cmpint (lowered->ops[i].kind, ==, STRATA_QOP_DIGITAL);
      g_assert_cmpint (lowered->tensors[lowered->ops[i].output].precise, ==, precise[i]);
    }
}

static void
test_refusals (void)
{
  assert_refused (parse ("graph opset 17 folded 0\ninput x float32[2x1x4x4]\nconstant w float32[1x1x1x1] {1.0}\n"
                         "node @0 Conv c (x, w) -> (y float32[2x1x4x4])\noutput y\n"),
                  "node c (Conv)", "batch 2");
  assert_refused (parse ("graph opset 17 folded 0\ninput x float32[1x4]\n"
                         "node @0 Cast c (x) -> (y float64[1x4]) to=11\noutput y\n"),
                  "node c (Cast)", "y is float64");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/lower/batch-norm", test_batch_norm);
  g_test_add_func ("/sdk/compiler/lower/shared-relu", test_shared_relu);
  g_test_add_func ("/sdk/compiler/lower/shortcut", test_shortcut);
  g_test_add_func ("/sdk/compiler/lower/early-slice", test_early_slice);
  g_test_add_func ("/sdk/compiler/lower/transposed-product", test_transposed_product);
  g_test_add_func ("/sdk/compiler/lower/qdq", test_qdq);
  g_test_add_func ("/sdk/compiler/lower/gemm", test_gemm);
  g_test_add_func ("/sdk/compiler/lower/digital", test_digital);
  g_test_add_func ("/sdk/compiler/lower/tokens", test_tokens);
  g_test_add_func ("/sdk/compiler/lower/outputs", test_outputs);
  g_test_add_func ("/sdk/compiler/lower/squares", test_squares);
  g_test_add_func ("/sdk/compiler/lower/refusals", test_refusals);
  return g_test_run ();
}
