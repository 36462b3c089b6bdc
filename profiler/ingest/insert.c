/* SPDX-License-Identifier: Apache-2.0
 *
 * Records into rows of the schema. "None" (-1, NaN) becomes NULL. Text that is not UTF-8 is made so.
 */
#include "ingest/insert.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <sqlite3.h>

#include "store/schema.h"

typedef enum
{
  TABLE_META,
  TABLE_UNIT,
  TABLE_LAYER,
  TABLE_LAYER_INPUT,
  TABLE_TILE,
  TABLE_INSTRUCTION,
  TABLE_EVENT,
  TABLE_ENERGY,
  TABLE_POWER,
  TABLE_TEMPERATURE,
  TABLE_ACCURACY,
  TABLE_FIGURE,
  TABLE_FINDING,
  TABLE_DROP,
  N_TABLES,
} Table;

static const struct
{
  const char *name, *values;
} tables[N_TABLES] = {
  [TABLE_META] = { "meta", "?,?" },
  [TABLE_UNIT] = { "unit", "?,?,?,?,?,?" },
  [TABLE_LAYER] = { "layer", "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?" },
  [TABLE_LAYER_INPUT] = { "layer_input", "?,?,?" },
  [TABLE_TILE] = { "tile", "?,?,?,?,?,?,?,?,?,?,?,?" },
  [TABLE_INSTRUCTION] = { "instruction", "?,?,?,?,?,?,?" },
  [TABLE_EVENT] = { "event", "NULL,?,?,?,?,?,?,?,?,?,?" },
  [TABLE_ENERGY] = { "energy", "?,?,?,?,?,?" },
  [TABLE_POWER] = { "power", "?,?,?,?" },
  [TABLE_TEMPERATURE] = { "temperature", "?,?,?,?,?" },
  [TABLE_ACCURACY] = { "accuracy", "?,?,?,?" },
  [TABLE_FIGURE] = { "figure", "?,?,?,?,?,?,?,?" },
  [TABLE_FINDING] = { "finding", "NULL,?,?,?,?,?,?,?" },
  [TABLE_DROP] = { "drop_record", "?,?,?,?,?" },
};

struct _StrataInserter
{
  char *file, *shown;
  sqlite3 *db;
  sqlite3_stmt *insert[N_TABLES];
  gint64 n_rows[N_TABLES];
  gint32 n_units, n_layers, n_tiles, n_instructions;
  gint64 event_fj, event_ps, energy_fj[STRATA_N_BANDS];
};

/* --- errors --- */

static gboolean
fail_write (StrataInserter *inserter, int code, GError **error)
{
  /* SQLite keeps the cause for some calls only; errno is then that of the write that has just failed. */
  int last_errno = errno, system_errno = inserter->db != NULL ? sqlite3_system_errno (inserter->db) : 0;
  int cause = system_errno != 0 ? system_errno : (code & 0xff) == SQLITE_IOERR ? last_errno : 0;
  gboolean is_full = (code & 0xff) == SQLITE_FULL || cause == ENOSPC || cause == EDQUOT || cause == EFBIG;

  if (is_full)
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
                 "%s: the disk is full; free some space or record to another place (nothing was left behind)",
                 inserter->shown);
  else
    g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_WRITE,
                 "%s: cannot be written (%s); check the disk or record to another place", inserter->shown,
                 cause != 0 ? g_strerror (cause) : sqlite3_errstr (code));
  return FALSE;
}

static gboolean G_GNUC_PRINTF (3, 4) fail_record (StrataInserter *inserter, GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, STRATA_PROFILE_ERROR, STRATA_PROFILE_ERROR_INCONSISTENT,
               "%s: %s; the run was not recorded, please report this with the command that led to it", inserter->shown,
               what);
  return FALSE;
}

/* --- binding --- */

static void
bind_text (sqlite3_stmt *statement, int i, const char *text)
{
  if (text == NULL)
    text = "";
  if (g_utf8_validate (text, -1, NULL))
    sqlite3_bind_text (statement, i, text, -1, SQLITE_TRANSIENT);
  else
    sqlite3_bind_text (statement, i, g_utf8_make_valid (text, -1), -1, g_free);
}

static void
bind_id (sqlite3_stmt *statement, int i, gint64 id)
{
  if (id < 0)
    sqlite3_bind_null (statement, i);
  else
    sqlite3_bind_int64 (statement, i, id);
}

/* SQLite stores NaN as NULL; infinities are unavailable too. */
static void
bind_number (sqlite3_stmt *statement, int i, double value)
{
  sqlite3_bind_double (statement, i, isfinite (value) ? value : NAN);
}

static void
bind_ints (sqlite3_stmt *statement, int first, const gint64 *values, int n)
{
  for (int i = 0; i < n; i++)
    sqlite3_bind_int64 (statement, first + i, values[i]);
}

static gboolean
insert_row (StrataInserter *inserter, Table table, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[table];
  int code = sqlite3_step (statement);

  if (G_LIKELY (code == SQLITE_DONE))
    {
      sqlite3_reset (statement);
      inserter->n_rows[table]++;
      return TRUE;
    }
  if ((code & 0xff) == SQLITE_CONSTRAINT)
    return fail_record (inserter, error, "a row of table %s is there twice or lacks a value (%s)", tables[table].name,
                        sqlite3_errmsg (inserter->db));
  return fail_write (inserter, code, error);
}

/* --- the session's tables --- */

static gboolean
insert_unit (StrataInserter *inserter, const StrataUnitRecord *unit, gint32 id, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_UNIT];

  if (unit->id != id || (guint) unit->kind > STRATA_UNIT_DRAM)
    return fail_record (inserter, error, "unit %d has id %d and kind %d", id, unit->id, unit->kind);
  sqlite3_bind_int64 (statement, 1, id);
  sqlite3_bind_int64 (statement, 2, unit->kind);
  sqlite3_bind_int64 (statement, 3, unit->index);
  bind_id (statement, 4, unit->x);
  bind_id (statement, 5, unit->y);
  bind_text (statement, 6, unit->name);
  return insert_row (inserter, TABLE_UNIT, error);
}

static gboolean
insert_inputs (StrataInserter *inserter, const StrataLayerRecord *layer, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_LAYER_INPUT];

  if (layer->n_inputs < 0 || layer->n_inputs > (gint32) G_N_ELEMENTS (layer->inputs))
    return fail_record (inserter, error, "layer %d has %d inputs", layer->id, layer->n_inputs);
  for (int i = 0; i < layer->n_inputs; i++)
    {
      if (layer->inputs[i] >= inserter->n_layers)
        return fail_record (inserter, error, "layer %d reads layer %d of %d", layer->id, layer->inputs[i],
                            inserter->n_layers);
      sqlite3_bind_int64 (statement, 1, layer->id);
      sqlite3_bind_int64 (statement, 2, i);
      bind_id (statement, 3, layer->inputs[i]);
      if (!insert_row (inserter, TABLE_LAYER_INPUT, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
insert_layer (StrataInserter *inserter, const StrataLayerRecord *layer, gint32 id, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_LAYER];
  const gint64 numbers[] = {
    layer->stage_index,  layer->index_in_stage, layer->n_in_stage,   layer->n_macs,  layer->n_weights,
    layer->out_channels, layer->out_height,     layer->out_width,    layer->k,       layer->n,
    layer->n_tiles,      layer->n_copies,       layer->n_row_copies, layer->n_reads, layer->n_slices
  };

  if (layer->id != id)
    return fail_record (inserter, error, "layer %d has id %d", id, layer->id);
  sqlite3_bind_int64 (statement, 1, id);
  bind_id (statement, 2, layer->node);
  bind_text (statement, 3, layer->name);
  bind_text (statement, 4, layer->op);
  bind_text (statement, 5, layer->kind);
  bind_text (statement, 6, layer->stage);
  bind_ints (statement, 7, numbers, G_N_ELEMENTS (numbers));
  bind_number (statement, 22, layer->n_tiles > 0 ? layer->utilisation : NAN);
  return insert_row (inserter, TABLE_LAYER, error) && insert_inputs (inserter, layer, error);
}

static gboolean
insert_tile (StrataInserter *inserter, const StrataTileRecord *tile, gint32 id, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_TILE];
  const gint64 numbers[] = { id,           tile->layer, tile->copy,   tile->stack,    tile->tier,        tile->row0,
                             tile->n_rows, tile->col0,  tile->n_cols, tile->n_slices, tile->n_row_copies };

  if (tile->id != id || tile->layer < 0 || tile->layer >= inserter->n_layers || tile->stack < 0 || tile->tier < 0)
    return fail_record (inserter, error, "tile %d has id %d, layer %d of %d, stack %d, tier %d", id, tile->id,
                        tile->layer, inserter->n_layers, tile->stack, tile->tier);
  bind_ints (statement, 1, numbers, G_N_ELEMENTS (numbers));
  bind_number (statement, 12, tile->utilisation);
  return insert_row (inserter, TABLE_TILE, error);
}

static gboolean
insert_instruction (StrataInserter *inserter, const StrataInstructionRecord *instruction, gint32 id, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_INSTRUCTION];

  if (instruction->id != id || instruction->layer >= inserter->n_layers || instruction->tile >= inserter->n_tiles
      || instruction->unit < 0 || instruction->unit >= inserter->n_units)
    return fail_record (inserter, error, "instruction %d has id %d, layer %d, tile %d, unit %d", id, instruction->id,
                        instruction->layer, instruction->tile, instruction->unit);
  sqlite3_bind_int64 (statement, 1, id);
  bind_id (statement, 2, instruction->layer);
  bind_id (statement, 3, instruction->tile);
  sqlite3_bind_int64 (statement, 4, instruction->unit);
  bind_text (statement, 5, instruction->opcode);
  sqlite3_bind_int64 (statement, 6, instruction->n_bursts);
  sqlite3_bind_int64 (statement, 7, instruction->n_actions);
  return insert_row (inserter, TABLE_INSTRUCTION, error);
}

/* --- records --- */

static gboolean
insert_event (StrataInserter *inserter, const StrataEventRecord *event, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_EVENT];
  gint64 end;

  if (event->unit < 0 || event->unit >= inserter->n_units || event->instruction >= inserter->n_instructions
      || event->layer >= inserter->n_layers || event->tier > G_MAXINT16 || event->start_ps < 0 || event->duration_ps < 0
      || event->energy_fj < 0 || __builtin_add_overflow (event->start_ps, event->duration_ps, &end))
    return fail_record (inserter, error,
                        "event %" G_GINT64_FORMAT " has unit %d, instruction %d, layer %d, start %" G_GINT64_FORMAT
                        " ps, duration %" G_GINT64_FORMAT " ps, energy %" G_GINT64_FORMAT " fJ",
                        inserter->n_rows[TABLE_EVENT], event->unit, event->instruction, event->layer, event->start_ps,
                        event->duration_ps, event->energy_fj);
  if (__builtin_add_overflow (inserter->event_fj, event->energy_fj, &inserter->event_fj)
      || __builtin_add_overflow (inserter->event_ps, event->duration_ps, &inserter->event_ps))
    return fail_record (inserter, error, "the sum of the events exceeds 63 bits");
  sqlite3_bind_int64 (statement, 1, event->start_ps);
  sqlite3_bind_int64 (statement, 2, event->duration_ps);
  sqlite3_bind_int64 (statement, 3, event->unit);
  bind_id (statement, 4, event->instruction);
  bind_id (statement, 5, event->layer);
  bind_id (statement, 6, event->burst);
  bind_id (statement, 7, event->tier);
  sqlite3_bind_int64 (statement, 8, event->n_actions);
  sqlite3_bind_int64 (statement, 9, event->energy_fj);
  sqlite3_bind_int64 (statement, 10, event->flags);
  return insert_row (inserter, TABLE_EVENT, error);
}

static gboolean
insert_energy (StrataInserter *inserter, const StrataEnergyRecord *energy, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_ENERGY];

  if (energy->layer >= inserter->n_layers || (guint) energy->component >= STRATA_N_COMPONENTS)
    return fail_record (inserter, error, "an energy record has layer %d, component %d", energy->layer,
                        energy->component);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    if (energy->energy_fj[band] < 0
        || __builtin_add_overflow (inserter->energy_fj[band], energy->energy_fj[band], &inserter->energy_fj[band]))
      return fail_record (inserter, error, "energy of layer %d, component %s is negative or too large", energy->layer,
                          strata_component_name (energy->component));
  bind_id (statement, 1, energy->layer);
  sqlite3_bind_int64 (statement, 2, energy->component);
  bind_ints (statement, 3, energy->energy_fj, STRATA_N_BANDS);
  sqlite3_bind_int64 (statement, 6, energy->n_actions);
  return insert_row (inserter, TABLE_ENERGY, error);
}

static gboolean
insert_power (StrataInserter *inserter, const StrataPowerRecord *power, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_POWER];

  if ((guint) power->component >= STRATA_N_COMPONENTS || power->time_ps < 0 || power->step_ps < 0
      || !isfinite (power->power_mw))
    return fail_record (inserter, error,
                        "a power record has component %d, time %" G_GINT64_FORMAT " ps, step %" G_GINT64_FORMAT
                        " ps, %g mW",
                        power->component, power->time_ps, power->step_ps, power->power_mw);
  sqlite3_bind_int64 (statement, 1, power->time_ps);
  sqlite3_bind_int64 (statement, 2, power->step_ps);
  sqlite3_bind_int64 (statement, 3, power->component);
  bind_number (statement, 4, power->power_mw);
  return insert_row (inserter, TABLE_POWER, error);
}

static gboolean
insert_temperature (StrataInserter *inserter, const StrataTemperatureRecord *temperature, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_TEMPERATURE];

  if ((guint) temperature->node > STRATA_HEAT_SKIN || !isfinite (temperature->temperature_c))
    return fail_record (inserter, error, "a temperature record has node %d, %g degrees", temperature->node,
                        temperature->temperature_c);
  bind_id (statement, 1, temperature->time_ps);
  sqlite3_bind_int64 (statement, 2, temperature->node);
  bind_id (statement, 3, temperature->stack);
  bind_id (statement, 4, temperature->tier);
  bind_number (statement, 5, temperature->temperature_c);
  return insert_row (inserter, TABLE_TEMPERATURE, error);
}

static gboolean
insert_accuracy (StrataInserter *inserter, const StrataAccuracyRecord *accuracy, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_ACCURACY];

  if (accuracy->layer < 0 || accuracy->layer >= inserter->n_layers)
    return fail_record (inserter, error, "an accuracy record has layer %d of %d", accuracy->layer, inserter->n_layers);
  sqlite3_bind_int64 (statement, 1, accuracy->layer);
  bind_number (statement, 2, accuracy->snr_db);
  bind_number (statement, 3, accuracy->clip_fraction);
  bind_number (statement, 4, accuracy->max_abs_error);
  return insert_row (inserter, TABLE_ACCURACY, error);
}

static gboolean
insert_figure (StrataInserter *inserter, const StrataFigureRecord *figure, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_FIGURE];

  if ((guint) figure->fidelity > STRATA_FIDELITY_MEASURED || figure->name == NULL)
    return fail_record (inserter, error, "figure %s has fidelity %d", figure->name != NULL ? figure->name : "(no name)",
                        figure->fidelity);
  bind_text (statement, 1, figure->name);
  sqlite3_bind_int64 (statement, 2, inserter->n_rows[TABLE_FIGURE]);
  bind_text (statement, 3, figure->unit);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    bind_number (statement, 4 + band, figure->value[band]);
  sqlite3_bind_int64 (statement, 7, figure->fidelity);
  bind_text (statement, 8, figure->source);
  return insert_row (inserter, TABLE_FIGURE, error);
}

static gboolean
insert_finding (StrataInserter *inserter, const StrataFindingRecord *finding, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_FINDING];

  if (finding->layer >= inserter->n_layers || finding->severity < 0 || finding->severity > 2)
    return fail_record (inserter, error, "finding %s has layer %d, severity %d", finding->rule, finding->layer,
                        finding->severity);
  bind_text (statement, 1, finding->rule);
  sqlite3_bind_int64 (statement, 2, finding->severity);
  bind_id (statement, 3, finding->layer);
  bind_text (statement, 4, finding->evidence);
  bind_text (statement, 5, finding->action);
  bind_number (statement, 6, finding->gain);
  bind_text (statement, 7, finding->gain_of);
  return insert_row (inserter, TABLE_FINDING, error);
}

static gboolean
insert_drop (StrataInserter *inserter, const StrataDropRecord *drop, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[TABLE_DROP];

  if (drop->unit < 0 || drop->unit >= inserter->n_units || drop->from_ps < 0 || drop->to_ps < drop->from_ps
      || drop->n_dropped < 0)
    return fail_record (inserter, error, "a drop record has unit %d of %d and bounds that are not a stretch",
                        drop->unit, inserter->n_units);
  sqlite3_bind_int64 (statement, 1, drop->unit);
  sqlite3_bind_int64 (statement, 2, drop->from_ps);
  sqlite3_bind_int64 (statement, 3, drop->to_ps);
  sqlite3_bind_int64 (statement, 4, drop->n_dropped);
  bind_text (statement, 5, drop->reason);
  return insert_row (inserter, TABLE_DROP, error);
}

static gboolean
insert_meta (StrataInserter *inserter, const StrataMetaRecord *meta, GError **error)
{
  bind_text (inserter->insert[TABLE_META], 1, meta->key);
  bind_text (inserter->insert[TABLE_META], 2, meta->value);
  return insert_row (inserter, TABLE_META, error);
}

gboolean
strata_inserter_write (StrataInserter *inserter, StrataRecordKind kind, gconstpointer records, gsize n, GError **error)
{
#define INSERT_ALL(Type, insert)                                                                                       \
  for (gsize i = 0; i < n; i++)                                                                                        \
    if (!insert (inserter, (const Type *) records + i, error))                                                         \
      return FALSE;                                                                                                    \
  return TRUE

  switch (kind)
    {
    case STRATA_RECORD_EVENT:
      INSERT_ALL (StrataEventRecord, insert_event);
    case STRATA_RECORD_ENERGY:
      INSERT_ALL (StrataEnergyRecord, insert_energy);
    case STRATA_RECORD_POWER:
      INSERT_ALL (StrataPowerRecord, insert_power);
    case STRATA_RECORD_TEMPERATURE:
      INSERT_ALL (StrataTemperatureRecord, insert_temperature);
    case STRATA_RECORD_ACCURACY:
      INSERT_ALL (StrataAccuracyRecord, insert_accuracy);
    case STRATA_RECORD_FINDING:
      INSERT_ALL (StrataFindingRecord, insert_finding);
    case STRATA_RECORD_DROP:
      INSERT_ALL (StrataDropRecord, insert_drop);
    case STRATA_RECORD_FIGURE:
      INSERT_ALL (StrataFigureRecord, insert_figure);
    case STRATA_RECORD_META:
      INSERT_ALL (StrataMetaRecord, insert_meta);
    default:
      return fail_record (inserter, error, "records of unknown kind %d", kind);
    }
#undef INSERT_ALL
}

/* --- begin and finish --- */

static gboolean
execute (StrataInserter *inserter, const char *sql, GError **error)
{
  int code = sqlite3_exec (inserter->db, sql, NULL, NULL, NULL);

  return code == SQLITE_OK || fail_write (inserter, code, error);
}

/* Of SQLite's formats: %Q quotes text for SQL. */
static gboolean
execute_printf (StrataInserter *inserter, GError **error, const char *format, ...)
{
  va_list arguments;
  char *sql;
  gboolean is_done;

  va_start (arguments, format);
  sql = sqlite3_vmprintf (format, arguments);
  va_end (arguments);
  is_done = execute (inserter, sql, error);
  sqlite3_free (sql);
  return is_done;
}

static gboolean
open_database (StrataInserter *inserter, GError **error)
{
  /* Absolute, so that names such as ":memory:" are files. */
  g_autofree char *absolute = g_canonicalize_filename (inserter->file, NULL);
  int code = sqlite3_open_v2 (absolute, &inserter->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

  if (code != SQLITE_OK)
    return fail_write (inserter, code, error);
  return execute_printf (inserter, error,
                         "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
                         "PRAGMA locking_mode = EXCLUSIVE; PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN",
                         STRATA_STORE_APPLICATION_ID, STRATA_PROFILE_SCHEMA_VERSION)
         && execute (inserter, strata_store_schema_sql (), error);
}

static gboolean
prepare_inserts (StrataInserter *inserter, GError **error)
{
  for (int table = 0; table < N_TABLES; table++)
    {
      g_autofree char *sql = g_strdup_printf ("INSERT INTO %s VALUES (%s)", tables[table].name, tables[table].values);
      int code = sqlite3_prepare_v3 (inserter->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &inserter->insert[table], NULL);

      if (code != SQLITE_OK)
        return fail_write (inserter, code, error);
    }
  return TRUE;
}

static gboolean
insert_names (StrataInserter *inserter, GError **error)
{
  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    if (!execute_printf (inserter, error, "INSERT INTO component VALUES (%d, %Q, %Q, %d)", i, strata_component_name (i),
                         strata_component_meaning (i), strata_store_component_is_static (i)))
      return FALSE;
  for (int i = 0; i <= STRATA_UNIT_DRAM; i++)
    if (!execute_printf (inserter, error, "INSERT INTO unit_kind VALUES (%d, %Q)", i, strata_unit_kind_name (i)))
      return FALSE;
  return TRUE;
}

static gboolean
insert_run (StrataInserter *inserter, const StrataTraceSession *session, GError **error)
{
  g_autofree char *run = g_utf8_make_valid (session->run_name != NULL ? session->run_name : "", -1);
  g_autofree char *model = g_utf8_make_valid (session->model_name != NULL ? session->model_name : "", -1);
  g_autofree char *chip = g_utf8_make_valid (session->chip_name != NULL ? session->chip_name : "", -1);
  g_autofree char *yaml = g_utf8_make_valid (session->chip_yaml != NULL ? session->chip_yaml : "", -1);
  char budget[G_ASCII_DTOSTR_BUF_SIZE] = "NULL";

  if (session->power_budget_mw > 0 && isfinite (session->power_budget_mw))
    g_ascii_formatd (budget, sizeof budget, "%.17g", session->power_budget_mw);
  return execute_printf (inserter, error, "INSERT INTO run VALUES (1, %Q, %Q, %d, %Q)", run, model, session->fidelity,
                         strata_store_fidelity_name (session->fidelity))
         && execute_printf (inserter, error, "INSERT INTO chip VALUES (1, %Q, %Q, %d, %d, %d, %d, %d, %d, %d, %d, %s)",
                            chip, yaml, session->mesh_x, session->mesh_y, session->n_stacks, session->n_tiers,
                            session->n_rows, session->n_columns, session->hub_x2, session->hub_y2, budget);
}

static gboolean
check_session (StrataInserter *inserter, const StrataTraceSession *session, GError **error)
{
  if ((guint) session->fidelity > STRATA_FIDELITY_MEASURED || session->n_units < 0 || session->n_layers < 0
      || session->n_tiles < 0 || session->n_instructions < 0 || session->n_stacks < 0 || session->n_tiers < 0)
    return fail_record (inserter, error, "the session has a negative count or an unknown fidelity");
  inserter->n_units = session->n_units;
  inserter->n_layers = session->n_layers;
  inserter->n_tiles = session->n_tiles;
  inserter->n_instructions = session->n_instructions;
  return TRUE;
}

gboolean
strata_inserter_begin (StrataInserter *inserter, const StrataTraceSession *session, GError **error)
{
  if (!check_session (inserter, session, error) || !open_database (inserter, error)
      || !prepare_inserts (inserter, error) || !insert_names (inserter, error)
      || !insert_run (inserter, session, error))
    return FALSE;
  for (int i = 0; i < session->n_units; i++)
    if (!insert_unit (inserter, &session->units[i], i, error))
      return FALSE;
  for (int i = 0; i < session->n_layers; i++)
    if (!insert_layer (inserter, &session->layers[i], i, error))
      return FALSE;
  for (int i = 0; i < session->n_tiles; i++)
    if (!insert_tile (inserter, &session->tiles[i], i, error))
      return FALSE;
  for (int i = 0; i < session->n_instructions; i++)
    if (!insert_instruction (inserter, &session->instructions[i], i, error))
      return FALSE;
  return TRUE;
}

static gboolean
seal (StrataInserter *inserter, GError **error)
{
  for (int table = 0; table < N_TABLES; table++)
    {
      gint64 sum = table == TABLE_EVENT    ? inserter->event_fj
                   : table == TABLE_ENERGY ? inserter->energy_fj[STRATA_BAND_NOMINAL]
                                           : 0;

      if (!execute_printf (inserter, error, "INSERT INTO seal VALUES (%Q, %lld, %lld)", tables[table].name,
                           (long long) inserter->n_rows[table], (long long) sum))
        return FALSE;
    }
  return TRUE;
}

static void
finalise_statements (StrataInserter *inserter)
{
  for (int table = 0; table < N_TABLES; table++)
    g_clear_pointer (&inserter->insert[table], sqlite3_finalize);
}

gboolean
strata_inserter_finish (StrataInserter *inserter, GError **error)
{
  int code;

  if (inserter->n_rows[TABLE_EVENT] > 0 && inserter->event_fj != inserter->energy_fj[STRATA_BAND_NOMINAL])
    return fail_record (inserter, error,
                        "the energy of the events is %" G_GINT64_FORMAT
                        " fJ but that of layers and components is %" G_GINT64_FORMAT " fJ",
                        inserter->event_fj, inserter->energy_fj[STRATA_BAND_NOMINAL]);
  if (!seal (inserter, error) || !execute (inserter, strata_store_index_sql (), error)
      || !execute (inserter, "COMMIT", error))
    return FALSE;
  finalise_statements (inserter);
  code = sqlite3_close (inserter->db);
  if (code != SQLITE_OK)
    return fail_write (inserter, code, error);
  inserter->db = NULL;
  return TRUE;
}

StrataInserter *
strata_inserter_new (const char *file, const char *shown)
{
  StrataInserter *inserter = g_new0 (StrataInserter, 1);

  inserter->file = g_strdup (file);
  inserter->shown = g_strdup (shown);
  return inserter;
}

void
strata_inserter_free (StrataInserter *inserter)
{
  if (inserter == NULL)
    return;
  finalise_statements (inserter);
  sqlite3_close (inserter->db);
  g_free (inserter->file);
  g_free (inserter->shown);
  g_free (inserter);
}
