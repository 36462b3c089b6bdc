/* SPDX-License-Identifier: Apache-2.0
 *
 * A report for the terminal: one aligned table per section.
 */
#include "strata-profiler/strata-profile-report.h"

#include "export/sections.h"

/* One line, whatever the cell holds. */
static char *
make_line (const char *text)
{
  return g_strdelimit (g_strdup (text), "\r\n\t", ' ');
}

static void
append_cell (GString *out, const char *text, glong width, gboolean to_the_right, gboolean is_last)
{
  g_autofree char *line = make_line (text);
  glong n_missing = MAX (width - g_utf8_strlen (line, -1), 0);

  if (to_the_right)
    g_string_append_printf (out, "%*s%s", (int) n_missing, "", line);
  else
    g_string_append_printf (out, "%s%*s", line, is_last ? 0 : (int) n_missing, "");
  if (!is_last)
    g_string_append (out, "  ");
}

static void
append_row (GString *out, const StrataReportSection *section, char *const *cells, const glong *widths)
{
  guint n_columns = section->columns->len;

  for (guint i = 0; i < n_columns; i++)
    {
      const char *name = g_ptr_array_index (section->columns, i);
      const char *text = cells != NULL ? cells[i] : name + (*name == '>');

      append_cell (out, text, widths[i], *name == '>', i + 1 == n_columns);
    }
  while (out->len > 0 && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
  g_string_append_c (out, '\n');
}

static void
append_rule (GString *out, const glong *widths, guint n_columns)
{
  glong n = -2;

  for (guint i = 0; i < n_columns; i++)
    n += widths[i] + 2;
  for (glong i = 0; i < MIN (n, 120); i++)
    g_string_append (out, "─");
  g_string_append_c (out, '\n');
}

static void
append_section (GString *out, const StrataReportSection *section)
{
  guint n_rows = strata_report_section_n_rows (section), n_columns = section->columns->len;
  g_autofree glong *widths = g_new0 (glong, n_columns + 1);
  char **cells = (char **) section->cells->pdata;

  g_string_append_printf (out, "%s%s\n", out->len > 0 ? "\n" : "", section->title);
  if (n_rows == 0)
    {
      g_string_append_printf (out, "%s\n", section->empty);
      return;
    }
  for (guint i = 0; i < n_columns; i++)
    {
      const char *name = g_ptr_array_index (section->columns, i);

      widths[i] = g_utf8_strlen (name + (*name == '>'), -1);
      for (guint row = 0; row < n_rows; row++)
        widths[i] = MAX (widths[i], g_utf8_strlen (cells[row * n_columns + i], -1));
    }
  append_row (out, section, NULL, widths);
  for (guint row = 0; row < n_rows; row++)
    {
      if (row == 0 || row == n_rows - section->n_closing)
        append_rule (out, widths, n_columns);
      append_row (out, section, cells + (gsize) row * n_columns, widths);
    }
}

char *
strata_profile_report_text (StrataProfile *profile, const char *section, GError **error)
{
  static const char *const long_sections[] = { "units", "figures", "decisions", NULL }; /* on demand only */
  GString *out;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  if (section != NULL && !strata_report_section_check (section, error))
    return NULL;
  out = g_string_new (NULL);
  for (const char *const *id = strata_report_section_ids (); *id != NULL; id++)
    if (section != NULL ? g_str_equal (*id, section) : !g_strv_contains (long_sections, *id))
      {
        g_autoptr (StrataReportSection) table = strata_report_section_new (profile, *id);

        append_section (out, table);
      }
  return g_string_free (out, FALSE);
}
