/* SPDX-License-Identifier: Apache-2.0
 *
 * ConvTranspose, as the product of weights and input whose columns are added to the places they came from; and LpPool.
 */
#include <math.h>

#include "kernels/float-gemm.h"
#include "model/exec/exec.h"
#include "model/exec/plane.h"
#include "model/exec/window-nd.h"
#include "model/operands.h"

/* Adds rows of (channel, ky, kx) by input cell to the planes of one group. */
static void
add_columns (const StrataPlaneWindow *p, gint64 channels, const float *columns, float *out)
{
  for (gint64 c = 0; c < channels; c++)
    for (int ky = 0; ky < p->kernel_h; ky++)
      for (int kx = 0; kx < p->kernel_w; kx++)
        for (gint64 y = 0; y < p->height; y++)
          for (gint64 x = 0; x < p->width; x++, columns++)
            {
              gint64 row = y * p->stride_h + ky * p->dilation_h - p->pad_top;
              gint64 column = x * p->stride_w + kx * p->dilation_w - p->pad_left;

              if (row >= 0 && row < p->out_height && column >= 0 && column < p->out_width)
                out[(c * p->out_height + row) * p->out_width + column] += *columns;
            }
}

gboolean
strata_exec_conv_transpose (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *bias = strata_exec_in (run, 2);
  g_autofree float *columns = NULL;
  StrataPlaneWindow p;
  StrataWindow window;
  gint64 size[2], cells, out_cells, rows, per_in, per_out;

  if (in->n_dims > 4)
    return strata_exec_conv_transpose_nd (run, error);
  if (!strata_node_transposed (run->graph, run->index, &window, size, error))
    return FALSE;
  p = strata_plane_window (&window, in, run->out[0]);
  cells = p.height * p.width;
  out_cells = p.out_height * p.out_width;
  per_in = p.channels_in / p.groups;
  per_out = p.channels_out / p.groups;
  rows = per_out * p.kernel_h * p.kernel_w;
  columns = g_try_new (float, (gsize) (rows * cells) + 1);
  if (columns == NULL)
    return strata_exec_fail (error, "no memory for its columns");
  for (gint64 i = 0; i < in->dims[0] * p.channels_out * out_cells; i++)
    ((float *) run->out[0]->data)[i] =
      bias == NULL ? 0.0f : ((const float *) bias->data)[i / out_cells % p.channels_out];
  for (gint64 n = 0; n < in->dims[0] * p.groups; n++)
    {
      StrataGemm gemm = { TRUE, FALSE, rows, cells, per_in, rows, cells, cells, 1.0f, 0.0f };

      strata_float_gemm (&gemm, (const float *) run->in[1]->data + n % p.groups * per_in * rows,
                         (const float *) in->data + n * per_in * cells, columns);
      add_columns (&p, per_out, columns, (float *) run->out[0]->data + n * per_out * out_cells);
    }
  return TRUE;
}

static float
norm (const StrataPlaneWindow *p, const float *plane, gint64 y, gint64 x, double power)
{
  double sum = 0.0;

  for (int ky = 0; ky < p->kernel_h; ky++)
    for (int kx = 0; kx < p->kernel_w; kx++)
      {
        gint64 row = y * p->stride_h + ky * p->dilation_h - p->pad_top;
        gint64 column = x * p->stride_w + kx * p->dilation_w - p->pad_left;

        if (row >= 0 && row < p->height && column >= 0 && column < p->width)
          sum += pow (fabs ((double) plane[row * p->width + column]), power);
      }
  return (float) pow (sum, 1.0 / power);
}

/* GlobalLpPool is one window over the plane. */
gboolean
strata_exec_lp_pool (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  double power = (double) strata_node_int (run->node, "p", 2);
  float *out = run->out[0]->data;
  StrataPlaneWindow p = { .height = 1,
                          .width = 1,
                          .out_height = 1,
                          .out_width = 1,
                          .kernel_h = 1,
                          .kernel_w = 1,
                          .stride_h = 1,
                          .stride_w = 1,
                          .dilation_h = 1,
                          .dilation_w = 1,
                          .groups = 1 };
  StrataWindow window;

  if (run->node->op == STRATA_OP_LP_POOL && in->n_dims > 4)
    return strata_exec_pool_nd (run, error);
  if (run->node->op == STRATA_OP_GLOBAL_LP_POOL)
    {
      for (int d = 2; d < in->n_dims; d++)
        p.width *= in->dims[d];
      p.kernel_w = (int) p.width;
    }
  else if (!strata_node_window (run->graph, run->index, &window, error))
    return FALSE;
  else
    p = strata_plane_window (&window, in, run->out[0]);
  for (gint64 plane = 0; plane < in->dims[0] * in->dims[1]; plane++)
    for (gint64 y = 0; y < p.out_height; y++)
      for (gint64 x = 0; x < p.out_width; x++)
        *out++ = norm (&p, (const float *) in->data + plane * p.height * p.width, y, x, power);
  return TRUE;
}
