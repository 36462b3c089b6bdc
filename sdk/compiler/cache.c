/* SPDX-License-Identifier: Apache-2.0
 *
 * The results in memory: a table by stage and key, and a queue from the result used last to the one used longest ago.
 * Files are read and written outside of the lock.
 */
#include "compiler/cache.h"

#include <link.h>
#include <string.h>

#include "base/hash.h"
#include "compiler/cache-folder.h"

#define MAX_NOTES 16

typedef struct
{
  StrataStage stage;
  guint64 key;
  GBytes *bytes;
  StrataQGraph *graph; /* NULL: the bytes are all */
  guint64 n_bytes;
  GList link; /* of the queue; its data is this entry */
} Entry;

struct _StrataCache
{
  int n_owners; /* atomic */
  guint64 build, max_bytes;
  StrataCacheFolder *folder; /* NULL: memory alone */
  GMutex lock;               /* of what follows */
  GHashTable *entries;       /* a set of Entry */
  GQueue recent;
  guint64 n_bytes;
  StrataCacheCounts counts[STRATA_N_STAGES];
  GPtrArray *notes;
};

const char *
strata_stage_name (StrataStage stage)
{
  static const char *const names[STRATA_N_STAGES] = {
#define STRATA_STAGE(id, name, meaning) [STRATA_STAGE_##id] = name,
#include "compiler/cache-stages.def"
#undef STRATA_STAGE
  };

  return names[stage];
}

static guint
entry_hash (gconstpointer data)
{
  const Entry *entry = data;

  return (guint) (entry->key ^ entry->key >> 32) + (guint) entry->stage;
}

static gboolean
entry_equal (gconstpointer a, gconstpointer b)
{
  const Entry *first = a, *second = b;

  return first->key == second->key && first->stage == second->stage;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_bytes_unref (entry->bytes);
  strata_qgraph_free (entry->graph);
  g_free (entry);
}

/* --- which build this is --- */

typedef struct
{
  gconstpointer inside; /* an address of the library or program that holds the compiler */
  StrataHasher *hasher;
  gboolean found;
} BuildSearch;

/* The linker's id of a file's content, a note of 4 bytes "GNU" */
static void
take_notes (BuildSearch *search, const guint8 *at, gsize n)
{
  while (n >= sizeof (ElfW (Nhdr)))
    {
      const ElfW (Nhdr) *note = (gconstpointer) at;
      gsize name = (note->n_namesz + 3u) & ~3u, content = (note->n_descsz + 3u) & ~3u;

      if (name + content > n - sizeof *note)
        return;
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp (at + sizeof *note, "GNU", 4) == 0)
        {
          strata_hasher_bytes (search->hasher, at + sizeof *note + name, note->n_descsz);
          search->found = TRUE;
        }
      at += sizeof *note + name + content;
      n -= sizeof *note + name + content;
    }
}

static int
search_object_cb (struct dl_phdr_info *info, gsize size, gpointer data)
{
  BuildSearch *search = data;
  gboolean ours = FALSE;

  for (int i = 0; i < info->dlpi_phnum; i++)
    {
      const guint8 *start = (const guint8 *) info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

      ours = ours
             || (info->dlpi_phdr[i].p_type == PT_LOAD && (const guint8 *) search->inside >= start
                 && (const guint8 *) search->inside < start + info->dlpi_phdr[i].p_memsz);
    }
  for (int i = 0; i < info->dlpi_phnum && ours; i++)
    if (info->dlpi_phdr[i].p_type == PT_NOTE)
      take_notes (search, (const guint8 *) info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
                  (gsize) info->dlpi_phdr[i].p_memsz);
  return ours;
}

/* What decides, beside the inputs, which floats a calibration comes to */
static void
hash_machine (StrataHasher *hasher)
{
  strata_hasher_string (hasher, g_getenv ("DNNL_MAX_CPU_ISA"));
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init ();
  strata_hasher_int (hasher, __builtin_cpu_supports ("avx") != 0);
  strata_hasher_int (hasher, __builtin_cpu_supports ("avx2") != 0);
  strata_hasher_int (hasher, __builtin_cpu_supports ("fma") != 0);
  strata_hasher_int (hasher, __builtin_cpu_supports ("avx512f") != 0);
  strata_hasher_int (hasher, __builtin_cpu_supports ("avx512bw") != 0);
  strata_hasher_int (hasher, __builtin_cpu_supports ("avx512vl") != 0);
  strata_hasher_int (hasher, __builtin_cpu_supports ("avx512dq") != 0);
  strata_hasher_int (hasher, __builtin_cpu_supports ("avx512vnni") != 0);
#endif
}

/* 0 where the linker left no id */
static guint64
find_build (void)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();
  BuildSearch search = { (gconstpointer) strata_stage_name, hasher, FALSE };

  dl_iterate_phdr (search_object_cb, &search);
  hash_machine (hasher);
  return search.found ? MAX (strata_hasher_digest (hasher), 1) : 0;
}

/* --- life --- */

StrataCache *
strata_cache_new (const StrataCacheOptions *options)
{
  StrataCache *cache = g_new0 (StrataCache, 1);
  guint64 max_bytes = options != NULL ? options->max_folder_bytes : 0;

  cache->n_owners = 1;
  cache->build = find_build ();
  cache->max_bytes =
    options != NULL && options->max_memory_bytes > 0 ? options->max_memory_bytes : STRATA_CACHE_MEMORY_BYTES;
  g_mutex_init (&cache->lock);
  cache->entries = g_hash_table_new_full (entry_hash, entry_equal, entry_free, NULL);
  cache->notes = g_ptr_array_new_with_free_func (g_free);
  if (options == NULL || options->folder == NULL)
    return cache;
  if (cache->build != 0)
    cache->folder =
      strata_cache_folder_new (options->folder, max_bytes > 0 ? max_bytes : STRATA_CACHE_FOLDER_BYTES, cache->build);
  else
    g_ptr_array_add (cache->notes, g_strdup_printf ("cache %s: not used, because this build of the library has no id "
                                                    "that tells it from others; link with --build-id",
                                                    options->folder));
  return cache;
}

StrataCache *
strata_cache_ref (StrataCache *cache)
{
  g_atomic_int_inc (&cache->n_owners);
  return cache;
}

void
strata_cache_unref (StrataCache *cache)
{
  if (cache == NULL || !g_atomic_int_dec_and_test (&cache->n_owners))
    return;
  g_hash_table_unref (cache->entries);
  g_ptr_array_unref (cache->notes);
  strata_cache_folder_free (cache->folder);
  g_mutex_clear (&cache->lock);
  g_free (cache);
}

gboolean
strata_cache_has_folder (const StrataCache *cache)
{
  return cache->folder != NULL;
}

/* --- counts and notes --- */

StrataCacheCounts
strata_cache_counts (StrataCache *cache, StrataStage stage)
{
  g_autoptr (GMutexLocker) held = g_mutex_locker_new (&cache->lock);

  return cache->counts[stage];
}

void
strata_cache_count_made (StrataCache *cache, StrataStage stage)
{
  g_autoptr (GMutexLocker) held = g_mutex_locker_new (&cache->lock);

  cache->counts[stage].n_made++;
}

/* Takes @note, which may be NULL. A folder that is full says so once, not for every file. */
static void
add_note (StrataCache *cache, char *note)
{
  g_autoptr (GMutexLocker) held = g_mutex_locker_new (&cache->lock);

  if (note == NULL || cache->notes->len >= MAX_NOTES
      || g_ptr_array_find_with_equal_func (cache->notes, note, g_str_equal, NULL))
    g_free (note);
  else
    g_ptr_array_add (cache->notes, note);
}

char **
strata_cache_take_notes (StrataCache *cache)
{
  g_autoptr (GMutexLocker) held = g_mutex_locker_new (&cache->lock);
  GPtrArray *notes = cache->notes;

  cache->notes = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (notes, NULL);
  return (char **) g_ptr_array_free (notes, FALSE);
}

/* --- entries; under the lock --- */

static Entry *
find (StrataCache *cache, StrataStage stage, guint64 key)
{
  const Entry wanted = { .stage = stage, .key = key };

  return g_hash_table_lookup (cache->entries, &wanted);
}

static void
drop (StrataCache *cache, Entry *entry)
{
  g_queue_unlink (&cache->recent, &entry->link);
  cache->n_bytes -= entry->n_bytes;
  g_hash_table_remove (cache->entries, entry);
}

GBytes *
strata_cache_get (StrataCache *cache, StrataStage stage, guint64 key, StrataQGraph **graph)
{
  char *note = NULL;
  GBytes *bytes = NULL;
  Entry *entry;

  g_mutex_lock (&cache->lock);
  entry = find (cache, stage, key);
  if (entry != NULL)
    {
      bytes = g_bytes_ref (entry->bytes);
      if (entry->graph != NULL)
        *graph = strata_qgraph_share (entry->graph);
      g_queue_unlink (&cache->recent, &entry->link);
      g_queue_push_head_link (&cache->recent, &entry->link);
      cache->counts[stage].n_from_memory++;
    }
  g_mutex_unlock (&cache->lock);
  if (bytes != NULL || cache->folder == NULL)
    return bytes;
  bytes = strata_cache_folder_read (cache->folder, stage, key, &note);
  add_note (cache, note);
  if (bytes == NULL)
    return NULL;
  if (stage != STRATA_STAGE_GRAPH) /* that is put by who decodes it */
    strata_cache_put_memory (cache, stage, key, bytes, NULL);
  g_mutex_lock (&cache->lock);
  cache->counts[stage].n_from_folder++;
  g_mutex_unlock (&cache->lock);
  return bytes;
}

static guint64
graph_size (const StrataQGraph *graph)
{
  guint64 n_bytes = graph == NULL ? 0 : strata_arena_n_bytes (graph->arena);

  for (int i = 0; graph != NULL && i < graph->n_ops; i++)
    if (graph->ops[i].digital != NULL)
      n_bytes += g_bytes_get_size (graph->ops[i].digital->bytes);
  return n_bytes;
}

void
strata_cache_put_memory (StrataCache *cache, StrataStage stage, guint64 key, GBytes *bytes, const StrataQGraph *graph)
{
  guint64 n_bytes = sizeof (Entry) + g_bytes_get_size (bytes) + graph_size (graph);
  g_autoptr (GMutexLocker) held = g_mutex_locker_new (&cache->lock);
  Entry *entry = find (cache, stage, key);

  if (entry != NULL)
    drop (cache, entry);
  if (n_bytes > cache->max_bytes)
    return;
  while (cache->n_bytes > cache->max_bytes - n_bytes)
    drop (cache, g_queue_peek_tail (&cache->recent));
  entry = g_new0 (Entry, 1);
  *entry = (Entry){ .stage = stage, .key = key, .bytes = g_bytes_ref (bytes), .n_bytes = n_bytes };
  entry->graph = graph != NULL ? strata_qgraph_share (graph) : NULL;
  entry->link.data = entry;
  g_hash_table_add (cache->entries, entry);
  g_queue_push_head_link (&cache->recent, &entry->link);
  cache->n_bytes += n_bytes;
}

void
strata_cache_put_folder (StrataCache *cache, StrataStage stage, guint64 key, GBytes *bytes)
{
  if (cache->folder != NULL)
    add_note (cache, strata_cache_folder_write (cache->folder, stage, key, bytes));
}

void
strata_cache_reject (StrataCache *cache, StrataStage stage, guint64 key, const char *reason)
{
  Entry *entry;

  g_mutex_lock (&cache->lock);
  entry = find (cache, stage, key);
  if (entry != NULL)
    drop (cache, entry);
  g_mutex_unlock (&cache->lock);
  if (cache->folder != NULL)
    {
      g_autofree char *file = strata_cache_folder_file (cache->folder, stage, key);

      strata_cache_folder_remove (cache->folder, stage, key);
      add_note (cache, g_strdup_printf ("cache %s: %s; made again", file, reason));
    }
}
