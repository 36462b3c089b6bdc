/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows of convolutions and pools: kernel, strides, dilations, pads with auto_pad resolved (ONNX, Conv: SAME_UPPER
 * puts the odd cell at the end, SAME_LOWER at the beginning). As a plane, one spatial dimension counts as height 1.
 */
#include <string.h>

#include "model/operands.h"
#include "model/shape/shapes.h"

#define MAX_EXTENT (1 << 24) /* of a kernel, stride, dilation or pad; keeps sums in int */

gint64
strata_window_size (
  gint64 in, gint64 pad_before, gint64 pad_after, gint64 kernel, gint64 dilation, gint64 stride, gboolean ceil_mode)
{
  gint64 room = in + pad_before + pad_after - ((kernel - 1) * dilation + 1);
  gint64 size;

  if (room < 0)
    return 0;
  size = room / stride + 1;
  /* A window that would begin past the input and its left pad is left out, as every framework does */
  if (ceil_mode && room % stride != 0 && size * stride < in + pad_before)
    size++;
  return size;
}

static gboolean
read_extents (
  const StrataNode *node, const char *name, int n, gint64 least, gint64 *values, gboolean *given, GError **error)
{
  const StrataAttr *attr = strata_node_attr (node, name);

  *given = attr != NULL && attr->n > 0;
  if (!*given)
    return TRUE;
  if (attr->n != n)
    return strata_shape_fail (error, "its attribute %s has %d values; %d are needed", name, attr->n, n);
  for (int i = 0; i < n; i++)
    {
      if (attr->ints[i] < least || attr->ints[i] > MAX_EXTENT)
        return strata_shape_fail (
          error, "its attribute %s has the value %" G_GINT64_FORMAT "; %" G_GINT64_FORMAT " to %d are accepted", name,
          attr->ints[i], least, MAX_EXTENT);
      values[i] = attr->ints[i];
    }
  return TRUE;
}

static void
pad_same (gint64 in, gint64 kernel, gint64 dilation, gint64 stride, gboolean upper, gint64 *before, gint64 *after)
{
  gint64 out = (in + stride - 1) / stride;
  gint64 total = MAX ((out - 1) * stride + (kernel - 1) * dilation + 1 - in, 0);

  *before = upper ? total / 2 : total - total / 2;
  *after = total - *before;
}

/* Pads stand in a file as all those before, then all those after. */
static gboolean
read_pads (const StrataNode *node, StrataExtents *e, GError **error)
{
  gint64 pads[2 * STRATA_MAX_SPATIAL] = { 0 };
  gboolean given;

  if (!read_extents (node, "pads", 2 * e->n, 0, pads, &given, error))
    return FALSE;
  for (int i = 0; i < e->n; i++)
    {
      e->before[i] = pads[i];
      e->after[i] = pads[e->n + i];
    }
  return TRUE;
}

static gboolean
resolve_pads (const StrataNode *node, const StrataValue *in, StrataExtents *e, GError **error)
{
  const char *mode = strata_node_string (node, "auto_pad", "NOTSET");

  if (g_str_equal (mode, "NOTSET"))
    return read_pads (node, e, error);
  if (g_str_equal (mode, "VALID"))
    return TRUE;
  if (!g_str_equal (mode, "SAME_UPPER") && !g_str_equal (mode, "SAME_LOWER"))
    return strata_shape_fail (error, "auto_pad is %s; NOTSET, VALID, SAME_UPPER and SAME_LOWER are accepted", mode);
  for (int i = 0; i < e->n; i++)
    pad_same (in->dims[2 + i], e->kernel[i], e->dilation[i], e->stride[i], g_str_equal (mode, "SAME_UPPER"),
              &e->before[i], &e->after[i]);
  return TRUE;
}

static gboolean
is_convolution (StrataOp op)
{
  return op == STRATA_OP_CONV || op == STRATA_OP_CONV_TRANSPOSE || op == STRATA_OP_CONV_INTEGER
         || op == STRATA_OP_DEFORM_CONV || op == STRATA_OP_Q_LINEAR_CONV;
}

static gboolean
resolve_kernel (const StrataGraph *graph, const StrataNode *node, int n, gint64 *kernel, GError **error)
{
  const StrataValue *weight;
  gboolean given;

  if (!read_extents (node, "kernel_shape", n, 1, kernel, &given, error))
    return FALSE;
  if (!is_convolution (node->op))
    return given || strata_shape_fail (error, "it has no kernel_shape; pools need one");
  weight = &graph->values[node->inputs[node->op == STRATA_OP_Q_LINEAR_CONV ? 3 : 1]];
  if (weight->n_dims != n + 2)
    return strata_shape_fail (error, "its weights have %d dimensions; %d are needed", weight->n_dims, n + 2);
  for (int i = 0; i < n; i++)
    {
      if (weight->dims[2 + i] < 1 || weight->dims[2 + i] > MAX_EXTENT || (given && weight->dims[2 + i] != kernel[i]))
        return strata_shape_fail (error,
                                  "its weights have %" G_GINT64_FORMAT " along dimension %d, against kernel_shape",
                                  weight->dims[2 + i], 2 + i);
      kernel[i] = weight->dims[2 + i];
    }
  return TRUE;
}

gboolean
strata_node_steps (const StrataNode *node, StrataExtents *e, GError **error)
{
  gboolean given;

  for (int i = 0; i < e->n; i++)
    e->stride[i] = e->dilation[i] = 1;
  return read_extents (node, "strides", e->n, 1, e->stride, &given, error)
         && read_extents (node, "dilations", e->n, 1, e->dilation, &given, error) && read_pads (node, e, error);
}

static gboolean
read_window (const StrataGraph *graph, const StrataNode *node, StrataExtents *e, GError **error)
{
  const StrataValue *in = &graph->values[node->inputs[0]];
  gboolean given;

  *e = (StrataExtents){ .n = in->n_dims - 2, .groups = strata_node_int (node, "group", 1) };
  if (e->n < 1 || e->n > STRATA_MAX_SPATIAL)
    return strata_shape_lack (error, "its input has %d dimensions; 3 (N, C, W) to %d are accepted", in->n_dims,
                              STRATA_MAX_DIMS);
  for (int i = 0; i < e->n; i++)
    e->kernel[i] = e->stride[i] = e->dilation[i] = 1;
  if (e->groups < 1 || e->groups > MAX_EXTENT)
    return strata_shape_fail (error, "group is %" G_GINT64_FORMAT "; 1 to %d are accepted", e->groups, MAX_EXTENT);
  return resolve_kernel (graph, node, e->n, e->kernel, error)
         && read_extents (node, "strides", e->n, 1, e->stride, &given, error)
         && read_extents (node, "dilations", e->n, 1, e->dilation, &given, error);
}

static gboolean
check_extents (const StrataExtents *e, GError **error)
{
  for (int i = 0; i < e->n; i++)
    if ((e->kernel[i] - 1) * e->dilation[i] >= MAX_EXTENT || e->before[i] > MAX_EXTENT || e->after[i] > MAX_EXTENT)
      return strata_shape_fail (error, "its window reaches over more than %d cells; smaller ones are accepted",
                                MAX_EXTENT);
  return TRUE;
}

gboolean
strata_node_extents (const StrataGraph *graph, int index, StrataExtents *extents, GError **error)
{
  const StrataNode *node = &graph->nodes[index];

  return read_window (graph, node, extents, error)
         && resolve_pads (node, &graph->values[node->inputs[0]], extents, error) && check_extents (extents, error);
}

static gboolean
to_plane (const StrataExtents *e, StrataWindow *window, GError **error)
{
  int w = e->n - 1;

  if (e->n > 2)
    return strata_shape_lack (error, "its input has %d dimensions; 3 (N, C, W) or 4 (N, C, H, W) are accepted",
                              e->n + 2);
  *window = (StrataWindow){ 1,
                            (int) e->kernel[w],
                            1,
                            (int) e->stride[w],
                            1,
                            (int) e->dilation[w],
                            0,
                            (int) e->before[w],
                            0,
                            (int) e->after[w],
                            (int) e->groups };
  if (e->n < 2)
    return TRUE;
  window->kernel_h = (int) e->kernel[0];
  window->stride_h = (int) e->stride[0];
  window->dilation_h = (int) e->dilation[0];
  window->pad_top = (int) e->before[0];
  window->pad_bottom = (int) e->after[0];
  return TRUE;
}

gboolean
strata_node_window (const StrataGraph *graph, int index, StrataWindow *window, GError **error)
{
  StrataExtents extents;

  return strata_node_extents (graph, index, &extents, error) && to_plane (&extents, window, error);
}

/* Pads that give an output of @size: the odd cell is at the end with SAME_UPPER, else at the beginning
 * (ConvTranspose-11). */
static void
pad_to_size (const StrataNode *node, gint64 whole, gint64 size, gint64 *before, gint64 *after)
{
  gint64 total = MAX (whole - size, 0);
  gboolean upper = g_str_equal (strata_node_string (node, "auto_pad", "NOTSET"), "SAME_UPPER");

  *before = upper ? total / 2 : total - total / 2;
  *after = total - *before;
}

gboolean
strata_node_extents_transposed (const StrataGraph *graph, int index, StrataExtents *e, gint64 *size, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  const StrataValue *in = &graph->values[node->inputs[0]];
  const char *mode = strata_node_string (node, "auto_pad", "NOTSET");
  gint64 more[STRATA_MAX_SPATIAL] = { 0 };
  gboolean given, padded;

  if (!read_window (graph, node, e, error) || !read_extents (node, "output_padding", e->n, 0, more, &padded, error)
      || !read_extents (node, "output_shape", e->n, 1, size, &given, error) || !read_pads (node, e, error))
    return FALSE;
  for (int i = 0; i < e->n; i++)
    {
      gint64 whole = e->stride[i] * (in->dims[2 + i] - 1) + more[i] + (e->kernel[i] - 1) * e->dilation[i] + 1;

      if (!given && g_str_has_prefix (mode, "SAME_"))
        size[i] = in->dims[2 + i] * e->stride[i];
      if (given || g_str_has_prefix (mode, "SAME_"))
        pad_to_size (node, whole, size[i], &e->before[i], &e->after[i]);
      size[i] = given ? size[i] : whole - e->before[i] - e->after[i];
    }
  return check_extents (e, error);
}

gboolean
strata_node_transposed (const StrataGraph *graph, int index, StrataWindow *window, gint64 *size, GError **error)
{
  gint64 sizes[STRATA_MAX_SPATIAL] = { 0 };
  StrataExtents extents;

  if (!strata_node_extents_transposed (graph, index, &extents, sizes, error) || !to_plane (&extents, window, error))
    return FALSE;
  memcpy (size, sizes, sizeof (gint64) * (gsize) extents.n);
  return TRUE;
}
