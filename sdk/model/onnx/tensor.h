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
  StrataGraph *graph; /* told of the files; NULL: nobody is */
  const char *folder; /* of the model's file, which is mapped; NULL: there is none, and external data are refused */
  char *real_folder;  /* the same without links; NULL until needed */
  GHashTable *files;  /* location, and path without links, to GBytes, borrowed from @backing */
  GArray *ranges;     /* of external files that tensors take, in the order of reading */
} StrataOnnxSource;

void strata_onnx_source_init (StrataOnnxSource *source, StrataArena *arena, GPtrArray *backing, const char *folder);
void strata_onnx_source_clear (StrataOnnxSource *source);

/* The bytes at @offset of the file @location in the model's folder, up to @n_bytes, of the tensor @name (in the arena).
 * The file is a regular one inside the folder, also behind links. */
const guint8 *strata_onnx_external (
  StrataOnnxSource *source, const char *name, const char *location, guint64 offset, guint64 n_bytes, GError **error);
/* Refuses tensors that share a part of their bytes; the same bytes under two names are tied weights. */
gboolean strata_onnx_check_overlaps (const StrataOnnxSource *source, GError **error);

/* Reads the tensor inside @field. @value gets name, type, dims, data and n_bytes. Errors: STRATA_IMPORT_ERROR, after
 * "tensor NAME: ". */
gboolean strata_onnx_tensor (
  StrataOnnxSource *source, StrataWire *outer, const StrataWireField *field, StrataValue *value, GError **error);
