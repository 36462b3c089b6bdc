/* SPDX-License-Identifier: Apache-2.0
 *
 * Graphs that are unfolded into the model's: what they define gets names of its own there, and what unfolds is bounded
 * by the size of the file.
 */
#pragma once

#include "model/onnx/node.h"

#define STRATA_ONNX_MAX_DEPTH 16 /* of graphs within graphs */

/* Names of a graph that is unfolded. Names that it does not define belong to the graph around it, or, in a function, to
 * nothing. */
struct _StrataOnnxScope
{
  const struct _StrataOnnxScope *outer;
  const char *prefix;
  GHashTable *names; /* name to the name in the flat graph */
  int depth;
  gboolean is_function;
  const GArray *attrs; /* StrataAttr of the call, of a function */
};

/* A scope within @outer; FALSE where it lies too deep. Clear it with strata_onnx_scope_clear (). */
gboolean
strata_onnx_scope_init (StrataOnnxScope *scope, const StrataOnnxScope *outer, const char *prefix, GError **error);
void strata_onnx_scope_clear (StrataOnnxScope *scope);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StrataOnnxScope, strata_onnx_scope_clear)

/* Takes what unfolding makes off what the file's size allows. */
gboolean strata_onnx_charge (StrataOnnxNodes *nodes, gsize n_bytes, GError **error);
/* The same for a node that is about to define so many values */
gboolean strata_onnx_charge_node (StrataOnnxNodes *nodes, gsize n_bytes, guint n_outputs, GError **error);
/* A TensorProto of a graph that may unfold many times, read once. */
gboolean strata_onnx_constant (
  StrataOnnxNodes *nodes, StrataWire *outer, const StrataWireField *message, StrataValue *value, GError **error);
/* Gives @name the name @flat in the flat graph, in the arena; NULL: one of the scope's prefix. */
gboolean strata_onnx_scope_add (
  StrataOnnxNodes *nodes, StrataOnnxScope *scope, const char *name, const char *flat, GError **error);
/* Adds what the nodes of a GraphProto or FunctionProto define; @number is the field of its nodes. */
gboolean strata_onnx_scope_add_outputs (
  StrataOnnxNodes *nodes, StrataOnnxScope *scope, StrataWire *outer, const StrataWireField *node, GError **error);
/* The name that @name of a node in @scope (NULL: the model's graph) has in the flat graph */
const char *strata_onnx_scope_resolve (const StrataOnnxNodes *nodes, const StrataOnnxScope *scope, const char *name);
/* The attribute @name of the call that unfolds the function around @scope; NULL: it has none */
const StrataAttr *strata_onnx_scope_attr (const StrataOnnxScope *scope, const char *name);
/* Adds an Identity from @from to @to, names in the flat graph. */
gboolean strata_onnx_scope_copy (StrataOnnxNodes *nodes, const char *from, const char *to, int index, GError **error);
