/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes a schedule on an otherwise idle chip by the rules at the head of program/schedule.h: a list scheduler whose
 * list is the priorities. Exact in integer picoseconds. At each instant all that ends is taken first; then every unit
 * that was touched offers its lowest ready instruction, which starts if it is also the lowest on its other units and
 * all are free.
 */
#include <string.h>

#include "compiler/schedule/emit.h"

typedef enum
{
  FREES, /* its units can take another burst */
  ENDS,  /* its result is out */
} Happening;

typedef struct
{
  gint64 time_ps;
  int instruction;
  Happening what;
} Event;

typedef struct
{
  gint64 free_ps, drained_ps;
  int tier;      /* selected; -1: none */
  GArray *ready; /* heap of ranks */
} Unit;

typedef struct
{
  StrataBurstTime time;
  int n_started, n_ended;
  int awaits;      /* while parked: this many ends of the producer */
  int next_parked; /* on the same producer */
  int parked;      /* first of those that wait for this one */
  int tier;
} Progress;

typedef struct
{
  const StrataSchedule *schedule;
  const ScheduleInput *in;
  SchedulePrediction *out;
  Progress *progress;
  Unit *unit;
  int *rank, *by_rank;
  GArray *events; /* heap */
  GArray *touched;
  gint64 now_ps, select_ps, n_left;
} Run;

/* --- heaps --- */

static void
push_rank (GArray *heap, int rank)
{
  guint i = heap->len;
  int *item;

  g_array_append_val (heap, rank);
  item = (int *) (gpointer) heap->data;
  for (; i > 0 && item[(i - 1) / 2] > rank; i = (i - 1) / 2)
    item[i] = item[(i - 1) / 2];
  item[i] = rank;
}

static void
pop_rank (GArray *heap)
{
  int *item = (int *) (gpointer) heap->data, last = item[heap->len - 1];
  guint n = heap->len - 1, i = 0;

  g_array_set_size (heap, n);
  for (guint child = 1; child < n; child = 2 * i + 1)
    {
      if (child + 1 < n && item[child + 1] < item[child])
        child++;
      if (item[child] >= last)
        break;
      item[i] = item[child];
      i = child;
    }
  if (n > 0)
    item[i] = last;
}

static void
push_event (GArray *heap, Event event)
{
  guint i = heap->len;
  Event *item;

  g_array_append_val (heap, event);
  item = (Event *) (gpointer) heap->data;
  for (; i > 0 && item[(i - 1) / 2].time_ps > event.time_ps; i = (i - 1) / 2)
    item[i] = item[(i - 1) / 2];
  item[i] = event;
}

static Event
pop_event (GArray *heap)
{
  Event *item = (Event *) (gpointer) heap->data, first = item[0], last = item[heap->len - 1];
  guint n = heap->len - 1, i = 0;

  g_array_set_size (heap, n);
  for (guint child = 1; child < n; child = 2 * i + 1)
    {
      if (child + 1 < n && item[child + 1].time_ps < item[child].time_ps)
        child++;
      if (item[child].time_ps >= last.time_ps)
        break;
      item[i] = item[child];
      i = child;
    }
  if (n > 0)
    item[i] = last;
  return first;
}

/* --- units --- */

static int
n_units_of (const StrataInstruction *instruction)
{
  return MAX (1, instruction->n_hops);
}

static int
unit_of (const Run *run, const StrataInstruction *instruction, int nth)
{
  return instruction->n_hops == 0 ? instruction->unit : run->schedule->routes[instruction->first_route + nth];
}

static gboolean
is_host (const StrataInstruction *instruction)
{
  return instruction->opcode == STRATA_OPCODE_HOST_IN || instruction->opcode == STRATA_OPCODE_HOST_OUT;
}

/* All the next burst waits for has ended: it stands in the line of each of its units. */
static void
make_ready (Run *run, int id)
{
  const StrataInstruction *instruction = &run->schedule->instructions[id];

  for (int i = 0; i < n_units_of (instruction); i++)
    {
      int unit = unit_of (run, instruction, i);

      push_rank (run->unit[unit].ready, run->rank[id]);
      g_array_append_val (run->touched, unit);
    }
}

/* Parks the next burst on the first producer it must wait for, or makes it ready. */
static void
look_ahead (Run *run, int id)
{
  const StrataInstruction *instruction = &run->schedule->instructions[id];
  Progress *self = &run->progress[id];

  if (self->n_started == instruction->n_bursts)
    return;
  for (int i = 0; i < instruction->n_dependences; i++)
    {
      const StrataDependence *d = &run->schedule->dependences[instruction->first_dependence + i];
      Progress *producer = &run->progress[d->instruction];
      int need = strata_schedule_need (run->schedule, d, self->n_started);

      if (producer->n_ended > need)
        continue;
      self->awaits = need + 1;
      self->next_parked = producer->parked;
      producer->parked = id;
      return;
    }
  make_ready (run, id);
}

static void
start (Run *run, int id)
{
  const StrataInstruction *instruction = &run->schedule->instructions[id];
  Progress *self = &run->progress[id];
  gint64 from_ps = run->now_ps, index = run->out->first[id] + self->n_started;

  if (self->tier >= 0 && run->unit[instruction->unit].tier != self->tier && run->in->chip->tiers > 1)
    from_ps += run->select_ps;
  run->out->start_ps[index] = run->now_ps;
  run->out->end_ps[index] = from_ps + self->time.result_ps;
  run->out->latency_ps = MAX (run->out->latency_ps, run->out->end_ps[index]);
  for (int i = 0; i < n_units_of (instruction); i++)
    {
      Unit *unit = &run->unit[unit_of (run, instruction, i)];

      pop_rank (unit->ready);
      unit->free_ps = from_ps + self->time.occupy_ps;
      unit->drained_ps = from_ps + self->time.result_ps;
      unit->tier = self->tier;
      run->out->busy_ps[unit_of (run, instruction, i)] += unit->free_ps - run->now_ps;
    }
  push_event (run->events, (Event){ from_ps + self->time.occupy_ps, id, FREES });
  push_event (run->events, (Event){ from_ps + self->time.result_ps, id, ENDS });
  self->n_started++;
  look_ahead (run, id);
}

static gboolean
may_start (const Run *run, int id)
{
  const StrataInstruction *instruction = &run->schedule->instructions[id];
  int tier = run->progress[id].tier;

  for (int i = 0; i < n_units_of (instruction); i++)
    {
      const Unit *unit = &run->unit[unit_of (run, instruction, i)];

      if (unit->free_ps > run->now_ps || g_array_index (unit->ready, int, 0) != run->rank[id])
        return FALSE;
      if (tier != unit->tier && unit->drained_ps > run->now_ps)
        return FALSE;
    }
  return TRUE;
}

static void
start_what_can (Run *run)
{
  for (guint i = 0; i < run->touched->len; i++)
    {
      const Unit *unit = &run->unit[g_array_index (run->touched, int, i)];
      int id;

      if (unit->ready->len == 0)
        continue;
      id = run->by_rank[g_array_index (unit->ready, int, 0)];
      if (may_start (run, id))
        start (run, id);
    }
  g_array_set_size (run->touched, 0);
}

static void
take (Run *run, Event event)
{
  const StrataInstruction *instruction = &run->schedule->instructions[event.instruction];
  Progress *self = &run->progress[event.instruction];
  int parked = self->parked;

  for (int i = 0; i < n_units_of (instruction); i++)
    {
      int unit = unit_of (run, instruction, i);

      g_array_append_val (run->touched, unit);
    }
  if (event.what == FREES)
    return;
  self->n_ended++;
  run->n_left--;
  self->parked = -1;
  while (parked >= 0)
    {
      Progress *waiter = &run->progress[parked];
      int id = parked;

      parked = waiter->next_parked;
      if (waiter->awaits <= self->n_ended)
        look_ahead (run, id);
      else
        {
          waiter->next_parked = self->parked;
          self->parked = id;
        }
    }
}

static void
execute (Run *run)
{
  for (int i = 0; i < run->schedule->n_instructions; i++)
    if (!is_host (&run->schedule->instructions[i]))
      look_ahead (run, i);
  start_what_can (run);
  while (run->events->len > 0)
    {
      run->now_ps = g_array_index (run->events, Event, 0).time_ps;
      while (run->events->len > 0 && g_array_index (run->events, Event, 0).time_ps == run->now_ps)
        take (run, pop_event (run->events));
      start_what_can (run);
    }
}

/* --- set-up --- */

static int
compare_priority (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const StrataInstruction *instructions = user_data;
  int i = *(const int *) a, j = *(const int *) b;

  if (instructions[i].priority != instructions[j].priority)
    return instructions[i].priority < instructions[j].priority ? -1 : 1;
  return (i > j) - (i < j);
}

static void
set_up (Run *run)
{
  const StrataSchedule *schedule = run->schedule;
  int n = schedule->n_instructions;

  run->select_ps = strata_cost_select_ps (run->in->chip, STRATA_BAND_NOMINAL);
  run->progress = g_new0 (Progress, n + 1);
  run->rank = g_new (int, n + 1);
  run->by_rank = g_new (int, n + 1);
  run->out->first = g_new0 (gint64, n + 1);
  for (int i = 0; i < n; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];

      run->by_rank[i] = i;
      run->progress[i].time =
        strata_burst_time (instruction, run->in->graph, run->in->tiles, run->in->chip, STRATA_BAND_NOMINAL);
      run->progress[i].parked = -1;
      run->progress[i].tier =
        instruction->opcode == STRATA_OPCODE_MVM ? run->in->placement->site[instruction->tile].tier : -1;
      run->out->first[i + 1] = run->out->first[i] + instruction->n_bursts;
      if (!is_host (instruction))
        run->n_left += instruction->n_bursts;
    }
  g_qsort_with_data (run->by_rank, n, sizeof (int), compare_priority, schedule->instructions);
  for (int i = 0; i < n; i++)
    run->rank[run->by_rank[i]] = i;
  run->unit = g_new0 (Unit, schedule->n_units);
  for (int i = 0; i < schedule->n_units; i++)
    run->unit[i] = (Unit){ 0, 0, -1, g_array_new (FALSE, FALSE, sizeof (int)) };
  run->out->start_ps = g_new0 (gint64, run->out->first[n] + 1);
  run->out->end_ps = g_new0 (gint64, run->out->first[n] + 1);
  run->out->busy_ps = g_new0 (gint64, schedule->n_units);
}

gboolean
schedule_predict (const StrataSchedule *schedule,
                  const ScheduleInput *input,
                  SchedulePrediction *prediction,
                  GError **error)
{
  Run run = { .schedule = schedule, .in = input, .out = prediction };

  *prediction = (SchedulePrediction){ 0 };
  run.events = g_array_new (FALSE, FALSE, sizeof (Event));
  run.touched = g_array_new (FALSE, FALSE, sizeof (int));
  set_up (&run);
  execute (&run);
  for (int i = 0; i < schedule->n_units; i++)
    g_array_unref (run.unit[i].ready);
  g_free (run.unit);
  g_free (run.progress);
  g_free (run.rank);
  g_free (run.by_rank);
  g_array_unref (run.events);
  g_array_unref (run.touched);
  if (run.n_left == 0)
    return TRUE;
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
               "schedule: %" G_GINT64_FORMAT " bursts wait for each other and never start", run.n_left);
  return FALSE;
}

void
schedule_prediction_clear (SchedulePrediction *prediction)
{
  g_clear_pointer (&prediction->start_ps, g_free);
  g_clear_pointer (&prediction->end_ps, g_free);
  g_clear_pointer (&prediction->first, g_free);
  g_clear_pointer (&prediction->busy_ps, g_free);
}
