/* SPDX-License-Identifier: Apache-2.0
 *
 * Options as the importer takes them.
 */
#pragma once

#include "model/graph.h"
#include "strata/strata-model-options.h"

/* The model of @path with what @options (NULL: none) decide. @fills: how weights that it lacks are drawn, or NULL. */
StrataGraph *strata_model_options_load (StrataModelOptions *options,
                                        const char *path,
                                        GArray **fills,
                                        GCancellable *cancellable,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
