/* SPDX-License-Identifier: Apache-2.0
 *
 * Sizes of MatMulNBits: an n x k matrix of 4 or 8-bit codes, in blocks along k.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  gint64 n, k, block, n_blocks, zero_bytes; /* of packed zero points, per row of n */
  int bits;
} StrataLowBit;

gboolean strata_low_bit_read (const StrataGraph *graph, const StrataNode *node, StrataLowBit *low, GError **error);
