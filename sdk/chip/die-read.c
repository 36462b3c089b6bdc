/* SPDX-License-Identifier: Apache-2.0
 *
 * A die's tree, or the words of a question, into a StrataDieSpec. Faults are gathered as they come, then sorted, each
 * once; how many arrays and lines are named in all is bounded, so that a few bytes cannot ask for much work.
 */
#include "chip/die-read.h"

#include <string.h>

#define MAX_SERIAL_BYTES 200

/* "7" or "4-9" */
static gboolean
parse_range (const char *text, StrataDieRange *range)
{
  const char *dash = strchr (text, '-');
  g_autofree char *left = dash == NULL ? g_strdup (text) : g_strndup (text, (gsize) (dash - text));
  guint64 first, last;

  if (!g_ascii_string_to_unsigned (left, 10, 0, G_MAXINT32, &first, NULL))
    return FALSE;
  last = first;
  if (dash != NULL && !g_ascii_string_to_unsigned (dash + 1, 10, first, G_MAXINT32, &last, NULL))
    return FALSE;
  *range = (StrataDieRange){ (int) first, (int) last };
  return TRUE;
}

gboolean
strata_die_read_range (const StrataDieReader *reader,
                       const char *field,
                       const StrataYaml *node,
                       int n,
                       StrataDieRange *range,
                       GError **error)
{
  if (node->kind != STRATA_YAML_SCALAR || !parse_range (node->text, range))
    return strata_yaml_refuse (reader->origin, node, field, error,
                               "not a whole number; write one, or a range like 4-9");
  if (range->last >= n)
    return strata_yaml_refuse (reader->origin, node, field, error,
                               "%d does not exist on %s; 0 to %d does, spare ones included", range->last,
                               reader->die->chip->name, n - 1);
  return TRUE;
}

int
strata_die_n_tiers (const StrataDieSpec *die)
{
  return die->chip->tiers + die->chip->spare_tiers;
}

/* All arrays of these stacks and tiers; a range that is not said is all there are. FALSE: too many */
static gboolean
add_sites (const StrataDieReader *reader, StrataDieRange stacks, StrataDieRange tiers, GArray *sites)
{
  if (stacks.first < 0)
    stacks = (StrataDieRange){ 0, reader->die->chip->n_stacks - 1 };
  if (tiers.first < 0)
    tiers = (StrataDieRange){ 0, strata_die_n_tiers (reader->die) - 1 };
  for (int stack = stacks.first; stack <= stacks.last; stack++)
    for (int tier = tiers.first; tier <= tiers.last; tier++)
      {
        StrataSite site = { stack, tier };

        if (sites->len >= STRATA_DIE_MAX_NAMED)
          return FALSE;
        g_array_append_val (sites, site);
      }
  return TRUE;
}

/* One entry of a list as its stack, tier and, with @lines, the list or number under that name. */
static gboolean
read_place (const StrataDieReader *reader,
            const char *field,
            const StrataYaml *entry,
            const char *line_key,
            StrataDieRange place[2],
            const StrataYaml **lines,
            GError **error)
{
  const char *example = line_key == NULL     ? "{stack: 3, tier: 7}"
                        : line_key[0] == 'r' ? "{stack: 3, tier: 7, rows: [5, 9]}"
                                             : "{stack: 3, tier: 7, columns: [5, 9]}";

  place[0] = place[1] = (StrataDieRange){ -1, -1 };
  *lines = NULL;
  if (entry->kind != STRATA_YAML_MAPPING)
    return strata_yaml_refuse (reader->origin, entry, field, error, "not a place; write one like %s", example);
  for (int i = 0; i + 1 < entry->n_items; i += 2)
    {
      const StrataYaml *key = entry->items[i], *node = entry->items[i + 1];
      gboolean is_stack = strcmp (key->text, "stack") == 0, is_tier = strcmp (key->text, "tier") == 0;
      gboolean is_line = line_key != NULL && strcmp (key->text, line_key) == 0;

      if (!is_stack && !is_tier && !is_line)
        return strata_yaml_refuse (reader->origin, key, field, error, "unknown key; write an entry like %s", example);
      if (is_line ? *lines != NULL : place[is_stack ? 0 : 1].first >= 0)
        return strata_yaml_refuse (reader->origin, key, field, error, "\"%s\" a second time; keep one", key->text);
      if (is_line)
        *lines = node;
      else if (!strata_die_read_range (reader, field, node,
                                       is_stack ? reader->die->chip->n_stacks : strata_die_n_tiers (reader->die),
                                       &place[is_stack ? 0 : 1], error))
        return FALSE;
    }
  if (line_key == NULL ? place[0].first < 0 && place[1].first < 0
                       : place[0].first < 0 || place[1].first < 0 || *lines == NULL)
    return strata_yaml_refuse (reader->origin, entry, field, error, "says too little; write an entry like %s", example);
  return TRUE;
}

static gboolean
read_sites (const StrataDieReader *reader, const char *field, const StrataYaml *list, GArray *sites, GError **error)
{
  if (list->kind != STRATA_YAML_SEQUENCE)
    return strata_yaml_refuse (reader->origin, list, field, error,
                               "not a list; write one like [{stack: 3, tier: 7}, {tier: 9}]");
  for (int i = 0; i < list->n_items; i++)
    {
      StrataDieRange place[2];
      const StrataYaml *lines;

      if (!read_place (reader, field, list->items[i], NULL, place, &lines, error))
        return FALSE;
      if (!add_sites (reader, place[0], place[1], sites))
        return strata_yaml_refuse (reader->origin, list->items[i], field, error, "more than %d arrays are named",
                                   STRATA_DIE_MAX_NAMED);
    }
  return TRUE;
}

static gboolean
add_lines (const StrataDieReader *reader, const StrataDieRange place[2], StrataDieRange lines, GArray *all)
{
  for (int stack = place[0].first; stack <= place[0].last; stack++)
    for (int tier = place[1].first; tier <= place[1].last; tier++)
      for (int i = lines.first; i <= lines.last; i++)
        {
          StrataDieLine line = { { stack, tier }, i };

          if (all->len >= STRATA_DIE_MAX_NAMED)
            return FALSE;
          g_array_append_val (all, line);
        }
  return TRUE;
}

static gboolean
read_dead_lines (const StrataDieReader *reader,
                 const char *field,
                 const char *key,
                 const StrataYaml *list,
                 GArray *all,
                 GError **error)
{
  const StrataChipSpec *chip = reader->die->chip;
  int n = all == reader->rows ? chip->rows + chip->spare_rows : chip->columns + chip->spare_columns;

  if (list->kind != STRATA_YAML_SEQUENCE)
    return strata_yaml_refuse (reader->origin, list, field, error,
                               "not a list; write one like [{stack: 3, tier: 7, %s: [5, 9]}]", key);
  for (int i = 0; i < list->n_items; i++)
    {
      StrataDieRange place[2];
      const StrataYaml *lines;

      if (!read_place (reader, field, list->items[i], key, place, &lines, error))
        return FALSE;
      for (int j = 0; j < (lines->kind == STRATA_YAML_SEQUENCE ? lines->n_items : 1); j++)
        {
          const StrataYaml *node = lines->kind == STRATA_YAML_SEQUENCE ? lines->items[j] : lines;
          StrataDieRange range;

          if (!strata_die_read_range (reader, field, node, n, &range, error))
            return FALSE;
          if (!add_lines (reader, place, range, all))
            return strata_yaml_refuse (reader->origin, node, field, error,
                                       "more than %d dead %s; write whole arrays under dead_tiers",
                                       STRATA_DIE_MAX_NAMED, key);
        }
    }
  return TRUE;
}

/* In a message and in a file as it is */
static gboolean
is_printed (gunichar c)
{
  const GUnicodeType type = g_unichar_type (c);

  return c == ' '
         || (g_unichar_isgraph (c) && type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR);
}

static gboolean
read_serial (const StrataDieReader *reader, const StrataYaml *node, GError **error)
{
  if (node->kind != STRATA_YAML_SCALAR || node->text[0] == '\0' || strlen (node->text) > MAX_SERIAL_BYTES)
    return strata_yaml_refuse (reader->origin, node, "serial", error,
                               "not a text of 1 to %d bytes; write one like \"serial: W07-X12Y08\"", MAX_SERIAL_BYTES);
  for (const char *p = node->text; *p != '\0'; p = g_utf8_next_char (p))
    if (!is_printed (g_utf8_get_char (p)))
      return strata_yaml_refuse (reader->origin, node, "serial", error,
                                 "has a character that does not print; write it on one line");
  reader->die->serial = strata_arena_strdup (reader->die->arena, node->text);
  return TRUE;
}

static gboolean
read_entry (StrataDieReader *reader, const StrataYaml *key, const StrataYaml *node, GError **error)
{
  if (strcmp (key->text, "chip") == 0)
    return TRUE;
  if (strcmp (key->text, "serial") == 0)
    return read_serial (reader, node, error);
  if (strcmp (key->text, "dead_tiers") == 0)
    return read_sites (reader, "dead_tiers", node, reader->sites, error);
  if (strcmp (key->text, "dead_rows") == 0)
    return read_dead_lines (reader, "dead_rows", "rows", node, reader->rows, error);
  if (strcmp (key->text, "dead_columns") == 0)
    return read_dead_lines (reader, "dead_columns", "columns", node, reader->columns, error);
  if (strcmp (key->text, "converters") == 0)
    return strata_die_measured_read_converters (reader, node, error);
  if (strcmp (key->text, "stuck_cells") == 0)
    return strata_die_measured_read_cells (reader, node, error);
  if (strcmp (key->text, "tested_cells") == 0)
    return read_sites (reader, "tested_cells", node, reader->tested, error);
  return strata_yaml_refuse (reader->origin, key, "die", error,
                             "unknown field; accepted: chip, serial, dead_tiers, dead_rows, dead_columns, converters, "
                             "stuck_cells, tested_cells");
}

/* --- sorted, each once --- */

static int
compare_lines_cb (gconstpointer a, gconstpointer b)
{
  const StrataDieLine *left = a, *right = b;
  int order = strata_site_compare (left->site, right->site);

  return order != 0 ? order : (left->line > right->line) - (left->line < right->line);
}

StrataSite *
strata_die_take_sites (const StrataDieSpec *die, GArray *all, int *n)
{
  StrataSite *sites = strata_arena_array (die->arena, StrataSite, all->len);

  g_array_sort (all, strata_site_compare_cb);
  *n = 0;
  for (guint i = 0; i < all->len; i++)
    {
      StrataSite site = g_array_index (all, StrataSite, i);

      if (i == 0 || strata_site_compare (site, sites[*n - 1]) != 0)
        sites[(*n)++] = site;
    }
  return sites;
}

/* Lines of dead arrays are left out: they are dead with them. */
static StrataDieLine *
take_lines (const StrataDieSpec *die, GArray *all, int *n)
{
  StrataDieLine *lines = strata_arena_array (die->arena, StrataDieLine, all->len);
  int dead = 0;

  g_array_sort (all, compare_lines_cb);
  *n = 0;
  for (guint i = 0; i < all->len; i++)
    {
      StrataDieLine line = g_array_index (all, StrataDieLine, i);

      while (dead < die->n_dead && strata_site_compare (die->dead[dead], line.site) < 0)
        dead++;
      if ((dead == die->n_dead || strata_site_compare (die->dead[dead], line.site) != 0)
          && (*n == 0 || compare_lines_cb (&line, &lines[*n - 1]) != 0))
        lines[(*n)++] = line;
    }
  return lines;
}

static void
reader_init (StrataDieReader *reader, StrataDieSpec *die, const char *origin)
{
  *reader = (StrataDieReader){ .die = die, .origin = origin };
  reader->sites = g_array_new (FALSE, FALSE, sizeof (StrataSite));
  reader->rows = g_array_new (FALSE, FALSE, sizeof (StrataDieLine));
  reader->columns = g_array_new (FALSE, FALSE, sizeof (StrataDieLine));
  reader->tested = g_array_new (FALSE, FALSE, sizeof (StrataSite));
  strata_die_measured_init (reader);
}

static gboolean
reader_finish (StrataDieReader *reader, gboolean ok, GError **error)
{
  StrataDieSpec *die = reader->die;

  if (ok)
    {
      die->dead = strata_die_take_sites (die, reader->sites, &die->n_dead);
      die->rows = take_lines (die, reader->rows, &die->n_rows);
      die->columns = take_lines (die, reader->columns, &die->n_columns);
      ok = strata_die_measured_take (reader, error);
    }
  g_array_unref (reader->sites);
  g_array_unref (reader->rows);
  g_array_unref (reader->columns);
  g_array_unref (reader->tested);
  strata_die_measured_finish (reader);
  return ok;
}

static gboolean
read_all (StrataDieReader *reader, const StrataYaml *root, GError **error)
{
  for (int i = 0; i + 1 < root->n_items; i += 2)
    {
      for (int j = 0; j < i; j += 2)
        if (strcmp (root->items[j]->text, root->items[i]->text) == 0)
          return strata_yaml_refuse (reader->origin, root->items[i], "die", error,
                                     "a second time; it stands on line %d already, keep one", root->items[j]->line);
      if (!read_entry (reader, root->items[i], root->items[i + 1], error))
        return FALSE;
    }
  if (reader->die->serial == NULL)
    return strata_yaml_refuse (reader->origin, root, "serial", error, "missing; write one like \"serial: W07-X12Y08\"");
  return TRUE;
}

gboolean
strata_die_read (StrataDieSpec *die, const StrataYaml *root, const char *origin, GError **error)
{
  StrataDieReader reader;
  gboolean ok;

  reader_init (&reader, die, origin);
  ok = read_all (&reader, root, error);
  return reader_finish (&reader, ok, error);
}

/* --- words --- */

static gboolean
refuse_words (const StrataDieReader *reader, const char *part, GError **error)
{
  g_set_error (
    error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD,
    "\"%s\": no place on %s; write \"tier 7\", \"stack 3\", \"stack 3 tier 7\" or \"tier 4-9\", several after "
    "commas, with stacks 0 to %d and tiers 0 to %d, the last %d of them spare",
    part, reader->die->chip->name, reader->die->chip->n_stacks - 1, strata_die_n_tiers (reader->die) - 1,
    reader->die->chip->spare_tiers);
  return FALSE;
}

static gboolean
read_part (StrataDieReader *reader, const char *part, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (part, " \t", -1);
  StrataDieRange place[2] = { { -1, -1 }, { -1, -1 } };
  StrataDieRange *next = NULL;

  for (int i = 0; words[i] != NULL; i++)
    {
      if (words[i][0] == '\0')
        continue;
      if (next == NULL)
        {
          next = strcmp (words[i], "stack") == 0 ? &place[0] : strcmp (words[i], "tier") == 0 ? &place[1] : NULL;
          if (next == NULL || next->first >= 0)
            return refuse_words (reader, part, error);
          continue;
        }
      if (!parse_range (words[i], next)
          || next->last >= (next == &place[0] ? reader->die->chip->n_stacks : strata_die_n_tiers (reader->die)))
        return refuse_words (reader, part, error);
      next = NULL;
    }
  if (next != NULL || (place[0].first < 0 && place[1].first < 0)
      || !add_sites (reader, place[0], place[1], reader->sites))
    return refuse_words (reader, part, error);
  return TRUE;
}

gboolean
strata_die_read_words (StrataDieSpec *die, const char *words, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (words, ",", -1);
  gboolean ok = TRUE;
  StrataDieReader reader;

  reader_init (&reader, die, words);
  for (int i = 0; ok && parts[i] != NULL; i++)
    ok = read_part (&reader, parts[i], error);
  if (ok && reader.sites->len == 0)
    ok = refuse_words (&reader, words, error);
  return reader_finish (&reader, ok, error);
}
