/* SPDX-License-Identifier: Apache-2.0
 *
 * The networks of MLPerf Tiny as the benchmark deploys them (Banbury et al., "MLPerf Tiny benchmark", 2021), batch-norm
 * folded into the convolutions, and LeNet-5. Structure of the former: the reference models of mlcommons/tiny.
 */
#include "model/arch/architectures.h"
#include "model/arch/cnn.h"

static int
conv_relu (StrataLayers *layers, int x, StrataCnnConv conv, int index)
{
  conv.has_bias = TRUE;
  x = strata_cnn_add_conv (layers, x, &conv, "conv%d", index);
  return strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "relu%d", index);
}

/* TensorFlow pads what a stride of 2 leaves over at the end. */
static StrataCnnConv
pad_at_end (StrataCnnConv conv)
{
  if (conv.stride == 2)
    conv.pads[0] = conv.pads[1] = 0;
  return conv;
}

static void
classify (StrataLayers *layers, int x, int features, int classes)
{
  int ids[2];

  ids[0] = strata_cnn_add_unary (layers, STRATA_OP_GLOBAL_AVERAGE_POOL, x, "pool");
  ids[1] = strata_layers_ints (layers, NULL, 2, (gint64[]){ 1, features });
  x = strata_layers_node (layers, STRATA_OP_RESHAPE, "flat", ids, 2);
  x = strata_cnn_add_linear (layers, x, features, classes, STRATA_GAIN_RELU, "dense");
  x = strata_layers_node (layers, STRATA_OP_SOFTMAX, "output", &x, 1);
  strata_layers_attr_int (layers, "axis", -1);
  strata_layers_output (layers, x, "output");
}

void
strata_arch_mlperf_tiny_ad (StrataLayers *layers)
{
  static const int widths[] = { 640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640 };
  int n = G_N_ELEMENTS (widths) - 1;
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 2, (gint64[]){ 1, 640 });

  for (int i = 0; i < n; i++)
    {
      g_autofree char *name = i + 1 == n ? g_strdup ("output") : g_strdup_printf ("dense%d", i);

      x = strata_cnn_add_linear (layers, x, widths[i], widths[i + 1], i == 0 ? STRATA_GAIN_LINEAR : STRATA_GAIN_RELU,
                                 name);
      if (i + 1 < n)
        x = strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "relu%d", i);
    }
  strata_layers_output (layers, x, "output");
}

void
strata_arch_mlperf_tiny_kws (StrataLayers *layers)
{
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 1, 49, 10 });
  StrataCnnConv first = {
    .in = 1, .out = 64, .kernel_h = 10, .kernel_w = 4, .stride = 2, .groups = 1, .pads = { 4, 1, 5, 1 }, .gain = 1.0f
  };

  x = conv_relu (layers, x, first, 0);
  for (int i = 0; i < 4; i++)
    {
      x = conv_relu (layers, x, strata_cnn_depthwise (64, 3, 1), 2 * i + 1);
      x = conv_relu (layers, x, strata_cnn_conv (64, 64, 1, 1), 2 * i + 2);
    }
  classify (layers, x, 64, 12);
}

void
strata_arch_mlperf_tiny_vww (StrataLayers *layers)
{
  static const struct
  {
    int out, stride;
  } blocks[] = { { 16, 1 },  { 32, 2 },  { 32, 1 },  { 64, 2 },  { 64, 1 },  { 128, 2 }, { 128, 1 },
                 { 128, 1 }, { 128, 1 }, { 128, 1 }, { 128, 1 }, { 256, 2 }, { 256, 1 } };
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 96, 96 });
  int channels = 8;

  x = conv_relu (layers, x, pad_at_end (strata_cnn_conv (3, channels, 3, 2)), 0);
  for (int i = 0; i < (int) G_N_ELEMENTS (blocks); i++)
    {
      x = conv_relu (layers, x, pad_at_end (strata_cnn_depthwise (channels, 3, blocks[i].stride)), 2 * i + 1);
      x = conv_relu (layers, x, strata_cnn_conv (channels, blocks[i].out, 1, 1), 2 * i + 2);
      channels = blocks[i].out;
    }
  classify (layers, x, channels, 2);
}

/* Three stacks of one residual block, the shortcut of the first an identity */
void
strata_arch_mlperf_tiny_ic (StrataLayers *layers)
{
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 32, 32 });
  int channels = 16;

  x = conv_relu (layers, x, strata_cnn_conv (3, channels, 3, 1), 0);
  for (int i = 0; i < 3; i++)
    {
      int stride = i == 0 ? 1 : 2;
      StrataCnnConv second = strata_cnn_conv (channels * stride, channels * stride, 3, 1);
      StrataCnnConv around = strata_cnn_conv (channels, channels * stride, 1, stride);
      int y = conv_relu (layers, x, pad_at_end (strata_cnn_conv (channels, channels * stride, 3, stride)), 3 * i + 1);

      second.has_bias = around.has_bias = TRUE;
      y = strata_cnn_add_conv (layers, y, &second, "conv%d", 3 * i + 2);
      if (stride == 2)
        x = strata_cnn_add_conv (layers, x, &around, "conv%d", 3 * i + 3);
      x = strata_cnn_add_binary (layers, STRATA_OP_ADD, x, y, "add%d", i);
      x = strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "relu_add%d", i);
      channels *= stride;
    }
  classify (layers, x, channels, 10);
}

void
strata_arch_lenet5 (StrataLayers *layers)
{
  const StrataCnnPool half = { .kernel = 2, .stride = 2 };
  StrataCnnConv second = strata_cnn_conv (6, 16, 5, 1);
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 1, 28, 28 });

  x = conv_relu (layers, x, strata_cnn_conv (1, 6, 5, 1), 1);
  x = strata_cnn_add_pool (layers, STRATA_OP_MAX_POOL, x, &half, "pool1");
  for (int i = 0; i < 4; i++)
    second.pads[i] = 0;
  x = conv_relu (layers, x, second, 2);
  x = strata_cnn_add_pool (layers, STRATA_OP_MAX_POOL, x, &half, "pool2");
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "flat");
  x = strata_cnn_add_linear (layers, x, 400, 120, STRATA_GAIN_RELU, "fc1");
  x = strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "relu3");
  x = strata_cnn_add_linear (layers, x, 120, 84, STRATA_GAIN_RELU, "fc2");
  x = strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "relu4");
  x = strata_cnn_add_linear (layers, x, 84, 10, STRATA_GAIN_RELU, "output");
  strata_layers_output (layers, x, "output");
}
