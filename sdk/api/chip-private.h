/* SPDX-License-Identifier: Apache-2.0
 *
 * The description inside a chip object, for the rest of the facade.
 */
#pragma once

#include "chip/chip.h"
#include "strata/strata-chip.h"

const StrataChipSpec *strata_chip_get_spec (StrataChip *self);
