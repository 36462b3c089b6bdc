/* SPDX-License-Identifier: Apache-2.0
 *
 * Single-precision pooling of the planes of one image. channels_out and groups of the window are not read.
 */
#pragma once

#include "kernels/float-conv.h"

/* Maximum over each window; padding never wins. @where: flat index in its plane of each maximum, or NULL. */
void strata_float_max_pool (const StrataPlaneWindow *window, const float *in, float *out, gint64 *where);
/* Mean over each window: over the cells inside the input or, with @count_padding, inside input and pads. @pad_bottom
 * and
 * @pad_right close the pads. */
void strata_float_average_pool (
  const StrataPlaneWindow *window, int pad_bottom, int pad_right, gboolean count_padding, const float *in, float *out);
