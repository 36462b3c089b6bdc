/* SPDX-License-Identifier: Apache-2.0
 *
 * The start: tiles with most work first (Graham, SIAM J. Appl. Math. 17, 1969), each onto the stack where it costs
 * least; on large chips the least busy stacks and those of the tile's relatives are looked at, not all.
 */
#include "compiler/place/search.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PRICES (1 << 20)
#define LEAST_STACKS 8

typedef struct
{
  int *stack; /* by work, then number */
  int *rank;  /* of a stack among them */
} Order;

static int
compare_work (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const PlaceModel *model = user_data;
  int i = *(const int *) a, j = *(const int *) b;
  gint32 x = model->class[model->tile[i].class].work, y = model->class[model->tile[j].class].work;

  return x != y ? (x < y) - (x > y) : i - j;
}

static gboolean
is_before (const PlaceState *state, int a, int b)
{
  return state->work[a] != state->work[b] ? state->work[a] < state->work[b] : a < b;
}

/* @stack has more work than before. */
static void
move_back (Order *order, const PlaceState *state, int stack)
{
  int n = state->model->chip->n_stacks, at = order->rank[stack];

  for (; at + 1 < n && is_before (state, order->stack[at + 1], stack); at++)
    {
      order->stack[at] = order->stack[at + 1];
      order->rank[order->stack[at]] = at;
    }
  order->stack[at] = stack;
  order->rank[stack] = at;
}

static void
consider (const PlaceState *state, int tile, int stack, int *best, double *best_price)
{
  double price;

  if (stack < 0 || place_is_full (state, stack))
    return;
  price = place_price (state, tile, stack);
  if (*best < 0 || price < *best_price)
    {
      *best = stack;
      *best_price = price;
    }
}

void
place_construct (PlaceState *state)
{
  const PlaceModel *model = state->model;
  int n_tiles = model->tiles->n_tiles, n_stacks = model->chip->n_stacks;
  int n_asked = MIN (n_stacks, MAX (LEAST_STACKS, MOST_PRICES / MAX (1, n_tiles)));
  g_autofree int *tile = g_new (int, (gsize) n_tiles + 1), *stack = g_new (int, n_stacks),
                 *rank = g_new (int, n_stacks);
  Order order = { stack, rank };

  for (int i = 0; i < n_tiles; i++)
    tile[i] = i;
  for (int i = 0; i < n_stacks; i++)
    stack[i] = rank[i] = i;
  g_qsort_with_data (tile, n_tiles, sizeof *tile, compare_work, (gpointer) model);
  for (int i = 0; i < n_tiles; i++)
    {
      double price = 0;
      int best = -1;

      for (int k = 0, n = 0; k < n_stacks && n < n_asked; k++)
        {
          n += !place_is_full (state, stack[k]);
          consider (state, tile[i], stack[k], &best, &price);
        }
      if (n_asked < n_stacks)
        {
          consider (state, tile[i], state->stack[model->tile[tile[i]].home], &best, &price);
          consider (state, tile[i], tile[i] > 0 ? state->stack[tile[i] - 1] : -1, &best, &price);
        }
      place_attach (state, tile[i], best);
      move_back (&order, state, best);
    }
}
