/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of one inference: the plan's steps in order, exact or through the programmed arrays. Everything random is
 * keyed by seed, inference, array, position and column, so that results depend neither on threads nor on the order of
 * inferences.
 */
#include "simulator/functional-run.h"

static gboolean
execute_step (StrataFunctionalRun *run, int index, GCancellable *cancellable, GError **error)
{
  const StrataFunctional *functional = run->functional;
  const StrataFunctionalStep *step = &functional->plan.steps[index];
  const StrataQGraph *graph = functional->image->graph;
  const StrataQOp *op = &graph->ops[step->op];

  if (step->tile >= 0 && functional->plan.last_tile[step->op] == index)
    {
      /* Its input may be gone when the op's own step comes. */
      strata_functional_multiply (run, step->op);
      if (run->measures != NULL)
        strata_functional_measure_op (run, step->op);
      if (run->vectors != NULL)
        strata_functional_vectors_collect (run, step->op);
      strata_scratch_clear (functional->scratch, run->sums);
    }
  else if (step->tile < 0 && op->kind == STRATA_QOP_DIGITAL)
    {
      if (!strata_functional_execute_digital (graph, op, functional->executors[step->op], run->tensors, cancellable,
                                              error))
        return FALSE;
    }
  else if (step->tile < 0 && op->kind != STRATA_QOP_MVM)
    strata_functional_execute (graph, op, functional->options.spread ? (int) g_get_num_processors () : 1, run->tensors);
  for (int i = 0; i < op->n_inputs; i++)
    if (functional->plan.last_use[op->inputs[i]] == index)
      strata_functional_tensor_clear (&run->tensors[op->inputs[i]]);
  return TRUE;
}

void
strata_functional_run_init (StrataFunctionalRun *run, const StrataFunctional *functional)
{
  const StrataQGraph *graph = functional->image->graph;

  *run = (StrataFunctionalRun){ .functional = functional };
  run->tensors = g_new0 (StrataFunctionalTensor, graph->n_tensors);
  for (int i = 0; i < graph->n_tensors; i++)
    run->tensors[i].scratch = functional->scratch;
}

void
strata_functional_run_finish (StrataFunctionalRun *run)
{
  const StrataQGraph *graph = run->functional->image->graph;

  for (int i = 0; i < graph->n_tensors; i++)
    strata_functional_tensor_clear (&run->tensors[i]);
  g_free (run->tensors);
}

gboolean
strata_functional_run_steps (StrataFunctionalRun *run,
                             const StrataArray *const *inputs,
                             GCancellable *cancellable,
                             GError **error)
{
  const StrataFunctional *functional = run->functional;

  for (int i = 0; i < functional->image->graph->n_inputs; i++)
    if (!strata_functional_read_input (functional->image->graph, i, inputs[i],
                                       &run->tensors[functional->image->graph->inputs[i]], error))
      return FALSE;
  for (int i = 0; i < functional->plan.n_steps; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error) || !execute_step (run, i, cancellable, error))
      return FALSE;
  return TRUE;
}

gboolean
strata_functional_measure (const StrataFunctional *functional,
                           guint64 inference,
                           const StrataArray *const *inputs,
                           StrataArray **outputs,
                           StrataMeasure *measures,
                           GCancellable *cancellable,
                           GError **error)
{
  const StrataQGraph *graph;
  gboolean ok;
  StrataFunctionalRun run;

  g_return_val_if_fail (functional != NULL && inputs != NULL && outputs != NULL, FALSE);
  graph = functional->image->graph;
  strata_functional_run_init (&run, functional);
  run.inference = inference;
  run.measures = functional->arrays != NULL ? measures : NULL;
  ok = strata_functional_run_steps (&run, inputs, cancellable, error);
  for (int i = 0; ok && i < graph->n_outputs; i++)
    outputs[i] = strata_functional_write_output (&graph->tensors[graph->outputs[i]], &run.tensors[graph->outputs[i]]);
  strata_functional_run_finish (&run);
  return ok;
}

gboolean
strata_functional_run (StrataFunctional *functional,
                       guint64 inference,
                       const StrataArray *const *inputs,
                       StrataArray **outputs,
                       GCancellable *cancellable,
                       GError **error)
{
  g_autofree StrataMeasure *measures = NULL;

  g_return_val_if_fail (functional != NULL, FALSE);
  if (functional->options.measure && functional->arrays != NULL)
    measures = g_new0 (StrataMeasure, functional->image->graph->n_ops + 1);
  if (!strata_functional_measure (functional, inference, inputs, outputs, measures, cancellable, error))
    return FALSE;
  if (measures != NULL)
    strata_functional_keep_measures (functional, measures);
  return TRUE;
}
