/* SPDX-License-Identifier: Apache-2.0
 *
 * What quantisation does against errors without training: budgets of noise against what the simulator measures, ways to
 * read a layer, the choice among them, and equalisation. Networks are made here, so that nothing is skipped.
 */
#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "chip/fields.h"
#include "compiler/pipeline.h"
#include "compiler/quantise/choose.h"
#include "graph-maker.h"
#include "interpreter.h"
#include "kernels/analog-read.h"
#include "simulator/simulator.h"
#include "support.h"

#define N_IN 48
#define N_HIDDEN 40
#define N_OUT 6
#define N_SAMPLES 24

/* Two dense layers with a ReLU between, or, with @ceiling, a Clip from 0 to that; hidden units of very different sizes
 * where @spread is above 1: exact in reals without a ceiling, since the second layer takes it back. */
static StrataGraph *
two_layers (double spread, float ceiling)
{
  const float zero = 0;
  static float first[N_IN * N_HIDDEN], second[N_HIDDEN * N_OUT];
  const StrataRngKey key = strata_rng_key (7, 0);
  GraphMaker m;
  int hidden, relu, out;

  strata_rng_normal (key, 0, first, G_N_ELEMENTS (first));
  strata_rng_normal (key, 1, second, G_N_ELEMENTS (second));
  for (int h = 0; h < N_HIDDEN; h++)
    {
      double size = pow (spread, (double) h / N_HIDDEN);

      for (int i = 0; i < N_IN; i++)
        first[i * N_HIDDEN + h] *= (float) size;
      for (int o = 0; o < N_OUT; o++)
        second[h * N_OUT + o] /= (float) size;
    }
  maker_init (&m);
  maker_input (&m, "x", 1, N_IN, 0);
  hidden = maker_value (&m, "hidden", STRATA_DTYPE_F32, 1, N_HIDDEN, 0);
  relu = maker_value (&m, "relu", STRATA_DTYPE_F32, 1, N_HIDDEN, 0);
  out = maker_value (&m, "logits", STRATA_DTYPE_F32, 1, N_OUT, 0);
  maker_node (&m, STRATA_OP_MAT_MUL, hidden, 0, maker_floats (&m, first, N_IN, N_HIDDEN, 0), -2);
  if (ceiling > 0)
    maker_node (&m, STRATA_OP_CLIP, relu, hidden, maker_floats (&m, &zero, 0), maker_floats (&m, &ceiling, 0), -2);
  else
    maker_node (&m, STRATA_OP_RELU, relu, hidden, -2);
  maker_node (&m, STRATA_OP_MAT_MUL, out, relu, maker_floats (&m, second, N_HIDDEN, N_OUT, 0), -2);
  maker_output (&m, out);
  return maker_finish (&m);
}

typedef struct
{
  float values[N_SAMPLES][N_IN];
  StrataArray *arrays[N_SAMPLES];
  StrataSample samples[N_SAMPLES];
} Samples;

static void
samples_init (Samples *samples, const StrataGraph *graph, guint64 seed)
{
  for (int i = 0; i < N_SAMPLES; i++)
    {
      strata_rng_normal (strata_rng_key (seed, 1), (guint64) i, samples->values[i], N_IN);
      samples->arrays[i] = model_input (graph, samples->values[i]);
      samples->samples[i].inputs = &samples->arrays[i];
    }
}

static void
samples_clear (Samples *samples)
{
  for (int i = 0; i < N_SAMPLES; i++)
    strata_array_free (samples->arrays[i]);
}

static StrataImage *
compile_for (const StrataGraph *graph,
             const Samples *samples,
             const StrataCalibration *settings,
             StrataConversion conversion)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", &error);
  StrataCompileOptions options;
  StrataJudgement judgement;
  StrataImage *image;

  chip->conversion = conversion;
  chip->hash = strata_chip_spec_hash (chip);
  strata_compile_options_init (&options);
  options.calibration = *settings;
  options.calibration.samples = samples != NULL ? samples->samples : NULL;
  options.calibration.n_samples = samples != NULL ? N_SAMPLES : 0;
  image = strata_compile (graph, chip, &options, &judgement, &error);
  g_assert_no_error (error);
  return image;
}

static StrataImage *
compile (const StrataGraph *graph, const Samples *samples, const StrataCalibration *settings)
{
  return compile_for (graph, samples, settings, STRATA_CONVERSION_ONCE);
}

/* The crossbar product numbered @i */
static const StrataQOp *
product_of (const StrataImage *image, int i, int *id)
{
  for (int op = 0; op < image->graph->n_ops; op++)
    if (image->graph->ops[op].kind == STRATA_QOP_MVM && i-- == 0)
      {
        *id = op;
        return &image->graph->ops[op];
      }
  g_assert_not_reached ();
}

/* The closed forms on the first layer's inputs against what the simulator measures on them, at one and at four reads */
static void
check_budget (StrataConversion conversion)
{
  g_autoptr (StrataGraph) graph = two_layers (1, 0);
  static Samples samples;

  samples_init (&samples, graph, 3);
  for (int reads = 1; reads <= 4; reads *= 4)
    {
      const StrataCalibration settings = { .n_reads = reads };
      g_autoptr (StrataImage) image = compile_for (graph, &samples, &settings, conversion);
      const StrataFunctionalOptions analog = { STRATA_ANALOG_NOMINAL, 1, TRUE };
      g_autoptr (StrataFunctional) functional = strata_functional_new (image, &analog, NULL);
      int id;
      const StrataQOp *op = product_of (image, 0, &id);
      const StrataQTensor *in = &image->graph->tensors[op->inputs[0]];
      static gint16 codes[N_SAMPLES * N_IN];
      const StrataNoiseVectors vectors = { codes, N_SAMPLES, N_SAMPLES };
      StrataNoiseBudget budget;
      double modelled, measured;

      for (int i = 0; i < N_SAMPLES * N_IN; i++)
        codes[i] =
          (gint16) (CLAMP (rint ((double) samples.values[i / N_IN][i % N_IN] / in->scale) + in->zero_point, -128, 127)
                    - strata_analog_subtract (in->zero_point));
      strata_noise_budget (image->graph, id, image->chip, TRUE, &vectors, &budget, NULL);
      for (int i = 0; i < N_SAMPLES; i++)
        {
          g_autoptr (StrataArray) output = NULL;

          g_assert_true (strata_functional_run (functional, (guint64) i,
                                                (const StrataArray *const *) &samples.arrays[i], &output, NULL, NULL));
        }
      modelled = strata_noise_db (budget.signal, strata_noise_power (&budget, reads));
      measured = strata_functional_accuracy (functional)[id].snr_db;
      g_test_message ("%d reads: modelled %.2f dB, measured %.2f dB", reads, modelled, measured);
      g_assert_cmpfloat_with_epsilon (modelled, measured, 1.5);
      g_assert_cmpfloat (budget.thermal, >, budget.cells);
    }
  samples_clear (&samples);
}

static void
test_budget (void)
{
  check_budget (STRATA_CONVERSION_ONCE);
}

static void
test_budget_per_phase (void)
{
  check_budget (STRATA_CONVERSION_PER_PHASE);
}

/* A hull: each state costs more, has less noise, and saves less per cost than the one before. */
static void
test_states (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataChipSpec) chip = strata_chip_spec_load ("demonstrator", &error);
  StrataQOp op = { .kind = STRATA_QOP_MVM, .k = 144, .n = 16, .n_slices = 2, .n_reads = 1 };
  StrataQTensor tensor = { .channels = 16, .height = 8, .width = 8 };
  StrataQGraph graph = { .ops = &op, .tensors = &tensor, .n_ops = 1, .n_tensors = 1 };
  StrataCalibration calibration = { .n_reads = 0 };
  const StrataSensitivityInput input = { .quantised = &graph, .chip = chip, .calibration = &calibration };
  const StrataLayerNoise layer = { .budget = { .signal = 100, .thermal = 1, .converter = 0.01, .dither = 1 },
                                   .arriving = 1 };
  g_autoptr (GArray) states = strata_layer_states (&input, &layer, 0, G_MAXINT);
  g_autoptr (GArray) few = strata_layer_states (&input, &layer, 0, 2);
  g_autoptr (GArray) alone = NULL;
  const StrataLayerState *s = (const StrataLayerState *) (gpointer) states->data;

  g_assert_no_error (error);
  g_assert_cmpuint (states->len, >, 3);
  g_assert_cmpint (s[0].n_arrays, ==, 1);
  g_assert_cmpint (s[0].n_reads, ==, 1);
  for (guint i = 1; i < states->len; i++)
    {
      g_assert_cmpfloat (s[i].cost_fj, >, s[i - 1].cost_fj);
      g_assert_cmpfloat (s[i].noise, <, s[i - 1].noise);
      if (i > 1)
        g_assert_cmpfloat ((s[i - 1].noise - s[i].noise) / (s[i].cost_fj - s[i - 1].cost_fj), <=,
                           (s[i - 2].noise - s[i - 1].noise) / (s[i - 1].cost_fj - s[i - 2].cost_fj));
    }
  /* 144 rows leave no room for a second copy in 256, their halves for three each: 2 / 9 of the noise for two arrays. */
  g_assert_cmpint (s[1].n_arrays, ==, 2);
  g_assert_cmpint (s[1].block_rows, ==, 72);
  g_assert_cmpfloat_with_epsilon (s[1].noise, 2.0 / 9 / 1.01 + 0.01 / 1.01, 1e-9);
  for (guint i = 0; i < few->len; i++)
    g_assert_cmpint (g_array_index (few, StrataLayerState, i).n_arrays, <=, 2);
  calibration.without = STRATA_QUANTISE_SPLITS;
  alone = strata_layer_states (&input, &layer, 3, G_MAXINT);
  g_assert_cmpuint (alone->len, ==, 1);
  g_assert_cmpint (g_array_index (alone, StrataLayerState, 0).n_reads, ==, 3);
  g_assert_cmpint (g_array_index (alone, StrataLayerState, 0).n_arrays, ==, 1);
}

static int
count_effort (const StrataImage *image)
{
  int effort = 0, id;

  for (int i = 0; i < 2; i++)
    effort += product_of (image, i, &id)->n_reads - 1 + (product_of (image, i, &id)->block_rows > 0);
  return effort;
}

static double
flips (const StrataGraph *graph, const StrataImage *image)
{
  const StrataFunctionalOptions analog = { STRATA_ANALOG_NOMINAL, 5 }, off = { STRATA_ANALOG_OFF };
  g_autoptr (StrataFunctional) noisy = strata_functional_new (image, &analog, NULL);
  g_autoptr (StrataFunctional) exact = strata_functional_new (image, &off, NULL);
  static Samples others;
  int n = 0;

  for (guint64 seed = 100; seed < 140; seed++)
    {
      samples_init (&others, graph, seed);
      for (int i = 0; i < N_SAMPLES; i++)
        {
          const StrataArray *const *x = (const StrataArray *const *) &others.arrays[i];
          guint64 inference = seed * N_SAMPLES + (guint64) i;
          g_autoptr (StrataArray) a = NULL, b = NULL;

          g_assert_true (strata_functional_run (noisy, inference, x, &a, NULL, NULL));
          g_assert_true (strata_functional_run (exact, inference, x, &b, NULL, NULL));
          n += argmax (a->data, N_OUT) != argmax (b->data, N_OUT);
        }
      samples_clear (&others);
    }
  return n / 40.0 / N_SAMPLES;
}

/* Without data nothing is chosen; with them, a tighter aim takes more effort and gives fewer changed classes. */
static void
test_choice (void)
{
  static const double aims[] = { 0.5, 0.02, 0.0005 };
  g_autoptr (StrataGraph) graph = two_layers (1, 0);
  g_autoptr (StrataImage) guessed = compile (graph, NULL, &(const StrataCalibration){ .n_reads = 0 });
  static Samples samples;
  double before = 1;
  int effort = 0;

  g_assert_cmpint (count_effort (guessed), ==, 0);
  samples_init (&samples, graph, 3);
  for (guint i = 0; i < G_N_ELEMENTS (aims); i++)
    {
      const StrataCalibration settings = { .most_flips = aims[i] };
      g_autoptr (StrataImage) image = compile (graph, &samples, &settings);
      double share = flips (graph, image);

      g_test_message ("aim %.4f: effort %d, %.4f changed", aims[i], count_effort (image), share);
      g_assert_cmpint (count_effort (image), >=, effort);
      g_assert_cmpfloat (share, <=, before);
      effort = count_effort (image), before = share;
    }
  g_assert_cmpint (effort, >, 0);
  samples_clear (&samples);
}

static void
test_fixed (void)
{
  g_autoptr (StrataGraph) graph = two_layers (1, 0);
  StrataLayerChoice choice = { .node = 0, .n_slices = 1, .n_reads = 5 };
  const StrataCalibration settings = { .choices = &choice, .n_choices = 1 };
  static Samples samples;
  int id;

  samples_init (&samples, graph, 3);
  {
    g_autoptr (StrataImage) image = compile (graph, &samples, &settings);

    g_assert_cmpint (product_of (image, 0, &id)->n_reads, ==, 5);
    g_assert_cmpint (product_of (image, 0, &id)->n_slices, ==, 1);
    g_assert_cmpint (product_of (image, 1, &id)->n_slices, ==, 2);
  }
  samples_clear (&samples);
}

static double
worst_db (const StrataGraph *graph, const Samples *samples, guint without)
{
  const StrataCalibration settings = { .n_reads = 1, .without = without };
  g_autoptr (StrataImage) image = compile (graph, samples, &settings);
  double least = INFINITY;

  for (int i = 0; i < N_SAMPLES; i++)
    {
      const float *inputs[1] = { samples->values[i] };
      gint64 n;
      g_autofree float *out = interpret (image->graph, inputs, &n), *reference = run_float (graph, samples->values[i]);

      least = MIN (least, snr_db (out, reference, n));
    }
  return least;
}

/* Hidden units that differ fiftyfold: one range for all leaves the small ones a few steps. */
static void
test_equalise (void)
{
  g_autoptr (StrataGraph) even = two_layers (1, 0), uneven = two_layers (50, 0);
  static Samples samples;
  double plain, equalised, least;

  samples_init (&samples, even, 3);
  least = worst_db (even, &samples, 0);
  plain = worst_db (uneven, &samples, STRATA_QUANTISE_EQUALISE);
  equalised = worst_db (uneven, &samples, 0);
  g_test_message ("even %.1f dB; uneven %.1f dB, equalised %.1f dB", least, plain, equalised);
  g_assert_cmpfloat (equalised, >, plain + 10);
  g_assert_cmpfloat (equalised, >, least - 3);
  samples_clear (&samples);
}

/* A clamp that cuts off the large units and never reaches the small ones: gains go past it, and it still holds. */
static void
test_equalise_clamp (void)
{
  g_autoptr (StrataGraph) graph = two_layers (50, 250);
  static Samples samples;
  double plain, equalised;

  samples_init (&samples, graph, 3);
  plain = worst_db (graph, &samples, STRATA_QUANTISE_EQUALISE);
  equalised = worst_db (graph, &samples, 0);
  g_test_message ("clamped %.1f dB, equalised %.1f dB", plain, equalised);
  g_assert_cmpfloat (equalised, >, plain + 2);
  g_assert_cmpfloat (equalised, >, 25);
  samples_clear (&samples);
}

/* A run that says otherwise than the model changes the choice, is told of, and counts for the layers it measured. */
static gboolean
noisy_trial (const StrataTrial *trial, double *noise, int *n_changed, GError **error)
{
  for (int i = 0; i < trial->image->graph->n_ops; i++)
    noise[i] = trial->image->graph->ops[i].kind == STRATA_QOP_MVM ? 0.05 : (double) NAN;
  g_assert_cmpint (trial->n_samples, >, 0);
  g_assert_cmpint (trial->n_samples + trial->image->n_calibration, <=, N_SAMPLES);
  *n_changed = 1;
  return TRUE;
}

static const StrataDecision *
find_decision (const StrataImage *image, StrataReason reason)
{
  for (guint i = 0; i < image->decisions->decisions->len; i++)
    if (g_array_index (image->decisions->decisions, StrataDecision, i).reason == reason)
      return &g_array_index (image->decisions->decisions, StrataDecision, i);
  return NULL;
}

static void
test_verified (void)
{
  g_autoptr (StrataGraph) graph = two_layers (1, 0);
  const StrataCalibration plain = { .most_flips = 0.02 }, checked = { .most_flips = 0.02, .trial = noisy_trial },
                          real = { .most_flips = 0.02, .trial = strata_functional_try };
  static Samples samples;
  int id;

  samples_init (&samples, graph, 3);
  {
    g_autoptr (StrataImage) without = compile (graph, &samples, &plain), with = compile (graph, &samples, &checked);
    g_autoptr (StrataImage) run = compile (graph, &samples, &real), again = compile (graph, &samples, &real);

    product_of (with, 0, &id);
    g_assert_null (find_decision (without, STRATA_REASON_VERIFIED));
    g_assert_cmpint (find_decision (with, STRATA_REASON_VERIFIED)->value, ==, 1);
    g_assert_cmpfloat (strata_decisions_find_noise (with->decisions, id)->snr_db, <=, 13.5);
    g_assert_cmpfloat (strata_decisions_find_noise (without->decisions, id)->snr_db, >, 20);
    g_assert_nonnull (find_decision (run, STRATA_REASON_VERIFIED));
    g_assert_cmphex (strata_decisions_hash (run->decisions), ==, strata_decisions_hash (again->decisions));
    g_assert_cmphex (run->hash, ==, again->hash);
  }
  samples_clear (&samples);
}

/* The sum of two products of the input, the second of almost nothing */
static StrataGraph *
loud_and_quiet (void)
{
  static float loud[N_IN * N_OUT], quiet[N_IN * N_OUT];
  const StrataRngKey key = strata_rng_key (9, 0);
  GraphMaker m;
  int a, b, out;

  strata_rng_normal (key, 0, loud, G_N_ELEMENTS (loud));
  strata_rng_normal (key, 1, quiet, G_N_ELEMENTS (quiet));
  for (gsize i = 0; i < G_N_ELEMENTS (quiet); i++)
    quiet[i] *= 0.02f;
  maker_init (&m);
  maker_input (&m, "x", 1, N_IN, 0);
  a = maker_value (&m, "a", STRATA_DTYPE_F32, 1, N_OUT, 0);
  b = maker_value (&m, "b", STRATA_DTYPE_F32, 1, N_OUT, 0);
  out = maker_value (&m, "out", STRATA_DTYPE_F32, 1, N_OUT, 0);
  maker_node (&m, STRATA_OP_MAT_MUL, a, 0, maker_floats (&m, loud, N_IN, N_OUT, 0), -2);
  maker_node (&m, STRATA_OP_MAT_MUL, b, 0, maker_floats (&m, quiet, N_IN, N_OUT, 0), -2);
  maker_node (&m, STRATA_OP_ADD, out, a, b, -2);
  maker_output (&m, out);
  return maker_finish (&m);
}

/* A layer whose rounding hardly arrives gives up a cell of its weights, another does not; unless cells are settled. */
static void
test_slices (void)
{
  g_autoptr (StrataGraph) graph = loud_and_quiet ();
  const StrataCalibration plain = { .n_reads = 0 }, off = { .without = STRATA_QUANTISE_SLICES };
  static Samples samples;
  int first, second;

  samples_init (&samples, graph, 3);
  {
    g_autoptr (StrataImage) image = compile (graph, &samples, &plain), all = compile (graph, &samples, &off);
    const StrataDecision *decision = find_decision (image, STRATA_REASON_SLICES);
    int n_analog = 0;

    g_assert_cmpint (product_of (image, 0, &first)->n_slices, ==, 2);
    g_assert_cmpint (product_of (image, 1, &second)->n_slices, ==, 1);
    g_assert_cmpint (product_of (image, 1, &second)->weight_max, ==, 15);
    g_assert_cmpint (product_of (all, 1, &second)->n_slices, ==, 2);
    g_assert_null (find_decision (all, STRATA_REASON_SLICES));
    g_assert_nonnull (decision);
    g_assert_cmpint (decision->n_alternatives, ==, 1);
    /* What was said on the way to the first graph is not said twice. */
    for (guint i = 0; i < image->decisions->decisions->len; i++)
      n_analog += g_array_index (image->decisions->decisions, StrataDecision, i).reason == STRATA_REASON_ANALOG;
    g_assert_cmpint (n_analog, ==, 2);
    g_assert_cmpuint (image->decisions->noise->len, ==, 2);
  }
  samples_clear (&samples);
}

static void
test_parse (void)
{
  static const char *const wrong[] = { "reads",       "reads=maybe", "speed=on",           "max-flips=0",
                                       "max-flips=2", "max-flips=x", "reads=off,,bias=off" };
  g_autoptr (GError) error = NULL;
  guint without = 99;
  double share = 99;

  g_assert_true (strata_quantise_parse ("reads=off,equalise=off,reads=on,max-flips=2.5%", &without, &share, &error));
  g_assert_cmpuint (without, ==, STRATA_QUANTISE_EQUALISE);
  g_assert_cmpfloat_with_epsilon (share, 0.025, 1e-12);
  g_assert_true (strata_quantise_parse ("", &without, &share, &error));
  g_assert_cmpuint (without, ==, 0);
  g_assert_cmpfloat (share, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_clear_error (&error);
      g_assert_false (strata_quantise_parse (wrong[i], &without, &share, &error));
      g_assert_error (error, STRATA_COMPILE_ERROR, STRATA_COMPILE_ERROR_INPUT);
      g_assert_nonnull (strstr (error->message, "accepted are"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/quantise/noise/budget", test_budget);
  g_test_add_func ("/sdk/compiler/quantise/noise/budget-per-phase", test_budget_per_phase);
  g_test_add_func ("/sdk/compiler/quantise/noise/states", test_states);
  g_test_add_func ("/sdk/compiler/quantise/noise/choice", test_choice);
  g_test_add_func ("/sdk/compiler/quantise/noise/fixed", test_fixed);
  g_test_add_func ("/sdk/compiler/quantise/equalise", test_equalise);
  g_test_add_func ("/sdk/compiler/quantise/equalise-clamp", test_equalise_clamp);
  g_test_add_func ("/sdk/compiler/quantise/verified", test_verified);
  g_test_add_func ("/sdk/compiler/quantise/slices", test_slices);
  g_test_add_func ("/sdk/compiler/quantise/settings", test_parse);
  return g_test_run ();
}
