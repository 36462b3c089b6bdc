/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata run`: inference on a device, or of the model as ONNX defines it (--reference); writes outputs, or compares
 * them with test data.
 */
#include "cli.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "compare.h"

typedef struct
{
  CliCompileOptions compile;
  char *device, *analog, *test_data, *expect;
  char **inputs;
  gboolean reference;
} Options;

/* What runs: a model on the host, or a program on a device. */
typedef struct
{
  Cli *cli;
  StrataModel *model;     /* NULL where only a program is there */
  StrataProgram *program; /* NULL: reference */
  StrataDevice *device;
  StrataAnalog analog;
  guint64 n_done;
} Runner;

static void
runner_clear (Runner *runner)
{
  g_clear_object (&runner->model);
  g_clear_object (&runner->program);
  g_clear_object (&runner->device);
}

static gboolean
runner_open (Runner *runner, const char *path, const Options *options, GError **error)
{
  CliExpect expect;

  if (!cli_parse_analog (options->analog, &runner->analog, error)
      || (options->expect != NULL && !cli_parse_expect (options->expect, &expect, error)))
    return FALSE;
  if (options->reference && cli_is_program (path))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--reference runs a model; %s is a program", path);
      return FALSE;
    }
  if (options->reference)
    {
      runner->model = strata_model_open (path, runner->cli->cancellable, error);
      return runner->model != NULL;
    }
  runner->program = cli_open_program (runner->cli, path, &options->compile, &runner->model, error);
  if (runner->program == NULL)
    return FALSE;
  runner->device = strata_device_open (options->device == NULL ? "sim:" : options->device, error);
  if (runner->device == NULL)
    return FALSE;
  if (!strata_program_is_calibrated (runner->program) && !runner->cli->quiet)
    g_printerr (
      "strata: activation ranges were guessed from synthetic samples; outputs may be poor, give --calibration\n");
  /* The model tells depth and input size to the comparison; a program remembers where it lies. */
  if (runner->model == NULL)
    runner->model = cli_reopen_model (runner->cli, runner->program);
  return strata_device_load (runner->device, runner->program, runner->cli->cancellable, error);
}

static GPtrArray *
runner_run (Runner *runner, GPtrArray *inputs, GError **error)
{
  g_autoptr (StrataJob) job = NULL;

  if (runner->program == NULL)
    return strata_model_run_reference (runner->model, inputs, runner->cli->cancellable, error);
  job = strata_job_new ();
  strata_job_set_inputs (job, inputs);
  strata_job_set_analog (job, runner->analog);
  strata_job_set_seed (job, (guint64) runner->cli->seed);
  strata_job_set_inference (job, runner->n_done++);
  if (!strata_device_run (runner->device, job, runner->cli->cancellable, error))
    return NULL;
  return g_ptr_array_ref (strata_job_get_outputs (job));
}

static double
get_step (Runner *runner, guint output)
{
  return runner->program != NULL ? strata_program_get_output_step (runner->program, output)
                                 : strata_model_get_output_step (runner->model, output);
}

static void
print_comparison (
  Cli *cli, JsonBuilder *builder, const char *folder, const CliComparison *c, const CliExpect *expect, gboolean met)
{
  g_autofree char *name = g_path_get_basename (folder);
  g_autofree char *rule = cli_expect_text (expect);

  if (builder != NULL)
    {
      json_builder_begin_object (builder);
      cli_json_string (builder, "data", name);
      cli_json_number (builder, "max_error", c->max_error);
      cli_json_number (builder, "peak", c->peak);
      cli_json_number (builder, "steps", c->steps);
      cli_json_number (builder, "snr_db", c->snr_db);
      cli_json_number (builder, "cosine", c->cosine);
      cli_json_int (builder, "argmax", c->argmax);
      cli_json_int (builder, "argmax_reference", c->argmax_reference);
      cli_json_string (builder, "expect", rule);
      cli_json_bool (builder, "passed", met);
      json_builder_end_object (builder);
      return;
    }
  g_print ("%s %s  max error %.3g (peak %.3g)", met ? "pass" : "FAIL", name, c->max_error, c->peak);
  if (!isnan (c->steps))
    g_print ("  steps %.3g", c->steps);
  g_print ("  SNR %.1f dB  cosine %.6f  argmax %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "  expected %s\n", c->snr_db,
           c->cosine, c->argmax, c->argmax_reference, rule);
}

/* One data set: every output against its reference. */
static gboolean
check_folder (
  Runner *runner, const Options *options, const char *folder, JsonBuilder *builder, gboolean *all_met, GError **error)
{
  g_autoptr (GPtrArray) inputs = NULL;
  g_autoptr (GPtrArray) outputs = NULL;
  g_autoptr (GPtrArray) references = NULL;
  guint n_inputs = runner->model != NULL ? strata_model_get_n_inputs (runner->model) : 1;

  inputs = cli_load_test_data (folder, "input", n_inputs, error);
  if (inputs == NULL)
    return FALSE;
  outputs = runner_run (runner, inputs, error);
  if (outputs == NULL)
    return FALSE;
  references = cli_load_test_data (folder, "output", outputs->len, error);
  if (references == NULL)
    return FALSE;
  for (guint i = 0; i < outputs->len; i++)
    {
      CliComparison comparison;
      CliExpect expect;
      gboolean met;

      if (!cli_compare (outputs->pdata[i], references->pdata[i], get_step (runner, i),
                        strata_tensor_get_n_elements (inputs->pdata[0]), &comparison, error))
        return FALSE;
      expect = cli_default_expect (runner->model, runner->program == NULL,
                                   runner->program != NULL && runner->analog == STRATA_ANALOG_OFF, &comparison);
      if (options->expect != NULL && !cli_parse_expect (options->expect, &expect, error))
        return FALSE;
      met = cli_expect_met (&expect, &comparison);
      *all_met = *all_met && met;
      print_comparison (runner->cli, builder, folder, &comparison, &expect, met);
    }
  return TRUE;
}

static int
run_test_data (Runner *runner, const Options *options, GError **error)
{
  g_autoptr (GPtrArray) folders = cli_find_test_data (options->test_data, error);
  JsonBuilder *builder = NULL;
  gboolean all_met = TRUE;

  if (folders == NULL)
    return -1;
  if (runner->cli->json)
    {
      builder = cli_json_begin (runner->cli);
      json_builder_set_member_name (builder, "comparisons");
      json_builder_begin_array (builder);
    }
  for (guint i = 0; i < folders->len; i++)
    if (!check_folder (runner, options, folders->pdata[i], builder, &all_met, error))
      {
        g_clear_object (&builder);
        return -1;
      }
  if (builder != NULL)
    {
      json_builder_end_array (builder);
      cli_json_bool (builder, "passed", all_met);
      cli_json_end (runner->cli, builder);
    }
  return all_met ? CLI_EXIT_DONE : CLI_EXIT_UNMET;
}

static void
clear_tensor (gpointer tensor)
{
  g_clear_object (&tensor);
}

/* NAME=FILE, or FILE for a model with one input; float32 is made of any type. */
static GPtrArray *
read_inputs (Runner *runner, const Options *options, GError **error)
{
  guint n = runner->model != NULL ? strata_model_get_n_inputs (runner->model) : 1;
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func (clear_tensor);

  g_ptr_array_set_size (inputs, (int) n);
  for (char **text = options->inputs; text != NULL && *text != NULL; text++)
    {
      const char *equals = strchr (*text, '=');
      guint index = 0;
      StrataTensor *tensor;

      if (equals != NULL && runner->model != NULL)
        while (index < n
               && strncmp (*text, strata_model_get_input_name (runner->model, index), (gsize) (equals - *text)) != 0)
          index++;
      if (index == n)
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "--input %s: no such input; `strata info` lists them", *text);
          return NULL;
        }
      tensor = strata_tensor_load (equals == NULL ? *text : equals + 1, error);
      if (tensor == NULL)
        return NULL;
      g_clear_object (&inputs->pdata[index]);
      inputs->pdata[index] = tensor;
    }
  for (guint i = 0; i < n; i++)
    if (inputs->pdata[i] == NULL)
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "input %u (%s) is missing; give --input NAME=FILE.npy for each, or --test-data", i,
                     runner->model != NULL ? strata_model_get_input_name (runner->model, i) : "the only one");
        return NULL;
      }
  return g_steal_pointer (&inputs);
}

static char *
save_output (Cli *cli, const char *name, StrataTensor *tensor, GError **error)
{
  g_autofree char *safe = g_strcanon (g_strdup (name), G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.", '_');
  g_autofree char *file = g_strconcat (safe, ".npy", NULL);
  char *path = g_build_filename (cli->output, file, NULL);

  if (strata_tensor_save (tensor, path, error))
    return path;
  g_free (path);
  return NULL;
}

static int
run_once (Runner *runner, const Options *options, GError **error)
{
  Cli *cli = runner->cli;
  g_autoptr (GPtrArray) inputs = read_inputs (runner, options, error);
  g_autoptr (GPtrArray) outputs = NULL;
  JsonBuilder *builder;

  if (inputs == NULL)
    return -1;
  outputs = runner_run (runner, inputs, error);
  if (outputs == NULL)
    return -1;
  if (cli->output != NULL && g_mkdir_with_parents (cli->output, 0777) != 0)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be made; give a folder to write outputs to",
                   cli->output);
      return -1;
    }
  builder = cli->json ? cli_json_begin (cli) : NULL;
  if (builder != NULL)
    {
      json_builder_set_member_name (builder, "outputs");
      json_builder_begin_array (builder);
    }
  for (guint i = 0; i < outputs->len; i++)
    {
      StrataTensor *tensor = outputs->pdata[i];
      g_autofree char *made = g_strdup_printf ("output_%u", i);
      const char *name = runner->model != NULL ? strata_model_get_output_name (runner->model, i) : made;
      g_autofree char *path = cli->output != NULL ? save_output (cli, name, tensor, error) : NULL;
      guint n_dims;
      const gint64 *dims = strata_tensor_get_shape (tensor, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);
      gint64 argmax = strata_tensor_get_argmax (tensor);

      if (cli->output != NULL && path == NULL)
        {
          g_clear_object (&builder);
          return -1;
        }
      if (builder != NULL)
        {
          json_builder_begin_object (builder);
          cli_json_string (builder, "name", name);
          cli_json_string (builder, "shape", shape);
          cli_json_int (builder, "argmax", argmax);
          cli_json_number (builder, "max", argmax < 0 ? (double) NAN : strata_tensor_get_value (tensor, argmax));
          cli_json_string (builder, "path", path);
          json_builder_end_object (builder);
        }
      else
        g_print ("%s  %s  argmax %" G_GINT64_FORMAT " (%g)%s%s\n", name, shape, argmax,
                 argmax < 0 ? (double) NAN : strata_tensor_get_value (tensor, argmax), path == NULL ? "" : "  ",
                 path == NULL ? "" : path);
    }
  if (builder != NULL)
    {
      json_builder_end_array (builder);
      cli_json_string (builder, "analog", runner->program == NULL ? "reference" : cli_analog_name (runner->analog));
      cli_json_end (cli, builder);
    }
  return CLI_EXIT_DONE;
}

static const char examples[] =
  "  strata run model.strp --input image.npy --output out/\n"
  "  strata run model.onnx --reference --test-data folder/\n"
  "  strata run model.onnx --chip demonstrator --analog off --test-data folder/\n"
  "  strata run model.strp --device sim:demonstrator --analog nominal --seed 7 --input image.npy\n";

int
cli_run (Cli *cli, int argc, char **argv)
{
  Options options = { 0 };
  const GOptionEntry own[] = {
    { "device", 0, 0, G_OPTION_ARG_STRING, &options.device, "Device to run on (default sim:)", "URI" },
    { "analog", 0, 0, G_OPTION_ARG_STRING, &options.analog,
      "Physics of the crossbars: off, ideal, nominal (default), optimistic, conservative", "LEVEL" },
    { "reference", 0, 0, G_OPTION_ARG_NONE, &options.reference, "Execute the model as ONNX defines it, without a chip",
      NULL },
    { "input", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.inputs, "An input, .npy or .pb", "[NAME=]FILE" },
    { "test-data", 0, 0, G_OPTION_ARG_FILENAME, &options.test_data,
      "Compare with an ONNX test data set, or a folder of them; exit 5 where they differ", "FOLDER" },
    { "expect", 0, 0, G_OPTION_ARG_STRING, &options.expect,
      "What passes: argmax, error=X, steps=X, snr=DB, cosine=X (default: by kind of model)", "RULE" },
    { NULL },
  };
  g_autofree GOptionEntry *entries = cli_compile_entries (&options.compile, own);
  Runner runner = { .cli = cli, .analog = STRATA_ANALOG_NOMINAL };
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "PROGRAM|MODEL", "Runs one inference, or compares with test data.", examples, &argc,
                  &argv, &status))
    ;
  else if (argc != 2)
    status = cli_usage (cli, "run takes one program or model; `strata run --help` explains");
  else if (!runner_open (&runner, argv[1], &options, &error))
    status = cli_fail (cli, error);
  else if ((status = options.test_data != NULL ? run_test_data (&runner, &options, &error)
                                               : run_once (&runner, &options, &error))
           < 0)
    status = cli_fail (cli, error);
  runner_clear (&runner);
  cli_compile_options_clear (&options.compile);
  g_free (options.device);
  g_free (options.analog);
  g_free (options.test_data);
  g_free (options.expect);
  g_strfreev (options.inputs);
  return status;
}
