/* SPDX-License-Identifier: Apache-2.0
 *
 * DECI: what the compiler decided and why, and the noise of each layer.
 */
#include "program/sections.h"

static void
put_alternative (GByteArray *bytes, const StrataAlternative *other)
{
  strata_put_string (bytes, other->what);
  strata_put_i64 (bytes, other->latency_ps);
  strata_put_i64 (bytes, other->interval_ps);
  strata_put_i64 (bytes, other->energy_fj);
  strata_put_i64 (bytes, other->n_arrays);
  strata_put_string (bytes, other->verdict);
}

static StrataAlternative
get_alternative (StrataReader *reader, StrataArena *arena)
{
  StrataAlternative other = { .what = strata_get_string (reader, arena) };

  other.latency_ps = strata_get_i64 (reader);
  other.interval_ps = strata_get_i64 (reader);
  other.energy_fj = strata_get_i64 (reader);
  other.n_arrays = strata_get_i64 (reader);
  other.verdict = strata_get_string (reader, arena);
  return other;
}

static void
put_noise (GByteArray *bytes, const StrataNoiseFigures *f)
{
  strata_put_i32 (bytes, f->op);
  strata_put_i32 (bytes, f->n_reads);
  strata_put_f64 (bytes, f->snr_db);
  strata_put_f64 (bytes, f->effective_bits);
  strata_put_f64 (bytes, f->thermal_db);
  strata_put_f64 (bytes, f->cells_db);
  strata_put_f64 (bytes, f->converter_db);
  strata_put_f64 (bytes, f->lasting_db);
  strata_put_f64 (bytes, f->rounding_db);
  strata_put_f64 (bytes, f->share);
  strata_put_i32 (bytes, f->adc_bits);
  strata_put_i32 (bytes, f->sound_bits);
  strata_put_f64 (bytes, f->drowned_fj);
}

static StrataNoiseFigures
get_noise (StrataReader *reader)
{
  StrataNoiseFigures f = { .op = strata_get_i32 (reader) };

  f.n_reads = strata_get_i32 (reader);
  f.snr_db = strata_get_f64 (reader);
  f.effective_bits = strata_get_f64 (reader);
  f.thermal_db = strata_get_f64 (reader);
  f.cells_db = strata_get_f64 (reader);
  f.converter_db = strata_get_f64 (reader);
  f.lasting_db = strata_get_f64 (reader);
  f.rounding_db = strata_get_f64 (reader);
  f.share = strata_get_f64 (reader);
  f.adc_bits = strata_get_i32 (reader);
  f.sound_bits = strata_get_i32 (reader);
  f.drowned_fj = strata_get_f64 (reader);
  return f;
}

void
strata_put_decisions (GByteArray *bytes, const StrataImage *image)
{
  const StrataDecisions *decisions = image->decisions;

  strata_put_i32 (bytes, decisions != NULL);
  if (decisions == NULL)
    return;
  strata_put_i32 (bytes, decisions->decisions->len);
  for (guint i = 0; i < decisions->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i);

      strata_put_string (bytes, strata_reason_code (decision->reason));
      strata_put_i32 (bytes, decision->op);
      strata_put_i32 (bytes, decision->tile);
      strata_put_i64 (bytes, decision->value);
      strata_put_string (bytes, decision->text);
      strata_put_i32 (bytes, decision->n_alternatives);
      for (int j = 0; j < decision->n_alternatives; j++)
        put_alternative (bytes,
                         &g_array_index (decisions->alternatives, StrataAlternative, decision->first_alternative + j));
    }
  strata_put_i32 (bytes, decisions->noise->len);
  for (guint i = 0; i < decisions->noise->len; i++)
    put_noise (bytes, &g_array_index (decisions->noise, StrataNoiseFigures, i));
}

gboolean
strata_get_decisions (StrataReader reader, StrataImage *image, GError **error)
{
  int is_there = strata_get_i32 (&reader), n_decisions, n_noise;

  if (is_there == 0)
    return strata_section_close (STRATA_SECTION_DECI, &reader, error);
  if (is_there != 1)
    return strata_section_refuse (STRATA_SECTION_DECI, "begins with neither 0 nor 1", error);
  image->decisions = strata_decisions_new ();
  n_decisions = strata_get_count (&reader, 28);
  for (int i = 0; i < n_decisions && !reader.failed; i++)
    {
      StrataArena *arena = image->decisions->arena;
      StrataDecision decision = { .reason = strata_reason_from_code (strata_get_string (&reader, arena)) };

      decision.op = strata_get_i32 (&reader);
      decision.tile = strata_get_i32 (&reader);
      decision.value = strata_get_i64 (&reader);
      decision.text = strata_get_string (&reader, arena);
      decision.first_alternative = (int) image->decisions->alternatives->len;
      decision.n_alternatives = strata_get_count (&reader, 40);
      for (int j = 0; j < decision.n_alternatives && !reader.failed; j++)
        {
          StrataAlternative other = get_alternative (&reader, arena);

          g_array_append_val (image->decisions->alternatives, other);
        }
      g_array_append_val (image->decisions->decisions, decision);
    }
  n_noise = strata_get_count (&reader, 88);
  for (int i = 0; i < n_noise && !reader.failed; i++)
    {
      const StrataNoiseFigures figures = get_noise (&reader);

      strata_decisions_add_noise (image->decisions, &figures);
    }
  return strata_section_close (STRATA_SECTION_DECI, &reader, error);
}
