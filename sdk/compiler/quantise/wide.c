/* SPDX-License-Identifier: Apache-2.0
 *
 * Wide products in the lowered graph. The parts of an input come from digital ops, which compute in float32; the codes
 * of the high part reach from extreme to extreme, so that the low part is what rounding took. Products write floats, a
 * digital op adds them and clamps.
 */
#include "compiler/quantise/wide.h"

#include <math.h>

#include "compiler/quantise/ranges.h"
#include "model/onnx/write.h"

#define OPSET 13
#define MAX_TERMS 3
/* Codes of the low part on either side of zero, which stand for half a step of the high part */
#define LOW_CODES 127

typedef struct
{
  const StrataLowered *lowered;
  const StrataSensitivityInput *input;
  StrataArena *arena;
  GPtrArray *models;
  GArray *tensors, *ops, *stats; /* StrataLoweredTensor, StrataLoweredOp, StrataTensorStats */
} Wide;

static StrataLoweredTensor *
tensor_at (const Wide *wide, int id)
{
  return &g_array_index (wide->tensors, StrataLoweredTensor, id);
}

/* A tensor of the shape of @like; @value: of the source graph, whose data it approximates, or -1 */
static int
add_tensor (Wide *wide, int like, int value, const char *suffix)
{
  StrataLoweredTensor t = *tensor_at (wide, like);
  StrataTensorStats stats = g_array_index (wide->stats, StrataTensorStats, like);

  t.name = strata_arena_printf (wide->arena, "%s.%s", t.name, suffix);
  t.value = value;
  t.precise = TRUE;
  g_array_append_val (wide->tensors, t);
  g_array_append_val (wide->stats, stats);
  return (int) wide->tensors->len - 1;
}

static void
append_op (Wide *wide, const StrataLoweredOp *op)
{
  tensor_at (wide, op->output)->producer = (int) wide->ops->len;
  g_array_append_vals (wide->ops, op, 1);
}

/* --- digital ops --- */

typedef struct
{
  StrataValue values[MAX_TERMS + 4];
  StrataNode nodes[2];
  int n_values, n_nodes;
} Model;

static int
add_value (Model *model, const StrataLoweredTensor *t, const char *name)
{
  StrataValue *value = &model->values[model->n_values];

  value->name = name;
  value->dtype = STRATA_DTYPE_F32;
  value->producer = -1;
  value->n_consumers = 1;
  if (t != NULL)
    {
      value->n_dims = 3;
      value->dims[0] = t->tokens ? t->height : t->channels;
      value->dims[1] = t->tokens ? t->channels : t->height;
      value->dims[2] = t->width;
    }
  return model->n_values++;
}

static int
add_scalar (Model *model, const char *name, const float *number)
{
  int id = add_value (model, NULL, name);

  model->values[id].data = number;
  model->values[id].n_bytes = sizeof *number;
  return id;
}

static void
add_node (Model *model, StrataOp op, int *inputs, int n_inputs, int *output)
{
  model->values[*output].producer = model->n_nodes;
  model->nodes[model->n_nodes++] = (StrataNode){ .op = op,
                                                 .name = model->values[*output].name,
                                                 .inputs = inputs,
                                                 .n_inputs = n_inputs,
                                                 .outputs = output,
                                                 .n_outputs = 1 };
}

/* @n operands of the shape of @t through @op, then inside @lo … @hi */
static GBytes *
make_model (const StrataLoweredTensor *t, StrataOp op, int n, double lo, double hi, GError **error)
{
  static const char *const names[MAX_TERMS] = { "a", "b", "c" };
  StrataOnnxWriteOptions options = { .graph_name = "digital" };
  Model model = { 0 };
  StrataGraph graph = { .opset = OPSET, .values = model.values, .nodes = model.nodes };
  int inputs[MAX_TERMS], sum, result, bounds[3];
  float bound_lo = (float) lo, bound_hi = (float) hi;

  for (int i = 0; i < n; i++)
    inputs[i] = add_value (&model, t, names[i]);
  sum = result = add_value (&model, t, "sum");
  add_node (&model, op, inputs, n, &sum);
  if (lo > -INFINITY || hi < INFINITY)
    {
      bounds[0] = sum;
      bounds[1] = lo > -INFINITY ? add_scalar (&model, "lo", &bound_lo) : -1;
      bounds[2] = hi < INFINITY ? add_scalar (&model, "hi", &bound_hi) : -1;
      result = add_value (&model, t, "clamped");
      if (lo == 0 && hi == INFINITY)
        add_node (&model, STRATA_OP_RELU, bounds, 1, &result);
      else
        add_node (&model, STRATA_OP_CLIP, bounds, hi < INFINITY ? 3 : 2, &result);
    }
  graph.n_values = model.n_values;
  graph.n_nodes = model.n_nodes;
  graph.inputs = inputs;
  graph.n_inputs = n;
  graph.outputs = &result;
  graph.n_outputs = 1;
  return strata_onnx_write_bytes (&graph, &options, error);
}

static gboolean
add_digital (Wide *wide,
             const StrataLoweredOp *of,
             const char *suffix,
             StrataOp op,
             const int *inputs,
             int n_inputs,
             int output,
             double lo,
             double hi,
             GError **error)
{
  const StrataLoweredTensor *t = tensor_at (wide, output);
  GBytes *bytes = make_model (t, op, n_inputs, lo, hi, error);
  StrataLoweredOp digital = { .kind = STRATA_QOP_DIGITAL, .node = -1, .n_inputs = n_inputs, .output = output };

  if (bytes == NULL)
    return FALSE;
  g_ptr_array_add (wide->models, bytes);
  digital.name = strata_arena_printf (wide->arena, "%s.%s", of->name, suffix);
  digital.onnx = strata_op_name (op);
  digital.window = (StrataWindow){ 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 };
  digital.clamp_lo = -INFINITY;
  digital.clamp_hi = INFINITY;
  for (int i = 0; i < n_inputs; i++)
    digital.inputs[i] = inputs[i];
  digital.digital = bytes;
  digital.streams = TRUE;
  digital.by_row = t->height > 1 ? (1u << n_inputs) - 1 : 0;
  digital.why = "it is part of a product of more bits than a crossbar's";
  append_op (wide, &digital);
  return TRUE;
}

/* --- the parts --- */

static void
set_codes (StrataLoweredTensor *t, double scale, int zero_point)
{
  t->quantised = TRUE;
  t->precise = FALSE;
  t->scale = scale;
  t->zero_point = zero_point;
}

/* What is half a step of another code to either side, evenly */
static void
set_rest (StrataTensorStats *stats, int channels, double step, StrataArena *arena)
{
  *stats = (StrataTensorStats){ .min = -step / 2, .max = step / 2, .sum_squares = step * step / 12, .count = 1 };
  stats->channel_sums = strata_arena_array (arena, double, channels);
  stats->channel_squares = strata_arena_array (arena, double, channels);
  stats->channel_min = strata_arena_array (arena, double, channels);
  stats->channel_max = strata_arena_array (arena, double, channels);
}

static gboolean
cut_input (Wide *wide, const StrataLoweredOp *op, int *high, int *low, GError **error)
{
  int x = op->inputs[0], terms[2];
  StrataQTensor range = { .format = STRATA_FORMAT_I8 };

  strata_choose_scale (&g_array_index (wide->stats, StrataTensorStats, x), FALSE, &range);
  tensor_at (wide, x)->precise = TRUE;
  *high = add_tensor (wide, x, tensor_at (wide, x)->value, "high");
  set_codes (tensor_at (wide, *high), range.scale, range.zero_point);
  *low = add_tensor (wide, x, -1, "low");
  set_codes (tensor_at (wide, *low), range.scale / (2 * LOW_CODES), 0);
  set_rest (&g_array_index (wide->stats, StrataTensorStats, *low), tensor_at (wide, *low)->channels, range.scale,
            wide->arena);
  terms[0] = x;
  terms[1] = *high;
  return add_digital (wide, op, "high", STRATA_OP_IDENTITY, terms, 1, *high, -INFINITY, INFINITY, error)
         && add_digital (wide, op, "low", STRATA_OP_SUB, terms, 2, *low, -INFINITY, INFINITY, error);
}

/* The weights that quantisation of @op under the codes of its input will leave out */
static gboolean
take_rest (Wide *wide, StrataLoweredOp *op, GError **error)
{
  const StrataSensitivityInput *input = wide->input;
  const StrataLoweredTensor *x = tensor_at (wide, op->inputs[0]);
  StrataQTensor in = { .format = STRATA_FORMAT_I8, .scale = x->scale, .zero_point = x->zero_point };
  gsize n_weights = (gsize) op->n * (gsize) op->k;
  double *scale = strata_arena_array (wide->arena, double, op->n);
  float *rest = strata_arena_array (wide->arena, float, n_weights);
  StrataQOp q = { .kind = STRATA_QOP_MVM };

  if (!x->quantised)
    strata_choose_scale (&g_array_index (wide->stats, StrataTensorStats, op->inputs[0]),
                         (input->calibration->without & STRATA_QUANTISE_RANGES) == 0, &in);
  strata_quantise_levels (op, input->chip, input->calibration, &q);
  if (!strata_quantise_weights (op, &in, NULL, (input->calibration->without & STRATA_QUANTISE_CHANNELS) == 0,
                                wide->arena, &q, scale, error))
    return FALSE;
  for (gsize i = 0; i < n_weights; i++)
    rest[i] =
      (float) (op->scale[i / (gsize) op->k] * (double) op->weights[i] - scale[i / (gsize) op->k] * q.weights[i]);
  op->weights = rest;
  op->scale = scale;
  for (int n = 0; n < op->n; n++)
    scale[n] = 1;
  op->bias = NULL;
  return TRUE;
}

/* One term of the sum: the product of @op with other inputs or weights */
static void
add_term (Wide *wide, StrataLoweredOp *op, int input, int value, const char *suffix, int *terms, int *n_terms)
{
  op->inputs[0] = input;
  op->output = terms[(*n_terms)++] = add_tensor (wide, op->output, value, suffix);
  op->clamp_lo = -INFINITY;
  op->clamp_hi = INFINITY;
  append_op (wide, op);
}

static void
make_part (Wide *wide, StrataLoweredOp *op, const char *suffix)
{
  op->name = strata_arena_printf (wide->arena, "%s.%s", op->name, suffix);
  op->node = -1;
  op->bias = NULL;
  op->is_part = TRUE;
}

/* The ops in place of @op; *@main: the product of the high parts */
static gboolean
widen (Wide *wide, const StrataLoweredOp *op, guint8 parts, int *main, GError **error)
{
  int high = op->inputs[0], low = -1, y = op->output, terms[MAX_TERMS], n_terms = 0;
  StrataLoweredOp term;

  if ((parts & STRATA_WIDE_INPUTS) != 0 && !cut_input (wide, op, &high, &low, error))
    return FALSE;
  *main = (int) wide->ops->len;
  term = *op;
  term.keeps_bias = TRUE;
  add_term (wide, &term, high, tensor_at (wide, y)->value, "of-high", terms, &n_terms);
  if (low >= 0)
    {
      term = *op;
      make_part (wide, &term, "low-inputs");
      add_term (wide, &term, low, -1, "of-low", terms, &n_terms);
    }
  if ((parts & STRATA_WIDE_WEIGHTS) != 0)
    {
      term = *op;
      term.inputs[0] = high;
      if (!take_rest (wide, &term, error))
        return FALSE;
      make_part (wide, &term, "rest-of-weights");
      add_term (wide, &term, high, -1, "of-rest", terms, &n_terms);
    }
  return add_digital (wide, op, "sum", STRATA_OP_SUM, terms, n_terms, y, op->clamp_lo, op->clamp_hi, error);
}

static const StrataLowered *
finish (const Wide *wide, const int *op_of, StrataTensorStats **stats)
{
  const StrataLowered *lowered = wide->lowered;
  StrataLowered *result = strata_arena_memdup (wide->arena, lowered, sizeof *lowered);
  int *node_op =
    strata_arena_memdup (wide->arena, lowered->node_op, sizeof *node_op * (gsize) MAX (lowered->n_nodes, 1));

  for (int i = 0; i < lowered->n_nodes; i++)
    node_op[i] = node_op[i] >= 0 ? op_of[node_op[i]] : -1;
  result->node_op = node_op;
  result->n_tensors = (int) wide->tensors->len;
  result->n_ops = (int) wide->ops->len;
  result->tensors =
    strata_arena_memdup (wide->arena, wide->tensors->data, sizeof (StrataLoweredTensor) * wide->tensors->len);
  result->ops = strata_arena_memdup (wide->arena, wide->ops->data, sizeof (StrataLoweredOp) * wide->ops->len);
  *stats = strata_arena_memdup (wide->arena, wide->stats->data, sizeof (StrataTensorStats) * wide->stats->len);
  return result;
}

const StrataLowered *
strata_wide_apply (const StrataLowered *lowered,
                   const guint8 *parts,
                   const StrataSensitivityInput *input,
                   StrataTensorStats **stats,
                   StrataArena *arena,
                   GPtrArray *models,
                   GError **error)
{
  g_autoptr (GArray) tensors = g_array_new (FALSE, TRUE, sizeof (StrataLoweredTensor));
  g_autoptr (GArray) ops = g_array_new (FALSE, TRUE, sizeof (StrataLoweredOp));
  g_autoptr (GArray) all = g_array_new (FALSE, TRUE, sizeof (StrataTensorStats));
  g_autofree int *op_of = g_new (int, lowered->n_ops + 1);
  Wide wide = { lowered, input, arena, models, tensors, ops, all };

  g_array_append_vals (tensors, lowered->tensors, (guint) lowered->n_tensors);
  g_array_append_vals (all, *stats, (guint) lowered->n_tensors);
  for (int i = 0; i < lowered->n_ops; i++)
    {
      const StrataLoweredOp *op = &lowered->ops[i];

      op_of[i] = (int) ops->len;
      if (parts[i] != 0 && !widen (&wide, op, parts[i], &op_of[i], error))
        return NULL;
      if (parts[i] == 0)
        {
          append_op (&wide, op);
          for (int j = 0; j < op->n_more_outputs; j++)
            tensor_at (&wide, op->more_outputs[j])->producer = (int) ops->len - 1;
        }
    }
  return finish (&wide, op_of, stats);
}

void
strata_note_wide (const StrataWideChoice *choice,
                  const StrataLowered *before,
                  const StrataLowered *now,
                  const int *op_of,
                  StrataDecisions *decisions)
{
  for (int i = 0; i < before->n_nodes; i++)
    {
      int old = before->node_op[i], first = 0;

      while (old >= 0 && first < i && before->node_op[first] != old)
        first++;
      if (old < 0 || first < i || choice->parts[old] == 0)
        continue;
      strata_decisions_add (
        decisions, STRATA_REASON_WIDE, op_of[now->node_op[i]], -1, choice->parts[old],
        "%s in two parts of 8 bits, a product for each: %.2g %% of the rounding at the worst output came from this "
        "layer; with %d such layers that output is %.1f dB above it, %.1f dB without, and %.1f dB are aimed at",
        choice->parts[old] == STRATA_WIDE_INPUTS    ? "inputs"
        : choice->parts[old] == STRATA_WIDE_WEIGHTS ? "weights"
                                                    : "inputs and weights, each",
        100 * choice->share[old], choice->n_wide, choice->after, choice->before, choice->wanted);
    }
}
