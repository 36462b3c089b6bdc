/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening: configuration, graph, weights beside it; and models of either kind by what the file holds.
 */
#include "model/arch/transformer.h"
#include "model/arch/weights.h"

/* Weights lie beside a configuration of its own, not beside a list of many. */
static gboolean
bind_weights (
  StrataGraph *graph, const char *path, const StrataTransformerConfig *config, GArray *fills, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *file = strata_transformer_config_split (path, &name);
  g_autofree char *folder = g_path_get_dirname (file);
  g_autoptr (StrataSafetensors) tensors = NULL;

  if (name != NULL)
    return TRUE;
  if (!strata_safetensors_open (folder, &tensors, error))
    return FALSE;
  if (tensors == NULL || strata_weights_bind (graph, config, tensors, fills, error))
    return TRUE;
  g_prefix_error (error, "%s: weights in %s: ", path, folder);
  return FALSE;
}

StrataGraph *
strata_config_load (const char *path, const StrataTransformerOptions *options, GArray **fills, GError **error)
{
  g_autoptr (StrataGraph) graph = NULL;
  g_autoptr (GArray) made = NULL;
  StrataTransformerConfig config;

  if (!strata_transformer_config_read (path, &config, error))
    return NULL;
  graph = strata_transformer_graph (path, &config, options, &made, error);
  if (graph == NULL)
    return NULL;
  if ((options == NULL || !options->weightless) && !bind_weights (graph, path, &config, made, error))
    return NULL;
  if (fills != NULL)
    *fills = g_steal_pointer (&made);
  return g_steal_pointer (&graph);
}

static gboolean
read_options (const char *path, const StrataImportOptions *options, StrataTransformerOptions *bound, GError **error)
{
  if (options == NULL)
    return TRUE;
  if (options->n_values > 0)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
                   "%s: %s: an input of a configuration cannot be given at import; its shape can", path,
                   options->values[0].name);
      return FALSE;
    }
  if (strata_transformer_options_bind (bound, options->shapes, options->n_shapes, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

StrataGraph *
strata_graph_load (
  const char *path, const StrataImportOptions *options, GArray **fills, GCancellable *cancellable, GError **error)
{
  static const StrataImportOptions none = { 0 };
  StrataTransformerOptions bound = { 0 };

  if (fills != NULL)
    *fills = NULL;
  if (!strata_transformer_config_is (path))
    return strata_onnx_load_with (path, options == NULL ? &none : options, cancellable, error);
  if (g_cancellable_set_error_if_cancelled (cancellable, error) || !read_options (path, options, &bound, error))
    return NULL;
  return strata_config_load (path, &bound, fills, error);
}

static char **
list_inputs (const StrataGraph *graph)
{
  char **names = g_new0 (char *, graph->n_inputs + 1);

  for (int i = 0; i < graph->n_inputs; i++)
    names[i] = g_strdup (graph->values[graph->inputs[i]].name);
  return names;
}

char **
strata_graph_input_names (const char *path, const StrataImportOptions *options, GError **error)
{
  StrataTransformerOptions bound = { .weightless = TRUE };
  g_autoptr (GMappedFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StrataGraph) graph = NULL;

  if (strata_transformer_config_is (path))
    {
      graph = read_options (path, options, &bound, error) ? strata_config_load (path, &bound, NULL, error) : NULL;
      return graph == NULL ? NULL : list_inputs (graph);
    }
  file = g_mapped_file_new (path, FALSE, NULL);
  bytes = file == NULL ? NULL : g_mapped_file_get_bytes (file);
  return bytes == NULL ? g_new0 (char *, 1) : strata_onnx_input_names (bytes, path, error);
}
