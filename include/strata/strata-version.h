/* SPDX-License-Identifier: Apache-2.0
 *
 * Version of the library, and quantities as text.
 */
#pragma once

#include <strata/strata-types.h>

G_BEGIN_DECLS

/**
 * strata_get_version:
 *
 * Returns: (transfer none): version of the library at run time, "MAJOR.MINOR.MICRO"
 */
STRATA_API const char *strata_get_version (void);

/**
 * strata_check_version:
 * @major: needed major version
 * @minor: needed minor version
 *
 * Returns: whether the library at run time is compatible and at least that new
 */
STRATA_API gboolean strata_check_version (int major, int minor);

/**
 * strata_quantity_to_text:
 * @value: a number
 * @unit: unit of @value as names end with it: "ps", "fj", "mw", "c", "count", "ratio", "bytes"
 *
 * Returns: (transfer full): three significant digits with SI prefix and unit, such as "41.3 µs"; "unavailable" for NaN
 */
STRATA_API char *strata_quantity_to_text (double value, const char *unit) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
