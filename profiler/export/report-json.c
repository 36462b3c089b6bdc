/* SPDX-License-Identifier: Apache-2.0
 *
 * A report as JSON with the envelope that every verb of the command uses. Unavailable is null. Keys are append-only
 * within a major version.
 */
#include <math.h>

#include <json-glib/json-glib.h>

#include "store/schema.h"
#include "strata-profiler/strata-profile-analysis.h"
#include "strata-profiler/strata-profile-report.h"

static void
add_string (JsonBuilder *builder, const char *key, const char *value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_string_value (builder, value);
}

static void
add_int (JsonBuilder *builder, const char *key, gint64 value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_int_value (builder, value);
}

/* null for -1 */
static void
add_id (JsonBuilder *builder, const char *key, gint64 value)
{
  json_builder_set_member_name (builder, key);
  if (value < 0)
    json_builder_add_null_value (builder);
  else
    json_builder_add_int_value (builder, value);
}

/* null for NaN and infinities, which JSON lacks */
static void
add_number (JsonBuilder *builder, const char *key, double value)
{
  json_builder_set_member_name (builder, key);
  if (isfinite (value))
    json_builder_add_double_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_bool (JsonBuilder *builder, const char *key, gboolean value)
{
  json_builder_set_member_name (builder, key);
  json_builder_add_boolean_value (builder, value);
}

static void
begin_list (JsonBuilder *builder, const char *key)
{
  json_builder_set_member_name (builder, key);
  json_builder_begin_array (builder);
}

static void
add_components (JsonBuilder *builder, const gint64 *component_fj)
{
  json_builder_set_member_name (builder, "components_fj");
  json_builder_begin_object (builder);
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    if (component_fj[i] != 0)
      add_int (builder, strata_component_name (i), component_fj[i]);
  json_builder_end_object (builder);
}

static void
add_run (JsonBuilder *builder, StrataProfile *profile)
{
  const StrataProfileRun *run = strata_profile_get_run (profile);
  gsize n_meta;
  const StrataProfileMeta *meta = strata_profile_get_all_meta (profile, &n_meta);

  add_string (builder, "run", run->run_name);
  add_string (builder, "model", run->model_name);
  add_string (builder, "chip", run->chip_name);
  add_string (builder, "fidelity", strata_profile_get_fidelity_name (profile));
  add_int (builder, "duration_ps", run->end_ps - run->start_ps);
  add_int (builder, "energy_fj", run->energy_fj[STRATA_BAND_NOMINAL]);
  add_int (builder, "energy_optimistic_fj", run->energy_fj[STRATA_BAND_OPTIMISTIC]);
  add_int (builder, "energy_conservative_fj", run->energy_fj[STRATA_BAND_CONSERVATIVE]);
  add_int (builder, "static_fj", run->static_fj[STRATA_BAND_NOMINAL]);
  add_int (builder, "n_events", run->n_events);
  add_int (builder, "n_dropped", run->n_dropped);
  json_builder_set_member_name (builder, "meta");
  json_builder_begin_object (builder);
  for (gsize i = 0; i < n_meta; i++)
    add_string (builder, meta[i].key, meta[i].value);
  json_builder_end_object (builder);
}

static void
add_figures (JsonBuilder *builder, StrataProfile *profile)
{
  gsize n_figures;
  const StrataProfileFigure *figures = strata_profile_get_figures (profile, &n_figures);

  begin_list (builder, "figures");
  for (gsize i = 0; i < n_figures; i++)
    {
      json_builder_begin_object (builder);
      add_string (builder, "name", figures[i].name);
      add_string (builder, "unit", figures[i].unit);
      add_number (builder, "nominal", figures[i].value[STRATA_BAND_NOMINAL]);
      add_number (builder, "optimistic", figures[i].value[STRATA_BAND_OPTIMISTIC]);
      add_number (builder, "conservative", figures[i].value[STRATA_BAND_CONSERVATIVE]);
      add_string (builder, "fidelity", strata_store_fidelity_name (figures[i].fidelity));
      add_string (builder, "source", figures[i].source);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_verdicts (JsonBuilder *builder, StrataProfile *profile)
{
  gsize n_verdicts;
  const StrataProfileVerdict *verdicts = strata_profile_get_verdicts (profile, &n_verdicts);

  begin_list (builder, "requirements");
  for (gsize i = 0; i < n_verdicts; i++)
    {
      const StrataProfileVerdict *verdict = &verdicts[i];
      g_autofree char *text = strata_profile_dup_verdict_text (profile, i);

      json_builder_begin_object (builder);
      add_string (builder, "limit", verdict->limit->name);
      add_string (builder, "unit", verdict->limit->unit);
      add_number (builder, "bound", verdict->limit->value[STRATA_BAND_NOMINAL]);
      add_number (builder, "value", verdict->is_known ? verdict->figure->value[STRATA_BAND_NOMINAL] : NAN);
      add_string (builder, "verdict", !verdict->is_known ? "unknown" : verdict->is_met ? "met" : "missed");
      add_number (builder, "margin", verdict->margin);
      add_bool (builder, "met_conservative", verdict->is_met_conservative);
      add_string (builder, "text", text);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_noise (JsonBuilder *builder, const StrataProfileNoise *noise)
{
  json_builder_set_member_name (builder, "noise");
  if (noise->n_reads < 1)
    {
      json_builder_add_null_value (builder);
      return;
    }
  json_builder_begin_object (builder);
  add_int (builder, "n_reads", noise->n_reads);
  add_int (builder, "adc_bits", noise->adc_bits);
  add_int (builder, "sound_bits", noise->sound_bits);
  add_number (builder, "snr_db", noise->snr_db);
  add_number (builder, "effective_bits", noise->effective_bits);
  add_number (builder, "thermal_db", noise->thermal_db);
  add_number (builder, "cells_db", noise->cells_db);
  add_number (builder, "converter_db", noise->converter_db);
  add_number (builder, "lasting_db", noise->lasting_db);
  add_number (builder, "rounding_db", noise->rounding_db);
  add_number (builder, "share", noise->share);
  add_number (builder, "drowned_fj", noise->drowned_fj);
  json_builder_end_object (builder);
}

static void
add_layer (JsonBuilder *builder, const StrataProfileLayer *layer)
{
  json_builder_begin_object (builder);
  add_int (builder, "layer", layer->id);
  add_id (builder, "node", layer->node);
  add_string (builder, "name", layer->name);
  add_string (builder, "op", layer->op);
  add_string (builder, "kind", layer->kind);
  add_string (builder, "stage", layer->stage);
  add_id (builder, "start_ps", layer->start_ps);
  add_id (builder, "end_ps", layer->end_ps);
  add_int (builder, "busy_ps", layer->busy_ps);
  add_int (builder, "n_events", layer->n_events);
  add_int (builder, "n_macs", layer->n_macs);
  add_int (builder, "n_weights", layer->n_weights);
  add_int (builder, "n_tiles", layer->n_tiles);
  add_int (builder, "n_stacks", layer->n_stacks);
  add_int (builder, "n_copies", layer->n_copies);
  add_number (builder, "utilisation", layer->utilisation);
  add_number (builder, "snr_db", layer->snr_db);
  add_number (builder, "clip_fraction", layer->clip_fraction);
  add_noise (builder, &layer->noise);
  add_int (builder, "energy_fj", layer->energy_fj[STRATA_BAND_NOMINAL]);
  add_int (builder, "energy_optimistic_fj", layer->energy_fj[STRATA_BAND_OPTIMISTIC]);
  add_int (builder, "energy_conservative_fj", layer->energy_fj[STRATA_BAND_CONSERVATIVE]);
  add_components (builder, layer->component_fj[STRATA_BAND_NOMINAL]);
  json_builder_end_object (builder);
}

static void
add_layers (JsonBuilder *builder, StrataProfile *profile)
{
  static const char *const names[] = { "no_layer", "static", "total" };
  gsize n_layers, n_rows;
  const StrataProfileLayer *layers = strata_profile_get_layers (profile, &n_layers);
  g_autofree StrataEnergyRow *rows = strata_profile_energy_table (profile, STRATA_BAND_NOMINAL, &n_rows);

  begin_list (builder, "layers");
  for (gsize i = 0; i < n_layers; i++)
    add_layer (builder, &layers[i]);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "energy");
  json_builder_begin_object (builder);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      json_builder_set_member_name (builder, names[i]);
      json_builder_begin_object (builder);
      add_int (builder, "energy_fj", rows[n_layers + i].energy_fj);
      add_components (builder, rows[n_layers + i].component_fj);
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
}

/* Continuous operation from cold; null: for ever, and switched off */
static void
add_governor (JsonBuilder *builder, StrataProfile *profile)
{
  gsize n_spells, n_warming;
  const StrataProfileSpell *spells = strata_profile_get_spells (profile, &n_spells);
  const StrataProfileWarming *warming = strata_profile_get_warming (profile, &n_warming);

  begin_list (builder, "spells");
  for (gsize i = 0; i < n_spells; i++)
    {
      json_builder_begin_object (builder);
      add_int (builder, "start_ps", spells[i].start_ps);
      add_id (builder, "duration_ps", spells[i].duration_ps);
      add_id (builder, "interval_ps", spells[i].interval_ps > 0 ? spells[i].interval_ps : -1);
      add_string (builder, "reason", strata_spell_reason_name (spells[i].reason));
      add_number (builder, "power_mw", spells[i].power_mw);
      add_number (builder, "junction_c", spells[i].junction_c);
      add_number (builder, "skin_c", spells[i].skin_c);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  begin_list (builder, "warming");
  for (gsize i = 0; i < n_warming; i++)
    {
      json_builder_begin_object (builder);
      add_int (builder, "time_ps", warming[i].time_ps);
      add_number (builder, "junction_c", warming[i].junction_c);
      add_number (builder, "skin_c", warming[i].skin_c);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_findings (JsonBuilder *builder, StrataProfile *profile)
{
  static const char *const severities[] = { "note", "advice", "warning" };
  gsize n_findings;
  const StrataProfileFinding *findings = strata_profile_get_findings (profile, &n_findings);

  begin_list (builder, "findings");
  for (gsize i = 0; i < n_findings; i++)
    {
      json_builder_begin_object (builder);
      add_string (builder, "rule", findings[i].rule);
      add_string (builder, "severity", severities[findings[i].severity]);
      add_id (builder, "layer", findings[i].layer);
      add_string (builder, "evidence", findings[i].evidence);
      add_string (builder, "action", findings[i].action);
      add_number (builder, "gain", findings[i].gain);
      add_string (builder, "gain_of", findings[i].gain_of);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

char *
strata_profile_report_json (StrataProfile *profile)
{
  g_autoptr (JsonBuilder) builder = NULL;
  g_autoptr (JsonNode) root = NULL;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_string (builder, "schema", "strata.report");
  add_string (builder, "schema_version", "1.0");
  json_builder_set_member_name (builder, "result");
  json_builder_begin_object (builder);
  add_run (builder, profile);
  add_figures (builder, profile);
  add_verdicts (builder, profile);
  add_layers (builder, profile);
  add_governor (builder, profile);
  add_findings (builder, profile);
  json_builder_end_object (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}
