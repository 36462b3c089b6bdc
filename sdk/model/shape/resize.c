/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rule of Resize (10, 11, 13, 18, 19) and Upsample (7, 9): scales, or sizes with an aspect-ratio policy, of all
 * dimensions or of those in axes.
 */
#include <math.h>

#include "model/element.h"
#include "model/resize.h"
#include "model/shape/shapes.h"

#define MAX_NUMBERS (2 * STRATA_MAX_DIMS)

/* Numbers of attribute @name, else of constant input @input; none: *n is 0 */
static gboolean
read_numbers (
  const StrataGraph *graph, const StrataNode *node, const char *name, int input, double *values, int *n, GError **error)
{
  const StrataAttr *attr = name == NULL ? NULL : strata_node_attr (node, name);
  const StrataValue *value = NULL;

  if (input >= 0 && input < node->n_inputs && node->inputs[input] >= 0)
    value = &graph->values[node->inputs[input]];
  *n = attr != NULL ? attr->n : value == NULL ? 0 : (int) MIN (strata_value_count (value), MAX_NUMBERS + 1);
  if (*n > MAX_NUMBERS)
    return strata_shape_fail (error, "its scales, sizes or region have too many numbers; at most %d are accepted",
                              MAX_NUMBERS);
  if (attr == NULL && *n > 0 && value->data == NULL)
    return strata_shape_fail (error, "its operand %s is computed at run time; it must be a constant", value->name);
  for (int i = 0; i < *n; i++)
    values[i] = attr != NULL ? (double) attr->floats[i] : strata_element_double (value->dtype, value->data, i);
  return TRUE;
}

static gboolean
read_axes (const StrataNode *node, int n_dims, int *axes, int *n, GError **error)
{
  const StrataAttr *attr = strata_node_attr (node, "axes");

  *n = attr == NULL ? n_dims : attr->n;
  if (*n > n_dims)
    return strata_shape_fail (error, "it names %d axes; its input has %d", *n, n_dims);
  for (int i = 0; i < *n; i++)
    if (attr == NULL)
      axes[i] = i;
    else if (!strata_shape_axis (attr->ints[i], n_dims, &axes[i], error))
      return FALSE;
  return TRUE;
}

static void
apply_policy (const char *policy, const StrataValue *in, const int *axes, int n, StrataResize *r)
{
  gboolean larger = g_str_equal (policy, "not_smaller");
  double best = 0.0;

  if (!larger && !g_str_equal (policy, "not_larger"))
    return;
  for (int i = 0; i < n; i++)
    best = i == 0 ? r->scale[axes[i]] : larger ? MAX (best, r->scale[axes[i]]) : MIN (best, r->scale[axes[i]]);
  for (int i = 0; i < n; i++)
    {
      r->scale[axes[i]] = best;
      r->size[axes[i]] = (gint64) floor (best * (double) in->dims[axes[i]] + 0.5);
    }
}

static gboolean
set_axes (
  const StrataValue *in, const double *numbers, gboolean sizes, const int *axes, int n, StrataResize *r, GError **error)
{
  for (int i = 0; i < n; i++)
    {
      int d = axes[i];
      double size = sizes ? numbers[i] : floor ((double) in->dims[d] * numbers[i]);

      if (!(numbers[i] > 0.0) || !(size >= 0.0 && size <= (double) G_MAXINT32) || in->dims[d] < 1)
        return strata_shape_fail (error,
                                  "dimension %d is resized from %" G_GINT64_FORMAT " to %g; 1 to 2147483647 are "
                                  "accepted",
                                  d, in->dims[d], size);
      r->size[d] = (gint64) size;
      r->scale[d] = sizes ? size / (double) in->dims[d] : numbers[i];
    }
  return TRUE;
}

gboolean
strata_operand_resize (const StrataGraph *graph, const StrataNode *node, StrataResize *r, GError **error)
{
  gboolean old = node->op == STRATA_OP_UPSAMPLE || graph->opset < 11;
  const StrataValue *in = &graph->values[node->inputs[0]];
  double scales[MAX_NUMBERS], sizes[MAX_NUMBERS], roi[MAX_NUMBERS];
  int axes[STRATA_MAX_DIMS], n, n_scales, n_sizes, n_roi;

  for (int d = 0; d < in->n_dims; d++)
    {
      r->size[d] = in->dims[d];
      r->scale[d] = r->end[d] = 1.0;
      r->start[d] = 0.0;
    }
  if (!read_axes (node, in->n_dims, axes, &n, error)
      || !read_numbers (graph, node, old ? "scales" : NULL, old ? 1 : 2, scales, &n_scales, error)
      || !read_numbers (graph, node, NULL, old ? -1 : 3, sizes, &n_sizes, error)
      || !read_numbers (graph, node, NULL, old ? -1 : 1, roi, &n_roi, error))
    return FALSE;
  if (n_sizes > 0 ? n_sizes != n : n_scales != n)
    return strata_shape_fail (error, "%d scales and %d sizes for %d axes; one scale or one size each is needed",
                              n_scales, n_sizes, n);
  if (!set_axes (in, n_sizes > 0 ? sizes : scales, n_sizes > 0, axes, n, r, error))
    return FALSE;
  if (n_sizes > 0)
    apply_policy (strata_node_string (node, "keep_aspect_ratio_policy", "stretch"), in, axes, n, r);
  for (int i = 0; i < n && n_roi == 2 * n; i++)
    {
      r->start[axes[i]] = roi[i];
      r->end[axes[i]] = roi[n + i];
    }
  return TRUE;
}

static gboolean
is_one_of (const StrataNode *node, const char *name, const char *const *known, GError **error)
{
  const char *value = strata_node_string (node, name, known[0]);

  return g_strv_contains (known, value)
         || strata_shape_fail (error, "its %s is %s; see the operator's definition in ONNX for those accepted", name,
                               value);
}

gboolean
strata_shape_resize (StrataShape *shape, GError **error)
{
  static const char *const modes[] = { "nearest", "linear", "bilinear", "cubic", NULL };
  static const char *const coordinates[] = { "half_pixel",           "half_pixel_symmetric",
                                             "pytorch_half_pixel",   "align_corners",
                                             "asymmetric",           "tf_crop_and_resize",
                                             "tf_half_pixel_for_nn", NULL };
  static const char *const roundings[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL };
  const StrataValue *in = strata_shape_in (shape, 0);
  StrataResize resize;

  return strata_shape_need (shape, 0, STRATA_TYPES_NUMBER, error) && is_one_of (shape->node, "mode", modes, error)
         && is_one_of (shape->node, "coordinate_transformation_mode", coordinates, error)
         && is_one_of (shape->node, "nearest_mode", roundings, error)
         && strata_operand_resize (shape->graph, shape->node, &resize, error)
         && strata_shape_set (shape, 0, in->dtype, in->n_dims, resize.size, error);
}
