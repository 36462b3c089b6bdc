/* SPDX-License-Identifier: Apache-2.0
 *
 * MultiHeadAttention, Attention and RotaryEmbedding of com.microsoft. A mask of zeroes adds a large negative number to
 * a score, as ONNX Runtime does; what causality hides has no part at all.
 */
#include "model/heads.h"

#include <math.h>
#include <string.h>

#include "kernels/float-gemm.h"
#include "model/exec/heads.h"

typedef struct
{
  const StrataExec *run;
  StrataHeads h;
  const StrataArray *mask, *bias;
  float hidden; /* added where the mask has 0 */
  gboolean causal;
  float *q, *k, *v;
} MultiHead;

static gboolean
is_masked (const MultiHead *m, gint64 b, gint64 q, gint64 k)
{
  const gint32 *mask = m->mask->data;

  if (m->mask->n_dims == 1)
    return k >= mask[b];
  if (m->mask->n_dims == 2)
    return mask[b * m->h.keys + k] == 0;
  return mask[(b * m->h.queries + q) * m->h.keys + k] == 0;
}

static void
edit_cb (gpointer data, gint64 b, gint64 head, gint64 q, float *scores)
{
  const MultiHead *m = data;
  const float *bias = NULL;

  if (m->bias != NULL)
    bias =
      (const float *) m->bias->data
      + (((m->bias->dims[0] == 1 ? 0 : b) * m->bias->dims[1] + (m->bias->dims[1] == 1 ? 0 : head)) * m->h.queries + q)
          * m->h.keys;
  for (gint64 k = 0; k < m->h.keys; k++)
    {
      scores[k] += bias == NULL ? 0.0f : bias[k];
      if (m->causal && k > m->h.past + q)
        scores[k] = -INFINITY;
      else if (m->mask != NULL && is_masked (m, b, q, k))
        scores[k] += m->hidden;
    }
}

static void
add_past (const MultiHead *m, const float *past, gint64 width, float *out)
{
  for (gint64 row = 0; past != NULL && row < m->h.batch * m->h.kv_heads; row++)
    memcpy (out + row * m->h.keys * width, past + row * m->h.past * width,
            sizeof (float) * (gsize) (m->h.past * width));
}

static gboolean
mix (const MultiHead *m, GError **error)
{
  const StrataHeads *h = &m->h;
  StrataHeadMix heads = { h->batch, h->q_heads, h->kv_heads, h->queries, h->keys, h->width, h->v_width };

  heads.scale = strata_node_float (m->run->node, "scale", 0.0f);
  heads.scale = heads.scale == 0.0f ? (float) (1.0 / sqrt ((double) h->width)) : heads.scale;
  heads.q = m->q;
  heads.k = m->k;
  heads.v = m->v;
  heads.edit_cb = edit_cb;
  heads.data = (gpointer) m;
  return m->run->out[0] == NULL || strata_heads_mix (&heads, m->run->out[0]->data, error);
}

/* Fills what attributes and mask say, and gives queries, keys and values their places; NULL: no memory. */
static float *
prepare (MultiHead *m, const StrataArray *mask, const StrataArray *bias)
{
  gsize n_q = (gsize) (m->h.batch * m->h.q_heads * m->h.queries * m->h.width);
  gsize n_k = (gsize) (m->h.batch * m->h.kv_heads * m->h.keys * m->h.width);
  gsize n_v = (gsize) (m->h.batch * m->h.kv_heads * m->h.keys * m->h.v_width);
  float *scratch = g_try_new (float, n_q + n_k + n_v + 1);

  m->mask = mask;
  m->bias = bias;
  m->hidden = strata_node_float (m->run->node, "mask_filter_value", -10000.0f);
  m->causal = strata_node_int (m->run->node, "unidirectional", 0) != 0;
  m->q = scratch;
  m->k = scratch == NULL ? NULL : m->q + n_q;
  m->v = scratch == NULL ? NULL : m->k + n_k;
  return scratch;
}

/* New keys or values behind the past ones. @rows: NULL where they come as heads */
static void
add_fresh (const MultiHead *m, const StrataHeadRows *rows, const float *in, gint64 in_batch, gint64 width, float *out)
{
  for (gint64 b = 0; b < m->h.batch; b++)
    {
      float *to = out + (b * m->h.kv_heads * m->h.keys + m->h.past) * width;

      if (rows != NULL)
        strata_heads_unpack (rows, in + b * in_batch, to);
      for (gint64 h = 0; rows == NULL && h < m->h.kv_heads; h++)
        memcpy (to + h * m->h.keys * width, in + (b * m->h.kv_heads + h) * m->h.fresh * width,
                sizeof (float) * (gsize) (m->h.fresh * width));
    }
}

gboolean
strata_exec_multi_head (const StrataExec *run, GError **error)
{
  const StrataArray *bias = strata_exec_in (run, 3), *past_k = strata_exec_in (run, 6),
                    *past_v = strata_exec_in (run, 7);
  const float *b = bias == NULL ? NULL : bias->data;
  MultiHead m = { .run = run };
  g_autofree float *scratch = NULL;
  StrataHeads *h = &m.h;

  if (!strata_multi_head_read (run->graph, run->node, h, error))
    return FALSE;
  scratch = prepare (&m, strata_exec_in (run, 4), strata_exec_in (run, 5));
  if (scratch == NULL)
    return strata_exec_fail (error, "no memory for its queries, keys and values");
  {
    gint64 row = h->q_heads * h->width, v_row = h->q_heads * h->v_width;
    StrataHeadRows q = { h->queries, row, h->q_heads, h->width, h->queries * h->width, b };
    StrataHeadRows k = { h->fresh, row, h->q_heads, h->width, h->keys * h->width, b == NULL ? NULL : b + row };
    StrataHeadRows v = {
      h->fresh, v_row, h->q_heads, h->v_width, h->keys * h->v_width, b == NULL ? NULL : b + 2 * row
    };

    for (gint64 i = 0; i < h->batch; i++)
      strata_heads_unpack (&q, (const float *) run->in[0]->data + i * h->queries * row, m.q + i * h->queries * row);
    add_past (&m, past_k == NULL ? NULL : past_k->data, h->width, m.k);
    add_past (&m, past_v == NULL ? NULL : past_v->data, h->v_width, m.v);
    add_fresh (&m, h->in_rows ? &k : NULL, run->in[1]->data, h->fresh * row, h->width, m.k);
    add_fresh (&m, h->in_rows ? &v : NULL, run->in[2]->data, h->fresh * v_row, h->v_width, m.v);
  }
  for (int i = 1; i < run->node->n_outputs; i++)
    if (run->out[i] != NULL)
      memcpy (run->out[i]->data, i == 1 ? m.k : m.v, run->out[i]->n_bytes);
  return mix (&m, error);
}

/* Queries, keys and values of all batches, projected into @columns columns */
static void
project (const MultiHead *m, const float *projected, gint64 columns, const float *bias)
{
  const StrataHeads *h = &m->h;
  const StrataArray *past = strata_exec_in (m->run, 4);
  gint64 hidden = h->q_heads * h->width, half = h->batch * h->q_heads * h->past * h->width;
  StrataHeadRows q = { h->queries, columns, h->q_heads, h->width, h->queries * h->width, bias };
  StrataHeadRows k = {
    h->fresh, columns, h->q_heads, h->width, h->keys * h->width, bias == NULL ? NULL : bias + hidden
  };
  StrataHeadRows v = {
    h->fresh, columns, h->q_heads, h->v_width, h->keys * h->v_width, bias == NULL ? NULL : bias + 2 * hidden
  };

  for (gint64 b = 0; b < h->batch; b++)
    strata_heads_unpack (&q, projected + b * h->queries * columns, m->q + b * h->queries * hidden);
  add_past (m, past == NULL ? NULL : past->data, h->width, m->k);
  add_past (m, past == NULL ? NULL : (const float *) past->data + half, h->v_width, m->v);
  add_fresh (m, &k, projected + hidden, h->fresh * columns, h->width, m->k);
  add_fresh (m, &v, projected + 2 * hidden, h->fresh * columns, h->v_width, m->v);
}

gboolean
strata_exec_projected (const StrataExec *run, GError **error)
{
  const StrataArray *x = run->in[0], *w = run->in[1], *bias = strata_exec_in (run, 2);
  gint64 rows = x->dims[0] * x->dims[1], columns = w->dims[1];
  StrataGemm gemm = { FALSE, FALSE, rows, columns, w->dims[0], w->dims[0], columns, columns, 1.0f, 0.0f };
  MultiHead m = { .run = run };
  g_autofree float *scratch = NULL;
  g_autofree float *projected = NULL;

  if (!strata_projected_read (run->graph, run->node, &m.h, error))
    return FALSE;
  scratch = prepare (&m, strata_exec_in (run, 3), strata_exec_in (run, 5));
  projected = g_try_new (float, (gsize) (rows * columns) + 1);
  if (scratch == NULL || projected == NULL)
    return strata_exec_fail (error, "no memory for its queries, keys and values");
  strata_float_gemm (&gemm, x->data, w->data, projected);
  project (&m, projected, columns, bias == NULL ? NULL : bias->data);
  if (run->node->n_outputs > 1 && run->out[1] != NULL)
    {
      gsize half = run->out[1]->n_bytes / 2;

      memcpy (run->out[1]->data, m.k, half);
      memcpy ((guint8 *) run->out[1]->data + half, m.v, half);
    }
  return mix (&m, error);
}

gboolean
strata_exec_turned (const StrataExec *run, GError **error)
{
  const StrataArray *places = run->in[1], *cosine = run->in[2];
  gboolean interleaved = strata_node_int (run->node, "interleaved", 0) != 0;
  float scale = strata_node_float (run->node, "scale", 1.0f), *out = run->out[0]->data;
  StrataTurned t;

  if (!strata_turned_read (run->graph, run->node, &t, error))
    return FALSE;
  for (gint64 i = 0; i < strata_array_count (run->in[0]); i++)
    out[i] = scale * ((const float *) run->in[0]->data)[i];
  for (gint64 b = 0; b < t.batch; b++)
    for (gint64 i = 0; i < t.length; i++)
      {
        const gint64 *place = places->data;
        gint64 at = strata_array_count (places) == 1 ? place[0] + i : place[b * t.length + i];

        if (at < 0 || at >= cosine->dims[0])
          return strata_exec_fail (
            error, "position %" G_GINT64_FORMAT " is out of range; 0 to %" G_GINT64_FORMAT " are accepted", at,
            cosine->dims[0] - 1);
        for (gint64 h = 0; h < t.heads; h++)
          strata_heads_turn (
            out + (t.in_rows ? (b * t.length + i) * t.heads + h : (b * t.heads + h) * t.length + i) * t.width, t.turned,
            interleaved, (const float *) cosine->data + at * (t.turned / 2),
            (const float *) run->in[3]->data + at * (t.turned / 2));
      }
  return TRUE;
}
