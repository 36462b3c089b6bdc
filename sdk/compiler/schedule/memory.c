/* SPDX-License-Identifier: Apache-2.0
 *
 * How many rows each buffer holds, and where they lie. A buffer that has as many rows as were alive at once in an
 * execution does not slow that execution down. Where all such windows do not fit side by side, each row gets a place
 * that is free while it is alive there; where that does not fit either, windows shrink toward those of an execution on
 * demand (a burst upstream only when none downstream can run), and at last rows lie as in that execution. Every choice
 * is one that some execution has kept to, or wider, so that none can end in a circle.
 */
#include "compiler/schedule/emit.h"

/* Steps between the least windows and those of the fastest execution */
#define N_STEPS 4

/* When each row of a buffer begins to be written and has last been read */
typedef struct
{
  gint64 *from_ps, *to_ps; /* n_rows of the buffer's height */
} Rows;

static gboolean
is_sram (const StrataSchedule *schedule, const StrataBuffer *buffer)
{
  return schedule->units[buffer->unit].kind == STRATA_UNIT_SRAM;
}

static gint64
buffer_bytes (const StrataBuffer *buffer, int n_rows)
{
  return strata_cost_times (n_rows, buffer->row_bytes);
}

/* What is left for rows */
static gint64
capacity (const ScheduleInput *in)
{
  return in->chip->sram_bytes - in->streams->reserved_bytes;
}

/* --- line buffers --- */

/* The rows a burst needs and the next ones; more where the buffer of the stack has room for equal shares. */
void
schedule_set_lines (StrataSchedule *schedule, const ScheduleInput *in)
{
  g_autofree int *n_lines = g_new0 (int, (gsize) in->chip->n_stacks + 1);

  for (int i = 0; i < schedule->n_buffers; i++)
    if (!is_sram (schedule, &schedule->buffers[i]))
      n_lines[schedule->buffers[i].unit]++;
  for (int i = 0; i < schedule->n_buffers; i++)
    {
      StrataBuffer *buffer = &schedule->buffers[i];
      gint64 share, least;

      if (is_sram (schedule, buffer))
        continue;
      share = in->chip->stack_buffer_bytes / n_lines[buffer->unit] / buffer->row_bytes;
      least = strata_work_line_rows (in->graph, in->tiles, buffer->op);
      buffer->n_rows = (int) CLAMP (share, least, (gint64) STRATA_BUFFER_INFERENCES * buffer->height);
    }
}

/* --- rows alive --- */

static void
rows_init (Rows *rows, const StrataSchedule *schedule, const SchedulePrediction *prediction)
{
  for (int i = 0; i < schedule->n_buffers; i++)
    {
      const StrataBuffer *buffer = &schedule->buffers[i];

      rows[i].from_ps = g_new0 (gint64, buffer->height);
      rows[i].to_ps = g_new0 (gint64, buffer->height);
      for (int j = 0; j < buffer->n_releases; j++)
        {
          const StrataDependence *d = &schedule->releases[buffer->first_release + j];
          const gint64 *end_ps = &prediction->end_ps[prediction->first[d->instruction]];

          for (int row = 0; row < buffer->height; row++)
            rows[i].to_ps[row] = MAX (rows[i].to_ps[row], end_ps[strata_schedule_release (schedule, d, row)]);
        }
    }
  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *instruction = &schedule->instructions[i];

      for (int j = 0; j < instruction->n_buffers; j++)
        for (int b = 0; b < instruction->n_bursts; b++)
          {
            int limit, row = strata_schedule_rows (schedule, instruction, instruction->buffer + j, b, &limit);

            for (; row < limit; row += instruction->row_step)
              rows[instruction->buffer + j].from_ps[row] = prediction->start_ps[prediction->first[i] + b];
          }
    }
}

static void
rows_free (Rows *rows, int n)
{
  for (int i = 0; i < n; i++)
    {
      g_free (rows[i].from_ps);
      g_free (rows[i].to_ps);
    }
  g_free (rows);
}

/* The least window under which each row would have begun when it did */
static int
rows_alive (const Rows *rows, int height)
{
  g_autofree gint64 *gone_ps = g_new (gint64, height); /* row and all before it have been read */
  int most = 1;

  for (int row = 0; row < height; row++)
    gone_ps[row] = MAX (row > 0 ? gone_ps[row - 1] : 0, rows->to_ps[row]);
  for (int row = 0; row < height; row++)
    {
      int from = 0, to = row; /* first row that is not gone when this one begins */

      while (from < to)
        {
          int middle = (from + to) / 2;

          if (gone_ps[middle] <= rows->from_ps[row])
            from = middle + 1;
          else
            to = middle;
        }
      most = MAX (most, row - from + 1);
    }
  return most;
}

static void
count_rows (const StrataSchedule *schedule, const SchedulePrediction *prediction, int *n_rows)
{
  Rows *rows = g_new0 (Rows, (gsize) schedule->n_buffers + 1);

  rows_init (rows, schedule, prediction);
  for (int i = 0; i < schedule->n_buffers; i++)
    n_rows[i] = is_sram (schedule, &schedule->buffers[i]) ? rows_alive (&rows[i], schedule->buffers[i].height)
                                                          : schedule->buffers[i].n_rows;
  /* The input is there before anything starts. */
  for (int i = 0; i < schedule->n_instructions; i++)
    if (schedule->instructions[i].opcode == STRATA_OPCODE_HOST_IN)
      n_rows[schedule->instructions[i].buffer] = schedule->buffers[schedule->instructions[i].buffer].height;
  rows_free (rows, schedule->n_buffers);
}

/* --- on demand --- */

typedef struct
{
  const StrataSchedule *schedule;
  SchedulePrediction *out;
  int *n_done, *first_waiter, *next_waiter, *threshold;
  GArray *ready; /* heap of -instruction: the one furthest on first */
} Demand;

static void
demand_push (GArray *heap, int item)
{
  guint i = heap->len;
  int *items;

  g_array_append_val (heap, item);
  items = (int *) (gpointer) heap->data;
  for (; i > 0 && items[(i - 1) / 2] < item; i = (i - 1) / 2)
    items[i] = items[(i - 1) / 2];
  items[i] = item;
}

static int
demand_pop (GArray *heap)
{
  int *items = (int *) (gpointer) heap->data, top = items[0], last = items[heap->len - 1];
  guint n = heap->len - 1, i = 0;

  for (guint child = 1; child < n; child = 2 * i + 1)
    {
      if (child + 1 < n && items[child + 1] > items[child])
        child++;
      if (items[child] <= last)
        break;
      items[i] = items[child];
      i = child;
    }
  if (n > 0)
    items[i] = last;
  g_array_set_size (heap, n);
  return top;
}

static void
demand_look (Demand *demand, int id)
{
  const StrataInstruction *instruction = &demand->schedule->instructions[id];

  if (demand->n_done[id] == instruction->n_bursts)
    return;
  for (int i = 0; i < instruction->n_dependences; i++)
    {
      const StrataDependence *d = &demand->schedule->dependences[instruction->first_dependence + i];
      int need = strata_schedule_need (demand->schedule, d, demand->n_done[id]);

      if (demand->n_done[d->instruction] > need)
        continue;
      demand->threshold[id] = need + 1;
      demand->next_waiter[id] = demand->first_waiter[d->instruction];
      demand->first_waiter[d->instruction] = id;
      return;
    }
  demand_push (demand->ready, id);
}

static void
demand_done (Demand *demand, int id)
{
  int waiter = demand->first_waiter[id];

  demand->n_done[id]++;
  demand->first_waiter[id] = -1;
  while (waiter >= 0)
    {
      int next = demand->next_waiter[waiter];

      if (demand->threshold[waiter] <= demand->n_done[id])
        demand_look (demand, waiter);
      else
        {
          demand->next_waiter[waiter] = demand->first_waiter[id];
          demand->first_waiter[id] = waiter;
        }
      waiter = next;
    }
  demand_look (demand, id);
}

/* One burst after the other, always of the instruction that is furthest on; times are numbers of steps. The line
 * buffers' windows need not be looked at: the loads before a product that could run stand further back than it. */
static void
run_on_demand (const StrataSchedule *schedule, SchedulePrediction *out)
{
  gsize n = (gsize) schedule->n_instructions;
  Demand demand = { .schedule = schedule, .out = out };
  gint64 step = 0;

  *out = (SchedulePrediction){ .first = g_new0 (gint64, n + 1) };
  demand.n_done = g_new0 (int, n + 1);
  demand.first_waiter = g_new (int, n + 1);
  demand.next_waiter = g_new (int, n + 1);
  demand.threshold = g_new0 (int, n + 1);
  demand.ready = g_array_new (FALSE, FALSE, sizeof (int));
  for (gsize i = 0; i < n; i++)
    {
      demand.first_waiter[i] = -1;
      out->first[i + 1] = out->first[i] + schedule->instructions[i].n_bursts;
    }
  out->start_ps = g_new0 (gint64, out->first[n] + 1);
  out->end_ps = g_new0 (gint64, out->first[n] + 1);
  for (int i = 0; i < schedule->n_instructions; i++)
    demand_look (&demand, i);
  for (; demand.ready->len > 0; step += 2)
    {
      int id = demand_pop (demand.ready);

      out->start_ps[out->first[id] + demand.n_done[id]] = step;
      out->end_ps[out->first[id] + demand.n_done[id]] = step + 1;
      demand_done (&demand, id);
    }
  g_array_unref (demand.ready);
  g_free (demand.n_done);
  g_free (demand.first_waiter);
  g_free (demand.next_waiter);
  g_free (demand.threshold);
}

/* --- places --- */

typedef struct
{
  gint64 from_ps, to_ps, offset;
  int buffer, row;
} Life;

/* Begun first; what is there from the start comes in order of ids. */
static int
compare_lives (gconstpointer a, gconstpointer b)
{
  const Life *x = a, *y = b;

  if (x->from_ps != y->from_ps)
    return x->from_ps < y->from_ps ? -1 : 1;
  if (x->buffer != y->buffer)
    return x->buffer < y->buffer ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

static GArray *
list_lives (const StrataSchedule *schedule, const SchedulePrediction *prediction)
{
  Rows *rows = g_new0 (Rows, (gsize) schedule->n_buffers + 1);
  GArray *lives = g_array_new (FALSE, FALSE, sizeof (Life));

  rows_init (rows, schedule, prediction);
  for (int i = 0; i < schedule->n_buffers; i++)
    for (int row = 0; is_sram (schedule, &schedule->buffers[i]) && row < schedule->buffers[i].height; row++)
      {
        Life life = { rows[i].from_ps[row], rows[i].to_ps[row], 0, i, row };

        g_array_append_val (lives, life);
      }
  rows_free (rows, schedule->n_buffers);
  g_array_sort (lives, compare_lives);
  return lives;
}

/* The lowest gap of @n_bytes between @alive, which lie in order of offset; *@at is where it belongs there. */
static gint64
find_gap (const GArray *alive, const StrataSchedule *schedule, gint64 n_bytes, guint *at)
{
  gint64 offset = 0;

  for (guint i = 0; i < alive->len; i++)
    {
      const Life *other = &g_array_index (alive, Life, i);

      if (other->offset - offset >= n_bytes)
        {
          *at = i;
          return offset;
        }
      offset = other->offset + schedule->buffers[other->buffer].row_bytes;
    }
  *at = alive->len;
  return offset;
}

/* Gives every row the lowest place that is free while it is alive in @prediction. Returns the bytes that takes. */
static gint64
place_rows (StrataSchedule *schedule, const SchedulePrediction *prediction)
{
  g_autoptr (GArray) lives = list_lives (schedule, prediction), alive = g_array_new (FALSE, FALSE, sizeof (Life));
  gint64 n_bytes = 0;

  schedule->n_places = (int) lives->len;
  schedule->places = strata_arena_array (schedule->arena, StrataRowPlace, lives->len);
  for (guint i = 0; i < lives->len; i++)
    {
      Life life = g_array_index (lives, Life, i);
      guint n = 0, at;

      for (guint j = 0; j < alive->len; j++)
        if (g_array_index (alive, Life, j).to_ps > life.from_ps)
          g_array_index (alive, Life, n++) = g_array_index (alive, Life, j);
      g_array_set_size (alive, n);
      life.offset = find_gap (alive, schedule, schedule->buffers[life.buffer].row_bytes, &at);
      g_array_insert_val (alive, at, life);
      schedule->places[i] = (StrataRowPlace){ life.buffer, life.row, life.offset };
      n_bytes = MAX (n_bytes, life.offset + schedule->buffers[life.buffer].row_bytes);
    }
  return n_bytes;
}

/* --- windows that fit --- */

static gint64
set_rows (StrataSchedule *schedule, const int *least, const int *most, int step)
{
  gint64 n_bytes = 0;

  for (int i = 0; i < schedule->n_buffers; i++)
    {
      StrataBuffer *buffer = &schedule->buffers[i];

      if (!is_sram (schedule, buffer))
        continue;
      buffer->n_rows = MIN (least[i], most[i]) + (int) ((gint64) MAX (0, most[i] - least[i]) * step / N_STEPS);
      n_bytes += buffer_bytes (buffer, buffer->n_rows);
    }
  return n_bytes;
}

static int
largest_buffer (const StrataSchedule *schedule)
{
  int best = 0;

  for (int i = 1; i < schedule->n_buffers; i++)
    if (is_sram (schedule, &schedule->buffers[i])
        && buffer_bytes (&schedule->buffers[i], schedule->buffers[i].n_rows)
             > buffer_bytes (&schedule->buffers[best], schedule->buffers[best].n_rows))
      best = i;
  return best;
}

static gboolean
refuse (const StrataSchedule *schedule, const ScheduleInput *in, gint64 n_bytes, GError **error)
{
  const StrataBuffer *buffer = &schedule->buffers[largest_buffer (schedule)];
  int producer = in->graph->tensors[buffer->tensor].producer;
  gint64 n_resident = in->streams->reserved_bytes;
  g_autofree char *resident =
    n_resident > 0
      ? g_strdup_printf (" beside %" G_GINT64_FORMAT " bytes of caches and constants of digital ops", n_resident)
      : g_strdup ("");

  g_set_error (
    error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
    "op '%s': activations alive at once come to %" G_GINT64_FORMAT " bytes with the smallest windows, %" G_GINT64_FORMAT
    " of them rows of '%s',%s and %s has %" G_GINT64_FORMAT " bytes of SRAM; use a smaller input or a chip with more",
    in->graph->ops[MAX (0, producer)].name, n_bytes, buffer_bytes (buffer, buffer->n_rows),
    in->graph->tensors[buffer->tensor].name, resident, in->chip->name, in->chip->sram_bytes);
  return FALSE;
}

/* Windows of @step between the least and the most, side by side if they fit, each row where there is room if not. TRUE
 * where they fit; *@n_bytes is what they take, *@latency_ps what it comes to. */
static gboolean
try_rows (StrataSchedule *schedule,
          const ScheduleInput *in,
          const int *least,
          const int *most,
          int step,
          gint64 *n_bytes,
          SchedulePrediction *prediction)
{
  schedule->n_places = 0;
  *n_bytes = set_rows (schedule, least, most, step);
  if (!schedule_predict (schedule, in, prediction, NULL))
    return FALSE;
  if (*n_bytes > capacity (in))
    *n_bytes = place_rows (schedule, prediction);
  return *n_bytes <= capacity (in);
}

gboolean
schedule_fit_memory (
  StrataSchedule *schedule, const ScheduleInput *in, SchedulePrediction *prediction, int *natural, GError **error)
{
  g_autofree int *least = g_new (int, (gsize) schedule->n_buffers + 1);
  SchedulePrediction demand = { 0 };
  gboolean fits = FALSE;
  gint64 n_bytes = 0;

  count_rows (schedule, prediction, natural);
  n_bytes = set_rows (schedule, natural, natural, N_STEPS);
  if (n_bytes <= capacity (in))
    {
      schedule->sram_peak_bytes = n_bytes + in->streams->reserved_bytes;
      return TRUE;
    }
  run_on_demand (schedule, &demand);
  count_rows (schedule, &demand, least);
  /* What is far from fitting on demand is not tried any faster. */
  set_rows (schedule, least, natural, 0);
  n_bytes = place_rows (schedule, &demand);
  if (n_bytes - n_bytes / 8 > capacity (in))
    {
      schedule_prediction_clear (&demand);
      return refuse (schedule, in, n_bytes, error);
    }
  for (int step = N_STEPS; step >= 0 && !fits; step--)
    {
      schedule_prediction_clear (prediction);
      fits = try_rows (schedule, in, least, natural, step, &n_bytes, prediction);
    }
  if (!fits)
    {
      /* Slowest and smallest: the order on demand itself */
      schedule_prediction_clear (prediction);
      n_bytes = place_rows (schedule, &demand);
      fits = n_bytes <= capacity (in) && schedule_predict (schedule, in, prediction, error);
    }
  schedule_prediction_clear (&demand);
  if (n_bytes > capacity (in))
    return refuse (schedule, in, n_bytes, error);
  schedule->sram_peak_bytes = n_bytes + in->streams->reserved_bytes;
  return fits;
}

gint64
schedule_demand_bytes (StrataSchedule *schedule, const ScheduleInput *in)
{
  SchedulePrediction demand = { 0 };
  gint64 n_bytes;

  run_on_demand (schedule, &demand);
  n_bytes = place_rows (schedule, &demand) + in->streams->reserved_bytes;
  schedule_prediction_clear (&demand);
  return n_bytes;
}

/* Gives every buffer of the activation memory half as many rows again, one at least, if all fit then: room in which the
 * next inference can begin. */
gboolean
schedule_widen_memory (StrataSchedule *schedule, const ScheduleInput *in)
{
  g_autofree int *n_rows = g_new (int, (gsize) schedule->n_buffers + 1);
  gint64 n_bytes = 0, before_bytes = 0;

  for (int i = 0; i < schedule->n_buffers; i++)
    {
      const StrataBuffer *buffer = &schedule->buffers[i];

      n_rows[i] = buffer->n_rows;
      if (!is_sram (schedule, buffer))
        continue;
      n_rows[i] = (int) MIN ((gint64) STRATA_BUFFER_INFERENCES * buffer->height,
                             buffer->n_rows + MAX (1, (gint64) buffer->n_rows / 2));
      n_bytes += buffer_bytes (buffer, n_rows[i]);
      before_bytes += buffer_bytes (buffer, buffer->n_rows);
    }
  if (schedule->n_places > 0 || n_bytes > capacity (in) || n_bytes == before_bytes)
    return FALSE;
  for (int i = 0; i < schedule->n_buffers; i++)
    schedule->buffers[i].n_rows = n_rows[i];
  schedule->sram_peak_bytes = n_bytes + in->streams->reserved_bytes;
  return TRUE;
}
