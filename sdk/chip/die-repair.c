/* SPDX-License-Identifier: Apache-2.0
 *
 * What spare rows, columns and tiers make of the faults of a die, stack by stack.
 */
#include "chip/die.h"

#include <stdlib.h>

/* An array of a die by its physical tier, of which something is dead */
typedef struct
{
  StrataSite site;
  int n_rows, n_columns; /* dead ones */
  gboolean dead;
} Fault;

/* The least of three sorted lists' heads; FALSE when all have ended. */
static gboolean
next_site (const StrataDieSpec *die, int dead, int row, int column, StrataSite *site)
{
  gboolean found = FALSE;
  const StrataSite *heads[] = { dead < die->n_dead ? &die->dead[dead] : NULL,
                                row < die->n_rows ? &die->rows[row].site : NULL,
                                column < die->n_columns ? &die->columns[column].site : NULL };

  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    if (heads[i] != NULL && (!found || strata_site_compare (*heads[i], *site) < 0))
      {
        *site = *heads[i];
        found = TRUE;
      }
  return found;
}

/* One entry per array that has a fault, sorted. */
static GArray *
collect_faults (const StrataDieSpec *die)
{
  GArray *faults = g_array_new (FALSE, FALSE, sizeof (Fault));
  int dead = 0, row = 0, column = 0;
  Fault fault = { 0 };

  while (next_site (die, dead, row, column, &fault.site))
    {
      fault.dead = FALSE;
      fault.n_rows = fault.n_columns = 0;
      for (; dead < die->n_dead && strata_site_compare (die->dead[dead], fault.site) == 0; dead++)
        fault.dead = TRUE;
      for (; row < die->n_rows && strata_site_compare (die->rows[row].site, fault.site) == 0; row++)
        fault.n_rows++;
      for (; column < die->n_columns && strata_site_compare (die->columns[column].site, fault.site) == 0; column++)
        fault.n_columns++;
      g_array_append_val (faults, fault);
    }
  return faults;
}

static int
rows_left (const StrataChipSpec *chip, const Fault *fault)
{
  return fault->dead ? 0 : CLAMP (chip->rows + chip->spare_rows - fault->n_rows, 0, chip->rows);
}

static int
columns_left (const StrataChipSpec *chip, const Fault *fault)
{
  return fault->dead ? 0 : CLAMP (chip->columns + chip->spare_columns - fault->n_columns, 0, chip->columns);
}

static gboolean
is_whole (const StrataChipSpec *chip, const Fault *fault)
{
  return rows_left (chip, fault) == chip->rows && columns_left (chip, fault) == chip->columns;
}

/* Whole spare tiers of the stack whose faults these are, from the lowest. */
static GArray *
find_spares (const StrataChipSpec *chip, const Fault *faults, guint n_faults, int n_spare_tiers)
{
  GArray *spares = g_array_new (FALSE, FALSE, sizeof (int));
  guint fault = 0;

  for (int tier = chip->tiers; tier < chip->tiers + n_spare_tiers; tier++)
    {
      while (fault < n_faults && faults[fault].site.tier < tier)
        fault++;
      if (fault == n_faults || faults[fault].site.tier != tier || is_whole (chip, &faults[fault]))
        g_array_append_val (spares, tier);
    }
  return spares;
}

/* Arrays of one stack: those that are dead get spares before those that are short of lines. */
static void
repair_stack (const StrataDieSpec *die, const Fault *faults, guint n_faults, int n_spare_tiers, StrataDieRepair *repair)
{
  const StrataChipSpec *chip = die->chip;
  g_autoptr (GArray) spares = find_spares (chip, faults, n_faults, n_spare_tiers);
  int first = repair->n_arrays;
  guint n_used = 0;

  for (guint i = 0; i < n_faults && faults[i].site.tier < chip->tiers; i++)
    {
      StrataDieArray *array = &repair->arrays[repair->n_arrays];

      if (is_whole (chip, &faults[i]))
        {
          repair->n_lines += faults[i].n_rows + faults[i].n_columns;
          continue;
        }
      *array = (StrataDieArray){ faults[i].site, faults[i].site.tier, rows_left (chip, &faults[i]),
                                 columns_left (chip, &faults[i]) };
      if (array->rows == 0 || array->columns == 0)
        array->rows = array->columns = 0;
      repair->n_arrays++;
    }
  for (int pass = 0; pass < 2; pass++)
    for (int i = first; i < repair->n_arrays && n_used < spares->len; i++)
      if (repair->arrays[i].tier == repair->arrays[i].site.tier && (pass == 1 || repair->arrays[i].rows == 0))
        {
          repair->arrays[i].tier = g_array_index (spares, int, n_used++);
          repair->arrays[i].rows = chip->rows;
          repair->arrays[i].columns = chip->columns;
        }
  repair->n_spare_tiers += (int) n_used;
  for (int i = first; i < repair->n_arrays; i++)
    {
      if (repair->arrays[i].rows == 0)
        repair->arrays[i].tier = -1;
      repair->n_lost += repair->arrays[i].rows == 0;
      repair->n_weak += repair->arrays[i].rows > 0 && repair->arrays[i].tier == repair->arrays[i].site.tier;
    }
}

StrataDieRepair *
strata_die_repair (const StrataDieSpec *die, int n_spare_tiers)
{
  StrataDieRepair *repair = g_new0 (StrataDieRepair, 1);
  g_autoptr (GArray) faults = collect_faults (die);
  const Fault *all = (const Fault *) (gpointer) faults->data;

  if (n_spare_tiers < 0 || n_spare_tiers > die->chip->spare_tiers)
    n_spare_tiers = die->chip->spare_tiers;
  repair->arrays = g_new0 (StrataDieArray, (gsize) faults->len + 1);
  for (guint from = 0, to; from < faults->len; from = to)
    {
      for (to = from; to < faults->len && all[to].site.stack == all[from].site.stack;)
        to++;
      repair_stack (die, all + from, to - from, n_spare_tiers, repair);
    }
  return repair;
}

static int
compare_array (const void *key, const void *entry)
{
  return strata_site_compare (*(const StrataSite *) key, ((const StrataDieArray *) entry)->site);
}

const StrataDieArray *
strata_die_repair_find (const StrataDieRepair *repair, StrataSite site)
{
  return bsearch (&site, repair->arrays, (gsize) repair->n_arrays, sizeof (StrataDieArray), compare_array);
}

/* Marks the dead ones of the lines of the array at @site. */
static gboolean *
find_dead (const StrataDieLine *lines, int n, StrataSite site, int n_lines)
{
  gboolean *dead = g_new0 (gboolean, n_lines);
  int low = 0;

  for (int high = n; low < high;)
    {
      int middle = (low + high) / 2;

      if (strata_site_compare (lines[middle].site, site) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  for (int i = low; i < n && strata_site_compare (lines[i].site, site) == 0; i++)
    dead[lines[i].line] = TRUE;
  return dead;
}

/* Of @n lines that programs see the first @n_working have one of @n_lines to lie on. */
static void
map_lines (const gboolean *dead, int n_lines, int n, int n_working, gboolean repaired, int *lines)
{
  int next = n_working;

  for (int i = 0; i < n; i++)
    {
      lines[i] = i >= n_working ? -1 : i;
      if (lines[i] < 0 || !dead[i])
        continue;
      while (repaired && next < n_lines && dead[next])
        next++;
      lines[i] = repaired && next < n_lines ? next++ : -1;
    }
}

static gboolean
is_dead (const StrataDieSpec *die, StrataSite site)
{
  int low = 0;

  for (int high = die->n_dead; low < high;)
    {
      int middle = (low + high) / 2;

      if (strata_site_compare (die->dead[middle], site) < 0)
        low = middle + 1;
      else
        high = middle;
    }
  return low < die->n_dead && strata_site_compare (die->dead[low], site) == 0;
}

int
strata_die_lines (const StrataDieSpec *die, const StrataDieRepair *repair, StrataSite site, int *rows, int *columns)
{
  const StrataChipSpec *chip = die->chip;
  const StrataDieArray *array = repair == NULL ? NULL : strata_die_repair_find (repair, site);
  const int tier = array != NULL ? array->tier : repair == NULL && is_dead (die, site) ? -1 : site.tier;
  const int n_rows = tier < 0 ? 0 : array != NULL ? array->rows : chip->rows;
  const int n_columns = tier < 0 ? 0 : array != NULL ? array->columns : chip->columns;
  const StrataSite at = { site.stack, tier };
  g_autofree gboolean *dead_rows = find_dead (die->rows, die->n_rows, at, chip->rows + chip->spare_rows);
  g_autofree gboolean *dead_columns = find_dead (die->columns, die->n_columns, at, chip->columns + chip->spare_columns);

  map_lines (dead_rows, chip->rows + chip->spare_rows, chip->rows, n_rows, repair != NULL, rows);
  map_lines (dead_columns, chip->columns + chip->spare_columns, chip->columns, n_columns, repair != NULL, columns);
  return tier;
}

void
strata_die_repair_free (StrataDieRepair *repair)
{
  if (repair == NULL)
    return;
  g_free (repair->arrays);
  g_free (repair);
}
