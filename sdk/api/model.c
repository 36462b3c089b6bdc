/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataModel: an imported graph as an object.
 */
#include "api/model-private.h"

#include "api/chip-private.h"
#include "api/model-options.h"
#include "base/hash.h"
#include "cost/cost.h"
#include "device/program-private.h"
#include "device/tensor-private.h"

struct _StrataModel
{
  GObject parent_instance;
  StrataGraph *graph;
  GArray *fills; /* how weights without bytes are drawn; NULL: they are not */
  guint64 seed;
  GMutex weights;           /* while half-precision weights are widened, and while what that changes is read */
  GMutex lock;              /* while the executor is made */
  StrataExecutor *executor; /* made by the first run */
};

G_DEFINE_FINAL_TYPE (StrataModel, strata_model, G_TYPE_OBJECT)

static void
strata_model_finalize (GObject *object)
{
  StrataModel *self = STRATA_MODEL (object);

  strata_executor_free (self->executor);
  strata_graph_free (self->graph);
  g_clear_pointer (&self->fills, g_array_unref);
  g_mutex_clear (&self->weights);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (strata_model_parent_class)->finalize (object);
}

static void
strata_model_class_init (StrataModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = strata_model_finalize;
}

static void
strata_model_init (StrataModel *self)
{
  g_mutex_init (&self->weights);
  g_mutex_init (&self->lock);
}

StrataModel *
strata_model_new_from_graph (StrataGraph *graph, GArray *fills, guint64 seed)
{
  StrataModel *self = g_object_new (STRATA_TYPE_MODEL, NULL);

  self->graph = graph;
  self->fills = fills;
  self->seed = seed;
  return self;
}

StrataModel *
strata_model_open_with (const char *path, StrataModelOptions *options, GCancellable *cancellable, GError **error)
{
  GArray *fills = NULL;
  StrataGraph *graph;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (options == NULL || STRATA_IS_MODEL_OPTIONS (options), NULL);
  graph = strata_model_options_load (options, path, &fills, cancellable, error);
  return graph == NULL ? NULL : strata_model_new_from_graph (graph, fills, 0);
}

StrataModel *
strata_model_open (const char *path, GCancellable *cancellable, GError **error)
{
  return strata_model_open_with (path, NULL, cancellable, error);
}

typedef struct
{
  char *path;
  StrataModelOptions *options;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_free (opening->path);
  g_clear_object (&opening->options);
  g_free (opening);
}

static void
open_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Opening *opening = task_data;
  GError *error = NULL;
  StrataModel *model = strata_model_open_with (opening->path, opening->options, cancellable, &error);

  if (model != NULL)
    g_task_return_pointer (task, model, g_object_unref);
  else
    g_task_return_error (task, error);
}

void
strata_model_open_with_async (const char *path,
                              StrataModelOptions *options,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Opening *opening;

  g_return_if_fail (path != NULL);
  g_return_if_fail (options == NULL || STRATA_IS_MODEL_OPTIONS (options));
  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, strata_model_open_with_async);
  opening = g_new0 (Opening, 1);
  opening->path = g_strdup (path);
  opening->options = options == NULL ? NULL : g_object_ref (options);
  g_task_set_task_data (task, opening, opening_free);
  g_task_run_in_thread (task, open_thread);
}

void
strata_model_open_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  strata_model_open_with_async (path, NULL, cancellable, callback, user_data);
}

StrataModel *
strata_model_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

const StrataGraph *
strata_model_get_graph (StrataModel *self)
{
  return self->graph;
}

GMutexLocker *
strata_model_hold_weights (StrataModel *self)
{
  return g_mutex_locker_new (&self->weights);
}

gboolean
strata_model_load_weights (StrataModel *self, GError **error)
{
  g_autoptr (GMutexLocker) held = strata_model_hold_weights (self);

  return strata_graph_widen (self->graph, error);
}

const GArray *
strata_model_get_fills (StrataModel *self, guint64 *seed)
{
  *seed = self->seed;
  return self->fills;
}

StrataExecutor *
strata_model_get_executor (StrataModel *self, GCancellable *cancellable, GError **error)
{
  StrataExecutor *executor;

  g_mutex_lock (&self->lock);
  if (self->executor == NULL && strata_model_load_weights (self, error))
    self->executor = strata_executor_new (self->graph, STRATA_EXECUTOR_DEFAULT, cancellable, error);
  executor = self->executor;
  g_mutex_unlock (&self->lock);
  return executor;
}

gboolean
strata_model_is_source_of (StrataModel *self, StrataProgram *program)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), FALSE);
  g_return_val_if_fail (STRATA_IS_PROGRAM (program), FALSE);
  held = strata_model_hold_weights (self);
  return strata_graph_digest (self->graph) == strata_program_get_image (program)->model_digest;
}

#define DIGEST_BLOCK ((gsize) 16 << 20)

guint64
strata_model_compute_digest (
  StrataModel *self, StrataProgress progress, gpointer user_data, GCancellable *cancellable, GError **error)
{
  g_autoptr (StrataHasher) hasher = strata_hasher_new ();
  g_autoptr (GMutexLocker) held = NULL;
  const guint8 *bytes;
  gsize n_bytes;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  if (self->graph->backing == NULL || self->graph->backing->len == 0 || self->fills != NULL)
    {
      g_set_error (error, STRATA_IMPORT_ERROR, STRATA_IMPORT_ERROR_UNSUPPORTED,
                   "%s: it was made, not read from a model file, so it has no digest; an ONNX file is accepted",
                   self->graph->path);
      return 0;
    }
  held = strata_model_hold_weights (self); /* widening adds to the list */
  bytes = g_bytes_get_data (self->graph->backing->pdata[0], &n_bytes);
  g_clear_pointer (&held, g_mutex_locker_free);
  for (gsize at = 0; at < n_bytes; at += DIGEST_BLOCK)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return 0;
      strata_hasher_bytes (hasher, bytes + at, MIN (DIGEST_BLOCK, n_bytes - at));
      if (progress != NULL)
        progress ((double) at / (double) n_bytes, "reading", user_data);
    }
  return strata_hasher_digest (hasher);
}

gboolean
strata_model_is_made (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), FALSE);
  return self->fills != NULL;
}

const char *
strata_model_get_path (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  return self->graph->path;
}

const char *
strata_model_get_producer (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  return self->graph->producer_name;
}

int
strata_model_get_opset (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return self->graph->opset;
}

gint64
strata_model_get_n_parameters (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  return strata_graph_n_parameters (self->graph);
}

gint64
strata_model_get_n_trainable (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  return strata_graph_n_trainable (self->graph);
}

gint64
strata_model_get_n_macs (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  return strata_graph_n_macs (self->graph);
}

gint64
strata_model_get_n_active_macs (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  return strata_graph_n_active_macs (self->graph);
}

guint
strata_model_get_n_nodes (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) self->graph->n_nodes;
}

const char *
strata_model_get_node_name (StrataModel *self, guint node)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (node < (guint) self->graph->n_nodes, NULL);
  return self->graph->nodes[node].name;
}

const char *
strata_model_get_node_op (StrataModel *self, guint node)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (node < (guint) self->graph->n_nodes, NULL);
  return strata_op_name (self->graph->nodes[node].op);
}

gint64
strata_model_get_node_macs (StrataModel *self, guint node)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (node < (guint) self->graph->n_nodes, 0);
  held = strata_model_hold_weights (self);
  return strata_node_n_macs (self->graph, (int) node);
}

gint64
strata_model_get_node_n_parameters (StrataModel *self, guint node)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (node < (guint) self->graph->n_nodes, 0);
  held = strata_model_hold_weights (self);
  return strata_node_n_trainable (self->graph, (int) node);
}

StrataNodeKind
strata_model_get_node_kind (StrataModel *self, guint node)
{
  g_autoptr (GMutexLocker) held = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), STRATA_NODE_KIND_MOVE);
  g_return_val_if_fail (node < (guint) self->graph->n_nodes, STRATA_NODE_KIND_MOVE);
  held = strata_model_hold_weights (self);
  return strata_node_kind (self->graph, (int) node);
}

gint64
strata_model_get_n_activations (StrataModel *self, gint64 *n_peak)
{
  g_autoptr (GMutexLocker) held = NULL;
  gint64 n_written, peak;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  strata_graph_n_activations (self->graph, &n_written, &peak);
  if (n_peak != NULL)
    *n_peak = peak;
  return n_written;
}

guint
strata_model_get_n_folded (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) self->graph->n_folded;
}

const gint64 *
strata_model_get_node_shape (StrataModel *self, guint node, guint *n_dims)
{
  const StrataValue *value;

  *n_dims = 0;
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (node < (guint) self->graph->n_nodes, NULL);
  value = &self->graph->values[self->graph->nodes[node].outputs[0]];
  *n_dims = (guint) MAX (value->n_dims, 0);
  return value->dims;
}

guint
strata_model_get_n_inputs (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) self->graph->n_inputs;
}

guint
strata_model_get_n_outputs (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) self->graph->n_outputs;
}

const char *
strata_model_get_input_name (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) self->graph->n_inputs, NULL);
  return self->graph->values[self->graph->inputs[index]].name;
}

guint
strata_model_get_input_place (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (index < (guint) self->graph->n_inputs, 0);
  return self->graph->input_places == NULL ? index : (guint) self->graph->input_places[index];
}

guint
strata_model_get_n_bound (StrataModel *self)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  return (guint) self->graph->n_bound;
}

const char *
strata_model_get_bound_name (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) self->graph->n_bound, NULL);
  return self->graph->bound[index].name;
}

guint
strata_model_get_bound_place (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (index < (guint) self->graph->n_bound, 0);
  return (guint) self->graph->bound[index].place;
}

StrataTensor *
strata_model_dup_bound_value (StrataModel *self, guint index)
{
  const StrataArray *array;
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) self->graph->n_bound, NULL);
  array = &self->graph->bound[index].array;
  bytes = g_bytes_new (array->data, array->n_bytes);
  return strata_tensor_new (array->dtype, array->dims, (guint) array->n_dims, bytes, NULL);
}

const char *
strata_model_get_output_name (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) self->graph->n_outputs, NULL);
  return self->graph->values[self->graph->outputs[index]].name;
}

const gint64 *
strata_model_get_input_shape (StrataModel *self, guint index, guint *n_dims)
{
  const StrataValue *value;

  *n_dims = 0;
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) self->graph->n_inputs, NULL);
  value = &self->graph->values[self->graph->inputs[index]];
  *n_dims = (guint) MAX (value->n_dims, 0);
  return value->dims;
}

const gint64 *
strata_model_get_output_shape (StrataModel *self, guint index, guint *n_dims)
{
  const StrataValue *value;

  *n_dims = 0;
  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (index < (guint) self->graph->n_outputs, NULL);
  value = &self->graph->values[self->graph->outputs[index]];
  *n_dims = (guint) MAX (value->n_dims, 0);
  return value->dims;
}

StrataDtype
strata_model_get_input_dtype (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), STRATA_DTYPE_INVALID);
  g_return_val_if_fail (index < (guint) self->graph->n_inputs, STRATA_DTYPE_INVALID);
  return self->graph->values[self->graph->inputs[index]].dtype;
}

StrataDtype
strata_model_get_output_dtype (StrataModel *self, guint index)
{
  g_return_val_if_fail (STRATA_IS_MODEL (self), STRATA_DTYPE_INVALID);
  g_return_val_if_fail (index < (guint) self->graph->n_outputs, STRATA_DTYPE_INVALID);
  return self->graph->values[self->graph->outputs[index]].dtype;
}

double
strata_model_get_output_step (StrataModel *self, guint index)
{
  const StrataGraph *graph;
  const StrataNode *node;
  int producer;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  graph = self->graph;
  g_return_val_if_fail (index < (guint) graph->n_outputs, 0);
  producer = graph->values[graph->outputs[index]].producer;
  if (producer < 0 || graph->nodes[producer].op != STRATA_OP_DEQUANTIZE_LINEAR)
    return 0;
  node = &graph->nodes[producer];
  if (graph->values[node->inputs[1]].dtype != STRATA_DTYPE_F32 || graph->values[node->inputs[1]].data == NULL
      || graph->values[node->inputs[1]].n_bytes < sizeof (float))
    return 0;
  return *(const float *) graph->values[node->inputs[1]].data;
}

guint
strata_model_get_n_quantised_layers (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;
  const StrataGraph *graph;
  guint n = 0;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  held = strata_model_hold_weights (self);
  graph = self->graph;
  for (int i = 0; i < graph->n_nodes; i++)
    {
      const StrataNode *node = &graph->nodes[i];
      int producer = node->n_inputs > 0 && node->inputs[0] >= 0 ? graph->values[node->inputs[0]].producer : -1;

      if (strata_node_n_macs (graph, i) > 0 && producer >= 0
          && graph->nodes[producer].op == STRATA_OP_DEQUANTIZE_LINEAR)
        n++;
    }
  return n;
}

gint64
strata_model_get_arrays_required (StrataModel *self, StrataChip *chip)
{
  g_autoptr (GMutexLocker) held = NULL;
  const StrataChipSpec *spec;
  gint64 total = 0;
  int n_slices;

  g_return_val_if_fail (STRATA_IS_MODEL (self), 0);
  g_return_val_if_fail (STRATA_IS_CHIP (chip), 0);
  spec = strata_chip_get_spec (chip);
  /* int8 weights of a quantised file need as many cells as hold 8 bits */
  n_slices = strata_model_get_n_quantised_layers (self) > 0
               ? MAX (spec->slices, (8 + spec->cell_bits - 1) / spec->cell_bits)
               : spec->slices;
  held = strata_model_hold_weights (self);
  for (int i = 0; i < self->graph->n_nodes; i++)
    {
      StrataMatrix matrices[STRATA_MAX_MATRICES];
      int n = strata_node_matrices (self->graph, i, matrices);

      for (int m = 0; m < n; m++)
        total += matrices[m].count * strata_cost_arrays_required (spec, matrices[m].k, matrices[m].n, n_slices);
    }
  return total;
}

gboolean
strata_model_view_inputs (
  StrataModel *self, GPtrArray *inputs, StrataArray *views, const StrataArray **pointers, GError **error)
{
  const StrataGraph *graph = self->graph;

  if (inputs->len != (guint) graph->n_inputs)
    {
      g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT, "%s: %u inputs given; the model has %d",
                   graph->path, inputs->len, graph->n_inputs);
      return FALSE;
    }
  for (guint i = 0; i < inputs->len; i++)
    {
      const StrataValue *value = &graph->values[graph->inputs[i]];

      strata_tensor_view (inputs->pdata[i], &views[i]);
      if (views[i].dtype != value->dtype || strata_array_count (&views[i]) != strata_value_count (value))
        {
          g_set_error (error, STRATA_DEVICE_ERROR, STRATA_DEVICE_ERROR_INPUT,
                       "input \"%s\": %" G_GINT64_FORMAT " elements of %s given; the model wants %" G_GINT64_FORMAT
                       " of %s",
                       value->name, strata_array_count (&views[i]), strata_dtype_name (views[i].dtype),
                       strata_value_count (value), strata_dtype_name (value->dtype));
          return FALSE;
        }
      /* Only the count has to fit: a flat file feeds an image. */
      views[i].n_dims = value->n_dims;
      memcpy (views[i].dims, value->dims, sizeof views[i].dims);
      pointers[i] = &views[i];
    }
  return TRUE;
}

GPtrArray *
strata_model_run_reference (StrataModel *self, GPtrArray *inputs, GCancellable *cancellable, GError **error)
{
  g_autofree StrataArray *views = NULL;
  g_autofree const StrataArray **pointers = NULL;
  g_autofree StrataArray **outputs = NULL;
  StrataExecutor *executor;

  g_return_val_if_fail (STRATA_IS_MODEL (self), NULL);
  g_return_val_if_fail (inputs != NULL, NULL);
  views = g_new0 (StrataArray, self->graph->n_inputs + 1);
  pointers = g_new0 (const StrataArray *, self->graph->n_inputs + 1);
  outputs = g_new0 (StrataArray *, self->graph->n_outputs + 1);
  if (!strata_model_view_inputs (self, inputs, views, pointers, error))
    return NULL;
  executor = strata_model_get_executor (self, cancellable, error);
  if (executor == NULL || !strata_executor_run (executor, pointers, outputs, NULL, NULL, cancellable, error))
    return NULL;
  return strata_tensors_from_arrays (outputs, (guint) self->graph->n_outputs);
}
