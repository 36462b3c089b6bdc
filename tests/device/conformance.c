/* SPDX-License-Identifier: Apache-2.0
 *
 * What every device must do, whatever it is: run with --device URI. Behaviour is asked for by capability, not by type.
 */
#include <math.h>
#include <string.h>
#include <strata/strata.h>

static const char *device_uri = "sim:";

static char *
sample_path (const char *name)
{
  return g_build_filename (g_getenv ("STRATA_SAMPLE_DATA"), name, NULL);
}

static StrataProgram *
compile_digits (const char *chip_name)
{
  g_autofree char *path = sample_path ("digits.onnx");
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataModel) model = strata_model_open (path, NULL, &error);
  g_autoptr (StrataChip) chip = NULL;
  g_autoptr (StrataCompiler) compiler = NULL;
  StrataProgram *program;

  g_assert_no_error (error);
  chip = strata_chip_load (chip_name, &error);
  g_assert_no_error (error);
  compiler = strata_compiler_new (model, chip);
  program = strata_compiler_compile (compiler, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return program;
}

static GPtrArray *
make_inputs (gint64 n)
{
  float *pixels = g_new (float, n);
  g_autoptr (GBytes) bytes = NULL;
  GPtrArray *inputs = g_ptr_array_new_with_free_func (g_object_unref);
  const gint64 dims[] = { 1, n };

  for (gint64 i = 0; i < n; i++)
    pixels[i] = (float) (i % 17) / 16;
  bytes = g_bytes_new_take (pixels, (gsize) n * sizeof *pixels);
  g_ptr_array_add (inputs, strata_tensor_new (STRATA_DTYPE_F32, dims, 2, bytes, NULL));
  return inputs;
}

static StrataDevice *
open_loaded (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataProgram) program = compile_digits ("demonstrator");
  StrataDevice *device = strata_device_open (device_uri, &error);

  g_assert_no_error (error);
  g_assert_true (strata_device_load (device, program, NULL, &error));
  g_assert_no_error (error);
  return device;
}

static StrataJob *
make_job (StrataDevice *device)
{
  StrataJob *job = strata_job_new ();
  g_autoptr (GPtrArray) inputs = make_inputs (64);

  strata_job_set_inputs (job, inputs);
  if (!(strata_device_get_capabilities (device) & STRATA_CAPABILITY_VALUES))
    strata_job_set_fidelity (job, STRATA_FIDELITY_TIMING);
  return job;
}

static void
test_describes_itself (void)
{
  g_autoptr (GError) error = NULL;
  StrataDevice *device = strata_device_open (device_uri, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (strata_device_get_uri (device), ==, device_uri);
  g_assert_cmpuint (strlen (strata_device_get_description (device)), >, 10);
  g_assert_null (strata_device_get_program (device));
  g_assert_finalize_object (device);
}

static void
test_refuses_without_program (void)
{
  g_autoptr (GError) error = NULL;
  StrataDevice *device = strata_device_open (device_uri, &error);
  StrataJob *job = make_job (device);

  g_assert_false (strata_device_run (device, job, NULL, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM);
  g_assert_finalize_object (job);
  g_assert_finalize_object (device);
}

static void
test_runs (void)
{
  g_autoptr (GError) error = NULL;
  StrataDevice *device = open_loaded ();
  StrataJob *job = make_job (device);

  g_assert_true (strata_device_run (device, job, NULL, &error));
  g_assert_no_error (error);
  if (strata_device_get_capabilities (device) & STRATA_CAPABILITY_VALUES)
    {
      GPtrArray *outputs = strata_job_get_outputs (job);

      g_assert_cmpuint (outputs->len, ==, 1);
      g_assert_cmpint (strata_tensor_get_n_elements (outputs->pdata[0]), ==, 10);
      for (gint64 i = 0; i < 10; i++)
        g_assert_true (isfinite (strata_tensor_get_value (outputs->pdata[0], i)));
    }
  else
    g_assert_null (strata_job_get_outputs (job));
  g_assert_finalize_object (job);
  g_assert_finalize_object (device);
}

/* A device that cannot compute says so; it does not answer with zeros. */
static void
test_values_or_error (void)
{
  g_autoptr (GError) error = NULL;
  StrataDevice *device = open_loaded ();
  StrataJob *job = make_job (device);
  gboolean ok;

  strata_job_set_fidelity (job, STRATA_FIDELITY_FUNCTIONAL);
  ok = strata_device_run (device, job, NULL, &error);
  if (strata_device_get_capabilities (device) & STRATA_CAPABILITY_VALUES)
    g_assert_true (ok);
  else
    g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED);
  g_assert_finalize_object (job);
  g_assert_finalize_object (device);
}

static void
test_replays (void)
{
  StrataDevice *device = open_loaded ();

  if (!(strata_device_get_capabilities (device) & STRATA_CAPABILITY_VALUES))
    g_test_skip ("the device computes no values");
  else
    {
      g_autoptr (GPtrArray) first = NULL;

      for (int i = 0; i < 2; i++)
        {
          StrataJob *job = make_job (device);

          strata_job_set_seed (job, 5);
          strata_job_set_inference (job, 3);
          g_assert_true (strata_device_run (device, job, NULL, NULL));
          if (first == NULL)
            first = g_ptr_array_ref (strata_job_get_outputs (job));
          else
            g_assert_true (g_bytes_equal (strata_tensor_get_bytes (first->pdata[0]),
                                          strata_tensor_get_bytes (strata_job_get_outputs (job)->pdata[0])));
          g_assert_finalize_object (job);
        }
    }
  g_assert_finalize_object (device);
}

static void
test_wrong_input (void)
{
  StrataDevice *device = open_loaded ();
  StrataJob *job = strata_job_new ();
  g_autoptr (GPtrArray) wrong = make_inputs (63);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) missing = NULL;

  strata_job_set_inputs (job, wrong);
  g_assert_false (strata_device_run (device, job, NULL, &error));
  g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT);
  strata_job_set_inputs (job, NULL);
  g_assert_false (strata_device_run (device, job, NULL, &missing));
  g_assert_error (missing, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT);
  g_assert_finalize_object (job);
  g_assert_finalize_object (device);
}

static void
test_cancelled_and_usable (void)
{
  StrataDevice *device = open_loaded ();
  StrataJob *job = make_job (device);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_false (strata_device_run (device, job, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (strata_device_run (device, job, NULL, NULL));
  g_assert_finalize_object (job);
  g_assert_finalize_object (device);
}

static void
count_down_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (strata_device_run_finish (STRATA_DEVICE (source), result, &error));
  g_assert_no_error (error);
  --*(int *) user_data;
}

static void
test_asynchronous (void)
{
  StrataDevice *device = open_loaded ();
  int n_left = 3;

  for (int i = 0; i < 3; i++)
    {
      g_autoptr (StrataJob) job = make_job (device);

      strata_device_run_async (device, job, NULL, count_down_cb, &n_left);
    }
  while (n_left > 0)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (device);
}

static void
test_energy_is_monotonic (void)
{
  StrataDevice *device = open_loaded ();
  gint64 before = 0, after = 0, t0 = 0, t1 = 0;
  StrataFidelity source = STRATA_FIDELITY_ESTIMATE;
  gboolean has = strata_device_read_energy (device, &before, &t0, &source);

  g_assert_cmpint (has, ==, (strata_device_get_capabilities (device) & STRATA_CAPABILITY_ENERGY) != 0);
  if (has)
    {
      StrataJob *job = make_job (device);

      g_assert_true (strata_device_run (device, job, NULL, NULL));
      g_assert_true (strata_device_read_energy (device, &after, &t1, &source));
      g_assert_cmpint (after, >, before);
      g_assert_cmpint (t1, >, t0);
      g_assert_cmpint (source, !=, STRATA_FIDELITY_ESTIMATE);
      g_assert_finalize_object (job);
    }
  g_assert_finalize_object (device);
}

typedef struct
{
  StrataTraceSink sink;
  int n_begun, n_ended;
  gboolean complete;
  gint64 event_fj, energy_fj;
  gsize n_events;
} Counter;

static gboolean
begin_cb (StrataTraceSink *sink, const StrataTraceSession *session, GError **error)
{
  g_assert_cmpint (session->n_layers, >, 0);
  g_assert_cmpint (session->n_tiles, >, 0);
  ((Counter *) sink)->n_begun++;
  return TRUE;
}

static gboolean
write_cb (StrataTraceSink *sink, StrataRecordKind kind, gconstpointer records, gsize n, GError **error)
{
  Counter *counter = (Counter *) sink;

  for (gsize i = 0; i < n && kind == STRATA_RECORD_EVENT; i++)
    counter->event_fj += ((const StrataEventRecord *) records)[i].energy_fj;
  for (gsize i = 0; i < n && kind == STRATA_RECORD_ENERGY; i++)
    counter->energy_fj += ((const StrataEnergyRecord *) records)[i].energy_fj[STRATA_BAND_NOMINAL];
  counter->n_events += kind == STRATA_RECORD_EVENT ? n : 0;
  return TRUE;
}

static gboolean
end_cb (StrataTraceSink *sink, gboolean complete, GError **error)
{
  ((Counter *) sink)->n_ended++;
  ((Counter *) sink)->complete = complete;
  return TRUE;
}

/* Golden check H12: the sum of the events is the sum of the report, in integer femtojoules. */
static void
test_records_close (void)
{
  StrataDevice *device = open_loaded ();
  StrataJob *job = make_job (device);
  Counter counter = { .sink = { begin_cb, write_cb, end_cb, NULL } };
  g_autoptr (GError) error = NULL;
  gboolean ok;

  strata_job_set_sink (job, &counter.sink, "conformance");
  ok = strata_device_run (device, job, NULL, &error);
  if (strata_device_get_capabilities (device) & STRATA_CAPABILITY_TRACE)
    {
      g_assert_no_error (error);
      g_assert_true (ok && counter.complete);
      g_assert_cmpint (counter.n_begun, ==, 1);
      g_assert_cmpint (counter.n_ended, ==, 1);
      g_assert_cmpuint (counter.n_events, >, 0);
      g_assert_cmpint (counter.event_fj, >, 0);
      g_assert_cmpint (counter.event_fj, ==, counter.energy_fj);
    }
  else
    g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED);
  g_assert_finalize_object (job);
  g_assert_finalize_object (device);
}

static void
test_program_of_another_chip (void)
{
  g_autoptr (StrataProgram) program = compile_digits ("phone");
  g_autoptr (GError) error = NULL;
  StrataDevice *device = strata_device_open (device_uri, &error);
  gboolean one_chip = g_str_has_prefix (device_uri, "sim:") && strlen (device_uri) > 4;
  gboolean ok = strata_device_load (device, program, NULL, &error);

  g_assert_cmpint (ok, ==, !one_chip);
  if (one_chip)
    g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM);
  g_object_unref (device);
}

static GBytes *
run_nominal (StrataDevice *device)
{
  StrataJob *job = make_job (device);
  g_autoptr (GError) error = NULL;
  GBytes *bytes;

  strata_job_set_seed (job, 5);
  g_assert_true (strata_device_run (device, job, NULL, &error));
  g_assert_no_error (error);
  bytes = g_bytes_ref (strata_tensor_get_bytes (strata_job_get_outputs (job)->pdata[0]));
  g_assert_finalize_object (job);
  return bytes;
}

/* A program that is not fitted to the die is refused, by load and by set_die, and what was there stays; a fitted one
 * runs, and an unfitted one where that is asked for, which then computes something else. */
static void
test_die (void)
{
  StrataDevice *device = open_loaded ();
  g_autoptr (StrataProgram) program = g_object_ref (strata_device_get_program (device));
  g_autoptr (StrataProgram) fitted = NULL;
  g_autoptr (StrataDie) die = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;
  StrataDieUse use;
  int stack;

  strata_program_get_tile_site (program, 0, NULL, &stack, NULL);
  words = g_strdup_printf ("stack %d", stack);
  die = strata_die_suppose (program, words, &error);
  g_assert_no_error (error);
  g_assert_null (strata_device_get_die (device, NULL));
  g_assert_false (strata_device_set_die (device, die, STRATA_DIE_FITTED, &error));
  if (!(strata_device_get_capabilities (device) & STRATA_CAPABILITY_DIE))
    g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_UNSUPPORTED);
  else
    {
      g_autoptr (GBytes) whole = run_nominal (device);
      g_autoptr (GBytes) unfitted = NULL;
      g_autoptr (GBytes) again = NULL;

      g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM);
      g_assert_nonnull (strstr (error->message, "strata_die_fit ()"));
      g_assert_null (strata_device_get_die (device, NULL));
      g_clear_error (&error);
      g_assert_true (strata_device_set_die (device, die, STRATA_DIE_UNFITTED, &error));
      g_assert_true (strata_device_get_die (device, &use) == die && use == STRATA_DIE_UNFITTED);
      unfitted = run_nominal (device);
      g_assert_false (g_bytes_equal (whole, unfitted));
      fitted = strata_die_fit (die, program, NULL, NULL, &error);
      g_assert_true (strata_device_load (device, fitted, NULL, &error));
      g_assert_true (strata_device_set_die (device, die, STRATA_DIE_FITTED, &error));
      g_assert_no_error (error);
      g_bytes_unref (run_nominal (device));
      g_assert_true (strata_device_set_die (device, NULL, STRATA_DIE_FITTED, &error));
      g_assert_null (strata_device_get_die (device, NULL));
      g_assert_true (strata_device_set_die (device, die, STRATA_DIE_FITTED, &error));
      g_assert_true (strata_die_takes (die, fitted, STRATA_DIE_FITTED, &error));
      g_assert_false (strata_device_load (device, program, NULL, &error));
      g_assert_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_PROGRAM);
      g_assert_true (strata_device_get_program (device) == fitted);
      g_clear_error (&error);
      g_assert_true (strata_device_set_die (device, NULL, STRATA_DIE_FITTED, &error));
      g_assert_true (strata_device_load (device, program, NULL, &error));
      again = run_nominal (device);
      g_assert_true (g_bytes_equal (whole, again));
    }
  g_assert_finalize_object (device);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--device"))
    {
      device_uri = argv[2];
      argc = 1;
    }
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/device/describes-itself", test_describes_itself);
  g_test_add_func ("/device/refuses-without-program", test_refuses_without_program);
  g_test_add_func ("/device/runs", test_runs);
  g_test_add_func ("/device/values-or-error", test_values_or_error);
  g_test_add_func ("/device/replays", test_replays);
  g_test_add_func ("/device/wrong-input", test_wrong_input);
  g_test_add_func ("/device/cancelled-and-usable", test_cancelled_and_usable);
  g_test_add_func ("/device/asynchronous", test_asynchronous);
  g_test_add_func ("/device/energy-is-monotonic", test_energy_is_monotonic);
  g_test_add_func ("/device/records-close", test_records_close);
  g_test_add_func ("/device/program-of-another-chip", test_program_of_another_chip);
  g_test_add_func ("/device/die", test_die);
  return g_test_run ();
}
