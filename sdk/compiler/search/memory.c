/* SPDX-License-Identifier: Apache-2.0
 *
 * What the activation memory holds at least. While a digital op runs a burst, every row is there that the burst has
 * waited for, or that what it has waited for has, and that the burst reads itself, or that a digital burst reads which
 * waits for it. That is so in any order of bursts, with any copies and places: the fullest such moment is a floor. What
 * only products read is left out, since the stacks' own buffers may hold it.
 */
#include <string.h>

#include "compiler/search/floor.h"
#include "program/work.h"

/* Ops whose bursts are looked at; of more, evenly spread */
#define MAX_MOMENTS 400

typedef struct
{
  const SearchModel *model;
  int *made; /* per op: bursts that have ended, the moment's own among them */
  int *from; /* per op: the first burst that waits for the moment, or is it; n_rows: none */
  int *kept; /* per tensor: the first row that is still to be read */
} Moment;

/* The burst of the need's op that makes the last row that @burst waits for */
static int
waits_for (const SearchModel *model, const SearchOp *op, int need, int burst)
{
  int row = op->need[need].row[op->is_product ? op->need[1].row[burst] : burst];

  return MIN (row, model->ops[op->need[need].op].n_rows - 1);
}

static int
count_needs (const SearchOp *op)
{
  return op->is_product ? 1 : op->n_needs;
}

static void
look_back (Moment *moment, int id, int burst)
{
  const SearchModel *model = moment->model;

  memset (moment->made, 0, (gsize) model->graph->n_ops * sizeof (int));
  moment->made[id] = burst + 1;
  for (int i = id; i >= 0; i--)
    for (int j = 0; moment->made[i] > 0 && j < count_needs (&model->ops[i]); j++)
      {
        int producer = model->ops[i].need[j].op;

        if (producer >= 0)
          moment->made[producer] =
            MAX (moment->made[producer], waits_for (model, &model->ops[i], j, moment->made[i] - 1) + 1);
      }
}

/* The first burst of @op that waits for burst @from of the op that it needs */
static int
first_that_waits (const SearchModel *model, const SearchOp *op, int need, int from)
{
  int low = 0, high = op->n_rows;

  while (low < high)
    {
      int middle = (low + high) / 2;

      if (waits_for (model, op, need, middle) >= from)
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

static void
look_ahead (Moment *moment, int id, int burst)
{
  const SearchModel *model = moment->model;

  for (int i = 0; i < model->graph->n_ops; i++)
    moment->from[i] = i == id ? burst : model->ops[i].n_rows;
  for (int i = id + 1; i < model->graph->n_ops; i++)
    for (int j = 0; model->ops[i].runs && j < count_needs (&model->ops[i]); j++)
      {
        int producer = model->ops[i].need[j].op;

        if (producer >= 0 && moment->from[producer] < model->ops[producer].n_rows)
          moment->from[i] = MIN (moment->from[i], first_that_waits (model, &model->ops[i], j, moment->from[producer]));
      }
}

/* The first row that a burst from @from on still reads */
static int
first_kept (const StrataDependence *release, int n_bursts, int height, int from)
{
  int low = 0, high = height;

  while (low < high)
    {
      int middle = (low + high) / 2;
      gint64 last = ((gint64) middle * release->multiply + release->add) / release->divide;

      if (CLAMP (last, 0, n_bursts - 1) >= from)
        high = middle;
      else
        low = middle + 1;
    }
  return low;
}

static void
find_kept (Moment *moment)
{
  const SearchModel *model = moment->model;

  for (int i = 0; i < model->graph->n_tensors; i++)
    moment->kept[i] = model->graph->tensors[i].height;
  for (int i = 0; i < model->graph->n_ops; i++)
    for (int j = 0; model->ops[i].runs && !model->ops[i].is_product && j < model->ops[i].n_needs; j++)
      {
        const SearchNeed *need = &model->ops[i].need[j];
        int height = model->graph->tensors[need->tensor].height;

        if (moment->from[i] < model->ops[i].n_rows)
          moment->kept[need->tensor] = MIN (moment->kept[need->tensor],
                                            first_kept (&need->release, model->ops[i].n_rows, height, moment->from[i]));
      }
}

/* Rows of @tensor that have been written; an op whose products come first may not have written any of its own. */
static int
count_written (const Moment *moment, int tensor, int id)
{
  const SearchModel *model = moment->model;
  int producer = model->graph->tensors[tensor].producer, height = model->graph->tensors[tensor].height;

  if (producer < 0 || !model->ops[producer].runs)
    return height;
  if (producer == id && model->ops[id].products_ps > 0)
    return 0;
  return moment->made[producer] == model->ops[producer].n_rows ? height : moment->made[producer];
}

static gint64
count_bytes (const Moment *moment, int id, gint64 *bytes)
{
  const StrataQGraph *graph = moment->model->graph;
  gint64 sum = 0;

  memset (bytes, 0, ((gsize) graph->n_ops + 1) * sizeof *bytes);
  for (int i = 0; i < graph->n_tensors; i++)
    {
      int n_rows = count_written (moment, i, id) - moment->kept[i];
      int producer = graph->tensors[i].producer;
      gint64 n = n_rows > 0 ? strata_cost_times (n_rows, strata_work_row_bytes (&graph->tensors[i])) : 0;

      bytes[producer >= 0 && moment->model->ops[producer].runs ? producer : graph->n_ops] += n;
      sum += n;
    }
  return sum;
}

/* Whether all rows that digital ops read could be there at once */
static gboolean
fits_anyway (const SearchModel *model)
{
  const StrataQGraph *graph = model->graph;
  gint64 sum = model->reserved_bytes;

  for (int i = 0; i < graph->n_tensors; i++)
    sum += strata_cost_times (graph->tensors[i].height, strata_work_row_bytes (&graph->tensors[i]));
  return sum <= model->chip->sram_bytes;
}

static void
look_at (Moment *moment, int id, int burst, gint64 *scratch, SearchMemory *fullest)
{
  gint64 n;

  look_back (moment, id, burst);
  look_ahead (moment, id, burst);
  find_kept (moment);
  n = count_bytes (moment, id, scratch) + moment->model->reserved_bytes;
  if (n <= fullest->n_bytes)
    return;
  fullest->n_bytes = n;
  fullest->op = id;
  memcpy (fullest->of_op, scratch, ((gsize) moment->model->graph->n_ops + 1) * sizeof *scratch);
}

void
search_memory_init (SearchMemory *self, const SearchModel *model)
{
  gsize n_ops = (gsize) model->graph->n_ops + 1;
  int step = MAX (1, model->graph->n_ops / MAX_MOMENTS);
  g_autofree int *made = g_new0 (int, n_ops), *from = g_new0 (int, n_ops);
  g_autofree int *kept = g_new0 (int, (gsize) model->graph->n_tensors + 1);
  g_autofree gint64 *scratch = g_new0 (gint64, n_ops);
  Moment moment = { model, made, from, kept };

  *self = (SearchMemory){ .n_bytes = model->reserved_bytes, .op = -1, .of_op = g_new0 (gint64, n_ops) };
  if (fits_anyway (model))
    return;
  for (int i = 0; i < model->graph->n_ops; i += step)
    {
      if (!model->ops[i].runs || model->ops[i].is_product)
        continue;
      look_at (&moment, i, 0, scratch, self);
      if (model->ops[i].n_rows > 1)
        look_at (&moment, i, model->ops[i].n_rows - 1, scratch, self);
    }
}

void
search_memory_clear (SearchMemory *self)
{
  g_clear_pointer (&self->of_op, g_free);
}
