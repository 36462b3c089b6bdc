/* SPDX-License-Identifier: Apache-2.0
 *
 * A report as one page: a heading, then the sections with their pictures and tables. Every text from the profile is
 * escaped.
 */
#include "strata-profiler/strata-profile-report.h"

#include <math.h>

#include "export/page.h"
#include "export/sections.h"
#include "export/svg.h"
#include "strata-profiler/strata-heat-map.h"
#include "strata-profiler/strata-warming.h"

#define MAP_WIDTH 960
#define MAP_HEIGHT 500
#define WARMING_HEIGHT 360

static void
append_head_row (GString *html, const StrataReportSection *section)
{
  g_string_append (html, "<thead><tr>");
  for (guint i = 0; i < section->columns->len; i++)
    {
      const char *name = g_ptr_array_index (section->columns, i);

      g_string_append (html, *name == '>' ? "<th class=\"number\">" : "<th>");
      strata_page_escaped (html, name + (*name == '>'));
      g_string_append (html, "</th>");
    }
  g_string_append (html, "</tr></thead>\n");
}

static void
append_row (GString *html, const StrataReportSection *section, guint row, gboolean is_closing)
{
  guint n_columns = section->columns->len;

  g_string_append (html, is_closing ? "<tr class=\"closing\">" : "<tr>");
  for (guint i = 0; i < n_columns; i++)
    {
      const char *name = g_ptr_array_index (section->columns, i);
      const char *cell = g_ptr_array_index (section->cells, (gsize) row * n_columns + i);

      if (g_str_equal (name, "verdict"))
        g_string_append_printf (html, "<td class=\"%s\">", cell); /* "met", "missed" or "unknown" */
      else
        g_string_append (html, *name == '>' ? "<td class=\"number\">" : "<td>");
      strata_page_escaped (html, cell);
      g_string_append (html, "</td>");
    }
  g_string_append (html, "</tr>\n");
}

static void
paint_heat_cb (cairo_t *cr, const StrataDrawTheme *theme, const StrataRect *rect, gconstpointer scene)
{
  strata_heat_map_draw (cr, scene, theme, rect);
}

static void
append_heat_map (GString *html, StrataProfile *profile)
{
  g_autoptr (StrataHeatScene) scene = strata_profile_heat_scene (profile);
  g_autofree char *alternative = g_strdup_printf ("Temperature map of %s", scene->title);

  if (scene->temperature_c != NULL)
    strata_page_picture (html, paint_heat_cb, scene, MAP_WIDTH, MAP_HEIGHT, alternative);
}

static void
paint_warming_cb (cairo_t *cr, const StrataDrawTheme *theme, const StrataRect *rect, gconstpointer scene)
{
  strata_warming_draw (cr, scene, NAN, theme, rect);
}

static void
append_warming (GString *html, StrataProfile *profile)
{
  g_autoptr (StrataWarmingScene) scene = strata_profile_warming_scene (profile);

  if (scene->chart.n_curves == 0)
    return;
  strata_page_picture (html, paint_warming_cb, scene, MAP_WIDTH, WARMING_HEIGHT, scene->chart.title);
}

static void
append_picture (GString *html, StrataProfile *profile, const char *id)
{
  g_autofree char *svg = g_str_equal (id, "layers")    ? strata_report_svg_layers (profile)
                         : g_str_equal (id, "energy")  ? strata_report_svg_energy (profile)
                         : g_str_equal (id, "summary") ? strata_report_svg_power (profile)
                                                       : NULL;

  if (svg != NULL)
    g_string_append (html, svg);
  if (g_str_equal (id, "temperature"))
    append_heat_map (html, profile);
  if (g_str_equal (id, "governor"))
    append_warming (html, profile);
}

static void
append_section (GString *html, StrataProfile *profile, const char *id)
{
  g_autoptr (StrataReportSection) section = strata_report_section_new (profile, id);
  guint n_rows = strata_report_section_n_rows (section);

  g_string_append_printf (html, "<section id=\"%s\">\n<h2>%s</h2>\n", section->id, section->title);
  append_picture (html, profile, id);
  if (n_rows == 0)
    {
      g_string_append (html, "<p class=\"muted\">");
      strata_page_escaped (html, section->empty);
      g_string_append (html, "</p>\n</section>\n");
      return;
    }
  g_string_append (html, "<div class=\"wide\"><table>\n");
  append_head_row (html, section);
  for (guint row = 0; row < n_rows; row++)
    append_row (html, section, row, row >= n_rows - section->n_closing);
  g_string_append (html, "</table></div>\n</section>\n");
}

char *
strata_profile_report_html (StrataProfile *profile)
{
  const StrataProfileRun *run;
  const char *die;
  GString *html;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  run = strata_profile_get_run (profile);
  die = strata_profile_get_meta (profile, "die_serial");
  html = strata_page_begin (run->run_name);
  g_string_append (html, "<p class=\"muted\">");
  strata_page_escaped (html, run->model_name);
  g_string_append (html, " on ");
  strata_page_escaped (html, run->chip_name);
  if (die != NULL)
    {
      g_string_append (html, ", die ");
      strata_page_escaped (html, die);
    }
  g_string_append_printf (html, " · %s · Strata " STRATA_VERSION "</p>\n", strata_profile_get_fidelity_name (profile));
  for (const char *const *id = strata_report_section_ids (); *id != NULL; id++)
    append_section (html, profile, *id);
  return strata_page_end (html);
}
