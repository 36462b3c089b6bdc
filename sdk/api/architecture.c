/* SPDX-License-Identifier: Apache-2.0
 *
 * Built-in architectures as models.
 */
#include "strata/strata-architecture.h"

#include "api/model-private.h"
#include "api/model-options.h"
#include "model/arch/architectures.h"

static const char *const names[] = {
#define STRATA_ARCHITECTURE(id, name, ...) name,
#include "model/arch/architectures.def"
#undef STRATA_ARCHITECTURE
  NULL,
};

const char *const *
strata_architecture_list_names (void)
{
  return names;
}

const char *
strata_architecture_get_description (const char *name)
{
  const StrataArchitecture *row;

  g_return_val_if_fail (name != NULL, NULL);
  row = strata_architecture_find (name, NULL);
  return row == NULL ? NULL : row->description;
}

const char *
strata_architecture_get_source (const char *name)
{
  const StrataArchitecture *row;

  g_return_val_if_fail (name != NULL, NULL);
  row = strata_architecture_find (name, NULL);
  return row == NULL ? NULL : row->source;
}

StrataModel *
strata_model_new_architecture (const char *name, guint64 seed, GError **error)
{
  const StrataArchitecture *row;
  GArray *fills = NULL;
  StrataGraph *graph;

  g_return_val_if_fail (name != NULL, NULL);
  row = strata_architecture_find (name, error);
  graph = row == NULL ? NULL : strata_architecture_make (row, &fills, error);
  return graph == NULL ? NULL : strata_model_new_from_graph (graph, fills, seed);
}

StrataModel *
strata_model_new_configuration (const char *path, StrataModelOptions *options, guint64 seed, GError **error)
{
  GArray *fills = NULL;
  StrataGraph *graph;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (options == NULL || STRATA_IS_MODEL_OPTIONS (options), NULL);
  graph = strata_model_options_load (options, path, &fills, NULL, error);
  return graph == NULL ? NULL : strata_model_new_from_graph (graph, fills, seed);
}
