/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema as text, and the names that go into the file with it.
 */
#include "store/schema.h"

#include "schema-sql.h"

GQuark
strata_profile_error_quark (void)
{
  return g_quark_from_static_string ("strata-profile-error-quark");
}

const char *
strata_store_schema_sql (void)
{
  return SCHEMA_SQL;
}

const char *
strata_store_index_sql (void)
{
  return INDEXES_SQL;
}

const char *const *
strata_store_tables (void)
{
  static const char *const tables[] = { "meta",        "run",    "chip",        "component",   "unit_kind",
                                        "unit",        "layer",  "layer_input", "tile",        "instruction",
                                        "event",       "energy", "power",       "temperature", "accuracy",
                                        "noise",       "figure", "finding",     "drop_record", "decision",
                                        "alternative", "spell",  "warming",     NULL };

  return tables;
}

int
strata_store_table_version (const char *table)
{
  return g_str_equal (table, "spell") || g_str_equal (table, "warming")          ? 4
         : g_str_equal (table, "noise")                                          ? 3
         : g_str_equal (table, "decision") || g_str_equal (table, "alternative") ? 2
                                                                                 : 1;
}

int
strata_store_version (sqlite3 *db)
{
  sqlite3_stmt *statement = NULL;
  int version = 0;

  if (sqlite3_prepare_v2 (db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW)
    version = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  return version;
}

const char *
strata_store_fidelity_name (StrataFidelity fidelity)
{
  static const char *const names[] = { "estimate", "timing", "functional", "measured" };

  return (guint) fidelity < G_N_ELEMENTS (names) ? names[fidelity] : "unknown";
}

gboolean
strata_store_component_is_static (StrataComponent component)
{
  return component == STRATA_COMPONENT_CONTROL || component == STRATA_COMPONENT_LEAKAGE
         || component == STRATA_COMPONENT_DRAM_IDLE;
}
