/* SPDX-License-Identifier: Apache-2.0
 *
 * StrataModel: an imported graph as an object.
 */
#include "api/model-private.h"

#include "api/model-options.h"
#include "base/hash.h"
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
