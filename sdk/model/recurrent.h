/* SPDX-License-Identifier: Apache-2.0
 *
 * RNN, GRU and LSTM: what shape rule and executor share.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  gboolean batch_first, reverse;
  int n_directions;
  gint64 steps, batch, input, hidden;
} StrataRecurrent;

typedef enum
{
  STRATA_ACTIVATION_AFFINE,
  STRATA_ACTIVATION_ELU,
  STRATA_ACTIVATION_HARD_SIGMOID,
  STRATA_ACTIVATION_LEAKY_RELU,
  STRATA_ACTIVATION_RELU,
  STRATA_ACTIVATION_SCALED_TANH,
  STRATA_ACTIVATION_SIGMOID,
  STRATA_ACTIVATION_SOFTPLUS,
  STRATA_ACTIVATION_SOFTSIGN,
  STRATA_ACTIVATION_TANH,
  STRATA_ACTIVATION_THRESHOLDED_RELU,
} StrataActivation;

int strata_recurrent_n_gates (StrataOp op);
/* @x_dims of the input, @r_dims of the recurrence weights, 3 each */
gboolean strata_recurrent_read (
  const StrataNode *node, const gint64 *x_dims, const gint64 *r_dims, StrataRecurrent *recurrent, GError **error);
/* Fills up to 6 activations; returns how many belong to one direction, 0 with an error. */
int
strata_recurrent_activations (const StrataNode *node, int n_directions, StrataActivation *activations, GError **error);
