/* SPDX-License-Identifier: Apache-2.0
 *
 * What bursts wait for, what they write, and what keeps rows: dependences, buffers and releases of the instructions
 * that emit.c adds. The rows that a burst needs, as strata_qop_needs_row () says, are turned into the least linear
 * function that covers them.
 */
#include "compiler/schedule/emitter.h"

#include "program/work.h"

/* Slopes tried for a dependence: strides are small */
#define MAX_SLOPES 8

/* A reader of a buffer, with its kind of release */
typedef struct
{
  int buffer;
  StrataDependence release;
} Kept;

StrataInstruction *
emitter_last (const Emitter *e)
{
  return &g_array_index (e->instructions, StrataInstruction, e->instructions->len - 1);
}

/* --- dependences --- */

void
emitter_add_dependence (Emitter *e, StrataDependence dependence)
{
  g_array_append_val (e->dependences, dependence);
  emitter_last (e)->n_dependences++;
}

void
emitter_follow (Emitter *e, int producer)
{
  emitter_add_dependence (e, (StrataDependence){ producer, 1, 0, 1 });
}

/* The least @add with m b + add >= rows[b] wherever rows[b] > 0 (row 0 is always waited for), and by how many rows the
 * clamped function waits too long in all. */
static gint64
fit_slope (const int *rows, int n, int last_row, int multiply, int *add)
{
  gint64 excess = 0, least = G_MININT64;

  for (int b = 0; b < n; b++)
    if (rows[b] > 0)
      least = MAX (least, rows[b] - (gint64) b * multiply);
  *add = least == G_MININT64 ? 0 : (int) least;
  if (least == G_MININT64)
    return (gint64) multiply * n;
  for (int b = 0; b < n; b++)
    excess += CLAMP ((gint64) b * multiply + least, 0, last_row) - rows[b];
  return excess;
}

/* rows[b], nowhere falling, as the linear function of b that waits least in excess */
static StrataDependence
fit_rows (const int *rows, int n, int last_row)
{
  int slopes[MAX_SLOPES] = { 0 }, n_slopes = 1;
  StrataDependence best = { 0 };
  gint64 best_excess = G_MAXINT64;

  for (int b = 1; b < n && n_slopes < MAX_SLOPES; b++)
    {
      gboolean known = FALSE;

      for (int i = 0; i < n_slopes; i++)
        known = known || slopes[i] == rows[b] - rows[b - 1];
      if (!known)
        slopes[n_slopes++] = rows[b] - rows[b - 1];
    }
  for (int i = 0; i < n_slopes; i++)
    {
      int add;
      gint64 excess = fit_slope (rows, n, last_row, slopes[i], &add);

      if (excess < best_excess && (slopes[i] > 0 || add >= 0))
        {
          best = (StrataDependence){ 0, slopes[i], add, 1 };
          best_excess = excess;
        }
    }
  return best;
}

void
emitter_wait_for_rows (Emitter *e, int producer, int n, int last_row)
{
  StrataDependence fit = fit_rows (e->rows, n, last_row);

  fit.instruction = producer;
  emitter_add_dependence (e, fit);
}

void
emitter_wait_for_tensor (Emitter *e, int tensor, int n)
{
  int row = 0, root = strata_work_root (e->in->graph, e->in->silent, tensor, &row);
  int producer = e->in->graph->tensors[root].producer, n_writers;
  StrataDependence fit;

  for (int b = 0; b < n; b++)
    strata_work_root (e->in->graph, e->in->silent, tensor, &e->rows[b]);
  if (e->host_of[root] >= 0)
    {
      emitter_wait_for_rows (e, e->host_of[root], n, e->in->graph->tensors[root].height - 1);
      return;
    }
  fit = fit_rows (e->rows, n, e->in->graph->tensors[root].height - 1);
  n_writers = e->n_writers[producer];
  for (int writer = 0; writer < n_writers; writer++)
    emitter_add_dependence (e, (StrataDependence){ e->first_writer[producer] + writer, fit.multiply,
                                                   fit.multiply == 0 ? MAX (0, fit.add - writer) : fit.add - writer,
                                                   n_writers });
}

/* --- buffers --- */

void
emitter_keep (Emitter *e, int buffer, StrataDependence release)
{
  Kept kept = { buffer, release };

  kept.release.instruction = (int) e->instructions->len - 1;
  g_array_append_val (e->releases, kept);
}

int
emitter_add_buffer (Emitter *e, int unit, int tensor, int op, gint64 row_bytes)
{
  int height = e->in->graph->tensors[tensor].height;
  StrataBuffer buffer = {
    .unit = unit, .tensor = tensor, .op = op, .n_rows = height, .height = height, .row_bytes = row_bytes
  };

  g_array_append_val (e->buffers, buffer);
  return (int) e->buffers->len - 1;
}

void
emitter_write_rows (Emitter *e, int tensor, int first, int step)
{
  StrataInstruction *last = emitter_last (e);

  if (e->buffer_of[tensor] < 0)
    e->buffer_of[tensor] = emitter_add_buffer (e, strata_schedule_unit (e->schedule, STRATA_UNIT_SRAM), tensor, -1,
                                               strata_work_row_bytes (&e->in->graph->tensors[tensor]));
  if (last->n_buffers++ == 0)
    last->buffer = e->buffer_of[tensor];
  last->first_row = first;
  last->row_step = step;
}

int
emitter_buffer_behind (const Emitter *e, int tensor)
{
  int row = 0;

  return e->buffer_of[strata_work_root (e->in->graph, e->in->silent, tensor, &row)];
}

/* --- releases --- */

/* What nobody reads is forgotten when it is written. */
static void
keep_unread (Emitter *e)
{
  g_autofree guint8 *is_read = g_malloc0 ((gsize) e->buffers->len + 1);

  for (guint i = 0; i < e->releases->len; i++)
    is_read[g_array_index (e->releases, Kept, i).buffer] = 1;
  for (guint i = 0; i < e->instructions->len; i++)
    {
      const StrataInstruction *instruction = &g_array_index (e->instructions, StrataInstruction, i);

      for (int j = 0; j < instruction->n_buffers; j++)
        {
          Kept kept = { instruction->buffer + j,
                        { (int) i, 1, -instruction->first_row, MAX (1, instruction->row_step) } };

          if (!is_read[kept.buffer])
            g_array_append_val (e->releases, kept);
        }
    }
}

/* Releases stand by buffer, in the order of their instructions. */
static void
sort_releases (Emitter *e)
{
  StrataSchedule *schedule = e->schedule;

  schedule->n_releases = (int) e->releases->len;
  schedule->releases = strata_arena_array (schedule->arena, StrataDependence, schedule->n_releases + 1);
  for (int i = 0; i < schedule->n_releases; i++)
    schedule->buffers[g_array_index (e->releases, Kept, i).buffer].n_releases++;
  for (int i = 0, n = 0; i < schedule->n_buffers; i++)
    {
      schedule->buffers[i].first_release = n;
      n += schedule->buffers[i].n_releases;
      schedule->buffers[i].n_releases = 0;
    }
  for (int i = 0; i < schedule->n_releases; i++)
    {
      const Kept *kept = &g_array_index (e->releases, Kept, i);
      StrataBuffer *buffer = &schedule->buffers[kept->buffer];

      schedule->releases[buffer->first_release + buffer->n_releases++] = kept->release;
    }
}

/* --- from start to end --- */

static int
most_bursts (const ScheduleInput *in)
{
  int n = 1;

  for (int i = 0; i < in->graph->n_tensors; i++)
    n = MAX (n, in->graph->tensors[i].height);
  for (int i = 0; i < in->graph->n_ops; i++)
    n = MAX (n, in->streams->ops[i].n_reads);
  return n;
}

static void *
keep_array (StrataArena *arena, GArray *array, int *n)
{
  void *copy = strata_arena_memdup (arena, array->data, (gsize) array->len * g_array_get_element_size (array));

  *n = (int) array->len;
  g_array_unref (array);
  return copy;
}

void
emitter_init (Emitter *e, StrataSchedule *schedule, const ScheduleInput *in)
{
  *e = (Emitter){ .in = in, .schedule = schedule };
  e->instructions = g_array_new (FALSE, FALSE, sizeof (StrataInstruction));
  e->dependences = g_array_new (FALSE, FALSE, sizeof (StrataDependence));
  e->routes = g_array_new (FALSE, FALSE, sizeof (int));
  e->buffers = g_array_new (FALSE, FALSE, sizeof (StrataBuffer));
  e->releases = g_array_new (FALSE, FALSE, sizeof (Kept));
  e->buffer_of = g_new (int, in->graph->n_tensors + 1);
  e->host_of = g_new (int, in->graph->n_tensors + 1);
  for (int i = 0; i < in->graph->n_tensors; i++)
    e->buffer_of[i] = e->host_of[i] = -1;
  e->first_writer = g_new0 (int, in->graph->n_ops + 1);
  e->n_writers = g_new0 (int, in->graph->n_ops + 1);
  e->load_of = g_new0 (int, in->chip->n_stacks);
  e->mvm_of = g_new0 (int, in->tiles->n_tiles + 1);
  e->psum_of = g_new0 (int, in->tiles->n_tiles + 1);
  e->rows = g_new0 (int, most_bursts (in));
}

void
emitter_finish (Emitter *e)
{
  StrataSchedule *schedule = e->schedule;

  keep_unread (e);
  schedule->instructions = keep_array (schedule->arena, e->instructions, &schedule->n_instructions);
  schedule->dependences = keep_array (schedule->arena, e->dependences, &schedule->n_dependences);
  schedule->routes = keep_array (schedule->arena, e->routes, &schedule->n_routes);
  schedule->buffers = keep_array (schedule->arena, e->buffers, &schedule->n_buffers);
  sort_releases (e);
  g_array_unref (e->releases);
  g_free (e->buffer_of);
  g_free (e->host_of);
  g_free (e->first_writer);
  g_free (e->n_writers);
  g_free (e->load_of);
  g_free (e->mvm_of);
  g_free (e->psum_of);
  g_free (e->rows);
}
