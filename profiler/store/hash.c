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

/* "SELECT columns FROM table ORDER BY 1, 2 …" */
static char *
make_select (sqlite3 *db, const char *table)
{
  g_autofree char *info = g_strdup_printf ("SELECT count (*) FROM pragma_table_info ('%s')", table);
  GString *select = g_string_new (NULL);
  sqlite3_stmt *statement = NULL;
  int n_columns = 0;

  if (sqlite3_prepare_v2 (db, info, -1, &statement, NULL) == SQLITE_OK && sqlite3_step (statement) == SQLITE_ROW)
    n_columns = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  g_string_printf (select, "SELECT * FROM %s", table);
  for (int i = 0; i < n_columns; i++)
    g_string_append_printf (select, "%s%d", i == 0 ? " ORDER BY " : ", ", i + 1);
  return g_string_free (select, FALSE);
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

/* --- events: sorted by track and start already; only those that start together need an order --- */

static int
compare_event_cb (gconstpointer a, gconstpointer b, gpointer data)
{
  const StrataEventTable *t = data;
  gsize i = *(const gsize *) a, j = *(const gsize *) b;
  const gint64 keys[][2] = { { t->instruction[i], t->instruction[j] },
                             { t->burst[i], t->burst[j] },
                             { t->layer[i], t->layer[j] },
                             { t->duration_ps[i], t->duration_ps[j] },
                             { t->energy_fj[i], t->energy_fj[j] },
                             { t->n_actions[i], t->n_actions[j] },
                             { t->tier[i], t->tier[j] },
                             { t->flags[i], t->flags[j] } };

  for (gsize key = 0; key < G_N_ELEMENTS (keys); key++)
    if (keys[key][0] != keys[key][1])
      return keys[key][0] < keys[key][1] ? -1 : 1;
  return 0;
}

static void
hash_event (GChecksum *checksum, const StrataEventTable *t, gsize track, gsize i)
{
  const guint64 cells[] = { GUINT64_TO_LE (track),
                            GUINT64_TO_LE ((guint64) t->start_ps[i]),
                            GUINT64_TO_LE ((guint64) t->duration_ps[i]),
                            GUINT64_TO_LE ((guint64) t->energy_fj[i]),
                            GUINT64_TO_LE ((guint64) t->n_actions[i]),
                            GUINT64_TO_LE ((guint64) t->layer[i]),
                            GUINT64_TO_LE ((guint64) t->instruction[i]),
                            GUINT64_TO_LE ((guint64) t->burst[i]),
                            GUINT64_TO_LE ((guint64) t->tier[i]),
                            GUINT64_TO_LE ((guint64) t->flags[i]) };

  g_checksum_update (checksum, (const guchar *) cells, sizeof cells);
}

static void
hash_events (GChecksum *checksum, const StrataRows *rows)
{
  const StrataEventTable *t = &rows->events;
  g_autofree gsize *order = g_new (gsize, t->n_events + 1);

  for (gsize track = 0; track < 2 * rows->n_units; track++)
    for (gsize i = t->first[track], end; i < t->first[track + 1]; i = end)
      {
        for (end = i; end < t->first[track + 1] && t->start_ps[end] == t->start_ps[i]; end++)
          order[end] = end;
        if (end - i > 1)
          g_qsort_with_data (order + i, end - i, sizeof *order, compare_event_cb, (gpointer) t);
        for (gsize j = i; j < end; j++)
          hash_event (checksum, t, track, order[j]);
      }
}

char *
strata_store_content_hash (
  sqlite3 *db, const StrataRows *rows, const char *path, GCancellable *cancellable, GError **error)
{
  StrataStoreWatch watch = { cancellable, 0 };
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  int code = SQLITE_DONE, version = strata_store_version (db);

  strata_store_watch (db, &watch);
  for (const char *const *table = strata_store_tables (); *table != NULL && code == SQLITE_DONE; table++)
    if (!g_str_equal (*table, "event") && strata_store_table_version (*table) <= version)
      code = hash_table (checksum, db, *table);
  strata_store_unwatch (db);
  hash_events (checksum, rows);
  if (code == SQLITE_DONE)
    return g_strdup (g_checksum_get_string (checksum));
  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    strata_store_set_damaged (error, path, "%s", sqlite3_errmsg (db));
  return NULL;
}
