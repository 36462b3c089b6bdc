/* SPDX-License-Identifier: Apache-2.0
 *
 * From a name, a path or bytes to a frozen description: defaults, then the file, then what follows from other fields,
 * then the check and the hash.
 */
#include "chip/chip.h"

#include <math.h>
#include <string.h>

#include "chips-data.h"
#include "chip/read.h"

const char *const *
strata_chip_spec_names (void)
{
  static const char *const names[] = { "demonstrator", "phone", "planar", "planar-capacity", "hermes", "ibm-3d", NULL };

  return names;
}

const char *
strata_chip_spec_text (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (chips_data); i++)
    if (strcmp (chips_data[i].name, name) == 0)
      return chips_data[i].text;
  return NULL;
}

static void
set_defaults (StrataChipSpec *chip)
{
  int n_fields = strata_fields_count ();

  chip->n_provenance = n_fields + STRATA_N_WORDS;
  chip->provenance = strata_arena_array (chip->arena, StrataProvenance, chip->n_provenance);
  for (int i = 0; i < n_fields; i++)
    {
      const StrataField *field = strata_fields_get (i);

      chip->provenance[i].field = field->key;
      chip->provenance[i].source = isnan (field->defaults[0]) ? NULL : "default of the field table";
      for (int b = 0; b < (strata_field_is_banded (field) ? STRATA_N_BANDS : 1); b++)
        strata_field_set (field, chip, b, isnan (field->defaults[b]) ? 0 : field->defaults[b]);
    }
  for (int i = 0; i < STRATA_N_WORDS; i++)
    {
      chip->provenance[n_fields + i].field = strata_fields_word (i);
      chip->provenance[n_fields + i].source = "default of the field table";
    }
  chip->provenance[n_fields + STRATA_WORD_DEAD].source = "none named";
  chip->provenance[n_fields + STRATA_WORD_DEAD].tag = STRATA_TAG_DERIVED;
  chip->host_link = "QSPI";
}

/* Provenance of a field that follows from others, unless the description itself gives it. */
static gboolean
follows (StrataChipSpec *chip, const char *key, const char *rule)
{
  StrataProvenance *row = &chip->provenance[strata_fields_find (key)];

  if (row->line > 0)
    return FALSE;
  row->text = NULL;
  row->source = rule;
  row->tag = STRATA_TAG_DERIVED;
  return TRUE;
}

/* Inherited values of such fields give way too: they follow the new geometry. */
static void
derive (StrataChipSpec *chip)
{
  static const char *const lumped[] = { "t_mvm", "t_interval", "e_mvm" };

  if (follows (chip, "stacks", "mesh_x times mesh_y"))
    chip->n_stacks = chip->mesh_x * chip->mesh_y;
  if (follows (chip, "hub_x", "centre of the mesh"))
    chip->hub_x2 = chip->mesh_x - 1;
  if (follows (chip, "hub_y", "centre of the mesh"))
    chip->hub_y2 = chip->mesh_y - 1;
  for (guint i = 0; i < G_N_ELEMENTS (lumped) && chip->mode == STRATA_CHIP_COMPOSED; i++)
    if (follows (chip, lumped[i], "an MVM is composed of its parts"))
      for (int b = 0; b < STRATA_N_BANDS; b++)
        strata_field_set (strata_fields_get (strata_fields_find (lumped[i])), chip, b, 0);
  if (chip->mode == STRATA_CHIP_LUMPED && chip->t_interval_ps[STRATA_BAND_NOMINAL] == 0
      && follows (chip, "t_interval", "t_mvm"))
    memcpy (chip->t_interval_ps, chip->t_mvm_ps, sizeof chip->t_mvm_ps);
}

static gboolean
has_required (const StrataChipSpec *chip, GError **error)
{
  for (int i = 0; i < strata_fields_count (); i++)
    {
      const StrataField *field = strata_fields_get (i);

      if (!isnan (field->defaults[0]) || strata_field_value (field, chip, STRATA_BAND_NOMINAL) != 0)
        continue;
      g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD,
                   "%s:1:1: %s: missing (%s); give it, or inherit it with \"base: phone\"", chip->path, field->key,
                   field->meaning);
      return FALSE;
    }
  return TRUE;
}

/* Texts of what the file does not give. */
static void
describe_defaults (StrataChipSpec *chip)
{
  int n_fields = strata_fields_count ();
  StrataProvenance *words = chip->provenance + n_fields;

  for (int i = 0; i < n_fields; i++)
    if (chip->provenance[i].text == NULL)
      {
        g_autofree char *text = strata_field_print_bands (strata_fields_get (i), chip);

        chip->provenance[i].text = strata_arena_strdup (chip->arena, text);
      }
  for (int i = 0; i < STRATA_N_CHOICES; i++)
    words[i].text = strata_word_choice_name (strata_word_choice_get (i), chip);
  words[STRATA_WORD_HOST_LINK].text = chip->host_link;
  words[STRATA_WORD_DEAD].text = strata_arena_printf (chip->arena, "%d arrays", chip->n_dead);
}

/* "chips/mine.yaml" gives "mine" */
static char *
name_from_origin (StrataArena *arena, const char *origin)
{
  g_autofree char *base = g_path_get_basename (origin);

  if (g_str_has_suffix (base, ".yaml"))
    base[strlen (base) - strlen (".yaml")] = '\0';
  return strata_arena_strdup (arena, base);
}

StrataChipSpec *
strata_chip_spec_parse (const char *text, gssize n_bytes, const char *origin, GError **error)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();
  g_autoptr (StrataArena) scratch = strata_arena_new ();
  StrataChipSpec *chip = strata_arena_alloc (arena, sizeof *chip);
  const StrataYaml *root;

  g_return_val_if_fail (text != NULL && origin != NULL, NULL);
  root = strata_yaml_read (scratch, text, n_bytes < 0 ? strlen (text) : (gsize) n_bytes, origin, error);
  if (root == NULL)
    return NULL;
  chip->arena = arena;
  chip->path = strata_arena_strdup (arena, origin);
  set_defaults (chip);
  if (!strata_chip_read (chip, root, origin, error) || !has_required (chip, error))
    return NULL;
  derive (chip);
  describe_defaults (chip);
  if (chip->name == NULL)
    chip->name = name_from_origin (arena, origin);
  if (chip->title == NULL)
    chip->title = chip->name;
  if (!strata_chip_spec_check (chip, error))
    return NULL;
  chip->hash = strata_chip_spec_hash (chip);
  g_steal_pointer (&arena);
  return chip;
}

StrataChipSpec *
strata_chip_spec_load (const char *name_or_path, GError **error)
{
  const char *shipped;
  g_autofree char *origin = NULL;
  g_autoptr (GString) bytes = NULL;
  g_autoptr (GError) inner = NULL;

  g_return_val_if_fail (name_or_path != NULL, NULL);
  shipped = strata_chip_spec_text (name_or_path);
  if (shipped != NULL)
    {
      origin = g_strdup_printf ("resource:%s", name_or_path);
      return strata_chip_spec_parse (shipped, -1, origin, error);
    }
  bytes = g_string_new (NULL);
  if (!strata_yaml_read_file (name_or_path, bytes, &inner))
    {
      g_autofree char *names = g_strjoinv (", ", (char **) strata_chip_spec_names ());

      g_set_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_NOT_FOUND,
                   "%s: no shipped chip of that name and no readable file (%s); shipped: %s", name_or_path,
                   g_error_matches (inner, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ? "no such file" : inner->message, names);
      return NULL;
    }
  return strata_chip_spec_parse (bytes->str, (gssize) bytes->len, name_or_path, error);
}

void
strata_chip_spec_free (StrataChipSpec *chip)
{
  if (chip != NULL)
    strata_arena_free (chip->arena);
}
