/* SPDX-License-Identifier: Apache-2.0
 *
 * Read-only SQL with bounds on rows, time and size, and the table it fills.
 */
#pragma once

#include <sqlite3.h>

#include "strata-profiler/strata-profile.h"

/* See strata_profile_query(). @db is used by nobody else meanwhile. */
StrataProfileTable *strata_query_run (sqlite3 *db,
                                      const char *path,
                                      const char *sql,
                                      guint max_rows,
                                      GCancellable *cancellable,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

typedef enum
{
  STRATA_CELL_NONE,
  STRATA_CELL_INT,
  STRATA_CELL_DOUBLE,
  STRATA_CELL_TEXT,
} StrataCellType;

StrataProfileTable *strata_profile_table_new (void) G_GNUC_WARN_UNUSED_RESULT;
void strata_profile_table_add_column (StrataProfileTable *table, const char *name);
/* Cells row by row; a row is whole once it has as many as there are columns. */
void strata_profile_table_add_none (StrataProfileTable *table);
void strata_profile_table_add_int (StrataProfileTable *table, gint64 value);
void strata_profile_table_add_double (StrataProfileTable *table, double value);
void strata_profile_table_add_text (StrataProfileTable *table, const char *text, gsize length);
void strata_profile_table_set_truncated (StrataProfileTable *table);
