/* SPDX-License-Identifier: Apache-2.0
 *
 * Shape rules of operators that make or repeat elements: ConstantOfShape, Range, Size, Expand, Tile, OneHot, EyeLike,
 * Split, DepthToSpace, SpaceToDepth, Trilu.
 */
#include <math.h>
#include <string.h>

#include "model/onnx/dtype.h"
#include "model/operands.h"
#include "model/shape/shapes.h"

gboolean
strata_shape_constant_of_shape (StrataShape *shape, GError **error)
{
  const StrataAttr *attr = strata_node_attr (shape->node, "value");
  StrataDtype dtype = STRATA_DTYPE_F32;
  gint64 dims[STRATA_MAX_DIMS];
  int n;

  if (!strata_operand_ints (shape->graph, shape->node, NULL, 0, STRATA_MAX_DIMS, dims, &n, error))
    return FALSE;
  if (attr != NULL)
    {
      if (attr->kind != STRATA_ATTR_TENSOR || strata_value_count (&shape->graph->values[attr->tensor]) != 1)
        return strata_shape_fail (error, "its value is no tensor of one element; it must be");
      dtype = shape->graph->values[attr->tensor].dtype;
    }
  return strata_shape_set (shape, 0, dtype, MAX (n, 0), dims, error);
}

gboolean
strata_shape_range (StrataShape *shape, GError **error)
{
  double start, limit, delta, count;
  gint64 n;

  if (!strata_shape_agree (shape, 0, 1, error) || !strata_shape_agree (shape, 0, 2, error)
      || !strata_shape_scalar (shape, 0, &start, error) || !strata_shape_scalar (shape, 1, &limit, error)
      || !strata_shape_scalar (shape, 2, &delta, error))
    return FALSE;
  count = ceil ((limit - start) / delta);
  if (delta == 0.0 || !(count <= (double) G_MAXINT32))
    return strata_shape_fail (error, "from %g to %g by %g is no finite range; a step that gets there is accepted",
                              start, limit, delta);
  n = count > 0.0 ? (gint64) count : 0;
  return strata_shape_set (shape, 0, strata_shape_in (shape, 0)->dtype, 1, &n, error);
}

gboolean
strata_shape_size (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 count;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_shape_set (shape, 0, STRATA_DTYPE_I64, 0, NULL, error))
    return FALSE;
  count = strata_value_count (in);
  if (shape->node->outputs[0] >= 0)
    shape->graph->values[shape->node->outputs[0]].data =
      strata_arena_memdup (shape->graph->arena, &count, sizeof count);
  return TRUE;
}

gboolean
strata_shape_expand (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 wanted[STRATA_MAX_DIMS], dims[STRATA_MAX_DIMS];
  int n, n_dims;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_operand_ints (shape->graph, shape->node, NULL, 1, STRATA_MAX_DIMS, wanted, &n, error))
    return FALSE;
  n = MAX (n, 0);
  n_dims = MAX (n, in->n_dims);
  for (int d = 0; d < n_dims; d++)
    {
      gint64 own = d < n_dims - in->n_dims ? 1 : in->dims[d - (n_dims - in->n_dims)];
      gint64 want = d < n_dims - n ? 1 : wanted[d - (n_dims - n)];

      if (own != 1 && want != 1 && own != want)
        return strata_shape_fail (error, "dimension %d, %" G_GINT64_FORMAT ", does not expand to %" G_GINT64_FORMAT, d,
                                  own, want);
      dims[d] = own == 1 ? want : own;
    }
  return strata_shape_set (shape, 0, in->dtype, n_dims, dims, error);
}

gboolean
strata_shape_tile (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 repeats[STRATA_MAX_DIMS], dims[STRATA_MAX_DIMS];
  int n;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_operand_ints (shape->graph, shape->node, NULL, 1, STRATA_MAX_DIMS, repeats, &n, error))
    return FALSE;
  if (n != in->n_dims)
    return strata_shape_fail (error, "%d repeats for %d dimensions; one each is needed", n, in->n_dims);
  for (int d = 0; d < n; d++)
    if (repeats[d] < 0 || __builtin_mul_overflow (in->dims[d], repeats[d], &dims[d]))
      return strata_shape_fail (error, "repeat %d is %" G_GINT64_FORMAT "; a small number from 0 on is accepted", d,
                                repeats[d]);
  return strata_shape_set (shape, 0, in->dtype, n, dims, error);
}

gboolean
strata_shape_one_hot (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *values = strata_shape_in (shape, 2);
  gint64 dims[STRATA_MAX_DIMS + 1];
  double depth;
  int axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_NUMBER, error) || !strata_shape_scalar (shape, 1, &depth, error)
      || !strata_shape_need (shape, 2, STRATA_TYPES_ANY, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", -1), in->n_dims + 1, &axis, error))
    return FALSE;
  if (values->n_dims != 1 || values->dims[0] != 2 || !(depth >= 1.0 && depth <= (double) G_MAXINT32))
    return strata_shape_fail (error, "its depth or its pair of values is wrong; a depth from 1 on and [off, on] are "
                                     "accepted");
  for (int d = 0; d < in->n_dims; d++)
    dims[d + (d >= axis)] = in->dims[d];
  dims[axis] = (gint64) depth;
  return strata_shape_set (shape, 0, values->dtype, in->n_dims + 1, dims, error);
}

gboolean
strata_shape_eye_like (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  const StrataAttr *to = strata_node_attr (shape->node, "dtype");
  StrataDtype dtype = in->dtype;

  if (to != NULL && (dtype = strata_onnx_dtype (to->i, error)) == STRATA_DTYPE_INVALID)
    return FALSE;
  if (in->n_dims != 2)
    return strata_shape_fail (error, "its input has %d dimensions; 2 are needed", in->n_dims);
  return strata_shape_set (shape, 0, dtype, 2, in->dims, error);
}

/* Sizes of the parts: given, or equal with a smaller last one */
static gboolean
split_sizes (StrataShape *shape, gint64 dim, gint64 *sizes, GError **error)
{
  int n_outputs = shape->node->n_outputs, n;
  gint64 sum = 0, chunk;

  if (!strata_operand_ints (shape->graph, shape->node, "split", 1, n_outputs, sizes, &n, error))
    return FALSE;
  if (n < 0)
    {
      chunk = (dim + n_outputs - 1) / n_outputs;
      if (shape->graph->opset < 18 && dim % n_outputs != 0)
        return strata_shape_fail (error, "%" G_GINT64_FORMAT " do not split into %d equal parts", dim, n_outputs);
      for (int i = 0; i < n_outputs; i++)
        sizes[i] = CLAMP (dim - i * chunk, 0, chunk);
      return TRUE;
    }
  for (int i = 0; i < n; i++)
    sum += CLAMP (sizes[i], 0, G_MAXINT32);
  if (n != n_outputs || sum != dim)
    return strata_shape_fail (error, "its %d parts for %d outputs do not add up to %" G_GINT64_FORMAT, n, n_outputs,
                              dim);
  return TRUE;
}

gboolean
strata_shape_split (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  g_autofree gint64 *sizes = g_new0 (gint64, shape->node->n_outputs + 1);
  gint64 dims[STRATA_MAX_DIMS];
  int axis;

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error)
      || !strata_shape_axis (strata_node_int (shape->node, "axis", 0), in->n_dims, &axis, error)
      || !split_sizes (shape, in->dims[axis], sizes, error))
    return FALSE;
  memcpy (dims, in->dims, sizeof dims);
  for (int i = 0; i < shape->node->n_outputs; i++)
    {
      dims[axis] = sizes[i];
      if (!strata_shape_set (shape, i, in->dtype, in->n_dims, dims, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
strata_shape_depth_to_space (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0);
  gint64 block = strata_node_int (shape->node, "blocksize", 0);
  gboolean unfold = shape->node->op == STRATA_OP_DEPTH_TO_SPACE;
  gint64 dims[4];

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  if (in->n_dims != 4 || block < 1 || block > 1 << 15)
    return strata_shape_fail (error,
                              "its input has %d dimensions and its blocksize is %" G_GINT64_FORMAT
                              "; 4 dimensions and a block of 1 to 32768 are accepted",
                              in->n_dims, block);
  if (unfold ? in->dims[1] % (block * block) != 0 : in->dims[2] % block != 0 || in->dims[3] % block != 0)
    return strata_shape_fail (error, "its input does not divide into blocks of %" G_GINT64_FORMAT, block);
  dims[0] = in->dims[0];
  dims[1] = unfold ? in->dims[1] / (block * block) : in->dims[1] * block * block;
  dims[2] = unfold ? in->dims[2] * block : in->dims[2] / block;
  dims[3] = unfold ? in->dims[3] * block : in->dims[3] / block;
  return strata_shape_set (shape, 0, in->dtype, 4, dims, error);
}

gboolean
strata_shape_trilu (StrataShape *shape, GError **error)
{
  const StrataValue *in = strata_shape_in (shape, 0), *k = strata_shape_in (shape, 1);

  if (!strata_shape_need (shape, 0, STRATA_TYPES_ANY, error))
    return FALSE;
  if (in->n_dims < 2 || (k != NULL && (strata_value_count (k) != 1 || k->dtype != STRATA_DTYPE_I64)))
    return strata_shape_fail (error, "its input is no matrix, or its diagonal no int64 scalar; both must be");
  return strata_shape_set (shape, 0, in->dtype, in->n_dims, in->dims, error);
}
