/* SPDX-License-Identifier: Apache-2.0
 *
 * Stacks by what they have to do in each window of time: what is beyond nine tenths of a window, squared, over the
 * window, summed over stacks and windows; and what tiles of one op wait for each other on a stack, as in the objective.
 * Sharing that harms nobody costs nothing, which sums of products of pairs cannot say. Tiles by work, each where that
 * grows least, then moves and swaps at random that lower it.
 */
#include "compiler/place/bins.h"
#include "compiler/place/search.h"

#define FULL 0.9
#define TRIALS_PER_TILE 500

typedef struct
{
  PlaceState *state;
  const StrataPlaceWindows *windows;
  float *load_ps; /* per stack and window */
  int *n_of_op;   /* per stack and op: its tiles */
  float full_ps;
} Windows;

static const float *
work_of (const Windows *w, int tile)
{
  return w->windows->work_ps + (gsize) tile * STRATA_PLACE_WINDOWS;
}

static float *
load_of (const Windows *w, int stack)
{
  return w->load_ps + (gsize) stack * STRATA_PLACE_WINDOWS;
}

static const float nothing[STRATA_PLACE_WINDOWS];

static int *
count_of (const Windows *w, int stack, int tile)
{
  const PlaceModel *model = w->state->model;

  return &w->n_of_op[(gsize) stack * (gsize) model->graph->n_ops + (gsize) model->tile[tile].op];
}

/* What tiles of one op wait for each other on @stack more or less with @tile in place of @other */
static double
turns (const Windows *w, int stack, int tile, int other)
{
  const PlaceModel *model = w->state->model;
  double sum_ps = 0;

  if (tile >= 0 && other >= 0 && model->tile[tile].op == model->tile[other].op)
    return 0;
  if (tile >= 0)
    sum_ps += (double) model->op[model->tile[tile].op].turn_ps * *count_of (w, stack, tile);
  if (other >= 0)
    sum_ps -= (double) model->op[model->tile[other].op].turn_ps * (*count_of (w, stack, other) - 1);
  return sum_ps;
}

/* What putting @tile in place of @other, either -1 for none, changes on @stack, in picoseconds */
static double
change (const Windows *w, int stack, int tile, int other)
{
  return place_bins_overload (load_of (w, stack), tile >= 0 ? work_of (w, tile) : nothing,
                              other >= 0 ? work_of (w, other) : nothing, w->full_ps, STRATA_PLACE_WINDOWS)
           / w->windows->window_ps
         + turns (w, stack, tile, other);
}

static void
add_load (Windows *w, int stack, int tile, float sign)
{
  for (int i = 0; i < STRATA_PLACE_WINDOWS; i++)
    load_of (w, stack)[i] += sign * work_of (w, tile)[i];
}

static void
put (Windows *w, int tile, int stack)
{
  place_attach (w->state, tile, stack);
  ++*count_of (w, stack, tile);
  add_load (w, stack, tile, 1);
}

static void
take (Windows *w, int tile)
{
  add_load (w, w->state->stack[tile], tile, -1);
  --*count_of (w, w->state->stack[tile], tile);
  place_detach (w->state, tile);
}

static double
sum (const float *values)
{
  double total = 0;

  for (int i = 0; i < STRATA_PLACE_WINDOWS; i++)
    total += (double) values[i];
  return total;
}

typedef struct
{
  double work_ps;
  int tile;
} Rank;

static int
compare_ranks (gconstpointer a, gconstpointer b)
{
  const Rank *x = a, *y = b;

  if (x->work_ps != y->work_ps)
    return x->work_ps > y->work_ps ? -1 : 1;
  return x->tile - y->tile;
}

static void
construct (Windows *w)
{
  const PlaceModel *model = w->state->model;
  int n = model->tiles->n_tiles;
  g_autofree Rank *order = g_new (Rank, (gsize) n + 1);

  for (int i = 0; i < n; i++)
    order[i] = (Rank){ sum (work_of (w, i)), i };
  qsort (order, (gsize) n, sizeof *order, compare_ranks);
  for (int i = 0; i < n; i++)
    {
      int tile = order[i].tile, best = -1;
      double least = 0;

      for (int stack = 0; stack < model->chip->n_stacks; stack++)
        {
          double price;

          if (!place_has_room (w->state, tile, stack))
            continue;
          price = change (w, stack, tile, -1);
          if (best < 0 || price < least)
            best = stack, least = price;
        }
      put (w, tile, best);
    }
}

/* One move or swap, if it lowers the sum */
static void
try_change (Windows *w, int a, int b, gboolean move)
{
  int from = w->state->stack[a], to = w->state->stack[b], other = move ? -1 : b;

  if (from == to || (move && !place_has_room (w->state, a, to)) || (!move && !place_can_swap (w->state, a, b))
      || change (w, from, other, a) + change (w, to, a, other) >= 0)
    return;
  take (w, a);
  if (!move)
    {
      take (w, b);
      put (w, b, from);
    }
  put (w, a, to);
}

void
place_by_windows (PlaceSearch *search, const StrataPlaceWindows *windows)
{
  const PlaceModel *model = search->state->model;
  int n = model->tiles->n_tiles;
  Windows w = { .state = search->state,
                .windows = windows,
                .load_ps = g_new0 (float, (gsize) model->chip->n_stacks *STRATA_PLACE_WINDOWS),
                .n_of_op = g_new0 (int, (gsize) model->chip->n_stacks *(gsize) model->graph->n_ops + 1),
                .full_ps = (float) (FULL * windows->window_ps) };

  construct (&w);
  for (gint64 trial = 0; n > 1 && trial < (gint64) TRIALS_PER_TILE * n; trial++)
    {
      StrataRngBlock block = place_draw (search);

      if (trial % 1024 == 0 && g_cancellable_is_cancelled (search->cancellable))
        break;
      try_change (&w, (int) (block.word[0] % (guint32) n), (int) (block.word[1] % (guint32) n), block.word[2] & 1);
    }
  g_free (w.load_ps);
  g_free (w.n_of_op);
}
