/* SPDX-License-Identifier: Apache-2.0
 *
 * Single-precision convolution of one image, NCHW: 1 x 1 as a product, depthwise directly, others by gathering columns
 * (im2col) block by block and a product.
 */
#pragma once

#include <glib.h>

/* Windows of convolutions and pools over one image. */
typedef struct
{
  gint64 channels_in, height, width;
  gint64 channels_out, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  int groups;
} StrataPlaneWindow;

/* Floats of scratch that strata_float_conv () needs; 0: none */
gsize strata_float_conv_scratch (const StrataPlaneWindow *window);
/* @weights: [channels_out][channels_in / groups][kernel_h][kernel_w]. @bias: per output channel, or NULL. */
void strata_float_conv (const StrataPlaneWindow *window,
                        const float *in,
                        const float *weights,
                        const float *bias,
                        float *scratch,
                        float *out);
/* The same by direct loops and double sums. |difference| <= K 2^-23 sum |x w|, K the window's cells. */
void strata_float_conv_ref (
  const StrataPlaneWindow *window, const float *in, const float *weights, const float *bias, float *out);
