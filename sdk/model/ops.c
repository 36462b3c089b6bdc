/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of operators, and lookups of a node's attributes.
 */
#include "model/ops.h"

#include <string.h>

static const StrataOpInfo infos[] = {
#define STRATA_OP(id, onnx, since, until, min_in, max_in, max_out, shape, exec, meaning)                               \
  [STRATA_OP_##id] = { onnx, since, until, min_in, max_in, max_out, meaning },
#include "model/ops.def"
#undef STRATA_OP
};

#define INT (1 << STRATA_ATTR_INT)
#define FLOAT (1 << STRATA_ATTR_FLOAT)
#define STRING (1 << STRATA_ATTR_STRING)
#define INTS (1 << STRATA_ATTR_INTS)
#define FLOATS (1 << STRATA_ATTR_FLOATS)
#define TENSOR (1 << STRATA_ATTR_TENSOR)

/* No attribute name of these operators has two kinds but "value", so one table serves all */
static const struct
{
  const char *name;
  guint kinds;
} attributes[] = {
  { "allowzero", INT },
  { "alpha", FLOAT },
  { "auto_pad", STRING },
  { "axes", INTS },
  { "axis", INT },
  { "beta", FLOAT },
  { "block_size", INT },
  { "ceil_mode", INT },
  { "count_include_pad", INT },
  { "dilations", INTS },
  { "end", INT },
  { "ends", INTS },
  { "epsilon", FLOAT },
  { "group", INT },
  { "keepdims", INT },
  { "kernel_shape", INTS },
  { "max", FLOAT },
  { "min", FLOAT },
  { "mode", STRING },
  { "momentum", FLOAT },
  { "noop_with_empty_axes", INT },
  { "output_dtype", INT },
  { "pads", INTS },
  { "perm", INTS },
  { "precision", INT },
  { "saturate", INT },
  { "shape", INTS },
  { "spatial", INT },
  { "start", INT },
  { "starts", INTS },
  { "storage_order", INT },
  { "strides", INTS },
  { "to", INT | STRING },
  { "training_mode", INT },
  { "transA", INT },
  { "transB", INT },
  { "value", TENSOR | FLOAT },
  { "value_float", FLOAT },
  { "value_floats", FLOATS },
  { "value_int", INT },
  { "value_ints", INTS },
};

const StrataOpInfo *
strata_op_info (StrataOp op)
{
  g_assert ((guint) op < STRATA_N_OPS);
  return &infos[op];
}

StrataOp
strata_op_find (const char *onnx)
{
  guint op = 0;

  while (op < STRATA_N_OPS && !g_str_equal (infos[op].onnx, onnx))
    op++;
  return (StrataOp) op;
}

const char *
strata_op_name (StrataOp op)
{
  return (guint) op < STRATA_N_OPS ? infos[op].onnx : "invalid";
}

char *
strata_op_list (void)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint op = 0; op < STRATA_N_OPS; op++)
    g_string_append_printf (text, "%s%s", op == 0 ? "" : ", ", infos[op].onnx);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
strata_attr_kind_is_right (const char *name, StrataAttrKind kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++)
    if (g_str_equal (attributes[i].name, name))
      return (attributes[i].kinds & (1u << kind)) != 0;
  return TRUE;
}

const StrataAttr *
strata_node_attr (const StrataNode *node, const char *name)
{
  for (int i = 0; i < node->n_attrs; i++)
    if (g_str_equal (node->attrs[i].name, name))
      return &node->attrs[i];
  return NULL;
}

gint64
strata_node_int (const StrataNode *node, const char *name, gint64 fallback)
{
  const StrataAttr *attr = strata_node_attr (node, name);

  return attr != NULL && attr->kind == STRATA_ATTR_INT ? attr->i : fallback;
}

float
strata_node_float (const StrataNode *node, const char *name, float fallback)
{
  const StrataAttr *attr = strata_node_attr (node, name);

  return attr != NULL && attr->kind == STRATA_ATTR_FLOAT ? attr->f : fallback;
}

const char *
strata_node_string (const StrataNode *node, const char *name, const char *fallback)
{
  const StrataAttr *attr = strata_node_attr (node, name);

  return attr != NULL && attr->kind == STRATA_ATTR_STRING ? attr->s : fallback;
}
