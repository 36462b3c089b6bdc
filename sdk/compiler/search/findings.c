/* SPDX-License-Identifier: Apache-2.0
 *
 * The report of a search in words and numbers: verdict and floor of each limit, with the layers that make it; what was
 * tried; the message of a refusal.
 */
#include <math.h>

#include "compiler/search/capacity.h"
#include "compiler/search/state.h"

#define N_NAMED 3 /* layers in a text */

/* --- layers --- */

typedef struct
{
  int op;
  double share;
} Share;

static int
compare_shares (gconstpointer a, gconstpointer b)
{
  const Share *x = a, *y = b;

  if (x->share != y->share)
    return x->share > y->share ? -1 : 1;
  return (x->op > y->op) - (x->op < y->op);
}

char *
search_name_layers (const StrataQGraph *graph, const double *value)
{
  g_autofree Share *shares = g_new (Share, (gsize) graph->n_ops + 1);
  GString *text = g_string_new (NULL);
  double total = 0;

  for (int i = 0; i < graph->n_ops; i++)
    {
      shares[i] = (Share){ i, value[i] };
      total += value[i];
    }
  qsort (shares, graph->n_ops, sizeof *shares, compare_shares);
  for (int i = 0; i < MIN (N_NAMED, graph->n_ops) && shares[i].share > 0; i++)
    g_string_append_printf (text, "%s%s (%.0f %%)", i == 0 ? "" : ", ", graph->ops[shares[i].op].name,
                            100 * shares[i].share / total);
  if (text->len > 0)
    return g_string_free (text, FALSE);
  g_string_free (text, TRUE);
  return NULL;
}

static char *
name_bound_layers (const StrataSearch *search, SearchBind bind)
{
  const SearchModel *model = search->cheapest;
  g_autofree double *value = g_new0 (double, (gsize) search->graph->n_ops + 1);

  if (bind == SEARCH_BIND_PATH)
    return search_name_layers (search->graph, search->floor.path_ps);
  for (int i = 0; i < search->graph->n_ops; i++)
    value[i] = search_model_load_ps (model, bind, i);
  return search_name_layers (search->graph, value);
}

static char *
name_energy_layers (const StrataSearch *search)
{
  const SearchModel *model = search->cheapest;
  g_autofree double *value = g_new0 (double, (gsize) search->graph->n_ops + 1);

  for (int i = 0; i < search->graph->n_ops; i++)
    value[i] = model->ops[i].dynamic_fj;
  return search_name_layers (search->graph, value);
}

/* --- floors --- */

static char *
explain_bind (SearchBind bind, const char *more)
{
  if (bind == SEARCH_BIND_TILE)
    return g_strdup_printf ("the rows of one copy, with as many copies as the chip has arrays for%s", more);
  if (bind == SEARCH_BIND_PATH)
    return g_strdup_printf ("rows that wait for each other, with a copy of each matrix for every row%s", more);
  return g_strdup_printf ("%s, which copies do not relieve%s", search_bind_name (bind), more);
}

static char *
explain_power (const StrataSearch *search)
{
  const SearchFloor *floor = &search->floor;
  g_autofree char *fixed = strata_quantity_format (floor->static_mw, STRATA_QUANTITY_POWER);
  g_autofree char *rest = strata_quantity_format (floor->power_mw - floor->static_mw, STRATA_QUANTITY_POWER);

  if (floor->power_mw > floor->static_mw)
    return g_strdup_printf ("static power of %s, and %s of products and transfers at the rate asked for", fixed, rest);
  return g_strdup_printf ("static power of %s, however few inferences there are", fixed);
}

static char *
explain_peak (const StrataSearch *search)
{
  const SearchFloor *floor = &search->floor;
  g_autofree char *fixed = strata_quantity_format (floor->static_mw, STRATA_QUANTITY_POWER);
  g_autofree char *rest = strata_quantity_format (floor->peak_mw - floor->static_mw, STRATA_QUANTITY_POWER);

  if (floor->peak_mw > floor->static_mw)
    return g_strdup_printf ("static power of %s, and %s of products and transfers drawn evenly over the latency asked "
                            "for",
                            fixed, rest);
  return g_strdup_printf ("static power of %s, however slowly products and transfers follow each other", fixed);
}

static char *
explain_energy (const StrataSearch *search)
{
  const SearchFloor *floor = &search->floor;
  g_autofree char *moving = strata_quantity_format (floor->dynamic_fj, STRATA_QUANTITY_ENERGY);
  g_autofree char *fixed = strata_quantity_format (floor->energy_fj - floor->dynamic_fj, STRATA_QUANTITY_ENERGY);

  return g_strdup_printf ("%s of products and transfers, with one read and no copies in rows, and %s of static power "
                          "over the least latency",
                          moving, fixed);
}

static char *
explain_heat (const StrataSearch *search, const char *where)
{
  g_autofree char *power = explain_power (search);
  g_autofree char *ambient = strata_quantity_format (search->chip->t_ambient_c, STRATA_QUANTITY_TEMPERATURE);

  return g_strdup_printf ("%s around, and what warms %s: %s", ambient, where, power);
}

/* The floor of a limit, as something to stay above, and what it consists of; NaN: unknown */
static double
floor_of (const StrataSearch *search, StrataLimit limit, char **reason, char **layers)
{
  const SearchFloor *floor = &search->floor;

  *layers = NULL;
  switch (limit)
    {
    case STRATA_LIMIT_MAX_LATENCY_PS:
      *reason = explain_bind (floor->latency_bind, "");
      *layers = name_bound_layers (search, floor->latency_bind);
      break;
    case STRATA_LIMIT_MIN_RATE_PER_S:
      *reason = floor->is_budget_bound ? g_strdup ("the chip's power budget, which caps the rate")
                                       : explain_bind (floor->interval_bind, "");
      *layers = floor->is_budget_bound ? name_energy_layers (search) : name_bound_layers (search, floor->interval_bind);
      break;
    case STRATA_LIMIT_MAX_POWER_MW:
      *reason = explain_power (search);
      *layers = floor->power_mw > floor->static_mw ? name_energy_layers (search) : NULL;
      break;
    case STRATA_LIMIT_MAX_ENERGY_FJ:
      *reason = explain_energy (search);
      *layers = name_energy_layers (search);
      break;
    case STRATA_LIMIT_MAX_JUNCTION_C:
      *reason = explain_heat (search, "the package");
      break;
    case STRATA_LIMIT_MAX_SKIN_C:
      *reason = explain_heat (search, "the skin");
      break;
    case STRATA_LIMIT_MAX_PEAK_POWER_MW:
      *reason = explain_peak (search);
      *layers = floor->peak_mw > floor->static_mw ? name_energy_layers (search) : NULL;
      break;
    case STRATA_LIMIT_MAX_ARRAYS:
      *reason = g_strdup ("one copy of every weight");
      *layers = name_bound_layers (search, SEARCH_BIND_STACKS);
      break;
    case STRATA_LIMIT_MAX_COST_USD:
      *reason = g_strdup ("silicon, test and package of this chip");
      break;
    case STRATA_LIMIT_MIN_ACCURACY:
      *reason = g_strdup ("no bound is known but trying: reads and copies in rows against noise");
      break;
    case STRATA_LIMIT_CHIP_ARRAYS:
    case STRATA_LIMIT_CHIP_SRAM_BYTES:
    case STRATA_LIMIT_CHIP_DRAM_BYTES:
      g_assert_not_reached (); /* nobody asks for them */
    }
  return search_floor_value (floor, limit);
}

/* --- the report --- */

static void
add_finding (StrataSearch *search, StrataSearchReport *report, const SearchLimit *limit)
{
  StrataLimitFinding finding = { .limit = limit->limit, .asked = search_limits_public (limit->limit, limit->bound) };
  double best = (double) NAN, floor = floor_of (search, limit->limit, &finding.reason, &finding.layers);

  for (guint i = 0; i < search->order->len; i++)
    {
      const SearchCandidate *candidate = search->order->pdata[i];
      double value;

      if (candidate->state == SEARCH_REFUSED || (search->best != NULL && candidate != search->best))
        continue;
      value = search_limits_value (limit->limit, &candidate->judgement, candidate->n_arrays, search->chip);
      if (isnan (best) || value < best)
        best = value;
    }
  finding.best = search_limits_public (limit->limit, best);
  finding.floor = search_limits_public (limit->limit, floor);
  finding.verdict = search_limits_excess (limit, best) <= 0 ? STRATA_VERDICT_MET
                    : floor > limit->bound                  ? STRATA_VERDICT_IMPOSSIBLE
                                                            : STRATA_VERDICT_NOT_FOUND;
  g_array_append_val (report->limits, finding);
}

/* The ops with most copies first */
static char *
describe_choice (const StrataSearch *search, const SearchCandidate *candidate)
{
  g_autofree Share *shares = g_new (Share, (gsize) search->graph->n_ops + 1);
  GString *text = g_string_new (NULL);
  int n = 0;

  for (int i = 0; i < search->graph->n_ops; i++)
    if (candidate->variant->model->ops[i].is_product && candidate->n_copies[i] > 1)
      shares[n++] = (Share){ i, search_model_copies (candidate->variant->model, candidate->n_copies, i) };
  qsort (shares, n, sizeof *shares, compare_shares);
  if (n == 0)
    g_string_append (text, "one copy of each matrix");
  for (int i = 0; i < MIN (n, N_NAMED); i++)
    g_string_append_printf (text, i == 0 ? "%.0f copies of %s" : ", %.0f of %s", shares[i].share,
                            search->graph->ops[shares[i].op].name);
  if (n > N_NAMED)
    g_string_append_printf (text, ", 2 to %.0f of %d more", shares[N_NAMED].share, n - N_NAMED);
  if (candidate->variant->reads == 0 && search->most_reads > 1)
    g_string_append (text, "; one read each");
  if (candidate->variant->reads > 1)
    g_string_append_printf (text, "; %d times the reads", candidate->variant->reads);
  if (search->options.row_copies && !candidate->variant->row_copies)
    g_string_append (text, "; no copies in rows");
  if (candidate->variant->sides != NULL)
    g_string_append_printf (text, "; %d on the digital units", search->n_moved);
  if (candidate->max_active > 0)
    g_string_append_printf (text, "; active stacks capped at %d", candidate->max_active);
  if (candidate->pace_ps > 0)
    {
      g_autofree char *pace = strata_quantity_format ((double) candidate->pace_ps, STRATA_QUANTITY_TIME);

      g_string_append_printf (text, "; one inference per %s", pace);
    }
  return g_string_free (text, FALSE);
}

static void
add_tried (StrataSearch *search, StrataSearchReport *report, const SearchCandidate *candidate)
{
  StrataTried tried = { .choice = describe_choice (search, candidate),
                        .judgement = candidate->judgement,
                        .n_arrays = candidate->n_arrays,
                        .most_copies = 1,
                        .reads = MAX (1, candidate->variant->reads * search->most_reads),
                        .row_copies = candidate->variant->row_copies,
                        .max_active_stacks = candidate->max_active,
                        .pace_ps = candidate->pace_ps,
                        .refusal = g_strdup (candidate->refusal),
                        .is_met = candidate->state == SEARCH_MET,
                        .is_chosen = candidate == search->best };

  for (int i = 0; i < search->graph->n_ops; i++)
    if (candidate->variant->model->ops[i].is_product)
      tried.most_copies =
        MAX (tried.most_copies, search_model_copies (candidate->variant->model, candidate->n_copies, i));
  g_array_append_val (report->tried, tried);
}

StrataSearchReport *
strata_search_report (StrataSearch *search)
{
  StrataSearchReport *report = strata_search_report_new (search->options.objective);

  report->verdict = search->best != NULL ? STRATA_VERDICT_MET : STRATA_VERDICT_NOT_FOUND;
  for (int i = 0; i < search->n_limits; i++)
    {
      add_finding (search, report, &search->limits[i]);
      if (g_array_index (report->limits, StrataLimitFinding, i).verdict == STRATA_VERDICT_IMPOSSIBLE)
        report->verdict = STRATA_VERDICT_IMPOSSIBLE;
    }
  for (guint i = 0; i < search->order->len; i++)
    add_tried (search, report, search->order->pdata[i]);
  search_capacity_memory (search, report);
  strata_search_report_mark (report);
  return report;
}

/* --- the message --- */

static void
append_verdict (GString *text, const StrataSearch *search, const StrataLimitFinding *finding)
{
  double floor = search_limits_public (finding->limit, finding->floor);
  g_autofree char *shown = search_limits_format (finding->limit, floor);

  if (finding->verdict == STRATA_VERDICT_IMPOSSIBLE)
    g_string_append_printf (text, "; impossible on this chip, whose floor is %s: %s%s%s", shown, finding->reason,
                            finding->layers == NULL ? "" : ", most of it ",
                            finding->layers == NULL ? "" : finding->layers);
  else if (finding->verdict == STRATA_VERDICT_MET)
    g_string_append (text, "; met alone by another program, but not with the other limits");
  else if (isnan (floor))
    g_string_append_printf (text, "; not found among %u programs", search->order->len);
  else
    {
      double best = search_limits_public (finding->limit, finding->best);
      g_autofree char *found = search_limits_format (finding->limit, best);

      g_string_append_printf (text, "; not found among %u programs, whose best is %s; the floor is %s: %s%s%s",
                              search->order->len, found, shown, finding->reason,
                              finding->layers == NULL ? "" : ", most of it ",
                              finding->layers == NULL ? "" : finding->layers);
    }
}

char *
strata_search_describe (StrataSearch *search, const StrataSearchReport *report)
{
  GString *text = g_string_new (NULL);

  if (search->nearest == NULL)
    {
      g_string_free (text, TRUE);
      return NULL;
    }
  for (int i = 0; i < search->n_limits; i++)
    {
      const SearchLimit *limit = &search->limits[i];
      double value =
        search_limits_value (limit->limit, &search->nearest->judgement, search->nearest->n_arrays, search->chip);
      g_autofree char *miss = NULL;

      if (search_limits_excess (limit, value) <= 0)
        continue;
      if (limit->limit == STRATA_LIMIT_MIN_ACCURACY && isnan (value))
        continue;
      miss = search_limits_describe_miss (limit, value);
      g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", miss);
      append_verdict (text, search, &g_array_index (report->limits, StrataLimitFinding, i));
    }
  return g_string_free (text, FALSE);
}
