/* SPDX-License-Identifier: Apache-2.0
 *
 * If nodes whose condition is known at import: the branch that it chooses takes the node's place. Conditions follow
 * from shapes and bound inputs, so the importer reads a graph again after each round of decisions.
 */
#pragma once

#include "model/onnx/node.h"

#define STRATA_ONNX_MAX_DEPTH 16 /* of Ifs within Ifs */

/* Names of a branch: those that it defines get a prefix, others belong to the graph around it. */
struct _StrataOnnxScope
{
  const struct _StrataOnnxScope *outer;
  const char *prefix;
  GHashTable *locals; /* set of names */
  int depth;
};

/* The name that @name of a node in @scope (NULL: the model's graph) has in the flat graph; in the arena. */
const char *strata_onnx_scope_resolve (const StrataOnnxNodes *nodes, const StrataOnnxScope *scope, const char *name);
/* The name that a definition of @name gets */
const char *strata_onnx_scope_define (const StrataOnnxNodes *nodes, const StrataOnnxScope *scope, const char *name);

/* Adds the nodes of @branch, a GraphProto, and copies its outputs to @outputs, names in the flat graph. */
gboolean strata_onnx_branch_inline (StrataOnnxNodes *nodes,
                                    const StrataOnnxScope *scope,
                                    StrataWire *outer,
                                    const StrataWireField *branch,
                                    const GPtrArray *outputs,
                                    int index,
                                    GError **error);
