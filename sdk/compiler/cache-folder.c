/* SPDX-License-Identifier: Apache-2.0
 *
 * A file is a header {"STRC", version, stage (32 bits each), 0, key, build, length, XXH3 of the bytes (64 bits each)}
 * and the bytes. It is written under another name and renamed, so that no process sees half of it; after a power cut
 * the hash tells. A file that is used gets a new time, and the oldest go first when the folder is too large. Files that
 * are not the cache's own are never touched.
 */
#include "compiler/cache-folder.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/write.h"
#include "program/bytes.h"

#define MAGIC "STRC"
#define VERSION 1
#define HEADER_BYTES 48
#define SUFFIX ".strc"
#define PARTIAL ".strc-partial"
/* A partial file of this age was left by a process that died. */
#define STALE_S (60 * 60)
/* Cleaning up leaves this share of the bound, so that it is not needed for every file. */
#define KEPT_SHARE 0.8

struct _StrataCacheFolder
{
  char *path;
  guint64 max_bytes, build;
  GMutex lock;      /* of what follows */
  guint64 n_bytes;  /* in the folder, as last looked at plus what was written since */
  gboolean counted; /* @n_bytes was looked at */
};

StrataCacheFolder *
strata_cache_folder_new (const char *path, guint64 max_bytes, guint64 build)
{
  StrataCacheFolder *folder = g_new0 (StrataCacheFolder, 1);

  folder->path = g_strdup (path);
  folder->max_bytes = max_bytes;
  folder->build = build;
  g_mutex_init (&folder->lock);
  return folder;
}

void
strata_cache_folder_free (StrataCacheFolder *folder)
{
  if (folder == NULL)
    return;
  g_mutex_clear (&folder->lock);
  g_free (folder->path);
  g_free (folder);
}

char *
strata_cache_folder_file (const StrataCacheFolder *folder, StrataStage stage, guint64 key)
{
  g_autofree char *name = g_strdup_printf ("%s-%016" G_GINT64_MODIFIER "x-%016" G_GINT64_MODIFIER "x" SUFFIX,
                                           strata_stage_name (stage), key, folder->build);

  return g_build_filename (folder->path, name, NULL);
}

/* --- reading --- */

/* All of a regular file, NULL and errno otherwise. It is read, not mapped: another process may cut it short. */
static GBytes *
read_file (const char *path, guint64 max_bytes)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  struct stat info;
  guint8 *data;
  gsize n = 0, wanted;

  if (fd < 0)
    return NULL;
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode) || info.st_size < 0 || (guint64) info.st_size > max_bytes
      || (data = g_try_malloc ((gsize) info.st_size + 1)) == NULL)
    {
      close (fd);
      errno = EINVAL;
      return NULL;
    }
  wanted = (gsize) info.st_size;
  while (n < wanted)
    {
      gssize done = read (fd, data + n, wanted - n);

      if (done == 0 || (done < 0 && errno != EINTR))
        break;
      n += done > 0 ? (gsize) done : 0;
    }
  futimens (fd, NULL);
  close (fd);
  return g_bytes_new_take (data, n);
}

/* Why @file is not what it should be, or NULL */
static const char *
find_damage (const StrataCacheFolder *folder, StrataStage stage, guint64 key, GBytes *file)
{
  StrataReader reader = { 0 };
  const guint8 *magic;
  gint32 version, what;
  guint64 found_key, build, n_bytes, hash;

  reader.data = g_bytes_get_data (file, &reader.n);
  magic = strata_get_bytes (&reader, 4);
  version = strata_get_i32 (&reader);
  what = strata_get_i32 (&reader);
  strata_get_i32 (&reader);
  found_key = (guint64) strata_get_i64 (&reader);
  build = (guint64) strata_get_i64 (&reader);
  n_bytes = (guint64) strata_get_i64 (&reader);
  hash = (guint64) strata_get_i64 (&reader);
  if (reader.failed || memcmp (magic, MAGIC, 4) != 0 || version != VERSION)
    return "is not a file of this cache";
  if (what != (gint32) stage || found_key != key || build != folder->build)
    return "holds another result than its name says";
  if (n_bytes != reader.n - reader.at)
    return "is cut short or too long";
  return strata_hash_bytes (reader.data + reader.at, n_bytes) == hash ? NULL : "its bytes do not match their hash";
}

GBytes *
strata_cache_folder_read (StrataCacheFolder *folder, StrataStage stage, guint64 key, char **note)
{
  g_autofree char *path = strata_cache_folder_file (folder, stage, key);
  g_autoptr (GBytes) file = read_file (path, folder->max_bytes);
  const char *damage;

  if (file == NULL)
    return NULL;
  damage = find_damage (folder, stage, key, file);
  if (damage == NULL)
    return g_bytes_new_from_bytes (file, HEADER_BYTES, g_bytes_get_size (file) - HEADER_BYTES);
  g_unlink (path);
  *note = g_strdup_printf ("cache %s: %s; made again", path, damage);
  return NULL;
}

void
strata_cache_folder_remove (StrataCacheFolder *folder, StrataStage stage, guint64 key)
{
  g_autofree char *path = strata_cache_folder_file (folder, stage, key);

  g_unlink (path);
}

/* --- the bound --- */

typedef struct
{
  char *path;
  guint64 n_bytes;
  gint64 used_s, used_ns;
} File;

static void
file_clear (gpointer data)
{
  g_free (((File *) data)->path);
}

static int
compare_files (gconstpointer a, gconstpointer b)
{
  const File *first = a, *second = b;

  if (first->used_s != second->used_s)
    return first->used_s < second->used_s ? -1 : 1;
  if (first->used_ns != second->used_ns)
    return first->used_ns < second->used_ns ? -1 : 1;
  return strcmp (first->path, second->path);
}

/* The cache's files, oldest first; partial ones that nobody writes any more go. */
static GArray *
list_files (const StrataCacheFolder *folder, guint64 *n_bytes)
{
  GArray *files = g_array_new (FALSE, FALSE, sizeof (File));
  g_autoptr (GDir) dir = g_dir_open (folder->path, 0, NULL);
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  const char *name;

  g_array_set_clear_func (files, file_clear);
  *n_bytes = 0;
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      gboolean partial = strstr (name, PARTIAL) != NULL;
      struct stat info;
      File file;

      if (!partial && !g_str_has_suffix (name, SUFFIX))
        continue;
      file.path = g_build_filename (folder->path, name, NULL);
      if (lstat (file.path, &info) != 0 || !S_ISREG (info.st_mode)
          || (partial && (info.st_mtim.tv_sec > now_s - STALE_S || g_unlink (file.path) == 0)))
        {
          g_free (file.path);
          continue;
        }
      file.n_bytes = (guint64) info.st_size;
      file.used_s = info.st_mtim.tv_sec;
      file.used_ns = info.st_mtim.tv_nsec;
      *n_bytes += file.n_bytes;
      g_array_append_val (files, file);
    }
  g_array_sort (files, compare_files);
  return files;
}

/* Another process may clean up at the same time: what is gone already is gone. */
static void
make_room (StrataCacheFolder *folder, guint64 n_new)
{
  g_autoptr (GMutexLocker) held = g_mutex_locker_new (&folder->lock);
  g_autoptr (GArray) files = NULL;
  guint64 n_kept = (guint64) (KEPT_SHARE * (double) folder->max_bytes);

  folder->n_bytes += n_new;
  if (folder->counted && folder->n_bytes <= folder->max_bytes)
    return;
  files = list_files (folder, &folder->n_bytes);
  folder->counted = TRUE;
  folder->n_bytes += n_new;
  if (folder->n_bytes <= folder->max_bytes)
    return;
  for (guint i = 0; i < files->len && folder->n_bytes > n_kept; i++)
    {
      const File *file = &g_array_index (files, File, i);

      g_unlink (file->path);
      folder->n_bytes -= file->n_bytes;
    }
}

/* --- writing --- */

static GByteArray *
make_header (const StrataCacheFolder *folder, StrataStage stage, guint64 key, gconstpointer data, gsize n)
{
  GByteArray *header = g_byte_array_new ();

  g_byte_array_append (header, (const guint8 *) MAGIC, 4);
  strata_put_i32 (header, VERSION);
  strata_put_i32 (header, stage);
  strata_put_i32 (header, 0);
  strata_put_i64 (header, (gint64) key);
  strata_put_i64 (header, (gint64) folder->build);
  strata_put_i64 (header, (gint64) n);
  strata_put_i64 (header, (gint64) strata_hash_bytes (data, n));
  g_assert (header->len == HEADER_BYTES);
  return header;
}

/* 0, or errno */
static int
write_file (const StrataCacheFolder *folder, StrataStage stage, guint64 key, GBytes *bytes)
{
  g_autofree char *path = strata_cache_folder_file (folder, stage, key);
  g_autofree char *partial = g_strdup_printf ("%s-partial-XXXXXX", path);
  gsize n;
  gconstpointer data = g_bytes_get_data (bytes, &n);
  g_autoptr (GByteArray) header = make_header (folder, stage, key, data, n);
  int fd = g_mkstemp_full (partial, O_WRONLY | O_CLOEXEC, 0600), problem;

  if (fd < 0)
    return errno;
  problem = strata_write_all (fd, header->data, header->len);
  if (problem == 0)
    problem = strata_write_all (fd, data, n);
  if (close (fd) < 0 && problem == 0)
    problem = errno;
  if (problem == 0 && g_rename (partial, path) < 0)
    problem = errno;
  if (problem != 0)
    g_unlink (partial);
  return problem;
}

char *
strata_cache_folder_write (StrataCacheFolder *folder, StrataStage stage, guint64 key, GBytes *bytes)
{
  guint64 n = HEADER_BYTES + g_bytes_get_size (bytes);
  int problem;

  if (n > folder->max_bytes)
    return NULL;
  if (g_mkdir_with_parents (folder->path, 0700) != 0)
    problem = errno;
  else
    {
      make_room (folder, n);
      problem = write_file (folder, stage, key, bytes);
    }
  return problem == 0 ? NULL
                      : g_strdup_printf ("cache %s: cannot be written (%s); results are not kept there", folder->path,
                                         g_strerror (problem));
}
