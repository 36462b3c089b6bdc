/* SPDX-License-Identifier: Apache-2.0
 *
 * QGRF and WGTS: the quantised graph, and the arrays that it points to by offset and count.
 */
#include "program/sections.h"

static void
put_tensor (GByteArray *bytes, const StrataQTensor *tensor)
{
  strata_put_string (bytes, tensor->name);
  strata_put_i32 (bytes, tensor->channels);
  strata_put_i32 (bytes, tensor->height);
  strata_put_i32 (bytes, tensor->width);
  strata_put_i32 (bytes, tensor->tokens);
  strata_put_i32 (bytes, tensor->dtype);
  strata_put_i32 (bytes, tensor->format);
  strata_put_f64 (bytes, tensor->scale);
  strata_put_i32 (bytes, tensor->zero_point);
  strata_put_i32 (bytes, tensor->producer);
  strata_put_i32 (bytes, tensor->guessed);
}

static void
get_tensor (StrataReader *reader, StrataArena *arena, StrataQTensor *tensor)
{
  tensor->name = strata_get_string (reader, arena);
  tensor->channels = strata_get_i32 (reader);
  tensor->height = strata_get_i32 (reader);
  tensor->width = strata_get_i32 (reader);
  tensor->tokens = strata_get_i32 (reader) != 0;
  tensor->dtype = (StrataDtype) strata_get_i32 (reader);
  tensor->format = (StrataFormat) strata_get_i32 (reader);
  tensor->scale = strata_get_f64 (reader);
  tensor->zero_point = strata_get_i32 (reader);
  tensor->producer = strata_get_i32 (reader);
  tensor->guessed = strata_get_i32 (reader) != 0;
}

static void
put_window (GByteArray *bytes, const StrataWindow *w)
{
  const int fields[] = { w->kernel_h, w->kernel_w, w->stride_h,   w->stride_w,  w->dilation_h, w->dilation_w,
                         w->pad_top,  w->pad_left, w->pad_bottom, w->pad_right, w->groups };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    strata_put_i32 (bytes, fields[i]);
}

static void
get_window (StrataReader *reader, StrataWindow *w)
{
  int *const fields[] = { &w->kernel_h, &w->kernel_w, &w->stride_h,   &w->stride_w,  &w->dilation_h, &w->dilation_w,
                          &w->pad_top,  &w->pad_left, &w->pad_bottom, &w->pad_right, &w->groups };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    *fields[i] = strata_get_i32 (reader);
}

static void
put_weights (StrataWeightsWriter *weights, const void *data, gsize n_bytes)
{
  if (weights->bytes != NULL)
    g_byte_array_append (weights->bytes, data, (guint) n_bytes);
  else
    strata_hasher_bytes (weights->hasher, data, n_bytes);
  weights->length += n_bytes;
}

/* Appends @n elements to the weights section; leaves offset and count in @bytes. */
static void
put_array (GByteArray *bytes, StrataWeightsWriter *weights, const void *data, gint64 n, gsize element)
{
  static const guint8 zeros[STRATA_CONTAINER_ALIGNMENT] = { 0 };
  gsize past = weights->length % STRATA_CONTAINER_ALIGNMENT;

  if (data == NULL)
    n = 0;
  if (past != 0)
    put_weights (weights, zeros, STRATA_CONTAINER_ALIGNMENT - past);
  strata_put_i64 (bytes, n == 0 ? 0 : (gint64) weights->length);
  strata_put_i64 (bytes, n);
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  if (n > 0)
    put_weights (weights, data, (gsize) n * element);
#else
#error "arrays of the container are little-endian; add the swap for this machine"
#endif
}

/* A copy in @arena of an array of the weights section; NULL where it has no elements. @n_wanted: what it must have if
 * any; anything else is a failure. */
static void *
get_array (StrataReader *reader, const StrataReader *weights, StrataArena *arena, gint64 n_wanted, gsize element)
{
  guint64 offset = (guint64) strata_get_i64 (reader), n = (guint64) strata_get_i64 (reader);
  StrataReader at = *weights;

  if (reader->failed || n == 0)
    return NULL;
  if (n_wanted < 0 || n != (guint64) n_wanted || n > weights->n / element || offset > weights->n
      || offset % STRATA_CONTAINER_ALIGNMENT != 0 || n * element > weights->n - offset)
    {
      reader->failed = TRUE;
      return NULL;
    }
  at.at = offset;
  return strata_arena_memdup (arena, strata_get_bytes (&at, n * element), n * element);
}

static void
put_digital (GByteArray *bytes, StrataWeightsWriter *weights, const StrataQOp *op)
{
  gsize n = 0;
  gconstpointer model = op->digital != NULL ? g_bytes_get_data (op->digital->bytes, &n) : NULL;

  strata_put_i32 (bytes, op->n_more_outputs);
  for (int i = 0; i < op->n_more_outputs; i++)
    strata_put_i32 (bytes, op->more_outputs[i]);
  strata_put_i32 (bytes, op->by_row);
  strata_put_i32 (bytes, op->streams);
  put_array (bytes, weights, model, (gint64) n, 1);
}

/* The model of a digital op, a copy of its bytes; FALSE with an error where they are none. */
static gboolean
get_digital (StrataReader *reader, const StrataReader *weights, StrataQOp *op, GError **error)
{
  guint64 offset, n;
  StrataReader at = *weights;
  g_autoptr (GBytes) bytes = NULL;

  op->n_more_outputs = strata_get_i32 (reader);
  if (op->n_more_outputs < 0 || op->n_more_outputs >= STRATA_QOP_MAX_OUTPUTS)
    {
      op->n_more_outputs = 0;
      reader->failed = TRUE;
    }
  for (int i = 0; i < op->n_more_outputs; i++)
    op->more_outputs[i] = strata_get_i32 (reader);
  op->by_row = (guint32) strata_get_i32 (reader);
  op->streams = strata_get_i32 (reader) != 0;
  offset = (guint64) strata_get_i64 (reader);
  n = (guint64) strata_get_i64 (reader);
  if (reader->failed || n == 0)
    return TRUE;
  if (offset > weights->n || offset % STRATA_CONTAINER_ALIGNMENT != 0 || n > weights->n - offset)
    {
      reader->failed = TRUE;
      return TRUE;
    }
  at.at = offset;
  bytes = g_bytes_new (strata_get_bytes (&at, n), n);
  op->digital = strata_digital_new (bytes, op->n_inputs, op->name, error);
  return op->digital != NULL;
}

static void
put_op (GByteArray *bytes, StrataWeightsWriter *weights, const StrataQOp *op)
{
  gboolean product = strata_qop_is_product (op->kind);

  strata_put_i32 (bytes, op->kind);
  strata_put_string (bytes, op->name);
  strata_put_string (bytes, op->onnx);
  strata_put_i32 (bytes, op->node);
  strata_put_i32 (bytes, op->n_inputs);
  for (int i = 0; i < op->n_inputs; i++)
    strata_put_i32 (bytes, op->inputs[i]);
  strata_put_i32 (bytes, op->output);
  put_digital (bytes, weights, op);
  put_window (bytes, &op->window);
  strata_put_i32 (bytes, op->n);
  strata_put_i32 (bytes, op->k);
  put_array (bytes, weights, op->weights, product ? (gint64) op->n * op->k : 0, sizeof *op->weights);
  put_array (bytes, weights, op->bias, product ? op->n : 0, sizeof *op->bias);
  put_array (bytes, weights, op->multiplier, product ? op->n : 1, sizeof *op->multiplier);
  strata_put_i32 (bytes, op->weight_max);
  strata_put_i32 (bytes, op->n_slices);
  strata_put_i32 (bytes, op->n_reads);
  strata_put_i32 (bytes, op->block_rows);
  strata_put_i32 (bytes, op->x_rms);
  strata_put_i32 (bytes, op->x_peak);
  strata_put_i32 (bytes, op->x_toggles);
  strata_put_i32 (bytes, op->x_repeats);
  for (int i = 0; i < 4; i++)
    strata_put_f64 (bytes, op->input_multiplier[i]);
  strata_put_i32 (bytes, op->clamp_lo);
  strata_put_i32 (bytes, op->clamp_hi);
  strata_put_f64 (bytes, op->clamp_lo_f);
  strata_put_f64 (bytes, op->clamp_hi_f);
  strata_put_i32 (bytes, op->offset_c);
  strata_put_i32 (bytes, op->offset_h);
  strata_put_i32 (bytes, op->offset_w);
  strata_put_i32 (bytes, op->count_padding);
  strata_put_i32 (bytes, op->function);
}

static gboolean
get_op (StrataReader *reader, const StrataReader *weights, StrataArena *arena, StrataQOp *op, GError **error)
{
  gboolean product;

  op->kind = (StrataQOpKind) strata_get_i32 (reader);
  product = strata_qop_is_product (op->kind);
  op->name = strata_get_string (reader, arena);
  op->onnx = strata_get_string (reader, arena);
  op->node = strata_get_i32 (reader);
  op->n_inputs = strata_get_i32 (reader);
  if (op->n_inputs < 0 || op->n_inputs > STRATA_QOP_MAX_INPUTS)
    {
      op->n_inputs = 0;
      reader->failed = TRUE;
    }
  for (int i = 0; i < op->n_inputs; i++)
    op->inputs[i] = strata_get_i32 (reader);
  op->output = strata_get_i32 (reader);
  if (!get_digital (reader, weights, op, error))
    return FALSE;
  get_window (reader, &op->window);
  op->n = strata_get_i32 (reader);
  op->k = strata_get_i32 (reader);
  op->weights = get_array (reader, weights, arena, product ? (gint64) op->n * op->k : 0, sizeof *op->weights);
  op->bias = get_array (reader, weights, arena, product ? op->n : 0, sizeof *op->bias);
  op->multiplier = get_array (reader, weights, arena, product ? op->n : 1, sizeof *op->multiplier);
  op->weight_max = strata_get_i32 (reader);
  op->n_slices = strata_get_i32 (reader);
  op->n_reads = strata_get_i32 (reader);
  op->block_rows = strata_get_i32 (reader);
  op->x_rms = strata_get_i32 (reader);
  op->x_peak = strata_get_i32 (reader);
  op->x_toggles = strata_get_i32 (reader);
  op->x_repeats = strata_get_i32 (reader);
  for (int i = 0; i < 4; i++)
    op->input_multiplier[i] = strata_get_f64 (reader);
  op->clamp_lo = strata_get_i32 (reader);
  op->clamp_hi = strata_get_i32 (reader);
  op->clamp_lo_f = (float) strata_get_f64 (reader);
  op->clamp_hi_f = (float) strata_get_f64 (reader);
  op->offset_c = strata_get_i32 (reader);
  op->offset_h = strata_get_i32 (reader);
  op->offset_w = strata_get_i32 (reader);
  op->count_padding = strata_get_i32 (reader) != 0;
  op->function = (StrataFunction) strata_get_i32 (reader);
  return TRUE;
}

void
strata_put_graph (GByteArray *bytes, StrataWeightsWriter *weights, const StrataImage *image)
{
  const StrataQGraph *graph = image->graph;

  strata_put_i32 (bytes, graph->n_tensors);
  for (int i = 0; i < graph->n_tensors; i++)
    put_tensor (bytes, &graph->tensors[i]);
  strata_put_i32 (bytes, graph->n_ops);
  for (int i = 0; i < graph->n_ops; i++)
    put_op (bytes, weights, &graph->ops[i]);
  strata_put_ints (bytes, graph->inputs, graph->n_inputs);
  strata_put_ints (bytes, graph->outputs, graph->n_outputs);
  strata_put_ints (bytes, graph->node_op, graph->n_nodes);
  strata_put_i32 (bytes, graph->quantised_source);
  strata_put_i32 (bytes, graph->calibrated);
  strata_put_i32 (bytes, graph->weightless);
}

gsize
strata_weights_size (const StrataQGraph *graph)
{
  gsize n = 0;

  for (int i = 0; i < graph->n_ops; i++)
    if (graph->ops[i].weights != NULL)
      n += (gsize) graph->ops[i].n * ((gsize) graph->ops[i].k * sizeof (gint16) + sizeof (gint32) + sizeof (double))
           + 3 * STRATA_CONTAINER_ALIGNMENT;
  return MIN (n, G_MAXINT32);
}

gboolean
strata_get_graph (StrataReader reader, StrataReader weights, StrataImage *image, GError **error)
{
  StrataQGraph *graph = image->graph = g_new0 (StrataQGraph, 1);
  StrataArena *arena = graph->arena = strata_arena_new ();

  graph->n_tensors = strata_get_count (&reader, 40);
  graph->tensors = strata_arena_array (arena, StrataQTensor, graph->n_tensors);
  for (int i = 0; i < graph->n_tensors && !reader.failed; i++)
    get_tensor (&reader, arena, &graph->tensors[i]);
  graph->n_ops = strata_get_count (&reader, 200);
  graph->ops = strata_arena_array (arena, StrataQOp, graph->n_ops);
  for (int i = 0; i < graph->n_ops && !reader.failed; i++)
    if (!get_op (&reader, &weights, arena, &graph->ops[i], error))
      return FALSE;
  graph->inputs = strata_get_ints (&reader, arena, &graph->n_inputs);
  graph->outputs = strata_get_ints (&reader, arena, &graph->n_outputs);
  graph->node_op = strata_get_ints (&reader, arena, &graph->n_nodes);
  graph->quantised_source = strata_get_i32 (&reader) != 0;
  graph->calibrated = strata_get_i32 (&reader) != 0;
  graph->weightless = strata_get_i32 (&reader) != 0;
  return strata_section_close (STRATA_SECTION_QGRF, &reader, error);
}
