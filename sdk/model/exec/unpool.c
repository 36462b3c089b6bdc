/* SPDX-License-Identifier: Apache-2.0
 *
 * What windows took, put back: MaxUnpool by index, Col2Im as sums where blocks overlap.
 */
#include <string.h>

#include "model/exec/cells.h"
#include "model/exec/exec.h"
#include "model/sample.h"

gboolean
strata_exec_max_unpool (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *where = run->in[1];
  StrataArray *out = run->out[0];
  gint64 dims[STRATA_MAX_DIMS], n = 1;

  if (!strata_node_unpooled (run->graph, run->index, dims, error))
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    n *= dims[d];
  memset (out->data, 0, out->n_bytes);
  for (gint64 i = 0; i < strata_array_count (in); i++)
    {
      gint64 from = ((const gint64 *) where->data)[i], at = 0, stride = 1;

      if (from < 0 || from >= n)
        return strata_exec_fail (
          error, "its index %" G_GINT64_FORMAT " is out of range; 0 to %" G_GINT64_FORMAT " are accepted", from, n - 1);
      for (int d = in->n_dims - 1; d >= 0; d--)
        {
          at += from % dims[d] * stride;
          from /= dims[d];
          stride *= out->dims[d];
        }
      ((float *) out->data)[at] = ((const float *) in->data)[i];
    }
  return TRUE;
}

gboolean
strata_exec_col2im (const StrataExec *run, GError **error)
{
  const float *in = run->in[0]->data;
  gint64 dims[STRATA_MAX_DIMS], n_places = run->in[0]->dims[2], n_weights = 1;
  StrataArray *out = run->out[0];
  StrataExtents window;
  StrataCells c;

  if (!strata_node_col2im (run->graph, run->index, &window, dims, error))
    return FALSE;
  memset (out->data, 0, out->n_bytes);
  if (strata_array_count (run->in[0]) == 0)
    return TRUE;
  for (int d = 0; d < window.n; d++)
    {
      n_weights *= window.kernel[d];
      dims[d] = strata_window_size (dims[2 + d], window.before[d], window.after[d], window.kernel[d],
                                    window.dilation[d], window.stride[d], FALSE);
    }
  if (!strata_cells_init (&c, &window, out->dims + 2, dims))
    return strata_exec_fail (error, "no memory for the cells of its block");
  for (gint64 at = 0; at < c.n_out; at++, strata_cells_next (&c))
    for (gint64 plane = 0; plane < out->dims[0] * out->dims[1]; plane++)
      for (gint64 i = 0; i < c.n; i++)
        ((float *) out->data)[plane * c.n_in + c.cells[i]] += in[(plane * n_weights + c.weights[i]) * n_places + at];
  strata_cells_finish (&c);
  return TRUE;
}
