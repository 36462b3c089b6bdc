/* SPDX-License-Identifier: Apache-2.0
 *
 * A description's tree into a StrataChipSpec, under the field table. Every refusal names file, line, column and field,
 * and what would be right. Bases are applied first, so that a description's own lines win.
 */
#include "chip/read.h"

#include <math.h>
#include <string.h>

#define MAX_SOURCE_BYTES 4096
#define MAX_BASES 4

typedef struct
{
  StrataChipSpec *chip;
  const char *origin;
  gboolean inherited; /* reading a base: its lines are not the description's */
} Reader;

/* Up to 40 characters of what the file says, on one line, for messages. (transfer full) */
static char *
excerpt (const char *text)
{
  g_autofree char *start = g_utf8_substring (text, 0, MIN (g_utf8_strlen (text, -1), 40));
  g_autofree char *line = g_strdelimit (g_steal_pointer (&start), "\n\r\t", ' ');

  return g_strconcat (line, strlen (line) < strlen (text) ? "…" : "", NULL);
}

/* --- values --- */

/* What stands behind a key: one value, or a mapping of bands, source and tag. */
typedef struct
{
  const StrataYaml *band[STRATA_N_BANDS];
  const StrataYaml *source, *tag;
} Value;

static const StrataYaml **
value_slot (Value *value, const char *key, gboolean banded)
{
  if (strcmp (key, "nominal") == 0 || strcmp (key, "value") == 0)
    return &value->band[STRATA_BAND_NOMINAL];
  if (banded && strcmp (key, "optimistic") == 0)
    return &value->band[STRATA_BAND_OPTIMISTIC];
  if (banded && strcmp (key, "conservative") == 0)
    return &value->band[STRATA_BAND_CONSERVATIVE];
  if (strcmp (key, "source") == 0)
    return &value->source;
  if (strcmp (key, "tag") == 0)
    return &value->tag;
  return NULL;
}

static gboolean
split_value (
  const Reader *reader, const char *field, gboolean banded, const StrataYaml *node, Value *value, GError **error)
{
  const char *accepted = banded ? "nominal, optimistic, conservative, source, tag" : "value, source, tag";

  memset (value, 0, sizeof *value);
  if (node->kind == STRATA_YAML_SCALAR)
    {
      value->band[STRATA_BAND_NOMINAL] = node;
      return TRUE;
    }
  if (node->kind == STRATA_YAML_SEQUENCE)
    return strata_yaml_refuse (reader->origin, node, field, error, "a list; write a value, or a mapping with %s",
                               accepted);
  for (int i = 0; i + 1 < node->n_items; i += 2)
    {
      const StrataYaml *key = node->items[i];
      const StrataYaml **slot = value_slot (value, key->text, banded);
      g_autofree char *shown = excerpt (key->text);

      if (slot == NULL)
        return strata_yaml_refuse (reader->origin, key, field, error, "unknown key \"%s\"; accepted: %s", shown,
                                   accepted);
      if (*slot != NULL)
        return strata_yaml_refuse (reader->origin, key, field, error, "\"%s\" a second time; keep one", shown);
      if (node->items[i + 1]->kind != STRATA_YAML_SCALAR)
        return strata_yaml_refuse (reader->origin, node->items[i + 1], field, error, "\"%s\" is not a single value",
                                   shown);
      *slot = node->items[i + 1];
    }
  if (value->band[STRATA_BAND_NOMINAL] == NULL)
    return strata_yaml_refuse (reader->origin, node, field, error, "no %s value; add \"%s: …\"",
                               banded ? "nominal" : "", banded ? "nominal" : "value");
  return TRUE;
}

static gboolean
read_tag (const Reader *reader, const char *field, const StrataYaml *node, StrataTag *tag, GError **error)
{
  g_autofree char *shown = NULL;

  if (node == NULL || strata_tag_from_name (node->text, tag))
    return TRUE;
  shown = excerpt (node->text);
  return strata_yaml_refuse (reader->origin, node, field, error,
                             "unknown tag \"%s\"; accepted: measured, published, derived, assumed", shown);
}

static gboolean
record (const Reader *reader, int row, const char *field, const StrataYaml *at, const Value *value, GError **error)
{
  StrataProvenance *provenance = &reader->chip->provenance[row];

  if (value->source != NULL && strlen (value->source->text) > MAX_SOURCE_BYTES)
    return strata_yaml_refuse (reader->origin, value->source, field, error,
                               "a source of more than 4096 bytes; name it shorter");
  provenance->tag = STRATA_TAG_ASSUMED;
  provenance->source = value->source == NULL ? NULL : strata_arena_strdup (reader->chip->arena, value->source->text);
  provenance->line = reader->inherited ? 0 : at->line;
  provenance->column = reader->inherited ? 0 : at->column;
  return read_tag (reader, field, value->tag, &provenance->tag, error);
}

/* --- numbers --- */

static gboolean
read_number (const Reader *reader, const StrataField *field, const StrataYaml *node, double *result, GError **error)
{
  g_autoptr (GError) inner = NULL;
  g_autofree char *low = NULL;
  g_autofree char *high = NULL;
  double value;

  if (!strata_yaml_check_word (reader->origin, node, field->key, error))
    return FALSE;
  if (!strata_quantity_parse (node->text, field->quantity, &value, &inner))
    return strata_yaml_refuse (reader->origin, node, field->key, error, "%s", inner->message);
  value /= field->per;
  if (field->type == STRATA_FIELD_TIME)
    value = round (value);
  if (!strata_field_in_range (field, value))
    {
      low = strata_field_print (field, field->min);
      high = strata_field_print (field, field->max);
      return strata_yaml_refuse (reader->origin, node, field->key, error,
                                 "\"%s\" is out of range; %s to %s is accepted", node->text, low, high);
    }
  if ((field->type == STRATA_FIELD_INT || field->type == STRATA_FIELD_LONG) && value != floor (value))
    return strata_yaml_refuse (reader->origin, node, field->key, error, "\"%s\" is not a whole number%s; write one",
                               node->text, field->per == 0.5 ? " or half" : "");
  *result = value;
  return TRUE;
}

/* "4 pJ", or "4 pJ (1 pJ … 8 pJ)" */
static const char *
text_of_bands (const Reader *reader, const Value *value)
{
  const char *nominal = value->band[STRATA_BAND_NOMINAL]->text;
  const StrataYaml *optimistic = value->band[STRATA_BAND_OPTIMISTIC];
  const StrataYaml *conservative = value->band[STRATA_BAND_CONSERVATIVE];

  if (optimistic == NULL && conservative == NULL)
    return strata_arena_strdup (reader->chip->arena, nominal);
  return strata_arena_printf (reader->chip->arena, "%s (%s … %s)", nominal,
                              optimistic != NULL ? optimistic->text : nominal,
                              conservative != NULL ? conservative->text : nominal);
}

static gboolean
read_field (const Reader *reader, int row, const StrataYaml *node, GError **error)
{
  const StrataField *field = strata_fields_get (row);
  gboolean banded = strata_field_is_banded (field);
  Value value;
  double nominal = 0;

  if (!split_value (reader, field->key, banded, node, &value, error))
    return FALSE;
  for (int b = 0; b < (banded ? STRATA_N_BANDS : 1); b++)
    {
      double number = nominal;

      if (value.band[b] != NULL && !read_number (reader, field, value.band[b], &number, error))
        return FALSE;
      if (b == STRATA_BAND_NOMINAL)
        nominal = number;
      strata_field_set (field, reader->chip, b, number);
    }
  reader->chip->provenance[row].text = text_of_bands (reader, &value);
  return record (reader, row, field->key, value.band[STRATA_BAND_NOMINAL], &value, error);
}

/* --- words --- */

static gboolean
read_choice (const Reader *reader, const StrataWordChoice *choice, const StrataYaml *node, GError **error)
{
  g_autofree char *shown = excerpt (node->text), *accepted = g_strjoinv (", ", (char **) choice->words);

  return strata_word_choice_set (choice, reader->chip, node->text)
         || strata_yaml_refuse (reader->origin, node, choice->key, error, "unknown word \"%s\"; accepted: %s", shown,
                                accepted);
}

static gboolean
read_word (const Reader *reader, StrataWord word, const StrataYaml *node, GError **error)
{
  const char *key = strata_fields_word (word);
  int row = strata_fields_count () + (int) word;
  const StrataYaml *text;
  gboolean good;
  Value value;

  if (!split_value (reader, key, FALSE, node, &value, error))
    return FALSE;
  text = value.band[STRATA_BAND_NOMINAL];
  if (!strata_yaml_check_word (reader->origin, text, key, error))
    return FALSE;
  reader->chip->provenance[row].text = strata_arena_strdup (reader->chip->arena, text->text);
  if (word < STRATA_N_CHOICES)
    good = read_choice (reader, strata_word_choice_get (word), text, error);
  else
    {
      reader->chip->host_link = reader->chip->provenance[row].text;
      good = TRUE;
    }
  return good && record (reader, row, key, text, &value, error);
}

static gboolean
read_index (const Reader *reader, const StrataYaml *node, int *result, GError **error)
{
  guint64 value;

  if (node->kind != STRATA_YAML_SCALAR || !g_ascii_string_to_unsigned (node->text, 10, 0, G_MAXINT32, &value, NULL))
    return strata_yaml_refuse (reader->origin, node, "dead", error,
                               "not a whole number; write pairs like [[3, 0], [3, 1]]");
  *result = (int) value;
  return TRUE;
}

static gboolean
read_dead (const Reader *reader, const StrataYaml *node, GError **error)
{
  StrataChipSpec *chip = reader->chip;
  StrataProvenance *row = &chip->provenance[strata_fields_count () + STRATA_WORD_DEAD];

  if (node->kind != STRATA_YAML_SEQUENCE)
    return strata_yaml_refuse (reader->origin, node, "dead", error,
                               "not a list; write pairs of stack and tier like [[3, 0], [3, 1]]");
  chip->dead = strata_arena_array (chip->arena, StrataSite, node->n_items);
  chip->n_dead = node->n_items;
  for (int i = 0; i < node->n_items; i++)
    {
      const StrataYaml *pair = node->items[i];

      if (pair->kind != STRATA_YAML_SEQUENCE || pair->n_items != 2)
        return strata_yaml_refuse (reader->origin, pair, "dead", error, "not a pair; write stack and tier like [3, 0]");
      if (!read_index (reader, pair->items[0], &chip->dead[i].stack, error)
          || !read_index (reader, pair->items[1], &chip->dead[i].tier, error))
        return FALSE;
    }
  if (chip->n_dead > 0)
    qsort (chip->dead, (gsize) chip->n_dead, sizeof (StrataSite), strata_site_compare_cb);
  row->text = strata_arena_printf (chip->arena, "%d", chip->n_dead);
  row->source = NULL;
  row->tag = STRATA_TAG_MEASURED;
  row->line = reader->inherited ? 0 : node->line;
  row->column = reader->inherited ? 0 : node->column;
  return TRUE;
}

/* --- the description --- */

static gboolean
read_label (const Reader *reader, const char *key, const StrataYaml *node, const char **label, GError **error)
{
  if (node->kind != STRATA_YAML_SCALAR || node->text[0] == '\0')
    return strata_yaml_refuse (reader->origin, node, key, error, "not a text; write one like \"%s: demonstrator\"",
                               key);
  if (!strata_yaml_check_word (reader->origin, node, key, error))
    return FALSE;
  if (!reader->inherited)
    *label = strata_arena_strdup (reader->chip->arena, node->text);
  return TRUE;
}

static gboolean
read_entry (const Reader *reader, const StrataYaml *key, const StrataYaml *node, GError **error)
{
  int row = strata_fields_find (key->text);
  const char *guess;
  g_autofree char *shown = NULL;

  if (row >= 0)
    return read_field (reader, row, node, error);
  if (strcmp (key->text, "base") == 0)
    return TRUE;
  if (strcmp (key->text, "name") == 0)
    return read_label (reader, "name", node, &reader->chip->name, error);
  if (strcmp (key->text, "title") == 0)
    return read_label (reader, "title", node, &reader->chip->title, error);
  for (int word = 0; word < STRATA_N_WORDS; word++)
    if (strcmp (key->text, strata_fields_word (word)) == 0)
      return word == STRATA_WORD_DEAD ? read_dead (reader, node, error) : read_word (reader, word, node, error);
  guess = strata_fields_guess (key->text);
  shown = excerpt (key->text);
  if (guess != NULL)
    return strata_yaml_refuse (reader->origin, key, shown, error, "unknown field; did you mean \"%s\"?", guess);
  return strata_yaml_refuse (reader->origin, key, shown, error,
                             "unknown field; remove it; `strata chip show phone` lists what is accepted");
}

static gboolean read_all (const Reader *reader, const StrataYaml *root, int n_bases, GError **error);

static gboolean
read_base (const Reader *reader, const StrataYaml *root, int n_bases, GError **error)
{
  const StrataYaml *node = strata_yaml_find (root, "base");
  const StrataYaml *base_root;
  const char *text;
  Reader base = *reader;
  g_autofree char *shown = NULL;

  if (node == NULL)
    return TRUE;
  text = node->kind == STRATA_YAML_SCALAR ? strata_chip_spec_text (node->text) : NULL;
  if (text == NULL || n_bases >= MAX_BASES)
    {
      g_autofree char *names = g_strjoinv (", ", (char **) strata_chip_spec_names ());

      shown = excerpt (node->kind == STRATA_YAML_SCALAR ? node->text : "…");
      return strata_yaml_refuse (reader->origin, node, "base", error,
                                 "no shipped chip \"%s\" to inherit from; accepted: %s", shown, names);
    }
  base.origin = strata_arena_printf (reader->chip->arena, "resource:%s", node->text);
  base.inherited = TRUE;
  base_root = strata_yaml_read (reader->chip->arena, text, strlen (text), base.origin, error);
  return base_root != NULL && read_all (&base, base_root, n_bases + 1, error);
}

static gboolean
read_all (const Reader *reader, const StrataYaml *root, int n_bases, GError **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  if (!read_base (reader, root, n_bases, error))
    return FALSE;
  for (int i = 0; i + 1 < root->n_items; i += 2)
    {
      const StrataYaml *key = root->items[i];
      const StrataYaml *before = g_hash_table_lookup (seen, key->text);

      if (before != NULL)
        {
          g_autofree char *shown = excerpt (key->text);

          return strata_yaml_refuse (reader->origin, key, shown, error,
                                     "a second time; it stands on line %d already, keep one", before->line);
        }
      g_hash_table_insert (seen, (gpointer) key->text, (gpointer) key);
      if (!read_entry (reader, key, root->items[i + 1], error))
        return FALSE;
    }
  return TRUE;
}

gboolean
strata_chip_read (StrataChipSpec *chip, const StrataYaml *root, const char *origin, GError **error)
{
  Reader reader = { .chip = chip, .origin = origin };

  return read_all (&reader, root, 0, error);
}
