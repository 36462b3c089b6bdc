/* SPDX-License-Identifier: Apache-2.0
 *
 * A typed, shaped block of bytes.
 */
#pragma once

#include <gio/gio.h>
#include <strata/strata-types.h>

G_BEGIN_DECLS

#define STRATA_TYPE_TENSOR (strata_tensor_get_type ())

/**
 * StrataTensor:
 *
 * An immutable tensor: element type, shape, and little-endian bytes in C order. Thread-safe, as nothing of it changes.
 */
STRATA_API
G_DECLARE_FINAL_TYPE (StrataTensor, strata_tensor, STRATA, TENSOR, GObject)

/**
 * strata_tensor_new:
 * @dtype: element type
 * @dims: (array length=n_dims) (nullable): shape, each at least 0
 * @n_dims: number of dimensions, 0 (a scalar) to 8
 * @bytes: (transfer none): exactly product (@dims) × size of @dtype bytes; kept by reference, not copied
 * @error: return location for a #GError
 *
 * Makes a tensor around bytes. Fails with %STRATA_DEVICE_ERROR_INPUT where bytes and shape disagree. Does not block.
 *
 * Returns: (transfer full): the tensor
 */
STRATA_API StrataTensor *strata_tensor_new (
  StrataDtype dtype, const gint64 *dims, guint n_dims, GBytes *bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_tensor_load:
 * @path: (type filename): a file ending in .npy (NumPy, C order) or .pb (ONNX TensorProto)
 * @error: return location for a #GError
 *
 * Reads a tensor. Fails with %STRATA_IMPORT_ERROR. Blocks for the file.
 *
 * Returns: (transfer full): the tensor
 */
STRATA_API StrataTensor *strata_tensor_load (const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * strata_tensor_save:
 * @self: a tensor
 * @path: (type filename): file to write, NumPy format; written beside and renamed, so that it is whole or absent
 * @error: return location for a #GError
 *
 * Writes a tensor. Blocks for the file.
 *
 * Returns: %TRUE on success
 */
STRATA_API gboolean strata_tensor_save (StrataTensor *self, const char *path, GError **error);

/**
 * strata_tensor_get_dtype:
 * @self: a tensor
 *
 * Returns: its element type
 */
STRATA_API StrataDtype strata_tensor_get_dtype (StrataTensor *self);

/**
 * strata_tensor_get_shape:
 * @self: a tensor
 * @n_dims: (out): number of dimensions
 *
 * Returns: (array length=n_dims) (transfer none): its shape
 */
STRATA_API const gint64 *strata_tensor_get_shape (StrataTensor *self, guint *n_dims);

/**
 * strata_tensor_get_n_elements:
 * @self: a tensor
 *
 * Returns: the product of its dimensions
 */
STRATA_API gint64 strata_tensor_get_n_elements (StrataTensor *self);

/**
 * strata_tensor_get_bytes:
 * @self: a tensor
 *
 * Returns: (transfer none): its bytes
 */
STRATA_API GBytes *strata_tensor_get_bytes (StrataTensor *self);

/**
 * strata_tensor_get_value:
 * @self: a tensor
 * @index: flat index, less than strata_tensor_get_n_elements ()
 *
 * Returns: one element, converted to double
 */
STRATA_API double strata_tensor_get_value (StrataTensor *self, gint64 index);

/**
 * strata_tensor_get_argmax:
 * @self: a tensor
 *
 * Returns: flat index of the first largest element; -1 where there is none
 */
STRATA_API gint64 strata_tensor_get_argmax (StrataTensor *self);

G_END_DECLS
