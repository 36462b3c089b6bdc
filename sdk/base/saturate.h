/* SPDX-License-Identifier: Apache-2.0
 *
 * Counts of what a file describes may leave 64 bits; they then stay at the most there is.
 */
#pragma once

#include <glib.h>

static inline gint64
strata_times (gint64 a, gint64 b)
{
  gint64 product;

  return __builtin_mul_overflow (a, b, &product) ? G_MAXINT64 : product;
}

static inline gint64
strata_plus (gint64 a, gint64 b)
{
  gint64 sum;

  return __builtin_add_overflow (a, b, &sum) ? G_MAXINT64 : sum;
}
