/* SPDX-License-Identifier: Apache-2.0
 *
 * Sends a modelled run to a sink: session, events in batches, energy, power, temperature, spells, accuracy, figures,
 * findings, decisions, noise, meta, end. Stops at the first record the sink refuses, and tells it that the run is
 * incomplete.
 */
#include "simulator/record.h"

#define EVENT_BATCH 4096

typedef struct
{
  StrataRecordKind kind;
  gconstpointer records;
  gsize n, size, batch;
} Batch;

static gboolean
write_batch (StrataTraceSink *sink, Batch batch, GError **error)
{
  for (gsize i = 0; i < batch.n; i += batch.batch)
    if (!sink->write (sink, batch.kind, (const guint8 *) batch.records + i * batch.size, MIN (batch.batch, batch.n - i),
                      error))
      return FALSE;
  return TRUE;
}

static gboolean
write_array (StrataTraceSink *sink, StrataRecordKind kind, GArray *records, GError **error)
{
  return write_batch (
    sink, (Batch){ kind, records->data, records->len, g_array_get_element_size (records), EVENT_BATCH }, error);
}

static gboolean
write_modelled (const StrataImage *image,
                const StrataModelled *modelled,
                const StrataAccuracyRecord *accuracy,
                StrataTraceSink *sink,
                GError **error)
{
  const Batch batches[] = {
    { STRATA_RECORD_EVENT, modelled->timing->events, modelled->timing->n_events, sizeof (StrataEventRecord),
      EVENT_BATCH },
    { STRATA_RECORD_ENERGY, modelled->energy, modelled->n_energy, sizeof (StrataEnergyRecord), EVENT_BATCH },
    { STRATA_RECORD_POWER, modelled->power, modelled->n_power, sizeof (StrataPowerRecord), EVENT_BATCH },
    { STRATA_RECORD_TEMPERATURE, modelled->temperature, modelled->n_temperature, sizeof (StrataTemperatureRecord),
      EVENT_BATCH },
    { STRATA_RECORD_SPELL, modelled->spells, modelled->n_spells, sizeof (StrataSpellRecord), EVENT_BATCH },
    { STRATA_RECORD_WARMING, modelled->warming, modelled->n_warming, sizeof (StrataWarmingRecord), EVENT_BATCH },
    { STRATA_RECORD_ACCURACY, accuracy, accuracy != NULL ? image->graph->n_ops : 0, sizeof (StrataAccuracyRecord),
      EVENT_BATCH },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (batches); i++)
    if (!write_batch (sink, batches[i], error))
      return FALSE;
  return TRUE;
}

/* What the compiler reckoned with, layer by layer */
static GArray *
list_noise (const StrataImage *image)
{
  GArray *records = g_array_new (FALSE, FALSE, sizeof (StrataNoiseRecord));

  for (guint i = 0; image->decisions != NULL && i < image->decisions->noise->len; i++)
    {
      const StrataNoiseFigures *f = &g_array_index (image->decisions->noise, StrataNoiseFigures, i);
      const StrataNoiseRecord record = { f->op,           f->n_reads,        f->adc_bits,    f->sound_bits,
                                         f->snr_db,       f->effective_bits, f->thermal_db,  f->cells_db,
                                         f->converter_db, f->lasting_db,     f->rounding_db, f->share,
                                         f->drowned_fj };

      g_array_append_val (records, record);
    }
  return records;
}

static gboolean
write_told (StrataArena *arena,
            const StrataImage *image,
            const StrataModelled *modelled,
            StrataFidelity fidelity,
            StrataTraceSink *sink,
            GError **error)
{
  g_autoptr (GArray) figures = strata_record_figures (arena, image, modelled);
  g_autoptr (GArray) findings = strata_record_findings (arena, image, modelled);
  g_autoptr (GArray) decisions = strata_record_decisions (arena, image, modelled);
  g_autoptr (GArray) noise = list_noise (image);
  g_autoptr (GArray) meta = strata_record_meta (arena, image, modelled, fidelity);

  return write_array (sink, STRATA_RECORD_FIGURE, figures, error)
         && write_array (sink, STRATA_RECORD_FINDING, findings, error)
         && write_array (sink, STRATA_RECORD_DECISION, decisions, error)
         && write_array (sink, STRATA_RECORD_NOISE, noise, error)
         && write_array (sink, STRATA_RECORD_META, meta, error);
}

gboolean
strata_modelled_record (const StrataImage *image,
                        const StrataModelled *modelled,
                        StrataFidelity fidelity,
                        const StrataAccuracyRecord *accuracy,
                        const char *run_name,
                        StrataTraceSink *sink,
                        GError **error)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();
  StrataTraceSession session = { 0 };

  strata_record_session (arena, image, &session);
  session.run_name = run_name != NULL ? run_name : session.model_name;
  session.fidelity = fidelity;
  if (!sink->begin (sink, &session, error) || !write_modelled (image, modelled, accuracy, sink, error)
      || !write_told (arena, image, modelled, fidelity, sink, error))
    {
      sink->end (sink, FALSE, NULL);
      return FALSE;
    }
  return sink->end (sink, TRUE, error);
}
