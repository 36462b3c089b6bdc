/* SPDX-License-Identifier: Apache-2.0
 *
 * The event engine: at an instant every end takes effect before anything starts; a burst starts when it is the lowest
 * ready one on each unit it holds and all are free. Under that rule the set of bursts that start does not depend on the
 * order in which units are looked at. A burst that must wait is parked on the first instruction that it waits for, so
 * that an end looks only at what it may release.
 */
#include "program/execute.h"

#include "program/execute-heap.h"
#include "program/work.h"

#define CANCEL_INTERVAL 8192
/* Bursts that the inferences for the steady interval may come to together */
#define INTERVAL_BURSTS 120000
#define MIN_INFERENCES 3
#define MAX_INFERENCES 6

typedef enum
{
  FREES = 1, /* its units can take another burst */
  ENDS = 2,  /* its result is out */
  WAKES = 4, /* with unlimited units: the instruction's own unit is free */
} ExecuteHappening;

/* An instruction, over all inferences */
typedef struct
{
  gint64 occupy_ps, result_ps, free_ps; /* free_ps: with unlimited units */
  int n_ended;                          /* all inferences */
  int inference, burst;                 /* next to start */
  int n_met;                            /* dependences that the next burst need not look at again */
  int first_waiter, next_waiter;        /* instructions parked on this one, -1: none */
  int threshold;                        /* while parked: this many ends of the other */
  int first_unit, n_units, tier;        /* tier -1: not on a stack */
  gboolean host, shared;                /* shared: the array, with another tile */
} State;

typedef struct
{
  gint64 free_ps, drained_ps;
  int tier;         /* selected, -1: none */
  gboolean active;  /* a stack whose pipeline has not drained */
  gboolean waiting; /* for a place among the active stacks */
  ExecuteReady ready;
} Unit;

typedef struct
{
  const StrataExecution *execution;
  const StrataSchedule *schedule;
  StrataExecuted *out;
  State *states;
  Unit *units;
  StrataPlaceWaits waits;
  int *step_units;
  int *touched; /* units to look at in this instant */
  int n_touched, room_touched;
  int *waiting; /* stacks */
  int n_waiting, n_active;
  gint64 now_ps, select_ps;
  ExecuteQueue queue;
} Engine;

static void advance (Engine *engine, int id);

static void
touch (Engine *engine, int unit)
{
  if (engine->n_touched == engine->room_touched)
    {
      engine->room_touched = MAX (64, engine->room_touched * 2);
      engine->touched = g_renew (int, engine->touched, engine->room_touched);
    }
  engine->touched[engine->n_touched++] = unit;
}

/* --- waiting --- */

static void
park (Engine *engine, int id, int on, int threshold)
{
  State *self = &engine->states[id], *other = &engine->states[on];

  self->threshold = threshold;
  self->next_waiter = other->first_waiter;
  other->first_waiter = id;
}

/* TRUE where all that the next burst reads is there; else it is parked. */
static gboolean
has_inputs (Engine *engine, int id)
{
  const StrataInstruction *instruction = &engine->schedule->instructions[id];
  const StrataDependence *dependences = &engine->schedule->dependences[instruction->first_dependence];
  State *self = &engine->states[id];

  for (; self->n_met < instruction->n_dependences; self->n_met++)
    {
      const StrataDependence *d = &dependences[self->n_met];
      int n_bursts = engine->schedule->instructions[d->instruction].n_bursts;
      gint64 need = (gint64) self->burst * d->multiply + d->add;

      if (d->divide > 1)
        need /= d->divide;
      need = CLAMP (need, 0, n_bursts - 1) + (gint64) self->inference * n_bursts;
      if (engine->states[d->instruction].n_ended > need)
        continue;
      park (engine, id, d->instruction, (int) need + 1);
      return FALSE;
    }
  return TRUE;
}

/* TRUE where @row of @inference has been released from @buffer; else the burst is parked. */
static gboolean
is_released (Engine *engine, int id, const StrataBuffer *buffer, int inference, int row)
{
  for (int i = 0; i < buffer->n_releases; i++)
    {
      const StrataDependence *d = &engine->schedule->releases[buffer->first_release + i];
      gint64 need = strata_schedule_release (engine->schedule, d, row)
                    + (gint64) inference * engine->schedule->instructions[d->instruction].n_bursts;

      if (engine->states[d->instruction].n_ended > need)
        continue;
      park (engine, id, d->instruction, (int) need + 1);
      return FALSE;
    }
  return TRUE;
}

/* TRUE where all rows that lay on the bytes of @row before it have been released; else the burst is parked. */
static gboolean
has_place (Engine *engine, int id, int buffer, int row)
{
  const StrataPlaceWaits *waits = &engine->waits;
  int place, inference = engine->states[id].inference;

  if (waits->first_row_of[buffer] < 0)
    return TRUE;
  place = waits->place_of[waits->first_row_of[buffer] + row];
  for (int i = waits->first[place]; i < waits->first[place + 1]; i++)
    {
      const StrataRowPlace *other = &engine->schedule->places[waits->waits[i].place];

      if (inference >= waits->waits[i].previous
          && !is_released (engine, id, &engine->schedule->buffers[other->buffer], inference - waits->waits[i].previous,
                           other->row))
        return FALSE;
    }
  return TRUE;
}

/* TRUE where @row of the buffer has room; else the burst is parked. */
static gboolean
row_has_room (Engine *engine, int id, int buffer_id, int row)
{
  const StrataBuffer *buffer = &engine->schedule->buffers[buffer_id];
  int back = 0, inference = engine->states[id].inference;

  if (row < buffer->n_rows)
    back = (buffer->n_rows - row + buffer->height - 1) / buffer->height;
  if (inference >= back
      && !is_released (engine, id, buffer, inference - back, row - buffer->n_rows + back * buffer->height))
    return FALSE;
  return engine->schedule->n_places == 0 || has_place (engine, id, buffer_id, row);
}

/* TRUE where the next burst has room for the rows it writes; else it is parked. */
static gboolean
has_room (Engine *engine, int id)
{
  const StrataInstruction *instruction = &engine->schedule->instructions[id];

  if (engine->execution->unlimited)
    return TRUE;
  for (int i = 0; i < instruction->n_buffers; i++)
    {
      int buffer = instruction->buffer + i, limit;
      int row = strata_schedule_rows (engine->schedule, instruction, buffer, engine->states[id].burst, &limit);

      for (; row < limit; row += instruction->row_step)
        if (!row_has_room (engine, id, buffer, row))
          return FALSE;
    }
  return TRUE;
}

/* Wakes those that waited for an end of @id. */
static void
end_burst (Engine *engine, int id)
{
  State *self = &engine->states[id];
  int waiter = self->first_waiter;

  self->n_ended++;
  engine->out->n_left--;
  self->first_waiter = -1;
  while (waiter >= 0)
    {
      State *other = &engine->states[waiter];
      int next = other->next_waiter;

      if (other->threshold <= self->n_ended)
        advance (engine, waiter);
      else
        {
          other->next_waiter = self->first_waiter;
          self->first_waiter = waiter;
        }
      waiter = next;
    }
}

static guint64
precedence (const StrataInstruction *instruction, const State *state)
{
  gint64 priority = instruction->priority + (gint64) state->burst * instruction->priority_step;

  return (guint64) state->inference << 32 | (guint32) (priority - G_MININT32);
}

/* --- starting --- */

static void
step_burst (Engine *engine, int id)
{
  State *self = &engine->states[id];

  self->n_met = 0;
  if (++self->burst < engine->schedule->instructions[id].n_bursts)
    return;
  self->burst = 0;
  self->inference++;
}

static void
announce (Engine *engine, int id, gint64 free_ps, gint64 end_ps, gboolean switches)
{
  const State *self = &engine->states[id];
  StrataBurst burst = { id, self->inference, self->burst, engine->now_ps, free_ps, end_ps, switches };

  if (engine->execution->started != NULL)
    engine->execution->started (&burst, engine->execution->user_data);
}

/* Takes the units of @self to @free_ps. */
static void
hold_units (Engine *engine, const State *self, gint64 free_ps, gint64 end_ps)
{
  gint64 *busy_ps = &engine->out->busy_ps[(gsize) self->inference * engine->out->n_units];

  for (int i = 0; i < self->n_units; i++)
    {
      int id = engine->step_units[self->first_unit + i];
      Unit *unit = &engine->units[id];

      execute_ready_pop (&unit->ready);
      unit->free_ps = free_ps;
      unit->drained_ps = end_ps;
      busy_ps[id] += free_ps - engine->now_ps;
    }
  if (self->tier >= 0)
    {
      Unit *stack = &engine->units[engine->step_units[self->first_unit]];

      stack->tier = self->tier;
      engine->n_active += !stack->active;
      stack->active = TRUE;
    }
}

static void
push (Engine *engine, int id, gint64 time_ps, ExecuteHappening what)
{
  execute_queue_push (&engine->queue, (ExecuteEvent){ time_ps, (guint32) id, what });
}

static void
start_burst (Engine *engine, int id)
{
  State *self = &engine->states[id];
  gboolean unlimited = engine->execution->unlimited, switches = FALSE;
  gint64 free_ps, end_ps;

  if (self->tier >= 0 && engine->execution->chip->tiers > 1)
    switches = unlimited ? self->burst == 0 && !self->shared
                         : self->tier != engine->units[engine->step_units[self->first_unit]].tier;
  free_ps = engine->now_ps + self->occupy_ps + (switches ? engine->select_ps : 0);
  end_ps = engine->now_ps + self->result_ps + (switches ? engine->select_ps : 0);
  announce (engine, id, free_ps, end_ps, switches);
  engine->out->n_switches += switches;
  engine->out->ends_ps[self->inference] = MAX (engine->out->ends_ps[self->inference], end_ps);
  self->free_ps = free_ps;
  if (!unlimited)
    hold_units (engine, self, free_ps, end_ps);
  if (!unlimited && free_ps < end_ps)
    push (engine, id, free_ps, FREES);
  push (engine, id, end_ps, free_ps < end_ps ? ENDS : ENDS | FREES);
  step_burst (engine, id);
  advance (engine, id);
}

/* The next burst waits for nothing but its units. */
static void
make_ready (Engine *engine, int id)
{
  const State *self = &engine->states[id];
  ExecuteReadyItem item = { precedence (&engine->schedule->instructions[id], self), id };

  for (int i = 0; i < self->n_units; i++)
    {
      int unit = engine->step_units[self->first_unit + i];

      execute_ready_push (&engine->units[unit].ready, item);
      touch (engine, unit);
    }
}

/* Parks the next burst of @id, or makes it ready; host transfers end at once. */
static void
advance (Engine *engine, int id)
{
  State *self = &engine->states[id];

  while (self->inference < engine->execution->n_inferences && has_inputs (engine, id) && has_room (engine, id))
    {
      if (self->host)
        {
          announce (engine, id, engine->now_ps, engine->now_ps, FALSE);
          step_burst (engine, id);
          end_burst (engine, id);
          continue;
        }
      if (!engine->execution->unlimited)
        make_ready (engine, id);
      else if (self->free_ps > engine->now_ps)
        push (engine, id, self->free_ps, WAKES);
      else
        start_burst (engine, id);
      return;
    }
}

/* Whether the lowest ready burst of @unit is the lowest on all its units and they can take it. */
static gboolean
may_start (const Engine *engine, ExecuteReadyItem item)
{
  const State *self = &engine->states[item.instruction];

  for (int i = 0; i < self->n_units; i++)
    {
      const Unit *unit = &engine->units[engine->step_units[self->first_unit + i]];

      if (unit->free_ps > engine->now_ps || unit->ready.items[0].instruction != item.instruction)
        return FALSE;
      if (self->tier != unit->tier && unit->drained_ps > engine->now_ps)
        return FALSE;
    }
  return TRUE;
}

/* Stacks that wait, by the precedence of what they would start, as far as there are places */
static void
activate (Engine *engine)
{
  while (engine->n_waiting > 0 && engine->n_active < engine->schedule->max_active_stacks)
    {
      int best = 0, unit;

      for (int i = 1; i < engine->n_waiting; i++)
        if (execute_precedes (engine->units[engine->waiting[i]].ready.items[0],
                              engine->units[engine->waiting[best]].ready.items[0]))
          best = i;
      unit = engine->waiting[best];
      engine->waiting[best] = engine->waiting[--engine->n_waiting];
      engine->units[unit].waiting = FALSE;
      start_burst (engine, engine->units[unit].ready.items[0].instruction);
    }
}

static void
dispatch (Engine *engine)
{
  gboolean capped = engine->schedule->max_active_stacks > 0;

  for (int i = 0; i < engine->n_touched; i++)
    {
      int id = engine->touched[i];
      Unit *unit = &engine->units[id];

      if (unit->ready.n == 0 || unit->free_ps > engine->now_ps || unit->waiting)
        continue;
      if (!may_start (engine, unit->ready.items[0]))
        continue;
      if (!capped || unit->active || engine->states[unit->ready.items[0].instruction].tier < 0)
        {
          start_burst (engine, unit->ready.items[0].instruction);
          continue;
        }
      unit->waiting = TRUE;
      engine->waiting[engine->n_waiting++] = id;
    }
  engine->n_touched = 0;
  if (capped)
    activate (engine);
  engine->n_touched = 0;
}

static void
take_event (Engine *engine, ExecuteEvent event)
{
  int id = (int) event.instruction;
  const State *self = &engine->states[id];

  if (engine->execution->unlimited)
    {
      if (event.what & WAKES)
        start_burst (engine, id);
      if (event.what & ENDS)
        end_burst (engine, id);
      return;
    }
  if (self->tier >= 0 && event.what & ENDS)
    {
      Unit *stack = &engine->units[engine->step_units[self->first_unit]];

      if (stack->active && stack->drained_ps == engine->now_ps)
        {
          stack->active = FALSE;
          engine->n_active--;
        }
    }
  for (int i = 0; i < self->n_units; i++)
    touch (engine, engine->step_units[self->first_unit + i]);
  if (event.what & ENDS)
    end_burst (engine, id);
}

static gboolean
run (Engine *engine, GError **error)
{
  guint64 n_taken = 0;

  for (int id = 0; id < engine->schedule->n_instructions; id++)
    advance (engine, id);
  dispatch (engine);
  while (engine->queue.n > 0)
    {
      engine->now_ps = engine->queue.items[0].time_ps;
      while (engine->queue.n > 0 && engine->queue.items[0].time_ps == engine->now_ps)
        {
          take_event (engine, execute_queue_pop (&engine->queue));
          if (++n_taken % CANCEL_INTERVAL == 0
              && g_cancellable_set_error_if_cancelled (engine->execution->cancellable, error))
            return FALSE;
        }
      dispatch (engine);
    }
  return TRUE;
}

/* --- set-up --- */

static void
set_state (Engine *engine, int id, int *n_units)
{
  const StrataExecution *x = engine->execution;
  const StrataInstruction *instruction = &engine->schedule->instructions[id];
  StrataBurstTime time = strata_burst_time (instruction, x->graph, x->tiles, x->chip, x->band);
  gboolean host = instruction->opcode == STRATA_OPCODE_HOST_IN || instruction->opcode == STRATA_OPCODE_HOST_OUT;

  engine->states[id] = (State){
    .occupy_ps = time.occupy_ps,
    .result_ps = MAX (time.occupy_ps, time.result_ps),
    .first_waiter = -1,
    .next_waiter = -1,
    .first_unit = *n_units,
    .n_units = MAX (1, instruction->n_hops),
    .tier = instruction->opcode == STRATA_OPCODE_MVM ? x->placement->site[instruction->tile].tier : -1,
    .host = host,
  };
  if (instruction->n_hops == 0)
    engine->step_units[(*n_units)++] = instruction->unit;
  for (int hop = 0; hop < instruction->n_hops; hop++)
    engine->step_units[(*n_units)++] = engine->schedule->routes[instruction->first_route + hop];
  engine->out->n_left += (gint64) instruction->n_bursts * x->n_inferences;
}

static void
mark_shared (Engine *engine)
{
  const StrataExecution *x = engine->execution;
  g_autofree guint8 *shared = strata_work_shared (x->tiles, x->placement, x->chip);

  for (int i = 0; i < engine->schedule->n_instructions; i++)
    if (engine->schedule->instructions[i].opcode == STRATA_OPCODE_MVM)
      engine->states[i].shared = shared[engine->schedule->instructions[i].tile];
}

static void
engine_init (Engine *engine)
{
  const StrataSchedule *schedule = engine->schedule;
  int n_inferences = engine->execution->n_inferences, n_units = 0;

  *engine->out = (StrataExecuted){ .n_inferences = n_inferences, .n_units = schedule->n_units };
  engine->out->ends_ps = g_new0 (gint64, n_inferences);
  engine->out->busy_ps = g_new0 (gint64, (gsize) schedule->n_units * n_inferences + 1);
  engine->select_ps = strata_cost_select_ps (engine->execution->chip, engine->execution->band);
  engine->states = g_new (State, (gsize) schedule->n_instructions + 1);
  engine->step_units = g_new (int, (gsize) schedule->n_instructions + schedule->n_routes + 1);
  for (int i = 0; i < schedule->n_instructions; i++)
    set_state (engine, i, &n_units);
  if (engine->execution->unlimited)
    mark_shared (engine);
  engine->units = g_new0 (Unit, (gsize) schedule->n_units + 1);
  for (int i = 0; i < schedule->n_units; i++)
    engine->units[i].tier = -1;
  strata_schedule_place_waits (schedule, &engine->waits);
  engine->waiting = g_new (int, (gsize) schedule->n_units + 1);
}

static void
engine_finish (Engine *engine)
{
  for (int i = 0; i < engine->schedule->n_units; i++)
    g_free (engine->units[i].ready.items);
  g_free (engine->units);
  g_free (engine->states);
  g_free (engine->step_units);
  g_free (engine->touched);
  g_free (engine->waiting);
  strata_place_waits_clear (&engine->waits);
  g_free (engine->queue.items);
}

gboolean
strata_execute (const StrataExecution *execution, StrataExecuted *executed, GError **error)
{
  Engine engine = { .execution = execution, .schedule = execution->schedule, .out = executed };
  gboolean ok;

  g_assert (execution->n_inferences >= 1);
  engine_init (&engine);
  ok = run (&engine, error);
  engine_finish (&engine);
  if (!ok)
    strata_executed_clear (executed);
  return ok;
}

void
strata_executed_clear (StrataExecuted *executed)
{
  g_clear_pointer (&executed->ends_ps, g_free);
  g_clear_pointer (&executed->busy_ps, g_free);
}

int
strata_execute_inferences (const StrataSchedule *schedule)
{
  gint64 n_bursts = 0;

  for (int i = 0; i < schedule->n_instructions; i++)
    n_bursts += schedule->instructions[i].n_bursts;
  return (int) CLAMP (INTERVAL_BURSTS / MAX (n_bursts, 1), MIN_INFERENCES, MAX_INFERENCES);
}

/* Time of the busiest unit, host apart, over the inferences from @from on */
static gint64
busiest_from (const StrataExecuted *executed, const StrataSchedule *schedule, int from)
{
  gint64 busiest_ps = 0;

  for (int unit = 0; unit < executed->n_units; unit++)
    {
      gint64 sum_ps = 0;

      for (int i = from; i < executed->n_inferences; i++)
        sum_ps += executed->busy_ps[(gsize) i * executed->n_units + unit];
      if (schedule->units[unit].kind != STRATA_UNIT_HOST)
        busiest_ps = MAX (busiest_ps, sum_ps);
    }
  return busiest_ps;
}

gint64
strata_executed_interval_ps (const StrataExecuted *executed, const StrataSchedule *schedule)
{
  int n = executed->n_inferences, from = (n - 1) / 2;

  if (n == 1)
    return executed->ends_ps[0];
  return MAX (executed->ends_ps[n - 1] - executed->ends_ps[from], busiest_from (executed, schedule, from + 1))
         / (n - 1 - from);
}
