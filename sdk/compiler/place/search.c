/* SPDX-License-Identifier: Apache-2.0
 *
 * Improving a placement. Descent: passes over the tiles in random order, each moved to the stack where it costs least
 * or swapped with a tile of another stack; when a pass finds nothing, ops are taken out whole and placed anew, kept
 * where that is better. Annealing: moves and swaps at random (Kirkpatrick, Gelatt, Vecchi, Science 220, 1983).
 */
#include "compiler/place/search.h"

#include <math.h>

#define ASKED 64        /* stacks that a tile is tried on at most; where there are more, near relatives and at random */
#define SWAPS 8         /* tried per tile and pass at most */
#define PASSES 2        /* that should fit into what may be asked for */
#define NEAR 3          /* links in each direction */
#define CHECK_EVERY 256 /* changes between looks at cancellation */
#define FIRST 0.3       /* temperature, of the mean rise of a change */
#define COOLING 1e-3    /* last temperature over the first */
#define KICKS 4         /* changes whatever they cost, before descending again */
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

/* How many stacks and swaps a tile may try, so that all tiles have their turn: of @most_asked and @most_swaps, as of
 * the first, in proportion */
static int
afford (const PlaceSearch *search, int most)
{
  double all = (double) search->state->model->tiles->n_tiles * PASSES * (ASKED + 8 * SWAPS);

  return CLAMP ((int) (most * (double) search->most_prices / MAX (1, all)), 1, most);
}

/* A relative: the home of its column block, or a tile of its op */
static int
draw_relative (const PlaceState *state, int tile, StrataRngBlock random)
{
  const PlaceModel *model = state->model;
  int op = model->tile[tile].op, first = model->tiles->op_first[op];

  if (random.word[1] & 1)
    return model->tile[tile].home;
  return first + (int) (random.word[2] % (guint32) (model->tiles->op_first[op + 1] - first));
}

/* A stack of the mesh within NEAR of @stack in each direction; -1: beyond the edge */
static int
draw_near (const StrataChipSpec *chip, int stack, StrataRngBlock random)
{
  int x = stack % chip->mesh_x + (int) (random.word[1] >> 8) % (2 * NEAR + 1) - NEAR;
  int y = stack / chip->mesh_x + (int) (random.word[2] >> 8) % (2 * NEAR + 1) - NEAR;

  return x < 0 || x >= chip->mesh_x || y < 0 || y * chip->mesh_x + x >= chip->n_stacks ? -1 : y * chip->mesh_x + x;
}

/* A stack to try @tile on: any, or one near a relative; -1: none */
static int
draw_stack (const PlaceState *state, int tile, StrataRngBlock random)
{
  const StrataChipSpec *chip = state->model->chip;
  int relative;

  if (random.word[0] & 1)
    return (int) (random.word[1] % (guint32) chip->n_stacks);
  relative = draw_relative (state, tile, random);
  return state->stack[relative] < 0 ? -1 : draw_near (chip, state->stack[relative], random);
}

/* The @nth stack to try @tile on: all where there are few */
static int
nth_stack (PlaceSearch *search, int tile, int nth)
{
  int n_stacks = search->state->model->chip->n_stacks;

  return n_stacks <= ASKED ? nth : draw_stack (search->state, tile, place_draw (search));
}

static gboolean
move_best (PlaceSearch *search, int tile)
{
  PlaceState *state = search->state;
  int from = state->stack[tile], best = from, n_asked = MIN (afford (search, ASKED), state->model->chip->n_stacks);
  double here = -place_detach (state, tile), least = here;

  search->n_prices += 2;
  for (int i = 0; i < n_asked; i++)
    {
      int stack = nth_stack (search, tile, i);
      double price;

      if (stack < 0 || stack == from || !place_has_room (state, tile, stack))
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

/* A tile to swap with, on a stack to try @tile on; -1: none, or nothing would change */
static int
draw_other (const PlaceState *state, int tile, StrataRngBlock random)
{
  const PlaceModel *model = state->model;
  int stack = draw_stack (state, tile, random), other;

  if (stack < 0 || stack == state->stack[tile] || state->n_tiles[stack] == 0)
    return -1;
  other = state->list[(gsize) stack * model->chip->tiers + random.word[3] % (guint32) state->n_tiles[stack]];
  if (!place_can_swap (state, tile, other))
    return -1;
  return model->tile[other].class == model->tile[tile].class && model->tile[other].group == model->tile[tile].group
             && model->tile[other].home == other && model->tile[tile].home == tile
           ? -1
           : other;
}

static gboolean
swap_better (PlaceSearch *search, int tile)
{
  PlaceState *state = search->state;
  int n_swaps = afford (search, SWAPS);

  for (int i = 0; i < n_swaps; i++)
    {
      int other = draw_other (state, tile, place_draw (search));

      if (other < 0)
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

/* The stack where @tile costs least, of those that may be asked; where all these are full, the first with room */
static int
cheapest (PlaceSearch *search, int tile)
{
  PlaceState *state = search->state;
  double least = 0;
  int best = -1;

  for (int i = 0; i < MIN (state->model->chip->n_stacks, ASKED); i++)
    {
      int stack = nth_stack (search, tile, i);
      double price;

      if (stack < 0 || !place_has_room (state, tile, stack))
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
    best = place_has_room (state, tile, stack) ? stack : -1;
  return best;
}

/* Takes an op out and places its tiles one by one, @like another op's where that is not -1; put back where that is no
 * better. */
static gboolean
replace_op (PlaceSearch *search, int op, int like, int *before)
{
  PlaceState *state = search->state;
  const int *first = state->model->tiles->op_first;
  double delta = 0;

  for (int tile = first[op]; tile < first[op + 1]; tile++)
    {
      before[tile] = state->stack[tile];
      delta += place_detach (state, tile);
    }
  /* Those that span tiers first: they would not find room between the others. */
  for (int wide = state->model->width > 1; wide >= 0; wide--)
    for (int tile = first[op]; tile < first[op + 1]; tile++)
      {
        int other = like < 0 ? -1 : first[like] + (tile - first[op]) % (first[like + 1] - first[like]);
        int stack = other < 0 ? -1 : state->stack[other];

        if ((state->model->tile[tile].n_tiers > 1) != wide)
          continue;
        stack = stack < 0 || !place_has_room (state, tile, stack) ? cheapest (search, tile) : stack;
        delta += place_attach (state, tile, stack);
      }
  search->n_prices += 2 * (first[op + 1] - first[op]);
  search->n_taken += is_better (state, delta);
  if (is_better (state, delta))
    return TRUE;
  for (int tile = first[op]; tile < first[op + 1]; tile++)
    place_detach (state, tile);
  for (int tile = first[op]; tile < first[op + 1]; tile++)
    place_attach (state, tile, before[tile]);
  search->n_prices += 2 * (first[op + 1] - first[op]);
  return FALSE;
}

/* An op onto the stacks of one that fires beside it: the two then wait for each other, and for no third. */
static gboolean
align_op (PlaceSearch *search, int op, int *before)
{
  const PlaceModel *model = search->state->model;
  gboolean found = FALSE;

  const PlaceTeam *team = model->op[op].team >= 0 ? &model->team[model->op[op].team] : NULL;

  for (int i = 0; team != NULL && i < team->n_ops && place_may_go_on (search); i++)
    if (model->team_op[team->first + i] != op)
      found |= replace_op (search, op, model->team_op[team->first + i], before);
  return found;
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
          found = align_op (search, op, before) || replace_op (search, op, -1, before);
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
  StrataRngBlock where = place_draw (search);
  int other = swap ? draw_other (state, tile, where) : -1, to = swap ? -1 : draw_stack (state, tile, where);
  double delta, bound = -temperature * log ((random.word[3] + 0.5) * 0x1p-32);

  search->n_prices++;
  if (swap ? other < 0 : to < 0 || to == from || !place_has_room (state, tile, to))
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
  first = FIRST * sum / MAX (1, n) + 1e-9;
  while (place_may_go_on (search))
    {
      double gone = (double) (search->n_prices - n_before) / (double) MAX (1, search->most_prices - n_before);

      try_change (search, first * pow (COOLING, gone));
    }
}

void
place_kick (PlaceSearch *search)
{
  if (search->state->model->chip->n_stacks > 1)
    for (int i = 0; i < KICKS; i++)
      try_change (search, G_MAXDOUBLE);
}
