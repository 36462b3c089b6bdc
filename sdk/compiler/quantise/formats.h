/* SPDX-License-Identifier: Apache-2.0
 *
 * Which format each tensor of a lowered graph takes.
 */
#pragma once

#include "compiler/quantise/calibrate.h"

/* One per tensor of @lowered, (transfer full): codes of the file stay int8; inputs of products are int8; what only sums
 * and outputs read is int16; products that feed a float output or a softmax write floats. */
StrataFormat *strata_choose_formats (const StrataLowered *lowered,
                                     const StrataTensorStats *stats) G_GNUC_WARN_UNUSED_RESULT;
