/* SPDX-License-Identifier: Apache-2.0
 *
 * ResNet-18, 34 and 50 (He et al., "Deep residual learning for image recognition", CVPR 2016) in torchvision's form:
 * the stride of a bottleneck is that of its 3x3 convolution. The last norm of a branch has gain 1 / sqrt (blocks), so
 * that the sum of all branches grows by a factor of less than e in power, however deep the net.
 */
#include "model/arch/architectures.h"
#include "model/arch/cnn.h"

#include <math.h>

typedef struct
{
  StrataLayers *layers;
  int n_blocks[4];
  gboolean is_bottleneck;
  float branch_gain;
} Net;

static int
conv_norm (const Net *net,
           int x,
           StrataCnnConv conv,
           float gain,
           const char *block,
           const char *conv_name,
           const char *norm_name)
{
  StrataCnnNorm norm = { conv.out, 1e-5f, gain };

  x = strata_cnn_add_conv (net->layers, x, &conv, "%s%s", block, conv_name);
  return strata_cnn_add_norm (net->layers, x, &norm, "%s%s", block, norm_name);
}

static int
relu (const Net *net, int x, const char *block, int index)
{
  return strata_cnn_add_unary (net->layers, STRATA_OP_RELU, x, "%srelu%d", block, index);
}

/* The branch beside the shortcut, of @width channels inside and @out at its end */
static int
branch (const Net *net, int x, int in, int width, int stride, const char *block)
{
  float gain = net->branch_gain;

  if (!net->is_bottleneck)
    {
      x = conv_norm (net, x, strata_cnn_conv (in, width, 3, stride), 1.0f, block, "conv1", "bn1");
      x = relu (net, x, block, 1);
      return conv_norm (net, x, strata_cnn_conv (width, width, 3, 1), gain, block, "conv2", "bn2");
    }
  x = conv_norm (net, x, strata_cnn_conv (in, width, 1, 1), 1.0f, block, "conv1", "bn1");
  x = relu (net, x, block, 1);
  x = conv_norm (net, x, strata_cnn_conv (width, width, 3, stride), 1.0f, block, "conv2", "bn2");
  x = relu (net, x, block, 2);
  return conv_norm (net, x, strata_cnn_conv (width, 4 * width, 1, 1), gain, block, "conv3", "bn3");
}

static void
build (Net *net)
{
  const StrataCnnPool pool = { .kernel = 3, .stride = 2, .pad = 1 };
  StrataLayers *layers = net->layers;
  StrataCnnConv stem = strata_cnn_conv (3, 64, 7, 2);
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 224, 224 });
  int channels = 64;

  stem.gain = STRATA_GAIN_LINEAR;
  net->branch_gain = 1.0f / sqrtf ((float) (net->n_blocks[0] + net->n_blocks[1] + net->n_blocks[2] + net->n_blocks[3]));
  x = conv_norm (net, x, stem, 1.0f, "", "conv1", "bn1");
  x = strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "relu");
  x = strata_cnn_add_pool (layers, STRATA_OP_MAX_POOL, x, &pool, "maxpool");
  for (int stage = 0; stage < 4; stage++)
    for (int i = 0; i < net->n_blocks[stage]; i++)
      {
        g_autofree char *block = g_strdup_printf ("layer%d.%d.", stage + 1, i);
        int width = 64 << stage, out = net->is_bottleneck ? 4 * width : width;
        int stride = stage > 0 && i == 0 ? 2 : 1;
        int y = branch (net, x, channels, width, stride, block);

        if (channels != out)
          x =
            conv_norm (net, x, strata_cnn_conv (channels, out, 1, stride), 1.0f, block, "downsample.0", "downsample.1");
        x = strata_cnn_add_binary (layers, STRATA_OP_ADD, y, x, "%sadd", block);
        x = relu (net, x, block, 3);
        channels = out;
      }
  x = strata_cnn_add_unary (layers, STRATA_OP_GLOBAL_AVERAGE_POOL, x, "avgpool");
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "flatten");
  x = strata_cnn_add_classes (layers, x, channels, 1000, STRATA_GAIN_RELU, "fc");
  strata_layers_output (layers, x, "output");
}

void
strata_arch_resnet18 (StrataLayers *layers)
{
  Net net = { .layers = layers, .n_blocks = { 2, 2, 2, 2 } };

  build (&net);
}

void
strata_arch_resnet34 (StrataLayers *layers)
{
  Net net = { .layers = layers, .n_blocks = { 3, 4, 6, 3 } };

  build (&net);
}

void
strata_arch_resnet50 (StrataLayers *layers)
{
  Net net = { .layers = layers, .n_blocks = { 3, 4, 6, 3 }, .is_bottleneck = TRUE };

  build (&net);
}
