/* SPDX-License-Identifier: Apache-2.0
 *
 * A die file behind the name of its chip, so that no input names a file to read: an error of one line that begins with
 * the origin, or a die that passes its check, whose text loads as the same die, and whose lines lie on as many lines
 * that work as repair says.
 */
#include <string.h>

#include "chip/die.h"
#include "fuzz.h"

/* A few words may name 2^18 arrays, lines, converters and cells each, before it is found that one file does not hold
 * them: 40 bytes a cell, twice while they are sorted, and their text. */
const gint64 fuzz_floor_bytes = (gint64) 96 << 20;

static const char head[] = "chip: demonstrator\n";

static void
check_error (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == STRATA_CHIP_ERROR);
  g_assert_true (g_str_has_prefix (error->message, "input"));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
}

static void
check_text (const StrataDieSpec *die)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = strata_die_spec_print (die);
  g_autoptr (StrataDieSpec) again = strata_die_spec_parse (text, -1, "input", &error);

  if (again == NULL)
    g_error ("the text does not load: %s", error->message);
  g_assert_cmphex (again->hash, ==, die->hash);
  g_assert_cmpstr (again->serial, ==, die->serial);
}

static void
check_lines (const StrataDieSpec *die, const StrataDieRepair *repair, StrataSite site)
{
  const StrataDieArray *array = strata_die_repair_find (repair, site);
  const StrataChipSpec *chip = die->chip;
  g_autofree int *rows = g_new (int, chip->rows), *columns = g_new (int, chip->columns);
  const int tier = strata_die_lines (die, repair, site, rows, columns);

  g_assert_cmpint (tier, ==, array == NULL ? site.tier : array->tier);
  for (int i = 0; i < chip->rows; i++)
    g_assert_true ((rows[i] >= 0) == (i < (array == NULL ? chip->rows : array->rows)));
  for (int i = 0; i < chip->columns; i++)
    g_assert_true ((columns[i] >= 0) == (i < (array == NULL ? chip->columns : array->columns)));
}

static void
check_repair (const StrataDieSpec *die)
{
  g_autoptr (StrataDieRepair) repair = strata_die_repair (die, -1);

  for (int i = 0; i < MIN (repair->n_arrays, 64); i++)
    check_lines (die, repair, repair->arrays[i].site);
  for (int i = 0; i < MIN (die->n_rows, 64); i++)
    if (die->rows[i].site.tier < die->chip->tiers)
      check_lines (die, repair, die->rows[i].site);
}

void
fuzz_one (const guint8 *data, gsize n_bytes)
{
  g_autoptr (GString) text = g_string_new (head);
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataDieSpec) die = NULL;

  g_string_append_len (text, (const char *) data, (gssize) n_bytes);
  die = strata_die_spec_parse (text->str, (gssize) text->len, "input", &error);
  if (die == NULL)
    {
      check_error (error);
      return;
    }
  g_assert_no_error (error);
  check_text (die);
  check_repair (die);
}
