/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention and RotaryEmbedding since opset 23, float32 with double sums in the softmax. Scores are scaled, capped,
 * masked and normalised, in that order (Attention-23, function body); a row that is masked out whole is zero.
 */
#include "model/attention.h"

#include <math.h>
#include <string.h>

#include "kernels/float-gemm.h"
#include "model/exec/heads.h"

/* Row @t of head @h in a tensor that is packed or not */
static gint64
row_of (gboolean packed, gint64 b, gint64 h, gint64 t, gint64 heads, gint64 length, gint64 width)
{
  return packed ? ((b * length + t) * heads + h) * width : ((b * heads + h) * length + t) * width;
}

/* Past and new rows of all heads, one after the other: batch x heads x keys x width */
static void
join (const StrataAttention *a, const StrataArray *past, const StrataArray *fresh, gint64 width, float *out)
{
  for (gint64 b = 0; b < a->batch; b++)
    for (gint64 h = 0; h < a->kv_heads; h++)
      for (gint64 t = 0; t < a->keys; t++, out += width)
        {
          const float *from = t < a->past
                                ? (const float *) past->data + row_of (FALSE, b, h, t, a->kv_heads, a->past, width)
                                : (const float *) fresh->data
                                    + row_of (a->packed, b, h, t - a->past, a->kv_heads, a->keys - a->past, width);

          memcpy (out, from, sizeof (float) * (gsize) width);
        }
}

static float
mask_at (const StrataAttention *a, const StrataArray *mask, gint64 b, gint64 h, gint64 q, gint64 k)
{
  gint64 index[4] = { b, h, q, k }, at = 0;

  if (mask == NULL)
    return 0.0f;
  /* since opset 24 a mask that is shorter than the keys leaves out those behind it */
  if (a->short_mask && k >= mask->dims[mask->n_dims - 1])
    return -INFINITY;
  for (int d = 0; d < mask->n_dims; d++)
    at = at * mask->dims[d] + (mask->dims[d] == 1 ? 0 : index[4 - mask->n_dims + d]);
  if (mask->dtype == STRATA_DTYPE_BOOL)
    return ((const guint8 *) mask->data)[at] != 0 ? 0.0f : -INFINITY;
  return ((const float *) mask->data)[at];
}

/* Keys from here on are behind query @q of a causal attention, or padding */
static gint64
first_hidden (const StrataAttention *a, const StrataArray *lengths, gboolean causal, gint64 b, gint64 q)
{
  gint64 valid = lengths == NULL ? a->keys : ((const gint64 *) lengths->data)[b];
  gint64 offset = lengths == NULL || a->past > 0 ? a->past : valid - a->queries;

  return causal ? MIN (valid, q + offset + 1) : valid;
}

static void
softmax (float *row, gint64 n)
{
  float peak = -INFINITY;
  double sum = 0.0;

  for (gint64 i = 0; i < n; i++)
    peak = MAX (peak, row[i]);
  for (gint64 i = 0; i < n; i++)
    {
      row[i] = peak == -INFINITY ? 0.0f : expf (row[i] - peak);
      sum += (double) row[i];
    }
  for (gint64 i = 0; i < n; i++)
    row[i] = sum == 0.0 ? 0.0f : (float) ((double) row[i] / sum);
}

typedef struct
{
  const StrataExec *run;
  StrataAttention a;
  float scale, cap;
  gboolean causal;
  gint64 mode; /* of the scores that go out: 0 scaled, 1 capped, 2 masked, 3 normalised */
  float *keys, *values, *query, *scores, *result;
} Head;

static void
emit_scores (const Head *head, gint64 b, gint64 h, gint64 stage)
{
  gint64 n = head->a.queries * head->a.keys;

  if (stage == head->mode && head->run->node->n_outputs > 3 && head->run->out[3] != NULL)
    memcpy ((float *) head->run->out[3]->data + (b * head->a.q_heads + h) * n, head->scores,
            sizeof (float) * (gsize) n);
}

static void
attend (const Head *head, gint64 b, gint64 h)
{
  const StrataAttention *a = &head->a;
  const StrataArray *mask = strata_exec_in (head->run, 3);
  gint64 kv = b * a->kv_heads + h / (a->q_heads / a->kv_heads), n = a->queries * a->keys;
  StrataGemm scores = { FALSE, TRUE, a->queries, a->keys, a->width, a->width, a->width, a->keys, head->scale, 0.0f };
  StrataGemm mix = { FALSE, FALSE, a->queries, a->v_width, a->keys, a->keys, a->v_width, a->v_width, 1.0f, 0.0f };

  for (gint64 q = 0; q < a->queries; q++)
    memcpy (head->query + q * a->width,
            (const float *) head->run->in[0]->data + row_of (a->packed, b, h, q, a->q_heads, a->queries, a->width),
            sizeof (float) * (gsize) a->width);
  strata_float_gemm (&scores, head->query, head->keys + kv * a->keys * a->width, head->scores);
  emit_scores (head, b, h, 0);
  for (gint64 i = 0; head->cap > 0.0f && i < n; i++)
    head->scores[i] = head->cap * tanhf (head->scores[i] / head->cap);
  emit_scores (head, b, h, 1);
  for (gint64 q = 0; q < a->queries; q++)
    {
      gint64 hidden = first_hidden (a, strata_exec_in (head->run, 6), head->causal, b, q);

      for (gint64 k = 0; k < a->keys; k++)
        head->scores[q * a->keys + k] += k >= hidden ? -INFINITY : mask_at (a, mask, b, h, q, k);
    }
  emit_scores (head, b, h, 2);
  for (gint64 q = 0; q < a->queries; q++)
    softmax (head->scores + q * a->keys, a->keys);
  emit_scores (head, b, h, 3);
  strata_float_gemm (&mix, head->scores, head->values + kv * a->keys * a->v_width, head->result);
  for (gint64 q = 0; head->run->out[0] != NULL && q < a->queries; q++)
    memcpy ((float *) head->run->out[0]->data + row_of (a->packed, b, h, q, a->q_heads, a->queries, a->v_width),
            head->result + q * a->v_width, sizeof (float) * (gsize) a->v_width);
}

static void
emit_present (const StrataExec *run, int output, const float *from)
{
  if (run->node->n_outputs > output && run->out[output] != NULL)
    memcpy (run->out[output]->data, from, run->out[output]->n_bytes);
}

gboolean
strata_exec_attention (const StrataExec *run, GError **error)
{
  Head head = { .run = run,
                .cap = strata_node_float (run->node, "softcap", 0.0f),
                .causal = strata_node_int (run->node, "is_causal", 0) != 0,
                .mode = strata_node_int (run->node, "qk_matmul_output_mode", 0) };
  StrataAttention *a = &head.a;
  g_autofree float *scratch = NULL;
  gsize n_keys, n_values;

  if (!strata_attention_read (run->graph, run->node, a, error))
    return FALSE;
  head.scale = strata_node_float (run->node, "scale", (float) (1.0 / sqrt ((double) a->width)));
  n_keys = (gsize) (a->batch * a->kv_heads * a->keys * a->width);
  n_values = (gsize) (a->batch * a->kv_heads * a->keys * a->v_width);
  scratch = g_try_new (float, n_keys + n_values + (gsize) (a->queries * (a->width + a->keys + a->v_width)) + 1);
  if (scratch == NULL)
    return strata_exec_fail (error, "no memory for its keys, values and scores");
  head.keys = scratch;
  head.values = head.keys + n_keys;
  head.query = head.values + n_values;
  head.scores = head.query + a->queries * a->width;
  head.result = head.scores + a->queries * a->keys;
  join (a, strata_exec_in (run, 4), run->in[1], a->width, head.keys);
  join (a, strata_exec_in (run, 5), run->in[2], a->v_width, head.values);
  for (gint64 b = 0; b < a->batch; b++)
    for (gint64 h = 0; h < a->q_heads; h++)
      attend (&head, b, h);
  emit_present (run, 1, head.keys);
  emit_present (run, 2, head.values);
  return TRUE;
}

gboolean
strata_exec_rotary (const StrataExec *run, GError **error)
{
  const StrataArray *cosine = run->in[1], *positions = strata_exec_in (run, 3);
  gboolean interleaved = strata_node_int (run->node, "interleaved", 0) != 0;
  float *out = run->out[0]->data;
  StrataRotary r;

  if (!strata_rotary_read (run->graph, run->node, &r, error))
    return FALSE;
  memcpy (out, run->in[0]->data, run->in[0]->n_bytes);
  for (gint64 b = 0; b < r.batch; b++)
    for (gint64 t = 0; t < r.length; t++)
      {
        gint64 place = positions == NULL ? b * r.length + t : ((const gint64 *) positions->data)[b * r.length + t];
        gint64 n_places = positions == NULL ? r.batch * r.length : cosine->dims[0];

        if (place < 0 || place >= n_places)
          return strata_exec_fail (
            error, "position %" G_GINT64_FORMAT " is out of range; 0 to %" G_GINT64_FORMAT " are accepted", place,
            n_places - 1);
        for (gint64 h = 0; h < r.heads; h++)
          strata_heads_turn (out + row_of (r.packed, b, h, t, r.heads, r.length, r.width), r.turned, interleaved,
                             (const float *) cosine->data + place * (r.turned / 2),
                             (const float *) run->in[2]->data + place * (r.turned / 2));
      }
  return TRUE;
}
