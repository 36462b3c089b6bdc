/* SPDX-License-Identifier: Apache-2.0
 *
 * Dense products through the float kernels, sums of the softmax in double.
 */
#include "model/exec/heads.h"

#include <math.h>

#include "kernels/float-gemm.h"

void
strata_heads_unpack (const StrataHeadRows *rows, const float *in, float *out)
{
  for (gint64 h = 0; h < rows->heads; h++)
    for (gint64 t = 0; t < rows->length; t++)
      {
        const float *from = in + t * rows->row + h * rows->width;
        float *to = out + h * rows->stride + t * rows->width;

        for (gint64 i = 0; i < rows->width; i++)
          to[i] = from[i] + (rows->bias == NULL ? 0.0f : rows->bias[h * rows->width + i]);
      }
}

void
strata_heads_turn (float *row, gint64 turned, gboolean interleaved, const float *cosine, const float *sine)
{
  gint64 half = turned / 2;

  for (gint64 i = 0; i < half; i++)
    {
      float *first = &row[interleaved ? 2 * i : i], *second = &row[interleaved ? 2 * i + 1 : i + half];
      float x = cosine[i] * *first - sine[i] * *second, y = sine[i] * *first + cosine[i] * *second;

      *first = x;
      *second = y;
    }
}

static void
normalise (float *row, gint64 n, const float *sink)
{
  float peak = sink == NULL ? -INFINITY : *sink;
  double sum;

  for (gint64 i = 0; i < n; i++)
    peak = MAX (peak, row[i]);
  sum = sink == NULL ? 0.0 : exp ((double) *sink - (double) peak);
  for (gint64 i = 0; i < n; i++)
    {
      row[i] = peak == -INFINITY ? 0.0f : expf (row[i] - peak);
      sum += (double) row[i];
    }
  for (gint64 i = 0; i < n; i++)
    row[i] = sum == 0.0 ? 0.0f : (float) ((double) row[i] / sum);
}

static void
mix_head (const StrataHeadMix *m, gint64 b, gint64 h, float *scores, float *out)
{
  gint64 kv = b * m->kv_heads + h / (m->heads / m->kv_heads), row = m->heads * m->v_width;
  StrataGemm product = { FALSE, TRUE, m->queries, m->keys, m->width, m->width, m->width, m->keys, m->scale, 0.0f };
  StrataGemm mix = { FALSE, FALSE, m->queries, m->v_width, m->keys, m->keys, m->v_width, row, 1.0f, 0.0f };

  strata_float_gemm (&product, m->q + (b * m->heads + h) * m->queries * m->width, m->k + kv * m->keys * m->width,
                     scores);
  for (gint64 i = 0; m->cap > 0.0f && i < m->queries * m->keys; i++)
    scores[i] = m->cap * tanhf (scores[i] / m->cap);
  for (gint64 q = 0; q < m->queries; q++)
    {
      m->edit_cb (m->data, b, h, q, scores + q * m->keys);
      normalise (scores + q * m->keys, m->keys, m->sinks == NULL ? NULL : &m->sinks[h]);
    }
  strata_float_gemm (&mix, scores, m->v + kv * m->keys * m->v_width, out + b * m->queries * row + h * m->v_width);
}

gboolean
strata_heads_mix (const StrataHeadMix *mix, float *out, GError **error)
{
  g_autofree float *scores = g_try_new (float, (gsize) (mix->queries * mix->keys) + 1);

  if (scores == NULL)
    return strata_exec_fail (error, "no memory for its scores");
  for (gint64 b = 0; b < mix->batch; b++)
    for (gint64 h = 0; h < mix->heads; h++)
      mix_head (mix, b, h, scores, out);
  return TRUE;
}
