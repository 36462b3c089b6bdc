/* SPDX-License-Identifier: Apache-2.0
 *
 * Any node as a digital op: a model of its own with the node, its constants, and the Transposes that lie between the
 * tensors that hold its operands and the operands. What the reference executor runs, the digital units run.
 */
#include "compiler/lower/digital-model.h"
#include "model/exec/exec.h"

const char *
strata_lower_digital_reason (StrataOp op)
{
  switch (op)
    {
    case STRATA_OP_LSTM:
    case STRATA_OP_GRU:
    case STRATA_OP_RNN:
      return "each step of a recurrence needs the one before, so its products cannot follow each other in a burst";
    case STRATA_OP_ATTENTION:
    case STRATA_OP_MS_ATTENTION:
    case STRATA_OP_MS_GROUP_QUERY_ATTENTION:
    case STRATA_OP_MS_MULTI_HEAD_ATTENTION:
    case STRATA_OP_EINSUM:
      return "both factors of its products are computed, and cells hold constants";
    case STRATA_OP_LAYER_NORMALIZATION:
    case STRATA_OP_RMS_NORMALIZATION:
    case STRATA_OP_SIMPLIFIED_LAYER_NORMALIZATION:
    case STRATA_OP_INSTANCE_NORMALIZATION:
    case STRATA_OP_GROUP_NORMALIZATION:
    case STRATA_OP_LP_NORMALIZATION:
    case STRATA_OP_LRN:
      return "a norm divides by what its own input comes to";
    case STRATA_OP_GATHER:
    case STRATA_OP_GATHER_ELEMENTS:
    case STRATA_OP_GATHER_ND:
      return "it looks values up";
    case STRATA_OP_CONCAT:
    case STRATA_OP_DEPTH_TO_SPACE:
    case STRATA_OP_EXPAND:
    case STRATA_OP_PAD:
    case STRATA_OP_SLICE:
    case STRATA_OP_SPLIT:
    case STRATA_OP_TILE:
    case STRATA_OP_TRANSPOSE:
      return "it moves data and computes nothing";
    default:
      return strata_exec_is_elementwise (op) || strata_exec_is_binary (op)
               ? "it works on each element by itself, and crossbars sum"
               : "crossbars multiply by constant matrices, and this is another operation";
    }
}

/* --- into the graph --- */

/* Whether the results span so many decibels that 16 bits between digital ops say too little of the small ones: squares
 * and exponentials, and what only adds or moves such */
static gboolean
is_precise (StrataLowerState *state, const StrataNode *node)
{
  switch (node->op)
    {
    case STRATA_OP_EXP:
    case STRATA_OP_POW:
    case STRATA_OP_REDUCE_SUM_SQUARE:
      return TRUE;
    case STRATA_OP_MUL:
      return node->inputs[0] == node->inputs[1];
    case STRATA_OP_ADD:
    case STRATA_OP_CONCAT:
    case STRATA_OP_REDUCE_MEAN:
    case STRATA_OP_REDUCE_SUM:
    case STRATA_OP_SLICE:
    case STRATA_OP_SPLIT:
    case STRATA_OP_SUB:
    case STRATA_OP_SUM:
      for (int i = 0; i < node->n_inputs; i++)
        if (node->inputs[i] >= 0 && state->views[node->inputs[i]].tensor >= 0
            && strata_lower_tensor (state, state->views[node->inputs[i]].tensor)->precise)
          return TRUE;
      return FALSE;
    default:
      return FALSE;
    }
}

static gboolean
check_dtype (StrataLowerState *state, int node, int value, StrataDtype *dtype, GError **error)
{
  const StrataValue *v = &state->graph->values[value];

  if (v->dtype == STRATA_DTYPE_F64 || v->dtype == STRATA_DTYPE_F16)
    return strata_lower_fail (state, node, error, "value %s is %s; digital units compute in float32: export it so",
                              v->name, strata_dtype_name (v->dtype));
  *dtype = v->dtype == STRATA_DTYPE_F32 ? STRATA_DTYPE_INVALID : v->dtype;
  return TRUE;
}

/* Planes or tokens for the results of @node; all alike, so that rows agree */
static gboolean
choose_layout (StrataLowerState *state, const StrataNode *node, GArray *read)
{
  gboolean tokens = FALSE;

  for (guint i = 0; i < read->len; i++)
    {
      int value = g_array_index (read, int, i);

      if (!strata_lower_has_planes (state, value))
        return TRUE;
      tokens = tokens || strata_lower_prefers_tokens (state, value);
    }
  for (guint i = 0; i < read->len; i++)
    if (state->wants_planes[g_array_index (read, int, i)])
      return FALSE;
  for (int i = 0; i < node->n_inputs; i++)
    {
      int value = node->inputs[i], result = g_array_index (read, int, 0);
      const StrataValue *in = value >= 0 ? &state->graph->values[value] : NULL;
      const StrataLoweredTensor *t;

      if (in == NULL || state->is_constant[value] || state->views[value].order != NULL
          || strata_value_count (in) != strata_value_count (&state->graph->values[result]))
        continue;
      t = strata_lower_tensor (state, state->views[value].tensor);
      /* elements keep their places: so do rows */
      return t->height > 1 && (strata_exec_is_elementwise (node->op) || strata_exec_is_binary (node->op)) ? t->tokens
                                                                                                          : tokens;
    }
  return tokens;
}

static gboolean
add_result (StrataLowerState *state, int node, int op, int value, gboolean tokens, int planes[3], GError **error)
{
  StrataLoweredTensor out = { 0 };
  gboolean shared = FALSE;

  if (!check_dtype (state, node, value, &out.dtype, error)
      || !(tokens ? strata_lower_tokens (state, node, value, planes, error)
                  : strata_lower_geometry (state, node, value, &planes[0], &planes[1], &planes[2], error)))
    return FALSE;
  if (op < 0)
    return TRUE;
  out.name = state->graph->values[value].name;
  out.value = value;
  out.channels = planes[0];
  out.height = planes[1];
  out.width = planes[2];
  out.tokens = tokens && planes[1] > 1;
  out.precise = is_precise (state, &state->graph->nodes[node]);
  out.producer = op;
  state->views[value] = (StrataView){ (int) state->tensors->len, NULL };
  g_array_append_val (state->tensors, out);
  g_array_append_val (state->shared, shared);
  return TRUE;
}

static gboolean
append_digital (LowerModel *model, GBytes *bytes, GArray *read, gboolean tokens, const char *why, GError **error)
{
  StrataLowerState *state = model->state;
  int planes[3], op, first = g_array_index (read, int, 0);
  StrataLoweredOp *o;

  if (!add_result (state, model->node, -1, first, tokens, planes, error))
    return FALSE;
  op =
    strata_lower_append (state, STRATA_QOP_DIGITAL, model->node, g_array_index (model->tensors, int, 0), first, planes);
  check_dtype (state, model->node, first, &strata_lower_tensor (state, strata_lower_op (state, op)->output)->dtype,
               NULL);
  strata_lower_tensor (state, strata_lower_op (state, op)->output)->tokens = tokens && planes[1] > 1;
  strata_lower_tensor (state, strata_lower_op (state, op)->output)->precise =
    is_precise (state, &state->graph->nodes[model->node]);
  for (guint i = 1; i < read->len; i++)
    {
      int value = g_array_index (read, int, i), id = (int) state->tensors->len;

      if (!add_result (state, model->node, op, value, tokens, planes, error))
        return FALSE;
      strata_lower_op (state, op)->more_outputs[i - 1] = id;
    }
  o = strata_lower_op (state, op);
  o->n_more_outputs = (int) read->len - 1;
  o->n_inputs = (int) model->tensors->len;
  for (int i = 0; i < o->n_inputs; i++)
    o->inputs[i] = g_array_index (model->tensors, int, i);
  o->by_row = model->by_row;
  o->streams = model->streams;
  o->weightless = model->absent->len > 0;
  o->why = strata_arena_strdup (state->arena, why);
  o->digital = g_bytes_ref (bytes);
  return TRUE;
}

static gboolean
check_counts (LowerModel *model, GArray *read, GError **error)
{
  if (model->tensors->len == 0)
    return strata_lower_fail (model->state, model->node, error, "it has no computed operand and is no constant");
  if (read->len == 0)
    return strata_lower_fail (model->state, model->node, error, "nothing reads its results");
  if (model->tensors->len > STRATA_QOP_MAX_INPUTS || read->len > STRATA_QOP_MAX_OUTPUTS)
    return strata_lower_fail (model->state, model->node, error,
                              "it has %u computed operands and %u results; at most %d and %d at a time: split it",
                              model->tensors->len, read->len, STRATA_QOP_MAX_INPUTS, STRATA_QOP_MAX_OUTPUTS);
  return TRUE;
}

static gboolean
finish (LowerModel *model, const StrataNode *node, GArray *outputs, GArray *read, const char *why, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StrataDigital) digital = NULL;
  gboolean tokens = choose_layout (model->state, node, read);

  model->streams = strata_lower_streams (model->state, node, model->tensors, read, tokens, &model->by_row);
  bytes = lower_model_write (model, outputs, &reason);
  if (bytes != NULL)
    digital = strata_digital_new (bytes, (int) model->tensors->len, node->name, &reason);
  if (digital == NULL)
    return strata_lower_fail (model->state, model->node, error, "%s", reason->message);
  return append_digital (model, bytes, read, tokens, why, error);
}

gboolean
strata_lower_digital (StrataLowerState *state, int node, const char *why, GError **error)
{
  const StrataNode *source = &state->graph->nodes[node];
  g_autoptr (GArray) outputs = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (GArray) read = g_array_new (FALSE, FALSE, sizeof (int));
  g_auto (LowerModel) model;

  lower_model_init (&model, state, node);
  if (source->op == STRATA_OP_IF || source->op == STRATA_OP_LOOP || source->op == STRATA_OP_SCAN)
    return strata_lower_fail (
      state, node, error,
      "what it does depends on data; a schedule is made before there are any: give the sizes and "
      "inputs that decide it when the model is opened (--shape, --bind)");
  return lower_model_copy (&model, source, outputs, read, error) && check_counts (&model, read, error)
         && finish (&model, source, outputs, read, why, error);
}

gboolean
strata_lower_copy (
  StrataLowerState *state, int node, int value, const int planes[3], gboolean tokens, int *tensor, GError **error)
{
  const StrataView view = state->views[value];
  g_autoptr (GArray) outputs = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) reason = NULL;
  StrataLoweredTensor in = *strata_lower_tensor (state, view.tensor), *out;
  StrataLoweredOp *o;
  g_auto (LowerModel) model;
  int from, result, op;

  lower_model_init (&model, state, node);
  from = lower_model_computed (&model, value);
  result = lower_model_value (&model, value, TRUE);
  lower_model_value_at (&model, g_array_index (model.inputs, int, 0))->dtype =
    lower_model_value_at (&model, result)->dtype = in.quantised ? STRATA_DTYPE_F32 : state->graph->values[value].dtype;
  lower_model_node (&model, (StrataNode){ .op = STRATA_OP_IDENTITY,
                                          .name = lower_model_value_at (&model, result)->name,
                                          .n_inputs = 1,
                                          .inputs = lower_model_ids (&model, 1, from, 0),
                                          .n_outputs = 1,
                                          .outputs = lower_model_ids (&model, 1, result, 0) });
  g_array_append_val (outputs, result);
  bytes = lower_model_write (&model, outputs, &reason);
  if (bytes == NULL)
    return strata_lower_fail (state, node, error, "%s", reason->message);
  op = strata_lower_append (state, STRATA_QOP_DIGITAL, -1, view.tensor, value, planes);
  state->views[value] = view;
  o = strata_lower_op (state, op);
  o->name = strata_arena_printf (state->arena, "%s.%s", state->graph->values[value].name, tokens ? "tokens" : "planes");
  o->onnx = "Transpose";
  o->why = "its readers want the channels in another place";
  o->digital = g_steal_pointer (&bytes);
  out = strata_lower_tensor (state, o->output);
  out->tokens = tokens;
  out->quantised = in.quantised;
  out->scale = in.scale;
  out->zero_point = in.zero_point;
  out->dtype = in.dtype;
  out->precise = in.precise;
  *tensor = o->output;
  return TRUE;
}
