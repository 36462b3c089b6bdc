/* SPDX-License-Identifier: Apache-2.0
 *
 * Gives every tile a site. Three steps: tiles in order onto the least loaded and nearest stack; simulated annealing
 * over stacks with moves and swaps (Kirkpatrick, Gelatt, Vecchi, Science 220, 1983), seeded and bounded in work; then
 * the tiers of each stack, in the order in which its tiles run, up or down and spread so that busy tiles lie apart. The
 * result depends on the input and the seed only.
 */
#include <math.h>

#include "base/rng.h"
#include "compiler/place/objective.h"
#include "compiler/place/shared.h"

/* Evaluations of pairs of tiles that annealing may spend: some 20 ms */
#define ANNEAL_PAIRS (2.0 * 1000 * 1000)
#define ANNEAL_MOVES_PER_TILE 300
#define TIER_PASSES 2
#define TIER_CANDIDATES 48

/* The topmost free site of a stack; tier -1: it is full. */
static StrataSite
free_site (const PlaceState *state, int stack)
{
  for (int tier = state->chip->tiers - 1; tier >= 0; tier--)
    {
      StrataSite site = { stack, tier };

      if (state->occupant[(gsize) stack * state->chip->tiers + tier] < 0 && strata_chip_site_usable (state->chip, site))
        return site;
    }
  return (StrataSite){ stack, -1 };
}

/* --- start --- */

/* What a tile would cost on a stack, roughly: the work that lies there, more for work of the same op, and the way. */
static gint64
stack_score (const PlaceState *state, int tile, int stack, int n_same_op)
{
  const PlaceTile *self = &state->tile[tile];

  return state->stack_busy_ps[stack] + (gint64) n_same_op * self->busy_ps
         + (self->load_ps + self->sum_ps) * state->hub_hops[stack];
}

static gboolean
place_in_order (PlaceState *state, GError **error)
{
  g_autofree int *n_same_op = g_new0 (int, state->chip->n_stacks);

  for (int tile = 0; tile < state->tiles->n_tiles; tile++)
    {
      StrataSite best = { -1, -1 };
      gint64 best_score = G_MAXINT64;

      if (tile > 0 && state->tile[tile].op != state->tile[tile - 1].op)
        for (int stack = 0; stack < state->chip->n_stacks; stack++)
          n_same_op[stack] = 0;
      for (int stack = 0; stack < state->chip->n_stacks; stack++)
        {
          gint64 score = stack_score (state, tile, stack, n_same_op[stack]);
          StrataSite site;

          if (score >= best_score)
            continue;
          site = free_site (state, stack);
          if (site.tier < 0)
            continue;
          best = site;
          best_score = score;
        }
      if (best.stack < 0)
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
                       "the program has %d tiles and %s has %" G_GINT64_FORMAT " usable arrays; use a chip with more",
                       state->tiles->n_tiles, state->chip->name, strata_chip_arrays (state->chip));
          return FALSE;
        }
      n_same_op[best.stack]++;
      place_attach (state, tile, best);
    }
  return TRUE;
}

/* --- annealing over stacks --- */

static void
swap_tiles (PlaceState *state, int a, int b)
{
  StrataSite site_a = state->site[a], site_b = state->site[b];

  place_detach (state, a);
  place_detach (state, b);
  place_attach (state, a, site_b);
  place_attach (state, b, site_a);
}

static void
move_tile (PlaceState *state, int tile, StrataSite site)
{
  place_detach (state, tile);
  place_attach (state, tile, site);
}

/* Tries one move or swap and undoes it when it is not taken. */
static void
try_change (PlaceState *state, StrataRngBlock random, double temperature)
{
  gint64 before = place_total (&state->cost), delta;
  int tile = (int) (random.word[0] % (guint32) state->tiles->n_tiles);
  StrataSite from = state->site[tile];
  int other = -1;

  if (random.word[2] & 1)
    {
      other = (int) (random.word[1] % (guint32) state->tiles->n_tiles);
      if (state->site[other].stack == from.stack)
        return;
      swap_tiles (state, tile, other);
    }
  else
    {
      StrataSite to = free_site (state, (int) (random.word[1] % (guint32) state->chip->n_stacks));

      if (to.tier < 0 || to.stack == from.stack)
        return;
      move_tile (state, tile, to);
    }
  delta = place_total (&state->cost) - before;
  if (delta <= 0 || random.word[3] * 0x1p-32 < exp (-(double) delta / temperature))
    return;
  if (other >= 0)
    swap_tiles (state, tile, other);
  else
    move_tile (state, tile, from);
}

static void
restore (PlaceState *state, const StrataSite *site)
{
  for (int i = 0; i < state->tiles->n_tiles; i++)
    place_detach (state, i);
  for (int i = 0; i < state->tiles->n_tiles; i++)
    place_attach (state, i, site[i]);
}

static gint64
count_moves (const PlaceState *state)
{
  /* A change detaches and attaches two tiles, twice when undone, each against five stacks. */
  double pairs = 40.0 * (1.0 + (double) state->tiles->n_tiles / state->chip->n_stacks);

  return MIN ((gint64) state->tiles->n_tiles * ANNEAL_MOVES_PER_TILE, (gint64) (ANNEAL_PAIRS / pairs));
}

static void
anneal (PlaceState *state, guint64 seed)
{
  StrataRngKey key = strata_rng_key (seed, 0x706c616365);
  gint64 start = place_total (&state->cost), n_moves = count_moves (state);
  g_autofree StrataSite *site = NULL;
  double temperature = 0.2 * (double) start / MAX (1, state->tiles->n_tiles);

  if (state->tiles->n_tiles == 0 || state->chip->n_stacks < 2)
    return;
  site = g_memdup2 (state->site, (gsize) state->tiles->n_tiles * sizeof *site);
  for (gint64 i = 0; i < n_moves; i++)
    try_change (state, strata_rng_block (key, (guint64) i, 0),
                1e-3 + temperature * pow (1e-4, (double) i / (double) n_moves));
  if (place_total (&state->cost) > start)
    restore (state, site);
}

/* --- tiers --- */

static int
compare_int (gconstpointer a, gconstpointer b)
{
  return *(const int *) a - *(const int *) b;
}

typedef struct
{
  int stack, n_tiles, n_usable;
  int *tile;   /* in the order in which they run */
  int *usable; /* tiers from the bottom */
} TierPlan;

static int
plan_tier (const TierPlan *plan, int nth, int offset, int step)
{
  return step > 0 ? plan->usable[offset + nth * step] : plan->usable[offset + (plan->n_tiles - 1 - nth) * -step];
}

static void
attach_plan (PlaceState *state, const TierPlan *plan, int offset, int step)
{
  for (int i = 0; i < plan->n_tiles; i++)
    place_attach (state, plan->tile[i], (StrataSite){ plan->stack, plan_tier (plan, i, offset, step) });
}

static void
detach_plan (PlaceState *state, const TierPlan *plan)
{
  for (int i = 0; i < plan->n_tiles; i++)
    place_detach (state, plan->tile[i]);
}

/* Even offsets and steps, both directions; keeps the cheapest. The tiles of the plan are detached. */
static void
choose_tiers (PlaceState *state, const TierPlan *plan)
{
  int largest = plan->n_tiles < 2 ? 1 : MAX (1, (plan->n_usable - 1) / (plan->n_tiles - 1));
  int n_tries = CLAMP (4096 / MAX (1, plan->n_tiles), 4, TIER_CANDIDATES);
  int step_by = MAX (1, largest / 4), best_offset = 0, best_step = 1;
  gint64 best = G_MAXINT64;

  for (int step = largest; step >= 1; step -= step_by)
    {
      int n_offsets = plan->n_usable - (plan->n_tiles - 1) * step, offset_by = MAX (1, n_offsets * 8 / n_tries);

      for (int offset = 0; offset < n_offsets; offset += offset_by)
        for (int sign = 1; sign >= (plan->n_tiles < 2 ? 1 : -1); sign -= 2)
          {
            attach_plan (state, plan, offset, sign * step);
            if (place_total (&state->cost) < best)
              {
                best = place_total (&state->cost);
                best_offset = offset;
                best_step = sign * step;
              }
            detach_plan (state, plan);
          }
    }
  attach_plan (state, plan, best_offset, best_step);
}

static void
spread_tiers (PlaceState *state)
{
  g_autofree int *tile = g_new (int, state->chip->tiers), *usable = g_new (int, state->chip->tiers);

  for (int pass = 0; pass < TIER_PASSES; pass++)
    for (int stack = 0; stack < state->chip->n_stacks; stack++)
      {
        TierPlan plan = { stack, state->n_stack_tiles[stack], 0, tile, usable };

        if (plan.n_tiles == 0)
          continue;
        for (int i = 0; i < plan.n_tiles; i++)
          tile[i] = state->stack_tiles[stack][i];
        qsort (tile, plan.n_tiles, sizeof *tile, compare_int);
        for (int tier = 0; tier < state->chip->tiers; tier++)
          if (strata_chip_site_usable (state->chip, (StrataSite){ stack, tier }))
            usable[plan.n_usable++] = tier;
        detach_plan (state, &plan);
        choose_tiers (state, &plan);
      }
}

StrataPlacement *
strata_place (const StrataQGraph *graph,
              const StrataTileSet *tiles,
              const StrataChipSpec *chip,
              const StrataPlaceOptions *options,
              GError **error)
{
  g_autoptr (StrataPlacement) placement = g_new0 (StrataPlacement, 1);
  PlaceState state;
  gboolean ok;

  if (strata_tile_set_n_arrays (tiles) < tiles->n_tiles)
    return place_shared (graph, tiles, chip, options, error);
  place_state_init (&state, graph, tiles, chip);
  ok = place_in_order (&state, error);
  if (ok)
    {
      anneal (&state, options == NULL ? 0 : options->seed);
      spread_tiers (&state);
      placement->n_tiles = tiles->n_tiles;
      placement->site = g_memdup2 (state.site, ((gsize) tiles->n_tiles + 1) * sizeof *state.site);
      placement->cost_serial = state.cost.serial;
      placement->cost_switch = state.cost.switches;
      placement->cost_noc = state.cost.noc;
      placement->cost_heat = state.cost.heat;
      placement->cost_total = place_total (&state.cost);
    }
  place_state_finish (&state);
  if (!ok || !strata_placement_check (placement, tiles, chip, error))
    return NULL;
  return g_steal_pointer (&placement);
}
