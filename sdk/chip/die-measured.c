/* SPDX-License-Identifier: Apache-2.0
 *
 * What a die's test measured, into a StrataDieSpec: gain and offset of converters, and cells that are stuck. Entries
 * name ranges; what two of them say of the same converter or cell must agree.
 */
#include <math.h>
#include <string.h>

#include "base/quantity.h"
#include "chip/die-read.h"

#define MOST_KEYS 6

typedef struct
{
  StrataDieConverter converter;
  const StrataYaml *at;
} NamedConverter;

typedef struct
{
  StrataDieCell cell;
  const StrataYaml *at;
} NamedCell;

/* A key that entries of a list have */
typedef struct
{
  const char *name;
  const StrataYaml *node; /* NULL: left out */
} Key;

void
strata_die_measured_init (StrataDieReader *reader)
{
  reader->converters = g_array_new (FALSE, FALSE, sizeof (NamedConverter));
  reader->cells = g_array_new (FALSE, FALSE, sizeof (NamedCell));
}

void
strata_die_measured_finish (StrataDieReader *reader)
{
  g_array_unref (reader->converters);
  g_array_unref (reader->cells);
}

/* Fills the nodes of @keys, which end with a name of NULL. */
static gboolean
read_keys (const StrataDieReader *reader,
           const char *field,
           const StrataYaml *entry,
           const char *example,
           Key *keys,
           GError **error)
{
  if (entry->kind != STRATA_YAML_MAPPING)
    return strata_yaml_refuse (reader->origin, entry, field, error, "not an entry; write one like %s", example);
  for (int i = 0; i + 1 < entry->n_items; i += 2)
    {
      Key *key = keys;

      while (key->name != NULL && strcmp (key->name, entry->items[i]->text) != 0)
        key++;
      if (key->name == NULL)
        return strata_yaml_refuse (reader->origin, entry->items[i], field, error, "unknown key; write an entry like %s",
                                   example);
      if (key->node != NULL)
        return strata_yaml_refuse (reader->origin, entry->items[i], field, error, "\"%s\" a second time; keep one",
                                   key->name);
      key->node = entry->items[i + 1];
    }
  return TRUE;
}

/* All there are where the key is left out */
static gboolean
read_part (
  const StrataDieReader *reader, const char *field, const Key *key, int n, StrataDieRange *range, GError **error)
{
  *range = (StrataDieRange){ 0, n - 1 };
  return key->node == NULL || strata_die_read_range (reader, field, key->node, n, range, error);
}

/* --- converters --- */

static gboolean
read_value (const StrataDieReader *reader, const Key *key, const StrataYaml *node, double *value, GError **error)
{
  const gboolean is_gain = key->name[0] == 'g';
  const double most = is_gain ? STRATA_DIE_MOST_GAIN : STRATA_DIE_MOST_OFFSET_V;
  g_autoptr (GError) inner = NULL;

  if (node->kind != STRATA_YAML_SCALAR)
    return strata_yaml_refuse (reader->origin, node, "converters", error,
                               "%s: not a value; write one like %s, or a list of as many as there are converters",
                               key->name, is_gain ? "-1.2%" : "0.3 mV");
  if (!strata_yaml_check_word (reader->origin, node, "converters", error))
    return FALSE;
  if (!strata_quantity_parse (node->text, is_gain ? STRATA_QUANTITY_NUMBER : STRATA_QUANTITY_VOLTAGE, value, &inner))
    return strata_yaml_refuse (reader->origin, node, "converters", error, "%s: %s", key->name, inner->message);
  if (!(fabs (*value) <= most))
    return strata_yaml_refuse (reader->origin, node, "converters", error,
                               "%s: \"%s\" is out of range; %g to %g%s is accepted", key->name, node->text, -most, most,
                               is_gain ? "" : " V");
  return TRUE;
}

/* One value for all @n, or a list of as many; 0 where the key is left out */
static gboolean
read_values (const StrataDieReader *reader, const Key *key, int n, double *values, GError **error)
{
  const StrataYaml *node = key->node;

  if (node == NULL)
    memset (values, 0, sizeof *values * (gsize) n);
  else if (node->kind == STRATA_YAML_SEQUENCE && node->n_items != n)
    return strata_yaml_refuse (reader->origin, node, "converters", error,
                               "%s: %d values for %d converters; write one for each, or one for all", key->name,
                               node->n_items, n);
  for (int i = 0; i < n && node != NULL; i++)
    if (i > 0 && node->kind != STRATA_YAML_SEQUENCE)
      values[i] = values[0];
    else if (!read_value (reader, key, node->kind == STRATA_YAML_SEQUENCE ? node->items[i] : node, &values[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
read_converters (StrataDieReader *reader, const StrataYaml *entry, GError **error)
{
  static const char example[] = "{stack: 3, converter: 0-7, gain: 1.2%, offset: -0.3 mV}";
  Key keys[MOST_KEYS] = { { "stack", NULL }, { "converter", NULL }, { "gain", NULL }, { "offset", NULL } };
  const StrataChipSpec *chip = reader->die->chip;
  StrataDieRange stacks, converters;
  g_autofree double *values = NULL;
  int n;

  if (!read_keys (reader, "converters", entry, example, keys, error)
      || !read_part (reader, "converters", &keys[0], chip->n_stacks, &stacks, error)
      || !read_part (reader, "converters", &keys[1], chip->n_adc, &converters, error))
    return FALSE;
  if (keys[2].node == NULL && keys[3].node == NULL)
    return strata_yaml_refuse (reader->origin, entry, "converters", error, "says too little; write an entry like %s",
                               example);
  n = converters.last - converters.first + 1;
  values = g_new (double, 2 * (gsize) n);
  if (!read_values (reader, &keys[2], n, values, error) || !read_values (reader, &keys[3], n, values + n, error))
    return FALSE;
  for (int stack = stacks.first; stack <= stacks.last; stack++)
    for (int i = 0; i < n; i++)
      {
        NamedConverter named = { { stack, converters.first + i, values[i], values[n + i] }, entry };

        if (reader->converters->len >= STRATA_DIE_MAX_NAMED)
          return strata_yaml_refuse (reader->origin, entry, "converters", error, "more than %d converters",
                                     STRATA_DIE_MAX_NAMED);
        g_array_append_val (reader->converters, named);
      }
  return TRUE;
}

gboolean
strata_die_measured_read_converters (StrataDieReader *reader, const StrataYaml *list, GError **error)
{
  if (list->kind != STRATA_YAML_SEQUENCE)
    return strata_yaml_refuse (reader->origin, list, "converters", error,
                               "not a list; write one like [{stack: 3, converter: 5, gain: 1.2%%, offset: -0.3 mV}]");
  for (int i = 0; i < list->n_items; i++)
    if (!read_converters (reader, list->items[i], error))
      return FALSE;
  return TRUE;
}

/* --- stuck cells --- */

/* One of a few words: its index */
static gboolean
read_word (const StrataDieReader *reader,
           const Key *key,
           const char *const *words,
           const char *accepted,
           int *index,
           GError **error)
{
  for (*index = 0; key->node->kind == STRATA_YAML_SCALAR && words[*index] != NULL; (*index)++)
    if (strcmp (words[*index], key->node->text) == 0)
      return TRUE;
  return strata_yaml_refuse (reader->origin, key->node, "stuck_cells", error, "%s: no such word; accepted: %s",
                             key->name, accepted);
}

static gboolean
add_cells (StrataDieReader *reader, const StrataYaml *entry, const StrataDieRange *part, int line, gboolean full)
{
  for (int stack = part[0].first; stack <= part[0].last; stack++)
    for (int tier = part[1].first; tier <= part[1].last; tier++)
      for (int row = part[2].first; row <= part[2].last; row++)
        for (int column = part[3].first; column <= part[3].last; column++)
          for (int minus = line == 1; minus <= (line != 0); minus++)
            {
              NamedCell named = { { { stack, tier }, row, column, minus, full }, entry };

              if (reader->cells->len >= STRATA_DIE_MAX_NAMED)
                return FALSE;
              g_array_append_val (reader->cells, named);
            }
  return TRUE;
}

static gboolean
read_cells (StrataDieReader *reader, const StrataYaml *entry, GError **error)
{
  static const char example[] = "{stack: 3, tier: 7, row: 5, column: 9, line: plus, at: zero}";
  static const char *const lines[] = { "plus", "minus", "pair", NULL }, *const ends[] = { "zero", "full", NULL };
  Key keys[MOST_KEYS + 1] = { { "stack", NULL },  { "tier", NULL }, { "row", NULL },
                              { "column", NULL }, { "line", NULL }, { "at", NULL } };
  const StrataChipSpec *chip = reader->die->chip;
  const int n[] = { chip->n_stacks, strata_die_n_tiers (reader->die), chip->rows + chip->spare_rows,
                    chip->columns + chip->spare_columns };
  StrataDieRange part[G_N_ELEMENTS (n)];
  int line, end;

  if (!read_keys (reader, "stuck_cells", entry, example, keys, error))
    return FALSE;
  for (int i = 0; i < MOST_KEYS; i++)
    if (keys[i].node == NULL)
      return strata_yaml_refuse (reader->origin, entry, "stuck_cells", error,
                                 "\"%s\" is missing; write an entry like %s", keys[i].name, example);
  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    if (!read_part (reader, "stuck_cells", &keys[i], n[i], &part[i], error))
      return FALSE;
  if (!read_word (reader, &keys[4], lines, "plus, minus, pair", &line, error)
      || !read_word (reader, &keys[5], ends, "zero, full", &end, error))
    return FALSE;
  if (!add_cells (reader, entry, part, line, end == 1))
    return strata_yaml_refuse (reader->origin, entry, "stuck_cells", error,
                               "more than %d cells; write whole lines under dead_rows or dead_columns",
                               STRATA_DIE_MAX_NAMED);
  return TRUE;
}

gboolean
strata_die_measured_read_cells (StrataDieReader *reader, const StrataYaml *list, GError **error)
{
  if (list->kind != STRATA_YAML_SEQUENCE)
    return strata_yaml_refuse (
      reader->origin, list, "stuck_cells", error,
      "not a list; write one like [{stack: 3, tier: 7, row: 5, column: 9, line: plus, at: zero}]");
  for (int i = 0; i < list->n_items; i++)
    if (!read_cells (reader, list->items[i], error))
      return FALSE;
  return TRUE;
}

/* --- sorted, each once --- */

static int
compare_converters_cb (gconstpointer a, gconstpointer b)
{
  const StrataDieConverter *left = &((const NamedConverter *) a)->converter;
  const StrataDieConverter *right = &((const NamedConverter *) b)->converter;

  return left->stack != right->stack ? (left->stack > right->stack) - (left->stack < right->stack)
                                     : (left->converter > right->converter) - (left->converter < right->converter);
}

static int
compare_cells_cb (gconstpointer a, gconstpointer b)
{
  const StrataDieCell *left = &((const NamedCell *) a)->cell, *right = &((const NamedCell *) b)->cell;
  const int order = strata_site_compare (left->site, right->site);

  if (order != 0)
    return order;
  if (left->row != right->row)
    return left->row < right->row ? -1 : 1;
  if (left->column != right->column)
    return left->column < right->column ? -1 : 1;
  return (left->minus > right->minus) - (left->minus < right->minus);
}

static gboolean
take_converters (StrataDieReader *reader, GError **error)
{
  StrataDieSpec *die = reader->die;
  GArray *all = reader->converters;
  const NamedConverter *named = (const NamedConverter *) (gpointer) all->data;

  g_array_sort (all, compare_converters_cb);
  die->converters = strata_arena_array (die->arena, StrataDieConverter, all->len);
  for (guint i = 0; i < all->len; i++)
    {
      const StrataDieConverter *converter = &named[i].converter;

      if (i == 0 || compare_converters_cb (&named[i - 1], &named[i]) != 0)
        die->converters[die->n_converters++] = *converter;
      else if (memcmp (&converter->gain, &named[i - 1].converter.gain, 2 * sizeof (double)) != 0)
        return strata_yaml_refuse (reader->origin, named[i].at, "converters", error,
                                   "stack %d converter %d has other values on line %d; keep one", converter->stack,
                                   converter->converter, named[i - 1].at->line);
    }
  return TRUE;
}

static gboolean
is_dead (const StrataDieSpec *die, StrataSite site, int *from)
{
  while (*from < die->n_dead && strata_site_compare (die->dead[*from], site) < 0)
    (*from)++;
  return *from < die->n_dead && strata_site_compare (die->dead[*from], site) == 0;
}

/* Cells of dead arrays are left out; those of others make the array a tested one. */
static gboolean
take_cells (StrataDieReader *reader, GError **error)
{
  StrataDieSpec *die = reader->die;
  GArray *all = reader->cells;
  const NamedCell *named = (const NamedCell *) (gpointer) all->data;
  int dead = 0;

  g_array_sort (all, compare_cells_cb);
  die->cells = strata_arena_array (die->arena, StrataDieCell, all->len);
  for (guint i = 0; i < all->len; i++)
    {
      const StrataDieCell *cell = &named[i].cell;

      if (i > 0 && compare_cells_cb (&named[i - 1], &named[i]) == 0)
        {
          if (cell->full == named[i - 1].cell.full)
            continue;
          return strata_yaml_refuse (reader->origin, named[i].at, "stuck_cells", error,
                                     "row %d column %d is stuck at the other end on line %d; keep one", cell->row,
                                     cell->column, named[i - 1].at->line);
        }
      if (is_dead (die, cell->site, &dead))
        continue;
      if (die->n_cells == 0 || strata_site_compare (die->cells[die->n_cells - 1].site, cell->site) != 0)
        g_array_append_val (reader->tested, cell->site);
      die->cells[die->n_cells++] = *cell;
    }
  return TRUE;
}

static void
take_tested (StrataDieReader *reader)
{
  StrataDieSpec *die = reader->die;
  int n, n_kept = 0, dead = 0;

  die->tested = strata_die_take_sites (die, reader->tested, &n);
  for (int i = 0; i < n; i++)
    if (!is_dead (die, die->tested[i], &dead))
      die->tested[n_kept++] = die->tested[i];
  die->n_tested = n_kept;
}

gboolean
strata_die_measured_take (StrataDieReader *reader, GError **error)
{
  if (!take_converters (reader, error) || !take_cells (reader, error))
    return FALSE;
  take_tested (reader);
  return TRUE;
}
