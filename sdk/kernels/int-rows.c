/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops for the vectoriser. Sums of magnitudes are kept in 32 bits for as many elements as cannot overflow them.
 */
#include "kernels/int-rows.h"

#include <math.h>
#include <string.h>

#define CLONES __attribute__ ((target_clones ("default", "avx2", "arch=x86-64-v4")))
/* 2^16 magnitudes of at most 2^15 sum to 2^31 at most, which 32 bits without sign hold. */
#define BLOCK ((gsize) 1 << 16)
#define LANES 16

/* Without their sign, floats have the order of their bits. */
CLONES static guint32
peak_bits (const float *row, gsize n)
{
  guint32 peak = 0;

  for (gsize i = 0; i < n; i++)
    {
      guint32 bits;

      memcpy (&bits, &row[i], sizeof bits);
      bits &= 0x7fffffff;
      peak = bits > peak ? bits : peak;
    }
  return peak;
}

double
strata_row_peak (const float *row, gsize n, double gain)
{
  guint32 bits = peak_bits (row, n);
  float peak;

  memcpy (&peak, &bits, sizeof peak);
  return fabs (gain * (double) peak);
}

CLONES static guint32
round_block (const float *row, gsize n, double gain, double scale, int most, gint16 *out)
{
  double bound = most;
  guint32 sum = 0;

  for (gsize i = 0; i < n; i++)
    {
      double rounded = rint (gain * (double) row[i] / scale);
      int q = (int) (rounded < -bound ? -bound : rounded > bound ? bound : rounded);

      out[i] = (gint16) q;
      sum += (guint32) (q < 0 ? -q : q);
    }
  return sum;
}

gint64
strata_row_round (const float *row, gsize n, double gain, double scale, int most, gint16 *out)
{
  gint64 sum = 0;

  for (gsize at = 0; at < n; at += BLOCK)
    sum += round_block (row + at, MIN (BLOCK, n - at), gain, scale, most, out + at);
  return sum;
}

/* By the reciprocal: where that rounds to another integer, w lies half way between two, and the error is the same. */
CLONES double
strata_row_error (const float *row, gsize n, double gain, double scale, int most)
{
  double lanes[LANES] = { 0 }, sum = 0, bound = most, per_step = 1 / scale;
  gsize i = 0;

  for (; i + LANES <= n; i += LANES)
    for (int k = 0; k < LANES; k++)
      {
        double w = gain * (double) row[i + (gsize) k], q = rint (w * per_step);

        q = q < -bound ? -bound : q > bound ? bound : q;
        lanes[k] += (w - q * scale) * (w - q * scale);
      }
  for (; i < n; i++)
    {
      double w = gain * (double) row[i], q = rint (w * per_step);

      q = q < -bound ? -bound : q > bound ? bound : q;
      sum += (w - q * scale) * (w - q * scale);
    }
  for (int k = 0; k < LANES; k++)
    sum += lanes[k];
  return sum;
}

CLONES static guint32
extent_block (const gint16 *row, gsize n, int *peak)
{
  guint32 sum = 0;
  int least = 0, greatest = 0;

  for (gsize i = 0; i < n; i++)
    {
      int q = row[i];

      least = q < least ? q : least;
      greatest = q > greatest ? q : greatest;
      sum += (guint32) (q < 0 ? -q : q);
    }
  *peak = MAX (*peak, MAX (greatest, -least));
  return sum;
}

gint64
strata_row_extent (const gint16 *row, gsize n, int *peak)
{
  gint64 sum = 0;

  *peak = 0;
  for (gsize at = 0; at < n; at += BLOCK)
    sum += extent_block (row + at, MIN (BLOCK, n - at), peak);
  return sum;
}

CLONES gint32
strata_row_largest (const gint32 *row, gsize n)
{
  guint32 largest = 0;

  for (gsize i = 0; i < n; i++)
    {
      const guint32 magnitude = row[i] < 0 ? 0u - (guint32) row[i] : (guint32) row[i];

      largest = magnitude > largest ? magnitude : largest;
    }
  return (gint32) MIN (largest, (guint32) G_MAXINT32);
}
