/* SPDX-License-Identifier: Apache-2.0
 *
 * A die from a file, from bytes or from words; its check, text and hash.
 */
#include "chip/die.h"

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
  path = find_chip (node->text, origin);
  chip = strata_chip_spec_load (path, error);
  if (chip == NULL)
    g_prefix_error (error, "%s:%d:%d: chip: ", origin, node->line, node->column);
  return chip;
}

static guint64
compute_hash (const StrataDieSpec *die)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_int (hasher, (gint64) die->chip->hash);
  strata_hasher_int (hasher, die->n_dead);
  for (int i = 0; i < die->n_dead; i++)
    {
      strata_hasher_int (hasher, die->dead[i].stack);
      strata_hasher_int (hasher, die->dead[i].tier);
    }
  for (int which = 0; which < 2; which++)
    {
      const StrataDieLine *lines = which == 0 ? die->rows : die->columns;
      int n = which == 0 ? die->n_rows : die->n_columns;

      strata_hasher_int (hasher, n);
      for (int i = 0; i < n; i++)
        {
          strata_hasher_int (hasher, lines[i].site.stack);
          strata_hasher_int (hasher, lines[i].site.tier);
          strata_hasher_int (hasher, lines[i].line);
        }
    }
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
  die->hash = compute_hash (die);
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
  g_autofree char *text = NULL;

  g_return_val_if_fail (chip != NULL && words != NULL, NULL);
  die = new_die (words);
  die->serial = die->path;
  text = strata_chip_spec_print (chip);
  die->chip = strata_chip_spec_parse (text, -1, chip->path, error);
  if (die->chip == NULL || !strata_die_read_words (die, words, error) || !strata_die_spec_check (die, error))
    return NULL;
  die->hash = compute_hash (die);
  return g_steal_pointer (&die);
}

/* --- the text --- */

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

static void
append_lines (GString *out, const char *field, const char *key, const StrataDieLine *lines, int n)
{
  if (n == 0)
    return;
  g_string_append_printf (out, "%s:\n", field);
  for (int i = 0; i < n; i++)
    {
      gboolean begins =
        i == 0 || lines[i].site.stack != lines[i - 1].site.stack || lines[i].site.tier != lines[i - 1].site.tier;
      gboolean ends =
        i + 1 == n || lines[i].site.stack != lines[i + 1].site.stack || lines[i].site.tier != lines[i + 1].site.tier;

      if (begins)
        g_string_append_printf (out, "  - {stack: %d, tier: %d, %s: [", lines[i].site.stack, lines[i].site.tier, key);
      g_string_append_printf (out, "%s%d%s", begins ? "" : ", ", lines[i].line, ends ? "]}\n" : "");
    }
}

char *
strata_die_spec_print (const StrataDieSpec *die)
{
  GString *out = g_string_new ("chip: ");
  const char *chip = die->chip->path;

  append_quoted (out, g_str_has_prefix (chip, "resource:") ? chip + strlen ("resource:") : chip);
  g_string_append (out, "\nserial: ");
  append_quoted (out, die->serial);
  g_string_append (out, die->n_dead > 0 ? "\ndead_tiers:\n" : "\n");
  for (int i = 0; i < die->n_dead; i++)
    g_string_append_printf (out, "  - {stack: %d, tier: %d}\n", die->dead[i].stack, die->dead[i].tier);
  append_lines (out, "dead_rows", "rows", die->rows, die->n_rows);
  append_lines (out, "dead_columns", "columns", die->columns, die->n_columns);
  return g_string_free (out, FALSE);
}

/* --- the check --- */

static gboolean
site_exists (const StrataDieSpec *die, StrataSite site)
{
  return site.stack >= 0 && site.stack < die->chip->n_stacks && site.tier >= 0
         && site.tier < die->chip->tiers + die->chip->spare_tiers;
}

static gboolean
refuse (const StrataDieSpec *die, GError **error, const char *message)
{
  g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_CONTRADICTION, "%s: %s", die->path, message);
  return FALSE;
}

static gboolean
check_lines (const StrataDieSpec *die, const StrataDieLine *lines, int n, int n_lines, GError **error)
{
  for (int i = 0; i < n; i++)
    {
      gboolean sorted =
        i == 0 || lines[i].site.stack > lines[i - 1].site.stack
        || (lines[i].site.stack == lines[i - 1].site.stack
            && (lines[i].site.tier > lines[i - 1].site.tier
                || (lines[i].site.tier == lines[i - 1].site.tier && lines[i].line > lines[i - 1].line)));

      if (!site_exists (die, lines[i].site) || lines[i].line < 0 || lines[i].line >= n_lines || !sorted)
        return refuse (die, error, "a dead row or column that does not exist, or is not in order");
    }
  return TRUE;
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
  for (int i = 0; i < die->n_dead; i++)
    if (!site_exists (die, die->dead[i])
        || (i > 0
            && (die->dead[i].stack < die->dead[i - 1].stack
                || (die->dead[i].stack == die->dead[i - 1].stack && die->dead[i].tier <= die->dead[i - 1].tier))))
      return refuse (die, error, "a dead array that does not exist, or is not in order");
  return check_lines (die, die->rows, die->n_rows, chip->rows + chip->spare_rows, error)
         && check_lines (die, die->columns, die->n_columns, chip->columns + chip->spare_columns, error);
}

void
strata_die_spec_free (StrataDieSpec *die)
{
  if (die == NULL)
    return;
  strata_chip_spec_free (die->chip);
  strata_arena_free (die->arena);
}
