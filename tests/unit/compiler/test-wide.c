/* SPDX-License-Identifier: Apache-2.0
 *
 * Wide products: sums that are as exact as they say, and chosen only where rounding would be heard.
 */
#include <math.h>

#include "compiler/quantise/wide.h"
#include "graph-maker.h"
#include "interpreter.h"
#include "support.h"

#define CHANNELS 24
#define WIDTH 6
#define HIDDEN 16
#define N_INPUTS (CHANNELS * WIDTH)
#define N_LOUD 3
#define QUIET 0.004f

static float
noise (guint32 *state)
{
  *state = *state * 1664525u + 1013904223u;
  return (float) (gint32) *state / 2147483648.0f;
}

/* Two convolutions, the first of which cuts off below 0 and above @most; weights of channel 0 are @large times the
 * others' */
static StrataGraph *
two_convolutions (float most, float large)
{
  static float first[HIDDEN * CHANNELS * 3], second[HIDDEN * HIDDEN * 3], bias[HIDDEN], bounds[2];
  const gint64 kernel[] = { 1, 3 }, pads[] = { 0, 1, 0, 1 };
  guint32 state = 5;
  GraphMaker m;
  int x, hidden, clipped, out, node;

  for (guint i = 0; i < G_N_ELEMENTS (first); i++)
    first[i] = noise (&state) / 4 * (i / 3 % CHANNELS == 0 ? large : 1);
  for (guint i = 0; i < G_N_ELEMENTS (second); i++)
    second[i] = noise (&state) / 4;
  for (int i = 0; i < HIDDEN; i++)
    bias[i] = 0.002f * noise (&state);
  bounds[1] = most;
  maker_init (&m);
  x = maker_input (&m, "x", 1, CHANNELS, 1, WIDTH, 0);
  hidden = maker_value (&m, "hidden", STRATA_DTYPE_F32, 1, HIDDEN, 1, WIDTH, 0);
  clipped = maker_value (&m, "clipped", STRATA_DTYPE_F32, 1, HIDDEN, 1, WIDTH, 0);
  out = maker_value (&m, "y", STRATA_DTYPE_F32, 1, HIDDEN, 1, WIDTH, 0);
  node = maker_node (&m, STRATA_OP_CONV, hidden, x, maker_floats (&m, first, HIDDEN, CHANNELS, 1, 3, 0),
                     maker_floats (&m, bias, HIDDEN, 0), -2);
  maker_attr_ints (&m, node, "kernel_shape", 2, kernel);
  maker_attr_ints (&m, node, "pads", 4, pads);
  maker_node (&m, STRATA_OP_CLIP, clipped, hidden, maker_floats (&m, bounds, 0), maker_floats (&m, bounds + 1, 0), -2);
  node = maker_node (&m, STRATA_OP_CONV, out, clipped, maker_floats (&m, second, HIDDEN, HIDDEN, 1, 3, 0), -2);
  maker_attr_ints (&m, node, "kernel_shape", 2, kernel);
  maker_attr_ints (&m, node, "pads", 4, pads);
  maker_output (&m, out);
  return maker_finish (&m);
}

/* Loud ones first, then one that is QUIET times as loud; channel 0 is @large times quieter than the others */
static void
make_samples (float samples[N_LOUD + 1][N_INPUTS], float large)
{
  guint32 state = 77;

  for (int s = 0; s <= N_LOUD; s++)
    for (int i = 0; i < N_INPUTS; i++)
      samples[s][i] = noise (&state) * (s < N_LOUD ? 1 : QUIET) / (i / WIDTH == 0 ? large : 1);
}

static StrataQGraph *
quantise (const StrataGraph *graph,
          float samples[N_LOUD + 1][N_INPUTS],
          int n_samples,
          guint without,
          guint n_threads,
          StrataDecisions *decisions)
{
  StrataSample set[N_LOUD + 1];
  StrataArray *arrays[N_LOUD + 1];
  StrataCalibration calibration = { .samples = set, .n_samples = n_samples, .n_threads = n_threads, .n_reads = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (StrataLowered) lowered = strata_lower (graph, &error);
  StrataChipSpec chip;
  StrataQGraph *q;

  g_assert_no_error (error);
  simple_chip (&chip, 2);
  chip.tiers = 64;
  calibration.without = without;
  calibration.decisions = decisions;
  for (int i = 0; i < n_samples; i++)
    {
      arrays[i] = model_input (graph, samples[i]);
      set[i].inputs = &arrays[i];
    }
  q = strata_quantise (graph, lowered, &chip, &calibration, &error);
  g_assert_no_error (error);
  strata_qgraph_check (q, &error);
  g_assert_no_error (error);
  for (int i = 0; i < n_samples; i++)
    strata_array_free (arrays[i]);
  return q;
}

static double
measure (const StrataGraph *graph, const StrataQGraph *q, const float *sample)
{
  gint64 n;
  g_autofree float *got = interpret (q, &sample, &n), *expected = run_float (graph, sample);

  return snr_db (got, expected, n);
}

static int
count_products (const StrataQGraph *q)
{
  int n = 0;

  for (int i = 0; i < q->n_ops; i++)
    n += q->ops[i].kind == STRATA_QOP_MVM;
  return n;
}

/* All parts that decisions name, and that each product beyond the model's own two is accounted for */
static guint
check_decisions (const StrataDecisions *decisions, const StrataQGraph *q)
{
  guint parts = 0;
  int n_more = 0;

  for (guint i = 0; i < decisions->decisions->len; i++)
    {
      const StrataDecision *decision = &g_array_index (decisions->decisions, StrataDecision, i);

      if (decision->reason != STRATA_REASON_WIDE)
        continue;
      g_assert_cmpint (q->ops[decision->op].kind, ==, STRATA_QOP_MVM);
      g_assert_cmpint (q->ops[decision->op].node, >=, 0);
      parts |= (guint) decision->value;
      n_more += decision->value == (STRATA_WIDE_INPUTS | STRATA_WIDE_WEIGHTS) ? 2 : 1;
    }
  g_assert_cmpint (count_products (q), ==, 2 + n_more);
  return parts;
}

/* A sample 48 dB below those that set the ranges has three codes to itself. */
static void
test_quiet (void)
{
  static const float bounds[] = { INFINITY, 0.5f };
  float samples[N_LOUD + 1][N_INPUTS];

  make_samples (samples, 1);
  for (guint i = 0; i < G_N_ELEMENTS (bounds); i++)
    {
      g_autoptr (StrataGraph) graph = two_convolutions (bounds[i], 1);
      g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
      g_autoptr (StrataQGraph) wide = quantise (graph, samples, N_LOUD + 1, 0, 1, decisions);
      g_autoptr (StrataQGraph) plain = quantise (graph, samples, N_LOUD + 1, STRATA_QUANTISE_WIDE, 1, NULL);
      g_autoptr (StrataQGraph) threads = quantise (graph, samples, N_LOUD + 1, 0, 3, NULL);

      g_test_message ("quiet %.1f dB, wide %.1f dB; loud %.1f dB, wide %.1f dB",
                      measure (graph, plain, samples[N_LOUD]), measure (graph, wide, samples[N_LOUD]),
                      measure (graph, plain, samples[0]), measure (graph, wide, samples[0]));
      g_assert_cmpint (count_products (plain), ==, 2);
      g_assert_cmpfloat (measure (graph, plain, samples[N_LOUD]), <, 20);
      g_assert_cmpfloat (measure (graph, wide, samples[N_LOUD]), >, 25);
      for (int s = 0; s < N_LOUD; s++)
        g_assert_cmpfloat (measure (graph, wide, samples[s]), >, 25);
      g_assert_cmpuint (check_decisions (decisions, wide) & STRATA_WIDE_INPUTS, !=, 0);
      g_assert_cmphex (strata_qgraph_hash (wide), ==, strata_qgraph_hash (threads));
    }
}

/* Weights of a channel that are large because it holds little leave the others a few steps. */
static void
test_uneven (void)
{
  g_autoptr (StrataGraph) graph = two_convolutions (INFINITY, 300);
  g_autoptr (StrataDecisions) decisions = strata_decisions_new ();
  g_autoptr (StrataQGraph) wide = NULL, plain = NULL;
  float samples[N_LOUD + 1][N_INPUTS];

  make_samples (samples, 300);
  wide = quantise (graph, samples, N_LOUD, 0, 1, decisions);
  plain = quantise (graph, samples, N_LOUD, STRATA_QUANTISE_WIDE, 1, NULL);
  for (int s = 0; s < N_LOUD; s++)
    {
      g_test_message ("%.1f dB, wide %.1f dB", measure (graph, plain, samples[s]), measure (graph, wide, samples[s]));
      g_assert_cmpfloat (measure (graph, plain, samples[s]), <, 20);
      g_assert_cmpfloat (measure (graph, wide, samples[s]), >, 25);
    }
  g_assert_cmpuint (check_decisions (decisions, wide) & STRATA_WIDE_WEIGHTS, !=, 0);
}

/* Where eight bits do, nothing changes. */
static void
test_needless (void)
{
  g_autoptr (StrataGraph) graph = two_convolutions (INFINITY, 1);
  float samples[N_LOUD + 1][N_INPUTS];
  g_autoptr (StrataQGraph) wide = NULL, plain = NULL;

  make_samples (samples, 1);
  wide = quantise (graph, samples, N_LOUD, 0, 1, NULL);
  plain = quantise (graph, samples, N_LOUD, STRATA_QUANTISE_WIDE, 1, NULL);
  g_assert_cmpfloat (measure (graph, plain, samples[0]), >, 30);
  g_assert_cmphex (strata_qgraph_hash (wide), ==, strata_qgraph_hash (plain));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sdk/compiler/quantise/wide/quiet", test_quiet);
  g_test_add_func ("/sdk/compiler/quantise/wide/uneven", test_uneven);
  g_test_add_func ("/sdk/compiler/quantise/wide/needless", test_needless);
  return g_test_run ();
}
