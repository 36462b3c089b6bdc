/* SPDX-License-Identifier: Apache-2.0
 *
 * The terms, all in picoseconds:
 *   serial    two tiles on one stack: the time in which both want its periphery, b_i b_j overlap / (span_i span_j) with
 * b the busy time of a tile, spread evenly over the span of its op. Tiles of one op overlap wholly. switches  two tiles
 * on one stack that overlap: a switch there and back for each burst of the one with fewer, weighted by how much of the
 * shorter span is shared. noc       link time x hops of the input rows from the hub, of partial sums to the home of the
 * column block, of the block's sums to the hub. (That tiles of one op on one stack share a line buffer is not counted.)
 *   heat      a tile's busy time x its depth below the cap (heat leaves upward, hardware-facts 10.3), and for pairs on
 * the same or a neighbouring stack the lesser busy time over their distance. The weights keep it to a tie-breaker: the
 *             whole gradient across a stack is a fraction of a kelvin (hardware-facts 2.3).
 */
#include "compiler/place/objective.h"

#include <math.h>

#include "cost/cost.h"
#include "program/work.h"

#define HEAT_DEPTH 128 /* the bottom tier costs a 128th of the tile's busy time */
#define HEAT_PAIR 32   /* two equal tiles at distance 0 would cost a 32nd of it */
#define HEAT_ACROSS 4  /* a neighbouring stack is as far as this many tiers: lateral heat takes the silicon below */

static gint64
overlap_ps (const PlaceState *state, int a, int b)
{
  gint64 from = MAX (state->span[a].start_ps, state->span[b].start_ps);
  gint64 to = MIN (state->span[a].end_ps, state->span[b].end_ps);

  return MAX (0, to - from);
}

static void
add_same_stack (const PlaceState *state, int i, int j, PlaceCost *cost)
{
  const PlaceTile *a = &state->tile[i], *b = &state->tile[j];
  gint64 shared_ps = overlap_ps (state, a->op, b->op);
  double len_a = (double) MAX (1, state->span[a->op].end_ps - state->span[a->op].start_ps);
  double len_b = (double) MAX (1, state->span[b->op].end_ps - state->span[b->op].start_ps);

  if (shared_ps == 0)
    return;
  cost->serial += llround ((double) a->busy_ps * (double) b->busy_ps * (double) shared_ps / (len_a * len_b));
  cost->switches += llround (2.0 * (double) state->switch_ps * MIN (a->n_bursts, b->n_bursts) * (double) shared_ps
                             / MIN (len_a, len_b));
}

static void
add_heat_pair (const PlaceState *state, int i, int j, int distance, PlaceCost *cost)
{
  gint64 busy_ps = MIN (state->tile[i].busy_ps, state->tile[j].busy_ps);

  cost->heat += busy_ps / HEAT_PAIR / (1 + HEAT_ACROSS * distance + ABS (state->site[i].tier - state->site[j].tier));
}

int
place_hops (const PlaceState *state, int from, int to)
{
  int x = state->chip->mesh_x;

  return ABS (from % x - to % x) + ABS (from / x - to / x);
}

/* The sums of @tile on their way to its home */
static void
add_sums (const PlaceState *state, int tile, PlaceCost *cost)
{
  int home = state->tile[tile].home;

  if (home != tile && state->site[home].stack >= 0)
    cost->noc += state->tile[tile].sum_ps * place_hops (state, state->site[tile].stack, state->site[home].stack);
}

/* Terms of @tile alone, and with the other attached tiles of its column block */
static void
add_tile (const PlaceState *state, int tile, PlaceCost *cost)
{
  const PlaceTile *self = &state->tile[tile];
  StrataSite site = state->site[tile];

  cost->noc += self->load_ps * state->hub_hops[site.stack];
  cost->heat += self->busy_ps * (state->chip->tiers - 1 - site.tier) / state->chip->tiers / HEAT_DEPTH;
  add_sums (state, tile, cost);
  if (self->home != tile)
    return;
  cost->noc += self->sum_ps * state->hub_hops[site.stack];
  for (int other = tile + 1; other < state->tiles->n_tiles && state->tile[other].home == tile; other++)
    if (state->site[other].stack >= 0)
      add_sums (state, other, cost);
}

/* Pairs of @tile with attached tiles of @stack; @distance 0 or 1 */
static void
add_pairs (const PlaceState *state, int tile, int stack, int distance, PlaceCost *cost)
{
  for (int i = 0; i < state->n_stack_tiles[stack]; i++)
    {
      int other = state->stack_tiles[stack][i];

      if (other == tile)
        continue;
      if (distance == 0)
        add_same_stack (state, tile, other, cost);
      add_heat_pair (state, tile, other, distance, cost);
    }
}

/* Calls for the neighbours of @stack on the mesh; returns how many. */
static int
neighbours (const StrataChipSpec *chip, int stack, int *out)
{
  int x = stack % chip->mesh_x, y = stack / chip->mesh_x, n = 0;

  if (x > 0)
    out[n++] = stack - 1;
  if (x + 1 < chip->mesh_x && stack + 1 < chip->n_stacks)
    out[n++] = stack + 1;
  if (y > 0)
    out[n++] = stack - chip->mesh_x;
  if (stack + chip->mesh_x < chip->n_stacks)
    out[n++] = stack + chip->mesh_x;
  return n;
}

/* All terms that @tile, which has a site, is part of */
static PlaceCost
cost_of (const PlaceState *state, int tile)
{
  PlaceCost cost = { 0 };
  int stack = state->site[tile].stack, near[4];
  int n_near = neighbours (state->chip, stack, near);

  add_tile (state, tile, &cost);
  add_pairs (state, tile, stack, 0, &cost);
  for (int i = 0; i < n_near; i++)
    add_pairs (state, tile, near[i], 1, &cost);
  return cost;
}

static void
accumulate (PlaceCost *total, PlaceCost part, int sign)
{
  total->serial += sign * part.serial;
  total->switches += sign * part.switches;
  total->noc += sign * part.noc;
  total->heat += sign * part.heat;
}

void
place_attach (PlaceState *state, int tile, StrataSite site)
{
  gsize index = (gsize) site.stack * state->chip->tiers + site.tier;

  g_assert (state->site[tile].stack < 0 && state->occupant[index] < 0);
  state->site[tile] = site;
  state->occupant[index] = tile;
  accumulate (&state->cost, cost_of (state, tile), 1);
  state->stack_tiles[site.stack][state->n_stack_tiles[site.stack]++] = tile;
  state->stack_busy_ps[site.stack] += state->tile[tile].busy_ps;
}

void
place_detach (PlaceState *state, int tile)
{
  StrataSite site = state->site[tile];
  int *list = state->stack_tiles[site.stack], n = --state->n_stack_tiles[site.stack];

  for (int i = 0; i <= n; i++)
    if (list[i] == tile)
      {
        list[i] = list[n];
        break;
      }
  accumulate (&state->cost, cost_of (state, tile), -1);
  state->occupant[(gsize) site.stack * state->chip->tiers + site.tier] = -1;
  state->stack_busy_ps[site.stack] -= state->tile[tile].busy_ps;
  state->site[tile] = (StrataSite){ -1, -1 };
}

PlaceCost
place_recompute (const PlaceState *state)
{
  PlaceCost total = { 0 };
  int n = state->tiles->n_tiles;

  for (int i = 0; i < n; i++)
    {
      PlaceCost alone = { 0 };

      if (state->site[i].stack < 0)
        continue;
      alone.noc = state->tile[i].load_ps * state->hub_hops[state->site[i].stack];
      if (state->tile[i].home == i)
        alone.noc += state->tile[i].sum_ps * state->hub_hops[state->site[i].stack];
      alone.heat =
        state->tile[i].busy_ps * (state->chip->tiers - 1 - state->site[i].tier) / state->chip->tiers / HEAT_DEPTH;
      add_sums (state, i, &alone);
      for (int j = i + 1; j < n; j++)
        {
          int distance;

          if (state->site[j].stack < 0)
            continue;
          distance = place_hops (state, state->site[i].stack, state->site[j].stack);
          if (distance == 0)
            add_same_stack (state, i, j, &alone);
          if (distance <= 1)
            add_heat_pair (state, i, j, distance, &alone);
        }
      accumulate (&total, alone, 1);
    }
  return total;
}

gint64
place_total (const PlaceCost *cost)
{
  return cost->serial + cost->switches + cost->noc + cost->heat;
}

/* --- set-up --- */

/* How long @n_bytes take each link of their way */
static gint64
link_ps (const StrataChipSpec *chip, gint64 n_bytes)
{
  return strata_cost_transfer_ps (chip, STRATA_BAND_NOMINAL, n_bytes, 1);
}

static void
set_tile (PlaceState *state, int id)
{
  const StrataTile *tile = &state->tiles->tiles[id];
  const StrataQOp *op = &state->graph->ops[tile->op];
  const StrataQTensor *in = &state->graph->tensors[op->inputs[0]], *out = &state->graph->tensors[op->output];
  int n_copies = strata_work_n_copies (state->tiles, tile->op), from, to;
  gint64 interval_ps =
    strata_cost_mvm_interval_ps (state->chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, MAX (1, op->n_reads));

  strata_work_channels (state->graph, tile, &from, &to);
  state->tile[id] = (PlaceTile){
    .op = tile->op,
    .home = strata_work_home (state->tiles, id),
    .n_bursts = strata_work_copy_rows (out->height, tile->copy, n_copies),
  };
  state->tile[id].busy_ps = state->tile[id].n_bursts * out->width * interval_ps;
  state->tile[id].load_ps =
    link_ps (state->chip, (gint64) (to - from) * in->width * in->height * strata_format_bytes (in->format));
  state->tile[id].sum_ps =
    link_ps (state->chip, (gint64) STRATA_SUM_BYTES * tile->n_cols * out->width * state->tile[id].n_bursts);
}

static void
set_hops (PlaceState *state)
{
  g_autofree int *links = g_new (int, state->chip->mesh_x + state->chip->mesh_y + 2);

  state->hub_hops = g_new (int, state->chip->n_stacks);
  for (int i = 0; i < state->chip->n_stacks; i++)
    state->hub_hops[i] = strata_chip_route (state->chip, state->chip->n_stacks, i, links);
}

void
place_state_init (PlaceState *state, const StrataQGraph *graph, const StrataTileSet *tiles, const StrataChipSpec *chip)
{
  gsize n_sites = (gsize) chip->n_stacks * chip->tiers;

  *state = (PlaceState){ .graph = graph, .tiles = tiles, .chip = chip };
  state->span = place_spans (graph, tiles, chip);
  state->tile = g_new0 (PlaceTile, (gsize) tiles->n_tiles + 1);
  state->site = g_new (StrataSite, (gsize) tiles->n_tiles + 1);
  state->occupant = g_new (int, n_sites);
  state->stack_tiles = g_new0 (int *, chip->n_stacks);
  state->n_stack_tiles = g_new0 (int, chip->n_stacks);
  state->stack_busy_ps = g_new0 (gint64, chip->n_stacks);
  for (int i = 0; i < chip->n_stacks; i++)
    state->stack_tiles[i] = g_new (int, chip->tiers);
  for (gsize i = 0; i < n_sites; i++)
    state->occupant[i] = -1;
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      const StrataTile *tile = &tiles->tiles[i];

      state->site[i] = (StrataSite){ -1, -1 };
      set_tile (state, i);
      state->switch_ps = MAX (
        state->switch_ps, strata_cost_select_ps (chip, STRATA_BAND_NOMINAL)
                            + strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, 1)
                            - strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, tile->n_cols, tile->n_slices, 1));
    }
  set_hops (state);
}

void
place_state_finish (PlaceState *state)
{
  for (int i = 0; i < state->chip->n_stacks; i++)
    g_free (state->stack_tiles[i]);
  g_free (state->stack_tiles);
  g_free (state->n_stack_tiles);
  g_free (state->stack_busy_ps);
  g_free (state->occupant);
  g_free (state->site);
  g_free (state->tile);
  g_free (state->span);
  g_free (state->hub_hops);
}
