/* SPDX-License-Identifier: Apache-2.0
 *
 * Check, print and free of the lowered graph.
 */
#include "compiler/lower/lowered.h"

#include <math.h>

static gboolean G_GNUC_PRINTF (3, 4) fail (const StrataLowered *lowered, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED, "%s: lowered graph: %s", lowered->path,
               text);
  return FALSE;
}

static gboolean
check_product (const StrataLowered *lowered, const StrataLoweredOp *op, GError **error)
{
  const StrataLoweredTensor *in = &lowered->tensors[op->inputs[0]], *out = &lowered->tensors[op->output];
  const StrataWindow *w = &op->window;

  if (w->groups < 1 || in->channels % w->groups != 0 || out->channels % w->groups != 0)
    return fail (lowered, error, "node %s (%s): %d groups do not divide %d and %d channels; export a valid Conv",
                 op->name, op->onnx, w->groups, in->channels, out->channels);
  if (op->n != out->channels || (gint64) op->k != (gint64) in->channels / w->groups * w->kernel_h * w->kernel_w)
    return fail (lowered, error, "node %s (%s): its %d x %d weights do not fit its tensors; export matching shapes",
                 op->name, op->onnx, op->n, op->k);
  if ((!op->weightless && (op->weights == NULL) == (op->integers == NULL)) || op->scale == NULL)
    return fail (lowered, error, "node %s (%s): it has no weights", op->name, op->onnx);
  for (int n = 0; n < op->n; n++)
    if (!isfinite (op->scale[n]) || (op->bias != NULL && !isfinite (op->bias[n])))
      return fail (lowered, error, "node %s (%s): scale or bias of output %d is not finite; check the model's weights",
                   op->name, op->onnx, n);
  return TRUE;
}

static gboolean
same_planes (const StrataLoweredTensor *a, const StrataLoweredTensor *b)
{
  return a->channels == b->channels && a->height == b->height && a->width == b->width;
}

static gint64
count_elements (const StrataLoweredTensor *t)
{
  return (gint64) t->channels * t->height * t->width;
}

/* What does not change the shape, or only the planes, keeps it. */
static gboolean
check_shapes (const StrataLowered *lowered, const StrataLoweredOp *op, GError **error)
{
  const StrataLoweredTensor *in = &lowered->tensors[op->inputs[0]], *out = &lowered->tensors[op->output];
  gboolean ok = TRUE;

  switch (op->kind)
    {
    case STRATA_QOP_ADD:
      for (int i = 0; i < op->n_inputs; i++)
        ok = ok && same_planes (&lowered->tensors[op->inputs[i]], out);
      break;
    case STRATA_QOP_MAX_POOL:
    case STRATA_QOP_AVG_POOL:
      ok = in->channels == out->channels;
      break;
    case STRATA_QOP_RESHAPE:
      ok = count_elements (in) == count_elements (out);
      break;
    case STRATA_QOP_SOFTMAX:
    case STRATA_QOP_ACTIVATE:
    case STRATA_QOP_QUANTISE:
    case STRATA_QOP_DEQUANTISE:
      ok = same_planes (in, out);
      break;
    default:
      break;
    }
  return ok
         || fail (lowered, error, "op %s (%s): its output %s is %d x %d x %d, which its inputs do not give", op->name,
                  op->onnx, out->name, out->channels, out->height, out->width);
}

static gboolean
check_op (const StrataLowered *lowered, int id, GError **error)
{
  const StrataLoweredOp *op = &lowered->ops[id];

  for (int i = 0; i <= op->n_more_outputs; i++)
    {
      int out = i == 0 ? op->output : op->more_outputs[i - 1];

      if (out < 0 || out >= lowered->n_tensors || lowered->tensors[out].producer != id)
        return fail (lowered, error, "op %d (%s) does not make its output %d", id, op->name, i);
    }
  if ((op->kind == STRATA_QOP_DIGITAL) != (op->digital != NULL))
    return fail (lowered, error, "op %d (%s) has a digital model where none belongs, or lacks it", id, op->name);
  for (int i = 0; i < op->n_inputs; i++)
    if (op->inputs[i] < 0 || op->inputs[i] >= lowered->n_tensors || lowered->tensors[op->inputs[i]].producer >= id)
      return fail (lowered, error, "op %d (%s) reads a tensor that no earlier op makes", id, op->name);
  if (!(op->clamp_lo <= op->clamp_hi))
    return fail (lowered, error, "op %d (%s) clamps to %g … %g", id, op->name, op->clamp_lo, op->clamp_hi);
  if (!check_shapes (lowered, op, error))
    return FALSE;
  return !strata_qop_is_product (op->kind) || check_product (lowered, op, error);
}

gboolean
strata_lowered_check (const StrataLowered *lowered, GError **error)
{
  g_return_val_if_fail (lowered != NULL, FALSE);
  for (int i = 0; i < lowered->n_tensors; i++)
    {
      const StrataLoweredTensor *t = &lowered->tensors[i];

      if (t->channels < 1 || t->height < 1 || t->width < 1 || (gint64) t->channels * t->height * t->width > G_MAXINT32)
        return fail (lowered, error, "tensor %s has more than 2^31 elements or none", t->name);
      if (t->quantised && (!(t->scale > 0) || t->zero_point < -128 || t->zero_point > 127))
        return fail (lowered, error, "tensor %s has scale %g and zero point %d; int8 needs -128 … 127", t->name,
                     t->scale, t->zero_point);
    }
  for (int i = 0; i < lowered->n_ops; i++)
    if (!check_op (lowered, i, error))
      return FALSE;
  for (int i = 0; i < lowered->n_outputs; i++)
    if (lowered->outputs[i] < 0 || lowered->outputs[i] >= lowered->n_tensors)
      return fail (lowered, error, "output %d does not exist", i);
  for (int i = 0; i < lowered->n_nodes; i++)
    if (lowered->node_op[i] < -1 || lowered->node_op[i] >= lowered->n_ops)
      return fail (lowered, error, "node %d is covered by op %d, which does not exist", i, lowered->node_op[i]);
  return TRUE;
}

static void
print_op (GString *text, const StrataLowered *lowered, int id)
{
  const StrataLoweredOp *op = &lowered->ops[id];
  const StrataWindow *w = &op->window;

  g_string_append_printf (text, "op %d %s %s (%s) in", id, strata_qop_name (op->kind), op->name, op->onnx);
  for (int i = 0; i < op->n_inputs; i++)
    g_string_append_printf (text, " %d", op->inputs[i]);
  g_string_append_printf (text, " out %d", op->output);
  for (int i = 0; i < op->n_more_outputs; i++)
    g_string_append_printf (text, " %d", op->more_outputs[i]);
  if (op->digital != NULL)
    g_string_append_printf (text, "%s by-row %x model %" G_GSIZE_FORMAT " bytes: %s", op->streams ? " streams" : "",
                            op->by_row, g_bytes_get_size (op->digital), op->why);
  if (op->n > 0)
    g_string_append_printf (text, " k %d n %d %s", op->k, op->n,
                            op->weightless         ? "weightless"
                            : op->integers != NULL ? "integers"
                                                   : "floats");
  if (w->kernel_h * w->kernel_w > 1 || w->stride_h * w->stride_w > 1 || w->groups > 1)
    g_string_append_printf (text, " kernel %dx%d stride %dx%d pad %d,%d,%d,%d groups %d", w->kernel_h, w->kernel_w,
                            w->stride_h, w->stride_w, w->pad_top, w->pad_left, w->pad_bottom, w->pad_right, w->groups);
  if (op->kind == STRATA_QOP_MOVE)
    g_string_append_printf (text, " offset %d,%d,%d", op->offset_c, op->offset_h, op->offset_w);
  if (isfinite (op->clamp_lo) || isfinite (op->clamp_hi))
    g_string_append_printf (text, " clamp %g … %g", op->clamp_lo, op->clamp_hi);
  g_string_append_c (text, '\n');
}

char *
strata_lowered_print (const StrataLowered *lowered)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (lowered != NULL, NULL);
  g_string_append_printf (text, "lowered graph: %d ops, %d tensors, %d with the file's scale\n", lowered->n_ops,
                          lowered->n_tensors, lowered->n_quantised);
  for (int i = 0; i < lowered->n_tensors; i++)
    {
      const StrataLoweredTensor *t = &lowered->tensors[i];

      g_string_append_printf (text, "tensor %d %s %dx%dx%d", i, t->name, t->channels, t->height, t->width);
      if (t->tokens)
        g_string_append (text, " tokens");
      if (t->precise)
        g_string_append (text, " precise");
      if (t->dtype != STRATA_DTYPE_INVALID)
        g_string_append_printf (text, " %s", strata_dtype_name (t->dtype));
      if (t->quantised)
        g_string_append_printf (text, " scale %.9g zero %d", t->scale, t->zero_point);
      g_string_append_c (text, '\n');
    }
  for (int i = 0; i < lowered->n_ops; i++)
    print_op (text, lowered, i);
  g_string_append (text, "node_op");
  for (int i = 0; i < lowered->n_nodes; i++)
    g_string_append_printf (text, " %d", lowered->node_op[i]);
  g_string_append_c (text, '\n');
  return g_string_free (text, FALSE);
}

void
strata_lowered_free (StrataLowered *lowered)
{
  if (lowered == NULL)
    return;
  for (int i = 0; i < lowered->n_ops; i++)
    g_clear_pointer (&lowered->ops[i].digital, g_bytes_unref);
  strata_arena_free (lowered->arena);
  g_free (lowered);
}
