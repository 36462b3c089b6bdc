/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a schedule can be executed to the end whatever its times are: no burst waits for itself. A burst waits for
 * bursts of its own inference and of earlier ones, never of later ones, so a circle would lie within one inference:
 * executing the first without times, each burst as soon as all it waits for is done, decides it for any number. The
 * work is one look per burst and dependence.
 */
#include "program/schedule.h"

typedef struct
{
  const StrataSchedule *schedule;
  StrataPlaceWaits waits;
  int *n_done;
  int *first_waiter, *next_waiter, *threshold; /* per instruction, see park () */
  int *woken;                                  /* stack of instructions to look at */
  int n_woken;
  gint64 n_left;
} Order;

static gboolean
awaits (Order *order, int id, int on, int n_needed)
{
  if (order->n_done[on] >= n_needed)
    return FALSE;
  order->threshold[id] = n_needed;
  order->next_waiter[id] = order->first_waiter[on];
  order->first_waiter[on] = id;
  return TRUE;
}

static gboolean
awaits_release (Order *order, int id, const StrataBuffer *buffer, int row)
{
  for (int i = 0; i < buffer->n_releases; i++)
    {
      const StrataDependence *d = &order->schedule->releases[buffer->first_release + i];

      if (awaits (order, id, d->instruction, strata_schedule_release (order->schedule, d, row) + 1))
        return TRUE;
    }
  return FALSE;
}

/* Parked behind rows of this inference that must be forgotten before @row can be written? */
static gboolean
row_awaits_room (Order *order, int id, int buffer, int row)
{
  const StrataSchedule *schedule = order->schedule;
  int n_rows = schedule->buffers[buffer].n_rows, place;

  if (row >= n_rows && awaits_release (order, id, &schedule->buffers[buffer], row - n_rows))
    return TRUE;
  if (order->waits.first_row_of[buffer] < 0)
    return FALSE;
  place = order->waits.place_of[order->waits.first_row_of[buffer] + row];
  for (int i = order->waits.first[place]; i < order->waits.first[place + 1]; i++)
    {
      const StrataRowPlace *other = &schedule->places[order->waits.waits[i].place];

      if (!order->waits.waits[i].previous && awaits_release (order, id, &schedule->buffers[other->buffer], other->row))
        return TRUE;
    }
  return FALSE;
}

static gboolean
awaits_room (Order *order, int id)
{
  const StrataInstruction *instruction = &order->schedule->instructions[id];

  for (int i = 0; i < instruction->n_buffers; i++)
    {
      int buffer = instruction->buffer + i, limit;
      int row = strata_schedule_rows (order->schedule, instruction, buffer, order->n_done[id], &limit);

      for (; row < limit; row += instruction->row_step)
        if (row_awaits_room (order, id, buffer, row))
          return TRUE;
    }
  return FALSE;
}

/* Does bursts of @id until one must wait. */
static void
proceed (Order *order, int id)
{
  const StrataSchedule *schedule = order->schedule;
  const StrataInstruction *instruction = &schedule->instructions[id];

  while (order->n_done[id] < instruction->n_bursts)
    {
      for (int i = 0; i < instruction->n_dependences; i++)
        {
          const StrataDependence *d = &schedule->dependences[instruction->first_dependence + i];

          if (awaits (order, id, d->instruction, strata_schedule_need (schedule, d, order->n_done[id]) + 1))
            return;
        }
      if (awaits_room (order, id))
        return;
      order->n_done[id]++;
      order->n_left--;
    }
}

/* Puts those on the stack that @id has done enough for. */
static void
wake (Order *order, int id)
{
  int waiter = order->first_waiter[id];

  order->first_waiter[id] = -1;
  while (waiter >= 0)
    {
      int next = order->next_waiter[waiter];

      if (order->threshold[waiter] <= order->n_done[id])
        order->woken[order->n_woken++] = waiter;
      else
        {
          order->next_waiter[waiter] = order->first_waiter[id];
          order->first_waiter[id] = waiter;
        }
      waiter = next;
    }
}

/* An instruction is in one place at a time: on the stack, parked, or done; so the stack never holds more than all. */
gint64
strata_schedule_n_stuck (const StrataSchedule *schedule)
{
  int n = schedule->n_instructions;
  Order order = { .schedule = schedule };

  strata_schedule_place_waits (schedule, &order.waits);
  order.n_done = g_new0 (int, (gsize) n + 1);
  order.first_waiter = g_new (int, (gsize) n + 1);
  order.next_waiter = g_new (int, (gsize) n + 1);
  order.threshold = g_new0 (int, (gsize) n + 1);
  order.woken = g_new (int, (gsize) n + 1);
  for (int i = 0; i < n; i++)
    {
      order.first_waiter[i] = order.next_waiter[i] = -1;
      order.woken[n - 1 - i] = i;
      order.n_left += schedule->instructions[i].n_bursts;
    }
  order.n_woken = n;
  while (order.n_woken > 0)
    {
      int id = order.woken[--order.n_woken], before = order.n_done[id];

      proceed (&order, id);
      if (order.n_done[id] > before)
        wake (&order, id);
    }
  g_free (order.n_done);
  g_free (order.first_waiter);
  g_free (order.next_waiter);
  g_free (order.threshold);
  g_free (order.woken);
  strata_place_waits_clear (&order.waits);
  return order.n_left;
}
