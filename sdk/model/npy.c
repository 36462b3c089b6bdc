/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads .npy: a magic, a version, the length of a header that is a Python dictionary of three known keys, and the
 * bytes. Format: NEP 1 of NumPy.
 */
#include <string.h>

#include "model/tensor-io.h"

#define MAX_HEADER_BYTES 65536 /* NumPy's own are below 200 */

typedef struct
{
  const char *at, *end;
  StrataDtype dtype;
  gboolean has_order, has_shape;
  int n_dims;
  gint64 dims[STRATA_MAX_DIMS];
} Header;

static gboolean
fail (GError **error, StrataImportError code, const char *text)
{
  g_set_error_literal (error, STRATA_IMPORT_ERROR, (int) code, text);
  return FALSE;
}

static gboolean
malformed (GError **error)
{
  return fail (error, STRATA_IMPORT_ERROR_FORMAT, "its header is malformed; a file written by numpy.save is expected");
}

static void
skip_space (Header *header)
{
  while (header->at < header->end && g_ascii_isspace (*header->at))
    header->at++;
}

static gboolean
take (Header *header, char c)
{
  skip_space (header);
  if (header->at == header->end || *header->at != c)
    return FALSE;
  header->at++;
  return TRUE;
}

/* A quoted string without escapes, copied into @text. */
static gboolean
take_string (Header *header, char *text, gsize n_text)
{
  char quote;
  gsize n = 0;

  skip_space (header);
  if (header->at == header->end || (*header->at != '\'' && *header->at != '"'))
    return FALSE;
  quote = *header->at++;
  for (; header->at < header->end && *header->at != quote; header->at++)
    {
      if (n + 1 >= n_text || *header->at < 0x20)
        return FALSE;
      text[n++] = *header->at;
    }
  text[n] = '\0';
  return take (header, quote);
}

static gboolean
take_type (Header *header, GError **error)
{
  static const struct
  {
    const char *name;
    StrataDtype dtype;
  } types[] = { { "f4", STRATA_DTYPE_F32 }, { "f8", STRATA_DTYPE_F64 }, { "f2", STRATA_DTYPE_F16 },
                { "i1", STRATA_DTYPE_I8 },  { "u1", STRATA_DTYPE_U8 },  { "i2", STRATA_DTYPE_I16 },
                { "u2", STRATA_DTYPE_U16 }, { "i4", STRATA_DTYPE_I32 }, { "u4", STRATA_DTYPE_U32 },
                { "i8", STRATA_DTYPE_I64 }, { "u8", STRATA_DTYPE_U64 }, { "b1", STRATA_DTYPE_BOOL } };
  char text[32];

  if (!take_string (header, text, sizeof text))
    return fail (error, STRATA_IMPORT_ERROR_UNSUPPORTED,
                 "its elements are records; plain numbers are accepted, such as float32");
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (g_str_equal (text + (*text != '\0'), types[i].name))
      header->dtype = types[i].dtype;
  if (header->dtype != STRATA_DTYPE_INVALID && *text == '>' && strata_dtype_size (header->dtype) > 1)
    return fail (error, STRATA_IMPORT_ERROR_UNSUPPORTED,
                 "its elements are big-endian; save it little-endian, as by array.astype('<f4')");
  if (header->dtype != STRATA_DTYPE_INVALID && strchr ("<>|=", *text) != NULL)
    return TRUE;
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
               "element type %s is not supported; floats of 16 to 64 bits, bool and integers of 8 to 64 bits are",
               text);
  return FALSE;
}

static gboolean
take_word (Header *header, const char *word)
{
  gsize n = strlen (word);

  skip_space (header);
  if ((gsize) (header->end - header->at) < n || memcmp (header->at, word, n) != 0)
    return FALSE;
  header->at += n;
  return TRUE;
}

static gboolean
take_order (Header *header, GError **error)
{
  header->has_order = TRUE;
  if (take_word (header, "False"))
    return TRUE;
  if (take_word (header, "True"))
    return fail (error, STRATA_IMPORT_ERROR_UNSUPPORTED,
                 "it is in Fortran order; save it in C order, as by numpy.ascontiguousarray");
  return malformed (error);
}

static gboolean
take_number (Header *header, gint64 *number)
{
  const char *start;

  skip_space (header);
  start = header->at;
  *number = 0;
  for (; header->at < header->end && g_ascii_isdigit (*header->at); header->at++)
    {
      *number = 10 * *number + (*header->at - '0');
      if (*number > G_MAXINT32)
        return FALSE;
    }
  return header->at > start;
}

static gboolean
take_shape (Header *header, GError **error)
{
  header->has_shape = TRUE;
  header->n_dims = 0;
  if (!take (header, '('))
    return malformed (error);
  while (!take (header, ')'))
    {
      gint64 dim;

      if (header->n_dims == STRATA_MAX_DIMS)
        return fail (error, STRATA_IMPORT_ERROR_UNSUPPORTED, "it has more than 8 dimensions; at most 8 are accepted");
      if (!take_number (header, &dim))
        return fail (error, STRATA_IMPORT_ERROR_SHAPE,
                     "a dimension is no number or over 2147483647; 0 to 2147483647 are accepted");
      header->dims[header->n_dims++] = dim;
      if (!take (header, ',') && (header->at == header->end || *header->at != ')'))
        return malformed (error);
    }
  return TRUE;
}

static gboolean
take_entry (Header *header, GError **error)
{
  char key[32];

  if (!take_string (header, key, sizeof key) || !take (header, ':'))
    return malformed (error);
  if (g_str_equal (key, "descr"))
    return take_type (header, error);
  if (g_str_equal (key, "fortran_order"))
    return take_order (header, error);
  if (g_str_equal (key, "shape"))
    return take_shape (header, error);
  return malformed (error);
}

static gboolean
take_dictionary (Header *header, GError **error)
{
  if (!take (header, '{'))
    return malformed (error);
  while (!take (header, '}'))
    {
      if (!take_entry (header, error))
        return FALSE;
      if (!take (header, ',') && (header->at == header->end || *header->at != '}'))
        return malformed (error);
    }
  skip_space (header);
  if (header->at != header->end || header->dtype == STRATA_DTYPE_INVALID || !header->has_order || !header->has_shape)
    return malformed (error);
  return TRUE;
}

/* Where the header's text lies. */
static gboolean
find_header (const guint8 *bytes, gsize n_bytes, gsize *start, gsize *length, GError **error)
{
  if (n_bytes < 10 || memcmp (bytes, "\x93NUMPY", 6) != 0)
    return fail (error, STRATA_IMPORT_ERROR_FORMAT, "not a NumPy file; a file written by numpy.save is expected");
  if (bytes[6] < 1 || bytes[6] > 3)
    return fail (error, STRATA_IMPORT_ERROR_UNSUPPORTED, "its version is not known; 1.0 to 3.0 are accepted");
  *start = bytes[6] == 1 ? 10 : 12;
  if (n_bytes < *start)
    return fail (error, STRATA_IMPORT_ERROR_FORMAT, "it ends inside its header; the file is truncated");
  *length = bytes[8] | (gsize) bytes[9] << 8;
  if (bytes[6] > 1)
    *length |= (gsize) bytes[10] << 16 | (gsize) bytes[11] << 24;
  if (*length > MAX_HEADER_BYTES)
    return fail (error, STRATA_IMPORT_ERROR_FORMAT, "its header is over 65536 bytes; this is no file of numpy.save");
  if (*length > n_bytes - *start)
    return fail (error, STRATA_IMPORT_ERROR_FORMAT, "it ends inside its header; the file is truncated");
  return TRUE;
}

StrataArray *
strata_array_parse_npy (const guint8 *bytes, gsize n_bytes, GError **error)
{
  Header header = { .dtype = STRATA_DTYPE_INVALID };
  gsize start, length, n_wanted;
  StrataArray *array;

  if (!find_header (bytes, n_bytes, &start, &length, error))
    return NULL;
  header.at = (const char *) bytes + start;
  header.end = header.at + length;
  if (!take_dictionary (&header, error))
    return NULL;
  n_wanted = strata_dtype_size (header.dtype);
  for (int i = 0; i < header.n_dims; i++)
    if (!g_size_checked_mul (&n_wanted, n_wanted, (gsize) MAX (header.dims[i], 1)) || n_wanted > G_MAXINT64)
      {
        fail (error, STRATA_IMPORT_ERROR_SHAPE, "the product of its dimensions overflows; it must fit the file");
        return NULL;
      }
  for (int i = 0; i < header.n_dims; i++)
    if (header.dims[i] == 0)
      n_wanted = 0;
  if (n_wanted != n_bytes - start - length)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT,
                   "its shape and type (%s) ask for %" G_GSIZE_FORMAT " bytes and %" G_GSIZE_FORMAT " are there",
                   strata_dtype_name (header.dtype), n_wanted, n_bytes - start - length);
      return NULL;
    }
  array = strata_array_new (header.dtype, header.n_dims, header.dims);
  if (n_wanted > 0)
    memcpy (array->data, bytes + start + length, n_wanted);
  return array;
}
