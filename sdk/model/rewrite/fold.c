/* SPDX-License-Identifier: Apache-2.0
 *
 * Constants: a node that reads nothing else is executed now, as the executor would at run time. What only reshapes
 * shares the bytes. DequantizeLinear stays, as in import: the compiler wants the integers behind it. And its
 * counterpart: nodes whose results nobody reads.
 */

#include "model/exec/exec.h"
#include "model/rewrite/match.h"
#include "model/shape/shapes.h"
#include "model/unaligned.h"

static gboolean
reads_bytes_only (const StrataRewriting *rw, const StrataNode *node)
{
  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] >= 0 && strata_rewrite_value (rw, node->inputs[i])->data == NULL)
      return FALSE;
  return node->n_inputs > 0;
}

static gboolean
is_within_limit (const StrataRewriting *rw, const StrataNode *node)
{
  gsize n_bytes = 0;

  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0)
      {
        /* an output of the graph needs a node that makes it */
        if (g_array_index (rw->is_output, gboolean, node->outputs[i]))
          return FALSE;
        if (strata_rewrite_value (rw, node->outputs[i])->n_bytes == 0)
          return FALSE;
        n_bytes += strata_rewrite_value (rw, node->outputs[i])->n_bytes;
      }
  return n_bytes <= rw->options.max_folded_bytes;
}

static void
keep_result (StrataRewriting *rw, int value, StrataArray *array)
{
  void *data = g_steal_pointer (&array->data);

  strata_rewrite_value (rw, value)->data = data;
  g_hash_table_insert (rw->blobs, data, g_bytes_new_take (data, array->n_bytes));
  strata_array_free (array);
}

static gboolean
evaluate (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  g_autofree StrataArray *views = g_new0 (StrataArray, n->n_inputs + 1);
  g_autofree const StrataArray **inputs = g_new0 (const StrataArray *, n->n_inputs + 1);
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, n->n_outputs + 1);

  for (int i = 0; i < n->n_inputs; i++)
    if (n->inputs[i] >= 0)
      {
        views[i] = strata_value_view (strata_rewrite_value (rw, n->inputs[i]));
        inputs[i] = &views[i];
      }
  /* what cannot be computed now says so at run time */
  if (!strata_exec_node (rw->graph, node, inputs, outputs, NULL))
    return FALSE;
  for (int i = 0; i < n->n_outputs; i++)
    if (n->outputs[i] >= 0)
      keep_result (rw, n->outputs[i], outputs[i]);
  return TRUE;
}

gboolean
strata_rewrite_constant_fold (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  gboolean reshape = strata_match_is_reshape (n->op) || n->op == STRATA_OP_IDENTITY;

  if (strata_shape_stays (n) || !reads_bytes_only (rw, n))
    return FALSE;
  if (reshape && !g_array_index (rw->is_output, gboolean, n->outputs[0]))
    strata_value_share (strata_rewrite_value (rw, n->outputs[0]), strata_rewrite_value (rw, n->inputs[0]));
  else if (!is_within_limit (rw, n) || !evaluate (rw, node))
    return FALSE;
  strata_rewrite_note (rw, &node, 1, "constant", strata_rewrite_value (rw, n->outputs[0])->name);
  strata_rewrite_remove (rw, node, strata_rewrite_reader (rw, n->outputs[0]));
  return TRUE;
}

gboolean
strata_rewrite_dead_code (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);

  for (int i = 0; i < n->n_outputs; i++)
    if (n->outputs[i] >= 0 && strata_rewrite_value (rw, n->outputs[i])->n_consumers > 0)
      return FALSE;
  strata_rewrite_note (rw, &node, 1, "", "");
  strata_rewrite_remove (rw, node, -1);
  return TRUE;
}
