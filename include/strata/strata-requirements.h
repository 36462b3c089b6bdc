/* SPDX-License-Identifier: Apache-2.0
 *
 * What a program must meet.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_REQUIREMENTS (strata_requirements_get_type ())

/**
 * StrataRequirements:
 *
 * A set of hard limits, and what to make small within them. Not thread-safe while it is being filled; the compiler
 * copies it.
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
 * @text: a quantity with its unit, such as "2 ms", "300mW", "43degC", "30/s" or "90 %"
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

/**
 * strata_requirements_set_objective:
 * @self: requirements
 * @objective: what to make small within the limits; default %STRATA_OBJECTIVE_ARRAYS
 *
 * Chooses between programs that all meet the limits.
 */
STRATA_API void strata_requirements_set_objective (StrataRequirements *self, StrataObjective objective);

/**
 * strata_requirements_get_objective:
 * @self: requirements
 *
 * Returns: what is made small within the limits
 */
STRATA_API StrataObjective strata_requirements_get_objective (StrataRequirements *self);

G_END_DECLS
