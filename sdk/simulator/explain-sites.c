/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a tile lies where it does, where placement has not said: its way to the hub and what it shares the stack with,
 * beside the stack that would have suited best by either. Both are read off the modelled run, not off the objective.
 */
#include "simulator/explain-private.h"

/* Tiles of a layer of which each is explained; of larger layers, and of larger programs, the stacks are summed up. */
#define MAX_TOLD 32
#define MAX_PROGRAM 32768

static int
n_free_tiers (const StrataImage *image, const StrataFacts *facts, int stack)
{
  g_autofree guint8 *taken = g_malloc0 ((gsize) image->chip->tiers);
  int n = 0;

  for (int i = facts->stack_first[stack]; i < facts->stack_first[stack + 1]; i++)
    for (int t = 0; t < strata_tile_n_tiers (&image->tiles->tiles[facts->stack_tiles[i]]); t++)
      taken[image->placement->site[facts->stack_tiles[i]].tier + t] = 1;
  for (int tier = 0; tier < image->chip->tiers; tier++)
    n += !taken[tier] && strata_chip_site_usable (image->chip, (StrataSite){ stack, tier });
  return n;
}

/* The stack other than its own, with a free tier, where @tile would wait least, the nearest of those; -1: none */
static int
best_other (StrataExplainer *explainer, int tile, gint64 *contention_ps, int *n_rivals)
{
  const StrataImage *image = explainer->image;
  const StrataFacts *facts = explainer->facts;
  int best = -1, n;

  for (int stack = 0; stack < image->chip->n_stacks; stack++)
    {
      gint64 here_ps = strata_facts_contention_ps (image, facts, tile, stack, &n);

      if (stack == image->placement->site[tile].stack || n_free_tiers (image, facts, stack) == 0)
        continue;
      if (best >= 0
          && (here_ps > *contention_ps
              || (here_ps == *contention_ps && facts->stack_hops[stack] >= facts->stack_hops[best])))
        continue;
      best = stack;
      *contention_ps = here_ps;
      *n_rivals = n;
    }
  return best;
}

static const char *
work_text (StrataExplainer *explainer, gint64 work_ps)
{
  return work_ps == 0
           ? "no work"
           : strata_arena_printf (explainer->arena, "%s of work", strata_explainer_time (explainer, work_ps));
}

static const char *
links_text (StrataExplainer *explainer, int n)
{
  return strata_arena_printf (explainer->arena, n == 1 ? "%d link" : "%d links", n);
}

static void
add_other_stack (StrataExplainer *explainer, int tile, gint64 chosen_ps)
{
  gint64 other_ps = 0;
  int n_rivals = 0, stack = best_other (explainer, tile, &other_ps, &n_rivals);
  int here = explainer->image->placement->site[tile].stack;
  const int *hops = explainer->facts->stack_hops;

  if (stack < 0)
    {
      strata_explainer_add_other (explainer, "any other stack", -1, "none has a free array");
      return;
    }
  strata_explainer_add_other (
    explainer, strata_arena_printf (explainer->arena, "stack %d", stack), -1,
    strata_arena_printf (explainer->arena, "%s to wait for there against %s here; %s against %s",
                         work_text (explainer, other_ps), work_text (explainer, chosen_ps),
                         links_text (explainer, hops[stack]), links_text (explainer, hops[here])));
}

static void
explain_tile (StrataExplainer *explainer, int id)
{
  const StrataImage *image = explainer->image;
  const StrataTile *tile = &image->tiles->tiles[id];
  StrataSite site = image->placement->site[id];
  int n_rivals, n_here = explainer->facts->stack_first[site.stack + 1] - explainer->facts->stack_first[site.stack];
  gint64 contention_ps = strata_facts_contention_ps (image, explainer->facts, id, site.stack, &n_rivals);

  strata_decisions_add (
    explainer->list, STRATA_REASON_SITE, tile->op, id, (gint64) site.stack * image->chip->tiers + site.tier,
    "stack %d tier %d: %s from the hub; %d of %d other tiles on the stack run at the same time, with "
    "%s in that time; tiers differ in heat alone, a switch costs %s between any two",
    site.stack, site.tier, links_text (explainer, explainer->facts->stack_hops[site.stack]), n_rivals, n_here - 1,
    work_text (explainer, contention_ps),
    strata_explainer_time (explainer, image->chip->t_select_ps[STRATA_BAND_NOMINAL]));
  add_other_stack (explainer, id, contention_ps);
}

static void
explain_many (StrataExplainer *explainer, int op)
{
  const StrataImage *image = explainer->image;
  const StrataTileSet *tiles = image->tiles;
  g_autofree guint8 *on = g_malloc0 ((gsize) image->chip->n_stacks);
  int n_stacks = 0;

  for (int i = tiles->op_first[op]; i < tiles->op_first[op + 1]; i++)
    {
      n_stacks += !on[image->placement->site[i].stack];
      on[image->placement->site[i].stack] = 1;
    }
  strata_decisions_add (explainer->list, STRATA_REASON_SITE, op, -1, n_stacks,
                        "%d tiles on %d of %d stacks: tiles of one layer run at the same time and wait for each other "
                        "only where they share a stack",
                        tiles->op_first[op + 1] - tiles->op_first[op], n_stacks, image->chip->n_stacks);
}

void
strata_explain_sites (StrataExplainer *explainer, int op)
{
  const StrataTileSet *tiles = explainer->image->tiles;
  int from = tiles->op_first[op], to = tiles->op_first[op + 1];

  if (from == to || strata_explainer_said (explainer, STRATA_REASON_SITE, op))
    return;
  if (to - from > MAX_TOLD || tiles->n_tiles > MAX_PROGRAM)
    explain_many (explainer, op);
  else
    for (int i = from; i < to; i++)
      explain_tile (explainer, i);
}
