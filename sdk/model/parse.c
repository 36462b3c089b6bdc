/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the text form back through the builder that the importer uses. A line may name only what lines above it define,
 * so that an error names its line and no cycle can be written. Each node must be one that the importer could have made:
 * its operator, operands and attributes, and the types and shapes that its rule gives. So what is read back may be run
 * and compiled like an import.
 */
#include <string.h>

#include "model/graph-build.h"
#include "model/ops.h"
#include "model/shape/shapes.h"
#include "model/text.h"

#define MAX_ELEMENTS ((gsize) 1 << 56) /* of a constant, as of the importer: times 8 bytes still fits */
#define MAX_OPSET 1000

typedef struct
{
  StrataWords words;
  StrataGraph *graph;
  StrataGraphBuilder builder;
  GHashTable *node_names;
  GArray *node_lines; /* int */
} Parse;

static gboolean
parse_dims (Parse *parse, StrataValue *value, gsize max_elements, GError **error)
{
  gsize count = 1;

  if (!strata_words_expect (&parse->words, "[", error))
    return FALSE;
  for (value->n_dims = 0; !strata_words_accept (&parse->words, "]"); value->n_dims++)
    {
      gint64 *dim = &value->dims[value->n_dims];

      if (value->n_dims == STRATA_MAX_DIMS)
        return strata_words_error (&parse->words, "] after at most 8 dimensions", error);
      if ((value->n_dims > 0 && !strata_words_expect (&parse->words, "x", error))
          || !strata_words_int (&parse->words, 0, G_MAXINT32, dim, error))
        return FALSE;
      if (!g_size_checked_mul (&count, count, (gsize) MAX (*dim, 1)) || count > max_elements)
        return strata_words_error (&parse->words, "a shape of as many elements as a tensor may have", error);
    }
  value->n_bytes = (gsize) strata_value_count (value) * strata_dtype_size (value->dtype);
  return TRUE;
}

static gboolean
parse_type (Parse *parse, StrataValue *value, gsize max_elements, GError **error)
{
  value->dtype = strata_words_dtype (&parse->words);
  if (value->dtype == STRATA_DTYPE_INVALID)
    return strata_words_error (&parse->words, "an element type and a shape, as in float32[1x8]", error);
  return parse_dims (parse, value, max_elements, error);
}

/* Elements up to the closing brace: as many as the shape asks for, and no memory before they are there */
static gboolean
parse_elements (Parse *parse, StrataValue *value, GError **error)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gsize size = strata_dtype_size (value->dtype);

  while (!strata_words_accept (&parse->words, "}"))
    {
      guint8 element[8];

      if ((bytes->len > 0 && !strata_words_expect (&parse->words, ",", error))
          || !strata_words_element (&parse->words, value->dtype, element, error))
        return FALSE;
      if (bytes->len >= value->n_bytes || bytes->len > G_MAXINT32)
        return strata_words_error (&parse->words, "} after as many elements as the shape has", error);
      g_byte_array_append (bytes, element, (guint) size);
    }
  if (bytes->len != value->n_bytes)
    return strata_words_error (&parse->words, "as many elements as the shape has", error);
  for (guint i = 0; value->is_nibble && i < bytes->len; i++)
    if (value->dtype == STRATA_DTYPE_U8 ? bytes->data[i] > 15 : bytes->data[i] > 7 && bytes->data[i] < 0xf8)
      return strata_words_error (&parse->words, "what follows elements of 4 bits", error);
  value->data = strata_arena_memdup (parse->graph->arena, bytes->data, bytes->len);
  return TRUE;
}

/* Type, shape and elements, or what stands for them */
static gboolean
parse_constant (Parse *parse, StrataValue *value, GError **error)
{
  if (!parse_type (parse, value, MAX_ELEMENTS, error))
    return FALSE;
  value->is_nibble = strata_dtype_size (value->dtype) == 1 && value->dtype != STRATA_DTYPE_BOOL
                     && strata_words_accept (&parse->words, "nibbles");
  if (strata_words_accept (&parse->words, "{"))
    return parse_elements (parse, value, error);
  value->weightless = TRUE;
  if (strata_words_accept (&parse->words, "digest"))
    {
      StrataAbsent *absent = strata_arena_array (parse->graph->arena, StrataAbsent, 1);

      value->absent = absent;
      return strata_words_hash (&parse->words, &absent->digest, error);
    }
  return strata_words_accept (&parse->words, "weightless")
         || strata_words_error (&parse->words, "{elements}, digest or weightless", error);
}

/* Adds a value of that name; the id goes to @id. */
static gboolean
add_value (Parse *parse, const StrataValue *value, int *id, GError **error)
{
  *id = strata_graph_builder_value (&parse->builder, value, error);
  if (*id < 0)
    g_prefix_error (error, "graph:%d: ", parse->words.line);
  return *id >= 0;
}

static gboolean
parse_name (Parse *parse, const char **name, GError **error)
{
  if (!strata_words_name (&parse->words, parse->graph->arena, name, error))
    return FALSE;
  return **name != '\0' || strata_words_error (&parse->words, "what follows a name that is not empty", error);
}

static gboolean
parse_value (Parse *parse, gboolean is_input, GError **error)
{
  StrataValue value = { .producer = -1 };
  int id;

  if (!parse_name (parse, &value.name, error)
      || !(is_input ? parse_type (parse, &value, G_MAXINT32, error) : parse_constant (parse, &value, error))
      || !add_value (parse, &value, &id, error))
    return FALSE;
  if (is_input)
    g_array_append_val (parse->builder.inputs, id);
  return TRUE;
}

static gboolean
parse_known (Parse *parse, const char **name, int *id, GError **error)
{
  StrataWords before = parse->words;

  if (!parse_name (parse, name, error))
    return FALSE;
  *id = strata_graph_builder_find (&parse->builder, *name);
  return *id >= 0 || strata_words_error (&before, "the name of a value that a line above defines", error);
}

static gboolean
parse_output (Parse *parse, GError **error)
{
  const char *name;
  int id;

  if (!parse_known (parse, &name, &id, error))
    return FALSE;
  g_array_append_val (parse->builder.outputs, id);
  return TRUE;
}

static gboolean
parse_reads (Parse *parse, StrataNode *node, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *name;
  int id;

  if (!strata_words_expect (&parse->words, "(", error))
    return FALSE;
  while (!strata_words_accept (&parse->words, ")"))
    {
      if (names->len > 0 && !strata_words_expect (&parse->words, ",", error))
        return FALSE;
      name = "";
      if (!strata_words_accept (&parse->words, "-") && !parse_known (parse, &name, &id, error))
        return FALSE;
      g_ptr_array_add (names, (char *) name);
    }
  node->n_inputs = (int) names->len;
  g_ptr_array_add (parse->builder.reads,
                   strata_arena_memdup (parse->graph->arena, names->pdata, sizeof (gpointer) * names->len));
  return TRUE;
}

static gboolean
parse_results (Parse *parse, StrataNode *node, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (int));

  if (!strata_words_expect (&parse->words, "->", error) || !strata_words_expect (&parse->words, "(", error))
    return FALSE;
  while (!strata_words_accept (&parse->words, ")"))
    {
      StrataValue value = { .producer = (int) parse->builder.nodes->len };
      int id = -1;

      if (ids->len > 0 && !strata_words_expect (&parse->words, ",", error))
        return FALSE;
      if (!strata_words_accept (&parse->words, "-")
          && (!parse_name (parse, &value.name, error) || !parse_type (parse, &value, G_MAXINT32, error)
              || !add_value (parse, &value, &id, error)))
        return FALSE;
      g_array_append_val (ids, id);
    }
  node->n_outputs = (int) ids->len;
  node->outputs = strata_arena_memdup (parse->graph->arena, ids->data, sizeof (int) * ids->len);
  return TRUE;
}

/* Elements of a list of kind @attr->kind; the opening bracket is past. */
static gboolean
parse_elements_of (Parse *parse, StrataAttr *attr, GError **error)
{
  gsize size = attr->kind == STRATA_ATTR_INTS     ? sizeof (gint64)
               : attr->kind == STRATA_ATTR_FLOATS ? sizeof (float)
                                                  : sizeof (char *);
  g_autoptr (GArray) elements = g_array_new (FALSE, FALSE, (guint) size);
  void *copy;

  while (!strata_words_accept (&parse->words, "]"))
    {
      guint8 element[8] = { 0 };
      const char *string = NULL;

      if (elements->len > 0 && !strata_words_expect (&parse->words, ",", error))
        return FALSE;
      if (attr->kind == STRATA_ATTR_STRINGS)
        {
          if (!strata_words_string (&parse->words, parse->graph->arena, &string, error))
            return FALSE;
          g_array_append_val (elements, string);
          continue;
        }
      if (!strata_words_element (&parse->words, attr->kind == STRATA_ATTR_INTS ? STRATA_DTYPE_I64 : STRATA_DTYPE_F32,
                                 element, error))
        return FALSE;
      g_array_append_vals (elements, element, 1);
    }
  attr->n = (int) elements->len;
  copy = strata_arena_memdup (parse->graph->arena, elements->data, size * elements->len);
  attr->ints = attr->kind == STRATA_ATTR_INTS ? copy : NULL;
  attr->floats = attr->kind == STRATA_ATTR_FLOATS ? copy : NULL;
  attr->strings = attr->kind == STRATA_ATTR_STRINGS ? copy : NULL;
  return TRUE;
}

static gboolean
parse_list (Parse *parse, StrataAttr *attr, GError **error)
{
  static const struct
  {
    const char *word;
    StrataAttrKind kind;
  } empty[] = { { "ints", STRATA_ATTR_INTS }, { "floats", STRATA_ATTR_FLOATS }, { "strings", STRATA_ATTR_STRINGS } };

  for (guint i = 0; i < G_N_ELEMENTS (empty); i++)
    if (strata_words_accept (&parse->words, empty[i].word))
      {
        attr->kind = empty[i].kind;
        return strata_words_expect (&parse->words, "]", error);
      }
  attr->kind = strata_words_is_float (&parse->words) ? STRATA_ATTR_FLOATS : STRATA_ATTR_INTS;
  if (*parse->words.at == '"')
    attr->kind = STRATA_ATTR_STRINGS;
  else if (*parse->words.at == ']')
    return strata_words_error (&parse->words, "a list with elements, or one of ints, floats, strings", error);
  return parse_elements_of (parse, attr, error);
}

static gboolean
parse_number (Parse *parse, StrataAttr *attr, GError **error)
{
  guint8 bytes[8];

  attr->kind = strata_words_is_float (&parse->words) ? STRATA_ATTR_FLOAT : STRATA_ATTR_INT;
  if (attr->kind == STRATA_ATTR_INT)
    return strata_words_int (&parse->words, G_MININT64, G_MAXINT64, &attr->i, error);
  if (!strata_words_element (&parse->words, STRATA_DTYPE_F32, bytes, error))
    return FALSE;
  memcpy (&attr->f, bytes, sizeof attr->f);
  return TRUE;
}

static gboolean
parse_tensor (Parse *parse, StrataAttr *attr, GError **error)
{
  StrataValue value = { .name = "", .producer = -1 };
  StrataWords start = parse->words;

  attr->kind = STRATA_ATTR_TENSOR;
  if (!parse_constant (parse, &value, error))
    return FALSE;
  if (value.data == NULL)
    return strata_words_error (&start, "a tensor with its elements", error);
  attr->tensor = strata_graph_builder_anonymous (&parse->builder, &value);
  return TRUE;
}

static gboolean
parse_attr (Parse *parse, StrataAttr *attr, GError **error)
{
  StrataWords start = parse->words, value;
  gboolean ok;

  *attr = (StrataAttr){ .s = "", .tensor = -1 };
  if (!strata_words_name (&parse->words, parse->graph->arena, &attr->name, error)
      || !strata_words_expect (&parse->words, "=", error))
    return FALSE;
  value = parse->words;
  if (strata_words_dtype (&value) != STRATA_DTYPE_INVALID)
    ok = parse_tensor (parse, attr, error);
  else if (*parse->words.at == '"')
    {
      attr->kind = STRATA_ATTR_STRING;
      ok = strata_words_string (&parse->words, parse->graph->arena, &attr->s, error);
    }
  else
    ok = strata_words_accept (&parse->words, "[") ? parse_list (parse, attr, error) : parse_number (parse, attr, error);
  return ok
         && (strata_attr_kind_is_right (attr->name, attr->kind)
             || strata_words_error (&start, "an attribute of the type that ONNX gives it", error));
}

static gboolean
parse_attrs (Parse *parse, StrataNode *node, GError **error)
{
  g_autoptr (GArray) attrs = g_array_new (FALSE, FALSE, sizeof (StrataAttr));
  StrataAttr attr;

  while (!strata_words_is_line_end (&parse->words))
    {
      if (!parse_attr (parse, &attr, error))
        return FALSE;
      g_array_append_val (attrs, attr);
    }
  node->n_attrs = (int) attrs->len;
  node->attrs = strata_arena_memdup (parse->graph->arena, attrs->data, sizeof (StrataAttr) * attrs->len);
  return TRUE;
}

/* Whether the operator is in the opset, and takes as many operands */
static gboolean
is_possible (const StrataNode *node, int opset)
{
  const StrataOpInfo *info = strata_op_info (node->op);

  return opset >= info->since && (info->until == 0 || opset <= info->until) && node->n_inputs >= info->min_in
         && (info->max_in < 0 || node->n_inputs <= info->max_in) && node->n_outputs >= 1
         && (info->max_out < 0 || node->n_outputs <= info->max_out);
}

static gboolean
parse_node (Parse *parse, GError **error)
{
  StrataNode node = { 0 };
  StrataWords start = parse->words;
  const char *op;
  gint64 index;

  if (!strata_words_expect (&parse->words, "@", error)
      || !strata_words_int (&parse->words, 0, G_MAXINT32, &index, error)
      || !strata_words_name (&parse->words, parse->graph->arena, &op, error))
    return FALSE;
  node.onnx_index = (int) index;
  node.op = strata_op_find (op);
  if (node.op == STRATA_N_OPS)
    return strata_words_error (&start, "a node with an operator that Strata has", error);
  if (!parse_name (parse, &node.name, error))
    return FALSE;
  if (!g_hash_table_add (parse->node_names, (char *) node.name))
    return strata_words_error (&start, "a node with a name of its own", error);
  if (!parse_reads (parse, &node, error) || !parse_results (parse, &node, error) || !parse_attrs (parse, &node, error))
    return FALSE;
  if (!is_possible (&node, parse->graph->opset))
    return strata_words_error (&start, "a node of this opset with as many inputs and outputs as it takes", error);
  g_array_append_val (parse->builder.nodes, node);
  g_array_append_val (parse->node_lines, start.line);
  return TRUE;
}

static gboolean
parse_head (Parse *parse, GError **error)
{
  gint64 opset, n_folded;

  strata_words_skip_lines (&parse->words);
  if (!strata_words_expect (&parse->words, "graph", error) || !strata_words_expect (&parse->words, "opset", error)
      || !strata_words_int (&parse->words, 1, MAX_OPSET, &opset, error)
      || !strata_words_expect (&parse->words, "folded", error)
      || !strata_words_int (&parse->words, 0, G_MAXINT32, &n_folded, error))
    return FALSE;
  parse->graph->opset = (int) opset;
  parse->graph->n_folded = (int) n_folded;
  if (!strata_words_accept (&parse->words, "producer"))
    return strata_words_end_line (&parse->words, error);
  return strata_words_string (&parse->words, parse->graph->arena, &parse->graph->producer_name, error)
         && strata_words_end_line (&parse->words, error);
}

static gboolean
parse_line (Parse *parse, GError **error)
{
  gboolean ok;

  if (strata_words_accept (&parse->words, "node"))
    ok = parse_node (parse, error);
  else if (strata_words_accept (&parse->words, "constant"))
    ok = parse_value (parse, FALSE, error);
  else if (strata_words_accept (&parse->words, "input"))
    ok = parse_value (parse, TRUE, error);
  else if (strata_words_accept (&parse->words, "output"))
    ok = parse_output (parse, error);
  else
    ok = strata_words_error (&parse->words, "a line of input, constant, node or output", error);
  return ok && strata_words_end_line (&parse->words, error);
}

/* The lines are in execution order, which linking keeps. */
static gboolean
confirm (Parse *parse, GError **error)
{
  for (int i = 0; i < parse->graph->n_nodes; i++)
    if (!strata_graph_confirm_node (parse->graph, i, error))
      {
        g_prefix_error (error, "graph:%d: ", g_array_index (parse->node_lines, int, i));
        return FALSE;
      }
  return TRUE;
}

static gboolean
parse_all (Parse *parse, GError **error)
{
  const char *end;

  if (!g_utf8_validate (parse->words.at, -1, &end))
    {
      for (const char *at = parse->words.at; at < end; at++)
        parse->words.line += *at == '\n';
      parse->words.at = end;
      return strata_words_error (&parse->words, "UTF-8 text", error);
    }
  if (!parse_head (parse, error))
    return FALSE;
  while (*parse->words.at != '\0')
    if (!parse_line (parse, error))
      return FALSE;
  if (strata_graph_builder_link (&parse->builder, parse->graph, error) && strata_graph_check (parse->graph, error))
    return confirm (parse, error);
  g_prefix_error (error, "graph: ");
  return FALSE;
}

StrataGraph *
strata_graph_parse (const char *text, GError **error)
{
  g_autoptr (StrataGraph) graph = g_new0 (StrataGraph, 1);
  Parse parse = { .words = { text, 1 }, .graph = graph };
  gboolean ok;

  graph->arena = strata_arena_new ();
  graph->backing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  graph->path = "graph";
  parse.node_names = g_hash_table_new (g_str_hash, g_str_equal);
  parse.node_lines = g_array_new (FALSE, FALSE, sizeof (int));
  strata_graph_builder_init (&parse.builder, graph->arena);
  ok = parse_all (&parse, error);
  strata_graph_builder_clear (&parse.builder);
  g_hash_table_unref (parse.node_names);
  g_array_unref (parse.node_lines);
  return ok ? g_steal_pointer (&graph) : NULL;
}
