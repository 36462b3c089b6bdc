/* SPDX-License-Identifier: Apache-2.0
 *
 * Which digital ops make their results row by row, and of which operands each row needs no more than its own: a norm
 * over channels, a product of rows and a turn by the place of a token do, and attention, whose every query goes with
 * all keys and values.
 */
#include "compiler/lower/state.h"
#include "model/exec/exec.h"

/* Axes counted from the front: whether @axis of an operator on @value is the channels of its tensor */
static gboolean
is_channel_axis (const StrataLowerState *state, int value, gboolean tokens, gint64 axis)
{
  int n_dims = state->graph->values[value].n_dims;

  if (axis < 0)
    axis += n_dims;
  return tokens ? axis == n_dims - 1 : n_dims == 4 && axis == 1;
}

/* Of com.microsoft's Attention the operand is projected first: each query needs all of it. */
static gboolean
is_attention (StrataOp op)
{
  return op == STRATA_OP_ATTENTION || op == STRATA_OP_MS_GROUP_QUERY_ATTENTION
         || op == STRATA_OP_MS_MULTI_HEAD_ATTENTION;
}

/* Whether each row of the node's results needs no more than the same row of the operands of its own rows */
static gboolean
is_row_local (StrataLowerState *state, const StrataNode *node, int value, gboolean tokens)
{
  gint64 axis;

  if (strata_exec_is_elementwise (node->op) || strata_exec_is_binary (node->op))
    return TRUE;
  if (is_attention (node->op))
    return tokens;
  switch (node->op)
    {
    case STRATA_OP_AND:
    case STRATA_OP_CAST:
    case STRATA_OP_EQUAL:
    case STRATA_OP_GREATER:
    case STRATA_OP_GREATER_OR_EQUAL:
    case STRATA_OP_IDENTITY:
    case STRATA_OP_LESS:
    case STRATA_OP_LESS_OR_EQUAL:
    case STRATA_OP_MAX:
    case STRATA_OP_MEAN:
    case STRATA_OP_MIN:
    case STRATA_OP_MOD:
    case STRATA_OP_NOT:
    case STRATA_OP_OR:
    case STRATA_OP_P_RELU:
    case STRATA_OP_SUM:
    case STRATA_OP_SWI_GLU:
    case STRATA_OP_WHERE:
    case STRATA_OP_XOR:
      return TRUE;
    case STRATA_OP_GATHER:
      return tokens && strata_node_int (node, "axis", 0) == 0;
    case STRATA_OP_MAT_MUL:
    case STRATA_OP_MS_ROTARY_EMBEDDING:
    case STRATA_OP_ROTARY_EMBEDDING:
      return tokens;
    case STRATA_OP_LAYER_NORMALIZATION:
    case STRATA_OP_RMS_NORMALIZATION:
    case STRATA_OP_SIMPLIFIED_LAYER_NORMALIZATION:
      return tokens && is_channel_axis (state, value, TRUE, strata_node_int (node, "axis", -1));
    case STRATA_OP_SOFTMAX:
    case STRATA_OP_LOG_SOFTMAX:
      axis = strata_node_int (node, "axis", state->graph->opset < 13 ? 1 : -1);
      return is_channel_axis (state, value, tokens, axis)
             && (state->graph->opset >= 13 || state->graph->values[value].n_dims == axis + 1);
    case STRATA_OP_CONCAT:
    case STRATA_OP_SPLIT:
      return is_channel_axis (state, value, tokens, strata_node_int (node, "axis", 0));
    case STRATA_OP_BATCH_NORMALIZATION:
    case STRATA_OP_LRN:
      return !tokens;
    default:
      return FALSE;
    }
}

/* Rows of the operand @value are rows of @tensor, and as many as the results have. */
static gboolean
has_rows (StrataLowerState *state, const StrataNode *node, int input, int result, gboolean tokens)
{
  const StrataValue *in = &state->graph->values[node->inputs[input]], *out = &state->graph->values[result];
  const StrataLoweredTensor *t = strata_lower_tensor (state, state->views[node->inputs[input]].tensor);
  int planes[3];

  if (state->views[node->inputs[input]].order != NULL || t->tokens != tokens || in->n_dims != out->n_dims
      || t->height == 1)
    return FALSE;
  for (int d = 0; d < in->n_dims; d++)
    {
      gboolean channels = is_channel_axis (state, result, tokens, d);

      if (in->dims[d] != out->dims[d] && !channels)
        return FALSE;
    }
  /* a product's second operand has rows of its own, and so have keys and values */
  if ((node->op == STRATA_OP_MAT_MUL || is_attention (node->op)) && input != 0)
    return FALSE;
  if (tokens)
    return strata_lower_tokens (state, -1, node->inputs[input], planes, NULL) && planes[1] == t->height
           && planes[0] == t->channels;
  return in->n_dims == 4 && in->dims[2] == t->height && in->dims[1] == t->channels;
}

/* Operands by a row of their own: those of which every use in @node is by row */
static guint32
find_operands (StrataLowerState *state, const StrataNode *node, const GArray *tensors, int result, gboolean tokens)
{
  guint32 by_row = 0;

  for (guint i = 0; i < tensors->len; i++)
    {
      gboolean all = TRUE, any = FALSE;

      for (int j = 0; j < node->n_inputs; j++)
        if (node->inputs[j] >= 0 && !state->is_constant[node->inputs[j]]
            && state->views[node->inputs[j]].tensor == g_array_index (tensors, int, i))
          {
            any = TRUE;
            all = all && has_rows (state, node, j, result, tokens);
          }
      if (all && any)
        by_row |= 1u << i;
    }
  return by_row;
}

gboolean
strata_lower_streams (StrataLowerState *state,
                      const StrataNode *node,
                      const GArray *tensors,
                      const GArray *read,
                      gboolean tokens,
                      guint32 *by_row)
{
  int result = g_array_index (read, int, 0);

  *by_row = 0;
  if (!is_row_local (state, node, result, tokens))
    return FALSE;
  /* keys and values that go out have rows of their own */
  if (is_attention (node->op) && (read->len > 1 || node->n_inputs < 3 || node->inputs[1] < 0))
    return FALSE;
  *by_row = find_operands (state, node, tensors, result, tokens);
  return TRUE;
}
