/* SPDX-License-Identifier: Apache-2.0
 *
 * Tiling: array counts of hardware-facts 10.5 from the published layer shapes, cover, row copies, capacity.
 */
#include "cost/cost.h"
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

static void
test_capacity (void)
{
  g_autoptr (StrataQGraph) graph = fixtures_tiny ();
  g_autoptr (StrataChipSpec) chip = fixtures_chip ("demonstrator", 1, 1, 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTileSet) tiles = strata_map (graph, chip, NULL, &error);

  g_assert_null (tiles);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY);
  g_assert_nonnull (g_strstr_len (error->message, -1, "needs 4 arrays"));
  g_assert_nonnull (g_strstr_len (error->message, -1, "has 3; the largest layers are mvm3 (384 x 10, 2 arrays)"));
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
  g_test_add_func ("/sdk/compiler/map/capacity", test_capacity);
  return g_test_run ();
}
