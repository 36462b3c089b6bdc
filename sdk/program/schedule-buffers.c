/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks the buffers of a schedule, whatever writes and reads them: extents of the tensors they hold, places of
 * rows, and the capacity of the activation memory. Finds what rows wait for because others lay on their bytes.
 */
#include "program/schedule.h"
#include "program/stream.h"

static gboolean G_GNUC_PRINTF (3, 4) refuse (GError **error, int id, const char *format, ...)
{
  g_autofree char *reason = NULL;
  va_list args;

  va_start (args, format);
  reason = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "schedule: buffer %d: %s", id, reason);
  return FALSE;
}

static gboolean
check_extent (const StrataSchedule *schedule, const StrataQGraph *graph, int id, GError **error)
{
  const StrataBuffer *b = &schedule->buffers[id];
  gboolean sram;

  if (b->unit < 0 || b->unit >= schedule->n_units || b->tensor < 0 || b->tensor >= graph->n_tensors || b->op < -1
      || b->op >= graph->n_ops)
    return refuse (error, id, "there is no such unit, tensor or op");
  sram = schedule->units[b->unit].kind == STRATA_UNIT_SRAM;
  if ((!sram && schedule->units[b->unit].kind != STRATA_UNIT_STACK) || sram != (b->op < 0))
    return refuse (error, id, "it lies on unit %d, which holds no rows", b->unit);
  if (b->height != graph->tensors[b->tensor].height || b->row_bytes < 1
      || (sram && b->row_bytes != strata_work_row_bytes (&graph->tensors[b->tensor])))
    return refuse (error, id, "'%s' has %d rows of %" G_GINT64_FORMAT " bytes", graph->tensors[b->tensor].name,
                   graph->tensors[b->tensor].height, strata_work_row_bytes (&graph->tensors[b->tensor]));
  if (b->n_rows < 1 || b->n_rows > (gint64) STRATA_BUFFER_INFERENCES * b->height)
    return refuse (error, id, "%d rows of a tensor of %d; 1 … %d are possible", b->n_rows, b->height,
                   STRATA_BUFFER_INFERENCES * b->height);
  if (b->first_release < 0 || b->n_releases < 1 || (gint64) b->first_release + b->n_releases > schedule->n_releases)
    return refuse (error, id, "its releases lie outside the table");
  return TRUE;
}

static gboolean
check_releases (const StrataSchedule *schedule, int id, GError **error)
{
  const StrataBuffer *b = &schedule->buffers[id];

  for (int i = 0; i < b->n_releases; i++)
    {
      const StrataDependence *d = &schedule->releases[b->first_release + i];

      if (d->instruction < 0 || d->instruction >= schedule->n_instructions || d->multiply < 0 || d->divide < 1)
        return refuse (error, id, "its release by instruction %d makes no sense", d->instruction);
    }
  return TRUE;
}

/* Every row of every buffer in SRAM once, within the memory */
static gboolean
check_places (const StrataSchedule *schedule, const StrataChipSpec *chip, GError **error)
{
  g_autofree guint8 *seen = NULL;
  g_autofree gint64 *first = g_new0 (gint64, (gsize) schedule->n_buffers + 1);

  if (schedule->n_places == 0)
    return TRUE;
  for (int i = 0; i < schedule->n_buffers; i++)
    first[i + 1] = first[i] + (schedule->buffers[i].op < 0 ? schedule->buffers[i].height : 0);
  if (first[schedule->n_buffers] != schedule->n_places)
    return refuse (error, 0, "%d places for %" G_GINT64_FORMAT " rows", schedule->n_places, first[schedule->n_buffers]);
  seen = g_malloc0 ((gsize) schedule->n_places + 1);
  for (int i = 0; i < schedule->n_places; i++)
    {
      const StrataRowPlace *place = &schedule->places[i];
      const StrataBuffer *buffer;

      if (place->buffer < 0 || place->buffer >= schedule->n_buffers)
        return refuse (error, place->buffer, "there is no such buffer");
      buffer = &schedule->buffers[place->buffer];
      if (buffer->op >= 0 || place->row < 0 || place->row >= buffer->height
          || seen[first[place->buffer] + place->row]++)
        return refuse (error, place->buffer, "row %d has no place, or two", place->row);
      if (place->offset < 0 || place->offset > chip->sram_bytes - buffer->row_bytes)
        return refuse (error, place->buffer, "row %d lies outside the memory", place->row);
      if (buffer->n_rows > buffer->height)
        return refuse (error, place->buffer, "it has more rows than places");
    }
  return TRUE;
}

gboolean
strata_schedule_check_buffers (const StrataSchedule *schedule,
                               const StrataQGraph *graph,
                               const StrataChipSpec *chip,
                               GError **error)
{
  gint64 n_bytes;

  for (int i = 0; i < schedule->n_buffers; i++)
    if (!check_extent (schedule, graph, i, error) || !check_releases (schedule, i, error))
      return FALSE;
  if (!check_places (schedule, chip, error))
    return FALSE;
  n_bytes = strata_schedule_memory_bytes (schedule, strata_schedule_unit (schedule, STRATA_UNIT_SRAM));
  n_bytes = MIN (n_bytes + strata_stream_reserved_bytes (graph, chip), STRATA_COST_MOST);
  if (n_bytes == schedule->sram_peak_bytes && n_bytes <= chip->sram_bytes)
    return TRUE;
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
               "schedule: its buffers take %" G_GINT64_FORMAT " bytes of SRAM, not %" G_GINT64_FORMAT
               "; %s has %" G_GINT64_FORMAT,
               n_bytes, schedule->sram_peak_bytes, chip->name, chip->sram_bytes);
  return FALSE;
}

/* --- who lay there before --- */

/* Bytes from @offset to the next segment's, and the place that wrote them last; -1: nobody yet */
typedef struct
{
  gint64 offset;
  int place;
  gboolean previous;
} Segment;

typedef struct
{
  GArray *segments; /* from offset 0 on, without gaps */
  GArray *waits;    /* StrataPlaceWait, NULL: do not list them */
  guint n_before;   /* waits of places before this one */
} PlaceMap;

/* Index of the segment that holds @offset */
static guint
find_segment (const PlaceMap *map, gint64 offset)
{
  guint from = 0, to = map->segments->len - 1;

  while (from < to)
    {
      guint middle = (from + to + 1) / 2;

      if (g_array_index (map->segments, Segment, middle).offset <= offset)
        from = middle;
      else
        to = middle - 1;
    }
  return from;
}

/* Makes @offset the beginning of a segment; returns its index. */
static guint
split_segment (PlaceMap *map, gint64 offset)
{
  guint at = find_segment (map, offset);
  Segment segment = g_array_index (map->segments, Segment, at);

  if (segment.offset == offset)
    return at;
  segment.offset = offset;
  g_array_insert_val (map->segments, at + 1, segment);
  return at + 1;
}

static void
add_wait (PlaceMap *map, const Segment *segment)
{
  StrataPlaceWait wait = { segment->place, segment->previous };

  for (guint i = map->n_before; i < map->waits->len; i++)
    if (g_array_index (map->waits, StrataPlaceWait, i).place == wait.place
        && g_array_index (map->waits, StrataPlaceWait, i).previous == wait.previous)
      return;
  g_array_append_val (map->waits, wait);
}

/* @place takes its bytes from whoever had them. */
static void
take_bytes (PlaceMap *map, const StrataSchedule *schedule, int place)
{
  gint64 offset = schedule->places[place].offset;
  gint64 limit = offset + schedule->buffers[schedule->places[place].buffer].row_bytes;
  guint from = split_segment (map, offset), to = split_segment (map, limit);
  Segment own = { offset, place, FALSE };

  if (map->waits != NULL)
    map->n_before = map->waits->len;
  for (guint i = from; map->waits != NULL && i < to; i++)
    if (g_array_index (map->segments, Segment, i).place >= 0)
      add_wait (map, &g_array_index (map->segments, Segment, i));
  g_array_remove_range (map->segments, from, to - from);
  g_array_insert_val (map->segments, from, own);
}

/* Once through all places to see who has which bytes at the end, and once more, beginning there. */
void
strata_schedule_place_waits (const StrataSchedule *schedule, StrataPlaceWaits *waits)
{
  PlaceMap map = { g_array_new (FALSE, FALSE, sizeof (Segment)), NULL, 0 };
  Segment nobody = { 0, -1, FALSE };
  int n_rows = 0;

  waits->first = g_new0 (int, (gsize) schedule->n_places + 1);
  waits->place_of = g_new0 (int, (gsize) schedule->n_places + 1);
  waits->first_row_of = g_new0 (int, (gsize) schedule->n_buffers + 1);
  for (int i = 0; i < schedule->n_buffers; i++)
    {
      waits->first_row_of[i] = schedule->n_places > 0 && schedule->buffers[i].op < 0 ? n_rows : -1;
      n_rows += schedule->buffers[i].op < 0 ? schedule->buffers[i].height : 0;
    }
  g_array_append_val (map.segments, nobody);
  for (int i = 0; i < schedule->n_places; i++)
    {
      waits->place_of[waits->first_row_of[schedule->places[i].buffer] + schedule->places[i].row] = i;
      take_bytes (&map, schedule, i);
    }
  for (guint i = 0; i < map.segments->len; i++)
    g_array_index (map.segments, Segment, i).previous = TRUE;
  map.waits = g_array_new (FALSE, FALSE, sizeof (StrataPlaceWait));
  for (int i = 0; i < schedule->n_places; i++)
    {
      take_bytes (&map, schedule, i);
      waits->first[i + 1] = (int) map.waits->len;
    }
  g_array_unref (map.segments);
  waits->waits = (StrataPlaceWait *) (gpointer) g_array_free (map.waits, FALSE);
}

void
strata_place_waits_clear (StrataPlaceWaits *waits)
{
  g_clear_pointer (&waits->waits, g_free);
  g_clear_pointer (&waits->first, g_free);
  g_clear_pointer (&waits->place_of, g_free);
  g_clear_pointer (&waits->first_row_of, g_free);
}
