/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of the products, normalisations and activations of com.microsoft. Definitions: ONNX Runtime,
 * ContribOperators.
 */
#include "model/low-bit.h"

#include <string.h>

#include "model/shape/shapes.h"

#define TYPES_U8 STRATA_TYPE_BIT (STRATA_DTYPE_U8)

static const StrataValue *
input (const StrataGraph *graph, const StrataNode *node, int i)
{
  return i < node->n_inputs && node->inputs[i] >= 0 ? &graph->values[node->inputs[i]] : NULL;
}

gboolean
strata_low_bit_read (const StrataGraph *graph, const StrataNode *node, StrataLowBit *low, GError **error)
{
  const StrataValue *a = input (graph, node, 0), *b = input (graph, node, 1), *scales = input (graph, node, 2);
  const StrataValue *zeros = input (graph, node, 3), *bias = input (graph, node, 5);

  low->n = strata_node_int (node, "N", 0);
  low->k = strata_node_int (node, "K", 0);
  low->block = strata_node_int (node, "block_size", 0);
  low->bits = (int) CLAMP (strata_node_int (node, "bits", 4), 0, 64);
  if (low->bits != 4 && low->bits != 8)
    return strata_shape_lack (error, "its weights have %d bits; 4 and 8 are accepted", low->bits);
  if (low->n < 1 || low->k < 1 || low->n > G_MAXINT32 || low->k > G_MAXINT32 || low->block < 16
      || low->block > G_MAXINT32 || (low->block & (low->block - 1)) != 0 || a->n_dims < 1
      || a->dims[a->n_dims - 1] != low->k)
    return strata_shape_fail (error, "its N, K and block_size do not fit its input; a block is 16, 32, 64, … weights");
  low->n_blocks = (low->k + low->block - 1) / low->block;
  low->zero_bytes = (low->n_blocks * low->bits + 7) / 8;
  if (strata_value_count (b) != low->n * low->n_blocks * (low->block * low->bits / 8)
      || strata_value_count (scales) != low->n * low->n_blocks
      || (zeros != NULL
          && strata_value_count (zeros) != low->n * (zeros->dtype == STRATA_DTYPE_U8 ? low->zero_bytes : low->n_blocks))
      || (bias != NULL && strata_value_count (bias) != low->n))
    return strata_shape_fail (error,
                              "its weights, scales or zero points are not those of %" G_GINT64_FORMAT
                              " x %" G_GINT64_FORMAT " in blocks of %" G_GINT64_FORMAT,
                              low->n, low->k, low->block);
  return TRUE;
}

gboolean
strata_shape_mat_mul_bits (StrataShape *shape, GError **error)
{
  const StrataValue *a = strata_shape_in (shape, 0);
  gint64 dims[STRATA_MAX_DIMS];
  StrataLowBit low;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) || !strata_shape_need (shape, 1, TYPES_U8, error)
      || !strata_shape_need (shape, 2, STRATA_TYPES_REAL, error)
      || (strata_shape_in (shape, 3) != NULL && !strata_shape_need (shape, 3, STRATA_TYPES_REAL | TYPES_U8, error))
      || (strata_shape_in (shape, 5) != NULL && !strata_shape_need (shape, 5, STRATA_TYPES_REAL, error)))
    return FALSE;
  if (strata_shape_in (shape, 4) != NULL)
    return strata_shape_lack (error, "its weights are reordered by g_idx; weights in order are accepted");
  if (!strata_low_bit_read (shape->graph, shape->node, &low, error))
    return FALSE;
  memcpy (dims, a->dims, sizeof dims);
  dims[a->n_dims - 1] = low.n;
  return strata_shape_set (shape, 0, a->dtype, a->n_dims, dims, error);
}

static gint64
dim_of (const StrataValue *value, int d, gboolean swapped)
{
  if (swapped && d >= value->n_dims - 2)
    d = 2 * value->n_dims - 3 - d;
  return value->dims[d];
}

gboolean
strata_shape_fused_mat_mul (StrataShape *shape, GError **error)
{
  const StrataValue *a = strata_shape_in (shape, 0), *b = strata_shape_in (shape, 1);
  gboolean trans_a = strata_node_int (shape->node, "transA", 0) != 0;
  gboolean trans_b = strata_node_int (shape->node, "transB", 0) != 0;
  gint64 dims[STRATA_MAX_DIMS];
  int n = MAX (a->n_dims, b->n_dims);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) || !strata_shape_need (shape, 1, STRATA_TYPES_REAL, error)
      || !strata_shape_agree (shape, 0, 1, error))
    return FALSE;
  if (strata_node_int (shape->node, "transBatchA", 0) != 0 || strata_node_int (shape->node, "transBatchB", 0) != 0)
    return strata_shape_lack (error, "it transposes its stacks of matrices; matrices within are accepted");
  if (a->n_dims < 2 || b->n_dims < 2)
    return strata_shape_lack (error, "one of its inputs is no matrix; 2 dimensions and more are accepted");
  if (dim_of (a, a->n_dims - 1, trans_a) != dim_of (b, b->n_dims - 2, trans_b))
    return strata_shape_fail (error, "its matrices do not fit: %" G_GINT64_FORMAT " columns, %" G_GINT64_FORMAT " rows",
                              dim_of (a, a->n_dims - 1, trans_a), dim_of (b, b->n_dims - 2, trans_b));
  for (int d = 0; d < n - 2; d++)
    {
      gint64 left = d + a->n_dims < n ? 1 : a->dims[d + a->n_dims - n];
      gint64 right = d + b->n_dims < n ? 1 : b->dims[d + b->n_dims - n];

      if (left != right && left != 1 && right != 1)
        return strata_shape_fail (
          error, "its stacks of matrices do not broadcast: %" G_GINT64_FORMAT " against %" G_GINT64_FORMAT, left,
          right);
      dims[d] = left == 1 ? right : left;
    }
  dims[n - 2] = dim_of (a, a->n_dims - 2, trans_a);
  dims[n - 1] = dim_of (b, b->n_dims - 1, trans_b);
  return strata_shape_set (shape, 0, a->dtype, n, dims, error);
}

/* SkipLayerNormalization: input, skip, scale, offset, bias. SkipSimplifiedLayerNormalization has no offset. */
gboolean
strata_shape_skip_norm (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *skip = strata_shape_in (shape, 1);
  gint64 dims[STRATA_MAX_DIMS];

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) || !strata_shape_need (shape, 1, STRATA_TYPES_REAL, error)
      || !strata_shape_need (shape, 2, STRATA_TYPES_REAL, error))
    return FALSE;
  if (in->n_dims < 2 || skip->n_dims > in->n_dims || skip->n_dims < 2)
    return strata_shape_fail (error,
                              "its input has %d dimensions and its skip %d; at least 2, and no more for the skip "
                              "than for the input, are needed",
                              in->n_dims, skip->n_dims);
  for (int d = 0; d < skip->n_dims; d++)
    if (skip->dims[d] != in->dims[d + in->n_dims - skip->n_dims] && (d > 0 || skip->n_dims < 3 || skip->dims[d] != 1))
      return strata_shape_fail (error, "its skip is not of its input's shape, nor that of one batch");
  for (int i = 2; i < shape->node->n_inputs; i++)
    {
      const StrataValue *value = strata_shape_in (shape, i);

      if (value != NULL && !strata_shape_need (shape, i, STRATA_TYPES_REAL, error))
        return FALSE;
      if (value != NULL && (value->n_dims != 1 || value->dims[0] != in->dims[in->n_dims - 1]))
        return strata_shape_fail (error, "its operand %s does not have a number per feature", value->name);
    }
  memcpy (dims, in->dims, sizeof dims);
  dims[in->n_dims - 1] = 1;
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error)
         && strata_shape_set (shape, 1, STRATA_DTYPE_F32, in->n_dims, dims, error)
         && strata_shape_set (shape, 2, STRATA_DTYPE_F32, in->n_dims, dims, error)
         && strata_shape_set (shape, 3, in->dtype, in->n_dims, in->dims, error);
}

/* BiasGelu, FastGelu: a bias per feature, which FastGelu may leave out */
gboolean
strata_shape_bias_gelu (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *bias = strata_shape_in (shape, 1);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error)
      || (bias != NULL && !strata_shape_need (shape, 1, STRATA_TYPES_REAL, error)))
    return FALSE;
  if (bias != NULL && (bias->n_dims != 1 || in->n_dims < 1 || bias->dims[0] != in->dims[in->n_dims - 1]))
    return strata_shape_fail (error, "its operand %s does not have a number per feature", bias->name);
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}
