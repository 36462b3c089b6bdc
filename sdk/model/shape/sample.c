/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of operators that read an image between its cells, or put windows back: GridSample, AffineGrid, RoiAlign,
 * DeformConv, MaxUnpool, Col2Im.
 */
#include "model/sample.h"

#include <string.h>

#include "model/shape/shapes.h"

#define MAX_SAMPLES 128 /* of a region's cell, along one dimension */

static gboolean
check_word (const StrataShape *shape, const char *name, const char *fallback, const char *const *known, GError **error)
{
  const char *word = strata_node_string (shape->node, name, fallback);
  g_autofree char *list = NULL;

  if (g_strv_contains (known, word))
    return TRUE;
  list = g_strjoinv (", ", (char **) known);
  return strata_shape_fail (error, "its %s is %s; %s are accepted", name, word, list);
}

gboolean
strata_shape_grid_sample (StrataShape *shape, GError **error)
{
  static const char *const modes[] = { "linear", "bilinear", "nearest", "cubic", "bicubic", NULL };
  static const char *const paddings[] = { "zeros", "border", "reflection", NULL };
  const StrataValue *in = strata_shape_in (shape, 0), *grid = strata_shape_in (shape, 1);
  gint64 dims[STRATA_MAX_DIMS];

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) || !strata_shape_need (shape, 1, STRATA_TYPES_REAL, error)
      || !check_word (shape, "mode", "linear", modes, error)
      || !check_word (shape, "padding_mode", "zeros", paddings, error))
    return FALSE;
  if (in->n_dims < 3 || in->n_dims > 5 || grid->n_dims != in->n_dims || grid->dims[0] != in->dims[0]
      || grid->dims[in->n_dims - 1] != in->n_dims - 2)
    return strata_shape_fail (error, "its grid does not fit its input; one coordinate per spatial dimension, of which "
                                     "1 to 3 are accepted, is needed");
  for (int d = 0; d < in->n_dims; d++)
    {
      dims[d] = d < 2 ? in->dims[d] : grid->dims[d - 1];
      if (d >= 2 && in->dims[d] < 1)
        return strata_shape_fail (error, "dimension %d of its input is empty; there is nothing to sample", d);
    }
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, dims, error);
}

gboolean
strata_shape_affine_grid (StrataShape *shape, GError **error)
{
  const StrataValue *theta = strata_shape_in (shape, 0);
  gint64 size[5], dims[5];
  int n, rank;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error)
      || !strata_operand_ints (shape->graph, shape->node, NULL, 1, 5, size, &n, error))
    return FALSE;
  rank = n - 2;
  if ((n != 4 && n != 5) || theta->n_dims != 3 || theta->dims[0] != size[0] || theta->dims[1] != rank
      || theta->dims[2] != rank + 1)
    return strata_shape_fail (error, "its size and its matrices do not fit; N, C, (D,) H, W and [N, 2, 3] or [N, 3, 4] "
                                     "are accepted");
  dims[0] = size[0];
  memcpy (dims + 1, size + 2, sizeof (gint64) * (gsize) rank);
  dims[n - 1] = rank;
  return strata_shape_set (shape, 0, theta->dtype, n, dims, error);
}

gboolean
strata_shape_roi_align (StrataShape *shape, GError **error)
{
  static const char *const modes[] = { "avg", "max", NULL };
  static const char *const places[] = { "half_pixel", "output_half_pixel", NULL };
  const StrataValue *in = strata_shape_in (shape, 0), *rois = strata_shape_in (shape, 1);
  const StrataValue *batch = strata_shape_in (shape, 2);
  gint64 samples = strata_node_int (shape->node, "sampling_ratio", 0), dims[4];

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error) || !strata_shape_need (shape, 1, STRATA_TYPES_REAL, error)
      || !strata_shape_need (shape, 2, STRATA_TYPES_INDEX, error) || !check_word (shape, "mode", "avg", modes, error)
      || !check_word (shape, "coordinate_transformation_mode", "half_pixel", places, error))
    return FALSE;
  if (in->n_dims != 4 || in->dims[2] < 1 || in->dims[3] < 1 || rois->n_dims != 2 || rois->dims[1] != 4
      || batch->n_dims != 1 || batch->dims[0] != rois->dims[0])
    return strata_shape_fail (error, "its input is not [N, C, H, W], or its regions are not [n, 4] with an image each");
  if (samples < 0 || samples > MAX_SAMPLES)
    return strata_shape_fail (error, "its sampling_ratio is %" G_GINT64_FORMAT "; 0 to %d are accepted", samples,
                              MAX_SAMPLES);
  dims[0] = rois->dims[0];
  dims[1] = in->dims[1];
  dims[2] = strata_node_int (shape->node, "output_height", 1);
  dims[3] = strata_node_int (shape->node, "output_width", 1);
  return strata_shape_set (shape, 0, in->dtype, 4, dims, error);
}

static gboolean
check_offsets (const StrataShape *shape, const StrataExtents *e, const gint64 *dims, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *offset = strata_shape_in (shape, 2);
  const StrataValue *mask = strata_shape_in (shape, 4);
  gint64 groups = strata_node_int (shape->node, "offset_group", 1), cells = e->kernel[0] * e->kernel[1];

  if (groups < 1 || in->dims[1] % groups != 0)
    return strata_shape_fail (
      error, "its offset_group is %" G_GINT64_FORMAT "; a divisor of %" G_GINT64_FORMAT " channels is accepted", groups,
      in->dims[1]);
  for (int i = 2; i <= 4; i += 2)
    {
      const StrataValue *value = i == 2 ? offset : mask;

      if (value != NULL
          && (value->n_dims != 4 || value->dims[0] != in->dims[0] || value->dims[1] != groups * cells * (i == 2 ? 2 : 1)
              || value->dims[2] != dims[2] || value->dims[3] != dims[3]))
        return strata_shape_fail (error,
                                  "its operand %s does not have one number per offset group, cell of the window "
                                  "and place",
                                  value->name);
    }
  return TRUE;
}

gboolean
strata_shape_deform_conv (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *weight = strata_shape_in (shape, 1);
  const StrataValue *bias = strata_shape_in (shape, 3);
  gint64 dims[4];
  StrataExtents e;

  for (int i = 0; i < shape->node->n_inputs; i++)
    if ((i < 3 || strata_shape_in (shape, i) != NULL)
        && (!strata_shape_need (shape, i, STRATA_TYPES_REAL, error) || !strata_shape_agree (shape, 0, i, error)))
      return FALSE;
  if (in->n_dims != 4)
    return strata_shape_lack (error, "its input has %d dimensions; 4 (N, C, H, W) are accepted", in->n_dims);
  if (!strata_node_extents (shape->graph, shape->index, &e, error))
    return FALSE;
  if (weight->dims[0] < 1 || weight->dims[1] < 1 || in->dims[1] != weight->dims[1] * e.groups
      || weight->dims[0] % e.groups != 0 || (bias != NULL && (bias->n_dims != 1 || bias->dims[0] != weight->dims[0])))
    return strata_shape_fail (
      error, "its weights, groups and bias do not fit an input of %" G_GINT64_FORMAT " channels", in->dims[1]);
  dims[0] = in->dims[0];
  dims[1] = weight->dims[0];
  for (int d = 0; d < 2; d++)
    {
      dims[2 + d] =
        strata_window_size (in->dims[2 + d], e.before[d], e.after[d], e.kernel[d], e.dilation[d], e.stride[d], FALSE);
      if (dims[2 + d] < 1)
        return strata_shape_fail (error, "its window is larger than the padded input; it must fit at least once");
    }
  return check_offsets (shape, &e, dims, error) && strata_shape_set (shape, 0, in->dtype, 4, dims, error);
}

/* Size that indices refer to: that of an input which such a pool had made of it */
gboolean
strata_node_unpooled (const StrataGraph *graph, int index, gint64 *dims, GError **error)
{
  const StrataValue *in = &graph->values[graph->nodes[index].inputs[0]];
  StrataExtents e;

  if (!strata_node_extents (graph, index, &e, error))
    return FALSE;
  memcpy (dims, in->dims, sizeof (gint64) * 2);
  for (int d = 2; d < in->n_dims; d++)
    dims[d] = (in->dims[d] - 1) * e.stride[d - 2] + e.kernel[d - 2] - e.before[d - 2] - e.after[d - 2];
  return TRUE;
}

gboolean
strata_shape_max_unpool (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *where = strata_shape_in (shape, 1);
  gint64 dims[STRATA_MAX_DIMS], wanted[STRATA_MAX_DIMS];
  int n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_REAL, error)
      || !strata_shape_need (shape, 1, STRATA_TYPE_BIT (STRATA_DTYPE_I64), error))
    return FALSE;
  if (where->n_dims != in->n_dims || memcmp (where->dims, in->dims, sizeof (gint64) * (gsize) in->n_dims) != 0)
    return strata_shape_fail (error, "its indices do not have the shape of its input; they must");
  if (!strata_node_unpooled (shape->graph, shape->index, dims, error)
      || !strata_operand_ints (shape->graph, shape->node, NULL, 2, STRATA_MAX_DIMS, wanted, &n, error))
    return FALSE;
  for (int d = 0; n >= 0 && d < in->n_dims; d++)
    {
      if (n != in->n_dims || wanted[d] < dims[d] || (d < 2 && wanted[d] != dims[d]))
        return strata_shape_fail (error,
                                  "its output_shape does not hold the %" G_GINT64_FORMAT
                                  " cells of dimension %d; a larger one is accepted",
                                  dims[d], d);
      dims[d] = wanted[d];
    }
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, dims, error);
}

/* @dims: of the output, n + 2. The window walks over the image as a convolution's does. */
gboolean
strata_node_col2im (const StrataGraph *graph, int index, StrataExtents *e, gint64 *dims, GError **error)
{
  const StrataNode *node = &graph->nodes[index];
  const StrataValue *in = &graph->values[node->inputs[0]];
  gint64 cells = 1, places = 1;
  int n_block;

  *e = (StrataExtents){ .groups = 1 };
  if (!strata_operand_ints (graph, node, NULL, 1, STRATA_MAX_SPATIAL, dims + 2, &e->n, error)
      || !strata_operand_ints (graph, node, NULL, 2, STRATA_MAX_SPATIAL, e->kernel, &n_block, error)
      || (e->n == n_block && !strata_node_steps (node, e, error)))
    return FALSE;
  if (in->n_dims != 3 || e->n < 1 || e->n != n_block)
    return strata_shape_fail (error, "its input is not [N, C, L], or its image and block differ in dimensions");
  for (int d = 0; d < e->n; d++)
    {
      gint64 n;

      if (e->kernel[d] < 1 || e->kernel[d] > 1 << 24 || dims[2 + d] < 1 || dims[2 + d] > G_MAXINT32)
        return strata_shape_fail (error, "dimension %d of its image or block is out of range; 1 and more is accepted",
                                  d);
      n =
        strata_window_size (dims[2 + d], e->before[d], e->after[d], e->kernel[d], e->dilation[d], e->stride[d], FALSE);
      if (__builtin_mul_overflow (cells, e->kernel[d], &cells) || __builtin_mul_overflow (places, n, &places))
        return strata_shape_fail (error, "its block or its image is too large; at most 2147483647 cells are accepted");
    }
  if (in->dims[1] % cells != 0 || in->dims[2] != places)
    return strata_shape_fail (error,
                              "%" G_GINT64_FORMAT " columns of %" G_GINT64_FORMAT " do not fit %" G_GINT64_FORMAT
                              " blocks of %" G_GINT64_FORMAT " cells",
                              in->dims[2], in->dims[1], places, cells);
  dims[0] = in->dims[0];
  dims[1] = in->dims[1] / cells;
  return TRUE;
}

gboolean
strata_shape_col2im (StrataShape *shape, GError **error)
{
  gint64 dims[STRATA_MAX_DIMS];
  StrataExtents e;

  return strata_shape_need (shape, 0, STRATA_TYPES_REAL, error)
         && strata_node_col2im (shape->graph, shape->index, &e, dims, error)
         && strata_shape_set (shape, 0, strata_shape_in (shape, 0)->dtype, e.n + 2, dims, error);
}
