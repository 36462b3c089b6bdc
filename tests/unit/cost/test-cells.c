/* SPDX-License-Identifier: Apache-2.0
 *
 * Statistics of cells against published values: at once, in time, with temperature.
 */
#include "cost/noise.h"

#include <math.h>

#include "base/rng.h"
#include "chip/fields.h"

#define DAY_S 86400.0
#define YEAR_S (365 * DAY_S)

/* Published fits at a few points, in uS of the cell's span; typed anew from the sources, exact to 1e-6 */
static void
test_polynomials (void)
{
  static const struct
  {
    StrataCellModel model;
    double g, sigma_us, span_us;
  } rows[] = {
    { STRATA_CELL_PCM, 0, 0.26348, 25 },
    { STRATA_CELL_PCM, 0.5, 0.952705, 25 },
    { STRATA_CELL_PCM, 1, 1.05538, 25 },
    { STRATA_CELL_PCM_HERMES, 1, 1.09269857, 20.7 },
    { STRATA_CELL_PCM_HERMES_1, 1, 1.00756712, 10.35 },
    { STRATA_CELL_RRAM_WAN, 0, 0.348, 40 },
    { STRATA_CELL_RRAM_WAN, 1, 1.103, 40 },
    { STRATA_CELL_RRAM_WAN_CUBIC, 0, 1.053, 39.26 },
    { STRATA_CELL_RRAM_WAN_CUBIC, 20 / 39.26, 2.3618, 39.26 },
    { STRATA_CELL_RRAM_WAN_CUBIC, 1, 1.680641, 39.26 },
    { STRATA_CELL_RRAM_MILO, 0, 4.326971, 175 },
    { STRATA_CELL_RRAM_MILO, 1, 2.733246, 175 },
    { STRATA_CELL_PCM_JOSHI, 0, 0.28638599, 25 },
    { STRATA_CELL_PCM_JOSHI, 0.5, 0.955278, 25 },
    { STRATA_CELL_PCM_JOSHI, 1, 1.065523, 25 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      double ours = strata_cost_programming_sigma (rows[i].model, rows[i].g) * rows[i].span_us;

      g_test_message ("%s at %.3f: %.6f uS", strata_cell_model_name (rows[i].model), rows[i].g, ours);
      g_assert_cmpfloat_with_epsilon (ours, rows[i].sigma_us, 1e-6);
    }
}

static void
test_drift_exponents (void)
{
  g_assert_cmpfloat_with_epsilon (strata_cost_drift_mean (STRATA_CELL_PCM, 1), 0.049, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_cost_drift_mean (STRATA_CELL_PCM, 0.1), 0.06009007, 1e-8);
  g_assert_cmpfloat_with_epsilon (strata_cost_drift_mean (STRATA_CELL_PCM, 0), 0.1, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_cost_drift_sigma (STRATA_CELL_PCM, 1), 0.008, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_cost_drift_sigma (STRATA_CELL_PCM, 0.1), 0.02288231, 1e-8);
  g_assert_cmpfloat_with_epsilon (strata_cost_drift_mean (STRATA_CELL_PCM_HERMES, 1), 0.0174, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_cost_drift_sigma (STRATA_CELL_PCM_HERMES, 1), 0.0048, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_cost_drift_sigma (STRATA_CELL_PCM_HERMES_1, 1), 0.0055, 1e-9);
  g_assert_cmpfloat (strata_cost_drift_mean (STRATA_CELL_SONOS, 1), ==, 0);
}

static double
charge_trap_total (double g, double age_s)
{
  return hypot (strata_cost_programming_sigma (STRATA_CELL_SONOS, g),
                strata_cost_retention_sigma (STRATA_CELL_SONOS, g, age_s));
}

/* hardware-facts 7.1: per cent of full scale after 5 days; A and B of each day; the log-time fit beyond */
static void
test_charge_trap_in_time (void)
{
  static const double g[] = { 0.05, 0.1, 0.25, 0.5, 1 }, after_five[] = { 0.69, 1.16, 1.85, 2.12, 2.16 };
  static const double a_na[] = { 25.59, 28.73, 31.04, 33.76, 34.58 };
  static const struct
  {
    double age_s, percent;
  } beyond[] = { { 30 * DAY_S, 3.0 }, { YEAR_S, 4.3 }, { 10 * YEAR_S, 5.4 } };

  for (guint i = 0; i < G_N_ELEMENTS (g); i++)
    g_assert_cmpfloat_with_epsilon (100 * charge_trap_total (g[i], 5 * DAY_S), after_five[i], 0.006);
  for (guint day = 1; day <= G_N_ELEMENTS (a_na); day++)
    g_assert_cmpfloat_with_epsilon (1600 * charge_trap_total (1, day * DAY_S), a_na[day - 1], 0.02);
  for (guint i = 0; i < G_N_ELEMENTS (beyond); i++)
    g_assert_cmpfloat_with_epsilon (100 * charge_trap_total (1, beyond[i].age_s), beyond[i].percent, 0.06);
  g_assert_cmpfloat (strata_cost_retention_measured_s (STRATA_CELL_SONOS), ==, 5 * DAY_S);
}

/* 5 days at 55 degC are 0.19 at 85 and 250 at 25 */
static void
test_known (void)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("phone", NULL);

  g_assert_cmpstr (strata_cost_retention_known (chip, 4 * DAY_S, 55), ==, "measured");
  g_assert_cmpstr (strata_cost_retention_known (chip, 6 * DAY_S, 55), ==, "extrapolated");
  g_assert_cmpstr (strata_cost_retention_known (chip, 240 * DAY_S, 25), ==, "measured");
  g_assert_cmpstr (strata_cost_retention_known (chip, DAY_S, 85), ==, "extrapolated");
  chip->cell_model = STRATA_CELL_PCM_JOSHI;
  g_assert_cmpstr (strata_cost_retention_known (chip, DAY_S, 55), ==, "no data");
}

/* The published polynomials, evaluated elsewhere; beyond 1400 nA what they say there */
static void
test_charge_trap_drift (void)
{
  static const struct
  {
    double i_na;
    int day;
    double shift_na;
  } rows[] = {
    { 0, 1, 0.68365 },  { 160, 3, -1.16 },   { 400, 1, -13.10 },  { 400, 5, -17.37 },  { 800, 2, -28.90 },
    { 800, 5, -37.86 }, { 1200, 4, -50.55 }, { 1400, 5, -60.35 }, { 1600, 5, -60.35 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpfloat_with_epsilon (
      1600 * strata_cost_retention_shift (STRATA_CELL_SONOS, rows[i].i_na / 1600, rows[i].day * DAY_S),
      rows[i].shift_na, 0.006);
  /* a cell never loses more than it holds */
  for (int i = 0; i <= 100; i++)
    g_assert_cmpfloat (i / 100.0 + strata_cost_retention_shift (STRATA_CELL_SONOS, i / 100.0, 1e12), >=, 0);
}

static void
test_filament_in_time (void)
{
  static const struct
  {
    double g, age_s, sigma_us;
  } rows[] = { { 0.5, DAY_S - 1, 3.909 }, { 0.5, 2 * DAY_S - 1, 3.929125 }, { 1, DAY_S - 1, 2.651 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpfloat_with_epsilon (
      40
        * hypot (strata_cost_programming_sigma (STRATA_CELL_RRAM_WAN, rows[i].g),
                 strata_cost_retention_sigma (STRATA_CELL_RRAM_WAN, rows[i].g, rows[i].age_s)),
      rows[i].sigma_us, 1e-4);
}

/* Nothing has changed at age 0, and nothing jumps from one age to the next. Deviations only grow; those of phase-change
 * cells in the end shrink with what is left of the cell, whose loss grows. */
static void
test_growth (void)
{
  for (int model = 0; model < STRATA_N_CELL_MODELS; model++)
    for (int i = 0; i <= 20; i++)
      {
        const double g = i / 20.0;
        double before = 0, shift_before = 0;

        g_assert_cmpfloat (strata_cost_retention_shift (model, g, 0), ==, 0);
        g_assert_cmpfloat (strata_cost_retention_change (model, g, 1.5, 0), ==, 0);
        for (double age_s = 0; age_s < 10 * YEAR_S; age_s = age_s * 1.05 + 0.5)
          {
            double sigma = strata_cost_retention_sigma (model, g, age_s);
            double shift = strata_cost_retention_shift (model, g, age_s);

            if (strata_cost_drift_mean (model, g) > 0)
              g_assert_cmpfloat (shift, <=, shift_before);
            else
              g_assert_cmpfloat (sigma, >=, before - 1e-12);
            g_assert_cmpfloat (fabs (shift - shift_before), <, 0.006);
            before = sigma, shift_before = shift;
          }
        if (strata_cost_retention_measured_s (model) == 0)
          g_assert_cmpfloat (before, ==, 0);
      }
}

/* Mean and deviation of the change over cells are those of its moments in closed form. */
static void
test_change_moments (void)
{
  static const StrataCellModel models[] = { STRATA_CELL_MEMCAPACITOR, STRATA_CELL_PCM, STRATA_CELL_PCM_HERMES,
                                            STRATA_CELL_PCM_HERMES_1, STRATA_CELL_RRAM_WAN };
  enum
  {
    N = 40000
  };
  g_autofree float *z = g_new (float, N);

  strata_rng_normal (strata_rng_key (1, 2), 3, z, N);
  for (guint m = 0; m < G_N_ELEMENTS (models); m++)
    for (int i = 1; i <= 5; i++)
      {
        const double g = i / 5.0, age_s = 30 * DAY_S;
        double sigma = strata_cost_retention_sigma (models[m], g, age_s), sum = 0, squares = 0;

        for (int k = 0; k < N; k++)
          {
            double change = strata_cost_retention_change (models[m], g, (double) z[k], age_s);

            sum += change, squares += change * change;
          }
        /* five standard errors */
        g_assert_cmpfloat_with_epsilon (sum / N, strata_cost_retention_shift (models[m], g, age_s),
                                        5 * sigma / sqrt (N));
        g_assert_cmpfloat_with_epsilon (sqrt (squares / N - sum / N * sum / N) / sigma, 1, 5 / sqrt (2 * N));
      }
}

/* hardware-facts 7.1: life relative to 55 degC at 1.1 eV */
static void
test_effective_age (void)
{
  static const struct
  {
    double temperature_c, life, tolerance;
  } rows[] = { { 25, 50, 0.5 }, { 45, 3.4, 0.05 }, { 55, 1, 1e-12 }, { 85, 0.038, 0.0005 }, { 105, 0.006, 0.0005 } };
  StrataChipSpec chip = {
    .cell_model = STRATA_CELL_MEMCAPACITOR, .activation_energy_ev = 1.1, .retention_reference_c = 55, .t_ambient_c = 45
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpfloat_with_epsilon (1000 / strata_cost_effective_age_s (&chip, 1000, rows[i].temperature_c),
                                    rows[i].life, rows[i].tolerance);
  g_assert_cmpfloat (strata_cost_effective_age_s (&chip, 1000, (double) NAN), ==,
                     strata_cost_effective_age_s (&chip, 1000, 45));
  chip.cell_model = STRATA_CELL_PCM;
  g_assert_cmpfloat (strata_cost_effective_age_s (&chip, 1000, 85), ==, 1000);
}

static void
test_warm_thermal_noise (void)
{
  StrataChipSpec chip = { .tiers = 16,
                          .rows = 256,
                          .cell_bits = 4,
                          .input_bits = 8,
                          .v_in_v = { 0.8, 0.6, 1.0 },
                          .c_on_ff = 0.4,
                          .c_on_off_ratio = 60,
                          .t_ambient_c = 26.85 };
  double ambient = strata_cost_summed_ktc_sigma (&chip, STRATA_BAND_NOMINAL, 1);

  g_assert_cmpfloat (strata_cost_warm_ktc_sigma (&chip, STRATA_BAND_NOMINAL, 1, (double) NAN), ==, ambient);
  g_assert_cmpfloat_with_epsilon (strata_cost_warm_ktc_sigma (&chip, STRATA_BAND_NOMINAL, 1, 90) / ambient,
                                  sqrt (363.15 / 300), 1e-12);
  chip.cell_model = STRATA_CELL_RRAM_MILO;
  g_assert_cmpfloat (strata_cost_ktc_sigma (&chip, STRATA_BAND_NOMINAL), ==, 0);
}

/* Reading noise of phase change: the 1/f formula at t0, and what it has grown to after a day while the cell shrank */
static void
test_drift_reading (void)
{
  double at_once = 0.0088 * sqrt (log ((20 + 250e-9) / 500e-9));
  double later = 0.0088 * sqrt (log ((20 + DAY_S + 250e-9) / 500e-9));
  double kept = 1 + strata_cost_retention_shift (STRATA_CELL_PCM, 1, DAY_S);

  g_assert_cmpfloat_with_epsilon (strata_cost_read_sigma (STRATA_CELL_PCM, 1), at_once, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_cost_aged_read_sigma (STRATA_CELL_PCM, 1, DAY_S), kept * later, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_cost_read_sigma (STRATA_CELL_PCM_HERMES, 1),
                                  0.0123 * sqrt (log ((300 + 512e-9) / 1024e-9)), 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/cells/polynomials", test_polynomials);
  g_test_add_func ("/sdk/cost/cells/drift-exponents", test_drift_exponents);
  g_test_add_func ("/sdk/cost/cells/charge-trap-in-time", test_charge_trap_in_time);
  g_test_add_func ("/sdk/cost/cells/charge-trap-drift", test_charge_trap_drift);
  g_test_add_func ("/sdk/cost/cells/filament-in-time", test_filament_in_time);
  g_test_add_func ("/sdk/cost/cells/growth", test_growth);
  g_test_add_func ("/sdk/cost/cells/change-moments", test_change_moments);
  g_test_add_func ("/sdk/cost/cells/effective-age", test_effective_age);
  g_test_add_func ("/sdk/cost/cells/known", test_known);
  g_test_add_func ("/sdk/cost/cells/warm-thermal-noise", test_warm_thermal_noise);
  g_test_add_func ("/sdk/cost/cells/drift-reading", test_drift_reading);
  return g_test_run ();
}
