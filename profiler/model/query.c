/* SPDX-License-Identifier: Apache-2.0
 *
 * One statement, read-only three times over: the file is opened read-only and immutable, an authoriser allows nothing
 * but reading tables and calling functions, and SQLite must agree that the statement does not write.
 */
#include "model/query.h"

#include <string.h>

#include "store/rows.h"

#define DEFAULT_MAX_ROWS 100000
#define MAX_ROWS 10000000
#define MAX_RESULT_BYTES ((gsize) 512 << 20)
#define MAX_CELL_BYTES (16 << 20)
#define MAX_SECONDS 10

static int
authorise_cb (void *data, int action, const char *first, const char *second, const char *database, const char *trigger)
{
  switch (action)
    {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return g_ascii_strcasecmp (second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA: /* what pragma_table_info ('layer') runs */
      return g_ascii_strcasecmp (first, "table_info") == 0 || g_ascii_strcasecmp (first, "table_list") == 0
               ? SQLITE_OK
               : SQLITE_DENY;
    default:
      return SQLITE_DENY;
    }
}

/* The message of SQLite on one line, and what would be accepted. */
static StrataProfileTable *
fail_query (sqlite3 *db, const char *path, int code, GError **error)
{
  g_autofree char *message = g_strdelimit (g_strdup (sqlite3_errmsg (db)), "\r\n", ' ');
  int kind = code & 0xff;

  if (kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB || kind == SQLITE_IOERR)
    strata_store_set_damaged (error, path, "%s", message);
  else if (kind == SQLITE_AUTH)
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY,
                 "query: %s; profiles are read-only: use SELECT, or copy the file and change the copy with sqlite3",
                 message);
  else if (kind == SQLITE_INTERRUPT)
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY,
                 "query: took longer than %d seconds; narrow it with WHERE or add a LIMIT", MAX_SECONDS);
  else
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY,
                 "query: %s; `SELECT name, sql FROM sqlite_schema` lists the tables and their columns", message);
  return NULL;
}

static gboolean
is_blank (const char *rest)
{
  while (g_ascii_isspace (*rest) || *rest == ';')
    rest++;
  return *rest == '\0' || (rest[0] == '-' && rest[1] == '-' && strchr (rest, '\n') == NULL);
}

/* A statement that SQLite calls read-only and that returns rows. */
static sqlite3_stmt *
prepare (sqlite3 *db, const char *path, const char *sql, GError **error)
{
  sqlite3_stmt *statement = NULL;
  const char *rest = "";
  int code;

  sqlite3_set_authorizer (db, authorise_cb, NULL);
  code = sqlite3_prepare_v2 (db, sql, -1, &statement, &rest);
  sqlite3_set_authorizer (db, NULL, NULL);
  if (code != SQLITE_OK)
    {
      fail_query (db, path, code, error);
      return NULL;
    }
  if (statement != NULL && is_blank (rest) && sqlite3_stmt_readonly (statement) && sqlite3_column_count (statement) > 0)
    return statement;
  if (statement != NULL && !is_blank (rest))
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY,
                 "query: has more than one statement; give one SELECT at a time");
  else
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_QUERY,
                 "query: is not a SELECT; profiles are read-only and answer SELECT statements");
  sqlite3_finalize (statement);
  return NULL;
}

static char *
make_hex (const guint8 *bytes, int n)
{
  static const char digits[] = "0123456789abcdef";
  char *text = g_malloc (2 * (gsize) n + 1);

  for (int i = 0; i < n; i++)
    {
      text[2 * i] = digits[bytes[i] >> 4];
      text[2 * i + 1] = digits[bytes[i] & 15];
    }
  text[2 * (gsize) n] = '\0';
  return text;
}

/* Returns the bytes that the cell takes. */
static gsize
add_cell (StrataProfileTable *table, sqlite3_stmt *row, int column)
{
  int n_bytes;

  switch (sqlite3_column_type (row, column))
    {
    case SQLITE_INTEGER:
      strata_profile_table_add_int (table, sqlite3_column_int64 (row, column));
      return 16;
    case SQLITE_FLOAT:
      strata_profile_table_add_double (table, sqlite3_column_double (row, column));
      return 16;
    case SQLITE_TEXT:
      {
        const char *text = (const char *) sqlite3_column_text (row, column);

        n_bytes = sqlite3_column_bytes (row, column);
        strata_profile_table_add_text (table, text != NULL ? text : "", text != NULL ? n_bytes : 0);
        return 16 + n_bytes;
      }
    case SQLITE_BLOB:
      {
        const guint8 *bytes = sqlite3_column_blob (row, column);
        g_autofree char *text = NULL;

        n_bytes = bytes != NULL ? sqlite3_column_bytes (row, column) : 0;
        text = make_hex (bytes, n_bytes);
        strata_profile_table_add_text (table, text, 2 * (gsize) n_bytes);
        return 16 + 2 * (gsize) n_bytes;
      }
    default:
      strata_profile_table_add_none (table);
      return 16;
    }
}

static int
fill (StrataProfileTable *table, sqlite3_stmt *statement, guint max_rows)
{
  int n_columns = sqlite3_column_count (statement);
  gsize n_bytes = 0;
  guint n_rows = 0;
  int code;

  for (int column = 0; column < n_columns; column++)
    strata_profile_table_add_column (table, sqlite3_column_name (statement, column));
  while ((code = sqlite3_step (statement)) == SQLITE_ROW)
    {
      if (n_rows == max_rows || n_bytes > MAX_RESULT_BYTES)
        {
          strata_profile_table_set_truncated (table);
          return SQLITE_DONE;
        }
      for (int column = 0; column < n_columns; column++)
        n_bytes += add_cell (table, statement, column);
      n_rows++;
    }
  return code;
}

StrataProfileTable *
strata_query_run (
  sqlite3 *db, const char *path, const char *sql, guint max_rows, GCancellable *cancellable, GError **error)
{
  StrataStoreWatch watch = { cancellable, g_get_monotonic_time () + MAX_SECONDS * G_TIME_SPAN_SECOND };
  g_autoptr (StrataProfileTable) table = NULL;
  sqlite3_stmt *statement;
  int code;

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;
  statement = prepare (db, path, sql, error);
  if (statement == NULL)
    return NULL;
  table = strata_profile_table_new ();
  sqlite3_limit (db, SQLITE_LIMIT_LENGTH, MAX_CELL_BYTES);
  strata_store_watch (db, &watch);
  code = fill (table, statement, max_rows == 0 ? DEFAULT_MAX_ROWS : MIN (max_rows, MAX_ROWS));
  strata_store_unwatch (db);
  if (code != SQLITE_DONE && !g_cancellable_set_error_if_cancelled (cancellable, error))
    fail_query (db, path, code, error);
  sqlite3_finalize (statement);
  return code == SQLITE_DONE ? g_steal_pointer (&table) : NULL;
}
