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
  strata_compiler_set_n_reads (compiler, (guint) options->n_reads);
  if (options->quantise != NULL && !strata_compiler_set_quantisation (compiler, options->quantise, &reason))
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--quantise: %s", reason->message);
      return NULL;
    }
  strata_compiler_set_timing_only (compiler, options->timing_only);
  strata_compiler_set_dump_folder (compiler, options->dump);
  strata_compiler_set_effort (compiler, options->effort);
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
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "MODEL", "Compiles an ONNX model to a program for a chip.", examples, &argc, &argv,
                  &status))
    ;
  else if (argc != 2)
    status = cli_usage (cli, "compile takes one model; `strata compile --help` explains");
  else if (!check_folder (cli, &error) || (program = cli_open_program (cli, argv[1], &options, NULL, &error)) == NULL
           || (cli->output != NULL && !strata_program_save (program, cli->output, &error)))
    status = cli_fail (cli, error);
  else if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      cli_program_figures (program, builder);
      if (cli->certificate != NULL)
        cli_json_certificate (builder, cli->certificate);
      cli_json_string (builder, "output", cli->output);
      cli_json_end (cli, builder);
    }
  else
    {
      cli_print_program (program);
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
