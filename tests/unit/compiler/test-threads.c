/* SPDX-License-Identifier: Apache-2.0
 *
 * Two models on two threads of one process at the same time: import, compilation, timing and noisy inference give bit
 * for bit what one after the other gives. In a build with -Db_sanitize=thread -Db_lundef=false this is also where races
 * show; run it with G_SLICE=always-malloc, or memory that GLib's slices hand on looks shared.
 */
#include "base/hash.h"
#include "compiler/pipeline.h"
#include "graph-maker.h"
#include "simulator/simulator.h"
#include "support.h"

#define N_ROUNDS 2

typedef struct
{
  StrataGraph *(*make) (gconstpointer source);
  gconstpointer source;
  const char *chip;
  guint n_threads; /* inside the compiler */
  guint64 program, timing, values;
} Job;

/* --- models --- */

/* 48 -> 96 -> 40 -> 7, Relu between */
static StrataGraph *
make_dense (gconstpointer source)
{
  static const int widths[] = { 48, 96, 40, 7 };
  GraphMaker m;
  int before;

  maker_init (&m);
  before = maker_input (&m, "x", 1, 48, 0);
  for (int i = 0; i < 3; i++)
    {
      int n = widths[i] * widths[i + 1];
      g_autofree float *weights = g_new (float, n);
      int product = maker_value (&m, "p", STRATA_DTYPE_F32, 1, widths[i + 1], 0);

      for (int j = 0; j < n; j++)
        weights[j] = (float) ((j * 37 + i * 11) % 101 - 50) / 400;
      maker_node (&m, STRATA_OP_MAT_MUL, product, before, maker_floats (&m, weights, widths[i], widths[i + 1], 0), -2);
      before = product;
      if (i < 2)
        {
          before = maker_value (&m, "r", STRATA_DTYPE_F32, 1, widths[i + 1], 0);
          maker_node (&m, STRATA_OP_RELU, before, product, -2);
        }
    }
  maker_output (&m, before);
  return maker_finish (&m);
}

static StrataGraph *
make_file (gconstpointer source)
{
  g_autoptr (GError) error = NULL;
  StrataGraph *graph = strata_onnx_load (source, NULL, &error);

  g_assert_no_error (error);
  return graph;
}

/* --- a job --- */

static guint64
hash_timing (const StrataImage *image)
{
  StrataTimingOptions options = { .n_inferences = 2 };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTiming) timing = strata_timing_run (image, &options, &error);

  g_assert_no_error (error);
  return strata_hash_bytes (timing->events, timing->n_events * sizeof *timing->events);
}

/* Outputs of one noisy inference on the image's own first sample */
static guint64
hash_values (const StrataImage *image)
{
  const StrataFunctionalOptions options = { .analog = STRATA_ANALOG_NOMINAL, .seed = 3 };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataFunctional) functional = strata_functional_new (image, &options, &error);
  g_autoptr (StrataArray) output = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (image->n_calibration, >, 0);
  strata_functional_run (functional, 5, (const StrataArray *const *) image->calibration, &output, NULL, &error);
  g_assert_no_error (error);
  return strata_hash_bytes (output->data, output->n_bytes);
}

static gpointer
work (gpointer data)
{
  Job *job = data;
  g_autoptr (StrataGraph) graph = job->make (job->source);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load (job->chip, &error);
  g_autoptr (StrataImage) image = NULL;
  StrataCompileOptions options;

  g_assert_no_error (error);
  strata_compile_options_init (&options);
  options.calibration.n_threads = job->n_threads;
  options.seed = 9;
  image = strata_compile (graph, chip, &options, NULL, &error);
  g_assert_no_error (error);
  job->program = image->hash;
  job->timing = hash_timing (image);
  job->values = hash_values (image);
  return NULL;
}

/* One after the other, then both at once, some rounds. */
static void
compare (const Job *first, const Job *second)
{
  Job alone[2] = { *first, *second };

  for (int i = 0; i < 2; i++)
    work (&alone[i]);
  g_assert_cmphex (alone[0].program, !=, alone[1].program);
  for (int round = 0; round < N_ROUNDS; round++)
    {
      Job together[2] = { *first, *second };
      GThread *threads[2];

      for (int i = 0; i < 2; i++)
        {
          together[i].n_threads = 1 + (guint) round;
          threads[i] = g_thread_new ("job", work, &together[i]);
        }
      for (int i = 0; i < 2; i++)
        g_thread_join (threads[i]);
      for (int i = 0; i < 2; i++)
        {
          g_assert_cmphex (together[i].program, ==, alone[i].program);
          g_assert_cmphex (together[i].timing, ==, alone[i].timing);
          g_assert_cmphex (together[i].values, ==, alone[i].values);
        }
    }
}

static void
test_own (void)
{
  const char *folder = g_getenv ("STRATA_SAMPLE_DATA");
  g_autofree char *path = g_build_filename (folder != NULL ? folder : "", "digits.onnx", NULL);
  const Job digits = { make_file, path, "demonstrator", 1, 0, 0, 0 };
  const Job dense = { make_dense, NULL, "phone", 1, 0, 0, 0 };

  if (folder == NULL)
    g_test_skip ("the sample model is not there; set STRATA_SAMPLE_DATA to its folder");
  else
    compare (&digits, &dense);
}

static void
test_shared (void)
{
  const char *folder = shared_folder ();
  g_autofree char *first = g_build_filename (folder != NULL ? folder : "", "models/mnist_cntk_opset8/model.onnx", NULL);
  g_autofree char *second =
    g_build_filename (folder != NULL ? folder : "", "models/mlperf_tiny_kws_dscnn_int8/model.onnx", NULL);
  const Job mnist = { make_file, first, "demonstrator", 1, 0, 0, 0 };
  const Job kws = { make_file, second, "demonstrator", 1, 0, 0, 0 };

  if (folder != NULL)
    compare (&mnist, &kws);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/threads/own-models", test_own);
  g_test_add_func ("/sdk/compiler/threads/shared-models", test_shared);
  return g_test_run ();
}
