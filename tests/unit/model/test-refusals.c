/* SPDX-License-Identifier: Apache-2.0
 *
 * What the operators of opset 24 on refuse, at import and when they run, each in words that say what is wrong. Values
 * are the node cases' matter.
 */
#include <string.h>

#include "node-case.h"

typedef struct
{
  NodeCase c;
  const char *text;
} Refusal;

static const Refusal at_import[] = {
  { { "BitCast", "f0:2x3", "to=7", "y", 26 }, "float32 and int64 differ in width" },
  { { "BitCast", "f0:2x3", "to=8", "y", 26 }, "element type string (8) is not supported" },
  { { "BitCast", "f0:2x3", "to=6", "y", 25 }, "operator BitCast is not in this opset" },
  { { "CumProd", "f0:2x3 l=2:", "", "y", 26 }, "axis 2 is out of range" },
  { { "Swish", "l=1:1", "", "y", 24 }, "is int64; accepted: float32" },
  { { "SwiGLU", "f0:2x3 f1:2x4", "", "y", 28 }, "its inputs do not broadcast" },
  { { "TensorScatter", "f0:1x2x4x5 f1:1x2x5x5", "", "y", 24 }, "its cache, update and indices do not fit" },
  { { "TensorScatter", "f0:2x4x5 f1:2x1x5 l=0:1", "", "y", 24 }, "its cache, update and indices do not fit" },
  { { "TensorScatter", "f0:2x4x5 f1:2x1x5", "axis=0", "y", 24 }, "its cache, update and indices do not fit" },
  { { "TensorScatter", "f0:2x4x5 f1:2x1x5", "mode=square", "y", 24 }, "its mode is square" },
  { { "CausalConvWithState", "f0:1x2x4 f1:3x1x2", "", "y", 27 }, "its input, weights and bias do not fit" },
  { { "CausalConvWithState", "f0:1x2x4 f1:2x1x0", "", "y", 27 }, "its input, weights and bias do not fit" },
  { { "CausalConvWithState", "f0:1x2x4 f1:2x1x3 - f2:1x2x3", "", "y", 27 }, "the last 2 elements per channel" },
  { { "CausalConvWithState", "f0:1x2x4 f1:2x1x3", "activation=relu", "y", 27 }, "its activation is relu" },
  { { "LinearAttention", "f0:1x2x8 f1:1x2x8 f2:1x2x8", "q_num_heads=2 kv_num_heads=2 update_rule=squared", "y", 27 },
    "its update_rule is squared" },
  { { "LinearAttention", "f0:1x2x8 f1:1x2x8 f2:1x2x8", "q_num_heads=2 kv_num_heads=2", "y", 27 },
    "its decay or beta does not go with its update_rule" },
  { { "LinearAttention", "f0:1x2x8 f1:1x2x8 f2:1x2x8", "q_num_heads=-2 kv_num_heads=-2 update_rule=linear", "y", 27 },
    "its -2 and -2 heads do not divide its operands" },
  { { "LinearAttention", "f0:1x2x8 f1:1x2x8 f2:1x2x8", "q_num_heads=3 kv_num_heads=2 update_rule=linear", "y", 27 },
    "its 3 and 2 heads do not divide its operands" },
  { { "LinearAttention", "f0:1x2x8 f1:1x3x8 f2:1x2x8", "q_num_heads=2 kv_num_heads=2 update_rule=linear", "y", 27 },
    "its queries, keys, values and past state do not fit" },
  { { "LinearAttention", "f0:1x2x8 f1:1x2x8 f2:1x2x8 f3:1x2x4x5", "q_num_heads=2 kv_num_heads=2 update_rule=linear",
      "y", 27 },
    "its queries, keys, values and past state do not fit" },
  { { "LinearAttention", "f0:1x2x8 f1:1x2x8 f2:1x2x8 - f3:1x2x3", "q_num_heads=2 kv_num_heads=2 update_rule=gated", "y",
      27 },
    "batch x length x 2 or 8 is accepted" },
  { { "Attention", "f0:1x2x3x4 f1:1x2x3x4 f2:1x2x3x4 - - - l=3,3:2", "", "y", 24 },
    "does not give a length per batch" },
  { { "Attention", "f0:1x2x3x4 f1:1x2x3x4 f2:1x2x3x4 - f3:1x2x1x4 f4:1x2x1x4 l=3:1", "", "y", 24 },
    "or stands beside past keys" },
  { { "Attention", "f0:1x2x3x4 f1:1x2x3x4 f2:1x2x3x4 f3:3x2", "", "y", 23 }, "its mask does not broadcast" },
};

static const Refusal when_running[] = {
  { { "TensorScatter", "f0:1x2x4x5 f1:1x2x2x5 l=3:1", "", "y", 24 },
    "its 2 new elements do not fit from index 3 on into 4" },
  { { "TensorScatter", "f0:1x2x4x5 f1:1x2x2x5 l=-1:1", "mode=circular", "y", 24 },
    "its 2 new elements do not fit from index -1 on into 4" },
};

static void
assert_says (const GError *error, const char *text)
{
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, STRATA_IMPORT_ERROR);
  g_assert_null (strchr (error->message, '\n'));
  if (strstr (error->message, text) == NULL)
    g_error ("'%s' does not contain '%s'", error->message, text);
}

static void
test_import (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (at_import); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataArray) first = NULL;
      StrataGraph *graph = node_case_parse (&at_import[i].c, STRATA_DTYPE_F32, &first, &error);

      g_assert_null (graph);
      assert_says (error, at_import[i].text);
    }
}

static void
test_running (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (when_running); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataArray) first = NULL;
      g_autoptr (StrataGraph) graph = node_case_parse (&when_running[i].c, STRATA_DTYPE_F32, &first, &error);
      const StrataArray *inputs[1] = { first };
      StrataArray *output = NULL;

      g_assert_no_error (error);
      g_assert_false (strata_graph_run (graph, inputs, &output, NULL, NULL, NULL, &error));
      assert_says (error, when_running[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/model/refusals/import", test_import);
  g_test_add_func ("/sdk/model/refusals/running", test_running);
  return g_test_run ();
}
