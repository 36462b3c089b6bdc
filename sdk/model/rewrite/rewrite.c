/* SPDX-License-Identifier: Apache-2.0
 *
 * The rounds: each rule over every node in order, until a round changes nothing. A rule looks at a node and a bounded
 * neighbourhood, so a round is linear in the graph.
 */
#include "model/rewrite/rewrite.h"

#include "model/rewrite/state.h"

/* Rules make ends meet in two or three rounds; a ring of rules would be an error here, and ends then. */
#define MAX_ROUNDS 16

static const StrataRuleFunc functions[] = {
#define STRATA_RULE(id, name, function, meaning) [STRATA_RULE_##id] = strata_rewrite_##function,
#include "model/rewrite/rules.def"
#undef STRATA_RULE
};

static const StrataNodeLink *
link_of (const StrataRewriting *rw, int node)
{
  return &g_array_index (rw->links, StrataNodeLink, node);
}

/* The name of a first output may be left out: such a node is dead code or has others, and is no part of a pattern. */
static gboolean
is_open_to (const StrataRewriting *rw, StrataRule rule, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);

  return !link_of (rw, node)->gone && (rule == STRATA_RULE_DEAD_CODE || (n->n_outputs > 0 && n->outputs[0] >= 0));
}

/* Dead code is found from the end: what only it reads is dead too. */
static gboolean
apply (StrataRewriting *rw, StrataRule rule)
{
  gboolean backward = rule == STRATA_RULE_DEAD_CODE, changed = FALSE;
  int node = backward ? rw->last : rw->first;

  rw->rule = rule;
  while (node >= 0)
    {
      rw->log->n_steps++;
      if (is_open_to (rw, rule, node))
        changed = functions[rule](rw, node) || changed;
      node = backward ? link_of (rw, node)->before : link_of (rw, node)->after;
    }
  return changed;
}

StrataGraph *
strata_graph_rewrite_with (const StrataGraph *graph,
                           const StrataRewriteOptions *options,
                           StrataRewriteLog **log,
                           GError **error)
{
  g_auto (StrataRewriting) rw = { 0 };
  g_autoptr (StrataGraph) result = NULL;
  gboolean changed = TRUE;

  g_return_val_if_fail (graph != NULL && options != NULL, NULL);
  strata_rewrite_init (&rw, graph, options);
  while (changed && rw.log->n_rounds < MAX_ROUNDS)
    {
      changed = FALSE;
      for (int rule = 0; rule < STRATA_N_RULES; rule++)
        if (options->rules & (1u << rule))
          changed = apply (&rw, (StrataRule) rule) || changed;
      rw.log->n_rounds++;
    }
  result = strata_rewrite_finish (&rw, error);
  if (result == NULL)
    return NULL;
  rw.log->n_entries = (int) rw.entries->len;
  rw.log->entries =
    strata_arena_memdup (rw.log->arena, rw.entries->data, sizeof (StrataRewriteEntry) * rw.entries->len);
  if (log != NULL)
    *log = g_steal_pointer (&rw.log);
  return g_steal_pointer (&result);
}

StrataGraph *
strata_graph_rewrite (const StrataGraph *graph, StrataRewriteSet rules, StrataRewriteLog **log, GError **error)
{
  StrataRewriteOptions options = { rules, STRATA_REWRITE_MAX_FOLDED_BYTES };

  return strata_graph_rewrite_with (graph, &options, log, error);
}
