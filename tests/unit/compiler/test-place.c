/* SPDX-License-Identifier: Apache-2.0
 *
 * Placement: legal on any chip, costs kept exactly, spread over stacks and tiers, the same for the same seed.
 */
#include "base/rng.h"
#include "compiler/place/objective.h"
#include "lib/fixtures.h"

static void
assert_terms (const gint64 *a, const gint64 *b)
{
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    if (a[i] != b[i])
      g_error ("term %s: %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, strata_place_term_name (i), a[i], b[i]);
}

/* Legal, its printed terms are those of a fresh computation from the sites, and none is below its bound */
static void
assert_placement (const StrataPlacement *placement,
                  const StrataQGraph *graph,
                  const StrataTileSet *tiles,
                  const StrataChipSpec *chip,
                  const StrataPlaceOptions *options)
{
  g_autofree int *stack = g_new (int, tiles->n_tiles + 1), *tier = g_new (int, tiles->n_tiles + 1);
  g_autoptr (GError) error = NULL;
  gint64 term[STRATA_N_PLACE_TERMS], bound[STRATA_N_PLACE_TERMS];
  PlaceModel model;

  strata_placement_check (placement, tiles, chip, &error);
  g_assert_no_error (error);
  place_model_init (&model, graph, tiles, chip, options);
  for (int i = 0; i < tiles->n_tiles; i++)
    {
      stack[i] = placement->site[i].stack;
      tier[i] = placement->site[i].tier;
    }
  place_recompute (&model, stack, tier, term);
  place_bounds (&model, bound);
  for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
    {
      g_assert_cmpint (bound[i], <=, term[i]);
      g_assert_cmpint (place_term_ps (&model, i, term[i]), ==, placement->cost_ps[i]);
      g_assert_cmpint (place_term_ps (&model, i, bound[i]), ==, placement->bound_ps[i]);
    }
  place_model_finish (&model);
}

/* Chances for every op, and pairs that fire together more or less often than by chance */
static StrataPlaceOptions
make_options (const StrataQGraph *graph, guint64 seed)
{
  StrataRngKey key = strata_rng_key (seed, 21);
  StrataPlaceOptions options = { .seed = seed, .algorithm = (StrataPlaceAlgorithm) (seed % 4), .effort = 0.002 };
  double *activity = g_new (double, graph->n_ops + 1);
  StrataPlaceCoactivation *pairs = g_new0 (StrataPlaceCoactivation, graph->n_ops + 1);

  for (int i = 0; i < graph->n_ops; i++)
    activity[i] = strata_rng_uniform (key, (guint64) i);
  for (int i = 0; i + 2 < graph->n_ops; i += 2)
    pairs[options.n_coactivations++] =
      (StrataPlaceCoactivation){ i, i + 2, strata_rng_uniform (key, 1000 + (guint64) i) };
  options.activity = activity;
  options.coactivation = pairs;
  return options;
}

static void
clear_options (StrataPlaceOptions *options)
{
  g_free ((gpointer) options->activity);
  g_free ((gpointer) options->coactivation);
}

/* 500 random tile sets and chips, dead sites included. Those that do not fit must say so. */
static void
test_random (void)
{
  int n_placed = 0;

  for (guint64 seed = 0; seed < 500; seed++)
    {
      StrataRngBlock r = strata_rng_block (strata_rng_key (seed, 5), 0, 0);
      g_autoptr (StrataQGraph) graph = fixtures_random (seed);
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 1 + (int) (r.word[0] % 5),
                                                       1 + (int) (r.word[1] % 5), 1 + (int) (r.word[2] % 40));
      g_autoptr (StrataTileSet) tiles = NULL;
      g_autoptr (StrataPlacement) placement = NULL;
      g_autoptr (GError) error = NULL;
      StrataPlaceOptions options;

      fixtures_kill (chip, seed, (r.word[3] % 4) / 8.0);
      tiles = strata_map (graph, chip, NULL, &error);
      if (tiles == NULL)
        {
          g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
          continue;
        }
      options = make_options (graph, seed);
      placement = strata_place (graph, tiles, chip, &options, &error);
      g_assert_no_error (error);
      assert_placement (placement, graph, tiles, chip, &options);
      clear_options (&options);
      n_placed++;
    }
  g_assert_cmpint (n_placed, >, 250);
}

/* Tiles come and go at random; after each step every term is what the pairs of tiles that are there come to. */
static void
check_incremental (guint64 seed, gboolean experts, int summable)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (seed);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 3, 3, 5);
  g_autoptr (StrataTileSet) tiles = NULL;
  StrataPlaceOptions options = make_options (graph, seed);
  StrataRngKey key = strata_rng_key (seed, 1);
  gint64 term[STRATA_N_PLACE_TERMS];
  PlaceModel model;
  PlaceState state;

  chip->summable_tiers = summable;
  tiles = strata_map (graph, chip, NULL, NULL);
  g_assert_cmpint (strata_tile_set_n_arrays (tiles) > tiles->n_tiles, ==, summable > 1);
  place_model_init (&model, graph, tiles, chip, experts ? &options : NULL);
  place_state_init (&state, &model);
  for (guint64 i = 0; i < 300; i++)
    {
      StrataRngBlock r = strata_rng_block (key, i, 0);
      int tile = (int) (r.word[0] % (guint32) tiles->n_tiles), stack = (int) (r.word[1] % 9);

      if (state.stack[tile] >= 0)
        {
          int from = state.stack[tile];
          double change = place_detach (&state, tile);

          g_assert_cmpfloat (change, ==, -place_price (&state, tile, from));
        }
      if (place_has_room (&state, tile, stack))
        {
          double price = place_price (&state, tile, stack);

          g_assert_cmpfloat (place_attach (&state, tile, stack), ==, price);
        }
      place_recompute (&model, state.stack, NULL, term);
      assert_terms (state.term, term);
    }
  place_state_finish (&state);
  place_model_finish (&model);
  clear_options (&options);
}

static void
test_incremental (void)
{
  check_incremental (17, FALSE, 1);
  check_incremental (17, TRUE, 1);
  check_incremental (4, TRUE, 1);
  check_incremental (17, FALSE, 2);
  check_incremental (17, TRUE, 2);
}

/* The mesh distance is the length of the route that transfers take. */
static void
test_hops (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 5, 3, 4);
  int links[16];

  for (int from = 0; from < chip->n_stacks; from++)
    for (int to = 0; to < chip->n_stacks; to++)
      g_assert_cmpint (place_hops (chip, from, to), ==, strata_chip_route (chip, from, to, links));
}

/* In a net with fewer tiles than stacks none that run at the same time share a stack, and several tiers are used; one
 * with more uses every stack, with the tiles of each stack in the order in which they run. */
static void
test_spread (void)
{
  g_autoptr (StrataImage) small = fixtures_image (fixtures_random (4), fixtures_chip ("demonstrator", 0, 0, 0));
  g_autoptr (StrataImage) large = fixtures_image (fixtures_random (17), fixtures_chip ("demonstrator", 2, 2, 16));
  guint stacks = 0, tiers = 0;

  g_assert_cmpint (small->tiles->n_tiles, >, 4);
  g_assert_cmpint (small->tiles->n_tiles, <, 64);
  for (int i = 0; i < small->tiles->n_tiles; i++)
    tiers |= 1u << small->placement->site[i].tier;
  g_assert_cmpint (small->placement->cost_ps[STRATA_PLACE_TERM_SERIAL], ==, 0);
  g_assert_cmpint (__builtin_popcount (tiers), >=, 2);
  g_assert_cmpint (large->tiles->n_tiles, >, 8);
  for (int stack = 0; stack < 4; stack++)
    {
      int last = -1, direction = 0;

      for (int i = 0; i < large->tiles->n_tiles; i++)
        {
          if (large->placement->site[i].stack != stack)
            continue;
          stacks |= 1u << stack;
          if (last >= 0 && direction == 0)
            direction = large->placement->site[i].tier > last ? 1 : -1;
          else if (last >= 0)
            g_assert_cmpint ((large->placement->site[i].tier - last) * direction, >, 0);
          last = large->placement->site[i].tier;
        }
    }
  g_assert_cmpuint (stacks, ==, 15);
}

/* The same for any number of threads; each algorithm is no worse than the start. */
static void
test_seed (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (17);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 3, 3, 12);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  gint64 start_ps = G_MAXINT64;

  for (StrataPlaceAlgorithm i = STRATA_PLACE_GREEDY; i != STRATA_PLACE_BEST; i = (StrataPlaceAlgorithm) ((i + 1) % 4))
    {
      StrataPlaceOptions options = { .seed = 1, .algorithm = i };
      g_autoptr (StrataPlacement) placement = strata_place (graph, tiles, chip, &options, NULL);

      start_ps = i == STRATA_PLACE_GREEDY ? placement->total_ps : start_ps;
      g_assert_cmpint (placement->total_ps - placement->cost_ps[STRATA_PLACE_TERM_DEPTH], <=, start_ps);
    }
  for (guint64 seed = 0; seed < 4; seed++)
    {
      StrataPlaceOptions options = { .seed = seed, .effort = 0.01, .n_threads = 1 };
      g_autoptr (StrataPlacement) one = strata_place (graph, tiles, chip, &options, NULL);
      g_autoptr (StrataPlacement) two = NULL;

      options.n_threads = 2;
      two = strata_place (graph, tiles, chip, &options, NULL);
      g_assert_cmpuint (strata_placement_hash (one), ==, strata_placement_hash (two));
    }
}

/* What tiles do in each stretch of a pooled execution: all of their work, on no more stacks than there are. Placed by
 * it, stacks are full in no stretch while others rest. */
static void
test_windows (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_random (17), fixtures_chip ("demonstrator", 2, 2, 16));
  const StrataTileSet *tiles = image->tiles;
  g_autoptr (StrataPlaceWindows) windows =
    strata_schedule_windows (image->graph, tiles, image->placement, image->chip, image->schedule);
  g_autofree double *work_ps = g_new0 (double, tiles->n_tiles);
  StrataPlaceOptions options = { .seed = 3, .windows = windows, .n_threads = 1 };
  g_autoptr (StrataPlacement) one = strata_place (image->graph, tiles, image->chip, &options, NULL), two = NULL;

  g_assert_cmpint (windows->n_tiles, ==, tiles->n_tiles);
  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *x = &image->schedule->instructions[i];

      if (x->opcode == STRATA_OPCODE_MVM)
        work_ps[x->tile] +=
          (double) x->n_bursts
          * (double) strata_burst_time (x, image->graph, tiles, image->chip, STRATA_BAND_NOMINAL).occupy_ps;
    }
  for (int window = 0; window < STRATA_PLACE_WINDOWS; window++)
    {
      double all_ps = 0;

      for (int tile = 0; tile < tiles->n_tiles; tile++)
        all_ps += (double) windows->work_ps[tile * STRATA_PLACE_WINDOWS + window];
      g_assert_cmpfloat (all_ps, <=, 4 * windows->window_ps * (1 + 1e-4));
    }
  for (int tile = 0; tile < tiles->n_tiles; tile++)
    {
      double done_ps = 0;

      for (int window = 0; window < STRATA_PLACE_WINDOWS; window++)
        done_ps += (double) windows->work_ps[tile * STRATA_PLACE_WINDOWS + window];
      g_assert_cmpfloat (done_ps, >=, work_ps[tile] * (1 - 1e-5));
    }
  assert_placement (one, image->graph, tiles, image->chip, &options);
  options.n_threads = 2;
  two = strata_place (image->graph, tiles, image->chip, &options, NULL);
  g_assert_cmpuint (strata_placement_hash (one), ==, strata_placement_hash (two));
}

/* Two tiles that work at the same time and two at another: only those that do not meet share a stack. */
static void
test_windows_meet (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (4);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 2, 1, 32);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  g_autofree float *work_ps = g_new0 (float, tiles->n_tiles *STRATA_PLACE_WINDOWS);
  StrataPlaceWindows windows = { tiles->n_tiles, 1e6, work_ps };
  StrataPlaceOptions options = { .windows = &windows };
  g_autoptr (StrataPlacement) placement = NULL;

  g_assert_cmpint (tiles->n_tiles, >=, 4);
  for (int tile = 0; tile < 4; tile++)
    for (int window = 0; window < 10; window++)
      work_ps[tile * STRATA_PLACE_WINDOWS + 10 * (tile % 2) + window] = 1e6f;
  placement = strata_place (graph, tiles, chip, &options, NULL);
  g_assert_nonnull (placement);
  g_assert_cmpint (placement->site[0].stack, !=, placement->site[2].stack);
  g_assert_cmpint (placement->site[1].stack, !=, placement->site[3].stack);
}

static void
cancel_cb (double fraction, gpointer user_data)
{
  g_assert_cmpfloat (fraction, >=, 0);
  g_assert_cmpfloat (fraction, <=, 1.01);
  g_cancellable_cancel (user_data);
}

static void
test_cancel (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (17);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 3, 3, 12);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  StrataPlaceOptions options = { .effort = 1000,
                                 .algorithm = STRATA_PLACE_ANNEAL,
                                 .cancellable = cancellable,
                                 .progress = cancel_cb,
                                 .progress_data = cancellable };

  g_assert_null (strata_place (graph, tiles, chip, &options, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* Free arrays are left on every stack, as many as spare tiers are wanted and there is room for. */
static void
test_spares (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (17);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 2, 2, 12);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  g_autoptr (StrataPlacement) placement = NULL;
  int n_free = (4 * 12 - tiles->n_tiles) / 4, n[4] = { 0 };

  g_assert_cmpint (n_free, >, 0);
  chip->spare_tiers = 12;
  placement = strata_place (graph, tiles, chip, NULL, NULL);
  for (int i = 0; i < tiles->n_tiles; i++)
    n[placement->site[i].stack]++;
  for (int stack = 0; stack < 4; stack++)
    g_assert_cmpint (12 - n[stack], >=, n_free);
  g_assert_cmpint (placement->cost_ps[STRATA_PLACE_TERM_SPARES], ==, 0);
}

/* The whole objective with what was tried, and every op with its tiles; nothing about the placement changes by it. */
static void
test_decisions (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (17);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 3, 3, 12);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
  StrataPlaceOptions options = { .decisions = decisions };
  g_autoptr (StrataPlacement) placement = strata_place (graph, tiles, chip, &options, NULL);
  g_autoptr (StrataPlacement) silent = strata_place (graph, tiles, chip, NULL, NULL);
  int n_kept = 0;

  g_assert_cmpuint (strata_placement_hash (placement), ==, strata_placement_hash (silent));
  for (guint i = 0, op = 0; i < decisions->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i);

      g_assert_cmpint (decision->reason, ==, STRATA_REASON_PLACEMENT);
      if (i == 0)
        {
          g_assert_cmpint (decision->value, ==, placement->total_ps);
          g_assert_cmpint (decision->n_alternatives, ==, 3);
          for (int k = 0; k < 3; k++)
            n_kept +=
              g_str_has_prefix (g_array_index (decisions->alternatives, StrataAlternative, k).verdict, "kept: ");
          continue;
        }
      while (tiles->op_first[op] == tiles->op_first[op + 1])
        op++;
      g_assert_cmpint (decision->op, ==, op++);
    }
  g_assert_cmpint (n_kept, ==, 1);
}

/* Two ops side by side that seldom fire together share a stack; the same two, often together, do not. */
static void
test_experts (void)
{
  for (int together = 0; together < 2; together++)
    {
      g_autoptr (StrataQGraph) graph = fixtures_graph_new ();
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 2, 1, 2);
      g_autoptr (StrataTileSet) tiles = NULL;
      g_autoptr (StrataPlacement) placement = NULL;
      int in = fixtures_input (graph, 16, 12, 12);
      double often = together ? 0.375 : 0.125, seldom = 0.5 - often;
      StrataPlaceCoactivation pairs[] = { { 0, 1, often },  { 2, 3, often }, { 0, 2, seldom },
                                          { 1, 3, seldom }, { 0, 3, 0.25 },  { 1, 2, 0.25 } };
      double activity[] = { 0.5, 0.5, 0.5, 0.5 };
      StrataPlaceOptions options = { .activity = activity, .coactivation = pairs, .n_coactivations = 6 };

      for (int i = 0; i < 4; i++)
        fixtures_output (graph, fixtures_conv (graph, in, 16, 3, 1));
      tiles = strata_map (graph, chip, NULL, NULL);
      g_assert_cmpint (tiles->n_tiles, ==, 4);
      placement = strata_place (graph, tiles, chip, &options, NULL);
      g_assert_true ((placement->site[0].stack == placement->site[1].stack) == !together);
      g_assert_true ((placement->site[0].stack == placement->site[2].stack) == together);
    }
}

static void
test_full (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 2, 1, 2);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  g_autoptr (StrataPlacement) placement = strata_place (graph, tiles, chip, NULL, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (placement); /* 4 tiles, 4 sites */
  fixtures_kill (chip, 0, 1.0);
  g_clear_pointer (&placement, strata_placement_free);
  placement = strata_place (graph, tiles, chip, NULL, &error);
  g_assert_null (placement);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/place/random", test_random);
  g_test_add_func ("/sdk/compiler/place/incremental", test_incremental);
  g_test_add_func ("/sdk/compiler/place/hops", test_hops);
  g_test_add_func ("/sdk/compiler/place/spread", test_spread);
  g_test_add_func ("/sdk/compiler/place/seed", test_seed);
  g_test_add_func ("/sdk/compiler/place/windows", test_windows);
  g_test_add_func ("/sdk/compiler/place/windows-meet", test_windows_meet);
  g_test_add_func ("/sdk/compiler/place/cancel", test_cancel);
  g_test_add_func ("/sdk/compiler/place/spares", test_spares);
  g_test_add_func ("/sdk/compiler/place/decisions", test_decisions);
  g_test_add_func ("/sdk/compiler/place/experts", test_experts);
  g_test_add_func ("/sdk/compiler/place/full", test_full);
  return g_test_run ();
}
