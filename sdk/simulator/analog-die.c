/* SPDX-License-Identifier: Apache-2.0
 *
 * From the lines of a die to those of a tile. Spare lines are converted as the lines that they stand for, so that a
 * column's converter follows from where programs see it.
 */
#include "simulator/analog-die.h"

#include <stdlib.h>

/* Where the rows and columns of a die's array are as programs see it; -1: nowhere */
typedef struct
{
  int tier;
  int *rows, *columns;           /* of the chip, on the die */
  int *from_rows, *from_columns; /* of the die, in the chip */
} Lines;

static void
invert (const int *lines, int n, int *from, int n_from)
{
  for (int i = 0; i < n_from; i++)
    from[i] = -1;
  for (int i = 0; i < n; i++)
    if (lines[i] >= 0)
      from[lines[i]] = i;
}

static void
lines_init (Lines *lines, const StrataDieState *die, StrataSite site)
{
  const StrataChipSpec *chip = die->spec->chip;
  const int n_rows = chip->rows + chip->spare_rows, n_columns = chip->columns + chip->spare_columns;

  lines->rows = g_new (int, chip->rows);
  lines->columns = g_new (int, chip->columns);
  lines->from_rows = g_new (int, n_rows);
  lines->from_columns = g_new (int, n_columns);
  lines->tier = strata_die_lines (die->spec, die->repair, site, lines->rows, lines->columns);
  invert (lines->rows, chip->rows, lines->from_rows, n_rows);
  invert (lines->columns, chip->columns, lines->from_columns, n_columns);
}

static void
lines_finish (Lines *lines)
{
  g_free (lines->rows);
  g_free (lines->columns);
  g_free (lines->from_rows);
  g_free (lines->from_columns);
}

/* The first of the stuck cells at @site */
static int
find_cells (const StrataDieSpec *die, StrataSite site)
{
  int low = 0;

  for (int high = die->n_cells; low < high;)
    {
      int middle = (low + high) / 2;

      if (strata_site_compare (die->cells[middle].site, site) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static int
compare_cells_cb (gconstpointer a, gconstpointer b)
{
  const StrataStuckCell *left = a, *right = b;

  return (left->cell > right->cell) - (left->cell < right->cell);
}

/* The rows that the tile has on tier @index of its own */
static void
take_array (StrataAnalogDie *self, const StrataDieState *die, const StrataTile *tile, StrataSite site, int index)
{
  const int n_lines = tile->n_row_copies * tile->n_rows, first = index * self->rows_per_tier;
  const int n_here = MIN (n_lines - first, self->rows_per_tier);
  const int at_row = index == 0 ? tile->at_row : 0;
  const StrataSite seen = { site.stack, site.tier + index };
  StrataSite at = { site.stack, -1 };
  Lines lines;

  lines_init (&lines, die, seen);
  at.tier = lines.tier;
  for (int i = 0; i < n_here; i++)
    self->rows[first + i] = lines.rows[at_row + i] < 0;
  for (int c = 0; c < self->n_columns; c++)
    self->columns[index * self->n_columns + c] = lines.columns[tile->at_col + c] < 0;
  self->tested[index] =
    die->spec->n_tested > 0
    && bsearch (&at, die->spec->tested, (gsize) die->spec->n_tested, sizeof at, strata_site_compare_cb) != NULL;
  for (int i = find_cells (die->spec, at);
       i < die->spec->n_cells && strata_site_compare (die->spec->cells[i].site, at) == 0; i++)
    {
      const StrataDieCell *cell = &die->spec->cells[i];
      const int row = lines.from_rows[cell->row] - at_row, column = lines.from_columns[cell->column] - tile->at_col;
      const StrataStuckCell stuck = { 2 * ((gint64) (first + row) * self->n_columns + column) + cell->minus,
                                      cell->full };

      if (row >= 0 && row < n_here && column >= 0 && column < self->n_columns)
        g_array_append_val (self->stuck, stuck);
    }
  lines_finish (&lines);
}

static int
compare_converter_cb (const void *key, const void *entry)
{
  const StrataDieConverter *wanted = key, *one = entry;

  return wanted->stack != one->stack ? (wanted->stack > one->stack) - (wanted->stack < one->stack)
                                     : (wanted->converter > one->converter) - (wanted->converter < one->converter);
}

static void
take_converters (StrataAnalogDie *self, const StrataDieSpec *die, const StrataTile *tile, int stack)
{
  for (int c = 0; c < self->n_columns && die->n_converters > 0; c++)
    {
      const StrataDieConverter key = { .stack = stack, .converter = (tile->at_col + c) % die->chip->n_adc };
      const StrataDieConverter *one =
        bsearch (&key, die->converters, (gsize) die->n_converters, sizeof key, compare_converter_cb);

      self->known[c] = one != NULL;
      self->gain[c] = one == NULL ? 0 : one->gain;
      self->offset_v[c] = one == NULL ? 0 : one->offset_v;
    }
}

StrataAnalogDie *
strata_analog_die_new (const StrataDieState *die, const StrataTile *tile, StrataSite site)
{
  StrataAnalogDie *self = g_new0 (StrataAnalogDie, 1);

  self->n_columns = tile->n_cols * tile->n_slices;
  self->n_tiers = strata_tile_n_tiers (tile);
  self->rows_per_tier = self->n_tiers > 1 ? die->spec->chip->rows : tile->n_row_copies * tile->n_rows;
  self->rows = g_new0 (gboolean, tile->n_row_copies * tile->n_rows);
  self->columns = g_new0 (gboolean, (gsize) self->n_tiers * (gsize) self->n_columns);
  self->tested = g_new0 (gboolean, self->n_tiers);
  self->known = g_new0 (gboolean, self->n_columns);
  self->gain = g_new0 (double, self->n_columns);
  self->offset_v = g_new0 (double, self->n_columns);
  self->stuck = g_array_new (FALSE, FALSE, sizeof (StrataStuckCell));
  for (int i = 0; i < self->n_tiers; i++)
    take_array (self, die, tile, site, i);
  g_array_sort (self->stuck, compare_cells_cb);
  take_converters (self, die->spec, tile, site.stack);
  return self;
}

void
strata_analog_die_free (StrataAnalogDie *self)
{
  if (self == NULL)
    return;
  g_free (self->rows);
  g_free (self->columns);
  g_free (self->tested);
  g_free (self->known);
  g_free (self->gain);
  g_free (self->offset_v);
  g_array_unref (self->stuck);
  g_free (self);
}
