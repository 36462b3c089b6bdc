/* SPDX-License-Identifier: Apache-2.0
 *
 * From a path to the JSON object of one configuration. A file is one (it has "model_type"), or lists several by name;
 * FILE#NAME chooses, in upper or lower case.
 */
#include <string.h>

#include "model/arch/config-read.h"

#define MAX_FILE_BYTES (16 << 20)
#define MAX_DEPTH 32
#define MAX_LISTED 40

char *
strata_transformer_config_split (const char *path, char **name)
{
  const char *mark = strrchr (path, '#');
  gboolean whole = mark == NULL || mark == path || g_file_test (path, G_FILE_TEST_EXISTS);

  if (name != NULL)
    *name = whole ? NULL : g_strdup (mark + 1);
  return whole ? g_strdup (path) : g_strndup (path, (gsize) (mark - path));
}

gboolean
strata_transformer_config_is (const char *path)
{
  g_autofree char *file = strata_transformer_config_split (path, NULL);
  g_autoptr (GFile) source = g_file_new_for_path (file);
  g_autoptr (GFileInputStream) stream = NULL;
  char head[64];
  gssize n;

  if (!g_file_test (file, G_FILE_TEST_IS_REGULAR))
    return g_str_has_suffix (file, ".json");
  stream = g_file_read (source, NULL, NULL);
  n = stream == NULL ? 0 : g_input_stream_read (G_INPUT_STREAM (stream), head, sizeof head, NULL, NULL);
  for (gssize i = 0; i < n; i++)
    if (!g_ascii_isspace (head[i]))
      return head[i] == '{';
  return FALSE;
}

static gboolean
is_entry (JsonObject *object, const char *name)
{
  return JSON_NODE_HOLDS_OBJECT (json_object_get_member (object, name));
}

static gboolean
fail_listing (JsonObject *object, const char *problem, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (object);
  g_autoptr (GString) text = g_string_new (NULL);
  int n = 0;

  for (GList *l = names; l != NULL && n < MAX_LISTED; l = l->next)
    if (is_entry (object, l->data))
      g_string_append_printf (text, "%s%.60s", n++ == 0 ? "" : ", ", (const char *) l->data);
  if (n == 0)
    return strata_config_fail (error, "model_type: missing; this is no configuration of a transformer");
  return strata_config_fail (error, "%s; FILE#NAME with one of these names is accepted: %s", problem, text->str);
}

static JsonObject *
find_entry (JsonObject *root, const char *name, GError **error)
{
  g_autoptr (GList) names = json_object_get_members (root);
  g_autofree char *problem = NULL;

  for (GList *l = names; l != NULL; l = l->next)
    if (g_ascii_strcasecmp (l->data, name) == 0 && is_entry (root, l->data))
      return json_object_get_object_member (root, l->data);
  problem = g_strdup_printf ("it has no configuration called %.60s", name);
  fail_listing (root, problem, error);
  return NULL;
}

static gboolean
parse (const char *bytes, gsize n_bytes, const char *name, StrataTransformerConfig *config, GError **error)
{
  g_autoptr (JsonObject) root = NULL;
  JsonObject *object;

  if (n_bytes > MAX_FILE_BYTES)
    return strata_config_fail (error, "it has %" G_GSIZE_FORMAT " bytes; at most %d are accepted", n_bytes,
                               MAX_FILE_BYTES);
  root = strata_json_parse (bytes, n_bytes, MAX_DEPTH, error);
  if (root == NULL)
    return FALSE;
  if (name == NULL && !json_object_has_member (root, "model_type") && !json_object_has_member (root, "family"))
    return fail_listing (root, "it lists several configurations", error);
  object = name == NULL ? root : find_entry (root, name, error);
  return object != NULL && strata_config_from_object (object, config, error);
}

gboolean
strata_transformer_config_parse (const char *bytes,
                                 gsize n_bytes,
                                 const char *name,
                                 const char *origin,
                                 StrataTransformerConfig *config,
                                 GError **error)
{
  if (parse (bytes, n_bytes, name, config, error))
    return TRUE;
  strata_json_tidy_error (error);
  g_prefix_error (error, "%s%s%s: ", origin, name == NULL ? "" : "#", name == NULL ? "" : name);
  return FALSE;
}

gboolean
strata_transformer_config_read (const char *path, StrataTransformerConfig *config, GError **error)
{
  g_autofree char *name = NULL;
  g_autofree char *file = strata_transformer_config_split (path, &name);
  g_autoptr (GBytes) bytes = strata_json_map (file, MAX_FILE_BYTES, "a transformer's config.json", error);

  if (bytes == NULL)
    return FALSE;
  return strata_transformer_config_parse (g_bytes_get_size (bytes) == 0 ? "" : g_bytes_get_data (bytes, NULL),
                                          g_bytes_get_size (bytes), name, file, config, error);
}
