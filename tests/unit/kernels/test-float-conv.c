/* SPDX-License-Identifier: Apache-2.0 */
#include "kernels/float-conv.h"

#include "base/parallel.h"
#include "base/rng.h"
#include "kernels/float-pool.h"

static float *
random_floats (gsize n, guint64 stream)
{
  StrataRngKey key = strata_rng_key (11, stream);
  float *values = g_new (float, n + 1);

  for (gsize i = 0; i < n; i++)
    values[i] = (float) (2.0 * strata_rng_uniform (key, i) - 1.0);
  return values;
}

static StrataPlaneWindow
window_of (gint64 channels_in,
           gint64 channels_out,
           gint64 height,
           gint64 width,
           int kernel,
           int stride,
           int dilation,
           int pad,
           int groups)
{
  gint64 reach = (gint64) (kernel - 1) * dilation + 1;

  return (StrataPlaneWindow){ channels_in,
                              height,
                              width,
                              channels_out,
                              (height + 2 * pad - reach) / stride + 1,
                              (width + 2 * pad - reach) / stride + 1,
                              kernel,
                              kernel,
                              stride,
                              stride,
                              dilation,
                              dilation,
                              pad,
                              pad,
                              groups };
}

static void
compare (StrataPlaneWindow w)
{
  gint64 cells = w.channels_in / w.groups * w.kernel_h * w.kernel_w;
  gint64 n_out = w.channels_out * w.out_height * w.out_width;
  g_autofree float *in = random_floats ((gsize) (w.channels_in * w.height * w.width), 1);
  g_autofree float *weights = random_floats ((gsize) (cells * w.channels_out), 2);
  g_autofree float *bias = random_floats ((gsize) w.channels_out, 3);
  g_autofree float *scratch = g_new (float, strata_float_conv_scratch (&w) + 1);
  g_autofree float *out = g_new (float, n_out);
  g_autofree float *wanted = g_new (float, n_out);

  strata_float_conv (&w, in, weights, bias, scratch, out);
  strata_float_conv_ref (&w, in, weights, bias, wanted);
  for (gint64 i = 0; i < n_out; i++)
    g_assert_cmpfloat_with_epsilon (out[i], wanted[i], 1e-6f * (float) (cells + 2));
}

static void
test_against_reference (void)
{
  static const int groups[] = { 1, 2, 4 };

  for (int kernel = 1; kernel <= 5; kernel += 2)
    for (int stride = 1; stride <= 3; stride++)
      for (int dilation = 1; dilation <= 2; dilation++)
        for (int pad = 0; pad <= kernel; pad++)
          for (guint g = 0; g < G_N_ELEMENTS (groups); g++)
            compare (window_of (4, 8, 12, 11, kernel, stride, dilation, pad, groups[g]));
}

/* Wider than a block of columns, so that rows are cut; and more rows than a block holds */
static void
test_blocks (void)
{
  compare (window_of (64, 3, 4, 700, 3, 1, 1, 1, 1));
  compare (window_of (64, 3, 40, 40, 3, 1, 1, 1, 1));
}

/* A 3 x 3 box over 1..9 without pads is 45, with pads its corner is 1 + 2 + 4 + 5 */
static void
test_by_hand (void)
{
  const float in[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 }, box[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  StrataPlaneWindow bare = window_of (1, 1, 3, 3, 3, 1, 1, 0, 1), padded = window_of (1, 1, 3, 3, 3, 1, 1, 1, 1);
  float scratch[81], out[9];

  g_assert_cmpuint (strata_float_conv_scratch (&padded), <=, 81);
  strata_float_conv (&bare, in, box, NULL, scratch, out);
  g_assert_cmpfloat (out[0], ==, 45.0f);
  strata_float_conv (&padded, in, box, NULL, scratch, out);
  g_assert_cmpfloat (out[0], ==, 12.0f);
  g_assert_cmpfloat (out[4], ==, 45.0f);
  g_assert_cmpfloat (out[8], ==, 28.0f);
}

typedef struct
{
  StrataPlaneWindow w;
  const float *in, *weights;
  float *outs;
  gint64 n_out;
} Shared;

static gboolean
convolve_cb (guint index, gpointer user_data, GError **error)
{
  Shared *shared = user_data;
  g_autofree float *scratch = g_new (float, strata_float_conv_scratch (&shared->w) + 1);

  strata_float_conv (&shared->w, shared->in, shared->weights, NULL, scratch, shared->outs + index * shared->n_out);
  return TRUE;
}

/* Bit for bit the same on any number of threads */
static void
test_threads (void)
{
  Shared shared = { .w = window_of (16, 32, 20, 20, 3, 1, 1, 1, 1) };
  g_autofree float *in = random_floats (16 * 20 * 20, 1);
  g_autofree float *weights = random_floats (32 * 16 * 9, 2);
  g_autofree float *outs = NULL;

  shared.n_out = 32 * 20 * 20;
  shared.in = in;
  shared.weights = weights;
  shared.outs = outs = g_new (float, 16 * shared.n_out);
  g_assert_true (strata_parallel_for (16, 4, convolve_cb, &shared, NULL, NULL));
  for (int i = 1; i < 16; i++)
    g_assert_cmpmem (outs, (gsize) shared.n_out * sizeof (float), outs + i * shared.n_out,
                     (gsize) shared.n_out * sizeof (float));
}

static void
test_pools (void)
{
  const float in[] = { 1, 2, 3, 4, 5, 6, 7, 8, -9 };
  StrataPlaneWindow w = window_of (1, 1, 3, 3, 2, 1, 1, 1, 1);
  gint64 where[16];
  float out[16];

  /* 4 x 4 windows of 2 x 2; the corner sees one cell, the middle four */
  strata_float_max_pool (&w, in, out, where);
  g_assert_cmpfloat (out[0], ==, 1.0f);
  g_assert_cmpfloat (out[5], ==, 5.0f);
  g_assert_cmpint (where[5], ==, 4);
  g_assert_cmpfloat (out[15], ==, -9.0f); /* padding never wins */
  strata_float_average_pool (&w, 1, 1, FALSE, in, out);
  g_assert_cmpfloat (out[0], ==, 1.0f);
  g_assert_cmpfloat (out[5], ==, 3.0f);
  g_assert_cmpfloat (out[1], ==, 1.5f);
  strata_float_average_pool (&w, 1, 1, TRUE, in, out);
  g_assert_cmpfloat (out[0], ==, 0.25f);
  g_assert_cmpfloat (out[1], ==, 0.75f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/float-conv/by-hand", test_by_hand);
  g_test_add_func ("/sdk/kernels/float-conv/against-reference", test_against_reference);
  g_test_add_func ("/sdk/kernels/float-conv/blocks", test_blocks);
  g_test_add_func ("/sdk/kernels/float-conv/threads", test_threads);
  g_test_add_func ("/sdk/kernels/float-conv/pools", test_pools);
  return g_test_run ();
}
