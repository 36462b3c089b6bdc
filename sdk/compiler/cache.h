/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of stages, kept by the hash of all that they were made from: in memory, least recently used out first, and,
 * where asked for, in a folder that outlives the process. What comes from the folder is looked at as a stranger's file:
 * its length, its hash and every check of the artefact; what does not pass is made again, and a note says so. A full
 * disk, a folder that cannot be written and other processes in it never make a compilation fail. Thread-safe.
 */
#pragma once

#include "program/image.h"

typedef enum
{
#define STRATA_STAGE(id, name, meaning) STRATA_STAGE_##id,
#include "compiler/cache-stages.def"
#undef STRATA_STAGE
  STRATA_N_STAGES,
} StrataStage;

typedef struct _StrataCache StrataCache;

typedef struct
{
  const char *folder;       /* made where it is not there; NULL: memory alone */
  guint64 max_memory_bytes; /* 0: STRATA_CACHE_MEMORY_BYTES */
  guint64 max_folder_bytes; /* 0: STRATA_CACHE_FOLDER_BYTES */
} StrataCacheOptions;

#define STRATA_CACHE_MEMORY_BYTES ((guint64) 256 << 20)
#define STRATA_CACHE_FOLDER_BYTES ((guint64) 1 << 30)

/* @options NULL: memory alone */
StrataCache *strata_cache_new (const StrataCacheOptions *options) G_GNUC_WARN_UNUSED_RESULT;
StrataCache *strata_cache_ref (StrataCache *cache) G_GNUC_WARN_UNUSED_RESULT;
void strata_cache_unref (StrataCache *cache);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataCache, strata_cache_unref)

/* What became of the calls of a stage */
typedef struct
{
  guint n_made, n_from_memory, n_from_folder;
} StrataCacheCounts;

StrataCacheCounts strata_cache_counts (StrataCache *cache, StrataStage stage);
const char *strata_stage_name (StrataStage stage); /* "place" */
/* Sentences, since the last call, about files that were damaged or could not be written; without any: empty. (transfer
 * full) */
char **strata_cache_take_notes (StrataCache *cache) G_GNUC_WARN_UNUSED_RESULT;

/* --- for cached.c --- */

/* A result as bytes, and, of the stage GRAPH from memory, the graph as it lies there, which saves copying its weights:
 * the bytes then lack it. NULL: there is none. (transfer full) */
GBytes *
strata_cache_get (StrataCache *cache, StrataStage stage, guint64 key, StrataQGraph **graph) G_GNUC_WARN_UNUSED_RESULT;
/* @graph: nullable; see strata_cache_get () */
void
strata_cache_put_memory (StrataCache *cache, StrataStage stage, guint64 key, GBytes *bytes, const StrataQGraph *graph);
void strata_cache_put_folder (StrataCache *cache, StrataStage stage, guint64 key, GBytes *bytes);
gboolean strata_cache_has_folder (const StrataCache *cache);
/* The bytes that strata_cache_get () gave are not what they should be: they are forgotten, with a note. */
void strata_cache_reject (StrataCache *cache, StrataStage stage, guint64 key, const char *reason);
void strata_cache_count_made (StrataCache *cache, StrataStage stage);
