/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds caches and looked-up tables in the models of digital ops and counts what an inference moves of them.
 */
#include "program/stream.h"

#include "model/attention.h"
#include "model/heads.h"

/* An op of more reads its caches in larger chunks; keeps the instruction's bursts within bounds. */
#define MAX_CHUNKS (1 << 16)
#define MIN_CHUNK_BYTES 1024
/* Of a chip with external memory, what constants may take of the activation memory: a part in so many */
#define TABLE_SHARE 8

/* Where an attention operator has its past and what it keeps */
typedef struct
{
  int past, present, n;
  gint64 n_fresh; /* elements that each output has more than its past */
} Places;

static gboolean
find_places (const StrataGraph *graph, const StrataNode *node, Places *places)
{
  StrataAttention a;
  StrataHeads h = { 0 };
  gboolean ok;

  switch (node->op)
    {
    case STRATA_OP_ATTENTION:
      if (!strata_attention_read (graph, node, &a, NULL))
        return FALSE;
      *places = (Places){ 4, 1, 2, a.batch * a.kv_heads * (a.keys - a.past) * a.width };
      return TRUE;
    case STRATA_OP_MS_GROUP_QUERY_ATTENTION:
      ok = strata_group_query_read (graph, node, &h, NULL);
      *places = (Places){ 3, 1, 2, h.batch * h.kv_heads * h.fresh * h.width };
      return ok;
    case STRATA_OP_MS_MULTI_HEAD_ATTENTION:
      ok = strata_multi_head_read (graph, node, &h, NULL);
      *places = (Places){ 6, 1, 2, h.batch * h.kv_heads * h.fresh * h.width };
      return ok;
    case STRATA_OP_MS_ATTENTION:
      ok = strata_projected_read (graph, node, &h, NULL);
      *places = (Places){ 4, 1, 1, 2 * h.batch * h.kv_heads * h.fresh * h.width };
      return ok;
    default:
      return FALSE;
    }
}

static int
place_among (const int *values, int n, int value)
{
  for (int i = 0; i < n && value >= 0; i++)
    if (values[i] == value)
      return i;
  return -1;
}

guint32
strata_stream_find_caches (const StrataGraph *model, guint32 *present)
{
  guint32 past = 0;
  Places places;

  *present = 0;
  for (int i = 0; i < model->n_nodes; i++)
    {
      const StrataNode *node = &model->nodes[i];

      for (int j = 0; find_places (model, node, &places) && j < places.n; j++)
        {
          int in = places.past + j < node->n_inputs ? node->inputs[places.past + j] : -1;
          int out = places.present + j < node->n_outputs ? node->outputs[places.present + j] : -1;
          int input = place_among (model->inputs, MIN (model->n_inputs, 32), in);
          int output = place_among (model->outputs, MIN (model->n_outputs, 32), out);

          past |= input >= 0 ? 1u << input : 0;
          *present |= output >= 0 ? 1u << output : 0;
        }
    }
  return past;
}

/* How often ops of the quantised graph read @tensor, other than through a silent op that stands for the port */
static int
count_readers (const StrataQGraph *graph, int tensor)
{
  int n = 0;

  for (int op = 0; op < graph->n_ops; op++)
    for (int i = 0; i < graph->ops[op].n_inputs; i++)
      n += graph->ops[op].inputs[i] == tensor;
  return n;
}

static gboolean
is_cache_input (const StrataQGraph *graph, const guint8 *silent, int tensor)
{
  int producer = graph->tensors[tensor].producer;

  return (producer < 0 || (silent[producer] && graph->ops[producer].kind == STRATA_QOP_QUANTISE))
         && count_readers (graph, tensor) == 1;
}

/* It goes out, and no op of the chip reads it. */
static gboolean
is_cache_output (const StrataQGraph *graph, const guint8 *silent, int tensor)
{
  gboolean out = place_among (graph->outputs, graph->n_outputs, tensor) >= 0;

  for (int op = 0; op < graph->n_ops; op++)
    for (int i = 0; i < graph->ops[op].n_inputs; i++)
      if (graph->ops[op].inputs[i] == tensor)
        {
          if (!silent[op] || count_readers (graph, graph->ops[op].output) > 0)
            return FALSE;
          out = out || place_among (graph->outputs, graph->n_outputs, graph->ops[op].output) >= 0;
        }
  return out;
}

static gint64
tensor_bytes (const StrataQGraph *graph, int tensor)
{
  return strata_work_row_bytes (&graph->tensors[tensor]) * graph->tensors[tensor].height;
}

/* Caches of one attention operator of @op's model */
static void
add_caches (StrataStreams *streams,
            const StrataQGraph *graph,
            const guint8 *silent,
            int op_id,
            const StrataNode *node,
            const Places *places)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataGraph *model = op->digital->graph;
  StrataStream *stream = &streams->ops[op_id];

  for (int i = 0; i < places->n; i++)
    {
      int past = places->past + i < node->n_inputs ? node->inputs[places->past + i] : -1;
      int present = places->present + i < node->n_outputs ? node->outputs[places->present + i] : -1;
      int input = place_among (model->inputs, MIN (model->n_inputs, op->n_inputs), past);
      int output = place_among (model->outputs, MIN (model->n_outputs, op->n_more_outputs + 1), present);

      if (input >= 0 && is_cache_input (graph, silent, op->inputs[input]))
        {
          stream->cache_inputs |= 1u << input;
          streams->is_cache[op->inputs[input]] = 1;
          stream->past_bytes += tensor_bytes (graph, op->inputs[input]);
        }
      if (output >= 0 && is_cache_output (graph, silent, strata_qop_output (op, output)))
        {
          int tensor = strata_qop_output (op, output);

          stream->cache_outputs |= 1u << output;
          streams->is_cache[tensor] = 1;
          if (strata_format_has_scale (graph->tensors[tensor].format))
            stream->n_fresh += MIN (places->n_fresh, strata_qtensor_count (&graph->tensors[tensor]));
          stream->fresh_bytes +=
            MIN (places->n_fresh * strata_format_bytes (graph->tensors[tensor].format), tensor_bytes (graph, tensor));
        }
    }
}

/* Whether a value of an op's model is a constant, or stands for one that is absent */
static gboolean
is_table (const StrataQOp *op, int value)
{
  const StrataGraph *model = op->digital->graph;
  int input = place_among (model->inputs, model->n_inputs, value);

  return value >= 0 && model->values[value].producer < 0 && (input < 0 || input >= op->n_inputs);
}

static void
add_op (StrataStreams *streams, const StrataQGraph *graph, const guint8 *silent, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataGraph *model = op->digital->graph;
  StrataStream *stream = &streams->ops[op_id];
  Places places;

  for (int i = 0; i < model->n_nodes; i++)
    {
      const StrataNode *node = &model->nodes[i];

      if (find_places (model, node, &places))
        add_caches (streams, graph, silent, op_id, node, &places);
      for (int j = 0; j < node->n_inputs; j++)
        {
          gint64 n = is_table (op, node->inputs[j]) ? strata_digital_lookup (model, node, j) : -1;

          if (n > 0)
            stream->lookup_bytes += n * (gint64) strata_dtype_size (model->values[node->inputs[j]].dtype);
        }
    }
}

/* Splits what an op reads of external memory into bursts. */
static void
set_bursts (StrataStreams *streams, const StrataQGraph *graph, int op_id, const StrataChipSpec *chip)
{
  StrataStream *stream = &streams->ops[op_id];
  gint64 n_bytes = stream->past_bytes + (stream->tables_external ? stream->lookup_bytes : 0);
  gint64 n = strata_qop_bursts (graph, op_id);

  if (!streams->external)
    return;
  stream->write_bytes = stream->fresh_bytes;
  stream->in_chunks = stream->cache_inputs != 0;
  if (stream->in_chunks)
    {
      gint64 chunk = MAX (chip->sram_bytes / STRATA_STREAM_SHARE, MIN_CHUNK_BYTES);

      n = CLAMP ((n_bytes + chunk - 1) / chunk, 1, MAX_CHUNKS);
    }
  if (n_bytes == 0)
    return;
  stream->n_reads = (int) n;
  stream->read_bytes = (n_bytes + n - 1) / n;
  if (stream->in_chunks)
    streams->reserved_bytes = MAX (streams->reserved_bytes, 2 * stream->read_bytes);
}

static gint64
op_table_bytes (const StrataQGraph *graph, int op)
{
  if (graph->ops[op].kind == STRATA_QOP_MAC)
    return strata_work_weight_bytes (&graph->ops[op]);
  return graph->ops[op].kind == STRATA_QOP_DIGITAL ? graph->ops[op].digital->table_bytes : 0;
}

typedef struct
{
  gint64 n_bytes;
  int op;
} Table;

static int
compare_tables (gconstpointer a, gconstpointer b)
{
  const Table *x = a, *y = b;

  if (x->n_bytes != y->n_bytes)
    return x->n_bytes < y->n_bytes ? -1 : 1;
  return (x->op > y->op) - (x->op < y->op);
}

/* Constants that are small stay on the chip: the gains of a norm are read with every row of it. */
static void
place_tables (StrataStreams *streams, const StrataQGraph *graph, const StrataChipSpec *chip)
{
  g_autofree Table *tables = g_new0 (Table, (gsize) graph->n_ops + 1);
  gint64 n_bytes = 0;

  for (int i = 0; i < graph->n_ops; i++)
    tables[i] = (Table){ op_table_bytes (graph, i), i };
  qsort (tables, graph->n_ops, sizeof *tables, compare_tables);
  for (int i = 0; i < graph->n_ops; i++)
    {
      n_bytes = MIN (n_bytes + tables[i].n_bytes, STRATA_DIGITAL_MOST);
      streams->ops[tables[i].op].tables_external =
        streams->external && tables[i].n_bytes > 0 && n_bytes > chip->sram_bytes / TABLE_SHARE;
      if (streams->ops[tables[i].op].tables_external)
        streams->external_bytes = MIN (streams->external_bytes + tables[i].n_bytes, STRATA_DIGITAL_MOST);
    }
  streams->table_bytes = n_bytes;
}

StrataStreams *
strata_streams_new (const StrataQGraph *graph, const guint8 *silent, const StrataChipSpec *chip)
{
  StrataStreams *streams = g_new0 (StrataStreams, 1);

  streams->is_cache = g_malloc0 ((gsize) graph->n_tensors + 1);
  streams->ops = g_new0 (StrataStream, (gsize) graph->n_ops + 1);
  streams->external = chip->dram_bytes > 0;
  place_tables (streams, graph, chip);
  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].kind == STRATA_QOP_DIGITAL)
      {
        add_op (streams, graph, silent, i);
        set_bursts (streams, graph, i, chip);
        streams->cache_bytes =
          MIN (streams->cache_bytes + streams->ops[i].past_bytes + streams->ops[i].fresh_bytes, STRATA_DIGITAL_MOST);
      }
  if (!streams->external)
    streams->reserved_bytes = streams->cache_bytes;
  streams->reserved_bytes += streams->table_bytes - streams->external_bytes;
  return streams;
}

void
strata_streams_free (StrataStreams *streams)
{
  if (streams == NULL)
    return;
  g_free (streams->is_cache);
  g_free (streams->ops);
  g_free (streams);
}

gint64
strata_stream_reserved_bytes (const StrataQGraph *graph, const StrataChipSpec *chip)
{
  g_autofree guint8 *silent = strata_work_silent (graph);
  g_autoptr (StrataStreams) streams = strata_streams_new (graph, silent, chip);

  return streams->reserved_bytes;
}

gboolean
strata_streams_fit (const StrataStreams *streams, const StrataChipSpec *chip, GError **error)
{
  gint64 there = (streams->external ? streams->cache_bytes : 0) + streams->external_bytes;
  gint64 here = streams->cache_bytes + streams->table_bytes - there;
  gboolean full = there > chip->dram_bytes;

  if (!full && here <= chip->sram_bytes)
    return TRUE;
  g_set_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_CAPACITY,
               "cached keys and values of %" G_GINT64_FORMAT " bytes and constants of digital ops of %" G_GINT64_FORMAT
               " bytes: %" G_GINT64_FORMAT " of them lie in the %s memory of %s, which has %" G_GINT64_FORMAT
               " bytes; take a shorter past, or a chip with more%s",
               streams->cache_bytes, streams->table_bytes, full ? there : here, full ? "external" : "activation",
               chip->name, full ? chip->dram_bytes : chip->sram_bytes,
               chip->dram_bytes > 0 ? "" : " or with external memory");
  return FALSE;
}

int
strata_stream_n_products (const StrataStreams *streams, const StrataQGraph *graph, int op)
{
  return streams->ops[op].in_chunks && streams->ops[op].n_reads > 0 ? streams->ops[op].n_reads
                                                                    : strata_qop_bursts (graph, op);
}

gint64
strata_stream_macs (const StrataStreams *streams, const StrataQGraph *graph, int op)
{
  gint64 n = strata_stream_n_products (streams, graph, op);

  if (graph->ops[op].kind != STRATA_QOP_DIGITAL)
    return strata_work_macs (graph, op);
  return (graph->ops[op].digital->n_macs + n - 1) / n;
}

gint64
strata_stream_vector_ops (const StrataStreams *streams, const StrataQGraph *graph, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataStream *stream = &streams->ops[op_id];
  gint64 n_bursts = strata_qop_bursts (graph, op_id), n = strata_work_vector_ops (graph, op_id);

  if ((stream->cache_inputs | stream->cache_outputs) == 0)
    return n;
  n *= n_bursts;
  for (int i = 0; i < op->n_inputs; i++)
    if ((stream->cache_inputs >> i & 1) != 0 && strata_format_has_scale (graph->tensors[op->inputs[i]].format))
      n -= strata_work_conversion_ops (FALSE) * strata_qtensor_count (&graph->tensors[op->inputs[i]]);
  for (int i = 0; i <= op->n_more_outputs; i++)
    if ((stream->cache_outputs >> i & 1) != 0
        && strata_format_has_scale (graph->tensors[strata_qop_output (op, i)].format))
      n -= strata_work_conversion_ops (TRUE) * strata_qtensor_count (&graph->tensors[strata_qop_output (op, i)]);
  n += strata_work_conversion_ops (TRUE) * stream->n_fresh;
  return MAX (1, (n + n_bursts - 1) / n_bursts);
}

gint64
strata_stream_constant_bytes (const StrataStreams *streams, const StrataQGraph *graph, int op, int n_bursts)
{
  gint64 n_bytes = strata_work_constant_bytes (graph, op) * strata_qop_bursts (graph, op);

  return streams->ops[op].tables_external ? (n_bytes + n_bursts - 1) / n_bursts : 0;
}

gint64
strata_stream_sram_read (const StrataStreams *streams, const StrataQGraph *graph, int op_id, int n_bursts)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataStream *stream = &streams->ops[op_id];
  gint64 n_bytes = 0;

  if (op->kind != STRATA_QOP_DIGITAL)
    return strata_work_read_bytes (graph, op_id)
           + (stream->tables_external ? 0 : strata_work_constant_bytes (graph, op_id));
  for (int i = 0; i < op->n_inputs; i++)
    if (!streams->external || (stream->cache_inputs >> i & 1) == 0)
      n_bytes += tensor_bytes (graph, op->inputs[i]);
  if (!stream->tables_external)
    n_bytes += strata_work_constant_bytes (graph, op_id) * strata_qop_bursts (graph, op_id) + stream->lookup_bytes;
  return (n_bytes + n_bursts - 1) / n_bursts;
}

gint64
strata_stream_sram_write (const StrataStreams *streams, const StrataQGraph *graph, int op_id, int n_bursts)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataStream *stream = &streams->ops[op_id];
  gint64 n_bytes = 0;

  if (op->kind != STRATA_QOP_DIGITAL || stream->cache_outputs == 0)
    return strata_work_write_bytes (graph, op_id);
  for (int i = 0; i <= op->n_more_outputs; i++)
    if ((stream->cache_outputs >> i & 1) == 0)
      n_bytes += tensor_bytes (graph, strata_qop_output (op, i));
  if (!streams->external)
    n_bytes += stream->fresh_bytes;
  return (n_bytes + n_bursts - 1) / n_bursts;
}
