/* SPDX-License-Identifier: Apache-2.0
 *
 * Quantised graphs by hand, chips of any size, and whole programs of them, for tests of the compiler's back half.
 */
#pragma once

#include "compiler/stages.h"

/* Tensors and ops are added in order; each call returns the id of the new tensor. Weights are seeded by the op's id. */
StrataQGraph *fixtures_graph_new (void);
int fixtures_input (StrataQGraph *graph, int channels, int height, int width);
int fixtures_conv (StrataQGraph *graph, int input, int n, int kernel, int stride);
int fixtures_depthwise (StrataQGraph *graph, int input, int kernel, int stride);
/* A convolution of @groups, on the digital units */
int fixtures_grouped (StrataQGraph *graph, int input, int n, int kernel, int stride, int groups);
int fixtures_dense (StrataQGraph *graph, int input, int n);
int fixtures_add (StrataQGraph *graph, int a, int b);
int fixtures_average (StrataQGraph *graph, int input); /* over the plane */
/* A digital op. @product: each row times a constant matrix, row by row; else a softmax over the rows, in one burst */
int fixtures_digital (StrataQGraph *graph, int input, gboolean product);
/* Self-attention of one token, @query (channels x 1 x 1), over a cache of @past tokens, an input of the graph, and
 * itself; the longer cache goes out. @past 0: none comes in. Returns the mixed values. */
int fixtures_attention (StrataQGraph *graph, int query, int n_heads, int past);
/* A row of a table of @n_rows, looked up by an input of the graph: @channels x 1 x 1. The table has values. */
int fixtures_lookup (StrataQGraph *graph, int n_rows, int channels);
int fixtures_flatten (StrataQGraph *graph, int input);
void fixtures_output (StrataQGraph *graph, int tensor);

/* Two convolutions and a dense layer: 3 x 8 x 8 -> 16 x 8 x 8 -> 24 x 4 x 4 -> 10 */
StrataQGraph *fixtures_tiny (void);
/* A chain with branches, drawn from @seed */
StrataQGraph *fixtures_random (guint64 seed);

/* The shipped chip @name, made @mesh_x x @mesh_y x @tiers where those are > 0 */
StrataChipSpec *fixtures_chip (const char *name, int mesh_x, int mesh_y, int tiers);
/* Marks every site dead for which a draw from @seed is below @share. */
void fixtures_kill (StrataChipSpec *chip, guint64 seed, double share);

/* All stages; takes both. Fails the test where a stage fails. */
StrataImage *fixtures_image (StrataQGraph *graph, StrataChipSpec *chip);
/* The same with another effort of placement, such as -1: the constructive start alone */
StrataImage *fixtures_image_with (StrataQGraph *graph, StrataChipSpec *chip, double effort);
