/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of the shape rules, and what they share. Folding: reshapes of constants share the constant's bytes, whatever
 * their size; other nodes are executed at import only where the result is small, as in shape arithmetic, so that
 * weights are never touched. DequantizeLinear stays: the compiler wants the integers behind it.
 */
#include "model/shape/infer.h"

#include <string.h>

#include "model/element.h"
#include "model/exec/exec.h"
#include "model/graph-build.h"
#include "model/ops.h"
#include "model/unaligned.h"

static const StrataShapeFunc rules[] = {
#define STRATA_OP(id, onnx, since, until, min_in, max_in, max_out, rule, exec, meaning)                                \
  [STRATA_OP_##id] = strata_shape_##rule,
#include "model/ops.def"
#undef STRATA_OP
};

static gboolean
set_error_va (GError **error, StrataImportError code, const char *format, va_list args)
{
  g_autofree char *text = g_strdup_vprintf (format, args);

  g_set_error_literal (error, STRATA_IMPORT_ERROR, (int) code, text);
  return FALSE;
}

gboolean
strata_shape_fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  set_error_va (error, STRATA_IMPORT_ERROR_SHAPE, format, args);
  va_end (args);
  return FALSE;
}

gboolean
strata_shape_lack (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  set_error_va (error, STRATA_IMPORT_ERROR_UNSUPPORTED, format, args);
  va_end (args);
  return FALSE;
}

const StrataValue *
strata_shape_in (const StrataShape *shape, int i)
{
  if (i >= shape->node->n_inputs || shape->node->inputs[i] < 0)
    return NULL;
  return &shape->graph->values[shape->node->inputs[i]];
}

gboolean
strata_shape_set (StrataShape *shape, int i, StrataDtype dtype, int n_dims, const gint64 *dims, GError **error)
{
  gint64 count = 1;
  StrataValue *value;

  if (n_dims > STRATA_MAX_DIMS)
    return strata_shape_lack (error, "its output has %d dimensions; at most %d are accepted", n_dims, STRATA_MAX_DIMS);
  for (int d = 0; d < n_dims; d++)
    {
      if (dims[d] < 0 || dims[d] > G_MAXINT32)
        return strata_shape_fail (
          error, "dimension %d of its output is %" G_GINT64_FORMAT "; 0 to 2147483647 are accepted", d, dims[d]);
      count *= MAX (dims[d], 1);
      if (count > G_MAXINT32)
        return strata_shape_fail (error, "its output has more than 2147483647 elements; fewer are accepted");
    }
  if (i >= shape->node->n_outputs || shape->node->outputs[i] < 0)
    return TRUE;
  value = &shape->graph->values[shape->node->outputs[i]];
  value->dtype = dtype;
  value->n_dims = n_dims;
  if (n_dims > 0)
    memmove (value->dims, dims, sizeof (gint64) * (gsize) n_dims);
  value->n_bytes = (gsize) strata_value_count (value) * strata_dtype_size (dtype);
  return TRUE;
}

static char *
list_types (guint types)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint dtype = STRATA_DTYPE_F32; dtype <= STRATA_DTYPE_BOOL; dtype++)
    if (types & STRATA_TYPE_BIT (dtype))
      g_string_append_printf (text, "%s%s", text->len == 0 ? "" : ", ", strata_dtype_name ((StrataDtype) dtype));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
strata_shape_need (const StrataShape *shape, int i, guint types, GError **error)
{
  const StrataValue *value = strata_shape_in (shape, i);
  g_autofree char *accepted = NULL;

  if (value == NULL)
    return strata_shape_fail (error, "input %d is missing; the operator needs it", i);
  if (types & STRATA_TYPE_BIT (value->dtype))
    return TRUE;
  accepted = list_types (types);
  return strata_shape_lack (error, "input %d, %s, is %s; accepted: %s", i, value->name,
                            strata_dtype_name (value->dtype), accepted);
}

gboolean
strata_shape_agree (const StrataShape *shape, int i, int j, GError **error)
{
  const StrataValue *a = strata_shape_in (shape, i);
  const StrataValue *b = strata_shape_in (shape, j);

  if (a == NULL || b == NULL || a->dtype == b->dtype)
    return TRUE;
  return strata_shape_fail (error, "inputs %d and %d are %s and %s; they must be of one type", i, j,
                            strata_dtype_name (a->dtype), strata_dtype_name (b->dtype));
}

gboolean
strata_shape_axis (gint64 axis, int n_dims, int *result, GError **error)
{
  if (axis < -n_dims || axis >= n_dims)
    return strata_shape_fail (error, "axis %" G_GINT64_FORMAT " is out of range; %d to %d are accepted", axis, -n_dims,
                              n_dims - 1);
  *result = (int) (axis < 0 ? axis + n_dims : axis);
  return TRUE;
}

static char *
dims_text (const StrataValue *value)
{
  g_autoptr (GString) text = g_string_new ("[");

  for (int i = 0; i < value->n_dims; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i == 0 ? "" : "x", value->dims[i]);
  return g_string_free (g_string_append_c (g_steal_pointer (&text), ']'), FALSE);
}

gboolean
strata_shape_broadcast (const StrataShape *shape, int n_inputs, int *n_dims, gint64 *dims, GError **error)
{
  *n_dims = 0;
  for (int i = 0; i < n_inputs; i++)
    if (strata_shape_in (shape, i) != NULL)
      *n_dims = MAX (*n_dims, strata_shape_in (shape, i)->n_dims);
  for (int d = 0; d < *n_dims; d++)
    dims[d] = 1;
  for (int i = 0; i < n_inputs; i++)
    {
      const StrataValue *value = strata_shape_in (shape, i);

      for (int d = 0; value != NULL && d < value->n_dims; d++)
        {
          gint64 *dim = &dims[*n_dims - value->n_dims + d];

          if (*dim != 1 && value->dims[d] != 1 && *dim != value->dims[d])
            {
              g_autofree char *text = dims_text (value);

              return strata_shape_fail (
                error, "its inputs do not broadcast: input %d is %s where %" G_GINT64_FORMAT " is needed", i, text,
                *dim);
            }
          if (value->dims[d] != 1)
            *dim = value->dims[d];
        }
    }
  return TRUE;
}

gboolean
strata_shape_scalar (const StrataShape *shape, int i, double *value, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, i);

  if (!strata_shape_need (shape, i, STRATA_TYPES_NUMBER | STRATA_TYPES_BOOL, error))
    return FALSE;
  if (in->data == NULL)
    return strata_shape_fail (error, "its operand %s is computed at run time; it must be a constant", in->name);
  if (strata_value_count (in) != 1)
    return strata_shape_fail (error, "its operand %s is no scalar; one number is accepted", in->name);
  *value = strata_element_double (in->dtype, in->data, 0);
  return TRUE;
}

static gboolean
has_constant_inputs (const StrataGraph *graph, const StrataNode *node)
{
  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] >= 0 && graph->values[node->inputs[i]].data == NULL)
      return FALSE;
  return node->n_inputs > 0;
}

static gboolean
is_reshape (const StrataNode *node)
{
  return node->op == STRATA_OP_IDENTITY || node->op == STRATA_OP_RESHAPE || node->op == STRATA_OP_FLATTEN
         || node->op == STRATA_OP_SQUEEZE || node->op == STRATA_OP_UNSQUEEZE;
}

/* What is small is copied where it must be aligned; a large table is only picked from, by bytes. */
static gboolean
view_input (const StrataGraph *graph, const StrataNode *node, int i, StrataArray *view)
{
  const StrataValue *value = &graph->values[node->inputs[i]];

  if (i == 0 && (node->op == STRATA_OP_GATHER || node->op == STRATA_OP_SLICE))
    {
      StrataValue raw = *value;

      raw.unaligned = NULL;
      *view = strata_value_view (&raw);
    }
  else
    *view = strata_value_view (value);
  return view->data != NULL;
}

static gboolean
execute_now (StrataGraph *graph, int index, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  g_autofree StrataArray *inputs = g_new0 (StrataArray, node->n_inputs);
  g_autofree const StrataArray **pointers = g_new0 (const StrataArray *, node->n_inputs);
  g_autofree StrataArray **outputs = g_new0 (StrataArray *, node->n_outputs);

  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] >= 0)
      {
        if (!view_input (graph, node, i, &inputs[i]))
          return strata_shape_lack (error, "no memory for its input %d", i);
        pointers[i] = &inputs[i];
      }
  if (!strata_exec_node (graph, index, pointers, outputs, error))
    return FALSE;
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0)
      {
        graph->values[node->outputs[i]].data =
          strata_arena_memdup (graph->arena, outputs[i]->data, outputs[i]->n_bytes);
        strata_array_free (outputs[i]);
      }
  return TRUE;
}

/* Attention has scores or a state that inputs and outputs do not bound: a file of small constants could ask for
 * gigabytes of them. DequantizeLinear is the compiler's. */
gboolean
strata_shape_stays (const StrataNode *node)
{
  switch (node->op)
    {
    case STRATA_OP_ATTENTION:
    case STRATA_OP_DEQUANTIZE_LINEAR:
    case STRATA_OP_LINEAR_ATTENTION:
    case STRATA_OP_MS_ATTENTION:
    case STRATA_OP_MS_GROUP_QUERY_ATTENTION:
    case STRATA_OP_MS_MULTI_HEAD_ATTENTION:
      return TRUE;
    default:
      return FALSE;
    }
}

static gboolean
fold (StrataGraph *graph, int index, StrataFoldBudget *budget, GError **error)
{
  const StrataNode *node = &graph->nodes[index];

  if (!has_constant_inputs (graph, node) || strata_shape_stays (node))
    return TRUE;
  if (is_reshape (node) && node->outputs[0] >= 0)
    {
      strata_value_share (&graph->values[node->outputs[0]], &graph->values[node->inputs[0]]);
      return TRUE;
    }
  return !strata_fold_afford (graph, index, budget) || execute_now (graph, index, error);
}

/* Inputs that an operator of ONNX cannot do without, so that rules need not ask for each; those of other domains have
 * ones that may be left out before those that may not */
static gboolean
needs_inputs (const StrataNode *node, GError **error)
{
  if (strchr (strata_op_name (node->op), '.') != NULL)
    return TRUE;
  for (int i = 0; i < strata_op_info (node->op)->min_in; i++)
    if (node->inputs[i] < 0)
      return strata_shape_fail (error, "input %d is missing; the operator needs it", i);
  return TRUE;
}

static gboolean
refuse_nibbles (const StrataValue *value, GError **error)
{
  return !value->is_nibble
         || strata_shape_lack (error, "%s is of 4-bit integers; only DequantizeLinear and Cast take those",
                               value->name);
}

/* An operator that computes with 4-bit integers would give 4-bit integers, which the graph does not have. */
static gboolean
check_nibbles (const StrataGraph *graph, const StrataNode *node, GError **error)
{
  if (node->op == STRATA_OP_DEQUANTIZE_LINEAR || node->op == STRATA_OP_CAST || node->op == STRATA_OP_CONSTANT)
    return TRUE;
  for (int i = 0; i < node->n_inputs; i++)
    if (node->inputs[i] >= 0 && !refuse_nibbles (&graph->values[node->inputs[i]], error))
      return FALSE;
  for (int i = 0; i < node->n_attrs; i++)
    if (node->attrs[i].kind == STRATA_ATTR_TENSOR && !refuse_nibbles (&graph->values[node->attrs[i].tensor], error))
      return FALSE;
  return TRUE;
}

gboolean
strata_shape_infer_node (StrataGraph *graph, int index, StrataFoldBudget *budget, GError **error)
{
  StrataShape shape = { graph, &graph->nodes[index], index };
  const StrataNode *node = shape.node;

  if (needs_inputs (node, error) && check_nibbles (graph, node, error) && rules[node->op](&shape, error)
      && fold (graph, index, budget, error))
    return TRUE;
  g_prefix_error (error, "node %s (%s, opset %d): ", node->name, strata_op_name (node->op), graph->opset);
  return FALSE;
}

static gboolean
is_folded (const StrataGraph *graph, const StrataNode *node)
{
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0 && graph->values[node->outputs[i]].data == NULL)
      return FALSE;
  return TRUE;
}

static void
drop_folded (StrataGraph *graph)
{
  int n_kept = 0;

  for (int i = 0; i < graph->n_nodes; i++)
    {
      gboolean folded = is_folded (graph, &graph->nodes[i]);

      for (int j = 0; j < graph->nodes[i].n_outputs; j++)
        if (graph->nodes[i].outputs[j] >= 0)
          graph->values[graph->nodes[i].outputs[j]].producer = folded ? -1 : n_kept;
      if (!folded)
        graph->nodes[n_kept++] = graph->nodes[i];
    }
  graph->n_folded = graph->n_nodes - n_kept;
  graph->n_nodes = n_kept;
}

gboolean
strata_shape_size_inputs (StrataGraph *graph, GError **error)
{
  for (int i = 0; i < graph->n_inputs; i++)
    {
      StrataValue *value = &graph->values[graph->inputs[i]];
      gsize count = 1;

      for (int d = 0; d < value->n_dims; d++)
        if (!g_size_checked_mul (&count, count, (gsize) MAX (value->dims[d], 1)) || count > G_MAXINT32)
          return strata_shape_fail (error, "input %s: more than 2147483647 elements; fewer are accepted", value->name);
      value->n_bytes = (gsize) strata_value_count (value) * strata_dtype_size (value->dtype);
    }
  return TRUE;
}

gboolean
strata_graph_infer (StrataGraph *graph, GError **error)
{
  StrataFoldBudget budget = strata_fold_budget (graph);

  if (!strata_shape_size_inputs (graph, error))
    return FALSE;
  for (int i = 0; i < graph->n_nodes; i++)
    if (!strata_shape_infer_node (graph, i, &budget, error))
      return FALSE;
  for (int i = 0; i < graph->n_outputs; i++)
    if (!refuse_nibbles (&graph->values[graph->outputs[i]], error))
      return FALSE;
  drop_folded (graph);
  strata_graph_count_consumers (graph);
  return TRUE;
}

/* What a rule may need to know and a text does not give: the elements of a constant that decides a shape. */
static gboolean
is_undecidable (const StrataGraph *graph, const StrataNode *node)
{
  for (int i = 0; i < node->n_inputs; i++)
    {
      const StrataValue *value = node->inputs[i] < 0 ? NULL : &graph->values[node->inputs[i]];

      if (value != NULL && value->absent != NULL && value->absent->digest != 0
          && (!strata_dtype_is_float (value->dtype) || node->op == STRATA_OP_NON_ZERO))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_as_stated (const StrataValue *inferred, const StrataValue *stated)
{
  return inferred->dtype == stated->dtype && inferred->n_dims == stated->n_dims
         && memcmp (inferred->dims, stated->dims, sizeof (gint64) * (gsize) stated->n_dims) == 0;
}

gboolean
strata_graph_confirm_node (StrataGraph *graph, int index, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  StrataShape shape = { graph, node, index };
  g_autofree StrataValue *stated = g_new0 (StrataValue, node->n_outputs);
  g_autoptr (GError) reason = NULL;
  const char *other = NULL;
  gboolean ruled;

  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0)
      stated[i] = graph->values[node->outputs[i]];
  ruled = check_nibbles (graph, node, &reason) && rules[node->op](&shape, &reason);
  for (int i = 0; i < node->n_outputs; i++)
    if (node->outputs[i] >= 0)
      {
        if (ruled && !is_as_stated (&graph->values[node->outputs[i]], &stated[i]))
          other = stated[i].name;
        graph->values[node->outputs[i]] = stated[i];
      }
  if (other != NULL)
    return strata_shape_fail (error, "its output %s is stated with another type or shape than its inputs give", other);
  if (ruled || is_undecidable (graph, node))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&reason));
  return FALSE;
}
