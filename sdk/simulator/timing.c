/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes an image and keeps every burst as an event (program/execute.c has the rules). Exact in integer picoseconds;
 * the result is a pure function of image and options.
 */
#include "program/execute.h"
#include "simulator/simulator.h"

/* Bounds memory and time of one run: 2^28 bursts are some 20 GB of events. */
#define MAX_BURSTS (G_GINT64_CONSTANT (1) << 28)
/* Events that room is made for at once; what a file announces may never run. */
#define ROOM_EVENTS (1 << 20)

typedef struct
{
  const StrataImage *image;
  const StrataSchedule *schedule;
  const StrataTimingOptions *options;
  gssize *last_event;   /* per unit; -1: none */
  gint64 *host_free_ps; /* per inference */
  gint64 *host_time_ps; /* per instruction of the host, -1 for others */
  GArray *events, *host_events;
  StrataTiming *timing;
} Recorder;

static StrataEventRecord *
record_event (Recorder *recorder, GArray *events, const StrataBurst *burst, gint64 start_ps, gint64 duration_ps)
{
  const StrataInstruction *instruction = &recorder->schedule->instructions[burst->instruction];
  StrataEventRecord event = { 0 };
  gboolean mvm = instruction->opcode == STRATA_OPCODE_MVM;

  event.start_ps = start_ps;
  event.duration_ps = duration_ps;
  event.n_actions = instruction->n_actions;
  event.unit = instruction->unit;
  event.instruction = burst->instruction;
  event.layer = instruction->op;
  event.burst = burst->burst;
  event.tier = mvm ? recorder->image->placement->site[instruction->tile].tier : -1;
  event.flags = burst->switches ? STRATA_EVENT_TIER_SWITCH : 0;
  g_array_append_val (events, event);
  return &g_array_index (events, StrataEventRecord, events->len - 1);
}

/* Host transfers stand beside the time of the chip: they end at once for those that wait, and are recorded one after
 * the other on the host's unit. */
static void
record_host (Recorder *recorder, const StrataBurst *burst)
{
  gint64 time_ps = recorder->host_time_ps[burst->instruction];
  gint64 start_ps = MAX (burst->start_ps, recorder->host_free_ps[burst->inference]);
  int unit = recorder->schedule->instructions[burst->instruction].unit;

  if (!recorder->options->no_events)
    record_event (recorder, recorder->host_events, burst, start_ps, time_ps);
  recorder->host_free_ps[burst->inference] = start_ps + time_ps;
  if (burst->inference == 0)
    recorder->timing->host_ps += time_ps;
  recorder->timing->unit_busy_ps[unit] += time_ps;
}

/* An earlier event of the unit whose pipeline still drains is cut where this one begins. */
static void
record_burst (const StrataBurst *burst, gpointer user_data)
{
  Recorder *recorder = user_data;
  gssize *last;

  if (recorder->host_time_ps[burst->instruction] >= 0)
    {
      record_host (recorder, burst);
      return;
    }
  if (recorder->options->no_events)
    return;
  last = &recorder->last_event[recorder->schedule->instructions[burst->instruction].unit];
  record_event (recorder, recorder->events, burst, burst->start_ps, burst->end_ps - burst->start_ps);
  if (*last >= 0 && !recorder->options->unlimited)
    {
      StrataEventRecord *before = &g_array_index (recorder->events, StrataEventRecord, *last);

      before->duration_ps = MIN (before->duration_ps, burst->start_ps - before->start_ps);
    }
  *last = recorder->events->len - 1;
}

/* --- set-up --- */

static gint64
count_bursts (const Recorder *recorder, GError **error)
{
  const StrataSchedule *schedule = recorder->schedule;
  int n_inferences = recorder->options->n_inferences;
  gint64 n_bursts = 0;

  for (int i = 0; i < schedule->n_instructions && n_bursts <= MAX_BURSTS; i++)
    n_bursts += schedule->instructions[i].n_bursts;
  if (n_bursts <= MAX_BURSTS / n_inferences && (gint64) schedule->n_instructions * n_inferences <= MAX_BURSTS)
    return n_bursts * n_inferences;
  g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED,
               "program: %d inferences of %" G_GINT64_FORMAT
               " bursts are more than one run can hold; at most %" G_GINT64_FORMAT
               " bursts are possible, ask for fewer inferences",
               n_inferences, n_bursts, MAX_BURSTS);
  return -1;
}

static void
recorder_init (Recorder *recorder, gint64 n_bursts)
{
  const StrataSchedule *schedule = recorder->schedule;
  const StrataImage *image = recorder->image;
  int n_inferences = recorder->options->n_inferences;

  recorder->last_event = g_new (gssize, (gsize) schedule->n_units + 1);
  for (int i = 0; i < schedule->n_units; i++)
    recorder->last_event[i] = -1;
  recorder->host_free_ps = g_new0 (gint64, n_inferences);
  recorder->host_time_ps = g_new (gint64, (gsize) schedule->n_instructions + 1);
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];
      gboolean host = instruction->opcode == STRATA_OPCODE_HOST_IN || instruction->opcode == STRATA_OPCODE_HOST_OUT;

      recorder->host_time_ps[i] =
        host
          ? strata_burst_time (instruction, image->graph, image->tiles, image->chip, recorder->options->band).result_ps
          : -1;
    }
  recorder->events = g_array_sized_new (FALSE, FALSE, sizeof (StrataEventRecord),
                                        recorder->options->no_events ? 1 : (guint) MIN (n_bursts, ROOM_EVENTS));
  recorder->host_events = g_array_new (FALSE, FALSE, sizeof (StrataEventRecord));
  recorder->timing = g_new0 (StrataTiming, 1);
  recorder->timing->n_units = schedule->n_units;
  recorder->timing->n_inferences = n_inferences;
  recorder->timing->unit_busy_ps = g_new0 (gint64, (gsize) schedule->n_units + 1);
}

static void
recorder_finish (Recorder *recorder)
{
  g_free (recorder->last_event);
  g_free (recorder->host_free_ps);
  g_free (recorder->host_time_ps);
  g_clear_pointer (&recorder->events, g_array_unref);
  g_clear_pointer (&recorder->host_events, g_array_unref);
  g_clear_pointer (&recorder->timing, strata_timing_free);
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
merge_events (Recorder *recorder)
{
  StrataEventRecord *chip = (StrataEventRecord *) recorder->events->data,
                    *host = (StrataEventRecord *) recorder->host_events->data;
  gsize n_chip = recorder->events->len, n_host = recorder->host_events->len, i = 0, j = 0;
  StrataTiming *timing = recorder->timing;

  sort_instants (chip, n_chip);
  if (n_host > 0)
    qsort (host, n_host, sizeof *host, compare_events);
  timing->n_events = n_chip + n_host;
  timing->events = g_new (StrataEventRecord, timing->n_events + 1);
  for (gsize k = 0; k < timing->n_events; k++)
    timing->events[k] = j == n_host || (i < n_chip && compare_events (&chip[i], &host[j]) < 0) ? chip[i++] : host[j++];
}

static void
set_times (Recorder *recorder, StrataExecuted *executed)
{
  StrataTiming *timing = recorder->timing;

  for (int i = 0; i < timing->n_inferences; i++)
    for (int unit = 0; unit < timing->n_units; unit++)
      timing->unit_busy_ps[unit] += executed->busy_ps[(gsize) i * timing->n_units + unit];
  timing->latency_ps = executed->ends_ps[0];
  timing->interval_ps = strata_executed_interval_ps (executed, recorder->schedule);
  timing->n_switches = executed->n_switches;
  timing->ends_ps = g_steal_pointer (&executed->ends_ps);
}

static gboolean
execute (Recorder *recorder, GError **error)
{
  const StrataImage *image = recorder->image;
  g_auto (StrataExecuted) executed = { 0 };
  StrataExecution execution = {
    .schedule = recorder->schedule,
    .graph = image->graph,
    .tiles = image->tiles,
    .placement = image->placement,
    .chip = image->chip,
    .band = recorder->options->band,
    .n_inferences = recorder->options->n_inferences,
    .unlimited = recorder->options->unlimited,
    .started = record_burst,
    .user_data = recorder,
    .cancellable = recorder->options->cancellable,
  };

  if (!strata_execute (&execution, &executed, error))
    return FALSE;
  if (executed.n_left > 0)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM,
                   "program: %" G_GINT64_FORMAT " bursts wait for each other and never start; compile the model again",
                   executed.n_left);
      return FALSE;
    }
  set_times (recorder, &executed);
  merge_events (recorder);
  return TRUE;
}

StrataTiming *
strata_timing_run (const StrataImage *image, const StrataTimingOptions *options, GError **error)
{
  Recorder recorder = { .image = image, .schedule = image->schedule, .options = options };
  StrataTiming *timing = NULL;
  gint64 n_bursts;

  g_return_val_if_fail (options != NULL && options->n_inferences >= 1, NULL);

  if (g_cancellable_set_error_if_cancelled (options->cancellable, error))
    return NULL;
  n_bursts = count_bursts (&recorder, error);
  if (n_bursts < 0)
    return NULL;
  recorder_init (&recorder, n_bursts);
  if (execute (&recorder, error))
    timing = g_steal_pointer (&recorder.timing);
  recorder_finish (&recorder);
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
