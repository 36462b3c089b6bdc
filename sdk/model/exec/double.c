/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain loops: float64 is what a few exporters compute scores in, not what networks run in.
 */
#include "model/exec/double.h"

#include <math.h>

#include "model/exec/plane.h"

static void
multiply (const double *a, const double *b, gint64 m, gint64 k, gint64 n, double *out)
{
  for (gint64 i = 0; i < m; i++)
    for (gint64 j = 0; j < n; j++)
      {
        double sum = 0.0;

        for (gint64 l = 0; l < k; l++)
          sum += a[i * k + l] * b[l * n + j];
        out[i * n + j] = sum;
      }
}

void
strata_double_mat_mul (const StrataExec *run)
{
  const StrataArray *a = run->in[0], *b = run->in[1], *out = run->out[0];
  gint64 m = a->n_dims > 1 ? a->dims[a->n_dims - 2] : 1, k = a->dims[a->n_dims - 1];
  gint64 n = b->n_dims > 1 ? b->dims[b->n_dims - 1] : 1, n_matrices = 1;
  int n_stack = MAX (MAX (a->n_dims, b->n_dims) - 2, 0);

  for (int d = 0; d < n_stack; d++)
    n_matrices *= out->dims[d];
  for (gint64 i = 0; i < n_matrices; i++)
    multiply ((const double *) a->data + (a->n_dims < 2 ? 0 : strata_stack_offset (a, out->dims, n_stack, i)),
              (const double *) b->data + (b->n_dims < 2 ? 0 : strata_stack_offset (b, out->dims, n_stack, i)), m, k, n,
              (double *) out->data + i * m * n);
}

void
strata_double_softmax (StrataOp op, const double *in, gint64 n, gint64 step, double *out)
{
  double sum = 0.0;
  gint64 best = 0;

  for (gint64 i = 0; i < n; i++)
    best = in[i * step] > in[best * step] ? i : best;
  for (gint64 i = 0; i < n; i++)
    sum += exp (in[i * step] - in[best * step]);
  for (gint64 i = 0; i < n; i++)
    {
      double x = in[i * step] - in[best * step];

      out[i * step] = op == STRATA_OP_HARDMAX ? i == best : op == STRATA_OP_LOG_SOFTMAX ? x - log (sum) : exp (x) / sum;
    }
}
