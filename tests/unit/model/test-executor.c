/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators by hand numbers, and what the driver promises: same bits on any thread, observation, errors.
 */
#include "model/graph.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "model/element.h"
#include "onnx-writer.h"

static StrataGraph *
parse (Message *graph, int opset)
{
  g_autoptr (GBytes) bytes = model (graph, opset);
  g_autoptr (GError) error = NULL;
  StrataGraph *result = strata_onnx_parse (bytes, "net", &error);

  g_assert_no_error (error);
  return result;
}

/* y = @op (x) for one float vector */
static StrataArray *
apply (Message *op, Message *graph, int opset, int n, const float *x)
{
  const gint64 dims[] = { n };
  g_autoptr (StrataArray) in = strata_array_new (STRATA_DTYPE_F32, 1, dims);
  const StrataArray *inputs[] = { in };
  g_autoptr (StrataGraph) net = NULL;
  g_autoptr (GError) error = NULL;
  StrataArray *out = NULL;

  put_float_input (graph, "x", 1, dims);
  put_output (graph, "y");
  put_node (graph, op);
  net = parse (graph, opset);
  memcpy (in->data, x, sizeof (float) * (gsize) n);
  g_assert_true (strata_graph_run (net, inputs, &out, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  return out;
}

/* Half to even, then the zero point, then saturation */
static void
test_quantize (void)
{
  const float x[] = { 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, 1000.0f, -1000.0f, 0.49f, NAN };
  const gint8 wanted[] = { 3, 5, 5, 3, 1, 127, -128, 3, -128 };
  const float scale[] = { 1.0f };
  const gint8 zero[] = { 3 };
  Message *graph = message_new ();
  g_autoptr (StrataArray) out = NULL;

  put_floats (graph, "s", 0, NULL, scale);
  put_initializer (graph, tensor ("z", 3, 0, NULL, zero, 1));
  out = apply (node ("QuantizeLinear", "q", "x s z", "y"), graph, 13, G_N_ELEMENTS (x), x);
  g_assert_cmpint (out->dtype, ==, STRATA_DTYPE_I8);
  g_assert_cmpmem (out->data, out->n_bytes, wanted, sizeof wanted);
}

static void
test_quantize_per_axis (void)
{
  const float x[] = { 10, 10, 10 }, scale[] = { 1, 2, 4 };
  const guint8 wanted[] = { 10, 5, 2 }; /* 10 / 4 = 2.5, half to even */
  const gint64 three[] = { 3 };
  Message *graph = message_new ();
  g_autoptr (StrataArray) out = NULL;

  put_floats (graph, "s", 1, three, scale);
  out = apply (with (node ("QuantizeLinear", "q", "x s", "y"), attr_int ("axis", 0)), graph, 13, 3, x);
  g_assert_cmpint (out->dtype, ==, STRATA_DTYPE_U8);
  g_assert_cmpmem (out->data, out->n_bytes, wanted, sizeof wanted);
}

static void
assert_floats (StrataArray *out, int n, const float *wanted, float epsilon)
{
  g_autoptr (StrataArray) owned = out;

  g_assert_cmpint (strata_array_count (owned), ==, n);
  for (int i = 0; i < n; i++)
    g_assert_cmpfloat (fabsf (((const float *) owned->data)[i] - wanted[i]), <=, epsilon);
}

static void
test_functions (void)
{
  const float x[] = { -2.0f, 0.0f, 3.0f };
  const float relu[] = { 0, 0, 3 }, leaky[] = { -0.5f, 0, 3 }, clipped[] = { -1, 0, 2 };
  const float sigmoid[] = { 0.11920292f, 0.5f, 0.95257413f }, tangent[] = { -0.96402758f, 0, 0.99505475f };
  const float low[] = { -1 }, high[] = { 2 };
  Message *limits = message_new ();

  assert_floats (apply (node ("Relu", "n", "x", "y"), message_new (), 13, 3, x), 3, relu, 0.0f);
  assert_floats (
    apply (with (node ("LeakyRelu", "n", "x", "y"), attr_float ("alpha", 0.25f)), message_new (), 13, 3, x), 3, leaky,
    0.0f);
  assert_floats (apply (node ("Sigmoid", "n", "x", "y"), message_new (), 13, 3, x), 3, sigmoid, 1e-7f);
  assert_floats (apply (node ("Tanh", "n", "x", "y"), message_new (), 13, 3, x), 3, tangent, 1e-7f);
  put_floats (limits, "low", 0, NULL, low);
  put_floats (limits, "high", 0, NULL, high);
  assert_floats (apply (node ("Clip", "n", "x low high", "y"), limits, 13, 3, x), 3, clipped, 0.0f);
  assert_floats (apply (with (with (node ("Clip", "n", "x", "y"), attr_float ("min", -1)), attr_float ("max", 2)),
                        message_new (), 7, 3, x),
                 3, clipped, 0.0f);
}

/* Opset 12 takes all dimensions from the axis on as one: [2, 2] with axis 0 sums over four */
static void
test_softmax_opsets (void)
{
  const gint64 dims[] = { 2, 2 };
  const float x[] = { 1, 1, 1, 1 };

  for (int opset = 12; opset <= 13; opset++)
    {
      Message *graph = message_new ();
      g_autoptr (StrataArray) in = strata_array_new (STRATA_DTYPE_F32, 2, dims);
      const StrataArray *inputs[] = { in };
      g_autoptr (StrataGraph) net = NULL;
      StrataArray *out = NULL;
      const float fourth[] = { 0.25f, 0.25f, 0.25f, 0.25f }, half[] = { 0.5f, 0.5f, 0.5f, 0.5f };

      put_float_input (graph, "x", 2, dims);
      put_output (graph, "y");
      put_node (graph, with (node ("Softmax", "s", "x", "y"), attr_int ("axis", 0)));
      net = parse (graph, opset);
      memcpy (in->data, x, sizeof x);
      g_assert_true (strata_graph_run (net, inputs, &out, NULL, NULL, NULL, NULL));
      assert_floats (out, 4, opset == 12 ? fourth : half, 1e-7f);
    }
}

/* Large logits do not overflow */
static void
test_softmax_large (void)
{
  const float x[] = { 1000.0f, 1000.0f, -1000.0f }, wanted[] = { 0.5f, 0.5f, 0.0f };

  assert_floats (apply (node ("Softmax", "s", "x", "y"), message_new (), 13, 3, x), 3, wanted, 1e-7f);
}

/* Sums over every set of axes, which need not be neighbours: a dimension of 2 is a bit of the element's number. */
static void
test_sum_axes (void)
{
  const gint64 dims[] = { 2, 2, 2, 2, 2 };

  for (int set = 1; set < 32; set++)
    {
      Message *graph = message_new ();
      g_autoptr (StrataArray) in = strata_array_new (STRATA_DTYPE_F32, 5, dims);
      const StrataArray *inputs[] = { in };
      g_autoptr (StrataGraph) net = NULL;
      StrataArray *out = NULL;
      float wanted[32] = { 0 };
      gint64 axes[5];
      int n_axes = 0, n = 1;

      for (int d = 0; d < 5; d++)
        if ((set >> d & 1) != 0)
          axes[n_axes++] = d;
      for (int i = 0; i < 32; i++)
        {
          int cell = 0;

          ((float *) in->data)[i] = (float) (i * i);
          for (int d = 0; d < 5; d++)
            if ((set >> d & 1) == 0)
              cell = 2 * cell + (i >> (4 - d) & 1);
          wanted[cell] += (float) (i * i);
          n = MAX (n, cell + 1);
        }
      put_float_input (graph, "x", 5, dims);
      put_output (graph, "y");
      put_node (graph, with (node ("ReduceSum", "s", "x", "y"), attr_ints ("axes", n_axes, axes)));
      net = parse (graph, 11);
      g_assert_true (strata_graph_run (net, inputs, &out, NULL, NULL, NULL, NULL));
      assert_floats (out, n, wanted, 0.0f);
    }
}

static void
test_half (void)
{
  static const struct
  {
    float value;
    guint16 half;
  } cases[] = { { 1.0f, 0x3c00 },           { -2.0f, 0xc000 },         { 65504.0f, 0x7bff },
                { 65520.0f, 0x7c00 },       { 0.0f, 0x0000 },          { 5.9604645e-8f, 0x0001 },
                { 6.1035156e-5f, 0x0400 },  { 2.9802322e-8f, 0x0000 }, { 0.33325195f, 0x3555 },
                { 1.00048828125f, 0x3c00 }, { 1.00146484375f, 0x3c02 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmphex (strata_half_from_float (cases[i].value), ==, cases[i].half);
  for (guint half = 0; half < 0x7c00; half++)
    g_assert_cmphex (strata_half_from_float (strata_half_to_float ((guint16) half)), ==, half);
}

static void
test_division_by_zero (void)
{
  const gint64 one[] = { 1 }, ones[] = { 5 }, zeros[] = { 0 };
  Message *graph = message_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  put_initializer (graph, tensor ("a", 7, 1, one, ones, 8));
  put_initializer (graph, tensor ("b", 7, 1, one, zeros, 8));
  put_node (graph, node ("Div", "d", "a b", "y"));
  put_output (graph, "y");
  bytes = model (graph, 13);
  g_assert_null (strata_onnx_parse (bytes, "net", &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE);
  g_assert_cmpstr (error->message, ==, "net: node d (Div, opset 13): an integer is divided by zero");
}

static StrataGraph *
two_layers (void)
{
  const gint64 dims[] = { 1, 2, 5, 5 }, kernel[] = { 3, 2, 3, 3 };
  float weights[54];
  Message *graph = message_new ();

  for (int i = 0; i < 54; i++)
    weights[i] = (float) (i % 7) - 3.0f;
  put_float_input (graph, "x", 4, dims);
  put_output (graph, "y");
  put_output (graph, "middle");
  put_output (graph, "y");
  put_floats (graph, "w", 4, kernel, weights);
  put_node (graph, node ("Conv", "c", "x w", "middle"));
  put_node (graph, node ("Relu", "r", "middle", "y"));
  return parse (graph, 13);
}

static void
count_cb (const StrataGraph *graph, int value, const StrataArray *array, gpointer user_data)
{
  g_string_append_printf (user_data, "%s:%d ", graph->values[value].name, (int) strata_array_count (array));
}

static StrataArray *
ramp (const StrataGraph *graph)
{
  const StrataValue *value = &graph->values[graph->inputs[0]];
  StrataArray *array = strata_array_new (value->dtype, value->n_dims, value->dims);

  for (gint64 i = 0; i < strata_array_count (array); i++)
    ((float *) array->data)[i] = (float) (i % 11) / 3.0f;
  return array;
}

static void
test_driver (void)
{
  g_autoptr (StrataGraph) graph = two_layers ();
  g_autoptr (StrataArray) in = ramp (graph);
  const StrataArray *inputs[] = { in };
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  StrataArray *out[3] = { NULL };

  g_assert_true (strata_graph_run (graph, inputs, out, count_cb, seen, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (seen->str, ==, "middle:27 y:27 ");
  g_assert_true (out[0] != out[2]); /* an output named twice is given twice */
  g_assert_cmpmem (out[0]->data, out[0]->n_bytes, out[2]->data, out[2]->n_bytes);
  for (int i = 0; i < 3; i++)
    strata_array_free (out[i]);
}

static void
test_wrong_input (void)
{
  g_autoptr (StrataGraph) graph = two_layers ();
  const gint64 dims[] = { 1, 2, 5, 4 };
  g_autoptr (StrataArray) in = strata_array_new (STRATA_DTYPE_F32, 4, dims);
  const StrataArray *inputs[] = { in };
  g_autoptr (GError) error = NULL;
  StrataArray *out[3] = { NULL };

  g_assert_false (strata_graph_run (graph, inputs, out, NULL, NULL, NULL, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE);
  g_assert_null (out[0]);
}

static void
test_cancelled (void)
{
  g_autoptr (StrataGraph) graph = two_layers ();
  g_autoptr (StrataArray) in = ramp (graph);
  const StrataArray *inputs[] = { in };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  StrataArray *out[3] = { NULL };

  g_cancellable_cancel (cancellable);
  g_assert_false (strata_graph_run (graph, inputs, out, NULL, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

typedef struct
{
  const StrataGraph *graph;
  const StrataArray *in;
  StrataArray *first[32];
} Shared;

static gboolean
run_cb (guint index, gpointer user_data, GError **error)
{
  Shared *shared = user_data;
  const StrataArray *inputs[] = { shared->in };
  StrataArray *out[3] = { NULL };

  if (!strata_graph_run (shared->graph, inputs, out, NULL, NULL, NULL, error))
    return FALSE;
  shared->first[index] = out[0];
  strata_array_free (out[1]);
  strata_array_free (out[2]);
  return TRUE;
}

static void
test_threads (void)
{
  g_autoptr (StrataGraph) graph = two_layers ();
  g_autoptr (StrataArray) in = ramp (graph);
  Shared shared = { graph, in, { NULL } };

  g_assert_true (strata_parallel_for (32, 4, run_cb, &shared, NULL, NULL));
  for (int i = 31; i >= 0; i--)
    {
      g_assert_cmpmem (shared.first[i]->data, shared.first[i]->n_bytes, shared.first[0]->data,
                       shared.first[0]->n_bytes);
      strata_array_free (shared.first[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/executor/quantize", test_quantize);
  g_test_add_func ("/sdk/model/executor/quantize-per-axis", test_quantize_per_axis);
  g_test_add_func ("/sdk/model/executor/functions", test_functions);
  g_test_add_func ("/sdk/model/executor/softmax-opsets", test_softmax_opsets);
  g_test_add_func ("/sdk/model/executor/softmax-large", test_softmax_large);
  g_test_add_func ("/sdk/model/executor/sum-axes", test_sum_axes);
  g_test_add_func ("/sdk/model/executor/half", test_half);
  g_test_add_func ("/sdk/model/executor/division-by-zero", test_division_by_zero);
  g_test_add_func ("/sdk/model/executor/driver", test_driver);
  g_test_add_func ("/sdk/model/executor/wrong-input", test_wrong_input);
  g_test_add_func ("/sdk/model/executor/cancelled", test_cancelled);
  g_test_add_func ("/sdk/model/executor/threads", test_threads);
  return g_test_run ();
}
