/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program must meet.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

/**
 * StrataLimit:
 * @STRATA_LIMIT_MAX_LATENCY_PS: input in SRAM to output in SRAM, picoseconds
 * @STRATA_LIMIT_MIN_RATE_PER_S: inferences per second, steady state
 * @STRATA_LIMIT_MAX_POWER_MW: average power, milliwatts
 * @STRATA_LIMIT_MAX_ENERGY_FJ: energy per inference, femtojoules
 * @STRATA_LIMIT_MAX_JUNCTION_C: hottest node, degrees Celsius
 * @STRATA_LIMIT_MAX_SKIN_C: skin of the product, degrees Celsius
 *
 * Hard limits of a compilation.
 */
typedef enum
{
  STRATA_LIMIT_MAX_LATENCY_PS,
  STRATA_LIMIT_MIN_RATE_PER_S,
  STRATA_LIMIT_MAX_POWER_MW,
  STRATA_LIMIT_MAX_ENERGY_FJ,
  STRATA_LIMIT_MAX_JUNCTION_C,
  STRATA_LIMIT_MAX_SKIN_C,
} StrataLimit;

#define STRATA_N_LIMITS 6

#define STRATA_TYPE_REQUIREMENTS (strata_requirements_get_type ())

/**
 * StrataRequirements:
 *
 * A set of hard limits. Not thread-safe while it is being filled; the compiler copies it.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataRequirements, strata_requirements, STRATA, REQUIREMENTS, GObject)

/**
 * strata_requirements_new:
 *
 * Returns: (transfer full): requirements without any limit
 */
STRATA_API StrataRequirements *strata_requirements_new (void) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_requirements_set:
 * @self: requirements
 * @limit: which limit
 * @value: its value in the unit the limit's name ends with; NaN removes the limit
 *
 * Sets one limit.
 */
STRATA_API void strata_requirements_set (StrataRequirements *self, StrataLimit limit, double value);

/**
 * strata_requirements_get:
 * @self: requirements
 * @limit: which limit
 *
 * Returns: its value; NaN where there is none
 */
STRATA_API double strata_requirements_get (StrataRequirements *self, StrataLimit limit);

/**
 * strata_requirements_set_text:
 * @self: requirements
 * @limit: which limit
 * @text: a quantity with its unit, such as "2 ms", "300mW", "43degC" or "30/s"
 * @error: return location for a #GError
 *
 * Sets one limit from text. Fails with %STRATA_CHIP_ERROR_FIELD where the unit does not fit.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_requirements_set_text (StrataRequirements *self,
                                                  StrataLimit limit,
                                                  const char *text,
                                                  GError **error);

G_END_DECLS
