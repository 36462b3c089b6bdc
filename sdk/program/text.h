/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the printed form of artefacts: lines of words and integers. Internal to program/.
 */
#pragma once

#include <glib.h>

typedef struct
{
  const char *next; /* rest of the text */
  char *line;       /* current line without comment and blanks at its ends, owned */
  int number;       /* from 1 */
} StrataTextReader;

/* Moves to the next line that is not empty; FALSE at the end. A ';' starts a comment. */
gboolean strata_text_next (StrataTextReader *reader);
void strata_text_finish (StrataTextReader *reader);
/* Whether the line reads as @pattern, where each '#' stands for one decimal integer and the rest for itself; fills
 * @values in order. */
gboolean strata_text_match (const StrataTextReader *reader, const char *pattern, gint64 *values);
/* Sets STRATA_COMPILE_ERROR_FORMAT: "what:LINE: not PATTERN". Always returns FALSE. */
gboolean strata_text_error (const StrataTextReader *reader, const char *what, const char *expected, GError **error);
