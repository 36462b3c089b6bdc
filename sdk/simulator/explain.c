/* SPDX-License-Identifier: Apache-2.0
 *
 * The explanation of a program: what its stages said, then what they left unsaid about the program as a whole (limits,
 * bound, idle arrays) and about each layer (explain-layer.c, explain-sites.c), in one order.
 */
#include "simulator/explain-private.h"

#include <math.h>

gboolean
strata_explainer_said (const StrataExplainer *explainer, StrataReason reason, int op)
{
  return explainer->said[(gsize) (op + 1) * STRATA_N_REASONS + reason];
}

const char *
strata_explainer_time (const StrataExplainer *explainer, gint64 time_ps)
{
  return strata_record_time (explainer->arena, (double) time_ps);
}

const char *
strata_explainer_energy (const StrataExplainer *explainer, gint64 energy_fj)
{
  return strata_record_energy (explainer->arena, (double) energy_fj);
}

void
strata_explainer_add_other (StrataExplainer *explainer, const char *what, gint64 n_arrays, const char *verdict)
{
  const StrataAlternative other = { what, -1, -1, -1, n_arrays, verdict };

  strata_decisions_add_alternative (explainer->list, &other);
}

/* --- limits --- */

/* "9.93 ms of 20.0 ms allowed: 50.4 % below the limit" */
static void
explain_limit (
  StrataExplainer *explainer, const char *what, double value, double limit, const char *shown, const char *allowed)
{
  double share = 100 * (limit - value) / limit;

  if (limit <= 0 || isnan (value))
    return;
  strata_decisions_add (explainer->list, STRATA_REASON_LIMIT, -1, -1, llround (share * 1000),
                        share >= 0 ? "%s is %s of %s allowed: %.3g %% below the limit"
                                   : "%s is %s where %s is allowed: %.3g %% over the limit",
                        what, shown, allowed, fabs (share));
}

static void
explain_limits (StrataExplainer *explainer)
{
  const StrataLimits *limits = &explainer->image->limits;
  const StrataModelled *m = explainer->modelled;
  StrataArena *arena = explainer->arena;
  guint before = explainer->list->decisions->len;
  const struct
  {
    const char *what, *unit;
    double value, limit;
  } known[] = {
    { "power", "mW", strata_modelled_steady (m, 0, m->power_mw[0]), limits->max_power_mw },
    { "the junction's temperature", "°C", strata_modelled_steady (m, 0, m->junction_c), limits->max_junction_c },
    { "the skin's temperature", "°C", strata_modelled_steady (m, 0, m->skin_c), limits->max_skin_c },
  };

  explain_limit (explainer, "latency", (double) m->latency_ps[0], (double) limits->max_latency_ps,
                 strata_explainer_time (explainer, m->latency_ps[0]),
                 strata_explainer_time (explainer, limits->max_latency_ps));
  explain_limit (explainer, "the interval between inferences", (double) m->interval_ps[0],
                 (double) limits->max_interval_ps, strata_explainer_time (explainer, m->interval_ps[0]),
                 strata_explainer_time (explainer, limits->max_interval_ps));
  explain_limit (explainer, "energy per inference", (double) m->energy_fj[0], limits->max_energy_fj,
                 strata_explainer_energy (explainer, m->energy_fj[0]),
                 strata_record_energy (arena, limits->max_energy_fj));
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    explain_limit (explainer, known[i].what, known[i].value, known[i].limit,
                   strata_record_number (arena, known[i].value, known[i].unit),
                   strata_record_number (arena, known[i].limit, known[i].unit));
  if (explainer->list->decisions->len == before)
    strata_decisions_add (explainer->list, STRATA_REASON_LIMIT, -1, -1, 0,
                          "no limits were asked for: nothing pays for more copies, reads or active stacks");
}

/* --- bound, idle arrays --- */

static const char *
bound_by (const StrataSchedule *schedule)
{
  if (schedule->lower_bound_ps == schedule->critical_path_ps)
    return "the rows of the layers, one after the other, however many stacks there are";
  if (schedule->lower_bound_ps == schedule->busiest_unit_ps)
    return "the load of one unit";
  return "the work of all arrays spread over all stacks, or the turns of layers with more arrays than stacks";
}

static void
explain_floor (StrataExplainer *explainer)
{
  const StrataSchedule *schedule = explainer->image->schedule;
  gint64 latency_ps = explainer->modelled->latency_ps[STRATA_BAND_NOMINAL], bound_ps = schedule->lower_bound_ps;

  strata_decisions_add (
    explainer->list, STRATA_REASON_FLOOR, -1, -1, bound_ps,
    "latency %s is %.3g %% over the bound of %s for these tiles and copies, which is set by %s; the "
    "busiest unit is %s with %s",
    strata_explainer_time (explainer, latency_ps),
    bound_ps > 0 ? 100.0 * (double) (latency_ps - bound_ps) / (double) bound_ps : 0.0,
    strata_explainer_time (explainer, bound_ps), bound_by (schedule), schedule->units[schedule->busiest_unit].name,
    strata_explainer_time (explainer, schedule->busiest_unit_ps));
}

static void
explain_idle (StrataExplainer *explainer)
{
  const StrataChipSpec *chip = explainer->image->chip;
  const int *first = explainer->facts->stack_first;
  gint64 n_arrays = strata_chip_arrays (chip), n_used = strata_tile_set_n_arrays (explainer->image->tiles);
  int n_stacks_idle = 0;

  for (int i = 0; i < chip->n_stacks; i++)
    n_stacks_idle += first[i] == first[i + 1];
  strata_decisions_add (explainer->list, STRATA_REASON_IDLE, -1, -1, n_arrays - n_used,
                        "%" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " arrays hold no weights: each matrix lies in the "
                        "chip once per copy, and no limit asks for more copies; %d of %d stacks are idle and gated, %d "
                        "arrays are dead",
                        n_arrays - n_used, n_arrays, n_stacks_idle, chip->n_stacks, chip->n_dead);
}

static void
explain_program (StrataExplainer *explainer)
{
  if (!strata_explainer_said (explainer, STRATA_REASON_LIMIT, -1))
    explain_limits (explainer);
  if (!strata_explainer_said (explainer, STRATA_REASON_FLOOR, -1))
    explain_floor (explainer);
  if (!strata_explainer_said (explainer, STRATA_REASON_IDLE, -1))
    explain_idle (explainer);
}

/* --- the list in order --- */

typedef struct
{
  int op, reason, tile;
  guint id;
} Key;

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  const Key *x = a, *y = b;

  if (x->op != y->op)
    return x->op < y->op ? -1 : 1;
  if (x->reason != y->reason)
    return x->reason < y->reason ? -1 : 1;
  if (x->tile != y->tile)
    return x->tile < y->tile ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

static StrataDecisions *
sort (StrataExplainer *explainer)
{
  const StrataDecisions *decisions = explainer->list;
  guint n = decisions->decisions->len;
  g_autofree Key *keys = g_new (Key, (gsize) n + 1);
  StrataDecisions *sorted = strata_decisions_new ();

  for (guint i = 0; i < n; i++)
    {
      const StrataDecision *d = &g_array_index (decisions->decisions, StrataDecision, i);

      keys[i] = (Key){ d->op, (int) d->reason, d->tile, i };
    }
  qsort (keys, n, sizeof *keys, compare_keys);
  for (guint i = 0; i < n; i++)
    {
      const StrataDecision *d = &g_array_index (decisions->decisions, StrataDecision, keys[i].id);

      strata_decisions_add (sorted, d->reason, d->op, d->tile, d->value, "%s", d->text);
      for (int j = 0; j < d->n_alternatives; j++)
        strata_decisions_add_alternative (
          sorted, &g_array_index (decisions->alternatives, StrataAlternative, d->first_alternative + j));
      /* A stage that chose the unit by rule has not priced the other. */
      if (strata_explain_is_unit (d->reason) && d->op >= 0 && d->tile < 0 && d->n_alternatives == 0)
        {
          StrataExplainer pricing = *explainer;

          pricing.list = sorted;
          strata_explain_costs (&pricing, d->op);
        }
    }
  return sorted;
}

StrataDecisions *
strata_explain (const StrataImage *image, const StrataModelled *modelled, const StrataFacts *facts)
{
  g_autoptr (StrataDecisions) list = strata_decisions_new ();
  g_autoptr (StrataArena) arena = strata_arena_new ();
  g_autofree guint8 *said = g_malloc0 (((gsize) image->graph->n_ops + 1) * STRATA_N_REASONS);
  StrataExplainer explainer = { image, modelled, facts, list, arena, said };

  strata_decisions_append (list, image->decisions);
  for (guint i = 0; i < list->decisions->len; i++)
    {
      const StrataDecision *d = &g_array_index (list->decisions, StrataDecision, i);

      said[(gsize) (d->op + 1) * STRATA_N_REASONS + d->reason] = 1;
    }
  explain_program (&explainer);
  for (int op = 0; op < image->graph->n_ops; op++)
    {
      strata_explain_unit (&explainer, op);
      strata_explain_mapping (&explainer, op);
      strata_explain_sites (&explainer, op);
    }
  return sort (&explainer);
}

/* --- for the record --- */

GArray *
strata_record_decisions (StrataArena *arena, const StrataImage *image, const StrataModelled *modelled)
{
  g_autoptr (StrataFacts) facts = strata_facts_new (image, modelled);
  g_autoptr (StrataDecisions) list = strata_explain (image, modelled, facts);
  GArray *records = g_array_new (FALSE, TRUE, sizeof (StrataDecisionRecord));
  StrataAlternativeRecord *others = strata_arena_array (arena, StrataAlternativeRecord, list->alternatives->len + 1);

  for (guint i = 0; i < list->alternatives->len; i++)
    {
      const StrataAlternative *a = &g_array_index (list->alternatives, StrataAlternative, i);

      others[i] = (StrataAlternativeRecord){
        strata_arena_strdup (arena, a->what),   a->latency_ps, a->interval_ps, a->energy_fj, a->n_arrays,
        strata_arena_strdup (arena, a->verdict)
      };
    }
  for (guint i = 0; i < list->decisions->len; i++)
    {
      const StrataDecision *d = &g_array_index (list->decisions, StrataDecision, i);
      StrataDecisionRecord record = { strata_reason_code (d->reason),
                                      strata_reason_meaning (d->reason),
                                      d->op,
                                      d->tile,
                                      d->value,
                                      strata_arena_strdup (arena, d->text),
                                      others + d->first_alternative,
                                      d->n_alternatives };

      g_array_append_val (records, record);
    }
  return records;
}
