/* SPDX-License-Identifier: Apache-2.0
 *
 * Every tensor is held as doubles: codes are small integers, floats are exact.
 */
#include "interpreter.h"

#include <math.h>

typedef struct
{
  const StrataQGraph *graph;
  double **data;
} Run;

static double
at (const Run *run, int tensor, int c, int y, int x)
{
  const StrataQTensor *t = &run->graph->tensors[tensor];

  return run->data[tensor][((gint64) c * t->height + y) * t->width + x];
}

static double
finish (const StrataQGraph *graph, const StrataQOp *op, double steps)
{
  const StrataQTensor *out = &graph->tensors[op->output];

  if (out->format == STRATA_FORMAT_F32)
    return (double) CLAMP ((float) steps, op->clamp_lo_f, op->clamp_hi_f);
  return CLAMP (rint (steps) + out->zero_point, op->clamp_lo, op->clamp_hi);
}

static double
product_at (const Run *run, const StrataQOp *op, int n, int y, int x)
{
  const StrataQTensor *in = &run->graph->tensors[op->inputs[0]];
  const StrataWindow *w = &op->window;
  int channels = in->channels / w->groups, first = n / (op->n / w->groups) * channels;
  gint64 acc = op->bias[n], k = 0;

  for (int c = 0; c < channels; c++)
    for (int ky = 0; ky < w->kernel_h; ky++)
      for (int kx = 0; kx < w->kernel_w; kx++, k++)
        {
          int iy = y * w->stride_h + ky * w->dilation_h - w->pad_top;
          int ix = x * w->stride_w + kx * w->dilation_w - w->pad_left;

          if (iy >= 0 && iy < in->height && ix >= 0 && ix < in->width)
            acc += (gint64) op->weights[(gint64) n * op->k + k]
                   * ((gint64) at (run, op->inputs[0], first + c, iy, ix) - in->zero_point);
        }
  g_assert_cmpint (acc, ==, (gint32) acc);
  return finish (run->graph, op, (double) acc * op->multiplier[n]);
}

static double
pool_at (const Run *run, const StrataQOp *op, int c, int y, int x)
{
  const StrataQTensor *in = &run->graph->tensors[op->inputs[0]];
  const StrataWindow *w = &op->window;
  double most = -INFINITY, sum = 0;
  int count = 0, all = 0;

  for (int ky = 0; ky < w->kernel_h; ky++)
    for (int kx = 0; kx < w->kernel_w; kx++)
      {
        int iy = y * w->stride_h + ky * w->dilation_h - w->pad_top;
        int ix = x * w->stride_w + kx * w->dilation_w - w->pad_left;

        all++;
        if (iy < 0 || iy >= in->height || ix < 0 || ix >= in->width)
          continue;
        count++;
        most = MAX (most, at (run, op->inputs[0], c, iy, ix));
        sum += at (run, op->inputs[0], c, iy, ix) - in->zero_point;
      }
  if (op->kind == STRATA_QOP_MAX_POOL)
    return most;
  return finish (run->graph, op, sum * op->multiplier[0] / (op->count_padding ? all : count));
}

static double
add_at (const Run *run, const StrataQOp *op, int c, int y, int x)
{
  double sum = 0;

  for (int i = 0; i < op->n_inputs; i++)
    sum += (at (run, op->inputs[i], c, y, x) - run->graph->tensors[op->inputs[i]].zero_point) * op->input_multiplier[i];
  return finish (run->graph, op, sum);
}

static double
move_at (const Run *run, const StrataQOp *op, int c, int y, int x)
{
  const StrataQTensor *in = &run->graph->tensors[op->inputs[0]];
  int ic = c - op->offset_c, iy = y * op->window.stride_h + op->offset_h, ix = x * op->window.stride_w + op->offset_w;

  if (ic < 0 || ic >= in->channels || iy < 0 || iy >= in->height || ix < 0 || ix >= in->width)
    return in->zero_point;
  return at (run, op->inputs[0], ic, iy, ix);
}

static double
real_at (const Run *run, int tensor, int c, int y, int x)
{
  const StrataQTensor *t = &run->graph->tensors[tensor];
  double code = at (run, tensor, c, y, x);

  return t->format == STRATA_FORMAT_F32 ? code : t->scale * (code - t->zero_point);
}

static double
encode (const StrataQGraph *graph, const StrataQOp *op, double real)
{
  const StrataQTensor *out = &graph->tensors[op->output];

  return finish (graph, op, out->format == STRATA_FORMAT_F32 ? real : real / out->scale);
}

static double
softmax_at (const Run *run, const StrataQOp *op, int c, int y, int x)
{
  const StrataQTensor *in = &run->graph->tensors[op->inputs[0]];
  double most = -INFINITY, sum = 0;

  for (int i = 0; i < in->channels; i++)
    most = MAX (most, real_at (run, op->inputs[0], i, y, x));
  for (int i = 0; i < in->channels; i++)
    sum += exp (real_at (run, op->inputs[0], i, y, x) - most);
  return encode (run->graph, op, exp (real_at (run, op->inputs[0], c, y, x) - most) / sum);
}

static double
activate_at (const Run *run, const StrataQOp *op, int c, int y, int x)
{
  double v = real_at (run, op->inputs[0], c, y, x);

  switch (op->function)
    {
    case STRATA_FUNCTION_RELU:
      return encode (run->graph, op, MAX (v, 0));
    case STRATA_FUNCTION_CLIP:
      return encode (run->graph, op, CLAMP (v, (double) op->clamp_lo_f, (double) op->clamp_hi_f));
    case STRATA_FUNCTION_SIGMOID:
      return encode (run->graph, op, 1 / (1 + exp (-v)));
    default:
      return encode (run->graph, op, tanh (v));
    }
}

static double
element (const Run *run, const StrataQOp *op, int c, int y, int x)
{
  const StrataQTensor *in = &run->graph->tensors[op->inputs[0]];

  switch (op->kind)
    {
    case STRATA_QOP_MVM:
    case STRATA_QOP_MAC:
      return product_at (run, op, c, y, x);
    case STRATA_QOP_MAX_POOL:
    case STRATA_QOP_AVG_POOL:
      return pool_at (run, op, c, y, x);
    case STRATA_QOP_ADD:
      return add_at (run, op, c, y, x);
    case STRATA_QOP_MOVE:
      return move_at (run, op, c, y, x);
    case STRATA_QOP_SOFTMAX:
      return softmax_at (run, op, c, y, x);
    case STRATA_QOP_ACTIVATE:
      return activate_at (run, op, c, y, x);
    case STRATA_QOP_QUANTISE:
      return encode (run->graph, op, real_at (run, op->inputs[0], c, y, x));
    case STRATA_QOP_DEQUANTISE:
      return real_at (run, op->inputs[0], c, y, x);
    case STRATA_QOP_REQUANTISE:
      return finish (run->graph, op, (at (run, op->inputs[0], c, y, x) - in->zero_point) * op->multiplier[0]);
    default:
      g_assert_not_reached ();
    }
}

/* Place in the tensor of element @i of its ONNX value */
static gint64
place (const StrataQTensor *t, gint64 i)
{
  return t->tokens ? i % t->channels * t->height + i / t->channels : i;
}

static double
to_code (const StrataQTensor *t, double x)
{
  int most = t->format == STRATA_FORMAT_I8 ? 127 : 32767;

  return t->format == STRATA_FORMAT_F32 ? x : CLAMP (rint (x / t->scale) + t->zero_point, -most - 1, most);
}

/* The model by the plain executor, node by node; float tensors only. */
static void
execute_digital (Run *run, const StrataQOp *op)
{
  const StrataGraph *model = op->digital->graph;
  StrataArray *inputs[STRATA_QOP_MAX_INPUTS] = { NULL }, *outputs[STRATA_QOP_MAX_OUTPUTS] = { NULL };
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < op->n_inputs; i++)
    {
      const StrataValue *v = &model->values[model->inputs[i]];
      const StrataQTensor *t = &run->graph->tensors[op->inputs[i]];

      g_assert_cmpint (v->dtype, ==, STRATA_DTYPE_F32);
      inputs[i] = strata_array_new (v->dtype, v->n_dims, v->dims);
      for (gint64 j = 0; j < strata_qtensor_count (t); j++)
        {
          double code = run->data[op->inputs[i]][place (t, j)];

          ((float *) inputs[i]->data)[j] =
            (float) (t->format == STRATA_FORMAT_F32 ? code : t->scale * (code - t->zero_point));
        }
    }
  strata_graph_run (model, (const StrataArray *const *) inputs, outputs, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  for (int i = 0; i < model->n_outputs; i++)
    {
      int id = strata_qop_output (op, i);
      const StrataQTensor *t = &run->graph->tensors[id];

      run->data[id] = g_new (double, strata_qtensor_count (t));
      for (gint64 j = 0; j < strata_qtensor_count (t); j++)
        run->data[id][place (t, j)] = to_code (t, (double) ((const float *) outputs[i]->data)[j]);
      strata_array_free (outputs[i]);
    }
  for (int i = 0; i < op->n_inputs; i++)
    strata_array_free (inputs[i]);
}

static void
execute (Run *run, const StrataQOp *op)
{
  const StrataQTensor *out = &run->graph->tensors[op->output];
  double *data = g_new (double, strata_qtensor_count (out));
  gint64 i = 0;

  if (op->kind == STRATA_QOP_RESHAPE)
    for (; i < strata_qtensor_count (out); i++)
      data[i] = run->data[op->inputs[0]][i];
  else
    for (int c = 0; c < out->channels; c++)
      for (int y = 0; y < out->height; y++)
        for (int x = 0; x < out->width; x++)
          data[i++] = element (run, op, c, y, x);
  run->data[op->output] = data;
}

float *
interpret (const StrataQGraph *graph, const float *const *inputs, gint64 *n_out)
{
  Run run = { graph, g_new0 (double *, graph->n_tensors) };
  const StrataQTensor *out = &graph->tensors[graph->outputs[0]];
  float *result = g_new (float, strata_qtensor_count (out));

  for (int i = 0; i < graph->n_inputs; i++)
    {
      const StrataQTensor *in = &graph->tensors[graph->inputs[i]];
      gint64 n = strata_qtensor_count (in);

      run.data[graph->inputs[i]] = g_new (double, n);
      for (gint64 j = 0; j < n; j++)
        run.data[graph->inputs[i]][place (in, j)] = (double) inputs[i][j];
    }
  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_DIGITAL)
      execute_digital (&run, &graph->ops[i]);
    else
      execute (&run, &graph->ops[i]);
  *n_out = strata_qtensor_count (out);
  for (gint64 i = 0; i < *n_out; i++)
    result[i] = (float) run.data[graph->outputs[0]][place (out, i)];
  for (int i = 0; i < graph->n_tensors; i++)
    g_free (run.data[i]);
  g_free (run.data);
  return result;
}
