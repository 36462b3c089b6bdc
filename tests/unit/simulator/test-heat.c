/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat: golden check H10 of hardware-facts 10.7, slabs by hand, Kirchhoff's law at every node, conservation in time.
 */
#include "simulator/heat.h"

#include "base/rng.h"
#include "fixture.h"

#include <math.h>

/* Chip (b) of hardware-facts 10.4 as far as heat asks: 64 stacks of 256 tiers, 21.3 mm2 */
static void
make_phone (StrataChipSpec *chip)
{
  chip->rows = chip->columns = 512;
  chip->n_adc = 64;
  chip->cell_area_um2 = 0.16;
  chip->sram_bytes = 2 << 20;
}

static double
column_m2 (const StrataChipSpec *chip)
{
  return strata_cost_area (chip).die * 1e-6 / chip->n_stacks;
}

static void
test_h10 (void)
{
  g_autoptr (Fixture) fixture = fixture_new (8, 8, 256);
  int n = 257;
  g_autofree double *power_mw = g_new0 (double, 64 * n), *temperature_c = g_new0 (double, 64 * n);
  StrataHeatSummary summary;

  make_phone (&fixture->chip);
  g_assert_cmpfloat_with_epsilon (strata_cost_area (&fixture->chip).die, 21.3, 0.02 * 21.3);
  for (int stack = 0; stack < 64; stack++)
    power_mw[stack * n] = 300.0 / 64;
  strata_heat_steady (&fixture->chip, power_mw, temperature_c, &summary);
  for (int stack = 0; stack < 64; stack++)
    g_assert_cmpfloat_with_epsilon (temperature_c[stack * n] - temperature_c[stack * n + 256], 0.18, 0.05 * 0.18);
  g_assert_cmpfloat_with_epsilon (summary.package_c - 40, 10.5, 0.05 * 10.5);
  g_assert_cmpfloat_with_epsilon (summary.junction_c, temperature_c[0], 1e-9);
  g_assert_cmpfloat_with_epsilon (summary.skin_c, 40 + 0.3 * 10, 1e-9);
}

/* One stack of 32 tiers, two slabs of 0.96 um: half a slab's resistance lies below the heat of a slab. */
static void
test_slabs (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 32);
  double power_mw[33] = { 0 }, temperature_c[33];
  double slab_k_w = 16 * 60e-9 / (1.2 * column_m2 (&fixture->chip));
  double tim_k_w = 20e-6 / (4 * column_m2 (&fixture->chip));
  StrataHeatSummary summary;

  power_mw[0] = 10;
  strata_heat_steady (&fixture->chip, power_mw, temperature_c, &summary);
  g_assert_cmpfloat_with_epsilon (summary.package_c, 40.35, 1e-9);
  g_assert_cmpfloat_with_epsilon (temperature_c[0] - summary.package_c, 0.01 * (2 * slab_k_w + tim_k_w), 1e-9);
  g_assert_cmpfloat_with_epsilon (temperature_c[0] - temperature_c[32], 0.01 * slab_k_w * 2 * 63 / 64, 1e-9);
  power_mw[0] = 0;
  power_mw[1 + 20] = 10;
  strata_heat_steady (&fixture->chip, power_mw, temperature_c, &summary);
  g_assert_cmpfloat_with_epsilon (temperature_c[0] - summary.package_c, 0.01 * (slab_k_w / 2 + tim_k_w), 1e-9);
}

/* Two stacks, one heated: what goes sideways through 13 mW/K of silicon makes the difference. */
static void
test_lateral (void)
{
  g_autoptr (Fixture) fixture = fixture_new (2, 1, 16);
  double power_mw[34] = { 0 }, temperature_c[34], up_k_w;
  StrataHeatSummary summary;

  fixture->chip.k_inplane_w_mk = 0;
  up_k_w = (16 * 60e-9 / 1.2 + 20e-6 / 4) / column_m2 (&fixture->chip);
  power_mw[0] = 100;
  strata_heat_steady (&fixture->chip, power_mw, temperature_c, &summary);
  g_assert_cmpfloat_with_epsilon (temperature_c[0] - temperature_c[17], 0.1 / (2 * 0.013 + 1 / up_k_w), 1e-9);
}

static void
fill_random (StrataHeat *heat, const StrataChipSpec *chip, double *power_mw)
{
  StrataRngKey key = strata_rng_key (7, 7);

  for (gsize i = 0; i < strata_heat_n_nodes (heat); i++)
    power_mw[i] = i / chip->n_stacks == (gsize) strata_heat_n_layers (heat) - 1 ? 0 : strata_rng_uniform (key, i);
}

/* Current balance of every base and of the package, with conductances written out here */
static void
test_kirchhoff (void)
{
  g_autoptr (Fixture) fixture = fixture_new (4, 3, 48);
  const StrataChipSpec *chip = &fixture->chip;
  g_autoptr (StrataHeat) heat = strata_heat_new (chip);
  gsize n = strata_heat_n_nodes (heat);
  g_autofree double *power_mw = g_new0 (double, n), *rise_c = g_new0 (double, n);
  double up_w_k = 1.2 * column_m2 (chip) / (8 * 60e-9), sum_mw = 0;

  fill_random (heat, chip, power_mw);
  strata_heat_solve (heat, power_mw, rise_c);
  for (int stack = 0; stack < 12; stack++)
    {
      int x = stack % 4, y = stack / 4;
      double out_w = up_w_k * (rise_c[stack] - rise_c[12 + stack]);

      out_w += x > 0 ? 0.013 * (rise_c[stack] - rise_c[stack - 1]) : 0;
      out_w += x < 3 ? 0.013 * (rise_c[stack] - rise_c[stack + 1]) : 0;
      out_w += y > 0 ? 0.013 * (rise_c[stack] - rise_c[stack - 4]) : 0;
      out_w += y < 2 ? 0.013 * (rise_c[stack] - rise_c[stack + 4]) : 0;
      g_assert_cmpfloat_with_epsilon (out_w * 1e3, power_mw[stack], 1e-8);
    }
  for (gsize i = 0; i < n; i++)
    sum_mw += power_mw[i];
  g_assert_cmpfloat_with_epsilon (strata_heat_leaving_mw (heat, rise_c), sum_mw, 1e-9 * sum_mw);
}

static void
set_spreader (StrataChipSpec *chip)
{
  chip->package = STRATA_PACKAGE_SPREADER;
  chip->spreader_mm = 30, chip->spreader_thick_mm = 1, chip->k_spreader_w_mk = 400, chip->c_spreader_j_m3k = 3.55e6;
  chip->sink_mm = 60, chip->sink_thick_mm = 6.9, chip->k_sink_w_mk = 400, chip->c_sink_j_m3k = 3.55e6;
  chip->r_convection_k_w = 0.1, chip->c_convection_j_k = 140.4;
}

/* Heat in = heat out + heat stored, over steps of very different lengths */
static void
test_conservation (gconstpointer package)
{
  g_autoptr (Fixture) fixture = fixture_new (3, 3, 32);
  g_autoptr (StrataHeat) heat = NULL;
  gsize n;
  g_autofree double *power_mw = NULL, *rise_c = NULL;
  double in_j = 0, out_j = 0, sum_mw = 0;

  if (GPOINTER_TO_INT (package) == STRATA_PACKAGE_SPREADER)
    set_spreader (&fixture->chip);
  heat = strata_heat_new (&fixture->chip);
  n = strata_heat_n_nodes (heat);
  power_mw = g_new0 (double, n), rise_c = g_new0 (double, n);

  fill_random (heat, &fixture->chip, power_mw);
  for (gsize i = 0; i < n; i++)
    sum_mw += power_mw[i];
  for (int step = 0; step < 200; step++)
    {
      gint64 step_ps = step % 2 ? 1000000 : G_GINT64_CONSTANT (1000000000000);

      strata_heat_step (heat, power_mw, step_ps, rise_c);
      in_j += sum_mw * step_ps * 1e-15;
      out_j += strata_heat_leaving_mw (heat, rise_c) * step_ps * 1e-15;
    }
  g_assert_cmpfloat (out_j, >, 0.1 * in_j);
  g_assert_cmpfloat_with_epsilon (out_j + strata_heat_stored_j (heat, rise_c), in_j, 1e-6 * in_j);
}

/* The package alone warms as 1 - exp (-t / (35 K/W x 1 J/K)); the die adds 1e-4 of its capacity. Implicit Euler with
 * 350 steps per time constant is first order: 1/700 at t = RC. */
static void
test_time_constant (void)
{
  g_autoptr (Fixture) fixture = fixture_new (1, 1, 16);
  g_autoptr (StrataHeat) heat = strata_heat_new (&fixture->chip);
  double power_mw[4] = { 100, 0, 0, 0 }, rise_c[4] = { 0 };

  g_assert_cmpuint (strata_heat_n_nodes (heat), ==, 4);
  for (int step = 0; step < 350; step++)
    strata_heat_step (heat, power_mw, G_GINT64_CONSTANT (100000000000), rise_c);
  g_assert_cmpfloat_with_epsilon (rise_c[3], 3.5 * (1 - exp (-1)), 0.003 * 3.5);
}

/* Time goes to the steady state, and stays there. */
static void
test_settles (void)
{
  g_autoptr (Fixture) fixture = fixture_new (3, 2, 16);
  g_autoptr (StrataHeat) heat = strata_heat_new (&fixture->chip);
  gsize n = strata_heat_n_nodes (heat);
  g_autofree double *power_mw = g_new0 (double, n), *steady_c = g_new0 (double, n), *rise_c = g_new0 (double, n);

  fill_random (heat, &fixture->chip, power_mw);
  strata_heat_solve (heat, power_mw, steady_c);
  for (int step = 0; step < 60; step++)
    strata_heat_step (heat, power_mw, G_GINT64_CONSTANT (100000000000000), rise_c);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (rise_c[i], steady_c[i], 1e-8);
}

/* Uniform power under a spreader and a sink: through the die it falls by what its layers resist, and the sink is above
 * ambient by at least its resistance to the air. */
static void
test_spreader (void)
{
  g_autoptr (Fixture) fixture = fixture_new (4, 4, 48);
  g_autoptr (StrataHeat) heat = NULL;
  gsize n;
  g_autofree double *power_mw = NULL, *rise_c = NULL;
  double die_k_w, sink_k_w = 0.1 + 6.9e-3 / (400 * 0.06 * 0.06);
  StrataHeatSummary summary;

  set_spreader (&fixture->chip);
  heat = strata_heat_new (&fixture->chip);
  n = strata_heat_n_nodes (heat);
  power_mw = g_new0 (double, n), rise_c = g_new0 (double, n);
  for (int stack = 0; stack < 16; stack++)
    power_mw[stack] = 10;
  strata_heat_solve (heat, power_mw, rise_c);
  g_assert_cmpfloat_with_epsilon (strata_heat_leaving_mw (heat, rise_c), 160, 160e-6);
  die_k_w = (100e-6 / 130 + 48 * 60e-9 / 1.2 + 20e-6 / 4) / (16 * column_m2 (&fixture->chip));
  for (int stack = 0; stack < 16; stack++)
    g_assert_cmpfloat_with_epsilon (rise_c[stack] - rise_c[5 * 16 + stack], 0.160 * die_k_w, 0.02 * 0.160 * die_k_w);
  summary = strata_heat_summary (heat, rise_c);
  g_assert_cmpfloat (summary.package_c - 40, >, 0.160 * sink_k_w);
  g_assert_cmpfloat (summary.package_c - 40, <, 0.160 * (sink_k_w + 2));
  g_assert_cmpfloat (summary.junction_c, >, summary.package_c);
  /* tiers lie between base and cap */
  g_assert_cmpfloat (strata_heat_tier_c (heat, rise_c, 5, 0), <, strata_heat_tier_c (heat, rise_c, 5, -1));
  g_assert_cmpfloat (strata_heat_tier_c (heat, rise_c, 5, 47), <, strata_heat_tier_c (heat, rise_c, 5, 0));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/heat/h10", test_h10);
  g_test_add_func ("/sdk/simulator/heat/slabs", test_slabs);
  g_test_add_func ("/sdk/simulator/heat/lateral", test_lateral);
  g_test_add_func ("/sdk/simulator/heat/kirchhoff", test_kirchhoff);
  g_test_add_data_func ("/sdk/simulator/heat/conservation", GINT_TO_POINTER (STRATA_PACKAGE_LUMPED), test_conservation);
  g_test_add_data_func ("/sdk/simulator/heat/conservation-spreader", GINT_TO_POINTER (STRATA_PACKAGE_SPREADER),
                        test_conservation);
  g_test_add_func ("/sdk/simulator/heat/spreader", test_spreader);
  g_test_add_func ("/sdk/simulator/heat/time-constant", test_time_constant);
  g_test_add_func ("/sdk/simulator/heat/settles", test_settles);
  return g_test_run ();
}
