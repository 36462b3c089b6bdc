/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of a cache: one per result, whole or not there, within a bound. Internal to cache.c.
 */
#pragma once

#include "compiler/cache.h"

typedef struct _StrataCacheFolder StrataCacheFolder;

/* @build goes into every name and header. */
StrataCacheFolder *
strata_cache_folder_new (const char *path, guint64 max_bytes, guint64 build) G_GNUC_WARN_UNUSED_RESULT;
void strata_cache_folder_free (StrataCacheFolder *folder);

/* NULL where there is no such file, or one that is damaged; then @note (transfer full) says so, else it is NULL. From
 * any thread, as the next two */
GBytes *strata_cache_folder_read (StrataCacheFolder *folder, StrataStage stage, guint64 key, char **note)
  G_GNUC_WARN_UNUSED_RESULT;
/* NULL, or why it could not be written. (transfer full) */
char *strata_cache_folder_write (StrataCacheFolder *folder, StrataStage stage, guint64 key, GBytes *bytes)
  G_GNUC_WARN_UNUSED_RESULT;
void strata_cache_folder_remove (StrataCacheFolder *folder, StrataStage stage, guint64 key);
/* The name of the file of a result. (transfer full) */
char *
strata_cache_folder_file (const StrataCacheFolder *folder, StrataStage stage, guint64 key) G_GNUC_WARN_UNUSED_RESULT;
