/* SPDX-License-Identifier: Apache-2.0
 *
 * A scan that knows strings and brackets, then json-glib.
 */
#include "model/arch/json-read.h"

#include "base/map.h"
#include "strata/strata-types.h"

static int
measure_depth (const char *bytes, gsize n_bytes, int limit)
{
  int depth = 0, deepest = 0;
  gboolean in_string = FALSE;

  for (gsize i = 0; i < n_bytes && deepest <= limit; i++)
    if (in_string && bytes[i] == '\\')
      i++;
    else if (bytes[i] == '"')
      in_string = !in_string;
    else if (!in_string && (bytes[i] == '{' || bytes[i] == '['))
      {
        depth++;
        deepest = MAX (deepest, depth);
      }
    else if (!in_string && (bytes[i] == '}' || bytes[i] == ']'))
      depth--;
  return deepest;
}

JsonObject *
strata_json_parse (const char *bytes, gsize n_bytes, int max_depth, GError **error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) inner = NULL;
  JsonNode *root;

  if (measure_depth (bytes, n_bytes, max_depth) > max_depth)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "its JSON nests deeper than %d levels; fewer are accepted", max_depth);
      return NULL;
    }
  if (!json_parser_load_from_data (parser, bytes, (gssize) n_bytes, &inner))
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT, "it is not well-formed JSON: %s",
                   inner->message);
      return NULL;
    }
  root = json_parser_get_root (parser);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT, "it is no JSON object, which is needed");
      return NULL;
    }
  return json_node_dup_object (root);
}

void
strata_json_tidy_error (GError **error)
{
  char *valid;

  if (error == NULL || *error == NULL)
    return;
  valid = g_utf8_make_valid ((*error)->message, -1);
  for (char *c = valid; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  g_free ((*error)->message);
  (*error)->message = valid;
}

GBytes *
strata_json_map (const char *path, gsize max_bytes, const char *what, GError **error)
{
  g_autoptr (GError) inner = NULL;
  g_autoptr (GBytes) bytes = strata_map_file (path, &inner);

  if (bytes == NULL)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND,
                   "%s: cannot be read (%s); give the path of %s", path, inner->message, what);
      return NULL;
    }
  if (g_bytes_get_size (bytes) > max_bytes)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "%s: it has %" G_GSIZE_FORMAT " bytes; at most %" G_GSIZE_FORMAT " are accepted", path,
                   g_bytes_get_size (bytes), max_bytes);
      return NULL;
    }
  return g_steal_pointer (&bytes);
}
