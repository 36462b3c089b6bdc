/* SPDX-License-Identifier: Apache-2.0
 *
 * Small random networks of the operators that compilers meet, as source graphs with weights.
 */
#pragma once

#include "model/graph.h"

/* A chain of convolutions (dense, strided, depthwise), activations, pools and sums, then a dense head; drawn from
 * @seed. */
StrataGraph *random_graph_new (guint64 seed);
