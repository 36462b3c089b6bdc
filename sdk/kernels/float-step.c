/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps and calls, whatever the arithmetic. A call keeps the library's memory objects and tells them an address only
 * where it has changed.
 */
#include "kernels/float-dnnl.h"

#include <omp.h>
#include <stdlib.h>

#define ALIGNMENT 64

int
strata_dnnl_enter (void)
{
  int n_threads = omp_get_max_threads ();

  omp_set_num_threads (1);
  return n_threads;
}

void
strata_dnnl_leave (int n_threads)
{
  omp_set_num_threads (n_threads);
}

StrataFloatEngine *
strata_float_engine_new (void)
{
  StrataFloatEngine *engine = g_new0 (StrataFloatEngine, 1);

  engine->attr = strata_float_attr_new (NULL, 0);
  if (engine->attr == NULL || dnnl_engine_create (&engine->engine, dnnl_cpu, 0) != dnnl_success)
    g_clear_pointer (&engine, strata_float_engine_free);
  return engine;
}

void
strata_float_engine_free (StrataFloatEngine *engine)
{
  if (engine == NULL)
    return;
  dnnl_primitive_attr_destroy (engine->attr);
  dnnl_engine_destroy (engine->engine);
  g_free (engine);
}

dnnl_memory_desc_t
strata_float_tensor_desc (const StrataFloatTensor *tensor)
{
  dnnl_memory_desc_t desc = { 0 };
  dnnl_dims_t dims = { 0 }, strides = { 0 };
  gint64 stride = 1;

  if (tensor->layout != NULL)
    return tensor->layout->desc;
  for (int d = tensor->n_dims - 1; d >= 0; d--)
    {
      dims[d] = tensor->dims[d];
      strides[d] = stride;
      stride *= MAX (tensor->dims[d], 1);
    }
  dnnl_memory_desc_init_by_strides (&desc, tensor->n_dims, dims, dnnl_f32, strides);
  return desc;
}

dnnl_memory_desc_t
strata_float_tensor_any (const StrataFloatTensor *tensor)
{
  dnnl_memory_desc_t desc = { 0 };
  dnnl_dims_t dims = { 0 };

  for (int d = 0; d < tensor->n_dims; d++)
    dims[d] = tensor->dims[d];
  dnnl_memory_desc_init_by_tag (&desc, tensor->n_dims, dims, dnnl_f32, dnnl_format_tag_any);
  return desc;
}

dnnl_memory_desc_t
strata_float_vector_desc (gint64 n)
{
  StrataFloatTensor vector = { 1, { n }, NULL };

  return strata_float_tensor_desc (&vector);
}

/* Whether elements lie in C order; dimensions of one may have any stride */
static gboolean
is_plain (const dnnl_memory_desc_t *desc)
{
  gint64 stride = 1;

  if (desc->format_kind != dnnl_blocked || desc->format_desc.blocking.inner_nblks != 0)
    return FALSE;
  for (int d = desc->ndims - 1; d >= 0; d--)
    {
      if (desc->padded_dims[d] != desc->dims[d]
          || (desc->dims[d] != 1 && desc->format_desc.blocking.strides[d] != stride))
        return FALSE;
      stride *= desc->dims[d];
    }
  return TRUE;
}

gboolean
strata_float_layout_equal (const StrataFloatLayout *a, const StrataFloatLayout *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return dnnl_memory_desc_equal (&a->desc, &b->desc) != 0;
}

StrataFloatLayout *
strata_float_layout_like (const StrataFloatLayout *layout, const StrataFloatTensor *tensor)
{
  StrataFloatLayout *like = g_memdup2 (layout, sizeof *layout);
  dnnl_blocking_desc_t *blocking = &like->desc.format_desc.blocking;
  gint64 stride = 1, blocks[DNNL_MAX_NDIMS];
  gboolean placed[DNNL_MAX_NDIMS] = { FALSE };

  g_assert (layout->desc.format_kind == dnnl_blocked && layout->desc.ndims == tensor->n_dims);
  for (int d = 0; d < tensor->n_dims; d++)
    blocks[d] = 1;
  for (int i = 0; i < blocking->inner_nblks; i++)
    {
      blocks[blocking->inner_idxs[i]] *= blocking->inner_blks[i];
      stride *= blocking->inner_blks[i];
    }
  for (int n = 0; n < tensor->n_dims; n++)
    {
      int next = -1;

      /* the innermost one of those that are left; of equal ones the last */
      for (int d = 0; d < tensor->n_dims; d++)
        if (!placed[d]
            && (next < 0
                || layout->desc.format_desc.blocking.strides[d] <= layout->desc.format_desc.blocking.strides[next]))
          next = d;
      placed[next] = TRUE;
      like->desc.dims[next] = tensor->dims[next];
      like->desc.padded_dims[next] = (tensor->dims[next] + blocks[next] - 1) / blocks[next] * blocks[next];
      blocking->strides[next] = stride;
      stride *= like->desc.padded_dims[next] / blocks[next];
    }
  return like;
}

void
strata_float_layout_free (StrataFloatLayout *layout)
{
  g_free (layout);
}

gboolean
strata_float_layout_is_dense (const StrataFloatLayout *layout)
{
  gsize count = 1;

  if (layout == NULL)
    return TRUE;
  for (int d = 0; d < layout->desc.ndims; d++)
    count *= (gsize) layout->desc.dims[d];
  return dnnl_memory_desc_get_size (&layout->desc) == count * sizeof (float);
}

static gboolean
append_post (dnnl_post_ops_t ops, const StrataFloatPost *post)
{
  static const dnnl_alg_kind_t functions[] = {
    [STRATA_FLOAT_POST_RELU] = dnnl_eltwise_relu,
    [STRATA_FLOAT_POST_CLIP] = dnnl_eltwise_clip,
    [STRATA_FLOAT_POST_SWISH] = dnnl_eltwise_swish,
    [STRATA_FLOAT_POST_SIGMOID] = dnnl_eltwise_logistic,
    [STRATA_FLOAT_POST_TANH] = dnnl_eltwise_tanh,
    [STRATA_FLOAT_POST_GELU] = dnnl_eltwise_gelu_erf,
    [STRATA_FLOAT_POST_HARD_SWISH] = dnnl_eltwise_hardswish,
  };

  if (post->kind == STRATA_FLOAT_POST_ADD)
    return dnnl_post_ops_append_sum (ops, 1.0f) == dnnl_success;
  return dnnl_post_ops_append_eltwise (ops, 1.0f, functions[post->kind], post->alpha, post->beta) == dnnl_success;
}

dnnl_primitive_attr_t
strata_float_attr_new (const StrataFloatPost *posts, int n_posts)
{
  dnnl_primitive_attr_t attr = NULL;
  dnnl_post_ops_t ops = NULL;
  gboolean ok;

  if (dnnl_primitive_attr_create (&attr) != dnnl_success)
    return NULL;
  ok = dnnl_primitive_attr_set_scratchpad_mode (attr, dnnl_scratchpad_mode_user) == dnnl_success
       && dnnl_post_ops_create (&ops) == dnnl_success;
  for (int i = 0; ok && i < n_posts; i++)
    ok = append_post (ops, &posts[i]);
  ok = ok && dnnl_primitive_attr_set_post_ops (attr, ops) == dnnl_success;
  dnnl_post_ops_destroy (ops);
  if (!ok)
    dnnl_primitive_attr_destroy (g_steal_pointer (&attr));
  return attr;
}

gboolean
strata_float_desc_is_slow (const_dnnl_primitive_desc_t desc)
{
  const char *name = NULL;

  return dnnl_primitive_desc_query (desc, dnnl_query_impl_info_str, 0, &name) != dnnl_success
         || g_str_has_prefix (name, "ref") || g_str_has_prefix (name, "simple:");
}

static dnnl_memory_desc_t
query (const_dnnl_primitive_desc_t desc, int arg)
{
  const dnnl_memory_desc_t *found = dnnl_primitive_desc_query_md (desc, dnnl_query_exec_arg_md, arg);

  return found == NULL ? (dnnl_memory_desc_t){ 0 } : *found;
}

StrataFloatStep *
strata_float_step_new (const StrataFloatEngine *engine, dnnl_primitive_desc_t desc, int n_inputs, const int *args)
{
  StrataFloatStep *step = g_new0 (StrataFloatStep, 1);
  dnnl_memory_desc_t scratch = query (desc, DNNL_ARG_SCRATCHPAD);

  step->engine = engine;
  step->desc = desc;
  step->n_inputs = n_inputs;
  step->args = g_memdup2 (args, sizeof (int) * (gsize) n_inputs);
  step->layouts = g_new0 (StrataFloatLayout, n_inputs + 1);
  for (int i = 0; i < n_inputs; i++)
    step->layouts[i].desc = query (desc, args[i]);
  step->layouts[n_inputs].desc = query (desc, DNNL_ARG_DST);
  step->scratch = dnnl_memory_desc_get_size (&scratch);
  if (dnnl_primitive_create (&step->primitive, desc) != dnnl_success)
    g_clear_pointer (&step, strata_float_step_free);
  return step;
}

void
strata_float_step_free (StrataFloatStep *step)
{
  if (step == NULL)
    return;
  for (int i = 0; i < step->n_held; i++)
    {
      dnnl_memory_destroy (step->held[i].memory);
      free (step->held[i].data);
    }
  dnnl_primitive_destroy (step->primitive);
  dnnl_primitive_desc_destroy (step->desc);
  g_free (step->args);
  g_free (step->layouts);
  g_free (step);
}

static gboolean
reorder_now (const StrataFloatEngine *engine, dnnl_memory_t from, dnnl_memory_t to)
{
  const dnnl_memory_desc_t *from_desc = NULL, *to_desc = NULL;
  dnnl_primitive_desc_t desc = NULL;
  dnnl_primitive_t reorder = NULL;
  dnnl_stream_t stream = NULL;
  dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, to } };
  gboolean ok = dnnl_memory_get_memory_desc (from, &from_desc) == dnnl_success
                && dnnl_memory_get_memory_desc (to, &to_desc) == dnnl_success
                && dnnl_reorder_primitive_desc_create (&desc, from_desc, engine->engine, to_desc, engine->engine, NULL)
                     == dnnl_success
                && dnnl_primitive_create (&reorder, desc) == dnnl_success
                && dnnl_stream_create (&stream, engine->engine, dnnl_stream_default_flags) == dnnl_success
                && dnnl_primitive_execute (reorder, stream, G_N_ELEMENTS (args), args) == dnnl_success
                && dnnl_stream_wait (stream) == dnnl_success;

  dnnl_stream_destroy (stream);
  dnnl_primitive_destroy (reorder);
  dnnl_primitive_desc_destroy (desc);
  return ok;
}

gboolean
strata_float_step_hold (
  StrataFloatStep *step, int arg, const dnnl_memory_desc_t *from, const dnnl_memory_desc_t *to, const float *values)
{
  StrataFloatHeld *held = &step->held[step->n_held];
  gsize n_bytes = dnnl_memory_desc_get_size (to);
  dnnl_memory_t source = NULL;
  gboolean ok;

  g_assert (step->n_held < STRATA_FLOAT_MAX_HELD);
  held->arg = arg;
  held->data = aligned_alloc (ALIGNMENT, (n_bytes + ALIGNMENT) / ALIGNMENT * ALIGNMENT);
  if (held->data == NULL)
    return FALSE;
  step->n_held++;
  ok = dnnl_memory_create (&held->memory, to, step->engine->engine, held->data) == dnnl_success
       && dnnl_memory_create (&source, from, step->engine->engine, (void *) values) == dnnl_success
       && reorder_now (step->engine, source, held->memory);
  dnnl_memory_destroy (source);
  return ok;
}

const StrataFloatLayout *
strata_float_step_input (const StrataFloatStep *step, int i)
{
  return is_plain (&step->layouts[i].desc) ? NULL : &step->layouts[i];
}

const StrataFloatLayout *
strata_float_step_output (const StrataFloatStep *step)
{
  return strata_float_step_input (step, step->n_inputs);
}

gsize
strata_float_step_n_bytes (const StrataFloatStep *step)
{
  return dnnl_memory_desc_get_size (&step->layouts[step->n_inputs].desc);
}

gsize
strata_float_step_scratch (const StrataFloatStep *step)
{
  return step->scratch;
}

struct _StrataFloatCall
{
  const StrataFloatStep *step;
  dnnl_stream_t stream;
  int n_args;
  dnnl_exec_arg_t *args; /* inputs, output, scratch, held */
  const void **bound;    /* per argument but the held ones: its address */
};

static gboolean
add_arg (StrataFloatCall *call, int arg, const dnnl_memory_desc_t *desc)
{
  dnnl_exec_arg_t *to = &call->args[call->n_args++];

  to->arg = arg;
  return dnnl_memory_create (&to->memory, desc, call->step->engine->engine, DNNL_MEMORY_NONE) == dnnl_success;
}

StrataFloatCall *
strata_float_call_new (const StrataFloatStep *step)
{
  StrataFloatCall *call = g_new0 (StrataFloatCall, 1);
  dnnl_memory_desc_t scratch = query (step->desc, DNNL_ARG_SCRATCHPAD);
  gboolean ok;

  call->step = step;
  call->args = g_new0 (dnnl_exec_arg_t, step->n_inputs + 2 + step->n_held);
  call->bound = g_new0 (const void *, step->n_inputs + 2);
  ok = dnnl_stream_create (&call->stream, step->engine->engine, dnnl_stream_default_flags) == dnnl_success;
  for (int i = 0; ok && i < step->n_inputs; i++)
    ok = add_arg (call, step->args[i], &step->layouts[i].desc);
  ok = ok && add_arg (call, DNNL_ARG_DST, &step->layouts[step->n_inputs].desc)
       && add_arg (call, DNNL_ARG_SCRATCHPAD, &scratch);
  if (!ok)
    {
      strata_float_call_free (call);
      return NULL;
    }
  for (int i = 0; i < step->n_held; i++)
    call->args[call->n_args++] = (dnnl_exec_arg_t){ step->held[i].arg, step->held[i].memory };
  return call;
}

void
strata_float_call_free (StrataFloatCall *call)
{
  if (call == NULL)
    return;
  for (int i = 0; i < MIN (call->n_args, call->step->n_inputs + 2); i++)
    dnnl_memory_destroy (call->args[i].memory);
  dnnl_stream_destroy (call->stream);
  g_free (call->args);
  g_free (call->bound);
  g_free (call);
}

static gboolean
bind (StrataFloatCall *call, int i, const void *data)
{
  if (call->bound[i] == data)
    return TRUE;
  call->bound[i] = data;
  return dnnl_memory_set_data_handle (call->args[i].memory, (void *) data) == dnnl_success;
}

gboolean
strata_float_call_run (StrataFloatCall *call, const void *const *inputs, void *output, void *scratch)
{
  int n = call->step->n_inputs, n_threads = strata_dnnl_enter ();
  gboolean ok = bind (call, n, output) && bind (call, n + 1, scratch);

  for (int i = 0; ok && i < n; i++)
    ok = bind (call, i, inputs[i]);
  ok = ok && dnnl_primitive_execute (call->step->primitive, call->stream, call->n_args, call->args) == dnnl_success
       && dnnl_stream_wait (call->stream) == dnnl_success;
  strata_dnnl_leave (n_threads);
  return ok;
}
