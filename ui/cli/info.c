/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata info FILE`: what a model, chip, program or profile is.
 */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static GHashTable *
count_operators (StrataModel *model)
{
  GHashTable *counts = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      const char *op = strata_model_get_node_op (model, i);

      g_hash_table_insert (counts, (gpointer) op,
                           GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, op)) + 1));
    }
  return counts;
}

static GList *
sort_operators (GHashTable *counts)
{
  return g_list_sort (g_hash_table_get_keys (counts), (GCompareFunc) g_strcmp0);
}

static void
model_json (Cli *cli, StrataModel *model)
{
  JsonBuilder *builder = cli_json_begin (cli);
  g_autoptr (GHashTable) counts = count_operators (model);
  g_autoptr (GList) names = sort_operators (counts);

  cli_json_string (builder, "kind", "model");
  cli_json_string (builder, "path", strata_model_get_path (model));
  cli_json_string (builder, "producer", strata_model_get_producer (model));
  cli_json_int (builder, "opset", strata_model_get_opset (model));
  cli_json_int (builder, "nodes", strata_model_get_n_nodes (model));
  cli_json_int (builder, "parameters", strata_model_get_n_parameters (model));
  cli_json_int (builder, "trainable", strata_model_get_n_trainable (model));
  cli_json_int (builder, "macs", strata_model_get_n_macs (model));
  cli_json_int (builder, "quantised_layers", strata_model_get_n_quantised_layers (model));
  json_builder_set_member_name (builder, "operators");
  json_builder_begin_object (builder);
  for (GList *l = names; l != NULL; l = l->next)
    cli_json_int (builder, l->data, GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)));
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "layers");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_node_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);

      json_builder_begin_object (builder);
      cli_json_string (builder, "name", strata_model_get_node_name (model, i));
      cli_json_string (builder, "op", strata_model_get_node_op (model, i));
      cli_json_string (builder, "shape", shape);
      cli_json_int (builder, "macs", strata_model_get_node_macs (model, i));
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "fit");
  json_builder_begin_object (builder);
  for (const char *const *name = strata_chip_list_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChip) chip = strata_chip_load (*name, NULL);

      if (chip == NULL)
        continue;
      json_builder_set_member_name (builder, *name);
      json_builder_begin_object (builder);
      cli_json_int (builder, "arrays_required", strata_model_get_arrays_required (model, chip));
      cli_json_int (builder, "arrays_total", strata_chip_get_n_arrays (chip));
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
  cli_json_end (cli, builder);
}

static void
print_ports (StrataModel *model)
{
  for (guint i = 0; i < strata_model_get_n_inputs (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_input_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);

      cli_row (i == 0 ? "inputs" : "", "%s  %s %s", strata_model_get_input_name (model, i),
               strata_dtype_name (strata_model_get_input_dtype (model, i)), shape);
    }
  for (guint i = 0; i < strata_model_get_n_outputs (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_output_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);

      cli_row (i == 0 ? "outputs" : "", "%s  %s", strata_model_get_output_name (model, i), shape);
    }
}

static void
print_fit (StrataModel *model)
{
  for (const char *const *name = strata_chip_list_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChip) chip = strata_chip_load (*name, NULL);
      gint64 required, total;

      if (chip == NULL)
        continue;
      required = strata_model_get_arrays_required (model, chip);
      total = strata_chip_get_n_arrays (chip);
      cli_row (name == strata_chip_list_names () ? "arrays" : "",
               "%-16s %6" G_GINT64_FORMAT " of %6" G_GINT64_FORMAT "  %s", *name, required, total,
               required <= total ? "fits" : "does not fit");
    }
}

static void
model_text (Cli *cli, StrataModel *model)
{
  g_autoptr (GHashTable) counts = count_operators (model);
  g_autoptr (GList) names = sort_operators (counts);
  g_autoptr (GString) operators = g_string_new (NULL);

  for (GList *l = names; l != NULL; l = l->next)
    g_string_append_printf (operators, "%s%s %u", l == names ? "" : ", ", (const char *) l->data,
                            GPOINTER_TO_UINT (g_hash_table_lookup (counts, l->data)));
  cli_row ("model", "%s", strata_model_get_path (model));
  cli_row ("format", "ONNX opset %d%s%s", strata_model_get_opset (model),
           strata_model_get_producer (model) == NULL ? "" : ", written by ",
           strata_model_get_producer (model) == NULL ? "" : strata_model_get_producer (model));
  cli_row ("nodes", "%u: %s", strata_model_get_n_nodes (model), operators->str);
  cli_row ("parameters", "%" G_GINT64_FORMAT " in products; %" G_GINT64_FORMAT " with norms and embeddings",
           strata_model_get_n_parameters (model), strata_model_get_n_trainable (model));
  cli_row ("MACs", "%" G_GINT64_FORMAT, strata_model_get_n_macs (model));
  cli_row ("numbers", "%s",
           strata_model_get_n_quantised_layers (model) > 0 ? "quantised (QDQ)"
                                                           : "float; compiling needs --calibration");
  print_ports (model);
  print_fit (model);
  g_print ("\n%-32s %-20s %-16s %12s\n", "layer", "operator", "output", "MACs");
  for (guint i = 0; i < strata_model_get_n_nodes (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_node_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);
      gint64 macs = strata_model_get_node_macs (model, i);

      if (macs > 0 || cli->verbose)
        g_print ("%-32s %-20s %-16s %12" G_GINT64_FORMAT "\n", strata_model_get_node_name (model, i),
                 strata_model_get_node_op (model, i), shape, macs);
    }
}

/* TRUE where the file begins with @magic; where it cannot be read, where its name ends so */
static gboolean
is_of_kind (const char *path, const char *magic, const char *suffix)
{
  char head[16] = { 0 };
  gsize n = 0;
  FILE *file = fopen (path, "rb");

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
info_model (Cli *cli, const char *path, char **shapes, GError **error)
{
  g_autoptr (StrataModelOptions) options = cli_read_shapes (shapes, error);
  g_autoptr (StrataModel) model =
    options == NULL ? NULL : strata_model_open_with (path, options, cli->cancellable, error);

  if (model == NULL)
    return -1;
  if (cli->json)
    model_json (cli, model);
  else
    model_text (cli, model);
  return CLI_EXIT_DONE;
}

static int
info_program (Cli *cli, const char *path, GError **error)
{
  g_autoptr (StrataProgram) program = strata_program_load (path, error);

  if (program == NULL)
    return -1;
  if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      cli_json_string (builder, "kind", "program");
      cli_program_figures (program, builder);
      cli_json_end (cli, builder);
      return CLI_EXIT_DONE;
    }
  cli_print_program (program);
  g_print ("\n%-4s %-32s %-12s %6s\n", "#", "layer", "kind", "arrays");
  for (guint i = 0; i < strata_program_get_n_layers (program); i++)
    g_print ("%-4u %-32s %-12s %6u\n", i, strata_program_get_layer_name (program, i),
             strata_program_get_layer_kind (program, i), strata_program_get_layer_n_tiles (program, i));
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
      cli_json_end (cli, builder);
      return CLI_EXIT_DONE;
    }
  cli_row ("chip", "%s: %s", strata_chip_get_name (chip), strata_chip_get_title (chip));
  cli_row ("geometry", "%d stacks × %d tiers of %d×%d", strata_chip_get_n_stacks (chip), strata_chip_get_n_tiers (chip),
           strata_chip_get_n_rows (chip), strata_chip_get_n_columns (chip));
  g_print ("`strata chip show %s` lists every field.\n", name);
  return CLI_EXIT_DONE;
}

static const char examples[] = "  strata info model.onnx\n"
                               "  strata info model.strp --verbose     (with the instructions)\n"
                               "  strata info run.strata --json\n"
                               "  strata info demonstrator\n";

int
cli_info (Cli *cli, int argc, char **argv)
{
  g_auto (GStrv) shapes = NULL;
  const GOptionEntry entries[] = { CLI_SHAPE_ENTRY (&shapes), { NULL } };
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "FILE", "What a model, chip, program or profile is.", examples, &argc, &argv, &status))
    return status;
  if (argc != 2)
    return cli_usage (cli, "info takes one file; `strata info --help` explains");
  if (!cli_redirect (cli, argv[1], &status))
    return status;
  if (cli_is_program (argv[1]))
    status = info_program (cli, argv[1], &error);
  else if (cli_is_profile (argv[1]))
    status = info_profile (cli, argv[1], &error);
  else if (g_str_has_suffix (argv[1], ".yaml") || g_str_has_suffix (argv[1], ".yml")
           || g_strv_contains (strata_chip_list_names (), argv[1]))
    status = info_chip (cli, argv[1], &error);
  else
    status = info_model (cli, argv[1], shapes, &error);
  return status < 0 ? cli_fail (cli, error) : status;
}
