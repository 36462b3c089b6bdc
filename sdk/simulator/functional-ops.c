/* SPDX-License-Identifier: Apache-2.0
 *
 * The digital operations of the quantised graph, as program/qgraph.h defines them, on the tensors of one inference.
 * Each allocates its output; shapes and formats were checked with the graph.
 */
#include "simulator/functional-private.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "kernels/int-conv.h"

/* Sums that are made at once */
#define MACS_AT_ONCE 32768

void
strata_functional_tensor_clear (StrataFunctionalTensor *tensor)
{
  strata_scratch_clear (tensor->scratch, tensor->codes);
  strata_scratch_clear (tensor->scratch, tensor->reals);
  strata_scratch_clear (tensor->scratch, tensor->integers);
}

StrataIntWindow
strata_functional_window (const StrataQGraph *graph, const StrataQOp *op)
{
  const StrataQTensor *in = &graph->tensors[op->inputs[0]], *out = &graph->tensors[op->output];
  const StrataWindow *w = &op->window;

  return (StrataIntWindow){
    .channels = in->channels,
    .height = in->height,
    .width = in->width,
    .out_height = out->height,
    .out_width = out->width,
    .kernel_h = w->kernel_h,
    .kernel_w = w->kernel_w,
    .stride_h = w->stride_h,
    .stride_w = w->stride_w,
    .dilation_h = w->dilation_h,
    .dilation_w = w->dilation_w,
    .pad_top = w->pad_top,
    .pad_left = w->pad_left,
  };
}

static StrataIntTarget
target_of (const StrataQTensor *out, const StrataQOp *op)
{
  return (StrataIntTarget){ out->zero_point, op->clamp_lo, op->clamp_hi };
}

void
strata_functional_tensor_allocate (const StrataQTensor *info, StrataFunctionalTensor *tensor)
{
  gsize n = (gsize) strata_qtensor_count (info);

  strata_functional_tensor_clear (tensor);
  if (info->format == STRATA_FORMAT_F32)
    tensor->reals = strata_scratch_array (tensor->scratch, float, n);
  else if (info->format == STRATA_FORMAT_I32)
    tensor->integers = strata_scratch_array (tensor->scratch, gint32, n);
  else
    tensor->codes = strata_scratch_array (tensor->scratch, gint16, n);
}

/* The tensor's part from @position and @output on */
static void
finish_sums (const StrataQGraph *graph,
             const StrataQOp *op,
             const StrataIntSums *sums,
             gsize position,
             gsize output,
             StrataFunctionalTensor *out)
{
  const StrataQTensor *info = &graph->tensors[op->output];
  const gsize at = output * sums->plane + position;

  if (info->format == STRATA_FORMAT_F32)
    strata_int_finish_float (sums, op->clamp_lo_f, op->clamp_hi_f, out->reals + at);
  else
    strata_int_finish (sums, target_of (info, op), out->codes + at);
}

void
strata_functional_finish_part (const StrataQGraph *graph,
                               const StrataQOp *op,
                               const StrataFunctionalPart *part,
                               const gint32 *sums,
                               StrataFunctionalTensor *out)
{
  const StrataQTensor *info = &graph->tensors[op->output];
  const gsize position = (gsize) part->position, output = (gsize) part->output;
  const StrataIntSums here = { .sums = sums + position * (gsize) op->n + output,
                               .position_stride = (gsize) op->n,
                               .n_stride = 1,
                               .n_positions = (gsize) part->n_positions,
                               .n = part->n_outputs,
                               .bias = op->bias + output,
                               .multiplier = op->multiplier + output,
                               .plane = (gsize) info->height * (gsize) info->width };

  finish_sums (graph, op, &here, position, output, out);
}

/* --- MAC units --- */

/* Groups, or where there is one the outputs, a few at a time: their sums stay in the cache. */
typedef struct
{
  const StrataQGraph *graph;
  const StrataQOp *op;
  const gint16 *codes;
  int at_once;
  StrataFunctionalTensor *out;
} Macs;

static gboolean
execute_macs_cb (guint index, gpointer user_data, GError **error)
{
  const Macs *macs = user_data;
  const StrataQOp *op = macs->op;
  const StrataQTensor *in = &macs->graph->tensors[op->inputs[0]], *info = &macs->graph->tensors[op->output];
  const gsize n_positions = (gsize) info->height * (gsize) info->width;
  const int groups = op->window.groups, outs = groups == 1 ? 1 : op->n / groups, per_group = in->channels / groups;
  const int first = (int) index * macs->at_once, n = MIN (macs->at_once, op->n / outs - first);
  const gsize output = (gsize) (first * outs), k = (gsize) (per_group * op->window.kernel_h * op->window.kernel_w);
  const gsize channel = groups == 1 ? 0 : (gsize) (first * per_group);
  StrataIntWindow window = strata_functional_window (macs->graph, op);
  gint32 *sums = strata_scratch_array (macs->out->scratch, gint32, (gsize) (n * outs) * n_positions);
  const StrataIntSums here = { .sums = sums,
                               .position_stride = 1,
                               .n_stride = n_positions,
                               .n_positions = n_positions,
                               .n = n * outs,
                               .bias = op->bias + output,
                               .multiplier = op->multiplier + output,
                               .plane = n_positions };

  window.channels = groups == 1 ? in->channels : n * per_group;
  strata_int_group_conv (macs->codes + channel * (gsize) in->height * (gsize) in->width, &window, in->zero_point,
                         groups == 1 ? 1 : n, n * outs, op->weights + output * k, sums);
  finish_sums (macs->graph, op, &here, 0, output, macs->out);
  strata_scratch_give (macs->out->scratch, sums);
  return TRUE;
}

static void
execute_mac (
  const StrataQGraph *graph, const StrataQOp *op, const gint16 *codes, int n_threads, StrataFunctionalTensor *out)
{
  const StrataQTensor *info = &graph->tensors[op->output];
  const int outs = op->window.groups == 1 ? 1 : op->n / op->window.groups, n_units = op->n / outs;
  const int at_once = MAX (1, MACS_AT_ONCE / MAX (1, outs * info->height * info->width));
  Macs macs = { graph, op, codes, CLAMP (at_once, 1, (n_units + n_threads - 1) / n_threads), out };

  strata_parallel_for ((guint) ((n_units + macs.at_once - 1) / macs.at_once), (guint) n_threads, execute_macs_cb, &macs,
                       NULL, NULL);
}

/* --- vector units --- */

static void
execute_add (const StrataQGraph *graph, const StrataQOp *op, const StrataFunctionalTensor *tensors, gint16 *out)
{
  const StrataQTensor *info = &graph->tensors[op->output];
  const gint16 *inputs[4];
  int zero_points[4];

  for (int i = 0; i < op->n_inputs; i++)
    {
      inputs[i] = tensors[op->inputs[i]].codes;
      zero_points[i] = graph->tensors[op->inputs[i]].zero_point;
    }
  strata_int_add (inputs, op->n_inputs, zero_points, op->input_multiplier, (gsize) strata_qtensor_count (info),
                  target_of (info, op), out);
}

static void
execute_move (const StrataQGraph *graph,
              const StrataQOp *op,
              const StrataFunctionalTensor *in,
              StrataFunctionalTensor *out)
{
  const StrataQTensor *info = &graph->tensors[op->output];
  StrataIntWindow window = strata_functional_window (graph, op);
  const gint16 fill = (gint16) info->zero_point;
  const float zero = 0;

  window.pad_top = -op->offset_h, window.pad_left = -op->offset_w;
  if (info->format == STRATA_FORMAT_F32)
    strata_int_move (in->reals, sizeof (float), &window, info->channels, op->offset_c, &zero, out->reals);
  else
    strata_int_move (in->codes, sizeof (gint16), &window, info->channels, op->offset_c, &fill, out->codes);
}

static void
execute_softmax (const StrataQGraph *graph,
                 const StrataQOp *op,
                 const StrataFunctionalTensor *in,
                 StrataFunctionalTensor *out)
{
  const StrataQTensor *from = &graph->tensors[op->inputs[0]], *info = &graph->tensors[op->output];
  gsize n = (gsize) strata_qtensor_count (info), n_positions = (gsize) info->height * (gsize) info->width;
  g_autofree float *x = g_new (float, n), *y = g_new (float, n);

  if (from->format == STRATA_FORMAT_F32)
    memcpy (x, in->reals, sizeof (float) * n);
  else
    strata_int_dequantise (in->codes, n, from->scale, from->zero_point, x);
  strata_float_softmax_channels (x, info->channels, n_positions, y);
  if (info->format == STRATA_FORMAT_F32)
    memcpy (out->reals, y, sizeof (float) * n);
  else
    strata_int_quantise (y, n, info->scale, target_of (info, op), out->codes);
}

static double
apply (const StrataQOp *op, double x)
{
  switch (op->function)
    {
    case STRATA_FUNCTION_RELU:
      return MAX (x, 0);
    case STRATA_FUNCTION_CLIP:
      return CLAMP (x, (double) op->clamp_lo_f, (double) op->clamp_hi_f);
    case STRATA_FUNCTION_SIGMOID:
      return 1 / (1 + exp (-x));
    case STRATA_FUNCTION_TANH:
      return tanh (x);
    case STRATA_FUNCTION_NONE:
    default:
      return x;
    }
}

static void
execute_activate (const StrataQGraph *graph,
                  const StrataQOp *op,
                  const StrataFunctionalTensor *in,
                  StrataFunctionalTensor *out)
{
  const StrataQTensor *from = &graph->tensors[op->inputs[0]], *info = &graph->tensors[op->output];
  gsize n = (gsize) strata_qtensor_count (info);

  for (gsize i = 0; i < n; i++)
    if (info->format == STRATA_FORMAT_F32)
      out->reals[i] = (float) apply (op, (double) in->reals[i]);
    else
      {
        double y = apply (op, from->scale * (in->codes[i] - from->zero_point));
        double code = rint (y / info->scale) + info->zero_point;

        out->codes[i] = (gint16) CLAMP (code, op->clamp_lo, op->clamp_hi);
      }
}

static void
execute_avg_pool (const StrataQGraph *graph, const StrataQOp *op, const gint16 *codes, gint16 *out)
{
  const StrataQTensor *in = &graph->tensors[op->inputs[0]], *info = &graph->tensors[op->output];
  StrataIntWindow window = strata_functional_window (graph, op);

  strata_int_avg_pool (codes, &window, in->zero_point, op->multiplier[0], op->count_padding, op->window.pad_bottom,
                       op->window.pad_right, target_of (info, op), out);
}

static void
execute_max_pool (const StrataQGraph *graph,
                  const StrataQOp *op,
                  const StrataFunctionalTensor *in,
                  StrataFunctionalTensor *out)
{
  StrataIntWindow window = strata_functional_window (graph, op);

  if (out->reals != NULL)
    strata_float_window_max (in->reals, &window, out->reals);
  else
    strata_int_max_pool (in->codes, &window, out->codes);
}

void
strata_functional_execute (const StrataQGraph *graph,
                           const StrataQOp *op,
                           int n_threads,
                           StrataFunctionalTensor *tensors)
{
  const StrataQTensor *from = &graph->tensors[op->inputs[0]], *info = &graph->tensors[op->output];
  const StrataFunctionalTensor *in = &tensors[op->inputs[0]];
  StrataFunctionalTensor *out = &tensors[op->output];
  gsize n = (gsize) strata_qtensor_count (info);

  strata_functional_tensor_allocate (info, out);
  switch (op->kind)
    {
    case STRATA_QOP_MAC:
      execute_mac (graph, op, in->codes, n_threads, out);
      break;
    case STRATA_QOP_ADD:
      execute_add (graph, op, tensors, out->codes);
      break;
    case STRATA_QOP_MAX_POOL:
      execute_max_pool (graph, op, in, out);
      break;
    case STRATA_QOP_AVG_POOL:
      execute_avg_pool (graph, op, in->codes, out->codes);
      break;
    case STRATA_QOP_SOFTMAX:
      execute_softmax (graph, op, in, out);
      break;
    case STRATA_QOP_MOVE:
      execute_move (graph, op, in, out);
      break;
    case STRATA_QOP_QUANTISE:
      strata_int_quantise (in->reals, n, info->scale, target_of (info, op), out->codes);
      break;
    case STRATA_QOP_DEQUANTISE:
      strata_int_dequantise (in->codes, n, from->scale, from->zero_point, out->reals);
      break;
    case STRATA_QOP_REQUANTISE:
      strata_int_requantise (in->codes, n, from->zero_point, op->multiplier[0], target_of (info, op), out->codes);
      break;
    case STRATA_QOP_ACTIVATE:
      execute_activate (graph, op, in, out);
      break;
    case STRATA_QOP_RESHAPE:
      if (info->format == STRATA_FORMAT_F32)
        memcpy (out->reals, in->reals, sizeof (float) * n);
      else if (info->format == STRATA_FORMAT_I32)
        memcpy (out->integers, in->integers, sizeof (gint32) * n);
      else
        memcpy (out->codes, in->codes, sizeof (gint16) * n);
      break;
    case STRATA_QOP_MVM:     /* functional-products.c */
    case STRATA_QOP_DIGITAL: /* functional-digital.c */
    case STRATA_N_QOPS:
    default:
      g_assert_not_reached ();
    }
}
