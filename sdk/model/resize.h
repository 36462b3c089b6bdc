/* SPDX-License-Identifier: Apache-2.0
 *
 * Resize and Upsample: scales and sizes per dimension, resolved once for shape rule and executor.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  gint64 size[STRATA_MAX_DIMS];                        /* of the output */
  double scale[STRATA_MAX_DIMS];                       /* output over input, as given */
  double start[STRATA_MAX_DIMS], end[STRATA_MAX_DIMS]; /* region of interest, 0 to 1 */
} StrataResize;

gboolean strata_operand_resize (const StrataGraph *graph, const StrataNode *node, StrataResize *resize, GError **error);
