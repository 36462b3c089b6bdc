/* SPDX-License-Identifier: Apache-2.0
 *
 * The list scheduler's prediction and the simulator's timing of the finished program agree to the picosecond, for one
 * inference and for the steady interval, wherever the tiles lie, with little memory and few active stacks. (That the
 * engine behind both keeps the rules of program/schedule.h is tested against a plain simulator in simulator/timing;
 * that the critical path is what unlimited units come to, here.)
 */
#include "base/rng.h"
#include "lib/fixtures.h"
#include "program/execute.h"
#include "simulator/simulator.h"

static gint64
latency_ps (const StrataImage *image, gboolean unlimited)
{
  StrataTimingOptions options = { .band = STRATA_BAND_NOMINAL, .n_inferences = 1, .unlimited = unlimited };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTiming) timing = strata_timing_run (image, &options, &error);

  g_assert_no_error (error);
  return timing->latency_ps;
}

static void
test_random (void)
{
  static const int sizes[][3] = { { 8, 8, 16 }, { 2, 2, 64 }, { 1, 1, 200 }, { 3, 2, 40 }, { 12, 12, 1 } };

  for (guint64 seed = 0; seed < 100; seed++)
    {
      const int *size = sizes[seed % G_N_ELEMENTS (sizes)];
      g_autoptr (StrataImage) image =
        fixtures_image (fixtures_random (seed), fixtures_chip ("demonstrator", size[0], size[1], size[2]));

      g_assert_cmpint (latency_ps (image, FALSE), ==, image->schedule->latency_ps);
      g_assert_cmpint (latency_ps (image, TRUE), ==, image->schedule->critical_path_ps);
    }
}

/* Sites drawn from @seed among all of the chip */
static StrataPlacement *
scatter (const StrataPlacement *placement, const StrataChipSpec *chip, guint64 seed)
{
  StrataPlacement *copy = g_new0 (StrataPlacement, 1);
  StrataRngKey key = strata_rng_key (seed, 7);
  int n_sites = chip->n_stacks * chip->tiers;
  g_autofree int *sites = g_new (int, n_sites);

  for (int i = 0; i < n_sites; i++)
    sites[i] = i;
  copy->n_tiles = placement->n_tiles;
  copy->site = g_new0 (StrataSite, (gsize) copy->n_tiles + 1);
  for (int i = 0; i < copy->n_tiles; i++)
    {
      int pick = i + (int) (strata_rng_uniform (key, (guint64) i) * (n_sites - i)), site = sites[pick];

      sites[pick] = sites[i];
      copy->site[i] = (StrataSite){ site / chip->tiers, site % chip->tiers };
    }
  return copy;
}

static void
assert_agreement (const StrataImage *image)
{
  StrataTimingOptions options = { .n_inferences = strata_execute_inferences (image->schedule), .no_events = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTiming) many = strata_timing_run (image, &options, &error);

  g_assert_no_error (error);
  g_assert_cmpint (latency_ps (image, FALSE), ==, image->schedule->latency_ps);
  g_assert_cmpint (many->interval_ps, ==, image->schedule->interval_ps);
  g_assert_cmpint (image->schedule->lower_bound_ps, <=, image->schedule->latency_ps);
}

/* @image again with tiles scattered, @part of the SRAM that it took, and a cap; FALSE where it does not fit. */
static gboolean
assert_variant (StrataImage *image, guint64 seed, int part, int max_active_stacks)
{
  StrataPlacement *placed = image->placement;
  StrataSchedule *scheduled = image->schedule;
  gint64 sram_bytes = image->chip->sram_bytes;
  StrataScheduleOptions options = { .max_active_stacks = max_active_stacks };
  g_autoptr (GError) error = NULL;
  gboolean fits;

  image->placement = scatter (placed, image->chip, seed);
  image->chip->sram_bytes = scheduled->sram_peak_bytes * part / 8;
  image->schedule = strata_schedule (image->graph, image->tiles, image->placement, image->chip, &options, &error);
  fits = image->schedule != NULL;
  if (fits)
    assert_agreement (image);
  else
    g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
  strata_placement_free (image->placement);
  strata_schedule_free (image->schedule);
  image->placement = placed;
  image->schedule = scheduled;
  image->chip->sram_bytes = sram_bytes;
  return fits;
}

static void
test_variants (void)
{
  int n_fit = 0;

  for (guint64 seed = 0; seed < 40; seed++)
    {
      static const int sizes[][3] = { { 8, 8, 16 }, { 2, 2, 64 }, { 1, 1, 200 }, { 3, 2, 40 } };
      const int *size = sizes[seed % G_N_ELEMENTS (sizes)];
      g_autoptr (StrataImage) image =
        fixtures_image (fixtures_random (seed), fixtures_chip ("demonstrator", size[0], size[1], size[2]));

      assert_agreement (image);
      for (int part = 8; part >= 4; part--)
        n_fit += assert_variant (image, seed * 8 + (guint64) part, part, part % 3);
    }
  g_assert_cmpint (n_fit, >, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/schedule/agrees-with-simulator", test_random);
  g_test_add_func ("/sdk/compiler/schedule/variants-agree", test_variants);
  return g_test_run ();
}
