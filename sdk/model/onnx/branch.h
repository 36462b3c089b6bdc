/* SPDX-License-Identifier: Apache-2.0
 *
 * Graphs in attributes: of an If whose condition is known at import the chosen branch, and the graphs that modify
 * scores. Conditions follow from shapes and bound inputs, so the importer reads a graph again after each round of
 * decisions.
 */
#pragma once

#include "model/onnx/scope.h"

/* Adds the nodes of @branch, a GraphProto that takes @inputs (NULL: none) and copies its outputs to @outputs, names in
 * the flat graph; an output "" is not wanted. @prefix: of names inside. */
gboolean strata_onnx_branch_inline (StrataOnnxNodes *nodes,
                                    const StrataOnnxScope *scope,
                                    StrataWire *outer,
                                    const StrataWireField *branch,
                                    const char *prefix,
                                    const GPtrArray *inputs,
                                    const GPtrArray *outputs,
                                    int index,
                                    GError **error);
