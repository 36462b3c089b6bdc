/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of decisions: appending, and the texts of the reasons.
 */
#include "program/decisions.h"

static const char *const codes[STRATA_N_REASONS] = {
#define STRATA_REASON(id, code, meaning) [STRATA_REASON_##id] = code,
#include "program/reasons.def"
#undef STRATA_REASON
};

static const char *const meanings[STRATA_N_REASONS] = {
#define STRATA_REASON(id, code, meaning) [STRATA_REASON_##id] = meaning,
#include "program/reasons.def"
#undef STRATA_REASON
};

StrataDecisions *
strata_decisions_new (void)
{
  StrataDecisions *decisions = g_new0 (StrataDecisions, 1);

  decisions->arena = strata_arena_new ();
  decisions->decisions = g_array_new (FALSE, TRUE, sizeof (StrataDecision));
  decisions->alternatives = g_array_new (FALSE, TRUE, sizeof (StrataAlternative));
  return decisions;
}

void
strata_decisions_free (StrataDecisions *decisions)
{
  if (decisions == NULL)
    return;
  g_array_unref (decisions->decisions);
  g_array_unref (decisions->alternatives);
  strata_arena_free (decisions->arena);
  g_free (decisions);
}

void
strata_decisions_add (
  StrataDecisions *decisions, StrataReason reason, int op, int tile, gint64 value, const char *format, ...)
{
  StrataDecision decision = { .reason = reason, .op = op, .tile = tile, .value = value };
  g_autofree char *text = NULL;
  va_list arguments;

  if (decisions == NULL)
    return;
  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  decision.text = strata_arena_strdup (decisions->arena, text);
  decision.first_alternative = (int) decisions->alternatives->len;
  g_array_append_val (decisions->decisions, decision);
}

void
strata_decisions_add_alternative (StrataDecisions *decisions, const StrataAlternative *alternative)
{
  StrataAlternative copy = *alternative;

  if (decisions == NULL)
    return;
  g_return_if_fail (decisions->decisions->len > 0);
  copy.what = strata_arena_strdup (decisions->arena, alternative->what);
  copy.verdict = strata_arena_strdup (decisions->arena, alternative->verdict == NULL ? "" : alternative->verdict);
  g_array_append_val (decisions->alternatives, copy);
  g_array_index (decisions->decisions, StrataDecision, decisions->decisions->len - 1).n_alternatives++;
}

void
strata_decisions_append (StrataDecisions *decisions, const StrataDecisions *other)
{
  if (decisions == NULL || other == NULL)
    return;
  for (guint i = 0; i < other->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (other->decisions, StrataDecision, i);

      strata_decisions_add (decisions, decision->reason, decision->op, decision->tile, decision->value, "%s",
                            decision->text);
      for (int j = 0; j < decision->n_alternatives; j++)
        strata_decisions_add_alternative (
          decisions, &g_array_index (other->alternatives, StrataAlternative, decision->first_alternative + j));
    }
}

const char *
strata_reason_code (StrataReason reason)
{
  return codes[reason];
}

const char *
strata_reason_meaning (StrataReason reason)
{
  return meanings[reason];
}
