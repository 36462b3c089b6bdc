/* SPDX-License-Identifier: Apache-2.0
 *
 * A report as one page that needs nothing else: styles and pictures are inside, every text from the profile is escaped,
 * and a policy forbids the page to load or run anything.
 */
#include "strata-profiler/strata-profile-report.h"

#include "export/sections.h"
#include "export/svg.h"

static const char head[] =
  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
  "<meta name=\"color-scheme\" content=\"light dark\">\n";

static const char style[] =
  "<style>\n"
  ":root { --page: #ffffff; --text: #1c1c1e; --muted: #6a6a70; --line: #e2e2e6; --good: #1b7f3b; --bad: #b3261e; }\n"
  "@media (prefers-color-scheme: dark) { :root { --page: #1b1b1e; --text: #ececf0; --muted: #9a9aa2;"
  " --line: #35353b; --good: #62c987; --bad: #ff8a80; } }\n"
  "body { margin: 24px auto; max-width: 1100px; padding: 0 18px; background: var(--page); color: var(--text);"
  " font: 14px/1.45 system-ui, sans-serif; }\n"
  "h1 { font-size: 22px; margin: 0 0 2px; } h2 { font-size: 16px; margin: 30px 0 8px; } p { margin: 4px 0; }\n"
  ".muted { color: var(--muted); } .met { color: var(--good); } .missed { color: var(--bad); }\n"
  ".wide { overflow-x: auto; }\n"
  "table { border-collapse: collapse; font-variant-numeric: tabular-nums; }\n"
  "th { text-align: left; font-weight: 600; color: var(--muted); white-space: nowrap; }\n"
  "th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--line); vertical-align: top; }\n"
  "td.number, th.number { text-align: right; white-space: nowrap; } tr.closing td { font-weight: 600; }\n"
  "svg { width: 100%; height: auto; display: block; margin: 6px 0 12px; }\n"
  "svg text { font: 10.5px system-ui, sans-serif; fill: currentColor; }\n"
  "@media print { body { max-width: none; } tr { break-inside: avoid; } }\n"
  "</style>\n";

static void
append_escaped (GString *html, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append (html, escaped);
}

static void
append_head_row (GString *html, const StrataReportSection *section)
{
  g_string_append (html, "<thead><tr>");
  for (guint i = 0; i < section->columns->len; i++)
    {
      const char *name = g_ptr_array_index (section->columns, i);

      g_string_append (html, *name == '>' ? "<th class=\"number\">" : "<th>");
      append_escaped (html, name + (*name == '>'));
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
      append_escaped (html, cell);
      g_string_append (html, "</td>");
    }
  g_string_append (html, "</tr>\n");
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
      append_escaped (html, section->empty);
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
  GString *html;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  run = strata_profile_get_run (profile);
  html = g_string_new (head);
  g_string_append (html, "<title>");
  append_escaped (html, run->run_name);
  g_string_append (html, " – Strata</title>\n");
  g_string_append (html, style);
  g_string_append (html, "</head>\n<body>\n<h1>");
  append_escaped (html, run->run_name);
  g_string_append (html, "</h1>\n<p class=\"muted\">");
  append_escaped (html, run->model_name);
  g_string_append (html, " on ");
  append_escaped (html, run->chip_name);
  g_string_append_printf (html, " · %s · Strata " STRATA_VERSION "</p>\n", strata_profile_get_fidelity_name (profile));
  for (const char *const *id = strata_report_section_ids (); *id != NULL; id++)
    append_section (html, profile, *id);
  g_string_append (html, "</body>\n</html>\n");
  return g_string_free (html, FALSE);
}
