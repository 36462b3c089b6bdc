/* SPDX-License-Identifier: Apache-2.0
 *
 * Records into rows: one open database, one transaction, one prepared statement per table. Checks each record against
 * the session's tables before it goes in. After an error only strata_inserter_free () may be called.
 */
#pragma once

#include "strata/sys/strata-trace.h"

typedef struct _StrataInserter StrataInserter;

/* @file is the database, an empty file; @shown is its name in messages. */
StrataInserter *strata_inserter_new (const char *file, const char *shown) G_GNUC_WARN_UNUSED_RESULT;
gboolean strata_inserter_begin (StrataInserter *inserter, const StrataTraceSession *session, GError **error);
gboolean
strata_inserter_write (StrataInserter *inserter, StrataRecordKind kind, gconstpointer records, gsize n, GError **error);
/* Checks the sums, seals, makes the indexes, commits and closes. */
gboolean strata_inserter_finish (StrataInserter *inserter, GError **error);
void strata_inserter_free (StrataInserter *inserter);
