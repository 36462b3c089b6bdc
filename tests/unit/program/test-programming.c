/* SPDX-License-Identifier: Apache-2.0
 *
 * Programming plans: the published time and energy of a language model, bounds, blocking stacks, planted errors.
 */
#include <math.h>
#include <string.h>

#include "lib/fixtures.h"
#include "program/programming.h"

/* @n full arrays, dealt over the stacks of @chip in turn */
static void
make_full (const StrataChipSpec *chip, int n, StrataTileSet *tiles, StrataPlacement *placement)
{
  *tiles = (StrataTileSet){ .n_tiles = n, .tiles = g_new0 (StrataTile, n) };
  *placement = (StrataPlacement){ .n_tiles = n, .site = g_new0 (StrataSite, n) };
  for (int i = 0; i < n; i++)
    {
      tiles->tiles[i] = (StrataTile){ .n_rows = chip->rows, .n_cols = chip->columns, .n_slices = 1, .n_row_copies = 1 };
      placement->site[i] = (StrataSite){ i % chip->n_stacks, i / chip->n_stacks };
    }
}

/* hardware-facts 8: Llama-3.2-3B on chip (b), 12,258 arrays of 512 x 512 pairs: 6.43 G cells, 49 s at 64-way, 196 s at
 * 16-way or at 2 ms a row, 3.2 J (0.6 to 12.9), 65 mW on average */
static void
test_language_model (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("phone", 0, 0, 0);
  g_autoptr (StrataProgrammingPlan) plan = NULL, narrow = NULL;
  g_autoptr (GError) error = NULL;
  StrataTileSet tiles;
  StrataPlacement placement;

  make_full (chip, 12258, &tiles, &placement);
  plan = strata_programming_plan (&tiles, &placement, chip);
  strata_programming_plan_check (plan, &tiles, &placement, chip, &error);
  g_assert_no_error (error);
  g_assert_cmpint (plan->n_rows, ==, 12258 * 512);
  g_assert_cmpint (plan->n_cells, ==, G_GINT64_CONSTANT (12258) * 512 * 1024);
  g_assert_cmpfloat_with_epsilon ((double) plan->time_ps[STRATA_BAND_NOMINAL] * 1e-12, 49, 0.5);
  g_assert_cmpfloat_with_epsilon (plan->energy_fj[STRATA_BAND_NOMINAL] * 1e-15, 3.2, 0.05);
  g_assert_cmpfloat_with_epsilon (plan->energy_fj[STRATA_BAND_OPTIMISTIC] * 1e-15, 0.6, 0.05);
  g_assert_cmpfloat_with_epsilon (plan->energy_fj[STRATA_BAND_CONSERVATIVE] * 1e-15, 12.9, 0.05);
  g_assert_cmpfloat_with_epsilon (plan->power_mw[STRATA_BAND_NOMINAL], 65, 0.7);
  g_assert_cmpfloat_with_epsilon ((double) plan->time_ps[STRATA_BAND_CONSERVATIVE] * 1e-12, 196, 1);
  /* 192 arrays on the fullest stacks, one after the other */
  g_assert_cmpint (plan->time_ps[STRATA_BAND_NOMINAL], ==, G_GINT64_CONSTANT (192) * 512 * 500000000);
  g_assert_cmpint (plan->time_ps[STRATA_BAND_NOMINAL], ==, plan->bound_ps[STRATA_BAND_NOMINAL]);
  chip->program_parallel = 16;
  narrow = strata_programming_plan (&tiles, &placement, chip);
  g_assert_cmpfloat_with_epsilon ((double) narrow->time_ps[STRATA_BAND_NOMINAL] * 1e-12, 196, 0.8);
  g_assert_true (strata_programming_plan_check (narrow, &tiles, &placement, chip, NULL));
  g_free (tiles.tiles);
  g_free (placement.site);
}

/* hardware-facts 8: in place weekly for five years is 260 cycles, daily 1,825, near the limit of weak cells */
static void
test_upkeep (void)
{
  const double day_s = 86400, years_s = 5 * 365 * day_s;
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("phone", 0, 0, 0);
  g_autoptr (StrataProgrammingPlan) plan = NULL;
  StrataTileSet tiles;
  StrataPlacement placement;
  StrataUpkeep weekly, daily, never;

  make_full (chip, 64, &tiles, &placement);
  plan = strata_programming_plan (&tiles, &placement, chip);
  strata_programming_upkeep (plan, 7 * day_s, years_s, &weekly);
  strata_programming_upkeep (plan, day_s, years_s, &daily);
  strata_programming_upkeep (plan, (double) INFINITY, years_s, &never);
  g_assert_cmpfloat (weekly.n_loads, ==, 261);
  g_assert_cmpfloat (daily.n_loads, ==, 1826);
  g_assert_cmpfloat (never.n_loads, ==, 1);
  g_assert_cmpfloat (never.energy_fj[STRATA_BAND_NOMINAL], ==, plan->energy_fj[STRATA_BAND_NOMINAL]);
  g_assert_cmpfloat (never.wear[STRATA_BAND_NOMINAL], ==, 1 / plan->loads[STRATA_BAND_NOMINAL]);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      g_assert_cmpfloat_with_epsilon (weekly.energy_fj[band] / plan->energy_fj[band], 261, 1e-9);
      g_assert_cmpfloat_with_epsilon (weekly.time_ps[band] / (double) plan->time_ps[band], 261, 1e-9);
      g_assert_cmpfloat_with_epsilon (weekly.power_mw[band] * years_s * 1e12 / weekly.energy_fj[band], 1, 1e-12);
      g_assert_cmpfloat_with_epsilon (weekly.worn_out_s[band], plan->loads[band] * 7 * day_s, 1e-3);
    }
  g_assert_cmpfloat (daily.wear[STRATA_BAND_CONSERVATIVE], >, 1); /* 1e3 cycles */
  g_assert_cmpfloat (daily.wear[STRATA_BAND_NOMINAL], <, 0.2);    /* 1e4 */
  g_free (tiles.tiles);
  g_free (placement.site);
}

/* Row copies are written; arrays of one stack wait for each other; never below the bound, never twice it. */
static void
test_networks (void)
{
  for (guint64 seed = 0; seed < 30; seed++)
    {
      g_autoptr (StrataImage) image = fixtures_image (fixtures_random (seed), fixtures_chip ("demonstrator", 3, 3, 64));
      g_autoptr (StrataProgrammingPlan) plan = NULL;
      g_autoptr (GError) error = NULL;
      gint64 n_rows = 0, n_cells = 0;

      image->chip->program_parallel = 1 + (int) (seed % 10);
      plan = strata_programming_plan (image->tiles, image->placement, image->chip);
      strata_programming_plan_check (plan, image->tiles, image->placement, image->chip, &error);
      g_assert_no_error (error);
      for (int i = 0; i < image->tiles->n_tiles; i++)
        {
          const StrataTile *tile = &image->tiles->tiles[i];

          n_rows += tile->n_rows * tile->n_row_copies;
          n_cells += (gint64) tile->n_rows * tile->n_row_copies * tile->n_cols * tile->n_slices * 2;
        }
      g_assert_cmpint (plan->n_rows, ==, n_rows);
      g_assert_cmpint (plan->n_cells, ==, n_cells);
      for (int band = 0; band < STRATA_N_BANDS; band++)
        {
          g_assert_cmpint (plan->time_ps[band], >=, plan->bound_ps[band]);
          g_assert_cmpint (plan->time_ps[band], <=, 2 * plan->bound_ps[band]); /* Graham */
        }
      if (image->chip->program_parallel >= 9)
        g_assert_cmpint (plan->time_ps[0], ==, plan->bound_ps[0]);
    }
}

/* Two tiles side by side take the rows of the taller one, two that lie diagonally those of both. */
static void
test_shared (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  StrataTile tile[] = {
    { .n_rows = 100, .n_cols = 10, .n_slices = 2, .n_row_copies = 1 },
    { .n_rows = 60, .n_cols = 10, .n_slices = 2, .n_row_copies = 2, .array_back = 1, .at_col = 20 }
  };
  StrataSite site[] = { { 3, 1 }, { 3, 1 } };
  StrataTileSet tiles = { .tiles = tile, .n_tiles = 2 };
  StrataPlacement placement = { .site = site, .n_tiles = 2 };
  g_autoptr (StrataProgrammingPlan) beside = strata_programming_plan (&tiles, &placement, chip), across = NULL;

  g_assert_cmpint (beside->n_steps, ==, 1);
  g_assert_cmpint (beside->n_rows, ==, 120);
  g_assert_cmpint (beside->n_cells, ==, 2 * (100 * 20 + 120 * 20));
  tile[1].at_row = 100;
  across = strata_programming_plan (&tiles, &placement, chip);
  g_assert_cmpint (across->n_rows, ==, 220);
}

static void
test_planted (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 1, 1, 8));
  g_autoptr (StrataProgrammingPlan) plan = strata_programming_plan (image->tiles, image->placement, image->chip);
  g_autofree char *text = strata_programming_plan_print (plan);
  StrataProgrammingStep *step = &plan->steps[1];
  const struct
  {
    int *field, value;
    const char *reason;
  } planted[] = {
    { &step->tile, 99, "not the first tile" },
    { &step->tile, plan->steps[0].tile, "second time" },
    { &step->site.tier, 7 - step->site.tier, "not where" },
    { &step->n_rows, 1, "does not write the rows" },
    { &plan->n_steps, 3, "missing" },
  };

  g_assert_true (g_str_has_prefix (text, "programming 4 rows 899 cells "));
  g_assert_true (strata_programming_plan_check (plan, image->tiles, image->placement, image->chip, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    {
      int before = *planted[i].field;
      g_autoptr (GError) error = NULL;

      *planted[i].field = planted[i].value;
      g_assert_false (strata_programming_plan_check (plan, image->tiles, image->placement, image->chip, &error));
      if (strstr (error->message, planted[i].reason) == NULL)
        g_error ("%u: '%s' does not say '%s'", i, error->message, planted[i].reason);
      *planted[i].field = before;
    }
  step->start_ps--;
  step->end_ps--;
  g_assert_false (strata_programming_plan_check (plan, image->tiles, image->placement, image->chip, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/program/programming/language-model", test_language_model);
  g_test_add_func ("/sdk/program/programming/upkeep", test_upkeep);
  g_test_add_func ("/sdk/program/programming/networks", test_networks);
  g_test_add_func ("/sdk/program/programming/shared", test_shared);
  g_test_add_func ("/sdk/program/programming/planted", test_planted);
  return g_test_run ();
}
