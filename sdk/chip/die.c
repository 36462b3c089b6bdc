/* SPDX-License-Identifier: Apache-2.0
 *
 * A die from a file, from bytes or from words; its check and hash.
 */
#include "chip/die.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "chip/die-read.h"

/* A shipped name as it is; a path from where the die's file lies. (transfer full) */
static char *
find_chip (const char *name, const char *origin)
{
  g_autofree char *folder = NULL;

  if (strata_chip_spec_text (name) != NULL || g_path_is_absolute (name))
    return g_strdup (name);
  folder = g_path_get_dirname (origin);
  return g_strcmp0 (folder, ".") == 0 ? g_strdup (name) : g_build_filename (folder, name, NULL);
}

static StrataChipSpec *
load_chip (const StrataYaml *root, const char *origin, GError **error)
{
  const StrataYaml *node = strata_yaml_find (root, "chip");
  g_autofree char *path = NULL;
  StrataChipSpec *chip;

  if (node == NULL || node->kind != STRATA_YAML_SCALAR || node->text[0] == '\0')
    {
      g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD,
                   "%s:%d:%d: chip: %s; write the chip that this is a die of, like \"chip: phone\"", origin,
                   node == NULL ? 1 : node->line, node == NULL ? 1 : node->column,
                   node == NULL ? "missing" : "no name");
      return NULL;
    }
  if (!strata_yaml_check_line (origin, node, "chip", error))
    return NULL;
  path = find_chip (node->text, origin);
  chip = strata_chip_spec_load (path, error);
  if (chip == NULL)
    g_prefix_error (error, "%s:%d:%d: chip: ", origin, node->line, node->column);
  return chip;
}

static void
add_sites (StrataHasher *hasher, const StrataSite *sites, int n)
{
  strata_hasher_int (hasher, n);
  for (int i = 0; i < n; i++)
    {
      strata_hasher_int (hasher, sites[i].stack);
      strata_hasher_int (hasher, sites[i].tier);
    }
}

static void
add_lines (StrataHasher *hasher, const StrataDieLine *lines, int n)
{
  strata_hasher_int (hasher, n);
  for (int i = 0; i < n; i++)
    {
      strata_hasher_int (hasher, lines[i].site.stack);
      strata_hasher_int (hasher, lines[i].site.tier);
      strata_hasher_int (hasher, lines[i].line);
    }
}

static void
add_measured (StrataHasher *hasher, const StrataDieSpec *die)
{
  strata_hasher_int (hasher, die->n_converters);
  for (int i = 0; i < die->n_converters; i++)
    {
      strata_hasher_int (hasher, die->converters[i].stack);
      strata_hasher_int (hasher, die->converters[i].converter);
      strata_hasher_double (hasher, die->converters[i].gain);
      strata_hasher_double (hasher, die->converters[i].offset_v);
    }
  strata_hasher_int (hasher, die->n_cells);
  for (int i = 0; i < die->n_cells; i++)
    {
      const StrataDieCell *cell = &die->cells[i];

      strata_hasher_int (hasher, cell->site.stack);
      strata_hasher_int (hasher, cell->site.tier);
      strata_hasher_int (hasher, cell->row);
      strata_hasher_int (hasher, cell->column);
      strata_hasher_int (hasher, 2 * cell->minus + cell->full);
    }
  add_sites (hasher, die->tested, die->n_tested);
}

guint64
strata_die_spec_hash (const StrataDieSpec *die)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_int (hasher, (gint64) die->chip->hash);
  add_sites (hasher, die->dead, die->n_dead);
  add_lines (hasher, die->rows, die->n_rows);
  add_lines (hasher, die->columns, die->n_columns);
  add_measured (hasher, die);
  return strata_hasher_digest (hasher);
}

static StrataDieSpec *
new_die (const char *path)
{
  StrataArena *arena = strata_arena_new ();
  StrataDieSpec *die = strata_arena_alloc (arena, sizeof *die);

  die->arena = arena;
  die->path = strata_arena_strdup (arena, path);
  return die;
}

StrataDieSpec *
strata_die_spec_new (const StrataChipSpec *chip, const char *words, GError **error)
{
  g_autoptr (StrataDieSpec) die = new_die (words);
  g_autofree char *text = strata_chip_spec_print (chip);

  die->serial = die->path;
  die->chip = strata_chip_spec_parse (text, -1, chip->path, error);
  return die->chip == NULL ? NULL : g_steal_pointer (&die);
}

StrataDieSpec *
strata_die_spec_parse (const char *text, gssize n_bytes, const char *origin, GError **error)
{
  g_autoptr (StrataArena) scratch = strata_arena_new ();
  g_autoptr (StrataDieSpec) die = NULL;
  const StrataYaml *root;

  g_return_val_if_fail (text != NULL && origin != NULL, NULL);
  root = strata_yaml_read (scratch, text, n_bytes < 0 ? strlen (text) : (gsize) n_bytes, origin, error);
  if (root == NULL)
    return NULL;
  die = new_die (origin);
  die->chip = load_chip (root, origin, error);
  if (die->chip == NULL || !strata_die_read (die, root, origin, error) || !strata_die_spec_check (die, error))
    return NULL;
  die->hash = strata_die_spec_hash (die);
  return g_steal_pointer (&die);
}

StrataDieSpec *
strata_die_spec_load (const char *path, GError **error)
{
  g_autoptr (GString) bytes = g_string_new (NULL);
  g_autoptr (GError) inner = NULL;

  g_return_val_if_fail (path != NULL, NULL);
  if (strata_yaml_read_file (path, bytes, &inner))
    return strata_die_spec_parse (bytes->str, (gssize) bytes->len, path, error);
  g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_NOT_FOUND, "%s: no readable die file (%s)", path,
               g_error_matches (inner, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ? "no such file" : inner->message);
  return NULL;
}

gboolean
strata_die_spec_is_file (const char *path)
{
  g_autoptr (StrataArena) scratch = strata_arena_new ();
  g_autoptr (GString) bytes = g_string_new (NULL);
  const StrataYaml *root;

  g_return_val_if_fail (path != NULL, FALSE);
  if (!strata_yaml_read_file (path, bytes, NULL))
    return FALSE;
  root = strata_yaml_read (scratch, bytes->str, bytes->len, path, NULL);
  return root != NULL && strata_yaml_find (root, "chip") != NULL;
}

StrataDieSpec *
strata_die_spec_suppose (const StrataChipSpec *chip, const char *words, GError **error)
{
  g_autoptr (StrataDieSpec) die = NULL;

  g_return_val_if_fail (chip != NULL && words != NULL, NULL);
  die = strata_die_spec_new (chip, words, error);
  if (die == NULL || !strata_die_read_words (die, words, error) || !strata_die_spec_check (die, error))
    return NULL;
  die->hash = strata_die_spec_hash (die);
  return g_steal_pointer (&die);
}

/* --- the check --- */

static gboolean
refuse (const StrataDieSpec *die, GError **error, const char *message)
{
  g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_CONTRADICTION, "%s: %s", die->path, message);
  return FALSE;
}

static gboolean
site_exists (const StrataDieSpec *die, StrataSite site)
{
  return site.stack >= 0 && site.stack < die->chip->n_stacks && site.tier >= 0
         && site.tier < die->chip->tiers + die->chip->spare_tiers;
}

static gboolean
check_sites (const StrataDieSpec *die, const StrataSite *sites, int n, GError **error)
{
  for (int i = 0; i < n; i++)
    if (!site_exists (die, sites[i]) || (i > 0 && strata_site_compare (sites[i - 1], sites[i]) >= 0))
      return refuse (die, error, "an array that does not exist, or is not in order");
  return TRUE;
}

static gboolean
check_lines (const StrataDieSpec *die, const StrataDieLine *lines, int n, int n_lines, GError **error)
{
  for (int i = 0; i < n; i++)
    {
      const int order = i == 0 ? -1 : strata_site_compare (lines[i - 1].site, lines[i].site);

      if (!site_exists (die, lines[i].site) || lines[i].line < 0 || lines[i].line >= n_lines || order > 0
          || (order == 0 && lines[i].line <= lines[i - 1].line))
        return refuse (die, error, "a dead row or column that does not exist, or is not in order");
    }
  return TRUE;
}

static gboolean
check_converters (const StrataDieSpec *die, GError **error)
{
  for (int i = 0; i < die->n_converters; i++)
    {
      const StrataDieConverter *one = &die->converters[i], *before = i == 0 ? NULL : one - 1;

      if (one->stack < 0 || one->stack >= die->chip->n_stacks || one->converter < 0
          || one->converter >= die->chip->n_adc || !(fabs (one->gain) <= STRATA_DIE_MOST_GAIN)
          || !(fabs (one->offset_v) <= STRATA_DIE_MOST_OFFSET_V)
          || (before != NULL
              && (one->stack < before->stack || (one->stack == before->stack && one->converter <= before->converter))))
        return refuse (die, error, "a converter that does not exist, is out of range, or is not in order");
    }
  return TRUE;
}

static int
compare_cells (const StrataDieCell *a, const StrataDieCell *b)
{
  const int order = strata_site_compare (a->site, b->site);

  if (order != 0 || a->row != b->row)
    return order != 0 ? order : a->row - b->row;
  return a->column != b->column ? a->column - b->column : a->minus - b->minus;
}

static gboolean
check_cells (const StrataDieSpec *die, GError **error)
{
  const StrataChipSpec *chip = die->chip;

  for (int i = 0; i < die->n_cells; i++)
    {
      const StrataDieCell *cell = &die->cells[i];

      if (!site_exists (die, cell->site) || cell->row < 0 || cell->row >= chip->rows + chip->spare_rows
          || cell->column < 0 || cell->column >= chip->columns + chip->spare_columns
          || (cell->minus != FALSE && cell->minus != TRUE) || (i > 0 && compare_cells (cell - 1, cell) >= 0)
          || die->n_tested == 0
          || bsearch (&cell->site, die->tested, (gsize) die->n_tested, sizeof (StrataSite), strata_site_compare_cb)
               == NULL)
        return refuse (die, error, "a stuck cell that does not exist, is not in order, or of no tested array");
    }
  return TRUE;
}

/* Files are bounded; what a few words of one stand for may print as more than that. */
static gboolean
check_text (const StrataDieSpec *die, GError **error)
{
  g_autoptr (StrataArena) scratch = strata_arena_new ();
  g_autofree char *text = strata_die_spec_print (die);

  if (strata_yaml_read (scratch, text, strlen (text), die->path, NULL) != NULL)
    return TRUE;
  return refuse (die, error, "names more than one die file holds; write whole arrays under dead_tiers");
}

gboolean
strata_die_spec_check (const StrataDieSpec *die, GError **error)
{
  const StrataChipSpec *chip = die->chip;

  g_return_val_if_fail (chip != NULL, FALSE);
  if (die->n_dead > STRATA_DIE_MAX_DEAD)
    {
      g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_CONTRADICTION,
                   "%s: dead_tiers: %d arrays are dead; a die with at most %d can be described", die->path, die->n_dead,
                   STRATA_DIE_MAX_DEAD);
      return FALSE;
    }
  return check_sites (die, die->dead, die->n_dead, error)
         && check_lines (die, die->rows, die->n_rows, chip->rows + chip->spare_rows, error)
         && check_lines (die, die->columns, die->n_columns, chip->columns + chip->spare_columns, error)
         && check_converters (die, error) && check_sites (die, die->tested, die->n_tested, error)
         && check_cells (die, error) && check_text (die, error);
}

void
strata_die_spec_free (StrataDieSpec *die)
{
  if (die == NULL)
    return;
  strata_chip_spec_free (die->chip);
  strata_arena_free (die->arena);
}
