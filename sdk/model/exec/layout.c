/* SPDX-License-Identifier: Apache-2.0
 *
 * Moves elements of any type without looking at them: Transpose, Concat, Slice, Pad, Gather, Shape.
 */
#include <string.h>

#include "model/element.h"
#include "model/exec/exec.h"
#include "model/operands.h"

/* A walk over the output in C order that knows where in the input each row begins. */
typedef struct
{
  int n_dims;
  gint64 dims[STRATA_MAX_DIMS], stride[STRATA_MAX_DIMS]; /* of the output; in elements of the input */
  gint64 origin;
} Gathering;

static void
copy_row (const guint8 *from, gint64 stride, gint64 n, gsize size, guint8 *to)
{
  if (stride == 1)
    {
      memcpy (to, from, (gsize) n * size);
      return;
    }
  for (gint64 i = 0; i < n; i++, to += size)
    switch (size)
      {
      case 4:
        memcpy (to, from + i * stride * 4, 4);
        break;
      case 1:
        *to = from[i * stride];
        break;
      default:
        memcpy (to, from + i * stride * (gint64) size, size);
        break;
      }
}

static void
gather (const Gathering *g, const guint8 *in, gsize size, guint8 *out)
{
  gint64 index[STRATA_MAX_DIMS] = { 0 };
  gint64 n = g->n_dims == 0 ? 1 : g->dims[g->n_dims - 1], n_rows = 1, at = g->origin;

  for (int d = 0; d < g->n_dims - 1; d++)
    n_rows *= g->dims[d];
  for (gint64 r = 0; n > 0 && r < n_rows; r++, out += (gsize) n * size)
    {
      copy_row (in + at * (gint64) size, g->n_dims == 0 ? 1 : g->stride[g->n_dims - 1], n, size, out);
      for (int d = g->n_dims - 2; d >= 0; d--)
        {
          at += g->stride[d];
          if (++index[d] < g->dims[d])
            break;
          at -= g->stride[d] * g->dims[d];
          index[d] = 0;
        }
    }
}

static void
set_strides (const StrataArray *array, gint64 *strides)
{
  gint64 stride = 1;

  for (int d = array->n_dims - 1; d >= 0; d--)
    {
      strides[d] = stride;
      stride *= array->dims[d];
    }
}

gboolean
strata_exec_transpose (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  const StrataAttr *perm = strata_node_attr (run->node, "perm");
  Gathering g = { .n_dims = in->n_dims };
  gint64 strides[STRATA_MAX_DIMS];

  set_strides (in, strides);
  for (int d = 0; d < in->n_dims; d++)
    {
      gint64 from = perm == NULL ? in->n_dims - 1 - d : perm->ints[d];

      g.dims[d] = in->dims[from];
      g.stride[d] = strides[from];
    }
  gather (&g, in->data, strata_dtype_size (in->dtype), run->out[0]->data);
  return TRUE;
}

gboolean
strata_exec_slice (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  Gathering g = { .n_dims = in->n_dims };
  gint64 strides[STRATA_MAX_DIMS];
  StrataSliceRange range;

  if (!strata_operand_slice (run->graph, run->node, &range, error))
    return FALSE;
  set_strides (in, strides);
  for (int d = 0; d < in->n_dims; d++)
    {
      g.dims[d] = range.count[d];
      /* one element needs no stride, and its step may be any number */
      g.stride[d] = range.count[d] > 1 ? strides[d] * range.step[d] : 1;
      g.origin += strides[d] * range.start[d];
    }
  if (strata_array_count (run->out[0]) > 0)
    gather (&g, in->data, strata_dtype_size (in->dtype), run->out[0]->data);
  return TRUE;
}

gboolean
strata_exec_concat (const StrataExec *run, GError **error)
{
  StrataArray *out = run->out[0];
  gint64 axis = strata_node_int (run->node, "axis", run->graph->opset < 4 ? 1 : 0);
  gsize inner = strata_dtype_size (out->dtype), at = 0;
  gint64 outer = 1;

  axis += axis < 0 ? out->n_dims : 0;
  for (int d = 0; d < out->n_dims; d++)
    if (d < axis)
      outer *= out->dims[d];
    else if (d > axis)
      inner *= (gsize) out->dims[d];
  for (int i = 0; i < run->node->n_inputs; i++)
    {
      gsize n = (gsize) run->in[i]->dims[axis] * inner;

      for (gint64 o = 0; o < outer && n > 0; o++)
        memcpy ((guint8 *) out->data + (gsize) o * (gsize) out->dims[axis] * inner + at,
                (const guint8 *) run->in[i]->data + (gsize) o * n, n);
      at += n;
    }
  return TRUE;
}

/* Index in [0, n) that a padded index shows; -1: the fill value */
static gint64
shown_index (gint64 i, gint64 n, char mode)
{
  gint64 period;

  if (i >= 0 && i < n)
    return i;
  switch (mode)
    {
    case 'e': /* edge */
      return i < 0 ? 0 : n - 1;
    case 'w': /* wrap */
      return (i % n + n) % n;
    case 'r': /* reflect */
      period = 2 * MAX (n - 1, 1);
      i = (i % period + period) % period;
      return i < n ? i : period - i;
    default:
      return -1;
    }
}

static void
pad (const StrataArray *in, const StrataPadRange *range, char mode, const guint8 *fill, StrataArray *out)
{
  gint64 strides[STRATA_MAX_DIMS], index[STRATA_MAX_DIMS] = { 0 };
  gsize size = strata_dtype_size (in->dtype);
  gint64 n = strata_array_count (out);

  set_strides (in, strides);
  for (gint64 i = 0; i < n; i++)
    {
      gint64 at = 0;
      gboolean filled = FALSE;

      for (int d = 0; d < in->n_dims; d++)
        {
          gint64 from = shown_index (index[d] - range->before[d], in->dims[d], mode);

          filled |= from < 0;
          at += from * strides[d];
        }
      memcpy ((guint8 *) out->data + (gsize) i * size, filled ? fill : (const guint8 *) in->data + at * (gint64) size,
              size);
      for (int d = in->n_dims - 1; d >= 0 && ++index[d] == out->dims[d]; d--)
        index[d] = 0;
    }
}

gboolean
strata_exec_pad (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *fill = strata_exec_in (run, 2);
  gint64 zero = 0;
  StrataPadRange range;

  if (!strata_operand_pad (run->graph, run->node, &range, error))
    return FALSE;
  if (strata_dtype_is_float (in->dtype))
    strata_element_set_double (in->dtype, &zero, 0, (double) strata_node_float (run->node, "value", 0.0f));
  pad (in, &range, strata_node_string (run->node, "mode", "constant")[0],
       fill == NULL ? (const guint8 *) &zero : fill->data, run->out[0]);
  return TRUE;
}

gboolean
strata_exec_gather (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *indices = run->in[1];
  gint64 axis = strata_node_int (run->node, "axis", 0);
  gsize inner = strata_dtype_size (in->dtype);
  gint64 outer = 1, n = strata_array_count (indices);
  guint8 *out = run->out[0]->data;

  axis += axis < 0 ? in->n_dims : 0;
  for (int d = 0; d < in->n_dims; d++)
    if (d < axis)
      outer *= in->dims[d];
    else if (d > axis)
      inner *= (gsize) in->dims[d];
  for (gint64 o = 0; o < outer; o++)
    for (gint64 i = 0; i < n; i++, out += inner)
      {
        gint64 index = strata_element_int (indices->dtype, indices->data, i);

        index += index < 0 ? in->dims[axis] : 0;
        if (index < 0 || index >= in->dims[axis])
          return strata_exec_fail (
            error, "index %" G_GINT64_FORMAT " is out of range; axis %" G_GINT64_FORMAT " has %" G_GINT64_FORMAT, index,
            axis, in->dims[axis]);
        memcpy (out, (const guint8 *) in->data + ((gsize) o * (gsize) in->dims[axis] + (gsize) index) * inner, inner);
      }
  return TRUE;
}

gboolean
strata_exec_shape (const StrataExec *run, GError **error)
{
  gint64 start = strata_node_int (run->node, "start", 0);

  start = CLAMP (start < 0 ? start + run->in[0]->n_dims : start, 0, run->in[0]->n_dims);
  memcpy (run->out[0]->data, run->in[0]->dims + start, run->out[0]->n_bytes);
  return TRUE;
}
