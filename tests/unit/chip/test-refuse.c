/* SPDX-License-Identifier: Apache-2.0
 *
 * Descriptions that are wrong: each class of error with its exact place; hostile bytes end in an error.
 */
#include <math.h>

#include "base/rng.h"
#include "chip/chip.h"

typedef struct
{
  const char *name, *text;
  StrataChipError code;
  const char *message; /* start of it */
} Case;

#define FIELD STRATA_CHIP_ERROR_FIELD
#define CONTRADICTION STRATA_CHIP_ERROR_CONTRADICTION
#define SYNTAX STRATA_CHIP_ERROR_SYNTAX

static const Case cases[] = {
  { "unknown-key", "base: phone\n\ne_adcs: 4 pJ\n", FIELD,
    "x.yaml:3:1: e_adcs: unknown field; did you mean \"e_adc\"?" },
  { "far-key", "base: phone\nwattage: 4 pJ\n", FIELD, "x.yaml:2:1: wattage: unknown field; remove it" },
  { "duplicate-key", "base: phone\ntiers: 5\nrows: 8\ntiers: 6\n", FIELD,
    "x.yaml:4:1: tiers: a second time; it stands on line 2 already" },
  { "missing-unit", "base: phone\ne_adc: 4\n", FIELD, "x.yaml:2:8: e_adc: \"4\" has no unit; write it like \"4 pJ\"" },
  { "wrong-family", "base: phone\ne_adc: 4 mW\n", FIELD, "x.yaml:2:8: e_adc: \"4 mW\" is a power, not an energy" },
  { "unknown-unit", "base: phone\nt_adc: 4 parsec\n", FIELD,
    "x.yaml:2:8: t_adc: \"4 parsec\" has the unknown unit \"parsec\"; accepted: ps, ns, us" },
  { "unwanted-unit", "base: phone\ntiers: 4 ns\n", FIELD,
    "x.yaml:2:8: tiers: \"4 ns\" has a unit; write a plain number" },
  { "not-a-number", "base: phone\nt_adc: soon\n", FIELD, "x.yaml:2:8: t_adc: \"soon\" is not a time; write it like" },
  { "infinite", "base: phone\nt_adc: inf ns\n", FIELD, "x.yaml:2:8: t_adc: \"inf ns\" is not a time" },
  { "overflow", "base: phone\nt_adc: 1e999 ns\n", FIELD, "x.yaml:2:8: t_adc: \"1e999 ns\" is not a time" },
  { "hexadecimal", "base: phone\ntiers: 0x10\n", FIELD, "x.yaml:2:8: tiers: \"0x10\" is not a plain number" },
  { "out-of-range", "base: phone\nvdd: 12 V\n", FIELD,
    "x.yaml:2:6: vdd: \"12 V\" is out of range; 100 mV to 5 V is accepted" },
  { "negative", "base: phone\ne_adc: -4 pJ\n", FIELD, "x.yaml:2:8: e_adc: \"-4 pJ\" is out of range" },
  { "fraction", "base: phone\ntiers: 2.5\n", FIELD, "x.yaml:2:8: tiers: \"2.5\" is not a whole number" },
  { "band-out-of-range", "base: phone\noverhead: {nominal: 0.3,\n  conservative: 900}\n", FIELD,
    "x.yaml:3:17: overhead: \"900\" is out of range; 0 to 100" },
  { "unknown-band", "base: phone\ne_adc: {nominal: 4 pJ, worst: 9 pJ}\n", FIELD,
    "x.yaml:2:24: e_adc: unknown key \"worst\"; accepted: nominal, optimistic, conservative, source, tag" },
  { "band-of-a-plain-field", "base: phone\ntiers: {value: 4, optimistic: 9}\n", FIELD,
    "x.yaml:2:19: tiers: unknown key \"optimistic\"; accepted: value, source, tag" },
  { "no-nominal", "base: phone\ne_adc: {source: book}\n", FIELD, "x.yaml:2:8: e_adc: no nominal value" },
  { "unknown-tag", "base: phone\ne_adc: {nominal: 4 pJ, tag: guessed}\n", FIELD,
    "x.yaml:2:29: e_adc: unknown tag \"guessed\"; accepted: measured, published, derived, assumed" },
  { "list", "base: phone\ne_adc: [1 pJ, 2 pJ]\n", FIELD, "x.yaml:2:8: e_adc: a list; write a value" },
  { "required", "mesh_x: 4\n", FIELD, "x.yaml:1:1: mesh_y: missing" },
  { "unknown-base", "name: a\nbase: phoney\n", FIELD, "x.yaml:2:7: base: no shipped chip \"phoney\"" },
  { "unknown-mode", "base: phone\nmode: magic\n", FIELD,
    "x.yaml:2:7: mode: unknown word \"magic\"; accepted: composed, lumped" },
  { "unknown-cell", "base: phone\ncell_model: dna\n", FIELD,
    "x.yaml:2:13: cell_model: unknown word \"dna\"; accepted: memcapacitor, sonos" },
  { "narrow-sink", "base: phone\npackage: spreader\nsink: 20 mm\n", CONTRADICTION,
    "x.yaml:3:7: sink: a sink of 20 mm" },
  { "band-better-than-optimistic", "base: phone\ne_adc: {nominal: 4 pJ, optimistic: 5 pJ, conservative: 8 pJ}\n",
    CONTRADICTION,
    "x.yaml:2:18: e_adc: 4 pJ (5 pJ … 8 pJ): the optimistic value is at most the nominal one, the conservative at "
    "least" },
  { "band-of-a-time", "base: phone\nt_adc: {nominal: 50 ns, conservative: 40 ns}\n", CONTRADICTION,
    "x.yaml:2:18: t_adc: 50 ns (50 ns … 40 ns)" },
  { "band-of-what-should-be-more", "base: phone\nendurance: {nominal: 1e4, optimistic: 1e3}\n", CONTRADICTION,
    "x.yaml:2:22: endurance: 10000 (1000 … 10000): the optimistic value is at least" },
  { "dead-not-pairs", "base: phone\ndead: [3]\n", FIELD, "x.yaml:2:8: dead: not a pair" },
  { "dead-not-numbers", "base: phone\ndead: [[a, 1]]\n", FIELD, "x.yaml:2:9: dead: not a whole number" },
  { "stacks", "base: phone\nstacks: 63\n", CONTRADICTION,
    "x.yaml:2:9: stacks: 63 stacks on a mesh of 8 x 8; write stacks: 64" },
  { "arrays", "base: phone\nmesh_x: 200\nmesh_y: 300\ntiers: 4096\n", CONTRADICTION,
    "x.yaml:4:8: tiers: 245760000 arrays" },
  { "converters", "base: phone\nn_adc: 100\n", CONTRADICTION,
    "x.yaml:2:8: n_adc: 100 converters do not divide 512 columns" },
  { "slices", "base: phone\ncolumns: 512\nslices: 3\n", CONTRADICTION,
    "x.yaml:3:9: slices: 3 slices do not divide 512" },
  { "phases", "base: phone\ninput_bits: 4 bit\nphase_bits: 8 bit\n", CONTRADICTION,
    "x.yaml:3:13: phase_bits: 8 bits per phase" },
  { "summable", "base: planar\nsummable_tiers: 2\n", CONTRADICTION, "x.yaml:2:17: summable_tiers: 2 of 1 tiers" },
  { "lumped-energy", "base: phone\nmode: lumped\nt_mvm: 1 ns\n", CONTRADICTION,
    "x.yaml:2:7: mode: lumped, but e_mvm is missing" },
  { "lumped-time", "base: phone\nmode: lumped\ne_mvm: 1 nJ\n", CONTRADICTION,
    "x.yaml:2:7: mode: lumped, but t_mvm is missing" },
  { "composed-energy", "base: phone\ne_mvm: 1 nJ\n", CONTRADICTION, "x.yaml:2:8: e_mvm: given, but mode is composed" },
  { "interval", "base: ibm-3d\nt_interval: 200 ns\n", CONTRADICTION, "x.yaml:2:13: t_interval: an MVM takes t_mvm" },
  { "hub", "base: phone\nhub_y: 7.5\n", CONTRADICTION, "x.yaml:2:8: hub_y: the hub is off the mesh; 0 to 7" },
  { "dead-range", "base: phone\ndead: [[64, 0]]\n", CONTRADICTION, "x.yaml:2:7: dead: [64, 0] does not exist" },
  { "dead-twice", "base: phone\ndead: [[1, 2], [0, 1], [1, 2]]\n", CONTRADICTION,
    "x.yaml:2:7: dead: [1, 2] a second time" },
  { "junction", "base: phone\nt_junction_max: 40 degC\n", CONTRADICTION, "x.yaml:2:17: t_junction_max: the limit of" },
  { "ambient", "base: phone\nt_ambient: 60 degC\n", CONTRADICTION, "x.yaml:2:12: t_ambient: the limit of" },
  { "all-dead", "base: planar\nmesh_x: 1\nmesh_y: 1\ndead: [[0, 0]]\n", CONTRADICTION,
    "x.yaml:4:7: dead: every array is dead" },
  { "tab", "base: phone\n\ttiers: 1\n", SYNTAX, "x.yaml:2:1: not well-formed YAML" },
  { "unclosed", "base: \"phone\n", SYNTAX, "x.yaml:2:1: not well-formed YAML" },
  { "empty", "", SYNTAX, "x.yaml:1:1: a chip description is expected" },
  { "sequence", "- phone\n", SYNTAX, "x.yaml:1:1: a chip description is expected" },
  { "alias", "base: &p phone\nname: *p\n", SYNTAX, "x.yaml:1:7: anchors, aliases and tags are not accepted" },
  { "tag", "base: !!str phone\n", SYNTAX, "x.yaml:1:7: anchors, aliases and tags are not accepted" },
  { "deep", "a: {b: {c: {d: {e: 1}}}}\n", SYNTAX, "x.yaml:1:17: nested too deeply" },
  { "two-documents", "base: phone\n---\nbase: phone\n", SYNTAX, "x.yaml:2:1: a second document" },
  { "latin-1", "base: phone\nname: caf\xe9\n", SYNTAX, "x.yaml:2:10: not UTF-8" },
  { "escaped-zero", "base: phone\nname: \"a\\0b\"\n", SYNTAX, "x.yaml:2:7: a zero character" },
};

static void
test_case (gconstpointer data)
{
  const Case *item = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_parse (item->text, -1, "x.yaml", &error);

  g_assert_null (chip);
  g_assert_error (error, STRATA_CHIP_ERROR, (int) item->code);
  if (!g_str_has_prefix (error->message, item->message))
    g_error ("\"%s\" does not begin with \"%s\"", error->message, item->message);
  g_assert_null (strchr (error->message, '\n'));
}

static void
assert_refused (const char *bytes, gsize n_bytes, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_parse (bytes, (gssize) n_bytes, "x.yaml", &error);

  g_assert_null (chip);
  g_assert_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_SYNTAX);
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_zero_byte (void)
{
  assert_refused ("base: phone\0\n", 13, "x.yaml:1:12: a zero byte");
}

/* 100 MB scalar, a million open brackets, a million keys */
static void
test_huge (void)
{
  gsize n_bytes = 100 * 1000 * 1000;
  g_autofree char *scalar = g_malloc (n_bytes);
  g_autofree char *brackets = g_malloc (1 << 20);
  g_autoptr (GString) keys = g_string_new (NULL);

  memset (scalar, 'x', n_bytes);
  memcpy (scalar, "name: ", 6);
  assert_refused (scalar, n_bytes, "x.yaml:1:1: larger than 1 MiB");
  memset (brackets, '[', 1 << 20);
  memcpy (brackets, "a: ", 3);
  assert_refused (brackets, 1 << 20, "nested too deeply");
  while (keys->len < (1 << 20) - 8)
    g_string_append (keys, "a: b\n");
  assert_refused (keys->str, keys->len, "more than 65536 values");
}

/* Each alias of this doubles what stands before; written out it is 2^60 values. */
static void
test_alias_bomb (void)
{
  g_autoptr (GString) bomb = g_string_new ("a0: &a0 [x, x]\n");

  for (int i = 1; i < 60; i++)
    g_string_append_printf (bomb, "a%d: &a%d [*a%d, *a%d]\n", i, i, i - 1, i - 1);
  assert_refused (bomb->str, bomb->len, "x.yaml:1:5: anchors");
}

static void
test_not_found (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (strata_chip_spec_load ("phablet", &error));
  g_assert_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "demonstrator, phone"));
}

/* A description made by hand has no places; its check still speaks of fields. */
static void
test_check_by_hand (void)
{
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("phone", NULL);
  StrataChipSpec hand = *chip;
  g_autoptr (GError) error = NULL;

  hand.provenance = NULL;
  hand.n_provenance = 0;
  hand.path = NULL;
  g_assert_true (strata_chip_spec_check (&hand, &error));
  hand.overhead[STRATA_BAND_OPTIMISTIC] = NAN;
  g_assert_false (strata_chip_spec_check (&hand, &error));
  g_assert_true (g_str_has_prefix (error->message, "chip: overhead: out of range"));
  g_clear_error (&error);
  hand.overhead[STRATA_BAND_OPTIMISTIC] = 0.1;
  hand.n_adc = 3;
  g_assert_false (strata_chip_spec_check (&hand, &error));
  g_assert_true (g_str_has_prefix (error->message, "chip: n_adc: 3 converters"));
}

/* Flipped, cut and doubled bytes of a description: an answer or an error, never a crash, and what loads survives
 * printing. */
static void
test_flipped_bytes (void)
{
  const char *text = strata_chip_spec_text ("phone");
  gsize n_bytes = strlen (text);
  StrataRngKey key = strata_rng_key (20, 1);
  int n_loaded = 0;

  for (guint64 round = 0; round < 4000; round++)
    {
      g_autofree char *bytes = g_memdup2 (text, n_bytes);
      StrataRngBlock block = strata_rng_block (key, round, 0);
      int n_flips = 1 + (int) (block.word[0] % 3);
      gsize n_kept = block.word[1] % 8 == 0 ? block.word[2] % n_bytes : n_bytes;
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataChipSpec) chip = NULL;

      for (int i = 0; i < n_flips; i++)
        {
          StrataRngBlock flip = strata_rng_block (key, round, 1 + (guint64) i);

          bytes[flip.word[0] % n_bytes] ^= (char) (1 + flip.word[1] % 255);
        }
      chip = strata_chip_spec_parse (bytes, (gssize) n_kept, "x.yaml", &error);
      g_assert_true ((chip == NULL) == (error != NULL));
      if (chip == NULL)
        continue;
      g_autofree char *printed = strata_chip_spec_print (chip);
      g_autoptr (StrataChipSpec) again = strata_chip_spec_parse (printed, -1, "printed", &error);

      g_assert_no_error (error);
      g_assert_cmpuint (again->hash, ==, chip->hash);
      n_loaded++;
    }
  g_assert_cmpint (n_loaded, >, 100); /* flips in comments and sources are harmless */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sdk/chip/load/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/sdk/chip/load/zero-byte", test_zero_byte);
  g_test_add_func ("/sdk/chip/load/huge", test_huge);
  g_test_add_func ("/sdk/chip/load/alias-bomb", test_alias_bomb);
  g_test_add_func ("/sdk/chip/load/not-found", test_not_found);
  g_test_add_func ("/sdk/chip/check/by-hand", test_check_by_hand);
  g_test_add_func ("/sdk/chip/load/flipped-bytes", test_flipped_bytes);
  return g_test_run ();
}
