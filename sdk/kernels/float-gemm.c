/* SPDX-License-Identifier: Apache-2.0
 *
 * Through OpenBLAS, which is set to one thread here and nowhere else.
 */
#include "kernels/float-gemm.h"

#include <cblas.h>

static void
use_one_thread (void)
{
  static gsize threads_once;

  if (g_once_init_enter (&threads_once))
    {
      openblas_set_num_threads (1);
      g_once_init_leave (&threads_once, 1);
    }
}

static void
scale (const StrataGemm *gemm, float *c)
{
  for (gint64 i = 0; i < gemm->m; i++)
    for (gint64 j = 0; j < gemm->n; j++)
      c[i * gemm->ldc + j] = gemm->beta == 0.0f ? 0.0f : gemm->beta * c[i * gemm->ldc + j];
}

void
strata_float_gemm (const StrataGemm *gemm, const float *a, const float *b, float *c)
{
  if (gemm->m == 0 || gemm->n == 0)
    return;
  if (gemm->k == 0)
    {
      scale (gemm, c);
      return;
    }
  use_one_thread ();
  cblas_sgemm (CblasRowMajor, gemm->trans_a ? CblasTrans : CblasNoTrans, gemm->trans_b ? CblasTrans : CblasNoTrans,
               (int) gemm->m, (int) gemm->n, (int) gemm->k, gemm->alpha, a, (int) MAX (gemm->lda, 1), b,
               (int) MAX (gemm->ldb, 1), gemm->beta, c, (int) MAX (gemm->ldc, 1));
}

void
strata_float_gemm_ref (const StrataGemm *gemm, const float *a, const float *b, float *c)
{
  for (gint64 i = 0; i < gemm->m; i++)
    for (gint64 j = 0; j < gemm->n; j++)
      {
        float *out = &c[i * gemm->ldc + j];
        double sum = 0.0;

        for (gint64 k = 0; k < gemm->k; k++)
          sum += (double) a[gemm->trans_a ? k * gemm->lda + i : i * gemm->lda + k]
                 * (double) b[gemm->trans_b ? j * gemm->ldb + k : k * gemm->ldb + j];
        *out = (float) (gemm->alpha * sum + (gemm->beta == 0.0f ? 0.0 : gemm->beta * (double) *out));
      }
}
