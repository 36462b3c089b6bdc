/* SPDX-License-Identifier: Apache-2.0
 *
 * Yield with repair (hardware-facts 8), and programming. An array works when no more of its rows, and of its columns,
 * fail than it has spare ones, and it does not fail as a whole; a stack when no more of its arrays fail than it has
 * spare tiers; a chip when its base die, its bonds, its decks and all of its stacks work. Failures are independent but
 * for the clustering of the base die's defects.
 */
#include "cost/cost.h"

#include <math.h>

#define CM2_PER_MM2 0.01

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

double
strata_cost_yield_bose_einstein (double area_mm2, double defects_per_cm2, int n_layers)
{
  return pow (1 + area_mm2 * CM2_PER_MM2 * defects_per_cm2, -n_layers);
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

double
strata_cost_yield_base (const StrataChipSpec *chip, double area_mm2)
{
  switch (chip->yield_model)
    {
    case STRATA_YIELD_POISSON:
      return strata_cost_yield_poisson (area_mm2, chip->defects_per_cm2);
    case STRATA_YIELD_MURPHY:
      return strata_cost_yield_murphy (area_mm2, chip->defects_per_cm2);
    case STRATA_YIELD_BOSE_EINSTEIN:
      return strata_cost_yield_bose_einstein (area_mm2, chip->defects_per_cm2, chip->critical_layers);
    case STRATA_YIELD_NEGATIVE_BINOMIAL:
    default:
      return strata_cost_yield_negbinomial (area_mm2, chip->defects_per_cm2, chip->yield_alpha);
    }
}

StrataYield
strata_cost_yield (const StrataChipSpec *chip, double area_mm2, int n_dies)
{
  StrataYield yield = {
    .base = strata_cost_yield_base (chip, area_mm2 / n_dies),
    .bond = pow (chip->bond_yield, chip->n_bonds),
    .deck = pow (chip->deck_yield, chip->n_decks),
    .rows = strata_cost_yield_array (chip->rows, chip->spare_rows, chip->row_failure),
    .columns = strata_cost_yield_array (chip->columns, chip->spare_columns, chip->row_failure),
  };

  yield.array = (1 - chip->array_failure) * yield.rows * yield.columns;
  yield.stack = strata_cost_yield_stack (chip->tiers, chip->spare_tiers, yield.array);
  yield.stacks = pow (yield.stack, (double) chip->n_stacks / n_dies);
  yield.total = yield.base * yield.bond * yield.deck * yield.stacks;
  return yield;
}

double
strata_cost_yield_chip (const StrataChipSpec *chip)
{
  return strata_cost_yield (chip, strata_cost_made_mm2 (chip), 1).total;
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
