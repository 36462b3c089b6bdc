/* SPDX-License-Identifier: Apache-2.0 */
#include "random-graph.h"

#include "base/rng.h"
#include "graph-maker.h"

typedef struct
{
  GraphMaker maker;
  StrataRngKey key;
  guint64 n_drawn;
  int value, channels, height, width; /* what the next layer reads */
} Net;

/* 0 … n - 1 */
static int
draw (Net *net, int n)
{
  return (int) (strata_rng_block (net->key, net->n_drawn++, 0).word[0] % (guint32) n);
}

static int
draw_floats (Net *net, gsize n, double scale, int d0, int d1, int d2, int d3)
{
  g_autofree float *data = g_new (float, n);
  guint64 stream = ++net->n_drawn;

  for (gsize i = 0; i < n; i++)
    data[i] = (float) (scale * (2 * strata_rng_uniform (strata_rng_key (stream, 5), i) - 1));
  return maker_floats (&net->maker, data, d0, d1, d2, d3, 0);
}

static int
add_value (Net *net)
{
  return maker_value (&net->maker, NULL, STRATA_DTYPE_F32, 1, net->channels, net->height, net->width, 0);
}

/* A square window with half padding */
static void
set_window (Net *net, int node, int kernel, int stride)
{
  const gint64 kernels[] = { kernel, kernel }, strides[] = { stride, stride };
  const gint64 pads[] = { kernel / 2, kernel / 2, kernel / 2, kernel / 2 };

  maker_attr_ints (&net->maker, node, "kernel_shape", 2, kernels);
  maker_attr_ints (&net->maker, node, "strides", 2, strides);
  maker_attr_ints (&net->maker, node, "pads", 4, pads);
  net->height = (net->height + 2 * (kernel / 2) - kernel) / stride + 1;
  net->width = (net->width + 2 * (kernel / 2) - kernel) / stride + 1;
}

static void
add_conv (Net *net, int n, int kernel, int stride, gboolean depthwise)
{
  int before = net->value, k = depthwise ? 1 : net->channels, node, weights, height = net->height, width = net->width;

  n = depthwise ? net->channels : n;
  weights = draw_floats (net, (gsize) n * (gsize) (k * kernel * kernel), 1.5 / (k * kernel), n, k, kernel, kernel);
  net->height = (height + 2 * (kernel / 2) - kernel) / stride + 1;
  net->width = (width + 2 * (kernel / 2) - kernel) / stride + 1;
  net->channels = n;
  net->value = add_value (net);
  node = maker_node (&net->maker, STRATA_OP_CONV, net->value, before, weights, -2);
  net->height = height;
  net->width = width;
  set_window (net, node, kernel, stride);
  if (depthwise)
    maker_attr_int (&net->maker, node, "group", n);
}

static void
add_unary (Net *net, StrataOp op)
{
  int before = net->value;

  net->value = add_value (net);
  maker_node (&net->maker, op, net->value, before, -2);
}

static void
add_pool (Net *net, StrataOp op)
{
  int before = net->value, height = net->height, width = net->width, node;

  net->height = (height + 2 - 3) / 2 + 1;
  net->width = (width + 2 - 3) / 2 + 1;
  net->value = add_value (net);
  node = maker_node (&net->maker, op, net->value, before, -2);
  net->height = height;
  net->width = width;
  set_window (net, node, 3, 2);
}

/* A 3x3 convolution around which the input passes */
static void
add_residual (Net *net)
{
  int skip = net->value, branch;

  add_conv (net, net->channels, 3, 1, FALSE);
  branch = net->value;
  net->value = add_value (net);
  maker_node (&net->maker, STRATA_OP_ADD, net->value, branch, skip, -2);
}

/* What no crossbar takes: a function, or a gate, which is a product of two computed tensors */
static void
add_digital (Net *net)
{
  static const StrataOp functions[] = { STRATA_OP_LEAKY_RELU, STRATA_OP_ELU };
  int before = net->value, inner;

  if (draw (net, 2))
    {
      add_unary (net, functions[draw (net, 2)]);
      return;
    }
  add_unary (net, STRATA_OP_SIGMOID);
  inner = net->value;
  net->value = add_value (net);
  maker_node (&net->maker, STRATA_OP_MUL, net->value, before, inner, -2);
}

static void
add_layer (Net *net)
{
  static const StrataOp functions[] = { STRATA_OP_RELU, STRATA_OP_SIGMOID, STRATA_OP_TANH };

  switch (draw (net, 9))
    {
    case 0:
      add_conv (net, 0, 3, 1 + draw (net, 2), TRUE);
      break;
    case 1:
      add_residual (net);
      break;
    case 2:
      add_pool (net, draw (net, 2) ? STRATA_OP_MAX_POOL : STRATA_OP_AVERAGE_POOL);
      break;
    case 3:
      add_unary (net, functions[draw (net, 3)]);
      break;
    case 4:
      add_digital (net);
      break;
    default:
      add_conv (net, 1 + draw (net, 280), 1 + 2 * draw (net, 2), 1 + draw (net, 2), FALSE);
      if (draw (net, 2))
        add_unary (net, STRATA_OP_RELU);
    }
}

static void
add_head (Net *net)
{
  int n = 1 + draw (net, 150), before = net->value, product, weights;

  if (draw (net, 2))
    {
      net->height = net->width = 1;
      net->value = add_value (net);
      maker_node (&net->maker, STRATA_OP_GLOBAL_AVERAGE_POOL, net->value, before, -2);
      before = net->value;
    }
  net->channels *= net->height * net->width;
  net->value = maker_value (&net->maker, NULL, STRATA_DTYPE_F32, 1, net->channels, 0);
  maker_node (&net->maker, STRATA_OP_FLATTEN, net->value, before, -2);
  weights = draw_floats (net, (gsize) net->channels * (gsize) n, 1.5 / net->channels, net->channels, n, 0, 0);
  product = maker_value (&net->maker, "y", STRATA_DTYPE_F32, 1, n, 0);
  maker_node (&net->maker, STRATA_OP_MAT_MUL, product, net->value, weights, -2);
  maker_output (&net->maker, product);
}

StrataGraph *
random_graph_new (guint64 seed)
{
  Net net = { .key = strata_rng_key (seed, 21) };
  int n_layers;

  maker_init (&net.maker);
  net.channels = 1 + draw (&net, 24);
  net.height = 4 + draw (&net, 11);
  net.width = 4 + draw (&net, 11);
  net.value = maker_input (&net.maker, "x", 1, net.channels, net.height, net.width, 0);
  n_layers = 1 + draw (&net, 6);
  for (int i = 0; i < n_layers; i++)
    add_layer (&net);
  add_head (&net);
  return maker_finish (&net.maker);
}
