/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata compile`, and compiling for the other verbs that take a model.
 */
#include "compile.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

static void
set_cache (StrataCompiler *compiler, const CliCompileOptions *options)
{
  const char *folder = options->cache != NULL ? options->cache : g_getenv ("STRATA_CACHE");

  if (folder != NULL && *folder != '\0')
    strata_compiler_set_cache_folder (compiler, folder, 0);
}

static void
print_notes (const Cli *cli, StrataCompiler *compiler)
{
  g_auto (GStrv) notes = strata_compiler_take_cache_notes (compiler);

  for (char **note = notes; *note != NULL && !cli->quiet; note++)
    g_printerr ("strata: %s\n", *note);
}

StrataProgram *
cli_compile_model (Cli *cli, StrataModel *model, const CliCompileOptions *options, GError **error)
{
  g_autoptr (StrataRequirements) requirements = cli_read_limits (options, error);
  g_autoptr (StrataCompiler) compiler = NULL;
  g_autoptr (StrataChip) chip = NULL;
  g_autoptr (GError) reason = NULL;
  StrataProgram *program;

  if (requirements == NULL || !cli_check_compile_options (options, error))
    return NULL;
  chip = strata_chip_load (options->chip == NULL ? "demonstrator" : options->chip, error);
  if (chip == NULL)
    return NULL;
  compiler = strata_compiler_new (model, chip);
  strata_compiler_set_requirements (compiler, requirements);
  strata_compiler_set_seed (compiler, (guint64) cli->seed);
  strata_compiler_set_n_threads (compiler, (guint) cli->n_threads);
  strata_compiler_set_row_copies (compiler, !options->no_row_copies);
  strata_compiler_set_n_reads (compiler, options->n_reads == CLI_NO_INT ? 0 : (guint) options->n_reads);
  if (options->quantise != NULL && !strata_compiler_set_quantisation (compiler, options->quantise, &reason))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--quantise: %s", reason->message);
      return NULL;
    }
  strata_compiler_set_timing_only (compiler, options->timing_only);
  strata_compiler_set_dump_folder (compiler, options->dump);
  if (options->effort != CLI_NO_NUMBER)
    strata_compiler_set_effort (compiler, options->effort > 0 ? options->effort : -1);
  set_cache (compiler, options);
  if (!cli_add_samples (compiler, model, options, error))
    return NULL;
  program = strata_compiler_compile (compiler, cli_progress, cli, cli->cancellable, error);
  g_set_object (&cli->certificate, strata_compiler_get_certificate (compiler));
  cli_progress_clear (cli);
  print_notes (cli, compiler);
  return program;
}

/* Where the program cannot be written is better known before it is made. */
static gboolean
check_folder (const Cli *cli, GError **error)
{
  g_autofree char *folder = cli->output != NULL ? g_path_get_dirname (cli->output) : g_strdup (".");
  int problem = g_access (folder, W_OK) == 0 ? 0 : errno;

  if (problem == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "%s: cannot be written: %s; choose another place", cli->output,
               g_strerror (problem));
  return FALSE;
}

/* Of an inference of a network that its configuration describes; an ONNX file fixes both, or is asked for them. */
typedef struct
{
  gint64 n_tokens, n_past; /* 0 tokens: it takes none */
} Sequence;

static Sequence
read_sequence (StrataModel *model)
{
  Sequence sequence = { 0, 0 };

  for (guint i = 0; model != NULL && strata_model_is_made (model) && i < strata_model_get_n_inputs (model); i++)
    {
      const char *name = strata_model_get_input_name (model, i);
      guint n_dims;
      const gint64 *dims = strata_model_get_input_shape (model, i, &n_dims);

      if (n_dims == 2 && g_str_has_suffix (name, "input_ids"))
        sequence.n_tokens = dims[1];
      else if (n_dims == 4 && g_str_has_prefix (name, "past_key_values."))
        sequence.n_past = dims[2];
    }
  return sequence;
}

static void
print_sequence (StrataModel *model, gboolean is_given)
{
  Sequence sequence = read_sequence (model);

  if (sequence.n_tokens > 0)
    g_print ("An inference is of %" G_GINT64_FORMAT " token%s behind a past of %" G_GINT64_FORMAT "%s.\n",
             sequence.n_tokens, sequence.n_tokens == 1 ? "" : "s", sequence.n_past,
             is_given ? "" : ", the default; --shape sequence=N, and past=N of decoders, is for others");
}

/* "sequence": null where the model takes none, or a file fixes it */
static void
build_sequence (JsonBuilder *builder, StrataModel *model, gboolean is_given)
{
  Sequence sequence = read_sequence (model);

  json_builder_set_member_name (builder, "sequence");
  if (sequence.n_tokens == 0)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_object (builder);
  cli_json_int (builder, "tokens", sequence.n_tokens);
  cli_json_int (builder, "past", sequence.n_past);
  cli_json_bool (builder, "default", !is_given);
  json_builder_end_object (builder);
}

static const char examples[] =
  "  strata compile model.onnx --chip demonstrator -o model.strp\n"
  "  strata compile model.onnx --chip phone --max-latency 2ms --max-power 300mW -o model.strp\n"
  "  strata compile model.onnx --min-rate 100/s --minimise energy --alternatives\n"
  "  strata compile model.onnx --calibration samples.npy --input-scale 0.00392 -o model.strp\n";

int
cli_compile (Cli *cli, int argc, char **argv)
{
  CliCompileOptions options = { 0 };
  gboolean alternatives = FALSE;
  const GOptionEntry own[] = {
    { "alternatives", 0, 0, G_OPTION_ARG_NONE, &alternatives, "Show the other programs that were made", NULL },
    { NULL },
  };
  g_autoptr (CliEntries) entries = cli_compile_entries (&options, own);
  g_autoptr (StrataProgram) program = NULL;
  g_autoptr (StrataModel) model = NULL;
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "MODEL", "Compiles an ONNX model to a program for a chip.", examples, &argc, &argv,
                  &status))
    ;
  else if (argc != 2)
    status = cli_usage (cli, "compile takes one model; `strata compile --help` explains");
  else if (!check_folder (cli, &error) || (program = cli_open_program (cli, argv[1], &options, &model, &error)) == NULL
           || (cli->output != NULL && !strata_program_save (program, cli->output, &error)))
    status = cli_fail (cli, error);
  else if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      cli_program_figures (program, builder);
      build_sequence (builder, model, options.shapes != NULL);
      if (cli->certificate != NULL)
        cli_json_certificate (builder, cli->certificate);
      cli_json_string (builder, "output", cli->output);
      cli_json_end (cli, builder);
    }
  else
    {
      cli_print_program (program);
      print_sequence (model, options.shapes != NULL);
      if (alternatives && cli->certificate != NULL)
        {
          g_autofree char *text = cli_describe_certificate (cli->certificate);

          g_print ("%s", text);
        }
      if (cli->output != NULL)
        g_print ("Wrote %s.\n", cli->output);
    }
  return status;
}
