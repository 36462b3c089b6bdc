/* SPDX-License-Identifier: Apache-2.0
 *
 * Heads and tails of bursts: how early each can start and how long it takes from its start to the end of all that
 * follows, with unlimited units and room. (Tails along the order of an execution, as forward-backward improvement uses
 * them, gave longer executions: a straight line per instruction does not hold them.) Tails give priorities (longest
 * first is Jackson's rule, 1955, optimal for one machine with tails); together they give the bound of a unit that all
 * its bursts must pass (Carlier 1982): the end of Jackson's preemptive schedule.
 */
#include "compiler/schedule/emit.h"

typedef struct
{
  gint64 head_ps, load_ps, tail_ps;
} Job;

static void
set_heads (const StrataSchedule *schedule, const ScheduleInput *in, ScheduleTails *tails)
{
  for (int id = 0; id < schedule->n_instructions; id++)
    {
      const StrataInstruction *x = &schedule->instructions[id];
      gint64 free_ps = 0, *head_ps = &tails->head_ps[tails->first[id]];

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
}

static void
set_tails (const StrataSchedule *schedule, const ScheduleInput *in, ScheduleTails *tails)
{
  for (int id = schedule->n_instructions - 1; id >= 0; id--)
    {
      const StrataInstruction *x = &schedule->instructions[id];
      gint64 *tail_ps = &tails->tail_ps[tails->first[id]];

      for (int b = x->n_bursts - 1; b >= 0 && !schedule_is_host (x); b--)
        {
          gint64 before_ps;

          tail_ps[b] = MAX (tail_ps[b], tails->time[id].result_ps);
          if (b + 1 < x->n_bursts)
            tail_ps[b] = MAX (tail_ps[b], tails->time[id].occupy_ps + tail_ps[b + 1]);
          before_ps = tail_ps[b] + (b == 0 ? schedule_select_ps (in, x) : 0);
          for (int i = 0; i < x->n_dependences; i++)
            {
              const StrataDependence *d = &schedule->dependences[x->first_dependence + i];
              gint64 *producer_ps =
                &tails->tail_ps[tails->first[d->instruction] + strata_schedule_need (schedule, d, b)];

              *producer_ps = MAX (*producer_ps, tails->time[d->instruction].result_ps + before_ps);
            }
        }
    }
}

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
  tails->tail_ps = g_new0 (gint64, tails->first[n] + 1);
  set_heads (schedule, in, tails);
  set_tails (schedule, in, tails);
}

void
schedule_tails_clear (ScheduleTails *tails)
{
  g_clear_pointer (&tails->first, g_free);
  g_clear_pointer (&tails->time, g_free);
  g_clear_pointer (&tails->head_ps, g_free);
  g_clear_pointer (&tails->tail_ps, g_free);
}

/* --- one machine --- */

static int
compare_heads (gconstpointer a, gconstpointer b)
{
  const Job *x = a, *y = b;

  if (x->head_ps != y->head_ps)
    return x->head_ps < y->head_ps ? -1 : 1;
  if (x->tail_ps != y->tail_ps)
    return x->tail_ps > y->tail_ps ? -1 : 1;
  return (x->load_ps > y->load_ps) - (x->load_ps < y->load_ps);
}

static void
push_job (GArray *heap, Job job)
{
  guint i = heap->len;
  Job *items;

  g_array_append_val (heap, job);
  items = (Job *) (gpointer) heap->data;
  for (; i > 0 && items[(i - 1) / 2].tail_ps < job.tail_ps; i = (i - 1) / 2)
    items[i] = items[(i - 1) / 2];
  items[i] = job;
}

static void
pop_job (GArray *heap)
{
  Job *items = (Job *) (gpointer) heap->data, last = items[heap->len - 1];
  guint n = heap->len - 1, i = 0;

  for (guint child = 1; child < n; child = 2 * i + 1)
    {
      if (child + 1 < n && items[child + 1].tail_ps > items[child].tail_ps)
        child++;
      if (items[child].tail_ps <= last.tail_ps)
        break;
      items[i] = items[child];
      i = child;
    }
  if (n > 0)
    items[i] = last;
  g_array_set_size (heap, n);
}

/* The end of Jackson's preemptive schedule of @jobs, which it sorts: at every instant the longest tail of what has its
 * head behind it. */
static gint64
preemptive_end_ps (GArray *jobs)
{
  g_autoptr (GArray) heap = g_array_new (FALSE, FALSE, sizeof (Job));
  gint64 now_ps = 0, end_ps = 0;
  guint next = 0;

  g_array_sort (jobs, compare_heads);
  while (next < jobs->len || heap->len > 0)
    {
      Job *top;
      gint64 until_ps;

      if (heap->len == 0)
        now_ps = MAX (now_ps, g_array_index (jobs, Job, next).head_ps);
      for (; next < jobs->len && g_array_index (jobs, Job, next).head_ps <= now_ps; next++)
        push_job (heap, g_array_index (jobs, Job, next));
      top = &g_array_index (heap, Job, 0);
      until_ps = now_ps + top->load_ps;
      if (next < jobs->len)
        until_ps = MIN (until_ps, g_array_index (jobs, Job, next).head_ps);
      top->load_ps -= until_ps - now_ps;
      now_ps = until_ps;
      if (top->load_ps > 0)
        continue;
      end_ps = MAX (end_ps, now_ps + top->tail_ps);
      pop_job (heap);
    }
  return end_ps;
}

static void
add_jobs (GArray *jobs, const StrataSchedule *schedule, const ScheduleTails *tails, int id, int share)
{
  const StrataInstruction *x = &schedule->instructions[id];

  for (int b = 0; b < x->n_bursts; b++)
    {
      gint64 at = tails->first[id] + b;
      Job job = { tails->head_ps[at], tails->time[id].occupy_ps / share,
                  tails->tail_ps[at] - tails->time[id].occupy_ps };

      if (job.load_ps > 0)
        g_array_append_val (jobs, job);
    }
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
            jobs[unit] = g_array_new (FALSE, FALSE, sizeof (Job));
          add_jobs (jobs[unit], schedule, tails, id, stack ? in->chip->n_stacks : 1);
        }
    }
  for (int unit = 0; unit <= schedule->n_units; unit++)
    if (jobs[unit] != NULL)
      {
        bound_ps = MAX (bound_ps, preemptive_end_ps (jobs[unit]));
        g_array_unref (jobs[unit]);
      }
  return bound_ps;
}
