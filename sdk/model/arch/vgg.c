/* SPDX-License-Identifier: Apache-2.0
 *
 * Nets of plain convolutions: VGG-16 (Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
 * recognition", ICLR 2015, column D) and SqueezeNet 1.1 (Iandola et al., 2016), in torchvision's form; VGG-8, on which
 * simulators of in-memory computing publish their figures (DNN+NeuroSim V1.3, CIFAR-10), without its batch norms.
 */
#include "model/arch/architectures.h"
#include "model/arch/cnn.h"

static int
conv_relu (StrataLayers *layers, int x, StrataCnnConv conv, const char *name)
{
  conv.has_bias = TRUE;
  x = strata_cnn_add_conv (layers, x, &conv, "%s", name);
  return strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "%s.relu", name);
}

void
strata_arch_vgg16 (StrataLayers *layers)
{
  static const int widths[] = { 64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0 };
  const StrataCnnPool half = { .kernel = 2, .stride = 2 };
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 224, 224 });
  int channels = 3, index = 0;

  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      g_autofree char *name = g_strdup_printf ("features.%d", index);

      if (widths[i] == 0)
        x = strata_cnn_add_pool (layers, STRATA_OP_MAX_POOL, x, &half, "%s", name);
      else
        x = conv_relu (layers, x, strata_cnn_conv (channels, widths[i], 3, 1), name);
      index += widths[i] == 0 ? 1 : 2; /* a rectifier counts */
      channels = widths[i] == 0 ? channels : widths[i];
    }
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "flatten");
  x = strata_cnn_add_linear (layers, x, 512 * 7 * 7, 4096, STRATA_GAIN_RELU, "classifier.0");
  x = strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "classifier.1");
  x = strata_cnn_add_linear (layers, x, 4096, 4096, STRATA_GAIN_RELU, "classifier.3");
  x = strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "classifier.4");
  x = strata_cnn_add_classes (layers, x, 4096, 1000, STRATA_GAIN_RELU, "classifier.6");
  strata_layers_output (layers, x, "output");
}

void
strata_arch_vgg8 (StrataLayers *layers)
{
  static const int widths[] = { 128, 128, 0, 256, 256, 0, 512, 512, 0 };
  const StrataCnnPool half = { .kernel = 2, .stride = 2 };
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 32, 32 });
  int channels = 3;

  for (guint i = 0; i < G_N_ELEMENTS (widths); i++)
    {
      g_autofree char *name = g_strdup_printf ("features.%u", i);

      x = widths[i] == 0 ? strata_cnn_add_pool (layers, STRATA_OP_MAX_POOL, x, &half, "%s", name)
                         : conv_relu (layers, x, strata_cnn_conv (channels, widths[i], 3, 1), name);
      channels = widths[i] == 0 ? channels : widths[i];
    }
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "flatten");
  x = strata_cnn_add_linear (layers, x, 512 * 4 * 4, 1024, STRATA_GAIN_RELU, "classifier.0");
  x = strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "classifier.1");
  x = strata_cnn_add_classes (layers, x, 1024, 10, STRATA_GAIN_RELU, "classifier.2");
  strata_layers_output (layers, x, "output");
}

/* Fewer channels, and 1x1 and 3x3 convolutions of them side by side */
static int
fire (StrataLayers *layers, int x, int in, int squeeze, int expand, int index)
{
  g_autofree char *first = g_strdup_printf ("features.%d.squeeze", index);
  g_autofree char *pointwise = g_strdup_printf ("features.%d.expand1x1", index);
  g_autofree char *square = g_strdup_printf ("features.%d.expand3x3", index);
  int a, b;

  x = conv_relu (layers, x, strata_cnn_conv (in, squeeze, 1, 1), first);
  a = conv_relu (layers, x, strata_cnn_conv (squeeze, expand, 1, 1), pointwise);
  b = conv_relu (layers, x, strata_cnn_conv (squeeze, expand, 3, 1), square);
  x = strata_cnn_add_binary (layers, STRATA_OP_CONCAT, a, b, "features.%d", index);
  strata_layers_attr_int (layers, "axis", 1);
  return x;
}

void
strata_arch_squeezenet1_1 (StrataLayers *layers)
{
  static const struct
  {
    int squeeze, expand; /* 0: a pool */
  } parts[] = { { 0, 0 }, { 16, 64 },  { 16, 64 },  { 0, 0 },    { 32, 128 }, { 32, 128 },
                { 0, 0 }, { 48, 192 }, { 48, 192 }, { 64, 256 }, { 64, 256 } };
  const StrataCnnPool pool = { .kernel = 3, .stride = 2, .ceil = TRUE };
  StrataCnnConv stem = strata_cnn_conv (3, 64, 3, 2);
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 224, 224 });
  int channels = 64;

  for (int i = 0; i < 4; i++)
    stem.pads[i] = 0;
  x = conv_relu (layers, x, stem, "features.0");
  for (int i = 0; i < (int) G_N_ELEMENTS (parts); i++)
    {
      if (parts[i].squeeze == 0)
        x = strata_cnn_add_pool (layers, STRATA_OP_MAX_POOL, x, &pool, "features.%d", i + 2);
      else
        x = fire (layers, x, channels, parts[i].squeeze, parts[i].expand, i + 2);
      channels = parts[i].squeeze == 0 ? channels : 2 * parts[i].expand;
    }
  x = conv_relu (layers, x, strata_cnn_conv (channels, 1000, 1, 1), "classifier.1");
  x = strata_cnn_add_unary (layers, STRATA_OP_GLOBAL_AVERAGE_POOL, x, "classifier.3");
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "output");
  strata_layers_output (layers, x, "output");
}
