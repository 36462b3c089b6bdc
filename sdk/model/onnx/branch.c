/* SPDX-License-Identifier: Apache-2.0
 *
 * A graph in an attribute is read like the model's: what it defines first, then its nodes. Field numbers: GraphProto in
 * onnx.proto.
 */
#include "model/onnx/branch.h"

enum
{
  GRAPH_NODE = 1,
  GRAPH_INITIALIZER = 5,
  GRAPH_INPUT = 11,
  GRAPH_OUTPUT = 12,
  GRAPH_SPARSE_INITIALIZER = 15,
};

typedef struct
{
  StrataOnnxNodes *nodes;
  StrataOnnxScope *scope;
  const GPtrArray *inputs, *outputs;
  guint n_inputs, n_outputs; /* read */
  int index;
} Branch;

static gboolean
refuse (GError **error, const char *text)
{
  g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED, text);
  return FALSE;
}

static gboolean
define_initializer (const Branch *branch, StrataWire *wire, const StrataWireField *field, GError **error)
{
  StrataValue value;

  if (!strata_onnx_constant (branch->nodes, wire, field, &value, error)
      || !strata_onnx_scope_add (branch->nodes, branch->scope, value.name, NULL, error))
    return FALSE;
  value.name = strata_onnx_scope_resolve (branch->nodes, branch->scope, value.name);
  return strata_graph_builder_value (branch->nodes->builder, &value, error) >= 0;
}

static gboolean
define_input (Branch *branch, StrataWire *wire, const StrataWireField *field, GError **error)
{
  StrataOnnxInfo info;

  if (!strata_onnx_info (branch->nodes->source->arena, wire, field, &info, error))
    return FALSE;
  if (branch->inputs == NULL || branch->n_inputs == branch->inputs->len)
    return refuse (error, "its graph takes more inputs than it is given; a branch of an If takes none");
  return strata_onnx_scope_add (branch->nodes, branch->scope, info.name, branch->inputs->pdata[branch->n_inputs++],
                                error);
}

static gboolean
define_all (Branch *branch, StrataWire wire, GError **error)
{
  StrataWireField field;
  gboolean ok = TRUE;

  while (ok && strata_wire_next (&wire, &field))
    if (field.number == GRAPH_INITIALIZER)
      ok = define_initializer (branch, &wire, &field, error);
    else if (field.number == GRAPH_NODE)
      ok = strata_onnx_scope_add_outputs (branch->nodes, branch->scope, &wire, &field, error);
    else if (field.number == GRAPH_INPUT)
      ok = define_input (branch, &wire, &field, error);
    else if (field.number == GRAPH_SPARSE_INITIALIZER)
      ok = refuse (error, "its graph has sparse initialisers; only dense tensors are accepted");
  if (!ok || !strata_wire_finish (&wire, error))
    return FALSE;
  return branch->inputs == NULL || branch->n_inputs == branch->inputs->len
         || refuse (error, "its graph takes fewer inputs than it is given");
}

static gboolean
copy_output (Branch *branch, StrataWire *wire, const StrataWireField *field, GError **error)
{
  const char *name = branch->outputs->pdata[branch->n_outputs++];
  StrataOnnxInfo info;

  if (!strata_onnx_info (branch->nodes->source->arena, wire, field, &info, error))
    return FALSE;
  return *name == '\0'
         || strata_onnx_scope_copy (branch->nodes, strata_onnx_scope_resolve (branch->nodes, branch->scope, info.name),
                                    name, branch->index, error);
}

static gboolean
read_nodes (Branch *branch, StrataWire wire, GError **error)
{
  gboolean ok = TRUE, too_many = FALSE;
  StrataWireField field;

  while (ok && strata_wire_next (&wire, &field))
    if (field.number == GRAPH_NODE)
      ok = strata_onnx_node (branch->nodes, branch->scope, branch->index, &wire, &field, error);
    else if (field.number == GRAPH_OUTPUT && branch->n_outputs < branch->outputs->len)
      ok = copy_output (branch, &wire, &field, error);
    else if (field.number == GRAPH_OUTPUT)
      too_many = TRUE;
  if (!ok || !strata_wire_finish (&wire, error))
    return FALSE;
  return (!too_many && branch->n_outputs == branch->outputs->len)
         || refuse (error, "its branch and the node have different numbers of outputs");
}

gboolean
strata_onnx_branch_inline (StrataOnnxNodes *nodes,
                           const StrataOnnxScope *outer_scope,
                           StrataWire *outer,
                           const StrataWireField *graph,
                           const char *prefix,
                           const GPtrArray *inputs,
                           const GPtrArray *outputs,
                           int index,
                           GError **error)
{
  g_auto (StrataOnnxScope) scope = { 0 };
  Branch branch = { nodes, &scope, inputs, outputs, 0, 0, index };
  StrataWire wire;

  if (!strata_onnx_scope_init (&scope, outer_scope, prefix, error))
    return FALSE;
  strata_wire_nest (&wire, outer, graph);
  return define_all (&branch, wire, error) && read_nodes (&branch, wire, error);
}
