/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of a query: columns with names, cells that are nothing, an integer, a number, text or bytes. Immutable.
 */
#pragma once

#include <glib-object.h>

#include "strata/strata-types.h"

G_BEGIN_DECLS

#define STRATA_TYPE_PROFILE_TABLE (strata_profile_table_get_type ())
STRATA_API
G_DECLARE_FINAL_TYPE (StrataProfileTable, strata_profile_table, STRATA, PROFILE_TABLE, GObject)

/**
 * strata_profile_table_get_n_rows:
 * @table: a table
 *
 * Returns: number of rows kept
 */
STRATA_API guint strata_profile_table_get_n_rows (StrataProfileTable *table);

/**
 * strata_profile_table_get_n_columns:
 * @table: a table
 *
 * Returns: number of columns
 */
STRATA_API guint strata_profile_table_get_n_columns (StrataProfileTable *table);

/**
 * strata_profile_table_is_truncated:
 * @table: a table
 *
 * Returns: %TRUE where the query had more rows than were asked for
 */
STRATA_API gboolean strata_profile_table_is_truncated (StrataProfileTable *table);

/**
 * strata_profile_table_get_column_name:
 * @table: a table
 * @column: column from 0
 *
 * Returns: (transfer none): its name
 */
STRATA_API const char *strata_profile_table_get_column_name (StrataProfileTable *table, guint column);

/**
 * strata_profile_table_is_number:
 * @table: a table
 * @row: row from 0
 * @column: column from 0
 *
 * Returns: %TRUE where the cell is an integer or a number
 */
STRATA_API gboolean strata_profile_table_is_number (StrataProfileTable *table, guint row, guint column);

/**
 * strata_profile_table_get_value:
 * @table: a table
 * @row: row from 0
 * @column: column from 0
 *
 * The cell as int64 ("x"), double ("d"), string ("s"; bytes as hexadecimal digits) or, where there is nothing, an empty
 * tuple ("()").
 *
 * Returns: (transfer full): the cell
 */
STRATA_API GVariant *
strata_profile_table_get_value (StrataProfileTable *table, guint row, guint column) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_table_get_int:
 * @table: a table
 * @row: row from 0
 * @column: column from 0
 *
 * Returns: the cell as an integer, truncated; 0 where it is not a number
 */
STRATA_API gint64 strata_profile_table_get_int (StrataProfileTable *table, guint row, guint column);

/**
 * strata_profile_table_get_double:
 * @table: a table
 * @row: row from 0
 * @column: column from 0
 *
 * Returns: the cell as a number; NaN where it is not one
 */
STRATA_API double strata_profile_table_get_double (StrataProfileTable *table, guint row, guint column);

/**
 * strata_profile_table_dup_text:
 * @table: a table
 * @row: row from 0
 * @column: column from 0
 *
 * Returns: (transfer full): the cell as text, numbers printed so that they read back exactly; "" where there is nothing
 */
STRATA_API char *
strata_profile_table_dup_text (StrataProfileTable *table, guint row, guint column) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_table_to_csv:
 * @table: a table
 *
 * Returns: (transfer full): header and rows as comma-separated values (RFC 4180)
 */
STRATA_API char *strata_profile_table_to_csv (StrataProfileTable *table) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_table_to_text:
 * @table: a table
 *
 * Returns: (transfer full): aligned columns for a terminal, numbers to the right
 */
STRATA_API char *strata_profile_table_to_text (StrataProfileTable *table) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
