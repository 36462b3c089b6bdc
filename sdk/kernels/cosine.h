/* SPDX-License-Identifier: Apache-2.0
 *
 * Orthonormal cosine transforms (DCT-II) of planes of any size, as matrix products in double precision: at the sizes of
 * chips this is as fast as a fast transform, and exact to the last few bits.
 */
#pragma once

#include <glib.h>

/* Modes of n points stand in this order: the even ones, then the odd ones. */
typedef struct
{
  int n;
  double *eigenvalue;           /* per mode: of the chain 2 - 2 cos (pi mode / n) */
  double *even, *odd;           /* [point of the folded half][mode] */
  double *even_back, *odd_back; /* transposed */
} StrataCosine;

void strata_cosine_init (StrataCosine *cosine, int n);
void strata_cosine_finish (StrataCosine *cosine);

/* To modes, in place: @plane is y->n rows of x->n values; @scratch as many. The uniform mode comes first. */
void strata_cosine_forward (const StrataCosine *x, const StrataCosine *y, double *plane, double *scratch);
/* And back. */
void strata_cosine_backward (const StrataCosine *x, const StrataCosine *y, double *plane, double *scratch);
