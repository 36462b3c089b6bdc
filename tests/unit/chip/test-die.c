/* SPDX-License-Identifier: Apache-2.0
 *
 * Die files: what they say, what they are refused for and where, their text; what repair makes of faults, against a
 * count made array by array.
 */
#include <string.h>

#include "base/rng.h"
#include "chip/die.h"

static StrataDieSpec *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  StrataDieSpec *die = strata_die_spec_parse (text, -1, "d.yaml", &error);

  g_assert_no_error (error);
  return die;
}

static void
test_faults (void)
{
  g_autoptr (StrataDieSpec) die =
    parse ("chip: demonstrator\n"
           "serial: W07-X12Y08\n"
           "dead_tiers: [{tier: 7}, {stack: 3}, {stack: 5, tier: 1-2}, {stack: 5, tier: 2}]\n"
           "dead_rows: [{stack: 1, tier: 4, rows: [9, 3, 3, 20-22]}, {stack: 3, tier: 1, rows: 5}]\n"
           "dead_columns:\n"
           "  - {stack: 1, tier: 4, columns: 263}\n");

  g_assert_cmpstr (die->serial, ==, "W07-X12Y08");
  g_assert_cmpstr (die->chip->name, ==, "demonstrator");
  /* 64 of tier 7, 20 of stack 3 with its spare tiers, of which one is of tier 7, and two of stack 5 */
  g_assert_cmpint (die->n_dead, ==, 64 + 19 + 2);
  g_assert_cmpint (die->n_rows, ==, 5); /* that of stack 3 is dead with its array */
  g_assert_cmpint (die->rows[0].line, ==, 3);
  g_assert_cmpint (die->rows[4].line, ==, 22);
  g_assert_cmpint (die->n_columns, ==, 1);
}

static void
test_text (void)
{
  g_autoptr (StrataDieSpec) die =
    parse ("chip: phone\nserial: 'a \"b\" \\c'\ndead_tiers: [{stack: 3, tier: 7}]\n"
           "dead_rows: [{stack: 1, tier: 4, rows: [9, 3]}, {stack: 1, tier: 5, rows: 3}]\n"
           "dead_columns: [{stack: 1, tier: 4, columns: 3}]\n");
  g_autofree char *text = strata_die_spec_print (die);
  g_autoptr (StrataDieSpec) again = parse (text);
  g_autoptr (StrataDieSpec) other = parse ("chip: phone\nserial: x\ndead_tiers: [{stack: 3, tier: 8}]\n");
  g_autoptr (StrataDieSpec) whole = parse ("chip: phone\nserial: x\n");
  g_autofree char *whole_text = strata_die_spec_print (whole);

  g_assert_cmphex (again->hash, ==, die->hash);
  g_assert_cmpstr (again->serial, ==, die->serial);
  g_assert_cmphex (other->hash, !=, die->hash);
  g_assert_cmphex (other->hash, !=, whole->hash);
  g_assert_cmpstr (whole_text, ==, "chip: \"phone\"\nserial: \"x\"\n");
}

typedef struct
{
  const char *name, *text, *message;
} Case;

static const Case cases[] = {
  { "no-chip", "serial: x\n", "d.yaml:1:1: chip: missing; write the chip that this is a die of" },
  { "unknown-chip", "serial: x\nchip: phoney\n", "d.yaml:2:7: chip: phoney: no shipped chip of that name" },
  { "chip-lines", "chip: \"a\\nb\"\nserial: x\n", "d.yaml:1:7: chip: has a control character" },
  { "serial-lines", "chip: phone\nserial: \"a\\u2028b\"\n", "d.yaml:2:9: serial: has a character that does not print" },
  { "no-serial", "chip: phone\n", "d.yaml:1:1: serial: missing" },
  { "serial", "chip: phone\nserial: [1]\n", "d.yaml:2:9: serial: not a text" },
  { "unknown-key", "chip: phone\nserial: x\ndead: [[1, 2]]\n",
    "d.yaml:3:1: die: unknown field; accepted: chip, serial, dead_tiers, dead_rows, dead_columns" },
  { "twice", "chip: phone\nserial: x\nserial: y\n", "d.yaml:3:1: die: a second time; it stands on line 2 already" },
  { "not-a-list", "chip: phone\nserial: x\ndead_tiers: 7\n", "d.yaml:3:13: dead_tiers: not a list" },
  { "not-a-place", "chip: phone\nserial: x\ndead_tiers: [7]\n", "d.yaml:3:14: dead_tiers: not a place" },
  { "empty-place", "chip: phone\nserial: x\ndead_tiers: [{}]\n", "d.yaml:3:14: dead_tiers: says too little" },
  { "bad-place", "chip: phone\nserial: x\ndead_tiers: [{teir: 7}]\n", "d.yaml:3:15: dead_tiers: unknown key" },
  { "tier-twice", "chip: phone\nserial: x\ndead_tiers: [{tier: 7, tier: 8}]\n",
    "d.yaml:3:24: dead_tiers: \"tier\" a second time" },
  { "tier-range", "chip: phone\nserial: x\ndead_tiers: [{tier: 260}]\n",
    "d.yaml:3:21: dead_tiers: 260 does not exist on phone; 0 to 259 does, spare ones included" },
  { "stack-range", "chip: phone\nserial: x\ndead_tiers: [{stack: 64}]\n",
    "d.yaml:3:22: dead_tiers: 64 does not exist on phone; 0 to 63 does" },
  { "backwards", "chip: phone\nserial: x\ndead_tiers: [{tier: 9-4}]\n", "d.yaml:3:21: dead_tiers: not a whole number" },
  { "negative", "chip: phone\nserial: x\ndead_tiers: [{tier: -4}]\n", "d.yaml:3:21: dead_tiers: not a whole number" },
  { "no-rows", "chip: phone\nserial: x\ndead_rows: [{stack: 1, tier: 2}]\n",
    "d.yaml:3:13: dead_rows: says too little; write an entry like {stack: 3, tier: 7, rows: [5, 9]}" },
  { "row-range", "chip: phone\nserial: x\ndead_rows: [{stack: 1, tier: 2, rows: [520]}]\n",
    "d.yaml:3:40: dead_rows: 520 does not exist on phone; 0 to 519 does" },
  { "column-word", "chip: phone\nserial: x\ndead_columns: [{stack: 1, tier: 2, rows: [5]}]\n",
    "d.yaml:3:36: dead_columns: unknown key" },
  { "chip-mapping", "chip: {a: 1}\nserial: x\n", "d.yaml:1:7: chip: no name" },
  { "many-lines", "chip: phone\nserial: x\ndead_rows: [{stack: 0-63, tier: 0-200, rows: [0-500]}]\n",
    "d.yaml:3:47: dead_rows: more than 262144 dead rows" },
  { "syntax", "chip: \"phone\n", "d.yaml:2:1: not well-formed YAML" },
};

static void
test_refusal (gconstpointer data)
{
  const Case *item = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataDieSpec) die = strata_die_spec_parse (item->text, -1, "d.yaml", &error);

  g_assert_null (die);
  g_assert_nonnull (error);
  g_assert_true (error->domain == STRATA_CHIP_ERROR);
  if (!g_str_has_prefix (error->message, item->message))
    g_error ("\"%s\" does not begin with \"%s\"", error->message, item->message);
  g_assert_null (strchr (error->message, '\n'));
}

/* Truncations and single wrong bytes of a sound file end in a die or in an error, never elsewhere. */
static void
test_damage (void)
{
  static const char text[] = "chip: planar\nserial: W\ndead_tiers: [{stack: 3, tier: 0-2}]\n"
                             "dead_rows: [{stack: 1, tier: 0, rows: [9, 3-5]}]\n";
  StrataRngKey key = strata_rng_key (3, 0);

  for (guint i = 0; i < 600; i++)
    {
      g_autofree char *bytes = g_memdup2 (text, sizeof text);
      StrataRngBlock block = strata_rng_block (key, i, 0);
      gsize n = i < sizeof text ? i : sizeof text - 1;
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataDieSpec) die = NULL;

      if (i >= sizeof text)
        bytes[block.word[0] % n] = (char) (block.word[1] % 256);
      die = strata_die_spec_parse (bytes, (gssize) n, "d.yaml", &error);
      g_assert_true ((die == NULL) == (error != NULL));
    }
}

static void
test_words (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", &error);
  static const struct
  {
    const char *words;
    int n_dead;
  } good[] = { { "tier 7", 64 },
               { "stack 3", 20 },
               { "stack 3 tier 7", 1 },
               { " tier 4-9 ", 6 * 64 },
               { "stack 0-1 tier 2, tier 2 stack 1-2", 3 } };
  static const char *const bad[] = { "",       "tier",     "7",       "tier 20", "stack 64", "tier 7 tier 8",
                                     "tier x", "tier 3-2", "tier 1,," };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (StrataDieSpec) die = strata_die_spec_suppose (chip, good[i].words, &error);

      g_assert_no_error (error);
      g_assert_cmpint (die->n_dead, ==, good[i].n_dead);
    }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (strata_die_spec_suppose (chip, bad[i], &error));
      g_assert_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_FIELD);
      g_assert_nonnull (strstr (error->message, "write \"tier 7\""));
      g_clear_error (&error);
    }
}

static void
test_repair (void)
{
  /* 16 tiers and 4 spare ones, 256 rows and columns with 8 spare ones */
  g_autoptr (StrataDieSpec) die =
    parse ("chip: demonstrator\nserial: x\n"
           "dead_tiers: [{stack: 2, tier: 3}, {stack: 2, tier: 17}, {stack: 4, tier: 0-5}]\n"
           "dead_rows: [{stack: 2, tier: 1, rows: [0-8]}, {stack: 2, tier: 5, rows: [0-7]},\n"
           "            {stack: 4, tier: 9, rows: [0-9]}]\n");
  g_autoptr (StrataDieRepair) repair = strata_die_repair (die, -1), none = strata_die_repair (die, 0);
  const StrataDieArray *array = strata_die_repair_find (repair, (StrataSite){ 2, 3 });

  g_assert_cmpint (array->tier, ==, 16);
  g_assert_cmpint (array->rows, ==, 256);
  array = strata_die_repair_find (repair, (StrataSite){ 2, 1 }); /* nine dead rows of eight that can be */
  g_assert_cmpint (array->tier, ==, 18);
  g_assert_null (strata_die_repair_find (repair, (StrataSite){ 2, 5 }));
  array = strata_die_repair_find (repair, (StrataSite){ 4, 3 });
  g_assert_cmpint (array->tier, ==, 19);
  array = strata_die_repair_find (repair, (StrataSite){ 4, 4 });
  g_assert_cmpint (array->tier, ==, -1);
  g_assert_cmpint (array->rows, ==, 0);
  array = strata_die_repair_find (repair, (StrataSite){ 4, 9 });
  g_assert_cmpint (array->tier, ==, 9);
  g_assert_cmpint (array->rows, ==, 254);
  g_assert_cmpint (array->columns, ==, 256);
  g_assert_cmpint (repair->n_spare_tiers, ==, 6);
  g_assert_cmpint (repair->n_lost, ==, 2);
  g_assert_cmpint (repair->n_weak, ==, 1);
  g_assert_cmpint (repair->n_lines, ==, 8);
  g_assert_cmpint (none->n_spare_tiers, ==, 0);
  g_assert_cmpint (none->n_lost, ==, 7);
  g_assert_cmpint (none->n_weak, ==, 2);
}

/* Dead tiers drawn at random: per stack, as many are lost as there are more dead ones than spare tiers that work. */
static void
test_repair_counts (void)
{
  for (guint64 seed = 0; seed < 20; seed++)
    {
      StrataRngKey key = strata_rng_key (seed, 1);
      g_autoptr (GString) text = g_string_new ("chip: demonstrator\nserial: x\ndead_tiers: [{stack: 0, tier: 0}");
      g_autoptr (StrataDieSpec) die = NULL;
      g_autoptr (StrataDieRepair) repair = NULL;
      int n_lost = 0;

      for (int stack = 0; stack < 64; stack++)
        {
          int n_dead = stack == 0, n_spare = 4;

          for (int tier = stack == 0; tier < 20; tier++)
            if (strata_rng_uniform (key, (guint64) (stack * 20 + tier)) < 0.2)
              {
                g_string_append_printf (text, ", {stack: %d, tier: %d}", stack, tier);
                n_dead += tier < 16;
                n_spare -= tier >= 16;
              }
          n_lost += MAX (0, n_dead - n_spare);
        }
      g_string_append (text, "]\n");
      die = parse (text->str);
      repair = strata_die_repair (die, -1);
      g_assert_cmpint (repair->n_lost, ==, n_lost);
    }
}

static void
test_covers (void)
{
  g_autoptr (StrataChipSpec) whole = strata_chip_spec_parse ("base: phone\n", -1, "a.yaml", NULL);
  g_autoptr (StrataChipSpec) one = strata_chip_spec_parse ("base: phone\ndead: [[1, 2]]\n", -1, "b.yaml", NULL);
  g_autoptr (StrataChipSpec) two = strata_chip_spec_parse ("base: phone\ndead: [[1, 2], [3, 4]]\n", -1, "c.yaml", NULL);
  g_autoptr (StrataChipSpec) other = strata_chip_spec_parse ("base: phone\ntiers: 255\n", -1, "d.yaml", NULL);

  g_assert_true (strata_chip_spec_covers (two, one));
  g_assert_true (strata_chip_spec_covers (one, whole));
  g_assert_true (strata_chip_spec_covers (whole, whole));
  g_assert_false (strata_chip_spec_covers (one, two));
  g_assert_false (strata_chip_spec_covers (other, whole));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/chip/die/faults", test_faults);
  g_test_add_func ("/sdk/chip/die/text", test_text);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/chip/die/refuse/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_refusal);
    }
  g_test_add_func ("/sdk/chip/die/damage", test_damage);
  g_test_add_func ("/sdk/chip/die/words", test_words);
  g_test_add_func ("/sdk/chip/die/repair", test_repair);
  g_test_add_func ("/sdk/chip/die/repair-counts", test_repair_counts);
  g_test_add_func ("/sdk/chip/die/covers", test_covers);
  return g_test_run ();
}
