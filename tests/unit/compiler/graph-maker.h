/* SPDX-License-Identifier: Apache-2.0
 *
 * Small graphs for tests, written down value by value; shapes are given, not inferred.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  StrataArena *arena;
  GArray *values, *nodes, *inputs, *outputs;
} GraphMaker;

void maker_init (GraphMaker *maker);
/* Dimensions end with 0. */
int maker_value (GraphMaker *maker, const char *name, StrataDtype dtype, ...);
int maker_input (GraphMaker *maker, const char *name, ...);
int maker_floats (GraphMaker *maker, const float *data, ...);
int maker_ints (GraphMaker *maker, const gint64 *data, int n);
int maker_bytes (GraphMaker *maker, StrataDtype dtype, const void *data, ...);
/* Inputs end with -2 (-1 is one left out). */
int maker_node (GraphMaker *maker, StrataOp op, int output, ...);
void maker_attr_int (GraphMaker *maker, int node, const char *name, gint64 value);
void maker_attr_ints (GraphMaker *maker, int node, const char *name, int n, const gint64 *values);
void maker_output (GraphMaker *maker, int value);
/* Frees the maker; the graph owns everything. */
StrataGraph *maker_finish (GraphMaker *maker);
