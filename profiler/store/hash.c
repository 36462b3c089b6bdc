/* SPDX-License-Identifier: Apache-2.0
 *
 * What a profile says, as one number: SHA-256 over every table's name and rows, rows sorted by all their columns,
 * without the numbers of events (their order of recording) and without meta keys that differ between two recordings of
 * one run. Cell: a byte of type, then 8 bytes little-endian or length and bytes.
 */
#include <string.h>

#include "store/rows.h"
#include "store/schema.h"

gboolean
strata_profile_meta_is_volatile (const char *key)
{
  static const char *const keys[] = { "created", "host", "user", "command", "wall_time_s", "cwd", NULL };

  g_return_val_if_fail (key != NULL, FALSE);

  return g_strv_contains (keys, key) || g_str_has_suffix (key, "_path");
}

static void
hash_u64 (GChecksum *checksum, guint64 value)
{
  guint64 little = GUINT64_TO_LE (value);

  g_checksum_update (checksum, (const guchar *) &little, sizeof little);
}

static void
hash_cell (GChecksum *checksum, sqlite3_stmt *row, int column)
{
  guchar type = sqlite3_column_type (row, column);
  double number;
  guint64 bits;

  g_checksum_update (checksum, &type, 1);
  switch (type)
    {
    case SQLITE_INTEGER:
      hash_u64 (checksum, sqlite3_column_int64 (row, column));
      break;
    case SQLITE_FLOAT:
      number = sqlite3_column_double (row, column);
      memcpy (&bits, &number, sizeof bits);
      hash_u64 (checksum, bits);
      break;
    case SQLITE_NULL:
      break;
    default:
      {
        const guchar *bytes = sqlite3_column_blob (row, column);
        int n_bytes = sqlite3_column_bytes (row, column);

        hash_u64 (checksum, n_bytes);
        if (bytes != NULL)
          g_checksum_update (checksum, bytes, n_bytes);
      }
    }
}

/* "SELECT columns FROM table ORDER BY 1, 2 …" with all columns but the number of an event. */
static char *
make_select (sqlite3 *db, const char *table)
{
  g_autofree char *info = g_strdup_printf ("SELECT name FROM pragma_table_info ('%s') ORDER BY cid", table);
  g_autoptr (GString) columns = g_string_new (NULL);
  g_autoptr (GString) order = g_string_new (NULL);
  gboolean is_event = g_str_equal (table, "event");
  sqlite3_stmt *statement = NULL;
  int n_columns = 0;

  if (sqlite3_prepare_v2 (db, info, -1, &statement, NULL) == SQLITE_OK)
    while (sqlite3_step (statement) == SQLITE_ROW)
      {
        const char *name = (const char *) sqlite3_column_text (statement, 0);

        if (name == NULL || (is_event && g_str_equal (name, "id")))
          continue;
        g_string_append_printf (columns, "%s\"%s\"", n_columns > 0 ? ", " : "", name);
        g_string_append_printf (order, "%s%d", n_columns > 0 ? ", " : "", n_columns + 1);
        n_columns++;
      }
  sqlite3_finalize (statement);
  return g_strdup_printf ("SELECT %s FROM %s ORDER BY %s", columns->str, table, order->str);
}

static int
hash_table (GChecksum *checksum, sqlite3 *db, const char *table)
{
  g_autofree char *sql = make_select (db, table);
  gboolean is_meta = g_str_equal (table, "meta");
  sqlite3_stmt *row = NULL;
  int code = sqlite3_prepare_v2 (db, sql, -1, &row, NULL);

  g_checksum_update (checksum, (const guchar *) table, strlen (table) + 1);
  if (code == SQLITE_OK)
    while ((code = sqlite3_step (row)) == SQLITE_ROW)
      {
        const char *key = is_meta ? (const char *) sqlite3_column_text (row, 0) : NULL;

        if (key != NULL && strata_profile_meta_is_volatile (key))
          continue;
        for (int column = 0; column < sqlite3_column_count (row); column++)
          hash_cell (checksum, row, column);
      }
  sqlite3_finalize (row);
  return code;
}

char *
strata_store_content_hash (sqlite3 *db, const char *path, GCancellable *cancellable, GError **error)
{
  StrataStoreWatch watch = { cancellable, 0 };
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  int code = SQLITE_DONE;

  strata_store_watch (db, &watch);
  for (const char *const *table = strata_store_tables (); *table != NULL && code == SQLITE_DONE; table++)
    code = hash_table (checksum, db, *table);
  strata_store_unwatch (db);
  if (code == SQLITE_DONE)
    return g_strdup (g_checksum_get_string (checksum));
  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    strata_store_set_damaged (error, path, "%s", sqlite3_errmsg (db));
  return NULL;
}
