/* SPDX-License-Identifier: Apache-2.0
 *
 * Single-precision matrix product, row-major. One thread, so that results do not depend on how many there are; callers
 * run samples in parallel instead.
 */
#pragma once

#include <glib.h>

/* c (m x n, rows ldc apart) = alpha op(a) op(b) + beta c. @c is not read where beta is 0. All sizes below 2^31. */
typedef struct
{
  gboolean trans_a, trans_b;
  gint64 m, n, k;
  gint64 lda, ldb, ldc;
  float alpha, beta;
} StrataGemm;

void strata_float_gemm (const StrataGemm *gemm, const float *a, const float *b, float *c);
/* The same by three loops and double sums. |difference| <= k 2^-23 sum |alpha a b|. */
void strata_float_gemm_ref (const StrataGemm *gemm, const float *a, const float *b, float *c);
