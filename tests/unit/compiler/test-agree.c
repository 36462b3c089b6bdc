/* SPDX-License-Identifier: Apache-2.0
 *
 * The list scheduler's prediction and the simulator's timing are two executions of the same rules (program/schedule.h)
 * that share no code but the time of a burst: they must agree to the picosecond, with and without limits on units.
 */
#include "lib/fixtures.h"
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/schedule/agrees-with-simulator", test_random);
  return g_test_run ();
}
