/* SPDX-License-Identifier: Apache-2.0
 *
 * What the compiler asks of a simulator before there is a program: how noisy the products of a graph come out on
 * samples that their converters were not calibrated with.
 */
#pragma once

#include "program/image.h"

typedef struct
{
  const StrataImage *image;   /* graph, tiles, chip and calibration samples; no placement, no schedule */
  StrataArray *const *inputs; /* n_samples x n_inputs */
  int n_samples;
  guint64 seed;
  GCancellable *cancellable;
} StrataTrial;

/* Fills @noise, per op of the graph: mean square error of its sums against exact integers with the same inputs, over
 * the mean square of those; NaN: it has none. @n_changed: samples whose largest output is another than exact integers
 * give. The same for the same trial, whatever the number of threads. */
typedef gboolean (*StrataTrialFunc) (const StrataTrial *trial, double *noise, int *n_changed, GError **error);
