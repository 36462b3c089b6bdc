/* SPDX-License-Identifier: Apache-2.0
 *
 * State of one lowering, shared by the files of this folder. A view says which lowered tensor holds a value of the
 * source graph, and in which order: order[i] is the place, in the ONNX order of the tensor, of the value's element i
 * (NULL: the same place). Shape-only operators change views, not data.
 */
#pragma once

#include "compiler/lower/lowered.h"

typedef struct
{
  int tensor; /* -1: none yet */
  const gint32 *order;
} StrataView;

/* A constant of the source graph, from the file or computed. */
typedef struct
{
  StrataDtype dtype;
  int n_dims;
  const gint64 *dims;
  gint64 count;
  const guint8 *data; /* may be unaligned */
} StrataConstant;

typedef struct
{
  const StrataGraph *graph;
  StrataArena *arena;
  GArray *tensors, *ops;      /* StrataLoweredTensor, StrataLoweredOp */
  StrataView *views;          /* per value */
  gboolean *is_constant;      /* per value */
  gboolean *wants_planes;     /* per value: what reads it works on planes */
  gboolean *is_absent;        /* per value: a constant that is weightless or computed from such */
  StrataConstant **constants; /* per value, once asked for */
  int *node_op;
  int *first_use, *uses; /* CSR: nodes that read value v are uses[first_use[v]] …; a graph output counts as node -1 */
  GArray *shared;        /* gboolean per tensor: somebody else reads it, so nothing may be fused into it */
} StrataLowerState;

typedef gboolean (*StrataLowerFunc) (StrataLowerState *state, int node, GError **error);

/* lower.c */
gboolean strata_lower_fail (const StrataLowerState *state, int node, GError **error, const char *format, ...)
  G_GNUC_PRINTF (4, 5);
gboolean strata_lower_is (const StrataLowerState *state, int node, const char *onnx);
StrataLoweredTensor *strata_lower_tensor (StrataLowerState *state, int tensor);
StrataLoweredOp *strata_lower_op (StrataLowerState *state, int op);
int strata_lower_n_uses (const StrataLowerState *state, int value);
/* Batch-1 planes of a value; 2-D and 1-D values are vectors. Fails where the shape is dynamic or the batch is not 1. */
gboolean strata_lower_geometry (
  StrataLowerState *state, int node, int value, int *channels, int *height, int *width, GError **error);
/* Appends an op for @node with inputs[0] = @tensor and an output tensor for @value of the value's planes, or tokens
 * where @tensor has them. Returns its id or -1. */
int strata_lower_add_op (StrataLowerState *state, StrataQOpKind kind, int node, int tensor, int value, GError **error);
/* The same with a given shape, for tensors that stand for no other value. */
int
strata_lower_append (StrataLowerState *state, StrataQOpKind kind, int node, int tensor, int value, const int planes[3]);
/* @value is held by what holds @from, in @order. */
void strata_lower_alias (StrataLowerState *state, int node, int from, int value, const gint32 *order);
/* The op that made @value, if only the current node reads it and its result may still be changed; -1 otherwise. */
int strata_lower_open_producer (const StrataLowerState *state, int value);
/* The result of open producer @op is @value now. */
void strata_lower_extend (StrataLowerState *state, int op, int node, int value);

/* layout.c. The tensor that holds @value with the value's own planes; as tokens; either, as it lies. Makes a RESHAPE
 * where the bytes are the same, else a copy. */
gboolean strata_lower_input (StrataLowerState *state, int node, int value, int *tensor, GError **error);
gboolean strata_lower_token_input (StrataLowerState *state, int node, int value, int *tensor, GError **error);
gboolean strata_lower_either_input (StrataLowerState *state, int node, int value, int *tensor, GError **error);
void strata_lower_find_layouts (StrataLowerState *state);
/* Channels, rows and 1 of a value as tokens */
gboolean strata_lower_tokens (StrataLowerState *state, int node, int value, int planes[3], GError **error);
/* Whether a value can be planes at all; and whether what nobody asks for as planes has several rows as tokens */
gboolean strata_lower_has_planes (const StrataLowerState *state, int value);
gboolean strata_lower_prefers_tokens (const StrataLowerState *state, int value);
/* The bytes of @tensor under another shape, for @value; made once. Returns the tensor. */
int
strata_lower_reshape (StrataLowerState *state, int node, int tensor, int value, const int planes[3], gboolean tokens);

/* digital.c. @why no crossbar and no unit of its own takes the node, one sentence. */
gboolean strata_lower_digital (StrataLowerState *state, int node, const char *why, GError **error);
/* Why no crossbar takes an operator, whatever its operands are */
const char *strata_lower_digital_reason (StrataOp op);
/* @value copied to planes or tokens by an op that stands for no node */
gboolean strata_lower_copy (
  StrataLowerState *state, int node, int value, const int planes[3], gboolean tokens, int *tensor, GError **error);

/* rows.c. Whether each row of @read, what is read of the results of @node, needs no more than the same row of those
 * @tensors, the op's operands, that are in *@by_row; by burst it can be made row by row then. */
gboolean strata_lower_streams (StrataLowerState *state,
                               const StrataNode *node,
                               const GArray *tensors,
                               const GArray *read,
                               gboolean tokens,
                               guint32 *by_row);

/* constants.c */
void strata_lower_find_constants (StrataLowerState *state);
/* Whether @value is a constant of which only type and shape are known; strata_lower_constant () then fails, and
 * products do without. */
gboolean strata_lower_is_absent (const StrataLowerState *state, int value);
/* Errors name @node. */
const StrataConstant *strata_lower_constant (StrataLowerState *state, int node, int value, GError **error);
double strata_lower_constant_double (const StrataConstant *constant, gint64 index);
gint64 strata_lower_constant_int (const StrataConstant *constant, gint64 index);
/* Elements as aligned floats, in place where possible. */
const float *strata_lower_constant_floats (StrataLowerState *state, const StrataConstant *constant);
/* Elements of an integer input or, in old opsets, attribute; NULL and no error: absent. */
const gint64 *
strata_lower_ints (StrataLowerState *state, int node, int input, const char *attribute, int *n, GError **error);

/* Operators, by file */
gboolean strata_lower_conv (StrataLowerState *state, int node, GError **error); /* products.c */
gboolean strata_lower_gemm (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_matmul (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_batch_norm (StrataLowerState *state, int node, GError **error); /* affine.c */
gboolean strata_lower_add (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_sub (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_mul (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_div (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_relu (StrataLowerState *state, int node, GError **error); /* elementwise.c */
gboolean strata_lower_clip (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_sigmoid (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_tanh (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_softmax (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_sum (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_max_pool (StrataLowerState *state, int node, GError **error); /* pools.c */
gboolean strata_lower_average_pool (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_global_average_pool (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_global_max_pool (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_reduce_mean (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_same_order (StrataLowerState *state, int node, GError **error); /* shapes.c */
gboolean strata_lower_transpose (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_slice (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_pad (StrataLowerState *state, int node, GError **error);
gboolean strata_lower_quantize_linear (StrataLowerState *state, int node, GError **error); /* qdq.c */
gboolean strata_lower_dequantize_linear (StrataLowerState *state, int node, GError **error);
/* Integers behind a DequantizeLinear of constants. FALSE without error: @value is none. */
typedef struct
{
  const StrataConstant *codes;

  int axis, n_scales; /* n_scales 1: per tensor */
  double *scales;
  int *zero_points;
} StrataCodes;

gboolean strata_lower_codes (StrataLowerState *state, int node, int value, StrataCodes *codes, GError **error);
