/* SPDX-License-Identifier: Apache-2.0
 *
 * The die inside a StrataDie, for devices and for the rest of the facade.
 */
#pragma once

#include "chip/die.h"
#include "strata/strata-die.h"

/* Takes @spec; NULL passes through. */
StrataDie *strata_die_new_from_spec (StrataDieSpec *spec) G_GNUC_WARN_UNUSED_RESULT;
const StrataDieSpec *strata_die_get_spec (StrataDie *self);
int strata_die_get_n_spare_tiers (StrataDie *self);
/* As programs find it; valid as long as @self */
StrataDieState strata_die_get_state (StrataDie *self, StrataDieUse use);
