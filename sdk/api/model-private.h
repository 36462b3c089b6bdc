/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph inside a model object, for the rest of the facade.
 */
#pragma once

#include "model/graph.h"
#include "strata/strata-model.h"

const StrataGraph *strata_model_get_graph (StrataModel *self);
/* Checks tensors against the model's inputs and views them as arrays; @views and @pointers have room for every input.
 */
gboolean strata_model_view_inputs (
  StrataModel *self, GPtrArray *inputs, StrataArray *views, const StrataArray **pointers, GError **error);
