/* SPDX-License-Identifier: Apache-2.0
 *
 * A node's window in the terms of the kernels.
 */
#pragma once

#include "kernels/float-conv.h"
#include "model/graph.h"

/* @in and @out: [N, C, H, W], or [N, C, W] as height 1. */
StrataPlaneWindow strata_plane_window (const StrataWindow *window, const StrataArray *in, const StrataArray *out);

/* Elements between matrix @index of the broadcast stack @dims (n long) and the first one of @array, 2 or more dims */
gint64 strata_stack_offset (const StrataArray *array, const gint64 *dims, int n, gint64 index);
