/* SPDX-License-Identifier: Apache-2.0
 *
 * Yield with repair against dies drawn fault by fault, models of the base die against each other, what spares buy, and
 * prices part by part (hardware-facts 8, H11).
 */
#include <math.h>

#include "base/rng.h"
#include "chip/die.h"
#include "cost/cost.h"

static StrataChipSpec *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  StrataChipSpec *chip = strata_chip_spec_parse (text, -1, "chip.yaml", &error);

  g_assert_no_error (error);
  return chip;
}

static void
assert_within (double value, double expected, double tolerance)
{
  if (!(fabs (value - expected) <= tolerance * fabs (expected)))
    g_error ("%.9g is not within %g of %.9g", value, tolerance, expected);
}

/* --- formulas --- */

static void
test_models (void)
{
  static const char *const names[] = { "negative-binomial", "poisson", "murphy", "bose-einstein" };
  double yield[4];

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *text = g_strdup_printf ("base: phone\nyield_model: %s\ncritical_layers: 4\n", names[i]);
      g_autoptr (StrataChipSpec) chip = parse (text);
      g_autofree char *printed = strata_chip_spec_print (chip);
      g_autoptr (StrataChipSpec) again = parse (printed);

      g_assert_cmphex (again->hash, ==, chip->hash);
      yield[i] = strata_cost_yield_base (chip, 21.3);
    }
  /* H11; exp (-0.0213); (1 - exp (-0.0213))^2 / 0.0213^2; 1.0213^-4 */
  assert_within (yield[0], 0.979, 0.001);
  assert_within (yield[1], 0.978925, 1e-5);
  assert_within (yield[2], 0.978962, 1e-5);
  assert_within (yield[3], 0.919151, 1e-5);
  /* clustering helps: one cluster is Bose-Einstein of one layer, ever finer ones are Poisson */
  assert_within (strata_cost_yield_negbinomial (100, 0.5, 1), strata_cost_yield_bose_einstein (100, 0.5, 1), 1e-12);
  assert_within (strata_cost_yield_negbinomial (100, 0.5, 1e7), strata_cost_yield_poisson (100, 0.5), 1e-6);
  g_assert_cmpfloat (strata_cost_yield_negbinomial (100, 0.5, 3), >, strata_cost_yield_murphy (100, 0.5));
  g_assert_cmpfloat (strata_cost_yield_murphy (100, 0.5), >, strata_cost_yield_poisson (100, 0.5));
}

static void
test_h11 (void)
{
  g_autoptr (StrataChipSpec) chip = parse ("base: phone\nspare_rows: 0\n");
  StrataYield yield = strata_cost_yield (chip, 21.3, 1);

  assert_within (yield.base, 0.979, 0.001);
  assert_within (yield.rows, 0.950, 0.001);
  assert_within (strata_cost_yield_negbinomial (21.3, 0.1, 3), pow (1 + 0.0213 / 3, -3), 1e-12);
  assert_within (strata_cost_yield_array (512, 0, 1e-4), pow (1 - 1e-4, 512), 1e-12);
}

/* A public cost model takes 0.999 for each of 32 bonds: 0.9685. */
static void
test_bonds (void)
{
  g_autoptr (StrataChipSpec) chip = parse ("base: phone\nbonds: 32\nbond_yield: 0.999\n");

  assert_within (strata_cost_yield (chip, 21.3, 1).bond, 0.9685, 1e-4);
}

static void
test_factors (void)
{
  g_autoptr (StrataChipSpec) chip = parse ("base: phone\nbonds: 3\nbond_yield: 0.99\ndecks: 4\ndeck_yield: 0.98\n"
                                           "array_failure: 0.001\n");
  StrataYield yield = strata_cost_yield (chip, 20, 1);

  assert_within (yield.bond, 0.99 * 0.99 * 0.99, 1e-12);
  assert_within (yield.deck, pow (0.98, 4), 1e-12);
  assert_within (yield.array, 0.999 * yield.rows * yield.columns, 1e-12);
  assert_within (yield.stacks, pow (yield.stack, 64), 1e-12);
  assert_within (yield.total, yield.base * yield.bond * yield.deck * yield.stacks, 1e-12);
}

/* --- against dies drawn at random --- */

/* TRUE where no more than @n_spares of @n_lines and the spares fail; uniform draws from *@next on */
static gboolean
draw_lines (StrataRngKey key, guint64 *next, int n_lines, int n_spares, double failure)
{
  int n_failed = 0;

  for (int i = 0; i < n_lines + n_spares; i += 4)
    {
      StrataRngBlock block = strata_rng_block (key, (*next)++, 0);

      for (int j = 0; j < MIN (4, n_lines + n_spares - i); j++)
        n_failed += block.word[j] * 0x1p-32 < failure;
    }
  return n_failed <= n_spares;
}

static gboolean
draw_stack (const StrataChipSpec *chip, StrataRngKey key, guint64 *next)
{
  int n_bad = 0;

  for (int tier = 0; tier < chip->tiers + chip->spare_tiers; tier++)
    {
      gboolean rows = draw_lines (key, next, chip->rows, chip->spare_rows, chip->row_failure);
      gboolean columns = draw_lines (key, next, chip->columns, chip->spare_columns, chip->row_failure);

      n_bad += !rows || !columns || !draw_lines (key, next, 1, 0, chip->array_failure);
    }
  return n_bad <= chip->spare_tiers;
}

/* A base die in a cluster: the density of a die is gamma distributed with shape alpha = 3, the sum of three exponential
 * draws, and a die without a defect works. */
static gboolean
draw_base (const StrataChipSpec *chip, double area_mm2, StrataRngKey key, guint64 *next)
{
  StrataRngBlock block = strata_rng_block (key, (*next)++, 0);
  double density = 0;

  for (int i = 0; i < 3; i++)
    density -= log1p (-(block.word[i] + 0.5) * 0x1p-32) / 3;
  return block.word[3] * 0x1p-32 < exp (-density * area_mm2 / 100 * chip->defects_per_cm2);
}

/* Within three standard deviations of the closed form */
static void
assert_share (int n_good, int n, double expected)
{
  double sigma = sqrt (expected * (1 - expected) / n);

  if (fabs ((double) n_good / n - expected) > 3 * sigma)
    g_error ("%d of %d are good; %.4f +- %.4f is expected", n_good, n, expected, sigma);
}

static void
test_monte_carlo (void)
{
  static const char *const spares[] = { "spare_rows: 2\nspare_columns: 2\nspare_tiers: 1\n",
                                        "spare_rows: 0\nspare_columns: 0\nspare_tiers: 6\n",
                                        "spare_rows: 3\nspare_columns: 1\nspare_tiers: 0\n" };
  const int n = 3000;

  for (guint i = 0; i < G_N_ELEMENTS (spares); i++)
    {
      g_autofree char *text = g_strconcat ("base: phone\nmesh_x: 2\nmesh_y: 2\ntiers: 8\nrows: 48\ncolumns: 64\n"
                                           "n_adc: 64\nrow_failure: 4e-3\narray_failure: 5e-3\ndefects: 3 1/cm2\n",
                                           spares[i], NULL);
      g_autoptr (StrataChipSpec) chip = parse (text);
      double area_mm2 = strata_cost_made_mm2 (chip);
      StrataYield yield = strata_cost_yield (chip, area_mm2, 1);
      int n_base = 0, n_stacks = 0, n_good = 0;
      StrataRngKey key = strata_rng_key (2026, i);
      guint64 next = 0;

      for (int die = 0; die < n; die++)
        {
          gboolean base = draw_base (chip, area_mm2, key, &next), whole = TRUE;

          for (int stack = 0; stack < chip->n_stacks; stack++)
            {
              gboolean works = draw_stack (chip, key, &next);

              n_stacks += works;
              whole = whole && works;
            }
          n_base += base;
          n_good += base && whole;
        }
      assert_share (n_base, n, yield.base);
      assert_share (n_stacks, n * chip->n_stacks, yield.stack);
      assert_share (n_good, n, yield.total);
      g_assert_cmpfloat (yield.total, >, 0.02); /* or the shares above would say nothing */
      g_assert_cmpfloat (yield.total, <, 0.95);
    }
}

/* --- prices --- */

static void
test_price (void)
{
  g_autoptr (StrataChipSpec) phone = parse ("base: phone\ncost_bond: 100 USD\n");
  StrataPrice price = strata_cost_price (phone);

  assert_within (price.good_per_wafer, price.dies_per_wafer * price.yield.total, 1e-12);
  assert_within (price.cmos_usd, 2700 / price.good_per_wafer, 1e-12);
  assert_within (price.stack_usd, 3000 / price.good_per_wafer, 1e-12);
  assert_within (price.bond_usd, 100 / price.good_per_wafer, 1e-12);
  assert_within (price.total_usd, 5800 / price.good_per_wafer + 0.5 + 1 + 3.5, 1e-12);
  g_assert_cmpint (price.n_dies, ==, 1);
  /* spare rows and columns cost circuits, not more than a hundredth of the die */
  g_assert_cmpfloat (price.area_mm2, >, strata_cost_area (phone).die);
  assert_within (price.area_mm2, strata_cost_area (phone).die, 0.01);
}

static void
test_several_dies (void)
{
  g_autoptr (StrataChipSpec) twin = parse ("base: planar-capacity\n");
  StrataPrice price = strata_cost_price (twin);

  g_assert_cmpint (price.n_dies, ==, 4);
  assert_within (price.yield.base, 0.49, 0.01);
  assert_within (price.cmos_usd, 4 * 2700 / price.good_per_wafer, 1e-12);
}

/* 8: without spares nothing ships; a spare never lowers the yield, and what it costs in silicon it returns. */
static void
test_repair (void)
{
  g_autoptr (StrataChipSpec) chip = parse ("base: phone\n");
  const StrataCostVariant none = { 0, 0, 0, 0 };
  StrataChipSpec bare = strata_cost_vary (chip, &none);
  double before = 0;

  g_assert_cmpfloat (strata_cost_yield_chip (&bare), <, 1e-9);
  g_assert_cmpfloat (strata_cost_die_usd (&bare), >, 1e6);
  for (int spares = 0; spares <= 16; spares++)
    {
      const StrataCostVariant variant = { 0, -1, spares, spares };
      StrataChipSpec other = strata_cost_vary (chip, &variant);
      StrataYield yield = strata_cost_yield (&other, 21.3, 1);

      g_assert_cmpfloat (yield.total, >=, before - 1e-12);
      before = yield.total;
    }
}

static void
test_variants (void)
{
  g_autoptr (StrataChipSpec) chip = parse ("base: phone\nstack_fixed: 0.3\n");
  const StrataCostVariant same = { 0, -1, -1, -1 }, twice = { 516, -1, -1, -1 };
  StrataChipSpec equal = strata_cost_vary (chip, &same), larger = strata_cost_vary (chip, &twice);

  assert_within (strata_cost_die_usd (&equal), strata_cost_die_usd (chip), 1e-12);
  g_assert_cmpint (larger.tiers, ==, 516);
  /* 520 of 260 tiers, spare ones included: 0.3 + 0.7 * 2 */
  assert_within (larger.cost_stack_usd, 3000 * 1.7, 1e-12);
  g_assert_cmpfloat (strata_cost_yield_chip (&larger), <=, strata_cost_yield_chip (chip));
}

/* The notes' price of tiers is that of 256: shipped chips that have other numbers pay what the phone chip with those
 * would. */
static void
test_stack_of_others (void)
{
  static const char *const names[] = { "demonstrator", "ibm-3d" };
  g_autoptr (StrataChipSpec) phone = strata_chip_spec_load ("phone", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (StrataChipSpec) chip = strata_chip_spec_load (names[i], NULL);
      const StrataCostVariant variant = { chip->tiers, chip->spare_tiers, -1, -1 };

      assert_within (chip->cost_stack_usd, strata_cost_vary (phone, &variant).cost_stack_usd, 0.005);
    }
}

/* Die files that are drawn, repaired: as many stacks have nothing lost or weak as the formulas say, and as many arrays
 * are whole by themselves. */
static void
test_drawn_dies (void)
{
  enum
  {
    N_DIES = 40
  };
  g_autoptr (StrataChipSpec) chip = parse ("base: demonstrator\nname: poor\nmesh_x: 4\nmesh_y: 4\ntiers: 12\nrows: 64\n"
                                           "columns: 64\nspare_rows: 2\nspare_columns: 2\nspare_tiers: 2\n"
                                           "row_failure: 0.01\narray_failure: 0.02\n");
  const StrataYield yield = strata_cost_yield (chip, 1, 1);
  const double n_stacks = N_DIES * 16, n_arrays = n_stacks * 12;
  int n_good = 0, n_whole = 0;

  for (guint64 seed = 0; seed < N_DIES; seed++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (StrataDieSpec) die = strata_die_spec_draw (chip, STRATA_BAND_NOMINAL, seed, &error);
      g_autoptr (StrataDieRepair) repair = NULL, none = NULL;

      g_assert_no_error (error);
      repair = strata_die_repair (die, -1);
      /* without spare tiers, what is not whole is lost or weak */
      none = strata_die_repair (die, 0);
      n_whole += 16 * 12 - none->n_lost - none->n_weak;
      for (int stack = 0; stack < 16; stack++)
        {
          gboolean good = TRUE;

          for (int tier = 0; tier < 12; tier++)
            {
              const StrataDieArray *array = strata_die_repair_find (repair, (StrataSite){ stack, tier });

              good = good && (array == NULL || (array->rows == 64 && array->columns == 64));
            }
          n_good += good;
        }
    }
  g_test_message ("stacks %.3f, formula %.3f; arrays %.4f, formula %.4f", n_good / n_stacks, yield.stack,
                  n_whole / n_arrays, yield.array);
  g_assert_cmpfloat (yield.stack, <, 0.95);
  g_assert_cmpfloat_with_epsilon (n_good / n_stacks, yield.stack,
                                  4 * sqrt (yield.stack * (1 - yield.stack) / n_stacks));
  g_assert_cmpfloat_with_epsilon (n_whole / n_arrays, yield.array,
                                  4 * sqrt (yield.array * (1 - yield.array) / n_arrays));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/cost/yield/models", test_models);
  g_test_add_func ("/sdk/cost/yield/h11", test_h11);
  g_test_add_func ("/sdk/cost/yield/factors", test_factors);
  g_test_add_func ("/sdk/cost/yield/bonds", test_bonds);
  g_test_add_func ("/sdk/cost/yield/monte-carlo", test_monte_carlo);
  g_test_add_func ("/sdk/cost/yield/repair", test_repair);
  g_test_add_func ("/sdk/cost/yield/drawn-dies", test_drawn_dies);
  g_test_add_func ("/sdk/cost/price/parts", test_price);
  g_test_add_func ("/sdk/cost/price/several-dies", test_several_dies);
  g_test_add_func ("/sdk/cost/price/variants", test_variants);
  g_test_add_func ("/sdk/cost/yield/stack-of-others", test_stack_of_others);
  return g_test_run ();
}
