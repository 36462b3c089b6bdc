/* SPDX-License-Identifier: Apache-2.0 */
#include "node-case.h"

#include <string.h>

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
      strata_element_set_double (array->dtype, array->data, i, (double) number_at (what + 1, i));
    else if (kind == 'u')
      ((guint8 *) array->data)[i] = (guint8) (29 * i + 71 * seed);
    else if (kind == 's')
      strata_element_set_double (array->dtype, array->data, i, (double) (pattern (i, seed) + 1) / 1024.0);
    else
      strata_element_set_double (array->dtype, array->data, i, (double) (pattern (i, seed) - 50) / 64.0);
}

static StrataArray *
read_input (const char *spec, StrataDtype real)
{
  static const char kinds[] = "fsuilbr";
  const StrataDtype dtypes[] = {
    real, real, STRATA_DTYPE_U8, STRATA_DTYPE_I32, STRATA_DTYPE_I64, STRATA_DTYPE_BOOL, STRATA_DTYPE_F32
  };
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
    case STRATA_DTYPE_BOOL:
      return 9;
    default:
      return 10;
    }
}

static int
read_ints (const char *text, gint64 *ints)
{
  g_auto (GStrv) list = g_strsplit (text, ",", -1);
  int n = 0;

  for (; list[n] != NULL && *list[n] != '\0'; n++)
    ints[n] = g_ascii_strtoll (list[n], NULL, 10);
  return n;
}

static void
put_attrs (Message *message, const char *attrs)
{
  g_auto (GStrv) list = g_strsplit (attrs, " ", -1);

  for (char **at = list; *at != NULL && **at != '\0'; at++)
    {
      g_auto (GStrv) parts = g_strsplit (*at, "=", 2);
      gint64 ints[STRATA_MAX_DIMS];

      if (g_ascii_isalpha (*parts[1]))
        with (message, attr_text (parts[0], parts[1]));
      else if (strchr (parts[1], '.') != NULL)
        with (message, attr_float (parts[0], (float) g_ascii_strtod (parts[1], NULL)));
      else if (strchr (parts[1], ',') == NULL)
        with (message, attr_int (parts[0], g_ascii_strtoll (parts[1], NULL, 10)));
      else
        with (message, attr_ints (parts[0], read_ints (parts[1], ints), ints));
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

StrataGraph *
node_case_parse (const NodeCase *c, StrataDtype real, StrataArray **first, GError **error)
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
  head = model (graph, c->opset);
  g_byte_array_append (whole, g_bytes_get_data (head, NULL), (guint) g_bytes_get_size (head));
  put_text (set, 1, "com.microsoft");
  put_int (set, 2, 1);
  put_message (whole, 8, set);
  bytes = g_byte_array_free_to_bytes (whole);
  return strata_onnx_parse (bytes, "net.onnx", error);
}
