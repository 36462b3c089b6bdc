/* SPDX-License-Identifier: Apache-2.0
 *
 * Gains per channel between a digital op (a norm, an activation, attention) and the products that alone read what it
 * makes, as SmoothQuant moves the difficulty of outlier channels into weights (Xiao et al. 2023): the digital op
 * multiplies channel c by g[c], every product divides its weights there. The gains are those of a small family that
 * leave least noise in the products' sums, for rounding and for the physics of an array alike: both go with the range
 * of the inputs times weights.
 */
#include <math.h>
#include <string.h>

#include "compiler/quantise/equalise.h"
#include "model/onnx/write.h"

#define MOST_GAIN 1024.0
/* Power that a choice has to save to be worth an operation per element */
#define LEAST_SAVING 0.3

typedef struct
{
  const StrataLowered *lowered;
  const StrataTensorStats *stats;
  int channels;
  GArray *readers; /* int: ops */
  double *range;   /* per channel: the largest magnitude */
  double *rms;     /* per channel: root mean square */
  double *shares;  /* rows of all readers x channels: the largest weight, over the row's largest */
  double *powers;  /* the same: the mean square */
  int n_rows;
} Site;

static gboolean
is_reader (const StrataLoweredOp *op)
{
  return op->kind == STRATA_QOP_MVM && op->weights != NULL && op->integers == NULL && op->window.groups == 1;
}

/* The products that read @tensor; FALSE: others do too */
static gboolean
find_readers (const StrataLowered *lowered, const int *n_readers, int tensor, GArray *readers)
{
  for (int i = 0; i < lowered->n_ops; i++)
    for (int j = 0; j < lowered->ops[i].n_inputs; j++)
      if (lowered->ops[i].inputs[j] == tensor)
        {
          if (!is_reader (&lowered->ops[i]))
            return FALSE;
          g_array_append_val (readers, i);
        }
  return readers->len > 0 && (int) readers->len == n_readers[tensor];
}

static void
add_rows (Site *site, const StrataLoweredOp *op)
{
  const int kernel = op->k / site->channels;

  for (int n = 0; n < op->n; n++, site->n_rows++)
    {
      const float *row = op->weights + (gsize) n * (gsize) op->k;
      double *share = site->shares + (gsize) site->n_rows * (gsize) site->channels, peak = 0;
      double *power = site->powers + (gsize) site->n_rows * (gsize) site->channels;

      for (int k = 0; k < op->k; k++)
        {
          double w = fabs ((double) row[k]);

          share[k / kernel] = MAX (share[k / kernel], w);
          power[k / kernel] += w * w;
        }
      for (int c = 0; c < site->channels; c++)
        peak = MAX (peak, share[c]);
      for (int c = 0; c < site->channels && peak > 0; c++)
        {
          share[c] /= peak;
          power[c] /= peak * peak;
        }
    }
}

static void
site_init (Site *site, int tensor)
{
  const StrataTensorStats *stats = &site->stats[tensor];
  gsize n_rows = 0;

  site->channels = site->lowered->tensors[tensor].channels;
  for (guint i = 0; i < site->readers->len; i++)
    n_rows += (gsize) site->lowered->ops[g_array_index (site->readers, int, i)].n;
  site->range = g_new0 (double, site->channels);
  site->rms = g_new0 (double, site->channels);
  site->shares = g_new0 (double, n_rows *(gsize) site->channels);
  site->powers = g_new0 (double, n_rows *(gsize) site->channels);
  for (int c = 0; c < site->channels; c++)
    {
      site->range[c] = MAX (fabs (stats->channel_min[c]), fabs (stats->channel_max[c]));
      site->rms[c] = sqrt (stats->channel_squares[c] * site->channels / (double) stats->count);
    }
  for (guint i = 0; i < site->readers->len; i++)
    add_rows (site, &site->lowered->ops[g_array_index (site->readers, int, i)]);
}

static void
site_clear (Site *site)
{
  g_free (site->range);
  g_free (site->rms);
  g_free (site->shares);
  g_free (site->powers);
}

/* Power of rounding in the sums, over rows relative to their largest weights: of inputs it goes with their range
 * through the weights, of weights with the largest of them under the inputs. @gains NULL: 1 */
static double
noise_of (const Site *site, const double *gains)
{
  double most = 0, square = 0, sum = 0;

  for (int c = 0; c < site->channels; c++)
    {
      double g = gains != NULL ? gains[c] : 1;

      most = MAX (most, site->range[c] * g);
      square += site->rms[c] * g * site->rms[c] * g;
    }
  for (int n = 0; n < site->n_rows; n++)
    {
      const double *share = site->shares + (gsize) n * (gsize) site->channels;
      const double *power = site->powers + (gsize) n * (gsize) site->channels;
      double peak = 0, weight = 0;

      for (int c = 0; c < site->channels; c++)
        {
          double g = gains != NULL ? gains[c] : 1;

          peak = MAX (peak, share[c] / g);
          weight += power[c] / g / g;
        }
      sum += weight * most * most + peak * peak * square;
    }
  return sum;
}

/* The magnitude of a column of the weights, as rows see it */
static double
column_weight (const Site *site, int channel)
{
  double square = 0;

  for (int n = 0; n < site->n_rows; n++)
    {
      double share = site->shares[(gsize) n * (gsize) site->channels + (gsize) channel];

      square += share * share / site->n_rows;
    }
  return sqrt (square);
}

/* g[c] = weight^a / range^b, for the a and b of least noise. FALSE: none is worth it. */
static gboolean
choose_gains (const Site *site, double *gains)
{
  static const double powers[][2] = { { 0.25, 0.25 }, { 0.5, 0.5 },  { 0.75, 0.75 }, { 0, 0.25 },
                                      { 0, 0.5 },     { 0.25, 0.5 }, { 0.5, 0.75 },  { 0, 0.75 } };
  g_autofree double *tried = g_new (double, site->channels), *weight = g_new (double, site->channels);
  double best = (1 - LEAST_SAVING) * noise_of (site, NULL);
  gboolean found = FALSE;

  for (int c = 0; c < site->channels; c++)
    weight[c] = column_weight (site, c);
  for (guint p = 0; p < G_N_ELEMENTS (powers); p++)
    {
      double most = 0, noise;

      for (int c = 0; c < site->channels; c++)
        {
          tried[c] = site->range[c] > 0 && weight[c] > 0
                       ? pow (weight[c], powers[p][0]) / pow (site->range[c], powers[p][1])
                       : 0;
          most = MAX (most, tried[c]);
        }
      /* A channel that holds nothing, or that nobody reads, goes with the largest. */
      for (int c = 0; c < site->channels; c++)
        tried[c] = most > 0 ? (tried[c] > 0 ? MAX (tried[c] / most, 1 / MOST_GAIN) : 1) : 1;
      noise = noise_of (site, tried);
      if (noise >= best)
        continue;
      best = noise;
      found = TRUE;
      memcpy (gains, tried, sizeof *gains * (gsize) site->channels);
    }
  return found;
}

void
strata_rescale_choose (const StrataLowered *lowered, StrataTensorStats *stats, StrataArena *arena)
{
  const int *n_readers = strata_equalise_count_readers (lowered, arena);

  for (int i = 0; i < lowered->n_ops; i++)
    {
      const StrataLoweredOp *op = &lowered->ops[i];
      g_autoptr (GArray) readers = g_array_new (FALSE, FALSE, sizeof (int));
      Site site = { .lowered = lowered, .stats = stats, .readers = readers };
      double *gains;

      if (op->kind != STRATA_QOP_DIGITAL || op->n_more_outputs > 0 || op->weightless || stats[op->output].count == 0
          || stats[op->output].is_open || lowered->tensors[op->output].order != NULL
          || lowered->tensors[op->output].quantised || !find_readers (lowered, n_readers, op->output, readers))
        continue;
      site_init (&site, op->output);
      gains = strata_arena_array (arena, double, site.channels);
      if (choose_gains (&site, gains))
        strata_equalise_scale (&stats[op->output], site.channels, gains);
      site_clear (&site);
    }
}

/* --- the digital model --- */

/* Dimensions of the constant: the channels alone where an axis is theirs, else those of the value */
static gint64
shape_gains (const StrataValue *value, const StrataLoweredTensor *tensor, StrataValue *constant)
{
  gint64 plane = (gint64) tensor->height * tensor->width, after = 1;
  int axis = tensor->tokens ? value->n_dims - 1 : value->n_dims;

  while (!tensor->tokens && axis > 0 && after < plane)
    after *= value->dims[--axis];
  if (!tensor->tokens)
    axis--;
  if (axis < 0 || value->dims[axis] != tensor->channels || (!tensor->tokens && after != plane))
    {
      constant->n_dims = value->n_dims;
      memcpy (constant->dims, value->dims, sizeof constant->dims);
      return strata_value_count (value);
    }
  constant->n_dims = value->n_dims - axis;
  for (int d = 0; d < constant->n_dims; d++)
    constant->dims[d] = d == 0 ? tensor->channels : 1;
  return tensor->channels;
}

GBytes *
strata_rescale_model (const StrataLoweredOp *op, const StrataLoweredTensor *tensor, const double *gains, GError **error)
{
  g_autoptr (StrataGraph) source = strata_onnx_parse_with (op->digital, op->name, &(StrataImportOptions){ 0 }, error);
  StrataOnnxWriteOptions options = { .graph_name = "digital" };
  g_autofree StrataValue *values = NULL;
  g_autofree StrataNode *nodes = NULL;
  g_autofree float *numbers = NULL;
  StrataGraph graph;
  int inputs[2], output, constant;
  gint64 n;

  if (source == NULL)
    return NULL;
  graph = *source;
  output = source->n_values + 1;
  constant = source->n_values;
  values = g_new0 (StrataValue, source->n_values + 2);
  nodes = g_new0 (StrataNode, source->n_nodes + 1);
  memcpy (values, source->values, sizeof *values * (gsize) source->n_values);
  memcpy (nodes, source->nodes, sizeof *nodes * (gsize) source->n_nodes);
  inputs[0] = source->outputs[0];
  inputs[1] = constant;
  values[output] = values[inputs[0]];
  values[output].name = "rescaled";
  values[output].producer = source->n_nodes;
  values[constant] = (StrataValue){ .name = "gains", .dtype = STRATA_DTYPE_F32, .producer = -1, .n_consumers = 1 };
  n = shape_gains (&values[output], tensor, &values[constant]);
  numbers = g_new (float, n);
  for (gint64 i = 0; i < n; i++)
    numbers[i] = (float) gains[n == tensor->channels ? i
                                                     : (gint64) (strata_lowered_place (tensor, (gsize) i)
                                                                 / ((gsize) tensor->height * (gsize) tensor->width))];
  values[constant].data = numbers;
  values[constant].n_bytes = sizeof *numbers * (gsize) n;
  nodes[source->n_nodes] = (StrataNode){
    .op = STRATA_OP_MUL, .name = "rescale", .inputs = inputs, .n_inputs = 2, .outputs = &output, .n_outputs = 1
  };
  graph.values = values;
  graph.nodes = nodes;
  graph.n_values = source->n_values + 2;
  graph.n_nodes = source->n_nodes + 1;
  graph.outputs = &output;
  return strata_onnx_write_bytes (&graph, &options, error);
}
