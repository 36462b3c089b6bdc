/* SPDX-License-Identifier: Apache-2.0
 *
 * Horizontal bars: rows from above, the bars of a row one below the other, all from zero on one axis that is wide
 * enough for every value with its whiskers.
 */
#include "strata-profiler/strata-bars.h"

#include <math.h>

#include "draw/pen.h"

#define BAR 9
#define BAR_GAP 2
#define ROW_GAP 11
#define HEAD 62
#define FOOT 26
#define MARGIN 6
#define MAX_NAME 240 /* pixels; longer names are cut */
#define NUMBER 112   /* behind the longest bar */
#define WHISKER 3
#define LINE 17

typedef struct
{
  StrataPen pen;
  const StrataBars *bars;
  StrataRect plot;
  double from, to; /* of the axis; zero is within */
  double row_height;
  gsize n_shown;
} Drawing;

static double
error_at (const StrataBarSeries *series, gsize row)
{
  return series->errors != NULL && isfinite (series->errors[row]) ? series->errors[row] : 0;
}

static double
row_height (const StrataBars *bars)
{
  return (double) bars->n_series * (BAR + BAR_GAP) + ROW_GAP;
}

double
strata_bars_height (const StrataBars *bars)
{
  return HEAD + FOOT + (double) bars->n_rows * row_height (bars);
}

/* Round ends about zero. Returns the number of values. */
static gsize
measure (Drawing *d)
{
  double step;
  gsize n = 0;

  for (gsize s = 0; s < d->bars->n_series; s++)
    for (gsize row = 0; row < d->bars->n_rows; row++)
      {
        const StrataBarSeries *series = &d->bars->series[s];
        double value = series->values[row], error = error_at (series, row);

        n += !isnan (value);
        if (!isfinite (value))
          continue;
        d->from = MIN (d->from, value - error);
        d->to = MAX (d->to, value + error);
      }
  if (d->to <= d->from)
    d->to = d->from + 1;
  step = strata_pen_step (d->to - d->from);
  d->from = floor (d->from / step + 1e-9) * step, d->to = ceil (d->to / step - 1e-9) * step;
  return n;
}

static double
place (const Drawing *d, double value)
{
  return d->plot.x + (value - d->from) / (d->to - d->from) * d->plot.width;
}

static guint32
colour_of (gsize series, const StrataDrawTheme *theme)
{
  static const double hues[] = { 255, 45, 150, 325 };

  return strata_draw_oklch (theme->is_dark ? 0.74 : 0.62, 0.13, hues[series % G_N_ELEMENTS (hues)]);
}

static void
draw_axis (Drawing *d)
{
  StrataPen *pen = &d->pen;
  const double step = strata_pen_step (d->to - d->from), bottom = d->plot.y + d->plot.height;

  for (double at = ceil (d->from / step - 1e-9) * step; at <= d->to + step * 1e-6; at += step)
    {
      double value = fabs (at) < step * 1e-9 ? 0 : at;
      g_autofree char *text = g_strdup_printf ("%.4g %s", value, d->bars->unit);

      strata_pen_vline (pen, value == 0 ? pen->theme->muted : pen->theme->grid, place (d, value), d->plot.y,
                        bottom + 4);
      strata_pen_text (pen, STRATA_PEN_CENTRE, pen->theme->muted, place (d, value), bottom + 17, 0, text);
    }
}

static void
draw_whisker (Drawing *d, double value, double error, double y)
{
  StrataPen *pen = &d->pen;

  if (error <= 0)
    return;
  strata_pen_colour (pen, pen->theme->text, 0.75);
  cairo_set_line_width (pen->cr, 1);
  for (int side = -1; side <= 1; side += 2)
    {
      double x = floor (place (d, value + side * error)) + 0.5;

      cairo_move_to (pen->cr, x, y - WHISKER);
      cairo_line_to (pen->cr, x, y + WHISKER);
    }
  cairo_move_to (pen->cr, place (d, value - error), floor (y) + 0.5);
  cairo_line_to (pen->cr, place (d, value + error), floor (y) + 0.5);
  cairo_stroke (pen->cr);
}

static void
draw_bar (Drawing *d, gsize s, gsize row, double y)
{
  StrataPen *pen = &d->pen;
  const StrataBarSeries *series = &d->bars->series[s];
  const double value = series->values[row], error = error_at (series, row);
  const double zero = place (d, 0), end = isfinite (value) ? place (d, value) : zero;
  double right = MAX (zero, end);
  g_autofree char *text = NULL;

  if (isnan (value))
    return;
  if (isfinite (value))
    {
      const StrataRect rect = { MIN (zero, end), y, MAX (fabs (end - zero), 1), BAR };

      strata_pen_fill_round (pen, colour_of (s, pen->theme), 1, &rect, MIN (2, rect.width / 2));
      draw_whisker (d, value, error, y + BAR / 2.0);
      right = MAX (right, place (d, value + error));
    }
  text = isinf (value)                 ? g_strdup ("none")
         : series->errors == NULL      ? g_strdup_printf ("%.3g %s", value, d->bars->unit)
         : isnan (series->errors[row]) ? g_strdup_printf ("%.2f %s", value, d->bars->unit)
                                       : g_strdup_printf ("%.2f ± %.2f %s", value, series->errors[row], d->bars->unit);
  strata_pen_text (pen, STRATA_PEN_LEFT, pen->theme->muted, right + 7, y + BAR, 0, text);
}

static void
draw_rows (Drawing *d, double name_width)
{
  StrataPen *pen = &d->pen;

  for (gsize row = 0; row < d->n_shown; row++)
    {
      double top = d->plot.y + (double) row * d->row_height + ROW_GAP / 2.0;
      double middle = top + (d->row_height - ROW_GAP) / 2;

      strata_pen_text (pen, STRATA_PEN_RIGHT, pen->theme->text, d->plot.x - 10, middle + 3, name_width,
                       d->bars->row_names[row]);
      for (gsize s = 0; s < d->bars->n_series; s++)
        draw_bar (d, s, row, top + (double) s * (BAR + BAR_GAP));
    }
}

static void
draw_legend (Drawing *d, double x, double y)
{
  StrataPen *pen = &d->pen;

  for (gsize s = 0; s < d->bars->n_series; s++)
    {
      const StrataRect swatch = { x, y - BAR, BAR * 1.6, BAR };

      strata_pen_fill_round (pen, colour_of (s, pen->theme), 1, &swatch, 2);
      x += swatch.width + 6;
      x += strata_pen_text (pen, STRATA_PEN_LEFT, pen->theme->text, x, y, 0, d->bars->series[s].name) + 18;
    }
}

static double
widest_name (Drawing *d)
{
  double width = 0;

  for (gsize row = 0; row < d->bars->n_rows; row++)
    width = MAX (width, strata_pen_text_width (&d->pen, d->bars->row_names[row]));
  return MIN (ceil (width), MAX_NAME);
}

void
strata_bars_draw (cairo_t *cr, const StrataBars *bars, const StrataDrawTheme *theme, const StrataRect *rect)
{
  Drawing d = { .bars = bars, .row_height = row_height (bars) };
  double name_width, room = rect->height - HEAD - FOOT;

  if (measure (&d) == 0)
    {
      StrataDrawMessage message = { bars->title, "There is no number to draw.", bars->note, FALSE };

      strata_message_draw (cr, theme, &message, rect);
      return;
    }
  strata_pen_init (&d.pen, cr, theme);
  strata_pen_font (&d.pen, STRATA_PEN_BODY, TRUE);
  strata_pen_text (&d.pen, STRATA_PEN_LEFT, theme->text, rect->x + MARGIN, rect->y + 16, rect->width - 2 * MARGIN,
                   bars->title);
  strata_pen_font (&d.pen, STRATA_PEN_SMALL, FALSE);
  draw_legend (&d, rect->x + MARGIN, rect->y + 38);
  d.n_shown = bars->n_rows;
  if ((double) bars->n_rows * d.row_height > room + 0.5)
    d.n_shown = (gsize) MAX (floor ((room - LINE) / d.row_height), 0);
  name_width = widest_name (&d);
  d.plot =
    (StrataRect){ rect->x + MARGIN + name_width + 10, rect->y + HEAD,
                  MAX (rect->width - 2 * MARGIN - name_width - 10 - NUMBER, 1), (double) d.n_shown * d.row_height };
  draw_axis (&d);
  draw_rows (&d, name_width);
  if (d.n_shown < bars->n_rows)
    {
      g_autofree char *text = g_strdup_printf ("and %" G_GSIZE_FORMAT " more", bars->n_rows - d.n_shown);

      strata_pen_text (&d.pen, STRATA_PEN_LEFT, theme->muted, rect->x + MARGIN, rect->y + rect->height - 4, 0, text);
    }
  strata_pen_finish (&d.pen);
}
