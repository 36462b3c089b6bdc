/* SPDX-License-Identifier: Apache-2.0
 *
 * The start: tiles with most work first (Graham, SIAM J. Appl. Math. 17, 1969), each onto the stack where it costs
 * least; of large models the least busy stacks are looked at, not all. Tiles that span tiers come before all others.
 */
#include "compiler/place/search.h"

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
  int wide = model->tile[j].n_tiers - model->tile[i].n_tiers;
  gint32 x = model->class[model->tile[i].class].work, y = model->class[model->tile[j].class].work;

  if (wide != 0)
    return wide;
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

  if (stack < 0 || !place_has_room (state, tile, stack))
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

static double
place_on_any (PlaceState *state, int tile)
{
  int best = -1;
  double price = 0;

  for (int stack = 0; stack < state->model->chip->n_stacks; stack++)
    consider (state, tile, stack, &best, &price);
  return place_attach (state, tile, best);
}

/* Tiles that are not placed yet */
static void
place_rest (PlaceState *state, const int *order)
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
    rank[order[i]] = i;
  for (int i = 0; i < n_stacks; i++)
    push (&heap, order[i]);
  g_qsort_with_data (tile, n_tiles, sizeof *tile, compare_work, (gpointer) model);
  for (int i = 0; i < n_tiles; i++)
    if (state->stack[tile[i]] >= 0)
      continue;
    else if (n_asked >= n_stacks || model->tile[tile[i]].n_tiers > 1)
      place_on_any (state, tile[i]);
    else
      place_on_some (state, &heap, tile[i], CLAMP (n_asked, LEAST_STACKS, MOST_STACKS));
}

/* Stacks along the curve. (transfer full) */
static int *
order_stacks (const PlaceModel *model)
{
  int *order = g_new (int, model->chip->n_stacks);

  for (int i = 0; i < model->chip->n_stacks; i++)
    order[i] = i;
  g_qsort_with_data (order, model->chip->n_stacks, sizeof *order, compare_curve, (gpointer) model->chip);
  return order;
}

void
place_construct (PlaceState *state)
{
  g_autofree int *order = order_stacks (state->model);

  place_rest (state, order);
}

/* --- blocks --- */

/* Tiles of ops that always fire together */
typedef struct
{
  int op;
  double work; /* of all its tiles in all routes */
  GArray *tiles;
} Atom;

static int
compare_atoms (gconstpointer a, gconstpointer b)
{
  const Atom *x = a, *y = b;

  return x->work != y->work ? (x->work < y->work) - (x->work > y->work) : x->op - y->op;
}

static void
clear_atom (gpointer data)
{
  g_array_unref (((Atom *) data)->tiles);
}

/* Those with most work first. (transfer full) (element-type Atom) */
static GArray *
list_atoms (const PlaceModel *model)
{
  GArray *atoms = g_array_new (FALSE, TRUE, sizeof (Atom));
  g_autofree int *place = g_new0 (int, (gsize) model->graph->n_ops + 1); /* of the atom in the list, + 1 */

  g_array_set_clear_func (atoms, clear_atom);
  for (int i = 0; i < model->tiles->n_tiles; i++)
    {
      const PlaceOp *op = &model->op[model->tile[i].op];
      Atom *atom;

      if (op->team < 0)
        continue;
      if (place[op->atom] == 0)
        {
          Atom made = { op->atom, 0, g_array_new (FALSE, FALSE, sizeof (int)) };

          g_array_append_val (atoms, made);
          place[op->atom] = (int) atoms->len;
        }
      atom = &g_array_index (atoms, Atom, place[op->atom] - 1);
      atom->work += (double) model->tile[i].fire * op->n_routes;
      g_array_append_val (atom->tiles, i);
    }
  g_array_sort (atoms, compare_atoms);
  return atoms;
}

/* Puts the tiles on the block of @size stacks from @first on; returns what that costs. */
static double
put_block (PlaceState *state, const Atom *atom, const int *order, int first, int size)
{
  double sum = 0;

  for (guint i = 0; i < atom->tiles->len; i++)
    {
      int tile = g_array_index (atom->tiles, int, i), stack = order[first + (int) i % size];

      if (!place_is_full (state, stack))
        sum += place_attach (state, tile, stack);
      else
        sum += place_on_any (state, tile);
    }
  return sum;
}

static void
put_atom (PlaceState *state, const Atom *atom, const int *order)
{
  int n_stacks = state->model->chip->n_stacks, size = (int) MIN ((guint) n_stacks, atom->tiles->len), best = 0;
  double best_price = 0;

  for (int first = 0; first + size <= n_stacks; first += size)
    {
      double price = put_block (state, atom, order, first, size);

      for (guint i = 0; i < atom->tiles->len; i++)
        place_detach (state, g_array_index (atom->tiles, int, i));
      if (first == 0 || price < best_price)
        {
          best = first;
          best_price = price;
        }
    }
  put_block (state, atom, order, best, size);
}

void
place_construct_blocks (PlaceState *state)
{
  g_autoptr (GArray) atoms = list_atoms (state->model);
  g_autofree int *order = order_stacks (state->model);

  for (guint i = 0; i < atoms->len; i++)
    put_atom (state, &g_array_index (atoms, Atom, i), order);
  place_rest (state, order);
}
