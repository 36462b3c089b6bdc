/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the schedule of a placed program: emits its instructions, predicts their execution under each rule and under
 * perturbed orders of the best, gives rows their room in the activation memory, and states interval and bounds.
 */
#include <string.h>

#include "base/rng.h"
#include "compiler/schedule/emit.h"
#include "compiler/stages.h"
#include "program/work.h"

/* Bursts that perturbed orders may execute together, and how many there are at most */
#define TRIAL_BURSTS 60000
#define MAX_TRIALS 24
/* Not worth another rule, nor perturbed orders: latency within this part of its bound */
#define RULE_GAP 1024
#define TRIAL_GAP 128
/* A trial moves one op in eight by up to an eighth of the time there is. */
#define TRIAL_SHARE 0.125
#define TRIAL_REACH (SCHEDULE_PRIORITIES / 8)
/* Times that buffers may become half as wide again for a shorter interval */
#define MAX_WIDER 3
/* Not worth it: interval within this part of its bound */
#define WIDER_GAP 64
/* A latency that memory has lengthened by less than this part is as good as any. */
#define THROTTLE_GAP 256

typedef struct
{
  StrataSchedule *schedule;
  const ScheduleInput *in;
  const StrataScheduleOptions *options;
  StrataTails tails;
  gint64 rule_ps[SCHEDULE_N_RULES]; /* with room for all rows; 0: not tried */
  ScheduleRule rule;
  int *shift; /* per op: what the best order adds to its priorities */
  int n_trials;
  int *natural; /* per buffer: rows alive at once with room for all */
  gint64 roomy_ps;
} Search;

static const char *const rule_names[SCHEDULE_N_RULES] = {
#define SCHEDULE_RULE(id, name, meaning) name,
#include "compiler/schedule/rules.def"
#undef SCHEDULE_RULE
};

static const char *const rule_meanings[SCHEDULE_N_RULES] = {
#define SCHEDULE_RULE(id, name, meaning) meaning,
#include "compiler/schedule/rules.def"
#undef SCHEDULE_RULE
};

/* --- orders --- */

static void
set_order (Search *search, ScheduleRule rule, const int *shift)
{
  schedule_set_priorities (search->schedule, search->in, &search->tails, rule);
  for (int i = 0; shift != NULL && i < search->schedule->n_instructions; i++)
    search->schedule->instructions[i].priority += shift[search->schedule->instructions[i].op];
}

static gboolean
try_order (Search *search,
           ScheduleRule rule,
           const int *shift,
           SchedulePrediction *prediction,
           gint64 *latency_ps,
           GError **error)
{
  schedule_prediction_clear (prediction);
  set_order (search, rule, shift);
  if (!schedule_predict (search->schedule, search->in, prediction, error))
    return FALSE;
  *latency_ps = prediction->latency_ps;
  return TRUE;
}

/* The rules, with room for all rows, and the bounds */
static gboolean
try_rules (Search *search, SchedulePrediction *prediction, GError **error)
{
  StrataSchedule *schedule = search->schedule;

  for (int rule = 0; rule < SCHEDULE_N_RULES; rule++)
    {
      if (!try_order (search, rule, NULL, prediction, &search->rule_ps[rule], error))
        return FALSE;
      if (rule == 0)
        schedule_set_bounds (schedule, search->in, &search->tails, prediction);
      if (search->rule_ps[rule] < search->rule_ps[search->rule])
        search->rule = rule;
      search->roomy_ps = search->rule_ps[search->rule];
      if (search->roomy_ps - schedule->lower_bound_ps <= search->roomy_ps / RULE_GAP)
        break;
    }
  return TRUE;
}

static int
count_trials (const Search *search, const SchedulePrediction *prediction)
{
  gint64 n_bursts = MAX (1, prediction->first[search->schedule->n_instructions]);
  int asked = search->options != NULL ? search->options->n_trials : 0;
  int n_ops = search->in->graph->n_ops;

  if (asked != 0 || n_ops < 2)
    return n_ops < 2 ? 0 : MAX (0, asked);
  if (search->roomy_ps - search->schedule->lower_bound_ps <= search->roomy_ps / TRIAL_GAP)
    return 0;
  return (int) MIN (TRIAL_BURSTS / n_bursts, MAX_TRIALS);
}

/* Moves a few ops of the best order and keeps what is faster. */
static gboolean
perturb (Search *search, SchedulePrediction *prediction, GError **error)
{
  int n_ops = search->in->graph->n_ops;
  g_autofree int *shift = g_new (int, (gsize) n_ops + 1);

  search->n_trials = count_trials (search, prediction);
  for (int trial = 0; trial < search->n_trials; trial++)
    {
      StrataRngKey key = strata_rng_key ((guint64) trial, 0);
      gint64 latency_ps;

      for (int op = 0; op < n_ops; op++)
        {
          double move = strata_rng_uniform (key, 2 * (guint64) op) < TRIAL_SHARE
                          ? 2 * strata_rng_uniform (key, 2 * (guint64) op + 1) - 1
                          : 0;

          shift[op] = CLAMP (search->shift[op] + (int) (move * TRIAL_REACH), -SCHEDULE_PRIORITIES, SCHEDULE_PRIORITIES);
        }
      if (!try_order (search, search->rule, shift, prediction, &latency_ps, error))
        return FALSE;
      if (latency_ps >= search->roomy_ps)
        continue;
      search->roomy_ps = latency_ps;
      memcpy (search->shift, shift, sizeof *shift * n_ops);
    }
  return TRUE;
}

/* --- memory --- */

/* What schedule_fit_memory () decides */
typedef struct
{
  const int *shift; /* of the order it was made for, NULL: none */
  int *n_rows;
  StrataRowPlace *places; /* in the schedule's arena */
  int n_places;
  gint64 sram_peak_bytes;
} Room;

static void
room_keep (Room *room, const StrataSchedule *schedule)
{
  g_free (room->n_rows);
  room->n_rows = g_new (int, (gsize) schedule->n_buffers + 1);
  for (int i = 0; i < schedule->n_buffers; i++)
    room->n_rows[i] = schedule->buffers[i].n_rows;
  room->places = schedule->places;
  room->n_places = schedule->n_places;
  room->sram_peak_bytes = schedule->sram_peak_bytes;
}

static void
room_restore (const Room *room, StrataSchedule *schedule)
{
  for (int i = 0; i < schedule->n_buffers; i++)
    schedule->buffers[i].n_rows = room->n_rows[i];
  schedule->places = room->places;
  schedule->n_places = room->n_places;
  schedule->sram_peak_bytes = room->sram_peak_bytes;
}

/* As if there were room for all rows; line buffers stay. */
static void
open_buffers (StrataSchedule *schedule)
{
  schedule->n_places = 0;
  for (int i = 0; i < schedule->n_buffers; i++)
    if (schedule->buffers[i].op < 0)
      schedule->buffers[i].n_rows = schedule->buffers[i].height;
}

/* Lays @rule's execution out in memory; *@best and *@best_ps become it where that is faster. Errors are those of
 * capacity, and of cancellation. */
static gboolean
settle (Search *search,
        ScheduleRule rule,
        const int *shift,
        SchedulePrediction *prediction,
        Room *best,
        gint64 *best_ps,
        GError **error)
{
  g_autofree int *natural = g_new0 (int, (gsize) search->schedule->n_buffers + 1);
  gint64 latency_ps;

  open_buffers (search->schedule);
  if (!try_order (search, rule, shift, prediction, &latency_ps, error)
      || !schedule_fit_memory (search->schedule, search->in, prediction, natural, error))
    return FALSE;
  if (prediction->latency_ps >= *best_ps)
    return TRUE;
  *best_ps = prediction->latency_ps;
  search->rule = rule;
  memcpy (search->natural, natural, sizeof *natural * search->schedule->n_buffers);
  room_keep (best, search->schedule);
  best->shift = shift;
  return TRUE;
}

/* The best order, and where memory slows it down or has no room for it, the rules whose executions could still be
 * faster. Leaves the schedule and its prediction. */
static gboolean
fit_memory (Search *search, SchedulePrediction *prediction, GError **error)
{
  g_autoptr (GError) refused = NULL;
  gint64 best_ps = G_MAXINT64;
  /* Where no moved order was better, the first is a rule. */
  int settled = search->roomy_ps < search->rule_ps[search->rule] ? -1 : (int) search->rule;
  gboolean ok, again = FALSE;
  Room best = { 0 };

  ok = settle (search, search->rule, search->shift, prediction, &best, &best_ps, &refused)
       || g_error_matches (refused, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
  for (int rule = 0; ok && rule < SCHEDULE_N_RULES; rule++)
    {
      g_autoptr (GError) also = NULL;

      if (refused != NULL || best_ps - search->roomy_ps <= search->roomy_ps / THROTTLE_GAP
          || search->rule_ps[rule] >= best_ps || rule == settled)
        continue;
      again = TRUE;
      ok = settle (search, rule, NULL, prediction, &best, &best_ps, &also)
           || g_error_matches (also, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
    }
  if (best.n_rows == NULL || !ok)
    {
      if (refused != NULL)
        g_propagate_error (error, g_steal_pointer (&refused));
      else
        g_cancellable_set_error_if_cancelled (search->in->cancellable, error);
      g_free (best.n_rows);
      return FALSE;
    }
  room_restore (&best, search->schedule);
  ok = !again || try_order (search, search->rule, best.shift, prediction, &best_ps, error);
  g_free (best.n_rows);
  return ok;
}

/* The steady interval, with wider buffers where these shorten it. Buffers that hold what one inference had alive at
 * once do not slow one inference down, but the next may have to wait for them. */
static gboolean
set_interval (Search *search, SchedulePrediction *prediction, GError **error)
{
  StrataSchedule *schedule = search->schedule;
  gboolean better = TRUE, wider = FALSE;
  Room room = { 0 };

  schedule->interval_ps = schedule_predict_interval_ps (schedule, search->in, error);
  for (int i = 0; i < MAX_WIDER && schedule->interval_ps >= 0 && better; i++)
    {
      gint64 wider_ps;

      better = FALSE;
      room_keep (&room, schedule);
      if (schedule->interval_ps - schedule->interval_bound_ps <= schedule->interval_ps / WIDER_GAP
          || !schedule_widen_memory (schedule, search->in))
        break;
      wider_ps = schedule_predict_interval_ps (schedule, search->in, error);
      better = wider_ps >= 0 && wider_ps < schedule->interval_ps;
      if (better || wider_ps < 0)
        schedule->interval_ps = wider_ps;
      else
        room_restore (&room, schedule);
      wider |= better;
    }
  g_free (room.n_rows);
  if (schedule->interval_ps < 0)
    return FALSE;
  if (!wider)
    return TRUE;
  /* Wider than the least, buffers may let one inference run faster, too. */
  schedule_prediction_clear (prediction);
  return schedule_predict (schedule, search->in, prediction, error);
}

/* --- decisions --- */

static void
explain_order (const Search *search)
{
  const StrataSchedule *schedule = search->schedule;
  StrataDecisions *decisions = search->options != NULL ? search->options->decisions : NULL;

  strata_decisions_add (decisions, STRATA_REASON_ORDER, -1, -1, search->rule,
                        "%s (%s): %.3f us, %.1f %% above the bound of %.3f us; %d moved orders were tried beside the "
                        "rules",
                        rule_names[search->rule], rule_meanings[search->rule], (double) schedule->latency_ps * 1e-6,
                        100.0 * (double) (schedule->latency_ps - schedule->lower_bound_ps)
                          / (double) MAX (1, schedule->lower_bound_ps),
                        (double) schedule->lower_bound_ps * 1e-6, search->n_trials);
  for (int rule = 0; decisions != NULL && rule < SCHEDULE_N_RULES; rule++)
    {
      StrataAlternative alternative = {
        rule_names[rule], search->rule_ps[rule], -1, -1, -1, "not faster; with room for all rows"
      };

      if (rule != (int) search->rule && search->rule_ps[rule] > 0)
        strata_decisions_add_alternative (decisions, &alternative);
    }
}

/* Buffers that hold fewer rows than were alive at once with room for all */
static void
explain_memory (const Search *search)
{
  const StrataSchedule *schedule = search->schedule;
  StrataDecisions *decisions = search->options != NULL ? search->options->decisions : NULL;

  for (int i = 0; i < schedule->n_buffers; i++)
    {
      const StrataBuffer *buffer = &schedule->buffers[i];
      const StrataQTensor *tensor = &search->in->graph->tensors[buffer->tensor];

      if (buffer->op < 0 && buffer->n_rows < search->natural[i])
        strata_decisions_add (decisions, STRATA_REASON_MEMORY, tensor->producer, -1, buffer->n_rows,
                              "%d rows of '%s' where %d of %" G_GINT64_FORMAT
                              " bytes would be alive at once: %" G_GINT64_FORMAT " bytes of SRAM are for all",
                              buffer->n_rows, tensor->name, search->natural[i], buffer->row_bytes,
                              search->in->chip->sram_bytes);
    }
  if (schedule->n_places > 0)
    strata_decisions_add (decisions, STRATA_REASON_MEMORY, -1, -1, schedule->sram_peak_bytes,
                          "buffers do not fit side by side: %d rows have places of their own in %" G_GINT64_FORMAT
                          " bytes; latency %.3f us, %.3f us with room for all",
                          schedule->n_places, schedule->sram_peak_bytes, (double) schedule->latency_ps * 1e-6,
                          (double) search->roomy_ps * 1e-6);
}

static void
explain_cap (const Search *search)
{
  const ScheduleInput *in = search->in;
  StrataDecisions *decisions = search->options != NULL ? search->options->decisions : NULL;
  int cap = search->schedule->max_active_stacks;

  if (cap > 0 && decisions != NULL)
    strata_decisions_add (
      decisions, STRATA_REASON_ACTIVE_STACKS, -1, -1, cap,
      "at most %d stacks convert at once and draw %.3f mW on top of static power; all would %.3f mW", cap,
      strata_schedule_peak_mw (in->graph, in->tiles, in->placement, in->chip, cap),
      strata_schedule_peak_mw (in->graph, in->tiles, in->placement, in->chip, 0));
}

/* --- the stage --- */

static gboolean
set_figures (Search *search, GError **error)
{
  StrataSchedule *schedule = search->schedule;
  SchedulePrediction prediction = { 0 };
  gboolean ok;

  schedule_set_lines (schedule, search->in);
  ok = try_rules (search, &prediction, error) && perturb (search, &prediction, error)
       && fit_memory (search, &prediction, error);
  if (ok)
    {
      schedule->latency_ps = prediction.latency_ps;
      schedule_set_busiest (schedule, &prediction);
      ok = set_interval (search, &prediction, error);
    }
  if (ok)
    schedule->latency_ps = prediction.latency_ps;
  schedule_prediction_clear (&prediction);
  return ok;
}

static gboolean
search_order (Search *search, GError **error)
{
  gboolean ok;

  search->shift = g_new0 (int, (gsize) search->in->graph->n_ops + 1);
  search->natural = g_new0 (int, (gsize) search->schedule->n_buffers + 1);
  schedule_tails_init (&search->tails, search->schedule, search->in);
  ok = set_figures (search, error);
  if (ok)
    {
      explain_order (search);
      explain_memory (search);
      explain_cap (search);
    }
  strata_tails_clear (&search->tails);
  g_free (search->shift);
  g_free (search->natural);
  return ok;
}

StrataSchedule *
strata_schedule (const StrataQGraph *graph,
                 const StrataTileSet *tiles,
                 const StrataPlacement *placement,
                 const StrataChipSpec *chip,
                 const StrataScheduleOptions *options,
                 GError **error)
{
  g_autofree guint8 *silent = strata_work_silent (graph), *shared = strata_work_shared (tiles, placement, chip);
  g_autoptr (StrataStreams) streams = strata_streams_new (graph, silent, chip);
  ScheduleInput in = { graph,  tiles,  placement, chip,
                       silent, shared, streams,   options != NULL ? options->cancellable : NULL };
  g_autoptr (StrataSchedule) schedule = NULL;
  Search search = { .in = &in, .options = options };

  if (!strata_streams_fit (streams, chip, error))
    return NULL;
  search.schedule = schedule = schedule_emit (&in);
  if (options != NULL && g_cancellable_set_error_if_cancelled (options->cancellable, error))
    return NULL;
  schedule->max_active_stacks = options != NULL ? MAX (0, options->max_active_stacks) : 0;
  if (!strata_schedule_check_sums (schedule, graph, tiles, chip, error) || !search_order (&search, error)
      || !strata_schedule_check (schedule, graph, tiles, placement, chip, error))
    return NULL;
  return g_steal_pointer (&schedule);
}
