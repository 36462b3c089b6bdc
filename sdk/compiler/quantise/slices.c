/* SPDX-License-Identifier: Apache-2.0
 *
 * With a cell less a weight takes 4 bits in place of 8: half of the conversions, and rounding that stays, for it is in
 * the weights. What it adds is computed from the weights themselves under the variance of each input channel (the bias
 * takes back the mean), and arrives at the output as the layer's noise was measured to. Layers give up a cell in the
 * order of noise per energy saved, as long as all that they add together stays below a bound.
 */
#include "compiler/quantise/slices.h"

#include <math.h>

#include "compiler/quantise/choose.h"
#include "compiler/quantise/ranges.h"

/* What fewer cells may add in all, below the signal at the output: 10 dB below noise that is not felt beside
 * quantisation (choose.c) */
#define LEAST_BELOW_DB 42.0

/* Mean over outputs of what rounding to +-@most adds to them, mean square */
static double
rounding_error (
  const StrataLoweredOp *op, const StrataQTensor *in, const StrataTensorStats *stats, gboolean by_channel, int most)
{
  g_autoptr (StrataArena) arena = strata_arena_new ();
  const int kernel = op->window.kernel_h * op->window.kernel_w, channels = in->channels;
  const double per_channel = (double) stats->count / channels;
  StrataQOp q = { .kind = STRATA_QOP_MVM, .weight_max = most };
  g_autofree double *scale = g_new (double, op->n);
  double sum = 0;

  if (!strata_quantise_weights (op, in, NULL, TRUE, arena, &q, scale, NULL))
    return INFINITY;
  for (int j = 0; j < op->n; j++)
    for (int k = 0; k < op->k; k++)
      {
        gsize i = (gsize) j * (gsize) op->k + (gsize) k;
        double error = (double) op->weights[i] * op->scale[j] - scale[j] * q.weights[i];
        double mean = by_channel ? stats->channel_sums[k / kernel] / per_channel : 0;
        double square =
          by_channel ? stats->channel_squares[k / kernel] / per_channel : stats->sum_squares / (double) stats->count;

        sum += error * error * MAX (square - mean * mean, 0) / op->n;
      }
  return sum;
}

/* One read on as few arrays as hold it, with @n_slices cells a weight */
static StrataLayerState
cheapest (const StrataSensitivityInput *input, const StrataLayerNoise *layer, int n_slices)
{
  g_autofree StrataQOp *ops = g_memdup2 (input->quantised->ops, sizeof (StrataQOp) * (gsize) input->quantised->n_ops);
  StrataQGraph graph = *input->quantised;
  StrataSensitivityInput other = *input;
  g_autoptr (GArray) states = NULL;

  ops[layer->op].n_slices = n_slices;
  graph.ops = ops;
  other.quantised = &graph;
  states = strata_layer_states (&other, layer, 1, 0);
  return g_array_index (states, StrataLayerState, 0);
}

/* Noise at the output over energy saved, by which layers are taken */
static double
price (const StrataSliceChoice *choice)
{
  return pow (10, -choice->below_db / 10) / MAX (choice->now_fj - choice->then_fj, 1);
}

static int
compare_prices (gconstpointer a, gconstpointer b)
{
  const StrataSliceChoice *x = a, *y = b;
  double first = price (x), second = price (y);

  if (first != second)
    return first < second ? -1 : 1;
  return x->op - y->op;
}

static void
add_layer (const StrataSensitivityInput *input,
           const StrataSensitivity *sensitivity,
           const StrataTensorStats *stats,
           const StrataLayerNoise *layer,
           GArray *choices)
{
  const StrataLoweredOp *op = &input->lowered->ops[layer->lowered];
  const StrataLoweredTensor *t = &input->lowered->tensors[op->inputs[0]];
  const StrataQOp *q = &input->quantised->ops[layer->op];
  const StrataQTensor *in = &input->quantised->tensors[q->inputs[0]];
  const StrataTensorStats *s = &stats[op->inputs[0]];
  const gboolean by_channel = !t->tokens && t->order == NULL && op->window.groups == 1;
  const int fewer = (1 << input->chip->cell_bits * (q->n_slices - 1)) - 1;
  const double once = strata_noise_power (&layer->budget, 1);
  const StrataLayerState now = cheapest (input, layer, q->n_slices), then = cheapest (input, layer, q->n_slices - 1);
  const StrataQTensor *out = &input->quantised->tensors[q->output];
  /* Noise was drawn anew at each position, and pools averaged it; the error of a weight is the same everywhere. */
  const double n_positions = (double) out->height * out->width;
  double error_now = rounding_error (op, in, s, by_channel, q->weight_max),
         error_then = rounding_error (op, in, s, by_channel, fewer);
  StrataSliceChoice choice = { layer->op, q->node, q->n_slices };

  choice.now_db = strata_noise_db (layer->budget.signal, error_now);
  choice.then_db = strata_noise_db (layer->budget.signal, error_then);
  choice.below_db =
    once > 0 ? strata_noise_db (sensitivity->head_power, layer->arriving / once * error_then * n_positions) : 0;
  choice.now_fj = now.cost_fj, choice.then_fj = then.cost_fj;
  choice.now_arrays = now.n_arrays, choice.then_arrays = then.n_arrays;
  g_array_append_val (choices, choice);
}

GArray *
strata_choose_slices (const StrataSensitivityInput *input,
                      const StrataSensitivity *sensitivity,
                      const StrataTensorStats *stats,
                      const gboolean *settled)
{
  GArray *choices = g_array_new (FALSE, TRUE, sizeof (StrataSliceChoice));
  double left = pow (10, -LEAST_BELOW_DB / 10);

  for (int i = 0; i < sensitivity->n_layers; i++)
    {
      const StrataLayerNoise *layer = &sensitivity->layers[i];
      const StrataLoweredOp *op = &input->lowered->ops[layer->lowered];

      if (op->weights != NULL && op->integers == NULL && input->quantised->ops[layer->op].n_slices > 1
          && !settled[layer->op] && stats[op->inputs[0]].count > 0)
        add_layer (input, sensitivity, stats, layer, choices);
    }
  g_array_sort (choices, compare_prices);
  for (guint i = 0; i < choices->len; i++)
    {
      StrataSliceChoice *choice = &g_array_index (choices, StrataSliceChoice, i);
      double added = pow (10, -choice->below_db / 10);

      choice->fewer = added <= left && choice->then_fj < choice->now_fj;
      left -= choice->fewer ? added : 0;
    }
  return choices;
}

void
strata_note_slices (const GArray *choices, StrataDecisions *decisions)
{
  for (guint i = 0; i < choices->len; i++)
    {
      const StrataSliceChoice *c = &g_array_index (choices, StrataSliceChoice, i);
      const int n = c->n_slices - c->fewer, other = c->fewer ? c->n_slices : c->n_slices - 1;
      g_autofree char *what = g_strdup_printf ("%d cell%s a weight", other, other == 1 ? "" : "s");
      g_autofree char *verdict =
        c->fewer ? g_strdup_printf ("rounding of the weights at %.1f dB; not felt at the output", c->now_db)
                 : g_strdup_printf ("rounding of the weights at %.1f dB; arrives %.1f dB below the signal", c->then_db,
                                    c->below_db);

      strata_decisions_add (
        decisions, STRATA_REASON_SLICES, c->op, -1, n,
        "rounding of the weights is %.1f dB below the layer's signal with %d cells a weight and %.1f dB with %d, which "
        "would arrive %.1f dB below the signal at the output, where all layers together may add %.0f dB; an inference "
        "of "
        "one read takes %.3g and %.3g nJ",
        c->now_db, c->n_slices, c->then_db, c->n_slices - 1, c->below_db, LEAST_BELOW_DB, c->now_fj * 1e-6,
        c->then_fj * 1e-6);
      strata_decisions_add_alternative (
        decisions, &(StrataAlternative){ what, -1, -1, (gint64) (c->fewer ? c->now_fj : c->then_fj),
                                         c->fewer ? c->now_arrays : c->then_arrays, verdict });
    }
}
