/* SPDX-License-Identifier: Apache-2.0
 *
 * The message is laid out before a byte is written: what comes before the weights is made in memory, then the head of
 * each tensor, whose doc_string is as many spaces as bring the raw data behind it to a multiple of 64 bytes in the
 * file. (A field that ONNX does not know would do as well, but not survive tools that drop such.) Initialisers are the
 * last of the graph and the graph the last of the model. Field numbers: onnx.proto.
 */
#include "model/onnx/write.h"

#include <glib/gstdio.h>
#include <string.h>

#include "model/onnx/dtype.h"
#include "model/onnx/partial.h"
#include "model/onnx/wire-put.h"
#include "model/ops.h"

#define ALIGNMENT 64            /* of raw data in the model's file */
#define EXTERNAL_ALIGNMENT 4096 /* in the data file: a page */
#define MIN_EXTERNAL 1024       /* bytes; smaller tensors stay in the model, as shapes are read from there */
#define CHUNK_BYTES (1024 * 1024)
#define MAX_EMBEDDED ((guint64) G_MAXINT32)
#define MIN_IR_VERSION 4 /* the first where initialisers need not be inputs too */

enum
{
  MODEL_IR_VERSION = 1,
  MODEL_PRODUCER_NAME = 2,
  MODEL_GRAPH = 7,
  MODEL_OPSET_IMPORT = 8,
};

enum
{
  GRAPH_NODE = 1,
  GRAPH_NAME = 2,
  GRAPH_INITIALIZER = 5,
  GRAPH_INPUT = 11,
  GRAPH_OUTPUT = 12,
  GRAPH_VALUE_INFO = 13,
};

enum
{
  TENSOR_DIMS = 1,
  TENSOR_DATA_TYPE = 2,
  TENSOR_NAME = 8,
  TENSOR_RAW_DATA = 9,
  TENSOR_DOC_STRING = 12,
  TENSOR_EXTERNAL_DATA = 13,
  TENSOR_DATA_LOCATION = 14,
};

typedef struct
{
  int value;
  gboolean external;
  guint64 offset; /* in the data file */
  GByteArray *head;
} Initialiser;

typedef struct
{
  const StrataGraph *graph;
  const StrataOnnxWriteOptions *options;
  const char *data_name;     /* of the external file, without its folder */
  GByteArray *before, *body; /* fields of the model before its graph; of the graph before its initialisers */
  GArray *initialisers;
  guint64 graph_bytes;
  guint graph_width; /* bytes of the varint that says so */
  guint64 n_weights, n_done;
} Writer;

static void
initialiser_clear (gpointer data)
{
  g_clear_pointer (&((Initialiser *) data)->head, g_byte_array_unref);
}

static void
writer_init (Writer *writer, const StrataGraph *graph, const StrataOnnxWriteOptions *options)
{
  *writer = (Writer){ .graph = graph, .options = options };
  writer->before = g_byte_array_new ();
  writer->body = g_byte_array_new ();
  writer->initialisers = g_array_new (FALSE, TRUE, sizeof (Initialiser));
  g_array_set_clear_func (writer->initialisers, initialiser_clear);
}

static void
writer_clear (Writer *writer)
{
  g_clear_pointer (&writer->before, g_byte_array_unref);
  g_clear_pointer (&writer->body, g_byte_array_unref);
  g_clear_pointer (&writer->initialisers, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Writer, writer_clear)

/* Takes @inner */
static void
put_message (GByteArray *out, guint field, GByteArray *inner)
{
  strata_wire_put_bytes (out, field, inner->data, inner->len);
  g_byte_array_unref (inner);
}

/* The first IR version that has the opset */
static gint64
ir_version (int opset)
{
  static const struct
  {
    int opset, version;
  } versions[] = { { 9, 4 }, { 10, 5 }, { 11, 6 }, { 14, 7 }, { 18, 8 }, { 20, 9 }, { 22, 10 } };

  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    if (opset <= versions[i].opset)
      return MAX (versions[i].version, MIN_IR_VERSION);
  return 11;
}

static void
put_operator_set (Writer *writer, const char *domain, int version)
{
  GByteArray *opset = g_byte_array_new ();

  strata_wire_put_text (opset, 1, domain);
  strata_wire_put_int (opset, 2, version);
  put_message (writer->before, MODEL_OPSET_IMPORT, opset);
}

/* Domains other than ONNX's own, in their first version, which the graph's operators are of */
static void
put_domains (Writer *writer)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int i = 0; i < writer->graph->n_nodes; i++)
    {
      StrataOp op = writer->graph->nodes[i].op;
      g_autofree char *domain = NULL;
      gsize n;

      strata_op_type (op, &n);
      domain = g_strndup (strata_op_name (op), n);
      if (n == 0 || g_hash_table_contains (known, domain))
        continue;
      put_operator_set (writer, domain, strata_op_info (op)->since);
      g_hash_table_add (known, g_steal_pointer (&domain));
    }
}

static void
put_model_head (Writer *writer)
{
  const char *producer = writer->options->producer_name;

  strata_wire_put_int (writer->before, MODEL_IR_VERSION, ir_version (writer->graph->opset));
  strata_wire_put_text (writer->before, MODEL_PRODUCER_NAME, producer == NULL ? "strata" : producer);
  put_operator_set (writer, "", writer->graph->opset);
  put_domains (writer);
}

/* ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1 } } } } */
static void
put_info (GByteArray *out, guint field, const StrataValue *value)
{
  GByteArray *info = g_byte_array_new ();
  GByteArray *type = g_byte_array_new ();
  GByteArray *tensor = g_byte_array_new ();
  GByteArray *shape = g_byte_array_new ();

  for (int d = 0; d < value->n_dims; d++)
    {
      GByteArray *dim = g_byte_array_new ();

      strata_wire_put_int (dim, 1, value->dims[d]);
      put_message (shape, 1, dim);
    }
  strata_wire_put_int (tensor, 1, strata_onnx_dtype_number (value->dtype));
  put_message (tensor, 2, shape);
  put_message (type, 1, tensor);
  strata_wire_put_text (info, 1, value->name);
  put_message (info, 2, type);
  put_message (out, field, info);
}

static GByteArray *
tensor_head (const StrataValue *value)
{
  GByteArray *head = g_byte_array_new ();

  for (int d = 0; d < value->n_dims; d++)
    strata_wire_put_int (head, TENSOR_DIMS, value->dims[d]);
  strata_wire_put_int (head, TENSOR_DATA_TYPE, strata_onnx_dtype_number (value->dtype));
  strata_wire_put_text (head, TENSOR_NAME, value->name);
  return head;
}

static GByteArray *
tensor_whole (const StrataValue *value)
{
  GByteArray *tensor = tensor_head (value);

  strata_wire_put_bytes (tensor, TENSOR_RAW_DATA, value->data, value->n_bytes);
  return tensor;
}

/* AttributeProto: name 1, f 2, i 3, s 4, t 5, floats 7, ints 8, strings 9, type 20 */
static void
put_attr (const Writer *writer, GByteArray *node, const StrataAttr *attr)
{
  static const gint64 types[] = {
    [STRATA_ATTR_FLOAT] = 1,  [STRATA_ATTR_INT] = 2,  [STRATA_ATTR_STRING] = 3,  [STRATA_ATTR_TENSOR] = 4,
    [STRATA_ATTR_FLOATS] = 6, [STRATA_ATTR_INTS] = 7, [STRATA_ATTR_STRINGS] = 8,
  };
  GByteArray *out = g_byte_array_new ();

  strata_wire_put_text (out, 1, attr->name);
  switch (attr->kind)
    {
    case STRATA_ATTR_FLOAT:
      strata_wire_put_float (out, 2, attr->f);
      break;
    case STRATA_ATTR_INT:
      strata_wire_put_int (out, 3, attr->i);
      break;
    case STRATA_ATTR_STRING:
      strata_wire_put_text (out, 4, attr->s);
      break;
    case STRATA_ATTR_TENSOR:
      put_message (out, 5, tensor_whole (&writer->graph->values[attr->tensor]));
      break;
    default:
      for (int i = 0; i < attr->n; i++)
        if (attr->kind == STRATA_ATTR_FLOATS)
          strata_wire_put_float (out, 7, attr->floats[i]);
        else if (attr->kind == STRATA_ATTR_INTS)
          strata_wire_put_int (out, 8, attr->ints[i]);
        else
          strata_wire_put_text (out, 9, attr->strings[i]);
    }
  strata_wire_put_int (out, 20, types[attr->kind]);
  put_message (node, 5, out);
}

static gboolean
put_node (Writer *writer, const StrataNode *node, GError **error)
{
  const StrataOpInfo *info = strata_op_info (node->op);
  const StrataValue *values = writer->graph->values;
  gsize n_domain;
  const char *type = strata_op_type (node->op, &n_domain);
  GByteArray *out;

  if (n_domain == 0 && (writer->graph->opset < info->since || (info->until != 0 && writer->graph->opset > info->until)))
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
                   "node %s: %s is in opsets from %d on, and the graph is of opset %d; write it as another opset",
                   node->name, info->onnx, info->since, writer->graph->opset);
      return FALSE;
    }
  out = g_byte_array_new ();
  for (int i = 0; i < node->n_inputs; i++)
    strata_wire_put_text (out, 1, node->inputs[i] < 0 ? "" : values[node->inputs[i]].name);
  for (int i = 0; i < node->n_outputs; i++)
    strata_wire_put_text (out, 2, node->outputs[i] < 0 ? "" : values[node->outputs[i]].name);
  strata_wire_put_text (out, 3, node->name);
  strata_wire_put_text (out, 4, type);
  for (int i = 0; i < node->n_attrs; i++)
    put_attr (writer, out, &node->attrs[i]);
  if (n_domain > 0)
    {
      g_autofree char *domain = g_strndup (info->onnx, n_domain);

      strata_wire_put_text (out, 7, domain);
    }
  put_message (writer->body, GRAPH_NODE, out);
  return TRUE;
}

static gboolean
put_graph_head (Writer *writer, const char *name, GError **error)
{
  const StrataGraph *graph = writer->graph;

  strata_wire_put_text (writer->body, GRAPH_NAME,
                        writer->options->graph_name == NULL ? name : writer->options->graph_name);
  for (int i = 0; i < graph->n_nodes; i++)
    if (!put_node (writer, &graph->nodes[i], error))
      return FALSE;
  for (int i = 0; i < graph->n_inputs; i++)
    put_info (writer->body, GRAPH_INPUT, &graph->values[graph->inputs[i]]);
  for (int i = 0; i < graph->n_outputs; i++)
    put_info (writer->body, GRAPH_OUTPUT, &graph->values[graph->outputs[i]]);
  for (int i = 0; writer->options->value_info && i < graph->n_nodes; i++)
    for (int j = 0; j < graph->nodes[i].n_outputs; j++)
      if (graph->nodes[i].outputs[j] >= 0)
        put_info (writer->body, GRAPH_VALUE_INFO, &graph->values[graph->nodes[i].outputs[j]]);
  return TRUE;
}

/* Every constant that is read; its offset, where it goes to the data file */
static gboolean
collect_initialisers (Writer *writer, GError **error)
{
  guint64 limit = writer->options->max_embedded == 0 ? MAX_EMBEDDED : writer->options->max_embedded;
  guint64 end = 0;
  gboolean external;

  for (int i = 0; i < writer->graph->n_values; i++)
    {
      const StrataValue *value = &writer->graph->values[i];
      Initialiser initialiser = { .value = i };

      if ((value->data == NULL && !value->weightless) || value->n_consumers == 0)
        continue;
      if (value->data == NULL && writer->options->weights == NULL)
        {
          g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE,
                       "tensor %s: only its shape is known; a model is written with weights", value->name);
          return FALSE;
        }
      g_array_append_val (writer->initialisers, initialiser);
      writer->n_weights += value->n_bytes;
    }
  /* heads are far below a kilobyte but for names, which the body has too */
  external =
    writer->options->external
    || writer->n_weights + 2 * (guint64) writer->body->len + 1024 * (guint64) writer->initialisers->len > limit;
  for (guint i = 0; external && i < writer->initialisers->len; i++)
    {
      Initialiser *initialiser = &g_array_index (writer->initialisers, Initialiser, i);
      gsize n_bytes = writer->graph->values[initialiser->value].n_bytes;

      if (n_bytes < MIN_EXTERNAL)
        continue;
      initialiser->external = TRUE;
      initialiser->offset = (end + EXTERNAL_ALIGNMENT - 1) / EXTERNAL_ALIGNMENT * EXTERNAL_ALIGNMENT;
      end = initialiser->offset + n_bytes;
    }
  return TRUE;
}

static void
put_entry (GByteArray *head, const char *key, const char *text)
{
  GByteArray *entry = g_byte_array_new ();

  strata_wire_put_text (entry, 1, key);
  strata_wire_put_text (entry, 2, text);
  put_message (head, TENSOR_EXTERNAL_DATA, entry);
}

static void
put_external (const Writer *writer, const Initialiser *initialiser, GByteArray *tensor)
{
  g_autofree char *offset = g_strdup_printf ("%" G_GUINT64_FORMAT, initialiser->offset);
  g_autofree char *length = g_strdup_printf ("%" G_GSIZE_FORMAT, writer->graph->values[initialiser->value].n_bytes);

  put_entry (tensor, "location", writer->data_name);
  put_entry (tensor, "offset", offset);
  put_entry (tensor, "length", length);
  strata_wire_put_int (tensor, TENSOR_DATA_LOCATION, 1);
}

/* The head of @tensor's raw data, of @n_bytes, for a tensor whose field begins at @offset of the file */
static void
put_aligned_raw (GByteArray *tensor, guint64 offset, guint64 n_bytes)
{
  guint n_pad = 0; /* of the doc_string's field, whose tag and length are two bytes */
  guint64 n_tensor;
  char spaces[2 * ALIGNMENT];

  memset (spaces, ' ', sizeof spaces);
  for (;; n_pad = MAX (n_pad + 1, 2))
    {
      guint64 n_before = tensor->len + n_pad + 1 + strata_wire_put_varint_size (n_bytes);

      n_tensor = n_before + n_bytes;
      if ((offset + 1 + strata_wire_put_varint_size (n_tensor) + n_before) % ALIGNMENT == 0)
        break;
    }
  g_assert (n_pad <= sizeof spaces);
  if (n_pad > 0)
    strata_wire_put_bytes (tensor, TENSOR_DOC_STRING, spaces, n_pad - 2);
  strata_wire_put_head (tensor, TENSOR_RAW_DATA, n_bytes);
}

/* Heads of all tensors; the bytes of the graph's message where its first initialiser begins at @offset of the file */
static guint64
lay_out (Writer *writer, guint64 offset)
{
  guint64 at = offset;

  for (guint i = 0; i < writer->initialisers->len; i++)
    {
      Initialiser *initialiser = &g_array_index (writer->initialisers, Initialiser, i);
      const StrataValue *value = &writer->graph->values[initialiser->value];
      g_autoptr (GByteArray) tensor = tensor_head (value);
      guint64 n_raw = initialiser->external ? 0 : value->n_bytes;

      if (initialiser->external)
        put_external (writer, initialiser, tensor);
      else
        put_aligned_raw (tensor, at, n_raw);
      initialiser_clear (initialiser);
      initialiser->head = g_byte_array_new ();
      strata_wire_put_head (initialiser->head, GRAPH_INITIALIZER, tensor->len + n_raw);
      g_byte_array_append (initialiser->head, tensor->data, tensor->len);
      at += initialiser->head->len + n_raw;
    }
  return writer->body->len + at - offset;
}

/* The pads depend on where the graph begins, which depends on its size through the width of one varint: the least width
 * that holds what it leads to. */
static void
find_layout (Writer *writer)
{
  for (writer->graph_width = 1;; writer->graph_width++)
    {
      guint64 offset = writer->before->len + 1 + writer->graph_width + writer->body->len;

      writer->graph_bytes = lay_out (writer, offset);
      if (strata_wire_put_varint_size (writer->graph_bytes) <= writer->graph_width)
        return;
      writer->graph_width = MAX (writer->graph_width, strata_wire_put_varint_size (writer->graph_bytes) - 1);
    }
}

static gboolean
make_weights (
  const Writer *writer, const Initialiser *initialiser, gint64 first, gsize n, guint8 *chunk, GError **error)
{
  const StrataValue *value = &writer->graph->values[initialiser->value];
  gsize width = strata_dtype_size (value->dtype);

  if (value->data != NULL)
    memcpy (chunk, (const guint8 *) value->data + (gsize) first * width, n * width);
  else if (!writer->options->weights (initialiser->value, first, n, chunk, writer->options->weights_data, error))
    {
      g_prefix_error (error, "tensor %s: ", value->name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
write_weights (
  Writer *writer, const Initialiser *initialiser, StrataPartial *file, GCancellable *cancellable, GError **error)
{
  const StrataValue *value = &writer->graph->values[initialiser->value];
  gint64 count = strata_value_count (value);
  gint64 step = CHUNK_BYTES / (gint64) strata_dtype_size (value->dtype);
  g_autofree guint8 *chunk = g_malloc (MIN ((gsize) CHUNK_BYTES, value->n_bytes + 1));

  for (gint64 first = 0; first < count; first += step)
    {
      gsize n = (gsize) MIN (step, count - first);
      gsize n_bytes = n * strata_dtype_size (value->dtype);

      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !make_weights (writer, initialiser, first, n, chunk, error)
          || !strata_partial_write (file, chunk, n_bytes, error))
        return FALSE;
      writer->n_done += n_bytes;
      if (writer->options->progress != NULL)
        writer->options->progress ((double) writer->n_done / (double) writer->n_weights,
                                   writer->options->progress_data);
    }
  return TRUE;
}

static gboolean
write_model (Writer *writer, StrataPartial *file, GCancellable *cancellable, GError **error)
{
  g_autoptr (GByteArray) head = g_byte_array_new ();

  g_byte_array_append (head, writer->before->data, writer->before->len);
  strata_wire_put_varint (head, MODEL_GRAPH << 3 | 2);
  strata_wire_put_varint_wide (head, writer->graph_bytes, writer->graph_width);
  if (!strata_partial_write (file, head->data, head->len, error)
      || !strata_partial_write (file, writer->body->data, writer->body->len, error))
    return FALSE;
  for (guint i = 0; i < writer->initialisers->len; i++)
    {
      const Initialiser *initialiser = &g_array_index (writer->initialisers, Initialiser, i);

      if (!strata_partial_write (file, initialiser->head->data, initialiser->head->len, error)
          || (!initialiser->external && !write_weights (writer, initialiser, file, cancellable, error)))
        return FALSE;
    }
  return strata_partial_sync (file, error);
}

static gboolean
append_weights (const Writer *writer, const Initialiser *initialiser, GByteArray *out, GError **error)
{
  const StrataValue *value = &writer->graph->values[initialiser->value];
  guint at = out->len;

  g_byte_array_set_size (out, at + (guint) value->n_bytes);
  return make_weights (writer, initialiser, 0, (gsize) strata_value_count (value), out->data + at, error);
}

static GBytes *
make_model (const Writer *writer, GError **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  g_byte_array_append (out, writer->before->data, writer->before->len);
  strata_wire_put_varint (out, MODEL_GRAPH << 3 | 2);
  strata_wire_put_varint_wide (out, writer->graph_bytes, writer->graph_width);
  g_byte_array_append (out, writer->body->data, writer->body->len);
  for (guint i = 0; i < writer->initialisers->len; i++)
    {
      const Initialiser *initialiser = &g_array_index (writer->initialisers, Initialiser, i);

      g_byte_array_append (out, initialiser->head->data, initialiser->head->len);
      if (!append_weights (writer, initialiser, out, error))
        return NULL;
    }
  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}

static gboolean
write_data (Writer *writer, StrataPartial *file, GCancellable *cancellable, GError **error)
{
  for (guint i = 0; i < writer->initialisers->len; i++)
    {
      const Initialiser *initialiser = &g_array_index (writer->initialisers, Initialiser, i);

      if (initialiser->external
          && (!strata_partial_pad (file, initialiser->offset, error)
              || !write_weights (writer, initialiser, file, cancellable, error)))
        return FALSE;
    }
  return strata_partial_sync (file, error);
}

static gboolean
has_external (const Writer *writer)
{
  for (guint i = 0; i < writer->initialisers->len; i++)
    if (g_array_index (writer->initialisers, Initialiser, i).external)
      return TRUE;
  return FALSE;
}

/* Data first, then the model: who finds the model finds its data. */
static gboolean
rename_both (StrataPartial *model, StrataPartial *data, GError **error)
{
  if (data != NULL && !strata_partial_rename (data, error))
    return FALSE;
  if (strata_partial_rename (model, error))
    return TRUE;
  if (data != NULL)
    g_unlink (data->path);
  return FALSE;
}

static gboolean
write_files (Writer *writer, const char *path, const char *data_path, GCancellable *cancellable, GError **error)
{
  g_autoptr (StrataPartial) model = strata_partial_new (path, error);
  g_autoptr (StrataPartial) data = NULL;

  if (model == NULL)
    return FALSE;
  if (has_external (writer))
    {
      if (!g_utf8_validate (writer->data_name, -1, NULL))
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
                       "%s: its weights need a file beside it, whose name must be UTF-8; give another name", path);
          return FALSE;
        }
      data = strata_partial_new (data_path, error);
      if (data == NULL || !write_data (writer, data, cancellable, error))
        return FALSE;
    }
  find_layout (writer);
  return write_model (writer, model, cancellable, error) && !g_cancellable_set_error_if_cancelled (cancellable, error)
         && rename_both (model, data, error);
}

gboolean
strata_onnx_write (const StrataGraph *graph,
                   const char *path,
                   const StrataOnnxWriteOptions *options,
                   GCancellable *cancellable,
                   GError **error)
{
  static const StrataOnnxWriteOptions none = { 0 };
  g_autofree char *stem = g_str_has_suffix (path, ".onnx") ? g_strndup (path, strlen (path) - 5) : g_strdup (path);
  g_autofree char *base = g_path_get_basename (stem);
  g_autofree char *name = g_utf8_make_valid (base, -1);
  g_autofree char *data_path = g_strconcat (stem, ".data", NULL);
  g_autofree char *data_name = g_path_get_basename (data_path);
  g_auto (Writer) writer;

  writer_init (&writer, graph, options == NULL ? &none : options);
  writer.data_name = data_name;
  put_model_head (&writer);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (put_graph_head (&writer, name, error) && collect_initialisers (&writer, error))
    return write_files (&writer, path, data_path, cancellable, error);
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}

GBytes *
strata_onnx_write_bytes (const StrataGraph *graph, const StrataOnnxWriteOptions *options, GError **error)
{
  static const StrataOnnxWriteOptions none = { 0 };
  g_auto (Writer) writer;

  writer_init (&writer, graph, options == NULL ? &none : options);
  put_model_head (&writer);
  if (!put_graph_head (&writer, "graph", error) || !collect_initialisers (&writer, error))
    return NULL;
  if (has_external (&writer))
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_VALUE,
                   "its weights of %" G_GUINT64_FORMAT " bytes are too many for one model in memory", writer.n_weights);
      return NULL;
    }
  find_layout (&writer);
  return make_model (&writer, error);
}
