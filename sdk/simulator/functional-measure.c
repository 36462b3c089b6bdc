/* SPDX-License-Identifier: Apache-2.0
 *
 * How far the sums of an op are from the exact ones of the same inputs.
 */
#include "simulator/functional-run.h"

#include <math.h>

void
strata_functional_measure_op (StrataFunctionalRun *run, int op_id)
{
  const StrataQGraph *graph = run->functional->image->graph;
  const StrataQOp *op = &graph->ops[op_id];
  const StrataQTensor *out = &graph->tensors[op->output];
  gsize n_positions = (gsize) out->height * (gsize) out->width;
  StrataScratch *scratch = run->functional->scratch;
  gint32 *exact = strata_scratch_array0 (scratch, gint32, n_positions * (gsize) op->n);
  StrataMeasure *measure = &run->measures[op_id];

  strata_functional_add_exact (graph, op, scratch, run->tensors[op->inputs[0]].codes, exact);
  for (gsize p = 0; p < n_positions; p++)
    for (int j = 0; j < op->n; j++)
      {
        gsize i = p * (gsize) op->n + (gsize) j;
        double error = (double) run->sums[i] - exact[i];

        measure->signal += (double) exact[i] * exact[i];
        measure->error += error * error;
        measure->largest = MAX (measure->largest, fabs (error * op->multiplier[j]));
      }
  strata_scratch_give (scratch, exact);
}

void
strata_measure_add (StrataMeasure *measure, const StrataMeasure *more)
{
  measure->signal += more->signal, measure->error += more->error;
  measure->largest = MAX (measure->largest, more->largest);
  measure->n_clipped += more->n_clipped, measure->n_conversions += more->n_conversions;
}

double
strata_measure_snr_db (const StrataMeasure *measure)
{
  return measure->error > 0 ? 10 * log10 (measure->signal / measure->error) : INFINITY;
}

void
strata_functional_keep_measures (StrataFunctional *functional, const StrataMeasure *measures)
{
  g_mutex_lock (&functional->lock);
  for (int i = 0; i < functional->image->graph->n_ops; i++)
    {
      StrataMeasure *m = &functional->measures[i];

      if (measures[i].n_conversions == 0)
        continue;
      strata_measure_add (m, &measures[i]);
      functional->accuracy[i].snr_db = strata_measure_snr_db (m);
      functional->accuracy[i].clip_fraction = (double) m->n_clipped / (double) m->n_conversions;
      functional->accuracy[i].max_abs_error = m->largest;
    }
  g_mutex_unlock (&functional->lock);
}
