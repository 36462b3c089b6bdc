/* SPDX-License-Identifier: Apache-2.0
 *
 * Sums over the bins of time in which a tile runs: the inner loops of the objective. Internal to place/.
 */
#pragma once

#include <glib.h>

/* Sum of a[i] b[i] */
gint64 place_bins_product (const gint32 *a, const gint32 *b, int n);
/* What adding @more to @load and taking @less off changes in the sum of the squares of what is beyond @full */
double place_bins_overload (const float *load, const float *more, const float *less, float full, int n);
/* Switches in bins with @bursts bursts in all and @squares the sum of the squares of each tile's: where bursts come in
 * any order, each but a tile's own share of them follows another tile's. What adding @more, a tile's, to them adds, in
 * whole numbers */
double place_bins_switches (const double *bursts, const double *squares, const double *more, int n);
