/* SPDX-License-Identifier: Apache-2.0
 *
 * How often the rows of an array rise, from how often each code is driven. Drivers hold a row from phase to phase, so
 * that only a change of its digit moves charge, and a rise alone takes it from the supply (C V^2 of hardware-facts 10.2
 * is that of a rise and the fall after it). Uniform codes of one bit a phase rise in 1/4 of the phases, which is what
 * alpha_toggle assumes of all data.
 */
#include "cost/toggles.h"

/* The digit of @code in @phase, of the two's complement where codes are negative, as a share of its range */
static double
digit_of (const StrataChipSpec *chip, int code, int phase)
{
  guint mask = (1u << chip->phase_bits) - 1;

  return (double) ((guint) code >> (phase * chip->phase_bits) & mask) / mask;
}

/* Mean rise from a digit of one distribution to an independent one of another */
static double
expect_rise (const StrataChipSpec *chip, const double *shares, int lowest, int from_phase, int to_phase)
{
  double rise = 0;

  for (int a = 0; a < STRATA_N_CODES; a++)
    {
      double from = digit_of (chip, lowest + a, from_phase);

      for (int b = 0; b < STRATA_N_CODES && shares[a] > 0; b++)
        rise += shares[a] * shares[b] * MAX (0, digit_of (chip, lowest + b, to_phase) - from);
    }
  return rise;
}

void
strata_cost_toggles (const StrataChipSpec *chip, const double *shares, int lowest, double *following, double *repeated)
{
  const int n_phases = strata_chip_phases (chip);
  double within = 0, again = 0;

  for (int a = 0; a < STRATA_N_CODES; a++)
    {
      for (int phase = 1; phase < n_phases; phase++)
        within += shares[a] * MAX (0, digit_of (chip, lowest + a, phase) - digit_of (chip, lowest + a, phase - 1));
      again += shares[a] * MAX (0, digit_of (chip, lowest + a, 0) - digit_of (chip, lowest + a, n_phases - 1));
    }
  *following = (within + expect_rise (chip, shares, lowest, n_phases - 1, 0)) / n_phases;
  *repeated = (within + again) / n_phases;
}
