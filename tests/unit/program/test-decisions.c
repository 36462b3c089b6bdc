/* SPDX-License-Identifier: Apache-2.0
 *
 * Decisions: the list, its check, the way into a program and back, and that they do not change what the program is.
 */
#include <math.h>
#include <string.h>

#include "lib/fixtures.h"

static StrataDecisions *
some (void)
{
  StrataDecisions *decisions = strata_decisions_new ();
  const StrataAlternative two = { "2 copies", 900, 450, 77, 2, "needs an array more than the chip has" };
  const StrataAlternative digital = { "digital units", -1, -1, -1, -1, NULL };

  strata_decisions_add (decisions, STRATA_REASON_COPIES, 0, -1, 1, "one copy: %d arrays are left", 0);
  strata_decisions_add_alternative (decisions, &two);
  strata_decisions_add_alternative (decisions, &digital);
  strata_decisions_add (decisions, STRATA_REASON_LIMIT, -1, -1, 0, "no limit");
  strata_decisions_add (decisions, STRATA_REASON_SITE, 1, 1, 19, "stack 1 tier 3");
  strata_decisions_add_alternative (decisions, &digital);
  strata_decisions_add_noise (
    decisions, &(StrataNoiseFigures){ 1, 4, 30.25, 4.733, 25.5, 40, 38, INFINITY, 45, 0.75, 8, 6, 1200 });
  return decisions;
}

static void
test_text (void)
{
  g_autoptr (StrataDecisions) decisions = some ();
  g_autofree char *text = strata_decisions_print (decisions);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (
    text, ==,
    "decisions 3 alternatives 3\n"
    "decision 0 copies op 0 tile -1 value 1 ; one copy: 0 arrays are left\n"
    "  or latency 900 interval 450 energy 77 arrays 2 ; 2 copies: needs an array more than the chip has\n"
    "  or latency -1 interval -1 energy -1 arrays -1 ; digital units: \n"
    "decision 1 limit op -1 tile -1 value 0 ; no limit\n"
    "decision 2 site op 1 tile 1 value 19 ; stack 1 tier 3\n"
    "  or latency -1 interval -1 energy -1 arrays -1 ; digital units: \n"
    "noise op 1 reads 4 snr 30.250 bits 4.733 thermal 25.500 cells 40.000 converter 38.000 lasting inf rounding 45.000 "
    "share 0.7500 adc 8 sound 6 drowned 1200\n");
  g_assert_cmpint (strata_decisions_find_noise (decisions, 1)->n_reads, ==, 4);
  g_assert_null (strata_decisions_find_noise (decisions, 0));
  g_assert_null (strata_decisions_find_noise (NULL, 0));
  g_assert_true (strata_decisions_check (decisions, 2, 2, &error));
  g_assert_no_error (error);
  strata_decisions_add (NULL, STRATA_REASON_IDLE, -1, -1, 0, "nobody listens");
}

static void
test_reasons (void)
{
  for (int i = 0; i < STRATA_N_REASONS; i++)
    {
      g_assert_cmpint (strata_reason_from_code (strata_reason_code (i)), ==, i);
      g_assert_cmpuint (strlen (strata_reason_meaning (i)), >, 0);
    }
  g_assert_cmpint (strata_reason_from_code ("because"), ==, STRATA_N_REASONS);
}

static void
test_append (void)
{
  g_autoptr (StrataDecisions) all = some (), more = some ();
  guint64 hash = strata_decisions_hash (all);

  g_assert_cmpuint (hash, ==, strata_decisions_hash (more));
  g_array_index (more->noise, StrataNoiseFigures, 0).op = 0;
  strata_decisions_append (all, more);
  g_assert_cmpuint (all->noise->len, ==, 2);
  g_assert_cmpuint (hash, !=, strata_decisions_hash (all));
  g_assert_cmpuint (all->decisions->len, ==, 6);
  g_assert_cmpint (g_array_index (all->decisions, StrataDecision, 5).first_alternative, ==, 5);
  g_assert_true (strata_decisions_check (all, 2, 2, NULL));
}

/* Each entry spoils one thing; all must be refused. */
static void
test_planted (void)
{
  g_autoptr (StrataDecisions) decisions = some ();
  StrataDecision *first = &g_array_index (decisions->decisions, StrataDecision, 0);
  StrataAlternative *other = &g_array_index (decisions->alternatives, StrataAlternative, 0);
  StrataNoiseFigures *noise = &g_array_index (decisions->noise, StrataNoiseFigures, 0);
  const struct
  {
    int *field, value;
  } numbers[] = {
    { (int *) &first->reason, STRATA_N_REASONS },
    { (int *) &first->reason, -1 },
    { &first->op, 2 },
    { &first->op, -2 },
    { &first->tile, 2 },
    { &first->tile, -2 },
    { &first->first_alternative, 1 },
    { &first->n_alternatives, 1 },
    { &first->n_alternatives, 4 },
    { &first->n_alternatives, -1 },
    { &noise->op, 2 },
    { &noise->op, -1 },
    { &noise->n_reads, 0 },
    { &noise->adc_bits, 5 },
  };
  const struct
  {
    const char **field, *value;
  } texts[] = {
    { &first->text, "two\nlines" }, { &first->text, "\xff" }, { &first->text, NULL },      { &other->what, "" },
    { &other->what, NULL },         { &other->what, "a\nb" }, { &other->verdict, "\xff" },
  };

  noise->share = NAN;
  g_assert_false (strata_decisions_check (decisions, 2, 2, NULL));
  noise->share = 1.5;
  g_assert_false (strata_decisions_check (decisions, 2, 2, NULL));
  noise->share = 0.75;
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      int before = *numbers[i].field;
      g_autoptr (GError) error = NULL;

      *numbers[i].field = numbers[i].value;
      g_assert_false (strata_decisions_check (decisions, 2, 2, &error));
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT);
      *numbers[i].field = before;
    }
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *before = *texts[i].field;

      *texts[i].field = texts[i].value;
      g_assert_false (strata_decisions_check (decisions, 2, 2, NULL));
      *texts[i].field = before;
    }
  other->energy_fj = -2;
  g_assert_false (strata_decisions_check (decisions, 2, 2, NULL));
  other->energy_fj = 77;
  g_assert_true (strata_decisions_check (decisions, 2, 2, NULL));
}

/* They travel with the program and are no part of what it is. */
static void
test_image (void)
{
  g_autoptr (StrataImage) image = fixtures_image (fixtures_tiny (), fixtures_chip ("demonstrator", 0, 0, 0));
  guint64 hash = image->hash;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) plain = strata_image_encode (image), told = NULL, again = NULL;
  g_autoptr (StrataImage) without = strata_image_decode (plain, "test", &error), back = NULL;

  g_assert_no_error (error);
  g_assert_null (without->decisions);
  image->decisions = some ();
  g_assert_cmpuint (strata_image_seal (image), ==, hash);
  told = strata_image_encode (image);
  back = strata_image_decode (told, "test", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (back->hash, ==, hash);
  g_assert_cmpuint (strata_decisions_hash (back->decisions), ==, strata_decisions_hash (image->decisions));
  again = strata_image_encode (back);
  g_assert_true (g_bytes_equal (told, again));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/program/decisions/text", test_text);
  g_test_add_func ("/sdk/program/decisions/reasons", test_reasons);
  g_test_add_func ("/sdk/program/decisions/append", test_append);
  g_test_add_func ("/sdk/program/decisions/planted", test_planted);
  g_test_add_func ("/sdk/program/decisions/image", test_image);
  return g_test_run ();
}
