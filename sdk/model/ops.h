/* SPDX-License-Identifier: Apache-2.0
 *
 * What ops.def says of an operator, as a table; and the attributes that operators have, with their kinds.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  const char *onnx; /* after the domain and a dot, where it is not ONNX's own */
  int since, until; /* versions of the operator set; until 0: still there */
  int min_in, max_in, max_out;
  const char *meaning;
} StrataOpInfo;

const StrataOpInfo *strata_op_info (StrataOp op);
gboolean strata_op_has_graph (StrataOp op); /* in an attribute */
StrataOp strata_op_find (const char *onnx); /* STRATA_N_OPS: none */
/* The same of a node's domain, "" or "ai.onnx" for ONNX's own, and operator. */
StrataOp strata_op_find_in (const char *domain, const char *op_type);
/* The name of the operator within its domain, and the length of the domain before it, 0 for ONNX's own. */
const char *strata_op_type (StrataOp op, gsize *n_domain);
/* FALSE where the attribute is one that Strata reads, and of another kind than @kind. */
gboolean strata_attr_kind_is_right (const char *name, StrataAttrKind kind);
