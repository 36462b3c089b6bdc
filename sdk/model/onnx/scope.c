/* SPDX-License-Identifier: Apache-2.0
 *
 * Unfolding multiplies: a function of ten calls of a function of ten calls … So each name and node that it makes is
 * paid for out of a budget that grows with the file, which bounds time; and what the graph holds by then is held
 * against what files of the size may take, which bounds memory.
 */
#include "model/onnx/scope.h"

#include <string.h>

/* What a graph may hold while it unfolds, bytes: so much, or so much per byte of the file and of its external data,
 * whichever is more. Constants of shape arithmetic come on top (shape/fold-cost.c); together they stay below 64 bytes
 * per byte, or a megabyte. */
#define MIN_HELD ((gsize) 704 << 10)
#define HELD_PER_BYTE ((gsize) 44)
/* Beside the arena: tables have room for half as much again, or twice as much, and linking makes tables of its own */
#define VALUE_BYTES (3 * sizeof (StrataValue) / 2 + 60)
#define NODE_BYTES (3 * sizeof (StrataNode) + 64)
#define NAME_BYTES 80

enum
{
  NODE_OUTPUT = 2,
};

gboolean
strata_onnx_scope_init (StrataOnnxScope *scope, const StrataOnnxScope *outer, const char *prefix, GError **error)
{
  int depth = outer == NULL ? 1 : outer->depth + 1;

  *scope = (StrataOnnxScope){ outer, prefix, g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL), depth };
  if (depth <= STRATA_ONNX_MAX_DEPTH)
    return TRUE;
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
               "it lies too deep in others, or calls itself; %d levels are accepted", STRATA_ONNX_MAX_DEPTH);
  return FALSE;
}

void
strata_onnx_scope_clear (StrataOnnxScope *scope)
{
  g_clear_pointer (&scope->names, g_hash_table_unref);
}

static gsize
held (const StrataOnnxNodes *nodes)
{
  return strata_arena_n_bytes (nodes->source->arena) + VALUE_BYTES * nodes->builder->n_values
         + NODE_BYTES * nodes->builder->nodes->len + NAME_BYTES * nodes->n_names;
}

static gsize
may_hold (const StrataOnnxNodes *nodes)
{
  gsize n = 0, most;

  for (guint i = 0; i < nodes->source->backing->len; i++)
    n += g_bytes_get_size (nodes->source->backing->pdata[i]);
  return g_size_checked_mul (&most, n, HELD_PER_BYTE) ? MAX (most, MIN_HELD) : G_MAXSIZE;
}

gboolean
strata_onnx_charge (StrataOnnxNodes *nodes, gsize n_bytes, GError **error)
{
  return strata_onnx_charge_node (nodes, n_bytes, 0, error);
}

gboolean
strata_onnx_charge_node (StrataOnnxNodes *nodes, gsize n_bytes, guint n_outputs, GError **error)
{
  if (n_bytes <= nodes->budget && held (nodes) + VALUE_BYTES * n_outputs <= may_hold (nodes))
    {
      nodes->budget -= n_bytes;
      return TRUE;
    }
  g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
                       "functions, branches and loops unfold to too many nodes for a file of this size; fewer "
                       "iterations, and calls of functions within functions, are accepted");
  return FALSE;
}

gboolean
strata_onnx_constant (
  StrataOnnxNodes *nodes, StrataWire *outer, const StrataWireField *message, StrataValue *value, GError **error)
{
  const StrataValue *known = g_hash_table_lookup (nodes->constants, message->bytes);

  if (known != NULL)
    *value = *known;
  else if (!strata_onnx_tensor (nodes->source, outer, message, value, error))
    return FALSE;
  else
    g_hash_table_insert (nodes->constants, (gpointer) message->bytes,
                         strata_arena_memdup (nodes->source->arena, value, sizeof *value));
  return TRUE;
}

gboolean
strata_onnx_scope_add (
  StrataOnnxNodes *nodes, StrataOnnxScope *scope, const char *name, const char *flat, GError **error)
{
  if (*name == '\0' || g_hash_table_contains (scope->names, name))
    return TRUE;
  if (flat == NULL)
    {
      if (!strata_onnx_charge (nodes, strlen (scope->prefix) + strlen (name), error))
        return FALSE;
      flat = strata_arena_printf (nodes->source->arena, "%s/%s", scope->prefix, name);
    }
  nodes->n_names++;
  g_hash_table_insert (scope->names, g_strdup (name), (char *) flat);
  return TRUE;
}

gboolean
strata_onnx_scope_add_outputs (
  StrataOnnxNodes *nodes, StrataOnnxScope *scope, StrataWire *outer, const StrataWireField *node, GError **error)
{
  StrataWireField field;
  gboolean ok = TRUE;
  StrataWire wire;

  strata_wire_nest (&wire, outer, node);
  while (ok && strata_wire_next (&wire, &field))
    if (field.number == NODE_OUTPUT)
      {
        g_autofree char *name = strata_wire_text (&wire, &field);

        ok = strata_onnx_scope_add (nodes, scope, name, NULL, error);
      }
  return ok && strata_wire_finish (&wire, error);
}

const char *
strata_onnx_scope_resolve (const StrataOnnxNodes *nodes, const StrataOnnxScope *scope, const char *name)
{
  for (; scope != NULL && *name != '\0'; scope = scope->outer)
    {
      const char *flat = g_hash_table_lookup (scope->names, name);

      if (flat != NULL)
        return flat;
      /* a function sees nothing around it: the name stays undefined, and linking says so */
      if (scope->is_function)
        return strata_arena_printf (nodes->source->arena, "%s/%s", scope->prefix, name);
    }
  return name;
}

const StrataAttr *
strata_onnx_scope_attr (const StrataOnnxScope *scope, const char *name)
{
  while (scope != NULL && !scope->is_function)
    scope = scope->outer;
  for (guint i = 0; scope != NULL && i < scope->attrs->len; i++)
    if (g_str_equal (g_array_index (scope->attrs, StrataAttr, i).name, name))
      return &g_array_index (scope->attrs, StrataAttr, i);
  return NULL;
}

gboolean
strata_onnx_scope_copy (StrataOnnxNodes *nodes, const char *from, const char *to, int index, GError **error)
{
  StrataArena *arena = nodes->source->arena;
  StrataValue value = { .name = to, .n_dims = -1, .producer = (int) nodes->builder->nodes->len };
  StrataNode node = { .op = STRATA_OP_IDENTITY, .name = "", .onnx_index = index, .n_inputs = 1, .n_outputs = 1 };
  int id = strata_graph_builder_value (nodes->builder, &value, error);

  if (id < 0)
    return FALSE;
  node.outputs = strata_arena_memdup (arena, &id, sizeof id);
  g_ptr_array_add (nodes->builder->reads, strata_arena_memdup (arena, &from, sizeof from));
  g_array_append_val (nodes->builder->nodes, node);
  return TRUE;
}
