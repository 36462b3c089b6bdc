/* SPDX-License-Identifier: Apache-2.0
 *
 * The inserter's life: database, statements, session, then records, seal, indexes, commit. Errors by their cause.
 */
#include "ingest/insert-private.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>

#include "store/schema.h"

static const struct
{
  const char *name, *values;
} tables[STRATA_N_TABLES] = {
  [STRATA_TABLE_META] = { "meta", "?,?" },
  [STRATA_TABLE_UNIT] = { "unit", "?,?,?,?,?,?" },
  [STRATA_TABLE_LAYER] = { "layer", "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?" },
  [STRATA_TABLE_LAYER_INPUT] = { "layer_input", "?,?,?" },
  [STRATA_TABLE_TILE] = { "tile", "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?" },
  [STRATA_TABLE_INSTRUCTION] = { "instruction", "?,?,?,?,?,?,?" },
  [STRATA_TABLE_EVENT] = { "event", "NULL,?,?,?,?,?,?,?,?,?,?" },
  [STRATA_TABLE_ENERGY] = { "energy", "?,?,?,?,?,?" },
  [STRATA_TABLE_POWER] = { "power", "?,?,?,?" },
  [STRATA_TABLE_TEMPERATURE] = { "temperature", "?,?,?,?,?" },
  [STRATA_TABLE_ACCURACY] = { "accuracy", "?,?,?,?" },
  [STRATA_TABLE_NOISE] = { "noise", "?,?,?,?,?,?,?,?,?,?,?,?,?" },
  [STRATA_TABLE_FIGURE] = { "figure", "?,?,?,?,?,?,?,?" },
  [STRATA_TABLE_FINDING] = { "finding", "NULL,?,?,?,?,?,?,?" },
  [STRATA_TABLE_DROP] = { "drop_record", "?,?,?,?,?" },
  [STRATA_TABLE_DECISION] = { "decision", "?,?,?,?,?,?,?" },
  [STRATA_TABLE_ALTERNATIVE] = { "alternative", "?,?,?,?,?,?,?,?" },
  [STRATA_TABLE_SPELL] = { "spell", "?,?,?,?,?,?,?,?,?" },
  [STRATA_TABLE_WARMING] = { "warming", "?,?,?" },
};

/* --- errors --- */

/* A write that SQLite refused with @code, by its cause; always FALSE. */
static gboolean
fail_write (StrataInserter *inserter, int code, GError **error)
{
  /* SQLite keeps the cause for some calls only; errno is then that of the write that has just failed. */
  int last_errno = errno, system_errno = inserter->db != NULL ? sqlite3_system_errno (inserter->db) : 0;
  int cause = system_errno != 0 ? system_errno : (code & 0xff) == SQLITE_IOERR ? last_errno : 0;
  gboolean is_full = (code & 0xff) == SQLITE_FULL || cause == ENOSPC || cause == EDQUOT || cause == EFBIG;

  if (is_full)
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
                 "%s: the disk is full; free some space or record to another place (nothing was left behind)",
                 inserter->shown);
  else
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
                 "%s: cannot be written (%s); check the disk or record to another place", inserter->shown,
                 cause != 0 ? g_strerror (cause) : sqlite3_errstr (code));
  return FALSE;
}

gboolean
strata_inserter_refuse (StrataInserter *inserter, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_INCONSISTENT,
               "%s: %s; the run was not recorded, please report this with the command that led to it", inserter->shown,
               what);
  return FALSE;
}

/* --- binding --- */

void
strata_bind_text (sqlite3_stmt *statement, int i, const char *text)
{
  if (text == NULL)
    text = "";
  if (g_utf8_validate (text, -1, NULL))
    sqlite3_bind_text (statement, i, text, -1, SQLITE_TRANSIENT);
  else
    sqlite3_bind_text (statement, i, g_utf8_make_valid (text, -1), -1, g_free);
}

void
strata_bind_id (sqlite3_stmt *statement, int i, gint64 id)
{
  if (id < 0)
    sqlite3_bind_null (statement, i);
  else
    sqlite3_bind_int64 (statement, i, id);
}

void
strata_bind_number (sqlite3_stmt *statement, int i, double value)
{
  sqlite3_bind_double (statement, i, isfinite (value) ? value : NAN);
}

void
strata_bind_ints (sqlite3_stmt *statement, int first, const gint64 *values, int n)
{
  for (int i = 0; i < n; i++)
    sqlite3_bind_int64 (statement, first + i, values[i]);
}

gboolean
strata_inserter_row (StrataInserter *inserter, StrataTable table, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[table];
  int code = sqlite3_step (statement);

  if (G_LIKELY (code == SQLITE_DONE))
    {
      sqlite3_reset (statement);
      inserter->n_rows[table]++;
      return TRUE;
    }
  if ((code & 0xff) == SQLITE_CONSTRAINT)
    return strata_inserter_refuse (inserter, error, "a row of table %s is there twice or lacks a value (%s)",
                                   tables[table].name, sqlite3_errmsg (inserter->db));
  return fail_write (inserter, code, error);
}

/* --- begin and finish --- */

static gboolean
execute (StrataInserter *inserter, const char *sql, GError **error)
{
  int code = sqlite3_exec (inserter->db, sql, NULL, NULL, NULL);

  return code == SQLITE_OK || fail_write (inserter, code, error);
}

gboolean
strata_inserter_execute (StrataInserter *inserter, GError **error, const char *format, ...)
{
  va_list arguments;
  char *sql;
  gboolean is_done;

  va_start (arguments, format);
  sql = sqlite3_vmprintf (format, arguments);
  va_end (arguments);
  is_done = execute (inserter, sql, error);
  sqlite3_free (sql);
  return is_done;
}

static gboolean
open_database (StrataInserter *inserter, GError **error)
{
  /* Absolute, so that names such as ":memory:" are files. */
  g_autofree char *absolute = g_canonicalize_filename (inserter->file, NULL);
  int code = sqlite3_open_v2 (absolute, &inserter->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

  if (code != SQLITE_OK)
    return fail_write (inserter, code, error);
  return strata_inserter_execute (
           inserter, error,
           "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
           "PRAGMA locking_mode = EXCLUSIVE; PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN",
           STRATA_STORE_APPLICATION_ID, STRATA_PROFILE_SCHEMA_VERSION)
         && execute (inserter, strata_store_schema_sql (), error);
}

static gboolean
prepare_inserts (StrataInserter *inserter, GError **error)
{
  for (int table = 0; table < STRATA_N_TABLES; table++)
    {
      g_autofree char *sql = g_strdup_printf ("INSERT INTO %s VALUES (%s)", tables[table].name, tables[table].values);
      int code = sqlite3_prepare_v3 (inserter->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &inserter->insert[table], NULL);

      if (code != SQLITE_OK)
        return fail_write (inserter, code, error);
    }
  return TRUE;
}

gboolean
strata_inserter_begin (StrataInserter *inserter, const StrataTraceSession *session, GError **error)
{
  return open_database (inserter, error) && prepare_inserts (inserter, error)
         && strata_inserter_session (inserter, session, error);
}

static gboolean
seal (StrataInserter *inserter, GError **error)
{
  for (int table = 0; table < STRATA_N_TABLES; table++)
    {
      gint64 sum = table == STRATA_TABLE_EVENT    ? inserter->event_fj
                   : table == STRATA_TABLE_ENERGY ? inserter->energy_fj[STRATA_BAND_NOMINAL]
                                                  : 0;

      if (!strata_inserter_execute (inserter, error, "INSERT INTO seal VALUES (%Q, %lld, %lld)", tables[table].name,
                                    (long long) inserter->n_rows[table], (long long) sum))
        return FALSE;
    }
  return TRUE;
}

static void
finalise_statements (StrataInserter *inserter)
{
  for (int table = 0; table < STRATA_N_TABLES; table++)
    g_clear_pointer (&inserter->insert[table], sqlite3_finalize);
}

gboolean
strata_inserter_finish (StrataInserter *inserter, GError **error)
{
  int code;

  if (inserter->n_rows[STRATA_TABLE_EVENT] > 0 && inserter->event_fj != inserter->energy_fj[STRATA_BAND_NOMINAL])
    return strata_inserter_refuse (inserter, error,
                                   "the energy of the events is %" G_GINT64_FORMAT
                                   " fJ but that of layers and components is %" G_GINT64_FORMAT " fJ",
                                   inserter->event_fj, inserter->energy_fj[STRATA_BAND_NOMINAL]);
  if (inserter->spell_end_ps > 0)
    return strata_inserter_refuse (inserter, error, "the last spell of continuous operation is not for ever");
  if (!seal (inserter, error) || !execute (inserter, strata_store_index_sql (), error)
      || !execute (inserter, "COMMIT", error))
    return FALSE;
  finalise_statements (inserter);
  code = sqlite3_close (inserter->db);
  if (code != SQLITE_OK)
    return fail_write (inserter, code, error);
  inserter->db = NULL;
  return TRUE;
}

StrataInserter *
strata_inserter_new (const char *file, const char *shown)
{
  StrataInserter *inserter = g_new0 (StrataInserter, 1);

  inserter->file = g_strdup (file);
  inserter->shown = g_strdup (shown);
  inserter->warming_ps = -1;
  return inserter;
}

void
strata_inserter_free (StrataInserter *inserter)
{
  if (inserter == NULL)
    return;
  finalise_statements (inserter);
  sqlite3_close (inserter->db);
  g_free (inserter->file);
  g_free (inserter->shown);
  g_free (inserter);
}
