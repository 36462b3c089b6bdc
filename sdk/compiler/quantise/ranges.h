/* SPDX-License-Identifier: Apache-2.0
 *
 * From statistics to scale and zero point, and from real weights to integers.
 */
#pragma once

#include "compiler/quantise/calibrate.h"

/* Sets scale and zero point of @tensor, whose format is I8 or I16, from what was seen. @least_error: an int8
 * range is the one of least squared error; else the extremes. */
void strata_choose_scale (const StrataTensorStats *stats, gboolean least_error, StrataQTensor *tensor);

/* Sets slices and weight_max of @q, whose kind is set: the file's integers need what they need; float models use what
 * the chip's cells offer, and what calibration's choices say. */
void strata_quantise_levels (const StrataLoweredOp *op,
                             const StrataChipSpec *chip,
                             const StrataCalibration *calibration,
                             StrataQOp *q);

/* Fills weights, bias, weight_max (given), of @q from @op, and its scale per output into @scale. @input: of the
 * product;
 * @means: per input channel, for the correction of the bias, or NULL; @per_channel: a scale per output, else the
 * largest of them for all. */
gboolean strata_quantise_weights (const StrataLoweredOp *op,
                                  const StrataQTensor *input,
                                  const double *means,
                                  gboolean per_channel,
                                  StrataArena *arena,
                                  StrataQOp *q,
                                  double *scale,
                                  GError **error);
