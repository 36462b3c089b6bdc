/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of weights: from reals to integers, and how large integers are. Exact: the same on every machine.
 */
#pragma once

#include <glib.h>

/* max |gain * row[i]|, 0 for no elements */
double strata_row_peak (const float *row, gsize n, double gain);
/* out[i] = clamp (rint (gain * row[i] / scale), -most, most), most at most 32767. Returns the sum of |out[i]|. */
gint64 strata_row_round (const float *row, gsize n, double gain, double scale, int most, gint16 *out);
/* The sum of (w - q scale)^2 with w = gain * row[i] and q = clamp (rint (w / scale), -most, most), in an order that
 * depends on @n alone */
double strata_row_error (const float *row, gsize n, double gain, double scale, int most);
/* The sum of |row[i]|, and the largest of them in @peak. */
gint64 strata_row_extent (const gint16 *row, gsize n, int *peak);
/* The largest |row[i]| of n sums, 0 for none; what has no magnitude in 32 bits counts as the largest there is. */
gint32 strata_row_largest (const gint32 *row, gsize n);
