/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads take the next index from an atomic counter; errors are kept by index.
 */
#include "base/parallel.h"

typedef struct
{
  guint n;
  gint next;
  gint stop;
  StrataParallelFunc func;
  gpointer user_data;
  GCancellable *cancellable;
  GError **errors;
} Work;

static gpointer
run_worker (gpointer data)
{
  Work *work = data;

  while (!g_atomic_int_get (&work->stop))
    {
      guint index = (guint) g_atomic_int_add (&work->next, 1);

      if (index >= work->n)
        break;
      if (g_cancellable_set_error_if_cancelled (work->cancellable, &work->errors[index])
          || !work->func (index, work->user_data, &work->errors[index]))
        g_atomic_int_set (&work->stop, 1);
    }
  return NULL;
}

gboolean
strata_parallel_for (
  guint n, guint n_threads, StrataParallelFunc func, gpointer user_data, GCancellable *cancellable, GError **error)
{
  Work work = { n, 0, 0, func, user_data, cancellable, NULL };
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();
  gboolean ok = TRUE;

  if (n_threads == 0)
    n_threads = g_get_num_processors ();
  n_threads = MIN (n_threads, n);
  work.errors = g_new0 (GError *, n + 1);
  for (guint i = 1; i < n_threads; i++)
    g_ptr_array_add (threads, g_thread_new ("strata-worker", run_worker, &work));
  run_worker (&work);
  for (guint i = 0; i < threads->len; i++)
    g_thread_join (threads->pdata[i]);

  for (guint i = 0; i < n; i++)
    {
      if (work.errors[i] != NULL && ok)
        {
          g_propagate_error (error, g_steal_pointer (&work.errors[i]));
          ok = FALSE;
        }
      g_clear_error (&work.errors[i]);
    }
  g_free (work.errors);
  return ok;
}
