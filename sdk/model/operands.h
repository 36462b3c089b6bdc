/* SPDX-License-Identifier: Apache-2.0
 *
 * Operands that moved between attribute and input from opset to opset, resolved once for shape rules and executors
 * alike.
 */
#pragma once

#include "model/graph.h"

/* The integers of attribute @name, else of constant input @input (-1: there is no such input). @n: -1 where neither is
 * there. Refuses inputs that are computed at run time, and more than @max integers. */
gboolean strata_operand_ints (const StrataGraph *graph,
                              const StrataNode *node,
                              const char *name,
                              int input,
                              int max,
                              gint64 *values,
                              int *n,
                              GError **error);

/* Axes of Squeeze, ReduceMean …: a flag per dimension. @n: -1 where none are given. Refuses repeated ones. */
gboolean strata_operand_axes (
  const StrataGraph *graph, const StrataNode *node, int input, int n_dims, gboolean *axes, int *n, GError **error);

typedef struct
{
  gint64 start[STRATA_MAX_DIMS], step[STRATA_MAX_DIMS], count[STRATA_MAX_DIMS]; /* per dimension of the input */
} StrataSliceRange;

gboolean
strata_operand_slice (const StrataGraph *graph, const StrataNode *node, StrataSliceRange *range, GError **error);

typedef struct
{
  gint64 before[STRATA_MAX_DIMS], after[STRATA_MAX_DIMS]; /* negative: crops */
} StrataPadRange;

gboolean strata_operand_pad (const StrataGraph *graph, const StrataNode *node, StrataPadRange *range, GError **error);

/* Output size of a window along one dimension; at most 0 where the window does not fit. */
gint64 strata_window_size (
  gint64 in, gint64 pad_before, gint64 pad_after, gint64 kernel, gint64 dilation, gint64 stride, gboolean ceil_mode);

/* Of a 2-D (or 1-D) ConvTranspose: window, and the output's @size along its 1 or 2 spatial dimensions. */
gboolean
strata_node_transposed (const StrataGraph *graph, int node, StrataWindow *window, gint64 *size, GError **error);
