/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/pipeline.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "graph-maker.h"
#include "support.h"

/* 1 x 1 x 8 x 8 -> 3x3 convolution to 4 planes, Relu -> flatten -> 256 x 10 */
static StrataGraph *
small_net (float poison)
{
  static const gint64 pads[] = { 1, 1, 1, 1 }, kernel[] = { 3, 3 }, flat[] = { 1, 256 };
  float conv_w[36], dense_w[2560];
  GraphMaker m;
  int conv, relu, reshaped, out, node;

  for (int i = 0; i < 36; i++)
    conv_w[i] = (float) sin (i + 1);
  for (int i = 0; i < 2560; i++)
    dense_w[i] = (float) cos (i) / 16;
  conv_w[7] += poison;
  maker_init (&m);
  maker_input (&m, "x", 1, 1, 8, 8, 0);
  conv = maker_value (&m, "conv", STRATA_DTYPE_F32, 1, 4, 8, 8, 0);
  relu = maker_value (&m, "relu", STRATA_DTYPE_F32, 1, 4, 8, 8, 0);
  reshaped = maker_value (&m, "flat", STRATA_DTYPE_F32, 1, 256, 0);
  out = maker_value (&m, "y", STRATA_DTYPE_F32, 1, 10, 0);
  node = maker_node (&m, STRATA_OP_CONV, conv, 0, maker_floats (&m, conv_w, 4, 1, 3, 3, 0), -2);
  maker_attr_ints (&m, node, "kernel_shape", 2, kernel);
  maker_attr_ints (&m, node, "pads", 4, pads);
  maker_node (&m, STRATA_OP_RELU, relu, conv, -2);
  maker_node (&m, STRATA_OP_RESHAPE, reshaped, relu, maker_ints (&m, flat, 2), -2);
  maker_node (&m, STRATA_OP_MAT_MUL, out, reshaped, maker_floats (&m, dense_w, 256, 10, 0), -2);
  maker_output (&m, out);
  return maker_finish (&m);
}

static StrataChipSpec *
demonstrator (void)
{
  g_autoptr (GError) error = NULL;
  StrataChipSpec *chip = strata_chip_spec_load ("demonstrator", &error);

  g_assert_no_error (error);
  return chip;
}

static void
count_cb (double fraction, const char *stage, gpointer user_data)
{
  GString *text = user_data;

  g_assert_cmpfloat (fraction, >=, 0);
  g_assert_cmpfloat (fraction, <=, 1);
  g_string_append_printf (text, "%s ", stage);
}

static void
test_stages (void)
{
  g_autoptr (StrataGraph) graph = small_net (0);
  g_autoptr (StrataChipSpec) chip = demonstrator ();
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("strata-XXXXXX", &error);
  static const char *const dumps[] = { "00-rewrites.txt",  "01-lowered.txt",  "02-quantised.txt", "03-tiles.txt",
                                       "04-placement.txt", "05-schedule.txt", "06-program.txt",   "07-decisions.txt" };
  g_autoptr (StrataImage) image = NULL;
  StrataCompileOptions options;
  StrataJudgement judgement;

  strata_compile_options_init (&options);
  g_assert_true (options.map.row_copies);
  options.dump_folder = folder;
  options.progress = count_cb;
  options.progress_data = seen;
  image = strata_compile (graph, chip, &options, &judgement, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (seen->str, ==, "rewrite weights lower quantise map place schedule image judge done ");
  g_assert_cmpint (judgement.latency_ps, ==, image->schedule->latency_ps);
  g_assert_cmpint (judgement.latency_ps, >=, image->schedule->lower_bound_ps);
  g_assert_true (isnan (judgement.power_mw));
  g_assert_cmpint (judgement.energy_fj, ==, -1);
  g_assert_cmphex (image->chip->hash, ==, chip->hash);
  g_assert_cmpstr (image->model_name, ==, "test");
  g_assert_cmpint (image->n_calibration, ==, 2);
  g_assert_cmpint (image->tiles->arrays_required, ==, 2);
  for (guint i = 0; i < G_N_ELEMENTS (dumps); i++)
    {
      g_autofree char *path = g_build_filename (folder, dumps[i], NULL);
      g_autofree char *text = NULL;

      g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
      g_assert_cmpuint (strlen (text), >, 20);
      g_unlink (path);
    }
  g_rmdir (folder);
}

typedef struct
{
  guint n_threads;
  guint64 hash;
} Job;

static gpointer
compile_thread (gpointer data)
{
  Job *job = data;
  g_autoptr (StrataGraph) graph = small_net (0);
  g_autoptr (StrataChipSpec) chip = demonstrator ();
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataImage) image = NULL;
  StrataCompileOptions options;

  strata_compile_options_init (&options);
  options.calibration.n_threads = job->n_threads;
  image = strata_compile (graph, chip, &options, NULL, &error);
  g_assert_no_error (error);
  job->hash = image->hash;
  return NULL;
}

/* Two compilations at once in one process give the program that one alone gives. */
static void
test_two_threads (void)
{
  Job jobs[3] = { { 1, 0 }, { 1, 0 }, { 2, 0 } };
  GThread *threads[2];

  compile_thread (&jobs[0]);
  for (int i = 0; i < 2; i++)
    threads[i] = g_thread_new ("compile", compile_thread, &jobs[i + 1]);
  for (int i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  g_assert_cmphex (jobs[0].hash, !=, 0);
  g_assert_cmphex (jobs[0].hash, ==, jobs[1].hash);
  g_assert_cmphex (jobs[0].hash, ==, jobs[2].hash);
}

static gboolean
judge_cb (const StrataImage *image, StrataJudgement *judgement, gpointer user_data, GError **error)
{
  const StrataJudgement *fixed = user_data;

  *judgement = *fixed;
  return TRUE;
}

/* 4 us against 3 us: 1 us, a third over. */
static void
test_limits (void)
{
  g_autoptr (StrataGraph) graph = small_net (0);
  g_autoptr (StrataChipSpec) chip = demonstrator ();
  g_autoptr (StrataImage) image = NULL;
  StrataJudgement fixed = { 4000000, 4000000, 2000000000, 120, 20, 50, 40 };
  StrataCompileOptions options;
  g_autoptr (GError) error = NULL;

  strata_compile_options_init (&options);
  options.evaluator = (StrataEvaluator){ judge_cb, &fixed };
  options.limits = (StrataLimits){ 3000000, 5000000, 100, 3e9, 45, 0, 0 };
  image = strata_compile (graph, chip, &options, NULL, &error);
  g_assert_null (image);
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_REQUIREMENT);
  g_assert_nonnull (
    strstr (error->message, "test on demonstrator: latency is 4 µs, 1 µs (33.3 %) over the limit of 3 µs"));
  g_assert_nonnull (strstr (error->message, "power is 120 mW, 20 mW (20 %) over"));
  g_assert_nonnull (strstr (error->message, "junction temperature is 50 °C, 5 °C"));
  g_assert_null (strstr (error->message, "energy"));
  g_assert_null (strstr (error->message, "interval"));
  g_clear_error (&error);
  options.limits = (StrataLimits){ 4000000, 4000000, 120, 2e9, 50, 40, 0 };
  image = strata_compile (graph, chip, &options, NULL, &error);
  g_assert_no_error (error);
}

static void
test_unknown_limit (void)
{
  g_autoptr (StrataGraph) graph = small_net (0);
  g_autoptr (StrataChipSpec) chip = demonstrator ();
  StrataCompileOptions options;
  g_autoptr (GError) error = NULL;

  strata_compile_options_init (&options);
  options.limits.max_power_mw = 1000;
  g_assert_null (strata_compile (graph, chip, &options, NULL, &error));
  g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_REQUIREMENT);
  g_assert_nonnull (strstr (error->message, "limit on power cannot be judged"));
}

static void
test_bad_weight (void)
{
  g_autoptr (StrataGraph) graph = small_net (NAN);
  g_autoptr (StrataChipSpec) chip = demonstrator ();
  StrataCompileOptions options;
  g_autoptr (GError) error = NULL;

  strata_compile_options_init (&options);
  g_assert_null (strata_compile (graph, chip, &options, NULL, &error));
  g_assert_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE);
}

typedef struct
{
  GCancellable *cancellable;
  const char *at;
} Canceller;

static void
cancel_cb (double fraction, const char *stage, gpointer user_data)
{
  const Canceller *canceller = user_data;

  if (strcmp (stage, canceller->at) == 0)
    g_cancellable_cancel (canceller->cancellable);
}

static void
test_cancelled (void)
{
  static const char *const stages[] = {
    "rewrite", "weights", "lower", "quantise", "map", "place", "schedule", "image"
  };
  g_autoptr (StrataGraph) graph = small_net (0);
  g_autoptr (StrataChipSpec) chip = demonstrator ();

  for (guint i = 0; i < G_N_ELEMENTS (stages); i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Canceller canceller = { cancellable, stages[i] };
      StrataCompileOptions options;
      g_autoptr (GError) error = NULL;

      strata_compile_options_init (&options);
      options.cancellable = cancellable;
      options.progress = cancel_cb;
      options.progress_data = &canceller;
      g_assert_null (strata_compile (graph, chip, &options, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
}

/* A real network from file to program, and the program through its container. */
static void
test_kws (void)
{
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (StrataChipSpec) chip = demonstrator ();
  g_autoptr (StrataImage) image = NULL, copy = NULL;
  g_autoptr (GBytes) bytes = NULL;
  StrataCompileOptions options;
  g_autoptr (GError) error = NULL;

  if (shared_folder () == NULL)
    return;
  graph = load_model ("mlperf_tiny_kws_dscnn_int8");
  strata_compile_options_init (&options);
  image = strata_compile (graph, chip, &options, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (image->n_parameters, ==, 22604);
  g_assert_cmpstr (image->model_name, ==, "mlperf_tiny_kws_dscnn_int8");
  bytes = strata_image_encode (image);
  copy = strata_image_decode (bytes, "kws", &error);
  g_assert_no_error (error);
  g_assert_cmphex (strata_qgraph_hash (copy->graph), ==, strata_qgraph_hash (image->graph));
  g_assert_cmphex (copy->hash, ==, image->hash);
}

/* x -> nothing -> 8 x 8 -> Relu -> 8 x 4: what rewriting drops moves the nodes behind it. */
static StrataGraph *
two_products (void)
{
  float first[64], second[32];
  int none, a, relu, b;
  GraphMaker m;

  for (int i = 0; i < 64; i++)
    first[i] = (float) sin (i + 1);
  for (int i = 0; i < 32; i++)
    second[i] = (float) cos (i);
  maker_init (&m);
  maker_input (&m, "x", 1, 8, 0);
  none = maker_value (&m, "none", STRATA_DTYPE_F32, 1, 8, 0);
  a = maker_value (&m, "a", STRATA_DTYPE_F32, 1, 8, 0);
  relu = maker_value (&m, "relu", STRATA_DTYPE_F32, 1, 8, 0);
  b = maker_value (&m, "b", STRATA_DTYPE_F32, 1, 4, 0);
  maker_node (&m, STRATA_OP_IDENTITY, none, 0, -2);
  maker_node (&m, STRATA_OP_MAT_MUL, a, none, maker_floats (&m, first, 8, 8, 0), -2);
  maker_node (&m, STRATA_OP_RELU, relu, a, -2);
  maker_node (&m, STRATA_OP_MAT_MUL, b, relu, maker_floats (&m, second, 8, 4, 0), -2);
  maker_output (&m, b);
  return maker_finish (&m);
}

/* A choice is for the node of the model, through rewriting and a cache; reads that are asked for are for the rest. */
static void
test_choices (void)
{
  g_autoptr (StrataGraph) graph = two_products ();
  g_autoptr (StrataChipSpec) chip = demonstrator ();
  g_autoptr (StrataCache) cache = strata_cache_new (NULL);
  StrataLayerChoice choices[] = { { 3, 1, 5 } };
  StrataCompileOptions options;

  strata_compile_options_init (&options);
  options.calibration.choices = choices;
  options.calibration.n_choices = 1;
  options.cache = cache;
  for (int turn = 0; turn < 3; turn++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataImage) image = NULL;
      const StrataQGraph *made;

      options.calibration.n_reads = turn == 0 ? 0 : 1 + turn;
      image = strata_compile (graph, chip, &options, NULL, &error);
      g_assert_no_error (error);
      made = image->graph;
      g_assert_cmpint (made->ops[made->node_op[1]].n_reads, ==, turn == 0 ? 1 : 1 + turn);
      g_assert_cmpint (made->ops[made->node_op[1]].n_slices, ==, 2);
      g_assert_cmpint (made->ops[made->node_op[3]].n_reads, ==, 5);
      g_assert_cmpint (made->ops[made->node_op[3]].n_slices, ==, 1);
    }
  g_assert_cmpuint (strata_cache_counts (cache, STRATA_STAGE_GRAPH).n_made, ==, 1);
  for (int bad = 0; bad < 4; bad++)
    {
      const StrataLayerChoice wrong[] = { { -1, 1, 1 }, { 4, 1, 1 }, { 2147483647, 1, 1 }, { 3, 1, 65 } };
      g_autoptr (GError) error = NULL;

      choices[0] = wrong[bad];
      g_assert_null (strata_compile (graph, chip, &options, NULL, &error));
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/pipeline/stages", test_stages);
  g_test_add_func ("/sdk/compiler/pipeline/choices", test_choices);
  g_test_add_func ("/sdk/compiler/pipeline/two-threads", test_two_threads);
  g_test_add_func ("/sdk/compiler/pipeline/limits", test_limits);
  g_test_add_func ("/sdk/compiler/pipeline/unknown-limit", test_unknown_limit);
  g_test_add_func ("/sdk/compiler/pipeline/bad-weight", test_bad_weight);
  g_test_add_func ("/sdk/compiler/pipeline/cancelled", test_cancelled);
  g_test_add_func ("/sdk/compiler/pipeline/kws", test_kws);
  return g_test_run ();
}
