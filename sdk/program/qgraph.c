/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be asked of the quantised graph, and its lifecycle.
 */
#include "program/qgraph.h"

const char *
strata_qop_name (StrataQOpKind kind)
{
  static const char *const names[] = {
#define STRATA_QOP(id, name, unit, meaning) name,
#include "program/qops.def"
#undef STRATA_QOP
  };

  g_return_val_if_fail ((guint) kind < STRATA_N_QOPS, NULL);
  return names[kind];
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

const char *
strata_format_name (StrataFormat format)
{
  static const char *const names[] = { "i8", "i16", "f32", "i32" };

  g_return_val_if_fail ((guint) format <= STRATA_FORMAT_I32, NULL);
  return names[format];
}

gboolean
strata_format_has_scale (StrataFormat format)
{
  return format == STRATA_FORMAT_I8 || format == STRATA_FORMAT_I16;
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

gboolean
strata_qop_is_product (StrataQOpKind kind)
{
  return kind == STRATA_QOP_MVM || kind == STRATA_QOP_MAC;
}

gboolean
strata_qop_has_window (StrataQOpKind kind)
{
  return strata_qop_is_product (kind) || kind == STRATA_QOP_MAX_POOL || kind == STRATA_QOP_AVG_POOL;
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
