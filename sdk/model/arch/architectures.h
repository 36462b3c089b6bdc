/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of built-in architectures (architectures.def) and the way from a name to a graph.
 */
#pragma once

#include "model/arch/layers.h"

/* Makes inputs, nodes and outputs; errors stay in @layers. */
typedef void (*StrataArchitectureFunc) (StrataLayers *layers);

typedef struct
{
  const char *name; /* as typed */
  StrataArchitectureFunc build;
  int opset;
  gint64 n_parameters, n_macs; /* as published: strata_graph_n_trainable (), strata_graph_n_macs () */
  const char *source, *description;
} StrataArchitecture;

/* NULL and an error that names the nearest, STRATA_IMPORT_ERROR_NOT_FOUND, where there is none. */
const StrataArchitecture *strata_architecture_find (const char *name, GError **error);
/* A graph with weightless constants; @fills as in strata_layers_finish (). */
StrataGraph *strata_architecture_make (const StrataArchitecture *architecture,
                                       GArray **fills,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

#define STRATA_ARCHITECTURE(id, name, builder, ...) void strata_arch_##builder (StrataLayers *layers);
#include "model/arch/architectures.def"
#undef STRATA_ARCHITECTURE
