/* SPDX-License-Identifier: Apache-2.0
 *
 * Which branch an If takes, and how often a Loop or Scan goes round: what the importer must know before it unfolds
 * them.
 */
#include "model/element.h"
#include "model/ops.h"
#include "model/shape/infer.h"

#define FIRST_TRIPS 8       /* of a Loop without a count */
#define MAX_TRIPS (1 << 20) /* as many as a message can tell; far more than the importer accepts */
#define MAX_LISTED 4

static gboolean
knows_inputs (const StrataGraph *graph, const StrataNode *node)
{
  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] >= 0 && graph->values[node->inputs[i]].n_dims < 0)
      return FALSE;
  return TRUE;
}

static gboolean
is_known_bool (const StrataValue *value)
{
  return value->data != NULL && value->dtype == STRATA_DTYPE_BOOL && strata_value_count (value) == 1;
}

static const StrataValue *
input_of (const StrataGraph *graph, const StrataNode *node, int i)
{
  return i >= node->n_inputs || node->inputs[i] < 0 ? NULL : &graph->values[node->inputs[i]];
}

/* 1, then, or 2, else; 0: not known */
static int
decide_if (const StrataGraph *graph, const StrataNode *node)
{
  const StrataValue *condition = input_of (graph, node, 0);

  if (condition == NULL || !is_known_bool (condition))
    return 0;
  return *(const guint8 *) condition->data != 0 ? 1 : 2;
}

/* Trips + 1 of a Loop. Without a count it is tried with a few; the importer looks whether that was right. */
static int
decide_loop (const StrataGraph *graph, const StrataNode *node)
{
  const StrataValue *count = input_of (graph, node, 0), *condition = input_of (graph, node, 1);
  gint64 n = FIRST_TRIPS;

  if (condition != NULL && !is_known_bool (condition))
    return 0;
  if (condition != NULL && *(const guint8 *) condition->data == 0)
    return 1;
  if (count != NULL)
    {
      if (count->data == NULL || (STRATA_TYPE_BIT (count->dtype) & STRATA_TYPES_INDEX) == 0
          || strata_value_count (count) != 1)
        return 0;
      n = strata_element_int (count->dtype, count->data, 0);
    }
  return (int) CLAMP (n, 0, MAX_TRIPS) + 1;
}

/* Trips + 1 of a Scan: the length that all its sequences have. Before opset 9 they have a batch in front. */
static int
decide_scan (const StrataGraph *graph, const StrataNode *node)
{
  gint64 n = CLAMP (strata_node_int (node, "num_scan_inputs", 0), 0, node->n_inputs), length = -1;
  const StrataAttr *axes = strata_node_attr (node, "scan_input_axes");
  gboolean batched = graph->opset < 9;

  for (int i = 0; i < (int) n; i++)
    {
      const StrataValue *in = input_of (graph, node, node->n_inputs - (int) n + i);
      gint64 axis = batched ? 1 : axes == NULL || i >= axes->n ? 0 : axes->ints[i];

      if (in == NULL || axis < -in->n_dims || axis >= in->n_dims || (batched && in->dims[0] != 1))
        return 0;
      axis += axis < 0 ? in->n_dims : 0;
      if (i > 0 && in->dims[axis] != length)
        return 0;
      length = in->dims[axis];
    }
  return (int) CLAMP (length, -1, MAX_TRIPS) + 1;
}

static int
decide (const StrataGraph *graph, const StrataNode *node)
{
  return node->op == STRATA_OP_IF     ? decide_if (graph, node)
         : node->op == STRATA_OP_LOOP ? decide_loop (graph, node)
                                      : decide_scan (graph, node);
}

/* Names of the graph's inputs that @value is computed from; "" where there are none or too many to say */
static char *
list_sources (const StrataGraph *graph, int value)
{
  g_autofree gboolean *seen = g_new0 (gboolean, graph->n_values + 1);
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (GString) text = g_string_new (NULL);
  int n_listed = 0;

  g_array_append_val (stack, value);
  while (stack->len > 0)
    {
      int id = g_array_index (stack, int, stack->len - 1), producer;
      const StrataNode *node;

      g_array_set_size (stack, stack->len - 1);
      if (id < 0 || seen[id] || graph->values[id].data != NULL)
        continue;
      seen[id] = TRUE;
      producer = graph->values[id].producer;
      node = producer >= 0 ? &graph->nodes[producer] : NULL;
      for (int i = 0; node != NULL && i < node->n_inputs; i++)
        g_array_append_val (stack, node->inputs[i]);
      for (int i = 0; node == NULL && i < graph->n_inputs; i++)
        if (graph->inputs[i] == id && ++n_listed <= MAX_LISTED)
          g_string_append_printf (text, "%s%s", text->len == 0 ? "" : ", ", graph->values[id].name);
    }
  return n_listed > MAX_LISTED ? g_strdup ("") : g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
fail_undecided (const StrataGraph *graph, const StrataNode *node, GError **error)
{
  const StrataValue *first = node == NULL ? NULL : input_of (graph, node, 0);
  g_autofree char *sources = first == NULL ? g_strdup ("") : list_sources (graph, node->inputs[0]);

  if (node != NULL && node->op == STRATA_OP_SCAN)
    return strata_shape_lack (error,
                              "node %s (Scan, opset %d): its sequences are not of one length, or not in a batch of 1; "
                              "these are accepted",
                              node->name, graph->opset);
  return strata_shape_lack (error,
                            "node %s (%s, opset %d): its condition%s %s is computed at run time; one that follows from "
                            "shapes and constants is accepted: give the inputs that it depends on%s%s%s when the model "
                            "is opened (--bind NAME=NUMBER)",
                            node == NULL ? "?" : node->name, node == NULL ? "?" : strata_op_name (node->op),
                            graph->opset, node != NULL && node->op == STRATA_OP_LOOP ? " or its count" : "",
                            first == NULL ? "?" : first->name, *sources == '\0' ? "" : " (", sources,
                            *sources == '\0' ? "" : ")");
}

gboolean
strata_graph_decide (StrataGraph *graph, GHashTable *decisions, GError **error)
{
  StrataFoldBudget budget = strata_fold_budget (graph);
  const StrataNode *first = NULL;
  gboolean progress = FALSE;

  if (!strata_shape_size_inputs (graph, error))
    return FALSE;
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *node = &graph->nodes[i];
      int decision;

      if (!knows_inputs (graph, node))
        continue;
      if (!strata_op_has_graph (node->op))
        {
          if (!strata_shape_infer_node (graph, i, &budget, error))
            return FALSE;
          continue;
        }
      decision = decide (graph, node);
      if (decision == 0)
        first = first == NULL ? node : first;
      else
        {
          g_hash_table_insert (decisions, g_strdup (graph->values[node->outputs[0]].name), GINT_TO_POINTER (decision));
          progress = TRUE;
        }
    }
  return progress || fail_undecided (graph, first, error);
}

/* A node with graphs in it that is still there was not decided; strata_graph_decide () says so before any rule runs. */
gboolean
strata_shape_undecided (StrataShape *shape, GError **error)
{
  return strata_shape_lack (error, "its condition is computed at run time");
}
