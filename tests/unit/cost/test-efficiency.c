/* SPDX-License-Identifier: Apache-2.0
 *
 * Efficiency within the four boundaries: golden figures of hardware-facts 10.4 and 10.7, sums by hand, and that a wider
 * boundary never looks better.
 */
#include "cost/cost.h"
#include "lib/chips.h"

#include <math.h>

/* 10.4: "stack TOPS/W", conservative … optimistic; 10.7 H1, H5 */
static void
test_golden (void)
{
  g_autoptr (StrataChipSpec) phone = load ("phone");
  g_autoptr (StrataChipSpec) demonstrator = load ("demonstrator");
  g_autoptr (StrataChipSpec) hermes = load ("hermes");
  g_autoptr (StrataChipSpec) ibm = load ("ibm-3d");

  assert_within (strata_cost_peak_tops_w (phone, STRATA_BOUNDARY_MACRO, STRATA_BAND_NOMINAL), 107, 0.01);
  assert_within (strata_cost_peak_tops_w (phone, STRATA_BOUNDARY_MACRO, STRATA_BAND_OPTIMISTIC), 328, 0.005);
  assert_within (strata_cost_peak_tops_w (phone, STRATA_BOUNDARY_MACRO, STRATA_BAND_CONSERVATIVE), 40.6, 0.005);
  assert_within (strata_cost_peak_tops_w (demonstrator, STRATA_BOUNDARY_MACRO, STRATA_BAND_NOMINAL), 31.0, 0.01);
  assert_within (strata_cost_peak_tops_w (hermes, STRATA_BOUNDARY_MACRO, STRATA_BAND_NOMINAL), 9.76, 0.01);
  assert_within (strata_cost_peak_tops_w (ibm, STRATA_BOUNDARY_MACRO, STRATA_BAND_NOMINAL), 52.4, 0.001);
  g_assert_true (isnan (strata_cost_peak_tops_w (hermes, STRATA_BOUNDARY_ARRAY, STRATA_BAND_NOMINAL)));
}

/* phone: an array of 336 pJ; 512 B in and 1024 B out over 16/3 hops at 0.8 pJ/B and once through SRAM at 1 pJ/B, 1024
 * vector operations of 1 pJ; the budget of 300 mW less static power feeds some 10 of 64 stacks. */
static void
test_by_hand (void)
{
  g_autoptr (StrataChipSpec) phone = load ("phone");
  double n_operations = 2.0 * 512 * 512, mvm_fj = strata_cost_mvm_energy (phone, 0, 512, 512, 512, 1).total;
  double outside_fj =
    1536 * (16 / 3.0 * phone->e_noc_fj_per_byte_hop[0] + phone->e_sram_fj_per_byte[0]) + 1024 * phone->e_vector_fj[0];
  double dynamic_fj = mvm_fj + outside_fj;
  double chip_mw = strata_cost_static_mw (phone, 0, phone->t_ambient_c, 64, FALSE);
  double all_mw = strata_cost_static_mw (phone, 0, phone->t_ambient_c, 64, TRUE);

  assert_within (strata_cost_peak_tops_w (phone, STRATA_BOUNDARY_ARRAY, 0), n_operations / 336e3 * 1e3, 0.002);
  /* Where the budget binds, its dynamic part is what remains of it. */
  g_assert_cmpfloat (64 * dynamic_fj / 400e3, >, 300);
  assert_within (strata_cost_peak_tops_w (phone, STRATA_BOUNDARY_CHIP, 0),
                 n_operations / dynamic_fj * 1e3 * (300 - chip_mw) / 300, 1e-9);
  assert_within (strata_cost_peak_tops_w (phone, STRATA_BOUNDARY_WORKLOAD, 0),
                 n_operations / dynamic_fj * 1e3 * (300 - all_mw) / 300, 1e-9);
  phone->p_budget_mw = 0;
  assert_within (strata_cost_peak_tops_w (phone, STRATA_BOUNDARY_CHIP, 0),
                 n_operations * 1e3 / (dynamic_fj + chip_mw * 400e3 / 64), 1e-9);
  /* Static power alone is over the budget. */
  phone->p_budget_mw = 1;
  g_assert_cmpfloat (strata_cost_peak_tops_w (phone, STRATA_BOUNDARY_CHIP, 0), ==, 0);
}

static void
test_order (void)
{
  static const char *const names[] = { "demonstrator", "phone", "planar", "planar-capacity", "hermes", "ibm-3d" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    for (int band = 0; band < STRATA_N_BANDS; band++)
      {
        g_autoptr (StrataChipSpec) chip = load (names[i]);
        double wider = INFINITY;

        for (int b = chip->mode == STRATA_CHIP_LUMPED ? STRATA_BOUNDARY_MACRO : 0; b < STRATA_N_BOUNDARIES; b++)
          {
            double value = strata_cost_peak_tops_w (chip, b, band);

            g_assert_cmpfloat (value, >=, 0);
            g_assert_cmpfloat (value, <=, wider);
            wider = value;
          }
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/efficiency/golden", test_golden);
  g_test_add_func ("/sdk/cost/efficiency/by-hand", test_by_hand);
  g_test_add_func ("/sdk/cost/efficiency/order", test_order);
  return g_test_run ();
}
