/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of decisions: appending, check, print, hash, and the texts of the reasons.
 */
#include "program/decisions.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "strata/strata-types.h"

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
  decisions->noise = g_array_new (FALSE, TRUE, sizeof (StrataNoiseFigures));
  return decisions;
}

void
strata_decisions_free (StrataDecisions *decisions)
{
  if (decisions == NULL)
    return;
  g_array_unref (decisions->decisions);
  g_array_unref (decisions->alternatives);
  g_array_unref (decisions->noise);
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
strata_decisions_add_noise (StrataDecisions *decisions, const StrataNoiseFigures *figures)
{
  if (decisions != NULL)
    g_array_append_val (decisions->noise, *figures);
}

const StrataNoiseFigures *
strata_decisions_find_noise (const StrataDecisions *decisions, int op)
{
  for (guint i = 0; decisions != NULL && i < decisions->noise->len; i++)
    if (g_array_index (decisions->noise, StrataNoiseFigures, i).op == op)
      return &g_array_index (decisions->noise, StrataNoiseFigures, i);
  return NULL;
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
  g_array_append_vals (decisions->noise, other->noise->data, other->noise->len);
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

StrataReason
strata_reason_from_code (const char *code)
{
  int reason = 0;

  while (reason < STRATA_N_REASONS && !g_str_equal (codes[reason], code))
    reason++;
  return (StrataReason) reason;
}

/* --- check, print, hash --- */

static gboolean
refuse (GError **error, guint decision, const char *reason)
{
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "decisions: decision %u: %s", decision,
               reason);
  return FALSE;
}

static gboolean
is_line (const char *text)
{
  return text != NULL && strpbrk (text, "\r\n") == NULL && g_utf8_validate (text, -1, NULL);
}

static gboolean
check_alternatives (const StrataDecisions *decisions, guint id, GError **error)
{
  const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, id);

  for (int i = 0; i < decision->n_alternatives; i++)
    {
      const StrataAlternative *other =
        &g_array_index (decisions->alternatives, StrataAlternative, decision->first_alternative + i);

      if (!is_line (other->what) || !is_line (other->verdict) || *other->what == '\0')
        return refuse (error, id, "an alternative has no name, or one of several lines");
      if (other->latency_ps < -1 || other->interval_ps < -1 || other->energy_fj < -1 || other->n_arrays < -1)
        return refuse (error, id, "an alternative has a negative figure; -1 says that it is not known");
    }
  return TRUE;
}

/* The figures of a layer as numbers, in their order */
#define N_NOISE_NUMBERS 9

static void
noise_numbers (const StrataNoiseFigures *f, double numbers[N_NOISE_NUMBERS])
{
  const double all[N_NOISE_NUMBERS] = { f->snr_db,     f->effective_bits, f->thermal_db, f->cells_db,  f->converter_db,
                                        f->lasting_db, f->rounding_db,    f->share,      f->drowned_fj };

  memcpy (numbers, all, sizeof all);
}

static gboolean
check_noise (const StrataDecisions *decisions, int n_ops, GError **error)
{
  g_autofree guint8 *seen = g_malloc0 ((gsize) n_ops + 1);

  for (guint i = 0; i < decisions->noise->len; i++)
    {
      const StrataNoiseFigures *f = &g_array_index (decisions->noise, StrataNoiseFigures, i);
      double numbers[N_NOISE_NUMBERS];
      gboolean known = f->op >= 0 && f->op < n_ops && !seen[f->op];

      noise_numbers (f, numbers);
      for (int n = 0; n < N_NOISE_NUMBERS; n++)
        known = known && !isnan (numbers[n]);
      if (!known || f->n_reads < 1 || f->adc_bits < 1 || f->sound_bits > f->adc_bits || f->share < 0 || f->share > 1
          || !(f->drowned_fj >= 0) || isinf (f->drowned_fj))
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
                       "decisions: noise %u: of an op that is not there or was named before, or not a number", i);
          return FALSE;
        }
      seen[f->op] = 1;
    }
  return TRUE;
}

gboolean
strata_decisions_check (const StrataDecisions *decisions, int n_ops, int n_tiles, GError **error)
{
  guint next = 0;

  for (guint i = 0; i < decisions->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i);

      if ((guint) decision->reason >= STRATA_N_REASONS)
        return refuse (error, i, "its reason is none of the list");
      if (decision->op < -1 || decision->op >= n_ops || decision->tile < -1 || decision->tile >= n_tiles)
        return refuse (error, i, "names an op or a tile that is not there");
      if (!is_line (decision->text))
        return refuse (error, i, "its text is not one line of UTF-8");
      if (decision->n_alternatives < 0 || decision->first_alternative != (int) next
          || (guint) decision->n_alternatives > decisions->alternatives->len - next)
        return refuse (error, i, "its alternatives are not those that follow");
      if (!check_alternatives (decisions, i, error))
        return FALSE;
      next += (guint) decision->n_alternatives;
    }
  if (next != decisions->alternatives->len)
    return refuse (error, decisions->decisions->len, "alternatives that belong to no decision follow");
  return check_noise (decisions, n_ops, error);
}

char *
strata_decisions_print (const StrataDecisions *decisions)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "decisions %u alternatives %u\n", decisions->decisions->len,
                          decisions->alternatives->len);
  for (guint i = 0; i < decisions->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i);

      g_string_append_printf (text, "decision %u %s op %d tile %d value %" G_GINT64_FORMAT " ; %s\n", i,
                              codes[decision->reason], decision->op, decision->tile, decision->value, decision->text);
      for (int j = 0; j < decision->n_alternatives; j++)
        {
          const StrataAlternative *other =
            &g_array_index (decisions->alternatives, StrataAlternative, decision->first_alternative + j);

          g_string_append_printf (text,
                                  "  or latency %" G_GINT64_FORMAT " interval %" G_GINT64_FORMAT
                                  " energy %" G_GINT64_FORMAT " arrays %" G_GINT64_FORMAT " ; %s: %s\n",
                                  other->latency_ps, other->interval_ps, other->energy_fj, other->n_arrays, other->what,
                                  other->verdict);
        }
    }
  for (guint i = 0; i < decisions->noise->len; i++)
    {
      const StrataNoiseFigures *f = &g_array_index (decisions->noise, StrataNoiseFigures, i);

      g_string_append_printf (text,
                              "noise op %d reads %d snr %.3f bits %.3f thermal %.3f cells %.3f converter %.3f lasting "
                              "%.3f rounding %.3f share %.4f adc %d sound %d drowned %.0f\n",
                              f->op, f->n_reads, f->snr_db, f->effective_bits, f->thermal_db, f->cells_db,
                              f->converter_db, f->lasting_db, f->rounding_db, f->share, f->adc_bits, f->sound_bits,
                              f->drowned_fj);
    }
  return g_string_free (text, FALSE);
}

guint64
strata_decisions_hash (const StrataDecisions *decisions)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_int (hasher, decisions->decisions->len);
  for (guint i = 0; i < decisions->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i);

      strata_hasher_string (hasher, codes[decision->reason]);
      strata_hasher_int (hasher, decision->op);
      strata_hasher_int (hasher, decision->tile);
      strata_hasher_int (hasher, decision->value);
      strata_hasher_string (hasher, decision->text);
      strata_hasher_int (hasher, decision->n_alternatives);
    }
  for (guint i = 0; i < decisions->alternatives->len; i++)
    {
      const StrataAlternative *other = &g_array_index (decisions->alternatives, StrataAlternative, i);

      strata_hasher_int (hasher, other->latency_ps);
      strata_hasher_int (hasher, other->interval_ps);
      strata_hasher_int (hasher, other->energy_fj);
      strata_hasher_int (hasher, other->n_arrays);
      strata_hasher_string (hasher, other->what);
      strata_hasher_string (hasher, other->verdict);
    }
  for (guint i = 0; i < decisions->noise->len; i++)
    {
      const StrataNoiseFigures *f = &g_array_index (decisions->noise, StrataNoiseFigures, i);
      double numbers[N_NOISE_NUMBERS];

      noise_numbers (f, numbers);
      strata_hasher_int (hasher, f->op);
      strata_hasher_int (hasher, f->n_reads);
      strata_hasher_int (hasher, f->adc_bits);
      strata_hasher_int (hasher, f->sound_bits);
      for (int n = 0; n < N_NOISE_NUMBERS; n++)
        strata_hasher_double (hasher, numbers[n]);
    }
  return strata_hasher_digest (hasher);
}
