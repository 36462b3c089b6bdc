/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the graph in its order and gives each node to the function of its operator (one table below). What every ONNX
 * node became is kept: node_op names the op that covers it.
 */
#include <math.h>
#include <string.h>

#include "compiler/lower/state.h"

static const struct
{
  const char *onnx;
  StrataLowerFunc func;
} operators[] = {
  { "Add", strata_lower_add },
  { "AveragePool", strata_lower_average_pool },
  { "BatchNormalization", strata_lower_batch_norm },
  { "Clip", strata_lower_clip },
  { "Conv", strata_lower_conv },
  { "DequantizeLinear", strata_lower_dequantize_linear },
  { "Div", strata_lower_div },
  { "Dropout", strata_lower_same_order },
  { "Flatten", strata_lower_same_order },
  { "Gemm", strata_lower_gemm },
  { "GlobalAveragePool", strata_lower_global_average_pool },
  { "GlobalMaxPool", strata_lower_global_max_pool },
  { "Identity", strata_lower_same_order },
  { "MatMul", strata_lower_matmul },
  { "MaxPool", strata_lower_max_pool },
  { "Mul", strata_lower_mul },
  { "Pad", strata_lower_pad },
  { "QuantizeLinear", strata_lower_quantize_linear },
  { "ReduceMean", strata_lower_reduce_mean },
  { "Relu", strata_lower_relu },
  { "Reshape", strata_lower_same_order },
  { "Sigmoid", strata_lower_sigmoid },
  { "Slice", strata_lower_slice },
  { "Softmax", strata_lower_softmax },
  { "Squeeze", strata_lower_same_order },
  { "Sub", strata_lower_sub },
  { "Sum", strata_lower_sum },
  { "Tanh", strata_lower_tanh },
  { "Transpose", strata_lower_transpose },
  { "Unsqueeze", strata_lower_same_order },
};

gboolean
strata_lower_fail (const StrataLowerState *state, int node, GError **error, const char *format, ...)
{
  const StrataNode *n = &state->graph->nodes[node];
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED, "%s: node %s (%s): %s",
               state->graph->path != NULL ? state->graph->path : "model", n->name, strata_op_name (n->op), text);
  return FALSE;
}

gboolean
strata_lower_is (const StrataLowerState *state, int node, const char *onnx)
{
  return node >= 0 && strcmp (strata_op_name (state->graph->nodes[node].op), onnx) == 0;
}

StrataLoweredTensor *
strata_lower_tensor (StrataLowerState *state, int tensor)
{
  return &g_array_index (state->tensors, StrataLoweredTensor, tensor);
}

StrataLoweredOp *
strata_lower_op (StrataLowerState *state, int op)
{
  return &g_array_index (state->ops, StrataLoweredOp, op);
}

int
strata_lower_n_uses (const StrataLowerState *state, int value)
{
  return state->first_use[value + 1] - state->first_use[value];
}

gboolean
strata_lower_geometry (
  StrataLowerState *state, int node, int value, int *channels, int *height, int *width, GError **error)
{
  const StrataValue *v = &state->graph->values[value];
  gint64 planes[3] = { 1, 1, 1 };

  if (v->n_dims < 0 || v->n_dims > 4)
    return strata_lower_fail (
      state, node, error,
      "value %s has %s; chips take 1 x C, 1 x C x W and 1 x C x H x W tensors of fixed shape: export the "
      "model with those",
      v->name, v->n_dims < 0 ? "no known shape" : "more than 4 dimensions");
  for (int i = 0; i < v->n_dims; i++)
    if (v->dims[i] < 1 || v->dims[i] > (1 << 20))
      return strata_lower_fail (state, node, error,
                                "value %s has an open or empty dimension %d; export the model with fixed shapes",
                                v->name, i);
  if (v->n_dims >= 2 && v->dims[0] != 1)
    return strata_lower_fail (state, node, error,
                              "value %s has batch %" G_GINT64_FORMAT
                              "; chips run one sample at a time: export the model with batch 1",
                              v->name, v->dims[0]);
  if (v->n_dims == 1)
    planes[0] = v->dims[0];
  if (v->n_dims >= 2)
    planes[0] = v->dims[1];
  if (v->n_dims == 3)
    planes[2] = v->dims[2];
  if (v->n_dims == 4)
    {
      planes[1] = v->dims[2];
      planes[2] = v->dims[3];
    }
  *channels = (int) planes[0];
  *height = (int) planes[1];
  *width = (int) planes[2];
  return TRUE;
}

int
strata_lower_append (StrataLowerState *state, StrataQOpKind kind, int node, int tensor, int value, const int planes[3])
{
  const StrataNode *n = node >= 0 ? &state->graph->nodes[node] : NULL;
  StrataLoweredOp op = { 0 };
  StrataLoweredTensor out = { 0 };
  gboolean shared = FALSE;

  op.kind = kind;
  op.name = n != NULL ? n->name : state->graph->values[value].name;
  op.onnx = n != NULL ? strata_op_name (n->op) : "Input";
  op.node = node;
  op.inputs[0] = tensor;
  op.n_inputs = 1;
  op.output = (int) state->tensors->len;
  op.window = (StrataWindow){ 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1 };
  op.clamp_lo = -INFINITY;
  op.clamp_hi = INFINITY;
  out.name = state->graph->values[value].name;
  out.value = value;
  out.channels = planes[0];
  out.height = planes[1];
  out.width = planes[2];
  out.producer = (int) state->ops->len;
  g_array_append_val (state->ops, op);
  g_array_append_val (state->tensors, out);
  g_array_append_val (state->shared, shared);
  state->views[value] = (StrataView){ op.output, NULL };
  if (node >= 0)
    state->node_op[node] = out.producer;
  return out.producer;
}

int
strata_lower_add_op (StrataLowerState *state, StrataQOpKind kind, int node, int tensor, int value, GError **error)
{
  gboolean tokens = strata_lower_tensor (state, tensor)->tokens;
  int planes[3], op;

  if (!(tokens ? strata_lower_tokens (state, node, value, planes, error)
               : strata_lower_geometry (state, node, value, &planes[0], &planes[1], &planes[2], error)))
    return -1;
  op = strata_lower_append (state, kind, node, tensor, value, planes);
  strata_lower_tensor (state, strata_lower_op (state, op)->output)->tokens = tokens;
  return op;
}

void
strata_lower_alias (StrataLowerState *state, int node, int from, int value, const gint32 *order)
{
  int tensor = state->views[from].tensor;

  state->views[value] = (StrataView){ tensor, order };
  if (strata_lower_n_uses (state, from) > 1)
    g_array_index (state->shared, gboolean, tensor) = TRUE;
  state->node_op[node] = strata_lower_tensor (state, tensor)->producer;
}

int
strata_lower_open_producer (const StrataLowerState *state, int value)
{
  StrataView view = value >= 0 ? state->views[value] : (StrataView){ -1, NULL };
  const StrataLoweredTensor *t;

  if (view.tensor < 0 || view.order != NULL || strata_lower_n_uses (state, value) != 1
      || g_array_index (state->shared, gboolean, view.tensor))
    return -1;
  t = &g_array_index (state->tensors, StrataLoweredTensor, view.tensor);
  return t->quantised ? -1 : t->producer;
}

void
strata_lower_extend (StrataLowerState *state, int op, int node, int value)
{
  int tensor = strata_lower_op (state, op)->output;
  StrataLoweredTensor *t = strata_lower_tensor (state, tensor);

  t->value = value;
  t->name = state->graph->values[value].name;
  state->views[value] = (StrataView){ tensor, NULL };
  state->node_op[node] = op;
}

static void
count_uses (StrataLowerState *state)
{
  const StrataGraph *graph = state->graph;
  int *fill;

  state->first_use = strata_arena_array (state->arena, int, graph->n_values + 2);
  for (int pass = 0; pass < 2; pass++)
    {
      fill = state->first_use + (pass == 0 ? 2 : 1);
      for (int i = 0; i < graph->n_nodes; i++)
        for (int j = 0; j < graph->nodes[i].n_inputs; j++)
          {
            int value = graph->nodes[i].inputs[j];

            if (value >= 0 && pass == 0)
              fill[value]++;
            else if (value >= 0)
              state->uses[fill[value]++] = i;
          }
      for (int i = 0; i < graph->n_outputs; i++)
        {
          if (pass == 0)
            fill[graph->outputs[i]]++;
          else
            state->uses[fill[graph->outputs[i]]++] = -1;
        }
      if (pass == 1)
        break;
      for (int i = 0; i < graph->n_values; i++)
        fill[i] += i > 0 ? fill[i - 1] : 0;
      state->uses = strata_arena_array (state->arena, int, fill[graph->n_values - 1] + 1);
    }
}

static gboolean
place_input (StrataLowerState *state, int reader, int value, StrataLoweredTensor *t, GError **error)
{
  const StrataValue *v = &state->graph->values[value];
  int planes[3];

  t->dtype = v->dtype == STRATA_DTYPE_F32 ? STRATA_DTYPE_INVALID : v->dtype;
  if (strata_lower_has_planes (state, value)
      && (t->dtype != STRATA_DTYPE_INVALID || v->n_dims == 4 || !strata_lower_prefers_tokens (state, value)))
    return strata_lower_geometry (state, reader, value, &t->channels, &t->height, &t->width, error);
  if (!strata_lower_tokens (state, reader, value, planes, error))
    return FALSE;
  t->channels = planes[0];
  t->height = planes[1];
  t->width = 1;
  t->tokens = planes[1] > 1;
  return TRUE;
}

static gboolean
add_inputs (StrataLowerState *state, int *inputs, GError **error)
{
  const StrataGraph *graph = state->graph;

  for (int i = 0; i < graph->n_inputs; i++)
    {
      int value = graph->inputs[i];
      const StrataValue *v = &graph->values[value];
      StrataLoweredTensor t = { 0 };
      gboolean shared = FALSE;
      int reader = strata_lower_n_uses (state, value) > 0 ? state->uses[state->first_use[value]] : -1;

      if (v->dtype == STRATA_DTYPE_F64 || v->dtype == STRATA_DTYPE_F16)
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED,
                       "%s: input %s is %s; chips take float32, integers and bools: begin the model behind its "
                       "conversion",
                       graph->path != NULL ? graph->path : "model", v->name, strata_dtype_name (v->dtype));
          return FALSE;
        }
      t.name = v->name;
      t.value = value;
      t.producer = -1;
      if (reader < 0)
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED,
                       "%s: input %s is read by no operator; remove it from the model",
                       graph->path != NULL ? graph->path : "model", v->name);
          return FALSE;
        }
      if (!place_input (state, reader, value, &t, error))
        return FALSE;
      inputs[i] = (int) state->tensors->len;
      state->views[value] = (StrataView){ inputs[i], NULL };
      g_array_append_val (state->tensors, t);
      g_array_append_val (state->shared, shared);
    }
  return TRUE;
}

/* What a failed attempt may have left behind: its tensors and ops, and the op that covers the makers of operands */
typedef struct
{
  guint n_tensors, n_ops;
  int *covers;
} Mark;

static Mark
set_mark (StrataLowerState *state, const StrataNode *node)
{
  Mark mark = { state->tensors->len, state->ops->len, g_new (int, node->n_inputs + 1) };

  for (int i = 0; i < node->n_inputs; i++)
    {
      int maker = node->inputs[i] >= 0 ? state->graph->values[node->inputs[i]].producer : -1;

      mark.covers[i] = maker >= 0 ? state->node_op[maker] : -1;
    }
  return mark;
}

static void
go_back (StrataLowerState *state, const StrataNode *node, const Mark *mark)
{
  for (guint i = mark->n_ops; i < state->ops->len; i++)
    g_clear_pointer (&strata_lower_op (state, (int) i)->digital, g_bytes_unref);
  g_array_set_size (state->tensors, mark->n_tensors);
  g_array_set_size (state->shared, mark->n_tensors);
  g_array_set_size (state->ops, mark->n_ops);
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0)
      state->views[node->outputs[i]] = (StrataView){ -1, NULL };
  for (int i = 0; i < node->n_inputs; i++)
    {
      int maker = node->inputs[i] >= 0 ? state->graph->values[node->inputs[i]].producer : -1;

      if (maker >= 0)
        state->node_op[maker] = mark->covers[i];
    }
}

/* Operands and results of integers and bools are for digital ops, codes of a QuantizeLinear aside. */
static gboolean
computes_with_integers (StrataLowerState *state, const StrataNode *node)
{
  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] >= 0 && !state->is_constant[node->inputs[i]] && state->views[node->inputs[i]].tensor >= 0
        && strata_lower_tensor (state, state->views[node->inputs[i]].tensor)->dtype != STRATA_DTYPE_INVALID)
      return TRUE;
  return FALSE;
}

/* A convolution of a batch would lose its crossbars; what scales say of a tensor is not known without them. */
static gboolean
is_refused (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  gboolean scales = n->op == STRATA_OP_QUANTIZE_LINEAR || n->op == STRATA_OP_DEQUANTIZE_LINEAR;
  const StrataValue *in = n->n_inputs > 0 && n->inputs[0] >= 0 ? &state->graph->values[n->inputs[0]] : NULL;

  for (int i = 1; scales && i < n->n_inputs; i++)
    if (strata_lower_is_absent (state, n->inputs[i]))
      return strata_lower_constant (state, node, n->inputs[i], error) == NULL;
  if (n->op != STRATA_OP_CONV || in == NULL || in->n_dims < 2 || in->dims[0] == 1)
    return FALSE;
  strata_lower_fail (state, node, error,
                     "value %s has batch %" G_GINT64_FORMAT
                     "; chips run one sample at a time: export the model with batch 1",
                     in->name, in->dims[0]);
  return TRUE;
}

/* What an attempt said, without the node that strata_lower_fail () names */
static const char *
reason_of (StrataLowerState *state, int node, const GError *error)
{
  const StrataNode *n = &state->graph->nodes[node];
  g_autofree char *start = g_strdup_printf ("node %s (%s): ", n->name, strata_op_name (n->op));
  const char *text = error != NULL ? strstr (error->message, start) : NULL;

  return text != NULL ? text + strlen (start) : strata_lower_digital_reason (n->op);
}

/* First as what crossbars and units of their own do; what those cannot take, the digital units compute. */
static gboolean
lower_computed (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  g_autoptr (GError) reason = NULL;
  Mark mark = set_mark (state, n);
  gboolean ok = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (operators) && !ok && reason == NULL; i++)
    if (strata_lower_is (state, node, operators[i].onnx)
        && (!computes_with_integers (state, n) || operators[i].func == strata_lower_same_order
            || operators[i].func == strata_lower_transpose))
      ok = operators[i].func (state, node, &reason);
  if (!ok && reason != NULL && !g_error_matches (reason, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED))
    g_propagate_error (error, g_steal_pointer (&reason));
  else if (!ok)
    {
      go_back (state, n, &mark);
      ok = strata_lower_digital (state, node, reason_of (state, node, reason), error);
    }
  g_free (mark.covers);
  return ok;
}

static gboolean
lower_node (StrataLowerState *state, int node, GError **error)
{
  const StrataNode *n = &state->graph->nodes[node];
  gboolean constant = n->n_outputs > 0, read = FALSE;

  for (int i = 0; i < n->n_outputs; i++)
    {
      constant = constant && (n->outputs[i] < 0 || state->is_constant[n->outputs[i]]);
      read = read || (n->outputs[i] >= 0 && strata_lower_n_uses (state, n->outputs[i]) > 0);
    }
  if (constant || !read)
    return TRUE;
  return !is_refused (state, node, error) && lower_computed (state, node, error);
}

static gboolean
add_outputs (StrataLowerState *state, int *outputs, GError **error)
{
  const StrataGraph *graph = state->graph;

  for (int i = 0; i < graph->n_outputs; i++)
    {
      int value = graph->outputs[i], maker = graph->values[value].producer, tensor;

      if (state->is_constant[value] || state->views[value].tensor < 0)
        {
          g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_UNSUPPORTED,
                       "%s: output %s is not computed from an input; remove it from the model",
                       graph->path != NULL ? graph->path : "model", graph->values[value].name);
          return FALSE;
        }
      if (graph->values[value].dtype != STRATA_DTYPE_F32
          && strata_lower_tensor (state, state->views[value].tensor)->quantised)
        return strata_lower_fail (state, maker, error,
                                  "output %s is codes of a QuantizeLinear; end the model with DequantizeLinear",
                                  graph->values[value].name);
      tensor = state->views[value].tensor;
      if ((state->views[value].order != NULL || !strata_lower_tensor (state, tensor)->tokens)
          && !strata_lower_either_input (state, maker, value, &tensor, error))
        return FALSE;
      if (strata_lower_tensor (state, tensor)->quantised)
        {
          int covered = state->node_op[maker];
          int op = strata_lower_add_op (state, STRATA_QOP_DEQUANTISE, maker, tensor, value, error);

          if (op < 0)
            return FALSE;
          if (!strata_lower_is (state, maker, "DequantizeLinear"))
            state->node_op[maker] = covered;
          tensor = strata_lower_op (state, op)->output;
        }
      outputs[i] = tensor;
    }
  return TRUE;
}

/* Nodes without an op of their own (constants, shapes of the input) belong to the first op that reads them. */
static void
cover_nodes (StrataLowerState *state)
{
  for (int i = state->graph->n_nodes - 1; i >= 0; i--)
    {
      const StrataNode *node = &state->graph->nodes[i];

      for (int j = 0; j < node->n_outputs && state->node_op[i] < 0; j++)
        for (int u = 0;
             node->outputs[j] >= 0 && u < strata_lower_n_uses (state, node->outputs[j]) && state->node_op[i] < 0; u++)
          {
            int reader = state->uses[state->first_use[node->outputs[j]] + u];

            if (reader >= 0)
              state->node_op[i] = state->node_op[reader];
          }
    }
}

static StrataLowered *
finish (StrataLowerState *state, int *inputs, int *outputs)
{
  StrataLowered *lowered = g_new0 (StrataLowered, 1);
  const StrataGraph *graph = state->graph;

  lowered->arena = state->arena;
  lowered->path = strata_arena_strdup (state->arena, graph->path != NULL ? graph->path : "model");
  lowered->n_tensors = (int) state->tensors->len;
  lowered->n_ops = (int) state->ops->len;
  lowered->tensors =
    strata_arena_memdup (state->arena, state->tensors->data, sizeof (StrataLoweredTensor) * state->tensors->len);
  lowered->ops = strata_arena_memdup (state->arena, state->ops->data, sizeof (StrataLoweredOp) * state->ops->len);
  lowered->inputs = inputs;
  lowered->n_inputs = graph->n_inputs;
  lowered->outputs = outputs;
  lowered->n_outputs = graph->n_outputs;
  lowered->node_op = state->node_op;
  lowered->n_nodes = graph->n_nodes;
  for (int i = 0; i < lowered->n_tensors; i++)
    lowered->n_quantised += lowered->tensors[i].quantised;
  return lowered;
}

static void
init_state (StrataLowerState *state, const StrataGraph *graph)
{
  state->graph = graph;
  state->arena = strata_arena_new ();
  state->tensors = g_array_new (FALSE, TRUE, sizeof (StrataLoweredTensor));
  state->ops = g_array_new (FALSE, TRUE, sizeof (StrataLoweredOp));
  state->shared = g_array_new (FALSE, TRUE, sizeof (gboolean));
  state->views = strata_arena_array (state->arena, StrataView, graph->n_values + 1);
  state->constants = strata_arena_array (state->arena, StrataConstant *, graph->n_values + 1);
  state->node_op = strata_arena_array (state->arena, int, graph->n_nodes + 1);
  for (int i = 0; i < graph->n_values; i++)
    state->views[i].tensor = -1;
  for (int i = 0; i < graph->n_nodes; i++)
    state->node_op[i] = -1;
  count_uses (state);
  strata_lower_find_constants (state);
  strata_lower_find_layouts (state);
}

StrataLowered *
strata_lower (const StrataGraph *graph, GError **error)
{
  StrataLowerState state = { 0 };
  StrataLowered *lowered = NULL;
  int *inputs, *outputs;
  gboolean ok;

  g_return_val_if_fail (graph != NULL, NULL);
  init_state (&state, graph);
  inputs = strata_arena_array (state.arena, int, graph->n_inputs + 1);
  outputs = strata_arena_array (state.arena, int, graph->n_outputs + 1);
  ok = add_inputs (&state, inputs, error);
  for (int i = 0; i < graph->n_nodes && ok; i++)
    ok = lower_node (&state, i, error);
  if (ok && add_outputs (&state, outputs, error))
    {
      cover_nodes (&state);
      lowered = finish (&state, inputs, outputs);
    }
  else
    {
      for (guint i = 0; i < state.ops->len; i++)
        g_clear_pointer (&strata_lower_op (&state, (int) i)->digital, g_bytes_unref);
      strata_arena_free (state.arena);
    }
  g_array_unref (state.tensors);
  g_array_unref (state.ops);
  g_array_unref (state.shared);
  return lowered;
}
