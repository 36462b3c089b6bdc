/* SPDX-License-Identifier: Apache-2.0
 *
 * Models of DIGITAL ops: read, checked for fixed shapes, and counted once. Counts are of one inference and saturate, so
 * that a hostile model is refused and none wraps.
 */
#include "program/digital.h"

#include "base/saturate.h"
#include "model/attention.h"
#include "model/heads.h"
#include "model/recurrent.h"

typedef struct
{
  gboolean listed;
  gint8 per_output, per_input;
} DigitalWork;

static const DigitalWork digital_work[STRATA_N_OPS] = {
#define STRATA_DIGITAL_OP(id, output, input, meaning) [STRATA_OP_##id] = { TRUE, output, input },
#include "program/digital-ops.def"
#undef STRATA_DIGITAL_OP
};

static gboolean
is_recurrent (StrataOp op)
{
  return op == STRATA_OP_LSTM || op == STRATA_OP_GRU || op == STRATA_OP_RNN;
}

/* Steps of a recurrence, each of which reads all its weights; 1 for others */
static gint64
count_steps (const StrataGraph *graph, const StrataNode *node, gint64 *n_units)
{
  StrataRecurrent r;

  *n_units = 0;
  if (!is_recurrent (node->op) || node->n_inputs < 3 || node->inputs[0] < 0 || node->inputs[2] < 0
      || !strata_recurrent_read (node, graph->values[node->inputs[0]].dims, graph->values[node->inputs[2]].dims, &r,
                                 NULL))
    return 1;
  *n_units = strata_times (strata_times (r.steps, r.batch), strata_times (r.n_directions, r.hidden));
  return MAX (r.steps, 1);
}

static gint64
count_scores (const StrataGraph *graph, const StrataNode *node)
{
  StrataAttention a;
  StrataHeads h;
  gboolean ok;

  if (node->op == STRATA_OP_ATTENTION)
    return strata_attention_read (graph, node, &a, NULL)
             ? strata_times (strata_times (a.batch, a.q_heads), strata_times (a.queries, a.keys))
             : 0;
  if (node->op == STRATA_OP_MS_GROUP_QUERY_ATTENTION)
    ok = strata_group_query_read (graph, node, &h, NULL);
  else if (node->op == STRATA_OP_MS_MULTI_HEAD_ATTENTION)
    ok = strata_multi_head_read (graph, node, &h, NULL);
  else if (node->op == STRATA_OP_MS_ATTENTION)
    ok = strata_projected_read (graph, node, &h, NULL);
  else
    return 0;
  return ok ? strata_times (strata_times (h.batch, h.q_heads), strata_times (h.queries, h.keys)) : 0;
}

/* What digital-ops.def counts by */
static gint64
count_elements (const StrataGraph *graph, const StrataNode *node)
{
  gint64 n = 0;

  count_steps (graph, node, &n);
  if (n == 0)
    n = count_scores (graph, node);
  for (int i = 0; i < node->n_outputs && n == 0; i++)
    if (node->outputs[i] >= 0)
      n = strata_value_count (&graph->values[node->outputs[i]]);
  return n;
}

static void
count_node (StrataDigital *digital, int index)
{
  const StrataGraph *graph = digital->graph;
  const StrataNode *node = &graph->nodes[index];
  const DigitalWork *work = &digital_work[node->op];
  int first = node->n_inputs > 0 ? node->inputs[0] : -1;
  gint64 n_inputs = first >= 0 ? strata_value_count (&graph->values[first]) : 0;
  gint64 n_macs = strata_node_n_macs (graph, index);
  /* a product that is not listed leaves nothing to the vector unit */
  gint64 per_output = work->listed ? work->per_output : n_macs > 0 ? 0 : 1;

  /* Sum and its like read as many elements from every operand. */
  for (int i = 1; node->op == STRATA_OP_SUM && i < node->n_inputs; i++)
    n_inputs = strata_plus (n_inputs, strata_value_count (&graph->values[node->inputs[i]]));
  digital->n_macs = strata_plus (digital->n_macs, n_macs);
  digital->n_vector_ops =
    strata_plus (digital->n_vector_ops, strata_plus (strata_times (per_output, count_elements (graph, node)),
                                                     strata_times (work->per_input, n_inputs)));
}

static gboolean G_GNUC_PRINTF (3, 4) fail (GError **error, const char *name, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_FORMAT, "digital op %s: %s", name, text);
  return FALSE;
}

static gboolean
check_value (const StrataValue *value, const char *name, GError **error)
{
  if (value->n_dims < 0 || strata_value_count (value) < 0 || strata_value_count (value) > G_MAXINT32)
    return fail (error, name, "value %s has no fixed shape of at most 2^31 elements", value->name);
  for (int d = 0; d < value->n_dims; d++)
    if (value->dims[d] < 0)
      return fail (error, name, "value %s has an open dimension", value->name);
  return TRUE;
}

/* Bytes of @value where it is a constant, there or absent; 0 elsewhere */
static gint64
constant_bytes (const StrataDigital *digital, int id)
{
  const StrataGraph *graph = digital->graph;
  const StrataValue *value = &graph->values[id];

  for (int i = digital->n_operands; i < graph->n_inputs; i++)
    if (graph->inputs[i] == id)
      return strata_times (strata_value_count (value), (gint64) strata_dtype_size (value->dtype));
  return value->data != NULL ? (gint64) value->n_bytes : 0;
}

static gboolean
count_all (StrataDigital *digital, const char *name, GError **error)
{
  const StrataGraph *graph = digital->graph;

  for (int i = 0; i < graph->n_values; i++)
    {
      const StrataValue *value = &graph->values[i];

      if (value->data == NULL && value->producer < 0 && value->n_consumers == 0)
        continue;
      if (!check_value (value, name, error))
        return FALSE;
      if (value->n_consumers > 0)
        digital->table_bytes = strata_plus (digital->table_bytes, constant_bytes (digital, i));
    }
  for (int i = 0; i < graph->n_nodes; i++)
    {
      if (graph->nodes[i].op == STRATA_OP_LOOP || graph->nodes[i].op == STRATA_OP_IF
          || graph->nodes[i].op == STRATA_OP_SCAN)
        return fail (error, name, "%s has no fixed amount of work", strata_op_name (graph->nodes[i].op));
      count_node (digital, i);
    }
  if (digital->n_macs > STRATA_DIGITAL_MOST || digital->n_vector_ops > STRATA_DIGITAL_MOST
      || digital->table_bytes > STRATA_DIGITAL_MOST)
    return fail (error, name, "it has more than 2^50 operations or bytes");
  return TRUE;
}

StrataDigital *
strata_digital_new (GBytes *bytes, int n_operands, const char *name, GError **error)
{
  g_autoptr (StrataDigital) digital = g_new0 (StrataDigital, 1);
  g_autoptr (GError) reason = NULL;

  digital->bytes = g_bytes_ref (bytes);
  digital->n_operands = n_operands;
  digital->graph = strata_onnx_parse (bytes, name, &reason);
  if (digital->graph == NULL)
    {
      fail (error, name, "%s", reason->message);
      return NULL;
    }
  return count_all (digital, name, error) ? g_steal_pointer (&digital) : NULL;
}

StrataDigital *
strata_digital_ref (StrataDigital *digital)
{
  g_atomic_int_inc (&digital->n_more_owners);
  return digital;
}

void
strata_digital_free (StrataDigital *digital)
{
  if (digital == NULL || g_atomic_int_add (&digital->n_more_owners, -1) > 0)
    return;
  strata_graph_free (digital->graph);
  g_bytes_unref (digital->bytes);
  g_free (digital);
}

/* Rows by indices; of the tables of rotary positions the rows of the tokens' places, where those are given */
gint64
strata_digital_lookup (const StrataGraph *graph, const StrataNode *node, int input)
{
  gboolean turns =
    (node->op == STRATA_OP_ROTARY_EMBEDDING && (input == 1 || input == 2) && node->n_inputs > 3 && node->inputs[3] >= 0)
    || (node->op == STRATA_OP_MS_ROTARY_EMBEDDING && (input == 2 || input == 3));
  const StrataValue *table = node->inputs[input] >= 0 ? &graph->values[node->inputs[input]] : NULL;
  const StrataValue *places;

  if (table == NULL)
    return -1;
  if (input == 0
      && (node->op == STRATA_OP_GATHER || node->op == STRATA_OP_GATHER_ELEMENTS || node->op == STRATA_OP_GATHER_ND))
    return strata_value_count (&graph->values[node->outputs[0]]);
  if (!turns || table->n_dims < 1)
    return -1;
  places = &graph->values[node->inputs[node->op == STRATA_OP_ROTARY_EMBEDDING ? 3 : 1]];
  return MIN (strata_times (strata_value_count (places), table->dims[table->n_dims - 1]), strata_value_count (table));
}

/* Bytes of the constant @input of a node that one inference reads */
static gint64
read_of_input (const StrataDigital *digital, const StrataNode *node, int input, gint64 n_bursts, gint64 row_elements)
{
  const StrataGraph *graph = digital->graph;
  const StrataValue *value = node->inputs[input] >= 0 ? &graph->values[node->inputs[input]] : NULL;
  gint64 n_units, n_bytes = value != NULL ? constant_bytes (digital, node->inputs[input]) : 0;

  if (n_bytes == 0)
    return 0;
  if (strata_digital_lookup (graph, node, input) >= 0)
    return 0;
  if (is_recurrent (node->op))
    return strata_times (n_bytes, count_steps (graph, node, &n_units));
  return strata_times (n_bytes, strata_value_count (value) <= row_elements ? n_bursts : 1);
}

gint64
strata_digital_read_bytes (const StrataDigital *digital, gint64 n_bursts, gint64 row_elements)
{
  const StrataGraph *graph = digital->graph;
  gint64 n_bytes = 0;

  for (int i = 0; i < graph->n_nodes; i++)
    for (int j = 0; j < graph->nodes[i].n_inputs; j++)
      n_bytes = strata_plus (n_bytes, read_of_input (digital, &graph->nodes[i], j, n_bursts, row_elements));
  n_bytes = MIN (n_bytes, STRATA_DIGITAL_MOST);
  return (n_bytes + n_bursts - 1) / n_bursts;
}
