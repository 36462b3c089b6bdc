/* SPDX-License-Identifier: Apache-2.0
 *
 * DenseNet-121 (Huang et al., "Densely connected convolutional networks", CVPR 2017) in torchvision's form: each layer
 * reads all that came before it in its block, so nothing adds up and no gain is needed.
 */
#include "model/arch/architectures.h"
#include "model/arch/cnn.h"

#define GROWTH 32
#define BOTTLENECK 128
#define MAX_LAYERS 24

static int
norm_relu (StrataLayers *layers, int x, int channels, const char *norm_name, const char *relu_name)
{
  StrataCnnNorm norm = { channels, 1e-5f, 1.0f };

  x = strata_cnn_add_norm (layers, x, &norm, "%s", norm_name);
  return strata_cnn_add_unary (layers, STRATA_OP_RELU, x, "%s", relu_name);
}

static int
norm_relu_conv (StrataLayers *layers, int x, StrataCnnConv conv, const char *prefix, const char *suffix)
{
  g_autofree char *norm = g_strconcat (prefix, "norm", suffix, NULL);
  g_autofree char *relu = g_strconcat (prefix, "relu", suffix, NULL);

  x = norm_relu (layers, x, conv.in, norm, relu);
  return strata_cnn_add_conv (layers, x, &conv, "%sconv%s", prefix, suffix);
}

static int
concat (StrataLayers *layers, const int *features, int n, const char *name)
{
  int x;

  if (n == 1)
    return features[0];
  x = strata_layers_node (layers, STRATA_OP_CONCAT, name, features, n);
  strata_layers_attr_int (layers, "axis", 1);
  return x;
}

static int
dense_block (StrataLayers *layers, int x, int channels, int n_layers, int index)
{
  g_autofree char *end = g_strdup_printf ("features.denseblock%d.concat", index);
  int features[MAX_LAYERS + 1] = { x };

  g_assert (n_layers <= MAX_LAYERS);
  for (int i = 0; i < n_layers; i++)
    {
      g_autofree char *prefix = g_strdup_printf ("features.denseblock%d.denselayer%d.", index, i + 1);
      g_autofree char *joint = g_strconcat (prefix, "concat", NULL);

      x = concat (layers, features, i + 1, joint);
      x = norm_relu_conv (layers, x, strata_cnn_conv (channels + i * GROWTH, BOTTLENECK, 1, 1), prefix, "1");
      features[i + 1] = norm_relu_conv (layers, x, strata_cnn_conv (BOTTLENECK, GROWTH, 3, 1), prefix, "2");
    }
  return concat (layers, features, n_layers + 1, end);
}

static int
transition (StrataLayers *layers, int x, int channels, int index)
{
  const StrataCnnPool half = { .kernel = 2, .stride = 2 };
  g_autofree char *prefix = g_strdup_printf ("features.transition%d.", index);

  x = norm_relu_conv (layers, x, strata_cnn_conv (channels, channels / 2, 1, 1), prefix, "");
  return strata_cnn_add_pool (layers, STRATA_OP_AVERAGE_POOL, x, &half, "%spool", prefix);
}

void
strata_arch_densenet121 (StrataLayers *layers)
{
  static const int n_layers[] = { 6, 12, 24, 16 };
  const StrataCnnPool pool = { .kernel = 3, .stride = 2, .pad = 1 };
  StrataCnnConv stem = strata_cnn_conv (3, 64, 7, 2);
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 224, 224 });
  int channels = 64;

  stem.gain = STRATA_GAIN_LINEAR;
  x = strata_cnn_add_conv (layers, x, &stem, "features.conv0");
  x = norm_relu (layers, x, channels, "features.norm0", "features.relu0");
  x = strata_cnn_add_pool (layers, STRATA_OP_MAX_POOL, x, &pool, "features.pool0");
  for (int i = 0; i < (int) G_N_ELEMENTS (n_layers); i++)
    {
      x = dense_block (layers, x, channels, n_layers[i], i + 1);
      channels += n_layers[i] * GROWTH;
      if (i + 1 == (int) G_N_ELEMENTS (n_layers))
        break;
      x = transition (layers, x, channels, i + 1);
      channels /= 2;
    }
  x = norm_relu (layers, x, channels, "features.norm5", "features.relu5");
  x = strata_cnn_add_unary (layers, STRATA_OP_GLOBAL_AVERAGE_POOL, x, "avgpool");
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "flatten");
  x = strata_cnn_add_classes (layers, x, channels, 1000, STRATA_GAIN_RELU, "classifier");
  strata_layers_output (layers, x, "output");
}
