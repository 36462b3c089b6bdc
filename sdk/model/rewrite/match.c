/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions that patterns ask of the nodes around a value.
 */
#include "model/rewrite/match.h"

#include <math.h>
#include <string.h>

#include "model/element.h"

#define MAX_DEPTH 6

void
strata_match_add (StrataMatch *match, int node)
{
  for (int i = 0; i < match->n; i++)
    if (match->nodes[i] == node)
      return;
  if (match->n < STRATA_MAX_MATCH)
    match->nodes[match->n++] = node;
}

static gboolean
holds (const StrataMatch *match, int node)
{
  for (int i = 0; i < match->n; i++)
    if (match->nodes[i] == node)
      return TRUE;
  return FALSE;
}

/* A value of a match has at most as many reads as the match has inputs, so the walk ends early where it has others. */
static gboolean
is_read_inside (StrataRewriting *rw, const StrataMatch *match, int value)
{
  int read = g_array_index (rw->first_reads, int, value);

  if (g_array_index (rw->is_output, gboolean, value))
    return FALSE;
  for (; read >= 0; read = g_array_index (rw->reads, StrataRead, read).after)
    {
      rw->log->n_steps++;
      if (!holds (match, g_array_index (rw->reads, StrataRead, read).node))
        return FALSE;
    }
  return TRUE;
}

gboolean
strata_match_is_closed (StrataRewriting *rw, const StrataMatch *match, int root)
{
  if (match->n == STRATA_MAX_MATCH)
    return FALSE;
  for (int i = 0; i < match->n; i++)
    {
      const StrataNode *node = strata_rewrite_node (rw, match->nodes[i]);

      for (int j = 0; match->nodes[i] != root && j < node->n_outputs; j++)
        if (node->outputs[j] >= 0 && !is_read_inside (rw, match, node->outputs[j]))
          return FALSE;
    }
  return TRUE;
}

gboolean
strata_match_fuse (StrataRewriting *rw,
                   StrataMatch *match,
                   int root,
                   StrataOp op,
                   const int *inputs,
                   int n_inputs,
                   const StrataAttr *attrs,
                   int n_attrs)
{
  StrataNode before = *strata_rewrite_node (rw, root);

  strata_match_add (match, root);
  if (!strata_match_is_closed (rw, match, root))
    return FALSE;
  strata_rewrite_set (rw, root, op, inputs, n_inputs, attrs, n_attrs);
  if (!strata_rewrite_fits (rw, root))
    {
      strata_rewrite_set (rw, root, before.op, before.inputs, before.n_inputs, before.attrs, before.n_attrs);
      return FALSE;
    }
  strata_rewrite_note (rw, match->nodes, match->n, strata_op_name (op), before.name);
  for (int i = 0; i < match->n; i++)
    if (match->nodes[i] != root)
      strata_rewrite_remove (rw, match->nodes[i], root);
  return TRUE;
}

void
strata_match_drop (StrataRewriting *rw, int value)
{
  int maker = value < 0 ? -1 : strata_rewrite_value (rw, value)->producer;

  if (maker >= rw->n_source && strata_rewrite_value (rw, value)->n_consumers == 0)
    strata_rewrite_remove (rw, maker, -1);
}

int
strata_match_maker (const StrataRewriting *rw, int value, StrataOp op)
{
  int maker = value < 0 ? -1 : strata_rewrite_value (rw, value)->producer;

  return maker >= 0 && strata_rewrite_node (rw, maker)->op == op ? maker : -1;
}

int
strata_match_side (const StrataRewriting *rw, int node, StrataOp op, int *other)
{
  const StrataNode *n = strata_rewrite_node (rw, node);

  if (n->n_inputs != 2)
    return -1;
  for (int i = 0; i < 2; i++)
    {
      int maker = strata_match_maker (rw, n->inputs[i], op);

      *other = n->inputs[1 - i];
      if (maker >= 0)
        return maker;
    }
  return -1;
}

gboolean
strata_match_number (const StrataRewriting *rw, int value, double *number)
{
  const StrataValue *v = value < 0 ? NULL : strata_rewrite_value (rw, value);

  if (v == NULL || v->data == NULL || strata_value_count (v) != 1)
    return FALSE;
  *number = strata_dtype_is_float (v->dtype) ? strata_element_double (v->dtype, v->data, 0)
                                             : (double) strata_element_int (v->dtype, v->data, 0);
  return TRUE;
}

gboolean
strata_match_number_side (const StrataRewriting *rw, int node, int *other, double *number)
{
  const StrataNode *n = strata_rewrite_node (rw, node);

  if (n->n_inputs != 2)
    return FALSE;
  for (int i = 0; i < 2; i++)
    if (strata_match_number (rw, n->inputs[i], number))
      {
        *other = n->inputs[1 - i];
        return *other >= 0;
      }
  return FALSE;
}

gboolean
strata_match_near (const StrataRewriting *rw, int value, double number, double wanted)
{
  double tolerance = strata_rewrite_value (rw, value)->dtype == STRATA_DTYPE_F16 ? 1e-3 : 2e-6;

  return fabs (number - wanted) <= tolerance * fabs (wanted);
}

gboolean
strata_match_same_shape (const StrataRewriting *rw, int a, int b)
{
  const StrataValue *left = strata_rewrite_value (rw, a), *right = strata_rewrite_value (rw, b);

  return left->n_dims == right->n_dims && memcmp (left->dims, right->dims, sizeof (gint64) * (gsize) left->n_dims) == 0;
}

gboolean
strata_match_is_reshape (StrataOp op)
{
  return op == STRATA_OP_RESHAPE || op == STRATA_OP_FLATTEN || op == STRATA_OP_SQUEEZE || op == STRATA_OP_UNSQUEEZE;
}

int
strata_match_behind_reshapes (const StrataRewriting *rw, StrataMatch *match, int value)
{
  for (int depth = 0; depth < MAX_DEPTH && value >= 0; depth++)
    {
      int maker = strata_rewrite_value (rw, value)->producer;

      if (maker < 0 || !strata_match_is_reshape (strata_rewrite_node (rw, maker)->op))
        break;
      strata_match_add (match, maker);
      value = strata_rewrite_node (rw, maker)->inputs[0];
    }
  return value;
}

static void
add_factor (StrataProduct *product, int value)
{
  if (product->n < (int) G_N_ELEMENTS (product->factors))
    product->factors[product->n] = value;
  product->n = MIN (product->n + 1, (int) G_N_ELEMENTS (product->factors) + 1);
}

static void multiply (const StrataRewriting *rw, StrataMatch *match, int value, StrataProduct *product, int depth);

static void
multiply_node (const StrataRewriting *rw, StrataMatch *match, int node, StrataProduct *product, int depth)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  double number;

  strata_match_add (match, node);
  if (n->op == STRATA_OP_MUL)
    {
      multiply (rw, match, n->inputs[0], product, depth + 1);
      multiply (rw, match, n->inputs[1], product, depth + 1);
    }
  else if (n->op == STRATA_OP_DIV && strata_match_number (rw, n->inputs[1], &number))
    {
      product->number /= number;
      multiply (rw, match, n->inputs[0], product, depth + 1);
    }
  else if (n->op == STRATA_OP_POW && strata_match_number (rw, n->inputs[1], &number))
    for (int i = 0; i < (int) number; i++)
      add_factor (product, n->inputs[0]);
  else
    product->n = (int) G_N_ELEMENTS (product->factors) + 1;
}

static gboolean
is_product (const StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  double number = 0;

  if (n->op == STRATA_OP_MUL)
    return TRUE;
  if (n->op == STRATA_OP_DIV)
    return strata_match_number (rw, n->inputs[1], &number);
  return n->op == STRATA_OP_POW && strata_match_number (rw, n->inputs[1], &number) && (number == 2.0 || number == 3.0);
}

static void
multiply (const StrataRewriting *rw, StrataMatch *match, int value, StrataProduct *product, int depth)
{
  int maker = strata_rewrite_value (rw, value)->producer;
  gboolean whole = depth < MAX_DEPTH && maker >= 0 && strata_rewrite_is_sole (rw, value) && is_product (rw, maker);
  double number;

  if (strata_match_number (rw, value, &number))
    product->number *= number;
  else if (whole)
    multiply_node (rw, match, maker, product, depth);
  else
    add_factor (product, value);
}

void
strata_match_product (const StrataRewriting *rw, StrataMatch *match, int value, StrataProduct *product)
{
  *product = (StrataProduct){ .number = 1.0 };
  multiply (rw, match, value, product, 0);
}

void
strata_match_product_of (const StrataRewriting *rw, StrataMatch *match, int node, StrataProduct *product)
{
  *product = (StrataProduct){ .number = 1.0 };
  multiply_node (rw, match, node, product, 0);
}

gboolean
strata_match_is_power (const StrataRewriting *rw, const StrataProduct *product, double number, int value, int n)
{
  if (product->n != n || !strata_match_near (rw, value, product->number, number))
    return FALSE;
  for (int i = 0; i < n; i++)
    if (product->factors[i] != value)
      return FALSE;
  return TRUE;
}
