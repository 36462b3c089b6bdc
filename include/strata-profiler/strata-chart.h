/* SPDX-License-Identifier: Apache-2.0
 *
 * Curves over one axis, as a picture and as a page: accuracy against age, cost against tiers. Not about one run, so no
 * profile is needed.
 */
#pragma once

#include "strata-profiler/strata-draw.h"

G_BEGIN_DECLS

/**
 * StrataChartCurve:
 * @name: as in the legend
 * @n_points: number of points
 * @x: (array length=n_points): ascending
 * @y: (array length=n_points): NaN: a gap
 * @deviation: (array length=n_points) (nullable): drawn as a band of that much either way
 * @family: curves of a family have one colour; any number from 0
 * @is_dashed: drawn dashed, to tell apart members of a family
 */
typedef struct
{
  const char *name;
  gsize n_points;
  const double *x, *y, *deviation;
  guint family;
  gboolean is_dashed;
} StrataChartCurve;

/**
 * StrataChartAxis:
 * @name: what is counted, "Age"
 * @unit: "s", "W", "J", "Hz" and "B" take prefixes, "%" stands behind each number; any other, such as "USD", beside the
 * name
 * @is_log: logarithmic; what is not above zero stands at its start, as zero
 * @from: its start, NaN: from the data; so @to
 * @to: its end
 * @ticks: (array length=n_ticks) (nullable): where to put labels instead of round numbers
 * @tick_names: (array length=n_ticks) (nullable): what they say
 * @n_ticks: how many
 */
typedef struct
{
  const char *name, *unit;
  gboolean is_log;
  double from, to;
  const double *ticks;
  const char *const *tick_names;
  gsize n_ticks;
} StrataChartAxis;

/**
 * StrataChart:
 * @title: what it shows
 * @note: where the numbers are from: modelled or measured, of what; below the picture
 * @x: horizontal axis
 * @y: vertical axis
 * @curves: (array length=n_curves): curves
 * @n_curves: how many
 */
typedef struct
{
  const char *title, *note;
  StrataChartAxis x, y;
  const StrataChartCurve *curves;
  gsize n_curves;
} StrataChart;

/**
 * strata_chart_draw: (skip)
 * @cr: context
 * @chart: curves
 * @theme: theme
 * @rect: place
 *
 * Title, legend, axes and curves. Single points are dots. A chart without a number says so.
 */
STRATA_API void
strata_chart_draw (cairo_t *cr, const StrataChart *chart, const StrataDrawTheme *theme, const StrataRect *rect);

/**
 * strata_chart_page: (skip)
 * @title: heading
 * @subtitle: one line below it
 * @charts: (array length=n_charts): charts
 * @n_charts: how many
 * @body: (nullable): paragraphs, one per line, below the charts
 *
 * A page that needs nothing else, dark or light as the reader's system is; numbers of each chart stand below it as a
 * table.
 *
 * Returns: (transfer full): HTML
 */
STRATA_API char *strata_chart_page (const char *title,
                                    const char *subtitle,
                                    const StrataChart *charts,
                                    gsize n_charts,
                                    const char *body) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
