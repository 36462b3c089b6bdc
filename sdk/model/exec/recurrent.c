/* SPDX-License-Identifier: Apache-2.0
 *
 * RNN, GRU and LSTM as ONNX defines them (RNN-7, GRU-7, LSTM-7, layout of opset 14): gates of the input for all steps
 * in one product, those of the state step by step. Gate order: i o f c; z r h.
 */
#include <math.h>
#include <string.h>

#include "kernels/float-gemm.h"
#include "model/exec/exec.h"
#include "model/recurrent.h"

typedef struct
{
  const StrataExec *run;
  StrataRecurrent r;
  int n_gates, direction;
  gint64 width; /* n_gates x hidden */
  const StrataActivation *activations;
  const float *alphas, *betas; /* one per activation */
  float clip;
  gboolean reset_after, input_forget; /* GRU, LSTM */
  const float *recurrence, *bias, *peephole;
  float *from_input, *from_state, *state, *cell, *reset; /* per step and batch; per batch */
} Pass;

static float
activate (const Pass *p, int which, float x)
{
  double a = (double) p->alphas[which], b = (double) p->betas[which], v;

  x = p->clip > 0.0f ? CLAMP (x, -p->clip, p->clip) : x;
  v = (double) x;
  switch (p->activations[which])
    {
    case STRATA_ACTIVATION_AFFINE:
      return (float) (a * v + b);
    case STRATA_ACTIVATION_ELU:
      return (float) (v < 0.0 ? a * expm1 (v) : v);
    case STRATA_ACTIVATION_HARD_SIGMOID:
      return (float) CLAMP (a * v + b, 0.0, 1.0);
    case STRATA_ACTIVATION_LEAKY_RELU:
      return (float) (v < 0.0 ? a * v : v);
    case STRATA_ACTIVATION_RELU:
      return MAX (x, 0.0f);
    case STRATA_ACTIVATION_SCALED_TANH:
      return (float) (a * tanh (b * v));
    case STRATA_ACTIVATION_SIGMOID:
      return (float) (1.0 / (1.0 + exp (-v)));
    case STRATA_ACTIVATION_SOFTPLUS:
      return (float) log1p (exp (v));
    case STRATA_ACTIVATION_SOFTSIGN:
      return (float) (v / (1.0 + fabs (v)));
    case STRATA_ACTIVATION_THRESHOLDED_RELU:
      return v > a ? x : 0.0f;
    default:
      return (float) tanh (v);
    }
}

/* Element @h of gate @gate, input's half and state's half with their biases */
static float
input_part (const Pass *p, const float *x, int gate, gint64 h)
{
  return x[gate * p->r.hidden + h] + (p->bias == NULL ? 0.0f : p->bias[gate * p->r.hidden + h]);
}

static float
state_part (const Pass *p, const float *s, int gate, gint64 h)
{
  return s[gate * p->r.hidden + h] + (p->bias == NULL ? 0.0f : p->bias[p->width + gate * p->r.hidden + h]);
}

static void
step_lstm (const Pass *p, const float *x, const float *s, float *state, float *cell)
{
  gint64 n = p->r.hidden;
  const float *hole = p->peephole;

  for (gint64 h = 0; h < n; h++)
    {
      float in = input_part (p, x, 0, h) + state_part (p, s, 0, h);
      float out = input_part (p, x, 1, h) + state_part (p, s, 1, h);
      float forget = input_part (p, x, 2, h) + state_part (p, s, 2, h);
      float next = activate (p, 1, input_part (p, x, 3, h) + state_part (p, s, 3, h));

      in = activate (p, 0, in + (hole == NULL ? 0.0f : hole[h] * cell[h]));
      forget =
        p->input_forget ? 1.0f - in : activate (p, 0, forget + (hole == NULL ? 0.0f : hole[2 * n + h] * cell[h]));
      cell[h] = forget * cell[h] + in * next;
      out = activate (p, 0, out + (hole == NULL ? 0.0f : hole[n + h] * cell[h]));
      state[h] = out * activate (p, 2, cell[h]);
    }
}

static void
step_rnn (const Pass *p, const float *x, const float *s, float *state)
{
  for (gint64 h = 0; h < p->r.hidden; h++)
    state[h] = activate (p, 0, input_part (p, x, 0, h) + state_part (p, s, 0, h));
}

/* @after: the state's half of the candidate, from the reset state unless the reset comes after the product */
static void
step_gru (const Pass *p, const float *x, const float *s, const float *after, float *state)
{
  for (gint64 h = 0; h < p->r.hidden; h++)
    {
      float update = activate (p, 0, input_part (p, x, 0, h) + state_part (p, s, 0, h));
      float reset = activate (p, 0, input_part (p, x, 1, h) + state_part (p, s, 1, h));
      float candidate = p->reset_after ? reset * state_part (p, s, 2, h)
                                       : after[h] + (p->bias == NULL ? 0.0f : p->bias[p->width + 2 * p->r.hidden + h]);

      candidate = activate (p, 1, input_part (p, x, 2, h) + candidate);
      state[h] = (1.0f - update) * candidate + update * state[h];
    }
}

static void
multiply (gint64 m, gint64 n, gint64 k, const float *a, const float *b, float *c)
{
  StrataGemm gemm = { FALSE, TRUE, m, n, k, k, k, n, 1.0f, 0.0f };

  if (m > 0 && n > 0)
    strata_float_gemm (&gemm, a, b, c);
}

static gint64
row_of (const StrataRecurrent *r, gint64 t, gint64 b)
{
  return r->batch_first ? b * r->steps + t : t * r->batch + b;
}

static gint64
time_of (const Pass *p, gint64 step, gint64 b)
{
  const StrataArray *lengths = strata_exec_in (p->run, 4);
  gint64 length = lengths == NULL ? p->r.steps : CLAMP (((const gint32 *) lengths->data)[b], 0, p->r.steps);

  if (step >= length)
    return -1;
  return p->r.reverse || p->direction == 1 ? length - 1 - step : step;
}

static void
reset_states (const Pass *p, gint64 step)
{
  gint64 n = p->r.hidden;

  for (gint64 b = 0; b < p->r.batch; b++)
    {
      gint64 t = time_of (p, step, b);
      const float *x = p->from_input + row_of (&p->r, MAX (t, 0), b) * p->width, *s = p->from_state + b * p->width;

      for (gint64 h = 0; h < n; h++)
        p->reset[b * n + h] = p->state[b * n + h] * activate (p, 0, input_part (p, x, 1, h) + state_part (p, s, 1, h));
    }
}

static void
store (const Pass *p, gint64 t, gint64 b)
{
  gint64 n = p->r.hidden;
  gint64 row = p->r.batch_first ? (b * p->r.steps + t) * p->r.n_directions + p->direction
                                : (t * p->r.n_directions + p->direction) * p->r.batch + b;

  if (p->run->out[0] != NULL)
    memcpy ((float *) p->run->out[0]->data + row * n, p->state + b * n, sizeof (float) * (gsize) n);
}

static void
run_step (const Pass *p, gint64 step)
{
  gint64 n = p->r.hidden;
  gboolean reset_before = p->run->node->op == STRATA_OP_GRU && !p->reset_after;
  float *after = p->reset + p->r.batch * n;

  multiply (p->r.batch, p->width, n, p->state, p->recurrence, p->from_state);
  if (reset_before)
    {
      reset_states (p, step);
      multiply (p->r.batch, n, n, p->reset, p->recurrence + 2 * n * n, after);
    }
  for (gint64 b = 0; b < p->r.batch; b++)
    {
      gint64 t = time_of (p, step, b);
      const float *x = p->from_input + row_of (&p->r, MAX (t, 0), b) * p->width, *s = p->from_state + b * p->width;

      if (t < 0)
        continue;
      if (p->run->node->op == STRATA_OP_LSTM)
        step_lstm (p, x, s, p->state + b * n, p->cell + b * n);
      else if (p->run->node->op == STRATA_OP_GRU)
        step_gru (p, x, s, after + b * n, p->state + b * n);
      else
        step_rnn (p, x, s, p->state + b * n);
      store (p, t, b);
    }
}

/* Between a state of the tensor, for this direction, and the pass's own */
static void
copy_state (const Pass *p, float *tensor, float *own, gboolean to_tensor)
{
  gint64 n = p->r.hidden;

  for (gint64 b = 0; b < p->r.batch; b++)
    {
      gint64 row = p->r.batch_first ? b * p->r.n_directions + p->direction : p->direction * p->r.batch + b;
      float *there = tensor == NULL ? NULL : tensor + row * n;

      if (there == NULL)
        memset (own + b * n, 0, sizeof (float) * (gsize) n);
      else
        memcpy (to_tensor ? there : own + b * n, to_tensor ? own + b * n : there, sizeof (float) * (gsize) n);
    }
}

static void
run_direction (Pass *p)
{
  const StrataArray *h0 = strata_exec_in (p->run, 5), *c0 = strata_exec_in (p->run, 6);
  const StrataArray *bias = strata_exec_in (p->run, 3), *hole = strata_exec_in (p->run, 7);
  gint64 d = p->direction, n = p->r.hidden;

  p->recurrence = (const float *) p->run->in[2]->data + d * p->width * n;
  p->bias = bias == NULL ? NULL : (const float *) bias->data + d * 2 * p->width;
  p->peephole = hole == NULL ? NULL : (const float *) hole->data + d * 3 * n;
  copy_state (p, h0 == NULL ? NULL : h0->data, p->state, FALSE);
  copy_state (p, c0 == NULL ? NULL : c0->data, p->cell, FALSE);
  multiply (p->r.steps * p->r.batch, p->width, p->r.input, p->run->in[0]->data,
            (const float *) p->run->in[1]->data + d * p->width * p->r.input, p->from_input);
  for (gint64 step = 0; step < p->r.steps; step++)
    run_step (p, step);
  if (p->run->node->n_outputs > 1 && p->run->out[1] != NULL)
    copy_state (p, p->run->out[1]->data, p->state, TRUE);
  if (p->run->node->n_outputs > 2 && p->run->out[2] != NULL)
    copy_state (p, p->run->out[2]->data, p->cell, TRUE);
}

/* Defaults of alpha and beta: ONNX, RNN-7, "activation_alpha" */
static void
set_parameters (const StrataNode *node, const StrataActivation *activations, int n, float *alphas, float *betas)
{
  const StrataAttr *alpha = strata_node_attr (node, "activation_alpha");
  const StrataAttr *beta = strata_node_attr (node, "activation_beta");

  for (int i = 0; i < n; i++)
    {
      StrataActivation a = activations[i];

      alphas[i] = a == STRATA_ACTIVATION_HARD_SIGMOID ? 0.2f : a == STRATA_ACTIVATION_LEAKY_RELU ? 0.01f : 1.0f;
      betas[i] = a == STRATA_ACTIVATION_HARD_SIGMOID ? 0.5f : a == STRATA_ACTIVATION_SCALED_TANH ? 1.0f : 0.0f;
      alphas[i] = alpha != NULL && i < alpha->n ? alpha->floats[i] : alphas[i];
      betas[i] = beta != NULL && i < beta->n ? beta->floats[i] : betas[i];
    }
}

gboolean
strata_exec_recurrent (const StrataExec *run, GError **error)
{
  Pass p = { .run = run, .n_gates = strata_recurrent_n_gates (run->node->op) };
  g_autofree float *scratch = NULL;
  StrataActivation activations[6];
  float alphas[6], betas[6];
  gsize states, per_direction;

  if (!strata_recurrent_read (run->node, run->in[0]->dims, run->in[2]->dims, &p.r, error))
    return FALSE;
  per_direction = (gsize) strata_recurrent_activations (run->node, p.r.n_directions, activations, error);
  if (per_direction == 0)
    return FALSE;
  set_parameters (run->node, activations, (int) per_direction * p.r.n_directions, alphas, betas);
  p.width = p.n_gates * p.r.hidden;
  p.clip = strata_node_float (run->node, "clip", 0.0f);
  p.reset_after = strata_node_int (run->node, "linear_before_reset", 0) != 0;
  p.input_forget = strata_node_int (run->node, "input_forget", 0) != 0;
  states = (gsize) (p.r.batch * p.r.hidden);
  scratch = g_try_new0 (float, (gsize) ((p.r.steps + 1) * p.r.batch * p.width) + 4 * states + 1);
  if (scratch == NULL)
    return strata_exec_fail (error, "no memory for its gates");
  p.state = scratch;
  p.cell = p.state + states;
  p.reset = p.cell + states;
  p.from_state = p.reset + 2 * states;
  p.from_input = p.from_state + p.r.batch * p.width;
  if (run->out[0] != NULL)
    memset (run->out[0]->data, 0, run->out[0]->n_bytes);
  for (p.direction = 0; p.direction < p.r.n_directions; p.direction++)
    {
      p.activations = activations + (gsize) p.direction * per_direction;
      p.alphas = alphas + (gsize) p.direction * per_direction;
      p.betas = betas + (gsize) p.direction * per_direction;
      run_direction (&p);
    }
  return TRUE;
}
