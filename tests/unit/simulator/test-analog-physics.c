/* SPDX-License-Identifier: Apache-2.0
 *
 * Each term of an array's physics alone against its closed form, all of them together, and the fast path against the
 * formulas written down in volts. A spread is measured on a hundred thousand outputs, so that 1 % is three standard
 * errors of a variance and more.
 */
#include <math.h>

#include "analog-reference.h"
#include "cost/noise.h"

enum
{
  ROWS = 256,
  COLUMNS = 64,
  N_ADC = 16,
  POSITIONS = 1600,
};

#define N_OUTPUTS (COLUMNS * POSITIONS)
#define ONLY(terms) ((StrataPhysics) (STRATA_PHYSICS_ALL & ~(terms)))
/* Exact products: no term, an endless and endlessly fine converter */

typedef struct
{
  StrataChipSpec chip;
  StrataQOp op;
  StrataTile tile;
  StrataConditions conditions;
  StrataAnalogArray *array;
  AnalogReference reference;
  const StrataAnalogDie *die;
  gint16 weights[ROWS * COLUMNS];
  gint16 codes[POSITIONS * ROWS];
  int positions[POSITIONS];
  gint32 sums[N_OUTPUTS];
  double errors[N_OUTPUTS]; /* code x level */
} Fixture;

#define BANDS(x)                                                                                                       \
  {                                                                                                                    \
    x, x, x                                                                                                            \
  }

static Fixture *
fixture_new (StrataCellModel cells)
{
  Fixture *f = g_new0 (Fixture, 1);
  const StrataRngKey key = strata_rng_key (5, 0);

  f->chip = (StrataChipSpec){ .name = "hand-made",
                              .tiers = 16,
                              .rows = ROWS,
                              .columns = COLUMNS,
                              .n_adc = N_ADC,
                              .cell_bits = 4,
                              .input_bits = 8,
                              .adc_bits = 8,
                              .v_in_v = BANDS (0.8),
                              .c_on_ff = 0.4,
                              .c_on_off_ratio = 10,
                              .c_fix_ff = 73,
                              .c_vt_ff = 0.06,
                              .t_ambient_c = 40,
                              .t_adc_ps = BANDS (50000),
                              .i_leak_pa = BANDS (400),
                              .adc_loss = BANDS (1),
                              .adc_noise_v = BANDS (200e-6),
                              .adc_gain = BANDS (0.05),
                              .adc_offset_v = BANDS (1e-3),
                              .cell_mismatch = BANDS (0.1),
                              .fixed_mismatch = BANDS (0.05),
                              .c_varying = BANDS (0.2),
                              .cell_model = cells };
  for (int i = 0; i < ROWS * COLUMNS; i++)
    f->weights[i] = (gint16) (i % ROWS == 0 ? 15 : (int) (strata_rng_uniform (key, (guint64) i) * 31) - 15);
  for (int i = 0; i < POSITIONS * ROWS; i++)
    f->codes[i] = (gint16) ((int) (strata_rng_uniform (key, 1000000 + (guint64) i) * 256) - 128);
  for (int i = 0; i < POSITIONS; i++)
    f->positions[i] = i;
  f->op = (StrataQOp){
    .kind = STRATA_QOP_MVM, .name = "op", .n = COLUMNS, .k = ROWS, .weights = f->weights, .n_slices = 1, .n_reads = 1
  };
  f->tile = (StrataTile){ .n_rows = ROWS, .n_cols = COLUMNS, .n_slices = 1, .n_row_copies = 1 };
  f->reference = (AnalogReference){ .chip = &f->chip, .tile = &f->tile, .seed = 11, .stack = 2 };
  return f;
}

static void
fixture_free (Fixture *f)
{
  strata_analog_array_free (f->array);
  g_free (f);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* Programs with the terms that are not @off; without a correction a step is what it nominally comes to. */
static void
fixture_program (Fixture *f, StrataPhysics off, guint without)
{
  StrataAnalogSetup setup = { &f->chip, STRATA_ANALOG_NOMINAL, f->reference.seed, without, &f->conditions, 0, NULL,
                              f->die };

  f->conditions = (StrataConditions){ .physics_off = off, .temperature_c = (double) NAN };
  f->reference.off = off;
  strata_analog_array_free (f->array);
  f->array = strata_analog_array_new (&setup, &f->op, 0, &f->tile, f->reference.stack * f->chip.tiers + 3);
  strata_analog_array_calibrate (f->array, &f->op, &(StrataAnalogVectors){ f->codes, 256, ROWS, FALSE, 0, NULL });
}

/* Reads all positions; errors against the exact products. */
static gint64
fixture_read (Fixture *f)
{
  gint64 n_clipped;

  for (int i = 0; i < N_OUTPUTS; i++)
    f->sums[i] = 0;
  n_clipped = strata_analog_array_read (f->array, &(StrataAnalogInputs){ f->codes, f->positions, POSITIONS }, 0,
                                        f->sums, COLUMNS);
  for (int p = 0; p < POSITIONS; p++)
    for (int j = 0; j < COLUMNS; j++)
      {
        gint64 exact = 0;

        for (int k = 0; k < ROWS; k++)
          exact += f->codes[p * ROWS + k] * f->weights[j * ROWS + k];
        f->errors[p * COLUMNS + j] = (double) (f->sums[p * COLUMNS + j] - exact);
      }
  return n_clipped;
}

static void
moments (const double *x, int n, double *mean, double *variance)
{
  *mean = *variance = 0;
  for (int i = 0; i < n; i++)
    *mean += x[i] / n;
  for (int i = 0; i < n; i++)
    *variance += (x[i] - *mean) * (x[i] - *mean) / n;
}

/* Errors of no mean and of @variance beside the twelfth that whole sums add */
static void
assert_noise (const Fixture *f, const char *what, double expected)
{
  double mean, variance;

  moments (f->errors, N_OUTPUTS, &mean, &variance);
  g_test_message ("%s: variance %.2f, closed form %.2f (%+.2f %%); mean %.3f", what, variance, expected,
                  100 * (variance / (expected + 1.0 / 12) - 1), mean);
  g_assert_cmpfloat_with_epsilon (variance / (expected + 1.0 / 12), 1, 0.01);
  g_assert_cmpfloat_with_epsilon (mean, 0, 5 * sqrt ((expected + 1) / N_OUTPUTS));
}

static double
square (double x)
{
  return x * x;
}

/* kT/C in code x level, squared, of what is not @off */
static double
thermal (Fixture *f, StrataPhysics off)
{
  f->reference.off = off;
  return square (analog_reference_thermal_v (&f->reference) / analog_reference_unit_v (&f->reference));
}

/* Without any term a product is exact, to the last bit. */
static void
test_none (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);

  fixture_program (f, STRATA_PHYSICS_ALL, STRATA_CORRECT_AFFINE);
  g_assert_cmpint (fixture_read (f), ==, 0);
  for (int i = 0; i < N_OUTPUTS; i++)
    g_assert_cmpfloat (f->errors[i], ==, 0);
}

/* kT/C alone; a finite ratio and the lines' load make it larger by what hardware-facts 1.4 says. */
static void
test_thermal (void)
{
  static const StrataPhysics with[] = { 0, STRATA_PHYSICS_ON_OFF, STRATA_PHYSICS_PARASITIC,
                                        STRATA_PHYSICS_ON_OFF | STRATA_PHYSICS_PARASITIC };
  static const char *const names[] = { "thermal", "with on/off ratio", "with parasitic load", "with both" };
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  const double kt = 1.380649e-23 * 313.15;
  double alone;

  f->chip.c_varying[STRATA_BAND_NOMINAL] = 0;
  for (guint i = 0; i < G_N_ELEMENTS (with); i++)
    {
      fixture_program (f, ONLY (STRATA_PHYSICS_THERMAL | with[i]), STRATA_CORRECT_AFFINE);
      fixture_read (f);
      assert_noise (f, names[i], thermal (f, ONLY (STRATA_PHYSICS_THERMAL | with[i])));
    }
  /* by hand: 256 cells of 0.2 fF; with all: (1 + 1 / 10) times that, 73 + 16 x 0.06 fF, a signal of 9 / 10 */
  alone = thermal (f, ONLY (STRATA_PHYSICS_THERMAL));
  g_assert_cmpfloat_with_epsilon (alone / (kt * 51.2e-15 / square (0.8 * 0.4e-15 / 256 / 15)), 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (thermal (f, 0) / alone, (51.2 * 1.1 + 73.96) / 51.2 / square (0.9), 1e-6);
}

static void
test_read (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  double expected = 0;

  fixture_program (f, ONLY (STRATA_PHYSICS_READ), STRATA_CORRECT_AFFINE);
  fixture_read (f);
  for (int p = 0; p < POSITIONS; p++)
    for (int j = 0; j < COLUMNS; j++)
      for (int k = 0; k < ROWS; k++)
        {
          double g = abs (f->weights[j * ROWS + k]) / 15.0;

          expected += square (f->codes[p * ROWS + k] * strata_cost_read_sigma (STRATA_CELL_SONOS, g) * 15) / N_OUTPUTS;
        }
  assert_noise (f, "read", expected);
}

/* Programming is drawn once: over columns, a few of them, the spread of one position's error. Here over seeds. */
static void
test_programming (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  double expected = 0, square_sum = 0, mean = 0;
  int n = 0;

  for (guint64 seed = 0; seed < 64; seed++)
    {
      f->reference.seed = seed;
      fixture_program (f, ONLY (STRATA_PHYSICS_PROGRAMMING), STRATA_CORRECT_AFFINE);
      for (int row = 0; row < ROWS; row++)
        for (int c = 0; c < COLUMNS; c++, n++)
          {
            int digit = f->weights[c * ROWS + row];
            double error = (double) strata_analog_cells_level (&f->array->cells, row, c) - digit;

            expected += square (strata_cost_programming_sigma (STRATA_CELL_SONOS, abs (digit) / 15.0) * 15);
            square_sum += error * error, mean += error;
          }
    }
  g_test_message ("programming: variance %.5f, closed form %.5f", square_sum / n, expected / n);
  g_assert_cmpfloat_with_epsilon (square_sum / expected, 1, 0.01);
  g_assert_cmpfloat_with_epsilon (mean / n, 0, 5 * sqrt (expected / n / n));
}

static void
test_rounding (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);

  fixture_program (f, ONLY (STRATA_PHYSICS_ROUNDING), STRATA_CORRECT_AFFINE);
  g_assert_cmpint (fixture_read (f), ==, 0);
  assert_noise (f, "rounding", square ((double) f->array->lsb[0]) / 12);
}

/* A narrow converter: what lies beyond is at the end of the range, all else exact. */
static void
test_clipping (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  gint64 n_clipped, n_beyond = 0;
  double least, step;

  f->chip.adc_bits = 4;
  fixture_program (f, ONLY (STRATA_PHYSICS_CLIPPING), STRATA_CORRECT_AFFINE);
  n_clipped = fixture_read (f);
  step = (double) f->array->lsb[0]; /* a thousandth of what it would be with rounding */
  least = (double) f->array->code_lo * step;
  for (int i = 0; i < N_OUTPUTS; i++)
    if (f->sums[i] - f->errors[i] < least - step)
      {
        g_assert_cmpfloat_with_epsilon (f->sums[i], least, 1);
        n_beyond++;
      }
    else
      g_assert_cmpfloat (f->errors[i], <=, step);
  g_test_message ("clipping: %" G_GINT64_FORMAT " of %d, %" G_GINT64_FORMAT " of them below", n_clipped, N_OUTPUTS,
                  n_beyond);
  g_assert_cmpint (n_clipped, >, N_OUTPUTS / 1000);
  g_assert_cmpint (n_beyond, >, n_clipped / 4);
}

/* Gain and offset of every converter, each serving four columns; the noise of a converter; and that the affine
 * correction takes the first two. */
static void
test_converter (void)
{
  const StrataPhysics off = ONLY (STRATA_PHYSICS_CONVERTER);
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  const StrataAnalogColumns *columns;
  double own = 0, mean, variance;

  fixture_program (f, off, STRATA_CORRECT_AFFINE);
  columns = &f->array->columns;
  for (int c = N_ADC; c < COLUMNS; c++)
    {
      g_assert_cmpfloat (columns->gain[c], ==, columns->gain[c - N_ADC]);
      g_assert_cmpfloat (columns->shift[c], ==, columns->shift[c - N_ADC]);
    }
  g_assert_cmpfloat (columns->gain[1], !=, columns->gain[0]);
  fixture_program (f, off, 0);
  columns = &f->array->columns;
  fixture_read (f);
  /* the steps are a thousandth without rounding; the correction takes the noise behind the gain back through it */
  for (int c = 0; c < COLUMNS; c++)
    own += fmax (square (1024 * (double) (f->array->lsb[0] / columns->gain[c])) * 3 / 12,
                 square (200e-6 / analog_reference_unit_v (&f->reference)))
           / COLUMNS;
  moments (f->errors, N_OUTPUTS, &mean, &variance);
  g_test_message ("converter: variance %.1f, closed form %.1f; mean %.2f", variance, own, mean);
  g_assert_cmpfloat_with_epsilon (variance / own, 1, 0.01);
  g_assert_cmpfloat_with_epsilon (mean, 0, 0.02 * sqrt (own));
}

/* Over 10^5 converters: stacks of 512 */
static void
test_converter_spread (void)
{
  enum
  {
    N = 512,
    STACKS = 200
  };
  static double gain[N * STACKS], offset[N * STACKS];
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  const StrataTile tile = { .n_rows = 1, .n_cols = N, .n_slices = 1, .n_row_copies = 1 };
  StrataReadout readout;
  double mean, variance;

  f->chip.n_adc = N;
  strata_cost_readout (&f->chip, STRATA_BAND_NOMINAL, 1, NULL, &readout);
  for (int stack = 0; stack < STACKS; stack++)
    {
      StrataAnalogColumns columns;

      strata_analog_columns_init (&columns, &f->chip, &readout, &tile, STRATA_BAND_NOMINAL);
      strata_analog_columns_draw_converters (&columns, &f->chip, &tile, 7, stack);
      for (int c = 0; c < N; c++)
        {
          gain[stack * N + c] = (double) columns.gain[c];
          offset[stack * N + c] = (double) columns.shift[c] * analog_reference_unit_v (&f->reference);
        }
      strata_analog_columns_finish (&columns);
    }
  moments (gain, N * STACKS, &mean, &variance);
  g_assert_cmpfloat_with_epsilon (mean, 1, 0.001);
  g_assert_cmpfloat_with_epsilon (variance / square (0.05), 1, 0.015);
  moments (offset, N * STACKS, &mean, &variance);
  g_assert_cmpfloat_with_epsilon (mean, 0, 2e-5);
  g_assert_cmpfloat_with_epsilon (variance / square (1e-3), 1, 0.015);
}

/* A column waits until those before it on the same converter are done; its line falls by I t / C. */
static void
test_droop (void)
{
  const StrataPhysics off = ONLY (STRATA_PHYSICS_DROOP);
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);

  fixture_program (f, off, STRATA_CORRECT_AFFINE);
  fixture_read (f);
  for (int i = 0; i < N_OUTPUTS; i++)
    {
      double v = 400e-12 * (i % COLUMNS / N_ADC) * 50e-9 / analog_reference_load_f (&f->reference);

      g_assert_cmpfloat_with_epsilon (f->errors[i], -v / analog_reference_unit_v (&f->reference), 0.6);
    }
  g_assert_cmpfloat (f->errors[COLUMNS - 1], <, -100);
  /* which is an offset: the correction takes it */
  fixture_program (f, off, 0);
  fixture_read (f);
  for (int i = 0; i < N_OUTPUTS; i++)
    g_assert_cmpfloat_with_epsilon (f->errors[i], 0, 1.1);
}

/* What a pair reads from two lines whose loads differ, each cell as a capacitor: capacitors of the periphery, and the
 * share of the cells that loads their line */
static double
lines_level (Fixture *f, int row, int column)
{
  const double level_f = analog_reference_level_f (&f->reference), load_f = analog_reference_load_f (&f->reference);
  const gboolean parasitic = (f->reference.off & STRATA_PHYSICS_PARASITIC) == 0;
  const double floor_f = (f->reference.off & STRATA_PHYSICS_ON_OFF) == 0 ? 0.04e-15 : 0;
  const double average_f = (0.4e-15 + floor_f) / 2;
  const StrataRngKey key =
    strata_analog_key (f->reference.seed, STRATA_ANALOG_STREAM_LINE, 0, (guint64) f->reference.stack);
  float z[2 * COLUMNS];
  double v[2];

  strata_rng_normal (key, 0, z, 2 * COLUMNS);
  for (int side = 0; side < 2; side++)
    {
      double line_f = load_f;

      if (parasitic && (f->reference.off & STRATA_PHYSICS_MISMATCH) == 0)
        line_f += 73e-15 * 0.05 * (double) z[2 * column + side];
      for (int k = 0; k < ROWS && parasitic; k++)
        {
          int weight = f->weights[column * ROWS + k], level = MAX (side == 0 ? weight : -weight, 0);

          line_f += 0.2 * (floor_f + level * level_f - average_f);
        }
      v[side] = (floor_f + MAX ((side == 0 ? 1 : -1) * f->weights[column * ROWS + row], 0) * level_f) * load_f / line_f;
    }
  return (v[0] - v[1]) / level_f;
}

static void
test_lines (void)
{
  static const StrataPhysics with[] = { STRATA_PHYSICS_PARASITIC, STRATA_PHYSICS_PARASITIC | STRATA_PHYSICS_ON_OFF,
                                        STRATA_PHYSICS_PARASITIC | STRATA_PHYSICS_ON_OFF | STRATA_PHYSICS_MISMATCH };
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  double largest = 0;

  f->chip.cell_mismatch[STRATA_BAND_NOMINAL] = 0;
  for (int c = 0; c < COLUMNS; c++) /* unbalanced ones too */
    for (int k = 0; k < ROWS && c % 4 == 0; k++)
      f->weights[c * ROWS + k] = (gint16) abs (f->weights[c * ROWS + k]);
  for (guint i = 0; i < G_N_ELEMENTS (with); i++)
    {
      fixture_program (f, ONLY (with[i]), STRATA_CORRECT_AFFINE);
      for (int row = 0; row < ROWS; row++)
        for (int c = 0; c < COLUMNS; c++)
          {
            double level = (double) strata_analog_cells_level (&f->array->cells, row, c);

            g_assert_cmpfloat_with_epsilon (level, lines_level (f, row, c), 0.0025);
            largest = MAX (largest, fabs (level - f->weights[c * ROWS + row]));
          }
    }
  g_test_message ("lines: up to %.2f levels", largest);
  g_assert_cmpfloat (largest, >, 0.3);
}

/* Verifying a cell in place takes its mismatch, but one at zero weight cannot be written lower: of a pair one cell, of
 * an empty one both. */
static void
test_idle_cells (void)
{
  const StrataPhysics off = ONLY (STRATA_PHYSICS_MISMATCH | STRATA_PHYSICS_ON_OFF);
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  double one = 0, both = 0;
  int n_one = 0, n_both = 0;

  f->chip.fixed_mismatch[STRATA_BAND_NOMINAL] = 0;
  for (int i = 0; i < ROWS * COLUMNS; i++)
    f->weights[i] = (gint16) (i % ROWS == 0 || i % 2 == 0 ? 15 : 0);
  for (f->reference.seed = 0; f->reference.seed < 16; f->reference.seed++)
    {
      fixture_program (f, off, STRATA_CORRECT_AFFINE);
      for (int row = 0; row < ROWS; row++)
        for (int c = 0; c < COLUMNS; c++)
          {
            int digit = f->weights[c * ROWS + row];
            double error = (double) strata_analog_cells_level (&f->array->cells, row, c) - digit;

            if (digit > 0)
              one += error * error, n_one++;
            else
              both += error * error, n_both++;
          }
    }
  /* 10 % of 1.667 levels, which is 0.04 fF of 0.36 fF over 15 */
  g_assert_cmpfloat_with_epsilon (one / n_one / square (0.1 * 15.0 / 9), 1, 0.015);
  g_assert_cmpfloat_with_epsilon (both / n_both / square (0.1 * 15.0 / 9) / 2, 1, 0.015);
}

/* Alone, mismatch is still that of the chip's capacitors: lines by their fixed load over all that a line carries, cells
 * at zero weight by what they couple. */
static void
test_mismatch_alone (void)
{
  const double load_ff = ROWS * 0.4 * (1 + 0.1) / 2 + 16 * 0.06 + 73;
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  double one = 0;
  int n_one = 0;

  f->chip.cell_mismatch[STRATA_BAND_NOMINAL] = 0;
  fixture_program (f, ONLY (STRATA_PHYSICS_MISMATCH), STRATA_CORRECT_AFFINE);
  for (int c = 0; c < COLUMNS; c++)
    {
      const StrataRngKey key =
        strata_analog_key (f->reference.seed, STRATA_ANALOG_STREAM_LINE, 0, (guint64) f->reference.stack);
      float z[2 * COLUMNS];

      strata_rng_normal (key, 0, z, 2 * COLUMNS);
      for (int row = 0; row < ROWS; row++)
        {
          const int digit = f->weights[c * ROWS + row];
          const double more = 0.05 * 73 / load_ff * (double) z[2 * c + (digit < 0 ? 1 : 0)];

          g_assert_cmpfloat_with_epsilon ((double) strata_analog_cells_level (&f->array->cells, row, c),
                                          digit / (1 + more), 0.0025);
        }
    }
  f->chip.cell_mismatch[STRATA_BAND_NOMINAL] = 0.1, f->chip.fixed_mismatch[STRATA_BAND_NOMINAL] = 0;
  for (f->reference.seed = 0; f->reference.seed < 16; f->reference.seed++)
    {
      fixture_program (f, ONLY (STRATA_PHYSICS_MISMATCH), STRATA_CORRECT_AFFINE);
      for (int i = 0; i < ROWS * COLUMNS; i++)
        if (f->weights[i] != 0)
          {
            one += square ((double) strata_analog_cells_level (&f->array->cells, i % ROWS, i / ROWS) - f->weights[i]);
            n_one++;
          }
    }
  g_assert_cmpfloat_with_epsilon (one / n_one / square (0.1 * 15.0 / 9), 1, 0.015);
}

/* Effective bits are measured with the noise at the input: whichever is more counts, never both. */
static void
test_converter_noise (void)
{
  static const double input_v[] = { 0, 1e-6, 0.05 };
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);

  for (guint i = 0; i < G_N_ELEMENTS (input_v); i++)
    {
      f->chip.adc_noise_v[STRATA_BAND_NOMINAL] = input_v[i];
      fixture_program (f, ONLY (STRATA_PHYSICS_CONVERTER), STRATA_CORRECT_AFFINE);
      for (int c = 0; c < COLUMNS; c++)
        {
          double step = 1024 * (double) (f->array->lsb[0] / f->array->columns.gain[c]); /* without rounding */
          double expected = i < 2 ? 0.25 * step * step : square (input_v[i] / analog_reference_unit_v (&f->reference));

          g_assert_cmpfloat_with_epsilon ((double) f->array->extra[c] / expected, 1, 1e-5);
        }
    }
}

/* A pair of which a cell is stuck holds its digit or nothing: a cell too low cannot be helped by the other one, a cell
 * too high can, unless it is the one that should be empty. */
static void
test_stuck (void)
{
  const double zero = 0.01, full = 0.02;
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  int n = 0, n_lost = 0, n_other = 0;

  f->chip.stuck_zero[STRATA_BAND_NOMINAL] = zero, f->chip.stuck_full[STRATA_BAND_NOMINAL] = full;
  for (f->reference.seed = 0; f->reference.seed < 8; f->reference.seed++)
    {
      fixture_program (f, ONLY (STRATA_PHYSICS_STUCK), STRATA_CORRECT_AFFINE);
      for (int row = 0; row < ROWS; row++)
        for (int c = 0; c < COLUMNS; c++)
          if (f->weights[c * ROWS + row] != 0)
            {
              double level = (double) strata_analog_cells_level (&f->array->cells, row, c);

              n++;
              n_lost += level == 0;
              n_other += level != 0 && level != f->weights[c * ROWS + row];
            }
    }
  /* lost: the cell that should hold it at zero, or the other at full, not both; else only where both are stuck */
  g_test_message ("stuck: %.4f lost, %.4f otherwise", (double) n_lost / n, (double) n_other / n);
  g_assert_cmpfloat_with_epsilon ((double) n_lost / n, zero + full - 2 * zero * full, 5 * sqrt ((zero + full) / n));
  g_assert_cmpfloat ((double) n_other / n, <, 2 * full * (zero + full));
}

/* What a stuck cell of a high slice misses goes to the low one as far as it reaches: 17 = 1 x 16 + 1 becomes 15. */
static void
test_stuck_slices (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  int n_low = 0;

  f->chip.stuck_zero[STRATA_BAND_NOMINAL] = 0.01;
  f->op.n_slices = f->tile.n_slices = 2;
  f->op.n = f->tile.n_cols = COLUMNS / 2;
  for (int i = 0; i < ROWS * COLUMNS; i++)
    f->weights[i] = i % ROWS == 0 ? 255 : 17;
  fixture_program (f, ONLY (STRATA_PHYSICS_STUCK), STRATA_CORRECT_AFFINE);
  for (int row = 1; row < ROWS; row++)
    for (int j = 0; j < COLUMNS / 2; j++)
      {
        double high = (double) strata_analog_cells_level (&f->array->cells, row, j);
        double low = (double) strata_analog_cells_level (&f->array->cells, row, COLUMNS / 2 + j);

        if (high == 0 && low != 0)
          {
            g_assert_cmpfloat (low, ==, 15);
            n_low++;
          }
        else if (high != 0)
          g_assert_cmpfloat (high, ==, 1);
      }
  g_assert_cmpint (n_low, >, 40);
}

/* A dead row and a dead column hold nothing and add no noise; of two slices the low one takes over what it can. */
static void
test_dead (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  gboolean rows[ROWS] = { FALSE }, columns[COLUMNS] = { FALSE };
  gboolean tested[1] = { TRUE }, known[COLUMNS] = { FALSE };
  g_autoptr (GArray) stuck = g_array_new (FALSE, FALSE, sizeof (StrataStuckCell));
  const StrataAnalogDie die = { .n_columns = COLUMNS,
                                .rows_per_tier = ROWS,
                                .n_tiers = 1,
                                .rows = rows,
                                .columns = columns,
                                .tested = tested,
                                .stuck = stuck,
                                .known = known };

  rows[7] = TRUE, columns[3] = TRUE;
  f->op.n_slices = f->tile.n_slices = 2;
  f->op.n = f->tile.n_cols = COLUMNS / 2;
  for (int i = 0; i < ROWS * COLUMNS; i++)
    f->weights[i] = i % ROWS == 0 ? 255 : 100;
  for (int i = 0; i < 2; i++)
    {
      const StrataPhysics off = i == 0 ? ONLY (STRATA_PHYSICS_DEAD | STRATA_PHYSICS_READ) : ONLY (STRATA_PHYSICS_READ);

      f->die = &die;
      fixture_program (f, off, STRATA_CORRECT_AFFINE);
      for (int row = 1; row < ROWS; row++)
        for (int c = 0; c < COLUMNS; c++)
          {
            const gboolean is_dead = i == 0 && (rows[row] || columns[c]);
            const gboolean takes_over = i == 0 && c == COLUMNS / 2 + 3;

            g_assert_cmpfloat (strata_analog_cells_level (&f->array->cells, row, c), ==,
                               is_dead           ? 0
                               : takes_over      ? 15
                               : c < COLUMNS / 2 ? 6
                                                 : 4); /* 100 = 6 x 16 + 4 */
            g_assert_true (is_dead == (strata_analog_cells_variance (&f->array->cells, row, c) == 0));
          }
    }
}

/* Phases of four bits: fourteen levels of every driver are off, each by its own; 0x37 drives 16 e (3) + e (7) more. */
static void
test_drivers (void)
{
  const StrataTile all = { .n_rows = ROWS, .n_cols = 1, .n_slices = 1, .n_row_copies = 1 };
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  g_autofree float *v = g_new (float, POSITIONS *COLUMNS), *variance = g_new (float, POSITIONS *COLUMNS);
  const float errors[16] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0 };
  double power = 0, largest = 0;
  int n = 0;

  g_assert_cmpfloat (strata_analog_driver_error (0x37, 0, 4, errors), ==, 16 * 3 + 7);
  g_assert_cmpfloat (strata_analog_driver_error (-1, -128, 4, errors), ==, -16); /* -1 x 16 + 15: the supply */
  g_assert_cmpfloat (strata_analog_driver_error (0xE4, 0, 2, errors), ==, 3 * 64 + 2 * 16 + 4); /* digits 3 2 1 0 */
  f->chip.phase_bits = 4;
  f->chip.dac_error[STRATA_BAND_NOMINAL] = 0.1;
  for (int stack = 0; stack < 400; stack++)
    {
      StrataAnalogDrivers drivers;

      strata_analog_drivers_init (&drivers, &f->chip, STRATA_BAND_NOMINAL, &all, 0, 3, stack);
      for (int row = 0; row < ROWS; row++, n++)
        {
          power += square ((double) drivers.step * drivers.more[row * STRATA_DRIVER_CODES + 0x37]);
          g_assert_cmpint (drivers.more[row * STRATA_DRIVER_CODES + 0xF0], ==, 0);
        }
      strata_analog_drivers_finish (&drivers);
    }
  g_test_message ("drivers: variance %.4f, closed form %.4f, %d drivers", power / n, 0.01 * 257, n);
  g_assert_cmpfloat_with_epsilon (power / n / (0.01 * 257), 1, 0.02);
  /* through an array: the sum of what each row is driven more */
  f->chip.adc_gain[STRATA_BAND_NOMINAL] = f->chip.adc_offset_v[STRATA_BAND_NOMINAL] = 0;
  fixture_program (f, ONLY (STRATA_PHYSICS_CONVERTER | STRATA_PHYSICS_READ), STRATA_CORRECT_AFFINE);
  strata_analog_array_moments (f->array, f->codes, POSITIONS, v, variance);
  for (int p = 0; p < POSITIONS; p++)
    for (int c = 0; c < COLUMNS; c++)
      {
        double exact = 0, more = 0;

        for (int k = 0; k < ROWS; k++)
          {
            int code = f->codes[p * ROWS + k];

            exact += code * f->weights[c * ROWS + k];
            more += ((double) strata_analog_cells_input (&f->array->cells, k, code) - code) * f->weights[c * ROWS + k];
          }
        g_assert_cmpfloat_with_epsilon ((double) v[p * COLUMNS + c], exact + more, 0.1);
        largest = MAX (largest, fabs (more));
      }
  g_assert_cmpfloat (largest, >, 100);
}

/* All terms at once, corrected as a run corrects: the fast path is the formulas in volts, draw by draw. */
static void
test_reference (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  g_autofree gint32 *expected = g_new0 (gint32, N_OUTPUTS);
  const StrataAnalogInputs some = { f->codes, f->positions, 200 };
  gint64 n_clipped, n_expected;
  int n_apart = 0;

  f->op.n_reads = 2;
  fixture_program (f, 0, 0);
  n_clipped = strata_analog_array_read (f->array, &some, 4, f->sums, COLUMNS);
  n_expected = analog_reference_read (&f->reference, f->array, &some, 4, expected, COLUMNS);
  for (int i = 0; i < 200 * COLUMNS; i++)
    {
      g_assert_cmpfloat_with_epsilon (f->sums[i], expected[i], 1 + 1.01 * f->array->gain[i % COLUMNS]);
      n_apart += abs (f->sums[i] - expected[i]) > 1;
    }
  /* squares of inputs are bytes: a deviation is off by a thousandth, and a code here and there */
  g_test_message ("%d of %d outputs a code apart; clipped %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, n_apart,
                  200 * COLUMNS, n_clipped, n_expected);
  g_assert_cmpint (n_apart, <, 200 * COLUMNS / 200);
  g_assert_cmpint (ABS (n_clipped - n_expected), <=, 2);
}

/* Each phase converted by itself: exact without terms; kT/C of each weighs by its place, on the whole swing; and as the
 * formulas say, where a code in two's complement has its highest phase signed. */
static void
test_phases (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  g_autofree gint32 *expected = g_new0 (gint32, N_OUTPUTS);
  const StrataAnalogInputs some = { f->codes, f->positions, 100 };
  const double kt = 1.380649e-23 * 313.15;
  gint64 n_clipped, n_expected;
  int n_apart = 0;

  f->chip.conversion = STRATA_CONVERSION_PER_PHASE;
  for (f->chip.phase_bits = 1; f->chip.phase_bits <= 4; f->chip.phase_bits *= 2)
    {
      const double weights = (65536.0 - 1) / (ldexp (1, 2 * f->chip.phase_bits) - 1), base = 1 << f->chip.phase_bits;

      fixture_program (f, STRATA_PHYSICS_ALL, STRATA_CORRECT_AFFINE);
      g_assert_cmpint (fixture_read (f), ==, 0);
      for (int i = 0; i < N_OUTPUTS; i++)
        g_assert_cmpfloat (f->errors[i], ==, 0);
      fixture_program (f, ONLY (STRATA_PHYSICS_THERMAL), STRATA_CORRECT_AFFINE);
      fixture_read (f);
      assert_noise (f, "thermal, phase by phase", kt * 51.2e-15 / square (0.8 * 0.4e-15 / (base - 1) / 15) * weights);
    }
  f->chip.phase_bits = 2;
  f->op.n_reads = 2;
  for (int i = 0; i < N_OUTPUTS; i++)
    f->sums[i] = 0;
  fixture_program (f, 0, 0);
  n_clipped = strata_analog_array_read (f->array, &some, 4, f->sums, COLUMNS);
  n_expected = analog_reference_read (&f->reference, f->array, &some, 4, expected, COLUMNS);
  for (int i = 0; i < 100 * COLUMNS; i++)
    n_apart += abs (f->sums[i] - expected[i]) > 1;
  g_test_message ("%d of %d outputs a code apart; clipped %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, n_apart,
                  100 * COLUMNS, n_clipped, n_expected);
  g_assert_cmpint (n_apart, <, 100 * COLUMNS / 50);
  g_assert_cmpint (ABS (n_clipped - n_expected), <=, 2);
}

/* All that is random from read to read adds up: variance of many readings of one input. */
static void
test_together (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  double expected = 0, measured = 0;

  fixture_program (f, 0, 0);
  for (int p = 1; p < POSITIONS; p++)
    for (int k = 0; k < ROWS; k++)
      f->codes[p * ROWS + k] = f->codes[k];
  fixture_read (f);
  for (int j = 0; j < COLUMNS; j++)
    {
      double step = (double) f->array->lsb[0], gain = f->array->gain[j], variance = thermal (f, 0), mean, spread;
      double column[POSITIONS], steps = (double) f->array->columns.gain[j] / step;

      for (int k = 0; k < ROWS; k++)
        variance += square (f->codes[k]) * (double) strata_analog_cells_variance (&f->array->cells, k, j);
      /* in steps, where the converter's own and its rounding are added */
      variance = variance * square (steps) + 1.0 / 12
                 + fmax (3.0 / 12, square (200e-6 / analog_reference_unit_v (&f->reference) * steps));
      expected += variance * gain * gain + 1.0 / 12;
      for (int p = 0; p < POSITIONS; p++)
        column[p] = f->sums[p * COLUMNS + j];
      moments (column, POSITIONS, &mean, &spread);
      measured += spread * POSITIONS / (POSITIONS - 1.0);
    }
  g_test_message ("all together: variance %.1f, closed forms %.1f", measured / COLUMNS, expected / COLUMNS);
  g_assert_cmpfloat_with_epsilon (measured / expected, 1, 0.015);
}

/* A reading replays to the bit, whatever is read with it and in which order. */
static void
test_replay (void)
{
  g_autoptr (Fixture) f = fixture_new (STRATA_CELL_SONOS);
  g_autofree gint32 *again = g_new0 (gint32, N_OUTPUTS);

  fixture_program (f, 0, 0);
  fixture_read (f);
  fixture_program (f, 0, 0);
  for (int first = POSITIONS - 100; first >= 0; first -= 100)
    strata_analog_array_read (f->array, &(StrataAnalogInputs){ f->codes + first * ROWS, f->positions + first, 100 }, 0,
                              again, COLUMNS);
  g_assert_cmpmem (again, sizeof (gint32) * N_OUTPUTS, f->sums, sizeof (gint32) * N_OUTPUTS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/physics/none", test_none);
  g_test_add_func ("/sdk/simulator/physics/thermal", test_thermal);
  g_test_add_func ("/sdk/simulator/physics/read", test_read);
  g_test_add_func ("/sdk/simulator/physics/programming", test_programming);
  g_test_add_func ("/sdk/simulator/physics/rounding", test_rounding);
  g_test_add_func ("/sdk/simulator/physics/clipping", test_clipping);
  g_test_add_func ("/sdk/simulator/physics/converter", test_converter);
  g_test_add_func ("/sdk/simulator/physics/converter-spread", test_converter_spread);
  g_test_add_func ("/sdk/simulator/physics/droop", test_droop);
  g_test_add_func ("/sdk/simulator/physics/lines", test_lines);
  g_test_add_func ("/sdk/simulator/physics/idle-cells", test_idle_cells);
  g_test_add_func ("/sdk/simulator/physics/mismatch-alone", test_mismatch_alone);
  g_test_add_func ("/sdk/simulator/physics/converter-noise", test_converter_noise);
  g_test_add_func ("/sdk/simulator/physics/stuck", test_stuck);
  g_test_add_func ("/sdk/simulator/physics/stuck-slices", test_stuck_slices);
  g_test_add_func ("/sdk/simulator/physics/dead", test_dead);
  g_test_add_func ("/sdk/simulator/physics/drivers", test_drivers);
  g_test_add_func ("/sdk/simulator/physics/reference", test_reference);
  g_test_add_func ("/sdk/simulator/physics/phases", test_phases);
  g_test_add_func ("/sdk/simulator/physics/together", test_together);
  g_test_add_func ("/sdk/simulator/physics/replay", test_replay);
  return g_test_run ();
}
