/* SPDX-License-Identifier: Apache-2.0
 *
 * Radix 2; other lengths as a convolution with a chirp (L. Bluestein, IEEE Trans. Audio Electroacoust. 18 (1970) 451).
 */
#include "model/exec/fourier.h"

#include <math.h>
#include <string.h>

static void
multiply (double *a, const double *b)
{
  double real = a[0] * b[0] - a[1] * b[1];

  a[1] = a[0] * b[1] + a[1] * b[0];
  a[0] = real;
}

static void
reverse_bits (double *x, gint64 m)
{
  for (gint64 i = 1, j = 0; i < m; i++)
    {
      gint64 bit = m >> 1;

      for (; j & bit; bit >>= 1)
        j ^= bit;
      j ^= bit;
      if (i < j)
        for (int part = 0; part < 2; part++)
          {
            double kept = x[2 * i + part];

            x[2 * i + part] = x[2 * j + part];
            x[2 * j + part] = kept;
          }
    }
}

static void
transform (const StrataFourier *f, double *x)
{
  reverse_bits (x, f->m);
  for (gint64 half = 1; half < f->m; half *= 2)
    for (gint64 first = 0; first < f->m; first += 2 * half)
      for (gint64 k = 0; k < half; k++)
        {
          double *a = x + 2 * (first + k), *b = a + 2 * half;

          multiply (b, f->roots + 2 * (k * (f->m / 2 / half)));
          for (int part = 0; part < 2; part++)
            {
              double difference = a[part] - b[part];

              a[part] += b[part];
              b[part] = difference;
            }
        }
}

/* By the conjugates: the transform of the conjugate is the conjugate of the inverse, n times. */
static void
conjugate (double *x, gint64 n, double factor)
{
  for (gint64 i = 0; i < n; i++)
    {
      x[2 * i] *= factor;
      x[2 * i + 1] *= -factor;
    }
}

static void
set_chirp (StrataFourier *f)
{
  memset (f->spectrum, 0, sizeof (double) * 2 * (gsize) f->m);
  for (gint64 k = 0; k < f->n; k++)
    {
      /* k k modulo 2 n keeps the angle exact */
      double angle = G_PI * (double) ((guint64) k * (guint64) k % (guint64) (2 * f->n)) / (double) f->n;

      f->chirp[2 * k] = cos (angle);
      f->chirp[2 * k + 1] = -sin (angle);
      for (int side = 0; side < 2; side++)
        {
          gint64 at = side == 0 || k == 0 ? k : f->m - k;

          f->spectrum[2 * at] = cos (angle);
          f->spectrum[2 * at + 1] = sin (angle);
        }
    }
  transform (f, f->spectrum);
}

gboolean
strata_fourier_init (StrataFourier *f, gint64 n)
{
  *f = (StrataFourier){ .n = n, .m = 1 };
  while (f->m < n)
    f->m *= 2;
  if (f->m != n)
    {
      while (f->m < 2 * n - 1)
        f->m *= 2;
      f->chirp = g_try_new (double, 2 * (gsize) n);
      f->spectrum = g_try_new (double, 2 * (gsize) f->m);
    }
  f->roots = g_try_new (double, (gsize) f->m + 2);
  f->work = g_try_new (double, 2 * (gsize) f->m);
  if (f->roots == NULL || f->work == NULL || (f->m != n && (f->chirp == NULL || f->spectrum == NULL)))
    {
      strata_fourier_finish (f);
      return FALSE;
    }
  for (gint64 k = 0; k < MAX (f->m / 2, 1); k++)
    {
      f->roots[2 * k] = cos (2.0 * G_PI * (double) k / (double) f->m);
      f->roots[2 * k + 1] = -sin (2.0 * G_PI * (double) k / (double) f->m);
    }
  if (f->m != n)
    set_chirp (f);
  return TRUE;
}

void
strata_fourier_finish (StrataFourier *f)
{
  g_clear_pointer (&f->roots, g_free);
  g_clear_pointer (&f->chirp, g_free);
  g_clear_pointer (&f->spectrum, g_free);
  g_clear_pointer (&f->work, g_free);
}

static void
run_chirped (StrataFourier *f, double *x)
{
  memset (f->work, 0, sizeof (double) * 2 * (gsize) f->m);
  for (gint64 k = 0; k < f->n; k++)
    {
      memcpy (f->work + 2 * k, x + 2 * k, 2 * sizeof (double));
      multiply (f->work + 2 * k, f->chirp + 2 * k);
    }
  transform (f, f->work);
  for (gint64 k = 0; k < f->m; k++)
    multiply (f->work + 2 * k, f->spectrum + 2 * k);
  conjugate (f->work, f->m, 1.0);
  transform (f, f->work);
  conjugate (f->work, f->m, 1.0 / (double) f->m);
  for (gint64 k = 0; k < f->n; k++)
    {
      memcpy (x + 2 * k, f->work + 2 * k, 2 * sizeof (double));
      multiply (x + 2 * k, f->chirp + 2 * k);
    }
}

void
strata_fourier_run (StrataFourier *f, double *signal, gboolean inverse)
{
  if (inverse)
    conjugate (signal, f->n, 1.0);
  if (f->m == f->n)
    transform (f, signal);
  else
    run_chirped (f, signal);
  if (inverse)
    conjugate (signal, f->n, 1.0 / (double) f->n);
}
