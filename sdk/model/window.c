/* SPDX-License-Identifier: Apache-2.0
 *
 * Windows of convolutions and pools: kernel, strides, dilations, pads with auto_pad resolved (ONNX, Conv: SAME_UPPER
 * puts the odd cell at the end, SAME_LOWER at the beginning). One spatial dimension counts as height 1.
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

typedef struct
{
  gint64 kernel[2], stride[2], dilation[2], pad[4];
} Extents;

static gboolean
resolve_pads (const StrataNode *node, const StrataValue *in, int n, Extents *extents, GError **error)
{
  const char *mode = strata_node_string (node, "auto_pad", "NOTSET");
  gboolean given;

  if (g_str_equal (mode, "NOTSET"))
    return read_extents (node, "pads", 2 * n, 0, extents->pad, &given, error);
  if (g_str_equal (mode, "VALID"))
    return TRUE;
  if (!g_str_equal (mode, "SAME_UPPER") && !g_str_equal (mode, "SAME_LOWER"))
    return strata_shape_fail (error, "auto_pad is %s; NOTSET, VALID, SAME_UPPER and SAME_LOWER are accepted", mode);
  for (int i = 0; i < n; i++)
    pad_same (in->dims[2 + i], extents->kernel[i], extents->dilation[i], extents->stride[i],
              g_str_equal (mode, "SAME_UPPER"), &extents->pad[i], &extents->pad[n + i]);
  return TRUE;
}

static gboolean
is_convolution (StrataOp op)
{
  return op == STRATA_OP_CONV || op == STRATA_OP_CONV_TRANSPOSE || op == STRATA_OP_CONV_INTEGER
         || op == STRATA_OP_Q_LINEAR_CONV;
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

static void
fill (const Extents *e, int n, int groups, StrataWindow *window)
{
  int w = n - 1;

  *window = (StrataWindow){ 1, (int) e->kernel[w], 1, (int) e->stride[w],  1,     (int) e->dilation[w],
                            0, (int) e->pad[w],    0, (int) e->pad[n + w], groups };
  if (n < 2)
    return;
  window->kernel_h = (int) e->kernel[0];
  window->stride_h = (int) e->stride[0];
  window->dilation_h = (int) e->dilation[0];
  window->pad_top = (int) e->pad[0];
  window->pad_bottom = (int) e->pad[n];
}

static gboolean
read_window (const StrataGraph *graph, const StrataNode *node, Extents *extents, int *n, gint64 *groups, GError **error)
{
  const StrataValue *in = &graph->values[node->inputs[0]];
  gboolean given;

  *extents = (Extents){ { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0 } };
  *groups = strata_node_int (node, "group", 1);
  *n = in->n_dims - 2;
  if (*n < 1 || *n > 2)
    return strata_shape_lack (error, "its input has %d dimensions; 3 (N, C, W) or 4 (N, C, H, W) are accepted",
                              in->n_dims);
  if (*groups < 1 || *groups > MAX_EXTENT)
    return strata_shape_fail (error, "group is %" G_GINT64_FORMAT "; 1 to %d are accepted", *groups, MAX_EXTENT);
  return resolve_kernel (graph, node, *n, extents->kernel, error)
         && read_extents (node, "strides", *n, 1, extents->stride, &given, error)
         && read_extents (node, "dilations", *n, 1, extents->dilation, &given, error);
}

static gboolean
check_extents (const Extents *e, int n, GError **error)
{
  for (int i = 0; i < n; i++)
    if ((e->kernel[i] - 1) * e->dilation[i] >= MAX_EXTENT || e->pad[i] > MAX_EXTENT || e->pad[n + i] > MAX_EXTENT)
      return strata_shape_fail (error, "its window reaches over more than %d cells; smaller ones are accepted",
                                MAX_EXTENT);
  return TRUE;
}

gboolean
strata_node_window (const StrataGraph *graph, int index, StrataWindow *window, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  Extents extents;
  gint64 groups;
  int n;

  if (!read_window (graph, node, &extents, &n, &groups, error)
      || !resolve_pads (node, &graph->values[node->inputs[0]], n, &extents, error)
      || !check_extents (&extents, n, error))
    return FALSE;
  fill (&extents, n, (int) groups, window);
  return TRUE;
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
strata_node_transposed (const StrataGraph *graph, int index, StrataWindow *window, gint64 *size, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  const StrataValue *in = &graph->values[node->inputs[0]];
  const char *mode = strata_node_string (node, "auto_pad", "NOTSET");
  gint64 more[2] = { 0, 0 }, groups;
  gboolean given, padded;
  Extents e;
  int n;

  if (!read_window (graph, node, &e, &n, &groups, error)
      || !read_extents (node, "output_padding", n, 0, more, &padded, error)
      || !read_extents (node, "output_shape", n, 1, size, &given, error)
      || !read_extents (node, "pads", 2 * n, 0, e.pad, &padded, error))
    return FALSE;
  for (int i = 0; i < n; i++)
    {
      gint64 whole = e.stride[i] * (in->dims[2 + i] - 1) + more[i] + (e.kernel[i] - 1) * e.dilation[i] + 1;

      if (!given && g_str_has_prefix (mode, "SAME_"))
        size[i] = in->dims[2 + i] * e.stride[i];
      if (given || g_str_has_prefix (mode, "SAME_"))
        pad_to_size (node, whole, size[i], &e.pad[i], &e.pad[n + i]);
      size[i] = given ? size[i] : whole - e.pad[i] - e.pad[n + i];
    }
  if (!check_extents (&e, n, error))
    return FALSE;
  fill (&e, n, (int) groups, window);
  return TRUE;
}
