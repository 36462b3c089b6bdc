/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info FILE`: what a model, chip, program or profile is.
 */
#include <stdio.h>
#include <string.h>

#include "info.h"

/* TRUE where the file begins with @magic; where it cannot be read, where its name ends so */
static gboolean
is_of_kind (const char *path, const char *magic, const char *suffix)
{
  char head[16] = { 0 };
  gsize n = 0;
  /* opening a pipe would wait for somebody to write */
  FILE *file = g_file_test (path, G_FILE_TEST_IS_REGULAR) ? fopen (path, "rb") : NULL;

  if (file == NULL)
    return g_str_has_suffix (path, suffix);
  n = fread (head, 1, strlen (magic), file);
  fclose (file);
  return (n == strlen (magic) && memcmp (head, magic, n) == 0) || g_str_has_suffix (path, suffix);
}

gboolean
cli_is_program (const char *path)
{
  return is_of_kind (path, "STRP", ".strp");
}

gboolean
cli_is_profile (const char *path)
{
  return is_of_kind (path, "SQLite format 3", ".strata");
}

static int
info_program (Cli *cli, const char *path, const CliInfoOptions *options, GError **error)
{
  g_autoptr (StrataProgram) program = strata_program_load (path, error);

  if (program == NULL)
    return -1;
  if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      cli_json_string (builder, "kind", "program");
      cli_program_figures (program, builder);
      if (options->programming)
        cli_json_programming (builder, program);
      cli_json_end (cli, builder);
      return CLI_EXIT_DONE;
    }
  cli_print_program (program);
  g_print ("\n%-4s %-32s %-12s %6s\n", "#", "layer", "kind", "arrays");
  for (guint i = 0; i < strata_program_get_n_layers (program); i++)
    g_print ("%-4u %-32s %-12s %6u\n", i, strata_program_get_layer_name (program, i),
             strata_program_get_layer_kind (program, i), strata_program_get_layer_n_tiles (program, i));
  if (options->programming)
    cli_print_programming (cli, program);
  if (cli->verbose)
    {
      g_autofree char *listing = strata_program_disassemble (program);

      g_print ("\n%s", listing);
    }
  return CLI_EXIT_DONE;
}

static int
info_profile (Cli *cli, const char *path, GError **error)
{
  g_autoptr (StrataProfile) profile = strata_profile_open (path, cli->cancellable, error);
  g_autofree char *hash = NULL;

  if (profile == NULL)
    return -1;
  hash = strata_profile_content_hash (profile, cli->cancellable, error);
  if (hash == NULL)
    return -1;
  if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      cli_json_string (builder, "kind", "profile");
      cli_json_string (builder, "run", strata_profile_get_run_name (profile));
      cli_json_string (builder, "model", strata_profile_get_model_name (profile));
      cli_json_string (builder, "chip", strata_profile_get_chip_name (profile));
      cli_json_string (builder, "fidelity", strata_profile_get_fidelity_name (profile));
      cli_json_int (builder, "duration_ps", strata_profile_get_duration_ps (profile));
      cli_json_int (builder, "energy_fj", strata_profile_get_energy_fj (profile));
      cli_json_int (builder, "layers", (gint64) strata_profile_get_n_layers (profile));
      cli_json_int (builder, "events", strata_profile_get_n_events (profile));
      cli_json_string (builder, "content_hash", hash);
      cli_json_end (cli, builder);
      return CLI_EXIT_DONE;
    }
  cli_row ("profile", "%s", path);
  cli_row ("run", "%s", strata_profile_get_run_name (profile));
  cli_row ("model", "%s", strata_profile_get_model_name (profile));
  cli_row ("chip", "%s", strata_profile_get_chip_name (profile));
  cli_row ("fidelity", "%s", strata_profile_get_fidelity_name (profile));
  cli_row ("layers", "%" G_GSIZE_FORMAT, strata_profile_get_n_layers (profile));
  cli_row ("events", "%" G_GINT64_FORMAT, strata_profile_get_n_events (profile));
  cli_row ("content hash", "%s", hash);
  return CLI_EXIT_DONE;
}

static int
info_chip (Cli *cli, const char *name, GError **error)
{
  g_autoptr (StrataChip) chip = strata_chip_load (name, error);

  if (chip == NULL)
    return -1;
  if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      cli_json_string (builder, "kind", "chip");
      cli_json_string (builder, "name", strata_chip_get_name (chip));
      cli_json_string (builder, "title", strata_chip_get_title (chip));
      cli_json_int (builder, "arrays_total", strata_chip_get_n_arrays (chip));
      cli_json_int (builder, "weights_total", strata_chip_get_n_weights (chip));
      cli_json_peak (builder, chip);
      cli_json_end (cli, builder);
      return CLI_EXIT_DONE;
    }
  cli_row ("chip", "%s: %s", strata_chip_get_name (chip), strata_chip_get_title (chip));
  cli_row ("geometry", "%d stacks × %d tiers of %d×%d", strata_chip_get_n_stacks (chip), strata_chip_get_n_tiers (chip),
           strata_chip_get_n_rows (chip), strata_chip_get_n_columns (chip));
  cli_print_peak (chip);
  g_print ("`strata chip show %s` lists every field.\n", name);
  return CLI_EXIT_DONE;
}

static const char examples[] = "  strata info model.onnx --shape sequence=64\n"
                               "  strata info model.onnx --rewrites     (what the compiler sees)\n"
                               "  strata info config.json               (a transformer by its configuration)\n"
                               "  strata info model.strp --verbose     (with the instructions)\n"
                               "  strata info model.strp --programming (what loading it takes)\n"
                               "  strata info run.strata --json\n"
                               "  strata info demonstrator\n";

int
cli_info (Cli *cli, int argc, char **argv)
{
  CliInfoOptions options = { 0 };
  const GOptionEntry own[] = {
    CLI_SHAPE_ENTRY (&options.shapes),
    CLI_BIND_ENTRY (&options.bound),
    { "rewrites", 0, 0, G_OPTION_ARG_NONE, &options.rewrites,
      "List what the clean-up makes of the model: operators recognised, folded and dropped", NULL },
    { "programming", 0, 0, G_OPTION_ARG_NONE, &options.programming,
      "Of a program: the order of weight writes, their time, energy and wear", NULL },
    { "digest", 0, 0, G_OPTION_ARG_NONE, &options.digest, "Read the whole model file and print its digest (XXH3)",
      NULL },
    { NULL },
  };
  g_autoptr (CliEntries) entries = cli_join_entries (own, NULL);
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "FILE", "What a model, chip, program or profile is.", examples, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage (cli, "info takes one file; `strata info --help` explains");
  if (options.programming && !cli_is_program (argv[1]))
    return cli_usage (cli, "--programming is for programs, and %s is none; compile it first", argv[1]);
  if (!cli_redirect (cli, argv[1], &status))
    return status;
  if (cli_is_program (argv[1]))
    status = info_program (cli, argv[1], &options, &error);
  else if (cli_is_profile (argv[1]))
    status = info_profile (cli, argv[1], &error);
  else if (g_str_has_suffix (argv[1], ".yaml") || g_str_has_suffix (argv[1], ".yml")
           || g_strv_contains (strata_chip_list_names (), argv[1]))
    status = info_chip (cli, argv[1], &error);
  else
    status = cli_info_model (cli, argv[1], &options, &error);
  return status < 0 ? cli_fail (cli, error) : status;
}
