/* SPDX-License-Identifier: Apache-2.0
 *
 * kT/C against the table of peers 3.6: bits of a column whose range is eight deviations of a sum of inputs and weights
 * of 0.3 rms, at 300 K. The number of rows does not matter.
 */
#include <math.h>

#include "cost/noise.h"

#define ROWS 256
#define KELVIN_27C 26.85

static double
bits (double on_ff, double off_ff, double parasitic_ff, double volts)
{
  StrataChipSpec chip = { .rows = ROWS, .tiers = 1, .cell_bits = 4, .input_bits = 8, .t_ambient_c = KELVIN_27C };
  double sigma_fc, range_fc;

  chip.c_on_ff = on_ff, chip.c_on_off_ratio = on_ff / off_ff, chip.c_fix_ff = ROWS * parasitic_ff;
  for (int band = 0; band < STRATA_N_BANDS; band++)
    chip.v_in_v[band] = volts;
  /* from code x level back to charge: a code of full scale on a cell of full level moves C_on V */
  sigma_fc = strata_cost_ktc_sigma (&chip, STRATA_BAND_NOMINAL) / (256 * 15) * on_ff * volts;
  range_fc = 8 * 0.3 * 0.3 * sqrt (ROWS) * (on_ff - off_ff) * volts;
  return log2 (range_fc / (sigma_fc * sqrt (12)));
}

static void
test_table (void)
{
  static const struct
  {
    double on_ff, off_ff, parasitic_ff, volts, bits;
  } rows[] = {
    { 10, 1, 0, 0.06, 4.56 },     { 10, 1, 3, 0.06, 4.24 },     { 10, 1, 10, 0.06, 3.81 },   { 10, 1, 0, 0.25, 6.61 },
    { 10, 1, 0, 0.5, 7.61 },      { 1, 0.1, 0, 0.06, 2.89 },    { 1, 0.1, 0, 0.25, 4.95 },   { 1, 0.1, 0, 0.5, 5.95 },
    { 0.1, 0.01, 0, 0.06, 1.23 }, { 0.1, 0.01, 0, 0.25, 3.29 }, { 0.1, 0.01, 0, 0.5, 4.29 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpfloat_with_epsilon (bits (rows[i].on_ff, rows[i].off_ff, rows[i].parasitic_ff, rows[i].volts),
                                    rows[i].bits, 0.006);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/thermal/table", test_table);
  return g_test_run ();
}
