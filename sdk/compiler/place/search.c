/* SPDX-License-Identifier: Apache-2.0
 *
 * Improving a placement. Descent: passes over the tiles in random order, each moved to the stack where it costs least
 * or swapped with a tile of another stack; when a pass finds nothing, ops are taken out whole and placed anew, kept
 * where that is better. Annealing: moves and swaps at random (Kirkpatrick, Gelatt, Vecchi, Science 220, 1983).
 */
#include "compiler/place/search.h"

#include <math.h>

#define ASKED 64        /* stacks that a tile is tried on; on larger chips those of relatives and random ones */
#define SWAPS 8         /* tried per tile and pass */
#define CHECK_EVERY 256 /* changes between looks at cancellation */
#define COOLING 1e-3    /* last temperature over the first */
#define SAMPLES 64

StrataRngBlock
place_draw (PlaceSearch *search)
{
  return strata_rng_block (search->key, search->n_drawn++, 0);
}

gboolean
place_may_go_on (PlaceSearch *search)
{
  if (search->n_prices >= search->most_prices)
    return FALSE;
  if (search->n_drawn % CHECK_EVERY > 0)
    return TRUE;
  if (search->progress != NULL)
    search->progress ((double) search->n_prices / (double) search->most_prices, search->progress_data);
  return !g_cancellable_is_cancelled (search->cancellable);
}

/* --- changes --- */

static void
swap_tiles (PlaceState *state, int a, int b)
{
  int stack_a = state->stack[a], stack_b = state->stack[b];

  place_detach (state, a);
  place_detach (state, b);
  place_attach (state, a, stack_b);
  place_attach (state, b, stack_a);
}

/* What swapping two tiles of different stacks changes; done, and to be undone by swapping again. */
static double
try_swap (PlaceSearch *search, int a, int b)
{
  PlaceState *state = search->state;
  int stack_a = state->stack[a], stack_b = state->stack[b];
  double delta = place_detach (state, a);

  delta += place_detach (state, b);
  delta += place_attach (state, a, stack_b);
  delta += place_attach (state, b, stack_a);
  search->n_prices += 4;
  return delta;
}

static void
undo_swap (PlaceSearch *search, int a, int b)
{
  swap_tiles (search->state, a, b);
  search->n_prices += 4;
}

/* Ignores what rounding could make of nothing */
static gboolean
is_better (const PlaceState *state, double delta)
{
  return delta < -1e-9 * (1 + place_total (state));
}

/* --- descent --- */

/* The @nth stack to try @tile on: all where there are few, else its relatives', then random ones. */
static int
nth_stack (PlaceSearch *search, int tile, int nth)
{
  const PlaceModel *model = search->state->model;
  int n_stacks = model->chip->n_stacks, n_tiles = model->tiles->n_tiles;

  if (n_stacks <= ASKED)
    return nth < n_stacks ? nth : -1;
  if (nth == 0)
    return search->state->stack[model->tile[tile].home];
  if (nth == 1)
    return tile > 0 ? search->state->stack[tile - 1] : -1;
  if (nth == 2)
    return tile + 1 < n_tiles ? search->state->stack[tile + 1] : -1;
  return (int) (place_draw (search).word[0] % (guint32) n_stacks);
}

static gboolean
move_best (PlaceSearch *search, int tile)
{
  PlaceState *state = search->state;
  int from = state->stack[tile], best = from, n_asked = MIN (ASKED, state->model->chip->n_stacks);
  double here = -place_detach (state, tile), least = here;

  search->n_prices += 2;
  for (int i = 0; i < n_asked; i++)
    {
      int stack = nth_stack (search, tile, i);
      double price;

      if (stack < 0 || stack == from || place_is_full (state, stack))
        continue;
      price = place_price (state, tile, stack);
      search->n_prices++;
      if (price < least)
        {
          least = price;
          best = stack;
        }
    }
  if (!is_better (state, least - here))
    best = from;
  place_attach (state, tile, best);
  search->n_taken += best != from;
  return best != from;
}

static gboolean
swap_better (PlaceSearch *search, int tile)
{
  PlaceState *state = search->state;

  for (int i = 0; i < SWAPS; i++)
    {
      int other = (int) (place_draw (search).word[0] % (guint32) state->model->tiles->n_tiles);

      if (state->stack[other] == state->stack[tile]
          || state->model->tile[other].class == state->model->tile[tile].class)
        continue;
      if (is_better (state, try_swap (search, tile, other)))
        {
          search->n_taken++;
          return TRUE;
        }
      undo_swap (search, tile, other);
    }
  return FALSE;
}

/* Takes an op out and places its tiles one by one; put back where that is no better. */
static gboolean
replace_op (PlaceSearch *search, int op, int *before)
{
  PlaceState *state = search->state;
  int from = state->model->tiles->op_first[op], to = state->model->tiles->op_first[op + 1];
  int n_stacks = state->model->chip->n_stacks;
  double delta = 0;

  for (int tile = from; tile < to; tile++)
    {
      before[tile] = state->stack[tile];
      delta += place_detach (state, tile);
    }
  for (int tile = from; tile < to; tile++)
    {
      int best = -1;
      double least = 0;

      for (int i = 0; i < MIN (n_stacks, ASKED); i++)
        {
          int stack = n_stacks <= ASKED ? i : (int) (place_draw (search).word[0] % (guint32) n_stacks);
          double price;

          if (place_is_full (state, stack))
            continue;
          price = place_price (state, tile, stack);
          search->n_prices++;
          if (best < 0 || price < least)
            {
              best = stack;
              least = price;
            }
        }
      for (int stack = 0; best < 0; stack++)
        best = place_is_full (state, stack) ? -1 : stack;
      delta += place_attach (state, tile, best);
    }
  search->n_prices += 2 * (to - from);
  search->n_taken += is_better (state, delta);
  if (is_better (state, delta))
    return TRUE;
  for (int tile = from; tile < to; tile++)
    place_detach (state, tile);
  for (int tile = from; tile < to; tile++)
    place_attach (state, tile, before[tile]);
  search->n_prices += 2 * (to - from);
  return FALSE;
}

static void
shuffle (PlaceSearch *search, int *tile, int n)
{
  for (int i = n - 1; i > 0; i--)
    {
      int j = (int) (place_draw (search).word[0] % (guint32) (i + 1)), kept = tile[i];

      tile[i] = tile[j];
      tile[j] = kept;
    }
}

void
place_descend (PlaceSearch *search)
{
  const PlaceModel *model = search->state->model;
  int n = model->tiles->n_tiles, op = 0;
  g_autofree int *tile = g_new (int, (gsize) n + 1), *before = g_new (int, (gsize) n + 1);
  gboolean found = TRUE;

  for (int i = 0; i < n; i++)
    tile[i] = i;
  while (found && n > 0)
    {
      found = FALSE;
      shuffle (search, tile, n);
      for (int i = 0; i < n && place_may_go_on (search); i++)
        {
          found |= move_best (search, tile[i]);
          found |= swap_better (search, tile[i]);
        }
      for (; !found && op < model->graph->n_ops && place_may_go_on (search); op++)
        if (model->tiles->op_first[op + 1] - model->tiles->op_first[op] > 1)
          found = replace_op (search, op, before);
      found = found && place_may_go_on (search);
    }
}

/* --- annealing --- */

/* One change at random; undone with the chance that a worse total has at @temperature. Returns what it would change. */
static double
try_change (PlaceSearch *search, double temperature)
{
  PlaceState *state = search->state;
  StrataRngBlock random = place_draw (search);
  int tile = (int) (random.word[0] % (guint32) state->model->tiles->n_tiles), from = state->stack[tile];
  gboolean swap = random.word[2] & 1;
  int other = (int) (random.word[1] % (guint32) state->model->tiles->n_tiles);
  int to = swap ? state->stack[other] : (int) (random.word[1] % (guint32) state->model->chip->n_stacks);
  double delta, bound = -temperature * log ((random.word[3] + 0.5) * 0x1p-32);

  search->n_prices++;
  if (to == from || (swap && state->model->tile[other].class == state->model->tile[tile].class)
      || (!swap && place_is_full (state, to)))
    return 0;
  if (swap)
    {
      delta = try_swap (search, tile, other);
      if (delta > bound)
        undo_swap (search, tile, other);
    }
  else
    {
      delta = place_detach (state, tile) + place_price (state, tile, to);
      place_attach (state, tile, delta > bound ? from : to);
      search->n_prices += 2;
    }
  search->n_taken += delta <= bound;
  return delta;
}

void
place_anneal (PlaceSearch *search)
{
  gint64 n_before = search->n_prices;
  double sum = 0, first;
  int n = 0;

  if (search->state->model->tiles->n_tiles == 0 || search->state->model->chip->n_stacks < 2)
    return;
  for (int i = 0; i < SAMPLES; i++)
    {
      double delta = try_change (search, 0);

      sum += MAX (0, delta);
      n += delta > 0;
    }
  first = 0.1 * sum / MAX (1, n) + 1e-9;
  while (place_may_go_on (search))
    {
      double gone = (double) (search->n_prices - n_before) / (double) MAX (1, search->most_prices - n_before);

      try_change (search, first * pow (COOLING, gone));
    }
}
