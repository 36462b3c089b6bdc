/* SPDX-License-Identifier: Apache-2.0
 *
 * Operators that carry a state from call to call. LinearAttention-27: per head a matrix S of keys x values; per step
 * S *= exp (decay), S += k (beta (v - S' k))', out = scale S' q. CausalConvWithState-27; TensorScatter-24.
 */
#include "model/state.h"

#include <math.h>
#include <string.h>

#include "model/exec/exec.h"

typedef struct
{
  const StrataExec *run;
  StrataLinearAttention a;
  float scale;
  float *change; /* v_width */
} Recurrence;

/* Element (@b, @t, @c) of operand @i, whose last dimension may be 1 */
static float
gate_at (const Recurrence *r, int i, gint64 b, gint64 t, gint64 head, gint64 d)
{
  const StrataArray *gate = r->run->in[i];
  gint64 n = gate->dims[2];
  gint64 c = n == 1 ? 0 : n == r->a.kv_heads * r->a.width ? head * r->a.width + d : head;

  return ((const float *) gate->data)[(b * r->a.length + t) * n + c];
}

static void
decay_state (const Recurrence *r, gint64 b, gint64 t, gint64 head, float *state)
{
  for (gint64 d = 0; d < r->a.width; d++)
    {
      float factor = expf (gate_at (r, 4, b, t, head, d));

      for (gint64 m = 0; m < r->a.v_width; m++)
        state[d * r->a.v_width + m] *= factor;
    }
}

/* What is written at key @k: the value, or beta times what the state lacks of it */
static void
find_change (const Recurrence *r, gint64 b, gint64 t, gint64 head, const float *k, const float *v, const float *state)
{
  float beta = r->a.corrected ? gate_at (r, 5, b, t, head, 0) : 1.0f;
  gboolean gated = strata_exec_in (r->run, 6) != NULL;

  memcpy (r->change, v, sizeof (float) * (gsize) r->a.v_width);
  for (gint64 d = 0; r->a.corrected && d < r->a.width; d++)
    {
      float key = k[d] * (gated ? gate_at (r, 6, b, t, head, d) : 1.0f);

      for (gint64 m = 0; m < r->a.v_width; m++)
        r->change[m] -= key * state[d * r->a.v_width + m];
    }
  for (gint64 m = 0; m < r->a.v_width; m++)
    r->change[m] *= beta;
}

static void
step (const Recurrence *r, gint64 b, gint64 t, gint64 head, float *state)
{
  const StrataLinearAttention *a = &r->a;
  gint64 row = b * a->length + t, group = a->q_heads / a->kv_heads;
  const float *k = (const float *) r->run->in[1]->data + (row * a->kv_heads + head) * a->width;

  if (a->gated)
    decay_state (r, b, t, head, state);
  find_change (r, b, t, head, k, (const float *) r->run->in[2]->data + (row * a->kv_heads + head) * a->v_width, state);
  for (gint64 d = 0; d < a->width; d++)
    for (gint64 m = 0; m < a->v_width; m++)
      state[d * a->v_width + m] += k[d] * r->change[m];
  for (gint64 h = head * group; r->run->out[0] != NULL && h < (head + 1) * group; h++)
    {
      const float *q = (const float *) r->run->in[0]->data + (row * a->q_heads + h) * a->width;
      float *out = (float *) r->run->out[0]->data + (row * a->q_heads + h) * a->v_width;

      memset (out, 0, sizeof (float) * (gsize) a->v_width);
      for (gint64 d = 0; d < a->width; d++)
        for (gint64 m = 0; m < a->v_width; m++)
          out[m] += r->scale * q[d] * state[d * a->v_width + m];
    }
}

gboolean
strata_exec_linear_attention (const StrataExec *run, GError **error)
{
  const StrataArray *past = strata_exec_in (run, 3);
  Recurrence r = { .run = run };
  g_autofree float *scratch = NULL;
  gint64 per_head, n_state;
  float *state;

  if (!strata_linear_attention_read (run->graph, run->node, &r.a, error))
    return FALSE;
  r.scale = strata_node_float (run->node, "scale", 0.0f);
  if (r.scale == 0.0f)
    r.scale = (float) (1.0 / sqrt ((double) r.a.width));
  per_head = r.a.width * r.a.v_width;
  n_state = r.a.batch * r.a.kv_heads * per_head;
  scratch = g_try_new0 (float, (gsize) (n_state + r.a.v_width) + 1);
  if (scratch == NULL)
    return strata_exec_fail (error, "no memory for its state");
  r.change = scratch + n_state;
  state = scratch;
  if (past != NULL)
    memcpy (state, past->data, past->n_bytes);
  for (gint64 b = 0; b < r.a.batch; b++)
    for (gint64 h = 0; h < r.a.kv_heads; h++, state += per_head)
      for (gint64 t = 0; t < r.a.length; t++)
        step (&r, b, t, h, state);
  if (run->node->n_outputs > 1 && run->out[1] != NULL)
    memcpy (run->out[1]->data, scratch, run->out[1]->n_bytes);
  return TRUE;
}

/* Element @i of a channel's past and new elements, one after the other */
static float
padded_at (const float *past, gint64 n_past, const float *fresh, gint64 i)
{
  return i >= n_past ? fresh[i - n_past] : past == NULL ? 0.0f : past[i];
}

gboolean
strata_exec_causal_conv (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *weight = run->in[1], *bias = strata_exec_in (run, 2);
  const StrataArray *past = strata_exec_in (run, 3), *present = run->node->n_outputs > 1 ? run->out[1] : NULL;
  gboolean swish = !g_str_equal (strata_node_string (run->node, "activation", "none"), "none");
  gint64 channels = in->dims[1], length = in->dims[2], kernel = weight->dims[2], n_past = kernel - 1;

  for (gint64 row = 0; row < in->dims[0] * channels; row++)
    {
      const float *w = (const float *) weight->data + row % channels * kernel;
      const float *before = past == NULL ? NULL : (const float *) past->data + row * n_past;
      const float *fresh = (const float *) in->data + row * length;

      for (gint64 t = 0; run->out[0] != NULL && t < length; t++)
        {
          double sum = bias == NULL ? 0.0 : (double) ((const float *) bias->data)[row % channels];

          for (gint64 k = 0; k < kernel; k++)
            sum += (double) w[k] * (double) padded_at (before, n_past, fresh, t + k);
          ((float *) run->out[0]->data)[row * length + t] = (float) (swish ? sum / (1.0 + exp (-sum)) : sum);
        }
      for (gint64 i = 0; present != NULL && i < n_past; i++)
        ((float *) present->data)[row * n_past + i] = padded_at (before, n_past, fresh, length + i);
    }
  return TRUE;
}

gboolean
strata_exec_tensor_scatter (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *update = run->in[1], *places = strata_exec_in (run, 2);
  gboolean circular = g_str_equal (strata_node_string (run->node, "mode", "linear"), "circular");
  gint64 axis = strata_node_int (run->node, "axis", -2), between = 1;
  gsize size = strata_dtype_size (in->dtype);

  axis += axis < 0 ? in->n_dims : 0;
  for (int d = 1; d < in->n_dims; d++)
    if (d < axis)
      between *= in->dims[d];
    else if (d > axis)
      size *= (gsize) in->dims[d];
  memcpy (run->out[0]->data, in->data, in->n_bytes);
  for (gint64 row = 0; row < in->dims[0] * between; row++)
    for (gint64 i = 0; i < update->dims[axis]; i++)
      {
        gint64 first = places == NULL ? 0 : ((const gint64 *) places->data)[row / between], to;

        if (first < 0 || (!circular && (first > in->dims[axis] || i >= in->dims[axis] - first)))
          return strata_exec_fail (error,
                                   "its %" G_GINT64_FORMAT " new elements do not fit from index %" G_GINT64_FORMAT
                                   " on into %" G_GINT64_FORMAT,
                                   update->dims[axis], first, in->dims[axis]);
        to = (first % in->dims[axis] + i) % in->dims[axis];
        memcpy ((guint8 *) run->out[0]->data + (gsize) (row * in->dims[axis] + to) * size,
                (const guint8 *) update->data + (gsize) (row * update->dims[axis] + i) * size, size);
      }
  return TRUE;
}
