/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes the model of a digital op: values under names of their own, operands in the order that the node wants them in,
 * the node, and the whole as an ONNX file. Ids are those of the model's tables, not of the source.
 */
#include "compiler/lower/digital-model.h"

#include <string.h>

#include "model/onnx/write.h"
#include "model/ops.h"

void
lower_model_init (LowerModel *model, StrataLowerState *state, int node)
{
  *model = (LowerModel){ .state = state, .node = node };
  model->values = g_array_new (FALSE, TRUE, sizeof (StrataValue));
  model->nodes = g_array_new (FALSE, TRUE, sizeof (StrataNode));
  model->inputs = g_array_new (FALSE, TRUE, sizeof (int));
  model->absent = g_array_new (FALSE, TRUE, sizeof (int));
  model->tensors = g_array_new (FALSE, TRUE, sizeof (int));
  model->of_source = g_new (int, state->graph->n_values + 1);
  memset (model->of_source, 0xff, sizeof (int) * (gsize) state->graph->n_values);
}

void
lower_model_clear (LowerModel *model)
{
  g_array_unref (model->values);
  g_array_unref (model->nodes);
  g_array_unref (model->inputs);
  g_array_unref (model->absent);
  g_array_unref (model->tensors);
  g_free (model->of_source);
}

/* A value of the type of @source, under its name or, where that would not be unique, one of the model's own */
int
lower_model_value (LowerModel *model, int source, gboolean is_copy)
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

StrataValue *
lower_model_value_at (LowerModel *model, int id)
{
  return &g_array_index (model->values, StrataValue, id);
}

static int
add_integers (LowerModel *model, const gint64 *values, int n)
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

void
lower_model_node (LowerModel *model, StrataNode node)
{
  int id = (int) model->nodes->len;

  for (int i = 0; i < node.n_outputs; i++)
    if (node.outputs[i] >= 0)
      lower_model_value_at (model, node.outputs[i])->producer = id;
  g_array_append_val (model->nodes, node);
}

int *
lower_model_ids (LowerModel *model, int n, int a, int b)
{
  int *array = strata_arena_array (model->state->arena, int, 2);

  array[0] = a;
  array[1] = n > 1 ? b : 0;
  return array;
}

/* --- operands --- */

/* @from as a value of the dimensions of @source */
static int
add_reshape (LowerModel *model, int from, int source)
{
  const StrataValue *v = &model->state->graph->values[source];
  int out;

  if (lower_model_value_at (model, from)->n_dims == v->n_dims
      && memcmp (lower_model_value_at (model, from)->dims, v->dims, sizeof (gint64) * (gsize) v->n_dims) == 0)
    return from;
  out = lower_model_value (model, source, TRUE);
  lower_model_node (model,
                    (StrataNode){ .op = STRATA_OP_RESHAPE,
                                  .name = lower_model_value_at (model, out)->name,
                                  .n_inputs = 2,
                                  .inputs = lower_model_ids (model, 2, from, add_integers (model, v->dims, v->n_dims)),
                                  .n_outputs = 1,
                                  .outputs = lower_model_ids (model, 1, out, 0) });
  return out;
}

/* What lies between the tensor and @value: aliases, each by its first input. Ends at a value in the tensor's order. */
static int
walk_up (const LowerModel *model, int value, GArray *transposes)
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
int
lower_model_computed (LowerModel *model, int value)
{
  g_autoptr (GArray) transposes = g_array_new (FALSE, FALSE, sizeof (int));
  const StrataGraph *graph = model->state->graph;
  int base = walk_up (model, value, transposes), id = model->of_source[base];

  if (id < 0)
    {
      /* the base may be a value of other type than what is read: codes of a QuantizeLinear */
      id = model->of_source[base] = lower_model_value (model, base, FALSE);
      lower_model_value_at (model, id)->dtype = graph->values[value].dtype;
      g_array_append_val (model->inputs, id);
      g_array_append_val (model->tensors, model->state->views[value].tensor);
    }
  for (guint i = transposes->len; i > 0; i--)
    {
      const StrataNode *node = &graph->nodes[g_array_index (transposes, int, i - 1)];
      int from = add_reshape (model, id, node->inputs[0]);

      id = lower_model_value (model, node->outputs[0], TRUE);
      lower_model_node (model, (StrataNode){ .op = STRATA_OP_TRANSPOSE,
                                             .name = lower_model_value_at (model, id)->name,
                                             .n_inputs = 1,
                                             .inputs = lower_model_ids (model, 1, from, 0),
                                             .n_outputs = 1,
                                             .outputs = lower_model_ids (model, 1, id, 0),
                                             .n_attrs = node->n_attrs,
                                             .attrs = node->attrs });
    }
  return add_reshape (model, id, value);
}

static int
add_constant (LowerModel *model, int value, GError **error)
{
  const StrataConstant *constant;
  int id;

  if (model->of_source[value] >= 0)
    return model->of_source[value];
  if (strata_lower_is_absent (model->state, value))
    {
      id = lower_model_value (model, value, FALSE);
      g_array_append_val (model->absent, id);
      return model->of_source[value] = id;
    }
  constant = strata_lower_constant (model->state, model->node, value, error);
  if (constant == NULL)
    return -1;
  id = lower_model_value (model, value, FALSE);
  lower_model_value_at (model, id)->dtype = constant->dtype;
  lower_model_value_at (model, id)->n_dims = constant->n_dims;
  memcpy (lower_model_value_at (model, id)->dims, constant->dims, sizeof (gint64) * (gsize) constant->n_dims);
  /* an empty tensor has no bytes, and is a constant nevertheless */
  lower_model_value_at (model, id)->data = constant->data != NULL ? (const void *) constant->data : "";
  lower_model_value_at (model, id)->n_bytes = (gsize) constant->count * strata_dtype_size (constant->dtype);
  return model->of_source[value] = id;
}

static gboolean
add_operand (LowerModel *model, int value, int *id, GError **error)
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
  *id = lower_model_computed (model, value);
  return TRUE;
}

/* --- the node --- */

static StrataAttr *
copy_attrs (LowerModel *model, const StrataNode *node)
{
  const StrataGraph *graph = model->state->graph;
  StrataAttr *attrs = strata_arena_array (model->state->arena, StrataAttr, node->n_attrs + 1);

  for (int i = 0; i < node->n_attrs; i++)
    {
      attrs[i] = node->attrs[i];
      if (attrs[i].kind == STRATA_ATTR_TENSOR)
        {
          const StrataValue *tensor = &graph->values[attrs[i].tensor];

          attrs[i].tensor = lower_model_value (model, node->attrs[i].tensor, TRUE);
          lower_model_value_at (model, attrs[i].tensor)->data = tensor->data;
          lower_model_value_at (model, attrs[i].tensor)->n_bytes = tensor->n_bytes;
          lower_model_value_at (model, attrs[i].tensor)->n_consumers = 0;
        }
    }
  return attrs;
}

/* Outputs that somebody reads become the model's; @read gets their values in the source. */
gboolean
lower_model_copy (LowerModel *model, const StrataNode *source, GArray *outputs, GArray *read, GError **error)
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
      node.outputs[i] = lower_model_value (model, value, FALSE);
      node.n_outputs = i + 1;
      g_array_append_val (outputs, node.outputs[i]);
      g_array_append_val (read, value);
    }
  node.attrs = copy_attrs (model, source);
  lower_model_node (model, node);
  return TRUE;
}

GBytes *
lower_model_write (LowerModel *model, GArray *outputs, GError **error)
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
