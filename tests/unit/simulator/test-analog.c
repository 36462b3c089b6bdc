/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/analog-array.h"

#include <math.h>

#include "base/rng.h"
#include "cost/noise.h"

static StrataChipSpec
chip_of (int rows, int columns, StrataCellModel cells)
{
  return (StrataChipSpec){ .name = "hand-made",
                           .tiers = 16,
                           .rows = rows,
                           .columns = columns,
                           .cell_bits = 4,
                           .input_bits = 8,
                           .adc_bits = 8,
                           .v_in_v = { 0.8, 0.6, 1.0 },
                           .c_on_ff = 0.4,
                           .c_on_off_ratio = 60,
                           .c_fix_ff = 73,
                           .c_vt_ff = 0.06,
                           .t_ambient_c = 40,
                           .cell_model = cells };
}

/* The table of hardware-facts 1.4: 1-bit input of rms 0.7, weights of rms 0.25 of full scale, 0.8 V, 256 tiers, 330 K
 */
static void
test_thermal_noise_table (void)
{
  static const double c_on_ff[] = { 0.007, 0.05, 0.1, 0.2, 0.4 };
  static const int rows[] = { 128, 256, 512, 1152 };
  static const double expected_db[5][4] = {
    { -5, -2, 1, 4 }, { 12, 15, 17, 20 }, { 18, 20, 23, 25 }, { 23, 26, 28, 30 }, { 29, 31, 33, 34 }
  };

  for (int c = 0; c < 5; c++)
    for (int r = 0; r < 4; r++)
      {
        StrataChipSpec chip = chip_of (rows[r], 512, STRATA_CELL_SONOS);
        double signal, snr_db;

        chip.tiers = 256, chip.c_on_ff = c_on_ff[c], chip.t_ambient_c = 330 - 273.15;
        signal = sqrt (rows[r]) * 0.7 * 256 * 0.25 * 15; /* codes of 2^8 at full scale, levels of 15 */
        snr_db = 20 * log10 (signal / strata_cost_ktc_sigma (&chip, STRATA_BAND_NOMINAL));
        g_test_message ("C_on %.3f fF, %d rows: %.2f dB, expected %.0f", c_on_ff[c], rows[r], snr_db,
                        expected_db[c][r]);
        g_assert_cmpfloat_with_epsilon (snr_db, expected_db[c][r], 0.6);
      }
}

/* The current-read cells of a lumped chip have no kT/C; less drive voltage means more of it, and the
 * bands of noise bracket the nominal: 1.0 V is optimistic, 0.6 V conservative. */
static void
test_thermal_noise_of_bands (void)
{
  StrataChipSpec chip = chip_of (256, 256, STRATA_CELL_SONOS);
  double nominal = strata_cost_ktc_sigma (&chip, STRATA_BAND_NOMINAL);

  g_assert_cmpfloat_with_epsilon (strata_cost_ktc_sigma (&chip, STRATA_BAND_OPTIMISTIC) / nominal, 0.8, 1e-9);
  g_assert_cmpfloat_with_epsilon (strata_cost_ktc_sigma (&chip, STRATA_BAND_CONSERVATIVE) / nominal, 0.8 / 0.6, 1e-9);
  chip.cell_model = STRATA_CELL_PCM_HERMES;
  g_assert_cmpfloat (strata_cost_ktc_sigma (&chip, STRATA_BAND_NOMINAL), ==, 0);
}

/* Arrays of one weight everywhere */
typedef struct
{
  StrataChipSpec chip;
  StrataQOp op;
  StrataTile tile;
  gint16 *weights;
} Uniform;

static void
uniform_init (Uniform *u, int k, int n, int n_slices, int weight, StrataCellModel cells)
{
  u->chip = chip_of (k, n * n_slices, cells);
  u->weights = g_new (gint16, k * n);
  for (int i = 0; i < k * n; i++)
    u->weights[i] = (gint16) weight;
  u->op = (StrataQOp){
    .kind = STRATA_QOP_MVM, .name = "uniform", .n = n, .k = k, .weights = u->weights, .n_slices = n_slices, .n_reads = 1
  };
  u->tile = (StrataTile){ .n_rows = k, .n_cols = n, .n_slices = n_slices, .n_row_copies = 1 };
}

static double
deviation (const StrataAnalogArray *array, int n_rows, double centre)
{
  double sum = 0;

  for (int row = 0; row < n_rows; row++)
    for (int column = 0; column < array->n_columns; column++)
      sum += pow ((double) strata_analog_cells_level (&array->cells, row, column) - centre, 2);
  return sqrt (sum / (n_rows * array->n_columns));
}

static double
mean_variance (const StrataAnalogArray *array, int n_rows)
{
  double sum = 0;

  for (int row = 0; row < n_rows; row++)
    sum += (double) strata_analog_cells_variance (&array->cells, row, 0);
  return sum / n_rows;
}

/* Golden check H9: standard deviations in per cent of full scale (hardware-facts 7.1). 2 %, and half a unit of the
 * table's last digit. */
static const struct
{
  double g, program, read;
} sonos_rows[] = {
  { 0.05, 0.45, 0.24 }, { 0.1, 0.74, 0.41 }, { 0.25, 1.11, 0.66 }, { 0.5, 1.23, 0.77 }, { 1, 1.24, 0.79 },
};

static void
assert_per_cent (double sigma, double expected)
{
  g_assert_cmpfloat_with_epsilon (100 * sigma, expected, 0.02 * expected + 0.005);
}

static void
test_sonos_table (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (sonos_rows); i++)
    {
      assert_per_cent (strata_cost_programming_sigma (STRATA_CELL_SONOS, sonos_rows[i].g), sonos_rows[i].program);
      assert_per_cent (strata_cost_read_sigma (STRATA_CELL_SONOS, sonos_rows[i].g), sonos_rows[i].read);
    }
  g_assert_cmpfloat (strata_cost_programming_sigma (STRATA_CELL_SONOS, 0), ==, 0);
  g_assert_cmpfloat (strata_cost_programming_sigma (STRATA_CELL_NONE, 1), ==, 0);
  g_assert_cmpfloat_with_epsilon (strata_cost_programming_sigma (STRATA_CELL_PCM_HERMES, 1), 1.09269857 / 20.7, 1e-9);
}

/* The same drawn: an array of 8-bit cells, so that g = weight / 255 comes close to the table's; the last row of each
 * column holds the full weight and keeps the column from being scaled up. */
static void
test_sonos_programmed (void)
{
  const int k = 257, n = 128;

  for (guint i = 0; i < G_N_ELEMENTS (sonos_rows); i++)
    {
      int level = (int) lrint (sonos_rows[i].g * 255);
      Uniform u;
      StrataAnalogSetup setup = { &u.chip, STRATA_ANALOG_NOMINAL, 4 };
      g_autoptr (StrataAnalogArray) array = NULL;

      uniform_init (&u, k, n, 1, level, STRATA_CELL_SONOS);
      u.chip.cell_bits = 8;
      for (int j = 0; j < n; j++)
        u.weights[j * k + k - 1] = 255;
      array = strata_analog_array_new (&setup, &u.op, 0, &u.tile, 3);
      assert_per_cent (deviation (array, k - 1, level) / 255, sonos_rows[i].program);
      assert_per_cent (sqrt (mean_variance (array, k - 1)) / 255, sonos_rows[i].read);
      g_free (u.weights);
    }
}

/* A column is programmed times the largest whole factor that its cells hold. */
static void
test_column_factor (void)
{
  Uniform u;
  StrataAnalogSetup setup = { &u.chip, STRATA_ANALOG_IDEAL, 0 };
  g_autoptr (StrataAnalogArray) array = NULL;

  uniform_init (&u, 4, 2, 2, -100, STRATA_CELL_SONOS);
  u.weights[0] = 127; /* first output: 127, -100 …: 2 x 127 = 254 = 15 * 16 + 14 */
  array = strata_analog_array_new (&setup, &u.op, 0, &u.tile, 0);
  g_assert_cmpfloat (strata_analog_cells_level (&array->cells, 0, 0), ==, 15);
  g_assert_cmpfloat (strata_analog_cells_level (&array->cells, 0, 2), ==, 14);
  g_assert_cmpfloat (strata_analog_cells_level (&array->cells, 1, 0), ==, -12); /* second row: -200 = -(12 * 16 + 8) */
  g_assert_cmpfloat (strata_analog_cells_level (&array->cells, 1, 2), ==, -8);
  g_assert_cmpfloat (array->nominal_gain[0], ==, 8);
  g_assert_cmpfloat (array->nominal_gain[2], ==, 0.5);
  g_free (u.weights);
}

/* With two slices, the second one holds what the first one missed: the weight is better than either cell. */
static void
test_residual_programming (void)
{
  const int k = 128, n = 64;
  Uniform u;
  StrataAnalogSetup setup = { &u.chip, STRATA_ANALOG_NOMINAL, 9 };
  g_autoptr (StrataAnalogArray) array = NULL;
  double square = 0, high_square = 0;

  uniform_init (&u, k, n, 2, 8 * 16 + 4, STRATA_CELL_SONOS); /* 132: no factor fits, digits 8 and 4 */
  array = strata_analog_array_new (&setup, &u.op, 0, &u.tile, 0);
  for (int row = 0; row < k; row++)
    for (int j = 0; j < n; j++)
      {
        double high = (double) strata_analog_cells_level (&array->cells, row, j);
        double low = (double) strata_analog_cells_level (&array->cells, row, n + j);

        square += (16 * high + low - 132) * (16 * high + low - 132) / (k * n);
        high_square += (high - 8) * (high - 8) / (k * n);
      }
  /* sigma (8 / 15) = 1.233 % of 15 levels for the high cell; the low one near 4 levels: sigma (4 / 15 +- spread)
   * about 1.1 % */
  g_assert_cmpfloat_with_epsilon (sqrt (high_square), 0.185, 0.006);
  g_assert_cmpfloat (sqrt (square), <, 0.19);
  g_assert_cmpfloat (sqrt (square), >, 0.12);
  g_free (u.weights);
}

/* A draw per column with the summed variance against a draw per pair of cells: mean and variance agree. */
static void
test_moments_against_ref (void)
{
  enum
  {
    K = 48,
    N = 4,
    READS = 4000
  };
  Uniform u;
  StrataAnalogSetup setup = { &u.chip, STRATA_ANALOG_NOMINAL, 2 };
  g_autoptr (StrataAnalogArray) array = NULL;
  g_autofree gint16 *codes = g_new (gint16, READS * K);
  g_autofree int *positions = g_new (int, READS);
  const StrataAnalogInputs inputs = { codes, positions, READS };
  g_autofree float *fast = g_new (float, READS *N * 2), *naive = g_new (float, READS *N * 2);

  uniform_init (&u, K, N, 2, 0, STRATA_CELL_SONOS);
  for (int i = 0; i < K * N; i++)
    u.weights[i] = (gint16) (i * 37 % 255 - 127);
  u.tile.n_row_copies = 2;
  u.chip.c_on_ff = 4, u.chip.c_fix_ff = 1; /* so that read noise counts beside kT/C */
  array = strata_analog_array_new (&setup, &u.op, 0, &u.tile, 0);
  for (int i = 0; i < READS; i++)
    for (int k = 0; k < K; k++)
      codes[i * K + k] = (gint16) (k * 11 % 255 - 128), positions[i] = i;
  strata_analog_array_sums (array, &inputs, 0, fast);
  strata_analog_array_sums_ref (array, &inputs, 1, naive);
  for (int c = 0; c < N * 2; c++)
    {
      double mean_fast = 0, mean_naive = 0, var_fast = 0, var_naive = 0;

      for (int i = 0; i < READS; i++)
        mean_fast += (double) fast[i * N * 2 + c] / READS, mean_naive += (double) naive[i * N * 2 + c] / READS;
      for (int i = 0; i < READS; i++)
        {
          var_fast += pow ((double) fast[i * N * 2 + c] - mean_fast, 2) / READS;
          var_naive += pow ((double) naive[i * N * 2 + c] - mean_naive, 2) / READS;
        }
      /* five standard errors: of a difference of means, and of a ratio of variances (each 2 / n relative) */
      g_assert_cmpfloat_with_epsilon (mean_fast, mean_naive, 5 * sqrt (2 * var_naive / READS));
      g_assert_cmpfloat_with_epsilon (var_fast / var_naive, 1, 5 * sqrt (4.0 / READS));
      g_assert_cmpfloat (var_naive, >, 2 * (double) array->ktc_variance);
    }
  g_free (u.weights);
}

/* What calibration sets comes back as the exact product when nothing is random but programming. */
static void
test_calibration_corrects (void)
{
  enum
  {
    K = 60,
    N = 8,
    P = 128
  };
  Uniform u;
  StrataAnalogSetup setup = { &u.chip, STRATA_ANALOG_NOMINAL, 6 };
  g_autoptr (StrataAnalogArray) array = NULL;
  g_autofree gint16 *codes = g_new (gint16, P * K);
  g_autofree int *positions = g_new (int, P);
  g_autofree gint32 *sums = g_new0 (gint32, P * N);
  StrataRngKey key = strata_rng_key (8, 8);
  double error = 0, signal = 0;

  uniform_init (&u, K, N, 2, 0, STRATA_CELL_SONOS);
  for (int i = 0; i < K * N; i++)
    u.weights[i] = (gint16) (strata_rng_uniform (key, (guint64) i) * 255 - 127);
  u.chip.adc_bits = 16, u.chip.c_on_ff = 4000; /* kT/C out of the way */
  u.tile.n_row_copies = 4;
  array = strata_analog_array_new (&setup, &u.op, -100, &u.tile, 0);
  g_assert_cmpint (array->subtract, ==, -128);
  for (int i = 0; i < P * K; i++)
    codes[i] = (gint16) (strata_rng_uniform (key, 100000 + (guint64) i) * 256);
  for (int i = 0; i < P; i++)
    positions[i] = i;
  strata_analog_array_calibrate (array, &u.op, &(StrataAnalogVectors){ codes, P, K, FALSE, 0, NULL });
  /* the range may leave out what is farthest, where finer steps are worth it */
  g_assert_cmpint (strata_analog_array_read (array, &(StrataAnalogInputs){ codes, positions, P }, 0, sums, N), <=, 2);
  for (int i = 0; i < P; i++)
    for (int j = 0; j < N; j++)
      {
        gint64 exact = 0;

        for (int k = 0; k < K; k++) /* zero point -100 = driver code 28 */
          exact += (gint64) u.weights[j * K + k] * (codes[i * K + k] - 28);
        signal += (double) (exact * exact);
        error += pow ((double) (sums[i * N + j] - exact), 2);
      }
  /* read noise: 0.7 % of full scale per pair, 4 copies; about 35 dB on random signs */
  g_test_message ("SNR %.1f dB", 10 * log10 (signal / error));
  g_assert_cmpfloat (10 * log10 (signal / error), >, 30);
  g_free (u.weights);
}

/* Every kernel that this processor has reads the same bits, whether codes are converted at once or phase by phase. */
static void
test_kernels_agree (void)
{
  enum
  {
    K = 100,
    N = 24,
    P = 37
  };
  const StrataConversion conversions[] = { STRATA_CONVERSION_ONCE, STRATA_CONVERSION_PER_PHASE };
  const StrataAnalog levels[] = { STRATA_ANALOG_IDEAL, STRATA_ANALOG_NOMINAL };
  const StrataRngKey key = strata_rng_key (9, 9);
  gint16 codes[P * K];
  int positions[P];

  for (int i = 0; i < P * K; i++)
    codes[i] = (gint16) (strata_rng_uniform (key, (guint64) i) * 256 - 128);
  for (int i = 0; i < P; i++)
    positions[i] = i;
  for (int c = 0; c < 4; c++)
    {
      Uniform u;
      StrataAnalogSetup setup = { &u.chip, levels[c / 2], 3 };
      g_autoptr (StrataAnalogArray) array = NULL;
      gint32 expected[P * N] = { 0 };
      gint64 n_clipped;

      uniform_init (&u, K, N, 2, 0, STRATA_CELL_SONOS);
      for (int i = 0; i < K * N; i++)
        u.weights[i] = (gint16) (strata_rng_uniform (key, 100000 + (guint64) i) * 255 - 127);
      u.chip.phase_bits = 1, u.chip.conversion = conversions[c % 2];
      array = strata_analog_array_new (&setup, &u.op, 0, &u.tile, 0);
      g_assert_cmpint (array->n_phases, ==, c % 2 == 0 ? 1 : 8);
      strata_analog_array_calibrate (array, &u.op, &(StrataAnalogVectors){ codes, P, K, FALSE, 0, NULL });
      array->cells.isa = STRATA_BYTE_PORTABLE;
      n_clipped = strata_analog_array_read (array, &(StrataAnalogInputs){ codes, positions, P }, 1, expected, N);
      for (int isa = 1; isa <= (int) strata_byte_isa (); isa++)
        {
          gint32 sums[P * N] = { 0 };

          array->cells.isa = (StrataByteIsa) isa;
          g_assert_cmpint (strata_analog_array_read (array, &(StrataAnalogInputs){ codes, positions, P }, 1, sums, N),
                           ==, n_clipped);
          g_assert_cmpmem (sums, sizeof sums, expected, sizeof expected);
        }
      g_free (u.weights);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/analog/thermal-noise-table", test_thermal_noise_table);
  g_test_add_func ("/sdk/simulator/analog/thermal-noise-of-bands", test_thermal_noise_of_bands);
  g_test_add_func ("/sdk/simulator/analog/sonos-table", test_sonos_table);
  g_test_add_func ("/sdk/simulator/analog/sonos-programmed", test_sonos_programmed);
  g_test_add_func ("/sdk/simulator/analog/column-factor", test_column_factor);
  g_test_add_func ("/sdk/simulator/analog/residual-programming", test_residual_programming);
  g_test_add_func ("/sdk/simulator/analog/moments-against-ref", test_moments_against_ref);
  g_test_add_func ("/sdk/simulator/analog/calibration-corrects", test_calibration_corrects);
  g_test_add_func ("/sdk/simulator/analog/kernels-agree", test_kernels_agree);
  return g_test_run ();
}
