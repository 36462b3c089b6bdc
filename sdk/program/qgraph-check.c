/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks a quantised graph. What passes can be executed without looking again at an id, a shape or a range.
 */
#include "program/qgraph.h"

#include <math.h>

#include "kernels/int-rows.h"

/* No plane of a real model comes near; keeps every product of three dimensions inside 64 bits. */
#define MAX_EXTENT (1 << 20)
#define MAX_WINDOW (1 << 12)
#define MAX_TAPS 0x1p40

static gboolean G_GNUC_PRINTF (3, 4) fail (GError **error, const StrataQOp *op, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT,
               "quantised graph: %s%s: %s; compile the model again", op != NULL ? "op " : "",
               op != NULL ? op->name : "graph", text);
  return FALSE;
}

static void
format_range (StrataFormat format, int *lo, int *hi)
{
  *lo = format == STRATA_FORMAT_I8 ? -128 : -32768;
  *hi = format == STRATA_FORMAT_I8 ? 127 : 32767;
}

static gboolean
is_output_of (const StrataQOp *op, int tensor)
{
  for (int i = 0; i <= op->n_more_outputs; i++)
    if (strata_qop_output (op, i) == tensor)
      return TRUE;
  return FALSE;
}

static gboolean
check_integers (const StrataQTensor *t, int id, GError **error)
{
  gboolean real = t->dtype == STRATA_DTYPE_INVALID;

  if ((guint) t->dtype > STRATA_DTYPE_BOOL || t->dtype == STRATA_DTYPE_F32 || t->dtype == STRATA_DTYPE_F64
      || t->dtype == STRATA_DTYPE_F16 || real == (t->format == STRATA_FORMAT_I32))
    return fail (error, NULL, "tensor %d of format %s stands for elements of type %d", id,
                 strata_format_name (t->format), (int) t->dtype);
  return TRUE;
}

static gboolean
check_tensor (const StrataQGraph *graph, int id, GError **error)
{
  const StrataQTensor *t = &graph->tensors[id];
  int lo, hi;

  if (t->name == NULL || t->channels < 1 || t->height < 1 || t->width < 1 || t->channels > MAX_EXTENT
      || t->height > MAX_EXTENT || t->width > MAX_EXTENT || strata_qtensor_count (t) > G_MAXINT32)
    return fail (error, NULL, "tensor %d has a shape outside 1 … 2^31 elements", id);
  if (t->tokens && t->width != 1)
    return fail (error, NULL, "tensor %d of tokens is %d wide", id, t->width);
  if ((guint) t->format > STRATA_FORMAT_I32)
    return fail (error, NULL, "tensor %d has format %d", id, t->format);
  if (t->producer < -1 || t->producer >= graph->n_ops
      || (t->producer >= 0 && !is_output_of (&graph->ops[t->producer], id)))
    return fail (error, NULL, "tensor %d names op %d as producer, which does not make it", id, t->producer);
  if (!check_integers (t, id, error))
    return FALSE;
  if (!strata_format_has_scale (t->format))
    return TRUE;
  format_range (t->format, &lo, &hi);
  if (!(t->scale > 0) || !isfinite (t->scale) || t->zero_point < lo || t->zero_point > hi)
    return fail (error, NULL, "tensor %d has scale %g and zero point %d", id, t->scale, t->zero_point);
  return TRUE;
}

static int
window_extent (int in, int kernel, int dilation, int pad_before, int pad_after, int stride)
{
  gint64 span = (gint64) in + pad_before + pad_after - ((gint64) (kernel - 1) * dilation + 1);

  return span < 0 ? 0 : (int) (span / stride + 1);
}

static gboolean
check_window (const StrataQGraph *graph, const StrataQOp *op, GError **error)
{
  const StrataQTensor *in = &graph->tensors[op->inputs[0]], *out = &graph->tensors[op->output];
  const StrataWindow *w = &op->window;
  const int least_one[] = {
    w->kernel_h, w->kernel_w, w->stride_h, w->stride_w, w->dilation_h, w->dilation_w, w->groups
  };
  const int pads[] = { w->pad_top, w->pad_left, w->pad_bottom, w->pad_right };
  int height, width;

  for (guint i = 0; i < G_N_ELEMENTS (least_one); i++)
    if (least_one[i] < 1 || least_one[i] > MAX_EXTENT)
      return fail (error, op, "its window has a kernel, stride, dilation or group count of %d", least_one[i]);
  for (guint i = 0; i < G_N_ELEMENTS (pads); i++)
    if (pads[i] < 0 || pads[i] > MAX_WINDOW)
      return fail (error, op, "its window has a padding of %d", pads[i]);
  /* Taps of a row of outputs; counts of operations are made of them. */
  if ((double) w->kernel_h * w->kernel_w * out->channels * out->width > MAX_TAPS)
    return fail (error, op, "its window has %d x %d taps for %d outputs a row", w->kernel_h, w->kernel_w,
                 out->channels * out->width);
  height = window_extent (in->height, w->kernel_h, w->dilation_h, w->pad_top, w->pad_bottom, w->stride_h);
  width = window_extent (in->width, w->kernel_w, w->dilation_w, w->pad_left, w->pad_right, w->stride_w);
  /* A pool may have been rounded up (ceil_mode); its last window then hangs over the padded edge. */
  if ((out->height != height || out->width != width)
      && (strata_qop_is_product (op->kind) || out->height < height || out->height > height + 1 || out->width < width
          || out->width > width + 1))
    return fail (error, op, "its output is %d x %d where the window gives %d x %d", out->height, out->width, height,
                 width);
  return TRUE;
}

/* acc must fit int32 whatever the input: |x - zp| <= 255 for int8. */
static gboolean
check_weights (const StrataQOp *op, const StrataQTensor *in, GError **error)
{
  const int span = MAX (127 - in->zero_point, in->zero_point + 128);

  for (int n = 0; n < op->n; n++)
    {
      const gint16 *row = op->weights + (gsize) n * op->k;
      int peak, k = 0;
      gint64 sum = ABS ((gint64) op->bias[n]) + strata_row_extent (row, (gsize) op->k, &peak) * span;

      if (peak > op->weight_max)
        {
          while (ABS ((int) row[k]) != peak)
            k++;
          return fail (error, op, "weight [%d][%d] is %d, beyond +-%d", n, k, row[k], op->weight_max);
        }
      if (sum > G_MAXINT32)
        return fail (error, op, "the sum of output %d can leave 32 bits", n);
      if (!isfinite (op->multiplier[n]))
        return fail (error, op, "multiplier %d is not finite", n);
    }
  return TRUE;
}

static gboolean
is_absent (const StrataQGraph *graph, const StrataQOp *op)
{
  return graph->weightless && op->weights == NULL && op->bias == NULL && op->multiplier == NULL;
}

static gboolean
check_product (const StrataQGraph *graph, const StrataQOp *op, GError **error)
{
  const StrataQTensor *in = &graph->tensors[op->inputs[0]], *out = &graph->tensors[op->output];
  const StrataWindow *w = &op->window;

  if (in->format != STRATA_FORMAT_I8)
    return fail (error, op, "its input %s is %s, not i8", in->name, strata_format_name (in->format));
  if (in->channels % w->groups != 0 || out->channels % w->groups != 0)
    return fail (error, op, "%d groups do not divide %d and %d channels", w->groups, in->channels, out->channels);
  if (op->n != out->channels || (gint64) op->k != (gint64) in->channels / w->groups * w->kernel_h * w->kernel_w)
    return fail (error, op, "its matrix is %d x %d, which its tensors do not fit", op->n, op->k);
  if ((gint64) op->k * w->groups > G_MAXINT32)
    return fail (error, op, "its window sees more than 2^31 values");
  if (!is_absent (graph, op) && (op->weights == NULL || op->bias == NULL || op->multiplier == NULL))
    return fail (error, op, "weights, bias or multiplier are missing");
  if (op->weight_max < 1 || op->weight_max > G_MAXINT16)
    return fail (error, op, "weight_max is %d", op->weight_max);
  if (op->kind == STRATA_QOP_MVM && (op->n_slices < 1 || op->n_slices > 8 || op->n_reads < 1 || op->n_reads > 4096))
    return fail (error, op, "%d slices and %d reads", op->n_slices, op->n_reads);
  if (op->block_rows < 0 || op->block_rows > op->k || (op->block_rows > 0 && w->groups > 1))
    return fail (error, op, "blocks of %d rows of %d", op->block_rows, op->k);
  if (op->x_rms < 0 || op->x_peak < 0 || op->x_rms > op->x_peak || op->x_peak > 255)
    return fail (error, op, "input statistics rms %d, peak %d", op->x_rms, op->x_peak);
  if (op->x_toggles < 0 || op->x_repeats < 0 || op->x_toggles > STRATA_TOGGLES || op->x_repeats > STRATA_TOGGLES
      || (op->x_toggles > 0) != (op->x_repeats > 0))
    return fail (error, op, "toggle shares %d and %d of %d", op->x_toggles, op->x_repeats, STRATA_TOGGLES);
  return is_absent (graph, op) || check_weights (op, in, error);
}

static gboolean
same_codes (const StrataQTensor *a, const StrataQTensor *b)
{
  return a->format == b->format
         && (!strata_format_has_scale (a->format) ? a->dtype == b->dtype
                                                  : a->scale == b->scale && a->zero_point == b->zero_point);
}

static gboolean
same_shape (const StrataQTensor *a, const StrataQTensor *b)
{
  return a->channels == b->channels && a->height == b->height && a->width == b->width;
}

static gboolean
check_formats (const StrataQGraph *graph, const StrataQOp *op, GError **error)
{
  const StrataQTensor *in = &graph->tensors[op->inputs[0]], *out = &graph->tensors[op->output];
  gboolean in_f32 = in->format == STRATA_FORMAT_F32, out_f32 = out->format == STRATA_FORMAT_F32;
  gboolean ok = TRUE;

  for (int i = 0; i < op->n_inputs && op->kind != STRATA_QOP_RESHAPE && op->kind != STRATA_QOP_DIGITAL; i++)
    ok = ok && graph->tensors[op->inputs[i]].format != STRATA_FORMAT_I32
         && graph->tensors[op->inputs[i]].tokens == out->tokens && out->format != STRATA_FORMAT_I32;
  if (!ok)
    return fail (error, op, "it computes with integers of i32, or tokens become planes");
  switch (op->kind)
    {
    case STRATA_QOP_MAX_POOL:
    case STRATA_QOP_MOVE:
    case STRATA_QOP_RESHAPE:
      ok = same_codes (in, out);
      break;
    case STRATA_QOP_ADD:
      for (int i = 0; i < op->n_inputs; i++)
        ok = ok && graph->tensors[op->inputs[i]].format != STRATA_FORMAT_F32 && isfinite (op->input_multiplier[i]);
      ok = ok && !out_f32;
      break;
    case STRATA_QOP_AVG_POOL:
    case STRATA_QOP_REQUANTISE:
      ok = !in_f32 && !out_f32 && op->multiplier != NULL && isfinite (op->multiplier[0]);
      break;
    case STRATA_QOP_QUANTISE:
      ok = in_f32 && !out_f32;
      break;
    case STRATA_QOP_DEQUANTISE:
      ok = !in_f32 && out_f32;
      break;
    case STRATA_QOP_ACTIVATE:
      ok = in_f32 == out_f32 && op->function > STRATA_FUNCTION_NONE && op->function <= STRATA_FUNCTION_TANH;
      break;
    default:
      break;
    }
  return ok || fail (error, op, "the formats of its tensors do not fit a %s", strata_qop_name (op->kind));
}

static gboolean
check_shapes (const StrataQGraph *graph, const StrataQOp *op, GError **error)
{
  const StrataQTensor *in = &graph->tensors[op->inputs[0]], *out = &graph->tensors[op->output];
  gboolean ok = TRUE;

  switch (op->kind)
    {
    case STRATA_QOP_MAX_POOL:
    case STRATA_QOP_AVG_POOL:
      ok = in->channels == out->channels;
      break;
    case STRATA_QOP_ADD:
      for (int i = 0; i < op->n_inputs; i++)
        ok = ok && same_shape (&graph->tensors[op->inputs[i]], out);
      break;
    case STRATA_QOP_RESHAPE:
      ok = strata_qtensor_count (in) == strata_qtensor_count (out);
      break;
    case STRATA_QOP_MVM:
    case STRATA_QOP_MAC:
    case STRATA_QOP_DIGITAL: /* by check_digital () */
      break;
    case STRATA_QOP_MOVE:
      ok = op->window.stride_h >= 1 && op->window.stride_w >= 1 && ABS (op->offset_c) <= MAX_EXTENT
           && ABS (op->offset_h) <= MAX_EXTENT && ABS (op->offset_w) <= MAX_EXTENT && op->window.stride_h <= MAX_EXTENT
           && op->window.stride_w <= MAX_EXTENT && (gint64) out->height * op->window.stride_h <= G_MAXINT32 / 2
           && (gint64) out->width * op->window.stride_w <= G_MAXINT32 / 2;
      break;
    default:
      ok = same_shape (in, out);
      break;
    }
  return ok || fail (error, op, "the shapes of its tensors do not fit a %s", strata_qop_name (op->kind));
}

/* Tensor @id as input or output @value of the digital model */
static gboolean
check_operand (const StrataQGraph *graph, const StrataQOp *op, int id, const StrataValue *value, GError **error)
{
  const StrataQTensor *t = &graph->tensors[id];
  StrataDtype dtype = t->format == STRATA_FORMAT_I32 ? t->dtype : STRATA_DTYPE_F32;

  if (strata_value_count (value) == strata_qtensor_count (t) && value->dtype == dtype)
    return TRUE;
  return fail (error, op, "%s has %" G_GINT64_FORMAT " elements of %s, and its model takes %" G_GINT64_FORMAT " of %s",
               t->name, strata_qtensor_count (t), strata_dtype_name (dtype), strata_value_count (value),
               strata_dtype_name (value->dtype));
}

static gboolean
check_digital (const StrataQGraph *graph, const StrataQOp *op, GError **error)
{
  const StrataGraph *model = op->digital != NULL ? op->digital->graph : NULL;
  int height = graph->tensors[op->output].height;

  if (model == NULL || op->digital->n_operands != op->n_inputs || model->n_inputs < op->n_inputs
      || (model->n_inputs > op->n_inputs && !graph->weightless) || model->n_outputs != op->n_more_outputs + 1)
    return fail (error, op, "its model is missing, or has other inputs and outputs than the op");
  for (int i = 0; i < op->n_inputs; i++)
    {
      if (!check_operand (graph, op, op->inputs[i], &model->values[model->inputs[i]], error))
        return FALSE;
      if ((op->by_row >> i & 1) != 0 && graph->tensors[op->inputs[i]].height != height)
        return fail (error, op, "input %d has %d rows where %d are made one by one", i,
                     graph->tensors[op->inputs[i]].height, height);
    }
  for (int i = 0; i <= op->n_more_outputs; i++)
    {
      const StrataQTensor *out = &graph->tensors[strata_qop_output (op, i)];

      if (!check_operand (graph, op, strata_qop_output (op, i), &model->values[model->outputs[i]], error))
        return FALSE;
      if (op->streams && out->height != height)
        return fail (error, op, "outputs made row by row have %d and %d rows", height, out->height);
    }
  if (op->by_row != 0 && !op->streams)
    return fail (error, op, "it has row-wise inputs and makes its outputs at once");
  return op->n_inputs == STRATA_QOP_MAX_INPUTS || op->by_row >> op->n_inputs == 0
         || fail (error, op, "it has no input for each row-wise one");
}

static gboolean
check_n_outputs (const StrataQOp *op, GError **error)
{
  return (op->n_more_outputs >= 0 && op->n_more_outputs < STRATA_QOP_MAX_OUTPUTS
          && (op->kind == STRATA_QOP_DIGITAL
              || (op->n_more_outputs == 0 && op->digital == NULL && op->by_row == 0 && !op->streams)))
         || fail (error, op, "it has %d outputs", op->n_more_outputs + 1);
}

static gboolean
check_outputs (const StrataQGraph *graph, int id, GError **error)
{
  const StrataQOp *op = &graph->ops[id];

  for (int i = 0; i <= op->n_more_outputs; i++)
    {
      int tensor = strata_qop_output (op, i);

      if (tensor < 0 || tensor >= graph->n_tensors || graph->tensors[tensor].producer != id)
        return fail (error, op, "its output %d is not its own tensor", i);
      for (int j = 0; j < i; j++)
        if (strata_qop_output (op, j) == tensor)
          return fail (error, op, "outputs %d and %d are the same tensor", j, i);
    }
  return TRUE;
}

static int
most_inputs (StrataQOpKind kind)
{
  return kind == STRATA_QOP_DIGITAL ? STRATA_QOP_MAX_INPUTS : kind == STRATA_QOP_ADD ? 4 : 1;
}

static gboolean
check_op (const StrataQGraph *graph, int id, GError **error)
{
  const StrataQOp *op = &graph->ops[id];
  const StrataQTensor *out;
  int lo, hi;

  if (op->name == NULL || op->onnx == NULL || (guint) op->kind >= STRATA_N_QOPS)
    return fail (error, NULL, "op %d has no name or an unknown kind", id);
  if (op->n_inputs < 1 || op->n_inputs > most_inputs (op->kind) || (op->kind == STRATA_QOP_ADD && op->n_inputs < 2))
    return fail (error, op, "it has %d inputs", op->n_inputs);
  for (int i = 0; i < op->n_inputs; i++)
    if (op->inputs[i] < 0 || op->inputs[i] >= graph->n_tensors || graph->tensors[op->inputs[i]].producer >= id)
      return fail (error, op, "input %d is a tensor that no earlier op makes", i);
  if (!check_outputs (graph, id, error))
    return FALSE;
  if (op->node < -1 || op->node >= graph->n_nodes)
    return fail (error, op, "node %d does not exist", op->node);
  if (op->kind == STRATA_QOP_DIGITAL)
    return check_digital (graph, op, error);
  out = &graph->tensors[op->output];
  if (strata_format_has_scale (out->format))
    {
      format_range (out->format, &lo, &hi);
      if (op->clamp_lo < lo || op->clamp_hi > hi || op->clamp_lo > op->clamp_hi)
        return fail (error, op, "it clamps to %d … %d, outside %s", op->clamp_lo, op->clamp_hi,
                     strata_format_name (out->format));
    }
  else if (!(op->clamp_lo_f <= op->clamp_hi_f))
    return fail (error, op, "it clamps to %g … %g", (double) op->clamp_lo_f, (double) op->clamp_hi_f);
  if (!check_formats (graph, op, error) || !check_shapes (graph, op, error))
    return FALSE;
  if (strata_qop_has_window (op->kind) && !check_window (graph, op, error))
    return FALSE;
  if (strata_qop_is_product (op->kind))
    return check_product (graph, op, error);
  return TRUE;
}

static gboolean
check_ends (const StrataQGraph *graph, GError **error)
{
  int n_free = 0;

  for (int i = 0; i < graph->n_tensors; i++)
    n_free += graph->tensors[i].producer < 0;
  for (int i = 0; i < graph->n_inputs; i++)
    {
      if (graph->inputs[i] < 0 || graph->inputs[i] >= graph->n_tensors
          || graph->tensors[graph->inputs[i]].producer != -1)
        return fail (error, NULL, "input %d is not a free tensor", i);
      for (int j = 0; j < i; j++)
        if (graph->inputs[j] == graph->inputs[i])
          return fail (error, NULL, "inputs %d and %d are the same tensor", j, i);
    }
  if (n_free != graph->n_inputs)
    return fail (error, NULL, "%d tensors have no producer but there are %d inputs", n_free, graph->n_inputs);
  for (int i = 0; i < graph->n_outputs; i++)
    if (graph->outputs[i] < 0 || graph->outputs[i] >= graph->n_tensors)
      return fail (error, NULL, "output %d names tensor %d", i, graph->outputs[i]);
  for (int i = 0; i < graph->n_nodes; i++)
    if (graph->node_op[i] < -1 || graph->node_op[i] >= graph->n_ops)
      return fail (error, NULL, "node %d is covered by op %d, which does not exist", i, graph->node_op[i]);
  return TRUE;
}

gboolean
strata_qgraph_check (const StrataQGraph *graph, GError **error)
{
  g_return_val_if_fail (graph != NULL, FALSE);
  if (graph->weightless && graph->calibrated)
    return fail (error, NULL, "it is calibrated, and has no weights");
  if (graph->n_tensors < 1 || graph->n_ops < 0 || graph->n_inputs < 0 || graph->n_outputs < 1 || graph->n_nodes < 0)
    return fail (error, NULL, "it has no tensors or no outputs");
  for (int i = 0; i < graph->n_ops; i++)
    if (!check_n_outputs (&graph->ops[i], error))
      return FALSE;
  for (int i = 0; i < graph->n_tensors; i++)
    if (!check_tensor (graph, i, error))
      return FALSE;
  for (int i = 0; i < graph->n_ops; i++)
    if (!check_op (graph, i, error))
      return FALSE;
  return check_ends (graph, error);
}
