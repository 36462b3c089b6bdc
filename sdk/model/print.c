/* SPDX-License-Identifier: Apache-2.0
 *
 * A graph as text: lines in the order inputs, constants, nodes, outputs, each group in the order of the graph, so that
 * two versions of a model can be compared line by line. The hash is that of the text, so that they cannot disagree.
 */
#include <string.h>

#include "base/hash.h"
#include "model/element.h"
#include "model/text.h"
#include "model/unaligned.h"

#define MAX_SHOWN 16 /* elements; above, a constant is shown by its digest */
#define BYTES_PER_LINE 160

guint64
strata_value_digest (const StrataValue *value)
{
  g_autoptr (StrataHasher) hasher = NULL;

  if (value->data == NULL)
    return value->absent == NULL ? 0 : value->absent->digest;
  hasher = strata_hasher_new ();
  strata_hasher_string (hasher, strata_dtype_name (value->dtype));
  strata_hasher_int (hasher, value->n_dims);
  for (int i = 0; i < value->n_dims; i++)
    strata_hasher_int (hasher, value->dims[i]);
  strata_hasher_bytes (hasher, strata_value_peek (value), value->n_bytes);
  return MAX (strata_hasher_digest (hasher), 1);
}

static void
print_type (GString *text, const StrataValue *value)
{
  g_string_append (text, strata_dtype_name (value->dtype));
  g_string_append_c (text, '[');
  for (int i = 0; i < value->n_dims; i++)
    {
      if (i > 0)
        g_string_append_c (text, 'x');
      strata_words_put_int (text, value->dims[i]);
    }
  if (value->n_dims < 0)
    g_string_append_c (text, '?');
  g_string_append_c (text, ']');
}

static guint64
digest_cb (const StrataValue *value, gpointer user_data)
{
  return strata_value_digest (value);
}

/* Up to @max elements; where there are more, the digest */
static void
print_content (GString *text, const StrataValue *value, gint64 max, StrataDigestFunc digest_of, gpointer user_data)
{
  gint64 count = strata_value_count (value);
  guint64 digest;

  if (value->is_nibble)
    g_string_append (text, " nibbles");
  if (value->data != NULL && count <= max)
    {
      g_string_append (text, " {");
      for (gint64 i = 0; i < count; i++)
        {
          if (i > 0)
            g_string_append (text, ", ");
          strata_words_put_element (text, value->dtype, value->data, (gsize) i);
        }
      g_string_append_c (text, '}');
      return;
    }
  digest = digest_of (value, user_data);
  if (digest == 0)
    g_string_append (text, " weightless");
  else
    g_string_append_printf (text, " digest %016" G_GINT64_MODIFIER "x", digest);
}

static void
print_element (GString *text, const StrataAttr *attr, int i)
{
  if (attr->kind == STRATA_ATTR_INTS)
    strata_words_put_int (text, attr->ints[i]);
  else if (attr->kind == STRATA_ATTR_FLOATS)
    strata_words_put_float (text, attr->floats[i]);
  else
    strata_words_put_string (text, attr->strings[i]);
}

/* An empty list names its kind. */
static void
print_list (GString *text, const StrataAttr *attr)
{
  g_string_append_c (text, '[');
  if (attr->n == 0)
    g_string_append (text, attr->kind == STRATA_ATTR_INTS     ? "ints"
                           : attr->kind == STRATA_ATTR_FLOATS ? "floats"
                                                              : "strings");
  for (int i = 0; i < attr->n; i++)
    {
      if (i > 0)
        g_string_append (text, ", ");
      print_element (text, attr, i);
    }
  g_string_append_c (text, ']');
}

static void
print_attr (GString *text, const StrataGraph *graph, const StrataAttr *attr)
{
  g_string_append_c (text, ' ');
  strata_words_put_name (text, attr->name);
  g_string_append_c (text, '=');
  switch (attr->kind)
    {
    case STRATA_ATTR_INT:
      strata_words_put_int (text, attr->i);
      break;
    case STRATA_ATTR_FLOAT:
      strata_words_put_float (text, attr->f);
      break;
    case STRATA_ATTR_STRING:
      strata_words_put_string (text, attr->s);
      break;
    case STRATA_ATTR_TENSOR:
      print_type (text, &graph->values[attr->tensor]);
      print_content (text, &graph->values[attr->tensor], G_MAXINT64, digest_cb, NULL);
      break;
    case STRATA_ATTR_INTS:
    case STRATA_ATTR_FLOATS:
    case STRATA_ATTR_STRINGS:
    default:
      print_list (text, attr);
      break;
    }
}

static void
print_operands (GString *text, const StrataGraph *graph, const int *ids, int n, gboolean typed)
{
  g_string_append_c (text, '(');
  for (int i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append (text, ", ");
      if (ids[i] < 0)
        {
          g_string_append_c (text, '-');
          continue;
        }
      strata_words_put_name (text, graph->values[ids[i]].name);
      if (typed)
        {
          g_string_append_c (text, ' ');
          print_type (text, &graph->values[ids[i]]);
        }
    }
  g_string_append_c (text, ')');
}

static void
print_node (GString *text, const StrataGraph *graph, const StrataNode *node)
{
  g_string_append (text, "node @");
  strata_words_put_int (text, node->onnx_index);
  g_string_append_c (text, ' ');
  g_string_append (text, strata_op_name (node->op));
  g_string_append_c (text, ' ');
  strata_words_put_name (text, node->name);
  g_string_append_c (text, ' ');
  print_operands (text, graph, node->inputs, node->n_inputs, FALSE);
  g_string_append (text, " -> ");
  print_operands (text, graph, node->outputs, node->n_outputs, TRUE);
  for (int i = 0; i < node->n_attrs; i++)
    print_attr (text, graph, &node->attrs[i]);
  g_string_append_c (text, '\n');
}

static void
print_value (GString *text, const char *word, const StrataValue *value)
{
  g_string_append (text, word);
  strata_words_put_name (text, value->name);
  g_string_append_c (text, ' ');
  print_type (text, value);
}

static void
print_head (GString *text, const StrataGraph *graph)
{
  g_string_append_printf (text, "graph opset %d folded %d", graph->opset, graph->n_folded);
  if (graph->producer_name != NULL)
    {
      g_string_append (text, " producer ");
      strata_words_put_string (text, graph->producer_name);
    }
  g_string_append_c (text, '\n');
}

static char *
print_graph (const StrataGraph *graph, StrataDigestFunc digest_of, gpointer user_data)
{
  GString *text = g_string_sized_new ((gsize) (graph->n_nodes + 1) * BYTES_PER_LINE);

  print_head (text, graph);
  for (int i = 0; i < graph->n_inputs; i++)
    {
      print_value (text, "input ", &graph->values[graph->inputs[i]]);
      g_string_append_c (text, '\n');
    }
  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataValue *value = &graph->values[i];

      if ((value->data == NULL && !value->weightless) || value->n_consumers == 0)
        continue;
      print_value (text, "constant ", value);
      print_content (text, value, MAX_SHOWN, digest_of, user_data);
      g_string_append_c (text, '\n');
    }
  for (int i = 0; i < graph->n_nodes; i++)
    print_node (text, graph, &graph->nodes[i]);
  for (int i = 0; i < graph->n_outputs; i++)
    {
      g_string_append (text, "output ");
      strata_words_put_name (text, graph->values[graph->outputs[i]].name);
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}

char *
strata_graph_print (const StrataGraph *graph)
{
  return print_graph (graph, digest_cb, NULL);
}

guint64
strata_graph_hash_by (const StrataGraph *graph, StrataDigestFunc digest, gpointer user_data)
{
  g_autofree char *text = print_graph (graph, digest, user_data);

  return strata_hash_bytes (text, strlen (text));
}

guint64
strata_graph_hash (const StrataGraph *graph)
{
  return strata_graph_hash_by (graph, digest_cb, NULL);
}

static gboolean
is_uniform (const StrataArray *array, gint64 n)
{
  for (gint64 i = 1; i < n; i++)
    if (strata_element_double (array->dtype, array->data, i) != strata_element_double (array->dtype, array->data, 0))
      return FALSE;
  return TRUE;
}

char *
strata_graph_print_bound (const StrataGraph *graph)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (int i = 0; i < graph->n_bound; i++)
    {
      const StrataArray *array = &graph->bound[i].array;
      gint64 n = strata_array_count (array);
      gboolean uniform = is_uniform (array, n);

      if (n == 0 || (n > STRATA_BOUND_SHOWN && !uniform))
        continue;
      g_string_append_printf (text, "%s%s=", text->len == 0 ? "" : "\n", graph->bound[i].name);
      for (gint64 j = 0; j < (uniform ? 1 : n); j++)
        {
          char number[G_ASCII_DTOSTR_BUF_SIZE];

          g_ascii_dtostr (number, sizeof number, strata_element_double (array->dtype, array->data, j));
          g_string_append_printf (text, "%s%s", j == 0 ? "" : ",", number);
        }
    }
  return text->len == 0 ? NULL : g_string_free (g_steal_pointer (&text), FALSE);
}
