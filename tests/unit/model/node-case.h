/* SPDX-License-Identifier: Apache-2.0
 *
 * Models of one node, written in a line. Inputs, in the order of the operator: KIND SEED : DIMS, or KIND = NUMBERS :
 * DIMS, or "-" for one left out. Element i is, of kind f, ((37 i + 53 SEED) mod 101 - 50) / 64; of s, a scale,
 * ((37 i + 53 SEED) mod 101 + 1) / 1024; of u, uint8, (29 i + 71 SEED) mod 256; i, l, b and r are int32, int64, bool
 * and float32 whatever the type of f and s.
 */
#pragma once

#include "model/graph.h"

typedef struct
{
  const char *op; /* after its domain and a dot, where it is not ONNX's own */
  const char *inputs, *attrs, *outputs;
  int opset; /* of ONNX's own operators; com.microsoft is 1 */
} NodeCase;

/* The first input is the graph's, in @first; the others are constants. Elements of kinds f and s are @real. */
StrataGraph *node_case_parse (const NodeCase *c, StrataDtype real, StrataArray **first, GError **error);
