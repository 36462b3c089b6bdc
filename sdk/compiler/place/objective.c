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

#define MEETINGS 64 /* units of one meeting; many cost at most FEW + 1 times as much, and one unit more each */
#define FEW 1
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

static const PlacePartner *
find_partner (const PlaceModel *model, const PlaceOp *op, int other)
{
  const PlacePartner *partner = &model->partner[op->first_partner];
  int low = 0, high = op->n_partners;

  while (low < high)
    {
      int middle = low + (high - low) / 2;

      if (partner[middle].op == other)
        return &partner[middle];
      if (partner[middle].op < other)
        low = middle + 1;
      else
        high = middle;
    }
  return NULL;
}

static int
count (const int *list, int n, int value)
{
  int found = 0;

  for (int i = 0; i < n; i++)
    found += list[i] == value;
  return found;
}

/* In units of MEETINGS: what @n meetings of tiles of two ops cost beside one. Where two ops wait for each other once,
 * more meetings hardly matter, for all of a layer waits: so they had better meet often than many pairs of ops meet. */
static gint64
meetings (gint64 n)
{
  return MEETINGS * (FEW + 1) * n / (n + FEW) + n;
}

/* Where it is known how often two ops fire together, that stands in for the product of their chances. */
static void
add_experts (const PlaceState *state, int tile, int stack, gint64 *term)
{
  const PlaceModel *model = state->model;
  const PlaceOp *op = &model->op[model->tile[tile].op];
  gsize at = (gsize) stack * model->chip->tiers;
  int n_tiles = state->n_tiles[stack];

  for (int i = 0; i < op->n_partners; i++)
    {
      const PlacePartner *partner = &model->partner[op->first_partner + i];
      int n = count (&state->list_op[at], n_tiles, partner->op), n_met = state->n_met[partner->pair];

      term[STRATA_PLACE_TERM_EXPERTS] +=
        partner->meet * meetings (n_met + n) / MEETINGS - partner->meet * meetings (n_met) / MEETINGS;
      for (int k = 0; n > 0 && k < n_tiles; k++)
        if (state->list_op[at + k] == partner->op)
          term[STRATA_PLACE_TERM_SERIAL] -= place_overlap (model, tile, state->list[at + k]);
    }
}

/* Counts meetings of @tile on @stack, or takes them back. */
static void
change_met (PlaceState *state, int tile, int stack, int sign)
{
  const PlaceModel *model = state->model;
  const PlaceOp *op = &model->op[model->tile[tile].op];

  for (int i = 0; i < op->n_partners; i++)
    {
      const PlacePartner *partner = &model->partner[op->first_partner + i];

      state->n_met[partner->pair] +=
        sign * count (&state->list_op[(gsize) stack * model->chip->tiers], state->n_tiles[stack], partner->op);
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
  if (model->op[model->tile[tile].op].n_partners > 0)
    add_experts (state, tile, stack, term);
  add_company (state, tile, stack, term);
  add_sums (state, tile, stack, term);
  add_heat (state, tile, stack, term);
  if (model->n_usable[stack] - state->n_tiles[stack] <= model->n_spare)
    term[STRATA_PLACE_TERM_SPARES]++;
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
  return state->n_tiles[stack] >= state->model->n_usable[stack];
}

/* Adds the tile's work to the sums of its stack, or takes it away. */
static void
change_sums (PlaceState *state, int tile, int stack, int sign)
{
  const PlaceModel *model = state->model;
  const PlaceClass *class = &model->class[model->tile[tile].class];
  gsize at = (gsize) stack * model->n_bins + class->bin;

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

  g_assert (state->stack[tile] < 0 && !place_is_full (state, stack));
  place_terms (state, tile, stack, term);
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    state->term[i] += term[i];
  change_sums (state, tile, stack, 1);
  change_met (state, tile, stack, 1);
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
  change_met (state, tile, stack, -1);
  place_terms (state, tile, stack, term);
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    state->term[i] -= term[i];
  return -weigh (state->model, term);
}

/* --- from nothing --- */

static void
add_pair (const PlaceModel *model, const int *stack, const int *tier, int i, int j, gint64 *term, int *n_met)
{
  const PlaceTile *a = &model->tile[i], *b = &model->tile[j];
  const PlacePartner *partner = find_partner (model, &model->op[a->op], b->op);
  gint64 heat = (gint64) model->class[a->class].heat * model->class[b->class].heat;
  int n_hops = place_hops (model->chip, stack[i], stack[j]);

  if (n_hops == 0 && partner == NULL)
    term[STRATA_PLACE_TERM_SERIAL] += place_overlap (model, i, j);
  else if (n_hops == 0)
    n_met[partner->pair]++;
  if (n_hops == 0)
    term[STRATA_PLACE_TERM_STEADY] += (gint64) model->class[a->class].work * model->class[b->class].work;
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
      n += stack[i] == which;
      work += stack[i] == which ? model->class[model->tile[i].class].work : 0;
    }
  term[STRATA_PLACE_TERM_PEAK] += excess (model, work);
  term[STRATA_PLACE_TERM_SPARES] += n > 0 ? CLAMP (model->n_spare - (model->n_usable[which] - n), 0, n) : 0;
}

void
place_recompute (const PlaceModel *model, const int *stack, const int *tier, gint64 *term)
{
  g_autofree int *n_met = g_new0 (int, (gsize) model->n_pairs + 1);
  int n = model->tiles->n_tiles;

  memset (term, 0, STRATA_N_PLACE_TERMS * sizeof *term);
  for (int i = 0; i < n; i++)
    {
      if (stack[i] < 0)
        continue;
      add_alone (model, stack, tier, i, term);
      for (int j = i + 1; j < n; j++)
        if (stack[j] >= 0)
          add_pair (model, stack, tier, i, j, term, n_met);
    }
  for (int which = 0; which < model->chip->n_stacks; which++)
    add_stack (model, stack, which, term);
  for (int op = 0; op < model->graph->n_ops; op++)
    for (int i = 0; i < model->op[op].n_partners; i++)
      {
        const PlacePartner *partner = &model->partner[model->op[op].first_partner + i];

        if (op < partner->op)
          term[STRATA_PLACE_TERM_EXPERTS] += partner->meet * meetings (n_met[partner->pair]) / MEETINGS;
      }
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
  state->n_met = g_new0 (int, (gsize) model->n_pairs + 1);
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
  memcpy (to->n_met, from->n_met, ((gsize) model->n_pairs + 1) * sizeof *to->n_met);
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
  g_free (state->n_met);
  g_free (state->work);
  g_free (state->heat);
  g_free (state->bin_work);
  g_free (state->bin_bursts);
  g_free (state->bin_squares);
}
