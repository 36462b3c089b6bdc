/* SPDX-License-Identifier: Apache-2.0
 *
 * Spells of continuous operation in words: the rate, what holds it, and what comes after it.
 */
#include "analysis/derive.h"
#include "strata-profiler/strata-profile-analysis.h"

static char *
format_rate (const StrataProfileSpell *spell)
{
  return strata_format_quantity (1e12 / (double) spell->interval_ps, "1/s");
}

static void
append_this (GString *text, const StrataProfileSpell *spell)
{
  g_autofree char *rate = spell->interval_ps > 0 ? format_rate (spell) : NULL;

  if (rate == NULL)
    g_string_append (text, "switched off, as no rate holds");
  else if (spell->reason == STRATA_SPELL_NONE)
    g_string_append_printf (text, "full rate, %s", rate);
  else
    g_string_append_printf (text, "%s, held by %s", rate, strata_spell_reason_name (spell->reason));
}

/* Times are from cold. */
static void
append_next (GString *text, const StrataProfileSpell *spell)
{
  g_autofree char *rate = spell->interval_ps > 0 ? format_rate (spell) : NULL;
  g_autofree char *time = strata_format_quantity ((double) spell->start_ps, "ps");
  const char *reason = strata_spell_reason_name (spell->reason);

  if (rate == NULL)
    g_string_append_printf (text, "; switches off for %s after %s, as no rate holds", reason, time);
  else
    g_string_append_printf (text, "; throttles for %s after %s to %s", reason, time, rate);
}

char *
strata_derive_spell_text (const StrataRows *rows, gsize spell)
{
  GString *text = g_string_new (NULL);
  const StrataProfileSpell *last = &rows->spells[rows->n_spells - 1];

  append_this (text, &rows->spells[spell]);
  for (gsize i = spell + 1; i < rows->n_spells; i++)
    append_next (text, &rows->spells[i]);
  if (rows->n_spells == 1)
    {
      g_autofree char *junction = strata_format_quantity (last->junction_c, "c");
      g_autofree char *skin = strata_format_quantity (last->skin_c, "c");

      g_string_append_printf (text, ", for ever; junction at %s, skin at %s", junction, skin);
    }
  return g_string_free (text, FALSE);
}
