/* SPDX-License-Identifier: Apache-2.0
 *
 * NodeProto with its attributes, and ValueInfoProto, of ONNX.
 */
#pragma once

#include "model/graph-build.h"
#include "model/onnx/tensor.h"

#define STRATA_ONNX_OPEN (-1) /* a dimension without a number */

typedef struct
{
  const char *name; /* in the arena */
  gboolean has_tensor, has_shape;
  gint64 elem_type;
  int n_dims; /* counts on past STRATA_MAX_DIMS */
  gint64 dims[STRATA_MAX_DIMS];
  const char *params[STRATA_MAX_DIMS]; /* names of open dimensions; NULL: none given */
  gboolean negative;
} StrataOnnxInfo;

gboolean strata_onnx_info (
  StrataArena *arena, StrataWire *outer, const StrataWireField *message, StrataOnnxInfo *info, GError **error);
/* Type and dims of an input, open dimensions as STRATA_ONNX_OPEN; refuses what is no tensor. */
gboolean strata_onnx_info_type (const StrataOnnxInfo *info, StrataValue *value, GError **error);

typedef struct _StrataOnnxScope StrataOnnxScope;       /* scope.h */
typedef struct _StrataOnnxFunction StrataOnnxFunction; /* function.h */

/* A Loop that was unrolled; its conditions are known once the graph is inferred. */
typedef struct
{
  const char *key;       /* its first output */
  int n_trips;           /* that were unrolled */
  gboolean limited;      /* it has a trip count */
  GPtrArray *conditions; /* names of the condition after each trip; in the arena */
} StrataOnnxLoop;

/* What reading of nodes needs and fills */
typedef struct
{
  StrataOnnxSource *source;
  StrataGraphBuilder *builder;
  int opset;
  GHashTable *decisions; /* name of an If's first output to 1, then, or 2, else; of a Loop's or a Scan's to trips + 1 */
  int n_undecided;       /* of these that were added as they are */
  GArray *loops;         /* StrataOnnxLoop */
  gint64 n_unrolled;     /* iterations, and nodes that they added */
  GHashTable *domains;   /* of operator sets other than ONNX's own, to the version that the model names */
  GHashTable *functions; /* StrataOnnxFunction, by domain, name and overload */
  GHashTable *constants; /* StrataValue of a TensorProto in a branch or function, by its place in the file */
  gsize budget;          /* bytes that branches and functions may still unfold to, in all rounds */
  gsize n_names;         /* that they made in this round */
} StrataOnnxNodes;

void strata_onnx_nodes_init (StrataOnnxNodes *nodes, StrataOnnxSource *source, StrataGraphBuilder *builder);
void strata_onnx_nodes_clear (StrataOnnxNodes *nodes);

/* Adds the node, and its outputs as values; of an If, Loop or Scan that is decided, the nodes in it; of a call, the
 * nodes of the function. @scope: NULL in the model's graph. Refuses operators that Strata does not have in the opset.
 */
gboolean strata_onnx_node (StrataOnnxNodes *nodes,
                           const StrataOnnxScope *scope,
                           int index,
                           StrataWire *outer,
                           const StrataWireField *message,
                           GError **error);
/* Appends the AttributeProto inside @message to @attrs. */
gboolean strata_onnx_node_attr (
  StrataOnnxNodes *nodes, StrataWire *outer, const StrataWireField *message, GArray *attrs, GError **error);
