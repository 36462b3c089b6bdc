/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays as warm as their program's own work makes them: which temperatures those are, and that each array is read at
 * its own.
 */
#include <math.h>

#include "lib/fixtures.h"
#include "lib/run.h"

#define MONTH_S (30 * 86400.0)

static StrataImage *
make_image (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_conv (graph, fixtures_input (graph, 3, 7, 7), 128, 3, 1);

  t = fixtures_conv (graph, t, 200, 3, 2);
  fixtures_output (graph, fixtures_dense (graph, fixtures_flatten (graph, t), 10));
  return fixtures_image (graph, fixtures_chip ("demonstrator", 0, 0, 0));
}

static StrataModelled *
model (const StrataImage *image, gint64 min_interval_ps)
{
  g_autoptr (GError) error = NULL;
  StrataModelled *modelled = strata_model_run (image, min_interval_ps, FALSE, NULL, &error);

  g_assert_no_error (error);
  return modelled;
}

static void
find_range (const StrataImage *image, const StrataModelled *modelled, double *coolest_c, double *hottest_c)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (strata_modelled_array_range (image, modelled, coolest_c, hottest_c, &error));
  g_assert_no_error (error);
}

static int
site_of (const StrataImage *image, int tile)
{
  return image->placement->site[tile].stack * image->chip->tiers + image->placement->site[tile].tier;
}

/* --- which temperatures --- */

/* Those that the run records of tiers, to the bit */
static void
test_recorded (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autoptr (StrataModelled) modelled = model (image, 0);
  double coolest_c, hottest_c, lowest_c = HUGE_VAL, highest_c = -HUGE_VAL;
  int n_tiers = 0;

  for (int i = 0; i < modelled->n_temperature; i++)
    {
      const StrataTemperatureRecord *record = &modelled->temperature[i];

      if (record->time_ps != -1 || record->node != STRATA_HEAT_STACK_TIER)
        continue;
      g_assert_cmpfloat (modelled->array_c[record->stack * image->chip->tiers + record->tier], ==,
                         record->temperature_c);
      n_tiers++;
    }
  g_assert_cmpint (n_tiers, ==, image->chip->n_stacks * image->chip->tiers);
  for (int i = 0; i < image->tiles->n_tiles; i++)
    {
      lowest_c = MIN (lowest_c, modelled->array_c[site_of (image, i)]);
      highest_c = MAX (highest_c, modelled->array_c[site_of (image, i)]);
    }
  find_range (image, modelled, &coolest_c, &hottest_c);
  g_assert_cmpfloat (coolest_c, ==, lowest_c);
  g_assert_cmpfloat (hottest_c, ==, highest_c);
  g_assert_cmpfloat (coolest_c, >, image->chip->t_ambient_c);
  g_assert_cmpfloat (hottest_c, <=, modelled->junction_c);
}

/* A program that states a pace is cooler; a package that carries all heat away leaves the rise within the die. */
static void
test_cooler (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autoptr (StrataModelled) fast = model (image, 0), slow = model (image, 1000 * fast->interval_ps[0]);
  g_autoptr (StrataModelled) cooled = NULL;
  double coolest_c, fast_c, slow_c, cooled_c;

  find_range (image, fast, &coolest_c, &fast_c);
  find_range (image, slow, &coolest_c, &slow_c);
  g_assert_cmpfloat (slow_c, <, fast_c);
  image->chip->r_package_k_w = 0;
  cooled = model (image, 0);
  find_range (image, cooled, &coolest_c, &cooled_c);
  g_test_message ("hottest array %.3f degC, paced %.3f, without a package %.3f", fast_c, slow_c, cooled_c);
  g_assert_cmpfloat (cooled_c - image->chip->t_ambient_c, <, 0.05 * (fast_c - image->chip->t_ambient_c));
  g_assert_cmpfloat (coolest_c, >=, image->chip->t_ambient_c);
}

/* Where a limit slows the chip down, what a program of that pace comes to */
static void
test_throttled (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autoptr (StrataModelled) fast = model (image, 0), slowed = NULL, paced = NULL;
  double ambient_c = image->chip->t_ambient_c, coolest_c, hottest_c;

  image->limits.max_junction_c = ambient_c + 0.8 * (fast->junction_c - ambient_c);
  slowed = model (image, 0);
  g_assert_cmpint (slowed->throttle, ==, STRATA_THROTTLE_JUNCTION);
  find_range (image, slowed, &coolest_c, &hottest_c);
  g_assert_cmpfloat (hottest_c, <=, image->limits.max_junction_c);
  g_assert_cmpfloat (hottest_c, <, fast->array_c[site_of (image, 0)]);
  paced = model (image, slowed->throttle_interval_ps[0]);
  g_assert_cmpint (paced->throttle, ==, STRATA_THROTTLE_NONE);
  for (int i = 0; i < image->chip->n_stacks * image->chip->tiers; i++)
    g_assert_cmpfloat_with_epsilon (slowed->array_c[i], paced->array_c[i], 1e-6);
}

static void
test_runaway (void)
{
  g_autoptr (StrataImage) image = make_image ();
  StrataConditions conditions = { .temperature_c = (double) INFINITY };
  const StrataFunctionalOptions options = { .analog = STRATA_ANALOG_NOMINAL, .conditions = &conditions };
  g_autoptr (StrataModelled) modelled = NULL;
  g_autoptr (GError) error = NULL, again = NULL;
  double coolest_c, hottest_c;

  image->chip->p_leak_mw_per_mm2[0] = 1000;
  modelled = model (image, 0);
  g_assert_true (modelled->runs_away);
  g_assert_null (modelled->array_c);
  g_assert_false (strata_modelled_array_range (image, modelled, &coolest_c, &hottest_c, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "runs away"));
  g_assert_null (strata_functional_new (image, &options, &again));
  g_assert_cmpstr (again->message, ==, error->message);
}

/* --- values --- */

/* @temperature_c NaN: at ambient; infinite: of @modelled, NULL: of the run that is made for it */
static StrataArray *
values_at (const StrataImage *image, double temperature_c, const StrataModelled *modelled, gboolean spread)
{
  const StrataConditions conditions = { .age_s = MONTH_S, .temperature_c = temperature_c };
  const StrataFunctionalOptions options = {
    .analog = STRATA_ANALOG_NOMINAL, .seed = 3, .conditions = &conditions, .modelled = modelled, .spread = spread
  };

  return run_sample_with (image, &options, 1);
}

static gboolean
are_same (const StrataArray *a, const StrataArray *b)
{
  return a->n_bytes == b->n_bytes && memcmp (a->data, b->data, a->n_bytes) == 0;
}

/* All arrays at one temperature: the bits of that temperature given. Without heat: those of ambient. */
static void
test_uniform (void)
{
  g_autoptr (StrataImage) image = make_image ();
  const int n_sites = image->chip->n_stacks * image->chip->tiers;
  g_autofree double *array_c = g_new (double, n_sites);
  const StrataModelled flat = { .array_c = array_c };
  g_autoptr (StrataArray) ambient = values_at (image, (double) NAN, NULL, FALSE);
  g_autoptr (StrataArray) given = values_at (image, 70, NULL, FALSE), cold = NULL, warm = NULL;

  for (int i = 0; i < n_sites; i++)
    array_c[i] = image->chip->t_ambient_c;
  cold = values_at (image, (double) INFINITY, &flat, FALSE);
  for (int i = 0; i < n_sites; i++)
    array_c[i] = 70;
  warm = values_at (image, (double) INFINITY, &flat, FALSE);
  g_assert_true (are_same (cold, ambient));
  g_assert_true (are_same (warm, given));
  g_assert_false (are_same (warm, cold));
}

/* One array warmer than the others changes what is computed, one that holds nothing does not. */
static void
test_own (void)
{
  g_autoptr (StrataImage) image = make_image ();
  const int n_sites = image->chip->n_stacks * image->chip->tiers, first = site_of (image, 0);
  g_autofree double *array_c = g_new (double, n_sites);
  g_autofree gboolean *is_used = g_new0 (gboolean, n_sites);
  const StrataModelled modelled = { .array_c = array_c };
  g_autoptr (StrataArray) even = NULL, idle = NULL, one = NULL;

  for (int i = 0; i < image->tiles->n_tiles; i++)
    is_used[site_of (image, i)] = TRUE;
  for (int i = 0; i < n_sites; i++)
    array_c[i] = 45;
  even = values_at (image, (double) INFINITY, &modelled, FALSE);
  for (int i = 0; i < n_sites; i++)
    array_c[i] = is_used[i] ? 45 : 120;
  idle = values_at (image, (double) INFINITY, &modelled, FALSE);
  array_c[first] = 120;
  one = values_at (image, (double) INFINITY, &modelled, FALSE);
  g_assert_true (are_same (idle, even));
  g_assert_false (are_same (one, even));
}

/* The run that is made where none is given is that of the program's pace; threads change nothing. */
static void
test_replay (void)
{
  g_autoptr (StrataImage) image = make_image ();
  g_autoptr (StrataModelled) modelled = NULL;
  g_autoptr (StrataArray) ambient = NULL, given = NULL, made = NULL, spread = NULL;

  image->chip->r_package_k_w *= 4;
  modelled = model (image, image->limits.max_interval_ps);
  ambient = values_at (image, (double) NAN, NULL, FALSE);
  given = values_at (image, (double) INFINITY, modelled, FALSE);
  made = values_at (image, (double) INFINITY, NULL, FALSE);
  spread = values_at (image, (double) INFINITY, NULL, TRUE);
  g_assert_true (are_same (given, made));
  g_assert_true (are_same (given, spread));
  g_assert_false (are_same (given, ambient));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/warmth/recorded", test_recorded);
  g_test_add_func ("/sdk/simulator/warmth/cooler", test_cooler);
  g_test_add_func ("/sdk/simulator/warmth/throttled", test_throttled);
  g_test_add_func ("/sdk/simulator/warmth/runaway", test_runaway);
  g_test_add_func ("/sdk/simulator/warmth/uniform", test_uniform);
  g_test_add_func ("/sdk/simulator/warmth/own", test_own);
  g_test_add_func ("/sdk/simulator/warmth/replay", test_replay);
  return g_test_run ();
}
