/* SPDX-License-Identifier: Apache-2.0
 *
 * Life and check of a graph.
 */
#include "model/graph.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "model/element.h"
#include "model/unaligned.h"

#define BLOCK 2048 /* elements that are looked at in one go */

void
strata_graph_free (StrataGraph *graph)
{
  if (graph == NULL)
    return;
  g_clear_pointer (&graph->arena, strata_arena_free);
  g_clear_pointer (&graph->files, g_array_unref);
  g_clear_pointer (&graph->backing, g_ptr_array_unref);
  g_clear_pointer (&graph->lent, g_ptr_array_unref);
  g_free (graph);
}

gint64
strata_value_count (const StrataValue *value)
{
  gint64 count = 1;

  for (int i = 0; i < value->n_dims; i++)
    count *= value->dims[i];
  return count;
}

int
strata_graph_find_value (const StrataGraph *graph, const char *name)
{
  for (int i = 0; i < graph->n_values; i++)
    if (g_str_equal (graph->values[i].name, name))
      return i;
  return -1;
}

static gboolean
broken (GError **error, const char *place, const char *name, const char *problem)
{
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT, "%s %s: %s", place, name, problem);
  return FALSE;
}

static gboolean
check_value (const StrataGraph *graph, const StrataValue *value, GError **error)
{
  if (value->producer < -1 || value->producer >= graph->n_nodes)
    return broken (error, "value", value->name, "its producer is no node of the graph");
  if (value->n_dims < 0 || value->n_dims > STRATA_MAX_DIMS || strata_dtype_size (value->dtype) == 0)
    return broken (error, "value", value->name, "its type and shape are not known");
  for (int i = 0; i < value->n_dims; i++)
    if (value->dims[i] < 0 || value->dims[i] > G_MAXINT32)
      return broken (error, "value", value->name, "a dimension is out of range");
  if (value->n_bytes != (gsize) strata_value_count (value) * strata_dtype_size (value->dtype))
    return broken (error, "value", value->name, "its bytes do not match its type and shape");
  if ((value->data != NULL || value->weightless) && value->producer >= 0)
    return broken (error, "value", value->name, "a constant has a producer");
  if (!strata_value_is_aligned (value) && value->unaligned == NULL)
    return broken (error, "value", value->name, "its bytes are not aligned to its type");
  return TRUE;
}

static gboolean
check_node (const StrataGraph *graph, int index, gboolean *defined, GError **error)
{
  const StrataNode *node = &graph->nodes[index];

  if ((guint) node->op >= STRATA_N_OPS)
    return broken (error, "node", node->name, "it has no operator");
  for (int i = 0; i < node->n_inputs; i++)
    {
      if (node->inputs[i] < -1 || node->inputs[i] >= graph->n_values)
        return broken (error, "node", node->name, "an input is no value of the graph");
      if (node->inputs[i] >= 0 && !defined[node->inputs[i]])
        return broken (error, "node", node->name, "an input is computed later; nodes must be in order");
    }
  for (int i = 0; i < node->n_outputs; i++)
    {
      int id = node->outputs[i];

      if (id < -1 || id >= graph->n_values)
        return broken (error, "node", node->name, "an output is no value of the graph");
      if (id >= 0 && (defined[id] || graph->values[id].producer != index))
        return broken (error, "node", node->name, "an output has another source");
      if (id >= 0)
        defined[id] = TRUE;
    }
  return TRUE;
}

gboolean
strata_graph_check (const StrataGraph *graph, GError **error)
{
  g_autofree gboolean *defined = g_new0 (gboolean, graph->n_values + 1);

  for (int i = 0; i < graph->n_values; i++)
    {
      if (!check_value (graph, &graph->values[i], error))
        return FALSE;
      defined[i] = graph->values[i].data != NULL || graph->values[i].weightless;
    }
  for (int i = 0; i < graph->n_inputs; i++)
    defined[graph->inputs[i]] = TRUE;
  for (int i = 0; i < graph->n_nodes; i++)
    if (!check_node (graph, i, defined, error))
      return FALSE;
  for (int i = 0; i < graph->n_outputs; i++)
    if (!defined[graph->outputs[i]])
      return broken (error, "output", graph->values[graph->outputs[i]].name, "nothing computes it");
  return TRUE;
}

/* The first element of a block that is not finite; @n where there is none. Blocks are copied: bytes lie anywhere. */
static gsize
find_infinite (StrataDtype dtype, const guint8 *bytes, gsize n)
{
  gboolean is_wide = dtype == STRATA_DTYPE_F64;
  gsize size = strata_dtype_size (dtype);
  guint32 words[BLOCK] = { 0 };
  gboolean found = FALSE;
  gsize i = 0;

  /* the upper half of a double holds its exponent */
  if (is_wide)
    for (i = 0; i < n; i++)
      memcpy (&words[i], bytes + i * size + 4, 4);
  else
    memcpy (words, bytes, n * size);
  for (i = 0; i < n; i++)
    found |= (words[i] & (is_wide ? 0x7ff00000 : 0x7f800000)) == (is_wide ? 0x7ff00000 : 0x7f800000);
  for (i = 0; found && i < n; i++)
    if (!isfinite (strata_element_double (dtype, bytes, (gint64) i)))
      return i;
  return n;
}

static gboolean
check_finite (const StrataGraph *graph, const StrataValue *value, gboolean may_be_infinite, GError **error)
{
  gsize count = (gsize) strata_value_count (value), size = strata_dtype_size (value->dtype);

  for (gsize at = 0; at < count; at += BLOCK)
    {
      const guint8 *block = (const guint8 *) strata_value_peek (value) + at * size;
      gsize n = MIN (BLOCK, count - at), i = find_infinite (value->dtype, block, n);

      for (; may_be_infinite && i < n && !isnan (strata_element_double (value->dtype, block, (gint64) i)); i++)
        ;
      if (i == n)
        continue;
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE,
                   "%s: tensor %s: element %" G_GSIZE_FORMAT " is %s; weights must be finite", graph->path, value->name,
                   at + i,
                   isnan (strata_element_double (value->dtype, block, (gint64) i)) ? "not a number" : "infinite");
      return FALSE;
    }
  return TRUE;
}

/* Operators whose constants are masks and bounds as often as factors and terms */
static gboolean
takes_masks (StrataOp op)
{
  switch (op)
    {
    case STRATA_OP_ADD:
    case STRATA_OP_CLIP:
    case STRATA_OP_CONCAT:
    case STRATA_OP_EQUAL:
    case STRATA_OP_EXPAND:
    case STRATA_OP_GREATER:
    case STRATA_OP_LESS:
    case STRATA_OP_MAX:
    case STRATA_OP_MIN:
    case STRATA_OP_PAD:
    case STRATA_OP_SLICE:
    case STRATA_OP_WHERE:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Per value: every reader takes masks. */
static gboolean *
find_masks (const StrataGraph *graph)
{
  gboolean *masks = g_new (gboolean, graph->n_values + 1);

  for (int i = 0; i < graph->n_values; i++)
    masks[i] = TRUE;
  for (int i = 0; i < graph->n_nodes; i++)
    for (int j = 0; j < graph->nodes[i].n_inputs && !takes_masks (graph->nodes[i].op); j++)
      if (graph->nodes[i].inputs[j] >= 0)
        masks[graph->nodes[i].inputs[j]] = FALSE;
  return masks;
}

gboolean
strata_graph_check_weights (const StrataGraph *graph, GError **error)
{
  g_autofree gboolean *masks = find_masks (graph);

  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataValue *value = &graph->values[i];

      if (value->data != NULL && value->n_consumers > 0
          && (value->dtype == STRATA_DTYPE_F32 || value->dtype == STRATA_DTYPE_F64)
          && !check_finite (graph, value, masks[i], error))
        return FALSE;
    }
  return TRUE;
}

void
strata_graph_add_file (StrataGraph *graph, GBytes *bytes, const char *path, const StrataFileStamp *stamp)
{
  StrataGraphFile file = { bytes, strata_arena_strdup (graph->arena, path), *stamp };

  if (graph->files == NULL)
    graph->files = g_array_new (FALSE, FALSE, sizeof (StrataGraphFile));
  g_array_append_val (graph->files, file);
}

guint64
strata_graph_digest (const StrataGraph *graph)
{
  gsize n_bytes;
  const void *bytes;

  if (graph->backing == NULL || graph->backing->len == 0)
    return 0;
  bytes = g_bytes_get_data (graph->backing->pdata[0], &n_bytes);
  return strata_hash_bytes (bytes, n_bytes);
}
