/* SPDX-License-Identifier: Apache-2.0
 *
 * FlexAttention (ai.onnx.preview, version 1): attention whose scores and probabilities go through graphs of the node.
 */
#pragma once

#include "model/onnx/scope.h"

typedef struct
{
  StrataOnnxNodes *nodes;
  const StrataOnnxScope *scope;
  StrataWire *wire;                            /* around the node */
  const StrataWireField *score_mod, *prob_mod; /* GraphProto; NULL: none */
  const GPtrArray *inputs;                     /* queries, keys, values; names in the flat graph */
  const char *output, *prefix;                 /* of names inside */
  const float *scale;                          /* NULL: of the width */
  int index;
} StrataOnnxFlex;

/* Adds ordinary nodes that compute it. */
gboolean strata_onnx_flex_inline (const StrataOnnxFlex *flex, GError **error);
