/* SPDX-License-Identifier: Apache-2.0
 *
 * A description as YAML: every field with its unit, bands, source and tag, in the order of the field table. It parses
 * back to the same hash; a base is written out.
 */
#include "chip/fields.h"

/* A double-quoted YAML scalar on one line. */
static void
append_quoted (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '"' || *p == '\\')
        g_string_append_c (out, '\\');
      if (*p == '\n')
        g_string_append (out, "\\n");
      else if ((guchar) *p < 0x20 || *p == 0x7f)
        g_string_append_printf (out, "\\x%02x", (guchar) *p);
      else
        g_string_append_c (out, *p);
    }
  g_string_append_c (out, '"');
}

static void
append_provenance (GString *out, const StrataProvenance *row)
{
  if (row == NULL)
    return;
  if (row->source != NULL)
    {
      g_string_append (out, ", source: ");
      append_quoted (out, row->source);
    }
  g_string_append_printf (out, ", tag: %s", strata_tag_name (row->tag));
}

static void
append_field (GString *out, const StrataField *field, const StrataChipSpec *chip, const StrataProvenance *row)
{
  static const char *const bands[] = { "nominal", "optimistic", "conservative" };
  int n_bands = strata_field_is_banded (field) ? STRATA_N_BANDS : 1;

  g_string_append_printf (out, "%s: {", field->key);
  for (int b = 0; b < n_bands; b++)
    {
      g_autofree char *text = strata_field_print (field, strata_field_value (field, chip, b));

      g_string_append_printf (out, "%s%s: %s", b == 0 ? "" : ", ", n_bands == 1 ? "value" : bands[b], text);
    }
  append_provenance (out, row);
  g_string_append (out, "}\n");
}

static void
append_word (GString *out, const char *key, const char *text, const StrataProvenance *row)
{
  g_string_append_printf (out, "%s: {value: ", key);
  append_quoted (out, text);
  append_provenance (out, row);
  g_string_append (out, "}\n");
}

static void
append_dead (GString *out, const StrataChipSpec *chip)
{
  if (chip->n_dead == 0)
    return;
  g_string_append (out, "dead: [");
  for (int i = 0; i < chip->n_dead; i++)
    g_string_append_printf (out, "%s[%d, %d]", i == 0 ? "" : ", ", chip->dead[i].stack, chip->dead[i].tier);
  g_string_append (out, "]\n");
}

/* Times that a lumped chip alone may have. */
static gboolean
is_left_out (const StrataField *field, const StrataChipSpec *chip)
{
  return chip->mode == STRATA_CHIP_COMPOSED
         && (g_str_equal (field->key, "t_mvm") || g_str_equal (field->key, "t_interval")
             || g_str_equal (field->key, "e_mvm"));
}

char *
strata_chip_spec_print (const StrataChipSpec *chip)
{
  GString *out = g_string_new (NULL);
  int n_fields = strata_fields_count ();
  const StrataProvenance *rows = chip->n_provenance == n_fields + STRATA_N_WORDS ? chip->provenance : NULL;

  g_string_append (out, "name: ");
  append_quoted (out, chip->name != NULL ? chip->name : "chip");
  g_string_append (out, "\ntitle: ");
  append_quoted (out, chip->title != NULL ? chip->title : "chip");
  g_string_append_c (out, '\n');
  for (int i = 0; i < STRATA_N_CHOICES; i++)
    append_word (out, strata_fields_word (i), strata_word_choice_name (strata_word_choice_get (i), chip),
                 rows != NULL ? &rows[n_fields + i] : NULL);
  for (int i = 0; i < n_fields; i++)
    if (!is_left_out (strata_fields_get (i), chip))
      append_field (out, strata_fields_get (i), chip, rows != NULL ? &rows[i] : NULL);
  append_word (out, "host_link", chip->host_link != NULL ? chip->host_link : "none",
               rows != NULL ? &rows[n_fields + STRATA_WORD_HOST_LINK] : NULL);
  append_dead (out, chip);
  return g_string_free (out, FALSE);
}
