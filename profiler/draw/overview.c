/* SPDX-License-Identifier: Apache-2.0
 *
 * The first page: verdict, key figures, split of energy, findings. Text is laid out by Pango and measured before
 * anything is placed below it, so nothing overlaps at any width; findings that do not fit are counted.
 */
#include "draw/pen.h"
#include "strata-profiler/strata-draw-charts.h"

#include <math.h>

#define MARGIN 18.0
#define FIGURE_WIDTH 190.0

static guint32
verdict_colour (const StrataDrawTheme *theme, gint32 verdict)
{
  return verdict > 0 ? theme->good : verdict < 0 ? theme->warning : theme->muted;
}

static double
draw_verdict (StrataPen *pen, const StrataOverviewScene *scene, double x, double y, double width)
{
  double top = y;
  StrataRect mark;

  strata_pen_font (pen, STRATA_PEN_BODY, FALSE);
  y += strata_pen_paragraph (pen, pen->theme->muted, x, y, width, 2, scene->subtitle) + 12;
  mark = (StrataRect){ x, y, 4, 0 };
  strata_pen_font (pen, STRATA_PEN_LARGE, TRUE);
  mark.height = strata_pen_paragraph_height (pen, width - 16, 3, scene->verdict);
  strata_pen_fill_round (pen, verdict_colour (pen->theme, scene->is_met), 1, &mark, 2);
  y += strata_pen_paragraph (pen, pen->theme->text, x + 16, y, width - 16, 3, scene->verdict) + 6;
  strata_pen_font (pen, STRATA_PEN_BODY, FALSE);
  if (scene->limited_by != NULL)
    y += strata_pen_paragraph (pen, pen->theme->muted, x + 16, y, width - 16, 3, scene->limited_by);
  return y - top;
}

/* As many columns as have room for every figure in one line, where there are any */
static gint
count_columns (StrataPen *pen, const StrataOverviewScene *scene, double width)
{
  gint n_columns = MIN (MAX (1, (gint) ((width + MARGIN) / FIGURE_WIDTH)), MAX ((gint) scene->n_figures, 1));
  double widest = 0;

  strata_pen_font (pen, STRATA_PEN_TITLE, TRUE);
  for (gsize i = 0; i < scene->n_figures; i++)
    widest = MAX (widest, strata_pen_text_width (pen, scene->figures[i].text));
  while (n_columns > 1 && widest > (width + MARGIN) / n_columns - MARGIN)
    n_columns--;
  return n_columns;
}

/* A grid of figures in columns of equal width; a row is as tall as its tallest cell */
static double
draw_figures (StrataPen *pen, const StrataOverviewScene *scene, double x, double y, double width)
{
  gint n_columns = count_columns (pen, scene, width);
  double column = (width + MARGIN) / n_columns, top = y, tallest = 0;

  for (gsize i = 0; i < scene->n_figures; i++)
    {
      const StrataOverviewFigure *figure = &scene->figures[i];
      double left = x + (i % n_columns) * column, at = y;

      strata_pen_font (pen, STRATA_PEN_SMALL, FALSE);
      at += strata_pen_paragraph (pen, pen->theme->muted, left, at, column - MARGIN, 1, figure->name) + 2;
      strata_pen_font (pen, STRATA_PEN_TITLE, TRUE);
      at += strata_pen_paragraph (pen, pen->theme->text, left, at, column - MARGIN, 2, figure->text) + 1;
      strata_pen_font (pen, STRATA_PEN_SMALL, FALSE);
      if (figure->note != NULL)
        at += strata_pen_paragraph (pen, verdict_colour (pen->theme, figure->verdict), left, at, column - MARGIN, 2,
                                    figure->note);
      tallest = MAX (tallest, at - y);
      if ((gint) (i % n_columns) == n_columns - 1 || i + 1 == scene->n_figures)
        {
          y += tallest + 12;
          tallest = 0;
        }
    }
  return y - top;
}

/* Bar and a line of swatches that wraps */
static double
draw_split (StrataPen *pen, const StrataOverviewScene *scene, double x, double y, double width)
{
  double full = 0, top = y, left = x;
  StrataRect bar = { x, 0, width, 18 };
  g_autofree char *total = NULL, *title = NULL;

  for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
    full += scene->component_fj[c] > 0 ? scene->component_fj[c] : 0;
  total = strata_draw_quantity (full > 0 ? full * 1e-15 : NAN, "J");
  title = g_strdup_printf ("Where the energy goes: %s", total);
  strata_pen_font (pen, STRATA_PEN_BODY, TRUE);
  y += strata_pen_paragraph (pen, pen->theme->text, x, y, width, 1, title) + 6;
  if (!(full > 0))
    return y - top;
  bar.y = y;
  strata_split_bar_draw (pen->cr, scene->component_fj, full, pen->theme, &bar);
  y += bar.height + 8;
  strata_pen_font (pen, STRATA_PEN_SMALL, FALSE);
  for (gint c = 0; c < STRATA_N_COMPONENTS; c++)
    {
      g_autofree char *text =
        g_strdup_printf ("%s %.1f %%", strata_pen_component_name (c), 100 * MAX (scene->component_fj[c], 0) / full);
      double text_width = strata_pen_text_width (pen, text);

      if (!(scene->component_fj[c] > 0.001 * full))
        continue;
      if (left > x && left + text_width + 16 > x + width)
        {
          left = x;
          y += 18;
        }
      strata_pen_fill (pen, strata_draw_component_colour (c, pen->theme), 1, left, y + 3, 10, 10);
      strata_pen_text (pen, STRATA_PEN_LEFT, pen->theme->muted, left + 15, y + 12, width - 15, text);
      left += text_width + 32;
    }
  return y + 18 - top;
}

#define GAIN_WIDTH 130.0

/* Gains stand in a column of their own where there is room for one, else behind the text */
static double
text_width (double width)
{
  return width - 16 - (width > 520 ? GAIN_WIDTH : 0);
}

static char *
finding_body (const StrataOverviewFinding *finding, double width)
{
  GString *text = g_string_new (finding->evidence);

  if (finding->action != NULL)
    g_string_append_printf (text, " → %s", finding->action);
  if (finding->gain != NULL && width <= 520)
    g_string_append_printf (text, " (gain %s)", finding->gain);
  return g_string_free (text, FALSE);
}

static double
finding_height (StrataPen *pen, const StrataOverviewFinding *finding, double width)
{
  g_autofree char *body = finding_body (finding, width);
  double height;

  strata_pen_font (pen, STRATA_PEN_BODY, TRUE);
  height = strata_pen_paragraph_height (pen, text_width (width), 2, finding->title) + 2;
  strata_pen_font (pen, STRATA_PEN_BODY, FALSE);
  return height + strata_pen_paragraph_height (pen, text_width (width), 6, body) + 12;
}

static void
draw_finding (StrataPen *pen, const StrataOverviewFinding *finding, double x, double y, double width)
{
  g_autofree char *body = finding_body (finding, width);
  guint32 colour = finding->severity > 1   ? pen->theme->warning
                   : finding->severity > 0 ? pen->theme->accent
                                           : pen->theme->muted;

  cairo_new_path (pen->cr);
  cairo_arc (pen->cr, x + 4, y + 8, 4, 0, 2 * G_PI);
  strata_pen_colour (pen, colour, 1);
  cairo_fill (pen->cr);
  strata_pen_font (pen, STRATA_PEN_BODY, TRUE);
  if (finding->gain != NULL && width > 520)
    strata_pen_text (pen, STRATA_PEN_RIGHT, pen->theme->text, x + width, y + 12, GAIN_WIDTH - 10, finding->gain);
  y += strata_pen_paragraph (pen, pen->theme->text, x + 16, y, text_width (width), 2, finding->title) + 2;
  strata_pen_font (pen, STRATA_PEN_BODY, FALSE);
  strata_pen_paragraph (pen, pen->theme->muted, x + 16, y, text_width (width), 6, body);
}

static double
draw_findings (StrataPen *pen, const StrataOverviewScene *scene, double x, double y, double width, double bottom)
{
  double top = y;

  strata_pen_font (pen, STRATA_PEN_BODY, TRUE);
  y += strata_pen_paragraph (pen, pen->theme->text, x, y, width, 1, "What to look at") + 8;
  strata_pen_font (pen, STRATA_PEN_BODY, FALSE);
  if (scene->n_findings == 0)
    y += strata_pen_paragraph (pen, pen->theme->muted, x, y, width, 1, "Nothing stands out.");
  for (gsize i = 0; i < scene->n_findings; i++)
    {
      double height = finding_height (pen, &scene->findings[i], width);
      double reserve = i + 1 < scene->n_findings ? 20 : 0;

      if (y + height + reserve > bottom)
        {
          g_autofree char *text = g_strdup_printf ("and %" G_GSIZE_FORMAT " more findings", scene->n_findings - i);

          strata_pen_font (pen, STRATA_PEN_BODY, FALSE);
          if (y + 20 <= bottom)
            y += strata_pen_paragraph (pen, pen->theme->muted, x + 16, y, width - 16, 1, text);
          break;
        }
      draw_finding (pen, &scene->findings[i], x, y, width);
      y += height;
    }
  return y - top;
}

double
strata_overview_draw (cairo_t *cr,
                      const StrataOverviewScene *scene,
                      const StrataDrawTheme *theme,
                      const StrataRect *rect)
{
  double width = MIN (rect->width - 2 * MARGIN, 980), x = rect->x + MARGIN, y = rect->y + MARGIN;
  StrataPen pen;

  if (width < 40)
    return 0;
  strata_pen_init (&pen, cr, theme);
  cairo_rectangle (cr, rect->x, rect->y, rect->width, rect->height);
  cairo_clip (cr);
  strata_pen_font (&pen, STRATA_PEN_TITLE, TRUE);
  y += strata_pen_paragraph (&pen, theme->text, x, y, width, 1, scene->run) + 2;
  y += draw_verdict (&pen, scene, x, y, width) + MARGIN;
  strata_pen_hline (&pen, theme->grid, x, x + width, y - 6);
  y += 6 + draw_figures (&pen, scene, x, y + 6, width) + 6;
  y += draw_split (&pen, scene, x, y, width) + MARGIN;
  y += draw_findings (&pen, scene, x, y, width, rect->y + rect->height - 6);
  strata_pen_finish (&pen);
  return y - rect->y;
}
