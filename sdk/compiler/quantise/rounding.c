/* SPDX-License-Identifier: Apache-2.0
 *
 * Which products are to be wide. Rounding is put on the float model as noise of its size: of inputs step^2 / 12 through
 * the weights, of weights step^2 / 12 under the inputs of the sample at hand, inside the clamp of the layer. First on
 * all layers at once, which nearly always says that nothing needs to be done; then on one layer's inputs or weights at
 * a time. Everything random is keyed by (seed, layer, sample and draw, channel).
 */
#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "base/rng.h"
#include "compiler/quantise/wide.h"
#include "model/exec/executor.h"
#include "program/unit-cost.h"

/* Signal over rounding that outputs shall have, dB: what comparing with a reference asks for where no classes are */
#define WANTED_DB 25.0
/* Standard deviations of the error's power that the prediction keeps in hand, and dB for what it leaves out */
#define DEVIATIONS 3.0
#define MARGIN_DB 1.0
#define N_DRAWS 4
#define MAX_SAMPLES 16
/* Multiply-accumulates of all runs together */
#define MAX_MACS 8e9
/* Share of the arrays that the model leaves free which wide products may take */
#define FREE_SHARE 0.5
#define ROUNDING_STREAM 0x726f756e64ull
#define N_PARTS 2

typedef struct
{
  int lowered;
  double *weights; /* per output: sum of squares of its integers */
  double *unit;    /* per output: of the model's reals per accumulator unit */
  double step;     /* of the input, of the model's reals per code; with gains: of the largest */
  gint64 work;     /* multiply-accumulates */
  int n_arrays;
  int k;
} Layer;

typedef struct
{
  const StrataSensitivityInput *input;
  StrataExecutor *executor;
  Layer *layers;
  int n_layers, n_samples, n_draws, n_outputs;
  double *squares;     /* layers x samples: sum of squares of one input vector, codes */
  float **clean;       /* samples x outputs */
  double *signal;      /* samples x outputs: mean square */
  const guint8 *masks; /* of the runs at hand: n x layers, StrataWide: what is rounded */
  double *error;       /* runs x outputs: mean square */
} Rounding;

static const StrataLoweredTensor *
output_tensor (const Rounding *r, int output)
{
  return &r->input->lowered->tensors[r->input->lowered->outputs[output]];
}

static gint64
tensor_count (const StrataLoweredTensor *t)
{
  return (gint64) t->channels * t->height * t->width;
}

static gboolean
is_tensor (const StrataLoweredTensor *t, int value, const StrataArray *array)
{
  return t->value == value && array->dtype == STRATA_DTYPE_F32 && strata_array_count (array) == tensor_count (t);
}

static void
free_outputs (const StrataGraph *graph, StrataArray **outputs)
{
  for (int i = 0; i < graph->n_outputs; i++)
    strata_array_free (outputs[i]);
}

/* --- clean runs --- */

typedef struct
{
  Rounding *rounding;
  int sample;
} Probe;

/* Mean of the squares of a layer's input, in codes of its high or only part */
static double
mean_square (const Rounding *r, const Layer *layer, const StrataLoweredTensor *t, const float *reals)
{
  const double *gains = r->input->gains[r->input->lowered->ops[layer->lowered].inputs[0]];
  gsize n = (gsize) tensor_count (t), plane = n / (gsize) t->channels;
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    {
      double x = (double) reals[i] / layer->step;

      x *= gains != NULL ? gains[strata_lowered_place (t, i) / plane] : 1;
      sum += x * x;
    }
  return sum / (double) n;
}

static void
probe_cb (const StrataGraph *graph, int value, const StrataArray *array, gpointer user_data)
{
  Probe *probe = user_data;
  Rounding *r = probe->rounding;
  const StrataLowered *lowered = r->input->lowered;

  for (int i = 0; i < r->n_layers; i++)
    {
      const StrataLoweredTensor *t = &lowered->tensors[lowered->ops[r->layers[i].lowered].inputs[0]];

      if (is_tensor (t, value, array))
        r->squares[i * r->n_samples + probe->sample] = r->layers[i].k * mean_square (r, &r->layers[i], t, array->data);
    }
}

static gboolean
run_clean_cb (guint index, gpointer user_data, GError **error)
{
  Probe probe = { user_data, (int) index };
  Rounding *r = probe.rounding;
  const StrataGraph *graph = r->input->graph;
  StrataArray *const *inputs = r->input->calibration->samples[index].inputs;
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);

  for (int i = 0; i < graph->n_inputs; i++)
    probe_cb (graph, graph->inputs[i], inputs[i], &probe);
  if (!strata_executor_run (r->executor, (const StrataArray *const *) inputs, outputs, probe_cb, &probe,
                            r->input->calibration->cancellable, error))
    return FALSE;
  for (int o = 0; o < r->n_outputs; o++)
    {
      const StrataArray *array = outputs[o];
      gint64 n = strata_array_count (array);
      gsize at = (gsize) index * (gsize) r->n_outputs + (gsize) o;

      if (array->dtype != STRATA_DTYPE_F32 || n < 1)
        continue;
      r->clean[at] = g_memdup2 (array->data, array->n_bytes);
      for (gint64 i = 0; i < n; i++)
        r->signal[at] += (double) r->clean[at][i] * (double) r->clean[at][i] / (double) n;
    }
  free_outputs (graph, outputs);
  return TRUE;
}

/* --- runs with rounding --- */

typedef struct
{
  const Rounding *rounding;
  const guint8 *mask;
  int sample, draw;
} Noisy;

static void
add_noise (const Noisy *noisy, int index, float *reals)
{
  const Rounding *r = noisy->rounding;
  const Layer *layer = &r->layers[index];
  const StrataLoweredOp *op = &r->input->lowered->ops[layer->lowered];
  const StrataLoweredTensor *t = &r->input->lowered->tensors[op->output];
  const double inputs = r->squares[index * r->n_samples + noisy->sample];
  const gsize plane = (gsize) t->height * (gsize) t->width;
  const StrataRngKey key =
    strata_rng_key (r->input->calibration->seed ^ ROUNDING_STREAM,
                    (guint64) index << 32 | (guint64) (guint32) (noisy->sample * N_DRAWS + noisy->draw));
  g_autofree float *z = g_new (float, plane);

  for (int c = 0; c < t->channels; c++)
    {
      double square = ((noisy->mask[index] & STRATA_WIDE_INPUTS) != 0 ? layer->weights[c] : 0)
                      + ((noisy->mask[index] & STRATA_WIDE_WEIGHTS) != 0 ? inputs : 0);
      double sigma = layer->unit[c] * sqrt (square / 12);

      strata_rng_normal (key, (guint64) c, z, plane);
      for (gsize i = 0; i < plane; i++)
        {
          /* results of products are tokens or planes */
          float *x = &reals[t->tokens ? i * (gsize) t->channels + (gsize) c : (gsize) c * plane + i];

          if ((double) *x > op->clamp_lo && (double) *x < op->clamp_hi)
            *x = (float) CLAMP ((double) *x + sigma * (double) z[i], op->clamp_lo, op->clamp_hi);
        }
    }
}

static void
noisy_cb (const StrataGraph *graph, int value, StrataArray *array, gpointer user_data)
{
  const Noisy *noisy = user_data;
  const StrataLowered *lowered = noisy->rounding->input->lowered;

  for (int i = 0; i < noisy->rounding->n_layers; i++)
    if (noisy->mask[i] != 0
        && is_tensor (&lowered->tensors[lowered->ops[noisy->rounding->layers[i].lowered].output], value, array))
      add_noise (noisy, i, array->data);
}

static gboolean
run_noisy_cb (guint index, gpointer user_data, GError **error)
{
  Rounding *r = user_data;
  int n_runs = r->n_samples * r->n_draws, run = (int) index % n_runs;
  Noisy noisy = { r, r->masks + (gsize) (index / (guint) n_runs) * (gsize) r->n_layers, run / r->n_draws,
                  run % r->n_draws };
  const StrataGraph *graph = r->input->graph;
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);

  if (!strata_executor_run_changed (r->executor,
                                    (const StrataArray *const *) r->input->calibration->samples[noisy.sample].inputs,
                                    outputs, noisy_cb, &noisy, r->input->calibration->cancellable, error))
    return FALSE;
  for (int o = 0; o < r->n_outputs; o++)
    {
      const float *clean = r->clean[noisy.sample * r->n_outputs + o], *reals = outputs[o]->data;
      gint64 n = strata_array_count (outputs[o]);
      double sum = 0;

      for (gint64 i = 0; clean != NULL && i < n; i++)
        sum += ((double) reals[i] - (double) clean[i]) * ((double) reals[i] - (double) clean[i]);
      r->error[(gsize) index * (gsize) r->n_outputs + (gsize) o] = clean != NULL ? sum / (double) n : 0;
    }
  free_outputs (graph, outputs);
  return TRUE;
}

/* Mean square errors with each of @n masks: n x samples x outputs, means over the draws */
static double *
run_masks (Rounding *r, const guint8 *masks, int n, GError **error)
{
  gsize n_pairs = (gsize) n * (gsize) r->n_samples, n_outputs = (gsize) r->n_outputs;
  double *mean = g_new0 (double, n_pairs *n_outputs + 1);
  gboolean ok;

  r->masks = masks;
  r->error = g_new0 (double, n_pairs *(gsize) r->n_draws *n_outputs + 1);
  ok = strata_parallel_for ((guint) n_pairs * (guint) r->n_draws, r->input->calibration->n_threads, run_noisy_cb, r,
                            r->input->calibration->cancellable, error);
  for (gsize i = 0; i < n_pairs; i++)
    for (gsize d = 0; d < (gsize) r->n_draws; d++)
      for (gsize o = 0; o < n_outputs; o++)
        mean[i * n_outputs + o] += r->error[(i * (gsize) r->n_draws + d) * n_outputs + o] / r->n_draws;
  g_clear_pointer (&r->error, g_free);
  if (!ok)
    g_clear_pointer (&mean, g_free);
  return mean;
}

/* --- the choice --- */

/* Signal over noise that the prediction has to show: an output of few elements may be unlucky */
static double
wanted_db (const Rounding *r, int output)
{
  double n = (double) tensor_count (output_tensor (r, output));

  return WANTED_DB + MARGIN_DB + 10 * log10 (1 + DEVIATIONS * sqrt (2 / n));
}

/* Decibels that are missing at pair @at of sample and output */
static double
missing_db (const Rounding *r, const double *noise, int at)
{
  if (!(r->signal[at] > 0) || !(noise[at] > 0))
    return -INFINITY;
  return wanted_db (r, at % r->n_outputs) - 10 * log10 (r->signal[at] / noise[at]);
}

/* The pair of sample and output that is furthest from what is wanted */
static int
find_worst (const Rounding *r, const double *noise)
{
  int worst = 0;

  for (int at = 1; at < r->n_samples * r->n_outputs; at++)
    if (missing_db (r, noise, at) > missing_db (r, noise, worst))
      worst = at;
  return worst;
}

typedef struct
{
  Rounding *rounding;
  const double *arriving; /* layers x parts x pairs */
  double *noise;          /* pairs */
  guint8 *wide;           /* per layer: parts that are wide */
  int n_free;
} Choice;

static const double *
arriving_from (const Choice *choice, int item)
{
  return choice->arriving + (gsize) item * (gsize) (choice->rounding->n_samples * choice->rounding->n_outputs);
}

static void
sum_noise (Choice *choice)
{
  int n_pairs = choice->rounding->n_samples * choice->rounding->n_outputs;

  memset (choice->noise, 0, sizeof *choice->noise * (gsize) n_pairs);
  for (int item = 0; item < choice->rounding->n_layers * N_PARTS; item++)
    for (int at = 0; at < n_pairs && (choice->wide[item / N_PARTS] >> item % N_PARTS & 1) == 0; at++)
      choice->noise[at] += arriving_from (choice, item)[at];
}

static gboolean
is_met (const Choice *choice)
{
  return missing_db (choice->rounding, choice->noise, find_worst (choice->rounding, choice->noise)) <= 0;
}

static void
search (Choice *choice)
{
  const Rounding *r = choice->rounding;
  g_autofree gboolean *kept = g_new0 (gboolean, r->n_layers * N_PARTS + 1);

  for (sum_noise (choice); !is_met (choice); sum_noise (choice))
    {
      int at = find_worst (r, choice->noise), best = -1;

      for (int item = 0; item < r->n_layers * N_PARTS; item++)
        if ((choice->wide[item / N_PARTS] >> item % N_PARTS & 1) == 0
            && r->layers[item / N_PARTS].n_arrays <= choice->n_free
            && (best < 0 || arriving_from (choice, item)[at] > arriving_from (choice, best)[at]))
          best = item;
      if (best < 0 || !(arriving_from (choice, best)[at] > 0))
        return;
      choice->wide[best / N_PARTS] |= (guint8) (1 << best % N_PARTS);
      choice->n_free -= r->layers[best / N_PARTS].n_arrays;
    }
  /* What proved needless is given back, the largest first. */
  for (;;)
    {
      int best = -1;

      for (int item = 0; item < r->n_layers * N_PARTS; item++)
        if ((choice->wide[item / N_PARTS] >> item % N_PARTS & 1) != 0 && !kept[item]
            && (best < 0 || r->layers[item / N_PARTS].work > r->layers[best / N_PARTS].work))
          best = item;
      if (best < 0)
        break;
      kept[best] = TRUE;
      choice->wide[best / N_PARTS] ^= (guint8) (1 << best % N_PARTS);
      sum_noise (choice);
      if (!is_met (choice))
        choice->wide[best / N_PARTS] |= (guint8) (1 << best % N_PARTS);
    }
  sum_noise (choice);
}

/* --- all of it --- */

static void
layer_init (Layer *layer, const StrataSensitivityInput *input, int lowered)
{
  const StrataQOp *op = &input->quantised->ops[input->op_of[lowered]];
  const StrataQTensor *in = &input->quantised->tensors[op->inputs[0]], *out = &input->quantised->tensors[op->output];
  const double *gains = input->gains[input->lowered->ops[lowered].output];

  layer->lowered = lowered;
  layer->k = op->k;
  layer->step = in->scale;
  layer->work = (gint64) op->n * op->k * out->height * out->width;
  layer->n_arrays = (int) strata_unit_packed_arrays (input->chip, op->k, op->n, 1, op->n_slices);
  layer->weights = g_new0 (double, op->n);
  layer->unit = g_new0 (double, op->n);
  for (int n = 0; n < op->n; n++)
    {
      for (int k = 0; k < op->k; k++)
        {
          double w = op->weights[(gsize) n * (gsize) op->k + (gsize) k];

          layer->weights[n] += w * w;
        }
      layer->unit[n] =
        fabs (op->multiplier[n]) * (out->format == STRATA_FORMAT_F32 ? 1 : out->scale) / (gains != NULL ? gains[n] : 1);
    }
}

static void
rounding_init (Rounding *r)
{
  const StrataSensitivityInput *input = r->input;
  double macs = MAX ((double) strata_graph_n_macs (input->graph), 1);

  r->layers = g_new0 (Layer, input->lowered->n_ops + 1);
  for (int i = 0; i < input->lowered->n_ops; i++)
    if (input->quantised->ops[input->op_of[i]].kind == STRATA_QOP_MVM)
      layer_init (&r->layers[r->n_layers++], input, i);
  r->n_outputs = input->lowered->n_outputs;
  r->n_draws = (int) CLAMP (MAX_MACS / macs / MAX (r->n_layers, 1) / N_PARTS, 1, N_DRAWS);
  r->n_samples = (int) CLAMP (MAX_MACS / macs / MAX (r->n_layers, 1) / N_PARTS / r->n_draws, 1, MAX_SAMPLES);
  r->n_samples = MIN (r->n_samples, input->calibration->n_samples);
  r->squares = g_new0 (double, r->n_layers * r->n_samples + 1);
  r->clean = g_new0 (float *, r->n_samples * r->n_outputs + 1);
  r->signal = g_new0 (double, r->n_samples * r->n_outputs + 1);
}

static void
rounding_finish (Rounding *r)
{
  for (int i = 0; i < r->n_layers; i++)
    {
      g_free (r->layers[i].weights);
      g_free (r->layers[i].unit);
    }
  for (int i = 0; i < r->n_samples * r->n_outputs; i++)
    g_free (r->clean[i]);
  g_free (r->layers);
  g_free (r->squares);
  g_free (r->clean);
  g_free (r->signal);
}

static int
free_arrays (const Rounding *r)
{
  gint64 n = strata_chip_arrays (r->input->chip);

  for (int i = 0; i < r->n_layers; i++)
    n -= r->layers[i].n_arrays;
  return (int) MAX (0, FREE_SHARE * (double) n);
}

/* One layer's part at a time, and what of them has to be wide */
static gboolean
choose_parts (Rounding *r, StrataWideChoice *result, GError **error)
{
  const int n_items = r->n_layers * N_PARTS, n_pairs = r->n_samples * r->n_outputs;
  g_autofree guint8 *masks = g_new0 (guint8, (gsize) n_items * (gsize) r->n_layers + 1);
  g_autofree guint8 *wide = g_new0 (guint8, r->n_layers + 1);
  g_autofree double *noise = g_new0 (double, n_pairs + 1), *arriving = NULL;
  Choice choice = { r, NULL, noise, wide, free_arrays (r) };
  int worst;

  for (int item = 0; item < n_items; item++)
    masks[(gsize) item * (gsize) r->n_layers + (gsize) (item / N_PARTS)] = (guint8) (1 << item % N_PARTS);
  choice.arriving = arriving = run_masks (r, masks, n_items, error);
  if (arriving == NULL)
    return FALSE;
  sum_noise (&choice);
  worst = find_worst (r, noise);
  result->before = strata_noise_db (r->signal[worst], noise[worst]);
  for (int i = 0; i < r->n_layers; i++)
    for (int part = 0; part < N_PARTS; part++)
      result->share[r->layers[i].lowered] += arriving_from (&choice, i * N_PARTS + part)[worst] / noise[worst];
  search (&choice);
  worst = find_worst (r, noise);
  result->after = strata_noise_db (r->signal[worst], noise[worst]);
  result->wanted = wanted_db (r, worst % r->n_outputs);
  for (int i = 0; i < r->n_layers; i++)
    {
      result->parts[r->layers[i].lowered] = wide[i];
      result->n_wide += wide[i] != 0;
    }
  return TRUE;
}

static gboolean
run_all (Rounding *r, StrataWideChoice *result, GError **error)
{
  g_autofree guint8 *all = g_new (guint8, r->n_layers + 1);
  g_autofree double *noise = NULL;
  int worst;

  memset (all, STRATA_WIDE_INPUTS | STRATA_WIDE_WEIGHTS, (gsize) r->n_layers);
  if (!strata_parallel_for ((guint) r->n_samples, r->input->calibration->n_threads, run_clean_cb, r,
                            r->input->calibration->cancellable, error))
    return FALSE;
  noise = run_masks (r, all, 1, error);
  if (noise == NULL)
    return FALSE;
  worst = find_worst (r, noise);
  result->before = result->after = strata_noise_db (r->signal[worst], noise[worst]);
  result->wanted = wanted_db (r, worst % r->n_outputs);
  return missing_db (r, noise, worst) <= 0 || choose_parts (r, result, error);
}

StrataWideChoice *
strata_wide_choose (const StrataSensitivityInput *input, GError **error)
{
  g_autoptr (StrataWideChoice) result = g_new0 (StrataWideChoice, 1);
  g_autoptr (StrataExecutor) executor = NULL;
  Rounding rounding = { .input = input };
  gboolean ok = TRUE;

  result->parts = g_new0 (guint8, input->lowered->n_ops + 1);
  result->share = g_new0 (double, input->lowered->n_ops + 1);
  if (strata_sensitivity_is_class (input->lowered))
    return g_steal_pointer (&result);
  executor = strata_executor_new (input->graph, STRATA_EXECUTOR_EVERY_VALUE | STRATA_EXECUTOR_PLAIN,
                                  input->calibration->cancellable, error);
  if (executor == NULL)
    return NULL;
  rounding.executor = executor;
  rounding_init (&rounding);
  ok = rounding.n_layers == 0 || run_all (&rounding, result, error);
  rounding_finish (&rounding);
  return ok ? g_steal_pointer (&result) : NULL;
}

void
strata_wide_choice_free (StrataWideChoice *choice)
{
  if (choice == NULL)
    return;
  g_free (choice->parts);
  g_free (choice->share);
  g_free (choice);
}
