/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes, weights and bursts of a program, counted from its graph, tiles and sites and compared with what its
 * instructions move and its execution runs. For tests: shares no count with program/work.
 */
#pragma once

#include "simulator/simulator.h"

/* Of one inference */
typedef struct
{
  gint64 loaded_bytes, summed_bytes, stored_bytes; /* to line buffers, to home stacks, to the hub */
  gint64 hop_bytes;                                /* bytes times links */
  gint64 n_weights;                                /* written, copies of matrices included */
  gint64 n_bursts;
} FlowTotals;

/* Fails the test where an edge receives other bytes than were sent to it, a route is no way between its nodes, a weight
 * of a copy is written not at all or twice, or a burst does not run exactly once. */
FlowTotals flow_check (const StrataImage *image);
