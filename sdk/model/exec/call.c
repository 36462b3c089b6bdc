/* SPDX-License-Identifier: Apache-2.0
 *
 * One node: finds its executor and widens float16.
 */
#include <string.h>

#include "model/element.h"
#include "model/exec/exec.h"

static const StrataExecFunc executors[] = {
#define STRATA_OP(id, onnx, since, until, min_in, max_in, max_out, rule, exec, meaning)                                \
  [STRATA_OP_##id] = strata_exec_##exec,
#include "model/ops.def"
#undef STRATA_OP
};

gboolean
strata_exec_fail (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE, text);
  return FALSE;
}

const StrataArray *
strata_exec_in (const StrataExec *run, int i)
{
  return i < run->node->n_inputs ? run->in[i] : NULL;
}

/* Constant nodes are folded by the importer and never run. */
gboolean
strata_exec_none (const StrataExec *run, GError **error)
{
  return strata_exec_fail (error, "it has no executor; import the model again");
}

static void
free_arrays (StrataArray **arrays, int n)
{
  for (int i = 0; i < n; i++)
    g_clear_pointer (&arrays[i], strata_array_free);
}

static void
convert (const StrataArray *from, StrataArray *to)
{
  for (gint64 i = 0; i < strata_array_count (from); i++)
    strata_element_set_double (to->dtype, to->data, i, strata_element_double (from->dtype, from->data, i));
}

/* Executors know no float16: its tensors are widened to float32 before and narrowed after. That is exact where elements
 * only move, and rounds once where they are computed. */
static gboolean
call_widened (
  const StrataGraph *graph, int index, const StrataArray *const *inputs, StrataArray *const *outputs, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  g_autofree StrataArray **in = g_new0 (StrataArray *, node->n_inputs + 1);
  g_autofree StrataArray **out = g_new0 (StrataArray *, node->n_outputs + 1);
  g_autoptr (GPtrArray) wide = g_ptr_array_new_with_free_func ((GDestroyNotify) strata_array_free);
  StrataExec run = { graph, node, index, (const StrataArray *const *) in, out };

  for (int i = 0; i < node->n_inputs + node->n_outputs; i++)
    {
      gboolean is_input = i < node->n_inputs;
      const StrataArray *narrow = is_input ? inputs[i] : outputs[i - node->n_inputs];
      StrataArray *array = (StrataArray *) narrow;

      if (narrow != NULL && narrow->dtype == STRATA_DTYPE_F16)
        {
          array = strata_array_try_new (STRATA_DTYPE_F32, narrow->n_dims, narrow->dims);
          if (array == NULL)
            return strata_exec_fail (error, "no memory for its tensors in float32");
          g_ptr_array_add (wide, array);
          if (is_input)
            convert (narrow, array);
        }
      *(is_input ? &in[i] : &out[i - node->n_inputs]) = array;
    }
  if (!executors[node->op](&run, error))
    return FALSE;
  for (int i = 0; i < node->n_outputs; i++)
    if (out[i] != outputs[i])
      convert (out[i], outputs[i]);
  return TRUE;
}

static gboolean
has_half (const StrataGraph *graph, const StrataNode *node)
{
  if (node->op == STRATA_OP_CAST || node->op == STRATA_OP_CAST_LIKE || node->op == STRATA_OP_BIT_CAST)
    return FALSE;
  /* what picks elements by their bytes needs no other type, and of a large table it reads the picked ones only */
  if (node->op == STRATA_OP_GATHER || node->op == STRATA_OP_SLICE)
    return FALSE;
  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] >= 0 && graph->values[node->inputs[i]].dtype == STRATA_DTYPE_F16)
      return TRUE;
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0 && graph->values[node->outputs[i]].dtype == STRATA_DTYPE_F16)
      return TRUE;
  return FALSE;
}

gboolean
strata_exec_node_into (
  const StrataGraph *graph, int index, const StrataArray *const *inputs, StrataArray *const *outputs, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  StrataExec run = { graph, node, index, inputs, outputs };

  if (has_half (graph, node))
    return call_widened (graph, index, inputs, outputs, error);
  return executors[node->op](&run, error);
}

gboolean
strata_exec_node (
  const StrataGraph *graph, int index, const StrataArray *const *inputs, StrataArray **outputs, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  gboolean ok = TRUE;

  memset (outputs, 0, sizeof (StrataArray *) * (gsize) node->n_outputs);
  for (int i = 0; ok && i < node->n_outputs; i++)
    if (node->outputs[i] >= 0)
      {
        const StrataValue *value = &graph->values[node->outputs[i]];

        outputs[i] = strata_array_try_new (value->dtype, value->n_dims, value->dims);
        ok = outputs[i] != NULL
             || strata_exec_fail (error, "no memory for its output %s (%" G_GSIZE_FORMAT " bytes)", value->name,
                                  value->n_bytes);
      }
  if (ok && strata_exec_node_into (graph, index, inputs, outputs, error))
    return TRUE;
  free_arrays (outputs, node->n_outputs);
  return FALSE;
}

/* Whether an executor computes each element of its output from that of its first input, so that both may lie in any
 * order, the same one */
gboolean
strata_exec_is_elementwise (StrataOp op)
{
  return executors[op] == strata_exec_unary || executors[op] == strata_exec_clip;
}

/* The same of two operands, of which the first may be overwritten where it has the shape of the output */
gboolean
strata_exec_is_binary (StrataOp op)
{
  return executors[op] == strata_exec_binary;
}

/* Whether an executor only gives its input's elements another shape */
gboolean
strata_exec_is_copy (StrataOp op)
{
  return executors[op] == strata_exec_copy;
}
