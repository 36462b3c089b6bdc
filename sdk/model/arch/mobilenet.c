/* SPDX-License-Identifier: Apache-2.0
 *
 * MobileNetV1 (Howard et al., 2017) in Keras's form and MobileNetV2 (Sandler et al., CVPR 2018) in torchvision's, both
 * of width 1.0 at 224x224.
 */
#include "model/arch/architectures.h"
#include "model/arch/cnn.h"

#include <math.h>

static int
conv_norm_relu6 (
  StrataLayers *layers, int x, StrataCnnConv conv, float epsilon, const char *conv_name, const char *norm_name)
{
  StrataCnnNorm norm = { conv.out, epsilon, 1.0f };

  x = strata_cnn_add_conv (layers, x, &conv, "%s", conv_name);
  x = strata_cnn_add_norm (layers, x, &norm, "%s", norm_name);
  return strata_cnn_add_relu6 (layers, x, "%s.relu6", norm_name);
}

/* Keras: a stride of 2 is padded at the end only, and the classes are a 1x1 convolution. */
static int
keras_layer (StrataLayers *layers, int x, StrataCnnConv conv, const char *kind, int index)
{
  g_autofree char *name = index == 0 ? g_strdup (kind) : g_strdup_printf ("%s_%d", kind, index);
  g_autofree char *norm = g_strconcat (name, "_bn", NULL);

  if (conv.stride == 2)
    conv.pads[0] = conv.pads[1] = 0;
  return conv_norm_relu6 (layers, x, conv, 1e-3f, name, norm);
}

void
strata_arch_mobilenetv1 (StrataLayers *layers)
{
  static const struct
  {
    int out, stride;
  } blocks[] = { { 64, 1 },  { 128, 2 }, { 128, 1 }, { 256, 2 }, { 256, 1 },  { 512, 2 }, { 512, 1 },
                 { 512, 1 }, { 512, 1 }, { 512, 1 }, { 512, 1 }, { 1024, 2 }, { 1024, 1 } };
  StrataCnnConv classes = strata_cnn_conv (1024, 1000, 1, 1);
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 224, 224 });
  int channels = 32;

  x = keras_layer (layers, x, strata_cnn_conv (3, channels, 3, 2), "conv1", 0);
  for (int i = 0; i < (int) G_N_ELEMENTS (blocks); i++)
    {
      x = keras_layer (layers, x, strata_cnn_depthwise (channels, 3, blocks[i].stride), "conv_dw", i + 1);
      x = keras_layer (layers, x, strata_cnn_conv (channels, blocks[i].out, 1, 1), "conv_pw", i + 1);
      channels = blocks[i].out;
    }
  x = strata_cnn_add_unary (layers, STRATA_OP_GLOBAL_AVERAGE_POOL, x, "global_average_pooling2d");
  classes.has_bias = TRUE;
  x = strata_cnn_add_conv (layers, x, &classes, "conv_preds");
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "flatten");
  x = strata_layers_node (layers, STRATA_OP_SOFTMAX, "output", &x, 1);
  strata_layers_attr_int (layers, "axis", -1);
  strata_layers_output (layers, x, "output");
}

/* A 1x1 convolution to more channels, a depthwise one, a linear 1x1 to few; around them a shortcut where shapes allow
 */
static int
inverted_residual (StrataLayers *layers, int x, int in, int out, int expand, int stride, float gain, int index)
{
  int wide = in * expand, part = 0;
  StrataCnnConv project = strata_cnn_conv (wide, out, 1, 1);
  StrataCnnNorm norm = { out, 1e-5f, stride == 1 && in == out ? gain : 1.0f };
  int y = x;

  for (; part < (expand == 1 ? 1 : 2); part++)
    {
      g_autofree char *conv = g_strdup_printf ("features.%d.conv.%d.0", index, part);
      g_autofree char *bn = g_strdup_printf ("features.%d.conv.%d.1", index, part);
      gboolean is_expansion = part == 0 && expand != 1;
      StrataCnnConv layer = is_expansion ? strata_cnn_conv (in, wide, 1, 1) : strata_cnn_depthwise (wide, 3, stride);

      y = conv_norm_relu6 (layers, y, layer, 1e-5f, conv, bn);
    }
  project.gain = STRATA_GAIN_LINEAR;
  y = strata_cnn_add_conv (layers, y, &project, "features.%d.conv.%d", index, part);
  y = strata_cnn_add_norm (layers, y, &norm, "features.%d.conv.%d", index, part + 1);
  if (stride != 1 || in != out)
    return y;
  return strata_cnn_add_binary (layers, STRATA_OP_ADD, x, y, "features.%d.add", index);
}

void
strata_arch_mobilenetv2 (StrataLayers *layers)
{
  static const struct
  {
    int expand, out, n, stride;
  } stages[] = { { 1, 16, 1, 1 }, { 6, 24, 2, 2 },  { 6, 32, 3, 2 }, { 6, 64, 4, 2 },
                 { 6, 96, 3, 1 }, { 6, 160, 3, 2 }, { 6, 320, 1, 1 } };
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 224, 224 });
  int channels = 32, index = 1;

  x = conv_norm_relu6 (layers, x, strata_cnn_conv (3, channels, 3, 2), 1e-5f, "features.0.0", "features.0.1");
  for (guint s = 0; s < G_N_ELEMENTS (stages); s++)
    for (int i = 0; i < stages[s].n; i++)
      {
        x = inverted_residual (layers, x, channels, stages[s].out, stages[s].expand, i == 0 ? stages[s].stride : 1,
                               sqrtf (1.0f / 17.0f), index++);
        channels = stages[s].out;
      }
  x = conv_norm_relu6 (layers, x, strata_cnn_conv (channels, 1280, 1, 1), 1e-5f, "features.18.0", "features.18.1");
  x = strata_cnn_add_unary (layers, STRATA_OP_GLOBAL_AVERAGE_POOL, x, "avgpool");
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "flatten");
  x = strata_cnn_add_classes (layers, x, 1280, 1000, STRATA_GAIN_RELU, "classifier.1");
  strata_layers_output (layers, x, "output");
}
