/* SPDX-License-Identifier: Apache-2.0
 *
 * The pieces that convolutional networks are made of, each a node with its weights; the node's name is given as a
 * format, its weights are NAME.weight and so on, as PyTorch calls them. Weights are drawn such that the second moment
 * of activations stays about what it is (He et al., "Delving deep into rectifiers", ICCV 2015): variance @gain /
 * fan-in, where @gain is one over the share of the second moment that what the layer reads has kept.
 */
#pragma once

#include "model/arch/layers.h"

#define STRATA_GAIN_LINEAR 1.0f
#define STRATA_GAIN_RELU 2.0f  /* behind a rectifier */
#define STRATA_GAIN_SILU 2.81f /* behind x sigmoid (x) of a unit normal x: 1 / 0.3557 */

typedef struct
{
  int in, out, kernel_h, kernel_w, stride, groups;
  gint64 pads[4]; /* top, left, bottom, right */
  gboolean has_bias;
  float gain;
} StrataCnnConv;

/* A square kernel, padded to give ceil (size / stride), without bias, of one group, gain STRATA_GAIN_RELU */
StrataCnnConv strata_cnn_conv (int in, int out, int kernel, int stride);
/* One kernel per channel */
StrataCnnConv strata_cnn_depthwise (int channels, int kernel, int stride);

typedef struct
{
  int channels;
  float epsilon, gain; /* mean of what multiplies each channel */
} StrataCnnNorm;

typedef struct
{
  int kernel, stride, pad;
  gboolean ceil;
} StrataCnnPool;

int strata_cnn_add_conv (StrataLayers *layers, int x, const StrataCnnConv *conv, const char *name, ...)
  G_GNUC_PRINTF (4, 5);
/* Batch-norm with stored statistics near mean 0 and variance 1, and none of them exactly: folding them shows. */
int strata_cnn_add_norm (StrataLayers *layers, int x, const StrataCnnNorm *norm, const char *name, ...)
  G_GNUC_PRINTF (4, 5);
int strata_cnn_add_pool (StrataLayers *layers, StrataOp op, int x, const StrataCnnPool *pool, const char *name, ...)
  G_GNUC_PRINTF (5, 6);
int strata_cnn_add_unary (StrataLayers *layers, StrataOp op, int x, const char *name, ...) G_GNUC_PRINTF (4, 5);
int strata_cnn_add_binary (StrataLayers *layers, StrataOp op, int a, int b, const char *name, ...) G_GNUC_PRINTF (5, 6);
/* Limited to 0 and 6 */
int strata_cnn_add_relu6 (StrataLayers *layers, int x, const char *name, ...) G_GNUC_PRINTF (3, 4);
/* x sigmoid (x), as exporters write it: Sigmoid and Mul */
int strata_cnn_add_silu (StrataLayers *layers, int x, const char *name, ...) G_GNUC_PRINTF (3, 4);
/* A product with a matrix of @out rows, and a bias; x is [1, in]. */
int strata_cnn_add_linear (StrataLayers *layers, int x, int in, int out, float gain, const char *name);
/* The same as the node `output`, so that the graph's output needs no node of its own; @name is that of the weights. */
int strata_cnn_add_classes (StrataLayers *layers, int x, int in, int out, float gain, const char *name);
