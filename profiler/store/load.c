/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the tables of a profile into arrays. Trusts nothing: arrays grow as rows come, ids must be dense, every
 * reference must point at a row, and rows and sums must agree with the seal that was written last.
 */
#include "store/load-private.h"
#include "store/schema.h"

#include <math.h>
#include <stdarg.h>

gboolean
strata_loader_fail (StrataLoader *loader, const char *format, ...)
{
  va_list arguments;
  g_autofree char *what = NULL;

  if (loader->error != NULL)
    return FALSE;
  if (g_cancellable_set_error_if_cancelled (loader->cancellable, &loader->error))
    return FALSE;
  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  strata_store_set_damaged (&loader->error, loader->path, "%s", what);
  return FALSE;
}

gint64
strata_loader_int (StrataLoader *loader, int column, gint64 low, gint64 high)
{
  sqlite3_stmt *row = loader->statement;
  gint64 value = sqlite3_column_int64 (row, column);

  if (G_LIKELY (sqlite3_column_type (row, column) == SQLITE_INTEGER && value >= low && value <= high))
    return value;
  strata_loader_fail (loader, "%s of table %s is not as it can be", sqlite3_column_name (row, column), loader->table);
  return low;
}

gint32
strata_loader_id (StrataLoader *loader, int column, gsize n)
{
  if (sqlite3_column_type (loader->statement, column) == SQLITE_NULL)
    return -1;
  if (n == 0)
    {
      strata_loader_fail (loader, "table %s points at a row that is not there", loader->table);
      return -1;
    }
  return strata_loader_int (loader, column, 0, (gint64) MIN (n, G_MAXINT32) - 1);
}

static gint32
read_count (StrataLoader *loader, int column)
{
  return strata_loader_int (loader, column, 0, G_MAXINT32);
}

double
strata_loader_number (StrataLoader *loader, int column)
{
  int type = sqlite3_column_type (loader->statement, column);

  return type == SQLITE_FLOAT || type == SQLITE_INTEGER ? sqlite3_column_double (loader->statement, column) : NAN;
}

static const char *
read_text (StrataLoader *loader, int column)
{
  const char *text = (const char *) sqlite3_column_text (loader->statement, column);

  if (text == NULL || !g_utf8_validate (text, -1, NULL))
    {
      strata_loader_fail (loader, "%s of table %s is not text", sqlite3_column_name (loader->statement, column),
                          loader->table);
      return "";
    }
  return g_string_chunk_insert_const (loader->rows->strings, text);
}

gboolean
strata_loader_each (StrataLoader *loader, const char *table, const char *sql, StrataLoaderFunc read)
{
  int code = sqlite3_prepare_v2 (loader->db, sql, -1, &loader->statement, NULL);

  loader->table = table;
  if (code == SQLITE_OK)
    while (loader->error == NULL && (code = sqlite3_step (loader->statement)) == SQLITE_ROW)
      read (loader);
  if (loader->error == NULL && code != SQLITE_DONE)
    strata_loader_fail (loader, "table %s: %s", table, sqlite3_errmsg (loader->db));
  g_clear_pointer (&loader->statement, sqlite3_finalize);
  return loader->error == NULL;
}

/* --- one function per table --- */

static void
read_run (StrataLoader *loader)
{
  StrataProfileRun *run = &loader->rows->run;

  run->run_name = read_text (loader, 0);
  run->model_name = read_text (loader, 1);
  run->fidelity = strata_loader_int (loader, 2, 0, STRATA_FIDELITY_MEASURED);
  loader->n_single++;
}

static void
read_chip (StrataLoader *loader)
{
  StrataProfileRun *run = &loader->rows->run;

  run->chip_name = read_text (loader, 0);
  run->chip_yaml = read_text (loader, 1);
  run->mesh_x = read_count (loader, 2);
  run->mesh_y = read_count (loader, 3);
  run->n_stacks = strata_loader_int (loader, 4, 0, STRATA_MAX_SITES);
  run->n_tiers = strata_loader_int (loader, 5, 0, STRATA_MAX_SITES);
  run->n_rows = read_count (loader, 6);
  run->n_columns = read_count (loader, 7);
  run->hub_x2 = strata_loader_int (loader, 8, G_MININT32, G_MAXINT32);
  run->hub_y2 = strata_loader_int (loader, 9, G_MININT32, G_MAXINT32);
  run->power_budget_mw = strata_loader_number (loader, 10);
  loader->n_single++;
}

static void
read_meta (StrataLoader *loader)
{
  StrataProfileMeta meta = { read_text (loader, 0), read_text (loader, 1) };

  g_array_append_val (loader->array, meta);
}

static void
read_unit (StrataLoader *loader)
{
  StrataProfileUnit unit = { 0 };

  unit.id = strata_loader_int (loader, 0, loader->array->len, loader->array->len);
  unit.kind = strata_loader_int (loader, 1, 0, STRATA_UNIT_DRAM);
  unit.index = strata_loader_int (loader, 2, G_MININT32, G_MAXINT32);
  unit.x = strata_loader_id (loader, 3, G_MAXINT32);
  unit.y = strata_loader_id (loader, 4, G_MAXINT32);
  unit.name = read_text (loader, 5);
  g_array_append_val (loader->array, unit);
}

static void
read_layer (StrataLoader *loader)
{
  StrataProfileLayer layer = { 0 };

  layer.id = strata_loader_int (loader, 0, loader->array->len, loader->array->len);
  layer.node = strata_loader_id (loader, 1, G_MAXINT32);
  layer.name = read_text (loader, 2);
  layer.op = read_text (loader, 3);
  layer.kind = read_text (loader, 4);
  layer.stage = read_text (loader, 5);
  layer.stage_index = read_count (loader, 6);
  layer.index_in_stage = read_count (loader, 7);
  layer.n_in_stage = read_count (loader, 8);
  layer.n_macs = strata_loader_int (loader, 9, 0, G_MAXINT64);
  layer.n_weights = strata_loader_int (loader, 10, 0, G_MAXINT64);
  layer.out_channels = read_count (loader, 11);
  layer.out_height = read_count (loader, 12);
  layer.out_width = read_count (loader, 13);
  layer.k = read_count (loader, 14);
  layer.n = read_count (loader, 15);
  layer.n_tiles = read_count (loader, 16);
  layer.n_copies = read_count (loader, 17);
  layer.n_row_copies = read_count (loader, 18);
  layer.n_reads = read_count (loader, 19);
  layer.n_slices = read_count (loader, 20);
  layer.utilisation = strata_loader_number (loader, 21);
  layer.snr_db = layer.clip_fraction = layer.max_abs_error = NAN;
  layer.noise = (StrataProfileNoise){ 0, 0, 0, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN };
  layer.start_ps = layer.end_ps = -1;
  layer.first_stack = -1;
  g_array_append_val (loader->array, layer);
}

static void
read_layer_input (StrataLoader *loader)
{
  StrataRows *rows = loader->rows;
  gint32 id = strata_loader_int (loader, 0, 0, (gint64) rows->n_layers - 1);
  gint32 source = strata_loader_id (loader, 1, rows->n_layers);
  StrataProfileLayer *layer;

  if (loader->error != NULL)
    return;
  layer = &rows->layers[id];
  if (layer->n_inputs == (gint32) G_N_ELEMENTS (layer->inputs))
    {
      strata_loader_fail (loader, "layer %d has too many inputs", id);
      return;
    }
  layer->inputs[layer->n_inputs++] = source;
}

static void
read_tile (StrataLoader *loader)
{
  StrataProfileTile tile = { 0 };

  tile.id = strata_loader_int (loader, 0, loader->array->len, loader->array->len);
  tile.layer = strata_loader_int (loader, 1, 0, (gint64) loader->rows->n_layers - 1);
  tile.copy = read_count (loader, 2);
  tile.stack = strata_loader_int (loader, 3, 0, MAX (loader->rows->run.n_stacks, 1) - 1);
  tile.tier = strata_loader_int (loader, 4, 0, MAX (loader->rows->run.n_tiers, 1) - 1);
  tile.row0 = read_count (loader, 5);
  tile.n_rows = read_count (loader, 6);
  tile.col0 = read_count (loader, 7);
  tile.n_cols = read_count (loader, 8);
  tile.n_slices = read_count (loader, 9);
  tile.n_row_copies = read_count (loader, 10);
  tile.utilisation = strata_loader_number (loader, 11);
  tile.first_in_array = loader->version < 2 ? tile.id : strata_loader_int (loader, 12, 0, tile.id);
  tile.at_row = loader->version < 2 ? 0 : read_count (loader, 13);
  tile.at_col = loader->version < 2 ? 0 : read_count (loader, 14);
  tile.x = tile.y = -1;
  g_array_append_val (loader->array, tile);
}

static void
read_instruction (StrataLoader *loader)
{
  StrataProfileInstruction instruction = { 0 };

  instruction.id = strata_loader_int (loader, 0, loader->array->len, loader->array->len);
  instruction.layer = strata_loader_id (loader, 1, loader->rows->n_layers);
  instruction.tile = strata_loader_id (loader, 2, loader->rows->n_tiles);
  instruction.unit = strata_loader_int (loader, 3, 0, (gint64) loader->rows->n_units - 1);
  instruction.opcode = read_text (loader, 4);
  instruction.n_bursts = read_count (loader, 5);
  instruction.n_actions = strata_loader_int (loader, 6, 0, G_MAXINT64);
  g_array_append_val (loader->array, instruction);
}

static void
read_energy (StrataLoader *loader)
{
  StrataRows *rows = loader->rows;
  gint32 layer = strata_loader_id (loader, 0, rows->n_layers);
  int component = strata_loader_int (loader, 1, 0, STRATA_N_COMPONENTS - 1);

  if (loader->error != NULL)
    return;
  for (int band = 0; band < STRATA_N_BANDS; band++)
    {
      gint64 energy = strata_loader_int (loader, 2 + band, 0, G_MAXINT64);
      gint64 *sum =
        layer < 0 ? &rows->no_layer_fj[band][component] : &rows->layers[layer].component_fj[band][component];

      if (__builtin_add_overflow (loader->energy_fj[band], energy, &loader->energy_fj[band]))
        {
          strata_loader_fail (loader, "the sum of energies is too large");
          return;
        }
      *sum += energy; /* below the sum that has just been checked */
    }
}

static void
read_accuracy (StrataLoader *loader)
{
  gint32 id = strata_loader_int (loader, 0, 0, (gint64) loader->rows->n_layers - 1);

  if (loader->error != NULL)
    return;
  loader->rows->layers[id].snr_db = strata_loader_number (loader, 1);
  loader->rows->layers[id].clip_fraction = strata_loader_number (loader, 2);
  loader->rows->layers[id].max_abs_error = strata_loader_number (loader, 3);
}

static void
read_noise (StrataLoader *loader)
{
  gint32 id = strata_loader_int (loader, 0, 0, (gint64) loader->rows->n_layers - 1);
  StrataProfileNoise noise = { 0 };

  noise.n_reads = strata_loader_int (loader, 1, 1, G_MAXINT32);
  noise.adc_bits = strata_loader_int (loader, 2, 1, G_MAXINT32);
  noise.sound_bits = strata_loader_int (loader, 3, 0, noise.adc_bits);
  noise.snr_db = strata_loader_number (loader, 4);
  noise.effective_bits = strata_loader_number (loader, 5);
  noise.thermal_db = strata_loader_number (loader, 6);
  noise.cells_db = strata_loader_number (loader, 7);
  noise.converter_db = strata_loader_number (loader, 8);
  noise.lasting_db = strata_loader_number (loader, 9);
  noise.rounding_db = strata_loader_number (loader, 10);
  noise.share = strata_loader_number (loader, 11);
  noise.drowned_fj = strata_loader_number (loader, 12);
  if (loader->error == NULL)
    loader->rows->layers[id].noise = noise;
}

static void
read_figure (StrataLoader *loader)
{
  StrataProfileFigure figure = { 0 };

  figure.name = read_text (loader, 0);
  figure.unit = read_text (loader, 1);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    figure.value[band] = strata_loader_number (loader, 2 + band);
  figure.fidelity = strata_loader_int (loader, 5, 0, STRATA_FIDELITY_MEASURED);
  figure.source = read_text (loader, 6);
  g_array_append_val (loader->array, figure);
}

static void
read_finding (StrataLoader *loader)
{
  StrataProfileFinding finding = { 0 };

  finding.rule = read_text (loader, 0);
  finding.severity = strata_loader_int (loader, 1, 0, 2);
  finding.layer = strata_loader_id (loader, 2, loader->rows->n_layers);
  finding.evidence = read_text (loader, 3);
  finding.action = read_text (loader, 4);
  finding.gain = strata_loader_number (loader, 5);
  finding.gain_of = read_text (loader, 6);
  if (loader->error == NULL && finding.layer >= 0)
    loader->rows->layers[finding.layer].n_findings++;
  g_array_append_val (loader->array, finding);
}

static void
read_decision (StrataLoader *loader)
{
  StrataProfileDecision decision = { 0 };

  strata_loader_int (loader, 0, loader->array->len, loader->array->len);
  decision.reason = read_text (loader, 1);
  decision.meaning = read_text (loader, 2);
  decision.layer = strata_loader_id (loader, 3, loader->rows->n_layers);
  decision.tile = strata_loader_id (loader, 4, loader->rows->n_tiles);
  decision.value = strata_loader_int (loader, 5, G_MININT64, G_MAXINT64);
  decision.text = read_text (loader, 6);
  g_array_append_val (loader->array, decision);
}

/* A number that may be unknown */
static gint64
read_known (StrataLoader *loader, int column)
{
  return sqlite3_column_type (loader->statement, column) == SQLITE_NULL
           ? -1
           : strata_loader_int (loader, column, 0, G_MAXINT64);
}

/* Rows come by decision and position. */
static void
read_alternative (StrataLoader *loader)
{
  StrataRows *rows = loader->rows;
  StrataProfileAlternative other = { 0 };
  gint64 id = strata_loader_int (loader, 0, 0, (gint64) rows->n_decisions - 1);

  if (loader->error != NULL)
    return;
  strata_loader_int (loader, 1, rows->decisions[id].n_alternatives, rows->decisions[id].n_alternatives);
  rows->decisions[id].n_alternatives++;
  other.what = read_text (loader, 2);
  other.latency_ps = read_known (loader, 3);
  other.interval_ps = read_known (loader, 4);
  other.energy_fj = read_known (loader, 5);
  other.n_arrays = read_known (loader, 6);
  other.verdict = read_text (loader, 7);
  g_array_append_val (loader->array, other);
}

static void
read_drop (StrataLoader *loader)
{
  StrataProfileDrop drop = { 0 };

  drop.unit = strata_loader_int (loader, 0, 0, (gint64) loader->rows->n_units - 1);
  drop.from_ps = strata_loader_int (loader, 1, 0, G_MAXINT64);
  drop.to_ps = strata_loader_int (loader, 2, drop.from_ps, G_MAXINT64);
  drop.n_dropped = strata_loader_int (loader, 3, 0, G_MAXINT32);
  drop.reason = read_text (loader, 4);
  loader->rows->run.n_dropped += drop.n_dropped;
  g_array_append_val (loader->array, drop);
}

static void
read_temperature (StrataLoader *loader)
{
  StrataProfileTemperature temperature = { 0 };
  gboolean is_steady = sqlite3_column_type (loader->statement, 0) == SQLITE_NULL;

  temperature.time_ps = is_steady ? -1 : strata_loader_int (loader, 0, 0, G_MAXINT64);
  temperature.node = strata_loader_int (loader, 1, 0, STRATA_HEAT_SKIN);
  temperature.stack = strata_loader_id (loader, 2, loader->rows->run.n_stacks);
  temperature.tier = strata_loader_id (loader, 3, loader->rows->run.n_tiers);
  temperature.temperature_c = strata_loader_number (loader, 4);
  g_array_append_val (loader->array, temperature);
}

/* Grows the series by a sample when the time changes; rows come sorted by time. */
static void
read_power (StrataLoader *loader)
{
  GArray *times = loader->array;
  gint64 time = strata_loader_int (loader, 0, 0, G_MAXINT64), step = strata_loader_int (loader, 1, 0, G_MAXINT64);
  int component = strata_loader_int (loader, 2, 0, STRATA_N_COMPONENTS - 1);
  static const double nothing[STRATA_N_COMPONENTS] = { 0 };

  if (times->len == 0 || g_array_index (times, gint64, times->len - 1) != time)
    {
      g_array_append_val (times, time);
      g_array_append_val (loader->steps, step);
      g_array_append_vals (loader->powers, nothing, STRATA_N_COMPONENTS);
    }
  g_array_index (loader->powers, double, (times->len - 1) * STRATA_N_COMPONENTS + component) +=
    strata_loader_number (loader, 3);
}

static gint64
rows_of_table (StrataLoader *loader, const char *name)
{
  const StrataRows *rows = loader->rows;
  const struct
  {
    const char *name;
    gsize n_rows;
  } counts[] = { { "meta", rows->n_meta },           { "unit", rows->n_units },
                 { "layer", rows->n_layers },        { "tile", rows->n_tiles },
                 { "event", rows->events.n_events }, { "instruction", rows->n_instructions },
                 { "figure", rows->n_figures },      { "finding", rows->n_findings },
                 { "drop_record", rows->n_drops },   { "temperature", rows->n_temperatures },
                 { "decision", rows->n_decisions },  { "alternative", rows->n_alternatives },
                 { "spell", rows->n_spells },        { "warming", rows->n_warming } };

  for (gsize i = 0; i < G_N_ELEMENTS (counts); i++)
    if (g_str_equal (counts[i].name, name))
      return counts[i].n_rows;
  return -1;
}

static void
read_seal (StrataLoader *loader)
{
  const char *name = read_text (loader, 0);
  gint64 sealed = strata_loader_int (loader, 1, 0, G_MAXINT64), sum = strata_loader_int (loader, 2, 0, G_MAXINT64);
  gint64 n_rows = rows_of_table (loader, name);

  loader->n_sealed++;
  if (n_rows >= 0 && n_rows != sealed)
    strata_loader_fail (loader, "table %s has %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " rows", name, n_rows, sealed);
  else if ((g_str_equal (name, "event") && sum != loader->event_fj)
           || (g_str_equal (name, "energy") && sum != loader->energy_fj[STRATA_BAND_NOMINAL]))
    strata_loader_fail (loader, "the energies of table %s do not add up to what was recorded", name);
}

/* --- all of them --- */

static gboolean
load_array (StrataLoader *loader,
            const char *table,
            const char *sql,
            StrataLoaderFunc read,
            gsize row_size,
            gpointer out,
            gsize *n)
{
  gboolean is_loaded;

  loader->array = g_array_new (FALSE, FALSE, row_size);
  is_loaded = strata_loader_each (loader, table, sql, read);
  *n = loader->array->len;
  *(gpointer *) out = g_array_free (g_steal_pointer (&loader->array), FALSE);
  return is_loaded;
}

#define LOAD(table, columns, read, field)                                                                              \
  load_array (loader, #table, "SELECT " columns, read, sizeof *loader->rows->field, &loader->rows->field,              \
              &loader->rows->n_##field)

#define TILE_COLUMNS "id, layer, copy, stack, tier, row0, n_rows, col0, n_cols, n_slices, n_row_copies, utilisation"

static gboolean
load_single_rows (StrataLoader *loader)
{
  if (!strata_loader_each (loader, "run", "SELECT name, model, fidelity FROM run", read_run)
      || !strata_loader_each (loader, "chip",
                              "SELECT name, yaml, mesh_x, mesh_y, n_stacks, n_tiers, n_rows, n_columns, hub_x2, "
                              "hub_y2, power_budget_mw FROM chip",
                              read_chip))
    return FALSE;
  if (loader->n_single != 2)
    return strata_loader_fail (loader, "%s", "it has not exactly one run on one chip");
  if ((gint64) loader->rows->run.n_stacks * loader->rows->run.n_tiers > STRATA_MAX_SITES)
    return strata_loader_fail (loader, "%d stacks of %d tiers are not a chip", loader->rows->run.n_stacks,
                               loader->rows->run.n_tiers);
  return TRUE;
}

static gboolean
load_static_tables (StrataLoader *loader)
{
  return LOAD (meta, "key, value FROM meta ORDER BY key", read_meta, meta)
         && LOAD (unit, "id, kind, number, x, y, name FROM unit ORDER BY id", read_unit, units)
         && LOAD (layer,
                  "id, node, name, op, kind, stage, stage_index, index_in_stage, n_in_stage, n_macs, n_weights, "
                  "out_channels, out_height, out_width, k, n, n_tiles, n_copies, n_row_copies, n_reads, n_slices, "
                  "utilisation FROM layer ORDER BY id",
                  read_layer, layers)
         && strata_loader_each (loader, "layer_input", "SELECT layer, source FROM layer_input ORDER BY layer, position",
                                read_layer_input)
         && (loader->version < 2
               ? LOAD (tile, TILE_COLUMNS " FROM tile ORDER BY id", read_tile, tiles)
               : LOAD (tile, TILE_COLUMNS ", first_in_array, at_row, at_col FROM tile ORDER BY id", read_tile, tiles))
         && LOAD (instruction, "id, layer, tile, unit, opcode, n_bursts, n_actions FROM instruction ORDER BY id",
                  read_instruction, instructions);
}

static gboolean
load_results (StrataLoader *loader)
{
  return strata_loader_each (loader, "energy",
                             "SELECT layer, component, nominal_fj, optimistic_fj, conservative_fj FROM energy",
                             read_energy)
         && strata_loader_each (loader, "accuracy", "SELECT layer, snr_db, clip_fraction, max_abs_error FROM accuracy",
                                read_accuracy)
         && (loader->version < 3
             || strata_loader_each (loader, "noise",
                                    "SELECT layer, n_reads, adc_bits, sound_bits, snr_db, effective_bits, thermal_db, "
                                    "cells_db, converter_db, lasting_db, rounding_db, share, drowned_fj FROM noise",
                                    read_noise))
         && LOAD (figure,
                  "name, unit, nominal, optimistic, conservative, fidelity, source FROM figure ORDER BY position",
                  read_figure, figures)
         && LOAD (finding, "rule, severity, layer, evidence, action, gain, gain_of FROM finding ORDER BY id",
                  read_finding, findings)
         && LOAD (drop_record, "unit, from_ps, to_ps, n_dropped, reason FROM drop_record ORDER BY from_ps, unit, to_ps",
                  read_drop, drops)
         && LOAD (temperature, "time_ps, node, stack, tier, temperature_c FROM temperature ORDER BY 1, 2, 3, 4",
                  read_temperature, temperatures);
}

static gboolean
load_decisions (StrataLoader *loader)
{
  StrataRows *rows = loader->rows;
  gsize next = 0;

  if (loader->version < 2)
    return TRUE;
  if (!LOAD (decision, "id, reason, meaning, layer, tile, value, text FROM decision ORDER BY id", read_decision,
             decisions)
      || !LOAD (alternative,
                "decision, position, what, latency_ps, interval_ps, energy_fj, n_arrays, verdict FROM alternative "
                "ORDER BY decision, position",
                read_alternative, alternatives))
    return FALSE;
  for (gsize i = 0; i < rows->n_decisions; i++)
    {
      rows->decisions[i].alternatives = rows->alternatives + next;
      next += (gsize) rows->decisions[i].n_alternatives;
    }
  return TRUE;
}

static gboolean
load_power (StrataLoader *loader)
{
  StrataPowerTable *power = &loader->rows->power;
  gboolean is_loaded;

  loader->steps = g_array_new (FALSE, FALSE, sizeof (gint64));
  loader->powers = g_array_new (FALSE, FALSE, sizeof (double));
  is_loaded = load_array (loader, "power", "SELECT time_ps, step_ps, component, power_mw FROM power ORDER BY time_ps",
                          read_power, sizeof (gint64), &power->time_ps, &power->n_samples);
  power->step_ps = (gint64 *) g_array_free (g_steal_pointer (&loader->steps), FALSE);
  power->power_mw = (double *) g_array_free (g_steal_pointer (&loader->powers), FALSE);
  return is_loaded;
}

StrataRows *
strata_store_load (sqlite3 *db, const char *path, GCancellable *cancellable, GError **error)
{
  StrataStoreWatch watch = { cancellable, 0 };
  StrataLoader loader = { .db = db, .path = path, .cancellable = cancellable };
  g_autoptr (StrataRows) rows = g_new0 (StrataRows, 1);

  loader.rows = rows;
  rows->strings = g_string_chunk_new (4096);
  rows->run.path = g_string_chunk_insert (rows->strings, path);
  strata_store_watch (db, &watch);
  loader.version = strata_store_version (db);
  if (load_single_rows (&loader) && load_static_tables (&loader) && load_results (&loader) && load_decisions (&loader)
      && strata_loader_spells (&loader) && load_power (&loader) && strata_loader_events (&loader)
      && strata_loader_each (&loader, "seal", "SELECT name, n_rows, sum_fj FROM seal", read_seal)
      && loader.n_sealed == 0)
    strata_loader_fail (&loader, "%s", "its recording did not end");
  strata_store_unwatch (db);
  if (loader.error == NULL)
    return g_steal_pointer (&rows);
  g_propagate_error (error, loader.error);
  return NULL;
}

void
strata_rows_free (StrataRows *rows)
{
  if (rows == NULL)
    return;
  if (rows->strings != NULL)
    g_string_chunk_free (rows->strings);
  g_free (rows->layers);
  g_free (rows->tiles);
  g_free (rows->site_tiles);
  g_free (rows->units);
  g_free (rows->instructions);
  g_free (rows->figures);
  g_free (rows->findings);
  g_free (rows->decisions);
  g_free (rows->alternatives);
  g_free (rows->drops);
  g_free (rows->temperatures);
  g_free (rows->spells);
  g_free (rows->warming);
  g_free (rows->meta);
  g_free (rows->power.time_ps);
  g_free (rows->power.step_ps);
  g_free (rows->power.power_mw);
  strata_event_table_finish (&rows->events);
  g_free (rows);
}
