/* SPDX-License-Identifier: Apache-2.0
 *
 * Golden figures of an MVM: hardware-facts 10.4 (component tables, times) and 10.7 (H1, H2, H5, H6).
 */
#include "cost/cost.h"
#include "lib/chips.h"

static StrataMvmEnergy
full_mvm (const StrataChipSpec *chip, StrataBand band)
{
  return strata_cost_mvm_energy (chip, band, chip->rows, chip->rows, chip->columns / chip->slices, chip->slices);
}

/* H6; parts are printed to a whole pJ there, so half of one is their tolerance; the total is held to 0.1 %. */
static void
test_phone (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  StrataMvmEnergy energy = full_mvm (chip, STRATA_BAND_NOMINAL);

  assert_within (energy.total, 4876e3, 0.001);
  g_assert_cmpfloat_with_epsilon (energy.array, 336e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.vertical, 36e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.driver, 205e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.adc, 2048e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.post, 205e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.buffer, 922e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.overhead, 1125e3, 500);
  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 1), ==, 500000);
  g_assert_cmpint (strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 1), ==, 400000);
  g_assert_cmpint (strata_cost_select_ps (chip, STRATA_BAND_NOMINAL), ==, 50000);
}

/* A conversion for each of the eight phases: as many conversions, one phase driven while the one before is converted */
static void
test_per_phase (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  StrataMvmEnergy once = full_mvm (chip, STRATA_BAND_NOMINAL), energy;

  chip->conversion = STRATA_CONVERSION_PER_PHASE;
  energy = full_mvm (chip, STRATA_BAND_NOMINAL);
  assert_within (energy.adc, 8 * once.adc, 1e-12);
  assert_within (energy.post, 8 * once.post, 1e-12);
  assert_within (energy.array, once.array, 1e-12);
  assert_within (energy.driver, once.driver, 1e-12);
  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 1), ==, 10000 + 8 * 400000 + 20000);
  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 2), ==, 10000 + 16 * 400000 + 20000);
  g_assert_cmpint (strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 1), ==, 8 * 400000);
}

static void
test_demonstrator (void)
{
  g_autoptr (StrataChipSpec) chip = load ("demonstrator");
  StrataMvmEnergy energy = full_mvm (chip, STRATA_BAND_NOMINAL);

  assert_within (energy.total, 2111e3, 0.001);
  g_assert_cmpfloat_with_epsilon (energy.array, 84e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.vertical, 4e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.driver, 102e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.adc, 1024e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.post, 102e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.buffer, 307e3, 500);
  g_assert_cmpfloat_with_epsilon (energy.overhead, 487e3, 500);
  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 128, 2, 1), ==, 500000);
  g_assert_cmpint (strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, 128, 2, 1), ==, 400000);
}

/* Stack efficiency, conservative … optimistic, TOPS/W (10.4): 2 operations per weight and MVM. */
static void
test_bands (void)
{
  g_autoptr (StrataChipSpec) phone = load ("phone");
  g_autoptr (StrataChipSpec) demonstrator = load ("demonstrator");
  g_autoptr (StrataChipSpec) planar = load ("planar");

  assert_within (2 * 512 * 512 * 1e3 / full_mvm (phone, STRATA_BAND_OPTIMISTIC).total, 328, 0.005);
  assert_within (2 * 512 * 512 * 1e3 / full_mvm (phone, STRATA_BAND_NOMINAL).total, 107, 0.01);
  assert_within (2 * 512 * 512 * 1e3 / full_mvm (phone, STRATA_BAND_CONSERVATIVE).total, 40.6, 0.005);
  assert_within (2 * 256 * 128 * 1e3 / full_mvm (demonstrator, STRATA_BAND_OPTIMISTIC).total, 100, 0.01);
  assert_within (2 * 256 * 128 * 1e3 / full_mvm (demonstrator, STRATA_BAND_NOMINAL).total, 31.0, 0.005);
  assert_within (2 * 256 * 128 * 1e3 / full_mvm (demonstrator, STRATA_BAND_CONSERVATIVE).total, 11.9, 0.005);
  assert_within (full_mvm (planar, STRATA_BAND_NOMINAL).total, 4840e3, 0.002);
}

/* H1: 64 cores; H2: the core alone, 12.48 nJ. */
static void
test_hermes (void)
{
  g_autoptr (StrataChipSpec) chip = load ("hermes");
  double n_ops = 2.0 * 256 * 256;
  double core_fj = full_mvm (chip, STRATA_BAND_OPTIMISTIC).total;
  double one_phase_fj = full_mvm (chip, STRATA_BAND_NOMINAL).total;
  double four_phase_fj = full_mvm (chip, STRATA_BAND_CONSERVATIVE).total;
  gint64 one_phase_ps = strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, 256, 1, 1);
  gint64 four_phase_ps = strata_cost_mvm_interval_ps (chip, STRATA_BAND_CONSERVATIVE, 256, 1, 1);

  assert_within (64 * n_ops / one_phase_ps, 63.1, 0.01);
  assert_within (n_ops * 1e3 / one_phase_fj, 9.76, 0.01);
  assert_within (64 * n_ops / four_phase_ps, 16.1, 0.01);
  assert_within (n_ops * 1e3 / four_phase_fj, 2.48, 0.01);
  assert_within (n_ops * 1e3 / core_fj, 10.5, 0.08);
  assert_within (one_phase_fj / core_fj, 1.076, 0.01);
  assert_within (64 * one_phase_fj / one_phase_ps, 6470, 0.01);
}

/* H5: 52.4 TOPS/W and 5.24 TOPS per tile, to the three digits given. */
static void
test_ibm_3d (void)
{
  g_autoptr (StrataChipSpec) chip = load ("ibm-3d");
  double n_ops = 2.0 * 512 * 512;

  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 1), ==, 100000);
  g_assert_cmpfloat (full_mvm (chip, STRATA_BAND_NOMINAL).total, ==, 10e6);
  g_assert_cmpfloat_with_epsilon (n_ops * 1e3 / full_mvm (chip, STRATA_BAND_NOMINAL).total, 52.4, 0.05);
  g_assert_cmpfloat_with_epsilon (n_ops / strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 1), 5.24, 0.005);
  /* Lumped: the same whatever it uses; averaged reads cost their number. */
  g_assert_cmpfloat (strata_cost_mvm_energy (chip, STRATA_BAND_NOMINAL, 3, 3, 5, 1).total, ==, 10e6);
  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 5, 1, 4), ==, 400000);
}

/* A small MVM by hand: 27 rows driven twice over from copies, 16 outputs in two slices. */
static void
test_partial (void)
{
  g_autoptr (StrataChipSpec) chip = load ("demonstrator");
  StrataMvmEnergy energy = strata_cost_mvm_energy (chip, STRATA_BAND_NOMINAL, 54, 27, 16, 2);

  /* 8 phases x 0.25 x 54 rows x 256 fF x 0.64 V2 */
  g_assert_cmpfloat_with_epsilon (energy.array, 17694.72, 1e-6);
  /* 8 x 0.25 x (54 + 64) x 3.96 fF x 0.64 */
  g_assert_cmpfloat_with_epsilon (energy.vertical, 598.1184, 1e-6);
  g_assert_cmpfloat (energy.driver, ==, 8 * 54 * 50);
  g_assert_cmpfloat_with_epsilon (energy.adc, 32 * 4000, 1e-6);
  g_assert_cmpfloat_with_epsilon (energy.post, 32 * 400, 1e-6);
  g_assert_cmpfloat_with_epsilon (energy.buffer, (27 + 32) * 600, 1e-6); /* 27 rows in, 2 bytes each out */
  g_assert_cmpfloat_with_epsilon (energy.total, 1.3 * (17694.72 + 598.1184 + 21600 + 128000 + 12800 + 35400), 1e-3);
  /* 8 phases of 10 ns, then one conversion of 50 ns for 32 columns on 32 converters, then 20 ns */
  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 16, 2, 1), ==, 150000);
  g_assert_cmpint (strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, 16, 2, 1), ==, 80000);
}

/* Averaged reads repeat everything but fetch and store; each waits for the slower of driving and converting. */
static void
test_reads (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  StrataActionEnergy one = strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 512, 512, 512, 1, 1, 0 });
  StrataActionEnergy four = strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 512, 512, 512, 1, 4, 0 });
  static const StrataComponent repeated[] = { STRATA_COMPONENT_DRIVER, STRATA_COMPONENT_ADC, STRATA_COMPONENT_POST };

  for (guint i = 0; i < G_N_ELEMENTS (repeated); i++)
    g_assert_cmpint (four.per_action_fj[repeated[i]], ==, 4 * one.per_action_fj[repeated[i]]);
  g_assert_cmpint (four.per_action_fj[STRATA_COMPONENT_BUFFER], ==, one.per_action_fj[STRATA_COMPONENT_BUFFER]);
  /* 0.3 x (4 x (335544.32 + 36096.7 + 204800 + 2048000 + 204800) + 921600), from the parts of 10.4 */
  g_assert_cmpfloat_with_epsilon (four.per_action_fj[STRATA_COMPONENT_OVERHEAD], 3671569.2, 2);
  g_assert_cmpint (strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 4), ==, 1600000);
  g_assert_cmpint (strata_cost_mvm_ps (chip, STRATA_BAND_NOMINAL, 512, 1, 4), ==, 1700000);
}

/* Where the data are known, their share of toggles stands for alpha_toggle in what charges rows, and nowhere else. */
static void
test_toggles (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  StrataActionEnergy usual = strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 512, 512, 512, 1, 2, 0 });
  StrataActionEnergy same =
    strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 512, 512, 512, 1, 2, chip->alpha_toggle });
  StrataActionEnergy half =
    strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 512, 512, 512, 1, 2, chip->alpha_toggle / 2 });
  double saved_fj = 0;

  g_assert_cmpmem (&usual, sizeof usual, &same, sizeof same);
  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      double usual_fj = (double) usual.per_action_fj[c], fj = (double) half.per_action_fj[c];

      if (c == STRATA_COMPONENT_OVERHEAD)
        continue;
      if (c == STRATA_COMPONENT_ARRAY || c == STRATA_COMPONENT_VERTICAL)
        g_assert_cmpfloat_with_epsilon (fj, usual_fj / 2, 1);
      else
        g_assert_cmpfloat (fj, ==, usual_fj);
      saved_fj += usual_fj - fj;
    }
  g_assert_cmpfloat_with_epsilon ((double) half.per_action_fj[STRATA_COMPONENT_OVERHEAD],
                                  (double) usual.per_action_fj[STRATA_COMPONENT_OVERHEAD] - 0.3 * saved_fj, 2);
}

/* Integers of the trace: rounded once, 8-bit conversions exactly e_adc. */
static void
test_action (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");
  StrataActionEnergy action =
    strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 512, 512, 512, 1, 1, 0 });
  gint64 sum = 0;

  for (int c = 0; c < STRATA_N_COMPONENTS; c++)
    sum += action.per_action_fj[c];
  g_assert_cmpint (action.per_action_fj[STRATA_COMPONENT_ADC], ==, 2048000);
  g_assert_cmpint (action.per_action_fj[STRATA_COMPONENT_DRIVER], ==, 204800);
  g_assert_cmpint (action.per_action_fj[STRATA_COMPONENT_BUFFER], ==, 921600);
  g_assert_cmpint (action.per_switch_fj, ==, 12500);
  g_assert_cmpint (ABS (sum - 4876094), <=, 7); /* 1.3 x 3750841.0; at most half a fJ per part */
}

static void
test_adc_scale (void)
{
  g_assert_cmpfloat (strata_cost_adc_scale (8), ==, 1);
  assert_within (strata_cost_adc_scale (6), 604.096 / 865.536, 1e-12);
  assert_within (strata_cost_adc_scale (10), 2048.576 / 865.536, 1e-12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/mvm/phone", test_phone);
  g_test_add_func ("/sdk/cost/mvm/per-phase", test_per_phase);
  g_test_add_func ("/sdk/cost/mvm/demonstrator", test_demonstrator);
  g_test_add_func ("/sdk/cost/mvm/bands", test_bands);
  g_test_add_func ("/sdk/cost/mvm/hermes", test_hermes);
  g_test_add_func ("/sdk/cost/mvm/ibm-3d", test_ibm_3d);
  g_test_add_func ("/sdk/cost/mvm/partial", test_partial);
  g_test_add_func ("/sdk/cost/mvm/reads", test_reads);
  g_test_add_func ("/sdk/cost/mvm/toggles", test_toggles);
  g_test_add_func ("/sdk/cost/mvm/action", test_action);
  g_test_add_func ("/sdk/cost/mvm/adc-scale", test_adc_scale);
  return g_test_run ();
}
