/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of quantisation: what tensors hold, gains between layers, the graph of integers; and where the samples show
 * that it pays, the graph again with wide products, or with fewer cells; reads per layer at last.
 */
#include "compiler/quantise/equalise.h"
#include "compiler/quantise/integers.h"
#include "compiler/quantise/slices.h"
#include "compiler/quantise/verify.h"
#include "compiler/quantise/wide.h"

typedef struct
{
  const StrataGraph *source;
  StrataIntegersInput from;
  int *op_of; /* per lowered op: of the graph that was made last */
  StrataArena *scratch;
  GPtrArray *models; /* of digital ops that were changed: GBytes */
} Making;

static StrataQGraph *
make_graph (Making *making, GError **error)
{
  making->op_of = strata_arena_array (making->scratch, int, making->from.lowered->n_ops + 1);
  return strata_quantise_integers (&making->from, making->op_of, error);
}

/* For what is measured of @graph, the one that was made last */
static StrataSensitivityInput
measured_on (const Making *making, const StrataQGraph *graph)
{
  const StrataIntegersInput *from = &making->from;
  const double **gains = strata_arena_array (making->scratch, const double *, from->lowered->n_tensors + 1);

  for (int t = 0; t < from->lowered->n_tensors; t++)
    gains[t] = from->stats[t].gains;
  return (StrataSensitivityInput){ making->source, from->lowered,    graph, making->op_of, gains,
                                   from->chip,     from->calibration };
}

/* Whether a layer takes fewer cells than the graph has that was made first */
static gboolean
takes_fewer (const GArray *fewer)
{
  gboolean any = FALSE;

  for (guint i = 0; fewer != NULL && i < fewer->len; i++)
    any |= g_array_index (fewer, StrataSliceChoice, i).fewer;
  return any;
}

/* TRUE: some layers take fewer cells per weight, all are in @fewer, and the graph is to be made anew. */
static gboolean
choose_slices (const Making *making,
               const StrataSensitivityInput *input,
               const StrataSensitivity *sensitivity,
               GArray **fewer)
{
  const StrataCalibration *calibration = input->calibration;
  g_autofree gboolean *settled = g_new0 (gboolean, input->quantised->n_ops + 1);

  /* What arrives is measured at the first output; of others nothing is known. */
  if ((calibration->without & STRATA_QUANTISE_SLICES) != 0 || input->lowered->n_outputs != 1)
    return FALSE;
  for (int i = 0; i < input->quantised->n_ops; i++)
    settled[i] = input->quantised->ops[i].node < 0;
  for (int i = 0; i < input->quantised->n_ops; i++)
    for (int c = 0; calibration->choices != NULL && c < calibration->n_choices; c++)
      settled[i] |=
        calibration->choices[c].node == input->quantised->ops[i].node && calibration->choices[c].n_slices > 0;
  *fewer = strata_choose_slices (input, sensitivity, making->from.stats, settled);
  if (takes_fewer (*fewer))
    return TRUE;
  strata_note_slices (*fewer, making->from.decisions);
  return FALSE;
}

/* Averaged reads per layer: what is asked for, else what the samples say. @fewer: see above */
static gboolean
set_reads (const Making *making, StrataQGraph *graph, GArray **fewer, GError **error)
{
  const StrataCalibration *calibration = making->from.calibration;
  g_autofree int *fixed = g_new0 (int, graph->n_ops + 1);
  g_autoptr (StrataSensitivity) sensitivity = NULL;
  StrataSensitivityInput input;

  for (int i = 0; i < graph->n_ops; i++)
    for (int c = 0; calibration->choices != NULL && c < calibration->n_choices; c++)
      if (calibration->choices[c].node == graph->ops[i].node && calibration->choices[c].n_reads > 0)
        fixed[i] = calibration->choices[c].n_reads;
  for (int i = 0; i < graph->n_ops; i++)
    if (fixed[i] > 0 && graph->ops[i].kind == STRATA_QOP_MVM)
      graph->ops[i].n_reads = fixed[i];
  if (making->from.guessed || calibration->n_reads > 0)
    return TRUE;
  input = measured_on (making, graph);
  sensitivity = strata_sensitivity_measure (&input, error);
  if (sensitivity == NULL)
    return FALSE;
  if (choose_slices (making, &input, sensitivity, fewer))
    return TRUE;
  return strata_choose_verified (&input, sensitivity, fixed, graph, error);
}

static StrataTensorStats *
gather (const StrataGraph *graph,
        const StrataLowered *lowered,
        const StrataCalibration *calibration,
        StrataArena *arena,
        GError **error)
{
  int n_samples = 0;
  StrataArray **samples;
  StrataTensorStats *stats;

  if (!strata_calibration_check (graph, calibration, error))
    return NULL;
  samples = strata_calibration_samples (graph, calibration, &n_samples);
  stats = strata_calibrate_cached (graph, lowered, samples, n_samples, calibration, arena, error);
  for (gsize i = 0; i < (gsize) n_samples * (gsize) graph->n_inputs; i++)
    strata_array_free (samples[i]);
  g_free (samples);
  return stats;
}

/* Which products are to be wide; NULL without an error: nobody can tell, or is to */
static StrataWideChoice *
choose_wide (const Making *making, const StrataQGraph *graph, GError **error)
{
  const StrataIntegersInput *from = &making->from;
  StrataSensitivityInput input;

  if (from->guessed || from->lowered->n_quantised > 0 || (from->calibration->without & STRATA_QUANTISE_WIDE) != 0)
    return NULL;
  input = measured_on (making, graph);
  return strata_wide_choose (&input, error);
}

/* The graph, with what is to be wide made so */
static StrataQGraph *
make_wide_graph (Making *making, GError **error)
{
  g_autoptr (StrataDecisions) first = strata_decisions_new ();
  StrataIntegersInput *from = &making->from;
  StrataDecisions *decisions = from->decisions;
  const StrataLowered *before = from->lowered;
  g_autoptr (StrataQGraph) graph = NULL;
  g_autoptr (StrataWideChoice) choice = NULL;
  const StrataSensitivityInput input = { .chip = from->chip, .calibration = from->calibration };
  StrataTensorStats *stats = (StrataTensorStats *) from->stats;
  GError *reason = NULL;

  from->decisions = first;
  graph = make_graph (making, error);
  from->decisions = decisions;
  choice = graph != NULL ? choose_wide (making, graph, &reason) : NULL;
  if (reason != NULL)
    {
      g_propagate_error (error, reason);
      return NULL;
    }
  if (graph == NULL || choice == NULL || choice->n_wide == 0)
    {
      if (decisions != NULL)
        strata_decisions_append (decisions, first);
      return g_steal_pointer (&graph);
    }
  g_clear_pointer (&graph, strata_qgraph_free);
  from->lowered = strata_wide_apply (before, choice->parts, &input, &stats, making->scratch, making->models, error);
  from->stats = stats;
  graph = from->lowered != NULL ? make_graph (making, error) : NULL;
  if (graph != NULL)
    strata_note_wide (choice, before, from->lowered, making->op_of, decisions);
  return g_steal_pointer (&graph);
}

static StrataQGraph *
quantise_once (const StrataGraph *graph,
               const StrataLowered *lowered,
               const StrataChipSpec *chip,
               const StrataCalibration *calibration,
               GArray **fewer,
               GError **error)
{
  g_autoptr (StrataArena) scratch = strata_arena_new ();
  g_autoptr (GPtrArray) models = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  Making making = { .source = graph, .scratch = scratch, .models = models };
  StrataIntegersInput *from = &making.from;
  StrataTensorStats *stats;
  StrataQGraph *result;

  for (int i = 0; i < lowered->n_ops; i++)
    from->weightless = from->weightless || lowered->ops[i].weightless;
  /* Without weights there is nothing to run: statistics of no values give every tensor the range -1 to 1. */
  stats = from->weightless ? strata_arena_array (scratch, StrataTensorStats, lowered->n_tensors + 1)
                           : gather (graph, lowered, calibration, scratch, error);
  if (stats == NULL)
    return NULL;
  from->lowered = strata_equalise_apply (lowered, stats, scratch, models, error);
  if (from->lowered == NULL)
    return NULL;
  from->stats = stats;
  from->chip = chip;
  from->calibration = calibration;
  from->decisions = calibration->decisions;
  from->guessed = from->weightless || calibration->samples == NULL || calibration->n_samples < 1;
  result = make_wide_graph (&making, error);
  if (result != NULL && !set_reads (&making, result, fewer, error))
    g_clear_pointer (&result, strata_qgraph_free);
  return result;
}

/* The same again with the cells that were chosen */
static StrataQGraph *
quantise_sliced (const StrataGraph *graph,
                 const StrataLowered *lowered,
                 const StrataChipSpec *chip,
                 const StrataCalibration *calibration,
                 const GArray *fewer,
                 GError **error)
{
  const int n_given = calibration->choices != NULL ? calibration->n_choices : 0;
  g_autofree StrataLayerChoice *choices = g_new0 (StrataLayerChoice, n_given + (int) fewer->len + 1);
  StrataCalibration settled = *calibration;
  StrataQGraph *result;
  GArray *none = NULL;

  for (int i = 0; i < n_given; i++)
    choices[i] = calibration->choices[i];
  for (guint i = 0; i < fewer->len; i++)
    {
      const StrataSliceChoice *c = &g_array_index (fewer, StrataSliceChoice, i);

      choices[n_given + (int) i] = (StrataLayerChoice){ .node = c->node, .n_slices = c->n_slices - c->fewer };
    }
  settled.choices = choices;
  settled.n_choices = n_given + (int) fewer->len;
  settled.without |= STRATA_QUANTISE_SLICES;
  result = quantise_once (graph, lowered, chip, &settled, &none, error);
  if (result != NULL)
    strata_note_slices (fewer, calibration->decisions);
  return result;
}

StrataQGraph *
strata_quantise (const StrataGraph *graph,
                 const StrataLowered *lowered,
                 const StrataChipSpec *chip,
                 const StrataCalibration *calibration,
                 GError **error)
{
  g_autoptr (StrataDecisions) said = strata_decisions_new ();
  StrataCalibration first;
  GArray *fewer = NULL;
  StrataQGraph *result;

  g_return_val_if_fail (graph != NULL && lowered != NULL && chip != NULL && calibration != NULL, NULL);
  first = *calibration;
  first.decisions = said;
  result = quantise_once (graph, lowered, chip, &first, &fewer, error);
  if (result != NULL && takes_fewer (fewer))
    {
      strata_qgraph_free (result);
      result = quantise_sliced (graph, lowered, chip, calibration, fewer, error);
    }
  else if (result != NULL)
    strata_decisions_append (calibration->decisions, said);
  g_clear_pointer (&fewer, g_array_unref);
  return result;
}
