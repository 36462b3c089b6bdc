/* SPDX-License-Identifier: Apache-2.0
 *
 * Models to ONNX files.
 */
#include "api/model-private.h"
#include "model/arch/fills.h"
#include "model/onnx/write.h"

typedef struct
{
  StrataProgress progress;
  gpointer user_data;
} Listener;

static void
progress_cb (double fraction, gpointer data)
{
  const Listener *listener = data;

  listener->progress (fraction, "weights", listener->user_data);
}

static gboolean
is_without_bytes (const StrataValue *value)
{
  return value->weightless && (value->absent == NULL || value->absent->narrow == NULL) && value->n_consumers > 0;
}

gboolean
strata_model_has_weights (StrataModel *self)
{
  g_autoptr (GMutexLocker) held = NULL;
  const StrataGraph *graph;

  g_return_val_if_fail (STRATA_IS_MODEL (self), FALSE);
  held = strata_model_hold_weights (self);
  graph = strata_model_get_graph (self);
  for (int i = 0; i < graph->n_values; i++)
    if (is_without_bytes (&graph->values[i]))
      return FALSE;
  return TRUE;
}

gboolean
strata_model_save (StrataModel *self,
                   const char *path,
                   StrataModelSave flags,
                   StrataProgress progress,
                   gpointer user_data,
                   GCancellable *cancellable,
                   GError **error)
{
  Listener listener = { progress, user_data };
  StrataOnnxWriteOptions options = { .external = (flags & STRATA_MODEL_SAVE_EXTERNAL) != 0, .value_info = TRUE };
  StrataFillSource source;

  g_return_val_if_fail (STRATA_IS_MODEL (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);
  if (!strata_model_load_weights (self, error))
    return FALSE;
  source.graph = strata_model_get_graph (self);
  source.fills = strata_model_get_fills (self, &source.seed);
  if (source.fills != NULL)
    {
      options.graph_name = source.graph->path;
      options.weights = strata_fill_make;
      options.weights_data = &source;
    }
  if (progress != NULL)
    {
      options.progress = progress_cb;
      options.progress_data = &listener;
    }
  return strata_onnx_write (source.graph, path, &options, cancellable, error);
}

typedef struct
{
  char *path;
  StrataModelSave flags;
} Saving;

static void
saving_free (gpointer data)
{
  Saving *saving = data;

  g_free (saving->path);
  g_free (saving);
}

static void
save_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Saving *saving = task_data;
  GError *error = NULL;

  if (strata_model_save (source, saving->path, saving->flags, NULL, NULL, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
strata_model_save_async (StrataModel *self,
                         const char *path,
                         StrataModelSave flags,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Saving *saving;

  g_return_if_fail (STRATA_IS_MODEL (self));
  g_return_if_fail (path != NULL);
  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, strata_model_save_async);
  saving = g_new0 (Saving, 1);
  saving->path = g_strdup (path);
  saving->flags = flags;
  g_task_set_task_data (task, saving, saving_free);
  g_task_run_in_thread (task, save_thread);
}

gboolean
strata_model_save_finish (StrataModel *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
