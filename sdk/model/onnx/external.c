/* SPDX-License-Identifier: Apache-2.0
 *
 * External data: files in the model's folder that tensors take their bytes from. A location is text of a stranger: it
 * may name nothing outside the folder, neither by .. nor by a link, and nothing that is not a file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "model/onnx/tensor.h"

typedef struct
{
  const guint8 *bytes;
  gsize n_bytes;
  const char *name; /* of the tensor */
} Range;

void
strata_onnx_source_init (StrataOnnxSource *source, StrataArena *arena, GPtrArray *backing, const char *folder)
{
  *source = (StrataOnnxSource){ .arena = arena, .backing = backing, .folder = folder };
  source->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  source->ranges = g_array_new (FALSE, FALSE, sizeof (Range));
}

void
strata_onnx_source_clear (StrataOnnxSource *source)
{
  g_clear_pointer (&source->real_folder, free);
  g_clear_pointer (&source->files, g_hash_table_unref);
  g_clear_pointer (&source->ranges, g_array_unref);
}

static gboolean
is_climbing (const char *location)
{
  g_auto (GStrv) parts = g_strsplit (location, "/", -1);

  if (g_path_is_absolute (location) || strchr (location, '\\') != NULL)
    return TRUE;
  for (char **part = parts; *part != NULL; part++)
    if (g_str_equal (*part, ".."))
      return TRUE;
  return FALSE;
}

static void
set_outside (const char *location, const char *how, GError **error)
{
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
               "its external data lie at '%s', outside the model's folder%s", location, how);
}

static GBytes *
set_not_found (const char *path, const char *reason, GError **error)
{
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND,
               "its external data file %s is not there or not readable (%s); it must lie beside the model", path,
               reason);
  return NULL;
}

/* @real, a path without links, starts with the folder's. */
static gboolean
is_inside (StrataOnnxSource *source, const char *real)
{
  gsize n;

  if (source->real_folder == NULL)
    source->real_folder = realpath (source->folder, NULL);
  if (source->real_folder == NULL)
    return FALSE;
  n = strlen (source->real_folder);
  while (n > 0 && source->real_folder[n - 1] == '/') /* the root itself */
    n--;
  return strncmp (real, source->real_folder, n) == 0 && (real[n] == '/' || real[n] == '\0');
}

static GBytes *
open_file (StrataOnnxSource *source, const char *location, GError **error)
{
  g_autofree char *path = g_build_filename (source->folder, location, NULL);
  g_autoptr (GError) reason = NULL;
  char *real = realpath (path, NULL);
  StrataFileStamp stamp;
  GBytes *known;

  if (real == NULL)
    return set_not_found (path, g_strerror (errno), error);
  known = g_hash_table_lookup (source->files, real);
  if (known == NULL && !is_inside (source, real))
    set_outside (location, ", through a link; a file beside the model is accepted", error);
  else if (known == NULL)
    {
      known = strata_map_file_stamped (real, &stamp, &reason);
      if (known == NULL)
        set_not_found (path, reason->message, error);
      else
        {
          g_ptr_array_add (source->backing, known);
          if (source->graph != NULL)
            strata_graph_add_file (source->graph, known, real, &stamp);
          g_hash_table_insert (source->files, g_strdup (real), known);
        }
    }
  free (real);
  if (known != NULL)
    g_hash_table_insert (source->files, g_strdup (location), known);
  return known;
}

static const guint8 *
set_error (GError **error, const char *text)
{
  g_set_error_literal (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT, text);
  return NULL;
}

const guint8 *
strata_onnx_external (
  StrataOnnxSource *source, const char *name, const char *location, guint64 offset, guint64 n_bytes, GError **error)
{
  const guint8 *bytes;
  GBytes *file;
  gsize n_file;

  if (*location == '\0')
    return set_error (error, "its external data have no location; a file beside the model must be named");
  if (is_climbing (location))
    {
      set_outside (location, "; a relative path without .. is accepted", error);
      return NULL;
    }
  if (source->folder == NULL)
    return set_error (error, "its data lie in another file, and there is no folder to look in; open it by path");
  file = g_hash_table_lookup (source->files, location);
  if (file == NULL)
    file = open_file (source, location, error);
  if (file == NULL)
    return NULL;
  bytes = g_bytes_get_data (file, &n_file);
  if (offset > n_file || n_bytes > n_file - offset)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "its external data reach past the end of %s (%" G_GSIZE_FORMAT " bytes); the file is truncated",
                   location, n_file);
      return NULL;
    }
  if (n_bytes > 0)
    {
      Range range = { bytes + offset, (gsize) n_bytes, name };

      g_array_append_val (source->ranges, range);
    }
  /* an empty file has no bytes to point to */
  return bytes == NULL ? (const guint8 *) "" : bytes + offset;
}

static int
compare_ranges (gconstpointer a, gconstpointer b)
{
  const Range *left = a, *right = b;

  if (left->bytes != right->bytes)
    return left->bytes < right->bytes ? -1 : 1;
  return left->n_bytes == right->n_bytes ? 0 : left->n_bytes < right->n_bytes ? -1 : 1;
}

gboolean
strata_onnx_check_overlaps (const StrataOnnxSource *source, GError **error)
{
  g_array_sort (source->ranges, compare_ranges);
  for (guint i = 1; i < source->ranges->len; i++)
    {
      const Range *before = &g_array_index (source->ranges, Range, i - 1);
      const Range *range = &g_array_index (source->ranges, Range, i);

      if (range->bytes >= before->bytes + before->n_bytes
          || (range->bytes == before->bytes && range->n_bytes == before->n_bytes))
        continue;
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "tensor %s: its external data overlap those of tensor %s; bytes of their own, or the very same, are "
                   "accepted",
                   range->name, before->name);
      return FALSE;
    }
  return TRUE;
}
