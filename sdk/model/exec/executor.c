/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs nodes in order and frees each value after its last reader, so that memory is that of the widest cut of the
 * graph. All state of a run is on its stack or owned by it: several threads may run one graph.
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

static gboolean
allocate (const StrataGraph *graph, const StrataNode *node, gboolean widen, StrataArray **outputs, GError **error)
{
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0)
      {
        const StrataValue *value = &graph->values[node->outputs[i]];
        StrataDtype dtype = widen && value->dtype == STRATA_DTYPE_F16 ? STRATA_DTYPE_F32 : value->dtype;

        outputs[i] = strata_array_try_new (dtype, value->n_dims, value->dims);
        if (outputs[i] == NULL)
          return strata_exec_fail (error, "no memory for its output %s (%" G_GSIZE_FORMAT " bytes)", value->name,
                                   value->n_bytes);
      }
  return TRUE;
}

static gboolean
call (const StrataGraph *graph,
      int index,
      gboolean widen,
      const StrataArray *const *inputs,
      StrataArray **outputs,
      GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  StrataExec run = { graph, node, index, inputs, outputs };

  memset (outputs, 0, sizeof (StrataArray *) * (gsize) node->n_outputs);
  if (allocate (graph, node, widen, outputs, error) && executors[node->op](&run, error))
    return TRUE;
  free_arrays (outputs, node->n_outputs);
  return FALSE;
}

static StrataArray *
convert (const StrataArray *array, StrataDtype dtype)
{
  StrataArray *result = strata_array_try_new (dtype, array->n_dims, array->dims);

  for (gint64 i = 0; result != NULL && i < strata_array_count (array); i++)
    strata_element_set_double (dtype, result->data, i, strata_element_double (array->dtype, array->data, i));
  return result;
}

/* Executors know no float16: its tensors are widened to float32 before and narrowed after. That is exact where elements
 * only move, and rounds once where they are computed. */
static gboolean
call_widened (
  const StrataGraph *graph, int index, const StrataArray *const *inputs, StrataArray **outputs, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  g_autofree const StrataArray **in = g_new0 (const StrataArray *, node->n_inputs + 1);
  g_autofree StrataArray **wide = g_new0 (StrataArray *, node->n_inputs + 1);
  gboolean ok = TRUE;

  for (int i = 0; ok && i < node->n_inputs; i++)
    {
      in[i] = inputs[i];
      if (inputs[i] == NULL || inputs[i]->dtype != STRATA_DTYPE_F16)
        continue;
      in[i] = wide[i] = convert (inputs[i], STRATA_DTYPE_F32);
      ok = wide[i] != NULL || strata_exec_fail (error, "no memory for its input %d in float32", i);
    }
  ok = ok && call (graph, index, TRUE, in, outputs, error);
  for (int i = 0; ok && i < node->n_outputs; i++)
    if (outputs[i] != NULL && graph->values[node->outputs[i]].dtype == STRATA_DTYPE_F16)
      {
        StrataArray *result = outputs[i];

        outputs[i] = convert (result, STRATA_DTYPE_F16);
        strata_array_free (result);
        ok = outputs[i] != NULL || strata_exec_fail (error, "no memory for its output %d", i);
      }
  free_arrays (wide, node->n_inputs);
  if (!ok)
    free_arrays (outputs, node->n_outputs);
  return ok;
}

static gboolean
has_half (const StrataGraph *graph, const StrataNode *node)
{
  if (node->op == STRATA_OP_CAST || node->op == STRATA_OP_CAST_LIKE || node->op == STRATA_OP_BIT_CAST)
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
strata_exec_node (
  const StrataGraph *graph, int index, const StrataArray *const *inputs, StrataArray **outputs, GError **error)
{
  const StrataNode *node = &graph->nodes[index];

  memset (outputs, 0, sizeof (StrataArray *) * (gsize) node->n_outputs);
  if (has_half (graph, node))
    return call_widened (graph, index, inputs, outputs, error);
  return call (graph, index, FALSE, inputs, outputs, error);
}

typedef struct
{
  const StrataGraph *graph;
  StrataArray *views;          /* per value: borrowed constants and inputs */
  const StrataArray **current; /* per value: what readers get */
  StrataArray **owned;         /* per value: what this run allocated and still holds */
  int *n_left;                 /* per value: readers still to come */
  StrataObserveFunc observe;
  gpointer user_data;
} Run;

static gboolean
take_inputs (Run *run, const StrataArray *const *inputs, GError **error)
{
  for (int i = 0; i < run->graph->n_inputs; i++)
    {
      const StrataValue *value = &run->graph->values[run->graph->inputs[i]];
      const StrataArray *array = inputs[i];

      if (array == NULL || array->dtype != value->dtype || array->n_dims != value->n_dims
          || memcmp (array->dims, value->dims, sizeof (gint64) * (gsize) value->n_dims) != 0)
        {
          g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE,
                       "input %s: the tensor is not of the type and shape that the model declares", value->name);
          return FALSE;
        }
      run->current[run->graph->inputs[i]] = array;
    }
  return TRUE;
}

static void
take_constants (Run *run)
{
  for (int i = 0; i < run->graph->n_values; i++)
    if (run->graph->values[i].data != NULL)
      {
        run->views[i] = strata_value_view (&run->graph->values[i]);
        run->current[i] = &run->views[i];
      }
}

static void
release (Run *run, int id)
{
  if (id >= 0 && --run->n_left[id] == 0)
    {
      g_clear_pointer (&run->owned[id], strata_array_free);
      run->current[id] = run->graph->values[id].data == NULL ? NULL : run->current[id];
    }
}

static gboolean
run_node (Run *run, int index, GError **error)
{
  const StrataNode *node = &run->graph->nodes[index];
  g_autofree const StrataArray **in = g_new0 (const StrataArray *, node->n_inputs + 1);
  g_autofree StrataArray **out = g_new0 (StrataArray *, node->n_outputs + 1);

  for (int i = 0; i < node->n_inputs; i++)
    in[i] = node->inputs[i] < 0 ? NULL : run->current[node->inputs[i]];
  if (!strata_exec_node (run->graph, index, in, out, error))
    {
      g_prefix_error (error, "%s: node %s (%s, opset %d): ", run->graph->path, node->name, strata_op_name (node->op),
                      run->graph->opset);
      return FALSE;
    }
  for (int i = 0; i < node->n_outputs; i++)
    {
      int id = node->outputs[i];

      if (id < 0)
        continue;
      run->current[id] = run->owned[id] = out[i];
      if (run->observe != NULL)
        run->observe (run->graph, id, out[i], run->user_data);
      run->n_left[id]++;
      release (run, id);
    }
  for (int i = 0; i < node->n_inputs; i++)
    release (run, node->inputs[i]);
  return TRUE;
}

/* A value that the run owns is handed over; one that it borrows, or that two outputs share, is copied. */
static void
give_outputs (Run *run, StrataArray **outputs)
{
  for (int i = 0; i < run->graph->n_outputs; i++)
    {
      int id = run->graph->outputs[i];

      if (run->owned[id] != NULL)
        outputs[i] = g_steal_pointer (&run->owned[id]);
      else
        outputs[i] = strata_array_copy (run->current[id]);
    }
}

static gboolean
has_weights (const StrataGraph *graph, GError **error)
{
  for (int i = 0; i < graph->n_values; i++)
    if (graph->values[i].weightless && graph->values[i].n_consumers > 0)
      return strata_exec_fail (error,
                               "%s: the weights %s are not there, and nothing can be computed without; give the "
                               "weights, or ask for what needs none: its size, time and energy",
                               graph->path, graph->values[i].name);
  return TRUE;
}

gboolean
strata_graph_run (const StrataGraph *graph,
                  const StrataArray *const *inputs,
                  StrataArray **outputs,
                  StrataObserveFunc observe,
                  gpointer user_data,
                  GCancellable *cancellable,
                  GError **error)
{
  g_autofree StrataArray *views = g_new0 (StrataArray, graph->n_values + 1);
  g_autofree const StrataArray **current = g_new0 (const StrataArray *, graph->n_values + 1);
  g_autofree StrataArray **owned = g_new0 (StrataArray *, graph->n_values + 1);
  g_autofree int *n_left = g_new0 (int, graph->n_values + 1);
  Run run = { graph, views, current, owned, n_left, observe, user_data };
  gboolean ok;

  for (int i = 0; i < graph->n_values; i++)
    n_left[i] = graph->values[i].n_consumers;
  take_constants (&run);
  ok = has_weights (graph, error) && take_inputs (&run, inputs, error);
  for (int i = 0; ok && i < graph->n_nodes; i++)
    ok = !g_cancellable_set_error_if_cancelled (cancellable, error) && run_node (&run, i, error);
  if (ok)
    give_outputs (&run, outputs);
  free_arrays (owned, graph->n_values);
  return ok;
}
