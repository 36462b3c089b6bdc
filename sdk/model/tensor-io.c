/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening, saving, and TensorProto; .npy is read in npy.c. Format: NEP 1 of NumPy.
 */
#include "model/tensor-io.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "model/onnx/tensor.h"

StrataArray *
strata_array_parse_pb (const guint8 *bytes, gsize n_bytes, GError **error)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();
  StrataOnnxSource source = { arena, NULL, NULL, NULL };
  StrataWireField field = { 0, STRATA_WIRE_BYTES, 0, bytes, n_bytes };
  StrataArray *array;
  StrataValue value;
  StrataWire wire;

  strata_wire_init (&wire, bytes, bytes, n_bytes);
  if (!strata_onnx_tensor (&source, &wire, &field, &value, error))
    return NULL;
  array = strata_array_new (value.dtype, value.n_dims, value.dims);
  if (value.n_bytes > 0)
    memcpy (array->data, value.data, value.n_bytes);
  return array;
}

StrataArray *
strata_array_load (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GMappedFile) file = NULL;
  gboolean is_npy = g_str_has_suffix (path, ".npy");
  StrataArray *array;
  const guint8 *bytes;

  if (!is_npy && !g_str_has_suffix (path, ".pb"))
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
                   "%s: not a kind of tensor file that is known; .npy and .pb are accepted", path);
      return NULL;
    }
  file = g_mapped_file_new (path, FALSE, &reason);
  if (file == NULL)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_NOT_FOUND,
                   "%s: cannot be read (%s); give the path of a .npy or .pb file", path,
                   g_file_test (path, G_FILE_TEST_IS_DIR)                       ? "it is a folder"
                   : g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? "no such file"
                                                                                : reason->message);
      return NULL;
    }
  bytes = (const guint8 *) g_mapped_file_get_contents (file);
  if (is_npy)
    array = strata_array_parse_npy (bytes, g_mapped_file_get_length (file), error);
  else
    array = strata_array_parse_pb (bytes == NULL ? (const guint8 *) "" : bytes, g_mapped_file_get_length (file), error);
  if (array == NULL)
    g_prefix_error (error, "%s: ", path);
  return array;
}

static const char *
npy_type (StrataDtype dtype)
{
  static const char *const types[] = {
    [STRATA_DTYPE_F32] = "<f4", [STRATA_DTYPE_F64] = "<f8", [STRATA_DTYPE_F16] = "<f2", [STRATA_DTYPE_I8] = "|i1",
    [STRATA_DTYPE_U8] = "|u1",  [STRATA_DTYPE_I16] = "<i2", [STRATA_DTYPE_U16] = "<u2", [STRATA_DTYPE_I32] = "<i4",
    [STRATA_DTYPE_U32] = "<u4", [STRATA_DTYPE_I64] = "<i8", [STRATA_DTYPE_U64] = "<u8", [STRATA_DTYPE_BOOL] = "|b1",
  };

  g_assert ((guint) dtype < G_N_ELEMENTS (types) && types[dtype] != NULL);
  return types[dtype];
}

/* Version 1.0; magic, length and text together are a multiple of 64 bytes. */
static GString *
npy_header (const StrataArray *array)
{
  GString *text = g_string_new (NULL);
  gsize n_text;

  g_string_append_printf (text, "{'descr': '%s', 'fortran_order': False, 'shape': (", npy_type (array->dtype));
  for (int i = 0; i < array->n_dims; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i == 0 ? "" : ", ", array->dims[i]);
  g_string_append (text, array->n_dims == 1 ? ",), }" : "), }");
  while ((10 + text->len + 1) % 64 != 0)
    g_string_append_c (text, ' ');
  g_string_append_c (text, '\n');
  n_text = text->len;
  g_string_prepend_len (text, "\x93NUMPY\x01\x00..", 10);
  text->str[8] = (char) (n_text & 0xff);
  text->str[9] = (char) (n_text >> 8);
  return text;
}

static gboolean
write_error (const char *path, const char *partial, int reason, GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (reason),
               "%s: cannot be written (%s); choose a folder that exists, is writable and has room", path,
               g_strerror (reason));
  g_unlink (partial);
  return FALSE;
}

gboolean
strata_array_save_npy (const StrataArray *array, const char *path, GError **error)
{
  g_autofree char *partial = g_strconcat (path, ".partial", NULL);
  g_autoptr (GString) header = npy_header (array);
  FILE *file = g_fopen (partial, "wbe");
  gboolean ok;
  int reason;

  if (file == NULL)
    return write_error (path, partial, errno, error);
  ok = fwrite (header->str, 1, header->len, file) == header->len
       && fwrite (array->data, 1, array->n_bytes, file) == array->n_bytes && fflush (file) == 0
       && fsync (fileno (file)) == 0;
  reason = errno;
  if (fclose (file) != 0 && ok)
    {
      reason = errno;
      ok = FALSE;
    }
  if (!ok)
    return write_error (path, partial, reason, error);
  if (g_rename (partial, path) != 0)
    return write_error (path, partial, errno, error);
  return TRUE;
}
