/* SPDX-License-Identifier: Apache-2.0
 *
 * What a die's test measured: converters and stuck cells of die files, where lines of an array lie after repair, and
 * dies drawn from a chip's rates.
 */
#include <math.h>
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

/* The text loads as the same die. */
static void
assert_prints (const StrataDieSpec *die)
{
  g_autofree char *text = strata_die_spec_print (die);
  g_autoptr (StrataDieSpec) again = parse (text);
  g_autofree char *text_again = strata_die_spec_print (again);

  g_assert_cmphex (again->hash, ==, die->hash);
  g_assert_cmpstr (text_again, ==, text);
}

static void
test_converters (void)
{
  g_autoptr (StrataDieSpec) die = parse ("chip: demonstrator\nserial: x\n"
                                         "converters:\n"
                                         "  - {stack: 3, converter: 5, gain: -1.2%, offset: 0.3 mV}\n"
                                         "  - {stack: 1-2, converter: 0-2, gain: [0.01, 0.02, -3%]}\n"
                                         "  - {stack: 3, converter: 5, gain: -0.012, offset: 300 uV}\n"
                                         "  - {stack: 7, offset: -10 uV}\n");
  g_autoptr (StrataDieSpec) other = parse ("chip: demonstrator\nserial: x\nconverters: [{gain: 1%}]\n");
  const StrataDieConverter *last;

  g_assert_cmpint (die->n_converters, ==, 2 * 3 + 1 + 32);
  g_assert_cmpint (die->converters[4].stack, ==, 2);
  g_assert_cmpint (die->converters[5].converter, ==, 2);
  g_assert_cmpfloat (die->converters[5].gain, ==, -0.03);
  g_assert_cmpfloat (die->converters[5].offset_v, ==, 0);
  g_assert_cmpfloat (die->converters[6].gain, ==, -0.012);
  g_assert_cmpfloat (die->converters[6].offset_v, ==, 0.0003);
  last = &die->converters[die->n_converters - 1];
  g_assert_cmpint (last->stack, ==, 7);
  g_assert_cmpint (last->converter, ==, 31);
  g_assert_cmpfloat (last->offset_v, ==, -1e-5);
  assert_prints (die);
  g_assert_cmpint (other->n_converters, ==, 64 * 32);
  assert_prints (other);
  g_assert_cmphex (die->hash, !=, other->hash);
}

static void
test_cells (void)
{
  g_autoptr (StrataDieSpec) die = parse ("chip: demonstrator\nserial: x\n"
                                         "dead_tiers: [{stack: 2, tier: 1}]\n"
                                         "stuck_cells:\n"
                                         "  - {stack: 3, tier: 19, row: 263, column: 0-2, line: minus, at: full}\n"
                                         "  - {stack: 3, tier: 19, row: 263, column: 1, line: minus, at: full}\n"
                                         "  - {stack: 0, tier: 1, row: 4, column: 9, line: pair, at: zero}\n"
                                         "  - {stack: 2, tier: 1, row: 4, column: 9, line: plus, at: zero}\n"
                                         "tested_cells: [{stack: 2}, {stack: 4, tier: 2-3}]\n");
  g_autoptr (StrataDieSpec) tested = parse ("chip: demonstrator\nserial: x\ntested_cells: [{stack: 4, tier: 2}]\n");
  g_autoptr (StrataDieSpec) nothing = parse ("chip: demonstrator\nserial: x\n");

  g_assert_cmpint (die->n_cells, ==, 2 + 3);
  g_assert_cmpint (die->cells[0].site.stack, ==, 0);
  g_assert_false (die->cells[0].minus);
  g_assert_true (die->cells[1].minus);
  g_assert_false (die->cells[1].full);
  g_assert_cmpint (die->cells[4].column, ==, 2);
  g_assert_true (die->cells[4].full);
  /* 20 tiers of stack 2 but the dead one, two of stack 4, and those of the cells */
  g_assert_cmpint (die->n_tested, ==, 19 + 2 + 2);
  assert_prints (die);
  assert_prints (tested);
  g_assert_cmphex (tested->hash, !=, nothing->hash);
}

typedef struct
{
  const char *name, *text, *message;
} Case;

#define HEAD "chip: phone\nserial: x\n"

static const Case cases[] = {
  { "converters-list", HEAD "converters: 7\n", "d.yaml:3:13: converters: not a list; write one like" },
  { "converters-entry", HEAD "converters: [7]\n", "d.yaml:3:14: converters: not an entry; write one like" },
  { "converters-key", HEAD "converters: [{gian: 1%}]\n", "d.yaml:3:15: converters: unknown key; write an entry like" },
  { "converters-twice", HEAD "converters: [{gain: 1%, gain: 2%}]\n",
    "d.yaml:3:25: converters: \"gain\" a second time" },
  { "converters-little", HEAD "converters: [{stack: 1}]\n", "d.yaml:3:14: converters: says too little" },
  { "converters-range", HEAD "converters: [{converter: 64, gain: 1%}]\n",
    "d.yaml:3:26: converters: 64 does not exist on phone; 0 to 63 does" },
  { "converters-unit", HEAD "converters: [{offset: 3 mW}]\n", "d.yaml:3:23: converters: offset: " },
  { "converters-gain", HEAD "converters: [{gain: 95%}]\n",
    "d.yaml:3:21: converters: gain: \"95%\" is out of range; -0.9 to 0.9 is accepted" },
  { "converters-offset", HEAD "converters: [{offset: -1.1 V}]\n",
    "d.yaml:3:23: converters: offset: \"-1.1 V\" is out of range; -1 to 1 V is accepted" },
  { "converters-values", HEAD "converters: [{converter: 0-3, gain: [1%, 2%]}]\n",
    "d.yaml:3:37: converters: gain: 2 values for 4 converters" },
  { "converters-value", HEAD "converters: [{gain: {a: 1}}]\n", "d.yaml:3:21: converters: gain: not a value" },
  { "converters-differ", HEAD "converters:\n  - {stack: 1, gain: 1%}\n  - {stack: 1, converter: 9, gain: 2%}\n",
    "d.yaml:5:5: converters: stack 1 converter 9 has other values on line 4" },
  { "cells-list", HEAD "stuck_cells: {}\n", "d.yaml:3:14: stuck_cells: not a list" },
  { "cells-key", HEAD "stuck_cells: [{stack: 1, teir: 1}]\n", "d.yaml:3:26: stuck_cells: unknown key" },
  { "cells-missing", HEAD "stuck_cells: [{stack: 1, tier: 1, row: 1, column: 1, at: zero}]\n",
    "d.yaml:3:15: stuck_cells: \"line\" is missing" },
  { "cells-row", HEAD "stuck_cells: [{stack: 1, tier: 1, row: 520, column: 1, line: plus, at: zero}]\n",
    "d.yaml:3:40: stuck_cells: 520 does not exist on phone; 0 to 519 does, spare ones included" },
  { "cells-line", HEAD "stuck_cells: [{stack: 1, tier: 1, row: 5, column: 1, line: both, at: zero}]\n",
    "d.yaml:3:60: stuck_cells: line: no such word; accepted: plus, minus, pair" },
  { "cells-at", HEAD "stuck_cells: [{stack: 1, tier: 1, row: 5, column: 1, line: pair, at: one}]\n",
    "d.yaml:3:70: stuck_cells: at: no such word; accepted: zero, full" },
  { "cells-differ",
    HEAD "stuck_cells:\n  - {stack: 1, tier: 1, row: 5, column: 1, line: pair, at: full}\n"
         "  - {stack: 1, tier: 1, row: 5, column: 1, line: minus, at: zero}\n",
    "d.yaml:5:5: stuck_cells: row 5 column 1 is stuck at the other end on line 4" },
  { "cells-many", HEAD "stuck_cells: [{stack: 1, tier: 1, row: 0-519, column: 0-519, line: pair, at: full}]\n",
    "d.yaml:3:15: stuck_cells: more than 262144 cells" },
  { "cells-text", HEAD "stuck_cells: [{stack: 1, tier: 1, row: 0-519, column: 0-99, line: pair, at: full}]\n",
    "d.yaml: names more than one die file holds" },
  { "tested", HEAD "tested_cells: [{stack: 64}]\n", "d.yaml:3:24: tested_cells: 64 does not exist on phone" },
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

/* What does not hold the order, the bounds or what a cell's array says is refused, not read. */
static void
test_check (void)
{
  static const char text[] = "chip: demonstrator\nserial: x\nconverters: [{stack: 1, converter: 0-1, gain: 1%}]\n"
                             "stuck_cells: [{stack: 0, tier: 1, row: 4, column: 9, line: pair, at: zero}]\n";

  for (int damage = 0; damage < 8; damage++)
    {
      g_autoptr (StrataDieSpec) die = parse (text);
      g_autoptr (GError) error = NULL;

      g_assert_true (strata_die_spec_check (die, &error));
      switch (damage)
        {
        case 0:
          die->converters[1].converter = 0;
          break;
        case 1:
          die->converters[1].stack = 64;
          break;
        case 2:
          die->converters[0].gain = (double) NAN;
          break;
        case 3:
          die->converters[0].offset_v = 1.5;
          break;
        case 4:
          die->cells[0].minus = TRUE;
          break;
        case 5:
          die->cells[1].column = 264;
          break;
        case 6:
          die->n_tested = 0;
          break;
        default:
          die->tested[0].tier = 20;
        }
      g_assert_false (strata_die_spec_check (die, &error));
      g_assert_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_CONTRADICTION);
    }
}

/* --- where lines lie --- */

static void
test_lines (void)
{
  g_autoptr (StrataDieSpec) die =
    parse ("chip: demonstrator\nserial: x\n"
           "dead_tiers: [{stack: 2, tier: 3}, {stack: 4, tier: 0-4}]\n"
           "dead_rows: [{stack: 1, tier: 4, rows: [3, 20, 256]}, {stack: 4, tier: 9, rows: [0-9]}]\n"
           "dead_columns: [{stack: 2, tier: 16, columns: [7]}]\n");
  g_autoptr (StrataDieRepair) repair = strata_die_repair (die, -1);
  int rows[256], columns[256];

  /* two dead rows go to the spare ones that work: 256 does not */
  g_assert_cmpint (strata_die_lines (die, repair, (StrataSite){ 1, 4 }, rows, columns), ==, 4);
  for (int i = 0; i < 256; i++)
    {
      g_assert_cmpint (rows[i], ==, i == 3 ? 257 : i == 20 ? 258 : i);
      g_assert_cmpint (columns[i], ==, i);
    }
  /* on a spare tier, with a dead column of its own */
  g_assert_cmpint (strata_die_lines (die, repair, (StrataSite){ 2, 3 }, rows, columns), ==, 16);
  g_assert_cmpint (columns[7], ==, 256);
  g_assert_cmpint (columns[8], ==, 8);
  /* four spare tiers for five */
  g_assert_cmpint (strata_die_lines (die, repair, (StrataSite){ 4, 4 }, rows, columns), ==, -1);
  g_assert_cmpint (rows[0], ==, -1);
  g_assert_cmpint (columns[255], ==, -1);
  /* ten dead rows of eight that can be: 254 work, and programs see those as the first */
  g_assert_cmpint (strata_die_lines (die, repair, (StrataSite){ 4, 9 }, rows, columns), ==, 9);
  for (int i = 0; i < 256; i++)
    g_assert_cmpint (rows[i], ==, i < 10 ? 254 + i : i < 254 ? i : -1);
  /* as it was made */
  g_assert_cmpint (strata_die_lines (die, NULL, (StrataSite){ 4, 9 }, rows, columns), ==, 9);
  for (int i = 0; i < 256; i++)
    g_assert_cmpint (rows[i], ==, i < 10 ? -1 : i);
  g_assert_cmpint (strata_die_lines (die, NULL, (StrataSite){ 2, 3 }, rows, columns), ==, -1);
}

/* Whatever is dead: as many lines as repair says lie on lines that work, no two on the same. */
static void
test_lines_at_random (void)
{
  for (guint64 seed = 0; seed < 30; seed++)
    {
      const StrataRngKey key = strata_rng_key (seed, 2);
      const double share = strata_rng_uniform (key, 0) * 0.06;
      g_autoptr (GString) text =
        g_string_new ("chip: demonstrator\nserial: x\ndead_rows: [{stack: 5, tier: 6, rows: [7");
      g_autoptr (StrataDieSpec) die = NULL;
      g_autoptr (StrataDieRepair) repair = NULL;
      gboolean dead[264] = { [7] = TRUE }, used[264] = { FALSE };
      int rows[256], columns[256], n_dead = 1, n = 0;

      for (int i = 8; i < 264; i++)
        if (strata_rng_uniform (key, (guint64) i) < share)
          {
            g_string_append_printf (text, ", %d", i);
            dead[i] = TRUE;
            n_dead++;
          }
      g_string_append (text, "]}]\n");
      die = parse (text->str);
      repair = strata_die_repair (die, 0);
      strata_die_lines (die, repair, (StrataSite){ 5, 6 }, rows, columns);
      for (int i = 0; i < 256; i++)
        if (rows[i] >= 0)
          {
            g_assert_false (dead[rows[i]] || used[rows[i]]);
            used[rows[i]] = TRUE;
            n++;
          }
      g_assert_cmpint (n, ==, MIN (256, 264 - n_dead));
    }
}

/* --- drawn --- */

static void
test_draw (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", &error);
  g_autoptr (StrataDieSpec) die = strata_die_spec_draw (chip, STRATA_BAND_NOMINAL, 7, &error);
  g_autoptr (StrataDieSpec) same = strata_die_spec_draw (chip, STRATA_BAND_NOMINAL, 7, &error);
  g_autoptr (StrataDieSpec) other = strata_die_spec_draw (chip, STRATA_BAND_NOMINAL, 8, &error);
  const double n_lines = 64.0 * 20 * 264, n_cells = n_lines * 264 * 2;
  double gain = 0, offset = 0;

  g_assert_no_error (error);
  g_assert_cmphex (die->hash, ==, same->hash);
  g_assert_cmphex (die->hash, !=, other->hash);
  g_assert_cmpstr (die->serial, ==, "demonstrator seed 7");
  assert_prints (die);
  /* rates of the chip: 1e-4 of the lines, 1e-5 of the cells either way, spreads of 1 % and 0.1 mV */
  g_assert_cmpfloat (fabs (die->n_rows - n_lines * 1e-4), <, 5 * sqrt (n_lines * 1e-4));
  g_assert_cmpfloat (fabs (die->n_columns - n_lines * 1e-4), <, 5 * sqrt (n_lines * 1e-4));
  g_assert_cmpfloat (fabs (die->n_cells - n_cells * 2e-5), <, 5 * sqrt (n_cells * 2e-5));
  g_assert_cmpint (die->n_tested, ==, 64 * 20);
  g_assert_cmpint (die->n_converters, ==, 64 * 32);
  for (int i = 0; i < die->n_converters; i++)
    {
      gain += die->converters[i].gain * die->converters[i].gain / die->n_converters;
      offset += die->converters[i].offset_v * die->converters[i].offset_v / die->n_converters;
    }
  g_assert_cmpfloat_with_epsilon (sqrt (gain), 0.01, 5 * 0.01 / sqrt (2 * 2048));
  g_assert_cmpfloat_with_epsilon (sqrt (offset), 1e-4, 5 * 1e-4 / sqrt (2 * 2048));
}

/* Whole arrays fail where the chip says so; a chip of which too much fails cannot be described; one with too many cells
 * leaves them to the program's draw. */
static void
test_draw_limits (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) poor =
    strata_chip_spec_parse ("base: demonstrator\narray_failure: 0.1\n", -1, "p", &error);
  g_autoptr (StrataChipSpec) dead = strata_chip_spec_parse ("base: demonstrator\nrow_failure: 0.1\n", -1, "p", &error);
  g_autoptr (StrataChipSpec) phone = strata_chip_spec_load ("phone", &error);
  g_autoptr (StrataDieSpec) die = strata_die_spec_draw (poor, STRATA_BAND_NOMINAL, 1, &error);
  g_autoptr (StrataDieSpec) large = strata_die_spec_draw (phone, STRATA_BAND_CONSERVATIVE, 1, &error);

  g_assert_no_error (error);
  g_assert_cmpfloat (fabs (die->n_dead - 128.0), <, 5 * sqrt (128));
  g_assert_cmpint (die->n_tested, ==, 64 * 20 - die->n_dead);
  g_assert_cmpint (large->n_tested + large->n_cells, ==, 0);
  g_assert_cmpint (large->n_converters, ==, 64 * 64);
  assert_prints (large);
  g_assert_null (strata_die_spec_draw (dead, STRATA_BAND_NOMINAL, 1, &error));
  g_assert_error (error, STRATA_CHIP_ERROR, STRATA_CHIP_ERROR_CONTRADICTION);
  g_assert_nonnull (strstr (error->message, "more than 8192 dead rows"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/chip/die-measured/converters", test_converters);
  g_test_add_func ("/sdk/chip/die-measured/cells", test_cells);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/sdk/chip/die-measured/refuse/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_refusal);
    }
  g_test_add_func ("/sdk/chip/die-measured/check", test_check);
  g_test_add_func ("/sdk/chip/die-measured/lines", test_lines);
  g_test_add_func ("/sdk/chip/die-measured/lines-at-random", test_lines_at_random);
  g_test_add_func ("/sdk/chip/die-measured/draw", test_draw);
  g_test_add_func ("/sdk/chip/die-measured/draw-limits", test_draw_limits);
  return g_test_run ();
}
