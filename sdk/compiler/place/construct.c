/* SPDX-License-Identifier: Apache-2.0
 *
 * The start: tiles with most work first (Graham, SIAM J. Appl. Math. 17, 1969), each onto the stack where it costs
 * least; of large models the least busy stacks are looked at, not all.
 */
#include "compiler/place/search.h"

#include <stdlib.h>
#include <string.h>

#define MOST_PRICES (1 << 20)
#define LEAST_STACKS 8 /* looked at */
#define MOST_STACKS 64 /* where not all are */

/* Stacks with room, a heap by work, then along a curve that keeps near what is near on the mesh, so that tiles of one
 * op, which follow each other, lie together */
typedef struct
{
  const PlaceState *state;
  int *stack, *rank;
  int n;
} Heap;

/* Bits of x and y in turn (Morton 1966) */
static guint64
along_curve (const StrataChipSpec *chip, int stack)
{
  guint64 x = (guint64) (stack % chip->mesh_x), y = (guint64) (stack / chip->mesh_x), code = 0;

  for (int bit = 0; bit < 31; bit++)
    code |= (x >> bit & 1) << 2 * bit | (y >> bit & 1) << (2 * bit + 1);
  return code;
}

static int
compare_work (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const PlaceModel *model = user_data;
  int i = *(const int *) a, j = *(const int *) b;
  gint32 x = model->class[model->tile[i].class].work, y = model->class[model->tile[j].class].work;

  return x != y ? (x < y) - (x > y) : i - j;
}

static int
compare_curve (gconstpointer a, gconstpointer b, gpointer user_data)
{
  guint64 x = along_curve (user_data, *(const int *) a), y = along_curve (user_data, *(const int *) b);

  return (x > y) - (x < y);
}

static gboolean
is_before (const Heap *heap, int a, int b)
{
  const gint64 *work = heap->state->work;

  return work[a] != work[b] ? work[a] < work[b] : heap->rank[a] < heap->rank[b];
}

static void
push (Heap *heap, int stack)
{
  int i = heap->n++;

  for (; i > 0 && is_before (heap, stack, heap->stack[(i - 1) / 2]); i = (i - 1) / 2)
    heap->stack[i] = heap->stack[(i - 1) / 2];
  heap->stack[i] = stack;
}

static int
pop (Heap *heap)
{
  int first = heap->stack[0], last = heap->stack[--heap->n], i = 0;

  for (int child = 1; child < heap->n; child = 2 * i + 1)
    {
      if (child + 1 < heap->n && is_before (heap, heap->stack[child + 1], heap->stack[child]))
        child++;
      if (!is_before (heap, heap->stack[child], last))
        break;
      heap->stack[i] = heap->stack[child];
      i = child;
    }
  heap->stack[i] = last;
  return first;
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

/* Of the @n least busy stacks, where @tile costs least. Stacks that are full leave the heap. */
static void
place_on_some (PlaceState *state, Heap *heap, int tile, int n)
{
  int taken[MOST_STACKS], n_taken = 0, best = -1;
  double price = 0;

  while (heap->n > 0 && n_taken < n)
    {
      int stack = pop (heap);

      if (place_is_full (state, stack))
        continue;
      taken[n_taken++] = stack;
      consider (state, tile, stack, &best, &price);
    }
  place_attach (state, tile, best);
  for (int i = 0; i < n_taken; i++)
    push (heap, taken[i]);
}

static void
place_on_any (PlaceState *state, int tile)
{
  int best = -1;
  double price = 0;

  for (int stack = 0; stack < state->model->chip->n_stacks; stack++)
    consider (state, tile, stack, &best, &price);
  place_attach (state, tile, best);
}

void
place_construct (PlaceState *state)
{
  const PlaceModel *model = state->model;
  int n_tiles = model->tiles->n_tiles, n_stacks = model->chip->n_stacks;
  int n_asked = MOST_PRICES / MAX (1, n_tiles);
  g_autofree int *tile = g_new (int, (gsize) n_tiles + 1), *stack = g_new (int, n_stacks),
                 *rank = g_new (int, n_stacks);
  Heap heap = { state, stack, rank, 0 };

  for (int i = 0; i < n_tiles; i++)
    tile[i] = i;
  for (int i = 0; i < n_stacks; i++)
    stack[i] = i;
  g_qsort_with_data (stack, n_stacks, sizeof *stack, compare_curve, (gpointer) model->chip);
  for (int i = 0; i < n_stacks; i++)
    rank[stack[i]] = i;
  for (int i = 0; i < n_stacks; i++)
    push (&heap, stack[i]);
  g_qsort_with_data (tile, n_tiles, sizeof *tile, compare_work, (gpointer) model);
  for (int i = 0; i < n_tiles; i++)
    if (n_asked >= n_stacks)
      place_on_any (state, tile[i]);
    else
      place_on_some (state, &heap, tile[i], CLAMP (n_asked, LEAST_STACKS, MOST_STACKS));
}
