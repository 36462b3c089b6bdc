/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of rows whose charge is added over tiers: where they lie, that values, noise, writes and conversions are what
 * they should be, that the checks find what is wrong, and that chips without it are as before.
 */
#include <math.h>
#include <string.h>

#include "cost/noise.h"
#include "lib/fixtures.h"
#include "lib/run.h"
#include "program/programming.h"

#define WIDE 1 /* the op whose rows take four blocks and a half */

/* 128 channels into 1152 rows: 256, 256, 256, 256, 128 */
static StrataQGraph *
make_graph (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_conv (graph, fixtures_input (graph, 3, 7, 7), 128, 3, 1);

  t = fixtures_conv (graph, t, 200, 3, 2);
  fixtures_output (graph, fixtures_dense (graph, fixtures_flatten (graph, t), 10));
  return graph;
}

static StrataChipSpec *
make_chip (int summable)
{
  StrataChipSpec *chip = fixtures_chip ("demonstrator", 0, 0, 0);

  chip->summable_tiers = summable;
  return chip;
}

static StrataImage *
make_image (int summable)
{
  return fixtures_image (make_graph (), make_chip (summable));
}

static void
test_tiles (void)
{
  g_autoptr (StrataImage) apart = make_image (1), pairs = make_image (2);
  const StrataTile *tile = &pairs->tiles->tiles[pairs->tiles->op_first[WIDE]];
  g_autofree char *text = strata_tile_set_print (pairs->tiles, pairs->graph);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) back = strata_tile_set_parse (text, pairs->graph, &error);

  g_assert_no_error (error);
  g_assert_cmphex (strata_tile_set_hash (back), ==, strata_tile_set_hash (pairs->tiles));
  back->tiles[pairs->tiles->op_first[WIDE]].n_tiers = 0;
  g_assert_cmphex (strata_tile_set_hash (back), !=, strata_tile_set_hash (pairs->tiles));
  g_assert_cmpint (pairs->tiles->op_first[WIDE + 1] - pairs->tiles->op_first[WIDE], ==, 2 * 3);
  for (int i = 0; i < 6; i++)
    {
      g_assert_cmpint (tile[i].n_tiers, ==, i % 3 < 2 ? 2 : 0);
      g_assert_cmpint (tile[i].row0, ==, i % 3 * 512);
      g_assert_cmpint (tile[i].n_rows, ==, i % 3 < 2 ? 512 : 128);
      g_assert_cmpint (tile[i].n_row_copies, ==, i % 3 < 2 ? 1 : 2);
    }
  g_assert_nonnull (strstr (text, "rows 512+512 cols 0+128 tiers 2 slices 2 row-copies 1"));
  g_assert_cmpint (strata_tile_set_n_arrays (pairs->tiles), ==, strata_tile_set_n_arrays (apart->tiles));
  g_assert_cmpint (pairs->tiles->arrays_required, ==, apart->tiles->arrays_required);
}

/* Fives take all of this matrix and no other; the dense layer of 3200 rows has twelve blocks and a half, of which twos
 * and threes leave one. */
static void
test_width (void)
{
  static const int widths[][2] = { { 1, 0 }, { 2, 2 }, { 3, 3 }, { 5, 5 } };

  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      g_autoptr (StrataImage) image = make_image (widths[i][0]);
      int most = 0;

      for (int t = 0; t < image->tiles->n_tiles; t++)
        {
          int n = image->tiles->tiles[t].n_tiers;

          g_assert_true (n == 0 || most == 0 || n == most);
          most = MAX (most, n);
        }
      g_assert_cmpint (most, ==, widths[i][1]);
    }
}

/* --- values --- */

static void
test_exact (void)
{
  g_autoptr (StrataImage) apart = make_image (1);

  for (int summable = 2; summable <= 5; summable++)
    {
      g_autoptr (StrataImage) summed = make_image (summable);
      g_autoptr (StrataArray) a = run_sample (apart, STRATA_ANALOG_OFF, 1, 0, NULL);
      g_autoptr (StrataArray) b = run_sample (summed, STRATA_ANALOG_OFF, 1, 0, NULL), c = NULL;

      g_assert_cmpmem (a->data, a->n_bytes, b->data, b->n_bytes);
      summed->chip->adc_bits = 24;
      c = run_sample (summed, STRATA_ANALOG_IDEAL, 1, 0, NULL);
      g_assert_cmpmem (a->data, a->n_bytes, c->data, c->n_bytes);
    }
}

/* Thermal noise alone: of the longer line, not of as many conversions. */
static void
test_noise (void)
{
  g_autoptr (StrataImage) apart = make_image (1), pairs = make_image (2);
  double one = strata_cost_ktc_sigma (apart->chip, STRATA_BAND_NOMINAL);
  double two = strata_cost_summed_ktc_sigma (apart->chip, STRATA_BAND_NOMINAL, 2);
  double apart_db = 0, pairs_db = 0;
  g_autoptr (StrataArray) a = NULL, b = NULL;

  g_assert_cmpfloat (two, >, one);
  g_assert_cmpfloat (two * two, <, 2 * one * one);
  g_assert_cmpfloat_with_epsilon (strata_cost_summed_ff (apart->chip, 2) - strata_cost_column_ff (apart->chip),
                                  apart->chip->rows * apart->chip->c_on_ff * (1 + 1 / apart->chip->c_on_off_ratio) / 2,
                                  1e-9);
  apart->chip->cell_model = pairs->chip->cell_model = STRATA_CELL_NONE;
  apart->chip->adc_bits = pairs->chip->adc_bits = 16;
  a = run_sample (apart, STRATA_ANALOG_NOMINAL, 1, WIDE, &apart_db);
  b = run_sample (pairs, STRATA_ANALOG_NOMINAL, 1, WIDE, &pairs_db);
  /* four conversions and one whose rows stand twice, against two and the same one */
  g_test_message ("SNR apart %.2f dB, summed %.2f dB", apart_db, pairs_db);
  g_assert_cmpfloat_with_epsilon (pairs_db - apart_db,
                                  10 * log10 ((4 * one * one + one * one / 4) / (2 * two * two + one * one / 4)), 0.3);
}

/* --- time, energy, writes --- */

static gint64
adc_fj (const StrataImage *image)
{
  gint64 sum = 0;

  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *mvm = &image->schedule->instructions[i];

      if (mvm->opcode != STRATA_OPCODE_MVM || mvm->op != WIDE)
        continue;
      sum += mvm->n_bursts
             * strata_burst_energy (mvm, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL)
                 .per_action_fj[STRATA_COMPONENT_ADC];
    }
  return sum;
}

static int
count_psums (const StrataImage *image)
{
  int n = 0;

  for (int i = 0; i < image->schedule->n_instructions; i++)
    n += image->schedule->instructions[i].opcode == STRATA_OPCODE_PSUM && image->schedule->instructions[i].op == WIDE;
  return n;
}

/* Three conversions where there were five, the same cells, fewer sums on the way */
static void
test_costs (void)
{
  g_autoptr (StrataImage) apart = make_image (1), pairs = make_image (2);
  g_autoptr (StrataProgrammingPlan) a = strata_programming_plan (apart->tiles, apart->placement, apart->chip);
  g_autoptr (StrataProgrammingPlan) b = strata_programming_plan (pairs->tiles, pairs->placement, pairs->chip);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (adc_fj (pairs) * 5, ==, adc_fj (apart) * 3);
  g_assert_cmpint (count_psums (pairs), <, count_psums (apart));
  g_assert_cmpint (a->n_cells, ==, b->n_cells);
  g_assert_cmpint (a->n_rows, ==, b->n_rows);
  g_assert_true (strata_programming_plan_check (b, pairs->tiles, pairs->placement, pairs->chip, &error));
  g_assert_no_error (error);
  for (int i = 0; i < pairs->schedule->n_instructions; i++)
    {
      const StrataInstruction *mvm = &pairs->schedule->instructions[i];
      int n_tiers = mvm->tile < 0 ? 0 : strata_tile_n_tiers (&pairs->tiles->tiles[mvm->tile]);

      if (mvm->opcode == STRATA_OPCODE_MVM)
        g_assert_cmpint (
          strata_burst_energy (mvm, pairs->graph, pairs->tiles, pairs->chip, STRATA_BAND_NOMINAL).per_switch_fj, ==,
          n_tiers * pairs->chip->e_select_fj[STRATA_BAND_NOMINAL]);
    }
}

/* --- placement --- */

/* Full chips, with dead tiers between those that work: every run that there is may be needed. */
static void
test_placement (void)
{
  for (guint64 seed = 0; seed < 24; seed++)
    {
      StrataChipSpec *chip = fixtures_chip ("demonstrator", 2, 2, 10 + (int) (seed % 5) * 8);
      g_autoptr (StrataImage) image = NULL;
      int n_wide = 0;

      chip->summable_tiers = 2 + (int) (seed % 3);
      fixtures_kill (chip, seed, 0.02 * (double) (seed % 4));
      if (strata_chip_arrays (chip) < 40)
        {
          strata_chip_spec_free (chip);
          continue;
        }
      image = fixtures_image (make_graph (), chip); /* with all checks */
      for (int i = 0; i < image->tiles->n_tiles; i++)
        n_wide += image->tiles->tiles[i].n_tiers > 0;
      g_assert_cmpint (n_wide, >, 0);
    }
}

static void
test_runs (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 2, 2, 10);
  StrataSite dead[] = { { 1, 2 }, { 1, 7 } };

  chip->dead = dead;
  chip->n_dead = 2;
  g_assert_cmpint (strata_chip_runs (chip, 0, 3), ==, 3);
  g_assert_cmpint (strata_chip_runs (chip, 1, 2), ==, 1 + 2 + 1);
  g_assert_cmpint (strata_chip_runs (chip, 1, 4), ==, 1);
  g_assert_cmpint (strata_chip_runs (chip, 1, 5), ==, 0);
  chip->n_dead = 0;
}

/* --- checks --- */

static void
test_planted (void)
{
  g_autoptr (StrataImage) image = make_image (2);
  StrataTile *tile = &image->tiles->tiles[image->tiles->op_first[WIDE]];
  const struct
  {
    int *field, value;
    const char *reason;
  } planted[] = {
    { &tile[0].n_tiers, 3, "adds the charge of 2" },     { &tile[0].n_tiers, 1, "adds the charge of 2" },
    { &tile[0].n_tiers, -2, "adds the charge of 2" },    { &tile[0].n_tiers, 0, "drives 512 rows" },
    { &tile[0].n_rows, 256, "256 rows on 2 tiers" },     { &tile[0].n_rows, 513, "513 rows on 2 tiers" },
    { &tile[0].n_row_copies, 2, "or repeats its rows" }, { &tile[0].at_row, 1, "shares them" },
    { &tile[1].array_back, 1, "shares them" },           { &tile[2].array_back, 1, "which spans tiers" },
    { &tile[2].n_tiers, 2, "128 rows on 2 tiers" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    {
      int kept = *planted[i].field;
      g_autoptr (GError) error = NULL;

      *planted[i].field = planted[i].value;
      g_assert_false (strata_tile_set_check (image->tiles, image->graph, image->chip, &error));
      if (strstr (error->message, planted[i].reason) == NULL)
        g_error ("%u: '%s' does not say '%s'", i, error->message, planted[i].reason);
      *planted[i].field = kept;
    }
  g_assert_true (strata_tile_set_check (image->tiles, image->graph, image->chip, NULL));
}

/* A tile on the second tier of another, on a dead one, past the last */
static void
test_planted_sites (void)
{
  g_autoptr (StrataImage) image = make_image (2);
  int wide = image->tiles->op_first[WIDE], single = wide + 2;
  StrataSite *site = image->placement->site, kept = site[single], own = site[wide], dead[1];
  g_autoptr (GError) error = NULL;

  site[single] = (StrataSite){ own.stack, own.tier + 1 };
  g_assert_false (strata_placement_check (image->placement, image->tiles, image->chip, &error));
  g_assert_nonnull (strstr (error->message, "already holds a tile"));
  g_clear_error (&error);
  site[single] = kept;
  site[wide].tier = image->chip->tiers - 1;
  g_assert_false (strata_placement_check (image->placement, image->tiles, image->chip, &error));
  g_assert_nonnull (strstr (error->message, "as many tiers that work"));
  g_clear_error (&error);
  site[wide] = own;
  dead[0] = (StrataSite){ own.stack, own.tier + 1 };
  image->chip->dead = dead;
  image->chip->n_dead = 1;
  g_assert_false (strata_placement_check (image->placement, image->tiles, image->chip, &error));
  g_assert_nonnull (strstr (error->message, "as many tiers that work"));
  image->chip->n_dead = 0;
  g_assert_true (strata_placement_check (image->placement, image->tiles, image->chip, NULL));
}

static void
test_container (void)
{
  g_autoptr (StrataImage) image = make_image (3), back = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *text = NULL, *own = NULL;
  g_autoptr (GError) error = NULL;

  strata_image_seal (image);
  bytes = strata_image_encode (image);
  back = strata_image_decode (bytes, "test", &error);
  g_assert_no_error (error);
  g_assert_cmphex (back->hash, ==, image->hash);
  g_assert_cmphex (strata_tile_set_hash (back->tiles), ==, strata_tile_set_hash (image->tiles));
  text = strata_image_disassemble (back);
  own = g_strdup_printf (" tier %d+3 ", image->placement->site[image->tiles->op_first[WIDE]].tier);
  g_assert_nonnull (strstr (text, own));
}

static void
test_explained (void)
{
  g_autoptr (StrataQGraph) graph = make_graph ();
  g_autoptr (StrataChipSpec) chip = make_chip (2);
  g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
  StrataMapOptions options = { .row_copies = TRUE, .decisions = decisions };
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, &options, NULL);
  const StrataDecision *decision = NULL;

  for (guint i = 0; i < decisions->decisions->len; i++)
    if (g_array_index (decisions->decisions, StrataDecision, i).op == WIDE)
      decision = &g_array_index (decisions->decisions, StrataDecision, i);
  g_assert_nonnull (tiles);
  g_assert_nonnull (decision);
  g_assert_cmpint (decision->reason, ==, STRATA_REASON_SUMMED);
  g_assert_nonnull (strstr (decision->text, "5 conversions a column and position become 3"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/summed/tiles", test_tiles);
  g_test_add_func ("/sdk/simulator/summed/width", test_width);
  g_test_add_func ("/sdk/simulator/summed/exact", test_exact);
  g_test_add_func ("/sdk/simulator/summed/noise", test_noise);
  g_test_add_func ("/sdk/simulator/summed/costs", test_costs);
  g_test_add_func ("/sdk/simulator/summed/placement", test_placement);
  g_test_add_func ("/sdk/simulator/summed/runs", test_runs);
  g_test_add_func ("/sdk/simulator/summed/planted", test_planted);
  g_test_add_func ("/sdk/simulator/summed/planted-sites", test_planted_sites);
  g_test_add_func ("/sdk/simulator/summed/container", test_container);
  g_test_add_func ("/sdk/simulator/summed/explained", test_explained);
  return g_test_run ();
}
