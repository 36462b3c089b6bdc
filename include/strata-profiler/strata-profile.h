/* SPDX-License-Identifier: Apache-2.0
 *
 * A recorded run, opened for reading: typed rows in plain arrays for C, names, numbers and list models for the
 * languages that come through introspection, and read-only SQL for everything else. The file is never written to. A
 * StrataProfile does not change once it is open and may be read from several threads.
 */
#pragma once

#include <gio/gio.h>

#include "strata-profiler/strata-profile-table.h"
#include "strata-profiler/strata-profile-types.h"

G_BEGIN_DECLS

/**
 * StrataProfileError:
 * @STRATA_PROFILE_ERROR_NOT_FOUND: the file is not there or not readable
 * @STRATA_PROFILE_ERROR_FORMAT: the file is not a profile, or it is damaged
 * @STRATA_PROFILE_ERROR_VERSION: the profile was written by a newer version
 * @STRATA_PROFILE_ERROR_QUERY: an SQL statement that is wrong, not read-only, or takes too long
 * @STRATA_PROFILE_ERROR_WRITE: a profile or report could not be written, for example on a full disk
 * @STRATA_PROFILE_ERROR_INCONSISTENT: records that contradict each other, such as sums that do not close
 */
typedef enum
{
  STRATA_PROFILE_ERROR_NOT_FOUND,
  STRATA_PROFILE_ERROR_FORMAT,
  STRATA_PROFILE_ERROR_VERSION,
  STRATA_PROFILE_ERROR_QUERY,
  STRATA_PROFILE_ERROR_WRITE,
  STRATA_PROFILE_ERROR_INCONSISTENT,
} StrataProfileError;

#define STRATA_PROFILE_ERROR (strata_profile_error_quark ())
STRATA_API GQuark strata_profile_error_quark (void);

/* Version of the schema that this library writes, and the newest it reads: PRAGMA user_version of the file. */
#define STRATA_PROFILE_SCHEMA_VERSION 4

#define STRATA_TYPE_PROFILE (strata_profile_get_type ())
STRATA_API
G_DECLARE_FINAL_TYPE (StrataProfile, strata_profile, STRATA, PROFILE, GObject)

/**
 * strata_profile_open:
 * @path: (type filename): a `.strata` file
 * @cancellable: (nullable): a #GCancellable
 * @error: return location
 *
 * Opens a profile and loads all of it. Blocks: about a second for two million events. Never modifies the file.
 *
 * Errors: %STRATA_PROFILE_ERROR_NOT_FOUND, %STRATA_PROFILE_ERROR_FORMAT, %STRATA_PROFILE_ERROR_VERSION,
 * %G_IO_ERROR_CANCELLED. The message is one line with the path and what to do.
 *
 * Returns: (transfer full): the profile
 */
STRATA_API StrataProfile *
strata_profile_open (const char *path, GCancellable *cancellable, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_open_async:
 * @path: (type filename): a `.strata` file
 * @cancellable: (nullable): a #GCancellable
 * @callback: (scope async): called in the caller's main context
 * @user_data: for @callback
 *
 * As strata_profile_open(), on another thread.
 */
STRATA_API void strata_profile_open_async (const char *path,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback,
                                           gpointer user_data);

/**
 * strata_profile_open_finish:
 * @result: what the callback got
 * @error: return location
 *
 * Ends strata_profile_open_async(). Errors as strata_profile_open().
 *
 * Returns: (transfer full): the profile
 */
STRATA_API StrataProfile *strata_profile_open_finish (GAsyncResult *result, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_check:
 * @profile: a profile
 * @cancellable: (nullable): a #GCancellable
 * @error: return location
 *
 * The thorough check behind `strata validate`: every page and index of the file, beyond what opening verifies. Blocks,
 * about a second per 100 MB.
 *
 * Errors: %STRATA_PROFILE_ERROR_FORMAT, %G_IO_ERROR_CANCELLED.
 *
 * Returns: %TRUE where the file is sound
 */
STRATA_API gboolean strata_profile_check (StrataProfile *profile, GCancellable *cancellable, GError **error);

/**
 * strata_profile_content_hash:
 * @profile: a profile
 * @cancellable: (nullable): a #GCancellable
 * @error: return location
 *
 * SHA-256 over all tables in a canonical order, without what differs between two recordings of the same run (the meta
 * keys listed in strata_profile_meta_is_volatile()). Same model, chip, options and seed: same hash. Blocks.
 *
 * Errors: %STRATA_PROFILE_ERROR_FORMAT, %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full): 64 hexadecimal digits
 */
STRATA_API char *strata_profile_content_hash (StrataProfile *profile,
                                              GCancellable *cancellable,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_meta_is_volatile:
 * @key: a meta key
 *
 * Returns: %TRUE where @key says when, where or by whom a run was recorded (`created`, `host`, `user`, `command`,
 *   `wall_time_s`, `cwd` and keys ending in `_path`), which the content hash leaves out
 */
STRATA_API gboolean strata_profile_meta_is_volatile (const char *key);

/* --- names and numbers, for every language --- */

/**
 * strata_profile_get_path:
 * @profile: a profile
 *
 * Returns: (transfer none) (type filename): the path it was opened with
 */
STRATA_API const char *strata_profile_get_path (StrataProfile *profile);

/**
 * strata_profile_get_run_name:
 * @profile: a profile
 *
 * Returns: (transfer none): what the run is called
 */
STRATA_API const char *strata_profile_get_run_name (StrataProfile *profile);

/**
 * strata_profile_get_model_name:
 * @profile: a profile
 *
 * Returns: (transfer none): the model that ran
 */
STRATA_API const char *strata_profile_get_model_name (StrataProfile *profile);

/**
 * strata_profile_get_chip_name:
 * @profile: a profile
 *
 * Returns: (transfer none): the chip it ran on
 */
STRATA_API const char *strata_profile_get_chip_name (StrataProfile *profile);

/**
 * strata_profile_get_fidelity_name:
 * @profile: a profile
 *
 * Returns: (transfer none): "estimate", "timing", "functional" or "measured"
 */
STRATA_API const char *strata_profile_get_fidelity_name (StrataProfile *profile);

/**
 * strata_profile_get_duration_ps:
 * @profile: a profile
 *
 * Returns: length of the run in picoseconds, from its first start to its last end
 */
STRATA_API gint64 strata_profile_get_duration_ps (StrataProfile *profile);

/**
 * strata_profile_get_energy_fj:
 * @profile: a profile
 *
 * Returns: nominal energy of the run in femtojoules, static energy included
 */
STRATA_API gint64 strata_profile_get_energy_fj (StrataProfile *profile);

/**
 * strata_profile_get_n_layers:
 * @profile: a profile
 *
 * Returns: number of layers
 */
STRATA_API gsize strata_profile_get_n_layers (StrataProfile *profile);

/**
 * strata_profile_get_n_events:
 * @profile: a profile
 *
 * Returns: number of events, static ones included
 */
STRATA_API gint64 strata_profile_get_n_events (StrataProfile *profile);

/**
 * strata_profile_get_figure:
 * @profile: a profile
 * @name: name of the figure, such as `latency_ps`
 * @band: 0 nominal, 1 optimistic, 2 conservative
 *
 * Returns: its value; NaN where the run has no such figure or it is unavailable
 */
STRATA_API double strata_profile_get_figure (StrataProfile *profile, const char *name, guint band);

/**
 * strata_profile_get_meta:
 * @profile: a profile
 * @key: a key, such as `program_hash`
 *
 * Returns: (transfer none) (nullable): its value
 */
STRATA_API const char *strata_profile_get_meta (StrataProfile *profile, const char *key);

/**
 * strata_profile_get_layer_model:
 * @profile: a profile
 *
 * Returns: (transfer full): a new list of #StrataLayerItem in order of execution
 */
STRATA_API GListModel *strata_profile_get_layer_model (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_get_figure_model:
 * @profile: a profile
 *
 * Returns: (transfer full): a new list of #StrataFigureItem
 */
STRATA_API GListModel *strata_profile_get_figure_model (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_get_finding_model:
 * @profile: a profile
 *
 * Returns: (transfer full): a new list of #StrataFindingItem, what matters most first
 */
STRATA_API GListModel *strata_profile_get_finding_model (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_get_decision_model:
 * @profile: a profile
 *
 * Returns: (transfer full): a new list of #StrataDecisionItem: what the compiler decided and why, the run first, then
 *   layer by layer; empty for profiles of schema 1
 */
STRATA_API GListModel *strata_profile_get_decision_model (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_query:
 * @profile: a profile
 * @sql: one SELECT statement
 * @max_rows: rows to keep at most; 0: 100,000. The result says where more were left out
 * @cancellable: (nullable): a #GCancellable
 * @error: return location
 *
 * Runs read-only SQL over the tables of the profile (documented in the schema, `strata_profile_get_schema_sql()`).
 * Gives up after ten seconds. Blocks; safe from any thread.
 *
 * Errors: %STRATA_PROFILE_ERROR_QUERY for a statement that is wrong, writes, is not one statement or is too slow;
 * %STRATA_PROFILE_ERROR_FORMAT where the file is damaged; %G_IO_ERROR_CANCELLED.
 *
 * Returns: (transfer full): the result
 */
STRATA_API StrataProfileTable *strata_profile_query (StrataProfile *profile,
                                                     const char *sql,
                                                     guint max_rows,
                                                     GCancellable *cancellable,
                                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_get_schema_sql:
 *
 * Returns: (transfer none): the schema with a comment on every table, column and unit
 */
STRATA_API const char *strata_profile_get_schema_sql (void);

/* --- rows, for C. Everything returned is owned by the profile and valid as long as it is. --- */

/**
 * strata_profile_get_run: (skip)
 * @profile: a profile
 *
 * Returns: (transfer none): the run, its chip and its totals
 */
STRATA_API const StrataProfileRun *strata_profile_get_run (StrataProfile *profile);

/**
 * strata_profile_get_layers: (skip)
 * @profile: a profile
 * @n_layers: (out) (optional): number of layers
 *
 * Returns: (transfer none) (array length=n_layers): layers by id, which is the order of execution
 */
STRATA_API const StrataProfileLayer *strata_profile_get_layers (StrataProfile *profile, gsize *n_layers);

/**
 * strata_profile_find_layer: (skip)
 * @profile: a profile
 * @name: the layer's name
 *
 * Returns: (transfer none) (nullable): the first layer of that name
 */
STRATA_API const StrataProfileLayer *strata_profile_find_layer (StrataProfile *profile, const char *name);

/**
 * strata_profile_get_tiles: (skip)
 * @profile: a profile
 * @n_tiles: (out) (optional): number of tiles
 *
 * Returns: (transfer none) (array length=n_tiles): tiles by id
 */
STRATA_API const StrataProfileTile *strata_profile_get_tiles (StrataProfile *profile, gsize *n_tiles);

/**
 * strata_profile_get_site_tiles: (skip)
 * @profile: a profile
 * @n_sites: (out) (optional): n_stacks x n_tiers
 *
 * Returns: (transfer none) (array length=n_sites): for site stack * n_tiers + tier the id of the tile there, the lowest
 *   where tiles share an array; -1 where the array is free
 */
STRATA_API const gint32 *strata_profile_get_site_tiles (StrataProfile *profile, gsize *n_sites);

/**
 * strata_profile_get_units: (skip)
 * @profile: a profile
 * @n_units: (out) (optional): number of units
 *
 * Returns: (transfer none) (array length=n_units): units by id
 */
STRATA_API const StrataProfileUnit *strata_profile_get_units (StrataProfile *profile, gsize *n_units);

/**
 * strata_profile_get_instructions: (skip)
 * @profile: a profile
 * @n_instructions: (out) (optional): number of instructions
 *
 * Returns: (transfer none) (array length=n_instructions): instructions by id
 */
STRATA_API const StrataProfileInstruction *strata_profile_get_instructions (StrataProfile *profile,
                                                                            gsize *n_instructions);

/**
 * strata_profile_get_unit_events: (skip)
 * @profile: a profile
 * @unit: a unit's id
 * @events: (out): arrays owned by the profile
 *
 * Events of a unit by start, without static ones. An unknown unit has none.
 */
STRATA_API void strata_profile_get_unit_events (StrataProfile *profile, gint32 unit, StrataProfileEvents *events);

/**
 * strata_profile_get_static_events: (skip)
 * @profile: a profile
 * @unit: a unit's id
 * @events: (out): arrays owned by the profile
 *
 * Static energy of a unit by start: one event per power state.
 */
STRATA_API void strata_profile_get_static_events (StrataProfile *profile, gint32 unit, StrataProfileEvents *events);

/**
 * strata_profile_get_figures: (skip)
 * @profile: a profile
 * @n_figures: (out) (optional): number of figures
 *
 * Returns: (transfer none) (array length=n_figures): figures in the order they were recorded
 */
STRATA_API const StrataProfileFigure *strata_profile_get_figures (StrataProfile *profile, gsize *n_figures);

/**
 * strata_profile_find_figure: (skip)
 * @profile: a profile
 * @name: name of the figure
 *
 * Returns: (transfer none) (nullable): the figure
 */
STRATA_API const StrataProfileFigure *strata_profile_find_figure (StrataProfile *profile, const char *name);

/**
 * strata_profile_get_findings: (skip)
 * @profile: a profile
 * @n_findings: (out) (optional): number of findings
 *
 * Returns: (transfer none) (array length=n_findings): findings, what matters most first: by severity, then by gain
 */
STRATA_API const StrataProfileFinding *strata_profile_get_findings (StrataProfile *profile, gsize *n_findings);

/**
 * strata_profile_get_decisions: (skip)
 * @profile: a profile
 * @n_decisions: (out) (optional): number of decisions
 *
 * Returns: (transfer none) (array length=n_decisions): decisions by layer, the run's first; none in schema 1
 */
STRATA_API const StrataProfileDecision *strata_profile_get_decisions (StrataProfile *profile, gsize *n_decisions);

/**
 * strata_profile_get_drops: (skip)
 * @profile: a profile
 * @n_drops: (out) (optional): number of stretches with dropped events
 *
 * Returns: (transfer none) (array length=n_drops): drops by start
 */
STRATA_API const StrataProfileDrop *strata_profile_get_drops (StrataProfile *profile, gsize *n_drops);

/**
 * strata_profile_get_power: (skip)
 * @profile: a profile
 * @power: (out): arrays owned by the profile
 *
 * The recorded series of power by component; empty at fidelity estimate.
 */
STRATA_API void strata_profile_get_power (StrataProfile *profile, StrataProfilePower *power);

/**
 * strata_profile_get_temperatures: (skip)
 * @profile: a profile
 * @n_temperatures: (out) (optional): number of rows
 *
 * Returns: (transfer none) (array length=n_temperatures): rows by time, node, stack, tier; steady state (time -1) first
 */
STRATA_API const StrataProfileTemperature *strata_profile_get_temperatures (StrataProfile *profile,
                                                                            gsize *n_temperatures);

/**
 * strata_profile_get_spells: (skip)
 * @profile: a profile
 * @n_spells: (out) (optional): number of spells
 *
 * Returns: (transfer none) (array length=n_spells): continuous operation from cold, in order; none before schema 4, at
 *   fidelity estimate or from a board
 */
STRATA_API const StrataProfileSpell *strata_profile_get_spells (StrataProfile *profile, gsize *n_spells);

/**
 * strata_profile_get_warming: (skip)
 * @profile: a profile
 * @n_warming: (out) (optional): number of rows
 *
 * Returns: (transfer none) (array length=n_warming): temperatures from cold while the spells run, by time
 */
STRATA_API const StrataProfileWarming *strata_profile_get_warming (StrataProfile *profile, gsize *n_warming);

/**
 * strata_profile_get_all_meta: (skip)
 * @profile: a profile
 * @n_meta: (out) (optional): number of pairs
 *
 * Returns: (transfer none) (array length=n_meta): all pairs by key
 */
STRATA_API const StrataProfileMeta *strata_profile_get_all_meta (StrataProfile *profile, gsize *n_meta);

G_END_DECLS
