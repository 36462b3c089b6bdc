/* SPDX-License-Identifier: Apache-2.0
 *
 * A profile as text for a terminal, a self-contained HTML page, JSON and CSV. All of them are made from the same rows,
 * so the sums are the same. Nothing is read from or fetched over a network.
 */
#pragma once

#include "strata-profiler/strata-profile.h"

G_BEGIN_DECLS

/**
 * strata_profile_report_text:
 * @profile: a profile
 * @section: (nullable): `summary`, `requirements`, `findings`, `layers`, `energy`, `units` or `figures`; %NULL: all but
 * the last two
 * @error: return location
 *
 * Errors: %STRATA_PROFILE_ERROR_QUERY for an unknown section; the message lists the known ones.
 *
 * Returns: (transfer full): UTF-8 tables, at most 120 columns wide unless names are longer
 */
STRATA_API char *
strata_profile_report_text (StrataProfile *profile, const char *section, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_report_html:
 * @profile: a profile
 *
 * One page with no external links, dark or light as the reader's system is.
 *
 * Returns: (transfer full): HTML
 */
STRATA_API char *strata_profile_report_html (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_write_json:
 * @profile: a profile
 * @section: (nullable): a section of strata_profile_report_text(); %NULL: all
 * @stream: where to write
 * @cancellable: (nullable): a #GCancellable
 * @error: return location
 *
 * {"schema": "strata.report", "schema_version": "1.0", "result": {…}}; keys carry their units, or a key `unit` beside
 * the value; null where unavailable, NaN among it. Members of the result by section:
 *
 * - `summary`: `run`, `model`, `chip`, `fidelity`, `duration_ps`, `energy_fj` and its band, `static_fj`, `n_events`,
 *   `n_dropped`, `meta`
 * - `figures`: `figures`, each `name`, `unit`, `nominal`, `optimistic`, `conservative`, `fidelity`, `source`
 * - `requirements`: `requirements`, each `limit`, `unit`, `bound`, `value`, `verdict`, `margin`, `text`
 * - `layers`: `layers`, with `energy_fj`, `components_fj` and `noise` each
 * - `energy`: `energy`, what closes the sum over layers: `no_layer`, `static`, `total`
 * - `units`: `units`, with `busy_ps`, `utilisation`, `dynamic_fj`, `static_fj`, `n_tier_switches` each
 * - `governor`: `spells` and `warming`, continuous operation from cold
 * - `findings`: `findings`, each `rule`, `severity`, `evidence`, `action`, `gain`
 * - `temperature`: `temperature`, null where there are none: `power_mw`, `junction_c`, `package_c`, `skin_c`,
 *   `ambient_c`, `hottest` and `coolest` (tier null: the base), and `map_c`: a row for each of `mesh_x` x `mesh_y`
 *   stacks, its base and then its `n_tiers` tiers upwards
 * - `decisions`: `decisions`, each `reason`, `meaning`, `layer` (null: the run), `tile` (null: the layer), `value`,
 *   `text`, `alternatives`
 *
 * Blocks; streams.
 *
 * Errors: %STRATA_PROFILE_ERROR_QUERY for an unknown section, before anything is written; those of @stream.
 *
 * Returns: %TRUE where all was written
 */
STRATA_API gboolean strata_profile_write_json (
  StrataProfile *profile, const char *section, GOutputStream *stream, GCancellable *cancellable, GError **error);

/**
 * strata_profile_report_json:
 * @profile: a profile
 *
 * What strata_profile_write_json() writes of all sections, as a text.
 *
 * Returns: (transfer full): JSON
 */
STRATA_API char *strata_profile_report_json (StrataProfile *profile) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_write_layers_csv:
 * @profile: a profile
 * @stream: where to write
 * @cancellable: (nullable): a #GCancellable
 * @error: return location
 *
 * One line per layer, then the lines that close the sum of energy. Blocks.
 *
 * Errors: those of @stream.
 *
 * Returns: %TRUE where all was written
 */
STRATA_API gboolean strata_profile_write_layers_csv (StrataProfile *profile,
                                                     GOutputStream *stream,
                                                     GCancellable *cancellable,
                                                     GError **error);

/**
 * strata_profile_write_events_csv:
 * @profile: a profile
 * @stream: where to write
 * @cancellable: (nullable): a #GCancellable
 * @error: return location
 *
 * One line per event, by unit and start, static events last in their unit. Blocks; streams.
 *
 * Errors: those of @stream.
 *
 * Returns: %TRUE where all was written
 */
STRATA_API gboolean strata_profile_write_events_csv (StrataProfile *profile,
                                                     GOutputStream *stream,
                                                     GCancellable *cancellable,
                                                     GError **error);

/**
 * strata_profile_write_spells_csv:
 * @profile: a profile
 * @stream: where to write
 * @cancellable: (nullable): a #GCancellable
 * @error: return location
 *
 * One line per spell of continuous operation from cold, in order; an empty duration: for ever, an empty interval:
 * switched off. Blocks.
 *
 * Errors: those of @stream.
 *
 * Returns: %TRUE where all was written
 */
STRATA_API gboolean strata_profile_write_spells_csv (StrataProfile *profile,
                                                     GOutputStream *stream,
                                                     GCancellable *cancellable,
                                                     GError **error);

G_END_DECLS
