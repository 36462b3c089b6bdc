/* SPDX-License-Identifier: Apache-2.0
 *
 * What each tile does when, if every burst of a product could run on any stack: the bursts of a schedule, longest tail
 * first, on a pool of as many stacks as the chip has, one vector and one MAC unit, and as much of the rest as is asked
 * for. A stack that takes up another tile drains and selects first. Placement that keeps the work of a stretch of time
 * even over the stacks comes near such an execution.
 */
#include "compiler/schedule/emit.h"
#include "compiler/stages.h"
#include "cost/cost.h"
#include "program/execute-heap.h"
#include "program/work.h"

typedef enum
{
  STACKS,
  VECTOR,
  MAC,
  N_POOLS,
  FREE = N_POOLS, /* no unit is waited for */
} PoolKind;

/* What happens at an instant */
enum
{
  FREED = 1, /* the unit can take another burst */
  RESULT = 2,
};

/* A tile's burst on a stack */
typedef struct
{
  int tile;
  gint64 start_ps, end_ps;
} Span;

typedef struct
{
  const StrataSchedule *schedule;
  const ScheduleInput *in;
  StrataTails tails;
  int *next, *ended;                 /* per instruction: bursts that were started, that have a result */
  guint8 *is_running, *is_queued;    /* per instruction: on its unit; in a heap */
  int *first_dependent, *dependents; /* instructions that wait for one */
  int *stack_of;                     /* per instruction: that it runs on */
  int *last;                         /* per stack: the instruction it ran last; -1: none */
  guint8 *is_busy;                   /* per stack */
  int n_free[N_POOLS];
  ExecuteReady ready[N_POOLS]; /* the longest tail first */
  ExecuteQueue events;
  GArray *spans;
  gint64 now_ps;
} Pool;

/* --- bursts --- */

static PoolKind
pool_of (const StrataInstruction *instruction)
{
  switch (instruction->opcode)
    {
    case STRATA_OPCODE_MVM:
      return STACKS;
    case STRATA_OPCODE_VECTOR:
      return VECTOR;
    case STRATA_OPCODE_MAC:
      return MAC;
    default:
      return FREE;
    }
}

static gboolean
is_ready (const Pool *pool, int id)
{
  const StrataInstruction *x = &pool->schedule->instructions[id];

  if (pool->is_running[id] || pool->is_queued[id] || pool->next[id] >= x->n_bursts)
    return FALSE;
  for (int i = 0; i < x->n_dependences; i++)
    {
      const StrataDependence *d = &pool->schedule->dependences[x->first_dependence + i];

      if (pool->ended[d->instruction] <= strata_schedule_need (pool->schedule, d, pool->next[id]))
        return FALSE;
    }
  return TRUE;
}

/* A free stack for @id: the one that ran it last, if it is free */
static int
choose_stack (const Pool *pool, int id)
{
  int chosen = -1;

  if (pool->last[pool->stack_of[id]] == id && !pool->is_busy[pool->stack_of[id]])
    return pool->stack_of[id];
  for (int stack = 0; stack < pool->in->chip->n_stacks && chosen < 0; stack++)
    if (!pool->is_busy[stack])
      chosen = stack;
  return chosen;
}

static void
start (Pool *pool, int id)
{
  const StrataInstruction *x = &pool->schedule->instructions[id];
  const StrataBurstTime *time = &pool->tails.time[id];
  PoolKind kind = pool_of (x);
  gint64 start_ps = pool->now_ps;

  if (kind != FREE)
    pool->n_free[kind]--;
  if (kind == STACKS)
    {
      int stack = choose_stack (pool, id);
      Span span;

      if (pool->last[stack] != id)
        start_ps += strata_cost_select_ps (pool->in->chip, STRATA_BAND_NOMINAL) + time->result_ps - time->occupy_ps;
      span = (Span){ x->tile, pool->now_ps, start_ps + time->occupy_ps };
      g_array_append_val (pool->spans, span);
      pool->stack_of[id] = stack;
      pool->last[stack] = id;
      pool->is_busy[stack] = TRUE;
    }
  pool->next[id]++;
  pool->is_running[id] = TRUE;
  execute_queue_push (&pool->events, (ExecuteEvent){ start_ps + time->occupy_ps, (guint32) id, FREED });
  execute_queue_push (&pool->events, (ExecuteEvent){ start_ps + time->result_ps, (guint32) id, RESULT });
}

/* Queues the next burst of @id where it can run; host transfers are over at once. */
static void
consider (Pool *pool, int id)
{
  const StrataInstruction *x = &pool->schedule->instructions[id];
  PoolKind kind = pool_of (x);
  gint64 tail_ps;

  if (!is_ready (pool, id))
    return;
  if (schedule_is_host (x))
    {
      pool->next[id]++;
      execute_queue_push (&pool->events, (ExecuteEvent){ pool->now_ps, (guint32) id, RESULT });
    }
  else if (kind == FREE)
    start (pool, id);
  else
    {
      pool->is_queued[id] = TRUE;
      tail_ps = pool->tails.tail_ps[pool->tails.first[id] + pool->next[id]];
      execute_ready_push (&pool->ready[kind], (ExecuteReadyItem){ (guint64) (G_MAXINT64 - tail_ps), id });
    }
}

static void
free_unit (Pool *pool, int id)
{
  PoolKind kind = pool_of (&pool->schedule->instructions[id]);

  pool->is_running[id] = FALSE;
  if (kind != FREE)
    pool->n_free[kind]++;
  if (kind == STACKS)
    pool->is_busy[pool->stack_of[id]] = FALSE;
  consider (pool, id);
}

static void
deliver (Pool *pool, int id)
{
  pool->ended[id]++;
  if (schedule_is_host (&pool->schedule->instructions[id]))
    consider (pool, id);
  for (int i = pool->first_dependent[id]; i < pool->first_dependent[id + 1]; i++)
    consider (pool, pool->dependents[i]);
}

static void
run (Pool *pool)
{
  for (int id = 0; id < pool->schedule->n_instructions; id++)
    consider (pool, id);
  while (pool->events.n > 0)
    {
      pool->now_ps = pool->events.items[0].time_ps;
      while (pool->events.n > 0 && pool->events.items[0].time_ps == pool->now_ps)
        {
          ExecuteEvent event = execute_queue_pop (&pool->events);

          if (event.what == FREED)
            free_unit (pool, (int) event.instruction);
          else
            deliver (pool, (int) event.instruction);
        }
      for (int kind = 0; kind < N_POOLS; kind++)
        while (pool->ready[kind].n > 0 && pool->n_free[kind] > 0)
          {
            int id = pool->ready[kind].items[0].instruction;

            execute_ready_pop (&pool->ready[kind]);
            pool->is_queued[id] = FALSE;
            start (pool, id);
          }
    }
}

/* --- life --- */

static void
find_dependents (Pool *pool)
{
  const StrataSchedule *schedule = pool->schedule;
  int n = schedule->n_instructions;
  g_autofree int *at = NULL;

  pool->first_dependent = g_new0 (int, (gsize) n + 2);
  pool->dependents = g_new (int, (gsize) schedule->n_dependences + 1);
  for (int id = 0; id < n; id++)
    for (int i = 0; i < schedule->instructions[id].n_dependences; i++)
      pool->first_dependent[schedule->dependences[schedule->instructions[id].first_dependence + i].instruction + 1]++;
  for (int id = 0; id < n; id++)
    pool->first_dependent[id + 1] += pool->first_dependent[id];
  at = g_memdup2 (pool->first_dependent, sizeof (int) * ((gsize) n + 1));
  for (int id = 0; id < n; id++)
    for (int i = 0; i < schedule->instructions[id].n_dependences; i++)
      pool->dependents[at[schedule->dependences[schedule->instructions[id].first_dependence + i].instruction]++] = id;
}

static void
pool_init (Pool *pool, const StrataSchedule *schedule, const ScheduleInput *in)
{
  gsize n = (gsize) schedule->n_instructions + 1, n_stacks = (gsize) in->chip->n_stacks;

  *pool = (Pool){ .schedule = schedule, .in = in, .n_free = { in->chip->n_stacks, 1, 1 } };
  schedule_tails_init (&pool->tails, schedule, in);
  pool->next = g_new0 (int, n), pool->ended = g_new0 (int, n), pool->stack_of = g_new0 (int, n);
  pool->is_running = g_malloc0 (n), pool->is_queued = g_malloc0 (n);
  pool->last = g_new (int, n_stacks), pool->is_busy = g_malloc0 (n_stacks);
  for (gsize i = 0; i < n_stacks; i++)
    pool->last[i] = -1;
  pool->spans = g_array_new (FALSE, FALSE, sizeof (Span));
  find_dependents (pool);
}

static void
pool_finish (Pool *pool)
{
  strata_tails_clear (&pool->tails);
  g_free (pool->next);
  g_free (pool->ended);
  g_free (pool->stack_of);
  g_free (pool->is_running);
  g_free (pool->is_queued);
  g_free (pool->last);
  g_free (pool->is_busy);
  g_free (pool->first_dependent);
  g_free (pool->dependents);
  for (int kind = 0; kind < N_POOLS; kind++)
    g_free (pool->ready[kind].items);
  g_free (pool->events.items);
  g_array_unref (pool->spans);
}

/* --- windows --- */

/* @span's work to the windows in which it lies */
static void
add_span (StrataPlaceWindows *windows, const Span *span)
{
  float *work_ps = windows->work_ps + (gsize) span->tile * STRATA_PLACE_WINDOWS;
  int window = (int) ((double) span->start_ps / windows->window_ps);

  for (double at_ps = (double) span->start_ps; at_ps < (double) span->end_ps; window++)
    {
      double end_ps = window >= STRATA_PLACE_WINDOWS - 1 ? (double) span->end_ps : (window + 1) * windows->window_ps;

      end_ps = MIN (end_ps, (double) span->end_ps);
      work_ps[MIN (window, STRATA_PLACE_WINDOWS - 1)] += (float) MAX (0, end_ps - at_ps);
      at_ps = MAX (end_ps, at_ps);
      if (window >= STRATA_PLACE_WINDOWS - 1)
        break;
    }
}

StrataPlaceWindows *
strata_schedule_windows (const StrataQGraph *graph,
                         const StrataTileSet *tiles,
                         const StrataPlacement *placement,
                         const StrataChipSpec *chip,
                         const StrataSchedule *schedule)
{
  g_autofree guint8 *silent = strata_work_silent (graph), *shared = strata_work_shared (tiles, placement, chip);
  g_autoptr (StrataStreams) streams = strata_streams_new (graph, silent, chip);
  const ScheduleInput in = { graph, tiles, placement, chip, silent, shared, streams, NULL };
  StrataPlaceWindows *windows = g_new0 (StrataPlaceWindows, 1);
  Pool pool;

  pool_init (&pool, schedule, &in);
  run (&pool);
  windows->n_tiles = tiles->n_tiles;
  windows->window_ps = (double) MAX (1, pool.now_ps) / STRATA_PLACE_WINDOWS;
  windows->work_ps = g_new0 (float, (gsize) tiles->n_tiles *STRATA_PLACE_WINDOWS + 1);
  for (guint i = 0; i < pool.spans->len; i++)
    add_span (windows, &g_array_index (pool.spans, Span, i));
  pool_finish (&pool);
  return windows;
}

void
strata_place_windows_free (StrataPlaceWindows *windows)
{
  if (windows == NULL)
    return;
  g_free (windows->work_ps);
  g_free (windows);
}
