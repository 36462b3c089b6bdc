/* SPDX-License-Identifier: Apache-2.0
 *
 * Statistics as bytes, for a cache: they depend on the model and on the samples alone, so that another chip or other
 * options of quantisation need not run the model again.
 */
#include <math.h>

#include "base/hash.h"
#include "compiler/cached.h"
#include "compiler/quantise/calibrate.h"
#include "program/bytes.h"

#if GLIB_SIZEOF_VOID_P == 8
G_STATIC_ASSERT (sizeof (StrataTensorStats) == 88); /* what is encoded */
#endif

/* A number per channel; NULL is 0 channels. */
static void
put_channels (GByteArray *bytes, const double *values, int n)
{
  strata_put_i32 (bytes, values == NULL ? 0 : n);
  for (int c = 0; values != NULL && c < n; c++)
    strata_put_f64 (bytes, values[c]);
}

static double *
read_channels (StrataReader *reader, int n_channels, StrataArena *arena)
{
  int n = strata_get_count (reader, 8);
  double *values;

  if (n != 0 && n != n_channels)
    reader->failed = TRUE;
  if (n == 0 || reader->failed)
    return NULL;
  values = strata_arena_array (arena, double, n);
  for (int c = 0; c < n; c++)
    values[c] = strata_get_f64 (reader);
  return values;
}

static GBytes *
encode (const StrataTensorStats *stats, const StrataLowered *lowered)
{
  GByteArray *bytes = g_byte_array_new ();

  strata_put_i32 (bytes, lowered->n_tensors);
  for (int t = 0; t < lowered->n_tensors; t++)
    {
      const StrataTensorStats *s = &stats[t];

      strata_put_f64 (bytes, s->min);
      strata_put_f64 (bytes, s->max);
      strata_put_f64 (bytes, s->sum_squares);
      strata_put_i64 (bytes, s->count);
      strata_put_i32 (bytes, s->is_open);
      put_channels (bytes, s->channel_sums, lowered->tensors[t].channels);
      put_channels (bytes, s->channel_squares, lowered->tensors[t].channels);
      put_channels (bytes, s->channel_min, lowered->tensors[t].channels);
      put_channels (bytes, s->channel_max, lowered->tensors[t].channels);
      put_channels (bytes, s->gains, lowered->tensors[t].channels);
      strata_put_i32 (bytes, s->histogram != NULL);
      for (int b = 0; s->histogram != NULL && b < STRATA_HISTOGRAM_BINS; b++)
        strata_put_i64 (bytes, s->histogram[b]);
    }
  return g_byte_array_free_to_bytes (bytes);
}

/* What calibration cannot come to is damage. */
static gboolean
is_sound (const StrataTensorStats *stats)
{
  return stats->count == 0
         || (stats->count > 0 && stats->channel_sums != NULL && stats->channel_squares != NULL
             && stats->channel_min != NULL && stats->channel_max != NULL
             && (stats->is_open
                 || (isfinite (stats->min) && isfinite (stats->max) && stats->min <= stats->max
                     && stats->sum_squares >= 0)));
}

static gboolean
read_tensor (StrataReader *reader, int n_channels, StrataArena *arena, StrataTensorStats *stats)
{
  stats->min = strata_get_f64 (reader);
  stats->max = strata_get_f64 (reader);
  stats->sum_squares = strata_get_f64 (reader);
  stats->count = strata_get_i64 (reader);
  stats->is_open = strata_get_i32 (reader) != 0;
  stats->channel_sums = read_channels (reader, n_channels, arena);
  stats->channel_squares = read_channels (reader, n_channels, arena);
  stats->channel_min = read_channels (reader, n_channels, arena);
  stats->channel_max = read_channels (reader, n_channels, arena);
  stats->gains = read_channels (reader, n_channels, arena);
  if (strata_get_i32 (reader) == 0)
    return !reader->failed && is_sound (stats);
  stats->histogram = strata_arena_array (arena, gint64, STRATA_HISTOGRAM_BINS);
  for (int b = 0; b < STRATA_HISTOGRAM_BINS; b++)
    {
      stats->histogram[b] = strata_get_i64 (reader);
      if (stats->histogram[b] < 0)
        return FALSE;
    }
  return !reader->failed && is_sound (stats);
}

static StrataTensorStats *
decode (GBytes *bytes, const StrataLowered *lowered, StrataArena *arena)
{
  StrataTensorStats *stats = strata_arena_array (arena, StrataTensorStats, lowered->n_tensors + 1);
  StrataReader reader = { 0 };

  reader.data = g_bytes_get_data (bytes, &reader.n);
  if (strata_get_i32 (&reader) != lowered->n_tensors)
    return NULL;
  for (int t = 0; t < lowered->n_tensors; t++)
    if (!read_tensor (&reader, lowered->tensors[t].channels, arena, &stats[t]))
      return NULL;
  return reader.at == reader.n ? stats : NULL;
}

static guint64
make_key (guint64 source, StrataArray *const *samples, gsize n, const StrataCalibration *calibration)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_string (hasher, strata_stage_name (STRATA_STAGE_STATISTICS));
  strata_hasher_int (hasher, (gint64) source);
  strata_hasher_int (hasher, (gint64) n);
  /* Equalisation goes into the histograms. */
  strata_hasher_int (hasher, calibration->samples != NULL && calibration->n_samples > 0);
  strata_hasher_int (hasher, calibration->without & STRATA_QUANTISE_EQUALISE);
  for (gsize i = 0; i < n; i++)
    {
      strata_hasher_int (hasher, samples[i]->dtype);
      strata_hasher_int (hasher, (gint64) samples[i]->n_bytes);
      strata_hasher_bytes (hasher, samples[i]->data, samples[i]->n_bytes);
    }
  return strata_hasher_digest (hasher);
}

static StrataTensorStats *
find (StrataCache *cache, guint64 key, const StrataLowered *lowered, StrataArena *arena)
{
  g_autoptr (GBytes) bytes = strata_cache_get (cache, STRATA_STAGE_STATISTICS, key, NULL);
  StrataTensorStats *stats = bytes != NULL ? decode (bytes, lowered, arena) : NULL;

  if (bytes != NULL && stats == NULL)
    strata_cache_reject (cache, STRATA_STAGE_STATISTICS, key, "holds no statistics of this model");
  return stats;
}

StrataTensorStats *
strata_calibrate_cached (const StrataGraph *graph,
                         const StrataLowered *lowered,
                         StrataArray *const *samples,
                         int n_samples,
                         const StrataCalibration *calibration,
                         StrataArena *arena,
                         GError **error)
{
  StrataCache *cache = calibration->cache;
  guint64 source = cache != NULL ? strata_cache_source_key (cache, calibration->source) : 0;
  guint64 key = source != 0 ? make_key (source, samples, (gsize) n_samples * (gsize) graph->n_inputs, calibration) : 0;
  StrataTensorStats *stats = source != 0 ? find (cache, key, lowered, arena) : NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (stats != NULL)
    return stats;
  stats = strata_calibrate (graph, lowered, samples, n_samples, calibration, arena, error);
  if (stats == NULL || source == 0 || !strata_cache_source_rests (calibration->source))
    return stats;
  bytes = encode (stats, lowered);
  strata_cache_count_made (cache, STRATA_STAGE_STATISTICS);
  strata_cache_put_memory (cache, STRATA_STAGE_STATISTICS, key, bytes, NULL);
  strata_cache_put_folder (cache, STRATA_STAGE_STATISTICS, key, bytes);
  return stats;
}
