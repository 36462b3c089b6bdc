/* SPDX-License-Identifier: Apache-2.0
 *
 * Scales moved between neighbouring layers, channel by channel: exact in reals, kinder to integers and to arrays.
 */
#pragma once

#include "compiler/quantise/calibrate.h"

/* Chooses gains for the tensors of @lowered that allow it, from @stats, and brings the statistics to what the tensors
 * then hold; stats[t].gains in @arena, NULL: 1. */
void strata_equalise_choose (const StrataLowered *lowered, StrataTensorStats *stats, StrataArena *arena);
/* @lowered with weights, scales and biases that make the tensors so; what is not changed stays shared. In @arena. */
const StrataLowered *
strata_equalise_apply (const StrataLowered *lowered, const StrataTensorStats *stats, StrataArena *arena);
