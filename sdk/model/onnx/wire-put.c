/* SPDX-License-Identifier: Apache-2.0
 *
 * Varints, tags and lengths.
 */
#include "model/onnx/wire-put.h"

#include <string.h>

#include "model/onnx/wire.h"

guint
strata_wire_put_varint_size (guint64 value)
{
  guint n = 1;

  while ((value >>= 7) != 0)
    n++;
  return n;
}

void
strata_wire_put_varint_wide (GByteArray *out, guint64 value, guint width)
{
  g_assert (width >= strata_wire_put_varint_size (value));
  for (guint i = 1; i <= width; i++, value >>= 7)
    {
      guint8 byte = (guint8) ((value & 0x7f) | (i < width ? 0x80 : 0));

      g_byte_array_append (out, &byte, 1);
    }
}

void
strata_wire_put_varint (GByteArray *out, guint64 value)
{
  strata_wire_put_varint_wide (out, value, strata_wire_put_varint_size (value));
}

static void
put_tag (GByteArray *out, guint field, StrataWireType type)
{
  strata_wire_put_varint (out, field << 3 | type);
}

void
strata_wire_put_int (GByteArray *out, guint field, gint64 value)
{
  put_tag (out, field, STRATA_WIRE_VARINT);
  strata_wire_put_varint (out, (guint64) value);
}

void
strata_wire_put_float (GByteArray *out, guint field, float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  bits = GUINT32_TO_LE (bits);
  put_tag (out, field, STRATA_WIRE_FIXED32);
  g_byte_array_append (out, (const guint8 *) &bits, sizeof bits);
}

void
strata_wire_put_head (GByteArray *out, guint field, guint64 n_bytes)
{
  put_tag (out, field, STRATA_WIRE_BYTES);
  strata_wire_put_varint (out, n_bytes);
}

void
strata_wire_put_bytes (GByteArray *out, guint field, const void *bytes, gsize n_bytes)
{
  strata_wire_put_head (out, field, n_bytes);
  if (n_bytes > 0)
    g_byte_array_append (out, bytes, (guint) n_bytes);
}

void
strata_wire_put_text (GByteArray *out, guint field, const char *text)
{
  strata_wire_put_bytes (out, field, text, strlen (text));
}
