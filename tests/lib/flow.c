/* SPDX-License-Identifier: Apache-2.0
 *
 * An edge of the graph that crosses the network has three legs: rows of the input to every stack that multiplies them,
 * partial sums to the home of their columns, sums to the hub. What each must move follows from shapes, tiles and sites
 * alone.
 */
#include "lib/flow.h"

#include <string.h>

#include "program/programming.h"

#define SUM_BYTES 2

typedef struct
{
  const StrataImage *image;
  const StrataSchedule *schedule;
  FlowTotals totals;
  int n_nodes;
  int *from_of, *to_of; /* per link */
} Flow;

/* --- routes --- */

/* The links that join two nodes directly are those of the routes of one hop. */
static void
find_links (Flow *flow)
{
  const StrataChipSpec *chip = flow->image->chip;
  int links[4096], n_links = strata_chip_n_links (chip), n_known = 0;

  flow->n_nodes = chip->n_stacks + 1;
  flow->from_of = g_new (int, n_links + 1);
  flow->to_of = g_new (int, n_links + 1);
  for (int i = 0; i < n_links; i++)
    flow->from_of[i] = -1;
  for (int a = 0; a < flow->n_nodes; a++)
    for (int b = 0; b < flow->n_nodes; b++)
      {
        gboolean near =
          a == chip->n_stacks || b == chip->n_stacks
          || (ABS (a % chip->mesh_x - b % chip->mesh_x) <= 1 && ABS (a / chip->mesh_x - b / chip->mesh_x) <= 1);

        if (a == b || !near || strata_chip_route (chip, a, b, links) != 1)
          continue;
        g_assert_cmpint (flow->from_of[links[0]], ==, -1);
        flow->from_of[links[0]] = a;
        flow->to_of[links[0]] = b;
        n_known++;
      }
  g_assert_cmpint (n_known, ==, n_links);
}

static void
check_route (Flow *flow, const StrataInstruction *x)
{
  int at = x->from_node;

  g_assert_cmpint (x->n_hops, >, 0);
  for (int hop = 0; hop < x->n_hops; hop++)
    {
      int link = flow->schedule->units[flow->schedule->routes[x->first_route + hop]].index;

      g_assert_cmpint (flow->from_of[link], ==, at);
      at = flow->to_of[link];
    }
  g_assert_cmpint (at, ==, x->to_node);
  flow->totals.hop_bytes += x->n_actions * x->n_bursts * x->n_hops;
}

/* --- edges of a product --- */

static gint64
count_rows (const StrataQGraph *graph, const StrataTileSet *tiles, const StrataTile *tile)
{
  int height = graph->tensors[graph->ops[tile->op].output].height, n_copies = 1, n_rows = 0;

  for (int i = tiles->op_first[tile->op]; i < tiles->op_first[tile->op + 1]; i++)
    n_copies = MAX (n_copies, tiles->tiles[i].copy + 1);
  for (int row = tile->copy; row < height; row += n_copies)
    n_rows++;
  return n_rows;
}

/* Marks the channels that the tile's rows are taps of. */
static void
mark_channels (const StrataQGraph *graph, const StrataTile *tile, guint8 *wanted)
{
  const StrataQOp *op = &graph->ops[tile->op];
  int n_groups = op->window.groups, n_taps = op->window.kernel_h * op->window.kernel_w;
  int n_channels = graph->tensors[op->inputs[0]].channels / n_groups, group = tile->col0 / (op->n / n_groups);

  if (tile->n_groups > 0)
    memset (wanted + group * n_channels, 1, (gsize) tile->n_groups * (gsize) n_channels);
  else
    for (int row = tile->row0; row < tile->row0 + tile->n_rows; row++)
      wanted[group * n_channels + row / n_taps] = 1;
}

/* Every stack with a part of the matrix gets every row of each channel it needs once. */
static void
check_loads (Flow *flow, int op, const gint64 *loaded)
{
  const StrataImage *image = flow->image;
  const StrataQTensor *in = &image->graph->tensors[image->graph->ops[op].inputs[0]];
  g_autofree guint8 *wanted = g_new (guint8, in->channels);
  g_autofree guint8 *done = g_new0 (guint8, image->chip->n_stacks);

  for (int i = image->tiles->op_first[op]; i < image->tiles->op_first[op + 1]; i++)
    {
      int stack = image->placement->site[i].stack;
      gint64 n_channels = 0;

      if (done[stack])
        continue;
      done[stack] = 1;
      memset (wanted, 0, (gsize) in->channels);
      for (int j = i; j < image->tiles->op_first[op + 1]; j++)
        if (image->placement->site[j].stack == stack)
          mark_channels (image->graph, &image->tiles->tiles[j], wanted);
      for (int c = 0; c < in->channels; c++)
        n_channels += wanted[c];
      g_assert_cmpint (loaded[stack], ==, n_channels * in->height * in->width * strata_format_bytes (in->format));
    }
  for (int stack = 0; stack < image->chip->n_stacks; stack++)
    g_assert_true (done[stack] || loaded[stack] == 0);
}

/* Sums that a tile makes go to the first tile of its columns, unless they lie on one stack; from there each leaves
 * once. */
static void
check_sums (Flow *flow, int op, const gint64 *summed, const gint64 *stored)
{
  const StrataImage *image = flow->image;
  const StrataQTensor *out = &image->graph->tensors[image->graph->ops[op].output];
  gint64 n_stored = 0;

  for (int i = image->tiles->op_first[op], home = i; i < image->tiles->op_first[op + 1]; i++)
    {
      const StrataTile *tile = &image->tiles->tiles[i];
      gint64 n_bytes = SUM_BYTES * tile->n_cols * count_rows (image->graph, image->tiles, tile) * out->width;

      home = tile->row0 == 0 ? i : home;
      g_assert_cmpint (tile->col0, ==, image->tiles->tiles[home].col0);
      g_assert_cmpint (summed[i], ==,
                       image->placement->site[i].stack != image->placement->site[home].stack ? n_bytes : 0);
      g_assert_cmpint (stored[i], ==, i == home ? n_bytes : 0);
      n_stored += stored[i];
    }
  g_assert_cmpint (n_stored, ==, (gint64) SUM_BYTES * out->channels * out->height * out->width);
}

static void
check_transfers (Flow *flow)
{
  const StrataImage *image = flow->image;
  const StrataSchedule *schedule = flow->schedule;
  g_autofree gint64 *summed = g_new0 (gint64, image->tiles->n_tiles + 1);
  g_autofree gint64 *stored = g_new0 (gint64, image->tiles->n_tiles + 1);
  g_autofree gint64 *loaded = g_new0 (gint64, (gsize) image->graph->n_ops * (gsize) image->chip->n_stacks + 1);

  for (int i = 0; i < schedule->n_instructions; i++)
    {
      const StrataInstruction *x = &schedule->instructions[i];
      gint64 n_bytes = x->n_actions * x->n_bursts;

      if (x->opcode != STRATA_OPCODE_LOAD && x->opcode != STRATA_OPCODE_PSUM && x->opcode != STRATA_OPCODE_STORE)
        continue;
      check_route (flow, x);
      if (x->opcode == STRATA_OPCODE_LOAD)
        {
          g_assert_cmpint (x->from_node, ==, image->chip->n_stacks);
          g_assert_cmpint (x->sram_bytes, ==, x->n_actions); /* read where they come from */
          loaded[(gsize) x->op * (gsize) image->chip->n_stacks + (gsize) x->to_node] += n_bytes;
          flow->totals.loaded_bytes += n_bytes;
          continue;
        }
      g_assert_cmpint (x->from_node, ==, image->placement->site[x->tile].stack);
      *(x->opcode == STRATA_OPCODE_PSUM ? &summed[x->tile] : &stored[x->tile]) += n_bytes;
      if (x->opcode == STRATA_OPCODE_STORE)
        {
          g_assert_cmpint (x->to_node, ==, image->chip->n_stacks);
          flow->totals.stored_bytes += n_bytes;
          continue;
        }
      g_assert_cmpint (x->n_posts * SUM_BYTES, ==, x->n_actions); /* added where they arrive */
      flow->totals.summed_bytes += n_bytes;
    }
  for (int op = 0; op < image->graph->n_ops; op++)
    if (image->graph->ops[op].kind == STRATA_QOP_MVM)
      {
        check_loads (flow, op, loaded + (gsize) op * (gsize) image->chip->n_stacks);
        check_sums (flow, op, summed, stored);
      }
}

/* --- weights --- */

/* Rows of K that a tile holds of each of its columns */
static void
extent_of (const StrataTile *tile, const StrataQOp *op, int *from, int *to)
{
  *from = tile->n_groups > 0 ? 0 : tile->row0;
  *to = tile->n_groups > 0 ? op->k : tile->row0 + tile->n_rows;
}

/* The tiles of a copy cover its matrix, and no two of them the same weight. */
static void
check_weights (Flow *flow, int op_id)
{
  const StrataTileSet *tiles = flow->image->tiles;
  const StrataQOp *op = &flow->image->graph->ops[op_id];
  gint64 area = 0;
  int n_copies = 0;

  for (int i = tiles->op_first[op_id]; i < tiles->op_first[op_id + 1]; i++)
    {
      const StrataTile *a = &tiles->tiles[i];
      int from, to;

      extent_of (a, op, &from, &to);
      n_copies = MAX (n_copies, a->copy + 1);
      area += (gint64) a->n_cols * (to - from);
      for (int j = i + 1; j < tiles->op_first[op_id + 1] && tiles->tiles[j].copy == a->copy; j++)
        {
          const StrataTile *b = &tiles->tiles[j];
          int other_from, other_to;

          extent_of (b, op, &other_from, &other_to);
          g_assert_true (b->col0 >= a->col0 + a->n_cols || a->col0 >= b->col0 + b->n_cols || other_from >= to
                         || from >= other_to);
        }
    }
  g_assert_cmpint (area, ==, (gint64) op->n * op->k * n_copies);
  flow->totals.n_weights += area;
}

/* Every array of the program is written once, each at a site of its own. */
static void
check_programming (const StrataImage *image)
{
  g_autoptr (StrataProgrammingPlan) plan = strata_programming_plan (image->tiles, image->placement, image->chip);
  g_autoptr (GHashTable) sites = g_hash_table_new (g_int64_hash, g_int64_equal);
  g_autofree gint64 *site_of = g_new (gint64, plan->n_steps + 1);
  g_autofree guint8 *written = g_new0 (guint8, image->tiles->n_tiles + 1);

  for (int i = 0; i < plan->n_steps; i++)
    {
      const StrataSite *site = &plan->steps[i].site;

      site_of[i] = (gint64) site->stack * image->chip->tiers + site->tier;
      g_assert_true (g_hash_table_add (sites, &site_of[i]));
      written[plan->steps[i].tile]++;
    }
  for (int i = 0; i < image->tiles->n_tiles; i++)
    g_assert_cmpint (written[i], ==, strata_tile_set_array (image->tiles, i) == i);
}

/* --- bursts --- */

static void
check_bursts (Flow *flow)
{
  StrataTimingOptions options = { .n_inferences = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTiming) timing = strata_timing_run (flow->image, &options, &error);
  g_autofree gint64 *n_run = g_new0 (gint64, flow->schedule->n_instructions + 1);

  g_assert_no_error (error);
  for (gsize i = 0; i < timing->n_events; i++)
    {
      const StrataEventRecord *event = &timing->events[i];

      g_assert_cmpint (event->n_actions, ==, flow->schedule->instructions[event->instruction].n_actions);
      n_run[event->instruction]++;
    }
  for (int i = 0; i < flow->schedule->n_instructions; i++)
    {
      g_assert_cmpint (n_run[i], ==, flow->schedule->instructions[i].n_bursts);
      flow->totals.n_bursts += n_run[i];
    }
}

FlowTotals
flow_check (const StrataImage *image)
{
  Flow flow = { .image = image, .schedule = image->schedule };

  find_links (&flow);
  check_transfers (&flow);
  for (int op = 0; op < image->graph->n_ops; op++)
    if (image->graph->ops[op].kind == STRATA_QOP_MVM)
      check_weights (&flow, op);
  check_programming (image);
  check_bursts (&flow);
  g_free (flow.from_of);
  g_free (flow.to_of);
  return flow.totals;
}
