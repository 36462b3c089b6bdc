/* SPDX-License-Identifier: Apache-2.0
 *
 * Cross-layer equalisation (Nagel et al. 2019) with ranges of activations in place of those of weights (as Xiao et al.
 * 2023 move scales into the layer before): output channel c of a product is multiplied by g[c], input channel c of its
 * only reader divided by it. Exact where nothing but a ReLU and pooling stand between. Channels that an upper clamp (a
 * ReLU6) cut off on the samples share one gain, and the clamp takes it too; the others stay below the clamp. A
 * depthwise reader has a scale per channel anyway, so its input may fill the range in every channel; a crossbar's noise
 * grows with the input's range times the largest weight of each row, and the gains of least product are taken from a
 * small family.
 */
#include "compiler/quantise/equalise.h"

#include <math.h>
#include <string.h>

/* No channel is amplified by more than this over another: beyond, rounding of the smaller is not what hurts. */
#define MOST_GAIN 64.0
/* Noise power that a choice has to save to be worth it */
#define LEAST_SAVING 0.05
/* A channel whose largest value is this share of an upper clamp was cut off by it. */
#define TOUCHES 0.999

typedef struct
{
  const StrataLowered *lowered;
  const StrataTensorStats *stats;
  const int *n_readers; /* per tensor; tensors of a value that several share count more */
} Search;

int *
strata_equalise_count_readers (const StrataLowered *lowered, StrataArena *arena)
{
  int *n_readers = strata_arena_array (arena, int, lowered->n_tensors + 1);

  for (int i = 0; i < lowered->n_ops; i++)
    for (int j = 0; j < lowered->ops[i].n_inputs; j++)
      n_readers[lowered->ops[i].inputs[j]]++;
  for (int i = 0; i < lowered->n_outputs; i++)
    n_readers[lowered->outputs[i]]++;
  for (int t = 1; t < lowered->n_tensors; t++)
    for (int other = 0; other < t; other++)
      if (lowered->tensors[other].value == lowered->tensors[t].value)
        {
          n_readers[t]++;
          n_readers[other]++;
        }
  return n_readers;
}

static gboolean
is_product (const StrataLoweredOp *op)
{
  return strata_qop_is_product (op->kind) && op->weights != NULL;
}

static gboolean
is_pool (const StrataLoweredOp *op)
{
  return op->kind == STRATA_QOP_MAX_POOL || op->kind == STRATA_QOP_AVG_POOL;
}

static gboolean
scales (const StrataLoweredOp *op)
{
  return (op->clamp_lo == 0 || op->clamp_lo == -INFINITY) && op->clamp_hi == INFINITY;
}

/* Whether gains can be moved past what the op does to its output, an upper clamp included */
static gboolean
may_scale (const StrataLoweredOp *op)
{
  return scales (op) || (op->clamp_lo == 0 && op->clamp_hi > 0);
}

/* What gains make of an upper clamp at @hi: the gain of the channels that it cuts off, or the least factor that leaves
 * every value of @peaks, the channels' largest times their gains. 1: there is no clamp. */
static double
clamp_gain (const double *gains, const double *peaks, int n, double hi)
{
  double touching = 0, most = 0;

  if (hi == INFINITY)
    return 1;
  for (int c = 0; c < n; c++)
    {
      most = MAX (most, peaks[c] / hi);
      if (peaks[c] >= TOUCHES * hi * gains[c])
        touching = MAX (touching, gains[c]);
    }
  return touching > 0 ? touching : most > 0 ? most : 1;
}

/* Gains that the clamp allows: one for all channels that it cuts off, and no other value beyond it */
static void
hold_clamp (double *gains, const double *range, int n, double hi)
{
  double common = 0;

  if (hi == INFINITY)
    return;
  for (int c = 0; c < n; c++)
    if (range[c] >= TOUCHES * hi)
      common = MAX (common, gains[c]);
  for (int c = 0; c < n && common > 0; c++)
    gains[c] = range[c] >= TOUCHES * hi ? common : MIN (gains[c], common * hi / MAX (range[c], 1e-30));
}

/* The product that alone reads what @op makes, through pools; -1: none that gains could be moved to */
static int
find_reader (const Search *search, int op)
{
  const StrataLowered *lowered = search->lowered;
  int tensor = lowered->ops[op].output;

  for (int i = op + 1; i < lowered->n_ops; i++)
    {
      const StrataLoweredOp *reader = &lowered->ops[i];

      if (search->n_readers[tensor] != 1 || search->stats[tensor].count == 0 || lowered->tensors[tensor].tokens
          || lowered->tensors[tensor].order != NULL)
        return -1;
      if (reader->inputs[0] != tensor)
        continue;
      if (is_product (reader))
        return reader->window.groups == 1 || reader->window.groups == lowered->tensors[tensor].channels ? i : -1;
      if (!is_pool (reader) || !scales (reader))
        return -1;
      tensor = reader->output;
    }
  return -1;
}

static double
channel_range (const StrataTensorStats *stats, int channel)
{
  return MAX (fabs (stats->channel_min[channel]), fabs (stats->channel_max[channel]));
}

/* Every channel to the range of the largest */
static void
fill_ranges (const double *range, int n, double *gains)
{
  double most = 0;

  for (int c = 0; c < n; c++)
    most = MAX (most, range[c]);
  for (int c = 0; c < n; c++)
    gains[c] = range[c] > 0 ? MIN (most / range[c], MOST_GAIN) : 1;
}

/* Largest weights of the reader per output and input channel, over the row's largest: n x channels */
static double *
weight_shares (const StrataLoweredOp *op, int channels)
{
  const int kernel = op->k / channels;
  double *shares = g_new0 (double, (gsize) op->n *(gsize) channels);

  for (int n = 0; n < op->n; n++)
    {
      const float *row = op->weights + (gsize) n * (gsize) op->k;
      double *share = shares + (gsize) n * (gsize) channels, peak = 0;

      for (int k = 0; k < op->k; k++)
        share[k / kernel] = MAX (share[k / kernel], fabs ((double) row[k]));
      for (int c = 0; c < channels; c++)
        peak = MAX (peak, share[c]);
      for (int c = 0; c < channels && peak > 0; c++)
        share[c] /= peak;
    }
  return shares;
}

/* Noise power of the reader's sums with @gains, relative to that with none */
static double
noise_ratio (const double *range, const double *shares, int n, int channels, const double *gains)
{
  double before = 0, after = 0, rows = 0;

  for (int c = 0; c < channels; c++)
    {
      before = MAX (before, range[c]);
      after = MAX (after, range[c] * gains[c]);
    }
  for (int j = 0; j < n; j++)
    {
      double peak = 0;

      for (int c = 0; c < channels; c++)
        peak = MAX (peak, shares[(gsize) j * (gsize) channels + (gsize) c] / gains[c]);
      rows += peak * peak / n;
    }
  return before > 0 ? rows * after * after / before / before : 1;
}

/* g[c] = weight^a / range^b, for the a and b of least noise. FALSE: none is worth it. */
static gboolean
balance (const double *range, const StrataLoweredOp *reader, int channels, double hi, double *gains)
{
  static const double powers[][2] = { { 0.25, 0.25 }, { 0.5, 0.5 },  { 0, 0.25 },
                                      { 0, 0.5 },     { 0.25, 0.5 }, { 0.5, 0.75 } };
  g_autofree double *shares = weight_shares (reader, channels), *tried = g_new (double, channels);
  double best = 1 - LEAST_SAVING;
  gboolean found = FALSE;

  for (guint p = 0; p < G_N_ELEMENTS (powers); p++)
    {
      double ratio, most = 0;

      for (int c = 0; c < channels; c++)
        {
          double square = 0;

          for (int j = 0; j < reader->n; j++)
            square +=
              shares[(gsize) j * (gsize) channels + (gsize) c] * shares[(gsize) j * (gsize) channels + (gsize) c];
          tried[c] =
            range[c] > 0 && square > 0 ? pow (square / reader->n, powers[p][0] / 2) / pow (range[c], powers[p][1]) : 0;
          most = MAX (most, tried[c]);
        }
      /* A channel that holds nothing, or that nobody reads, goes with the largest. */
      for (int c = 0; c < channels; c++)
        tried[c] = most > 0 ? (tried[c] > 0 ? MAX (tried[c] / most, 1 / MOST_GAIN) : 1) : 1;
      hold_clamp (tried, range, channels, hi);
      ratio = noise_ratio (range, shares, reader->n, channels, tried);
      if (ratio >= best)
        continue;
      best = ratio;
      found = TRUE;
      memcpy (gains, tried, sizeof *gains * (gsize) channels);
    }
  return found;
}

void
strata_equalise_scale (StrataTensorStats *stats, int channels, const double *gains)
{
  stats->gains = gains;
  stats->min = INFINITY;
  stats->max = -INFINITY;
  stats->sum_squares = 0;
  for (int c = 0; c < channels; c++)
    {
      stats->channel_sums[c] *= gains[c];
      stats->channel_squares[c] *= gains[c] * gains[c];
      stats->channel_min[c] *= gains[c];
      stats->channel_max[c] *= gains[c];
      stats->min = MIN (stats->min, stats->channel_min[c]);
      stats->max = MAX (stats->max, stats->channel_max[c]);
      stats->sum_squares += stats->channel_squares[c];
    }
}

/* The output of @op, and what pools make of it before @reader reads it */
static void
scale_chain (const StrataLowered *lowered, StrataTensorStats *stats, int op, int reader, const double *gains)
{
  int tensor = lowered->ops[op].output;

  strata_equalise_scale (&stats[tensor], lowered->tensors[tensor].channels, gains);
  for (int i = op + 1; i < reader; i++)
    if (lowered->ops[i].inputs[0] == tensor)
      {
        tensor = lowered->ops[i].output;
        strata_equalise_scale (&stats[tensor], lowered->tensors[tensor].channels, gains);
      }
}

void
strata_equalise_choose (const StrataLowered *lowered, StrataTensorStats *stats, StrataArena *arena)
{
  Search search = { lowered, stats, strata_equalise_count_readers (lowered, arena) };

  for (int i = 0; i < lowered->n_ops; i++)
    {
      const StrataLoweredOp *op = &lowered->ops[i];
      int reader = is_product (op) && may_scale (op) ? find_reader (&search, i) : -1, tensor = op->output;
      int channels = lowered->tensors[tensor].channels;
      double *gains;
      g_autofree double *range = NULL;

      if (reader < 0 || op->n != channels)
        continue;
      gains = strata_arena_array (arena, double, channels);
      range = g_new (double, channels);
      for (int c = 0; c < channels; c++)
        range[c] = channel_range (&stats[tensor], c);
      if (lowered->ops[reader].kind == STRATA_QOP_MAC)
        fill_ranges (range, channels, gains);
      if (lowered->ops[reader].kind == STRATA_QOP_MVM
          && (lowered->ops[reader].window.groups != 1
              || !balance (range, &lowered->ops[reader], channels, op->clamp_hi, gains)))
        continue;
      scale_chain (lowered, stats, i, reader, gains);
    }
  strata_rescale_choose (lowered, stats, arena);
}

static void
scale_outputs (StrataLoweredOp *op, const double *gains, StrataArena *arena)
{
  op->scale = strata_arena_memdup (arena, op->scale, sizeof *op->scale * (gsize) op->n);
  op->bias = op->bias == NULL ? NULL : strata_arena_memdup (arena, op->bias, sizeof *op->bias * (gsize) op->n);
  for (int n = 0; n < op->n; n++)
    {
      op->scale[n] *= gains[n];
      if (op->bias != NULL)
        op->bias[n] *= gains[n];
    }
}

static void
scale_inputs (StrataLoweredOp *op, const double *gains, int channels, StrataArena *arena)
{
  const int per_group = op->n / op->window.groups, in_group = channels / op->window.groups, kernel = op->k / in_group;
  float *weights = strata_arena_memdup (arena, op->weights, sizeof *weights * (gsize) op->n * (gsize) op->k);

  for (int n = 0; n < op->n; n++)
    for (int k = 0; k < op->k; k++)
      {
        float *w = &weights[(gsize) n * (gsize) op->k + (gsize) k];

        *w = (float) ((double) *w / gains[n / per_group * in_group + k / kernel]);
      }
  op->weights = weights;
}

const StrataLowered *
strata_equalise_apply (
  const StrataLowered *lowered, const StrataTensorStats *stats, StrataArena *arena, GPtrArray *models, GError **error)
{
  StrataLowered *result;
  gboolean any = FALSE;

  for (int t = 0; t < lowered->n_tensors; t++)
    any = any || stats[t].gains != NULL;
  if (!any)
    return lowered;
  result = strata_arena_memdup (arena, lowered, sizeof *lowered);
  result->ops = strata_arena_memdup (arena, lowered->ops, sizeof *lowered->ops * (gsize) lowered->n_ops);
  for (int i = 0; i < lowered->n_ops; i++)
    {
      StrataLoweredOp *op = &result->ops[i];

      if (op->kind == STRATA_QOP_DIGITAL && stats[op->output].gains != NULL)
        {
          op->digital = strata_rescale_model (op, &lowered->tensors[op->output], stats[op->output].gains, error);
          if (op->digital == NULL)
            return NULL;
          g_ptr_array_add (models, op->digital);
        }
      if (!is_product (op))
        continue;
      if (stats[op->inputs[0]].gains != NULL)
        scale_inputs (op, stats[op->inputs[0]].gains, lowered->tensors[op->inputs[0]].channels, arena);
      if (stats[op->output].gains != NULL)
        {
          op->clamp_hi *= clamp_gain (stats[op->output].gains, stats[op->output].channel_max,
                                      lowered->tensors[op->output].channels, op->clamp_hi);
          scale_outputs (op, stats[op->output].gains, arena);
        }
    }
  return result;
}
