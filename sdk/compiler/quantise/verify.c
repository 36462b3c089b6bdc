/* SPDX-License-Identifier: Apache-2.0
 *
 * Converters take their ranges from the first samples, and the run is measured on the others, so that what lies beyond
 * the ranges is seen. Noise that the model had not is put to clipping: that is what it is for the most part, and
 * neither more reads nor more copies are a remedy. Noise that the model had too much of stays: few samples do not show
 * that what is rare does not happen.
 */
#include "compiler/quantise/verify.h"

#include <math.h>

/* Conversions of all runs together: a fifth of a second; and of one, beyond which there is no run */
#define MAX_CONVERSIONS 2e7
#define MAX_ONE_RUN 4e7
#define MAX_RUNS 4
/* A layer is corrected where it is off by more: less cannot be told from chance. */
#define TOLERANCE_DB 1.0

typedef struct
{
  int n_calibration, n_samples; /* of which converters were set, and on which the run was measured; 0: there was none */
  int n_layers, n_corrected;    /* that were measured; whose noise was more than a decibel off */
  gboolean any;                 /* the two below are there: of the layer that was off most */
  double worst_measured_db, worst_modelled_db;
  int n_changed; /* samples whose class was another than with exact integers */
} Verification;

static double
count_conversions (const StrataSensitivityInput *input, const StrataQGraph *graph)
{
  double sum = 0;

  for (int i = 0; i < graph->n_ops; i++)
    {
      const StrataQOp *op = &graph->ops[i];
      const StrataQTensor *out = &graph->tensors[op->output];
      int block_rows = op->block_rows > 0 ? op->block_rows : input->chip->rows;

      if (op->kind == STRATA_QOP_MVM)
        sum += (double) out->height * out->width * op->n * op->n_slices * op->n_reads * ((op->k - 1) / block_rows + 1);
    }
  return sum;
}

/* @measured: noise over signal */
static void
correct_layer (const StrataSensitivityInput *input,
               const StrataQOp *op,
               double measured,
               StrataLayerNoise *layer,
               Verification *verification)
{
  const StrataNoiseBudget now = strata_layer_budget (input, layer, op->block_rows);
  const double modelled = strata_noise_power (&now, op->n_reads), before = strata_noise_power (&layer->budget, 1);
  const double measured_db = strata_noise_db (1, measured), modelled_db = strata_noise_db (now.signal, modelled);
  const double ratio = measured * now.signal / modelled;
  StrataNoiseBudget *b = &layer->budget;

  verification->n_layers++;
  if (!verification->any
      || fabs (measured_db - modelled_db) > fabs (verification->worst_measured_db - verification->worst_modelled_db))
    {
      verification->any = TRUE;
      verification->worst_measured_db = measured_db;
      verification->worst_modelled_db = modelled_db;
    }
  if (modelled_db - measured_db <= TOLERANCE_DB)
    return;
  verification->n_corrected++;
  b->clipped += (ratio - 1) * modelled;
  layer->arriving *= strata_noise_power (b, 1) / before;
}

/* The image of a trial: the first @n_calibration samples for converters */
static gboolean
run_trial (const StrataSensitivityInput *input,
           const StrataQGraph *graph,
           StrataTileSet *tiles,
           double *noise,
           Verification *verification,
           GError **error)
{
  const StrataCalibration *calibration = input->calibration;
  const gsize n_inputs = (gsize) graph->n_inputs;
  const int n = verification->n_calibration + verification->n_samples;
  g_autofree StrataArray **arrays = g_new (StrataArray *, (gsize) n * n_inputs + 1);
  StrataImage image = { .graph = (StrataQGraph *) graph,
                        .tiles = tiles,
                        .chip = (StrataChipSpec *) input->chip,
                        .calibration = arrays,
                        .n_calibration = verification->n_calibration };
  const StrataTrial trial = { &image, arrays + (gsize) verification->n_calibration * n_inputs, verification->n_samples,
                              calibration->seed, calibration->cancellable };

  for (gsize i = 0; i < (gsize) n * n_inputs; i++)
    arrays[i] = calibration->samples[i / n_inputs].inputs[i % n_inputs];
  return calibration->trial (&trial, noise, &verification->n_changed, error);
}

static gboolean
verify (const StrataSensitivityInput *input,
        const StrataQGraph *graph,
        StrataSensitivity *sensitivity,
        Verification *verification,
        GError **error)
{
  const StrataCalibration *calibration = input->calibration;
  const StrataMapOptions options = { .row_copies = !calibration->no_row_copies };
  const double n_conversions = MAX (count_conversions (input, graph), 1);
  const int n_runs = (int) CLAMP (MAX_CONVERSIONS / n_conversions, 1, MAX_RUNS);
  g_autofree double *noise = g_new (double, graph->n_ops + 1);
  g_autoptr (StrataTileSet) tiles = NULL;

  *verification = (Verification){ 0 };
  if (calibration->trial == NULL || calibration->n_samples < 4 || n_conversions > MAX_ONE_RUN
      || sensitivity->n_layers == 0)
    return TRUE;
  /* What does not fit is the map's to refuse. */
  tiles = strata_map (graph, input->chip, &options, NULL);
  if (tiles == NULL)
    return TRUE;
  verification->n_samples = MIN (calibration->n_samples / 4, n_runs);
  verification->n_calibration = MIN (calibration->n_samples - verification->n_samples, STRATA_MAX_CALIBRATION);
  if (!run_trial (input, graph, tiles, noise, verification, error))
    return FALSE;
  for (int i = 0; i < sensitivity->n_layers; i++)
    {
      const int op = sensitivity->layers[i].op;

      /* Of classes, converters clip the largest, which stay the largest. */
      if (sensitivity->is_class && sensitivity->layers[i].is_last)
        continue;
      if (noise[op] > 0 && sensitivity->layers[i].budget.signal > 0)
        correct_layer (input, &graph->ops[op], noise[op], &sensitivity->layers[i], verification);
    }
  return TRUE;
}

static void
note (const StrataSensitivityInput *input, const Verification *v, int n_layers_changed)
{
  if (!v->any)
    return;
  strata_decisions_add (
    input->calibration->decisions, STRATA_REASON_VERIFIED, -1, -1, v->n_corrected,
    "an analog run over %d calibration samples, with converters set by %d others, measured the signal to noise of %d "
    "layers: %d were more than %.0f dB below the model (furthest off: %.1f dB, modelled %.1f dB), and the choice made "
    "again with what was measured differs in %d layers; with the first, %d of the %d samples changed their class "
    "against "
    "exact integers",
    v->n_samples, v->n_calibration, v->n_layers, v->n_corrected, TOLERANCE_DB, v->worst_measured_db,
    v->worst_modelled_db, n_layers_changed, v->n_changed, v->n_samples);
}

gboolean
strata_choose_verified (const StrataSensitivityInput *input,
                        StrataSensitivity *sensitivity,
                        const int *fixed,
                        StrataQGraph *graph,
                        GError **error)
{
  StrataCalibration quiet = *input->calibration;
  StrataSensitivityInput first = *input;
  g_autofree int *reads = g_new (int, graph->n_ops + 1), *block_rows = g_new (int, graph->n_ops + 1);
  Verification verification;
  int n_changed = 0;

  quiet.decisions = NULL;
  first.calibration = &quiet;
  strata_choose_reads (&first, sensitivity, fixed, graph);
  for (int i = 0; i < graph->n_ops; i++)
    reads[i] = graph->ops[i].n_reads, block_rows[i] = graph->ops[i].block_rows;
  if (!verify (input, graph, sensitivity, &verification, error))
    return FALSE;
  strata_choose_reads (input, sensitivity, fixed, graph);
  for (int i = 0; i < graph->n_ops; i++)
    n_changed += reads[i] != graph->ops[i].n_reads || block_rows[i] != graph->ops[i].block_rows;
  note (input, &verification, n_changed);
  return TRUE;
}
