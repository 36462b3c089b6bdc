/* SPDX-License-Identifier: Apache-2.0
 *
 * MaxUnpool and Col2Im: what shape rule and executor share.
 */
#pragma once

#include "model/operands.h"

/* Of a MaxUnpool: the dimensions that its indices refer to */
gboolean strata_node_unpooled (const StrataGraph *graph, int node, gint64 *dims, GError **error);
/* Of a Col2Im: the window that walks over the image, and the output's dimensions */
gboolean strata_node_col2im (const StrataGraph *graph, int node, StrataExtents *extents, gint64 *dims, GError **error);
