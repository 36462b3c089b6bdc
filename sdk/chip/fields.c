/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of chip-fields.def and access to the members they name.
 */
#include "chip/fields.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"

#define REQUIRED NAN
#define DERIVED STRATA_FIELD_DERIVED
#define FIELD(key, member, type, quantity, per, min, max, nominal, optimistic, conservative, meaning)                  \
  { #key,                                                                                                              \
    G_STRUCT_OFFSET (StrataChipSpec, member),                                                                          \
    STRATA_FIELD_##type,                                                                                               \
    STRATA_QUANTITY_##quantity,                                                                                        \
    per,                                                                                                               \
    min,                                                                                                               \
    max,                                                                                                               \
    { nominal, optimistic, conservative },                                                                             \
    meaning },

static const StrataField fields[] = {
#include "chip/chip-fields.def"
};

#undef FIELD

static const char *const mode_words[] = { "composed", "lumped", NULL };
static const char *const cell_words[] = {
#define CELL(id, name, what, source) name,
#include "chip/cell-models.def"
#undef CELL
  NULL,
};
static const char *const yield_words[] = {
#define YIELD(id, name, formula) name,
#include "chip/yield-models.def"
#undef YIELD
  NULL,
};
static const char *const conversion_words[] = { "once", "per-phase", NULL };
static const char *const package_words[] = { "lumped", "spreader", NULL };
static const char *const converter_words[] = { "stated", "zigzag", "survey", "sar", NULL };

#define CHOICE(key, member, words, meaning) { #key, G_STRUCT_OFFSET (StrataChipSpec, member), words, meaning },
static const StrataWordChoice choices[] = {
#include "chip/chip-words.def"
};
#undef CHOICE

#define CHOICE(key, member, words, meaning) G_STATIC_ASSERT (sizeof ((StrataChipSpec *) NULL)->member == sizeof (int));
#include "chip/chip-words.def"
#undef CHOICE

int
strata_fields_count (void)
{
  return G_N_ELEMENTS (fields);
}

const StrataField *
strata_fields_get (int index)
{
  g_assert (index >= 0 && index < (int) G_N_ELEMENTS (fields));
  return &fields[index];
}

int
strata_fields_find (const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    if (strcmp (fields[i].key, key) == 0)
      return (int) i;
  return -1;
}

const char *
strata_fields_word (StrataWord word)
{
  g_assert ((guint) word < STRATA_N_WORDS);
  return word == STRATA_WORD_HOST_LINK ? "host_link" : word == STRATA_WORD_DEAD ? "dead" : choices[word].key;
}

const StrataWordChoice *
strata_word_choice_get (StrataWord word)
{
  g_assert ((guint) word < STRATA_N_CHOICES);
  return &choices[word];
}

const char *
strata_word_choice_name (const StrataWordChoice *choice, const StrataChipSpec *chip)
{
  return choice->words[G_STRUCT_MEMBER (int, chip, choice->offset)];
}

gboolean
strata_word_choice_set (const StrataWordChoice *choice, StrataChipSpec *chip, const char *word)
{
  for (int i = 0; choice->words[i] != NULL; i++)
    if (strcmp (choice->words[i], word) == 0)
      {
        G_STRUCT_MEMBER (int, chip, choice->offset) = i;
        return TRUE;
      }
  return FALSE;
}

void
strata_word_choices_hash (StrataHasher *hasher, const StrataChipSpec *chip)
{
  for (guint i = 0; i < G_N_ELEMENTS (choices); i++)
    strata_hasher_int (hasher, G_STRUCT_MEMBER (int, chip, choices[i].offset));
}

/* Letters to insert, delete or replace to turn @a into @b; both at most 31 bytes. */
static int
edit_distance (const char *a, const char *b)
{
  int row[32];
  int n_a = (int) strlen (a), n_b = (int) strlen (b);

  for (int j = 0; j <= n_b; j++)
    row[j] = j;
  for (int i = 1; i <= n_a; i++)
    {
      int diagonal = row[0];

      row[0] = i;
      for (int j = 1; j <= n_b; j++)
        {
          int replaced = diagonal + (a[i - 1] != b[j - 1]);

          diagonal = row[j];
          row[j] = MIN (replaced, 1 + MIN (row[j], row[j - 1]));
        }
    }
  return row[n_b];
}

static void
consider (const char *key, const char *known, const char **best, int *best_distance)
{
  int distance = edit_distance (key, known);

  if (distance < *best_distance)
    {
      *best = known;
      *best_distance = distance;
    }
}

const char *
strata_fields_guess (const char *key)
{
  const char *best = NULL;
  int best_distance;

  if (strlen (key) > 31)
    return NULL;
  best_distance = 2 + (int) strlen (key) / 4;
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    consider (key, fields[i].key, &best, &best_distance);
  for (guint i = 0; i < STRATA_N_WORDS; i++)
    consider (key, strata_fields_word (i), &best, &best_distance);
  consider (key, "name", &best, &best_distance);
  consider (key, "title", &best, &best_distance);
  consider (key, "base", &best, &best_distance);
  return best;
}

gboolean
strata_field_is_banded (const StrataField *field)
{
  return field->type == STRATA_FIELD_BAND || field->type == STRATA_FIELD_TIME;
}

double
strata_field_value (const StrataField *field, const StrataChipSpec *chip, StrataBand band)
{
  gconstpointer member = G_STRUCT_MEMBER_P (chip, field->offset);

  switch (field->type)
    {
    case STRATA_FIELD_INT:
      return *(const int *) member;
    case STRATA_FIELD_LONG:
      return (double) *(const gint64 *) member;
    case STRATA_FIELD_REAL:
      return *(const double *) member;
    case STRATA_FIELD_BAND:
      return ((const double *) member)[band];
    case STRATA_FIELD_TIME:
      return (double) ((const gint64 *) member)[band];
    }
  return NAN;
}

void
strata_field_set (const StrataField *field, StrataChipSpec *chip, StrataBand band, double value)
{
  gpointer member = G_STRUCT_MEMBER_P (chip, field->offset);

  switch (field->type)
    {
    case STRATA_FIELD_INT:
      *(int *) member = (int) value;
      break;
    case STRATA_FIELD_LONG:
      *(gint64 *) member = (gint64) value;
      break;
    case STRATA_FIELD_REAL:
      *(double *) member = value;
      break;
    case STRATA_FIELD_BAND:
      ((double *) member)[band] = value;
      break;
    case STRATA_FIELD_TIME:
      ((gint64 *) member)[band] = (gint64) value;
      break;
    }
}

gboolean
strata_field_in_range (const StrataField *field, double value)
{
  return value >= field->min && value <= field->max;
}

char *
strata_field_print (const StrataField *field, double value)
{
  return strata_quantity_print (value * field->per, field->quantity);
}

char *
strata_field_print_bands (const StrataField *field, const StrataChipSpec *chip)
{
  double value[STRATA_N_BANDS];
  g_autofree char *nominal = NULL;
  g_autofree char *optimistic = NULL;
  g_autofree char *conservative = NULL;

  for (int b = 0; b < STRATA_N_BANDS; b++)
    value[b] = strata_field_value (field, chip, strata_field_is_banded (field) ? b : STRATA_BAND_NOMINAL);
  nominal = strata_field_print (field, value[STRATA_BAND_NOMINAL]);
  if (value[STRATA_BAND_OPTIMISTIC] == value[STRATA_BAND_NOMINAL]
      && value[STRATA_BAND_CONSERVATIVE] == value[STRATA_BAND_NOMINAL])
    return g_steal_pointer (&nominal);
  optimistic = strata_field_print (field, value[STRATA_BAND_OPTIMISTIC]);
  conservative = strata_field_print (field, value[STRATA_BAND_CONSERVATIVE]);
  return g_strdup_printf ("%s (%s … %s)", nominal, optimistic, conservative);
}

static const char *const tags[] = {
  [STRATA_TAG_ASSUMED] = "assumed",
  [STRATA_TAG_DERIVED] = "derived",
  [STRATA_TAG_PUBLISHED] = "published",
  [STRATA_TAG_MEASURED] = "measured",
};

const char *
strata_tag_name (StrataTag tag)
{
  return (guint) tag < G_N_ELEMENTS (tags) ? tags[tag] : "assumed";
}

gboolean
strata_tag_from_name (const char *name, StrataTag *tag)
{
  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    if (strcmp (tags[i], name) == 0)
      {
        *tag = i;
        return TRUE;
      }
  return FALSE;
}

static const struct
{
  const char *name, *title, *source;
} cell_models[] = {
#define CELL(id, name, what, source) { name, what, source },
#include "chip/cell-models.def"
#undef CELL
};

const char *
strata_cell_model_name (StrataCellModel model)
{
  return cell_models[MIN ((guint) model, STRATA_CELL_NONE)].name;
}

const char *
strata_cell_model_title (StrataCellModel model)
{
  return cell_models[MIN ((guint) model, STRATA_CELL_NONE)].title;
}

const char *
strata_cell_model_source (StrataCellModel model)
{
  return cell_models[MIN ((guint) model, STRATA_CELL_NONE)].source;
}

guint64
strata_chip_spec_hash (const StrataChipSpec *chip)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      int n_bands = strata_field_is_banded (&fields[i]) ? STRATA_N_BANDS : 1;

      strata_hasher_string (hasher, fields[i].key);
      for (int b = 0; b < n_bands; b++)
        strata_hasher_double (hasher, strata_field_value (&fields[i], chip, b));
    }
  strata_word_choices_hash (hasher, chip);
  strata_hasher_string (hasher, chip->host_link);
  strata_hasher_int (hasher, chip->n_dead);
  for (int i = 0; i < chip->n_dead; i++)
    {
      strata_hasher_int (hasher, chip->dead[i].stack);
      strata_hasher_int (hasher, chip->dead[i].tier);
    }
  return strata_hasher_digest (hasher);
}

gboolean
strata_chip_spec_covers (const StrataChipSpec *chip, const StrataChipSpec *other)
{
  StrataChipSpec left = *chip, right = *other;

  if (chip->hash == other->hash)
    return TRUE;
  for (int i = 0; i < other->n_dead; i++)
    if (strata_chip_site_usable (chip, other->dead[i]))
      return FALSE;
  left.n_dead = right.n_dead = 0;
  return strata_chip_spec_hash (&left) == strata_chip_spec_hash (&right);
}
