/* SPDX-License-Identifier: Apache-2.0
 *
 * Arrays on a die whose test found something: converters of known gain and offset, stuck cells of known weights and
 * dead lines against what they must do to the outputs, with spares and without; and a whole program on a die, to the
 * bit.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "lib/fixtures.h"
#include "simulator/analog-array.h"

enum
{
  ROWS = 64,
  COLUMNS = 48,
  N_ADC = 16,
  POSITIONS = 64,
  N_OUTPUTS = COLUMNS * POSITIONS,
  STACK = 2,
  TIER = 3,
  MORE_STEPS = 1024, /* a step of a converter over one without rounding */
};

#define ONLY(terms) ((StrataPhysics) (STRATA_PHYSICS_ALL & ~(terms)))
#define CHIP                                                                                                           \
  "base: demonstrator\nname: small\nmesh_x: 2\nmesh_y: 2\ntiers: 8\nrows: 64\ncolumns: 48\nn_adc: 16\nslices: 1\n"     \
  "spare_rows: 4\nspare_columns: 4\nspare_tiers: 2\nadc_loss: 0 bit\nadc_noise: 0 V\nstuck_full: "                     \
  "0.1\nsummable_tiers: 2\n"

typedef struct
{
  StrataChipSpec *chip;
  StrataQOp op;
  StrataTile tile;
  StrataConditions conditions;
  StrataDieSpec *die;
  StrataDieRepair *repair;
  StrataAnalogArray *array;
  gint16 weights[ROWS * COLUMNS];
  gint16 codes[POSITIONS * ROWS];
  double errors[N_OUTPUTS]; /* against exact products */
} Fixture;

static Fixture *
fixture_new (void)
{
  Fixture *f = g_new0 (Fixture, 1);
  const StrataRngKey key = strata_rng_key (5, 0);
  g_autoptr (GError) error = NULL;

  f->chip = strata_chip_spec_parse (CHIP, -1, "small.yaml", &error);
  g_assert_no_error (error);
  for (int i = 0; i < ROWS * COLUMNS; i++)
    f->weights[i] = (gint16) (i % ROWS == 0 ? 15 : (int) (strata_rng_uniform (key, (guint64) i) * 31) - 15);
  for (int i = 0; i < POSITIONS * ROWS; i++)
    f->codes[i] = (gint16) ((int) (strata_rng_uniform (key, 1000000 + (guint64) i) * 256) - 128);
  f->op = (StrataQOp){
    .kind = STRATA_QOP_MVM, .name = "op", .n = COLUMNS, .k = ROWS, .weights = f->weights, .n_slices = 1, .n_reads = 1
  };
  f->tile = (StrataTile){ .n_rows = ROWS, .n_cols = COLUMNS, .n_slices = 1, .n_row_copies = 1 };
  return f;
}

static void
fixture_free (Fixture *f)
{
  strata_analog_array_free (f->array);
  strata_die_repair_free (f->repair);
  strata_die_spec_free (f->die);
  strata_chip_spec_free (f->chip);
  g_free (f);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* @found: entries of a die file, NULL: no die */
static void
fixture_set_die (Fixture *f, const char *found)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *path = NULL;

  g_clear_pointer (&f->repair, strata_die_repair_free);
  g_clear_pointer (&f->die, strata_die_spec_free);
  if (found == NULL)
    return;
  /* the chip of a die is one that a file names */
  path = g_build_filename (g_get_tmp_dir (), "strata-test-analog-die.XXXXXX", NULL);
  g_close (g_mkstemp (path), NULL);
  g_assert_true (g_file_set_contents (path, CHIP, -1, &error));
  text = g_strdup_printf ("chip: %s\nserial: x\n%s", path, found);
  f->die = strata_die_spec_parse (text, -1, "d.yaml", &error);
  g_assert_no_error (error);
  g_unlink (path);
  f->repair = strata_die_repair (f->die, -1);
}

/* Programs and calibrates with the terms that are not @off, and reads all positions. */
static void
fixture_run (Fixture *f, StrataPhysics off, guint without, gboolean repaired)
{
  const StrataDieState state = { f->die, repaired ? f->repair : NULL };
  const StrataSite site = { STACK, TIER };
  g_autoptr (StrataAnalogDie) die = f->die == NULL ? NULL : strata_analog_die_new (&state, &f->tile, site);
  StrataAnalogSetup setup = { f->chip, STRATA_ANALOG_NOMINAL, 11, without, &f->conditions, 0, &site, die };
  int positions[POSITIONS];
  g_autofree gint32 *sums = g_new0 (gint32, N_OUTPUTS);

  f->conditions = (StrataConditions){ .physics_off = off, .temperature_c = (double) NAN };
  strata_analog_array_free (f->array);
  f->array = strata_analog_array_new (&setup, &f->op, 0, &f->tile, STACK * f->chip->tiers + TIER);
  strata_analog_array_calibrate (f->array, &f->op, &(StrataAnalogVectors){ f->codes, POSITIONS, ROWS, FALSE, 0, NULL });
  for (int p = 0; p < POSITIONS; p++)
    positions[p] = p;
  strata_analog_array_read (f->array, &(StrataAnalogInputs){ f->codes, positions, POSITIONS }, 0, sums, COLUMNS);
  for (int p = 0; p < POSITIONS; p++)
    for (int j = 0; j < COLUMNS; j++)
      {
        gint32 exact = 0;

        for (int k = 0; k < ROWS; k++)
          exact += f->codes[p * ROWS + k] * f->weights[j * ROWS + k];
        f->errors[p * COLUMNS + j] = (double) (sums[p * COLUMNS + j] - exact);
      }
}

static double
exact_at (const Fixture *f, int i)
{
  double sum = 0;

  for (int k = 0; k < ROWS; k++)
    sum += f->codes[i / COLUMNS * ROWS + k] * f->weights[i % COLUMNS * ROWS + k];
  return sum;
}

/* A converter of gain 1.02 and an offset of three steps makes 1.02 (x + 3 steps) of x; all others do what they would
 * without a die file. The affine correction takes both. */
static void
test_converter (void)
{
  const StrataPhysics off = ONLY (STRATA_PHYSICS_CONVERTER);
  g_autoptr (Fixture) f = fixture_new ();
  g_autofree char *text = NULL;
  g_autofree double *drawn = g_new (double, N_OUTPUTS);
  char volts[G_ASCII_DTOSTR_BUF_SIZE];
  double step, largest = 0;

  fixture_run (f, off, STRATA_CORRECT_AFFINE, TRUE);
  step = (double) f->array->lsb[0] * MORE_STEPS;
  g_ascii_dtostr (volts, sizeof volts, 3 * step * f->array->columns.readout.unit_v);
  for (int i = 0; i < N_OUTPUTS; i++)
    drawn[i] = f->errors[i];
  text = g_strdup_printf ("converters: [{stack: 2, converter: 5, gain: 2%%, offset: %s V},\n"
                          "             {stack: 1, gain: 50%%}]\n",
                          volts);
  fixture_set_die (f, text);
  fixture_run (f, off, STRATA_CORRECT_AFFINE, TRUE);
  for (int i = 0; i < N_OUTPUTS; i++)
    if (i % COLUMNS % N_ADC == 5)
      {
        g_assert_cmpfloat_with_epsilon (f->errors[i], 0.02 * exact_at (f, i) + 1.02 * 3 * step, 1);
        largest = MAX (largest, fabs (f->errors[i] - drawn[i]));
      }
    else
      g_assert_cmpfloat_with_epsilon (f->errors[i], drawn[i], 1);
  g_assert_cmpfloat (largest, >, 2 * step);
  fixture_run (f, off, 0, TRUE);
  for (int i = 0; i < N_OUTPUTS; i++)
    g_assert_cmpfloat_with_epsilon (f->errors[i], 0, 1);
  fixture_run (f, STRATA_PHYSICS_ALL, STRATA_CORRECT_AFFINE, TRUE);
  for (int i = 0; i < N_OUTPUTS; i++)
    g_assert_cmpfloat (f->errors[i], ==, 0);
}

/* What is listed takes the place of the draw, converter by converter; every column of a converter has the same. */
static void
test_converter_draws (void)
{
  g_autoptr (Fixture) f = fixture_new ();
  float gain[COLUMNS], shift[COLUMNS];

  fixture_run (f, 0, 0, TRUE);
  for (int c = 0; c < COLUMNS; c++)
    gain[c] = f->array->columns.gain[c], shift[c] = f->array->columns.shift[c];
  fixture_set_die (f, "converters: [{stack: 2, converter: 0-3, gain: [1%, 2%, 3%, 4%]}]\n");
  f->tile.at_col = 16;
  f->tile.n_cols = 32;
  f->op.n = 32;
  fixture_run (f, 0, 0, TRUE);
  for (int c = 0; c < 32; c++)
    if (c % N_ADC < 4)
      g_assert_cmpfloat (f->array->columns.gain[c], ==, (float) (1.01 + 0.01 * (c % N_ADC)));
    else
      {
        g_assert_cmpfloat (f->array->columns.gain[c], ==, gain[16 + c]);
        g_assert_cmpfloat (f->array->columns.shift[c], ==, shift[16 + c]);
      }
}

/* A stuck cell of a known weight moves one output by what it misses times the code, and none other; on the row that
 * stands for a dead one, at that row's weights. A listed array has no drawn stuck cells. */
static void
test_stuck (void)
{
  const StrataPhysics off = ONLY (STRATA_PHYSICS_STUCK | STRATA_PHYSICS_DEAD);
  g_autoptr (Fixture) f = fixture_new ();
  int n_wrong = 0;

  f->weights[10 * ROWS + 7] = -9;
  f->weights[20 * ROWS + 7] = 6;
  f->weights[30 * ROWS + 7] = -6;
  fixture_run (f, off, STRATA_CORRECT_AFFINE, TRUE);
  for (int i = 0; i < N_OUTPUTS; i++)
    n_wrong += f->errors[i] != 0;
  g_assert_cmpint (n_wrong, >, N_OUTPUTS / 2); /* a tenth of the cells are drawn stuck */
  fixture_set_die (f, "dead_rows: [{stack: 2, tier: 3, rows: [7, 64]}]\n"
                      "dead_columns: [{stack: 2, tier: 3, columns: 20}]\n"
                      "stuck_cells:\n"
                      "  - {stack: 2, tier: 3, row: 65, column: 10, line: plus, at: full}\n"
                      "  - {stack: 2, tier: 3, row: 65, column: 48, line: plus, at: zero}\n"
                      "  - {stack: 2, tier: 3, row: 65, column: 30, line: plus, at: zero}\n"
                      "  - {stack: 2, tier: 3, row: 7, column: 11, line: pair, at: zero}\n"
                      "  - {stack: 2, tier: 4, row: 8, column: 11, line: pair, at: zero}\n");
  fixture_run (f, off, STRATA_CORRECT_AFFINE, TRUE);
  for (int i = 0; i < N_OUTPUTS; i++)
    {
      const int code = f->codes[i / COLUMNS * ROWS + 7], output = i % COLUMNS;

      /* -9 beside a full plus cell is 15 - 15; 6 on a plus cell of nothing is nothing; -6 needs no plus cell */
      g_assert_cmpfloat (f->errors[i], ==, output == 10 ? 9 * code : output == 20 ? -6 * code : 0);
    }
  fixture_run (f, off | STRATA_PHYSICS_STUCK, STRATA_CORRECT_AFFINE, TRUE);
  for (int i = 0; i < N_OUTPUTS; i++)
    g_assert_cmpfloat (f->errors[i], ==, 0);
}

/* Without repair a dead row and a dead column hold nothing, and a dead tier nothing at all; with it all is exact. */
static void
test_dead (void)
{
  const StrataPhysics off = ONLY (STRATA_PHYSICS_DEAD);
  g_autoptr (Fixture) f = fixture_new ();

  fixture_set_die (f, "dead_rows: [{stack: 2, tier: 3, rows: 7}]\n"
                      "dead_columns: [{stack: 2, tier: 3, columns: [20]}]\n");
  for (int repaired = 0; repaired < 2; repaired++)
    {
      fixture_run (f, off, STRATA_CORRECT_AFFINE, repaired);
      for (int i = 0; i < N_OUTPUTS; i++)
        {
          const double row = f->weights[i % COLUMNS * ROWS + 7] * f->codes[i / COLUMNS * ROWS + 7];

          g_assert_cmpfloat (f->errors[i], ==, repaired ? 0 : i % COLUMNS == 20 ? -exact_at (f, i) : -row);
        }
    }
  fixture_run (f, STRATA_PHYSICS_ALL, STRATA_CORRECT_AFFINE, FALSE);
  for (int i = 0; i < N_OUTPUTS; i++)
    g_assert_cmpfloat (f->errors[i], ==, 0);
  fixture_set_die (f, "dead_tiers: [{stack: 2, tier: 3}]\n");
  for (int repaired = 0; repaired < 2; repaired++)
    {
      fixture_run (f, off, STRATA_CORRECT_AFFINE, repaired);
      for (int i = 0; i < N_OUTPUTS; i++)
        g_assert_cmpfloat (f->errors[i], ==, repaired ? 0 : -exact_at (f, i));
    }
}

/* A tile that lies away from the corner, with copies of its rows, and one over two tiers: each cell of the die that is
 * stuck is found where programs see it, and no other. */
static void
test_places (void)
{
  static const StrataTile tiles[] = {
    { .n_rows = 12, .n_cols = 10, .n_slices = 2, .n_row_copies = 3, .at_row = 9, .at_col = 20 },
    { .n_rows = 100, .n_cols = 48, .n_slices = 1, .n_row_copies = 1, .n_tiers = 2 },
  };
  g_autoptr (Fixture) f = fixture_new ();

  fixture_set_die (f, "dead_rows: [{stack: 2, tier: 3, rows: [10, 40]}, {stack: 2, tier: 4, rows: [0-3]}]\n"
                      "dead_columns: [{stack: 2, tier: 3, columns: [25]}, {stack: 2, tier: 4, columns: [1, 30-33]}]\n"
                      "stuck_cells:\n"
                      "  - {stack: 2, tier: 3, row: 0-67, column: 24-26, line: minus, at: full}\n"
                      "  - {stack: 2, tier: 8, row: 30-35, column: 48, line: plus, at: zero}\n"
                      "dead_tiers: [{stack: 2, tier: 5}]\n"
                      "tested_cells: [{stack: 2, tier: 4}]\n");
  for (guint t = 0; t < G_N_ELEMENTS (tiles); t++)
    {
      const StrataTile *tile = &tiles[t];
      const StrataDieState state = { f->die, f->repair };
      g_autoptr (StrataAnalogDie) die = strata_analog_die_new (&state, tile, (StrataSite){ 2, 3 });
      const int n_lines = tile->n_rows * tile->n_row_copies, n_columns = tile->n_cols * tile->n_slices;
      guint n = 0;

      for (int line = 0; line < n_lines; line++)
        {
          const int up = t == 1 ? line / ROWS : 0, row = t == 1 ? line % ROWS : tile->at_row + line;
          int rows[ROWS], columns[COLUMNS], tier;

          tier = strata_die_lines (f->die, f->repair, (StrataSite){ 2, 3 + up }, rows, columns);
          g_assert_true (die->rows[line] == (rows[row] < 0));
          for (int c = 0; c < n_columns; c++)
            {
              const int column = columns[tile->at_col + c];

              g_assert_true (die->columns[up * n_columns + c] == (column < 0));
              for (int i = 0; i < f->die->n_cells; i++)
                {
                  const StrataDieCell *cell = &f->die->cells[i];

                  if (cell->site.stack != 2 || cell->site.tier != tier || cell->row != rows[row]
                      || cell->column != column)
                    continue;
                  g_assert_cmpint (n, <, die->stuck->len);
                  g_assert_cmpint (g_array_index (die->stuck, StrataStuckCell, n).cell, ==,
                                   2 * (line * n_columns + c) + cell->minus);
                  g_assert_true (g_array_index (die->stuck, StrataStuckCell, n).full == cell->full);
                  n++;
                }
            }
        }
      g_assert_cmpint (n, ==, die->stuck->len);
      g_assert_cmpint (n, >, 20);
      g_assert_true (die->tested[0]);
    }
}

/* --- a program --- */

static StrataArray *
run (const StrataImage *image, StrataAnalog analog, const StrataDieState *die, guint64 sample)
{
  const StrataQTensor *in = &image->graph->tensors[image->graph->inputs[0]];
  gint64 dims[] = { 1, in->channels, in->height, in->width };
  g_autoptr (StrataArray) input = strata_array_new (STRATA_DTYPE_I8, 4, dims);
  const StrataFunctionalOptions options = { .analog = analog, .seed = 7, .die = die };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataFunctional) functional = strata_functional_new (image, &options, &error);
  StrataArray *output = NULL;

  g_assert_no_error (error);
  for (gint64 i = 0; i < strata_array_count (input); i++)
    ((gint8 *) input->data)[i] = (gint8) strata_rng_block (strata_rng_key (sample, 5), (guint64) i, 0).word[0];
  strata_functional_run (functional, sample, (const StrataArray *const[]){ input }, &output, NULL, &error);
  g_assert_no_error (error);
  return output;
}

static gboolean
alike (const StrataArray *a, const StrataArray *b)
{
  const gsize n = (gsize) strata_array_count (a) * strata_dtype_size (a->dtype);

  return n == (gsize) strata_array_count (b) * strata_dtype_size (b->dtype) && memcmp (a->data, b->data, n) == 0;
}

typedef struct
{
  const StrataImage *image;
  const StrataDieState *die;
} Work;

static gpointer
run_thread (gpointer data)
{
  const Work *work = data;

  return run (work->image, STRATA_ANALOG_NOMINAL, work->die, 3);
}

/* The same die gives the same bits, on other threads too; another die others. */
static void
test_replay (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 2, 2, 8));
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataDieSpec) one = strata_die_spec_draw (image->chip, STRATA_BAND_CONSERVATIVE, 1, &error);
  g_autoptr (StrataDieSpec) two = strata_die_spec_draw (image->chip, STRATA_BAND_CONSERVATIVE, 2, &error);
  g_autoptr (StrataDieRepair) repair = strata_die_repair (one, -1), repair_two = strata_die_repair (two, -1);
  const StrataDieState state = { one, repair }, other = { two, repair_two };
  g_autoptr (StrataArray) first = run (image, STRATA_ANALOG_NOMINAL, &state, 3);
  g_autoptr (StrataArray) second = run (image, STRATA_ANALOG_NOMINAL, &other, 3);
  g_autoptr (StrataArray) without = run (image, STRATA_ANALOG_NOMINAL, NULL, 3);
  g_autoptr (StrataArray) exact = run (image, STRATA_ANALOG_OFF, NULL, 3);
  g_autoptr (StrataArray) exact_on_die = run (image, STRATA_ANALOG_OFF, &state, 3);
  Work work = { image, &state };
  GThread *threads[3];

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("run", run_thread, &work);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autoptr (StrataArray) again = g_thread_join (threads[i]);

      g_assert_true (alike (first, again));
    }
  g_assert_false (alike (first, second));
  g_assert_false (alike (first, without));
  g_assert_true (alike (exact, exact_on_die));
}

/* Spare rows, columns and tiers that stand for dead ones compute the same, with all noise; without repair the same die
 * does not. */
static void
test_spares (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 2, 2, 8));
  const StrataSite site = image->placement->site[0], last = image->placement->site[image->tiles->n_tiles - 1];
  g_autofree char *words = g_strdup_printf ("stack %d tier %d", site.stack, site.tier);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataDieSpec) die = strata_die_spec_suppose (image->chip, words, &error);
  g_autoptr (StrataDieRepair) repair = NULL;
  StrataDieLine rows[] = { { last, 0 }, { last, 1 }, { last, 2 } };
  StrataDieState state = { die, NULL };
  g_autoptr (StrataArray) whole = run (image, STRATA_ANALOG_NOMINAL, NULL, 3);
  g_autoptr (StrataArray) broken = NULL, repaired = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (strata_site_compare (site, last), !=, 0);
  die->rows = rows;
  die->n_rows = G_N_ELEMENTS (rows);
  broken = run (image, STRATA_ANALOG_NOMINAL, &state, 3);
  g_assert_false (alike (whole, broken));
  state.repair = repair = strata_die_repair (die, -1);
  repaired = run (image, STRATA_ANALOG_NOMINAL, &state, 3);
  g_assert_true (alike (whole, repaired));
}

static void
test_wrong_chip (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 2, 2, 8));
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataDieSpec) die = strata_die_spec_parse ("chip: phone\nserial: x\n", -1, "d.yaml", &error);
  const StrataDieState state = { die, NULL };
  const StrataFunctionalOptions options = { .analog = STRATA_ANALOG_NOMINAL, .die = &state };

  g_assert_no_error (error);
  g_assert_null (strata_functional_new (image, &options, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/analog-die/converter", test_converter);
  g_test_add_func ("/sdk/simulator/analog-die/converter-draws", test_converter_draws);
  g_test_add_func ("/sdk/simulator/analog-die/stuck", test_stuck);
  g_test_add_func ("/sdk/simulator/analog-die/dead", test_dead);
  g_test_add_func ("/sdk/simulator/analog-die/places", test_places);
  g_test_add_func ("/sdk/simulator/analog-die/replay", test_replay);
  g_test_add_func ("/sdk/simulator/analog-die/spares", test_spares);
  g_test_add_func ("/sdk/simulator/analog-die/wrong-chip", test_wrong_chip);
  return g_test_run ();
}
