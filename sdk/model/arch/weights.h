/* SPDX-License-Identifier: Apache-2.0
 *
 * Gives the weightless constants of a configuration's graph the bytes of a checkpoint.
 */
#pragma once

#include "model/arch/config.h"
#include "model/arch/safetensors.h"

/* Binds by name (README: the names that one tensor may have). float32 stays in the mapped file; float16 and bfloat16
 * do too, as narrow values, until strata_graph_widen (). All or nothing: a missing or surplus tensor,
 * or one of another shape, is an error that names the first few. @fills (optional): those of bound values become
 * STRATA_FILL_NONE. */
gboolean strata_weights_bind (StrataGraph *graph,
                              const StrataTransformerConfig *config,
                              const StrataSafetensors *tensors,
                              GArray *fills,
                              GError **error);
