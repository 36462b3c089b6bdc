/* SPDX-License-Identifier: Apache-2.0
 *
 * Planes and tokens. A tensor of planes holds its value in ONNX order; a tensor of tokens holds one whose last
 * dimension is the channels, a token per row, so that a product of tokens is a 1x1 convolution over rows. Which of the
 * two an operator gets is decided by who reads its result; where a reader wants the other, a Transpose that moved the
 * channels is undone for nothing, and anything else is copied by a digital op.
 */

#include "compiler/lower/state.h"
#include "model/exec/exec.h"

static const StrataOp plane_readers[] = {
  STRATA_OP_AVERAGE_POOL,
  STRATA_OP_BATCH_NORMALIZATION,
  STRATA_OP_CONV,
  STRATA_OP_CONV_TRANSPOSE,
  STRATA_OP_DEPTH_TO_SPACE,
  STRATA_OP_GLOBAL_AVERAGE_POOL,
  STRATA_OP_GLOBAL_MAX_POOL,
  STRATA_OP_GROUP_NORMALIZATION,
  STRATA_OP_INSTANCE_NORMALIZATION,
  STRATA_OP_LRN,
  STRATA_OP_MAX_POOL,
  STRATA_OP_RESIZE,
  STRATA_OP_SPACE_TO_DEPTH,
  STRATA_OP_UPSAMPLE,
};

static gboolean
reads_planes (StrataOp op)
{
  for (guint i = 0; i < G_N_ELEMENTS (plane_readers); i++)
    if (plane_readers[i] == op)
      return TRUE;
  return FALSE;
}

/* Whether input @input of @node has the output's dimensions, element by element */
static gboolean
goes_through (const StrataGraph *graph, const StrataNode *node, int input)
{
  const StrataValue *in = &graph->values[node->inputs[input]], *out;

  if (!strata_exec_is_elementwise (node->op) && !strata_exec_is_binary (node->op) && node->op != STRATA_OP_CONCAT
      && node->op != STRATA_OP_SUM && node->op != STRATA_OP_PAD && node->op != STRATA_OP_SLICE)
    return FALSE;
  out = &graph->values[node->outputs[0]];
  return in->n_dims == out->n_dims;
}

void
strata_lower_find_layouts (StrataLowerState *state)
{
  const StrataGraph *graph = state->graph;

  state->wants_planes = strata_arena_array (state->arena, gboolean, graph->n_values + 1);
  for (int i = graph->n_nodes - 1; i >= 0; i--)
    {
      const StrataNode *node = &graph->nodes[i];

      for (int j = 0; j < node->n_inputs; j++)
        if (node->inputs[j] >= 0)
          {
            gboolean through = node->n_outputs > 0 && node->outputs[0] >= 0 && goes_through (graph, node, j)
                               && state->wants_planes[node->outputs[0]];

            state->wants_planes[node->inputs[j]] |= through || (j == 0 && reads_planes (node->op));
          }
    }
}

gboolean
strata_lower_tokens (StrataLowerState *state, int node, int value, int planes[3], GError **error)
{
  const StrataValue *v = &state->graph->values[value];
  gint64 n_rows = 1, n_channels = v->n_dims > 0 ? v->dims[v->n_dims - 1] : 1;

  if (v->n_dims < 0 || v->n_dims > STRATA_MAX_DIMS)
    return strata_lower_fail (state, node, error, "value %s has no known shape; export the model with fixed shapes",
                              v->name);
  for (int i = 0; i < v->n_dims; i++)
    if (v->dims[i] < 1 || v->dims[i] > G_MAXINT32)
      return strata_lower_fail (state, node, error,
                                "value %s has an open or empty dimension %d; export the model with fixed shapes",
                                v->name, i);
  for (int i = 0; i + 1 < v->n_dims; i++)
    n_rows = MIN (n_rows * v->dims[i], G_MAXINT32);
  /* as the check of the quantised graph has it */
  if (n_rows > 1 << 20 || n_channels > 1 << 20)
    return strata_lower_fail (state, node, error,
                              "value %s has %" G_GINT64_FORMAT " rows of %" G_GINT64_FORMAT
                              " elements; a chip holds at most 2^20 of either",
                              v->name, n_rows, n_channels);
  planes[0] = (int) n_channels;
  planes[1] = (int) n_rows;
  planes[2] = 1;
  return TRUE;
}

gboolean
strata_lower_has_planes (const StrataLowerState *state, int value)
{
  const StrataValue *v = &state->graph->values[value];

  if (v->n_dims < 0 || v->n_dims > 4 || (v->n_dims >= 2 && v->dims[0] != 1))
    return FALSE;
  for (int i = 0; i < v->n_dims; i++)
    if (v->dims[i] < 1 || v->dims[i] > 1 << 20)
      return FALSE;
  return TRUE;
}

gboolean
strata_lower_prefers_tokens (const StrataLowerState *state, int value)
{
  const StrataValue *v = &state->graph->values[value];
  gint64 n_rows = 1;

  if (!strata_lower_has_planes (state, value))
    return TRUE;
  for (int i = 0; i + 1 < v->n_dims; i++)
    n_rows *= v->dims[i];
  return n_rows > 1 && n_rows <= 1 << 20 && !state->wants_planes[value];
}

/* --- one held as the other --- */

/* Element r D + c of the value lies at place c R + r. */
static gboolean
is_turned (const gint32 *order, gint64 n_rows, gint64 n_channels)
{
  for (gint64 r = 0; r < n_rows; r++)
    for (gint64 c = 0; c < n_channels; c++)
      if (order[r * n_channels + c] != c * n_rows + r)
        return FALSE;
  return TRUE;
}

/* A RESHAPE or copy of @tensor made before: of these planes and order */
static int
find_made (StrataLowerState *state, StrataQOpKind kind, int tensor, int value, const int planes[3], gboolean tokens)
{
  for (guint i = 0; i < state->ops->len; i++)
    {
      const StrataLoweredOp *op = strata_lower_op (state, (int) i);
      const StrataLoweredTensor *out = strata_lower_tensor (state, op->output);

      if (op->kind == kind && op->inputs[0] == tensor && out->channels == planes[0] && out->height == planes[1]
          && out->width == planes[2] && out->tokens == tokens
          && (kind == STRATA_QOP_RESHAPE || (op->node < 0 && out->value == value)))
        return op->output;
    }
  return -1;
}

int
strata_lower_reshape (StrataLowerState *state, int node, int tensor, int value, const int planes[3], gboolean tokens)
{
  const StrataView view = state->views[value];
  const StrataLoweredTensor in = *strata_lower_tensor (state, tensor);
  int maker = state->graph->values[value].producer;
  int covered = maker >= 0 ? state->node_op[maker] : -1, found, op;
  gboolean is_main = covered >= 0 && strata_lower_op (state, covered)->node == maker;
  StrataLoweredTensor *out;

  if (in.channels == planes[0] && in.height == planes[1] && in.width == planes[2] && in.tokens == tokens)
    return tensor;
  found = find_made (state, STRATA_QOP_RESHAPE, tensor, value, planes, tokens);
  if (found >= 0)
    return found;
  op = strata_lower_append (state, STRATA_QOP_RESHAPE, maker >= 0 ? maker : node, tensor, value, planes);
  out = strata_lower_tensor (state, strata_lower_op (state, op)->output);
  out->quantised = in.quantised;
  out->scale = in.scale;
  out->zero_point = in.zero_point;
  out->dtype = in.dtype;
  out->precise = in.precise;
  out->tokens = tokens;
  state->views[value] = view;
  if (is_main || maker < 0)
    state->node_op[maker >= 0 ? maker : node] = covered;
  return strata_lower_op (state, op)->output;
}

/* @value in other order, by a digital op; made once. */
static gboolean
copy (StrataLowerState *state, int node, int value, const int planes[3], gboolean tokens, int *tensor, GError **error)
{
  int found = find_made (state, STRATA_QOP_DIGITAL, state->views[value].tensor, value, planes, tokens);

  if (found >= 0)
    {
      *tensor = found;
      return TRUE;
    }
  return strata_lower_copy (state, node, value, planes, tokens, tensor, error);
}

gboolean
strata_lower_token_input (StrataLowerState *state, int node, int value, int *tensor, GError **error)
{
  const StrataView view = value >= 0 ? state->views[value] : (StrataView){ -1, NULL };
  const StrataLoweredTensor *t;
  int planes[3];
  gboolean tokens;

  if (view.tensor < 0)
    return strata_lower_fail (state, node, error,
                              "its input %s is a constant; this operator runs on computed values only",
                              value >= 0 ? state->graph->values[value].name : "(left out)");
  if (!strata_lower_tokens (state, node, value, planes, error))
    return FALSE;
  t = strata_lower_tensor (state, view.tensor);
  tokens = planes[1] > 1;
  if ((view.order == NULL && t->tokens && t->channels == planes[0] && t->height == planes[1])
      || (view.order == NULL && (!tokens || planes[0] == 1) && (!t->tokens || t->channels == 1 || t->height == 1))
      || (view.order != NULL && !t->tokens && is_turned (view.order, planes[1], planes[0])))
    {
      *tensor = strata_lower_reshape (state, node, view.tensor, value, planes, tokens);
      return TRUE;
    }
  return copy (state, node, value, planes, tokens, tensor, error);
}

gboolean
strata_lower_input (StrataLowerState *state, int node, int value, int *tensor, GError **error)
{
  const StrataView view = value >= 0 ? state->views[value] : (StrataView){ -1, NULL };
  const StrataLoweredTensor *t;
  int planes[3];

  if (view.tensor < 0)
    return strata_lower_fail (state, node, error,
                              "its input %s is a constant; this operator runs on computed values only",
                              value >= 0 ? state->graph->values[value].name : "(left out)");
  if (!strata_lower_geometry (state, node, value, &planes[0], &planes[1], &planes[2], error))
    return FALSE;
  t = strata_lower_tensor (state, view.tensor);
  if ((view.order == NULL && (!t->tokens || t->channels == 1 || t->height == 1))
      || (view.order != NULL && t->tokens && is_turned (view.order, t->channels, t->height)))
    {
      *tensor = strata_lower_reshape (state, node, view.tensor, value, planes, FALSE);
      return TRUE;
    }
  return copy (state, node, value, planes, FALSE, tensor, error);
}

gboolean
strata_lower_either_input (StrataLowerState *state, int node, int value, int *tensor, GError **error)
{
  const StrataView view = value >= 0 ? state->views[value] : (StrataView){ -1, NULL };

  if (view.tensor >= 0 && (strata_lower_tensor (state, view.tensor)->tokens || !strata_lower_has_planes (state, value)))
    return strata_lower_token_input (state, node, value, tensor, error);
  return strata_lower_input (state, node, value, tensor, error);
}
