/* SPDX-License-Identifier: Apache-2.0
 *
 * Two passes over the samples: extremes and moments, then histograms between the extremes of all samples. Few samples
 * leave their values behind in the first pass, so that the second need not run the model again. Samples run in
 * parallel, in chunks; each fills a slot of its own and the slots are added in order, so that sums of doubles do not
 * depend on threads.
 */
#include "compiler/quantise/calibrate.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "compiler/quantise/equalise.h"
#include "kernels/float-vector.h"
#include "model/exec/executor.h"

#define CHUNK 8
#define BLOCK 512
/* Values of all samples that the first pass may keep: two samples of a ResNet-50 are 0.12 GB. */
#define MAX_KEPT_BYTES ((gsize) 160 << 20)

typedef struct
{
  const StrataGraph *graph;
  StrataExecutor *executor;
  const StrataLowered *lowered;
  StrataArray *const *samples;
  GCancellable *cancellable;
  const int *tensor_of;            /* per value: its first tensor, -1: not watched */
  const int *next;                 /* per tensor: the next one of its value, -1: none */
  const gboolean *may_be_open;     /* per tensor: digital ops alone read and write it */
  const StrataTensorStats *merged; /* second pass: extremes of all samples */
  StrataTensorStats *slots;        /* CHUNK * n_tensors */
  guint32 *bins;                   /* second pass: CHUNK * n_tensors * bins */
  float *kept;                     /* per sample and tensor: its values; NULL: none are kept */
  gsize *kept_at;                  /* per tensor: its place among a sample's n_kept; G_MAXSIZE: has no histogram */
  gsize n_kept;
  int first;
} Pass;

static void
take_moments (StrataTensorStats *stats, const float *x, gint64 count, int n_channels)
{
  gint64 plane = count / n_channels;

  stats->min = INFINITY;
  stats->max = -INFINITY;
  stats->sum_squares = 0;
  for (int c = 0; c < n_channels; c++)
    {
      float least, most;

      strata_float_extent (x + c * plane, plane, &least, &most);
      stats->channel_sums[c] = strata_float_sum (x + c * plane, plane);
      stats->channel_squares[c] = strata_float_sum_squares (x + c * plane, plane);
      stats->channel_min[c] = (double) least;
      stats->channel_max[c] = (double) most;
      stats->sum_squares += stats->channel_squares[c];
      stats->min = MIN (stats->min, stats->channel_min[c]);
      stats->max = MAX (stats->max, stats->channel_max[c]);
    }
  stats->count = count;
}

static gsize
channel_of (const StrataLoweredTensor *tensor, gsize i)
{
  gsize channels = (gsize) tensor->channels, plane = (gsize) tensor->height * (gsize) tensor->width;

  return tensor->tokens && tensor->order == NULL ? i % channels : strata_lowered_place (tensor, i) / plane;
}

/* Of a tensor whose channels lie in its value in another way than planes do */
static void
take_channels (StrataTensorStats *stats, const float *x, const StrataLoweredTensor *tensor)
{
  gsize channels = (gsize) tensor->channels, plane = (gsize) tensor->height * (gsize) tensor->width;

  memset (stats->channel_sums, 0, sizeof (double) * channels);
  memset (stats->channel_squares, 0, sizeof (double) * channels);
  for (gsize c = 0; c < channels; c++)
    {
      stats->channel_min[c] = INFINITY;
      stats->channel_max[c] = -INFINITY;
    }
  for (gsize i = 0; i < channels * plane; i++)
    {
      gsize c = channel_of (tensor, i);
      double value = (double) x[i];

      stats->channel_sums[c] += value;
      stats->channel_squares[c] += value * value;
      stats->channel_min[c] = MIN (stats->channel_min[c], value);
      stats->channel_max[c] = MAX (stats->channel_max[c], value);
    }
}

static void
count_bins (guint32 *bins, const StrataTensorStats *range, double gain, const float *x, gint64 count)
{
  double span = range->max - range->min;
  double per_unit = span > 0 ? STRATA_HISTOGRAM_BINS / span : 0;
  gint32 places[BLOCK];

  for (gint64 at = 0; at < count; at += BLOCK)
    {
      gint64 n = MIN (BLOCK, count - at);

      strata_float_bins (x + at, n, gain, range->min, per_unit, STRATA_HISTOGRAM_BINS, places);
      for (gint64 i = 0; i < n; i++)
        bins[places[i]]++;
    }
}

static void
take_histogram (
  guint32 *bins, const StrataTensorStats *range, const float *x, gint64 count, const StrataLoweredTensor *tensor)
{
  gint64 plane = count / tensor->channels;

  if (range->gains == NULL)
    count_bins (bins, range, 1, x, count);
  else if (tensor->tokens || tensor->order != NULL)
    for (gint64 i = 0; i < count; i++)
      count_bins (bins, range, range->gains[channel_of (tensor, (gsize) i)], x + i, 1);
  else
    for (int c = 0; c < tensor->channels; c++)
      count_bins (bins, range, range->gains[c], x + c * plane, plane);
}

typedef struct
{
  const Pass *pass;
  int slot;
  int overflown; /* first value that is not finite throughout, -1: none */
} Watch;

/* Other tensors of the value share its statistics, but may have other channels. */
static void
take_others (const Watch *watch, int tensor, const float *x)
{
  const Pass *pass = watch->pass;

  while ((tensor = pass->next[tensor]) >= 0)
    {
      const StrataLoweredTensor *t = &pass->lowered->tensors[tensor];
      StrataTensorStats *stats = &pass->slots[(gsize) watch->slot * (gsize) pass->lowered->n_tensors + (gsize) tensor];

      take_channels (stats, x, t);
      stats->count = (gint64) t->channels * t->height * t->width;
    }
}

static void
watch_cb (const StrataGraph *graph, int value, const StrataArray *array, gpointer user_data)
{
  Watch *watch = user_data;
  const Pass *pass = watch->pass;
  int tensor = pass->tensor_of[value];
  gsize place = (gsize) watch->slot * (gsize) pass->lowered->n_tensors + (gsize) MAX (tensor, 0);
  const StrataLoweredTensor *t = tensor >= 0 ? &pass->lowered->tensors[tensor] : NULL;

  if (t == NULL || array->dtype != STRATA_DTYPE_F32
      || strata_array_count (array) != (gint64) t->channels * t->height * t->width)
    return;
  if (pass->bins == NULL)
    {
      take_moments (&pass->slots[place], array->data, strata_array_count (array), t->channels);
      if (t->tokens || t->order != NULL)
        take_channels (&pass->slots[place], array->data, t);
      pass->slots[place].is_open = !isfinite (pass->slots[place].sum_squares);
      if (pass->slots[place].is_open && !pass->may_be_open[tensor] && watch->overflown < 0)
        watch->overflown = value;
      take_others (watch, tensor, array->data);
      if (pass->kept != NULL && pass->kept_at[tensor] != G_MAXSIZE)
        memcpy (pass->kept + (gsize) watch->slot * pass->n_kept + pass->kept_at[tensor], array->data, array->n_bytes);
    }
  else if (pass->kept_at[tensor] != G_MAXSIZE && !pass->merged[tensor].is_open)
    take_histogram (pass->bins + place * STRATA_HISTOGRAM_BINS, &pass->merged[tensor], array->data,
                    strata_array_count (array), t);
}

static gboolean
run_cb (guint index, gpointer user_data, GError **error)
{
  const Pass *pass = user_data;
  const StrataGraph *graph = pass->graph;
  StrataArray *const *inputs = pass->samples + (gsize) (pass->first + (int) index) * (gsize) graph->n_inputs;
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);
  Watch watch = { pass, (int) index, -1 };

  for (int i = 0; i < graph->n_inputs; i++)
    watch_cb (graph, graph->inputs[i], inputs[i], &watch);
  if (!strata_executor_run (pass->executor, (const StrataArray *const *) inputs, outputs, watch_cb, &watch,
                            pass->cancellable, error))
    return FALSE;
  for (int i = 0; i < graph->n_outputs; i++)
    strata_array_free (outputs[i]);
  if (watch.overflown < 0)
    return TRUE;
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT,
               "calibration sample %d: %s is not finite; give samples scaled as the model was trained on",
               pass->first + (int) index, graph->values[watch.overflown].name);
  return FALSE;
}

/* The second pass over one sample whose values were kept */
static gboolean
count_kept_cb (guint index, gpointer user_data, GError **error)
{
  const Pass *pass = user_data;

  for (int t = 0; t < pass->lowered->n_tensors; t++)
    {
      gsize place = (gsize) index * (gsize) pass->lowered->n_tensors + (gsize) t;

      if (pass->kept_at[t] != G_MAXSIZE && pass->slots[place].count > 0 && !pass->merged[t].is_open)
        take_histogram (pass->bins + place * STRATA_HISTOGRAM_BINS, &pass->merged[t],
                        pass->kept + (gsize) index * pass->n_kept + pass->kept_at[t], pass->slots[place].count,
                        &pass->lowered->tensors[t]);
    }
  return TRUE;
}

static void
merge_moments (StrataTensorStats *into, const StrataTensorStats *from, int n_channels)
{
  if (from->count == 0)
    return;
  into->min = MIN (into->min, from->min);
  into->max = MAX (into->max, from->max);
  into->sum_squares += from->sum_squares;
  into->is_open = into->is_open || from->is_open;
  into->count += from->count;
  for (int c = 0; c < n_channels; c++)
    {
      into->channel_sums[c] += from->channel_sums[c];
      into->channel_squares[c] += from->channel_squares[c];
      into->channel_min[c] = MIN (into->channel_min[c], from->channel_min[c]);
      into->channel_max[c] = MAX (into->channel_max[c], from->channel_max[c]);
    }
}

static StrataTensorStats *
new_stats (const StrataLowered *lowered, gsize n_slots, StrataArena *arena)
{
  gsize n = n_slots * (gsize) lowered->n_tensors;
  StrataTensorStats *stats = strata_arena_array (arena, StrataTensorStats, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      int n_channels = lowered->tensors[i % (gsize) lowered->n_tensors].channels;

      stats[i].min = INFINITY;
      stats[i].max = -INFINITY;
      stats[i].channel_sums = strata_arena_array (arena, double, n_channels);
      stats[i].channel_squares = strata_arena_array (arena, double, n_channels);
      stats[i].channel_min = strata_arena_array (arena, double, n_channels);
      stats[i].channel_max = strata_arena_array (arena, double, n_channels);
      for (int c = 0; c < n_channels; c++)
        {
          stats[i].channel_min[c] = INFINITY;
          stats[i].channel_max[c] = -INFINITY;
        }
    }
  return stats;
}

static gboolean
first_pass (Pass *pass, int n_samples, guint n_threads, StrataTensorStats *merged, GError **error)
{
  int n_tensors = pass->lowered->n_tensors;

  for (pass->first = 0; pass->first < n_samples; pass->first += CHUNK)
    {
      int n = MIN (CHUNK, n_samples - pass->first);

      for (int i = 0; i < CHUNK * n_tensors; i++)
        pass->slots[i].count = 0;
      if (!strata_parallel_for ((guint) n, n_threads, run_cb, pass, pass->cancellable, error))
        return FALSE;
      for (int i = 0; i < n; i++)
        for (int t = 0; t < n_tensors; t++)
          merge_moments (&merged[t], &pass->slots[i * n_tensors + t], pass->lowered->tensors[t].channels);
    }
  return TRUE;
}

static gboolean
second_pass (Pass *pass, int n_samples, guint n_threads, StrataTensorStats *merged, StrataArena *arena, GError **error)
{
  int n_tensors = pass->lowered->n_tensors;
  gsize n_bins = (gsize) n_tensors * STRATA_HISTOGRAM_BINS;
  g_autofree guint32 *bins = g_new (guint32, (gsize) MIN (CHUNK, n_samples) * n_bins + 1);

  pass->bins = bins;
  pass->merged = merged;
  for (int t = 0; t < n_tensors; t++)
    merged[t].histogram = strata_arena_array (arena, gint64, STRATA_HISTOGRAM_BINS);
  for (pass->first = 0; pass->first < n_samples; pass->first += CHUNK)
    {
      int n = MIN (CHUNK, n_samples - pass->first);

      memset (bins, 0, sizeof *bins * (gsize) n * n_bins);
      if (!strata_parallel_for ((guint) n, n_threads, pass->kept != NULL ? count_kept_cb : run_cb, pass,
                                pass->cancellable, error))
        return FALSE;
      for (int i = 0; i < n; i++)
        for (gsize b = 0; b < n_bins; b++)
          merged[b / STRATA_HISTOGRAM_BINS].histogram[b % STRATA_HISTOGRAM_BINS] += bins[(gsize) i * n_bins + b];
    }
  return TRUE;
}

/* Two tensors may hold one value (codes and their reals); the first is watched, the others share its statistics. */
static int *
watch_values (const StrataGraph *graph, const StrataLowered *lowered, int *next)
{
  int *tensor_of = g_new (int, graph->n_values + 1);

  for (int i = 0; i < graph->n_values; i++)
    tensor_of[i] = -1;
  for (int t = lowered->n_tensors - 1; t >= 0; t--)
    {
      next[t] = tensor_of[lowered->tensors[t].value];
      tensor_of[lowered->tensors[t].value] = t;
    }
  return tensor_of;
}

static gboolean
takes_open (StrataQOpKind kind)
{
  return kind == STRATA_QOP_DIGITAL || kind == STRATA_QOP_SOFTMAX;
}

/* Tensors that hold infinities where ONNX does, such as masks: nothing turns them into codes. */
static gboolean *
find_open (const StrataLowered *lowered)
{
  gboolean *may_be_open = g_new (gboolean, lowered->n_tensors + 1);

  for (int t = 0; t < lowered->n_tensors; t++)
    {
      int producer = lowered->tensors[t].producer;

      may_be_open[t] =
        !lowered->tensors[t].quantised && (producer < 0 || lowered->ops[producer].kind == STRATA_QOP_DIGITAL);
    }
  for (int i = 0; i < lowered->n_ops; i++)
    for (int j = 0; j < lowered->ops[i].n_inputs && !takes_open (lowered->ops[i].kind); j++)
      may_be_open[lowered->ops[i].inputs[j]] = FALSE;
  return may_be_open;
}

/* Values whose distribution may matter: not those that sums alone read, which are int16 between the extremes. */
static gboolean *
find_counted (const Pass *pass)
{
  const StrataLowered *lowered = pass->lowered;
  g_autofree int *n_readers = g_new0 (int, lowered->n_tensors + 1), *n_sums = g_new0 (int, lowered->n_tensors + 1);
  gboolean *counted = g_new0 (gboolean, lowered->n_tensors + 1);

  for (int i = 0; i < lowered->n_ops; i++)
    for (int j = 0; j < lowered->ops[i].n_inputs; j++)
      {
        n_readers[lowered->ops[i].inputs[j]]++;
        n_sums[lowered->ops[i].inputs[j]] += lowered->ops[i].kind == STRATA_QOP_ADD;
      }
  for (int i = 0; i < lowered->n_outputs; i++)
    n_readers[lowered->outputs[i]]++;
  for (int t = 0; t < lowered->n_tensors; t++)
    {
      int first = pass->tensor_of[lowered->tensors[t].value];

      if (!lowered->tensors[t].quantised && (n_sums[t] == 0 || n_readers[t] > n_sums[t]))
        counted[first] = !lowered->tensors[first].quantised;
    }
  return counted;
}

/* Values in the file's own scale that products read: how often their digits change shows in their distribution alone.
 * Not where another tensor of the value has no scale, which would be chosen by it. */
static void
add_driven (const Pass *pass, gboolean *counted)
{
  const StrataLowered *lowered = pass->lowered;

  for (int i = 0; i < lowered->n_ops; i++)
    {
      int first = pass->tensor_of[lowered->tensors[lowered->ops[i].inputs[0]].value];
      gboolean scaled = strata_qop_is_product (lowered->ops[i].kind);

      for (int t = first; t >= 0 && scaled; t = pass->next[t])
        scaled = lowered->tensors[t].quantised;
      counted[first] |= scaled;
    }
}

/* Makes room for the values of all samples, where they are few; only what is written of it takes memory. */
static void
plan_kept (Pass *pass, int n_samples, gboolean synthetic, StrataArena *arena)
{
  const StrataLowered *lowered = pass->lowered;
  g_autofree gboolean *counted = find_counted (pass);

  if (!synthetic)
    add_driven (pass, counted);
  pass->kept_at = strata_arena_array (arena, gsize, lowered->n_tensors + 1);
  for (int t = 0; t < lowered->n_tensors; t++)
    {
      const StrataLoweredTensor *tensor = &lowered->tensors[t];

      pass->kept_at[t] = counted[t] ? pass->n_kept : G_MAXSIZE;
      pass->n_kept += counted[t] ? (gsize) tensor->channels * (gsize) tensor->height * (gsize) tensor->width : 0;
    }
  if (n_samples <= CHUNK && pass->n_kept > 0 && pass->n_kept <= MAX_KEPT_BYTES / sizeof *pass->kept / (gsize) n_samples)
    pass->kept = g_malloc (sizeof *pass->kept * pass->n_kept * (gsize) n_samples);
}

StrataTensorStats *
strata_calibrate (const StrataGraph *graph,
                  const StrataLowered *lowered,
                  StrataArray *const *samples,
                  int n_samples,
                  const StrataCalibration *calibration,
                  StrataArena *arena,
                  GError **error)
{
  g_autoptr (StrataArena) scratch = strata_arena_new ();
  g_autofree int *next = g_new (int, lowered->n_tensors + 1), *tensor_of = watch_values (graph, lowered, next);
  g_autofree gboolean *may_be_open = find_open (lowered);
  StrataTensorStats *merged = new_stats (lowered, 1, arena);
  g_autoptr (StrataExecutor) executor =
    strata_executor_new (graph, STRATA_EXECUTOR_EVERY_VALUE, calibration->cancellable, error);
  Pass pass = { .graph = graph,
                .executor = executor,
                .lowered = lowered,
                .samples = samples,
                .cancellable = calibration->cancellable,
                .tensor_of = tensor_of,
                .next = next,
                .may_be_open = may_be_open };
  g_autofree float *kept = NULL;
  gboolean synthetic = calibration->samples == NULL || calibration->n_samples < 1, all_scaled = TRUE;

  if (executor == NULL)
    return NULL;
  pass.slots = new_stats (lowered, CHUNK, scratch);
  plan_kept (&pass, n_samples, synthetic, scratch);
  kept = pass.kept;
  if (!first_pass (&pass, n_samples, calibration->n_threads, merged, error))
    return NULL;
  for (int t = 0; t < lowered->n_tensors; t++)
    {
      if (merged[t].count > 0 && tensor_of[lowered->tensors[t].value] == t && !may_be_open[t]
          && !(isfinite (merged[t].min) && isfinite (merged[t].max)))
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT,
                       "%s: value %s is not finite on the calibration samples; check the samples' scale", lowered->path,
                       lowered->tensors[t].name);
          return NULL;
        }
      all_scaled = all_scaled && pass.kept_at[t] == G_MAXSIZE
                   && (lowered->tensors[t].quantised || lowered->tensors[t].producer < 0);
    }
  /* Synthetic samples say nothing about channels. */
  if (lowered->n_quantised == 0 && !synthetic && (calibration->without & STRATA_QUANTISE_EQUALISE) == 0)
    strata_equalise_choose (lowered, merged, arena);
  if (!all_scaled && !second_pass (&pass, n_samples, calibration->n_threads, merged, arena, error))
    return NULL;
  for (int t = 0; t < lowered->n_tensors; t++)
    {
      double *channel_sums = merged[t].channel_sums;

      merged[t] = merged[tensor_of[lowered->tensors[t].value]];
      merged[t].channel_sums = channel_sums;
    }
  return merged;
}
