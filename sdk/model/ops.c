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
#define STRINGS (1 << STRATA_ATTR_STRINGS)

/* No attribute name of these operators has two kinds but "value", so one table serves all */
static const struct
{
  const char *name;
  guint kinds;
} attributes[] = {
  { "K", INT },
  { "N", INT },
  { "accuracy_level", INT },
  { "activation", STRING },
  { "activation_alpha", FLOATS },
  { "activation_beta", FLOATS },
  { "activations", STRINGS },
  { "align_corners", INT },
  { "allowzero", INT },
  { "alpha", FLOAT },
  { "antialias", INT },
  { "approximate", STRING },
  { "auto_pad", STRING },
  { "axes", INTS },
  { "axis", INT },
  { "batch_axis", INT },
  { "batch_dims", INT },
  { "beta", FLOAT },
  { "bias", FLOAT },
  { "bits", INT },
  { "block_size", INT },
  { "blocksize", INT },
  { "broadcast", INT },
  { "ceil_mode", INT },
  { "center_point_box", INT },
  { "chunk_size", INT },
  { "clip", FLOAT },
  { "coordinate_transformation_mode", STRING },
  { "count_include_pad", INT },
  { "cubic_coeff_a", FLOAT },
  { "detect_negative", INT },
  { "detect_positive", INT },
  { "dilations", INTS },
  { "direction", STRING },
  { "directions", INTS },
  { "do_rotary", INT },
  { "dtype", INT },
  { "end", INT },
  { "ends", INTS },
  { "epsilon", FLOAT },
  { "equation", STRING },
  { "exclude_outside", INT },
  { "exclusive", INT },
  { "extrapolation_value", FLOAT },
  { "fmod", INT },
  { "gamma", FLOAT },
  { "group", INT },
  { "hidden_size", INT },
  { "ignore_index", INT },
  { "input_forget", INT },
  { "interleaved", INT },
  { "inverse", INT },
  { "is_causal", INT },
  { "is_packed_batching", INT },
  { "is_test", INT },
  { "k", INT },
  { "keep_aspect_ratio_policy", STRING },
  { "keepdims", INT },
  { "kernel_shape", INTS },
  { "kv_num_heads", INT },
  { "lambd", FLOAT },
  { "largest", INT },
  { "layout", INT },
  { "linear_before_reset", INT },
  { "local_window_size", INT },
  { "mask_filter_value", FLOAT },
  { "max", FLOAT },
  { "max_gram_length", INT },
  { "max_skip_count", INT },
  { "min", FLOAT },
  { "min_gram_length", INT },
  { "mode", STRING },
  { "momentum", FLOAT },
  { "nearest_mode", STRING },
  { "ngram_counts", INTS },
  { "ngram_indexes", INTS },
  { "noop_with_empty_axes", INT },
  { "num_groups", INT },
  { "num_heads", INT },
  { "num_scan_inputs", INT },
  { "offset_group", INT },
  { "onesided", INT },
  { "output_datatype", INT },
  { "output_dtype", INT },
  { "output_height", INT },
  { "output_padding", INTS },
  { "output_shape", INTS },
  { "output_width", INT },
  { "p", INT },
  { "padding_mode", STRING },
  { "pads", INTS },
  { "past_present_share_buffer", INT },
  { "periodic", INT },
  { "perm", INTS },
  { "pool_int64s", INTS },
  { "pool_strings", STRINGS },
  { "precision", INT },
  { "q_num_heads", INT },
  { "qk_matmul_output_mode", INT },
  { "qkv_hidden_sizes", INTS },
  { "reduction", STRING },
  { "reverse", INT },
  { "rotary_embedding_dim", INT },
  { "rotary_interleaved", INT },
  { "sampling_ratio", INT },
  { "saturate", INT },
  { "scale", FLOAT },
  { "scales", FLOATS },
  { "scan_input_axes", INTS },
  { "scan_input_directions", INTS },
  { "scan_output_axes", INTS },
  { "scan_output_directions", INTS },
  { "select_last_index", INT },
  { "shape", INTS },
  { "size", INT },
  { "softcap", FLOAT },
  { "softmax_precision", INT },
  { "smooth_softmax", INT },
  { "sorted", INT },
  { "spatial", INT },
  { "spatial_scale", FLOAT },
  { "split", INTS },
  { "start", INT },
  { "starts", INTS },
  { "stash_type", INT },
  { "storage_order", INT },
  { "strides", INTS },
  { "time_axis", INT },
  { "to", INT | STRING },
  { "training_mode", INT },
  { "transA", INT },
  { "transB", INT },
  { "transBatchA", INT },
  { "transBatchB", INT },
  { "update_rule", STRING },
  { "unidirectional", INT },
  { "upper", INT },
  { "value", TENSOR | FLOAT },
  { "value_float", FLOAT },
  { "value_floats", FLOATS },
  { "value_int", INT },
  { "value_ints", INTS },
  { "weights", FLOATS },
};

const StrataOpInfo *
strata_op_info (StrataOp op)
{
  g_assert ((guint) op < STRATA_N_OPS);
  return &infos[op];
}

gboolean
strata_op_has_graph (StrataOp op)
{
  return op == STRATA_OP_FLEX_ATTENTION || op == STRATA_OP_IF || op == STRATA_OP_LOOP || op == STRATA_OP_SCAN;
}

StrataOp
strata_op_find (const char *onnx)
{
  guint op = 0;

  /* the first letter before the call: this runs for every node of a file */
  while (op < STRATA_N_OPS && (infos[op].onnx[0] != onnx[0] || strcmp (infos[op].onnx, onnx) != 0))
    op++;
  return (StrataOp) op;
}

StrataOp
strata_op_find_in (const char *domain, const char *op_type)
{
  gsize n = strlen (domain);
  guint op = 0;

  if (n == 0 || g_str_equal (domain, "ai.onnx"))
    return strchr (op_type, '.') == NULL ? strata_op_find (op_type) : STRATA_N_OPS;
  while (op < STRATA_N_OPS
         && (strncmp (infos[op].onnx, domain, n) != 0 || infos[op].onnx[n] != '.'
             || !g_str_equal (infos[op].onnx + n + 1, op_type)))
    op++;
  return (StrataOp) op;
}

const char *
strata_op_type (StrataOp op, gsize *n_domain)
{
  const char *name = strata_op_info (op)->onnx, *dot = strrchr (name, '.');

  *n_domain = dot == NULL ? 0 : (gsize) (dot - name);
  return dot == NULL ? name : dot + 1;
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
    if (attributes[i].name[0] == name[0] && g_str_equal (attributes[i].name, name))
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
