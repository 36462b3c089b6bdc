/* SPDX-License-Identifier: Apache-2.0
 *
 * A field is a varint tag (number * 8 + type) and a payload. Groups (types 3 and 4) never occur in ONNX and are
 * refused.
 */
#include "model/onnx/wire.h"

#include <string.h>

#include "strata/strata-types.h"

#define MAX_VARINT_BYTES 10

void
strata_wire_init (StrataWire *wire, const guint8 *origin, const guint8 *bytes, gsize n_bytes)
{
  *wire = (StrataWire){ origin, bytes, bytes + n_bytes, NULL, NULL };
}

void
strata_wire_fail (StrataWire *wire, const guint8 *at, const char *problem)
{
  if (wire->problem != NULL)
    return;
  wire->problem = problem;
  wire->problem_at = at;
}

void
strata_wire_nest (StrataWire *inner, StrataWire *outer, const StrataWireField *field)
{
  strata_wire_init (inner, outer->origin, field->bytes, field->n_bytes);
  if (field->type == STRATA_WIRE_BYTES)
    return;
  strata_wire_fail (outer, field->bytes, "a number stands where a message belongs");
  strata_wire_fail (inner, field->bytes, "a number stands where a message belongs");
}

static gboolean
read_varint (StrataWire *wire, guint64 *value)
{
  const guint8 *start = wire->at;

  *value = 0;
  for (guint i = 0; i < MAX_VARINT_BYTES; i++)
    {
      guint8 byte;

      if (wire->at == wire->end)
        {
          strata_wire_fail (wire, start, "the data end inside a number; the file is truncated or not an ONNX model");
          return FALSE;
        }
      byte = *wire->at++;
      *value |= (guint64) (byte & 0x7f) << (7 * i);
      if (byte < 0x80)
        return TRUE;
    }
  strata_wire_fail (wire, start, "a number of more than 10 bytes; this is not an ONNX model");
  return FALSE;
}

static gboolean
read_fixed (StrataWire *wire, guint width, guint64 *value)
{
  if ((gsize) (wire->end - wire->at) < width)
    {
      strata_wire_fail (wire, wire->at, "the data end inside a number; the file is truncated or not an ONNX model");
      return FALSE;
    }
  *value = 0;
  for (guint i = 0; i < width; i++)
    *value |= (guint64) wire->at[i] << (8 * i);
  wire->at += width;
  return TRUE;
}

static gboolean
read_bytes (StrataWire *wire, StrataWireField *field)
{
  const guint8 *start = wire->at;
  guint64 length;

  if (!read_varint (wire, &length))
    return FALSE;
  if (length > (guint64) (wire->end - wire->at))
    {
      strata_wire_fail (wire, start,
                        "a field is longer than what holds it; the file is truncated or not an ONNX model");
      return FALSE;
    }
  field->bytes = wire->at;
  field->n_bytes = (gsize) length;
  wire->at += length;
  return TRUE;
}

gboolean
strata_wire_next (StrataWire *wire, StrataWireField *field)
{
  const guint8 *start = wire->at;
  guint64 tag;

  if (wire->problem != NULL || wire->at == wire->end || !read_varint (wire, &tag))
    return FALSE;
  if (tag >> 3 == 0 || tag >> 3 > 0x1fffffff)
    {
      strata_wire_fail (wire, start, "a field without a valid number; this is not an ONNX model");
      return FALSE;
    }
  *field = (StrataWireField){ (guint) (tag >> 3), (StrataWireType) (tag & 7), 0, start, 0 };
  switch (tag & 7)
    {
    case STRATA_WIRE_VARINT:
      return read_varint (wire, &field->value);
    case STRATA_WIRE_FIXED64:
      return read_fixed (wire, 8, &field->value);
    case STRATA_WIRE_FIXED32:
      return read_fixed (wire, 4, &field->value);
    case STRATA_WIRE_BYTES:
      return read_bytes (wire, field);
    default:
      strata_wire_fail (wire, start, "a field of a type that ONNX does not use; this is not an ONNX model");
      return FALSE;
    }
}

gboolean
strata_wire_finish (const StrataWire *wire, GError **error)
{
  if (wire->problem == NULL)
    return TRUE;
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT, "byte %" G_GSIZE_FORMAT ": %s",
               (gsize) (wire->problem_at - wire->origin), wire->problem);
  return FALSE;
}

gint64
strata_wire_int (StrataWire *wire, const StrataWireField *field)
{
  if (field->type != STRATA_WIRE_VARINT)
    strata_wire_fail (wire, field->bytes, "an integer field is not stored as an integer; this is not an ONNX model");
  return (gint64) field->value;
}

float
strata_wire_float (StrataWire *wire, const StrataWireField *field)
{
  guint32 bits = (guint32) field->value;
  float value;

  if (field->type != STRATA_WIRE_FIXED32)
    strata_wire_fail (wire, field->bytes, "a float field is not stored as a float; this is not an ONNX model");
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* Control characters among the bytes; @ascii: whether nothing else than ASCII is there. Eight bytes at a time: names
 * are most of a file without weights. The borrows of a byte reach only bytes above one that is found itself. */
static gboolean
has_controls (const guint8 *bytes, gsize n, gboolean *ascii)
{
  const guint64 ones = G_GUINT64_CONSTANT (0x0101010101010101);
  guint64 high = 0, found = 0;

  for (gsize i = 0; i < n; i += 8)
    {
      guint64 word = 0x40 * ones, deletes;

      memcpy (&word, bytes + i, MIN (8, n - i));
      deletes = word ^ 0x7f * ones;
      high |= word;
      found |= (word - 0x20 * ones) & ~word;
      found |= (deletes - ones) & ~deletes;
    }
  *ascii = (high & 0x80 * ones) == 0;
  return (found & 0x80 * ones) != 0;
}

/* Whether the field is text of one line; fails the reader where it is not. */
static gboolean
check_text (StrataWire *wire, const StrataWireField *field)
{
  gboolean controls = FALSE, ascii = FALSE;

  if (field->type == STRATA_WIRE_BYTES)
    controls = has_controls (field->bytes, field->n_bytes, &ascii);
  if (field->type != STRATA_WIRE_BYTES
      || (!ascii && !g_utf8_validate_len ((const char *) field->bytes, field->n_bytes, NULL)))
    strata_wire_fail (wire, field->bytes, "a name is not UTF-8 text; this is not an ONNX model");
  else if (controls)
    strata_wire_fail (wire, field->bytes, "a name holds control characters; names must be plain text");
  else
    return TRUE;
  return FALSE;
}

char *
strata_wire_text (StrataWire *wire, const StrataWireField *field)
{
  return check_text (wire, field) ? g_strndup ((const char *) field->bytes, field->n_bytes) : g_strdup ("");
}

const char *
strata_wire_name (StrataWire *wire, const StrataWireField *field, StrataArena *arena)
{
  char *name;

  if (!check_text (wire, field) || field->n_bytes == 0)
    return "";
  name = strata_arena_text (arena, field->n_bytes + 1);
  memcpy (name, field->bytes, field->n_bytes);
  name[field->n_bytes] = '\0';
  return name;
}

void
strata_wire_ints (StrataWire *wire, const StrataWireField *field, GArray *ints)
{
  StrataWire packed;
  guint64 value;

  if (field->type == STRATA_WIRE_VARINT)
    {
      g_array_append_val (ints, field->value);
      return;
    }
  if (field->type != STRATA_WIRE_BYTES)
    {
      strata_wire_fail (wire, field->bytes, "integers are not stored as integers; this is not an ONNX model");
      return;
    }
  strata_wire_init (&packed, wire->origin, field->bytes, field->n_bytes);
  while (packed.at < packed.end && read_varint (&packed, &value))
    g_array_append_val (ints, value);
  if (packed.problem != NULL)
    strata_wire_fail (wire, packed.problem_at, packed.problem);
}

void
strata_wire_fixed (StrataWire *wire, const StrataWireField *field, guint width, GArray *values)
{
  guint64 little = GUINT64_TO_LE (field->value);

  if (field->type == (width == 4 ? STRATA_WIRE_FIXED32 : STRATA_WIRE_FIXED64))
    g_array_append_vals (values, &little, 1);
  else if (field->type == STRATA_WIRE_BYTES && field->n_bytes % width == 0)
    g_array_append_vals (values, field->bytes, (guint) (field->n_bytes / width));
  else
    strata_wire_fail (wire, field->bytes, "floats are not stored as floats; this is not an ONNX model");
}
