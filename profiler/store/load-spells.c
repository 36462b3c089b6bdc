/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads continuous operation from cold: spells that follow each other without gaps to one for ever, and the
 * temperatures they lie on, by time. Before schema 4 there are none.
 */
#include <math.h>

#include "store/load-private.h"

static double
read_finite (StrataLoader *loader, int column)
{
  double value = strata_loader_number (loader, column);

  if (!isfinite (value))
    strata_loader_fail (loader, "%s of table %s is not a number", sqlite3_column_name (loader->statement, column),
                        loader->table);
  return value;
}

static gboolean
is_null (StrataLoader *loader, int column)
{
  return sqlite3_column_type (loader->statement, column) == SQLITE_NULL;
}

static void
read_spell (StrataLoader *loader)
{
  GArray *spells = loader->array;
  const StrataProfileSpell *last =
    spells->len > 0 ? &g_array_index (spells, StrataProfileSpell, spells->len - 1) : NULL;
  gint64 start_ps = last != NULL ? last->start_ps + last->duration_ps : 0;
  StrataProfileSpell spell = { 0 };

  if (last != NULL && last->duration_ps < 0)
    strata_loader_fail (loader, "%s", "a spell follows one that lasts for ever");
  strata_loader_int (loader, 0, spells->len, spells->len);
  spell.start_ps = strata_loader_int (loader, 1, start_ps, start_ps);
  spell.duration_ps = is_null (loader, 2) ? -1 : strata_loader_int (loader, 2, 1, G_MAXINT64 - spell.start_ps);
  spell.interval_ps = is_null (loader, 3) ? 0 : strata_loader_int (loader, 3, 1, G_MAXINT64);
  spell.reason = strata_loader_int (loader, 4, 0, STRATA_N_SPELL_REASONS - 1);
  spell.power_mw = read_finite (loader, 5);
  spell.junction_c = read_finite (loader, 6);
  spell.skin_c = read_finite (loader, 7);
  g_array_append_val (spells, spell);
}

static void
read_warming (StrataLoader *loader)
{
  StrataProfileWarming warming = { strata_loader_int (loader, 0, 0, G_MAXINT64), read_finite (loader, 1),
                                   read_finite (loader, 2) };

  g_array_append_val (loader->array, warming);
}

gboolean
strata_loader_spells (StrataLoader *loader)
{
  StrataRows *rows = loader->rows;
  g_autoptr (GArray) spells = g_array_new (FALSE, FALSE, sizeof (StrataProfileSpell));
  g_autoptr (GArray) warming = g_array_new (FALSE, FALSE, sizeof (StrataProfileWarming));

  if (loader->version < 4)
    return TRUE;
  loader->array = spells;
  strata_loader_each (loader, "spell",
                      "SELECT id, start_ps, duration_ps, interval_ps, reason, power_mw, junction_c, skin_c FROM spell "
                      "ORDER BY id",
                      read_spell);
  if (loader->error == NULL && spells->len > 0
      && g_array_index (spells, StrataProfileSpell, spells->len - 1).duration_ps >= 0)
    strata_loader_fail (loader, "%s", "the last spell is not for ever");
  loader->array = warming;
  if (loader->error == NULL)
    strata_loader_each (loader, "warming", "SELECT time_ps, junction_c, skin_c FROM warming ORDER BY time_ps",
                        read_warming);
  loader->array = NULL;
  rows->n_spells = spells->len;
  rows->n_warming = warming->len;
  rows->spells = (StrataProfileSpell *) g_array_free (g_steal_pointer (&spells), FALSE);
  rows->warming = (StrataProfileWarming *) g_array_free (g_steal_pointer (&warming), FALSE);
  return loader->error == NULL;
}
