/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors of the API as arrays of the library, and back, without copies.
 */
#pragma once

#include "model/graph.h"
#include "strata/strata-tensor.h"

/* Fills @view with the tensor's shape and bytes; valid as long as the tensor; not to be written to or freed. */
void strata_tensor_view (StrataTensor *self, StrataArray *view);
/* @arrays: n of them, each taken; the vector itself is not. */
GPtrArray *strata_tensors_from_arrays (StrataArray **arrays, guint n) G_GNUC_WARN_UNUSED_RESULT;
