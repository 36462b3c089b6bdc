/* SPDX-License-Identifier: Apache-2.0
 *
 * Order is that of a depth-first walk over producers from the first node of the file to the last, which leaves an
 * ordered file as it is; the walk's stack is the cycle when there is one.
 */
#include "model/graph-build.h"

#include <string.h>

#include "base/hash.h"

#define MAX_CYCLE_NAMES 8
#define FIRST_VALUES 16

/* Names are long and begin alike; this reads many bytes at a time. */
static guint
hash_name (gconstpointer name)
{
  return (guint) strata_hash_bytes (name, strlen (name));
}

void
strata_graph_builder_init (StrataGraphBuilder *builder, StrataArena *arena)
{
  builder->arena = arena;
  builder->values = NULL;
  builder->n_values = builder->max_values = 0;
  builder->nodes = g_array_new (FALSE, FALSE, sizeof (StrataNode));
  builder->reads = g_ptr_array_new ();
  builder->by_name = g_hash_table_new (hash_name, g_str_equal);
  builder->inputs = g_array_new (FALSE, FALSE, sizeof (int));
  builder->outputs = g_array_new (FALSE, FALSE, sizeof (int));
}

void
strata_graph_builder_reserve (StrataGraphBuilder *builder, guint n_values, guint n_nodes)
{
  g_array_unref (builder->nodes);
  builder->values = g_renew (StrataValue, builder->values, n_values);
  builder->max_values = n_values;
  builder->nodes = g_array_sized_new (FALSE, FALSE, sizeof (StrataNode), n_nodes);
}

void
strata_graph_builder_clear (StrataGraphBuilder *builder)
{
  g_clear_pointer (&builder->values, g_free);
  g_clear_pointer (&builder->nodes, g_array_unref);
  g_clear_pointer (&builder->reads, g_ptr_array_unref);
  g_clear_pointer (&builder->by_name, g_hash_table_unref);
  g_clear_pointer (&builder->inputs, g_array_unref);
  g_clear_pointer (&builder->outputs, g_array_unref);
}

int
strata_graph_builder_find (const StrataGraphBuilder *builder, const char *name)
{
  return GPOINTER_TO_INT (g_hash_table_lookup (builder->by_name, name)) - 1;
}

int
strata_graph_builder_anonymous (StrataGraphBuilder *builder, const StrataValue *value)
{
  if (builder->n_values == builder->max_values)
    {
      builder->max_values += builder->max_values / 4 + FIRST_VALUES;
      builder->values = g_renew (StrataValue, builder->values, builder->max_values);
    }
  builder->values[builder->n_values] = *value;
  return (int) builder->n_values++;
}

int
strata_graph_builder_value (StrataGraphBuilder *builder, const StrataValue *value, GError **error)
{
  int id;

  if (strata_graph_builder_find (builder, value->name) >= 0)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "the value %s is defined twice; each name must have one source", value->name);
      return -1;
    }
  id = strata_graph_builder_anonymous (builder, value);
  g_hash_table_insert (builder->by_name, (char *) value->name, GINT_TO_POINTER (id + 1));
  return id;
}

static const char *
shown_name (const StrataNode *node, StrataArena *arena)
{
  return *node->name != '\0' ? node->name
                             : strata_arena_printf (arena, "%s_%d", strata_op_name (node->op), node->onnx_index);
}

/* A set of names, and how many were made of each that was taken: the nodes of an unrolled loop need one try each. */
typedef struct
{
  GHashTable *taken, *counts;
} Names;

/* @name or, where it is taken, NAME_INDEX, else NAME_INDEX_2 and so on */
static const char *
take_name (Names *names, StrataArena *arena, const char *name, int onnx_index)
{
  const char *base, *tried;
  int n;

  if (g_hash_table_add (names->taken, (char *) name))
    return name;
  tried = base = strata_arena_printf (arena, "%s_%d", name, onnx_index);
  n = GPOINTER_TO_INT (g_hash_table_lookup (names->counts, base));
  if (n > 0)
    tried = strata_arena_printf (arena, "%s_%d", base, n + 1);
  for (; !g_hash_table_add (names->taken, (char *) tried); n++)
    tried = strata_arena_printf (arena, "%s_%d", base, n + 2);
  g_hash_table_insert (names->counts, (char *) base, GINT_TO_POINTER (n + 1));
  return tried;
}

/* Every node gets a name of its own: OP_INDEX where the file has none, NAME_INDEX where it repeats one. */
static void
name_nodes (StrataGraphBuilder *builder)
{
  g_autoptr (GHashTable) taken = g_hash_table_new (hash_name, g_str_equal);
  g_autoptr (GHashTable) counts = g_hash_table_new (hash_name, g_str_equal);
  Names names = { taken, counts };

  for (guint i = 0; i < builder->nodes->len; i++)
    {
      StrataNode *node = &g_array_index (builder->nodes, StrataNode, i);
      const char *name = take_name (&names, builder->arena, shown_name (node, builder->arena), node->onnx_index);

      node->name = name;
      for (int j = 0; j < node->n_attrs; j++)
        if (node->attrs[j].kind == STRATA_ATTR_TENSOR)
          builder->values[node->attrs[j].tensor].name =
            strata_arena_printf (builder->arena, "%s:%s", name, node->attrs[j].name);
    }
}

static gboolean
resolve_reads (StrataGraphBuilder *builder, guint index, GError **error)
{
  StrataNode *node = &g_array_index (builder->nodes, StrataNode, index);
  const char **reads = builder->reads->pdata[index];

  node->inputs = strata_arena_array (builder->arena, int, node->n_inputs);
  for (int i = 0; i < node->n_inputs; i++)
    {
      node->inputs[i] = *reads[i] == '\0' ? -1 : strata_graph_builder_find (builder, reads[i]);
      if (node->inputs[i] >= 0 || *reads[i] == '\0')
        continue;
      g_set_error (
        error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
        "node %s (%s): its input %d, %s, is not defined; it must be an input of the model, an initialiser or "
        "the output of a node",
        node->name, strata_op_name (node->op), i, reads[i]);
      return FALSE;
    }
  return TRUE;
}

static void
set_cycle_error (const StrataNode *nodes, const GArray *path, int closing, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  guint start = 0;

  while (g_array_index (path, int, start) != closing)
    start++;
  for (guint i = start; i < path->len && i < start + MAX_CYCLE_NAMES; i++)
    g_string_append_printf (text, "%s -> ", nodes[g_array_index (path, int, i)].name);
  if (path->len - start > MAX_CYCLE_NAMES)
    g_string_append_printf (text, "%u more -> ", path->len - start - MAX_CYCLE_NAMES);
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
               "nodes form a cycle: %s%s; a model must be free of cycles", text->str, nodes[closing].name);
}

typedef struct
{
  const StrataValue *values;
  const StrataNode *nodes;
  guint8 *state; /* 0 unseen, 1 on the path, 2 placed */
  int *next;     /* input to look at next */
  GArray *path, *order;
} Walk;

static gboolean
walk_from (Walk *walk, int root, GError **error)
{
  g_array_append_val (walk->path, root);
  walk->state[root] = 1;
  while (walk->path->len > 0)
    {
      int at = g_array_index (walk->path, int, walk->path->len - 1);
      const StrataNode *node = &walk->nodes[at];
      int value, producer;

      if (walk->next[at] == node->n_inputs)
        {
          walk->state[at] = 2;
          g_array_append_val (walk->order, at);
          g_array_set_size (walk->path, walk->path->len - 1);
          continue;
        }
      value = node->inputs[walk->next[at]++];
      producer = value < 0 ? -1 : walk->values[value].producer;
      if (producer < 0 || walk->state[producer] == 2)
        continue;
      if (walk->state[producer] == 1)
        {
          set_cycle_error (walk->nodes, walk->path, producer, error);
          return FALSE;
        }
      walk->state[producer] = 1;
      g_array_append_val (walk->path, producer);
    }
  return TRUE;
}

static gboolean
order_nodes (StrataGraphBuilder *builder, StrataGraph *graph, GError **error)
{
  int n = (int) builder->nodes->len;
  g_autofree guint8 *state = g_new0 (guint8, n + 1);
  g_autofree int *next = g_new0 (int, n + 1);
  g_autoptr (GArray) path = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (int));
  Walk walk = { graph->values, (const StrataNode *) (void *) builder->nodes->data, state, next, path, order };

  for (int i = 0; i < n; i++)
    if (state[i] == 0 && !walk_from (&walk, i, error))
      return FALSE;
  graph->n_nodes = n;
  graph->nodes = strata_arena_array (builder->arena, StrataNode, n);
  for (int i = 0; i < n; i++)
    {
      graph->nodes[i] = walk.nodes[g_array_index (order, int, i)];
      for (int j = 0; j < graph->nodes[i].n_outputs; j++)
        if (graph->nodes[i].outputs[j] >= 0)
          graph->values[graph->nodes[i].outputs[j]].producer = i;
    }
  return TRUE;
}

void
strata_graph_count_consumers (StrataGraph *graph)
{
  for (int i = 0; i < graph->n_values; i++)
    graph->values[i].n_consumers = 0;
  for (int i = 0; i < graph->n_nodes; i++)
    for (int j = 0; j < graph->nodes[i].n_inputs; j++)
      if (graph->nodes[i].inputs[j] >= 0)
        graph->values[graph->nodes[i].inputs[j]].n_consumers++;
  for (int i = 0; i < graph->n_outputs; i++)
    graph->values[graph->outputs[i]].n_consumers++;
}

static int *
copy_ids (StrataArena *arena, const GArray *ids, int *n)
{
  *n = (int) ids->len;
  return strata_arena_memdup (arena, ids->data, sizeof (int) * ids->len);
}

gboolean
strata_graph_builder_link (StrataGraphBuilder *builder, StrataGraph *graph, GError **error)
{
  name_nodes (builder);
  for (guint i = 0; i < builder->nodes->len; i++)
    if (!resolve_reads (builder, i, error))
      return FALSE;
  graph->n_values = (int) builder->n_values;
  graph->values = g_steal_pointer (&builder->values);
  builder->n_values = builder->max_values = 0;
  strata_arena_adopt (builder->arena, graph->values);
  graph->inputs = copy_ids (builder->arena, builder->inputs, &graph->n_inputs);
  graph->outputs = copy_ids (builder->arena, builder->outputs, &graph->n_outputs);
  if (!order_nodes (builder, graph, error))
    return FALSE;
  strata_graph_count_consumers (graph);
  return TRUE;
}
