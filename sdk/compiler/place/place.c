/* SPDX-License-Identifier: Apache-2.0
 *
 * Gives every tile a site: a start, two searches from it, the better of them, then tiers. The result depends on the
 * input and the options, not on the number of threads: each search has its own state, seed and share of the work.
 */
#include "base/parallel.h"
#include "compiler/place/search.h"
#include "compiler/place/shared.h"

#define N_CHAINS 2
/* Prices that one core works out in a second, on the machine of tests/bench; half as many where the sums of so many
 * tiles' stacks no longer fit its caches */
#define PRICES_PER_S 4e6
#define HALF_AS_FAST 250e3
/* Seconds that improving takes when the caller does not say: so much per tile, within limits */
#define EFFORT_PER_TILE 15e-6
#define LEAST_EFFORT 0.02
#define MOST_EFFORT 8.0

typedef struct
{
  const StrataPlaceOptions *options;
  const PlaceState *start[N_CHAINS];
  PlaceState state[N_CHAINS];
  StrataPlaceAlgorithm algorithm[N_CHAINS];
  gint64 most_prices;
  int n;
} Chains;

static gint64
count_prices (const StrataPlaceOptions *options, int n_tiles)
{
  double effort = CLAMP (EFFORT_PER_TILE * n_tiles, LEAST_EFFORT, MOST_EFFORT);

  if (options->effort != 0)
    effort = MIN (options->effort, 1e6);
  return (gint64) (effort * PRICES_PER_S / (1 + n_tiles / HALF_AS_FAST));
}

/* Kicks what was found and descends again, as long as the search may; keeps the best. */
static void
kick_on (PlaceSearch *search, PlaceState *best)
{
  place_state_copy (best, search->state);
  while (place_may_go_on (search))
    {
      place_kick (search);
      place_descend (search);
      if (place_total (search->state) < place_total (best))
        place_state_copy (best, search->state);
      else
        place_state_copy (search->state, best);
    }
}

static gboolean
run_chain (guint index, gpointer user_data, GError **error)
{
  Chains *chains = user_data;
  PlaceSearch search = { .state = &chains->state[index],
                         .key = strata_rng_key (chains->options->seed, 0x706c616365 + index),
                         .most_prices = chains->most_prices,
                         .cancellable = chains->options->cancellable };

  if (index == 0)
    {
      search.progress = chains->options->progress;
      search.progress_data = chains->options->progress_data;
    }
  place_state_copy (search.state, chains->start[index]);
  if (chains->algorithm[index] == STRATA_PLACE_ANNEAL)
    {
      search.most_prices = search.most_prices * 3 / 4;
      place_anneal (&search);
      search.most_prices = chains->most_prices;
    }
  place_descend (&search);
  if (search.state->model->tiles->n_tiles > 1)
    {
      PlaceState best;

      place_state_init (&best, search.state->model);
      kick_on (&search, &best);
      place_state_finish (&best);
    }
  return !g_cancellable_set_error_if_cancelled (search.cancellable, error);
}

/* Leaves the best of the start and of what the chains made of it in @state. @blocks: another start, NULL: none */
static gboolean
improve (PlaceState *state,
         const PlaceState *blocks,
         const StrataPlaceOptions *options,
         PlaceTried *tried,
         int *n_tried,
         GError **error)
{
  Chains chains = { options, { blocks != NULL ? blocks : state, state } };
  gboolean ok;
  int best = -1;

  tried[(*n_tried)++] = (PlaceTried){ "every tile where it costs least, in one go", place_total (state), TRUE };
  if (options->effort < 0 || options->algorithm == STRATA_PLACE_GREEDY || state->model->tiles->n_tiles == 0)
    return TRUE;
  chains.n = options->algorithm == STRATA_PLACE_BEST ? N_CHAINS : 1;
  chains.algorithm[0] = options->algorithm == STRATA_PLACE_ANNEAL ? STRATA_PLACE_ANNEAL : STRATA_PLACE_DESCENT;
  chains.algorithm[1] = STRATA_PLACE_ANNEAL;
  chains.most_prices = count_prices (options, state->model->tiles->n_tiles) / chains.n;
  for (int i = 0; i < chains.n; i++)
    place_state_init (&chains.state[i], state->model);
  ok = strata_parallel_for ((guint) chains.n, MAX (1, options->n_threads), run_chain, &chains, options->cancellable,
                            error);
  for (int i = 0; ok && i < chains.n; i++)
    if (place_total (&chains.state[i]) < place_total (best < 0 ? state : &chains.state[best]))
      best = i;
  for (int i = 0; ok && i < chains.n; i++)
    tried[(*n_tried)++] = (PlaceTried){ chains.algorithm[i] == STRATA_PLACE_ANNEAL ? "moves and swaps by annealing"
                                                                                   : "descent by moves and swaps",
                                        place_total (&chains.state[i]), best == i };
  tried[0].kept = best < 0;
  if (best >= 0)
    place_state_copy (state, &chains.state[best]);
  for (int i = 0; i < chains.n; i++)
    place_state_finish (&chains.state[i]);
  return ok;
}

/* Terms, bounds and totals of what is attached, on these tiers */
static void
fill_price (const PlaceState *state, const int *tier, StrataPlacement *placement)
{
  const PlaceModel *model = state->model;
  gint64 bound[STRATA_N_PLACE_TERMS];

  place_bounds (model, bound);
  placement->total_ps = placement->total_bound_ps = 0;
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      gint64 value = i == STRATA_PLACE_TERM_DEPTH ? place_depth (state, tier) : state->term[i];

      placement->cost_ps[i] = place_term_ps (model, i, value);
      placement->bound_ps[i] = place_term_ps (model, i, bound[i]);
      placement->total_ps += placement->cost_ps[i];
      placement->total_bound_ps += placement->bound_ps[i];
    }
}

static StrataPlacement *
make_placement (const PlaceState *state)
{
  StrataPlacement *placement = g_new0 (StrataPlacement, 1);
  g_autofree int *tier = place_choose_tiers (state);

  placement->n_tiles = state->model->tiles->n_tiles;
  placement->site = g_new0 (StrataSite, (gsize) placement->n_tiles + 1);
  for (int i = 0; i < placement->n_tiles; i++)
    placement->site[i] = (StrataSite){ state->stack[i], tier[i] };
  fill_price (state, tier, placement);
  return placement;
}

void
strata_place_price (StrataPlacement *placement,
                    const StrataQGraph *graph,
                    const StrataTileSet *tiles,
                    const StrataChipSpec *chip)
{
  g_autofree int *original = g_new (int, (gsize) tiles->n_tiles + 1);
  g_autofree int *tier = g_new (int, (gsize) tiles->n_tiles + 1);
  g_autoptr (StrataTileSet) some = place_shared_tiles (graph, tiles, chip, original);
  PlaceModel model;
  PlaceState state;

  place_model_init (&model, graph, some, chip, NULL);
  place_state_init (&state, &model);
  for (int i = 0; i < some->n_tiles; i++)
    {
      tier[i] = placement->site[original[i]].tier;
      place_attach (&state, i, placement->site[original[i]].stack);
    }
  fill_price (&state, tier, placement);
  place_state_finish (&state);
  place_model_finish (&model);
}

/* Tiles that span tiers all span as many, and there are runs of tiers for them. */
static gboolean
check_room (const StrataTileSet *tiles, const StrataChipSpec *chip, GError **error)
{
  gint64 n_arrays = strata_tile_set_n_arrays (tiles), n_runs = 0, n_wide = 0;
  int width = 1;

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      n_wide += tiles->tiles[i].n_tiers > 1;
      width = MAX (width, tiles->tiles[i].n_tiers);
    }
  for (int stack = 0; stack < chip->n_stacks && n_wide > 0; stack++)
    n_runs += strata_chip_runs (chip, stack, width);
  for (int i = 0; i < tiles->n_tiles; i++)
    if (tiles->tiles[i].n_tiers > 1 && tiles->tiles[i].n_tiers != width)
      n_runs = -1;
  if (n_arrays <= strata_chip_arrays (chip) && n_wide <= n_runs)
    return TRUE;
  if (n_arrays > strata_chip_arrays (chip))
    g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
                 "the program has %" G_GINT64_FORMAT " tiles and %s has %" G_GINT64_FORMAT
                 " usable arrays; use a chip with more",
                 n_arrays, chip->name, strata_chip_arrays (chip));
  else
    g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
                 "%" G_GINT64_FORMAT " tiles of the program span up to %d tiers and %s has %" G_GINT64_FORMAT
                 " runs of so many that work; all must span as many: map it with fewer summed tiers",
                 n_wide, width, chip->name, MAX (0, n_runs));
  return FALSE;
}

static gboolean
choose_by_objective (
  PlaceState *state, const StrataPlaceOptions *options, PlaceTried *tried, int *n_tried, GError **error)
{
  /* Blocks of stacks do not reckon with tiles that span tiers. */
  gboolean has_blocks = state->model->n_teams > 0 && state->model->width == 1, ok;
  PlaceState blocks;

  place_construct (state);
  if (!has_blocks)
    return improve (state, NULL, options, tried, n_tried, error);
  place_state_init (&blocks, state->model);
  place_construct_blocks (&blocks);
  ok = improve (state, &blocks, options, tried, n_tried, error);
  place_state_finish (&blocks);
  return ok;
}

static gboolean
choose_by_windows (
  PlaceState *state, const StrataPlaceOptions *options, PlaceTried *tried, int *n_tried, GError **error)
{
  PlaceSearch search = { .state = state,
                         .key = strata_rng_key (options->seed, 0x77696e646f77),
                         .cancellable = options->cancellable };

  g_assert (options->windows->n_tiles == state->model->tiles->n_tiles);
  place_by_windows (&search, options->windows);
  tried[(*n_tried)++] =
    (PlaceTried){ "what stacks have to do in each stretch of a pooled execution", place_total (state), TRUE };
  return !g_cancellable_set_error_if_cancelled (options->cancellable, error);
}

StrataPlacement *
strata_place (const StrataQGraph *graph,
              const StrataTileSet *tiles,
              const StrataChipSpec *chip,
              const StrataPlaceOptions *options,
              GError **error)
{
  const StrataPlaceOptions defaults = { 0 };
  g_autoptr (StrataPlacement) placement = NULL;
  PlaceTried tried[2 + N_CHAINS];
  PlaceModel model;
  PlaceState state;
  int n_tried = 0;

  if (options == NULL)
    options = &defaults;
  for (int i = 0; i < tiles->n_tiles; i++)
    if (tiles->tiles[i].array_back > 0)
      return place_shared (graph, tiles, chip, options, error);
  if (!check_room (tiles, chip, error))
    return NULL;
  place_model_init (&model, graph, tiles, chip, options);
  place_state_init (&state, &model);
  if (options->windows != NULL ? choose_by_windows (&state, options, tried, &n_tried, error)
                               : choose_by_objective (&state, options, tried, &n_tried, error))
    {
      placement = make_placement (&state);
      place_explain (&state, placement, tried, n_tried, options->decisions);
    }
  place_state_finish (&state);
  place_model_finish (&model);
  if (placement == NULL || !strata_placement_check (placement, tiles, chip, error))
    return NULL;
  return g_steal_pointer (&placement);
}
