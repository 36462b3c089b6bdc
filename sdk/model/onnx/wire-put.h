/* SPDX-License-Identifier: Apache-2.0
 *
 * Writer of the protobuf wire format into a growing buffer, the counterpart of wire.h. A nested message is made first
 * and put whole. Format: protobuf.dev/programming-guides/encoding.
 */
#pragma once

#include <glib.h>

guint strata_wire_put_varint_size (guint64 value);
void strata_wire_put_varint (GByteArray *out, guint64 value);
/* The same in @width bytes, which must be enough: what is longer than needed is padded, as the format allows. */
void strata_wire_put_varint_wide (GByteArray *out, guint64 value, guint width);
void strata_wire_put_int (GByteArray *out, guint field, gint64 value);
void strata_wire_put_float (GByteArray *out, guint field, float value);
void strata_wire_put_bytes (GByteArray *out, guint field, const void *bytes, gsize n_bytes);
void strata_wire_put_text (GByteArray *out, guint field, const char *text);
/* Tag and length of a length-delimited field whose @n_bytes follow by other means */
void strata_wire_put_head (GByteArray *out, guint field, guint64 n_bytes);
