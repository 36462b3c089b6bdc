/* SPDX-License-Identifier: Apache-2.0
 *
 * Models without weights: they compile to what they compile to with them, but for values, and nothing computes values
 * of them.
 */
#include "compiler/pipeline.h"
#include "model/arch/architectures.h"
#include "model/arch/fills.h"
#include "simulator/simulator.h"

static StrataGraph *
make (const char *name, gboolean weights)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) fills = NULL;
  const StrataArchitecture *architecture = strata_architecture_find (name, &error);
  StrataGraph *graph = strata_architecture_make (architecture, &fills, &error);
  StrataFillSource source = { graph, fills, 1 };

  g_assert_no_error (error);
  for (int i = 0; i < graph->n_values && weights; i++)
    {
      StrataValue *value = &graph->values[i];

      if (!value->weightless)
        continue;
      value->data = strata_arena_alloc (graph->arena, value->n_bytes);
      g_assert_true (
        strata_fill_make (i, 0, (gsize) strata_value_count (value), (gpointer) value->data, &source, NULL));
      value->weightless = FALSE;
    }
  return graph;
}

static StrataChipSpec *
demonstrator (void)
{
  g_autoptr (GError) error = NULL;
  StrataChipSpec *chip = strata_chip_spec_load ("demonstrator", &error);

  g_assert_no_error (error);
  return chip;
}

static StrataImage *
compile (const char *name, gboolean weights)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = make (name, weights);
  g_autoptr (StrataChipSpec) chip = demonstrator ();
  StrataCompileOptions options;
  StrataJudgement judgement;
  StrataImage *image;

  strata_compile_options_init (&options);
  image = strata_compile (graph, chip, &options, &judgement, &error);
  g_assert_no_error (error);
  return image;
}

/* Tiles, places, instructions and times do not depend on the values of weights. */
static void
test_same (gconstpointer data)
{
  g_autoptr (StrataImage) full = compile (data, TRUE), bare = compile (data, FALSE);

  g_assert_true (bare->graph->weightless && !full->graph->weightless);
  g_assert_false (bare->graph->calibrated);
  g_assert_cmpint (bare->graph->n_ops, ==, full->graph->n_ops);
  g_assert_cmpuint (strata_tile_set_hash (bare->tiles), ==, strata_tile_set_hash (full->tiles));
  g_assert_cmpuint (strata_placement_hash (bare->placement), ==, strata_placement_hash (full->placement));
  g_assert_cmpuint (strata_schedule_hash (bare->schedule), ==, strata_schedule_hash (full->schedule));
  g_assert_cmpint (bare->n_macs, ==, full->n_macs);
  for (int i = 0; i < bare->graph->n_ops; i++)
    if (bare->graph->ops[i].kind == STRATA_QOP_MVM)
      g_assert_true (bare->graph->ops[i].weights == NULL && bare->graph->ops[i].bias == NULL
                     && bare->graph->ops[i].multiplier == NULL && bare->graph->ops[i].x_peak == 0);
  for (int i = 0; i < bare->graph->n_tensors; i++)
    g_assert_true (bare->graph->tensors[i].guessed || bare->graph->tensors[i].format == STRATA_FORMAT_F32);
}

static void
test_image (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) image = compile ("mlperf-tiny-ic", FALSE);
  g_autoptr (GBytes) bytes = strata_image_encode (image);
  g_autoptr (StrataImage) again = strata_image_decode (bytes, "bare", &error);
  g_autoptr (StrataModelled) modelled = NULL;
  StrataFunctional *functional;

  g_assert_no_error (error);
  g_assert_cmpuint (again->hash, ==, image->hash);
  g_assert_cmpuint (strata_qgraph_hash (again->graph), ==, strata_qgraph_hash (image->graph));
  g_assert_true (again->graph->weightless);
  g_assert_cmpint (again->n_calibration, ==, 0);
  modelled = strata_model_run (again, 0, TRUE, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (modelled->latency_ps[STRATA_BAND_NOMINAL], ==, image->schedule->latency_ps);
  for (StrataAnalog analog = STRATA_ANALOG_OFF; analog <= STRATA_ANALOG_NOMINAL; analog++)
    {
      StrataFunctionalOptions options = { .analog = analog };

      functional = strata_functional_new (again, &options, &error);
      g_assert_null (functional);
      g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED);
      g_assert_nonnull (strstr (error->message, "compiled without weights"));
      g_assert_null (strchr (error->message, '\n'));
      g_clear_error (&error);
    }
}

/* A program with weights may not lack some, nor may one without claim calibration. */
static void
test_check (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) image = compile ("mlperf-tiny-ic", FALSE);
  StrataQGraph *graph = image->graph;
  gint32 bias = 0;
  int op = 0;

  g_assert_true (strata_qgraph_check (graph, &error));
  graph->calibrated = TRUE;
  g_assert_false (strata_qgraph_check (graph, &error));
  g_clear_error (&error);
  graph->calibrated = FALSE;
  graph->weightless = FALSE;
  g_assert_false (strata_qgraph_check (graph, &error));
  g_assert_nonnull (strstr (error->message, "missing"));
  g_clear_error (&error);
  graph->weightless = TRUE;
  while (graph->ops[op].kind != STRATA_QOP_MVM)
    op++;
  graph->ops[op].bias = &bias;
  g_assert_false (strata_qgraph_check (graph, &error));
  g_assert_nonnull (strstr (error->message, "missing"));
  g_clear_error (&error);
}

/* What needs the numbers themselves says which are not there. */
static void
test_refused (void)
{
  static const char text[] = "graph opset 17 folded 0\n"
                             "input x float32[1x8]\n"
                             "constant step float32[] weightless\n"
                             "constant zero int8[] {0}\n"
                             "node @0 QuantizeLinear codes (x, step, zero) -> (q int8[1x8])\n"
                             "node @1 DequantizeLinear reals (q, step, zero) -> (y float32[1x8])\n"
                             "output y\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_graph_parse (text, &error);
  g_autoptr (StrataLowered) lowered = NULL;

  g_assert_no_error (error);
  lowered = strata_lower (graph, &error);
  g_assert_null (lowered);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "step are not there"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sdk/compiler/weightless/ic", "mlperf-tiny-ic", test_same);
  g_test_add_data_func ("/sdk/compiler/weightless/vww", "mlperf-tiny-vww", test_same);
  g_test_add_func ("/sdk/compiler/weightless/image", test_image);
  g_test_add_func ("/sdk/compiler/weightless/check", test_check);
  g_test_add_func ("/sdk/compiler/weightless/refused", test_refused);
  return g_test_run ();
}
