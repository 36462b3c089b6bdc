/* SPDX-License-Identifier: Apache-2.0
 *
 * Charts as a page: each with its numbers below it.
 */
#include "strata-profiler/strata-chart.h"

#include <math.h>

#include "export/page.h"

#define WIDTH 960
#define HEIGHT 420

static void
paint_cb (cairo_t *cr, const StrataDrawTheme *theme, const StrataRect *rect, gconstpointer scene)
{
  strata_chart_draw (cr, scene, theme, rect);
}

static void
append_number (GString *page, double value, double deviation)
{
  if (isnan (value))
    g_string_append (page, "<td class=\"number\">–</td>");
  else if (isfinite (deviation))
    g_string_append_printf (page, "<td class=\"number\">%.4g ± %.2g</td>", value, deviation);
  else
    g_string_append_printf (page, "<td class=\"number\">%.4g</td>", value);
}

/* The name of a place on the axis, where it has names */
static const char *
name_of (const StrataChartAxis *axis, double value)
{
  for (gsize i = 0; i < axis->n_ticks; i++)
    if (axis->ticks[i] == value)
      return axis->tick_names[i];
  return NULL;
}

static void
append_axis (GString *page, const char *class, const StrataChartAxis *axis, const char *name)
{
  g_string_append_printf (page, "<th%s>", class);
  strata_page_escaped (page, name);
  if (axis->unit[0] != '\0')
    {
      g_string_append (page, " [");
      strata_page_escaped (page, axis->unit);
      g_string_append (page, "]");
    }
  g_string_append (page, "</th>");
}

static double
find (const StrataChartCurve *curve, double x, double *deviation)
{
  for (gsize i = 0; i < curve->n_points; i++)
    if (curve->x[i] == x)
      {
        *deviation = curve->deviation != NULL ? curve->deviation[i] : (double) NAN;
        return curve->y[i];
      }
  return (double) NAN;
}

static int
compare_cb (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* A row for each place that any curve has */
static void
append_rows (GString *page, const StrataChart *chart)
{
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (double));

  for (gsize c = 0; c < chart->n_curves; c++)
    g_array_append_vals (places, chart->curves[c].x, (guint) chart->curves[c].n_points);
  g_array_sort (places, compare_cb);
  for (guint i = 0; i < places->len; i++)
    {
      double x = g_array_index (places, double, i);
      const char *name = name_of (&chart->x, x);

      if (!isfinite (x) || (i > 0 && g_array_index (places, double, i - 1) == x))
        continue;
      g_string_append (page, "<tr><td>");
      if (name != NULL)
        strata_page_escaped (page, name);
      else
        g_string_append_printf (page, "%g", x);
      g_string_append (page, "</td>");
      for (gsize c = 0; c < chart->n_curves; c++)
        {
          double deviation = (double) NAN, y = find (&chart->curves[c], x, &deviation);

          append_number (page, y, deviation);
        }
      g_string_append (page, "</tr>\n");
    }
}

static void
append_chart (GString *page, const StrataChart *chart)
{
  g_string_append (page, "<section>\n");
  strata_page_picture (page, paint_cb, chart, WIDTH, HEIGHT, chart->title);
  g_string_append (page, "<p class=\"muted\">");
  strata_page_escaped (page, chart->note);
  g_string_append (page, "</p>\n<details><summary>Numbers</summary>\n<div class=\"wide\"><table>\n<thead><tr>");
  append_axis (page, "", &chart->x, chart->x.name);
  for (gsize c = 0; c < chart->n_curves; c++)
    append_axis (page, " class=\"number\"", &chart->y, chart->curves[c].name);
  g_string_append (page, "</tr></thead>\n");
  append_rows (page, chart);
  g_string_append (page, "</table></div></details>\n</section>\n");
}

char *
strata_chart_page (const char *title, const char *subtitle, const StrataChart *charts, gsize n_charts, const char *body)
{
  GString *page;
  g_auto (GStrv) paragraphs = g_strsplit (body != NULL ? body : "", "\n", -1);

  g_return_val_if_fail (title != NULL && subtitle != NULL, NULL);
  page = strata_page_begin (title);
  g_string_append (page, "<p class=\"muted\">");
  strata_page_escaped (page, subtitle);
  g_string_append (page, "</p>\n");
  for (gsize i = 0; i < n_charts; i++)
    append_chart (page, &charts[i]);
  for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++)
    if (**paragraph != '\0')
      {
        g_string_append (page, "<p>");
        strata_page_escaped (page, *paragraph);
        g_string_append (page, "</p>\n");
      }
  return strata_page_end (page);
}
