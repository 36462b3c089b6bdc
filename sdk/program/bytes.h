/* SPDX-License-Identifier: Apache-2.0
 *
 * Little-endian bytes: a writer that grows, and a reader that never leaves its section. A read past the end sets
 * `failed` and yields zeros, so that a decoder can look once per table. Internal to program/.
 */
#pragma once

#include "base/arena.h"

typedef struct
{
  const guint8 *data;
  gsize n, at;
  gboolean failed;
} StrataReader;

void strata_put_i32 (GByteArray *bytes, gint64 value);
void strata_put_i64 (GByteArray *bytes, gint64 value);
void strata_put_f64 (GByteArray *bytes, double value);
void strata_put_string (GByteArray *bytes, const char *text);       /* NULL as empty */
void strata_put_ints (GByteArray *bytes, const int *values, int n); /* behind their number */
/* Zeros up to a multiple of @alignment */
void strata_put_padding (GByteArray *bytes, gsize alignment);

gint32 strata_get_i32 (StrataReader *reader);
gint64 strata_get_i64 (StrataReader *reader);
double strata_get_f64 (StrataReader *reader);
/* In @arena; "" on failure; text that is not UTF-8 or holds a NUL is a failure. */
const char *strata_get_string (StrataReader *reader, StrataArena *arena);
/* A count of things that take at least @least_bytes each: more than the section can hold is a failure and 0. */
int strata_get_count (StrataReader *reader, gsize least_bytes);
/* As many integers as there are, and *@n of them; in @arena */
int *strata_get_ints (StrataReader *reader, StrataArena *arena, int *n);
/* @n bytes in place, NULL on failure */
const guint8 *strata_get_bytes (StrataReader *reader, guint64 n);
