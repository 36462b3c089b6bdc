/* SPDX-License-Identifier: Apache-2.0
 *
 * The sink that writes a profile: begin () creates PATH.partial in one transaction, write () inserts through prepared
 * statements, end () seals, commits, syncs and renames. Invariants: nothing under the final name that is not whole;
 * every reference of a row points at a row; sum of event energies = sum of nominal energy records where there are
 * events. No journal: a recording that fails is deleted, so there is nothing to roll back to.
 */
#include "strata-profiler/strata-profile-recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "ingest/insert.h"

typedef struct
{
  StrataTraceSink sink;
  char *path, *partial;
  StrataInserter *inserter; /* NULL: before begin and after end */
  struct stat identity;     /* of the partial file, so that nobody else's is renamed or removed */
  gboolean is_used;
} Recorder;

/* Removes what this recorder made, and only that. */
static void
discard (Recorder *recorder)
{
  struct stat now;

  if (recorder->inserter == NULL)
    return;
  g_clear_pointer (&recorder->inserter, strata_inserter_free);
  if (stat (recorder->partial, &now) == 0 && now.st_ino == recorder->identity.st_ino
      && now.st_dev == recorder->identity.st_dev)
    g_unlink (recorder->partial);
}

static gboolean
recorder_begin (StrataTraceSink *sink, const StrataTraceSession *session, GError **error)
{
  Recorder *recorder = (Recorder *) sink;
  int fd;

  if (recorder->is_used)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_INCONSISTENT,
                   "%s: this recorder has recorded a run already; make a new one for each run", recorder->path);
      return FALSE;
    }
  recorder->is_used = TRUE;
  if (g_file_test (recorder->path, G_FILE_TEST_EXISTS) && !g_file_test (recorder->path, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
                   "%s: is %s; give the name of a file for the profile", recorder->path,
                   g_file_test (recorder->path, G_FILE_TEST_IS_DIR) ? "a folder" : "no ordinary file");
      return FALSE;
    }
  g_unlink (recorder->partial); /* left by a recording that was killed */
  fd = g_open (recorder->partial, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
  if (fd < 0 || fstat (fd, &recorder->identity) != 0)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
                   "%s: cannot be created (%s); choose a folder that exists and that you may write to", recorder->path,
                   g_strerror (errno));
      if (fd >= 0)
        close (fd);
      return FALSE;
    }
  close (fd);
  recorder->inserter = strata_inserter_new (recorder->partial, recorder->path);
  if (strata_inserter_begin (recorder->inserter, session, error))
    return TRUE;
  discard (recorder);
  return FALSE;
}

static gboolean
recorder_write (StrataTraceSink *sink, StrataRecordKind kind, gconstpointer records, gsize n, GError **error)
{
  Recorder *recorder = (Recorder *) sink;

  if (recorder->inserter == NULL)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_INCONSISTENT,
                   "%s: records before begin or after an error; the run is not recorded", recorder->path);
      return FALSE;
    }
  if (strata_inserter_write (recorder->inserter, kind, records, n, error))
    return TRUE;
  discard (recorder);
  return FALSE;
}

static gboolean
sync_path (const char *path, int flags)
{
  int fd = g_open (path, flags | O_CLOEXEC, 0);
  gboolean is_synced = fd >= 0 && fsync (fd) == 0;
  int saved = errno;

  if (fd >= 0)
    close (fd);
  errno = saved;
  return is_synced;
}

/* The file is closed and complete: to the disk, then to its name, then the name to the disk. */
static gboolean
publish (Recorder *recorder, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (recorder->path);
  struct stat now;

  if (stat (recorder->partial, &now) != 0 || now.st_ino != recorder->identity.st_ino)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
                   "%s: another recording has taken the same name; record again under a name of its own",
                   recorder->path);
      return FALSE;
    }
  if (!sync_path (recorder->partial, O_RDWR) || g_rename (recorder->partial, recorder->path) != 0)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
                   "%s: cannot be written (%s); check the disk and record again", recorder->path, g_strerror (errno));
      g_unlink (recorder->partial);
      return FALSE;
    }
  sync_path (folder, O_RDONLY | O_DIRECTORY); /* best effort: some file systems refuse it */
  return TRUE;
}

static gboolean
recorder_end (StrataTraceSink *sink, gboolean complete, GError **error)
{
  Recorder *recorder = (Recorder *) sink;

  if (!complete)
    {
      discard (recorder);
      return TRUE;
    }
  if (recorder->inserter == NULL)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_INCONSISTENT,
                   "%s: end without begin, or after an error; the run is not recorded", recorder->path);
      return FALSE;
    }
  if (!strata_inserter_finish (recorder->inserter, error))
    {
      discard (recorder);
      return FALSE;
    }
  g_clear_pointer (&recorder->inserter, strata_inserter_free);
  return publish (recorder, error);
}

static void
recorder_free (StrataTraceSink *sink)
{
  Recorder *recorder = (Recorder *) sink;

  if (recorder == NULL)
    return;
  discard (recorder);
  g_free (recorder->path);
  g_free (recorder->partial);
  g_free (recorder);
}

StrataTraceSink *
strata_profile_recorder_new (const char *path)
{
  Recorder *recorder;

  g_return_val_if_fail (path != NULL, NULL);

  recorder = g_new0 (Recorder, 1);
  recorder->sink.begin = recorder_begin;
  recorder->sink.write = recorder_write;
  recorder->sink.end = recorder_end;
  recorder->sink.free = recorder_free;
  recorder->path = g_strdup (path);
  recorder->partial = g_strconcat (path, ".partial", NULL);
  return &recorder->sink;
}
