/* SPDX-License-Identifier: Apache-2.0
 *
 * Noise at the output is the sum of what arrives from each layer. Layers move along their hulls, always the one that
 * takes most noise per femtojoule, until the bound holds: for classes, the share of calibration samples whose class
 * would change; elsewhere, signal over noise. On hulls this greedy order is that of a Lagrangian: no set of states
 * costs less for as little noise, but for the last step.
 */
#include "compiler/quantise/choose.h"

#include <math.h>

#include "cost/converter.h"

/* Classes of at most this share of the samples may change, unless the calibration says otherwise. */
#define MOST_FLIPS 0.01
/* Signal over noise of other outputs, dB: three effective bits */
#define LEAST_DB 20.0
/* Noise below this is not felt beside what quantisation itself does (25 to 33 dB, README.md). */
#define ENOUGH_DB 32.0
/* Noise saved over cost added, both in parts of the whole, below which nothing more is bought: kT/C alone gives 1; what
 * averaging does not lower, such as rounding without dither, has the last word then. 0.4: 1.2 dB for twice the energy
 */
#define LEAST_RETURN 0.4
/* Where classes change more often than is aimed at to the end: fall of the share beyond the aim over energy added, and
 * over time added, likewise. 1 / 3: by 37 % for twice the energy in twice the time */
#define LEAST_APPROACH (1.0 / 3)
/* Share of the arrays that the model leaves free which may go to copies of rows */
#define FREE_SHARE 0.5

typedef struct
{
  const StrataSensitivityInput *input;
  const StrataSensitivity *sensitivity;
  const int *fixed; /* per op */
  GArray **hulls;   /* per layer, of StrataLayerState */
  guint *at;        /* per layer, into its hull */
  int n_free;       /* arrays that are left */
  double most_flips;
  int best_step;      /* of the search, where what is still missing is least, times (energy x time)^LEAST_APPROACH */
  double end_cost_fj; /* of the search to its end, where the choice is an earlier step; 0: it is the end */
  double end_time_ps; /* likewise */
  double end_flips;   /* share of samples whose class changes there */
  double undecided;   /* share of samples that noise of ENOUGH_DB changes: the model itself hardly tells them apart */
} Choice;

static const StrataLayerState *
state_of (const Choice *choice, int layer)
{
  return &g_array_index (choice->hulls[layer], StrataLayerState, choice->at[layer]);
}

static double
total_noise (const Choice *choice)
{
  double sum = 0;

  for (int i = 0; i < choice->sensitivity->n_layers; i++)
    sum += state_of (choice, i)->noise;
  return sum;
}

static gboolean
is_enough (const Choice *choice, double power)
{
  const StrataSensitivity *s = choice->sensitivity;
  double db = strata_noise_db (s->head_power, power);

  return db >= ENOUGH_DB
         || (s->is_class ? strata_sensitivity_flips (s, power) <= choice->most_flips + choice->undecided
                         : db >= LEAST_DB);
}

static double
total_cost (const Choice *choice)
{
  double sum = 0;

  for (int i = 0; i < choice->sensitivity->n_layers; i++)
    sum += state_of (choice, i)->cost_fj;
  return sum;
}

static double
total_time (const Choice *choice)
{
  double sum = 0;

  for (int i = 0; i < choice->sensitivity->n_layers; i++)
    sum += state_of (choice, i)->time_ps;
  return sum;
}

/* The layer whose next state takes most noise per cost; -1: none has one that is worth it */
static int
best_layer (const Choice *choice)
{
  double best = 0;
  int layer = -1;

  for (int i = 0; i < choice->sensitivity->n_layers; i++)
    if (choice->at[i] + 1 < choice->hulls[i]->len)
      {
        const StrataLayerState *state = state_of (choice, i);
        double rate = (state[0].noise - state[1].noise) / MAX (state[1].cost_fj - state[0].cost_fj, 1);

        if (rate > best)
          best = rate, layer = i;
      }
  return best * total_cost (choice) < LEAST_RETURN * total_noise (choice) ? -1 : layer;
}

/* Takes the layer's hull anew, without states that need more arrays than are left. FALSE: it keeps its state for good.
 */
static void
limit_layer (Choice *choice, int layer)
{
  const StrataLayerNoise *noise = &choice->sensitivity->layers[layer];
  const StrataLayerState now = *state_of (choice, layer);
  GArray *hull = strata_layer_states (choice->input, noise, choice->fixed[noise->op], now.n_arrays + choice->n_free);

  g_array_unref (choice->hulls[layer]);
  choice->hulls[layer] = hull;
  for (choice->at[layer] = 0; choice->at[layer] + 1 < hull->len; choice->at[layer]++)
    if (state_of (choice, layer)->noise <= now.noise)
      break;
}

static void
take_step (Choice *choice, int layer)
{
  const StrataLayerState *state = state_of (choice, layer);
  int more = state[1].n_arrays - state[0].n_arrays, before = state[0].n_arrays;

  if (more > choice->n_free)
    {
      limit_layer (choice, layer);
      choice->n_free -= state_of (choice, layer)->n_arrays - before;
      return;
    }
  choice->n_free -= more;
  choice->at[layer]++;
}

/* Arrays that the layers take at least, and what may go to copies of rows of the rest */
static int
free_arrays (const Choice *choice)
{
  gint64 n = strata_chip_arrays (choice->input->chip);

  for (int i = 0; i < choice->sensitivity->n_layers; i++)
    n -= state_of (choice, i)->n_arrays;
  return (int) MAX (0, FREE_SHARE * (double) n);
}

/* At most so many steps; how many there were. Notes the best. */
static int
search (Choice *choice, int most_steps)
{
  const StrataSensitivity *s = choice->sensitivity;
  double best = INFINITY;
  int step = 0;

  for (;; step++)
    {
      int layer = is_enough (choice, total_noise (choice)) ? -1 : best_layer (choice);
      double missing = strata_sensitivity_flips (s, total_noise (choice)) - choice->most_flips - choice->undecided;
      double spent = log (MAX (total_cost (choice), 1)) + log (MAX (total_time (choice), 1));
      double worth = missing > 0 ? log (missing) + LEAST_APPROACH * spent : -INFINITY;

      if (!s->is_class || worth < best)
        choice->best_step = step;
      best = MIN (best, worth);
      if (layer < 0 || step == most_steps)
        return step;
      take_step (choice, layer);
    }
}

/* From the cheapest states on. Where the aim is out of reach, the last steps may cost more than they bring nearer. */
static void
choose (Choice *choice)
{
  const int n = choice->sensitivity->n_layers;

  for (gboolean again = FALSE;; again = TRUE)
    {
      int best = again ? choice->best_step : G_MAXINT, n_steps;

      for (int i = 0; i < n; i++)
        {
          const StrataLayerNoise *layer = &choice->sensitivity->layers[i];

          g_clear_pointer (&choice->hulls[i], g_array_unref);
          choice->hulls[i] = strata_layer_states (choice->input, layer, choice->fixed[layer->op], G_MAXINT);
          choice->at[i] = 0;
        }
      choice->n_free = free_arrays (choice);
      n_steps = search (choice, best);
      if (again || choice->best_step == n_steps || is_enough (choice, total_noise (choice)))
        return;
      choice->end_cost_fj = total_cost (choice);
      choice->end_time_ps = total_time (choice);
      choice->end_flips = strata_sensitivity_flips (choice->sensitivity, total_noise (choice));
    }
}

/* --- what is said about it --- */

static void
note_program (const Choice *choice, double before)
{
  const StrataSensitivity *s = choice->sensitivity;
  StrataDecisions *decisions = choice->input->calibration->decisions;
  double after = total_noise (choice);
  const char *verdict = is_enough (choice, after) ? "within" : "misses";
  int most = 1;

  for (int i = 0; i < s->n_layers; i++)
    most = MAX (most, state_of (choice, i)->n_reads);
  if (s->is_class)
    strata_decisions_add (
      decisions, STRATA_REASON_READS, -1, -1, most,
      "modelled analog noise at the output is %.1f dB below the signal (%.1f dB with one read and no arrays for "
      "copies) "
      "and changes the class of %.2g %% of %d samples (%.2g %%): %s the %.2g %% aimed at, beside %.2g %% that noise of "
      "%.0f dB would change",
      strata_noise_db (s->head_power, after), strata_noise_db (s->head_power, before),
      100 * strata_sensitivity_flips (s, after), s->n_samples, 100 * strata_sensitivity_flips (s, before), verdict,
      100 * choice->most_flips, 100 * choice->undecided, ENOUGH_DB);
  else
    strata_decisions_add (
      decisions, STRATA_REASON_READS, -1, -1, most,
      "modelled analog noise at the output is %.1f dB below the signal (%.1f dB with one read and no "
      "arrays for copies): %s the %.0f dB aimed at",
      strata_noise_db (s->head_power, after), strata_noise_db (s->head_power, before), verdict, LEAST_DB);
  if (choice->end_cost_fj > 0)
    {
      g_autofree char *text =
        g_strdup_printf ("%.2g %% of the classes change then, for %.1f times the products' energy and %.1f times their "
                         "time: too little for it",
                         100 * choice->end_flips, choice->end_cost_fj / MAX (total_cost (choice), 1),
                         choice->end_time_ps / MAX (total_time (choice), 1));

      strata_decisions_add_alternative (decisions, &(StrataAlternative){ "averaging and copies to the end", -1, -1,
                                                                         (gint64) choice->end_cost_fj, -1, text });
    }
}

static void
note_reads (const Choice *choice, int i, double sum)
{
  const StrataLayerNoise *layer = &choice->sensitivity->layers[i];
  const StrataLayerState *state = state_of (choice, i);
  StrataDecisions *decisions = choice->input->calibration->decisions;
  const StrataNoiseBudget b = strata_layer_budget (choice->input, layer, state->block_rows);
  const double db = strata_noise_db (b.signal, strata_noise_power (&b, state->n_reads));

  strata_decisions_add (
    decisions, STRATA_REASON_READS, layer->op, -1, state->n_reads,
    "modelled signal to noise %.1f dB, %.1f effective bits (kT/C %.1f, cells %.1f, converter %.1f dB per read, "
    "programming and clipping %.1f dB, rounding %.1f dB); %.0f %% of the noise at the output; %.3g nJ per inference",
    db, strata_noise_bits (db), strata_noise_db (b.signal, b.thermal), strata_noise_db (b.signal, b.cells),
    strata_noise_db (b.signal, b.converter), strata_noise_db (b.signal, b.lasting + b.clipped),
    strata_noise_db (b.signal, b.rounding), sum > 0 ? 100 * state->noise / sum : 0, state->cost_fj * 1e-6);
  for (guint other = MAX (choice->at[i], 1) - 1; other <= choice->at[i] + 1 && other < choice->hulls[i]->len; other++)
    {
      const StrataLayerState *s = &g_array_index (choice->hulls[i], StrataLayerState, other);
      g_autofree char *what = g_strdup_printf ("%d read%s on %d array%s", s->n_reads, s->n_reads == 1 ? "" : "s",
                                               s->n_arrays, s->n_arrays == 1 ? "" : "s");
      g_autofree char *verdict = g_strdup_printf ("%.1f dB less noise from it at the output; %s",
                                                  10 * log10 (MAX (state->noise, 1e-300) / MAX (s->noise, 1e-300)),
                                                  other < choice->at[i] ? "too much arrives" : "not needed");

      if (other != choice->at[i])
        strata_decisions_add_alternative (
          decisions, &(StrataAlternative){ what, -1, -1, (gint64) s->cost_fj, s->n_arrays, verdict });
    }
}

static void
note_blocks (const Choice *choice, int i)
{
  const StrataLayerNoise *layer = &choice->sensitivity->layers[i];
  const StrataLayerState *state = state_of (choice, i);
  const StrataQOp *op = &choice->input->quantised->ops[layer->op];
  const StrataNoiseBudget b = strata_layer_budget (choice->input, layer, state->block_rows);

  if (state->block_rows == 0)
    return;
  strata_decisions_add (
    choice->input->calibration->decisions, STRATA_REASON_ROW_COPIES, layer->op, -1,
    choice->input->chip->rows / state->block_rows,
    "its %d rows go in blocks of %d, each %d times in its array: kT/C is %.1f dB below the signal, not %.1f dB as with "
    "as few arrays as hold them; side by side the %d arrays take no longer than one",
    op->k, state->block_rows, choice->input->chip->rows / state->block_rows, strata_noise_db (b.signal, b.thermal),
    strata_noise_db (layer->budget.signal, layer->budget.thermal), state->n_arrays);
}

/* What the converters of layer @i take per inference, at the scale of 1 */
/* With converters of @bits */
static double
converter_fj (const Choice *choice, int i, int bits)
{
  const StrataLayerState *state = state_of (choice, i);
  const StrataChipSpec *chip = choice->input->chip;
  const StrataQOp *op = &choice->input->quantised->ops[choice->sensitivity->layers[i].op];
  const StrataQTensor *out = &choice->input->quantised->tensors[op->output];

  return (double) out->height * out->width * op->n * op->n_slices * state->n_reads * strata_chip_conversions (chip)
         * ((op->k - 1) / (state->block_rows > 0 ? state->block_rows : chip->rows) + 1)
         * strata_cost_converter_fj (chip, STRATA_BAND_NOMINAL, bits) * (1 + chip->overhead[STRATA_BAND_NOMINAL]);
}

/* Bits of the converter whose rounding disappears in the other noise */
static void
note_converter (const Choice *choice, int i)
{
  const StrataLayerNoise *layer = &choice->sensitivity->layers[i];
  const StrataLayerState *state = state_of (choice, i);
  const StrataChipSpec *chip = choice->input->chip;
  StrataDecisions *decisions = choice->input->calibration->decisions;
  const StrataNoiseBudget b = strata_layer_budget (choice->input, layer, state->block_rows);
  const int sound = strata_noise_sound_bits (&b, chip->adc_bits);
  const double fj = converter_fj (choice, i, chip->adc_bits);

  if (sound >= chip->adc_bits || sound < 1)
    return;
  strata_decisions_add (
    decisions, STRATA_REASON_ADC_BITS, layer->op, -1, sound,
    "%d of the converter's %d bits lie below the noise floor: its rounding is at %.1f dB, the other noise of a read at "
    "%.1f dB; they cost %.3g nJ per inference",
    chip->adc_bits - sound, chip->adc_bits, strata_noise_db (b.signal, b.converter),
    strata_noise_db (b.signal, b.thermal + b.cells), (fj - converter_fj (choice, i, sound)) * 1e-6);
  for (int bits = sound; bits < chip->adc_bits; bits++)
    {
      g_autofree char *what = g_strdup_printf ("converters of %d bits", bits);

      strata_decisions_add_alternative (decisions,
                                        &(StrataAlternative){ what, -1, -1, (gint64) converter_fj (choice, i, bits), -1,
                                                              "the chip's converters have one width" });
    }
}

/* The same as numbers */
static void
note_figures (const Choice *choice, int i, double sum)
{
  const StrataLayerNoise *layer = &choice->sensitivity->layers[i];
  const StrataLayerState *state = state_of (choice, i);
  const int adc_bits = choice->input->chip->adc_bits;
  const StrataNoiseBudget b = strata_layer_budget (choice->input, layer, state->block_rows);
  const int sound = CLAMP (strata_noise_sound_bits (&b, adc_bits), 1, adc_bits);
  const double db = strata_noise_db (b.signal, strata_noise_power (&b, state->n_reads));
  const StrataNoiseFigures figures = { layer->op,
                                       state->n_reads,
                                       db,
                                       strata_noise_bits (db),
                                       strata_noise_db (b.signal, b.thermal),
                                       strata_noise_db (b.signal, b.cells),
                                       strata_noise_db (b.signal, b.converter),
                                       strata_noise_db (b.signal, b.lasting + b.clipped),
                                       strata_noise_db (b.signal, b.rounding),
                                       sum > 0 ? CLAMP (state->noise / sum, 0, 1) : 0,
                                       adc_bits,
                                       sound,
                                       converter_fj (choice, i, adc_bits) - converter_fj (choice, i, sound) };

  strata_decisions_add_noise (choice->input->calibration->decisions, &figures);
}

void
strata_choose_reads (const StrataSensitivityInput *input,
                     const StrataSensitivity *sensitivity,
                     const int *fixed,
                     StrataQGraph *graph)
{
  const int n = sensitivity->n_layers;
  g_autofree GArray **hulls = g_new0 (GArray *, n + 1);
  g_autofree guint *at = g_new0 (guint, n + 1);
  Choice choice = { .input = input,
                    .sensitivity = sensitivity,
                    .fixed = fixed,
                    .hulls = hulls,
                    .at = at,
                    .most_flips = input->calibration->most_flips };
  double before = 0, sum;

  if (n == 0)
    return;
  if (choice.most_flips <= 0)
    choice.most_flips = MOST_FLIPS;
  choice.undecided = strata_sensitivity_flips (sensitivity, sensitivity->head_power * pow (10, -ENOUGH_DB / 10));
  choose (&choice);
  for (int i = 0; i < n; i++)
    before += g_array_index (hulls[i], StrataLayerState, 0).noise;
  sum = total_noise (&choice);
  note_program (&choice, before);
  for (int i = 0; i < n; i++)
    {
      graph->ops[sensitivity->layers[i].op].n_reads = state_of (&choice, i)->n_reads;
      graph->ops[sensitivity->layers[i].op].block_rows = state_of (&choice, i)->block_rows;
      note_reads (&choice, i, sum);
      note_blocks (&choice, i);
      note_converter (&choice, i);
      note_figures (&choice, i, sum);
    }
  for (int i = 0; i < n; i++)
    g_array_unref (hulls[i]);
}
