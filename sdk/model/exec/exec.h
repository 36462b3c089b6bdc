/* SPDX-License-Identifier: Apache-2.0
 *
 * Executors: one per operator or family, in this folder. An executor reads arrays that the shape rule has checked and
 * writes outputs that are allocated for it, of the inferred types and shapes.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  const StrataGraph *graph;
  const StrataNode *node;
  int index;
  const StrataArray *const *in; /* node->n_inputs; NULL: left out */
  StrataArray *const *out;      /* node->n_outputs; NULL: left out */
} StrataExec;

typedef gboolean (*StrataExecFunc) (const StrataExec *exec, GError **error);

#define STRATA_OP(id, onnx, since, until, min_in, max_in, max_out, rule, exec, meaning)                                \
  gboolean strata_exec_##exec (const StrataExec *run, GError **error);
#include "model/ops.def"
#undef STRATA_OP

/* Runs one node; @outputs, one per output, (transfer full), NULL where left out. */
gboolean strata_exec_node (
  const StrataGraph *graph, int index, const StrataArray *const *inputs, StrataArray **outputs, GError **error);

/* The same into arrays that are there, one per output of the node, NULL where left out. */
gboolean strata_exec_node_into (
  const StrataGraph *graph, int index, const StrataArray *const *inputs, StrataArray *const *outputs, GError **error);
gboolean strata_exec_is_elementwise (StrataOp op);
gboolean strata_exec_is_binary (StrataOp op);
gboolean strata_exec_is_copy (StrataOp op);

/* Input @i, NULL where it is left out. */
const StrataArray *strata_exec_in (const StrataExec *exec, int i);
/* A constant as an array that borrows its bytes; never to be freed or written to. Its data are NULL where memory does
 * not suffice for what strata_value_bytes () copies. */
StrataArray strata_value_view (const StrataValue *value);
/* Like strata_array_new () without zeroes, but NULL where memory does not suffice. */
StrataArray *strata_array_try_new (StrataDtype dtype, int n_dims, const gint64 *dims) G_GNUC_WARN_UNUSED_RESULT;
gboolean strata_exec_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
