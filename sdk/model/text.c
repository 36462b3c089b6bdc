/* SPDX-License-Identifier: Apache-2.0
 *
 * Written and read independently of the locale. A float is tried with more and more digits until reading gives its bits
 * back; NaN that is not the usual quiet one keeps its bits, as in nan:7fc00001.
 */
#include "model/text.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "model/element.h"

#define MAX_NUMBER 40 /* characters of the longest number that is written, with room */
#define MAX_FOUND 32  /* characters of the text that a message quotes */

static gboolean
is_bare (char c)
{
  return g_ascii_isalnum (c) || c == '_' || c == '/' || c == '.' || c == ':' || c == '@' || c == '-';
}

static gboolean
is_control (guchar c)
{
  return c < 0x20 || c == 0x7f;
}

void
strata_words_put_string (GString *text, const char *string)
{
  gboolean valid = string == NULL || g_utf8_validate (string, -1, NULL);

  g_string_append_c (text, '"');
  for (; string != NULL && *string != '\0'; string++)
    {
      guchar c = (guchar) *string;

      if (is_control (c) || (c >= 0x80 && !valid))
        {
          g_string_append_printf (text, "\\x%02x", c);
          continue;
        }
      if (c == '"' || c == '\\')
        g_string_append_c (text, '\\');
      g_string_append_c (text, (char) c);
    }
  g_string_append_c (text, '"');
}

void
strata_words_put_name (GString *text, const char *name)
{
  gsize n = 0;

  while (is_bare (name[n]))
    n++;
  if (n > 0 && name[n] == '\0' && *name != '-' && *name != '@')
    g_string_append_len (text, name, (gssize) n);
  else
    strata_words_put_string (text, name);
}

static void
put_unsigned (GString *text, guint64 value)
{
  char digits[20];
  gsize at = sizeof digits;

  do
    digits[--at] = (char) ('0' + value % 10);
  while ((value /= 10) > 0);
  g_string_append_len (text, digits + at, (gssize) (sizeof digits - at));
}

void
strata_words_put_int (GString *text, gint64 value)
{
  if (value < 0)
    g_string_append_c (text, '-');
  put_unsigned (text, value < 0 ? 0 - (guint64) value : (guint64) value);
}

/* Digits of a finite number, and a point where there would be none */
static void
put_digits (GString *text, const char *digits)
{
  g_string_append (text, digits);
  if (strpbrk (digits, ".e") == NULL)
    g_string_append (text, ".0");
}

static void
put_double (GString *text, double value)
{
  static const char *const formats[] = { "%.6g", "%.15g", "%.16g", "%.17g" };
  char digits[MAX_NUMBER];

  if (isinf (value))
    {
      g_string_append (text, value < 0 ? "-inf" : "inf");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_ascii_formatd (digits, sizeof digits, formats[i], value);
      if (g_ascii_strtod (digits, NULL) == value)
        break;
    }
  put_digits (text, digits);
}

/* NaN by its bits; the usual ones without */
static void
put_nan (GString *text, guint64 bits, guint64 usual)
{
  if (bits == usual)
    g_string_append (text, "nan");
  else
    g_string_append_printf (text, "nan:%" G_GINT64_MODIFIER "x", bits);
}

void
strata_words_put_float (GString *text, float value)
{
  static const char *const formats[] = { "%.6g", "%.7g", "%.8g", "%.9g", "%.17g" };
  char digits[MAX_NUMBER];
  guint32 bits;

  if (isnan (value))
    {
      memcpy (&bits, &value, sizeof bits);
      put_nan (text, bits, 0x7fc00000);
      return;
    }
  if (isinf (value))
    {
      put_double (text, (double) value);
      return;
    }
  /* what %.6g gives for most elements of most operands, without it */
  if (fabsf (value) < 1e6f && rintf (value) == value && !signbit (value))
    {
      put_unsigned (text, (guint64) value);
      g_string_append (text, ".0");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_ascii_formatd (digits, sizeof digits, formats[i], (double) value);
      if ((float) g_ascii_strtod (digits, NULL) == value)
        break;
    }
  put_digits (text, digits);
}

static void
put_float_element (GString *text, StrataDtype dtype, guint64 bits)
{
  guint32 half_word = (guint32) bits;
  double wide;
  float narrow;

  memcpy (&wide, &bits, sizeof wide);
  memcpy (&narrow, &half_word, sizeof narrow);
  if (dtype == STRATA_DTYPE_F16)
    narrow = strata_half_to_float ((guint16) bits);
  if (dtype == STRATA_DTYPE_F64 && isnan (wide))
    put_nan (text, bits, G_GUINT64_CONSTANT (0x7ff8000000000000));
  else if (dtype == STRATA_DTYPE_F64)
    put_double (text, wide);
  else if (dtype == STRATA_DTYPE_F16 && isnan (narrow))
    put_nan (text, bits, 0x7e00);
  else
    strata_words_put_float (text, narrow);
}

void
strata_words_put_element (GString *text, StrataDtype dtype, const void *data, gsize i)
{
  gsize size = strata_dtype_size (dtype);
  guint64 little = 0, bits;

  memcpy (&little, (const guint8 *) data + i * size, size);
  bits = GUINT64_FROM_LE (little);
  switch (dtype)
    {
    case STRATA_DTYPE_F16:
    case STRATA_DTYPE_F32:
    case STRATA_DTYPE_F64:
      put_float_element (text, dtype, bits);
      break;
    case STRATA_DTYPE_I8:
      strata_words_put_int (text, (gint8) bits);
      break;
    case STRATA_DTYPE_I16:
      strata_words_put_int (text, (gint16) bits);
      break;
    case STRATA_DTYPE_I32:
      strata_words_put_int (text, (gint32) bits);
      break;
    case STRATA_DTYPE_I64:
      strata_words_put_int (text, (gint64) bits);
      break;
    default:
      put_unsigned (text, bits);
      break;
    }
}

static void
skip_blanks (StrataWords *words)
{
  while (*words->at == ' ' || *words->at == '\t' || *words->at == '\r')
    words->at++;
}

/* What stands at the reader, cut and without quotes, control characters and bytes beyond ASCII */
static void
copy_found (const StrataWords *words, char *found)
{
  gsize n = 0;

  for (; n < MAX_FOUND && words->at[n] != '\0' && words->at[n] != '\n'; n++)
    found[n] = (guchar) words->at[n] < 0x80 && !is_control ((guchar) words->at[n]) ? words->at[n] : '?';
  found[n] = '\0';
}

gboolean
strata_words_error (const StrataWords *words, const char *expected, GError **error)
{
  StrataWords next = *words;
  char found[MAX_FOUND + 1];

  skip_blanks (&next);
  copy_found (&next, found);
  g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_FORMAT, "graph:%d: '%s' does not read as %s",
               words->line, found, expected);
  return FALSE;
}

gboolean
strata_words_accept (StrataWords *words, const char *literal)
{
  gsize n = strlen (literal);

  skip_blanks (words);
  if (strncmp (words->at, literal, n) != 0 || (n > 1 && g_ascii_isalpha (literal[n - 1]) && is_bare (words->at[n])))
    return FALSE;
  words->at += n;
  return TRUE;
}

gboolean
strata_words_expect (StrataWords *words, const char *literal, GError **error)
{
  return strata_words_accept (words, literal) || strata_words_error (words, literal, error);
}

void
strata_words_skip_lines (StrataWords *words)
{
  skip_blanks (words);
  while (*words->at == '\n' || *words->at == '#')
    {
      if (*words->at == '#')
        words->at += strcspn (words->at, "\n");
      if (*words->at == '\n')
        {
          words->at++;
          words->line++;
        }
      skip_blanks (words);
    }
}

gboolean
strata_words_is_line_end (const StrataWords *words)
{
  StrataWords next = *words;

  skip_blanks (&next);
  return *next.at == '\n' || *next.at == '\0' || *next.at == '#';
}

gboolean
strata_words_end_line (StrataWords *words, GError **error)
{
  skip_blanks (words);
  if (!strata_words_is_line_end (words))
    return strata_words_error (words, "the end of the line", error);
  strata_words_skip_lines (words);
  return TRUE;
}

gboolean
strata_words_string (StrataWords *words, StrataArena *arena, const char **string, GError **error)
{
  const char *end;
  char *out;
  gsize n = 0;

  skip_blanks (words);
  if (*words->at != '"')
    return strata_words_error (words, "a string in quotes", error);
  for (end = words->at + 1; *end != '"'; end++)
    {
      if (is_control ((guchar) *end))
        return strata_words_error (words, "a string that ends on its line, without control characters", error);
      if (*end == '\\' && *++end != '"' && *end != '\\')
        return strata_words_error (words, "a string with \\\" and \\\\ as its only escapes", error);
    }
  out = strata_arena_alloc (arena, (gsize) (end - words->at));
  for (const char *at = words->at + 1; at < end; at++)
    {
      at += *at == '\\';
      out[n++] = *at;
    }
  out[n] = '\0';
  words->at = end + 1;
  *string = out;
  return TRUE;
}

gboolean
strata_words_name (StrataWords *words, StrataArena *arena, const char **name, GError **error)
{
  char *copy;
  gsize n = 0;

  skip_blanks (words);
  if (*words->at == '"')
    return strata_words_string (words, arena, name, error);
  if (*words->at == '-' || *words->at == '@')
    return strata_words_error (words, "a name", error);
  while (is_bare (words->at[n]))
    n++;
  if (n == 0)
    return strata_words_error (words, "a name", error);
  copy = strata_arena_alloc (arena, n + 1);
  memcpy (copy, words->at, n);
  copy[n] = '\0';
  words->at += n;
  *name = copy;
  return TRUE;
}

gboolean
strata_words_int (StrataWords *words, gint64 min, gint64 max, gint64 *value, GError **error)
{
  gint64 read;
  char *end;

  skip_blanks (words);
  errno = 0;
  if (!g_ascii_isdigit (*words->at) && !(*words->at == '-' && g_ascii_isdigit (words->at[1])))
    return strata_words_error (words, "an integer", error);
  read = g_ascii_strtoll (words->at, &end, 10);
  if (errno != 0 || read < min || read > max)
    return strata_words_error (words, "an integer in range", error);
  words->at = end;
  *value = read;
  return TRUE;
}

gboolean
strata_words_hash (StrataWords *words, guint64 *hash, GError **error)
{
  guint64 value = 0;

  skip_blanks (words);
  for (int i = 0; i < 16; i++)
    {
      if (!g_ascii_isxdigit (words->at[i]))
        return strata_words_error (words, "16 hexadecimal digits", error);
      value = value << 4 | (guint64) g_ascii_xdigit_value (words->at[i]);
    }
  if (value == 0 || is_bare (words->at[16]))
    return strata_words_error (words, "16 hexadecimal digits that are not all 0", error);
  words->at += 16;
  *hash = value;
  return TRUE;
}

StrataDtype
strata_words_dtype (StrataWords *words)
{
  skip_blanks (words);
  for (guint dtype = STRATA_DTYPE_F32; dtype <= STRATA_DTYPE_BOOL; dtype++)
    {
      const char *name = strata_dtype_name ((StrataDtype) dtype);
      gsize n = strlen (name);

      if (strncmp (words->at, name, n) != 0 || words->at[n] != '[')
        continue;
      words->at += n;
      return (StrataDtype) dtype;
    }
  return STRATA_DTYPE_INVALID;
}

static gsize
number_length (const StrataWords *words)
{
  gsize n = 0;

  while (n < MAX_NUMBER && (is_bare (words->at[n]) || words->at[n] == '+'))
    n++;
  return n;
}

gboolean
strata_words_is_float (const StrataWords *words)
{
  StrataWords next = *words;

  skip_blanks (&next);
  for (gsize n = number_length (&next); n > 0; n--)
    if (next.at[n - 1] == '.' || g_ascii_isalpha (next.at[n - 1]))
      return TRUE;
  return FALSE;
}

static guint64
narrow_bits (double value, StrataDtype dtype, gboolean *fits)
{
  float narrow = (float) value;
  guint64 bits = 0;

  if (dtype == STRATA_DTYPE_F64)
    memcpy (&bits, &value, sizeof value);
  else if (dtype == STRATA_DTYPE_F16)
    {
      bits = strata_half_from_float (narrow);
      narrow = strata_half_to_float ((guint16) bits);
    }
  else
    {
      guint32 word;

      memcpy (&word, &narrow, sizeof word);
      bits = word;
    }
  *fits = isfinite (value) && (dtype == STRATA_DTYPE_F64 || isfinite (narrow));
  return bits;
}

/* The bits of a NaN of the type that are written without */
static guint64
usual_nan (StrataDtype dtype)
{
  return dtype == STRATA_DTYPE_F64   ? G_GUINT64_CONSTANT (0x7ff8000000000000)
         : dtype == STRATA_DTYPE_F32 ? 0x7fc00000
                                     : 0x7e00;
}

/* @bits are of a NaN: all exponent bits set, and one of the fraction at least */
static gboolean
is_nan_bits (StrataDtype dtype, guint64 bits)
{
  guint width = (guint) strata_dtype_size (dtype) * 8;
  guint64 infinity = usual_nan (dtype) & (usual_nan (dtype) << 1);
  guint64 sign = G_GUINT64_CONSTANT (1) << (width - 1);

  if (width < 64 && bits >> width != 0)
    return FALSE;
  return (bits & ~sign) > infinity;
}

static gboolean
read_float (StrataWords *words, StrataDtype dtype, guint64 *bits, GError **error)
{
  gsize n = number_length (words);
  gboolean negative = *words->at == '-', fits;
  const char *word = words->at + negative;
  char *end = NULL;

  if (n - negative == 3 && strncmp (word, "inf", 3) == 0)
    {
      guint64 infinity = usual_nan (dtype) & (usual_nan (dtype) << 1);

      *bits = infinity | (guint64) negative << (strata_dtype_size (dtype) * 8 - 1);
    }
  else if (n == 3 && strncmp (word, "nan", 3) == 0)
    *bits = usual_nan (dtype);
  else if (n > 4 && n <= 20 && strncmp (word, "nan:", 4) == 0 && g_ascii_isxdigit (word[4]))
    {
      *bits = g_ascii_strtoull (word + 4, &end, 16);
      if (end != words->at + n || !is_nan_bits (dtype, *bits))
        return strata_words_error (words, "the bits of a NaN of its type", error);
    }
  else
    {
      double value = g_ascii_isdigit (*word) ? g_ascii_strtod (words->at, &end) : NAN;

      *bits = narrow_bits (value, dtype, &fits);
      if (!fits || end != words->at + n || word[1] == 'x' || word[1] == 'X')
        return strata_words_error (words, "a number that its type can hold", error);
    }
  words->at += n;
  return TRUE;
}

static gboolean
read_unsigned (StrataWords *words, guint64 max, guint64 *value, GError **error)
{
  char *end;

  errno = 0;
  if (!g_ascii_isdigit (*words->at))
    return strata_words_error (words, "an integer without a sign", error);
  *value = g_ascii_strtoull (words->at, &end, 10);
  if (errno != 0 || *value > max)
    return strata_words_error (words, "an integer that its type can hold", error);
  words->at = end;
  return TRUE;
}

gboolean
strata_words_element (StrataWords *words, StrataDtype dtype, void *element, GError **error)
{
  gsize size = strata_dtype_size (dtype);
  guint64 top = G_MAXUINT64 >> (64 - 8 * size), bits = 0, little;
  gint64 value = 0;
  gboolean ok;

  skip_blanks (words);
  switch (dtype)
    {
    case STRATA_DTYPE_F16:
    case STRATA_DTYPE_F32:
    case STRATA_DTYPE_F64:
      ok = read_float (words, dtype, &bits, error);
      break;
    case STRATA_DTYPE_I8:
    case STRATA_DTYPE_I16:
    case STRATA_DTYPE_I32:
    case STRATA_DTYPE_I64:
      ok = strata_words_int (words, -1 - (gint64) (top >> 1), (gint64) (top >> 1), &value, error);
      bits = (guint64) value;
      break;
    default:
      ok = read_unsigned (words, top, &bits, error);
      break;
    }
  little = GUINT64_TO_LE (bits);
  memcpy (element, &little, sizeof little);
  return ok;
}
