/* SPDX-License-Identifier: Apache-2.0
 *
 * When each op runs: rows are executed op by op on a pool of as many stacks as the chip has, a vector unit and a MAC
 * unit, each row as soon as the rows it needs are there and as fast as what earlier ops left of the pool allows. So ops
 * near the input keep their pace and late ones wait, as under the scheduler's longest path; which stack a tile is on is
 * not known yet and does not matter here.
 */
#include "compiler/place/timeline.h"

#include <string.h>

#include "cost/cost.h"
#include "program/work.h"

#define MOST_STEPS 256 /* of an op: rows of taller ones are taken together */
/* How long the pool may take, in times of what the longest op or the busiest unit takes; what is left after that falls
 * into the last bin, which has no end */
#define LENGTH 1.25

typedef enum
{
  STACKS,
  VECTOR,
  MAC,
  N_POOLS,
} Pool;

typedef struct
{
  const StrataQGraph *graph;
  const StrataTileSet *tiles;
  const StrataChipSpec *chip;
  const double *activity; /* per op: chance that it runs; NULL: all always */
  guint8 *silent;
  double bin_ps, *left_ps[N_POOLS]; /* per bin */
  double **end_ps;                  /* per op and step */
  int *n_steps;                     /* per op */
  double *taken_ps;                 /* per bin, of the op at hand */
  int from, to;                     /* bins that it touched */
} Run;

/* --- what ops ask for --- */

/* Time of all stacks together for one output row */
static double
stack_row_ps (const Run *run, int op)
{
  int first = run->tiles->op_first[op], n_tiles = run->tiles->op_first[op + 1] - first;
  const StrataTile *tile = &run->tiles->tiles[first];
  gint64 interval_ps;

  if (n_tiles == 0)
    return 0;
  interval_ps = strata_cost_mvm_interval_ps (run->chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices,
                                             MAX (1, run->graph->ops[op].n_reads));
  return (double) run->graph->tensors[run->graph->ops[op].output].width * (double) interval_ps * n_tiles
         / strata_work_n_copies (run->tiles, op);
}

static double
mac_row_ps (const Run *run, int op)
{
  StrataQOpKind kind = run->graph->ops[op].kind;

  return kind == STRATA_QOP_MAC || kind == STRATA_QOP_DIGITAL
           ? (double) strata_cost_mac_ps (run->chip, strata_work_macs (run->graph, op))
           : 0;
}

static double
vector_row_ps (const Run *run, int op)
{
  return run->graph->ops[op].kind == STRATA_QOP_MAC
           ? 0
           : (double) strata_cost_vector_ps (run->chip, strata_work_vector_ops (run->graph, op));
}

static double
activity (const Run *run, int op)
{
  return run->activity == NULL ? 1 : CLAMP (run->activity[op], 0x1p-20, 1);
}

/* How many stacks an op may have at once. One that is seldom needed has a share of them all the time it may take. */
static double
stack_rate (const Run *run, int op)
{
  return activity (run, op) * MIN (run->chip->n_stacks, run->tiles->op_first[op + 1] - run->tiles->op_first[op]);
}

/* --- the pools --- */

/* Takes @need_ps of a pool from @time_ps on, at most @rate at once; returns when it is done. */
static double
take (Run *run, Pool pool, double time_ps, double need_ps, double rate, double *taken_ps)
{
  int bin = CLAMP ((int) (time_ps / run->bin_ps), 0, PLACE_FINE_BINS - 1);

  while (need_ps > 0)
    {
      gboolean last = bin == PLACE_FINE_BINS - 1;
      double *left_ps = &run->left_ps[pool][bin], end_ps = (bin + 1) * run->bin_ps;
      double possible_ps = MAX (0, end_ps - time_ps) * rate;
      double part_ps = last ? need_ps : MIN (need_ps, MIN (possible_ps, *left_ps));

      *left_ps -= part_ps;
      need_ps -= part_ps;
      if (taken_ps != NULL && part_ps > 0)
        {
          taken_ps[bin] += part_ps;
          run->from = MIN (run->from, bin);
          run->to = MAX (run->to, bin + 1);
        }
      if (need_ps <= 0)
        return time_ps + part_ps / rate;
      time_ps = MAX (time_ps, end_ps);
      bin++;
    }
  return time_ps;
}

/* The step of @op that makes row @row of its output; one burst may make all of them. */
static int
step_of (const Run *run, int op, int row)
{
  return MIN (run->n_steps[op] - 1, (int) ((gint64) row * run->n_steps[op] / strata_qop_bursts (run->graph, op)));
}

/* First row of step @step */
static int
row_of (const Run *run, int op, int step)
{
  int n_rows = strata_qop_bursts (run->graph, op);

  return (int) (((gint64) step * n_rows + run->n_steps[op] - 1) / run->n_steps[op]);
}

static double
ready_ps (const Run *run, int op, int last_row)
{
  double time_ps = 0;

  for (int input = 0; input < run->graph->ops[op].n_inputs; input++)
    {
      int producer = run->graph->tensors[run->graph->ops[op].inputs[input]].producer;

      if (producer >= 0)
        time_ps =
          MAX (time_ps,
               run->end_ps[producer][step_of (run, producer, strata_qop_needs_row (run->graph, op, input, last_row))]);
    }
  return time_ps;
}

static PlaceSpan
execute (Run *run, int op)
{
  double chance = activity (run, op), free_ps = 0;
  double stacks_ps = run->silent[op] ? 0 : chance * stack_row_ps (run, op);
  double mac_ps = run->silent[op] ? 0 : chance * mac_row_ps (run, op);
  double vector_ps = run->silent[op] ? 0 : chance * vector_row_ps (run, op);
  PlaceSpan span = { 0, 0 };

  for (int step = 0; step < run->n_steps[op]; step++)
    {
      int row = row_of (run, op, step), end = row_of (run, op, step + 1);
      double time_ps = MAX (free_ps, ready_ps (run, op, end - 1));

      if (step == 0)
        span.start_ps = time_ps;
      if (stacks_ps > 0)
        time_ps = free_ps = take (run, STACKS, time_ps, stacks_ps * (end - row), stack_rate (run, op), run->taken_ps);
      time_ps = take (run, MAC, time_ps, mac_ps * (end - row), chance, NULL);
      time_ps = take (run, VECTOR, time_ps, vector_ps * (end - row), chance, NULL);
      span.end_ps = run->end_ps[op][step] = MAX (span.end_ps, time_ps);
      if (stacks_ps <= 0)
        free_ps = time_ps;
    }
  return span;
}

/* --- all of it --- */

/* As long as the longest chain of single rows, and the slowest op or the busiest pool after it */
static double
length_ps (const Run *run)
{
  double busy_ps[N_POOLS] = { 0 }, longest_ps = 0, end_ps = 1;
  g_autofree double *path_ps = g_new0 (double, (gsize) run->graph->n_ops + 1);

  for (int op = 0; op < run->graph->n_ops; op++)
    {
      double n_rows = run->silent[op] ? 0 : strata_qop_bursts (run->graph, op), stacks_ps = 0, row_ps;

      if (n_rows > 0 && stack_rate (run, op) > 0)
        stacks_ps = activity (run, op) * stack_row_ps (run, op);
      busy_ps[STACKS] += n_rows * stacks_ps / run->chip->n_stacks;
      busy_ps[VECTOR] += n_rows * vector_row_ps (run, op);
      busy_ps[MAC] += n_rows * mac_row_ps (run, op);
      row_ps = (stacks_ps > 0 ? stacks_ps / stack_rate (run, op) : 0) + vector_row_ps (run, op) + mac_row_ps (run, op);
      longest_ps = MAX (longest_ps, n_rows * row_ps);
      for (int i = 0; i < run->graph->ops[op].n_inputs; i++)
        {
          int producer = run->graph->tensors[run->graph->ops[op].inputs[i]].producer;

          path_ps[op] = MAX (path_ps[op], producer < 0 ? 0 : path_ps[producer]);
        }
      path_ps[op] += n_rows > 0 ? row_ps : 0;
      end_ps = MAX (end_ps, path_ps[op]);
    }
  return LENGTH * (end_ps + MAX (longest_ps, MAX (busy_ps[STACKS], MAX (busy_ps[VECTOR], busy_ps[MAC]))));
}

static void
keep_profile (PlaceTimeline *timeline, Run *run, int op)
{
  int n = MAX (0, run->to - run->from);

  timeline->from[op] = n > 0 ? run->from : 0;
  timeline->n[op] = n;
  timeline->taken_ps[op] = g_memdup2 (&run->taken_ps[n > 0 ? run->from : 0], n * sizeof (double));
  memset (run->taken_ps, 0, PLACE_FINE_BINS * sizeof (double));
}

static void
clear_run (Run *run)
{
  for (int op = 0; op < run->graph->n_ops; op++)
    g_free (run->end_ps[op]);
  for (int i = 0; i < N_POOLS; i++)
    g_free (run->left_ps[i]);
  g_free (run->end_ps);
  g_free (run->n_steps);
  g_free (run->taken_ps);
  g_free (run->silent);
}

void
place_timeline_init (PlaceTimeline *timeline,
                     const StrataQGraph *graph,
                     const StrataTileSet *tiles,
                     const StrataChipSpec *chip,
                     const double *activity_of_ops)
{
  gsize n_ops = (gsize) graph->n_ops + 1;
  Run run = { graph, tiles, chip, activity_of_ops, strata_work_silent (graph) };

  *timeline = (PlaceTimeline){ g_new0 (PlaceSpan, n_ops), g_new0 (double *, n_ops), g_new0 (int, n_ops),
                               g_new0 (int, n_ops), graph->n_ops };
  timeline->bin_ps = run.bin_ps = length_ps (&run) / PLACE_FINE_BINS;
  run.end_ps = g_new0 (double *, n_ops);
  run.n_steps = g_new0 (int, n_ops);
  run.taken_ps = g_new0 (double, PLACE_FINE_BINS);
  for (int i = 0; i < N_POOLS; i++)
    {
      run.left_ps[i] = g_new (double, PLACE_FINE_BINS);
      for (int bin = 0; bin < PLACE_FINE_BINS; bin++)
        run.left_ps[i][bin] = run.bin_ps * (i == STACKS ? chip->n_stacks : 1);
    }
  for (int op = 0; op < graph->n_ops; op++)
    {
      run.n_steps[op] = CLAMP (strata_qop_bursts (graph, op), 1, MOST_STEPS);
      run.end_ps[op] = g_new (double, run.n_steps[op]);
      run.from = PLACE_FINE_BINS;
      run.to = 0;
      timeline->span[op] = execute (&run, op);
      keep_profile (timeline, &run, op);
      timeline->end_ps = MAX (timeline->end_ps, timeline->span[op].end_ps);
    }
  timeline->end_ps = MIN (timeline->end_ps, PLACE_FINE_BINS * timeline->bin_ps);
  clear_run (&run);
}

void
place_timeline_finish (PlaceTimeline *timeline)
{
  for (int op = 0; op < timeline->n_ops; op++)
    g_free (timeline->taken_ps[op]);
  g_free (timeline->span);
  g_free (timeline->taken_ps);
  g_free (timeline->from);
  g_free (timeline->n);
}

double
place_timeline_before (const PlaceTimeline *timeline, int op, double edge_ps)
{
  double sum_ps = 0, before_ps = 0;

  for (int i = 0; i < timeline->n[op]; i++)
    {
      double at_ps = (timeline->from[op] + i) * timeline->bin_ps;

      before_ps += timeline->taken_ps[op][i] * CLAMP ((edge_ps - at_ps) / timeline->bin_ps, 0, 1);
      sum_ps += timeline->taken_ps[op][i];
    }
  return sum_ps > 0 ? before_ps / sum_ps : edge_ps > timeline->span[op].start_ps;
}
