/* SPDX-License-Identifier: Apache-2.0
 *
 * The quantised graph from the lowered one and what is known of its tensors: formats, scales, integer weights, and the
 * conversions in between. Scales of the file are taken exactly: multiplier = input scale * weight scale / output scale
 * in double.
 */
#include "compiler/quantise/integers.h"

#include <math.h>

#include "compiler/quantise/formats.h"
#include "compiler/quantise/ranges.h"
#include "compiler/quantise/toggles.h"
#include "program/stream.h"

typedef struct
{
  const StrataIntegersInput *from;
  const StrataFormat *formats;
  StrataArena *arena;    /* of the graph */
  GArray *tensors, *ops; /* StrataQTensor, StrataQOp */
  int *made;             /* per lowered tensor: its tensor, -1: not yet */
  int *narrow;           /* per lowered tensor: its int8 version */
  int *op_of;            /* per lowered op */
} Build;

static StrataQTensor *
tensor_at (Build *build, int id)
{
  return &g_array_index (build->tensors, StrataQTensor, id);
}

static int
add_tensor (Build *build, int source, const char *suffix, StrataFormat format)
{
  const StrataLoweredTensor *t = &build->from->lowered->tensors[source];
  StrataQTensor q = { 0 };

  q.name = suffix[0] != '\0' ? strata_arena_printf (build->arena, "%s%s", t->name, suffix)
                             : strata_arena_strdup (build->arena, t->name);
  q.channels = t->channels;
  q.height = t->height;
  q.width = t->width;
  q.format = format;
  q.producer = -1;
  q.tokens = t->tokens;
  q.dtype = format == STRATA_FORMAT_I32 ? t->dtype : STRATA_DTYPE_INVALID;
  if (strata_format_has_scale (format))
    {
      q.scale = t->scale;
      q.zero_point = t->zero_point;
      q.guessed = build->from->guessed && !t->quantised;
      if (!t->quantised)
        strata_choose_scale (&build->from->stats[source],
                             (build->from->calibration->without & STRATA_QUANTISE_RANGES) == 0, &q);
    }
  g_array_append_val (build->tensors, q);
  return (int) build->tensors->len - 1;
}

static void
copy_codes (Build *build, int from, int to)
{
  const StrataQTensor in = *tensor_at (build, from);
  StrataQTensor *out = tensor_at (build, to);

  out->format = in.format;
  out->scale = in.scale;
  out->zero_point = in.zero_point;
  out->guessed = in.guessed;
}

static void
set_clamp (Build *build, StrataQOp *op, double lo, double hi)
{
  const StrataQTensor *out = tensor_at (build, op->output);
  int least = out->format == STRATA_FORMAT_I16 ? -32768 : -128, most = out->format == STRATA_FORMAT_I16 ? 32767 : 127;

  op->clamp_lo_f = (float) lo;
  op->clamp_hi_f = (float) hi;
  if (!strata_format_has_scale (out->format))
    return;
  op->clamp_lo = isfinite (lo) ? (int) CLAMP (rint (lo / out->scale) + out->zero_point, least, most) : least;
  op->clamp_hi = isfinite (hi) ? (int) CLAMP (rint (hi / out->scale) + out->zero_point, least, most) : most;
}

static int
append_op (Build *build, StrataQOp *op)
{
  int id = (int) build->ops->len;

  for (int i = 0; i <= op->n_more_outputs; i++)
    tensor_at (build, strata_qop_output (op, i))->producer = id;
  g_array_append_val (build->ops, *op);
  return id;
}

static double *
one_multiplier (Build *build, double value)
{
  double *multiplier = strata_arena_array (build->arena, double, 1);

  multiplier[0] = value;
  return multiplier;
}

static StrataQOp
new_op (StrataQOpKind kind, const char *name, const char *onnx, int node, int input, int output)
{
  StrataQOp op = { 0 };

  op.kind = kind;
  op.name = name;
  op.onnx = onnx;
  op.node = node;
  op.inputs[0] = input;
  op.n_inputs = 1;
  op.output = output;
  op.window = (StrataWindow){ 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 };
  return op;
}

/* An op of the compiler's own that brings @from into the format and scale of @to. */
static void
convert (Build *build, int from, int to)
{
  const StrataQTensor *in = tensor_at (build, from), *out = tensor_at (build, to);
  StrataQOpKind kind = in->format == STRATA_FORMAT_F32    ? STRATA_QOP_QUANTISE
                       : out->format == STRATA_FORMAT_F32 ? STRATA_QOP_DEQUANTISE
                                                          : STRATA_QOP_REQUANTISE;
  const char *onnx = kind == STRATA_QOP_QUANTISE     ? "QuantizeLinear"
                     : kind == STRATA_QOP_DEQUANTISE ? "DequantizeLinear"
                                                     : "Requantise";
  StrataQOp op = new_op (kind, out->name, onnx, -1, from, to);

  op.name = strata_arena_printf (build->arena, "%s.%s", in->name, strata_qop_name (kind));
  if (kind == STRATA_QOP_REQUANTISE)
    op.multiplier = one_multiplier (build, in->scale / out->scale);
  set_clamp (build, &op, -INFINITY, INFINITY);
  append_op (build, &op);
}

/* The int8 version of a lowered tensor, made once. */
static int
as_narrow (Build *build, int source)
{
  int tensor = build->made[source];

  if (tensor_at (build, tensor)->format == STRATA_FORMAT_I8)
    return tensor;
  if (build->narrow[source] < 0)
    {
      build->narrow[source] = add_tensor (build, source, ".i8", STRATA_FORMAT_I8);
      convert (build, tensor, build->narrow[source]);
    }
  return build->narrow[source];
}

/* Keys and values that stay from call to call: a byte each in external memory (hardware-facts 10.6), two in SRAM
 * (design 7, Numbers) */
static StrataFormat
cache_format (const Build *build)
{
  return build->from->chip->dram_bytes > 0 ? STRATA_FORMAT_I8 : STRATA_FORMAT_I16;
}

/* What attention reads of lowered tensor @source, an input of the network, as its past */
static int
as_cache (Build *build, int source)
{
  int tensor = build->made[source], made;

  if (build->from->lowered->tensors[source].producer >= 0 || tensor_at (build, tensor)->format != STRATA_FORMAT_F32
      || build->from->stats[source].is_open)
    return tensor;
  if (cache_format (build) == STRATA_FORMAT_I8)
    return as_narrow (build, source);
  made = add_tensor (build, source, ".i16", STRATA_FORMAT_I16);
  convert (build, tensor, made);
  return made;
}

/* What @op reads as its input: floats where it computes in floats, int8 for products, otherwise whatever is there. */
static int
operand (Build *build, const StrataLoweredOp *op, int input)
{
  int source = op->inputs[input], tensor = build->made[source];
  gboolean is_real = tensor_at (build, tensor)->format == STRATA_FORMAT_F32;
  gboolean out_real = build->formats[op->output] == STRATA_FORMAT_F32;

  switch (op->kind)
    {
    case STRATA_QOP_MVM:
    case STRATA_QOP_MAC:
      return as_narrow (build, source);
    case STRATA_QOP_SOFTMAX:
    case STRATA_QOP_QUANTISE:
    case STRATA_QOP_DEQUANTISE:
    case STRATA_QOP_DIGITAL:
      return tensor;
    case STRATA_QOP_ACTIVATE:
    case STRATA_QOP_MOVE:
    case STRATA_QOP_RESHAPE:
      return is_real && !out_real ? as_narrow (build, source) : tensor;
    default:
      return is_real ? as_narrow (build, source) : tensor;
    }
}

/* What is known of a product whose weights are absent: its size. */
static void
fill_weightless (Build *build, const StrataLoweredOp *op, StrataQOp *q)
{
  strata_quantise_levels (op, build->from->chip, build->from->calibration, q);
  q->n_reads = MAX (build->from->calibration->n_reads, 1);
  q->n = op->n;
  q->k = op->k;
}

static gboolean
fill_product (Build *build, const StrataLoweredOp *op, StrataQOp *q, GError **error)
{
  const StrataQTensor in = *tensor_at (build, q->inputs[0]), out = *tensor_at (build, q->output);
  const StrataTensorStats *stats = &build->from->stats[op->inputs[0]];
  double *scale = strata_arena_array (build->arena, double, op->n), *means = NULL;
  double rms;

  strata_quantise_levels (op, build->from->chip, build->from->calibration, q);
  q->n_reads = MAX (build->from->calibration->n_reads, 1);
  if (stats->count > 0)
    {
      means = strata_arena_array (build->arena, double, in.channels);
      for (int c = 0; c < in.channels; c++)
        means[c] = stats->channel_sums[c] * in.channels / (double) stats->count;
      rms = sqrt (stats->sum_squares / (double) stats->count) / in.scale;
      q->x_peak = (int) CLAMP (rint (MAX (stats->max * 1, -stats->min) / in.scale), 1, 255);
      q->x_rms = (int) CLAMP (rint (rms), 1, q->x_peak);
    }
  if (!build->from->guessed)
    strata_quantise_toggles (stats, build->from->chip, &in, &out, q);
  if (build->from->guessed || (build->from->calibration->without & STRATA_QUANTISE_BIAS) != 0 || op->keeps_bias)
    means = NULL;
  if (!strata_quantise_weights (op, &in, means, (build->from->calibration->without & STRATA_QUANTISE_CHANNELS) == 0,
                                build->arena, q, scale, error))
    return FALSE;
  for (int n = 0; n < op->n; n++)
    scale[n] *= out.format == STRATA_FORMAT_F32 ? in.scale : in.scale / out.scale;
  q->multiplier = scale;
  return TRUE;
}

static void
fill_multipliers (Build *build, StrataQOp *q)
{
  const StrataQTensor *out = tensor_at (build, q->output);

  if (q->kind == STRATA_QOP_ADD)
    for (int i = 0; i < q->n_inputs; i++)
      q->input_multiplier[i] = tensor_at (build, q->inputs[i])->scale / out->scale;
  if (q->kind == STRATA_QOP_AVG_POOL || q->kind == STRATA_QOP_REQUANTISE)
    q->multiplier = one_multiplier (build, tensor_at (build, q->inputs[0])->scale / out->scale);
}

static void
fill_digital (Build *build, const StrataLoweredOp *op, StrataQOp *q, guint32 present)
{
  for (int i = 0; i < op->n_more_outputs; i++)
    {
      int source = op->more_outputs[i];
      gboolean cache = (present >> (i + 1) & 1) != 0 && build->formats[source] == STRATA_FORMAT_F32;

      q->more_outputs[i] = build->made[source] =
        add_tensor (build, source, "", cache ? cache_format (build) : build->formats[source]);
    }
  q->n_more_outputs = op->n_more_outputs;
  q->by_row = op->by_row;
  q->streams = op->streams;
}

/* What computes the op, and why; of grouped products the map says it. */
static void
explain (const Build *build, const StrataLoweredOp *op, int id)
{
  const StrataQOp *q = &g_array_index (build->ops, StrataQOp, id);
  const StrataLoweredTensor *out = &build->from->lowered->tensors[op->output];
  gint64 n_positions = (gint64) out->height * out->width;

  if (op->kind == STRATA_QOP_MVM)
    strata_decisions_add (build->from->decisions, STRATA_REASON_ANALOG, id, -1, q->n_slices,
                          "%s multiplies %" G_GINT64_FORMAT " vectors by one constant matrix of %d x %d, in %d cells a "
                          "weight",
                          op->onnx, n_positions, op->k, op->n, q->n_slices);
  else if (op->kind == STRATA_QOP_DIGITAL)
    strata_decisions_add (build->from->decisions, STRATA_REASON_DIGITAL, id, -1, q->digital->n_macs,
                          "%s: %" G_GINT64_FORMAT " multiply-accumulates, %" G_GINT64_FORMAT
                          " vector operations and constants of %" G_GINT64_FORMAT " bytes; %s",
                          op->onnx, q->digital->n_macs, q->digital->n_vector_ops, q->digital->table_bytes, op->why);
}

static gboolean
build_op (Build *build, int id, GError **error)
{
  const StrataLoweredOp *op = &build->from->lowered->ops[id];
  StrataDigital *digital = op->digital != NULL ? strata_digital_new (op->digital, op->n_inputs, op->name, error) : NULL;
  int inputs[STRATA_QOP_MAX_INPUTS] = { 0 };
  guint32 past = 0, present = 0;
  StrataQOp q;

  if (op->kind == STRATA_QOP_DIGITAL && digital == NULL)
    return FALSE;
  if (digital != NULL)
    past = strata_stream_find_caches (digital->graph, &present);
  for (int i = 0; i < op->n_inputs; i++)
    inputs[i] = (past >> i & 1) != 0 ? as_cache (build, op->inputs[i]) : operand (build, op, i);
  build->made[op->output] = add_tensor (build, op->output, "", build->formats[op->output]);
  if (op->kind == STRATA_QOP_MAX_POOL || op->kind == STRATA_QOP_MOVE || op->kind == STRATA_QOP_RESHAPE)
    copy_codes (build, inputs[0], build->made[op->output]);
  q = new_op (op->kind, strata_arena_strdup (build->arena, op->name), strata_arena_strdup (build->arena, op->onnx),
              op->node, inputs[0], build->made[op->output]);
  for (int i = 0; i < op->n_inputs; i++)
    q.inputs[i] = inputs[i];
  q.n_inputs = op->n_inputs;
  q.window = op->window;
  q.offset_c = op->offset_c;
  q.offset_h = op->offset_h;
  q.offset_w = op->offset_w;
  q.count_padding = op->count_padding;
  q.function = op->function;
  set_clamp (build, &q, op->clamp_lo, op->clamp_hi);
  q.digital = digital;
  if (digital != NULL)
    fill_digital (build, op, &q, present);
  else if (op->weightless)
    fill_weightless (build, op, &q);
  else if (strata_qop_is_product (op->kind) && !fill_product (build, op, &q, error))
    return FALSE;
  fill_multipliers (build, &q);
  build->op_of[id] = append_op (build, &q);
  explain (build, op, build->op_of[id]);
  return TRUE;
}

/* Integer outputs of float models return to floats at the port. */
static void
build_outputs (Build *build, int *outputs)
{
  for (int i = 0; i < build->from->lowered->n_outputs; i++)
    {
      int source = build->from->lowered->outputs[i], tensor = build->made[source];

      outputs[i] = tensor;
      if (!strata_format_has_scale (tensor_at (build, tensor)->format))
        continue;
      outputs[i] = add_tensor (build, source, ".f32", STRATA_FORMAT_F32);
      convert (build, tensor, outputs[i]);
    }
}

static StrataQGraph *
finish (Build *build, int *outputs)
{
  const StrataLowered *lowered = build->from->lowered;
  const StrataCalibration *calibration = build->from->calibration;
  StrataQGraph *graph = g_new0 (StrataQGraph, 1);
  gboolean synthetic = calibration->samples == NULL || calibration->n_samples < 1;

  graph->arena = build->arena;
  graph->n_tensors = (int) build->tensors->len;
  graph->n_ops = (int) build->ops->len;
  graph->tensors =
    strata_arena_memdup (build->arena, build->tensors->data, sizeof (StrataQTensor) * build->tensors->len);
  graph->ops = strata_arena_memdup (build->arena, build->ops->data, sizeof (StrataQOp) * build->ops->len);
  graph->outputs = outputs;
  graph->n_outputs = lowered->n_outputs;
  graph->inputs = strata_arena_array (build->arena, int, lowered->n_inputs + 1);
  graph->n_inputs = lowered->n_inputs;
  for (int i = 0; i < lowered->n_inputs; i++)
    graph->inputs[i] = build->made[lowered->inputs[i]];
  graph->node_op = strata_arena_array (build->arena, int, lowered->n_nodes + 1);
  graph->n_nodes = lowered->n_nodes;
  for (int i = 0; i < lowered->n_nodes; i++)
    graph->node_op[i] = lowered->node_op[i] >= 0 ? build->op_of[lowered->node_op[i]] : -1;
  graph->quantised_source = lowered->n_quantised > 0;
  graph->weightless = build->from->weightless;
  graph->calibrated = !graph->quantised_source && !synthetic && !build->from->weightless;
  return graph;
}

static StrataQGraph *
build_graph (Build *build, GError **error)
{
  const StrataLowered *lowered = build->from->lowered;
  int *outputs = strata_arena_array (build->arena, int, lowered->n_outputs + 1);

  for (int i = 0; i < lowered->n_inputs; i++)
    build->made[lowered->inputs[i]] = add_tensor (build, lowered->inputs[i], "", build->formats[lowered->inputs[i]]);
  for (int i = 0; i < lowered->n_ops; i++)
    if (g_cancellable_set_error_if_cancelled (build->from->calibration->cancellable, error)
        || !build_op (build, i, error))
      return NULL;
  build_outputs (build, outputs);
  return finish (build, outputs);
}

StrataQGraph *
strata_quantise_integers (const StrataIntegersInput *input, int *op_of, GError **error)
{
  const int n_tensors = input->lowered->n_tensors;
  g_autofree StrataFormat *formats = strata_choose_formats (input->lowered, input->stats);
  g_autofree int *made = g_new (int, n_tensors + 1), *narrow = g_new (int, n_tensors + 1);
  g_autoptr (GArray) tensors = g_array_new (FALSE, TRUE, sizeof (StrataQTensor));
  g_autoptr (GArray) ops = g_array_new (FALSE, TRUE, sizeof (StrataQOp));
  Build build = { input, formats, strata_arena_new (), tensors, ops, made, narrow, op_of };
  StrataQGraph *graph;

  for (int i = 0; i < n_tensors; i++)
    made[i] = narrow[i] = -1;
  graph = build_graph (&build, error);
  if (graph != NULL)
    return graph;
  for (guint i = 0; i < ops->len; i++)
    strata_digital_free (g_array_index (ops, StrataQOp, i).digital);
  strata_arena_free (build.arena);
  return NULL;
}
