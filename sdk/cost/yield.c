/* SPDX-License-Identifier: Apache-2.0
 *
 * Yield with repair, dies per wafer, cost of a chip, programming (hardware-facts 8).
 */
#include "cost/cost.h"

#include <math.h>

#define CM2_PER_MM2 0.01
#define RETICLE_MM2 800.0 /* largest die; a larger chip is several, hardware-facts 8: 3,173 mm2 = 4 dies */

double
strata_cost_yield_negbinomial (double area_mm2, double defects_per_cm2, double alpha)
{
  return pow (1 + area_mm2 * CM2_PER_MM2 * defects_per_cm2 / alpha, -alpha);
}

double
strata_cost_yield_poisson (double area_mm2, double defects_per_cm2)
{
  return exp (-area_mm2 * CM2_PER_MM2 * defects_per_cm2);
}

double
strata_cost_yield_murphy (double area_mm2, double defects_per_cm2)
{
  double n_defects = area_mm2 * CM2_PER_MM2 * defects_per_cm2;
  double mean = n_defects > 0 ? -expm1 (-n_defects) / n_defects : 1;

  return mean * mean;
}

/* log (n!); lgamma () itself writes a global. */
static double
log_factorial (int n)
{
  int sign;

  return lgamma_r (n + 1.0, &sign);
}

/* Probability that of @n_parts + @n_spares parts at most @n_spares fail, each with @p; terms in logarithms, for p^k and
 * the binomials leave the range of doubles. */
static double
yield_with_spares (int n_parts, int n_spares, double p)
{
  int n = n_parts + n_spares;
  double sum = 0;

  if (p <= 0)
    return 1;
  if (p >= 1)
    return 0;
  for (int k = 0; k <= n_spares; k++)
    sum += exp (log_factorial (n) - log_factorial (k) - log_factorial (n - k) + k * log (p) + (n - k) * log1p (-p));
  return MIN (sum, 1);
}

double
strata_cost_yield_array (int n_rows, int n_spares, double row_failure)
{
  return yield_with_spares (n_rows, n_spares, row_failure);
}

double
strata_cost_yield_stack (int n_tiers, int n_spares, double y_array)
{
  return yield_with_spares (n_tiers, n_spares, 1 - y_array);
}

/* Yield of one of @n_dies equal parts of the chip: its base die and its stacks. */
static double
yield_part (const StrataChipSpec *chip, int n_dies)
{
  double area_mm2 = strata_cost_area (chip).die / n_dies;
  double y_array = strata_cost_yield_array (chip->rows, chip->spare_rows, chip->row_failure)
                   * strata_cost_yield_array (chip->columns, chip->spare_columns, chip->row_failure);
  double y_stack = strata_cost_yield_stack (chip->tiers, chip->spare_tiers, y_array);

  return strata_cost_yield_negbinomial (area_mm2, chip->defects_per_cm2, chip->yield_alpha)
         * pow (y_stack, (double) chip->n_stacks / n_dies);
}

double
strata_cost_yield_chip (const StrataChipSpec *chip)
{
  return yield_part (chip, 1);
}

double
strata_cost_dies_per_wafer (double wafer_mm, double area_mm2)
{
  double n = G_PI * wafer_mm * wafer_mm / (4 * area_mm2) - G_PI * wafer_mm / sqrt (2 * area_mm2);

  return MAX (n, 0);
}

/* Test, package and external memory once per chip. Infinite where no die works or none fits the wafer. */
double
strata_cost_die_usd (const StrataChipSpec *chip)
{
  double area_mm2 = strata_cost_area (chip).die;
  int n_dies = (int) ceil (area_mm2 / RETICLE_MM2);
  double good_per_wafer = strata_cost_dies_per_wafer (chip->wafer_mm, area_mm2 / n_dies) * yield_part (chip, n_dies);
  double silicon_usd = n_dies * (chip->cost_cmos_usd + chip->cost_stack_usd) / good_per_wafer;

  return silicon_usd + chip->cost_test_usd + chip->cost_package_usd + chip->cost_dram_usd;
}

gint64
strata_cost_program_ps (const StrataChipSpec *chip, StrataBand band, gint64 n_rows)
{
  double ps = (double) n_rows * chip->t_program_row_ps[band] / chip->program_parallel;

  return ps >= (double) STRATA_COST_MOST ? STRATA_COST_MOST : (gint64) ceil (ps);
}

double
strata_cost_program_fj (const StrataChipSpec *chip, StrataBand band, gint64 n_cells)
{
  return n_cells * chip->e_program_cell_fj[band];
}
