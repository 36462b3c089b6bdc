/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata profile`: compile where needed, run, record. The main job in one command.
 */
#include "cli.h"

typedef struct
{
  CliCompileOptions compile;
  CliConditionOptions conditions;
  char *device, *analog, *input, *name, *fidelity;
} Options;

static char *
default_output (const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  char *dot = g_strrstr (base, ".");

  if (dot != NULL)
    *dot = '\0';
  return g_strconcat (base, ".strata", NULL);
}

/* What --fidelity says; functional is what --input asks for. */
static gboolean
choose_fidelity (const Options *options, StrataFidelity *fidelity, GError **error)
{
  static const struct
  {
    const char *name;
    StrataFidelity fidelity;
  } known[] = { { "estimate", STRATA_FIDELITY_ESTIMATE },
                { "timing", STRATA_FIDELITY_TIMING },
                { "functional", STRATA_FIDELITY_FUNCTIONAL } };

  *fidelity = options->input == NULL ? STRATA_FIDELITY_TIMING : STRATA_FIDELITY_FUNCTIONAL;
  for (guint i = 0; options->fidelity != NULL; i++)
    {
      if (i == G_N_ELEMENTS (known))
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "--fidelity: %s is none; estimate, timing and functional are accepted", options->fidelity);
          return FALSE;
        }
      if (!g_str_equal (options->fidelity, known[i].name))
        continue;
      *fidelity = known[i].fidelity;
      break;
    }
  if (options->input == NULL && (options->analog != NULL || cli_has_conditions (&options->conditions)))
    {
      g_set_error_literal (
        error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "--analog, --age, --temperature, --recalibrated and the physics left out are about values; give "
        "--input");
      return FALSE;
    }
  if ((*fidelity == STRATA_FIDELITY_FUNCTIONAL) == (options->input != NULL))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "--fidelity %s: functional goes with --input, the others without", options->fidelity);
  return FALSE;
}

static gboolean
record (Cli *cli,
        StrataProgram **program,
        const Options *options,
        StrataFidelity fidelity,
        StrataAnalog analog,
        GError **error)
{
  g_autoptr (StrataDevice) device = strata_device_open (options->device == NULL ? "sim:" : options->device, error);
  g_autoptr (StrataJob) job = strata_job_new ();
  g_autoptr (StrataConditions) conditions = device != NULL ? cli_read_conditions (&options->conditions, error) : NULL;
  StrataTraceSink *sink;
  gboolean ok;

  if (conditions == NULL || !cli_use_die (cli, device, options->compile.die, program, error)
      || !strata_device_load (device, *program, cli->cancellable, error))
    return FALSE;
  strata_job_set_seed (job, (guint64) cli->seed);
  strata_job_set_fidelity (job, fidelity);
  strata_job_set_analog (job, analog);
  strata_job_set_conditions (job, conditions);
  if (options->input != NULL)
    {
      g_autoptr (StrataTensor) tensor = strata_tensor_load (options->input, error);
      g_autoptr (GPtrArray) inputs = g_ptr_array_new ();

      if (tensor == NULL)
        return FALSE;
      g_ptr_array_add (inputs, tensor);
      strata_job_set_inputs (job, inputs);
    }
  sink = strata_profile_recorder_new (cli->output);
  strata_job_set_sink (job, sink, options->name == NULL ? strata_program_get_model_name (*program) : options->name);
  ok = strata_device_run (device, job, cli->cancellable, error);
  strata_job_set_sink (job, NULL, NULL);
  sink->free (sink);
  return ok;
}

/* cli_program_figures () would execute the program; these are the recorded ones. */
static void
put_estimate (StrataProgram *program, StrataProfile *recorded, JsonBuilder *builder)
{
  gsize n_figures;
  const StrataProfileFigure *figures = strata_profile_get_figures (recorded, &n_figures);

  cli_json_string (builder, "model", strata_program_get_model_name (program));
  cli_json_string (builder, "chip", strata_program_get_chip_name (program));
  cli_json_string (builder, "program_hash", strata_program_get_hash (program));
  cli_json_bool (builder, "weights", strata_program_has_weights (program));
  cli_json_string (builder, "fidelity", "estimate");
  for (gsize i = 0; i < n_figures; i++)
    cli_json_number (builder, figures[i].name, figures[i].value[STRATA_BAND_NOMINAL]);
}

static int
profile (Cli *cli, const char *path, Options *options, StrataAnalog analog, GError **error)
{
  g_autoptr (StrataProgram) program = NULL;
  g_autoptr (StrataProfile) recorded = NULL;
  g_autofree char *hash = NULL;
  g_autofree char *text = NULL;
  StrataFidelity fidelity;

  if (!choose_fidelity (options, &fidelity, error) || !cli_check_conditions (&options->conditions, analog, error))
    return -1;
  options->compile.timing_only = options->input == NULL;
  program = cli_open_program (cli, path, &options->compile, NULL, error);
  if (program == NULL)
    return -1;
  if (cli->output == NULL)
    cli->output = default_output (path);
  if (!record (cli, &program, options, fidelity, analog, error))
    return -1;
  recorded = strata_profile_open (cli->output, cli->cancellable, error);
  if (recorded == NULL || (hash = strata_profile_content_hash (recorded, cli->cancellable, error)) == NULL)
    return -1;
  if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      if (fidelity == STRATA_FIDELITY_ESTIMATE)
        put_estimate (program, recorded, builder);
      else
        cli_program_figures (program, builder);
      cli_json_string (builder, "profile", cli->output);
      cli_json_string (builder, "content_hash", hash);
      cli_json_int (builder, "events", strata_profile_get_n_events (recorded));
      if (strata_profile_get_meta (recorded, "die_serial") != NULL)
        {
          cli_json_string (builder, "die", strata_profile_get_meta (recorded, "die_serial"));
          cli_json_string (builder, "die_hash", strata_profile_get_meta (recorded, "die_hash"));
        }
      cli_json_end (cli, builder);
      return CLI_EXIT_DONE;
    }
  text = strata_profile_report_text (recorded, "summary", error);
  if (text == NULL)
    return -1;
  g_print ("%s\nWrote %s. `strata report %s` prints tables, `strata-profiler %s` shows it.\n", text, cli->output,
           cli->output, cli->output);
  return CLI_EXIT_DONE;
}

static const char examples[] = "  strata profile model.onnx --chip demonstrator -o model.strata\n"
                               "  strata profile model.strp -o model.strata\n"
                               "  strata profile config.json --chip phone --fidelity estimate -o model.strata\n"
                               "  strata profile model.onnx --chip phone --max-power 300mW --input image.npy\n";

int
cli_profile (Cli *cli, int argc, char **argv)
{
  Options options = { 0 };
  const GOptionEntry own[] = {
    { "device", 0, 0, G_OPTION_ARG_STRING, &options.device, "Device to run on (default sim:)", "URI" },
    { "input", 0, 0, G_OPTION_ARG_FILENAME, &options.input,
      "Run on this input, .npy or .pb, and record signal-to-noise and clipping too", "FILE" },
    { "analog", 0, 0, G_OPTION_ARG_STRING, &options.analog, "Physics of the crossbars with --input (default nominal)",
      "LEVEL" },
    { "fidelity", 0, 0, G_OPTION_ARG_STRING, &options.fidelity,
      "estimate: critical path and loads, no events; timing (default); functional (default with --input)", "LEVEL" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &options.name, "Name of the run (default: the model's)", "TEXT" },
    { NULL },
  };
  g_autofree CliEntries *conditions = cli_condition_entries (&options.conditions, own);
  g_autoptr (CliEntries) entries = cli_compile_entries (&options.compile, conditions);
  StrataAnalog analog = STRATA_ANALOG_NOMINAL;
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "MODEL|PROGRAM", "Compiles where needed, runs in the simulator, records a profile.",
                  examples, &argc, &argv, &status))
    ;
  else if (argc != 2)
    status = cli_usage (cli, "profile takes one model or program; `strata profile --help` explains");
  else if (!cli_parse_analog (options.analog, &analog, &error)
           || (status = profile (cli, argv[1], &options, analog, &error)) < 0)
    status = cli_fail (cli, error);
  return status;
}
