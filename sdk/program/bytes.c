/* SPDX-License-Identifier: Apache-2.0
 *
 * Little-endian bytes: a writer that grows, and a reader that never leaves its section.
 */
#include "program/bytes.h"

#include <string.h>

void
strata_put_i32 (GByteArray *bytes, gint64 value)
{
  guint32 little = GUINT32_TO_LE ((guint32) value);

  g_byte_array_append (bytes, (const guint8 *) &little, sizeof little);
}

void
strata_put_i64 (GByteArray *bytes, gint64 value)
{
  guint64 little = GUINT64_TO_LE ((guint64) value);

  g_byte_array_append (bytes, (const guint8 *) &little, sizeof little);
}

void
strata_put_f64 (GByteArray *bytes, double value)
{
  gint64 bits;

  memcpy (&bits, &value, sizeof bits);
  strata_put_i64 (bytes, bits);
}

void
strata_put_string (GByteArray *bytes, const char *text)
{
  gsize n = text == NULL ? 0 : strlen (text);

  strata_put_i32 (bytes, (gint64) n);
  if (n > 0)
    g_byte_array_append (bytes, (const guint8 *) text, (guint) n);
}

void
strata_put_ints (GByteArray *bytes, const int *values, int n)
{
  strata_put_i32 (bytes, n);
  for (int i = 0; i < n; i++)
    strata_put_i32 (bytes, values[i]);
}

void
strata_put_padding (GByteArray *bytes, gsize alignment)
{
  static const guint8 zeros[64] = { 0 };

  g_assert (alignment <= sizeof zeros);
  if (bytes->len % alignment != 0)
    g_byte_array_append (bytes, zeros, (guint) (alignment - bytes->len % alignment));
}

const guint8 *
strata_get_bytes (StrataReader *reader, guint64 n)
{
  const guint8 *at = reader->data + reader->at;

  if (reader->failed || n > reader->n - reader->at)
    {
      reader->failed = TRUE;
      return NULL;
    }
  reader->at += n;
  return at;
}

gint32
strata_get_i32 (StrataReader *reader)
{
  const guint8 *at = strata_get_bytes (reader, 4);
  guint32 little;

  if (at == NULL)
    return 0;
  memcpy (&little, at, sizeof little);
  return (gint32) GUINT32_FROM_LE (little);
}

gint64
strata_get_i64 (StrataReader *reader)
{
  const guint8 *at = strata_get_bytes (reader, 8);
  guint64 little;

  if (at == NULL)
    return 0;
  memcpy (&little, at, sizeof little);
  return (gint64) GUINT64_FROM_LE (little);
}

double
strata_get_f64 (StrataReader *reader)
{
  gint64 bits = strata_get_i64 (reader);
  double value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

const char *
strata_get_string (StrataReader *reader, StrataArena *arena)
{
  guint32 n = (guint32) strata_get_i32 (reader);
  const guint8 *at = strata_get_bytes (reader, n);
  char *text;

  if (at == NULL || !g_utf8_validate ((const char *) at, n, NULL))
    {
      reader->failed = TRUE;
      return "";
    }
  text = strata_arena_alloc (arena, (gsize) n + 1);
  memcpy (text, at, n);
  return text;
}

int
strata_get_count (StrataReader *reader, gsize least_bytes)
{
  gint32 n = strata_get_i32 (reader);

  if (reader->failed || n < 0 || (gsize) n > (reader->n - reader->at) / least_bytes)
    {
      reader->failed = TRUE;
      return 0;
    }
  return n;
}

int *
strata_get_ints (StrataReader *reader, StrataArena *arena, int *n)
{
  int *values;

  *n = strata_get_count (reader, 4);
  values = strata_arena_array (arena, int, *n);
  for (int i = 0; i < *n; i++)
    values[i] = strata_get_i32 (reader);
  return values;
}
