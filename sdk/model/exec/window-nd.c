/* SPDX-License-Identifier: Apache-2.0
 *
 * Plain and in double: volumes are rare, and nothing behind this folder asks for their speed.
 */
#include "model/exec/window-nd.h"

#include <math.h>

#include "model/element.h"
#include "model/exec/cells.h"

static gboolean
begin (const StrataExec *run, StrataExtents *window, StrataCells *cells, GError **error)
{
  if (!strata_node_extents (run->graph, run->index, window, error))
    return FALSE;
  return strata_cells_init (cells, window, run->in[0]->dims + 2, run->out[0]->dims + 2)
         || strata_exec_fail (error, "no memory for the cells of its window");
}

static float
convolve_cell (const StrataCells *c, const float *in, const float *weights, gint64 channels, gint64 n_weights)
{
  double sum = 0.0;

  for (gint64 k = 0; k < channels; k++)
    for (gint64 i = 0; i < c->n; i++)
      sum += (double) in[k * c->n_in + c->cells[i]] * (double) weights[k * n_weights + c->weights[i]];
  return (float) sum;
}

gboolean
strata_exec_conv_nd (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *weights = run->in[1], *bias = strata_exec_in (run, 2);
  gint64 channels = run->out[0]->dims[1], per_group = weights->dims[1], n_weights = 1;
  float *out = run->out[0]->data;
  StrataExtents window;
  StrataCells c;

  if (strata_array_count (run->out[0]) == 0)
    return TRUE;
  if (!begin (run, &window, &c, error))
    return FALSE;
  for (int d = 0; d < window.n; d++)
    n_weights *= window.kernel[d];
  for (gint64 at = 0; at < c.n_out; at++, strata_cells_next (&c))
    for (gint64 n = 0; n < in->dims[0]; n++)
      for (gint64 k = 0; k < channels; k++)
        {
          gint64 first = n * in->dims[1] + k / (channels / window.groups) * per_group;
          float sum = convolve_cell (&c, (const float *) in->data + first * c.n_in,
                                     (const float *) weights->data + k * per_group * n_weights, per_group, n_weights);

          out[(n * channels + k) * c.n_out + at] = sum + (bias == NULL ? 0.0f : ((const float *) bias->data)[k]);
        }
  strata_cells_finish (&c);
  return TRUE;
}

/* Adds one input cell, spread by its weights, to the output planes of its group. */
static void
spread_cell (const StrataCells *c, float x, const float *weights, gint64 channels, gint64 n_weights, float *out)
{
  for (gint64 k = 0; k < channels; k++)
    for (gint64 i = 0; i < c->n; i++)
      out[k * c->n_in + c->cells[i]] += x * weights[k * n_weights + c->weights[i]];
}

/* The window walks over the input's cells and covers the output's: c.in are sizes of the output. */
gboolean
strata_exec_conv_transpose_nd (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *weights = run->in[1], *bias = strata_exec_in (run, 2);
  gint64 channels = run->out[0]->dims[1], per_group = weights->dims[1], n_weights = 1, size[STRATA_MAX_SPATIAL];
  float *out = run->out[0]->data;
  StrataExtents window;
  StrataCells c;

  if (strata_array_count (run->out[0]) == 0)
    return TRUE;
  if (!strata_node_extents_transposed (run->graph, run->index, &window, size, error))
    return FALSE;
  if (!strata_cells_init (&c, &window, run->out[0]->dims + 2, in->dims + 2))
    return strata_exec_fail (error, "no memory for the cells of its window");
  for (int d = 0; d < window.n; d++)
    n_weights *= window.kernel[d];
  for (gint64 i = 0; i < strata_array_count (run->out[0]); i++)
    out[i] = bias == NULL ? 0.0f : ((const float *) bias->data)[i / c.n_in % channels];
  for (gint64 at = 0; at < c.n_out; at++, strata_cells_next (&c))
    for (gint64 n = 0; n < in->dims[0]; n++)
      for (gint64 k = 0; k < in->dims[1]; k++)
        {
          gint64 group = k / (in->dims[1] / window.groups);

          spread_cell (&c, ((const float *) in->data)[(n * in->dims[1] + k) * c.n_out + at],
                       (const float *) weights->data + k * per_group * n_weights, per_group, n_weights,
                       out + (n * channels + group * per_group) * c.n_in);
        }
  strata_cells_finish (&c);
  return TRUE;
}

/* Flat place in the first plane's numbering, row- or column-major (storage_order) */
static gint64
cell_index (const StrataCells *c, gint64 cell, gboolean column_major)
{
  gint64 index = 0, stride = c->n_in;

  if (!column_major || c->n_in == 0)
    return cell;
  for (int d = c->window->n - 1; d >= 0; d--)
    {
      stride /= c->in[d];
      index += cell % c->in[d] * stride;
      cell /= c->in[d];
    }
  return index;
}

static void
max_cell (const StrataExec *run, const StrataCells *c, gint64 plane, gint64 at)
{
  const StrataArray *in = run->in[0];
  StrataArray *where = run->node->n_outputs > 1 ? run->out[1] : NULL;
  gint64 best = 0;
  double top = -INFINITY;

  for (gint64 i = 0; i < c->n; i++)
    {
      double x = strata_element_double (in->dtype, in->data, plane * c->n_in + c->cells[i]);

      if (x > top || i == 0)
        {
          top = x;
          best = c->cells[i];
        }
    }
  strata_element_set_double (in->dtype, run->out[0]->data, plane * c->n_out + at, top);
  if (where != NULL)
    ((gint64 *) where->data)[plane * c->n_out + at] =
      plane * c->n_in + cell_index (c, best, strata_node_int (run->node, "storage_order", 0) != 0);
}

static double
mean_cell (const StrataExec *run, const StrataCells *c, const float *in)
{
  gint64 n = strata_node_int (run->node, "count_include_pad", 0) != 0 ? strata_cells_padded (c) : c->n;
  double sum = 0.0;

  for (gint64 i = 0; i < c->n; i++)
    sum += (double) in[c->cells[i]];
  return n == 0 ? 0.0 : sum / (double) n;
}

static double
norm_cell (const StrataExec *run, const StrataCells *c, const float *in)
{
  double power = (double) strata_node_int (run->node, "p", 2), sum = 0.0;

  for (gint64 i = 0; i < c->n; i++)
    sum += pow (fabs ((double) in[c->cells[i]]), power);
  return pow (sum, 1.0 / power);
}

gboolean
strata_exec_pool_nd (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  StrataExtents window;
  StrataCells c;

  if (strata_array_count (run->out[0]) == 0)
    return TRUE;
  if (!begin (run, &window, &c, error))
    return FALSE;
  for (gint64 at = 0; at < c.n_out; at++, strata_cells_next (&c))
    for (gint64 plane = 0; plane < in->dims[0] * in->dims[1]; plane++)
      if (run->node->op == STRATA_OP_MAX_POOL)
        max_cell (run, &c, plane, at);
      else
        {
          const float *from = (const float *) in->data + plane * c.n_in;

          ((float *) run->out[0]->data)[plane * c.n_out + at] =
            (float) (run->node->op == STRATA_OP_LP_POOL ? norm_cell (run, &c, from) : mean_cell (run, &c, from));
        }
  strata_cells_finish (&c);
  return TRUE;
}
