/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens the file of a profile without ever changing it, after a look at its header that tells a profile from anything
 * else, from a newer one, and from one of which a part is missing. Header layout: SQLite file format, section 1.3.
 */
#include "store/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "store/schema.h"

#define HEADER_SIZE 100
#define AT_PAGE_SIZE 16
#define AT_N_PAGES 28
#define AT_USER_VERSION 60
#define AT_APPLICATION_ID 68

static guint32
read_u32 (const guint8 *header, int at)
{
  return (guint32) header[at] << 24 | (guint32) header[at + 1] << 16 | (guint32) header[at + 2] << 8 | header[at + 3];
}

void
strata_store_set_damaged (GError **error, const char *path, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdelimit (g_strdup_vprintf (format, arguments), "\r\n", ' '); /* SQLite may quote SQL */
  va_end (arguments);
  g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_FORMAT,
               "%s: is damaged (%s); copy it again from where it was recorded, or record the run again", path, what);
}

static gboolean
read_header (const char *path, guint8 *header, gsize *n_read, goffset *size, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  struct stat info;
  gssize n;

  if (fd < 0 || fstat (fd, &info) != 0)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_NOT_FOUND,
                   "%s: cannot be opened (%s); give the path of a .strata file that you may read", path,
                   g_strerror (errno));
      if (fd >= 0)
        close (fd);
      return FALSE;
    }
  if (!S_ISREG (info.st_mode))
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_NOT_FOUND,
                   "%s: is not a file; give the path of a .strata file", path);
      close (fd);
      return FALSE;
    }
  n = pread (fd, header, HEADER_SIZE, 0);
  close (fd);
  *n_read = n < 0 ? 0 : (gsize) n;
  *size = info.st_size;
  return TRUE;
}

static gboolean
check_size (const char *path, const guint8 *header, goffset size, GError **error)
{
  guint32 page_size = (guint32) header[AT_PAGE_SIZE] << 8 | header[AT_PAGE_SIZE + 1];
  goffset expected;

  page_size = page_size == 1 ? 65536 : page_size;
  expected = (goffset) page_size * read_u32 (header, AT_N_PAGES);
  if (size == expected)
    return TRUE;
  strata_store_set_damaged (error, path, "%" G_GOFFSET_FORMAT " of %" G_GOFFSET_FORMAT " bytes are there", size,
                            expected);
  return FALSE;
}

static gboolean
check_header (const char *path, GError **error)
{
  guint8 header[HEADER_SIZE] = { 0 };
  gsize n_read;
  goffset size;
  guint32 version;

  if (!read_header (path, header, &n_read, &size, error))
    return FALSE;
  if (n_read == 0 && size == 0)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_FORMAT,
                   "%s: is empty; record the run again with `strata profile`", path);
      return FALSE;
    }
  if (n_read < 16 || memcmp (header, "SQLite format 3", 16) != 0)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_FORMAT,
                   "%s: is not a profile; give a .strata file that `strata profile` recorded", path);
      return FALSE;
    }
  if (n_read == HEADER_SIZE && read_u32 (header, AT_APPLICATION_ID) != STRATA_STORE_APPLICATION_ID)
    {
      g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_FORMAT,
                   "%s: is a database but not a profile; give a .strata file that `strata profile` recorded", path);
      return FALSE;
    }
  version = read_u32 (header, AT_USER_VERSION);
  if (version > STRATA_PROFILE_SCHEMA_VERSION)
    {
      g_set_error (
        error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_VERSION,
        "%s: was written by a newer Strata (schema %u, this one reads up to %d); update Strata, or record the "
        "run again with this one",
        path, version, STRATA_PROFILE_SCHEMA_VERSION);
      return FALSE;
    }
  return check_size (path, header, size, error);
}

static int
interrupt_cb (void *data)
{
  const StrataStoreWatch *watch = data;

  return g_cancellable_is_cancelled (watch->cancellable)
         || (watch->deadline != 0 && g_get_monotonic_time () > watch->deadline);
}

void
strata_store_watch (sqlite3 *db, StrataStoreWatch *watch)
{
  sqlite3_progress_handler (db, 1000, interrupt_cb, watch);
}

void
strata_store_unwatch (sqlite3 *db)
{
  sqlite3_progress_handler (db, 0, NULL, NULL);
}

/* Nothing that a hostile file says may run, and nothing may be written. */
static gboolean
configure (sqlite3 *db)
{
  sqlite3_db_config (db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  return sqlite3_exec (db, "PRAGMA cell_size_check = ON; PRAGMA query_only = ON", NULL, NULL, NULL) == SQLITE_OK;
}

sqlite3 *
strata_store_open (const char *path, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *uri = NULL, *immutable = NULL;
  sqlite3 *db = NULL;
  int code;

  if (!check_header (path, error))
    return NULL;
  uri = g_filename_to_uri (absolute, NULL, error);
  if (uri == NULL)
    return NULL;
  immutable = g_strconcat (uri, "?mode=ro&immutable=1", NULL);
  code = sqlite3_open_v2 (immutable, &db,
                          SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
  if (code == SQLITE_OK && configure (db))
    return db;
  strata_store_set_damaged (error, path, "%s", db != NULL ? sqlite3_errmsg (db) : sqlite3_errstr (code));
  sqlite3_close (db);
  return NULL;
}

gboolean
strata_store_check (sqlite3 *db, const char *path, GCancellable *cancellable, GError **error)
{
  StrataStoreWatch watch = { cancellable, 0 };
  sqlite3_stmt *statement = NULL;
  gboolean is_sound = FALSE;

  strata_store_watch (db, &watch);
  if (sqlite3_prepare_v2 (db, "PRAGMA integrity_check (1)", -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    is_sound = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), "ok") == 0;
  if (!is_sound && !g_cancellable_set_error_if_cancelled (cancellable, error))
    strata_store_set_damaged (error, path, "%s", "a page or an index is not as it was written");
  sqlite3_finalize (statement);
  strata_store_unwatch (db);
  return is_sound;
}
