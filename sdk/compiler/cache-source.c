/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of models. Weights are told apart by the digest of the file that they lie in and their place there, and the file
 * by its place and times, so that a model that was seen before is not read again. A file that changed just before it
 * was mapped is read all the same: another change could leave the times as they are.
 */
#include "base/hash.h"
#include "compiler/cached.h"
#include "program/bytes.h"

static guint64
digest_file (StrataCache *cache, const StrataGraphFile *file)
{
  const StrataFileStamp *stamp = &file->stamp;
  const gint64 fields[] = { (gint64) stamp->device, (gint64) stamp->inode, stamp->n_bytes, stamp->modified_ns,
                            stamp->changed_ns };
  guint64 key = strata_hash_bytes (fields, sizeof fields), digest;
  gboolean rested = strata_file_stamp_has_rested (stamp);
  g_autoptr (GBytes) known = rested ? strata_cache_get (cache, STRATA_STAGE_DIGEST, key, NULL) : NULL;
  gsize n_bytes;
  gconstpointer bytes = g_bytes_get_data (file->bytes, &n_bytes);

  if (known != NULL && g_bytes_get_size (known) == sizeof digest)
    {
      StrataReader reader = { g_bytes_get_data (known, NULL), sizeof digest, 0, FALSE };

      return (guint64) strata_get_i64 (&reader);
    }
  digest = strata_hash_bytes (bytes, n_bytes);
  strata_cache_count_made (cache, STRATA_STAGE_DIGEST);
  if (rested)
    {
      GByteArray *array = g_byte_array_new ();
      g_autoptr (GBytes) kept = NULL;

      strata_put_i64 (array, (gint64) digest);
      kept = g_byte_array_free_to_bytes (array);
      strata_cache_put_memory (cache, STRATA_STAGE_DIGEST, key, kept, NULL);
      strata_cache_put_folder (cache, STRATA_STAGE_DIGEST, key, kept);
    }
  return digest;
}

gboolean
strata_cache_source_rests (const StrataGraph *source)
{
  for (guint i = 0; source->files != NULL && i < source->files->len; i++)
    {
      const StrataGraphFile *file = &g_array_index (source->files, StrataGraphFile, i);
      StrataFileStamp now;

      if (!strata_file_stamp (file->path, &now) || !strata_file_stamp_equal (&now, &file->stamp))
        return FALSE;
    }
  return TRUE;
}

guint64
strata_cached_digest (StrataCache *cache, const StrataGraph *source)
{
  const StrataGraphFile *file =
    source->files != NULL && source->files->len > 0 ? &g_array_index (source->files, StrataGraphFile, 0) : NULL;

  if (cache == NULL || file == NULL || source->backing->pdata[0] != file->bytes || !strata_cache_source_rests (source))
    return strata_graph_digest (source);
  return digest_file (cache, file);
}

typedef struct
{
  const StrataGraph *graph;
  guint64 *digests; /* per file */
} Source;

/* The file that a constant lies in, -1: none */
static int
find_file (const StrataGraph *graph, const StrataValue *value, gsize *offset)
{
  for (guint i = 0; graph->files != NULL && value->data != NULL && i < graph->files->len; i++)
    {
      gsize n;
      const guint8 *bytes = g_bytes_get_data (g_array_index (graph->files, StrataGraphFile, i).bytes, &n);
      const guint8 *data = value->data;

      if (data >= bytes && data < bytes + n && value->n_bytes <= (gsize) (bytes + n - data))
        {
          *offset = (gsize) (data - bytes);
          return (int) i;
        }
    }
  return -1;
}

static guint64
digest_cb (const StrataValue *value, gpointer user_data)
{
  const Source *source = user_data;
  g_autoptr (StrataHasher) hasher = NULL;
  gsize offset = 0;
  int file = find_file (source->graph, value, &offset);

  if (value->data == NULL) /* even where its digest is known: what cannot be computed with makes another program */
    return 0;
  if (file < 0)
    return strata_value_digest (value);
  hasher = strata_hasher_new ();
  strata_hasher_int (hasher, (gint64) source->digests[file]);
  strata_hasher_int (hasher, (gint64) offset);
  strata_hasher_int (hasher, (gint64) value->n_bytes);
  return MAX (strata_hasher_digest (hasher), 1);
}

guint64
strata_cache_source_key (StrataCache *cache, const StrataGraph *source)
{
  guint n_files = source->files != NULL ? source->files->len : 0;
  g_autofree guint64 *digests = g_new0 (guint64, n_files + 1);
  Source sources = { source, digests };

  if (!strata_cache_source_rests (source))
    return 0;
  for (guint i = 0; i < n_files; i++)
    digests[i] = digest_file (cache, &g_array_index (source->files, StrataGraphFile, i));
  return MAX (strata_graph_hash_by (source, digest_cb, &sources), 1);
}
