/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of Attention and RotaryEmbedding (opset 23 and 24).
 */
#include "model/attention.h"

#include <string.h>

#include "model/shape/shapes.h"

static gboolean
split_heads (const StrataValue *value, gint64 heads, gint64 *n_heads, gint64 *length, gint64 *width, GError **error)
{
  if (value->n_dims == 4)
    {
      *n_heads = value->dims[1];
      *length = value->dims[2];
      *width = value->dims[3];
      return TRUE;
    }
  if (value->n_dims != 3 || heads < 1 || value->dims[2] % heads != 0)
    return strata_shape_fail (error,
                              "its operand %s has %d dimensions and %" G_GINT64_FORMAT
                              " heads; 4 dimensions, or 3 with "
                              "heads that divide the last, are needed",
                              value->name, value->n_dims, heads);
  *n_heads = heads;
  *length = value->dims[1];
  *width = value->dims[2] / heads;
  return TRUE;
}

static const StrataValue *
input (const StrataGraph *graph, const StrataNode *node, int i)
{
  return i < node->n_inputs && node->inputs[i] >= 0 ? &graph->values[node->inputs[i]] : NULL;
}

/* The mask broadcasts to batch x heads x queries x keys. */
static gboolean
mask_fits (const StrataValue *mask, const StrataAttention *a)
{
  gint64 dims[4] = { a->batch, a->q_heads, a->queries, a->keys };

  for (int d = 0; mask != NULL && d < mask->n_dims; d++)
    if (mask->n_dims > 4
        || (mask->dims[d] != 1 && mask->dims[d] != dims[4 - mask->n_dims + d]
            && !(a->short_mask && d == mask->n_dims - 1)))
      return FALSE;
  return TRUE;
}

gboolean
strata_attention_read (const StrataGraph *graph, const StrataNode *node, StrataAttention *a, GError **error)
{
  const StrataValue *q = input (graph, node, 0), *k = input (graph, node, 1), *v = input (graph, node, 2);
  const StrataValue *mask = input (graph, node, 3), *lengths = input (graph, node, 6);
  const StrataValue *past_k = input (graph, node, 4), *past_v = input (graph, node, 5);
  gint64 width, v_heads, v_length, fresh;

  if (!split_heads (q, strata_node_int (node, "q_num_heads", 0), &a->q_heads, &a->queries, &a->width, error)
      || !split_heads (k, strata_node_int (node, "kv_num_heads", 0), &a->kv_heads, &fresh, &width, error)
      || !split_heads (v, strata_node_int (node, "kv_num_heads", 0), &v_heads, &v_length, &a->v_width, error))
    return FALSE;
  a->batch = q->dims[0];
  a->packed = q->n_dims == 3;
  if (width != a->width || v_heads != a->kv_heads || v_length != fresh || k->dims[0] != a->batch
      || v->dims[0] != a->batch || a->kv_heads < 1 || a->q_heads % a->kv_heads != 0 || k->n_dims != q->n_dims
      || v->n_dims != q->n_dims || (past_k == NULL) != (past_v == NULL))
    return strata_shape_fail (error, "its queries, keys and values do not fit one another");
  a->past = past_k == NULL || past_k->n_dims != 4 ? 0 : past_k->dims[2];
  a->keys = a->past + fresh;
  if (past_k != NULL
      && (past_k->n_dims != 4 || past_v->n_dims != 4 || past_k->dims[0] != a->batch || past_v->dims[0] != a->batch
          || past_k->dims[1] != a->kv_heads || past_v->dims[1] != a->kv_heads || past_v->dims[2] != a->past
          || past_k->dims[3] != a->width || past_v->dims[3] != a->v_width))
    return strata_shape_fail (error, "its past keys and values do not fit the new ones");
  if (lengths != NULL && (lengths->n_dims != 1 || lengths->dims[0] != a->batch || past_k != NULL))
    return strata_shape_fail (error,
                              "its nonpad_kv_seqlen does not give a length per batch, or stands beside past keys");
  a->short_mask = graph->opset >= 24 && mask != NULL && mask->n_dims > 0 && mask->dims[mask->n_dims - 1] < a->keys;
  if (!mask_fits (mask, a))
    return strata_shape_fail (error, "its mask does not broadcast to batch, heads, queries and keys");
  return TRUE;
}

gboolean
strata_shape_attention (StrataShape *shape, GError **error)
{
  gint64 mode = strata_node_int (shape->node, "qk_matmul_output_mode", 0);
  const StrataValue *q = strata_shape_in (shape, 0);
  StrataAttention a;

  for (int i = 0; i < shape->node->n_inputs; i++)
    if ((i < 3 || strata_shape_in (shape, i) != NULL)
        && !strata_shape_need (shape, i,
                               i == 6   ? STRATA_TYPE_BIT (STRATA_DTYPE_I64)
                               : i == 3 ? STRATA_TYPES_REAL | STRATA_TYPES_BOOL
                                        : STRATA_TYPES_REAL,
                               error))
      return FALSE;
  if (mode < 0 || mode > 3)
    return strata_shape_fail (error, "qk_matmul_output_mode is %" G_GINT64_FORMAT "; 0 to 3 are accepted", mode);
  if (!strata_attention_read (shape->graph, shape->node, &a, error))
    return FALSE;
  {
    gint64 whole[4] = { a.batch, a.q_heads, a.queries, a.v_width };
    gint64 packed[3] = { a.batch, a.queries, a.q_heads * a.v_width };
    gint64 key[4] = { a.batch, a.kv_heads, a.keys, a.width }, value[4] = { a.batch, a.kv_heads, a.keys, a.v_width };
    gint64 product[4] = { a.batch, a.q_heads, a.queries, a.keys };

    return strata_shape_set (shape, 0, q->dtype, a.packed ? 3 : 4, a.packed ? packed : whole, error)
           && strata_shape_set (shape, 1, strata_shape_in (shape, 1)->dtype, 4, key, error)
           && strata_shape_set (shape, 2, strata_shape_in (shape, 2)->dtype, 4, value, error)
           && strata_shape_set (shape, 3, q->dtype, 4, product, error);
  }
}

gboolean
strata_rotary_read (const StrataGraph *graph, const StrataNode *node, StrataRotary *r, GError **error)
{
  const StrataValue *x = input (graph, node, 0), *cosine = input (graph, node, 1), *positions = input (graph, node, 3);
  const StrataValue *sine = input (graph, node, 2);
  int n = positions == NULL ? 3 : 2;

  if (!split_heads (x, strata_node_int (node, "num_heads", 0), &r->heads, &r->length, &r->width, error))
    return FALSE;
  r->batch = x->dims[0];
  r->packed = x->n_dims == 3;
  r->turned = strata_node_int (node, "rotary_embedding_dim", 0);
  r->turned = r->turned == 0 ? r->width : r->turned;
  if (r->turned < 2 || r->turned > r->width || r->turned % 2 != 0)
    return strata_shape_fail (error,
                              "it turns %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT " features; an even number is "
                              "accepted",
                              r->turned, r->width);
  if (cosine->n_dims != n || sine->n_dims != n || memcmp (cosine->dims, sine->dims, sizeof (gint64) * (gsize) n) != 0
      || cosine->dims[n - 1] != r->turned / 2
      || (positions == NULL && (cosine->dims[0] != r->batch || cosine->dims[1] != r->length))
      || (positions != NULL
          && (positions->n_dims != 2 || positions->dims[0] != r->batch || positions->dims[1] != r->length)))
    return strata_shape_fail (error, "its cosines, sines or positions do not fit its input");
  return TRUE;
}

gboolean
strata_shape_rotary (StrataShape *shape, GError **error)
{
  const StrataValue *x = strata_shape_in (shape, 0);
  StrataRotary rotary;

  for (int i = 0; i < 3; i++)
    if (!strata_shape_need (shape, i, STRATA_TYPES_REAL, error))
      return FALSE;
  return (strata_shape_in (shape, 3) == NULL || strata_shape_need (shape, 3, STRATA_TYPE_BIT (STRATA_DTYPE_I64), error))
         && strata_rotary_read (shape->graph, shape->node, &rotary, error)
         && strata_shape_set (shape, 0, x->dtype, x->n_dims, x->dims, error);
}
