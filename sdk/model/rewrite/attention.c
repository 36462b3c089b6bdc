/* SPDX-License-Identifier: Apache-2.0
 *
 * Attention written out: softmax (scale Q K' + mask) V over batch x heads x length x width. The scale stands before or
 * behind the product; the mask is a term, or a choice between scores and minus infinity; keys and values may be
 * repeated for the queries of a group (Unsqueeze, Expand, Reshape), which the operator does by itself.
 */
#include <math.h>

#include "model/element.h"
#include "model/rewrite/match.h"

/* From here on down an exponential of the difference to any score is 0. */
#define MASKED -1e4
/* A number this low takes the score beside it in, in float32. */
#define SWALLOWS -1e9

typedef struct
{
  StrataMatch match;
  int root;
  int q, k, v, mask;
  int condition;  /* of a Where that keeps scores; -1: none */
  gboolean keeps; /* scores stay where the condition holds; FALSE: where it does not */
  double scale, fill;
  gboolean causal;
} Attention;

/* A node that only the pattern reads is part of it; others are passed by. */
static void
take (const StrataRewriting *rw, Attention *a, int node)
{
  if (strata_rewrite_is_sole (rw, strata_rewrite_node (rw, node)->outputs[0]))
    strata_match_add (&a->match, node);
}

/* What @value is a multiple of, by factors that go into the scale */
static int
behind_scale (const StrataRewriting *rw, Attention *a, int value)
{
  for (int depth = 0; depth < 4; depth++)
    {
      int maker = strata_rewrite_value (rw, value)->producer, other;
      const StrataNode *n = maker < 0 ? NULL : strata_rewrite_node (rw, maker);
      double number;

      if (n == NULL || (n->op != STRATA_OP_MUL && n->op != STRATA_OP_DIV))
        break;
      if (!strata_match_number_side (rw, maker, &other, &number) || number == 0.0
          || (n->op == STRATA_OP_DIV && other != n->inputs[0]) || !strata_match_same_shape (rw, other, value))
        break;
      a->scale *= n->op == STRATA_OP_MUL ? number : 1.0 / number;
      take (rw, a, maker);
      value = other;
    }
  return value;
}

static gboolean
is_product (const StrataRewriting *rw, int value, int *product)
{
  *product = strata_match_maker (rw, value, STRATA_OP_MAT_MUL);
  return *product >= 0 && strata_rewrite_value (rw, value)->n_dims == 4;
}

/* The product of queries and keys behind scores without mask */
static gboolean
find_product (const StrataRewriting *rw, Attention *a, int scores)
{
  int product;

  if (!is_product (rw, behind_scale (rw, a, scores), &product))
    return FALSE;
  strata_match_add (&a->match, product);
  a->q = strata_rewrite_node (rw, product)->inputs[0];
  a->k = strata_rewrite_node (rw, product)->inputs[1];
  return TRUE;
}

/* scores + mask */
static gboolean
find_added (const StrataRewriting *rw, Attention *a, int scores)
{
  int add = strata_match_maker (rw, scores, STRATA_OP_ADD);

  for (int i = 0; add >= 0 && i < 2; i++)
    {
      Attention trial = *a;
      int other = strata_rewrite_node (rw, add)->inputs[i];

      strata_match_add (&trial.match, add);
      if (!strata_match_same_shape (rw, other, scores) || !find_product (rw, &trial, other))
        continue;
      trial.mask = strata_rewrite_node (rw, add)->inputs[1 - i];
      *a = trial;
      return TRUE;
    }
  return FALSE;
}

/* Where (condition, scores, fill) or Where (condition, fill, scores) */
static gboolean
find_chosen (const StrataRewriting *rw, Attention *a, int scores)
{
  int where = strata_match_maker (rw, scores, STRATA_OP_WHERE);

  for (int i = 1; where >= 0 && i < 3; i++)
    {
      const StrataNode *n = strata_rewrite_node (rw, where);
      Attention trial = *a;

      strata_match_add (&trial.match, where);
      if (!strata_match_number (rw, n->inputs[3 - i], &trial.fill) || trial.fill > SWALLOWS
          || !strata_match_same_shape (rw, n->inputs[i], scores) || !find_product (rw, &trial, n->inputs[i]))
        continue;
      trial.condition = n->inputs[0];
      trial.keeps = i == 1;
      *a = trial;
      return TRUE;
    }
  return FALSE;
}

/* The operand that heads share before it is repeated for each query of a group, from @value, batch x (groups n) x
 * length x width; -1. */
static int
shared_operand (const StrataRewriting *rw, int value, int nodes[3])
{
  const StrataValue *whole = strata_rewrite_value (rw, value), *wide, *narrow, *base;
  int expand, base_id;

  nodes[0] = whole->producer;
  if (nodes[0] < 0 || !strata_match_is_reshape (strata_rewrite_node (rw, nodes[0])->op))
    return -1;
  expand = strata_match_maker (rw, strata_rewrite_node (rw, nodes[0])->inputs[0], STRATA_OP_EXPAND);
  if (expand < 0)
    return -1;
  nodes[1] = expand;
  wide = strata_rewrite_value (rw, strata_rewrite_node (rw, expand)->outputs[0]);
  narrow = strata_rewrite_value (rw, strata_rewrite_node (rw, expand)->inputs[0]);
  nodes[2] = narrow->producer;
  if (nodes[2] < 0 || !strata_match_is_reshape (strata_rewrite_node (rw, nodes[2])->op))
    return -1;
  base_id = strata_rewrite_node (rw, nodes[2])->inputs[0];
  base = strata_rewrite_value (rw, base_id);
  if (wide->n_dims != 5 || narrow->n_dims != 5 || base->n_dims != 4 || narrow->dims[2] != 1
      || whole->dims[1] != wide->dims[1] * wide->dims[2])
    return -1;
  for (int d = 0; d < 4; d++)
    {
      int at = d < 2 ? d : d + 1;

      if (base->dims[d] != narrow->dims[at] || base->dims[d] != wide->dims[at]
          || (d != 1 && base->dims[d] != whole->dims[d]))
        return -1;
    }
  return base_id;
}

static void
take_repeat (const StrataRewriting *rw, Attention *a, const int nodes[3])
{
  for (int i = 0; i < 3; i++)
    {
      if (!strata_rewrite_is_sole (rw, strata_rewrite_node (rw, nodes[i])->outputs[0]))
        return;
      strata_match_add (&a->match, nodes[i]);
    }
}

static void
share_heads (const StrataRewriting *rw, Attention *a)
{
  int keys[3], values[3];
  int k = shared_operand (rw, a->k, keys), v = shared_operand (rw, a->v, values);

  if (k < 0 || v < 0 || strata_rewrite_value (rw, k)->dims[1] != strata_rewrite_value (rw, v)->dims[1])
    return;
  take_repeat (rw, a, keys);
  take_repeat (rw, a, values);
  a->k = k;
  a->v = v;
}

/* Keys from what the product reads, which is their transposition; the permutation that is left, if any, is @perm. */
static gboolean
find_keys (const StrataRewriting *rw, Attention *a, gint64 *perm, gboolean *permuted)
{
  int transpose;
  const StrataAttr *attr;

  a->k = behind_scale (rw, a, a->k);
  transpose = strata_match_maker (rw, a->k, STRATA_OP_TRANSPOSE);
  attr = transpose < 0 ? NULL : strata_node_attr (strata_rewrite_node (rw, transpose), "perm");
  if (attr == NULL || attr->n != 4)
    return FALSE;
  *permuted = FALSE;
  for (int d = 0; d < 4; d++)
    {
      perm[d] = attr->ints[d < 2 ? d : 5 - d];
      *permuted = *permuted || perm[d] != d;
    }
  take (rw, a, transpose);
  a->k = strata_rewrite_node (rw, transpose)->inputs[0];
  if (!*permuted)
    a->k = behind_scale (rw, a, a->k);
  return TRUE;
}

/* TRUE if constant @mask lets each query see the keys up to its own place, and no others. */
static gboolean
is_causal_mask (StrataRewriting *rw, int mask, gint64 queries, gint64 keys)
{
  const StrataValue *v = strata_rewrite_value (rw, mask);
  gint64 count = strata_value_count (v);

  if (v->data == NULL || !strata_dtype_is_float (v->dtype) || v->n_dims < 2 || v->dims[v->n_dims - 2] != queries
      || v->dims[v->n_dims - 1] != keys || queries < 2)
    return FALSE;
  for (gint64 i = 0; i < count; i++)
    {
      double x = strata_element_double (v->dtype, v->data, i);
      gboolean seen = i % keys <= i / keys % queries;

      rw->log->n_steps++;
      if (seen ? x != 0.0 : !(x <= MASKED))
        return FALSE;
    }
  return TRUE;
}

/* The mask that stands for a choice: the condition where the fill is infinite, else a term of 0 or the fill. */
static int
make_mask (StrataRewriting *rw, const Attention *a)
{
  const char *root = strata_rewrite_node (rw, a->root)->name;
  StrataDtype dtype = strata_rewrite_value (rw, a->q)->dtype;
  g_autofree char *name = g_strdup_printf ("%s:mask", root);
  g_autofree char *zero = g_strdup_printf ("%s:mask:zero", root);
  g_autofree char *fill = g_strdup_printf ("%s:mask:fill", root);
  int inputs[3] = { a->condition, -1, -1 };

  if (isinf (a->fill))
    return a->keeps ? a->condition : strata_rewrite_insert (rw, a->root, STRATA_OP_NOT, name, inputs, 1, NULL, 0);
  inputs[a->keeps ? 1 : 2] = strata_rewrite_floats (rw, zero, dtype, 0, NULL, 0.0);
  inputs[a->keeps ? 2 : 1] = strata_rewrite_floats (rw, fill, dtype, 0, NULL, a->fill);
  return strata_rewrite_insert (rw, a->root, STRATA_OP_WHERE, name, inputs, 3, NULL, 0);
}

static gboolean
fuse (StrataRewriting *rw, Attention *a, const gint64 *perm, gboolean permuted)
{
  gint64 queries = strata_rewrite_value (rw, a->q)->dims[2], keys = strata_rewrite_value (rw, a->v)->dims[2];
  StrataAttr attrs[2] = { strata_rewrite_float ("scale", (float) a->scale), strata_rewrite_int ("is_causal", 1) };
  StrataAttr turn = { .name = "perm", .kind = STRATA_ATTR_INTS, .n = 4, .s = "", .tensor = -1 };
  g_autofree char *name = g_strdup_printf ("%s:keys", strata_rewrite_node (rw, a->root)->name);
  int inputs[4] = { a->q, a->k, a->v, a->mask };

  if (!strata_match_is_closed (rw, &a->match, a->root))
    return FALSE;
  if (a->mask >= 0 && is_causal_mask (rw, a->mask, queries, keys))
    {
      a->causal = TRUE;
      inputs[3] = -1;
    }
  turn.ints = strata_arena_memdup (rw->graph->arena, perm, sizeof (gint64) * 4);
  if (permuted)
    inputs[1] = strata_rewrite_insert (rw, a->root, STRATA_OP_TRANSPOSE, name, inputs + 1, 1, &turn, 1);
  if (a->condition >= 0)
    inputs[3] = make_mask (rw, a);
  if (inputs[1] >= 0 && (a->condition < 0 || inputs[3] >= 0)
      && strata_match_fuse (rw, &a->match, a->root, STRATA_OP_ATTENTION, inputs, 4, attrs, a->causal ? 2 : 1))
    return TRUE;
  strata_match_drop (rw, inputs[1]);
  strata_match_drop (rw, inputs[3]);
  return FALSE;
}

/* TRUE if @node is a softmax over the last dimension. */
static gboolean
is_row_softmax (const StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  gint64 axis = strata_node_int (n, "axis", rw->graph->opset < 13 ? 1 : -1);

  return axis == -1 || axis == strata_rewrite_value (rw, n->inputs[0])->n_dims - 1;
}

gboolean
strata_rewrite_attention (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  Attention a = { .match = { .n = 0 }, .root = node, .mask = -1, .condition = -1, .scale = 1.0 };
  int softmax = n->op == STRATA_OP_MAT_MUL ? strata_match_maker (rw, n->inputs[0], STRATA_OP_SOFTMAX) : -1, scores;
  gint64 perm[4];
  gboolean permuted;

  if (softmax < 0 || !is_row_softmax (rw, softmax) || strata_rewrite_value (rw, n->inputs[0])->n_dims != 4
      || strata_rewrite_value (rw, n->inputs[1])->n_dims != 4)
    return FALSE;
  a.v = n->inputs[1];
  strata_match_add (&a.match, node);
  strata_match_add (&a.match, softmax);
  scores = strata_rewrite_node (rw, softmax)->inputs[0];
  if (!find_added (rw, &a, scores) && !find_chosen (rw, &a, scores) && !find_product (rw, &a, scores))
    return FALSE;
  a.q = behind_scale (rw, &a, a.q);
  if (!find_keys (rw, &a, perm, &permuted))
    return FALSE;
  if (!permuted)
    share_heads (rw, &a);
  return fuse (rw, &a, perm, permuted);
}
