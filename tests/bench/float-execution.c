/* SPDX-License-Identifier: Apache-2.0
 *
 * Float execution of whole networks in one thread, beside the plain matrix product (sgemm) measured just before: ms per
 * inference, GMAC/s, and the share of sgemm's rate, with that of ONNX Runtime. Usage: float-execution [RUNS] [MODEL…];
 * the models from the folder STRATA_SHARED. Exits 77 where they are not there.
 */
#include <stdlib.h>
#include <time.h>

#include "base/rng.h"
#include "kernels/float-gemm.h"
#include "model/element.h"
#include "model/exec/executor.h"

#define EXIT_SKIP 77
#define DEFAULT_RUNS 15
#define SIZE 2048 /* of the square product: the one that the published rate is of */
#define MARGIN 1.5

/* ONNX Runtime's time, and the rate of sgemm beside it: what it reaches of the machine. Published: the reference
 * machine, OpenBLAS at 48.5 GMAC/s. Here: ONNX Runtime 1.30, one thread, processor time, medians before and after a run
 * of this program averaged, on an Intel Xeon (family 6 model 167, AVX-512, 2 cores, both busy), 2026-11-28; sgemm at 76
 * GMAC/s. Time 0: not measured. */
typedef struct
{
  const char *model;
  double published_ms, here_ms;
} Peer;

#define PUBLISHED_SGEMM 48.5
#define HERE_SGEMM 76.0

static const Peer peers[] = {
  { "light_resnet50", 82.5, 58.4 },         { "light_squeezenet", 7.8, 6.0 },
  { "light_densenet121", 64.5, 60.4 },      { "mobilenetv2_imagenet_fp32", 9.0, 8.1 },
  { "vit_tiny_patch16_224_fp32", 0, 25.7 }, { "bert_tiny_shape_random", 0, 0.89 },
  { "stories260K_prefill64", 0, 1.61 },     { "stories260K_decode128", 0, 0.35 },
};

/* Of this thread's processor, so that others on the machine count less */
static gint64
now_us (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (gint64) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
compare_doubles (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

/* GMAC/s of the best of five products */
static double
measure_sgemm (void)
{
  const StrataGemm gemm = { FALSE, FALSE, SIZE, SIZE, SIZE, SIZE, SIZE, SIZE, 1.0f, 0.0f };
  g_autofree float *a = g_new (float, SIZE *SIZE);
  g_autofree float *b = g_new (float, SIZE *SIZE);
  g_autofree float *c = g_new0 (float, SIZE *SIZE);
  gint64 best = G_MAXINT64;

  for (int i = 0; i < SIZE * SIZE; i++)
    {
      a[i] = (float) (i % 7) - 3.0f;
      b[i] = (float) (i % 5) - 2.0f;
    }
  for (int i = 0; i < 5; i++)
    {
      gint64 start = now_us ();

      strata_float_gemm (&gemm, a, b, c);
      best = MIN (best, now_us () - start);
    }
  return (double) SIZE * SIZE * SIZE / ((double) MAX (best, 1) * 1e3);
}

/* Floats between -1 and 1, small integers */
static StrataArray *
make_input (const StrataValue *value)
{
  StrataArray *array = strata_array_new (value->dtype, value->n_dims, value->dims);
  StrataRngKey key = strata_rng_key (1, 1);

  for (gint64 i = 0; i < strata_array_count (array); i++)
    if (strata_dtype_is_float (array->dtype))
      strata_element_set_double (array->dtype, array->data, i, 2.0 * strata_rng_uniform (key, (guint64) i) - 1.0);
    else
      strata_element_set_int (array->dtype, array->data, i, 1);
  return array;
}

static gboolean
measure (const StrataGraph *graph, int n_runs, double *prepare_ms, double *ms, GError **error)
{
  g_autofree StrataArray **inputs = g_new0 (StrataArray *, graph->n_inputs + 1);
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);
  gint64 start = now_us ();
  g_autoptr (StrataExecutor) executor = strata_executor_new (graph, STRATA_EXECUTOR_DEFAULT, NULL, error);
  gboolean ok = executor != NULL;

  *prepare_ms = (double) (now_us () - start) * 1e-3;
  for (int i = 0; i < graph->n_inputs; i++)
    inputs[i] = make_input (&graph->values[graph->inputs[i]]);
  for (int i = -2; ok && i < n_runs; i++)
    {
      start = now_us ();
      ok = strata_executor_run (executor, (const StrataArray *const *) inputs, outputs, NULL, NULL, NULL, error);
      if (i >= 0)
        ms[i] = (double) (now_us () - start) * 1e-3;
      for (int k = 0; ok && k < graph->n_outputs; k++)
        strata_array_free (outputs[k]);
    }
  for (int i = 0; i < graph->n_inputs; i++)
    strata_array_free (inputs[i]);
  return ok;
}

static gboolean
report (const char *folder, const char *name, int n_runs, GError **error)
{
  g_autofree char *path = g_build_filename (folder, "models", name, "model.onnx", NULL);
  g_autofree double *ms = g_new (double, n_runs);
  g_autoptr (StrataGraph) graph = NULL;
  const Peer *peer = NULL;
  double sgemm, macs, prepare_ms, share;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    exit (EXIT_SKIP);
  graph = strata_onnx_load (path, NULL, error);
  if (graph == NULL)
    return FALSE;
  sgemm = measure_sgemm ();
  if (!measure (graph, n_runs, &prepare_ms, ms, error))
    return FALSE;
  qsort (ms, (gsize) n_runs, sizeof (double), compare_doubles);
  macs = (double) strata_graph_n_macs (graph);
  share = macs / (ms[n_runs / 2] * 1e6) / sgemm;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    if (g_str_equal (peers[i].model, name))
      peer = &peers[i];
  g_print ("%-27s %8.1f %8.2f %8.2f %8.1f %8.1f %7.2f", name, prepare_ms, ms[0], ms[n_runs / 2],
           macs / (ms[n_runs / 2] * 1e6), sgemm, share);
  if (peer != NULL)
    {
      double here = macs / (peer->here_ms * 1e6) / HERE_SGEMM;
      double published = peer->published_ms > 0 ? macs / (peer->published_ms * 1e6) / PUBLISHED_SGEMM : 0;

      if (published > 0)
        g_print (" %8.2f %8.2f  %-7s", published, published / MARGIN,
                 share >= published / MARGIN ? "reached" : "MISSED");
      else
        g_print (" %8s %8s  %-7s", "", "", "");
      g_print (" %8.2f %8.2f", peer->here_ms, here);
    }
  g_print ("\n");
  return TRUE;
}

int
main (int argc, char **argv)
{
  const char *shared = g_getenv ("STRATA_SHARED");
  int n_runs = argc > 1 ? CLAMP (atoi (argv[1]), 1, 1000) : DEFAULT_RUNS;
  g_autoptr (GError) error = NULL;

  if (shared == NULL)
    return EXIT_SKIP;
  g_print ("One thread, its processor time, %d runs; GMAC/s of the median run. Shares are of the rate of sgemm, %d^3, "
           "beside it.\n",
           n_runs, SIZE);
  g_print ("%-27s %8s %8s %8s %8s %8s %7s %8s %8s  %-7s %8s %8s\n", "model", "prep ms", "min ms", "median", "GMAC/s",
           "sgemm", "share", "ORT's*", "at least", "", "ORT ms+", "share+");
  if (argc > 2)
    for (int i = 2; error == NULL && i < argc; i++)
      report (shared, argv[i], n_runs, &error);
  else
    for (guint i = 0; error == NULL && i < G_N_ELEMENTS (peers); i++)
      report (shared, peers[i].model, n_runs, &error);
  g_print ("* published for the reference machine, in 1.5 of which is the aim; + measured by hand, see the source\n");
  if (error != NULL)
    g_printerr ("%s\n", error->message);
  return error != NULL;
}
