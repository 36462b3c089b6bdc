/* SPDX-License-Identifier: Apache-2.0
 *
 * What the halves of the inserter share: tables with their prepared statements, errors, binding of values.
 */
#pragma once

#include <sqlite3.h>

#include "ingest/insert.h"

typedef enum
{
  STRATA_TABLE_META,
  STRATA_TABLE_UNIT,
  STRATA_TABLE_LAYER,
  STRATA_TABLE_LAYER_INPUT,
  STRATA_TABLE_TILE,
  STRATA_TABLE_INSTRUCTION,
  STRATA_TABLE_EVENT,
  STRATA_TABLE_ENERGY,
  STRATA_TABLE_POWER,
  STRATA_TABLE_TEMPERATURE,
  STRATA_TABLE_ACCURACY,
  STRATA_TABLE_NOISE,
  STRATA_TABLE_FIGURE,
  STRATA_TABLE_FINDING,
  STRATA_TABLE_DROP,
  STRATA_TABLE_DECISION,
  STRATA_TABLE_ALTERNATIVE,
  STRATA_TABLE_SPELL,
  STRATA_TABLE_WARMING,
  STRATA_N_TABLES,
} StrataTable;

struct _StrataInserter
{
  char *file, *shown;
  sqlite3 *db;
  sqlite3_stmt *insert[STRATA_N_TABLES];
  gint64 n_rows[STRATA_N_TABLES];
  gint32 n_units, n_layers, n_tiles, n_instructions;
  gint64 event_fj, event_ps, energy_fj[STRATA_N_BANDS];
  gint64 spell_end_ps, warming_ps; /* of the last one; -1: for ever, and none yet */
};

/* A record that points nowhere or is out of range; always FALSE. */
gboolean strata_inserter_refuse (StrataInserter *inserter, GError **error, const char *format, ...)
  G_GNUC_PRINTF (3, 4);
/* Runs what has been bound to the statement of @table. */
gboolean strata_inserter_row (StrataInserter *inserter, StrataTable table, GError **error);
/* SQL with SQLite's formats: %Q quotes text. */
gboolean strata_inserter_execute (StrataInserter *inserter, GError **error, const char *format, ...);

/* NULL becomes "", text that is not UTF-8 is made so. */
void strata_bind_text (sqlite3_stmt *statement, int i, const char *text);
/* Negative: NULL */
void strata_bind_id (sqlite3_stmt *statement, int i, gint64 id);
/* SQLite stores NaN as NULL; infinities are unavailable too. */
void strata_bind_number (sqlite3_stmt *statement, int i, double value);
void strata_bind_ints (sqlite3_stmt *statement, int first, const gint64 *values, int n);

/* Chip, run, names, units, layers, tiles and instructions. */
gboolean strata_inserter_session (StrataInserter *inserter, const StrataTraceSession *session, GError **error);
