/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs plans. What a run changes is in a context that it has to itself; contexts wait in the executor for the next run,
 * so that memory is touched once.
 */
#include "model/exec/executor.h"

#include <stdlib.h>
#include <string.h>

#include "model/exec/exec.h"
#include "model/exec/plan.h"

#define ALIGNMENT 64

typedef struct
{
  guint8 *memory;
  StrataArray *arrays; /* per place; data as far as it is known before a run */
  /* per step: its operands, and the call behind a dense one */
  const StrataArray ***in;
  StrataArray ***out;
  StrataFloatCall **calls;
  const void **data; /* inputs of the step that runs */
} Context;

struct _StrataExecutor
{
  StrataPlan *plan;
  GMutex lock;
  GPtrArray *idle; /* contexts that no run holds; under @lock */
};

static StrataStep *
step_of (const StrataPlan *plan, guint i)
{
  return &g_array_index (plan->steps, StrataStep, i);
}

static void
context_free (const StrataPlan *plan, Context *context)
{
  if (context == NULL)
    return;
  for (guint i = 0; i < plan->steps->len; i++)
    {
      strata_float_call_free (context->calls[i]);
      g_free (context->in[i]);
      g_free (context->out[i]);
    }
  free (context->memory);
  g_free (context->arrays);
  g_free (context->in);
  g_free (context->out);
  g_free (context->calls);
  g_free (context->data);
  g_free (context);
}

static void
set_array (const StrataPlan *plan, Context *context, guint place)
{
  const StrataPlace *p = strata_plan_place (plan, (int) place);
  const StrataStorage *storage = &g_array_index (plan->storages, StrataStorage, p->storage);
  StrataArray *array = &context->arrays[place];

  *array = strata_value_view (&plan->graph->values[p->value]);
  array->n_bytes = (gsize) strata_array_count (array) * strata_dtype_size (array->dtype);
  if (storage->kind == STRATA_STORAGE_ACTIVATION)
    array->data = context->memory + storage->offset;
  else if (storage->kind == STRATA_STORAGE_CONSTANT)
    array->data = plan->known[storage->value].data;
}

static gboolean
set_step (const StrataPlan *plan, Context *context, guint index)
{
  const StrataStep *step = step_of (plan, index);

  context->in[index] = g_new0 (const StrataArray *, step->n_in + 1);
  context->out[index] = g_new0 (StrataArray *, step->n_out + 1);
  for (int i = 0; i < step->n_in; i++)
    context->in[index][i] = step->in[i] < 0 ? NULL : &context->arrays[step->in[i]];
  for (int i = 0; i < step->n_out; i++)
    context->out[index][i] = step->out[i] < 0 ? NULL : &context->arrays[step->out[i]];
  if (step->dense == NULL)
    return TRUE;
  context->calls[index] = strata_float_call_new (step->dense);
  return context->calls[index] != NULL;
}

static Context *
context_new (const StrataPlan *plan, GError **error)
{
  gsize n_bytes = (plan->n_bytes + plan->n_scratch + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
  Context *context = g_new0 (Context, 1);
  gboolean ok;
  int most = 0;

  context->arrays = g_new0 (StrataArray, plan->places->len + 1);
  context->in = g_new0 (const StrataArray **, plan->steps->len + 1);
  context->out = g_new0 (StrataArray **, plan->steps->len + 1);
  context->calls = g_new0 (StrataFloatCall *, plan->steps->len + 1);
  context->memory = aligned_alloc (ALIGNMENT, n_bytes);
  ok = context->memory != NULL;
  for (guint i = 0; ok && i < plan->places->len; i++)
    set_array (plan, context, i);
  for (guint i = 0; ok && i < plan->steps->len; i++)
    {
      ok = set_step (plan, context, i);
      most = MAX (most, step_of (plan, i)->n_in);
    }
  context->data = g_new0 (const void *, most + 1);
  if (ok)
    return context;
  context_free (plan, context);
  strata_exec_fail (error, "%s: no memory for its values (%" G_GSIZE_FORMAT " bytes)", plan->graph->path, n_bytes);
  return NULL;
}

static Context *
take_context (StrataExecutor *executor, GError **error)
{
  Context *context = NULL;

  g_mutex_lock (&executor->lock);
  if (executor->idle->len > 0)
    context = g_ptr_array_steal_index (executor->idle, executor->idle->len - 1);
  g_mutex_unlock (&executor->lock);
  return context != NULL ? context : context_new (executor->plan, error);
}

static void
give_context (StrataExecutor *executor, Context *context)
{
  g_mutex_lock (&executor->lock);
  g_ptr_array_add (executor->idle, context);
  g_mutex_unlock (&executor->lock);
}

StrataExecutor *
strata_executor_new (const StrataGraph *graph, StrataExecutorFlags flags, GCancellable *cancellable, GError **error)
{
  StrataPlan *plan = strata_plan_new (graph, flags, cancellable, error);
  StrataExecutor *executor;

  if (plan == NULL)
    return NULL;
  executor = g_new0 (StrataExecutor, 1);
  executor->plan = plan;
  executor->idle = g_ptr_array_new ();
  g_mutex_init (&executor->lock);
  return executor;
}

void
strata_executor_free (StrataExecutor *executor)
{
  if (executor == NULL)
    return;
  for (guint i = 0; i < executor->idle->len; i++)
    context_free (executor->plan, executor->idle->pdata[i]);
  g_ptr_array_unref (executor->idle);
  g_mutex_clear (&executor->lock);
  strata_plan_free (executor->plan);
  g_free (executor);
}

int
strata_executor_n_steps (const StrataExecutor *executor)
{
  return (int) executor->plan->steps->len;
}

static gboolean
check_inputs (const StrataGraph *graph, const StrataArray *const *inputs, GError **error)
{
  for (int i = 0; i < graph->n_inputs; i++)
    {
      const StrataValue *value = &graph->values[graph->inputs[i]];

      if (inputs[i] == NULL || inputs[i]->dtype != value->dtype || inputs[i]->n_dims != value->n_dims
          || memcmp (inputs[i]->dims, value->dims, sizeof (gint64) * (gsize) value->n_dims) != 0)
        {
          g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_SHAPE,
                       "input %s: the tensor is not of the type and shape that the model declares", value->name);
          return FALSE;
        }
    }
  return TRUE;
}

static void
take_inputs (const StrataPlan *plan, Context *context, const StrataArray *const *inputs)
{
  for (guint i = 0; i < plan->places->len; i++)
    {
      const StrataStorage *storage =
        &g_array_index (plan->storages, StrataStorage, strata_plan_place (plan, (int) i)->storage);

      if (storage->kind == STRATA_STORAGE_INPUT)
        context->arrays[i].data = inputs[storage->input]->data;
    }
}

static gboolean
run_step (const StrataPlan *plan, Context *context, guint index, GError **error)
{
  const StrataGraph *graph = plan->graph;
  const StrataStep *step = step_of (plan, index);
  const StrataNode *node = &graph->nodes[step->node];

  if (step->dense == NULL && strata_exec_node_into (graph, step->node, context->in[index], context->out[index], error))
    return TRUE;
  if (step->dense != NULL)
    {
      for (int i = 0; i < step->n_in; i++)
        context->data[i] = context->in[index][i]->data;
      if (strata_float_call_run (context->calls[index], context->data, context->out[index][0]->data,
                                 context->memory + plan->n_bytes))
        return TRUE;
      strata_exec_fail (error, "no memory to compute it");
    }
  g_prefix_error (error, "%s: node %s (%s, opset %d): ", graph->path, node->name, strata_op_name (node->op),
                  graph->opset);
  return FALSE;
}

/* Who looks at the values of a run: at most one of the two */
typedef struct
{
  StrataObserveFunc observe;
  StrataChangeFunc change;
  gpointer user_data;
} Viewer;

static void
show_step (const StrataPlan *plan, Context *context, guint index, const Viewer *viewer)
{
  const StrataStep *step = step_of (plan, index);

  for (int i = 0; i < step->n_out; i++)
    {
      int value = step->out[i] < 0 ? -1 : strata_plan_place (plan, step->out[i])->value;

      if (value < 0 || !strata_plan_place (plan, step->out[i])->shown)
        continue;
      if (viewer->observe != NULL)
        viewer->observe (plan->graph, value, context->out[index][i], viewer->user_data);
      if (viewer->change != NULL)
        viewer->change (plan->graph, value, context->out[index][i], viewer->user_data);
    }
}

static void
show_folded (const StrataPlan *plan, StrataObserveFunc observe, gpointer user_data)
{
  for (int i = 0; i < plan->graph->n_values; i++)
    if (plan->folded[i] != NULL)
      observe (plan->graph, i, plan->folded[i], user_data);
}

static StrataArray *
copy_output (const StrataPlan *plan, const Context *context, int value)
{
  int place = plan->place[value];

  while (strata_plan_place (plan, place)->layout != NULL)
    place = strata_plan_place (plan, place)->next;
  return strata_array_copy (&context->arrays[place]);
}

static gboolean
run (StrataExecutor *executor,
     const StrataArray *const *inputs,
     StrataArray **outputs,
     const Viewer *viewer,
     GCancellable *cancellable,
     GError **error)
{
  const StrataPlan *plan = executor->plan;
  Context *context;
  gboolean ok = TRUE;

  if (!check_inputs (plan->graph, inputs, error))
    return FALSE;
  context = take_context (executor, error);
  if (context == NULL)
    return FALSE;
  take_inputs (plan, context, inputs);
  if (viewer->observe != NULL)
    show_folded (plan, viewer->observe, viewer->user_data);
  for (guint i = 0; ok && i < plan->steps->len; i++)
    {
      ok = !g_cancellable_set_error_if_cancelled (cancellable, error) && run_step (plan, context, i, error);
      if (ok)
        show_step (plan, context, i, viewer);
    }
  for (int i = 0; ok && i < plan->graph->n_outputs; i++)
    outputs[i] = copy_output (plan, context, plan->graph->outputs[i]);
  give_context (executor, context);
  return ok;
}

gboolean
strata_executor_run (StrataExecutor *executor,
                     const StrataArray *const *inputs,
                     StrataArray **outputs,
                     StrataObserveFunc observe,
                     gpointer user_data,
                     GCancellable *cancellable,
                     GError **error)
{
  return run (executor, inputs, outputs, &(const Viewer){ observe, NULL, user_data }, cancellable, error);
}

gboolean
strata_executor_run_changed (StrataExecutor *executor,
                             const StrataArray *const *inputs,
                             StrataArray **outputs,
                             StrataChangeFunc change,
                             gpointer user_data,
                             GCancellable *cancellable,
                             GError **error)
{
  g_return_val_if_fail ((~executor->plan->flags & (STRATA_EXECUTOR_EVERY_VALUE | STRATA_EXECUTOR_PLAIN)) == 0, FALSE);
  return run (executor, inputs, outputs, &(const Viewer){ NULL, change, user_data }, cancellable, error);
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
  StrataExecutorFlags flags =
    observe == NULL ? STRATA_EXECUTOR_DEFAULT : STRATA_EXECUTOR_EVERY_VALUE | STRATA_EXECUTOR_PLAIN;
  g_autoptr (StrataExecutor) executor = NULL;

  if (!check_inputs (graph, inputs, error))
    return FALSE;
  executor = strata_executor_new (graph, flags, cancellable, error);
  return executor != NULL && strata_executor_run (executor, inputs, outputs, observe, user_data, cancellable, error);
}
