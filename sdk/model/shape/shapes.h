/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules: one per operator or family, in shape-*.c. A rule checks types and shapes of a node's inputs and sets
 * those of its outputs. All shapes are fixed after import; operands that decide a shape must therefore be constants.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  StrataGraph *graph;
  const StrataNode *node;
  int index;
} StrataShape;

typedef gboolean (*StrataShapeFunc) (StrataShape *shape, GError **error);

#define STRATA_OP(id, onnx, since, until, min_in, max_in, max_out, rule, exec, meaning)                                \
  gboolean strata_shape_##rule (StrataShape *shape, GError **error);
#include "model/ops.def"
#undef STRATA_OP

/* Infers every value in execution order, then folds constants and drops the nodes that made them. */
gboolean strata_graph_infer (StrataGraph *graph, GError **error);

/* TRUE if the node's rule gives the types and shapes that its outputs already have. One that needs the elements of a
 * constant of which only the digest is known is taken as it stands. Folds nothing. */
gboolean strata_graph_confirm_node (StrataGraph *graph, int index, GError **error);

/* Infers what does not depend on an If, Loop or Scan, and enters each of these that is decided into @decisions: first
 * output's name to 1, then, or 2, else; or to the number of iterations + 1. FALSE where none is. */
gboolean strata_graph_decide (StrataGraph *graph, GHashTable *decisions, GError **error);

/* TRUE for nodes that are not executed before run time though all their inputs are constant. */
gboolean strata_shape_stays (const StrataNode *node);

/* Sets of element types */
#define STRATA_TYPE_BIT(dtype) (1u << (dtype))
#define STRATA_TYPES_F32 STRATA_TYPE_BIT (STRATA_DTYPE_F32)
#define STRATA_TYPES_BOOL STRATA_TYPE_BIT (STRATA_DTYPE_BOOL)
#define STRATA_TYPES_REAL (STRATA_TYPES_F32 | STRATA_TYPE_BIT (STRATA_DTYPE_F16)) /* computed in float32 */
#define STRATA_TYPES_FLOAT (STRATA_TYPES_REAL | STRATA_TYPE_BIT (STRATA_DTYPE_F64))
#define STRATA_TYPES_INTEGER                                                                                           \
  (STRATA_TYPE_BIT (STRATA_DTYPE_I8) | STRATA_TYPE_BIT (STRATA_DTYPE_U8) | STRATA_TYPE_BIT (STRATA_DTYPE_I16)          \
   | STRATA_TYPE_BIT (STRATA_DTYPE_U16) | STRATA_TYPE_BIT (STRATA_DTYPE_I32) | STRATA_TYPE_BIT (STRATA_DTYPE_U32)      \
   | STRATA_TYPE_BIT (STRATA_DTYPE_I64) | STRATA_TYPE_BIT (STRATA_DTYPE_U64))
#define STRATA_TYPES_NUMBER (STRATA_TYPES_FLOAT | STRATA_TYPES_INTEGER)
#define STRATA_TYPES_INDEX (STRATA_TYPE_BIT (STRATA_DTYPE_I32) | STRATA_TYPE_BIT (STRATA_DTYPE_I64))
#define STRATA_TYPES_ANY (~0u)

/* For rules. Input @i, NULL where it is left out. */
const StrataValue *strata_shape_in (const StrataShape *shape, int i);
/* Sets output @i, if the node has it. Refuses dimensions out of range and more than 2^31 - 1 elements. */
gboolean
strata_shape_set (StrataShape *shape, int i, StrataDtype dtype, int n_dims, const gint64 *dims, GError **error);
/* TRUE if input @i is there and its type is in @types. */
gboolean strata_shape_need (const StrataShape *shape, int i, guint types, GError **error);
/* TRUE if inputs @i and @j, if there, have one type. */
gboolean strata_shape_agree (const StrataShape *shape, int i, int j, GError **error);
/* An axis counted from the end where negative; @n_dims is the number of dimensions it may name. */
gboolean strata_shape_axis (gint64 axis, int n_dims, int *result, GError **error);
/* The number of input @i, which must be there, one element and known at import. */
gboolean strata_shape_scalar (const StrataShape *shape, int i, double *value, GError **error);
/* Result of numpy broadcasting of all inputs. */
gboolean strata_shape_broadcast (const StrataShape *shape, int n_inputs, int *n_dims, gint64 *dims, GError **error);
/* Before opset 7: lines input 1 up with axis @axis of input 0. */
gboolean strata_shape_line_up (const StrataShape *shape, gint64 axis, GError **error);
/* Both return FALSE, with STRATA_IMPORT_ERROR_SHAPE and STRATA_IMPORT_ERROR_UNSUPPORTED. */
gboolean strata_shape_fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean strata_shape_lack (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
