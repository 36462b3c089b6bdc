/* SPDX-License-Identifier: Apache-2.0
 *
 * Areas and static power of hardware-facts 10.4 (1 %), yields and prices of 8 and H11.
 */
#include <math.h>

#include "cost/cost.h"
#include "lib/chips.h"

static void
test_area (void)
{
  g_autoptr (StrataChipSpec) demonstrator = load ("demonstrator");
  g_autoptr (StrataChipSpec) phone = load ("phone");
  g_autoptr (StrataChipSpec) planar = load ("planar");
  StrataArea a = strata_cost_area (demonstrator), b = strata_cost_area (phone), c = strata_cost_area (planar);

  assert_within (a.array, 0.131, 0.01);
  assert_within (a.base, 0.123, 0.01);
  assert_within (a.stack, 0.131, 0.01);
  assert_within (a.die, 14.0, 0.01);
  assert_within (b.array, 0.084, 0.01);
  assert_within (b.base, 0.215, 0.01);
  assert_within (b.stack, 0.215, 0.01);
  assert_within (b.die, 21.3, 0.01);
  assert_within (b.adc, 0.105, 0.01); /* 3.2 */
  assert_within (c.array, 0.084, 0.01);
  assert_within (c.stack, 0.215, 0.01);
  assert_within (c.die, 21.3, 0.01);
}

/* Twin of (c): 2,638 mm2 of stacks, 3,173 mm2 of die for 12,258 stacks; ours are 12,321, half a percent more. */
static void
test_area_twin (void)
{
  g_autoptr (StrataChipSpec) twin = load ("planar-capacity");
  StrataArea area = strata_cost_area (twin);
  double share = 12258.0 / twin->n_stacks;

  assert_within (twin->n_stacks * area.stack * share, 2638, 0.002);
  assert_within ((area.die - area.leaking_fixed) * share + area.leaking_fixed, 3173, 0.002);
  assert_within (area.die, 3173, 0.01);
}

/* 10.6: 20 + 5.4 + 45 = 70.4 mW at 50 degC with 30 % of the stacks ungated, by the area rule of the design. */
static void
test_static (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  double fixed = strata_cost_leak_fixed_mw (chip, STRATA_BAND_NOMINAL, 50);
  double on = strata_cost_leak_stack_mw (chip, STRATA_BAND_NOMINAL, 50, TRUE);
  double gated = strata_cost_leak_stack_mw (chip, STRATA_BAND_NOMINAL, 50, FALSE);

  assert_within (fixed, 0.5 * (0.9 * 2 + 3), 1e-9);
  assert_within (on, 0.5 * 1.2 * 0.215, 0.01);
  assert_within (gated, 0.1 * on, 1e-9);
  assert_within (20 + fixed + 64 * (0.3 * on + 0.7 * gated) + 45, 70.4, 0.01);
  assert_within (strata_cost_static_mw (chip, STRATA_BAND_NOMINAL, 50, 19, TRUE), 70.4, 0.01);
  assert_within (strata_cost_static_mw (chip, STRATA_BAND_NOMINAL, 50, 19, FALSE), 25.4, 0.02);
  assert_within (strata_cost_leak_fixed_mw (chip, STRATA_BAND_NOMINAL, 70), 2 * fixed, 1e-12);
  assert_within (strata_cost_leak_fixed_mw (chip, STRATA_BAND_NOMINAL, 30), fixed / 2, 1e-12);
  assert_within (strata_cost_leak_fixed_mw (chip, STRATA_BAND_CONSERVATIVE, 50), 2 * fixed, 1e-12);
}

/* 10.4 (a): 8 mW control, 3-7 mW leakage, no DRAM. */
static void
test_static_demonstrator (void)
{
  g_autoptr (StrataChipSpec) chip = load ("demonstrator");
  double leak_cool = strata_cost_static_mw (chip, STRATA_BAND_NOMINAL, 50, 19, TRUE) - 8;
  double leak_warm = strata_cost_static_mw (chip, STRATA_BAND_NOMINAL, 65, 19, TRUE) - 8;

  g_assert_cmpfloat (leak_cool, >, 3);
  g_assert_cmpfloat (leak_warm, <, 7);
}

/* H11 and 8. */
static void
test_yield (void)
{
  assert_within (strata_cost_yield_negbinomial (21.3, 0.1, 3), 0.979, 0.001);
  assert_within (strata_cost_yield_negbinomial (21.3, 0.25, 3), 0.949, 0.001);
  assert_within (strata_cost_yield_negbinomial (800, 0.1, 3), 0.49, 0.01);
  assert_within (strata_cost_yield_array (512, 0, 1e-4), 0.950, 0.001);
  g_assert_cmpfloat (strata_cost_yield_array (512, 4, 1e-4), >, 0.9999999);
  assert_within (strata_cost_yield_poisson (100, 1), exp (-1), 1e-12);
  assert_within (strata_cost_yield_murphy (100, 1), (1 - exp (-1)) * (1 - exp (-1)), 1e-12);
  g_assert_cmpfloat (strata_cost_yield_murphy (100, 0), ==, 1);
  /* Two of three good: 3 y^2 (1-y) + y^3 */
  assert_within (strata_cost_yield_stack (2, 1, 0.9), 3 * 0.81 * 0.1 + 0.729, 1e-12);
  g_assert_cmpfloat (strata_cost_yield_stack (4, 2, 1), ==, 1);
  g_assert_cmpfloat (strata_cost_yield_stack (4, 2, 0), ==, 0);
}

/* 8: 64 x 256 arrays. Row failure 1e-4 without spares: 0; 1e-3 with 4 spare rows: 0.04 without, 1.0 with 4 spare tiers.
 */
static void
test_yield_chip (void)
{
  double y_plain = strata_cost_yield_array (512, 0, 1e-4);
  double y_spared = strata_cost_yield_array (512, 4, 1e-3);
  g_autoptr (StrataChipSpec) chip = load ("phone");

  g_assert_cmpfloat (pow (strata_cost_yield_stack (256, 0, y_plain), 64), <, 1e-9);
  g_assert_cmpfloat_with_epsilon (pow (strata_cost_yield_stack (256, 0, y_spared), 64), 0.04, 0.005);
  g_assert_cmpfloat_with_epsilon (pow (strata_cost_yield_stack (256, 4, y_spared), 64), 1.0, 0.001);
  /* With the chip's own spares only the base die is left. */
  assert_within (strata_cost_yield_chip (chip), 0.979, 0.001);
}

/* 8: $5,700 at 80 % is $2.25 a die, $10,000 at 60 % $5.26; four dies of 800 mm2 from $2,700 wafers about $336. */
static void
test_cost (void)
{
  g_autoptr (StrataChipSpec) phone = load ("phone");
  g_autoptr (StrataChipSpec) twin = load ("planar-capacity");
  double n = strata_cost_dies_per_wafer (300, 21.3);

  assert_within (5700 / (n * 0.8), 2.25, 0.005);
  assert_within (10000 / (n * 0.6), 5.26, 0.005);
  /* $5,700 at the base die's own yield, test, package, LPDDR */
  assert_within (strata_cost_die_usd (phone), 2.25 * 0.8 / 0.979 + 0.5 + 1 + 3.5, 0.005);
  assert_within (strata_cost_die_usd (twin) - 0.5 - 1 - 3.5, 336, 0.02);
  g_assert_cmpfloat (strata_cost_dies_per_wafer (100, 1e6), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/area/chips", test_area);
  g_test_add_func ("/sdk/cost/area/twin", test_area_twin);
  g_test_add_func ("/sdk/cost/static/phone", test_static);
  g_test_add_func ("/sdk/cost/static/demonstrator", test_static_demonstrator);
  g_test_add_func ("/sdk/cost/yield/formulas", test_yield);
  g_test_add_func ("/sdk/cost/yield/chip", test_yield_chip);
  g_test_add_func ("/sdk/cost/cost/chip", test_cost);
  return g_test_run ();
}
