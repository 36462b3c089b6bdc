/* SPDX-License-Identifier: Apache-2.0 */
#include "graph-maker.h"

#include <stdarg.h>

#include "model/graph-build.h"

void
maker_init (GraphMaker *maker)
{
  maker->arena = strata_arena_new ();
  maker->values = g_array_new (FALSE, TRUE, sizeof (StrataValue));
  maker->nodes = g_array_new (FALSE, TRUE, sizeof (StrataNode));
  maker->inputs = g_array_new (FALSE, TRUE, sizeof (int));
  maker->outputs = g_array_new (FALSE, TRUE, sizeof (int));
}

static int
add_value (GraphMaker *maker, const char *name, StrataDtype dtype, va_list dims)
{
  StrataValue v = { 0 };
  int dim;

  v.name = name != NULL ? strata_arena_strdup (maker->arena, name)
                        : strata_arena_printf (maker->arena, "const%u", maker->values->len);
  v.dtype = dtype;
  v.producer = -1;
  while ((dim = va_arg (dims, int)) != 0)
    v.dims[v.n_dims++] = dim;
  v.n_bytes = (gsize) strata_value_count (&v) * strata_dtype_size (dtype);
  g_array_append_val (maker->values, v);
  return (int) maker->values->len - 1;
}

int
maker_value (GraphMaker *maker, const char *name, StrataDtype dtype, ...)
{
  va_list dims;
  int id;

  va_start (dims, dtype);
  id = add_value (maker, name, dtype, dims);
  va_end (dims);
  return id;
}

int
maker_input (GraphMaker *maker, const char *name, ...)
{
  va_list dims;
  int id;

  va_start (dims, name);
  id = add_value (maker, name, STRATA_DTYPE_F32, dims);
  va_end (dims);
  g_array_append_val (maker->inputs, id);
  return id;
}

static int
fill (GraphMaker *maker, int id, const void *data)
{
  StrataValue *v = &g_array_index (maker->values, StrataValue, id);

  v->data = strata_arena_memdup (maker->arena, data, v->n_bytes);
  return id;
}

int
maker_floats (GraphMaker *maker, const float *data, ...)
{
  va_list dims;
  int id;

  va_start (dims, data);
  id = add_value (maker, NULL, STRATA_DTYPE_F32, dims);
  va_end (dims);
  return fill (maker, id, data);
}

int
maker_ints (GraphMaker *maker, const gint64 *data, int n)
{
  return fill (maker, maker_value (maker, NULL, STRATA_DTYPE_I64, n, 0), data);
}

int
maker_bytes (GraphMaker *maker, StrataDtype dtype, const void *data, ...)
{
  va_list dims;
  int id;

  va_start (dims, data);
  id = add_value (maker, NULL, dtype, dims);
  va_end (dims);
  return fill (maker, id, data);
}

int
maker_node (GraphMaker *maker, StrataOp op, int output, ...)
{
  StrataNode n = { 0 };
  int id = (int) maker->nodes->len, input;
  va_list inputs;

  n.op = op;
  n.name = strata_arena_printf (maker->arena, "node%d", id);
  n.onnx_index = id;
  n.inputs = strata_arena_array (maker->arena, int, 8);
  n.outputs = strata_arena_array (maker->arena, int, 1);
  n.attrs = strata_arena_array (maker->arena, StrataAttr, 8);
  n.outputs[0] = output;
  n.n_outputs = 1;
  va_start (inputs, output);
  while ((input = va_arg (inputs, int)) != -2)
    n.inputs[n.n_inputs++] = input;
  va_end (inputs);
  g_array_append_val (maker->nodes, n);
  g_array_index (maker->values, StrataValue, output).producer = id;
  return id;
}

void
maker_attr_int (GraphMaker *maker, int node, const char *name, gint64 value)
{
  StrataNode *n = &g_array_index (maker->nodes, StrataNode, node);

  n->attrs[n->n_attrs++] = (StrataAttr){ .name = name, .kind = STRATA_ATTR_INT, .i = value, .tensor = -1 };
}

void
maker_attr_ints (GraphMaker *maker, int node, const char *name, int n_values, const gint64 *values)
{
  StrataNode *n = &g_array_index (maker->nodes, StrataNode, node);

  n->attrs[n->n_attrs++] =
    (StrataAttr){ .name = name,
                  .kind = STRATA_ATTR_INTS,
                  .n = n_values,
                  .ints = strata_arena_memdup (maker->arena, values, sizeof (gint64) * (gsize) n_values),
                  .tensor = -1 };
}

void
maker_output (GraphMaker *maker, int value)
{
  g_array_append_val (maker->outputs, value);
}

static void *
settle (GraphMaker *maker, GArray *array)
{
  void *copy = strata_arena_memdup (maker->arena, array->data, array->len * g_array_get_element_size (array));

  g_array_unref (array);
  return copy;
}

StrataGraph *
maker_finish (GraphMaker *maker)
{
  StrataGraph *graph = g_new0 (StrataGraph, 1);

  graph->arena = maker->arena;
  graph->path = "test.onnx";
  graph->opset = 13;
  graph->n_values = (int) maker->values->len;
  graph->n_nodes = (int) maker->nodes->len;
  graph->n_inputs = (int) maker->inputs->len;
  graph->n_outputs = (int) maker->outputs->len;
  graph->values = settle (maker, maker->values);
  graph->nodes = settle (maker, maker->nodes);
  graph->inputs = settle (maker, maker->inputs);
  graph->outputs = settle (maker, maker->outputs);
  strata_graph_count_consumers (graph);
  return graph;
}
