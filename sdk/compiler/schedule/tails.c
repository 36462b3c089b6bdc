/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads and tails of bursts: how early each can start and how long it takes from its start to the end of all that
 * follows, with unlimited units and room. (Tails along the order of an execution, as forward-backward improvement uses
 * them, gave longer executions: a straight line per instruction does not hold them.) Tails give priorities (longest
 * first is Jackson's rule, 1955, optimal for one machine with tails); together they give the bound of a unit that all
 * its bursts must pass (machine.c).
 *
 * A burst that waits for all of an op is a cut: what lies before it must have passed its units before it starts. So the
 * head of a cut is the bound of each unit, with what it has to do before the cut and the ways from there to the cut as
 * tails; heads behind it start from that. A network of several such stretches, each held up by another unit, is bounded
 * by their sum.
 */
#include "compiler/schedule/emit.h"
#include "compiler/schedule/machine.h"

/* Where heads are being set */
typedef struct
{
  const StrataSchedule *schedule;
  const ScheduleInput *in;
  ScheduleTails *tails;
  gint64 *way_ps; /* per burst: the least time from its start to that of a cut; -1: it is not before it */
  int from;       /* first instruction that the next cut looks at */
  int loads_op;   /* whose loads are cuts, -1: none yet, and the head that they have */
  gint64 loads_ps;
} Heads;

/* Carries @way_ps, the time from a burst's start to some end, from instructions @from … @to - 1 to what is before them;
 * below 0: that end is not behind it. */
static void
walk_back (
  const StrataSchedule *schedule, const ScheduleInput *in, const ScheduleTails *tails, gint64 *way_ps, int from, int to)
{
  for (int id = to - 1; id >= from; id--)
    {
      const StrataInstruction *x = &schedule->instructions[id];
      gint64 *own_ps = &way_ps[tails->first[id]];

      for (int b = x->n_bursts - 1; b >= 0 && !schedule_is_host (x); b--)
        {
          gint64 before_ps;

          if (b + 1 < x->n_bursts && own_ps[b + 1] >= 0)
            own_ps[b] = MAX (own_ps[b], tails->time[id].occupy_ps + own_ps[b + 1]);
          if (own_ps[b] < 0)
            continue;
          before_ps = own_ps[b] + (b == 0 ? schedule_select_ps (in, x) : 0);
          for (int i = 0; i < x->n_dependences; i++)
            {
              const StrataDependence *d = &schedule->dependences[x->first_dependence + i];
              gint64 *producer_ps = &way_ps[tails->first[d->instruction] + strata_schedule_need (schedule, d, b)];

              if (d->instruction >= from)
                *producer_ps = MAX (*producer_ps, tails->time[d->instruction].result_ps + before_ps);
            }
        }
    }
}

/* --- heads --- */

/* Whether the first burst of @x waits for all of something that others may compete with */
static gboolean
is_cut (const StrataSchedule *schedule, const StrataInstruction *x)
{
  if (x->opcode != STRATA_OPCODE_LOAD && x->opcode != STRATA_OPCODE_VECTOR && x->opcode != STRATA_OPCODE_MAC
      && x->opcode != STRATA_OPCODE_DRAM_READ)
    return FALSE;
  for (int i = 0; i < x->n_dependences; i++)
    {
      const StrataDependence *d = &schedule->dependences[x->first_dependence + i];
      const StrataInstruction *producer = &schedule->instructions[d->instruction];

      if (!schedule_is_host (producer) && strata_schedule_need (schedule, d, 0) == producer->n_bursts - 1
          && (producer->n_bursts > 1 || x->n_dependences > 1))
        return TRUE;
    }
  return FALSE;
}

/* The ways of all bursts since the last cut to the first of @id; returns how many have one. */
static gint64
set_ways (Heads *heads, int id)
{
  const StrataSchedule *schedule = heads->schedule;
  const StrataInstruction *x = &schedule->instructions[id];
  const ScheduleTails *tails = heads->tails;
  gint64 n = 0;

  for (gint64 i = tails->first[heads->from]; i < tails->first[id]; i++)
    heads->way_ps[i] = -1;
  for (int i = 0; i < x->n_dependences; i++)
    {
      const StrataDependence *d = &schedule->dependences[x->first_dependence + i];

      if (d->instruction >= heads->from)
        heads->way_ps[tails->first[d->instruction] + strata_schedule_need (schedule, d, 0)] =
          tails->time[d->instruction].result_ps;
    }
  walk_back (schedule, heads->in, tails, heads->way_ps, heads->from, id);
  for (gint64 i = tails->first[heads->from]; i < tails->first[id]; i++)
    n += heads->way_ps[i] >= 0;
  return n;
}

/* What @id does before a cut or, with @way_ps tails, before the end; all stacks are one machine as many times as fast.
 */
static void
add_jobs (
  GArray *jobs, const StrataSchedule *schedule, const ScheduleTails *tails, const gint64 *way_ps, int id, int share)
{
  for (gint64 at = tails->first[id]; at < tails->first[id + 1]; at++)
    {
      ScheduleJob job = { tails->head_ps[at], tails->time[id].occupy_ps / share,
                          way_ps[at] - tails->time[id].occupy_ps };

      if (job.load_ps > 0 && way_ps[at] >= 0)
        g_array_append_val (jobs, job);
    }
}

/* No unit but links, which are seldom what holds up, can be done before @id sooner. */
static gint64
units_before_ps (const Heads *heads, int id)
{
  const StrataSchedule *schedule = heads->schedule;
  g_autofree GArray **jobs = g_new0 (GArray *, schedule->n_units + 1);
  gint64 end_ps = 0;

  for (int i = heads->from; i < id; i++)
    {
      const StrataInstruction *x = &schedule->instructions[i];
      gboolean stack = schedule->units[x->unit].kind == STRATA_UNIT_STACK;
      int unit = stack ? schedule->n_units : x->unit;

      if (schedule_is_host (x) || x->n_hops > 0)
        continue;
      if (jobs[unit] == NULL)
        jobs[unit] = g_array_new (FALSE, FALSE, sizeof (ScheduleJob));
      add_jobs (jobs[unit], schedule, heads->tails, heads->way_ps, i, stack ? heads->in->chip->n_stacks : 1);
    }
  for (int unit = 0; unit <= schedule->n_units; unit++)
    if (jobs[unit] != NULL)
      {
        end_ps = MAX (end_ps, schedule_preemptive_end_ps (jobs[unit]));
        g_array_unref (jobs[unit]);
      }
  return end_ps;
}

/* The head that the units before a cut give it. The next cut begins here, where most of what was looked at is before
 * this one. */
static gint64
cut_ps (Heads *heads, int id)
{
  const StrataInstruction *x = &heads->schedule->instructions[id];
  gint64 n_before, end_ps;

  if (x->opcode == STRATA_OPCODE_LOAD && x->op == heads->loads_op)
    return heads->loads_ps;
  n_before = set_ways (heads, id);
  end_ps = units_before_ps (heads, id);
  if (x->opcode == STRATA_OPCODE_LOAD)
    {
      heads->loads_op = x->op;
      heads->loads_ps = end_ps;
    }
  if (2 * n_before >= heads->tails->first[id] - heads->tails->first[heads->from])
    heads->from = id;
  return end_ps;
}

static void
set_heads (const StrataSchedule *schedule, const ScheduleInput *in, ScheduleTails *tails)
{
  Heads heads = { .schedule = schedule, .in = in, .tails = tails, .loads_op = -1 };

  heads.way_ps = g_new (gint64, tails->first[schedule->n_instructions] + 1);
  for (int id = 0; id < schedule->n_instructions; id++)
    {
      const StrataInstruction *x = &schedule->instructions[id];
      gint64 free_ps = is_cut (schedule, x) ? cut_ps (&heads, id) : 0, *head_ps = &tails->head_ps[tails->first[id]];

      for (int b = 0; b < x->n_bursts && !schedule_is_host (x); b++)
        {
          gint64 from_ps = free_ps;

          for (int i = 0; i < x->n_dependences; i++)
            {
              const StrataDependence *d = &schedule->dependences[x->first_dependence + i];
              gint64 at = tails->first[d->instruction] + strata_schedule_need (schedule, d, b);

              from_ps = MAX (from_ps, tails->head_ps[at] + tails->time[d->instruction].result_ps);
            }
          /* A switch goes before the first burst; with it that one's head is where its work begins. */
          head_ps[b] = from_ps + (b == 0 ? schedule_select_ps (in, x) : 0);
          free_ps = head_ps[b] + tails->time[id].occupy_ps;
        }
    }
  g_free (heads.way_ps);
}

/* --- both --- */

void
schedule_tails_init (ScheduleTails *tails, const StrataSchedule *schedule, const ScheduleInput *in)
{
  int n = schedule->n_instructions;

  *tails = (ScheduleTails){ .first = g_new0 (gint64, (gsize) n + 1) };
  tails->time = g_new (StrataBurstTime, (gsize) n + 1);
  for (int i = 0; i < n; i++)
    {
      const StrataInstruction *x = &schedule->instructions[i];

      tails->first[i + 1] = tails->first[i] + x->n_bursts;
      tails->time[i] = schedule_is_host (x)
                         ? (StrataBurstTime){ 0, 0 }
                         : strata_burst_time (x, in->graph, in->tiles, in->chip, STRATA_BAND_NOMINAL);
      tails->time[i].result_ps = MAX (tails->time[i].result_ps, tails->time[i].occupy_ps);
    }
  tails->head_ps = g_new0 (gint64, tails->first[n] + 1);
  tails->tail_ps = g_new (gint64, tails->first[n] + 1);
  set_heads (schedule, in, tails);
  for (int i = 0; i < n; i++)
    for (gint64 at = tails->first[i]; at < tails->first[i + 1]; at++)
      tails->tail_ps[at] = tails->time[i].result_ps;
  walk_back (schedule, in, tails, tails->tail_ps, 0, n);
}

void
schedule_tails_clear (ScheduleTails *tails)
{
  g_clear_pointer (&tails->first, g_free);
  g_clear_pointer (&tails->time, g_free);
  g_clear_pointer (&tails->head_ps, g_free);
  g_clear_pointer (&tails->tail_ps, g_free);
}

/* The vector and MAC units and every link as one machine each; all stacks together as one that is as many times as
 * fast, so that tiles could lie anywhere. */
gint64
schedule_units_bound_ps (const StrataSchedule *schedule, const ScheduleInput *in, const ScheduleTails *tails)
{
  g_autofree GArray **jobs = g_new0 (GArray *, schedule->n_units + 1);
  gint64 bound_ps = 0;

  for (int id = 0; id < schedule->n_instructions; id++)
    {
      const StrataInstruction *x = &schedule->instructions[id];

      for (int i = 0; i < MAX (1, x->n_hops) && !schedule_is_host (x); i++)
        {
          gboolean stack = schedule->units[x->unit].kind == STRATA_UNIT_STACK;
          int unit = stack ? schedule->n_units : x->n_hops > 0 ? schedule->routes[x->first_route + i] : x->unit;

          if (jobs[unit] == NULL)
            jobs[unit] = g_array_new (FALSE, FALSE, sizeof (ScheduleJob));
          add_jobs (jobs[unit], schedule, tails, tails->tail_ps, id, stack ? in->chip->n_stacks : 1);
        }
    }
  for (int unit = 0; unit <= schedule->n_units; unit++)
    if (jobs[unit] != NULL)
      {
        bound_ps = MAX (bound_ps, schedule_preemptive_end_ps (jobs[unit]));
        g_array_unref (jobs[unit]);
      }
  return bound_ps;
}
