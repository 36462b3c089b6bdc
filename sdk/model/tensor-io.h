/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors in files: NumPy's .npy (read and written) and ONNX's TensorProto .pb (read).
 */
#pragma once

#include "model/graph.h"

/* Reads by extension, .npy or .pb. Errors: STRATA_IMPORT_ERROR, "PATH: …". Blocks for the file. */
StrataArray *strata_array_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* .npy of version 1.0 to 3.0: little-endian, C order, the types that Strata has. Memory: the size of @bytes at most. */
StrataArray *strata_array_parse_npy (const guint8 *bytes, gsize n_bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* A TensorProto; data in other files are refused. */
StrataArray *strata_array_parse_pb (const guint8 *bytes, gsize n_bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Writes @path.partial and renames it: the file is whole or absent. Errors: G_IO_ERROR, "PATH: …". */
gboolean strata_array_save_npy (const StrataArray *array, const char *path, GError **error);
