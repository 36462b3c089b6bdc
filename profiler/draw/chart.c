/* SPDX-License-Identifier: Apache-2.0
 *
 * Curves over one axis. Every number that is drawn is in the plot: axes are wide enough for all points and their bands,
 * and a line that would squeeze them is named at the edge.
 */
#include "strata-profiler/strata-chart.h"

#include <math.h>

#include "draw/pen.h"

#define LEFT 64
#define RIGHT 18
#define BOTTOM 40
#define LINE 17
#define SAMPLE 22 /* of a curve in the legend */
#define DOT 2.5
#define MAX_TICKS 12
#define STRIP 20 /* of the names of spans, above the plot */

/* An axis with its ends known, and where it lies on the page */
typedef struct
{
  const StrataChartAxis *axis;
  double from, to; /* logarithms where the axis has them */
  double start, length;
  gboolean has_zero; /* logarithmic, and something is not above zero */
} Span;

typedef struct
{
  StrataPen pen;
  const StrataChart *chart;
  StrataRect plot;
  Span x, y;
  int n_notes; /* names of lines at the upper edge */
} Drawing;

static gboolean
has_point (const StrataChartCurve *curve, gsize i)
{
  return isfinite (curve->x[i]) && isfinite (curve->y[i]);
}

static double
deviation_at (const StrataChartCurve *curve, gsize i)
{
  return curve->deviation != NULL && isfinite (curve->deviation[i]) ? curve->deviation[i] : 0;
}

static void
widen (Span *span, double value)
{
  if (span->axis->is_log && !(value > 0))
    {
      span->has_zero = TRUE;
      return;
    }
  value = span->axis->is_log ? log10 (value) : value;
  span->from = MIN (span->from, value);
  span->to = MAX (span->to, value);
}

/* Ends that were asked for; else round ones. On a logarithmic axis zero takes a decade of its own. */
static void
close_span (Span *span)
{
  const StrataChartAxis *axis = span->axis;

  if (span->from > span->to)
    span->from = 0, span->to = 1;
  if (span->from == span->to)
    {
      double margin = axis->is_log ? 0.5 : MAX (fabs (span->from) * 0.05, 0.5);

      span->from -= margin, span->to += margin;
    }
  if (!axis->is_log && axis->n_ticks == 0)
    {
      double step = strata_pen_step (span->to - span->from);

      span->from = floor (span->from / step) * step;
      span->to = ceil (span->to / step) * step;
    }
  if (isfinite (axis->from) && (!axis->is_log || axis->from > 0))
    span->from = axis->is_log ? log10 (axis->from) : axis->from;
  if (isfinite (axis->to) && (!axis->is_log || axis->to > 0))
    span->to = axis->is_log ? log10 (axis->to) : axis->to;
  if (span->has_zero)
    span->from -= 1;
  if (!(span->to > span->from))
    span->to = span->from + 1;
}

static double
place (const Span *span, double value)
{
  double at = !span->axis->is_log ? value : value > 0 ? log10 (value) : span->from;

  return span->start + (CLAMP (at, span->from, span->to) - span->from) / (span->to - span->from) * span->length;
}

/* Lines that leave the points half of the plot or more */
static void
widen_by_lines (Drawing *d)
{
  double from = d->y.from, to = d->y.to, room = to - from;

  for (gsize i = 0; i < d->chart->n_lines; i++)
    if (d->chart->lines[i].y >= from - room && d->chart->lines[i].y <= to + room)
      widen (&d->y, d->chart->lines[i].y);
}

static void
measure (Drawing *d)
{
  d->x = (Span){ &d->chart->x, HUGE_VAL, -HUGE_VAL, 0, 0, FALSE };
  d->y = (Span){ &d->chart->y, HUGE_VAL, -HUGE_VAL, 0, 0, FALSE };
  for (gsize c = 0; c < d->chart->n_curves; c++)
    for (gsize i = 0; i < d->chart->curves[c].n_points; i++)
      {
        const StrataChartCurve *curve = &d->chart->curves[c];

        if (!has_point (curve, i))
          continue;
        widen (&d->x, curve->x[i]);
        widen (&d->y, curve->y[i] - deviation_at (curve, i));
        widen (&d->y, curve->y[i] + deviation_at (curve, i));
      }
  if (!d->chart->y.is_log)
    widen_by_lines (d);
  close_span (&d->x);
  close_span (&d->y);
}

/* Hues far apart, in an order in which neighbours differ most */
static guint32
colour_of (guint family, const StrataDrawTheme *theme)
{
  static const double hues[] = { 255, 45, 150, 325, 95, 200 };

  return strata_draw_oklch (theme->is_dark ? 0.76 : 0.56, 0.14, hues[family % G_N_ELEMENTS (hues)]);
}

/* Where the axis' unit stands: at every number, or once beside the name */
static gboolean
has_unit_on_labels (const StrataChartAxis *axis)
{
  static const char *const on_labels[] = { "s", "W", "J", "Hz", "B", "%", NULL };

  return g_strv_contains (on_labels, axis->unit);
}

static char *
label (const StrataChartAxis *axis, double value)
{
  if (value == 0)
    return g_strdup ("0");
  if (g_str_equal (axis->unit, "%"))
    return g_strdup_printf ("%.4g %%", value);
  if (has_unit_on_labels (axis))
    return strata_pen_axis_label (value, axis->unit);
  return fabs (value) >= 1e-3 && fabs (value) < 1e4 ? g_strdup_printf ("%.4g", value)
                                                    : strata_pen_axis_label (value, "");
}

static void
draw_tick (Drawing *d, const Span *span, double value, const char *text)
{
  StrataPen *pen = &d->pen;
  double at = place (span, value);

  if (span == &d->y)
    {
      strata_pen_hline (pen, pen->theme->grid, d->plot.x, d->plot.x + d->plot.width, at);
      strata_pen_text (pen, STRATA_PEN_RIGHT, pen->theme->muted, d->plot.x - 6, at + 4, LEFT - 8, text);
      return;
    }
  strata_pen_vline (pen, pen->theme->grid, at, d->plot.y, d->plot.y + d->plot.height + 4);
  strata_pen_text (pen, STRATA_PEN_CENTRE, pen->theme->muted, at, d->plot.y + d->plot.height + 17, 0, text);
}

static void
draw_axis (Drawing *d, const Span *span)
{
  const StrataChartAxis *axis = span->axis;
  double step =
    axis->is_log ? MAX (1, ceil ((span->to - span->from) / MAX_TICKS)) : strata_pen_step (span->to - span->from);

  for (gsize i = 0; i < axis->n_ticks; i++)
    draw_tick (d, span, axis->ticks[i], axis->tick_names[i]);
  if (axis->n_ticks > 0)
    return;
  if (span->has_zero)
    draw_tick (d, span, 0, "0");
  for (double at = ceil ((span->from + (span->has_zero ? 0.5 : 0)) / step - 1e-9) * step; at <= span->to + step * 1e-6;
       at += step)
    {
      double value = axis->is_log ? pow (10, at) : fabs (at) < step * 1e-9 ? 0 : at;
      g_autofree char *text = label (axis, value);

      draw_tick (d, span, value, text);
    }
}

static void
draw_band (Drawing *d, const StrataChartCurve *curve, gsize from, gsize to)
{
  cairo_t *cr = d->pen.cr;

  if (curve->deviation == NULL || to - from < 2)
    return;
  cairo_new_path (cr);
  for (gsize i = from; i < to; i++)
    cairo_line_to (cr, place (&d->x, curve->x[i]), place (&d->y, curve->y[i] + deviation_at (curve, i)));
  for (gsize i = to; i > from; i--)
    cairo_line_to (cr, place (&d->x, curve->x[i - 1]), place (&d->y, curve->y[i - 1] - deviation_at (curve, i - 1)));
  cairo_close_path (cr);
  strata_pen_colour (&d->pen, colour_of (curve->family, d->pen.theme), curve->is_dashed ? 0.08 : 0.16);
  cairo_fill (cr);
}

static void
set_line (Drawing *d, const StrataChartCurve *curve)
{
  static const double dashes[] = { 6, 4 };

  strata_pen_colour (&d->pen, colour_of (curve->family, d->pen.theme), 1);
  cairo_set_line_width (d->pen.cr, 2);
  cairo_set_line_join (d->pen.cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_dash (d->pen.cr, dashes, curve->is_dashed ? 2 : 0, 0);
}

/* From one gap to the next */
static void
draw_stretch (Drawing *d, const StrataChartCurve *curve, gsize from, gsize to)
{
  cairo_t *cr = d->pen.cr;

  draw_band (d, curve, from, to);
  set_line (d, curve);
  cairo_new_path (cr);
  for (gsize i = from; i < to; i++)
    cairo_line_to (cr, place (&d->x, curve->x[i]), place (&d->y, curve->y[i]));
  cairo_stroke (cr);
  for (gsize i = from; i < to && (!d->chart->has_no_dots || to - from == 1); i++)
    {
      cairo_new_path (cr);
      cairo_arc (cr, place (&d->x, curve->x[i]), place (&d->y, curve->y[i]), DOT, 0, 2 * G_PI);
      cairo_fill (cr);
    }
}

static void
draw_curve (Drawing *d, const StrataChartCurve *curve)
{
  gsize from = 0;

  for (gsize i = 0; i <= curve->n_points; i++)
    if (i == curve->n_points || !has_point (curve, i))
      {
        if (i > from)
          draw_stretch (d, curve, from, i);
        from = i + 1;
      }
}

/* --- lines, spans, cursor --- */

static gboolean
is_inside (const Span *span, double value)
{
  double at = span->axis->is_log ? value > 0 ? log10 (value) : -HUGE_VAL : value;

  return at >= span->from && at <= span->to;
}

static void
draw_spans (Drawing *d)
{
  StrataPen *pen = &d->pen;
  const StrataRect *plot = &d->plot;
  double top = plot->y - STRIP;

  for (gsize i = 0; i < d->chart->n_spans; i++)
    {
      const StrataChartSpan *span = &d->chart->spans[i];
      guint32 colour = span->is_warning ? pen->theme->warning : pen->theme->muted;
      double x0 = place (&d->x, span->from), x1 = isfinite (span->to) ? place (&d->x, span->to) : plot->x + plot->width;

      if (!(x1 > x0))
        continue;
      strata_pen_fill (pen, colour, 0.25, x0 + (i > 0 ? 1 : 0), top, x1 - x0 - (i > 0 ? 1 : 0), STRIP - 3);
      if (span->is_warning)
        strata_pen_fill (pen, colour, 0.09, x0, plot->y, x1 - x0, plot->height);
      if (i > 0)
        strata_pen_vline (pen, colour, x0, plot->y, plot->y + plot->height);
      if (x1 - x0 > 24)
        strata_pen_text (pen, STRATA_PEN_LEFT, pen->theme->text, x0 + 6, top + 13, x1 - x0 - 10, span->name);
    }
}

static void
draw_line (Drawing *d, const StrataChartLine *line, double y)
{
  static const double dashes[] = { 2, 4 };
  cairo_t *cr = d->pen.cr;

  strata_pen_colour (&d->pen, colour_of (line->family, d->pen.theme), 0.9);
  cairo_set_line_width (cr, 1);
  cairo_set_dash (cr, dashes, 2, 0);
  cairo_new_path (cr);
  cairo_move_to (cr, d->plot.x, y);
  cairo_line_to (cr, d->plot.x + d->plot.width, y);
  cairo_stroke (cr);
  cairo_set_dash (cr, NULL, 0, 0);
}

/* A line's name stands above it at the left, below it at the upper edge. One that is outside is named at the edge that
 * it lies beyond, with an arrow, after those that are there. */
static void
draw_lines (Drawing *d, gboolean inside)
{
  StrataPen *pen = &d->pen;
  const StrataRect *plot = &d->plot;

  for (gsize i = 0; i < d->chart->n_lines; i++)
    {
      const StrataChartLine *line = &d->chart->lines[i];
      double y = floor (place (&d->y, line->y)) + 0.5;
      gboolean is_above = y < plot->y + plot->height / 2;
      g_autofree char *text =
        inside ? g_strdup (line->name) : g_strdup_printf ("%s %s", is_above ? "↑" : "↓", line->name);

      if (is_inside (&d->y, line->y) != inside)
        continue;
      if (inside)
        draw_line (d, line, y);
      if (y - plot->y < LINE)
        y = plot->y + d->n_notes++ * LINE + 20;
      strata_pen_text (pen, STRATA_PEN_LEFT, colour_of (line->family, pen->theme), plot->x + 6, y - 5, plot->width - 12,
                       text);
    }
}

static void
draw_cursor (Drawing *d)
{
  const StrataChart *chart = d->chart;
  StrataPen *pen = &d->pen;
  double x = place (&d->x, chart->cursor);

  if (!chart->has_cursor || !is_inside (&d->x, chart->cursor))
    return;
  strata_pen_vline (pen, pen->theme->accent, x, d->plot.y, d->plot.y + d->plot.height);
  for (gsize c = 0; c < chart->n_curves; c++)
    {
      double y = strata_chart_read (chart, c, chart->cursor);

      if (isnan (y))
        continue;
      cairo_new_path (pen->cr);
      cairo_arc (pen->cr, x, place (&d->y, y), DOT + 1.5, 0, 2 * G_PI);
      strata_pen_colour (pen, colour_of (chart->curves[c].family, pen->theme), 1);
      cairo_fill (pen->cr);
    }
}

/* Returns the height of all its lines. */
static double
draw_legend (Drawing *d, double x, double y, double width)
{
  double at = x, line = 0;

  for (gsize c = 0; c < d->chart->n_curves; c++)
    {
      const StrataChartCurve *curve = &d->chart->curves[c];
      double needed = SAMPLE + 6 + strata_pen_text_width (&d->pen, curve->name) + 16;

      if (at > x && at + needed > x + width)
        at = x, line += LINE;
      cairo_new_path (d->pen.cr);
      set_line (d, curve);
      cairo_move_to (d->pen.cr, at, floor (y + line) - 4);
      cairo_line_to (d->pen.cr, at + SAMPLE, floor (y + line) - 4);
      cairo_stroke (d->pen.cr);
      strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, at + SAMPLE + 6, y + line, 0, curve->name);
      at += needed;
    }
  cairo_set_dash (d->pen.cr, NULL, 0, 0);
  return line + LINE;
}

static gsize
count_points (const StrataChart *chart)
{
  gsize n = 0;

  for (gsize c = 0; c < chart->n_curves; c++)
    for (gsize i = 0; i < chart->curves[c].n_points; i++)
      n += has_point (&chart->curves[c], i);
  return n;
}

static char *
name_of (const StrataChartAxis *axis)
{
  gboolean has_unit = axis->unit[0] == '\0' || axis->n_ticks > 0 || has_unit_on_labels (axis);

  return has_unit ? g_strdup (axis->name) : g_strdup_printf ("%s, %s", axis->name, axis->unit);
}

/* Names of the axes: the vertical one's above its labels */
static void
draw_names (Drawing *d)
{
  StrataPen *pen = &d->pen;
  const StrataRect *plot = &d->plot;
  g_autofree char *x = name_of (&d->chart->x), *y = name_of (&d->chart->y);

  strata_pen_text (pen, STRATA_PEN_LEFT, pen->theme->muted, plot->x - LEFT + 6,
                   plot->y - 8 - (d->chart->n_spans > 0 ? STRIP : 0), LEFT + plot->width, y);
  strata_pen_text (pen, STRATA_PEN_RIGHT, pen->theme->muted, plot->x + plot->width, plot->y + plot->height + 33,
                   plot->width, x);
  if (d->chart->shows_note)
    strata_pen_text (pen, STRATA_PEN_LEFT, pen->theme->muted, plot->x - LEFT + 6, plot->y + plot->height + 33,
                     LEFT + plot->width - strata_pen_text_width (pen, x) - 18, d->chart->note);
}

/* Title and legend, and the plot with its axes in what is left; nothing is seen of it on a context of no size. */
static void
begin (Drawing *d, const StrataRect *rect)
{
  const StrataDrawTheme *theme = d->pen.theme;
  double top = rect->y + 38;

  strata_pen_font (&d->pen, STRATA_PEN_BODY, TRUE);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, theme->text, rect->x + 6, rect->y + 16, rect->width - 12, d->chart->title);
  strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
  top += draw_legend (d, rect->x + 6, top, rect->width - 12) + 10 + (d->chart->n_spans > 0 ? STRIP : 0);
  d->plot = (StrataRect){ rect->x + LEFT, top, MAX (rect->width - LEFT - RIGHT, 1),
                          MAX (rect->y + rect->height - BOTTOM - top, 1) };
  measure (d);
  d->x.start = d->plot.x, d->x.length = d->plot.width;
  d->y.start = d->plot.y + d->plot.height, d->y.length = -d->plot.height;
}

void
strata_chart_draw (cairo_t *cr, const StrataChart *chart, const StrataDrawTheme *theme, const StrataRect *rect)
{
  Drawing d = { .chart = chart };

  if (count_points (chart) == 0)
    {
      StrataDrawMessage message = { chart->title, "There is no number to draw.", chart->note, FALSE };

      strata_message_draw (cr, theme, &message, rect);
      return;
    }
  strata_pen_init (&d.pen, cr, theme);
  begin (&d, rect);
  draw_spans (&d);
  draw_axis (&d, &d.y);
  draw_axis (&d, &d.x);
  draw_names (&d);
  draw_lines (&d, TRUE);
  draw_lines (&d, FALSE);
  for (gsize c = 0; c < chart->n_curves; c++)
    draw_curve (&d, &chart->curves[c]);
  draw_cursor (&d);
  strata_pen_finish (&d.pen);
}

gboolean
strata_chart_pick (
  const StrataChart *chart, const StrataDrawTheme *theme, const StrataRect *rect, double x, double y, double *value)
{
  cairo_surface_t *nothing;
  cairo_t *cr;
  Drawing d = { .chart = chart };
  gboolean is_hit;

  if (count_points (chart) == 0)
    return FALSE;
  nothing = cairo_image_surface_create (CAIRO_FORMAT_A8, 0, 0);
  cr = cairo_create (nothing);
  strata_pen_init (&d.pen, cr, theme);
  begin (&d, rect);
  strata_pen_finish (&d.pen);
  cairo_destroy (cr);
  cairo_surface_destroy (nothing);
  is_hit = x >= d.plot.x && x <= d.plot.x + d.plot.width && y >= d.plot.y && y <= d.plot.y + d.plot.height;
  if (is_hit)
    {
      double at = d.x.from + (x - d.x.start) / d.x.length * (d.x.to - d.x.from);

      *value = chart->x.is_log ? pow (10, at) : at;
    }
  return is_hit;
}

double
strata_chart_read (const StrataChart *chart, gsize curve, double x)
{
  const StrataChartCurve *c = &chart->curves[curve];

  for (gsize i = 0; i < c->n_points; i++)
    {
      double before, share;

      if (c->x[i] == x)
        return c->y[i];
      if (i == 0 || c->x[i - 1] > x || c->x[i] < x)
        continue;
      before = c->x[i - 1];
      share =
        chart->x.is_log && before > 0 ? log (x / before) / log (c->x[i] / before) : (x - before) / (c->x[i] - before);
      return c->y[i - 1] + share * (c->y[i] - c->y[i - 1]);
    }
  return (double) NAN;
}
