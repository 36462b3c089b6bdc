/* SPDX-License-Identifier: Apache-2.0
 *
 * A trial of a graph without a program: nominal noise and exact integers on the same samples, side by side.
 */
#include <math.h>

#include "base/parallel.h"
#include "simulator/simulator.h"

typedef struct
{
  const StrataTrial *trial;
  StrataFunctional *exact, *analog;
  gboolean *changed; /* per sample */
} Work;

static gsize
largest (const StrataArray *array)
{
  const float *x = array->data;
  gsize best = 0;

  for (gsize i = 1; array->dtype == STRATA_DTYPE_F32 && i < (gsize) strata_array_count (array); i++)
    best = x[i] > x[best] ? i : best;
  return best;
}

static gboolean
run_cb (guint index, gpointer user_data, GError **error)
{
  Work *work = user_data;
  const StrataQGraph *graph = work->trial->image->graph;
  const StrataArray *const *inputs =
    (const StrataArray *const *) work->trial->inputs + (gsize) index * (gsize) graph->n_inputs;
  g_autofree StrataArray **exact = g_new0 (StrataArray *, graph->n_outputs + 1);
  g_autofree StrataArray **analog = g_new0 (StrataArray *, graph->n_outputs + 1);
  gboolean ok = strata_functional_run (work->exact, index, inputs, exact, work->trial->cancellable, error)
                && strata_functional_run (work->analog, index, inputs, analog, work->trial->cancellable, error);

  if (ok && graph->n_outputs > 0)
    work->changed[index] = largest (exact[0]) != largest (analog[0]);
  for (int i = 0; i < graph->n_outputs; i++)
    {
      strata_array_free (exact[i]);
      strata_array_free (analog[i]);
    }
  return ok;
}

gboolean
strata_functional_try (const StrataTrial *trial, double *noise, int *n_changed, GError **error)
{
  const StrataFunctionalOptions analog = { STRATA_ANALOG_NOMINAL, trial->seed, TRUE, 0 };
  const StrataFunctionalOptions off = { STRATA_ANALOG_OFF, 0, FALSE, 0 };
  g_autoptr (StrataFunctional) exact = strata_functional_new (trial->image, &off, error);
  g_autoptr (StrataFunctional) noisy = exact != NULL ? strata_functional_new (trial->image, &analog, error) : NULL;
  g_autofree gboolean *changed = g_new0 (gboolean, trial->n_samples + 1);
  Work work = { trial, exact, noisy, changed };
  const StrataAccuracyRecord *accuracy;

  /* One after the other: sums of squares over samples are added in their order. */
  if (noisy == NULL || !strata_parallel_for ((guint) trial->n_samples, 1, run_cb, &work, trial->cancellable, error))
    return FALSE;
  accuracy = strata_functional_accuracy (noisy);
  for (int i = 0; i < trial->image->graph->n_ops; i++)
    noise[i] = isnan (accuracy[i].snr_db) ? (double) NAN : pow (10, -accuracy[i].snr_db / 10);
  *n_changed = 0;
  for (int i = 0; i < trial->n_samples; i++)
    *n_changed += changed[i];
  return TRUE;
}
