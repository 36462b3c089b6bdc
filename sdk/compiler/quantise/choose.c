/* SPDX-License-Identifier: Apache-2.0
 *
 * Noise at the output is the sum of what arrives from each layer, and averaging r conversions divides the part that is
 * drawn anew by r. Reads are added one at a time where they take most noise per femtojoule, until the bound holds: for
 * classes, the share of calibration samples whose class would change; elsewhere, signal over noise. Costs are those of
 * cost/, with static power for the time that a read takes.
 */
#include "compiler/quantise/choose.h"

#include <math.h>

#include "cost/cost.h"

/* Classes of at most this share of the samples may change, unless the calibration says otherwise. */
#define MOST_FLIPS 0.01
/* Signal over noise of other outputs, dB: one effective bit per 6 dB makes three; more than 16 reads would not help */
#define LEAST_DB 20.0
/* Noise below this is not felt beside what quantisation itself does (25 to 33 dB, README.md). */
#define ENOUGH_DB 35.0
#define MOST_READS 16

typedef struct
{
  const StrataSensitivityInput *input;
  const StrataSensitivity *sensitivity;
  int *reads;     /* per layer */
  gboolean *free; /* per layer */
  double *read_fj;
  double most_flips;
} Choice;

static double
action_fj (const StrataChipSpec *chip, int n_rows, int n_copies, int n_cols, int n_slices, int n_reads)
{
  StrataActionEnergy energy =
    strata_cost_action_mvm (chip, STRATA_BAND_NOMINAL, n_rows * n_copies, n_rows, n_cols, n_slices, n_reads);
  double sum = 0;

  for (int i = 0; i < STRATA_N_COMPONENTS; i++)
    sum += (double) energy.per_action_fj[i];
  return sum;
}

/* What one more read of a layer costs per inference: energy, and static power while its arrays, side by side, read */
static double
read_cost_fj (const StrataSensitivityInput *input, int op_id)
{
  const StrataChipSpec *chip = input->chip;
  const StrataQOp *op = &input->quantised->ops[op_id];
  const StrataQTensor *out = &input->quantised->tensors[op->output];
  const int n_outputs = MAX (strata_chip_outputs (chip, op->n_slices), 1);
  double static_mw = strata_cost_static_mw (chip, STRATA_BAND_NOMINAL, chip->t_ambient_c, 1, FALSE);
  double fj =
    static_mw
    * (double) strata_cost_mvm_interval_ps (chip, STRATA_BAND_NOMINAL, MIN (n_outputs, op->n), op->n_slices, 1);

  for (int col0 = 0; col0 < op->n; col0 += n_outputs)
    for (int row0 = 0; row0 < op->k; row0 += chip->rows)
      {
        int n_rows = MIN (chip->rows, op->k - row0), n_cols = MIN (n_outputs, op->n - col0);
        int n_copies = input->calibration->no_row_copies ? 1 : chip->rows / n_rows;

        fj += action_fj (chip, n_rows, n_copies, n_cols, op->n_slices, 2)
              - action_fj (chip, n_rows, n_copies, n_cols, op->n_slices, 1);
      }
  return fj * out->height * out->width;
}

static double
arriving (const StrataLayerNoise *layer, int n_reads)
{
  double once = strata_noise_power (&layer->budget, 1);

  return once > 0 ? layer->arriving * strata_noise_power (&layer->budget, n_reads) / once : 0;
}

static double
total (const Choice *choice)
{
  double sum = 0;

  for (int i = 0; i < choice->sensitivity->n_layers; i++)
    sum += arriving (&choice->sensitivity->layers[i], choice->reads[i]);
  return sum;
}

static gboolean
is_enough (const Choice *choice, double power)
{
  const StrataSensitivity *s = choice->sensitivity;
  double db = strata_noise_db (s->head_power, power);

  return db >= ENOUGH_DB || (s->is_class ? strata_sensitivity_flips (s, power) <= choice->most_flips : db >= LEAST_DB);
}

static void
search (Choice *choice)
{
  const StrataSensitivity *s = choice->sensitivity;

  while (!is_enough (choice, total (choice)))
    {
      double best = 0;
      int layer = -1;

      for (int i = 0; i < s->n_layers; i++)
        {
          double gain = arriving (&s->layers[i], choice->reads[i]) - arriving (&s->layers[i], choice->reads[i] + 1);

          if (!choice->free[i] || choice->reads[i] >= MOST_READS || gain / choice->read_fj[i] <= best)
            continue;
          best = gain / choice->read_fj[i];
          layer = i;
        }
      if (layer < 0)
        return;
      choice->reads[layer]++;
    }
}

/* --- what is said about it --- */

static void
note_program (const Choice *choice, double before)
{
  const StrataSensitivity *s = choice->sensitivity;
  double after = total (choice);
  StrataDecisions *decisions = choice->input->calibration->decisions;
  int most = 1;

  for (int i = 0; i < s->n_layers; i++)
    most = MAX (most, choice->reads[i]);
  if (s->is_class)
    strata_decisions_add (
      decisions, STRATA_REASON_READS, -1, -1, most,
      "modelled analog noise at the output is %.1f dB below the signal with up to %d reads (%.1f dB with one) and "
      "changes the class of %.2g %% of %d samples (%.2g %%); %s the %.2g %% aimed at",
      strata_noise_db (s->head_power, after), most, strata_noise_db (s->head_power, before),
      100 * strata_sensitivity_flips (s, after), s->n_samples, 100 * strata_sensitivity_flips (s, before),
      is_enough (choice, after) ? "within" : "misses", 100 * choice->most_flips);
  else
    strata_decisions_add (
      decisions, STRATA_REASON_READS, -1, -1, most,
      "modelled analog noise at the output is %.1f dB below the signal with up to %d reads (%.1f dB "
      "with one); %s the %.0f dB aimed at",
      strata_noise_db (s->head_power, after), most, strata_noise_db (s->head_power, before),
      is_enough (choice, after) ? "reaches" : "misses", LEAST_DB);
}

static void
note_layer (const Choice *choice, int i, double sum)
{
  const StrataLayerNoise *layer = &choice->sensitivity->layers[i];
  StrataDecisions *decisions = choice->input->calibration->decisions;
  const StrataNoiseBudget *b = &layer->budget;
  const double db = strata_noise_db (b->signal, strata_noise_power (b, choice->reads[i]));

  strata_decisions_add (
    decisions, STRATA_REASON_READS, layer->op, -1, choice->reads[i],
    "modelled signal to noise %.1f dB, %.1f effective bits (kT/C %.1f, cells %.1f, converter %.1f dB per read, "
    "programming and clipping %.1f dB, rounding %.1f dB); %.0f %% of the noise at the output; one more read costs "
    "%.3g nJ",
    db, strata_noise_bits (db), strata_noise_db (b->signal, b->thermal), strata_noise_db (b->signal, b->cells),
    strata_noise_db (b->signal, b->converter), strata_noise_db (b->signal, b->lasting),
    strata_noise_db (b->signal, b->rounding), sum > 0 ? 100 * arriving (layer, choice->reads[i]) / sum : 0,
    choice->read_fj[i] * 1e-6);
  for (int reads = MAX (1, choice->reads[i] - 1); reads <= choice->reads[i] + 1; reads++)
    {
      double other = strata_noise_db (b->signal, strata_noise_power (b, reads));
      g_autofree char *what = g_strdup_printf ("%d read%s", reads, reads == 1 ? "" : "s");
      g_autofree char *verdict = g_strdup_printf (
        "%.1f dB; %s", other, reads < choice->reads[i] ? "too much noise arrives at the output" : "not needed");

      if (reads != choice->reads[i])
        strata_decisions_add_alternative (decisions, &(StrataAlternative){ what, -1, -1, -1, -1, verdict });
    }
}

/* Bits of the converter whose rounding disappears in the other noise */
static void
note_converter (const Choice *choice, int i)
{
  const StrataLayerNoise *layer = &choice->sensitivity->layers[i];
  const StrataChipSpec *chip = choice->input->chip;
  const StrataQOp *op = &choice->input->quantised->ops[layer->op];
  const StrataQTensor *out = &choice->input->quantised->tensors[op->output];
  StrataDecisions *decisions = choice->input->calibration->decisions;
  const double conversions = (double) out->height * out->width * op->n * op->n_slices * choice->reads[i]
                             * ((op->k + chip->rows - 1) / chip->rows);
  const int sound = layer->budget.sound_bits;
  double fj = conversions * chip->e_adc_fj[STRATA_BAND_NOMINAL] * (1 + chip->overhead[STRATA_BAND_NOMINAL]);
  g_autofree char *what = NULL;

  if (sound >= chip->adc_bits || sound < 1)
    return;
  strata_decisions_add (
    decisions, STRATA_REASON_ADC_BITS, layer->op, -1, sound,
    "%d of the converter's %d bits lie below the noise floor: its rounding is at %.1f dB, the other "
    "noise of a read at %.1f dB",
    chip->adc_bits - sound, chip->adc_bits, strata_noise_db (layer->budget.signal, layer->budget.converter),
    strata_noise_db (layer->budget.signal, layer->budget.thermal + layer->budget.cells));
  for (int bits = sound; bits < chip->adc_bits; bits++)
    {
      double saved = fj * (strata_cost_adc_scale (chip->adc_bits) - strata_cost_adc_scale (bits));

      g_clear_pointer (&what, g_free);
      what = g_strdup_printf ("%d bits, %.3g nJ less per inference", bits, saved * 1e-6);
      strata_decisions_add_alternative (decisions, &(StrataAlternative){ what, -1, -1,
                                                                         (gint64) (fj * strata_cost_adc_scale (bits)),
                                                                         -1, "the chip's converters have one width" });
    }
}

void
strata_choose_reads (const StrataSensitivityInput *input,
                     const StrataSensitivity *sensitivity,
                     const int *fixed,
                     StrataQGraph *graph)
{
  const int n = sensitivity->n_layers;
  g_autofree int *reads = g_new (int, n + 1);
  g_autofree gboolean *is_free = g_new (gboolean, n + 1);
  g_autofree double *read_fj = g_new (double, n + 1);
  Choice choice = { input, sensitivity, reads, is_free, read_fj, input->calibration->most_flips };
  double before, sum;

  if (choice.most_flips <= 0)
    choice.most_flips = MOST_FLIPS;
  for (int i = 0; i < n; i++)
    {
      const StrataLayerNoise *layer = &sensitivity->layers[i];

      is_free[i] = fixed[layer->op] == 0;
      reads[i] = MAX (fixed[layer->op], 1);
      read_fj[i] = MAX (read_cost_fj (input, layer->op), 1);
    }
  before = total (&choice);
  search (&choice);
  sum = total (&choice);
  for (int i = 0; i < n; i++)
    graph->ops[sensitivity->layers[i].op].n_reads = reads[i];
  if (n > 0)
    note_program (&choice, before);
  for (int i = 0; i < n; i++)
    {
      note_layer (&choice, i, sum);
      note_converter (&choice, i);
    }
}
