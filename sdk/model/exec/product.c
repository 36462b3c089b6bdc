/* SPDX-License-Identifier: Apache-2.0
 *
 * Conv, Gemm and MatMul through the dense kernels.
 */

#include "kernels/float-conv.h"
#include "kernels/float-gemm.h"
#include "model/exec/double.h"
#include "model/exec/exec.h"
#include "model/exec/plane.h"
#include "model/exec/window-nd.h"

StrataPlaneWindow
strata_plane_window (const StrataWindow *w, const StrataArray *in, const StrataArray *out)
{
  gboolean flat = in->n_dims == 3;

  return (StrataPlaneWindow){
    .channels_in = in->dims[1],
    .height = flat ? 1 : in->dims[2],
    .width = in->dims[in->n_dims - 1],
    .channels_out = out->dims[1],
    .out_height = flat ? 1 : out->dims[2],
    .out_width = out->dims[in->n_dims - 1],
    .kernel_h = w->kernel_h,
    .kernel_w = w->kernel_w,
    .stride_h = w->stride_h,
    .stride_w = w->stride_w,
    .dilation_h = w->dilation_h,
    .dilation_w = w->dilation_w,
    .pad_top = w->pad_top,
    .pad_left = w->pad_left,
    .groups = w->groups,
  };
}

gboolean
strata_exec_conv (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *bias = strata_exec_in (run, 2);
  StrataArray *out = run->out[0];
  g_autofree float *scratch = NULL;
  StrataPlaneWindow plane;
  StrataWindow window;
  gsize n_scratch;

  if (in->n_dims > 4)
    return strata_exec_conv_nd (run, error);
  if (!strata_node_window (run->graph, run->index, &window, error))
    return FALSE;
  plane = strata_plane_window (&window, in, out);
  n_scratch = strata_float_conv_scratch (&plane);
  scratch = g_try_new (float, n_scratch + 1);
  if (scratch == NULL)
    return strata_exec_fail (error, "no memory for %" G_GSIZE_FORMAT " bytes of columns", n_scratch * sizeof (float));
  for (gint64 n = 0; n < in->dims[0]; n++)
    strata_float_conv (&plane, (const float *) in->data + n * plane.channels_in * plane.height * plane.width,
                       run->in[1]->data, bias == NULL ? NULL : bias->data, scratch,
                       (float *) out->data + n * plane.channels_out * plane.out_height * plane.out_width);
  return TRUE;
}

/* Fills @out, m x n, with the broadcast of @c. */
static void
fill_broadcast (const StrataArray *c, gint64 m, gint64 n, float *out)
{
  const float *from = c->data;
  gint64 step_n = c->n_dims >= 1 && c->dims[c->n_dims - 1] != 1;
  gint64 step_m = c->n_dims == 2 && c->dims[0] != 1 ? c->dims[1] : 0;

  for (gint64 i = 0; i < m; i++)
    for (gint64 j = 0; j < n; j++)
      out[i * n + j] = from[i * step_m + j * step_n];
}

gboolean
strata_exec_gemm (const StrataExec *run, GError **error)
{
  const StrataArray *a = run->in[0], *b = run->in[1], *c = strata_exec_in (run, 2);
  StrataArray *out = run->out[0];
  StrataGemm gemm = { .trans_a = strata_node_int (run->node, "transA", 0) != 0,
                      .trans_b = strata_node_int (run->node, "transB", 0) != 0,
                      .m = out->dims[0],
                      .n = out->dims[1],
                      .lda = a->dims[1],
                      .ldb = b->dims[1],
                      .ldc = out->dims[1],
                      .alpha = strata_node_float (run->node, "alpha", 1.0f),
                      .beta = c == NULL ? 0.0f : strata_node_float (run->node, "beta", 1.0f) };

  gemm.k = a->dims[!gemm.trans_a];
  if (c != NULL)
    fill_broadcast (c, gemm.m, gemm.n, out->data);
  strata_float_gemm (&gemm, a->data, b->data, out->data);
  return TRUE;
}

gint64
strata_stack_offset (const StrataArray *array, const gint64 *dims, int n, gint64 index)
{
  gint64 stride = array->dims[array->n_dims - 1] * (array->n_dims > 1 ? array->dims[array->n_dims - 2] : 1);
  gint64 offset = 0;

  for (int d = n - 1; d >= 0; d--)
    {
      int own = d - (n - (array->n_dims - 2));

      if (own >= 0)
        {
          offset += array->dims[own] == 1 ? 0 : index % dims[d] * stride;
          stride *= array->dims[own];
        }
      index /= dims[d];
    }
  return offset;
}

gboolean
strata_exec_mat_mul (const StrataExec *run, GError **error)
{
  const StrataArray *a = run->in[0], *b = run->in[1];
  StrataArray *out = run->out[0];
  gint64 m = a->n_dims > 1 ? a->dims[a->n_dims - 2] : 1, k = a->dims[a->n_dims - 1];
  gint64 n = b->n_dims > 1 ? b->dims[b->n_dims - 1] : 1;
  int n_stack = MAX (MAX (a->n_dims, b->n_dims) - 2, 0);
  gint64 n_matrices = 1;
  StrataGemm gemm = { FALSE, FALSE, m, n, k, k, n, n, 1.0f, 0.0f };

  if (a->dtype == STRATA_DTYPE_F64)
    {
      strata_double_mat_mul (run);
      return TRUE;
    }
  for (int d = 0; d < n_stack; d++)
    n_matrices *= out->dims[d];
  if (n_matrices > 1 && b->n_dims == 2 && a->n_dims > 2)
    {
      /* one matrix on the right: all rows on the left at once */
      gemm.m *= n_matrices;
      n_matrices = 1;
    }
  for (gint64 i = 0; i < n_matrices; i++)
    strata_float_gemm (&gemm,
                       (const float *) a->data + (a->n_dims < 2 ? 0 : strata_stack_offset (a, out->dims, n_stack, i)),
                       (const float *) b->data + (b->n_dims < 2 ? 0 : strata_stack_offset (b, out->dims, n_stack, i)),
                       (float *) out->data + i * m * n);
  return TRUE;
}
