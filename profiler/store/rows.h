/* SPDX-License-Identifier: Apache-2.0
 *
 * All rows of a profile in plain arrays, as read from the file: checked, so that every id points at a row, times and
 * energies are not negative and their sums fit 63 bits. Sums over events are filled in by analysis/derive.h.
 */
#pragma once

#include <sqlite3.h>

#include "strata-profiler/strata-profile.h"

/* Events of all units, sorted by (unit, static or not, start). Events of track 2 * unit (+ 1: static ones) are
 * first[track] to first[track + 1]. */
typedef struct
{
  gsize n_events;
  gint64 *start_ps, *duration_ps, *energy_fj, *n_actions;
  gint32 *layer, *instruction, *burst;
  gint16 *tier;
  guint8 *flags;
  gsize *first; /* 2 * n_units + 1 */
} StrataEventTable;

typedef struct
{
  gsize n_samples;
  gint64 *time_ps, *step_ps;
  double *power_mw; /* n_samples x STRATA_N_COMPONENTS */
} StrataPowerTable;

typedef struct
{
  StrataProfileRun run;
  GStringChunk *strings;
  StrataProfileLayer *layers;
  StrataProfileTile *tiles;
  gint32 *site_tiles;
  StrataProfileUnit *units;
  StrataProfileInstruction *instructions;
  StrataProfileFigure *figures;
  StrataProfileFinding *findings;
  StrataProfileDecision *decisions;
  StrataProfileAlternative *alternatives; /* in the order of decisions */
  StrataProfileDrop *drops;
  StrataProfileTemperature *temperatures;
  StrataProfileSpell *spells;
  StrataProfileWarming *warming;
  StrataProfileMeta *meta;
  gsize n_layers, n_tiles, n_sites, n_units, n_instructions, n_figures, n_findings, n_drops, n_temperatures, n_meta;
  gsize n_decisions, n_alternatives, n_spells, n_warming;
  /* Energy that belongs to no layer, by component. */
  gint64 no_layer_fj[STRATA_N_BANDS][STRATA_N_COMPONENTS];
  StrataEventTable events;
  StrataPowerTable power;
} StrataRows;

/* Opens for reading, checks the header: magic, application id, version, size. */
sqlite3 *strata_store_open (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Reads everything. Errors: STRATA_PROFILE_ERROR_FORMAT, G_IO_ERROR_CANCELLED. */
StrataRows *
strata_store_load (sqlite3 *db, const char *path, GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_rows_free (StrataRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataRows, strata_rows_free)

/* Every page and index. */
gboolean strata_store_check (sqlite3 *db, const char *path, GCancellable *cancellable, GError **error);

/* SHA-256 over all tables, see strata_profile_content_hash(). */
char *strata_store_content_hash (
  sqlite3 *db, const StrataRows *rows, const char *path, GCancellable *cancellable, GError **error);

/* Makes statements of @db stop once @cancellable is cancelled or @deadline (g_get_monotonic_time; 0: never) has passed.
 * The watch lives on the caller's stack until strata_store_unwatch(). */
typedef struct
{
  GCancellable *cancellable;
  gint64 deadline;
} StrataStoreWatch;

void strata_store_watch (sqlite3 *db, StrataStoreWatch *watch);
void strata_store_unwatch (sqlite3 *db);

/* "PATH: is damaged (…); copy it again …", or G_IO_ERROR_CANCELLED where a watch interrupted. */
void strata_store_set_damaged (GError **error, const char *path, const char *format, ...) G_GNUC_PRINTF (3, 4);
