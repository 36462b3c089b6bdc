/* SPDX-License-Identifier: Apache-2.0
 *
 * Scales moved between neighbouring layers, channel by channel: exact in reals, kinder to integers and to arrays.
 */
#pragma once

#include "compiler/quantise/calibrate.h"

/* Chooses gains for the tensors of @lowered that allow it, from @stats, and brings the statistics to what the tensors
 * then hold; stats[t].gains in @arena, NULL: 1. */
void strata_equalise_choose (const StrataLowered *lowered, StrataTensorStats *stats, StrataArena *arena);
/* @lowered with weights, scales, biases and digital models that make the tensors so; what is not changed stays shared.
 * In @arena; @models, (element-type GBytes): what must live as long. NULL with *error set on failure. */
const StrataLowered *strata_equalise_apply (const StrataLowered *lowered,
                                            const StrataTensorStats *stats,
                                            StrataArena *arena,
                                            GPtrArray *models,
                                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* rescale.c. Gains between digital ops and the products that alone read them: chosen, and put into the digital model.
 */
void strata_rescale_choose (const StrataLowered *lowered, StrataTensorStats *stats, StrataArena *arena);
GBytes *strata_rescale_model (const StrataLoweredOp *op,
                              const StrataLoweredTensor *tensor,
                              const double *gains,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* What the tensor holds once its channels are multiplied */
void strata_equalise_scale (StrataTensorStats *stats, int channels, const double *gains);
/* Readers of each tensor; tensors of a value that several share count more. In @arena */
int *strata_equalise_count_readers (const StrataLowered *lowered, StrataArena *arena);
