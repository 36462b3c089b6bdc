/* SPDX-License-Identifier: Apache-2.0
 *
 * Constants of the source graph: from the file, or computed by executing the subgraph that makes them (a Reshape of an
 * initialiser, ConstantOfShape, …). Executed lazily, one value at a time, so that dequantised copies of integer weights
 * are made only where somebody asks for floats. A constant whose bytes the model lacks is absent: it has a shape alone.
 */
#include <string.h>

#include "compiler/lower/state.h"

void
strata_lower_find_constants (StrataLowerState *state)
{
  const StrataGraph *graph = state->graph;

  state->is_constant = strata_arena_array (state->arena, gboolean, graph->n_values + 1);
  state->is_absent = strata_arena_array (state->arena, gboolean, graph->n_values + 1);
  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataValue *v = &graph->values[i];

      state->is_absent[i] = v->weightless;
      state->is_constant[i] = v->data != NULL || v->weightless || (v->producer < 0 && strata_value_count (v) == 0);
    }
  for (int i = 0; i < graph->n_inputs; i++)
    state->is_constant[graph->inputs[i]] = FALSE;
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *node = &graph->nodes[i];
      gboolean constant = TRUE, absent = FALSE;

      for (int j = 0; j < node->n_inputs; j++)
        {
          constant = constant && (node->inputs[j] < 0 || state->is_constant[node->inputs[j]]);
          absent = absent || (node->inputs[j] >= 0 && state->is_absent[node->inputs[j]]);
        }
      for (int j = 0; j < node->n_outputs && constant; j++)
        if (node->outputs[j] >= 0)
          {
            state->is_constant[node->outputs[j]] = TRUE;
            state->is_absent[node->outputs[j]] = absent;
          }
    }
}

gboolean
strata_lower_is_absent (const StrataLowerState *state, int value)
{
  return value >= 0 && state->is_absent[value];
}

/* Marks the nodes that @value needs. Depth is bounded by the work list, not by the C stack. */
static void
mark_cone (const StrataGraph *graph, int value, gboolean *needed)
{
  g_autoptr (GArray) work = g_array_new (FALSE, FALSE, sizeof (int));

  g_array_append_val (work, value);
  while (work->len > 0)
    {
      int v = g_array_index (work, int, work->len - 1);
      int producer = graph->values[v].producer;

      g_array_set_size (work, work->len - 1);
      if (graph->values[v].data != NULL || producer < 0 || needed[producer])
        continue;
      needed[producer] = TRUE;
      for (int i = 0; i < graph->nodes[producer].n_inputs; i++)
        if (graph->nodes[producer].inputs[i] >= 0)
          g_array_append_val (work, graph->nodes[producer].inputs[i]);
    }
}

static StrataArray *
execute (const StrataGraph *graph, int value, GError **error)
{
  StrataGraph sub = *graph;
  g_autofree StrataNode *nodes = g_new (StrataNode, graph->n_nodes + 1);
  g_autofree gboolean *needed = g_new0 (gboolean, graph->n_nodes + 1);
  StrataArray *result = NULL;

  mark_cone (graph, value, needed);
  sub.nodes = nodes;
  sub.n_nodes = 0;
  for (int i = 0; i < graph->n_nodes; i++)
    if (needed[i])
      nodes[sub.n_nodes++] = graph->nodes[i];
  sub.n_inputs = 0;
  sub.outputs = &value;
  sub.n_outputs = 1;
  return strata_graph_run (&sub, NULL, &result, NULL, NULL, NULL, error) ? result : NULL;
}

static gboolean
fill_executed (StrataLowerState *state, int value, StrataConstant *constant, GError **error)
{
  g_autoptr (StrataArray) array = execute (state->graph, value, error);

  if (array == NULL)
    return FALSE;
  constant->dtype = array->dtype;
  constant->n_dims = array->n_dims;
  constant->dims = strata_arena_memdup (state->arena, array->dims, sizeof (gint64) * STRATA_MAX_DIMS);
  constant->count = strata_array_count (array);
  constant->data = strata_arena_memdup (state->arena, array->data, array->n_bytes);
  return TRUE;
}

const StrataConstant *
strata_lower_constant (StrataLowerState *state, int node, int value, GError **error)
{
  const StrataValue *v = value >= 0 ? &state->graph->values[value] : NULL;
  StrataConstant *constant;

  if (v == NULL || !state->is_constant[value])
    {
      strata_lower_fail (state, node, error, "its operand %s is computed at run time; here the chip needs a constant",
                         v != NULL ? v->name : "(left out)");
      return NULL;
    }
  if (state->is_absent[value])
    {
      strata_lower_fail (state, node, error, "the values of its operand %s are not there; " STRATA_WEIGHTS_REMEDY,
                         v->name);
      return NULL;
    }
  if (state->constants[value] != NULL)
    return state->constants[value];
  constant = strata_arena_alloc (state->arena, sizeof *constant);
  if (v->data != NULL || v->producer < 0)
    {
      constant->dtype = v->dtype;
      constant->n_dims = v->n_dims;
      constant->dims = v->dims;
      constant->count = strata_value_count (v);
      constant->data = strata_value_bytes (v);
      if (constant->data == NULL && v->data != NULL)
        {
          strata_lower_fail (state, node, error, "no memory for its operand %s (%" G_GSIZE_FORMAT " bytes)", v->name,
                             v->n_bytes);
          return NULL;
        }
    }
  else if (!fill_executed (state, value, constant, error))
    return NULL;
  state->constants[value] = constant;
  return constant;
}

#define READ(Type, constant, index)                                                                                    \
  ({                                                                                                                   \
    Type read_value;                                                                                                   \
    memcpy (&read_value, (constant)->data + (gsize) (index) * sizeof (Type), sizeof (Type));                           \
    read_value;                                                                                                        \
  })

gint64
strata_lower_constant_int (const StrataConstant *constant, gint64 index)
{
  switch (constant->dtype)
    {
    case STRATA_DTYPE_I8:
    case STRATA_DTYPE_BOOL:
      return READ (gint8, constant, index);
    case STRATA_DTYPE_U8:
      return READ (guint8, constant, index);
    case STRATA_DTYPE_I16:
      return READ (gint16, constant, index);
    case STRATA_DTYPE_U16:
      return READ (guint16, constant, index);
    case STRATA_DTYPE_I32:
      return READ (gint32, constant, index);
    case STRATA_DTYPE_U32:
      return READ (guint32, constant, index);
    case STRATA_DTYPE_I64:
    case STRATA_DTYPE_U64:
      return READ (gint64, constant, index);
    default:
      return (gint64) strata_lower_constant_double (constant, index);
    }
}

static double
half_to_double (guint16 half)
{
  int exponent = (half >> 10) & 31, fraction = half & 1023;
  double magnitude = exponent == 0 ? fraction * 0x1p-24 : (1024 + fraction) * 0x1p-25 * (double) (1u << exponent);

  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

double
strata_lower_constant_double (const StrataConstant *constant, gint64 index)
{
  switch (constant->dtype)
    {
    case STRATA_DTYPE_F32:
      return READ (float, constant, index);
    case STRATA_DTYPE_F64:
      return READ (double, constant, index);
    case STRATA_DTYPE_F16:
      return half_to_double (READ (guint16, constant, index));
    default:
      return (double) strata_lower_constant_int (constant, index);
    }
}

const float *
strata_lower_constant_floats (StrataLowerState *state, const StrataConstant *constant)
{
  float *floats;

  if (constant->dtype == STRATA_DTYPE_F32 && (gsize) constant->data % sizeof (float) == 0)
    return (const float *) (const void *) constant->data;
  floats = strata_arena_array (state->arena, float, constant->count);
  for (gint64 i = 0; i < constant->count; i++)
    floats[i] = (float) strata_lower_constant_double (constant, i);
  return floats;
}

const gint64 *
strata_lower_ints (StrataLowerState *state, int node, int input, const char *attribute, int *n, GError **error)
{
  const StrataNode *nd = &state->graph->nodes[node];
  const StrataAttr *attr = attribute != NULL ? strata_node_attr (nd, attribute) : NULL;
  const StrataConstant *constant;
  gint64 *ints;

  if (attr != NULL && attr->kind == STRATA_ATTR_INTS)
    {
      *n = attr->n;
      return attr->ints;
    }
  if (input >= nd->n_inputs || nd->inputs[input] < 0)
    return NULL;
  constant = strata_lower_constant (state, node, nd->inputs[input], error);
  if (constant == NULL)
    return NULL;
  if (constant->count > 2 * STRATA_MAX_DIMS)
    {
      strata_lower_fail (state, node, error, "operand %d has %" G_GINT64_FORMAT " elements; at most %d are meaningful",
                         input, constant->count, 2 * STRATA_MAX_DIMS);
      return NULL;
    }
  ints = strata_arena_array (state->arena, gint64, constant->count + 1);
  for (gint64 i = 0; i < constant->count; i++)
    ints[i] = strata_lower_constant_int (constant, i);
  *n = (int) constant->count;
  return ints;
}
