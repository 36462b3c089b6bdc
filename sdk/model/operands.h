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

#define STRATA_MAX_SPATIAL (STRATA_MAX_DIMS - 2)

/* A window over any number of spatial dimensions, with auto_pad resolved */
typedef struct
{
  int n; /* spatial dimensions */
  gint64 kernel[STRATA_MAX_SPATIAL], stride[STRATA_MAX_SPATIAL], dilation[STRATA_MAX_SPATIAL];
  gint64 before[STRATA_MAX_SPATIAL], after[STRATA_MAX_SPATIAL]; /* pads */
  gint64 groups;
} StrataExtents;

/* Of a Conv, MaxPool, AveragePool … node */
gboolean strata_node_extents (const StrataGraph *graph, int node, StrataExtents *extents, GError **error);
/* Strides, dilations and pads only, without auto_pad; @extents->n must be set. */
gboolean strata_node_steps (const StrataNode *node, StrataExtents *extents, GError **error);
/* Of a ConvTranspose: window, and the output's @size along its spatial dimensions, STRATA_MAX_SPATIAL at most. */
gboolean strata_node_extents_transposed (
  const StrataGraph *graph, int node, StrataExtents *extents, gint64 *size, GError **error);

/* Of a 2-D (or 1-D) ConvTranspose: window, and the output's @size along its 1 or 2 spatial dimensions. */
gboolean
strata_node_transposed (const StrataGraph *graph, int node, StrataWindow *window, gint64 *size, GError **error);
