/* SPDX-License-Identifier: Apache-2.0
 *
 * The quantised graph from the lowered one: formats, scales, integer weights, and the conversions in between. Scales of
 * the file are taken exactly: multiplier = input scale * weight scale / output scale in double.
 */
#include <math.h>

#include "compiler/quantise/choose.h"
#include "compiler/quantise/equalise.h"
#include "compiler/quantise/formats.h"
#include "compiler/quantise/ranges.h"
#include "compiler/quantise/slices.h"
#include "compiler/quantise/toggles.h"
#include "compiler/quantise/verify.h"
#include "compiler/quantise/wide.h"
#include "program/stream.h"

typedef struct
{
  const StrataLowered *lowered;
  const StrataChipSpec *chip;
  const StrataTensorStats *stats;
  const StrataFormat *formats;
  StrataArena *arena;
  GArray *tensors, *ops; /* StrataQTensor, StrataQOp */
  GArray *source;        /* lowered tensor per tensor */
  StrataDecisions *decisions;
  int *made;   /* per lowered tensor: its tensor, -1: not yet */
  int *narrow; /* per lowered tensor: its int8 version */
  int *op_of;  /* per lowered op */
  gboolean guessed;
  gboolean weightless; /* nothing is known of any value */
  int n_reads;
  guint without;
  const StrataCalibration *calibration;
} Build;

static StrataQTensor *
tensor_at (Build *build, int id)
{
  return &g_array_index (build->tensors, StrataQTensor, id);
}

static int
add_tensor (Build *build, int source, const char *suffix, StrataFormat format)
{
  const StrataLoweredTensor *t = &build->lowered->tensors[source];
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
      q.guessed = build->guessed && !t->quantised;
      if (!t->quantised)
        strata_choose_scale (&build->stats[source], (build->without & STRATA_QUANTISE_RANGES) == 0, &q);
    }
  g_array_append_val (build->tensors, q);
  g_array_append_val (build->source, source);
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
  return build->chip->dram_bytes > 0 ? STRATA_FORMAT_I8 : STRATA_FORMAT_I16;
}

/* What attention reads of lowered tensor @source, an input of the network, as its past */
static int
as_cache (Build *build, int source)
{
  int tensor = build->made[source], made;

  if (build->lowered->tensors[source].producer >= 0 || tensor_at (build, tensor)->format != STRATA_FORMAT_F32
      || build->stats[source].is_open)
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
  strata_quantise_levels (op, build->chip, build->calibration, q);
  q->n_reads = build->n_reads;
  q->n = op->n;
  q->k = op->k;
}

static gboolean
fill_product (Build *build, const StrataLoweredOp *op, StrataQOp *q, GError **error)
{
  const StrataQTensor in = *tensor_at (build, q->inputs[0]), out = *tensor_at (build, q->output);
  const StrataTensorStats *stats = &build->stats[op->inputs[0]];
  double *scale = strata_arena_array (build->arena, double, op->n), *means = NULL;
  double rms;

  strata_quantise_levels (op, build->chip, build->calibration, q);
  q->n_reads = build->n_reads;
  if (stats->count > 0)
    {
      means = strata_arena_array (build->arena, double, in.channels);
      for (int c = 0; c < in.channels; c++)
        means[c] = stats->channel_sums[c] * in.channels / (double) stats->count;
      rms = sqrt (stats->sum_squares / (double) stats->count) / in.scale;
      q->x_peak = (int) CLAMP (rint (MAX (stats->max * 1, -stats->min) / in.scale), 1, 255);
      q->x_rms = (int) CLAMP (rint (rms), 1, q->x_peak);
    }
  if (!build->guessed)
    strata_quantise_toggles (stats, build->chip, &in, &out, q);
  if (build->guessed || (build->without & STRATA_QUANTISE_BIAS) != 0 || op->keeps_bias)
    means = NULL;
  if (!strata_quantise_weights (op, &in, means, (build->without & STRATA_QUANTISE_CHANNELS) == 0, build->arena, q,
                                scale, error))
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
  const StrataLoweredTensor *out = &build->lowered->tensors[op->output];
  gint64 n_positions = (gint64) out->height * out->width;

  if (op->kind == STRATA_QOP_MVM)
    strata_decisions_add (build->decisions, STRATA_REASON_ANALOG, id, -1, q->n_slices,
                          "%s multiplies %" G_GINT64_FORMAT " vectors by one constant matrix of %d x %d, in %d cells a "
                          "weight",
                          op->onnx, n_positions, op->k, op->n, q->n_slices);
  else if (op->kind == STRATA_QOP_DIGITAL)
    strata_decisions_add (build->decisions, STRATA_REASON_DIGITAL, id, -1, q->digital->n_macs,
                          "%s: %" G_GINT64_FORMAT " multiply-accumulates, %" G_GINT64_FORMAT
                          " vector operations and constants of %" G_GINT64_FORMAT " bytes; %s",
                          op->onnx, q->digital->n_macs, q->digital->n_vector_ops, q->digital->table_bytes, op->why);
}

static gboolean
build_op (Build *build, int id, GError **error)
{
  const StrataLoweredOp *op = &build->lowered->ops[id];
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
  for (int i = 0; i < build->lowered->n_outputs; i++)
    {
      int source = build->lowered->outputs[i], tensor = build->made[source];

      outputs[i] = tensor;
      if (!strata_format_has_scale (tensor_at (build, tensor)->format))
        continue;
      outputs[i] = add_tensor (build, source, ".f32", STRATA_FORMAT_F32);
      convert (build, tensor, outputs[i]);
    }
}

static StrataQGraph *
finish (Build *build, const StrataCalibration *calibration, int *outputs)
{
  const StrataLowered *lowered = build->lowered;
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
  graph->weightless = build->weightless;
  graph->calibrated = !graph->quantised_source && !synthetic && !build->weightless;
  return graph;
}

static StrataQGraph *
build_graph (Build *build, const StrataCalibration *calibration, GError **error)
{
  const StrataLowered *lowered = build->lowered;
  int *outputs = strata_arena_array (build->arena, int, lowered->n_outputs + 1);

  for (int i = 0; i < lowered->n_inputs; i++)
    build->made[lowered->inputs[i]] = add_tensor (build, lowered->inputs[i], "", build->formats[lowered->inputs[i]]);
  for (int i = 0; i < lowered->n_ops; i++)
    if (g_cancellable_set_error_if_cancelled (calibration->cancellable, error) || !build_op (build, i, error))
      return NULL;
  build_outputs (build, outputs);
  return finish (build, calibration, outputs);
}

/* Whether a layer takes fewer cells than the graph has that was made first */
static gboolean
takes_fewer (const GArray *fewer)
{
  gboolean any = FALSE;

  for (guint i = 0; fewer != NULL && i < fewer->len; i++)
    any |= g_array_index (fewer, StrataSliceChoice, i).fewer;
  return any;
}

/* TRUE: some layers take fewer cells per weight, all are in @fewer, and the graph is to be made anew. */
static gboolean
choose_slices (const Build *build,
               const StrataSensitivityInput *input,
               const StrataSensitivity *sensitivity,
               GArray **fewer)
{
  const StrataCalibration *calibration = build->calibration;
  g_autofree gboolean *settled = g_new0 (gboolean, input->quantised->n_ops + 1);

  /* What arrives is measured at the first output; of others nothing is known. */
  if ((build->without & STRATA_QUANTISE_SLICES) != 0 || input->lowered->n_outputs != 1)
    return FALSE;
  for (int i = 0; i < input->quantised->n_ops; i++)
    settled[i] = input->quantised->ops[i].node < 0;
  for (int i = 0; i < input->quantised->n_ops; i++)
    for (int c = 0; calibration->choices != NULL && c < calibration->n_choices; c++)
      settled[i] |=
        calibration->choices[c].node == input->quantised->ops[i].node && calibration->choices[c].n_slices > 0;
  *fewer = strata_choose_slices (input, sensitivity, build->stats, settled);
  if (takes_fewer (*fewer))
    return TRUE;
  strata_note_slices (*fewer, build->decisions);
  return FALSE;
}

/* Averaged reads per layer: what is asked for, else what the samples say. @fewer: see above */
static gboolean
set_reads (const Build *build,
           const StrataGraph *source,
           const StrataCalibration *calibration,
           StrataQGraph *graph,
           GArray **fewer,
           GError **error)
{
  g_autofree const double **gains = g_new (const double *, build->lowered->n_tensors + 1);
  const StrataSensitivityInput input = { source, build->lowered, graph, build->op_of, gains, build->chip, calibration };
  g_autofree int *fixed = g_new0 (int, graph->n_ops + 1);
  g_autoptr (StrataSensitivity) sensitivity = NULL;

  for (int t = 0; t < build->lowered->n_tensors; t++)
    gains[t] = build->stats[t].gains;
  for (int i = 0; i < graph->n_ops; i++)
    for (int c = 0; calibration->choices != NULL && c < calibration->n_choices; c++)
      if (calibration->choices[c].node == graph->ops[i].node && calibration->choices[c].n_reads > 0)
        fixed[i] = calibration->choices[c].n_reads;
  for (int i = 0; i < graph->n_ops; i++)
    if (fixed[i] > 0 && graph->ops[i].kind == STRATA_QOP_MVM)
      graph->ops[i].n_reads = fixed[i];
  if (build->guessed || calibration->n_reads > 0)
    return TRUE;
  sensitivity = strata_sensitivity_measure (&input, error);
  if (sensitivity == NULL)
    return FALSE;
  if (choose_slices (build, &input, sensitivity, fewer))
    return TRUE;
  return strata_choose_verified (&input, sensitivity, fixed, graph, error);
}

static StrataTensorStats *
gather (const StrataGraph *graph,
        const StrataLowered *lowered,
        const StrataCalibration *calibration,
        StrataArena *arena,
        GError **error)
{
  int n_samples = 0;
  StrataArray **samples;
  StrataTensorStats *stats;

  if (!strata_calibration_check (graph, calibration, error))
    return NULL;
  samples = strata_calibration_samples (graph, calibration, &n_samples);
  stats = strata_calibrate_cached (graph, lowered, samples, n_samples, calibration, arena, error);
  for (gsize i = 0; i < (gsize) n_samples * (gsize) graph->n_inputs; i++)
    strata_array_free (samples[i]);
  g_free (samples);
  return stats;
}

static void
build_clear (Build *build)
{
  g_clear_pointer (&build->tensors, g_array_unref);
  g_clear_pointer (&build->ops, g_array_unref);
  g_clear_pointer (&build->source, g_array_unref);
}

/* The graph of @build->lowered, with @build->stats; without reads */
static StrataQGraph *
make_graph (Build *build, StrataArena *scratch, GError **error)
{
  g_autofree StrataFormat *formats = strata_choose_formats (build->lowered, build->stats);
  StrataQGraph *result;

  build_clear (build);
  build->formats = formats;
  build->arena = strata_arena_new ();
  build->tensors = g_array_new (FALSE, TRUE, sizeof (StrataQTensor));
  build->ops = g_array_new (FALSE, TRUE, sizeof (StrataQOp));
  build->source = g_array_new (FALSE, TRUE, sizeof (int));
  build->made = strata_arena_array (scratch, int, build->lowered->n_tensors + 1);
  build->narrow = strata_arena_array (scratch, int, build->lowered->n_tensors + 1);
  build->op_of = strata_arena_array (scratch, int, build->lowered->n_ops + 1);
  for (int i = 0; i < build->lowered->n_tensors; i++)
    build->made[i] = build->narrow[i] = -1;
  result = build_graph (build, build->calibration, error);
  build->formats = NULL;
  if (result != NULL)
    return result;
  for (guint i = 0; i < build->ops->len; i++)
    strata_digital_free (g_array_index (build->ops, StrataQOp, i).digital);
  strata_arena_free (build->arena);
  return NULL;
}

/* Which products are to be wide; NULL without an error: nobody can tell, or is to */
static StrataWideChoice *
choose_wide (const Build *build, const StrataGraph *source, const StrataQGraph *graph, GError **error)
{
  g_autofree const double **gains = g_new (const double *, build->lowered->n_tensors + 1);
  const StrataSensitivityInput input = { source,      build->lowered,    graph, build->op_of, gains,
                                         build->chip, build->calibration };

  if (build->guessed || build->lowered->n_quantised > 0 || (build->without & STRATA_QUANTISE_WIDE) != 0)
    return NULL;
  for (int t = 0; t < build->lowered->n_tensors; t++)
    gains[t] = build->stats[t].gains;
  return strata_wide_choose (&input, error);
}

static void
explain_wide (const Build *build, const StrataLowered *before, const StrataWideChoice *choice)
{
  for (int i = 0; i < before->n_nodes; i++)
    {
      int old = before->node_op[i], now = build->lowered->node_op[i], first = 0;

      while (old >= 0 && first < i && before->node_op[first] != old)
        first++;
      if (old < 0 || first < i || choice->parts[old] == 0)
        continue;
      strata_decisions_add (
        build->decisions, STRATA_REASON_WIDE, build->op_of[now], -1, choice->parts[old],
        "%s in two parts of 8 bits, a product for each: %.2g %% of the rounding at the worst output came from this "
        "layer; "
        "with %d such layers that output is %.1f dB above it, %.1f dB without, and %.1f dB are aimed at",
        choice->parts[old] == STRATA_WIDE_INPUTS    ? "inputs"
        : choice->parts[old] == STRATA_WIDE_WEIGHTS ? "weights"
                                                    : "inputs and weights, each",
        100 * choice->share[old], choice->n_wide, choice->after, choice->before, choice->wanted);
    }
}

/* The graph, with what is to be wide made so */
static StrataQGraph *
make_wide_graph (Build *build, const StrataGraph *source, StrataArena *scratch, GPtrArray *models, GError **error)
{
  g_autoptr (StrataDecisions) first = strata_decisions_new ();
  StrataDecisions *decisions = build->decisions;
  const StrataLowered *before = build->lowered;
  g_autoptr (StrataQGraph) graph = NULL;
  g_autoptr (StrataWideChoice) choice = NULL;
  const StrataSensitivityInput input = { .chip = build->chip, .calibration = build->calibration };
  StrataTensorStats *stats = (StrataTensorStats *) build->stats;
  GError *reason = NULL;

  build->decisions = first;
  graph = make_graph (build, scratch, error);
  build->decisions = decisions;
  choice = graph != NULL ? choose_wide (build, source, graph, &reason) : NULL;
  if (reason != NULL)
    {
      g_propagate_error (error, reason);
      return NULL;
    }
  if (graph == NULL || choice == NULL || choice->n_wide == 0)
    {
      if (decisions != NULL)
        strata_decisions_append (decisions, first);
      return g_steal_pointer (&graph);
    }
  g_clear_pointer (&graph, strata_qgraph_free);
  build->lowered = strata_wide_apply (before, choice->parts, &input, &stats, scratch, models, error);
  build->stats = stats;
  graph = build->lowered != NULL ? make_graph (build, scratch, error) : NULL;
  if (graph != NULL)
    explain_wide (build, before, choice);
  return g_steal_pointer (&graph);
}

static StrataQGraph *
quantise_once (const StrataGraph *graph,
               const StrataLowered *lowered,
               const StrataChipSpec *chip,
               const StrataCalibration *calibration,
               GArray **fewer,
               GError **error)
{
  g_autoptr (StrataArena) scratch = strata_arena_new ();
  g_autoptr (GPtrArray) models = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  Build build = { .chip = chip, .calibration = calibration };
  StrataQGraph *result;

  for (int i = 0; i < lowered->n_ops; i++)
    build.weightless = build.weightless || lowered->ops[i].weightless;
  /* Without weights there is nothing to run: statistics of no values give every tensor the range -1 to 1. */
  build.stats = build.weightless ? strata_arena_array (scratch, StrataTensorStats, lowered->n_tensors + 1)
                                 : gather (graph, lowered, calibration, scratch, error);
  if (build.stats == NULL)
    return NULL;
  build.lowered = strata_equalise_apply (lowered, build.stats, scratch, models, error);
  if (build.lowered == NULL)
    return NULL;
  build.decisions = calibration->decisions;
  build.n_reads = MAX (calibration->n_reads, 1);
  build.without = calibration->without;
  build.guessed = build.weightless || calibration->samples == NULL || calibration->n_samples < 1;
  result = make_wide_graph (&build, graph, scratch, models, error);
  if (result != NULL && !set_reads (&build, graph, calibration, result, fewer, error))
    g_clear_pointer (&result, strata_qgraph_free);
  build_clear (&build);
  return result;
}

/* The same again with the cells that were chosen */
static StrataQGraph *
quantise_sliced (const StrataGraph *graph,
                 const StrataLowered *lowered,
                 const StrataChipSpec *chip,
                 const StrataCalibration *calibration,
                 const GArray *fewer,
                 GError **error)
{
  const int n_given = calibration->choices != NULL ? calibration->n_choices : 0;
  g_autofree StrataLayerChoice *choices = g_new0 (StrataLayerChoice, n_given + (int) fewer->len + 1);
  StrataCalibration settled = *calibration;
  StrataQGraph *result;
  GArray *none = NULL;

  for (int i = 0; i < n_given; i++)
    choices[i] = calibration->choices[i];
  for (guint i = 0; i < fewer->len; i++)
    {
      const StrataSliceChoice *c = &g_array_index (fewer, StrataSliceChoice, i);

      choices[n_given + (int) i] = (StrataLayerChoice){ .node = c->node, .n_slices = c->n_slices - c->fewer };
    }
  settled.choices = choices;
  settled.n_choices = n_given + (int) fewer->len;
  settled.without |= STRATA_QUANTISE_SLICES;
  result = quantise_once (graph, lowered, chip, &settled, &none, error);
  if (result != NULL)
    strata_note_slices (fewer, calibration->decisions);
  return result;
}

StrataQGraph *
strata_quantise (const StrataGraph *graph,
                 const StrataLowered *lowered,
                 const StrataChipSpec *chip,
                 const StrataCalibration *calibration,
                 GError **error)
{
  g_autoptr (StrataDecisions) said = strata_decisions_new ();
  StrataCalibration first;
  GArray *fewer = NULL;
  StrataQGraph *result;

  g_return_val_if_fail (graph != NULL && lowered != NULL && chip != NULL && calibration != NULL, NULL);
  first = *calibration;
  first.decisions = said;
  result = quantise_once (graph, lowered, chip, &first, &fewer, error);
  if (result != NULL && takes_fewer (fewer))
    {
      strata_qgraph_free (result);
      result = quantise_sliced (graph, lowered, chip, calibration, fewer, error);
    }
  else if (result != NULL)
    strata_decisions_append (calibration->decisions, said);
  g_clear_pointer (&fewer, g_array_unref);
  return result;
}
