/* SPDX-License-Identifier: Apache-2.0
 *
 * What the ops of a quantised graph ask of the units, row by row. Counts follow hardware-facts 10.2; operations per
 * element are those of vector-ops.def.
 */
#include "program/work.h"

typedef struct
{
  gint8 per_element, per_tap;
} VectorWork;

static const VectorWork vector_work[STRATA_N_QOPS] = {
#define STRATA_VECTOR_OP(kind, element, tap, meaning) [STRATA_QOP_##kind] = { element, tap },
#include "program/vector-ops.def"
#undef STRATA_VECTOR_OP
};

/* Whether ops other than RESHAPE read @tensor or anything it is reshaped to. */
static gboolean
is_computed_with (const StrataQGraph *graph, int tensor)
{
  for (int i = 0; i < graph->n_ops; i++)
    for (int j = 0; j < graph->ops[i].n_inputs; j++)
      if (graph->ops[i].inputs[j] == tensor
          && (graph->ops[i].kind != STRATA_QOP_RESHAPE || is_computed_with (graph, graph->ops[i].output)))
        return TRUE;
  return FALSE;
}

static gboolean
is_network_input (const StrataQGraph *graph, int tensor)
{
  int producer = graph->tensors[tensor].producer;

  while (producer >= 0 && graph->ops[producer].kind == STRATA_QOP_RESHAPE)
    producer = graph->tensors[graph->ops[producer].inputs[0]].producer;
  return producer < 0;
}

guint8 *
strata_work_silent (const StrataQGraph *graph)
{
  guint8 *silent = g_malloc0 ((gsize) graph->n_ops + 1);

  for (int i = 0; i < graph->n_ops; i++)
    {
      const StrataQOp *op = &graph->ops[i];

      if (op->kind == STRATA_QOP_RESHAPE)
        silent[i] = 1;
      else if (op->kind == STRATA_QOP_QUANTISE)
        silent[i] = is_network_input (graph, op->inputs[0]);
      else if (op->kind == STRATA_QOP_DEQUANTISE)
        silent[i] = !is_computed_with (graph, op->output);
    }
  return silent;
}

int
strata_work_root (const StrataQGraph *graph, const guint8 *silent, int tensor, int *row)
{
  int producer = graph->tensors[tensor].producer;

  while (producer >= 0 && silent[producer] && graph->ops[producer].kind != STRATA_QOP_QUANTISE)
    {
      *row = strata_qop_needs_row (graph, producer, 0, *row);
      tensor = graph->ops[producer].inputs[0];
      producer = graph->tensors[tensor].producer;
    }
  return tensor;
}

/* Whether the chip reads @tensor in the form it has (its own ops do, or it is an output of the graph). */
static gboolean
is_read (const StrataQGraph *graph, const guint8 *silent, int tensor)
{
  for (int i = 0; i < graph->n_outputs; i++)
    if (graph->outputs[i] == tensor)
      return TRUE;
  for (int i = 0; i < graph->n_ops; i++)
    for (int j = 0; j < graph->ops[i].n_inputs; j++)
      {
        if (graph->ops[i].inputs[j] != tensor || (silent[i] && graph->ops[i].kind == STRATA_QOP_QUANTISE))
          continue;
        if (!silent[i] || is_read (graph, silent, graph->ops[i].output))
          return TRUE;
      }
  return FALSE;
}

static void
add_host (GArray *list, gboolean in, int op, int tensor)
{
  StrataWorkHost host = { in, op, tensor };

  g_array_append_val (list, host);
}

/* The first op that reads @tensor other than through the port, -1: none */
static int
first_reader (const StrataQGraph *graph, const guint8 *silent, int tensor)
{
  for (int op = 0; op < graph->n_ops; op++)
    for (int input = 0; input < graph->ops[op].n_inputs; input++)
      if (graph->ops[op].inputs[input] == tensor && !(silent[op] && graph->ops[op].kind == STRATA_QOP_QUANTISE))
        return op;
  return -1;
}

GArray *
strata_work_host (const StrataQGraph *graph, const guint8 *silent, const guint8 *is_cache)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (StrataWorkHost));

  for (int op = 0; op < graph->n_ops; op++)
    if (silent[op] && graph->ops[op].kind == STRATA_QOP_QUANTISE && !is_cache[graph->ops[op].output])
      add_host (list, TRUE, op, graph->ops[op].output);
  for (int i = 0; i < graph->n_inputs; i++)
    {
      int reader = first_reader (graph, silent, graph->inputs[i]);

      if (reader >= 0 && !is_cache[graph->inputs[i]] && is_read (graph, silent, graph->inputs[i]))
        add_host (list, TRUE, reader, graph->inputs[i]);
    }
  for (int i = 0; i < graph->n_outputs; i++)
    {
      int row = 0, root = strata_work_root (graph, silent, graph->outputs[i], &row);

      if (graph->tensors[graph->outputs[i]].producer >= 0 && !is_cache[root])
        add_host (list, FALSE, graph->tensors[graph->outputs[i]].producer, root);
    }
  return list;
}

/* Small integers and bools lie in as few bytes as they have. */
gint64
strata_work_row_bytes (const StrataQTensor *tensor)
{
  int n_bytes = strata_format_bytes (tensor->format);

  if (tensor->format == STRATA_FORMAT_I32)
    n_bytes = MIN (n_bytes, (int) strata_dtype_size (tensor->dtype));
  return (gint64) tensor->channels * tensor->width * n_bytes;
}

int
strata_work_conversion_ops (gboolean output)
{
  return vector_work[output ? STRATA_QOP_REQUANTISE : STRATA_QOP_DEQUANTISE].per_element;
}

/* Of a DIGITAL op per burst: what its model does, and the conversions of its integer operands (1 and 2 operations an
 * element, as DEQUANTISE and REQUANTISE) */
static gint64
digital_vector_ops (const StrataQGraph *graph, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];
  gint64 n_bursts = strata_qop_bursts (graph, op_id), n = op->digital->n_vector_ops;

  for (int i = 0; i < op->n_inputs; i++)
    if (graph->tensors[op->inputs[i]].format <= STRATA_FORMAT_I16)
      n += strata_work_conversion_ops (FALSE) * strata_qtensor_count (&graph->tensors[op->inputs[i]]);
  for (int i = 0; i <= op->n_more_outputs; i++)
    if (graph->tensors[strata_qop_output (op, i)].format <= STRATA_FORMAT_I16)
      n += strata_work_conversion_ops (TRUE) * strata_qtensor_count (&graph->tensors[strata_qop_output (op, i)]);
  return MAX (1, (n + n_bursts - 1) / n_bursts);
}

gint64
strata_work_vector_ops_as (const StrataQGraph *graph, int op_id, StrataQOpKind kind)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataQTensor *out = &graph->tensors[op->output];
  gint64 n_taps = 0;

  if (kind == STRATA_QOP_DIGITAL)
    return digital_vector_ops (graph, op_id);
  if (kind == STRATA_QOP_ADD)
    n_taps = op->n_inputs;
  else if (kind == STRATA_QOP_MAX_POOL || kind == STRATA_QOP_AVG_POOL)
    n_taps = (gint64) op->window.kernel_h * op->window.kernel_w;
  return (vector_work[kind].per_element + vector_work[kind].per_tap * n_taps) * out->channels * out->width;
}

gint64
strata_work_vector_ops (const StrataQGraph *graph, int op_id)
{
  return strata_work_vector_ops_as (graph, op_id, graph->ops[op_id].kind);
}

gint64
strata_work_macs (const StrataQGraph *graph, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];
  gint64 n_bursts = strata_qop_bursts (graph, op_id);

  if (op->kind == STRATA_QOP_DIGITAL)
    return (op->digital->n_macs + n_bursts - 1) / n_bursts;
  return (gint64) op->k * graph->tensors[op->output].channels * graph->tensors[op->output].width;
}

gint64
strata_work_read_bytes (const StrataQGraph *graph, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];
  gint64 n_bursts = strata_qop_bursts (graph, op_id), n_bytes = 0;

  for (int i = 0; i < op->n_inputs; i++)
    n_bytes += strata_work_row_bytes (&graph->tensors[op->inputs[i]]) * graph->tensors[op->inputs[i]].height;
  return (n_bytes + n_bursts - 1) / n_bursts;
}

gint64
strata_work_weight_bytes (const StrataQOp *op)
{
  return op->window.groups > 1 ? 0 : (gint64) op->n * op->k;
}

gint64
strata_work_constant_bytes (const StrataQGraph *graph, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataQTensor *out = &graph->tensors[op->output];

  if (op->kind == STRATA_QOP_MAC)
    return strata_work_weight_bytes (op);
  return op->kind != STRATA_QOP_DIGITAL ? 0
                                        : strata_digital_read_bytes (op->digital, strata_qop_bursts (graph, op_id),
                                                                     (gint64) out->channels * out->width);
}

gint64
strata_work_write_bytes (const StrataQGraph *graph, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];
  gint64 n_bursts = strata_qop_bursts (graph, op_id), n_bytes = 0;

  for (int i = 0; i <= op->n_more_outputs; i++)
    {
      const StrataQTensor *out = &graph->tensors[strata_qop_output (op, i)];

      n_bytes += strata_work_row_bytes (out) * out->height;
    }
  return (n_bytes + n_bursts - 1) / n_bursts;
}

/* The last burst reads every row. */
static StrataDependence
keep_all (int n_bursts)
{
  return (StrataDependence){ .add = n_bursts - 1, .divide = 1 };
}

StrataDependence
strata_work_release_rows (const StrataQGraph *graph, const guint8 *silent, int tensor, int n_bursts)
{
  int row = 0, root = strata_work_root (graph, silent, tensor, &row);

  if (graph->tensors[root].height != graph->tensors[tensor].height)
    return keep_all (n_bursts);
  return (StrataDependence){ .multiply = 1, .divide = 1 };
}

/* Row r is read until output row (r - offset) / stride, rounded down. */
StrataDependence
strata_work_release (const StrataQGraph *graph,
                     const guint8 *silent,
                     int op_id,
                     int input,
                     gboolean root,
                     int first,
                     int step,
                     int n_bursts)
{
  const StrataQOp *op = &graph->ops[op_id];
  const StrataQTensor *in = &graph->tensors[op->inputs[input]];
  int n_rows = graph->tensors[op->output].height, offset = 0, stride = 1;

  if (root)
    {
      int row = 0, lies = strata_work_root (graph, silent, op->inputs[input], &row);

      if (graph->tensors[lies].height != in->height)
        return keep_all (n_bursts);
    }
  if (strata_qop_has_window (op->kind))
    {
      offset = -op->window.pad_top;
      stride = op->window.stride_h;
    }
  else if (op->kind == STRATA_QOP_MOVE)
    {
      offset = op->offset_h;
      stride = op->window.stride_h;
    }
  else if (n_rows > 1 && strata_qop_first_row (graph, op_id, input, n_rows - 1) == 0)
    return keep_all (n_bursts);
  return (StrataDependence){ .multiply = 1,
                             .add = -offset - first * stride,
                             .divide = (int) MIN ((gint64) stride * step, G_MAXINT) };
}

int
strata_work_line_rows (const StrataQGraph *graph, const StrataTileSet *tiles, int op_id)
{
  const StrataQOp *op = &graph->ops[op_id];
  gint64 span = (gint64) (op->window.kernel_h - 1) * op->window.dilation_h + 1;
  gint64 next = (gint64) op->window.stride_h * MAX (1, strata_work_n_copies (tiles, op_id));

  return (int) MIN (span + next, (gint64) STRATA_BUFFER_INFERENCES * graph->tensors[op->inputs[0]].height);
}

guint8 *
strata_work_shared (const StrataTileSet *tiles, const StrataPlacement *placement, const StrataChipSpec *chip)
{
  g_autofree int *first = g_new0 (int, (gsize) chip->n_stacks * chip->tiers + 1); /* tile + 1 per site, 0: none */
  guint8 *shared = g_malloc0 ((gsize) tiles->n_tiles + 1);

  for (int i = 0; i < tiles->n_tiles; i++)
    {
      int *at = &first[(gsize) placement->site[i].stack * chip->tiers + placement->site[i].tier];

      if (*at > 0)
        shared[i] = shared[*at - 1] = 1;
      *at = i + 1;
    }
  return shared;
}

int
strata_work_copy_rows (int n_rows, int copy, int n_copies)
{
  return copy >= n_rows ? 0 : (n_rows - copy + n_copies - 1) / n_copies;
}

int
strata_work_n_copies (const StrataTileSet *tiles, int op)
{
  return tiles->op_first[op] == tiles->op_first[op + 1] ? 0 : tiles->tiles[tiles->op_first[op + 1] - 1].copy + 1;
}

void
strata_work_channels (const StrataQGraph *graph, const StrataTile *tile, int *from, int *to)
{
  const StrataQOp *op = &graph->ops[tile->op];
  int n_channels = graph->tensors[op->inputs[0]].channels, row = strata_tile_first_row (tile, op);
  int n_taps = MAX (1, op->k / MAX (1, n_channels / MAX (1, op->window.groups)));

  *from = MIN (row / n_taps, n_channels - 1);
  *to = MIN ((row + tile->n_rows - 1) / n_taps, n_channels - 1) + 1;
}

gint64
strata_work_load_bytes (
  const StrataQGraph *graph, const StrataTileSet *tiles, const StrataPlacement *placement, int op, int stack)
{
  const StrataQTensor *tensor = &graph->tensors[graph->ops[op].inputs[0]];
  g_autofree guint8 *wanted = NULL;
  gint64 n_channels = 0;

  for (int i = tiles->op_first[op]; i < tiles->op_first[op + 1]; i++)
    {
      int from, to;

      if (placement->site[i].stack != stack)
        continue;
      if (wanted == NULL)
        wanted = g_malloc0 ((gsize) tensor->channels);
      strata_work_channels (graph, &tiles->tiles[i], &from, &to);
      for (int c = from; c < to; c++)
        {
          n_channels += !wanted[c];
          wanted[c] = 1;
        }
    }
  return n_channels * tensor->width * strata_format_bytes (tensor->format);
}

int
strata_work_home (const StrataTileSet *tiles, int tile)
{
  while (tiles->tiles[tile].row0 > 0)
    tile--;
  return tile;
}
