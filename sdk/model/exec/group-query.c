/* SPDX-License-Identifier: Apache-2.0
 *
 * GroupQueryAttention of com.microsoft: causal attention over a cache, of which each batch has filled another length.
 * New keys are turned by their position and written behind the valid ones; what lies past them in the cache is zero.
 */
#include "model/heads.h"

#include <math.h>
#include <string.h>

#include "model/exec/heads.h"

typedef struct
{
  const StrataExec *run;
  StrataHeads h;
  gint64 window;           /* keys that a query sees; at most 0: all before it */
  gint64 *past;            /* valid ones, per batch */
  float *q, *k, *v, *sink; /* batch x heads x length x width; per head */
} GroupQuery;

static gboolean
find_past (GroupQuery *g, GError **error)
{
  const gint32 *lengths = g->run->in[5]->data;

  for (gint64 b = 0; b < g->h.batch; b++)
    {
      g->past[b] = g->h.queries == g->h.total ? 0 : (gint64) lengths[b] + 1 - g->h.queries;
      if (g->past[b] < 0 || g->past[b] > g->h.past || g->past[b] + g->h.queries > g->h.keys)
        return strata_exec_fail (error,
                                 "its seqlens_k is %d in batch %" G_GINT64_FORMAT "; %" G_GINT64_FORMAT
                                 " to %" G_GINT64_FORMAT " are accepted",
                                 lengths[b], b, g->h.queries - 1, g->h.past + g->h.queries - 1);
    }
  return TRUE;
}

/* Turns the new rows of batch @b: @n_heads heads @stride elements apart */
static gboolean
turn (const GroupQuery *g, gint64 b, float *rows, gint64 n_heads, gint64 stride, GError **error)
{
  const StrataArray *cosine = g->run->in[7], *places = strata_exec_in (g->run, 9);
  gboolean interleaved = strata_node_int (g->run->node, "rotary_interleaved", 0) != 0;
  gint64 half = cosine->dims[1];

  for (gint64 t = 0; t < g->h.queries; t++)
    {
      gint64 place = places == NULL ? g->past[b] + t : ((const gint64 *) places->data)[b * g->h.queries + t];

      if (place < 0 || place >= cosine->dims[0])
        return strata_exec_fail (
          error, "position %" G_GINT64_FORMAT " is out of range; 0 to %" G_GINT64_FORMAT " are accepted", place,
          cosine->dims[0] - 1);
      for (gint64 h = 0; h < n_heads; h++)
        strata_heads_turn (rows + h * stride + t * g->h.width, 2 * half, interleaved,
                           (const float *) cosine->data + place * half,
                           (const float *) g->run->in[8]->data + place * half);
    }
  return TRUE;
}

/* Keys or values of batch @b: the valid ones of the cache, then the new ones */
static void
join (
  const GroupQuery *g, gint64 b, const StrataArray *past, const StrataHeadRows *rows, const float *fresh, float *out)
{
  gint64 width = g->h.width;

  for (gint64 h = 0; past != NULL && h < g->h.kv_heads; h++)
    memcpy (out + h * g->h.keys * width, (const float *) past->data + (b * g->h.kv_heads + h) * g->h.past * width,
            sizeof (float) * (gsize) (g->past[b] * width));
  strata_heads_unpack (rows, fresh, out + g->past[b] * width);
}

static gboolean
fill_batch (const GroupQuery *g, gint64 b, GError **error)
{
  const StrataHeads *h = &g->h;
  gint64 q_row = h->q_heads * h->width, kv_row = h->kv_heads * h->width, row = h->packed ? q_row + 2 * kv_row : q_row;
  StrataHeadRows queries = { h->queries, row, h->q_heads, h->width, h->queries * h->width, NULL };
  StrataHeadRows keys = { h->fresh, h->packed ? row : kv_row, h->kv_heads, h->width, h->keys * h->width, NULL };
  const float *in = (const float *) g->run->in[0]->data + b * h->queries * row, *fresh_k = in + q_row;
  const float *fresh_v = in + q_row + kv_row;
  float *q = g->q + b * h->q_heads * h->queries * h->width, *k = g->k + b * h->kv_heads * h->keys * h->width;

  if (!h->packed)
    {
      fresh_k = (const float *) g->run->in[1]->data + b * h->fresh * kv_row;
      fresh_v = (const float *) g->run->in[2]->data + b * h->fresh * kv_row;
    }
  strata_heads_unpack (&queries, in, q);
  join (g, b, strata_exec_in (g->run, 3), &keys, fresh_k, k);
  join (g, b, strata_exec_in (g->run, 4), &keys, fresh_v, g->v + b * h->kv_heads * h->keys * h->width);
  if (strata_node_int (g->run->node, "do_rotary", 0) == 0)
    return TRUE;
  return turn (g, b, q, h->q_heads, h->queries * h->width, error)
         && turn (g, b, k + g->past[b] * h->width, h->kv_heads, h->keys * h->width, error);
}

static void
edit_cb (gpointer data, gint64 b, gint64 head, gint64 q, float *scores)
{
  const GroupQuery *g = data;
  const StrataArray *bias = strata_exec_in (g->run, 10);
  gint64 end = g->past[b] + q + 1, start = g->window > 0 ? MAX (end - g->window, 0) : 0;

  for (gint64 k = 0; k < g->h.keys; k++)
    if (k < start || k >= end)
      scores[k] = -INFINITY;
    else if (bias != NULL)
      scores[k] +=
        k < g->h.total
          ? ((const float *) bias
               ->data)[(((bias->dims[0] == 1 ? 0 : b) * bias->dims[1] + (bias->dims[1] == 1 ? 0 : head)) * g->h.queries
                        + q)
                         * g->h.total
                       + k]
          : 0.0f;
}

static gboolean
run_group (GroupQuery *g, GError **error)
{
  const StrataHeads *h = &g->h;
  StrataHeadMix mix = { h->batch, h->q_heads, h->kv_heads, h->queries, h->keys, h->width, h->width };

  if (!find_past (g, error))
    return FALSE;
  for (gint64 b = 0; b < h->batch; b++)
    if (!fill_batch (g, b, error))
      return FALSE;
  for (int i = 1; i < g->run->node->n_outputs; i++)
    if (g->run->out[i] != NULL)
      memcpy (g->run->out[i]->data, i == 1 ? g->k : g->v, g->run->out[i]->n_bytes);
  mix.scale = strata_node_float (g->run->node, "scale", 0.0f);
  mix.scale = mix.scale == 0.0f ? (float) (1.0 / sqrt ((double) h->width)) : mix.scale;
  mix.cap = strata_node_float (g->run->node, "softcap", 0.0f);
  mix.q = g->q;
  mix.k = g->k;
  mix.v = g->v;
  mix.sinks = g->sink;
  mix.edit_cb = edit_cb;
  mix.data = g;
  return g->run->out[0] == NULL || strata_heads_mix (&mix, g->run->out[0]->data, error);
}

gboolean
strata_exec_group_query (const StrataExec *run, GError **error)
{
  const StrataArray *sinks = strata_exec_in (run, 11);
  GroupQuery g = { .run = run, .window = strata_node_int (run->node, "local_window_size", -1) };
  g_autofree float *scratch = NULL;
  g_autofree gint64 *past = NULL;
  gsize n_q, n_k;

  if (!strata_group_query_read (run->graph, run->node, &g.h, error))
    return FALSE;
  n_q = (gsize) (g.h.batch * g.h.q_heads * g.h.queries * g.h.width);
  n_k = (gsize) (g.h.batch * g.h.kv_heads * g.h.keys * g.h.width);
  scratch = g_try_new0 (float, n_q + 2 * n_k + (gsize) g.h.q_heads);
  past = g.past = g_try_new (gint64, (gsize) g.h.batch + 1);
  if (scratch == NULL || past == NULL)
    return strata_exec_fail (error, "no memory for its queries, keys and values");
  g.q = scratch;
  g.k = g.q + n_q;
  g.v = g.k + n_k;
  /* smooth_softmax is a sink of score 0 in every head */
  if (sinks != NULL || strata_node_int (run->node, "smooth_softmax", 0) != 0)
    g.sink = g.v + n_k;
  if (sinks != NULL)
    memcpy (g.sink, sinks->data, sizeof (float) * (gsize) g.h.q_heads);
  return run_group (&g, error);
}
