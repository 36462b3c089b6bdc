/* SPDX-License-Identifier: Apache-2.0
 *
 * Shipped chips, for tests of the chip and of its formulas.
 */
#pragma once

#include "chip/chip.h"

/* To a share @tolerance of what is expected */
#define assert_within(actual, expected, tolerance)                                                                     \
  g_assert_cmpfloat_with_epsilon ((actual), (expected), (tolerance) * (expected))

static inline StrataChipSpec *
load (const char *name)
{
  g_autoptr (GError) error = NULL;
  StrataChipSpec *chip = strata_chip_spec_load (name, &error);

  g_assert_no_error (error);
  return chip;
}
