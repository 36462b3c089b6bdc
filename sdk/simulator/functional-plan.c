/* SPDX-License-Identifier: Apache-2.0
 *
 * From instructions to steps. Ops that no unit of the chip executes (reshapes, the host's conversions) get a step where
 * their output is first read; MVM ops get theirs when it is first read after all tiles have been.
 */
#include "simulator/functional-private.h"

typedef struct
{
  const StrataImage *image;
  GArray *steps;
  int *missing;    /* per op: tiles whose product has not been added */
  gboolean *done;  /* per op */
  gboolean *added; /* per tile */
} Walk;

static gboolean G_GNUC_PRINTF (3, 4) fail (GError **error, const StrataQOp *op, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM,
               "program: layer %s: %s; compile the model again", op->name, text);
  return FALSE;
}

static gboolean
is_unitless (StrataQOpKind kind)
{
  return kind == STRATA_QOP_RESHAPE || kind == STRATA_QOP_QUANTISE || kind == STRATA_QOP_DEQUANTISE;
}

static void
add_step (Walk *walk, int op, int tile)
{
  StrataFunctionalStep step = { op, tile };

  g_array_append_val (walk->steps, step);
  if (tile < 0)
    walk->done[op] = TRUE;
}

/* Sees to it that @tensor is there. Only ops of one input are made here, so the chain is walked, not recursed. */
static gboolean
need_tensor (Walk *walk, int tensor, GError **error)
{
  const StrataQGraph *graph = walk->image->graph;
  g_autoptr (GArray) chain = g_array_new (FALSE, FALSE, sizeof (int));
  int op = graph->tensors[tensor].producer;

  for (; op >= 0 && !walk->done[op]; op = graph->tensors[graph->ops[op].inputs[0]].producer)
    {
      const StrataQOp *o = &graph->ops[op];

      if (o->kind == STRATA_QOP_MVM && walk->missing[op] > 0)
        return fail (error, o, "%d tiles have not been executed when its output is read", walk->missing[op]);
      if (o->kind != STRATA_QOP_MVM && !is_unitless (o->kind))
        return fail (error, o, "it has not been executed when its output is read");
      g_array_append_val (chain, op);
      if (o->kind == STRATA_QOP_MVM)
        break;
    }
  for (guint i = chain->len; i > 0; i--)
    add_step (walk, g_array_index (chain, int, i - 1), -1);
  return TRUE;
}

static gboolean
need_inputs (Walk *walk, const StrataQOp *op, GError **error)
{
  for (int i = 0; i < op->n_inputs; i++)
    if (!need_tensor (walk, op->inputs[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
walk_instruction (Walk *walk, const StrataInstruction *instruction, GError **error)
{
  const StrataQOp *op;

  if (instruction->op < 0) /* belongs to no layer */
    return TRUE;
  if (instruction->opcode != STRATA_OPCODE_MVM && instruction->opcode != STRATA_OPCODE_VECTOR
      && instruction->opcode != STRATA_OPCODE_MAC)
    return TRUE;
  op = &walk->image->graph->ops[instruction->op];
  if (instruction->opcode == STRATA_OPCODE_MVM)
    {
      if (walk->image->tiles->tiles[instruction->tile].op != instruction->op || walk->added[instruction->tile])
        return fail (error, op, "tile %d is executed twice or belongs to another layer", instruction->tile);
      if (!need_inputs (walk, op, error))
        return FALSE;
      walk->added[instruction->tile] = TRUE;
      walk->missing[instruction->op]--;
      add_step (walk, instruction->op, instruction->tile);
      return TRUE;
    }
  if (op->kind == STRATA_QOP_MVM || walk->done[instruction->op])
    return TRUE;
  if (!need_inputs (walk, op, error))
    return FALSE;
  add_step (walk, instruction->op, -1);
  return TRUE;
}

/* Of a trial, which has no instructions: the ops in their order */
static gboolean
walk_op (Walk *walk, int id, GError **error)
{
  const StrataTileSet *tiles = walk->image->tiles;
  const StrataQOp *op = &walk->image->graph->ops[id];

  if (walk->done[id] || is_unitless (op->kind))
    return TRUE;
  if (!need_inputs (walk, op, error))
    return FALSE;
  for (int tile = tiles->op_first[id]; op->kind == STRATA_QOP_MVM && tile < tiles->op_first[id + 1]; tile++)
    {
      walk->missing[id]--;
      add_step (walk, id, tile);
    }
  if (op->kind != STRATA_QOP_MVM)
    add_step (walk, id, -1);
  return TRUE;
}

static gboolean
walk_all (Walk *walk, GError **error)
{
  const StrataImage *image = walk->image;

  for (int i = 0; i < image->tiles->n_tiles; i++)
    walk->missing[image->tiles->tiles[i].op]++;
  for (int i = 0; i < image->graph->n_ops; i++)
    if (image->graph->ops[i].kind == STRATA_QOP_MVM && walk->missing[i] == 0)
      return fail (error, &image->graph->ops[i], "it has no tiles");
  for (int i = 0; image->schedule == NULL && i < image->graph->n_ops; i++)
    if (!walk_op (walk, i, error))
      return FALSE;
  for (int i = 0; image->schedule != NULL && i < image->schedule->n_instructions; i++)
    if (!walk_instruction (walk, &image->schedule->instructions[i], error))
      return FALSE;
  for (int i = 0; i < image->graph->n_outputs; i++)
    if (!need_tensor (walk, image->graph->outputs[i], error))
      return FALSE;
  return TRUE;
}

static void
find_last_uses (StrataFunctionalPlan *plan, const StrataQGraph *graph)
{
  plan->last_use = g_new0 (int, graph->n_tensors);
  plan->last_tile = g_new (int, graph->n_ops + 1);
  for (int i = 0; i < graph->n_ops; i++)
    plan->last_tile[i] = -1;
  for (int i = 0; i < plan->n_steps; i++)
    {
      const StrataQOp *op = &graph->ops[plan->steps[i].op];

      if (plan->steps[i].tile >= 0)
        plan->last_tile[plan->steps[i].op] = i;
      else if (op->kind == STRATA_QOP_MVM)
        continue; /* made from the sums alone */
      for (int j = 0; j < op->n_inputs; j++)
        plan->last_use[op->inputs[j]] = i;
    }
  for (int i = 0; i < graph->n_outputs; i++)
    plan->last_use[graph->outputs[i]] = plan->n_steps;
}

static void
sort_tiles (StrataFunctionalPlan *plan, const StrataTileSet *tiles, int n_ops)
{
  plan->op_first = g_new0 (int, n_ops + 2);
  plan->op_tiles = g_new (int, tiles->n_tiles + 1);
  /* first how many each op has, one place further on; then the places of each; filling them leaves the ends */
  for (int i = 0; i < tiles->n_tiles; i++)
    plan->op_first[tiles->tiles[i].op + 2]++;
  for (int i = 2; i < n_ops + 2; i++)
    plan->op_first[i] += plan->op_first[i - 1];
  for (int i = 0; i < tiles->n_tiles; i++)
    plan->op_tiles[plan->op_first[tiles->tiles[i].op + 1]++] = i;
}

gboolean
strata_functional_plan_init (StrataFunctionalPlan *plan, const StrataImage *image, GError **error)
{
  Walk walk = { .image = image };
  gboolean ok;

  *plan = (StrataFunctionalPlan){ NULL };
  walk.steps = g_array_new (FALSE, FALSE, sizeof (StrataFunctionalStep));
  walk.missing = g_new0 (int, image->graph->n_ops + 1);
  walk.done = g_new0 (gboolean, image->graph->n_ops + 1);
  walk.added = g_new0 (gboolean, image->tiles->n_tiles + 1);
  ok = walk_all (&walk, error);
  plan->n_steps = (int) walk.steps->len;
  plan->steps = (StrataFunctionalStep *) (gpointer) g_array_free (walk.steps, FALSE);
  if (ok)
    {
      find_last_uses (plan, image->graph);
      sort_tiles (plan, image->tiles, image->graph->n_ops);
    }
  g_free (walk.missing);
  g_free (walk.done);
  g_free (walk.added);
  return ok;
}

void
strata_functional_plan_finish (StrataFunctionalPlan *plan)
{
  g_clear_pointer (&plan->steps, g_free);
  g_clear_pointer (&plan->last_use, g_free);
  g_clear_pointer (&plan->last_tile, g_free);
  g_clear_pointer (&plan->op_first, g_free);
  g_clear_pointer (&plan->op_tiles, g_free);
}
