/* SPDX-License-Identifier: Apache-2.0
 *
 * The terms, kept up to date while tiles come and go; README.md says what each stands for. Each is a sum over stacks of
 * a function of sums over the stack's tiles, or over tiles and the tiles that their sums go to: attaching adds the
 * difference, detaching takes the same difference away.
 */
#include "compiler/place/objective.h"

#include <math.h>
#include <string.h>

#include "compiler/place/bins.h"

#define HEAT_OWN 4 /* work on the same stack heats like four times as much on a neighbour */

/* --- terms of one tile --- */

/* Work of a stack that the interval has no time for */
static gint64
excess (const PlaceModel *model, gint64 work)
{
  return MAX (0, work - model->horizon);
}

static void
add_overlaps (const PlaceState *state, int tile, int stack, gint64 *term)
{
  const PlaceModel *model = state->model;
  const PlaceClass *class = &model->class[model->tile[tile].class];
  gsize at = (gsize) stack * model->n_bins + class->bin;

  term[STRATA_PLACE_TERM_SERIAL] +=
    place_bins_product (&model->work[class->first], &state->bin_work[at], class->n_bins);
  term[STRATA_PLACE_TERM_STEADY] += class->work * state->work[stack];
  term[STRATA_PLACE_TERM_PEAK] += excess (model, state->work[stack] + class->work) - excess (model, state->work[stack]);
  term[STRATA_PLACE_TERM_SWITCH] += (gint64) place_bins_switches (&state->bin_bursts[at], &state->bin_squares[at],
                                                                  &model->bursts[class->first], class->n_bins);
}

static int
count (const int *list, int n, int value)
{
  int found = 0;

  for (int i = 0; i < n; i++)
    found += list[i] == value;
  return found;
}

/* What all tiles of a route wait: each for those on its own stack, and all for the busiest. */
static void
add_experts (const PlaceState *state, int tile, int stack, gint64 *term)
{
  const PlaceModel *model = state->model;
  const PlaceOp *op = &model->op[model->tile[tile].op];
  gint64 fire = model->tile[tile].fire;

  for (int i = 0; i < op->n_routes; i++)
    {
      int route = model->route[op->first_route + i];
      gint64 load = state->load[(gsize) route * model->chip->n_stacks + stack];

      term[STRATA_PLACE_TERM_EXPERTS] += fire * (2 * load + fire);
      term[STRATA_PLACE_TERM_EXPERTS] +=
        PLACE_BUSIEST * model->route_work[route] * MAX (0, load + fire - state->most[route]);
    }
}

/* Adds the work of @tile to the loads of its routes, or takes it away. */
static void
change_loads (PlaceState *state, int tile, int stack, int sign)
{
  const PlaceModel *model = state->model;
  const PlaceOp *op = &model->op[model->tile[tile].op];
  gint32 fire = model->tile[tile].fire;
  int n_stacks = model->chip->n_stacks;

  for (int i = 0; i < op->n_routes; i++)
    {
      int route = model->route[op->first_route + i];
      gint32 *load = &state->load[(gsize) route * n_stacks], before = load[stack];

      load[stack] += sign * fire;
      if (load[stack] > state->most[route])
        state->most[route] = load[stack];
      else if (before == state->most[route])
        {
          state->most[route] = load[0];
          for (int other = 1; other < n_stacks; other++)
            state->most[route] = MAX (state->most[route], load[other]);
        }
    }
}

/* Tiles of the same op, and those that read the same rows */
static void
add_company (const PlaceState *state, int tile, int stack, gint64 *term)
{
  const PlaceModel *model = state->model;
  const PlaceTile *self = &model->tile[tile];
  gsize at = (gsize) stack * model->chip->tiers;
  int n_same = count (&state->list_op[at], state->n_tiles[stack], self->op);

  term[STRATA_PLACE_TERM_TURNS] += n_same * model->op[self->op].turn_ps;
  if (n_same == 0 || count (&state->list_group[at], state->n_tiles[stack], self->group) == 0)
    term[STRATA_PLACE_TERM_NOC] += model->group_ps[self->group] * model->hub_hops[stack];
  if (self->home == tile)
    term[STRATA_PLACE_TERM_NOC] += self->sum_ps * model->hub_hops[stack];
}

static gint64
sum_way (const PlaceState *state, int tile, int from, int to)
{
  return to < 0 ? 0 : state->model->tile[tile].sum_ps * place_hops (state->model->chip, from, to);
}

static void
add_sums (const PlaceState *state, int tile, int stack, gint64 *term)
{
  const PlaceModel *model = state->model;
  int home = model->tile[tile].home;

  if (home != tile)
    {
      term[STRATA_PLACE_TERM_SUMS] += sum_way (state, tile, stack, state->stack[home]);
      return;
    }
  for (int other = tile + 1; other < model->tiles->n_tiles && model->tile[other].home == tile; other++)
    term[STRATA_PLACE_TERM_SUMS] += sum_way (state, other, stack, state->stack[other]);
}

static void
add_heat (const PlaceState *state, int tile, int stack, gint64 *term)
{
  const PlaceModel *model = state->model;
  gint64 heat = model->class[model->tile[tile].class].heat, around = HEAT_OWN * state->heat[stack];
  int near[4], n_near = place_neighbours (model->chip, stack, near);

  for (int i = 0; i < n_near; i++)
    around += state->heat[near[i]];
  term[STRATA_PLACE_TERM_HEAT] += heat * around;
  term[STRATA_PLACE_TERM_DEPTH] += heat * heat * model->least_way[stack];
}

void
place_terms (const PlaceState *state, int tile, int stack, gint64 *term)
{
  const PlaceModel *model = state->model;

  memset (term, 0, STRATA_N_PLACE_TERMS * sizeof *term);
  add_overlaps (state, tile, stack, term);
  if (model->op[model->tile[tile].op].team >= 0)
    add_experts (state, tile, stack, term);
  add_company (state, tile, stack, term);
  add_sums (state, tile, stack, term);
  add_heat (state, tile, stack, term);
  term[STRATA_PLACE_TERM_SPARES] +=
    CLAMP (state->n_used[stack] + model->tile[tile].n_tiers - (model->n_usable[stack] - model->n_spare), 0,
           model->tile[tile].n_tiers);
}

static double
weigh (const PlaceModel *model, const gint64 *term)
{
  double total = 0;

  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    total += (double) term[i] * model->scale[i];
  return total;
}

double
place_price (const PlaceState *state, int tile, int stack)
{
  gint64 term[STRATA_N_PLACE_TERMS];

  place_terms (state, tile, stack, term);
  return weigh (state->model, term);
}

double
place_total (const PlaceState *state)
{
  return weigh (state->model, state->term);
}

/* --- coming and going --- */

gboolean
place_is_full (const PlaceState *state, int stack)
{
  return state->n_used[stack] >= state->model->n_usable[stack];
}

/* Whether a stack that has @n_used tiers taken, by @n_wide tiles that span several among others, can be tiled so */
static gboolean
fits (const PlaceModel *model, int stack, int n_used, int n_wide)
{
  return n_used <= model->n_usable[stack] && n_wide <= model->most_wide[stack];
}

gboolean
place_has_room (const PlaceState *state, int tile, int stack)
{
  int n_tiers = state->model->tile[tile].n_tiers;

  return fits (state->model, stack, state->n_used[stack] + n_tiers, state->n_wide[stack] + (n_tiers > 1));
}

gboolean
place_can_swap (const PlaceState *state, int a, int b)
{
  const PlaceModel *model = state->model;
  int more = model->tile[a].n_tiers - model->tile[b].n_tiers;
  int wide = (model->tile[a].n_tiers > 1) - (model->tile[b].n_tiers > 1), at_a = state->stack[a],
      at_b = state->stack[b];

  return fits (model, at_a, state->n_used[at_a] - more, state->n_wide[at_a] - wide)
         && fits (model, at_b, state->n_used[at_b] + more, state->n_wide[at_b] + wide);
}

/* Adds the tile's work to the sums of its stack, or takes it away. */
static void
change_sums (PlaceState *state, int tile, int stack, int sign)
{
  const PlaceModel *model = state->model;
  const PlaceClass *class = &model->class[model->tile[tile].class];
  gsize at = (gsize) stack * model->n_bins + class->bin;

  state->n_used[stack] += sign * model->tile[tile].n_tiers;
  state->n_wide[stack] += sign * (model->tile[tile].n_tiers > 1);
  state->work[stack] += sign * class->work;
  state->heat[stack] += sign * class->heat;
  for (int i = 0; i < class->n_bins; i++)
    {
      double n = model->bursts[class->first + i];

      state->bin_work[at + i] += sign * model->work[class->first + i];
      state->bin_bursts[at + i] += sign * n;
      state->bin_squares[at + i] += sign * n * n;
    }
}

static void
set_slot (PlaceState *state, int stack, int slot, int tile)
{
  gsize at = (gsize) stack * state->model->chip->tiers + slot;

  state->list[at] = tile;
  state->list_op[at] = state->model->tile[tile].op;
  state->list_group[at] = state->model->tile[tile].group;
  state->slot[tile] = slot;
}

double
place_attach (PlaceState *state, int tile, int stack)
{
  gint64 term[STRATA_N_PLACE_TERMS];

  g_assert (state->stack[tile] < 0 && place_has_room (state, tile, stack));
  place_terms (state, tile, stack, term);
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    state->term[i] += term[i];
  change_sums (state, tile, stack, 1);
  change_loads (state, tile, stack, 1);
  set_slot (state, stack, state->n_tiles[stack]++, tile);
  state->stack[tile] = stack;
  return weigh (state->model, term);
}

double
place_detach (PlaceState *state, int tile)
{
  int stack = state->stack[tile];
  int last = --state->n_tiles[stack];
  gint64 term[STRATA_N_PLACE_TERMS];

  set_slot (state, stack, state->slot[tile], state->list[(gsize) stack * state->model->chip->tiers + last]);
  state->stack[tile] = -1;
  change_sums (state, tile, stack, -1);
  change_loads (state, tile, stack, -1);
  place_terms (state, tile, stack, term);
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    state->term[i] -= term[i];
  return -weigh (state->model, term);
}

/* --- from nothing --- */

static void
add_pair (const PlaceModel *model, const int *stack, const int *tier, int i, int j, gint64 *term)
{
  const PlaceTile *a = &model->tile[i], *b = &model->tile[j];
  gint64 heat = (gint64) model->class[a->class].heat * model->class[b->class].heat;
  int n_hops = place_hops (model->chip, stack[i], stack[j]);

  if (n_hops == 0)
    {
      term[STRATA_PLACE_TERM_SERIAL] += place_overlap (model, i, j);
      term[STRATA_PLACE_TERM_STEADY] += (gint64) model->class[a->class].work * model->class[b->class].work;
    }
  if (n_hops == 0 && a->op == b->op)
    term[STRATA_PLACE_TERM_TURNS] += model->op[a->op].turn_ps;
  if (b->home == i)
    term[STRATA_PLACE_TERM_SUMS] += b->sum_ps * n_hops;
  if (n_hops <= 1)
    term[STRATA_PLACE_TERM_HEAT] += n_hops == 0 ? HEAT_OWN * heat : heat;
  if (tier != NULL && n_hops <= 1)
    term[STRATA_PLACE_TERM_DEPTH] +=
      heat * (n_hops == 0 ? place_shared_way (model, tier[i], tier[j]) : place_across (model, tier[i], tier[j]));
}

/* Of tile @i: its rows, where no tile before it brings them, its sums on their way to the hub, its own heat. */
static void
add_alone (const PlaceModel *model, const int *stack, const int *tier, int i, gint64 *term)
{
  const PlaceTile *self = &model->tile[i];
  gint64 heat = model->class[self->class].heat;
  gboolean there = FALSE;

  for (int j = model->tiles->op_first[self->op]; j < i && !there; j++)
    there = stack[j] == stack[i] && model->tile[j].group == self->group;
  if (!there)
    term[STRATA_PLACE_TERM_NOC] += model->group_ps[self->group] * model->hub_hops[stack[i]];
  if (self->home == i)
    term[STRATA_PLACE_TERM_NOC] += self->sum_ps * model->hub_hops[stack[i]];
  term[STRATA_PLACE_TERM_DEPTH] +=
    heat * heat * (tier != NULL ? place_shared_way (model, tier[i], tier[i]) : model->least_way[stack[i]]);
}

/* Excess, switches and spares of one stack */
static void
add_stack (const PlaceModel *model, const int *stack, int which, gint64 *term)
{
  gint64 work = 0;
  int n = 0;

  for (int bin = 0; bin < model->n_bins; bin++)
    {
      double sum = 0, squares = 0;

      for (int i = 0; i < model->tiles->n_tiles; i++)
        {
          const PlaceClass *class = &model->class[model->tile[i].class];

          if (stack[i] != which || bin < class->bin || bin >= class->bin + class->n_bins)
            continue;
          sum += model->bursts[class->first + bin - class->bin];
          squares += model->bursts[class->first + bin - class->bin] * model->bursts[class->first + bin - class->bin];
        }
      term[STRATA_PLACE_TERM_SWITCH] += (gint64) floor (sum - squares / MAX (sum, 1));
    }
  for (int i = 0; i < model->tiles->n_tiles; i++)
    {
      n += stack[i] == which ? model->tile[i].n_tiers : 0;
      work += stack[i] == which ? model->class[model->tile[i].class].work : 0;
    }
  term[STRATA_PLACE_TERM_PEAK] += excess (model, work);
  term[STRATA_PLACE_TERM_SPARES] += n > 0 ? CLAMP (model->n_spare - (model->n_usable[which] - n), 0, n) : 0;
}

static void
add_route (const PlaceModel *model, const int *stack, int route, gint64 *term)
{
  g_autofree gint64 *load = g_new0 (gint64, model->chip->n_stacks);
  gint64 most = 0;

  for (int i = 0; i < model->tiles->n_tiles; i++)
    {
      const PlaceOp *op = &model->op[model->tile[i].op];

      for (int r = 0; r < op->n_routes && stack[i] >= 0; r++)
        if (model->route[op->first_route + r] == route)
          load[stack[i]] += model->tile[i].fire;
    }
  for (int which = 0; which < model->chip->n_stacks; which++)
    {
      term[STRATA_PLACE_TERM_EXPERTS] += load[which] * load[which];
      most = MAX (most, load[which]);
    }
  term[STRATA_PLACE_TERM_EXPERTS] += PLACE_BUSIEST * model->route_work[route] * most;
}

void
place_recompute (const PlaceModel *model, const int *stack, const int *tier, gint64 *term)
{
  int n = model->tiles->n_tiles;

  memset (term, 0, STRATA_N_PLACE_TERMS * sizeof *term);
  for (int i = 0; i < n; i++)
    {
      if (stack[i] < 0)
        continue;
      add_alone (model, stack, tier, i, term);
      for (int j = i + 1; j < n; j++)
        if (stack[j] >= 0)
          add_pair (model, stack, tier, i, j, term);
    }
  for (int which = 0; which < model->chip->n_stacks; which++)
    add_stack (model, stack, which, term);
  for (int route = 0; route < model->n_routes; route++)
    add_route (model, stack, route, term);
}

/* --- set-up --- */

void
place_state_init (PlaceState *state, const PlaceModel *model)
{
  gsize n_stacks = (gsize) model->chip->n_stacks, n_sites = n_stacks * model->chip->tiers;
  gsize n_tiles = (gsize) model->tiles->n_tiles + 1, n_bins = n_stacks * model->n_bins;

  *state = (PlaceState){ .model = model };
  state->stack = g_new (int, n_tiles);
  state->slot = g_new0 (int, n_tiles);
  state->list = g_new0 (int, n_sites);
  state->list_op = g_new0 (int, n_sites);
  state->list_group = g_new0 (int, n_sites);
  state->n_tiles = g_new0 (int, n_stacks);
  state->n_used = g_new0 (int, n_stacks);
  state->n_wide = g_new0 (int, n_stacks);
  state->load = g_new0 (gint32, (gsize) model->n_routes * n_stacks + 1);
  state->most = g_new0 (gint32, (gsize) model->n_routes + 1);
  state->work = g_new0 (gint64, n_stacks);
  state->heat = g_new0 (gint64, n_stacks);
  state->bin_work = g_new0 (gint32, n_bins);
  state->bin_bursts = g_new0 (double, n_bins);
  state->bin_squares = g_new0 (double, n_bins);
  for (gsize i = 0; i < n_tiles; i++)
    state->stack[i] = -1;
}

void
place_state_copy (PlaceState *to, const PlaceState *from)
{
  const PlaceModel *model = from->model;
  gsize n_stacks = (gsize) model->chip->n_stacks, n_sites = n_stacks * model->chip->tiers;
  gsize n_tiles = (gsize) model->tiles->n_tiles + 1, n_bins = n_stacks * model->n_bins;

  memcpy (to->stack, from->stack, n_tiles * sizeof *to->stack);
  memcpy (to->slot, from->slot, n_tiles * sizeof *to->slot);
  memcpy (to->list, from->list, n_sites * sizeof *to->list);
  memcpy (to->list_op, from->list_op, n_sites * sizeof *to->list_op);
  memcpy (to->list_group, from->list_group, n_sites * sizeof *to->list_group);
  memcpy (to->n_tiles, from->n_tiles, n_stacks * sizeof *to->n_tiles);
  memcpy (to->n_used, from->n_used, n_stacks * sizeof *to->n_used);
  memcpy (to->n_wide, from->n_wide, n_stacks * sizeof *to->n_wide);
  memcpy (to->load, from->load, (gsize) model->n_routes * n_stacks * sizeof *to->load);
  memcpy (to->most, from->most, (gsize) model->n_routes * sizeof *to->most);
  memcpy (to->work, from->work, n_stacks * sizeof *to->work);
  memcpy (to->heat, from->heat, n_stacks * sizeof *to->heat);
  memcpy (to->bin_work, from->bin_work, n_bins * sizeof *to->bin_work);
  memcpy (to->bin_bursts, from->bin_bursts, n_bins * sizeof *to->bin_bursts);
  memcpy (to->bin_squares, from->bin_squares, n_bins * sizeof *to->bin_squares);
  memcpy (to->term, from->term, sizeof to->term);
}

void
place_state_finish (PlaceState *state)
{
  g_free (state->stack);
  g_free (state->slot);
  g_free (state->list);
  g_free (state->list_op);
  g_free (state->list_group);
  g_free (state->n_tiles);
  g_free (state->n_used);
  g_free (state->n_wide);
  g_free (state->load);
  g_free (state->most);
  g_free (state->work);
  g_free (state->heat);
  g_free (state->bin_work);
  g_free (state->bin_bursts);
  g_free (state->bin_squares);
}
