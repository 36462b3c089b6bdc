/* SPDX-License-Identifier: Apache-2.0
 *
 * Where parts that share no code must say the same: the compiler's prediction and the event engine to the picosecond;
 * bounds that hold; energies that close as integers from events to records to the figure a report prints; array
 * activations of the MLPerf Tiny networks as hardware-facts 10.5 counts them. On random programs and on real models.
 */
#include "compiler/pipeline.h"
#include "lib/fixtures.h"
#include "simulator/simulator.h"

#include <string.h>

/* --- a sink that sums --- */

typedef struct
{
  StrataTraceSink base;
  gint64 events_fj, records_fj;
  double figure_fj, n_mvms, lower_bound_ps, latency_ps;
  gsize n_events;
  gboolean complete;
} Sums;

static gboolean
sums_begin (StrataTraceSink *base, const StrataTraceSession *session, GError **error)
{
  return TRUE;
}

static void
keep_figure (Sums *sums, const StrataFigureRecord *figure)
{
  const struct
  {
    const char *name;
    double *value;
  } wanted[] = { { "energy_fj", &sums->figure_fj },
                 { "n_mvms", &sums->n_mvms },
                 { "lower_bound_ps", &sums->lower_bound_ps },
                 { "latency_ps", &sums->latency_ps } };

  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (strcmp (figure->name, wanted[i].name) == 0)
      *wanted[i].value = figure->value[STRATA_BAND_NOMINAL];
}

static gboolean
sums_write (StrataTraceSink *base, StrataRecordKind kind, gconstpointer records, gsize n, GError **error)
{
  Sums *sums = (Sums *) base;

  for (gsize i = 0; i < n; i++)
    if (kind == STRATA_RECORD_EVENT)
      sums->events_fj += ((const StrataEventRecord *) records)[i].energy_fj;
    else if (kind == STRATA_RECORD_ENERGY)
      sums->records_fj += ((const StrataEnergyRecord *) records)[i].energy_fj[STRATA_BAND_NOMINAL];
    else if (kind == STRATA_RECORD_FIGURE)
      keep_figure (sums, &((const StrataFigureRecord *) records)[i]);
  sums->n_events += kind == STRATA_RECORD_EVENT ? n : 0;
  return TRUE;
}

static gboolean
sums_end (StrataTraceSink *base, gboolean complete, GError **error)
{
  ((Sums *) base)->complete = complete;
  return TRUE;
}

/* --- what must agree --- */

static gint64
latency_ps (const StrataImage *image, gboolean unlimited)
{
  StrataTimingOptions options = { .n_inferences = 1, .unlimited = unlimited, .no_events = TRUE };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataTiming) timing = strata_timing_run (image, &options, &error);

  g_assert_no_error (error);
  return timing->latency_ps;
}

static void
check_times (const StrataImage *image)
{
  const StrataSchedule *schedule = image->schedule;
  gint64 timed_ps = latency_ps (image, FALSE), estimated_ps = latency_ps (image, TRUE);

  g_assert_cmpint (timed_ps, ==, schedule->latency_ps);
  g_assert_cmpint (estimated_ps, ==, schedule->critical_path_ps);
  g_assert_cmpint (estimated_ps, >, 0);
  g_assert_cmpint (estimated_ps, <=, timed_ps);
  g_assert_cmpint (schedule->lower_bound_ps, >=, schedule->critical_path_ps);
  g_assert_cmpint (schedule->lower_bound_ps, <=, timed_ps);
}

/* Faster actions may bring bursts into an order that ends later; a band bounds all the same. */
static void
check_bands (const StrataModelled *m)
{
  const gint64 *const values[] = { m->latency_ps, m->unit_interval_ps, m->interval_ps, m->dynamic_fj, m->energy_fj };

  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_assert_cmpint (values[i][STRATA_BAND_OPTIMISTIC], <=, values[i][STRATA_BAND_NOMINAL]);
      g_assert_cmpint (values[i][STRATA_BAND_CONSERVATIVE], >=, values[i][STRATA_BAND_NOMINAL]);
    }
}

/* Returns the array activations of one inference. */
static gint64
check_energy (const StrataImage *image, gboolean bands)
{
  Sums sums = { { sums_begin, sums_write, sums_end, NULL } };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataModelled) modelled = strata_model_run (image, 0, bands, NULL, &error);

  g_assert_no_error (error);
  check_bands (modelled);
  g_assert_true (strata_modelled_record (image, modelled, STRATA_FIDELITY_TIMING, NULL, "run", &sums.base, &error));
  g_assert_no_error (error);
  g_assert_true (sums.complete);
  g_assert_cmpuint (sums.n_events, >, 0);
  g_assert_cmpint (sums.events_fj, >, 0);
  g_assert_cmpint (sums.records_fj, ==, sums.events_fj);
  g_assert_cmpint (modelled->energy_fj[STRATA_BAND_NOMINAL], ==, sums.events_fj);
  g_assert_cmpint (sums.events_fj, <, G_GINT64_CONSTANT (1) << 53); /* a double holds it exactly */
  g_assert_cmpint ((gint64) sums.figure_fj, ==, sums.events_fj);
  g_assert_cmpint ((gint64) sums.latency_ps, ==, image->schedule->latency_ps);
  g_assert_cmpint ((gint64) sums.lower_bound_ps, ==, image->schedule->lower_bound_ps);
  return (gint64) sums.n_mvms;
}

/* --- random programs --- */

static void
test_random (void)
{
  static const struct
  {
    const char *chip;
    int mesh_x, mesh_y, tiers;
    double dead;
  } places[] = { { "demonstrator", 8, 8, 16, 0 }, { "demonstrator", 3, 3, 32, 0.2 }, { "demonstrator", 9, 9, 2, 0.1 },
                 { "phone", 2, 3, 40, 0 },        { "phone", 1, 1, 200, 0.1 },       { "planar", 12, 12, 1, 0 } };

  for (guint64 seed = 1000; seed < 1090; seed++)
    {
      gsize i = seed % G_N_ELEMENTS (places);
      StrataChipSpec *chip = fixtures_chip (places[i].chip, places[i].mesh_x, places[i].mesh_y, places[i].tiers);
      g_autoptr (StrataImage) image = NULL;

      if (places[i].dead > 0)
        fixtures_kill (chip, seed, places[i].dead);
      image = fixtures_image (fixtures_random (seed), chip);
      check_times (image);
      if (seed % 4 == 0)
        check_energy (image, seed % 8 == 0);
    }
}

/* --- real models --- */

typedef struct
{
  const char *name;
  gint64 n_mvms; /* hardware-facts 10.5; 0: not given there */
} Model;

static const Model models[] = {
  { "mnist_cntk_opset8", 0 },
  { "resnet20_cifar10", 0 },
  { "mlperf_tiny_kws_dscnn_fp32", 626 },
  { "mlperf_tiny_kws_dscnn_int8", 626 },
  { "mlperf_tiny_vww_mobilenetv1_fp32", 6301 },
  { "mlperf_tiny_vww_mobilenetv1_int8", 6301 },
  { "mlperf_tiny_ic_resnet8_fp32", 4481 },
  { "mlperf_tiny_ic_resnet8_int8", 4481 },
  { "mlperf_tiny_ad_autoencoder_fp32", 16 },
  { "mlperf_tiny_ad_autoencoder_int8", 16 },
};

static StrataImage *
compile (const char *path, const char *chip_name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataGraph) graph = strata_onnx_load (path, NULL, &error);
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load (chip_name, NULL);
  StrataCompileOptions options;
  StrataImage *image;

  g_assert_no_error (error);
  strata_compile_options_init (&options);
  image = strata_compile (graph, chip, &options, NULL, &error);
  g_assert_no_error (error);
  return image;
}

static void
test_model (gconstpointer data)
{
  const Model *model = data;
  const char *shared = g_getenv ("STRATA_SHARED");
  g_autofree char *path = g_build_filename (shared != NULL ? shared : "", "models", model->name, "model.onnx", NULL);

  if (shared == NULL || !g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the model is not there; set STRATA_SHARED to the folder of reference models");
      return;
    }
  for (int phone = 0; phone < 2; phone++)
    {
      g_autoptr (StrataImage) image = compile (path, phone ? "phone" : "demonstrator");
      gint64 n_mvms;

      check_times (image);
      n_mvms = check_energy (image, TRUE);
      g_test_message ("%s on %s: %" G_GINT64_FORMAT " MVMs, %.3f us, bound %.3f us", model->name, image->chip->name,
                      n_mvms, (double) image->schedule->latency_ps * 1e-6,
                      (double) image->schedule->lower_bound_ps * 1e-6);
      if (!phone && model->n_mvms > 0)
        g_assert_cmpint (n_mvms, ==, model->n_mvms);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/simulator/agreement/random", test_random);
  for (gsize i = 0; i < G_N_ELEMENTS (models); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/simulator/agreement/", models[i].name, NULL);

      g_test_add_data_func (path, &models[i], test_model);
    }
  return g_test_run ();
}
