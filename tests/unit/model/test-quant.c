/* SPDX-License-Identifier: Apache-2.0
 *
 * QuantizeLinear and DequantizeLinear in every form: scales per tensor, axis and block, types, 4-bit constants.
 * Expected values are worked out by hand: q = saturate (rint (x / scale) + zero), x = (q - zero) scale.
 */

#include <string.h>

#include "model/element.h"
#include "onnx-writer.h"

#define UINT8 2
#define INT8 3
#define UINT16 4
#define INT16 5
#define HALF 10
#define UINT4 21
#define INT4 22

static const gint64 dims_2_4[] = { 2, 4 }, dims_2_2[] = { 2, 2 };

/* Output y of @graph, which has an input x of 2 x 4 floats, for @x */
static StrataArray *
run (Message *graph, const float *x)
{
  g_autoptr (StrataArray) in = strata_array_new (STRATA_DTYPE_F32, 2, dims_2_4);
  const StrataArray *inputs[] = { in };
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) net = NULL;
  StrataArray *y = NULL;

  put_float_input (graph, "x", 2, dims_2_4);
  put_output (graph, "y");
  bytes = model (graph, 25);
  net = strata_onnx_parse (bytes, "net.onnx", &error);
  g_assert_no_error (error);
  strata_graph_check (net, &error);
  g_assert_no_error (error);
  memcpy (in->data, x, in->n_bytes);
  strata_graph_run (net, inputs, &y, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return y;
}

static void
assert_is (const StrataArray *y, StrataDtype dtype, const double *wanted)
{
  g_assert_cmpint (y->dtype, ==, dtype);
  for (int i = 0; i < 8; i++)
    g_assert_cmpfloat (strata_element_double (y->dtype, y->data, i), ==, wanted[i]);
}

static void
test_blocks (void)
{
  static const float scales[] = { 0.5f, 1.0f, 2.0f, 0.25f }, x[] = { 1, -2, 3, 400, 5, -6, 7, 8 };
  static const gint8 zeros[] = { 0, 10, -1, 0 };
  static const double wanted[] = { 2, -4, 13, 127, 1, -4, 28, 32 }; /* 2.5 and -3 - 1: half to even */
  Message *graph = message_new ();
  g_autoptr (StrataArray) y = NULL;

  put_floats (graph, "s", 2, dims_2_2, scales);
  put_initializer (graph, tensor ("z", INT8, 2, dims_2_2, zeros, sizeof zeros));
  put_node (graph,
            with (with (node ("QuantizeLinear", "q", "x s z", "y"), attr_int ("block_size", 2)), attr_int ("axis", 1)));
  y = run (graph, x);
  assert_is (y, STRATA_DTYPE_I8, wanted);
}

/* Two rows in a block, and a block that is cut short by the edge: 3 columns of 4 */
static void
test_block_shapes (void)
{
  static const gint64 rows[] = { 1, 4 };
  static const float scales[] = { 0.5f, 1.0f, 2.0f, 4.0f }, x[] = { 1, 2, 4, 8, 2, 4, 8, 16 };
  static const double by_rows[] = { 2, 2, 2, 2, 4, 4, 4, 4 }, by_threes[] = { 2, 4, 8, 8, 1, 2, 4, 4 };

  for (int i = 0; i < 2; i++)
    {
      Message *graph = message_new ();
      g_autoptr (StrataArray) y = NULL;

      put_floats (graph, "s", 2, i == 0 ? rows : dims_2_2, scales);
      put_node (graph, with (with (node ("QuantizeLinear", "q", "x s", "y"), attr_int ("block_size", 2 + i)),
                             attr_int ("axis", i)));
      y = run (graph, x);
      assert_is (y, STRATA_DTYPE_U8, i == 0 ? by_rows : by_threes);
    }
}

/* 16-bit codes by output_dtype, back through a float16 scale to float16 */
static void
test_types (void)
{
  static const guint16 half = 0x3800; /* 0.5 */
  static const float scale = 0.5f, x[] = { 0.5f, -3, 1000, 16384, -16384.5f, -20000, 20000, 0 };
  static const double codes[] = { 1, -6, 2000, 32767, -32768, -32768, 32767, 0 };
  static const double reals[] = { 0.5, -3, 1000, 16384, -16384, -16384, 16384, 0 };

  for (int i = 0; i < 2; i++)
    {
      Message *graph = message_new ();
      g_autoptr (StrataArray) y = NULL;

      put_floats (graph, "s", 0, NULL, &scale);
      put_initializer (graph, tensor ("h", HALF, 0, NULL, &half, sizeof half));
      put_node (graph,
                with (node ("QuantizeLinear", "q", "x s", i == 0 ? "y" : "c"), attr_int ("output_dtype", INT16)));
      if (i == 1)
        put_node (graph, node ("DequantizeLinear", "d", "c h", "y"));
      y = run (graph, x);
      assert_is (y, i == 0 ? STRATA_DTYPE_I16 : STRATA_DTYPE_F16, i == 0 ? codes : reals);
    }
}

/* 4-bit weights, two to a byte, low half first; raw and as int32_data */
static void
test_nibbles (void)
{
  static const guint8 packed[] = { 0x21, 0x43, 0xf8, 0x0e };
  static const double signed_codes[] = { 1, 2, 3, 4, -8, -1, -2, 0 }, codes[] = { 1, 2, 3, 4, 8, 15, 14, 0 };
  static const float one = 1.0f, x[8] = { 0 };

  for (int i = 0; i < 4; i++)
    {
      Message *graph = message_new (), *weights = message_new ();
      int type = i % 2 == 0 ? INT4 : UINT4;
      g_autoptr (StrataArray) y = NULL;

      put_int (weights, 1, 2);
      put_int (weights, 1, 4);
      put_int (weights, 2, type);
      put_text (weights, 8, "w");
      for (int k = 0; i >= 2 && k < 4; k++)
        put_int (weights, 5, packed[k]);
      if (i < 2)
        put_bytes (weights, 9, packed, sizeof packed);
      put_initializer (graph, weights);
      put_floats (graph, "s", 0, NULL, &one);
      put_node (graph, node ("DequantizeLinear", "d", "w s", "r"));
      put_node (graph, node ("Add", "a", "x r", "y"));
      y = run (graph, x);
      assert_is (y, STRATA_DTYPE_F32, type == INT4 ? signed_codes : codes);
    }
}

static void
assert_refused (Message *graph, const char *text)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  put_float_input (graph, "x", 2, dims_2_4);
  put_output (graph, "y");
  bytes = model (graph, 25);
  g_assert_null (strata_onnx_parse (bytes, "net.onnx", &error));
  if (strstr (error->message, text) == NULL)
    g_error ("'%s' does not contain '%s'", error->message, text);
}

static void
test_refused (void)
{
  static const guint8 packed[] = { 0, 0, 0, 0, 0 };
  static const float scales[] = { 1, 1, 1, 1 };
  static const gint64 four = 4;
  Message *graph = message_new ();

  put_initializer (graph, tensor ("w", INT4, 2, dims_2_4, packed, 4));
  put_node (graph, node ("Reshape", "r", "w w", "y"));
  assert_refused (graph, "node r (Reshape, opset 25): w is of 4-bit integers");

  graph = message_new ();
  put_initializer (graph, tensor ("w", INT4, 2, dims_2_4, packed, 5));
  put_node (graph, node ("Relu", "r", "x", "y"));
  assert_refused (graph, "ask for 4 bytes and 5 are there");

  graph = message_new ();
  put_initializer (graph, tensor ("y", UINT4, 2, dims_2_4, packed, 4));
  assert_refused (graph, "y is of 4-bit integers");

  graph = message_new ();
  put_floats (graph, "s", 2, dims_2_2, scales);
  put_node (graph, with (node ("QuantizeLinear", "q", "x s", "y"), attr_int ("block_size", 4)));
  assert_refused (graph, "per block of 4 along axis 1");

  graph = message_new ();
  put_floats (graph, "s", 2, dims_2_2, scales);
  put_node (graph, node ("QuantizeLinear", "q", "x s", "y"));
  assert_refused (graph, "per block of 0 along axis 1");

  graph = message_new ();
  put_floats (graph, "s", 1, &four, scales);
  put_initializer (graph, tensor ("z", UINT16, 1, &four, packed, 0));
  put_node (graph, node ("QuantizeLinear", "q", "x s z", "y"));
  assert_refused (graph, "ask for 8 bytes and 0 are there");

  graph = message_new ();
  put_floats (graph, "s", 0, NULL, scales);
  put_initializer (graph, tensor ("z", UINT8, 0, NULL, packed, 1));
  put_node (graph, with (node ("QuantizeLinear", "q", "x s z", "y"), attr_int ("output_dtype", INT8)));
  assert_refused (graph, "output_dtype is int8 and its zero point uint8");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/quant/blocks", test_blocks);
  g_test_add_func ("/sdk/model/quant/block-shapes", test_block_shapes);
  g_test_add_func ("/sdk/model/quant/types", test_types);
  g_test_add_func ("/sdk/model/quant/nibbles", test_nibbles);
  g_test_add_func ("/sdk/model/quant/refused", test_refused);
  return g_test_run ();
}
