/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes the bursts of a schedule from event to event, by the rules in program/schedule.h. Exact in integer
 * picoseconds. At an instant every end takes effect before anything starts; a burst starts when it is the lowest ready
 * one, by (inference, priority, instruction), on each unit it holds and all are free. Under that rule the set of bursts
 * that start does not depend on the order in which units are looked at: the result is a pure function of image and
 * options.
 */
#include "simulator/timing-heap.h"

#include "simulator/simulator.h"

/* Bounds memory and time of one run: 2^28 bursts are some 20 GB of events. */
#define MAX_BURSTS (G_GINT64_CONSTANT (1) << 28)
#define CANCEL_INTERVAL 8192
/* Events that room is made for at once; what a file announces may never run. */
#define ROOM_EVENTS (1 << 20)

/* What an instruction needs in the inner loop */
typedef struct
{
  gint64 occupy_ps, result_ps;
  int n_units, first_unit; /* in Engine.units */
  int tier;                /* -1: not on a stack */
  gboolean host;
} Step;

/* One instruction of one inference */
typedef struct
{
  int n_started, n_ended;
  int next_waiter, first_waiter; /* states parked on this one, -1: none */
  int threshold;                 /* while parked: wait for this many ends of the producer */
} State;

typedef struct
{
  gint64 free_ps, drained_ps;
  int tier;          /* selected, -1: none */
  gssize last_event; /* -1: none */
  TimingReady ready; /* bursts that want it */
} Unit;

typedef struct
{
  const StrataImage *image;
  const StrataSchedule *schedule;
  const StrataTimingOptions *options;
  gint64 t_select_ps;
  int n_instructions;
  Step *steps;
  int *step_units;
  int *rank, *by_rank; /* instructions by (priority, id) */
  State *states;       /* [instance * n_instructions + instruction] */
  Unit *units;
  int *touched; /* units to look at in this instant */
  int n_touched, room_touched;
  gint64 *unlimited_free_ps; /* per state, with options->unlimited */
  gint64 *host_free_ps;      /* per instance */
  gint64 *busy_ps;           /* [instance * n_units + unit] */
  TimingQueue queue;
  gint64 now_ps, n_left;
  GArray *events, *host_events;
  StrataTiming *timing;
} Engine;

static guint64
state_key (const Engine *engine, int state)
{
  int instance = state / engine->n_instructions, instruction = state % engine->n_instructions;

  return ((guint64) instance << 32) | (guint64) engine->rank[instruction];
}

static int
key_state (const Engine *engine, guint64 key)
{
  return (int) (key >> 32) * engine->n_instructions + engine->by_rank[key & G_MAXUINT32];
}

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

static gint64
record_event (Engine *engine, GArray *events, int state, gint64 start_ps, gint64 duration_ps, gboolean switches)
{
  int id = state % engine->n_instructions;
  const StrataInstruction *instruction = &engine->schedule->instructions[id];
  StrataEventRecord event = { 0 };

  if (engine->options->no_events)
    return -1;
  event.start_ps = start_ps;
  event.duration_ps = duration_ps;
  event.n_actions = instruction->n_actions;
  event.unit = instruction->unit;
  event.instruction = id;
  event.layer = instruction->op;
  event.burst = engine->states[state].n_started;
  event.tier = engine->steps[id].tier;
  event.flags = switches ? STRATA_EVENT_TIER_SWITCH : 0;
  g_array_append_val (events, event);
  return events->len - 1;
}

static void
add_busy (Engine *engine, int instance, int unit, gint64 time_ps)
{
  engine->busy_ps[(gsize) instance * engine->schedule->n_units + unit] += time_ps;
}

/* Host transfers stand beside the time of the chip: they end at once for those that wait, and are recorded one after
 * the other on the host's unit. */
static void
start_host (Engine *engine, int state)
{
  int instance = state / engine->n_instructions;
  const Step *step = &engine->steps[state % engine->n_instructions];
  gint64 start_ps = MAX (engine->now_ps, engine->host_free_ps[instance]);

  record_event (engine, engine->host_events, state, start_ps, step->result_ps, FALSE);
  engine->host_free_ps[instance] = start_ps + step->result_ps;
  if (instance == 0)
    engine->timing->host_ps += step->result_ps;
  add_busy (engine, instance, engine->step_units[step->first_unit], step->occupy_ps);
  engine->states[state].n_started++;
  timing_queue_push (&engine->queue, engine->now_ps, state_key (engine, state) << 1);
}

/* The next burst of @state may start: all it waits for has ended. */
static void
make_ready (Engine *engine, int state)
{
  const Step *step = &engine->steps[state % engine->n_instructions];

  if (step->host)
    {
      start_host (engine, state);
      return;
    }
  if (engine->options->unlimited)
    {
      gint64 time_ps = MAX (engine->now_ps, engine->unlimited_free_ps[state]);

      timing_queue_push (&engine->queue, time_ps, state_key (engine, state) << 1 | 1);
      return;
    }
  for (int i = 0; i < step->n_units; i++)
    {
      int unit = engine->step_units[step->first_unit + i];

      timing_ready_push (&engine->units[unit].ready, state_key (engine, state));
      touch (engine, unit);
    }
}

/* Parks the next burst of @state on the first producer that has not ended enough bursts, or makes it ready. */
static void
advance (Engine *engine, int state)
{
  int id = state % engine->n_instructions, base = state - id;
  const StrataInstruction *instruction = &engine->schedule->instructions[id];
  State *self = &engine->states[state];

  if (self->n_started >= instruction->n_bursts)
    return;
  for (int i = 0; i < instruction->n_dependences; i++)
    {
      const StrataDependence *d = &engine->schedule->dependences[instruction->first_dependence + i];
      State *producer = &engine->states[base + d->instruction];
      int need = strata_schedule_need (engine->schedule, d, self->n_started);

      if (producer->n_ended <= need)
        {
          self->threshold = need + 1;
          self->next_waiter = producer->first_waiter;
          producer->first_waiter = state;
          return;
        }
    }
  make_ready (engine, state);
}

/* One burst of @state has ended: wakes those that waited for it. */
static void
end_burst (Engine *engine, int state)
{
  State *self = &engine->states[state];
  int waiter = self->first_waiter;
  int instance = state / engine->n_instructions;

  self->n_ended++;
  engine->n_left--;
  if (!engine->steps[state % engine->n_instructions].host)
    engine->timing->ends_ps[instance] = MAX (engine->timing->ends_ps[instance], engine->now_ps);
  else
    advance (engine, state);
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

/* Takes the units of @step from now on; an earlier event of the unit whose pipeline still drains is cut there. */
static void
hold_units (Engine *engine, int instance, const Step *step, gint64 free_ps, gint64 drained_ps)
{
  for (int i = 0; i < step->n_units; i++)
    {
      int id = engine->step_units[step->first_unit + i];
      Unit *unit = &engine->units[id];

      timing_ready_pop (&unit->ready);
      unit->free_ps = free_ps;
      unit->drained_ps = drained_ps;
      add_busy (engine, instance, id, free_ps - engine->now_ps);
      if (step->tier >= 0)
        unit->tier = step->tier;
    }
}

static void
keep_event (Engine *engine, int state, const Step *step, gint64 duration_ps, gboolean switches)
{
  gssize *last = &engine->units[engine->step_units[step->first_unit]].last_event;
  gssize index = record_event (engine, engine->events, state, engine->now_ps, duration_ps, switches);

  if (index < 0)
    return;
  if (*last >= 0 && !engine->options->unlimited)
    {
      StrataEventRecord *before = &g_array_index (engine->events, StrataEventRecord, *last);

      before->duration_ps = MIN (before->duration_ps, engine->now_ps - before->start_ps);
    }
  *last = index;
}

static void
start_burst (Engine *engine, int state)
{
  const Step *step = &engine->steps[state % engine->n_instructions];
  const Unit *unit = &engine->units[engine->step_units[step->first_unit]];
  gboolean selects = step->tier >= 0 && engine->image->chip->tiers > 1;
  gboolean first = engine->states[state].n_started == 0;
  gboolean switches = selects && (engine->options->unlimited ? first : step->tier != unit->tier);
  gint64 begin_ps = engine->now_ps + (switches ? engine->t_select_ps : 0);
  guint64 key = state_key (engine, state);

  keep_event (engine, state, step, begin_ps + step->result_ps - engine->now_ps, switches);
  engine->timing->n_switches += switches;
  if (engine->options->unlimited)
    engine->unlimited_free_ps[state] = begin_ps + step->occupy_ps;
  else
    {
      hold_units (engine, state / engine->n_instructions, step, begin_ps + step->occupy_ps, begin_ps + step->result_ps);
      timing_queue_push (&engine->queue, begin_ps + step->occupy_ps, key << 1 | 1);
    }
  timing_queue_push (&engine->queue, begin_ps + step->result_ps, key << 1);
  engine->states[state].n_started++;
  advance (engine, state);
}

/* Whether the burst of @key, the lowest on one of its units, is so on all of them and they are free for it. */
static gboolean
may_start (const Engine *engine, const Step *step, guint64 key)
{
  for (int i = 0; i < step->n_units; i++)
    {
      const Unit *unit = &engine->units[engine->step_units[step->first_unit + i]];

      if (unit->free_ps > engine->now_ps || unit->ready.keys[0] != key)
        return FALSE;
      if (step->tier != unit->tier && unit->drained_ps > engine->now_ps)
        return FALSE;
    }
  return TRUE;
}

static void
dispatch (Engine *engine)
{
  for (int i = 0; i < engine->n_touched; i++)
    {
      const Unit *unit = &engine->units[engine->touched[i]];
      int state;

      if (unit->ready.n == 0 || unit->free_ps > engine->now_ps)
        continue;
      state = key_state (engine, unit->ready.keys[0]);
      if (may_start (engine, &engine->steps[state % engine->n_instructions], unit->ready.keys[0]))
        start_burst (engine, state);
    }
  engine->n_touched = 0;
}

/* A result, or a unit that is free (with unlimited units: a burst whose turn has come). */
static void
take_event (Engine *engine, TimingEvent event)
{
  int state = key_state (engine, event.key >> 1);
  const Step *step = &engine->steps[state % engine->n_instructions];

  if (!(event.key & 1))
    end_burst (engine, state);
  if (engine->options->unlimited)
    {
      if (event.key & 1)
        start_burst (engine, state);
    }
  else if (!step->host && ((event.key & 1) || step->tier >= 0))
    for (int i = 0; i < step->n_units; i++)
      touch (engine, engine->step_units[step->first_unit + i]);
}

static gboolean
run (Engine *engine, GError **error)
{
  guint64 n_taken = 0;

  for (int state = 0; state < engine->options->n_inferences * engine->n_instructions; state++)
    advance (engine, state);
  dispatch (engine);
  while (engine->queue.n > 0)
    {
      engine->now_ps = engine->queue.items[0].time_ps;
      while (engine->queue.n > 0 && engine->queue.items[0].time_ps == engine->now_ps)
        {
          take_event (engine, timing_queue_pop (&engine->queue));
          if (++n_taken % CANCEL_INTERVAL == 0
              && g_cancellable_set_error_if_cancelled (engine->options->cancellable, error))
            return FALSE;
        }
      dispatch (engine);
    }
  if (engine->n_left > 0)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM,
                   "program: %" G_GINT64_FORMAT " bursts wait for each other and never start; compile the model again",
                   engine->n_left);
      return FALSE;
    }
  return TRUE;
}

/* --- set-up --- */

static gint
compare_rank (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const StrataInstruction *instructions = user_data;
  int i = *(const int *) a, j = *(const int *) b;

  if (instructions[i].priority != instructions[j].priority)
    return instructions[i].priority < instructions[j].priority ? -1 : 1;
  return (i > j) - (i < j);
}

static void
set_ranks (Engine *engine)
{
  int n = engine->n_instructions;

  engine->rank = g_new (int, n + 1);
  engine->by_rank = g_new (int, n + 1);
  for (int i = 0; i < n; i++)
    engine->by_rank[i] = i;
  g_qsort_with_data (engine->by_rank, n, sizeof (int), compare_rank, engine->schedule->instructions);
  for (int i = 0; i < n; i++)
    engine->rank[engine->by_rank[i]] = i;
}

static void
set_steps (Engine *engine)
{
  const StrataSchedule *schedule = engine->schedule;
  const StrataImage *image = engine->image;
  int n_units = 0;

  engine->steps = g_new0 (Step, engine->n_instructions + 1);
  engine->step_units = g_new (int, (gsize) engine->n_instructions + schedule->n_routes + 1);
  for (int i = 0; i < engine->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];
      StrataBurstTime time =
        strata_burst_time (instruction, image->graph, image->tiles, image->chip, engine->options->band);
      Step *step = &engine->steps[i];

      step->occupy_ps = time.occupy_ps;
      step->result_ps = MAX (time.occupy_ps, time.result_ps);
      step->tier = instruction->opcode == STRATA_OPCODE_MVM ? image->placement->site[instruction->tile].tier : -1;
      step->host = instruction->opcode == STRATA_OPCODE_HOST_IN || instruction->opcode == STRATA_OPCODE_HOST_OUT;
      step->first_unit = n_units;
      step->n_units = MAX (1, instruction->n_hops);
      if (instruction->n_hops == 0)
        engine->step_units[n_units++] = instruction->unit;
      for (int hop = 0; hop < instruction->n_hops; hop++)
        engine->step_units[n_units++] = schedule->routes[instruction->first_route + hop];
    }
}

static gboolean
count_bursts (Engine *engine, GError **error)
{
  gint64 n_bursts = 0;

  for (int i = 0; i < engine->n_instructions && n_bursts <= MAX_BURSTS; i++)
    n_bursts += engine->schedule->instructions[i].n_bursts;
  if (n_bursts > MAX_BURSTS / engine->options->n_inferences
      || (gint64) engine->n_instructions * engine->options->n_inferences > MAX_BURSTS)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
                   "program: %d inferences of %" G_GINT64_FORMAT
                   " bursts are more than one run can hold; at most %" G_GINT64_FORMAT
                   " bursts are possible, ask for fewer inferences",
                   engine->options->n_inferences, n_bursts, MAX_BURSTS);
      return FALSE;
    }
  engine->n_left = n_bursts * engine->options->n_inferences;
  return TRUE;
}

static void
engine_init (Engine *engine)
{
  gsize n_states = (gsize) engine->n_instructions * (gsize) engine->options->n_inferences;
  int n_units = engine->schedule->n_units;

  set_ranks (engine);
  set_steps (engine);
  engine->t_select_ps = strata_cost_select_ps (engine->image->chip, engine->options->band);
  engine->states = g_new0 (State, n_states + 1);
  for (gsize i = 0; i < n_states; i++)
    engine->states[i].first_waiter = engine->states[i].next_waiter = -1;
  engine->units = g_new0 (Unit, n_units + 1);
  for (int i = 0; i < n_units; i++)
    engine->units[i].tier = -1, engine->units[i].last_event = -1;
  engine->host_free_ps = g_new0 (gint64, engine->options->n_inferences);
  engine->busy_ps = g_new0 (gint64, (gsize) n_units * engine->options->n_inferences + 1);
  if (engine->options->unlimited)
    engine->unlimited_free_ps = g_new0 (gint64, n_states + 1);
  engine->events = g_array_sized_new (FALSE, FALSE, sizeof (StrataEventRecord),
                                      engine->options->no_events ? 1 : (guint) MIN (engine->n_left, ROOM_EVENTS));
  engine->host_events = g_array_new (FALSE, FALSE, sizeof (StrataEventRecord));
  engine->timing = g_new0 (StrataTiming, 1);
  engine->timing->n_units = n_units;
  engine->timing->n_inferences = engine->options->n_inferences;
  engine->timing->unit_busy_ps = g_new0 (gint64, n_units + 1);
  engine->timing->ends_ps = g_new0 (gint64, engine->options->n_inferences);
}

static void
engine_finish (Engine *engine)
{
  for (int i = 0; engine->units != NULL && i < engine->schedule->n_units; i++)
    g_free (engine->units[i].ready.keys);
  g_free (engine->busy_ps);
  g_free (engine->units);
  g_free (engine->steps);
  g_free (engine->step_units);
  g_free (engine->rank);
  g_free (engine->by_rank);
  g_free (engine->states);
  g_free (engine->touched);
  g_free (engine->unlimited_free_ps);
  g_free (engine->host_free_ps);
  g_free (engine->queue.items);
  g_clear_pointer (&engine->events, g_array_unref);
  g_clear_pointer (&engine->host_events, g_array_unref);
  g_clear_pointer (&engine->timing, strata_timing_free);
}

/* --- result --- */

static int
compare_events (gconstpointer a, gconstpointer b)
{
  const StrataEventRecord *e = a, *f = b;

  if (e->start_ps != f->start_ps)
    return e->start_ps < f->start_ps ? -1 : 1;
  if (e->unit != f->unit)
    return e->unit < f->unit ? -1 : 1;
  if (e->instruction != f->instruction)
    return e->instruction < f->instruction ? -1 : 1;
  return (e->burst > f->burst) - (e->burst < f->burst);
}

/* Events come in order of start; those of one instant are put in order of unit. */
static void
sort_instants (StrataEventRecord *events, gsize n)
{
  for (gsize from = 0, to; from < n; from = to)
    {
      for (to = from + 1; to < n && events[to].start_ps == events[from].start_ps; to++)
        ;
      if (to - from > 1)
        qsort (events + from, to - from, sizeof *events, compare_events);
    }
}

static void
merge_events (Engine *engine)
{
  StrataEventRecord *chip = (StrataEventRecord *) engine->events->data,
                    *host = (StrataEventRecord *) engine->host_events->data;
  gsize n_chip = engine->events->len, n_host = engine->host_events->len, i = 0, j = 0;
  StrataTiming *timing = engine->timing;

  sort_instants (chip, n_chip);
  if (n_host > 0)
    qsort (host, n_host, sizeof *host, compare_events);
  timing->n_events = n_chip + n_host;
  timing->events = g_new (StrataEventRecord, timing->n_events + 1);
  for (gsize k = 0; k < timing->n_events; k++)
    timing->events[k] = j == n_host || (i < n_chip && compare_events (&chip[i], &host[j]) < 0) ? chip[i++] : host[j++];
}

/* Time of the busiest unit, host apart, over the inferences from @from on */
static gint64
busiest_from (const Engine *engine, int from)
{
  int n_units = engine->schedule->n_units;
  gint64 busiest_ps = 0;

  for (int unit = 0; unit < n_units; unit++)
    {
      gint64 sum_ps = 0;

      for (int i = from; i < engine->options->n_inferences; i++)
        sum_ps += engine->busy_ps[(gsize) i * n_units + unit];
      if (engine->schedule->units[unit].kind != STRATA_UNIT_HOST)
        busiest_ps = MAX (busiest_ps, sum_ps);
    }
  return busiest_ps;
}

/* Mean difference of the ends of the second half, never below what the busiest unit needs for them: the first
 * inferences of a run lend idle time to the later ones, so a short run would look faster than a long one. */
static void
set_interval (Engine *engine)
{
  StrataTiming *timing = engine->timing;
  int n = timing->n_inferences, from = (n - 1) / 2;

  for (int i = 0; i < n; i++)
    for (int unit = 0; unit < timing->n_units; unit++)
      timing->unit_busy_ps[unit] += engine->busy_ps[(gsize) i * timing->n_units + unit];
  timing->latency_ps = timing->ends_ps[0];
  timing->interval_ps = timing->latency_ps;
  if (n > 1)
    timing->interval_ps =
      MAX (timing->ends_ps[n - 1] - timing->ends_ps[from], busiest_from (engine, from + 1)) / (n - 1 - from);
}

StrataTiming *
strata_timing_run (const StrataImage *image, const StrataTimingOptions *options, GError **error)
{
  Engine engine = { .image = image, .schedule = image->schedule, .options = options };
  StrataTiming *timing = NULL;

  g_return_val_if_fail (options != NULL && options->n_inferences >= 1, NULL);

  engine.n_instructions = image->schedule->n_instructions;
  if (g_cancellable_set_error_if_cancelled (options->cancellable, error) || !count_bursts (&engine, error))
    return NULL;
  engine_init (&engine);
  if (run (&engine, error))
    {
      set_interval (&engine);
      merge_events (&engine);
      timing = g_steal_pointer (&engine.timing);
    }
  engine_finish (&engine);
  return timing;
}

void
strata_timing_free (StrataTiming *timing)
{
  if (timing == NULL)
    return;
  g_free (timing->events);
  g_free (timing->unit_busy_ps);
  g_free (timing->ends_ps);
  g_free (timing);
}
