/* SPDX-License-Identifier: Apache-2.0
 *
 * Placement: legal on any chip, costs kept exactly, spread over stacks and tiers, the same for the same seed.
 */
#include "base/rng.h"
#include "compiler/place/objective.h"
#include "lib/fixtures.h"

static void
assert_costs (PlaceCost a, PlaceCost b)
{
  g_assert_cmpint (a.serial, ==, b.serial);
  g_assert_cmpint (a.switches, ==, b.switches);
  g_assert_cmpint (a.noc, ==, b.noc);
  g_assert_cmpint (a.heat, ==, b.heat);
}

/* Legal, and its printed terms are those of a fresh computation from the sites */
static void
assert_placement (const StrataPlacement *placement,
                  const StrataQGraph *graph,
                  const StrataTileSet *tiles,
                  const StrataChipSpec *chip)
{
  g_autoptr (GError) error = NULL;
  PlaceState state;
  PlaceCost cost;

  strata_placement_check (placement, tiles, chip, &error);
  g_assert_no_error (error);
  place_state_init (&state, graph, tiles, chip);
  for (int i = 0; i < tiles->n_tiles; i++)
    state.site[i] = placement->site[i];
  cost = place_recompute (&state);
  assert_costs (
    cost, (PlaceCost){ placement->cost_serial, placement->cost_switch, placement->cost_noc, placement->cost_heat });
  place_state_finish (&state);
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

      fixtures_kill (chip, seed, (r.word[3] % 4) / 8.0);
      tiles = strata_map (graph, chip, NULL, &error);
      if (tiles == NULL)
        {
          g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
          continue;
        }
      placement = strata_place (graph, tiles, chip, &(StrataPlaceOptions){ .seed = seed }, &error);
      g_assert_no_error (error);
      assert_placement (placement, graph, tiles, chip);
      n_placed++;
    }
  g_assert_cmpint (n_placed, >, 250);
}

static void
test_incremental (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (17);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 3, 3, 12);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  StrataRngKey key = strata_rng_key (1, 1);
  PlaceState state;

  place_state_init (&state, graph, tiles, chip);
  for (guint64 i = 0; i < 400; i++)
    {
      StrataRngBlock r = strata_rng_block (key, i, 0);
      int tile = (int) (r.word[0] % (guint32) tiles->n_tiles);
      StrataSite site = { (int) (r.word[1] % 9), (int) (r.word[2] % 12) };

      if (state.site[tile].stack >= 0)
        place_detach (&state, tile);
      if (state.occupant[site.stack * 12 + site.tier] < 0)
        place_attach (&state, tile, site);
      assert_costs (state.cost, place_recompute (&state));
    }
  place_state_finish (&state);
}

/* The mesh distance is the length of the route that transfers take. */
static void
test_hops (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 5, 3, 4);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  int links[16];
  PlaceState state;

  place_state_init (&state, graph, tiles, chip);
  for (int from = 0; from < chip->n_stacks; from++)
    for (int to = 0; to < chip->n_stacks; to++)
      g_assert_cmpint (place_hops (&state, from, to), ==, strata_chip_route (chip, from, to, links));
  place_state_finish (&state);
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
  g_assert_cmpint (small->placement->cost_serial, ==, 0);
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

static void
test_seed (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_random (17);
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 3, 3, 12);
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);
  g_autoptr (StrataPlacement) a = strata_place (graph, tiles, chip, &(StrataPlaceOptions){ .seed = 1 }, NULL);
  g_autoptr (StrataPlacement) b = strata_place (graph, tiles, chip, &(StrataPlaceOptions){ .seed = 1 }, NULL);

  g_assert_cmpuint (strata_placement_hash (a), ==, strata_placement_hash (b));
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
  g_test_add_func ("/sdk/compiler/place/full", test_full);
  return g_test_run ();
}
