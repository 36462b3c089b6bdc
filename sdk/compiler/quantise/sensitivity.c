/* SPDX-License-Identifier: Apache-2.0
 *
 * One clean run per sample gives the input vectors of every layer and the head; then one run per layer and sample with
 * noise on that layer's output. Noise enters where the output is inside its clamp: what a ReLU has cut off stays cut
 * off. Everything random is keyed by (seed, layer, sample, channel).
 */
#include "compiler/quantise/sensitivity.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "base/rng.h"
#include "kernels/analog-read.h"
#include "kernels/int-vector.h"
#include "model/exec/executor.h"

/* Vectors per layer for its budget, over all samples that are looked at */
#define MAX_VECTORS 64
/* Multiply-accumulates that the noisy runs may take together, beside one run per layer */
#define MAX_MACS 8e9
#define MAX_SAMPLES 64
#define MAX_NOISY 16
#define NOISE_STREAM 0x6e6f697365ull

typedef struct
{
  const StrataSensitivityInput *input;
  StrataSensitivity *result;
  StrataExecutor *executor;
  int head; /* lowered tensor */
  gsize n_head;
  float *heads;                /* n_samples x n_head */
  StrataNoiseVectors *vectors; /* per layer and vector sample */
  int n_vector_samples, n_noisy;
  float **deviation; /* per layer, per output */
  double *arriving;  /* n_layers x n_noisy */
} Work;

/* --- what is looked at --- */

/* Logits rather than what a softmax makes of them, where the output is only that. */
static int
find_head (const StrataLowered *lowered)
{
  int output = lowered->outputs[0];

  for (int t = output; lowered->tensors[t].producer >= 0;)
    {
      const StrataLoweredOp *op = &lowered->ops[lowered->tensors[t].producer];

      if (op->kind == STRATA_QOP_SOFTMAX)
        return op->inputs[0];
      if (op->kind != STRATA_QOP_RESHAPE && op->kind != STRATA_QOP_QUANTISE && op->kind != STRATA_QOP_DEQUANTISE)
        break;
      t = op->inputs[0];
    }
  return output;
}

static gint64
tensor_count (const StrataLoweredTensor *t)
{
  return (gint64) t->channels * t->height * t->width;
}

gboolean
strata_sensitivity_is_class (const StrataLowered *lowered)
{
  const StrataLoweredTensor *head = &lowered->tensors[find_head (lowered)];

  /* As many outputs as inputs: a reconstruction, not classes */
  return head->height == 1 && head->width == 1 && head->channels > 1
         && tensor_count (head) != tensor_count (&lowered->tensors[lowered->inputs[0]]);
}

static gboolean
is_tensor (const StrataLoweredTensor *t, int value, const StrataArray *array)
{
  return t->value == value && array->dtype == STRATA_DTYPE_F32 && strata_array_count (array) == tensor_count (t);
}

typedef struct
{
  Work *work;
  int sample;
} Probe;

/* Elements of a value in the order of planes, channel by channel; @reals itself where it lies so */
static const float *
in_planes (const StrataLoweredTensor *t, const float *reals, float **copy)
{
  gsize n = (gsize) tensor_count (t);

  *copy = NULL;
  if (!t->tokens && t->order == NULL)
    return reals;
  *copy = g_new (float, n);
  for (gsize i = 0; i < n; i++)
    (*copy)[strata_lowered_place (t, i)] = reals[i];
  return *copy;
}

static void
collect_vectors (Probe *probe, int layer, const float *values)
{
  const StrataSensitivityInput *input = probe->work->input;
  const StrataLayerNoise *noise = &probe->work->result->layers[layer];
  const StrataQOp *op = &input->quantised->ops[noise->op];
  const StrataQTensor *in = &input->quantised->tensors[op->inputs[0]], *out = &input->quantised->tensors[op->output];
  const double *gains = input->gains[input->lowered->ops[noise->lowered].inputs[0]];
  const StrataWindow *w = &op->window;
  const StrataIntWindow window = { in->channels,  in->height,  in->width,   out->height, out->width,
                                   w->kernel_h,   w->kernel_w, w->stride_h, w->stride_w, w->dilation_h,
                                   w->dilation_w, w->pad_top,  w->pad_left };
  const int n_positions = out->height * out->width, subtract = strata_analog_subtract (in->zero_point);
  const int n = MIN (n_positions, (MAX_VECTORS + probe->work->n_vector_samples - 1) / probe->work->n_vector_samples);
  const double shift = fmod (0.5 + probe->sample * 0.6180339887, 1.0);
  const gsize n_codes = (gsize) strata_qtensor_count (in), plane = (gsize) in->height * (gsize) in->width;
  g_autofree gint16 *codes = g_new (gint16, n_codes), *row = g_new (gint16, (gsize) out->width * (gsize) op->k);
  StrataNoiseVectors *vectors = &probe->work->vectors[layer * probe->work->n_vector_samples + probe->sample];
  g_autofree float *copy = NULL;
  const float *reals =
    in_planes (&input->lowered->tensors[input->lowered->ops[noise->lowered].inputs[0]], values, &copy);

  for (int c = 0; c < in->channels; c++)
    strata_int_quantise (reals + (gsize) c * plane, plane, gains != NULL ? in->scale / gains[c] : in->scale,
                         (StrataIntTarget){ in->zero_point, -128, 127 }, codes + (gsize) c * plane);
  vectors->codes = g_new (gint16, (gsize) n * (gsize) op->k);
  for (int i = 0; i < n; i++)
    {
      int position = MIN ((int) ((i + shift) * n_positions / n), n_positions - 1);

      strata_int_gather (codes, &window, subtract, in->zero_point - subtract, position / out->width, 0, op->k, row);
      memcpy (vectors->codes + (gsize) i * (gsize) op->k, row + (gsize) (position % out->width) * (gsize) op->k,
              sizeof (gint16) * (gsize) op->k);
    }
  vectors->n = n;
}

static void
probe_cb (const StrataGraph *graph, int value, const StrataArray *array, gpointer user_data)
{
  Probe *probe = user_data;
  Work *work = probe->work;
  const StrataLowered *lowered = work->input->lowered;

  if (is_tensor (&lowered->tensors[work->head], value, array))
    memcpy (work->heads + (gsize) probe->sample * work->n_head, array->data, sizeof (float) * work->n_head);
  for (int i = 0; probe->sample < work->n_vector_samples && i < work->result->n_layers; i++)
    if (is_tensor (&lowered->tensors[lowered->ops[work->result->layers[i].lowered].inputs[0]], value, array))
      collect_vectors (probe, i, array->data);
}

static void
free_outputs (const StrataGraph *graph, StrataArray **outputs)
{
  for (int i = 0; i < graph->n_outputs; i++)
    strata_array_free (outputs[i]);
}

static gboolean
run_probe_cb (guint index, gpointer user_data, GError **error)
{
  Probe probe = { user_data, (int) index };
  const StrataSensitivityInput *input = probe.work->input;
  const StrataGraph *graph = input->graph;
  StrataArray *const *inputs = input->calibration->samples[index].inputs;
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);

  for (int i = 0; i < graph->n_inputs; i++)
    probe_cb (graph, graph->inputs[i], inputs[i], &probe);
  if (!strata_executor_run (probe.work->executor, (const StrataArray *const *) inputs, outputs, probe_cb, &probe,
                            input->calibration->cancellable, error))
    return FALSE;
  free_outputs (graph, outputs);
  return TRUE;
}

/* --- noise on one layer --- */

typedef struct
{
  Work *work;
  int layer, sample;
  double error; /* of the head, mean square */
} Noisy;

static void
add_noise (const Noisy *noisy, float *reals)
{
  const StrataSensitivityInput *input = noisy->work->input;
  const StrataLoweredOp *op = &input->lowered->ops[noisy->work->result->layers[noisy->layer].lowered];
  const StrataLoweredTensor *t = &input->lowered->tensors[op->output];
  const double *gains = input->gains[op->output];
  const gsize plane = (gsize) t->height * (gsize) t->width;
  const StrataRngKey key = strata_rng_key (input->calibration->seed ^ NOISE_STREAM,
                                           (guint64) noisy->layer << 32 | (guint64) (guint32) noisy->sample);
  double lo = t->quantised ? MAX (op->clamp_lo, t->scale * (-128 - t->zero_point)) : op->clamp_lo;
  double hi = t->quantised ? MIN (op->clamp_hi, t->scale * (127 - t->zero_point)) : op->clamp_hi;
  g_autofree float *z = g_new (float, plane);

  for (int c = 0; c < t->channels; c++)
    {
      /* Deviation and clamps are those of the product with its gains; the values are the model's. */
      const double gain = gains != NULL ? gains[c] : 1, least = lo / gain, most = hi / gain;
      double sigma = (double) noisy->work->deviation[noisy->layer][c] / gain;

      strata_rng_normal (key, (guint64) c, z, plane);
      for (gsize i = 0; i < plane; i++)
        {
          /* results of products are tokens or planes */
          float *x = &reals[t->tokens ? i * (gsize) t->channels + (gsize) c : (gsize) c * plane + i];

          if ((double) *x > least && (double) *x < most)
            *x = (float) CLAMP ((double) *x + sigma * (double) z[i], least, most);
        }
    }
}

static void
noisy_cb (const StrataGraph *graph, int value, StrataArray *array, gpointer user_data)
{
  Noisy *noisy = user_data;
  Work *work = noisy->work;
  const StrataLowered *lowered = work->input->lowered;
  const float *clean = work->heads + (gsize) noisy->sample * work->n_head, *head = array->data;

  if (is_tensor (&lowered->tensors[lowered->ops[work->result->layers[noisy->layer].lowered].output], value, array))
    add_noise (noisy, array->data);
  if (!is_tensor (&lowered->tensors[work->head], value, array))
    return;
  noisy->error = 0;
  for (gsize i = 0; i < work->n_head; i++)
    {
      double error = (double) head[i] - (double) clean[i];

      noisy->error += error * error / (double) work->n_head;
    }
}

static gboolean
run_noisy_cb (guint index, gpointer user_data, GError **error)
{
  Work *work = user_data;
  Noisy noisy = { work, (int) index / work->n_noisy, (int) index % work->n_noisy, 0 };
  const StrataGraph *graph = work->input->graph;
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, graph->n_outputs + 1);

  if (!strata_executor_run_changed (work->executor,
                                    (const StrataArray *const *) work->input->calibration->samples[noisy.sample].inputs,
                                    outputs, noisy_cb, &noisy, work->input->calibration->cancellable, error))
    return FALSE;
  free_outputs (graph, outputs);
  work->arriving[index] = noisy.error;
  return TRUE;
}

/* --- budgets --- */

static gboolean
budget_cb (guint layer, gpointer user_data, GError **error)
{
  Work *work = user_data;
  const StrataSensitivityInput *input = work->input;
  StrataLayerNoise *noise = &work->result->layers[layer];
  const StrataQOp *op = &input->quantised->ops[noise->op];
  StrataNoiseVectors all = { NULL, 0, work->n_vector_samples };
  const StrataNoiseVectors *parts = &work->vectors[layer * (guint) work->n_vector_samples];

  for (int s = 0; s < work->n_vector_samples; s++)
    {
      gsize n = (gsize) parts[s].n * (gsize) op->k;

      all.codes = g_renew (gint16, all.codes, (gsize) all.n * (gsize) op->k + n + 1);
      if (n > 0)
        memcpy (all.codes + (gsize) all.n * (gsize) op->k, parts[s].codes, sizeof (gint16) * n);
      all.n += parts[s].n;
    }
  if (all.n > 0)
    strata_noise_budget (input->quantised, noise->op, input->chip, !input->calibration->no_row_copies, &all,
                         &noise->budget, work->deviation[layer]);
  g_free (all.codes);
  return TRUE;
}

/* --- the head --- */

static void
measure_head (Work *work)
{
  StrataSensitivity *result = work->result;
  const gsize n = work->n_head;
  double sum = 0, squares = 0;

  for (gsize i = 0; i < (gsize) result->n_samples * n; i++)
    sum += (double) work->heads[i] / (double) n / result->n_samples;
  for (gsize i = 0; i < (gsize) result->n_samples * n; i++)
    squares += ((double) work->heads[i] - sum) * ((double) work->heads[i] - sum);
  result->head_power = squares / (double) n / result->n_samples;
  if (!result->is_class)
    return;
  result->n_rivals = (int) n - 1;
  result->margins = g_new0 (double, (gsize) result->n_samples *n);
  for (int s = 0; s < result->n_samples; s++)
    {
      const float *head = work->heads + (gsize) s * n;
      gsize best = 0, rival = 0;

      for (gsize i = 1; i < n; i++)
        best = head[i] > head[best] ? i : best;
      for (gsize i = 0; i < n; i++)
        if (i != best)
          result->margins[(gsize) s * (n - 1) + rival++] = (double) head[best] - (double) head[i];
    }
}

double
strata_sensitivity_flips (const StrataSensitivity *sensitivity, double power)
{
  double sum = 0;

  for (int s = 0; s < sensitivity->n_samples && sensitivity->margins != NULL; s++)
    {
      double most = 0;

      /* Independent noise on two elements: the difference has twice the power. */
      for (int i = 0; power > 0 && i < sensitivity->n_rivals; i++)
        most = MAX (most, 0.5 * erfc (sensitivity->margins[s * sensitivity->n_rivals + i] / sqrt (4 * power)));
      sum += most;
    }
  return sensitivity->n_samples > 0 ? sum / sensitivity->n_samples : 0;
}

/* --- all of it --- */

static void
find_layers (Work *work)
{
  const StrataSensitivityInput *input = work->input;
  const StrataLowered *lowered = input->lowered;
  StrataSensitivity *result = work->result;
  int last = lowered->tensors[work->head].producer;

  while (last >= 0 && lowered->ops[last].kind == STRATA_QOP_RESHAPE)
    last = lowered->tensors[lowered->ops[last].inputs[0]].producer;
  result->layers = g_new0 (StrataLayerNoise, lowered->n_ops + 1);
  for (int i = 0; i < lowered->n_ops; i++)
    if (input->quantised->ops[input->op_of[i]].kind == STRATA_QOP_MVM && !lowered->ops[i].is_part)
      result->layers[result->n_layers++] =
        (StrataLayerNoise){ .lowered = i, .op = input->op_of[i], .is_last = i == last };
  result->is_class = strata_sensitivity_is_class (lowered);
}

static gboolean
run_all (Work *work, GError **error)
{
  const StrataCalibration *calibration = work->input->calibration;
  StrataSensitivity *result = work->result;
  const guint n_layers = (guint) result->n_layers, n_noisy = (guint) work->n_noisy;

  if (!strata_parallel_for ((guint) result->n_samples, calibration->n_threads, run_probe_cb, work,
                            calibration->cancellable, error)
      || !strata_parallel_for (n_layers, calibration->n_threads, budget_cb, work, calibration->cancellable, error)
      || !strata_parallel_for (n_layers * n_noisy, calibration->n_threads, run_noisy_cb, work, calibration->cancellable,
                               error))
    return FALSE;
  measure_head (work);
  for (guint i = 0; i < n_layers; i++)
    for (guint s = 0; s < n_noisy; s++)
      result->layers[i].arriving += work->arriving[i * n_noisy + s] / n_noisy;
  result->n_runs = result->n_samples + (int) (n_layers * n_noisy);
  return TRUE;
}

static void
work_init (Work *work)
{
  const StrataSensitivityInput *input = work->input;
  StrataSensitivity *result = work->result;
  double macs = MAX ((double) strata_graph_n_macs (input->graph), 1);

  work->head = find_head (input->lowered);
  work->n_head = (gsize) tensor_count (&input->lowered->tensors[work->head]);
  find_layers (work);
  work->n_noisy = (int) CLAMP (MAX_MACS / macs / MAX (result->n_layers, 1), 1, MAX_NOISY);
  work->n_noisy = MIN (work->n_noisy, input->calibration->n_samples);
  result->n_samples = MIN (input->calibration->n_samples, (int) CLAMP (MAX_MACS / macs, work->n_noisy, MAX_SAMPLES));
  work->n_vector_samples = MIN (result->n_samples, 8);
  work->heads = g_new0 (float, (gsize) result->n_samples * work->n_head);
  work->vectors = g_new0 (StrataNoiseVectors, result->n_layers * work->n_vector_samples + 1);
  work->deviation = g_new0 (float *, result->n_layers + 1);
  for (int i = 0; i < result->n_layers; i++)
    work->deviation[i] = g_new0 (float, input->quantised->ops[result->layers[i].op].n);
  work->arriving = g_new0 (double, result->n_layers * work->n_noisy + 1);
}

static void
work_finish (Work *work)
{
  for (int i = 0; i < work->result->n_layers; i++)
    g_free (work->deviation[i]);
  for (int i = 0; i < work->result->n_layers * work->n_vector_samples; i++)
    g_free (work->vectors[i].codes);
  g_free (work->deviation);
  g_free (work->vectors);
  g_free (work->heads);
  g_free (work->arriving);
}

StrataSensitivity *
strata_sensitivity_measure (const StrataSensitivityInput *input, GError **error)
{
  g_autoptr (StrataSensitivity) result = g_new0 (StrataSensitivity, 1);
  g_autoptr (StrataExecutor) executor = strata_executor_new (
    input->graph, STRATA_EXECUTOR_EVERY_VALUE | STRATA_EXECUTOR_PLAIN, input->calibration->cancellable, error);
  Work work = { .input = input, .result = result, .executor = executor };
  gboolean ok;

  if (executor == NULL)
    return NULL;
  work_init (&work);
  ok = run_all (&work, error);
  work_finish (&work);
  return ok ? g_steal_pointer (&result) : NULL;
}

void
strata_sensitivity_free (StrataSensitivity *sensitivity)
{
  if (sensitivity == NULL)
    return;
  g_free (sensitivity->layers);
  g_free (sensitivity->margins);
  g_free (sensitivity);
}
