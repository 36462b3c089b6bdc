/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators of com.microsoft against ONNX Runtime's numbers, which contrib-cases.h holds; in float32, and in float16,
 * in which the inputs are exact. And what they refuse.
 */
#include "contrib-cases.h"

#include <math.h>
#include <string.h>

#include "data-set.h"
#include "model/element.h"
#include "onnx-writer.h"

static gint64
pattern (gint64 i, gint64 seed)
{
  return (37 * i + 53 * seed) % 101;
}

static gint64
number_at (const char *numbers, gint64 i)
{
  g_auto (GStrv) list = g_strsplit (numbers, ",", -1);

  return g_ascii_strtoll (list[i], NULL, 10);
}

static void
fill (StrataArray *array, char kind, const char *what)
{
  gint64 seed = *what == '=' ? 0 : g_ascii_strtoll (what, NULL, 10);

  for (gint64 i = 0; i < strata_array_count (array); i++)
    if (*what == '=')
      strata_element_set_int (array->dtype, array->data, i, number_at (what + 1, i));
    else if (kind == 'u')
      ((guint8 *) array->data)[i] = (guint8) (29 * i + 71 * seed);
    else if (kind == 's')
      strata_element_set_double (array->dtype, array->data, i, (double) (pattern (i, seed) + 1) / 1024.0);
    else
      strata_element_set_double (array->dtype, array->data, i, (double) (pattern (i, seed) - 50) / 64.0);
}

/* An input as contrib-cases.h writes it; floats as @real */
static StrataArray *
read_input (const char *spec, StrataDtype real)
{
  static const char kinds[] = "fsuil";
  const StrataDtype dtypes[] = { real, real, STRATA_DTYPE_U8, STRATA_DTYPE_I32, STRATA_DTYPE_I64 };
  g_auto (GStrv) parts = g_strsplit (spec + 1, ":", 2);
  g_auto (GStrv) sizes = g_strsplit (parts[1] == NULL ? "" : parts[1], "x", -1);
  gint64 dims[STRATA_MAX_DIMS];
  StrataArray *array;
  int n = 0;

  for (char **size = sizes; *size != NULL; size++)
    dims[n++] = g_ascii_strtoll (*size, NULL, 10);
  array = strata_array_new (dtypes[strchr (kinds, *spec) - kinds], n, dims);
  fill (array, *spec, parts[0]);
  return array;
}

static int
onnx_type (StrataDtype dtype)
{
  switch (dtype)
    {
    case STRATA_DTYPE_F32:
      return 1;
    case STRATA_DTYPE_U8:
      return 2;
    case STRATA_DTYPE_I32:
      return 6;
    case STRATA_DTYPE_I64:
      return 7;
    default:
      return 10;
    }
}

static void
put_attrs (Message *message, const char *attrs)
{
  g_auto (GStrv) list = g_strsplit (attrs, " ", -1);

  for (char **at = list; *at != NULL && **at != '\0'; at++)
    {
      g_auto (GStrv) parts = g_strsplit (*at, "=", 2);
      gint64 ints[3];
      int n = 0;

      if (strchr (parts[1], '.') != NULL)
        with (message, attr_float (parts[0], (float) g_ascii_strtod (parts[1], NULL)));
      else if (strchr (parts[1], ',') == NULL)
        with (message, attr_int (parts[0], g_ascii_strtoll (parts[1], NULL, 10)));
      else
        {
          for (n = 0; n < 3; n++)
            ints[n] = number_at (parts[1], n);
          with (message, attr_ints (parts[0], n, ints));
        }
    }
}

/* The first input is one of the model; the others are constants. */
static void
put_inputs (Message *graph, GStrv specs, StrataDtype real, GString *names, StrataArray **first)
{
  for (int i = 0; specs[i] != NULL; i++)
    {
      g_autofree char *name = g_strdup_printf ("i%d", i);
      StrataArray *array;

      g_string_append_printf (names, "%s%s", i == 0 ? "" : " ", *specs[i] == '-' ? "-" : name);
      if (*specs[i] == '-')
        continue;
      array = read_input (specs[i], real);
      if (i == 0)
        {
          put_message (graph, 11, info (name, onnx_type (array->dtype), array->n_dims, array->dims, NULL));
          *first = array;
          continue;
        }
      put_initializer (
        graph, tensor (name, onnx_type (array->dtype), array->n_dims, array->dims, array->data, array->n_bytes));
      strata_array_free (array);
    }
}

static StrataGraph *
parse_case (const ContribCase *c, StrataDtype real, StrataArray **first, GError **error)
{
  const char *dot = strrchr (c->op, '.');
  Message *graph = message_new (), *whole = message_new (), *set = message_new (), *op;
  g_auto (GStrv) specs = g_strsplit (c->inputs, " ", -1);
  g_auto (GStrv) outputs = g_strsplit (c->outputs, " ", -1);
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GBytes) head = NULL;
  g_autoptr (GBytes) bytes = NULL;

  put_inputs (graph, specs, real, names, first);
  op = node (dot == NULL ? c->op : dot + 1, "n", names->str, c->outputs);
  if (dot != NULL)
    put_text (op, 7, "com.microsoft");
  put_attrs (op, c->attrs);
  put_node (graph, op);
  for (char **output = outputs; *output != NULL; output++)
    if (**output != '-')
      put_output (graph, *output);
  head = model (graph, 17);
  g_byte_array_append (whole, g_bytes_get_data (head, NULL), (guint) g_bytes_get_size (head));
  put_text (set, 1, "com.microsoft");
  put_int (set, 2, 1);
  put_message (whole, 8, set);
  bytes = g_byte_array_free_to_bytes (whole);
  return strata_onnx_parse (bytes, "net.onnx", error);
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
