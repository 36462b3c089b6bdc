/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes of one operator with equal inputs and attributes compute the same. Small constants count as equal by their
 * bytes: exporters write one for every use.
 */
#include <string.h>

#include "model/rewrite/match.h"

#define MAX_COMPARED_BYTES 256

static gboolean
same_constant (const StrataRewriting *rw, int a, int b)
{
  const StrataValue *left = strata_rewrite_value (rw, a), *right = strata_rewrite_value (rw, b);

  return left->data != NULL && right->data != NULL && left->n_bytes == right->n_bytes && left->dtype == right->dtype
         && left->n_bytes <= MAX_COMPARED_BYTES && strata_match_same_shape (rw, a, b)
         && memcmp (left->data, right->data, left->n_bytes) == 0;
}

static gboolean
same_attr (const StrataRewriting *rw, const StrataAttr *a, const StrataAttr *b)
{
  gsize n = (gsize) a->n;

  if (!g_str_equal (a->name, b->name) || a->kind != b->kind || a->n != b->n)
    return FALSE;
  switch (a->kind)
    {
    case STRATA_ATTR_INT:
      return a->i == b->i;
    case STRATA_ATTR_FLOAT:
      return memcmp (&a->f, &b->f, sizeof a->f) == 0;
    case STRATA_ATTR_STRING:
      return g_str_equal (a->s, b->s);
    case STRATA_ATTR_INTS:
      return n == 0 || memcmp (a->ints, b->ints, sizeof (gint64) * n) == 0;
    case STRATA_ATTR_FLOATS:
      return n == 0 || memcmp (a->floats, b->floats, sizeof (float) * n) == 0;
    case STRATA_ATTR_TENSOR:
      return a->tensor == b->tensor || same_constant (rw, a->tensor, b->tensor);
    default:
      return FALSE;
    }
}

static gboolean
same_node (const StrataRewriting *rw, const StrataNode *a, const StrataNode *b)
{
  if (a->op != b->op || a->n_inputs != b->n_inputs || a->n_attrs != b->n_attrs || a->n_outputs != b->n_outputs)
    return FALSE;
  for (int i = 0; i < a->n_inputs; i++)
    if (a->inputs[i] != b->inputs[i]
        && (a->inputs[i] < 0 || b->inputs[i] < 0 || !same_constant (rw, a->inputs[i], b->inputs[i])))
      return FALSE;
  for (int i = 0; i < a->n_attrs; i++)
    if (!same_attr (rw, &a->attrs[i], &b->attrs[i]))
      return FALSE;
  for (int i = 0; i < a->n_outputs; i++)
    if ((a->outputs[i] < 0) != (b->outputs[i] < 0))
      return FALSE;
  return TRUE;
}

/* Nodes that compute the same read the same values, so the candidates are the other readers of one input: of the
 * computed one with the fewest. A value with many readers is left alone, for the walk to stay short. */
#define MAX_READERS 64

static int
rarest_input (const StrataRewriting *rw, const StrataNode *node)
{
  int best = -1;

  for (int i = 0; i < node->n_inputs; i++)
    {
      int value = node->inputs[i];

      if (value >= 0 && !strata_rewrite_is_constant (rw, value)
          && (best < 0 || strata_rewrite_value (rw, value)->n_consumers < strata_rewrite_value (rw, best)->n_consumers))
        best = value;
    }
  return best;
}

/* Where both name outputs of the graph, both stay. */
static gboolean
may_go (const StrataRewriting *rw, const StrataNode *node)
{
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0 && g_array_index (rw->is_output, gboolean, node->outputs[i]))
      return FALSE;
  return TRUE;
}

/* @node stays, as it is the earlier one; its equals go. Nodes of the source are in the order of their ids. */
gboolean
strata_rewrite_common (StrataRewriting *rw, int node)
{
  int value = rarest_input (rw, strata_rewrite_node (rw, node)), next;
  gboolean changed = FALSE;

  if (value < 0 || strata_rewrite_value (rw, value)->n_consumers < 2
      || strata_rewrite_value (rw, value)->n_consumers > MAX_READERS)
    return FALSE;
  for (int read = g_array_index (rw->first_reads, int, value); read >= 0; read = next)
    {
      int twin = g_array_index (rw->reads, StrataRead, read).node;
      const StrataNode *kept = strata_rewrite_node (rw, node), *gone = strata_rewrite_node (rw, twin);
      int nodes[1] = { twin };

      rw->log->n_steps++;
      next = g_array_index (rw->reads, StrataRead, read).after;
      if (twin == node || !same_node (rw, kept, gone) || !may_go (rw, gone) || node > twin || twin >= rw->n_source)
        continue;
      while (next >= 0 && g_array_index (rw->reads, StrataRead, next).node == twin)
        next = g_array_index (rw->reads, StrataRead, next).after;
      strata_rewrite_note (rw, nodes, 1, strata_op_name (kept->op), kept->name);
      strata_rewrite_remove (rw, twin, node);
      for (int i = 0; i < kept->n_outputs; i++)
        if (kept->outputs[i] >= 0)
          strata_rewrite_redirect (rw, gone->outputs[i], kept->outputs[i]);
      changed = TRUE;
    }
  return changed;
}
