/* SPDX-License-Identifier: Apache-2.0
 *
 * Determinants by elimination with partial pivoting, in double.
 */
#include <math.h>

#include "model/element.h"
#include "model/exec/exec.h"

static void
swap_rows (double *a, gint64 n, gint64 i, gint64 j)
{
  for (gint64 k = 0; k < n; k++)
    {
      double kept = a[i * n + k];

      a[i * n + k] = a[j * n + k];
      a[j * n + k] = kept;
    }
}

static double
determinant (double *a, gint64 n)
{
  double product = 1.0;

  for (gint64 c = 0; c < n; c++)
    {
      gint64 pivot = c;

      for (gint64 i = c + 1; i < n; i++)
        pivot = fabs (a[i * n + c]) > fabs (a[pivot * n + c]) ? i : pivot;
      if (a[pivot * n + c] == 0.0)
        return 0.0;
      if (pivot != c)
        {
          swap_rows (a, n, pivot, c);
          product = -product;
        }
      product *= a[c * n + c];
      for (gint64 i = c + 1; i < n; i++)
        {
          double factor = a[i * n + c] / a[c * n + c];

          for (gint64 k = c; k < n; k++)
            a[i * n + k] -= factor * a[c * n + k];
        }
    }
  return product;
}

gboolean
strata_exec_det (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gint64 n = in->dims[in->n_dims - 1];
  g_autofree double *matrix = NULL;

  if (strata_array_count (run->out[0]) == 0)
    return TRUE;
  matrix = g_try_new (double, (gsize) (n * n) + 1);
  if (matrix == NULL)
    return strata_exec_fail (error, "no memory for its matrix");
  for (gint64 m = 0; m < strata_array_count (run->out[0]); m++)
    {
      for (gint64 i = 0; i < n * n; i++)
        matrix[i] = strata_element_double (in->dtype, in->data, m * n * n + i);
      strata_element_set_double (in->dtype, run->out[0]->data, m, determinant (matrix, n));
    }
  return TRUE;
}
