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
 * StrataChartLine:
 * @name: what stands beside it, "limit of the skin, 43 °C"
 * @y: where it is
 * @family: as of curves
 *
 * A level, such as a limit. One that is further from all points than they are from each other would leave no room for
 * them: it is named at the edge instead.
 */
typedef struct
{
  const char *name;
  double y;
  guint family;
} StrataChartLine;

/**
 * StrataChartSpan:
 * @name: what stands in it
 * @from: its start
 * @to: its end, as far as the axis goes: infinity
 * @is_warning: shaded
 *
 * A stretch of the horizontal axis.
 */
typedef struct
{
  const char *name;
  double from, to;
  gboolean is_warning;
} StrataChartSpan;

/**
 * StrataChart:
 * @title: what it shows
 * @note: where the numbers are from: modelled or measured, of what; below the picture
 * @x: horizontal axis
 * @y: vertical axis
 * @curves: (array length=n_curves): curves
 * @n_curves: how many
 * @lines: (array length=n_lines) (nullable): levels
 * @n_lines: how many
 * @spans: (array length=n_spans) (nullable): stretches of the horizontal axis, in order
 * @n_spans: how many
 * @has_cursor: whether @cursor is marked
 * @cursor: a place on the horizontal axis
 * @has_no_dots: points are not marked, but where they stand alone
 * @shows_note: the note stands in the picture too
 */
typedef struct
{
  const char *title, *note;
  StrataChartAxis x, y;
  const StrataChartCurve *curves;
  gsize n_curves;
  const StrataChartLine *lines;
  gsize n_lines;
  const StrataChartSpan *spans;
  gsize n_spans;
  gboolean has_cursor;
  double cursor;
  gboolean has_no_dots, shows_note;
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
 * strata_chart_pick: (skip)
 * @chart: curves
 * @theme: theme
 * @rect: place given to strata_chart_draw()
 * @x: point
 * @y: point
 * @value: (out): where it is on the horizontal axis
 *
 * Returns: whether the point is in the plot
 */
STRATA_API gboolean strata_chart_pick (
  const StrataChart *chart, const StrataDrawTheme *theme, const StrataRect *rect, double x, double y, double *value);

/**
 * strata_chart_read: (skip)
 * @chart: curves
 * @curve: which
 * @x: a place on the horizontal axis
 *
 * Returns: the curve there, straight between its points as it is drawn; NaN beyond them and in gaps
 */
STRATA_API double strata_chart_read (const StrataChart *chart, gsize curve, double x);

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
