/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions of one element that exporters write out, so that their argument has two readers: found from the product at
 * their end.
 */
#include "model/exec/fuse.h"

#include <math.h>

/* The node that computes @value, searched from @before upward; -1: none */
static int
find_producer (const StrataPlan *plan, int value, int before)
{
  for (int i = before - 1; i >= 0; i--)
    if (plan->graph->nodes[i].n_outputs > 0 && plan->graph->nodes[i].outputs[0] == value)
      return i;
  return -1;
}

static int
other_input (const StrataNode *node, int value)
{
  return node->inputs[node->inputs[0] == value ? 1 : 0];
}

/* The node of kind @op that computes @value, which nothing else reads; -1: there is none */
static int
step_back (const StrataPlan *plan, int value, int before, StrataOp op)
{
  int node = value < 0 || plan->n_readers[value] != 1 ? -1 : find_producer (plan, value, before);

  return node >= 0 && plan->graph->nodes[node].op == op ? node : -1;
}

static gboolean
is_number (const StrataPlan *plan, int value, double wanted)
{
  const StrataArray *array = strata_plan_known (plan, value);

  return array != NULL && array->dtype == STRATA_DTYPE_F32 && strata_array_count (array) == 1
         && fabs ((double) *(const float *) array->data - wanted) < 1e-6;
}

static void
add (StrataFusion *fusion, const StrataPlan *plan, StrataFloatPost post, const int *nodes, int n_nodes)
{
  fusion->posts[fusion->n_posts++] = post;
  g_array_append_vals (fusion->nodes, nodes, (guint) n_nodes);
  fusion->value = plan->graph->nodes[nodes[n_nodes - 1]].outputs[0];
}

static gboolean
take_swish (StrataFusion *fusion, const StrataPlan *plan, int mul)
{
  const StrataNode *nodes = plan->graph->nodes;
  int sigmoid = step_back (plan, other_input (&nodes[mul], fusion->value), mul, STRATA_OP_SIGMOID);

  if (sigmoid < 0 || nodes[sigmoid].inputs[0] != fusion->value)
    return FALSE;
  add (fusion, plan, (StrataFloatPost){ STRATA_FLOAT_POST_SWISH, 1.0f, 0.0f }, (const int[]){ sigmoid, mul }, 2);
  return TRUE;
}

/* x (Erf (x / sqrt 2) + 1) / 2 */
static gboolean
take_gelu (StrataFusion *fusion, const StrataPlan *plan, int mul)
{
  const StrataNode *nodes = plan->graph->nodes;
  int plus = step_back (plan, other_input (&nodes[mul], fusion->value), mul, STRATA_OP_ADD);
  int half = strata_plan_sole_reader (plan, nodes[mul].outputs[0]), erf, side, scale;

  if (plus < 0 || half < 0 || nodes[half].op != STRATA_OP_MUL
      || !is_number (plan, other_input (&nodes[half], nodes[mul].outputs[0]), 0.5))
    return FALSE;
  side = is_number (plan, nodes[plus].inputs[1], 1.0) ? 0 : 1;
  if (!is_number (plan, nodes[plus].inputs[1 - side], 1.0))
    return FALSE;
  erf = step_back (plan, nodes[plus].inputs[side], plus, STRATA_OP_ERF);
  if (erf < 0)
    return FALSE;
  scale = step_back (plan, nodes[erf].inputs[0], erf, STRATA_OP_DIV);
  if (scale >= 0 && (nodes[scale].inputs[0] != fusion->value || !is_number (plan, nodes[scale].inputs[1], sqrt (2.0))))
    return FALSE;
  if (scale < 0)
    scale = step_back (plan, nodes[erf].inputs[0], erf, STRATA_OP_MUL);
  if (scale < 0
      || (nodes[scale].op == STRATA_OP_MUL
          && ((nodes[scale].inputs[0] != fusion->value && nodes[scale].inputs[1] != fusion->value)
              || !is_number (plan, other_input (&nodes[scale], fusion->value), sqrt (0.5)))))
    return FALSE;
  add (fusion, plan, (StrataFloatPost){ STRATA_FLOAT_POST_GELU, 0.0f, 0.0f },
       (const int[]){ scale, erf, plus, mul, half }, 5);
  return TRUE;
}

gboolean
strata_fusion_take_twice (StrataFusion *fusion, const StrataPlan *plan)
{
  int mul = plan->reader[fusion->value];

  if (plan->n_readers[fusion->value] != 2 || mul < 0 || (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) != 0
      || plan->graph->nodes[mul].op != STRATA_OP_MUL)
    return FALSE;
  return take_swish (fusion, plan, mul) || take_gelu (fusion, plan, mul);
}
