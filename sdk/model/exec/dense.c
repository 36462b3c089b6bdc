/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes to prepared kernels: convolutions and products with constant weights, and what lies between them, which takes
 * the order of elements that the kernels chose. What stays in C order on both sides is left to the nodes' executors.
 */

#include "model/exec/exec.h"
#include "model/exec/fuse.h"
#include "model/exec/plane.h"

#define MAX_PACKED ((gsize) 96 << 20)

static const StrataValue *
in_value (const StrataPlan *plan, const StrataNode *node, int i)
{
  return i < node->n_inputs && node->inputs[i] >= 0 ? &plan->graph->values[node->inputs[i]] : NULL;
}

/* A computed image, not empty */
static gboolean
is_image (const StrataPlan *plan, int value)
{
  const StrataValue *v = value < 0 ? NULL : &plan->graph->values[value];

  return v != NULL && v->dtype == STRATA_DTYPE_F32 && (v->n_dims == 3 || v->n_dims == 4) && strata_value_count (v) > 0
         && plan->place[value] >= 0;
}

static const StrataFloatLayout *
layout_of (const StrataPlan *plan, int value)
{
  return strata_plan_place (plan, plan->place[value])->layout;
}

static StrataArray
shape_of (const StrataPlan *plan, int value)
{
  return strata_value_view (&plan->graph->values[value]);
}

/* Where the sum is made: over the addend where the addition is the last to read it (what the step itself reads counts
 * as still to come), else over a copy */
static int
place_addend (StrataPlan *plan, const StrataFusion *fusion, const StrataFloatLayout *layout)
{
  int place = plan->place[fusion->addend], copy;
  StrataFloatTensor tensor = strata_plan_tensor (plan, place);
  StrataFloatStep *step;

  if (strata_float_layout_equal (strata_plan_place (plan, place)->layout, layout)
      && strata_plan_is_last_read (plan, fusion->addend))
    return place;
  step = strata_float_step_reorder (plan->engine, &tensor, layout);
  if (step == NULL)
    return -1;
  copy =
    strata_plan_add_place (plan, fusion->addend, strata_float_step_output (step), strata_float_step_n_bytes (step), -1);
  strata_plan_add_step (plan, g_array_index (fusion->nodes, int, 0), step, 1, &place, 1, &copy);
  return copy;
}

/* Adds @step, which reads @in, and takes it. @in's place has to be there, the addend's too. */
static gboolean
commit (StrataPlan *plan, const StrataFusion *fusion, StrataFloatStep *step, int in)
{
  int last = g_array_index (fusion->nodes, int, fusion->nodes->len - 1);
  int from = strata_plan_ordered (plan, in, strata_float_step_input (step, 0)), over = -1, to;

  if (from >= 0 && fusion->addend >= 0)
    over = place_addend (plan, fusion, strata_float_step_output (step));
  if (from < 0 || (fusion->addend >= 0 && over < 0))
    {
      strata_float_step_free (step);
      return FALSE;
    }
  to = strata_plan_add_place (plan, fusion->value, strata_float_step_output (step), strata_float_step_n_bytes (step),
                              over);
  strata_plan_add_step (plan, last, step, 1, &from, 1, &to);
  for (guint i = 0; i < fusion->nodes->len; i++)
    strata_plan_finish_node (plan, g_array_index (fusion->nodes, int, i));
  return TRUE;
}

static gboolean
is_scaled (const StrataFusion *fusion)
{
  for (gint64 c = 0; c < fusion->n_channels; c++)
    if (fusion->scale[c] != 1.0)
      return TRUE;
  return FALSE;
}

/* Weights times the scale of their output channel, which is constant over runs of @n_inner and comes round after
 * n_channels of them. @scaled: memory for them, where they are not as they were. NULL: no memory */
static const float *
scale_weights (const StrataFusion *fusion, const float *weights, gint64 n, gint64 n_inner, double alpha, float **scaled)
{
  float *to;
  gint64 c = 0;

  if (alpha == 1.0 && !is_scaled (fusion))
    return weights;
  *scaled = to = g_try_new (float, (gsize) n + 1);
  if (to == NULL)
    return NULL;
  for (gint64 run = 0; run < n / n_inner; run++, c = c + 1 == fusion->n_channels ? 0 : c + 1)
    {
      double factor = alpha * fusion->scale[c];

      for (gint64 i = 0; i < n_inner; i++)
        *to++ = (float) (factor * (double) *weights++);
    }
  return *scaled;
}

/* Bias times scale plus offset */
static float *
scale_bias (const StrataFusion *fusion, const double *bias)
{
  float *scaled = g_new (float, fusion->n_channels);

  for (gint64 c = 0; c < fusion->n_channels; c++)
    scaled[c] = (float) ((bias == NULL ? 0.0 : bias[c]) * fusion->scale[c] + fusion->offset[c]);
  return scaled;
}

static gboolean
try_conv (StrataPlan *plan, int index, const StrataPlaneWindow *window, int max_posts)
{
  const StrataNode *node = &plan->graph->nodes[index];
  const StrataArray *weights = strata_plan_known (plan, node->inputs[1]);
  StrataFloatTensor in = strata_plan_tensor (plan, plan->place[node->inputs[0]]);
  gint64 n = strata_array_count (weights);
  StrataFloatStep *step = NULL;
  g_autofree double *given = NULL;
  const float *factors;
  g_autofree float *scaled = NULL;
  g_autofree float *bias = NULL;
  StrataFusion fusion;
  gboolean ok = FALSE;

  strata_fusion_init (&fusion, plan, index, 1);
  if (max_posts >= 0)
    strata_fusion_grow (&fusion, plan, max_posts);
  if (in_value (plan, node, 2) != NULL)
    {
      const float *values = strata_plan_known (plan, node->inputs[2])->data;

      given = g_new (double, fusion.n_channels);
      for (gint64 c = 0; c < fusion.n_channels; c++)
        given[c] = (double) values[c];
    }
  factors = scale_weights (&fusion, weights->data, n, n / fusion.n_channels, 1.0, &scaled);
  bias = scale_bias (&fusion, given);
  if (factors != NULL)
    step = strata_float_step_conv (plan->engine, window, &in, factors, bias, fusion.posts, fusion.n_posts);
  ok = step != NULL && commit (plan, &fusion, step, node->inputs[0]);
  strata_fusion_finish (&fusion);
  return ok;
}

/* Steps copy their weights into the library's order. Of a large model only so much is copied, that its memory stays
 * near the size of its file: the first layers, which are convolutions where there are any. What folding made is freed
 * when it is copied, and costs nothing. */
static gboolean
may_pack (StrataPlan *plan, int value)
{
  const StrataValue *constant = &plan->graph->values[value];

  return constant->data == NULL || plan->n_packed + constant->n_bytes <= MAX_PACKED;
}

static void
note_packed (StrataPlan *plan, int value)
{
  if (plan->graph->values[value].data != NULL)
    plan->n_packed += plan->graph->values[value].n_bytes;
}

static gboolean
dense_conv (StrataPlan *plan, int index)
{
  const StrataNode *node = &plan->graph->nodes[index];
  const StrataArray *weights = strata_plan_known (plan, node->inputs[1]);
  StrataPlaneWindow plane;
  StrataWindow window;
  StrataArray in, out;

  if (!is_image (plan, node->inputs[0]) || weights == NULL || !may_pack (plan, node->inputs[1])
      || strata_value_count (&plan->graph->values[node->outputs[0]]) == 0
      || (in_value (plan, node, 2) != NULL && strata_plan_known (plan, node->inputs[2]) == NULL)
      || !strata_node_window (plan->graph, index, &window, NULL))
    return FALSE;
  in = shape_of (plan, node->inputs[0]);
  out = shape_of (plan, node->outputs[0]);
  plane = strata_plane_window (&window, &in, &out);
  if (!try_conv (plan, index, &plane, STRATA_FUSION_POSTS) && !try_conv (plan, index, &plane, 0)
      && !try_conv (plan, index, &plane, -1))
    return FALSE;
  note_packed (plan, node->inputs[1]);
  return TRUE;
}

typedef struct
{
  gint64 m, k, n;
  gboolean transposed;
  double alpha;
  const float *weights;
  double *bias; /* n, or NULL */
} Product;

static gboolean
try_product (StrataPlan *plan, int index, const Product *p, int max_posts)
{
  const StrataNode *node = &plan->graph->nodes[index];
  StrataFloatStep *step = NULL;
  const float *factors;
  g_autofree float *scaled = NULL;
  g_autofree float *bias = NULL;
  StrataFusion fusion;
  gboolean ok = FALSE;

  strata_fusion_init (&fusion, plan, index, plan->graph->values[node->outputs[0]].n_dims - 1);
  if (max_posts >= 0)
    strata_fusion_grow (&fusion, plan, max_posts);
  factors = scale_weights (&fusion, p->weights, p->k * p->n, p->transposed ? p->k : 1, p->alpha, &scaled);
  bias = scale_bias (&fusion, p->bias);
  if (factors != NULL)
    step = strata_float_step_product (plan->engine, p->m, p->k, p->n, p->transposed, factors, bias, fusion.posts,
                                      fusion.n_posts);
  /* what is before and after is in C order */
  ok = step != NULL && strata_plan_ordered (plan, node->inputs[0], NULL) >= 0
       && (fusion.addend < 0 || strata_plan_ordered (plan, fusion.addend, NULL) >= 0)
       && commit (plan, &fusion, step, node->inputs[0]);
  strata_fusion_finish (&fusion);
  return ok;
}

/* Gemm's C as one number per column; @ok: FALSE where it is none. (transfer full), NULL where there is none */
static double *
gemm_bias (const StrataPlan *plan, const StrataNode *node, gboolean *ok)
{
  double beta = (double) strata_node_float (node, "beta", 1.0f), *bias;

  *ok = TRUE;
  if (in_value (plan, node, 2) == NULL)
    return NULL;
  bias = strata_fusion_vector (plan, node->inputs[2], node->outputs[0], 1);
  *ok = bias != NULL;
  for (gint64 i = 0; *ok && i < plan->graph->values[node->outputs[0]].dims[1]; i++)
    bias[i] *= beta;
  return bias;
}

static gboolean
dense_product (StrataPlan *plan, int index)
{
  const StrataNode *node = &plan->graph->nodes[index];
  const StrataArray *weights = strata_plan_known (plan, node->inputs[1]);
  const StrataValue *in = in_value (plan, node, 0), *out = &plan->graph->values[node->outputs[0]];
  g_autofree double *bias = NULL;
  Product p = { .alpha = 1.0 };
  gboolean ok = TRUE;

  if (weights == NULL || !may_pack (plan, node->inputs[1]) || weights->dtype != STRATA_DTYPE_F32 || weights->n_dims != 2
      || in->dtype != STRATA_DTYPE_F32 || in->n_dims < 2 || strata_value_count (out) == 0
      || strata_value_count (in) == 0 || plan->place[node->inputs[0]] < 0)
    return FALSE;
  if (node->op == STRATA_OP_GEMM)
    {
      p.transposed = strata_node_int (node, "transB", 0) != 0;
      p.alpha = (double) strata_node_float (node, "alpha", 1.0f);
      ok = strata_node_int (node, "transA", 0) == 0;
      bias = ok ? gemm_bias (plan, node, &ok) : NULL;
    }
  p.weights = weights->data;
  p.bias = bias;
  p.k = weights->dims[p.transposed ? 1 : 0];
  p.n = weights->dims[p.transposed ? 0 : 1];
  p.m = strata_value_count (in) / p.k;
  ok = ok
       && (try_product (plan, index, &p, STRATA_FUSION_POSTS) || try_product (plan, index, &p, 0)
           || try_product (plan, index, &p, -1));
  if (ok)
    note_packed (plan, node->inputs[1]);
  return ok;
}

/* Adds @step of @node alone, which takes its inputs in the orders in which they are. */
static gboolean
add_alone (StrataPlan *plan, int index, StrataFloatStep *step, int n_in, const int *in)
{
  int out;

  if (step == NULL)
    return FALSE;
  out = strata_plan_add_place (plan, plan->graph->nodes[index].outputs[0], strata_float_step_output (step),
                               strata_float_step_n_bytes (step), -1);
  strata_plan_add_step (plan, index, step, n_in, in, 1, &out);
  strata_plan_finish_node (plan, index);
  return TRUE;
}

/* Whether the window's last cells lie in input and pads, as the library takes it where it counts pads */
static gboolean
ends_inside (const StrataPlaneWindow *w, const StrataWindow *window)
{
  return (w->out_height - 1) * w->stride_h + w->kernel_h <= w->height + w->pad_top + window->pad_bottom
         && (w->out_width - 1) * w->stride_w + w->kernel_w <= w->width + w->pad_left + window->pad_right;
}

static gboolean
dense_pool (StrataPlan *plan, int index)
{
  const StrataNode *node = &plan->graph->nodes[index];
  StrataFloatPool kind = node->op == STRATA_OP_MAX_POOL ? STRATA_FLOAT_POOL_MAX : STRATA_FLOAT_POOL_AVERAGE;
  StrataWindow window = { 0 };
  StrataPlaneWindow plane;
  StrataFloatTensor tensor;
  StrataArray in, out;

  if (!is_image (plan, node->inputs[0]) || node->outputs[0] < 0 || node->n_outputs > 1
      || strata_value_count (&plan->graph->values[node->outputs[0]]) == 0)
    return FALSE;
  in = shape_of (plan, node->inputs[0]);
  out = shape_of (plan, node->outputs[0]);
  tensor = strata_plan_tensor (plan, plan->place[node->inputs[0]]);
  if (node->op == STRATA_OP_GLOBAL_AVERAGE_POOL && MAX (tensor.dims[2], tensor.dims[3]) <= G_MAXINT)
    window = (StrataWindow){ (int) tensor.dims[2], (int) tensor.dims[3], 1, 1, 1, 1, 0, 0, 0, 0, 1 };
  else if (node->op == STRATA_OP_GLOBAL_AVERAGE_POOL || !strata_node_window (plan->graph, index, &window, NULL))
    return FALSE;
  plane = strata_plane_window (&window, &in, &out);
  if (node->op == STRATA_OP_AVERAGE_POOL && strata_node_int (node, "count_include_pad", 0) != 0)
    {
      kind = STRATA_FLOAT_POOL_AVERAGE_PADDED;
      if (!ends_inside (&plane, &window))
        return FALSE;
    }
  return add_alone (plan, index, strata_float_step_pool (plan->engine, kind, &plane, &tensor), 1,
                    &plan->place[node->inputs[0]]);
}

/* BatchNormalization that no convolution has taken in, with the scales and the Relu behind it */
static gboolean
dense_norm (StrataPlan *plan, int index)
{
  const StrataNode *node = &plan->graph->nodes[index];
  g_autofree float *scale = NULL;
  g_autofree float *offset = NULL;
  StrataFloatStep *step = NULL;
  StrataFloatTensor in;
  StrataFusion fusion;
  gboolean ok = FALSE;

  if (!is_image (plan, node->inputs[0]))
    return FALSE;
  strata_fusion_init (&fusion, plan, index, 1);
  if (strata_fusion_normalise (&fusion, plan, node))
    {
      in = strata_plan_tensor (plan, plan->place[node->inputs[0]]);
      strata_fusion_grow (&fusion, plan, 0);
      if (strata_plan_sole_reader (plan, fusion.value) >= 0
          && plan->graph->nodes[strata_plan_sole_reader (plan, fusion.value)].op == STRATA_OP_RELU)
        strata_fusion_grow (&fusion, plan, 1);
      scale = g_new (float, fusion.n_channels);
      for (gint64 c = 0; c < fusion.n_channels; c++)
        scale[c] = (float) fusion.scale[c];
      offset = scale_bias (&fusion, NULL);
      step = strata_float_step_affine (plan->engine, &in, scale, offset, fusion.n_posts > 0);
      ok = step != NULL && commit (plan, &fusion, step, node->inputs[0]);
    }
  strata_fusion_finish (&fusion);
  return ok;
}

/* The place of @value in the order that @like is of for another shape */
static int
place_like (StrataPlan *plan, int value, const StrataFloatLayout *like)
{
  StrataFloatTensor tensor = strata_plan_tensor (plan, plan->place[value]);
  StrataFloatLayout *layout = strata_float_layout_like (like, &tensor);

  g_ptr_array_add (plan->layouts, layout);
  return strata_plan_ordered (plan, value, layout);
}

static gboolean
dense_concat (StrataPlan *plan, int index)
{
  const StrataNode *node = &plan->graph->nodes[index];
  g_autofree StrataFloatTensor *ins = g_new (StrataFloatTensor, node->n_inputs);
  g_autofree int *places = g_new (int, node->n_inputs);
  int n_dims = plan->graph->values[node->outputs[0]].n_dims, axis = (int) strata_node_int (node, "axis", 1);
  const StrataFloatLayout *order = NULL;

  axis += axis < 0 ? n_dims : 0;
  axis += n_dims == 3 && axis == 2 ? 1 : 0;
  for (int i = 0; i < node->n_inputs; i++)
    {
      if (!is_image (plan, node->inputs[i]))
        return FALSE;
      order = layout_of (plan, node->inputs[i]) != NULL ? layout_of (plan, node->inputs[i]) : order;
    }
  if (order == NULL)
    return FALSE;
  for (int i = 0; i < node->n_inputs; i++)
    {
      places[i] = place_like (plan, node->inputs[i], order);
      if (places[i] < 0)
        return FALSE;
      ins[i] = strata_plan_tensor (plan, places[i]);
    }
  return add_alone (plan, index, strata_float_step_concat (plan->engine, axis, ins, node->n_inputs), node->n_inputs,
                    places);
}

static gboolean
dense_binary (StrataPlan *plan, int index)
{
  static const StrataFloatBinary ops[STRATA_N_OPS] = { [STRATA_OP_ADD] = STRATA_FLOAT_ADD,
                                                       [STRATA_OP_SUM] = STRATA_FLOAT_ADD,
                                                       [STRATA_OP_SUB] = STRATA_FLOAT_SUB,
                                                       [STRATA_OP_MUL] = STRATA_FLOAT_MUL,
                                                       [STRATA_OP_DIV] = STRATA_FLOAT_DIV };
  const StrataNode *node = &plan->graph->nodes[index];
  const StrataValue *out = &plan->graph->values[node->outputs[0]], *second;
  const gint64 n = strata_value_count (out);
  StrataFloatTensor a, b;
  int in[2], first = 0;

  if (node->n_inputs != 2 || out->n_dims != 4 || out->dtype != STRATA_DTYPE_F32)
    return FALSE;
  /* the one that has the order of the output comes first */
  if (!is_image (plan, node->inputs[0]) || layout_of (plan, node->inputs[0]) == NULL
      || strata_value_count (in_value (plan, node, 0)) != n)
    first = node->op == STRATA_OP_SUB || node->op == STRATA_OP_DIV ? 2 : 1;
  if (first > 1 || !is_image (plan, node->inputs[first]) || layout_of (plan, node->inputs[first]) == NULL
      || strata_value_count (in_value (plan, node, first)) != n)
    return FALSE;
  second = in_value (plan, node, 1 - first);
  if (second->n_dims != 4 || strata_value_count (second) == 0)
    return FALSE;
  in[0] = plan->place[node->inputs[first]];
  in[1] = strata_plan_ordered (plan, node->inputs[1 - first],
                               strata_value_count (second) == n ? layout_of (plan, node->inputs[first]) : NULL);
  if (in[1] < 0)
    return FALSE;
  a = strata_plan_tensor (plan, in[0]);
  b = strata_plan_tensor (plan, in[1]);
  return add_alone (plan, index, strata_float_step_binary (plan->engine, ops[node->op], &a, &b), 2, in);
}

gboolean
strata_plan_dense (StrataPlan *plan, int node)
{
  gboolean every = (plan->flags & STRATA_EXECUTOR_EVERY_VALUE) != 0;

  switch (plan->graph->nodes[node].op)
    {
    case STRATA_OP_CONV:
      return dense_conv (plan, node);
    case STRATA_OP_GEMM:
    case STRATA_OP_MAT_MUL:
      return dense_product (plan, node);
    case STRATA_OP_AVERAGE_POOL:
    case STRATA_OP_GLOBAL_AVERAGE_POOL:
    case STRATA_OP_MAX_POOL:
      return !every && dense_pool (plan, node);
    case STRATA_OP_BATCH_NORMALIZATION:
      return !every && dense_norm (plan, node);
    case STRATA_OP_CONCAT:
      return !every && dense_concat (plan, node);
    case STRATA_OP_ADD:
    case STRATA_OP_SUM:
    case STRATA_OP_SUB:
    case STRATA_OP_MUL:
    case STRATA_OP_DIV:
      return !every && dense_binary (plan, node);
    default:
      return FALSE;
    }
}
