/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the events, in the order of recording, and sorts them into one track per unit for what runs and one for static
 * energy: a counting sort by track, which keeps the order of recording, then by start only where a track needs it.
 */
#include <string.h>

#include "store/load-private.h"

typedef struct
{
  gint64 start_ps, duration_ps, energy_fj, n_actions;
  gint32 track, layer, instruction, burst;
  gint16 tier;
  guint8 flags;
} Event;

static void
read_event (StrataLoader *loader)
{
  StrataRows *rows = loader->rows;
  Event event;
  gint32 unit;

  event.start_ps = strata_loader_int (loader, 0, 0, G_MAXINT64);
  event.duration_ps = strata_loader_int (loader, 1, 0, G_MAXINT64 - event.start_ps);
  unit = strata_loader_int (loader, 2, 0, (gint64) rows->n_units - 1);
  event.instruction = strata_loader_id (loader, 3, rows->n_instructions);
  event.layer = strata_loader_id (loader, 4, rows->n_layers);
  event.burst = strata_loader_id (loader, 5, G_MAXINT32);
  event.tier = strata_loader_id (loader, 6, G_MAXINT16);
  event.n_actions = strata_loader_int (loader, 7, 0, G_MAXINT64);
  event.energy_fj = strata_loader_int (loader, 8, 0, G_MAXINT64);
  event.flags = strata_loader_int (loader, 9, 0, 255);
  if (loader->error != NULL)
    return;
  event.track = 2 * unit + ((event.flags & STRATA_EVENT_STATIC) != 0);
  if (__builtin_add_overflow (loader->event_fj, event.energy_fj, &loader->event_fj)
      || __builtin_add_overflow (loader->event_ps, event.duration_ps, &loader->event_ps))
    strata_loader_fail (loader, "%s", "the sum of the events is too large");
  g_array_append_val (loader->array, event);
}

static int
compare_start_cb (gconstpointer a, gconstpointer b, gpointer events)
{
  gsize i = *(const gsize *) a, j = *(const gsize *) b;
  gint64 start_i = ((const Event *) events)[i].start_ps, start_j = ((const Event *) events)[j].start_ps;

  if (start_i != start_j)
    return start_i < start_j ? -1 : 1;
  return i < j ? -1 : i > j;
}

static gboolean
is_sorted (const Event *events, const gsize *order, gsize n)
{
  for (gsize i = 1; i < n; i++)
    if (events[order[i]].start_ps < events[order[i - 1]].start_ps)
      return FALSE;
  return TRUE;
}

static void
order_tracks (const Event *events, gsize n, gsize n_tracks, gsize *first, gsize *order)
{
  g_autofree gsize *next = g_new (gsize, n_tracks + 1);

  for (gsize i = 0; i < n; i++)
    first[events[i].track + 1]++;
  for (gsize track = 0; track < n_tracks; track++)
    first[track + 1] += first[track];
  memcpy (next, first, (n_tracks + 1) * sizeof *next);
  for (gsize i = 0; i < n; i++)
    order[next[events[i].track]++] = i;
  for (gsize track = 0; track < n_tracks; track++)
    {
      gsize n_here = first[track + 1] - first[track];

      if (!is_sorted (events, order + first[track], n_here))
        g_qsort_with_data (order + first[track], n_here, sizeof *order, compare_start_cb, (gpointer) events);
    }
}

static void
scatter (StrataEventTable *table, const Event *events, const gsize *order, gsize n)
{
  table->start_ps = g_new (gint64, n);
  table->duration_ps = g_new (gint64, n);
  table->energy_fj = g_new (gint64, n);
  table->n_actions = g_new (gint64, n);
  table->layer = g_new (gint32, n);
  table->instruction = g_new (gint32, n);
  table->burst = g_new (gint32, n);
  table->tier = g_new (gint16, n);
  table->flags = g_new (guint8, n);
  for (gsize i = 0; i < n; i++)
    {
      const Event *event = &events[order[i]];

      table->start_ps[i] = event->start_ps;
      table->duration_ps[i] = event->duration_ps;
      table->energy_fj[i] = event->energy_fj;
      table->n_actions[i] = event->n_actions;
      table->layer[i] = event->layer;
      table->instruction[i] = event->instruction;
      table->burst[i] = event->burst;
      table->tier[i] = event->tier;
      table->flags[i] = event->flags;
    }
}

gboolean
strata_loader_events (StrataLoader *loader)
{
  StrataEventTable *table = &loader->rows->events;
  g_autoptr (GArray) events = g_array_new (FALSE, FALSE, sizeof (Event));
  g_autofree gsize *order = NULL;
  gsize n_tracks = 2 * loader->rows->n_units;

  table->first = g_new0 (gsize, n_tracks + 1);
  loader->array = events;
  strata_loader_each (
    loader, "event",
    "SELECT start_ps, duration_ps, unit, instruction, layer, burst, tier, n_actions, energy_fj, flags "
    "FROM event ORDER BY id",
    read_event);
  loader->array = NULL;
  if (loader->error != NULL)
    return FALSE;
  order = g_new (gsize, events->len);
  order_tracks ((const Event *) events->data, events->len, n_tracks, table->first, order);
  scatter (table, (const Event *) events->data, order, events->len);
  table->n_events = events->len;
  return TRUE;
}

void
strata_event_table_finish (StrataEventTable *events)
{
  g_free (events->start_ps);
  g_free (events->duration_ps);
  g_free (events->energy_fj);
  g_free (events->n_actions);
  g_free (events->layer);
  g_free (events->instruction);
  g_free (events->burst);
  g_free (events->tier);
  g_free (events->flags);
  g_free (events->first);
}
