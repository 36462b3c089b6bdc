/* SPDX-License-Identifier: Apache-2.0
 *
 * Published converter models against the numbers that peers 3.2 prints and those of a second evaluation of their
 * formulas; what a chip makes of them.
 */
#include "cost/converter.h"

#include <math.h>

#include "cost/cost.h"

static void
assert_near (double value, double expected, double tolerance)
{
  if (!(fabs (value / expected - 1) <= tolerance))
    g_error ("%.9g, expected %.9g", value, expected);
}

static void
test_zigzag (void)
{
  assert_near (strata_converter_zigzag_fj (4, 0.9), 324.20736, 1e-9);
  assert_near (strata_converter_zigzag_fj (6, 0.9), 489.31776, 1e-9);
  assert_near (strata_converter_zigzag_fj (8, 0.9), 701.08416, 1e-9);
  assert_near (strata_converter_zigzag_um2 (6), 618, 1e-3);
  assert_near (strata_converter_zigzag_um2 (8), 2085, 1e-3);
}

/* At 100 million conversions per second; the table is right to 0.25 %. */
static void
test_survey (void)
{
  static const struct
  {
    int bits;
    double fj_22, um2_22, fj_65;
  } rows[] = { { 4, 457, 1828, 3500 }, { 5, 463, 1835, 3550 },    { 6, 527, 1907, 4040 },
               { 8, 847, 2199, 6490 }, { 10, 1636, 2676, 12520 }, { 12, 14370, 5125, 109900 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      assert_near (strata_converter_survey_fj (rows[i].bits, 22, 1e8), rows[i].fj_22, 2.5e-3);
      assert_near (strata_converter_survey_um2 (rows[i].bits, 22, 1e8), rows[i].um2_22, 2e-3);
      assert_near (strata_converter_survey_fj (rows[i].bits, 65, 1e8), rows[i].fj_65, 2e-3);
    }
  assert_near (strata_converter_survey_fj (8, 22, 1e8), 846.12259403, 1e-6);
}

static void
test_sar (void)
{
  assert_near (strata_converter_sar_fj (4, 22, 5e3), 113, 5e-3);
  assert_near (strata_converter_sar_fj (6, 22, 5e3), 168, 5e-3);
  assert_near (strata_converter_sar_fj (8, 22, 5e3), 229, 5e-3);
  assert_near (strata_converter_sar_fj (8, 22, 1e5), 89, 5e-3);
  assert_near (strata_converter_sar_fj (8, 22, 5e3), 228.71300657, 1e-6);
  assert_near (strata_converter_sar_fj (8, 22, (double) INFINITY), (0.7213 * 8 + 3.3041) * 9, 1e-9);
  /* between nodes, and beyond them */
  g_assert_cmpfloat (strata_converter_sar_fj (8, 28, 1e5), >, strata_converter_sar_fj (8, 22, 1e5));
  g_assert_cmpfloat (strata_converter_sar_fj (8, 28, 1e5), <, strata_converter_sar_fj (8, 32, 1e5));
  g_assert_cmpfloat (strata_converter_sar_fj (8, 180, 1e5), ==, strata_converter_sar_fj (8, 130, 1e5));
  g_assert_cmpfloat (strata_converter_sar_fj (8, 3, 1e5), ==, strata_converter_sar_fj (8, 7, 1e5));
}

/* A model replaces the stated energy; bands stay as far apart as they are stated. */
static void
test_chip (void)
{
  static const char *const words[] = { "stated", "zigzag", "survey", "sar" };
  double fj[G_N_ELEMENTS (words)];

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *text = g_strdup_printf ("base: phone\nname: x\nconverter: %s\n", words[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataChipSpec) chip = strata_chip_spec_parse (text, -1, "x.yaml", &error);
      StrataMvmEnergy energy;

      g_assert_no_error (error);
      fj[i] = strata_cost_converter_fj (chip, STRATA_BAND_NOMINAL, 8);
      assert_near (strata_cost_converter_fj (chip, STRATA_BAND_CONSERVATIVE, 8), 2 * fj[i], 1e-12);
      energy = strata_cost_mvm_energy (chip, STRATA_BAND_NOMINAL, 512, 512, 512, 1);
      assert_near (energy.adc, 512 * fj[i], 1e-12);
    }
  assert_near (fj[0], 4000, 1e-12);
  assert_near (fj[1], strata_converter_zigzag_fj (8, 0.8), 1e-12);
  assert_near (fj[2], strata_converter_survey_fj (8, 22, 2e7), 1e-12);
  assert_near (fj[3], strata_converter_sar_fj (8, 22, (double) INFINITY), 1e-12);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/converter/zigzag", test_zigzag);
  g_test_add_func ("/sdk/cost/converter/survey", test_survey);
  g_test_add_func ("/sdk/cost/converter/sar", test_sar);
  g_test_add_func ("/sdk/cost/converter/chip", test_chip);
  return g_test_run ();
}
