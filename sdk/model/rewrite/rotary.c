/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotary embedding of the half-rotation form: x cos + [-x2, x1] sin, with x = [x1, x2] along the last of four
 * dimensions (batch, heads, length, width). The tables hold each number twice, once per half; the operator wants it
 * once, so they are halved, once for all that read them: constants, rows picked from constants, and what is computed
 * from a tensor joined to itself.
 */
#include <string.h>

#include "model/operands.h"
#include "model/rewrite/match.h"

/* TRUE if @value is half @which of @x along the last dimension. */
static gboolean
is_half (const StrataRewriting *rw, StrataMatch *match, int value, int x, int which)
{
  int slice = strata_match_maker (rw, value, STRATA_OP_SLICE), split = strata_match_maker (rw, value, STRATA_OP_SPLIT);
  const StrataNode *n = strata_rewrite_node (rw, MAX (MAX (slice, split), 0));
  const StrataValue *in = strata_rewrite_value (rw, x), *out = strata_rewrite_value (rw, value);
  int last = in->n_dims - 1;
  StrataSliceRange range;

  if ((slice < 0 && split < 0) || n->inputs[0] != x || out->dims[last] * 2 != in->dims[last])
    return FALSE;
  strata_match_add (match, MAX (slice, split));
  if (split >= 0)
    return n->n_outputs == 2 && n->outputs[which] == value
           && (strata_node_int (n, "axis", 0) == last || strata_node_int (n, "axis", 0) == -1);
  return strata_operand_slice (rw->graph, n, &range, NULL) && range.step[last] == 1
         && range.start[last] == which * out->dims[last]
         && strata_value_count (out) * 2 == strata_value_count (in); /* other dimensions whole */
}

/* TRUE if @value is [-x2, x1]. */
static gboolean
is_turned (const StrataRewriting *rw, StrataMatch *match, int value, int x)
{
  int concat = strata_match_maker (rw, value, STRATA_OP_CONCAT), negative, last;
  const StrataNode *n;

  if (concat < 0 || strata_rewrite_node (rw, concat)->n_inputs != 2)
    return FALSE;
  n = strata_rewrite_node (rw, concat);
  last = strata_rewrite_value (rw, x)->n_dims - 1;
  negative = strata_match_maker (rw, n->inputs[0], STRATA_OP_NEG);
  if (negative < 0 || (strata_node_int (n, "axis", 0) != last && strata_node_int (n, "axis", 0) != -1))
    return FALSE;
  strata_match_add (match, concat);
  strata_match_add (match, negative);
  return is_half (rw, match, strata_rewrite_node (rw, negative)->inputs[0], x, 1)
         && is_half (rw, match, n->inputs[1], x, 0);
}

/* The left half of constant @table as rows of @dims; the same constant for all that ask. -1 where the halves differ. */
static int
halve (StrataRewriting *rw, int table, int n_dims, const gint64 *dims)
{
  const StrataValue *v = strata_rewrite_value (rw, table);
  gsize width = v->n_dims == 0 ? 0 : (gsize) v->dims[v->n_dims - 1] / 2 * strata_dtype_size (v->dtype);
  gsize n_rows = width == 0 ? 0 : v->n_bytes / (2 * width);
  g_autofree char *name = g_strdup_printf ("%s:half", v->name);
  int known = strata_rewrite_find (rw, name);
  guint8 *data;

  if (known >= 0 && strata_rewrite_value (rw, known)->n_dims == n_dims
      && memcmp (strata_rewrite_value (rw, known)->dims, dims, sizeof (gint64) * (gsize) n_dims) == 0)
    return known;
  if (v->data == NULL || n_rows == 0)
    return -1;
  data = g_malloc (n_rows * width);
  for (gsize i = 0; i < n_rows; i++)
    {
      const guint8 *row = (const guint8 *) v->data + 2 * i * width;

      memcpy (data + i * width, row, width);
      if (memcmp (row, row + width, width) != 0)
        {
          g_free (data);
          return -1;
        }
    }
  rw->log->n_steps += n_rows;
  return strata_rewrite_constant (rw, name, strata_rewrite_value (rw, table)->dtype, n_dims, dims, data);
}

#define MAX_DEPTH 8

/* TRUE if the last dimension of computed @value is the same half twice: a tensor joined to itself, and functions of
 * single elements behind that. */
static gboolean
repeats_half (const StrataRewriting *rw, int value)
{
  for (int depth = 0; depth < MAX_DEPTH; depth++)
    {
      const StrataValue *v = strata_rewrite_value (rw, value);
      const StrataNode *n = v->producer < 0 ? NULL : strata_rewrite_node (rw, v->producer);
      int input = n == NULL || n->n_inputs < 1 ? -1 : n->inputs[0], n_dims = v->n_dims;
      double number;

      if (input < 0 || n_dims < 1)
        return FALSE;
      if (n->op == STRATA_OP_CONCAT)
        return n->n_inputs == 2 && n->inputs[1] == input
               && (strata_node_int (n, "axis", 0) == n_dims - 1 || strata_node_int (n, "axis", 0) == -1);
      if (n->op == STRATA_OP_MUL && !strata_match_number_side (rw, v->producer, &input, &number))
        return FALSE;
      if (n->op != STRATA_OP_COS && n->op != STRATA_OP_SIN && n->op != STRATA_OP_CAST && n->op != STRATA_OP_MUL
          && !strata_match_is_reshape (n->op))
        return FALSE;
      /* rows stay rows */
      v = strata_rewrite_value (rw, input);
      if (v->n_dims < 1 || v->dims[v->n_dims - 1] != strata_rewrite_value (rw, value)->dims[n_dims - 1])
        return FALSE;
      value = input;
    }
  return FALSE;
}

/* The left half of computed @value as @dims, made once for all that ask, right behind it */
static int
cut_half (StrataRewriting *rw, int value, const gint64 dims[3])
{
  g_autofree char *name = g_strdup_printf ("%s:half", strata_rewrite_value (rw, value)->name);
  g_autofree char *cut = g_strdup_printf ("%s:cut", name);
  int known = strata_rewrite_find (rw, name), inputs[4] = { value, -1, -1, -1 };

  if (known >= 0 && strata_rewrite_value (rw, known)->producer >= 0 && strata_rewrite_value (rw, known)->n_dims == 3)
    return known;
  inputs[1] = strata_rewrite_ints (rw, cut, (gint64[]){ 0 }, 1);
  inputs[2] = strata_rewrite_ints (rw, cut, &dims[2], 1);
  inputs[3] = strata_rewrite_ints (rw, cut, (gint64[]){ -1 }, 1);
  inputs[0] =
    strata_rewrite_insert (rw, strata_rewrite_place_behind (rw, value), STRATA_OP_SLICE, cut, inputs, 4, NULL, 0);
  inputs[1] = strata_rewrite_ints (rw, cut, dims, 3);
  return inputs[0] < 0 ? -1
                       : strata_rewrite_insert (rw, strata_rewrite_place_behind (rw, inputs[0]), STRATA_OP_RESHAPE,
                                                name, inputs, 2, NULL, 0);
}

static int
half_of (StrataRewriting *rw, int table, const gint64 dims[3])
{
  return strata_rewrite_is_constant (rw, table) ? halve (rw, table, 3, dims) : cut_half (rw, table, dims);
}

/* Dimensions 1 x 1 x length x width of @x, which must be of batch 1 */
static gboolean
covers (const StrataRewriting *rw, int value, int x)
{
  const StrataValue *v = strata_rewrite_value (rw, value), *of = strata_rewrite_value (rw, x);

  if (v->n_dims < 2 || v->n_dims > 4 || of->n_dims != 4 || of->dims[0] != 1 || v->dims[v->n_dims - 1] != of->dims[3]
      || v->dims[v->n_dims - 2] != of->dims[2])
    return FALSE;
  for (int d = 0; d < v->n_dims - 2; d++)
    if (v->dims[d] != 1)
      return FALSE;
  return TRUE;
}

/* Positions as 1 x length, made once, right behind what they are made from */
static int
row_of_positions (StrataRewriting *rw, int positions, gint64 length)
{
  const StrataValue *v = strata_rewrite_value (rw, positions);
  gint64 dims[2] = { 1, length };
  g_autofree char *name = g_strdup_printf ("%s:row", v->name);
  g_autofree char *shape = g_strdup_printf ("%s:row:shape", v->name);
  int known = strata_rewrite_find (rw, name), inputs[2] = { positions, -1 };

  if (v->n_dims == 2)
    return positions;
  if (known >= 0 && strata_rewrite_value (rw, known)->producer >= 0)
    return known;
  inputs[1] = strata_rewrite_ints (rw, shape, dims, 2);
  return strata_rewrite_insert (rw, strata_rewrite_place_behind (rw, positions), STRATA_OP_RESHAPE, name, inputs, 2,
                                NULL, 0);
}

/* The table behind a Gather of rows, and what picks them; -1 where @value is none. */
static int
gathered (const StrataRewriting *rw, int value, int *positions)
{
  StrataMatch unused = { .n = 0 }; /* others may read it too; it is not part of the pattern */
  int gather = strata_match_maker (rw, strata_match_behind_reshapes (rw, &unused, value), STRATA_OP_GATHER);
  const StrataNode *n = gather < 0 ? NULL : strata_rewrite_node (rw, gather);

  if (n == NULL || strata_node_int (n, "axis", 0) != 0 || strata_rewrite_value (rw, n->inputs[0])->n_dims != 2
      || strata_rewrite_value (rw, n->inputs[1])->dtype != STRATA_DTYPE_I64)
    return -1;
  *positions = n->inputs[1];
  return n->inputs[0];
}

static gboolean
fuse (StrataRewriting *rw, StrataMatch *match, int node, int x, int cosine, int sine)
{
  const StrataValue *v = strata_rewrite_value (rw, x);
  int inputs[4] = { x, -1, -1, -1 }, positions[2] = { -1, -1 }, tables[2];
  gint64 length = v->dims[2], dims[3] = { 1, length, v->dims[3] / 2 };

  if (!covers (rw, cosine, x) || !covers (rw, sine, x) || !strata_match_is_closed (rw, match, node))
    return FALSE;
  tables[0] = gathered (rw, cosine, &positions[0]);
  tables[1] = gathered (rw, sine, &positions[1]);
  if (tables[0] >= 0 && tables[1] >= 0 && positions[0] == positions[1]
      && strata_match_same_shape (rw, tables[0], tables[1])
      && strata_rewrite_value (rw, tables[0])->dims[1] == v->dims[3]
      && strata_value_count (strata_rewrite_value (rw, positions[0])) == length)
    {
      dims[0] = strata_rewrite_value (rw, tables[0])->dims[0];
      dims[1] = dims[2];
      inputs[1] = halve (rw, tables[0], 2, dims);
      inputs[2] = halve (rw, tables[1], 2, dims);
      inputs[3] = inputs[1] < 0 || inputs[2] < 0 ? -1 : row_of_positions (rw, positions[0], length);
      if (inputs[3] >= 0 && strata_match_fuse (rw, match, node, STRATA_OP_ROTARY_EMBEDDING, inputs, 4, NULL, 0))
        return TRUE;
      strata_match_drop (rw, inputs[3]);
      return FALSE;
    }
  if ((!strata_rewrite_is_constant (rw, cosine) && !repeats_half (rw, cosine))
      || (!strata_rewrite_is_constant (rw, sine) && !repeats_half (rw, sine)))
    return FALSE;
  inputs[1] = half_of (rw, cosine, dims);
  inputs[2] = half_of (rw, sine, dims);
  return inputs[1] >= 0 && inputs[2] >= 0
         && strata_match_fuse (rw, match, node, STRATA_OP_ROTARY_EMBEDDING, inputs, 3, NULL, 0);
}

gboolean
strata_rewrite_rotary (StrataRewriting *rw, int node)
{
  const StrataNode *n = strata_rewrite_node (rw, node);

  for (int i = 0; n->op == STRATA_OP_ADD && i < 2; i++)
    {
      int straight = strata_match_maker (rw, n->inputs[i], STRATA_OP_MUL);
      int turned = strata_match_maker (rw, n->inputs[1 - i], STRATA_OP_MUL);

      if (straight < 0 || turned < 0 || straight == turned)
        return FALSE;
      for (int side = 0; side < 4; side++)
        {
          const StrataNode *left = strata_rewrite_node (rw, straight), *right = strata_rewrite_node (rw, turned);
          int x = left->inputs[side & 1], cosine = left->inputs[1 - (side & 1)];
          int other = right->inputs[side >> 1], sine = right->inputs[1 - (side >> 1)];
          StrataMatch match = { .n = 0 };

          if (strata_rewrite_value (rw, x)->n_dims != 4 || !is_turned (rw, &match, other, x))
            continue;
          strata_match_add (&match, node);
          strata_match_add (&match, straight);
          strata_match_add (&match, turned);
          return fuse (rw, &match, node, x, cosine, sine);
        }
    }
  return FALSE;
}
