/* SPDX-License-Identifier: Apache-2.0
 *
 * The field table of descriptions as rows: from a key to a member of StrataChipSpec, its unit, range and default.
 * Values pass as doubles in the member's unit; integers up to 2^53 survive that.
 */
#pragma once

#include "base/hash.h"
#include "base/quantity.h"
#include "chip/chip.h"

typedef enum
{
  STRATA_FIELD_INT,
  STRATA_FIELD_LONG,
  STRATA_FIELD_REAL,
  STRATA_FIELD_BAND,
  STRATA_FIELD_TIME,
} StrataFieldType;

typedef struct
{
  const char *key;
  gsize offset; /* of the member */
  StrataFieldType type;
  StrataQuantityKind quantity;
  double per; /* base units of the quantity per unit of the member */
  double min, max;
  double defaults[STRATA_N_BANDS]; /* NaN: required */
  const char *meaning;
} StrataField;

/* A field that is left out and follows from others: hub position, number of stacks */
#define STRATA_FIELD_DERIVED (-1)

/* Fields whose value is no number with a unit: the choices of chip-words.def, then those of their own kind */
typedef enum
{
#define CHOICE(key, member, words, meaning) STRATA_WORD_##key,
#include "chip/chip-words.def"
#undef CHOICE
  STRATA_N_CHOICES,
  STRATA_WORD_HOST_LINK = STRATA_N_CHOICES,
  STRATA_WORD_DEAD,
  STRATA_N_WORDS,
} StrataWord;

typedef struct
{
  const char *key;
  gsize offset;             /* of the member, an enumeration */
  const char *const *words; /* NULL-terminated */
  const char *meaning;
} StrataWordChoice;

int strata_fields_count (void);
const StrataField *strata_fields_get (int index);
int strata_fields_find (const char *key); /* -1: none */
/* Fields whose value is not a number with a unit. They have provenance too, after the table's rows. */
const char *strata_fields_word (StrataWord word);
/* The known key that @key was probably meant to be, or NULL. */
const char *strata_fields_guess (const char *key);

gboolean strata_field_is_banded (const StrataField *field);
double strata_field_value (const StrataField *field, const StrataChipSpec *chip, StrataBand band);
void strata_field_set (const StrataField *field, StrataChipSpec *chip, StrataBand band, double value);
gboolean strata_field_in_range (const StrataField *field, double value);
/* "4 pJ" (transfer full); reads back to the same value */
char *strata_field_print (const StrataField *field, double value) G_GNUC_WARN_UNUSED_RESULT;
/* "4 pJ" or "4 pJ (1 pJ … 8 pJ)" (transfer full) */
char *strata_field_print_bands (const StrataField *field, const StrataChipSpec *chip) G_GNUC_WARN_UNUSED_RESULT;

const char *strata_tag_name (StrataTag tag);
gboolean strata_tag_from_name (const char *name, StrataTag *tag);
/* "memcapacitor" …; what it is; where its coefficients come from. Those of NONE for what is no model. */
const char *strata_cell_model_name (StrataCellModel model);
const char *strata_cell_model_title (StrataCellModel model);
const char *strata_cell_model_source (StrataCellModel model);
const StrataWordChoice *strata_word_choice_get (StrataWord word);
/* What the chip's value is called */
const char *strata_word_choice_name (const StrataWordChoice *choice, const StrataChipSpec *chip);
/* FALSE: @word is none of them */
gboolean strata_word_choice_set (const StrataWordChoice *choice, StrataChipSpec *chip, const char *word);
/* Adds every choice of @chip, as a number */
void strata_word_choices_hash (StrataHasher *hasher, const StrataChipSpec *chip);

guint64 strata_chip_spec_hash (const StrataChipSpec *chip);
