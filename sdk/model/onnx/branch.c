/* SPDX-License-Identifier: Apache-2.0
 *
 * A branch is read like a graph: what it defines first, then its nodes. Field numbers: GraphProto in onnx.proto.
 */
#include "model/onnx/branch.h"

#include <string.h>

enum
{
  GRAPH_NODE = 1,
  GRAPH_INITIALIZER = 5,
  GRAPH_INPUT = 11,
  GRAPH_OUTPUT = 12,
  GRAPH_SPARSE_INITIALIZER = 15,
  NODE_OUTPUT = 2,
};

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED, text);
  return FALSE;
}

const char *
strata_onnx_scope_define (const StrataOnnxNodes *nodes, const StrataOnnxScope *scope, const char *name)
{
  if (scope == NULL || *name == '\0')
    return name;
  return strata_arena_printf (nodes->source->arena, "%s/%s", scope->prefix, name);
}

const char *
strata_onnx_scope_resolve (const StrataOnnxNodes *nodes, const StrataOnnxScope *scope, const char *name)
{
  for (; scope != NULL; scope = scope->outer)
    if (g_hash_table_contains (scope->locals, name))
      return strata_onnx_scope_define (nodes, scope, name);
  return name;
}

static gboolean
define_initializer (
  StrataOnnxNodes *nodes, StrataOnnxScope *scope, StrataWire *wire, const StrataWireField *field, GError **error)
{
  StrataValue value;

  if (!strata_onnx_tensor (nodes->source, wire, field, &value, error))
    return FALSE;
  g_hash_table_add (scope->locals, g_strdup (value.name));
  value.name = strata_onnx_scope_define (nodes, scope, value.name);
  return strata_graph_builder_value (nodes->builder, &value, error) >= 0;
}

static gboolean
define_outputs (StrataOnnxScope *scope, StrataWire *outer, const StrataWireField *node, GError **error)
{
  StrataWireField field;
  StrataWire wire;

  strata_wire_nest (&wire, outer, node);
  while (strata_wire_next (&wire, &field))
    if (field.number == NODE_OUTPUT)
      g_hash_table_add (scope->locals, strata_wire_text (&wire, &field));
  return strata_wire_finish (&wire, error);
}

static gboolean
define_all (StrataOnnxNodes *nodes, StrataOnnxScope *scope, StrataWire wire, GError **error)
{
  StrataWireField field;
  gboolean ok = TRUE;

  while (ok && strata_wire_next (&wire, &field))
    if (field.number == GRAPH_INITIALIZER)
      ok = define_initializer (nodes, scope, &wire, &field, error);
    else if (field.number == GRAPH_NODE)
      ok = define_outputs (scope, &wire, &field, error);
    else if (field.number == GRAPH_INPUT || field.number == GRAPH_SPARSE_INITIALIZER)
      ok = refuse (error, "its branch has inputs or sparse initialisers; a branch of an If takes neither");
  return ok && strata_wire_finish (&wire, error);
}

static void
add_copy (StrataOnnxNodes *nodes, const char *from, int output, int index)
{
  StrataArena *arena = nodes->source->arena;
  StrataNode node = { .op = STRATA_OP_IDENTITY, .name = "", .onnx_index = index, .n_inputs = 1, .n_outputs = 1 };

  node.outputs = strata_arena_memdup (arena, &output, sizeof output);
  g_ptr_array_add (nodes->builder->reads, strata_arena_memdup (arena, &from, sizeof from));
  g_array_append_val (nodes->builder->nodes, node);
}

static gboolean
copy_output (StrataOnnxNodes *nodes,
             const StrataOnnxScope *scope,
             StrataWire *wire,
             const StrataWireField *field,
             const char *name,
             int index,
             GError **error)
{
  StrataValue value = { .name = name, .n_dims = -1 };
  StrataOnnxInfo info;
  int id;

  if (!strata_onnx_info (nodes->source->arena, wire, field, &info, error))
    return FALSE;
  if (*name == '\0')
    return TRUE;
  value.producer = (int) nodes->builder->nodes->len;
  id = strata_graph_builder_value (nodes->builder, &value, error);
  if (id >= 0)
    add_copy (nodes, strata_onnx_scope_resolve (nodes, scope, info.name), id, index);
  return id >= 0;
}

static gboolean
read_nodes (StrataOnnxNodes *nodes,
            const StrataOnnxScope *scope,
            StrataWire wire,
            const GPtrArray *outputs,
            int index,
            GError **error)
{
  StrataWireField field;
  guint n_outputs = 0;
  gboolean ok = TRUE;

  while (ok && strata_wire_next (&wire, &field))
    if (field.number == GRAPH_NODE)
      ok = strata_onnx_node (nodes, scope, index, &wire, &field, error);
    else if (field.number == GRAPH_OUTPUT && n_outputs < outputs->len)
      ok = copy_output (nodes, scope, &wire, &field, outputs->pdata[n_outputs++], index, error);
    else if (field.number == GRAPH_OUTPUT)
      n_outputs = outputs->len + 1;
  if (!ok || !strata_wire_finish (&wire, error))
    return FALSE;
  return n_outputs == outputs->len || refuse (error, "its branch and the node have different numbers of outputs");
}

gboolean
strata_onnx_branch_inline (StrataOnnxNodes *nodes,
                           const StrataOnnxScope *outer_scope,
                           StrataWire *outer,
                           const StrataWireField *branch,
                           const GPtrArray *outputs,
                           int index,
                           GError **error)
{
  g_autoptr (GHashTable) locals = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  StrataOnnxScope scope = { outer_scope, outputs->pdata[0], locals, outer_scope == NULL ? 1 : outer_scope->depth + 1 };
  StrataWire wire;

  if (scope.depth > STRATA_ONNX_MAX_DEPTH)
    return refuse (error, "it lies too deep in others; 16 levels are accepted");
  strata_wire_nest (&wire, outer, branch);
  return define_all (nodes, &scope, wire, error) && read_nodes (nodes, &scope, wire, outputs, index, error);
}
