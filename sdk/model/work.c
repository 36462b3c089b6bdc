/* SPDX-License-Identifier: Apache-2.0
 *
 * What nodes ask of a chip: multiply-accumulates, constant matrices, which units execute them, and how much is alive
 * between them. All from shapes; weights are not touched.
 */
#include "base/saturate.h"
#include "model/attention.h"
#include "model/heads.h"
#include "model/recurrent.h"

static const StrataValue *
get_input (const StrataGraph *graph, const StrataNode *node, int input)
{
  return input < node->n_inputs && node->inputs[input] >= 0 ? &graph->values[node->inputs[input]] : NULL;
}

/* Which input holds the weights of a convolution or product of two operands */
static int
weights_input (StrataOp op)
{
  return op == STRATA_OP_Q_LINEAR_CONV || op == STRATA_OP_Q_LINEAR_MAT_MUL ? 3 : 1;
}

/* Elements of all dimensions but the first */
static gint64
count_rows (const StrataValue *weights)
{
  gint64 count = 1;

  for (int d = 1; d < weights->n_dims; d++)
    count = strata_times (count, weights->dims[d]);
  return count;
}

static gboolean
read_recurrent (const StrataGraph *graph, const StrataNode *node, StrataRecurrent *recurrent)
{
  const StrataValue *x = get_input (graph, node, 0), *r = get_input (graph, node, 2);

  return x != NULL && r != NULL && strata_recurrent_read (node, x->dims, r->dims, recurrent, NULL);
}

static gint64
recurrent_macs (const StrataGraph *graph, const StrataNode *node)
{
  StrataRecurrent r;
  gint64 per_step;

  if (!read_recurrent (graph, node, &r))
    return 0;
  per_step =
    strata_times (strata_times (strata_recurrent_n_gates (node->op), r.hidden), strata_plus (r.input, r.hidden));
  return strata_times (strata_times (strata_times (r.steps, r.batch), r.n_directions), per_step);
}

static gint64
attention_macs (const StrataGraph *graph, const StrataNode *node)
{
  StrataAttention a;

  if (!strata_attention_read (graph, node, &a, NULL))
    return 0;
  return strata_times (strata_times (strata_times (a.batch, a.q_heads), strata_times (a.queries, a.keys)),
                       strata_plus (a.width, a.v_width));
}

/* Attention of com.microsoft, which may project its input first. Causality and windows are not counted off. */
static gint64
heads_macs (const StrataGraph *graph, const StrataNode *node)
{
  gint64 projected = 0;
  StrataHeads h;
  gboolean ok;

  if (node->op == STRATA_OP_MS_GROUP_QUERY_ATTENTION)
    ok = strata_group_query_read (graph, node, &h, NULL);
  else if (node->op == STRATA_OP_MS_MULTI_HEAD_ATTENTION)
    ok = strata_multi_head_read (graph, node, &h, NULL);
  else
    ok = strata_projected_read (graph, node, &h, NULL);
  if (!ok)
    return 0;
  if (node->op == STRATA_OP_MS_ATTENTION)
    projected = strata_times (strata_times (h.batch, h.queries), strata_value_count (get_input (graph, node, 1)));
  return strata_plus (projected,
                      strata_times (strata_times (strata_times (h.batch, h.q_heads), strata_times (h.queries, h.keys)),
                                    strata_plus (h.width, h.v_width)));
}

/* Each input element meets every weight of its channel once. */
static gint64
transposed_macs (const StrataGraph *graph, const StrataNode *node)
{
  return strata_times (count_rows (get_input (graph, node, 1)), strata_value_count (get_input (graph, node, 0)));
}

gint64
strata_node_n_macs (const StrataGraph *graph, int index)
{
  const StrataNode *node = &graph->nodes[index];
  const StrataValue *in = get_input (graph, node, 0);
  gint64 per_output;

  switch (node->op)
    {
    case STRATA_OP_CONV:
    case STRATA_OP_CONV_INTEGER:
    case STRATA_OP_DEFORM_CONV:
    case STRATA_OP_Q_LINEAR_CONV:
      per_output = count_rows (get_input (graph, node, weights_input (node->op)));
      break;
    case STRATA_OP_GEMM:
      per_output = in->dims[strata_node_int (node, "transA", 0) == 0];
      break;
    case STRATA_OP_MAT_MUL:
    case STRATA_OP_MAT_MUL_INTEGER:
    case STRATA_OP_Q_LINEAR_MAT_MUL:
      per_output = in->dims[in->n_dims - 1];
      break;
    case STRATA_OP_MS_MAT_MUL_N_BITS:
      per_output = strata_node_int (node, "K", 0);
      break;
    case STRATA_OP_CONV_TRANSPOSE:
      return transposed_macs (graph, node);
    case STRATA_OP_LSTM:
    case STRATA_OP_GRU:
    case STRATA_OP_RNN:
      return recurrent_macs (graph, node);
    case STRATA_OP_ATTENTION:
      return attention_macs (graph, node);
    case STRATA_OP_MS_ATTENTION:
    case STRATA_OP_MS_GROUP_QUERY_ATTENTION:
    case STRATA_OP_MS_MULTI_HEAD_ATTENTION:
      return heads_macs (graph, node);
    default:
      return 0;
    }
  return strata_times (per_output, strata_value_count (&graph->values[node->outputs[0]]));
}

gint64
strata_graph_n_macs (const StrataGraph *graph)
{
  gint64 sum = 0;

  for (int i = 0; i < graph->n_nodes; i++)
    sum = strata_plus (sum, strata_node_n_macs (graph, i));
  return sum;
}

/* The constant weights of a node; NULL where they are computed, or empty */
static const StrataValue *
get_weights (const StrataGraph *graph, const StrataNode *node, int input)
{
  const StrataValue *value = get_input (graph, node, input);

  if (value == NULL || strata_graph_find_constant (graph, node->inputs[input]) < 0 || strata_value_count (value) <= 0)
    return NULL;
  return value;
}

static int
recurrent_matrices (const StrataGraph *graph, const StrataNode *node, StrataMatrix *matrices)
{
  gint64 n_gates = strata_recurrent_n_gates (node->op);
  StrataRecurrent r;

  if (get_weights (graph, node, 1) == NULL || get_weights (graph, node, 2) == NULL || !read_recurrent (graph, node, &r))
    return 0;
  matrices[0] = (StrataMatrix){ r.input, strata_times (n_gates, r.hidden), r.n_directions };
  matrices[1] = (StrataMatrix){ r.hidden, strata_times (n_gates, r.hidden), r.n_directions };
  return 2;
}

/* A product with a constant of any place: vectors meet its rows from the left, its columns from the right. */
static int
product_matrices (const StrataGraph *graph, const StrataNode *node, StrataMatrix *matrix)
{
  const StrataValue *right = get_weights (graph, node, weights_input (node->op));
  const StrataValue *left = right == NULL ? get_weights (graph, node, 0) : NULL;
  const StrataValue *value = right != NULL ? right : left;
  gint64 k, n, count = 1;

  if (value == NULL || value->n_dims < 1 || (right == NULL && node->op != STRATA_OP_MAT_MUL))
    return 0;
  k = value->n_dims == 1 ? value->dims[0] : value->dims[value->n_dims - (right != NULL ? 2 : 1)];
  n = value->n_dims == 1 ? 1 : value->dims[value->n_dims - (right != NULL ? 1 : 2)];
  for (int d = 0; d < value->n_dims - 2; d++)
    count = strata_times (count, value->dims[d]);
  *matrix = (StrataMatrix){ k, n, count };
  return 1;
}

int
strata_node_matrices (const StrataGraph *graph, int index, StrataMatrix matrices[STRATA_MAX_MATRICES])
{
  const StrataNode *node = &graph->nodes[index];
  const StrataValue *weights;

  switch (node->op)
    {
    case STRATA_OP_CONV:
    case STRATA_OP_CONV_INTEGER:
    case STRATA_OP_Q_LINEAR_CONV:
      weights = get_weights (graph, node, weights_input (node->op));
      if (weights == NULL || strata_node_int (node, "group", 1) != 1)
        return 0;
      matrices[0] = (StrataMatrix){ count_rows (weights), weights->dims[0], 1 };
      return 1;
    case STRATA_OP_CONV_TRANSPOSE:
      weights = get_weights (graph, node, 1);
      if (weights == NULL || strata_node_int (node, "group", 1) != 1)
        return 0;
      matrices[0] = (StrataMatrix){ weights->dims[0], count_rows (weights), 1 };
      return 1;
    case STRATA_OP_GEMM:
      weights = get_weights (graph, node, 1);
      if (weights == NULL)
        return 0;
      matrices[0] = strata_node_int (node, "transB", 0) ? (StrataMatrix){ weights->dims[1], weights->dims[0], 1 }
                                                        : (StrataMatrix){ weights->dims[0], weights->dims[1], 1 };
      return 1;
    case STRATA_OP_MAT_MUL:
    case STRATA_OP_MAT_MUL_INTEGER:
    case STRATA_OP_Q_LINEAR_MAT_MUL:
      return product_matrices (graph, node, matrices);
    case STRATA_OP_MS_MAT_MUL_N_BITS:
      if (get_weights (graph, node, 1) == NULL)
        return 0;
      matrices[0] = (StrataMatrix){ strata_node_int (node, "K", 0), strata_node_int (node, "N", 0), 1 };
      return 1;
    case STRATA_OP_LSTM:
    case STRATA_OP_GRU:
    case STRATA_OP_RNN:
      return recurrent_matrices (graph, node, matrices);
    default:
      return 0;
    }
}

static gboolean
moves_only (StrataOp op)
{
  switch (op)
    {
    case STRATA_OP_CONCAT:
    case STRATA_OP_CONSTANT:
    case STRATA_OP_CONSTANT_OF_SHAPE:
    case STRATA_OP_DEPTH_TO_SPACE:
    case STRATA_OP_DROPOUT:
    case STRATA_OP_EXPAND:
    case STRATA_OP_FLATTEN:
    case STRATA_OP_GATHER:
    case STRATA_OP_GATHER_ELEMENTS:
    case STRATA_OP_GATHER_ND:
    case STRATA_OP_IDENTITY:
    case STRATA_OP_PAD:
    case STRATA_OP_RESHAPE:
    case STRATA_OP_REVERSE_SEQUENCE:
    case STRATA_OP_SCATTER_ELEMENTS:
    case STRATA_OP_SCATTER_ND:
    case STRATA_OP_SHAPE:
    case STRATA_OP_SIZE:
    case STRATA_OP_SLICE:
    case STRATA_OP_SPACE_TO_DEPTH:
    case STRATA_OP_SPLIT:
    case STRATA_OP_SQUEEZE:
    case STRATA_OP_TILE:
    case STRATA_OP_TRANSPOSE:
    case STRATA_OP_UNSQUEEZE:
      return TRUE;
    default:
      return FALSE;
    }
}

StrataNodeKind
strata_node_kind (const StrataGraph *graph, int index)
{
  StrataMatrix matrices[STRATA_MAX_MATRICES];

  if (strata_node_matrices (graph, index, matrices) > 0)
    return STRATA_NODE_KIND_CROSSBAR;
  if (strata_node_n_macs (graph, index) > 0)
    return STRATA_NODE_KIND_MAC;
  return moves_only (graph->nodes[index].op) ? STRATA_NODE_KIND_MOVE : STRATA_NODE_KIND_VECTOR;
}

static gboolean
shares_bytes (StrataOp op)
{
  return op == STRATA_OP_RESHAPE || op == STRATA_OP_FLATTEN || op == STRATA_OP_SQUEEZE || op == STRATA_OP_UNSQUEEZE
         || op == STRATA_OP_IDENTITY || op == STRATA_OP_DROPOUT;
}

/* A value that takes memory of its own while it is alive */
static gint64
count_alive (const StrataGraph *graph, int id)
{
  const StrataValue *value = id < 0 ? NULL : &graph->values[id];

  if (value == NULL || value->data != NULL || value->weightless || value->n_consumers == 0)
    return 0;
  if (value->producer >= 0 && shares_bytes (graph->nodes[value->producer].op))
    return 0;
  return strata_value_count (value);
}

/* Per value the one whose bytes it is a view of; nodes are in order, so that of the input is known */
static int *
find_owners (const StrataGraph *graph)
{
  int *owners = g_new (int, graph->n_values + 1);

  for (int i = 0; i < graph->n_values; i++)
    owners[i] = i;
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *node = &graph->nodes[i];

      for (int j = 0; j < node->n_outputs && shares_bytes (node->op) && node->inputs[0] >= 0; j++)
        if (node->outputs[j] >= 0)
          owners[node->outputs[j]] = owners[node->inputs[0]];
    }
  return owners;
}

void
strata_graph_n_activations (const StrataGraph *graph, gint64 *n_written, gint64 *n_peak)
{
  g_autofree int *last = g_new (int, graph->n_values + 1); /* node after which a value is dead */
  g_autofree int *owners = find_owners (graph);
  gint64 alive = 0;

  *n_written = *n_peak = 0;
  for (int i = 0; i < graph->n_values; i++)
    last[i] = -1;
  for (int i = 0; i < graph->n_nodes; i++)
    for (int j = 0; j < graph->nodes[i].n_inputs; j++)
      if (graph->nodes[i].inputs[j] >= 0)
        last[owners[graph->nodes[i].inputs[j]]] = i;
  for (int i = 0; i < graph->n_outputs; i++)
    last[owners[graph->outputs[i]]] = graph->n_nodes;
  for (int i = 0; i < graph->n_inputs; i++)
    alive = strata_plus (alive, count_alive (graph, graph->inputs[i]));
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *node = &graph->nodes[i];

      for (int j = 0; j < node->n_outputs; j++)
        {
          gint64 n = count_alive (graph, node->outputs[j]);

          *n_written = strata_plus (*n_written, n);
          alive = strata_plus (alive, n);
        }
      *n_peak = MAX (*n_peak, alive);
      for (int j = 0; j < node->n_inputs; j++)
        {
          int owner = node->inputs[j] < 0 ? -1 : owners[node->inputs[j]];

          if (owner < 0 || last[owner] != i)
            continue;
          alive -= count_alive (graph, owner);
          last[owner] = -1; /* a node may read it twice */
        }
    }
}
