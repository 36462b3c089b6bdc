/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps that need no arithmetic of their own to be fast, only the order of their neighbours: pools, scale and offset
 * per channel, side by side, element by element, and change of order.
 */
#include "kernels/float-dnnl.h"

static gint64
pad_after (gint64 in, gint64 out, gint64 kernel, gint64 stride, gint64 before)
{
  return MAX ((out - 1) * stride + kernel - in - before, 0);
}

static dnnl_primitive_desc_t
describe_pool (const StrataFloatEngine *engine,
               dnnl_alg_kind_t kind,
               const StrataPlaneWindow *w,
               const StrataFloatTensor *in)
{
  StrataFloatTensor out = { 4, { in->dims[0], in->dims[1], w->out_height, w->out_width }, NULL };
  dnnl_memory_desc_t in_desc = strata_float_tensor_desc (in), out_desc = strata_float_tensor_any (&out);
  const dnnl_dims_t strides = { w->stride_h, w->stride_w }, kernel = { w->kernel_h, w->kernel_w };
  const dnnl_dims_t before = { w->pad_top, w->pad_left };
  const dnnl_dims_t after = { pad_after (w->height, w->out_height, w->kernel_h, w->stride_h, w->pad_top),
                              pad_after (w->width, w->out_width, w->kernel_w, w->stride_w, w->pad_left) };
  dnnl_pooling_desc_t pool;
  dnnl_primitive_desc_t desc = NULL;

  if (dnnl_pooling_forward_desc_init (&pool, dnnl_forward_inference, kind, &in_desc, &out_desc, strides, kernel, before,
                                      after)
        != dnnl_success
      || dnnl_primitive_desc_create (&desc, &pool, engine->attr, engine->engine, NULL) != dnnl_success)
    return NULL;
  if (strata_float_desc_is_slow (desc))
    dnnl_primitive_desc_destroy (g_steal_pointer (&desc));
  return desc;
}

StrataFloatStep *
strata_float_step_pool (const StrataFloatEngine *engine,
                        StrataFloatPool pool,
                        const StrataPlaneWindow *window,
                        const StrataFloatTensor *in)
{
  static const dnnl_alg_kind_t kinds[] = {
    [STRATA_FLOAT_POOL_MAX] = dnnl_pooling_max,
    [STRATA_FLOAT_POOL_AVERAGE] = dnnl_pooling_avg_exclude_padding,
    [STRATA_FLOAT_POOL_AVERAGE_PADDED] = dnnl_pooling_avg_include_padding,
  };
  static const int args[] = { DNNL_ARG_SRC };
  int n_threads = strata_dnnl_enter ();
  dnnl_primitive_desc_t desc = NULL;
  StrataFloatStep *step;

  if (window->dilation_h == 1 && window->dilation_w == 1)
    desc = describe_pool (engine, kinds[pool], window, in);
  step = desc == NULL ? NULL : strata_float_step_new (engine, desc, 1, args);
  strata_dnnl_leave (n_threads);
  return step;
}

static gboolean
hold_affine (StrataFloatStep *step, gint64 n, const float *scale, const float *offset)
{
  dnnl_memory_desc_t vector = strata_float_vector_desc (n);
  g_autofree float *zeros = g_new0 (float, n);
  g_autofree float *ones = g_new0 (float, n);

  for (gint64 i = 0; i < n; i++)
    ones[i] = 1.0f;
  return strata_float_step_hold (step, DNNL_ARG_MEAN, &vector, &vector, zeros)
         && strata_float_step_hold (step, DNNL_ARG_VARIANCE, &vector, &vector, ones)
         && strata_float_step_hold (step, DNNL_ARG_SCALE, &vector, &vector, scale)
         && strata_float_step_hold (step, DNNL_ARG_SHIFT, &vector, &vector, offset);
}

/* As a batch normalisation to mean 0 and variance 1, which is exact: 1 / sqrt (1 + 0) is 1 */
StrataFloatStep *
strata_float_step_affine (
  const StrataFloatEngine *engine, const StrataFloatTensor *in, const float *scale, const float *offset, gboolean relu)
{
  static const int args[] = { DNNL_ARG_SRC };
  int n_threads = strata_dnnl_enter ();
  unsigned flags = dnnl_use_global_stats | dnnl_use_scale | dnnl_use_shift | (relu ? dnnl_fuse_norm_relu : 0);
  dnnl_memory_desc_t desc = strata_float_tensor_desc (in);
  dnnl_batch_normalization_desc_t norm;
  dnnl_primitive_desc_t primitive = NULL;
  StrataFloatStep *step = NULL;

  if (dnnl_batch_normalization_forward_desc_init (&norm, dnnl_forward_inference, &desc, 0.0f, flags) == dnnl_success
      && dnnl_primitive_desc_create (&primitive, &norm, engine->attr, engine->engine, NULL) == dnnl_success)
    step = strata_float_step_new (engine, primitive, 1, args);
  if (step != NULL && !hold_affine (step, in->dims[1], scale, offset))
    g_clear_pointer (&step, strata_float_step_free);
  strata_dnnl_leave (n_threads);
  return step;
}

StrataFloatStep *
strata_float_step_concat (const StrataFloatEngine *engine, int axis, const StrataFloatTensor *ins, int n_ins)
{
  int n_threads = strata_dnnl_enter ();
  g_autofree dnnl_memory_desc_t *descs = g_new0 (dnnl_memory_desc_t, n_ins);
  g_autofree int *args = g_new0 (int, n_ins);
  dnnl_primitive_desc_t desc = NULL;
  StrataFloatStep *step = NULL;

  for (int i = 0; i < n_ins; i++)
    {
      descs[i] = strata_float_tensor_desc (&ins[i]);
      args[i] = DNNL_ARG_MULTIPLE_SRC + i;
    }
  if (dnnl_concat_primitive_desc_create (&desc, NULL, n_ins, axis, descs, engine->attr, engine->engine) == dnnl_success)
    step = strata_float_step_new (engine, desc, n_ins, args);
  strata_dnnl_leave (n_threads);
  return step;
}

StrataFloatStep *
strata_float_step_binary (const StrataFloatEngine *engine,
                          StrataFloatBinary op,
                          const StrataFloatTensor *a,
                          const StrataFloatTensor *b)
{
  static const dnnl_alg_kind_t kinds[] = {
    [STRATA_FLOAT_ADD] = dnnl_binary_add,
    [STRATA_FLOAT_SUB] = dnnl_binary_sub,
    [STRATA_FLOAT_MUL] = dnnl_binary_mul,
    [STRATA_FLOAT_DIV] = dnnl_binary_div,
  };
  static const int args[] = { DNNL_ARG_SRC_0, DNNL_ARG_SRC_1 };
  int n_threads = strata_dnnl_enter ();
  dnnl_memory_desc_t a_desc = strata_float_tensor_desc (a), b_desc = strata_float_tensor_desc (b);
  dnnl_binary_desc_t binary;
  dnnl_primitive_desc_t desc = NULL;
  StrataFloatStep *step = NULL;

  if (dnnl_binary_desc_init (&binary, kinds[op], &a_desc, &b_desc, &a_desc) == dnnl_success
      && dnnl_primitive_desc_create (&desc, &binary, engine->attr, engine->engine, NULL) == dnnl_success)
    step = strata_float_step_new (engine, desc, 2, args);
  strata_dnnl_leave (n_threads);
  return step;
}

StrataFloatStep *
strata_float_step_reorder (const StrataFloatEngine *engine, const StrataFloatTensor *in, const StrataFloatLayout *to)
{
  static const int args[] = { DNNL_ARG_FROM };
  int n_threads = strata_dnnl_enter ();
  StrataFloatTensor target = *in;
  dnnl_memory_desc_t from = strata_float_tensor_desc (in), out;
  dnnl_primitive_desc_t desc = NULL;
  StrataFloatStep *step = NULL;

  target.layout = to;
  out = strata_float_tensor_desc (&target);
  if (dnnl_reorder_primitive_desc_create (&desc, &from, engine->engine, &out, engine->engine, engine->attr)
      == dnnl_success)
    step = strata_float_step_new (engine, desc, 1, args);
  strata_dnnl_leave (n_threads);
  return step;
}
