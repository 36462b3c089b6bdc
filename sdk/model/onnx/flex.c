/* SPDX-License-Identifier: Apache-2.0
 *
 * softmax (score_mod (Q K' scale)), through prob_mod, times V. Query heads that share a head of keys lie behind one
 * another, so they count as further queries of that head: batch x kv heads x (group queries) x width. Its shapes follow
 * from those of Q, K and V, which are not known yet, so nodes ask for them and fold away.
 */
#include "model/onnx/flex.h"

#include <string.h>

#include "model/onnx/branch.h"

#define NODE_COST 256

typedef struct
{
  const StrataOnnxFlex *flex;
  StrataArena *arena;
  GError **error;
  gboolean failed;
  const char *minus_one; /* int64 [1] */
} Writer;

static const char *
name_of (const Writer *w, const char *suffix)
{
  return strata_arena_printf (w->arena, "%s/%s", w->flex->prefix, suffix);
}

/* Adds a node of up to four inputs and returns its output; NULL once something failed. */
static const char *
add (Writer *w, StrataOp op, const char *output, const char *const *inputs, const StrataAttr *attrs, int n_attrs)
{
  StrataGraphBuilder *builder = w->flex->nodes->builder;
  StrataValue value = { .name = output, .n_dims = -1, .producer = (int) builder->nodes->len };
  StrataNode node = { .op = op, .name = "", .onnx_index = w->flex->index, .n_outputs = 1, .n_attrs = n_attrs };
  int id;

  if (w->failed || !strata_onnx_charge (w->flex->nodes, NODE_COST + 2 * strlen (w->flex->prefix), w->error))
    {
      w->failed = TRUE;
      return "";
    }
  id = strata_graph_builder_value (builder, &value, w->error);
  w->failed = id < 0;
  if (w->failed)
    return "";
  while (node.n_inputs < 4 && inputs[node.n_inputs] != NULL)
    node.n_inputs++;
  node.outputs = strata_arena_memdup (w->arena, &id, sizeof id);
  node.attrs = strata_arena_memdup (w->arena, attrs, sizeof *attrs * (gsize) n_attrs);
  g_ptr_array_add (builder->reads, strata_arena_memdup (w->arena, inputs, sizeof *inputs * (gsize) node.n_inputs));
  g_array_append_val (builder->nodes, node);
  return output;
}

#define INPUTS(...) ((const char *const[5]){ __VA_ARGS__, NULL })

static const char *
constant (Writer *w, const char *suffix, StrataDtype dtype, int n_dims, const void *data)
{
  StrataValue value = { .name = name_of (w, suffix), .dtype = dtype, .n_dims = n_dims, .dims = { 1 }, .producer = -1 };

  value.n_bytes = strata_dtype_size (dtype);
  value.data = strata_arena_memdup (w->arena, data, value.n_bytes);
  if (!w->failed && strata_graph_builder_value (w->flex->nodes->builder, &value, w->error) < 0)
    w->failed = TRUE;
  return value.name;
}

/* Dimension @first to before @last of operand @input */
static const char *
dims (Writer *w, int input, int first, int last)
{
  const StrataAttr attrs[] = { { .name = "start", .kind = STRATA_ATTR_INT, .i = first },
                               { .name = "end", .kind = STRATA_ATTR_INT, .i = last } };
  const char *name = strata_arena_printf (w->arena, "%s/dims%d_%d_%d", w->flex->prefix, input, first, last);

  if (strata_graph_builder_find (w->flex->nodes->builder, name) >= 0)
    return name;
  return add (w, STRATA_OP_SHAPE, name, INPUTS (w->flex->inputs->pdata[input]), attrs, 2);
}

static const char *
reshape (Writer *w, const char *suffix, const char *x, const char *const *parts)
{
  const StrataAttr axis = { .name = "axis", .kind = STRATA_ATTR_INT, .i = 0 };
  const char *shape = strata_arena_printf (w->arena, "%s/%s_shape", w->flex->prefix, suffix);

  shape = add (w, STRATA_OP_CONCAT, shape, parts, &axis, 1);
  return add (w, STRATA_OP_RESHAPE, name_of (w, suffix), INPUTS (x, shape), NULL, 0);
}

static const char *
scale_of (Writer *w)
{
  const StrataAttr to = { .name = "to", .kind = STRATA_ATTR_INT, .i = 1 };
  const char *scale;

  if (w->flex->scale != NULL)
    scale = constant (w, "scale", STRATA_DTYPE_F32, 0, w->flex->scale);
  else
    {
      scale = add (w, STRATA_OP_CAST, name_of (w, "width"), INPUTS (dims (w, 0, 3, 4)), &to, 1);
      scale = add (w, STRATA_OP_SQRT, name_of (w, "root"), INPUTS (scale), NULL, 0);
      scale = add (w, STRATA_OP_RECIPROCAL, name_of (w, "scale"), INPUTS (scale), NULL, 0);
    }
  return add (w, STRATA_OP_CAST_LIKE, name_of (w, "scale_like"), INPUTS (scale, w->flex->inputs->pdata[0]), NULL, 0);
}

static const char *
modify (Writer *w, const StrataWireField *graph, const char *suffix, const char *x)
{
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();
  g_autoptr (GPtrArray) outputs = g_ptr_array_new ();

  if (graph == NULL || w->failed)
    return x;
  g_ptr_array_add (inputs, (char *) x);
  g_ptr_array_add (outputs, (char *) name_of (w, suffix));
  w->failed = !strata_onnx_branch_inline (w->flex->nodes, w->flex->scope, w->flex->wire, graph, outputs->pdata[0],
                                          inputs, outputs, w->flex->index, w->error);
  return outputs->pdata[0];
}

static const char *
scores_of (Writer *w)
{
  static const gint64 swap[] = { 0, 1, 3, 2 };
  const StrataAttr perm = { .name = "perm", .kind = STRATA_ATTR_INTS, .n = 4, .ints = swap };
  const char *q = w->flex->inputs->pdata[0], *k = w->flex->inputs->pdata[1], *scores;

  q = reshape (w, "queries", q, INPUTS (dims (w, 0, 0, 1), dims (w, 1, 1, 2), w->minus_one, dims (w, 0, 3, 4)));
  k = add (w, STRATA_OP_TRANSPOSE, name_of (w, "keys"), INPUTS (k), &perm, 1);
  scores = add (w, STRATA_OP_MAT_MUL, name_of (w, "products"), INPUTS (q, k), NULL, 0);
  scores = add (w, STRATA_OP_MUL, name_of (w, "scaled"), INPUTS (scores, scale_of (w)), NULL, 0);
  return reshape (w, "scores", scores, INPUTS (dims (w, 0, 0, 3), dims (w, 1, 2, 3)));
}

gboolean
strata_onnx_flex_inline (const StrataOnnxFlex *flex, GError **error)
{
  const StrataAttr axis = { .name = "axis", .kind = STRATA_ATTR_INT, .i = -1 };
  const gint64 rest = -1;
  Writer w = { .flex = flex, .arena = flex->nodes->source->arena, .error = error };
  const char *x, *shape;

  w.minus_one = constant (&w, "rest", STRATA_DTYPE_I64, 1, &rest);
  x = modify (&w, flex->score_mod, "modified_scores", scores_of (&w));
  x = add (&w, STRATA_OP_SOFTMAX, name_of (&w, "softmax"), INPUTS (x), &axis, 1);
  x = modify (&w, flex->prob_mod, "modified_probabilities", x);
  x =
    reshape (&w, "probabilities", x, INPUTS (dims (&w, 0, 0, 1), dims (&w, 1, 1, 2), w.minus_one, dims (&w, 1, 2, 3)));
  x = add (&w, STRATA_OP_MAT_MUL, name_of (&w, "mixed"), INPUTS (x, flex->inputs->pdata[2]), NULL, 0);
  shape = add (&w, STRATA_OP_CONCAT, name_of (&w, "shape"), INPUTS (dims (&w, 0, 0, 3), dims (&w, 2, 3, 4)),
               &(StrataAttr){ .name = "axis", .kind = STRATA_ATTR_INT }, 1);
  add (&w, STRATA_OP_RESHAPE, flex->output, INPUTS (x, shape), NULL, 0);
  return !w.failed;
}
