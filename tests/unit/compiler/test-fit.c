/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs on dies with faults: what spares make up for changes nothing; what moves lies on arrays that work, and the
 * program computes what it did, to the bit; too few arrays is an error that counts them.
 */
#include "compiler/fit.h"

#include <string.h>

#include "lib/fixtures.h"
#include "lib/run.h"
#include "program/needs.h"
#include "simulator/analog-die.h"

static StrataImage *
make_image (int mesh, int tiers)
{
  return fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", mesh, mesh, tiers));
}

static StrataDieSpec *
suppose (const StrataImage *image, const char *words)
{
  g_autoptr (GError) error = NULL;
  StrataDieSpec *die = strata_die_spec_suppose (image->chip, words, &error);

  g_assert_no_error (error);
  return die;
}

/* A device takes what was fitted, and no line that a tile lies on is dead; it refuses what had to move. */
static void
assert_held (const StrataImage *image, const StrataImage *fitted, const StrataDieSpec *die, int n_spare_tiers)
{
  g_autoptr (StrataDieRepair) repair = strata_die_repair (die, n_spare_tiers);
  const StrataDieState state = { die, repair };
  const gboolean moved =
    memcmp (image->placement->site, fitted->placement->site, (gsize) image->tiles->n_tiles * sizeof (StrataSite)) != 0;

  g_assert_cmpint (strata_tile_set_find_unmet (fitted->tiles, fitted->placement, die->chip, repair), ==, -1);
  g_assert_true ((strata_tile_set_find_unmet (image->tiles, image->placement, die->chip, repair) >= 0) == moved);
  for (int i = 0; i < fitted->tiles->n_tiles; i++)
    {
      const StrataTile *tile = &fitted->tiles->tiles[i];
      g_autoptr (StrataAnalogDie) under = strata_analog_die_new (&state, tile, fitted->placement->site[i]);

      for (int row = 0; row < tile->n_rows * tile->n_row_copies; row++)
        g_assert_false (under->rows[row]);
      for (int c = 0; c < under->n_tiers * under->n_columns; c++)
        g_assert_false (under->columns[c]);
    }
}

static StrataImage *
fit (const StrataImage *image, const StrataDieSpec *die, int n_spare_tiers, StrataFitCounts *counts)
{
  const StrataFitOptions options = { .n_spare_tiers = n_spare_tiers };
  g_autoptr (GError) error = NULL;
  StrataImage *fitted = strata_fit (image, die, &options, counts, &error);

  g_assert_no_error (error);
  g_assert_true (strata_placement_check (fitted->placement, fitted->tiles, fitted->chip, &error));
  g_assert_true (
    strata_schedule_check (fitted->schedule, fitted->graph, fitted->tiles, fitted->placement, fitted->chip, &error));
  assert_held (image, fitted, die, n_spare_tiers);
  return fitted;
}

/* The same bits in exact integers, over a few inputs */
static void
assert_computes_alike (const StrataImage *a, const StrataImage *b)
{
  for (guint64 sample = 0; sample < 4; sample++)
    {
      g_autoptr (StrataArray) left = run_sample (a, STRATA_ANALOG_OFF, sample, 0, NULL);
      g_autoptr (StrataArray) right = run_sample (b, STRATA_ANALOG_OFF, sample, 0, NULL);
      gint64 n = strata_array_count (left);

      g_assert_cmpmem (left->data, (gsize) n * strata_dtype_size (left->dtype), right->data,
                       (gsize) n * strata_dtype_size (right->dtype));
    }
}

/* The busiest stack's first tile, as words */
static char *
place_of (const StrataImage *image, int tile, gboolean with_tier)
{
  StrataSite site = image->placement->site[tile];

  return with_tier ? g_strdup_printf ("stack %d tier %d", site.stack, site.tier)
                   : g_strdup_printf ("stack %d", site.stack);
}

static void
test_spares (void)
{
  g_autoptr (StrataImage) image = make_image (2, 4);
  g_autofree char *words = place_of (image, 0, TRUE);
  g_autoptr (StrataDieSpec) die = suppose (image, words);
  StrataFitCounts counts;
  g_autoptr (StrataImage) fitted = fit (image, die, -1, &counts);

  g_assert_cmphex (fitted->hash, ==, image->hash);
  g_assert_cmpint (counts.n_spared, ==, 1);
  g_assert_cmpint (counts.n_moved_tier + counts.n_moved_stack, ==, 0);
  g_assert_cmpint (counts.n_arrays, ==, (int) strata_tile_set_n_arrays (image->tiles));
}

static void
test_other_tier (void)
{
  g_autoptr (StrataImage) image = make_image (2, 4);
  g_autofree char *words = place_of (image, 0, TRUE);
  g_autoptr (StrataDieSpec) die = suppose (image, words);
  StrataSite before = image->placement->site[0];
  StrataFitCounts counts;
  g_autoptr (StrataImage) fitted = fit (image, die, 0, &counts);

  g_assert_cmpint (counts.n_moved_tier, ==, 1);
  g_assert_cmpint (counts.n_moved_stack, ==, 0);
  g_assert_cmpint (fitted->placement->site[0].stack, ==, before.stack);
  g_assert_cmpint (fitted->placement->site[0].tier, !=, before.tier);
  g_assert_cmphex (strata_schedule_hash (fitted->schedule), ==, strata_schedule_hash (image->schedule));
  g_assert_cmphex (fitted->hash, !=, image->hash);
  g_assert_false (strata_chip_site_usable (fitted->chip, before));
  assert_computes_alike (image, fitted);
}

static void
test_other_stack (void)
{
  g_autoptr (StrataImage) image = make_image (2, 4);
  g_autofree char *words = place_of (image, 0, FALSE);
  g_autofree char *decisions = NULL;
  g_autofree char *origin = g_strdup_printf ("program %016" G_GINT64_MODIFIER "x", image->hash);
  g_autoptr (StrataDieSpec) die = suppose (image, words);
  int stack = image->placement->site[0].stack;
  StrataFitCounts counts;
  g_autoptr (StrataImage) fitted = fit (image, die, -1, &counts);
  g_autoptr (GBytes) bytes = strata_image_encode (fitted);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) again = strata_image_decode (bytes, "again", &error);

  g_assert_no_error (error);
  g_assert_cmphex (again->hash, ==, fitted->hash);
  g_assert_cmpint (counts.n_moved_stack, >, 0);
  for (int i = 0; i < fitted->tiles->n_tiles; i++)
    g_assert_cmpint (fitted->placement->site[i].stack, !=, stack);
  decisions = strata_decisions_print (fitted->decisions);
  g_assert_nonnull (strstr (decisions, origin));
  assert_computes_alike (image, fitted);
}

/* The price of a fitted placement is the one that the placer gives the same sites. */
static void
test_price (void)
{
  for (guint64 seed = 1; seed < 6; seed++)
    {
      g_autoptr (StrataImage) image =
        fixtures_image_with (fixtures_random (seed), fixtures_chip ("demonstrator", 4, 4, 32), -1);
      g_autoptr (StrataPlacement) copy = NULL;
      g_autofree char *text = strata_placement_print (image->placement, image->tiles);
      g_autoptr (GError) error = NULL;

      copy = strata_placement_parse (text, &error);
      g_assert_no_error (error);
      for (int i = 0; i < STRATA_N_PLACE_TERMS; i++)
        copy->cost_ps[i] = copy->bound_ps[i] = -1;
      strata_place_price (copy, image->graph, image->tiles, image->chip);
      g_assert_cmphex (strata_placement_hash (copy), ==, strata_placement_hash (image->placement));
    }
}

/* Random programs on dies without their highest tiers and a stack, where most tiles lie: legal, and nothing there. */
static void
test_random (void)
{
  for (guint64 seed = 1; seed < 9; seed++)
    {
      g_autoptr (StrataImage) image =
        fixtures_image_with (fixtures_random (seed), fixtures_chip ("demonstrator", 4, 4, 32), -1);
      g_autoptr (StrataDieSpec) die = suppose (image, "tier 20-31, stack 5, stack 0-3 tier 10");
      StrataFitCounts counts;
      g_autoptr (StrataImage) fitted = fit (image, die, 0, &counts);

      for (int i = 0; i < fitted->tiles->n_tiles; i++)
        {
          g_assert_cmpint (fitted->placement->site[i].tier, <, 20);
          g_assert_cmpint (fitted->placement->site[i].stack, !=, 5);
        }
      assert_computes_alike (image, fitted);
    }
}

/* Tiles over two tiers on dies where ever fewer pairs are left: legal, or an error that says what is missing. */
static void
test_summed (void)
{
  static const char *const words[] = { "tier 0-9", "tier 1, tier 4, tier 7, tier 10, tier 13",
                                       "tier 1, tier 3, tier 5, tier 7, tier 9, tier 11, tier 13, tier 15, tier 17, "
                                       "tier 19, tier 21, tier 23, tier 25, tier 27, tier 29, tier 31" };
  int n_moved = 0, n_refused = 0;

  for (guint64 seed = 1; seed < 9; seed++)
    for (guint i = 0; i < G_N_ELEMENTS (words); i++)
      {
        StrataChipSpec *chip = fixtures_chip ("demonstrator", 4, 4, 32);
        const StrataFitOptions options = { .n_spare_tiers = 0 };
        g_autoptr (StrataImage) image = NULL;
        g_autoptr (StrataDieSpec) die = NULL;
        g_autoptr (StrataImage) fitted = NULL;
        g_autoptr (GError) error = NULL;

        chip->summable_tiers = 2;
        image = fixtures_image_with (fixtures_random (seed), chip, -1);
        die = suppose (image, words[i]);
        fitted = strata_fit (image, die, &options, NULL, &error);
        n_moved += fitted != NULL;
        n_refused += fitted == NULL;
        if (fitted == NULL)
          g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
        else
          assert_computes_alike (image, fitted);
      }
  g_assert_cmpint (n_moved, >, 8);
  g_assert_cmpint (n_refused, >, 0);
}

/* An array short of rows keeps tiles that do without them, and gives up those that do not. */
static void
test_weak (void)
{
  g_autoptr (StrataImage) image = make_image (2, 4);
  const StrataTile *tile = &image->tiles->tiles[0];
  int n_used = tile->at_row + tile->n_rows * tile->n_row_copies;
  StrataSite site = image->placement->site[0];
  int n_most = image->chip->rows + image->chip->spare_rows - n_used; /* dead rows that still leave enough */

  g_assert_cmpint (n_most, >, image->chip->spare_rows);
  for (int more = 0; more < 2; more++)
    {
      g_autoptr (StrataDieSpec) die = suppose (image, "stack 0 tier 0");
      g_autoptr (GArray) lines = g_array_new (FALSE, FALSE, sizeof (StrataDieLine));
      g_autoptr (GError) error = NULL;
      StrataFitCounts counts;
      g_autoptr (StrataImage) fitted = NULL;

      for (int i = 0; i < n_most + more; i++)
        {
          StrataDieLine line = { site, i };

          g_array_append_val (lines, line);
        }
      die->n_dead = 0;
      die->rows = (StrataDieLine *) (gpointer) lines->data;
      die->n_rows = (int) lines->len;
      g_assert_true (strata_die_spec_check (die, &error));
      fitted = fit (image, die, 0, &counts);
      g_assert_cmpint (counts.n_kept, ==, more == 0);
      g_assert_cmpint (counts.n_moved_tier + counts.n_moved_stack, ==, more == 1);
      g_assert_cmpint (strata_chip_site_usable (fitted->chip, site), ==, more == 0);
    }
}

static void
test_too_few (void)
{
  g_autoptr (StrataImage) image = make_image (2, 4);
  g_autoptr (StrataDieSpec) die = suppose (image, "tier 0-3, stack 0-2");
  g_autofree char *missing = NULL;
  const StrataFitOptions options = { .n_spare_tiers = 0 };
  g_autoptr (GError) error = NULL;

  g_assert_null (strata_fit (image, die, &options, NULL, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
  missing =
    g_strdup_printf ("needs %d arrays and the die has 0 whole ones, %d too few",
                     (int) strata_tile_set_n_arrays (image->tiles), (int) strata_tile_set_n_arrays (image->tiles));
  g_assert_nonnull (strstr (error->message, missing));
}

static void
test_other_chip (void)
{
  g_autoptr (StrataImage) image = make_image (2, 4), larger = make_image (2, 5);
  g_autoptr (StrataDieSpec) die = suppose (larger, "tier 0");
  g_autoptr (GError) error = NULL;

  g_assert_null (strata_fit (image, die, NULL, NULL, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/fit/spares", test_spares);
  g_test_add_func ("/sdk/compiler/fit/other-tier", test_other_tier);
  g_test_add_func ("/sdk/compiler/fit/other-stack", test_other_stack);
  g_test_add_func ("/sdk/compiler/fit/price", test_price);
  g_test_add_func ("/sdk/compiler/fit/random", test_random);
  g_test_add_func ("/sdk/compiler/fit/summed", test_summed);
  g_test_add_func ("/sdk/compiler/fit/weak", test_weak);
  g_test_add_func ("/sdk/compiler/fit/too-few", test_too_few);
  g_test_add_func ("/sdk/compiler/fit/other-chip", test_other_chip);
  return g_test_run ();
}
