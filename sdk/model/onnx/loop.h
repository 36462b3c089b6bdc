/* SPDX-License-Identifier: Apache-2.0
 *
 * Loop and Scan whose number of iterations is known at import, unrolled: the body once per iteration in the node's
 * place.
 */
#pragma once

#include "model/onnx/branch.h"

typedef struct
{
  StrataOnnxNodes *nodes;
  const StrataOnnxScope *scope;
  StrataWire *outer;
  const StrataWireField *body;       /* GraphProto */
  const StrataNode *node;            /* operator and attributes */
  const GPtrArray *inputs, *outputs; /* names in the flat graph */
  const char *prefix;                /* of names inside */
  int n_trips;
} StrataOnnxUnroll;

/* Refuses more than 4096 nodes and iterations in one model. */
gboolean strata_onnx_unroll (const StrataOnnxUnroll *unroll, GError **error);

/* Looks at the conditions of unrolled loops in the inferred @graph: one that ends earlier, or that has no trip count
 * and goes on, gets another decision, and @again is set. Refuses conditions that are computed at run time. */
gboolean strata_onnx_check_loops (StrataOnnxNodes *nodes, const StrataGraph *graph, gboolean *again, GError **error);
