/* SPDX-License-Identifier: Apache-2.0
 *
 * Binary heaps of the event engine and of the scheduler's pool: instants with what happens there, and ready bursts by
 * precedence. The order of equal instants does not matter to either: they take a whole instant before they start
 * anything.
 */
#pragma once

#include <glib.h>

/* What happens at an instant to the oldest such burst of an instruction */
typedef struct
{
  gint64 time_ps;
  guint32 instruction, what; /* bits, of ExecuteHappening in the engine */
} ExecuteEvent;

typedef struct
{
  ExecuteEvent *items;
  gsize n, room;
} ExecuteQueue;

typedef struct
{
  guint64 precedence;
  int instruction;
} ExecuteReadyItem;

typedef struct
{
  ExecuteReadyItem *items;
  guint n, room;
} ExecuteReady;

static inline void
execute_queue_push (ExecuteQueue *queue, ExecuteEvent event)
{
  gsize i = queue->n++;

  if (queue->n > queue->room)
    {
      queue->room = MAX (64, queue->room * 2);
      queue->items = g_renew (ExecuteEvent, queue->items, queue->room);
    }
  while (i > 0 && queue->items[(i - 1) / 2].time_ps > event.time_ps)
    {
      queue->items[i] = queue->items[(i - 1) / 2];
      i = (i - 1) / 2;
    }
  queue->items[i] = event;
}

static inline ExecuteEvent
execute_queue_pop (ExecuteQueue *queue)
{
  ExecuteEvent top = queue->items[0], last = queue->items[--queue->n];
  gsize i = 0;

  for (gsize child = 1; child < queue->n; child = 2 * i + 1)
    {
      if (child + 1 < queue->n && queue->items[child + 1].time_ps < queue->items[child].time_ps)
        child++;
      if (queue->items[child].time_ps >= last.time_ps)
        break;
      queue->items[i] = queue->items[child];
      i = child;
    }
  queue->items[i] = last;
  return top;
}

static inline gboolean
execute_precedes (ExecuteReadyItem a, ExecuteReadyItem b)
{
  return a.precedence != b.precedence ? a.precedence < b.precedence : a.instruction < b.instruction;
}

static inline void
execute_ready_push (ExecuteReady *ready, ExecuteReadyItem item)
{
  guint i = ready->n++;

  if (ready->n > ready->room)
    {
      ready->room = MAX (4, ready->room * 2);
      ready->items = g_renew (ExecuteReadyItem, ready->items, ready->room);
    }
  while (i > 0 && execute_precedes (item, ready->items[(i - 1) / 2]))
    {
      ready->items[i] = ready->items[(i - 1) / 2];
      i = (i - 1) / 2;
    }
  ready->items[i] = item;
}

static inline void
execute_ready_pop (ExecuteReady *ready)
{
  ExecuteReadyItem last = ready->items[--ready->n];
  guint i = 0;

  for (guint child = 1; child < ready->n; child = 2 * i + 1)
    {
      if (child + 1 < ready->n && execute_precedes (ready->items[child + 1], ready->items[child]))
        child++;
      if (!execute_precedes (ready->items[child], last))
        break;
      ready->items[i] = ready->items[child];
      i = child;
    }
  if (ready->n > 0)
    ready->items[i] = last;
}
