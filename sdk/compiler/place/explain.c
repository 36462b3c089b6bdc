/* SPDX-License-Identifier: Apache-2.0
 *
 * What placement says of its result: the whole objective, term by term, against its bound and the other searches; and
 * of each op which terms its tiles bear, and what the next best stack of the one that bears most would have cost.
 */
#include "compiler/place/search.h"

#include "base/quantity.h"

#define MOST_TILES 32768 /* of a program whose ops are explained one by one */
#define MANY_TILES 2000  /* with more, no other stacks are looked at */
#define MOST_NAMED 3     /* terms named of an op */

static char *
time_text (double time_ps)
{
  return strata_quantity_format (time_ps, STRATA_QUANTITY_TIME);
}

/* "serial 1.2 us, turns 3 ns": the greatest terms first, at most @most of those that are not zero */
static char *
terms_text (const double *term_ps, int most)
{
  GString *text = g_string_new (NULL);
  gboolean named[STRATA_N_PLACE_TERMS] = { FALSE };

  for (int n = 0; n < most; n++)
    {
      g_autofree char *time = NULL;
      int best = -1;

      for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
        if (!named[i] && term_ps[i] >= 1 && (best < 0 || term_ps[i] > term_ps[best]))
          best = i;
      if (best < 0)
        break;
      named[best] = TRUE;
      time = time_text (term_ps[best]);
      g_string_append_printf (text, "%s%s %s", n == 0 ? "" : ", ", strata_place_term_name (best), time);
    }
  if (text->len == 0)
    g_string_append (text, "nothing");
  return g_string_free (text, FALSE);
}

/* The stack other than its own where @tile, which is not attached, would cost least; -1: all are full */
static int
next_best (const PlaceState *state, int tile, int own, double *price)
{
  int best = -1;

  for (int stack = 0; stack < state->model->chip->n_stacks; stack++)
    {
      double here;

      if (stack == own || !place_has_room (state, tile, stack))
        continue;
      here = place_price (state, tile, stack);
      if (best < 0 || here < *price)
        {
          best = stack;
          *price = here;
        }
    }
  return best;
}

static void
add_next_best (PlaceState *state, StrataDecisions *decisions, int tile)
{
  int own = state->stack[tile];
  double here = -place_detach (state, tile), there = 0;
  int other = next_best (state, tile, own, &there);
  g_autofree char *what = g_strdup_printf ("stack %d for tile %d", other, tile), *verdict = NULL;
  g_autofree char *here_text = time_text (here), *there_text = time_text (there);

  place_attach (state, tile, own);
  if (other < 0)
    return;
  verdict = g_strdup_printf ("it would cost %s there and costs %s on stack %d", there_text, here_text, own);
  strata_decisions_add_alternative (decisions, &(StrataAlternative){ what, -1, -1, -1, -1, verdict });
}

static void
explain_op (PlaceState *state, StrataDecisions *decisions, int op)
{
  const PlaceModel *model = state->model;
  int from = model->tiles->op_first[op], to = model->tiles->op_first[op + 1], n_stacks = 0, most_on = 0, worst = from;
  double borne_ps[STRATA_N_PLACE_TERMS] = { 0 }, most_ps = -1;
  g_autofree int *n_on = g_new0 (int, model->chip->n_stacks);
  g_autofree char *text = NULL;

  for (int tile = from; tile < to; tile++)
    {
      int stack = state->stack[tile];
      gint64 term[STRATA_N_PLACE_TERMS];
      double sum_ps = -place_detach (state, tile);

      place_terms (state, tile, stack, term);
      place_attach (state, tile, stack);
      for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
        borne_ps[i] += (double) term[i] * model->scale[i];
      n_stacks += n_on[stack]++ == 0;
      most_on = MAX (most_on, n_on[stack]);
      worst = sum_ps > most_ps ? tile : worst;
      most_ps = MAX (most_ps, sum_ps);
    }
  text = terms_text (borne_ps, MOST_NAMED);
  strata_decisions_add (decisions, STRATA_REASON_PLACEMENT, op, -1, n_stacks,
                        "%d tiles on %d of %d stacks, at most %d on one; of the objective they bear %s", to - from,
                        n_stacks, model->chip->n_stacks, most_on, text);
  if (model->tiles->n_tiles <= MANY_TILES)
    add_next_best (state, decisions, worst);
}

void
place_explain (
  PlaceState *state, const StrataPlacement *placement, const PlaceTried *tried, int n_tried, StrataDecisions *decisions)
{
  const PlaceModel *model = state->model;
  double cost_ps[STRATA_N_PLACE_TERMS];
  g_autofree char *total = time_text ((double) placement->total_ps),
                  *bound = time_text ((double) placement->total_bound_ps);
  g_autofree char *terms = NULL;

  if (decisions == NULL || placement->n_tiles == 0)
    return;
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    cost_ps[i] = (double) placement->cost_ps[i];
  terms = terms_text (cost_ps, STRATA_N_PLACE_TERMS);
  strata_decisions_add (
    decisions, STRATA_REASON_PLACEMENT, -1, -1, placement->total_ps,
    "the objective is %s, summed over tiles, and cannot be below %s: %s; %d free arrays are kept on "
    "every stack for repair",
    total, bound, terms, model->n_spare);
  for (int i = 0; i < n_tried; i++)
    {
      g_autofree char *time = time_text (tried[i].total_ps);
      g_autofree char *verdict = g_strdup_printf ("%s%s", tried[i].kept ? "kept: " : "", time);

      strata_decisions_add_alternative (decisions, &(StrataAlternative){ tried[i].what, -1, -1, -1, -1, verdict });
    }
  for (int op = 0; op < model->graph->n_ops && placement->n_tiles <= MOST_TILES; op++)
    if (model->tiles->op_first[op] < model->tiles->op_first[op + 1])
      explain_op (state, decisions, op);
}
