/* SPDX-License-Identifier: Apache-2.0
 *
 * Reader of the protobuf wire format over memory that stays in place: nothing is copied, every length is checked
 * against what is there. A reader covers one message; a nested message gets a reader of its own, so depth is that of
 * the code. Format: protobuf.dev/programming-guides/encoding.
 */
#pragma once

#include <gio/gio.h>

#include "base/arena.h"

typedef enum
{
  STRATA_WIRE_VARINT = 0,
  STRATA_WIRE_FIXED64 = 1,
  STRATA_WIRE_BYTES = 2,
  STRATA_WIRE_FIXED32 = 5,
} StrataWireType;

typedef struct
{
  const guint8 *origin; /* start of the file, for offsets in messages */
  const guint8 *at, *end;
  const char *problem; /* NULL until something is wrong; then the reader yields no more fields */
  const guint8 *problem_at;
} StrataWire;

typedef struct
{
  guint number;
  StrataWireType type;
  guint64 value;       /* varint, fixed32, fixed64 */
  const guint8 *bytes; /* of a length-delimited field; its tag's place for others */
  gsize n_bytes;
} StrataWireField;

void strata_wire_init (StrataWire *wire, const guint8 *origin, const guint8 *bytes, gsize n_bytes);
/* A reader of the message inside @field, which must be length-delimited; another type makes both readers fail. */
void strata_wire_nest (StrataWire *inner, StrataWire *outer, const StrataWireField *field);
/* The next field. FALSE at the end of the message and where something is wrong: ask strata_wire_finish () which. */
gboolean strata_wire_next (StrataWire *wire, StrataWireField *field);
void strata_wire_fail (StrataWire *wire, const guint8 *at, const char *problem);
/* TRUE if the message was read to its end without a problem. Error: STRATA_IMPORT_ERROR_FORMAT. */
gboolean strata_wire_finish (const StrataWire *wire, GError **error);

/* Field values, which fail the reader where the field is of another type. */
gint64 strata_wire_int (StrataWire *wire, const StrataWireField *field);
float strata_wire_float (StrataWire *wire, const StrataWireField *field);
/* A new string. Unless UTF-8 without control characters, the reader fails and the string is empty: messages that quote
 * names stay on one line. */
char *strata_wire_text (StrataWire *wire, const StrataWireField *field) G_GNUC_WARN_UNUSED_RESULT;
/* The same in the arena, without a copy between; "" where it fails */
const char *strata_wire_name (StrataWire *wire, const StrataWireField *field, StrataArena *arena);
/* Appends a repeated field, packed or not, to an array of gint64; of @width bytes (4 or 8) to an array of such
 * elements. */
void strata_wire_ints (StrataWire *wire, const StrataWireField *field, GArray *ints);
void strata_wire_fixed (StrataWire *wire, const StrataWireField *field, guint width, GArray *values);
