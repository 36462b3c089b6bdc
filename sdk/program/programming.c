/* SPDX-License-Identifier: Apache-2.0
 *
 * List scheduling of array writes: stacks are queues of arrays, row writers the machines, the stack with most rows left
 * goes first (Graham 1969). Time in rows is exact; picoseconds are rows times t_program_row. Where writers suffice for
 * all stacks, or the stacks' work is even, the result is the bound: the busiest stack, or all rows over all writers.
 */
#include "program/programming.h"

#include <math.h>

#include "cost/cost.h"

#define FJ_PER_S_MW 1e-12

/* --- what is written --- */

/* Rows of an array that hold cells of some tile; the tiles of an array overlap in rows where they lie side by side. */
static int
count_rows (const StrataTileSet *tiles, const int *next, int first, const StrataChipSpec *chip)
{
  const StrataTile *tile = &tiles->tiles[first];
  g_autofree guint8 *used = NULL;
  int n = 0;

  if (next[first] < 0)
    return tile->n_rows * tile->n_row_copies;
  used = g_malloc0 ((gsize) chip->rows);
  for (int i = first; i >= 0; i = next[i])
    for (int row = 0; row < tiles->tiles[i].n_rows * tiles->tiles[i].n_row_copies; row++)
      used[tiles->tiles[i].at_row + row] = 1;
  for (int row = 0; row < chip->rows; row++)
    n += used[row];
  return n;
}

static gint64
count_cells (const StrataTile *tile)
{
  return 2 * strata_tile_n_weights (tile) * tile->n_row_copies * tile->n_slices;
}

/* Per tile the next one on its array, -1: none */
static int *
chain_arrays (const StrataTileSet *tiles)
{
  int *next = g_new (int, (gsize) tiles->n_tiles + 1), *last = g_new (int, (gsize) tiles->n_tiles + 1);

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      int first = strata_tile_set_array (tiles, i);

      next[i] = -1;
      if (first != i)
        next[last[first]] = i;
      last[first] = i;
    }
  g_free (last);
  return next;
}

static void
list_steps (StrataProgrammingPlan *plan,
            const StrataTileSet *tiles,
            const StrataPlacement *placement,
            const StrataChipSpec *chip)
{
  g_autofree int *next = chain_arrays (tiles);

  plan->steps = g_new0 (StrataProgrammingStep, (gsize) tiles->n_tiles + 1);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      StrataProgrammingStep *step;

      if (tiles->tiles[i].array_back > 0)
        continue;
      step = &plan->steps[plan->n_steps++];
      step->tile = i;
      step->site = placement->site[i];
      step->n_rows = count_rows (tiles, next, i, chip);
      for (int j = i; j >= 0; j = next[j])
        step->n_cells += count_cells (&tiles->tiles[j]);
      plan->n_rows += step->n_rows;
      plan->n_cells += step->n_cells;
    }
}

/* --- when --- */

typedef struct
{
  int *first, *queue; /* steps by stack, in the order of tiles */
  int *next;          /* per stack: its next step in queue */
  gint64 *rows_left;  /* per stack */
  int *heap, n_heap;  /* stacks that wait: most rows left on top, lower number first */
} Stacks;

static gboolean
goes_before (const Stacks *stacks, int a, int b)
{
  return stacks->rows_left[a] != stacks->rows_left[b] ? stacks->rows_left[a] > stacks->rows_left[b] : a < b;
}

static void
push (Stacks *stacks, int stack)
{
  int at = stacks->n_heap++;

  for (; at > 0 && goes_before (stacks, stack, stacks->heap[(at - 1) / 2]); at = (at - 1) / 2)
    stacks->heap[at] = stacks->heap[(at - 1) / 2];
  stacks->heap[at] = stack;
}

static int
pop (Stacks *stacks)
{
  int top = stacks->heap[0], moved = stacks->heap[--stacks->n_heap], at = 0;

  for (int child = 1; child < stacks->n_heap; child = 2 * at + 1)
    {
      if (child + 1 < stacks->n_heap && goes_before (stacks, stacks->heap[child + 1], stacks->heap[child]))
        child++;
      if (!goes_before (stacks, stacks->heap[child], moved))
        break;
      stacks->heap[at] = stacks->heap[child];
      at = child;
    }
  stacks->heap[at] = moved;
  return top;
}

static void
fill_stacks (Stacks *stacks, const StrataProgrammingPlan *plan, const StrataChipSpec *chip)
{
  stacks->first = g_new0 (int, (gsize) chip->n_stacks + 1);
  stacks->queue = g_new (int, (gsize) plan->n_steps + 1);
  stacks->rows_left = g_new0 (gint64, chip->n_stacks);
  stacks->heap = g_new (int, (gsize) chip->n_stacks + 1);
  for (int i = 0; i < plan->n_steps; i++)
    {
      stacks->first[plan->steps[i].site.stack + 1]++;
      stacks->rows_left[plan->steps[i].site.stack] += plan->steps[i].n_rows;
    }
  for (int i = 0; i < chip->n_stacks; i++)
    stacks->first[i + 1] += stacks->first[i];
  stacks->next = g_memdup2 (stacks->first, ((gsize) chip->n_stacks + 1) * sizeof *stacks->next);
  for (int i = 0; i < plan->n_steps; i++)
    stacks->queue[stacks->next[plan->steps[i].site.stack]++] = i;
  for (int i = 0; i < chip->n_stacks; i++)
    {
      stacks->next[i] = stacks->first[i];
      if (stacks->rows_left[i] > 0)
        push (stacks, i);
    }
}

/* A write under way; a heap by end, then stack */
typedef struct
{
  gint64 end_rows;
  int stack;
} Writer;

static int
compare_writers (const Writer *a, const Writer *b)
{
  if (a->end_rows != b->end_rows)
    return a->end_rows < b->end_rows ? -1 : 1;
  return (a->stack > b->stack) - (a->stack < b->stack);
}

static void
push_writer (Writer *heap, int *n, Writer writer)
{
  int at = (*n)++;

  for (; at > 0 && compare_writers (&writer, &heap[(at - 1) / 2]) < 0; at = (at - 1) / 2)
    heap[at] = heap[(at - 1) / 2];
  heap[at] = writer;
}

static Writer
pop_writer (Writer *heap, int *n)
{
  Writer top = heap[0], moved = heap[--*n];
  int at = 0;

  for (int child = 1; child < *n; child = 2 * at + 1)
    {
      if (child + 1 < *n && compare_writers (&heap[child + 1], &heap[child]) < 0)
        child++;
      if (compare_writers (&heap[child], &moved) >= 0)
        break;
      heap[at] = heap[child];
      at = child;
    }
  heap[at] = moved;
  return top;
}

/* Sets start and end of every step in rows; returns the end of the last. */
static gint64
schedule (StrataProgrammingPlan *plan, Stacks *stacks, const StrataChipSpec *chip)
{
  int n_writers = MIN (chip->program_parallel, chip->n_stacks), n_busy = 0;
  g_autofree Writer *busy = g_new (Writer, (gsize) n_writers + 1);
  gint64 now = 0;

  while (stacks->n_heap > 0 || n_busy > 0)
    {
      while (stacks->n_heap > 0 && n_busy < n_writers)
        {
          int stack = pop (stacks);
          StrataProgrammingStep *step = &plan->steps[stacks->queue[stacks->next[stack]++]];

          step->start_ps = now;
          step->end_ps = now + step->n_rows;
          stacks->rows_left[stack] -= step->n_rows;
          push_writer (busy, &n_busy, (Writer){ step->end_ps, stack });
        }
      for (now = busy[0].end_rows; n_busy > 0 && busy[0].end_rows == now;)
        {
          int stack = pop_writer (busy, &n_busy).stack;

          if (stacks->rows_left[stack] > 0)
            push (stacks, stack);
        }
    }
  return now;
}

static int
compare_steps (gconstpointer a, gconstpointer b)
{
  const StrataProgrammingStep *x = a, *y = b;

  if (x->start_ps != y->start_ps)
    return x->start_ps < y->start_ps ? -1 : 1;
  return (x->site.stack > y->site.stack) - (x->site.stack < y->site.stack);
}

static void
set_figures (StrataProgrammingPlan *plan, gint64 end_rows, const StrataChipSpec *chip)
{
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      plan->time_ps[band] = strata_cost_times (end_rows, chip->t_program_row_ps[band]);
      plan->bound_ps[band] = MAX (strata_cost_program_ps (chip, band, plan->n_rows),
                                  strata_cost_times (plan->busiest_rows, chip->t_program_row_ps[band]));
      plan->energy_fj[band] = strata_cost_program_fj (chip, band, plan->n_cells);
      plan->power_mw[band] = plan->time_ps[band] > 0 ? plan->energy_fj[band] / (double) plan->time_ps[band] : 0;
      plan->loads[band] = floor (chip->endurance_cycles[band]);
    }
  for (int i = 0; i < plan->n_steps; i++)
    {
      plan->steps[i].start_ps =
        strata_cost_times (plan->steps[i].start_ps, chip->t_program_row_ps[STRATA_BAND_NOMINAL]);
      plan->steps[i].end_ps = strata_cost_times (plan->steps[i].end_ps, chip->t_program_row_ps[STRATA_BAND_NOMINAL]);
    }
}

StrataProgrammingPlan *
strata_programming_plan (const StrataTileSet *tiles, const StrataPlacement *placement, const StrataChipSpec *chip)
{
  StrataProgrammingPlan *plan = g_new0 (StrataProgrammingPlan, 1);
  Stacks stacks = { 0 };

  plan->busiest_stack = -1;
  list_steps (plan, tiles, placement, chip);
  fill_stacks (&stacks, plan, chip);
  for (int i = 0; i < chip->n_stacks; i++)
    if (stacks.rows_left[i] > plan->busiest_rows)
      {
        plan->busiest_rows = stacks.rows_left[i];
        plan->busiest_stack = i;
      }
  set_figures (plan, schedule (plan, &stacks, chip), chip);
  qsort (plan->steps, plan->n_steps, sizeof *plan->steps, compare_steps);
  g_free (stacks.first);
  g_free (stacks.queue);
  g_free (stacks.next);
  g_free (stacks.rows_left);
  g_free (stacks.heap);
  return plan;
}

void
strata_programming_plan_free (StrataProgrammingPlan *plan)
{
  if (plan == NULL)
    return;
  g_free (plan->steps);
  g_free (plan);
}

void
strata_programming_upkeep (const StrataProgrammingPlan *plan, double interval_s, double life_s, StrataUpkeep *upkeep)
{
  g_return_if_fail (plan != NULL && interval_s > 0 && life_s > 0 && upkeep != NULL);
  upkeep->n_loads = 1 + (isfinite (interval_s) ? floor (life_s / interval_s) : 0);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      upkeep->time_ps[band] = upkeep->n_loads * (double) plan->time_ps[band];
      upkeep->energy_fj[band] = upkeep->n_loads * plan->energy_fj[band];
      upkeep->power_mw[band] = upkeep->energy_fj[band] * FJ_PER_S_MW / life_s;
      upkeep->wear[band] = upkeep->n_loads / plan->loads[band];
      upkeep->worn_out_s[band] = plan->loads[band] * interval_s;
    }
}

/* --- check, print --- */

static gboolean
refuse (GError **error, int step, const char *reason)
{
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "programming plan: step %d: %s", step, reason);
  return FALSE;
}

/* Steps come by start: as many as writers may be under way at the start of each. */
static gboolean
check_times (const StrataProgrammingPlan *plan, const StrataChipSpec *chip, GError **error)
{
  g_autofree gint64 *free_ps = g_new0 (gint64, chip->n_stacks);
  g_autofree Writer *busy = g_new (Writer, (gsize) plan->n_steps + 1);
  int n_busy = 0;

  for (int i = 0; i < plan->n_steps; i++)
    {
      const StrataProgrammingStep *step = &plan->steps[i];

      if (i > 0 && step->start_ps < step[-1].start_ps)
        return refuse (error, i, "begins before the one listed before it");
      if (step->start_ps < free_ps[step->site.stack])
        return refuse (error, i, "begins while another tier of its stack is written");
      if (step->end_ps - step->start_ps
          != strata_cost_times (step->n_rows, chip->t_program_row_ps[STRATA_BAND_NOMINAL]))
        return refuse (error, i, "does not last as long as its rows");
      free_ps[step->site.stack] = step->end_ps;
      while (n_busy > 0 && busy[0].end_rows <= step->start_ps)
        pop_writer (busy, &n_busy);
      push_writer (busy, &n_busy, (Writer){ step->end_ps, step->site.stack });
      if (n_busy > chip->program_parallel)
        return refuse (error, i, "needs a row writer more than the chip has");
      if (step->end_ps > plan->time_ps[STRATA_BAND_NOMINAL])
        return refuse (error, i, "ends after the whole");
    }
  return TRUE;
}

gboolean
strata_programming_plan_check (const StrataProgrammingPlan *plan,
                               const StrataTileSet *tiles,
                               const StrataPlacement *placement,
                               const StrataChipSpec *chip,
                               GError **error)
{
  g_autofree int *next = chain_arrays (tiles);
  g_autofree guint8 *seen = g_malloc0 ((gsize) tiles->n_tiles + 1);
  int n_firsts = 0;

  for (int i = 0; i < plan->n_steps; i++)
    {
      const StrataProgrammingStep *step = &plan->steps[i];

      if (step->tile < 0 || step->tile >= tiles->n_tiles || tiles->tiles[step->tile].array_back != 0)
        return refuse (error, i, "is not the first tile of an array");
      if (seen[step->tile])
        return refuse (error, i, "writes an array a second time");
      seen[step->tile] = 1;
      if (step->site.stack != placement->site[step->tile].stack || step->site.tier != placement->site[step->tile].tier)
        return refuse (error, i, "is not where its tile lies");
      if (step->n_rows != count_rows (tiles, next, step->tile, chip))
        return refuse (error, i, "does not write the rows of its array");
    }
  for (int i = 0; i < tiles->n_tiles; i++)
    n_firsts += tiles->tiles[i].array_back == 0;
  if (plan->n_steps != n_firsts)
    return refuse (error, plan->n_steps, "arrays are missing after it");
  return check_times (plan, chip, error);
}

char *
strata_programming_plan_print (const StrataProgrammingPlan *plan)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "programming %d rows %" G_GINT64_FORMAT " cells %" G_GINT64_FORMAT "\n", plan->n_steps,
                          plan->n_rows, plan->n_cells);
  for (int i = 0; i < plan->n_steps; i++)
    g_string_append_printf (
      text, "write %d tile %d stack %d tier %d rows %d cells %" G_GINT64_FORMAT " at %" G_GINT64_FORMAT "\n", i,
      plan->steps[i].tile, plan->steps[i].site.stack, plan->steps[i].site.tier, plan->steps[i].n_rows,
      plan->steps[i].n_cells, plan->steps[i].start_ps);
  return g_string_free (text, FALSE);
}
