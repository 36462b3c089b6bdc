/* SPDX-License-Identifier: Apache-2.0
 *
 * Layer and root-mean-square normalisation written out. All forms have x less its mean, or x, over the root of the
 * variance plus epsilon; they differ in how the variance is written (mean of squares, squared mean taken off), in how
 * the division is (Div, Reciprocal, Pow) and in where the scale enters.
 */
#include <string.h>

#include "model/operands.h"
#include "model/rewrite/match.h"

typedef struct
{
  StrataMatch match;
  int x, axis;      /* dimensions from @axis on are normalised */
  gboolean centred; /* LayerNormalization; FALSE: root mean square */
  int difference;   /* x less its mean, where the variance reads it; -1 */
  double epsilon;
  int scale, offset; /* constants, -1: none yet */
} Norm;

/* The axis from which on @node reduces all dimensions; -1 where it reduces others. */
static int
reduced_from (const StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  int n_dims = strata_rewrite_value (rw, n->inputs[0])->n_dims, n_axes, axis = 0;
  gboolean axes[STRATA_MAX_DIMS];

  if (!strata_operand_axes (rw->graph, n, 1, n_dims, axes, &n_axes, NULL))
    return -1;
  if (n_axes <= 0)
    return n_axes == 0 && strata_node_int (n, "noop_with_empty_axes", 0) != 0 ? -1 : 0;
  while (axis < n_dims && !axes[axis])
    axis++;
  for (int d = axis; d < n_dims; d++)
    if (!axes[d])
      return -1;
  return axis;
}

/* What @value is the mean of, from @axis on; -1: it is none. ReduceMean, or ReduceSum over the count. */
static int
mean_of (const StrataRewriting *rw, StrataMatch *match, int value, int *axis)
{
  int behind = strata_match_behind_reshapes (rw, match, value), other = behind, reduce;
  StrataProduct product = { .number = 1.0 };
  const StrataValue *x;
  gint64 count = 1;

  reduce = strata_match_maker (rw, behind, STRATA_OP_REDUCE_MEAN);
  if (reduce < 0)
    {
      int maker = strata_rewrite_value (rw, behind)->producer;

      if (maker < 0
          || (strata_rewrite_node (rw, maker)->op != STRATA_OP_MUL
              && strata_rewrite_node (rw, maker)->op != STRATA_OP_DIV))
        return -1;
      strata_match_product_of (rw, match, maker, &product);
      other = product.n == 1 ? strata_match_behind_reshapes (rw, match, product.factors[0]) : -1;
      reduce = strata_match_maker (rw, other, STRATA_OP_REDUCE_SUM);
    }
  if (reduce < 0)
    return -1;
  *axis = reduced_from (rw, reduce);
  x = strata_rewrite_value (rw, strata_rewrite_node (rw, reduce)->inputs[0]);
  for (int d = MAX (*axis, 0); d < x->n_dims; d++)
    count *= x->dims[d];
  if (*axis < 0 || count == 0
      || (strata_rewrite_node (rw, reduce)->op == STRATA_OP_REDUCE_SUM
          && !strata_match_near (rw, behind, product.number, 1.0 / (double) count)))
    return -1;
  strata_match_add (match, reduce);
  return strata_rewrite_node (rw, reduce)->inputs[0];
}

/* What @value is the square of; -1 */
static int
square_of (const StrataRewriting *rw, StrataMatch *match, int value)
{
  int maker = strata_rewrite_value (rw, value)->producer;
  const StrataNode *n = maker < 0 ? NULL : strata_rewrite_node (rw, maker);
  double power;

  if (n == NULL
      || !((n->op == STRATA_OP_MUL && n->inputs[0] == n->inputs[1])
           || (n->op == STRATA_OP_POW && strata_match_number (rw, n->inputs[1], &power) && power == 2.0)))
    return -1;
  strata_match_add (match, maker);
  return n->inputs[0];
}

/* TRUE if @value has @x's dimensions before @axis and ones from there on: a number per row. */
static gboolean
is_per_row (const StrataRewriting *rw, int value, int x, int axis)
{
  const StrataValue *v = strata_rewrite_value (rw, value), *of = strata_rewrite_value (rw, x);

  for (int d = 0; d < of->n_dims; d++)
    {
      int own = d - (of->n_dims - v->n_dims);

      if ((own < 0 ? 1 : v->dims[own]) != (d < axis ? of->dims[d] : 1))
        return FALSE;
    }
  return v->n_dims <= of->n_dims;
}

/* @value = x - mean (x) */
static gboolean
is_centred (const StrataRewriting *rw, Norm *norm, int value, int axis)
{
  int sub = strata_match_maker (rw, value, STRATA_OP_SUB), own_axis = -1, x, mean;

  if (sub < 0)
    return FALSE;
  x = strata_rewrite_node (rw, sub)->inputs[0];
  mean = strata_rewrite_node (rw, sub)->inputs[1];
  if (mean_of (rw, &norm->match, mean, &own_axis) != x || own_axis != axis || !is_per_row (rw, mean, x, axis))
    return FALSE;
  strata_match_add (&norm->match, sub);
  norm->x = x;
  return TRUE;
}

/* Mean of squares less the square of the mean, not below zero */
static gboolean
is_difference (const StrataRewriting *rw, Norm *norm, int value)
{
  int behind = strata_match_behind_reshapes (rw, &norm->match, value), other, sub, x, axis, own_axis = -1;
  int limit = strata_match_maker (rw, behind, STRATA_OP_MAX);
  double zero;

  if (limit >= 0)
    {
      if (!strata_match_number_side (rw, limit, &behind, &zero) || zero != 0.0)
        return FALSE;
      strata_match_add (&norm->match, limit);
    }
  sub = strata_match_maker (rw, behind, STRATA_OP_SUB);
  if (sub < 0)
    return FALSE;
  strata_match_add (&norm->match, sub);
  other = mean_of (rw, &norm->match, strata_rewrite_node (rw, sub)->inputs[0], &axis);
  x = other < 0 ? -1 : square_of (rw, &norm->match, other);
  other = square_of (rw, &norm->match, strata_rewrite_node (rw, sub)->inputs[1]);
  if (x < 0 || other < 0 || mean_of (rw, &norm->match, other, &own_axis) != x || own_axis != axis
      || !strata_match_same_shape (rw, strata_rewrite_node (rw, sub)->inputs[0],
                                   strata_rewrite_node (rw, sub)->inputs[1]))
    return FALSE;
  norm->x = x;
  norm->axis = axis;
  norm->centred = TRUE;
  return TRUE;
}

/* variance (x) + epsilon */
static gboolean
is_variance (const StrataRewriting *rw, Norm *norm, int value)
{
  int add = strata_match_maker (rw, value, STRATA_OP_ADD), variance, squares, base;
  StrataMatch before;

  if (add < 0 || !strata_match_number_side (rw, add, &variance, &norm->epsilon) || norm->epsilon < 0.0)
    return FALSE;
  strata_match_add (&norm->match, add);
  before = norm->match;
  squares = mean_of (rw, &norm->match, variance, &norm->axis);
  base = squares < 0 ? -1 : square_of (rw, &norm->match, squares);
  if (base < 0)
    {
      norm->match = before;
      return is_difference (rw, norm, variance) && is_per_row (rw, value, norm->x, norm->axis);
    }
  before = norm->match;
  norm->centred = is_centred (rw, norm, base, norm->axis);
  norm->difference = norm->centred ? base : -1;
  if (!norm->centred)
    {
      norm->match = before;
      norm->x = base;
    }
  return is_per_row (rw, value, norm->x, norm->axis);
}

/* What @node gives the root of; -1 */
static int
root_of (const StrataRewriting *rw, int node, double power)
{
  const StrataNode *n = node < 0 ? NULL : strata_rewrite_node (rw, node);
  double number;

  if (n != NULL && n->op == STRATA_OP_SQRT && power == 0.5)
    return n->inputs[0];
  return n != NULL && n->op == STRATA_OP_POW && strata_match_number (rw, n->inputs[1], &number) && number == power
           ? n->inputs[0]
           : -1;
}

static gboolean
is_deviation (const StrataRewriting *rw, Norm *norm, int value)
{
  int maker = strata_rewrite_value (rw, value)->producer, sum = root_of (rw, maker, 0.5);

  if (sum < 0)
    return FALSE;
  strata_match_add (&norm->match, maker);
  return is_variance (rw, norm, sum);
}

/* A constant that varies along the normalised dimensions only */
static gboolean
is_operand (const StrataRewriting *rw, const Norm *norm, int value)
{
  const StrataValue *v = strata_rewrite_value (rw, value), *x = strata_rewrite_value (rw, norm->x);

  if (!strata_rewrite_is_constant (rw, value) || v->dtype != x->dtype || v->n_dims > x->n_dims)
    return FALSE;
  for (int d = 0; d < v->n_dims; d++)
    {
      int at = d + x->n_dims - v->n_dims;

      if (v->dims[d] != 1 && (at < norm->axis || v->dims[d] != x->dims[at]))
        return FALSE;
    }
  return TRUE;
}

/* 1 / deviation, or a constant scale times it */
static gboolean
is_inverse (const StrataRewriting *rw, Norm *norm, int value)
{
  int maker = strata_rewrite_value (rw, value)->producer, sum;
  const StrataNode *n = maker < 0 ? NULL : strata_rewrite_node (rw, maker);
  double one;

  if (n == NULL)
    return FALSE;
  strata_match_add (&norm->match, maker);
  sum = root_of (rw, maker, -0.5);
  if (sum >= 0)
    return is_variance (rw, norm, sum);
  if (n->op == STRATA_OP_RECIPROCAL)
    return is_deviation (rw, norm, n->inputs[0]);
  if (n->op == STRATA_OP_DIV && strata_match_number (rw, n->inputs[0], &one) && one == 1.0)
    return is_deviation (rw, norm, n->inputs[1]);
  for (int i = 0; n->op == STRATA_OP_MUL && norm->scale < 0 && i < 2; i++)
    if (strata_rewrite_is_constant (rw, n->inputs[i]))
      {
        norm->scale = n->inputs[i];
        return is_inverse (rw, norm, n->inputs[1 - i]) && is_operand (rw, norm, norm->scale);
      }
  return FALSE;
}

/* The numerator belongs to the variance under it. */
static gboolean
is_numerator (const StrataRewriting *rw, Norm *norm, int value)
{
  int x = norm->x;

  if (!norm->centred)
    return value == x;
  return value == norm->difference || (is_centred (rw, norm, value, norm->axis) && norm->x == x);
}

/* The next node where it is the only reader of @value, an @op, and its other input an operand; @operand. -1 */
static int
next_operand (const StrataRewriting *rw, const Norm *norm, int value, StrataOp op, int *operand)
{
  int reader = strata_rewrite_is_sole (rw, value) ? strata_rewrite_reader (rw, value) : -1;
  const StrataNode *n = reader < 0 ? NULL : strata_rewrite_node (rw, reader);

  if (n == NULL || n->op != op || n->n_inputs != 2)
    return -1;
  *operand = n->inputs[n->inputs[0] == value ? 1 : 0];
  return is_operand (rw, norm, *operand) ? reader : -1;
}

/* @value without leading ones that ONNX does not allow */
static int
trim (StrataRewriting *rw, const Norm *norm, int value)
{
  const StrataValue *v = strata_rewrite_value (rw, value);
  int n_dims = MIN (v->n_dims, strata_rewrite_value (rw, norm->x)->n_dims - norm->axis);
  gint64 dims[STRATA_MAX_DIMS];

  if (v->n_dims == n_dims)
    return value;
  memcpy (dims, v->dims + v->n_dims - n_dims, sizeof (gint64) * (gsize) n_dims);
  return strata_rewrite_view (rw, value, n_dims, dims);
}

static int
ones (StrataRewriting *rw, const Norm *norm, int root)
{
  const StrataValue *x = strata_rewrite_value (rw, norm->x);
  g_autofree char *name = g_strdup_printf ("%s:ones", strata_rewrite_node (rw, root)->name);

  return strata_rewrite_floats (rw, name, x->dtype, x->n_dims - norm->axis, x->dims + norm->axis, 1.0);
}

static gboolean
finish (StrataRewriting *rw, Norm *norm, int root)
{
  StrataAttr attrs[2] = { strata_rewrite_int ("axis", norm->axis),
                          strata_rewrite_float ("epsilon", (float) norm->epsilon) };
  int operand, next, inputs[3] = { norm->x, -1, -1 };

  next = norm->scale >= 0 || norm->offset >= 0
           ? -1
           : next_operand (rw, norm, strata_rewrite_node (rw, root)->outputs[0], STRATA_OP_MUL, &operand);
  if (next >= 0)
    {
      strata_match_add (&norm->match, next);
      norm->scale = operand;
      root = next;
    }
  next = !norm->centred || norm->offset >= 0
           ? -1
           : next_operand (rw, norm, strata_rewrite_node (rw, root)->outputs[0], STRATA_OP_ADD, &operand);
  if (next >= 0)
    {
      strata_match_add (&norm->match, next);
      norm->offset = operand;
      root = next;
    }
  if (!strata_match_is_closed (rw, &norm->match, root))
    return FALSE;
  inputs[1] = norm->scale >= 0 ? trim (rw, norm, norm->scale) : ones (rw, norm, root);
  inputs[2] = norm->offset >= 0 ? trim (rw, norm, norm->offset) : -1;
  return strata_match_fuse (rw, &norm->match, root,
                            norm->centred ? STRATA_OP_LAYER_NORMALIZATION : STRATA_OP_RMS_NORMALIZATION, inputs,
                            norm->centred ? 3 : 2, attrs, 2);
}

static void
start (Norm *norm, int root)
{
  *norm = (Norm){ .match = { .n = 0 }, .difference = -1, .scale = -1, .offset = -1 };
  strata_match_add (&norm->match, root);
}

/* x * inverse + (offset - mean * inverse), as batch-norm kernels write it */
static gboolean
joined (StrataRewriting *rw, int node)
{
  int sub, product, other, inverse;
  Norm norm;

  start (&norm, node);
  sub = strata_match_side (rw, node, STRATA_OP_SUB, &other);
  product = sub < 0 ? -1 : strata_match_maker (rw, strata_rewrite_node (rw, sub)->inputs[1], STRATA_OP_MUL);
  other = strata_match_maker (rw, other, STRATA_OP_MUL);
  if (sub < 0 || product < 0 || other < 0)
    return FALSE;
  norm.offset = strata_rewrite_node (rw, sub)->inputs[0];
  strata_match_add (&norm.match, sub);
  strata_match_add (&norm.match, product);
  strata_match_add (&norm.match, other);
  for (int i = 0; i < 2; i++)
    {
      const StrataNode *means = strata_rewrite_node (rw, product), *values = strata_rewrite_node (rw, other);
      int mean = means->inputs[1 - i], own_axis = -1;

      inverse = means->inputs[i];
      if (inverse != values->inputs[0] && inverse != values->inputs[1])
        continue;
      if (is_inverse (rw, &norm, inverse) && norm.centred && mean_of (rw, &norm.match, mean, &own_axis) == norm.x
          && own_axis == norm.axis && is_per_row (rw, mean, norm.x, norm.axis)
          && norm.x == values->inputs[values->inputs[0] == inverse ? 1 : 0] && is_operand (rw, &norm, norm.offset))
        return finish (rw, &norm, node);
      return FALSE;
    }
  return FALSE;
}

gboolean
strata_rewrite_norm (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  Norm norm;

  if (n->op == STRATA_OP_ADD)
    return joined (rw, node);
  start (&norm, node);
  if (n->op == STRATA_OP_DIV)
    return is_deviation (rw, &norm, n->inputs[1]) && is_numerator (rw, &norm, n->inputs[0]) && finish (rw, &norm, node);
  for (int i = 0; n->op == STRATA_OP_MUL && i < 2; i++)
    {
      start (&norm, node);
      if (is_inverse (rw, &norm, n->inputs[i]) && is_numerator (rw, &norm, n->inputs[1 - i]))
        return finish (rw, &norm, node);
    }
  return FALSE;
}
