/* SPDX-License-Identifier: Apache-2.0
 *
 * Print, parse and hash: a printed description is the same chip, and each field reaches the hash.
 */
#include "chip/fields.h"
#include "lib/chips.h"

static void
test_shipped (void)
{
  g_autoptr (GHashTable) hashes = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (const char *const *name = strata_chip_spec_names (); *name != NULL; name++)
    {
      g_autoptr (StrataChipSpec) chip = load (*name);
      g_autofree char *text = strata_chip_spec_print (chip);
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataChipSpec) again = strata_chip_spec_parse (text, -1, "printed", &error);
      g_autofree char *text_again = NULL;

      g_assert_no_error (error);
      text_again = strata_chip_spec_print (again);
      g_assert_cmpstr (text_again, ==, text);
      g_assert_cmpuint (again->hash, ==, chip->hash);
      g_assert_cmpstr (again->name, ==, chip->name);
      g_assert_cmpstr (again->title, ==, chip->title);
      g_assert_true (g_hash_table_add (hashes, g_memdup2 (&chip->hash, sizeof chip->hash)));
      for (int i = 0; i < chip->n_provenance; i++)
        {
          g_assert_cmpstr (again->provenance[i].source, ==, chip->provenance[i].source);
          g_assert_cmpint (again->provenance[i].tag, ==, chip->provenance[i].tag);
        }
    }
}

/* Changing any value, in any band, changes the hash. */
static void
test_hash_of_fields (void)
{
  g_autoptr (StrataChipSpec) chip = load ("phone");

  for (int i = 0; i < strata_fields_count (); i++)
    {
      const StrataField *field = strata_fields_get (i);

      for (int b = 0; b < (strata_field_is_banded (field) ? STRATA_N_BANDS : 1); b++)
        {
          double value = strata_field_value (field, chip, b);

          strata_field_set (field, chip, b, value + 1);
          g_assert_cmpuint (strata_chip_spec_hash (chip), !=, chip->hash);
          strata_field_set (field, chip, b, value);
        }
    }
  g_assert_cmpuint (strata_chip_spec_hash (chip), ==, chip->hash);
  chip->cell_model = STRATA_CELL_NONE;
  g_assert_cmpuint (strata_chip_spec_hash (chip), !=, chip->hash);
}

/* Name, title, sources and spelling of units do not. */
static void
test_hash_of_words (void)
{
  g_autoptr (StrataChipSpec) a = strata_chip_spec_parse ("base: phone\ne_adc: 3 pJ\n", -1, "a.yaml", NULL);
  g_autoptr (StrataChipSpec) b = strata_chip_spec_parse (
    "base: phone\nname: other\ntitle: t\ne_adc: {nominal: 0.003 nJ, source: \"s\", tag: published}\n", -1, "b.yaml",
    NULL);

  g_assert_cmpuint (a->hash, ==, b->hash);
}

/* Awkward values and texts: thirds, quotes, line breaks, faults. */
static void
test_awkward (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_parse (
    "base: phone\nv_in: 0.33333333333333331 V\ne_adc: {nominal: 1234.56789012345678 fJ, source: \"a \\\"b\\\"\\n\\tc "
    "µ\"}\n"
    "dead: [[7, 3], [0, 255]]\nhub_x: 0\nhub_y: 6.5\nt_mvm: 0 ns\nc_vt: 0.1 fF\nrow_failure: 1.1e-7\n",
    -1, "x.yaml", &error);
  g_autofree char *text = NULL;
  g_autoptr (StrataChipSpec) again = NULL;

  g_assert_no_error (error);
  text = strata_chip_spec_print (chip);
  again = strata_chip_spec_parse (text, -1, "printed", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->hash, ==, chip->hash);
  g_assert_cmpint (again->n_dead, ==, 2);
  g_assert_cmpint (again->hub_y2, ==, 13);
  g_assert_cmpstr (again->provenance[strata_fields_find ("e_adc")].source, ==, "a \"b\"\n\tc µ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/chip/print/shipped", test_shipped);
  g_test_add_func ("/sdk/chip/hash/fields", test_hash_of_fields);
  g_test_add_func ("/sdk/chip/hash/words", test_hash_of_words);
  g_test_add_func ("/sdk/chip/print/awkward", test_awkward);
  return g_test_run ();
}
