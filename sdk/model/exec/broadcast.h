/* SPDX-License-Identifier: Apache-2.0
 *
 * Numpy broadcasting as strides: walks an output row by row and says where each operand's row begins.
 */
#pragma once

#include "model/graph.h"

#define STRATA_MAX_OPERANDS 3

typedef struct
{
  gint64 n_rows, row;               /* rows of the output, elements of one */
  gint64 step[STRATA_MAX_OPERANDS]; /* of each operand inside a row: 0 or 1 */
  int n_dims;                       /* above the row */
  gint64 dims[STRATA_MAX_DIMS];
  gint64 strides[STRATA_MAX_OPERANDS][STRATA_MAX_DIMS];
  gint64 index[STRATA_MAX_DIMS];
  gint64 offset[STRATA_MAX_OPERANDS]; /* of the current row, elements */
} StrataBroadcast;

void strata_broadcast_init (StrataBroadcast *walk, const StrataArray *out, const StrataArray *const *operands, int n);
void strata_broadcast_next (StrataBroadcast *walk);
