/* SPDX-License-Identifier: Apache-2.0
 *
 * One stage after the other through a cache: find, else make and keep. A stage that is called through a cache writes
 * its decisions to a list of its own, which is kept with the result and then appended to the caller's.
 */
#include "compiler/cached.h"

#include "compiler/stage-keys.h"
#include "program/bytes.h"

/* Tiles, instructions and the like of a result that is kept; at 100 bytes each */
#define MAX_KEPT_ITEMS ((gint64) 1 << 20)

/* A call: where its result is kept, and an image that holds what the result is checked against */
typedef struct
{
  StrataCache *cache;
  StrataStage stage;
  guint64 key;
  StrataImage context;
} Call;

static const StrataImageParts parts_of[STRATA_N_STAGES] = {
  [STRATA_STAGE_GRAPH] = STRATA_PART_GRAPH,
  [STRATA_STAGE_TILES] = STRATA_PART_TILES,
  [STRATA_STAGE_PLACEMENT] = STRATA_PART_PLACEMENT,
  [STRATA_STAGE_SCHEDULE] = STRATA_PART_SCHEDULE,
};

static void
call_init (Call *call, StrataCache *cache, StrataStage stage, guint64 key)
{
  *call = (Call){ .cache = cache, .stage = stage, .key = key };
}

/* The larger ones would push everything else out of memory. */
static gboolean
is_too_large (const StrataImage *context)
{
  gint64 n = (context->tiles != NULL ? context->tiles->n_tiles : 0);

  if (context->schedule != NULL)
    n += (gint64) context->schedule->n_instructions + context->schedule->n_dependences + context->schedule->n_routes;
  return n > MAX_KEPT_ITEMS;
}

static void
keep_in_memory (const Call *call)
{
  gboolean is_graph = call->stage == STRATA_STAGE_GRAPH;
  g_autoptr (GBytes) bytes =
    strata_image_encode_parts (&call->context, (is_graph ? 0 : parts_of[call->stage]) | STRATA_PART_DECISIONS);

  strata_cache_put_memory (call->cache, call->stage, call->key, bytes, is_graph ? call->context.graph : NULL);
}

/* Keeps what the stage put into the context. */
static void
keep (const Call *call)
{
  g_autoptr (GBytes) bytes = NULL;

  strata_cache_count_made (call->cache, call->stage);
  if (is_too_large (&call->context))
    return;
  keep_in_memory (call);
  if (!strata_cache_has_folder (call->cache))
    return;
  bytes = strata_image_encode_parts (&call->context, parts_of[call->stage] | STRATA_PART_DECISIONS);
  strata_cache_put_folder (call->cache, call->stage, call->key, bytes);
}

static void
drop_artefact (Call *call)
{
  StrataImage *context = &call->context;

  switch (call->stage)
    {
    case STRATA_STAGE_GRAPH:
      g_clear_pointer (&context->graph, strata_qgraph_free);
      break;
    case STRATA_STAGE_TILES:
      g_clear_pointer (&context->tiles, strata_tile_set_free);
      break;
    case STRATA_STAGE_PLACEMENT:
      g_clear_pointer (&context->placement, strata_placement_free);
      break;
    case STRATA_STAGE_SCHEDULE:
      g_clear_pointer (&context->schedule, strata_schedule_free);
      break;
    default:
      g_assert_not_reached ();
    }
  g_clear_pointer (&context->decisions, strata_decisions_free);
}

/* Puts the result into the context, with the decisions that went with it. */
static gboolean
find (Call *call)
{
  g_autoptr (GError) reason = NULL;
  StrataQGraph *graph = NULL;
  g_autoptr (GBytes) bytes = strata_cache_get (call->cache, call->stage, call->key, &graph);
  StrataImageParts parts = STRATA_PART_DECISIONS;

  if (bytes == NULL)
    return FALSE;
  if (graph != NULL)
    call->context.graph = graph;
  else
    parts |= parts_of[call->stage];
  if (!strata_image_decode_parts (&call->context, parts, bytes, "kept result", &reason))
    {
      drop_artefact (call);
      strata_cache_reject (call->cache, call->stage, call->key, reason->message);
      return FALSE;
    }
  if (call->stage == STRATA_STAGE_GRAPH && graph == NULL)
    keep_in_memory (call);
  return TRUE;
}

/* Starts a list for what the stage decides. */
static StrataDecisions *
listen (Call *call)
{
  return call->context.decisions = strata_decisions_new ();
}

static void
finish (Call *call, StrataDecisions *decisions)
{
  if (call->context.decisions != NULL)
    strata_decisions_append (decisions, call->context.decisions);
  g_clear_pointer (&call->context.decisions, strata_decisions_free);
}

StrataQGraph *
strata_cached_graph (StrataCache *cache,
                     const StrataGraph *source,
                     const StrataChipSpec *chip,
                     const StrataCalibration *calibration,
                     StrataGraphFunc make,
                     gpointer user_data,
                     StrataDecisions *decisions,
                     GError **error)
{
  guint64 source_key = cache != NULL ? strata_cache_source_key (cache, source) : 0;
  Call call;

  if (source_key == 0)
    return make (decisions, user_data, error);
  call_init (&call, cache, STRATA_STAGE_GRAPH, strata_key_graph (source_key, source, chip, calibration));
  if (!find (&call))
    {
      call.context.graph = make (listen (&call), user_data, error);
      /* Files that were written to meanwhile are not what the key says. */
      if (call.context.graph != NULL && strata_cache_source_rests (source))
        keep (&call);
    }
  finish (&call, decisions);
  return call.context.graph;
}

StrataTileSet *
strata_cached_map (StrataCache *cache,
                   const StrataQGraph *graph,
                   const StrataChipSpec *chip,
                   const StrataMapOptions *options,
                   GError **error)
{
  StrataMapOptions own = { .row_copies = TRUE };
  Call call;

  if (cache == NULL)
    return strata_map (graph, chip, options, error);
  if (options != NULL)
    own = *options;
  call_init (&call, cache, STRATA_STAGE_TILES, strata_key_tiles (graph, chip, options));
  call.context.graph = (StrataQGraph *) graph;
  call.context.chip = (StrataChipSpec *) chip;
  if (!find (&call))
    {
      own.decisions = listen (&call);
      call.context.tiles = strata_map (graph, chip, &own, error);
      if (call.context.tiles != NULL)
        keep (&call);
    }
  finish (&call, options != NULL ? options->decisions : NULL);
  return call.context.tiles;
}

StrataPlacement *
strata_cached_place (StrataCache *cache,
                     const StrataQGraph *graph,
                     const StrataTileSet *tiles,
                     const StrataChipSpec *chip,
                     const StrataPlaceOptions *options,
                     GError **error)
{
  StrataPlaceOptions own = { 0 };
  Call call;

  if (cache == NULL)
    return strata_place (graph, tiles, chip, options, error);
  if (options != NULL)
    own = *options;
  call_init (&call, cache, STRATA_STAGE_PLACEMENT, strata_key_placement (graph, tiles, chip, options));
  call.context.graph = (StrataQGraph *) graph;
  call.context.tiles = (StrataTileSet *) tiles;
  call.context.chip = (StrataChipSpec *) chip;
  if (!find (&call))
    {
      own.decisions = listen (&call);
      call.context.placement = strata_place (graph, tiles, chip, &own, error);
      if (call.context.placement != NULL)
        keep (&call);
    }
  finish (&call, options != NULL ? options->decisions : NULL);
  return call.context.placement;
}

StrataSchedule *
strata_cached_schedule (StrataCache *cache,
                        const StrataQGraph *graph,
                        const StrataTileSet *tiles,
                        const StrataPlacement *placement,
                        const StrataChipSpec *chip,
                        const StrataScheduleOptions *options,
                        GError **error)
{
  StrataScheduleOptions own = { 0 };
  Call call;

  if (cache == NULL)
    return strata_schedule (graph, tiles, placement, chip, options, error);
  if (options != NULL)
    own = *options;
  call_init (&call, cache, STRATA_STAGE_SCHEDULE, strata_key_schedule (graph, tiles, placement, chip, options));
  call.context.graph = (StrataQGraph *) graph;
  call.context.tiles = (StrataTileSet *) tiles;
  call.context.placement = (StrataPlacement *) placement;
  call.context.chip = (StrataChipSpec *) chip;
  if (!find (&call))
    {
      own.decisions = listen (&call);
      call.context.schedule = strata_schedule (graph, tiles, placement, chip, &own, error);
      if (call.context.schedule != NULL)
        keep (&call);
    }
  finish (&call, options != NULL ? options->decisions : NULL);
  return call.context.schedule;
}

gboolean
strata_cached_check_weights (StrataCache *cache, const StrataGraph *source, const StrataGraph *clean, GError **error)
{
  guint64 key = cache != NULL ? strata_cache_source_key (cache, source) : 0;
  g_autoptr (GBytes) passed = key != 0 ? strata_cache_get (cache, STRATA_STAGE_WEIGHTS, key, NULL) : NULL;

  if (passed != NULL)
    return TRUE;
  if (!strata_graph_check_weights (clean, error))
    return FALSE;
  if (key != 0 && strata_cache_source_rests (source))
    {
      passed = g_bytes_new_static ("1", 1);
      strata_cache_count_made (cache, STRATA_STAGE_WEIGHTS);
      strata_cache_put_memory (cache, STRATA_STAGE_WEIGHTS, key, passed, NULL);
      strata_cache_put_folder (cache, STRATA_STAGE_WEIGHTS, key, passed);
    }
  return TRUE;
}

/* --- judgements --- */

static GBytes *
encode_judgement (const StrataJudgement *judgement)
{
  GByteArray *bytes = g_byte_array_new ();

  strata_put_i64 (bytes, judgement->latency_ps);
  strata_put_i64 (bytes, judgement->interval_ps);
  strata_put_i64 (bytes, judgement->energy_fj);
  strata_put_f64 (bytes, judgement->power_mw);
  strata_put_f64 (bytes, judgement->static_mw);
  strata_put_f64 (bytes, judgement->junction_c);
  strata_put_f64 (bytes, judgement->skin_c);
  strata_put_i64 (bytes, judgement->unit_interval_ps);
  strata_put_i64 (bytes, judgement->dynamic_fj);
  strata_put_f64 (bytes, judgement->peak_mw);
  strata_put_f64 (bytes, judgement->accuracy);
  return g_byte_array_free_to_bytes (bytes);
}

static gboolean
decode_judgement (GBytes *bytes, StrataJudgement *judgement)
{
  StrataReader reader = { 0 };

  reader.data = g_bytes_get_data (bytes, &reader.n);
  judgement->latency_ps = strata_get_i64 (&reader);
  judgement->interval_ps = strata_get_i64 (&reader);
  judgement->energy_fj = strata_get_i64 (&reader);
  judgement->power_mw = strata_get_f64 (&reader);
  judgement->static_mw = strata_get_f64 (&reader);
  judgement->junction_c = strata_get_f64 (&reader);
  judgement->skin_c = strata_get_f64 (&reader);
  judgement->unit_interval_ps = strata_get_i64 (&reader);
  judgement->dynamic_fj = strata_get_i64 (&reader);
  judgement->peak_mw = strata_get_f64 (&reader);
  judgement->accuracy = strata_get_f64 (&reader);
  return !reader.failed && reader.at == reader.n;
}

gboolean
strata_cached_judge (StrataCache *cache,
                     const StrataEvaluator *evaluator,
                     const StrataImage *image,
                     StrataJudgement *judgement,
                     GError **error)
{
  gboolean keeps = cache != NULL && evaluator->is_pure;
  guint64 key = keeps ? strata_key_judgement (image) : 0;
  g_autoptr (GBytes) bytes = keeps ? strata_cache_get (cache, STRATA_STAGE_JUDGEMENT, key, NULL) : NULL;

  if (bytes != NULL)
    {
      if (decode_judgement (bytes, judgement))
        return TRUE;
      strata_cache_reject (cache, STRATA_STAGE_JUDGEMENT, key, "is no judgement");
      g_clear_pointer (&bytes, g_bytes_unref);
    }
  if (!evaluator->judge (image, judgement, evaluator->user_data, error))
    return FALSE;
  if (keeps)
    {
      bytes = encode_judgement (judgement);
      strata_cache_count_made (cache, STRATA_STAGE_JUDGEMENT);
      strata_cache_put_memory (cache, STRATA_STAGE_JUDGEMENT, key, bytes, NULL);
      strata_cache_put_folder (cache, STRATA_STAGE_JUDGEMENT, key, bytes);
    }
  return TRUE;
}
