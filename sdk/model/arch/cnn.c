/* SPDX-License-Identifier: Apache-2.0
 *
 * Offsets and statistics are drawn with a small spread about their neutral values.
 */
#include "model/arch/cnn.h"

#include <math.h>

#define SPREAD 0.05f  /* of biases, offsets, stored means and variances */
#define MOMENTUM 0.9f /* as exporters write it; says nothing at inference */
#define MAX_NAME 256

/* The name that a format and its arguments give, in a buffer of the caller's */
#define FORMAT_NAME(buffer, format)                                                                                    \
  G_STMT_START                                                                                                         \
  {                                                                                                                    \
    va_list args;                                                                                                      \
                                                                                                                       \
    va_start (args, format);                                                                                           \
    g_vsnprintf (buffer, sizeof buffer, format, args);                                                                 \
    va_end (args);                                                                                                     \
  }                                                                                                                    \
  G_STMT_END

static int
add_weight (StrataLayers *layers, const char *node, const char *what, int n_dims, const gint64 *dims, StrataFill fill)
{
  g_autofree char *name = g_strconcat (node, ".", what, NULL);

  return strata_layers_weight (layers, name, n_dims, dims, fill);
}

static int
add_vector (StrataLayers *layers, const char *node, const char *what, int n, float mean, float deviation)
{
  gint64 dims[1] = { n };

  return add_weight (layers, node, what, 1, dims, (StrataFill){ STRATA_FILL_NORMAL, mean, deviation });
}

StrataCnnConv
strata_cnn_conv (int in, int out, int kernel, int stride)
{
  gint64 pad = (kernel - 1) / 2;

  return (StrataCnnConv){ .in = in,
                          .out = out,
                          .kernel_h = kernel,
                          .kernel_w = kernel,
                          .stride = stride,
                          .groups = 1,
                          .pads = { pad, pad, pad, pad },
                          .gain = STRATA_GAIN_RELU };
}

StrataCnnConv
strata_cnn_depthwise (int channels, int kernel, int stride)
{
  StrataCnnConv conv = strata_cnn_conv (channels, channels, kernel, stride);

  conv.groups = channels;
  return conv;
}

int
strata_cnn_add_conv (StrataLayers *layers, int x, const StrataCnnConv *conv, const char *format, ...)
{
  gint64 dims[4] = { conv->out, conv->in / conv->groups, conv->kernel_h, conv->kernel_w };
  float deviation = sqrtf (conv->gain / (float) (dims[1] * dims[2] * dims[3]));
  char name[MAX_NAME];
  int ids[3] = { x, -1, -1 };
  int y;

  FORMAT_NAME (name, format);
  ids[1] = add_weight (layers, name, "weight", 4, dims, (StrataFill){ STRATA_FILL_NORMAL, 0.0f, deviation });
  if (conv->has_bias)
    ids[2] = add_vector (layers, name, "bias", conv->out, 0.0f, SPREAD);
  y = strata_layers_node (layers, STRATA_OP_CONV, name, ids, 3);
  strata_layers_attr_ints (layers, "dilations", (gint64[]){ 1, 1 }, 2);
  strata_layers_attr_int (layers, "group", conv->groups);
  strata_layers_attr_ints (layers, "kernel_shape", dims + 2, 2);
  strata_layers_attr_ints (layers, "pads", conv->pads, 4);
  strata_layers_attr_ints (layers, "strides", (gint64[]){ conv->stride, conv->stride }, 2);
  return y;
}

int
strata_cnn_add_norm (StrataLayers *layers, int x, const StrataCnnNorm *norm, const char *format, ...)
{
  char name[MAX_NAME];
  int ids[5] = { x };
  int y;

  FORMAT_NAME (name, format);
  ids[1] = add_vector (layers, name, "weight", norm->channels, norm->gain, SPREAD * norm->gain);
  ids[2] = add_vector (layers, name, "bias", norm->channels, 0.0f, SPREAD);
  ids[3] = add_vector (layers, name, "running_mean", norm->channels, 0.0f, SPREAD);
  ids[4] = add_vector (layers, name, "running_var", norm->channels, 1.0f, SPREAD);
  y = strata_layers_node (layers, STRATA_OP_BATCH_NORMALIZATION, name, ids, 5);
  strata_layers_attr_float (layers, "epsilon", norm->epsilon);
  strata_layers_attr_float (layers, "momentum", MOMENTUM);
  return y;
}

int
strata_cnn_add_pool (StrataLayers *layers, StrataOp op, int x, const StrataCnnPool *pool, const char *format, ...)
{
  gint64 pad = pool->pad;
  char name[MAX_NAME];
  int y;

  FORMAT_NAME (name, format);
  y = strata_layers_node (layers, op, name, &x, 1);
  strata_layers_attr_int (layers, "ceil_mode", pool->ceil);
  strata_layers_attr_ints (layers, "kernel_shape", (gint64[]){ pool->kernel, pool->kernel }, 2);
  strata_layers_attr_ints (layers, "pads", (gint64[]){ pad, pad, pad, pad }, 4);
  strata_layers_attr_ints (layers, "strides", (gint64[]){ pool->stride, pool->stride }, 2);
  return y;
}

int
strata_cnn_add_unary (StrataLayers *layers, StrataOp op, int x, const char *format, ...)
{
  char name[MAX_NAME];

  FORMAT_NAME (name, format);
  return strata_layers_node (layers, op, name, &x, 1);
}

int
strata_cnn_add_binary (StrataLayers *layers, StrataOp op, int a, int b, const char *format, ...)
{
  char name[MAX_NAME];
  int ids[2] = { a, b };

  FORMAT_NAME (name, format);
  return strata_layers_node (layers, op, name, ids, 2);
}

int
strata_cnn_add_relu6 (StrataLayers *layers, int x, const char *format, ...)
{
  char name[MAX_NAME];
  int ids[3] = { x, strata_layers_scalar (layers, NULL, 0.0f), strata_layers_scalar (layers, NULL, 6.0f) };

  FORMAT_NAME (name, format);
  return strata_layers_node (layers, STRATA_OP_CLIP, name, ids, 3);
}

int
strata_cnn_add_silu (StrataLayers *layers, int x, const char *format, ...)
{
  char name[MAX_NAME];
  int gate;

  FORMAT_NAME (name, format);
  gate = strata_cnn_add_unary (layers, STRATA_OP_SIGMOID, x, "%s.sigmoid", name);
  return strata_cnn_add_binary (layers, STRATA_OP_MUL, x, gate, "%s", name);
}

static int
add_linear (StrataLayers *layers, int x, const gint64 *dims, float gain, const char *node, const char *weights)
{
  StrataFill fill = { STRATA_FILL_NORMAL, 0.0f, sqrtf (gain / (float) dims[1]) };
  int ids[3] = { x };
  int y;

  ids[1] = add_weight (layers, weights, "weight", 2, dims, fill);
  ids[2] = add_vector (layers, weights, "bias", (int) dims[0], 0.0f, SPREAD);
  y = strata_layers_node (layers, STRATA_OP_GEMM, node, ids, 3);
  strata_layers_attr_int (layers, "transB", 1);
  return y;
}

int
strata_cnn_add_linear (StrataLayers *layers, int x, int in, int out, float gain, const char *name)
{
  return add_linear (layers, x, (gint64[]){ out, in }, gain, name, name);
}

int
strata_cnn_add_classes (StrataLayers *layers, int x, int in, int out, float gain, const char *name)
{
  return add_linear (layers, x, (gint64[]){ out, in }, gain, "output", name);
}
