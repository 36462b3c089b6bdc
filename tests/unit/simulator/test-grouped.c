/* SPDX-License-Identifier: Apache-2.0
 *
 * Grouped products on the diagonals of arrays: where their blocks lie, that they compute what the digital units do,
 * what their cells add and cost, and which side the cost model takes.
 */
#include <math.h>
#include <string.h>

#include "cost/noise.h"
#include "lib/fixtures.h"
#include "lib/run.h"
#include "program/programming.h"
#include "program/unit-cost.h"
#include "simulator/analog-array.h"

/* A dense convolution, then one of @groups of @per_group channels, then one more dense one */
static StrataQGraph *
make_graph (int groups, int per_group, int n_per_group, int size)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_conv (graph, fixtures_input (graph, 3, size, size), groups * per_group, 3, 1);

  t = fixtures_grouped (graph, t, groups * n_per_group, 3, 2, groups);
  fixtures_output (graph, fixtures_conv (graph, t, 12, 1, 1));
  return graph;
}

#define GROUPED 1 /* the op of make_graph () */

static StrataQGraph *
on_side (const StrataQGraph *graph, const StrataChipSpec *chip, StrataSide side)
{
  g_autofree StrataSide *sides = g_new (StrataSide, graph->n_ops);
  StrataSideOptions options = { sides, STRATA_OBJECTIVE_ARRAYS, 0, NULL };
  g_autoptr (GError) error = NULL;
  StrataQGraph *result;

  for (int i = 0; i < graph->n_ops; i++)
    sides[i] = graph->ops[i].window.groups > 1 ? side : STRATA_SIDE_CHEAPER;
  result = strata_map_sides (graph, chip, &options, &error);
  g_assert_no_error (error);
  return result;
}

static StrataImage *
make_image (int groups, int per_group, int n_per_group, StrataSide side)
{
  StrataChipSpec *chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (StrataQGraph) graph = make_graph (groups, per_group, n_per_group, 9);

  return fixtures_image (on_side (graph, chip, side), chip);
}

/* --- tiles --- */

/* 32 groups of 36 x 4 on 256 x 128: seven to an array by rows, 32 = 4 x 7 + 4 */
static void
test_tiles (void)
{
  g_autoptr (StrataImage) image = make_image (32, 4, 4, STRATA_SIDE_ANALOG);
  const StrataTileSet *tiles = image->tiles;
  int first = tiles->op_first[GROUPED];
  g_autofree char *text = strata_tile_set_print (tiles, image->graph);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) back = strata_tile_set_parse (text, image->graph, &error);

  g_assert_no_error (error);
  g_assert_cmpint (tiles->op_first[GROUPED + 1] - first, ==, 5);
  for (int i = 0; i < 5; i++)
    {
      const StrataTile *tile = &tiles->tiles[first + i];
      int n = i < 4 ? 7 : 4, from, to;

      g_assert_cmpint (tile->n_groups, ==, n);
      g_assert_cmpint (tile->row0, ==, 0);
      g_assert_cmpint (tile->n_rows, ==, 36 * n);
      g_assert_cmpint (tile->col0, ==, 28 * i);
      g_assert_cmpint (tile->n_cols, ==, 4 * n);
      g_assert_cmpint (strata_tile_n_weights (tile), ==, 36 * 4 * n);
      strata_work_channels (image->graph, tile, &from, &to);
      g_assert_cmpint (from, ==, 28 * i);
      g_assert_cmpint (to, ==, 28 * i + 4 * n);
    }
  g_assert_nonnull (strstr (text, "rows 0+252 cols 28+28 groups 7 slices 2 row-copies 1"));
  g_assert_cmphex (strata_tile_set_hash (back), ==, strata_tile_set_hash (tiles));
  back->tiles[first].n_groups = 6;
  g_assert_cmphex (strata_tile_set_hash (back), !=, strata_tile_set_hash (tiles));
  g_assert_cmpint (tiles->arrays_required, ==, 1 + 5 + 1);
}

/* 4 groups of 288 x 200: no array takes one whole, so each is cut like a matrix of its own. */
static void
test_large_groups (void)
{
  g_autoptr (StrataImage) image = make_image (4, 32, 200, STRATA_SIDE_ANALOG);
  const StrataTileSet *tiles = image->tiles;
  const StrataTile *tile = &tiles->tiles[tiles->op_first[GROUPED]];
  int from, to;

  g_assert_cmpint (tiles->op_first[GROUPED + 1] - tiles->op_first[GROUPED], ==, 4 * 2 * 2);
  for (int i = 0; i < 16; i++)
    {
      g_assert_cmpint (tile[i].n_groups, ==, 0);
      g_assert_cmpint (tile[i].row0, ==, i % 2 * 256);
      g_assert_cmpint (tile[i].col0, ==, i / 4 * 200 + i / 2 % 2 * 128);
      strata_work_channels (image->graph, &tile[i], &from, &to);
      g_assert_cmpint (from, ==, i / 4 * 32 + (i % 2 > 0 ? 28 : 0));
      g_assert_cmpint (to, ==, i / 4 * 32 + (i % 2 > 0 ? 32 : 29));
    }
}

static void
test_planted (void)
{
  g_autoptr (StrataImage) image = make_image (32, 4, 4, STRATA_SIDE_ANALOG);
  StrataTile *tile = &image->tiles->tiles[image->tiles->op_first[GROUPED]];
  const struct
  {
    int *field, value;
    const char *reason;
  } planted[] = {
    { &tile[0].n_groups, 6, "groups of op" },     { &tile[0].n_groups, 0, "none whole" },
    { &tile[0].n_groups, -1, "holds -1 groups" }, { &tile[0].n_groups, G_MAXINT, "groups of op" },
    { &tile[0].row0, 36, "groups of op" },        { &tile[0].n_rows, 216, "groups of op" },
    { &tile[1].col0, 30, "groups of op" },        { &tile[1].col0, 24, "a weight would lie in no tile or in two" },
    { &tile[-1].n_groups, 1, "holds 1 groups" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    {
      int kept = *planted[i].field;
      g_autoptr (GError) error = NULL;

      *planted[i].field = planted[i].value;
      g_assert_false (strata_tile_set_check (image->tiles, image->graph, image->chip, &error));
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
      if (strstr (error->message, planted[i].reason) == NULL)
        g_error ("%u: '%s' does not say '%s'", i, error->message, planted[i].reason);
      *planted[i].field = kept;
    }
  g_assert_true (strata_tile_set_check (image->tiles, image->graph, image->chip, NULL));
}

static void
test_container (void)
{
  g_autoptr (StrataImage) image = make_image (32, 4, 4, STRATA_SIDE_ANALOG);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StrataImage) back = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  strata_image_seal (image);
  bytes = strata_image_encode (image);
  back = strata_image_decode (bytes, "test", &error);
  g_assert_no_error (error);
  g_assert_cmphex (back->hash, ==, image->hash);
  g_assert_cmphex (strata_tile_set_hash (back->tiles), ==, strata_tile_set_hash (image->tiles));
  text = strata_image_disassemble (back);
  g_assert_nonnull (strstr (text, "(7 groups)"));
}

/* --- values --- */

static void
assert_same (const StrataArray *a, const StrataArray *b)
{
  g_assert_cmpmem (a->data, a->n_bytes, b->data, b->n_bytes);
}

/* Integers of the MAC units, of arrays without noise, and of ideal arrays under a converter of many bits are one. */
static void
test_exact (void)
{
  static const int shapes[][3] = { { 32, 4, 4 }, { 4, 32, 200 }, { 40, 1, 1 }, { 6, 2, 5 }, { 2, 28, 129 } };

  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      const int *s = shapes[i];
      g_autoptr (StrataImage) digital = make_image (s[0], s[1], s[2], STRATA_SIDE_DIGITAL);
      g_autoptr (StrataImage) packed = make_image (s[0], s[1], s[2], STRATA_SIDE_ANALOG);

      g_assert_cmpint (digital->graph->ops[GROUPED].kind, ==, STRATA_QOP_MAC);
      g_assert_cmpint (packed->graph->ops[GROUPED].kind, ==, STRATA_QOP_MVM);
      packed->chip->adc_bits = 24;
      for (guint64 sample = 0; sample < 3; sample++)
        {
          g_autoptr (StrataArray) macs = run_sample (digital, STRATA_ANALOG_OFF, sample, 0, NULL);
          g_autoptr (StrataArray) arrays = run_sample (packed, STRATA_ANALOG_OFF, sample, 0, NULL);
          g_autoptr (StrataArray) ideal = run_sample (packed, STRATA_ANALOG_IDEAL, sample, 0, NULL);

          assert_same (macs, arrays);
          assert_same (macs, ideal);
        }
    }
}

/* Copies share output rows among them and change no value. */
static void
test_copies (void)
{
  StrataChipSpec *chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (StrataQGraph) graph = make_graph (32, 4, 4, 9);
  g_autoptr (StrataQGraph) packed = on_side (graph, chip, STRATA_SIDE_ANALOG);
  g_autoptr (StrataImage) one = make_image (32, 4, 4, STRATA_SIDE_ANALOG), three = g_new0 (StrataImage, 1);
  int n_copies[8] = { 1, 3, 1, 1 };
  StrataMapOptions options = { .row_copies = TRUE, .n_copies = n_copies };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataArray) a = NULL, b = NULL;

  three->chip = chip;
  three->graph = g_steal_pointer (&packed);
  three->tiles = strata_map (three->graph, chip, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpint (strata_work_n_copies (three->tiles, GROUPED), ==, 3);
  three->placement = strata_place (three->graph, three->tiles, chip, NULL, &error);
  g_assert_no_error (error);
  three->schedule = strata_schedule (three->graph, three->tiles, three->placement, chip, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (strata_schedule_check (three->schedule, three->graph, three->tiles, three->placement, chip, &error));
  a = run_sample (one, STRATA_ANALOG_OFF, 1, 0, NULL);
  b = run_sample (three, STRATA_ANALOG_OFF, 1, 0, NULL);
  assert_same (a, b);
}

/* --- noise --- */

/* One block-diagonal tile of two groups, 8 x 2 each */
static StrataAnalogArray *
make_array (const StrataChipSpec *chip, StrataAnalog analog, gint16 *weights)
{
  const StrataQOp op = { .kind = STRATA_QOP_MVM,
                         .name = "pair",
                         .n = 4,
                         .k = 8,
                         .weights = weights,
                         .weight_max = 15,
                         .n_slices = 1,
                         .n_reads = 1,
                         .window = { .groups = 2 } };
  const StrataTile tile = { .n_rows = 16, .n_cols = 4, .n_groups = 2, .n_slices = 1, .n_row_copies = 1 };
  const StrataAnalogSetup setup = { chip, analog, 3, 0 };

  for (int i = 0; i < 32; i++)
    weights[i] = (gint16) (i % 31 - 15);
  return strata_analog_array_new (&setup, &op, 0, &tile, 0);
}

/* Cells beside the diagonal hold exactly nothing; they add read noise only where an empty cell has some. */
static void
test_empty_cells (void)
{
  static const StrataCellModel models[] = { STRATA_CELL_SONOS, STRATA_CELL_PCM_HERMES };
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  gint16 weights[32];

  for (guint m = 0; m < G_N_ELEMENTS (models); m++)
    {
      g_autoptr (StrataAnalogArray) array = NULL;
      double empty;

      chip->cell_model = models[m];
      array = make_array (chip, STRATA_ANALOG_NOMINAL, weights);
      empty = strata_cost_read_sigma (chip->cell_model, 0) * (strata_chip_levels (chip) - 1);
      for (int row = 0; row < 16; row++)
        for (int col = 0; col < 4; col++)
          if (row / 8 != col / 2)
            {
              g_assert_cmpfloat (strata_analog_cells_level (&array->cells, row, col), ==, 0);
              g_assert_cmpfloat_with_epsilon (strata_analog_cells_variance (&array->cells, row, col), 2 * empty * empty,
                                              1e-6);
            }
          else if (weights[col * 8 + row % 8] != 0)
            {
              g_assert_cmpfloat (strata_analog_cells_level (&array->cells, row, col), !=, 0);
              g_assert_cmpfloat (strata_analog_cells_variance (&array->cells, row, col), >, 2 * empty * empty);
            }
    }
}

/* Inputs of the other group leave a sum as it is. */
static void
test_apart (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  gint16 weights[32], codes[32] = { 0 };
  g_autoptr (StrataAnalogArray) array = make_array (chip, STRATA_ANALOG_NOMINAL, weights);
  float v[8], variance[8];

  for (int i = 0; i < 8; i++)
    {
      codes[i] = codes[16 + i] = (gint16) (10 * i - 30);
      codes[24 + i] = (gint16) (100 - 7 * i);
    }
  strata_analog_array_moments (array, codes, 2, v, variance);
  for (int col = 0; col < 2; col++)
    {
      g_assert_cmpfloat (v[col], ==, v[4 + col]);
      /* what its converter shifts is on the cells' grid of an eighth */
      g_assert_cmpfloat_with_epsilon (v[col + 2], array->columns.shift[col + 2], 0.0626);
      g_assert_cmpfloat (v[4 + col + 2], !=, v[col + 2]);
    }
}

static void
test_nominal (void)
{
  g_autoptr (StrataImage) image = make_image (32, 4, 4, STRATA_SIDE_ANALOG);
  double snr_db = 0;
  g_autoptr (StrataArray) output = run_sample (image, STRATA_ANALOG_NOMINAL, 2, GROUPED, &snr_db);

  g_test_message ("SNR of 36 rows, 7 groups to an array: %.2f dB", snr_db);
  g_assert_nonnull (output);
  g_assert_cmpfloat (snr_db, >, 10);
  g_assert_cmpfloat (snr_db, <, 60);
}

/* --- writes, energy, sides --- */

static void
test_writes (void)
{
  g_autoptr (StrataImage) image = make_image (32, 4, 4, STRATA_SIDE_ANALOG);
  g_autoptr (StrataProgrammingPlan) plan = strata_programming_plan (image->tiles, image->placement, image->chip);
  gint64 n_cells = 0;

  for (int i = 0; i < plan->n_steps; i++)
    if (image->tiles->tiles[plan->steps[i].tile].op == GROUPED)
      n_cells += plan->steps[i].n_cells;
  g_assert_cmpint (n_cells, ==, 2 * 2 * (4 * 7 + 4) * 36 * 4);
  for (int i = 0; i < image->schedule->n_instructions; i++)
    {
      const StrataInstruction *mvm = &image->schedule->instructions[i];
      StrataActionEnergy all, own;

      if (mvm->opcode != STRATA_OPCODE_MVM || mvm->tile != image->tiles->op_first[GROUPED])
        continue;
      own = strata_burst_energy (mvm, image->graph, image->tiles, image->chip, STRATA_BAND_NOMINAL);
      all = strata_cost_action_mvm (image->chip, STRATA_BAND_NOMINAL, &(StrataMvm){ 252, 252, 28, 2, 7, 0 });
      g_assert_cmpint (own.per_action_fj[STRATA_COMPONENT_DRIVER], ==,
                       mvm->n_actions * all.per_action_fj[STRATA_COMPONENT_DRIVER]);
      return;
    }
  g_assert_not_reached ();
}

static StrataSide
default_side (int groups, int per_group, int n_per_group, int size, StrataObjective objective, int tiers, char **why)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", tiers > 0 ? 1 : 0, tiers > 0 ? 2 : 0, tiers);
  g_autoptr (StrataQGraph) graph = make_graph (groups, per_group, n_per_group, size), sided = NULL;
  g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
  const StrataSideOptions options = { NULL, objective, 0, decisions };
  const StrataDecision *decision;
  g_autoptr (GError) error = NULL;

  sided = strata_map_sides (graph, chip, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpint (decisions->decisions->len, ==, 1);
  decision = &g_array_index (decisions->decisions, StrataDecision, 0);
  g_assert_cmpint (decision->op, ==, GROUPED);
  g_assert_cmpint (decision->n_alternatives, ==, 1);
  g_assert_cmpint (decision->reason, ==,
                   sided->ops[GROUPED].kind == STRATA_QOP_MVM ? STRATA_REASON_ANALOG : STRATA_REASON_DIGITAL);
  if (why != NULL)
    *why = g_strdup (decision->text);
  return sided->ops[GROUPED].kind == STRATA_QOP_MVM ? STRATA_SIDE_ANALOG : STRATA_SIDE_DIGITAL;
}

/* A depthwise layer fills nine rows a column; 28 channels a group fill an array each. */
static void
test_sides (void)
{
  g_autofree char *why = NULL;

  for (StrataObjective o = STRATA_OBJECTIVE_ARRAYS; o <= STRATA_OBJECTIVE_ENERGY; o++)
    {
      g_assert_cmpint (default_side (64, 1, 1, 28, o, 0, NULL), ==, STRATA_SIDE_DIGITAL);
      g_assert_cmpint (default_side (8, 28, 28, 28, o, 0, NULL), ==, STRATA_SIDE_ANALOG);
    }
  /* Eight arrays, of five that the dense layers leave on two stacks of four tiers */
  g_assert_cmpint (default_side (8, 28, 28, 28, STRATA_OBJECTIVE_ARRAYS, 4, &why), ==, STRATA_SIDE_DIGITAL);
  g_assert_nonnull (strstr (why, "although arrays cost less"));
}

/* Weights of more cells than an array has columns: grouped products stay digital, dense ones are the map's to refuse.
 */
static void
test_narrow_arrays (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (StrataQGraph) graph = make_graph (8, 28, 28, 9), sided = NULL;
  g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
  const StrataSideOptions options = { NULL, STRATA_OBJECTIVE_ARRAYS, 0, decisions };
  StrataSide sides[8] = { STRATA_SIDE_CHEAPER, STRATA_SIDE_ANALOG };
  const StrataSideOptions forced = { sides, STRATA_OBJECTIVE_ARRAYS, 0, NULL };
  g_autoptr (GError) error = NULL;

  chip->columns = 1;
  sided = strata_map_sides (graph, chip, &options, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sided->ops[GROUPED].kind, ==, STRATA_QOP_MAC);
  g_assert_nonnull (strstr (g_array_index (decisions->decisions, StrataDecision, 0).text, "no array of 1 columns"));
  g_assert_null (strata_map (sided, chip, NULL, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED);
  g_clear_error (&error);
  g_assert_null (strata_map_sides (graph, chip, &forced, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED);
}

/* What is decided is what unit-cost.h says is cheaper. */
static void
test_sides_by_cost (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);

  for (int per_group = 1; per_group <= 16; per_group *= 2)
    {
      g_autoptr (StrataQGraph) graph = make_graph (32, per_group, per_group, 28);
      StrataUnitCost digital = strata_unit_cost_digital (graph, GROUPED, chip), analog;

      graph->ops[GROUPED].n_reads = (int) rint (256 / (9.0 * per_group)); /* to the signal of a full column */
      analog = strata_unit_cost_analog (graph, GROUPED, chip, 2, TRUE);
      graph->ops[GROUPED].n_reads = 0;
      g_assert_cmpint (default_side (32, per_group, per_group, 28, STRATA_OBJECTIVE_LATENCY, 0, NULL), ==,
                       analog.time_ps < digital.time_ps ? STRATA_SIDE_ANALOG : STRATA_SIDE_DIGITAL);
      g_assert_cmpint (default_side (32, per_group, per_group, 28, STRATA_OBJECTIVE_ENERGY, 0, NULL), ==,
                       analog.energy_fj < digital.energy_fj ? STRATA_SIDE_ANALOG : STRATA_SIDE_DIGITAL);
    }
}

/* A dense layer on the digital units: weights of eight bits or less stay, wider ones are rounded. */
static void
test_dense_digital (void)
{
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (StrataQGraph) graph = fixtures_tiny (), digital = NULL;
  StrataSide sides[8] = { STRATA_SIDE_DIGITAL, STRATA_SIDE_DIGITAL };
  const StrataSideOptions options = { sides, STRATA_OBJECTIVE_ARRAYS, 0, NULL };
  g_autoptr (GError) error = NULL;

  graph->ops[1].weight_max = 255;
  digital = strata_map_sides (graph, chip, &options, &error);
  g_assert_no_error (error);
  g_assert_true (digital->ops[0].weights == graph->ops[0].weights);
  g_assert_cmpint (digital->ops[0].kind, ==, STRATA_QOP_MAC);
  g_assert_cmpint (digital->ops[1].kind, ==, STRATA_QOP_MAC);
  g_assert_cmpint (digital->ops[1].weight_max, ==, 127);
  for (int i = 0; i < 50; i++)
    g_assert_cmpint (digital->ops[1].weights[i], ==, (int) rint (graph->ops[1].weights[i] * 127 / 255.0));
  g_assert_cmpfloat_with_epsilon (digital->ops[1].multiplier[2], graph->ops[1].multiplier[2] * 255 / 127, 1e-12);
  g_assert_cmpint (graph->ops[0].kind, ==, STRATA_QOP_MVM);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/grouped/tiles", test_tiles);
  g_test_add_func ("/sdk/simulator/grouped/large-groups", test_large_groups);
  g_test_add_func ("/sdk/simulator/grouped/planted", test_planted);
  g_test_add_func ("/sdk/simulator/grouped/container", test_container);
  g_test_add_func ("/sdk/simulator/grouped/exact", test_exact);
  g_test_add_func ("/sdk/simulator/grouped/copies", test_copies);
  g_test_add_func ("/sdk/simulator/grouped/empty-cells", test_empty_cells);
  g_test_add_func ("/sdk/simulator/grouped/apart", test_apart);
  g_test_add_func ("/sdk/simulator/grouped/nominal", test_nominal);
  g_test_add_func ("/sdk/simulator/grouped/writes", test_writes);
  g_test_add_func ("/sdk/simulator/grouped/sides", test_sides);
  g_test_add_func ("/sdk/simulator/grouped/narrow-arrays", test_narrow_arrays);
  g_test_add_func ("/sdk/simulator/grouped/sides-by-cost", test_sides_by_cost);
  g_test_add_func ("/sdk/simulator/grouped/dense-digital", test_dense_digital);
  return g_test_run ();
}
