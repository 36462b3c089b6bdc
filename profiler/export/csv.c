/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers, events and spells as comma-separated values (RFC 4180): raw integers and full precision, for spreadsheets and
 * scripts.
 */
#include <math.h>
#include <string.h>

#include "strata-profiler/strata-profile-analysis.h"
#include "strata-profiler/strata-profile-report.h"

#define FLUSH_BYTES 65536

static void
append_text (GString *line, const char *text)
{
  if (strpbrk (text, ",\"\r\n") == NULL)
    {
      g_string_append (line, text);
      return;
    }
  g_string_append_c (line, '"');
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '"')
        g_string_append_c (line, '"');
      g_string_append_c (line, *c);
    }
  g_string_append_c (line, '"');
}

/* Nothing for NaN */
static void
append_number (GString *line, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c (line, ',');
  if (!isnan (value))
    g_string_append (line, g_ascii_formatd (text, sizeof text, "%.9g", value));
}

/* Nothing for -1 */
static void
append_id (GString *line, gint64 value)
{
  g_string_append_c (line, ',');
  if (value >= 0)
    g_string_append_printf (line, "%" G_GINT64_FORMAT, value);
}

static gboolean
flush (GString *buffer, gsize limit, GOutputStream *stream, GCancellable *cancellable, GError **error)
{
  gboolean is_written =
    buffer->len < limit || g_output_stream_write_all (stream, buffer->str, buffer->len, NULL, cancellable, error);

  if (buffer->len >= limit)
    g_string_truncate (buffer, 0);
  return is_written;
}

/* --- layers --- */

static void
append_components (GString *line, const gint64 *component_fj)
{
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    append_id (line, component_fj[i]);
}

static void
append_layer (GString *line, const StrataProfileLayer *layer)
{
  g_string_append_printf (line, "%d,", layer->id);
  append_text (line, layer->name);
  g_string_append_c (line, ',');
  append_text (line, layer->op);
  g_string_append_c (line, ',');
  append_text (line, layer->kind);
  g_string_append_c (line, ',');
  append_text (line, layer->stage);
  append_id (line, layer->start_ps);
  append_id (line, layer->end_ps);
  append_id (line, layer->busy_ps);
  append_id (line, layer->n_events);
  append_id (line, layer->n_macs);
  append_id (line, layer->n_weights);
  append_id (line, layer->n_tiles);
  append_id (line, layer->n_stacks);
  append_number (line, layer->utilisation);
  append_number (line, layer->snr_db);
  append_number (line, layer->clip_fraction);
  append_number (line, layer->noise.snr_db);
  append_number (line, layer->noise.effective_bits);
  append_id (line, layer->noise.n_reads > 0 ? layer->noise.sound_bits : -1);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    append_id (line, layer->energy_fj[band]);
  append_components (line, layer->component_fj[STRATA_BAND_NOMINAL]);
  g_string_append (line, "\r\n");
}

static void
append_closing (GString *line, StrataProfile *profile)
{
  static const char *const names[] = { "(no layer)", "(static)", "(total)" };
  StrataEnergyRow *tables[STRATA_N_BANDS];
  gsize n = 0;

  for (int band = 0; band < STRATA_N_BANDS; band++)
    tables[band] = strata_profile_energy_table (profile, band, &n);
  for (gsize i = n - 3; i < n; i++)
    {
      g_string_append_printf (line, ",%s,,,,,,,,,,,,,,,,,", names[i - (n - 3)]);
      for (int band = 0; band < STRATA_N_BANDS; band++)
        append_id (line, tables[band][i].energy_fj);
      append_components (line, tables[STRATA_BAND_NOMINAL][i].component_fj);
      g_string_append (line, "\r\n");
    }
  for (int band = 0; band < STRATA_N_BANDS; band++)
    g_free (tables[band]);
}

gboolean
strata_profile_write_layers_csv (StrataProfile *profile,
                                 GOutputStream *stream,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_autoptr (GString) buffer = NULL;
  gsize n_layers;
  const StrataProfileLayer *layers;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), FALSE);
  g_return_val_if_fail (G_IS_OUTPUT_STREAM (stream), FALSE);

  buffer = g_string_new ("layer,name,op,kind,stage,start_ps,end_ps,busy_ps,n_events,n_macs,n_weights,n_tiles,n_stacks,"
                         "utilisation,snr_db,clip_fraction,modelled_snr_db,effective_bits,sound_adc_bits,energy_fj,"
                         "energy_optimistic_fj,energy_conservative_fj");
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    {
      g_autofree char *name = g_strdelimit (g_strdup (strata_component_name (i)), "-", '_');

      g_string_append_printf (buffer, ",%s_fj", name);
    }
  g_string_append (buffer, "\r\n");
  layers = strata_profile_get_layers (profile, &n_layers);
  for (gsize i = 0; i < n_layers; i++)
    {
      append_layer (buffer, &layers[i]);
      if (!flush (buffer, FLUSH_BYTES, stream, cancellable, error))
        return FALSE;
    }
  append_closing (buffer, profile);
  return flush (buffer, 0, stream, cancellable, error);
}

/* --- events --- */

static void
append_event (GString *line,
              const StrataProfileUnit *unit,
              const StrataProfileEvents *events,
              gsize i,
              const StrataProfileLayer *layers)
{
  append_text (line, unit->name);
  append_id (line, events->start_ps[i]);
  append_id (line, events->duration_ps[i]);
  append_id (line, events->layer[i]);
  g_string_append_c (line, ',');
  append_text (line, events->layer[i] >= 0 ? layers[events->layer[i]].name : "");
  append_id (line, events->instruction[i]);
  append_id (line, events->burst[i]);
  append_id (line, events->tier[i]);
  append_id (line, events->n_actions[i]);
  append_id (line, events->energy_fj[i]);
  append_id (line, (events->flags[i] & STRATA_EVENT_TIER_SWITCH) != 0);
  append_id (line, (events->flags[i] & STRATA_EVENT_STATIC) != 0);
  g_string_append (line, "\r\n");
}

gboolean
strata_profile_write_events_csv (StrataProfile *profile,
                                 GOutputStream *stream,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_autoptr (GString) buffer = NULL;
  const StrataProfileUnit *units;
  const StrataProfileLayer *layers;
  gsize n_units;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), FALSE);
  g_return_val_if_fail (G_IS_OUTPUT_STREAM (stream), FALSE);

  buffer = g_string_new ("unit,start_ps,duration_ps,layer,layer_name,instruction,burst,tier,n_actions,energy_fj,"
                         "is_tier_switch,is_static\r\n");
  units = strata_profile_get_units (profile, &n_units);
  layers = strata_profile_get_layers (profile, NULL);
  for (gsize track = 0; track < 2 * n_units; track++)
    {
      StrataProfileEvents events;

      if (track % 2 == 0)
        strata_profile_get_unit_events (profile, track / 2, &events);
      else
        strata_profile_get_static_events (profile, track / 2, &events);
      for (gsize i = 0; i < events.n_events; i++)
        {
          append_event (buffer, &units[track / 2], &events, i, layers);
          if (!flush (buffer, FLUSH_BYTES, stream, cancellable, error))
            return FALSE;
        }
    }
  return flush (buffer, 0, stream, cancellable, error);
}

/* --- spells --- */

gboolean
strata_profile_write_spells_csv (StrataProfile *profile,
                                 GOutputStream *stream,
                                 GCancellable *cancellable,
                                 GError **error)
{
  g_autoptr (GString) buffer = NULL;
  const StrataProfileSpell *spells;
  gsize n_spells;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), FALSE);
  g_return_val_if_fail (G_IS_OUTPUT_STREAM (stream), FALSE);

  buffer = g_string_new ("start_ps,duration_ps,interval_ps,power_mw,junction_c,skin_c,reason\r\n");
  spells = strata_profile_get_spells (profile, &n_spells);
  for (gsize i = 0; i < n_spells; i++)
    {
      g_string_append_printf (buffer, "%" G_GINT64_FORMAT, spells[i].start_ps);
      append_id (buffer, spells[i].duration_ps);
      append_id (buffer, spells[i].interval_ps > 0 ? spells[i].interval_ps : -1);
      append_number (buffer, spells[i].power_mw);
      append_number (buffer, spells[i].junction_c);
      append_number (buffer, spells[i].skin_c);
      g_string_append_c (buffer, ',');
      append_text (buffer, strata_spell_reason_name (spells[i].reason));
      g_string_append (buffer, "\r\n");
    }
  return flush (buffer, 0, stream, cancellable, error);
}
