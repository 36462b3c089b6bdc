/* SPDX-License-Identifier: Apache-2.0
 *
 * Horizontal bars with uncertainty, as a picture and as a page: what each of several terms costs. Not about one run, so
 * no profile is needed.
 */
#pragma once

#include "strata-profiler/strata-draw.h"

G_BEGIN_DECLS

/**
 * StrataBarSeries:
 * @name: as in the legend
 * @values: (array): one per row; NaN: none, infinite: no bar, but it says so
 * @errors: (array) (nullable): drawn as whiskers of that much either way; NaN: not known
 */
typedef struct
{
  const char *name;
  const double *values, *errors;
} StrataBarSeries;

/**
 * StrataBars:
 * @title: what it shows
 * @note: where the numbers are from; below the picture
 * @unit: of all values, behind each: "%", "dB"
 * @row_names: (array length=n_rows): from above
 * @row_notes: (array length=n_rows) (nullable): what a row is, in the page's table
 * @n_rows: how many
 * @series: (array length=n_series): bars of each row, one below the other
 * @n_series: how many
 */
typedef struct
{
  const char *title, *note, *unit;
  const char *const *row_names, *const *row_notes;
  gsize n_rows;
  const StrataBarSeries *series;
  gsize n_series;
} StrataBars;

/**
 * strata_bars_height: (skip)
 * @bars: bars
 *
 * Returns: the height at which strata_bars_draw() has room for every row, pixels
 */
STRATA_API double strata_bars_height (const StrataBars *bars);

/**
 * strata_bars_draw: (skip)
 * @cr: context
 * @bars: bars
 * @theme: theme
 * @rect: place
 *
 * Title, legend, a row for each name with its bars from zero, whiskers, numbers behind them, and an axis. Rows that do
 * not fit are counted in a last line. Without a number it says so.
 */
STRATA_API void
strata_bars_draw (cairo_t *cr, const StrataBars *bars, const StrataDrawTheme *theme, const StrataRect *rect);

/**
 * strata_bars_page: (skip)
 * @title: heading
 * @subtitle: one line below it
 * @bars: (array length=n_bars): pictures
 * @n_bars: how many
 * @body: (nullable): paragraphs, one per line, below the pictures
 *
 * A page that needs nothing else, dark or light as the reader's system is; numbers of each picture stand below it as a
 * table.
 *
 * Returns: (transfer full): HTML
 */
STRATA_API char *strata_bars_page (const char *title,
                                   const char *subtitle,
                                   const StrataBars *bars,
                                   gsize n_bars,
                                   const char *body) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
