/* SPDX-License-Identifier: Apache-2.0
 *
 * Transpositions: two in a row are one; and one that reaches another through operators that work element by element
 * moves down to it. That is done only where it saves one, so the rules end.
 */
#include <string.h>

#include "model/rewrite/match.h"

#define MAX_CHAIN 16

/* Names of the shape rules: operators of one input, element by element, have these */
static const char *const rule_names[] = {
#define STRATA_OP(id, onnx, since, until, min_in, max_in, max_out, rule, exec, meaning) [STRATA_OP_##id] = #rule,
#include "model/ops.def"
#undef STRATA_OP
};

static void
read_perm (const StrataRewriting *rw, int node, int *perm)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  const StrataAttr *attr = strata_node_attr (n, "perm");
  int n_dims = strata_rewrite_value (rw, n->inputs[0])->n_dims;

  for (int d = 0; d < n_dims; d++)
    perm[d] = attr == NULL ? n_dims - 1 - d : (int) attr->ints[d];
}

static StrataAttr
perm_attr (StrataRewriting *rw, const int *first, const int *second, int n_dims)
{
  gint64 perm[STRATA_MAX_DIMS];

  for (int d = 0; d < n_dims; d++)
    perm[d] = first[second[d]];
  return (StrataAttr){ .name = "perm",
                       .kind = STRATA_ATTR_INTS,
                       .n = n_dims,
                       .s = "",
                       .tensor = -1,
                       .ints = strata_arena_memdup (rw->graph->arena, perm, sizeof (gint64) * (gsize) n_dims) };
}

gboolean
strata_rewrite_transpose_merge (StrataRewriting *rw, int node)
{
  StrataMatch match = { .n = 0 };
  int first[STRATA_MAX_DIMS], second[STRATA_MAX_DIMS], before, input;
  StrataAttr attr;

  if (strata_rewrite_node (rw, node)->op != STRATA_OP_TRANSPOSE)
    return FALSE;
  before = strata_match_maker (rw, strata_rewrite_node (rw, node)->inputs[0], STRATA_OP_TRANSPOSE);
  if (before < 0)
    return FALSE;
  strata_match_add (&match, before);
  read_perm (rw, before, first);
  read_perm (rw, node, second);
  input = strata_rewrite_node (rw, before)->inputs[0];
  attr = perm_attr (rw, first, second, strata_rewrite_value (rw, input)->n_dims);
  return strata_match_fuse (rw, &match, node, STRATA_OP_TRANSPOSE, &input, 1, &attr, 1);
}

static gboolean
is_per_tensor (const StrataRewriting *rw, const StrataNode *node)
{
  return strata_value_count (strata_rewrite_value (rw, node->inputs[1])) == 1;
}

static gboolean
is_binary (StrataOp op)
{
  return op == STRATA_OP_ADD || op == STRATA_OP_SUB || op == STRATA_OP_MUL || op == STRATA_OP_DIV || op == STRATA_OP_POW
         || op == STRATA_OP_MAX || op == STRATA_OP_MIN;
}

/* Which input of @node its output is element by element a function of; -1: none */
static int
data_slot (const StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);
  const char *rule = rule_names[n->op];
  double number;

  if (n->n_outputs != 1 || n->outputs[0] < 0)
    return -1;
  if (g_str_equal (rule, "unary") || g_str_equal (rule, "unary_float") || g_str_equal (rule, "logic_unary")
      || n->op == STRATA_OP_CLIP || n->op == STRATA_OP_CAST)
    return 0;
  if (n->op == STRATA_OP_QUANTIZE_LINEAR || n->op == STRATA_OP_DEQUANTIZE_LINEAR)
    return is_per_tensor (rw, n) ? 0 : -1;
  if (!is_binary (n->op) || n->n_inputs != 2)
    return -1;
  for (int i = 0; i < 2; i++)
    if (strata_match_number (rw, n->inputs[i], &number)
        && strata_match_same_shape (rw, n->inputs[1 - i], n->outputs[0]))
      return 1 - i;
  return -1;
}

/* From a transposition up to others, over nodes of one reader each */
typedef struct
{
  int nodes[MAX_CHAIN], slots[MAX_CHAIN]; /* from below; the slot that the chain goes on in; -1: both */
  int n;
  int tops[2]; /* transpositions; the second is -1 but for a node with two computed inputs */
  int perm[STRATA_MAX_DIMS], n_dims;
} Chain;

static int
sole_transpose (const StrataRewriting *rw, int value)
{
  return strata_rewrite_is_sole (rw, value) ? strata_match_maker (rw, value, STRATA_OP_TRANSPOSE) : -1;
}

static gboolean
end_chain (const StrataRewriting *rw, Chain *chain, int left, int right)
{
  int other[STRATA_MAX_DIMS];

  chain->tops[0] = left;
  chain->tops[1] = right;
  chain->n_dims = strata_rewrite_value (rw, strata_rewrite_node (rw, left)->inputs[0])->n_dims;
  read_perm (rw, left, chain->perm);
  if (right < 0)
    return TRUE;
  read_perm (rw, right, other);
  return right != left && strata_rewrite_value (rw, strata_rewrite_node (rw, right)->inputs[0])->n_dims == chain->n_dims
         && memcmp (other, chain->perm, sizeof (int) * (gsize) chain->n_dims) == 0;
}

static gboolean
find_chain (const StrataRewriting *rw, int value, Chain *chain)
{
  for (chain->n = 0; chain->n < MAX_CHAIN && strata_rewrite_is_sole (rw, value); chain->n++)
    {
      int maker = strata_rewrite_value (rw, value)->producer, slot, left;
      const StrataNode *n;

      if (maker < 0)
        return FALSE;
      n = strata_rewrite_node (rw, maker);
      if (n->op == STRATA_OP_TRANSPOSE)
        return chain->n > 0 && end_chain (rw, chain, maker, -1);
      slot = data_slot (rw, maker);
      chain->nodes[chain->n] = maker;
      chain->slots[chain->n] = slot;
      if (slot < 0)
        {
          left = is_binary (n->op) && n->n_inputs == 2 ? sole_transpose (rw, n->inputs[0]) : -1;
          chain->n++;
          return left >= 0 && sole_transpose (rw, n->inputs[1]) >= 0
                 && end_chain (rw, chain, left, sole_transpose (rw, n->inputs[1]));
        }
      value = n->inputs[slot];
    }
  return FALSE;
}

/* Dimensions of @value before the transposition */
static void
undo_perm (const StrataRewriting *rw, const Chain *chain, int value, gint64 *dims)
{
  for (int d = 0; d < chain->n_dims; d++)
    dims[chain->perm[d]] = strata_rewrite_value (rw, value)->dims[d];
}

/* Nodes of the chain work on what the transpositions read. */
static int
move_chain (StrataRewriting *rw, const Chain *chain)
{
  int above[2] = { -1, -1 };

  for (int i = 0; i < 2; i++)
    if (chain->tops[i] >= 0)
      above[i] = strata_rewrite_node (rw, chain->tops[i])->inputs[0];
  for (int i = chain->n - 1; i >= 0; i--)
    {
      const StrataNode *n = strata_rewrite_node (rw, chain->nodes[i]);
      gint64 dims[STRATA_MAX_DIMS];
      g_autofree int *inputs = g_memdup2 (n->inputs, sizeof (int) * (gsize) n->n_inputs);

      undo_perm (rw, chain, n->outputs[0], dims);
      inputs[MAX (chain->slots[i], 0)] = above[0];
      if (chain->slots[i] < 0)
        inputs[1] = above[1];
      strata_rewrite_set (rw, chain->nodes[i], n->op, inputs, n->n_inputs, n->attrs, n->n_attrs);
      above[0] = strata_rewrite_reshape_output (rw, chain->nodes[i], 0, "untransposed", dims);
    }
  return above[0];
}

gboolean
strata_rewrite_transpose_sink (StrataRewriting *rw, int node)
{
  Chain chain;
  int second[STRATA_MAX_DIMS], input, nodes[MAX_CHAIN + 3], n = 0;
  StrataAttr attr;

  if (strata_rewrite_node (rw, node)->op != STRATA_OP_TRANSPOSE
      || !find_chain (rw, strata_rewrite_node (rw, node)->inputs[0], &chain))
    return FALSE;
  nodes[n++] = node;
  for (int i = 0; i < 2; i++)
    if (chain.tops[i] >= 0)
      nodes[n++] = chain.tops[i];
  strata_rewrite_note (rw, nodes, n, "Transpose", strata_rewrite_node (rw, node)->name);
  read_perm (rw, node, second);
  attr = perm_attr (rw, chain.perm, second, chain.n_dims);
  input = move_chain (rw, &chain);
  strata_rewrite_set (rw, node, STRATA_OP_TRANSPOSE, &input, 1, &attr, 1);
  for (int i = 0; i < 2; i++)
    if (chain.tops[i] >= 0)
      strata_rewrite_remove (rw, chain.tops[i], node);
  return TRUE;
}
