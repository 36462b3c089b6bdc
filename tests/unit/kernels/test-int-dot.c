/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/int-conv.h"
#include "kernels/int-dot.h"

#include "base/rng.h"

typedef struct
{
  StrataRngKey key;
  guint64 next;
} Random;

/* Uniform in lo … hi */
static int
pick (Random *random, int lo, int hi)
{
  return lo + (int) (strata_rng_uniform (random->key, random->next++) * (hi - lo + 1));
}

static gint16 *
codes (Random *random, gsize n, int lo, int hi)
{
  gint16 *out = g_new (gint16, n);

  for (gsize i = 0; i < n; i++)
    out[i] = (gint16) pick (random, lo, hi);
  return out;
}

static void
test_dot_by_hand (void)
{
  const gint16 a[] = { 1, -2, 3, 4, 5, -6 }, b[] = { 7, 8, 9, -1, -1, -1 };
  gint32 sums[4] = { 100, 0, 0, 0 };

  strata_int_dot (a, 2, 3, b, 2, 3, 3, sums, 2);
  g_assert_cmpint (sums[0], ==, 100 + 7 - 16 + 27);
  g_assert_cmpint (sums[1], ==, -1 + 2 - 3);
  g_assert_cmpint (sums[2], ==, 28 + 40 - 54);
  g_assert_cmpint (sums[3], ==, -4 - 5 + 6);
}

/* Extremes of QDQ int8 with zero point -128 over a full column of 4608 rows */
static void
test_dot_extremes (void)
{
  enum
  {
    K = 4608
  };
  for (int n = 5; n <= 20; n += 15)
    {
      g_autofree gint16 *a = g_new (gint16, n * K), *b = g_new (gint16, n * K);
      gint32 sums[20 * 20] = { 0 };

      for (int i = 0; i < n * K; i++)
        a[i] = 255, b[i] = -128;
      strata_int_dot (a, n, K, b, n, K, K, sums, (gsize) n);
      for (int i = 0; i < n * n; i++)
        g_assert_cmpint (sums[i], ==, -255 * 128 * K);
    }
}

static void
test_dot_against_ref (void)
{
  Random random = { strata_rng_key (1, 1), 0 };

  for (int round = 0; round < 60; round++)
    {
      int n_a = pick (&random, 1, 31), n_b = pick (&random, 1, 150), k = pick (&random, 1, 300);
      int ld_a = k + pick (&random, 0, 5), ld_b = k + pick (&random, 0, 5);
      g_autofree gint16 *a = codes (&random, (gsize) (n_a * ld_a), -255, 255);
      g_autofree gint16 *b = codes (&random, (gsize) (n_b * ld_b), -255, 255);
      g_autofree gint32 *fast = g_new0 (gint32, n_a * n_b), *naive = g_new0 (gint32, n_a * n_b);

      strata_int_dot (a, n_a, (gsize) ld_a, b, n_b, (gsize) ld_b, k, fast, (gsize) n_b);
      strata_int_dot_ref (a, n_a, (gsize) ld_a, b, n_b, (gsize) ld_b, k, naive, (gsize) n_b);
      g_assert_cmpmem (fast, sizeof (gint32) * (gsize) (n_a * n_b), naive, sizeof (gint32) * (gsize) (n_a * n_b));
    }
}

static int
extent (int in, int kernel, int dilation, int stride, int pads)
{
  return (in + pads - (kernel - 1) * dilation - 1) / stride + 1;
}

static StrataIntWindow
random_window (Random *random, int channels)
{
  StrataIntWindow w = { .channels = channels, .height = pick (random, 1, 12), .width = pick (random, 1, 12) };

  if (pick (random, 0, 9) == 0)
    w.width = 150;

  do
    {
      int pad_h = pick (random, 0, 6), pad_w = pick (random, 0, 6);

      w.kernel_h = pick (random, 1, 4), w.kernel_w = pick (random, 1, 4);
      w.stride_h = pick (random, 1, 3), w.stride_w = pick (random, 1, 3);
      w.dilation_h = pick (random, 1, 3), w.dilation_w = pick (random, 1, 3);
      w.pad_top = pick (random, 0, pad_h), w.pad_left = pick (random, 0, pad_w);
      w.out_height = extent (w.height, w.kernel_h, w.dilation_h, w.stride_h, pad_h);
      w.out_width = extent (w.width, w.kernel_w, w.dilation_w, w.stride_w, pad_w);
      if (w.height + pad_h <= (w.kernel_h - 1) * w.dilation_h || w.width + pad_w <= (w.kernel_w - 1) * w.dilation_w)
        w.out_height = 0;
    }
  while (w.out_height < 1 || w.out_width < 1);
  return w;
}

static void
test_group_conv_against_ref (void)
{
  Random random = { strata_rng_key (2, 1), 0 };

  for (int round = 0; round < 200; round++)
    {
      int groups = pick (&random, 1, 4), per_group = pick (&random, 1, 3), outs = pick (&random, 1, 3);
      StrataIntWindow w = random_window (&random, groups * per_group);
      int zero_point = pick (&random, -128, 127), n_out = groups * outs;
      gsize n = (gsize) (n_out * w.out_height * w.out_width);
      g_autofree gint16 *x = codes (&random, (gsize) (w.channels * w.height * w.width), -128, 127);
      g_autofree gint16 *weights = codes (&random, (gsize) (n_out * per_group * w.kernel_h * w.kernel_w), -255, 255);
      g_autofree gint32 *fast = g_new (gint32, n), *naive = g_new (gint32, n);

      strata_int_group_conv (x, &w, zero_point, groups, n_out, weights, fast);
      strata_int_group_conv_ref (x, &w, zero_point, groups, n_out, weights, naive);
      g_assert_cmpmem (fast, sizeof (gint32) * n, naive, sizeof (gint32) * n);
    }
}

/* Gathered rows times weights are the convolution without groups, whichever block of K they are gathered in. */
static void
test_gather_against_ref (void)
{
  Random random = { strata_rng_key (3, 1), 0 };

  for (int round = 0; round < 200; round++)
    {
      StrataIntWindow w = random_window (&random, pick (&random, 1, 5));
      int k = w.channels * w.kernel_h * w.kernel_w, n_out = pick (&random, 1, 6), split = pick (&random, 0, k);
      int zero_point = pick (&random, -128, 127);
      gsize n = (gsize) (w.out_height * w.out_width);
      g_autofree gint16 *x = codes (&random, (gsize) (w.channels * w.height * w.width), -128, 127);
      g_autofree gint16 *weights = codes (&random, (gsize) (n_out * k), -127, 127);
      g_autofree gint16 *rows = g_new (gint16, w.out_width * k), *one = g_new (gint16, k);
      g_autofree gint32 *sums = g_new0 (gint32, n * (gsize) n_out), *naive = g_new (gint32, n * (gsize) n_out);

      for (int y = 0; y < w.out_height; y++)
        for (int part = 0; part < 2; part++)
          {
            int k0 = part == 0 ? 0 : split, n_k = part == 0 ? split : k - split;

            strata_int_gather (x, &w, zero_point, 0, y, k0, n_k, rows);
            for (int ox = 0; ox < w.out_width; ox++)
              {
                strata_int_gather_one (x, &w, zero_point, 0, y, ox, k0, n_k, one);
                g_assert_cmpmem (one, sizeof *one * (gsize) n_k, rows + ox * n_k, sizeof *one * (gsize) n_k);
              }
            strata_int_dot (rows, w.out_width, (gsize) n_k, weights + k0, n_out, (gsize) k, n_k,
                            sums + (gsize) (y * w.out_width * n_out), (gsize) n_out);
          }
      strata_int_group_conv_ref (x, &w, zero_point, 1, n_out, weights, naive);
      for (int j = 0; j < n_out; j++)
        for (gsize p = 0; p < n; p++)
          g_assert_cmpint (sums[p * (gsize) n_out + (gsize) j], ==, naive[(gsize) j * n + p]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/int-dot/by-hand", test_dot_by_hand);
  g_test_add_func ("/sdk/kernels/int-dot/extremes", test_dot_extremes);
  g_test_add_func ("/sdk/kernels/int-dot/against-ref", test_dot_against_ref);
  g_test_add_func ("/sdk/kernels/int-dot/group-conv-against-ref", test_group_conv_against_ref);
  g_test_add_func ("/sdk/kernels/int-dot/gather-against-ref", test_gather_against_ref);
  return g_test_run ();
}
