/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes that give what they read, and chains of reshapes. A node stays where it names an output of the graph that its
 * source cannot take the name of: inputs, constants and values that are outputs already.
 */

#include "model/element.h"
#include "model/operands.h"
#include "model/rewrite/match.h"

/* A constant that is compared element by element is small. */
#define MAX_SPLAT 4096

static gboolean
is_all (StrataRewriting *rw, int value, double number)
{
  const StrataValue *v = strata_rewrite_value (rw, value);
  gint64 count = strata_value_count (v);

  if (v->data == NULL || count < 1 || count > MAX_SPLAT)
    return FALSE;
  for (gint64 i = 0; i < count; i++)
    {
      rw->log->n_steps++;
      if ((strata_dtype_is_float (v->dtype) ? strata_element_double (v->dtype, v->data, i)
                                            : (double) strata_element_int (v->dtype, v->data, i))
          != number)
        return FALSE;
    }
  return TRUE;
}

static gboolean
slices_all (const StrataRewriting *rw, const StrataNode *node)
{
  StrataSliceRange range;
  const StrataValue *in = strata_rewrite_value (rw, node->inputs[0]);

  if (!strata_operand_slice (rw->graph, node, &range, NULL))
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    if (range.start[d] != 0 || range.step[d] != 1 || range.count[d] != in->dims[d])
      return FALSE;
  return TRUE;
}

static gboolean
pads_nothing (const StrataRewriting *rw, const StrataNode *node)
{
  StrataPadRange range;

  if (!strata_operand_pad (rw->graph, node, &range, NULL))
    return FALSE;
  for (int d = 0; d < strata_rewrite_value (rw, node->inputs[0])->n_dims; d++)
    if (range.before[d] != 0 || range.after[d] != 0)
      return FALSE;
  return TRUE;
}

/* TRUE if dimensions of more than one element keep their order. */
static gboolean
keeps_order (const StrataRewriting *rw, const StrataNode *node)
{
  const StrataAttr *perm = strata_node_attr (node, "perm");
  const StrataValue *in = strata_rewrite_value (rw, node->inputs[0]);
  int last = -1;

  for (int d = 0; d < in->n_dims; d++)
    {
      int from = perm == NULL ? in->n_dims - 1 - d : (int) perm->ints[d];

      if (in->dims[from] == 1)
        continue;
      if (from < last)
        return FALSE;
      last = from;
    }
  return TRUE;
}

/* The input that a binary operator gives unchanged; -1: none. As numbers: the sign of a zero may differ. */
static int
unchanged_operand (StrataRewriting *rw, const StrataNode *node)
{
  double neutral = node->op == STRATA_OP_ADD || node->op == STRATA_OP_SUB ? 0.0 : 1.0;
  gboolean commutes = node->op == STRATA_OP_ADD || node->op == STRATA_OP_MUL;

  if (is_all (rw, node->inputs[1], neutral))
    return node->inputs[0];
  return commutes && is_all (rw, node->inputs[0], neutral) ? node->inputs[1] : -1;
}

/* The input that the node gives unchanged, if its shape and type stay too; -1: none */
static int
unchanged (StrataRewriting *rw, const StrataNode *node)
{
  switch (node->op)
    {
    case STRATA_OP_IDENTITY:
    case STRATA_OP_RESHAPE:
    case STRATA_OP_FLATTEN:
    case STRATA_OP_SQUEEZE:
    case STRATA_OP_UNSQUEEZE:
    case STRATA_OP_EXPAND:
    case STRATA_OP_TILE:
    case STRATA_OP_CAST:
    case STRATA_OP_CAST_LIKE:
      return node->inputs[0];
    case STRATA_OP_DROPOUT:
      return node->n_outputs > 1 && node->outputs[1] >= 0
                 && strata_rewrite_value (rw, node->outputs[1])->n_consumers > 0
               ? -1
               : node->inputs[0];
    case STRATA_OP_SLICE:
      return slices_all (rw, node) ? node->inputs[0] : -1;
    case STRATA_OP_PAD:
      return pads_nothing (rw, node) ? node->inputs[0] : -1;
    case STRATA_OP_TRANSPOSE:
      return keeps_order (rw, node) ? node->inputs[0] : -1;
    case STRATA_OP_SPLIT:
      return node->n_outputs == 1 ? node->inputs[0] : -1;
    case STRATA_OP_CONCAT:
    case STRATA_OP_MAX:
    case STRATA_OP_MIN:
    case STRATA_OP_SUM:
    case STRATA_OP_MEAN:
      return node->n_inputs == 1 ? node->inputs[0] : -1;
    case STRATA_OP_ADD:
    case STRATA_OP_SUB:
    case STRATA_OP_MUL:
    case STRATA_OP_DIV:
    case STRATA_OP_POW:
      return unchanged_operand (rw, node);
    default:
      return -1;
    }
}

/* Readers of output @to read @from instead; or, where @to is an output of the graph, @from's maker makes @to. */
static gboolean
bypass (StrataRewriting *rw, int node, int from, int to)
{
  int maker = strata_rewrite_value (rw, from)->producer;
  const char *name = strata_rewrite_value (rw, from)->name;
  const StrataNode *made_by;

  if (!g_array_index (rw->is_output, gboolean, to))
    {
      strata_rewrite_note (rw, &node, 1, "", "");
      strata_rewrite_remove (rw, node, maker >= 0 ? maker : strata_rewrite_reader (rw, to));
      strata_rewrite_redirect (rw, to, from);
      return TRUE;
    }
  if (maker < 0 || g_array_index (rw->is_output, gboolean, from))
    return FALSE;
  made_by = strata_rewrite_node (rw, maker);
  strata_rewrite_note (rw, &node, 1, "", name);
  strata_rewrite_remove (rw, node, maker);
  strata_rewrite_redirect (rw, from, to);
  for (int i = 0; i < made_by->n_outputs; i++)
    if (made_by->outputs[i] == from)
      made_by->outputs[i] = to;
  strata_rewrite_value (rw, to)->producer = maker;
  strata_rewrite_value (rw, from)->producer = -1;
  return TRUE;
}

gboolean
strata_rewrite_identity (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  int from = n->n_outputs > 0 && n->outputs[0] >= 0 ? unchanged (rw, n) : -1, to;

  if (from < 0)
    return FALSE;
  to = n->outputs[0];
  if (strata_rewrite_value (rw, from)->dtype != strata_rewrite_value (rw, to)->dtype
      || !strata_match_same_shape (rw, from, to))
    return FALSE;
  return bypass (rw, node, from, to);
}

gboolean
strata_rewrite_reshape_merge (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  const StrataValue *out;
  StrataMatch match = { .n = 0 };
  g_autofree char *name = NULL;
  int inputs[2], before;

  if (!strata_match_is_reshape (n->op) || n->outputs[0] < 0)
    return FALSE;
  before = strata_rewrite_value (rw, n->inputs[0])->producer;
  if (before < 0 || !strata_match_is_reshape (strata_rewrite_node (rw, before)->op)
      || !strata_rewrite_is_sole (rw, n->inputs[0]))
    return FALSE;
  out = strata_rewrite_value (rw, n->outputs[0]);
  if (strata_value_count (out) == 0) /* 0 means another thing in a Reshape */
    return FALSE;
  strata_match_add (&match, before);
  inputs[0] = strata_rewrite_node (rw, before)->inputs[0];
  name = g_strdup_printf ("%s:shape", n->name);
  inputs[1] = strata_rewrite_ints (rw, name, out->dims, out->n_dims);
  return strata_match_fuse (rw, &match, node, STRATA_OP_RESHAPE, inputs, 2, NULL, 0);
}
