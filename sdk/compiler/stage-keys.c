/* SPDX-License-Identifier: Apache-2.0
 *
 * What goes into the keys. The sizes of the options are asserted: who gives a stage another option is led here, and
 * hashes it, or says here why a result does not depend on it.
 */
#include "compiler/stage-keys.h"

#include "chip/fields.h"

#define SIZE_IS(Type, n) G_STATIC_ASSERT (sizeof (Type) == (n))

#if GLIB_SIZEOF_VOID_P == 8
SIZE_IS (StrataCalibration, 104);    /* all but n_threads, cancellable, decisions and cache */
SIZE_IS (StrataMapOptions, 32);      /* all but decisions */
SIZE_IS (StrataPlaceOptions, 96);    /* all but n_threads, cancellable, progress and decisions */
SIZE_IS (StrataScheduleOptions, 24); /* all but cancellable and decisions */
SIZE_IS (StrataJudgement, 88);
#endif

#define Q (1 << STRATA_STAGE_GRAPH)
#define G (1 << STRATA_N_STAGES)
#define M (1 << STRATA_STAGE_TILES)
#define P (1 << STRATA_STAGE_PLACEMENT)
#define S (1 << STRATA_STAGE_SCHEDULE)

/* @stage: its bit, or G */
static gboolean
reads (int stage, const char *key)
{
  static const struct
  {
    const char *key;
    int stages;
  } unread[] = {
#define UNREAD(key, stages) { #key, stages },
#include "compiler/stage-fields.def"
#undef UNREAD
  };

  for (guint i = 0; i < G_N_ELEMENTS (unread); i++)
    if (g_str_equal (unread[i].key, key))
      return !(unread[i].stages & stage);
  return TRUE;
}

/* Adds what @stage reads of @chip; @guessed: without samples of the user. */
static void
key_chip (StrataHasher *hasher, StrataStage stage, gboolean guessed, const StrataChipSpec *chip)
{
  for (int i = 0; i < strata_fields_count (); i++)
    {
      const StrataField *field = strata_fields_get (i);

      if (!reads (guessed ? G : 1 << stage, field->key))
        continue;
      strata_hasher_string (hasher, field->key);
      for (int band = 0; band < (strata_field_is_banded (field) ? STRATA_N_BANDS : 1); band++)
        strata_hasher_double (hasher, strata_field_value (field, chip, band));
    }
  strata_hasher_string (hasher, chip->name); /* texts of decisions may name it */
  strata_word_choices_hash (hasher, chip);
  strata_hasher_int (hasher, chip->n_dead); /* arrays that quantisation may fill with copies of rows */
  for (int i = 0; i < chip->n_dead && stage != STRATA_STAGE_GRAPH; i++)
    {
      strata_hasher_int (hasher, chip->dead[i].stack);
      strata_hasher_int (hasher, chip->dead[i].tier);
    }
}

static StrataHasher *
begin (StrataStage stage)
{
  StrataHasher *hasher = strata_hasher_new ();

  strata_hasher_string (hasher, strata_stage_name (stage));
  return hasher;
}

/* An array's type, shape and bytes */
static void
hash_array (StrataHasher *hasher, const StrataArray *array)
{
  strata_hasher_int (hasher, array != NULL);
  if (array == NULL)
    return;
  strata_hasher_int (hasher, array->dtype);
  strata_hasher_int (hasher, array->n_dims);
  for (int d = 0; d < array->n_dims; d++)
    strata_hasher_int (hasher, array->dims[d]);
  strata_hasher_int (hasher, (gint64) array->n_bytes);
  strata_hasher_bytes (hasher, array->data, array->n_bytes);
}

guint64
strata_key_graph (guint64 source,
                  const StrataGraph *graph,
                  const StrataChipSpec *chip,
                  const StrataCalibration *calibration)
{
  g_autoptr (StrataHasher) hasher = begin (STRATA_STAGE_GRAPH);
  int n = calibration->samples != NULL ? calibration->n_samples : 0;

  strata_hasher_int (hasher, (gint64) source);
  strata_hasher_int (hasher, n);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < graph->n_inputs; j++)
      hash_array (hasher, calibration->samples[i].inputs != NULL ? calibration->samples[i].inputs[j] : NULL);
  if (n < 1)
    strata_hasher_int (hasher, (gint64) calibration->seed);
  strata_hasher_int (hasher, calibration->n_reads);
  strata_hasher_int (hasher, calibration->without);
  strata_hasher_double (hasher, calibration->most_flips);
  strata_hasher_int (hasher, calibration->trial != NULL);
  for (int i = 0; i < calibration->n_choices; i++)
    {
      strata_hasher_int (hasher, calibration->choices[i].node);
      strata_hasher_int (hasher, calibration->choices[i].n_slices);
      strata_hasher_int (hasher, calibration->choices[i].n_reads);
    }
  strata_hasher_int (hasher, calibration->no_row_copies);
  key_chip (hasher, STRATA_STAGE_GRAPH, n < 1, chip);
  return strata_hasher_digest (hasher);
}

guint64
strata_key_tiles (const StrataQGraph *graph, const StrataChipSpec *chip, const StrataMapOptions *options)
{
  g_autoptr (StrataHasher) hasher = begin (STRATA_STAGE_TILES);
  const int *n_copies = options != NULL ? options->n_copies : NULL;

  strata_hasher_int (hasher, (gint64) strata_qgraph_shape_hash (graph));
  strata_hasher_int (hasher, options == NULL || options->row_copies);
  strata_hasher_int (hasher, options != NULL ? options->packing : STRATA_PACK_NEEDED);
  for (int i = 0; i < graph->n_ops; i++)
    strata_hasher_int (hasher, n_copies != NULL ? n_copies[i] : 1);
  key_chip (hasher, STRATA_STAGE_TILES, FALSE, chip);
  return strata_hasher_digest (hasher);
}

static void
hash_experts (StrataHasher *hasher, int n_ops, const StrataPlaceOptions *options)
{
  strata_hasher_int (hasher, options->activity != NULL);
  for (int i = 0; i < n_ops && options->activity != NULL; i++)
    strata_hasher_double (hasher, options->activity[i]);
  strata_hasher_int (hasher, options->n_coactivations);
  for (int i = 0; i < options->n_coactivations; i++)
    {
      strata_hasher_int (hasher, options->coactivation[i].op);
      strata_hasher_int (hasher, options->coactivation[i].other);
      strata_hasher_double (hasher, options->coactivation[i].together);
    }
}

static void
hash_windows (StrataHasher *hasher, const StrataPlaceWindows *windows)
{
  strata_hasher_int (hasher, windows != NULL ? windows->n_tiles : -1);
  if (windows == NULL)
    return;
  strata_hasher_double (hasher, windows->window_ps);
  strata_hasher_bytes (hasher, windows->work_ps, sizeof (float) * (gsize) windows->n_tiles * STRATA_PLACE_WINDOWS);
}

guint64
strata_key_placement (const StrataQGraph *graph,
                      const StrataTileSet *tiles,
                      const StrataChipSpec *chip,
                      const StrataPlaceOptions *options)
{
  g_autoptr (StrataHasher) hasher = begin (STRATA_STAGE_PLACEMENT);
  const StrataPlaceOptions defaults = { 0 };

  strata_hasher_int (hasher, (gint64) strata_qgraph_shape_hash (graph));
  strata_hasher_int (hasher, (gint64) strata_tile_set_hash (tiles));
  options = options != NULL ? options : &defaults;
  strata_hasher_int (hasher, (gint64) options->seed);
  strata_hasher_int (hasher, options->algorithm);
  strata_hasher_double (hasher, options->effort);
  hash_experts (hasher, graph->n_ops, options);
  hash_windows (hasher, options->windows);
  key_chip (hasher, STRATA_STAGE_PLACEMENT, FALSE, chip);
  return strata_hasher_digest (hasher);
}

guint64
strata_key_schedule (const StrataQGraph *graph,
                     const StrataTileSet *tiles,
                     const StrataPlacement *placement,
                     const StrataChipSpec *chip,
                     const StrataScheduleOptions *options)
{
  g_autoptr (StrataHasher) hasher = begin (STRATA_STAGE_SCHEDULE);

  strata_hasher_int (hasher, (gint64) strata_qgraph_shape_hash (graph));
  strata_hasher_int (hasher, (gint64) strata_tile_set_hash (tiles));
  strata_hasher_int (hasher, (gint64) strata_placement_hash (placement));
  strata_hasher_int (hasher, options != NULL ? options->max_active_stacks : 0);
  strata_hasher_int (hasher, options != NULL ? options->n_trials : 0);
  key_chip (hasher, STRATA_STAGE_SCHEDULE, FALSE, chip);
  return strata_hasher_digest (hasher);
}

guint64
strata_key_judgement (const StrataImage *image)
{
  g_autoptr (StrataHasher) hasher = begin (STRATA_STAGE_JUDGEMENT);

  strata_hasher_int (hasher, (gint64) strata_qgraph_shape_hash (image->graph));
  strata_hasher_int (hasher, (gint64) strata_tile_set_hash (image->tiles));
  strata_hasher_int (hasher, (gint64) strata_placement_hash (image->placement));
  strata_hasher_int (hasher, (gint64) strata_schedule_hash (image->schedule));
  key_chip (hasher, STRATA_STAGE_JUDGEMENT, FALSE, image->chip);
  strata_hasher_int (hasher, image->limits.max_interval_ps);
  strata_hasher_int (hasher, image->pace_ps);
  return strata_hasher_digest (hasher);
}
