/* SPDX-License-Identifier: Apache-2.0
 *
 * The estimate against the execution of the same program: never longer, the same counts, nothing over time.
 */
#include "lib/fixtures.h"
#include "simulator/simulator.h"

#define N_GRAPHS 20

static void
compare (const StrataImage *image)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataModelled) run = strata_model_run (image, 0, TRUE, NULL, &error);
  g_autoptr (StrataModelled) estimate = strata_model_estimate (image, 0, TRUE, NULL, &error);
  gint64 switch_fj = strata_cost_whole_fj (image->chip->e_select_fj[STRATA_BAND_NOMINAL]);

  g_assert_no_error (error);
  g_assert_cmpint (run->fidelity, ==, STRATA_FIDELITY_TIMING);
  g_assert_cmpint (estimate->fidelity, ==, STRATA_FIDELITY_ESTIMATE);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      g_assert_cmpint (estimate->latency_ps[band], >, 0);
      g_assert_cmpint (estimate->latency_ps[band], <=, run->latency_ps[band]);
      g_assert_cmpint (estimate->unit_interval_ps[band], <=, run->unit_interval_ps[band]);
      g_assert_cmpint (estimate->dynamic_fj[band], <=, run->dynamic_fj[band]);
    }
  g_assert_cmpint (estimate->latency_ps[STRATA_BAND_NOMINAL], >=, image->schedule->critical_path_ps);
  g_assert_cmpint (estimate->host_ps, ==, run->host_ps);
  g_assert_cmpint (estimate->timing->n_switches, <=, run->timing->n_switches);
  /* All that an execution adds is switches between tiers. */
  g_assert_cmpint (run->dynamic_fj[0] - estimate->dynamic_fj[0], ==,
                   (run->timing->n_switches - estimate->timing->n_switches) * switch_fj);
  g_assert_cmpuint (estimate->timing->n_events, ==, 0);
  g_assert_cmpint (estimate->n_power, ==, 0);
  for (int i = 0; i < estimate->n_temperature; i++)
    g_assert_cmpint (estimate->temperature[i].time_ps, ==, -1);
  for (int unit = 0; unit < image->schedule->n_units; unit++)
    g_assert_cmpint (estimate->unit_busy_ps[unit], <=, run->unit_busy_ps[unit]);
}

static void
test_random (void)
{
  static const char *const chips[] = { "demonstrator", "phone", "ibm-3d", "planar-capacity" };

  for (guint64 seed = 0; seed < N_GRAPHS; seed++)
    {
      int chip = (int) (seed % G_N_ELEMENTS (chips)), mesh = chip < 2 ? 2 : chip == 3 ? 16 : 0;
      g_autoptr (StrataImage) image =
        fixtures_image (fixtures_random (seed), fixtures_chip (chips[chip], mesh, mesh, 0));

      compare (image);
    }
}

/* With one stack there is no choice: the stack's load bounds the latency. */
static void
test_one_stack (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 1, 1, 0));
  g_autoptr (StrataModelled) estimate = strata_model_estimate (image, 0, FALSE, NULL, NULL);

  compare (image);
  g_assert_cmpint (estimate->latency_ps[0], >=, estimate->unit_busy_ps[0]);
  g_assert_false (estimate->has_bands);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/estimate/random", test_random);
  g_test_add_func ("/sdk/simulator/estimate/one-stack", test_one_stack);
  return g_test_run ();
}
