/* SPDX-License-Identifier: Apache-2.0
 *
 * A report as JSON with the envelope that every verb of the command uses, streamed: a list goes out element by element,
 * the temperature map stack by stack, so that what is held does not grow with the chip. Unavailable is null. Keys are
 * append-only within a major version.
 */
#include <math.h>
#include <string.h>

#include <json-glib/json-glib.h>

#include "export/sections.h"
#include "store/schema.h"
#include "strata-profiler/strata-heat-map.h"
#include "strata-profiler/strata-profile-report.h"

#define FLUSH_BYTES 65536
#define LIST_SPACES 6 /* in front of the elements of a list of the result */

typedef struct
{
  GString *text;
  GOutputStream *stream;
  GCancellable *cancellable;
  gboolean has_member; /* of the object that is open */
  GError *error;       /* the first; what follows is not written */
} Writer;

typedef void (*AddFunc) (JsonBuilder *builder, StrataProfile *profile, gsize index);

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
add_figure (JsonBuilder *builder, StrataProfile *profile, gsize index)
{
  const StrataProfileFigure *figure = &strata_profile_get_figures (profile, NULL)[index];

  add_string (builder, "name", figure->name);
  add_string (builder, "unit", figure->unit);
  add_number (builder, "nominal", figure->value[STRATA_BAND_NOMINAL]);
  add_number (builder, "optimistic", figure->value[STRATA_BAND_OPTIMISTIC]);
  add_number (builder, "conservative", figure->value[STRATA_BAND_CONSERVATIVE]);
  add_string (builder, "fidelity", strata_store_fidelity_name (figure->fidelity));
  add_string (builder, "source", figure->source);
}

static void
add_verdict (JsonBuilder *builder, StrataProfile *profile, gsize index)
{
  const StrataProfileVerdict *verdict = &strata_profile_get_verdicts (profile, NULL)[index];
  g_autofree char *text = strata_profile_dup_verdict_text (profile, index);

  add_string (builder, "limit", verdict->limit->name);
  add_string (builder, "unit", verdict->limit->unit);
  add_number (builder, "bound", verdict->limit->value[STRATA_BAND_NOMINAL]);
  add_number (builder, "value", verdict->is_known ? verdict->figure->value[STRATA_BAND_NOMINAL] : NAN);
  add_string (builder, "verdict", !verdict->is_known ? "unknown" : verdict->is_met ? "met" : "missed");
  add_number (builder, "margin", verdict->margin);
  add_bool (builder, "met_conservative", verdict->is_met_conservative);
  add_string (builder, "text", text);
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
add_layer (JsonBuilder *builder, StrataProfile *profile, gsize index)
{
  const StrataProfileLayer *layer = &strata_profile_get_layers (profile, NULL)[index];

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
}

/* What closes the sum over layers */
static void
add_energy (JsonBuilder *builder, StrataProfile *profile)
{
  static const char *const names[] = { "no_layer", "static", "total" };
  gsize n_layers, n_rows;
  g_autofree StrataEnergyRow *rows = strata_profile_energy_table (profile, STRATA_BAND_NOMINAL, &n_rows);

  strata_profile_get_layers (profile, &n_layers);
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

static void
add_unit (JsonBuilder *builder, StrataProfile *profile, gsize index)
{
  const StrataProfileUnit *unit = &strata_profile_get_units (profile, NULL)[index];

  add_string (builder, "name", unit->name);
  add_string (builder, "kind", strata_unit_kind_name (unit->kind));
  add_id (builder, "x", unit->x);
  add_id (builder, "y", unit->y);
  add_int (builder, "n_events", unit->n_events);
  add_int (builder, "busy_ps", unit->busy_ps);
  add_number (builder, "utilisation", unit->utilisation);
  add_int (builder, "dynamic_fj", unit->dynamic_fj);
  add_int (builder, "static_fj", unit->static_fj);
  add_int (builder, "n_tier_switches", unit->n_tier_switches);
}

/* Continuous operation from cold; null: for ever, and switched off */
static void
add_spell (JsonBuilder *builder, StrataProfile *profile, gsize index)
{
  const StrataProfileSpell *spell = &strata_profile_get_spells (profile, NULL)[index];

  add_int (builder, "start_ps", spell->start_ps);
  add_id (builder, "duration_ps", spell->duration_ps);
  add_id (builder, "interval_ps", spell->interval_ps > 0 ? spell->interval_ps : -1);
  add_string (builder, "reason", strata_spell_reason_name (spell->reason));
  add_number (builder, "power_mw", spell->power_mw);
  add_number (builder, "junction_c", spell->junction_c);
  add_number (builder, "skin_c", spell->skin_c);
}

static void
add_warming (JsonBuilder *builder, StrataProfile *profile, gsize index)
{
  const StrataProfileWarming *warming = &strata_profile_get_warming (profile, NULL)[index];

  add_int (builder, "time_ps", warming->time_ps);
  add_number (builder, "junction_c", warming->junction_c);
  add_number (builder, "skin_c", warming->skin_c);
}

static void
add_finding (JsonBuilder *builder, StrataProfile *profile, gsize index)
{
  static const char *const severities[] = { "note", "advice", "warning" };
  const StrataProfileFinding *finding = &strata_profile_get_findings (profile, NULL)[index];

  add_string (builder, "rule", finding->rule);
  add_string (builder, "severity", severities[finding->severity]);
  add_id (builder, "layer", finding->layer);
  add_string (builder, "evidence", finding->evidence);
  add_string (builder, "action", finding->action);
  add_number (builder, "gain", finding->gain);
  add_string (builder, "gain_of", finding->gain_of);
}

static void
add_decision (JsonBuilder *builder, StrataProfile *profile, gsize index)
{
  const StrataProfileDecision *decision = &strata_profile_get_decisions (profile, NULL)[index];

  add_string (builder, "reason", decision->reason);
  add_string (builder, "meaning", decision->meaning);
  add_id (builder, "layer", decision->layer);
  add_id (builder, "tile", decision->tile);
  add_int (builder, "value", decision->value);
  add_string (builder, "text", decision->text);
  json_builder_set_member_name (builder, "alternatives");
  json_builder_begin_array (builder);
  for (int i = 0; i < decision->n_alternatives; i++)
    {
      const StrataProfileAlternative *other = &decision->alternatives[i];

      json_builder_begin_object (builder);
      add_string (builder, "what", other->what);
      add_id (builder, "latency_ps", other->latency_ps);
      add_id (builder, "interval_ps", other->interval_ps);
      add_id (builder, "energy_fj", other->energy_fj);
      add_id (builder, "n_arrays", other->n_arrays);
      add_string (builder, "verdict", other->verdict);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

/* --- the stream --- */

static void
flush (Writer *writer, gsize limit)
{
  if (writer->text->len < limit)
    return;
  if (writer->error == NULL)
    g_output_stream_write_all (writer->stream, writer->text->str, writer->text->len, NULL, writer->cancellable,
                               &writer->error);
  g_string_truncate (writer->text, 0);
}

/* What @builder holds, its lines behind @spaces; a string has no line's end of its own. @inside: without its braces.
 * Takes @builder. */
static void
take_object (Writer *writer, JsonBuilder *builder, int spaces, gboolean inside)
{
  g_autoptr (JsonBuilder) taken = builder;
  g_autoptr (JsonNode) root = json_builder_get_root (taken);
  g_autofree char *text = json_to_string (root, TRUE);
  const char *line = inside ? text + strlen ("{\n") : text;
  const char *last = text + strlen (text) - (inside ? strlen ("\n}") : 0);

  while (line < last)
    {
      const char *end = memchr (line, '\n', (gsize) (last - line));
      const char *next = end == NULL ? last : end + 1;

      g_string_append_printf (writer->text, "%*s", spaces, "");
      g_string_append_len (writer->text, line, next - line);
      line = next;
    }
}

static void
begin_member (Writer *writer, const char *key, const char *open)
{
  g_string_append_printf (writer->text, "%s    \"%s\" : %s", writer->has_member ? ",\n" : "", key, open);
  writer->has_member = TRUE;
}

static void
write_list (Writer *writer, StrataProfile *profile, const char *key, gsize n, AddFunc add)
{
  begin_member (writer, key, "[");
  for (gsize i = 0; i < n && writer->error == NULL; i++)
    {
      JsonBuilder *builder = json_builder_new ();

      json_builder_begin_object (builder);
      add (builder, profile, i);
      json_builder_end_object (builder);
      g_string_append (writer->text, i == 0 ? "\n" : ",\n");
      take_object (writer, builder, LIST_SPACES, FALSE);
      flush (writer, FLUSH_BYTES);
    }
  g_string_append (writer->text, n == 0 ? "]" : "\n    ]");
}

static void
write_members (Writer *writer, StrataProfile *profile, void (*add) (JsonBuilder *, StrataProfile *))
{
  JsonBuilder *builder = json_builder_new ();

  json_builder_begin_object (builder);
  add (builder, profile);
  json_builder_end_object (builder);
  g_string_append (writer->text, writer->has_member ? ",\n" : "");
  take_object (writer, builder, 2, TRUE);
  writer->has_member = TRUE;
}

static void
add_place (JsonBuilder *builder, const char *key, const StrataHeatPlace *place)
{
  json_builder_set_member_name (builder, key);
  json_builder_begin_object (builder);
  add_int (builder, "stack", place->stack);
  add_id (builder, "tier", place->tier);
  add_number (builder, "temperature_c", place->temperature_c);
  json_builder_end_object (builder);
}

/* A row for each stack, row by row of the mesh: its base, then its tiers upwards */
static void
write_map (Writer *writer, const StrataHeatScene *scene)
{
  const gsize n_stacks = (gsize) scene->mesh_x * (gsize) scene->mesh_y, n_here = (gsize) scene->n_tiers + 1;
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  for (gsize i = 0; i < n_stacks * n_here && writer->error == NULL; i++)
    {
      const double value_c = scene->temperature_c[i];

      g_string_append (writer->text, i % n_here > 0 ? ", " : i > 0 ? ",\n        [" : "\n        [");
      g_string_append (writer->text,
                       isfinite (value_c) ? g_ascii_formatd (number, sizeof number, "%.9g", value_c) : "null");
      if (i % n_here == n_here - 1)
        g_string_append_c (writer->text, ']');
      flush (writer, FLUSH_BYTES);
    }
}

/* --- the sections --- */

static void
write_summary (Writer *writer, StrataProfile *profile)
{
  write_members (writer, profile, add_run);
}

static void
write_requirements (Writer *writer, StrataProfile *profile)
{
  gsize n;

  strata_profile_get_verdicts (profile, &n);
  write_list (writer, profile, "requirements", n, add_verdict);
}

static void
write_findings (Writer *writer, StrataProfile *profile)
{
  gsize n;

  strata_profile_get_findings (profile, &n);
  write_list (writer, profile, "findings", n, add_finding);
}

static void
write_layers (Writer *writer, StrataProfile *profile)
{
  gsize n;

  strata_profile_get_layers (profile, &n);
  write_list (writer, profile, "layers", n, add_layer);
}

static void
write_energy (Writer *writer, StrataProfile *profile)
{
  write_members (writer, profile, add_energy);
}

static void
write_units (Writer *writer, StrataProfile *profile)
{
  gsize n;

  strata_profile_get_units (profile, &n);
  write_list (writer, profile, "units", n, add_unit);
}

static void
write_temperature (Writer *writer, StrataProfile *profile)
{
  g_autoptr (StrataHeatScene) scene = strata_profile_heat_scene (profile);
  StrataHeatPlace hottest, coolest;
  JsonBuilder *builder;

  if (!strata_heat_scene_ends (scene, &hottest, &coolest))
    {
      begin_member (writer, "temperature", "null");
      return;
    }
  begin_member (writer, "temperature", "{\n");
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_number (builder, "power_mw", scene->power_mw);
  add_number (builder, "junction_c", scene->junction_c);
  add_number (builder, "package_c", scene->package_c);
  add_number (builder, "skin_c", scene->skin_c);
  add_number (builder, "ambient_c", scene->ambient_c);
  add_string (builder, "fidelity", scene->fidelity);
  add_place (builder, "hottest", &hottest);
  add_place (builder, "coolest", &coolest);
  add_int (builder, "mesh_x", scene->mesh_x);
  add_int (builder, "mesh_y", scene->mesh_y);
  add_int (builder, "n_tiers", scene->n_tiers);
  json_builder_end_object (builder);
  take_object (writer, builder, 4, TRUE);
  g_string_append (writer->text, ",\n      \"map_c\" : [");
  write_map (writer, scene);
  g_string_append (writer->text, "\n      ]\n    }");
}

static void
write_governor (Writer *writer, StrataProfile *profile)
{
  gsize n_spells, n_warming;

  strata_profile_get_spells (profile, &n_spells);
  strata_profile_get_warming (profile, &n_warming);
  write_list (writer, profile, "spells", n_spells, add_spell);
  write_list (writer, profile, "warming", n_warming, add_warming);
}

static void
write_figures (Writer *writer, StrataProfile *profile)
{
  gsize n;

  strata_profile_get_figures (profile, &n);
  write_list (writer, profile, "figures", n, add_figure);
}

static void
write_decisions (Writer *writer, StrataProfile *profile)
{
  gsize n;

  strata_profile_get_decisions (profile, &n);
  write_list (writer, profile, "decisions", n, add_decision);
}

static const struct
{
  const char *id;
  void (*write) (Writer *writer, StrataProfile *profile);
} sections[] = {
  { "summary", write_summary },     { "figures", write_figures },   { "requirements", write_requirements },
  { "layers", write_layers },       { "energy", write_energy },     { "units", write_units },
  { "governor", write_governor },   { "findings", write_findings }, { "temperature", write_temperature },
  { "decisions", write_decisions },
};

gboolean
strata_profile_write_json (
  StrataProfile *profile, const char *section, GOutputStream *stream, GCancellable *cancellable, GError **error)
{
  g_autoptr (GString) text = NULL;
  Writer writer = { .stream = stream, .cancellable = cancellable };

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), FALSE);
  g_return_val_if_fail (G_IS_OUTPUT_STREAM (stream), FALSE);

  if (section != NULL && !strata_report_section_check (section, error))
    return FALSE;
  text = writer.text = g_string_new ("{\n  \"schema\" : \"strata.report\",\n  \"schema_version\" : \"1.0\",\n"
                                     "  \"result\" : {\n");
  for (gsize i = 0; i < G_N_ELEMENTS (sections); i++)
    if (section == NULL || g_str_equal (section, sections[i].id))
      sections[i].write (&writer, profile);
  g_string_append (text, "\n  }\n}\n");
  flush (&writer, 0);
  if (writer.error == NULL)
    return TRUE;
  g_propagate_error (error, writer.error);
  return FALSE;
}

char *
strata_profile_report_json (StrataProfile *profile)
{
  g_autoptr (GOutputStream) stream = NULL;

  g_return_val_if_fail (STRATA_IS_PROFILE (profile), NULL);

  stream = g_memory_output_stream_new_resizable ();
  if (!strata_profile_write_json (profile, NULL, stream, NULL, NULL)
      || !g_output_stream_write_all (stream, "", 1, NULL, NULL, NULL) || !g_output_stream_close (stream, NULL, NULL))
    return NULL;
  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (stream));
}
