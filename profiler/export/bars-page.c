/* SPDX-License-Identifier: Apache-2.0
 *
 * Bars as a page: each picture with its numbers below it.
 */
#include "strata-profiler/strata-bars.h"

#include <math.h>

#include "export/page.h"

#define WIDTH 960

static void
paint_cb (cairo_t *cr, const StrataDrawTheme *theme, const StrataRect *rect, gconstpointer scene)
{
  strata_bars_draw (cr, scene, theme, rect);
}

static void
append_number (GString *page, double value, double error)
{
  if (isnan (value))
    g_string_append (page, "<td class=\"number\">–</td>");
  else if (isinf (value))
    g_string_append (page, "<td class=\"number\">none</td>");
  else if (isfinite (error))
    g_string_append_printf (page, "<td class=\"number\">%.3f ± %.3f</td>", value, error);
  else
    g_string_append_printf (page, "<td class=\"number\">%.3f</td>", value);
}

static void
append_cell (GString *page, const char *tag, const char *text)
{
  g_string_append_printf (page, "<%s>", tag);
  strata_page_escaped (page, text);
  g_string_append_printf (page, "</%.2s>", tag);
}

static void
append_table (GString *page, const StrataBars *bars)
{
  g_string_append (page, "<details><summary>Numbers</summary>\n<div class=\"wide\"><table>\n<thead><tr><th></th>");
  for (gsize s = 0; s < bars->n_series; s++)
    {
      g_autofree char *name = g_strdup_printf ("%s [%s]", bars->series[s].name, bars->unit);

      append_cell (page, "th class=\"number\"", name);
    }
  if (bars->row_notes != NULL)
    append_cell (page, "th", "What it is");
  g_string_append (page, "</tr></thead>\n");
  for (gsize row = 0; row < bars->n_rows; row++)
    {
      g_string_append (page, "<tr>");
      append_cell (page, "td", bars->row_names[row]);
      for (gsize s = 0; s < bars->n_series; s++)
        append_number (page, bars->series[s].values[row],
                       bars->series[s].errors != NULL ? bars->series[s].errors[row] : (double) NAN);
      if (bars->row_notes != NULL)
        append_cell (page, "td", bars->row_notes[row]);
      g_string_append (page, "</tr>\n");
    }
  g_string_append (page, "</table></div></details>\n");
}

char *
strata_bars_page (const char *title, const char *subtitle, const StrataBars *bars, gsize n_bars, const char *body)
{
  GString *page;
  g_auto (GStrv) paragraphs = g_strsplit (body != NULL ? body : "", "\n", -1);

  g_return_val_if_fail (title != NULL && subtitle != NULL, NULL);
  page = strata_page_begin (title);
  g_string_append (page, "<p class=\"muted\">");
  strata_page_escaped (page, subtitle);
  g_string_append (page, "</p>\n");
  for (gsize i = 0; i < n_bars; i++)
    {
      g_string_append (page, "<section>\n");
      strata_page_picture (page, paint_cb, &bars[i], WIDTH, strata_bars_height (&bars[i]), bars[i].title);
      g_string_append (page, "<p class=\"muted\">");
      strata_page_escaped (page, bars[i].note);
      g_string_append (page, "</p>\n");
      append_table (page, &bars[i]);
      g_string_append (page, "</section>\n");
    }
  for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++)
    if (**paragraph != '\0')
      {
        g_string_append (page, "<p>");
        strata_page_escaped (page, *paragraph);
        g_string_append (page, "</p>\n");
      }
  return strata_page_end (page);
}
