/* SPDX-License-Identifier: Apache-2.0
 *
 * Stuck cells are few: instead of a draw per cell, one per stuck cell says how many good ones lie before it (a
 * geometric distribution).
 */
#include "simulator/analog-faults.h"

#include <string.h>

static gboolean
is_known (const StrataAnalogDie *die, gint64 cell)
{
  return die != NULL && die->tested[cell / 2 / die->n_columns / die->rows_per_tier];
}

static int
compare_cells_cb (gconstpointer a, gconstpointer b)
{
  const StrataStuckCell *left = a, *right = b;

  return (left->cell > right->cell) - (left->cell < right->cell);
}

void
strata_analog_faults_init (StrataAnalogFaults *faults,
                           const StrataChipSpec *chip,
                           StrataBand band,
                           StrataPhysics off,
                           StrataRngKey key,
                           int n_lines,
                           int n_columns,
                           const StrataAnalogDie *die)
{
  const gint64 n_cells = 2 * (gint64) n_lines * n_columns;
  const double full = chip->stuck_full[band], share = full + chip->stuck_zero[band];

  *faults = (StrataAnalogFaults){ .die = (off & STRATA_PHYSICS_DEAD) != 0 ? NULL : die, .n_columns = n_columns };
  faults->stuck = g_array_new (FALSE, FALSE, sizeof (StrataStuckCell));
  if ((off & STRATA_PHYSICS_STUCK) != 0)
    return;
  for (gint64 cell = 0, i = 0; cell < n_cells; cell++, i++)
    {
      cell += strata_rng_gap (key, 2 * (guint64) i, share);
      if (cell < n_cells && !is_known (die, cell))
        g_array_append_val (faults->stuck,
                            ((StrataStuckCell){ cell, strata_rng_uniform (key, 2 * (guint64) i + 1) * share < full }));
    }
  if (die != NULL && die->stuck->len > 0)
    {
      g_array_append_vals (faults->stuck, die->stuck->data, die->stuck->len);
      g_array_sort (faults->stuck, compare_cells_cb);
    }
}

void
strata_analog_faults_finish (StrataAnalogFaults *faults)
{
  g_array_unref (faults->stuck);
}

/* The first stuck cell from @cell on */
static guint
find (const GArray *stuck, gint64 cell)
{
  guint low = 0, high = stuck->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (g_array_index (stuck, StrataStuckCell, middle).cell < cell)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

gboolean
strata_analog_faults_row (const StrataAnalogFaults *faults, int line, guint8 *pairs)
{
  const StrataAnalogDie *die = faults->die;
  const gint64 first = 2 * (gint64) line * faults->n_columns, end = first + 2 * (gint64) faults->n_columns;
  guint any = 0;

  memset (pairs, 0, (gsize) faults->n_columns);
  for (guint i = find (faults->stuck, first); i < faults->stuck->len; i++)
    {
      const StrataStuckCell *cell = &g_array_index (faults->stuck, StrataStuckCell, i);

      if (cell->cell >= end)
        break;
      pairs[(cell->cell - first) / 2] |=
        (guint8) ((cell->full ? STRATA_FAULT_PLUS_FULL : STRATA_FAULT_PLUS_ZERO) << (2 * (cell->cell & 1)));
      any = 1;
    }
  for (int c = 0; die != NULL && c < faults->n_columns; c++)
    if (die->rows[line] || die->columns[line / die->rows_per_tier * faults->n_columns + c])
      any |= pairs[c] = STRATA_FAULT_DEAD;
  return any != 0;
}

void
strata_analog_faults_split (guint fault, double target, int top, double *plus, double *minus)
{
  const gboolean plus_stuck = (fault & (STRATA_FAULT_PLUS_ZERO | STRATA_FAULT_PLUS_FULL)) != 0;
  const gboolean minus_stuck = (fault & (STRATA_FAULT_MINUS_ZERO | STRATA_FAULT_MINUS_FULL)) != 0;

  *plus = (fault & STRATA_FAULT_PLUS_FULL) != 0 ? top : 0;
  *minus = (fault & STRATA_FAULT_MINUS_FULL) != 0 ? top : 0;
  if (!plus_stuck)
    *plus = minus_stuck ? CLAMP (target + *minus, 0, top) : MAX (target, 0);
  if (!minus_stuck)
    *minus = plus_stuck ? CLAMP (*plus - target, 0, top) : MAX (-target, 0);
}
