/* SPDX-License-Identifier: Apache-2.0
 *
 * Prepared steps against plain loops; orders of elements; threads.
 */
#include "kernels/float-step.h"

#include <math.h>

#include "base/parallel.h"
#include "base/rng.h"
#include "kernels/float-gemm.h"
#include "kernels/float-pool.h"

static float *
random_floats (gint64 n, guint64 stream)
{
  StrataRngKey key = strata_rng_key (12, stream);
  float *values = g_new (float, n + 1);

  for (gint64 i = 0; i < n; i++)
    values[i] = (float) (2.0 * strata_rng_uniform (key, (guint64) i) - 1.0);
  return values;
}

static gint64
count (const StrataFloatTensor *tensor)
{
  gint64 n = 1;

  for (int d = 0; d < tensor->n_dims; d++)
    n *= tensor->dims[d];
  return n;
}

/* Runs and takes @step; the output has at least the bytes that it asks for. */
static float *
run (StrataFloatStep *step, const float *const *inputs, float *out)
{
  StrataFloatCall *call;
  g_autofree guint8 *scratch = NULL;
  float *result = out;

  g_assert_nonnull (step);
  scratch = g_malloc0 (strata_float_step_scratch (step) + 64);
  if (result == NULL)
    result = g_malloc0 (strata_float_step_n_bytes (step) + 64);
  call = strata_float_call_new (step);
  g_assert_true (strata_float_call_run (call, (const void *const *) inputs, result, scratch));
  strata_float_call_free (call);
  return result;
}

/* @values of @tensor in order @to */
static float *
reorder (const StrataFloatEngine *engine,
         const StrataFloatTensor *tensor,
         const StrataFloatLayout *to,
         const float *values)
{
  g_autoptr (StrataFloatStep) step = strata_float_step_reorder (engine, tensor, to);

  return run (step, &values, NULL);
}

static void
assert_near (const float *got, const float *wanted, gint64 n, double bound)
{
  for (gint64 i = 0; i < n; i++)
    g_assert_cmpfloat (fabs ((double) got[i] - (double) wanted[i]), <=, bound);
}

static StrataPlaneWindow
window_of (
  gint64 channels_in, gint64 channels_out, gint64 height, int kernel, int stride, int dilation, int pad, int groups)
{
  gint64 width = height - 1, reach = (gint64) (kernel - 1) * dilation + 1;

  return (StrataPlaneWindow){ .channels_in = channels_in,
                              .height = height,
                              .width = width,
                              .channels_out = channels_out,
                              .out_height = (height + 2 * pad - reach) / stride + 1,
                              .out_width = (width + 2 * pad - reach) / stride + 1,
                              .kernel_h = kernel,
                              .kernel_w = kernel,
                              .stride_h = stride,
                              .stride_w = stride,
                              .dilation_h = dilation,
                              .dilation_w = dilation,
                              .pad_top = pad,
                              .pad_left = pad,
                              .groups = groups };
}

/* A convolution of two images with what may be behind it: plus another tensor, then Relu. @bare: neither */
static void
compare_conv (const StrataFloatEngine *engine, const StrataPlaneWindow *w, gboolean bare)
{
  const StrataFloatPost posts[] = { { STRATA_FLOAT_POST_ADD, 0, 0 }, { STRATA_FLOAT_POST_RELU, 0, 0 } };
  gint64 cells = w->channels_in / w->groups * w->kernel_h * w->kernel_w;
  StrataFloatTensor in = { 4, { 2, w->channels_in, w->height, w->width }, NULL };
  StrataFloatTensor out = { 4, { 2, w->channels_out, w->out_height, w->out_width }, NULL };
  g_autofree float *x = random_floats (count (&in), 1);
  g_autofree float *weights = random_floats (cells * w->channels_out, 2);
  g_autofree float *bias = random_floats (w->channels_out, 3);
  g_autofree float *addend = random_floats (count (&out), 4);
  g_autofree float *wanted = g_new (float, count (&out));
  g_autofree float *ordered = NULL;
  g_autofree float *result = NULL;
  g_autofree float *got = NULL;
  g_autoptr (StrataFloatStep) step = strata_float_step_conv (engine, w, &in, weights, bias, posts, bare ? 0 : 2);

  g_assert_nonnull (step);
  ordered = reorder (engine, &in, strata_float_step_input (step, 0), x);
  result = reorder (engine, &out, strata_float_step_output (step), addend);
  run (step, (const float *const[]){ ordered }, result);
  out.layout = strata_float_step_output (step);
  got = reorder (engine, &out, NULL, result);
  for (int n = 0; n < 2; n++)
    strata_float_conv_ref (w, x + n * count (&in) / 2, weights, bias, wanted + n * count (&out) / 2);
  for (gint64 i = 0; i < count (&out) && !bare; i++)
    wanted[i] = MAX (wanted[i] + addend[i], 0.0f);
  assert_near (got, wanted, count (&out), 1e-6 * (double) (cells + 2));
}

static void
test_conv (void)
{
  g_autoptr (StrataFloatEngine) engine = strata_float_engine_new ();
  static const int groups[] = { 1, 2, 16 };

  for (int kernel = 1; kernel <= 5; kernel += 2)
    for (int stride = 1; stride <= 2; stride++)
      for (int dilation = 1; dilation <= 2; dilation++)
        for (int pad = 0; pad <= kernel / 2; pad++)
          for (guint g = 0; g < G_N_ELEMENTS (groups); g++)
            {
              StrataPlaneWindow w = window_of (16, 32, 12, kernel, stride, dilation, pad, groups[g]);

              compare_conv (engine, &w, stride == 1);
            }
  for (int channels = 1; channels <= 20; channels += 1 + channels / 4)
    {
      StrataPlaneWindow w = window_of (channels, 24 - channels, 13, 3, 2, 1, 1, 1);

      compare_conv (engine, &w, FALSE);
    }
}

static void
test_product (void)
{
  g_autoptr (StrataFloatEngine) engine = strata_float_engine_new ();
  static const gint64 sizes[][3] = { { 1, 7, 5 }, { 1, 256, 1000 }, { 33, 64, 48 }, { 4, 1, 3 } };

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (int transposed = 0; transposed < 2; transposed++)
      {
        const gint64 m = sizes[s][0], k = sizes[s][1], n = sizes[s][2];
        const StrataGemm gemm = { FALSE, transposed, m, n, k, k, transposed ? k : n, n, 1.0f, 0.0f };
        const StrataFloatPost clip = { STRATA_FLOAT_POST_CLIP, -1.0f, 2.0f };
        g_autofree float *a = random_floats (m * k, 1);
        g_autofree float *b = random_floats (k * n, 2);
        g_autofree float *bias = random_floats (n, 3);
        g_autofree float *wanted = g_new (float, m *n);
        g_autofree float *got = NULL;
        g_autoptr (StrataFloatStep) step = strata_float_step_product (engine, m, k, n, transposed, b, bias, &clip, 1);

        got = run (step, (const float *const[]){ a }, NULL);
        strata_float_gemm_ref (&gemm, a, b, wanted);
        for (gint64 i = 0; i < m * n; i++)
          wanted[i] = CLAMP (wanted[i] + bias[i % n], -1.0f, 2.0f);
        assert_near (got, wanted, m * n, 1e-6 * (double) (k + 2));
      }
}

/* The order that a convolution of @tensor's shape likes */
static StrataFloatStep *
make_order (const StrataFloatEngine *engine, const StrataFloatTensor *tensor)
{
  StrataPlaneWindow w = window_of (tensor->dims[1], 16, tensor->dims[2], 1, 1, 1, 0, 1);
  g_autofree float *weights = g_new0 (float, 16 * tensor->dims[1]);

  return strata_float_step_conv (engine, &w, tensor, weights, NULL, NULL, 0);
}

static void
test_pools (void)
{
  g_autoptr (StrataFloatEngine) engine = strata_float_engine_new ();
  StrataPlaneWindow w = window_of (19, 19, 11, 3, 2, 1, 1, 1);
  StrataFloatTensor in = { 4, { 1, 19, 11, 10 }, NULL }, ordered = in;
  StrataFloatTensor out = { 4, { 1, 19, w.out_height, w.out_width }, NULL };
  g_autofree float *x = random_floats (count (&in), 1);
  g_autofree float *wanted = g_new (float, count (&out));
  g_autoptr (StrataFloatStep) order = make_order (engine, &in);
  g_autofree float *moved = NULL;

  ordered.layout = strata_float_step_input (order, 0);
  moved = reorder (engine, &in, ordered.layout, x);
  for (int pool = STRATA_FLOAT_POOL_MAX; pool <= STRATA_FLOAT_POOL_AVERAGE_PADDED; pool++)
    {
      g_autoptr (StrataFloatStep) step = strata_float_step_pool (engine, pool, &w, &ordered);
      g_autofree float *result = run (step, (const float *const[]){ moved }, NULL);
      g_autofree float *got = NULL;

      out.layout = strata_float_step_output (step);
      got = reorder (engine, &out, NULL, result);
      if (pool == STRATA_FLOAT_POOL_MAX)
        strata_float_max_pool (&w, x, wanted, NULL);
      else
        strata_float_average_pool (&w, 1, 1, pool == STRATA_FLOAT_POOL_AVERAGE_PADDED, x, wanted);
      assert_near (got, wanted, count (&out), 1e-6);
    }
}

static void
test_affine_and_binary (void)
{
  g_autoptr (StrataFloatEngine) engine = strata_float_engine_new ();
  StrataFloatTensor in = { 4, { 1, 19, 6, 5 }, NULL }, ordered = in, gate = { 4, { 1, 19, 1, 1 }, NULL };
  const gint64 n = count (&in), plane = 30;
  g_autofree float *x = random_floats (n, 1);
  g_autofree float *scale = random_floats (19, 2);
  g_autofree float *offset = random_floats (19, 3);
  g_autofree float *wanted = g_new (float, n);
  g_autoptr (StrataFloatStep) order = make_order (engine, &in);
  g_autoptr (StrataFloatStep) affine = NULL;
  g_autoptr (StrataFloatStep) times = NULL;
  g_autofree float *moved = NULL;
  g_autofree float *first = NULL;
  g_autofree float *second = NULL;
  g_autofree float *got = NULL;

  ordered.layout = strata_float_step_input (order, 0);
  moved = reorder (engine, &in, ordered.layout, x);
  affine = strata_float_step_affine (engine, &ordered, scale, offset, TRUE);
  first = run (affine, (const float *const[]){ moved }, NULL);
  times = strata_float_step_binary (engine, STRATA_FLOAT_MUL, &ordered, &gate);
  second = run (times, (const float *const[]){ first, scale }, NULL);
  got = reorder (engine, &ordered, NULL, second);
  for (gint64 i = 0; i < n; i++)
    wanted[i] = MAX (scale[i / plane] * x[i] + offset[i / plane], 0.0f) * scale[i / plane];
  assert_near (got, wanted, n, 1e-6);
}

/* Tensors of other depths in one order, side by side */
static void
test_concat (void)
{
  g_autoptr (StrataFloatEngine) engine = strata_float_engine_new ();
  StrataFloatTensor shapes[] = { { 4, { 1, 32, 4, 3 }, NULL }, { 4, { 1, 16, 4, 3 }, NULL } }, ins[2];
  StrataFloatTensor out = { 4, { 1, 48, 4, 3 }, NULL };
  g_autofree float *x = random_floats (48 * 12, 1);
  g_autoptr (StrataFloatStep) order = make_order (engine, &shapes[0]);
  g_autoptr (StrataFloatStep) concat = NULL;
  const StrataFloatLayout *layout = strata_float_step_input (order, 0);
  StrataFloatLayout *like;
  float *moved[2];
  g_autofree float *result = NULL;
  g_autofree float *got = NULL;

  g_assert_nonnull (layout);
  g_assert_true (strata_float_layout_is_dense (layout));
  like = strata_float_layout_like (layout, &shapes[0]);
  g_assert_true (strata_float_layout_equal (like, layout));
  strata_float_layout_free (like);
  for (int i = 0; i < 2; i++)
    {
      ins[i] = shapes[i];
      ins[i].layout = strata_float_layout_like (layout, &shapes[i]);
      moved[i] = reorder (engine, &shapes[i], ins[i].layout, x + i * 32 * 12);
    }
  concat = strata_float_step_concat (engine, 1, ins, 2);
  result = run (concat, (const float *const[]){ moved[0], moved[1] }, NULL);
  out.layout = strata_float_step_output (concat);
  got = reorder (engine, &out, NULL, result);
  g_assert_cmpmem (got, 48 * 12 * sizeof (float), x, 48 * 12 * sizeof (float));
  for (int i = 0; i < 2; i++)
    {
      strata_float_layout_free ((StrataFloatLayout *) ins[i].layout);
      g_free (moved[i]);
    }
}

typedef struct
{
  const StrataFloatStep *step;
  const float *in;
  guint8 *outs;
} Shared;

static gboolean
run_cb (guint index, gpointer user_data, GError **error)
{
  Shared *shared = user_data;
  g_autofree guint8 *scratch = g_malloc (strata_float_step_scratch (shared->step) + 64);
  StrataFloatCall *call = strata_float_call_new (shared->step);
  const void *in = shared->in;
  gboolean ok =
    strata_float_call_run (call, &in, shared->outs + index * strata_float_step_n_bytes (shared->step), scratch);

  strata_float_call_free (call);
  return ok;
}

/* Threads share a step: bit for bit the same */
static void
test_threads (void)
{
  g_autoptr (StrataFloatEngine) engine = strata_float_engine_new ();
  StrataPlaneWindow w = window_of (3, 32, 20, 3, 1, 1, 1, 1);
  StrataFloatTensor in = { 4, { 1, 3, 20, 19 }, NULL };
  g_autofree float *x = random_floats (count (&in), 1);
  g_autofree float *weights = random_floats (32 * 27, 2);
  g_autoptr (StrataFloatStep) step = strata_float_step_conv (engine, &w, &in, weights, NULL, NULL, 0);
  gsize n_bytes = strata_float_step_n_bytes (step);
  g_autofree guint8 *outs = g_malloc (16 * n_bytes);
  Shared shared = { step, x, outs };

  g_assert_true (strata_parallel_for (16, 4, run_cb, &shared, NULL, NULL));
  for (int i = 1; i < 16; i++)
    g_assert_cmpmem (outs, n_bytes, outs + (gsize) i * n_bytes, n_bytes);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/kernels/float-step/conv", test_conv);
  g_test_add_func ("/sdk/kernels/float-step/product", test_product);
  g_test_add_func ("/sdk/kernels/float-step/pools", test_pools);
  g_test_add_func ("/sdk/kernels/float-step/affine-and-binary", test_affine_and_binary);
  g_test_add_func ("/sdk/kernels/float-step/concat", test_concat);
  g_test_add_func ("/sdk/kernels/float-step/threads", test_threads);
  return g_test_run ();
}
