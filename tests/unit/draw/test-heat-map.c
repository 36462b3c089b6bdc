/* SPDX-License-Identifier: Apache-2.0
 *
 * What is under the pointer of the temperature map: over all its pixels every stack of the plan, and every place of the
 * section's row, are found, each with its own temperature.
 */
#include "strata-profiler/strata-heat-map.h"

#include <math.h>

/* A temperature of its own for each place; the hottest in the second row, in a tier */
static double *
make_temperatures (gint32 mesh, gint32 n_tiers)
{
  double *temperature_c = g_new (double, mesh *mesh *(n_tiers + 1));

  for (gint32 i = 0; i < mesh * mesh * (n_tiers + 1); i++)
    temperature_c[i] = 40 + 1e-3 * i;
  temperature_c[(mesh + 1) * (n_tiers + 1) + 2] = 99;
  return temperature_c;
}

static void
check (gint32 mesh, gint32 n_tiers, const StrataRect *rect)
{
  g_autofree double *temperature_c = make_temperatures (mesh, n_tiers);
  const StrataHeatScene scene = { "a run", "modelled", mesh, mesh, n_tiers, temperature_c, 300, 99, 50, 41, 40 };
  g_autoptr (GHashTable) stacks = g_hash_table_new (NULL, NULL), places = g_hash_table_new (NULL, NULL);
  gint32 n_row = 0;
  gpointer key;
  GHashTableIter iter;

  for (double y = rect->y; y < rect->y + rect->height; y += 1)
    for (double x = rect->x; x < rect->x + rect->width; x += 1)
      {
        StrataHeatPlace place;

        if (!strata_heat_map_pick (&scene, rect, x, y, &place))
          continue;
        g_assert_cmpint (place.stack, <, mesh * mesh);
        g_assert_cmpint (place.tier, >=, -1);
        g_assert_cmpint (place.tier, <, n_tiers);
        g_assert_cmpfloat (place.temperature_c, ==, temperature_c[place.stack * (n_tiers + 1) + place.tier + 1]);
        g_hash_table_add (stacks, GINT_TO_POINTER (place.stack));
        g_hash_table_add (places, GINT_TO_POINTER (place.stack * (n_tiers + 1) + place.tier + 1));
      }
  g_assert_cmpuint (g_hash_table_size (stacks), ==, mesh * mesh);
  g_hash_table_iter_init (&iter, places);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    n_row += GPOINTER_TO_INT (key) / (n_tiers + 1) / mesh == 1;
  g_assert_cmpint (n_row, ==, mesh * (n_tiers + 1));
}

static void
test_pick (void)
{
  check (8, 16, &(StrataRect){ 0, 0, 960, 480 });
  check (2, 4, &(StrataRect){ 30, 10, 640, 400 });
}

static void
test_nothing (void)
{
  g_autofree double *temperature_c = make_temperatures (2, 2);
  StrataHeatScene scene = { "a run", "measured", 2, 2, 2, NULL, NAN, NAN, NAN, NAN, NAN };
  StrataRect rect = { 0, 0, 960, 480 }, narrow = { 0, 0, 120, 90 };
  StrataHeatPlace place;

  g_assert_false (strata_heat_map_pick (&scene, &rect, 100, 200, &place));
  scene.temperature_c = temperature_c;
  for (double x = 0; x < 120; x += 3)
    g_assert_false (strata_heat_map_pick (&scene, &narrow, x, 45, &place));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/profiler/draw/heat-map/pick", test_pick);
  g_test_add_func ("/profiler/draw/heat-map/nothing", test_nothing);
  return g_test_run ();
}
