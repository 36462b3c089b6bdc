/* SPDX-License-Identifier: Apache-2.0
 *
 * Check, print, hash and queries of the quantised graph. The check is strict: what passes it can be executed without
 * looking again at an id, a shape or a range.
 */
#include "program/qgraph.h"

#include <math.h>

#include "base/hash.h"
#include "kernels/int-rows.h"

static const struct
{
  const char *name;
  const char *unit;
} kinds[] = {
#define STRATA_QOP(id, name, unit, meaning) { name, unit },
#include "program/qops.def"
#undef STRATA_QOP
};

static const char *const format_names[] = { "i8", "i16", "f32", "i32" };
static const char *const function_names[] = { "none", "relu", "clip", "sigmoid", "tanh" };

/* No plane of a real model comes near; keeps every product of three dimensions inside 64 bits. */
#define MAX_EXTENT (1 << 20)
#define MAX_WINDOW (1 << 12)
#define MAX_TAPS 0x1p40

const char *
strata_qop_name (StrataQOpKind kind)
{
  g_return_val_if_fail ((guint) kind < STRATA_N_QOPS, NULL);
  return kinds[kind].name;
}

double
strata_qop_toggle_share (const StrataQOp *op)
{
  int n_reads = MAX (1, op->n_reads);

  return (op->x_toggles + (n_reads - 1.0) * op->x_repeats) / n_reads / STRATA_TOGGLES;
}

gint64
strata_qtensor_count (const StrataQTensor *tensor)
{
  return (gint64) tensor->channels * tensor->height * tensor->width;
}

int
strata_format_bytes (StrataFormat format)
{
  static const int bytes[] = { 1, 2, 4, 4 };

  g_return_val_if_fail ((guint) format <= STRATA_FORMAT_I32, 0);
  return bytes[format];
}

int
strata_qop_output (const StrataQOp *op, int i)
{
  return i == 0 ? op->output : op->more_outputs[i - 1];
}

int
strata_qop_n_rows (const StrataQOp *op)
{
  return op->k * MAX (1, op->window.groups);
}

int
strata_qop_bursts (const StrataQGraph *graph, int op)
{
  if (graph->ops[op].kind == STRATA_QOP_DIGITAL && !graph->ops[op].streams)
    return 1;
  return graph->tensors[graph->ops[op].output].height;
}

int
strata_qop_needs_row (const StrataQGraph *graph, int op, int input, int row)
{
  const StrataQOp *o = &graph->ops[op];
  const StrataQTensor *in = &graph->tensors[o->inputs[input]], *out = &graph->tensors[o->output];
  const StrataWindow *w = &o->window;
  gint64 last = row;

  switch (o->kind)
    {
    case STRATA_QOP_MVM:
    case STRATA_QOP_MAC:
    case STRATA_QOP_MAX_POOL:
    case STRATA_QOP_AVG_POOL:
      last = (gint64) row * w->stride_h + (gint64) (w->kernel_h - 1) * w->dilation_h - w->pad_top;
      break;
    case STRATA_QOP_MOVE:
      last = (gint64) row * w->stride_h + o->offset_h;
      break;
    case STRATA_QOP_RESHAPE:
      if (in->height != out->height || in->channels != out->channels)
        last = in->height - 1;
      break;
    case STRATA_QOP_DIGITAL:
      if ((o->by_row >> input & 1) == 0)
        last = in->height - 1;
      break;
    default:
      break;
    }
  return (int) CLAMP (last, 0, in->height - 1);
}

int
strata_qop_first_row (const StrataQGraph *graph, int op, int input, int row)
{
  const StrataQOp *o = &graph->ops[op];
  const StrataQTensor *in = &graph->tensors[o->inputs[input]], *out = &graph->tensors[o->output];
  const StrataWindow *w = &o->window;
  gint64 first = 0;

  switch (o->kind)
    {
    case STRATA_QOP_MVM:
    case STRATA_QOP_MAC:
    case STRATA_QOP_MAX_POOL:
    case STRATA_QOP_AVG_POOL:
      first = (gint64) row * w->stride_h - w->pad_top;
      break;
    case STRATA_QOP_MOVE:
      first = (gint64) row * w->stride_h + o->offset_h;
      break;
    case STRATA_QOP_RESHAPE:
      first = in->height == out->height && in->channels == out->channels ? row : 0;
      break;
    case STRATA_QOP_ADD:
    case STRATA_QOP_SOFTMAX:
    case STRATA_QOP_QUANTISE:
    case STRATA_QOP_DEQUANTISE:
    case STRATA_QOP_REQUANTISE:
    case STRATA_QOP_ACTIVATE:
      first = in->height == out->height ? row : 0;
      break;
    case STRATA_QOP_DIGITAL:
      first = (o->by_row >> input & 1) != 0 && in->height == out->height ? row : 0;
      break;
    default: /* reads all rows to the end, as far as anybody knows */
      break;
    }
  return (int) CLAMP (first, 0, in->height - 1);
}

/* --- check --- */

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

/* Elements that say nothing of a scale */
static gboolean
is_plain (StrataFormat format)
{
  return format == STRATA_FORMAT_F32 || format == STRATA_FORMAT_I32;
}

static gboolean
check_integers (const StrataQTensor *t, int id, GError **error)
{
  gboolean real = t->dtype == STRATA_DTYPE_INVALID;

  if ((guint) t->dtype > STRATA_DTYPE_BOOL || t->dtype == STRATA_DTYPE_F32 || t->dtype == STRATA_DTYPE_F64
      || t->dtype == STRATA_DTYPE_F16 || real == (t->format == STRATA_FORMAT_I32))
    return fail (error, NULL, "tensor %d of format %s stands for elements of type %d", id, format_names[t->format],
                 (int) t->dtype);
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
  if (is_plain (t->format))
    return TRUE;
  format_range (t->format, &lo, &hi);
  if (!(t->scale > 0) || !isfinite (t->scale) || t->zero_point < lo || t->zero_point > hi)
    return fail (error, NULL, "tensor %d has scale %g and zero point %d", id, t->scale, t->zero_point);
  return TRUE;
}

static gboolean
has_window (const StrataQOp *op)
{
  return op->kind == STRATA_QOP_MVM || op->kind == STRATA_QOP_MAC || op->kind == STRATA_QOP_MAX_POOL
         || op->kind == STRATA_QOP_AVG_POOL;
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
      && (op->kind == STRATA_QOP_MVM || op->kind == STRATA_QOP_MAC || out->height < height || out->height > height + 1
          || out->width < width || out->width > width + 1))
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
    return fail (error, op, "its input %s is %s, not i8", in->name, format_names[in->format]);
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
         && (is_plain (a->format) ? a->dtype == b->dtype : a->scale == b->scale && a->zero_point == b->zero_point);
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
  if (!is_plain (out->format))
    {
      format_range (out->format, &lo, &hi);
      if (op->clamp_lo < lo || op->clamp_hi > hi || op->clamp_lo > op->clamp_hi)
        return fail (error, op, "it clamps to %d … %d, outside %s", op->clamp_lo, op->clamp_hi,
                     format_names[out->format]);
    }
  else if (!(op->clamp_lo_f <= op->clamp_hi_f))
    return fail (error, op, "it clamps to %g … %g", (double) op->clamp_lo_f, (double) op->clamp_hi_f);
  if (!check_formats (graph, op, error) || !check_shapes (graph, op, error))
    return FALSE;
  if (has_window (op) && !check_window (graph, op, error))
    return FALSE;
  if (op->kind == STRATA_QOP_MVM || op->kind == STRATA_QOP_MAC)
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

/* --- print and hash --- */

static void
print_tensor (GString *text, const StrataQGraph *graph, int id)
{
  const StrataQTensor *t = &graph->tensors[id];

  g_string_append_printf (text, "tensor %d %s %dx%dx%d %s", id, t->name, t->channels, t->height, t->width,
                          format_names[t->format]);
  if (t->tokens)
    g_string_append (text, " tokens");
  if (t->format == STRATA_FORMAT_I32)
    g_string_append_printf (text, " %s", strata_dtype_name (t->dtype));
  if (!is_plain (t->format))
    g_string_append_printf (text, " scale %.9g zero %d", t->scale, t->zero_point);
  g_string_append (text, t->guessed ? " guessed\n" : "\n");
}

static guint64
weights_hash (const StrataQOp *op)
{
  g_autoptr (StrataHasher) hasher = NULL;

  if (op->weights == NULL)
    return 0;
  hasher = strata_hasher_new ();
  strata_hasher_bytes (hasher, op->weights, sizeof (gint16) * (gsize) op->n * (gsize) op->k);
  strata_hasher_bytes (hasher, op->bias, sizeof (gint32) * (gsize) op->n);
  for (int n = 0; n < op->n; n++)
    strata_hasher_double (hasher, op->multiplier[n]);
  return strata_hasher_digest (hasher);
}

static void
print_digital (GString *text, const StrataQOp *op)
{
  const StrataDigital *digital = op->digital;
  gsize n_bytes;
  gconstpointer bytes = g_bytes_get_data (digital->bytes, &n_bytes);

  for (int i = 0; i < op->n_more_outputs; i++)
    g_string_append_printf (text, " %d", op->more_outputs[i]);
  g_string_append_printf (text,
                          "%s by-row %x nodes %d macs %" G_GINT64_FORMAT " vector %" G_GINT64_FORMAT
                          " table %" G_GINT64_FORMAT " model %016" G_GINT64_MODIFIER "x\n",
                          op->streams ? " streams" : "", op->by_row, digital->graph->n_nodes, digital->n_macs,
                          digital->n_vector_ops, digital->table_bytes, strata_hash_bytes (bytes, n_bytes));
}

static void
print_op (GString *text, const StrataQGraph *graph, int id)
{
  const StrataQOp *op = &graph->ops[id];
  const StrataWindow *w = &op->window;

  g_string_append_printf (text, "op %d %s %s (%s) node %d in", id, kinds[op->kind].name, op->name, op->onnx, op->node);
  for (int i = 0; i < op->n_inputs; i++)
    g_string_append_printf (text, " %d", op->inputs[i]);
  g_string_append_printf (text, " out %d", op->output);
  if (op->kind == STRATA_QOP_DIGITAL)
    {
      print_digital (text, op);
      return;
    }
  if (has_window (op))
    g_string_append_printf (text, " kernel %dx%d stride %dx%d pad %d,%d,%d,%d groups %d", w->kernel_h, w->kernel_w,
                            w->stride_h, w->stride_w, w->pad_top, w->pad_left, w->pad_bottom, w->pad_right, w->groups);
  if (op->kind == STRATA_QOP_MVM || op->kind == STRATA_QOP_MAC)
    g_string_append_printf (
      text,
      " k %d n %d max %d slices %d reads %d blocks %d rms %d peak %d toggles %d %d weights %016" G_GINT64_MODIFIER "x",
      op->k, op->n, op->weight_max, op->n_slices, op->n_reads, op->block_rows, op->x_rms, op->x_peak, op->x_toggles,
      op->x_repeats, weights_hash (op));
  else if (op->multiplier != NULL)
    g_string_append_printf (text, " multiplier %.9g", op->multiplier[0]);
  if (op->kind == STRATA_QOP_ADD)
    for (int i = 0; i < op->n_inputs; i++)
      g_string_append_printf (text, " x%.9g", op->input_multiplier[i]);
  if (op->kind == STRATA_QOP_MOVE)
    g_string_append_printf (text, " offset %d,%d,%d stride %dx%d", op->offset_c, op->offset_h, op->offset_w,
                            w->stride_h, w->stride_w);
  if (op->kind == STRATA_QOP_ACTIVATE)
    g_string_append_printf (text, " %s", function_names[op->function]);
  if (graph->tensors[op->output].format == STRATA_FORMAT_F32)
    g_string_append_printf (text, " clamp %g … %g\n", (double) op->clamp_lo_f, (double) op->clamp_hi_f);
  else
    g_string_append_printf (text, " clamp %d … %d\n", op->clamp_lo, op->clamp_hi);
}

static void
print_ids (GString *text, const char *title, const int *ids, int n)
{
  g_string_append (text, title);
  for (int i = 0; i < n; i++)
    g_string_append_printf (text, " %d", ids[i]);
  g_string_append_c (text, '\n');
}

char *
strata_qgraph_print (const StrataQGraph *graph)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (graph != NULL, NULL);
  g_string_append_printf (text, "quantised graph: %d ops, %d tensors, %s\n", graph->n_ops, graph->n_tensors,
                          graph->quantised_source ? "scales of the file"
                          : graph->weightless     ? "weightless"
                          : graph->calibrated     ? "calibrated"
                                                  : "ranges guessed");
  print_ids (text, "inputs", graph->inputs, graph->n_inputs);
  print_ids (text, "outputs", graph->outputs, graph->n_outputs);
  for (int i = 0; i < graph->n_tensors; i++)
    print_tensor (text, graph, i);
  for (int i = 0; i < graph->n_ops; i++)
    print_op (text, graph, i);
  print_ids (text, "node_op", graph->node_op, graph->n_nodes);
  return g_string_free (text, FALSE);
}

static void
hash_ints (StrataHasher *hasher, const int *values, int n)
{
  strata_hasher_int (hasher, n);
  for (int i = 0; i < n; i++)
    strata_hasher_int (hasher, values[i]);
}

static void
hash_op (StrataHasher *hasher, const StrataQOp *op, gboolean weights)
{
  const StrataWindow *w = &op->window;
  const int integers[] = {
    (int) op->kind,    op->node,           op->output,     op->n,        op->k,         op->weight_max,
    op->n_slices,      op->n_reads,        op->block_rows, op->x_rms,    op->x_peak,    op->x_toggles,
    op->x_repeats,     op->clamp_lo,       op->clamp_hi,   op->offset_c, op->offset_h,  op->offset_w,
    op->count_padding, (int) op->function, w->kernel_h,    w->kernel_w,  w->stride_h,   w->stride_w,
    w->dilation_h,     w->dilation_w,      w->pad_top,     w->pad_left,  w->pad_bottom, w->pad_right,
    w->groups,
  };

  strata_hasher_string (hasher, op->name);
  strata_hasher_string (hasher, op->onnx);
  hash_ints (hasher, integers, G_N_ELEMENTS (integers));
  hash_ints (hasher, op->inputs, op->n_inputs);
  hash_ints (hasher, op->more_outputs, op->n_more_outputs);
  strata_hasher_int (hasher, op->by_row);
  strata_hasher_int (hasher, op->streams);
  if (op->digital != NULL)
    {
      gsize n_bytes;
      gconstpointer bytes = g_bytes_get_data (op->digital->bytes, &n_bytes);

      strata_hasher_int (hasher, (gint64) strata_hash_bytes (bytes, n_bytes));
    }
  strata_hasher_double (hasher, (double) op->clamp_lo_f);
  strata_hasher_double (hasher, (double) op->clamp_hi_f);
  for (int i = 0; i < op->n_inputs && op->kind == STRATA_QOP_ADD; i++)
    strata_hasher_double (hasher, op->input_multiplier[i]);
  if (op->kind == STRATA_QOP_MVM || op->kind == STRATA_QOP_MAC)
    strata_hasher_int (hasher, weights ? (gint64) weights_hash (op) : op->weights != NULL);
  else if (op->multiplier != NULL)
    strata_hasher_double (hasher, op->multiplier[0]);
}

static guint64
hash_graph (const StrataQGraph *graph, gboolean weights)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_int (hasher, graph->n_tensors);
  for (int i = 0; i < graph->n_tensors; i++)
    {
      const StrataQTensor *t = &graph->tensors[i];
      const int integers[] = {
        t->channels,    t->height,     t->width,    t->tokens,  (int) t->format,
        (int) t->dtype, t->zero_point, t->producer, t->guessed,
      };

      strata_hasher_string (hasher, t->name);
      hash_ints (hasher, integers, G_N_ELEMENTS (integers));
      strata_hasher_double (hasher, t->scale);
    }
  strata_hasher_int (hasher, graph->n_ops);
  for (int i = 0; i < graph->n_ops; i++)
    hash_op (hasher, &graph->ops[i], weights);
  hash_ints (hasher, graph->inputs, graph->n_inputs);
  hash_ints (hasher, graph->outputs, graph->n_outputs);
  hash_ints (hasher, graph->node_op, graph->n_nodes);
  strata_hasher_int (hasher, graph->quantised_source);
  strata_hasher_int (hasher, graph->calibrated);
  strata_hasher_int (hasher, graph->weightless);
  return strata_hasher_digest (hasher);
}

guint64
strata_qgraph_hash (const StrataQGraph *graph)
{
  g_return_val_if_fail (graph != NULL, 0);
  return hash_graph (graph, TRUE);
}

guint64
strata_qgraph_shape_hash (const StrataQGraph *graph)
{
  g_return_val_if_fail (graph != NULL, 0);
  return hash_graph (graph, FALSE);
}

StrataQGraph *
strata_qgraph_share (const StrataQGraph *graph)
{
  StrataQGraph *copy = g_new (StrataQGraph, 1);

  *copy = *graph;
  copy->arena = strata_arena_new ();
  strata_arena_keep (copy->arena, graph->arena);
  copy->tensors = strata_arena_memdup (copy->arena, graph->tensors, sizeof *graph->tensors * (gsize) graph->n_tensors);
  copy->ops = strata_arena_memdup (copy->arena, graph->ops, sizeof *graph->ops * (gsize) graph->n_ops);
  for (int i = 0; i < copy->n_ops; i++)
    if (copy->ops[i].digital != NULL)
      copy->ops[i].digital = strata_digital_ref (copy->ops[i].digital);
  return copy;
}

void
strata_qgraph_free (StrataQGraph *graph)
{
  if (graph == NULL)
    return;
  for (int i = 0; i < graph->n_ops; i++)
    strata_digital_free (graph->ops[i].digital);
  strata_arena_free (graph->arena);
  g_free (graph);
}
