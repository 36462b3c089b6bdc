/* SPDX-License-Identifier: Apache-2.0
 *
 * The step from reals to integers, once it is known what every tensor holds.
 */
#pragma once

#include "compiler/quantise/calibrate.h"

typedef struct
{
  const StrataLowered *lowered;
  const StrataTensorStats *stats; /* per lowered tensor */
  const StrataChipSpec *chip;
  const StrataCalibration *calibration;
  StrataDecisions *decisions; /* where it says what computes each op, and why; NULL: nowhere */
  gboolean guessed;           /* @stats come from no samples of the user's */
  gboolean weightless;        /* nothing is known of any value */
} StrataIntegersInput;

/* Every product with as many reads as are asked for, else one. @op_of: (out) per lowered op its op, room for all. NULL
 * with *error set on failure. */
StrataQGraph *
strata_quantise_integers (const StrataIntegersInput *input, int *op_of, GError **error) G_GNUC_WARN_UNUSED_RESULT;
