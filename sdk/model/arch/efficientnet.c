/* SPDX-License-Identifier: Apache-2.0
 *
 * EfficientNet-B0 (Tan and Le, ICML 2019) in torchvision's form: inverted residuals with x sigmoid (x) and a
 * squeeze-and-excitation gate, which is about a half on drawn weights.
 */
#include "model/arch/architectures.h"
#include "model/arch/cnn.h"

#include <math.h>

#define N_BLOCKS 16
#define GATE 0.5f

typedef struct
{
  int expand, kernel, stride, in, out;
} Block;

static int
conv_norm (StrataLayers *layers, int x, StrataCnnConv conv, float norm_gain, const char *parent, int index)
{
  StrataCnnNorm norm = { conv.out, 1e-5f, norm_gain };

  x = strata_cnn_add_conv (layers, x, &conv, "%s.%d.0", parent, index);
  return strata_cnn_add_norm (layers, x, &norm, "%s.%d.1", parent, index);
}

static int
conv_norm_silu (StrataLayers *layers, int x, StrataCnnConv conv, float gain, const char *parent, int index)
{
  conv.gain = gain;
  x = conv_norm (layers, x, conv, 1.0f, parent, index);
  return strata_cnn_add_silu (layers, x, "%s.%d.2", parent, index);
}

/* Every channel times a gate that depends on the means of all */
static int
excite (StrataLayers *layers, int x, int channels, int squeezed, const char *parent, int index)
{
  g_autofree char *name = g_strdup_printf ("%s.%d", parent, index);
  StrataCnnConv first = strata_cnn_conv (channels, squeezed, 1, 1);
  StrataCnnConv second = strata_cnn_conv (squeezed, channels, 1, 1);
  int y = strata_cnn_add_unary (layers, STRATA_OP_GLOBAL_AVERAGE_POOL, x, "%s.avgpool", name);

  first.has_bias = second.has_bias = TRUE;
  first.gain = second.gain = STRATA_GAIN_LINEAR;
  y = strata_cnn_add_conv (layers, y, &first, "%s.fc1", name);
  y = strata_cnn_add_silu (layers, y, "%s.activation", name);
  y = strata_cnn_add_conv (layers, y, &second, "%s.fc2", name);
  y = strata_cnn_add_unary (layers, STRATA_OP_SIGMOID, y, "%s.scale_activation", name);
  return strata_cnn_add_binary (layers, STRATA_OP_MUL, y, x, "%s.scale", name);
}

static int
inverted_residual (StrataLayers *layers, int x, const Block *block, const char *name)
{
  int wide = block->in * block->expand, part = 0;
  gboolean has_shortcut = block->stride == 1 && block->in == block->out;
  StrataCnnConv depthwise = strata_cnn_depthwise (wide, block->kernel, block->stride);
  StrataCnnConv project = strata_cnn_conv (wide, block->out, 1, 1);
  g_autofree char *parent = g_strconcat (name, ".block", NULL);
  int y = x;

  if (block->expand != 1)
    y = conv_norm_silu (layers, y, strata_cnn_conv (block->in, wide, 1, 1), STRATA_GAIN_LINEAR, parent, part++);
  y = conv_norm_silu (layers, y, depthwise, STRATA_GAIN_SILU, parent, part++);
  y = excite (layers, y, wide, MAX (1, block->in / 4), parent, part++);
  project.gain = STRATA_GAIN_SILU / (GATE * GATE);
  y = conv_norm (layers, y, project, has_shortcut ? sqrtf (1.0f / N_BLOCKS) : 1.0f, parent, part);
  return has_shortcut ? strata_cnn_add_binary (layers, STRATA_OP_ADD, y, x, "%s.add", name) : y;
}

void
strata_arch_efficientnet_b0 (StrataLayers *layers)
{
  static const struct
  {
    Block block;
    int n;
  } stages[] = { { { 1, 3, 1, 32, 16 }, 1 },  { { 6, 3, 2, 16, 24 }, 2 },  { { 6, 5, 2, 24, 40 }, 2 },
                 { { 6, 3, 2, 40, 80 }, 3 },  { { 6, 5, 1, 80, 112 }, 3 }, { { 6, 5, 2, 112, 192 }, 4 },
                 { { 6, 3, 1, 192, 320 }, 1 } };
  int x = strata_layers_input (layers, "input", STRATA_DTYPE_F32, 4, (gint64[]){ 1, 3, 224, 224 });

  x = conv_norm_silu (layers, x, strata_cnn_conv (3, 32, 3, 2), STRATA_GAIN_LINEAR, "features", 0);
  for (int s = 0; s < (int) G_N_ELEMENTS (stages); s++)
    for (int i = 0; i < stages[s].n; i++)
      {
        g_autofree char *name = g_strdup_printf ("features.%d.%d", s + 1, i);
        Block block = stages[s].block;

        if (i > 0)
          {
            block.in = block.out;
            block.stride = 1;
          }
        x = inverted_residual (layers, x, &block, name);
      }
  x = conv_norm_silu (layers, x, strata_cnn_conv (320, 1280, 1, 1), STRATA_GAIN_LINEAR, "features", 8);
  x = strata_cnn_add_unary (layers, STRATA_OP_GLOBAL_AVERAGE_POOL, x, "avgpool");
  x = strata_cnn_add_unary (layers, STRATA_OP_FLATTEN, x, "flatten");
  x = strata_cnn_add_classes (layers, x, 1280, 1000, STRATA_GAIN_SILU, "classifier.1");
  strata_layers_output (layers, x, "output");
}
