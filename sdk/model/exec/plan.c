/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a plan: folds constants, then adds steps in the order of the graph. Readers are counted from the nodes, as a
 * graph may be a part of another.
 */
#include "model/exec/plan.h"

#include <string.h>

#include "model/exec/exec.h"

StrataPlace *
strata_plan_place (const StrataPlan *plan, int place)
{
  return &g_array_index (plan->places, StrataPlace, place);
}

static StrataStorage *
storage_of (const StrataPlan *plan, int place)
{
  return &g_array_index (plan->storages, StrataStorage, strata_plan_place (plan, place)->storage);
}

const StrataArray *
strata_plan_known (const StrataPlan *plan, int value)
{
  return value >= 0 && plan->known[value].data != NULL ? &plan->known[value] : NULL;
}

StrataFloatTensor
strata_plan_tensor (const StrataPlan *plan, int place)
{
  const StrataPlace *p = strata_plan_place (plan, place);
  const StrataValue *value = &plan->graph->values[p->value];
  StrataFloatTensor tensor = { value->n_dims, { 0 }, p->layout };
  int n = 0;

  for (int d = 0; d < value->n_dims && n < STRATA_FLOAT_MAX_DIMS; d++)
    {
      if (value->n_dims == 3 && d == 2)
        tensor.dims[n++] = 1;
      tensor.dims[n++] = value->dims[d];
    }
  tensor.n_dims = n;
  return tensor;
}

static int
add_storage (StrataPlan *plan, StrataStorageKind kind, gsize n_bytes, int value, int input)
{
  StrataStorage storage = { kind, n_bytes, 0, G_MAXINT, -1, value, input };

  g_array_append_val (plan->storages, storage);
  return (int) plan->storages->len - 1;
}

static int
add_place_on (StrataPlan *plan, int value, const StrataFloatLayout *layout, int storage)
{
  StrataPlace place = { value, storage, layout, plan->place[value], FALSE };
  int id = (int) plan->places->len;

  /* what others see as the value's own place stays the first */
  if (plan->place[value] >= 0)
    {
      StrataPlace *first = strata_plan_place (plan, plan->place[value]);

      place.next = first->next;
      first->next = id;
    }
  else
    plan->place[value] = id;
  g_array_append_val (plan->places, place);
  return id;
}

int
strata_plan_add_place (StrataPlan *plan, int value, const StrataFloatLayout *layout, gsize n_bytes, int over)
{
  int storage;

  if (over >= 0)
    storage = strata_plan_place (plan, over)->storage;
  else
    storage = add_storage (plan, STRATA_STORAGE_ACTIVATION, n_bytes, -1, -1);
  return add_place_on (plan, value, layout, storage);
}

static void
touch (StrataPlan *plan, int place, int step)
{
  StrataStorage *storage;

  if (place < 0)
    return;
  storage = storage_of (plan, place);
  storage->first = MIN (storage->first, step);
  storage->last = MAX (storage->last, step);
}

void
strata_plan_add_step (
  StrataPlan *plan, int node, StrataFloatStep *dense, int n_in, const int *in, int n_out, const int *out)
{
  StrataStep step = { node, dense, n_in, n_out, NULL, NULL };
  int index = (int) plan->steps->len;

  step.in = g_memdup2 (in, sizeof (int) * (gsize) n_in);
  step.out = g_memdup2 (out, sizeof (int) * (gsize) n_out);
  g_array_append_val (plan->steps, step);
  if (dense != NULL)
    plan->n_scratch = MAX (plan->n_scratch, strata_float_step_scratch (dense));
  for (int i = 0; i < n_in; i++)
    touch (plan, in[i], index);
  for (int i = 0; i < n_out; i++)
    {
      touch (plan, out[i], index);
      if (out[i] >= 0 && strata_plan_place (plan, out[i])->layout == NULL)
        strata_plan_place (plan, out[i])->shown = (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) != 0;
    }
}

/* Constants get a place where somebody wants them as they are; inputs have one from the start. */
static int
first_place (StrataPlan *plan, int value)
{
  if (plan->place[value] < 0)
    {
      g_assert (strata_plan_known (plan, value) != NULL);
      add_place_on (plan, value, NULL, add_storage (plan, STRATA_STORAGE_CONSTANT, 0, value, -1));
    }
  return plan->place[value];
}

int
strata_plan_ordered (StrataPlan *plan, int value, const StrataFloatLayout *layout)
{
  int from = first_place (plan, value), to;
  StrataFloatTensor tensor;
  StrataFloatStep *step;

  for (int place = from; place >= 0; place = strata_plan_place (plan, place)->next)
    if (strata_float_layout_equal (strata_plan_place (plan, place)->layout, layout))
      return place;
  tensor = strata_plan_tensor (plan, from);
  step = strata_float_step_reorder (plan->engine, &tensor, layout);
  if (step == NULL)
    return -1;
  to = strata_plan_add_place (plan, value, strata_float_step_output (step), strata_float_step_n_bytes (step), -1);
  strata_plan_add_step (plan, MAX (plan->reader[value], 0), step, 1, &from, 1, &to);
  return to;
}

int
strata_plan_sole_reader (const StrataPlan *plan, int value)
{
  if (plan->n_readers[value] != 1 || (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) != 0)
    return -1;
  return plan->reader[value]; /* -1 where it is the graph's user who reads */
}

gboolean
strata_plan_is_last_read (const StrataPlan *plan, int value)
{
  return plan->place[value] >= 0 && storage_of (plan, plan->place[value])->kind == STRATA_STORAGE_ACTIVATION
         && plan->n_left[plan->root[value]] == 1;
}

void
strata_plan_finish_node (StrataPlan *plan, int node)
{
  plan->done[node] = TRUE;
  for (int i = 0; i < plan->graph->nodes[node].n_inputs; i++)
    {
      int value = plan->graph->nodes[node].inputs[i];

      if (value >= 0)
        plan->n_left[plan->root[value]]--;
    }
}

static void
count_readers (StrataPlan *plan)
{
  const StrataGraph *graph = plan->graph;

  for (int i = 0; i < graph->n_nodes; i++)
    for (int k = 0; k < graph->nodes[i].n_inputs && plan->needed[i]; k++)
      if (graph->nodes[i].inputs[k] >= 0)
        {
          plan->n_readers[graph->nodes[i].inputs[k]]++;
          plan->reader[graph->nodes[i].inputs[k]] = i;
        }
  for (int i = 0; i < graph->n_outputs; i++)
    {
      plan->n_readers[graph->outputs[i]]++;
      plan->reader[graph->outputs[i]] = -1;
    }
  memcpy (plan->n_left, plan->n_readers, sizeof (int) * (gsize) graph->n_values);
}

/* Nodes that an output depends on; all of them where every value is wanted */
static void
mark_needed (StrataPlan *plan)
{
  const StrataGraph *graph = plan->graph;
  g_autofree gboolean *wanted = g_new0 (gboolean, graph->n_values + 1);

  for (int i = 0; i < graph->n_outputs; i++)
    wanted[graph->outputs[i]] = TRUE;
  for (int i = graph->n_nodes - 1; i >= 0; i--)
    {
      const StrataNode *node = &graph->nodes[i];

      plan->needed[i] = (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) != 0;
      for (int k = 0; k < node->n_outputs; k++)
        plan->needed[i] |= node->outputs[k] >= 0 && wanted[node->outputs[k]];
      for (int k = 0; k < node->n_inputs && plan->needed[i]; k++)
        if (node->inputs[k] >= 0)
          wanted[node->inputs[k]] = TRUE;
    }
}

static gboolean
is_constant (const StrataPlan *plan, const StrataNode *node)
{
  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] >= 0 && strata_plan_known (plan, node->inputs[i]) == NULL)
      return FALSE;
  return TRUE;
}

static void
prefix_node (const StrataGraph *graph, int index, GError **error)
{
  const StrataNode *node = &graph->nodes[index];

  g_prefix_error (error, "%s: node %s (%s, opset %d): ", graph->path, node->name, strata_op_name (node->op),
                  graph->opset);
}

static gboolean
fold (StrataPlan *plan, int index, GError **error)
{
  const StrataNode *node = &plan->graph->nodes[index];
  g_autofree const StrataArray **in = g_new0 (const StrataArray *, node->n_inputs + 1);
  g_autofree StrataArray **out = g_new0 (StrataArray *, node->n_outputs + 1);

  for (int i = 0; i < node->n_inputs; i++)
    in[i] = strata_plan_known (plan, node->inputs[i]);
  if (!strata_exec_node (plan->graph, index, in, out, error))
    {
      prefix_node (plan->graph, index, error);
      return FALSE;
    }
  for (int i = 0; i < node->n_outputs; i++)
    if (out[i] != NULL)
      {
        plan->folded[node->outputs[i]] = out[i];
        plan->known[node->outputs[i]] = *out[i];
      }
  strata_plan_finish_node (plan, index);
  return TRUE;
}

/* A reshape: another place on the same storage */
static gboolean
alias (StrataPlan *plan, int index)
{
  const StrataNode *node = &plan->graph->nodes[index];
  int in = node->n_inputs > 0 ? node->inputs[0] : -1, out = node->outputs[0], from;
  gboolean same = node->op == STRATA_OP_IDENTITY || node->op == STRATA_OP_DROPOUT;

  if (plan->flags != 0 || in < 0 || out < 0
      || !(node->op == STRATA_OP_DROPOUT ? node->n_outputs < 2 || node->outputs[1] < 0
                                         : strata_exec_is_copy (node->op)))
    return FALSE;
  from = same ? first_place (plan, in) : strata_plan_ordered (plan, in, NULL);
  if (from < 0)
    return FALSE;
  add_place_on (plan, out, strata_plan_place (plan, from)->layout, strata_plan_place (plan, from)->storage);
  plan->root[out] = plan->root[in];
  plan->n_left[plan->root[in]] += plan->n_readers[out];
  strata_plan_finish_node (plan, index);
  return TRUE;
}

/* Where the output of an elementwise node goes: over its first input, if nothing reads that any more */
static int
overwritten (const StrataPlan *plan, const StrataNode *node, int in)
{
  const StrataValue *from = &plan->graph->values[node->inputs[0]], *to = &plan->graph->values[node->outputs[0]];
  gboolean elementwise = strata_exec_is_elementwise (node->op) || strata_exec_is_binary (node->op);

  return elementwise && (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) == 0
             && strata_plan_is_last_read (plan, node->inputs[0]) && from->dtype == to->dtype
             && strata_value_count (from) == strata_value_count (to)
           ? in
           : -1;
}

/* Of a computed value: not every graph states them */
static gsize
bytes_of (const StrataValue *value)
{
  return (gsize) strata_value_count (value) * strata_dtype_size (value->dtype);
}

static gboolean
add_node (StrataPlan *plan, int index)
{
  const StrataGraph *graph = plan->graph;
  const StrataNode *node = &graph->nodes[index];
  g_autofree int *in = g_new (int, node->n_inputs + 1);
  g_autofree int *out = g_new (int, node->n_outputs + 1);
  gboolean elementwise = strata_exec_is_elementwise (node->op) && (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) == 0;
  const StrataFloatLayout *layout = NULL;

  for (int i = 0; i < node->n_inputs; i++)
    {
      in[i] = node->inputs[i];
      if (in[i] < 0)
        continue;
      if (i == 0 && elementwise
          && strata_float_layout_is_dense (strata_plan_place (plan, first_place (plan, node->inputs[0]))->layout))
        layout = strata_plan_place (plan, in[i] = first_place (plan, node->inputs[0]))->layout;
      else if ((in[i] = strata_plan_ordered (plan, in[i], NULL)) < 0)
        return FALSE;
    }
  for (int i = 0; i < node->n_outputs; i++)
    out[i] = node->outputs[i] < 0 ? -1
                                  : strata_plan_add_place (plan, node->outputs[i], i == 0 ? layout : NULL,
                                                           bytes_of (&graph->values[node->outputs[i]]),
                                                           i == 0 ? overwritten (plan, node, in[0]) : -1);
  strata_plan_add_step (plan, index, NULL, node->n_inputs, in, node->n_outputs, out);
  strata_plan_finish_node (plan, index);
  return TRUE;
}

static gboolean
has_weights (const StrataGraph *graph, GError **error)
{
  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataValue *value = &graph->values[i];

      if (value->weightless && value->n_consumers > 0)
        return strata_exec_fail (error, "%s: the weights %s are not there; " STRATA_WEIGHTS_REMEDY, graph->path,
                                 value->name);
      if (value->unaligned != NULL && value->n_consumers > 0 && strata_value_bytes (value) == NULL)
        return strata_exec_fail (error, "%s: no memory for the weights %s (%" G_GSIZE_FORMAT " bytes)", graph->path,
                                 value->name, value->n_bytes);
    }
  return TRUE;
}

/* An observer sees values in C order. */
static gboolean
show (StrataPlan *plan, const StrataNode *node)
{
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0 && strata_plan_ordered (plan, node->outputs[i], NULL) < 0)
      return FALSE;
  return TRUE;
}

static gboolean
add_computed (StrataPlan *plan, int index)
{
  if (!alias (plan, index) && !(plan->engine != NULL && strata_plan_dense (plan, index)) && !add_node (plan, index))
    return FALSE;
  return (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) == 0 || show (plan, &plan->graph->nodes[index]);
}

static gboolean
add_steps (StrataPlan *plan, GCancellable *cancellable, GError **error)
{
  const StrataGraph *graph = plan->graph;

  for (int i = 0; i < graph->n_nodes; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (plan->done[i] || !plan->needed[i])
        continue;
      if (is_constant (plan, &graph->nodes[i]))
        {
          if (!fold (plan, i, error))
            return FALSE;
        }
      else if (!add_computed (plan, i))
        {
          strata_exec_fail (error, "no memory to prepare it");
          prefix_node (graph, i, error);
          return FALSE;
        }
    }
  return TRUE;
}

/* The user reads outputs in C order, after the last step. */
static gboolean
keep_outputs (StrataPlan *plan, GError **error)
{
  for (int i = 0; i < plan->graph->n_outputs; i++)
    {
      int place = strata_plan_ordered (plan, plan->graph->outputs[i], NULL);

      if (place < 0)
        return strata_exec_fail (error, "%s: no memory to prepare it", plan->graph->path);
      touch (plan, place, G_MAXINT - 1);
    }
  return TRUE;
}

/* Weights that were put into another order are needed no more. Every value may be asked for by an observer. */
static void
drop_folded (StrataPlan *plan)
{
  g_autofree gboolean *used = g_new0 (gboolean, plan->graph->n_values + 1);

  for (guint i = 0; i < plan->storages->len; i++)
    if (g_array_index (plan->storages, StrataStorage, i).kind == STRATA_STORAGE_CONSTANT)
      used[g_array_index (plan->storages, StrataStorage, i).value] = TRUE;
  for (int i = 0; i < plan->graph->n_values; i++)
    if (!used[i] && plan->folded[i] != NULL && (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) == 0)
      {
        g_clear_pointer (&plan->folded[i], strata_array_free);
        plan->known[i].data = NULL;
      }
}

static void
clear_step (gpointer data)
{
  StrataStep *step = data;

  strata_float_step_free (step->dense);
  g_free (step->in);
  g_free (step->out);
}

static StrataPlan *
plan_alloc (const StrataGraph *graph, StrataExecutorFlags flags)
{
  StrataPlan *plan = g_new0 (StrataPlan, 1);
  gsize n = (gsize) graph->n_values + 1;

  plan->graph = graph;
  plan->flags = flags;
  plan->engine = (flags & STRATA_EXECUTOR_PLAIN) != 0 ? NULL : strata_float_engine_new ();
  plan->storages = g_array_new (FALSE, FALSE, sizeof (StrataStorage));
  plan->places = g_array_new (FALSE, FALSE, sizeof (StrataPlace));
  plan->steps = g_array_new (FALSE, FALSE, sizeof (StrataStep));
  plan->layouts = g_ptr_array_new_with_free_func ((GDestroyNotify) strata_float_layout_free);
  g_array_set_clear_func (plan->steps, clear_step);
  plan->known = g_new0 (StrataArray, n);
  plan->folded = g_new0 (StrataArray *, n);
  plan->place = g_new (int, n);
  plan->reader = g_new (int, n);
  plan->root = g_new (int, n);
  plan->n_readers = g_new0 (int, n);
  plan->n_left = g_new0 (int, n);
  plan->needed = g_new0 (gboolean, graph->n_nodes + 1);
  plan->done = g_new0 (gboolean, graph->n_nodes + 1);
  for (int i = 0; i < graph->n_values; i++)
    {
      plan->place[i] = plan->reader[i] = -1;
      plan->root[i] = i;
      if (graph->values[i].data != NULL)
        plan->known[i] = strata_value_view (&graph->values[i]);
    }
  return plan;
}

StrataPlan *
strata_plan_new (const StrataGraph *graph, StrataExecutorFlags flags, GCancellable *cancellable, GError **error)
{
  g_autoptr (StrataPlan) plan = NULL;

  if (!has_weights (graph, error))
    return NULL;
  plan = plan_alloc (graph, flags);
  for (int i = 0; i < graph->n_inputs; i++)
    add_place_on (plan, graph->inputs[i], NULL, add_storage (plan, STRATA_STORAGE_INPUT, 0, -1, i));
  mark_needed (plan);
  count_readers (plan);
  if (!add_steps (plan, cancellable, error) || !keep_outputs (plan, error))
    return NULL;
  if (!strata_plan_lay_out (plan))
    {
      strata_exec_fail (error, "%s: its values do not fit into memory", graph->path);
      return NULL;
    }
  drop_folded (plan);
  return g_steal_pointer (&plan);
}

void
strata_plan_free (StrataPlan *plan)
{
  if (plan == NULL)
    return;
  g_array_unref (plan->steps);
  g_array_unref (plan->places);
  g_array_unref (plan->storages);
  g_ptr_array_unref (plan->layouts);
  strata_float_engine_free (plan->engine);
  for (int i = 0; i < plan->graph->n_values; i++)
    strata_array_free (plan->folded[i]);
  g_free (plan->known);
  g_free (plan->folded);
  g_free (plan->place);
  g_free (plan->reader);
  g_free (plan->root);
  g_free (plan->n_readers);
  g_free (plan->n_left);
  g_free (plan->needed);
  g_free (plan->done);
  g_free (plan);
}
