/* SPDX-License-Identifier: Apache-2.0
 *
 * Inputs and outputs of a model, those that were made constants when it was opened, and tensors as inputs.
 */
#include "api/model-private.h"

#include "device/tensor-private.h"

static const StrataValue *
input_at (StrataModel *self, guint index)
{
  const StrataGraph *graph = strata_model_get_graph (self);

  return &graph->values[graph->inputs[index]];
}

static const StrataValue *
output_at (StrataModel *self, guint index)
{
  const StrataGraph *graph = strata_model_get_graph (self);

  return &graph->values[graph->outputs[index]];
}

static const gint64 *
shape_of (const StrataValue *value, guint *n_dims)
{
  *n_dims = (guint) MAX (value->n_dims, 0);
  return value->dims;
}

guint
strata_model_get_n_inputs (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) strata_model_get_graph (self)->n_inputs;
}

guint
strata_model_get_n_outputs (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) strata_model_get_graph (self)->n_outputs;
}

const char *
strata_model_get_input_name (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_inputs, NULL);
  return input_at (self, index)->name;
}

const char *
strata_model_get_output_name (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_outputs, NULL);
  return output_at (self, index)->name;
}

const gint64 *
strata_model_get_input_shape (StrataModel *self, guint index, guint *n_dims)
{
  *n_dims = 0;
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_inputs, NULL);
  return shape_of (input_at (self, index), n_dims);
}

const gint64 *
strata_model_get_output_shape (StrataModel *self, guint index, guint *n_dims)
{
  *n_dims = 0;
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_outputs, NULL);
  return shape_of (output_at (self, index), n_dims);
}

StrataDtype
strata_model_get_input_dtype (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), STRATA_DTYPE_INVALID);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_inputs, STRATA_DTYPE_INVALID);
  return input_at (self, index)->dtype;
}

StrataDtype
strata_model_get_output_dtype (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), STRATA_DTYPE_INVALID);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_outputs, STRATA_DTYPE_INVALID);
  return output_at (self, index)->dtype;
}

double
strata_model_get_output_step (StrataModel *self, guint index)
{
  const StrataGraph *graph;
  const StrataNode *node;
  int producer;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  graph = strata_model_get_graph (self);
  g_return_val_if_fail (index < (guint) graph->n_outputs, 0);
  producer = graph->values[graph->outputs[index]].producer;
  if (producer < 0 || graph->nodes[producer].op != STRATA_OP_DEQUANTIZE_LINEAR)
    return 0;
  node = &graph->nodes[producer];
  if (graph->values[node->inputs[1]].dtype != STRATA_DTYPE_F32 || graph->values[node->inputs[1]].data == NULL
      || graph->values[node->inputs[1]].n_bytes < sizeof (float))
    return 0;
  return *(const float *) graph->values[node->inputs[1]].data;
}

guint
strata_model_get_input_place (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_inputs, 0);
  return strata_model_get_graph (self)->input_places == NULL
           ? index
           : (guint) strata_model_get_graph (self)->input_places[index];
}

guint
strata_model_get_n_bound (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) strata_model_get_graph (self)->n_bound;
}

const char *
strata_model_get_bound_name (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_bound, NULL);
  return strata_model_get_graph (self)->bound[index].name;
}

guint
strata_model_get_bound_place (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_bound, 0);
  return (guint) strata_model_get_graph (self)->bound[index].place;
}

StrataTensor *
strata_model_dup_bound_value (StrataModel *self, guint index)
{
  const StrataArray *array;
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) strata_model_get_graph (self)->n_bound, NULL);
  array = &strata_model_get_graph (self)->bound[index].array;
  bytes = g_bytes_new (array->data, array->n_bytes);
  return strata_tensor_new (array->dtype, array->dims, (guint) array->n_dims, bytes, NULL);
}

gboolean
strata_model_view_inputs (
  StrataModel *self, GPtrArray *inputs, StrataArray *views, const StrataArray **pointers, GError **error)
{
  const StrataGraph *graph = strata_model_get_graph (self);

  if (inputs->len != (guint) graph->n_inputs)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT, "%s: %u inputs given; the model has %d",
                   graph->path, inputs->len, graph->n_inputs);
      return FALSE;
    }
  for (guint i = 0; i < inputs->len; i++)
    {
      const StrataValue *value = &graph->values[graph->inputs[i]];

      strata_tensor_view (inputs->pdata[i], &views[i]);
      if (views[i].dtype != value->dtype || strata_array_count (&views[i]) != strata_value_count (value))
        {
          g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                       "input \"%s\": %" G_GINT64_FORMAT " elements of %s given; the model wants %" G_GINT64_FORMAT
                       " of %s",
                       value->name, strata_array_count (&views[i]), strata_dtype_name (views[i].dtype),
                       strata_value_count (value), strata_dtype_name (value->dtype));
          return FALSE;
        }
      /* Only the count has to fit: a flat file feeds an image. */
      views[i].n_dims = value->n_dims;
      memcpy (views[i].dims, value->dims, sizeof views[i].dims);
      pointers[i] = &views[i];
    }
  return TRUE;
}
