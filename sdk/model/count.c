/* SPDX-License-Identifier: Apache-2.0
 *
 * Parameters, as networks are published, in two counts. What was trained is told by what reads it, as a file does not
 * say.
 */
#include "model/graph.h"

#define MAX_MOVES 64 /* between a constant and its reader; exporters write a handful */

static gboolean
is_constant (const StrataGraph *graph, const StrataValue *value)
{
  return value->data != NULL || value->weightless
         || (value->producer >= 0 && graph->nodes[value->producer].op == STRATA_OP_CONSTANT_OF_SHAPE);
}

int
strata_graph_find_constant (const StrataGraph *graph, int value)
{
  for (int n = 0; value >= 0 && !is_constant (graph, &graph->values[value]); n++)
    {
      int producer = graph->values[value].producer;

      if (producer < 0 || n == MAX_MOVES)
        return -1;
      switch (graph->nodes[producer].op)
        {
        case STRATA_OP_DEQUANTIZE_LINEAR:
        case STRATA_OP_TRANSPOSE:
        case STRATA_OP_CAST:
        case STRATA_OP_RESHAPE:
        case STRATA_OP_UNSQUEEZE:
        case STRATA_OP_SQUEEZE:
        case STRATA_OP_EXPAND:
        case STRATA_OP_IDENTITY:
          value = graph->nodes[producer].inputs[0];
          break;
        default:
          return -1;
        }
    }
  return value;
}

/* MatMulNBits packs its n x k codes into bytes. */
static gint64
packed_count (const StrataNode *node, int input, gint64 count)
{
  if (node->op != STRATA_OP_MS_MAT_MUL_N_BITS || input != 1)
    return count;
  return strata_node_int (node, "N", 0) * strata_node_int (node, "K", 0);
}

/* Old exporters write the bias of a product as an Add behind it: one value per output channel. */
static gboolean
is_added_bias (const StrataGraph *graph, int bias, int sum)
{
  int producer = bias < 0 || sum < 0 ? -1 : graph->values[sum].producer;
  const StrataValue *out;

  if (producer < 0)
    return FALSE;
  out = &graph->values[sum];
  if (graph->nodes[producer].op == STRATA_OP_CONV)
    return strata_value_count (&graph->values[bias]) == out->dims[1];
  return graph->nodes[producer].op == STRATA_OP_MAT_MUL && out->n_dims > 0
         && strata_value_count (&graph->values[bias]) == out->dims[out->n_dims - 1];
}

static gboolean
is_parameter (const StrataGraph *graph, const StrataNode *node, int input)
{
  if (node->op == STRATA_OP_CONV || node->op == STRATA_OP_GEMM || node->op == STRATA_OP_MAT_MUL)
    return TRUE;
  if (node->op == STRATA_OP_MS_MAT_MUL_N_BITS)
    return input == 1 || input == 5;
  return node->op == STRATA_OP_ADD && is_added_bias (graph, node->inputs[input], node->inputs[1 - input]);
}

typedef gboolean (*IsCounted) (const StrataGraph *graph, const StrataNode *node, int input);

static gint64
count_elements (const StrataGraph *graph, IsCounted is_counted)
{
  g_autoptr (GHashTable) counted = g_hash_table_new (NULL, NULL);
  gint64 sum = 0;

  for (int i = 0; i < graph->n_nodes; i++)
    for (int j = 0; j < graph->nodes[i].n_inputs; j++)
      {
        int id =
          is_counted (graph, &graph->nodes[i], j) ? strata_graph_find_constant (graph, graph->nodes[i].inputs[j]) : -1;
        const StrataValue *value = id < 0 ? NULL : &graph->values[id];

        /* a tensor that several nodes share counts once; reshaped constants share bytes */
        if (value != NULL && g_hash_table_add (counted, (gpointer) (value->data != NULL ? value->data : value))
            && __builtin_add_overflow (sum, packed_count (&graph->nodes[i], j, strata_value_count (value)), &sum))
          return G_MAXINT64;
      }
  return sum;
}

gint64
strata_graph_n_parameters (const StrataGraph *graph)
{
  return count_elements (graph, is_parameter);
}

static gboolean
is_float (StrataDtype dtype)
{
  return dtype == STRATA_DTYPE_F32 || dtype == STRATA_DTYPE_F64 || dtype == STRATA_DTYPE_F16;
}

/* One value per channel or feature, as gains and offsets have; or one per element of all but the batch, as learned
 * positions have, also where tokens are the rows of a matrix, without a batch. A mask is broadcast over heads, a rotary
 * table multiplies: neither was trained. */
static gboolean
is_trained_operand (const StrataGraph *graph, const StrataNode *node, int input)
{
  const StrataValue *value = &graph->values[node->inputs[input]];
  const StrataValue *out = &graph->values[node->outputs[0]];
  gint64 count = strata_value_count (value), largest = 0, all;

  if (strata_graph_find_constant (graph, node->inputs[1 - input]) >= 0 || !is_float (value->dtype) || count < 2)
    return FALSE;
  for (int d = 0; d < value->n_dims; d++)
    largest = MAX (largest, value->dims[d]);
  if (largest == count || node->op != STRATA_OP_ADD || out->n_dims < 2)
    return largest == count;
  all = strata_value_count (out);
  return count == all / MAX (out->dims[0], 1) || (out->n_dims == 2 && count == all);
}

/* A token that is put before the others: [batch, 1, features], or a few of them */
static gboolean
is_trained_token (const StrataGraph *graph, const StrataNode *node, int input)
{
  const StrataValue *value = &graph->values[node->inputs[input]];

  return is_float (value->dtype) && value->n_dims == 3 && strata_node_int (node, "axis", 0) == 1
         && value->dims[1] < graph->values[node->outputs[0]].dims[1] - value->dims[1];
}

static int
find_reader (const StrataGraph *graph, int value)
{
  for (int i = 0; i < graph->n_nodes; i++)
    for (int j = 0; j < graph->nodes[i].n_inputs; j++)
      if (graph->nodes[i].inputs[j] == value)
        return i;
  return -1;
}

/* Rows of a rotary table multiply what is computed; rows of an embedding are added, normalised or scaled by a constant.
 */
static gboolean
is_embedding (const StrataGraph *graph, const StrataNode *gather)
{
  int value = gather->outputs[0];

  if (graph->values[gather->inputs[0]].n_dims < 2 || !is_float (graph->values[gather->inputs[0]].dtype))
    return FALSE;
  for (;;)
    {
      int reader = find_reader (graph, value);
      const StrataNode *node = reader < 0 ? NULL : &graph->nodes[reader];

      if (node == NULL)
        return TRUE;
      if (node->op == STRATA_OP_MUL)
        return strata_graph_find_constant (graph, node->inputs[node->inputs[0] == value]) >= 0;
      if (node->op != STRATA_OP_UNSQUEEZE && node->op != STRATA_OP_SQUEEZE && node->op != STRATA_OP_RESHAPE
          && node->op != STRATA_OP_CAST)
        return TRUE;
      value = node->outputs[0];
    }
}

/* Whether a constant at this place is a trained one, by what the operator does with it */
static gboolean
is_trained_place (const StrataGraph *graph, const StrataNode *node, int input)
{
  switch (node->op)
    {
    case STRATA_OP_CONV:
    case STRATA_OP_CONV_TRANSPOSE:
    case STRATA_OP_GEMM:
    case STRATA_OP_MAT_MUL:
      return TRUE;
    case STRATA_OP_CONV_INTEGER:
    case STRATA_OP_MAT_MUL_INTEGER:
    case STRATA_OP_P_RELU:
      return input == 1;
    case STRATA_OP_DEFORM_CONV:
      return input == 1 || input == 3;
    case STRATA_OP_Q_LINEAR_CONV:
    case STRATA_OP_Q_LINEAR_MAT_MUL:
      return input == 3 || input == 8;
    case STRATA_OP_BATCH_NORMALIZATION:
    case STRATA_OP_INSTANCE_NORMALIZATION:
    case STRATA_OP_GROUP_NORMALIZATION:
    case STRATA_OP_LAYER_NORMALIZATION:
    case STRATA_OP_RMS_NORMALIZATION:
      return input == 1 || input == 2;
    case STRATA_OP_LSTM:
    case STRATA_OP_GRU:
    case STRATA_OP_RNN:
      return (input >= 1 && input <= 3) || input == 7;
    case STRATA_OP_GATHER:
      return input == 0 && is_embedding (graph, node);
    case STRATA_OP_ADD:
    case STRATA_OP_MUL:
      return is_trained_operand (graph, node, input);
    case STRATA_OP_CONCAT:
      return is_trained_token (graph, node, input);
    default:
      return FALSE;
    }
}

static gboolean
is_trained (const StrataGraph *graph, const StrataNode *node, int input)
{
  int id = node->inputs[input];

  if (id < 0)
    return FALSE;
  /* made without bytes because they are drawn, or come from training */
  if (graph->values[id].weightless || graph->values[id].is_trained)
    return node->op != STRATA_OP_BATCH_NORMALIZATION || input < 3;
  return is_trained_place (graph, node, input);
}

gint64
strata_graph_n_trainable (const StrataGraph *graph)
{
  return count_elements (graph, is_trained);
}

gint64
strata_node_n_trainable (const StrataGraph *graph, int index)
{
  const StrataNode *node = &graph->nodes[index];
  gint64 sum = 0;

  for (int j = 0; j < node->n_inputs; j++)
    {
      int id =
        node->inputs[j] >= 0 && is_trained (graph, node, j) ? strata_graph_find_constant (graph, node->inputs[j]) : -1;

      if (id >= 0 && __builtin_add_overflow (sum, strata_value_count (&graph->values[id]), &sum))
        return G_MAXINT64;
    }
  return sum;
}
