/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiling: array counts of hardware-facts 10.5 from the published layer shapes, cover, row copies, capacity.
 */
#include "lib/fixtures.h"

static gint64
arrays (StrataQGraph *graph)
{
  g_autoptr (StrataQGraph) owned = graph;
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) tiles = strata_map (owned, chip, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (strata_tile_set_check (tiles, owned, chip, &error));
  g_assert_cmpint (tiles->n_tiles, ==, tiles->arrays_required);
  return tiles->arrays_required;
}

/* MLPerf Tiny AD: 640-128-128-128-128-8-128-128-128-128-640 */
static void
test_ad (void)
{
  static const int widths[] = { 128, 128, 128, 128, 8, 128, 128, 128, 128, 640 };
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_input (graph, 640, 1, 1);

  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    t = fixtures_dense (graph, t, widths[i]);
  fixtures_output (graph, t);
  g_assert_cmpint (arrays (graph), ==, 16);
}

/* MLPerf Tiny IC: ResNet-8 of CIFAR-10 */
static void
test_ic (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_conv (graph, fixtures_input (graph, 3, 32, 32), 16, 3, 1);

  for (int stage = 0; stage < 3; stage++)
    {
      int n = 16 << stage, stride = stage == 0 ? 1 : 2;
      int main_path = fixtures_conv (graph, fixtures_conv (graph, t, n, 3, stride), n, 3, 1);

      if (stage > 0)
        t = fixtures_conv (graph, t, n, 1, 2);
      t = fixtures_add (graph, main_path, t);
    }
  fixtures_output (graph, fixtures_dense (graph, fixtures_average (graph, t), 10));
  g_assert_cmpint (arrays (graph), ==, 14);
}

/* MLPerf Tiny KWS: DS-CNN, 64 channels, 12 words: the depthwise layers are digital. */
static void
test_kws (void)
{
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_conv (graph, fixtures_input (graph, 1, 25, 5), 64, 3, 1);

  for (int i = 0; i < 4; i++)
    t = fixtures_conv (graph, fixtures_depthwise (graph, t, 3, 1), 64, 1, 1);
  fixtures_output (graph, fixtures_dense (graph, fixtures_average (graph, t), 12));
  g_assert_cmpint (arrays (graph), ==, 6);
}

/* MLPerf Tiny VWW: MobileNetV1 x 0.25 at 96 x 96 */
static void
test_vww (void)
{
  static const struct
  {
    int n, stride;
  } blocks[] = { { 16, 1 },  { 32, 2 },  { 32, 1 },  { 64, 2 },  { 64, 1 },  { 128, 2 }, { 128, 1 },
                 { 128, 1 }, { 128, 1 }, { 128, 1 }, { 128, 1 }, { 256, 2 }, { 256, 1 } };
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_conv (graph, fixtures_input (graph, 3, 96, 96), 8, 3, 2);

  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    t = fixtures_conv (graph, fixtures_depthwise (graph, t, 3, blocks[i].stride), blocks[i].n, 1, 1);
  fixtures_output (graph, fixtures_dense (graph, fixtures_average (graph, t), 2));
  g_assert_cmpint (arrays (graph), ==, 17);
}

/* Every weight of every copy in exactly one tile, counted cell by cell */
static void
test_cover (void)
{
  for (guint64 seed = 0; seed < 100; seed++)
    {
      g_autoptr (StrataQGraph) graph = fixtures_random (seed);
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 8, 8, 64);
      g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, NULL);

      g_assert_nonnull (tiles);
      for (int op = 0; op < graph->n_ops; op++)
        {
          gsize n = (gsize) graph->ops[op].n * graph->ops[op].k;
          g_autofree guint8 *seen = g_malloc0 (n + 1);

          for (int i = tiles->op_first[op]; i < tiles->op_first[op + 1]; i++)
            for (int r = 0; r < tiles->tiles[i].n_rows; r++)
              for (int c = 0; c < tiles->tiles[i].n_cols; c++)
                seen[(gsize) (tiles->tiles[i].col0 + c) * graph->ops[op].k + tiles->tiles[i].row0 + r]++;
          for (gsize i = 0; i < n && graph->ops[op].kind == STRATA_QOP_MVM; i++)
            g_assert_cmpint (seen[i], ==, 1);
        }
    }
}

static void
test_row_copies (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 0, 0, 0);
  StrataMapOptions options = { FALSE };
  g_autoptr (StrataTileSet) with = strata_map (graph, chip, NULL, NULL);
  g_autoptr (StrataTileSet) without = strata_map (graph, chip, &options, NULL);

  g_assert_cmpint (with->tiles[0].n_row_copies, ==, 9); /* 27 rows of 256 */
  g_assert_cmpint (with->tiles[1].n_row_copies, ==, 1); /* 144 */
  g_assert_cmpint (with->tiles[3].n_row_copies, ==, 2); /* 384 - 256 */
  for (int i = 0; i < without->n_tiles; i++)
    g_assert_cmpint (without->tiles[i].n_row_copies, ==, 1);
  g_assert_cmpfloat_with_epsilon (strata_tile_utilisation (&with->tiles[0], chip), 27 * 9 * 32 / 65536.0, 1e-12);
  g_assert_cmpfloat_with_epsilon (strata_tile_set_op_utilisation (with, 0, chip), 27 * 32 / 65536.0, 1e-12);
}

/* An array of 128 x 128 cells of 2 bits, 4 of them per weight, as in the published run; the rest is the phone's. */
static const char vgg8_chip[] = "name: vgg8\n"
                                "title: arrays of the 3D VGG-8 run\n"
                                "mesh_x: 8\n"
                                "mesh_y: 8\n"
                                "tiers: 64\n"
                                "rows: 128\n"
                                "columns: 128\n"
                                "slices: 4\n"
                                "cell_bits: 2 bit\n"
                                "n_adc: 16\n";

/* peers-compiler-simulator 4.4: arrays per layer of VGG-8 with its copies. A copy needs an output row of its own, so
 * the last layer is a product over eight rows. */
static void
test_vgg8 (void)
{
  static const struct
  {
    int channels, size, height, n, kernel, n_copies, n_arrays;
  } layers[] = {
    { 3, 32, 32, 128, 3, 16, 64 },    { 128, 32, 32, 128, 3, 4, 144 }, { 128, 16, 16, 256, 3, 4, 288 },
    { 256, 16, 16, 256, 3, 2, 288 },  { 256, 8, 8, 512, 3, 2, 576 },   { 512, 8, 8, 512, 3, 1, 576 },
    { 8192, 1, 1, 1024, 1, 1, 2048 }, { 1024, 1, 8, 10, 1, 8, 64 },
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_parse (vgg8_chip, -1, "vgg8.yaml", &error);
  g_autoptr (StrataQGraph) graph = fixtures_graph_new ();
  g_autoptr (StrataTileSet) tiles = NULL;
  int n_copies[64] = { 0 }, ops[G_N_ELEMENTS (layers)];
  StrataMapOptions options = { .row_copies = TRUE, .n_copies = n_copies };

  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (layers); i++)
    {
      int input = fixtures_input (graph, layers[i].channels, layers[i].height, layers[i].size);

      fixtures_output (graph, fixtures_conv (graph, input, layers[i].n, layers[i].kernel, 1));
      ops[i] = graph->n_ops - 1;
      while (graph->ops[ops[i]].kind != STRATA_QOP_MVM)
        ops[i]--;
      graph->ops[ops[i]].n_slices = chip->slices;
      n_copies[ops[i]] = layers[i].n_copies;
    }
  tiles = strata_map (graph, chip, &options, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (layers); i++)
    g_assert_cmpint (tiles->op_first[ops[i] + 1] - tiles->op_first[ops[i]], ==, layers[i].n_arrays);
  g_assert_cmpint (tiles->n_tiles, ==, 64 + 144 + 288 + 288 + 576 + 576 + 2048 + 64);
  g_assert_cmpint (strata_tile_set_n_arrays (tiles), ==, tiles->n_tiles);
}

/* H7: 804 arrays; bottlenecks of 3, 4, 6, 3 */
static void
test_resnet50 (void)
{
  static const int n_blocks[] = { 3, 4, 6, 3 };
  StrataQGraph *graph = fixtures_graph_new ();
  int t = fixtures_conv (graph, fixtures_input (graph, 3, 16, 16), 64, 7, 2);

  for (int stage = 0; stage < 4; stage++)
    for (int block = 0; block < n_blocks[stage]; block++)
      {
        int n = 64 << stage, stride = block == 0 && stage > 0 ? 2 : 1, input = t;

        t = fixtures_conv (graph, fixtures_conv (graph, fixtures_conv (graph, t, n, 1, 1), n, 3, stride), 4 * n, 1, 1);
        if (block == 0)
          input = fixtures_conv (graph, input, 4 * n, 1, stride);
        t = fixtures_add (graph, t, input);
      }
  fixtures_output (graph, fixtures_dense (graph, fixtures_average (graph, t), 1000));
  g_assert_cmpint (arrays (graph), ==, 804);
}

/* H7: 178 arrays; the depthwise layers are digital */
static void
test_mobilenetv2 (void)
{
  static const struct
  {
    int expand, n, repeat, stride;
  } rows[] = { { 1, 16, 1, 1 }, { 6, 24, 2, 2 },  { 6, 32, 3, 2 }, { 6, 64, 4, 2 },
               { 6, 96, 3, 1 }, { 6, 160, 3, 2 }, { 6, 320, 1, 1 } };
  StrataQGraph *graph = fixtures_graph_new ();
  int n_in = 32, t = fixtures_conv (graph, fixtures_input (graph, 3, 64, 64), 32, 3, 2);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (int block = 0; block < rows[i].repeat; block++)
      {
        if (rows[i].expand > 1)
          t = fixtures_conv (graph, t, rows[i].expand * n_in, 1, 1);
        t = fixtures_conv (graph, fixtures_depthwise (graph, t, 3, block == 0 ? rows[i].stride : 1), rows[i].n, 1, 1);
        n_in = rows[i].n;
      }
  t = fixtures_conv (graph, t, 1280, 1, 1);
  fixtures_output (graph, fixtures_dense (graph, fixtures_average (graph, t), 1000));
  g_assert_cmpint (arrays (graph), ==, 178);
}

/* Packed only where the chip has too few arrays, and then no more than it takes; those that share have rows once. */
static void
test_pack (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 1, 1, 3);
  g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
  StrataMapOptions options = { .row_copies = TRUE, .decisions = decisions }, never = { .packing = STRATA_PACK_NEVER };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, &options, &error), not = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (tiles->arrays_required, ==, 4);
  g_assert_cmpint (strata_tile_set_n_arrays (tiles), ==, 3);
  g_assert_cmpint (strata_tile_set_array (tiles, 1), ==, 0);
  g_assert_cmpint (tiles->tiles[0].n_row_copies, ==, 1);
  g_assert_cmpint (tiles->tiles[3].n_row_copies, ==, 2);
  g_assert_cmpuint (decisions->decisions->len, ==, 2);
  not = strata_map (graph, chip, &never, &error);
  g_assert_null (not );
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
}

/* 200 random networks with everything packed: the check passes (disjoint cells, all weights), arrays are saved, and
 * exactly enough of them where some are wanted. */
static void
test_pack_random (void)
{
  int n_packed = 0;

  for (guint64 seed = 0; seed < 200; seed++)
    {
      g_autoptr (StrataQGraph) graph = fixtures_random (seed);
      g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 8, 8, 64);
      StrataMapOptions always = { .packing = STRATA_PACK_ALWAYS }, needed = { .packing = STRATA_PACK_NEEDED };
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, &always, &error), some = NULL;
      int n_least;

      g_assert_no_error (error);
      n_least = (int) strata_tile_set_n_arrays (tiles);
      if (n_least == tiles->n_tiles)
        continue;
      n_packed++;
      chip->mesh_x = chip->mesh_y = chip->n_stacks = 1;
      chip->tiers = tiles->n_tiles - 1;
      some = strata_map (graph, chip, &needed, &error);
      g_assert_no_error (error);
      g_assert_cmpint (strata_tile_set_n_arrays (some), ==, tiles->n_tiles - 1);
      chip->tiers = MAX (1, n_least - 1);
      if (n_least > 1)
        g_assert_null (strata_map (graph, chip, &needed, NULL));
    }
  g_assert_cmpint (n_packed, >, 50);
}

static void
test_capacity (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 1, 1, 2);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, &error);

  g_assert_null (tiles);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
  g_assert_nonnull (g_strstr_len (error->message, -1, "needs 4 arrays"));
  g_assert_nonnull (g_strstr_len (error->message, -1, "packed 1 are still missing"));
  g_assert_nonnull (g_strstr_len (error->message, -1, "has 2; the largest layers are mvm3 (384 x 10, 2 arrays)"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/map/ad", test_ad);
  g_test_add_func ("/sdk/compiler/map/ic", test_ic);
  g_test_add_func ("/sdk/compiler/map/kws", test_kws);
  g_test_add_func ("/sdk/compiler/map/vww", test_vww);
  g_test_add_func ("/sdk/compiler/map/cover", test_cover);
  g_test_add_func ("/sdk/compiler/map/row-copies", test_row_copies);
  g_test_add_func ("/sdk/compiler/map/vgg8", test_vgg8);
  g_test_add_func ("/sdk/compiler/map/resnet50", test_resnet50);
  g_test_add_func ("/sdk/compiler/map/mobilenetv2", test_mobilenetv2);
  g_test_add_func ("/sdk/compiler/map/pack", test_pack);
  g_test_add_func ("/sdk/compiler/map/pack-random", test_pack_random);
  g_test_add_func ("/sdk/compiler/map/capacity", test_capacity);
  return g_test_run ();
}
