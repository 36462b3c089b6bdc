/* SPDX-License-Identifier: Apache-2.0
 *
 * A node's window in the terms of the kernels.
 */
#pragma once

#include "kernels/float-conv.h"
#include "model/graph.h"

/* @in and @out: [N, C, H, W], or [N, C, W] as height 1. */
StrataPlaneWindow strata_plane_window (const StrataWindow *window, const StrataArray *in, const StrataArray *out);
