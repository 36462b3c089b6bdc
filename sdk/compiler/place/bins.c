/* SPDX-License-Identifier: Apache-2.0
 *
 * Inner loops of the objective. Integers, doubles that hold whole numbers, and sums in a fixed order: results do not
 * depend on the width of vectors.
 */
#include "compiler/place/bins.h"

#include <math.h>

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4"), optimize ("O3")))

CLONES gint64
place_bins_product (const gint32 *a, const gint32 *b, int n)
{
  gint64 sum = 0;

  for (int i = 0; i < n; i++)
    sum += (gint64) a[i] * b[i];
  return sum;
}

/* Eight sums in a fixed order, whatever the width of vectors */
CLONES double
place_bins_overload (const float *load, const float *more, const float *less, float full, int n)
{
  float sum[8] = { 0 };

  for (int i = 0; i + 8 <= n; i += 8)
    for (int j = 0; j < 8; j++)
      {
        float before = load[i + j] - full, after = before + more[i + j] - less[i + j];

        before = before > 0 ? before : 0;
        after = after > 0 ? after : 0;
        sum[j] += after * after - before * before;
      }
  return ((double) sum[0] + (double) sum[1]) + ((double) sum[2] + (double) sum[3])
         + (((double) sum[4] + (double) sum[5]) + ((double) sum[6] + (double) sum[7]));
}

CLONES double
place_bins_switches (const double *bursts, const double *squares, const double *more, int n)
{
  double sum = 0;

  for (int i = 0; i < n; i++)
    {
      double after = bursts[i] + more[i];

      sum += floor (after - (squares[i] + more[i] * more[i]) / fmax (after, 1))
             - floor (bursts[i] - squares[i] / fmax (bursts[i], 1));
    }
  return sum;
}
