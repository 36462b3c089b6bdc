/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a graph from nodes that name their values: single assignment, every name defined, no cycle, execution order,
 * unique node names. Knows no file format. Then strata_graph_infer () (shapes.h) fills shapes and folds constants.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  StrataArena *arena;
  StrataValue *values; /* a GArray rounds its size up to a power of two, which of values is much */
  guint n_values, max_values;
  GArray *nodes;            /* StrataNode; inputs unresolved until linked */
  GPtrArray *reads;         /* per node: const char ** of n_inputs names, "" for one left out; in the arena */
  GHashTable *by_name;      /* value name to id + 1 */
  GArray *inputs, *outputs; /* value ids */
} StrataGraphBuilder;

void strata_graph_builder_init (StrataGraphBuilder *builder, StrataArena *arena);
/* Room for so many values and nodes, so that the tables need not grow; of an empty builder. */
void strata_graph_builder_reserve (StrataGraphBuilder *builder, guint n_values, guint n_nodes);
void strata_graph_builder_clear (StrataGraphBuilder *builder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (StrataGraphBuilder, strata_graph_builder_clear)

/* Adds a named value, whose name must live in the arena; -1 and an error where the name is taken. */
int strata_graph_builder_value (StrataGraphBuilder *builder, const StrataValue *value, GError **error);
/* Adds a value without a name, which its node names later. */
int strata_graph_builder_anonymous (StrataGraphBuilder *builder, const StrataValue *value);
int strata_graph_builder_find (const StrataGraphBuilder *builder, const char *name); /* -1: none */

/* Resolves names, orders nodes (stable: an ordered file stays as it is), names the nameless. Fills @graph's tables, and
 * leaves the builder empty of values. */
gboolean strata_graph_builder_link (StrataGraphBuilder *builder, StrataGraph *graph, GError **error);
/* Counts consumers; needed again after folding. */
void strata_graph_count_consumers (StrataGraph *graph);
