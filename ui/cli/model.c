/* SPDX-License-Identifier: Apache-2.0
 *
 * `strata model list | make`.
 */
#include "cli.h"

#include <glib/gstdio.h>

typedef struct
{
  gboolean external;
  char *config, **shapes;
} MakeOptions;

static char *
input_text (StrataModel *model)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < strata_model_get_n_inputs (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_input_shape (model, i, &n_dims);
      g_autofree char *shape = cli_shape (dims, n_dims);

      g_string_append_printf (text, "%s%s", i == 0 ? "" : ", ", shape);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
print_inputs_json (JsonBuilder *builder, StrataModel *model)
{
  json_builder_set_member_name (builder, "inputs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < strata_model_get_n_inputs (model); i++)
    {
      guint n_dims;
      const gint64 *dims = strata_model_get_input_shape (model, i, &n_dims);

      cli_json_port (builder, strata_model_get_input_name (model, i), strata_model_get_input_dtype (model, i), dims,
                     n_dims);
    }
  json_builder_end_array (builder);
}

static void
print_counts_json (JsonBuilder *builder, StrataModel *model)
{
  cli_json_int (builder, "parameters", strata_model_get_n_trainable (model));
  cli_json_int (builder, "macs", strata_model_get_n_macs (model));
  cli_json_int (builder, "opset", strata_model_get_opset (model));
  print_inputs_json (builder, model);
}

static void
print_row (const char *name, StrataModel *model)
{
  g_autofree char *inputs = input_text (model);

  /* × is two bytes and one column */
  g_print ("%-20s %12" G_GINT64_FORMAT " %14" G_GINT64_FORMAT "  %s%*s %s\n", name,
           strata_model_get_n_trainable (model), strata_model_get_n_macs (model), inputs,
           MAX (19 - (int) g_utf8_strlen (inputs, -1), 0), "", strata_architecture_get_description (name));
}

static int
list_architectures (Cli *cli, GError **error)
{
  JsonBuilder *builder = cli->json ? cli_json_begin (cli) : NULL;

  if (builder != NULL)
    {
      json_builder_set_member_name (builder, "models");
      json_builder_begin_array (builder);
    }
  else
    g_print ("%-20s %12s %14s  %-19s %s\n", "name", "parameters", "MACs", "inputs", "what it is");
  for (const char *const *name = strata_architecture_list_names (); *name != NULL; name++)
    {
      g_autoptr (StrataModel) model = strata_model_new_architecture (*name, 0, error);

      if (model == NULL)
        {
          g_clear_object (&builder);
          return -1;
        }
      if (builder == NULL)
        {
          print_row (*name, model);
          continue;
        }
      json_builder_begin_object (builder);
      cli_json_string (builder, "name", *name);
      cli_json_string (builder, "description", strata_architecture_get_description (*name));
      print_counts_json (builder, model);
      cli_json_string (builder, "source", strata_architecture_get_source (*name));
      json_builder_end_object (builder);
    }
  if (builder != NULL)
    {
      json_builder_end_array (builder);
      cli_json_end (cli, builder);
    }
  return CLI_EXIT_DONE;
}

static gint64
file_size (const char *path)
{
  GStatBuf there;

  return g_stat (path, &there) == 0 ? (gint64) there.st_size : 0;
}

/* "llama-3.2-1b" of "configs.json#llama-3.2-1b", "config" of "some/config.json" */
static char *
name_of_config (const char *config)
{
  const char *mark = strrchr (config, '#');
  char *name = mark != NULL && !g_file_test (config, G_FILE_TEST_EXISTS) ? g_path_get_basename (mark + 1)
                                                                         : g_path_get_basename (config);

  if (g_str_has_suffix (name, ".json"))
    name[strlen (name) - strlen (".json")] = '\0';
  return name;
}

static StrataModel *
new_model (Cli *cli, const char *name, const MakeOptions *options, GError **error)
{
  g_autoptr (StrataModelOptions) shapes = NULL;

  if (options->config == NULL)
    return strata_model_new_architecture (name, (guint64) cli->seed, error);
  shapes = cli_read_shapes (options->shapes, NULL, error);
  return shapes == NULL ? NULL : strata_model_new_configuration (options->config, shapes, (guint64) cli->seed, error);
}

static void
print_made (const Cli *cli, const char *name, const MakeOptions *options, StrataModel *model, const char *path)
{
  cli_row ("model", "%s: %s", name,
           options->config == NULL ? strata_architecture_get_description (name) : "by its configuration");
  cli_row ("parameters", "%" G_GINT64_FORMAT "%s%s%s", strata_model_get_n_trainable (model),
           options->config == NULL ? ", as published (" : "",
           options->config == NULL ? strata_architecture_get_source (name) : "", options->config == NULL ? ")" : "");
  cli_row ("MACs", "%" G_GINT64_FORMAT, strata_model_get_n_macs (model));
  if (options->config == NULL)
    g_print ("Wrote %s. Its weights are random, of seed %" G_GINT64_FORMAT ".\n", path, cli->seed);
  else
    g_print ("Wrote %s. Weights that do not lie beside the configuration are random, of seed %" G_GINT64_FORMAT ".\n",
             path, cli->seed);
}

static int
make_model (Cli *cli, const char *name, const MakeOptions *options, GError **error)
{
  g_autoptr (StrataModel) model = new_model (cli, name, options, error);
  g_autofree char *made = g_strconcat (name, ".onnx", NULL);
  const char *path = cli->output == NULL ? made : cli->output;
  StrataModelSave flags = options->external ? STRATA_MODEL_SAVE_EXTERNAL : STRATA_MODEL_SAVE_DEFAULT;

  if (model == NULL || !strata_model_save (model, path, flags, cli_progress, cli, cli->cancellable, error))
    return -1;
  cli_progress_clear (cli);
  if (cli->json)
    {
      JsonBuilder *builder = cli_json_begin (cli);

      cli_json_string (builder, "name", name);
      print_counts_json (builder, model);
      cli_json_int (builder, "seed", cli->seed);
      cli_json_string (builder, "output", path);
      cli_json_int (builder, "bytes", file_size (path));
      cli_json_end (cli, builder);
      return CLI_EXIT_DONE;
    }
  print_made (cli, name, options, model, path);
  return CLI_EXIT_DONE;
}

static const char examples[] = "  strata model list\n"
                               "  strata model make resnet50\n"
                               "  strata model make mobilenetv2 --seed 7 -o mine.onnx\n"
                               "  strata model make vgg16 --external      (weights in vgg16.data)\n"
                               "  strata model make --config llama/config.json --shape sequence=64 -o llama.onnx\n"
                               "  strata model make --config configs.json#smollm2-135m --shape past=127\n";

int
cli_model (Cli *cli, int argc, char **argv)
{
  MakeOptions options = { 0 };
  const GOptionEntry own[] = {
    { "external", 0, 0, G_OPTION_ARG_NONE, &options.external, "make: weights in a file beside the model", NULL },
    { "config", 0, 0, G_OPTION_ARG_FILENAME, &options.config, "make: a transformer of its configuration",
      "FILE|FILE#NAME" },
    CLI_SHAPE_ENTRY (&options.shapes),
    { NULL },
  };
  g_autoptr (CliEntries) entries = cli_join_entries (own, NULL);
  GError *error = NULL;
  int status = CLI_EXIT_DONE;

  if (!cli_parse (cli, entries, "list | make NAME | make --config FILE",
                  "Standard architectures, written as ONNX with seeded weights.", examples, &argc, &argv, &status))
    return status;
  if (argc == 2 && g_str_equal (argv[1], "list"))
    {
      if (!cli_redirect (cli, "", &status))
        return status;
      status = list_architectures (cli, &error);
    }
  else if (options.shapes != NULL && options.config == NULL)
    status = cli_usage (cli, "--shape goes with --config; a built-in architecture has the shapes that `strata model "
                             "list` shows");
  else if (argc == (options.config == NULL ? 3 : 2) && g_str_equal (argv[1], "make"))
    {
      g_autofree char *name = options.config == NULL ? g_strdup (argv[2]) : name_of_config (options.config);

      status = make_model (cli, name, &options, &error);
    }
  else
    status = cli_usage (cli, "model takes list, make NAME or make --config FILE; `strata model --help` explains");
  return status < 0 ? cli_fail (cli, error) : status;
}
