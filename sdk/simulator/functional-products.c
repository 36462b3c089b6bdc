/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of the matrices of an op, tile by tile: exact, or read from the programmed arrays. Each adds to the op's
 * sums, [position][output].
 */
#include "simulator/functional-run.h"

#include "base/parallel.h"

/* Output positions gathered at once */
#define CHUNK 256

/* A block of an op's matrix, or several groups on a diagonal, and the output rows that one copy makes */
typedef struct
{
  int row0, n_rows, col0, n_cols;
  int n_groups;  /* of n_rows / n_groups x n_cols / n_groups each; 1: the whole block */
  int first_row; /* of the vector of all that the window sees */
  int first_y, step_y;
} Block;

static Block
block_of (const StrataTile *tile, const StrataQOp *op, int n_copies)
{
  return (Block){ .row0 = tile->row0,
                  .n_rows = tile->n_rows,
                  .col0 = tile->col0,
                  .n_cols = tile->n_cols,
                  .n_groups = MAX (1, tile->n_groups),
                  .first_row = strata_tile_first_row (tile, op),
                  .first_y = tile->copy,
                  .step_y = n_copies };
}

/* Gathers whole output rows from *y on, up to CHUNK positions and at least one row; advances *y. */
static int
gather_chunk (const gint16 *codes,
              const StrataIntWindow *window,
              const Block *block,
              int subtract,
              int fill,
              int *y,
              gint16 *out,
              int *positions)
{
  int n = 0;

  for (; *y < window->out_height && (n == 0 || n + window->out_width <= CHUNK); *y += block->step_y)
    {
      strata_int_gather (codes, window, subtract, fill, *y, block->first_row, block->n_rows,
                         out + (gsize) n * (gsize) block->n_rows);
      for (int x = 0; x < window->out_width; x++)
        positions[n++] = *y * window->out_width + x;
    }
  return n;
}

static void
add_exact (const StrataQGraph *graph, const StrataQOp *op, const Block *block, const gint16 *codes, gint32 *sums)
{
  const StrataIntWindow window = strata_functional_window (graph, op);
  const int zero_point = graph->tensors[op->inputs[0]].zero_point, room = CHUNK + window.out_width;
  g_autofree gint16 *rows = g_new (gint16, (gsize) room * (gsize) block->n_rows);
  g_autofree int *positions = g_new (int, room);
  const int n_rows = block->n_rows / block->n_groups, n_cols = block->n_cols / block->n_groups;

  for (int y = block->first_y; y < window.out_height;)
    {
      int n = gather_chunk (codes, &window, block, zero_point, 0, &y, rows, positions);
      int at_once = block->step_y == 1 ? n : window.out_width;

      for (int i = 0; i < n; i += at_once)
        for (int g = 0, col = block->col0; g < block->n_groups; g++, col += n_cols)
          strata_int_dot (rows + (gsize) i * (gsize) block->n_rows + g * n_rows, at_once, (gsize) block->n_rows,
                          op->weights + (gsize) col * (gsize) op->k + block->row0, n_cols, (gsize) op->k, n_rows,
                          sums + (gsize) positions[i] * (gsize) op->n + col, (gsize) op->n);
    }
}

void
strata_functional_add_exact (const StrataQGraph *graph, const StrataQOp *op, const gint16 *codes, gint32 *sums)
{
  const Block whole = { 0, strata_qop_n_rows (op), 0, op->n, MAX (1, op->window.groups), 0, 0, 1 };

  add_exact (graph, op, &whole, codes, sums);
}

/* Readings of a tile, chunk by chunk: each writes the sums of positions of its own. */
typedef struct
{
  const StrataFunctionalRun *run;
  const StrataAnalogArray *array;
  const Block *block;
  StrataIntWindow window;
  const gint16 *codes;
  int fill, rows_at_once;
  gint32 *sums;
  gsize ld_sums;
  gint64 *n_clipped, *n_conversions; /* per chunk */
} Reading;

static gboolean
read_chunk_cb (guint index, gpointer user_data, GError **error)
{
  const Reading *reading = user_data;
  const StrataAnalogArray *array = reading->array;
  const int room = CHUNK + reading->window.out_width;
  g_autofree gint16 *rows = g_new (gint16, (gsize) room * (gsize) reading->block->n_rows);
  g_autofree int *positions = g_new (int, room);
  int y = reading->block->first_y + (int) index * reading->rows_at_once * reading->block->step_y;
  StrataIntWindow window = reading->window;
  StrataAnalogInputs inputs = { rows, positions, 0 };

  window.out_height = MIN (window.out_height, y + reading->rows_at_once * reading->block->step_y);
  inputs.n =
    gather_chunk (reading->codes, &window, reading->block, array->subtract, reading->fill, &y, rows, positions);
  reading->n_clipped[index] =
    strata_analog_array_read (array, &inputs, reading->run->inference, reading->sums, reading->ld_sums);
  reading->n_conversions[index] = (gint64) inputs.n * array->n_columns * array->n_reads * array->n_phases;
  return TRUE;
}

static void
add_analog (StrataFunctionalRun *run, int op_id, int tile, const Block *block, const gint16 *codes, gint32 *sums)
{
  const StrataQGraph *graph = run->functional->image->graph;
  const StrataQOp *op = &graph->ops[op_id];
  const StrataAnalogArray *array = run->functional->arrays[tile];
  const StrataIntWindow window = strata_functional_window (graph, op);
  const int n_rows = (window.out_height - block->first_y + block->step_y - 1) / block->step_y;
  /* as many chunks as threads, where that is more than the room asks for */
  const int n_threads = run->functional->options.spread ? (int) g_get_num_processors () : 1;
  const int rows_at_once = CLAMP ((n_rows + n_threads - 1) / n_threads, 1, MAX (1, CHUNK / window.out_width));
  const int n_chunks = MAX (0, (n_rows + rows_at_once - 1) / rows_at_once);
  g_autofree gint64 *counts = g_new0 (gint64, 2 * n_chunks + 1);
  /* Padding stands for zero, whose code is the zero point. */
  Reading reading = { .run = run,
                      .array = array,
                      .block = block,
                      .window = window,
                      .codes = codes,
                      .fill = graph->tensors[op->inputs[0]].zero_point - array->subtract,
                      .rows_at_once = rows_at_once,
                      .sums = sums,
                      .ld_sums = (gsize) op->n,
                      .n_clipped = counts,
                      .n_conversions = counts + n_chunks };

  strata_parallel_for ((guint) n_chunks, (guint) n_threads, read_chunk_cb, &reading, NULL, NULL);
  for (int i = 0; i < n_chunks; i++)
    {
      run->n_clipped[op_id] += reading.n_clipped[i];
      if (run->measures != NULL)
        run->measures[op_id].n_conversions += reading.n_conversions[i];
    }
}

void
strata_functional_add_tile (StrataFunctionalRun *run, const StrataFunctionalStep *step)
{
  const StrataFunctional *functional = run->functional;
  const StrataQGraph *graph = functional->image->graph;
  const StrataQOp *op = &graph->ops[step->op];
  const StrataTile *tile = &functional->image->tiles->tiles[step->tile];
  const Block block = block_of (tile, op, functional->n_copies[step->op]);
  const gint16 *codes = run->tensors[op->inputs[0]].codes;
  const StrataQTensor *out = &graph->tensors[op->output];

  if (run->sums[step->op] == NULL)
    run->sums[step->op] = g_new0 (gint32, (gsize) out->height * (gsize) out->width * (gsize) op->n);
  if (run->exact || functional->arrays == NULL)
    add_exact (graph, op, &block, codes, run->sums[step->op]);
  else
    add_analog (run, step->op, step->tile, &block, codes, run->sums[step->op]);
}
