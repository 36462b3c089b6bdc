/* SPDX-License-Identifier: Apache-2.0
 *
 * A graph against its rewriting: structure, names, determinism, and results on random input.
 */
#pragma once

#include "model/arch/layers.h"
#include "model/rewrite/rewrite.h"

/* A node of @layers by operator, name and input ids */
#define NODE(layers, OP, name, ...)                                                                                    \
  strata_layers_node ((layers), STRATA_OP_##OP, (name), (const int[]){ __VA_ARGS__ },                                  \
                      G_N_ELEMENTS (((const int[]){ __VA_ARGS__ })))

/* A float32 constant named @name of random numbers from @low to @high; the same for the same name */
int rewrite_floats (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims, float low, float high);
int rewrite_number (StrataLayers *layers, double number);
int rewrite_input (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims);
/* The graph of which @value is the output "y" */
StrataGraph *rewrite_finish (StrataLayers *layers, int value);

/* Rewrites @graph and checks: the result passes strata_graph_check; a second rewriting has the same hash and log; the
 * source has the hash it had; names are unique; and, on random inputs, outputs differ by at most @tolerance of their
 * peak (0: not at all). @log: (out) (optional) (transfer full) */
StrataGraph *rewrite_check (const StrataGraph *graph, StrataRewriteSet rules, double tolerance, StrataRewriteLog **log);
/* The results alone. A @tolerance below 0 leaves them out of rewrite_check (). */
void rewrite_compare (const StrataGraph *graph, const StrataGraph *result, guint32 seed, double tolerance);

int rewrite_n_ops (const StrataGraph *graph, StrataOp op);
int rewrite_n_rules (const StrataRewriteLog *log, StrataRule rule);
