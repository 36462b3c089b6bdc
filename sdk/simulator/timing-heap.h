/* SPDX-License-Identifier: Apache-2.0
 *
 * Binary heaps of the event engine: instants with what ends there, and ready bursts by precedence. The order of equal
 * entries does not matter to the engine: it takes a whole instant before it starts anything.
 */
#pragma once

#include <glib.h>

/* What happens at an instant to burst @key */
typedef struct
{
  gint64 time_ps;
  guint64 key; /* (instance, rank) << 1, lowest bit: 0 result, 1 unit free */
} TimingEvent;

typedef struct
{
  TimingEvent *items;
  gsize n, room;
} TimingQueue;

typedef struct
{
  guint64 *keys;
  guint n, room;
} TimingReady;

static inline void
timing_queue_push (TimingQueue *queue, gint64 time_ps, guint64 key)
{
  gsize i = queue->n++;

  if (queue->n > queue->room)
    {
      queue->room = MAX (64, queue->room * 2);
      queue->items = g_renew (TimingEvent, queue->items, queue->room);
    }
  while (i > 0 && queue->items[(i - 1) / 2].time_ps > time_ps)
    {
      queue->items[i] = queue->items[(i - 1) / 2];
      i = (i - 1) / 2;
    }
  queue->items[i] = (TimingEvent){ time_ps, key };
}

static inline TimingEvent
timing_queue_pop (TimingQueue *queue)
{
  TimingEvent top = queue->items[0], last = queue->items[--queue->n];
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

static inline void
timing_ready_push (TimingReady *ready, guint64 key)
{
  guint i = ready->n++;

  if (ready->n > ready->room)
    {
      ready->room = MAX (4, ready->room * 2);
      ready->keys = g_renew (guint64, ready->keys, ready->room);
    }
  while (i > 0 && ready->keys[(i - 1) / 2] > key)
    {
      ready->keys[i] = ready->keys[(i - 1) / 2];
      i = (i - 1) / 2;
    }
  ready->keys[i] = key;
}

static inline void
timing_ready_pop (TimingReady *ready)
{
  guint64 last = ready->keys[--ready->n];
  guint i = 0;

  for (guint child = 1; child < ready->n; child = 2 * i + 1)
    {
      if (child + 1 < ready->n && ready->keys[child + 1] < ready->keys[child])
        child++;
      if (ready->keys[child] >= last)
        break;
      ready->keys[i] = ready->keys[child];
      i = child;
    }
  if (ready->n > 0)
    ready->keys[i] = last;
}
