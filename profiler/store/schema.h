/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema of a profile as SQL text, and the numbers in the file's header that tell a profile from another database.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

#include "strata-profiler/strata-profile.h"

#define STRATA_STORE_APPLICATION_ID 0x53545241 /* "STRA" */

const char *strata_store_schema_sql (void);
const char *strata_store_index_sql (void);

/* Tables that carry data, in the order they are written, NULL-terminated; "seal" is not among them. */
const char *const *strata_store_tables (void);
/* Version of the schema that brought @table */
int strata_store_table_version (const char *table);
/* PRAGMA user_version of an open database; 0 where it cannot be read */
int strata_store_version (sqlite3 *db);

const char *strata_store_fidelity_name (StrataFidelity fidelity);
gboolean strata_store_component_is_static (StrataComponent component);
