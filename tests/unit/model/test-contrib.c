/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators of com.microsoft against ONNX Runtime's numbers, which contrib-cases.h holds; in float32, and in float16,
 * in which the inputs are exact. And what they refuse.
 */
#include "contrib-cases.h"

#include <math.h>
#include <string.h>

#include "model/element.h"
#include "node-case.h"

static StrataGraph *
parse_case (const ContribCase *c, StrataDtype real, StrataArray **first, GError **error)
{
  NodeCase one = { c->op, c->inputs, c->attrs, c->outputs, 17 };

  return node_case_parse (&one, real, first, error);
}

static void
compare (const ContribCase *c, StrataArray *const *outputs, double tolerance)
{
  gsize at = 0;

  for (int i = 0; i < c->n_compared; i++)
    for (gint64 j = 0; j < strata_array_count (outputs[i]); j++, at++)
      {
        double got = strata_element_double (outputs[i]->dtype, outputs[i]->data, j);

        g_assert_cmpuint (at, <, c->n_expected);
        if (!(fabs (got - (double) c->expected[at]) <= tolerance * (1.0 + fabs ((double) c->expected[at]))))
          g_error ("%s: output %d, element %d is %g and not %g", c->name, i, (int) j, got, (double) c->expected[at]);
      }
  g_assert_cmpuint (at, ==, c->n_expected);
}

static void
run_case (const ContribCase *c, StrataDtype real, double tolerance)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataArray) first = NULL;
  g_autoptr (StrataGraph) graph = parse_case (c, real, &first, &error);
  StrataArray *outputs[4] = { NULL };
  const StrataArray *inputs[1] = { first };

  g_assert_no_error (error);
  strata_graph_check (graph, &error);
  g_assert_no_error (error);
  strata_graph_run (graph, inputs, outputs, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  compare (c, outputs, tolerance);
  for (int i = 0; i < 4; i++)
    strata_array_free (outputs[i]);
}

static void
test_case (gconstpointer data)
{
  run_case (data, STRATA_DTYPE_F32, 1e-5); /* sums of up to 64 products, in another order */
  run_case (data, STRATA_DTYPE_F16, 2e-3); /* and rounded to 11 bits */
}

/* Parameters and products are those of the n x k matrix, whatever its packing. */
static void
test_counts (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataArray) first = NULL;
  g_autoptr (StrataGraph) graph = parse_case (&contrib_cases[3], STRATA_DTYPE_F32, &first, &error);

  g_assert_no_error (error);
  g_assert_cmpint (strata_graph_n_parameters (graph), ==, 64 * 3 + 3);
  g_assert_cmpint (strata_graph_n_macs (graph), ==, 2 * 64 * 3);
}

static void
test_refused (void)
{
  static const struct
  {
    ContribCase c;
    const char *text;
  } cases[] = {
    { { "", "com.microsoft.MatMulNBits", "f0:2x32 u1:3x1x16 s2:3 - i=0:1", "K=32 N=3 bits=4 block_size=32", "y0" },
      "its weights are reordered by g_idx" },
    { { "", "com.microsoft.MatMulNBits", "f0:2x32 u1:3x1x8 s2:3", "K=32 N=3 bits=2 block_size=32", "y0" },
      "its weights have 2 bits; 4 and 8 are accepted" },
    { { "", "com.microsoft.MatMulNBits", "f0:2x32 u1:3x1x16 s2:3", "K=32 N=2147483647 bits=4 block_size=32", "y0" },
      "are not those of 2147483647 x 32 in blocks of 32" },
    { { "", "com.microsoft.MatMulNBits", "f0:2x32 u1:3x1x16 s2:3", "K=32 N=3 bits=4 block_size=0", "y0" },
      "do not fit its input" },
    { { "", "com.microsoft.GroupQueryAttention", "f0:1x3x32 f1:1x3x16 f2:1x3x16 - - i=2:1 i=2",
        "num_heads=4 kv_num_heads=2", "y0" },
      "its total_sequence_length is 2" },
    { { "", "com.microsoft.GroupQueryAttention", "f0:1x3x32 f1:1x3x16 f2:1x3x16 - - i=2:1 i=3",
        "num_heads=3 kv_num_heads=2", "y0" },
      "do not fit one another" },
    { { "", "com.microsoft.GroupQueryAttention", "f0:1x3x32 f1:1x3x16 f2:1x3x16 - - i=2:1 i=3",
        "num_heads=4 kv_num_heads=2 do_rotary=1", "y0" },
      "do not fit one another" },
    { { "", "com.microsoft.MultiHeadAttention", "f0:1x3x24", "num_heads=2", "y0" }, "it takes 3 to 8 inputs" },
    { { "", "com.microsoft.FusedMatMul", "f0:2x3x4 f1:2x4x5", "transBatchA=1", "y0" },
      "it transposes its stacks of matrices" },
    { { "", "com.microsoft.SkipLayerNormalization", "f0:1x2x6 f1:1x2x5 f2:6", "", "y0" },
      "its skip is not of its input's shape" },
    { { "", "com.microsoft.RotaryEmbedding", "f0:1x3x16 l=1:1 f2:8x4 f3:8x4", "rotary_embedding_dim=8", "y0" },
      "do not fit its input" },
    { { "", "com.microsoft.NoSuch", "f0:1x3", "", "y0" }, "operator com.microsoft::NoSuch is not supported" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataArray) first = NULL;
      StrataGraph *graph = parse_case (&cases[i].c, STRATA_DTYPE_F32, &first, &error);

      g_assert_null (graph);
      g_assert_cmpint (error->domain, ==, STRATA_IMPORT_ERROR);
      if (strstr (error->message, cases[i].text) == NULL)
        g_error ("%s does not say '%s'", error->message, cases[i].text);
    }
}

/* What is wrong with a length or a position shows when it runs. */
static void
test_refused_running (void)
{
  static const struct
  {
    ContribCase c;
    const char *text;
  } cases[] = {
    { { "", "com.microsoft.GroupQueryAttention", "f0:1x1x32 f1:1x1x16 f2:1x1x16 f3:1x2x3x8 f4:1x2x3x8 i=9:1 i=4",
        "num_heads=4 kv_num_heads=2", "y0" },
      "its seqlens_k is 9 in batch 0; 0 to 3 are accepted" },
    { { "", "com.microsoft.GroupQueryAttention", "f0:1x3x32 f1:1x3x16 f2:1x3x16 - - i=2:1 i=3 f7:2x2 f8:2x2",
        "num_heads=4 kv_num_heads=2 do_rotary=1", "y0" },
      "position 2 is out of range; 0 to 1 are accepted" },
    { { "", "com.microsoft.RotaryEmbedding", "f0:1x3x16 l=-1:1 f2:8x4 f3:8x4", "", "y0" },
      "position -1 is out of range; 0 to 7 are accepted" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataArray) first = NULL;
      g_autoptr (StrataGraph) graph = parse_case (&cases[i].c, STRATA_DTYPE_F32, &first, &error);
      const StrataArray *inputs[1] = { first };
      StrataArray *output = NULL;

      g_assert_no_error (error);
      g_assert_false (strata_graph_run (graph, inputs, &output, NULL, NULL, NULL, &error));
      if (strstr (error->message, cases[i].text) == NULL)
        g_error ("%s does not say '%s'", error->message, cases[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (contrib_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/model/contrib/%s", contrib_cases[i].name);

      g_test_add_data_func (path, &contrib_cases[i], test_case);
    }
  g_test_add_func ("/sdk/model/contrib/counts", test_counts);
  g_test_add_func ("/sdk/model/contrib/refused", test_refused);
  g_test_add_func ("/sdk/model/contrib/refused-running", test_refused_running);
  return g_test_run ();
}
