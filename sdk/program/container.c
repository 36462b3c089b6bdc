/* SPDX-License-Identifier: Apache-2.0
 *
 * What all sections of a container have in common: names and versions, the hash over their table, how one is refused.
 */
#include "program/sections.h"

const StrataSectionEntry *
strata_section (StrataSection section)
{
  static const StrataSectionEntry table[STRATA_N_SECTIONS] = {
#define STRATA_SECTION_ROW(id, v, meaning) [STRATA_SECTION_##id] = { .name = #id, .version = v },
    STRATA_SECTIONS (STRATA_SECTION_ROW)
#undef STRATA_SECTION_ROW
  };

  return &table[section];
}

/* Whether a device's work depends on it */
static gboolean
is_hashed (StrataSection section)
{
  return section != STRATA_SECTION_DECI && section != STRATA_SECTION_META;
}

guint64
strata_container_hash (const StrataSectionEntry *entries)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  for (int i = 0; i < STRATA_N_SECTIONS; i++)
    {
      if (!is_hashed (i))
        continue;
      strata_hasher_string (hasher, entries[i].name);
      strata_hasher_int (hasher, entries[i].version);
      strata_hasher_int (hasher, (gint64) entries[i].length);
      strata_hasher_int (hasher, (gint64) entries[i].hash);
    }
  return strata_hasher_digest (hasher);
}

gboolean
strata_section_refuse (StrataSection section, const char *reason, GError **error)
{
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "section %s: %s; compile the model again",
               strata_section (section)->name, reason);
  return FALSE;
}

gboolean
strata_section_close (StrataSection section, const StrataReader *reader, GError **error)
{
  if (reader->failed)
    return strata_section_refuse (section, "is cut short or holds a count it cannot", error);
  return reader->at == reader->n || strata_section_refuse (section, "has bytes left over", error);
}
