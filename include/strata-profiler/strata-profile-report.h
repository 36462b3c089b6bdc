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
 * strata_profile_report_json:
 * @profile: a profile
 *
 * {"schema": "strata.report", "schema_version": "1.0", "result": {…}}; keys carry their units; null where unavailable.
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
