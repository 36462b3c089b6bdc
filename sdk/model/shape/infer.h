/* SPDX-License-Identifier: Apache-2.0
 *
 * The steps of strata_graph_infer (), for whoever must stop in between.
 */
#pragma once

#include "model/shape/fold-cost.h"
#include "model/shape/shapes.h"

/* Whether every input of the graph has a type and a shape */
gboolean strata_shape_size_inputs (StrataGraph *graph, GError **error);
/* Types and shapes of the outputs of node @index by its rule; then it is executed, where @budget allows that. */
gboolean strata_shape_infer_node (StrataGraph *graph, int index, StrataFoldBudget *budget, GError **error);
