/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of a run into rows: events, energy, power, temperature, spells, accuracy, noise, figures, findings, drops,
 * meta.
 * "None" (-1, NaN) becomes NULL. Sums of energies are kept for the seal.
 */
#include <math.h>

#include "ingest/insert-private.h"

static gboolean
insert_event (StrataInserter *inserter, const StrataEventRecord *event, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_EVENT];
  gint64 end;

  if (event->unit < 0 || event->unit >= inserter->n_units || event->instruction >= inserter->n_instructions
      || event->layer >= inserter->n_layers || event->tier > G_MAXINT16 || event->start_ps < 0 || event->duration_ps < 0
      || event->energy_fj < 0 || __builtin_add_overflow (event->start_ps, event->duration_ps, &end))
    return strata_inserter_refuse (inserter, error,
                                   "event %" G_GINT64_FORMAT
                                   " has unit %d, instruction %d, layer %d, start %" G_GINT64_FORMAT
                                   " ps, duration %" G_GINT64_FORMAT " ps, energy %" G_GINT64_FORMAT " fJ",
                                   inserter->n_rows[STRATA_TABLE_EVENT], event->unit, event->instruction, event->layer,
                                   event->start_ps, event->duration_ps, event->energy_fj);
  if (__builtin_add_overflow (inserter->event_fj, event->energy_fj, &inserter->event_fj)
      || __builtin_add_overflow (inserter->event_ps, event->duration_ps, &inserter->event_ps))
    return strata_inserter_refuse (inserter, error, "the sum of the events exceeds 63 bits");
  sqlite3_bind_int64 (statement, 1, event->start_ps);
  sqlite3_bind_int64 (statement, 2, event->duration_ps);
  sqlite3_bind_int64 (statement, 3, event->unit);
  strata_bind_id (statement, 4, event->instruction);
  strata_bind_id (statement, 5, event->layer);
  strata_bind_id (statement, 6, event->burst);
  strata_bind_id (statement, 7, event->tier);
  sqlite3_bind_int64 (statement, 8, event->n_actions);
  sqlite3_bind_int64 (statement, 9, event->energy_fj);
  sqlite3_bind_int64 (statement, 10, event->flags);
  return strata_inserter_row (inserter, STRATA_TABLE_EVENT, error);
}

static gboolean
insert_energy (StrataInserter *inserter, const StrataEnergyRecord *energy, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_ENERGY];

  if (energy->layer >= inserter->n_layers || (guint) energy->component >= STRATA_N_COMPONENTS)
    return strata_inserter_refuse (inserter, error, "an energy record has layer %d, component %d", energy->layer,
                                   energy->component);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    if (energy->energy_fj[band] < 0
        || __builtin_add_overflow (inserter->energy_fj[band], energy->energy_fj[band], &inserter->energy_fj[band]))
      return strata_inserter_refuse (inserter, error, "energy of layer %d, component %s is negative or too large",
                                     energy->layer, strata_component_name (energy->component));
  strata_bind_id (statement, 1, energy->layer);
  sqlite3_bind_int64 (statement, 2, energy->component);
  strata_bind_ints (statement, 3, energy->energy_fj, STRATA_N_BANDS);
  sqlite3_bind_int64 (statement, 6, energy->n_actions);
  return strata_inserter_row (inserter, STRATA_TABLE_ENERGY, error);
}

static gboolean
insert_power (StrataInserter *inserter, const StrataPowerRecord *power, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_POWER];

  if ((guint) power->component >= STRATA_N_COMPONENTS || power->time_ps < 0 || power->step_ps < 0
      || !isfinite (power->power_mw))
    return strata_inserter_refuse (inserter, error,
                                   "a power record has component %d, time %" G_GINT64_FORMAT
                                   " ps, step %" G_GINT64_FORMAT " ps, %g mW",
                                   power->component, power->time_ps, power->step_ps, power->power_mw);
  sqlite3_bind_int64 (statement, 1, power->time_ps);
  sqlite3_bind_int64 (statement, 2, power->step_ps);
  sqlite3_bind_int64 (statement, 3, power->component);
  strata_bind_number (statement, 4, power->power_mw);
  return strata_inserter_row (inserter, STRATA_TABLE_POWER, error);
}

static gboolean
insert_temperature (StrataInserter *inserter, const StrataTemperatureRecord *temperature, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_TEMPERATURE];

  if ((guint) temperature->node > STRATA_HEAT_SKIN || !isfinite (temperature->temperature_c))
    return strata_inserter_refuse (inserter, error, "a temperature record has node %d, %g degrees", temperature->node,
                                   temperature->temperature_c);
  strata_bind_id (statement, 1, temperature->time_ps);
  sqlite3_bind_int64 (statement, 2, temperature->node);
  strata_bind_id (statement, 3, temperature->stack);
  strata_bind_id (statement, 4, temperature->tier);
  strata_bind_number (statement, 5, temperature->temperature_c);
  return strata_inserter_row (inserter, STRATA_TABLE_TEMPERATURE, error);
}

/* Each starts where the one before ended. */
static gboolean
insert_spell (StrataInserter *inserter, const StrataSpellRecord *spell, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_SPELL];
  gint64 id = inserter->n_rows[STRATA_TABLE_SPELL], end_ps = -1;

  if ((guint) spell->reason >= STRATA_N_SPELL_REASONS || inserter->spell_end_ps < 0
      || spell->start_ps != inserter->spell_end_ps || spell->duration_ps < -1 || spell->duration_ps == 0
      || spell->interval_ps < 0 || !isfinite (spell->power_mw) || !isfinite (spell->junction_c)
      || !isfinite (spell->skin_c)
      || (spell->duration_ps > 0 && __builtin_add_overflow (spell->start_ps, spell->duration_ps, &end_ps)))
    return strata_inserter_refuse (inserter, error,
                                   "spell %" G_GINT64_FORMAT " has reason %d, start %" G_GINT64_FORMAT
                                   " ps, duration %" G_GINT64_FORMAT " ps, interval %" G_GINT64_FORMAT
                                   " ps, %g mW, %g and %g degrees",
                                   id, spell->reason, spell->start_ps, spell->duration_ps, spell->interval_ps,
                                   spell->power_mw, spell->junction_c, spell->skin_c);
  inserter->spell_end_ps = end_ps;
  sqlite3_bind_int64 (statement, 1, id);
  sqlite3_bind_int64 (statement, 2, spell->start_ps);
  strata_bind_id (statement, 3, spell->duration_ps);
  strata_bind_id (statement, 4, spell->interval_ps > 0 ? spell->interval_ps : -1);
  sqlite3_bind_int64 (statement, 5, spell->reason);
  strata_bind_text (statement, 6, strata_spell_reason_name (spell->reason));
  strata_bind_number (statement, 7, spell->power_mw);
  strata_bind_number (statement, 8, spell->junction_c);
  strata_bind_number (statement, 9, spell->skin_c);
  return strata_inserter_row (inserter, STRATA_TABLE_SPELL, error);
}

static gboolean
insert_warming (StrataInserter *inserter, const StrataWarmingRecord *warming, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_WARMING];

  if (warming->time_ps <= inserter->warming_ps || !isfinite (warming->junction_c) || !isfinite (warming->skin_c))
    return strata_inserter_refuse (inserter, error,
                                   "a temperature from cold has time %" G_GINT64_FORMAT " ps after %" G_GINT64_FORMAT
                                   " ps, %g and %g degrees",
                                   warming->time_ps, inserter->warming_ps, warming->junction_c, warming->skin_c);
  inserter->warming_ps = warming->time_ps;
  sqlite3_bind_int64 (statement, 1, warming->time_ps);
  strata_bind_number (statement, 2, warming->junction_c);
  strata_bind_number (statement, 3, warming->skin_c);
  return strata_inserter_row (inserter, STRATA_TABLE_WARMING, error);
}

static gboolean
insert_accuracy (StrataInserter *inserter, const StrataAccuracyRecord *accuracy, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_ACCURACY];

  if (accuracy->layer < 0 || accuracy->layer >= inserter->n_layers)
    return strata_inserter_refuse (inserter, error, "an accuracy record has layer %d of %d", accuracy->layer,
                                   inserter->n_layers);
  sqlite3_bind_int64 (statement, 1, accuracy->layer);
  strata_bind_number (statement, 2, accuracy->snr_db);
  strata_bind_number (statement, 3, accuracy->clip_fraction);
  strata_bind_number (statement, 4, accuracy->max_abs_error);
  return strata_inserter_row (inserter, STRATA_TABLE_ACCURACY, error);
}

static gboolean
insert_noise (StrataInserter *inserter, const StrataNoiseRecord *noise, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_NOISE];
  const double numbers[] = { noise->snr_db,      noise->effective_bits, noise->thermal_db,
                             noise->cells_db,    noise->converter_db,   noise->lasting_db,
                             noise->rounding_db, noise->share,          noise->drowned_fj };

  if (noise->layer < 0 || noise->layer >= inserter->n_layers || noise->n_reads < 1
      || noise->sound_bits > noise->adc_bits || !isfinite (noise->share) || !isfinite (noise->drowned_fj))
    return strata_inserter_refuse (inserter, error, "a noise record has layer %d of %d, %d reads, %d of %d sound bits",
                                   noise->layer, inserter->n_layers, noise->n_reads, noise->sound_bits,
                                   noise->adc_bits);
  sqlite3_bind_int64 (statement, 1, noise->layer);
  sqlite3_bind_int64 (statement, 2, noise->n_reads);
  sqlite3_bind_int64 (statement, 3, noise->adc_bits);
  sqlite3_bind_int64 (statement, 4, noise->sound_bits);
  for (int i = 0; i < (int) G_N_ELEMENTS (numbers); i++)
    strata_bind_number (statement, 5 + i, numbers[i]);
  return strata_inserter_row (inserter, STRATA_TABLE_NOISE, error);
}

static gboolean
insert_figure (StrataInserter *inserter, const StrataFigureRecord *figure, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_FIGURE];

  if ((guint) figure->fidelity > STRATA_FIDELITY_MEASURED || figure->name == NULL)
    return strata_inserter_refuse (inserter, error, "figure %s has fidelity %d",
                                   figure->name != NULL ? figure->name : "(no name)", figure->fidelity);
  strata_bind_text (statement, 1, figure->name);
  sqlite3_bind_int64 (statement, 2, inserter->n_rows[STRATA_TABLE_FIGURE]);
  strata_bind_text (statement, 3, figure->unit);
  for (int band = 0; band < STRATA_N_BANDS; band++)
    strata_bind_number (statement, 4 + band, figure->value[band]);
  sqlite3_bind_int64 (statement, 7, figure->fidelity);
  strata_bind_text (statement, 8, figure->source);
  return strata_inserter_row (inserter, STRATA_TABLE_FIGURE, error);
}

static gboolean
insert_finding (StrataInserter *inserter, const StrataFindingRecord *finding, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_FINDING];

  if (finding->layer >= inserter->n_layers || finding->severity < 0 || finding->severity > 2)
    return strata_inserter_refuse (inserter, error, "finding %s has layer %d, severity %d", finding->rule,
                                   finding->layer, finding->severity);
  strata_bind_text (statement, 1, finding->rule);
  sqlite3_bind_int64 (statement, 2, finding->severity);
  strata_bind_id (statement, 3, finding->layer);
  strata_bind_text (statement, 4, finding->evidence);
  strata_bind_text (statement, 5, finding->action);
  strata_bind_number (statement, 6, finding->gain);
  strata_bind_text (statement, 7, finding->gain_of);
  return strata_inserter_row (inserter, STRATA_TABLE_FINDING, error);
}

static gboolean
insert_alternative (
  StrataInserter *inserter, gint64 decision, int position, const StrataAlternativeRecord *other, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_ALTERNATIVE];

  sqlite3_bind_int64 (statement, 1, decision);
  sqlite3_bind_int64 (statement, 2, position);
  strata_bind_text (statement, 3, other->what);
  strata_bind_id (statement, 4, other->latency_ps);
  strata_bind_id (statement, 5, other->interval_ps);
  strata_bind_id (statement, 6, other->energy_fj);
  strata_bind_id (statement, 7, other->n_arrays);
  strata_bind_text (statement, 8, other->verdict);
  return strata_inserter_row (inserter, STRATA_TABLE_ALTERNATIVE, error);
}

static gboolean
insert_decision (StrataInserter *inserter, const StrataDecisionRecord *decision, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_DECISION];
  gint64 id = inserter->n_rows[STRATA_TABLE_DECISION];

  if (decision->layer >= inserter->n_layers || decision->tile >= inserter->n_tiles || decision->n_alternatives < 0)
    return strata_inserter_refuse (inserter, error, "decision %" G_GINT64_FORMAT " has layer %d of %d, tile %d of %d",
                                   id, decision->layer, inserter->n_layers, decision->tile, inserter->n_tiles);
  sqlite3_bind_int64 (statement, 1, id);
  strata_bind_text (statement, 2, decision->reason);
  strata_bind_text (statement, 3, decision->meaning);
  strata_bind_id (statement, 4, decision->layer);
  strata_bind_id (statement, 5, decision->tile);
  sqlite3_bind_int64 (statement, 6, decision->value);
  strata_bind_text (statement, 7, decision->text);
  if (!strata_inserter_row (inserter, STRATA_TABLE_DECISION, error))
    return FALSE;
  for (int i = 0; i < decision->n_alternatives; i++)
    if (!insert_alternative (inserter, id, i, &decision->alternatives[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
insert_drop (StrataInserter *inserter, const StrataDropRecord *drop, GError **error)
{
  sqlite3_stmt *statement = inserter->insert[STRATA_TABLE_DROP];

  if (drop->unit < 0 || drop->unit >= inserter->n_units || drop->from_ps < 0 || drop->to_ps < drop->from_ps
      || drop->n_dropped < 0)
    return strata_inserter_refuse (inserter, error, "a drop record has unit %d of %d and bounds that are not a stretch",
                                   drop->unit, inserter->n_units);
  sqlite3_bind_int64 (statement, 1, drop->unit);
  sqlite3_bind_int64 (statement, 2, drop->from_ps);
  sqlite3_bind_int64 (statement, 3, drop->to_ps);
  sqlite3_bind_int64 (statement, 4, drop->n_dropped);
  strata_bind_text (statement, 5, drop->reason);
  return strata_inserter_row (inserter, STRATA_TABLE_DROP, error);
}

static gboolean
insert_meta (StrataInserter *inserter, const StrataMetaRecord *meta, GError **error)
{
  strata_bind_text (inserter->insert[STRATA_TABLE_META], 1, meta->key);
  strata_bind_text (inserter->insert[STRATA_TABLE_META], 2, meta->value);
  return strata_inserter_row (inserter, STRATA_TABLE_META, error);
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
    case STRATA_RECORD_SPELL:
      INSERT_ALL (StrataSpellRecord, insert_spell);
    case STRATA_RECORD_WARMING:
      INSERT_ALL (StrataWarmingRecord, insert_warming);
    case STRATA_RECORD_ACCURACY:
      INSERT_ALL (StrataAccuracyRecord, insert_accuracy);
    case STRATA_RECORD_NOISE:
      INSERT_ALL (StrataNoiseRecord, insert_noise);
    case STRATA_RECORD_FINDING:
      INSERT_ALL (StrataFindingRecord, insert_finding);
    case STRATA_RECORD_DROP:
      INSERT_ALL (StrataDropRecord, insert_drop);
    case STRATA_RECORD_FIGURE:
      INSERT_ALL (StrataFigureRecord, insert_figure);
    case STRATA_RECORD_DECISION:
      INSERT_ALL (StrataDecisionRecord, insert_decision);
    case STRATA_RECORD_META:
      INSERT_ALL (StrataMetaRecord, insert_meta);
    default:
      return strata_inserter_refuse (inserter, error, "records of unknown kind %d", kind);
    }
#undef INSERT_ALL
}
