/* SPDX-License-Identifier: Apache-2.0
 *
 * The quantised graph as text and as a hash, weights of both by their content's hash.
 */
#include "program/qgraph.h"

#include "base/hash.h"

static const char *const function_names[] = { "none", "relu", "clip", "sigmoid", "tanh" };

static void
print_tensor (GString *text, const StrataQGraph *graph, int id)
{
  const StrataQTensor *t = &graph->tensors[id];

  g_string_append_printf (text, "tensor %d %s %dx%dx%d %s", id, t->name, t->channels, t->height, t->width,
                          strata_format_name (t->format));
  if (t->tokens)
    g_string_append (text, " tokens");
  if (t->format == STRATA_FORMAT_I32)
    g_string_append_printf (text, " %s", strata_dtype_name (t->dtype));
  if (strata_format_has_scale (t->format))
    g_string_append_printf (text, " scale %.9g zero %d", t->scale, t->zero_point);
  g_string_append (text, t->guessed ? " guessed\n" : "\n");
}

static guint64
weights_hash (const StrataQOp *op)
{
  g_autoptr (StrataHasher) hasher = NULL;

  if (op->weights == NULL)
    return 0;
  hasher = strata_hasher_new ();
  strata_hasher_bytes (hasher, op->weights, sizeof (gint16) * (gsize) op->n * (gsize) op->k);
  strata_hasher_bytes (hasher, op->bias, sizeof (gint32) * (gsize) op->n);
  for (int n = 0; n < op->n; n++)
    strata_hasher_double (hasher, op->multiplier[n]);
  return strata_hasher_digest (hasher);
}

static void
print_digital (GString *text, const StrataQOp *op)
{
  const StrataDigital *digital = op->digital;
  gsize n_bytes;
  gconstpointer bytes = g_bytes_get_data (digital->bytes, &n_bytes);

  for (int i = 0; i < op->n_more_outputs; i++)
    g_string_append_printf (text, " %d", op->more_outputs[i]);
  g_string_append_printf (text,
                          "%s by-row %x nodes %d macs %" G_GINT64_FORMAT " vector %" G_GINT64_FORMAT
                          " table %" G_GINT64_FORMAT " model %016" G_GINT64_MODIFIER "x\n",
                          op->streams ? " streams" : "", op->by_row, digital->graph->n_nodes, digital->n_macs,
                          digital->n_vector_ops, digital->table_bytes, strata_hash_bytes (bytes, n_bytes));
}

static void
print_op (GString *text, const StrataQGraph *graph, int id)
{
  const StrataQOp *op = &graph->ops[id];
  const StrataWindow *w = &op->window;

  g_string_append_printf (text, "op %d %s %s (%s) node %d in", id, strata_qop_name (op->kind), op->name, op->onnx,
                          op->node);
  for (int i = 0; i < op->n_inputs; i++)
    g_string_append_printf (text, " %d", op->inputs[i]);
  g_string_append_printf (text, " out %d", op->output);
  if (op->kind == STRATA_QOP_DIGITAL)
    {
      print_digital (text, op);
      return;
    }
  if (strata_qop_has_window (op->kind))
    g_string_append_printf (text, " kernel %dx%d stride %dx%d pad %d,%d,%d,%d groups %d", w->kernel_h, w->kernel_w,
                            w->stride_h, w->stride_w, w->pad_top, w->pad_left, w->pad_bottom, w->pad_right, w->groups);
  if (strata_qop_is_product (op->kind))
    g_string_append_printf (
      text,
      " k %d n %d max %d slices %d reads %d blocks %d rms %d peak %d toggles %d %d weights %016" G_GINT64_MODIFIER "x",
      op->k, op->n, op->weight_max, op->n_slices, op->n_reads, op->block_rows, op->x_rms, op->x_peak, op->x_toggles,
      op->x_repeats, weights_hash (op));
  else if (op->multiplier != NULL)
    g_string_append_printf (text, " multiplier %.9g", op->multiplier[0]);
  if (op->kind == STRATA_QOP_ADD)
    for (int i = 0; i < op->n_inputs; i++)
      g_string_append_printf (text, " x%.9g", op->input_multiplier[i]);
  if (op->kind == STRATA_QOP_MOVE)
    g_string_append_printf (text, " offset %d,%d,%d stride %dx%d", op->offset_c, op->offset_h, op->offset_w,
                            w->stride_h, w->stride_w);
  if (op->kind == STRATA_QOP_ACTIVATE)
    g_string_append_printf (text, " %s", function_names[op->function]);
  if (graph->tensors[op->output].format == STRATA_FORMAT_F32)
    g_string_append_printf (text, " clamp %g … %g\n", (double) op->clamp_lo_f, (double) op->clamp_hi_f);
  else
    g_string_append_printf (text, " clamp %d … %d\n", op->clamp_lo, op->clamp_hi);
}

static void
print_ids (GString *text, const char *title, const int *ids, int n)
{
  g_string_append (text, title);
  for (int i = 0; i < n; i++)
    g_string_append_printf (text, " %d", ids[i]);
  g_string_append_c (text, '\n');
}

char *
strata_qgraph_print (const StrataQGraph *graph)
{
  GString *text = g_string_new (NULL);

  g_return_val_if_fail (graph != NULL, NULL);
  g_string_append_printf (text, "quantised graph: %d ops, %d tensors, %s\n", graph->n_ops, graph->n_tensors,
                          graph->quantised_source ? "scales of the file"
                          : graph->weightless     ? "weightless"
                          : graph->calibrated     ? "calibrated"
                                                  : "ranges guessed");
  print_ids (text, "inputs", graph->inputs, graph->n_inputs);
  print_ids (text, "outputs", graph->outputs, graph->n_outputs);
  for (int i = 0; i < graph->n_tensors; i++)
    print_tensor (text, graph, i);
  for (int i = 0; i < graph->n_ops; i++)
    print_op (text, graph, i);
  print_ids (text, "node_op", graph->node_op, graph->n_nodes);
  return g_string_free (text, FALSE);
}

static void
hash_ints (StrataHasher *hasher, const int *values, int n)
{
  strata_hasher_int (hasher, n);
  for (int i = 0; i < n; i++)
    strata_hasher_int (hasher, values[i]);
}

static void
hash_op (StrataHasher *hasher, const StrataQOp *op, gboolean weights)
{
  const StrataWindow *w = &op->window;
  const int integers[] = {
    (int) op->kind,    op->node,           op->output,     op->n,        op->k,         op->weight_max,
    op->n_slices,      op->n_reads,        op->block_rows, op->x_rms,    op->x_peak,    op->x_toggles,
    op->x_repeats,     op->clamp_lo,       op->clamp_hi,   op->offset_c, op->offset_h,  op->offset_w,
    op->count_padding, (int) op->function, w->kernel_h,    w->kernel_w,  w->stride_h,   w->stride_w,
    w->dilation_h,     w->dilation_w,      w->pad_top,     w->pad_left,  w->pad_bottom, w->pad_right,
    w->groups,
  };

  strata_hasher_string (hasher, op->name);
  strata_hasher_string (hasher, op->onnx);
  hash_ints (hasher, integers, G_N_ELEMENTS (integers));
  hash_ints (hasher, op->inputs, op->n_inputs);
  hash_ints (hasher, op->more_outputs, op->n_more_outputs);
  strata_hasher_int (hasher, op->by_row);
  strata_hasher_int (hasher, op->streams);
  if (op->digital != NULL)
    {
      gsize n_bytes;
      gconstpointer bytes = g_bytes_get_data (op->digital->bytes, &n_bytes);

      strata_hasher_int (hasher, (gint64) strata_hash_bytes (bytes, n_bytes));
    }
  strata_hasher_double (hasher, (double) op->clamp_lo_f);
  strata_hasher_double (hasher, (double) op->clamp_hi_f);
  for (int i = 0; i < op->n_inputs && op->kind == STRATA_QOP_ADD; i++)
    strata_hasher_double (hasher, op->input_multiplier[i]);
  if (strata_qop_is_product (op->kind))
    strata_hasher_int (hasher, weights ? (gint64) weights_hash (op) : op->weights != NULL);
  else if (op->multiplier != NULL)
    strata_hasher_double (hasher, op->multiplier[0]);
}

static guint64
hash_graph (const StrataQGraph *graph, gboolean weights)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();

  strata_hasher_int (hasher, graph->n_tensors);
  for (int i = 0; i < graph->n_tensors; i++)
    {
      const StrataQTensor *t = &graph->tensors[i];
      const int integers[] = {
        t->channels,    t->height,     t->width,    t->tokens,  (int) t->format,
        (int) t->dtype, t->zero_point, t->producer, t->guessed,
      };

      strata_hasher_string (hasher, t->name);
      hash_ints (hasher, integers, G_N_ELEMENTS (integers));
      strata_hasher_double (hasher, t->scale);
    }
  strata_hasher_int (hasher, graph->n_ops);
  for (int i = 0; i < graph->n_ops; i++)
    hash_op (hasher, &graph->ops[i], weights);
  hash_ints (hasher, graph->inputs, graph->n_inputs);
  hash_ints (hasher, graph->outputs, graph->n_outputs);
  hash_ints (hasher, graph->node_op, graph->n_nodes);
  strata_hasher_int (hasher, graph->quantised_source);
  strata_hasher_int (hasher, graph->calibrated);
  strata_hasher_int (hasher, graph->weightless);
  return strata_hasher_digest (hasher);
}

guint64
strata_qgraph_hash (const StrataQGraph *graph)
{
  g_return_val_if_fail (graph != NULL, 0);
  return hash_graph (graph, TRUE);
}

guint64
strata_qgraph_shape_hash (const StrataQGraph *graph)
{
  g_return_val_if_fail (graph != NULL, 0);
  return hash_graph (graph, FALSE);
}
