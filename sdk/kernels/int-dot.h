/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact integer products: windows of a plane gathered into rows, dot products of 16-bit rows into 32-bit sums. Codes
 * are int16 whatever their format; a difference code - zero point of an 8-bit tensor is within
 * +-255. Sums are exact while they fit int32; the caller has checked that. Each kernel has a naive twin `_ref`.
 */
#pragma once

#include <glib.h>

/* A window sliding over a plane of channels x height x width, C order. */
typedef struct
{
  int channels, height, width;
  int out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
} StrataIntWindow;

/* Output row @y: out[x * n_k + (k - k0)] = code - subtract for k = (channel, ky, kx) in [k0, k0 + n_k), and @fill
 * outside the plane. */
void strata_int_gather (
  const gint16 *codes, const StrataIntWindow *window, int subtract, int fill, int y, int k0, int n_k, gint16 *out);

/* The same of one position: out[k - k0] */
void strata_int_gather_one (const gint16 *codes,
                            const StrataIntWindow *window,
                            int subtract,
                            int fill,
                            int y,
                            int x,
                            int k0,
                            int n_k,
                            gint16 *out);

/* sums[i * ld_sums + j] += dot (a + i * ld_a, b + j * ld_b) over k elements */
void strata_int_dot (
  const gint16 *a, int n_a, gsize ld_a, const gint16 *b, int n_b, gsize ld_b, int k, gint32 *sums, gsize ld_sums);
void strata_int_dot_ref (
  const gint16 *a, int n_a, gsize ld_a, const gint16 *b, int n_b, gsize ld_b, int k, gint32 *sums, gsize ld_sums);
