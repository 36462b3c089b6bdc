/* SPDX-License-Identifier: Apache-2.0
 *
 * From a graph under rewriting to a frozen one: nodes in the order of the list, values that something reads or makes,
 * ids without gaps.
 */

#include "model/graph-build.h"
#include "model/rewrite/state.h"

/* Ids of the values that stay, in their old order; -1: dropped. */
static int *
renumber (const StrataRewriting *rw, int *n_kept)
{
  int n = (int) rw->values->len;
  int *ids = g_new (int, n + 1);
  g_autofree gboolean *kept = g_new0 (gboolean, n + 1);

  for (int node = rw->first; node >= 0; node = g_array_index (rw->links, StrataNodeLink, node).after)
    {
      const StrataNode *at = strata_rewrite_node (rw, node);

      for (int i = 0; i < at->n_inputs; i++)
        kept[MAX (at->inputs[i], 0)] |= at->inputs[i] >= 0;
      for (int i = 0; i < at->n_outputs; i++)
        kept[MAX (at->outputs[i], 0)] |= at->outputs[i] >= 0;
      for (int i = 0; i < at->n_attrs; i++)
        if (at->attrs[i].kind == STRATA_ATTR_TENSOR)
          kept[at->attrs[i].tensor] = TRUE;
    }
  for (int i = 0; i < rw->graph->n_inputs; i++)
    kept[rw->graph->inputs[i]] = TRUE;
  for (int i = 0; i < rw->graph->n_outputs; i++)
    kept[rw->graph->outputs[i]] = TRUE;
  *n_kept = 0;
  for (int i = 0; i < n; i++)
    ids[i] = kept[i] ? (*n_kept)++ : -1;
  return ids;
}

static void
map (const int *ids, int *values, int n)
{
  for (int i = 0; i < n; i++)
    values[i] = values[i] < 0 ? -1 : ids[values[i]];
}

/* Attributes are shared with the source; those that name a value are copied first. */
static void
map_attrs (StrataArena *arena, StrataNode *node, const int *ids)
{
  gboolean owned = FALSE;

  for (int i = 0; i < node->n_attrs; i++)
    if (node->attrs[i].kind == STRATA_ATTR_TENSOR)
      {
        if (!owned)
          node->attrs = strata_arena_memdup (arena, node->attrs, sizeof (StrataAttr) * (gsize) node->n_attrs);
        owned = TRUE;
        node->attrs[i].tensor = ids[node->attrs[i].tensor];
      }
}

static void
place_nodes (StrataRewriting *rw, StrataGraph *graph, const int *ids)
{
  int n = 0;

  for (int node = rw->first; node >= 0; node = g_array_index (rw->links, StrataNodeLink, node).after)
    n++;
  graph->nodes = strata_arena_array (graph->arena, StrataNode, n + 1);
  graph->n_nodes = 0;
  for (int node = rw->first; node >= 0; node = g_array_index (rw->links, StrataNodeLink, node).after)
    {
      StrataNode *at = &graph->nodes[graph->n_nodes];

      *at = g_array_index (rw->nodes, StrataNode, node);
      map (ids, at->inputs, at->n_inputs);
      map (ids, at->outputs, at->n_outputs);
      map_attrs (graph->arena, at, ids);
      for (int i = 0; i < at->n_outputs; i++)
        if (at->outputs[i] >= 0)
          graph->values[at->outputs[i]].producer = graph->n_nodes;
      graph->n_nodes++;
    }
}

static void
place_values (StrataRewriting *rw, StrataGraph *graph, const int *ids, int n)
{
  graph->values = strata_arena_array (graph->arena, StrataValue, n + 1);
  graph->n_values = n;
  for (guint i = 0; i < rw->values->len; i++)
    {
      const StrataValue *value = &g_array_index (rw->values, StrataValue, i);
      GBytes *blob = value->data == NULL ? NULL : g_hash_table_lookup (rw->blobs, value->data);

      if (ids[i] < 0)
        continue;
      graph->values[ids[i]] = *value;
      graph->values[ids[i]].producer = -1;
      if (blob != NULL)
        g_ptr_array_add (graph->lent, g_bytes_ref (blob));
    }
}

/* Who has the work of nodes that are gone: the last of the heirs, which is a node of the result. */
static void
trace_nodes (const StrataRewriting *rw)
{
  StrataArena *arena = rw->log->arena;
  int n_nodes = (int) rw->nodes->len, place = 0;
  int *places = strata_arena_array (arena, int, n_nodes + 1);

  rw->log->became = strata_arena_array (arena, int, rw->n_source + 1);
  rw->log->origin = strata_arena_array (arena, int, n_nodes + 1);
  for (int node = rw->first; node >= 0; node = g_array_index (rw->links, StrataNodeLink, node).after)
    {
      rw->log->origin[place] = node < rw->n_source ? node : -1;
      places[node] = place++;
    }
  for (int i = 0; i < rw->n_source; i++)
    {
      int node = i;

      /* an heir was there when its node went, so there is no ring */
      while (node >= 0 && g_array_index (rw->links, StrataNodeLink, node).gone)
        node = g_array_index (rw->heirs, int, node);
      rw->log->became[i] = node < 0 ? -1 : places[node];
    }
}

StrataGraph *
strata_rewrite_finish (StrataRewriting *rw, GError **error)
{
  g_autoptr (StrataGraph) graph = NULL;
  int n_kept;
  g_autofree int *ids = renumber (rw, &n_kept);

  graph = g_steal_pointer (&rw->graph);
  rw->graph = NULL;
  trace_nodes (rw);
  map (ids, graph->inputs, graph->n_inputs);
  map (ids, graph->outputs, graph->n_outputs);
  place_values (rw, graph, ids, n_kept);
  place_nodes (rw, graph, ids);
  strata_graph_count_consumers (graph);
  if (strata_graph_check (graph, error))
    return g_steal_pointer (&graph);
  g_prefix_error (error, "%s: rewritten: ", graph->path);
  return NULL;
}
