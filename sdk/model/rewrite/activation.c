/* SPDX-License-Identifier: Apache-2.0
 *
 * Activations written out. A product counts by its factors, in whatever order and with whatever numbers between.
 */
#include <math.h>

#include "model/rewrite/match.h"

static gboolean
is_factor_of (const StrataRewriting *rw, int node)
{
  StrataOp op = strata_rewrite_node (rw, node)->op;

  return (op == STRATA_OP_MUL || op == STRATA_OP_DIV) && strata_rewrite_node (rw, node)->n_inputs == 2;
}

/* The node that @value is 1 plus the output of; -1 */
static int
one_plus (const StrataRewriting *rw, StrataMatch *match, int value, StrataOp op)
{
  int add = strata_match_maker (rw, value, STRATA_OP_ADD), other;
  double one;

  if (add < 0 || !strata_match_number_side (rw, add, &other, &one) || one != 1.0)
    return -1;
  strata_match_add (match, add);
  return strata_match_maker (rw, other, op);
}

/* @value = number * x */
static gboolean
is_scaled (const StrataRewriting *rw, StrataMatch *match, int value, int x, double number)
{
  StrataProduct product;

  strata_match_product (rw, match, value, &product);
  return strata_match_is_power (rw, &product, number, x, 1);
}

/* @value = x + 0.044715 x^3 */
static gboolean
is_cubic (const StrataRewriting *rw, StrataMatch *match, int value, int x)
{
  int add = strata_match_maker (rw, value, STRATA_OP_ADD);
  StrataProduct product;

  if (add < 0)
    return FALSE;
  strata_match_add (match, add);
  for (int i = 0; i < 2; i++)
    if (strata_rewrite_node (rw, add)->inputs[i] == x)
      {
        strata_match_product (rw, match, strata_rewrite_node (rw, add)->inputs[1 - i], &product);
        return strata_match_is_power (rw, &product, 0.044715, x, 3);
      }
  return FALSE;
}

/* @value = 1 + 0.044715 x^2 */
static gboolean
is_quadratic (const StrataRewriting *rw, StrataMatch *match, int value, int x)
{
  int add = strata_match_maker (rw, value, STRATA_OP_ADD), other;
  StrataProduct product;
  double one;

  if (add < 0 || !strata_match_number_side (rw, add, &other, &one) || one != 1.0)
    return FALSE;
  strata_match_add (match, add);
  strata_match_product (rw, match, other, &product);
  return strata_match_is_power (rw, &product, 0.044715, x, 2);
}

/* @value = sqrt (2 / pi) (x + 0.044715 x^3), or with x taken out */
static gboolean
is_tanh_argument (const StrataRewriting *rw, StrataMatch *match, int value, int x)
{
  StrataProduct product;

  strata_match_product (rw, match, value, &product);
  if (!strata_match_near (rw, value, product.number, sqrt (2.0 / G_PI)))
    return FALSE;
  if (product.n == 1)
    return is_cubic (rw, match, product.factors[0], x);
  for (int i = 0; product.n == 2 && i < 2; i++)
    if (product.factors[i] == x)
      return is_quadratic (rw, match, product.factors[1 - i], x);
  return FALSE;
}

/* 0.5 x (1 + erf (x / sqrt (2))) or 0.5 x (1 + tanh (…)) */
gboolean
strata_rewrite_gelu (StrataRewriting *rw, int node)
{
  StrataMatch start = { .n = 0 };
  StrataAttr attr = { .name = "approximate", .kind = STRATA_ATTR_STRING, .s = "tanh", .tensor = -1 };
  StrataProduct product;

  if (!is_factor_of (rw, node))
    return FALSE;
  strata_match_product_of (rw, &start, node, &product);
  if (product.n != 2 || !strata_match_near (rw, product.factors[0], product.number, 0.5))
    return FALSE;
  for (int i = 0; i < 2; i++)
    {
      StrataMatch match = start, other = start;
      int x = product.factors[1 - i];
      int erf = one_plus (rw, &match, product.factors[i], STRATA_OP_ERF);
      int tanh = one_plus (rw, &other, product.factors[i], STRATA_OP_TANH);

      if (erf >= 0 && is_scaled (rw, &match, strata_rewrite_node (rw, erf)->inputs[0], x, sqrt (0.5)))
        {
          strata_match_add (&match, erf);
          return strata_match_fuse (rw, &match, node, STRATA_OP_GELU, &x, 1, NULL, 0);
        }
      if (tanh >= 0 && is_tanh_argument (rw, &other, strata_rewrite_node (rw, tanh)->inputs[0], x))
        {
          strata_match_add (&other, tanh);
          return strata_match_fuse (rw, &other, node, STRATA_OP_GELU, &x, 1, &attr, 1);
        }
    }
  return FALSE;
}

/* A limit of Clip: an attribute before opset 11, an input from then on */
static gboolean
read_limit (const StrataRewriting *rw, const StrataNode *clip, const char *name, int input, double *limit)
{
  const StrataAttr *attr = strata_node_attr (clip, name);

  if (attr != NULL && attr->kind == STRATA_ATTR_FLOAT)
    *limit = (double) attr->f;
  else if (input >= clip->n_inputs)
    return FALSE;
  return attr != NULL || strata_match_number (rw, clip->inputs[input], limit);
}

/* @value = clip (slope x + 0.5, 0, 1) or, @slope 1, clip (x + 3, 0, 6) */
static gboolean
is_clipped (const StrataRewriting *rw, StrataMatch *match, int value, int x, gboolean unit)
{
  int clip = strata_match_maker (rw, value, STRATA_OP_CLIP), add, other;
  double low, high, term;

  if (clip < 0 || !read_limit (rw, strata_rewrite_node (rw, clip), "min", 1, &low)
      || !read_limit (rw, strata_rewrite_node (rw, clip), "max", 2, &high) || low != 0.0 || high != (unit ? 1.0 : 6.0))
    return FALSE;
  strata_match_add (match, clip);
  add = strata_match_maker (rw, strata_rewrite_node (rw, clip)->inputs[0], STRATA_OP_ADD);
  if (add < 0 || !strata_match_number_side (rw, add, &other, &term) || term != (unit ? 0.5 : 3.0))
    return FALSE;
  strata_match_add (match, add);
  return unit ? is_scaled (rw, match, other, x, 1.0 / 6.0) : other == x;
}

static gboolean
is_hard_sigmoid (const StrataRewriting *rw, StrataMatch *match, int value, int x)
{
  int node = strata_match_maker (rw, value, STRATA_OP_HARD_SIGMOID);
  const StrataNode *n = node < 0 ? NULL : strata_rewrite_node (rw, node);

  if (n == NULL || n->inputs[0] != x
      || !strata_match_near (rw, x, (double) strata_node_float (n, "alpha", 0.2f), 1.0 / 6.0)
      || strata_node_float (n, "beta", 0.5f) != 0.5f)
    return FALSE;
  strata_match_add (match, node);
  return TRUE;
}

gboolean
strata_rewrite_hard_swish (StrataRewriting *rw, int node)
{
  StrataMatch start = { .n = 0 };
  StrataProduct product;

  if (!is_factor_of (rw, node))
    return FALSE;
  strata_match_product_of (rw, &start, node, &product);
  if (product.n != 2)
    return FALSE;
  for (int i = 0; i < 2; i++)
    {
      StrataMatch match = start;
      int x = product.factors[1 - i], gate = product.factors[i];
      gboolean found = FALSE;

      if (strata_match_near (rw, x, product.number, 1.0 / 6.0))
        found = is_clipped (rw, &match, gate, x, FALSE);
      else if (product.number == 1.0)
        found = is_hard_sigmoid (rw, &match, gate, x) || is_clipped (rw, &match, gate, x, TRUE);
      if (found)
        return strata_match_fuse (rw, &match, node, STRATA_OP_HARD_SWISH, &x, 1, NULL, 0);
    }
  return FALSE;
}

/* log (1 + exp (x)) */
gboolean
strata_rewrite_softplus (StrataRewriting *rw, int node)
{
  StrataMatch match = { .n = 0 };
  int exponential, x;

  if (strata_rewrite_node (rw, node)->op != STRATA_OP_LOG)
    return FALSE;
  exponential = one_plus (rw, &match, strata_rewrite_node (rw, node)->inputs[0], STRATA_OP_EXP);
  if (exponential < 0)
    return FALSE;
  strata_match_add (&match, exponential);
  x = strata_rewrite_node (rw, exponential)->inputs[0];
  return strata_match_fuse (rw, &match, node, STRATA_OP_SOFTPLUS, &x, 1, NULL, 0);
}

/* x tanh (softplus (x)) */
gboolean
strata_rewrite_mish (StrataRewriting *rw, int node)
{
  StrataMatch match = { .n = 0 };
  int tanh, softplus, x;

  if (strata_rewrite_node (rw, node)->op != STRATA_OP_MUL)
    return FALSE;
  tanh = strata_match_side (rw, node, STRATA_OP_TANH, &x);
  softplus = tanh < 0 ? -1 : strata_match_maker (rw, strata_rewrite_node (rw, tanh)->inputs[0], STRATA_OP_SOFTPLUS);
  if (softplus < 0 || strata_rewrite_node (rw, softplus)->inputs[0] != x)
    return FALSE;
  strata_match_add (&match, tanh);
  strata_match_add (&match, softplus);
  return strata_match_fuse (rw, &match, node, STRATA_OP_MISH, &x, 1, NULL, 0);
}

/* x sigmoid (alpha x) */
gboolean
strata_rewrite_swish (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);

  for (int i = 0; n->op == STRATA_OP_MUL && i < 2; i++)
    {
      StrataMatch match = { .n = 0 };
      int sigmoid = strata_match_maker (rw, n->inputs[i], STRATA_OP_SIGMOID), x = n->inputs[1 - i];
      StrataProduct product = { .number = 1.0 };
      StrataAttr attr;

      if (sigmoid < 0)
        continue;
      strata_match_add (&match, sigmoid);
      if (strata_rewrite_node (rw, sigmoid)->inputs[0] != x)
        {
          strata_match_product (rw, &match, strata_rewrite_node (rw, sigmoid)->inputs[0], &product);
          if (product.n != 1 || product.factors[0] != x)
            continue;
        }
      attr = strata_rewrite_float ("alpha", (float) product.number);
      return strata_match_fuse (rw, &match, node, STRATA_OP_SWISH, &x, 1, &attr, 1);
    }
  return FALSE;
}

/* Swish of one tensor times another of its shape, both computed */
gboolean
strata_rewrite_swiglu (StrataRewriting *rw, int node)
{
  StrataMatch match = { .n = 0 };
  int swish, inputs[2];
  StrataAttr attr;

  if (strata_rewrite_node (rw, node)->op != STRATA_OP_MUL)
    return FALSE;
  swish = strata_match_side (rw, node, STRATA_OP_SWISH, &inputs[1]);
  if (swish < 0 || strata_rewrite_is_constant (rw, inputs[1]))
    return FALSE;
  inputs[0] = strata_rewrite_node (rw, swish)->inputs[0];
  if (!strata_match_same_shape (rw, inputs[0], inputs[1]))
    return FALSE;
  strata_match_add (&match, swish);
  attr = strata_rewrite_float ("alpha", strata_node_float (strata_rewrite_node (rw, swish), "alpha", 1.0f));
  return strata_match_fuse (rw, &match, node, STRATA_OP_SWI_GLU, inputs, 2, &attr, 1);
}
