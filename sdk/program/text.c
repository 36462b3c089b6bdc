/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading the printed form of artefacts: lines of words and integers.
 */
#include "program/text.h"

#include <string.h>

#include "strata/strata-types.h"

gboolean
strata_text_next (StrataTextReader *reader)
{
  while (*reader->next != '\0')
    {
      gsize n = strcspn (reader->next, "\n");
      char *comment;

      g_free (reader->line);
      reader->line = g_strndup (reader->next, n);
      reader->next += n + (reader->next[n] == '\n');
      reader->number++;
      comment = strchr (reader->line, ';');
      if (comment != NULL)
        *comment = '\0';
      g_strstrip (reader->line);
      if (*reader->line != '\0')
        return TRUE;
    }
  return FALSE;
}

void
strata_text_finish (StrataTextReader *reader)
{
  g_clear_pointer (&reader->line, g_free);
}

gboolean
strata_text_match (const StrataTextReader *reader, const char *pattern, gint64 *values)
{
  const char *at = reader->line;

  for (; *pattern != '\0'; pattern++)
    {
      char *end;

      if (*pattern != '#')
        {
          if (*at++ != *pattern)
            return FALSE;
          continue;
        }
      if (!g_ascii_isdigit (*at) && !(*at == '-' && g_ascii_isdigit (at[1])))
        return FALSE;
      *values++ = g_ascii_strtoll (at, &end, 10);
      at = end;
    }
  return *at == '\0';
}

gboolean
strata_text_error (const StrataTextReader *reader, const char *what, const char *expected, GError **error)
{
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "%s:%d: '%s' does not read as '%s'", what,
               reader->number, reader->line == NULL ? "" : reader->line, expected);
  return FALSE;
}
