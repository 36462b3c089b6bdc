/* SPDX-License-Identifier: Apache-2.0
 *
 * Through oneDNN, which is told to use one thread.
 */
#include "kernels/float-gemm.h"

#include "kernels/float-dnnl.h"

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
  int n_threads;

  if (gemm->m == 0 || gemm->n == 0)
    return;
  if (gemm->k == 0)
    {
      scale (gemm, c);
      return;
    }
  n_threads = strata_dnnl_enter ();
  dnnl_sgemm (gemm->trans_a ? 'T' : 'N', gemm->trans_b ? 'T' : 'N', gemm->m, gemm->n, gemm->k, gemm->alpha, a,
              MAX (gemm->lda, 1), b, MAX (gemm->ldb, 1), gemm->beta, c, MAX (gemm->ldc, 1));
  strata_dnnl_leave (n_threads);
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
