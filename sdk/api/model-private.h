/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph inside a model object, for the rest of the facade.
 */
#pragma once

#include "model/exec/executor.h"
#include "strata/strata-model.h"

/* Takes @graph, and @fills (nullable): a StrataFill per value, for weights that are drawn from @seed when saved. */
StrataModel *strata_model_new_from_graph (StrataGraph *graph, GArray *fills, guint64 seed) G_GNUC_WARN_UNUSED_RESULT;
const StrataGraph *strata_model_get_graph (StrataModel *self);
/* Held while what loading weights changes is read by those that do not load them: bytes of constants, and the list of
 * what they point into. */
GMutexLocker *strata_model_hold_weights (StrataModel *self) G_GNUC_WARN_UNUSED_RESULT;
/* Makes weights that a checkpoint has in half precision float32: once, before anything computes with the graph. */
gboolean strata_model_load_weights (StrataModel *self, GError **error);
/* NULL where nothing is drawn */
const GArray *strata_model_get_fills (StrataModel *self, guint64 *seed);
/* Prepared by the first call and kept; any thread may run it. (transfer none) */
StrataExecutor *strata_model_get_executor (StrataModel *self, GCancellable *cancellable, GError **error);
/* Checks tensors against the model's inputs and views them as arrays; @views and @pointers have room for every input.
 */
gboolean strata_model_view_inputs (
  StrataModel *self, GPtrArray *inputs, StrataArray *views, const StrataArray **pointers, GError **error);
