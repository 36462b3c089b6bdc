/* SPDX-License-Identifier: Apache-2.0
 *
 * TensorProto of ONNX: element type, dimensions and bytes, which stay in the mapped file.
 */
#pragma once

#include "model/graph.h"
#include "model/onnx/wire.h"

#define STRATA_ONNX_TENSOR_NAME 8 /* the field of TensorProto */

typedef struct
{
  StrataArena *arena;
  GPtrArray *backing; /* GBytes that results point into; NULL: results may be misaligned */
  const char *folder; /* of the model's file, which is mapped; NULL: there is none, and external data are refused */
  GHashTable *files;  /* external file name to GBytes, borrowed from @backing */
} StrataOnnxSource;

/* Reads the tensor inside @field. @value gets name, type, dims, data and n_bytes. Errors: STRATA_IMPORT_ERROR, after
 * "tensor NAME: ". */
gboolean strata_onnx_tensor (
  StrataOnnxSource *source, StrataWire *outer, const StrataWireField *field, StrataValue *value, GError **error);
