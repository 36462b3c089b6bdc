/* SPDX-License-Identifier: Apache-2.0
 *
 * A thin layer over StrataGraphBuilder, which resolves names, finds cycles and orders nodes.
 */
#include "model/arch/layers.h"

#include <string.h>

#include "model/shape/shapes.h"

void
strata_layers_init (StrataLayers *layers, int opset)
{
  memset (layers, 0, sizeof *layers);
  layers->arena = strata_arena_new ();
  layers->opset = opset;
  layers->fills = g_array_new (FALSE, TRUE, sizeof (StrataFill));
  strata_graph_builder_init (&layers->builder, layers->arena);
}

void
strata_layers_clear (StrataLayers *layers)
{
  strata_graph_builder_clear (&layers->builder);
  g_clear_pointer (&layers->arena, strata_arena_free);
  g_clear_pointer (&layers->fills, g_array_unref);
  g_clear_error (&layers->error);
}

/* The id of the new value; that of the old one where the name is taken, which is an error of finish. */
static int
add_value (StrataLayers *layers, StrataValue *value, StrataFill fill)
{
  GError **error = layers->error == NULL ? &layers->error : NULL;
  int id;

  value->name = strata_arena_strdup (layers->arena, value->name);
  id = strata_graph_builder_value (&layers->builder, value, error);
  if (id < 0)
    return strata_graph_builder_find (&layers->builder, value->name);
  g_array_append_val (layers->fills, fill);
  return id;
}

static int
add_typed (StrataLayers *layers,
           const char *name,
           StrataDtype dtype,
           int n_dims,
           const gint64 *dims,
           const void *data,
           StrataFill fill)
{
  StrataValue value = { .name = name, .dtype = dtype, .n_dims = n_dims, .producer = -1 };

  g_assert (n_dims <= STRATA_MAX_DIMS);
  if (n_dims > 0)
    memcpy (value.dims, dims, sizeof (gint64) * (gsize) n_dims);
  value.n_bytes = (gsize) strata_value_count (&value) * strata_dtype_size (dtype);
  value.weightless = fill.kind != STRATA_FILL_NONE;
  if (data != NULL)
    value.data = strata_arena_memdup (layers->arena, data, value.n_bytes);
  return add_value (layers, &value, fill);
}

int
strata_layers_input (StrataLayers *layers, const char *name, StrataDtype dtype, int n_dims, const gint64 *dims)
{
  int id = add_typed (layers, name, dtype, n_dims, dims, NULL, (StrataFill){ 0 });

  g_array_append_val (layers->builder.inputs, id);
  return id;
}

int
strata_layers_weight (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims, StrataFill fill)
{
  g_assert (fill.kind != STRATA_FILL_NONE);
  return add_typed (layers, name, STRATA_DTYPE_F32, n_dims, dims, NULL, fill);
}

int
strata_layers_ints (StrataLayers *layers, const char *name, int n, const gint64 *ints)
{
  g_autoptr (GString) made = g_string_new ("ints");
  gint64 dims[1] = { n };
  int known;

  for (int i = 0; i < n; i++)
    g_string_append_printf (made, "_%" G_GINT64_FORMAT, ints[i]);
  known = name == NULL ? strata_graph_builder_find (&layers->builder, made->str) : -1;
  if (known >= 0)
    return known;
  return add_typed (layers, name == NULL ? made->str : name, STRATA_DTYPE_I64, 1, dims, ints, (StrataFill){ 0 });
}

int
strata_layers_floats (StrataLayers *layers, const char *name, int n_dims, const gint64 *dims, const float *floats)
{
  return add_typed (layers, name, STRATA_DTYPE_F32, n_dims, dims, floats, (StrataFill){ 0 });
}

int
strata_layers_scalar (StrataLayers *layers, const char *name, float value)
{
  char made[G_ASCII_DTOSTR_BUF_SIZE + 8] = "scalar_";
  int known;

  g_ascii_dtostr (made + strlen (made), G_ASCII_DTOSTR_BUF_SIZE, (double) value);
  known = name == NULL ? strata_graph_builder_find (&layers->builder, made) : -1;
  if (known >= 0)
    return known;
  return add_typed (layers, name == NULL ? made : name, STRATA_DTYPE_F32, 0, NULL, &value, (StrataFill){ 0 });
}

static int
add_output (StrataLayers *layers, const char *name, int producer)
{
  StrataValue value = { .name = name, .n_dims = -1, .producer = producer };

  return add_value (layers, &value, (StrataFill){ 0 });
}

static StrataNode *
add_node (StrataLayers *layers, StrataOp op, const char *name, const int *inputs, int n_inputs, int n_outputs)
{
  StrataNode node = { .op = op, .n_outputs = n_outputs };
  const char **reads;

  while (n_inputs > 0 && inputs[n_inputs - 1] < 0)
    n_inputs--;
  node.name = strata_arena_strdup (layers->arena, name);
  node.onnx_index = (int) layers->builder.nodes->len;
  node.n_inputs = n_inputs;
  node.outputs = strata_arena_array (layers->arena, int, n_outputs);
  reads = strata_arena_array (layers->arena, const char *, n_inputs + 1);
  for (int i = 0; i < n_inputs; i++)
    reads[i] = inputs[i] < 0 ? "" : layers->builder.values[inputs[i]].name;
  g_ptr_array_add (layers->builder.reads, reads);
  g_array_append_val (layers->builder.nodes, node);
  return &g_array_index (layers->builder.nodes, StrataNode, layers->builder.nodes->len - 1);
}

int
strata_layers_node (StrataLayers *layers, StrataOp op, const char *name, const int *inputs, int n_inputs)
{
  StrataNode *node = add_node (layers, op, name, inputs, n_inputs, 1);

  node->outputs[0] = add_output (layers, name, node->onnx_index);
  return node->outputs[0];
}

void
strata_layers_node_outputs (
  StrataLayers *layers, StrataOp op, const char *name, const int *inputs, int n_inputs, int *outputs, int n_outputs)
{
  StrataNode *node = add_node (layers, op, name, inputs, n_inputs, n_outputs);

  for (int i = 0; i < n_outputs; i++)
    {
      g_autofree char *output = g_strdup_printf ("%s:%d", name, i);

      outputs[i] = node->outputs[i] = add_output (layers, output, node->onnx_index);
    }
}

static StrataAttr *
add_attr (StrataLayers *layers, const char *name, StrataAttrKind kind)
{
  StrataNode *node = &g_array_index (layers->builder.nodes, StrataNode, layers->builder.nodes->len - 1);
  StrataAttr *attrs = strata_arena_array (layers->arena, StrataAttr, node->n_attrs + 1);

  if (node->n_attrs > 0)
    memcpy (attrs, node->attrs, sizeof (StrataAttr) * (gsize) node->n_attrs);
  node->attrs = attrs;
  attrs[node->n_attrs] =
    (StrataAttr){ .name = strata_arena_strdup (layers->arena, name), .kind = kind, .s = "", .tensor = -1 };
  return &attrs[node->n_attrs++];
}

void
strata_layers_attr_int (StrataLayers *layers, const char *name, gint64 value)
{
  add_attr (layers, name, STRATA_ATTR_INT)->i = value;
}

void
strata_layers_attr_float (StrataLayers *layers, const char *name, float value)
{
  add_attr (layers, name, STRATA_ATTR_FLOAT)->f = value;
}

void
strata_layers_attr_string (StrataLayers *layers, const char *name, const char *value)
{
  add_attr (layers, name, STRATA_ATTR_STRING)->s = strata_arena_strdup (layers->arena, value);
}

void
strata_layers_attr_ints (StrataLayers *layers, const char *name, const gint64 *values, int n)
{
  StrataAttr *attr = add_attr (layers, name, STRATA_ATTR_INTS);

  attr->n = n;
  attr->ints = strata_arena_memdup (layers->arena, values, sizeof (gint64) * (gsize) n);
}

void
strata_layers_output (StrataLayers *layers, int value, const char *name)
{
  int id = value;

  if (!g_str_equal (layers->builder.values[value].name, name))
    id = strata_layers_node (layers, STRATA_OP_IDENTITY, name, &value, 1);
  g_array_append_val (layers->builder.outputs, id);
}

StrataGraph *
strata_layers_finish (StrataLayers *layers, const char *path, GArray **fills, GError **error)
{
  g_autoptr (StrataGraph) graph = g_new0 (StrataGraph, 1);

  graph->arena = g_steal_pointer (&layers->arena);
  graph->backing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  graph->path = strata_arena_strdup (graph->arena, path);
  graph->opset = layers->opset;
  if (layers->error != NULL)
    g_propagate_error (error, g_steal_pointer (&layers->error));
  else if (strata_graph_builder_link (&layers->builder, graph, error) && strata_graph_infer (graph, error)
           && strata_graph_check (graph, error))
    {
      if (fills != NULL)
        *fills = g_steal_pointer (&layers->fills);
      return g_steal_pointer (&graph);
    }
  g_prefix_error (error, "%s: ", path);
  return NULL;
}
