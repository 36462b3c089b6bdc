/* SPDX-License-Identifier: Apache-2.0
 *
 * Pools over windows and over whole planes. Codes of 8 bits pass through float32, which holds them exactly.
 */
#include <math.h>

#include "kernels/float-pool.h"
#include "model/element.h"
#include "model/exec/exec.h"
#include "model/exec/plane.h"
#include "model/exec/window-nd.h"

/* Plane-local indices to indices of the whole tensor, row- or column-major within a plane (storage_order) */
static void
globalise (const StrataPlaneWindow *w, gint64 first_plane, gboolean column_major, gint64 *where)
{
  gint64 n = w->out_height * w->out_width;

  for (gint64 c = 0; c < w->channels_in; c++)
    for (gint64 i = 0; i < n; i++)
      {
        gint64 *at = &where[c * n + i];

        if (column_major)
          *at = *at % w->width * w->height + *at / w->width;
        *at += (first_plane + c) * w->height * w->width;
      }
}

static void
max_pool_floats (const StrataExec *run, const StrataPlaneWindow *w, const float *in, float *out)
{
  StrataArray *where = run->node->n_outputs > 1 ? run->out[1] : NULL;
  gboolean column_major = strata_node_int (run->node, "storage_order", 0) != 0;
  gint64 n_out = w->channels_in * w->out_height * w->out_width;

  for (gint64 n = 0; n < run->in[0]->dims[0]; n++)
    {
      gint64 *indices = where == NULL ? NULL : (gint64 *) where->data + n * n_out;

      strata_float_max_pool (w, in + n * w->channels_in * w->height * w->width, out + n * n_out, indices);
      if (indices != NULL)
        globalise (w, n * w->channels_in, column_major, indices);
    }
}

gboolean
strata_exec_max_pool (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  StrataArray *out = run->out[0];
  g_autofree float *wide_in = NULL;
  g_autofree float *wide_out = NULL;
  StrataPlaneWindow plane;
  StrataWindow window;

  if (out == NULL)
    return strata_exec_fail (error, "its first output is left out; it is needed");
  if (in->n_dims > 4)
    return strata_exec_pool_nd (run, error);
  if (!strata_node_window (run->graph, run->index, &window, error))
    return FALSE;
  plane = strata_plane_window (&window, in, out);
  if (in->dtype == STRATA_DTYPE_F32)
    {
      max_pool_floats (run, &plane, in->data, out->data);
      return TRUE;
    }
  wide_in = g_try_new (float, (gsize) strata_array_count (in) + 1);
  wide_out = g_try_new (float, (gsize) strata_array_count (out) + 1);
  if (wide_in == NULL || wide_out == NULL)
    return strata_exec_fail (error, "no memory for its input in float32");
  for (gint64 i = 0; i < strata_array_count (in); i++)
    wide_in[i] = (float) strata_element_int (in->dtype, in->data, i);
  max_pool_floats (run, &plane, wide_in, wide_out);
  for (gint64 i = 0; i < strata_array_count (out); i++)
    strata_element_set_int (out->dtype, out->data, i, (gint64) wide_out[i]);
  return TRUE;
}

gboolean
strata_exec_average_pool (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gboolean count_padding = strata_node_int (run->node, "count_include_pad", 0) != 0;
  StrataPlaneWindow w;
  StrataWindow window;

  if (in->n_dims > 4)
    return strata_exec_pool_nd (run, error);
  if (!strata_node_window (run->graph, run->index, &window, error))
    return FALSE;
  w = strata_plane_window (&window, in, run->out[0]);
  for (gint64 n = 0; n < in->dims[0]; n++)
    strata_float_average_pool (&w, window.pad_bottom, window.pad_right, count_padding,
                               (const float *) in->data + n * w.channels_in * w.height * w.width,
                               (float *) run->out[0]->data + n * w.channels_in * w.out_height * w.out_width);
  return TRUE;
}

static gint64
plane_size (const StrataArray *in)
{
  gint64 n = 1;

  for (int d = 2; d < in->n_dims; d++)
    n *= in->dims[d];
  return n;
}

gboolean
strata_exec_global_average_pool (const StrataExec *run, GError **error)
{
  const float *in = run->in[0]->data;
  float *out = run->out[0]->data;
  gint64 n = plane_size (run->in[0]);

  for (gint64 c = 0; c < strata_array_count (run->out[0]); c++, in += n)
    {
      double sum = 0.0;

      for (gint64 i = 0; i < n; i++)
        sum += (double) in[i];
      out[c] = (float) (sum / (double) n);
    }
  return TRUE;
}

gboolean
strata_exec_global_max_pool (const StrataExec *run, GError **error)
{
  const float *in = run->in[0]->data;
  float *out = run->out[0]->data;
  gint64 n = plane_size (run->in[0]);

  for (gint64 c = 0; c < strata_array_count (run->out[0]); c++, in += n)
    {
      out[c] = -INFINITY;
      for (gint64 i = 0; i < n; i++)
        out[c] = in[i] > out[c] ? in[i] : out[c];
    }
  return TRUE;
}
