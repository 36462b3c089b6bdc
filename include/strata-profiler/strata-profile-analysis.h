/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows from the rows of a profile: verdicts on limits, the table of energy that closes, and exact sums over any
 * stretch of time. Functions are pure, do not block and may be called from several threads.
 */
#pragma once

#include "strata-profiler/strata-profile.h"

G_BEGIN_DECLS

/**
 * strata_profile_get_verdicts: (skip)
 * @profile: a profile
 * @n_verdicts: (out) (optional): number of limits
 *
 * Returns: (transfer none) (array length=n_verdicts): one verdict per limit; missed ones first, then the tightest
 */
STRATA_API const StrataProfileVerdict *strata_profile_get_verdicts (StrataProfile *profile, gsize *n_verdicts);

/**
 * strata_profile_dup_verdict_text:
 * @profile: a profile
 * @verdict: index of a verdict
 *
 * Returns: (transfer full) (nullable): the verdict in words, for example
 *   "latency 812 µs meets at most 1.00 ms with 18.8 % to spare, also with conservative constants"; %NULL past the last
 */
STRATA_API char *strata_profile_dup_verdict_text (StrataProfile *profile, guint verdict) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_energy_table: (skip)
 * @profile: a profile
 * @band: which constants
 * @n_rows: (out): number of rows, always the number of layers + 3
 *
 * Energy by row and component such that the total row is the exact sum of the rows above, and equals the run's energy.
 *
 * Returns: (transfer full) (array length=n_rows): rows; free with g_free()
 */
STRATA_API StrataEnergyRow *
strata_profile_energy_table (StrataProfile *profile, StrataBand band, gsize *n_rows) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_profile_track_span: (skip)
 * @profile: a profile
 * @unit: a unit's id
 * @from_ps: start of the stretch
 * @to_ps: its end, exclusive
 * @span: (out): what is in it
 *
 * Exact sums over [@from_ps, @to_ps) of a unit's events without static ones, in logarithmic time. Sums of adjacent
 * stretches add up to the sum of the joined stretch.
 */
STRATA_API void
strata_profile_track_span (StrataProfile *profile, gint32 unit, gint64 from_ps, gint64 to_ps, StrataTrackSpan *span);

/**
 * strata_profile_track_fold: (skip)
 * @profile: a profile
 * @unit: a unit's id
 * @from_ps: start of the view
 * @to_ps: its end, exclusive
 * @spans: (out caller-allocates) (array length=n_spans): one per column
 * @n_spans: number of columns of equal width
 *
 * What a painter needs for a row of pixels: column i covers [from + i w / n, from + (i + 1) w / n), w = @to_ps -
 * @from_ps. Cost is of the order of columns, not of events.
 */
STRATA_API void strata_profile_track_fold (
  StrataProfile *profile, gint32 unit, gint64 from_ps, gint64 to_ps, StrataTrackSpan *spans, gsize n_spans);

/**
 * strata_profile_track_seek: (skip)
 * @profile: a profile
 * @unit: a unit's id
 * @time_ps: a time
 *
 * Returns: index of the first event of the unit that ends after @time_ps; the number of its events where none does
 */
STRATA_API gsize strata_profile_track_seek (StrataProfile *profile, gint32 unit, gint64 time_ps);

/**
 * strata_profile_energy_between:
 * @profile: a profile
 * @from_ps: start of the stretch
 * @to_ps: its end, exclusive
 *
 * Returns: nominal energy in femtojoules of all units in [@from_ps, @to_ps), static energy included
 */
STRATA_API gint64 strata_profile_energy_between (StrataProfile *profile, gint64 from_ps, gint64 to_ps);

/**
 * strata_profile_power_at: (skip)
 * @profile: a profile
 * @time_ps: a time
 * @power_mw: (out caller-allocates) (nullable): STRATA_N_COMPONENTS values
 *
 * Power by component at a time, from the recorded series; without a series, of the events that are active then, in
 * which case the components stay NaN.
 *
 * Returns: the sum in milliwatts; NaN outside the run
 */
STRATA_API double strata_profile_power_at (StrataProfile *profile, gint64 time_ps, double *power_mw);

/**
 * strata_profile_heat_at: (skip)
 * @profile: a profile
 * @time_ps: a time; negative: steady state
 * @n_rows: (out): number of rows
 *
 * Returns: (transfer none) (nullable) (array length=n_rows): temperatures of the last sample not after @time_ps, else
 * of the first; %NULL where the run has none
 */
STRATA_API const StrataProfileTemperature *
strata_profile_heat_at (StrataProfile *profile, gint64 time_ps, gsize *n_rows);

/**
 * strata_profile_dup_spell_text:
 * @profile: a profile
 * @spell: index of a spell of continuous operation from cold
 *
 * Returns: (transfer full) (nullable): its rate and what comes after it in words, for example
 *   "full rate, 24.3 k/s; throttles for skin after 5.20 s to 312 /s"; %NULL past the last
 */
STRATA_API char *strata_profile_dup_spell_text (StrataProfile *profile, guint spell) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_format_quantity:
 * @value: a value
 * @unit: its unit as in the names: `ps`, `fj`, `mw`, `c`, `db`, `fraction`, `count`, `um`, `bytes`, `hz`, or any other
 * text
 *
 * Three significant digits, SI prefix, unit: "41.2 µs", "3.10 µJ", "34.1 °C", "18.8 %", "unavailable" for NaN.
 *
 * Returns: (transfer full): the text
 */
STRATA_API char *strata_format_quantity (double value, const char *unit) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_format_banded:
 * @nominal: nominal value
 * @optimistic: optimistic value
 * @conservative: conservative value
 * @unit: as in strata_format_quantity()
 *
 * "3.10 µJ (2.00–5.40)", the band in the prefix of the nominal value and from low to high; without a band where both
 * are NaN or equal the nominal value.
 *
 * Returns: (transfer full): the text
 */
STRATA_API char *strata_format_banded (double nominal, double optimistic, double conservative, const char *unit)
  G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
