/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of the matrix of an op, exact or read from the programmed arrays: parts of the output, rows of the plane
 * times outputs that have tiles in common, each from the gathered input to the finished codes by one thread.
 */
#include "simulator/functional-run.h"

#include <string.h>

#include "base/parallel.h"
#include "kernels/int-transpose.h"

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

/* Whether each position sees itself, so that rows follow each other */
static gboolean
is_pointwise (const StrataIntWindow *w)
{
  return w->kernel_h == 1 && w->kernel_w == 1 && w->stride_h == 1 && w->stride_w == 1 && w->pad_top == 0
         && w->pad_left == 0 && w->out_width == w->width && w->out_height <= w->height;
}

/* Gathers whole output rows from *y on to before @end, up to CHUNK positions and at least one row; advances *y. */
static int
gather_chunk (const gint16 *codes,
              const StrataIntWindow *window,
              const Block *block,
              int subtract,
              int fill,
              int end,
              int *y,
              gint16 *out,
              int *positions)
{
  const int first_y = *y;
  int n = 0;

  for (; *y < end && (n == 0 || n + window->out_width <= CHUNK); *y += block->step_y)
    for (int x = 0; x < window->out_width; x++)
      positions[n++] = *y * window->out_width + x;
  if (block->step_y == 1 && is_pointwise (window))
    {
      const gsize plane = (gsize) window->height * (gsize) window->width;

      strata_int_transpose (codes + (gsize) block->first_row * plane + (gsize) first_y * (gsize) window->width, plane,
                            block->n_rows, n, subtract, out, (gsize) block->n_rows);
      return n;
    }
  for (int at = first_y; at < *y; at += block->step_y, out += (gsize) window->out_width * (gsize) block->n_rows)
    strata_int_gather (codes, window, subtract, fill, at, block->first_row, block->n_rows, out);
  return n;
}

/* Room for gather_chunk () */
typedef struct
{
  gint16 *rows;
  int *positions;
} Gathered;

static void
gathered_init (Gathered *gathered, StrataScratch *scratch, const StrataIntWindow *window, const Block *block)
{
  const int room = CHUNK + window->out_width;

  gathered->rows = strata_scratch_array (scratch, gint16, (gsize) room * (gsize) block->n_rows);
  gathered->positions = strata_scratch_array (scratch, int, room);
}

static void
gathered_finish (Gathered *gathered, StrataScratch *scratch)
{
  strata_scratch_give (scratch, gathered->rows);
  strata_scratch_give (scratch, gathered->positions);
}

/* Output rows from @y0 to before @y1, those that the block's copy makes */
static int
first_row_of (const Block *block, int y0)
{
  return y0 <= block->first_y
           ? block->first_y
           : block->first_y + (y0 - block->first_y + block->step_y - 1) / block->step_y * block->step_y;
}

static void
add_exact (const StrataQGraph *graph,
           const StrataQOp *op,
           const Block *block,
           StrataScratch *scratch,
           const gint16 *codes,
           int y0,
           int y1,
           gint32 *sums)
{
  const StrataIntWindow window = strata_functional_window (graph, op);
  const int zero_point = graph->tensors[op->inputs[0]].zero_point;
  const int n_rows = block->n_rows / block->n_groups, n_cols = block->n_cols / block->n_groups;
  Gathered gathered;

  gathered_init (&gathered, scratch, &window, block);
  for (int y = first_row_of (block, y0); y < y1;)
    {
      int n = gather_chunk (codes, &window, block, zero_point, 0, y1, &y, gathered.rows, gathered.positions);
      int at_once = block->step_y == 1 ? n : window.out_width;

      for (int i = 0; i < n; i += at_once)
        for (int g = 0, col = block->col0; g < block->n_groups; g++, col += n_cols)
          strata_int_dot (gathered.rows + (gsize) i * (gsize) block->n_rows + g * n_rows, at_once,
                          (gsize) block->n_rows, op->weights + (gsize) col * (gsize) op->k + block->row0, n_cols,
                          (gsize) op->k, n_rows, sums + (gsize) gathered.positions[i] * (gsize) op->n + col,
                          (gsize) op->n);
    }
  gathered_finish (&gathered, scratch);
}

void
strata_functional_add_exact (
  const StrataQGraph *graph, const StrataQOp *op, StrataScratch *scratch, const gint16 *codes, gint32 *sums)
{
  const Block whole = { 0, strata_qop_n_rows (op), 0, op->n, MAX (1, op->window.groups), 0, 0, 1 };

  add_exact (graph, op, &whole, scratch, codes, 0, graph->tensors[op->output].height, sums);
}

/* --- parts --- */

/* An op in parts: @n_groups groups of outputs times chunks of rows */
typedef struct
{
  StrataFunctionalRun *run;
  int op;
  const int *tiles; /* of the op */
  int n_tiles;
  int *starts; /* n_groups + 1: the first output of each group */
  int n_groups, rows_at_once;
  gint32 *sums;                      /* [position][n] of the whole op */
  gint64 *n_clipped, *n_conversions; /* per part */
} Product;

static void
add_analog (const Product *product, int tile, const Block *block, int y0, int y1, guint part)
{
  const StrataFunctional *functional = product->run->functional;
  const StrataQGraph *graph = functional->image->graph;
  const StrataQOp *op = &graph->ops[product->op];
  const StrataAnalogArray *array = functional->arrays[tile];
  const StrataIntWindow window = strata_functional_window (graph, op);
  const gint16 *codes = product->run->tensors[op->inputs[0]].codes;
  /* Padding stands for zero, whose code is the zero point. */
  const int fill = graph->tensors[op->inputs[0]].zero_point - array->subtract;
  Gathered gathered;

  gathered_init (&gathered, functional->scratch, &window, block);
  for (int y = first_row_of (block, y0); y < y1;)
    {
      int n = gather_chunk (codes, &window, block, array->subtract, fill, y1, &y, gathered.rows, gathered.positions);
      const StrataAnalogInputs inputs = { gathered.rows, gathered.positions, n };

      product->n_clipped[part] +=
        strata_analog_array_read (array, &inputs, product->run->inference, product->sums, (gsize) op->n);
      product->n_conversions[part] += (gint64) n * array->n_columns * array->n_reads * array->n_phases;
    }
  gathered_finish (&gathered, functional->scratch);
}

static gboolean
multiply_part_cb (guint index, gpointer user_data, GError **error)
{
  const Product *product = user_data;
  StrataFunctionalRun *run = product->run;
  const StrataFunctional *functional = run->functional;
  const StrataQGraph *graph = functional->image->graph;
  const StrataQOp *op = &graph->ops[product->op];
  const StrataQTensor *out = &graph->tensors[op->output];
  const int group = (int) index % product->n_groups, y0 = (int) index / product->n_groups * product->rows_at_once;
  const int y1 = MIN (y0 + product->rows_at_once, out->height);
  const StrataFunctionalPart part = { y0 * out->width, (y1 - y0) * out->width, product->starts[group],
                                      product->starts[group + 1] - product->starts[group] };

  for (int p = part.position; p < part.position + part.n_positions; p++)
    memset (product->sums + (gsize) p * (gsize) op->n + part.output, 0, sizeof (gint32) * (gsize) part.n_outputs);
  for (int t = 0; t < product->n_tiles; t++)
    {
      const StrataTile *tile = &functional->image->tiles->tiles[product->tiles[t]];
      const Block block = block_of (tile, op, functional->n_copies[product->op]);

      if (tile->col0 < part.output || tile->col0 >= part.output + part.n_outputs)
        continue;
      if (run->exact || functional->arrays == NULL)
        add_exact (graph, op, &block, functional->scratch, run->tensors[op->inputs[0]].codes, y0, y1, product->sums);
      else
        add_analog (product, product->tiles[t], &block, y0, y1, index);
    }
  strata_functional_finish_part (graph, op, &part, product->sums, &run->tensors[op->output]);
  return TRUE;
}

/* Of outputs */
typedef struct
{
  int from, to;
} Span;

static int
compare_spans (gconstpointer a, gconstpointer b)
{
  return ((const Span *) a)->from - ((const Span *) b)->from;
}

/* Outputs whose tiles overlap, over all tiles, go together. */
static void
find_groups (Product *product, const StrataTileSet *tiles, int n_outputs)
{
  g_autofree Span *spans = g_new (Span, product->n_tiles + 1);
  int end = 0;

  product->starts = g_new (int, product->n_tiles + 1);
  for (int t = 0; t < product->n_tiles; t++)
    {
      const StrataTile *tile = &tiles->tiles[product->tiles[t]];

      spans[t] = (Span){ tile->col0, tile->col0 + tile->n_cols };
    }
  qsort (spans, (gsize) product->n_tiles, sizeof *spans, compare_spans);
  for (int t = 0; t < product->n_tiles; t++)
    {
      if (t == 0 || spans[t].from >= end)
        product->starts[product->n_groups++] = t == 0 ? 0 : spans[t].from;
      end = MAX (end, spans[t].to);
    }
  product->starts[product->n_groups] = n_outputs;
}

/* Two parts for each thread, where that leaves every copy a row, and more where one part would be more than the room
 * for it. */
static int
choose_rows (const Product *product, const StrataQTensor *out, int n_copies, int n_threads)
{
  const int n_chunks = n_threads == 1 ? 1 : (2 * n_threads + product->n_groups - 1) / product->n_groups;
  const int at_most = (out->height + n_chunks - 1) / n_chunks;

  return n_copies * CLAMP (at_most / n_copies, 1, MAX (1, CHUNK / out->width));
}

void
strata_functional_multiply (StrataFunctionalRun *run, int op_id)
{
  const StrataFunctional *functional = run->functional;
  const StrataQGraph *graph = functional->image->graph;
  const StrataFunctionalPlan *plan = &functional->plan;
  const StrataQTensor *out = &graph->tensors[graph->ops[op_id].output];
  const int n_threads = functional->options.spread ? (int) g_get_num_processors () : 1;
  Product product = { .run = run,
                      .op = op_id,
                      .tiles = plan->op_tiles + plan->op_first[op_id],
                      .n_tiles = plan->op_first[op_id + 1] - plan->op_first[op_id] };
  g_autofree gint64 *counts = NULL;
  int n_parts;

  find_groups (&product, functional->image->tiles, graph->ops[op_id].n);
  product.rows_at_once = choose_rows (&product, out, functional->n_copies[op_id], n_threads);
  n_parts = (out->height + product.rows_at_once - 1) / product.rows_at_once * product.n_groups;
  product.n_clipped = counts = g_new0 (gint64, 2 * n_parts + 1);
  product.n_conversions = counts + n_parts;
  product.sums = run->sums = strata_scratch_array (
    functional->scratch, gint32, (gsize) out->height * (gsize) out->width * (gsize) graph->ops[op_id].n);
  strata_functional_tensor_allocate (out, &run->tensors[graph->ops[op_id].output]);
  strata_parallel_for ((guint) n_parts, (guint) n_threads, multiply_part_cb, &product, NULL, NULL);
  for (int i = 0; i < n_parts && run->measures != NULL; i++)
    {
      run->measures[op_id].n_clipped += product.n_clipped[i];
      run->measures[op_id].n_conversions += product.n_conversions[i];
    }
  g_free (product.starts);
}
