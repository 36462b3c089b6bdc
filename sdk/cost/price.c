/* SPDX-License-Identifier: Apache-2.0
 *
 * What a chip costs to make (hardware-facts 8): wafers over good dies, then test, package and external memory once per
 * chip; and the same chip with other tiers and spares, for what repair buys. Spare rows, columns and tiers take area
 * and material like the others.
 */
#include "cost/cost.h"

#include <math.h>

/* Largest die: an exposure field of 26 x 33 mm. A larger chip is several; hardware-facts 8: 3,173 mm2 = 4. */
#define FIELD_MM2 858.0

double
strata_cost_made_mm2 (const StrataChipSpec *chip)
{
  StrataChipSpec made = *chip;

  made.rows += chip->spare_rows;
  made.columns += chip->spare_columns;
  made.tiers += chip->spare_tiers;
  return strata_cost_area (&made).die;
}

double
strata_cost_dies_per_wafer (double wafer_mm, double area_mm2)
{
  double n = G_PI * wafer_mm * wafer_mm / (4 * area_mm2) - G_PI * wafer_mm / sqrt (2 * area_mm2);

  return MAX (n, 0);
}

StrataPrice
strata_cost_price (const StrataChipSpec *chip)
{
  StrataPrice price = { .area_mm2 = strata_cost_made_mm2 (chip) };
  double dies;

  price.n_dies = (int) ceil (price.area_mm2 / FIELD_MM2);
  price.yield = strata_cost_yield (chip, price.area_mm2, price.n_dies);
  price.dies_per_wafer = strata_cost_dies_per_wafer (chip->wafer_mm, price.area_mm2 / price.n_dies);
  price.good_per_wafer = price.dies_per_wafer * price.yield.total;
  dies = price.n_dies / price.good_per_wafer; /* wafers for one chip */
  price.cmos_usd = dies * chip->cost_cmos_usd;
  /* infinitely many wafers times nothing */
  price.stack_usd = chip->cost_stack_usd > 0 ? dies * chip->cost_stack_usd : 0;
  price.bond_usd = chip->cost_bond_usd > 0 ? dies * chip->cost_bond_usd : 0;
  price.test_usd = chip->cost_test_usd;
  price.package_usd = chip->cost_package_usd;
  price.dram_usd = chip->cost_dram_usd;
  price.total_usd =
    price.cmos_usd + price.stack_usd + price.bond_usd + price.test_usd + price.package_usd + price.dram_usd;
  return price;
}

double
strata_cost_die_usd (const StrataChipSpec *chip)
{
  return strata_cost_price (chip).total_usd;
}

StrataChipSpec
strata_cost_vary (const StrataChipSpec *chip, const StrataCostVariant *variant)
{
  StrataChipSpec other = *chip;
  double n_before = chip->tiers + chip->spare_tiers;

  if (variant->tiers > 0)
    other.tiers = variant->tiers;
  if (variant->spare_tiers >= 0)
    other.spare_tiers = variant->spare_tiers;
  if (variant->spare_rows >= 0)
    other.spare_rows = variant->spare_rows;
  if (variant->spare_columns >= 0)
    other.spare_columns = variant->spare_columns;
  other.cost_stack_usd *= chip->stack_fixed + (1 - chip->stack_fixed) * (other.tiers + other.spare_tiers) / n_before;
  return other;
}
