/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of reading a profile, shared by load.c, load-events.c and load-spells.c. The first problem is kept in
 * error; readers of a cell return something harmless after it, and the loop over rows stops.
 */
#pragma once

#include "store/rows.h"

#define STRATA_MAX_SITES (1 << 24) /* arrays of a chip: 64 times those of the largest chip description */

typedef struct
{
  sqlite3 *db;
  const char *path, *table;
  GCancellable *cancellable;
  StrataRows *rows;
  sqlite3_stmt *statement;
  GArray *array, *steps, *powers;
  int n_single, n_sealed;
  int version; /* of the schema */
  gint64 event_fj, event_ps, energy_fj[STRATA_N_BANDS];
  GError *error;
} StrataLoader;

typedef void (*StrataLoaderFunc) (StrataLoader *loader);

/* Always FALSE. */
gboolean strata_loader_fail (StrataLoader *loader, const char *format, ...) G_GNUC_PRINTF (2, 3);
gint64 strata_loader_int (StrataLoader *loader, int column, gint64 low, gint64 high);
/* -1 for NULL, else 0 to n - 1 */
gint32 strata_loader_id (StrataLoader *loader, int column, gsize n);
double strata_loader_number (StrataLoader *loader, int column);
gboolean strata_loader_each (StrataLoader *loader, const char *table, const char *sql, StrataLoaderFunc read);

gboolean strata_loader_events (StrataLoader *loader);
gboolean strata_loader_spells (StrataLoader *loader);
void strata_event_table_finish (StrataEventTable *events);
