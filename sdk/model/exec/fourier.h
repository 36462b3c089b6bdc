/* SPDX-License-Identifier: Apache-2.0
 *
 * Discrete Fourier transforms of any length in n log n, in double.
 */
#pragma once

#include <glib.h>

typedef struct
{
  gint64 n, m;              /* of the transform; power of two that it is computed with */
  double *roots;            /* exp (-2 pi i k / m), m / 2 pairs */
  double *chirp, *spectrum; /* where n is no power of two: exp (-pi i k k / n), n pairs; m pairs */
  double *work;             /* m pairs */
} StrataFourier;

/* FALSE: no memory */
gboolean strata_fourier_init (StrataFourier *fourier, gint64 n);
void strata_fourier_finish (StrataFourier *fourier);
/* In place, @signal: n pairs of real and imaginary parts. The inverse is divided by n. */
void strata_fourier_run (StrataFourier *fourier, double *signal, gboolean inverse);
