/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes, repeats and rearranges elements of any type: ConstantOfShape, Range, Expand, Tile, OneHot, EyeLike, Split,
 * DepthToSpace, SpaceToDepth, Trilu.
 */
#include <string.h>

#include "model/exec/broadcast.h"
#include "model/element.h"
#include "model/exec/exec.h"

gboolean
strata_exec_constant_of_shape (const StrataExec *run, GError **error)
{
  const StrataAttr *attr = strata_node_attr (run->node, "value");
  StrataArray *out = run->out[0];
  gsize size = strata_dtype_size (out->dtype);
  const gint64 n = strata_array_count (out);
  guint8 fill[8] = { 0 };

  if (attr != NULL)
    {
      StrataArray value = strata_value_view (&run->graph->values[attr->tensor]);

      /* @out is float32 where the value is float16 */
      if (value.dtype == out->dtype)
        memcpy (fill, value.data, size);
      else
        strata_element_set_double (out->dtype, fill, 0, strata_element_double (value.dtype, value.data, 0));
    }
  if (size == 4)
    for (gint64 i = 0; i < n; i++)
      memcpy ((guint8 *) out->data + i * 4, fill, 4);
  else
    for (gint64 i = 0; i < n; i++)
      memcpy ((guint8 *) out->data + (gsize) i * size, fill, size);
  return TRUE;
}

gboolean
strata_exec_range (const StrataExec *run, GError **error)
{
  StrataArray *out = run->out[0];
  StrataDtype dtype = out->dtype;

  for (gint64 i = 0; i < strata_array_count (out); i++)
    if (strata_dtype_is_float (dtype))
      strata_element_set_double (dtype, out->data, i,
                                 strata_element_double (dtype, run->in[0]->data, 0)
                                   + (double) i * strata_element_double (dtype, run->in[2]->data, 0));
    else
      strata_element_set_int (dtype, out->data, i,
                              (gint64) ((guint64) strata_element_int (dtype, run->in[0]->data, 0)
                                        + (guint64) i * (guint64) strata_element_int (dtype, run->in[2]->data, 0)));
  return TRUE;
}

gboolean
strata_exec_size (const StrataExec *run, GError **error)
{
  *(gint64 *) run->out[0]->data = strata_array_count (run->in[0]);
  return TRUE;
}

gboolean
strata_exec_expand (const StrataExec *run, GError **error)
{
  StrataArray *out = run->out[0];
  gsize size = strata_dtype_size (out->dtype);
  guint8 *to = out->data;
  StrataBroadcast walk;

  strata_broadcast_init (&walk, out, run->in, 1);
  for (gint64 r = 0; r < walk.n_rows; r++, strata_broadcast_next (&walk))
    for (gint64 i = 0; i < walk.row; i++, to += size)
      memcpy (to, (const guint8 *) run->in[0]->data + (gsize) (walk.offset[0] + i * walk.step[0]) * size, size);
  return TRUE;
}

gboolean
strata_exec_tile (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  StrataArray *out = run->out[0];
  gsize size = strata_dtype_size (out->dtype);
  gint64 index[STRATA_MAX_DIMS] = { 0 };

  for (gint64 i = 0; i < strata_array_count (out); i++)
    {
      gint64 from = 0;

      for (int d = 0; d < in->n_dims; d++)
        from = from * in->dims[d] + index[d] % in->dims[d];
      memcpy ((guint8 *) out->data + (gsize) i * size, (const guint8 *) in->data + (gsize) from * size, size);
      for (int d = in->n_dims - 1; d >= 0 && ++index[d] == out->dims[d]; d--)
        index[d] = 0;
    }
  return TRUE;
}

gboolean
strata_exec_one_hot (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *values = run->in[2];
  StrataArray *out = run->out[0];
  gsize size = strata_dtype_size (out->dtype);
  gint64 axis = strata_node_int (run->node, "axis", -1), inner = 1, depth;

  axis += axis < 0 ? out->n_dims : 0;
  depth = out->dims[axis];
  for (int d = (int) axis + 1; d < out->n_dims; d++)
    inner *= out->dims[d];
  for (gint64 i = 0; i < strata_array_count (out); i++)
    {
      gint64 from = i / (inner * depth) * inner + i % inner;
      double at = strata_element_double (in->dtype, in->data, from);
      gboolean on = (at < 0.0 ? at + (double) depth : at) == (double) (i / inner % depth);

      memcpy ((guint8 *) out->data + (gsize) i * size, (const guint8 *) values->data + (on ? size : 0), size);
    }
  return TRUE;
}

gboolean
strata_exec_eye_like (const StrataExec *run, GError **error)
{
  gint64 k = strata_node_int (run->node, "k", 0);
  StrataArray *out = run->out[0];

  for (gint64 i = 0; i < out->dims[0]; i++)
    for (gint64 j = 0; j < out->dims[1]; j++)
      strata_element_set_double (out->dtype, out->data, i * out->dims[1] + j, j - i == k ? 1.0 : 0.0);
  return TRUE;
}

gboolean
strata_exec_split (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0];
  gint64 axis = strata_node_int (run->node, "axis", 0), outer = 1;
  gsize inner = strata_dtype_size (in->dtype), at = 0;

  axis += axis < 0 ? in->n_dims : 0;
  for (int d = 0; d < in->n_dims; d++)
    if (d < axis)
      outer *= in->dims[d];
    else if (d > axis)
      inner *= (gsize) in->dims[d];
  for (int i = 0; i < run->node->n_outputs; i++)
    {
      int id = run->node->outputs[i];
      gsize n;

      if (id < 0)
        return strata_exec_fail (error, "its output %d is left out; each part needs a name", i);
      n = (gsize) run->out[i]->dims[axis] * inner;
      for (gint64 o = 0; o < outer && n > 0; o++)
        memcpy ((guint8 *) run->out[i]->data + (gsize) o * n,
                (const guint8 *) in->data + (gsize) o * (gsize) in->dims[axis] * inner + at, n);
      at += n;
    }
  return TRUE;
}

/* Of the tensor with whole planes, in both directions: depth index of cell (y, x) of a block for channel c */
static gint64
depth_index (gboolean column_first, gint64 block, gint64 channels, gint64 c, gint64 y, gint64 x)
{
  return column_first ? (c * block + y) * block + x : (y * block + x) * channels + c;
}

gboolean
strata_exec_depth_to_space (const StrataExec *run, GError **error)
{
  gboolean unfold = run->node->op == STRATA_OP_DEPTH_TO_SPACE;
  gboolean column_first = unfold && g_str_equal (strata_node_string (run->node, "mode", "DCR"), "CRD");
  const StrataArray *in = run->in[0], *wide = unfold ? run->out[0] : in;
  gsize size = strata_dtype_size (in->dtype);
  gint64 block = strata_node_int (run->node, "blocksize", 1), channels = wide->dims[1];
  gint64 height = wide->dims[2] / block, width = wide->dims[3] / block, at = 0;

  for (gint64 n = 0; n < wide->dims[0]; n++)
    for (gint64 c = 0; c < channels; c++)
      for (gint64 y = 0; y < wide->dims[2]; y++)
        for (gint64 x = 0; x < wide->dims[3]; x++, at++)
          {
            gint64 depth = depth_index (column_first, block, channels, c, y % block, x % block);
            gint64 deep = ((n * channels * block * block + depth) * height + y / block) * width + x / block;

            memcpy ((guint8 *) run->out[0]->data + (gsize) (unfold ? at : deep) * size,
                    (const guint8 *) in->data + (gsize) (unfold ? deep : at) * size, size);
          }
  return TRUE;
}

gboolean
strata_exec_trilu (const StrataExec *run, GError **error)
{
  const StrataArray *in = run->in[0], *diagonal = strata_exec_in (run, 1);
  gboolean upper = strata_node_int (run->node, "upper", 1) != 0;
  gint64 k = diagonal == NULL ? 0 : CLAMP (*(const gint64 *) diagonal->data, -G_MAXINT32, G_MAXINT32);
  gint64 rows = in->dims[in->n_dims - 2], columns = in->dims[in->n_dims - 1];
  gsize size = strata_dtype_size (in->dtype);
  guint8 *out = run->out[0]->data;

  memcpy (out, in->data, in->n_bytes);
  for (gint64 i = 0; i < strata_array_count (in); i++)
    {
      gint64 above = i % columns - i / columns % rows;

      if (upper ? above < k : above > k)
        memset (out + (gsize) i * size, 0, size);
    }
  return TRUE;
}
