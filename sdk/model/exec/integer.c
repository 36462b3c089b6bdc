/* SPDX-License-Identifier: Apache-2.0
 *
 * Products of 8-bit codes, exact: sums are in 64 bits and wrap into int32 as ONNX's do. QLinear… rescales in double and
 * rounds half to even.
 */
#include <math.h>

#include "model/element.h"
#include "model/exec/cells.h"
#include "model/exec/exec.h"
#include "model/exec/plane.h"

static gint64
zero_of (const StrataArray *zero, gint64 i)
{
  return zero == NULL ? 0 : strata_element_int (zero->dtype, zero->data, strata_array_count (zero) == 1 ? 0 : i);
}

static double
scale_of (const StrataArray *scale, gint64 i)
{
  return strata_element_double (scale->dtype, scale->data, strata_array_count (scale) == 1 ? 0 : i);
}

/* The nearest of 256 codes from @low; NaN goes to the lowest. */
static double
nearest_code (double value, double low)
{
  double code = rint (value);

  return code > low ? MIN (code, low + 255.0) : low;
}

static void
store_code (StrataArray *out, gint64 i, double value)
{
  double low = out->dtype == STRATA_DTYPE_I8 ? -128.0 : 0.0;

  strata_element_set_int (out->dtype, out->data, i, (gint64) nearest_code (value, low));
}

typedef struct
{
  const StrataArray *x, *w, *x_zero, *w_zero;
  StrataCells cells;
} Convolution;

static gint64
convolve_cell (const Convolution *c, gint64 n, gint64 channel)
{
  const StrataCells *cells = &c->cells;
  gint64 per_group = c->w->dims[1], n_weights = 1, sum = 0;
  gint64 first = n * c->x->dims[1] + channel / (c->w->dims[0] / cells->window->groups) * per_group;
  gint64 x_zero = zero_of (c->x_zero, 0), w_zero = zero_of (c->w_zero, channel);

  for (int d = 0; d < cells->window->n; d++)
    n_weights *= cells->window->kernel[d];
  for (gint64 k = 0; k < per_group; k++)
    for (gint64 i = 0; i < cells->n; i++)
      sum += (strata_element_int (c->x->dtype, c->x->data, (first + k) * cells->n_in + cells->cells[i]) - x_zero)
             * (strata_element_int (c->w->dtype, c->w->data, (channel * per_group + k) * n_weights + cells->weights[i])
                - w_zero);
  return sum;
}

/* @finish takes each sum, with its place in the output and its channel */
static gboolean
convolve (const StrataExec *run,
          Convolution *c,
          void (*finish) (const StrataExec *, gint64 at, gint64 channel, gint64 sum),
          GError **error)
{
  gint64 channels = run->out[0]->dims[1];
  StrataExtents window;

  if (strata_array_count (run->out[0]) == 0)
    return TRUE;
  if (!strata_node_extents (run->graph, run->index, &window, error))
    return FALSE;
  if (!strata_cells_init (&c->cells, &window, c->x->dims + 2, run->out[0]->dims + 2))
    return strata_exec_fail (error, "no memory for the cells of its window");
  for (gint64 at = 0; at < c->cells.n_out; at++, strata_cells_next (&c->cells))
    for (gint64 n = 0; n < c->x->dims[0]; n++)
      for (gint64 channel = 0; channel < channels; channel++)
        finish (run, (n * channels + channel) * c->cells.n_out + at, channel, convolve_cell (c, n, channel));
  strata_cells_finish (&c->cells);
  return TRUE;
}

static void
finish_integer (const StrataExec *run, gint64 at, gint64 channel, gint64 sum)
{
  strata_element_set_int (STRATA_DTYPE_I32, run->out[0]->data, at, sum);
}

gboolean
strata_exec_conv_integer (const StrataExec *run, GError **error)
{
  Convolution c = { run->in[0], run->in[1], strata_exec_in (run, 2), strata_exec_in (run, 3), { 0 } };

  return convolve (run, &c, finish_integer, error);
}

static void
finish_q_linear (const StrataExec *run, gint64 at, gint64 channel, gint64 sum)
{
  const StrataArray *bias = strata_exec_in (run, 8);
  double scale = scale_of (run->in[1], 0) * scale_of (run->in[4], channel) / scale_of (run->in[6], 0);

  sum += bias == NULL ? 0 : strata_element_int (bias->dtype, bias->data, channel);
  store_code (run->out[0], at, rint ((double) sum * scale) + (double) zero_of (run->in[7], 0));
}

gboolean
strata_exec_q_linear_conv (const StrataExec *run, GError **error)
{
  Convolution c = { run->in[0], run->in[3], run->in[2], run->in[5], { 0 } };

  return convolve (run, &c, finish_q_linear, error);
}

typedef struct
{
  const StrataArray *a, *b, *a_zero, *b_zero;
} Product;

static void
multiply (const StrataExec *run,
          const Product *p,
          void (*finish) (const StrataExec *, gint64 at, gint64 row, gint64 column, gint64 sum))
{
  const StrataArray *a = p->a, *b = p->b, *out = run->out[0];
  gint64 m = a->n_dims > 1 ? a->dims[a->n_dims - 2] : 1, k = a->dims[a->n_dims - 1];
  gint64 n = b->n_dims > 1 ? b->dims[b->n_dims - 1] : 1, n_matrices = 1;
  int n_stack = MAX (MAX (a->n_dims, b->n_dims) - 2, 0);

  for (int d = 0; d < n_stack; d++)
    n_matrices *= out->dims[d];
  for (gint64 s = 0; s < n_matrices; s++)
    {
      gint64 at_a = a->n_dims < 2 ? 0 : strata_stack_offset (a, out->dims, n_stack, s);
      gint64 at_b = b->n_dims < 2 ? 0 : strata_stack_offset (b, out->dims, n_stack, s);

      for (gint64 i = 0; i < m; i++)
        for (gint64 j = 0; j < n; j++)
          {
            gint64 sum = 0;

            for (gint64 l = 0; l < k; l++)
              sum += (strata_element_int (a->dtype, a->data, at_a + i * k + l) - zero_of (p->a_zero, i))
                     * (strata_element_int (b->dtype, b->data, at_b + l * n + j) - zero_of (p->b_zero, j));
            finish (run, (s * m + i) * n + j, i, j, sum);
          }
    }
}

static void
finish_product (const StrataExec *run, gint64 at, gint64 row, gint64 column, gint64 sum)
{
  strata_element_set_int (STRATA_DTYPE_I32, run->out[0]->data, at, sum);
}

gboolean
strata_exec_mat_mul_integer (const StrataExec *run, GError **error)
{
  Product p = { run->in[0], run->in[1], strata_exec_in (run, 2), strata_exec_in (run, 3) };

  multiply (run, &p, finish_product);
  return TRUE;
}

static void
finish_q_linear_product (const StrataExec *run, gint64 at, gint64 row, gint64 column, gint64 sum)
{
  double scale = scale_of (run->in[1], row) * scale_of (run->in[4], column) / scale_of (run->in[6], 0);

  store_code (run->out[0], at, rint ((double) sum * scale) + (double) zero_of (run->in[7], 0));
}

gboolean
strata_exec_q_linear_mat_mul (const StrataExec *run, GError **error)
{
  Product p = { run->in[0], run->in[3], run->in[2], run->in[5] };

  multiply (run, &p, finish_q_linear_product);
  return TRUE;
}

/* DynamicQuantizeLinear-11: the range is widened to hold 0. */
gboolean
strata_exec_dynamic_quantize (const StrataExec *run, GError **error)
{
  const float *x = run->in[0]->data;
  gint64 n = strata_array_count (run->in[0]);
  float low = 0.0f, high = 0.0f, scale;
  double zero;

  for (gint64 i = 0; i < n; i++)
    {
      low = MIN (low, x[i]);
      high = MAX (high, x[i]);
    }
  scale = (high - low) / 255.0f;
  zero = scale > 0.0f ? nearest_code ((double) (-low / scale), 0.0) : 0.0;
  for (gint64 i = 0; run->out[0] != NULL && i < n; i++)
    store_code (run->out[0], i, (scale > 0.0f ? (double) rintf (x[i] / scale) : 0.0) + zero);
  if (run->node->n_outputs > 1 && run->out[1] != NULL)
    *(float *) run->out[1]->data = scale;
  if (run->node->n_outputs > 2 && run->out[2] != NULL)
    *(guint8 *) run->out[2]->data = (guint8) zero;
  return TRUE;
}
