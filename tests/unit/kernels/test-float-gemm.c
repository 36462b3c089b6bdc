/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/float-gemm.h"

#include <math.h>

#include "base/rng.h"

static float *
random_floats (gsize n, guint64 stream)
{
  StrataRngKey key = strata_rng_key (7, stream);
  float *values = g_new (float, n + 1);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) (2.0 * strata_rng_uniform (key, i) - 1.0);
  return values;
}

/* [1 2; 3 4] [5 6; 7 8] = [19 22; 43 50] */
static void
test_by_hand (void)
{
  const float a[] = { 1, 2, 3, 4 }, b[] = { 5, 6, 7, 8 };
  const float plain[] = { 19, 22, 43, 50 }, both_transposed[] = { 23, 31, 34, 46 };
  StrataGemm gemm = { FALSE, FALSE, 2, 2, 2, 2, 2, 2, 1.0f, 0.0f };
  float c[4] = { NAN, NAN, NAN, NAN };

  strata_float_gemm (&gemm, a, b, c);
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat (c[i], ==, plain[i]);
  gemm.trans_a = gemm.trans_b = TRUE;
  gemm.alpha = 2.0f;
  gemm.beta = 1.0f;
  strata_float_gemm (&gemm, a, b, c);
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat (c[i], ==, plain[i] + 2.0f * both_transposed[i]);
}

static void
test_against_reference (void)
{
  static const gint64 sizes[][3] = { { 1, 1, 1 },     { 7, 5, 3 },    { 64, 1, 300 },
                                     { 1, 640, 128 }, { 33, 65, 17 }, { 3, 4, 0 } };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (int flags = 0; flags < 4; flags++)
      {
        gint64 m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
        g_autofree float *a = random_floats ((gsize) (m * k), 1), *b = random_floats ((gsize) (k * n), 2);
        g_autofree float *c = random_floats ((gsize) (m * n), 3), *wanted = random_floats ((gsize) (m * n), 3);
        StrataGemm gemm = { flags & 1, flags >> 1, m, n, k, flags & 1 ? m : k, flags >> 1 ? k : n, n, 0.5f, 2.0f };

        strata_float_gemm (&gemm, a, b, c);
        strata_float_gemm_ref (&gemm, a, b, wanted);
        for (gint64 i = 0; i < m * n; i++)
          g_assert_cmpfloat_with_epsilon (c[i], wanted[i], 1e-6f * (float) (k + 2));
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/float-gemm/by-hand", test_by_hand);
  g_test_add_func ("/sdk/kernels/float-gemm/against-reference", test_against_reference);
  return g_test_run ();
}
