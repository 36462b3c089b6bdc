/* SPDX-License-Identifier: Apache-2.0
 *
 * Convolutions and products with constant weights, which are put into the library's order here.
 */
#include "kernels/float-dnnl.h"

/* An input in C order with no more channels is an image */
#define IMAGE_CHANNELS 4

typedef struct
{
  dnnl_dims_t strides, dilations, before, after;
} Geometry;

/* The library wants pads that end where the last window does. */
static gint64
pad_after (gint64 in, gint64 out, gint64 kernel, gint64 stride, gint64 dilation, gint64 before)
{
  return MAX ((out - 1) * stride + (kernel - 1) * dilation + 1 - in - before, 0);
}

static Geometry
geometry_of (const StrataPlaneWindow *w)
{
  return (Geometry){
    { w->stride_h, w->stride_w },
    { w->dilation_h - 1, w->dilation_w - 1 },
    { w->pad_top, w->pad_left },
    { pad_after (w->height, w->out_height, w->kernel_h, w->stride_h, w->dilation_h, w->pad_top),
      pad_after (w->width, w->out_width, w->kernel_w, w->stride_w, w->dilation_w, w->pad_left) },
  };
}

static StrataFloatTensor
weight_tensor (const StrataPlaneWindow *w)
{
  if (w->groups == 1)
    return (StrataFloatTensor){ 4, { w->channels_out, w->channels_in, w->kernel_h, w->kernel_w }, NULL };
  return (StrataFloatTensor){
    5,
    { w->groups, w->channels_out / w->groups, w->channels_in / w->groups, w->kernel_h, w->kernel_w },
    NULL,
  };
}

static dnnl_primitive_desc_t
describe (const StrataFloatEngine *engine,
          const StrataPlaneWindow *w,
          const dnnl_memory_desc_t *in,
          gint64 batch,
          gboolean biased,
          const_dnnl_primitive_attr_t attr)
{
  StrataFloatTensor weights = weight_tensor (w);
  StrataFloatTensor out = { 4, { batch, w->channels_out, w->out_height, w->out_width }, NULL };
  dnnl_memory_desc_t weights_any = strata_float_tensor_any (&weights), out_any = strata_float_tensor_any (&out);
  dnnl_memory_desc_t bias = strata_float_vector_desc (w->channels_out);
  Geometry g = geometry_of (w);
  dnnl_convolution_desc_t conv;
  dnnl_primitive_desc_t desc = NULL;

  if (dnnl_dilated_convolution_forward_desc_init (&conv, dnnl_forward_inference, dnnl_convolution_direct, in,
                                                  &weights_any, biased ? &bias : NULL, &out_any, g.strides, g.dilations,
                                                  g.before, g.after)
        != dnnl_success
      || dnnl_primitive_desc_create (&desc, &conv, attr, engine->engine, NULL) != dnnl_success)
    return NULL;
  if (strata_float_desc_is_slow (desc))
    dnnl_primitive_desc_destroy (g_steal_pointer (&desc));
  return desc;
}

/* An image with its channels innermost, if there is code for that: what comes after it lies that way too. */
static dnnl_primitive_desc_t
choose_image (const StrataFloatEngine *engine,
              const StrataPlaneWindow *w,
              const StrataFloatTensor *in,
              gboolean biased,
              const_dnnl_primitive_attr_t attr)
{
  const dnnl_dims_t dims = { in->dims[0], in->dims[1], in->dims[2], in->dims[3] };
  const char *name = "";
  dnnl_memory_desc_t inner;
  dnnl_primitive_desc_t desc = NULL;

  if (dnnl_memory_desc_init_by_tag (&inner, 4, dims, dnnl_f32, dnnl_nhwc) == dnnl_success)
    desc = describe (engine, w, &inner, in->dims[0], biased, attr);
  if (desc != NULL)
    dnnl_primitive_desc_query (desc, dnnl_query_impl_info_str, 0, &name);
  if (!g_str_has_prefix (name, "brg"))
    dnnl_primitive_desc_destroy (g_steal_pointer (&desc));
  return desc;
}

/* In the order that the library likes best; an image as it lies, which is what it has code for. */
static dnnl_primitive_desc_t
choose (const StrataFloatEngine *engine,
        const StrataPlaneWindow *w,
        const StrataFloatTensor *in,
        gboolean biased,
        const_dnnl_primitive_attr_t attr)
{
  dnnl_memory_desc_t given = strata_float_tensor_desc (in), any = strata_float_tensor_any (in);
  gboolean image = in->layout == NULL && w->channels_in <= IMAGE_CHANNELS && w->channels_in > 1;
  dnnl_primitive_desc_t desc = image ? choose_image (engine, w, in, biased, attr) : NULL;

  if (desc == NULL)
    desc = describe (engine, w, image ? &given : &any, in->dims[0], biased, attr);
  return desc != NULL ? desc : describe (engine, w, image ? &any : &given, in->dims[0], biased, attr);
}

static gboolean
hold (StrataFloatStep *step, const StrataFloatTensor *weights, const float *values, gint64 n_bias, const float *bias)
{
  dnnl_memory_desc_t from = strata_float_tensor_desc (weights), vector = strata_float_vector_desc (n_bias);
  const dnnl_memory_desc_t *to = dnnl_primitive_desc_query_md (step->desc, dnnl_query_weights_md, 0);

  return strata_float_step_hold (step, DNNL_ARG_WEIGHTS, &from, to, values)
         && (bias == NULL || strata_float_step_hold (step, DNNL_ARG_BIAS, &vector, &vector, bias));
}

StrataFloatStep *
strata_float_step_conv (const StrataFloatEngine *engine,
                        const StrataPlaneWindow *window,
                        const StrataFloatTensor *in,
                        const float *weights,
                        const float *bias,
                        const StrataFloatPost *posts,
                        int n_posts)
{
  static const int args[] = { DNNL_ARG_SRC };
  int n_threads = strata_dnnl_enter ();
  dnnl_primitive_attr_t attr = strata_float_attr_new (posts, n_posts);
  dnnl_primitive_desc_t desc = attr == NULL ? NULL : choose (engine, window, in, bias != NULL, attr);
  StrataFloatStep *step = desc == NULL ? NULL : strata_float_step_new (engine, desc, 1, args);
  StrataFloatTensor shape = weight_tensor (window);

  if (step != NULL && !hold (step, &shape, weights, window->channels_out, bias))
    g_clear_pointer (&step, strata_float_step_free);
  dnnl_primitive_attr_destroy (attr);
  strata_dnnl_leave (n_threads);
  return step;
}

static dnnl_primitive_desc_t
describe_product (const StrataFloatEngine *engine,
                  const StrataFloatTensor *in,
                  gint64 n,
                  gboolean biased,
                  const_dnnl_primitive_attr_t attr)
{
  StrataFloatTensor weights = { 2, { in->dims[1], n }, NULL }, out = { 2, { in->dims[0], n }, NULL };
  StrataFloatTensor row = { 2, { 1, n }, NULL };
  dnnl_memory_desc_t in_desc = strata_float_tensor_desc (in), any = strata_float_tensor_any (&weights);
  dnnl_memory_desc_t bias = strata_float_tensor_desc (&row), out_desc = strata_float_tensor_desc (&out);
  dnnl_matmul_desc_t product;
  dnnl_primitive_desc_t desc = NULL;

  if (dnnl_matmul_desc_init (&product, &in_desc, &any, biased ? &bias : NULL, &out_desc) != dnnl_success
      || dnnl_primitive_desc_create (&desc, &product, attr, engine->engine, NULL) != dnnl_success)
    return NULL;
  if (strata_float_desc_is_slow (desc))
    dnnl_primitive_desc_destroy (g_steal_pointer (&desc));
  return desc;
}

static gboolean
hold_product (StrataFloatStep *step, gint64 k, gint64 n, gboolean transposed, const float *values, const float *bias)
{
  const dnnl_dims_t dims = { k, n }, strides = { transposed ? 1 : n, transposed ? k : 1 };
  const dnnl_memory_desc_t *to = dnnl_primitive_desc_query_md (step->desc, dnnl_query_weights_md, 0);
  StrataFloatTensor row = { 2, { 1, n }, NULL };
  dnnl_memory_desc_t from, vector = strata_float_tensor_desc (&row);

  return dnnl_memory_desc_init_by_strides (&from, 2, dims, dnnl_f32, strides) == dnnl_success
         && strata_float_step_hold (step, DNNL_ARG_WEIGHTS, &from, to, values)
         && (bias == NULL || strata_float_step_hold (step, DNNL_ARG_BIAS, &vector, &vector, bias));
}

StrataFloatStep *
strata_float_step_product (const StrataFloatEngine *engine,
                           gint64 m,
                           gint64 k,
                           gint64 n,
                           gboolean transposed,
                           const float *weights,
                           const float *bias,
                           const StrataFloatPost *posts,
                           int n_posts)
{
  static const int args[] = { DNNL_ARG_SRC };
  int n_threads = strata_dnnl_enter ();
  StrataFloatTensor in = { 2, { m, k }, NULL };
  dnnl_primitive_attr_t attr = strata_float_attr_new (posts, n_posts);
  dnnl_primitive_desc_t desc = attr == NULL ? NULL : describe_product (engine, &in, n, bias != NULL, attr);
  StrataFloatStep *step = desc == NULL ? NULL : strata_float_step_new (engine, desc, 1, args);

  if (step != NULL && !hold_product (step, k, n, transposed, weights, bias))
    g_clear_pointer (&step, strata_float_step_free);
  dnnl_primitive_attr_destroy (attr);
  strata_dnnl_leave (n_threads);
  return step;
}
