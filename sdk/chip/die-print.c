/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of a die file. Runs of tiers, lines and converters are written as ranges, so that a die that is named in a
 * few words prints in a few.
 */
#include "chip/die.h"

#include <string.h>

#include "base/quantity.h"

static void
append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

/* "7" or "4-9" */
static void
append_range (GString *out, int first, int last)
{
  if (first == last)
    g_string_append_printf (out, "%d", first);
  else
    g_string_append_printf (out, "%d-%d", first, last);
}

static void
append_sites (GString *out, const char *field, const StrataSite *sites, int n)
{
  if (n > 0)
    g_string_append_printf (out, "%s:\n", field);
  for (int i = 0, end; i < n; i = end)
    {
      for (end = i + 1; end < n && sites[end].stack == sites[i].stack && sites[end].tier == sites[end - 1].tier + 1;)
        end++;
      g_string_append_printf (out, "  - {stack: %d, tier: ", sites[i].stack);
      append_range (out, sites[i].tier, sites[end - 1].tier);
      g_string_append (out, "}\n");
    }
}

static void
append_lines (GString *out, const char *field, const char *key, const StrataDieLine *lines, int n)
{
  if (n > 0)
    g_string_append_printf (out, "%s:\n", field);
  for (int i = 0, end; i < n; i = end)
    {
      gboolean begins = i == 0 || strata_site_compare (lines[i].site, lines[i - 1].site) != 0;

      for (end = i + 1; end < n && strata_site_compare (lines[end].site, lines[i].site) == 0
                        && lines[end].line == lines[end - 1].line + 1;)
        end++;
      if (begins)
        g_string_append_printf (out, "  - {stack: %d, tier: %d, %s: [", lines[i].site.stack, lines[i].site.tier, key);
      else
        g_string_append (out, ", ");
      append_range (out, lines[i].line, lines[end - 1].line);
      if (end == n || strata_site_compare (lines[end].site, lines[i].site) != 0)
        g_string_append (out, "]}\n");
    }
}

/* One value where all of them are the same, else a list */
static void
append_values (GString *out, const char *key, const double *first, int n, StrataQuantityKind kind)
{
  const gsize step = sizeof (StrataDieConverter) / sizeof (double);
  gboolean same = TRUE;

  for (int i = 1; i < n; i++)
    same = same && first[(gsize) i * step] == first[0];
  g_string_append_printf (out, ", %s: %s", key, same ? "" : "[");
  for (int i = 0; i < (same ? 1 : n); i++)
    {
      g_autofree char *text = strata_quantity_print (first[(gsize) i * step], kind);

      g_string_append_printf (out, "%s%s", i == 0 ? "" : ", ", text);
    }
  g_string_append (out, same ? "" : "]");
}

static void
append_converters (GString *out, const StrataDieSpec *die)
{
  G_STATIC_ASSERT (sizeof (StrataDieConverter) % sizeof (double) == 0);
  const StrataDieConverter *all = die->converters;

  if (die->n_converters > 0)
    g_string_append (out, "converters:\n");
  for (int i = 0, end; i < die->n_converters; i = end)
    {
      for (end = i + 1; end < die->n_converters && all[end].stack == all[i].stack
                        && all[end].converter == all[end - 1].converter + 1;)
        end++;
      g_string_append_printf (out, "  - {stack: %d, converter: ", all[i].stack);
      append_range (out, all[i].converter, all[end - 1].converter);
      append_values (out, "gain", &all[i].gain, end - i, STRATA_QUANTITY_NUMBER);
      append_values (out, "offset", &all[i].offset_v, end - i, STRATA_QUANTITY_VOLTAGE);
      g_string_append (out, "}\n");
    }
}

static void
append_cells (GString *out, const StrataDieSpec *die)
{
  if (die->n_cells > 0)
    g_string_append (out, "stuck_cells:\n");
  for (int i = 0; i < die->n_cells; i++)
    {
      const StrataDieCell *cell = &die->cells[i];

      g_string_append_printf (out, "  - {stack: %d, tier: %d, row: %d, column: %d, line: %s, at: %s}\n",
                              cell->site.stack, cell->site.tier, cell->row, cell->column,
                              cell->minus ? "minus" : "plus", cell->full ? "full" : "zero");
    }
  append_sites (out, "tested_cells", die->tested, die->n_tested);
}

char *
strata_die_spec_print (const StrataDieSpec *die)
{
  GString *out = g_string_new ("chip: ");
  const char *chip = die->chip->path;

  append_quoted (out, g_str_has_prefix (chip, "resource:") ? chip + strlen ("resource:") : chip);
  g_string_append (out, "\nserial: ");
  append_quoted (out, die->serial);
  g_string_append_c (out, '\n');
  append_sites (out, "dead_tiers", die->dead, die->n_dead);
  append_lines (out, "dead_rows", "rows", die->rows, die->n_rows);
  append_lines (out, "dead_columns", "columns", die->columns, die->n_columns);
  append_converters (out, die);
  append_cells (out, die);
  return g_string_free (out, FALSE);
}
