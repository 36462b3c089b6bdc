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
#include "program/tails.h"

#include "program/machine.h"

static gboolean
is_host (const StrataInstruction *instruction)
{
  return instruction->opcode == STRATA_OPCODE_HOST_IN || instruction->opcode == STRATA_OPCODE_HOST_OUT;
}

/* Whether the instruction is work of the stacks that any of them could do */
static gboolean
is_anywhere (const StrataTailsInput *in, const StrataInstruction *x)
{
  return !in->placed && in->schedule->units[x->unit].kind == STRATA_UNIT_STACK;
}

gint64
strata_tails_select_ps (const StrataTailsInput *in, const StrataInstruction *x)
{
  gboolean selects = x->opcode == STRATA_OPCODE_MVM && in->chip->tiers > 1 && !in->shared[x->tile];

  return selects ? strata_cost_select_ps (in->chip, in->band) : 0;
}

/* Where heads are being set */
typedef struct
{
  const StrataTailsInput *in;
  StrataTails *tails;
  gint64 *way_ps; /* per burst: the least time from its start to that of a cut; -1: it is not before it */
  int from;       /* first instruction that the next cut looks at */
  int loads_op;   /* whose loads are cuts, -1: none yet, and the head that they have */
  gint64 loads_ps;
} Heads;

/* Carries @way_ps, the time from a burst's start to some end, from instructions @from … @to - 1 to what is before them;
 * below 0: that end is not behind it. */
static void
walk_back (const StrataTailsInput *in, const StrataTails *tails, gint64 *way_ps, int from, int to)
{
  const StrataSchedule *schedule = in->schedule;

  for (int id = to - 1; id >= from; id--)
    {
      const StrataInstruction *x = &schedule->instructions[id];
      gint64 *own_ps = &way_ps[tails->first[id]];

      for (int b = x->n_bursts - 1; b >= 0 && !is_host (x); b--)
        {
          gint64 before_ps;

          if (b + 1 < x->n_bursts && own_ps[b + 1] >= 0)
            own_ps[b] = MAX (own_ps[b], tails->time[id].occupy_ps + own_ps[b + 1]);
          if (own_ps[b] < 0)
            continue;
          before_ps = own_ps[b] + (b == 0 ? strata_tails_select_ps (in, x) : 0);
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

      if (!is_host (producer) && strata_schedule_need (schedule, d, 0) == producer->n_bursts - 1
          && (producer->n_bursts > 1 || x->n_dependences > 1))
        return TRUE;
    }
  return FALSE;
}

/* The ways of all bursts since the last cut to the first of @id; returns how many have one. */
static gint64
set_ways (Heads *heads, int id)
{
  const StrataSchedule *schedule = heads->in->schedule;
  const StrataInstruction *x = &schedule->instructions[id];
  const StrataTails *tails = heads->tails;
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
  walk_back (heads->in, tails, heads->way_ps, heads->from, id);
  for (gint64 i = tails->first[heads->from]; i < tails->first[id]; i++)
    n += heads->way_ps[i] >= 0;
  return n;
}

/* What @id does before a cut or, with @way_ps tails, before the end; all stacks are one machine as many times as fast.
 */
static void
add_jobs (GArray *jobs, const StrataTails *tails, const gint64 *way_ps, int id, int share)
{
  for (gint64 at = tails->first[id]; at < tails->first[id + 1]; at++)
    {
      StrataMachineJob job = { tails->head_ps[at], tails->time[id].occupy_ps / share,
                               way_ps[at] - tails->time[id].occupy_ps };

      if (job.load_ps > 0 && way_ps[at] >= 0)
        g_array_append_val (jobs, job);
    }
}

/* No unit but links, which are seldom what holds up, can be done before @id sooner. */
static gint64
units_before_ps (const Heads *heads, int id)
{
  const StrataSchedule *schedule = heads->in->schedule;
  g_autofree GArray **jobs = g_new0 (GArray *, schedule->n_units + 1);
  gint64 end_ps = 0;

  for (int i = heads->from; i < id; i++)
    {
      const StrataInstruction *x = &schedule->instructions[i];
      gboolean any = is_anywhere (heads->in, x);
      int unit = any ? schedule->n_units : x->unit;

      if (is_host (x) || x->n_hops > 0)
        continue;
      if (jobs[unit] == NULL)
        jobs[unit] = g_array_new (FALSE, FALSE, sizeof (StrataMachineJob));
      add_jobs (jobs[unit], heads->tails, heads->way_ps, i, any ? heads->in->chip->n_stacks : 1);
    }
  for (int unit = 0; unit <= schedule->n_units; unit++)
    if (jobs[unit] != NULL)
      {
        end_ps = MAX (end_ps, strata_machine_end_ps (jobs[unit]));
        g_array_unref (jobs[unit]);
      }
  return end_ps;
}

/* The head that the units before a cut give it. The next cut begins here, where most of what was looked at is before
 * this one. */
static gint64
cut_ps (Heads *heads, int id)
{
  const StrataInstruction *x = &heads->in->schedule->instructions[id];
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
set_heads (const StrataTailsInput *in, StrataTails *tails)
{
  const StrataSchedule *schedule = in->schedule;
  Heads heads = { .in = in, .tails = tails, .loads_op = -1 };

  heads.way_ps = g_new (gint64, tails->first[schedule->n_instructions] + 1);
  for (int id = 0; id < schedule->n_instructions; id++)
    {
      const StrataInstruction *x = &schedule->instructions[id];
      gint64 free_ps = is_cut (schedule, x) ? cut_ps (&heads, id) : 0, *head_ps = &tails->head_ps[tails->first[id]];

      for (int b = 0; b < x->n_bursts && !is_host (x); b++)
        {
          gint64 from_ps = free_ps;

          for (int i = 0; i < x->n_dependences; i++)
            {
              const StrataDependence *d = &schedule->dependences[x->first_dependence + i];
              gint64 at = tails->first[d->instruction] + strata_schedule_need (schedule, d, b);

              from_ps = MAX (from_ps, tails->head_ps[at] + tails->time[d->instruction].result_ps);
            }
          /* A switch goes before the first burst; with it that one's head is where its work begins. */
          head_ps[b] = from_ps + (b == 0 ? strata_tails_select_ps (in, x) : 0);
          free_ps = head_ps[b] + tails->time[id].occupy_ps;
        }
    }
  g_free (heads.way_ps);
}

/* --- both --- */

void
strata_tails_init (StrataTails *tails, const StrataTailsInput *in)
{
  const StrataSchedule *schedule = in->schedule;
  int n = schedule->n_instructions;

  *tails = (StrataTails){ .first = g_new0 (gint64, (gsize) n + 1) };
  tails->time = g_new (StrataBurstTime, (gsize) n + 1);
  for (int i = 0; i < n; i++)
    {
      const StrataInstruction *x = &schedule->instructions[i];

      tails->first[i + 1] = tails->first[i] + x->n_bursts;
      tails->time[i] =
        is_host (x) ? (StrataBurstTime){ 0, 0 } : strata_burst_time (x, in->graph, in->tiles, in->chip, in->band);
      tails->time[i].result_ps = MAX (tails->time[i].result_ps, tails->time[i].occupy_ps);
    }
  tails->head_ps = g_new0 (gint64, tails->first[n] + 1);
  tails->tail_ps = g_new (gint64, tails->first[n] + 1);
  set_heads (in, tails);
  for (int i = 0; i < n; i++)
    for (gint64 at = tails->first[i]; at < tails->first[i + 1]; at++)
      tails->tail_ps[at] = tails->time[i].result_ps;
  walk_back (in, tails, tails->tail_ps, 0, n);
}

void
strata_tails_clear (StrataTails *tails)
{
  g_clear_pointer (&tails->first, g_free);
  g_clear_pointer (&tails->time, g_free);
  g_clear_pointer (&tails->head_ps, g_free);
  g_clear_pointer (&tails->tail_ps, g_free);
}

/* Every unit and link as one machine each; all stacks together, where tiles could lie anywhere, as one that is as many
 * times as fast. */
gint64
strata_tails_bound_ps (const StrataTails *tails, const StrataTailsInput *in)
{
  const StrataSchedule *schedule = in->schedule;
  g_autofree GArray **jobs = g_new0 (GArray *, schedule->n_units + 1);
  gint64 bound_ps = 0;

  for (int id = 0; id < schedule->n_instructions; id++)
    {
      const StrataInstruction *x = &schedule->instructions[id];

      for (int i = 0; i < MAX (1, x->n_hops) && !is_host (x); i++)
        {
          gboolean any = is_anywhere (in, x);
          int unit = any ? schedule->n_units : x->n_hops > 0 ? schedule->routes[x->first_route + i] : x->unit;

          if (jobs[unit] == NULL)
            jobs[unit] = g_array_new (FALSE, FALSE, sizeof (StrataMachineJob));
          add_jobs (jobs[unit], tails, tails->tail_ps, id, any ? in->chip->n_stacks : 1);
        }
    }
  for (int unit = 0; unit <= schedule->n_units; unit++)
    if (jobs[unit] != NULL)
      {
        bound_ps = MAX (bound_ps, strata_machine_end_ps (jobs[unit]));
        g_array_unref (jobs[unit]);
      }
  return bound_ps;
}
