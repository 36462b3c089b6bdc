/* SPDX-License-Identifier: Apache-2.0
 *
 * How much of each layer's analog noise arrives at the output, measured: the model runs on calibration samples with
 * noise of the predicted size put on one layer at a time.
 */
#pragma once

#include "compiler/lower/lowered.h"
#include "compiler/quantise/budget.h"

typedef struct
{
  int lowered, op; /* of the lowered and of the quantised graph */
  StrataNoiseBudget budget;
  double arriving;  /* mean square at the head, from one reading per product */
  gboolean is_last; /* it makes the head */
} StrataLayerNoise;

typedef struct
{
  StrataLayerNoise *layers; /* the products in crossbars, in their order */
  int n_layers;
  gboolean is_class; /* the head is a vector of classes: logits, where a softmax follows */
  double head_power; /* mean square of the head around its mean */
  double *margins;   /* n_samples x n_rivals: distance of the best class to the others; not classes: none */
  int n_samples, n_rivals;
  int n_runs; /* of the model */
} StrataSensitivity;

typedef struct
{
  const StrataGraph *graph;
  const StrataLowered *lowered;
  const StrataQGraph *quantised;
  const int *op_of; /* per lowered op: of the quantised graph */
  const double *const
    *gains; /* per lowered tensor, per channel: its reals are the model's times this; an entry NULL: 1 */
  const StrataChipSpec *chip;
  const StrataCalibration *calibration; /* samples given */
} StrataSensitivityInput;

/* NULL with *error set on failure; a model whose head cannot be observed has no layers. Samples and layers run in
 * parallel; the result does not depend on how. */
StrataSensitivity *strata_sensitivity_measure (const StrataSensitivityInput *input,
                                               GError **error) G_GNUC_WARN_UNUSED_RESULT;
void strata_sensitivity_free (StrataSensitivity *sensitivity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (StrataSensitivity, strata_sensitivity_free)

/* Whether the first output is a vector of classes, rather than numbers that are wanted as they are */
gboolean strata_sensitivity_is_class (const StrataLowered *lowered);

/* Share of the samples whose class noise of mean square @power per element of the head changes: the largest of the
 * probabilities that one rival passes the best class */
double strata_sensitivity_flips (const StrataSensitivity *sensitivity, double power);
