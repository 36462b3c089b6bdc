/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata run`: inference on a device, or of the model as ONNX defines it (--reference); writes outputs, or compares
 * them with test data.
 */
#include <math.h>

#include "runner.h"

#define MAX_STEPS 1000000
#define NO_STEPS G_MININT /* not given */

static GPtrArray *
make_inputs (Runner *runner, GError **error)
{
  g_autoptr (GArray) given = run_read_inputs (runner, error);
  g_autoptr (GPtrArray) inputs = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; given != NULL && i < given->len; i++)
    {
      StrataTensor *tensor = run_make_input (runner, i, &g_array_index (given, RunInput, i), 0, 1, error);

      if (tensor == NULL)
        return NULL;
      g_ptr_array_add (inputs, tensor);
    }
  return given == NULL ? NULL : g_steal_pointer (&inputs);
}

static int
run_once (Runner *runner, GError **error)
{
  Cli *cli = runner->cli;
  g_autoptr (GPtrArray) inputs = make_inputs (runner, error);
  g_autoptr (GPtrArray) outputs = NULL;
  JsonBuilder *builder;

  if (inputs == NULL)
    return -1;
  outputs = runner_run (runner, inputs, error);
  if (outputs == NULL)
    return -1;
  if (!run_make_folder (cli, error))
    return -1;
  builder = cli->json ? cli_json_begin (cli) : NULL;
  if (builder != NULL)
    {
      json_builder_set_member_name (builder, "outputs");
      json_builder_begin_array (builder);
    }
  for (guint i = 0; i < outputs->len; i++)
    {
      StrataTensor *tensor = outputs->pdata[i];
      g_autofree char *name = runner_get_output_name (runner, i);
      g_autofree char *path = cli->output != NULL ? run_save_output (cli, name, tensor, error) : NULL;
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
      if (runner->program != NULL)
        {
          cli_json_conditions (builder, runner->program, runner->conditions);
          cli_json_die (builder, strata_device_get_die (runner->device, NULL));
        }
      cli_json_end (cli, builder);
    }
  return CLI_EXIT_DONE;
}

static int
run_file (Runner *runner, const char *path, GError **error)
{
  runner->path = path;
  if (!runner_open (runner, error))
    return -1;
  if (runner->options->test_data != NULL)
    return run_test_data (runner, error);
  if (runner->options->n_steps > 0 || runner->options->states != NULL)
    return run_steps (runner, error);
  return run_once (runner, error);
}

static const char examples[] =
  "  strata run model.strp --input image.npy --output out/\n"
  "  strata run model.onnx --reference --test-data folder/\n"
  "  strata run model.onnx --chip demonstrator --analog off --test-data folder/\n"
  "  strata run model.strp --device sim:demonstrator --analog nominal --seed 7 --input image.npy\n"
  "  strata run model.strp --device 'sim:demonstrator?die=W07-X12Y08.yaml' --input image.npy\n"
  "  strata run vad.onnx --reference --shape sequence=512 --input input=audio.npy --input sr=16000\n"
  "  strata run llm.onnx --reference --steps 128 --state logits=input_ids --state 'present.*=past.*' \\\n"
  "      --input input_ids=1 --input position=@step --input mask=mask.npy     (mask: 128 of them)\n";

int
cli_run (Cli *cli, int argc, char **argv)
{
  RunOptions options = { .n_steps = NO_STEPS };
  const GOptionEntry own[] = {
    { "device", 0, 0, G_OPTION_ARG_STRING, &options.device, "Device to run on (default sim:)", "URI" },
    { "analog", 0, 0, G_OPTION_ARG_STRING, &options.analog,
      "Physics of the crossbars: off, ideal, nominal (default), optimistic, conservative", "LEVEL" },
    { "reference", 0, 0, G_OPTION_ARG_NONE, &options.reference, "Execute the model as ONNX defines it, without a chip",
      NULL },
    { "input", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options.inputs,
      "An input: a file (.npy, .pb; with --steps one value or one per step), a number for every element, or @step",
      "[NAME=]FILE" },
    { "state", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.states,
      "Feed an output back in the next step; an integer input takes the index of the greatest; * stands for the same "
      "text",
      "OUTPUT=INPUT" },
    { "steps", 0, 0, G_OPTION_ARG_INT, &options.n_steps, "Run N times, feeding states (default 1)", "N" },
    { "test-data", 0, 0, G_OPTION_ARG_FILENAME, &options.test_data,
      "Compare with an ONNX test data set, or a folder of them; exit 5 where they differ", "FOLDER" },
    { "expect", 0, 0, G_OPTION_ARG_STRING, &options.expect,
      "What passes: argmax, error=X, steps=X, snr=DB, cosine=X (default: by kind of model)", "RULE" },
    { NULL },
  };
  g_autofree CliEntries *conditions = cli_condition_entries (&options.conditions, own);
  g_autoptr (CliEntries) entries = cli_compile_entries (&options.compile, conditions);
  Runner runner = { .cli = cli, .options = &options, .analog = STRATA_ANALOG_NOMINAL };
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "PROGRAM|MODEL", "Runs one inference, or compares with test data.", examples, &argc,
                  &argv, &status))
    ;
  else if (argc != 2)
    status = cli_usage (cli, "run takes one program or model; `strata run --help` explains");
  else if (options.n_steps != NO_STEPS && (options.n_steps < 1 || options.n_steps > MAX_STEPS))
    status = cli_usage (cli, "--steps %d; 1 to %d steps are accepted", options.n_steps, MAX_STEPS);
  else if (options.test_data != NULL && (options.n_steps > 0 || options.states != NULL))
    status = cli_usage (cli, "--test-data compares single inferences; leave out --steps and --state");
  else
    status = run_file (&runner, argv[1], &error);
  if (status < 0)
    status = cli_fail (cli, error);
  runner_clear (&runner);
  return status;
}
