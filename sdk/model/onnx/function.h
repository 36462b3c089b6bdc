/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that a model brings along (ModelProto.functions): a node that calls one becomes the function's nodes.
 */
#pragma once

#include "model/onnx/scope.h"

/* Remembers the FunctionProto inside @field, and the operator sets that it names. */
gboolean
strata_onnx_function_add (StrataOnnxNodes *nodes, StrataWire *outer, const StrataWireField *field, GError **error);
const StrataOnnxFunction *
strata_onnx_function_find (const StrataOnnxNodes *nodes, const char *domain, const char *name, const char *overload);

/* Reads an OperatorSetIdProto. @domain: free it, whatever the result. */
gboolean strata_onnx_operator_set (
  StrataWire *outer, const StrataWireField *message, char **domain, gint64 *version, GError **error);

/* What a node hands to a function */
typedef struct
{
  const GPtrArray *inputs, *outputs; /* names in the flat graph */
  GArray *attrs;                     /* StrataAttr; defaults are added */
  const char *prefix;                /* of names inside */
  int index;
} StrataOnnxCall;

gboolean strata_onnx_function_inline (StrataOnnxNodes *nodes,
                                      const StrataOnnxScope *scope,
                                      const StrataOnnxFunction *function,
                                      const StrataOnnxCall *call,
                                      GError **error);
