/* SPDX-License-Identifier: Apache-2.0
 *
 * Any node as a digital op: a model of its own with the node, its constants, and the Transposes that lie between the
 * tensors that hold its operands and the operands. What the reference executor runs, the digital units run.
 */
#include <string.h>

#include "compiler/lower/state.h"
#include "model/exec/exec.h"
#include "model/onnx/write.h"
#include "model/ops.h"

/* The model that is being made; ids are those of its tables */
typedef struct
{
  StrataLowerState *state;
  int node;
  GArray *values, *nodes;  /* StrataValue, StrataNode */
  GArray *inputs, *absent; /* int: computed operands; constants whose values are not there */
  GArray *tensors;         /* int: lowered tensor per input */
  int *of_source;          /* per value of the source, -1: not in the model */
  int n_made;
  gboolean streams;
  guint32 by_row;
} Model;

static void
model_init (Model *model, StrataLowerState *state, int node)
{
  *model = (Model){ .state = state, .node = node };
  model->values = g_array_new (FALSE, TRUE, sizeof (StrataValue));
  model->nodes = g_array_new (FALSE, TRUE, sizeof (StrataNode));
  model->inputs = g_array_new (FALSE, TRUE, sizeof (int));
  model->absent = g_array_new (FALSE, TRUE, sizeof (int));
  model->tensors = g_array_new (FALSE, TRUE, sizeof (int));
  model->of_source = g_new (int, state->graph->n_values + 1);
  memset (model->of_source, 0xff, sizeof (int) * (gsize) state->graph->n_values);
}

static void
model_clear (Model *model)
{
  g_array_unref (model->values);
  g_array_unref (model->nodes);
  g_array_unref (model->inputs);
  g_array_unref (model->absent);
  g_array_unref (model->tensors);
  g_free (model->of_source);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Model, model_clear)

/* A value of the type of @source, under its name or, where that would not be unique, one of the model's own */
static int
add_value (Model *model, int source, gboolean is_copy)
{
  const StrataValue *v = &model->state->graph->values[source];
  StrataValue value = { 0 };

  value.name = is_copy ? strata_arena_printf (model->state->arena, "%s.%d", v->name, model->n_made++) : v->name;
  value.dtype = v->dtype;
  value.n_dims = v->n_dims;
  memcpy (value.dims, v->dims, sizeof value.dims);
  value.producer = -1;
  value.n_consumers = 1;
  g_array_append_val (model->values, value);
  return (int) model->values->len - 1;
}

static StrataValue *
value_at (Model *model, int id)
{
  return &g_array_index (model->values, StrataValue, id);
}

static int
add_integers (Model *model, const gint64 *values, int n)
{
  StrataValue value = { 0 };

  value.name = strata_arena_printf (model->state->arena, "shape.%d", model->n_made++);
  value.dtype = STRATA_DTYPE_I64;
  value.n_dims = 1;
  value.dims[0] = n;
  value.data = strata_arena_memdup (model->state->arena, values, sizeof (gint64) * (gsize) n);
  value.n_bytes = sizeof (gint64) * (gsize) n;
  value.producer = -1;
  value.n_consumers = 1;
  g_array_append_val (model->values, value);
  return (int) model->values->len - 1;
}

static void
add_node (Model *model, StrataNode node)
{
  int id = (int) model->nodes->len;

  for (int i = 0; i < node.n_outputs; i++)
    if (node.outputs[i] >= 0)
      value_at (model, node.outputs[i])->producer = id;
  g_array_append_val (model->nodes, node);
}

static int *
ids (Model *model, int n, int a, int b)
{
  int *array = strata_arena_array (model->state->arena, int, 2);

  array[0] = a;
  array[1] = n > 1 ? b : 0;
  return array;
}

/* --- operands --- */

/* @from as a value of the dimensions of @source */
static int
add_reshape (Model *model, int from, int source)
{
  const StrataValue *v = &model->state->graph->values[source];
  int out;

  if (value_at (model, from)->n_dims == v->n_dims
      && memcmp (value_at (model, from)->dims, v->dims, sizeof (gint64) * (gsize) v->n_dims) == 0)
    return from;
  out = add_value (model, source, TRUE);
  add_node (model, (StrataNode){ .op = STRATA_OP_RESHAPE,
                                 .name = value_at (model, out)->name,
                                 .n_inputs = 2,
                                 .inputs = ids (model, 2, from, add_integers (model, v->dims, v->n_dims)),
                                 .n_outputs = 1,
                                 .outputs = ids (model, 1, out, 0) });
  return out;
}

/* What lies between the tensor and @value: aliases, each by its first input. Ends at a value in the tensor's order. */
static int
walk_up (const Model *model, int value, GArray *transposes)
{
  const StrataLowerState *state = model->state;

  while (state->views[value].order != NULL)
    {
      int maker = state->graph->values[value].producer;

      if (strata_lower_is (state, maker, "Transpose"))
        g_array_append_val (transposes, maker);
      value = state->graph->nodes[maker].inputs[0];
    }
  return value;
}

/* The operand @value, computed; its tensor becomes an input of the model. */
static int
add_computed (Model *model, int value)
{
  g_autoptr (GArray) transposes = g_array_new (FALSE, FALSE, sizeof (int));
  const StrataGraph *graph = model->state->graph;
  int base = walk_up (model, value, transposes), id = model->of_source[base];

  if (id < 0)
    {
      /* the base may be a value of other type than what is read: codes of a QuantizeLinear */
      id = model->of_source[base] = add_value (model, base, FALSE);
      value_at (model, id)->dtype = graph->values[value].dtype;
      g_array_append_val (model->inputs, id);
      g_array_append_val (model->tensors, model->state->views[value].tensor);
    }
  for (guint i = transposes->len; i > 0; i--)
    {
      const StrataNode *node = &graph->nodes[g_array_index (transposes, int, i - 1)];
      int from = add_reshape (model, id, node->inputs[0]);

      id = add_value (model, node->outputs[0], TRUE);
      add_node (model, (StrataNode){ .op = STRATA_OP_TRANSPOSE,
                                     .name = value_at (model, id)->name,
                                     .n_inputs = 1,
                                     .inputs = ids (model, 1, from, 0),
                                     .n_outputs = 1,
                                     .outputs = ids (model, 1, id, 0),
                                     .n_attrs = node->n_attrs,
                                     .attrs = node->attrs });
    }
  return add_reshape (model, id, value);
}

static int
add_constant (Model *model, int value, GError **error)
{
  const StrataConstant *constant;
  int id;

  if (model->of_source[value] >= 0)
    return model->of_source[value];
  if (strata_lower_is_absent (model->state, value))
    {
      id = add_value (model, value, FALSE);
      g_array_append_val (model->absent, id);
      return model->of_source[value] = id;
    }
  constant = strata_lower_constant (model->state, model->node, value, error);
  if (constant == NULL)
    return -1;
  id = add_value (model, value, FALSE);
  value_at (model, id)->dtype = constant->dtype;
  value_at (model, id)->n_dims = constant->n_dims;
  memcpy (value_at (model, id)->dims, constant->dims, sizeof (gint64) * (gsize) constant->n_dims);
  /* an empty tensor has no bytes, and is a constant nevertheless */
  value_at (model, id)->data = constant->data != NULL ? (const void *) constant->data : "";
  value_at (model, id)->n_bytes = (gsize) constant->count * strata_dtype_size (constant->dtype);
  return model->of_source[value] = id;
}

static gboolean
add_operand (Model *model, int value, int *id, GError **error)
{
  StrataLowerState *state = model->state;
  const StrataValue *v = &state->graph->values[value];

  if (state->is_constant[value])
    {
      *id = add_constant (model, value, error);
      return *id >= 0;
    }
  if (state->views[value].tensor < 0)
    return strata_lower_fail (state, model->node, error, "its input %s is computed by nothing", v->name);
  if (strata_lower_tensor (state, state->views[value].tensor)->quantised && v->dtype != STRATA_DTYPE_F32)
    return strata_lower_fail (state, model->node, error,
                              "it computes with the codes of %s; put a DequantizeLinear before it, so that it computes "
                              "with the numbers they stand for",
                              v->name);
  *id = add_computed (model, value);
  return TRUE;
}

/* --- the node --- */

static StrataAttr *
copy_attrs (Model *model, const StrataNode *node)
{
  const StrataGraph *graph = model->state->graph;
  StrataAttr *attrs = strata_arena_array (model->state->arena, StrataAttr, node->n_attrs + 1);

  for (int i = 0; i < node->n_attrs; i++)
    {
      attrs[i] = node->attrs[i];
      if (attrs[i].kind == STRATA_ATTR_TENSOR)
        {
          const StrataValue *tensor = &graph->values[attrs[i].tensor];

          attrs[i].tensor = add_value (model, node->attrs[i].tensor, TRUE);
          value_at (model, attrs[i].tensor)->data = tensor->data;
          value_at (model, attrs[i].tensor)->n_bytes = tensor->n_bytes;
          value_at (model, attrs[i].tensor)->n_consumers = 0;
        }
    }
  return attrs;
}

/* Outputs that somebody reads become the model's; @read gets their values in the source. */
static gboolean
copy_node (Model *model, const StrataNode *source, GArray *outputs, GArray *read, GError **error)
{
  StrataLowerState *state = model->state;
  StrataNode node = *source;

  node.inputs = strata_arena_array (state->arena, int, source->n_inputs + 1);
  node.outputs = strata_arena_array (state->arena, int, source->n_outputs + 1);
  for (int i = 0; i < source->n_inputs; i++)
    {
      node.inputs[i] = -1;
      if (source->inputs[i] >= 0 && !add_operand (model, source->inputs[i], &node.inputs[i], error))
        return FALSE;
    }
  node.n_outputs = 0;
  for (int i = 0; i < source->n_outputs; i++)
    {
      int value = source->outputs[i];

      node.outputs[i] = -1;
      if (value < 0 || strata_lower_n_uses (state, value) == 0)
        continue;
      node.outputs[i] = add_value (model, value, FALSE);
      node.n_outputs = i + 1;
      g_array_append_val (outputs, node.outputs[i]);
      g_array_append_val (read, value);
    }
  node.attrs = copy_attrs (model, source);
  add_node (model, node);
  return TRUE;
}

static GBytes *
write_model (Model *model, GArray *outputs, GError **error)
{
  const StrataGraph *source = model->state->graph;
  const StrataNode *nodes = (const StrataNode *) (gconstpointer) model->nodes->data;
  StrataOnnxWriteOptions options = { .graph_name = "digital" };
  StrataGraph graph = { 0 };
  gsize n_domain;

  g_array_append_vals (model->inputs, model->absent->data, model->absent->len);
  graph.opset = source->opset;
  /* what a rewrite made may be newer than the file; one operator and what moves data for it fit any opset since */
  for (guint i = 0; i < model->nodes->len; i++)
    {
      strata_op_type (nodes[i].op, &n_domain);
      if (n_domain == 0)
        graph.opset = MAX (graph.opset, strata_op_info (nodes[i].op)->since);
    }
  graph.values = (StrataValue *) (gpointer) model->values->data;
  graph.nodes = (StrataNode *) (gpointer) model->nodes->data;
  graph.n_values = (int) model->values->len;
  graph.n_nodes = (int) model->nodes->len;
  graph.inputs = (int *) (gpointer) model->inputs->data;
  graph.n_inputs = (int) model->inputs->len;
  graph.outputs = (int *) (gpointer) outputs->data;
  graph.n_outputs = (int) outputs->len;
  return strata_onnx_write_bytes (&graph, &options, error);
}

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
append_digital (Model *model, GBytes *bytes, GArray *read, gboolean tokens, const char *why, GError **error)
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
check_counts (Model *model, GArray *read, GError **error)
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
finish (Model *model, const StrataNode *node, GArray *outputs, GArray *read, const char *why, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (StrataDigital) digital = NULL;
  gboolean tokens = choose_layout (model->state, node, read);

  model->streams = strata_lower_streams (model->state, node, model->tensors, read, tokens, &model->by_row);
  bytes = write_model (model, outputs, &reason);
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
  g_auto (Model) model;

  model_init (&model, state, node);
  if (source->op == STRATA_OP_IF || source->op == STRATA_OP_LOOP || source->op == STRATA_OP_SCAN)
    return strata_lower_fail (
      state, node, error,
      "what it does depends on data; a schedule is made before there are any: give the sizes and "
      "inputs that decide it when the model is opened (--shape, --bind)");
  return copy_node (&model, source, outputs, read, error) && check_counts (&model, read, error)
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
  g_auto (Model) model;
  int from, result, op;

  model_init (&model, state, node);
  from = add_computed (&model, value);
  result = add_value (&model, value, TRUE);
  value_at (&model, g_array_index (model.inputs, int, 0))->dtype = value_at (&model, result)->dtype =
    in.quantised ? STRATA_DTYPE_F32 : state->graph->values[value].dtype;
  add_node (&model, (StrataNode){ .op = STRATA_OP_IDENTITY,
                                  .name = value_at (&model, result)->name,
                                  .n_inputs = 1,
                                  .inputs = ids (&model, 1, from, 0),
                                  .n_outputs = 1,
                                  .outputs = ids (&model, 1, result, 0) });
  g_array_append_val (outputs, result);
  bytes = write_model (&model, outputs, &reason);
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
