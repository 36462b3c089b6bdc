/* SPDX-License-Identifier: Apache-2.0
 *
 * Words of the text form of graphs: names, integers, floats and elements, written so that reading gives the same bits,
 * and read from text that is trusted in nothing. print.c and parse.c are made of them. Internal to model/.
 */
#pragma once

#include "model/graph.h"

/* Bare where it is made of letters, digits and _ / . : @ -, and does not begin with - or @; quoted otherwise. */
void strata_words_put_name (GString *text, const char *name);
/* Always quoted; NULL counts as "" */
void strata_words_put_string (GString *text, const char *string);
void strata_words_put_int (GString *text, gint64 value);
/* Six digits, or as many more as it takes to read the same bits back, always with a point, an exponent or letters; NaN
 * with its bits where they are not the usual ones. */
void strata_words_put_float (GString *text, float value);
/* Element @i of bytes of any alignment */
void strata_words_put_element (GString *text, StrataDtype dtype, const void *data, gsize i);

typedef struct
{
  const char *at; /* what is left, UTF-8 */
  int line;       /* from 1 */
} StrataWords;

/* Sets STRATA_IMPORT_ERROR_FORMAT, "graph:LINE: 'FOUND' does not read as EXPECTED". Always returns FALSE. */
gboolean strata_words_error (const StrataWords *words, const char *expected, GError **error);
/* All skip blanks first. TRUE, and past it, if @literal comes next; a word only as a whole. */
gboolean strata_words_accept (StrataWords *words, const char *literal);
gboolean strata_words_expect (StrataWords *words, const char *literal, GError **error);
/* To the first word of this line or one below; # begins a comment, as far as its line goes. */
void strata_words_skip_lines (StrataWords *words);
gboolean strata_words_is_line_end (const StrataWords *words);
/* To the first word of the lines below; FALSE where something is left on this one. */
gboolean strata_words_end_line (StrataWords *words, GError **error);
/* Bare or quoted, without control characters; in the arena */
gboolean strata_words_name (StrataWords *words, StrataArena *arena, const char **name, GError **error);
gboolean strata_words_string (StrataWords *words, StrataArena *arena, const char **string, GError **error);
gboolean strata_words_int (StrataWords *words, gint64 min, gint64 max, gint64 *value, GError **error);
/* 16 hexadecimal digits */
gboolean strata_words_hash (StrataWords *words, guint64 *hash, GError **error);
/* An element type, directly followed by a bracket; STRATA_DTYPE_INVALID, and nothing read, where none comes next */
StrataDtype strata_words_dtype (StrataWords *words);
/* Whether the number that comes next is a float: has a point, an exponent or letters */
gboolean strata_words_is_float (const StrataWords *words);
/* One element into @element, of at least 8 bytes; refuses what the type cannot hold. */
gboolean strata_words_element (StrataWords *words, StrataDtype dtype, void *element, GError **error);
