/* SPDX-License-Identifier: Apache-2.0
 *
 * A made-up but plausible run of any size, for tests and for pictures of the profiler: a convolutional network streamed
 * by rows over stacks of tiers, with links, vector unit, static energy, heat, accuracy, findings and limits. The same
 * options give the same records, and their sums close. Nothing in it is a model of a chip.
 */
#pragma once

#include "strata/sys/strata-trace.h"

typedef struct
{
  int mesh_x, mesh_y, n_tiers;
  int n_layers;
  gint64 n_events; /* without static ones; 0: a run at fidelity estimate */
  guint64 seed;
} StrataSyntheticOptions;

void strata_synthetic_options_init (StrataSyntheticOptions *options);

/* Sends begin, all records and end to @sink. */
gboolean strata_synthetic_run (const StrataSyntheticOptions *options, StrataTraceSink *sink, GError **error);
