/* SPDX-License-Identifier: Apache-2.0
 *
 * The timeline's picture: ruler of time and cycles, rows under headings, bars and shades, hatched drops, playhead.
 * Text has a budget, so that no zoom is slow.
 */
#include "draw/pen.h"
#include "strata-profiler/strata-draw-timeline.h"

#include <math.h>

#define GUTTER 132.0
#define RULER 36.0
#define HEADING 24.0
#define ROW 20.0
#define MAX_LABELS 240
#define LABEL_PX 42.0 /* narrower bars have no label */

typedef struct
{
  StrataPen pen;
  const StrataTimelineScene *scene;
  const StrataTimelineStyle *style;
  const StrataViewport *view;
  StrataRect plot;
  double row;
  guint n_labels;
} Drawing;

void
strata_timeline_style_default (StrataTimelineStyle *style)
{
  *style = (StrataTimelineStyle){ -1, -1, -1, NAN, NAN, NAN, 0 };
}

void
strata_timeline_plot (const StrataRect *rect, StrataRect *plot)
{
  double gutter = MIN (GUTTER, rect->width / 3);

  *plot =
    (StrataRect){ rect->x + gutter, rect->y + RULER, MAX (rect->width - gutter, 1), MAX (rect->height - RULER, 1) };
}

static double
row_height (const StrataTimelineStyle *style)
{
  return style->row_height > 0 ? style->row_height : ROW;
}

static gboolean
starts_group (const StrataTimelineScene *scene, gsize i)
{
  return scene->tracks[i].group != NULL
         && (i == 0 || g_strcmp0 (scene->tracks[i].group, scene->tracks[i - 1].group) != 0);
}

double
strata_timeline_content_height (const StrataTimelineScene *scene, const StrataTimelineStyle *style)
{
  double height = 0;

  for (gsize i = 0; i < scene->n_tracks; i++)
    height += row_height (style) + (starts_group (scene, i) ? HEADING : 0);
  return height + 6;
}

static guint32
layer_colour (const Drawing *d, gint32 layer, gboolean *dimmed)
{
  guint32 colour =
    layer >= 0 && (gsize) layer < d->scene->n_layers ? d->scene->layers[layer].colour : d->pen.theme->muted;

  *dimmed = d->style->selected_layer >= 0 && layer != d->style->selected_layer;
  return *dimmed ? strata_draw_dim (colour, d->pen.theme) : colour;
}

static void
draw_ruler (Drawing *d)
{
  const StrataDrawTheme *theme = d->pen.theme;
  gint64 step = strata_viewport_step (d->view, d->plot.width, 92), base = 0, first, cycle, last_cycle = -1;
  double line_end = d->plot.y + d->plot.height, text_y = d->plot.y - 20;

  strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
  /* far from zero and zoomed in, ticks count from a round time that stands in the corner */
  if (d->view->start_ps > 2e4 * step)
    base = (gint64) (d->view->start_ps / (1000.0 * step)) * 1000 * step;
  first = (gint64) floor (d->view->start_ps / step) * step;
  for (gint64 t = first; t <= d->view->start_ps + d->view->span_ps; t += step)
    {
      double x = d->plot.x + strata_viewport_x (d->view, t, d->plot.width);
      g_autofree char *label = strata_draw_ruler_label (t - base, step);
      g_autofree char *text = base > 0 ? g_strdup_printf ("+%s", label) : g_steal_pointer (&label);

      if (x < d->plot.x - 0.5 || t < 0)
        continue;
      strata_pen_vline (&d->pen, theme->grid, x, d->plot.y - 14, line_end);
      if (x + 60 > d->plot.x + d->plot.width)
        continue;
      strata_pen_text (&d->pen, STRATA_PEN_LEFT, theme->text, x + 4, text_y, 0, text);
      cycle = (gint64) floor (t * 1e-12 * d->scene->clock_hz + 1e-6);
      if (d->scene->clock_hz > 0 && cycle != last_cycle)
        {
          g_autofree char *cycles = strata_draw_count (cycle);

          last_cycle = cycle;
          strata_pen_text (&d->pen, STRATA_PEN_LEFT, theme->muted, x + 4, d->plot.y - 6, 86, cycles);
        }
    }
  if (base > 0)
    {
      g_autofree char *text = strata_draw_ruler_label (base, 1000 * step);

      strata_pen_text (&d->pen, STRATA_PEN_RIGHT, theme->text, d->plot.x - 8, text_y, GUTTER - 12, text);
    }
  if (d->scene->clock_hz > 0)
    strata_pen_text (&d->pen, STRATA_PEN_RIGHT, theme->muted, d->plot.x - 8, d->plot.y - 6, GUTTER - 12, "cycles");
}

/* A run of folded spans that are closer than a pixel or two carries one number */
static void
label_folded (Drawing *d, double x0, double x1, double y, gsize n_events)
{
  g_autofree char *count = NULL, *text = NULL;
  double width;
  StrataRect plate;

  x0 = MAX (x0, 0);
  x1 = MIN (x1, d->plot.width);
  if (n_events < 2 || x1 - x0 < LABEL_PX || d->n_labels >= MAX_LABELS || d->row < 14)
    return;
  count = strata_draw_count ((gint64) n_events);
  text = g_strdup_printf ("%s events", count);
  width = strata_pen_text_width (&d->pen, text);
  if (width + 10 > x1 - x0)
    {
      g_free (text);
      text = g_strdup_printf ("%s", count);
      width = strata_pen_text_width (&d->pen, text);
    }
  if (width + 10 > x1 - x0)
    return;
  d->n_labels++;
  plate = (StrataRect){ d->plot.x + x0 + 3, y + d->row / 2 - 7, width + 8, 14 };
  strata_pen_fill_round (&d->pen, d->pen.theme->background, 0.78, &plate, 3);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, plate.x + 4, y + d->row / 2 + 4, 0, text);
}

/* What a bar says; NULL: nothing */
static const char *
bar_text (const Drawing *d, const StrataDrawTrack *track, const StrataTimelineSpan *span)
{
  if (track->texts != NULL)
    return track->texts[span->first_event];
  return span->layer >= 0 && (gsize) span->layer < d->scene->n_layers ? d->scene->layers[span->layer].name : NULL;
}

static void
draw_bar (Drawing *d, const StrataDrawTrack *track, const StrataTimelineSpan *span, double y, gboolean hover)
{
  gboolean dimmed;
  guint32 colour = layer_colour (d, span->layer, &dimmed);
  const char *text = bar_text (d, track, span);
  double x0 = MAX (span->x0, -2), x1 = MIN (span->x1, d->plot.width + 2), left = d->plot.x + x0;
  double gap = x1 - x0 > 5 ? 1 : 0;

  if (track->texts != NULL)
    {
      dimmed = FALSE;
      colour = track->warns != NULL && track->warns[span->first_event] ? d->pen.theme->warning : d->pen.theme->grid;
    }
  strata_pen_fill (&d->pen, colour, 1, left, y + 2, x1 - x0 - gap, d->row - 4);
  if (hover)
    {
      strata_pen_colour (&d->pen, d->pen.theme->text, 1);
      cairo_set_line_width (d->pen.cr, 1.5);
      cairo_rectangle (d->pen.cr, left + 0.75, y + 2.75, x1 - x0 - gap - 1.5, d->row - 5.5);
      cairo_stroke (d->pen.cr);
    }
  x0 = MAX (x0, 0);
  if (x1 - x0 >= LABEL_PX && d->n_labels < MAX_LABELS && d->row >= 14 && text != NULL && (!dimmed || hover))
    {
      d->n_labels++;
      strata_pen_text (&d->pen, STRATA_PEN_LEFT, strata_pen_text_on (colour), d->plot.x + x0 + 5, y + d->row / 2 + 4,
                       MIN (x1, d->plot.width) - x0 - 9, text);
    }
}

static void
draw_spans (Drawing *d, gsize track, double y)
{
  g_autoptr (GArray) spans = strata_timeline_fold (&d->scene->tracks[track], d->view, d->plot.width);
  double run_from = 0, run_to = -G_MAXDOUBLE;
  gsize run_events = 0;

  for (guint i = 0; i < spans->len; i++)
    {
      const StrataTimelineSpan *span = &g_array_index (spans, StrataTimelineSpan, i);
      gboolean hover = d->style->hover_track == (gint32) track && d->style->hover_event >= 0
                       && (gsize) d->style->hover_event >= span->first_event
                       && (gsize) d->style->hover_event < span->first_event + span->n_events;
      gboolean dimmed;
      guint32 colour;
      double left, right;

      if (span->n_events == 1 && span->x1 - span->x0 >= 3)
        {
          draw_bar (d, &d->scene->tracks[track], span, y, hover);
          continue;
        }
      colour = layer_colour (d, span->layer, &dimmed);
      /* whole pixels: neighbours must neither overlap nor leave a seam */
      left = floor (d->plot.x + span->x0 + 0.5);
      right = i + 1 < spans->len && span[1].x0 < span->x1 + 1.5 ? span[1].x0 : span->x1;
      right = floor (d->plot.x + right + 0.5);
      strata_pen_fill (&d->pen, hover ? d->pen.theme->text : colour, 0.3 + 0.7 * span->busy, left, y + 2,
                       MAX (right - left, 1), d->row - 4);
      if (span->x0 > run_to + 2)
        {
          label_folded (d, run_from, run_to, y, run_events);
          run_from = span->x0;
          run_events = 0;
        }
      run_to = MAX (span->x1, run_to);
      run_events += span->n_events;
    }
  label_folded (d, run_from, run_to, y, run_events);
}

static void
draw_drops (Drawing *d, gsize track, double y)
{
  for (gsize i = 0; i < d->scene->n_drops; i++)
    {
      const StrataTimelineDrop *drop = &d->scene->drops[i];
      double x0 = strata_viewport_x (d->view, drop->from_ps, d->plot.width);
      double x1 = strata_viewport_x (d->view, drop->to_ps, d->plot.width);
      StrataRect rect = { d->plot.x + MAX (x0, 0), y + 2, 0, d->row - 4 };

      if (drop->track != (gint32) track || x1 < 0 || x0 > d->plot.width)
        continue;
      rect.width = MAX (MIN (x1, d->plot.width) - MAX (x0, 0), 2);
      strata_pen_hatch (&d->pen, d->pen.theme->warning, &rect);
      if (rect.width >= 90 && d->n_labels < MAX_LABELS)
        {
          g_autofree char *count = drop->n_dropped >= 0 ? strata_draw_count (drop->n_dropped) : g_strdup ("some");
          g_autofree char *text = g_strdup_printf ("%s dropped", count);
          StrataRect plate = { rect.x + 3, y + d->row / 2 - 7, strata_pen_text_width (&d->pen, text) + 8, 14 };

          d->n_labels++;
          strata_pen_fill_round (&d->pen, d->pen.theme->background, 0.85, &plate, 3);
          strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->warning, plate.x + 4, y + d->row / 2 + 4, 0, text);
        }
    }
}

static void
draw_heading (Drawing *d, const char *group, double x, double y)
{
  strata_pen_font (&d->pen, STRATA_PEN_SMALL, TRUE);
  strata_pen_text (&d->pen, STRATA_PEN_LEFT, d->pen.theme->text, x, y + HEADING - 7, d->plot.x - x - 8, group);
  strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
}

static void
draw_rows (Drawing *d, const StrataRect *rect)
{
  double y = d->plot.y - d->view->scroll_y;

  cairo_save (d->pen.cr);
  cairo_rectangle (d->pen.cr, rect->x, d->plot.y, rect->width, d->plot.height);
  cairo_clip (d->pen.cr);
  strata_pen_font (&d->pen, STRATA_PEN_SMALL, FALSE);
  for (gsize i = 0; i < d->scene->n_tracks; i++)
    {
      if (starts_group (d->scene, i))
        {
          if (y + HEADING > d->plot.y && y < d->plot.y + d->plot.height)
            draw_heading (d, d->scene->tracks[i].group, rect->x + 6, y);
          y += HEADING;
        }
      if (y + d->row > d->plot.y && y < d->plot.y + d->plot.height)
        {
          gboolean hover = d->style->hover_track == (gint32) i;

          strata_pen_text (&d->pen, STRATA_PEN_LEFT, hover ? d->pen.theme->text : d->pen.theme->muted, rect->x + 16,
                           y + d->row / 2 + 4, d->plot.x - rect->x - 22, d->scene->tracks[i].name);
          cairo_save (d->pen.cr);
          cairo_rectangle (d->pen.cr, d->plot.x, y, d->plot.width, d->row);
          cairo_clip (d->pen.cr);
          strata_pen_fill (&d->pen, d->pen.theme->surface, 0.35, d->plot.x, y + 2, d->plot.width, d->row - 4);
          draw_spans (d, i, y);
          draw_drops (d, i, y);
          cairo_restore (d->pen.cr);
        }
      y += d->row;
    }
  cairo_restore (d->pen.cr);
}

static void
draw_marks (Drawing *d)
{
  const StrataDrawTheme *theme = d->pen.theme;
  double bottom = d->plot.y + d->plot.height;

  if (!isnan (d->style->range_from_ps) && !isnan (d->style->range_to_ps))
    {
      double x0 = CLAMP (strata_viewport_x (d->view, d->style->range_from_ps, d->plot.width), 0, d->plot.width);
      double x1 = CLAMP (strata_viewport_x (d->view, d->style->range_to_ps, d->plot.width), 0, d->plot.width);
      g_autofree char *text = strata_draw_quantity ((d->style->range_to_ps - d->style->range_from_ps) * 1e-12, "s");

      strata_pen_fill (&d->pen, theme->accent, 0.12, d->plot.x + x0, d->plot.y - 14, x1 - x0, bottom - d->plot.y + 14);
      strata_pen_vline (&d->pen, theme->accent, d->plot.x + x0, d->plot.y - 14, bottom);
      strata_pen_vline (&d->pen, theme->accent, d->plot.x + x1, d->plot.y - 14, bottom);
      if (x1 - x0 > strata_pen_text_width (&d->pen, text) + 8)
        {
          StrataRect plate = { d->plot.x + (x0 + x1) / 2, bottom - 22, strata_pen_text_width (&d->pen, text) + 12, 17 };

          plate.x -= plate.width / 2;
          strata_pen_fill_round (&d->pen, theme->background, 0.9, &plate, 3);
          strata_pen_text (&d->pen, STRATA_PEN_CENTRE, theme->accent, d->plot.x + (x0 + x1) / 2, bottom - 10, 0, text);
        }
    }
  if (!isnan (d->style->playhead_ps))
    {
      double x = strata_viewport_x (d->view, d->style->playhead_ps, d->plot.width);

      if (x >= 0 && x <= d->plot.width)
        strata_pen_fill (&d->pen, theme->accent, 1, floor (d->plot.x + x) - 0.5, d->plot.y - 14, 2,
                         bottom - d->plot.y + 14);
    }
}

void
strata_timeline_draw (cairo_t *cr,
                      const StrataTimelineScene *scene,
                      const StrataTimelineStyle *style,
                      const StrataViewport *view,
                      const StrataDrawTheme *theme,
                      const StrataRect *rect)
{
  Drawing d = { .scene = scene, .style = style, .view = view, .row = row_height (style) };

  g_return_if_fail (view->span_ps > 0);
  if (scene->n_tracks == 0)
    {
      StrataDrawMessage message = { "No events",
                                    "This profile has layers and energies, but no events: it was made at the "
                                    "fidelity \"estimate\", which has no order in time.",
                                    "Profile again with --fidelity timing to see when each unit works.", FALSE };

      strata_message_draw (cr, theme, &message, rect);
      return;
    }
  strata_pen_init (&d.pen, cr, theme);
  strata_timeline_plot (rect, &d.plot);
  cairo_rectangle (cr, rect->x, rect->y, rect->width, rect->height);
  cairo_clip (cr);
  draw_ruler (&d);
  strata_pen_hline (&d.pen, theme->grid, rect->x, rect->x + rect->width, d.plot.y - 1);
  draw_rows (&d, rect);
  draw_marks (&d);
  strata_pen_finish (&d.pen);
}

/* Row at @y of the page, -1: none */
static gint32
track_at (const StrataTimelineScene *scene,
          const StrataTimelineStyle *style,
          const StrataViewport *view,
          const StrataRect *plot,
          double y)
{
  double top = plot->y - view->scroll_y;

  if (y < plot->y || y >= plot->y + plot->height)
    return -1;
  for (gsize i = 0; i < scene->n_tracks; i++)
    {
      top += starts_group (scene, i) ? HEADING : 0;
      if (y < top)
        return -1;
      top += row_height (style);
      if (y < top)
        return (gint32) i;
    }
  return -1;
}

gboolean
strata_timeline_pick (const StrataTimelineScene *scene,
                      const StrataTimelineStyle *style,
                      const StrataViewport *view,
                      const StrataRect *rect,
                      double x,
                      double y,
                      StrataTimelineHit *hit)
{
  g_autoptr (GArray) spans = NULL;
  double nearest = 1.5;
  StrataRect plot;

  strata_timeline_plot (rect, &plot);
  *hit = (StrataTimelineHit){ -1, -1, -1, 0, strata_viewport_time (view, x - plot.x, plot.width) };
  hit->track = track_at (scene, style, view, &plot, y);
  if (hit->track < 0 || x < plot.x || x >= plot.x + plot.width)
    return FALSE;
  spans = strata_timeline_fold (&scene->tracks[hit->track], view, plot.width);
  for (guint i = 0; i < spans->len; i++)
    {
      const StrataTimelineSpan *span = &g_array_index (spans, StrataTimelineSpan, i);
      double away = MAX (MAX (plot.x + span->x0 - x, x - plot.x - span->x1), 0);

      if (away >= nearest)
        continue;
      nearest = away;
      hit->event = (gint64) span->first_event;
      hit->n_events = (gint64) span->n_events;
      hit->layer = span->layer;
    }
  return hit->event >= 0;
}
