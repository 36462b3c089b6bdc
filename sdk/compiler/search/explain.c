/* SPDX-License-Identifier: Apache-2.0
 *
 * Why this many copies and not more or fewer, per product, with what the model says of the next step either way; and
 * where the program stands against each limit and floor.
 */
#include <math.h>

#include "compiler/search/state.h"

/* The closed forms for the chosen copies with @n of @op */
static StrataAlternative
forecast (const StrataSearch *search, SearchModel *model, int *n_copies, int op, int n, SearchBind *bind)
{
  StrataAlternative alternative = { .energy_fj = -1 };
  int kept = n_copies[op];
  SearchBind interval_bind;

  n_copies[op] = n;
  alternative.latency_ps = (gint64) MIN (search_model_latency_ps (model, n_copies, bind), 0x1p62);
  alternative.interval_ps = (gint64) MIN (search_model_interval_ps (model, n_copies, &interval_bind), 0x1p62);
  alternative.n_arrays = model->ops[op].n_arrays * n;
  if (search->options.objective == STRATA_OBJECTIVE_INTERVAL || search->options.limits.max_interval_ps > 0)
    *bind = interval_bind;
  n_copies[op] = kept;
  return alternative;
}

/* What @op takes on either side, by the model */
static void
add_side (const StrataSearch *search, const SearchModel *model, int op, StrataDecisions *decisions)
{
  const SearchOp *there;
  g_autofree char *verdict = NULL, *more = NULL;

  if (!search_saves_energy (search) || search->digital->ops[op].is_product)
    return;
  there = &search->digital->ops[op];
  more = strata_quantity_format (ABS (there->dynamic_fj - model->ops[op].dynamic_fj), STRATA_QUANTITY_ENERGY);
  verdict =
    there->dynamic_fj >= model->ops[op].dynamic_fj
      ? g_strdup_printf ("takes %s more than arrays, by the model", more)
      : g_strdup_printf ("would save %s, by the model, and cost more in time or memory of these units, or was not "
                         "needed",
                         more);
  strata_decisions_add_alternative (
    decisions, &(StrataAlternative){ "digital units", -1, -1, (gint64) there->dynamic_fj, 0, verdict });
}

/* What was said of @op when it was meant for arrays */
static void
forget_arrays (StrataDecisions *decisions, int op)
{
  for (guint i = decisions->decisions->len; i > 0; i--)
    {
      const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i - 1);

      if (decision->op == op
          && (decision->reason == STRATA_REASON_ANALOG || decision->reason == STRATA_REASON_READS
              || decision->reason == STRATA_REASON_SLICES || decision->reason == STRATA_REASON_ADC_BITS))
        g_array_remove_index (decisions->decisions, i - 1);
    }
}

static void
explain_sides (const StrataSearch *search, StrataDecisions *decisions)
{
  const SearchVariant *first = search->variants->pdata[0];
  const StrataSide *sides = search->best->variant->sides;

  for (int i = 0; sides != NULL && i < search->graph->n_ops; i++)
    {
      const SearchOp *here = &first->model->ops[i], *there = &search->digital->ops[i];
      g_autofree char *analog = strata_quantity_format (here->dynamic_fj, STRATA_QUANTITY_ENERGY);
      g_autofree char *digital = strata_quantity_format (there->dynamic_fj, STRATA_QUANTITY_ENERGY);
      g_autofree char *time = strata_quantity_format (there->mac_ps, STRATA_QUANTITY_TIME), *verdict = NULL;

      if (sides[i] != STRATA_SIDE_DIGITAL || !here->is_product)
        continue;
      forget_arrays (decisions, i);
      strata_decisions_add (
        decisions, STRATA_REASON_DIGITAL, i, -1, (gint64) there->dynamic_fj,
        "analog %s, digital %s, by the model: its product runs on the MAC units, which it takes for "
        "%s; its weights of %d x %d bytes are read from memory for every row",
        analog, digital, time, search->graph->ops[i].n, search->graph->ops[i].k);
      verdict = g_strdup_printf ("takes %s at least", analog);
      strata_decisions_add_alternative (
        decisions, &(StrataAlternative){ "arrays", -1, -1, (gint64) here->dynamic_fj, here->n_arrays, verdict });
    }
}

/* Why not more copies of @op than were chosen, of which there would be @more->n_arrays */
static char *
say_more (const StrataSearch *search,
          const StrataAlternative *now,
          const StrataAlternative *more,
          gint64 n_left,
          SearchBind bind)
{
  if (more->n_arrays - now->n_arrays > n_left)
    return g_strdup_printf ("takes %" G_GINT64_FORMAT " more arrays, and the chip has %" G_GINT64_FORMAT " left",
                            more->n_arrays - now->n_arrays, MAX (0, n_left));
  if (more->latency_ps >= now->latency_ps && more->interval_ps >= now->interval_ps)
    return g_strdup_printf ("%s: by the model it gains nothing, for %s binds",
                            search->n_limits == 0 ? "no limit on latency or rate asks for it" : "not needed",
                            search_bind_name (bind));
  if (search->options.objective == STRATA_OBJECTIVE_ARRAYS)
    return g_strdup (search->n_limits == 0 ? "no limit on latency or rate asks for it" : "the limits are met without");
  return g_strdup ("no program with more was better");
}

static char *
say_fewer (const StrataSearch *search, const StrataAlternative *fewer)
{
  const StrataLimits *limits = &search->options.limits;

  if (limits->max_latency_ps > 0 && fewer->latency_ps > limits->max_latency_ps)
    return g_strdup ("misses the limit on latency");
  if (limits->max_interval_ps > 0 && fewer->interval_ps > limits->max_interval_ps)
    return g_strdup ("misses the limit on the rate");
  return g_strdup ("goes against the pace that all products share");
}

static void
add_alternative (StrataDecisions *decisions, StrataAlternative alternative, int n, char *verdict)
{
  g_autofree char *what = g_strdup_printf (n == 1 ? "%d copy" : "%d copies", n);
  g_autofree char *taken = verdict;

  alternative.what = what;
  alternative.verdict = taken;
  strata_decisions_add_alternative (decisions, &alternative);
}

static void
explain_copies (const StrataSearch *search, SearchModel *model, int *n_copies, int op, StrataDecisions *decisions)
{
  const SearchOp *self = &model->ops[op];
  int n = search_model_copies (model, n_copies, op), fewer = search_copies_next (model, op, n, -1);
  int more = search_copies_next (model, op, n, 1);
  SearchBind bind;
  StrataAlternative now = forecast (search, model, n_copies, op, n, &bind);
  g_autofree char *alone = strata_quantity_format (self->occupy_ps * self->n_rows, STRATA_QUANTITY_TIME);
  g_autofree char *turn = strata_quantity_format (self->occupy_ps * ((self->n_rows + n - 1) / n), STRATA_QUANTITY_TIME);
  g_autofree char *total = strata_quantity_format ((double) now.latency_ps, STRATA_QUANTITY_TIME);

  if (n == 1)
    strata_decisions_add (decisions, STRATA_REASON_COPIES, op, -1, n,
                          "one copy: its %d rows take %s of a path of %s, and %s", self->n_rows, alone, total,
                          search->n_limits == 0 && search->options.objective == STRATA_OBJECTIVE_ARRAYS
                            ? "no limit asks for more"
                            : "other products are slower");
  else
    strata_decisions_add (decisions, STRATA_REASON_COPIES, op, -1, n,
                          "%d copies: its %d rows take %s on one array after the other and %s on %d, within the pace "
                          "that the limits or the objective set; the path is then %s",
                          n, self->n_rows, alone, turn, n, total);
  if (more > 0)
    {
      StrataAlternative alternative = forecast (search, model, n_copies, op, more, &bind);
      gint64 n_left = model->n_sites - search_model_arrays (model, n_copies);

      add_alternative (decisions, alternative, more, say_more (search, &now, &alternative, n_left, bind));
    }
  else
    add_alternative (decisions, (StrataAlternative){ NULL, -1, -1, -1, self->n_arrays * (n + 1), NULL }, n + 1,
                     g_strdup_printf ("each output row has a copy already (%d)", n));
  if (fewer > 0)
    {
      StrataAlternative alternative = forecast (search, model, n_copies, op, fewer, &bind);

      add_alternative (decisions, alternative, fewer, say_fewer (search, &alternative));
    }
  add_side (search, model, op, decisions);
}

static void
explain_limit (const StrataLimitFinding *finding, StrataDecisions *decisions)
{
  double asked = search_limits_public (finding->limit, finding->asked);
  double best = search_limits_public (finding->limit, finding->best);
  double floor = search_limits_public (finding->limit, finding->floor);
  g_autofree char *limit = search_limits_format (finding->limit, asked);
  g_autofree char *found = search_limits_format (finding->limit, best);
  g_autofree char *spare = search_limits_format (finding->limit, asked - best);
  g_autofree char *least = search_limits_format (finding->limit, floor);

  strata_decisions_add (decisions, STRATA_REASON_LIMIT, -1, -1, finding->limit, "%s is %s, %s below the limit of %s",
                        search_limits_name (finding->limit), found, spare, limit);
  if (!isnan (floor))
    strata_decisions_add (decisions, STRATA_REASON_FLOOR, -1, -1, finding->limit,
                          "%s cannot be below %s on this chip: %s%s%s", search_limits_name (finding->limit), least,
                          finding->reason, finding->layers == NULL ? "" : ", most of it ",
                          finding->layers == NULL ? "" : finding->layers);
}

static char *
say_capped (const StrataSearch *search, const SearchCandidate *candidate)
{
  double limit_mw = search->options.limits.max_peak_mw;
  g_autofree char *peak = strata_quantity_format (candidate->judgement.peak_mw, STRATA_QUANTITY_POWER);

  if (candidate->state == SEARCH_REFUSED)
    return g_strdup (candidate->refusal);
  return g_strdup_printf ("%s: draws %s at its peak",
                          candidate->judgement.peak_mw > limit_mw ? "too much"
                          : candidate->state == SEARCH_MISSED     ? "misses another limit"
                          : candidate == search->best             ? "taken"
                                                                  : "slower than need be",
                          peak);
}

/* What the cap on active stacks keeps and costs, beside the same copies under other caps and under none */
static void
explain_cap (const StrataSearch *search, StrataDecisions *decisions)
{
  const SearchCandidate *best = search->best, *all = best->uncapped;
  g_autofree char *limit = NULL, *peak = NULL, *peak_all = NULL, *time = NULL, *time_all = NULL;

  if (all == NULL)
    return;
  limit = strata_quantity_format (search->options.limits.max_peak_mw, STRATA_QUANTITY_POWER);
  peak = strata_quantity_format (best->judgement.peak_mw, STRATA_QUANTITY_POWER);
  peak_all = strata_quantity_format (all->judgement.peak_mw, STRATA_QUANTITY_POWER);
  time = strata_quantity_format ((double) best->judgement.latency_ps, STRATA_QUANTITY_TIME);
  time_all = strata_quantity_format ((double) all->judgement.latency_ps, STRATA_QUANTITY_TIME);
  strata_decisions_add (
    decisions, STRATA_REASON_ACTIVE_STACKS, -1, -1, best->max_active,
    "at most %d of the stacks convert at once, for the limit of %s on peak power: %s where all draw %s; "
    "that costs %.1f %% of latency, %s where all take %s",
    best->max_active, limit, peak, peak_all,
    100 * ((double) best->judgement.latency_ps / (double) MAX (1, all->judgement.latency_ps) - 1), time, time_all);
  for (guint i = 0; i < search->order->len; i++)
    {
      const SearchCandidate *one = search->order->pdata[i];
      g_autofree char *what = NULL, *verdict = NULL;

      if (one != all && one->uncapped != all)
        continue;
      what = one == all ? g_strdup ("all stacks") : g_strdup_printf ("at most %d", one->max_active);
      verdict = say_capped (search, one);
      strata_decisions_add_alternative (
        decisions, &(StrataAlternative){ what, one->judgement.latency_ps, one->judgement.interval_ps,
                                         one->judgement.energy_fj, one->n_arrays, verdict });
    }
}

/* The programs that were made, with the choice that made each */
static void
explain_tried (const StrataSearchReport *report, StrataDecisions *decisions)
{
  static const char *const objectives[] = { "fewest arrays", "least latency", "shortest interval", "least energy" };

  strata_decisions_add (decisions, STRATA_REASON_LIMIT, -1, -1, report->tried->len,
                        "the program with the %s of %u that were made", objectives[report->objective],
                        report->tried->len);
  for (guint i = 0; i < report->tried->len; i++)
    {
      const StrataTried *tried = &g_array_index (report->tried, StrataTried, i);
      StrataAlternative alternative = { tried->choice,
                                        tried->judgement.latency_ps,
                                        tried->judgement.interval_ps,
                                        tried->judgement.energy_fj,
                                        tried->n_arrays,
                                        tried->is_chosen         ? "taken"
                                        : tried->refusal != NULL ? tried->refusal
                                        : tried->is_met          ? "meets the limits, no better"
                                                                 : "misses a limit" };

      strata_decisions_add_alternative (decisions, &alternative);
    }
}

void
strata_search_explain (StrataSearch *search, const StrataSearchReport *report, StrataDecisions *decisions)
{
  SearchModel *model;
  g_autofree int *n_copies = NULL;

  if (decisions == NULL || search->best == NULL)
    return;
  model = search->best->variant->model;
  n_copies = g_memdup2 (search->best->n_copies, ((gsize) search->graph->n_ops + 1) * sizeof (int));
  for (int i = 0; i < search->graph->n_ops; i++)
    if (model->ops[i].is_product)
      explain_copies (search, model, n_copies, i, decisions);
  for (guint i = 0; i < report->limits->len; i++)
    explain_limit (&g_array_index (report->limits, StrataLimitFinding, i), decisions);
  explain_cap (search, decisions);
  explain_sides (search, decisions);
  explain_tried (report, decisions);
}
