/* SPDX-License-Identifier: Apache-2.0
 *
 * Inner loops of the objective. Integers, and doubles that hold whole numbers: results do not depend on the width of
 * vectors.
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
