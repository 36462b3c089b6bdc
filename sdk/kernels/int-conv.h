/* SPDX-License-Identifier: Apache-2.0
 *
 * Grouped convolution of codes, exact: what MAC units compute.
 */
#pragma once

#include "kernels/int-dot.h"

/* Grouped convolution of @n_out channels: sums[n][y][x] of w * (code - zero point), bias not added. weights[n][k] with
 * k = (channel in group, ky, kx). */
void strata_int_group_conv (const gint16 *codes,
                            const StrataIntWindow *window,
                            int zero_point,
                            int groups,
                            int n_out,
                            const gint16 *weights,
                            gint32 *sums);
void strata_int_group_conv_ref (const gint16 *codes,
                                const StrataIntWindow *window,
                                int zero_point,
                                int groups,
                                int n_out,
                                const gint16 *weights,
                                gint32 *sums);
