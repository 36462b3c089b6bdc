/* SPDX-License-Identifier: Apache-2.0
 *
 * Power over time: stacked areas and the scrubber. A pixel shows the mean over its stretch of time, so the area is the
 * energy at every zoom; the peak in it is a line above. Samples are found by bisection: cost is samples in view +
 * pixels.
 */
#include "draw/pen.h"
#include "strata-profiler/strata-draw-charts.h"

#include <math.h>
#include <string.h>

#define TOP 30.0
#define BOTTOM 24.0
#define LEFT 58.0
#define LEGEND 190.0

void
strata_power_style_default (StrataPowerStyle *style)
{
  *style = (StrataPowerStyle){ NAN, NAN, NAN, NAN, FALSE };
}

void
strata_power_plot (const StrataRect *rect, StrataRect *plot)
{
  double legend = rect->width > 560 ? LEGEND : 0;

  *plot = (StrataRect){ rect->x + LEFT, rect->y + TOP, MAX (rect->width - LEFT - legend - 12, 1),
                        MAX (rect->height - TOP - BOTTOM, 1) };
}

/* First sample that ends after @time */
static gsize
seek (const StrataPowerScene *scene, double time_ps)
{
  gsize low = 0, high = scene->n_samples;

  while (low < high)
    {
      gsize middle = (low + high) / 2;

      if (scene->time_ps[middle] + scene->step_ps[middle] <= time_ps)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

double
strata_power_mean (const StrataPowerScene *scene, double from_ps, double to_ps, double *mean_mw, double *peak_mw)
{
  double total = 0, peak = NAN;
  gboolean any = FALSE;

  memset (mean_mw, 0, STRATA_N_COMPONENTS * sizeof *mean_mw);
  for (gsize i = seek (scene, from_ps); i < scene->n_samples && scene->time_ps[i] < to_ps; i++)
    {
      double start = MAX (from_ps, scene->time_ps[i]);
      double share = (MIN (to_ps, (double) scene->time_ps[i] + scene->step_ps[i]) - start) / (to_ps - from_ps), sum = 0;

      for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
        {
          double power = scene->power_mw[i * STRATA_N_COMPONENTS + c];

          power = isfinite (power) && power > 0 ? power : 0;
          mean_mw[c] += power * share;
          sum += power;
        }
      total += sum * share;
      peak = any ? MAX (peak, sum) : sum;
      any = TRUE;
    }
  if (peak_mw != NULL)
    *peak_mw = peak;
  return any ? total : NAN;
}

static double
highest (const StrataPowerScene *scene, double from_ps, double to_ps)
{
  double mean[STRATA_N_COMPONENTS], peak;

  return isnan (strata_power_mean (scene, from_ps, to_ps, mean, &peak)) ? 0 : peak;
}

/* 1, 2, 5 times a power of ten, so that the axis has 3 to 6 lines */
static double
axis_step (double top)
{
  double raw = top / 4, power = pow (10, floor (log10 (raw)));

  return raw <= power * 1.5 ? power : raw <= power * 3.5 ? 2 * power : raw <= power * 7.5 ? 5 * power : 10 * power;
}

typedef struct
{
  double x0, x1, top; /* plot, and the power at its top */
  double *sums;       /* per pixel: lower edge of the next component */
  double *means;      /* per pixel and component */
  double *peaks;
  gsize n;
} Columns;

static void
measure_columns (Columns *columns, const StrataPowerScene *scene, const StrataViewport *view, double width)
{
  columns->n = (gsize) CLAMP (width, 1, 8192);
  columns->sums = g_new0 (double, columns->n);
  columns->peaks = g_new0 (double, columns->n);
  columns->means = g_new0 (double, columns->n *STRATA_N_COMPONENTS);
  for (gsize i = 0; i < columns->n; i++)
    {
      double from = strata_viewport_time (view, i, columns->n), to = strata_viewport_time (view, i + 1, columns->n);
      double peak;

      if (!isnan (strata_power_mean (scene, from, to, columns->means + i * STRATA_N_COMPONENTS, &peak)))
        columns->peaks[i] = peak;
    }
}

static void
free_columns (Columns *columns)
{
  g_free (columns->sums);
  g_free (columns->means);
  g_free (columns->peaks);
}

/* One path per component, in steps: pixels are stretches of time, not points */
static void
draw_areas (StrataPen *pen, Columns *columns, const StrataRect *plot, double top_mw)
{
  double bottom = plot->y + plot->height, scale = plot->height / top_mw, step = plot->width / columns->n;

  for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      gboolean any = FALSE;

      for (gsize i = 0; i < columns->n && !any; i++)
        any = columns->means[i * STRATA_N_COMPONENTS + c] > 0;
      if (!any)
        continue;
      cairo_new_path (pen->cr);
      for (gsize i = 0; i < columns->n; i++)
        {
          cairo_line_to (pen->cr, plot->x + i * step, bottom - columns->sums[i] * scale);
          cairo_line_to (pen->cr, plot->x + (i + 1) * step, bottom - columns->sums[i] * scale);
        }
      for (gsize i = 0; i < columns->n; i++)
        columns->sums[i] += columns->means[i * STRATA_N_COMPONENTS + c];
      for (gsize i = columns->n; i-- > 0;)
        {
          cairo_line_to (pen->cr, plot->x + (i + 1) * step, bottom - columns->sums[i] * scale);
          cairo_line_to (pen->cr, plot->x + i * step, bottom - columns->sums[i] * scale);
        }
      cairo_close_path (pen->cr);
      strata_pen_colour (pen, strata_draw_component_colour (c, pen->theme), 1);
      cairo_fill (pen->cr);
    }
}

static void
draw_peaks (StrataPen *pen, const Columns *columns, const StrataRect *plot, double top_mw)
{
  double bottom = plot->y + plot->height, step = plot->width / columns->n;

  cairo_new_path (pen->cr);
  for (gsize i = 0; i < columns->n; i++)
    {
      cairo_line_to (pen->cr, plot->x + i * step, bottom - columns->peaks[i] / top_mw * plot->height);
      cairo_line_to (pen->cr, plot->x + (i + 1) * step, bottom - columns->peaks[i] / top_mw * plot->height);
    }
  strata_pen_colour (pen, pen->theme->text, 0.55);
  cairo_set_line_width (pen->cr, 1);
  cairo_stroke (pen->cr);
}

static void
draw_axes (StrataPen *pen, const StrataRect *plot, const StrataViewport *view, double top_mw)
{
  double step = axis_step (top_mw), bottom = plot->y + plot->height;
  gint64 time_step = strata_viewport_step (view, plot->width, 90);

  for (int i = 0; i * step <= top_mw * 1.0001; i++)
    {
      double y = bottom - i * step / top_mw * plot->height;
      g_autofree char *text = i == 0 ? g_strdup ("0") : strata_pen_axis_label (i * step * 1e-3, "W");

      strata_pen_hline (pen, pen->theme->grid, plot->x, plot->x + plot->width, y);
      strata_pen_text (pen, STRATA_PEN_RIGHT, pen->theme->muted, plot->x - 6, y + 4, LEFT - 8, text);
    }
  for (gint64 t = (gint64) ceil (MAX (view->start_ps, 0) / time_step) * time_step; t <= view->start_ps + view->span_ps;
       t += time_step)
    {
      double x = plot->x + strata_viewport_x (view, t, plot->width);
      g_autofree char *text = strata_draw_ruler_label (t, time_step);

      strata_pen_vline (pen, pen->theme->grid, x, bottom, bottom + 5);
      if (x + 40 < plot->x + plot->width)
        strata_pen_text (pen, STRATA_PEN_LEFT, pen->theme->muted, x + 4, bottom + 15, 0, text);
    }
}

static void
draw_budget (StrataPen *pen, const StrataRect *plot, double budget_mw, double top_mw, gboolean with_text)
{
  double y = plot->y + plot->height * (1 - budget_mw / top_mw), dashes[] = { 6, 4 };
  g_autofree char *value = strata_draw_quantity (budget_mw * 1e-3, "W");
  g_autofree char *text = g_strdup_printf ("budget %s", value);
  StrataRect plate;

  if (isnan (budget_mw) || y < plot->y - 1)
    return;
  cairo_save (pen->cr);
  strata_pen_colour (pen, pen->theme->warning, 1);
  cairo_set_line_width (pen->cr, 1.5);
  cairo_set_dash (pen->cr, dashes, 2, 0);
  cairo_move_to (pen->cr, plot->x, floor (y) + 0.5);
  cairo_line_to (pen->cr, plot->x + plot->width, floor (y) + 0.5);
  cairo_stroke (pen->cr);
  cairo_restore (pen->cr);
  if (!with_text)
    return;
  plate.width = strata_pen_text_width (pen, text) + 8;
  plate = (StrataRect){ plot->x + plot->width - plate.width - 4, y - 18, plate.width, 15 };
  strata_pen_fill_round (pen, pen->theme->background, 0.8, &plate, 3);
  strata_pen_text (pen, STRATA_PEN_RIGHT, pen->theme->warning, plot->x + plot->width - 8, y - 6, 0, text);
}

/* Selected stretch and playhead over a plot */
static void
draw_marks (StrataPen *pen, const StrataPowerStyle *style, const StrataViewport *view, const StrataRect *plot)
{
  if (!isnan (style->range_from_ps) && !isnan (style->range_to_ps))
    {
      double x0 = CLAMP (strata_viewport_x (view, style->range_from_ps, plot->width), 0, plot->width);
      double x1 = CLAMP (strata_viewport_x (view, style->range_to_ps, plot->width), 0, plot->width);

      strata_pen_fill (pen, pen->theme->background, 0.55, plot->x, plot->y, x0, plot->height);
      strata_pen_fill (pen, pen->theme->background, 0.55, plot->x + x1, plot->y, plot->width - x1, plot->height);
      strata_pen_vline (pen, pen->theme->accent, plot->x + x0, plot->y, plot->y + plot->height);
      strata_pen_vline (pen, pen->theme->accent, plot->x + x1, plot->y, plot->y + plot->height);
    }
  if (!isnan (style->playhead_ps))
    {
      double x = strata_viewport_x (view, style->playhead_ps, plot->width);

      if (x >= 0 && x <= plot->width)
        strata_pen_fill (pen, pen->theme->accent, 1, floor (plot->x + x) - 0.5, plot->y - 4, 2, plot->height + 4);
    }
}

static void
draw_legend (cairo_t *cr,
             const StrataPowerScene *scene,
             const StrataPowerStyle *style,
             const StrataViewport *view,
             const StrataDrawTheme *theme,
             const StrataRect *rect,
             const StrataRect *plot)
{
  StrataRect place = { plot->x + plot->width + 18, plot->y + 34, LEGEND - 18, plot->height - 34 };
  double mean[STRATA_N_COMPONENTS], sum, from = MAX (view->start_ps, 0);
  double to = MIN (view->start_ps + view->span_ps, (double) scene->duration_ps);
  g_autofree char *what = NULL, *value = NULL;
  StrataPen pen;

  if (!isnan (style->range_from_ps) && style->range_to_ps > style->range_from_ps)
    {
      from = style->range_from_ps;
      to = style->range_to_ps;
      what = g_strdup ("mean of the selection");
    }
  else if (!isnan (style->playhead_ps))
    {
      from = style->playhead_ps;
      to = from + MAX (view->span_ps / plot->width, 1);
      what = g_strdup ("at the playhead");
    }
  else
    what = g_strdup ("mean of what is shown");
  sum = strata_power_mean (scene, from, to, mean, NULL);
  for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
    mean[c] *= 1e-3;
  value = strata_draw_quantity (sum * 1e-3, "W");
  strata_pen_init (&pen, cr, theme);
  strata_pen_font (&pen, STRATA_PEN_SMALL, FALSE);
  strata_pen_text (&pen, STRATA_PEN_LEFT, theme->muted, place.x, plot->y + 8, place.width, what);
  strata_pen_font (&pen, STRATA_PEN_BODY, TRUE);
  strata_pen_text (&pen, STRATA_PEN_LEFT, theme->text, place.x, plot->y + 25, place.width, value);
  strata_pen_finish (&pen);
  strata_legend_components_draw (cr, theme, mean, "W", &place);
}

static gboolean
draw_empty (cairo_t *cr, const StrataPowerScene *scene, const StrataDrawTheme *theme, const StrataRect *rect)
{
  StrataDrawMessage message = { "Power over time is unavailable",
                                "This profile has energies, but no power series: it was made at the fidelity "
                                "\"estimate\".",
                                "Profile again with --fidelity timing.", FALSE };

  if (scene->n_samples > 0)
    return FALSE;
  strata_message_draw (cr, theme, &message, rect);
  return TRUE;
}

void
strata_power_draw (cairo_t *cr,
                   const StrataPowerScene *scene,
                   const StrataPowerStyle *style,
                   const StrataViewport *view,
                   const StrataDrawTheme *theme,
                   const StrataRect *rect)
{
  Columns columns = { 0 };
  StrataRect plot;
  StrataPen pen;
  double top = style->scale_mw;

  if (draw_empty (cr, scene, theme, rect))
    return;
  strata_power_plot (rect, &plot);
  measure_columns (&columns, scene, view, plot.width);
  if (!(top > 0))
    {
      top = highest (scene, view->start_ps, view->start_ps + view->span_ps);
      if (isfinite (scene->budget_mw) && scene->budget_mw < 3 * top)
        top = MAX (top, scene->budget_mw);
      top = top > 0 ? 1.08 * top : 1;
    }
  strata_pen_init (&pen, cr, theme);
  strata_pen_font (&pen, STRATA_PEN_BODY, TRUE);
  strata_pen_text (&pen, STRATA_PEN_LEFT, theme->text, rect->x + 6, rect->y + 16, rect->width, "Power by component");
  strata_pen_font (&pen, STRATA_PEN_SMALL, FALSE);
  draw_axes (&pen, &plot, view, top);
  cairo_save (cr);
  cairo_rectangle (cr, plot.x, plot.y - 4, plot.width, plot.height + 4);
  cairo_clip (cr);
  draw_areas (&pen, &columns, &plot, top);
  draw_peaks (&pen, &columns, &plot, top);
  draw_marks (&pen, style, view, &plot);
  cairo_restore (cr);
  draw_budget (&pen, &plot, scene->budget_mw, top, TRUE);
  strata_pen_finish (&pen);
  if (rect->width > 560)
    draw_legend (cr, scene, style, view, theme, rect, &plot);
  free_columns (&columns);
}

void
strata_scrubber_plot (const StrataRect *rect, StrataRect *plot)
{
  double button = MIN (rect->height, 48);

  *plot = (StrataRect){ rect->x + button, rect->y + 4, MAX (rect->width - button - 90, 1), MAX (rect->height - 8, 1) };
}

static void
draw_button (StrataPen *pen, const StrataRect *rect, gboolean is_playing)
{
  double x = rect->x + MIN (rect->height, 48) / 2, y = rect->y + rect->height / 2;

  strata_pen_colour (pen, pen->theme->text, 1);
  if (is_playing)
    {
      cairo_rectangle (pen->cr, x - 5, y - 6, 4, 12);
      cairo_rectangle (pen->cr, x + 1, y - 6, 4, 12);
    }
  else
    {
      cairo_move_to (pen->cr, x - 4, y - 7);
      cairo_line_to (pen->cr, x + 7, y);
      cairo_line_to (pen->cr, x - 4, y + 7);
      cairo_close_path (pen->cr);
    }
  cairo_fill (pen->cr);
}

void
strata_scrubber_draw (cairo_t *cr,
                      const StrataPowerScene *scene,
                      const StrataPowerStyle *style,
                      const StrataDrawTheme *theme,
                      const StrataRect *rect)
{
  StrataViewport view = { 0, MAX ((double) scene->duration_ps, 1), 0 };
  g_autofree char *now = strata_draw_quantity (isnan (style->playhead_ps) ? 0 : style->playhead_ps * 1e-12, "s");
  g_autofree char *all = strata_draw_quantity (scene->duration_ps * 1e-12, "s");
  g_autofree char *of = g_strdup_printf ("of %s", all);
  Columns columns = { 0 };
  StrataRect plot;
  StrataPen pen;
  double top = style->scale_mw;

  strata_scrubber_plot (rect, &plot);
  strata_pen_init (&pen, cr, theme);
  strata_pen_font (&pen, STRATA_PEN_SMALL, FALSE);
  strata_pen_fill (&pen, theme->surface, 0.5, plot.x, plot.y, plot.width, plot.height);
  draw_button (&pen, rect, style->is_playing);
  if (scene->n_samples == 0)
    strata_pen_text (&pen, STRATA_PEN_CENTRE, theme->muted, plot.x + plot.width / 2, plot.y + plot.height / 2 + 4,
                     plot.width, "power over time is unavailable in this profile");
  else
    {
      measure_columns (&columns, scene, &view, plot.width);
      if (!(top > 0))
        {
          top = highest (scene, 0, view.span_ps);
          if (isfinite (scene->budget_mw) && scene->budget_mw < 3 * top)
            top = MAX (top, scene->budget_mw);
          top = top > 0 ? 1.12 * top : 1;
        }
      cairo_save (cr);
      cairo_rectangle (cr, plot.x, plot.y - 4, plot.width, plot.height + 4);
      cairo_clip (cr);
      draw_areas (&pen, &columns, &plot, top);
      draw_budget (&pen, &plot, scene->budget_mw, top, FALSE);
      cairo_restore (cr);
      free_columns (&columns);
    }
  draw_marks (&pen, style, &view, &plot);
  strata_pen_text (&pen, STRATA_PEN_LEFT, theme->text, plot.x + plot.width + 10, rect->y + rect->height / 2 - 2, 78,
                   now);
  strata_pen_text (&pen, STRATA_PEN_LEFT, theme->muted, plot.x + plot.width + 10, rect->y + rect->height / 2 + 13, 78,
                   of);
  strata_pen_finish (&pen);
}
