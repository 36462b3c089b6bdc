/* SPDX-License-Identifier: Apache-2.0
 *
 * A node's strings go to the arena; its inputs stay names until all nodes are read. Field numbers: NodeProto and
 * AttributeProto in onnx.proto.
 */
#include "model/onnx/node.h"

#include <string.h>

#include "model/onnx/branch.h"
#include "model/onnx/flex.h"
#include "model/onnx/function.h"
#include "model/onnx/loop.h"
#include "model/ops.h"

#define MAX_ATTRS 64 /* of a node; no operator has half as many */

enum
{
  NODE_INPUT = 1,
  NODE_OUTPUT = 2,
  NODE_NAME = 3,
  NODE_OP_TYPE = 4,
  NODE_ATTRIBUTE = 5,
  NODE_DOMAIN = 7,
  NODE_OVERLOAD = 8,
};

enum
{
  ATTR_NAME = 1,
  ATTR_F = 2,
  ATTR_I = 3,
  ATTR_S = 4,
  ATTR_T = 5,
  ATTR_G = 6,
  ATTR_FLOATS = 7,
  ATTR_INTS = 8,
  ATTR_STRINGS = 9,
  ATTR_GRAPHS = 11,
  ATTR_TYPE = 20,
  ATTR_REFERENCE = 21,
};

/* AttributeProto.AttributeType */
enum
{
  TYPE_FLOAT = 1,
  TYPE_INT = 2,
  TYPE_STRING = 3,
  TYPE_TENSOR = 4,
  TYPE_GRAPH = 5,
  TYPE_FLOATS = 6,
  TYPE_INTS = 7,
  TYPE_STRINGS = 8,
};

#define NODE_COST 128 /* of an unfolded node, beside its bytes in the file */

typedef struct
{
  StrataOnnxNodes *nodes;
  const StrataOnnxScope *scope;
  StrataOnnxSource *source;
  StrataGraphBuilder *builder;
  GPtrArray *inputs, *outputs; /* names, in the arena */
  GArray *attrs;               /* StrataAttr */
  gboolean is_default;         /* attributes that a function has where the call has none */
  const char *name, *op_type, *domain, *overload;
  const char *prefix; /* of names that unfold in the node's place */
  gboolean has_subgraph;
  StrataWireField branches[2]; /* then, else; of scores, of probabilities */
  gboolean has_branch[2];
  gsize n_constant_bytes; /* of tensors in attributes */
} Proto;

static void
loop_clear (gpointer loop)
{
  g_ptr_array_unref (((StrataOnnxLoop *) loop)->conditions);
}

void
strata_onnx_nodes_init (StrataOnnxNodes *nodes, StrataOnnxSource *source, StrataGraphBuilder *builder)
{
  *nodes = (StrataOnnxNodes){ source, builder };
  nodes->decisions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  nodes->domains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  nodes->functions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  nodes->constants = g_hash_table_new (NULL, NULL);
  nodes->loops = g_array_new (FALSE, FALSE, sizeof (StrataOnnxLoop));
  g_array_set_clear_func (nodes->loops, loop_clear);
}

void
strata_onnx_nodes_clear (StrataOnnxNodes *nodes)
{
  g_clear_pointer (&nodes->decisions, g_hash_table_unref);
  g_clear_pointer (&nodes->domains, g_hash_table_unref);
  g_clear_pointer (&nodes->functions, g_hash_table_unref);
  g_clear_pointer (&nodes->constants, g_hash_table_unref);
  g_clear_pointer (&nodes->loops, g_array_unref);
}

static const char *
read_name (StrataArena *arena, StrataWire *wire, const StrataWireField *field)
{
  return strata_wire_name (wire, field, arena);
}

static void
keep_lists (StrataArena *arena, StrataAttr *attr, const GArray *ints, const GArray *floats, const GPtrArray *strings)
{
  attr->n = (int) (attr->kind == STRATA_ATTR_INTS      ? ints->len
                   : attr->kind == STRATA_ATTR_STRINGS ? strings->len
                                                       : floats->len);
  if (strings->len > 0)
    attr->strings = strata_arena_memdup (arena, strings->pdata, sizeof (char *) * strings->len);
  if (ints->len > 0)
    attr->ints = strata_arena_memdup (arena, ints->data, sizeof (gint64) * ints->len);
  if (floats->len > 0)
    attr->floats = strata_arena_memdup (arena, floats->data, sizeof (float) * floats->len);
}

/* Kind from the type that the file states, else from the field that is there (files of IR version 2 and before). */
static gboolean
find_kind (gint64 type, guint seen, StrataAttrKind *kind)
{
  static const struct
  {
    gint64 type;
    guint field;
    StrataAttrKind kind;
  } kinds[] = { { TYPE_FLOAT, ATTR_F, STRATA_ATTR_FLOAT },          { TYPE_INT, ATTR_I, STRATA_ATTR_INT },
                { TYPE_STRING, ATTR_S, STRATA_ATTR_STRING },        { TYPE_TENSOR, ATTR_T, STRATA_ATTR_TENSOR },
                { TYPE_FLOATS, ATTR_FLOATS, STRATA_ATTR_FLOATS },   { TYPE_INTS, ATTR_INTS, STRATA_ATTR_INTS },
                { TYPE_STRINGS, ATTR_STRINGS, STRATA_ATTR_STRINGS } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (type == kinds[i].type || (type == 0 && seen == kinds[i].field))
      {
        *kind = kinds[i].kind;
        return TRUE;
      }
  return FALSE;
}

static gboolean
read_attr_tensor (Proto *proto, StrataWire *wire, const StrataWireField *field, StrataAttr *attr, GError **error)
{
  StrataValue value;

  proto->n_constant_bytes += field->n_bytes;
  if (attr->tensor >= 0)
    {
      strata_wire_fail (wire, field->bytes, "a second tensor in an attribute; one is accepted");
      return strata_wire_finish (wire, error);
    }
  if (!(proto->scope != NULL ? strata_onnx_constant (proto->nodes, wire, field, &value, error)
                             : strata_onnx_tensor (proto->source, wire, field, &value, error)))
    return FALSE;
  attr->tensor = strata_graph_builder_anonymous (proto->builder, &value);
  return TRUE;
}

typedef struct
{
  StrataAttr attr;
  gint64 type;
  guint seen;            /* number of the payload's field */
  const char *reference; /* name of an attribute of the function around; NULL: none */
  GArray *ints, *floats;
  GPtrArray *strings;
  StrataWireField graph;
} AttrProto;

static gboolean
read_attr_field (Proto *proto, StrataWire *wire, const StrataWireField *field, AttrProto *read, GError **error)
{
  switch (field->number)
    {
    case ATTR_NAME:
      read->attr.name = read_name (proto->source->arena, wire, field);
      return TRUE;
    case ATTR_TYPE:
      read->type = strata_wire_int (wire, field);
      return TRUE;
    case ATTR_REFERENCE:
      read->reference = read_name (proto->source->arena, wire, field);
      return TRUE;
    case ATTR_F:
      read->attr.f = strata_wire_float (wire, field);
      break;
    case ATTR_I:
      read->attr.i = strata_wire_int (wire, field);
      break;
    case ATTR_S:
      read->attr.s = read_name (proto->source->arena, wire, field);
      break;
    case ATTR_FLOATS:
      strata_wire_fixed (wire, field, 4, read->floats);
      break;
    case ATTR_INTS:
      strata_wire_ints (wire, field, read->ints);
      break;
    case ATTR_STRINGS:
      g_ptr_array_add (read->strings, (char *) read_name (proto->source->arena, wire, field));
      break;
    case ATTR_T:
      read->seen = field->number;
      return read_attr_tensor (proto, wire, field, &read->attr, error);
    case ATTR_G:
      proto->has_subgraph = TRUE;
      read->graph = *field;
      break;
    case ATTR_GRAPHS:
      proto->has_subgraph = TRUE;
      break;
    default:
      return TRUE;
    }
  read->seen = field->number;
  return TRUE;
}

static void
keep_branch (Proto *proto, const AttrProto *read)
{
  static const char *const names[][2] = { { "then_branch", "else_branch" },
                                          { "score_mod", "prob_mod" },
                                          { "body", "" } };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (int which = 0; which < 2; which++)
      if (g_str_equal (read->attr.name, names[i][which]))
        {
          proto->branches[which] = read->graph;
          proto->has_branch[which] = TRUE;
        }
}

/* Keeps an attribute that has been read: one of each name. A default gives way to what is there. */
static gboolean
add_attr (Proto *proto, const StrataAttr *attr, GError **error)
{
  for (guint i = 0; i < proto->attrs->len; i++)
    if (g_str_equal (g_array_index (proto->attrs, StrataAttr, i).name, attr->name))
      {
        if (proto->is_default)
          return TRUE;
        g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                     "the attribute %s is given twice; once is accepted", attr->name);
        return FALSE;
      }
  if (proto->attrs->len >= MAX_ATTRS)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "more than %d attributes; no operator takes as many", MAX_ATTRS);
      return FALSE;
    }
  g_array_append_vals (proto->attrs, attr, 1);
  return TRUE;
}

/* The attribute of the call in place of the reference; an attribute that the call leaves out is left out here. */
static gboolean
keep_reference (Proto *proto, const AttrProto *read, GError **error)
{
  const StrataAttr *given = strata_onnx_scope_attr (proto->scope, read->reference);
  StrataAttr attr;

  if (given == NULL)
    return TRUE;
  attr = *given;
  attr.name = read->attr.name;
  return add_attr (proto, &attr, error);
}

static gboolean
set_wrong_type (const StrataAttr *attr, GError **error)
{
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
               "the attribute %s is of the wrong type; see the operator's definition in ONNX", attr->name);
  return FALSE;
}

static gboolean
read_attr (Proto *proto, StrataWire *outer, const StrataWireField *message, GError **error)
{
  g_autoptr (GArray) ints = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GArray) floats = g_array_new (FALSE, FALSE, sizeof (float));
  g_autoptr (GPtrArray) strings = g_ptr_array_new ();
  AttrProto read = {
    .attr = { .name = "", .s = "", .tensor = -1 }, .ints = ints, .floats = floats, .strings = strings
  };
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (strata_wire_next (&wire, &field))
    if (!read_attr_field (proto, &wire, &field, &read, error))
      return FALSE;
  if (!strata_wire_finish (&wire, error))
    return FALSE;
  if (read.reference != NULL && *read.reference != '\0')
    return keep_reference (proto, &read, error);
  if (read.seen == ATTR_G)
    keep_branch (proto, &read);
  if (!find_kind (read.type, read.seen, &read.attr.kind))
    return TRUE; /* of a kind that no operator here reads */
  if (read.attr.kind == STRATA_ATTR_TENSOR && read.attr.tensor < 0)
    return set_wrong_type (&read.attr, error);
  keep_lists (proto->source->arena, &read.attr, ints, floats, strings);
  return add_attr (proto, &read.attr, error);
}

static gboolean
read_node_field (Proto *proto, StrataWire *wire, const StrataWireField *field, GError **error)
{
  StrataArena *arena = proto->source->arena;

  switch (field->number)
    {
    case NODE_INPUT:
      g_ptr_array_add (proto->inputs, (char *) read_name (arena, wire, field));
      return TRUE;
    case NODE_OUTPUT:
      g_ptr_array_add (proto->outputs, (char *) read_name (arena, wire, field));
      return TRUE;
    case NODE_NAME:
      proto->name = read_name (arena, wire, field);
      return TRUE;
    case NODE_OP_TYPE:
      proto->op_type = read_name (arena, wire, field);
      return TRUE;
    case NODE_DOMAIN:
      proto->domain = read_name (arena, wire, field);
      return TRUE;
    case NODE_OVERLOAD:
      proto->overload = read_name (arena, wire, field);
      return TRUE;
    case NODE_ATTRIBUTE:
      return read_attr (proto, wire, field, error);
    default:
      return TRUE;
    }
}

static gboolean
set_unsupported (const Proto *proto, const char *what, GError **error)
{
  g_autofree char *list = strata_op_list ();

  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED, "operator %s%s%s %s; supported: %s",
               proto->domain, *proto->domain == '\0' ? "" : "::", proto->op_type, what, list);
  return FALSE;
}

/* The version of the operator set that the operator is of; 0: the model names none */
static int
version_of (const Proto *proto)
{
  if (*proto->domain == '\0' || g_str_equal (proto->domain, "ai.onnx"))
    return proto->nodes->opset;
  return GPOINTER_TO_INT (g_hash_table_lookup (proto->nodes->domains, proto->domain));
}

static gboolean
find_op (const Proto *proto, StrataOp *op, GError **error)
{
  int version = version_of (proto);
  const StrataOpInfo *info;

  *op = strata_op_find_in (proto->domain, proto->op_type);
  if (*op == STRATA_N_OPS || (proto->has_subgraph && !strata_op_has_graph (*op)))
    return set_unsupported (proto, "is not supported", error);
  if (version == 0)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "the model does not name the operator set %s, which its operator is of", proto->domain);
      return FALSE;
    }
  info = strata_op_info (*op);
  if (version < info->since || (info->until != 0 && version > info->until))
    return set_unsupported (proto, "is not in this opset", error);
  if ((int) proto->inputs->len >= info->min_in && (info->max_in < 0 || (int) proto->inputs->len <= info->max_in)
      && proto->outputs->len >= 1 && (info->max_out < 0 || (int) proto->outputs->len <= info->max_out))
    return TRUE;
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
               "%u inputs and %u outputs; it takes %d to %d inputs and 1 to %d outputs (-1: any number)",
               proto->inputs->len, proto->outputs->len, info->min_in, info->max_in, info->max_out);
  return FALSE;
}

static void
drop_trailing_empty (GPtrArray *names)
{
  while (names->len > 0 && *(const char *) names->pdata[names->len - 1] == '\0')
    g_ptr_array_set_size (names, (int) names->len - 1);
}

static gboolean
check_attrs (const Proto *proto, GError **error)
{
  for (guint i = 0; i < proto->attrs->len; i++)
    {
      const StrataAttr *attr = &g_array_index (proto->attrs, StrataAttr, i);

      if (!strata_attr_kind_is_right (attr->name, attr->kind))
        return set_wrong_type (attr, error);
    }
  return TRUE;
}

static gboolean
add_outputs (Proto *proto, StrataNode *node, GError **error)
{
  node->n_outputs = (int) proto->outputs->len;
  node->outputs = strata_arena_array (proto->source->arena, int, node->n_outputs);
  for (int i = 0; i < node->n_outputs; i++)
    {
      StrataValue value = { .name = proto->outputs->pdata[i],
                            .n_dims = -1,
                            .producer = (int) proto->builder->nodes->len };

      node->outputs[i] = *value.name == '\0' ? -1 : strata_graph_builder_value (proto->builder, &value, error);
      if (node->outputs[i] < 0 && *value.name != '\0')
        return FALSE;
    }
  return TRUE;
}

/* Names in the flat graph in place of those in the file */
static void
resolve_names (const Proto *proto, GPtrArray *names)
{
  for (guint i = 0; proto->scope != NULL && i < names->len; i++)
    names->pdata[i] = (char *) strata_onnx_scope_resolve (proto->nodes, proto->scope, names->pdata[i]);
}

static gboolean
inline_loop (Proto *proto, StrataWire *outer, const StrataNode *node, int n_trips, GError **error)
{
  StrataOnnxUnroll unroll = { .nodes = proto->nodes,
                              .scope = proto->scope,
                              .outer = outer,
                              .body = &proto->branches[0],
                              .node = node,
                              .inputs = proto->inputs,
                              .outputs = proto->outputs,
                              .prefix = proto->prefix,
                              .n_trips = n_trips };

  return strata_onnx_unroll (&unroll, error);
}

/* What an If, Loop or Scan has in it, once that is decided. @done: FALSE where it is not */
static gboolean
inline_graph (Proto *proto, StrataWire *outer, const StrataNode *node, gboolean *done, GError **error)
{
  gboolean is_if = node->op == STRATA_OP_IF;
  int decision;

  if (!proto->has_branch[0] || (is_if && !proto->has_branch[1]) || *(const char *) proto->outputs->pdata[0] == '\0')
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "it lacks %s or its first output; %s and a named output are needed", is_if ? "a branch" : "its body",
                   is_if ? "both branches" : "a body");
      return FALSE;
    }
  decision = GPOINTER_TO_INT (g_hash_table_lookup (proto->nodes->decisions, proto->outputs->pdata[0]));
  *done = decision != 0;
  proto->nodes->n_undecided += decision == 0;
  if (decision == 0)
    return TRUE;
  if (!is_if)
    return inline_loop (proto, outer, node, decision - 1, error);
  return strata_onnx_branch_inline (proto->nodes, proto->scope, outer, &proto->branches[decision - 1], proto->prefix,
                                    NULL, proto->outputs, node->onnx_index, error);
}

static gboolean
inline_flex (Proto *proto, StrataWire *outer, int index, GError **error)
{
  StrataOnnxFlex flex = { .nodes = proto->nodes,
                          .scope = proto->scope,
                          .wire = outer,
                          .score_mod = proto->has_branch[0] ? &proto->branches[0] : NULL,
                          .prob_mod = proto->has_branch[1] ? &proto->branches[1] : NULL,
                          .inputs = proto->inputs,
                          .output = proto->outputs->pdata[0],
                          .prefix = proto->prefix,
                          .index = index };

  for (guint i = 0; i < proto->attrs->len; i++)
    if (g_str_equal (g_array_index (proto->attrs, StrataAttr, i).name, "scale"))
      flex.scale = &g_array_index (proto->attrs, StrataAttr, i).f;
  return strata_onnx_flex_inline (&flex, error);
}

static gboolean
call_function (Proto *proto, const StrataOnnxFunction *function, int index, GError **error)
{
  StrataOnnxCall call = { proto->inputs, proto->outputs, proto->attrs, proto->prefix, index };

  /* a constant in an attribute is named after its node, and this one goes */
  for (guint i = 0; i < proto->attrs->len; i++)
    {
      const StrataAttr *attr = &g_array_index (proto->attrs, StrataAttr, i);

      if (attr->kind == STRATA_ATTR_TENSOR)
        proto->builder->values[attr->tensor].name = strata_arena_printf (
          proto->source->arena, "%s:%s", (const char *) proto->outputs->pdata[proto->outputs->len - 1], attr->name);
    }
  return strata_onnx_function_inline (proto->nodes, proto->scope, function, &call, error);
}

static gboolean
add_operator (Proto *proto, StrataWire *outer, int index, GError **error)
{
  StrataNode node = { .name = proto->name, .onnx_index = index };
  StrataArena *arena = proto->source->arena;
  gboolean done = FALSE;

  if (!find_op (proto, &node.op, error) || !check_attrs (proto, error))
    return FALSE;
  node.n_attrs = (int) proto->attrs->len;
  node.attrs = strata_arena_memdup (arena, proto->attrs->data, sizeof (StrataAttr) * proto->attrs->len);
  if (node.op == STRATA_OP_FLEX_ATTENTION)
    return inline_flex (proto, outer, index, error);
  if (strata_op_has_graph (node.op) && !inline_graph (proto, outer, &node, &done, error))
    return FALSE;
  if (done)
    return TRUE;
  if (!add_outputs (proto, &node, error))
    return FALSE;
  node.n_inputs = (int) proto->inputs->len;
  g_ptr_array_add (proto->builder->reads,
                   strata_arena_memdup (arena, proto->inputs->pdata, sizeof (gpointer) * proto->inputs->len));
  g_array_append_val (proto->builder->nodes, node);
  return TRUE;
}

static const char *
first_name (const GPtrArray *names)
{
  for (guint i = 0; i < names->len; i++)
    if (*(const char *) names->pdata[i] != '\0')
      return names->pdata[i];
  return "";
}

/* What unfolds in the node's place is named after its first output in the graph around it. Not after that output's flat
 * name, which the last node of a function shares with the call. */
static gboolean
set_prefix (Proto *proto, GError **error)
{
  const char *output = first_name (proto->outputs);

  proto->prefix = output;
  if (proto->scope == NULL || *output == '\0')
    return TRUE;
  if (!strata_onnx_charge (proto->nodes, strlen (proto->scope->prefix) + strlen (output), error))
    return FALSE;
  proto->prefix = strata_arena_printf (proto->source->arena, "%s/%s", proto->scope->prefix, output);
  return TRUE;
}

static gboolean
add_node (Proto *proto, StrataWire *outer, gsize n_bytes, int index, GError **error)
{
  const StrataOnnxFunction *function =
    strata_onnx_function_find (proto->nodes, proto->domain, proto->op_type, proto->overload);

  if (proto->scope != NULL
      && !strata_onnx_charge_node (proto->nodes, NODE_COST + n_bytes - proto->n_constant_bytes, proto->outputs->len,
                                   error))
    return FALSE;
  drop_trailing_empty (proto->inputs);
  drop_trailing_empty (proto->outputs);
  if ((function != NULL || proto->has_subgraph || *proto->domain != '\0') && !set_prefix (proto, error))
    return FALSE;
  resolve_names (proto, proto->inputs);
  resolve_names (proto, proto->outputs);
  if (function != NULL)
    return *proto->prefix == '\0' || call_function (proto, function, index, error);
  return add_operator (proto, outer, index, error);
}

gboolean
strata_onnx_node_attr (
  StrataOnnxNodes *nodes, StrataWire *outer, const StrataWireField *message, GArray *attrs, GError **error)
{
  Proto proto = {
    .nodes = nodes, .source = nodes->source, .builder = nodes->builder, .attrs = attrs, .is_default = TRUE
  };

  return read_attr (&proto, outer, message, error);
}

gboolean
strata_onnx_node (StrataOnnxNodes *nodes,
                  const StrataOnnxScope *scope,
                  int index,
                  StrataWire *outer,
                  const StrataWireField *message,
                  GError **error)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();
  g_autoptr (GArray) attrs = g_array_new (FALSE, FALSE, sizeof (StrataAttr));
  Proto proto = { .nodes = nodes,
                  .scope = scope,
                  .source = nodes->source,
                  .builder = nodes->builder,
                  .inputs = inputs,
                  .outputs = outputs,
                  .attrs = attrs,
                  .name = "",
                  .op_type = "",
                  .domain = "",
                  .overload = "" };
  StrataWireField field;
  gboolean ok = TRUE;
  StrataWire wire;

  strata_wire_nest (&wire, outer, message);
  while (ok && strata_wire_next (&wire, &field))
    ok = read_node_field (&proto, &wire, &field, error);
  if (ok && strata_wire_finish (&wire, error) && add_node (&proto, outer, message->n_bytes, index, error))
    return TRUE;
  if (*proto.name != '\0')
    g_prefix_error (error, "node %s (%s, opset %d): ", proto.name, proto.op_type, nodes->opset);
  else
    g_prefix_error (error, "node %d (%s, opset %d): ", index, proto.op_type, nodes->opset);
  return FALSE;
}
