/* SPDX-License-Identifier: Apache-2.0
 *
 * The result of a query in one array of cells, row by row, and one chunk of text. Filled once, then immutable.
 */
#include <math.h>
#include <string.h>

#include "model/query.h"

typedef struct
{
  StrataCellType type;
  union
  {
    gint64 integer;
    double number;
    const char *text;
  };
} Cell;

struct _StrataProfileTable
{
  GObject parent_instance;
  GPtrArray *names;
  GArray *cells;
  GStringChunk *strings;
  gboolean is_truncated;
};

G_DEFINE_FINAL_TYPE (StrataProfileTable, strata_profile_table, G_TYPE_OBJECT)

static void
strata_profile_table_finalize (GObject *object)
{
  StrataProfileTable *self = STRATA_PROFILE_TABLE (object);

  g_ptr_array_unref (self->names);
  g_array_unref (self->cells);
  g_string_chunk_free (self->strings);
  G_OBJECT_CLASS (strata_profile_table_parent_class)->finalize (object);
}

static void
strata_profile_table_class_init (StrataProfileTableClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_profile_table_finalize;
}

static void
strata_profile_table_init (StrataProfileTable *self)
{
  self->names = g_ptr_array_new_with_free_func (g_free);
  self->cells = g_array_new (FALSE, FALSE, sizeof (Cell));
  self->strings = g_string_chunk_new (1024);
}

/* --- filling --- */

StrataProfileTable *
strata_profile_table_new (void)
{
  return g_object_new (STRATA_TYPE_PROFILE_TABLE, NULL);
}

void
strata_profile_table_add_column (StrataProfileTable *self, const char *name)
{
  g_assert (self->cells->len == 0);
  g_ptr_array_add (self->names, g_utf8_make_valid (name != NULL ? name : "", -1));
}

void
strata_profile_table_add_none (StrataProfileTable *self)
{
  Cell cell = { STRATA_CELL_NONE, { 0 } };

  g_array_append_val (self->cells, cell);
}

void
strata_profile_table_add_int (StrataProfileTable *self, gint64 value)
{
  Cell cell = { STRATA_CELL_INT, { .integer = value } };

  g_array_append_val (self->cells, cell);
}

void
strata_profile_table_add_double (StrataProfileTable *self, double value)
{
  Cell cell = { STRATA_CELL_DOUBLE, { .number = value } };

  g_array_append_val (self->cells, cell);
}

void
strata_profile_table_add_text (StrataProfileTable *self, const char *text, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, length);
  Cell cell = { STRATA_CELL_TEXT, { .text = g_string_chunk_insert (self->strings, valid) } };

  g_array_append_val (self->cells, cell);
}

void
strata_profile_table_set_truncated (StrataProfileTable *self)
{
  self->is_truncated = TRUE;
}

/* --- reading --- */

guint
strata_profile_table_get_n_columns (StrataProfileTable *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE_TABLE (self), 0);

  return self->names->len;
}

guint
strata_profile_table_get_n_rows (StrataProfileTable *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE_TABLE (self), 0);

  return self->names->len > 0 ? self->cells->len / self->names->len : 0;
}

gboolean
strata_profile_table_is_truncated (StrataProfileTable *self)
{
  g_return_val_if_fail (STRATA_IS_PROFILE_TABLE (self), FALSE);

  return self->is_truncated;
}

const char *
strata_profile_table_get_column_name (StrataProfileTable *self, guint column)
{
  g_return_val_if_fail (STRATA_IS_PROFILE_TABLE (self), "");
  g_return_val_if_fail (column < self->names->len, "");

  return g_ptr_array_index (self->names, column);
}

static const Cell *
get_cell (StrataProfileTable *self, guint row, guint column)
{
  static const Cell nothing = { STRATA_CELL_NONE, { 0 } };

  g_return_val_if_fail (STRATA_IS_PROFILE_TABLE (self), &nothing);
  g_return_val_if_fail (column < self->names->len, &nothing);
  g_return_val_if_fail (row < self->cells->len / self->names->len, &nothing);

  return &g_array_index (self->cells, Cell, row * self->names->len + column);
}

gboolean
strata_profile_table_is_number (StrataProfileTable *self, guint row, guint column)
{
  StrataCellType type = get_cell (self, row, column)->type;

  return type == STRATA_CELL_INT || type == STRATA_CELL_DOUBLE;
}

GVariant *
strata_profile_table_get_value (StrataProfileTable *self, guint row, guint column)
{
  const Cell *cell = get_cell (self, row, column);

  switch (cell->type)
    {
    case STRATA_CELL_INT:
      return g_variant_ref_sink (g_variant_new_int64 (cell->integer));
    case STRATA_CELL_DOUBLE:
      return g_variant_ref_sink (g_variant_new_double (cell->number));
    case STRATA_CELL_TEXT:
      return g_variant_ref_sink (g_variant_new_string (cell->text));
    default:
      return g_variant_ref_sink (g_variant_new_tuple (NULL, 0));
    }
}

gint64
strata_profile_table_get_int (StrataProfileTable *self, guint row, guint column)
{
  const Cell *cell = get_cell (self, row, column);

  if (cell->type == STRATA_CELL_INT)
    return cell->integer;
  if (cell->type != STRATA_CELL_DOUBLE || isnan (cell->number))
    return 0;
  return cell->number >= 0x1p63 ? G_MAXINT64 : cell->number < -0x1p63 ? G_MININT64 : (gint64) cell->number;
}

double
strata_profile_table_get_double (StrataProfileTable *self, guint row, guint column)
{
  const Cell *cell = get_cell (self, row, column);

  return cell->type == STRATA_CELL_INT ? (double) cell->integer : cell->type == STRATA_CELL_DOUBLE ? cell->number : NAN;
}

char *
strata_profile_table_dup_text (StrataProfileTable *self, guint row, guint column)
{
  const Cell *cell = get_cell (self, row, column);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  switch (cell->type)
    {
    case STRATA_CELL_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT, cell->integer);
    case STRATA_CELL_DOUBLE:
      /* The shortest of 15 and 17 digits that reads back. */
      g_ascii_formatd (number, sizeof number, "%.15g", cell->number);
      if (g_ascii_strtod (number, NULL) != cell->number)
        g_ascii_dtostr (number, sizeof number, cell->number);
      return g_strdup (number);
    case STRATA_CELL_TEXT:
      return g_strdup (cell->text);
    default:
      return g_strdup ("");
    }
}

/* --- as text --- */

static void
append_csv (GString *out, const char *text)
{
  if (strpbrk (text, ",\"\r\n") == NULL)
    {
      g_string_append (out, text);
      return;
    }
  g_string_append_c (out, '"');
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '"')
        g_string_append_c (out, '"');
      g_string_append_c (out, *c);
    }
  g_string_append_c (out, '"');
}

char *
strata_profile_table_to_csv (StrataProfileTable *self)
{
  GString *out = g_string_new (NULL);
  guint n_columns = strata_profile_table_get_n_columns (self), n_rows = strata_profile_table_get_n_rows (self);

  for (guint column = 0; column < n_columns; column++)
    {
      g_string_append (out, column > 0 ? "," : "");
      append_csv (out, g_ptr_array_index (self->names, column));
    }
  g_string_append (out, "\r\n");
  for (guint row = 0; row < n_rows; row++)
    {
      for (guint column = 0; column < n_columns; column++)
        {
          g_autofree char *text = strata_profile_table_dup_text (self, row, column);

          g_string_append (out, column > 0 ? "," : "");
          append_csv (out, text);
        }
      g_string_append (out, "\r\n");
    }
  return g_string_free (out, FALSE);
}

static void
append_padded (GString *out, const char *text, glong width, gboolean to_the_right, gboolean is_last)
{
  glong n_missing = width - g_utf8_strlen (text, -1);

  for (glong i = 0; to_the_right && i < n_missing; i++)
    g_string_append_c (out, ' ');
  g_string_append (out, text);
  for (glong i = 0; !to_the_right && !is_last && i < n_missing; i++)
    g_string_append_c (out, ' ');
  g_string_append (out, is_last ? "\n" : "  ");
}

char *
strata_profile_table_to_text (StrataProfileTable *self)
{
  guint n_columns = strata_profile_table_get_n_columns (self), n_rows = strata_profile_table_get_n_rows (self);
  g_autofree glong *widths = g_new0 (glong, n_columns + 1);
  g_autofree gboolean *is_numeric = g_new0 (gboolean, n_columns + 1);
  GString *out = g_string_new (NULL);

  for (guint column = 0; column < n_columns; column++)
    {
      widths[column] = g_utf8_strlen (g_ptr_array_index (self->names, column), -1);
      for (guint row = 0; row < n_rows; row++)
        {
          g_autofree char *text = g_strdelimit (strata_profile_table_dup_text (self, row, column), "\r\n\t", ' ');

          widths[column] = MAX (widths[column], g_utf8_strlen (text, -1));
          is_numeric[column] |= strata_profile_table_is_number (self, row, column);
        }
    }
  for (guint column = 0; column < n_columns; column++)
    append_padded (out, g_ptr_array_index (self->names, column), widths[column], is_numeric[column],
                   column + 1 == n_columns);
  for (guint row = 0; row < n_rows; row++)
    for (guint column = 0; column < n_columns; column++)
      {
        g_autofree char *text = g_strdelimit (strata_profile_table_dup_text (self, row, column), "\r\n\t", ' ');

        append_padded (out, text, widths[column], is_numeric[column], column + 1 == n_columns);
      }
  return g_string_free (out, FALSE);
}
