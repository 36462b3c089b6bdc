/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of the attention operators of com.microsoft. What they can do and the executor cannot is refused here.
 */
#include "model/heads.h"

#include <string.h>

#include "model/operands.h"
#include "model/shape/shapes.h"

#define TYPES_I32 STRATA_TYPE_BIT (STRATA_DTYPE_I32)
#define TYPES_I64 STRATA_TYPE_BIT (STRATA_DTYPE_I64)

static const StrataValue *
input (const StrataGraph *graph, const StrataNode *node, int i)
{
  return i < node->n_inputs && node->inputs[i] >= 0 ? &graph->values[node->inputs[i]] : NULL;
}

static gboolean
is_shaped (const StrataValue *value, int n_dims, const gint64 *dims)
{
  return value->n_dims == n_dims && memcmp (value->dims, dims, sizeof (gint64) * (gsize) n_dims) == 0;
}

/* A bias on scores, batch or 1 x heads or 1 x queries x keys */
static gboolean
bias_fits (const StrataValue *bias, const StrataHeads *h, gint64 keys)
{
  return bias == NULL
         || (bias->n_dims == 4 && (bias->dims[0] == 1 || bias->dims[0] == h->batch)
             && (bias->dims[1] == 1 || bias->dims[1] == h->q_heads) && bias->dims[2] == h->queries
             && bias->dims[3] == keys);
}

/* Past keys and values, one after the other in @key and @value, or both missing */
static gboolean
read_past (const StrataValue *key, const StrataValue *value, StrataHeads *h)
{
  h->past = key == NULL || key->n_dims != 4 ? 0 : key->dims[2];
  {
    gint64 key_dims[4] = { h->batch, h->kv_heads, h->past, h->width };
    gint64 value_dims[4] = { h->batch, h->kv_heads, h->past, h->v_width };

    return (key == NULL) == (value == NULL)
           && (key == NULL || (is_shaped (key, 4, key_dims) && is_shaped (value, 4, value_dims)));
  }
}

static gboolean
unfit (GError **error)
{
  return strata_shape_fail (error, "its queries, keys, values, past and heads do not fit one another");
}

/* Sines and cosines of GroupQueryAttention: positions x half of the features that turn */
static gboolean
caches_fit (const StrataGraph *graph, const StrataNode *node, const StrataHeads *h)
{
  const StrataValue *cosine = input (graph, node, 7), *sine = input (graph, node, 8);
  const StrataValue *places = input (graph, node, 9);
  gint64 dims[2] = { h->batch, h->queries };

  if (strata_node_int (node, "do_rotary", 0) == 0)
    return TRUE;
  return cosine != NULL && sine != NULL && cosine->n_dims == 2 && is_shaped (sine, 2, cosine->dims)
         && cosine->dims[1] >= 1 && cosine->dims[1] <= h->width / 2 && (places == NULL || is_shaped (places, 2, dims));
}

static gboolean
read_total (const StrataGraph *graph, const StrataNode *node, StrataHeads *h, GError **error)
{
  int n;

  h->total = 0;
  if (!strata_operand_ints (graph, node, NULL, 6, 1, &h->total, &n, error))
    return FALSE;
  if (n != 1 || h->total < h->queries || h->total > G_MAXINT32)
    return strata_shape_fail (error,
                              "its total_sequence_length is %" G_GINT64_FORMAT "; the new %" G_GINT64_FORMAT
                              " and those before are counted",
                              h->total, h->queries);
  h->keys = MAX (h->past, h->total);
  return TRUE;
}

gboolean
strata_group_query_read (const StrataGraph *graph, const StrataNode *node, StrataHeads *h, GError **error)
{
  const StrataValue *q = input (graph, node, 0), *k = input (graph, node, 1), *v = input (graph, node, 2);
  const StrataValue *lengths = input (graph, node, 5), *sinks = input (graph, node, 11);
  gint64 n_heads;

  h->q_heads = strata_node_int (node, "num_heads", 0);
  h->kv_heads = strata_node_int (node, "kv_num_heads", 0);
  h->packed = k == NULL;
  h->in_rows = TRUE;
  n_heads = h->q_heads + (h->packed ? 2 * h->kv_heads : 0);
  if (h->q_heads < 1 || h->q_heads > G_MAXINT16 || h->kv_heads < 1 || h->kv_heads > h->q_heads
      || h->q_heads % h->kv_heads != 0 || q->n_dims != 3 || q->dims[2] % n_heads != 0 || (v == NULL) != h->packed)
    return unfit (error);
  h->batch = q->dims[0];
  h->queries = h->fresh = q->dims[1];
  h->width = h->v_width = q->dims[2] / n_heads;
  {
    gint64 rows[3] = { h->batch, h->fresh, h->kv_heads * h->width };

    if ((!h->packed && (!is_shaped (k, 3, rows) || !is_shaped (v, 3, rows)))
        || !read_past (input (graph, node, 3), input (graph, node, 4), h) || strata_value_count (lengths) != h->batch
        || (sinks != NULL && strata_value_count (sinks) != h->q_heads) || !caches_fit (graph, node, h))
      return unfit (error);
  }
  if (!read_total (graph, node, h, error))
    return FALSE;
  return bias_fits (input (graph, node, 10), h, h->total) || unfit (error);
}

static gboolean
need_reals (const StrataShape *shape, const guint8 *inputs, int n, GError **error)
{
  for (int i = 0; i < n; i++)
    if (strata_shape_in (shape, inputs[i]) != NULL && !strata_shape_need (shape, inputs[i], STRATA_TYPES_REAL, error))
      return FALSE;
  return TRUE;
}

static gboolean
set_rows (StrataShape *shape, const StrataHeads *h, GError **error)
{
  gint64 dims[3] = { h->batch, h->queries, h->q_heads * h->v_width };

  return strata_shape_set (shape, 0, strata_shape_in (shape, 0)->dtype, 3, dims, error);
}

static gboolean
set_present (StrataShape *shape, const StrataHeads *h, GError **error)
{
  gint64 key[4] = { h->batch, h->kv_heads, h->keys, h->width };
  gint64 value[4] = { h->batch, h->kv_heads, h->keys, h->v_width };
  StrataDtype dtype = strata_shape_in (shape, 0)->dtype;

  return strata_shape_set (shape, 1, dtype, 4, key, error) && strata_shape_set (shape, 2, dtype, 4, value, error);
}

gboolean
strata_shape_group_query (StrataShape *shape, GError **error)
{
  static const guint8 reals[] = { 0, 1, 2, 3, 4, 7, 8, 10, 11 };
  StrataHeads h;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) || !need_reals (shape, reals, G_N_ELEMENTS (reals), error)
      || !strata_shape_need (shape, 5, TYPES_I32, error) || !strata_shape_need (shape, 6, TYPES_I32, error)
      || (strata_shape_in (shape, 9) != NULL && !strata_shape_need (shape, 9, TYPES_I64, error))
      || !strata_group_query_read (shape->graph, shape->node, &h, error))
    return FALSE;
  return set_rows (shape, &h, error) && set_present (shape, &h, error);
}

/* Lengths per batch, or zeroes and ones per key, also per query */
static gboolean
mask_fits (const StrataValue *mask, const StrataHeads *h, GError **error)
{
  gint64 keys[2] = { h->batch, h->keys }, rows[3] = { h->batch, h->queries, h->keys };

  if (mask == NULL || is_shaped (mask, 1, keys) || is_shaped (mask, 2, keys) || is_shaped (mask, 3, rows))
    return TRUE;
  return strata_shape_lack (error,
                            "its mask %s has %d dimensions; a length per batch, or batch x keys or batch x queries x "
                            "keys of zeroes and ones, is accepted",
                            mask->name, mask->n_dims);
}

gboolean
strata_multi_head_read (const StrataGraph *graph, const StrataNode *node, StrataHeads *h, GError **error)
{
  const StrataValue *q = input (graph, node, 0), *k = input (graph, node, 1), *v = input (graph, node, 2);
  const StrataValue *bias = input (graph, node, 3);

  h->q_heads = h->kv_heads = strata_node_int (node, "num_heads", 0);
  if (k == NULL || v == NULL || q->n_dims == 5)
    return strata_shape_lack (error, "its queries, keys and values are packed; three inputs are accepted");
  if (h->q_heads < 1 || h->q_heads > G_MAXINT16 || q->n_dims != 3 || q->dims[2] % h->q_heads != 0
      || (k->n_dims != 3 && k->n_dims != 4) || v->n_dims != k->n_dims)
    return unfit (error);
  h->in_rows = k->n_dims == 3;
  h->batch = q->dims[0];
  h->queries = q->dims[1];
  h->width = q->dims[2] / h->q_heads;
  h->fresh = k->dims[h->in_rows ? 1 : 2];
  h->v_width = h->in_rows ? v->dims[2] / h->q_heads : v->dims[3];
  {
    gint64 k_rows[3] = { h->batch, h->fresh, q->dims[2] }, k_heads[4] = { h->batch, h->q_heads, h->fresh, h->width };
    gint64 v_rows[3] = { h->batch, h->fresh, h->q_heads * h->v_width };
    gint64 v_heads[4] = { h->batch, h->q_heads, h->fresh, h->v_width };

    if (!is_shaped (k, k->n_dims, h->in_rows ? k_rows : k_heads)
        || !is_shaped (v, v->n_dims, h->in_rows ? v_rows : v_heads)
        || !read_past (input (graph, node, 6), input (graph, node, 7), h)
        || (bias != NULL && strata_value_count (bias) != h->q_heads * (2 * h->width + h->v_width)))
      return unfit (error);
  }
  h->keys = h->past + h->fresh;
  return mask_fits (input (graph, node, 4), h, error)
         && (bias_fits (input (graph, node, 5), h, h->keys) || unfit (error));
}

gboolean
strata_shape_multi_head (StrataShape *shape, GError **error)
{
  static const guint8 reals[] = { 0, 1, 2, 3, 5, 6, 7 };
  StrataHeads h;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) || !need_reals (shape, reals, G_N_ELEMENTS (reals), error)
      || (strata_shape_in (shape, 4) != NULL && !strata_shape_need (shape, 4, TYPES_I32, error))
      || !strata_multi_head_read (shape->graph, shape->node, &h, error))
    return FALSE;
  return set_rows (shape, &h, error) && set_present (shape, &h, error);
}

/* Widths of queries (and keys) and of values in the projection */
static gboolean
read_sizes (const StrataNode *node, gint64 columns, gint64 *hidden, gint64 *v_hidden, GError **error)
{
  const StrataAttr *sizes = strata_node_attr (node, "qkv_hidden_sizes");

  *hidden = *v_hidden = columns / 3;
  if (sizes == NULL || sizes->n == 0)
    return columns % 3 == 0 || unfit (error);
  if (sizes->n != 3 || sizes->ints[0] != sizes->ints[1] || sizes->ints[0] < 1 || sizes->ints[2] < 1
      || sizes->ints[0] > columns || sizes->ints[2] != columns - 2 * sizes->ints[0])
    return unfit (error);
  *hidden = sizes->ints[0];
  *v_hidden = sizes->ints[2];
  return TRUE;
}

gboolean
strata_projected_read (const StrataGraph *graph, const StrataNode *node, StrataHeads *h, GError **error)
{
  const StrataValue *x = input (graph, node, 0), *w = input (graph, node, 1), *bias = input (graph, node, 2);
  const StrataValue *past = input (graph, node, 4);
  gint64 hidden, v_hidden;

  h->q_heads = h->kv_heads = strata_node_int (node, "num_heads", 0);
  if (h->q_heads < 1 || h->q_heads > G_MAXINT16 || x->n_dims != 3 || w->n_dims != 2 || w->dims[0] != x->dims[2]
      || (bias != NULL && strata_value_count (bias) != w->dims[1]))
    return unfit (error);
  if (!read_sizes (node, w->dims[1], &hidden, &v_hidden, error))
    return FALSE;
  if (hidden % h->q_heads != 0 || v_hidden % h->q_heads != 0)
    return unfit (error);
  h->in_rows = TRUE;
  h->batch = x->dims[0];
  h->queries = h->fresh = x->dims[1];
  h->width = hidden / h->q_heads;
  h->v_width = v_hidden / h->q_heads;
  h->past = past == NULL || past->n_dims != 5 ? 0 : past->dims[3];
  {
    gint64 dims[5] = { 2, h->batch, h->q_heads, h->past, h->width };

    if (past != NULL && (!is_shaped (past, 5, dims) || h->v_width != h->width))
      return unfit (error);
  }
  h->keys = h->past + h->fresh;
  return mask_fits (input (graph, node, 3), h, error)
         && (bias_fits (input (graph, node, 5), h, h->keys) || unfit (error));
}

gboolean
strata_shape_projected (StrataShape *shape, GError **error)
{
  static const guint8 reals[] = { 0, 1, 2, 4, 5 };
  StrataHeads h;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) || !strata_shape_need (shape, 1, STRATA_TYPES_REAL, error)
      || !need_reals (shape, reals, G_N_ELEMENTS (reals), error)
      || (strata_shape_in (shape, 3) != NULL && !strata_shape_need (shape, 3, TYPES_I32, error)))
    return FALSE;
  if (strata_node_int (shape->node, "do_rotary", 0) != 0
      || strata_node_int (shape->node, "past_present_share_buffer", 0) != 0)
    return strata_shape_lack (error, "it turns its queries or shares its buffer; neither is supported here");
  if (!strata_projected_read (shape->graph, shape->node, &h, error) || !set_rows (shape, &h, error))
    return FALSE;
  if (shape->node->n_outputs > 1 && h.width != h.v_width)
    return unfit (error);
  {
    gint64 present[5] = { 2, h.batch, h.kv_heads, h.keys, h.width };

    return strata_shape_set (shape, 1, strata_shape_in (shape, 0)->dtype, 5, present, error);
  }
}

gboolean
strata_turned_read (const StrataGraph *graph, const StrataNode *node, StrataTurned *t, GError **error)
{
  const StrataValue *x = input (graph, node, 0), *places = input (graph, node, 1);
  const StrataValue *cosine = input (graph, node, 2), *sine = input (graph, node, 3);
  gint64 turned = strata_node_int (node, "rotary_embedding_dim", 0), heads = strata_node_int (node, "num_heads", 0);

  if ((x->n_dims != 3 && x->n_dims != 4) || cosine->n_dims != 2 || !is_shaped (sine, 2, cosine->dims)
      || cosine->dims[1] < 1)
    return strata_shape_fail (error, "its cosines, sines or positions do not fit its input");
  t->in_rows = x->n_dims == 3;
  t->batch = x->dims[0];
  t->length = x->dims[t->in_rows ? 1 : 2];
  t->turned = turned > 0 ? turned : 2 * cosine->dims[1];
  if (!t->in_rows)
    t->width = x->dims[3];
  else if (turned > 0)
    t->width = heads < 1 ? 0 : x->dims[2] / heads;
  else
    t->width = 2 * cosine->dims[1];
  t->heads = !t->in_rows ? x->dims[1] : t->width < 1 ? 0 : x->dims[2] / t->width;
  {
    gint64 per_row[2] = { t->batch, t->length };

    if (t->width < 1 || (t->in_rows && t->heads * t->width != x->dims[2]) || t->turned > t->width
        || t->turned != 2 * cosine->dims[1] || (strata_value_count (places) != 1 && !is_shaped (places, 2, per_row)))
      return strata_shape_fail (error, "its cosines, sines or positions do not fit its input");
  }
  return TRUE;
}

gboolean
strata_shape_turned (StrataShape *shape, GError **error)
{
  const StrataValue *x = strata_shape_in (shape, 0);
  StrataTurned turned;

  if (strata_node_int (shape->node, "is_packed_batching", 0) != 0)
    return strata_shape_lack (error, "its batches are packed; separate ones are accepted");
  return strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) && strata_shape_need (shape, 1, TYPES_I64, error)
         && strata_shape_need (shape, 2, STRATA_TYPES_REAL, error)
         && strata_shape_need (shape, 3, STRATA_TYPES_REAL, error)
         && strata_turned_read (shape->graph, shape->node, &turned, error)
         && strata_shape_set (shape, 0, x->dtype, x->n_dims, x->dims, error);
}
